/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare CPU for unit tests: 64 KiB of flash at 0x08000000 and 0, 64 KiB of RAM at 0x20000000, a
 * device at 0x40000000 (IRQ0), 4 MHz. The test is the debugger: it sees what a MEM-AP sees.
 */
#ifndef VB_CPU_BENCH_H
#define VB_CPU_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "vboard/core/cpu.h"
#include "vb_cpu_programs.h"

#define BENCH_HCLK	4000000u
#define CYCLE_NS	250u

enum { DHCSR = 0xe000edf0u, DCRSR = 0xe000edf4u, DCRDR = 0xe000edf8u, DEMCR = 0xe000edfcu,
       DFSR = 0xe000ed30u, CFSR = 0xe000ed28u, HFSR = 0xe000ed2cu, AIRCR = 0xe000ed0cu,
       SHCSR = 0xe000ed24u, FP_CTRL = 0xe0002000u, FP_COMP0 = 0xe0002008u, DWT_CTRL = 0xe0001000u,
       DWT_CYCCNT = 0xe0001004u, DWT_COMP0 = 0xe0001020u, DWT_MASK0 = 0xe0001024u,
       DWT_FUNCTION0 = 0xe0001028u };

enum { RUN = 0xa05f0001u, HALT = 0xa05f0003u, STEP = 0xa05f0005u, HALT_MASKED = 0xa05f000bu,
       STEP_MASKED = 0xa05f000du };
enum { S_REGRDY = 1 << 16, S_HALT = 1 << 17, S_SLEEP = 1 << 18, S_LOCKUP = 1 << 19,
       S_RETIRE_ST = 1 << 24, S_RESET_ST = 1 << 25 };

enum {
	SP = 13,
	LR = 14,
	PC = 15,
	XPSR = 16,
	MSP = 17,
	PSP = 18,
	SPECIAL = 0x14,
	FPSCR = 0x21,
	S0 = 0x40
};

struct bench {
	struct vb_clock *clock;
	struct vb_bus *bus;
	struct vb_cpu *cpu;
	struct vb_region *low;		/* the alias at 0 */
	uint8_t flash[0x10000], ram[0x10000];
	uint32_t device[4];
	bool device_faults, remap_on_write;
	uint64_t stall_until_ns;
	unsigned requests, core_requests, slept, woken, halts;
	uint8_t trace[64];
	size_t traced;
};

static inline enum vb_result bench_device_read(void *dev, struct vb_access *a, uint32_t offset,
					       uint32_t *value)
{
	struct bench *b = dev;

	if (b->device_faults)
		return VB_FAULT;
	if (vb_clock_now(b->clock) < b->stall_until_ns) {
		a->stall_until_ns = b->stall_until_ns;
		return VB_STALL;
	}
	*value = offset < 16 ? b->device[offset / 4] : 0;
	return VB_OK;
}

static inline enum vb_result bench_device_write(void *dev, struct vb_access *a, uint32_t offset,
						uint32_t value)
{
	struct bench *b = dev;

	(void)a;
	if (b->device_faults)
		return VB_FAULT;
	if (offset < 16)
		b->device[offset / 4] = value;
	if (offset == 8 && b->remap_on_write)
		vb_bus_remap(b->bus, b->low, NULL, 0);
	if (offset == 4)
		vb_cpu_irq(b->cpu, 0, value != 0);
	return VB_OK;
}

static inline void bench_reset_request(void *ctx, bool core_only)
{
	struct bench *b = ctx;

	b->requests++;
	b->core_requests += core_only;
	vb_cpu_reset(b->cpu, VB_CPU_SYSTEM);
}

static inline void bench_sleep(void *ctx, bool sleeping, bool deep)
{
	struct bench *b = ctx;

	(void)deep;
	b->slept += sleeping;
	b->woken += !sleeping;
}

static inline void bench_halt(void *ctx, bool halted)
{
	((struct bench *)ctx)->halts += halted;
}

static inline void bench_trace(void *ctx, const uint8_t *packet, size_t bytes)
{
	struct bench *b = ctx;

	memcpy(&b->trace[b->traced], packet, bytes);
	b->traced += bytes;
}

static inline struct bench *bench_new_core(enum vb_core core, uint32_t cpuid)
{
	static const struct vb_device_ops device_ops = { bench_device_read, bench_device_write };
	struct bench *b = calloc(1, sizeof(*b));
	const struct vb_cpu_config config = {
		.core = core, .cpuid = cpuid, .irqs = 82,
		.nvic_prio_bits = core <= VB_CORTEX_M0PLUS ? 2 : 4,
		.rom_table_base = core == VB_CORTEX_M7F ? 0xe00fd000 : 0xe00ff000,
		.rom_pidr = { 0x15, 0x04, 0x0a, 0x00, 0x00 },
		.on_reset_request = bench_reset_request, .on_sleep = bench_sleep,
		.on_halt = bench_halt, .on_trace = bench_trace, .ctx = b,
	};
	struct vb_region r = { .name = "flash", .base = 0x08000000, .size = sizeof(b->flash),
			       .ram = b->flash, .executable = true };

	b->clock = vb_clock_new();
	b->bus = vb_bus_new();
	vb_bus_add(b->bus, &r);
	r.base = 0;
	b->low = vb_bus_add(b->bus, &r);
	r = (struct vb_region){ .name = "ram", .base = 0x20000000, .size = sizeof(b->ram),
				.ram = b->ram, .writable = true, .executable = true };
	vb_bus_add(b->bus, &r);
	r = (struct vb_region){ .name = "device", .base = 0x40000000, .size = 0x400,
				.dev_ops = &device_ops, .ctx = b };
	vb_bus_add(b->bus, &r);
	b->cpu = vb_cpu_new(&config, b->bus, b->clock);
	vb_cpu_set_hclk(b->cpu, BENCH_HCLK);
	return b;
}

#define bench_with(program) bench_load(program, sizeof(program))

static inline struct bench *bench_load(const uint8_t *program, size_t size)
{
	struct bench *b = bench_new_core(VB_CORTEX_M4F, 0x410fc241);

	memset(b->flash, 0xff, sizeof(b->flash));
	memcpy(b->flash, program, size);
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	return b;
}

static inline void bench_free(struct bench *b)
{
	vb_cpu_free(b->cpu);
	vb_bus_free(b->bus);
	vb_clock_free(b->clock);
	free(b);
}

static inline void bench_run(struct bench *b, unsigned cycles)
{
	vb_clock_advance(b->clock, (uint64_t)cycles * CYCLE_NS);
}

static inline uint32_t rd(struct bench *b, uint32_t addr)
{
	struct vb_access a = { .master = VB_DAP, .addr = addr, .size = 4, .is_privileged = true };
	uint32_t v = 0;

	assert_int_equal(vb_bus_read(b->bus, &a, &v), VB_OK);
	return v;
}

static inline void wr(struct bench *b, uint32_t addr, uint32_t value)
{
	struct vb_access a = { .master = VB_DAP, .addr = addr, .size = 4, .is_privileged = true };

	assert_int_equal(vb_bus_write(b->bus, &a, value), VB_OK);
}

/* A core register through DCRSR, as a debugger reads it. */
static inline uint32_t reg(struct bench *b, unsigned sel)
{
	wr(b, DCRSR, sel);
	for (unsigned i = 0; i < 10 && !(rd(b, DHCSR) & S_REGRDY); i++)
		bench_run(b, 4);
	assert_true(rd(b, DHCSR) & S_REGRDY);
	return rd(b, DCRDR);
}

static inline void set_reg(struct bench *b, unsigned sel, uint32_t value)
{
	wr(b, DCRDR, value);
	wr(b, DCRSR, sel | 0x10000);
	bench_run(b, 16);
	assert_true(rd(b, DHCSR) & S_REGRDY);
}

static inline void halt(struct bench *b)
{
	wr(b, DHCSR, HALT);
	assert_true(rd(b, DHCSR) & S_HALT);
}

static inline bool is_halted(struct bench *b)
{
	return rd(b, DHCSR) & S_HALT;
}

static inline void step(struct bench *b)
{
	wr(b, DHCSR, STEP);
	bench_run(b, 20);
	assert_true(is_halted(b));
}

/* Runs until `addr` with an FPB breakpoint. */
static inline void run_to(struct bench *b, uint32_t addr)
{
	wr(b, FP_COMP0, (addr & 0x1ffffffc) | 1 | (addr & 2 ? 0x80000000 : 0x40000000));
	wr(b, FP_CTRL, 3);
	wr(b, DHCSR, RUN);
	bench_run(b, 20000);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), addr);
	wr(b, FP_COMP0, 0);
	wr(b, FP_CTRL, 2);
}

#endif
