/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what fault.c explains: status registers, the stacked frame, the instruction at fault. */
#include <string.h>

#include "base/log.h"
#include "target/cortex_m.h"
#include "target/fault.h"
#include "target/lsu.h"
#include "target/thumb.h"

#define CFSR  0xe000ed28u
#define HFSR  0xe000ed2cu
#define MMFAR 0xe000ed34u
#define BFAR  0xe000ed38u
#define SFSR  0xe000ede4u
#define SFAR  0xe000ede8u
#define LOCKUP_PC 0xfffffffeu	/* and 0xeffffffe: DDI 0403 B1.5.15, DDI 0553 */
#define CFSR_INVSTATE BIT(17)
#define SEARCH_WORDS 64u
#define XPSR_ZERO	0x00f00000u	/* read as zero on all of them */
#define XPSR_ZERO_V6M	0x0efffdc0u	/* v6-M: flags, T, the stack's alignment, IPSR[5:0], no more */
#define EXC_RETURN_SPSEL  BIT(2)
#define EXC_RETURN_NO_FPU BIT(4)
#define EXC_RETURN_S	  BIT(6)
#define INTEGRITY_SIGNATURE 0xfefa125bu	/* bit 0: no FPU context */
#define CALLEE_BYTES	  40u
#define NESTING_MAX	  8u

static bool is_main(const struct cortex_m *cm)
{
	return cm->core->arch == ARCH_V7M || cm->core->arch == ARCH_V8M_MAIN;
}

static enum err read_status(struct cortex_m *cm, struct fault_state *f)
{
	f->has_status = is_main(cm);
	if (!f->has_status)
		return OK;
	mem_ap_queue_read32(cm->ap, CFSR, &f->cfsr);
	mem_ap_queue_read32(cm->ap, HFSR, &f->hfsr);
	mem_ap_queue_read32(cm->ap, MMFAR, &f->mmfar);
	mem_ap_queue_read32(cm->ap, BFAR, &f->bfar);
	if (cm->has_security && (cm->dhcsr & BIT(20))) { /* S_SDE: visible to Secure debug only */
		f->has_security = true;
		mem_ap_queue_read32(cm->ap, SFSR, &f->sfsr);
		mem_ap_queue_read32(cm->ap, SFAR, &f->sfar);
	}
	return mem_ap_run(cm->ap);
}

static uint32_t reg_value(struct target *t, const char *name)
{
	uint32_t v = 0;

	if (target_get_reg32(t, name, &v) != OK)
		error_clear();
	return v;
}

static bool is_exc_return(uint32_t word)
{
	return (word & 0xffffff80) == 0xffffff80 && word != 0xffffffff;
}

/* The handler has called something: its prologue pushed EXC_RETURN, the last word below the frame.
 * *addr: the word behind it. */
static bool search_stack(struct target *t, uint32_t msp, uint32_t *exc_return, uint32_t *addr)
{
	uint8_t stack[4 * SEARCH_WORDS];
	size_t got = 0;

	/* The stack may begin just above; a JTAG-DP does not tell how far a read got before the fault. */
	for (size_t n = sizeof(stack); n >= 4; n /= 2) {
		if (target_read_bytes(t, msp, stack, n, &got) == OK) {
			got = n;
			break;
		}
		error_clear();
	}
	for (size_t i = 0; i + 4 <= got; i += 4) {
		uint32_t word = get_le32(stack + i);

		if (!is_exc_return(word))
			continue;
		*exc_return = word;
		*addr = msp + (uint32_t)i + 4;
		return true;
	}
	return false;
}

/* Where a frame is. */
struct frame_place {
	uint32_t exc_return, addr;
};

/*
 * EXC_RETURN says which stack the frame is on (DDI 0403 B1.5.8; DDI 0553 adds the security state). A
 * Secure frame may begin with the callee's registers, which an integrity signature tells.
 */
static bool pick_stack(struct target *t, struct frame_place *place)
{
	bool is_secure = place->exc_return & EXC_RETURN_S;
	uint32_t word = 0;

	if (cortex_m(t)->has_security && (place->exc_return & EXC_RETURN_SPSEL))
		place->addr = reg_value(t, is_secure ? "psp_s" : "psp_ns");
	else if (place->exc_return & EXC_RETURN_SPSEL)
		place->addr = reg_value(t, "psp");
	if (place->addr == 0 || place->addr % 4 != 0)
		return false;
	if (cortex_m(t)->has_security && is_secure &&
	    target_read_u32(t, place->addr, &word) == OK && (word | 1) == INTEGRITY_SIGNATURE)
		place->addr += CALLEE_BYTES;
	error_clear();
	return true;
}

static bool read_words(struct target *t, uint32_t addr, struct fault_frame *frame)
{
	uint8_t bytes[32];

	if (target_read_bytes(t, addr, bytes, sizeof(bytes), NULL) != OK) {
		error_clear();
		return false;
	}
	*frame = (struct fault_frame){ get_le32(bytes),	     get_le32(bytes + 4),
				       get_le32(bytes + 8),  get_le32(bytes + 12),
				       get_le32(bytes + 16), get_le32(bytes + 20),
				       get_le32(bytes + 24), get_le32(bytes + 28) };
	return true;
}

/* Flags, IPSR of a handler or of none, and an even PC; T may have been what was lost. */
static bool is_frame(const struct fault_frame *frame)
{
	return !(frame->pc & 1) && (frame->xpsr & (XPSR_T | XPSR_ZERO)) == XPSR_T;
}

/* A handler that has pushed something and called nothing yet has EXC_RETURN in LR, and its frame is not
 * at MSP any more: then it is behind the EXC_RETURN that was pushed. */
static bool find_frame(struct target *t, struct frame_place *place)
{
	uint32_t lr = reg_value(t, "lr"), msp = reg_value(t, "msp");
	struct fault_frame frame;

	*place = (struct frame_place){ lr, msp };
	if (is_exc_return(lr) && pick_stack(t, place) &&
	    (place->addr != msp || (read_words(t, msp, &frame) && is_frame(&frame))))
		return true;
	if (search_stack(t, msp, &place->exc_return, &place->addr))
		return pick_stack(t, place);
	*place = (struct frame_place){ lr, msp };
	return is_exc_return(lr) && pick_stack(t, place);
}

/* SP before the exception: behind the frame, the FPU's part of it, and the word that aligned it. */
static uint32_t sp_before(const struct frame_place *place, uint32_t xpsr)
{
	return place->addr + (place->exc_return & EXC_RETURN_NO_FPU ? 32 : 104) + (xpsr & BIT(9) ? 4 : 0);
}

static void name_instruction(struct fault_state *f)
{
	struct buf text = { 0 };

	thumb_disassemble(f->frame.pc, f->opcode[0], f->opcode[1], &text);
	snprintf(f->instruction, sizeof(f->instruction), "%s", (const char *)text.data);
	for (char *p = f->instruction; *p != '\0'; p++) {
		if (*p == '\t')
			*p = ' ';
	}
	buf_free(&text);
}

static void read_instruction(struct target *t, struct fault_state *f, const struct frame_place *place)
{
	const struct fault_frame *w = &f->frame;
	struct lsu_regs regs = { { w->r0, w->r1, w->r2, w->r3 } };
	struct lsu_access a;
	uint8_t code[4];

	if (target_read_bytes(t, w->pc & ~1u, code, 4, NULL) != OK) {
		error_clear();
		return;
	}
	f->has_opcode = true;
	f->opcode[0] = get_le16(code);
	f->opcode[1] = get_le16(code + 2);
	name_instruction(f);
	for (unsigned i = 4; i < 12; i++) {
		char name[4];

		snprintf(name, sizeof(name), "r%u", i);
		regs.r[i] = reg_value(t, name);	/* a handler's prologue may have changed them */
	}
	regs.r[12] = w->r12;
	regs.r[13] = sp_before(place, w->xpsr);
	regs.r[14] = w->lr;
	regs.r[15] = w->pc;
	if (lsu_decode_before(f->opcode[0], f->opcode[1], &regs, &a)) {
		f->has_access = true;
		f->access_addr = a.addr;
		f->access_is_store = a.is_store;
	}
}

static void read_frame(struct target *t, struct fault_state *f)
{
	struct frame_place place;

	if (f->exception == 0 || !find_frame(t, &place) || !read_words(t, place.addr, &f->frame))
		return;
	f->frame_addr = place.addr;
	/* A frame has T set, unless losing it was the fault, and an even PC. */
	bool may_lack_t = f->has_status ? f->cfsr & CFSR_INVSTATE : !(f->frame.xpsr & XPSR_ZERO_V6M);

	if ((f->frame.pc & 1) || (!(f->frame.xpsr & XPSR_T) && !may_lack_t))
		return;
	f->has_frame = true;
	read_instruction(t, f, &place);
}

/* The outermost frame: handlers nest on the main stack, what they all interrupted is on the other. */
static bool find_process_frame(struct target *t, struct frame_place *place)
{
	struct fault_frame frame;

	if (!find_frame(t, place))
		return false;
	for (unsigned i = 0; !(place->exc_return & EXC_RETURN_SPSEL); i++) {
		if (i == NESTING_MAX || !read_words(t, place->addr, &frame) ||
		    !search_stack(t, sp_before(place, frame.xpsr), &place->exc_return, &place->addr))
			return false;
	}
	return pick_stack(t, place);
}

bool cortex_m_interrupted(struct target *t, uint32_t regs[17])
{
	struct frame_place place;
	struct fault_frame f;

	if (t->state != TARGET_HALTED || (reg_value(t, "xPSR") & 0x1ff) == 0 ||
	    !find_process_frame(t, &place) || !read_words(t, place.addr, &f) || !(f.xpsr & XPSR_T))
		return false;
	for (unsigned i = 4; i < 12; i++) {
		char name[4];

		snprintf(name, sizeof(name), "r%u", i);
		regs[i] = reg_value(t, name);
	}
	const uint32_t stacked[] = { f.r0, f.r1, f.r2, f.r3 };

	memcpy(regs, stacked, sizeof(stacked));
	regs[12] = f.r12;
	regs[13] = sp_before(&place, f.xpsr);
	regs[14] = f.lr;
	regs[15] = f.pc;
	regs[16] = f.xpsr;
	return true;
}

static enum err explain(struct target *t, struct buf *out, bool always)
{
	struct cortex_m *cm = cortex_m(t);
	struct fault_state f = { .dfsr = cm->dfsr };
	uint32_t pc = 0;

	if (t->state == TARGET_HALTED) {
		f.exception = reg_value(t, "xPSR") & 0x1ff;
		pc = reg_value(t, "pc");
		f.is_lockup = (pc == LOCKUP_PC || pc == 0xeffffffe) &&
			      (f.exception >= 2 || reg_value(t, "faultmask") != 0);
		if (pc == LOCKUP_PC && !f.is_lockup) {
			buf_printf(out,
				   "the reset vector reads 0xffffffff: no program (erased flash?)");
			return OK;
		}
	}
	if (!always && !f.is_lockup && !(f.exception >= 3 && f.exception <= 7))
		return OK;
	TRY(read_status(cm, &f));
	if (t->state == TARGET_HALTED && f.exception >= 3 && f.exception <= 7)
		read_frame(t, &f);
	fault_describe(&f, out);
	return OK;
}

enum err cortex_m_explain(struct target *t, struct buf *out)
{
	return explain(t, out, false);
}

enum err cortex_m_explain_always(struct target *t, struct buf *out)
{
	return explain(t, out, true);
}

enum err cortex_m_describe_mode(struct target *t, char *text, size_t size, const char **sp_name)
{
	uint32_t xpsr, control;

	TRY(target_get_reg32(t, "xPSR", &xpsr));
	TRY(target_get_reg32(t, "control", &control));
	unsigned exception = xpsr & 0x1ff;

	if (exception == 0)
		snprintf(text, size, "Thread ");
	else if (exception < 16)
		snprintf(text, size, "Handler %s", exception_names[exception]);
	else
		snprintf(text, size, "Handler External Interrupt(%u)", exception - 16);
	*sp_name = exception == 0 && (control & 2) ? "psp" : "msp";
	return OK;
}
