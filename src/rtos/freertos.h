/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FreeRTOS' structures as a build may have them (FreeRTOS-Kernel include/list.h, tasks.c). Which one a
 * program has is found out from its own lists: an initialised list keeps invariants that no other
 * layout of the same bytes keeps.
 */
#ifndef RTOS_FREERTOS_H
#define RTOS_FREERTOS_H

#include "rtos/rtos_priv.h"

/* List_t and ListItem_t; offsets in bytes. `next` of the end marker is end + item_next. */
struct list_layout {
	const char *name;
	uint8_t list_bytes, count, index, end;
	uint8_t item_bytes, item_value, item_next, item_prev, item_owner, item_container;
};

struct freertos_notes {
	const struct list_layout *layout;	/* NULL: not known yet */
	uint32_t lists;				/* the list it was found at */
	bool is_sure;				/* the lists keep their invariants */
	bool is_smp;
	bool has_tcb;				/* the next three are known */
	uint32_t state_item;			/* offset of xStateListItem */
	uint32_t priority, name;		/* offsets of uxPriority and pcTaskName */
};

struct freertos_list {
	uint32_t addr, count, first, end;
};

/* Finds os->notes' layout. False: the kernel has not initialised its lists. */
bool freertos_find_layout(struct rtos *os);
/* The head of a list. ERR_RTOS if it is none. */
enum err freertos_read_list(struct rtos *os, uint32_t addr, struct freertos_list *list);
/* The item's owner and its successor. ERR_RTOS if it does not lie in `list`. */
enum err freertos_read_item(struct rtos *os, const struct freertos_list *list, uint32_t item,
			    uint32_t *owner, uint32_t *value, uint32_t *next);
/* Learns where things are in the control block from one state item of it. */
enum err freertos_learn_tcb(struct rtos *os, uint32_t item, uint32_t tcb);
void freertos_guess_tcb(struct rtos *os, uint32_t state_item);
/* What most builds have. */
const struct list_layout *freertos_usual_layout(void);
extern const struct frame_layout freertos_frames[];
/* The MPU ports since V10.6 save into the control block. */
enum err freertos_mpu_context(struct rtos *os, uint32_t top, struct rtos_context *context);

#endif
