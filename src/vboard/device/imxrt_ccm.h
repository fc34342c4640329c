/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CCM and CCM_ANALOG of the i.MX RT10xx (IMXRT1064RM 14 and 14.8): PLLs that need time to lock, PFDs,
 * dividers, multiplexers and gates. The frequencies that follow from them are in env->clocks, the
 * gates in env->ccgr; both are changed inside imxrt_env_change() and _changed().
 *
 * A root whose source does not run is 0 Hz. A PFD hangs on the oscillator of its PLL: BYPASS, which
 * takes the PLL's own output, does not make it run.
 */
#ifndef VB_DEVICE_IMXRT_CCM_H
#define VB_DEVICE_IMXRT_CCM_H

#include "vboard/device/imxrt.h"

#define CCM_CLPCR_LPM 3u		/* what WFI does: 0 run, 1 WAIT, 2 STOP */

enum imxrt_pll { PLL_ARM, PLL_USB1, PLL_SYS, PLL_COUNT };

struct imxrt_ccm {
	struct imxrt_env *env;
	struct vb_regs regs, analog;
	uint32_t value[40], analog_value[48];
	struct imxrt_ccm_lock {
		struct imxrt_ccm *ccm;
		struct vb_event *event;
		bool is_locked;
	} lock[PLL_COUNT];
	struct vb_event *handshake;
	uint32_t digprog;
	/* Clocks, gates or CLPCR changed: the chip looks at what it does itself. Optional. */
	void (*changed)(void *chip);
	void *chip;
};

void imxrt_ccm_init(struct imxrt_ccm *ccm, struct imxrt_env *env, uint32_t digprog);
void imxrt_ccm_reset(struct imxrt_ccm *ccm);
extern const struct vb_device_ops imxrt_ccm_analog_ops;	/* dev: the struct imxrt_ccm; CCM: &vb_regs_ops */
unsigned imxrt_ccm_lpm(const struct imxrt_ccm *ccm);
/* Hz of a PLL's output, and of one of its PFDs; 0: it does not run. */
uint32_t imxrt_ccm_pll(const struct imxrt_ccm *ccm, enum imxrt_pll pll);
uint32_t imxrt_ccm_pfd(const struct imxrt_ccm *ccm, enum imxrt_pll pll, unsigned pfd);

#endif
