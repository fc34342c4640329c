/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a core's cross trigger interface is wired to. M7: DDI 0489 tables 10-1 and 10-2. M3 and M4: the
 * CTI of their integration kits; STM32WL5 (RM0453 figure 387) and STM32H7 have it so. The ETM is not here.
 *
 * HALTED is a pulse on entry to Debug state: with a level, two cores that halt each other could never
 * be let go. The debug request is a level: the core halts (DFSR.EXTERNAL) as often as it is let go until
 * CTIINTACK takes it back. DBGRESTART lets a halted core go unless it is still asked to halt.
 */
#include "vboard/core/cpu_priv.h"

static const struct cti_wiring {
	enum vb_core core;
	uint8_t halted, dwt;			/* inputs: of three comparators the first */
	uint8_t request, restart, irq[2];	/* outputs */
} wirings[] = {
	{ VB_CORTEX_M3, .halted = 0, .dwt = 4, .request = 0, .restart = 7, .irq = { 2, 3 } },
	{ VB_CORTEX_M4F, .halted = 0, .dwt = 4, .request = 0, .restart = 7, .irq = { 2, 3 } },
	{ VB_CORTEX_M7F, .halted = 0, .dwt = 1, .request = 0, .restart = 7, .irq = { 1, 2 } },
};

static const struct cti_wiring *wiring_of(enum vb_core core)
{
	for (size_t i = 0; i < ARRAY_SIZE(wirings); i++) {
		if (wirings[i].core == core)
			return &wirings[i];
	}
	return NULL;
}

static void request(struct vb_cpu *cpu, bool level)
{
	struct trigger *t = &cpu->trigger;

	t->is_requested = level;
	/* Of two cores the one that runs later in a slice must not halt before its reason. */
	t->request_ns = t->is_from_here ? 0 : vb_clock_now(cpu->clock);
	cpu->attention = true;
	if (level && !cpu->is_running && !t->is_from_here)
		cpu_check_halt(cpu);
}

static void output(void *ctx, unsigned n, bool level)
{
	struct vb_cpu *cpu = ctx;
	const struct cti_wiring *w = wiring_of(cpu->config.core);

	if (n == w->request)
		request(cpu, level);
	if (n == w->restart && level)
		debug_restart(cpu);
	for (unsigned i = 0; i < 2; i++) {
		if (n == w->irq[i] && cpu->config.cti_irq[i] != 0)
			vb_cpu_irq(cpu, (int)cpu->config.cti_irq[i], level);
	}
}

void trigger_add(struct vb_cpu *cpu)
{
	const struct cti_wiring *w = wiring_of(cpu->config.core);
	struct vb_cti_config config = { .out = output, .ctx = cpu };

	if (w == NULL)
		return;
	/* All but the request and the interrupts is a handshake or a pulse. */
	config.self_acknowledging = (uint8_t)~(1u << w->request | 1u << w->irq[0] | 1u << w->irq[1]);
	cpu->trigger.cti = vb_cti_new(&config);
}

static void pulse(struct vb_cpu *cpu, unsigned input)
{
	bool was = cpu->trigger.is_from_here;

	if (cpu->trigger.cti == NULL)
		return;
	cpu->trigger.is_from_here = true;
	vb_cti_pulse(cpu->trigger.cti, input);
	cpu->trigger.is_from_here = was;
}

void trigger_halted(struct vb_cpu *cpu)
{
	if (cpu->trigger.cti != NULL)
		pulse(cpu, wiring_of(cpu->config.core)->halted);
}

/* Three of the comparators are wired. */
void trigger_comparator(struct vb_cpu *cpu, unsigned n)
{
	if (cpu->trigger.cti != NULL && n < 3)
		pulse(cpu, wiring_of(cpu->config.core)->dwt + n);
}

void trigger_power_on(struct vb_cpu *cpu)
{
	if (cpu->trigger.cti != NULL)
		vb_cti_reset(cpu->trigger.cti);
}

void vb_cpu_join_triggers(struct vb_cpu *a, struct vb_cpu *b)
{
	vb_cti_join(a->trigger.cti, b->trigger.cti);
}

static uint32_t cti_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)word;
	return vb_cti_read(cpu->trigger.cti, a->addr & 0xffc, a->master == VB_DAP);
}

static void cti_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)word;
	vb_cti_write(cpu->trigger.cti, a->addr & 0xffc, value, a->master == VB_DAP);
}

const struct ppb_reg cti_regs[] = {
	{ 0x000, 0xfb8, 0, cti_read, cti_write, 0, 0 },
	{ 0xfc8, 0xfc8, 0, cti_read, NULL, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
