/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/interrupt.h"

#include "base/log.h"

#define VTOR		0xe000ed08u
#define RUN_TIMEOUT_MS	500u
#define SRAM_START	0x20000000u	/* DDI 0403 B3.1 */
#define SRAM_END	0x40000000u
#define FRAME_PC	0x18u		/* DDI 0403 B1.5.6 */
#define FIRST_ASYNC	14u		/* PendSV, SysTick, interrupts: what C_MASKINTS masks */

static enum err exception_now(struct cortex_m *cm, uint32_t *exception)
{
	uint32_t xpsr;

	TRY(target_get_reg32(cm->target, "xPSR", &xpsr));
	*exception = xpsr & 0x1ff;
	return OK;
}

/* A program in RAM has its reset handler there as well. */
static bool set_soft_trap(struct cortex_m *cm, struct interrupt *in)
{
	in->soft = (struct breakpoint){ .addr = in->trap, .length = 2, .kind = BREAK_SOFT };
	if (cortex_m_set_breakpoint(cm->target, &in->soft) == OK)
		return true;
	error_clear();
	return false;
}

/* The trap: code that nobody executes again but a reset. */
enum err interrupt_before_step(struct cortex_m *cm, struct interrupt *in, bool *possible)
{
	*in = (struct interrupt){ .outcome = INTERRUPT_NONE };
	*possible = false;
	if (cm->has_security)
		return OK;
	TRY(target_get_reg32(cm->target, "pc", &in->pc));
	TRY(exception_now(cm, &in->exception));
	if (cm->core->part == 0xc20)	/* Cortex-M0 has no VTOR */
		in->vtor = 0;
	else
		TRY(mem_ap_read32(cm->ap, VTOR, &in->vtor));
	TRY(mem_ap_read32(cm->ap, in->vtor + 4, &in->trap));
	in->trap &= ~1u;
	if (in->trap >= SRAM_START && in->trap < SRAM_END)
		*possible = set_soft_trap(cm, in);
	else
		*possible = fpb_free_count(&cm->fpb) > 0 && fpb_encode(cm->fpb.version, in->trap) != 0;
	return OK;
}

enum err interrupt_finish(struct cortex_m *cm, struct interrupt *in)
{
	return in->soft.is_set ? cortex_m_clear_breakpoint(cm->target, &in->soft) : OK;
}

enum err interrupt_after_step(struct cortex_m *cm, struct interrupt *in)
{
	struct target *t = cm->target;
	uint32_t exception, pc, vector, lr, sp, xpsr;

	TRY(exception_now(cm, &exception));
	/* An SVC or a fault is what the instruction itself did. */
	if (exception == in->exception || exception < FIRST_ASYNC)
		return OK;
	TRY(target_get_reg32(t, "pc", &pc));
	TRY(mem_ap_read32(cm->ap, in->vtor + 4 * exception, &vector));
	if (pc != (vector & ~1u))
		return OK;	/* it returned into an outer handler */
	TRY(target_get_reg32(t, "lr", &lr));
	TRY(target_get_reg32(t, lr & 4 ? "psp" : "msp", &sp));
	in->frame = sp + FRAME_PC;
	mem_ap_queue_read32(cm->ap, in->frame, &in->home_pc);
	mem_ap_queue_read32(cm->ap, in->frame + 4, &xpsr);
	TRY(mem_ap_run(cm->ap));
	in->home_exception = xpsr & 0x1ff;
	in->outcome = INTERRUPT_TAKEN;
	return OK;
}

static enum err run(struct cortex_m *cm)
{
	cm->dfsr = 0;
	TRY(cortex_m_resume(cm->target, false, false));
	if (cortex_m_wait_halted(cm, RUN_TIMEOUT_MS) != OK) {
		if (error_current()->code != ERR_HALT_TIMEOUT)
			return error_current()->code;
		error_clear();
		log_info("[%s] an interrupt handler ran for more than %u ms during a step: halted "
			 "in it",
			 cm->target->name, RUN_TIMEOUT_MS);
		cm->halt_asked = true;
		dhcsr_queue_write(cm, C_HALT);
		TRY(mem_ap_run(cm->ap));
		TRY(cortex_m_wait_halted(cm, RUN_TIMEOUT_MS));
	}
	return cortex_m_entered_debug(cm);
}

/* The frame must not keep a return address that is ours. */
static enum err put_back(struct cortex_m *cm, const struct interrupt *in)
{
	uint32_t now;

	TRY(mem_ap_read32(cm->ap, in->frame, &now));
	return now == in->trap ? mem_ap_write32(cm->ap, in->frame, in->home_pc) : OK;
}

static enum err judge(struct cortex_m *cm, struct interrupt *in)
{
	uint32_t pc, exception, xpsr;

	TRY(target_get_reg32(cm->target, "pc", &pc));
	TRY(exception_now(cm, &exception));
	if (pc != in->trap || exception != in->home_exception) {
		in->outcome = INTERRUPT_STOPPED;
		return put_back(cm, in);
	}
	TRY(target_get_reg32(cm->target, "xPSR", &xpsr));
	TRY(target_set_reg32(cm->target, "pc", in->home_pc));
	TRY(target_set_reg32(cm->target, "xPSR", xpsr));	/* with the IT block it came back to */
	/* A return that found the next interrupt waiting was executed; so was an instruction before
	 * which a core does not look for interrupts. */
	in->outcome = in->home_pc == in->pc && exception == in->exception ? INTERRUPT_RETURNED
									  : INTERRUPT_NONE;
	cm->dfsr = DFSR_HALTED;
	return OK;
}

enum err interrupt_run_to_return(struct cortex_m *cm, struct interrupt *in)
{
	int comparator = in->soft.is_set ? -1 : fpb_add(&cm->fpb, in->trap);

	TRY(mem_ap_write32(cm->ap, in->frame, in->trap));
	enum err rc = run(cm);

	if (comparator >= 0)
		fpb_remove(&cm->fpb, comparator, in->trap);
	return rc == OK ? judge(cm, in) : rc;
}
