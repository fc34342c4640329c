/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdogs of the i.MX RT10xx: WDOG1 and WDOG2 (IMXRT1064RM 57), and RTWDOG, also called WDOG3
 * (IMXRT1064RM 56), which runs from reset on.
 *
 * WDOG is a 16-bit block: accesses of another width are bus errors. WDE, once set, stays; WDZST, WDBG
 * and WDW take the first write after reset only.
 */
#ifndef VB_DEVICE_IMXRT_WDOG_H
#define VB_DEVICE_IMXRT_WDOG_H

#include "vboard/device/imxrt.h"
#include "vboard/device/rate.h"

struct imxrt_wdog {
	struct imxrt_env *env;
	int irq;
	uint16_t wcr, wrsr, wicr, wmcr;
	bool wcr_written, first_key;	/* 5555 was written, AAAA is awaited */
	bool wdog_b;			/* the pin: the power-down counter ran out */
	uint32_t left;			/* half seconds */
	struct vb_rate rate;
	struct vb_event *event, *power_down;
};
void imxrt_wdog_init(struct imxrt_wdog *wdog, struct imxrt_env *env, int irq);
void imxrt_wdog_reset(struct imxrt_wdog *wdog, enum vb_reset kind);
extern const struct vb_device_ops imxrt_wdog_ops;
bool imxrt_wdog_is_running(const struct imxrt_wdog *wdog);

struct imxrt_rtwdog {
	struct imxrt_env *env;
	uint32_t cs, toval, win, count;
	bool is_configured;		/* CS was written since reset */
	bool is_open;			/* unlocked: until `open_until`, or until configured */
	uint64_t open_until;
	unsigned step;			/* 16-bit sequences: 1 unlock, 2 refresh half done */
	struct vb_rate rate;
	struct vb_event *event, *bite;
};
void imxrt_rtwdog_init(struct imxrt_rtwdog *dog, struct imxrt_env *env);
void imxrt_rtwdog_reset(struct imxrt_rtwdog *dog);
extern const struct vb_device_ops imxrt_rtwdog_ops;
bool imxrt_rtwdog_is_running(const struct imxrt_rtwdog *dog);

#endif
