/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_spi: a serial flash as the wires to it see it, clock by clock: CS#, SCK, IO0..IO7, RESET#, and
 * RWDS of HyperBus. A controller (imxrt_flexspi) drives it, a device (nor.h, hyperflash.h) answers.
 * Whoever sends the wrong opcode, the wrong number of dummy clocks or 1-pad bits to a flash that
 * listens on four gets what the levels on the wires make of it.
 *
 * Lines nobody drives are pulled up: they read 1.
 */
#ifndef VB_DEVICE_SPI_BUS_H
#define VB_DEVICE_SPI_BUS_H

#include <stdbool.h>
#include <stdint.h>

struct vb_spi_ops {
	/* CS# falls or rises. A command ends with the rising edge: that is when writes begin. */
	void (*select)(void *dev, bool low);
	/*
	 * One SCK period (ddr false: mode 0, sampled at the rising edge) or one edge of SCK (ddr
	 * true). `out` are the levels on IO7..IO0 as the host puts them, 1 where it does not drive;
	 * `drive` says which lines it drives. Returns the levels the host samples in this period:
	 * the device's where the device drives, else `out`. Only called while selected.
	 */
	uint8_t (*clock)(void *dev, uint8_t out, uint8_t drive, bool ddr);
	/* RWDS/DQS as the device holds it now (HyperBus: high in the CA phase asks for twice the
	 * latency). NULL: no such pin. */
	bool (*rwds)(void *dev);
	/* The host holds RWDS during write data: true masks the byte. NULL: no such pin. */
	void (*set_rwds)(void *dev, bool level);
	void (*reset_pin)(void *dev, bool low);		/* NULL: no such pin */
};

struct vb_spi_device {
	const struct vb_spi_ops *ops;
	void *dev;
};

#endif
