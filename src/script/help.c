/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help, usage, completion and "did you mean": all read from the rows. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/internal.h"

#define HELP_WIDTH 70

/* "imxrt" is a word of "imxrt reset" and a part of "imxrt1064.cpu resume". */
static bool is_word_of(const char *name, const char *text)
{
	size_t n = strlen(text);

	for (const char *at = strstr(name, text); at != NULL && n > 0; at = strstr(at + 1, text)) {
		if ((at == name || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
			return true;
	}
	return false;
}

static bool name_matches(const char *name, const struct call *c, bool whole_words)
{
	for (int i = 1; i < c->argc; i++) {
		if (whole_words ? !is_word_of(name, c->argv[i]) : strstr(name, c->argv[i]) == NULL)
			return false;
	}
	return true;
}

static void indent(struct buf *out, unsigned blanks)
{
	while (blanks-- > 0)
		buf_putc(out, ' ');
}

/* Appends the text, broken at blanks so that no line is wider than HELP_WIDTH. */
static void wrap(struct buf *out, const char *text, unsigned margin)
{
	size_t width = HELP_WIDTH - margin;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		if (n > width) {
			for (n = width; n > 0 && text[n] != ' '; n--)
				;
			if (n == 0)
				n = strcspn(text, " \n");
		}
		indent(out, margin);
		buf_append(out, text, n);
		buf_putc(out, '\n');
		text += n;
		text += strspn(text, " \n");
	}
}

static unsigned depth_of(const char *name)
{
	unsigned depth = 0;

	for (; *name != '\0'; name++)
		depth += *name == ' ';
	return depth;
}

static void describe(struct buf *out, const char *object, const char *name, const char *usage,
		     const char *help)
{
	unsigned margin = 2 * (depth_of(name) + (object != NULL));
	char *line = xasprintf("%s%s%s%s%s", object ? object : "", object ? " " : "", name,
			       usage[0] ? " " : "", usage);

	wrap(out, line, margin);
	free(line);
	if (help != NULL && help[0] != '\0')
		wrap(out, help, margin + 6);
}

static int by_name(const void *a, const void *b)
{
	const struct command *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static const struct user_text *find_text(const struct script *script, const char *name)
{
	const struct user_text *t = script->texts;

	while (t != NULL && strcmp(t->name, name) != 0)
		t = t->next;
	return t;
}

static void describe_rows(struct call *c, bool with_help, bool whole_words)
{
	const struct command **rows = NULL;
	size_t n = 0, room = 0;

	for (const struct table *t = c->script->tables; t != NULL; t = t->next) {
		for (const struct command *row = t->rows; t->object == NULL && row->name; row++) {
			if (n == room) {
				room = room * 2 + 256;
				rows = xrealloc(rows, room * sizeof(*rows));
			}
			rows[n++] = row;
		}
	}
	if (n > 0)
		qsort(rows, n, sizeof(*rows), by_name);
	for (size_t i = 0; i < n; i++) {
		const struct user_text *t = find_text(c->script, rows[i]->name);

		if (name_matches(rows[i]->name, c, whole_words))
			describe(c->out, NULL, rows[i]->name, t && t->usage ? t->usage : rows[i]->usage,
				 !with_help ? NULL : t && t->help ? t->help : rows[i]->help);
	}
	free(rows);
}

static bool is_row(const struct script *script, const char *name)
{
	for (const struct table *t = script->tables; t != NULL; t = t->next) {
		for (const struct command *row = t->rows; t->object == NULL && row->name; row++) {
			if (strcmp(row->name, name) == 0)
				return true;
		}
	}
	return false;
}

static void describe_rest(struct call *c, bool with_help, bool whole_words)
{
	for (const struct user_text *t = c->script->texts; t != NULL; t = t->next) {
		if (name_matches(t->name, c, whole_words) && !is_row(c->script, t->name))
			describe(c->out, NULL, t->name, t->usage ? t->usage : "",
				 with_help ? t->help : NULL);
	}
	for (const struct table *t = c->script->tables; t != NULL; t = t->next) {
		for (const struct command *row = t->rows; t->object && row->name; row++) {
			char *whole = xasprintf("%s %s", t->object, row->name);

			if (name_matches(whole, c, whole_words))
				describe(c->out, t->object, row->name, row->usage,
					 with_help ? row->help : NULL);
			free(whole);
		}
	}
}

static enum err describe_all(struct call *c, bool with_help)
{
	for (int whole_words = 1; whole_words >= 0 && c->out->len == 0; whole_words--) {
		describe_rows(c, with_help, whole_words);
		describe_rest(c, with_help, whole_words);
	}
	if (c->out->len > 0)
		return OK;
	const char *near = script_nearest(c->script, c->argc > 1 ? c->argv[1] : "");

	error_why(ERR_ARGUMENT, "no command's name contains these words");
	return near ? error_next(ERR_ARGUMENT, "did you mean \"%s\"?", near)
		    : error_next(ERR_ARGUMENT, "run \"help\" for all commands");
}

static enum err cmd_help(struct call *c)
{
	return describe_all(c, true);
}

static enum err cmd_usage(struct call *c)
{
	return describe_all(c, false);
}

static struct user_text *text_for(struct script *script, const char *name)
{
	struct user_text *t = (struct user_text *)find_text(script, name);

	if (t == NULL) {
		t = xcalloc(1, sizeof(*t));
		t->name = xstrdup(name);
		t->next = script->texts;
		script->texts = t;
	}
	return t;
}

/* NAME may come as one word or as several: "add_help_text flash bank {...}" too. */
static char *joined_name(struct call *c)
{
	struct buf name = { 0 };

	for (int i = 1; i < c->argc - 1; i++)
		buf_printf(&name, "%s%s", i > 1 ? " " : "", c->argv[i]);
	return (char *)name.data;
}

static enum err set_text(struct call *c, bool is_help)
{
	char *name = joined_name(c);
	struct user_text *t = text_for(c->script, name);
	char **slot = is_help ? &t->help : &t->usage;

	free(name);
	free(*slot);
	*slot = xstrdup(c->argv[c->argc - 1]);
	return OK;
}

static enum err cmd_add_help_text(struct call *c)
{
	return set_text(c, true);
}

static enum err cmd_add_usage_text(struct call *c)
{
	return set_text(c, false);
}

/* Edit distance where swapping neighbours counts once; above `limit` the exact value is not needed. */
static unsigned distance(const char *a, const char *b, unsigned limit)
{
	unsigned rows[3][64];
	size_t n = strlen(a), m = strlen(b);

	if (n >= 64 || m >= 64 || n > m + limit || m > n + limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned same = last[j - 1] + (a[i - 1] != b[j - 1]);

			now[j] = MIN(same, MIN(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

unsigned script_distance(const char *a, const char *b, unsigned limit)
{
	return distance(a, b, limit);
}

struct nearest {
	const char *word, *best;
	unsigned limit;
};

static void consider(struct nearest *n, const char *name)
{
	unsigned d = distance(n->word, name, n->limit);

	if (d < n->limit) {
		n->limit = d;
		n->best = name;
	}
}

/* The group a verb belongs to: "flsh banks" fails at its first word. */
static void consider_group(struct nearest *n, const char *name, char *room, size_t size)
{
	size_t head = strcspn(name, " ");
	const char *before = n->best;
	char group[64];

	if (name[head] == '\0' || head >= sizeof(group) || strchr(n->word, ' ') != NULL)
		return;
	memcpy(group, name, head);
	group[head] = '\0';
	consider(n, group);
	if (n->best != before) {
		snprintf(room, size, "%s", group);
		n->best = room;
	}
}

const char *script_nearest(struct script *script, const char *word)
{
	static char whole[96];	/* a group, or an object's verb, made up of two names */
	struct nearest n = { .word = word, .limit = (unsigned)strlen(word) / 3 + 1 };

	for (const struct table *t = script->tables; t != NULL; t = t->next) {
		size_t head = t->object ? strlen(t->object) : 0;

		for (const struct command *row = t->rows; row->name != NULL; row++) {
			if (t->object == NULL) {
				consider(&n, row->name);
				consider_group(&n, row->name, whole, sizeof(whole));
			} else if (strncmp(word, t->object, head) == 0 && word[head] == ' ') {
				struct nearest sub = { word + head + 1, NULL, n.limit };

				consider(&sub, row->name);
				if (sub.best == NULL)
					continue;
				snprintf(whole, sizeof(whole), "%s %s", t->object, row->name);
				n.best = whole;
				n.limit = sub.limit;
			}
		}
	}
	for (const struct user_text *t = script->texts; t != NULL; t = t->next)
		consider(&n, t->name);
	return n.best;
}

/* Hidden from completion by a script's own list. */
static bool is_skipped(Jim_Interp *interp, const char *name)
{
	Jim_Obj *list = Jim_GetGlobalVariableStr(interp, "_telnet_autocomplete_skip", JIM_NONE);
	int n = list ? Jim_ListLength(interp, list) : 0;

	for (int i = 0; i < n; i++) {
		if (strcmp(Jim_String(Jim_ListGetIndex(interp, list, i)), name) == 0)
			return true;
	}
	return name[0] == '_';
}

/* Every Tcl command: verbs, procs and Jim's own. */
static void complete_commands(struct script *script, const char *prefix,
			      void (*fn)(void *ctx, const char *word), void *ctx)
{
	struct buf all = { 0 };
	size_t length = strlen(prefix);

	if (script_eval(script, script_origin(script), "info commands", NULL, 0, &all) != OK) {
		error_clear();
		return;
	}
	Jim_Obj *list = Jim_NewStringObj(script->interp, (const char *)all.data, (int)all.len);

	Jim_IncrRefCount(list);
	for (int i = 0, n = Jim_ListLength(script->interp, list); i < n; i++) {
		const char *name = Jim_String(Jim_ListGetIndex(script->interp, list, i));

		if (strncmp(name, prefix, length) == 0 && !is_skipped(script->interp, name))
			fn(ctx, name);
	}
	Jim_DecrRefCount(script->interp, list);
	buf_free(&all);
}

void script_complete(struct script *script, const char *prefix, void (*fn)(void *ctx, const char *word),
		     void *ctx)
{
	size_t length = strlen(prefix);

	complete_commands(script, prefix, fn, ctx);
	for (const struct table *t = script->tables; t != NULL; t = t->next) {
		size_t head = t->object ? strlen(t->object) : 0;

		if (t->object == NULL || strncmp(t->object, prefix, head) != 0 || prefix[head] != ' ')
			continue;
		for (const struct command *row = t->rows; row->name != NULL; row++) {
			char *whole = xasprintf("%s %s", t->object, row->name);

			if (strncmp(whole, prefix, length) == 0)
				fn(ctx, whole);
			free(whole);
		}
	}
}

static const struct command help_commands[] = {
	{ "help", STAGE_ANY, 0, -1, "?words?", cmd_help,
	  "Describes every command whose name contains all the words; without words, every command." },
	{ "usage", STAGE_ANY, 0, -1, "?words?", cmd_usage,
	  "The arguments of every command whose name contains all the words." },
	{ "add_help_text", STAGE_ANY, 2, -1, "name text", cmd_add_help_text,
	  "Gives a proc a text in \"help\", or replaces a command's." },
	{ "add_usage_text", STAGE_ANY, 2, -1, "name text", cmd_add_usage_text,
	  "Gives a proc its arguments in \"help\" and \"usage\", or replaces a command's." },
	{ 0 }
};

void help_register(struct script *script)
{
	script_register(script, help_commands, NULL);
}

void help_free(struct script *script)
{
	while (script->texts != NULL) {
		struct user_text *t = script->texts;

		script->texts = t->next;
		free(t->name);
		free(t->usage);
		free(t->help);
		free(t);
	}
}
