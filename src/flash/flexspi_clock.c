/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial clock of a FlexSPI (IMXRT1064RM "CCM", "CCM Analog"). Any live source will do: the
 * divider of CCM (1..8) and MCR0.SERCLKDIV (1..8) bring it down, so that no PLL need be touched; a PLL
 * that is bypassed gives 24 MHz. Only for more than that PLL3 may be started.
 */
#include "flash/flexspi_regs.h"

#include <stdio.h>

#include "base/clock.h"
#include "flash/imxrt_clock.h"

#define PLL_LOCK_MS    50u		/* typical 100 us; the wire takes its time, too */
#define SAFE_HZ	       33000000u

/* Where the root's source and divider stand, and what each source is. */
enum source { SRC_NONE, SRC_PLL2, SRC_PLL3, SRC_PLL2_PFD2, SRC_PLL3_PFD0, SRC_PLL3_PFD1, SRC_SEMC };

struct root {
	uint32_t reg, clear;		/* clear: bits that lead past the source's selector */
	uint8_t sel_shift, podf_shift;
	uint8_t sources[4];
};

static const struct root root_1 = { CCM_CSCMR1, 0, 29, 23,
				    { SRC_SEMC, SRC_PLL3, SRC_PLL2_PFD2, SRC_PLL3_PFD0 } };
/* RT1010: FLEXSPI_CLK_SRC (bit 31) takes PERIPH_CLK2's source instead of the selected one. */
static const struct root root_1_1010 = { CCM_CSCMR1, BIT(31), 29, 23,
					 { SRC_PLL2, SRC_PLL3, SRC_PLL2_PFD2, SRC_PLL3_PFD0 } };
static const struct root root_2 = { CCM_CBCMR, 0, 8, 29,
				    { SRC_PLL2_PFD2, SRC_PLL3_PFD0, SRC_PLL3_PFD1, SRC_PLL2 } };

static const char *const source_names[] = {
	[SRC_NONE] = "nothing",	     [SRC_PLL2] = "PLL2",	     [SRC_PLL3] = "PLL3",
	[SRC_PLL2_PFD2] = "PLL2 PFD2", [SRC_PLL3_PFD0] = "PLL3 PFD0", [SRC_PLL3_PFD1] = "PLL3 PFD1",
	[SRC_SEMC] = "the SEMC clock",
};

struct plls {
	uint32_t usb1, sys, pfd_480, pfd_528, ccsr;
};

static const struct root *root_of(const struct imxrt_chip *chip, unsigned instance)
{
	if (instance == 1)
		return &root_2;
	return chip->part->digprog == 0x6d ? &root_1_1010 : &root_1;
}

static enum err read_plls(struct mem_ap *ap, struct plls *p)
{
	*p = (struct plls){ 0 };
	mem_ap_queue_read32(ap, PLL_USB1, &p->usb1);
	mem_ap_queue_read32(ap, PLL_SYS, &p->sys);
	mem_ap_queue_read32(ap, PFD_480, &p->pfd_480);
	mem_ap_queue_read32(ap, PFD_528, &p->pfd_528);
	mem_ap_queue_read32(ap, CCM_CCSR, &p->ccsr);
	return mem_ap_run(ap);
}

static uint32_t source_hz(const struct plls *p, uint8_t source)
{
	switch (source) {
	case SRC_PLL2:	    return imxrt_pll2_hz(p->sys);
	case SRC_PLL3:	    return p->ccsr & 1 ? OSC_HZ : imxrt_pll3_hz(p->usb1);
	case SRC_PLL2_PFD2: return imxrt_pfd_hz(imxrt_pll2_hz(p->sys), p->pfd_528, 2);
	case SRC_PLL3_PFD0: return imxrt_pfd_hz(imxrt_pll3_hz(p->usb1), p->pfd_480, 0);
	case SRC_PLL3_PFD1: return imxrt_pfd_hz(imxrt_pll3_hz(p->usb1), p->pfd_480, 1);
	default:	    return 0;	/* SEMC's own tree: not counted on */
	}
}

uint32_t flexspi_root_hz(struct mem_ap *ap, const struct imxrt_chip *chip, unsigned instance,
			 char *words, size_t size)
{
	const struct root *root = root_of(chip, instance);
	uint32_t value = 0, hz;
	struct plls plls;

	words[0] = '\0';
	if (read_plls(ap, &plls) != OK || mem_ap_read32(ap, root->reg, &value) != OK) {
		error_clear();
		return 0;
	}
	uint8_t source = root->sources[value >> root->sel_shift & 3];
	unsigned divider = (value >> root->podf_shift & 7) + 1;

	if (value & root->clear) {
		snprintf(words, size, "the source of PERIPH_CLK2");
		return 0;
	}
	hz = source_hz(&plls, source);
	snprintf(words, size, "%s%s / %u", source_names[source],
		 hz == OSC_HZ ? " (bypassed: the 24 MHz crystal)" : "", divider);
	return hz / divider;
}

static void save(struct flexspi *fs, uint32_t addr, uint32_t value)
{
	struct flexspi_saved *s = fs->saved;

	s->clocks[s->clock_count++] = (struct saved_reg){ addr, value };
}

enum err flexspi_save_clocks(struct flexspi *fs)
{
	uint32_t root_value = 0, usb1 = 0, sys = 0, pfd = 0, gate = 0;
	struct mem_ap *ap = flexspi_ap(fs);
	const struct root *root = root_of(fs->chip, fs->instance);

	mem_ap_queue_read32(ap, root->reg, &root_value);
	mem_ap_queue_read32(ap, PLL_USB1, &usb1);
	mem_ap_queue_read32(ap, PLL_SYS, &sys);
	mem_ap_queue_read32(ap, PFD_480, &pfd);
	mem_ap_queue_read32(ap, CCM_CCGR(fs->facts->gate_reg), &gate);
	TRY(mem_ap_run(ap));
	fs->saved->clock_count = 0;
	save(fs, root->reg, root_value);
	save(fs, PLL_USB1, usb1 & ~PLL_LOCK);	/* read-only; elsewhere bit 31 is a setting */
	save(fs, PLL_SYS, sys & ~PLL_LOCK);
	save(fs, PFD_480, pfd);
	fs->saved->gate = gate;
	return OK;
}

enum err flexspi_set_gate(struct flexspi *fs, bool on)
{
	uint32_t reg = CCM_CCGR(fs->facts->gate_reg), mask = 3u << fs->facts->gate_shift, value = 0;
	struct mem_ap *ap = flexspi_ap(fs);

	TRY(mem_ap_read32(ap, reg, &value));
	return mem_ap_write32(ap, reg, on ? value | mask : value & ~mask);
}

/* PLLs last: the root must not hang on one that goes away. The gate is open afterwards. */
enum err flexspi_restore_clocks(struct flexspi *fs)
{
	struct mem_ap *ap = flexspi_ap(fs);

	TRY(flexspi_set_gate(fs, false));
	for (size_t i = 0; i < fs->saved->clock_count; i++)
		mem_ap_queue_write32(ap, fs->saved->clocks[i].addr,
				     fs->saved->clocks[i].value);
	TRY(mem_ap_run(ap));
	return flexspi_set_gate(fs, true);
}

enum err flexspi_restore_gate(struct flexspi *fs)
{
	return mem_ap_write32(flexspi_ap(fs), CCM_CCGR(fs->facts->gate_reg), fs->saved->gate);
}

/* PLL3 on, and the fractional dividers the FlexSPIs use started anew: they do not follow a PLL that comes
 * up later. */
static enum err start_pll3(struct flexspi *fs)
{
	struct mem_ap *ap = flexspi_ap(fs);
	uint64_t end = clock_now_ms() + PLL_LOCK_MS;
	uint32_t usb1 = 0;

	mem_ap_queue_write32(ap, PLL_USB1 + REG_SET, PLL_BYPASS);
	mem_ap_queue_write32(ap, PLL_USB1 + REG_SET, PLL_ENABLE | PLL_USB1_POWER | BIT(6));
	do {
		TRY(mem_ap_read32(ap, PLL_USB1, &usb1));
		if (!(usb1 & PLL_LOCK) && clock_now_ms() > end)
			return error_why(ERR_FLASH_OPERATION, "PLL3 does not lock (CCM_ANALOG_PLL_USB1 = "
					 "0x%08x)", usb1);
	} while (!(usb1 & PLL_LOCK));
	mem_ap_queue_write32(ap, PLL_USB1 + REG_CLR, PLL_BYPASS);
	mem_ap_queue_write32(ap, PFD_480 + REG_SET, BIT(7) | BIT(15));
	mem_ap_queue_write32(ap, PFD_480 + REG_CLR, BIT(7) | BIT(15));
	TRY(mem_ap_run(ap));
	fs->saved->pll3_started = true;
	return OK;
}

/* The PLL behind the source that needs no divider of its own: bypassed, it is the crystal. */
static enum err bypass_pll(struct flexspi *fs)
{
	return mem_ap_write32(flexspi_ap(fs), (fs->instance == 1 ? PLL_SYS : PLL_USB1) + REG_SET,
			      PLL_BYPASS);
}

struct choice {
	unsigned sel, podf, div;	/* dividers, not register values */
	uint32_t hz;
};

static struct choice best_choice(const struct root *root, const struct plls *plls, uint32_t max_hz)
{
	struct choice best = { 0 };

	for (unsigned sel = 0; sel < 4; sel++) {
		uint32_t source = source_hz(plls, root->sources[sel]);

		for (unsigned podf = 1; podf <= 8 && source != 0; podf++) {
			for (unsigned div = 1; div <= 8; div++) {
				uint32_t hz = source / (podf * div);

				/* Of equals the one with the slower root clock. */
				if (hz <= max_hz && (hz > best.hz || (hz == best.hz &&
								      podf > best.podf)))
					best = (struct choice){ sel, podf, div, hz };
			}
		}
	}
	return best;
}

static enum err apply(struct flexspi *fs, const struct root *root, const struct choice *choice)
{
	struct flexspi_saved *s = fs->saved;
	struct mem_ap *ap = flexspi_ap(fs);
	uint32_t value = 0, gate = 0;
	uint32_t mask = 3u << fs->facts->gate_shift;

	mem_ap_queue_read32(ap, root->reg, &value);
	mem_ap_queue_read32(ap, CCM_CCGR(fs->facts->gate_reg), &gate);
	TRY(mem_ap_run(ap));
	value &= ~(3u << root->sel_shift | 7u << root->podf_shift | root->clear);
	value |= choice->sel << root->sel_shift | (choice->podf - 1) << root->podf_shift;
	mem_ap_queue_write32(ap, CCM_CCGR(fs->facts->gate_reg), gate & ~mask);
	mem_ap_queue_write32(ap, root->reg, value);
	mem_ap_queue_write32(ap, CCM_CCGR(fs->facts->gate_reg), gate | mask);
	TRY(mem_ap_run(ap));
	s->mcr0 = (s->mcr0 & ~(7u << MCR0_SERCLKDIV_SHIFT)) | (choice->div - 1) << MCR0_SERCLKDIV_SHIFT;
	fs->hz = choice->hz;
	return OK;
}

enum err flexspi_choose_clock(struct flexspi *fs, uint32_t max_hz, bool may_start_pll)
{
	const struct root *root = root_of(fs->chip, fs->instance);
	struct mem_ap *ap = flexspi_ap(fs);
	struct choice choice;
	struct plls plls;

	TRY(read_plls(ap, &plls));
	choice = best_choice(root, &plls, max_hz);
	if (choice.hz == 0) {		/* the program switched its PLLs off */
		TRY(bypass_pll(fs));
		TRY(read_plls(ap, &plls));
		choice = best_choice(root, &plls, max_hz);
	}
	if (may_start_pll && max_hz > SAFE_HZ && choice.hz < max_hz / 4 * 3 &&
	    imxrt_pll3_hz(plls.usb1) <= OSC_HZ) {
		TRY(start_pll3(fs));
		TRY(read_plls(ap, &plls));
		choice = best_choice(root, &plls, max_hz);
	}
	if (choice.hz == 0)
		return error_why(ERR_FLASH_OPERATION, "no clock source gives the FlexSPI %u Hz or less "
				 "(PLL_SYS 0x%08x, PLL_USB1 0x%08x)", max_hz, plls.sys, plls.usb1);
	return apply(fs, root, &choice);
}
