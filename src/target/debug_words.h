/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard of the debug bits.
 *
 * Bits of vendor registers (DBGMCU_CR, DBGMCU_APB1FZR1 and their like) keep the debug port alive in
 * low-power modes and stop the watchdogs while the core is halted. Applications clear them, and only
 * power-on clears them by itself: left set they cost current until the battery is empty. So the server
 * owns them, for each target:
 *
 *   set      at each examination, when the first GDB attaches, at every halt. What a word held before
 *            is kept; the clock its register needs is switched on first (-enable).
 *   watched  one batched read of all words at each halt, and while the core runs one every 500 ms,
 *            with the poll that is due anyway. Bits found cleared are set again. That is told once
 *            for each word until the bits were put back.
 *   back     when the last GDB has left and the core runs (policy detach, the default), and when the
 *            daemon ends (detach and exit): the guarded bits get back their values, the others of the
 *            word stay as the application has set them. Policy keep: never.
 *
 * A word comes under guard by `debug_bits add`, or because an examine-end handler changes a vendor
 * debug register (the mmw of older scripts): then the bits it sets are guarded. Whoever clears guarded
 * bits through the debugger while nothing holds the target means it: those are left alone until
 * `debug_bits apply`. A claimed target's writes (flash sessions) do not count: they put back what they
 * found.
 *
 * A target that falls silent while it runs is taken to sleep: told once, with the way back. None of
 * these functions fails: what goes wrong is logged and tried again at the next look.
 */
#ifndef TARGET_DEBUG_WORDS_H
#define TARGET_DEBUG_WORDS_H

#include "target/target.h"

enum debug_bits_policy { DEBUG_BITS_DETACH, DEBUG_BITS_EXIT, DEBUG_BITS_KEEP };

struct debug_word {
	uint32_t addr;
	uint32_t wanted, guarded;	/* bits to set; those still guarded */
	uint32_t touched;		/* bits that get back what `before` has */
	uint32_t before;
	bool has_before, is_told;
	uint32_t enable_addr, enable;	/* clock of the register; enable 0: none */
	bool was_enabled;
	char *words;
	struct debug_word *next;
};

/* What is worth a word at attach: (word & mask) == value. A word that reads 0 has no clock. */
struct debug_note {
	uint32_t addr, mask, value;
	char *words;
	struct debug_note *next;
};

struct debug_guard {
	struct debug_word *words;
	struct debug_note *notes;
	enum debug_bits_policy policy;
	bool in_handler;		/* an examine-end handler runs */
	bool is_set;			/* set, and not put back since */
	bool has_gdb;			/* between attach and detach */
	bool gdb_left;			/* no GDB any more: they are wanted at halts only */
	bool is_silence_told, is_noted;
	uint64_t next_look_ms;
	/* Read with the registers at a halt, for debug_words_halted(): words, then their clocks. */
	uint32_t *ahead;
	size_t ahead_count;
	bool has_ahead, ahead_fails;
};

/* commands_debug_bits.c: "detach", "exit", "keep" */
bool debug_bits_policy_parse(const char *word, enum debug_bits_policy *policy);
const char *debug_bits_policy_name(enum debug_bits_policy policy);

struct debug_word *debug_word_add(struct target *t, uint32_t addr, uint32_t bits, const char *words);
bool debug_word_remove(struct target *t, uint32_t addr);
void debug_note_add(struct target *t, const struct debug_note *note);
/* A write through the debugger that may touch a guarded word, before it happens. */
void debug_word_before_write(struct target *t, uint32_t addr, const uint8_t *src, size_t n);
/* Sets what is missing. `is_quiet`: it is no wonder that it is. */
void debug_words_apply(struct target *t, bool is_quiet);
void debug_words_restore(struct target *t);
/* Queues the look of the next debug_words_halted() behind a batch that halts the core or reads its
 * registers, so that it costs no round trip of its own. False: there is nothing to look at. */
bool debug_words_queue(struct target *t);
/* The batch was run. */
void debug_words_queued(struct target *t, bool was_queued, bool is_good);
/* At a halt, before anybody hears of it; after a good poll of a running core. */
void debug_words_halted(struct target *t);
void debug_words_running(struct target *t);
void debug_words_event(struct target *t, enum target_event event);
/* The daemon ends. */
void debug_words_leave(struct target *t);
/* The core does not answer any more. True: that was told, now or before; the error is dropped. */
bool debug_words_tell_silence(struct target *t);
void debug_words_free(struct target *t);

#endif
