/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target: one core under debug. target.c owns states, events, claims and the rules that hold for
 * every core; a struct target_type (cortex_m.c) owns what its architecture defines.
 *
 * Every function returns with the DAP queue empty. Functions marked (services) may run for long
 * and service the event loop meanwhile, so other clients act in between; the claim keeps them from
 * changing what the long work relies on:
 *
 *   A claim says "this target is busy with WHAT". While it is held, halt, resume, step, reset, register
 *   and breakpoint changes from anyone but its holder fail with ERR_BUSY; memory reads are allowed.
 *   Claims nest for the same holder. target_cancel() asks the holder to stop: long work polls
 *   target_is_cancelled() between its steps and returns ERR_CANCELLED with everything put back.
 *
 * The core-register cache is valid only while halted. Writes stay in the cache and reach the core
 * before it runs again. Memory is never cached here.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include "dap/mem_ap.h"
#include "image/symbols.h"
#include "script/script.h"

enum target_state { TARGET_UNKNOWN, TARGET_RUNNING, TARGET_HALTED, TARGET_RESET, TARGET_DEBUG_RUNNING,
		    TARGET_UNAVAILABLE };

/* Why the core is halted; OpenOCD's words in target_reason_name(). */
enum halt_reason { HALT_DEBUG_REQUEST, HALT_BREAKPOINT, HALT_WATCHPOINT, HALT_WATCH_AND_BREAK,
		   HALT_SINGLE_STEP, HALT_VECTOR_CATCH, HALT_EXIT, HALT_SEMIHOSTING, HALT_UNDEFINED };

enum reset_mode { RESET_RUN, RESET_HALT, RESET_INIT };

enum breakpoint_kind { BREAK_HARD, BREAK_SOFT, BREAK_AUTO /* soft in RAM, hard elsewhere */,
		       BREAK_FLASH /* a BKPT in flash, see patch.h */ };
enum watch_kind { WATCH_READ, WATCH_WRITE, WATCH_ACCESS };

/* What listeners hear. EXAMINED..GDB_* also run the Tcl handlers of the same name. */
enum target_event {
	EVENT_HALTED, EVENT_RESUMED, EVENT_RESUME_START, EVENT_RESUME_END, EVENT_STEP_START, EVENT_STEP_END,
	EVENT_DEBUG_HALTED, EVENT_DEBUG_RESUMED,	/* helper code, not the user's program */
	EVENT_RESET_START, EVENT_RESET_ASSERT_PRE, EVENT_RESET_ASSERT, EVENT_RESET_ASSERT_POST,
	EVENT_RESET_DEASSERT_PRE, EVENT_RESET_DEASSERT_POST, EVENT_RESET_INIT, EVENT_RESET_END,
	EVENT_EXAMINE_START, EVENT_EXAMINE_FAIL, EVENT_EXAMINE_END,
	EVENT_GDB_START, EVENT_GDB_END, EVENT_GDB_ATTACH, EVENT_GDB_DETACH, EVENT_GDB_HALT,
	EVENT_GDB_FLASH_ERASE_START, EVENT_GDB_FLASH_ERASE_END, EVENT_GDB_FLASH_WRITE_START,
	EVENT_GDB_FLASH_WRITE_END, EVENT_TRACE_CONFIG, EVENT_COUNT
};

/* One register as debuggers name it. Tables are const; values live in the target's cache. */
struct reg {
	const char *name;
	unsigned number;		/* GDB's regnum in target.xml */
	unsigned bits;			/* 1..64 */
	const char *feature;		/* "org.gnu.gdb.arm.m-profile", NULL: not in target.xml */
	const char *type, *group;	/* of target.xml: "code_ptr", "general"; may be NULL */
	bool is_lazy;			/* not fetched with the others (FPU) */
	bool is_hidden;			/* not shown by `reg` unless asked by name */
};

struct breakpoint {
	uint32_t addr;
	unsigned length;		/* 2 or 4 (GDB's kind 3 is 4) */
	enum breakpoint_kind kind;	/* what it became: hard or soft */
	int comparator;			/* hard: which FPB comparator */
	uint8_t saved[4];		/* soft: the instruction underneath */
	bool is_set;			/* in hardware or memory now */
	unsigned id;
	struct breakpoint *next;
};

struct watchpoint {
	uint32_t addr, length;
	enum watch_kind kind;
	uint32_t value, mask;		/* data match; bits set in mask are not compared */
	int comparator;
	bool is_set;
	bool is_rounded;		/* a larger range is compared: hits outside are sorted out */
	bool has_last;			/* `last` is what stood there when it was set, or hit last */
	uint8_t last[8];
	unsigned id;
	struct watchpoint *next;
};

struct target;

/* A driver's steps. The rules around them (state checks, events, claims) are target.c's. */
struct target_type {
	const char *name;		/* "cortex_m" */
	enum err (*create)(struct target *t);
	void (*destroy)(struct target *t);
	enum err (*examine)(struct target *t);
	/* Looks at the core, updates t->state and t->reason. Never resumes it. */
	enum err (*poll)(struct target *t);
	enum err (*halt)(struct target *t);
	/* Writes back dirty registers, steps over a breakpoint at PC if asked, and lets go. */
	enum err (*resume)(struct target *t, bool step_over, bool debug_execution);
	enum err (*step)(struct target *t, bool step_over);
	enum err (*assert_reset)(struct target *t, enum reset_mode mode);
	enum err (*deassert_reset)(struct target *t, enum reset_mode mode);
	/* Puts the core back as it should be without a debugger: comparators off, debug bits restored. */
	enum err (*detach)(struct target *t);
	enum err (*fetch_registers)(struct target *t, bool lazy_too);
	enum err (*flush_registers)(struct target *t);
	enum err (*set_breakpoint)(struct target *t, struct breakpoint *b);
	enum err (*clear_breakpoint)(struct target *t, struct breakpoint *b);
	enum err (*set_watchpoint)(struct target *t, struct watchpoint *w);
	enum err (*clear_watchpoint)(struct target *t, struct watchpoint *w);
	/* The watchpoint that halted the core and the address it saw (best known). NULL: unknown. */
	struct watchpoint *(*hit_watchpoint)(struct target *t, uint32_t *addr);
	/* The same for people, after a stop at a watchpoint: which, by which instruction, old and new
	 * value. May be NULL. */
	void (*describe_watch)(struct target *t, struct buf *out);
	/* The core halted, but nobody asked for this one (a hit beside a rounded watchpoint, an
	 * erratum): it is resumed without a word. May be NULL. */
	bool (*is_false_stop)(struct target *t);
	/* Decodes why the core stands where it stands (fault registers) into words. May be NULL. */
	enum err (*explain)(struct target *t, struct buf *out);
	/* "Thread " or "Handler HardFault", then SP's name, for the halt report. */
	enum err (*describe_mode)(struct target *t, char *text, size_t size, const char **sp_name);
	/* Registers r0..r12, sp, lr, pc, xPSR of the code on the process stack that the exceptions now
	 * active have interrupted. False: none, or its frame makes no sense. May be NULL. */
	bool (*interrupted)(struct target *t, uint32_t regs[17]);
	/* A block of memory was read by someone: bits that a read clears must not be lost. May be NULL. */
	void (*memory_seen)(struct target *t, uint32_t addr, const uint8_t *data, size_t n);
	/* All values were put back at once: resolve aliases (SP is MSP or PSP). May be NULL. */
	void (*registers_restored)(struct target *t);
	/* Something was written to [addr, addr + n) of a halted target, and may be code. May be NULL. */
	enum err (*code_written)(struct target *t, uint32_t addr, size_t n);
	/* Changed comparators reach the core at the next resume; this writes them now. */
	enum err (*sync_breakpoints)(struct target *t);
	/* How many comparators there are, and how many are free. May be NULL. */
	void (*count_comparators)(struct target *t, unsigned *breaks, unsigned *breaks_free,
				  unsigned *watches, unsigned *watches_free);
	/* Register `reg` got a new cached value: registers that alias it follow. May be NULL. */
	void (*register_changed)(struct target *t, const struct reg *reg);
	const struct command *commands;	/* verbs of the architecture: "cortex_m maskisr" */
};

struct reg_value {
	uint64_t value;
	bool valid, dirty;
};

struct target {
	char *name;
	const struct target_type *type;
	struct target_list *list;
	void *priv;
	struct dap *dap;
	struct mem_ap *ap;		/* set by examine if -ap-num was not given */
	int ap_num;			/* -1: find it */
	unsigned coreid;
	bool examined, defer_examine, was_examined;
	enum target_state state;
	enum halt_reason reason;
	const char *stop_note;		/* decoded fault, vector caught; NULL: nothing to add */
	/* Changes whenever memory may have: a write through this room, or the core ran (resume, step,
	 * reset, helper code). Whoever keeps copies of memory compares it. */
	uint32_t memory_epoch;
	struct read_ahead *ahead;	/* NULL: nothing */
	const struct reg *regs;		/* set by examine */
	struct reg_value *values;
	size_t reg_count;
	struct breakpoint *breakpoints;
	struct watchpoint *watchpoints;
	uint32_t work_area, work_area_size;
	bool work_area_backup;
	struct work_area *work_areas;
	char *gdb_port;			/* -gdb-port; NULL: next of the base port */
	int gdb_max_connections;
	struct symbols *symbols;	/* of the programs on it, as far as their ELF files are known */
	char *rtos;			/* -rtos; NULL: none */
	struct rtos *os;		/* of rtos/ only, which frees it */
	struct semihosting *semihosting;
	bool semihosting_armed;
	bool quiet_halt;		/* the next halt is shown by a front end: no halt report */
	struct target_own *own;		/* of target/ only */
	/* What a room above has found out about the chip around the core (malloc'ed); dropped at each
	 * reset and each examination. One room only: flash/. */
	void *chip_notes;
	struct target *next;
};

/* Of all cores behind the same debug port, which see the same memory: see memory_epoch. */
uint32_t target_shared_epoch(const struct target *t);
/* Another of them runs and may change what is read now. */
bool target_has_running_peer(const struct target *t);
/* The cores besides `t` behind its debug port, from `last` NULL to NULL. */
struct target *target_next_peer(const struct target *t, const struct target *last);

/* (services) Halts those that run: what they execute and use is about to be changed. They stay so. */
enum err target_halt_peers(struct target *t, const char *why);

typedef void (*target_listener_fn)(void *ctx, struct target *t, enum target_event event);

struct target_list {
	struct loop *loop;
	struct script *script;
	struct adapter *adapter;
	struct dap_list *daps;
	struct target *first;
	struct target *current;		/* `targets NAME`; see target_current() */
	bool is_polling;
	bool is_leaving;		/* the daemon ends: cores are looked at, not mended */
	enum reset_mode reset_mode;	/* of the reset whose EVENT_RESET_START is heard */
	struct target_list_own *own;	/* of target/ only */
};

/* Registers `target ...`, `targets`, `halt`, `mdw`, ... Both lists outlive this one. */
struct target_list *target_list_new(struct loop *loop, struct script *script, struct adapter *adapter,
				    struct dap_list *daps);
void target_list_free(struct target_list *list);
struct target *target_find(struct target_list *list, const char *name);
/* The target a command of the speaking client means; ERR_NOT_FOUND with what to configure. */
enum err target_current(struct target_list *list, struct target **t);
/* init: connect DAPs, examine all, arm polling. One target's failure does not stop the others. */
enum err target_init_all(struct target_list *list);
/* What the configuration says on exit: comparators out, freeze bits restored, core running or halted. */
void target_leave_all(struct target_list *list);

void target_add_listener(struct target_list *list, target_listener_fn fn, void *ctx);
void target_remove_listener(struct target_list *list, target_listener_fn fn, void *ctx);
/* Runs Tcl handlers, then listeners. */
void target_call_event(struct target *t, enum target_event event);
const char *target_event_name(enum target_event event);	/* "reset-init" */
const char *target_state_name(const struct target *t);
const char *target_reason_name(enum halt_reason reason);
/* Logs stop_note, once for each stop; what the steps after it find again is not told again. */
void target_tell_stop_note(struct target *t);

enum err target_claim(struct target *t, const char *what);
void target_release(struct target *t);
void target_cancel(struct target *t);
bool target_is_cancelled(const struct target *t);
/* NULL if nobody holds it. */
const char *target_claimed_by(const struct target *t);

enum err target_examine(struct target *t);
/* ERR_NOT_EXAMINED, or ERR_ADAPTER_LOST if that is why. */
enum err target_check_examined(struct target *t);
enum err target_poll(struct target *t);
enum err target_halt(struct target *t);
/* Counts target_halt(), of a core that stands still too: who steps on and on must see that somebody
 * wants it to end. */
unsigned target_halts_asked(const struct target *t);
/* (services) Polls until `state` or the time is over: ERR_TIMEOUT. */
enum err target_wait_state(struct target *t, enum target_state state, unsigned timeout_ms);
/* pc NULL: current. step_over: get past a breakpoint at PC first. */
enum err target_resume(struct target *t, const uint32_t *pc, bool step_over, bool debug_execution);
enum err target_step(struct target *t, const uint32_t *pc, bool step_over);
/* (services) The whole reset procedure with its events, for all targets of the list. */
enum err target_reset(struct target_list *list, enum reset_mode mode);

/* Memory in target byte order. Size 1, 2, 4; addr aligned to it. */
enum err target_read(struct target *t, uint32_t addr, unsigned size, size_t count, uint8_t *dst);
enum err target_write(struct target *t, uint32_t addr, unsigned size, size_t count, const uint8_t *src);
/* Any alignment. *done (optional): bytes that were transferred before an error. Shows the original
 * instruction where a software breakpoint stands, and writes underneath it. */
enum err target_read_bytes(struct target *t, uint32_t addr, uint8_t *dst, size_t n, size_t *done);
enum err target_write_bytes(struct target *t, uint32_t addr, const uint8_t *src, size_t n);
/* Several pieces of whole, aligned words in one round trip; after an error none is valid. */
struct read_span {
	uint32_t addr, bytes;
	uint8_t *dst;
};
enum err target_read_spans(struct target *t, const struct read_span *spans, size_t count);
/* What the caller of target_step() will read next, where a read does no harm: comes in the same trip if it
 * can. is_read: it did, when the target's shared epoch was `epoch`. For one step; t->ahead points to it. */
#define AHEAD_BYTES 128u
struct read_ahead {
	uint32_t addr, words[AHEAD_BYTES / 4];
	uint8_t data[AHEAD_BYTES];
	uint32_t epoch;
	bool is_read;
};
enum err target_read_u32(struct target *t, uint32_t addr, uint32_t *value);
enum err target_write_u32(struct target *t, uint32_t addr, uint32_t value);
enum err target_read_u16(struct target *t, uint32_t addr, uint16_t *value);
enum err target_write_u16(struct target *t, uint32_t addr, uint16_t value);
enum err target_read_u8(struct target *t, uint32_t addr, uint8_t *value);
enum err target_write_u8(struct target *t, uint32_t addr, uint8_t value);
/* (services) CRC-32 as GDB's qCRC (poly 0x04c11db7, init ~0, not reflected, no final xor), computed
 * on the target when it is halted and has a work area, else read back. */
enum err target_crc32(struct target *t, uint32_t addr, size_t n, uint32_t *crc);
/* The same of bytes on the host. */
uint32_t target_crc32_bytes(const uint8_t *data, size_t n);

/* Registers; core halted. Names are case-insensitive. ERR_NO_REGISTER. */
const struct reg *target_find_reg(const struct target *t, const char *name);
enum err target_get_reg(struct target *t, const struct reg *reg, uint64_t *value);
enum err target_set_reg(struct target *t, const struct reg *reg, uint64_t value);
enum err target_get_reg32(struct target *t, const char *name, uint32_t *value);
enum err target_set_reg32(struct target *t, const char *name, uint32_t value);
/* Goes on behind the BKPT instruction at pc, in an IT block with the condition that is next. */
enum err target_pass_bkpt(struct target *t, uint32_t pc);
/* All registers that are not lazy, in one batch. */
enum err target_fetch_regs(struct target *t);

/* BREAK_AUTO picks soft in RAM and hard elsewhere, hard if the memory does not take the write. */
enum err target_add_breakpoint(struct target *t, uint32_t addr, unsigned length, enum breakpoint_kind kind);
enum err target_remove_breakpoint(struct target *t, uint32_t addr);
enum err target_add_watchpoint(struct target *t, uint32_t addr, uint32_t length, enum watch_kind kind,
			       uint32_t value, uint32_t mask);
enum err target_remove_watchpoint(struct target *t, uint32_t addr);
/* The one that was added with these values; several may stand at one address. */
enum err target_remove_watchpoint_like(struct target *t, uint32_t addr, uint32_t length,
				       enum watch_kind kind);
enum err target_remove_all_breakpoints(struct target *t);
/* For people: the comparators, and a line for each breakpoint and watchpoint. */
void breakpoints_describe(const struct target *t, struct buf *out);
/* Asked at each halt of the running program, before anyone hears of it. True: nobody wants this one, the
 * core goes on (past the breakpoint) without a word. One filter; fn NULL: none. */
typedef bool (*target_stop_filter_fn)(void *ctx, struct target *t);
void target_set_stop_filter(struct target_list *list, target_stop_filter_fn fn, void *ctx);

/*
 * Work area: RAM set aside for helper code. With -work-area-backup the contents come back on free.
 * ERR_NO_WORK_AREA if it does not fit; *size of the largest free piece by work_area_available().
 */
struct work_area {
	uint32_t addr, size;
	uint8_t *backup;
	struct work_area *next;
};
enum err work_area_alloc(struct target *t, uint32_t size, struct work_area **area);
void work_area_free(struct target *t, struct work_area *area);
uint32_t work_area_available(const struct target *t);

/*
 * Algorithm: helper code run on the halted core. All core registers it may touch are saved before
 * and restored after, interrupts are masked (C_MASKINTS). The code ends with BKPT at `exit_pc`, or
 * anywhere if exit_pc is 0.
 */
struct algorithm {
	uint32_t entry, exit_pc, stack;	/* stack 0: leave SP */
	uint32_t r[8];			/* in: r0..r7 */
	uint32_t result[8];		/* out: r0..r7 */
	unsigned timeout_ms;
};
/* (services) */
enum err algorithm_run(struct target *t, struct algorithm *a);
/* In two steps, for code that is fed while it runs. */
enum err algorithm_start(struct target *t, struct algorithm *a);
/* *running false: it stopped; then finish restores the registers (also after an error or timeout). */
enum err algorithm_poll(struct target *t, struct algorithm *a, bool *running);
enum err algorithm_finish(struct target *t, struct algorithm *a);

/*
 * Ring buffer in target RAM fed by the host while helper code drains it (and the reverse is not
 * needed). Layout at `base`: u32 write pointer (host), u32 read pointer (target; 0 = the code gave
 * up), then `size` bytes of data. Pointers are absolute addresses; empty when equal; the host keeps
 * at least one unit free.
 */
struct ring_feed {
	uint32_t base, size;		/* size of the data part, multiple of unit */
	uint32_t unit;			/* the code takes data in these portions */
	const uint8_t *data;
	size_t bytes;			/* multiple of unit */
	void (*progress)(void *ctx, size_t done);
	void *ctx;
	struct ring_stats *stats;	/* optional */
};
/* What held a feed back: time with a full ring (the code was slower than the wire). */
struct ring_stats {
	uint64_t total_us, full_us;
};
/* Sets both pointers to the start of the data part. Before algorithm_start(). */
enum err ring_feed_init(struct target *t, const struct ring_feed *feed);
/* (services) Feeds all data while `a` runs. Returns OK when the last byte was taken or the code stopped
 * by itself (then its result registers tell why); ERR_TIMEOUT if no data is taken for a->timeout_ms,
 * ERR_CANCELLED. The caller always goes on to algorithm_finish(). */
enum err algorithm_feed(struct target *t, struct algorithm *a, const struct ring_feed *feed);

/*
 * A semihosting call that `arm semihosting_fileio enable` hands to GDB, in the terms of GDB's File-I/O
 * protocol: "open", "write", ... A string is one argument: address, and length with its NUL.
 */
struct fileio_call {
	const char *name;
	unsigned count;
	struct fileio_arg {
		uint32_t value, length;
		bool is_string;
	} args[4];
};

/* Semihosting text goes here; NULL: the log. The GDB server takes it over with its own. */
struct semihosting_ops {
	/* True: GDB got the call. The core stays halted at the BKPT (reason HALT_SEMIHOSTING, no
	 * EVENT_HALTED) until semihosting_fileio_finish(). NULL or false: the daemon serves it itself. */
	bool (*fileio)(void *ctx, struct target *t, const struct fileio_call *call);
	/* Console output. Return false to let the default (log) have it. */
	bool (*console)(void *ctx, struct target *t, const char *text, size_t n);
	/* SYS_EXIT and friends. */
	void (*exited)(void *ctx, struct target *t, uint32_t reason, uint32_t code);
	void *ctx;
};
void target_set_semihosting_ops(struct target *t, const struct semihosting_ops *ops);
/* Hears the program's console text too, wherever it goes. One listener; fn NULL: nobody. */
typedef void (*semihosting_text_fn)(void *ctx, struct target *t, const char *text, size_t n);
void target_listen_semihosting(struct target_list *list, semihosting_text_fn fn, void *ctx);
/* True: the core stood in a call that waits for input, and is halted now like any other. */
bool target_gives_up_waiting(struct target *t);
/* The program's exit ends the daemon with the program's code; semihosting is enabled for all targets. */
void target_end_at_exit(struct target_list *list, bool on);
/* So does the end of the time, with 124. 0: no limit. */
void target_set_exit_timeout(struct target_list *list, unsigned seconds);
/* GDB's answer (result -1 with GDB's errno number): writes R0, moves PC past the BKPT. The caller then
 * resumes, or reports the halt. */
enum err semihosting_fileio_finish(struct target *t, int32_t result, int32_t gdb_errno);
/* False: the call that GDB was given is none any more, by a reset. */
bool semihosting_fileio_is_open(const struct target *t);
/* GDB will not answer: the daemon serves the call, and the program goes on. */
void semihosting_fileio_abandon(struct target *t);

#endif
