/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32G0B1RE on a NUCLEO-G0B1RE: Cortex-M0+, SWD only, DBGMCU behind a clock on the APB. Memory
 * map and clock enables: RM0444 tables 3 and 5.4, interrupts table 58, boot 2.5, debug 40; pins:
 * UM2324.
 */
#include "vboard/chip/stm32_units.h"

static const struct stm32_unit units[] = {
	/* APB */
	TIM_UNIT("TIM2", 0x40000000, RCC_G0_APBENR1, BIT(0), 0),
	TIM_UNIT("TIM3", 0x40000400, RCC_G0_APBENR1, BIT(1), 1),
	TIM_UNIT("TIM4", 0x40000800, RCC_G0_APBENR1, BIT(2), 2),
	TIM_UNIT("TIM6", 0x40001000, RCC_G0_APBENR1, BIT(4), 3),
	TIM_UNIT("TIM7", 0x40001400, RCC_G0_APBENR1, BIT(5), 4),
	TIM_UNIT("TIM14", 0x40002000, RCC_G0_APBENR2, BIT(15), 5),
	RTC_UNIT(0x40002800, RCC_G0_APBENR1, BIT(10)),
	WWDG_UNIT(0x40002c00, RCC_G0_APBENR1, BIT(11)),
	IWDG_UNIT(0x40003000),
	EMPTY_UNIT("SPI2", 0x40003800, RCC_G0_APBENR1, BIT(14)),
	EMPTY_UNIT("SPI3", 0x40003c00, RCC_G0_APBENR1, BIT(15)),
	USART_UNIT("USART2", 0x40004400, RCC_G0_APBENR1, BIT(17), STM32_USART2),
	USART_UNIT("USART3", 0x40004800, RCC_G0_APBENR1, BIT(18), STM32_USART3),
	USART_UNIT("USART4", 0x40004c00, RCC_G0_APBENR1, BIT(19), STM32_UART4),
	USART_UNIT("USART5", 0x40005000, RCC_G0_APBENR1, BIT(8), STM32_UART5),
	EMPTY_UNIT("I2C1", 0x40005400, RCC_G0_APBENR1, BIT(21)),
	EMPTY_UNIT("I2C2", 0x40005800, RCC_G0_APBENR1, BIT(22)),
	EMPTY_UNIT("USB", 0x40005c00, RCC_G0_APBENR1, BIT(13)),
	EMPTY_UNIT("FDCAN1", 0x40006400, RCC_G0_APBENR1, BIT(12)),
	EMPTY_UNIT("FDCAN2", 0x40006800, RCC_G0_APBENR1, BIT(12)),
	EMPTY_UNIT("CRS", 0x40006c00, RCC_G0_APBENR1, BIT(16)),
	PWR_UNIT(0x40007000, RCC_G0_APBENR1, BIT(28)),
	EMPTY_UNIT("DAC1", 0x40007400, RCC_G0_APBENR1, BIT(29)),
	EMPTY_UNIT("CEC", 0x40007800, RCC_G0_APBENR1, BIT(24)),
	EMPTY_UNIT("LPTIM1", 0x40007c00, RCC_G0_APBENR1, BIT(31)),
	USART_UNIT("LPUART1", 0x40008000, RCC_G0_APBENR1, BIT(20), STM32_LPUART1),
	EMPTY_UNIT("LPUART2", 0x40008400, RCC_G0_APBENR1, BIT(7)),
	EMPTY_UNIT("I2C3", 0x40008800, RCC_G0_APBENR1, BIT(23)),
	EMPTY_UNIT("LPTIM2", 0x40009400, RCC_G0_APBENR1, BIT(30)),
	{ "USB SRAM", 0x40009800, 0x800, RCC_G0_APBENR1, BIT(13), UNIT_EMPTY },
	EMPTY_UNIT("UCPD1", 0x4000a000, RCC_G0_APBENR1, BIT(25)),
	EMPTY_UNIT("UCPD2", 0x4000a400, RCC_G0_APBENR1, BIT(26)),
	TAMP_UNIT(0x4000b000, RCC_G0_APBENR1, BIT(10)),
	{ "FDCAN SRAM", 0x4000b400, 0x800, RCC_G0_APBENR1, BIT(12), UNIT_EMPTY },
	SYSCFG_UNIT(0x40010000, RCC_G0_APBENR2, BIT(0)),
	EMPTY_UNIT("ADC", 0x40012400, RCC_G0_APBENR2, BIT(20)),
	TIM_UNIT("TIM1", 0x40012c00, RCC_G0_APBENR2, BIT(11), 6),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_G0_APBENR2, BIT(12)),
	USART_UNIT("USART1", 0x40013800, RCC_G0_APBENR2, BIT(14), STM32_USART1),
	EMPTY_UNIT("USART6", 0x40013c00, RCC_G0_APBENR1, BIT(9)),
	TIM_UNIT("TIM15", 0x40014000, RCC_G0_APBENR2, BIT(16), 7),
	TIM_UNIT("TIM16", 0x40014400, RCC_G0_APBENR2, BIT(17), 8),
	TIM_UNIT("TIM17", 0x40014800, RCC_G0_APBENR2, BIT(18), 9),
	DBGMCU_UNIT(0x40015800),
	/* AHB */
	EMPTY_UNIT("DMA1", 0x40020000, RCC_G0_AHBENR, BIT(0)),
	EMPTY_UNIT("DMA2", 0x40020400, RCC_G0_AHBENR, BIT(1)),
	EMPTY_UNIT("DMAMUX", 0x40020800, RCC_G0_AHBENR, BIT(0)),
	RCC_UNIT(0x40021000),
	EXTI_UNIT(0x40021800),
	FLASH_UNIT(0x40022000, RCC_G0_AHBENR, BIT(8)),
	CRC_UNIT(0x40023000, RCC_G0_AHBENR, BIT(12)),
	/* I/O port bus */
	GPIO_UNIT("GPIOA", 0x50000000, RCC_G0_IOPENR, BIT(0), 0),
	GPIO_UNIT("GPIOB", 0x50000400, RCC_G0_IOPENR, BIT(1), 1),
	GPIO_UNIT("GPIOC", 0x50000800, RCC_G0_IOPENR, BIT(2), 2),
	GPIO_UNIT("GPIOD", 0x50000c00, RCC_G0_IOPENR, BIT(3), 3),
	GPIO_UNIT("GPIOE", 0x50001000, RCC_G0_IOPENR, BIT(4), 4),
	GPIO_UNIT("GPIOF", 0x50001400, RCC_G0_IOPENR, BIT(5), 5),
	{ .name = NULL }
};

static const struct stm32_bridge bridges[] = {
	{ 0x40000000, 0x4000bc00 }, { 0x40010000, 0x40015c00 }, { 0 }
};

static const struct stm32_timer timers[] = {
	/* TIM2, 3, 4, 6, 7; TIM14, 1, 15, 16, 17 */
	{ 32, 15, false, BIT(0) }, { 16, 16, false, BIT(1) }, { 16, 16, false, BIT(2) },
	{ 16, 17, false, BIT(4) }, { 16, 18, false, BIT(5) },
	{ 16, 19, true, BIT(15) }, { 16, 13, true, BIT(11) }, { 16, 20, true, BIT(16) },
	{ 16, 21, true, BIT(17) }, { 16, 22, true, BIT(18) },
	{ 0 }
};

static const struct stm32_ram ram[] = {
	{ .name = "SRAM", .base = 0x20000000, .bytes = 0x24000 },
	{ .name = NULL }
};

static const struct stm32_boot_bits boot = {
	.nrst_stop = BIT(13), .nrst_stdby = BIT(14), .nrst_shdw = BIT(15),
	.nboot_sel = BIT(24), .nboot1 = BIT(25), .nboot0 = BIT(26), .has_empty = true,
	.boot_lock = 0x80,
};

/* RM0444 40: SW-DP only; ST's ROM table at 0xf0000000 points to the core's. */
static const struct vb_dp_config dp = {
	.dpidr = 0x0bc11477,
	.ap = { { .idr = 0x04770031, .base = 0xf0000003, .csw_reset = 0x03000040,
		  .tar_wrap = 0x400, .has_byte = true } },
};

const struct stm32_part stm32g0b1_part = {
	.name = "STM32G0B1RE",
	.core = VB_CORTEX_M0PLUS, .cpuid = 0x410cc601, .irqs = 32, .nvic_prio_bits = 2,
	.rom_table_base = 0xf0000000, .rom_pidr = { 0x67, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x10006467,		/* revision A */
	.line = &stm32g0_line,
	.flash = &stm32g0b1_flash, .flash_kb = 512,
	.ram = ram, .boot = &boot, .units = units, .bridges = bridges, .timers = timers,
	.usart_irq = { 27, 28, 29, 29, 29, 29 },
	.system_memory = 0x1fff0000, .loader_stack = 0x20002d00, .loader_entry = 0x1fff6145,
	.loader_version = 0x1fff6ffe,
	.uid = 0x1fff7590, .size_reg = 0x1fff75e0, .package = 0x1fff7500,
	.led_port = 'A', .led_pin = 5, .button_port = 'C', .button_pin = 13,
	.console = STM32_USART2, .uart_tx = { 'A', 2, 1 }, .uart_rx = { 'A', 3, 1 },
	.uart_sel_offset = RCC_G0_CCIPR, .uart_sel_shift = 2,
};

const struct vb_chip stm32g0b1_chip = {
	.board_name = "nucleo-g0b1",
	.help = "NUCLEO-G0B1RE: STM32G0B1RE, Cortex-M0+, 512 KiB flash in two banks, 144 KiB SRAM",
	.part = &stm32g0b1_part,
	STM32_CHIP_OPS,
};
