/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels laid out in a fake target's RAM: every layout of lists and frames, and garbage in all words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtos_kernel.h"

static void test_every_layout_of_freertos(void **state)
{
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(builds); i++) {
		struct rtos *os = free_rtos(f, &builds[i], i % 2 == 0 ? "auto" : "FreeRTOS");
		uint32_t bytes;

		print_message("%s\n", builds[i].name);
		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(os->damage, "");
		assert_int_equal(os->count, 6);
		assert_string_equal(named(os, "IDLE")->state, "Ready");
		assert_string_equal(named(os, "main")->state, "Running");
		assert_true(named(os, "main")->is_current);
		assert_string_equal(named(os, "delayed")->state, "Blocked until tick 99");
		assert_string_equal(named(os, "suspended")->state, "Suspended");
		assert_memory_equal(named(os, "queue")->state, "Blocked on 0x2000", 17);
		assert_string_equal(named(os, "gone")->state, "Deleted");
		assert_int_equal(named(os, "queue")->priority, 4);
		assert_int_equal(named(os, "queue")->id, TCBS + 4 * TCB_BYTES);
		assert_true(rtos_headroom(os, named(os, "delayed"), &bytes));
		assert_int_equal(bytes, 48);
	}
}

/* The scheduler is suspended: what the task waited for has come, its event item says so. */
static void test_a_task_in_the_pending_list_is_ready(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");

	link_item(f, &builds[0], LIST(2), state_item(&builds[0], 2) + 20, 5);
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_string_equal(os->damage, "");
	assert_string_equal(named(os, "delayed")->state, "Ready");
}

/* SMP: another core has the registers of what it runs. */
static void test_a_task_on_another_core(void **state)
{
	const struct build *b = &builds[8];
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, b, "FreeRTOS");
	struct rtos_context context;

	put(f, VARIABLES + 4, 6);
	put(f, TCBS + 4 + 2 * 20 + 8, 1);	/* IDLE's xTaskRunState */
	put(f, TCBS + TCB_BYTES + 4 + 2 * 20 + 8, 0);
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_string_equal(named(os, "IDLE")->state, "Running on core 1");
	assert_string_equal(named(os, "main")->state, "Running");
	assert_int_equal(rtos_context(os, named(os, "IDLE"), &context), ERR_RTOS);
	assert_non_null(strstr(error_current()->why, "another core"));
	error_clear();
}

/* Static tasks often have the control block in front of the stack. */
static void test_a_stack_behind_its_control_block(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");
	uint32_t sp = TCBS + 0x90;		/* of the free bytes behind IDLE's */
	struct rtos_context context;
	int64_t left;

	memcpy(&f->ram[sp - FAKE_RAM], &f->ram[STACKS + 0x100 - FAKE_RAM], 17 * 4);
	put(f, TCBS, sp);
	put(f, TCBS + 4 + 2 * 20 + 4, TCBS + 0x60);
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(rtos_context(os, named(os, "IDLE"), &context), OK);
	assert_string_equal(context.layout, "Cortex-M4F");
	assert_true(rtos_stack_left(os, named(os, "IDLE"), &left));
	assert_int_equal(left, 0x30);
}

/* A wrong word in one variable does not hide what the lists say. */
static void test_a_wild_count_and_a_wild_current_task(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");

	put(f, VARIABLES + 4, 0x7fffffff);
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 6);
	assert_string_equal(os->damage, "the kernel says it has 2147483647 tasks");
	put(f, VARIABLES + 4, 6);
	put(f, VARIABLES, 0x12345678);
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 7);		/* with the core */
	assert_int_equal(rtos_current(os)->id, RTOS_CORE);
	assert_string_equal(named(os, "main")->state, "Ready");
	assert_memory_equal(named(os, "queue")->state, "Blocked on 0x2000", 17);
	assert_true(os->damage[0] != '\0');
}

static void test_before_the_scheduler_runs(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");

	put(f, VARIABLES + 8, 0);
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 7);
	assert_int_equal(rtos_current(os)->id, RTOS_CORE);
	assert_false(rtos_find(os, TCBS + TCB_BYTES)->is_current);
	put(f, VARIABLES + 4, 0);		/* no task has been created */
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 1);
	assert_string_equal(os->threads[0].name, "Current Execution");
}

/* A stop costs one trip for what the last one needed. */
static void test_the_next_stop_is_one_trip(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[3], "FreeRTOS");

	assert_int_equal(rtos_update(os), OK);
	for (int i = 0; i < 3; i++) {
		f->target.memory_epoch++;
		unsigned before = f->reads;

		assert_int_equal(rtos_update(os), OK);
		assert_int_equal(os->count, 6);
		assert_int_equal(f->reads - before, 1);
		assert_int_equal(rtos_update(os), OK);
		assert_int_equal(f->reads - before, 1);
	}
}

/* Whatever a word holds: an end, no thread outside of RAM, never more than there can be. */
static void test_garbage_in_every_word(void **state)
{
	static const uint32_t values[] = { 0, 1, 0xffffffff, 0xdeadbeef, FAKE_RAM, READY, LISTS + 8,
					   TCBS + 4, TCBS + TCB_BYTES + 4, FAKE_RAM + FAKE_RAM_SIZE - 4,
					   0xe000e000, 255, 256 };
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");

	log_set_level(LOG_ERROR);
	for (uint32_t at = VARIABLES; at < TCBS + 6 * TCB_BYTES; at += 4) {
		uint32_t old = get(f, at);

		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			put(f, at, values[i]);
			f->target.memory_epoch++;
			unsigned before = f->reads;

			assert_int_equal(rtos_update(os), OK);
			assert_in_range(os->count, 1, 8);
			assert_true(f->reads - before < 64);
			assert_non_null(rtos_current(os));
			for (size_t k = 0; k < os->count; k++) {
				struct rtos_context context;

				if (!os->threads[k].is_current)
					rtos_context(os, &os->threads[k], &context);
				error_clear();
			}
			assert_int_equal(error_current()->code, OK);
		}
		put(f, at, old);
	}
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 6);
	log_set_level(LOG_INFO);
}

static void test_a_lost_probe_is_an_error(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");

	f->next_error = ERR_ADAPTER_LOST;
	assert_int_equal(rtos_update(os), ERR_ADAPTER_LOST);
	assert_int_equal(os->count, 0);
	error_clear();
	f->adapter.is_lost = false;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 6);
}

/* Frames: what each port pushes, with register n holding 0x1000 + n and sn 0x2000 + n. */
#define R(n) (0x1000u + (n))
#define S(n) (0x2000u + (n))
#define HARDWARE R(0), R(1), R(2), R(3), R(12), 0x08000201, PC
#define LOW	 R(4), R(5), R(6), R(7)
#define HIGH	 R(8), R(9), R(10), R(11)
#define S16	 S(16), S(17), S(18), S(19), S(20), S(21), S(22), S(23), S(24), S(25), S(26), S(27),      \
		 S(28), S(29), S(30), S(31)
#define S0	 S(0), S(1), S(2), S(3), S(4), S(5), S(6), S(7), S(8), S(9), S(10), S(11), S(12), S(13),  \
		 S(14), S(15), 0x03000000, 0
#define XPSR	 0x01000000

static const struct {
	const char *name;
	uint32_t words[64];
	unsigned count;			/* up to the thread's SP */
	bool has_fp;
	uint32_t control, psplim;	/* 0: not saved */
} frames[] = {
	{ "Cortex-M3", { LOW, HIGH, HARDWARE, XPSR }, 16, false, 0, 0 },
	{ "Cortex-M3", { LOW, HIGH, HARDWARE, XPSR | 0x60000200 }, 17, false, 0, 0 },
	{ "Cortex-M4F", { LOW, HIGH, 0xfffffffd, HARDWARE, XPSR }, 17, false, 0, 0 },
	{ "Cortex-M4F", { LOW, HIGH, 0xffffffed, S16, HARDWARE, XPSR, S0 }, 51, true, 0, 0 },
	{ "Cortex-M4F", { LOW, HIGH, 0xffffffed, S16, HARDWARE, XPSR | 0x200, S0 }, 52, true, 0, 0 },
	{ "Cortex-M33", { STACKS, 0xffffffbc, LOW, HIGH, HARDWARE, XPSR }, 18, false, 0, STACKS },
	{ "Cortex-M33", { STACKS, 0xffffffac, LOW, HIGH, S16, HARDWARE, XPSR, S0 }, 52, true, 0, STACKS },
	/* Secure, using the FPU: SFPA */
	{ "Cortex-M33", { STACKS, 0xffffffed, LOW, HIGH, S16, HARDWARE, XPSR | 0x00100000, S0 }, 52, true,
	  0, STACKS },
	{ "Cortex-M33 with MPU", { STACKS, 3, 0xffffffbc, LOW, HIGH, HARDWARE, XPSR }, 19, false, 3,
	  STACKS },
	{ "Cortex-M33 with TrustZone", { 0, STACKS, 0xfffffffd, LOW, HIGH, HARDWARE, XPSR }, 19, false, 0,
	  STACKS },
	{ "Cortex-M33 with TrustZone and MPU", { 0, STACKS, 3, 0xfffffffd, LOW, HIGH, HARDWARE, XPSR }, 20,
	  false, 3, STACKS },
	{ "Cortex-M4F with MPU", { 3, LOW, HIGH, 0xfffffffd, HARDWARE, XPSR }, 18, false, 3, 0 },
	{ "Cortex-M3 with MPU", { 3, LOW, HIGH, HARDWARE, XPSR }, 17, false, 3, 0 },
	{ "Cortex-M0 with EXC_RETURN", { 0xfffffffd, LOW, HIGH, HARDWARE, XPSR }, 17, false, 0, 0 },
};

static void check_context(const struct rtos_context *c, bool has_fp)
{
	for (unsigned r = 0; r < 13; r++) {
		assert_true(c->places[r].is_known);
		assert_int_equal(c->places[r].value, R(r));
	}
	assert_int_equal(c->places[RTOS_PC].value, PC);
	assert_int_equal(c->places[RTOS_LR].value, 0x08000201);
	for (unsigned s = 0; s < 32; s++) {
		assert_int_equal(c->places[RTOS_S0 + s].is_known, has_fp);
		if (has_fp)
			assert_int_equal(c->places[RTOS_S0 + s].value, S(s));
	}
	assert_int_equal(c->places[RTOS_FPSCR].is_known, has_fp);
}

static void test_frames_of_every_port(void **state)
{
	struct fake *f = *state;
	struct rtos *os = free_rtos(f, &builds[0], "FreeRTOS");
	uint32_t sp = STACKS + 0x40;

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct rtos_context context;
		struct rtos_place *places = context.places;

		print_message("%s, %u words\n", frames[i].name, frames[i].count);
		for (unsigned w = 0; w < ARRAY_SIZE(frames[i].words); w++)
			put(f, sp + 4 * w, frames[i].words[w]);
		put(f, TCBS, sp);
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_int_equal(rtos_context(os, named(os, "IDLE"), &context), OK);
		assert_string_equal(context.layout, frames[i].name);
		check_context(&context, frames[i].has_fp);
		assert_int_equal(places[RTOS_SP].value, sp + 4 * frames[i].count);
		assert_int_equal(places[RTOS_CONTROL].value, frames[i].control);
		assert_int_equal(places[RTOS_PSPLIM].value, frames[i].psplim);
	}
}

/* The MPU ports since V10.6: the words lie in the control block, pxTopOfStack points behind them. */
static void test_frames_in_the_control_block(void **state)
{
	static const uint32_t m33[] = { S16, S0, LOW, HIGH, HARDWARE, XPSR, STACKS + 0x80, STACKS, 3,
					0xffffffac };
	static const uint32_t zoned[] = { S16, S0, LOW, HIGH, HARDWARE, XPSR, 0, STACKS + 0x80, STACKS, 3,
					  0xffffffac };
	static const uint32_t m4[] = { S16, S0, 3, LOW, HIGH, 0xffffffed, STACKS + 0x80, HARDWARE, XPSR };
	struct fake *f = *state;
	struct build build = { "", false, false, false, false, false, 60, false };
	struct rtos *os = free_rtos(f, &build, "FreeRTOS");

	for (int i = 0; i < 3; i++) {
		const uint32_t *words = i == 0 ? m33 : i == 1 ? m4 : zoned;
		size_t count = i == 0 ? ARRAY_SIZE(m33) : i == 1 ? ARRAY_SIZE(m4) : ARRAY_SIZE(zoned);
		uint32_t at = TCBS + 4;
		struct rtos_context context;
		int64_t left;

		for (size_t w = 0; w < count; w++) {
			if (w != 33)			/* the reserved word is not kept */
				put(f, at, words[w]), at += 4;
		}
		put(f, TCBS, at);
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_int_equal(rtos_context(os, named(os, "IDLE"), &context), OK);
		check_context(&context, true);
		assert_int_equal(context.places[RTOS_SP].value, STACKS + 0x80 + 4 * 26);
		assert_int_equal(context.places[RTOS_CONTROL].value, 3);
		assert_true(rtos_stack_left(os, named(os, "IDLE"), &left));
		assert_int_equal(left, 0x80 + 4 * 26);
	}
}

/* Zephyr: offsets as its own table says. */
static void test_zephyr(void **state)
{
	static const uint32_t offsets[] = { 1, 8, 0x20, 0x54, 0x5c, 0x0d, 0x0c, 0x0e, 0x40, 0x60, 0x80,
					    0x10, 0xffffffff, 0x01 };
	static const struct known symbols[] = {
		{ "_kernel", VARIABLES }, { "_kernel_thread_info_offsets", LISTS },
		{ "_kernel_thread_info_size_t_size", LISTS + 0x80 },
		{ "_kernel_thread_info_num_offsets", LISTS + 0x84 }, { NULL, 0 }
	};
	struct fake *f = *state;
	struct rtos_context context;
	uint32_t first = TCBS, second = TCBS + TCB_BYTES, psp = STACKS + 0x40;

	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++)
		put(f, LISTS + 4 * i, offsets[i]);
	put(f, LISTS + 0x80, 4);
	put(f, LISTS + 0x84, ARRAY_SIZE(offsets));
	put(f, VARIABLES + 8, first);
	put(f, VARIABLES + 0x20, first);
	put(f, first + 0x5c, second);
	put(f, first + 0x0c, 0x00ff8000);	/* options, state queued, priority -1 */
	put_text(f, first + 0x60, "main");
	put(f, second + 0x0c, 0x00050200);	/* pending, priority 5 */
	put_text(f, second + 0x60, "logging");
	put(f, second + 0x40, psp);
	put(f, second + 0x54, PC | 1);
	put(f, second + 0x80, 0x0000ac02);	/* mode, EXC_RETURN: with FP */
	static const uint32_t saved[] = { LOW, HIGH }, pushed[] = { HARDWARE, XPSR, S0 }, high[] = { S16 };

	for (unsigned i = 0; i < ARRAY_SIZE(saved); i++)
		put(f, second + 0x20 + 4 * i, saved[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(pushed); i++)
		put(f, psp + 4 * i, pushed[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(high); i++)
		put(f, second + 0x90 + 4 * i, high[i]);
	struct rtos *os = kernel(f, "auto", symbols);

	assert_int_equal(rtos_update(os), OK);
	assert_string_equal(os->damage, "");
	assert_string_equal(os->type->name, "Zephyr");
	assert_int_equal(os->count, 2);
	assert_true(named(os, "main")->is_current);
	assert_int_equal(named(os, "main")->priority, -1);
	assert_string_equal(named(os, "logging")->state, "Pending");
	assert_int_equal(named(os, "logging")->entry, PC | 1);
	assert_int_equal(rtos_context(os, named(os, "logging"), &context), OK);
	check_context(&context, true);
	assert_int_equal(context.places[RTOS_SP].value, psp + 4 * 26);
	put(f, second + 0x5c, first);		/* a ring: it is a list with an end in Zephyr */
	f->target.memory_epoch++;
	assert_int_equal(rtos_update(os), OK);
	assert_int_equal(os->count, 2);
	assert_string_equal(os->damage, "the list of threads has no end");
}

static void put_thread(struct fake *f, unsigned i, unsigned count, uint32_t shift, uint32_t prio,
		       uint32_t thread_state)
{
	uint32_t t = TCBS + i * TCB_BYTES;

	put(f, t, 0x54485244);
	put(f, t + 8, STACKS + i * STACK + 0x40);
	put(f, t + 12, STACKS + i * STACK);
	put(f, t + 20, STACK);
	put(f, t + 0x28 + shift, LISTS + 16 * i);
	put_text(f, LISTS + 16 * i, i == 0 ? "first" : i == 1 ? "second" : "third");
	put(f, t + 0x2c + shift, prio);
	put(f, t + 0x30 + shift, thread_state);
	put(f, t + 0x44 + shift, PC | 1);
	put(f, t + 0x88 + 2 * shift, TCBS + (i + 1) % count * TCB_BYTES);
	put(f, t + 0x8c + 2 * shift, TCBS + (i + count - 1) % count * TCB_BYTES);
	memset(&f->ram[STACKS + i * STACK - FAKE_RAM], 0xef, 0x30);
}

static void test_threadx(void **state)
{
	static const struct known symbols[] = {
		{ "_tx_thread_created_ptr", VARIABLES }, { "_tx_thread_current_ptr", VARIABLES + 4 },
		{ "_tx_thread_created_count", VARIABLES + 8 }, { NULL, 0 }
	};
	/* The fake core has no BASEPRI: a v6-M port, r8..r11 first. */
	static const uint32_t words[] = { 0xfffffffd, HIGH, LOW, HARDWARE, XPSR };
	struct fake *f = *state;

	for (uint32_t shift = 0; shift <= 8; shift += 4) {
		struct rtos_context context;
		uint32_t bytes;

		rtos_free(&f->target);
		memset(f->ram, 0, sizeof(f->ram));
		for (unsigned i = 0; i < 3; i++)
			put_thread(f, i, 3, shift, 10 + i, i == 2 ? 6 : 0);
		for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
			put(f, STACKS + STACK + 0x40 + 4 * i, words[i]);
		put(f, VARIABLES, TCBS);
		put(f, VARIABLES + 4, TCBS);
		put(f, VARIABLES + 8, 3);
		f->target.memory_epoch++;
		struct rtos *os = kernel(f, "ThreadX", symbols);

		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(os->damage, "");
		assert_int_equal(os->count, 3);
		assert_string_equal(named(os, "first")->state, "Running");
		assert_string_equal(named(os, "third")->state, "Waits for a semaphore");
		assert_int_equal(named(os, "second")->priority, 11);
		assert_int_equal(named(os, "second")->entry, PC | 1);
		assert_true(rtos_headroom(os, named(os, "second"), &bytes));
		assert_int_equal(bytes, 0x30);
		assert_int_equal(rtos_context(os, named(os, "second"), &context), OK);
		check_context(&context, false);
		put(f, TCBS + 2 * TCB_BYTES + 0x30 + shift, 13);
		put(f, TCBS + 2 * TCB_BYTES + 0x6c + shift, LISTS + 0x100);
		put(f, LISTS + 0x100, 0x4d555445);
		put(f, LISTS + 0x10c, TCBS + TCB_BYTES);
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(named(os, "third")->state,
				    "Waits for mutex 0x20000500 held by second");
		put(f, VARIABLES + 4, 0);	/* nothing is ready: the scheduler waits */
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_int_equal(os->count, 4);
		assert_int_equal(rtos_current(os)->id, RTOS_CORE);
	}
}

static void test_nuttx(void **state)
{
	static const uint16_t info[] = { 0x0c, 0x10, 0x12, 0x80, 0x20, 0x24, 0x28, 17 };
	static const struct known symbols[] = {
		{ "g_pidhash", VARIABLES }, { "g_npidhash", VARIABLES + 4 }, { "g_tcbinfo", LISTS },
		{ "g_readytorun", VARIABLES + 8 }, { NULL, 0 }
	};
	struct fake *f = *state;
	struct rtos_context context;

	for (unsigned i = 0; i < ARRAY_SIZE(info); i++)
		put_le16(&f->ram[LISTS - FAKE_RAM + 2 * i], info[i]);
	put(f, LISTS + 16, LISTS + 0x40);
	for (unsigned i = 0; i < 17; i++) {
		put_le16(&f->ram[LISTS - FAKE_RAM + 0x40 + 2 * i], (uint16_t)(4 * i));
		put(f, STACKS + 4 * i, i < 13 ? R(i) : i == 13 ? STACKS + 0x80 :
				       i == 14 ? 0x08000201 : i == 15 ? PC : XPSR);
	}
	put(f, VARIABLES, READY);
	put(f, VARIABLES + 4, 4);
	put(f, VARIABLES + 8, TCBS);
	put(f, READY, TCBS);
	put(f, READY + 8, TCBS + TCB_BYTES);
	put(f, TCBS + 0x10, 3);
	put_text(f, TCBS + 0x80, "Idle_Task");
	put(f, TCBS + TCB_BYTES + 0x10, 5 | 100 << 16);
	put(f, TCBS + TCB_BYTES + 0x28, STACKS);
	put_text(f, TCBS + TCB_BYTES + 0x80, "init");
	struct rtos *os = kernel(f, "auto", symbols);

	assert_int_equal(rtos_update(os), OK);
	assert_string_equal(os->damage, "");
	assert_int_equal(os->count, 2);
	assert_true(named(os, "Idle_Task")->is_current);
	assert_string_equal(named(os, "init")->state, "Waits for a semaphore");
	assert_int_equal(named(os, "init")->priority, 100);
	assert_int_equal(rtos_context(os, named(os, "init"), &context), OK);
	check_context(&context, false);
	assert_int_equal(context.places[RTOS_SP].value, STACKS + 0x80);

	/* With an FPU: six registers of the system, then s0..s31 and fpscr. */
	put_le16(&f->ram[LISTS - FAKE_RAM + 14], 56);
	for (unsigned i = 17; i < 56; i++) {
		put_le16(&f->ram[LISTS - FAKE_RAM + 0x40 + 2 * i],
			 (uint16_t)(i < 23 ? 0xffff : 4 * (i + 2)));
		put(f, STACKS + 4 * (i + 2), S(i - 23));
	}
	for (unsigned has_fp = 0; has_fp < 2; has_fp++) {
		put_le16(&f->ram[LISTS - FAKE_RAM + 0x40 + 2 * 12], 4 * 17);	/* r12 elsewhere */
		put(f, STACKS + 4 * 17, R(12));
		put(f, STACKS + 4 * 12, has_fp ? 0xffffffe9 : 0xfffffff9);	/* EXC_RETURN behind r11 */
		f->target.memory_epoch++;
		assert_int_equal(rtos_update(os), OK);
		assert_int_equal(rtos_context(os, named(os, "init"), &context), OK);
		check_context(&context, has_fp);
	}
}

/* Since 2025 the registers of g_tcbinfo have names. */
static void test_nuttx_with_named_registers(void **state)
{
	static const struct known symbols[] = {
		{ "g_pidhash", VARIABLES }, { "g_npidhash", VARIABLES + 4 }, { "g_tcbinfo", LISTS },
		{ "g_readytorun", VARIABLES + 8 }, { NULL, 0 }
	};
	static const uint16_t info[] = { 0x0c, 0x10, 0x12, 0x80, 0x20, 0x24, 0x28, 17 };
	static const char *const names[] = { "sp", "lr", "pc", "xpsr" };
	struct fake *f = *state;
	struct rtos_context context;

	for (uint32_t stride = 14; stride <= 16; stride += 2) {
		uint8_t *table = &f->ram[LISTS + 0x40 - FAKE_RAM];

		rtos_free(&f->target);
		memset(f->ram, 0, sizeof(f->ram));
		for (unsigned i = 0; i < ARRAY_SIZE(info); i++)
			put_le16(&f->ram[LISTS - FAKE_RAM + 2 * i], info[i]);
		put(f, LISTS + 16, LISTS + 0x40);
		for (unsigned i = 0; i < 17; i++) {
			char name[16] = "";

			if (i < 13)
				snprintf(name, sizeof(name), "r%u", i);
			else
				snprintf(name, sizeof(name), "%s", names[i - 13]);
			memcpy(table + stride * i, name, 8);
			table[stride * i + 8] = 4;
			put_le16(table + stride * i + 10, (uint16_t)(4 * (16 - i)));
			put(f, STACKS + 4 * (16 - i), i < 13 ? R(i) : i == 13 ? STACKS + 0x80 :
						      i == 14 ? 0x08000201 : i == 15 ? PC : XPSR);
		}
		put(f, VARIABLES, READY);
		put(f, VARIABLES + 4, 4);
		put(f, READY + 8, TCBS);
		put(f, TCBS + 0x10, 5 | 100 << 16);
		put(f, TCBS + 0x28, STACKS);
		put_text(f, TCBS + 0x80, "init");
		f->target.memory_epoch++;
		struct rtos *os = kernel(f, "nuttx", symbols);

		assert_int_equal(rtos_update(os), OK);
		assert_string_equal(os->damage, "");
		assert_int_equal(rtos_context(os, named(os, "init"), &context), OK);
		check_context(&context, false);
		assert_int_equal(context.places[RTOS_SP].value, STACKS + 0x80);
	}
}

/* The conversation: symbols, the list, registers of a task that waits. */
static void test_packets(void **state)
{
	struct fake *f = *state;
	char packet[64];

	free_rtos(f, &builds[0], "FreeRTOS");
	EXPECT(f, "?", "T05thread:20000980;");
	EXPECT(f, "qC", "QC20000980");
	EXPECT(f, "qfThreadInfo", "m20000800,20000980,20000b00,20000c80,20000e00,20000f80");
	EXPECT(f, "qsThreadInfo", "l");
	EXPECT(f, "T20000b00", "OK");
	EXPECT(f, "T20000b04", "E01");
	EXPECT(f, "Hg20000b04", "E01");
	EXPECT(f, "Hg20000b00", "OK");
	EXPECT(f, "pf", "08040008");		/* PC + 8 */
	EXPECT(f, "p4", "04100000");
	EXPECT(f, "pd", "44250020");
	EXPECT(f, "p11", "00000000");		/* MSP is the core's */
	EXPECT(f, "p14", "xx");			/* PRIMASK is nobody's */
	EXPECT(f, "P4=78563412", "OK");
	EXPECT(f, "p4", "78563412");
	assert_int_equal(get(f, STACKS + 2 * STACK + 0x100), 0x12345678);
	EXPECT(f, "Pd=00000020", "E01");	/* SP has no place */
	snprintf(packet, sizeof(packet), "qThreadExtraInfo,20000b00");
	assert_memory_equal(fake_packet(f, packet), "4e616d653a2064656c61796564", 26);
	EXPECT(f, "Hg0", "OK");
	assert_int_equal(f->steps, 0);
	assert_non_null(strstr(fake_packet(f, "vCont;s:20000b00;c"), "T02thread:20000b00;"));
	assert_int_equal(f->steps, 0);
	assert_int_equal(f->resumes, 0);
	assert_non_null(strstr(fake_packet(f, "vCont;c:20000b00"), "T02thread:20000b00;"));
	assert_int_equal(f->resumes, 0);	/* alone it cannot go on */
	EXPECT(f, "vCont;s:20000980;c", "T05thread:20000980;");
	assert_int_equal(f->steps, 1);
	assert_non_null(strstr(fake_packet(f, "qXfer:threads:read::0,ffb"), "Blocked until tick 99"));
}

/* GDB has no such program: each question once, then OK, and one thread. */
static void test_symbols_that_gdb_does_not_know(void **state)
{
	struct fake *f = *state;
	const char *answer;
	char packet[160];
	unsigned n = 0;

	f->target.rtos = xstrdup("auto");
	answer = fake_packet(f, "qSymbol::");
	while (strncmp(answer, "qSymbol:", 8) == 0 && n++ < 20) {
		snprintf(packet, sizeof(packet), "qSymbol::%s", answer + 8);
		answer = fake_packet(f, packet);
	}
	assert_string_equal(answer, "OK");
	assert_int_equal(n, 8);			/* the first one of each kernel, under two names */
	EXPECT(f, "qfThreadInfo", "m1");
	EXPECT(f, "qSymbol:zz:6", "OK");
	EXPECT(f, "qSymbol", "qSymbol:70785265616479" "5461736b734c69737473");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RTOS_TEST(test_every_layout_of_freertos), RTOS_TEST(test_before_the_scheduler_runs),
		RTOS_TEST(test_a_task_in_the_pending_list_is_ready), RTOS_TEST(test_a_task_on_another_core),
		RTOS_TEST(test_a_stack_behind_its_control_block),
		RTOS_TEST(test_a_wild_count_and_a_wild_current_task),
		RTOS_TEST(test_nuttx_with_named_registers),
		RTOS_TEST(test_the_next_stop_is_one_trip), RTOS_TEST(test_garbage_in_every_word),
		RTOS_TEST(test_a_lost_probe_is_an_error), RTOS_TEST(test_frames_of_every_port),
		RTOS_TEST(test_frames_in_the_control_block), RTOS_TEST(test_zephyr),
		RTOS_TEST(test_threadx), RTOS_TEST(test_nuttx), RTOS_TEST(test_packets),
		RTOS_TEST(test_symbols_that_gdb_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
