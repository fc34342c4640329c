/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32G474RE on a NUCLEO-G474RE: two banks that trimmed parts leave a hole between. Memory map
 * and clock enables: RM0440 tables 3 and 7.4, interrupts table 97, boot 2.6; pins: UM2505.
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
	EMPTY_UNIT("CRS", 0x40002000, RCC_APB1ENR1, BIT(8)),
	TAMP_UNIT(0x40002400, RCC_APB1ENR1, BIT(10)),
	RTC_UNIT(0x40002800, RCC_APB1ENR1, BIT(10)),
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
	EMPTY_UNIT("USB", 0x40005c00, RCC_APB1ENR1, BIT(23)),
	EMPTY_UNIT("USB SRAM", 0x40006000, RCC_APB1ENR1, BIT(23)),
	EMPTY_UNIT("FDCAN1", 0x40006400, RCC_APB1ENR1, BIT(25)),
	EMPTY_UNIT("FDCAN2", 0x40006800, RCC_APB1ENR1, BIT(25)),
	EMPTY_UNIT("FDCAN3", 0x40006c00, RCC_APB1ENR1, BIT(25)),
	PWR_UNIT(0x40007000, RCC_APB1ENR1, BIT(28)),
	EMPTY_UNIT("I2C3", 0x40007800, RCC_APB1ENR1, BIT(30)),
	EMPTY_UNIT("LPTIM1", 0x40007c00, RCC_APB1ENR1, BIT(31)),
	USART_UNIT("LPUART1", 0x40008000, RCC_APB1ENR2, BIT(0), STM32_LPUART1),
	EMPTY_UNIT("I2C4", 0x40008400, RCC_APB1ENR2, BIT(1)),
	EMPTY_UNIT("UCPD1", 0x4000a000, RCC_APB1ENR2, BIT(8)),
	{ "FDCAN SRAM", 0x4000a400, 0xc00, RCC_APB1ENR1, BIT(25), UNIT_EMPTY },
	/* APB2 */
	SYSCFG_UNIT(0x40010000, RCC_APB2ENR, BIT(0)),
	EXTI_UNIT(0x40010400),
	TIM_UNIT("TIM1", 0x40012c00, RCC_APB2ENR, BIT(11), 6),
	TIM_UNIT("TIM8", 0x40013400, RCC_APB2ENR, BIT(13), 7),
	TIM_UNIT("TIM15", 0x40014000, RCC_APB2ENR, BIT(16), 8),
	TIM_UNIT("TIM16", 0x40014400, RCC_APB2ENR, BIT(17), 9),
	TIM_UNIT("TIM17", 0x40014800, RCC_APB2ENR, BIT(18), 10),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_APB2ENR, BIT(12)),
	USART_UNIT("USART1", 0x40013800, RCC_APB2ENR, BIT(14), STM32_USART1),
	EMPTY_UNIT("SPI4", 0x40013c00, RCC_APB2ENR, BIT(15)),
	EMPTY_UNIT("TIM20", 0x40015000, RCC_APB2ENR, BIT(20)),
	EMPTY_UNIT("SAI1", 0x40015400, RCC_APB2ENR, BIT(21)),
	{ "HRTIM1", 0x40016800, 0x1000, RCC_APB2ENR, BIT(26), UNIT_EMPTY },
	/* AHB1 */
	EMPTY_UNIT("DMA1", 0x40020000, RCC_AHB1ENR, BIT(0)),
	EMPTY_UNIT("DMA2", 0x40020400, RCC_AHB1ENR, BIT(1)),
	EMPTY_UNIT("DMAMUX1", 0x40020800, RCC_AHB1ENR, BIT(2)),
	EMPTY_UNIT("CORDIC", 0x40020c00, RCC_AHB1ENR, BIT(3)),
	RCC_UNIT(0x40021000),
	EMPTY_UNIT("FMAC", 0x40021400, RCC_AHB1ENR, BIT(4)),
	FLASH_UNIT(0x40022000, RCC_AHB1ENR, BIT(8)),
	CRC_UNIT(0x40023000, RCC_AHB1ENR, BIT(12)),
	/* AHB2 */
	GPIO_UNIT("GPIOA", 0x48000000, RCC_AHB2ENR, BIT(0), 0),
	GPIO_UNIT("GPIOB", 0x48000400, RCC_AHB2ENR, BIT(1), 1),
	GPIO_UNIT("GPIOC", 0x48000800, RCC_AHB2ENR, BIT(2), 2),
	GPIO_UNIT("GPIOD", 0x48000c00, RCC_AHB2ENR, BIT(3), 3),
	GPIO_UNIT("GPIOE", 0x48001000, RCC_AHB2ENR, BIT(4), 4),
	GPIO_UNIT("GPIOF", 0x48001400, RCC_AHB2ENR, BIT(5), 5),
	GPIO_UNIT("GPIOG", 0x48001800, RCC_AHB2ENR, BIT(6), 6),
	EMPTY_UNIT("ADC12", 0x50000000, RCC_AHB2ENR, BIT(13)),
	EMPTY_UNIT("ADC345", 0x50000400, RCC_AHB2ENR, BIT(14)),
	EMPTY_UNIT("DAC1", 0x50000800, RCC_AHB2ENR, BIT(16)),
	EMPTY_UNIT("DAC2", 0x50000c00, RCC_AHB2ENR, BIT(17)),
	EMPTY_UNIT("DAC3", 0x50001000, RCC_AHB2ENR, BIT(18)),
	EMPTY_UNIT("DAC4", 0x50001400, RCC_AHB2ENR, BIT(19)),
	RNG_UNIT(0x50060800, RCC_AHB2ENR, BIT(26)),
	/* AHB3 */
	EMPTY_UNIT("FMC", 0xa0000000, RCC_AHB3ENR, BIT(0)),
	EMPTY_UNIT("QUADSPI", 0xa0001000, RCC_AHB3ENR, BIT(8)),
	{ .name = NULL }
};

static const struct stm32_bridge bridges[] = {
	{ 0x40000000, 0x4000b000 }, { 0x40010000, 0x40017800 }, { 0 }
};

static const struct stm32_timer timers[] = { TIMERS_M4, { 0 } };

static const struct stm32_ram ram[] = {
	{ .name = "SRAM1", .base = 0x20000000, .bytes = 0x14000 },
	{ .name = "SRAM2", .base = 0x20014000, .bytes = 0x4000 },
	{ .name = "CCM SRAM", .base = 0x10000000, .bytes = 0x8000,
	  .alias = { 0x20018000 }, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = NULL }
};

static const struct stm32_boot_bits boot = {
	.nrst_stop = BIT(12), .nrst_stdby = BIT(13), .nrst_shdw = BIT(14),
	.bfb2 = BIT(20), .nboot1 = BIT(23), .n_sw_boot0 = BIT(26), .nboot0 = BIT(27),
	.boot_lock = 0x70,
};

static const struct vb_dp_config dp = PORT_M4(0x469);

const struct stm32_part stm32g474_part = {
	.name = "STM32G474RE",
	.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 102, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00ff000, .rom_pidr = { 0x69, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x20016469,		/* revision Z */
	.dbgmcu_base = 0xe0042000,
	.line = &stm32g4_line,
	.flash = &stm32g474_flash, .flash_kb = 512,
	.ram = ram, .boot = &boot, .units = units, .bridges = bridges, .timers = timers,
	.usart_irq = { 37, 38, 39, 52, 53, 91 },
	.system_memory = 0x1fff0000, .loader_stack = 0x20002d00, .loader_entry = 0x1fff6145,
	.loader_version = 0x1fff6ffe, .loader_flash = 0x40022000, .loader_ram = 0x18000,
	.loader_bank2 = 0x40000,
	.uid = 0x1fff7590, .size_reg = 0x1fff75e0, .package = 0x1fff7500,
	.hse_hz = 24000000,
	.led_port = 'A', .led_pin = 5, .button_port = 'C', .button_pin = 13, .button_is_high = true,
	.console = STM32_LPUART1, .uart_tx = { 'A', 2, 12 }, .uart_rx = { 'A', 3, 12 },
	.uart_sel_offset = RCC_CCIPR, .uart_sel_shift = 10,
	.trace_mask = 0xe0, .trace_async = 0x20,
};

const struct vb_chip stm32g474_chip = {
	.board_name = "nucleo-g474",
	.help = "NUCLEO-G474RE: STM32G474RE, Cortex-M4F, 512 KiB flash in two banks, "
		"80 + 16 + 32 KiB SRAM",
	.part = &stm32g474_part,
	STM32_CHIP_OPS,
};
