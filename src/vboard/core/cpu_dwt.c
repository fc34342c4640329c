/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data watchpoint and trace unit (DDI 0403 C1.8; v8-M function codes from DDI 0553). */
#include "vboard/core/cpu_priv.h"

#define CTRL_CYCCNTENA	BIT(0)
#define CTRL_WRITABLE	0x007f1fffu
#define FN_CYCMATCH	BIT(7)
#define FN_DATAVMATCH	BIT(8)
#define FN_LNK1ENA	BIT(9)
#define V8_LINKED_VALUE	0xbu
#define FN_MATCHED	BIT(24)

enum { MATCH_READ = 1, MATCH_WRITE = 2, MATCH_PC = 4, MATCH_HALTS = 8, MATCH_LIMIT = 16,
       MATCH_TRIGGERS = 32 };

/* What FUNCTION[3:0] looks at (C1.8.17). Functions without a halt make trace: cpu_trace.c. */
static const uint8_t v7_functions[16] = {
	[1] = MATCH_READ | MATCH_WRITE, [2] = MATCH_READ | MATCH_WRITE,
	[3] = MATCH_READ | MATCH_WRITE, [4] = MATCH_PC | MATCH_HALTS,
	[5] = MATCH_READ | MATCH_HALTS, [6] = MATCH_WRITE | MATCH_HALTS,
	[7] = MATCH_READ | MATCH_WRITE | MATCH_HALTS, [8] = MATCH_PC | MATCH_TRIGGERS,
	[9] = MATCH_READ | MATCH_TRIGGERS, [10] = MATCH_WRITE | MATCH_TRIGGERS,
	[11] = MATCH_READ | MATCH_WRITE | MATCH_TRIGGERS, [12] = MATCH_READ,
	[13] = MATCH_WRITE, [14] = MATCH_READ, [15] = MATCH_WRITE,
};
static const uint8_t v8_matches[16] = {
	[2] = MATCH_PC, [3] = MATCH_LIMIT, [4] = MATCH_READ | MATCH_WRITE, [5] = MATCH_WRITE,
	[6] = MATCH_READ, [7] = MATCH_LIMIT, [8] = MATCH_READ | MATCH_WRITE, [9] = MATCH_WRITE,
	[10] = MATCH_READ, [12] = MATCH_READ | MATCH_WRITE, [13] = MATCH_WRITE, [14] = MATCH_READ,
};
/* FUNCTION.ID of the four comparators of a Cortex-M33. */
static const uint32_t v8_ids[4] = { 0x58000000, 0xf0000000, 0x50000000, 0xf0000000 };

/* A linked value goes with the accesses that the comparator before it looks at. */
static unsigned v8_looks_at(const struct vb_cpu *cpu, unsigned n)
{
	uint32_t f = cpu->dwt.function[n];
	unsigned what = v8_matches[f & 15];

	if ((f & 15) == V8_LINKED_VALUE && n % 2 == 1)
		what = v8_matches[cpu->dwt.function[n - 1] & 15] & (MATCH_READ | MATCH_WRITE);
	return what | (bits_get(f, 5, 4) == 1 ? MATCH_HALTS : 0);
}

static unsigned looks_at(const struct vb_cpu *cpu, unsigned n)
{
	uint32_t f = cpu->dwt.function[n];

	if (n >= cpu->traits->dwt_comparators)
		return 0;
	if (cpu->traits->is_v8m)
		return v8_looks_at(cpu, n);
	if (n == 0 && (f & FN_CYCMATCH))
		return (f & 15) == 4 ? MATCH_PC | MATCH_HALTS : 0;
	return v7_functions[f & 15];
}

unsigned dwt_caution(const struct vb_cpu *cpu)
{
	unsigned caution = 0;

	if (!(cpu->debug.demcr & DEMCR_TRCENA))
		return 0;
	for (unsigned n = 0; n < 4; n++) {
		unsigned what = looks_at(cpu, n);

		caution |= what & MATCH_PC ? CAUTION_DWT_PC : 0;
		caution |= what & (MATCH_READ | MATCH_WRITE) ? CAUTION_DWT_DATA : 0;
	}
	return caution;
}

void dwt_power_on(struct vb_cpu *cpu)
{
	cpu->dwt = (struct dwt){ .cyccnt_at = cpu->cycles };
	engine_update_caution(cpu);
}

static bool counts(const struct vb_cpu *cpu, bool trcena)
{
	return trcena && (cpu->dwt.ctrl & CTRL_CYCCNTENA);
}

static uint32_t cyccnt(const struct vb_cpu *cpu)
{
	bool on = counts(cpu, cpu->debug.demcr & DEMCR_TRCENA);

	return cpu->dwt.cyccnt + (on ? (uint32_t)(cpu->cycles - cpu->dwt.cyccnt_at) : 0);
}

void dwt_trace_enabled(struct vb_cpu *cpu, bool was_enabled)
{
	if (counts(cpu, was_enabled))
		cpu->dwt.cyccnt += (uint32_t)(cpu->cycles - cpu->dwt.cyccnt_at);
	cpu->dwt.cyccnt_at = cpu->cycles;
}

static void hit(struct vb_cpu *cpu, unsigned n)
{
	cpu->dwt.function[n] |= FN_MATCHED;
	if (looks_at(cpu, n) & MATCH_HALTS) {
		cpu->dwt.hit = true;
		cpu->attention = true;
	}
	if (looks_at(cpu, n) & MATCH_TRIGGERS)
		trigger_comparator(cpu, n);	/* CMPMATCH[n] */
}

/* Is any byte of the access inside what comparator n covers? */
static bool covers(const struct vb_cpu *cpu, unsigned n, uint32_t addr, unsigned size)
{
	const struct dwt *d = &cpu->dwt;
	uint32_t first = d->comp[n], last, low = 0;

	if (cpu->traits->is_v8m) {
		last = first + (1u << bits_get(d->function[n], 11, 10)) - 1;
		if (n + 1 < cpu->traits->dwt_comparators && (looks_at(cpu, n + 1) & MATCH_LIMIT))
			last = d->comp[n + 1];
	} else {
		low = (1u << d->mask[n]) - 1;
		first &= ~low;
		last = first | low;
	}
	return addr <= last && addr + (size - 1) >= first;
}

bool dwt_pc_matches(struct vb_cpu *cpu, uint32_t addr)
{
	struct dwt *d = &cpu->dwt;
	bool halts = d->hit;

	for (unsigned n = 0; n < cpu->traits->dwt_comparators; n++) {
		if (!(looks_at(cpu, n) & MATCH_PC))
			continue;
		if (!cpu->traits->is_v8m && n == 0 && (d->function[0] & FN_CYCMATCH)) {
			/* An exception entry moves the counter by more than one. */
			if (cyccnt(cpu) - d->comp[0] < 32 && !(d->function[0] & FN_MATCHED))
				hit(cpu, n);
		} else if (covers(cpu, n, addr, 1)) {
			hit(cpu, n);
		}
	}
	return d->hit && !halts;
}

/* COMP holds a byte four times, a halfword twice. */
static bool is_value(const struct vb_cpu *cpu, unsigned n, unsigned size, uint32_t value)
{
	if (size != 1u << bits_get(cpu->dwt.function[n], 11, 10))
		return false;
	if (size == 1)
		value = (value & 0xff) * 0x01010101u;
	if (size == 2)
		value = (value & 0xffff) * 0x00010001u;
	return value == cpu->dwt.comp[n];
}

/* Comparator n holds a value; the addresses are in the comparators it names (C1.8.17). */
static bool v7_value_matches(struct vb_cpu *cpu, unsigned n, uint32_t addr, unsigned size,
			     uint32_t value)
{
	uint32_t f = cpu->dwt.function[n];
	unsigned linked[2] = { bits_get(f, 15, 12), bits_get(f, 19, 16) };

	if (!is_value(cpu, n, size, value))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (linked[i] == n || (linked[i] < 4 && covers(cpu, linked[i], addr, size)))
			return true;
	}
	return false;
}

static bool data_matches(struct vb_cpu *cpu, unsigned n, uint32_t addr, unsigned size, uint32_t value)
{
	uint32_t f = cpu->dwt.function[n];

	if (!cpu->traits->is_v8m)
		return f & FN_DATAVMATCH ? v7_value_matches(cpu, n, addr, size, value)
					 : covers(cpu, n, addr, size);
	if ((f & 15) == V8_LINKED_VALUE)
		return covers(cpu, n - 1, addr, size) && is_value(cpu, n, size, value);
	if ((f & 15) >= 8 && (f & 15) <= 10)
		return is_value(cpu, n, size, value);
	return covers(cpu, n, addr, size);
}

void dwt_data_access(struct vb_cpu *cpu, bool is_write, uint32_t addr, unsigned size,
		     uint32_t value)
{
	bool is_known = is_write;

	for (unsigned n = 0; n < cpu->traits->dwt_comparators; n++) {
		if (!(looks_at(cpu, n) & (is_write ? MATCH_WRITE : MATCH_READ)))
			continue;
		/* What a read found is known only in memory: a device's register shows as 0. */
		if (!is_known) {
			value = 0;
			vb_bus_peek(cpu->bus, addr, &value, MIN(size, 4u));
			is_known = true;
		}
		if (!data_matches(cpu, n, addr, size, value))
			continue;
		hit(cpu, n);
		trace_data(cpu, n, is_write, addr, size, value);
	}
}

/* Registers */

static uint32_t ctrl_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	uint32_t v = cpu->traits->dwt_comparators << 28 | cpu->dwt.ctrl;

	(void)a;
	(void)word;
	/* v6-M has no trace packets, no external match, no counters. */
	return cpu->traits->is_v6m ? v | 0x0f000000 : v;
}

static void ctrl_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if (cpu->traits->is_v6m)
		return;
	dwt_trace_enabled(cpu, true);
	cpu->dwt.ctrl = value & CTRL_WRITABLE;
	trace_configured(cpu);
}

static uint32_t counter_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return word == 0 ? cyccnt(cpu) : 0;	/* the profiling counters stand still */
}

static void counter_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	if (word)
		return;
	cpu->dwt.cyccnt = value;
	cpu->dwt.cyccnt_at = cpu->cycles;
}

static uint32_t pcsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	if (cpu->halted || cpu->held || cpu->sleep != AWAKE)
		return 0xffffffff;
	return cpu->pc;
}

/* COMPn, MASKn, FUNCTIONn, reserved. */
static uint32_t comparator_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	struct dwt *d = &cpu->dwt;
	unsigned n = word / 4;
	uint32_t v;

	(void)a;
	if (n >= cpu->traits->dwt_comparators)
		return 0;
	switch (word % 4) {
	case 0: return d->comp[n];
	case 1: return d->mask[n];
	case 2:
		v = d->function[n];
		d->function[n] &= ~FN_MATCHED;
		if (!cpu->traits->is_v8m && !cpu->traits->is_v6m && n == 1)
			v |= FN_LNK1ENA;
		return cpu->traits->is_v8m ? v | v8_ids[n] : v;
	default: return 0;
	}
}

static uint32_t function_mask(const struct vb_cpu *cpu, unsigned n)
{
	if (cpu->traits->is_v8m)
		return 0x00000c3f;
	if (cpu->traits->is_v6m)
		return 0x0000000f;
	return n == 0 ? 0x000000af : n == 1 ? 0x000ffd2f : 0x0000002f;
}

static void comparator_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	struct dwt *d = &cpu->dwt;
	unsigned n = word / 4;

	(void)a;
	if (n >= cpu->traits->dwt_comparators)
		return;
	switch (word % 4) {
	case 0: d->comp[n] = value; break;
	case 1: d->mask[n] = cpu->traits->is_v8m ? 0 : value & 0xf; break;
	case 2:
		d->function[n] = (value & function_mask(cpu, n)) | (d->function[n] & FN_MATCHED);
		if (!(value & 15))
			d->function[n] &= ~FN_MATCHED;
		break;
	}
	engine_update_caution(cpu);
	cpu->attention = true;
}

const struct ppb_reg dwt_regs[] = {
	{ 0x000, 0x000, 0, ctrl_read, ctrl_write, 0, 0 },
	{ 0x004, 0x018, PPB_V7, counter_read, counter_write, 0, 0 },
	{ 0x01c, 0x01c, 0, pcsr_read, NULL, 0, 0 },
	{ 0x020, 0x05c, 0, comparator_read, comparator_write, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
