/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About 256 KiB of data nobody can compress or guess, and a program that checks it. */
#include "board.h"

#define WORDS (255 * 1024 / 4)

/* big_data.S: word i is i * 2654435761 + 12345, exclusive-or 16 bits further down. */
extern const uint32_t big_data[WORDS];

volatile uint32_t errors, checked;

int main(void)
{
	for (;;) {
		for (uint32_t i = 0; i < WORDS; i++) {
			uint32_t x = i * 2654435761u + 12345u;

			if (big_data[i] != (x ^ x >> 16))
				errors++;
		}
		checked++;
	}
}
