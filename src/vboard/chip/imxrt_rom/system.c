/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watchdogs, MPU, caches and clocks as the vendor's ROM leaves them. */
#include "rom.h"

#define RTWDOG_CS    REG(0x400bc000)
#define   CS_UPDATE    0x20u
#define   CS_LPO       0x100u
#define   CS_ULK       0x800u
#define   CS_CMD32EN   0x2000u
#define RTWDOG_CNT   REG(0x400bc004)
#define RTWDOG_TOVAL REG(0x400bc008)
#define WDOG1	     0x400b8000
#define WDOG2	     0x400d0000
#define   WDOG_WCR     0
#define     WCR_START    0x34u		/* WDE, SRS, WDA */
#define   WDOG_WMCR    8

#define CCM	  0x400fc000
#define CACRR	  REG(CCM + 0x10)
#define CBCDR	  REG(CCM + 0x14)
#define CBCMR	  REG(CCM + 0x18)
#define CDHIPR	  REG(CCM + 0x48)
#define PLL_ARM	  REG(0x400d8000)
#define PLL_USB1  REG(0x400d8010)
#define PLL_SYS	  REG(0x400d8030)
#define   PLL_CLR   8			/* bytes from a register to its CLR twin */
#define   PLL_BYPASS 0x10000u
#define   PLL_LOCK   0x80000000u
#define PFD_480	  REG(0x400d80f0)
#define PFD_528	  REG(0x400d8100)

#define MPU_CTRL  REG(0xe000ed94)
#define MPU_RBAR  REG(0xe000ed9c)
#define MPU_RASR  REG(0xe000eda0)
#define SCB_CCR	  REG(0xe000ed14)
#define   CCR_IC    0x20000u
#define ICIALLU	  REG(0xe000ef50)

/* Two instructions a round, at no more than 528 MHz; longer than asked never hurts. */
void delay_us(uint32_t us)
{
	uint32_t rounds = us * 264;

	if (rounds)
		__asm volatile("1:	subs	%0, #1\n\tbne	1b" : "+l"(rounds) : : "cc");
}

/* Fuse WDOG_ENABLE: WDOG1 runs from here on, and it is the application's to serve. */
static void start_wdog(const struct rom *rom)
{
	uint32_t half_seconds = 128u >> F6D0_WDOG(rom->f6d0);

	REG16(WDOG1 + WDOG_WCR) = (uint16_t)((half_seconds - 1) << 8 | WCR_START);
}

void watchdogs_quiet(const struct rom *rom)
{
	/* RTWDOG runs since reset, about 31 ms. UPDATE stays 1: the application may have it back. */
	RTWDOG_CNT = 0xd928c520;
	for (unsigned n = 0; n < 16 && !(RTWDOG_CS & CS_ULK); n++)
		;
	RTWDOG_TOVAL = 0xffff;
	RTWDOG_CS = CS_CMD32EN | CS_LPO | CS_UPDATE;
	/* The 16 s power-down counters. */
	REG16(WDOG1 + WDOG_WMCR) = 0;
	REG16(WDOG2 + WDOG_WMCR) = 0;
	if (rom->f460 & F460_WDOG_ENABLE)
		start_wdog(rom);
}

/* Region n: base, RASR. What no region covers has the default map (PRIVDEFENA). */
static const uint32_t regions[][2] = {
	{ 0x00200000, 0x06020021 },	/* ROM: 128 KiB, read only, write-through */
	{ 0x20200000, 0x030b0029 },	/* OCRAM: 2 MiB, full access, write-back */
	{ 0x60000000, 0x03020039 },	/* flash windows: 512 MiB, write-through */
	{ 0x40000000, 0x13050039 },	/* peripherals: 512 MiB, device, no code */
};

void mpu_and_caches(const struct rom *rom)
{
	if (!(rom->f470 & F470_NO_MPU)) {
		for (uint32_t n = 0; n < sizeof(regions) / sizeof(regions[0]); n++) {
			MPU_RBAR = regions[n][0] | 0x10 | n;
			MPU_RASR = regions[n][1];
		}
		MPU_CTRL = 5;		/* PRIVDEFENA, ENABLE */
	}
	if (!(rom->f470 & F470_NO_ICACHE)) {
		ICIALLU = 0;
		__asm volatile("dsb\n\tisb");
		SCB_CCR |= CCR_IC;
	}
	__asm volatile("dsb\n\tisb" ::: "memory");
}

/* A PLL that does not lock leaves the part at 24 MHz: slow, but it boots. */
static void pll_start(volatile uint32_t *pll, uint32_t value)
{
	uint32_t rounds = 100000;

	*pll = value | PLL_BYPASS;
	while (!(*pll & PLL_LOCK) && --rounds)
		;
	if (rounds)
		*(volatile uint32_t *)((uint32_t)pll + PLL_CLR) = PLL_BYPASS;
}

/* Core 396 MHz and IPG 132 MHz, or 528 and 132 by the fuse "boot frequency". */
void clocks_up(const struct rom *rom)
{
	bool fast = rom->f460 & F460_FAST;

	pll_start(&PLL_SYS, 0x2001);			/* 528 MHz */
	pll_start(&PLL_USB1, 0x3040);			/* 480 MHz */
	pll_start(&PLL_ARM, 0x2000 | (fast ? 88 : 66));	/* 1056 or 792 MHz */
	PFD_528 = 0x18181818;				/* each 396 MHz */
	PFD_480 = 0x0f1a2323;

	/* Dividers first: no clock is ever faster than it may be. */
	CACRR = 1;
	CBCDR = (CBCDR & ~0x1f00u) | (fast ? 3u : 2u) << 8;	/* AHB_PODF 1, IPG_PODF 4 or 3 */
	while (CDHIPR)
		;
#if FAMILY == RT1020
	/* No PLL for the core alone: the system PLL's, whole or its PFD. */
	uint32_t source = fast ? 0 : 2;
#else
	uint32_t source = 3;
#endif
	CBCMR = (CBCMR & ~0xc0000u) | source << 18;	/* PRE_PERIPH_CLK_SEL */
	CBCDR &= ~0x2000000u;				/* PERIPH_CLK_SEL */
	while (CDHIPR)
		;
}
