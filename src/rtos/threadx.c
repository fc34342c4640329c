/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ThreadX: all threads are in one ring of created threads (threadx common/inc/tx_api.h, TX_THREAD). A
 * build may add fields to the control block, which move the name and the ring's pointers: they are
 * looked for. While no thread is ready the scheduler waits in PendSV's handler and there is no current
 * thread.
 */
#include <stdio.h>
#include <string.h>

#include "rtos/rtos_priv.h"

#define THREAD_ID	 0x54485244u	/* "THRD" */
#define STACK_PTR	 0x08u
#define STACK_START	 0x0cu
#define STACK_SIZE	 0x14u
#define NAME		 0x28u		/* without TX_THREAD_EXTENSION_0 */
#define EXTENSION_MAX	 0x20u
#define PRIORITY	 0x04u		/* from the name on */
#define STATE		 0x08u
#define ENTRY		 0x1cu
#define CREATED_NEXT	 0x60u		/* without TX_THREAD_EXTENSION_1 */
#define CREATED_NEXT_MAX 0x100u
#define SUSPENDED_ON	 0x44u		/* from the name on: what the thread waits for */
#define STATE_MUTEX	 13u		/* TX_MUTEX_SUSP */
#define MUTEX_ID	 0x4d555445u	/* "MUTE" */
#define MUTEX_OWNER	 0x0cu		/* tx_mutex_owner */

struct threadx_notes {
	bool is_known;
	uint32_t name, created_next;	/* offsets */
};

static const struct rtos_symbol symbols[] = {
	{ "_tx_thread_created_ptr", false },
	{ "_tx_thread_current_ptr", false },
	{ "_tx_thread_created_count", true },
	{ NULL, false }
};

static const struct frame_layout frames[] = {
	/* name			     words exc ctl plim r4 r8 fp */
	{ "ThreadX Cortex-M3",		 9,  0, -1, -1, 1, 5, 1 },	/* and M4, M7, M33 */
	{ "ThreadX without EXC_RETURN",  8, -1, -1, -1, 0, 4, 8 },	/* before 5.7 */
	{ 0 }
};
/* tx_thread_stack_build.S of ports/cortex_m0: r8..r11 come first. */
static const struct frame_layout frames_m0[] = {
	{ "ThreadX Cortex-M0",		 9,  0, -1, -1, 5, 1, 9 },
	{ "ThreadX Cortex-M0, old",	 8, -1, -1, -1, 4, 0, 8 },
	{ 0 }
};

static bool is_thread(struct rtos *os, uint32_t addr)
{
	uint32_t id = 0;

	if (!rtos_is_object(addr) || rtos_read_u32(os, addr, &id) != OK)
		error_clear();
	return id == THREAD_ID;
}

/* Does a ring of `count` threads (0: not known) go through the pointers at this offset? */
static bool is_ring(struct rtos *os, uint32_t first, uint32_t offset, uint32_t count)
{
	uint32_t at = first, next = 0, back = 0, n = 0;

	do {
		if (rtos_read_u32(os, at + offset, &next) != OK || !is_thread(os, next) ||
		    rtos_read_u32(os, next + offset + 4, &back) != OK || back != at) {
			error_clear();
			return false;
		}
		at = next;
		n++;
	} while (at != first && n < RTOS_THREADS_MAX);
	return at == first && (count == 0 || n == count);
}

static enum err learn(struct rtos *os, uint32_t first)
{
	struct threadx_notes *notes = os->notes;
	uint32_t addr, count = 0, text;
	char name[64];

	if (notes->is_known)
		return OK;
	if (rtos_symbol(os, "_tx_thread_created_count", &addr))
		TRY(rtos_read_u32(os, addr, &count));
	if (count > RTOS_THREADS_MAX)
		return error_why(ERR_RTOS, "the kernel says it has %u threads", count);
	notes->name = NAME;
	for (uint32_t shift = 0; shift <= EXTENSION_MAX; shift += 4) {
		TRY(rtos_read_u32(os, first + NAME + shift, &text));
		if (rtos_is_code(text) && rtos_read_name(os, text, 60, name, sizeof(name)) &&
		    name[0] != '\0') {
			notes->name = NAME + shift;
			break;
		}
	}
	for (uint32_t at = notes->name + CREATED_NEXT; at <= CREATED_NEXT_MAX + EXTENSION_MAX; at += 4) {
		if (!is_ring(os, first, at, count))
			continue;
		notes->created_next = at;
		notes->is_known = true;
		return OK;
	}
	return error_why(ERR_RTOS, "the thread at 0x%08x is in no ring of created threads", first);
}

static void say_state(struct rtos_thread *thread, uint32_t state)
{
	/* TX_READY .. TX_PRIORITY_CHANGE */
	static const char *const names[] = {
		"Ready", "Completed", "Terminated", "Suspended", "Sleeping", "Waits for a queue",
		"Waits for a semaphore", "Waits for event flags", "Waits for block memory",
		"Waits for byte memory", "Waits for I/O", "Waits for a file", "Waits for TCP/IP",
		"Waits for a mutex", "Priority change",
	};

	if (state < ARRAY_SIZE(names))
		snprintf(thread->state, sizeof(thread->state), "%s", names[state]);
	else
		snprintf(thread->state, sizeof(thread->state), "State %u", state);
}

static enum err find_owner(struct rtos *os, struct rtos_thread *thread)
{
	const struct threadx_notes *notes = os->notes;
	uint32_t mutex, id;

	TRY(rtos_read_u32(os, thread->id + notes->name + SUSPENDED_ON, &mutex));
	if (!rtos_is_object(mutex))
		return OK;
	TRY(rtos_read_u32(os, mutex, &id));
	if (id != MUTEX_ID)
		return OK;
	thread->waits_for = mutex;
	return rtos_read_u32(os, mutex + MUTEX_OWNER, &thread->holder);
}

static enum err fill_thread(struct rtos *os, struct rtos_thread *thread)
{
	const struct threadx_notes *notes = os->notes;
	uint32_t text, priority, state, fields = thread->id + notes->name;

	TRY(rtos_read_u32(os, thread->id + STACK_PTR, &thread->saved_sp));
	TRY(rtos_read_u32(os, thread->id + STACK_START, &thread->stack_base));
	TRY(rtos_read_u32(os, thread->id + STACK_SIZE, &thread->stack_size));
	TRY(rtos_read_u32(os, fields, &text));
	TRY(rtos_read_u32(os, fields + PRIORITY, &priority));
	TRY(rtos_read_u32(os, fields + STATE, &state));
	TRY(rtos_read_u32(os, fields + ENTRY, &thread->entry));
	thread->has_priority = true;
	thread->priority = (int)priority;
	if (!rtos_is_code(text) ||
	    !rtos_read_name(os, text, sizeof(thread->name) - 1, thread->name, sizeof(thread->name)))
		thread->name[0] = '\0';
	say_state(thread, state);
	return state == STATE_MUTEX ? find_owner(os, thread) : OK;
}

/* When all threads are known. */
static void say_owners(struct rtos *os)
{
	for (size_t i = 0; i < os->count; i++) {
		struct rtos_thread *thread = &os->threads[i];
		const struct rtos_thread *owner = NULL;

		if (thread->holder != 0)
			owner = rtos_find(os, thread->holder);
		if (owner != NULL)
			snprintf(thread->state, sizeof(thread->state),
				 "Waits for mutex 0x%08x held by %.32s", thread->waits_for, owner->name);
	}
}

static enum err walk(struct rtos *os, uint32_t first, uint32_t current)
{
	const struct threadx_notes *notes = os->notes;
	uint32_t at = first;

	do {
		if (!is_thread(os, at))
			return error_why(ERR_RTOS, "the ring of threads leads to 0x%08x, which is none",
					 at);
		struct rtos_thread *thread = rtos_add_thread(os, at);

		if (thread == NULL)
			return error_why(ERR_RTOS, "the ring of threads does not close");
		TRY(fill_thread(os, thread));
		thread->is_current = at == current;
		if (thread->is_current)
			snprintf(thread->state, sizeof(thread->state), "Running");
		TRY(rtos_read_u32(os, at + notes->created_next, &at));
	} while (at != first);
	return OK;
}

static enum err threadx_update(struct rtos *os)
{
	uint32_t created, current_ptr, first, current;

	if (os->is_outside || !rtos_symbol(os, "_tx_thread_created_ptr", &created) ||
	    !rtos_symbol(os, "_tx_thread_current_ptr", &current_ptr))
		return OK;
	TRY(rtos_read_u32(os, created, &first));
	TRY(rtos_read_u32(os, current_ptr, &current));
	if (first == 0)
		return OK;		/* no thread has been created */
	if (!is_thread(os, first))
		return error_why(ERR_RTOS, "the first thread is said to be at 0x%08x", first);
	TRY(learn(os, first));
	TRY(walk(os, first, os->is_on_main_stack ? 0 : current));
	say_owners(os);
	return OK;
}

/* v6-M cores have no SHCSR bits, no BASEPRI: the description tells them (DDI 0419 B1.4). */
static bool is_small_core(const struct target *t)
{
	return target_find_reg(t, "basepri") == NULL;
}

static enum err threadx_context(struct rtos *os, const struct rtos_thread *thread,
				struct rtos_context *context)
{
	return frame_read(os, is_small_core(os->target) ? frames_m0 : frames, thread->saved_sp, context);
}

const struct rtos_type threadx_type = {
	.name = "ThreadX",
	.symbols = symbols,
	.fill = 0xef,			/* TX_STACK_FILL */
	.is_on_psp = true,
	.notes_bytes = sizeof(struct threadx_notes),
	.update = threadx_update,
	.context = threadx_context,
};
