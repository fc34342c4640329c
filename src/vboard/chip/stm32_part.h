/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32_part: what differs between the STM32 boards. chip/stm32_chip*.c is the machine they share;
 * each board is one const table, chip/NAME.c with `const struct stm32_part NAME_part` and a
 * `const struct vb_chip`.
 *
 * The flash controller of a part is its family's (device/stm32l4_flash.h), its clocks, power and
 * system devices are its line's (device/stm32_rcc.h, stm32_system.h). A part has no code of its own
 * but callbacks that no table can say.
 */
#ifndef VB_CHIP_STM32_PART_H
#define VB_CHIP_STM32_PART_H

#include "vboard/board.h"
#include "vboard/device/stm32.h"
#include "vboard/device/stm32l4_flash.h"
#include "vboard/device/stm32l4_rcc.h"

struct stm32_ram {
	const char *name;
	uint32_t base, bytes;
	uint32_t alias;			/* a second address, 0: none */
	/* Closed to debuggers at RDP level 1, erased by RDP 1 to 0 and by SRAM2_RST. */
	bool is_sram2;
};

/* A place on the buses. dev and bus_ctx are offsets in struct stm32_chip. */
struct stm32_unit {
	const char *name;
	uint32_t base, size;
	uint32_t enr;			/* the RCC enable register's offset; 0: always clocked */
	uint32_t bit;
	const struct vb_device_ops *ops;	/* NULL: not modelled, reads 0, drops writes */
	size_t bus_ctx, dev;
	void (*reset)(void *dev);
};

struct stm32_bridge {			/* addresses between units answer as reserved, not as a fault */
	uint32_t first, end;
};

struct stm32_part {
	const char *name;		/* "STM32L476RG" */
	enum vb_core core;
	uint32_t cpuid;
	unsigned irqs, nvic_prio_bits;
	uint32_t rom_table_base, rom_pidr[5];
	const struct vb_dp_config *dp;
	uint32_t idcode;		/* DBGMCU_IDCODE: REV_ID, bits 15:12, DEV_ID */
	uint32_t dbgmcu_base;		/* 0xe0042000, 0xe0044000, 0x40015800 */
	const struct stm32l4_flash_family *flash;
	unsigned flash_kb;
	const struct stm32_ram *ram;	/* ends with name NULL; the first is what MEM_MODE 3 shows */
	const struct stm32_rcc_line *rcc;
	const struct stm32_pwr_line *pwr;
	const struct stm32_syscfg_line *syscfg;
	const struct stm32_dbgmcu_line *dbgmcu;
	const struct stm32_unit *units;	/* ends with name NULL */
	const struct stm32_bridge *bridges;	/* ends with end 0 */
	uint32_t gpio_base;		/* of port A; the ports are 0x400 apart */
	unsigned gpio_ports;
	uint32_t system_memory, reset_vector;	/* of the boot loader */
	char led_port, button_port, uart_port;
	uint8_t led_pin, button_pin, uart_tx_pin, uart_af;
	unsigned uart_irq;
};

extern const struct stm32_part stm32l476_part, stm32l4r5_part, stm32l432_part, stm32g0b1_part,
	stm32g474_part, stm32l552_part, stm32u575_part, stm32wb55_part;

#endif
