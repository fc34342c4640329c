/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the devices of one i.MX RT10xx share: clocks, clock gates, pads, debug state, and the rules
 * every slave on the AIPS bridges follows. The chip (chip/imxrt*.c) owns one struct imxrt_env, and
 * keeps it in step with CCM, CCM_ANALOG, IOMUXC and SRC; devices look at it and never at each other.
 *
 * A device that counts time subscribes with imxrt_env_follow(): `sync` is called before a clock, a
 * gate or the debug state changes, `resume` afterwards. An access to a block whose gate is off is a
 * bus error. A reset is never done from inside a bus access: imxrt_env_request_reset().
 */
#ifndef VB_DEVICE_IMXRT_H
#define VB_DEVICE_IMXRT_H

#include "base/bytes.h"
#include "vboard/board.h"

/* CCGRn CGm: two bits, 0 off, 1 on in run mode only, 3 on. */
#define IMXRT_GATE(n, m) ((n) << 4 | (m))
#define IMXRT_GATE_NONE	 0xffu

struct imxrt_clocks {
	/* Hz; 0: the source does not run. flexspi: roots of FLEXSPI and FLEXSPI2, before MCR0.SERCLKDIV */
	uint32_t core, ahb, ipg, perclk, uart, flexspi[2], lpo, osc;
};

/* Wires of one FlexSPI that the IOMUXC connects to the flash of the board (mux, daisy). */
enum imxrt_wire {
	WIRE_SS0 = 0x001, WIRE_SCLK = 0x002, WIRE_D0 = 0x004, WIRE_D1 = 0x008, WIRE_D2 = 0x010,
	WIRE_D3 = 0x020, WIRE_DQS = 0x040, WIRE_D4 = 0x080, WIRE_D5 = 0x100, WIRE_D6 = 0x200,
	WIRE_D7 = 0x400,		/* D4..D7: port B's D0..D3 beside port A */
};

struct imxrt_follower {
	void (*sync)(void *dev);
	void (*resume)(void *dev);
	void *dev;
};

struct imxrt_env {
	struct vb_board *board;
	struct imxrt_clocks clocks;
	uint32_t ccgr[8];
	uint32_t wires[2];		/* enum imxrt_wire of FLEXSPI and FLEXSPI2 */
	bool core_halted, core_waits;	/* debug state; WFI with the core clock gated */
	uint32_t wdog_mask;		/* SRC_SCR: bit 0 WDOG, bit 1 RTWDOG may not reset */
	struct imxrt_follower followers[24];
	size_t follower_count;
	bool reset_requested;
	enum vb_reset requested;
	/* Of the chip: an interrupt rose while the core waits. */
	void (*wake)(void *chip, int irq);
	void *chip;
};

void imxrt_env_follow(struct imxrt_env *env, const struct imxrt_follower *follower);
void imxrt_env_change(struct imxrt_env *env);		/* before */
void imxrt_env_changed(struct imxrt_env *env);		/* after */
bool imxrt_env_is_on(const struct imxrt_env *env, unsigned gate);
void imxrt_env_request_reset(struct imxrt_env *env, enum vb_reset kind);
void imxrt_env_irq(struct imxrt_env *env, int irq, bool level);
uint64_t imxrt_env_now(const struct imxrt_env *env);
/* The debugger cannot reach the system bus: nRST is low, or WFI took the clock away. */
bool imxrt_env_is_shut(const struct imxrt_env *env, const struct vb_access *a);

/* A slave behind its gate. */
struct imxrt_slave {
	struct imxrt_env *env;
	const struct vb_device_ops *ops;
	void *dev;
	unsigned gate;
};
extern const struct vb_device_ops imxrt_slave_ops;

/* What a write to the SET (+4), CLR (+8) or TOG (+C) address of a register, or to itself, makes of it. */
uint32_t imxrt_set_clr_tog(uint32_t old, uint32_t offset, uint32_t value);

/* A block nobody needs more of than registers that keep what was written. */
struct imxrt_quiet {
	uint32_t *words;
	size_t bytes;
};
extern const struct vb_device_ops imxrt_quiet_ops;

#endif
