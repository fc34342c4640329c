/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32L432KC as on a NUCLEO-L432KC: one bank, 256 KiB. Memory map and clock enables: RM0394
 * tables 2 and 6.4, interrupts table 46, boot 2.6; pins: UM1956.
 */
#include "vboard/chip/stm32_units.h"

static const struct stm32_unit units[] = {
	/* APB1 */
	TIM_UNIT("TIM2", 0x40000000, RCC_APB1ENR1, BIT(0), 0),
	TIM_UNIT("TIM6", 0x40001000, RCC_APB1ENR1, BIT(4), 1),
	TIM_UNIT("TIM7", 0x40001400, RCC_APB1ENR1, BIT(5), 2),
	RTC_UNIT(0x40002800, RCC_APB1ENR1, BIT(10)),
	WWDG_UNIT(0x40002c00, RCC_APB1ENR1, BIT(11)),
	IWDG_UNIT(0x40003000),
	EMPTY_UNIT("SPI3", 0x40003c00, RCC_APB1ENR1, BIT(15)),
	USART_UNIT("USART2", 0x40004400, RCC_APB1ENR1, BIT(17), STM32_USART2),
	EMPTY_UNIT("I2C1", 0x40005400, RCC_APB1ENR1, BIT(21)),
	EMPTY_UNIT("I2C3", 0x40005c00, RCC_APB1ENR1, BIT(23)),
	EMPTY_UNIT("CRS", 0x40006000, RCC_APB1ENR1, BIT(24)),
	EMPTY_UNIT("CAN1", 0x40006400, RCC_APB1ENR1, BIT(25)),
	EMPTY_UNIT("USB", 0x40006800, RCC_APB1ENR1, BIT(26)),
	EMPTY_UNIT("USB SRAM", 0x40006c00, RCC_APB1ENR1, BIT(26)),
	PWR_UNIT(0x40007000, RCC_APB1ENR1, BIT(28)),
	EMPTY_UNIT("DAC1", 0x40007400, RCC_APB1ENR1, BIT(29)),
	EMPTY_UNIT("OPAMP", 0x40007800, RCC_APB1ENR1, BIT(30)),
	EMPTY_UNIT("LPTIM1", 0x40007c00, RCC_APB1ENR1, BIT(31)),
	USART_UNIT("LPUART1", 0x40008000, RCC_APB1ENR2, BIT(0), STM32_LPUART1),
	EMPTY_UNIT("SWPMI1", 0x40008800, RCC_APB1ENR2, BIT(2)),
	EMPTY_UNIT("LPTIM2", 0x40009400, RCC_APB1ENR2, BIT(5)),
	/* APB2 */
	SYSCFG_UNIT(0x40010000, RCC_APB2ENR, BIT(0)),
	EXTI_UNIT(0x40010400),
	EMPTY_UNIT("FIREWALL", 0x40011c00, RCC_APB2ENR, BIT(7)),
	TIM_UNIT("TIM1", 0x40012c00, RCC_APB2ENR, BIT(11), 3),
	TIM_UNIT("TIM15", 0x40014000, RCC_APB2ENR, BIT(16), 4),
	TIM_UNIT("TIM16", 0x40014400, RCC_APB2ENR, BIT(17), 5),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_APB2ENR, BIT(12)),
	USART_UNIT("USART1", 0x40013800, RCC_APB2ENR, BIT(14), STM32_USART1),
	EMPTY_UNIT("SAI1", 0x40015400, RCC_APB2ENR, BIT(21)),
	/* AHB1 */
	EMPTY_UNIT("DMA1", 0x40020000, RCC_AHB1ENR, BIT(0)),
	EMPTY_UNIT("DMA2", 0x40020400, RCC_AHB1ENR, BIT(1)),
	RCC_UNIT(0x40021000),
	FLASH_UNIT(0x40022000, RCC_AHB1ENR, BIT(8)),
	CRC_UNIT(0x40023000, RCC_AHB1ENR, BIT(12)),
	EMPTY_UNIT("TSC", 0x40024000, RCC_AHB1ENR, BIT(16)),
	/* AHB2 */
	GPIO_UNIT("GPIOA", 0x48000000, RCC_AHB2ENR, BIT(0), 0),
	GPIO_UNIT("GPIOB", 0x48000400, RCC_AHB2ENR, BIT(1), 1),
	GPIO_UNIT("GPIOC", 0x48000800, RCC_AHB2ENR, BIT(2), 2),
	GPIO_UNIT("GPIOH", 0x48001c00, RCC_AHB2ENR, BIT(7), 7),
	EMPTY_UNIT("ADC", 0x50040000, RCC_AHB2ENR, BIT(13)),
	RNG_UNIT(0x50060800, RCC_AHB2ENR, BIT(18)),
	/* AHB3 */
	EMPTY_UNIT("QUADSPI", 0xa0001000, RCC_AHB3ENR, BIT(8)),
	{ .name = NULL }
};

static const struct stm32_bridge bridges[] = {
	{ 0x40000000, 0x40009800 }, { 0x40010000, 0x40015800 }, { 0 }
};

static const struct stm32_timer timers[] = {
	/* TIM2, 6, 7; TIM1, 15, 16 */
	{ 32, 28, false, BIT(0) }, { 16, 54, false, BIT(4) }, { 16, 55, false, BIT(5) },
	{ 16, 25, true, BIT(11) }, { 16, 24, true, BIT(16) }, { 16, 25, true, BIT(17) },
	{ 0 }
};

static const struct stm32_ram ram[] = {
	{ .name = "SRAM1", .base = 0x20000000, .bytes = 0xc000 },
	{ .name = "SRAM2", .base = 0x10000000, .bytes = 0x4000,
	  .alias = { 0x2000c000 }, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = NULL }
};

static const struct stm32_boot_bits boot = {
	.nrst_stop = BIT(12), .nrst_stdby = BIT(13), .nrst_shdw = BIT(14),
	.nboot1 = BIT(23), .n_sw_boot0 = BIT(26), .nboot0 = BIT(27), .has_empty = true,
};

static const struct vb_dp_config dp = PORT_M4(0x435);

const struct stm32_part stm32l432_part = {
	.name = "STM32L432KC",
	.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 83, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00ff000, .rom_pidr = { 0x35, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x10016435,		/* revision Z */
	.dbgmcu_base = 0xe0042000,
	.line = &stm32l43_line,
	.flash = &stm32l432_flash, .flash_kb = 256,
	.ram = ram, .boot = &boot, .units = units, .bridges = bridges, .timers = timers,
	.usart_irq = { 37, 38, -1, -1, -1, 70 },
	.system_memory = 0x1fff0000, .loader_stack = 0x20002d00, .loader_entry = 0x1fff6145,
	.loader_version = 0x1fff6ffe,
	.uid = 0x1fff7590, .size_reg = 0x1fff75e0, .package = 0x1fff7500,
	.led_port = 'B', .led_pin = 3,
	.console = STM32_USART2, .uart_tx = { 'A', 2, 7 }, .uart_rx = { 'A', 15, 3 },
	.uart_sel_offset = RCC_CCIPR, .uart_sel_shift = 2,
	.trace_mask = 0xe0, .trace_async = 0x20,
};

const struct vb_chip stm32l432_chip = {
	.board_name = "stm32l432",
	.help = "STM32L432KC, Cortex-M4F, 256 KiB flash in one bank, 48 + 16 KiB SRAM",
	.part = &stm32l432_part,
	STM32_CHIP_OPS,
};
