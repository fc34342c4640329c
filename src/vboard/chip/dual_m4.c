/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two Cortex-M4F behind one debug port. Nobody sells this chip: it is an STM32L476 (memories, flash
 * controller, clocks, peripherals) with a second core, built as ST builds its chips with two of them:
 * AP0 leads to the first core, AP1 to the second (RM0453 38.2); both see the same memories and
 * peripherals, each has a private peripheral bus of its own, interrupt lines reach both; SYSRESETREQ of
 * either resets the system (RM0399 10.4).
 *
 * dual-m4 boots both cores at reset, as an STM32H745 with BCM4 = BCM7 = 1 does (RM0399 2.6). On
 * dual-m4-held the second core has no clock until the first sets PWR_CR4.C2BOOT, as on an STM32WL55
 * (RM0453 6.6.4); until then its private peripherals answer AP1 with a bus error.
 *
 * The second core boots from bank 2. Each core has a cross trigger interface at 0xE0043000, joined to the
 * other's (RM0399 63.5, RM0453 38.7).
 */
#include "vboard/chip/stm32_units.h"

#define CORE_AP                                                                                    \
	{ .idr = 0x24770011, .base = 0xe00ff003, .csw_reset = 0x23000040, .tar_wrap = 0x1000,      \
	  .has_packed = true, .has_byte = true }

static const struct vb_dp_config dp = {
	.dpidr = 0x2ba01477, .jtag_idcode = 0x4ba00477, .ap = { CORE_AP, CORE_AP },
	.tap = { { .idcode = 0x4ba00477, .ir_bits = 4, .is_dp = true },
		 { .idcode = 0x06415041, .ir_bits = 5 } },
};

static const struct stm32_second boots = { .apsel = 1, .vectors = 0x08080000, .boots_itself = true,
					   .cti_base = 0xe0043000 };
static const struct stm32_second waits = { .apsel = 1, .vectors = 0x08080000, .cti_base = 0xe0043000 };

#define PART                                                                                       \
	.name = "dual Cortex-M4", .core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 82,          \
	.nvic_prio_bits = 4, .rom_table_base = 0xe00ff000,                                         \
	.rom_pidr = { 0x15, 0x04, 0x0a, 0x00, 0x00 }, .dp = &dp, .idcode = 0x10076415,             \
	.dbgmcu_base = 0xe0042000, .line = &stm32l4_dual_line, .flash = &stm32l476_flash,          \
	.flash_kb = 1024, .ram = stm32l476_ram, .boot = &stm32l476_boot, .units = stm32l476_units, \
	.bridges = stm32l476_bridges, .timers = stm32l476_timers,                                  \
	.usart_irq = { 37, 38, 39, 52, 53, 70 }, .system_memory = 0x1fff0000,                      \
	.loader_stack = 0x20002d00, .loader_entry = 0x1fff6145, .loader_version = 0x1fff6ffe,      \
	.loader_flash = 0x40022000, .loader_ram = 0x18000, .uid = 0x1fff7590,                      \
	.size_reg = 0x1fff75e0, .package = 0x1fff7500, .led_port = 'A', .led_pin = 5,              \
	.button_port = 'C', .button_pin = 13, .console = STM32_USART2,                             \
	.uart_tx = { 'A', 2, 7 }, .uart_rx = { 'A', 3, 7 }, .uart_sel_offset = RCC_CCIPR,          \
	.uart_sel_shift = 2, .trace_mask = 0xe0, .trace_async = 0x20

static const struct stm32_part dual_part = { PART, .second = &boots };
static const struct stm32_part held_part = { PART, .second = &waits };

const struct vb_chip dual_m4_chip = {
	.board_name = "dual-m4",
	.help = "two Cortex-M4F on one debug port (AP0, AP1), 1 MiB flash, 96 + 32 KiB SRAM; both boot",
	.part = &dual_part,
	STM32_CHIP_OPS,
};

const struct vb_chip dual_m4_held_chip = {
	.board_name = "dual-m4-held",
	.help = "dual-m4 whose second core waits until the first sets PWR_CR4.C2BOOT",
	.part = &held_part,
	STM32_CHIP_OPS,
};
