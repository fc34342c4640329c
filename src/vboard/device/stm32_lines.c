/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_system.h"

#define TABLES(rcc_line, pwr_line, syscfg_line, exti_line, dbgmcu_line)                            \
	.rcc = &rcc_line##_rcc_line, .pwr = &pwr_line##_pwr_line,                                   \
	.syscfg = &syscfg_line##_syscfg_line, .exti = &exti_line##_exti_line,                       \
	.dbgmcu = &dbgmcu_line##_dbgmcu_line

const struct stm32_line stm32l4_line = {
	.name = "STM32L47/L48", .has_jtag = true,
	.backup_words = 32,
	TABLES(stm32l4, stm32l4, stm32l4, stm32l4, stm32l4),
};

const struct stm32_line stm32l4_dual_line = {
	.name = "STM32L47/L48 with a second core", .has_jtag = true,
	.backup_words = 32,
	TABLES(stm32l4, stm32l4_dual, stm32l4, stm32l4, stm32l4),
};

const struct stm32_line stm32l4r_line = {
	.name = "STM32L4R/L4S", .has_jtag = true,
	.backup_words = 32, .has_usart_fifo = true,
	TABLES(stm32l4r, stm32l4r, stm32l4r, stm32l4, stm32l4),
};

const struct stm32_line stm32l43_line = {
	.name = "STM32L41..L46", .has_jtag = true,
	.backup_words = 32,
	TABLES(stm32l43, stm32l4, stm32l43, stm32l4, stm32l4),
};

const struct stm32_line stm32g0_line = {
	.name = "STM32G0", .has_wide_wwdg = true,
	.backup_words = 5, .has_usart_fifo = true, .has_tamp = true,
	TABLES(stm32g0, stm32g0, stm32g0, stm32g0, stm32g0),
};

const struct stm32_line stm32g4_line = {
	.name = "STM32G4", .has_jtag = true, .has_wide_wwdg = true,
	.backup_words = 32, .has_usart_fifo = true, .has_tamp = true,
	TABLES(stm32g4, stm32g4, stm32g4, stm32g4, stm32g4),
};

const struct stm32_line stm32l5_line = {
	.name = "STM32L5", .has_jtag = true, .has_wide_wwdg = true,
	.backup_words = 32, .has_usart_fifo = true, .has_tamp = true,
	TABLES(stm32l5, stm32l5, stm32l5, stm32l5, stm32l5),
};

const struct stm32_line stm32u5_line = {
	.name = "STM32U5", .has_jtag = true, .has_iwdg_ewcr = true, .has_wide_wwdg = true,
	.backup_words = 32, .has_usart_fifo = true, .has_tamp = true,
	TABLES(stm32u5, stm32u5, stm32u5, stm32u5, stm32u5),
};

const struct stm32_line stm32wb_line = {
	.name = "STM32WB", .has_jtag = true, .has_wide_wwdg = true,
	.backup_words = 20, .has_usart_fifo = true,
	TABLES(stm32wb, stm32wb, stm32wb, stm32wb, stm32wb),
};
