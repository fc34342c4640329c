/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_ap: one MEM-AP (ADIv5): CSW, TAR, DRW, the banked data window and the identification words.
 *
 * Only DRW and BD0..3 reach the bus. Such an access may stall: it then stays in `op` and the owner
 * (dp.c) calls vb_ap_continue() when the slave said it would be ready. The AP knows nothing of
 * sticky flags, WAIT or posting: that is the DP's.
 */
#ifndef VB_CORE_AP_H
#define VB_CORE_AP_H

#include "vboard/core/bus.h"
#include "vboard/core/dp.h"

#define AP_CSW	0x00u
#define AP_TAR	0x04u
#define AP_DRW	0x0cu
#define AP_BD0	0x10u
#define AP_BD3	0x1cu
#define AP_CFG	0xf4u
#define AP_BASE 0xf8u
#define AP_IDR	0xfcu

struct vb_ap {
	const struct vb_ap_config *config;
	struct vb_bus *bus;
	uint32_t csw, tar;
	bool is_disabled;	/* CSW.DeviceEn reads 0 */
	/* The DRW or BD access under way: `beats` bus transfers of `size` bytes, `beat` of them
	 * done. */
	struct vb_ap_op {
		bool is_active, is_read, increments;
		uint32_t addr, data;
		unsigned size, beat, beats;
	} op;
};

void vb_ap_init(struct vb_ap *ap, const struct vb_ap_config *config, struct vb_bus *bus);
void vb_ap_reset(struct vb_ap *ap);
/*
 * Access to the register at `offset` (APBANKSEL << 4 | A[3:2] << 2). VB_STALL: *stall_until_ns is
 * when to call vb_ap_continue(); *data is then filled by that call.
 */
enum vb_result vb_ap_access(struct vb_ap *ap, unsigned offset, bool is_read, uint32_t *data,
			    uint64_t *stall_until_ns);
enum vb_result vb_ap_continue(struct vb_ap *ap, uint32_t *data, uint64_t *stall_until_ns);
/* Forgets a stalled access: the bus was reset under it. */
void vb_ap_drop(struct vb_ap *ap);
/* Whether an access to `offset` reaches the bus. */
bool vb_ap_uses_bus(unsigned offset);

#endif
