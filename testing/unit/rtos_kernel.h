/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FreeRTOS laid out in a fake target's RAM, in each of the layouts its builds have. */
#ifndef TEST_RTOS_KERNEL_H
#define TEST_RTOS_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdb_fake.h"
#include "rtos/freertos.h"
#include "rtos/rtos_priv.h"

#define VARIABLES  (FAKE_RAM + 0x40)
#define READY	   (FAKE_RAM + 0x100)
#define LISTS	   (FAKE_RAM + 0x400)
#define TCBS	   (FAKE_RAM + 0x800)
#define TCB_BYTES  0x180u
#define STACKS	   (FAKE_RAM + 0x2000)
#define STACK	   0x200u
#define PC	   0x08000400u
#define PRIORITIES 5u

static inline void put(struct fake *f, uint32_t addr, uint32_t value)
{
	assert_true(addr - FAKE_RAM <= FAKE_RAM_SIZE - 4);
	put_le32(&f->ram[addr - FAKE_RAM], value);
}

static inline uint32_t get(const struct fake *f, uint32_t addr)
{
	return get_le32(&f->ram[addr - FAKE_RAM]);
}

static inline void put_text(struct fake *f, uint32_t addr, const char *text)
{
	memcpy(&f->ram[addr - FAKE_RAM], text, strlen(text) + 1);
}

/* The program's symbols as GDB would give them. */
struct known {
	const char *name;
	uint32_t addr;
};

static inline struct rtos *kernel(struct fake *f, const char *name, const struct known *symbols)
{
	const char *asked;

	free(f->target.rtos);
	f->target.rtos = xstrdup(name);
	struct rtos *os = rtos_of(&f->target);

	assert_non_null(os);
	for (bool again = true; (asked = rtos_next_symbol(os, again)) != NULL; again = false) {
		const struct known *k = symbols;

		while (k->name != NULL && strcmp(k->name, asked) != 0)
			k++;
		rtos_give_symbol(os, asked, strlen(asked), k->name != NULL, k->addr);
	}
	return os;
}

static inline int teardown(void **state)
{
	struct fake *f = *state;

	rtos_free(&f->target);
	free(f->target.rtos);
	f->target.rtos = NULL;
	return fake_teardown(state);
}
#define RTOS_TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, teardown)

/* FreeRTOS' structures in one of their layouts: list.h and tasks.c of FreeRTOS-Kernel. */
struct build {
	const char *name;
	bool has_checks, has_whole_end, has_long_ticks, is_smp, has_top;
	unsigned mpu_words;
	bool has_short_ticks;
};

static const struct build builds[] = {
	{ "plain", false, false, false, false, false, 0, false },
	{ "plain with uxTopUsedPriority", false, false, false, false, true, 0, false },
	{ "whole end markers", false, true, false, false, false, 0, false },
	{ "integrity bytes", true, false, false, false, false, 0, false },
	{ "integrity bytes, whole end markers", true, true, false, false, true, 0, false },
	{ "64-bit ticks", false, false, true, false, false, 0, false },
	{ "64-bit ticks, whole end markers", false, true, true, false, false, 0, false },
	{ "MPU settings", false, false, false, false, false, 9, false },
	{ "SMP", false, false, false, true, false, 0, false },
	{ "SMP with affinity", true, false, false, true, false, 1, false },
	{ "64-bit ticks, integrity bytes", true, false, true, false, false, 0, false },
	{ "64-bit ticks, integrity bytes, whole end markers", true, true, true, false, false, 0, false },
	{ "16-bit ticks", false, false, false, false, false, 0, true },
	{ "16-bit ticks, whole end markers", false, true, false, false, false, 0, true },
	{ "16-bit ticks, integrity bytes", true, false, false, false, false, 0, true },
	{ "16-bit ticks, integrity bytes, whole end markers", true, true, false, false, true, 0, true },
};

struct sizes {
	uint32_t check, tick, item, list, next;	/* next: offset in an item */
	uint32_t head;				/* of a list's count */
};

static inline struct sizes sizes_of(const struct build *b)
{
	struct sizes s = { .tick = b->has_long_ticks ? 8 : b->has_short_ticks ? 2 : 4 };

	s.check = b->has_checks ? s.tick : 0;
	s.head = (s.check + 3) & ~3u;
	s.next = (s.check + s.tick + 3) & ~3u;
	s.item = s.next + 16 + s.head;
	s.list = s.head + 8 + (b->has_whole_end ? s.item : s.next + 8) + s.head;
	return s;
}

static inline uint32_t end_of(const struct build *b, uint32_t list)
{
	return list + sizes_of(b).head + 8;
}

/* Behind 16 bits lies whatever the heap's block held. */
static inline void put_tick(struct fake *f, const struct build *b, uint32_t addr, uint32_t value)
{
	if (!b->has_short_ticks)
		put(f, addr, value);
	else if (b->has_checks)
		put_le16(&f->ram[addr - FAKE_RAM], (uint16_t)value);
	else
		put(f, addr, 0xbeef0000 | (value & 0xffff));
}

static inline void init_list(struct fake *f, const struct build *b, uint32_t list)
{
	struct sizes s = sizes_of(b);
	uint32_t end = end_of(b, list);

	if (b->has_checks) {
		put(f, list, 0x5a5a5a5a);
		put(f, end, 0x5a5a5a5a);
	}
	put(f, list + s.head, 0);
	put(f, list + s.head + 4, end);
	for (uint32_t i = 0; i < s.tick; i += 2)
		put_le16(&f->ram[end + s.check + i - FAKE_RAM], 0xffff);
	put(f, end + s.next, end);
	put(f, end + s.next + 4, end);
}

static inline void link_item(struct fake *f, const struct build *b, uint32_t list, uint32_t item,
			     uint32_t value)
{
	struct sizes s = sizes_of(b);
	uint32_t end = end_of(b, list), last = get(f, end + s.next + 4);

	put_tick(f, b, item + s.check, value);
	put(f, item + s.next, end);
	put(f, item + s.next + 4, last);
	put(f, item + s.next + 12, list);
	put(f, last + s.next, item);
	put(f, end + s.next + 4, item);
	put(f, list + s.head, get(f, list + s.head) + 1);
}

static inline uint32_t state_item(const struct build *b, unsigned task)
{
	return TCBS + task * TCB_BYTES + 4 + 4 * b->mpu_words;
}

/* A frame of the Cortex-M4F port: register n holds 0x1000 + n. */
static inline uint32_t put_frame(struct fake *f, unsigned task)
{
	uint32_t sp = STACKS + task * STACK + 0x100;

	for (uint32_t i = 0; i < 8; i++)
		put(f, sp + 4 * i, 0x1004 + i);
	put(f, sp + 32, 0xfffffffd);
	for (uint32_t i = 0; i < 4; i++)
		put(f, sp + 36 + 4 * i, 0x1000 + i);
	put(f, sp + 52, 0x100c);
	put(f, sp + 56, 0x08000201);
	put(f, sp + 60, PC + 4 * task);
	put(f, sp + 64, 0x01000000);
	return sp;
}

static inline void put_task(struct fake *f, const struct build *b, unsigned task, const char *name,
		     uint32_t priority)
{
	struct sizes s = sizes_of(b);
	uint32_t tcb = TCBS + task * TCB_BYTES, at = state_item(b, task);

	put(f, tcb, put_frame(f, task));
	put(f, at + s.next + 8, tcb);
	put(f, at + s.item + s.next + 8, tcb);
	at += 2 * s.item;
	put(f, at, priority);
	put(f, at + 4, STACKS + task * STACK);
	memset(&f->ram[STACKS + task * STACK - FAKE_RAM], 0xa5, 40 + 4 * task);
	at += 8;
	if (b->is_smp) {
		put(f, at, 0xffffffff);
		put(f, at + 4, 0);
		at += 8;
	}
	put_text(f, at, name);
}

#define LIST(n) (LISTS + (n) * 64)	/* delayed 0, overflow 1, pending 2, suspended 3, deleted 4 */

static inline struct rtos *free_rtos(struct fake *f, const struct build *b, const char *asked)
{
	struct sizes s = sizes_of(b);
	static const struct {
		const char *name;
		uint32_t priority;
	} tasks[] = { { "IDLE", 0 }, { "main", 2 }, { "delayed", 3 }, { "suspended", 1 }, { "queue", 4 },
		      { "gone", 1 } };

	memset(f->ram, 0, sizeof(f->ram));
	for (uint32_t p = 0; p < PRIORITIES; p++)
		init_list(f, b, READY + p * s.list);
	for (uint32_t i = 0; i < 5; i++)
		init_list(f, b, LIST(i));
	init_list(f, b, LIST(5));
	for (unsigned i = 0; i < ARRAY_SIZE(tasks); i++)
		put_task(f, b, i, tasks[i].name, tasks[i].priority);
	link_item(f, b, READY, state_item(b, 0), 0);
	link_item(f, b, READY + 2 * s.list, state_item(b, 1), 0);
	link_item(f, b, LIST(0), state_item(b, 2), 99);
	link_item(f, b, LIST(3), state_item(b, 3), 0);
	link_item(f, b, LIST(3), state_item(b, 4), 0);
	link_item(f, b, LIST(5), state_item(b, 4) + s.item, 1);
	link_item(f, b, LIST(4), state_item(b, 5), 0);
	put(f, VARIABLES, TCBS + TCB_BYTES);
	put(f, VARIABLES + 4, ARRAY_SIZE(tasks));
	put(f, VARIABLES + 8, 1);
	put(f, VARIABLES + 12, PRIORITIES - 1);
	const struct known symbols[] = {
		{ b->is_smp ? "pxCurrentTCBs" : "pxCurrentTCB", VARIABLES },
		{ "uxCurrentNumberOfTasks", VARIABLES + 4 },
		{ "xSchedulerRunning", VARIABLES + 8 },
		{ b->has_top ? "uxTopUsedPriority" : "x", VARIABLES + 12 },
		{ "pxReadyTasksLists", READY },
		{ "xDelayedTaskList1", LIST(0) },
		{ "xDelayedTaskList2.lto_priv.0", LIST(1) },
		{ "xPendingReadyList", LIST(2) },
		{ "xSuspendedTaskList", LIST(3) },
		{ "xTasksWaitingTermination", LIST(4) },
		{ NULL, 0 }
	};

	f->target.memory_epoch++;
	return kernel(f, asked, symbols);
}

static inline const struct rtos_thread *named(const struct rtos *os, const char *name)
{
	for (size_t i = 0; i < os->count; i++) {
		if (strcmp(os->threads[i].name, name) == 0)
			return &os->threads[i];
	}
	fail_msg("no thread %s", name);
	return NULL;
}

#endif
