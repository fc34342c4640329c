/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `tpiu config`: how trace was set up before there were objects. Templates of many projects use it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/room_verbs.h"
#include "trace/swo_priv.h"

#define DEPRECATED "DEPRECATED 'tpiu config' command: "

static enum err set(struct tpiu *tpiu, const char *option, const char *value)
{
	log_info(DEPRECATED "use \"%s configure %s %s\"", tpiu->name, option, value);
	return tpiu_set(tpiu, option, value);
}

/* external|internal [OUTPUT] sync WIDTH|uart|manchester FORMATTER TRACECLK [PIN], from argument 1 on. */
static enum err apply(struct call *c, struct tpiu *tpiu)
{
	bool is_internal = strcmp(c->argv[1], "internal") == 0;
	int at = is_internal ? 3 : 2;

	if (!is_internal && strcmp(c->argv[1], "external") != 0)
		return arg_usage(c);
	if (c->argc < at + 3 || c->argc > at + 4)
		return arg_usage(c);
	TRY(set(tpiu, "-protocol", c->argv[at]));
	TRY(set(tpiu, "-output", is_internal ? c->argv[2] : "external"));
	TRY(set(tpiu, tpiu->protocol == TPIU_SYNC ? "-port-width" : "-formatter", c->argv[at + 1]));
	TRY(set(tpiu, "-traceclk", c->argv[at + 2]));
	TRY(set(tpiu, "-pin-freq", c->argc > at + 3 ? c->argv[at + 3] : "0"));
	return OK;
}

enum err tpiu_config(struct call *c)
{
	struct tpiu *tpiu = NULL;

	TRY(tpiu_default(room_verb_user(c), &tpiu));
	if (strcmp(c->argv[1], "disable") == 0) {
		if (c->argc != 2)
			return arg_usage(c);
		log_info(DEPRECATED "use \"%s disable\"", tpiu->name);
		return tpiu_disable(tpiu);
	}
	TRY(apply(c, tpiu));
	log_info(DEPRECATED "use \"%s enable\"", tpiu->name);
	return tpiu_enable(tpiu);
}
