/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash patch and breakpoint unit, v1 (DDI 0403 C1.11) and v2 (M7, v8-M); the BPU of v6-M. */
#include "vboard/core/cpu_priv.h"

#define REV2		(1u << 28)
#define CTRL_KEY	BIT(1)

static unsigned count(const struct vb_cpu *cpu)
{
	return cpu->traits->fpb_code + cpu->traits->fpb_literal;
}

/* Comparators keep their enable bit clear after power-on; the address is UNKNOWN, here zero. */
void fpb_power_on(struct vb_cpu *cpu)
{
	cpu->fpb = (struct fpb){ 0 };
	engine_update_caution(cpu);
}

static bool hits(const struct vb_cpu *cpu, uint32_t comp, uint32_t addr)
{
	if (!(comp & 1))
		return false;
	if (cpu->traits->fpb_rev == 1)
		return (comp & ~1u) == addr;
	if ((comp & 0x1ffffffc) != (addr & ~3u))
		return false;	/* addresses from 0x20000000 on never match */
	switch (comp >> 30) {
	case 1: return !(addr & 2);
	case 2: return addr & 2;
	case 3: return true;
	default: return false;	/* remap */
	}
}

bool fpb_matches(const struct vb_cpu *cpu, uint32_t addr)
{
	if (!(cpu->fpb.ctrl & 1))
		return false;
	for (unsigned i = 0; i < cpu->traits->fpb_code; i++) {
		if (hits(cpu, cpu->fpb.comp[i], addr))
			return true;
	}
	return false;
}

/* The word that replaces the one at `addr`, from the remap table in SRAM. */
bool fpb_remaps(struct vb_cpu *cpu, uint32_t addr, uint32_t *word)
{
	if (!(cpu->fpb.ctrl & 1) || cpu->traits->fpb_rev || cpu->traits->is_v6m)
		return false;
	for (unsigned i = 0; i < cpu->traits->fpb_code; i++) {
		uint32_t comp = cpu->fpb.comp[i];

		if ((comp & 1) && comp >> 30 == 0 && (comp & 0x1ffffffc) == (addr & ~3u))
			return vb_bus_peek(cpu->bus, (0x20000000 | cpu->fpb.remap) + 4 * i, word,
					   4);
	}
	return false;
}

/* Most instructions are not near a breakpoint: one bit test tells. */
static void comparators_changed(struct vb_cpu *cpu)
{
	struct fpb *f = &cpu->fpb;

	f->filter = 0;
	for (unsigned i = 0; i < cpu->traits->fpb_code; i++) {
		uint32_t addr = f->comp[i] & 0x1ffffffc;

		if (!(f->ctrl & f->comp[i] & 1))
			continue;
		if (cpu->traits->fpb_rev)
			f->filter |= 1ull << (f->comp[i] / 2 % 64);
		else
			f->filter |= 3ull << (addr / 2 % 64);	/* either halfword */
	}
	engine_update_caution(cpu);
	cpu->attention = true;
}

static uint32_t ctrl_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	unsigned code = cpu->traits->fpb_code;

	(void)a;
	(void)word;
	return (cpu->traits->fpb_rev ? REV2 : 0) | (code & 0x70) << 8 | (code & 0xf) << 4 |
	       cpu->traits->fpb_literal << 8 | (cpu->fpb.ctrl & 1);
}

static void ctrl_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if (!(value & CTRL_KEY))
		return;
	cpu->fpb.ctrl = value & 1;
	comparators_changed(cpu);
}

static bool can_remap(const struct vb_cpu *cpu)
{
	return cpu->traits->fpb_rev == 0 && !cpu->traits->is_v6m;
}

static uint32_t remap_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return can_remap(cpu) ? 0x20000000 | cpu->fpb.remap : 0;	/* RMPSPT */
}

static void remap_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	cpu->fpb.remap = can_remap(cpu) ? value & 0x1fffffe0 : 0;
	cpu->attention = true;
}

static uint32_t comp_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return word < count(cpu) ? cpu->fpb.comp[word] : 0;
}

static void comp_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	if (word >= count(cpu))
		return;
	if (cpu->traits->fpb_rev == 0)
		value &= word < cpu->traits->fpb_code ? 0xdffffffd : 0x1ffffffd;
	cpu->fpb.comp[word] = value;
	comparators_changed(cpu);
}

const struct ppb_reg fpb_regs[] = {
	{ 0x000, 0x000, 0, ctrl_read, ctrl_write, 0, 0 },
	{ 0x004, 0x004, 0, remap_read, remap_write, 0, 0 },
	{ 0x008, 0x044, 0, comp_read, comp_write, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
