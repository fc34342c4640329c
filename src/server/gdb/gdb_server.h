/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdb_server: GDB remote serial protocol for every target, one port each (base port + k).
 * Registers the verbs `gdb_port`, `gdb_memory_map`, ... Ports open with gdb_server_listen(), which main
 * calls before the hardware is touched; a session that connects before init is done waits for it.
 */
#ifndef SERVER_GDB_GDB_SERVER_H
#define SERVER_GDB_GDB_SERVER_H

#include "flash/flash.h"

struct gdb_server;
struct server;

struct gdb_server *gdb_server_new(struct server *server, struct target_list *targets,
				  struct flash_room *flash);
void gdb_server_free(struct gdb_server *gdb);
enum err gdb_server_listen(struct gdb_server *gdb);
/* Stops accepting and detaches every session as the end-state table says. */
void gdb_server_close(struct gdb_server *gdb);

#endif
