/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions: priorities, entry and return (DDI 0403 B1.5). Faults are in cpu_fault.c. */
#include "vboard/core/cpu_priv.h"

#define ENTRY_CYCLES	12
#define RETURN_CYCLES	10
#define TAIL_CYCLES	6

#define PRIORITY_IDLE	256

int cpu_priority(const struct vb_cpu *cpu, unsigned n)
{
	switch (n) {
	case EXC_RESET: return -3;
	case EXC_NMI: return -2;
	case EXC_HARDFAULT: return -1;
	default: return cpu->nvic.priority[n];
	}
}

/* The part of a priority that decides about preemption. */
static int group_priority(const struct vb_cpu *cpu, int priority)
{
	if (priority < 0)
		return priority;
	return priority & (int)(0xffffff00u >> (7 - cpu->scs.prigroup));
}

static int active_priority(const struct vb_cpu *cpu)
{
	int best = PRIORITY_IDLE;

	for (unsigned w = 0; w < ARRAY_SIZE(cpu->nvic.active); w++) {
		for (uint32_t bits = cpu->nvic.active[w]; bits; bits &= bits - 1) {
			unsigned n = w * 32 + (unsigned)__builtin_ctz(bits);

			best = MIN(best, group_priority(cpu, cpu_priority(cpu, n)));
		}
	}
	return best;
}

static int boosted_priority(struct vb_cpu *cpu, bool with_primask)
{
	int best = active_priority(cpu);

	cpu_pull(cpu);
	if (cpu->regs.basepri && !cpu->traits->is_v6m)
		best = MIN(best, group_priority(cpu, (int)cpu->regs.basepri));
	if (with_primask && (cpu->regs.primask & 1))
		best = MIN(best, 0);
	if ((cpu->regs.faultmask & 1) && !cpu->traits->is_v6m)
		best = MIN(best, -1);
	return best;
}

int cpu_execution_priority(struct vb_cpu *cpu)
{
	return boosted_priority(cpu, true);
}

static bool is_masked_by_debug(const struct vb_cpu *cpu, unsigned n)
{
	return n >= EXC_PENDSV &&
	       (cpu->debug.control & (C_DEBUGEN | C_MASKINTS)) == (C_DEBUGEN | C_MASKINTS);
}

unsigned cpu_most_urgent(const struct vb_cpu *cpu)
{
	int best = PRIORITY_IDLE;
	unsigned found = 0;

	for (unsigned w = 0; w < ARRAY_SIZE(cpu->nvic.pending); w++) {
		uint32_t bits = cpu->nvic.pending[w];

		/* Only external interrupts have an enable bit that keeps them pending. */
		bits &= w ? cpu->nvic.enabled[w] : cpu->nvic.enabled[w] | 0xffff;
		for (; bits; bits &= bits - 1) {
			unsigned n = w * 32 + (unsigned)__builtin_ctz(bits);

			if (cpu_priority(cpu, n) < best && !is_masked_by_debug(cpu, n)) {
				best = cpu_priority(cpu, n);
				found = n;
			}
		}
	}
	return found;
}

void cpu_set_pending(struct vb_cpu *cpu, unsigned n, bool on)
{
	bool was = exc_bit(cpu->nvic.pending, n);

	exc_set(cpu->nvic.pending, n, on);
	if (on && !was && (cpu->scs.scr & BIT(4)))
		cpu->event_register = true;	/* SEVONPEND */
	cpu->attention = true;
}

/* WFI wakes for what would preempt if PRIMASK were clear; WFE needs the event register too. */
bool cpu_would_wake(struct vb_cpu *cpu)
{
	unsigned n = cpu_most_urgent(cpu);

	if (cpu->sleep == SLEEP_WFE && cpu->event_register)
		return true;
	return n && group_priority(cpu, cpu_priority(cpu, n)) <
			    boosted_priority(cpu, cpu->sleep == SLEEP_WFE);
}

/* Entry */

bool cpu_stack_write(struct vb_cpu *cpu, uint32_t addr, uint32_t value, bool privileged)
{
	struct vb_access a = { .master = VB_CPU_DATA, .addr = addr, .size = 4,
			       .is_privileged = privileged };
	enum vb_result rc;

	if ((cpu->caution & CAUTION_MPU) && !mpu_allows(cpu, addr, true, false, privileged)) {
		cpu->fault = (struct fault){ FAULT_DATA_MPU, addr };
		return false;
	}
	rc = cpu_store(cpu, &a, value);
	if (rc == VB_OK || (rc == VB_STALL && vb_bus_poke(cpu->bus, addr, &value, 4)))
		return true;
	cpu->fault = (struct fault){ FAULT_DATA_BUS, addr };
	return false;
}

static bool stack_read(struct vb_cpu *cpu, uint32_t addr, uint32_t *value)
{
	struct vb_access a = {
		.master = VB_CPU_DATA, .addr = addr, .size = 4, .is_privileged = true
	};
	enum vb_result rc;

	if ((cpu->caution & CAUTION_MPU) && !mpu_allows(cpu, addr, false, false, true)) {
		cpu->fault = (struct fault){ FAULT_DATA_MPU, addr };
		return false;
	}
	rc = cpu_load(cpu, &a, value);
	if (rc == VB_OK || (rc == VB_STALL && vb_bus_peek(cpu->bus, addr, value, 4)))
		return true;
	cpu->fault = (struct fault){ FAULT_DATA_BUS, addr };
	return false;
}

static void prepare_lazy_save(struct vb_cpu *cpu, uint32_t frame, bool privileged)
{
	struct scs *s = &cpu->scs;
	int priority = cpu_execution_priority(cpu);
	uint32_t ready = 0;

	s->fpcar = frame + 0x20;
	/* Which faults could be taken at the time the frame was reserved (DDI 0403 B3.2.21). */
	if (priority > -1)
		ready |= BIT(4);
	if ((s->shcsr_enabled & BIT(16)) && priority > cpu_priority(cpu, EXC_MEMMANAGE))
		ready |= BIT(5);
	if ((s->shcsr_enabled & BIT(17)) && priority > cpu_priority(cpu, EXC_BUSFAULT))
		ready |= BIT(6);
	if ((cpu->debug.demcr & DEMCR_MON_EN) && priority > cpu_priority(cpu, EXC_DEBUGMON))
		ready |= BIT(8);
	s->fpccr &= 0xc0000000;
	s->fpccr |= ready | 1 | (privileged ? 0 : BIT(1)) | (cpu->ipsr == 0 ? BIT(3) : 0);
}

static bool save_fp(struct vb_cpu *cpu, uint32_t at, bool privileged)
{
	for (unsigned n = 0; n < 16; n++) {
		if (!cpu_stack_write(cpu, at + 4 * n, engine_fp_read(cpu, n), privileged))
			return false;
	}
	return cpu_stack_write(cpu, at + 0x40, engine_fp_read(cpu, 32), privileged);
}

/* The handler uses the FPU: what was left in it goes where FPCAR says. */
bool cpu_save_lazy_fp(struct vb_cpu *cpu)
{
	if (!save_fp(cpu, cpu->scs.fpcar, !(cpu->scs.fpccr & BIT(1)))) {
		cpu->fault.kind =
			cpu->fault.kind == FAULT_DATA_MPU ? FAULT_LAZY_MPU : FAULT_LAZY_BUS;
		return false;
	}
	cpu->scs.fpccr &= ~1u;
	engine_update_caution(cpu);
	return true;
}

static bool push_frame(struct vb_cpu *cpu)
{
	struct core_regs *r = &cpu->regs;
	bool has_fp = cpu->traits->has_fpu && (r->control & CONTROL_FPCA);
	bool privileged = cpu_is_privileged(cpu->ipsr, r->control);
	bool aligns = (cpu->scs.ccr & BIT(9)) || has_fp || cpu->traits->is_v6m;
	uint32_t *sp = cpu_sp(cpu), frame = (*sp & ~3u) - (has_fp ? 0x68 : 0x20);
	bool pads = aligns && (frame & 4);
	uint32_t xpsr = (r->xpsr & ~0x3ffu) | cpu->ipsr | (pads ? BIT(9) : 0);
	bool ok = true;

	if (pads)
		frame -= 4;
	const uint32_t word[8] = { r->r[0], r->r[1], r->r[2], r->r[3], r->r[12], r->r[14],
				   cpu->pc, xpsr };

	for (unsigned i = 0; i < 8 && ok; i++)
		ok = cpu_stack_write(cpu, frame + 4 * i, word[i], privileged);
	if (ok && has_fp) {
		if (cpu->scs.fpccr & BIT(30))
			prepare_lazy_save(cpu, frame, privileged);
		else
			ok = save_fp(cpu, frame + 0x20, privileged);
	}
	*sp = frame;
	return ok;
}

static uint32_t exc_return_value(struct vb_cpu *cpu)
{
	uint32_t v = cpu->traits->is_v8m ? 0xffffffb0 : 0xffffffe1 | BIT(4);

	if (cpu->traits->has_fpu && (cpu->regs.control & CONTROL_FPCA))
		v &= ~BIT(4);
	if (cpu->ipsr == 0)
		v |= BIT(3) | (cpu->regs.control & CONTROL_SPSEL ? BIT(2) : 0);
	return v;
}

static bool read_vector(struct vb_cpu *cpu, unsigned n, uint32_t *vector)
{
	struct vb_access a = { .master = VB_CPU_CODE, .addr = cpu->scs.vtor + 4 * n, .size = 4,
			       .is_privileged = true };

	switch (cpu_load(cpu, &a, vector)) {
	case VB_OK: return true;
	case VB_STALL:
		/* The bytes are known; the handler's first instruction waits for the bus. */
		cpu->stall_until_ns = MAX(cpu->stall_until_ns, a.stall_until_ns);
		return vb_bus_peek(cpu->bus, a.addr, vector, 4);
	case VB_FAULT: break;
	}
	return false;
}

/* ExceptionTaken(): the frame is on the stack already. */
static void taken(struct vb_cpu *cpu, unsigned n, uint32_t lr, uint32_t catch)
{
	uint32_t vector;

	if (!read_vector(cpu, n, &vector)) {
		cpu->scs.hfsr |= BIT(1);	/* VECTTBL */
		if (n == EXC_HARDFAULT || n == EXC_NMI) {
			cpu->ipsr = n;
			exc_set(cpu->nvic.active, n, true);
			cpu_lockup(cpu);
			return;
		}
		/* The exception that lost its vector stays pending. */
		exc_set(cpu->nvic.pending, n, true);
		taken(cpu, EXC_HARDFAULT, lr, BIT(9) | BIT(10));	/* VC_INTERR, VC_HARDERR */
		return;
	}
	cpu->pc = vector & ~1u;
	cpu->regs.r[14] = lr;
	cpu->regs.xpsr =
		(cpu->regs.xpsr & ~(XPSR_IT | XPSR_T | 0x3ffu)) | (vector & 1 ? XPSR_T : 0);
	cpu->regs.control &= ~(CONTROL_SPSEL | CONTROL_FPCA);
	cpu->ipsr = n;
	exc_set(cpu->nvic.active, n, true);
	exc_set(cpu->nvic.pending, n, false);
	cpu->exclusive = false;
	cpu->event_register = true;
	engine_update_caution(cpu);
	trace_exception(cpu, n, TRACE_ENTRY);
	if (debug_catches(cpu, catch))
		debug_enter(cpu, DFSR_VCATCH);
}

static uint32_t catch_of(unsigned n)
{
	switch (n) {
	case EXC_HARDFAULT: return BIT(10);
	case EXC_MEMMANAGE: return BIT(4);
	case EXC_BUSFAULT: return BIT(8);
	default: return 0;
	}
}

static void spend(struct vb_cpu *cpu, unsigned cycles)
{
	cpu->cycles += cycles;
	cpu->extra_cycles += cycles;
}

void cpu_enter_exception(struct vb_cpu *cpu, unsigned n, uint32_t catch)
{
	uint32_t lr;

	cpu_pull(cpu);
	cpu_wake(cpu);
	cpu->locked_up = false;
	lr = exc_return_value(cpu);
	spend(cpu, ENTRY_CYCLES);
	if (!push_frame(cpu)) {
		unsigned derived = cpu_stacking_failed(cpu, true, cpu_priority(cpu, n));

		if (derived == 0) {
			cpu->ipsr = n;	/* the handler of a HardFault or NMI has no frame */
			exc_set(cpu->nvic.active, n, true);
			exc_set(cpu->nvic.pending, n, false);
			cpu_lockup(cpu);
			return;
		}
		/* The more urgent of the two is entered; the other one waits its turn. */
		if (cpu_priority(cpu, derived) < cpu_priority(cpu, n)) {
			exc_set(cpu->nvic.pending, n, true);
			n = derived;
			catch = BIT(9) | catch_of(n);
		} else {
			exc_set(cpu->nvic.pending, derived, true);
		}
	}
	taken(cpu, n, lr, catch);
}

void cpu_take_sync(struct vb_cpu *cpu, unsigned n)
{
	if (cpu_priority(cpu, n) >= cpu_execution_priority(cpu)) {
		cpu_escalate(cpu);
		return;
	}
	cpu_enter_exception(cpu, n, catch_of(n));
}

bool cpu_take_pending(struct vb_cpu *cpu)
{
	unsigned n = cpu_most_urgent(cpu);
	int priority;

	cpu->masks_block = false;
	if (n == 0)
		return false;
	priority = group_priority(cpu, cpu_priority(cpu, n));
	if (priority >= cpu_execution_priority(cpu)) {
		cpu->masks_block = priority < active_priority(cpu);
		return false;
	}
	cpu_enter_exception(cpu, n, catch_of(n));
	return true;
}

/* Return */

static void deactivate(struct vb_cpu *cpu, unsigned n)
{
	exc_set(cpu->nvic.active, n, false);
	if (n != EXC_NMI)
		cpu->regs.faultmask = 0;
	if (exc_bit(cpu->nvic.line, n))
		exc_set(cpu->nvic.pending, n, true);	/* the device still asks */
}

static unsigned count_active(const struct vb_cpu *cpu)
{
	unsigned count = 0;

	for (unsigned w = 0; w < ARRAY_SIZE(cpu->nvic.active); w++)
		count += (unsigned)__builtin_popcount(cpu->nvic.active[w]);
	return count;
}

static bool return_is_valid(struct vb_cpu *cpu, uint32_t v)
{
	unsigned nested = count_active(cpu);
	bool fp_ok = (v & BIT(4)) || cpu->traits->has_fpu;

	if (!exc_bit(cpu->nvic.active, cpu->ipsr) || !fp_ok)
		return false;
	if (cpu->traits->is_v8m)
		return (v >> 7) == 0x1ffffff && !(v & 3);
	if ((v | BIT(4)) >> 4 != 0xfffffff)
		return false;
	switch (v & 15) {
	case 1: return nested > 1;
	case 9:
	case 13: return nested == 1 || (cpu->scs.ccr & 1);
	default: return false;
	}
}

static bool pop_fp(struct vb_cpu *cpu, uint32_t at)
{
	uint32_t v;

	if (cpu->scs.fpccr & 1) {
		cpu->scs.fpccr &= ~1u;	/* never left the registers */
		return true;
	}
	for (unsigned n = 0; n < 16; n++) {
		if (!stack_read(cpu, at + 4 * n, &v))
			return false;
		engine_fp_write(cpu, n, v);
	}
	if (!stack_read(cpu, at + 0x40, &v))
		return false;
	engine_fp_write(cpu, 32, v);
	return true;
}

static bool pop_frame(struct vb_cpu *cpu, uint32_t v)
{
	struct core_regs *r = &cpu->regs;
	bool to_thread = v & BIT(3), has_fp = !(v & BIT(4));
	uint32_t *sp = to_thread && (v & BIT(2)) ? &r->psp : &r->msp;
	uint32_t word[8], frame = *sp;

	for (unsigned i = 0; i < 8; i++) {
		if (!stack_read(cpu, frame + 4 * i, &word[i]))
			return false;
	}
	if (has_fp && !pop_fp(cpu, frame + 0x20))
		return false;
	r->r[0] = word[0];
	r->r[1] = word[1];
	r->r[2] = word[2];
	r->r[3] = word[3];
	r->r[12] = word[4];
	r->r[14] = word[5];
	cpu->pc = word[6] & ~1u;
	r->xpsr = word[7] & ~0x3ffu;
	*sp = frame + (has_fp ? 0x68 : 0x20);
	if (word[7] & BIT(9))
		*sp |= 4;
	r->control &= ~(CONTROL_FPCA | CONTROL_SPSEL);
	if (to_thread)
		r->control |= v & BIT(2) ? CONTROL_SPSEL : 0;
	if (has_fp)
		r->control |= CONTROL_FPCA;
	cpu->ipsr = word[7] & 0x1ff;
	return true;
}

/* Faults found on the way out are entered like a tail-chained exception: no new frame. */
static void tail_into(struct vb_cpu *cpu, unsigned n, uint32_t lr)
{
	if (n)
		taken(cpu, n, lr, BIT(9) | catch_of(n));
	else
		cpu_lockup(cpu);
}

static bool chain(struct vb_cpu *cpu, uint32_t lr)
{
	unsigned n = cpu_most_urgent(cpu);

	if (n == 0 || group_priority(cpu, cpu_priority(cpu, n)) >= cpu_execution_priority(cpu))
		return false;
	spend(cpu, TAIL_CYCLES);
	taken(cpu, n, lr, catch_of(n));
	return true;
}

void cpu_exception_return(struct vb_cpu *cpu)
{
	uint32_t v = cpu->exc_return;
	bool valid = return_is_valid(cpu, v);

	cpu_pull(cpu);
	cpu->exclusive = false;
	cpu->event_register = true;
	deactivate(cpu, cpu->ipsr);
	trace_exception(cpu, cpu->ipsr, TRACE_EXIT);
	if (!valid) {
		tail_into(cpu, cpu_return_failed(cpu, true), v);
		return;
	}
	if (chain(cpu, v))
		return;
	spend(cpu, RETURN_CYCLES);
	if (!pop_frame(cpu, v)) {
		tail_into(cpu, cpu_stacking_failed(cpu, false, PRIORITY_IDLE), v);
		return;
	}
	engine_update_caution(cpu);
	trace_exception(cpu, cpu->ipsr, TRACE_RETURN);
	if ((cpu->ipsr == 0) != !!(v & BIT(3))) {	/* the frame contradicts EXC_RETURN */
		cpu->ipsr = v & BIT(3) ? 0 : cpu->ipsr;
		cpu->fault = (struct fault){ FAULT_INVPC, cpu->pc };
		cpu_raise_fault(cpu);
		return;
	}
	if (cpu->ipsr == 0 && (cpu->scs.scr & BIT(1)))
		cpu_go_to_sleep(cpu, SLEEP_WFI);	/* SLEEPONEXIT */
}
