/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the start-up code of every board has the same: variables, FPU, the vectors of the core. */
#ifndef FIRMWARE_CORE_H
#define FIRMWARE_CORE_H

#include "board.h"

extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _estack[];
extern const void *const vectors[];

void Reset_Handler(void);
void Default_Handler(void);

void Default_Handler(void)
{
	for (;;)
		;
}

#define WEAK(name) void name(void) __attribute__((weak, alias("Default_Handler")))
WEAK(NMI_Handler);
WEAK(HardFault_Handler);
WEAK(MemManage_Handler);
WEAK(BusFault_Handler);
WEAK(UsageFault_Handler);
WEAK(SVC_Handler);
WEAK(DebugMon_Handler);
WEAK(PendSV_Handler);
WEAK(SysTick_Handler);

#define CORE_VECTORS                                                                               \
	[0] = _estack,                                                                             \
	[1] = Reset_Handler,                                                                       \
	[2] = NMI_Handler,                                                                         \
	[3] = HardFault_Handler,                                                                   \
	[4] = MemManage_Handler,                                                                   \
	[5] = BusFault_Handler,                                                                    \
	[6] = UsageFault_Handler,                                                                  \
	[11] = SVC_Handler,                                                                        \
	[12] = DebugMon_Handler,                                                                   \
	[14] = PendSV_Handler,                                                                     \
	[15] = SysTick_Handler

static inline void run_main(void)
{
	const uint32_t *from = _sidata;

	SCB_VTOR = (uint32_t)vectors;
	for (uint32_t *to = _sdata; to < _edata;)
		*to++ = *from++;
	for (uint32_t *to = _sbss; to < _ebss;)
		*to++ = 0;
#ifdef __ARM_FP
	SCB_CPACR |= 0xfu << 20;	/* CP10 and CP11: full access */
	__asm volatile("dsb\n\tisb");
#endif
	main();
	for (;;)
		;
}

#endif
