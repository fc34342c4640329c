/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_system.h"

const struct stm32_line stm32l4_line = {
	.name = "STM32L47/L48",
	.rcc = &stm32l4_rcc_line,
	.pwr = &stm32l4_pwr_line,
	.syscfg = &stm32l4_syscfg_line,
	.exti = &stm32l4_exti_line,
	.dbgmcu = &stm32l4_dbgmcu_line,
	.has_jtag = true,
};
