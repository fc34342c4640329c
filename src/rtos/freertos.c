/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FreeRTOS: a task's state is the list its state item is in. There are as many ready lists as
 * priorities; uxTopUsedPriority says how many if the program has it, else those that look like lists
 * and hold tasks of their own priority count.
 */
#include <stdio.h>
#include <string.h>

#include "rtos/freertos.h"

#define PRIORITIES_MAX 64u		/* where only the lists themselves tell */
#define PRIORITIES_EVER 1024u
#define STACK_MAX      0x40000u
#define HEAP_HEADER    8u		/* heap_4.c, heap_5.c: next block, size with its top bit set */
#define TCB_MAX	       0x4000u		/* the MPU's system call stacks are in it */
#define CORES_MAX      64u
#define NOTIFY_WAITS   1u		/* taskWAITING_NOTIFICATION */

static const struct rtos_symbol symbols[] = {
	{ "pxReadyTasksLists", false },
	{ "pxCurrentTCB", true },		/* one of these two */
	{ "pxCurrentTCBs", true },
	{ "uxCurrentNumberOfTasks", false },
	{ "xDelayedTaskList1", false },
	{ "xDelayedTaskList2", false },
	{ "pxDelayedTaskList", true },
	{ "pxOverflowDelayedTaskList", true },
	{ "xPendingReadyList", true },
	{ "xTasksWaitingTermination", true },
	{ "xSuspendedTaskList", true },
	{ "uxTopUsedPriority", true },
	{ "xSchedulerRunning", true },
	{ "xQueueRegistry", true },
	{ NULL, false }
};

enum list_kind { LIST_READY, LIST_DELAYED, LIST_PENDING, LIST_SUSPENDED, LIST_DELETED };

static const struct {
	const char *symbol;
	enum list_kind kind;
} other_lists[] = {
	{ "xDelayedTaskList1", LIST_DELAYED },
	{ "xDelayedTaskList2", LIST_DELAYED },
	{ "xPendingReadyList", LIST_PENDING },
	{ "xSuspendedTaskList", LIST_SUSPENDED },
	{ "xTasksWaitingTermination", LIST_DELETED },
};

static enum err read_symbol(struct rtos *os, const char *name, uint32_t *value)
{
	uint32_t addr;

	*value = 0;
	return rtos_symbol(os, name, &addr) ? rtos_read_u32(os, addr, value) : OK;
}

/* Does it wait for one of its notifications? Only debug information says where they are. */
static enum err waits_for_notification(struct rtos *os, const struct rtos_thread *task, bool *waits)
{
	const struct freertos_tcb *tcb = &((const struct freertos_notes *)os->notes)->tcb;
	uint8_t state;

	*waits = false;
	for (uint32_t i = 0; tcb->notify_state != 0 && !*waits && i < tcb->notify_bytes; i++) {
		TRY(rtos_read_u8(os, task->id + tcb->notify_state + i, &state));
		*waits = state == NOTIFY_WAITS;
	}
	return OK;
}

static enum err say_unlisted(struct rtos *os, struct rtos_thread *task)
{
	bool waits;

	TRY(waits_for_notification(os, task, &waits));
	if (waits)
		snprintf(task->state, sizeof(task->state), "Blocked on a notification");
	else if (task->has_deadline)
		snprintf(task->state, sizeof(task->state), "Blocked");
	size_t n = strlen(task->state);

	if (task->has_deadline)
		snprintf(task->state + n, sizeof(task->state) - n, " until tick %u", task->deadline);
	return OK;
}

/*
 * A task that waits without limit is in the suspended list too, but its event item is in a queue's. Whose
 * queue is said when all tasks are known. What a task in the pending list waited for has come.
 */
static enum err say_state(struct rtos *os, struct rtos_thread *task, enum list_kind kind, uint32_t value)
{
	static const char *const names[] = { "Ready", "Blocked", "Ready", "Suspended", "Deleted" };
	const struct freertos_notes *notes = os->notes;
	uint32_t pending;

	snprintf(task->state, sizeof(task->state), "%s", names[kind]);
	if (kind != LIST_DELAYED && kind != LIST_SUSPENDED)
		return OK;
	TRY(rtos_read_u32(os, task->id + notes->tcb.event_item + notes->layout->item_container,
			  &task->waits_for));
	if (rtos_symbol(os, "xPendingReadyList", &pending) && task->waits_for == pending) {
		task->waits_for = 0;
		snprintf(task->state, sizeof(task->state), "Ready");
		return OK;
	}
	task->has_deadline = kind == LIST_DELAYED;
	task->deadline = freertos_tick(notes, value);
	return task->waits_for == 0 ? say_unlisted(os, task) : OK;
}

/* From the control block, or from the heap's block in front of the stack. */
static enum err find_stack_size(struct rtos *os, struct rtos_thread *task)
{
	const struct freertos_tcb *tcb = &((const struct freertos_notes *)os->notes)->tcb;
	uint32_t end, next, size;

	if (tcb->end_of_stack != 0) {
		TRY(rtos_read_u32(os, task->id + tcb->end_of_stack, &end));
		if (end > task->stack_base && end - task->stack_base < STACK_MAX)
			task->stack_size = end - task->stack_base + 4;
		return OK;
	}
	if (!rtos_is_object(task->stack_base - HEAP_HEADER))
		return OK;
	if (rtos_read_u32(os, task->stack_base - 8, &next) != OK ||
	    rtos_read_u32(os, task->stack_base - 4, &size) != OK) {
		error_clear();
		return OK;
	}
	if (next == 0 && (size & BIT(31)) && size % 8 == 0 && (size & ~BIT(31)) < STACK_MAX &&
	    task->saved_sp - task->stack_base < (size & ~BIT(31)))
		task->stack_size = (size & ~BIT(31)) - HEAP_HEADER;
	return OK;
}

/* The MPU ports since V10.6 save into the control block, in front of the state item: PSP is among it. */
static enum err find_saved(struct rtos *os, struct rtos_thread *task)
{
	const struct freertos_tcb *tcb = &((const struct freertos_notes *)os->notes)->tcb;
	struct rtos_context context;

	TRY(rtos_read_u32(os, task->id, &task->saved_sp));
	if (task->saved_sp - task->id > tcb->state_item)
		return OK;
	task->saved_at = task->saved_sp;
	enum err rc = freertos_mpu_context(os, task->saved_at, &context);

	task->saved_sp = rc == OK ? context.places[RTOS_SP].value : 0;
	if (rc == OK || !rtos_is_data_error(rc))
		return rc;
	error_clear();
	return OK;
}

static enum err fill_task(struct rtos *os, struct rtos_thread *task)
{
	const struct freertos_tcb *tcb = &((const struct freertos_notes *)os->notes)->tcb;
	size_t most = tcb->name_bytes != 0 ? MIN(tcb->name_bytes, sizeof(task->name) - 1) :
					     sizeof(task->name) - 1;
	uint32_t priority;

	TRY(find_saved(os, task));
	TRY(rtos_read_u32(os, task->id + tcb->priority, &priority));
	TRY(rtos_read_u32(os, task->id + tcb->stack, &task->stack_base));
	task->has_priority = true;
	task->priority = (int)priority;
	if (tcb->base_priority != 0) {
		TRY(rtos_read_u32(os, task->id + tcb->base_priority, &priority));
		task->has_base_priority = true;
		task->base_priority = (int)priority;
	}
	if (!rtos_read_name(os, task->id + tcb->name, most, task->name, sizeof(task->name)))
		snprintf(task->name, sizeof(task->name), "?");
	return find_stack_size(os, task);
}

static enum err add_task(struct rtos *os, enum list_kind kind, uint32_t item, uint32_t tcb, uint32_t value)
{
	struct rtos_thread *task;

	/* In the pending list it is the event item that is linked. */
	if (kind != LIST_PENDING && (item < tcb + 4 || item - tcb > TCB_MAX))
		return error_why(ERR_RTOS, "the item at 0x%08x does not lie in its task 0x%08x", item, tcb);
	if (kind != LIST_PENDING)
		TRY(freertos_learn_tcb(os, item, tcb));
	const struct freertos_notes *notes = os->notes;

	if (!notes->has_tcb)
		return OK;		/* shown when a list of state items has been seen */
	task = rtos_add_thread(os, tcb);
	if (task == NULL)
		return OK;
	TRY(fill_task(os, task));
	return say_state(os, task, kind, value);
}

static enum err walk(struct rtos *os, enum list_kind kind, uint32_t addr)
{
	struct freertos_list list;
	uint32_t item, tcb, value, next;

	TRY(freertos_read_list(os, addr, &list));
	item = list.first;
	for (uint32_t i = 0; i < list.count && item != list.end; i++) {
		TRY(freertos_read_item(os, &list, item, &tcb, &value, &next));
		TRY(add_task(os, kind, item, tcb, value));
		item = next;
	}
	return OK;
}

/* What is wrong with one list, or with the current task, is noted; the others are shown. */
static enum err note(struct rtos *os, enum err rc)
{
	if (rc == OK || !rtos_is_data_error(rc))
		return rc;
	rtos_damaged(os, "%s", error_current()->why);
	return OK;
}

static enum err walk_soundly(struct rtos *os, enum list_kind kind, uint32_t addr)
{
	return note(os, walk(os, kind, addr));
}

/* The lists lie in a row; another variable ends it. */
static bool is_other_variable(struct rtos *os, uint32_t addr)
{
	uint32_t other;

	for (const struct rtos_symbol *s = symbols + 1; s->name != NULL; s++) {
		if (rtos_symbol(os, s->name, &other) && other == addr)
			return true;
	}
	return false;
}

/* True if the list at `addr` can be the one of tasks of this priority. */
static bool is_ready_list(struct rtos *os, uint32_t addr, uint32_t priority)
{
	const struct freertos_notes *notes = os->notes;
	uint32_t value = 0, tcb, next, item_priority = priority;
	struct freertos_list list;
	enum err rc = freertos_read_list(os, addr, &list);

	if (rc == OK)
		rc = rtos_read_u32(os, list.end + notes->layout->item_value, &value);
	if (rc == OK && list.count != 0)
		rc = freertos_read_item(os, &list, list.first, &tcb, &next, &next);
	if (rc == OK && list.count != 0 && notes->has_tcb)
		rc = rtos_read_u32(os, tcb + notes->tcb.priority, &item_priority);
	error_clear();
	value = freertos_tick(notes, value);
	return rc == OK && (value == UINT32_MAX || value == UINT16_MAX) && item_priority == priority &&
	       (list.count != 0 || list.first == list.end);
}

/* How many ready lists there are; 0: they themselves must tell. */
static enum err count_priorities(struct rtos *os, uint32_t *count)
{
	const struct freertos_notes *notes = os->notes;
	uint32_t bytes, addr, top;

	*count = 0;
	if (!notes->build.is_other && rtos_symbol_size(os, "pxReadyTasksLists", &bytes) &&
	    bytes % notes->layout->list_bytes == 0 &&
	    bytes / notes->layout->list_bytes <= PRIORITIES_EVER) {
		*count = bytes / notes->layout->list_bytes;
		rtos_origin(os, "priorities", "%u, the size of pxReadyTasksLists", *count);
		return OK;
	}
	if (rtos_symbol(os, "uxTopUsedPriority", &addr)) {
		TRY(rtos_read_u32(os, addr, &top));
		if (top < PRIORITIES_EVER) {
			*count = top + 1;
			rtos_origin(os, "priorities", "%u, uxTopUsedPriority", *count);
		}
	}
	return OK;
}

static enum err walk_ready(struct rtos *os)
{
	const struct freertos_notes *notes = os->notes;
	uint32_t base = 0, count = 0, p;

	rtos_symbol(os, "pxReadyTasksLists", &base);
	TRY(count_priorities(os, &count));
	bool is_counted = count != 0;

	if (!is_counted)
		count = PRIORITIES_MAX;
	for (p = 0; p < count; p++) {
		uint32_t addr = base + p * notes->layout->list_bytes;

		if (!is_counted && p > 0 &&
		    (is_other_variable(os, addr) || !is_ready_list(os, addr, p)))
			break;
		TRY(walk_soundly(os, LIST_READY, addr));
	}
	if (!is_counted)
		rtos_origin(os, "priorities", "%u, by what looks like ready lists", p);
	return OK;
}

static enum err walk_others(struct rtos *os)
{
	uint32_t addr;

	for (size_t i = 0; i < ARRAY_SIZE(other_lists); i++) {
		if (rtos_symbol(os, other_lists[i].symbol, &addr))
			TRY(walk_soundly(os, other_lists[i].kind, addr));
	}
	return OK;
}

/* Between two lists, in the middle of the kernel's work, it is in none of them. */
static enum err mark_current(struct rtos *os, uint32_t tcb)
{
	const struct freertos_notes *notes = os->notes;
	struct rtos_thread *task = NULL;

	for (size_t i = 0; i < os->count; i++) {
		if (os->threads[i].id == tcb)
			task = &os->threads[i];
	}
	if (tcb == 0)
		return OK;
	if (task == NULL && !rtos_is_object(tcb))
		return error_why(ERR_RTOS, "the current task is said to be 0x%08x", tcb);
	if (task == NULL) {
		if (!notes->has_tcb)
			freertos_guess_tcb(os, 4);
		task = rtos_add_thread(os, tcb);
		if (task == NULL)
			return OK;
		TRY(fill_task(os, task));
	}
	task->is_current = true;
	snprintf(task->state, sizeof(task->state), "Running");
	return OK;
}

static enum err read_running(struct rtos *os, uint32_t *is_running)
{
	uint32_t addr;

	*is_running = 1;
	return rtos_symbol(os, "xSchedulerRunning", &addr) ? rtos_read_u32(os, addr, is_running) : OK;
}

/* pxCurrentTCBs has one per core. */
static enum err find_current(struct rtos *os, uint32_t *tcb)
{
	uint32_t addr, is_running;

	*tcb = 0;
	TRY(read_running(os, &is_running));
	if (is_running == 0 || os->is_on_main_stack)
		return OK;		/* main() runs; the tasks wait for their first turn */
	if (rtos_symbol(os, "pxCurrentTCBs", &addr))
		return rtos_read_u32(os, addr + 4 * os->target->coreid, tcb);
	return read_symbol(os, "pxCurrentTCB", tcb);
}

/* SMP: a task may run on another core, whose target shows its registers. */
static enum err mark_elsewhere(struct rtos *os)
{
	const struct freertos_notes *notes = os->notes;
	uint32_t core;

	for (size_t i = 0; notes->tcb.run_state != 0 && i < os->count; i++) {
		struct rtos_thread *task = &os->threads[i];

		if (task->is_current)
			continue;
		TRY(rtos_read_u32(os, task->id + notes->tcb.run_state, &core));
		if (core >= CORES_MAX)
			continue;		/* below 0: it does not run, or is about to stop */
		task->is_elsewhere = true;
		snprintf(task->state, sizeof(task->state), "Running on core %u", core);
	}
	return OK;
}

static void say_origins(struct rtos *os)
{
	const struct freertos_notes *notes = os->notes;
	const struct freertos_build *build = &notes->build;
	const char *note = build->is_other ? "; the debug information is of another program" : "";
	bool is_build = notes->layout == &build->lists;

	if (is_build)
		rtos_origin(os, "lists", "%s", build->from);
	else
		rtos_origin(os, "lists", "%s, by their contents%s", notes->layout->name, note);
	if (is_build && build->has_tcb)
		rtos_origin(os, "tcb", "%s", build->from);
	else
		rtos_origin(os, "tcb", "where the list items lie in it");
}

static enum err freertos_update(struct rtos *os)
{
	struct freertos_notes *notes = os->notes;
	uint32_t count, current, addr, is_running;

	TRY(read_symbol(os, "uxCurrentNumberOfTasks", &count));
	TRY(read_running(os, &is_running));
	if (count == 0 || (os->is_outside && is_running != 0))
		return OK;		/* no task has been created, or only in the run before the reset */
	if (count > RTOS_THREADS_MAX)
		rtos_damaged(os, "the kernel says it has %u tasks", count);
	freertos_ask_debug_info(os);
	if (!freertos_find_layout(os)) {
		if (count > RTOS_THREADS_MAX)
			return OK;	/* RAM that nobody has cleared, or another program's */
		rtos_damaged(os, "the ready lists fit no known layout; the usual one is tried");
		notes->layout = freertos_usual_layout();
	}
	notes->is_smp = rtos_symbol(os, "pxCurrentTCBs", &addr);
	TRY(find_current(os, &current));
	TRY(walk_ready(os));
	TRY(walk_others(os));
	TRY(note(os, mark_current(os, current)));
	if (current != 0)
		TRY(mark_elsewhere(os));
	freertos_say_waits(os);
	say_origins(os);
	if (os->count != count)
		rtos_damaged(os, "the kernel says it has %u tasks, its lists have %zu", count, os->count);
	return OK;
}

static enum err freertos_context(struct rtos *os, const struct rtos_thread *task,
				 struct rtos_context *context)
{
	if (task->saved_at != 0)
		return freertos_mpu_context(os, task->saved_at, context);
	return frame_read(os, freertos_frames, task->saved_sp, context);
}

const struct rtos_type freertos_type = {
	.name = "FreeRTOS",
	.symbols = symbols,
	.fill = 0xa5,			/* tskSTACK_FILL_BYTE */
	.is_on_psp = true,
	.notes_bytes = sizeof(struct freertos_notes),
	.update = freertos_update,
	.context = freertos_context,
};
