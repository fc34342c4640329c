/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_clock: rates of the PLLs of an i.MX RT10xx and of their phase fractional dividers, out of the
 * values of their registers (IMXRT1064RM "CCM Analog"). Pure. 0: it stands still, or its source is a
 * pin, whose rate nobody here knows.
 */
#ifndef FLASH_IMXRT_CLOCK_H
#define FLASH_IMXRT_CLOCK_H

#include <stdint.h>

#define OSC_HZ 24000000u	/* the crystal */

uint32_t imxrt_pll2_hz(uint32_t pll_sys);
uint32_t imxrt_pll3_hz(uint32_t pll_usb1);
/* Divider n of a PLL that runs at pll_hz; `pfds` is PFD_528 (PLL2) or PFD_480 (PLL3). */
uint32_t imxrt_pfd_hz(uint32_t pll_hz, uint32_t pfds, unsigned n);

#endif
