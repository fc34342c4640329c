/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtt: ring buffers in the target's RAM that the program and the host share (SEGGER's control block).
 *
 * rtt_block.c reads a control block out of bytes, rtt_search.c finds it and decides which one is alive,
 * rtt_poll.c moves the data, rtt_ports.c and rtt_log.c hand them on, rtt_commands.c has the verbs.
 *
 * While it is started the host is the program's reader: up channels are read also if nobody listens, and
 * the last RTT_UNHEARD_MAX bytes of each are kept for the first client. So a block that was re-initialised
 * always differs from what we left: RdOff belongs to the host, is moved by every read, and only the
 * program's start sets it back to 0. A block whose RdOff stands where a reset found it is the dead
 * program's, until its WrOff moves.
 */
#ifndef TRACE_RTT_H
#define TRACE_RTT_H

#include "trace/trace_priv.h"

#define RTT_ID_BYTES	   16u
#define RTT_HEADER_BYTES   24u
#define RTT_CHANNEL_BYTES  24u
#define RTT_CHANNELS_MAX   255u		/* of one direction, in a block that makes sense */
#define RTT_BLOCK_MAX	   (RTT_HEADER_BYTES + 2 * RTT_CHANNELS_MAX * RTT_CHANNEL_BYTES)
#define RTT_UNHEARD_MAX	   (64u << 10)
#define RTT_DEFAULT_ID	   "SEGGER RTT"

/* Offsets in a channel. */
enum { RTT_NAME = 0, RTT_BUFFER = 4, RTT_SIZE = 8, RTT_WR = 12, RTT_RD = 16, RTT_FLAGS = 20 };
enum rtt_mode { RTT_SKIP, RTT_TRIM, RTT_BLOCKING };	/* flags[1:0] */

struct rtt_channel {
	uint32_t name, buffer, size, wr, rd, flags;	/* size 0: not in use */
};

struct rtt_block {
	uint32_t addr;
	unsigned up_count, down_count;
	struct rtt_channel *channels;	/* up, then down */
};

/* Pure. Bytes of header and channels at `bytes`; 0: the header makes no sense. */
size_t rtt_block_bytes(const uint8_t *header);
/* True: `block` is filled (rtt_block_free). False: *why says what cannot be. `bytes` holds
 * rtt_block_bytes() bytes, or fewer: then that is why. */
bool rtt_block_parse(struct rtt_block *block, uint32_t addr, const uint8_t *bytes, size_t n,
		     const char **why);
void rtt_block_free(struct rtt_block *block);
/* Could the program have put data there? */
bool rtt_is_ram(uint32_t addr, uint32_t n);
/* The next place in [from, n) where the id begins on a word boundary of `addr`; n: none. */
size_t rtt_find_id(const uint8_t *bytes, size_t n, uint32_t addr, size_t from, const char *id);
/* Bytes in the buffer, and how many more it takes. */
uint32_t rtt_used(const struct rtt_channel *c);
uint32_t rtt_free(const struct rtt_channel *c);

/* A block that a reset, or the end of a program, has left behind. */
struct rtt_stale {
	struct rtt_stale *next;
	uint32_t addr;
	uint8_t *bytes;			/* as it was when we last looked */
	size_t n;
	bool was_seen;			/* since the reset: from now on a moved WrOff tells life */
	bool is_rival;			/* was met beside the block in use */
};
enum rtt_life { RTT_STALE, RTT_UNKNOWN, RTT_ALIVE };
/* Compares with what was left behind and remembers the new look. Pure but for the list. */
enum rtt_life rtt_judge(struct rtt_stale **list, uint32_t addr, const uint8_t *bytes, size_t n);
/* `was_seen`: its program had the time to move it. */
void rtt_remember(struct rtt_stale **list, uint32_t addr, const uint8_t *bytes, size_t n, bool was_seen);
void rtt_forget(struct rtt_stale **list, uint32_t addr);	/* UINT32_MAX: all */
void rtt_forget_rivals(struct rtt_stale **list);

struct rtt_range {
	uint32_t addr, size;
	bool is_probed;			/* ends where the bus refuses: `size` is the most to try */
};
#define RTT_RANGES 6u

struct rtt_up {
	uint32_t rd;			/* what was read; written to RdOff by the next batch if is_moved */
	bool is_moved;
	bool is_unreadable;		/* the bus refuses its buffer */
	uint32_t known;			/* bytes that are there as of the last batch */
	struct buf unheard;		/* nobody was connected */
};

struct rtt_down {
	struct buf queue;
	bool is_refused_told;
};

/* Where a pass over the ranges is. */
struct rtt_pass {
	unsigned range;
	uint32_t offset;
	uint8_t carry[RTT_ID_BYTES - 1];
	size_t carry_count;
	uint32_t best;			/* the best block so far; its life is best_life */
	enum rtt_life best_life;
	bool has_best, is_running;
};

struct rtt {
	struct rtt *next;
	struct rtt_room *room;
	struct target *target;		/* NULL: configured before there was one */
	struct rtt_range ranges[RTT_RANGES];
	unsigned range_count;
	bool is_set_up, is_started, is_busy;
	bool core_is_fresh;		/* it has not run since the reset */
	uint64_t suspect_until_ms;	/* the program may be another: look around quickly */
	char id[RTT_ID_BYTES + 1];
	bool has_symbol;
	uint32_t symbol;
	uint32_t symbols_version;	/* of the target's symbols when `symbol` was looked up */
	struct rtt_stale *stale;
	bool knows_past;		/* all RAM was seen before the program ran: `stale` is complete */
	struct rtt_pass pass;
	bool is_found;
	struct rtt_block block;
	uint32_t id_word, vtor;		/* as they were when the block was found */
	struct rtt_up *ups;
	struct rtt_down *downs;		/* of the channels' numbers, kept when the block changes */
	unsigned up_slots, down_slots;
	unsigned passes;		/* since the block was taken */
	uint64_t next_full_ms, last_data_ms, next_look_ms;
	unsigned gap_ms;		/* until the next poll */
	struct loop_timer *timer;
	bool is_failure_told, is_cache_told;
};

struct rtt_port {
	struct rtt_port *next;
	struct rtt *rtt;
	unsigned channel;
	struct trace_port *port;
	uint64_t dropped;
	bool is_drop_told;
};

struct rtt_log;

struct rtt_room {
	struct trace_room *trace;
	struct rtt *first;
	struct rtt_port *ports;
	struct rtt_log *logs;
	unsigned polling_ms;
};

extern const struct command rtt_commands[];

/* rtt.c: of the target the call means; made when asked for the first time. */
enum err rtt_of_call(struct call *c, struct rtt **r);
enum err rtt_start(struct rtt *r);
void rtt_stop(struct rtt *r);
/* Another program may have begun. */
void rtt_suspect(struct rtt *r);
bool rtt_is_suspect(const struct rtt *r);
/* May the wire be used now? */
bool rtt_may_look(struct rtt *r);
void rtt_arm_timer(struct rtt *r, unsigned in_ms);

/* rtt_search.c */
void rtt_default_ranges(struct rtt *r);
/* A step of the pass of at most `bytes`; *done: all was seen, and the best block was taken. */
enum err rtt_search_step(struct rtt *r, uint32_t bytes, bool *done);
/* Looks only where the block was or must be. */
enum err rtt_look_at_known(struct rtt *r);
/* The core stands at its reset vector: what is in RAM now is of the past. (services) */
void rtt_mark_all_stale(struct rtt *r);
enum err rtt_read_block(struct rtt *r, uint32_t addr, uint8_t **bytes, size_t *n);
void rtt_take_block(struct rtt *r, uint32_t addr, const uint8_t *bytes, size_t n, bool is_told);
/* Makes ups[] and downs[] at least so long. */
void rtt_slots(struct rtt *r, unsigned ups, unsigned downs);
/* The block is not the program's any more; it is remembered as left behind if `as_stale`. */
void rtt_lose_block(struct rtt *r, bool as_stale);

/* rtt_symbol.c: the block's address out of an ELF file. */
enum err rtt_read_symbol(struct rtt *r, const char *path);
/* A GDB is asked for the control block's symbol. */
void rtt_want_symbol(struct target *t);
/* Takes the address that a GDB, or the ELF file that was written, gives for the block. */
void rtt_follow_symbols(struct rtt *r);

/* rtt_poll.c: one batch; *moved: bytes that came or went. */
enum err rtt_poll(struct rtt *r, size_t *moved);

/* rtt_ports.c */
enum err rtt_port_start(struct rtt *r, const char *port, unsigned channel, const char *hello);
enum err rtt_port_stop(struct rtt_room *room, const char *port);
void rtt_ports_free(struct rtt_room *room);
/* Hands on what came; is_full: a client of the channel cannot follow, and nothing should be read. */
void rtt_deliver(struct rtt *r, unsigned channel, const uint8_t *data, size_t n);
bool rtt_is_full(struct rtt *r, unsigned channel);
bool rtt_has_client(struct rtt *r, unsigned channel);
void rtt_resume_input(struct rtt *r, unsigned channel);

/* rtt_log.c */
enum err rtt_log_start(struct rtt *r, const char *path, int channel);	/* -1: all */
enum err rtt_log_stop(struct rtt_room *room, const char *path);	/* NULL: all */
void rtt_log_put(struct rtt *r, unsigned channel, const uint8_t *data, size_t n);

#endif
