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

/* Up to NuttX 12.4 the registers are offsets in GDB's order of old: r0..r15, xpsr, six of the system,
 * s0..s31, fpscr; 0xffff or, at first, 0 if one is not saved. */
#define OFFSETS_CORE 17u
#define OFFSETS_S0   23u
#define OFFSETS_ALL  56u
/* Since then each has a struct reginfo_s: name[8], bytes, number, int16_t offset. */
#define REGINFO_NAME   8u
#define REGINFO_OFFSET 10u
#define REGINFO_MAX    20u		/* of the struct; it has grown */

struct nuttx_notes {
	uint16_t fields[FIELDS];
	uint16_t regs[RTOS_REGISTERS];	/* offsets in the saved registers */
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

static bool is_offset(uint16_t offset)
{
	return offset % 4 == 0 && offset <= 0x400;
}

static enum err read_offsets(struct rtos *os, uint32_t table)
{
	struct nuttx_notes *notes = os->notes;
	bool has_fp = notes->fields[FIELD_COUNT] >= OFFSETS_ALL;

	for (unsigned i = 0; i < (has_fp ? OFFSETS_ALL : OFFSETS_CORE); i++) {
		unsigned place = i < OFFSETS_CORE ? i : i - OFFSETS_S0 + RTOS_S0;
		uint16_t offset;

		if (i >= OFFSETS_CORE && i < OFFSETS_S0)
			continue;
		TRY(read_u16(os, table + 2 * i, &offset));
		if (offset != ABSENT && !is_offset(offset))
			return error_why(ERR_RTOS, "g_tcbinfo has no table of registers at 0x%08x", table);
		notes->regs[i == OFFSETS_ALL - 1 ? (unsigned)RTOS_FPSCR : place] = offset;
	}
	return OK;
}

static int place_of(const char *name)
{
	static const struct {
		const char *name;
		int place;
	} others[] = {
		{ "r13", RTOS_SP }, { "sp", RTOS_SP }, { "r14", RTOS_LR }, { "lr", RTOS_LR },
		{ "r15", RTOS_PC }, { "pc", RTOS_PC }, { "xpsr", RTOS_XPSR }, { "cpsr", RTOS_XPSR },
		{ "fpscr", RTOS_FPSCR },
	};
	unsigned n;
	char rest;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (strcmp(name, others[i].name) == 0)
			return others[i].place;
	}
	if (sscanf(name, "r%u%c", &n, &rest) == 1 && n < RTOS_SP)
		return (int)n;
	return sscanf(name, "s%u%c", &n, &rest) == 1 && n < 32 ? RTOS_S0 + (int)n : -1;
}

/* The second entry's name, "r1", tells how long an entry is. */
static enum err find_stride(struct rtos *os, uint32_t table, uint32_t *stride)
{
	char name[REGINFO_NAME + 1];

	for (*stride = REGINFO_OFFSET + 2; *stride <= REGINFO_MAX; *stride += 2) {
		if (rtos_read_name(os, table + *stride, REGINFO_NAME, name, sizeof(name)) &&
		    strcmp(name, "r1") == 0)
			return OK;
	}
	return error_why(ERR_RTOS, "g_tcbinfo's table of registers at 0x%08x has no r1", table);
}

static enum err read_reginfo(struct rtos *os, uint32_t table, bool *is_named)
{
	struct nuttx_notes *notes = os->notes;
	char name[REGINFO_NAME + 1];
	uint32_t stride;
	uint16_t offset;

	*is_named = rtos_read_name(os, table, REGINFO_NAME, name, sizeof(name)) && strcmp(name, "r0") == 0;
	if (!*is_named)
		return OK;
	TRY(find_stride(os, table, &stride));
	for (uint32_t i = 0, at = table; i < notes->fields[FIELD_COUNT]; i++, at += stride) {
		int place = rtos_read_name(os, at, REGINFO_NAME, name, sizeof(name)) ? place_of(name) : -1;

		if (place < 0)
			continue;
		TRY(read_u16(os, at + REGINFO_OFFSET, &offset));
		if (is_offset(offset))
			notes->regs[place] = offset;	/* below 0: not saved */
	}
	return OK;
}

/* The pointer to the table of offsets is the first aligned word behind the counts that leads to one. */
static enum err read_info(struct rtos *os, uint32_t info)
{
	struct nuttx_notes *notes = os->notes;
	uint32_t table = 0;
	bool is_named;

	for (unsigned i = 0; i < FIELDS; i++)
		TRY(read_u16(os, info + 2 * i, &notes->fields[i]));
	for (unsigned i = 0; i < RTOS_REGISTERS; i++)
		notes->regs[i] = ABSENT;
	if (notes->fields[FIELD_COUNT] < OFFSETS_CORE || notes->fields[FIELD_COUNT] > 256)
		return error_why(ERR_RTOS, "g_tcbinfo says that a thread has %u registers",
				 notes->fields[FIELD_COUNT]);
	for (uint32_t at = info + 2 * FIELDS; at <= info + 2 * FIELDS + 8; at += 2) {
		TRY(rtos_read_u32(os, at, &table));
		if (table % 2 == 0 && rtos_is_code(table) && table > UINT16_MAX)
			break;
	}
	TRY(read_reginfo(os, table, &is_named));
	return is_named ? OK : read_offsets(os, table);
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

/* EXC_RETURN is saved behind r11 (include/armv7-m/irq_cmnvector.h, armv8-m/irq.h); threads may use the
 * main stack. Without it, or without an FP frame, what lies where s0..s31 would is something else. */
static enum err has_fp_frame(struct rtos *os, const struct rtos_thread *thread, bool *has_fp)
{
	const uint16_t *regs = ((const struct nuttx_notes *)os->notes)->regs;
	uint32_t word;

	*has_fp = false;
	for (uint32_t i = 1; regs[11] != ABSENT && i <= 2; i++) {
		TRY(rtos_read_u32(os, thread->saved_sp + regs[11] + 4 * i, &word));
		if (word >> 7 == 0x1ffffff && (word & 8)) {
			*has_fp = !(word & BIT(4));
			return OK;
		}
	}
	return OK;
}

static enum err nuttx_context(struct rtos *os, const struct rtos_thread *thread,
			      struct rtos_context *context)
{
	const uint16_t *regs = ((const struct nuttx_notes *)os->notes)->regs;
	bool has_fp;

	*context = (struct rtos_context){ .layout = "NuttX" };
	if (!rtos_is_object(thread->saved_sp))
		return error_why(ERR_RTOS, "its registers are said to be saved at 0x%08x",
				 thread->saved_sp);
	TRY(has_fp_frame(os, thread, &has_fp));
	for (unsigned i = 0; i < RTOS_REGISTERS; i++) {
		if (regs[i] != ABSENT && (i <= RTOS_XPSR || has_fp))
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
