/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_wdog.h"

#define WCR  0x0u
#define	  WCR_WDBG   BIT(1)	/* stops in debug */
#define	  WCR_WDE    BIT(2)
#define	  WCR_SRS    BIT(4)	/* 0: reset now */
#define	  WCR_WDW    BIT(7)	/* stops in WAIT */
#define	  WCR_ONCE   0x008bu	/* WDZST, WDBG, WDT, WDW */
#define WSR  0x2u
#define WRSR 0x4u
#define	  WRSR_SFTW  BIT(0)
#define	  WRSR_TOUT  BIT(1)
#define	  WRSR_POR   BIT(4)
#define WICR 0x6u
#define	  WICR_WTIS  BIT(14)
#define	  WICR_WIE   BIT(15)
#define WMCR 0x8u
#define	  WMCR_PDE   BIT(0)

#define TICKS_PER_S   2u
#define POWER_DOWN_NS 16000000000ull

bool imxrt_wdog_is_running(const struct imxrt_wdog *wdog)
{
	return (wdog->wcr & WCR_WDE) && wdog->left > 0 &&
	       !(wdog->env->core_halted && (wdog->wcr & WCR_WDBG)) &&
	       !(wdog->env->core_waits && (wdog->wcr & WCR_WDW));
}

static void bite(struct imxrt_wdog *wdog, uint16_t cause)
{
	if (wdog->env->wdog_mask & 1)
		return;
	wdog->wrsr = cause;
	imxrt_env_request_reset(wdog->env, VB_RESET_WDOG);
}

static void irq(struct imxrt_wdog *wdog)
{
	imxrt_env_irq(wdog->env, wdog->irq, (wdog->wicr & WICR_WTIS) && (wdog->wicr & WICR_WIE));
}

static void sync(void *dev)
{
	struct imxrt_wdog *wdog = dev;
	uint64_t ticks = vb_rate_take(&wdog->rate, imxrt_env_now(wdog->env));

	if (wdog->left == 0 || ticks == 0)
		return;
	wdog->left = ticks >= wdog->left ? 0 : wdog->left - (uint32_t)ticks;
	if (wdog->left <= (wdog->wicr & 0xffu) && (wdog->wicr & WICR_WIE)) {
		wdog->wicr |= WICR_WTIS;
		irq(wdog);
	}
	if (wdog->left == 0)
		bite(wdog, WRSR_TOUT);
}

static void resume(void *dev);

static void due(void *ctx)
{
	struct imxrt_wdog *wdog = ctx;

	wdog->event = NULL;
	sync(wdog);
	resume(wdog);
}

static void resume(void *dev)
{
	struct imxrt_wdog *wdog = dev;
	bool runs = imxrt_wdog_is_running(wdog);
	uint64_t now = imxrt_env_now(wdog->env);

	if (runs != (wdog->rate.hz != 0))
		vb_rate_set(&wdog->rate, now, runs ? TICKS_PER_S : 0, 1);
	vb_clock_cancel(wdog->env->board->clock, wdog->event);
	wdog->event = NULL;
	if (runs)		/* tick by tick: the interrupt comes some of them earlier */
		wdog->event = vb_clock_after(wdog->env->board->clock,
					     vb_rate_delay(&wdog->rate, now, 1), due, wdog, "WDOG");
}

static void restart(struct imxrt_wdog *wdog)
{
	wdog->left = (wdog->wcr >> 8) + 1u;
	vb_rate_set(&wdog->rate, imxrt_env_now(wdog->env), 0, 1);
	resume(wdog);
}

static void write_wcr(struct imxrt_wdog *wdog, uint16_t value)
{
	uint16_t was = wdog->wcr;

	if (wdog->wcr_written)
		value = (uint16_t)((value & ~WCR_ONCE) | (was & WCR_ONCE));
	wdog->wcr_written = true;
	wdog->wcr = (uint16_t)(value | (was & WCR_WDE) | WCR_SRS);
	if (!(value & WCR_SRS))
		bite(wdog, WRSR_SFTW);
	/* A new WT counts from the next service on, but for the first time with WDE. */
	if (!(was & WCR_WDE) && (wdog->wcr & WCR_WDE))
		restart(wdog);
	else
		resume(wdog);
}

static void write_wsr(struct imxrt_wdog *wdog, uint16_t value)
{
	if (value == 0xaaaa && wdog->first_key && wdog->left > 0)
		restart(wdog);
	wdog->first_key = value == 0x5555;
}

static enum vb_result wdog_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_wdog *wdog = dev;

	*value = 0;
	if (a->size != 2)
		return VB_FAULT;
	switch (offset) {
	case WCR:  *value = wdog->wcr; break;
	case WSR:  *value = wdog->first_key ? 0x5555 : 0; break;
	case WRSR: *value = wdog->wrsr; break;
	case WICR: *value = wdog->wicr; break;
	case WMCR: *value = wdog->wmcr; break;
	default: break;
	}
	return VB_OK;
}

static enum vb_result wdog_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_wdog *wdog = dev;

	if (a->size != 2)
		return VB_FAULT;
	sync(wdog);
	switch (offset) {
	case WCR: write_wcr(wdog, (uint16_t)value); break;
	case WSR: write_wsr(wdog, (uint16_t)value); break;
	case WICR:
		wdog->wicr = (uint16_t)((value & (WICR_WIE | 0xff)) |
					(wdog->wicr & ~value & WICR_WTIS));
		irq(wdog);
		break;
	case WMCR:		/* cleared once, it stays so */
		if (value & WMCR_PDE)
			break;
		wdog->wmcr = 0;
		vb_clock_cancel(wdog->env->board->clock, wdog->power_down);
		wdog->power_down = NULL;
		break;
	default: break;
	}
	return VB_OK;
}

const struct vb_device_ops imxrt_wdog_ops = { .read = wdog_read, .write = wdog_write };

static void powered_down(void *ctx)
{
	struct imxrt_wdog *wdog = ctx;

	wdog->power_down = NULL;
	wdog->wdog_b = true;
}

void imxrt_wdog_init(struct imxrt_wdog *wdog, struct imxrt_env *env, int irq_line)
{
	wdog->env = env;
	wdog->irq = irq_line;
	imxrt_env_follow(env, &(struct imxrt_follower){ sync, resume, wdog });
	imxrt_wdog_reset(wdog, VB_RESET_POWER_ON);
}

void imxrt_wdog_reset(struct imxrt_wdog *wdog, enum vb_reset kind)
{
	struct vb_clock *clock = wdog->env->board->clock;

	vb_clock_cancel(clock, wdog->event);
	vb_clock_cancel(clock, wdog->power_down);
	wdog->event = NULL;
	wdog->wcr = 0x0030;
	wdog->wicr = 0x0004;
	wdog->wmcr = WMCR_PDE;
	wdog->wcr_written = wdog->first_key = wdog->wdog_b = false;
	wdog->left = 0;
	vb_rate_set(&wdog->rate, vb_clock_now(clock), 0, 1);
	if (kind == VB_RESET_POWER_ON || kind == VB_RESET_NRST)
		wdog->wrsr = WRSR_POR;
	else if (kind != VB_RESET_WDOG)
		wdog->wrsr = 0;
	wdog->power_down = vb_clock_after(clock, POWER_DOWN_NS, powered_down, wdog, "WDOG power down");
}
