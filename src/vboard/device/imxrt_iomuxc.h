/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMUXC of the i.MX RT10xx (IMXRT1064RM 11): which function each pad has (SW_MUX_CTL), its driver
 * (SW_PAD_CTL) and which pad an input of a block listens to (SELECT_INPUT, "daisy chain"); and
 * IOMUXC_GPR. Offsets are those of the registers: the reference manual numbers no pads.
 */
#ifndef VB_DEVICE_IMXRT_IOMUXC_H
#define VB_DEVICE_IMXRT_IOMUXC_H

#include "vboard/device/imxrt.h"

#define IOMUXC_WORDS 0x200u
#define GPR_WORDS    40u
/* IOMUXC_GPR */
#define GPR16 16u
#define	  GPR16_BANK_CFG_SEL BIT(2)
#define GPR17 17u
#define GPR30 30u

/* Where the arrays of mux, pad and select registers are, and the pads that do not start as GPIO. */
struct imxrt_iomuxc_layout {
	struct imxrt_pads {
		uint16_t mux, pad, count;
		bool is_narrow;			/* MUX_MODE has three bits */
	} pads[2];
	uint16_t select[2], select_end[2];
	const struct imxrt_pad_reset { uint16_t mux; uint8_t alt; uint32_t pad; } *resets;
	uint16_t swdio, swclk;			/* mux registers; their function there is ALT0 */
};

/* A wire of a FlexSPI to a flash: through a pad whose mux and select input are these. */
struct imxrt_route {
	uint32_t wire;			/* enum imxrt_wire; 0 ends */
	uint16_t mux;
	uint8_t alt;
	uint16_t select;		/* 0: none */
	uint8_t daisy;
};

struct imxrt_iomuxc {
	struct imxrt_env *env;
	const struct imxrt_iomuxc_layout *layout;
	uint32_t words[IOMUXC_WORDS];
	uint32_t gpr[GPR_WORDS];
	void (*pads_changed)(void *chip);
	void (*gpr_changed)(void *chip, unsigned gpr);
	void *chip;
};

void imxrt_iomuxc_init(struct imxrt_iomuxc *iomuxc, struct imxrt_env *env,
		       const struct imxrt_iomuxc_layout *layout);
void imxrt_iomuxc_reset(struct imxrt_iomuxc *iomuxc, bool is_cold);
extern const struct vb_device_ops imxrt_iomuxc_ops, imxrt_gpr_ops;

unsigned imxrt_iomuxc_alt(const struct imxrt_iomuxc *iomuxc, uint16_t mux);
uint32_t imxrt_iomuxc_wires(const struct imxrt_iomuxc *iomuxc, const struct imxrt_route *routes);
bool imxrt_iomuxc_debug_is_wired(const struct imxrt_iomuxc *iomuxc);

#endif
