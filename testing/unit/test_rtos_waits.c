/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What threads wait for, how much of their stacks is left, and what `rtos check` makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos_kernel.h"

/* Queue_t of queue.c: pcHead, pcWriteTo, two words of a union, two lists, messages, length, item size. */
static uint32_t put_queue(struct fake *f, const struct build *b, unsigned n, bool is_mutex, uint32_t holder)
{
	struct sizes s = sizes_of(b);
	uint32_t queue = TCBS + 8 * TCB_BYTES + n * 0x100;

	init_list(f, b, queue + 16);
	init_list(f, b, queue + 16 + s.list);
	for (unsigned i = 0; i < 2; i++)
		put_tick(f, b, end_of(b, queue + 16 + i * s.list) + s.check, 0xffffffff);
	put(f, queue, is_mutex ? 0 : queue + 0xc0);
	put(f, queue + 8, holder);
	put(f, queue + 16 + 2 * s.list, 0);
	put(f, queue + 20 + 2 * s.list, is_mutex ? 1 : 4);
	put(f, queue + 24 + 2 * s.list, is_mutex ? 0 : 12);
	return queue;
}

/* The task's event item moves to the list at the queue's offset; it waits without limit. */
static void let_wait(struct fake *f, const struct build *b, unsigned task, uint32_t list)
{
	struct sizes s = sizes_of(b);

	init_list(f, b, LIST(5));
	link_item(f, b, list, state_item(b, task) + s.item, 1);
}

static void test_what_a_task_waits_for(void **state)
{
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(builds); i++) {
		const struct build *b = &builds[i];
		struct rtos *os = free_rtos(f, b, "FreeRTOS");
		uint32_t receive = 16 + sizes_of(b).list;
		uint32_t mutex = put_queue(f, b, 0, true, TCBS + 2 * TCB_BYTES);

		print_message("%s\n", b->name);
		let_wait(f, b, 4, mutex + receive);
		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(named(os, "queue")->state,
				    "Blocked on mutex 0x20001400 held by delayed");
		assert_int_equal(named(os, "queue")->holder, TCBS + 2 * TCB_BYTES);
		assert_int_equal(named(os, "queue")->waits_for, mutex);
		put(f, mutex + 8, 0xdeadbeef);		/* nobody that is known */
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(named(os, "queue")->state, "Blocked on mutex 0x20001400");
		put_queue(f, b, 0, false, 0);
		let_wait(f, b, 4, mutex + receive);
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(named(os, "queue")->state, "Blocked on empty queue 0x20001400");
		put_queue(f, b, 0, false, 0);
		let_wait(f, b, 4, mutex + 16);
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(named(os, "queue")->state, "Blocked on full queue 0x20001400");
	}
}

static const char *check(struct rtos *os, uint32_t limit, unsigned findings)
{
	static struct buf text;

	buf_free(&text);
	os->target->memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(rtos_check(os, limit, &text), findings);
	buf_putc(&text, '\0');
	return (const char *)text.data;
}

static void test_check_finds_deadlocks_and_stacks(void **state)
{
	const struct build *b = &builds[0];
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, b, "FreeRTOS");
	uint32_t receive = 16 + sizes_of(b).list, first, second;

	f->target.state = TARGET_RUNNING;	/* nobody's SP is in the core */
	assert_string_equal(check(os, 32, 0), "nothing wrong with 6 threads; the least stack is left "
			    "to IDLE: 40 bytes were never used\n");
	assert_non_null(strstr(check(os, 46, 2), "main (0x20000980): only 44 bytes of its stack were "
			       "never used, less than 46: give it a larger stack\n"));
	memset(&f->ram[STACKS + STACK - FAKE_RAM], 0x11, STACK / 4);
	assert_non_null(strstr(check(os, 32, 1), "main (0x20000980): its stack was used to the last byte"));
	memset(&f->ram[STACKS + STACK - FAKE_RAM], 0xa5, 64);
	put(f, TCBS + 3 * TCB_BYTES, STACKS + 3 * STACK - 8);
	assert_non_null(strstr(check(os, 32, 1), "suspended (0x20000c80): its stack has overflowed: SP is "
			       "8 bytes below the stack's end at 0x20002600"));
	put(f, TCBS + 3 * TCB_BYTES, STACKS + 3 * STACK + 0x100);
	/* 3 has the first mutex and waits for the second, which 4 has; 4 waits for the first. */
	first = put_queue(f, b, 0, true, TCBS + 3 * TCB_BYTES);
	second = put_queue(f, b, 1, true, TCBS + 4 * TCB_BYTES);
	let_wait(f, b, 4, first + receive);
	let_wait(f, b, 3, second + receive);
	assert_string_equal(check(os, 32, 1), "suspended (0x20000c80): deadlock: it waits for "
			    "0x20001500, which queue holds; queue waits for 0x20001400, which suspended "
			    "holds: take the two in the same order everywhere\n");
	put(f, second + 8, TCBS + 3 * TCB_BYTES);
	assert_non_null(strstr(check(os, 32, 1), "waits for what it holds itself (0x20001500)"));
	assert_int_equal(check(os, 0, 1)[0], 's');
}

static void test_the_heap_tells_how_large_a_stack_is(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");
	struct buf text = { 0 };

	put(f, STACKS + 3 * STACK - 8, 0);			/* heap_4.c's header */
	put(f, STACKS + 3 * STACK - 4, 0x80000000u | (STACK + 8));
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(named(os, "suspended")->stack_size, STACK);
	assert_int_equal(named(os, "queue")->stack_size, 0);
	rtos_describe(os, named(os, "suspended"), &text);
	buf_putc(&text, '\0');
	assert_string_equal((char *)text.data, "Suspended, priority 1, 256 of 512 bytes of stack free, "
			    "52 never used");
	buf_free(&text);
}

/* What a stop costs with a GDB that asks for all threads: one trip for the lists, one for the stacks. */
static void test_the_list_for_gdb_is_two_trips(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");
	uint32_t bytes;

	fake_packet(f, "qXfer:threads:read::0,ffb");
	for (unsigned i = 0; i < 3; i++) {
		f->target.memory_epoch++;
		unsigned before = f->reads;

		assert_non_null(strstr(fake_packet(f, "qXfer:threads:read::0,ffb"), "44 never used"));
		assert_int_equal(f->reads - before, 2);
	}
	/* Used up to a place between those that are looked at: the next look finds the new end. */
	put(f, STACKS + STACK + 16, 0);
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_true(rtos_never_used(os, named(os, "main"), &bytes));
	assert_int_equal(bytes, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RTOS_TEST(test_what_a_task_waits_for), RTOS_TEST(test_check_finds_deadlocks_and_stacks),
		RTOS_TEST(test_the_heap_tells_how_large_a_stack_is),
		RTOS_TEST(test_the_list_for_gdb_is_two_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
