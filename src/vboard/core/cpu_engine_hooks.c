/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is looked at before each instruction and at each data access. */
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/cpu_engine.h"

static uint32_t core_register(struct engine *e, unsigned n)
{
	static const int wide[] = { UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_PC };
	uint32_t v = 0;

	uc_reg_read(e->uc, n < 13 ? UC_ARM_REG_R0 + (int)n : wide[n - 13], &v);
	return v;
}

static void stop(struct engine *e, enum stop why)
{
	if (!e->is_stopping)
		e->why = why;
	e->is_stopping = true;
	uc_emu_stop(e->uc);
}

/* The instruction at hook_pc must not happen; it raises `kind`, or runs again later. */
static void refuse(struct engine *e, enum fault_kind kind, uint32_t addr)
{
	e->cpu->fault = (struct fault){ kind, addr };
	e->is_abandoned = true;
	e->why = kind == FAULT_NONE ? STOP_STALL : STOP_FAULT;
	e->is_stopping = true;
}

static void abandon(struct engine *e, enum fault_kind kind, uint32_t addr)
{
	refuse(e, kind, addr);
	uc_emu_stop(e->uc);
}

bool engine_is_privileged(struct engine *e)
{
	if (e->cpu->regs_here)
		return cpu_is_privileged(e->cpu->ipsr, e->cpu->regs.control);
	if (e->control_is_old)
		uc_reg_read(e->uc, UC_ARM_REG_CONTROL, &e->control);
	e->control_is_old = false;
	return cpu_is_privileged(e->cpu->ipsr, e->control);
}

static void stall(struct vb_cpu *cpu, uint64_t until_ns)
{
	/* A slave that cannot say how long is asked again after one cycle. */
	cpu->stall_until_ns =
		MAX(until_ns, cpu_time_of(cpu, cpu->cycles) + 1000000000u / cpu->hclk);
}

/* Instructions */

static bool fetch_is_refused(struct engine *e, uint32_t pc, enum stop *why)
{
	struct vb_access a = { .master = VB_CPU_CODE, .addr = pc, .size = 2 };
	enum vb_result rc = engine_fetch(e, &a);

	if (rc == VB_OK)
		return false;
	*why = rc == VB_STALL ? STOP_STALL : STOP_FAULT;
	if (rc == VB_STALL)
		stall(e->cpu, a.stall_until_ns);
	else
		e->cpu->fault = (struct fault){ FAULT_FETCH_BUS, pc };
	return true;
}

static bool page_is_open(const struct engine *e, uint32_t pc)
{
	return e->page_is_open && !((pc ^ e->page_addr) & ~(uint64_t)(PAGE - 1));
}

/* A hook has changed memory or maps under the instruction that asked it: that comes again. */
static bool must_sync(const struct engine *e)
{
	return e->maps_are_old || e->dirty_count;
}

bool engine_may_execute(struct engine *e, uint32_t pc, enum stop *why)
{
	struct vb_cpu *cpu = e->cpu;

	if ((cpu->caution & CAUTION_MPU) && !mpu_allows(cpu, pc, false, true, engine_is_privileged(e))) {
		cpu->fault = (struct fault){ FAULT_FETCH_XN, pc };
		*why = STOP_FAULT;
		return false;
	}
	if ((cpu->caution & (CAUTION_GUARD | CAUTION_ICACHE)) && !page_is_open(e, pc) &&
	    fetch_is_refused(e, pc, why))
		return false;
	if ((cpu->caution & CAUTION_FPB) && fpb_matches(cpu, pc)) {
		*why = STOP_BREAKPOINT;
		return false;
	}
	if ((cpu->caution & CAUTION_DWT_PC) && dwt_pc_matches(cpu, pc))
		cpu->attention = true;	/* a watchpoint: halts behind the instruction */
	return true;
}

enum look { LOOK_STOP, LOOK_ON, LOOK_AS_IS };

static enum look look_carefully(struct engine *e, uint32_t pc)
{
	enum stop why;
	uint32_t patch;

	engine_settle(e, pc);
	if (e->is_forced) {
		e->is_forced = false;
		return LOOK_AS_IS;
	}
	if (pc - e->it_first < e->it_bytes)
		return LOOK_AS_IS;	/* nothing stops here; the block was judged at its start */
	if (e->cpu->cycles >= e->limit || e->cpu->attention) {
		stop(e, STOP_LIMIT);
		return LOOK_STOP;
	}
	if (!e->is_careful)
		return LOOK_ON;
	if ((e->cpu->caution & CAUTION_CODE) == CAUTION_FPB && !fpb_may_match(&e->cpu->fpb, pc))
		return LOOK_ON;
	if (!engine_may_execute(e, pc, &why)) {
		stop(e, why);
		return LOOK_STOP;
	}
	if (must_sync(e)) {
		stop(e, STOP_LIMIT);
		return LOOK_STOP;
	}
	if ((e->cpu->caution & CAUTION_FPB) && fpb_remaps(e->cpu, pc, &patch)) {
		stop(e, STOP_SPECIAL);
		return LOOK_STOP;
	}
	if ((e->cpu->caution & (CAUTION_GUARD | CAUTION_ICACHE)) && !page_is_open(e, pc) &&
	    e->fetched.differs) {
		e->fetched.is_fresh = true;
		stop(e, STOP_SPECIAL);
		return LOOK_STOP;
	}
	return LOOK_ON;
}

/* Is the member what Unicorn has translated, and may it be fetched? */
static bool member_agrees(struct engine *e, uint32_t at)
{
	struct vb_access a = { .master = VB_CPU_CODE, .addr = at, .size = 2 };

	if ((e->cpu->caution & CAUTION_MPU) &&
	    !mpu_allows(e->cpu, at, false, true, engine_is_privileged(e)))
		return false;
	if (!(e->cpu->caution & (CAUTION_GUARD | CAUTION_ICACHE)) || page_is_open(e, at))
		return true;
	return engine_fetch(e, &a) == VB_OK && !e->fetched.differs && !must_sync(e);
}

/* Members that cannot fault, stop or call for attention run natively, in one go. */
static bool it_block_is_native(struct engine *e, uint32_t pc, uint16_t it_op)
{
	const unsigned harmless = CAUTION_FPB | CAUTION_UNALIGNED | CAUTION_DWT_DATA |
				  CAUTION_DCACHE | CAUTION_ICACHE | CAUTION_GUARD |
				  CAUTION_MPU;
	uint32_t at = pc + 2;

	if (e->cpu->caution & ~harmless)
		return false;
	for (unsigned n = op_it_members(it_op); n > 0; n--) {
		uint16_t op;

		if (!cpu_fetch16(e->cpu, at, &op) || op_is_memory(op) || op_is_udf(op))
			return false;
		if (fpb_may_match(&e->cpu->fpb, at) || !member_agrees(e, at))
			return false;
		switch ((enum op_class)e->classes[op]) {
		case OP_PLAIN: break;
		case OP_COPROCESSOR:
			if (!e->fp_is_native)
				return false;
			break;
		default: return false;
		}
		at += op_bytes(op);
	}
	e->it_first = pc + 2;
	e->it_bytes = at - e->it_first;
	return true;
}

static bool base_is_aligned(struct engine *e, unsigned rn)
{
	return rn == 13 || rn == 15 || !(core_register(e, rn) & 3);
}

static bool multiple_is_native(struct engine *e, uint16_t op, uint16_t op2)
{
	unsigned size;

	switch (op_exclusive(op, op2, &size)) {
	case OP_STREX: return false;
	case OP_LDREX:
		if (core_register(e, op & 15) & (size - 1))
			return false;
		e->cpu->exclusive = true;
		return true;
	case NOT_EXCLUSIVE: break;
	}
	return op_is_table_branch(op, op2) || base_is_aligned(e, op & 15);
}

static bool coprocessor_is_native(struct engine *e, uint16_t op, uint16_t op2)
{
	unsigned cp = op2 >> 8 & 15;

	if (!e->fp_is_native || (cp != 10 && cp != 11))
		return false;
	/* VLDR, VSTR, VLDM, VSTM; ec4x and ec5x move two core registers. */
	if ((op & 0xee00) == 0xec00 && (op & 0xffe0) != 0xec40)
		return base_is_aligned(e, op & 15);
	return true;
}

static bool system_is_native(struct vb_cpu *cpu, uint16_t op, uint16_t op2)
{
	if (op == 0xf3af)
		return op2 == 0x8000;	/* NOP.W */
	if (op == 0xf3ef)
		return (op2 & 0xff) != 20;	/* MRS CONTROL */
	if ((op2 & 0xf0) == 0x20)
		cpu->exclusive = false;	/* CLREX */
	return true;
}

/* False: cpu_step() has to carry it out. */
static bool is_native(struct engine *e, uint32_t pc, uint16_t op)
{
	struct vb_cpu *cpu = e->cpu;
	uint16_t op2 = 0;

	if (op_is_wide(op) && !cpu_fetch16(cpu, pc + 2, &op2))
		return true;	/* Unicorn reports the fetch */
	switch ((enum op_class)e->classes[op]) {
	case OP_PLAIN: return true;
	case OP_IT: return it_block_is_native(e, pc, op);
	case OP_HINT: return op == 0xbf00;
	case OP_BKPT:
	case OP_SVC: return false;
	case OP_MASKS:
		cpu->attention |= cpu->masks_block;
		e->control_is_old = true;
		return true;
	case OP_MULTIPLE16: return base_is_aligned(e, op >> 8 & 7);
	case OP_MULTIPLE32: return multiple_is_native(e, op, op2);
	case OP_COPROCESSOR: return coprocessor_is_native(e, op, op2);
	case OP_DIVIDE: return !(cpu->scs.ccr & BIT(4)) || core_register(e, op2 & 15) != 0;
	case OP_SYSTEM: return system_is_native(cpu, op, op2);
	}
	return true;
}

static void turn_page(struct engine *e, uint32_t pc)
{
	const struct vb_region *r = vb_bus_find(e->cpu->bus, pc);
	uint32_t page = pc & ~(PAGE - 1);

	if (r == NULL || r->ram == NULL) {
		/* Unmapped by the last instruction. `attention` is up: the maps follow first. */
		e->page_addr = NO_PAGE;
		stop(e, STOP_LIMIT);
		return;
	}
	e->page_addr = page;
	e->page_cycles = r->fetch_hz ? MAX(e->cpu->hclk / r->fetch_hz, 1u) : 1;
	e->page_is_open = !r->guarded && !(r->cacheable && (e->cpu->caution & CAUTION_ICACHE));
	e->page = r->ram + (page - r->base);
	e->executed[page / PAGE / 8] |= (uint8_t)BIT(page / PAGE % 8);
}

static void count(struct engine *e)
{
	e->cpu->cycles += e->page_cycles;
	e->cpu->extra_cycles += e->page_cycles - 1;
}

void engine_uncount(struct engine *e)
{
	e->cpu->cycles -= e->page_cycles;
	e->cpu->extra_cycles -= e->page_cycles - 1;
}

static void on_code(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct engine *e = ctx;
	struct vb_cpu *cpu = e->cpu;
	uint32_t pc = (uint32_t)address;
	uint16_t op;

	(void)uc;
	(void)size;
	e->hook_pc = pc;
	if ((pc ^ e->page_addr) & ~(uint64_t)(PAGE - 1)) {
		turn_page(e, pc);
		if (e->page_addr == NO_PAGE)
			return;
	}
	if (cpu->cycles >= e->limit || (cpu->attention | e->is_careful | e->is_forced)) {
		switch (look_carefully(e, pc)) {
		case LOOK_STOP: return;
		case LOOK_AS_IS: count(e); return;
		case LOOK_ON: break;
		}
	}
	op = get_le16(e->page + (pc & (PAGE - 1)));
	if (e->classes[op] != OP_PLAIN && !is_native(e, pc, op)) {
		e->fetched.is_fresh = e->fetched.pc == pc && e->is_careful && !page_is_open(e, pc);
		stop(e, STOP_SPECIAL);
		return;
	}
	count(e);
}

/* Data */

/* The bus did not take it: the instruction ends here. */
static void refuse_data(struct engine *e, struct vb_access *a, enum vb_result rc)
{
	if (rc == VB_STALL)
		stall(e->cpu, a->stall_until_ns);
	abandon(e, rc == VB_STALL ? FAULT_NONE : FAULT_DATA_BUS, a->addr);
}

/* Shows what the region's `read` hook says. */
static enum vb_result show_answer(struct engine *e, const struct vb_region *r,
				  struct vb_access *access)
{
	uint8_t view[8];

	for (unsigned at = 0; at < access->size && at < sizeof(view); at += 4) {
		struct vb_access a = *access;
		uint32_t value = 0;
		enum vb_result rc;

		a.addr += at;
		a.size = MIN(access->size, 4u);
		rc = r->ram_ops->read(r->ctx, &a, a.addr - r->base, &value);
		access->stall_until_ns = a.stall_until_ns;
		if (rc != VB_OK)
			return rc;
		put_le32(view + at, value);
	}
	engine_show(e, r, access->addr, view, MIN(access->size, (unsigned)sizeof(view)));
	return VB_OK;
}

static void ask_guard(struct engine *e, const struct vb_region *r, struct vb_access *a)
{
	enum vb_result rc = VB_OK;

	if (r == NULL || r->ram == NULL || !r->guarded || r->ram_ops == NULL)
		return;
	if (a->is_write && !r->writable)
		return;		/* the store goes through the bus, which asks */
	if (r->ram_ops->check)
		rc = r->ram_ops->check(r->ctx, a, a->addr - r->base);
	if (rc == VB_OK && r->ram_ops->read && !a->is_write)
		rc = show_answer(e, r, a);
	if (rc != VB_OK)
		refuse_data(e, a, rc);
}

/* True: the D-cache has dealt with the access, if only by refusing it. */
static bool cache_answers(struct engine *e, struct vb_access *a, uint64_t value)
{
	const struct vb_region *r = dcache_serves(e->cpu, a);
	bool is_through = false;
	uint8_t view[8];
	enum vb_result rc;

	if (r == NULL || a->size > sizeof(view))
		return false;
	if (a->is_write) {
		put_le32(view, (uint32_t)value);
		put_le32(view + 4, (uint32_t)(value >> 32));
		rc = dcache_write(e->cpu, r, a, view, &is_through);
		if (rc == VB_OK && !is_through)
			engine_hide(e, r, a->addr, a->size);
	} else {
		rc = dcache_read(e->cpu, r, a, view);
		if (rc == VB_OK)
			engine_show(e, r, a->addr, view, a->size);
	}
	if (rc != VB_OK)
		refuse_data(e, a, rc);
	return !is_through;
}

static bool data_is_refused(struct engine *e, uint32_t addr, unsigned size, bool is_write,
			    uint64_t value)
{
	struct vb_cpu *cpu = e->cpu;
	const struct vb_region *r;
	struct vb_access a = { .master = VB_CPU_DATA, .addr = addr, .size = size,
			       .is_write = is_write, .is_privileged = engine_is_privileged(e) };

	if ((cpu->caution & CAUTION_UNALIGNED) && (addr & (MIN(size, 4u) - 1))) {
		abandon(e, FAULT_UNALIGNED, addr);
		return true;
	}
	if ((cpu->caution & CAUTION_MPU) &&
	    !mpu_allows(cpu, addr, is_write, false, a.is_privileged)) {
		abandon(e, FAULT_DATA_MPU, addr);
		return true;
	}
	if (!(cpu->caution & (CAUTION_GUARD | CAUTION_DCACHE)))
		return false;
	r = vb_bus_find(cpu->bus, addr);
	if (r && !r->guarded && !(r->cacheable && (cpu->caution & CAUTION_DCACHE))) {
		e->open_first = r->base;
		e->open_bytes = r->size;
		return false;
	}
	if (r && r->guarded)
		cpu_note_time(cpu);
	if (!(cpu->caution & CAUTION_DCACHE) || !cache_answers(e, &a, value))
		ask_guard(e, r, &a);
	if (e->maps_are_old && !e->is_abandoned)
		refuse_data(e, &a, VB_STALL);	/* moved by a hook just now */
	return e->is_abandoned;
}

static void keep_for_undo(struct engine *e, uint32_t addr, unsigned size)
{
	const struct vb_region *r = vb_bus_find(e->cpu->bus, addr);

	e->undo.size = 0;
	if (r == NULL || r->ram == NULL || !r->writable || r->size - (addr - r->base) < size)
		return;
	e->undo.at = r->ram + (addr - r->base);
	e->undo.size = MIN(size, (unsigned)sizeof(e->undo.old));
	memcpy(e->undo.old, e->undo.at, e->undo.size);
}

static void on_data(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
		    void *ctx)
{
	struct engine *e = ctx;
	struct vb_cpu *cpu = e->cpu;
	unsigned caution = cpu->caution & CAUTION_DATA;
	uint32_t addr = (uint32_t)address;
	bool is_write = type == UC_MEM_WRITE;

	(void)uc;
	if (caution == 0 || e->is_abandoned)
		return;
	engine_settle(e, e->hook_pc);
	if (addr - e->open_first < e->open_bytes)
		caution &= ~(unsigned)(CAUTION_GUARD | CAUTION_DCACHE);
	if ((caution & ~(unsigned)CAUTION_DWT_DATA) &&
	    data_is_refused(e, addr, (unsigned)size, is_write, (uint64_t)value)) {
		if (is_write)
			keep_for_undo(e, addr, (unsigned)size);
		return;
	}
	if (caution & CAUTION_DWT_DATA)
		dwt_data_access(cpu, is_write, addr, (unsigned)size, (uint32_t)value);
}

static bool on_unmapped(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
			void *ctx)
{
	struct engine *e = ctx;

	(void)uc;
	(void)type;
	(void)size;
	(void)value;
	e->cpu->fault.addr = (uint32_t)address;
	return false;
}

/* One access through the bus. False if it was refused: the caller ends the instruction. */
static bool through_bus(struct engine *e, struct vb_access *a, uint32_t *value)
{
	struct vb_cpu *cpu = e->cpu;
	enum vb_result rc;

	if (e->is_abandoned)
		return false;
	cpu_note_time(cpu);
	a->master = VB_CPU_DATA;
	a->is_privileged = engine_is_privileged(e);
	rc = a->is_write ? vb_bus_write(cpu->bus, a, *value) : vb_bus_read(cpu->bus, a, value);
	if (rc == VB_STALL)
		stall(cpu, a->stall_until_ns);
	if (rc != VB_OK)
		refuse(e, rc == VB_STALL ? FAULT_NONE : FAULT_DATA_BUS, a->addr);
	if (vb_clock_next(cpu->clock) < cpu->until_ns)
		cpu->attention = true;	/* a device scheduled something on our way */
	return rc == VB_OK;
}

static bool on_write_protected(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
			       int64_t value, void *ctx)
{
	(void)uc;
	(void)type;
	/* True: the store is swallowed. False: the instruction ends here, and precisely so only if
	 * no stop was asked for as well. A double word is two accesses on the bus. */
	for (int at = 0; at < size; at += 4) {
		struct vb_access a = { .addr = (uint32_t)address + (unsigned)at,
				       .size = (unsigned)MIN(size, 4), .is_write = true };
		uint32_t v = (uint32_t)((uint64_t)value >> 8 * at);

		if (!through_bus(ctx, &a, &v))
			return false;
	}
	return true;
}

uint64_t engine_mmio_read(uc_engine *uc, uint64_t offset, unsigned size, void *ctx)
{
	struct mmio *m = ctx;
	uint64_t value = 0;

	(void)uc;
	for (unsigned at = 0; at < size; at += 4) {
		struct vb_access a = { .addr = m->base + (uint32_t)offset + at,
				       .size = MIN(size, 4u) };
		uint32_t v = 0;

		if (!through_bus(m->engine, &a, &v)) {
			uc_emu_stop(m->engine->uc);
			return 0;
		}
		value |= (uint64_t)v << 8 * at;
	}
	return value;
}

void engine_mmio_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ctx)
{
	struct mmio *m = ctx;

	(void)uc;
	for (unsigned at = 0; at < size; at += 4) {
		struct vb_access a = { .addr = m->base + (uint32_t)offset + at,
				       .size = MIN(size, 4u), .is_write = true };
		uint32_t v = (uint32_t)(value >> 8 * at);

		if (!through_bus(m->engine, &a, &v)) {
			uc_emu_stop(m->engine->uc);
			return;
		}
	}
}

/* Unicorn's exception numbers: 3 fetch from MMIO, 8 a branch to EXC_RETURN. */
static void on_interrupt(uc_engine *uc, uint32_t number, void *ctx)
{
	struct engine *e = ctx;
	uint32_t xpsr = 0;

	(void)uc;
	if (number == 8) {
		/* The branch moved bit 0 of its target into EPSR.T. */
		uc_reg_read(e->uc, UC_ARM_REG_XPSR, &xpsr);
		e->cpu->exc_return = core_register(e, 15) | (xpsr & XPSR_T ? 1 : 0);
		e->is_stopping = false;	/* outranks a limit that was reached by the branch */
		stop(e, STOP_EXC_RETURN);
		return;
	}
	e->cpu->fault = (struct fault){ number == 3 ? FAULT_FETCH_XN : FAULT_UNDEFINED,
					core_register(e, 15) };
	stop(e, STOP_FAULT);
}

void engine_add_hooks(struct engine *e)
{
	uc_hook h;

	uc_hook_add(e->uc, &h, UC_HOOK_CODE, (void *)on_code, e, (uint64_t)1, (uint64_t)0);
	uc_hook_add(e->uc, &h, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, (void *)on_data, e,
		    (uint64_t)1, (uint64_t)0);
	uc_hook_add(e->uc, &h, UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_FETCH_PROT, (void *)on_unmapped,
		    e, (uint64_t)1, (uint64_t)0);
	uc_hook_add(e->uc, &h, UC_HOOK_MEM_WRITE_PROT, (void *)on_write_protected, e, (uint64_t)1,
		    (uint64_t)0);
	uc_hook_add(e->uc, &h, UC_HOOK_INTR, (void *)on_interrupt, e, (uint64_t)1, (uint64_t)0);
}
