/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NuttX: g_pidhash points to g_npidhash pointers to control blocks, and with CONFIG_DEBUG_TCBINFO
 * g_tcbinfo says where their fields are (nuttx include/nuttx/sched.h; sched/init/nx_start.c). A thread
 * that waits keeps a pointer to its saved registers in the control block.
 */
#include <stdio.h>
#include <string.h>

#include "rtos/rtos_priv.h"

#define HASH_MAX   1024u
#define ABSENT	   0xffffu
#define STATES_MAX 16u

/* The halfwords of struct tcbinfo_s; two versions end in one and in two counts of registers. */
enum field { FIELD_PID, FIELD_STATE, FIELD_PRI, FIELD_NAME, FIELD_STACK, FIELD_STACK_SIZE, FIELD_REGS,
	     FIELD_COUNT, FIELDS };

struct nuttx_notes {
	uint16_t fields[FIELDS];
	uint16_t regs[17];		/* r0..r15, xpsr: offsets in the saved registers */
};

static const struct rtos_symbol symbols[] = {
	{ "g_pidhash", false },
	{ "g_npidhash", false },
	{ "g_tcbinfo", false },
	{ "g_running_tasks", true },
	{ "g_readytorun", true },
	{ NULL, false }
};

static enum err read_u16(struct rtos *os, uint32_t addr, uint16_t *value)
{
	uint8_t bytes[2];

	TRY(rtos_read(os, addr, bytes, sizeof(bytes)));
	*value = get_le16(bytes);
	return OK;
}

/* The pointer to the table of offsets is the first aligned word behind the counts that leads to one. */
static enum err read_info(struct rtos *os, uint32_t info)
{
	struct nuttx_notes *notes = os->notes;
	uint32_t table = 0;

	for (unsigned i = 0; i < FIELDS; i++)
		TRY(read_u16(os, info + 2 * i, &notes->fields[i]));
	if (notes->fields[FIELD_COUNT] < ARRAY_SIZE(notes->regs) || notes->fields[FIELD_COUNT] > 256)
		return error_why(ERR_RTOS, "g_tcbinfo says that a thread has %u registers",
				 notes->fields[FIELD_COUNT]);
	for (uint32_t at = info + 2 * FIELDS; at <= info + 2 * FIELDS + 8; at += 2) {
		TRY(rtos_read_u32(os, at, &table));
		if (table % 2 == 0 && rtos_is_code(table) && table > UINT16_MAX)
			break;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(notes->regs); i++) {
		TRY(read_u16(os, table + 2 * i, &notes->regs[i]));
		if (notes->regs[i] != ABSENT && (notes->regs[i] % 4 != 0 || notes->regs[i] > 0x400))
			return error_why(ERR_RTOS, "g_tcbinfo has no table of registers at 0x%08x", table);
	}
	return OK;
}

static void say_state(struct rtos_thread *thread, uint8_t state)
{
	/* enum tstate_e without SMP */
	static const char *const names[] = {
		"Invalid", "Waits for preemption", "Ready", "Running", "Inactive", "Waits for a semaphore",
		"Waits for a signal",
	};

	if (state < ARRAY_SIZE(names))
		snprintf(thread->state, sizeof(thread->state), "%s", names[state]);
	else
		snprintf(thread->state, sizeof(thread->state), "Waits (%u)", state);
}

static enum err fill_thread(struct rtos *os, struct rtos_thread *thread)
{
	const uint16_t *fields = ((const struct nuttx_notes *)os->notes)->fields;
	uint8_t state, priority;

	TRY(rtos_read_u8(os, thread->id + fields[FIELD_STATE], &state));
	TRY(rtos_read_u8(os, thread->id + fields[FIELD_PRI], &priority));
	if (state == 0 || state > STATES_MAX)
		return error_why(ERR_RTOS, "the thread at 0x%08x has state %u", thread->id, state);
	say_state(thread, state);
	thread->has_priority = true;
	thread->priority = priority;
	TRY(rtos_read_u32(os, thread->id + fields[FIELD_REGS], &thread->saved_sp));
	if (fields[FIELD_STACK] != ABSENT)
		TRY(rtos_read_u32(os, thread->id + fields[FIELD_STACK], &thread->stack_base));
	if (fields[FIELD_STACK_SIZE] != ABSENT)
		TRY(rtos_read_u32(os, thread->id + fields[FIELD_STACK_SIZE], &thread->stack_size));
	if (fields[FIELD_NAME] == ABSENT || fields[FIELD_NAME] == 0 ||
	    !rtos_read_name(os, thread->id + fields[FIELD_NAME], sizeof(thread->name) - 1, thread->name,
			    sizeof(thread->name)))
		thread->name[0] = '\0';
	return OK;
}

static enum err walk(struct rtos *os, uint32_t hash, uint32_t count, uint32_t current)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t tcb;

		TRY(rtos_read_u32(os, hash + 4 * i, &tcb));
		if (tcb == 0)
			continue;
		if (!rtos_is_object(tcb))
			return error_why(ERR_RTOS, "entry %u of the table of threads is 0x%08x", i, tcb);
		struct rtos_thread *thread = rtos_add_thread(os, tcb);

		if (thread == NULL)
			continue;
		TRY(fill_thread(os, thread));
		thread->is_current = tcb == current;
	}
	return OK;
}

static enum err read_variable(struct rtos *os, const char *name, uint32_t *value)
{
	uint32_t addr;

	*value = 0;
	return rtos_symbol(os, name, &addr) ? rtos_read_u32(os, addr, value) : OK;
}

static enum err nuttx_update(struct rtos *os)
{
	uint32_t info, hash, count, current;

	if (!rtos_symbol(os, "g_tcbinfo", &info))
		return OK;
	TRY(read_variable(os, "g_pidhash", &hash));
	TRY(read_variable(os, "g_npidhash", &count));
	if (hash == 0 || count == 0)
		return OK;		/* the kernel has not started */
	if (count > HASH_MAX || !rtos_is_object(hash))
		return error_why(ERR_RTOS, "the table of threads is said to be at 0x%08x with %u entries",
				 hash, count);
	TRY(read_info(os, info));
	/* The running one heads the list of those that are ready. */
	TRY(read_variable(os, "g_running_tasks", &current));
	if (current == 0)
		TRY(read_variable(os, "g_readytorun", &current));
	return walk(os, hash, count, current);
}

static enum err nuttx_context(struct rtos *os, const struct rtos_thread *thread,
			      struct rtos_context *context)
{
	const uint16_t *regs = ((const struct nuttx_notes *)os->notes)->regs;

	*context = (struct rtos_context){ .layout = "NuttX" };
	if (!rtos_is_object(thread->saved_sp))
		return error_why(ERR_RTOS, "its registers are said to be saved at 0x%08x",
				 thread->saved_sp);
	for (unsigned i = 0; i <= RTOS_XPSR; i++) {
		if (regs[i] != ABSENT)
			TRY(frame_read_words(os, thread->saved_sp + regs[i], i, 1, context));
	}
	if (!frame_is_plausible(context))
		return error_why(ERR_RTOS, "no saved registers are to be seen at 0x%08x", thread->saved_sp);
	return OK;
}

const struct rtos_type nuttx_type = {
	.name = "nuttx",
	.symbols = symbols,
	.fill = 0xef,			/* STACK_COLOR 0xdeadbeef: its lowest byte */
	.notes_bytes = sizeof(struct nuttx_notes),
	.update = nuttx_update,
	.context = nuttx_context,
};
