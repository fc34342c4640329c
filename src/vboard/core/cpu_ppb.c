/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows of the private peripheral bus: who may access what, identification, ROM tables. */
#include <stdlib.h>
#include <string.h>

#include "vboard/core/cpu_priv.h"

#define MAX_WINDOWS	16
#define DEVTYPE_CTI	0x14
#define CLASS_ROM	1

static bool exists(const struct vb_cpu *cpu, const struct ppb_reg *row)
{
	const struct core_traits *t = cpu->traits;

	if ((row->flags & PPB_V7) && t->is_v6m)
		return false;
	if ((row->flags & PPB_V8) && !t->is_v8m)
		return false;
	if ((row->flags & PPB_FPU) && !t->has_fpu)
		return false;
	return !(row->flags & PPB_M7) || t->core == VB_CORTEX_M7F;
}

static const struct ppb_reg *find_row(const struct ppb_window *w, uint32_t offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(w->regs) && w->regs[i]; i++) {
		const struct ppb_reg *row = w->regs[i];

		for (; row->last || row->read || row->write; row++) {
			if (offset >= row->first && offset <= row->last + 3u && exists(w->cpu, row))
				return row;
		}
	}
	return NULL;
}

/* What a Cortex-M7 answers while its reset is held (DDI 0489F 9.1.2). */
bool ppb_answers_in_reset(uint32_t addr)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{ 0xe000ed00, 0xe000ed03 }, { 0xe000ed30, 0xe000ed33 }, { 0xe000edf0, 0xe000eeff },
		{ 0xe000ef40, 0xe000ef4b }, { 0xe000efd0, 0xe000efff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (addr >= ranges[i].first && addr <= ranges[i].last)
			return true;
	}
	return false;
}

static bool may_access(const struct ppb_window *w, const struct vb_access *a,
		       const struct ppb_reg *row)
{
	const struct vb_cpu *cpu = w->cpu;

	if (a->master == VB_DAP)
		return !cpu->gated;
	if (a->is_privileged)
		return true;
	if (row == NULL || !(row->flags & PPB_USER))
		return false;
	/* STIR is open to user code if CCR.USERSETMPEND says so. */
	return (a->addr & 0xfff) != 0xf00 || (cpu->scs.ccr & BIT(1));
}

static uint32_t id_read(const struct ppb_window *w, uint32_t offset)
{
	const uint8_t class = w->table ? CLASS_ROM : w->id->class;
	const uint8_t cid[4] = { 0x0d, (uint8_t)(class << 4), 0x05, 0xb1 };

	if (w->table && offset < sizeof(w->rom))
		return w->rom[offset / 4];
	if (offset >= 0xff0)
		return cid[(offset - 0xff0) / 4];
	if (offset >= 0xfe0)
		return w->pidr[(offset - 0xfe0) / 4];
	switch (offset) {
	case 0xfbc: return w->id && w->id->devarch ? 0x47700000 | w->id->devarch : 0;
	case 0xfcc: return w->table ? 1 : w->id->devtype;	/* MEMTYPE: system memory is here */
	case 0xfd0: return w->pidr[4];
	default: return 0;
	}
}

static uint32_t row_read(struct vb_cpu *cpu, const struct ppb_reg *row, struct vb_access *a,
			 unsigned word)
{
	if (row->read)
		return row->read(cpu, a, word);
	return row->field ? *(uint32_t *)((uint8_t *)cpu + row->field) : 0;
}

static bool is_dark(const struct ppb_window *w)
{
	return w->needs_trcena && !(w->cpu->debug.demcr & DEMCR_TRCENA);
}

static enum vb_result ppb_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct ppb_window *w = dev;
	const struct ppb_reg *row = find_row(w, offset);
	uint32_t v;

	*value = 0;
	if (!may_access(w, a, row))
		return VB_FAULT;
	if (a->size != 4 && w->cpu->traits->is_v6m)
		return VB_FAULT;
	if (is_dark(w))
		return VB_OK;
	if (row)
		v = row_read(w->cpu, row, a, (offset - row->first) / 4);
	else
		v = id_read(w, offset & ~3u);
	*value = (v >> 8 * (offset & 3)) & (0xffffffffu >> (32 - 8 * a->size));
	return VB_OK;
}

static enum vb_result ppb_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct ppb_window *w = dev;
	struct vb_cpu *cpu = w->cpu;
	const struct ppb_reg *row = find_row(w, offset);
	unsigned word, shift = 8 * (offset & 3);

	if (!may_access(w, a, row))
		return VB_FAULT;
	if (a->size != 4 && cpu->traits->is_v6m)
		return VB_FAULT;
	if (row == NULL || is_dark(w))
		return VB_OK;
	word = (offset - row->first) / 4;
	if (a->size != 4 && !(row->flags & PPB_RAW)) {
		uint32_t lanes = (0xffffffffu >> (32 - 8 * a->size)) << shift;

		if (!(row->flags & PPB_BYTES))
			return VB_OK;	/* word access only: UNPREDICTABLE, here without effect */
		value = (row_read(cpu, row, a, word) & ~lanes) | (value << shift & lanes);
	}
	if (row->write) {
		row->write(cpu, a, word, value);
	} else if (row->field) {
		uint32_t *field = (uint32_t *)((uint8_t *)cpu + row->field);

		*field = (*field & ~row->writable) | (value & row->writable);
		cpu->attention = true;
	}
	return VB_OK;
}

static const struct vb_device_ops ppb_ops = { ppb_read, ppb_write };

static const struct {
	uint32_t base;
	const char *name;
	bool needs_trcena;
	const struct ppb_reg *regs[4];
} parts[] = {
	{ 0xe0000000, "ITM", true, { itm_regs } },
	{ 0xe0001000, "DWT", true, { dwt_regs } },
	{ 0xe0002000, "FPB", false, { fpb_regs } },
	{ 0xe000e000, "SCS", false, { nvic_regs, scs_regs, mpu_regs, debug_regs } },
	{ 0xe0040000, "TPIU", true, { tpiu_regs } },
	{ 0xe0041000, "ETM", true, { NULL } },
};

static void add_window(struct vb_cpu *cpu, struct ppb_window *w, const char *name, uint32_t base)
{
	struct vb_region region = { .name = name, .base = base, .size = 0x1000, .dev_ops = &ppb_ops,
				    .ctx = w };

	w->cpu = cpu;
	vb_bus_add(cpu->bus, &region);
}

static void set_arm_pid(struct ppb_window *w, uint32_t pid)
{
	put_le32(w->pidr, pid);
	w->pidr[4] = 0x04;
}

static void add_component(struct vb_cpu *cpu, struct ppb_window *w, const struct ppb_id *id)
{
	const char *name = "CoreSight";

	w->id = id;
	set_arm_pid(w, id->pid);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].base != id->base)
			continue;
		name = parts[i].name;
		w->needs_trcena = parts[i].needs_trcena;
		memcpy(w->regs, parts[i].regs, sizeof(parts[i].regs));
	}
	if (id->devtype == DEVTYPE_CTI) {
		name = "CTI";
		w->regs[0] = cti_regs;
	}
	add_window(cpu, w, name, id->base);
}

/* Where the chip has put it: the core's own table gets an entry more. */
static struct ppb_window *add_cti(struct vb_cpu *cpu, struct ppb_window *w)
{
	static const struct ppb_id m4_cti = { 0, 0x004bb906, 9, DEVTYPE_CTI, 0 };
	uint32_t base = cpu->config.cti_base;
	struct ppb_window *table = w - 1;
	unsigned n = 0;

	if (base == 0)
		return w;
	while (table->table != cpu->traits->tables)
		table--;
	while (table->rom[n] != 0)
		n++;
	table->rom[n] = ((base - table->table->base) & 0xfffff000) | 3;
	w->id = &m4_cti;
	set_arm_pid(w, m4_cti.pid);
	w->regs[0] = cti_regs;
	add_window(cpu, w, "CTI", base);
	return w + 1;
}

static void add_table(struct vb_cpu *cpu, struct ppb_window *w, const struct rom_table *table)
{
	w->table = table;
	memcpy(w->rom, table->entry, sizeof(w->rom));
	set_arm_pid(w, table->pid);
	if (table->base == cpu->config.rom_table_base) {
		for (unsigned i = 0; i < 5; i++)
			w->pidr[i] = (uint8_t)cpu->config.rom_pidr[i];
	}
	add_window(cpu, w, "ROM table", table->base);
}

/* A chip whose own table is elsewhere points to the core's first one. */
static void add_chip_table(struct vb_cpu *cpu, struct ppb_window *w)
{
	uint32_t base = cpu->config.rom_table_base;

	w->table = cpu->traits->tables;
	w->rom[0] = ((cpu->traits->tables->base - base) & 0xfffff000) | 3;
	for (unsigned i = 0; i < 5; i++)
		w->pidr[i] = (uint8_t)cpu->config.rom_pidr[i];
	add_window(cpu, w, "ROM table", base);
}

void ppb_add(struct vb_cpu *cpu)
{
	struct ppb_window *w = xcalloc(MAX_WINDOWS, sizeof(*w));
	bool has_chip_table = cpu->config.rom_table_base == 0;

	cpu->windows = w;
	for (const struct ppb_id *id = cpu->traits->ids; id->base || id->pid; id++)
		add_component(cpu, w++, id);
	for (const struct rom_table *t = cpu->traits->tables; t->base; t++) {
		has_chip_table |= t->base == cpu->config.rom_table_base;
		add_table(cpu, w++, t);
	}
	w = add_cti(cpu, w);
	if (!has_chip_table)
		add_chip_table(cpu, w++);
}
