/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session: one GDB on one target.
 *
 * Bytes in: session_input() takes them as they come, answers '+' and Ctrl-C at once, and gives whole
 * packets to their handlers (packets.h), one after the other. A handler may service the loop; packets
 * that arrive meanwhile are acknowledged and wait in `queue`.
 *
 * A stop reply may be sent only while GDB waits for one (run is not GDB_STOPPED): what happens to the
 * core at other times is remembered by the target, not told, for GDB would take it as the answer to
 * its next command.
 *
 * A session can lose its client whenever a handler services the loop. Its memory stays until the
 * handlers are through (session_hold); they look at is_gone after long work, and answers go nowhere.
 */
#ifndef SERVER_GDB_SESSION_H
#define SERVER_GDB_SESSION_H

#include "base/log.h"
#include "server/gdb/room.h"
#include "server/gdb/rsp.h"

enum gdb_run {
	GDB_STOPPED,			/* GDB believes the core is halted */
	GDB_WAITING,			/* GDB waits for a stop reply */
	GDB_FILEIO			/* the same, and it is serving a File-I/O request */
};

/* The way out. hang_up() may be called from anywhere; the owner of the wire then forgets the session. */
struct gdb_wire {
	void (*send)(void *ctx, const void *data, size_t n);
	void (*hang_up)(void *ctx);
	void *ctx;
	void (*prove_alive)(void *ctx);	/* is the client's machine there still? May be NULL */
	const char *(*peer)(void *ctx);	/* who it is, for messages. May be NULL */
	bool (*has_left)(void *ctx);	/* it has hung up, session_close() is to come. May be NULL */
};

/* A breakpoint or watchpoint GDB has inserted. */
struct gdb_point {
	unsigned type;			/* of the Z packet */
	uint32_t addr, kind;
	bool is_ours;			/* we added it to the target, so we remove it */
	struct gdb_condition *conditions;	/* NULL: stops always */
	struct gdb_point *next;
};

/* One of the conditions of a breakpoint: an agent expression (agent.h). */
struct gdb_condition {
	uint8_t *code;
	size_t n;
	bool is_failure_told;
	struct gdb_condition *next;
};

/* What `load` has collected since the last vFlashDone. */
struct gdb_flash {
	struct image *image;
	struct flash_range *erases;
	size_t erase_count;
	bool is_open;			/* the erase-start event was sent */
};

/* One packet that waits: in the queue for its turn, in `unacked` for GDB's '+'. */
struct gdb_item {
	struct buf data;
	struct gdb_item *next;
};

/* vCont;r: step while start <= pc < end. */
struct gdb_stepping {
	bool is_active;
	uint32_t start, end;
	unsigned halts_asked;		/* target_halts_asked() at its begin */
};

struct gdb_session {
	struct gdb_session *next;
	struct gdb_server *server;
	struct target *target;
	struct gdb_wire wire;
	unsigned port;			/* for messages */
	unsigned use_count;		/* callers on the stack */
	bool is_gone;			/* the client has left */
	bool is_leaving;		/* ... and waits for the target to be free to detach */
	bool is_attached;		/* gdb-attach has run, gdb-detach has not */
	bool is_let_in;			/* the first packet has come and was welcome */

	struct buf input;		/* not yet parsed */
	struct gdb_item *queue;
	struct buf packet;		/* the one in its handler, unescaped */
	bool is_busy, owes_answer;
	bool is_console;		/* qRcmd: O packets are welcome */
	unsigned console_packets;	/* of this qRcmd */
	uint64_t busy_since_ms;

	bool no_ack;
	struct gdb_item *unacked;	/* the first is on its way */
	size_t unacked_bytes;
	uint64_t ack_due_ms, last_sent_ms;
	unsigned alive_count;

	bool is_extended, wants_error_text, knows_swbreak, knows_hwbreak;	/* GDB's words */
	bool has_process;		/* false after kill and exit: "?" is W00 */

	uint32_t thread;		/* Hg: whose registers; 0: of the one that runs */
	uint32_t shown_thread;		/* of the last stop reply */
	uint32_t resume_thread;		/* Hc: whom an old s steps; 0: any */
	enum gdb_run run;
	bool is_stepping;		/* our own step: its halted event is not news */
	bool wants_sync;		/* gdb_sync: the next step only reports */
	bool is_interrupted;		/* Ctrl-C came: the halt is SIGINT */
	uint64_t interrupt_due_ms;	/* the core must have halted by then; 0: none pending */
	uint64_t lost_since_ms;		/* the core could not be reached; 0: it can */
	bool has_hit;			/* the last stop was at a breakpoint of GDB's ... */
	uint32_t hit_addr;		/* ... here */
	struct gdb_stepping range;
	struct loop_timer *range_timer;
	bool was_step;			/* what to do after File-I/O: report, not resume */

	struct gdb_point *points;
	struct gdb_flash flash;
	struct read_cache *cache;
	struct live_cache *live;
	struct buf tdesc, memory_map, threads;	/* documents, made once per connection */
	struct buf note;		/* for GDB's console, at the next chance */
	struct buf last_error;		/* the log line GDB saw last while it waits */
	unsigned core_moves;		/* resumes, steps, resets, by whomever */
	bool is_hinted, is_abort_told;
	bool is_told_lost;		/* the last stop reply was SIGLOST */
	bool is_overtaken;		/* another client moved the core, and GDB does not know */
	struct origin origin;
	struct log_sink sink;
};

struct gdb_session *session_new(struct gdb_server *server, struct target *t,
				const struct gdb_wire *wire);
void session_input(struct gdb_session *s, const void *data, size_t n);
/* The client is gone: cancels what runs for it, detaches; memory goes with the last user. */
void session_close(struct gdb_session *s);
void session_hang_up(struct gdb_session *s);
/* Does now what session_close() had to put off. */
void session_finish_leaving(struct gdb_session *s);
/* Handles the packets that wait: when init is done, when a handler has returned. */
void session_work(struct gdb_session *s);
/* Several times a second: keep-alives and time limits. */
void session_tick(struct gdb_session *s);
void session_hold(struct gdb_session *s);
void session_release(struct gdb_session *s);
/* False: the target has as many GDBs as -gdb-max-connections allows. It is said who they are and what to
 * do, and dead ones are looked for, so that their place is free soon. */
bool session_has_room(const struct gdb_server *server, const struct target *t);
/* The core is examined if it is not yet, and attached to. ERR_NOT_EXAMINED and its like, with the line
 * that tools look for. */
enum err session_find_core(struct gdb_session *s);
/* gdb-attach, if no other GDB is attached; nothing if we are. */
void session_attach(struct gdb_session *s);
/* Breakpoints out, a load forgotten; and if attached: gdb-detach, the core as gdb_end_state says. */
void session_detach(struct gdb_session *s);
/* All of this GDB; with the last GDB's those in flash go, too. */
void session_remove_breakpoints(struct gdb_session *s);
/* Another session that is attached to the same target. */
bool session_has_company(const struct gdb_session *s);

/* output.c. In ack mode packets go out one by one, each after the '+' for the one before. */
void output_packet(struct gdb_session *s, const void *body, size_t n);
/* Console text as O packets. Only while GDB waits for a stop or for the end of qRcmd. */
void output_console(struct gdb_session *s, const char *text, size_t n);
/* A notification, if the client has heard nothing for half a second. */
void output_keep_alive(struct gdb_session *s);
void output_acked(struct gdb_session *s);
void output_nacked(struct gdb_session *s);
/* GDB goes on without '+': what waits for one is taken as received. */
void output_flush(struct gdb_session *s);
void output_tick(struct gdb_session *s);
void output_free(struct gdb_session *s);

#endif
