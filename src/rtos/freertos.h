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
	uint8_t value_bytes;			/* 2: the word at item_value has only 16 bits of it */
};

/* Offsets in the control block; those that may be absent are 0 then. */
struct freertos_tcb {
	uint32_t state_item, event_item, priority, stack, name;
	uint32_t name_bytes;			/* 0: not known */
	uint32_t end_of_stack, base_priority;
	uint32_t run_state;			/* SMP: the core it runs on, below 0 none */
	uint32_t notify_state, notify_bytes;	/* one byte for each notification; 0: not known */
};

/* Offsets in Queue_t. */
struct freertos_queue {
	bool is_known;
	uint32_t head, holder, send, receive, messages, length, item_size;
};

/* What the program's debug information says. */
struct freertos_build {
	bool is_asked, has_lists, has_tcb, is_other;	/* is_other: not of what is on the target */
	uint32_t version;			/* of the target's symbols then */
	struct list_layout lists;
	struct freertos_tcb tcb;
	struct freertos_queue queue;
	char from[160];				/* which file, or why nothing is known */
};

struct freertos_notes {
	const struct list_layout *layout;	/* NULL: not known yet */
	uint32_t lists;				/* the list it was found at */
	bool is_sure;				/* the lists keep their invariants */
	bool is_smp;
	bool has_short_ticks;			/* 16 bits, what follows is padding */
	bool has_tcb;				/* `tcb` is known */
	struct freertos_tcb tcb;
	struct freertos_build build;
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
/* A tick, or the mark of a list's end, without what may lie behind 16 bits of it. */
uint32_t freertos_tick(const struct freertos_notes *notes, uint32_t value);
/* Learns where things are in the control block from one state item of it. */
enum err freertos_learn_tcb(struct rtos *os, uint32_t item, uint32_t tcb);
void freertos_guess_tcb(struct rtos *os, uint32_t state_item);
/* Does the list at `addr` keep the layout's invariants? */
bool freertos_is_list(struct rtos *os, uint32_t addr);
/* freertos_debug.c: asks once for each ELF file. */
void freertos_ask_debug_info(struct rtos *os);
/* freertos_wait.c: what the blocked tasks of the list wait for, in words, and who has it. */
void freertos_say_waits(struct rtos *os);
/* What most builds have. */
const struct list_layout *freertos_usual_layout(void);
extern const struct frame_layout freertos_frames[];
/* The MPU ports since V10.6 save into the control block. */
enum err freertos_mpu_context(struct rtos *os, uint32_t top, struct rtos_context *context);

#endif
