/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zephyr says itself where its fields are: with CONFIG_DEBUG_THREAD_INFO the program has a table of
 * offsets (zephyr subsys/debug/thread_info.c). A thread that waits has r4..r11 and psp in its struct
 * and the exception's frame at psp (arch/arm/core/cortex_m/swap_helper.S).
 */
#include <stdio.h>
#include <string.h>

#include "image/debug_info.h"
#include "rtos/rtos_priv.h"

#define ABSENT	   0xffffffffu
#define NAME_MAX_Z 63u
#define OFFSET_MAX 0x10000u		/* more is no offset in a struct */

enum offset { OFF_VERSION, OFF_CURRENT, OFF_THREADS, OFF_ENTRY, OFF_NEXT, OFF_STATE, OFF_OPTIONS, OFF_PRIO,
	      OFF_STACK_PTR, OFF_NAME, OFF_ARCH, OFF_PREEMPT_FLOAT, OFF_COOP_FLOAT, OFF_EXC_RETURN,
	      OFFSETS };
#define OFFSETS_V0 ((unsigned)OFF_STACK_PTR + 1)
#define OFFSETS_V1 ((unsigned)OFF_COOP_FLOAT + 1)

/*
 * With CONFIG_USE_SWITCH (on Cortex-M in Zephyr 4) all registers lie on the stack, in a struct z_frame or
 * z_frame_fpu (arch/arm/core/cortex_m/arm-m-switch.c) at k_thread.switch_handle. The table says nothing of
 * it, debug information does.
 */
struct zephyr_switch {
	bool is_asked, is_used;
	uint32_t handle;		/* offset in k_thread */
	bool has_fp_word;		/* have_fpu comes first, and s0..s31, FPSCR if it is not 0 */
	bool has_limit;			/* then PSPLIM; then APSR, r0..r12, lr, pc */
};

struct zephyr_notes {
	uint32_t offsets[OFFSETS];
	struct zephyr_switch sw;
};

static const struct rtos_symbol symbols[] = {
	{ "_kernel", false },
	{ "_kernel_thread_info_offsets", true },	/* this, or its name before 2.5 */
	{ "_kernel_thread_info_size_t_size", true },
	{ "_kernel_thread_info_num_offsets", true },
	{ "_kernel_openocd_offsets", true },
	{ "_kernel_openocd_size_t_size", true },
	{ "_kernel_openocd_num_offsets", true },
	{ NULL, false }
};

static bool symbol_of_either(struct rtos *os, const char *name, const char *old, uint32_t *addr)
{
	return rtos_symbol(os, name, addr) || rtos_symbol(os, old, addr);
}

/* Version 0 ends at the stack pointer; from version 1 on the program may say how many there are. */
static enum err count_offsets(struct rtos *os, uint32_t version, uint32_t *count)
{
	uint32_t addr;

	*count = version == 0 ? OFFSETS_V0 : OFFSETS_V1;
	if (symbol_of_either(os, "_kernel_thread_info_num_offsets", "_kernel_openocd_num_offsets", &addr))
		TRY(rtos_read_u32(os, addr, count));
	*count = MIN(*count, (uint32_t)OFFSETS);
	return OK;
}

static enum err read_offsets(struct rtos *os)
{
	struct zephyr_notes *notes = os->notes;
	uint32_t table, addr, count;
	uint8_t bytes = 4;

	if (!symbol_of_either(os, "_kernel_thread_info_offsets", "_kernel_openocd_offsets", &table))
		return error_next(error_why(ERR_RTOS, "the program has no table of the kernel's offsets"),
				  "build it with CONFIG_DEBUG_THREAD_INFO=y");
	if (symbol_of_either(os, "_kernel_thread_info_size_t_size", "_kernel_openocd_size_t_size", &addr))
		TRY(rtos_read_u8(os, addr, &bytes));
	if (bytes != 4)
		return error_why(ERR_RTOS, "the kernel's offsets have %u bytes each, not 4", bytes);
	for (unsigned i = 0; i < OFFSETS; i++)
		notes->offsets[i] = ABSENT;
	TRY(rtos_read_u32(os, table, &notes->offsets[OFF_VERSION]));
	if (notes->offsets[OFF_VERSION] > 1)
		return error_why(ERR_RTOS, "the kernel's table of offsets has version %u, 0 and 1 are "
				 "known", notes->offsets[OFF_VERSION]);
	TRY(count_offsets(os, notes->offsets[OFF_VERSION], &count));
	for (unsigned i = 1; i < count; i++) {
		TRY(rtos_read_u32(os, table + 4 * i, &notes->offsets[i]));
		if (notes->offsets[i] != ABSENT && notes->offsets[i] > OFFSET_MAX)
			return error_why(ERR_RTOS, "offset %u in the kernel's table is 0x%08x", i,
					 notes->offsets[i]);
	}
	return OK;
}

static void ask_debug_info(struct rtos *os)
{
	struct zephyr_switch *sw = &((struct zephyr_notes *)os->notes)->sw;
	struct debug_member m = { 0 };

	if (sw->is_asked)
		return;
	sw->is_asked = true;
	struct debug_info *d = debug_info_open(os->target->symbols);

	sw->is_used = debug_info_member(d, "k_thread", "switch_handle", &m) && m.offset <= OFFSET_MAX;
	sw->handle = m.offset;
	sw->has_fp_word = sw->is_used && debug_info_member(d, "z_frame", "u", &m) && m.offset != 0;
	sw->has_limit = sw->is_used && debug_info_member(d, "switch_frame", "apsr", &m) && m.offset != 0;
	debug_info_close(d);
}

static bool has(const struct zephyr_notes *notes, enum offset which)
{
	return notes->offsets[which] != ABSENT;
}

static void say_state(struct rtos_thread *thread, uint8_t bits)
{
	/* include/zephyr/kernel_structs.h; queued and no bit are both ready. 0x04 was "has not yet
	 * started" (_THREAD_PRESTART) in Zephyr 2 and 3, where a sleeping thread has no bit, or 0x10. */
	static const struct bit_words {
		uint8_t bit;
		const char *words;
	} words[] = {
		{ 0x08, "Dead" },      { 0x20, "Aborting" }, { 0x10, "Suspended" }, { 0x40, "Suspending" },
		{ 0x02, "Pending" },   { 0x04, "Sleeping or not started" }, { 0x01, "Dummy" },
	};

	snprintf(thread->state, sizeof(thread->state), "Ready");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (bits & words[i].bit) {
			snprintf(thread->state, sizeof(thread->state), "%s", words[i].words);
			return;
		}
	}
}

/* An array in the struct, in old kernels a pointer to text. */
static void read_name(struct rtos *os, struct rtos_thread *thread, uint32_t addr)
{
	uint32_t text;

	if (rtos_read_name(os, addr, NAME_MAX_Z, thread->name, sizeof(thread->name)))
		return;
	if (rtos_read_u32(os, addr, &text) != OK || !rtos_is_code(text) ||
	    !rtos_read_name(os, text, NAME_MAX_Z, thread->name, sizeof(thread->name)))
		thread->name[0] = '\0';
	error_clear();
}

static enum err fill_thread(struct rtos *os, struct rtos_thread *thread)
{
	const struct zephyr_notes *notes = os->notes;
	const uint32_t *off = notes->offsets;
	uint8_t state, priority;

	TRY(rtos_read_u8(os, thread->id + off[OFF_STATE], &state));
	TRY(rtos_read_u8(os, thread->id + off[OFF_PRIO], &priority));
	say_state(thread, state);
	thread->has_priority = true;
	thread->priority = (int8_t)priority;	/* below 0: cooperative */
	if (notes->sw.is_used)
		TRY(rtos_read_u32(os, thread->id + notes->sw.handle, &thread->saved_at));
	else if (has(notes, OFF_STACK_PTR))
		TRY(rtos_read_u32(os, thread->id + off[OFF_STACK_PTR], &thread->saved_sp));
	if (has(notes, OFF_ENTRY))
		TRY(rtos_read_u32(os, thread->id + off[OFF_ENTRY], &thread->entry));
	if (has(notes, OFF_NAME))
		read_name(os, thread, thread->id + off[OFF_NAME]);
	return OK;
}

static enum err walk(struct rtos *os, uint32_t first, uint32_t current)
{
	const struct zephyr_notes *notes = os->notes;

	for (uint32_t at = first; at != 0;) {
		if (!rtos_is_object(at))
			return error_why(ERR_RTOS, "the list of threads leads to 0x%08x", at);
		if (os->count == RTOS_THREADS_MAX || rtos_find(os, at) != NULL)
			return error_why(ERR_RTOS, "the list of threads has no end");
		struct rtos_thread *thread = rtos_add_thread(os, at);

		TRY(fill_thread(os, thread));
		thread->is_current = at == current;
		if (thread->is_current)
			snprintf(thread->state, sizeof(thread->state), "Running");
		TRY(rtos_read_u32(os, at + notes->offsets[OFF_NEXT], &at));
	}
	return OK;
}

static enum err zephyr_update(struct rtos *os)
{
	struct zephyr_notes *notes = os->notes;
	uint32_t kernel, first, current;

	if (os->is_outside)
		return OK;
	TRY(read_offsets(os));
	ask_debug_info(os);
	for (unsigned i = OFF_CURRENT; i <= OFF_PRIO; i++) {
		if (i != OFF_ENTRY && i != OFF_OPTIONS && !has(notes, (enum offset)i))
			return error_why(ERR_RTOS, "the kernel's table of offsets has no number %u", i);
	}
	if (!rtos_symbol(os, "_kernel", &kernel))
		return OK;
	TRY(rtos_read_u32(os, kernel + notes->offsets[OFF_CURRENT], &current));
	TRY(rtos_read_u32(os, kernel + notes->offsets[OFF_THREADS], &first));
	return walk(os, first, os->is_on_main_stack ? 0 : current);
}

static enum err has_fp_frame(struct rtos *os, const struct rtos_thread *thread, bool *has_fp)
{
	const struct zephyr_notes *notes = os->notes;
	uint8_t exc_return;

	*has_fp = false;
	if (!has(notes, OFF_EXC_RETURN) || !has(notes, OFF_ARCH))
		return OK;
	TRY(rtos_read_u8(os, thread->id + notes->offsets[OFF_ARCH] + notes->offsets[OFF_EXC_RETURN],
			 &exc_return));
	*has_fp = frame_is_exc_return(0xffffff00u | exc_return) && !(exc_return & BIT(4));
	return OK;
}

static enum err switch_context(struct rtos *os, const struct rtos_thread *thread,
			       struct rtos_context *context)
{
	const struct zephyr_switch *sw = &((const struct zephyr_notes *)os->notes)->sw;
	struct rtos_place *places = context->places;
	uint32_t at = thread->saved_at, have_fpu = 0;

	*context = (struct rtos_context){ .layout = "Zephyr Cortex-M, switch_handle" };
	if (!rtos_is_object(at))
		return error_why(ERR_RTOS, "its switch_handle 0x%08x is no frame", at);
	if (sw->has_fp_word) {
		TRY(rtos_read_u32(os, at, &have_fpu));
		at += 4;
	}
	if (have_fpu != 0) {
		TRY(frame_read_words(os, at, RTOS_S0, 32, context));
		TRY(frame_read_words(os, at + 4 * 32, RTOS_FPSCR, 1, context));
		at += 4 * 33;
	}
	if (sw->has_limit) {
		TRY(frame_read_words(os, at, RTOS_PSPLIM, 1, context));
		at += 4;
	}
	TRY(frame_read_words(os, at, RTOS_XPSR, 1, context));
	TRY(frame_read_words(os, at + 4, 0, 13, context));
	TRY(frame_read_words(os, at + 4 * 14, RTOS_LR, 2, context));
	places[RTOS_SP] = (struct rtos_place){ .is_known = true, .value = at + 4 * 16 };
	if (!(places[RTOS_PC].value & 1) || !rtos_is_code(places[RTOS_PC].value & ~1u))
		return error_why(ERR_RTOS, "no saved registers are to be seen at 0x%08x", thread->saved_at);
	places[RTOS_XPSR].value |= BIT(24);	/* MRS reads T as 0 */
	places[RTOS_PC].value &= ~1u;
	return OK;
}

static enum err zephyr_context(struct rtos *os, const struct rtos_thread *thread,
			       struct rtos_context *context)
{
	const struct zephyr_notes *notes = os->notes;
	const uint32_t *off = notes->offsets;
	bool has_fp;

	if (notes->sw.is_used)
		return switch_context(os, thread, context);
	*context = (struct rtos_context){ .layout = "Zephyr Cortex-M" };
	if (!has(notes, OFF_STACK_PTR) || !rtos_is_object(thread->saved_sp))
		return error_why(ERR_RTOS, "the saved stack pointer 0x%08x is not one", thread->saved_sp);
	TRY(has_fp_frame(os, thread, &has_fp));
	TRY(frame_read_words(os, thread->id + off[OFF_STACK_PTR] - 32, 4, 8, context));
	TRY(frame_read_exception(os, thread->saved_sp, has_fp, context));
	if (has_fp && has(notes, OFF_PREEMPT_FLOAT))
		TRY(frame_read_words(os, thread->id + off[OFF_ARCH] + off[OFF_PREEMPT_FLOAT], RTOS_S0 + 16,
				     16, context));
	if (!frame_is_plausible(context))
		return error_why(ERR_RTOS, "no saved registers are to be seen at 0x%08x", thread->saved_sp);
	return OK;
}

const struct rtos_type zephyr_type = {
	.name = "Zephyr",
	.symbols = symbols,
	.fill = 0xaa,			/* CONFIG_INIT_STACKS */
	.is_on_psp = true,
	.notes_bytes = sizeof(struct zephyr_notes),
	.update = zephyr_update,
	.context = zephyr_context,
};
