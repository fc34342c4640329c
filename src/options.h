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

/* One -f or -c, in the order of the command line. */
struct queued {
	bool is_file;
	const char *text;
};

struct options {
	struct queued *queue;
	size_t queue_count;
	const char **dirs;		/* -s */
	size_t dir_count;
	bool help, version, list, pipe;
	bool allow_exec, exit_on_detach, parent_death;
	bool is_level_set;
	int ready_fd;			/* -1: none */
	bool exit_on_semihosting;
	unsigned timeout_s;		/* --timeout; 0: none */
};

/* ERR_ARGUMENT, ERR_IO (-l). */
enum err options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);
void options_print_help(void);

#endif
