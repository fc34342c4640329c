/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace from software: a numbered line on port 0, byte by byte, the number on ports 1 (32 bits),
 * 2 (16 bits) and 31 (8 bits). As with CMSIS's ITM_SendChar() a port that nobody enabled costs
 * nothing, and an enabled one is waited for. With SELF_SETUP the program switches the trace on
 * itself: 1 Mbaud, NRZ, no formatter.
 */
#include "board.h"

#define DEMCR	  REG(0xe000edfc)
#define DBGMCU_CR REG(0xe0042004)
#define TPIU_ACPR REG(0xe0040010)
#define TPIU_SPPR REG(0xe00400f0)
#define TPIU_FFCR REG(0xe0040304)
#define ITM_TER	  REG(0xe0000e00)
#define ITM_TCR	  REG(0xe0000e80)
#define ITM_LAR	  REG(0xe0000fb0)
#define ITM_STIM(n)   REG(0xe0000000 + 4 * (n))
#define ITM_STIM16(n) (*(volatile uint16_t *)(0xe0000000 + 4 * (n)))
#define ITM_STIM8(n)  (*(volatile uint8_t *)(0xe0000000 + 4 * (n)))

volatile uint32_t rounds;
/* A debugger may make it talk faster. */
volatile uint32_t pause_loops = 800;

#ifdef SELF_SETUP
static void setup(void)
{
	DEMCR |= 1u << 24;
	DBGMCU_CR = (DBGMCU_CR & ~0xc0u) | 0x20;
	TPIU_ACPR = HCLK_HZ / 1000000 - 1;
	TPIU_SPPR = 2;
	TPIU_FFCR = 0x100;
	ITM_LAR = 0xc5acce55;
	ITM_TCR = 0;
	ITM_TER = 0x80000007;
	ITM_TCR = 0x0001000d;
}
#endif

/* Is the port on? Then waits until it takes something. */
static int port_is_ready(unsigned port)
{
	if (!(ITM_TCR & 1) || !(ITM_TER >> port & 1))
		return 0;
	while (!(ITM_STIM(port) & 1))
		;
	return 1;
}

static void print_char(char c)
{
	if (port_is_ready(0))
		ITM_STIM8(0) = (uint8_t)c;
}

static void print(const char *text)
{
	while (*text)
		print_char(*text++);
}

static void print_number(uint32_t n)
{
	char digits[11];
	unsigned i = sizeof(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	print(&digits[i]);
}

int main(void)
{
#ifdef SELF_SETUP
	setup();
#endif
	for (;;) {
		uint32_t n = rounds++;

		print("round ");
		print_number(n);
		print(" of the trace test\n");
		if (port_is_ready(1))
			ITM_STIM(1) = n;
		if (port_is_ready(2))
			ITM_STIM16(2) = (uint16_t)n;
		if (port_is_ready(31))
			ITM_STIM8(31) = (uint8_t)n;
		for (uint32_t i = 0; i < pause_loops; i++)
			__asm volatile("nop");
	}
}
