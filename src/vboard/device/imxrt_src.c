/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_src.h"

#define SRC_SCR		0x00u
#define	  SCR_LOCKUP_RST  BIT(4)
#define	  SCR_CORE0_RST	  BIT(13)
#define	  SCR_CORE0_DBG_RST BIT(17)
#define	  MASKED	  5u	/* 1010 lets the reset through, as does any other code */
#define SRC_GPR1	0x20u
#define GPR_COUNT	10u

static enum vb_result scr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct imxrt_src *src = regs->dev;
	uint32_t *scr = vb_regs_at(regs, SRC_SCR);

	(void)old;
	*scr &= ~(SCR_CORE0_RST | SCR_CORE0_DBG_RST);	/* they clear themselves */
	src->env->wdog_mask = (bits_get(*scr, 10, 7) == MASKED ? 1u : 0) |
			      (bits_get(*scr, 31, 28) == MASKED ? 2u : 0);
	if (src->scr_changed)
		src->scr_changed(src->chip);
	if (value & SCR_CORE0_RST)
		imxrt_env_request_reset(src->env, VB_RESET_CORE);
	return VB_OK;
}

#define ALL 0xffffffffu
static const struct vb_reg src_regs[] = {
	{ "SCR", SRC_SCR, 0xa0480520, 0xf2022790, 0, scr_written, NULL },
	{ "SBMR1", SRC_SBMR1, 0, 0, 0, NULL, NULL },
	{ "SRSR", SRC_SRSR, 0x00000001, 0, 0x000001ff, NULL, NULL },
	{ "SBMR2", SRC_SBMR2, 0, 0, 0, NULL, NULL },
	{ "GPR1", SRC_GPR1, 0, ALL, 0, NULL, NULL },
	{ "GPR2", 0x24, 0, ALL, 0, NULL, NULL },
	{ "GPR3", 0x28, 0, ALL, 0, NULL, NULL },
	{ "GPR4", 0x2c, 0, ALL, 0, NULL, NULL },
	{ "GPR5", 0x30, 0, ALL, 0, NULL, NULL },
	{ "GPR6", 0x34, 0, ALL, 0, NULL, NULL },
	{ "GPR7", 0x38, 0, ALL, 0, NULL, NULL },
	{ "GPR8", 0x3c, 0, ALL, 0, NULL, NULL },
	{ "GPR9", 0x40, 0, ALL, 0, NULL, NULL },
	{ "GPR10", 0x44, 0, ALL, 0, NULL, NULL },
	{ .name = NULL }
};

uint32_t imxrt_src_reg(const struct imxrt_src *src, uint32_t offset)
{
	return *vb_regs_at((struct vb_regs *)&src->regs, offset);
}

bool imxrt_src_resets_lockup(const struct imxrt_src *src)
{
	return imxrt_src_reg(src, SRC_SCR) & SCR_LOCKUP_RST;
}

void imxrt_src_init(struct imxrt_src *src, struct imxrt_env *env)
{
	src->env = env;
	src->regs = (struct vb_regs){ .name = "SRC", .table = src_regs, .value = src->value,
				      .dev = src };
	vb_regs_reset(&src->regs);
}

static uint32_t cause(enum vb_reset kind)
{
	switch (kind) {
	case VB_RESET_WDOG:	return SRSR_WDOG;
	case VB_RESET_RTWDOG:	return SRSR_WDOG3;
	case VB_RESET_SYSTEM:
	case VB_RESET_LOCKUP:	return SRSR_LOCKUP;
	default:		return 0;
	}
}

void imxrt_src_reset(struct imxrt_src *src, enum vb_reset kind, uint32_t sbmr1, uint32_t sbmr2)
{
	if (kind == VB_RESET_POWER_ON || kind == VB_RESET_NRST) {
		vb_regs_reset(&src->regs);
	} else {
		/* Causes add up until somebody clears them; SCR starts anew. */
		*vb_regs_at(&src->regs, SRC_SRSR) |= cause(kind);
		*vb_regs_at(&src->regs, SRC_SCR) = src_regs[0].reset;
	}
	*vb_regs_at(&src->regs, SRC_SBMR1) = sbmr1;
	*vb_regs_at(&src->regs, SRC_SBMR2) = sbmr2;
	src->env->wdog_mask = 0;
}
