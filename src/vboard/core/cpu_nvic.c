/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVIC (DDI 0403 B3.4) and SysTick (B3.3). Byte access to priorities, word access to the rest. */
#include "vboard/core/cpu_priv.h"

#define CSR_ENABLE	BIT(0)
#define CSR_TICKINT	BIT(1)
#define CSR_CLKSOURCE	BIT(2)
#define CSR_COUNTFLAG	BIT(16)
#define COUNTER_MASK	0x00ffffffu

/* Interrupt numbers start at exception 16, so a register covers two half words of the bitmap. */
static uint32_t get_irq_bits(const uint32_t *map, unsigned word)
{
	return map[word] >> 16 | (word + 1 < 16 ? map[word + 1] << 16 : 0);
}

static void set_irq_bits(struct vb_cpu *cpu, uint32_t *map, unsigned word, uint32_t bits, bool on)
{
	for (; bits; bits &= bits - 1) {
		unsigned irq = word * 32 + (unsigned)__builtin_ctz(bits);

		if (irq < cpu->config.irqs)
			exc_set(map, EXC_IRQ0 + irq, on);
	}
	cpu->attention = true;
}

static uint32_t enabled_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return get_irq_bits(cpu->nvic.enabled, word);
}

static void enable_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	set_irq_bits(cpu, cpu->nvic.enabled, word, value, true);
}

static void disable_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	set_irq_bits(cpu, cpu->nvic.enabled, word, value, false);
}

static uint32_t pending_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return get_irq_bits(cpu->nvic.pending, word);
}

static void pend_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	for (uint32_t bits = value; bits; bits &= bits - 1) {
		unsigned irq = word * 32 + (unsigned)__builtin_ctz(bits);

		if (irq < cpu->config.irqs)
			cpu_set_pending(cpu, EXC_IRQ0 + irq, true);
	}
}

static void unpend_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	/* A line that is still high pends again at once. */
	set_irq_bits(cpu, cpu->nvic.pending, word, value & ~get_irq_bits(cpu->nvic.line, word),
		     false);
}

static uint32_t active_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return get_irq_bits(cpu->nvic.active, word);
}

static uint32_t priority_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return get_le32(&cpu->nvic.priority[EXC_IRQ0 + word * 4]);
}

static void priority_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	uint8_t mask = cpu_priority_mask(cpu);

	(void)a;
	for (unsigned i = 0; i < 4; i++) {
		if (word * 4 + i < cpu->config.irqs)
			cpu->nvic.priority[EXC_IRQ0 + word * 4 + i] =
				(uint8_t)(value >> 8 * i) & mask;
	}
	cpu->attention = true;
}

static void stir_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if ((value & 0x1ff) < cpu->config.irqs)
		cpu_set_pending(cpu, EXC_IRQ0 + (value & 0x1ff), true);
}

static uint32_t ictr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->config.irqs ? (cpu->config.irqs - 1) / 32 : 0;
}

/* SysTick */

static uint64_t tick_hz(const struct vb_cpu *cpu)
{
	return cpu->systick.csr & CSR_CLKSOURCE ? cpu->hclk : MAX(cpu->hclk / 8, 1u);
}

static bool is_counting(const struct vb_cpu *cpu)
{
	return (cpu->systick.csr & CSR_ENABLE) && !cpu->systick.is_frozen &&
	       (cpu->systick.rvr || cpu->systick.value);
}

/* The counter now; at 0 the next tick loads RVR. */
static uint32_t current_value(const struct vb_cpu *cpu)
{
	const struct systick *t = &cpu->systick;
	uint64_t ticks;

	if (!is_counting(cpu))
		return t->value;
	ticks = (uint64_t)((unsigned __int128)(vb_clock_now(cpu->clock) - t->anchor_ns) *
			   tick_hz(cpu) / 1000000000u);
	if (ticks <= t->value)
		return t->value - (uint32_t)ticks;
	ticks -= t->value;
	return t->rvr ? t->rvr - (uint32_t)((ticks - 1) % (t->rvr + 1u)) : 0;
}

static void systick_wraps(void *ctx);

/* Plans the moment at which `value`, right since anchor_ns, reaches zero. */
static void plan(struct vb_cpu *cpu)
{
	struct systick *t = &cpu->systick;
	uint64_t ticks = t->value ? t->value : t->rvr + 1u, due, now = vb_clock_now(cpu->clock);

	vb_clock_cancel(cpu->clock, t->event);
	t->event = NULL;
	if (!is_counting(cpu))
		return;
	due = t->anchor_ns + (ticks * 1000000000u + tick_hz(cpu) - 1) / tick_hz(cpu);
	t->event = vb_clock_after(cpu->clock, due > now ? due - now : 0, systick_wraps, cpu,
				  "SysTick");
}

static void anchor(struct vb_cpu *cpu)
{
	cpu->systick.value = current_value(cpu);
	cpu->systick.anchor_ns = vb_clock_now(cpu->clock);
}

static void systick_wraps(void *ctx)
{
	struct vb_cpu *cpu = ctx;
	struct systick *t = &cpu->systick;

	t->event = NULL;
	t->anchor_ns = vb_clock_now(cpu->clock);
	t->value = 0;
	t->csr |= CSR_COUNTFLAG;
	if (t->csr & CSR_TICKINT)
		cpu_set_pending(cpu, EXC_SYSTICK, true);
	plan(cpu);
}

void systick_freeze(struct vb_cpu *cpu, bool frozen)
{
	if (cpu->systick.is_frozen == frozen)
		return;
	anchor(cpu);
	cpu->systick.is_frozen = frozen;
	plan(cpu);
}

void systick_clock_changed(struct vb_cpu *cpu, uint32_t new_hclk)
{
	anchor(cpu);
	cpu->hclk = new_hclk;
	plan(cpu);
}

void systick_reset(struct vb_cpu *cpu)
{
	struct systick *t = &cpu->systick;

	vb_clock_cancel(cpu->clock, t->event);
	/* RVR and CVR are UNKNOWN after reset (B3.3); the core does not clear them. */
	t->value = current_value(cpu);
	t->event = NULL;
	t->csr = 0;
}

static uint32_t csr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	uint32_t v = cpu->systick.csr;

	(void)word;
	/* Only the core's read clears COUNTFLAG: a debugger must not take it away (B3.3.3). */
	if (a->master != VB_DAP)
		cpu->systick.csr &= ~CSR_COUNTFLAG;
	return v;
}

static void csr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	anchor(cpu);
	cpu->systick.csr = (cpu->systick.csr & CSR_COUNTFLAG) | (value & 7);
	plan(cpu);
}

static void rvr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	anchor(cpu);
	cpu->systick.rvr = value & COUNTER_MASK;
	plan(cpu);
}

static uint32_t rvr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->systick.rvr;
}

static uint32_t cvr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return current_value(cpu);
}

static void cvr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	(void)value;		/* any write clears counter and flag */
	cpu->systick.value = 0;
	cpu->systick.anchor_ns = vb_clock_now(cpu->clock);
	cpu->systick.csr &= ~CSR_COUNTFLAG;
	plan(cpu);
}

static uint32_t calib_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)cpu;
	(void)a;
	(void)word;
	return BIT(30);		/* a reference clock exists; 10 ms is not known exactly */
}

const struct ppb_reg nvic_regs[] = {
	{ 0x004, 0x004, PPB_V7, ictr_read, NULL, 0, 0 },
	{ 0x010, 0x010, 0, csr_read, csr_write, 0, 0 },
	{ 0x014, 0x014, 0, rvr_read, rvr_write, 0, 0 },
	{ 0x018, 0x018, 0, cvr_read, cvr_write, 0, 0 },
	{ 0x01c, 0x01c, 0, calib_read, NULL, 0, 0 },
	{ 0x100, 0x13c, 0, enabled_read, enable_write, 0, 0 },
	{ 0x180, 0x1bc, 0, enabled_read, disable_write, 0, 0 },
	{ 0x200, 0x23c, 0, pending_read, pend_write, 0, 0 },
	{ 0x280, 0x2bc, 0, pending_read, unpend_write, 0, 0 },
	{ 0x300, 0x33c, PPB_V7, active_read, NULL, 0, 0 },
	{ 0x400, 0x5ec, PPB_BYTES, priority_read, priority_write, 0, 0 },
	{ 0xf00, 0xf00, PPB_V7 | PPB_USER, NULL, stir_write, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
