/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32WB55RG on a NUCLEO-WB55RG: the Cortex-M4 and what it shares with the radio core, which is
 * not there (AP 1 does not answer). Memory map and clock enables: RM0434 tables 2 and 8.4,
 * interrupts table 58, boot 2.3; pins: UM2435.
 */
#include "vboard/chip/stm32_units.h"

static const struct stm32_unit units[] = {
	/* APB1 */
	TIM_UNIT("TIM2", 0x40000000, RCC_APB1ENR1, BIT(0), 0),
	EMPTY_UNIT("LCD", 0x40002400, RCC_APB1ENR1, BIT(9)),
	RTC_UNIT(0x40002800, RCC_APB1ENR1, BIT(10)),
	WWDG_UNIT(0x40002c00, RCC_APB1ENR1, BIT(11)),
	IWDG_UNIT(0x40003000),
	EMPTY_UNIT("SPI2", 0x40003800, RCC_APB1ENR1, BIT(14)),
	EMPTY_UNIT("I2C1", 0x40005400, RCC_APB1ENR1, BIT(21)),
	EMPTY_UNIT("I2C3", 0x40005c00, RCC_APB1ENR1, BIT(23)),
	EMPTY_UNIT("CRS", 0x40006000, RCC_APB1ENR1, BIT(24)),
	EMPTY_UNIT("USB", 0x40006800, RCC_APB1ENR1, BIT(26)),
	EMPTY_UNIT("USB SRAM", 0x40006c00, RCC_APB1ENR1, BIT(26)),
	EMPTY_UNIT("LPTIM1", 0x40007c00, RCC_APB1ENR1, BIT(31)),
	USART_UNIT("LPUART1", 0x40008000, RCC_APB1ENR2, BIT(0), STM32_LPUART1),
	EMPTY_UNIT("LPTIM2", 0x40009400, RCC_APB1ENR2, BIT(5)),
	/* APB2 */
	SYSCFG_UNIT(0x40010000, 0, 0),
	TIM_UNIT("TIM1", 0x40012c00, RCC_APB2ENR, BIT(11), 1),
	EMPTY_UNIT("SPI1", 0x40013000, RCC_APB2ENR, BIT(12)),
	USART_UNIT("USART1", 0x40013800, RCC_APB2ENR, BIT(14), STM32_USART1),
	TIM_UNIT("TIM16", 0x40014400, RCC_APB2ENR, BIT(17), 2),
	TIM_UNIT("TIM17", 0x40014800, RCC_APB2ENR, BIT(18), 3),
	EMPTY_UNIT("SAI1", 0x40015400, RCC_APB2ENR, BIT(21)),
	/* AHB1 */
	EMPTY_UNIT("DMA1", 0x40020000, RCC_AHB1ENR, BIT(0)),
	EMPTY_UNIT("DMA2", 0x40020400, RCC_AHB1ENR, BIT(1)),
	EMPTY_UNIT("DMAMUX1", 0x40020800, RCC_AHB1ENR, BIT(2)),
	CRC_UNIT(0x40023000, RCC_AHB1ENR, BIT(12)),
	EMPTY_UNIT("TSC", 0x40024000, RCC_AHB1ENR, BIT(16)),
	/* AHB2 */
	GPIO_UNIT("GPIOA", 0x48000000, RCC_AHB2ENR, BIT(0), 0),
	GPIO_UNIT("GPIOB", 0x48000400, RCC_AHB2ENR, BIT(1), 1),
	GPIO_UNIT("GPIOC", 0x48000800, RCC_AHB2ENR, BIT(2), 2),
	GPIO_UNIT("GPIOD", 0x48000c00, RCC_AHB2ENR, BIT(3), 3),
	GPIO_UNIT("GPIOE", 0x48001000, RCC_AHB2ENR, BIT(4), 4),
	GPIO_UNIT("GPIOH", 0x48001c00, RCC_AHB2ENR, BIT(7), 7),
	EMPTY_UNIT("ADC", 0x50040000, RCC_AHB2ENR, BIT(13)),
	EMPTY_UNIT("AES1", 0x50060000, RCC_AHB2ENR, BIT(16)),
	/* AHB4, shared with the radio core */
	RCC_UNIT(0x58000000),
	PWR_UNIT(0x58000400, 0, 0),
	EXTI_UNIT(0x58000800),
	EMPTY_UNIT("IPCC", 0x58000c00, RCC_AHB3ENR, BIT(20)),
	RNG_UNIT(0x58001000, RCC_AHB3ENR, BIT(18)),
	EMPTY_UNIT("HSEM", 0x58001400, RCC_AHB3ENR, BIT(19)),
	EMPTY_UNIT("AES2", 0x58001800, RCC_AHB3ENR, BIT(17)),
	{ "PKA", 0x58002000, 0x2000, RCC_AHB3ENR, BIT(16), UNIT_EMPTY },
	FLASH_UNIT(0x58004000, RCC_AHB3ENR, BIT(25)),
	EMPTY_UNIT("QUADSPI", 0xa0001000, RCC_AHB3ENR, BIT(8)),
	{ .name = NULL }
};

static const struct stm32_bridge bridges[] = {
	{ 0x40000000, 0x40009800 }, { 0x40010000, 0x40015800 }, { 0 }
};

static const struct stm32_timer timers[] = {
	/* TIM2; TIM1, 16, 17 */
	{ 32, 28, false, BIT(0) }, { 16, 25, true, BIT(11) }, { 16, 25, true, BIT(17) },
	{ 16, 26, true, BIT(18) },
	{ 0 }
};

static const struct stm32_ram ram[] = {
	{ .name = "SRAM1", .base = 0x20000000, .bytes = 0x30000 },
	{ .name = "SRAM2a", .base = 0x20030000, .bytes = 0x8000,
	  .alias = { 0x10000000 }, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = "SRAM2b", .base = 0x20038000, .bytes = 0x8000,
	  .alias = { 0x10008000 }, .is_sram2 = true, .rst_bit = BIT(25) },
	{ .name = NULL }
};

static const struct stm32_boot_bits boot = {
	.nrst_stop = BIT(12), .nrst_stdby = BIT(13), .nrst_shdw = BIT(14),
	.nboot1 = BIT(23), .n_sw_boot0 = BIT(26), .nboot0 = BIT(27), .has_empty = true,
};

/* RM0434 41: SW-DPv2; AP 0 is CPU1's. */
static const struct vb_dp_config dp = {
	.dpidr = 0x6ba02477,
	.targetid = 0x04950041,
	.has_dormant = true,
	.jtag_idcode = 0x6ba00477,
	.ap = { { .idr = 0x24770011, .base = 0xe00ff003, .csw_reset = 0x23000040,
		  .tar_wrap = 0x1000, .has_packed = true, .has_byte = true } },
	.tap = { { .idcode = 0x6ba00477, .ir_bits = 4, .is_dp = true },
		 { .idcode = 0x06495041, .ir_bits = 5 } },
};

const struct stm32_part stm32wb55_part = {
	.name = "STM32WB55RG",
	.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 63, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00ff000, .rom_pidr = { 0x95, 0x04, 0x0a, 0x00, 0x00 },
	.dp = &dp,
	.idcode = 0x20016495,		/* revision 2.1 */
	.dbgmcu_base = 0xe0042000,
	.line = &stm32wb_line,
	.flash = &stm32wb55_flash, .flash_kb = 1024,
	.ram = ram, .boot = &boot, .units = units, .bridges = bridges, .timers = timers,
	.usart_irq = { 36, -1, -1, -1, -1, 37 },
	.system_memory = 0x1fff0000, .loader_stack = 0x20002d00, .loader_entry = 0x1fff6145,
	.loader_version = 0x1fff6ffe,
	.uid = 0x1fff7590, .size_reg = 0x1fff75e0, .package = 0x1fff7500,
	.hse_hz = 32000000,
	.led_port = 'B', .led_pin = 5, .button_port = 'C', .button_pin = 4,
	.console = STM32_USART1, .uart_tx = { 'B', 6, 7 }, .uart_rx = { 'B', 7, 7 },
	.uart_sel_offset = RCC_CCIPR, .uart_sel_shift = 0, .uart_on_apb2 = true,
	.trace_mask = 0xe0, .trace_async = 0x20,
};

const struct vb_chip stm32wb55_chip = {
	.board_name = "nucleo-wb55",
	.help = "NUCLEO-WB55RG: STM32WB55RG, Cortex-M4F, 1 MiB flash shared with the "
		"radio core, 192 + 64 KiB SRAM",
	.part = &stm32wb55_part,
	STM32_CHIP_OPS,
};
