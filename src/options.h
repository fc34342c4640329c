/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: the command line. Parsing changes nothing but the log (-d and -l hold at once, so that
 * the rest of the start can be seen); the caller acts on the rest.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "oneshot/oneshot.h"

/* One -f, -c, --chip or --board, in the order of the command line. */
enum queued_kind { QUEUED_TCL, QUEUED_CHIP, QUEUED_BOARD };
struct queued {
	bool is_file;
	const char *text;
	enum queued_kind kind;		/* QUEUED_TCL: -f or -c, by is_file */
};

struct options {
	struct queued *queue;
	size_t queue_count;
	const char **dirs;		/* -s */
	size_t dir_count;
	bool help, version, list, pipe;
	bool allow_exec, exit_on_detach, parent_death;
	bool is_level_set, has_log_file, under_reset;
	const char *probe, *transport, *speed;	/* NULL: not said */
	const char *completion;		/* --completion SHELL */
	struct oneshot_request request;	/* request.verb NULL: run as a daemon */
	int ready_fd;			/* -1: none */
	bool exit_on_semihosting;
	unsigned timeout_s;		/* --timeout; 0: none */
};

/* ERR_ARGUMENT, ERR_IO (-l). request.verb and request.json hold after an error, too, if they can be
 * seen. */
enum err options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);
void options_print_help(void);
/* What belongs to one verb; NULL: the list of verbs. To stdout. */
void options_print_verb(const struct verb *verb);
/* Calls `fn` for each option a verb takes (NULL: the daemon). `argument` NULL: it has none; key 0: no
 * letter. */
void options_each(const struct verb *verb, void (*fn)(void *ctx, int key, const char *name,
		  const char *argument, const char *help), void *ctx);

#endif
