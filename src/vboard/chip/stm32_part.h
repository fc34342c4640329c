/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32_part: what differs between the STM32 boards. chip/stm32_chip*.c is the machine they share;
 * each board is one const table, chip/NAME.c, with a `const struct vb_chip` whose `part` points to it.
 *
 * The flash controller of a part is its family's (device/stm32l4_flash.h), its clocks, power and
 * system devices are its line's (device/stm32*_rcc.h, stm32_system.h). A part has no code of its own.
 *
 * Writing one: the RAM and unit tables from the CMSIS header and the manual's memory map, the boot
 * rules from its chapter "boot configuration", the debug port from "debug support".
 */
#ifndef VB_CHIP_STM32_PART_H
#define VB_CHIP_STM32_PART_H

#include "vboard/board.h"
#include "vboard/device/stm32.h"
#include "vboard/device/stm32_system.h"
#include "vboard/device/stm32l4_flash.h"

#define STM32_ALIASES 3
/* Lines with TrustZone: how far above an address its secure alias is, in RAM and peripherals, and in
 * the code region. */
#define STM32_SECURE_DATA 0x10000000u
#define STM32_SECURE_CODE 0x04000000u

struct stm32_ram {
	const char *name;
	uint32_t base, bytes;
	uint32_t alias[STM32_ALIASES];	/* the same bytes at other addresses, 0: none */
	/* Closed to debuggers at RDP level 1, erased by RDP 1 to 0. */
	bool is_sram2;
	uint32_t rst_bit;		/* OPTR: 0 in it erases this RAM at every system reset */
};

/* A place on the buses. dev and bus_ctx are offsets in struct stm32_chip; see stm32_units.h. */
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

struct stm32_timer {
	unsigned width;			/* 0: the table's end */
	int irq;
	bool on_apb2;
	uint32_t freeze;		/* bit of DBGMCU_APB1FZR1, or of APB2FZ */
};

struct stm32_pin {
	char port;			/* 'A'..; 0: none */
	uint8_t pin, af;
};

/* OPTR bits of the boot and reset rules; 0: the line has no such bit. */
struct stm32_boot_bits {
	uint32_t nrst_stop, nrst_stdby, nrst_shdw;
	uint32_t bfb2;			/* boot from bank 2, by way of system memory */
	uint32_t nboot1;
	/*
	 * Who says BOOT0: with n_sw_boot0, 1 is the pin and 0 the option nboot0; with nboot_sel it is
	 * the other way round. Without either: the pin.
	 */
	uint32_t n_sw_boot0, nboot_sel, nboot0;
	bool has_empty;			/* an empty flash, as sampled with the options, boots the loader */
	bool has_addresses;		/* the vector table's address by NSBOOTADDxR, no MEM_MODE */
	uint32_t tzen;
	uint32_t boot_lock;		/* offset of SECR or SEC1R, whose bit 16 is BOOT_LOCK */
};

/* A second core of the same kind behind an AP of its own. */
struct stm32_second {
	unsigned apsel;
	uint32_t vectors;		/* where it boots */
	bool boots_itself;		/* at every reset; else when PWR_CR4.C2BOOT is set */
	uint32_t cti_base;		/* of the cross trigger interface that each core has, joined */
};

struct stm32_part {
	const char *name;		/* "STM32L476RG" */
	enum vb_core core;
	uint32_t cpuid;
	unsigned irqs, nvic_prio_bits;
	bool no_bitband;
	uint32_t rom_table_base, rom_pidr[5];
	const struct vb_dp_config *dp;
	const struct stm32_second *second;	/* NULL: one core */
	uint32_t idcode;		/* DBGMCU_IDCODE: REV_ID, bits 15:12, DEV_ID */
	uint32_t dbgmcu_base;		/* 0xe0042000, 0xe0044000; 0: it is one of the units (APB) */
	const struct stm32_line *line;	/* clocks, power and system devices */
	const struct stm32l4_flash_family *flash;
	unsigned flash_kb;
	const struct stm32_ram *ram;	/* ends with name NULL; the first is what MEM_MODE 3 shows */
	const struct stm32_boot_bits *boot;
	const struct stm32_unit *units;	/* ends with name NULL */
	const struct stm32_bridge *bridges;	/* ends with end 0 */
	const struct stm32_timer *timers;	/* chip->tim[0..]; ends with width 0 */
	int usart_irq[6];		/* USART1, 2, 3, UART4, 5, LPUART1; -1: none */
	/* The information block: the boot loader's vectors, code, version byte; UID, size, package. */
	uint32_t system_memory, loader_stack, loader_entry, loader_version;
	/* For the stand-in of the boot loader on lines with BFB2: how much RAM from 0x20000000 may hold
	 * bank 2's stack, and where bank 2 is (0: half of the size register). */
	uint32_t loader_flash, loader_ram, loader_bank2;
	uint32_t uid, size_reg, package;
	/* The board. */
	uint32_t hse_hz;		/* the crystal or clock at OSC_IN; 0: none */
	char led_port, button_port;
	uint8_t led_pin, button_pin;
	bool button_is_high;		/* pressed reads 1 */
	unsigned console;		/* chip->usart[] index of the virtual COM port */
	struct stm32_pin uart_tx, uart_rx;
	uint32_t uart_sel_offset;	/* RCC: where its clock is chosen; 0: its bus clock */
	uint8_t uart_sel_shift;
	bool uart_on_apb2;
	uint32_t trace_mask, trace_async;	/* DBGMCU_CR with TRACESWO on its pin; 0: no SWO */
};

/* Of stm32l476.c, for the boards that are built around the same chip. */
extern const struct stm32_unit stm32l476_units[];
extern const struct stm32_bridge stm32l476_bridges[];
extern const struct stm32_timer stm32l476_timers[];
extern const struct stm32_ram stm32l476_ram[];
extern const struct stm32_boot_bits stm32l476_boot;
extern const struct stm32_part stm32l476_part, stm32l4r5_part, stm32l432_part, stm32g0b1_part,
	stm32g474_part, stm32l552_part, stm32u575_part, stm32wb55_part;

#endif
