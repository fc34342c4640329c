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

struct cause {
	uint32_t bit;
	const char *name, *words;
};

/* %s: the address, where one is known. */
static const struct cause causes[] = {
	{ BIT(0),  "IACCVIOL",	  "execution from memory that may not be executed (MPU or no-execute "
				  "region)" },
	{ BIT(1),  "DACCVIOL",	  "the MPU denied a data access" },
	{ BIT(3),  "MUNSTKERR",	  "the MPU denied reading the exception frame on return" },
	{ BIT(4),  "MSTKERR",	  "the MPU denied pushing the exception frame: stack overflow?" },
	{ BIT(5),  "MLSPERR",	  "the MPU denied saving the FPU registers" },
	{ BIT(8),  "IBUSERR",	  "a bus error on an instruction fetch: nothing answers there" },
	{ BIT(9),  "PRECISERR",	  "a bus error on a data access" },
	{ BIT(10), "IMPRECISERR", "a bus error on a buffered write that happened a little earlier (set "
				  "ACTLR.DISDEFWBUF to find the instruction)" },
	{ BIT(11), "UNSTKERR",	  "a bus error reading the exception frame on return" },
	{ BIT(12), "STKERR",	  "a bus error pushing the exception frame: SP points outside RAM" },
	{ BIT(13), "LSPERR",	  "a bus error saving the FPU registers" },
	{ BIT(16), "UNDEFINSTR",  "an undefined instruction" },
	{ BIT(17), "INVSTATE",	  "a jump to an even address, or a corrupt IT state: Thumb state was "
				  "lost" },
	{ BIT(18), "INVPC",	  "an exception return with a bad EXC_RETURN value or frame" },
	{ BIT(19), "NOCP",	  "an FPU or coprocessor instruction while it is disabled (CPACR)" },
	{ BIT(20), "STKOF",	  "the stack pointer went below its limit" },
	{ BIT(24), "UNALIGNED",	  "an unaligned access" },
	{ BIT(25), "DIVBYZERO",	  "a division by zero" },
};

static const struct cause secure_causes[] = {
	{ BIT(0), "INVEP",   "Non-secure code entered Secure code without an SG instruction" },
	{ BIT(1), "INVIS",   "a bad integrity signature in a Secure frame" },
	{ BIT(2), "INVER",   "an exception return to the wrong security state" },
	{ BIT(3), "AUVIOL",  "Non-secure code touched Secure memory" },
	{ BIT(4), "INVTRAN", "a branch left Secure state without saying so" },
	{ BIT(5), "LSPERR",  "an error saving the Secure FPU registers" },
	{ BIT(7), "LSERR",   "an error in the lazy FPU state" },
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
		buf_printf(out, "Lockup: a fault inside the HardFault or NMI handler");
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

void fault_describe(const struct fault_state *f, struct buf *out)
{
	if (!fault_is_recorded(f))
		return;
	head(f, out);
	if (f->has_status)
		put_causes(f, out);
	if (f->has_frame && !(f->cfsr & CFSR_STACKING))
		buf_printf(out, "; lr 0x%08x, sp 0x%08x", f->frame.lr, f->frame_addr);
	if (f->has_status) {
		buf_printf(out, " [CFSR 0x%08x, HFSR 0x%08x", f->cfsr, f->hfsr);
		if (f->has_security)
			buf_printf(out, ", SFSR 0x%08x", f->sfsr);
		buf_printf(out, "]");
	}
}
