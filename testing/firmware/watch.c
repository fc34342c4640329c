/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables written and read in a known rhythm, for watchpoints. */
#include "board.h"

volatile uint32_t watched;		/* written every 16th round */
volatile uint32_t rounds;		/* written every round */
volatile uint8_t bytes[4];		/* one byte per round */
volatile uint16_t half;
volatile uint32_t read_only = 0x1234;	/* read every 8th round */
static volatile uint32_t sink;

static __attribute__((noinline)) void write_watched(uint32_t value)
{
	watched = value;
}

static __attribute__((noinline)) void read_it(void)
{
	sink = read_only;
}

int main(void)
{
	for (;;) {
		rounds++;
		bytes[rounds & 3] = (uint8_t)rounds;
		if ((rounds & 7) == 0)
			read_it();
		if ((rounds & 15) == 0)
			write_watched(rounds / 16);
		if ((rounds & 63) == 0)
			half = (uint16_t)rounds;
	}
}
