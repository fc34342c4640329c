/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults: status bits, handlers, escalation, lockup (DDI 0403 B1.5.14, B1.5.15, B3.2.15). */
#include "vboard/core/cpu_opcode.h"
#include "vboard/core/cpu_priv.h"

#define MMARVALID	BIT(7)
#define BFARVALID	BIT(15)
#define HFSR_FORCED	BIT(30)
#define HFSR_DEBUGEVT	BIT(31)

static const struct {
	enum exception handler;
	uint32_t status, catch;		/* CFSR bits; DEMCR vector catch of the handler */
} rows[] = {
	[FAULT_DATA_BUS]    = { EXC_BUSFAULT,	BIT(9) | BFARVALID, BIT(8) },	/* PRECISERR */
	[FAULT_DATA_MPU]    = { EXC_MEMMANAGE,	BIT(1) | MMARVALID, BIT(4) },	/* DACCVIOL */
	[FAULT_FETCH_BUS]   = { EXC_BUSFAULT,	BIT(8),	 BIT(8) },		/* IBUSERR */
	[FAULT_FETCH_XN]    = { EXC_MEMMANAGE,	BIT(0),	 BIT(4) },		/* IACCVIOL */
	[FAULT_UNALIGNED]   = { EXC_USAGEFAULT, BIT(24), BIT(6) },
	[FAULT_UNDEFINED]   = { EXC_USAGEFAULT, BIT(16), BIT(7) },
	[FAULT_STATE]	    = { EXC_USAGEFAULT, BIT(17), BIT(7) },
	[FAULT_INVPC]	    = { EXC_USAGEFAULT, BIT(18), BIT(7) | BIT(9) },
	[FAULT_NOCP]	    = { EXC_USAGEFAULT, BIT(19), BIT(5) },
	[FAULT_DIVIDE]	    = { EXC_USAGEFAULT, BIT(25), BIT(6) },
	[FAULT_LAZY_BUS]    = { EXC_BUSFAULT,	BIT(13), BIT(8) | BIT(9) },
	[FAULT_LAZY_MPU]    = { EXC_MEMMANAGE,	BIT(5),	 BIT(4) | BIT(9) },
	[FAULT_BREAKPOINT]  = { EXC_HARDFAULT,	0,	 BIT(10) },
};

static bool is_enabled(const struct vb_cpu *cpu, unsigned handler)
{
	switch (handler) {
	case EXC_MEMMANAGE: return cpu->scs.shcsr_enabled & BIT(16);
	case EXC_BUSFAULT: return cpu->scs.shcsr_enabled & BIT(17);
	case EXC_USAGEFAULT: return cpu->scs.shcsr_enabled & BIT(18);
	default: return true;
	}
}

/* Who is entered for a fault of `handler` when the core runs at `priority`; 0: lockup. */
static unsigned handler_at(struct vb_cpu *cpu, unsigned handler, int priority)
{
	if (!cpu->traits->is_v6m && handler != EXC_HARDFAULT) {
		if (is_enabled(cpu, handler) && cpu_priority(cpu, handler) < priority)
			return handler;
		cpu->scs.hfsr |= HFSR_FORCED;
	}
	return priority > -1 ? EXC_HARDFAULT : 0;
}

static void note_status(struct vb_cpu *cpu, uint32_t status, uint32_t addr)
{
	if (cpu->traits->is_v6m)
		return;
	cpu->scs.cfsr |= status;
	if (status & MMARVALID)
		cpu->scs.mmfar = addr;
	if (status & BFARVALID)
		cpu->scs.bfar = addr;
}

/* CCR.BFHFNMIGN: handlers at priority -1 and -2 probe memory without being caught. */
static bool is_ignored(struct vb_cpu *cpu)
{
	uint16_t op;

	if (cpu->fault.kind != FAULT_DATA_BUS || !(cpu->scs.ccr & BIT(8)) ||
	    cpu_execution_priority(cpu) >= 0 || !cpu_fetch16(cpu, cpu->pc, &op))
		return false;
	cpu->pc += op_bytes(op);
	return true;
}

void cpu_raise_fault(struct vb_cpu *cpu)
{
	enum fault_kind kind = cpu->fault.kind;
	unsigned n;

	cpu_pull(cpu);
	note_status(cpu, rows[kind].status, cpu->fault.addr);
	if (is_ignored(cpu))
		return;
	if (kind == FAULT_BREAKPOINT)
		cpu->scs.hfsr |= HFSR_DEBUGEVT;
	n = handler_at(cpu, rows[kind].handler, cpu_execution_priority(cpu));
	if (n == 0)
		cpu_lockup(cpu);
	else
		cpu_enter_exception(cpu, n, n == EXC_HARDFAULT ? BIT(10) : rows[kind].catch);
}

/* SVC or DebugMonitor that cannot preempt. */
void cpu_escalate(struct vb_cpu *cpu)
{
	unsigned n = handler_at(cpu, EXC_SVCALL, -1);	/* sets FORCED */

	n = cpu_execution_priority(cpu) > -1 ? EXC_HARDFAULT : n;
	if (n == 0)
		cpu_lockup(cpu);
	else
		cpu_enter_exception(cpu, n, BIT(10));
}

unsigned cpu_stacking_failed(struct vb_cpu *cpu, bool entry, int priority)
{
	bool is_mpu = cpu->fault.kind == FAULT_DATA_MPU;
	uint32_t status = is_mpu ? (entry ? BIT(4) : BIT(3)) : (entry ? BIT(12) : BIT(11));
	unsigned handler = is_mpu ? EXC_MEMMANAGE : EXC_BUSFAULT;
	int running = entry ? priority : cpu_execution_priority(cpu);

	note_status(cpu, status, 0);
	/* On entry a less urgent derived fault simply waits, if its handler is enabled. */
	if (entry && is_enabled(cpu, handler) && !cpu->traits->is_v6m && priority > -1)
		return handler;
	return handler_at(cpu, handler, running);
}

unsigned cpu_return_failed(struct vb_cpu *cpu, bool invpc)
{
	note_status(cpu, invpc ? BIT(18) : 0, 0);
	return handler_at(cpu, EXC_USAGEFAULT, cpu_execution_priority(cpu));
}

void cpu_lockup(struct vb_cpu *cpu)
{
	cpu_pull(cpu);
	cpu->locked_up = true;
	cpu->pc = LOCKUP_PC;
	cpu->regs.xpsr = (cpu->regs.xpsr & ~XPSR_IT) | XPSR_T;
	cpu->attention = true;
}

void cpu_load_reset_vector(struct vb_cpu *cpu)
{
	struct vb_access a = { .master = VB_CPU_CODE, .addr = cpu->scs.vtor, .size = 4,
			       .is_privileged = true };
	uint32_t sp = 0, pc = 0;
	bool ok = vb_bus_read(cpu->bus, &a, &sp) == VB_OK;

	a.addr += 4;
	ok = vb_bus_read(cpu->bus, &a, &pc) == VB_OK && ok;
	cpu->regs = (struct core_regs){ .msp = sp & ~3u, .xpsr = pc & 1 ? XPSR_T : 0 };
	cpu->regs.r[14] = 0xffffffff;
	cpu->regs_here = true;
	cpu->pc = pc & ~1u;
	if (ok)
		return;
	cpu->scs.hfsr |= BIT(1);	/* VECTTBL */
	cpu->ipsr = EXC_HARDFAULT;
	exc_set(cpu->nvic.active, EXC_HARDFAULT, true);
	cpu_lockup(cpu);
}
