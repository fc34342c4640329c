/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FreeRTOS' structures as the compiler has laid them out, where the program's ELF file tells. */
#include <stdio.h>
#include <string.h>

#include "image/debug_info.h"
#include "rtos/freertos.h"

#define TCB "tskTaskControlBlock"
#define NOTIFICATIONS_MAX 64u

/* False: not there, or further off than a table of bytes can say. */
static bool byte_member(struct debug_info *d, const char *type, const char *path, uint8_t *offset)
{
	struct debug_member m;

	if (!debug_info_member(d, type, path, &m) || m.offset > UINT8_MAX)
		return false;
	*offset = (uint8_t)m.offset;
	return true;
}

static bool byte_size(struct debug_info *d, const char *type, uint8_t *bytes)
{
	uint32_t size;

	if (!debug_info_size(d, type, &size) || size > UINT8_MAX)
		return false;
	*bytes = (uint8_t)size;
	return true;
}

/* Before V10 the container was called pvContainer. */
static bool read_lists(struct debug_info *d, struct list_layout *l)
{
	struct debug_member value;

	*l = (struct list_layout){ .name = "as the ELF file says" };
	if (!debug_info_member(d, "xLIST_ITEM", "xItemValue", &value))
		return false;
	l->value_bytes = (uint8_t)MIN(value.bytes, 8u);
	return byte_size(d, "xLIST", &l->list_bytes) &&
	       byte_member(d, "xLIST", "uxNumberOfItems", &l->count) &&
	       byte_member(d, "xLIST", "pxIndex", &l->index) &&
	       byte_member(d, "xLIST", "xListEnd", &l->end) &&
	       byte_size(d, "xLIST_ITEM", &l->item_bytes) &&
	       byte_member(d, "xLIST_ITEM", "xItemValue", &l->item_value) &&
	       byte_member(d, "xLIST_ITEM", "pxNext", &l->item_next) &&
	       byte_member(d, "xLIST_ITEM", "pxPrevious", &l->item_prev) &&
	       byte_member(d, "xLIST_ITEM", "pvOwner", &l->item_owner) &&
	       (byte_member(d, "xLIST_ITEM", "pxContainer", &l->item_container) ||
		byte_member(d, "xLIST_ITEM", "pvContainer", &l->item_container));
}

static uint32_t member(struct debug_info *d, const char *type, const char *path)
{
	struct debug_member m;

	return debug_info_member(d, type, path, &m) ? m.offset : 0;
}

/* Before V9 the state item was called xGenericListItem. pxTopOfStack is the first, by contract. */
static bool read_tcb(struct debug_info *d, struct freertos_tcb *tcb)
{
	struct debug_member name, notify;

	*tcb = (struct freertos_tcb){
		.state_item = member(d, TCB, "xStateListItem"),
		.event_item = member(d, TCB, "xEventListItem"),
		.priority = member(d, TCB, "uxPriority"),
		.stack = member(d, TCB, "pxStack"),
		.end_of_stack = member(d, TCB, "pxEndOfStack"),
		.base_priority = member(d, TCB, "uxBasePriority"),
		.run_state = member(d, TCB, "xTaskRunState"),
	};
	if (tcb->state_item == 0)
		tcb->state_item = member(d, TCB, "xGenericListItem");
	if (!debug_info_member(d, TCB, "pcTaskName", &name))
		return false;
	/* Since V10.4 an array; V8.2 has an enum. */
	if (debug_info_member(d, TCB, "ucNotifyState", &notify) ||
	    debug_info_member(d, TCB, "eNotifyState", &notify)) {
		tcb->notify_state = notify.offset;
		tcb->notify_bytes = MIN(notify.bytes, NOTIFICATIONS_MAX);
	}
	tcb->name = name.offset;
	tcb->name_bytes = name.bytes;
	return tcb->state_item != 0 && tcb->event_item != 0 && tcb->priority != 0 && tcb->stack != 0;
}

static void read_queue(struct debug_info *d, struct freertos_queue *q)
{
	struct debug_member m;

	q->is_known = debug_info_member(d, "QueueDefinition", "pcHead", &m);
	if (!q->is_known)
		return;
	q->head = m.offset;
	q->send = member(d, "QueueDefinition", "xTasksWaitingToSend");
	q->receive = member(d, "QueueDefinition", "xTasksWaitingToReceive");
	q->messages = member(d, "QueueDefinition", "uxMessagesWaiting");
	q->length = member(d, "QueueDefinition", "uxLength");
	q->item_size = member(d, "QueueDefinition", "uxItemSize");
	q->holder = member(d, "QueueDefinition", "u.xSemaphore.xMutexHolder");
	if (q->holder == 0)
		q->holder = member(d, "QueueDefinition", "pcTail");	/* before V10.2, by a macro */
	q->is_known = q->send != 0 && q->receive != 0 && q->messages != 0 && q->length != 0;
}

void freertos_ask_debug_info(struct rtos *os)
{
	struct freertos_notes *notes = os->notes;
	struct freertos_build *build = &notes->build;
	uint32_t version = symbols_version(os->target->symbols);

	if (build->is_asked && build->version == version)
		return;
	*build = (struct freertos_build){ .is_asked = true, .version = version };
	struct debug_info *d = debug_info_open(os->target->symbols);

	build->has_lists = read_lists(d, &build->lists);
	build->has_tcb = build->has_lists && read_tcb(d, &build->tcb);
	read_queue(d, &build->queue);
	if (build->has_lists)
		snprintf(build->from, sizeof(build->from), "debug information of %s", debug_info_path(d));
	else
		snprintf(build->from, sizeof(build->from), "%s", debug_info_why(d));
	debug_info_close(d);
	notes->layout = NULL;		/* find it again, by what is known now */
	notes->has_tcb = false;
}
