/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: the IPG clock that runs, from CCM and CCM_ANALOG (IMXRT1064RM "Clock Controller Module"), and
 * the TIMING register for it ("OCOTP", "Fuse programming"). A fuse that is burnt too briefly or too
 * long is a bad fuse: a clock that is not known for certain is refused.
 */
#include "flash/imxrt_clock.h"
#include "flash/ocotp_priv.h"

#define PLL_ENET 0x400d80e0u
#define MIN_IPG_HZ 1000000u
#define MAX_IPG_HZ 160000000u	/* RELAX has four bits */

enum err ocotp_read_clock(struct mem_ap *ap, struct ocotp_clock *c)
{
	mem_ap_queue_read32(ap, CCM_CCSR, &c->ccsr);
	mem_ap_queue_read32(ap, CCM_CACRR, &c->cacrr);
	mem_ap_queue_read32(ap, CCM_CBCDR, &c->cbcdr);
	mem_ap_queue_read32(ap, CCM_CBCMR, &c->cbcmr);
	mem_ap_queue_read32(ap, PLL_ARM, &c->pll_arm);
	mem_ap_queue_read32(ap, PLL_USB1, &c->pll_usb1);
	mem_ap_queue_read32(ap, PLL_SYS, &c->pll_sys);
	mem_ap_queue_read32(ap, PLL_ENET, &c->pll_enet);
	mem_ap_queue_read32(ap, PFD_480, &c->pfd_480);
	mem_ap_queue_read32(ap, PFD_528, &c->pfd_528);
	return mem_ap_run(ap);
}

/* PLL1 of the RT105x and RT106x; the smaller parts have the 500 MHz of PLL6 there. */
static uint32_t core_pll_hz(const struct imxrt_part *part, const struct ocotp_clock *c)
{
	uint32_t podf = bits_get(c->cacrr, 2, 0) + 1;

	if (part->digprog == 0x6b || part->digprog == 0x6d)
		return (c->pll_enet & PLL_BYPASS ? OSC_HZ : 500000000u) / podf;
	if (c->pll_arm & PLL_BYPASS)
		return OSC_HZ / podf;
	return OSC_HZ / 2 * bits_get(c->pll_arm, 6, 0) / podf;
}

static uint32_t pre_periph_hz(const struct imxrt_part *part, const struct ocotp_clock *c)
{
	switch (bits_get(c->cbcmr, 19, 18)) {
	case 0:	 return imxrt_pll2_hz(c->pll_sys);
	case 1:	 return imxrt_pfd_hz(imxrt_pll2_hz(c->pll_sys), c->pfd_528, 2);
	case 2:	 return imxrt_pfd_hz(imxrt_pll2_hz(c->pll_sys), c->pfd_528, 0);
	default: return core_pll_hz(part, c);
	}
}

static uint32_t periph2_hz(const struct ocotp_clock *c)
{
	uint32_t podf = bits_get(c->cbcdr, 29, 27) + 1;

	switch (bits_get(c->cbcmr, 13, 12)) {
	case 0:	 return (c->ccsr & BIT(0) ? OSC_HZ : imxrt_pll3_hz(c->pll_usb1)) / podf;
	case 1:	 return OSC_HZ / podf;
	case 2:	 return OSC_HZ / podf;	/* the bypass input of PLL2 */
	default: return 0;
	}
}

static uint32_t root_hz(const struct imxrt_part *part, const struct ocotp_clock *c)
{
	return c->cbcdr & BIT(25) ? periph2_hz(c) : pre_periph_hz(part, c);
}

/* Whether ARM_PODF divides PLL6 is told in two ways by the manuals; and which PFDs selectors 1 and 2
 * mean on the smaller parts, too. What a PFD gives while its PLL is bypassed, in none. */
bool ocotp_ipg_is_certain(const struct imxrt_part *part, const struct ocotp_clock *c)
{
	unsigned select = bits_get(c->cbcmr, 19, 18);

	if (root_hz(part, c) == 0)
		return false;
	if (c->cbcdr & BIT(25) || (part->digprog != 0x6b && part->digprog != 0x6d))
		return true;
	if (select == 3)
		return (c->pll_enet & PLL_BYPASS) || bits_get(c->cacrr, 2, 0) == 0;
	return select == 0;
}

enum err ocotp_ipg_hz(const struct imxrt_part *part, const struct ocotp_clock *c, uint32_t *hz)
{
	*hz = root_hz(part, c) / (bits_get(c->cbcdr, 12, 10) + 1) / (bits_get(c->cbcdr, 9, 8) + 1);
	if (*hz < MIN_IPG_HZ || *hz > MAX_IPG_HZ) {
		error_why(ERR_UNSUPPORTED,
			  "the fuse controller cannot work at its clock (IPG), which is %u kHz",
			  *hz / 1000);
		error_evidence(ERR_UNSUPPORTED, "CBCDR = 0x%08x, CBCMR = 0x%08x, CACRR = 0x%08x",
			       c->cbcdr, c->cbcmr, c->cacrr);
		return error_next(ERR_UNSUPPORTED, "run \"reset halt\": out of reset the clock is known");
	}
	return OK;
}

static uint32_t cycles_up(uint32_t hz, uint32_t ns)
{
	return (uint32_t)(((uint64_t)hz * ns + 999999999u) / 1000000000u);
}

enum err ocotp_timing(uint32_t hz, uint32_t keep, uint32_t *timing)
{
	uint32_t wait = cycles_up(hz, 150) - 1, relax = cycles_up(hz, 100) - 1;
	uint32_t prog = (uint32_t)(((uint64_t)hz * 10 + 500000) / 1000000) + 2 * (relax + 1) - 1;
	uint32_t read = cycles_up(hz, 40) + 2 * (relax + 1) - 1;
	uint64_t pulse_ns = (uint64_t)(prog + 1 - 2 * (relax + 1)) * 1000000000u / hz;

	if (wait > 0x3f || relax > 0xf || prog > 0xfff || read > 0x3f || pulse_ns < 9000 ||
	    pulse_ns > 11000) {
		error_why(ERR_UNSUPPORTED, "at an IPG clock of %u kHz the fuse pulse cannot be kept "
			  "between 9 and 11 us", hz / 1000);
		return error_next(ERR_UNSUPPORTED, "run \"reset halt\": out of reset the clock is known");
	}
	*timing = (keep & 0xf0000000u) | wait << 22 | read << 16 | relax << 12 | prog;
	return OK;
}
