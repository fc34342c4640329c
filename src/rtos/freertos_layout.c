/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtos/freertos.h"

static const struct list_layout layouts[] = {
	/* 32-bit or 16-bit ticks */
	{ "plain", 20, 0, 4, 8, 20, 0, 4, 8, 12, 16, 4 },
	/* configUSE_MINI_LIST_ITEM 0: the end marker is a whole item */
	{ "whole end marker", 28, 0, 4, 8, 20, 0, 4, 8, 12, 16, 4 },
	/* configUSE_LIST_DATA_INTEGRITY_CHECK_BYTES */
	{ "integrity bytes", 32, 4, 8, 12, 28, 4, 8, 12, 16, 20, 4 },
	{ "integrity bytes, whole end marker", 44, 4, 8, 12, 28, 4, 8, 12, 16, 20, 4 },
	/* the integrity bytes have the type of a tick */
	{ "integrity bytes, 16-bit ticks", 28, 4, 8, 12, 24, 2, 4, 8, 12, 16, 2 },
	{ "integrity bytes, 16-bit ticks, whole end marker", 40, 4, 8, 12, 24, 2, 4, 8, 12, 16, 2 },
	/* 64-bit ticks: a value takes eight bytes */
	{ "64-bit ticks", 24, 0, 4, 8, 24, 0, 8, 12, 16, 20, 8 },
	{ "64-bit ticks, whole end marker", 32, 0, 4, 8, 24, 0, 8, 12, 16, 20, 8 },
	{ "integrity bytes, 64-bit ticks", 48, 8, 12, 16, 40, 8, 16, 20, 24, 28, 8 },
	{ "integrity bytes, 64-bit ticks, whole end marker", 64, 8, 12, 16, 40, 8, 16, 20, 24, 28, 8 },
};

uint32_t freertos_tick(const struct freertos_notes *notes, uint32_t value)
{
	return notes->has_short_ticks ? (uint16_t)value : value;
}

/*
 * The end marker's value is the highest tick, in 16 or 32 bits, or the first half of 64. Behind 16 bits
 * lies padding: zero in the kernel's own lists, anything in those on the heap.
 */
static bool is_highest(struct rtos *os, const struct list_layout *l, uint32_t value)
{
	const struct freertos_notes *notes = os->notes;
	bool is_short = l->value_bytes == 2 || notes->has_short_ticks;

	return value == UINT32_MAX || (is_short ? (uint16_t)value : value) == UINT16_MAX;
}

/*
 * What vListInitialise() and the insertions keep: the end marker has the highest value, its neighbours
 * point back at it, and if the list is empty both are itself.
 */
static enum err is_list(struct rtos *os, const struct list_layout *l, uint32_t addr, bool *is)
{
	uint32_t count, index, value, next, prev, back;
	uint32_t end = addr + l->end;

	*is = false;
	TRY(rtos_read_u32(os, addr + l->count, &count));
	TRY(rtos_read_u32(os, addr + l->index, &index));
	TRY(rtos_read_u32(os, end + l->item_value, &value));
	TRY(rtos_read_u32(os, end + l->item_next, &next));
	TRY(rtos_read_u32(os, end + l->item_prev, &prev));
	if (!is_highest(os, l, value) || !rtos_is_object(index) || count > RTOS_THREADS_MAX)
		return OK;
	if (count == 0) {
		*is = index == end && next == end && prev == end;
		return OK;
	}
	if (!rtos_is_object(next) || !rtos_is_object(prev) || next == end || prev == end)
		return OK;
	TRY(rtos_read_u32(os, next + l->item_prev, &back));
	*is = back == end;
	return OK;
}

static bool fits(struct rtos *os, const struct list_layout *l, uint32_t addr)
{
	bool is = false;

	if (is_list(os, l, addr, &is) != OK)
		error_clear();
	return is;
}

/* All lists that every build has must fit: the second delayed list, and the second ready one. */
static bool all_fit(struct rtos *os, const struct list_layout *l, uint32_t ready)
{
	static const char *const names[] = { "xDelayedTaskList1", "xDelayedTaskList2",
					     "xPendingReadyList" };
	uint32_t addr;

	if (!fits(os, l, ready))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (rtos_symbol(os, names[i], &addr) && !fits(os, l, addr))
			return false;
	}
	/* With one priority the delayed list follows; it has the same distance or a symbol of its own. */
	return fits(os, l, ready + l->list_bytes);
}

bool freertos_is_list(struct rtos *os, uint32_t addr)
{
	const struct freertos_notes *notes = os->notes;

	return fits(os, notes->layout, addr);
}

/* Debug information is of this program only if its lists look right with it. */
static bool take_build(struct rtos *os, uint32_t ready)
{
	struct freertos_notes *notes = os->notes;
	struct freertos_build *build = &notes->build;

	build->is_other = build->has_lists && !all_fit(os, &build->lists, ready) &&
			  !fits(os, &build->lists, ready);
	if (!build->has_lists || build->is_other)
		return false;
	notes->layout = &build->lists;
	notes->has_tcb = build->has_tcb;
	notes->tcb = build->tcb;
	return true;
}

/* The list at `ready` fits: it tells how long a tick is. */
static bool settle(struct rtos *os, uint32_t ready)
{
	struct freertos_notes *notes = os->notes;
	const struct list_layout *l = notes->layout;
	uint32_t value = UINT32_MAX;

	if (rtos_read_u32(os, ready + l->end + l->item_value, &value) != OK)
		error_clear();
	notes->has_short_ticks = l->value_bytes == 2 || value == UINT16_MAX;
	notes->is_sure = true;
	return true;
}

bool freertos_find_layout(struct rtos *os)
{
	struct freertos_notes *notes = os->notes;
	uint32_t ready;

	if (!rtos_symbol(os, "pxReadyTasksLists", &ready))
		return false;
	/* The second list tells one program from the next whose lists begin at the same place. */
	if (notes->layout != NULL && notes->lists == ready && fits(os, notes->layout, ready) &&
	    fits(os, notes->layout, ready + notes->layout->list_bytes))
		return true;
	*notes = (struct freertos_notes){ .lists = ready, .build = notes->build };
	if (take_build(os, ready))
		return settle(os, ready);
	for (size_t i = 0; notes->layout == NULL && i < ARRAY_SIZE(layouts); i++) {
		if (all_fit(os, &layouts[i], ready))
			notes->layout = &layouts[i];
	}
	/* One of the other lists may be damaged. */
	for (size_t i = 0; notes->layout == NULL && i < ARRAY_SIZE(layouts); i++) {
		if (fits(os, &layouts[i], ready) && fits(os, &layouts[i], ready + layouts[i].list_bytes))
			notes->layout = &layouts[i];
	}
	return notes->layout != NULL && settle(os, ready);
}

const struct list_layout *freertos_usual_layout(void)
{
	return &layouts[0];
}

enum err freertos_read_list(struct rtos *os, uint32_t addr, struct freertos_list *list)
{
	const struct freertos_notes *notes = os->notes;
	const struct list_layout *l = notes->layout;

	*list = (struct freertos_list){ .addr = addr, .end = addr + l->end };
	if (!rtos_is_object(addr))
		return error_why(ERR_RTOS, "0x%08x is no list", addr);
	TRY(rtos_read_u32(os, addr + l->count, &list->count));
	TRY(rtos_read_u32(os, list->end + l->item_next, &list->first));
	if (list->count > RTOS_THREADS_MAX)
		return error_why(ERR_RTOS, "the list at 0x%08x says it has %u members", addr, list->count);
	if (list->count != 0 && !rtos_is_object(list->first))
		return error_why(ERR_RTOS, "the list at 0x%08x begins at 0x%08x", addr, list->first);
	return OK;
}

enum err freertos_read_item(struct rtos *os, const struct freertos_list *list, uint32_t item,
			    uint32_t *owner, uint32_t *value, uint32_t *next)
{
	const struct freertos_notes *notes = os->notes;
	const struct list_layout *l = notes->layout;
	uint32_t container;

	if (!rtos_is_object(item))
		return error_why(ERR_RTOS, "the list at 0x%08x leads to 0x%08x", list->addr, item);
	TRY(rtos_read_u32(os, item + l->item_container, &container));
	TRY(rtos_read_u32(os, item + l->item_owner, owner));
	TRY(rtos_read_u32(os, item + l->item_value, value));
	TRY(rtos_read_u32(os, item + l->item_next, next));
	if (container != list->addr && (container != 0 || notes->is_sure))
		return error_why(ERR_RTOS, "the list at 0x%08x leads to 0x%08x, which is not of this list",
				 list->addr, item);
	if (!rtos_is_object(*owner))
		return error_why(ERR_RTOS, "the item at 0x%08x belongs to 0x%08x", item, *owner);
	return OK;
}

/* The order of tasks.c: state item, event item, uxPriority, pxStack, SMP's two words, pcTaskName. */
static void guess_tcb(struct freertos_notes *notes, uint32_t state_item)
{
	uint32_t item_bytes = notes->layout->item_bytes, priority = state_item + 2 * item_bytes;

	notes->tcb = (struct freertos_tcb){ .state_item = state_item, .event_item = state_item + item_bytes,
					    .priority = priority, .stack = priority + 4,
					    .name = priority + (notes->is_smp ? 16 : 8),
					    .run_state = notes->is_smp ? priority + 8 : 0 };
	notes->has_tcb = true;
}

enum err freertos_learn_tcb(struct rtos *os, uint32_t item, uint32_t tcb)
{
	struct freertos_notes *notes = os->notes;
	const struct list_layout *l = notes->layout;
	uint32_t event_owner;
	char text[64];

	if (notes->has_tcb)
		return OK;
	/* MPU settings and core affinity come before the state item, the event item follows it. */
	for (uint32_t offset = item - tcb; offset < 0x200; offset += 4) {
		TRY(rtos_read_u32(os, tcb + offset + l->item_bytes + l->item_owner, &event_owner));
		if (event_owner != tcb)
			continue;
		guess_tcb(notes, offset);
		/* Between pxStack and the name SMP builds have xTaskRunState and uxTaskAttributes. */
		if (!notes->is_smp && !rtos_read_name(os, tcb + notes->tcb.name, 4, text, sizeof(text)))
			notes->tcb.name += 8;
		return OK;
	}
	freertos_guess_tcb(os, item - tcb);
	return OK;
}

/* Without an event item that belongs to the task: as most builds have it. */
void freertos_guess_tcb(struct rtos *os, uint32_t state_item)
{
	guess_tcb(os->notes, state_item);
}
