/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32U575ZI on a NUCLEO-U575ZI-Q: Cortex-M33, 16-byte programming unit. Memory map and clock
 * enables: RM0456 tables 5 and 11.8, interrupts table 156, boot 4; pins: UM2861.
 */
#include "vboard/chip/stm32_units.h"

static const struct stm32_unit units[] = {
	/* APB1 */
	TIM_UNIT("TIM2", 0x40000000, RCC_U5_APB1ENR1, BIT(0), 0),
	TIM_UNIT("TIM3", 0x40000400, RCC_U5_APB1ENR1, BIT(1), 1),
	TIM_UNIT("TIM4", 0x40000800, RCC_U5_APB1ENR1, BIT(2), 2),
	TIM_UNIT("TIM5", 0x40000c00, RCC_U5_APB1ENR1, BIT(3), 3),
	TIM_UNIT("TIM6", 0x40001000, RCC_U5_APB1ENR1, BIT(4), 4),
	TIM_UNIT("TIM7", 0x40001400, RCC_U5_APB1ENR1, BIT(5), 5),
	WWDG_UNIT(0x40002c00, RCC_U5_APB1ENR1, BIT(11)),
	IWDG_UNIT(0x40003000),
	EMPTY_UNIT("SPI2", 0x40003800, RCC_U5_APB1ENR1, BIT(14)),
	USART_UNIT("USART2", 0x40004400, RCC_U5_APB1ENR1, BIT(17), STM32_USART2),
	USART_UNIT("USART3", 0x40004800, RCC_U5_APB1ENR1, BIT(18), STM32_USART3),
	USART_UNIT("UART4", 0x40004c00, RCC_U5_APB1ENR1, BIT(19), STM32_UART4),
	USART_UNIT("UART5", 0x40005000, RCC_U5_APB1ENR1, BIT(20), STM32_UART5),
	EMPTY_UNIT("I2C1", 0x40005400, RCC_U5_APB1ENR1, BIT(21)),
	EMPTY_UNIT("I2C2", 0x40005800, RCC_U5_APB1ENR1, BIT(22)),
	EMPTY_UNIT("CRS", 0x40006000, RCC_U5_APB1ENR1, BIT(24)),
	EMPTY_UNIT("I2C4", 0x40008400, RCC_U5_APB1ENR2, BIT(1)),
	EMPTY_UNIT("LPTIM2", 0x40009400, RCC_U5_APB1ENR2, BIT(5)),
	EMPTY_UNIT("FDCAN1", 0x4000a400, RCC_U5_APB1ENR2, BIT(9)),
	EMPTY_UNIT("FDCAN SRAM", 0x4000ac00, RCC_U5_APB1ENR2, BIT(9)),
	EMPTY_UNIT("UCPD1", 0x4000dc00, RCC_U5_APB1ENR2, BIT(23)),
	/* APB2 */
	TIM_UNIT("TIM1", 0x40012c00, RCC_U5_APB2ENR, BIT(11), 6),
	TIM_UNIT("TIM8", 0x40013400, RCC_U5_APB2ENR, BIT(13), 7),
	TIM_UNIT("TIM15", 0x40014000, RCC_U5_APB2ENR, BIT(16), 8),
	TIM_UNIT("TIM16", 0x40014400, RCC_U5_APB2ENR, BIT(17), 9),
	TIM_UNIT("TIM17", 0x40014800, RCC_U5_APB2ENR, BIT(18), 10),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_U5_APB2ENR, BIT(12)),
	USART_UNIT("USART1", 0x40013800, RCC_U5_APB2ENR, BIT(14), STM32_USART1),
	EMPTY_UNIT("SAI1", 0x40015400, RCC_U5_APB2ENR, BIT(21)),
	EMPTY_UNIT("SAI2", 0x40015800, RCC_U5_APB2ENR, BIT(22)),
	/* AHB1 */
	{ "GPDMA1", 0x40020000, 0x1000, RCC_U5_AHB1ENR, BIT(0), UNIT_EMPTY },
	EMPTY_UNIT("CORDIC", 0x40021000, RCC_U5_AHB1ENR, BIT(1)),
	EMPTY_UNIT("FMAC", 0x40021400, RCC_U5_AHB1ENR, BIT(2)),
	FLASH_UNIT(0x40022000, RCC_U5_AHB1ENR, BIT(8)),
	CRC_UNIT(0x40023000, RCC_U5_AHB1ENR, BIT(12)),
	EMPTY_UNIT("TSC", 0x40024000, RCC_U5_AHB1ENR, BIT(16)),
	{ "MDF1", 0x40025000, 0x1000, RCC_U5_AHB1ENR, BIT(3), UNIT_EMPTY },
	{ "RAMCFG", 0x40026000, 0x1000, RCC_U5_AHB1ENR, BIT(17), UNIT_EMPTY },
	EMPTY_UNIT("DMA2D", 0x4002b000, RCC_U5_AHB1ENR, BIT(18)),
	EMPTY_UNIT("ICACHE", 0x40030400, 0, 0),
	EMPTY_UNIT("DCACHE1", 0x40031400, RCC_U5_AHB1ENR, BIT(30)),
	{ "GTZC1", 0x40032400, 0x1400, RCC_U5_AHB1ENR, BIT(24), UNIT_EMPTY },
	{ "BKPSRAM", 0x40036400, 0x800, RCC_U5_AHB1ENR, BIT(28), UNIT_EMPTY },
	/* AHB2 */
	GPIO_UNIT("GPIOA", 0x42020000, RCC_U5_AHB2ENR1, BIT(0), 0),
	GPIO_UNIT("GPIOB", 0x42020400, RCC_U5_AHB2ENR1, BIT(1), 1),
	GPIO_UNIT("GPIOC", 0x42020800, RCC_U5_AHB2ENR1, BIT(2), 2),
	GPIO_UNIT("GPIOD", 0x42020c00, RCC_U5_AHB2ENR1, BIT(3), 3),
	GPIO_UNIT("GPIOE", 0x42021000, RCC_U5_AHB2ENR1, BIT(4), 4),
	GPIO_UNIT("GPIOF", 0x42021400, RCC_U5_AHB2ENR1, BIT(5), 5),
	GPIO_UNIT("GPIOG", 0x42021800, RCC_U5_AHB2ENR1, BIT(6), 6),
	GPIO_UNIT("GPIOH", 0x42021c00, RCC_U5_AHB2ENR1, BIT(7), 7),
	GPIO_UNIT("GPIOI", 0x42022000, RCC_U5_AHB2ENR1, BIT(8), 8),
	EMPTY_UNIT("ADC1", 0x42028000, RCC_U5_AHB2ENR1, BIT(10)),
	EMPTY_UNIT("DCMI", 0x4202c000, RCC_U5_AHB2ENR1, BIT(12)),
	{ "OTG_FS", 0x42040000, 0x40000, RCC_U5_AHB2ENR1, BIT(14), UNIT_EMPTY },
	EMPTY_UNIT("HASH", 0x420c0400, RCC_U5_AHB2ENR1, BIT(17)),
	RNG_UNIT(0x420c0800, RCC_U5_AHB2ENR1, BIT(18)),
	EMPTY_UNIT("OCTOSPIM", 0x420c4000, RCC_U5_AHB2ENR1, BIT(21)),
	EMPTY_UNIT("SDMMC1", 0x420c8000, RCC_U5_AHB2ENR1, BIT(27)),
	EMPTY_UNIT("SDMMC2", 0x420c8c00, RCC_U5_AHB2ENR1, BIT(28)),
	EMPTY_UNIT("FSMC", 0x420d0400, RCC_U5_AHB2ENR2, BIT(0)),
	EMPTY_UNIT("OCTOSPI1", 0x420d1400, RCC_U5_AHB2ENR2, BIT(4)),
	EMPTY_UNIT("OCTOSPI2", 0x420d2400, RCC_U5_AHB2ENR2, BIT(8)),
	/* APB3 */
	SYSCFG_UNIT(0x46000400, RCC_U5_APB3ENR, BIT(1)),
	EMPTY_UNIT("SPI3", 0x46002000, RCC_U5_APB3ENR, BIT(5)),
	USART_UNIT("LPUART1", 0x46002400, RCC_U5_APB3ENR, BIT(6), STM32_LPUART1),
	EMPTY_UNIT("I2C3", 0x46002800, RCC_U5_APB3ENR, BIT(7)),
	EMPTY_UNIT("LPTIM1", 0x46004400, RCC_U5_APB3ENR, BIT(11)),
	EMPTY_UNIT("LPTIM3", 0x46004800, RCC_U5_APB3ENR, BIT(12)),
	EMPTY_UNIT("LPTIM4", 0x46004c00, RCC_U5_APB3ENR, BIT(13)),
	EMPTY_UNIT("OPAMP", 0x46005000, RCC_U5_APB3ENR, BIT(14)),
	EMPTY_UNIT("COMP", 0x46005400, RCC_U5_APB3ENR, BIT(15)),
	EMPTY_UNIT("VREFBUF", 0x46007400, RCC_U5_APB3ENR, BIT(20)),
	RTC_UNIT(0x46007800, RCC_U5_APB3ENR, BIT(21)),
	TAMP_UNIT(0x46007c00, RCC_U5_APB3ENR, BIT(21)),
	/* AHB3 */
	EMPTY_UNIT("LPGPIO1", 0x46020000, RCC_U5_AHB3ENR, BIT(0)),
	PWR_UNIT(0x46020800, RCC_U5_AHB3ENR, BIT(2)),
	RCC_UNIT(0x46020c00),
	EMPTY_UNIT("ADC4", 0x46021000, RCC_U5_AHB3ENR, BIT(5)),
	EMPTY_UNIT("DAC1", 0x46021800, RCC_U5_AHB3ENR, BIT(6)),
	EXTI_UNIT(0x46022000),
	{ "GTZC2", 0x46023000, 0xc00, RCC_U5_AHB3ENR, BIT(12), UNIT_EMPTY },
	{ "ADF1", 0x46024000, 0x1000, RCC_U5_AHB3ENR, BIT(10), UNIT_EMPTY },
	{ "LPDMA1", 0x46025000, 0x1000, RCC_U5_AHB3ENR, BIT(9), UNIT_EMPTY },
	{ .name = NULL }
};

static const struct stm32_bridge bridges[] = {
	{ 0x40000000, 0x4000e000 }, { 0x40010000, 0x40016400 }, { 0x46000000, 0x46008000 }, { 0 }
};

static const struct stm32_timer timers[] = {
	/* TIM2 to 7; TIM1, 8, 15, 16, 17 */
	{ 32, 45, false, BIT(0) }, { 16, 46, false, BIT(1) }, { 16, 47, false, BIT(2) },
	{ 32, 48, false, BIT(3) }, { 16, 49, false, BIT(4) }, { 16, 50, false, BIT(5) },
	{ 16, 42, true, BIT(11) }, { 16, 52, true, BIT(13) }, { 16, 69, true, BIT(16) },
	{ 16, 70, true, BIT(17) }, { 16, 71, true, BIT(18) },
	{ 0 }
};

static const struct stm32_ram ram[] = {
	{ .name = "SRAM1", .base = 0x20000000, .bytes = 0x30000,
	  .alias = { 0x0a000000 }, .rst_bit = BIT(15) },
	{ .name = "SRAM2", .base = 0x20030000, .bytes = 0x10000,
	  .alias = { 0x0a030000 }, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = "SRAM3", .base = 0x20040000, .bytes = 0x80000,
	  .alias = { 0x0a040000 }, .rst_bit = BIT(15) },
	{ .name = "SRAM4", .base = 0x28000000, .bytes = 0x4000, .rst_bit = BIT(15) },
	{ .name = NULL }
};

static const struct stm32_boot_bits boot = {
	.nrst_stop = BIT(12), .nrst_stdby = BIT(13), .nrst_shdw = BIT(14),
	.n_sw_boot0 = BIT(26), .nboot0 = BIT(27), .has_addresses = true, .tzen = BIT(31),
};

/* RM0456 75: SW-DPv2, one AHB5-AP; the chip's ROM table at 0xe00fe000 points to the core's. */
static const struct vb_dp_config dp = {
	.dpidr = 0x0be12477,
	.targetid = 0x04820041,
	.has_dormant = true,
	.jtag_idcode = 0x0ba04477,
	.ap = { { .idr = 0x14770015, .base = 0xe00fe003, .csw_reset = 0x43000040,
		  .tar_wrap = 0x400, .has_byte = true } },
	.tap = { { .idcode = 0x0ba04477, .ir_bits = 4, .is_dp = true },
		 { .idcode = 0x06482041, .ir_bits = 5 } },
};

const struct stm32_part stm32u575_part = {
	.name = "STM32U575ZI",
	.core = VB_CORTEX_M33, .cpuid = 0x410fd214, .irqs = 126, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00fe000, .rom_pidr = { 0x82, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x20016482,		/* revision X */
	.dbgmcu_base = 0xe0044000,
	.line = &stm32u5_line,
	.flash = &stm32u575_flash, .flash_kb = 2048,
	.ram = ram, .boot = &boot, .units = units, .bridges = bridges, .timers = timers,
	.usart_irq = { 61, 62, 63, 64, 65, 66 },
	.system_memory = 0x0bf90000, .loader_stack = 0x20002d00, .loader_entry = 0x0bf96145,
	.loader_version = 0x0bf96ffe,
	.uid = 0x0bfa0700, .size_reg = 0x0bfa07a0, .package = 0x0bfa0500,
	.led_port = 'C', .led_pin = 7, .button_port = 'C', .button_pin = 13, .button_is_high = true,
	.console = STM32_USART1, .uart_tx = { 'A', 9, 7 }, .uart_rx = { 'A', 10, 7 },
	.uart_sel_offset = RCC_U5_CCIPR1, .uart_sel_shift = 0, .uart_on_apb2 = true,
	.trace_mask = 0xf0, .trace_async = 0x30,
};

const struct vb_chip stm32u575_chip = {
	.board_name = "nucleo-u575",
	.help = "NUCLEO-U575ZI-Q: STM32U575ZI, Cortex-M33, 2 MiB flash in two banks, "
		"192 + 64 + 512 + 16 KiB SRAM",
	.part = &stm32u575_part,
	STM32_CHIP_OPS,
};
