/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults to order: set `select` from the debugger and continue. Handlers note where they were and
 * stay. SELECT_LOCKUP faults inside HardFault.
 */
#include "board.h"

enum fault_select {
	SELECT_NONE, SELECT_DIV0, SELECT_UNALIGNED, SELECT_BUS, SELECT_UNDEFINED,
	SELECT_STACK_OVERFLOW, SELECT_LOCKUP, SELECT_EXECUTE_DATA, SELECT_NO_THUMB, SELECT_NO_FPU,
	SELECT_IMPRECISE,
};

volatile enum fault_select select;
volatile uint32_t rounds, faults, last_fault;
volatile int divisor;
static volatile uint32_t words[4];
static uint32_t not_code[2] = { 0xbf00bf00, 0x4770bf00 };

void HardFault_Handler(void);
void UsageFault_Handler(void);
void BusFault_Handler(void);
void MemManage_Handler(void);

static void stay(uint32_t exception)
{
	faults++;
	last_fault = exception;
	if (select == SELECT_LOCKUP)
		(void)REG(NO_MEMORY);
	for (;;)
		;
}

void HardFault_Handler(void) { stay(3); }
void MemManage_Handler(void) { stay(4); }
void BusFault_Handler(void) { stay(5); }
void UsageFault_Handler(void) { stay(6); }

#if __ARM_ARCH >= 7
static __attribute__((noinline)) int divide(int a, int b)
{
	return a / b;
}
#endif

static __attribute__((noinline)) uint32_t overflow(uint32_t depth)
{
	volatile uint32_t frame[64];

	frame[depth & 63] = depth;
	if (depth == UINT32_MAX)	/* never gets there */
		return 0;
	return overflow(depth + 1) + frame[depth & 63];
}

static __attribute__((noinline)) void fault(enum fault_select which)
{
	switch (which) {
#if __ARM_ARCH >= 7			/* ARMv6-M has no division and no coprocessors */
	case SELECT_DIV0: words[0] = (uint32_t)divide(1, divisor); break;
	case SELECT_NO_FPU: __asm volatile(".inst.w 0xee300a00"); break;	/* vadd.f32 */
#endif
	case SELECT_UNALIGNED: words[0] = REG((uint32_t)words + 1); break;
	case SELECT_LOCKUP:
	case SELECT_BUS: words[0] = REG(NO_MEMORY); break;
	case SELECT_UNDEFINED: __asm volatile(".short 0xde00"); break;
	case SELECT_STACK_OVERFLOW: words[0] = overflow(0); break;
	case SELECT_EXECUTE_DATA: ((void (*)(void))0x40000001)(); break;
	case SELECT_NO_THUMB: ((void (*)(void))((uint32_t)not_code & ~1u))(); break;
	case SELECT_IMPRECISE: REG(NO_MEMORY) = 1; break;
	default: break;
	}
}

int main(void)
{
	SCB_CCR |= 1u << 4 | 1u << 3;	/* DIV_0_TRP, UNALIGN_TRP */
	for (;;) {
		rounds++;
		if (select != SELECT_NONE)
			fault(select);
	}
}
