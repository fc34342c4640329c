/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernels' rows share: checked reads, the list under construction, saved frames. */
#ifndef RTOS_RTOS_PRIV_H
#define RTOS_RTOS_PRIV_H

#include "rtos/rtos.h"

extern const struct rtos_type freertos_type, zephyr_type, threadx_type, nuttx_type;

/* symbols.c */
/* False: no such symbol in this program. */
bool rtos_symbol(const struct rtos *os, const char *name, uint32_t *addr);
/* As the linker noted it. False: only an ELF file says it. */
bool rtos_symbol_size(const struct rtos *os, const char *name, uint32_t *bytes);
bool rtos_has_symbols(const struct rtos *os, const struct rtos_type *type, const char **missing);
void rtos_symbols_free(struct rtos *os);
/* Rows that may fit what was asked for; NULL behind the last. */
const struct rtos_type *rtos_candidate(const struct rtos *os, size_t i);

/* memory.c: errors are those of the bus, and ERR_RTOS for an address where no RAM can be. */
enum err rtos_read(struct rtos *os, uint32_t addr, void *dst, size_t n);
enum err rtos_read_u32(struct rtos *os, uint32_t addr, uint32_t *value);
enum err rtos_read_u8(struct rtos *os, uint32_t addr, uint8_t *value);
/* A word-aligned address in RAM: a pointer to a kernel object. */
bool rtos_is_object(uint32_t addr);
/* An address that can be executed from. */
bool rtos_is_code(uint32_t addr);
/* Text up to NUL or `max` bytes. False: not printable. */
bool rtos_read_name(struct rtos *os, uint32_t addr, size_t max, char *name, size_t size);
/* The next stop has begun: what was read is old. */
void rtos_memory_age(struct rtos *os);
void rtos_memory_free(struct rtos *os);

/* stack.c */
void rtos_stacks_free(struct rtos *os);
/* Once for a list: brings what is known of the stacks up to date. */
void rtos_look_at_stacks(struct rtos *os);
void rtos_find_stack_sizes(struct rtos *os);

/* check.c: sentences about what is wrong, one per line; returns how many. `limit`: bytes of a stack that
 * should never be used. */
unsigned rtos_check(struct rtos *os, uint32_t limit, struct buf *out);

/* rtos.c */
/* NULL if the list is full or has the thread already. */
struct rtos_thread *rtos_add_thread(struct rtos *os, uint32_t id);
/* The core outside of all threads, as the current one. */
void rtos_add_core(struct rtos *os);
/* Notes the first thing that is wrong with the kernel's data and drops the error chain. */
void rtos_damaged(struct rtos *os, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* There may be another program: what a row has found out about structures is void. */
void rtos_forget_program(struct rtos *os);
/* Notes where a number comes from, instead of what was noted before. */
void rtos_origin(struct rtos *os, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* True for errors that say something about the data, not about the wire. */
bool rtos_is_data_error(enum err rc);

/*
 * frame.c: how a kernel saves a thread on its stack (PM0214 2.3.7, DDI 0403 B1.5.6, DDI 0553 B3.18):
 * words that software pushed, then what the exception pushed.
 */
struct frame_layout {
	const char *name;
	unsigned words;			/* that software pushed, without s16..s31 */
	int exc_return, control, psplim;	/* index of the word; -1: not saved */
	unsigned r4, r8;		/* r4..r7 and r8..r11 begin here */
	unsigned fp_at;			/* s16..s31 come before this word, if EXC_RETURN[4] is 0 */
};
/* The first layout whose words make sense at `sp`. ERR_RTOS if none does. */
enum err frame_read(struct rtos *os, const struct frame_layout *layouts, uint32_t sp,
		    struct rtos_context *context);
/* The exception's part alone, at sp; sets r0..r3, r12, sp, lr, pc, xpsr and s0..s15. */
enum err frame_read_exception(struct rtos *os, uint32_t sp, bool has_fp, struct rtos_context *context);
/* EXC_RETURN of a thread on its own stack. */
bool frame_is_exc_return(uint32_t value);
bool frame_is_plausible(const struct rtos_context *context);
/* Reads n registers saved in a row. */
enum err frame_read_words(struct rtos *os, uint32_t addr, unsigned first, unsigned n,
			  struct rtos_context *context);

#endif
