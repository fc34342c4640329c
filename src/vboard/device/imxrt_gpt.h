/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPT of the i.MX RT10xx (IMXRT1064RM 52): a counter behind a prescaler, output compare 1 to 3 and
 * roll-over with their interrupts, restart or free-run. No capture, no pins.
 */
#ifndef VB_DEVICE_IMXRT_GPT_H
#define VB_DEVICE_IMXRT_GPT_H

#include "vboard/device/imxrt.h"
#include "vboard/device/rate.h"

struct imxrt_gpt {
	struct imxrt_env *env;
	struct vb_regs regs;
	uint32_t value[12];
	int irq;
	uint32_t count;
	struct vb_rate rate;
	struct vb_event *event;
};
void imxrt_gpt_init(struct imxrt_gpt *gpt, struct imxrt_env *env, int irq);
void imxrt_gpt_reset(struct imxrt_gpt *gpt);

#endif
