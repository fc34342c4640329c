/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GDB server's own state and its options. What the files of this room share; nobody else
 * includes it.
 */
#ifndef SERVER_GDB_ROOM_H
#define SERVER_GDB_ROOM_H

#include "server/gdb/gdb_server.h"

/* What the core does after the last GDB of a target has gone. */
enum gdb_end_state { GDB_END_KEEP, GDB_END_RUN, GDB_END_HALT };
enum gdb_override { OVERRIDE_NONE, OVERRIDE_HARD, OVERRIDE_SOFT };

struct gdb_options {
	bool memory_map, flash_program, target_description;
	bool report_data_abort, report_register_access_error;
	bool run_lengths;		/* "c*n" in answers */
	enum gdb_override breakpoint_override;
	enum gdb_end_state end_state;
};

static inline struct gdb_options gdb_default_options(void)
{
	return (struct gdb_options){ .memory_map = true, .flash_program = true,
				     .target_description = true };
}

struct gdb_port;

/* Conditions of breakpoints since the daemon began: how often each had its way. */
struct gdb_condition_counts {
	unsigned long evaluated, passed, failed;
};

struct gdb_server {
	struct server *server;
	struct loop *loop;
	struct script *script;
	struct target_list *targets;
	struct flash_room *flash;
	struct gdb_options options;
	struct gdb_condition_counts conditions;
	struct gdb_session *sessions;
	struct gdb_port *ports;
	char *port_setting;		/* `gdb_port` */
	bool is_listening;
	struct semihosting_ops semihosting;
	struct loop_timer *timer;	/* keep-alives, time limits; only while sessions exist */
	bool is_ready;			/* init is done: packets are handled */
	bool is_remote_told;		/* the advice to use extended-remote */
};

/* verbs.c; user data is the struct gdb_server. */
extern const struct command gdb_commands[];

#endif
