/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug state, DHCSR, DCRSR, DCRDR, DEMCR, DFSR (DDI 0403 C1.4 to C1.6; DDI 0553 for v8-M). */
#include "base/log.h"
#include "vboard/core/cpu_opcode.h"
#include "vboard/core/cpu_priv.h"

#define DHCSR_KEY	0xa05fu
#define S_REGRDY	BIT(16)
#define S_HALT		BIT(17)
#define S_SLEEP		BIT(18)
#define S_LOCKUP	BIT(19)
#define S_RETIRE_ST	BIT(24)
#define S_RESET_ST	BIT(25)
#define S_RESTART_ST	BIT(26)

#define TRANSFER_CYCLES	8	/* from the write of DCRSR until S_REGRDY */

static uint64_t retired(const struct vb_cpu *cpu)
{
	return cpu->cycles - cpu->extra_cycles;
}

void debug_power_on(struct vb_cpu *cpu)
{
	cpu->debug = (struct debug){ .reset_st = true };
	cpu->scs.dfsr = 0;
}

/* Local reset: C_HALT, C_STEP and the monitor bits go, C_DEBUGEN and the vector catches stay. */
void debug_local_reset(struct vb_cpu *cpu)
{
	struct debug *d = &cpu->debug;

	d->control &= C_DEBUGEN;
	d->reset_st = true;
	d->demcr &= ~0x000f0000u;
	d->transfer_running = false;
	d->retired_at_read = retired(cpu);
	cpu->step_pending = false;
}

bool debug_catches(const struct vb_cpu *cpu, uint32_t vector_catch)
{
	return (cpu->debug.control & C_DEBUGEN) && (cpu->debug.demcr & vector_catch);
}

void debug_enter(struct vb_cpu *cpu, uint32_t why)
{
	cpu->scs.dfsr |= why;
	cpu->debug.control |= C_HALT;
	cpu->step_pending = false;
	cpu->stall_until_ns = 0;
	if (cpu->halted)
		return;
	cpu_pull(cpu);
	cpu->halts++;
	cpu->halted = true;
	cpu->locked_up = false;
	cpu_wake(cpu);
	cpu->event_register = true;
	systick_freeze(cpu, true);
	if (cpu->config.on_halt)
		cpu->config.on_halt(cpu->config.ctx, true);
	trigger_halted(cpu);
}

static void leave(struct vb_cpu *cpu)
{
	cpu->halted = false;
	cpu->debug.restart_st = true;
	cpu->debug.transfer_running = false;
	cpu->step_pending = (cpu->debug.control & (C_DEBUGEN | C_STEP)) == (C_DEBUGEN | C_STEP);
	cpu->attention = true;
	cpu_restart_epoch(cpu, vb_clock_now(cpu->clock));
	systick_freeze(cpu, false);
	if (cpu->config.on_halt)
		cpu->config.on_halt(cpu->config.ctx, false);
}

/* EDBGRQ wins (DDI 0403 C1.4.3). */
void debug_restart(struct vb_cpu *cpu)
{
	if (!cpu->halted || cpu->trigger.is_requested)
		return;
	cpu->debug.control &= ~C_HALT;
	leave(cpu);
}

bool debug_event(struct vb_cpu *cpu, uint32_t why)
{
	if (cpu->debug.control & C_DEBUGEN) {
		debug_enter(cpu, why | (cpu->step_pending ? DFSR_HALTED : 0));
		return true;
	}
	if ((cpu->debug.demcr & DEMCR_MON_EN) &&
	    cpu_priority(cpu, EXC_DEBUGMON) < cpu_execution_priority(cpu)) {
		cpu->scs.dfsr |= why;
		cpu_take_sync(cpu, EXC_DEBUGMON);
		return true;
	}
	if (why != DFSR_BKPT)
		return false;
	cpu->scs.dfsr |= why;
	cpu->fault = (struct fault){ FAULT_BREAKPOINT, cpu->pc };
	cpu_raise_fault(cpu);
	return true;
}

/* DCRSR and DCRDR */

static bool fp_allowed(const struct vb_cpu *cpu, unsigned sel)
{
	return cpu->traits->has_fpu && (sel == 0x21 || (sel >= 0x40 && sel <= 0x5f));
}

static uint32_t *plain_register(struct vb_cpu *cpu, unsigned sel)
{
	if (sel <= 12 || sel == 14)
		return &cpu->regs.r[sel];
	switch (sel) {
	case 13: return cpu_sp(cpu);
	case 17: return &cpu->regs.msp;
	case 18: return &cpu->regs.psp;
	}
	if (!cpu->traits->is_v8m)
		return NULL;
	switch (sel) {
	case 0x18: return &cpu->regs.msp;
	case 0x19: return &cpu->regs.psp;
	case 0x1e: return &cpu->debug.splim[0];	/* kept, not enforced */
	case 0x1f: return &cpu->debug.splim[1];
	default: return NULL;
	}
}

static uint32_t register_read(struct vb_cpu *cpu, unsigned sel)
{
	const struct core_regs *r = &cpu->regs;
	uint32_t *plain = plain_register(cpu, sel);

	if (plain)
		return sel == 13 || sel == 17 || sel == 18 ? *plain & ~3u : *plain;
	if (fp_allowed(cpu, sel))
		return engine_fp_read(cpu, sel == 0x21 ? 32 : sel - 0x40);
	switch (sel) {
	case 15: return cpu->pc & ~1u;
	case 16: return (r->xpsr & ~0x1ffu) | cpu->ipsr;
	case 0x14:
	case 0x23:
		if (sel == 0x23 && !cpu->traits->is_v8m)
			return 0;
		return r->control << 24 | (r->faultmask & 1) << 16 | (r->basepri & 0xff) << 8 |
		       (r->primask & 1);
	default: return 0;
	}
}

static void special_write(struct vb_cpu *cpu, uint32_t value)
{
	struct core_regs *r = &cpu->regs;
	uint32_t control = value >> 24 & (cpu->traits->has_fpu ? 7 : 3);

	r->primask = value & 1;
	/* In Handler mode SPSEL reads as zero: MSP it is (B1.4.4). */
	r->control = cpu->ipsr ? control & ~CONTROL_SPSEL : control;
	if (cpu->traits->is_v6m)
		return;
	r->basepri = value >> 8 & cpu_priority_mask(cpu);
	r->faultmask = value >> 16 & 1;
}

static void register_write(struct vb_cpu *cpu, unsigned sel, uint32_t value)
{
	uint32_t *plain = plain_register(cpu, sel);

	if (plain) {
		*plain = sel == 13 || sel == 17 || sel == 18 ? value & ~3u : value;
		return;
	}
	if (fp_allowed(cpu, sel)) {
		engine_fp_write(cpu, sel == 0x21 ? 32 : sel - 0x40, value);
		return;
	}
	switch (sel) {
	case 15: cpu->pc = value & ~1u; break;
	case 16:
		cpu->regs.xpsr = value & (cpu->traits->is_v6m ? 0xf1000000 : 0xff0ffc00);
		cpu->ipsr = value & 0x1ff;
		break;
	case 0x14: special_write(cpu, value); break;
	}
}

static void finish_transfer(struct vb_cpu *cpu)
{
	struct debug *d = &cpu->debug;

	if (!d->transfer_running || vb_clock_now(cpu->clock) < d->ready_ns)
		return;
	d->transfer_running = false;
	d->dcrdr = d->dcrdr_next;
}

static void dcrsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	struct debug *d = &cpu->debug;
	unsigned sel = value & 0x7f;

	(void)word;
	if (a->master != VB_DAP || !cpu->halted)
		return;		/* UNPREDICTABLE while running; nothing moves here */
	finish_transfer(cpu);
	d->dcrdr_next = d->dcrdr;
	if (value & BIT(16))
		register_write(cpu, sel, d->dcrdr);
	else
		d->dcrdr_next = register_read(cpu, sel);
	d->transfer_running = true;
	d->ready_ns = vb_clock_now(cpu->clock) + TRANSFER_CYCLES * 1000000000ull / cpu->hclk;
}

static uint32_t dcrdr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	finish_transfer(cpu);
	return cpu->debug.dcrdr;
}

static void dcrdr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	finish_transfer(cpu);
	cpu->debug.dcrdr = value;
	cpu->debug.dcrdr_next = value;
}

/* DHCSR */

static uint32_t dhcsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	struct debug *d = &cpu->debug;
	uint32_t v = d->control;

	(void)word;
	finish_transfer(cpu);
	v |= d->transfer_running ? 0 : S_REGRDY;
	v |= cpu->halted ? S_HALT : 0;
	v |= cpu->sleep != AWAKE ? S_SLEEP : 0;
	v |= cpu->locked_up && a->master == VB_DAP ? S_LOCKUP : 0;
	if (cpu->traits->is_v8m && cpu->scs.security != VB_CPU_SECURE_NO_DEBUG)
		v |= BIT(20);				/* S_SDE: secure debug is allowed */
	v |= retired(cpu) != d->retired_at_read ? S_RETIRE_ST : 0;
	v |= d->reset_st ? S_RESET_ST : 0;
	v |= cpu->traits->is_v8m && d->restart_st ? S_RESTART_ST : 0;
	if (a->master == VB_DAP) {
		d->retired_at_read = retired(cpu);
		d->reset_st = cpu->held;	/* comes back while the reset lasts */
		d->restart_st = false;
	}
	return v;
}

/* The written control bits after the rules of C1.6.2. */
static uint32_t accepted(struct vb_cpu *cpu, const struct vb_access *a, uint32_t value)
{
	uint32_t old = cpu->debug.control, v = value & 0x2f;

	if (a->master != VB_DAP)
		v = (v & ~C_DEBUGEN) | (old & C_DEBUGEN);
	if (cpu->traits->is_v6m)
		v &= ~C_SNAPSTALL;
	if (!(v & C_DEBUGEN))
		return 0;	/* the other bits mean nothing without it */
	if (!(old & C_DEBUGEN) && (v & C_MASKINTS))
		v &= ~C_MASKINTS;
	if (((v ^ old) & C_MASKINTS) && !(v & C_HALT)) {
		log_debug("cpu: DHCSR 0x%08x changes C_MASKINTS without C_HALT: kept", value);
		v = (v & ~C_MASKINTS) | (old & C_MASKINTS);
	}
	if (((v ^ old) & C_STEP) && !((v | old) & C_HALT))
		v = (v & ~C_STEP) | (old & C_STEP);
	return v;
}

static void dhcsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)word;
	if (value >> 16 != DHCSR_KEY)
		return;
	cpu->debug.control = accepted(cpu, a, value);
	cpu->attention = true;
	if (cpu->held) {
		cpu->debug.control &= ~(C_HALT | C_STEP);	/* forgotten in reset */
		return;
	}
	if (cpu->halted && !(cpu->debug.control & C_HALT))
		leave(cpu);
	else if (!cpu->is_running)
		cpu_check_halt(cpu);
}

/*
 * A halt request, of the debugger or of a cross trigger, is served at once, unless the bus holds the
 * core (then C_SNAPSTALL helps).
 */
void cpu_check_halt(struct vb_cpu *cpu)
{
	bool stalled = cpu->stall_until_ns > vb_clock_now(cpu->clock);

	if (cpu->halted || cpu->held || cpu->reset_pending)
		return;
	if (stalled && !(cpu->debug.control & C_SNAPSTALL))
		return;
	if (cpu->debug.control & C_HALT)
		debug_enter(cpu, DFSR_HALTED);
	else if (cpu->trigger.is_requested && cpu_has_reached(cpu, cpu->trigger.request_ns))
		debug_event(cpu, DFSR_EXTERNAL);
}

/* DEMCR, DFSR */

static uint32_t demcr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return (cpu->debug.demcr & ~DEMCR_MON_PEND) |
	       (exc_bit(cpu->nvic.pending, EXC_DEBUGMON) ? DEMCR_MON_PEND : 0);
}

static void demcr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	uint32_t old = cpu->debug.demcr;

	(void)a;
	(void)word;
	cpu->debug.demcr = value & (cpu->traits->is_v6m ? 0x01000401 : 0x010f07f1);
	cpu_set_pending(cpu, EXC_DEBUGMON, cpu->debug.demcr & DEMCR_MON_PEND);
	dwt_trace_enabled(cpu, old & DEMCR_TRCENA);
	trace_enabled(cpu, old & DEMCR_TRCENA);
	engine_update_caution(cpu);
	cpu->attention = true;
}

static uint32_t dfsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->scs.dfsr;
}

static void dfsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	cpu->scs.dfsr &= ~value;
}

/* v8-M without TrustZone: everything is allowed, nothing is secure. */
static uint32_t authstatus_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	static const uint32_t status[] = { [VB_CPU_NO_TRUSTZONE] = 0x0f, [VB_CPU_SECURE] = 0xff,
					   [VB_CPU_SECURE_NO_DEBUG] = 0xaf };

	(void)a;
	(void)word;
	return status[cpu->scs.security];
}

/* DSCSR: CDS, the core is in Secure state. */
static uint32_t dscsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->scs.security == VB_CPU_NO_TRUSTZONE ? 0 : BIT(16);
}

const struct ppb_reg debug_regs[] = {
	{ 0xd30, 0xd30, 0, dfsr_read, dfsr_write, 0, 0 },
	{ 0xdf0, 0xdf0, 0, dhcsr_read, dhcsr_write, 0, 0 },
	{ 0xdf4, 0xdf4, 0, NULL, dcrsr_write, 0, 0 },
	{ 0xdf8, 0xdf8, 0, dcrdr_read, dcrdr_write, 0, 0 },
	{ 0xdfc, 0xdfc, 0, demcr_read, demcr_write, 0, 0 },
	{ 0xe08, 0xe08, PPB_V8, dscsr_read, NULL, 0, 0 },
	{ 0xfb8, 0xfb8, PPB_V8, authstatus_read, NULL, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
