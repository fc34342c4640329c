/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtos: which threads the kernel on a target knows, and where their registers are.
 *
 * A struct rtos hangs off a target that was configured with -rtos NAME (auto: whichever fits). It needs
 * the addresses of the kernel's variables first: a GDB gives them (rtos_next_symbol, rtos_give_symbol),
 * or an ELF file does (rtos_read_symbols). When all that are needed are there the kernel's row, a struct
 * rtos_type, is found, and rtos_update() makes the list of threads. A row knows its kernel's structures;
 * rtos.c owns everything that holds for all of them.
 *
 * What is read is not trusted: the program may not have started its kernel yet, or have run over it.
 * Pointers must be aligned and lie where RAM can be, lists end after RTOS_THREADS_MAX members at the
 * latest and never meet a member twice, names are cut at the first byte that is no text. A list that
 * breaks a rule is dropped from that place on, and rtos->damage says which and why; the rest is shown.
 *
 * The list belongs to one stop: it is made again when the target's memory epoch has changed. All reads
 * go through lines of memory that are kept for the stop; those that one stop needed are read at the next
 * in one trip, so a stop costs one or two round trips however many threads there are.
 *
 * Threads are named by the address of their control block. The thread that runs has its registers in
 * the core. If the kernel has not started, or no thread runs, the core itself is thread RTOS_CORE.
 */
#ifndef RTOS_RTOS_H
#define RTOS_RTOS_H

#include "target/target.h"

#define RTOS_THREADS_MAX 256u
#define RTOS_CORE	 1u		/* the id of what runs outside of all threads */

struct rtos_thread {
	uint32_t id;			/* address of the control block, or RTOS_CORE */
	char name[64];			/* printable; "" if it has none */
	char state[112];		/* in words: "Ready", "Blocked on mutex 0x20000400" */
	bool is_current;		/* its registers are the core's */
	bool has_priority;
	int priority;			/* as the kernel counts */
	bool has_base_priority;
	int base_priority;		/* without what it inherits from those that wait for its mutexes */
	uint32_t stack_base, stack_size;	/* lowest address; 0: not known */
	uint32_t saved_sp;		/* where its saved registers begin, or its SP, if: */
	uint32_t saved_at;		/* they are not on its stack; else 0 */
	bool is_elsewhere;		/* another core runs it and has its registers */
	uint32_t entry;			/* its function; 0: not known */
	uint32_t waits_for;		/* a kernel object; 0: none, or not known */
	uint32_t holder;		/* the thread that has what this one waits for; 0: not known */
	bool has_deadline;
	uint32_t deadline;		/* tick at which it stops to wait */
};

/* Registers of a context, in the order of the core; then those that only some kernels save. */
enum { RTOS_SP = 13, RTOS_LR = 14, RTOS_PC = 15, RTOS_XPSR = 16, RTOS_CONTROL = 17, RTOS_PSPLIM = 18,
       RTOS_FPSCR = 19, RTOS_S0 = 20, RTOS_REGISTERS = 52 };

/* One register of a thread that does not run. */
struct rtos_place {
	bool is_known;
	uint32_t addr;			/* where it is saved; 0: it follows from the frame (sp) */
	uint32_t value;
};

struct rtos_context {
	const char *layout;		/* "Cortex-M4F" */
	struct rtos_place places[RTOS_REGISTERS];
};

struct rtos_symbol {
	const char *name;
	bool is_optional;
};

struct rtos;

/* A kernel. */
struct rtos_type {
	const char *name;		/* as -rtos spells it */
	const struct rtos_symbol *symbols;	/* up to NULL; the first decides whether to ask on */
	uint8_t fill;			/* what its stacks are filled with */
	bool is_on_psp;			/* threads run on the process stack, the start-up code does not */
	size_t notes_bytes;		/* of os->notes, zeroed when the kernel is found */
	/* Fills the list with rtos_add_thread(). Errors are those of the wire; garbage is only noted. */
	enum err (*update)(struct rtos *os);
	enum err (*context)(struct rtos *os, const struct rtos_thread *thread,
			    struct rtos_context *context);
};

/* Where a number that the list was made with comes from: "lists", "debug information of a.elf". */
#define RTOS_ORIGINS 4u
struct rtos_origin {
	const char *what;
	char from[160];
};

struct rtos_memory;
struct rtos_symbol_value;
struct rtos_stack;

struct rtos {
	struct target *target;
	char asked[24];			/* the -rtos this was made for */
	const struct rtos_type *type;	/* NULL: not found (yet) */
	void *notes;			/* of the type: what it found out about structures */
	struct rtos_thread *threads;
	size_t count;
	char damage[200];		/* "" if the lists were sound */
	struct rtos_symbol_value *symbols;
	struct rtos_memory *memory;
	uint32_t epoch, symbols_version;	/* what the list is of */
	bool is_outside;		/* the start-up code runs; the lists are of the run before */
	bool is_on_main_stack;		/* no thread runs: they have stacks of their own */
	bool is_asked;			/* a program has been asked for its symbols */
	bool is_fresh, is_told;		/* the list is of this epoch; what is missing was said */
	char told[200];			/* the damage the log has */
	struct rtos_origin origins[RTOS_ORIGINS];
	size_t origin_count;
	struct rtos_stack *stacks;	/* stack.c: what was found at the last stops */
	size_t stack_count;
	bool stacks_epoch_is_seen;	/* they are of this list */
};

/* The room's verbs: `rtos threads` and the others, `ps`. The list outlives it. */
struct rtos_room;
struct rtos_room *rtos_room_new(struct target_list *targets);
void rtos_room_free(struct rtos_room *room);

/* NULL if the target has no -rtos, or one that is not supported (said once). */
struct rtos *rtos_of(struct target *t);
void rtos_free(struct target *t);

/* The next symbol whose address is needed; NULL: none. `again`: ask for all, the program has changed. */
const char *rtos_next_symbol(struct rtos *os, bool again);
void rtos_give_symbol(struct rtos *os, const char *name, size_t n, bool is_found, uint32_t addr);
/* From the symbol table of an ELF file; *found: how many of those that are needed. */
enum err rtos_read_symbols(struct rtos *os, const char *path, size_t *found);

/* Makes the list if it is not this stop's. Without a kernel that is found the list is empty. */
enum err rtos_update(struct rtos *os);
/* Of the last update; NULL if there is none of this id. */
const struct rtos_thread *rtos_find(const struct rtos *os, uint32_t id);
/* NULL: no list. */
const struct rtos_thread *rtos_current(const struct rtos *os);
/* Of a thread that does not run. ERR_RTOS: its frame makes no sense, and why. */
enum err rtos_context(struct rtos *os, const struct rtos_thread *thread, struct rtos_context *context);
/* ERR_NO_REGISTER if the kernel does not save this one; msp and its limit are the core's. A write goes to
 * where it is saved. */
enum err rtos_get_reg(struct rtos *os, const struct rtos_thread *thread, const struct reg *reg,
		      uint64_t *value);
enum err rtos_set_reg(struct rtos *os, const struct rtos_thread *thread, const struct reg *reg,
		      uint64_t value);
/* Bytes above stack_base that were never used, by the kernel's fill pattern. False: not known. All of
 * them are read. */
bool rtos_headroom(struct rtos *os, const struct rtos_thread *thread, uint32_t *bytes);
/* The same for every stop: what was unused at the last one is only looked at in some places. */
bool rtos_never_used(struct rtos *os, const struct rtos_thread *thread, uint32_t *bytes);
/* Bytes between the end of the stack and SP; below 0: it has overflowed. False: not known. */
bool rtos_stack_left(const struct rtos *os, const struct rtos_thread *thread, int64_t *bytes);
/* "Ready, priority 2, 412 of 768 bytes of stack free, 300 never used": one line for people. */
void rtos_describe(struct rtos *os, const struct rtos_thread *thread, struct buf *out);

#endif
