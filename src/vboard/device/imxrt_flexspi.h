/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_flexspi: FLEXSPI and FLEXSPI2 of the i.MX RT10xx (RM "FlexSPI Controller"): registers, the LUT
 * engine that turns sequences into clocks on the wires, IP commands with their FIFOs and watermarks,
 * the AHB window with its RX buffers and prefetch, error codes and time-outs.
 *
 * The window is one RAM region over the array of the flash. While a read over the wires would give
 * the array's bytes (LUT, pads, wires, state of the flash, clocks all right, no stale buffer) the CPU
 * runs from it directly; otherwise the region is guarded and every access runs its sequence. The
 * debugger's accesses always do, through the buffer of its master.
 */
#ifndef VB_DEVICE_IMXRT_FLEXSPI_H
#define VB_DEVICE_IMXRT_FLEXSPI_H

#include "vboard/device/imxrt.h"
#include "vboard/device/nor.h"

struct imxrt_flexspi;

struct imxrt_flexspi_config {
	unsigned instance;		/* 0: FLEXSPI, 1: FLEXSPI2 */
	uint32_t window, window_bytes;	/* AHB */
	uint32_t alias;			/* a second address of the same; 0: none */
	uint32_t tx_window, rx_window;	/* FIFO windows */
	int irq;
	bool has_clrahbbuf;		/* AHBCR.CLRAHBRXBUF/TXBUF exist (not on RT1050) */
};

struct imxrt_flexspi *imxrt_flexspi_new(struct imxrt_env *env,
					const struct imxrt_flexspi_config *config);
void imxrt_flexspi_free(struct imxrt_flexspi *fs);
/* port 0..3: A1, A2, B1, B2. The flash outlives the controller. */
void imxrt_flexspi_attach(struct imxrt_flexspi *fs, unsigned port, struct nor *nor);
/* Adds window, alias and FIFO windows to the bus. The register block is the chip's to add, as a slave
 * with imxrt_flexspi_ops and the controller as its dev. */
void imxrt_flexspi_map(struct imxrt_flexspi *fs);
void imxrt_flexspi_reset(struct imxrt_flexspi *fs);
extern const struct vb_device_ops imxrt_flexspi_ops;
/* IOMUXC_GPR30..32 of RT106x: offset remap inside the window; size 0: off. */
void imxrt_flexspi_remap(struct imxrt_flexspi *fs, uint32_t start, uint32_t end, uint32_t offset);
uint64_t imxrt_flexspi_ip_commands(const struct imxrt_flexspi *fs);
/* One JSON object: registers that matter, counters (ip commands, ahb reads, stale reads, errors). */
void imxrt_flexspi_describe(const struct imxrt_flexspi *fs, FILE *out);

#endif
