/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets of an M-profile core (DDI 0403 B1.5.16, C1.4.1): by the pin, by AIRCR.SYSRESETREQ, or, where
 * asked for, AIRCR.VECTRESET. DHCSR.C_DEBUGEN, DEMCR's catch bits, FPB and DWT survive a system reset;
 * C_HALT does not, so halting is done by DEMCR.VC_CORERESET: the core stops with the vector table
 * read and no instruction executed.
 */
#include "base/clock.h"
#include "base/log.h"
#include "target/cortex_m.h"

#define RESET_TIMEOUT_MS   1000u
#define RECONNECT_AFTER_MS 20u

static bool uses_pin(const struct target *t)
{
	return t->list->adapter->reset_config & RESET_HAS_SRST;
}

static bool pin_first(const struct target *t)
{
	return t->list->adapter->reset_config & RESET_SRST_NOGATE;
}

/* The catch bits and C_DEBUGEN. A sleeping core must be woken to take a reset request. */
static enum err prepare(struct cortex_m *cm, enum reset_mode mode)
{
	uint32_t dhcsr, demcr = cm->demcr | cm->vector_catch;

	TRY(dhcsr_read(cm, &dhcsr));
	if (mode != RESET_RUN) {
		demcr |= VC_CORERESET | VC_HARDERR;
		if (cm->core->arch != ARCH_V6M)
			demcr |= VC_BUSERR;
	} else {
		demcr &= ~VC_CORERESET;
	}
	if (!(dhcsr & C_DEBUGEN) || cm->is_masked || (mode != RESET_RUN && (dhcsr & S_SLEEP)))
		dhcsr_queue_write(cm, mode != RESET_RUN && (dhcsr & S_SLEEP) ? C_HALT
				  : dhcsr & S_HALT ? C_HALT : 0);
	mem_ap_queue_write32(cm->ap, DEMCR, demcr);
	/* A system reset keeps DFSR: why the core stopped before would be told of its next stop. */
	mem_ap_queue_write32(cm->ap, DFSR, DFSR_ALL);
	TRY(mem_ap_run(cm->ap));
	cm->is_reset_armed = mode != RESET_RUN;
	cm->sticky = 0;
	return OK;
}

/* The request itself may not be acknowledged any more: errors of this batch mean nothing. */
static void request_reset(struct cortex_m *cm, uint32_t what)
{
	mem_ap_queue_write32(cm->ap, DHCSR,
			     DHCSR_KEY | C_DEBUGEN | (cm->dhcsr & S_HALT ? C_HALT : 0));
	mem_ap_queue_write32(cm->ap, AIRCR, AIRCR_KEY | what);
	if (mem_ap_run(cm->ap) != OK) {
		log_debug("%s: the reset request was not acknowledged: %s", cm->target->name,
			  error_text(error_current()));
		error_clear();
	}
}

static enum err assert_by_request(struct cortex_m *cm, enum reset_mode mode)
{
	struct target *t = cm->target;
	bool vectreset = cm->use_vectreset && cm->core->arch == ARCH_V7M;

	TRY(prepare(cm, mode));
	if (cm->use_vectreset && !vectreset)
		log_warning("[%s] VECTRESET does not exist on %s: using SYSRESETREQ", t->name,
			    cm->core->name);
	if (vectreset) {
		/* Only a halted core takes it (DDI 0403 B3.2.6). */
		dhcsr_queue_write(cm, C_HALT);
		TRY(mem_ap_run(cm->ap));
		TRY(cortex_m_wait_halted(cm, RESET_TIMEOUT_MS));
		cm->sticky = 0;
	}
	request_reset(cm, vectreset ? AIRCR_VECTRESET : AIRCR_SYSRESETREQ);
	return OK;
}

/* A core that sleeps has its clock while nRST is low: what did not answer before may answer now. */
static void examine_under_reset(struct target *t)
{
	if (t->examined || (t->defer_examine && !t->was_examined))
		return;
	t->dap->is_connected = false;
	if (target_examine(t) == OK)
		return;
	log_debug("%s under reset: %s", t->name, error_text(error_current()));
	error_clear();
}

enum err cortex_m_assert_reset(struct target *t, enum reset_mode mode)
{
	struct cortex_m *cm = cortex_m(t);
	struct adapter *adapter = t->list->adapter;
	enum err rc = OK;

	if (adapter->is_lost)
		return adapter_fail_lost(adapter);
	if (!t->examined && !uses_pin(t))
		return error_why(ERR_NOT_EXAMINED, "%s was not identified, and without nRST (see "
				 "reset_config) only an identified core can be reset", t->name);
	/* Breakpoints set while halted are not in the comparators yet, and a reset is no resume. */
	if (t->examined && cortex_m_sync(t) != OK)
		error_clear();	/* a dead link is told below */
	if (!uses_pin(t)) {
		TRY(assert_by_request(cm, mode));
	} else {
		if (pin_first(t)) {
			TRY(adapter_set_reset(adapter, true, false));
			examine_under_reset(t);
		}
		if (t->examined)
			rc = prepare(cm, mode);
		if (rc != OK && !pin_first(t))
			return rc;
		if (rc != OK) {
			log_debug("%s: debug registers do not answer under reset: %s", t->name,
				  error_text(error_current()));
			error_clear();
		}
		if (!pin_first(t))
			TRY(adapter_set_reset(adapter, true, false));
	}
	target_forget_registers(t);
	t->state = TARGET_RESET;
	return OK;
}

/* DHCSR until the reset is over; the debug port is brought up again if it stopped answering. */
static enum err wait_reset_over(struct cortex_m *cm, bool was_reset)
{
	uint64_t start = clock_now_ms(), now;
	uint32_t dhcsr = 0;
	enum err rc;

	do {
		now = clock_now_ms();
		rc = dhcsr_read(cm, &dhcsr);
		if (rc != OK) {
			if (now - start > RECONNECT_AFTER_MS && dap_connect(cm->target->dap) == OK)
				mem_ap_invalidate(cm->ap);
			error_clear();
			continue;
		}
		if (cm->sticky & S_RESET_ST) {
			was_reset = true;
			cm->sticky &= ~S_RESET_ST;
			continue;
		}
		if (was_reset)
			return OK;
	} while (now - start < RESET_TIMEOUT_MS);
	if (rc == OK && !was_reset) {
		error_why(ERR_RESET_TIMEOUT, "the core did not reset within %u ms of the request",
			  RESET_TIMEOUT_MS);
		return error_evidence(ERR_RESET_TIMEOUT, "DHCSR = 0x%08x (S_RESET_ST never set)",
				      dhcsr);
	}
	return error_why(ERR_RESET_TIMEOUT, "the core did not come out of reset within %u ms",
			 RESET_TIMEOUT_MS);
}

/* was_reset: the reset has been seen to, it need not show in S_RESET_ST any more. */
static enum err settle(struct cortex_m *cm, bool was_reset)
{
	struct target *t = cm->target;

	mem_ap_invalidate(cm->ap);
	TRY(wait_reset_over(cm, was_reset));
	if (cm->is_reset_armed)
		TRY(cortex_m_wait_halted(cm, RESET_TIMEOUT_MS));
	if (cm->is_reset_armed && t->state == TARGET_HALTED) {	/* a poll has seen and told it */
		target_forget_registers(t);	/* ... or the halt before a reset that comes late */
		return cortex_m_rearm(cm);
	}
	t->state = TARGET_RUNNING;
	if (cm->dhcsr & S_HALT) {
		cm->halt_asked = true;
		TRY(cortex_m_entered_debug(cm));
	}
	/* Some chips lose the comparators in spite of the manual: written again with DEMCR. */
	TRY(cortex_m_rearm(cm));
	if (!cm->is_reset_armed && t->state == TARGET_HALTED)
		TRY(cortex_m_resume(t, false, false));
	return OK;
}

enum err cortex_m_deassert_reset(struct target *t, enum reset_mode mode)
{
	struct cortex_m *cm = cortex_m(t);

	if (uses_pin(t))
		TRY(adapter_set_reset(t->list->adapter, false, false));
	if (!t->examined)
		return OK;	/* reset.c examines it now */
	cm->is_reset_armed = mode != RESET_RUN;
	/* Between `arp_reset assert` and `deassert` a poll may have come and seen the reset. */
	enum err rc = settle(cm, uses_pin(t) || t->state != TARGET_RESET);

	cm->is_reset_armed = false;
	return rc;
}

enum err cortex_m_soft_reset_halt(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);
	bool kept = cm->use_vectreset;

	if (cm->core->arch != ARCH_V7M)
		return error_why(ERR_UNSUPPORTED, "VECTRESET does not exist on %s", cm->core->name);
	log_info("[%s] requesting target halt and executing a soft reset", t->name);
	t->memory_epoch++;
	cm->use_vectreset = true;
	enum err rc = assert_by_request(cm, RESET_HALT);

	cm->use_vectreset = kept;
	cm->is_reset_armed = true;
	t->state = TARGET_RESET;
	rc = error_first(rc, settle(cm, false));
	cm->is_reset_armed = false;
	return rc == OK ? target_state_changed(t, TARGET_RESET) : rc;
}
