/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a verb's handler parses its arguments with and builds its result with.
 *
 * Indexes count from 1. Numbers have C's forms (0x10, 16, 020). Errors name the argument, so a
 * handler just passes them on with TRY().
 */
#ifndef SCRIPT_ARGS_H
#define SCRIPT_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct call;
struct Jim_Obj;

enum err arg_u32(struct call *c, int index, uint32_t *value);
enum err arg_u64(struct call *c, int index, uint64_t *value);
/* What is stored may be negative, as C's strtoull has it: `expr {~0x55}` gives such a number. */
enum err arg_data(struct call *c, int index, uint64_t *value);
enum err arg_int(struct call *c, int index, int *value);
enum err arg_double(struct call *c, int index, double *value);
/* on|off, enable|disable, yes|no, true|false, 1|0 */
/* The name of a file. If there is none by that name: as it was typed, before Tcl took its backslashes, with
 * slashes. Valid until the next one. */
const char *arg_path(struct call *c, int index);
enum err arg_bool(struct call *c, int index, bool *value);
/* One of `words` (ends with NULL); *which is its index. */
enum err arg_word(struct call *c, int index, const char *const *words, int *which);
/* Numbers and booleans of text that is not an argument; `what` names it in the error. */
enum err parse_u32(const char *text, const char *what, uint32_t *value);
enum err parse_u64(const char *text, const char *what, uint64_t *value);
enum err parse_data(const char *text, const char *what, uint64_t *value);
enum err parse_bool(const char *text, const char *what, bool *value);
/* The usage error every handler returns when its arguments make no sense together. */
enum err arg_usage(struct call *c);

/* Text; pieces add up. */
void result_printf(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void result_int(struct call *c, int64_t value);
void result_bool(struct call *c, bool value);
/* Lists and dicts: append elements; the first call makes the result a list. */
void result_append(struct call *c, const char *text);
void result_append_int(struct call *c, int64_t value);
/* A list inside the list. */
void result_append_obj(struct call *c, struct Jim_Obj *element);
void result_dict(struct call *c, const char *key, const char *value);

#endif
