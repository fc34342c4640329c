/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Semihosting: prints, asks for the time, exits. */
#include "board.h"

enum { SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_CLOCK = 0x10, SYS_EXIT = 0x18 };
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

volatile int32_t answer;

static int32_t semihost(uint32_t operation, const void *argument)
{
	register uint32_t r0 __asm("r0") = operation;
	register const void *r1 __asm("r1") = argument;

	__asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return (int32_t)r0;
}

int main(void)
{
	static const char line_end = '\n';

	semihost(SYS_WRITE0, "hello from the target");
	semihost(SYS_WRITEC, &line_end);
	answer = semihost(SYS_CLOCK, 0);
	semihost(SYS_EXIT, (const void *)ADP_STOPPED_APPLICATION_EXIT);
	for (;;)
		;
}
