/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/cpu_engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define NOWHERE 0xffffffffffffffffu	/* `until`: no address, so nothing stops there */

static uint32_t get(struct engine *e, int id)
{
	uint32_t v = 0;

	uc_reg_read(e->uc, id, &v);
	return v;
}

static void put(struct engine *e, int id, uint32_t value)
{
	uc_reg_write(e->uc, id, &value);
}

struct engine *engine_new(struct vb_cpu *cpu)
{
	struct engine *e = xcalloc(1, sizeof(*e));
	uc_err rc = uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &e->uc);

	if (rc == UC_ERR_OK)
		rc = uc_ctl_set_cpu_model(e->uc, cpu->traits->uc_model);
	if (rc != UC_ERR_OK) {
		log_error("cpu: the emulator does not start: %s", uc_strerror(rc));
		free(e);
		return NULL;
	}
	e->cpu = cpu;
	e->page_addr = NO_PAGE;
	for (unsigned op = 0; op < ARRAY_SIZE(e->classes); op++)
		e->classes[op] = (uint8_t)op_classify((uint16_t)op);
	engine_add_hooks(e);
	engine_listen(e);
	return e;
}

void engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	uc_close(e->uc);
	engine_drop_maps(e);
	free(e);
}

/* Registers */

static const struct {
	int id;
	size_t field;
} plain[] = {
	{ UC_ARM_REG_LR, offsetof(struct core_regs, r[14]) },
	{ UC_ARM_REG_R12, offsetof(struct core_regs, r[12]) },
	{ UC_ARM_REG_R11, offsetof(struct core_regs, r[11]) },
	{ UC_ARM_REG_R10, offsetof(struct core_regs, r[10]) },
	{ UC_ARM_REG_R9, offsetof(struct core_regs, r[9]) },
	{ UC_ARM_REG_R8, offsetof(struct core_regs, r[8]) },
	{ UC_ARM_REG_R7, offsetof(struct core_regs, r[7]) },
	{ UC_ARM_REG_R6, offsetof(struct core_regs, r[6]) },
	{ UC_ARM_REG_R5, offsetof(struct core_regs, r[5]) },
	{ UC_ARM_REG_R4, offsetof(struct core_regs, r[4]) },
	{ UC_ARM_REG_R3, offsetof(struct core_regs, r[3]) },
	{ UC_ARM_REG_R2, offsetof(struct core_regs, r[2]) },
	{ UC_ARM_REG_R1, offsetof(struct core_regs, r[1]) },
	{ UC_ARM_REG_R0, offsetof(struct core_regs, r[0]) },
}, banked[] = {
	{ UC_ARM_REG_CONTROL, offsetof(struct core_regs, control) },
	{ UC_ARM_REG_MSP, offsetof(struct core_regs, msp) },
	{ UC_ARM_REG_PSP, offsetof(struct core_regs, psp) },
	{ UC_ARM_REG_PRIMASK, offsetof(struct core_regs, primask) },
	{ UC_ARM_REG_BASEPRI, offsetof(struct core_regs, basepri) },
	{ UC_ARM_REG_FAULTMASK, offsetof(struct core_regs, faultmask) },
};

static uint32_t *field(struct core_regs *regs, size_t offset)
{
	return (uint32_t *)((uint8_t *)regs + offset);
}

void cpu_pull(struct vb_cpu *cpu)
{
	struct engine *e = cpu->engine;
	struct core_regs *regs = &cpu->regs;
	bool as_handler;

	if (cpu->regs_here)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		*field(regs, plain[i].field) = get(e, plain[i].id);
	regs->xpsr = get(e, UC_ARM_REG_XPSR);
	regs->control = get(e, UC_ARM_REG_CONTROL) & 7;
	as_handler = !cpu_is_privileged(cpu->ipsr, regs->control);
	if (as_handler)
		put(e, UC_ARM_REG_XPSR, regs->xpsr | EXC_HARDFAULT);
	for (size_t i = 1; i < ARRAY_SIZE(banked); i++)	/* CONTROL is here already */
		*field(regs, banked[i].field) = get(e, banked[i].id);
	if (as_handler)
		put(e, UC_ARM_REG_XPSR, regs->xpsr);
	e->pushed = *regs;
	regs->basepri &= cpu_priority_mask(cpu);	/* Unicorn keeps all eight bits */
	cpu->regs_here = true;
}

static void push(struct engine *e)
{
	struct core_regs *regs = &e->cpu->regs, *there = &e->pushed;

	if (!e->cpu->regs_here)
		return;
	regs->xpsr = (regs->xpsr & ~0x1ffu) | e->cpu->ipsr;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (*field(regs, plain[i].field) != *field(there, plain[i].field))
			put(e, plain[i].id, *field(regs, plain[i].field));
	}
	if (memcmp(&regs->msp, &there->msp, sizeof(*regs) - offsetof(struct core_regs, msp)) == 0)
		return;
	/* A write of one bank can look like the other's: move both while IPSR selects MSP. */
	put(e, UC_ARM_REG_XPSR, XPSR_T | EXC_HARDFAULT);
	/* Unicorn takes a context with FPCA but without SFPA for a new one and clears FPSCR. */
	put(e, UC_ARM_REG_CONTROL, regs->control | (regs->control & CONTROL_FPCA ? BIT(3) : 0));
	for (size_t i = 1; i < ARRAY_SIZE(banked); i++)
		put(e, banked[i].id, *field(regs, banked[i].field));
	put(e, UC_ARM_REG_XPSR, regs->xpsr);
}

uint32_t engine_fp_read(struct vb_cpu *cpu, unsigned n)
{
	if (!cpu->traits->has_fpu)
		return 0;
	return get(cpu->engine, n < 32 ? UC_ARM_REG_S0 + (int)n : UC_ARM_REG_FPSCR);
}

void engine_fp_write(struct vb_cpu *cpu, unsigned n, uint32_t value)
{
	if (cpu->traits->has_fpu)
		put(cpu->engine, n < 32 ? UC_ARM_REG_S0 + (int)n : UC_ARM_REG_FPSCR, value);
}

bool cpu_fetch16(struct vb_cpu *cpu, uint32_t addr, uint16_t *op)
{
	struct engine *e = cpu->engine;
	const struct vb_region *r;

	if (!((addr ^ e->page_addr) & ~(uint64_t)(PAGE - 1))) {
		*op = get_le16(e->page + (addr & (PAGE - 1)));
		return true;
	}
	r = vb_bus_find(cpu->bus, addr);
	if (r == NULL || r->ram == NULL || r->size - (addr - r->base) < 2)
		return false;
	*op = get_le16(r->ram + (addr - r->base));
	return true;
}

unsigned cpu_op_class(const struct vb_cpu *cpu, uint16_t op)
{
	return cpu->engine->classes[op];
}

void engine_update_caution(struct vb_cpu *cpu)
{
	struct engine *e = cpu->engine;
	unsigned caution = e && e->has_guards ? CAUTION_GUARD : 0;
	uint32_t enable = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cpu->fpb.comp); i++)
		enable |= cpu->fpb.comp[i] & 1;
	if ((cpu->fpb.ctrl & 1) && enable)
		caution |= CAUTION_FPB;
	caution |= dwt_caution(cpu);
	if (cpu->mpu.ctrl & 1)
		caution |= CAUTION_MPU;
	if (cpu->traits->is_v6m || (cpu->scs.ccr & BIT(3)))
		caution |= CAUTION_UNALIGNED;
	if (cpu->caches.d.ways && (cpu->scs.ccr & CCR_DC))
		caution |= CAUTION_DCACHE;
	if (cpu->caches.i.ways && (cpu->scs.ccr & CCR_IC))
		caution |= CAUTION_ICACHE;
	cpu->caution = caution;
	if (e == NULL)
		return;
	e->is_careful = (caution & CAUTION_CODE) || e->shown.size;
	/* What was found out about page, line and data region may be wrong now. */
	e->page_is_open = false;
	e->page_is_old = true;
	e->open_bytes = 0;
	e->line_epoch++;
	/* Full access, nothing to save lazily, and Unicorn's own FPSCR default of a new context. */
	e->fp_is_native = cpu->traits->has_fpu && bits_get(cpu->scs.cpacr, 23, 20) == 0xf &&
			  !(cpu->scs.fpccr & 1) && cpu->scs.fpdscr == 0;
}

void engine_sync(struct vb_cpu *cpu)
{
	engine_sync_maps(cpu->engine);
}

void engine_where(const struct vb_cpu *cpu, uint32_t *pc, uint32_t *xpsr)
{
	struct engine *e = cpu->engine;

	*pc = cpu->is_running ? e->hook_pc : cpu->pc;
	*xpsr = cpu->regs_here ? cpu->regs.xpsr : get(e, UC_ARM_REG_XPSR);
	*xpsr = (*xpsr & ~0x1ffu) | cpu->ipsr;
}

/* Runs */

static enum fault_kind kind_of(struct engine *e, uc_err rc)
{
	switch (rc) {
	case UC_ERR_READ_UNMAPPED:
	case UC_ERR_WRITE_UNMAPPED:
	case UC_ERR_READ_PROT:
	case UC_ERR_WRITE_PROT: return FAULT_DATA_BUS;
	case UC_ERR_FETCH_UNMAPPED: return FAULT_FETCH_BUS;
	case UC_ERR_FETCH_PROT: return FAULT_FETCH_XN;
	default: break;
	}
	return get(e, UC_ARM_REG_XPSR) & XPSR_T ? FAULT_UNDEFINED : FAULT_STATE;
}

/* Unicorn ended the run with an error, which is a fault of the instruction at pc. */
static enum stop stop_of_error(struct engine *e, uc_err rc)
{
	struct vb_cpu *cpu = e->cpu;
	enum fault_kind kind = kind_of(e, rc);

	if (kind == FAULT_DATA_BUS || kind == FAULT_UNDEFINED) {
		if (e->hook_pc == cpu->pc)
			engine_uncount(e);	/* the hook had counted it */
		cpu->fault.kind = kind;
		return STOP_FAULT;
	}
	if (cpu->cycles >= e->limit || cpu->attention)
		return STOP_LIMIT;	/* the next instruction's fault, not due yet */
	if (kind == FAULT_FETCH_BUS && mpu_default_xn(cpu->pc))
		kind = FAULT_FETCH_XN;
	cpu->fault = (struct fault){ kind, cpu->pc };
	return STOP_FAULT;
}

static enum stop run(struct engine *e)
{
	struct vb_cpu *cpu = e->cpu;
	uc_err rc;

	push(e);
	cpu->regs_here = false;
	e->why = STOP_LIMIT;
	e->is_stopping = e->is_abandoned = false;
	e->control_is_old = true;
	e->page_addr = NO_PAGE;		/* its instructions may cost more or less than before */
	e->it_bytes = e->undo.size = 0;
	cpu->is_running = true;
	rc = uc_emu_start(e->uc, cpu->pc | 1, NOWHERE, 0, 0);
	cpu->is_running = false;
	cpu->pc = get(e, UC_ARM_REG_PC);
	engine_settle(e, cpu->pc);
	if (e->is_abandoned) {
		if (e->undo.size)
			memcpy(e->undo.at, e->undo.old, e->undo.size);
		engine_uncount(e);
		return e->why;
	}
	if (rc != UC_ERR_OK)
		return stop_of_error(e, rc);
	if (e->why == STOP_FAULT && cpu->fault.kind == FAULT_FETCH_XN && cpu->cycles >= e->limit)
		return STOP_LIMIT;
	return e->why;
}

enum stop engine_run(struct vb_cpu *cpu, uint64_t limit)
{
	struct engine *e = cpu->engine;

	engine_sync_maps(e);
	e->is_forced = false;
	e->limit = limit;
	return run(e);
}

enum stop engine_step(struct vb_cpu *cpu, unsigned it)
{
	struct engine *e = cpu->engine;
	uint32_t pc = cpu->pc;
	enum stop why;

	engine_sync_maps(e);
	cpu->regs.xpsr = op_with_itstate(cpu->regs.xpsr, it);
	e->is_forced = true;
	e->limit = cpu->cycles + 1;
	why = run(e);
	e->is_forced = false;
	/* Inside an IT block Unicorn reports a fault behind it. */
	if (why == STOP_FAULT && it)
		cpu->pc = pc;
	return why;
}
