/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places where breakpoints are awkward: an IT block, WFI, a loop of LDREX and STREX, a watched store. */
#include "board.h"

volatile uint32_t ticks, chosen, owned, rounds;

void SysTick_Handler(void);

void SysTick_Handler(void)
{
	ticks++;
}

static __attribute__((noinline, naked)) uint32_t choose(__attribute__((unused)) uint32_t n)
{
	__asm volatile("	cmp	r0, #2\n"
		       "	ite	lo\n"
		       "choose_lo:\n"
		       "	addlo	r0, #100\n"
		       "choose_hs:\n"
		       "	addhs	r0, #200\n"
		       "choose_end:\n"
		       "	bx	lr\n");
}

static __attribute__((noinline, naked)) void take(__attribute__((unused)) volatile uint32_t *at)
{
	__asm volatile("take_load:\n"
		       "	ldrex	r1, [r0]\n"
		       "	adds	r1, #1\n"
		       "	strex	r2, r1, [r0]\n"
		       "	cmp	r2, #0\n"
		       "	bne	take_load\n"
		       "take_end:\n"
		       "	bx	lr\n");
}

static __attribute__((noinline, naked)) void doze(void)
{
	__asm volatile("	wfi\n"
		       "	bx	lr\n");
}

static __attribute__((noinline, naked)) void store(__attribute__((unused)) volatile uint32_t *at,
						   __attribute__((unused)) uint32_t value)
{
	__asm volatile("	str	r1, [r0]\n"
		       "store_end:\n"
		       "	bx	lr\n");
}

int main(void)
{
	SYST_RVR = HCLK_HZ / 1000 - 1;
	SYST_CVR = 0;
	SYST_CSR = 7;
	for (;;) {
		rounds++;
		store(&chosen, choose(rounds & 3));
		take(&owned);
		doze();
	}
}
