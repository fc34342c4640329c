/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/imxrt_clock.h"

#include "base/bytes.h"
#include "flash/imxrt_regs.h"

/* Bypassed to the crystal; the other sources of the bypass are pins. */
static uint32_t bypass_hz(uint32_t pll)
{
	return pll & PLL_BYPASS_SOURCE ? 0 : OSC_HZ;
}

uint32_t imxrt_pll2_hz(uint32_t pll)
{
	if (pll & PLL_BYPASS)
		return bypass_hz(pll);
	if ((pll & PLL_SYS_POWERDOWN) || !(pll & PLL_ENABLE))
		return 0;
	return pll & BIT(0) ? 528000000 : 480000000;
}

uint32_t imxrt_pll3_hz(uint32_t pll)
{
	if (pll & PLL_BYPASS)
		return bypass_hz(pll);
	if (!(pll & PLL_USB1_POWER) || !(pll & PLL_ENABLE))
		return 0;
	return pll & BIT(1) ? 528000000 : 480000000;
}

/* A phase fractional divider runs on its PLL only, not on the bypass. */
uint32_t imxrt_pfd_hz(uint32_t pll_hz, uint32_t pfds, unsigned n)
{
	uint32_t field = pfds >> 8 * n & 0xff, frac = field & 0x3f;

	if (pll_hz <= OSC_HZ || (field & BIT(7)) || frac < 12 || frac > 35)
		return 0;
	return (uint32_t)((uint64_t)pll_hz * 18 / frac);
}
