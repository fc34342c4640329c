/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C:\new\fw.elf typed without braces reaches a verb as "C:", a line end, "ew", a form feed, "w.elf". The
 * text that is evaluated still has it as it was meant: it is the run that Tcl's backslash substitution
 * turns into what arrived.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "script/internal.h"

static unsigned digit(char c)
{
	if (isdigit((unsigned char)c))
		return (unsigned)(c - '0');
	return (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

/* One character behind a backslash, as Tcl reads it; returns how many characters it took. */
static size_t substitute(const char *text, char *out)
{
	static const char letters[] = "abfnrtv", codes[] = "\a\b\f\n\r\t\v";
	const char *letter = *text ? strchr(letters, *text) : NULL;
	size_t n = 0;
	unsigned value = 0;

	*out = letter ? codes[letter - letters] : *text;
	if (*text == 'x') {
		for (n = 1; n <= 2 && isxdigit((unsigned char)text[n]); n++)
			value = value * 16 + digit(text[n]);
		if (n > 1)
			*out = (char)value;
		return n;
	}
	if (*text >= '0' && *text <= '7') {
		for (n = 0; n < 3 && text[n] >= '0' && text[n] <= '7'; n++)
			value = value * 8 + digit(text[n]);
		*out = (char)value;
		return n;
	}
	return *text ? 1 : 0;
}

/* How much of `text` becomes `name`, 0: none of it. Without a backslash there is nothing to find. */
static size_t run_of(const char *text, const char *name)
{
	bool has_backslash = false;
	const char *p = text;

	for (; *name != '\0'; name++) {
		char c = *p;
		size_t used = 1;

		if (c == '\\') {
			has_backslash = true;
			used = 1 + substitute(p + 1, &c);
		}
		if (c == '\0' || c != *name)
			return 0;
		p += used;
	}
	return has_backslash ? (size_t)(p - text) : 0;
}

static char *with_slashes(const char *text, size_t n)
{
	char *path = xasprintf("%.*s", (int)n, text);

	for (char *p = path; *p != '\0'; p++) {
		if (*p == '\\')
			*p = '/';
	}
	return path;
}

/* The existing file that a run of `text` names; NULL if none does. */
static const char *typed_in(struct script *script, const char *text, const char *name)
{
	for (const char *p = text; *p != '\0'; p++) {
		size_t n = run_of(p, name);
		char *path = n > 0 ? with_slashes(p, n) : NULL;

		if (path != NULL && access(path, F_OK) == 0) {
			log_debug("\"%s\" is taken as it was typed: %s", name, path);
			buf_clear(&script->typed_path);
			buf_printf(&script->typed_path, "%s", path);
			free(path);
			return (const char *)script->typed_path.data;
		}
		free(path);
	}
	return NULL;
}

/* A word of a script file knows the file it stands in. A pipe or a terminal cannot be read again. */
static const char *typed_in_file(struct call *c, int index)
{
	const char *source = script_word_file(c->objv[index]), *path = NULL;
	struct stat st;
	bool is_file = source != NULL && stat(source, &st) == 0 && S_ISREG(st.st_mode);
	FILE *file = is_file ? fopen(source, "re") : NULL;
	char line[1024];

	while (file != NULL && path == NULL && fgets(line, sizeof(line), file) != NULL)
		path = typed_in(c->script, line, c->argv[index]);
	if (file != NULL)
		fclose(file);
	return path;
}

const char *arg_path(struct call *c, int index)
{
	const char *name = c->argv[index], *path;

	if (access(name, F_OK) == 0)
		return name;
	for (const struct script_frame *f = c->script->frame; f != NULL; f = f->outer) {
		path = f->text != NULL ? typed_in(c->script, f->text, name) : NULL;
		if (path != NULL)
			return path;
	}
	path = typed_in_file(c, index);
	return path != NULL ? path : name;
}
