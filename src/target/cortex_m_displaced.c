/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One step over a BKPT in flash: the instruction under it is executed in RAM, with interrupts masked, and
 * what it shows of that place (PC, the return address of a call, of a fault) is put right. Branches and
 * literal loads are worked out without the core (displace.c). The flash is not touched.
 */
#include "target/cortex_m.h"
#include "target/patch_priv.h"

#define PLACE_BYTES	8u
#define NOP		0xbf00u
#define MPU_CTRL	0xe000ed94u	/* a region may forbid execution from RAM */
#define FRAME_PC	24u		/* in an exception frame, DDI 0403 B1.5.6 */

struct place {
	struct work_area *area;
	uint32_t pc, after, mpu_ctrl;	/* of the instruction; behind it; as found */
	unsigned length;
};

static enum err take_core(struct target *t, uint32_t pc, struct displaced_core *core)
{
	static const char *const names[15] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9",
					       "r10", "r11", "r12", "sp", "lr" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		TRY(target_get_reg32(t, names[i], &core->r[i]));
	core->r[15] = pc;
	return target_get_reg32(t, "xPSR", &core->xpsr);
}

/* Only what changed: `sp` is an alias. */
static enum err put_core(struct target *t, const struct displaced_core *was,
			 const struct displaced_core *core)
{
	static const char *const names[16] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9",
					       "r10", "r11", "r12", "sp", "lr", "pc" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (core->r[i] != was->r[i])
			TRY(target_set_reg32(t, names[i], core->r[i]));
	}
	return core->xpsr != was->xpsr ? target_set_reg32(t, "xPSR", core->xpsr) : OK;
}

static enum err emulate(struct cortex_m *cm, uint32_t pc, uint16_t lo, uint16_t hi, bool *done)
{
	struct target *t = cm->target;
	struct displaced_core was = { 0 }, core;

	TRY(take_core(t, pc, &was));
	core = was;
	*done = displace_emulate(lo, hi, &core);
	if (!*done)
		return OK;
	if (core.has_load)
		TRY(target_read_u32(t, core.load_addr, &core.r[core.load_reg]));
	cm->dfsr = DFSR_HALTED;
	cm->hit_known = false;
	return put_core(t, &was, &core);
}

/* A new PC ends the IT block of the program (cortex_m_regs.c); this move is ours and must not. */
static enum err move_pc(struct target *t, uint32_t pc)
{
	uint32_t xpsr = 0;

	TRY(target_get_reg32(t, "xPSR", &xpsr));
	TRY(target_set_reg32(t, "pc", pc));
	return xpsr & XPSR_IT ? target_set_reg32(t, "xPSR", xpsr) : OK;
}

/* An exception that the instruction raised has stacked an address in our RAM. */
static enum err mend_frame(struct cortex_m *cm, const struct place *p)
{
	struct target *t = cm->target;
	uint32_t lr = 0, sp = 0, stacked = 0;

	TRY(target_get_reg32(t, "lr", &lr));
	if (lr >> 24 != 0xff)
		return OK;
	TRY(target_get_reg32(t, lr & 4 ? "psp" : "msp", &sp));
	TRY(mem_ap_read32(cm->ap, sp + FRAME_PC, &stacked));
	if (stacked - p->area->addr > p->length)
		return OK;
	return mem_ap_write32(cm->ap, sp + FRAME_PC, stacked - p->area->addr + p->pc);
}

static enum err mend(struct cortex_m *cm, const struct place *p)
{
	struct target *t = cm->target;
	uint32_t pc = 0, lr = 0;

	TRY(target_get_reg32(t, "pc", &pc));
	TRY(target_get_reg32(t, "lr", &lr));
	if (pc - p->area->addr <= p->length)
		TRY(move_pc(t, pc - p->area->addr + p->pc));
	else
		TRY(mend_frame(cm, p));
	if ((lr & ~1u) == p->area->addr + p->length)	/* BLX to a register */
		TRY(target_set_reg32(t, "lr", p->after | 1));
	return OK;
}

static enum err step_there(struct cortex_m *cm, struct place *p, uint16_t lo, uint16_t hi)
{
	struct target *t = cm->target;
	uint8_t code[PLACE_BYTES];

	put_le16(code, lo);
	put_le16(code + 2, p->length == 4 ? hi : NOP);
	put_le16(code + 4, NOP);
	put_le16(code + 6, NOP);
	TRY(target_write_bytes(t, p->area->addr, code, sizeof(code)));
	if (mem_ap_read32(cm->ap, MPU_CTRL, &p->mpu_ctrl) != OK) {
		error_clear();
		p->mpu_ctrl = 0;
	}
	if (p->mpu_ctrl & 1)
		TRY(mem_ap_write32(cm->ap, MPU_CTRL, 0));
	TRY(move_pc(t, p->area->addr));
	enum err rc = cortex_m_step_plain(cm, C_MASKINTS);

	if (p->mpu_ctrl & 1)
		rc = error_first(rc, mem_ap_write32(cm->ap, MPU_CTRL, p->mpu_ctrl));
	return rc == OK ? mend(cm, p) : rc;
}

enum err cortex_m_step_displaced(struct cortex_m *cm, uint32_t pc)
{
	struct target *t = cm->target;
	struct place p = { .pc = pc };
	bool backup = t->work_area_backup, done = false;
	uint16_t lo = 0, hi = 0;

	TRY(target_read_u16(t, pc, &lo));
	p.length = thumb_length(lo);
	p.after = pc + p.length;
	if (p.length == 4)
		TRY(target_read_u16(t, pc + 2, &hi));
	TRY(emulate(cm, pc, lo, hi, &done));
	if (done)
		return OK;
	t->work_area_backup = true;
	enum err rc = work_area_alloc(t, PLACE_BYTES, &p.area);

	t->work_area_backup = backup;
	TRY(rc);
	rc = step_there(cm, &p, lo, hi);
	work_area_free(t, p.area);
	return rc;
}
