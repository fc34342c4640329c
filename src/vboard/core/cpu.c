/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life of the CPU, reset, and the runner that decides what happens next. */
#include "vboard/core/cpu.h"

#include <stdlib.h>

#include "vboard/core/cpu_priv.h"

#define NS_PER_S	1000000000u
#define DEFAULT_HCLK	4000000u	/* until the chip says */

/* Time */

uint64_t cpu_time_of(const struct vb_cpu *cpu, uint64_t cycle)
{
	uint64_t cycles = cycle - cpu->epoch_cycle;

	/* Asked at each access to a device: the wide division only when it must be. */
	if (cycles < UINT64_MAX / 2 / NS_PER_S)
		return cpu->epoch_ns + (cycles * NS_PER_S + cpu->hclk - 1) / cpu->hclk;
	return cpu->epoch_ns +
	       (uint64_t)(((unsigned __int128)cycles * NS_PER_S + cpu->hclk - 1) / cpu->hclk);
}

/* The first cycle that does not fit before `ns`. */
static uint64_t cycle_at(const struct vb_cpu *cpu, uint64_t ns)
{
	if (ns <= cpu->epoch_ns)
		return cpu->epoch_cycle;
	return cpu->epoch_cycle +
	       (uint64_t)((unsigned __int128)(ns - cpu->epoch_ns) * cpu->hclk / NS_PER_S);
}

void cpu_restart_epoch(struct vb_cpu *cpu, uint64_t now_ns)
{
	cpu->epoch_ns = now_ns;
	cpu->epoch_cycle = cpu->cycles;
}

bool cpu_has_reached(const struct vb_cpu *cpu, uint64_t ns)
{
	return !cpu->config.is_second || cpu->cycles >= cycle_at(cpu, ns);
}

/* Where a debug request from the other core's time interrupts this slice. */
static uint64_t slice_end(const struct vb_cpu *cpu, uint64_t until)
{
	if (!cpu->trigger.is_requested || cpu_has_reached(cpu, cpu->trigger.request_ns))
		return until;
	return MIN(until, cpu->trigger.request_ns);
}

void cpu_note_time(struct vb_cpu *cpu)
{
	vb_clock_note(cpu->clock, MIN(cpu_time_of(cpu, cpu->cycles), cpu->until_ns));
}

void vb_cpu_set_hclk(struct vb_cpu *cpu, uint32_t hz)
{
	uint64_t now = cpu_time_of(cpu, cpu->cycles);

	systick_clock_changed(cpu, MAX(hz, 1u));
	cpu_restart_epoch(cpu, now);
	trace_configured(cpu);
	cpu->attention = true;
}

/* Sleep */

void cpu_go_to_sleep(struct vb_cpu *cpu, enum sleep how)
{
	if (cpu->step_pending)
		return;		/* a stepped WFI or WFE is a NOP */
	cpu->sleep = how;
	if (cpu_would_wake(cpu)) {
		cpu->sleep = AWAKE;
		return;
	}
	cpu->attention = true;
	if (cpu->config.on_sleep)
		cpu->config.on_sleep(cpu->config.ctx, true, cpu->scs.scr & BIT(2));
}

void cpu_wake(struct vb_cpu *cpu)
{
	enum sleep how = cpu->sleep;

	if (how == AWAKE)
		return;
	cpu->sleep = AWAKE;
	if (how == SLEEP_WFE)
		cpu->event_register = false;
	if (cpu->config.on_sleep)
		cpu->config.on_sleep(cpu->config.ctx, false, cpu->scs.scr & BIT(2));
}

/* Reset */

static void leave_reset(struct vb_cpu *cpu)
{
	cpu_restart_epoch(cpu, vb_clock_now(cpu->clock));
	cpu_load_reset_vector(cpu);
	systick_freeze(cpu, false);
	if (debug_catches(cpu, BIT(0)))		/* VC_CORERESET */
		debug_enter(cpu, DFSR_VCATCH);
	cpu->attention = true;
}

static void reset_core(struct vb_cpu *cpu, enum vb_cpu_reset kind)
{
	struct nvic *n = &cpu->nvic;

	cpu->reset_pending = false;
	cpu->resets++;
	cpu_pull(cpu);
	cpu_wake(cpu);
	if (cpu->halted && cpu->config.on_halt)
		cpu->config.on_halt(cpu->config.ctx, false);
	cpu->halted = cpu->locked_up = cpu->event_register = cpu->exclusive = false;
	cpu->masks_block = cpu->dwt.hit = false;
	cpu->stall_until_ns = 0;
	cpu->ipsr = 0;
	for (unsigned w = 0; w < ARRAY_SIZE(n->active); w++) {
		n->active[w] = n->enabled[w] = 0;
		n->pending[w] = n->line[w];	/* a device that still asks is heard again */
	}
	for (unsigned i = 0; i < ARRAY_SIZE(n->priority); i++)
		n->priority[i] = 0;
	scs_reset(cpu);
	systick_reset(cpu);
	cpu->mpu = (struct mpu){ 0 };
	/* Reset turns the caches off. The arrays of an M7 may keep their lines over a system reset, but
	 * nobody may count on them: software invalidates before it turns them on (DDI 0489 5.5). */
	caches_invalidate(cpu);
	if (kind == VB_CPU_POWER_ON) {
		debug_power_on(cpu);
		fpb_power_on(cpu);
		dwt_power_on(cpu);
		itm_power_on(cpu);
		trigger_power_on(cpu);
	}
	debug_local_reset(cpu);
	engine_fp_write(cpu, 32, 0);
	engine_update_caution(cpu);
	if (!cpu->held)
		leave_reset(cpu);
}

void vb_cpu_reset(struct vb_cpu *cpu, enum vb_cpu_reset kind)
{
	if (!cpu->is_running) {
		reset_core(cpu, kind);
		return;
	}
	/* A store of the core itself led here: the instruction ends first. */
	cpu->reset_kind = cpu->reset_pending ? MIN(kind, cpu->reset_kind) : kind;
	cpu->reset_pending = cpu->attention = true;
}

void vb_cpu_hold(struct vb_cpu *cpu, bool hold)
{
	if (cpu->held == hold)
		return;
	cpu->held = hold;
	if (hold)
		vb_cpu_reset(cpu, VB_CPU_SYSTEM);
	else if (!cpu->reset_pending)
		leave_reset(cpu);
	if (!hold)
		cpu->debug.reset_st = true;
}

static void request_is_due(void *ctx)
{
	struct vb_cpu *cpu = ctx;
	unsigned resets = cpu->resets;
	bool core_only = cpu->reset_core_only;

	cpu->reset_event = NULL;
	if (cpu->config.on_reset_request)
		cpu->config.on_reset_request(cpu->config.ctx, core_only);
	if (resets == cpu->resets)
		vb_cpu_reset(cpu, VB_CPU_SYSTEM);
}

/* Between instructions, and never inside the bus access that asked. */
void cpu_request_reset(struct vb_cpu *cpu, bool core_only)
{
	cpu->attention = true;
	if (cpu->reset_event) {
		cpu->reset_core_only &= core_only;
		return;
	}
	cpu->reset_core_only = core_only;
	cpu->reset_event = vb_clock_after(cpu->clock, 0, request_is_due, cpu, "reset request");
}

void vb_cpu_irq(struct vb_cpu *cpu, int n, bool level)
{
	unsigned exception = n < 0 ? EXC_NMI : EXC_IRQ0 + (unsigned)n;
	bool was = exc_bit(cpu->nvic.line, exception);

	if (was == level || n >= (int)cpu->config.irqs)
		return;
	exc_set(cpu->nvic.line, exception, level);
	if (level)
		cpu_set_pending(cpu, exception, true);
}

void vb_cpu_set_security(struct vb_cpu *cpu, enum vb_cpu_security security)
{
	cpu->scs.security = security;
}

void vb_cpu_set_init_vtor(struct vb_cpu *cpu, uint32_t addr)
{
	cpu->scs.init_vtor = addr & 0xffffff80;
}

void vb_cpu_gate(struct vb_cpu *cpu, bool gated)
{
	cpu->gated = gated;
	cpu->attention = true;
}

/* The runner */

/* True while the core does nothing that takes cycles. */
static bool is_idle(const struct vb_cpu *cpu)
{
	return cpu->resets == 0 || cpu->held || cpu->gated || cpu->halted || cpu->locked_up ||
	       cpu->sleep != AWAKE;
}

/* Everything that is decided between two instructions, most urgent first. */
static void decide(struct vb_cpu *cpu)
{
	cpu->attention = false;
	engine_sync(cpu);
	if (cpu->reset_pending)
		reset_core(cpu, cpu->reset_kind);
	if (cpu->resets == 0 || cpu->held || cpu->gated)
		return;
	if (cpu->dwt.hit) {
		cpu->dwt.hit = false;
		debug_event(cpu, DFSR_DWTTRAP);
	}
	cpu_check_halt(cpu);
	if (cpu->halted)
		return;
	if (cpu->locked_up) {
		/* Only NMI preempts a lockup in HardFault; nothing one in NMI. */
		if (cpu->ipsr != EXC_NMI && exc_bit(cpu->nvic.pending, EXC_NMI))
			cpu_enter_exception(cpu, EXC_NMI, 0);
		return;
	}
	if (cpu->sleep != AWAKE && cpu_would_wake(cpu))
		cpu_wake(cpu);
	if (cpu->sleep == AWAKE && cpu_take_pending(cpu) && cpu->step_pending)
		debug_enter(cpu, DFSR_HALTED);	/* a step ends at the handler's first instruction */
}

static void handle(struct vb_cpu *cpu, enum stop why)
{
	switch (why) {
	case STOP_LIMIT:
	case STOP_STALL:
	case STOP_SPECIAL: break;
	case STOP_BREAKPOINT: debug_event(cpu, DFSR_BKPT); break;
	case STOP_SVC: cpu_take_sync(cpu, EXC_SVCALL); break;
	case STOP_FAULT:
		if (cpu->fault.kind == FAULT_BREAKPOINT)
			debug_event(cpu, DFSR_BKPT);
		else
			cpu_raise_fault(cpu);
		break;
	case STOP_EXC_RETURN:
		if (cpu->ipsr) {
			cpu_exception_return(cpu);
			break;
		}
		/* In Thread mode it is an address like any other, and one that never executes. */
		cpu->fault = (struct fault){ FAULT_FETCH_XN, cpu->pc };
		cpu_raise_fault(cpu);
		break;
	}
}

/* DEMCR.MON_STEP: one instruction of what DebugMonitor may preempt (DDI 0403 C1.4.3). */
static bool monitor_steps(struct vb_cpu *cpu)
{
	const uint32_t both = DEMCR_MON_EN | DEMCR_MON_STEP;

	return (cpu->debug.demcr & both) == both && !(cpu->debug.control & C_DEBUGEN) &&
	       cpu_priority(cpu, EXC_DEBUGMON) < cpu_execution_priority(cpu);
}

static void execute(struct vb_cpu *cpu, uint64_t limit)
{
	bool monitored = monitor_steps(cpu), steps = cpu->step_pending || monitored;
	enum stop why;

	/* A pulled register set may be inside an IT block or out of Thumb state. */
	if (steps || (cpu->regs_here && (!(cpu->regs.xpsr & XPSR_T) || (cpu->regs.xpsr & XPSR_IT))))
		why = cpu_step(cpu);
	else
		why = engine_run(cpu, limit);
	if (why == STOP_SPECIAL)
		why = cpu_step(cpu);
	cpu_note_time(cpu);
	handle(cpu, why);
	if (!steps || why == STOP_STALL)
		return;
	if (cpu->step_pending) {
		debug_enter(cpu, DFSR_HALTED | (cpu->dwt.hit ? DFSR_DWTTRAP : 0));
		cpu->dwt.hit = false;
	} else if (monitored && cpu->ipsr != EXC_DEBUGMON) {
		cpu->scs.dfsr |= DFSR_HALTED;
		cpu_set_pending(cpu, EXC_DEBUGMON, true);
	}
}

/* The clock, or for the second core, which catches up with it, how far that has come. */
static uint64_t time_reached(const struct vb_cpu *cpu)
{
	uint64_t now = vb_clock_now(cpu->clock);

	return cpu->config.is_second ? MIN(now, cpu_time_of(cpu, cpu->cycles)) : now;
}

static uint64_t run(void *ctx, uint64_t now, uint64_t until)
{
	struct vb_cpu *cpu = ctx;

	cpu->until_ns = until;
	if (cpu->config.has_peer) {
		cpu->exclusive = false;
		engine_forget_ram(cpu);
	}
	for (;;) {
		uint64_t limit;

		decide(cpu);
		now = MAX(now, time_reached(cpu));
		if (now >= until || vb_clock_next(cpu->clock) < until)
			return MIN(now, until);
		if (is_idle(cpu)) {
			cpu_restart_epoch(cpu, until);
			return until;
		}
		if (cpu->stall_until_ns > now) {
			uint64_t to = MIN(until, cpu->stall_until_ns);

			cpu_restart_epoch(cpu, to);
			vb_clock_note(cpu->clock, to);
			continue;
		}
		limit = cycle_at(cpu, slice_end(cpu, until));
		if (cpu->cycles >= limit)
			return until;
		execute(cpu, limit);
	}
}

/* Life */

struct vb_cpu *vb_cpu_new(const struct vb_cpu_config *config, struct vb_bus *bus,
			  struct vb_clock *clock)
{
	struct vb_cpu *cpu = xcalloc(1, sizeof(*cpu));

	cpu->config = *config;
	cpu->traits = core_traits(config->core);
	cpu->bus = bus;
	cpu->clock = clock;
	cpu->hclk = DEFAULT_HCLK;
	cpu->engine = engine_new(cpu);
	if (cpu->engine == NULL) {
		free(cpu);
		return NULL;
	}
	trigger_add(cpu);
	ppb_add(cpu);
	caches_new(cpu);
	if (!config->no_bitband && (config->core == VB_CORTEX_M3 || config->core == VB_CORTEX_M4F))
		bitband_add(cpu);
	if (config->is_second)
		vb_clock_set_second(clock, run, cpu);
	else
		vb_clock_set_runner(clock, run, cpu);
	return cpu;
}

void vb_cpu_free(struct vb_cpu *cpu)
{
	if (cpu == NULL)
		return;
	if (cpu->config.is_second)
		vb_clock_set_second(cpu->clock, NULL, NULL);
	else
		vb_clock_set_runner(cpu->clock, NULL, NULL);
	vb_clock_cancel(cpu->clock, cpu->systick.event);
	vb_clock_cancel(cpu->clock, cpu->reset_event);
	vb_cpu_set_swo(cpu, NULL);
	trace_power_on(cpu);
	engine_free(cpu->engine);
	caches_free(cpu);
	free(cpu->windows);
	vb_cti_free(cpu->trigger.cti);
	free(cpu);
}

void vb_cpu_state(const struct vb_cpu *cpu, struct vb_cpu_state *out)
{
	*out = (struct vb_cpu_state){
		.halted = cpu->halted,
		.sleeping = cpu->sleep != AWAKE,
		.locked_up = cpu->locked_up,
		.in_reset = cpu->held || cpu->resets == 0,
		.cycles = cpu->cycles,
		.halts = cpu->halts,
		.instructions = cpu->cycles - cpu->extra_cycles,
	};
	engine_where(cpu, &out->pc, &out->xpsr);
}
