/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A halted core made safe to work beside. The order matters: first the watchdogs are masked at the reset
 * controller, for an unlock sequence that comes too late resets the chip; then interrupts, MPU and
 * caches; then clocks, so that every block can be reached (IMXRT1064RM "WDOG", "RTWDOG", "SRC",
 * "CCM"; DDI 0489F 5.4).
 */
#include "flash/imxrt_regs.h"

#include <stdlib.h>
#include <string.h>

#include "dap/link.h"

#define DCISW_WAY_SHIFT 30	/* four ways (DDI 0489F 4.2) */
#define LINE_SHIFT	5
#define RTWDOG_LOOKS	3u

/* CCSIDR (DDI 0403 B4.8.3): sets and ways of the level 1 data cache. */
static uint32_t *set_way_list(uint32_t ccsidr, size_t *count)
{
	unsigned sets = bits_get(ccsidr, 27, 13) + 1, ways = bits_get(ccsidr, 12, 3) + 1;
	uint32_t *list;

	ways = MIN(ways, 4u);
	*count = (size_t)sets * ways;
	list = xcalloc(*count, sizeof(*list));
	for (unsigned set = 0; set < sets; set++)
		for (unsigned way = 0; way < ways; way++)
			list[set * ways + way] = way << DCISW_WAY_SHIFT | set << LINE_SHIFT;
	return list;
}

enum err imxrt_drop_d_cache(struct mem_ap *ap, bool clean)
{
	uint32_t ccsidr = 0;
	size_t count;

	mem_ap_queue_write32(ap, SCB_CSSELR, 0);
	mem_ap_queue_read32(ap, SCB_CCSIDR, &ccsidr);
	TRY(mem_ap_run(ap));
	uint32_t *list = set_way_list(ccsidr, &count);
	uint8_t *bytes = xcalloc(count, 4);

	for (size_t i = 0; i < count; i++)
		put_le32(bytes + 4 * i, list[i]);
	enum err rc = mem_ap_write_fifo(ap, clean ? SCB_DCCISW : SCB_DCISW, 4, count, bytes);

	free(bytes);
	free(list);
	return rc;
}

/* --- Watchdogs --- */

static enum err read_wcr(struct mem_ap *ap, uint32_t base, uint16_t *wcr)
{
	uint8_t bytes[2];

	TRY(mem_ap_read(ap, base + WDOG_WCR, 2, 1, bytes, NULL));
	*wcr = get_le16(bytes);
	return OK;
}

/* The power-down counter runs from reset on and can only be stopped, once (WMCR.PDE). */
static enum err stop_power_down(struct mem_ap *ap, uint32_t base)
{
	static const uint8_t zero[2];

	return mem_ap_write(ap, base + WDOG_WMCR, 2, 1, zero, NULL);
}

/* Unlock and settings must reach the RTWDOG within 128 of its bus clocks: one batch, one line of
 * addresses, so no TAR between them. */
static enum err stop_rtwdog(struct mem_ap *ap, uint32_t cs)
{
	static const uint8_t key_first[2] = { 0x20, 0xc5 }, key_second[2] = { 0x28, 0xd9 };

	if (cs & CS_CMD32EN) {
		mem_ap_queue_write32(ap, RTWDOG_CNT, 0xd928c520);
	} else {
		TRY(mem_ap_write(ap, RTWDOG_CNT, 2, 1, key_first, NULL));
		TRY(mem_ap_write(ap, RTWDOG_CNT, 2, 1, key_second, NULL));
	}
	mem_ap_queue_write32(ap, RTWDOG_TOVAL, 0xffff);
	mem_ap_queue_write32(ap, RTWDOG_CS, (cs & ~(CS_EN | 0x1fu)) | CS_UPDATE);
	return mem_ap_run(ap);
}

static enum err quiet_rtwdog(struct mem_ap *ap, struct imxrt_quiet *q)
{
	uint32_t cs = 0;

	TRY(mem_ap_read32(ap, RTWDOG_CS, &cs));
	q->rtwdog_on = cs & CS_EN;
	if (!q->rtwdog_on)
		return OK;
	TRY(stop_rtwdog(ap, cs));
	/* New settings take effect some of its own slow clocks later. */
	for (unsigned i = 0; i < RTWDOG_LOOKS && (cs & CS_EN); i++) {
		TRY(mem_ap_read32(ap, RTWDOG_CS, &cs));
		if (cs & CS_EN)
			dap_pause_ms(1);
	}
	if (cs & CS_EN) {
		q->wdog_masked = true;
		log_debug("RTWDOG stays on (locked, or the wire is too slow): its reset is masked");
	}
	return OK;
}

static enum err mask_watchdogs(struct mem_ap *ap, struct imxrt_quiet *q)
{
	uint32_t masked = (q->scr & ~(SCR_MASK_WDOG | SCR_MASK_WDOG3)) | SCR_WDOG_MASKED |
			  SCR_WDOG3_MASKED;

	TRY(mem_ap_write32(ap, SRC_SCR, masked));
	q->scr_written = true;
	return OK;
}

static enum err quiet_watchdogs(struct mem_ap *ap, struct imxrt_quiet *q)
{
	uint16_t wcr1 = 0, wcr2 = 0;

	TRY(read_wcr(ap, WDOG1, &wcr1));
	TRY(read_wcr(ap, WDOG2, &wcr2));
	q->wdog1_on = wcr1 & WCR_WDE;
	q->wdog2_on = wcr2 & WCR_WDE;
	q->wdog_masked = q->wdog1_on || q->wdog2_on;	/* WDE cannot be cleared */
	TRY(stop_power_down(ap, WDOG1));
	TRY(stop_power_down(ap, WDOG2));
	return quiet_rtwdog(ap, q);
}

/* --- The rest --- */

static enum err read_all(struct mem_ap *ap, struct imxrt_quiet *q)
{
	mem_ap_queue_read32(ap, SRC_SCR, &q->scr);
	for (unsigned i = 0; i < 8; i++)
		mem_ap_queue_read32(ap, CCM_CCGR(i), &q->ccgr[i]);
	mem_ap_queue_read32(ap, CCM_CLPCR, &q->clpcr);
	mem_ap_queue_read32(ap, SYST_CSR, &q->systick);
	for (unsigned i = 0; i < 8; i++)
		mem_ap_queue_read32(ap, NVIC_ISER(i), &q->nvic_iser[i]);
	mem_ap_queue_read32(ap, SCB_CCR, &q->ccr);
	mem_ap_queue_read32(ap, MPU_CTRL, &q->mpu_ctrl);
	return mem_ap_run(ap);
}

static enum err open_clocks(struct mem_ap *ap, const struct imxrt_quiet *q)
{
	for (unsigned i = 0; i < 8; i++)
		if (q->ccgr[i] != 0xffffffff)
			mem_ap_queue_write32(ap, CCM_CCGR(i), 0xffffffff);
	if (q->clpcr & 3)
		mem_ap_queue_write32(ap, CCM_CLPCR, q->clpcr & ~3u);
	return mem_ap_run(ap);
}

static enum err silence_core(struct mem_ap *ap, struct imxrt_quiet *q)
{
	mem_ap_queue_write32(ap, SYST_CSR, q->systick & ~3u);
	for (unsigned i = 0; i < 8; i++)
		if (q->nvic_iser[i] != 0)
			mem_ap_queue_write32(ap, NVIC_ICER(i), 0xffffffff);
	mem_ap_queue_write32(ap, MPU_CTRL, 0);
	TRY(mem_ap_run(ap));
	if (q->ccr & CCR_D_CACHE)
		TRY(imxrt_drop_d_cache(ap, true));
	q->d_cache_was_on = q->ccr & CCR_D_CACHE;	/* and clean: from here on it may be dropped */
	if (q->ccr & (CCR_D_CACHE | CCR_I_CACHE)) {
		mem_ap_queue_write32(ap, SCB_CCR, q->ccr & ~(CCR_D_CACHE | CCR_I_CACHE));
		mem_ap_queue_write32(ap, SCB_ICIALLU, 0);
	}
	return mem_ap_run(ap);
}

/* What makes the core see other bytes than the flash holds: not changed, only told. */
static enum err note_remapping(struct mem_ap *ap, const struct imxrt_chip *chip, struct imxrt_quiet *q)
{
	uint32_t bee = 0, remap[3] = { 0 };

	if (chip->part->is_106x) {
		for (unsigned i = 0; i < 3; i++)
			mem_ap_queue_read32(ap, GPR30 + 4 * i, &remap[i]);
		TRY(mem_ap_run(ap));
		q->is_remapped = remap[2] != 0 && remap[1] > remap[0];
		if (q->is_remapped)
			log_warning("FlexSPI remap is on: 0x%08x..0x%08x is read 0x%x further up in the "
				    "flash", remap[0], remap[1], remap[2]);
	}
	if (chip->part->digprog == 0x6d)
		return OK;	/* RT1010 has no BEE */
	if (mem_ap_read32(ap, BEE_CTRL, &bee) != OK)
		error_clear();
	else if (bee & 1)
		log_warning("the bus encryption engine is on: what the core reads is not what the flash "
			    "holds");
	q->is_remapped |= bee & 1;
	return OK;
}

enum err imxrt_make_quiet(struct target *t, const struct imxrt_chip *chip, struct imxrt_quiet *saved)
{
	struct mem_ap *ap = NULL;

	*saved = (struct imxrt_quiet){ 0 };
	TRY(check_halted(t));
	TRY(imxrt_ap(t, &ap));
	TRY(target_get_reg32(t, "primask", &saved->primask));
	TRY(read_all(ap, saved));
	saved->valid = true;
	enum err rc = mask_watchdogs(ap, saved);

	if (rc == OK)
		rc = open_clocks(ap, saved);
	if (rc == OK)
		rc = quiet_watchdogs(ap, saved);
	if (rc == OK)
		rc = silence_core(ap, saved);
	if (rc == OK)
		rc = mem_ap_read32(ap, GPR16, &saved->gpr16);
	if (rc == OK)
		rc = note_remapping(ap, chip, saved);
	if (rc != OK)
		return error_what(error_first(rc, imxrt_restore(t, chip, saved)),
				  "the core cannot be made quiet");
	t->memory_epoch++;
	return OK;
}

static void queue_core(struct mem_ap *ap, const struct imxrt_quiet *q)
{
	if (q->ccr & (CCR_D_CACHE | CCR_I_CACHE)) {
		mem_ap_queue_write32(ap, SCB_ICIALLU, 0);
		mem_ap_queue_write32(ap, SCB_CCR, q->ccr);
	}
	mem_ap_queue_write32(ap, MPU_CTRL, q->mpu_ctrl);
	for (unsigned i = 0; i < 8; i++)
		if (q->nvic_iser[i] != 0)
			mem_ap_queue_write32(ap, NVIC_ISER(i), q->nvic_iser[i]);
	mem_ap_queue_write32(ap, SYST_CSR, q->systick & 7u);
}

static void queue_clocks(struct mem_ap *ap, const struct imxrt_quiet *saved)
{
	for (unsigned i = 0; i < 8; i++)
		if (saved->ccgr[i] != 0xffffffff)
			mem_ap_queue_write32(ap, CCM_CCGR(i), saved->ccgr[i]);
	if (saved->clpcr & 3)
		mem_ap_queue_write32(ap, CCM_CLPCR, saved->clpcr);
	if (!saved->wdog_masked)
		mem_ap_queue_write32(ap, SRC_SCR, saved->scr);
}

/* A reset lifts the masks. */
static bool was_reset(struct mem_ap *ap, const struct imxrt_quiet *saved)
{
	uint32_t scr = SCR_WDOG_MASKED | SCR_WDOG3_MASKED;

	if (saved->scr_written && mem_ap_read32(ap, SRC_SCR, &scr) != OK)
		error_clear();
	return (scr & (SCR_MASK_WDOG | SCR_MASK_WDOG3)) != (SCR_WDOG_MASKED | SCR_WDOG3_MASKED);
}

enum err imxrt_restore(struct target *t, const struct imxrt_chip *chip, struct imxrt_quiet *saved)
{
	struct mem_ap *ap = NULL;
	enum err rc = OK;

	(void)chip;
	if (!saved->valid)
		return OK;
	saved->valid = false;
	TRY(imxrt_ap(t, &ap));
	t->memory_epoch++;
	if (was_reset(ap, saved)) {
		log_debug("%s was reset meanwhile: nothing of its program is put back", t->name);
		return OK;
	}
	/* Each part also if the one before failed. The cache was off: nothing in it is worth keeping. */
	if (saved->d_cache_was_on)
		rc = imxrt_drop_d_cache(ap, false);
	queue_core(ap, saved);
	rc = error_first(rc, mem_ap_run(ap));
	queue_clocks(ap, saved);
	rc = error_first(rc, mem_ap_run(ap));
	if (rc == OK && saved->wdog_masked)
		log_info("%s: a watchdog that cannot be stopped stays masked in SRC_SCR until the next "
			 "reset", t->name);
	return rc;
}

static enum err describe_wdog(struct mem_ap *ap, const char *name, uint32_t base, bool has_clock,
			      struct buf *out)
{
	unsigned half_seconds;
	uint16_t wcr = 0;

	if (!has_clock) {
		buf_printf(out, "%s has no clock (CCM gates it)\n", name);
		return OK;
	}
	TRY(read_wcr(ap, base, &wcr));
	half_seconds = (wcr >> 8) + 1;
	if (!(wcr & WCR_WDE))
		buf_printf(out, "%s is off\n", name);
	else
		buf_printf(out, "%s is on and cannot be stopped before a reset: %u.%u s, %s while the core "
			   "is halted\n", name, half_seconds / 2, half_seconds % 2 * 5,
			   wcr & WCR_WDBG ? "stands still" : "runs on");
	return OK;
}

static enum err describe_rtwdog(struct mem_ap *ap, bool has_clock, struct buf *out)
{
	uint32_t cs = 0, toval = 0, cnt = 0;

	if (!has_clock) {
		buf_printf(out, "RTWDOG has no clock (CCM gates it)\n");
		return OK;
	}
	mem_ap_queue_read32(ap, RTWDOG_CS, &cs);
	mem_ap_queue_read32(ap, RTWDOG_CNT, &cnt);
	mem_ap_queue_read32(ap, RTWDOG_TOVAL, &toval);
	TRY(mem_ap_run(ap));
	if (cs & CS_EN)
		buf_printf(out, "RTWDOG is on%s: %u of %u counts, %s while the core is halted\n",
			   cs & CS_UPDATE ? "" : " and locked until a reset", cnt & 0xffff,
			   toval & 0xffff, cs & CS_DBG ? "runs on" : "stands still");
	else
		buf_printf(out, "RTWDOG is off%s\n", cs & CS_UPDATE ? "" : " (and locked until a reset)");
	return OK;
}

/* Gates: WDOG1 CCGR3 CG8, WDOG2 CCGR5 CG5, WDOG3 CCGR5 CG2 (IMXRT1064RM "CCM"). */
enum err imxrt_describe_watchdogs(struct target *t, struct buf *out)
{
	uint32_t scr = 0, ccgr3 = 0, ccgr5 = 0;
	struct mem_ap *ap = NULL;

	TRY(imxrt_ap(t, &ap));
	mem_ap_queue_read32(ap, CCM_CCGR(3), &ccgr3);
	mem_ap_queue_read32(ap, CCM_CCGR(5), &ccgr5);
	mem_ap_queue_read32(ap, SRC_SCR, &scr);
	TRY(mem_ap_run(ap));
	TRY(describe_wdog(ap, "WDOG1", WDOG1, bits_get(ccgr3, 17, 16) != 0, out));
	TRY(describe_wdog(ap, "WDOG2", WDOG2, bits_get(ccgr5, 11, 10) != 0, out));
	TRY(describe_rtwdog(ap, bits_get(ccgr5, 5, 4) != 0, out));
	if ((scr & SCR_MASK_WDOG) == SCR_WDOG_MASKED)
		buf_printf(out, "SRC_SCR masks the resets of WDOG1 and WDOG2\n");
	if ((scr & SCR_MASK_WDOG3) == SCR_WDOG3_MASKED)
		buf_printf(out, "SRC_SCR masks the reset of RTWDOG\n");
	return OK;
}
