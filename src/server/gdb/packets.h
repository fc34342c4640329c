/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packets: a table row is a packet's name and its handler; one file per family of packets.
 *
 * A handler returns OK after exactly one gdb_reply*(), gdb_wait_for_stop() or gdb_no_answer(). From
 * any other return the dispatcher makes an error answer. An unknown packet is answered empty.
 */
#ifndef SERVER_GDB_PACKETS_H
#define SERVER_GDB_PACKETS_H

#include "rtos/rtos.h"
#include "server/gdb/session.h"

#define GDB_THREAD RTOS_CORE		/* one core without an RTOS: one thread */

/* GDB's own numbers of signals (include/gdb/signals.def). */
enum gdb_signal { GDB_SIGNAL_0 = 0, GDB_SIGNAL_INT = 2, GDB_SIGNAL_TRAP = 5,
		  GDB_SIGNAL_SEGV = 11, GDB_SIGNAL_LOST = 29 };

struct gdb_packet {
	const char *name;
	enum { MATCH_WHOLE, MATCH_WORD /* alone or before : ; , */, MATCH_PREFIX } match;
	enum err (*run)(struct gdb_session *s, struct rsp_args *args);
};
extern const struct gdb_packet query_packets[], thread_packets[], register_packets[],
	memory_packets[], search_packets[], point_packets[], resume_packets[], flash_packets[],
	console_packets[], fileio_packets[], extended_packets[];

/* dispatch.c. NULL: unknown. *used: the length of the name. */
const struct gdb_packet *gdb_find_packet(const uint8_t *body, size_t n, size_t *used);
void gdb_dispatch(struct gdb_session *s);
void gdb_reply(struct gdb_session *s, const void *body, size_t n);
void gdb_reply_text(struct gdb_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gdb_reply_ok(struct gdb_session *s);
/* "Enn", or "E.text" if GDB asked for texts; takes and logs the error chain. */
void gdb_reply_failure(struct gdb_session *s, enum err rc);
/* log_failure(), unless it is the loss of the probe, which is told already. */
void gdb_log_failure(struct gdb_session *s);
void gdb_format_failure(const struct gdb_session *s, enum err rc, struct buf *out);
void gdb_no_answer(struct gdb_session *s);
/* A packet that is not of its form. Returns ERR_PROTOCOL. */
enum err gdb_malformed(const char *packet);
unsigned gdb_errno(enum err rc);

/* threads.c */
/* The thread that runs, for a stop reply; Hg's choice is over. */
uint32_t threads_stopped(struct gdb_session *s);
/* Whose registers g and p mean. NULL: those of the core. */
const struct rtos_thread *threads_selected(struct gdb_session *s, struct rtos **os);
bool threads_is_running(struct gdb_session *s, uint32_t id);
/* It is in the list, but another one has the core. */
bool threads_is_waiting(struct gdb_session *s, uint32_t id);
/* The answer to a step of a thread that waits: why not, and a stop where it is. */
void threads_refuse(struct gdb_session *s, uint32_t id, bool is_alone);
/* The document of qXfer:threads. */
void threads_build(struct gdb_session *s, struct buf *xml);

/* stop.c */
void gdb_wait_for_stop(struct gdb_session *s);
void gdb_report_stop(struct gdb_session *s, unsigned signal);
/* A stop that shows GDB another thread than the one that runs. */
void gdb_report_thread(struct gdb_session *s, unsigned signal, uint32_t thread);
/* The program has ended: SYS_EXIT. */
void gdb_report_exit(struct gdb_session *s, uint32_t code);
/* The wait ends with the current error (no probe, no halt): its text, and SIGLOST as the stop. */
void gdb_report_trouble(struct gdb_session *s);
unsigned stop_signal(const struct gdb_session *s);
void stop_format(struct gdb_session *s, unsigned signal, struct buf *out);
void stop_on_event(struct gdb_session *s, enum target_event event);
void stop_tick(struct gdb_session *s);

/* resume.c */
void resume_interrupt(struct gdb_session *s);
/* A range is not stepped on. */
void resume_end_range(struct gdb_session *s);
/* After a File-I/O call. */
enum err resume_again(struct gdb_session *s);

/* breakpoints.c */
struct gdb_point *points_at(struct gdb_session *s, uint32_t addr);
struct gdb_point *points_watching(struct gdb_session *s, const struct watchpoint *w);
void points_remove_all(struct gdb_session *s);
bool point_is_break(const struct gdb_point *p);
/* A line for each, if the session is on this target. */
void points_describe(const struct gdb_session *s, const struct target *t, struct buf *out);

/* conditions.c. What follows "addr,kind" in a Z packet; false: not of its form. */
bool conditions_take(struct rsp_args *args, struct gdb_point *p);
void conditions_free(struct gdb_point *p);
/* The core stands at pc: GDBs have breakpoints there, and nobody wants it stopped. */
bool conditions_all_false(struct gdb_server *server, struct target *t, uint32_t pc);
/* For target_set_stop_filter(); ctx is the server. */
bool conditions_let_pass(void *ctx, struct target *t);

/* flash.c, console.c, fileio.c */
void flash_forget(struct gdb_session *s);
void console_open(struct gdb_session *s);
void console_close(struct gdb_session *s);
/* Text for GDB's console; kept until O packets are allowed. */
void console_note(struct gdb_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void console_flush_note(struct gdb_session *s);
/* The line for a GDB that was overtaken, once; only where O packets are welcome. */
void console_tell_overtaken(struct gdb_session *s);
void fileio_attach(struct gdb_server *server, struct target *t);

/* cache.c: copies of flash and RAM while the core is halted. False: not cacheable, or no luck. */
struct read_cache;
bool cache_read(struct gdb_session *s, uint32_t addr, uint8_t *dst, size_t n);
void cache_free(struct gdb_session *s);
/* What a step shall bring along, see target.h. False: nothing. */
bool cache_look_ahead(struct gdb_session *s, struct read_ahead *ahead);
void cache_take_ahead(struct gdb_session *s, const struct read_ahead *ahead);
/* Reads there have no side effects: flash, or RAM. */
bool cache_may_hold(const struct gdb_session *s, uint32_t addr);
/* live.c: the same while a core runs, for watch lists. */
bool live_read(struct gdb_session *s, uint32_t addr, uint8_t *dst, size_t n);
void live_free(struct gdb_session *s);

#endif
