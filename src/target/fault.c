/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Status bits: DDI 0403 B3.2.15 (CFSR, HFSR), DDI 0553 (STKOF, SFSR). */
#include "target/fault.h"

#define CFSR_MMARVALID	   BIT(7)
#define CFSR_BFARVALID	   BIT(15)
#define CFSR_MEMMANAGE	   0x000000ffu
#define CFSR_BUS	   0x0000ff00u
#define CFSR_USAGE	   0xffff0000u
#define CFSR_STACKING	   (BIT(4) | BIT(12))	/* the frame is not to be trusted */
#define CFSR_IMPRECISE	   BIT(10)
#define HFSR_VECTTBL	   BIT(1)
#define HFSR_FORCED	   BIT(30)
#define HFSR_DEBUGEVT	   BIT(31)
#define SFSR_SFARVALID	   BIT(6)
#define XPSR_T		   BIT(24)

/* `next`: where to look first. */
struct cause {
	uint32_t bit;
	const char *name, *words, *next;
};

/* An address is put behind the words where one is known. */
static const struct cause causes[] = {
	{ BIT(0), "IACCVIOL", "execution from memory that may not be executed (MPU or no-execute region)",
	  "look for a bad function pointer, or a stack that was overwritten; lr tells the caller" },
	{ BIT(1), "DACCVIOL", "the MPU denied a data access",
	  "compare the pointer with the MPU's regions" },
	{ BIT(3), "MUNSTKERR", "the MPU denied reading the exception frame on return",
	  "look for a handler that changes the stack pointer" },
	{ BIT(4), "MSTKERR", "the MPU denied pushing the exception frame: stack overflow?",
	  "compare sp with the stack's limits" },
	{ BIT(5), "MLSPERR", "the MPU denied saving the FPU registers",
	  "compare FPCAR with the stack's limits" },
	{ BIT(8), "IBUSERR", "a bus error on an instruction fetch: nothing answers there",
	  "look for a bad function pointer, or a stack that was overwritten; lr tells the caller" },
	{ BIT(9), "PRECISERR", "a bus error on a data access",
	  "look at the pointer; a peripheral needs its clock on first" },
	{ BIT(10), "IMPRECISERR", "a bus error on a buffered write that happened a little earlier (set "
	  "ACTLR.DISDEFWBUF to find the instruction)", "look at the writes before this place" },
	{ BIT(11), "UNSTKERR", "a bus error reading the exception frame on return",
	  "look for a handler that changes the stack pointer" },
	{ BIT(12), "STKERR", "a bus error pushing the exception frame: SP points outside RAM",
	  "make the stack larger, or look for what sets SP" },
	{ BIT(13), "LSPERR", "a bus error saving the FPU registers",
	  "compare FPCAR with the stack's limits" },
	{ BIT(16), "UNDEFINSTR", "an undefined instruction",
	  "look for overwritten code, a jump into data, or code built for another core" },
	{ BIT(17), "INVSTATE", "a jump to an even address, or a corrupt IT state: Thumb state was lost",
	  "look for a function pointer or vector without bit 0" },
	{ BIT(18), "INVPC", "an exception return with a bad EXC_RETURN value or frame",
	  "look for an overwritten stack" },
	{ BIT(19), "NOCP", "an FPU or coprocessor instruction while it is disabled (CPACR)",
	  "enable the FPU in CPACR before the first instruction that uses it" },
	{ BIT(20), "STKOF", "the stack pointer went below its limit", "make the stack larger" },
	{ BIT(24), "UNALIGNED", "an unaligned access",
	  "look at the pointer; LDRD, LDM and exclusive accesses need alignment always" },
	{ BIT(25), "DIVBYZERO", "a division by zero", "look at the divisor" },
};

static const struct cause secure_causes[] = {
	{ BIT(0), "INVEP", "Non-secure code entered Secure code without an SG instruction",
	  "call through the veneers in Non-secure callable memory" },
	{ BIT(1), "INVIS", "a bad integrity signature in a Secure frame", "look for an overwritten stack" },
	{ BIT(2), "INVER", "an exception return to the wrong security state",
	  "look for an overwritten EXC_RETURN" },
	{ BIT(3), "AUVIOL", "Non-secure code touched Secure memory",
	  "compare the address with the SAU's regions and the chip's attribution" },
	{ BIT(4), "INVTRAN", "a branch left Secure state without saying so",
	  "use BLXNS or BXNS, by cmse_nonsecure_call" },
	{ BIT(5), "LSPERR", "an error saving the Secure FPU registers", NULL },
	{ BIT(7), "LSERR", "an error in the lazy FPU state", NULL },
};

static const char *const names[] = { [3] = "HardFault", [4] = "MemManage", [5] = "BusFault",
				     [6] = "UsageFault", [7] = "SecureFault" };

bool fault_is_recorded(const struct fault_state *f)
{
	if (f->is_lockup || (f->exception >= 3 && f->exception <= 7))
		return true;
	return f->has_status && (f->cfsr != 0 || (f->hfsr & ~HFSR_DEBUGEVT) != 0 ||
				 (f->has_security && f->sfsr != 0));
}

static const char *escalated_from(const struct fault_state *f)
{
	if (!(f->hfsr & HFSR_FORCED) || f->exception != 3)
		return NULL;
	return f->cfsr & CFSR_USAGE ? "UsageFault" : f->cfsr & CFSR_BUS ? "BusFault"
	       : f->cfsr & CFSR_MEMMANAGE ? "MemManage" : NULL;
}

static void head(const struct fault_state *f, struct buf *out)
{
	const char *from = f->is_lockup ? NULL : escalated_from(f);

	if (f->is_lockup)
		buf_printf(out, "Lockup: a fault inside the HardFault or NMI handler, or with "
			   "FAULTMASK set");
	else if (f->exception >= 3 && f->exception <= 7)
		buf_printf(out, "%s", names[f->exception]);
	else
		buf_printf(out, "Recorded fault");
	if (from != NULL)
		buf_printf(out, " (escalated %s)", from);
	if (f->has_frame && !(f->cfsr & CFSR_STACKING))
		buf_printf(out, " %s 0x%08x", f->cfsr & CFSR_IMPRECISE ? "near" : "at", f->frame.pc);
}

static void put_address(const struct fault_state *f, uint32_t bit, struct buf *out)
{
	bool mm = (bit & CFSR_MEMMANAGE) && (f->cfsr & CFSR_MMARVALID);
	bool bus = (bit & CFSR_BUS) && (f->cfsr & CFSR_BFARVALID);
	bool is_data = bit & (BIT(1) | BIT(9) | BIT(24));

	if (f->has_access && is_data && !(mm && f->mmfar != f->access_addr) &&
	    !(bus && f->bfar != f->access_addr))
		buf_printf(out, ": a %s 0x%08x", f->access_is_store ? "store to" : "load from",
			   f->access_addr);
	else if (mm)
		buf_printf(out, ": address 0x%08x", f->mmfar);
	else if (bus)
		buf_printf(out, ": address 0x%08x", f->bfar);
	else if ((bit & (BIT(0) | BIT(8))) && f->has_frame)
		buf_printf(out, ": address 0x%08x", f->frame.pc);
	else if (bit == BIT(16) && f->has_opcode)
		buf_printf(out, ": opcode 0x%04x%s", f->opcode[0], "");
}

static void put_causes(const struct fault_state *f, struct buf *out)
{
	const char *glue = ": ";

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (!(f->cfsr & causes[i].bit))
			continue;
		buf_printf(out, "%s%s (%s)", glue, causes[i].words, causes[i].name);
		put_address(f, causes[i].bit, out);
		glue = "; ";
	}
	for (size_t i = 0; f->has_security && i < ARRAY_SIZE(secure_causes); i++) {
		if (!(f->sfsr & secure_causes[i].bit))
			continue;
		buf_printf(out, "%s%s (%s)", glue, secure_causes[i].words, secure_causes[i].name);
		if (f->sfsr & SFSR_SFARVALID)
			buf_printf(out, ": address 0x%08x", f->sfar);
		glue = "; ";
	}
	if (f->hfsr & HFSR_VECTTBL)
		buf_printf(out, "%sthe vector table could not be read (VECTTBL): check VTOR", glue);
	else if ((f->hfsr & HFSR_DEBUGEVT) && f->cfsr == 0)
		buf_printf(out, "%sa BKPT instruction without a debugger (DEBUGEVT)", glue);
}

/* v6-M records no cause: what the instruction itself gives away. */
static const char *put_guess(const struct fault_state *f, struct buf *out)
{
	uint16_t op = f->opcode[0];

	if (!f->has_frame)
		return NULL;
	if (!(f->frame.xpsr & XPSR_T)) {
		buf_printf(out, ": a jump to an even address: Thumb state was lost");
		return "look for a function pointer or vector without bit 0";
	}
	if (!f->has_opcode) {
		buf_printf(out, ": nothing can be read where it executed");
		return "look for a bad function pointer, or a stack that was overwritten";
	}
	if ((op & 0xff00) == 0xbe00) {
		buf_printf(out, ": a BKPT instruction that no debugger took");
		return op == 0xbeab ? "run \"arm semihosting enable\"" : NULL;
	}
	if ((op & 0xff00) == 0xde00) {
		buf_printf(out, ": an undefined instruction: opcode 0x%04x", op);
		return "look for overwritten code, or a jump into data";
	}
	if ((op & 0xff00) == 0xdf00) {
		buf_printf(out, ": an SVC where SVCall could not be taken");
		return "do not use SVC in a handler, or with interrupts masked";
	}
	if (f->has_access) {
		buf_printf(out, ": a %s 0x%08x: unaligned, or nothing answers there",
			   f->access_is_store ? "store to" : "load from", f->access_addr);
		return "look at the pointer; a peripheral needs its clock on first";
	}
	return NULL;
}

static const char *next_step(const struct fault_state *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (f->cfsr & causes[i].bit)
			return causes[i].next;
	}
	for (size_t i = 0; f->has_security && i < ARRAY_SIZE(secure_causes); i++) {
		if (f->sfsr & secure_causes[i].bit)
			return secure_causes[i].next;
	}
	return NULL;
}

static void put_instruction(const struct fault_state *f, struct buf *out)
{
	if (f->instruction[0] != '\0' && !(f->cfsr & (CFSR_STACKING | CFSR_IMPRECISE)))
		buf_printf(out, "; instruction: %s", f->instruction);
}

void fault_describe(const struct fault_state *f, struct buf *out)
{
	const char *next;

	if (!fault_is_recorded(f))
		return;
	head(f, out);
	if (f->has_status) {
		put_causes(f, out);
		next = next_step(f);
	} else {
		next = put_guess(f, out);
	}
	put_instruction(f, out);
	if (f->has_frame && !(f->cfsr & CFSR_STACKING))
		buf_printf(out, "; lr 0x%08x, sp 0x%08x", f->frame.lr, f->frame_addr);
	if (f->has_status) {
		buf_printf(out, " [CFSR 0x%08x, HFSR 0x%08x", f->cfsr, f->hfsr);
		if (f->has_security)
			buf_printf(out, ", SFSR 0x%08x", f->sfsr);
		buf_printf(out, "]");
	}
	if (next != NULL)
		buf_printf(out, ": %s", next);
}
