/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of imxrt_flexspi: registers (imxrt_flexspi_regs.c), the LUT engine on the wires
 * (imxrt_flexspi_lut.c), IP commands and FIFOs (imxrt_flexspi_ip.c), the AHB window
 * (imxrt_flexspi_ahb.c), and the flash shown to the CPU directly (imxrt_flexspi.c).
 *
 * Bits move at once, when a piece of a sequence begins; what comes of it (FIFO levels, CS#, flags) is
 * seen when its clocks have passed.
 */
#ifndef VB_DEVICE_IMXRT_FLEXSPI_PRIV_H
#define VB_DEVICE_IMXRT_FLEXSPI_PRIV_H

#include "vboard/device/imxrt_flexspi_parts.h"

/* Registers */
static inline uint32_t fs_reg(const struct imxrt_flexspi *fs, uint32_t offset)
{
	return fs->reg[offset / 4];
}
uint64_t fs_now(const struct imxrt_flexspi *fs);
bool fs_is_on(const struct imxrt_flexspi *fs);		/* MDIS, gate */
uint32_t fs_sck(const struct imxrt_flexspi *fs);		/* Hz; 0: stopped */
uint64_t fs_clocks_ns(const struct imxrt_flexspi *fs, uint64_t clocks);
uint64_t fs_ahb_ns(const struct imxrt_flexspi *fs, uint64_t clocks);	/* UINT64_MAX: never */
uint32_t fs_intr(const struct imxrt_flexspi *fs);
void fs_raise(struct imxrt_flexspi *fs, uint32_t bits);
void fs_update_irq(struct imxrt_flexspi *fs);
void fs_registers_reset(struct imxrt_flexspi *fs);
void fs_soft_reset(struct imxrt_flexspi *fs);
bool fs_dll_is_locked(const struct imxrt_flexspi *fs, unsigned side);
void fs_dll_look(struct imxrt_flexspi *fs);

/* LUT engine. The code of STS1 and the sequence it is about. */
enum fs_code fs_check(const struct imxrt_flexspi *fs, enum fs_source source, unsigned id,
		      unsigned count, unsigned *failed_id);
/* Which flash: false beyond all of them. `offset` becomes that in the flash, `room` up to its end. */
bool fs_locate(const struct imxrt_flexspi *fs, uint32_t *offset, unsigned *port, uint64_t *room);
uint32_t fs_flash_cr(const struct imxrt_flexspi *fs, uint32_t first, unsigned port);
/* Takes port, id, count, offset, size and source from `seq`; CS# falls. */
void fs_seq_begin(struct imxrt_flexspi *fs, struct fs_seq *seq);
/* Clocks out instructions up to the next data, or to the end of the last sequence. */
enum fs_step fs_seq_step(struct imxrt_flexspi *fs, struct fs_seq *seq);
void fs_seq_read(struct fs_seq *seq, uint8_t *to, unsigned bytes);
void fs_seq_write(struct fs_seq *seq, const uint8_t *from, unsigned bytes);
void fs_seq_end(struct imxrt_flexspi *fs, struct fs_seq *seq);		/* CS# rises */

/* IP commands */
void fs_ip_trigger(struct imxrt_flexspi *fs);
void fs_ip_resume(struct imxrt_flexspi *fs);	/* a FIFO moved, or a clock came back */
void fs_ip_abort(struct imxrt_flexspi *fs);
unsigned fs_watermark(const struct imxrt_flexspi *fs, uint32_t fcr);
void fs_rx_pop(struct imxrt_flexspi *fs);
void fs_tx_push(struct imxrt_flexspi *fs);
extern const struct vb_device_ops fs_rx_window_ops, fs_tx_window_ops;

/* AHB; `offset` counts from the start of the window. */
enum vb_result fs_ahb_read(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			   uint32_t *value);
enum vb_result fs_ahb_write(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			    uint32_t value);
bool fs_ahb_is_busy(const struct imxrt_flexspi *fs);
void fs_ahb_suspend(struct imxrt_flexspi *fs);	/* somebody else wants the wires */
void fs_ahb_resume_later(struct imxrt_flexspi *fs);
void fs_ahb_clear(struct imxrt_flexspi *fs);	/* all buffers */
void fs_ahb_forget_held(struct imxrt_flexspi *fs);
bool fs_ahb_is_coherent(const struct imxrt_flexspi *fs);
/* What a core that fetched at `offset` without us has left in its buffer. */
void fs_ahb_as_fetched(struct imxrt_flexspi *fs, uint32_t offset);

/* The direct view */
void fs_hide(struct imxrt_flexspi *fs);
/* Code that came over the wires: `bytes` of it from the flash of port 0. */
void fs_prove(struct imxrt_flexspi *fs, uint32_t offset, const uint8_t *bytes, unsigned n);

#endif
