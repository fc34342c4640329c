/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_dp: the target end of the debug port: DP registers, APs, and the rules between them (posted
 * reads, sticky errors, WAIT, overrun detection). Two doors lead here: vb_swd / vb_jtag clock bits,
 * a register-level probe calls vb_dp_transfer() as its firmware would after decoding the wire.
 *
 * vb_dp_transfer() is one packet on the wire: AP reads return the *previous* AP read, exactly as on
 * SWD (`jtag` selects the JTAG-DP's own rules for sticky bits). The caller has already advanced the
 * clock to the moment of the packet.
 */
#ifndef VB_CORE_DP_H
#define VB_CORE_DP_H

#include "vboard/core/bus.h"
#include "vboard/core/clock.h"

enum vb_ack { VB_ACK_OK = 1, VB_ACK_WAIT = 2, VB_ACK_FAULT = 4, VB_ACK_NONE = 7 };

struct vb_dp_config {
	uint32_t dpidr;
	uint32_t targetid;		/* DPv2 and later */
	unsigned instance;
	bool has_dormant;
	uint32_t jtag_idcode;
	struct vb_ap_config {
		uint32_t idr, base, csw_reset;
		uint32_t tar_wrap;	/* 0x400 or 0x1000 */
		bool has_packed, has_byte;
	} ap[4];			/* idr 0: no such AP */
	/* One entry per TAP, nearest TDO first; the one with is_dp is the JTAG-DP. */
	struct vb_tap_config { uint32_t idcode; unsigned ir_bits; bool is_dp; } tap[4];
};

struct vb_dp;

struct vb_dp *vb_dp_new(const struct vb_dp_config *config, struct vb_bus *bus,
			struct vb_clock *clock);
void vb_dp_free(struct vb_dp *dp);
/* The bus behind one AP, where it is not that of all: each core has its own. Right after vb_dp_new(). */
void vb_dp_set_ap_bus(struct vb_dp *dp, unsigned apsel, struct vb_bus *bus);
const struct vb_dp_config *vb_dp_config(const struct vb_dp *dp);
void vb_dp_power_on(struct vb_dp *dp);		/* loses everything, link state too */
/* Debug port dead: nobody drives SWDIO/TDO (unpowered, RDP level 2, pins remapped). */
void vb_dp_set_dead(struct vb_dp *dp, bool dead);
/* AP present but DeviceEn = 0. */
void vb_dp_disable_ap(struct vb_dp *dp, unsigned apsel, bool disabled);
enum vb_ack vb_dp_transfer(struct vb_dp *dp, bool jtag, bool apndp, bool rnw, unsigned a,
			   uint32_t *data);
/*
 * The halves of a packet, for links that clock bits. SWD: request() when the header is complete
 * decides the ACK and performs reads; swd_write() follows when the data phase of an acknowledged
 * write arrived intact. JTAG: capture() at Capture-DR, update() at Update-DR unless the same scan
 * captured WAIT. `a` is A[3:2] here and in vb_dp_transfer().
 */
struct vb_dp_reply {
	enum vb_ack ack;	/* VB_ACK_NONE: the target stays silent */
	uint32_t data;
	bool is_protocol_error;	/* with VB_ACK_NONE: the link locks out */
	bool has_bad_parity;	/* injected: the wire garbles the data phase */
};
void vb_dp_swd_request(struct vb_dp *dp, bool apndp, bool rnw, unsigned a,
		       struct vb_dp_reply *reply);
void vb_dp_swd_write(struct vb_dp *dp, bool apndp, unsigned a, uint32_t data);
enum vb_ack vb_dp_jtag_capture(struct vb_dp *dp, bool apndp, uint32_t *data);
void vb_dp_jtag_update(struct vb_dp *dp, bool apndp, bool rnw, unsigned a, uint32_t data);
/* An AP transaction holds the bus: the next packet may be answered WAIT. */
bool vb_dp_is_busy(const struct vb_dp *dp);
bool vb_dp_is_dead(const struct vb_dp *dp);
unsigned vb_dp_version(const struct vb_dp *dp);
unsigned vb_dp_turnaround(const struct vb_dp *dp);	/* clocks, 1..4 */
bool vb_dp_targetsel(const struct vb_dp *dp, uint32_t value);	/* DPv2: is it us? */
/* The board's supply; independent of set_dead, which is the chip's word. */
void vb_dp_set_powered(struct vb_dp *dp, bool powered);
/* The debug domain lost power: CTRL/STAT, SELECT and APs are reset, the link is kept. */
void vb_dp_power_loss(struct vb_dp *dp);
/* The bus was reset: a transaction that hangs on it ends. */
void vb_dp_system_reset(struct vb_dp *dp);
/* Every AP memory access takes at least this long. */
void vb_dp_set_ap_latency(struct vb_dp *dp, uint64_t ns);
/* What bit-level links report: a write's data parity was wrong; line reset; a malformed header. */
void vb_dp_write_parity_error(struct vb_dp *dp);
void vb_dp_line_reset(struct vb_dp *dp);
void vb_dp_protocol_error(struct vb_dp *dp);
void vb_dp_abort(struct vb_dp *dp, uint32_t value);	/* JTAG ABORT scan */
bool vb_dp_orundetect(const struct vb_dp *dp);

/* Fault injection (control port): applies to the next `count` transfers after `skip`. */
enum vb_dp_fault { VB_DP_FAULT_WAIT, VB_DP_FAULT_FAULT, VB_DP_FAULT_PARITY, VB_DP_FAULT_NO_ACK };
void vb_dp_inject(struct vb_dp *dp, enum vb_dp_fault fault, unsigned skip, unsigned count);

struct vb_dp_stats {
	uint64_t transfers, ap_transfers, waits, faults, protocol_errors;
};
void vb_dp_stats(const struct vb_dp *dp, struct vb_dp_stats *out);

#endif
