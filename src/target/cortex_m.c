/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The M-profile target type: identification, detach, and the table of steps. */
#include "target/cortex_m.h"

#include <stdlib.h>

#include "base/log.h"

#define CSW_CACHEABLE  BIT(27)	/* HPROT[3] */
#define DWT_MASK_PROBE 0x1fu
/* FUNCTION.ID (DDI 0553): address limits; values, linked to an address. */
#define DWT_V8_ID_LIMIT(f) (((f) & (1u << 28)) != 0)
#define DWT_V8_ID_VALUE(f) ((f) >> 29 == 7)

static enum err create(struct target *t)
{
	struct cortex_m *cm = xcalloc(1, sizeof(*cm));

	cm->target = t;
	t->priv = cm;
	return OK;
}

static void destroy(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);

	cortex_m_free_registers(cm);
	free(cm);
	t->priv = NULL;
}

/* Whatever a former session left in the comparators would stop this program at random. */
static enum err probe_dwt(struct cortex_m *cm, uint32_t ctrl)
{
	struct dwt *dwt = &cm->dwt;
	uint32_t mask = 0, function = 0;

	dwt->count = MIN(bits_get(ctrl, 31, 28), DWT_MAX);
	dwt->is_v8 = cm->core->arch >= ARCH_V8M_BASE;
	if (dwt->count == 0)
		return OK;
	mem_ap_queue_write32(cm->ap, DWT_FUNCTION(0), 0);
	if (!dwt->is_v8) {
		mem_ap_queue_write32(cm->ap, DWT_MASK(0), DWT_MASK_PROBE);
		mem_ap_queue_read32(cm->ap, DWT_MASK(0), &mask);
		mem_ap_queue_write32(cm->ap, DWT_MASK(0), 0);
	}
	/* v7: the bit stays only where it works; FUNCTION[3:0] is 0, so that nothing matches. */
	if (dwt->count > 1) {
		if (!dwt->is_v8)
			mem_ap_queue_write32(cm->ap, DWT_FUNCTION(1), DWT_DATAVMATCH);
		mem_ap_queue_read32(cm->ap, DWT_FUNCTION(1), &function);
		mem_ap_queue_write32(cm->ap, DWT_FUNCTION(1), 0);
	}
	TRY(mem_ap_run(cm->ap));
	dwt->max_mask = mask & 0x1f;
	dwt->has_ranges = dwt->is_v8 && DWT_V8_ID_LIMIT(function);
	dwt->has_values = dwt->is_v8 ? DWT_V8_ID_VALUE(function) : (function & DWT_DATAVMATCH) != 0;
	return OK;
}

/* Comparator units. A core held in reset does not answer here (DDI 0489F 9.1.2): tried again later. */
static enum err probe_units(struct cortex_m *cm)
{
	uint32_t fp_ctrl, dwt_ctrl;

	mem_ap_queue_write32(cm->ap, DEMCR, cm->demcr | cm->vector_catch);
	mem_ap_queue_read32(cm->ap, FP_CTRL, &fp_ctrl);
	mem_ap_queue_read32(cm->ap, DWT_CTRL, &dwt_ctrl);
	TRY(mem_ap_run(cm->ap));
	fpb_decode(&cm->fpb, fp_ctrl);
	fpb_forget(&cm->fpb);
	dwt_forget(&cm->dwt);
	TRY(probe_dwt(cm, dwt_ctrl));
	TRY(cortex_m_sync(cm->target));
	log_info(script_compat(cm->target->list->script)->log_011
			 ? "%s: hardware has %u breakpoints, %u watchpoints"
			 : "[%s] target has %u breakpoints, %u watchpoints",
		 cm->target->name, cm->fpb.count, cm->dwt.count);
	return OK;
}

static enum err identify(struct cortex_m *cm)
{
	struct target *t = cm->target;
	uint32_t mvfr0, mvfr1, dhcsr, demcr, pfr1 = 0, clidr = 0;

	mem_ap_queue_read32(cm->ap, CPUID, &cm->cpuid);
	mem_ap_queue_read32(cm->ap, MVFR0, &mvfr0);
	mem_ap_queue_read32(cm->ap, MVFR1, &mvfr1);
	mem_ap_queue_read32(cm->ap, DHCSR, &dhcsr);
	mem_ap_queue_read32(cm->ap, DEMCR, &demcr);
	TRY(mem_ap_run(cm->ap));
	dhcsr_seen(cm, dhcsr);
	cm->sticky &= ~S_RESET_ST;	/* of before we came */
	cm->core = cortex_m_find_core(cm->cpuid);
	if (cm->core == NULL) {
		error_why(ERR_UNSUPPORTED, "AP#%u leads to no Cortex-M core that is known here",
			  cm->ap->apsel);
		return error_evidence(ERR_UNSUPPORTED, "CPUID = 0x%08x", cm->cpuid);
	}
	if (cm->core->part == 0xc27)
		mem_ap_queue_read32(cm->ap, CLIDR, &clidr);
	if (cm->core->arch >= ARCH_V8M_BASE)
		mem_ap_queue_read32(cm->ap, ID_PFR1, &pfr1);
	if (mem_ap_run(cm->ap) != OK)	/* not readable while held in reset */
		error_clear();
	/* r0p0 and r0p1 do not hide interrupts that were pending before C_MASKINTS was set. */
	cm->masks_in_halt = cm->core->part == 0xc27 && bits_get(cm->cpuid, 23, 20) == 0;
	cm->has_fpu = bits_get(mvfr0, 7, 4) != 0;
	cm->has_mve = cm->core->arch == ARCH_V8M_MAIN && bits_get(mvfr1, 11, 8) != 0;
	cm->has_security = bits_get(pfr1, 7, 4) != 0;
	cm->has_cache = (clidr & 7) != 0;
	/* The AP's accesses look into the data cache only if they are cacheable (DDI 0489F 9.4);
	 * `apcsw` has the last word. */
	if (cm->has_cache && cm->ap->csw_base == cm->ap->csw_default)
		cm->ap->csw_base |= CSW_CACHEABLE;
	if (!cm->demcr_known) {
		cm->demcr_found = demcr;
		cm->demcr_known = true;
	}
	cm->demcr = DEMCR_TRCENA;
	if (cm->core->wraps_4k)
		cm->ap->tar_wrap = 0x1000;
	log_info("[%s] %s r%up%u processor detected", t->name, cm->core->name,
		 bits_get(cm->cpuid, 23, 20), bits_get(cm->cpuid, 3, 0));
	return OK;
}

static enum err find_ap(struct target *t)
{
	if (t->ap_num >= 0)
		t->ap = mem_ap_get(t->dap, (uint8_t)t->ap_num);
	else if (t->ap == NULL)
		TRY(mem_ap_find_core(t->dap, &t->ap));
	return mem_ap_probe(t->ap);
}

static enum err examine(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);

	TRY(find_ap(t));
	cm->ap = t->ap;
	TRY(identify(cm));
	TRY(cortex_m_build_registers(cm));
	if (!(cm->dhcsr & C_DEBUGEN))
		dhcsr_queue_write(cm, 0);
	TRY(mem_ap_run(cm->ap));
	if (probe_units(cm) != OK) {
		if (!t->list->adapter->srst)
			return error_current()->code;
		log_debug("%s: comparators do not answer under reset", t->name);
		error_clear();
	}
	return OK;
}

/* As without a debugger: comparators off, catch bits and TRCENA as found, interrupts not masked. */
static enum err detach(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);

	for (unsigned i = 0; i < FPB_MAX; i++)
		cm->fpb.wanted[i] = 0;
	for (unsigned i = 0; i < DWT_MAX; i++) {
		cm->dwt.wanted[i] = (struct dwt_comparator){ 0, 0, 0 };
		cm->dwt.owner[i] = 0;
	}
	if (t->state == TARGET_HALTED)
		TRY(cortex_m_flush(t));
	TRY(cortex_m_sync(t));
	if (cm->fpb.version != 0)
		mem_ap_queue_write32(cm->ap, FP_CTRL, FP_CTRL_KEY);
	mem_ap_queue_write32(cm->ap, DFSR, DFSR_ALL);
	mem_ap_queue_write32(cm->ap, DEMCR, cm->demcr_found & ~(VC_ALL_V7M | 0x800u));
	if (t->state == TARGET_HALTED)
		dhcsr_queue_write(cm, C_HALT);
	else
		mem_ap_queue_write32(cm->ap, DHCSR, DHCSR_KEY);
	TRY(mem_ap_run(cm->ap));
	cm->fpb.is_enabled = false;
	return OK;
}

static void memory_seen(struct target *t, uint32_t addr, const uint8_t *data, size_t n)
{
	if (addr <= DHCSR && (uint64_t)addr + n >= DHCSR + 4)
		dhcsr_seen(cortex_m(t), get_le32(data + (DHCSR - addr)));
}

static enum err code_written(struct target *t, uint32_t addr, size_t n)
{
	struct cortex_m *cm = cortex_m(t);

	if (cm->has_cache && addr <= CCR && (uint64_t)addr + n > CCR)
		return mem_ap_read32(cm->ap, CCR, &cm->ccr);
	return cache_after_code_write(cm, addr, n);
}

const struct target_type cortex_m_type = {
	.name = "cortex_m",
	.create = create,
	.destroy = destroy,
	.examine = examine,
	.poll = cortex_m_poll,
	.halt = cortex_m_halt,
	.resume = cortex_m_resume,
	.step = cortex_m_step,
	.assert_reset = cortex_m_assert_reset,
	.deassert_reset = cortex_m_deassert_reset,
	.detach = detach,
	.fetch_registers = cortex_m_fetch,
	.flush_registers = cortex_m_flush,
	.set_breakpoint = cortex_m_set_breakpoint,
	.clear_breakpoint = cortex_m_clear_breakpoint,
	.set_watchpoint = cortex_m_set_watchpoint,
	.clear_watchpoint = cortex_m_clear_watchpoint,
	.describe_watch = cortex_m_describe_watch,
	.count_comparators = cortex_m_count_comparators,
	.hit_watchpoint = cortex_m_hit_watchpoint,
	.is_false_stop = cortex_m_is_false_stop,
	.explain = cortex_m_explain,
	.describe_mode = cortex_m_describe_mode,
	.interrupted = cortex_m_interrupted,
	.memory_seen = memory_seen,
	.registers_restored = cortex_m_registers_restored,
	.code_written = code_written,
	.sync_breakpoints = cortex_m_sync,
	.register_changed = cortex_m_register_changed,
	.commands = cortex_m_commands,
};
