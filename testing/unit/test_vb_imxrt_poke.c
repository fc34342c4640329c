/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nonsense written all over the register blocks of the i.MX RT boards: they must live on, and a cold reset
 * must bring back what the register tables say. PROBED_POKES in the environment makes the run longer.
 */
#include "vb_imxrt_bench.h"

#define FLEXSPI	 0x402a8000u
#define FLEXSPI2 0x402a4000u
#define OCOTP	 0x401f4000u
#define STALL_NS 2000000u		/* nobody waits longer for an access */

struct prng {
	uint32_t state;
};

static uint32_t next(struct prng *p)
{
	p->state ^= p->state << 13;
	p->state ^= p->state >> 17;
	p->state ^= p->state << 5;
	return p->state;
}

static const struct window {
	uint32_t base, bytes;
	unsigned weight;
} windows[] = {
	{ FLEXSPI, 0x300, 20 }, { FLEXSPI2, 0x300, 30 }, { OCOTP, 0x900, 12 }, { CCM, 0x90, 4 },
	{ ANALOG, 0x300, 4 }, { IOMUXC, 0x800, 3 }, { GPR, 0x90, 2 }, { SRC, 0x50, 2 },
	{ WDOG1, 0x10, 2 }, { 0x400d0000, 0x10, 1 }, { RTWDOG, 0x10, 2 }, { 0x40184000, 0x30, 1 },
	{ 0x401b8000, 0x90, 1 }, { 0x401ec000, 0x30, 1 }, { 0x60000000, 0x1000, 3 },
	{ 0x60400000, 0x1000000, 1 }, { 0x70000000, 0x1000, 5 }, { 0x70400000, 0x100000, 1 },
	{ 0x7f800000, 0x200, 1 }, { 0x7fc00000, 0x200, 1 }, { 0x7f000000, 0x200, 1 },
	{ 0x7f400000, 0x200, 1 }, { 0x08000000, 0x1000, 1 },
};

static const struct window *pick(struct prng *p)
{
	unsigned sum = 0, at;

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		sum += windows[i].weight;
	at = next(p) % sum;
	for (const struct window *w = windows;; w++) {
		if (at < w->weight)
			return w;
		at -= w->weight;
	}
}

static void access_once(struct imxrt_bench *b, struct prng *p, uint32_t addr, bool is_write,
			uint32_t value)
{
	static const unsigned sizes[] = { 4, 4, 4, 4, 2, 1 };
	struct vb_access a = { .master = next(p) % 4 ? VB_DAP : VB_CPU_DATA, .is_write = is_write,
			       .size = sizes[next(p) % 6], .is_privileged = true };
	enum vb_result rc = VB_STALL;

	a.addr = addr & ~(a.size - 1);
	for (unsigned tries = 0; rc == VB_STALL && tries < 4; tries++) {
		rc = is_write ? vb_bus_write(b->board->bus, &a, value)
			      : vb_bus_read(b->board->bus, &a, &value);
		if (rc == VB_STALL && a.stall_until_ns > vb_clock_now(b->board->clock))
			vb_clock_advance(b->board->clock,
					 MIN(a.stall_until_ns - vb_clock_now(b->board->clock),
					     STALL_NS));
	}
}

/* So that more than errors happens: a controller that is on, and sequences that mean something. */
static void bring_up(struct imxrt_bench *b, struct prng *p, uint32_t base)
{
	static const uint32_t routes[][2] = {
		{ 0x1e8, 1 }, { 0x1ec, 1 }, { 0x1f0, 1 }, { 0x1f4, 1 }, { 0x1f8, 1 }, { 0x1fc, 1 },
		{ 0x200, 1 }, { 0x6ac, 0 }, { 0x67c, 0 }, { 0x664, 0 }, { 0x6a0, 0 }, { 0x69c, 0 },
		{ 0x684, 0 }, { 0x694, 0 }, { 0x750, 2 }, { 0x730, 2 }, { 0x73c, 2 },
	};
	static const uint32_t clocks[][2] = {
		{ ANALOG, 0x13063 }, { ANALOG + 0x10, 0x13040 }, { ANALOG + 0x30, 0x13001 },
		{ CCM + 0x0c, 0x100 }, { CCM + 0x10, 1 }, { CCM + 0x14, 0x000a8300 },
		{ CCM + 0x18, 0x2dae8324 }, { CCM + 0x1c, 0x04900000 },
	};
	static const uint32_t luts[][2] = {
		{ 0x08180403, 0x2404 }, { 0x2404049f, 0 }, { 0x08180402, 0x2004 }, { 0x406, 0 },
		{ 0x24040405, 0 }, { 0x08180420, 0 }, { 0x0a1804eb, 0x26043206 }, { 0x4c7, 0 },
		{ 0x20040401, 0 }, { 0x438, 0 }, { 0x4b9, 0 }, { 0x466, 0x7c01 },
		{ 0x8b1887a0, 0xb3068f10 }, { 0x0a1804eb, 0x7c013220 }, { 0, 0 }, { 0xffffffff, 1 },
	};
	struct vb_access a = { .master = VB_DAP, .size = 4, .is_write = true, .is_privileged = true };

#define POKE(where, what) (a.addr = (where), (void)vb_bus_write(b->board->bus, &a, (what)))
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		POKE(IOMUXC + routes[i][0], routes[i][1]);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		POKE(clocks[i][0], clocks[i][1]);
	POKE(CCM + 0x78, 0xffffffff);
	POKE(CCM + 0x80, 0xffffffff);
	POKE(CCM + 0x84, 0xffffffff);
	POKE(base, 0xffff0010 | (next(p) & 0xc1));
	POKE(base + 0x18, 0x5af05af0);
	POKE(base + 0x1c, 2);
	for (uint32_t i = 0; i < ARRAY_SIZE(luts); i++) {
		POKE(base + 0x200 + 16 * i, luts[i][0]);
		POKE(base + 0x204 + 16 * i, luts[i][1]);
	}
	for (uint32_t i = 0; i < 4; i++)
		POKE(base + 0x60 + 4 * i, i ? next(p) % 3 * 64 : 0x1000);
	POKE(base + 0xa0, next(p) & 0x3fffff);
	POKE(base + 0xa4, next(p) & 0x030f00ff);
	POKE(base + 0xb0, 1);
#undef POKE
}

/* A core whose clock is off cannot be halted; the next reset mends that. */
static void reset_some_way(struct imxrt_bench *b, struct prng *p)
{
	static const enum vb_reset kinds[] = { VB_RESET_SYSTEM, VB_RESET_CORE, VB_RESET_NRST,
					       VB_RESET_POWER_ON, VB_RESET_RTWDOG };
	uint32_t halt_now = 0xa05f0003;

	vb_board_reset(b->board, kinds[next(p) % ARRAY_SIZE(kinds)]);
	(void)sized(b, true, DHCSR, 4, &halt_now);
	vb_clock_advance(b->board->clock, 100);
}

static void poke_all_over(const struct vb_chip *chip, uint32_t seed, unsigned count)
{
	struct prng p = { seed };
	struct imxrt_bench b;

	open_board(&b, chip);
	for (unsigned i = 0; i < count; i++) {
		const struct window *w = pick(&p);
		uint32_t value = next(&p);

		switch (next(&p) % 4) {
		case 0: value = 1u << (value & 31); break;
		case 1: value &= 0xff; break;
		}
		if (i % 1024 == 1023)
			reset_some_way(&b, &p);
		if (i % 16 == 0)
			bring_up(&b, &p, next(&p) & 1 ? FLEXSPI : FLEXSPI2);
		access_once(&b, &p, w->base + next(&p) % w->bytes, next(&p) % 8 < 5, value);
		vb_clock_advance(b.board->clock, next(&p) % 64 ? next(&p) % 3000 : next(&p) % 400000);
	}
	reset_halted(&b, VB_RESET_POWER_ON);
	assert_int_equal(rd(&b, FLEXSPI), 0xffff80c2);
	assert_int_equal(rd(&b, FLEXSPI + 0x14), 0x40);
	assert_int_equal(rd(&b, FLEXSPI + 0xe0), 3);
	assert_int_equal(rd(&b, CCM + 0x14), 0x000a8300);
	assert_int_equal(rd(&b, SRC + 8), 1);
	assert_int_equal(rd(&b, OCOTP), 0);
	vb_board_free(b.board);
}

static void test_boards_survive_nonsense(void **state)
{
	static const struct vb_chip *const chips[] = {
		&mimxrt1064_evk_chip, &mimxrt1024_evk_chip, &imxrt1050_evkb_hyper_chip,
	};
	const char *more = getenv("PROBED_POKES");
	unsigned count = more ? (unsigned)strtoul(more, NULL, 0) : 3000;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(chips); i++)
		poke_all_over(chips[i], 0x1064 + i + count, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boards_survive_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
