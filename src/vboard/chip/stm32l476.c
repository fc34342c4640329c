/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32L476RG on a NUCLEO-L476RG. Memory map: RM0351 table 1, clock enables 6.4.16 to 6.4.21,
 * interrupts table 57, boot 2.6, debug 48; pins: UM1724.
 */
#include "vboard/chip/stm32_units.h"

const struct stm32_unit stm32l476_units[] = {
	/* APB1 */
	TIM_UNIT("TIM2", 0x40000000, RCC_APB1ENR1, BIT(0), 0),
	TIM_UNIT("TIM3", 0x40000400, RCC_APB1ENR1, BIT(1), 1),
	TIM_UNIT("TIM4", 0x40000800, RCC_APB1ENR1, BIT(2), 2),
	TIM_UNIT("TIM5", 0x40000c00, RCC_APB1ENR1, BIT(3), 3),
	TIM_UNIT("TIM6", 0x40001000, RCC_APB1ENR1, BIT(4), 4),
	TIM_UNIT("TIM7", 0x40001400, RCC_APB1ENR1, BIT(5), 5),
	EMPTY_UNIT("LCD", 0x40002400, RCC_APB1ENR1, BIT(9)),
	RTC_UNIT(0x40002800, 0, 0),
	WWDG_UNIT(0x40002c00, RCC_APB1ENR1, BIT(11)),
	IWDG_UNIT(0x40003000),
	EMPTY_UNIT("SPI2", 0x40003800, RCC_APB1ENR1, BIT(14)),
	EMPTY_UNIT("SPI3", 0x40003c00, RCC_APB1ENR1, BIT(15)),
	USART_UNIT("USART2", 0x40004400, RCC_APB1ENR1, BIT(17), STM32_USART2),
	USART_UNIT("USART3", 0x40004800, RCC_APB1ENR1, BIT(18), STM32_USART3),
	USART_UNIT("UART4", 0x40004c00, RCC_APB1ENR1, BIT(19), STM32_UART4),
	USART_UNIT("UART5", 0x40005000, RCC_APB1ENR1, BIT(20), STM32_UART5),
	EMPTY_UNIT("I2C1", 0x40005400, RCC_APB1ENR1, BIT(21)),
	EMPTY_UNIT("I2C2", 0x40005800, RCC_APB1ENR1, BIT(22)),
	EMPTY_UNIT("I2C3", 0x40005c00, RCC_APB1ENR1, BIT(23)),
	EMPTY_UNIT("CAN1", 0x40006400, RCC_APB1ENR1, BIT(25)),
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
	EMPTY_UNIT("SDMMC1", 0x40012800, RCC_APB2ENR, BIT(10)),
	TIM_UNIT("TIM1", 0x40012c00, RCC_APB2ENR, BIT(11), 6),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_APB2ENR, BIT(12)),
	TIM_UNIT("TIM8", 0x40013400, RCC_APB2ENR, BIT(13), 7),
	USART_UNIT("USART1", 0x40013800, RCC_APB2ENR, BIT(14), STM32_USART1),
	TIM_UNIT("TIM15", 0x40014000, RCC_APB2ENR, BIT(16), 8),
	TIM_UNIT("TIM16", 0x40014400, RCC_APB2ENR, BIT(17), 9),
	TIM_UNIT("TIM17", 0x40014800, RCC_APB2ENR, BIT(18), 10),
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
	GPIO_UNIT("GPIOD", 0x48000c00, RCC_AHB2ENR, BIT(3), 3),
	GPIO_UNIT("GPIOE", 0x48001000, RCC_AHB2ENR, BIT(4), 4),
	GPIO_UNIT("GPIOF", 0x48001400, RCC_AHB2ENR, BIT(5), 5),
	GPIO_UNIT("GPIOG", 0x48001800, RCC_AHB2ENR, BIT(6), 6),
	GPIO_UNIT("GPIOH", 0x48001c00, RCC_AHB2ENR, BIT(7), 7),
	{ "OTG_FS", 0x50000000, 0x40000, RCC_AHB2ENR, BIT(12), UNIT_EMPTY },
	EMPTY_UNIT("ADC", 0x50040000, RCC_AHB2ENR, BIT(13)),
	RNG_UNIT(0x50060800, RCC_AHB2ENR, BIT(18)),
	/* AHB3 */
	EMPTY_UNIT("FMC", 0xa0000000, RCC_AHB3ENR, BIT(0)),
	EMPTY_UNIT("QUADSPI", 0xa0001000, RCC_AHB3ENR, BIT(8)),
	{ .name = NULL }
};

const struct stm32_bridge stm32l476_bridges[] = {
	{ 0x40000000, 0x40009800 }, { 0x40010000, 0x40016400 }, { 0 }
};

const struct stm32_timer stm32l476_timers[] = { TIMERS_M4, { 0 } };

/* SRAM2 is not repeated behind SRAM1 on this line. */
const struct stm32_ram stm32l476_ram[] = {
	{ .name = "SRAM1", .base = 0x20000000, .bytes = 0x18000 },
	{ .name = "SRAM2", .base = 0x10000000, .bytes = 0x8000, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = NULL }
};

const struct stm32_boot_bits stm32l476_boot = {
	.nrst_stop = BIT(12), .nrst_stdby = BIT(13), .nrst_shdw = BIT(14),
	.bfb2 = BIT(20), .nboot1 = BIT(23),
};

static const struct vb_dp_config dp = PORT_M4(0x415);

const struct stm32_part stm32l476_part = {
	.name = "STM32L476RG",
	.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 82, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00ff000, .rom_pidr = { 0x15, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x10076415,		/* revision 4; bits 15:12 read 6 */
	.dbgmcu_base = 0xe0042000,
	.line = &stm32l4_line,
	.flash = &stm32l476_flash, .flash_kb = 1024,
	.ram = stm32l476_ram, .boot = &stm32l476_boot, .units = stm32l476_units,
	.bridges = stm32l476_bridges, .timers = stm32l476_timers,
	.usart_irq = { 37, 38, 39, 52, 53, 70 },
	.system_memory = 0x1fff0000, .loader_stack = 0x20002d00, .loader_entry = 0x1fff6145,
	.loader_version = 0x1fff6ffe, .loader_flash = 0x40022000, .loader_ram = 0x18000,
	.uid = 0x1fff7590, .size_reg = 0x1fff75e0, .package = 0x1fff7500,
	.led_port = 'A', .led_pin = 5, .button_port = 'C', .button_pin = 13,
	.console = STM32_USART2, .uart_tx = { 'A', 2, 7 }, .uart_rx = { 'A', 3, 7 },
	.uart_sel_offset = RCC_CCIPR, .uart_sel_shift = 2,
	.trace_mask = 0xe0, .trace_async = 0x20,
};

const struct vb_chip stm32l476_chip = {
	.board_name = "nucleo-l476rg",
	.help = "NUCLEO-L476RG: STM32L476RG, Cortex-M4F, 1 MiB flash, 96 + 32 KiB SRAM",
	.part = &stm32l476_part,
	STM32_CHIP_OPS,
};
