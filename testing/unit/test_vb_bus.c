/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vb_clock: order and lifetime of events. vb_bus: regions, guards, aliases, register tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "vboard/core/bus.h"
#include "vboard/core/clock.h"

/* Clock */

struct fired {
	struct vb_clock *clock;
	unsigned count;
	uint64_t at[16];
	int id[16];
};
struct mark {
	struct fired *fired;
	int id;
};

static void note_fired(void *ctx)
{
	struct mark *m = ctx;

	m->fired->at[m->fired->count] = vb_clock_now(m->fired->clock);
	m->fired->id[m->fired->count++] = m->id;
}

static void test_events_fire_in_order_at_their_time(void **state)
{
	struct fired f = { .clock = vb_clock_new() };
	struct mark a = { &f, 1 }, b = { &f, 2 }, c = { &f, 3 };

	(void)state;
	vb_clock_after(f.clock, 300, note_fired, &a, "a");
	vb_clock_after(f.clock, 100, note_fired, &b, "b");
	vb_clock_after(f.clock, 300, note_fired, &c, "c");
	assert_int_equal(vb_clock_next(f.clock), 100);
	vb_clock_advance(f.clock, 299);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.id[0], 2);
	assert_int_equal(f.at[0], 100);
	vb_clock_advance(f.clock, 1);
	assert_int_equal(f.count, 3);
	assert_int_equal(f.id[1], 1);
	assert_int_equal(f.id[2], 3);
	assert_true(vb_clock_next(f.clock) == UINT64_MAX);
	vb_clock_free(f.clock);
}

static void test_cancelling_a_fired_event_spares_the_newer_one(void **state)
{
	struct fired f = { .clock = vb_clock_new() };
	struct mark a = { &f, 1 }, b = { &f, 2 };
	struct vb_event *old = vb_clock_after(f.clock, 0, note_fired, &a, "a");

	(void)state;
	vb_clock_advance(f.clock, 0);
	assert_int_equal(f.count, 1);
	vb_clock_after(f.clock, 10, note_fired, &b, "b");
	vb_clock_cancel(f.clock, old);
	vb_clock_cancel(f.clock, NULL);
	vb_clock_advance(f.clock, 10);
	assert_int_equal(f.count, 2);
	vb_clock_free(f.clock);
}

static uint64_t run_in_tens(void *ctx, uint64_t now, uint64_t until)
{
	unsigned *calls = ctx;

	(*calls)++;
	return MIN(now + 10, until);
}

static void test_the_runner_stops_at_each_event(void **state)
{
	struct fired f = { .clock = vb_clock_new() };
	struct mark a = { &f, 1 };
	unsigned calls = 0;

	(void)state;
	vb_clock_set_runner(f.clock, run_in_tens, &calls);
	vb_clock_after(f.clock, 15, note_fired, &a, "a");
	vb_clock_advance(f.clock, 30);
	assert_int_equal(f.at[0], 15);
	assert_int_equal(calls, 4);	/* 10, 15, 25, 30 */
	assert_int_equal(vb_clock_now(f.clock), 30);
	vb_clock_free(f.clock);
}

/* It sees the clock at the end of a slice that the first one has run through. */
static uint64_t run_second(void *ctx, uint64_t now, uint64_t until)
{
	uint64_t *reached = ctx;

	assert_true(now <= until && *reached <= now);
	*reached = until;
	return until;
}

static void test_a_second_runner_keeps_up_with_the_first(void **state)
{
	struct fired f = { .clock = vb_clock_new() };
	struct mark a = { &f, 1 };
	uint64_t reached = 0;
	unsigned calls = 0;

	(void)state;
	vb_clock_set_runner(f.clock, run_in_tens, &calls);
	vb_clock_set_second(f.clock, run_second, &reached);
	vb_clock_after(f.clock, 25, note_fired, &a, "a");
	vb_clock_advance(f.clock, 24);
	assert_int_equal(reached, 24);
	vb_clock_advance(f.clock, 1);
	assert_int_equal(f.at[0], 25);
	vb_clock_set_runner(f.clock, NULL, NULL);
	vb_clock_advance(f.clock, 100000);	/* nothing runs: yet the second is not let go far ahead */
	assert_int_equal(reached, 100025);
	vb_clock_set_second(f.clock, NULL, NULL);
	vb_clock_free(f.clock);
}

/* Bus */

struct heard {
	unsigned changes, remaps;
	uint32_t addr[8];
	size_t bytes[8];
};

static void on_changed(void *ctx, uint32_t addr, size_t bytes)
{
	struct heard *h = ctx;

	h->addr[h->changes] = addr;
	h->bytes[h->changes++] = bytes;
}

static void on_remapped(void *ctx)
{
	((struct heard *)ctx)->remaps++;
}

static struct vb_access access_to(uint32_t addr, unsigned size)
{
	return (struct vb_access){ .master = VB_DAP, .addr = addr, .size = size,
				   .is_privileged = true };
}

static uint8_t ram[0x2000], flash[0x1000];

static enum vb_result flash_write(void *ctx, struct vb_access *a, uint32_t offset, uint32_t value)
{
	(void)offset;
	if (a->size != 4)
		return VB_FAULT;
	vb_bus_poke(ctx, a->addr, &value, 4);
	return VB_OK;
}

static enum vb_result refuse_the_debugger(void *ctx, struct vb_access *a, uint32_t offset)
{
	(void)ctx;
	(void)offset;
	return a->master == VB_DAP ? VB_FAULT : VB_OK;
}

static const struct vb_ram_ops flash_ops = { .write = flash_write, .check = refuse_the_debugger };

static void test_ram_regions_and_their_edges(void **state)
{
	struct vb_bus *bus = vb_bus_new();
	struct vb_region r = { .name = "ram", .base = 0x20000000, .size = sizeof(ram), .ram = ram,
			       .writable = true, .executable = true };
	struct vb_access a = access_to(0x20000000, 4);
	uint32_t v;

	(void)state;
	vb_bus_add(bus, &r);
	assert_int_equal(vb_bus_write(bus, &a, 0x44332211), VB_OK);
	a = access_to(0x20000001, 2);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	assert_int_equal(v, 0x3322);
	a = access_to(0x20001ffe, 4);	/* its second half is outside */
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_FAULT);
	a = access_to(0x1ffffffc, 4);
	assert_int_equal(vb_bus_write(bus, &a, 0), VB_FAULT);
	assert_false(vb_bus_poke(bus, 0x20001ffe, "abcd", 4));
	assert_true(vb_bus_poke(bus, 0x20001ffc, "abcd", 4));
	vb_bus_free(bus);
}

static void test_a_change_is_told_for_every_alias(void **state)
{
	struct vb_bus *bus = vb_bus_new();
	struct heard heard = { 0 };
	struct vb_bus_listener listener = { on_changed, on_remapped, &heard, NULL };
	struct vb_region r = { .name = "flash",
			       .base = 0x08000000,
			       .size = sizeof(flash),
			       .ram = flash,
			       .executable = true,
			       .ram_ops = &flash_ops,
			       .ctx = bus };
	struct vb_access a = access_to(0x08000010, 4);
	struct vb_region *alias;
	uint32_t v = 0;

	(void)state;
	vb_bus_add(bus, &r);
	r.base = 0;
	alias = vb_bus_add(bus, &r);
	vb_bus_listen(bus, &listener);
	assert_int_equal(vb_bus_write(bus, &a, 0x12345678), VB_OK);
	assert_int_equal(heard.changes, 2);
	assert_int_equal(heard.addr[0], 0x10);
	assert_int_equal(heard.addr[1], 0x08000010);
	a = access_to(0x10, 4);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	assert_int_equal(v, 0x12345678);
	a.size = 2;
	assert_int_equal(vb_bus_write(bus, &a, 1), VB_FAULT);	/* the region's own rule */

	vb_bus_remap(bus, alias, ram, sizeof(ram));
	assert_int_equal(heard.remaps, 1);
	assert_true(vb_bus_peek(bus, 0, &v, 4));
	assert_memory_equal(&v, ram, 4);
	vb_bus_remap(bus, alias, NULL, 0);
	assert_false(vb_bus_peek(bus, 0, &v, 4));
	assert_null(vb_bus_find(bus, 0));
	assert_int_equal(vb_bus_region(bus, 0)->base, 0);
	assert_int_equal(vb_bus_region(bus, 1)->base, 0x08000000);
	assert_null(vb_bus_region(bus, 2));
	vb_bus_free(bus);
}

static void test_a_guard_is_asked_only_while_it_is_on(void **state)
{
	struct vb_bus *bus = vb_bus_new();
	struct vb_region r = { .name = "flash",
			       .base = 0x08000000,
			       .size = sizeof(flash),
			       .ram = flash,
			       .ram_ops = &flash_ops,
			       .ctx = bus };
	struct vb_region *handle = vb_bus_add(bus, &r);
	struct vb_access a = access_to(0x08000000, 4);
	uint32_t v;

	(void)state;
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	vb_bus_guard(bus, handle, true);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_FAULT);
	a.master = VB_CPU_DATA;
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	vb_bus_free(bus);
}

/* Register tables */

struct timer {
	struct vb_regs regs;
	uint32_t value[3];
	uint32_t seen_value, seen_old;
	bool clocked;
};

static enum vb_result cr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct timer *t = regs->dev;

	t->seen_value = value;
	t->seen_old = old;
	return value == 0xdead ? VB_FAULT : VB_OK;
}

static void cnt_reading(struct vb_regs *regs, uint32_t *reg_value)
{
	(void)regs;
	(*reg_value)++;
}

static bool timer_clocked(struct vb_regs *regs)
{
	return ((struct timer *)regs->dev)->clocked;
}

static const struct vb_reg timer_table[] = {
	{ "CR", 0x00, 0x00000100, 0x0000ffff, 0, cr_written, NULL },
	{ "SR", 0x04, 0x000000ff, 0, 0x0000000f, NULL, NULL },
	{ "CNT", 0x10, 0, 0xffffffff, 0, NULL, cnt_reading },
	{ 0 }
};

static void test_register_table(void **state)
{
	struct timer t = { .clocked = true };
	struct vb_bus *bus = vb_bus_new();
	struct vb_region r = { .name = "tim", .base = 0x40000000, .size = 0x400,
			       .dev_ops = &vb_regs_ops, .ctx = &t.regs };
	struct vb_access a = access_to(0x40000000, 4);
	uint32_t v;

	(void)state;
	t.regs = (struct vb_regs){ .name = "tim", .table = timer_table, .value = t.value,
				   .is_clocked = timer_clocked, .dev = &t };
	vb_regs_reset(&t.regs);
	vb_bus_add(bus, &r);

	assert_int_equal(vb_bus_write(bus, &a, 0xaaaa5555), VB_OK);
	assert_int_equal(t.seen_value, 0xaaaa5555);	/* as written, not as stored */
	assert_int_equal(t.seen_old, 0x100);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	assert_int_equal(v, 0x5555);
	assert_int_equal(vb_bus_write(bus, &a, 0xdead), VB_FAULT);

	a = access_to(0x40000004, 1);
	assert_int_equal(vb_bus_write(bus, &a, 0x05), VB_OK);
	assert_int_equal(*vb_regs_at(&t.regs, 4), 0xfa);
	a = access_to(0x40000001, 1);
	assert_int_equal(vb_bus_write(bus, &a, 0x77), VB_OK);
	assert_int_equal(t.value[0], 0x77ad);
	a = access_to(0x40000012, 2);
	assert_int_equal(vb_bus_write(bus, &a, 0x1234), VB_OK);
	a = access_to(0x40000010, 4);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	assert_int_equal(v, 0x12340001);
	a = access_to(0x40000020, 4);	/* no such register: zero, and writes go nowhere */
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	assert_int_equal(v, 0);
	a = access_to(0x40000002, 4);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_FAULT);

	t.clocked = false;
	a = access_to(0x40000000, 4);
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_OK);
	assert_int_equal(v, 0);
	t.clocked = true;
	t.regs.word_only = true;
	a.size = 2;
	assert_int_equal(vb_bus_read(bus, &a, &v), VB_FAULT);
	assert_null(vb_regs_at(&t.regs, 0x20));
	vb_bus_free(bus);
}

static void test_a_branch_shares_the_memory_but_not_what_is_private(void **state)
{
	struct vb_bus *trunk = vb_bus_new(), *branch;
	struct heard first = { 0 }, second = { 0 };
	struct vb_bus_listener listeners[] = { { on_changed, on_remapped, &first, NULL },
					       { on_changed, on_remapped, &second, NULL } };
	struct vb_region shared = { .name = "ram", .base = 0x20000000, .size = sizeof(ram), .ram = ram,
				    .writable = true };
	static uint8_t own[2][16];
	struct vb_access a = access_to(0x20000010, 4);
	uint32_t v;

	(void)state;
	vb_bus_add(trunk, &shared);
	branch = vb_bus_branch(trunk);
	for (unsigned i = 0; i < 2; i++) {
		struct vb_region private = { .name = "own", .base = 0xe0000000, .size = 16, .ram = own[i],
					     .writable = true };

		vb_bus_add(i == 0 ? trunk : branch, &private);
	}
	vb_bus_listen(trunk, &listeners[0]);
	vb_bus_listen(branch, &listeners[1]);
	assert_int_equal(vb_bus_write(branch, &a, 0x12345678), VB_OK);
	assert_int_equal(vb_bus_read(trunk, &a, &v), VB_OK);
	assert_int_equal(v, 0x12345678);
	assert_int_equal(first.changes, 1);		/* each side's translated code */
	assert_int_equal(second.changes, 1);
	a = access_to(0xe0000000, 4);
	assert_int_equal(vb_bus_write(trunk, &a, 1), VB_OK);
	assert_int_equal(vb_bus_read(branch, &a, &v), VB_OK);
	assert_int_equal(v, 0);
	vb_bus_free(branch);
	vb_bus_free(trunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_fire_in_order_at_their_time),
		cmocka_unit_test(test_cancelling_a_fired_event_spares_the_newer_one),
		cmocka_unit_test(test_the_runner_stops_at_each_event),
		cmocka_unit_test(test_a_second_runner_keeps_up_with_the_first),
		cmocka_unit_test(test_ram_regions_and_their_edges),
		cmocka_unit_test(test_a_branch_shares_the_memory_but_not_what_is_private),
		cmocka_unit_test(test_a_change_is_told_for_every_alias),
		cmocka_unit_test(test_a_guard_is_asked_only_while_it_is_on),
		cmocka_unit_test(test_register_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
