/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a task of FreeRTOS waits for. Its event item is in one of the two lists of a queue, and mutexes
 * and semaphores are queues (queue.c, Queue_t): of a mutex pcHead is NULL and the holder is known, of a
 * semaphore pcHead points at the queue itself, for it has no storage.
 */
#include <stdio.h>
#include <string.h>

#include "rtos/freertos.h"

#define LENGTH_MAX 0x10000u
#define REGISTRY_MAX 64u

/* V10.2 and later, as GCC lays it out for every Cortex-M; before, the holder was the second word. */
static struct freertos_queue usual_queue(const struct list_layout *l)
{
	return (struct freertos_queue){ .send = 16, .receive = 16u + l->list_bytes, .holder = 8,
					.messages = 16u + 2u * l->list_bytes,
					.length = 20u + 2u * l->list_bytes,
					.item_size = 24u + 2u * l->list_bytes };
}

struct waited {
	uint32_t addr, head, messages, length, item_size;
	bool is_receive;
};

static enum err read_queue(struct rtos *os, const struct freertos_queue *q, struct waited *w, bool *is)
{
	*is = false;
	if (!rtos_is_object(w->addr))
		return OK;
	TRY(rtos_read_u32(os, w->addr + q->head, &w->head));
	TRY(rtos_read_u32(os, w->addr + q->messages, &w->messages));
	TRY(rtos_read_u32(os, w->addr + q->length, &w->length));
	TRY(rtos_read_u32(os, w->addr + q->item_size, &w->item_size));
	*is = w->length >= 1 && w->length <= LENGTH_MAX && w->messages <= w->length &&
	      w->item_size <= LENGTH_MAX && freertos_is_list(os, w->addr + q->send) &&
	      freertos_is_list(os, w->addr + q->receive) &&
	      (w->head == 0 || rtos_is_object(w->head & ~3u));
	return OK;
}

/* The queue one of whose lists is at `list`. */
static bool find_queue(struct rtos *os, const struct freertos_queue *q, uint32_t list, struct waited *w)
{
	bool is = false;

	*w = (struct waited){ .addr = list - q->receive, .is_receive = true };
	if (read_queue(os, q, w, &is) == OK && is)
		return true;
	error_clear();
	*w = (struct waited){ .addr = list - q->send };
	if (read_queue(os, q, w, &is) == OK && is)
		return true;
	error_clear();
	return false;
}

/* A task of the list: the second word, where older kernels keep it, may hold anything. */
static uint32_t find_holder(struct rtos *os, const struct freertos_queue *q, uint32_t addr)
{
	const uint32_t offsets[] = { q->holder, 4 };
	uint32_t holder;

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		if (rtos_read_u32(os, addr + offsets[i], &holder) != OK)
			error_clear();
		else if (rtos_find(os, holder) != NULL)
			return holder;
	}
	return 0;
}

/* vQueueAddToRegistry()'s name: an array of pointers to a name and a queue. */
static bool registered_name(struct rtos *os, uint32_t queue, char *name, size_t size)
{
	uint32_t registry, bytes, text, handle;

	if (!rtos_symbol(os, "xQueueRegistry", &registry) ||
	    !rtos_symbol_size(os, "xQueueRegistry", &bytes))
		return false;
	for (uint32_t i = 0; i < MIN(bytes / 8, REGISTRY_MAX); i++) {
		if (rtos_read_u32(os, registry + 8 * i, &text) != OK ||
		    rtos_read_u32(os, registry + 8 * i + 4, &handle) != OK) {
			error_clear();
			return false;
		}
		if (handle == queue && rtos_is_code(text))
			return rtos_read_name(os, text, size - 1, name, size) && name[0] != '\0';
	}
	return false;
}

/* " <name>", like GDB writes one; "" if the object has none. */
static void say_name(struct rtos *os, uint32_t addr, char *text, size_t size)
{
	struct symbol symbol;
	char name[32];

	text[0] = '\0';
	if (registered_name(os, addr, name, sizeof(name)))
		snprintf(text, size, " <%s>", name);
	else if (symbols_at(os->target->symbols, addr, &symbol) && !symbol.is_function)
		snprintf(text, size, " <%.30s>", symbol.name);
}

static void say_wait(struct rtos *os, struct rtos_thread *task)
{
	const struct freertos_notes *notes = os->notes;
	struct freertos_queue q = notes->build.queue.is_known && notes->layout == &notes->build.lists ?
				  notes->build.queue : usual_queue(notes->layout);
	const struct rtos_thread *holder;
	const char *kind = "";
	struct waited w;
	char name[40];

	if (find_queue(os, &q, task->waits_for, &w)) {
		task->waits_for = w.addr;
		kind = w.item_size != 0 ? (w.is_receive ? "empty queue " : "full queue ") :
		       w.head == 0	? "mutex " : "semaphore ";
		if (w.item_size == 0 && w.head == 0)
			task->holder = find_holder(os, &q, w.addr);
	}
	say_name(os, task->waits_for, name, sizeof(name));
	snprintf(task->state, sizeof(task->state), "Blocked on %s0x%08x%s", kind, task->waits_for, name);
	size_t n = strlen(task->state);

	holder = task->holder != 0 ? rtos_find(os, task->holder) : NULL;
	if (holder != NULL)
		snprintf(task->state + n, sizeof(task->state) - n, " held by %.20s", holder->name);
	n = strlen(task->state);
	if (task->has_deadline)
		snprintf(task->state + n, sizeof(task->state) - n, " until tick %u", task->deadline);
}

void freertos_say_waits(struct rtos *os)
{
	for (size_t i = 0; i < os->count; i++) {
		if (os->threads[i].waits_for != 0 && !os->threads[i].is_current)
			say_wait(os, &os->threads[i]);
	}
}
