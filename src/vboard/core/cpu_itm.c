/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instrumentation trace macrocell and the registers of the TPIU (DDI 0403 C1.7, C1.10, D4). */
#include "vboard/core/cpu_priv.h"

#define FIELD(member)	offsetof(struct vb_cpu, itm.member)
#define TCR_ITMENA	BIT(0)
#define TCR_BUSY	BIT(23)
#define FFCR_FONMAN	BIT(6)
#define LAR_UNLOCK	0xc5acce55u

void itm_power_on(struct vb_cpu *cpu)
{
	cpu->itm = (struct itm){ .is_locked = true, .ffcr = 0x102, .cspsr = 1, .sppr = 1 };
	trace_power_on(cpu);
}

static uint32_t stimulus_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	/* FIFOREADY. */
	return (cpu->itm.tcr & TCR_ITMENA) && (cpu->itm.ter >> word & 1) && trace_is_ready(cpu);
}

static void stimulus_write(struct vb_cpu *cpu, struct vb_access *a, unsigned port, uint32_t value)
{
	if (!(cpu->itm.tcr & TCR_ITMENA) || !(cpu->itm.ter >> port & 1))
		return;
	if (!a->is_privileged && (cpu->itm.tpr >> port / 8 & 1))
		return;
	trace_stimulus(cpu, port, a->size, value);
}

/* Cortex-M7 erratum 513195, fixed in r1p1: the software lock binds the DAP. */
static bool locks_debugger(const struct vb_cpu *cpu)
{
	return cpu->config.core == VB_CORTEX_M7F &&
	       ((cpu->config.cpuid >> 20 & 15) == 0 || (cpu->config.cpuid & 15) == 0);
}

/* The software lock holds the core's writes. */
static bool is_locked_for(const struct vb_cpu *cpu, const struct vb_access *a)
{
	return cpu->itm.is_locked && (a->master != VB_DAP || locks_debugger(cpu));
}

static uint32_t control_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	switch (word) {
	case 0: return cpu->itm.ter;
	case 16: return cpu->itm.tpr;
	case 32: return cpu->itm.tcr | (trace_is_busy(cpu) ? TCR_BUSY : 0);
	default: return 0;
	}
}

static void control_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	uint32_t old = cpu->itm.tcr;

	if (is_locked_for(cpu, a))
		return;
	switch (word) {
	case 0: cpu->itm.ter = value; break;
	case 16: cpu->itm.tpr = value & 0xf; break;
	case 32:
		cpu->itm.tcr = value & 0x007f0f1f;
		trace_tcr_written(cpu, old);
		break;
	}
}

static void lar_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	cpu->itm.is_locked = value != LAR_UNLOCK;
}

static uint32_t lsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)word;
	if (a->master == VB_DAP && !locks_debugger(cpu))
		return 0;
	return 1u | (cpu->itm.is_locked ? BIT(1) : 0);
}

const struct ppb_reg itm_regs[] = {
	{ 0x000, 0x07c, PPB_RAW | PPB_USER, stimulus_read, stimulus_write, 0, 0 },
	{ 0xe00, 0xe80, 0, control_read, control_write, 0, 0 },
	{ 0xfb0, 0xfb0, 0, NULL, lar_write, 0, 0 },
	{ 0xfb4, 0xfb4, 0, lsr_read, NULL, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};

static uint32_t fixed_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)cpu;
	switch (a->addr & 0xffc) {
	case 0x000: return 0xf;		/* SSPSR: port widths 1 to 4 */
	case 0x300: return 0x8;		/* FFSR: FtNonStop */
	case 0xfc8: return 0xca1;	/* DEVID: NRZ and Manchester */
	default: return word & 0;
	}
}

static uint32_t port_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)word;
	switch (a->addr & 0xffc) {
	case 0x010: return cpu->itm.acpr;
	case 0x0f0: return cpu->itm.sppr;
	default: return cpu->itm.ffcr;
	}
}

static void port_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	bool is_m7_or_later = cpu->config.core == VB_CORTEX_M7F || cpu->traits->is_v8m;

	(void)word;
	switch (a->addr & 0xffc) {
	case 0x010: cpu->itm.acpr = value & (is_m7_or_later ? 0x1fff : 0xffff); break;
	case 0x0f0: cpu->itm.sppr = value & 3; break;
	default: cpu->itm.ffcr = value & 0x102; break;
	}
	trace_port_written(cpu);
	/* A flush is over at once: FOnMan is never read as 1. */
	if ((a->addr & 0xffc) == 0x304 && (value & FFCR_FONMAN) && cpu->trace.swo)
		vb_swo_flush(cpu->trace.swo);
}

const struct ppb_reg tpiu_regs[] = {
	{ 0x000, 0x000, 0, fixed_read, NULL, 0, 0 },
	{ 0x004, 0x004, 0, NULL, NULL, FIELD(cspsr), 0xf },
	{ 0x010, 0x010, 0, port_read, port_write, 0, 0 },
	{ 0x0f0, 0x0f0, 0, port_read, port_write, 0, 0 },
	{ 0x300, 0x300, 0, fixed_read, NULL, 0, 0 },
	{ 0x304, 0x304, 0, port_read, port_write, 0, 0 },
	{ 0x308, 0x308, 0, NULL, NULL, FIELD(fscr), 0x1f },
	{ 0xfc8, 0xfc8, 0, fixed_read, NULL, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
