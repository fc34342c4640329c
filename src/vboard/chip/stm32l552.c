/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32L552ZE on a NUCLEO-L552ZE-Q: Cortex-M33, TrustZone by option, boot addresses by option.
 * Memory map and clock enables: RM0438 tables 4 and 9.8, interrupts table 112, boot 3.4; pins:
 * UM2581.
 */
#include "vboard/chip/stm32_units.h"

static const struct stm32_unit units[] = {
	/* APB1 */
	TIM_UNIT("TIM2", 0x40000000, RCC_APB1ENR1, BIT(0), 0),
	TIM_UNIT("TIM3", 0x40000400, RCC_APB1ENR1, BIT(1), 1),
	TIM_UNIT("TIM4", 0x40000800, RCC_APB1ENR1, BIT(2), 2),
	TIM_UNIT("TIM5", 0x40000c00, RCC_APB1ENR1, BIT(3), 3),
	TIM_UNIT("TIM6", 0x40001000, RCC_APB1ENR1, BIT(4), 4),
	TIM_UNIT("TIM7", 0x40001400, RCC_APB1ENR1, BIT(5), 5),
	RTC_UNIT(0x40002800, RCC_APB1ENR1, BIT(10)),
	WWDG_UNIT(0x40002c00, RCC_APB1ENR1, BIT(11)),
	IWDG_UNIT(0x40003000),
	TAMP_UNIT(0x40003400, RCC_APB1ENR1, BIT(10)),
	EMPTY_UNIT("SPI2", 0x40003800, RCC_APB1ENR1, BIT(14)),
	EMPTY_UNIT("SPI3", 0x40003c00, RCC_APB1ENR1, BIT(15)),
	USART_UNIT("USART2", 0x40004400, RCC_APB1ENR1, BIT(17), STM32_USART2),
	USART_UNIT("USART3", 0x40004800, RCC_APB1ENR1, BIT(18), STM32_USART3),
	USART_UNIT("UART4", 0x40004c00, RCC_APB1ENR1, BIT(19), STM32_UART4),
	USART_UNIT("UART5", 0x40005000, RCC_APB1ENR1, BIT(20), STM32_UART5),
	EMPTY_UNIT("I2C1", 0x40005400, RCC_APB1ENR1, BIT(21)),
	EMPTY_UNIT("I2C2", 0x40005800, RCC_APB1ENR1, BIT(22)),
	EMPTY_UNIT("I2C3", 0x40005c00, RCC_APB1ENR1, BIT(23)),
	EMPTY_UNIT("CRS", 0x40006000, RCC_APB1ENR1, BIT(24)),
	PWR_UNIT(0x40007000, RCC_APB1ENR1, BIT(28)),
	EMPTY_UNIT("DAC1", 0x40007400, RCC_APB1ENR1, BIT(29)),
	EMPTY_UNIT("OPAMP", 0x40007800, RCC_APB1ENR1, BIT(30)),
	EMPTY_UNIT("LPTIM1", 0x40007c00, RCC_APB1ENR1, BIT(31)),
	USART_UNIT("LPUART1", 0x40008000, RCC_APB1ENR2, BIT(0), STM32_LPUART1),
	EMPTY_UNIT("I2C4", 0x40008400, RCC_APB1ENR2, BIT(1)),
	EMPTY_UNIT("LPTIM2", 0x40009400, RCC_APB1ENR2, BIT(5)),
	EMPTY_UNIT("LPTIM3", 0x40009800, RCC_APB1ENR2, BIT(6)),
	EMPTY_UNIT("FDCAN1", 0x4000a400, RCC_APB1ENR2, BIT(9)),
	EMPTY_UNIT("FDCAN SRAM", 0x4000ac00, RCC_APB1ENR2, BIT(9)),
	EMPTY_UNIT("USB", 0x4000d400, RCC_APB1ENR2, BIT(21)),
	EMPTY_UNIT("USB SRAM", 0x4000d800, RCC_APB1ENR2, BIT(21)),
	EMPTY_UNIT("UCPD1", 0x4000dc00, RCC_APB1ENR2, BIT(23)),
	/* APB2 */
	SYSCFG_UNIT(0x40010000, RCC_APB2ENR, BIT(0)),
	TIM_UNIT("TIM1", 0x40012c00, RCC_APB2ENR, BIT(11), 6),
	TIM_UNIT("TIM8", 0x40013400, RCC_APB2ENR, BIT(13), 7),
	TIM_UNIT("TIM15", 0x40014000, RCC_APB2ENR, BIT(16), 8),
	TIM_UNIT("TIM16", 0x40014400, RCC_APB2ENR, BIT(17), 9),
	TIM_UNIT("TIM17", 0x40014800, RCC_APB2ENR, BIT(18), 10),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_APB2ENR, BIT(12)),
	USART_UNIT("USART1", 0x40013800, RCC_APB2ENR, BIT(14), STM32_USART1),
	EMPTY_UNIT("SAI1", 0x40015400, RCC_APB2ENR, BIT(21)),
	EMPTY_UNIT("SAI2", 0x40015800, RCC_APB2ENR, BIT(22)),
	EMPTY_UNIT("DFSDM1", 0x40016000, RCC_APB2ENR, BIT(24)),
	/* AHB1 */
	EMPTY_UNIT("DMA1", 0x40020000, RCC_AHB1ENR, BIT(0)),
	EMPTY_UNIT("DMA2", 0x40020400, RCC_AHB1ENR, BIT(1)),
	EMPTY_UNIT("DMAMUX1", 0x40020800, RCC_AHB1ENR, BIT(2)),
	RCC_UNIT(0x40021000),
	FLASH_UNIT(0x40022000, RCC_AHB1ENR, BIT(8)),
	CRC_UNIT(0x40023000, RCC_AHB1ENR, BIT(12)),
	EMPTY_UNIT("TSC", 0x40024000, RCC_AHB1ENR, BIT(16)),
	EXTI_UNIT(0x4002f400),
	EMPTY_UNIT("ICACHE", 0x40030400, 0, 0),
	{ "GTZC", 0x40032400, 0x1000, RCC_AHB1ENR, BIT(22), UNIT_EMPTY },
	/* AHB2 */
	GPIO_UNIT("GPIOA", 0x42020000, RCC_AHB2ENR, BIT(0), 0),
	GPIO_UNIT("GPIOB", 0x42020400, RCC_AHB2ENR, BIT(1), 1),
	GPIO_UNIT("GPIOC", 0x42020800, RCC_AHB2ENR, BIT(2), 2),
	GPIO_UNIT("GPIOD", 0x42020c00, RCC_AHB2ENR, BIT(3), 3),
	GPIO_UNIT("GPIOE", 0x42021000, RCC_AHB2ENR, BIT(4), 4),
	GPIO_UNIT("GPIOF", 0x42021400, RCC_AHB2ENR, BIT(5), 5),
	GPIO_UNIT("GPIOG", 0x42021800, RCC_AHB2ENR, BIT(6), 6),
	GPIO_UNIT("GPIOH", 0x42021c00, RCC_AHB2ENR, BIT(7), 7),
	EMPTY_UNIT("ADC", 0x42028000, RCC_AHB2ENR, BIT(13)),
	EMPTY_UNIT("HASH", 0x420c0400, RCC_AHB2ENR, BIT(17)),
	RNG_UNIT(0x420c0800, RCC_AHB2ENR, BIT(18)),
	EMPTY_UNIT("SDMMC1", 0x420c8000, RCC_AHB2ENR, BIT(22)),
	/* AHB3 */
	EMPTY_UNIT("FMC", 0x44020000, RCC_AHB3ENR, BIT(0)),
	EMPTY_UNIT("OCTOSPI1", 0x44021000, RCC_AHB3ENR, BIT(8)),
	{ .name = NULL }
};

static const struct stm32_bridge bridges[] = {
	{ 0x40000000, 0x4000e000 }, { 0x40010000, 0x40016400 }, { 0 }
};

static const struct stm32_timer timers[] = { TIMERS_M33, { 0 } };

static const struct stm32_ram ram[] = {
	{ .name = "SRAM1", .base = 0x20000000, .bytes = 0x30000, .alias = { 0x0a000000 } },
	{ .name = "SRAM2", .base = 0x20030000, .bytes = 0x10000,
	  .alias = { 0x0a030000 }, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = NULL }
};

static const struct stm32_boot_bits boot = {
	.nrst_stop = BIT(12), .nrst_stdby = BIT(13), .nrst_shdw = BIT(14),
	.n_sw_boot0 = BIT(26), .nboot0 = BIT(27), .has_addresses = true, .tzen = BIT(31),
};

static const struct vb_dp_config dp = PORT_M33(0x472);

const struct stm32_part stm32l552_part = {
	.name = "STM32L552ZE",
	.core = VB_CORTEX_M33, .cpuid = 0x410fd212, .irqs = 109, .nvic_prio_bits = 3,
	.rom_table_base = 0xe00fe000, .rom_pidr = { 0x72, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x20016472,		/* revision Z */
	.dbgmcu_base = 0xe0044000,
	.line = &stm32l5_line,
	.flash = &stm32l552_flash, .flash_kb = 512,
	.ram = ram, .boot = &boot, .units = units, .bridges = bridges, .timers = timers,
	.usart_irq = { 61, 62, 63, 64, 65, 66 },
	.system_memory = 0x0bf90000, .loader_stack = 0x20002d00, .loader_entry = 0x0bf96145,
	.loader_version = 0x0bf96ffe,
	.uid = 0x0bfa0590, .size_reg = 0x0bfa05e0, .package = 0x0bfa0500,
	.led_port = 'C', .led_pin = 7, .button_port = 'C', .button_pin = 13, .button_is_high = true,
	.console = STM32_LPUART1, .uart_tx = { 'G', 7, 8 }, .uart_rx = { 'G', 8, 8 },
	.uart_sel_offset = RCC_CCIPR, .uart_sel_shift = 10,
	.trace_mask = 0xf0, .trace_async = 0x30,
};

const struct vb_chip stm32l552_chip = {
	.board_name = "nucleo-l552",
	.help = "NUCLEO-L552ZE-Q: STM32L552ZE, Cortex-M33, 512 KiB flash in two banks, "
		"192 + 64 KiB SRAM",
	.part = &stm32l552_part,
	STM32_CHIP_OPS,
};
