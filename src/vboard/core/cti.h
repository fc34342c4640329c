/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_cti: a CoreSight cross trigger interface (ARM DDI 0480, SoC-400; the M7's is one, DDI 0489 10)
 * with eight trigger inputs, eight outputs and four channels, and the matrix (CTM) that joins several.
 *
 * An input that CTIINEN maps makes a channel active, and so does CTIAPPSET or CTIAPPPULSE; a channel
 * reaches the other interfaces of the matrix where the sender's CTIGATE lets it, and every output that
 * CTIOUTEN maps, the sender's own included. An output stays asserted until CTIINTACK acknowledges it
 * while none of its channels is active any more; those of `self_acknowledging` are answered by what is
 * behind them. Inputs come as pulses. Clearing GLBEN stops the mapping, not an output that waits for its
 * acknowledge. The software lock (LAR) binds the core, not the debugger. No integration registers but
 * ITCTRL, which stops the mapping.
 *
 * `out` may be called from any function below, also from inside another call of it.
 */
#ifndef VB_CORE_CTI_H
#define VB_CORE_CTI_H

#include <stdbool.h>
#include <stdint.h>

#define VB_CTI_TRIGGERS	8u
#define VB_CTI_CHANNELS	4u

struct vb_cti_config {
	uint8_t self_acknowledging;	/* a bit per output */
	void (*out)(void *ctx, unsigned n, bool level);
	void *ctx;
};

struct vb_cti;

struct vb_cti *vb_cti_new(const struct vb_cti_config *config);
void vb_cti_free(struct vb_cti *cti);
void vb_cti_reset(struct vb_cti *cti);		/* of the debug power domain */
void vb_cti_join(struct vb_cti *a, struct vb_cti *b);	/* once for each pair of matrices */
void vb_cti_pulse(struct vb_cti *cti, unsigned input);
/* Words. Identification from DEVARCH (0xfbc) on, but for DEVID, belongs to the bus window. */
uint32_t vb_cti_read(const struct vb_cti *cti, uint32_t offset, bool is_debugger);
void vb_cti_write(struct vb_cti *cti, uint32_t offset, uint32_t value, bool is_debugger);

#endif
