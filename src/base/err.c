/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct catalogue_row {
	const char *id, *cause, *next;
} catalogue[ERR_COUNT] = {
	[OK] = { "ok", "", "" },
#define ERR(code, id, cause, next) [code] = { id, cause, next },
#include "base/err.def"
#undef ERR
};

/* The chain of the current loop turn: the one piece of state that no struct owns (house rule 3). */
static struct error current;

#define VFORMAT(dst, fmt)                                                                          \
	do {                                                                                       \
		va_list ap_;                                                                       \
		va_start(ap_, fmt);                                                                \
		vsnprintf(dst, sizeof(dst), fmt, ap_);                                             \
		va_end(ap_);                                                                       \
	} while (0)

enum err error_why(enum err code, const char *fmt, ...)
{
	char why[sizeof(current.why)];

	VFORMAT(why, fmt);	/* the arguments may point into the old chain */
	memset(&current, 0, sizeof(current));
	current.code = code;
	memcpy(current.why, why, sizeof(why));
	return code;
}

enum err error_next(enum err code, const char *fmt, ...)
{
	if (code != OK)
		VFORMAT(current.next, fmt);
	return code;
}

enum err error_evidence(enum err code, const char *fmt, ...)
{
	if (code != OK)
		VFORMAT(current.evidence, fmt);
	return code;
}

enum err error_what(enum err code, const char *fmt, ...)
{
	char what[sizeof(current.what)], old[sizeof(current.what)];

	if (code == OK)
		return OK;
	VFORMAT(what, fmt);
	if (current.code == OK)
		current.code = code;
	memcpy(old, current.what, sizeof(old));
	size_t n = strlen(what), room = sizeof(current.what) - n;

	memcpy(current.what, what, n + 1);
	if (old[0] != '\0' && room > 2) {	/* when full, the outermost words stay */
		memcpy(current.what + n, ": ", 3);
		memcpy(current.what + n + 2, old, room - 2);
		current.what[sizeof(current.what) - 1] = '\0';
	}
	return code;
}

/* A clean-up may have one of its own. */
static struct error held[8];
static unsigned held_count;

void error_hold(enum err first)
{
	if (first != OK && held_count < sizeof(held) / sizeof(held[0]))
		held[held_count] = current;
	held_count++;
}

enum err error_settle(enum err first, enum err second)
{
	held_count--;
	if (first == OK)
		return second;
	if (held_count < sizeof(held) / sizeof(held[0]))
		current = held[held_count];
	return first;
}

const struct error *error_current(void)
{
	return &current;
}

const char *error_text(const struct error *error)
{
	static char line[sizeof(error->what) + sizeof(error->why) + sizeof(error->next) + 8];
	const char *next = error->next[0] ? error->next : error_step(error->code);
	size_t n = 0;

	line[0] = '\0';
	const char *part[] = { error->what, error->why, next };

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (part[i][0] == '\0')
			continue;
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s", n ? ": " : "", part[i]);
	}
	return line;
}

void error_clear(void)
{
	memset(&current, 0, sizeof(current));
}

void error_take(struct error *out)
{
	*out = current;
	error_clear();
}

void error_put(const struct error *in)
{
	current = *in;
}

static const struct catalogue_row *row_of(enum err code)
{
	return &catalogue[(unsigned)code < ERR_COUNT ? code : ERR_INTERNAL];
}

const char *error_id(enum err code)
{
	return row_of(code)->id;
}

const char *error_cause(enum err code)
{
	return row_of(code)->cause;
}

const char *error_step(enum err code)
{
	return row_of(code)->next;
}
