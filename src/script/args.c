/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "script/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "script/internal.h"

static enum err parse_wide(const char *text, const char *what, bool may_be_negative, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (end == text || *end != '\0' || (strchr(text, '-') != NULL && !may_be_negative)) {
		error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", what, text);
		return error_next(ERR_ARGUMENT, "give a number such as 0x10, 16, or 020 (octal)");
	}
	if (errno == ERANGE) {
		error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", what, text);
		return error_next(ERR_ARGUMENT, "give a number that fits in 64 bits");
	}
	return OK;
}

enum err parse_u64(const char *text, const char *what, uint64_t *value)
{
	return parse_wide(text, what, false, value);
}

enum err parse_data(const char *text, const char *what, uint64_t *value)
{
	return parse_wide(text, what, true, value);
}

enum err parse_u32(const char *text, const char *what, uint32_t *value)
{
	uint64_t wide;

	TRY(parse_u64(text, what, &wide));
	if (wide > UINT32_MAX) {
		error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", what, text);
		return error_next(ERR_ARGUMENT, "give a number that fits in 32 bits");
	}
	*value = (uint32_t)wide;
	return OK;
}

enum err parse_bool(const char *text, const char *what, bool *value)
{
	static const char *const words[] = { "off", "on",    "disable", "enable", "no",
					     "yes", "false", "true",	"0",	  "1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*value = i % 2;
			return OK;
		}
	}
	error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", what, text);
	return error_next(ERR_ARGUMENT, "say on or off");
}

/* The handler asks only for what the row's count allows; anything else is the handler's bug. */
static enum err text_of(struct call *c, int index, const char **text)
{
	if (index >= 1 && index < c->argc) {
		*text = c->argv[index];
		return OK;
	}
	error_why(ERR_ARGUMENT, "argument %d is missing", index);
	return error_next(ERR_ARGUMENT, "usage: %s %s", c->row->name, c->row->usage);
}

enum err arg_u64(struct call *c, int index, uint64_t *value)
{
	const char *text;

	TRY(text_of(c, index, &text));
	return parse_u64(text, c->row->name, value);
}

enum err arg_u32(struct call *c, int index, uint32_t *value)
{
	const char *text;

	TRY(text_of(c, index, &text));
	return parse_u32(text, c->row->name, value);
}

enum err arg_data(struct call *c, int index, uint64_t *value)
{
	const char *text;

	TRY(text_of(c, index, &text));
	return parse_data(text, c->row->name, value);
}

enum err arg_int(struct call *c, int index, int *value)
{
	const char *text;
	char *end;

	TRY(text_of(c, index, &text));
	errno = 0;
	long wide = strtol(text, &end, 0);

	if (end == text || *end != '\0' || errno == ERANGE || wide != (int)wide) {
		error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", c->row->name, text);
		return error_next(ERR_ARGUMENT, "give a whole number such as -3 or 16");
	}
	*value = (int)wide;
	return OK;
}

enum err arg_double(struct call *c, int index, double *value)
{
	const char *text;
	char *end;

	TRY(text_of(c, index, &text));
	*value = strtod(text, &end);
	if (end == text || *end != '\0') {
		error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", c->row->name, text);
		return error_next(ERR_ARGUMENT, "give a number such as 0.5");
	}
	return OK;
}

enum err arg_bool(struct call *c, int index, bool *value)
{
	const char *text;

	TRY(text_of(c, index, &text));
	return parse_bool(text, c->row->name, value);
}

enum err arg_word(struct call *c, int index, const char *const *words, int *which)
{
	const char *text;
	struct buf all = { 0 };

	TRY(text_of(c, index, &text));
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0) {
			*which = i;
			buf_free(&all);
			return OK;
		}
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	error_why(ERR_ARGUMENT, "%s option value ('%s') is not valid", c->row->name, text);
	error_next(ERR_ARGUMENT, "choose one of: %s", (const char *)all.data);
	buf_free(&all);
	return ERR_ARGUMENT;
}

enum err arg_usage(struct call *c)
{
	error_why(ERR_ARGUMENT, "the arguments of \"%s\" make no sense together", c->row->name);
	return error_next(ERR_ARGUMENT, "usage: %s %s", c->row->name, c->row->usage);
}

void result_printf(struct call *c, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	if (n > 0) {
		vsnprintf((char *)buf_reserve(c->out, (size_t)n), (size_t)n + 1, fmt, again);
		c->out->len += (size_t)n;
	}
	va_end(again);
}

static void set_result(struct call *c, Jim_Obj *obj)
{
	if (c->result != NULL)
		Jim_DecrRefCount(c->script->interp, c->result);
	c->result = obj;
	Jim_IncrRefCount(obj);
}

void result_int(struct call *c, int64_t value)
{
	set_result(c, Jim_NewIntObj(c->script->interp, value));
}

void result_bool(struct call *c, bool value)
{
	result_int(c, value);
}

void result_append_obj(struct call *c, struct Jim_Obj *element)
{
	if (c->result == NULL)
		set_result(c, Jim_NewListObj(c->script->interp, NULL, 0));
	Jim_ListAppendElement(c->script->interp, c->result, element);
}

void result_append(struct call *c, const char *text)
{
	result_append_obj(c, Jim_NewStringObj(c->script->interp, text, -1));
}

void result_append_int(struct call *c, int64_t value)
{
	result_append_obj(c, Jim_NewIntObj(c->script->interp, value));
}

void result_dict(struct call *c, const char *key, const char *value)
{
	result_append(c, key);
	result_append(c, value);
}
