/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instruction, carried out here or by Unicorn under supervision: the members of IT blocks, and
 * what Unicorn does not do as an M-profile core would (DDI 0403 A7, B1.5).
 */
#include "vboard/core/cpu_engine.h"

struct step {
	struct vb_cpu *cpu;
	uint32_t pc;
	uint16_t op, op2;
	unsigned it;		/* ITSTATE before the instruction */
};

/* The instruction is done: pc moves on. */
static enum stop retire(struct step *s)
{
	struct vb_cpu *cpu = s->cpu;

	cpu->pc = s->pc + op_bytes(s->op);
	cpu->regs.xpsr = op_with_itstate(cpu->regs.xpsr, op_it_advance(s->it));
	cpu->cycles++;
	return STOP_LIMIT;
}

static enum stop fault(struct step *s, enum fault_kind kind, uint32_t addr)
{
	s->cpu->fault = (struct fault){ kind, addr };
	return STOP_FAULT;
}

static enum stop natively(struct step *s)
{
	struct vb_cpu *cpu = s->cpu;
	unsigned it = 0;
	enum stop why;

	/* The condition holds. Only narrow arithmetic behaves differently inside a block: it leaves
	 * the flags alone. All else runs outside one, where its faults are precise. */
	if (s->it && !op_is_wide(s->op) && !op_is_memory(s->op))
		it = (s->it & 0xf0) | 8;
	why = engine_step(cpu, it);
	if (s->it == 0 || why == STOP_EXC_RETURN)
		return why;
	cpu_pull(cpu);
	cpu->regs.xpsr = op_with_itstate(cpu->regs.xpsr,
					 why == STOP_FAULT || why == STOP_STALL
						 ? s->it : op_it_advance(s->it));
	return why;
}

static enum stop hint(struct step *s, unsigned which)
{
	struct vb_cpu *cpu = s->cpu;
	enum stop why = retire(s);

	switch (which) {
	case 2:
		if (!cpu->event_register)
			cpu_go_to_sleep(cpu, SLEEP_WFE);
		cpu->event_register = false;
		break;
	case 3: cpu_go_to_sleep(cpu, SLEEP_WFI); break;
	case 4: cpu->event_register = true; break;
	}
	return why;
}

static enum stop fault_of_access(struct step *s, struct vb_access *a, enum vb_result rc)
{
	struct vb_cpu *cpu = s->cpu;

	if (rc != VB_STALL)
		return fault(s, FAULT_DATA_BUS, a->addr);
	cpu->stall_until_ns = MAX(a->stall_until_ns, vb_clock_now(cpu->clock) + 1);
	return STOP_STALL;
}

static enum stop store_exclusive(struct step *s, unsigned size)
{
	struct vb_cpu *cpu = s->cpu;
	uint32_t *r = cpu->regs.r;
	unsigned rn = s->op & 15, rt = s->op2 >> 12;
	unsigned rd = (size == 4 ? s->op2 >> 8 : s->op2) & 15;
	struct vb_access a = { .master = VB_CPU_DATA, .size = size,
			       .is_privileged = cpu_is_privileged(cpu->ipsr, cpu->regs.control) };
	enum vb_result rc;

	a.addr = (rn == 13 ? *cpu_sp(cpu) : r[rn]) + (size == 4 ? (s->op2 & 0xff) * 4 : 0);
	if (a.addr & (size - 1))
		return fault(s, FAULT_UNALIGNED, a.addr);
	if ((cpu->caution & CAUTION_MPU) && !mpu_allows(cpu, a.addr, true, false, a.is_privileged))
		return fault(s, FAULT_DATA_MPU, a.addr);
	if (cpu->exclusive) {
		rc = cpu_store(cpu, &a, r[rt]);
		if (rc != VB_OK)
			return fault_of_access(s, &a, rc);
		if (cpu->caution & CAUTION_DWT_DATA)
			dwt_data_access(cpu, true, a.addr, size, r[rt]);
	}
	r[rd] = !cpu->exclusive;
	cpu->exclusive = false;
	return retire(s);
}

static enum stop multiple(struct step *s)
{
	struct vb_cpu *cpu = s->cpu;
	unsigned size, rn = op_is_wide(s->op) ? s->op & 15 : s->op >> 8 & 7;
	uint32_t base = rn == 13 ? *cpu_sp(cpu) : rn == 15 ? 0 : cpu->regs.r[rn];

	if (op_is_wide(s->op)) {
		switch (op_exclusive(s->op, s->op2, &size)) {
		case OP_STREX: return store_exclusive(s, size);
		case OP_LDREX:
			if (base & (size - 1))
				return fault(s, FAULT_UNALIGNED, base);
			cpu->exclusive = true;
			return natively(s);
		case NOT_EXCLUSIVE: break;
		}
		if (op_is_table_branch(s->op, s->op2))
			return natively(s);
	}
	if (base & 3)
		return fault(s, FAULT_UNALIGNED, base);
	return natively(s);
}

/* ExecuteFPCheck() of DDI 0403 A2.5. */
static enum stop floating_point(struct step *s)
{
	struct vb_cpu *cpu = s->cpu;
	unsigned cp = s->op2 >> 8 & 15, access = bits_get(cpu->scs.cpacr, 21, 20);
	bool privileged = cpu_is_privileged(cpu->ipsr, cpu->regs.control);
	bool is_memory = (s->op & 0xee00) == 0xec00 && (s->op & 0xffe0) != 0xec40;
	unsigned rn = s->op & 15;

	if (!cpu->traits->has_fpu || (cp != 10 && cp != 11))
		return fault(s, FAULT_NOCP, s->pc);
	if (access != 3 && !(access == 1 && privileged))
		return fault(s, FAULT_NOCP, s->pc);
	if (is_memory && rn != 15 && ((rn == 13 ? *cpu_sp(cpu) : cpu->regs.r[rn]) & 3))
		return fault(s, FAULT_UNALIGNED, s->pc);
	if ((cpu->scs.fpccr & 1) && !cpu_save_lazy_fp(cpu))
		return STOP_FAULT;
	if (!(cpu->regs.control & CONTROL_FPCA) && (cpu->scs.fpccr & BIT(31))) {
		engine_fp_write(cpu, 32, cpu->scs.fpdscr);
		cpu->regs.control |= CONTROL_FPCA;
	}
	return natively(s);
}

static enum stop system_op(struct step *s)
{
	struct vb_cpu *cpu = s->cpu;

	if (s->op == 0xf3af)
		return hint(s, s->op2 & 0xff);
	if (s->op == 0xf3ef && (s->op2 & 0xff) == 20) {
		cpu->regs.r[s->op2 >> 8 & 15] = cpu->regs.control;
		return retire(s);
	}
	if (s->op == 0xf3bf && (s->op2 & 0xf0) == 0x20)
		cpu->exclusive = false;
	return natively(s);
}

static enum stop dispatch(struct step *s)
{
	struct vb_cpu *cpu = s->cpu;

	switch ((enum op_class)cpu_op_class(cpu, s->op)) {
	case OP_IT:
		s->it = 0;
		retire(s);
		cpu->regs.xpsr = op_with_itstate(cpu->regs.xpsr, s->op & 0xff);
		return STOP_LIMIT;
	case OP_HINT: return hint(s, s->op >> 4 & 15);
	case OP_BKPT: return fault(s, FAULT_BREAKPOINT, s->pc);
	case OP_SVC: retire(s); return STOP_SVC;
	case OP_MULTIPLE16:
	case OP_MULTIPLE32: return multiple(s);
	case OP_COPROCESSOR: return floating_point(s);
	case OP_SYSTEM: return system_op(s);
	case OP_DIVIDE:
		if ((cpu->scs.ccr & BIT(4)) && cpu->regs.r[s->op2 & 15] == 0)
			return fault(s, FAULT_DIVIDE, s->pc);
		return natively(s);
	case OP_MASKS:
		cpu->attention |= cpu->masks_block;
		return natively(s);
	case OP_PLAIN: break;
	}
	return natively(s);
}

static enum stop carry_out(struct vb_cpu *cpu)
{
	struct step s = { .cpu = cpu, .pc = cpu->pc };

	s.it = op_itstate(cpu->regs.xpsr);
	/* Without an opcode Unicorn finds the reason itself. */
	if (!cpu_fetch16(cpu, s.pc, &s.op) ||
	    (op_is_wide(s.op) && !cpu_fetch16(cpu, s.pc + 2, &s.op2)))
		return engine_step(cpu, 0);
	if (s.it && cpu_op_class(cpu, s.op) != OP_BKPT &&
	    !op_condition(s.it >> 4, cpu->regs.xpsr)) {
		retire(&s);
		cpu->cycles--;	/* costs nothing, as in a block that Unicorn runs */
		return STOP_LIMIT;
	}
	return dispatch(&s);
}

static enum stop step_one(struct vb_cpu *cpu)
{
	struct patch patch;
	enum stop why;

	if (!(cpu->regs.xpsr & XPSR_T)) {
		cpu->fault = (struct fault){ FAULT_STATE, cpu->pc };
		return STOP_FAULT;
	}
	if (!engine_may_execute(cpu->engine, cpu->pc, &why))
		return why;
	engine_patch(cpu->engine, cpu->pc, &patch);
	why = carry_out(cpu);
	engine_unpatch(cpu->engine, &patch);
	return why;
}

enum stop cpu_step(struct vb_cpu *cpu)
{
	uint32_t at = cpu->pc & ~3u, word, old;
	enum stop why;

	cpu_pull(cpu);
	if (!(cpu->caution & CAUTION_FPB) || !fpb_remaps(cpu, cpu->pc, &word) ||
	    !vb_bus_peek(cpu->bus, at, &old, 4))
		return step_one(cpu);
	/* The FPB hands the core another word than memory holds. */
	vb_bus_poke(cpu->bus, at, &word, 4);
	why = step_one(cpu);
	vb_bus_poke(cpu->bus, at, &old, 4);
	return why;
}
