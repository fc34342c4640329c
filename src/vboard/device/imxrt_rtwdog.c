/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_wdog.h"

#define RTWDOG_CS    0x0u
#define	  CS_STOP    BIT(0)
#define	  CS_WAIT    BIT(1)
#define	  CS_DBG     BIT(2)
#define	  CS_UPDATE  BIT(5)
#define	  CS_INT     BIT(6)
#define	  CS_EN	     BIT(7)
#define	  CS_RCS     BIT(10)
#define	  CS_ULK     BIT(11)
#define	  CS_PRES    BIT(12)
#define	  CS_CMD32EN BIT(13)
#define	  CS_FLG     BIT(14)
#define	  CS_WIN     BIT(15)
#define	  CS_FIELDS  0xb3ffu
#define RTWDOG_CNT   0x4u
#define RTWDOG_TOVAL 0x8u
#define RTWDOG_WIN   0xcu

#define UNLOCK	     0xd928c520u
#define REFRESH	     0xb480a602u
#define WINDOW_CLOCKS 128u	/* of the bus: IPG */
#define RTWDOG_IRQ   93

/* DBG, WAIT and STOP let it count on where it would stand still. */
bool imxrt_rtwdog_is_running(const struct imxrt_rtwdog *dog)
{
	if (!(dog->cs & CS_EN) || dog->bite != NULL)
		return false;
	if (dog->env->core_halted && !(dog->cs & CS_DBG))
		return false;
	return !dog->env->core_waits || (dog->cs & CS_WAIT);
}

static uint32_t source_hz(const struct imxrt_rtwdog *dog)
{
	const struct imxrt_clocks *c = &dog->env->clocks;
	const uint32_t sources[4] = { c->ipg, c->lpo, c->lpo, c->osc };

	return sources[bits_get(dog->cs, 9, 8)];
}

static uint64_t window_ns(const struct imxrt_rtwdog *dog)
{
	uint32_t hz = dog->env->clocks.ipg;

	return hz ? (uint64_t)WINDOW_CLOCKS * 1000000000u / hz : UINT64_MAX / 2;
}

static bool is_unlocked(const struct imxrt_rtwdog *dog)
{
	if (!dog->is_open)
		return false;
	return !dog->is_configured || imxrt_env_now(dog->env) <= dog->open_until;
}

static void bite_now(void *ctx)
{
	struct imxrt_rtwdog *dog = ctx;

	dog->bite = NULL;
	if (!(dog->env->wdog_mask & 2))
		imxrt_env_request_reset(dog->env, VB_RESET_RTWDOG);
}

static void resume(void *dev);

/* With INT the reset comes 128 bus clocks after the interrupt. */
static void time_out(struct imxrt_rtwdog *dog)
{
	if (dog->bite != NULL)
		return;
	if (!(dog->cs & CS_INT)) {
		bite_now(dog);
		return;
	}
	dog->cs |= CS_FLG;
	dog->bite = vb_clock_after(dog->env->board->clock, window_ns(dog), bite_now, dog,
				   "RTWDOG reset");
	imxrt_env_irq(dog->env, RTWDOG_IRQ, true);
}

static void sync(void *dev)
{
	struct imxrt_rtwdog *dog = dev;
	uint64_t ticks = vb_rate_take(&dog->rate, imxrt_env_now(dog->env));

	if (ticks == 0)
		return;
	dog->count += (uint32_t)MIN(ticks, 0x10000u);
	if (dog->count >= dog->toval) {
		dog->count = 0;
		time_out(dog);
	}
}

static void due(void *ctx)
{
	struct imxrt_rtwdog *dog = ctx;

	dog->event = NULL;
	sync(dog);
	resume(dog);
}

static void resume(void *dev)
{
	struct imxrt_rtwdog *dog = dev;
	struct vb_clock *clock = dog->env->board->clock;
	uint32_t hz = imxrt_rtwdog_is_running(dog) ? source_hz(dog) : 0;
	uint32_t div = dog->cs & CS_PRES ? 256 : 1;
	uint64_t delay;

	if (hz != dog->rate.hz || div != dog->rate.div)
		vb_rate_set(&dog->rate, vb_clock_now(clock), hz, div);
	vb_clock_cancel(clock, dog->event);
	dog->event = NULL;
	if (hz == 0)
		return;
	delay = vb_rate_delay(&dog->rate, vb_clock_now(clock),
			      dog->toval > dog->count ? dog->toval - dog->count : 1);
	dog->event = vb_clock_after(clock, delay, due, dog, "RTWDOG");
}

/* UPDATE = 0 locks it after the first configuration, until the next reset. */
static void unlock(struct imxrt_rtwdog *dog)
{
	if (dog->is_configured && !(dog->cs & CS_UPDATE))
		return;
	dog->is_open = true;
	dog->open_until = imxrt_env_now(dog->env) + window_ns(dog);
}

static void refresh(struct imxrt_rtwdog *dog)
{
	bool is_early = (dog->cs & CS_WIN) && dog->count < dog->win;

	dog->count = 0;
	vb_rate_set(&dog->rate, imxrt_env_now(dog->env), 0, 1);
	resume(dog);
	if (is_early && (dog->cs & CS_EN))
		time_out(dog);
}

static void write_cnt32(struct imxrt_rtwdog *dog, uint32_t value)
{
	if (value == UNLOCK)
		unlock(dog);
	else if (value == REFRESH)
		refresh(dog);
	else if (dog->cs & CS_EN)
		time_out(dog);		/* neither of the two sequences: runaway code */
}

static void write_cnt16(struct imxrt_rtwdog *dog, uint16_t value)
{
	unsigned step = dog->step;

	dog->step = 0;
	if (value == (UNLOCK & 0xffff))
		dog->step = 1;
	else if (value == (REFRESH & 0xffff))
		dog->step = 2;
	else if (step == 1 && value == UNLOCK >> 16)
		unlock(dog);
	else if (step == 2 && value == REFRESH >> 16)
		refresh(dog);
	else if (dog->cs & CS_EN)
		time_out(dog);
}

static void write_cs(struct imxrt_rtwdog *dog, uint32_t value)
{
	if (value & CS_FLG) {
		dog->cs &= ~CS_FLG;
		imxrt_env_irq(dog->env, RTWDOG_IRQ, false);
	}
	if (!is_unlocked(dog))
		return;
	dog->cs = (dog->cs & CS_FLG) | (value & CS_FIELDS) | CS_RCS;
	if (!dog->is_configured)
		dog->open_until = imxrt_env_now(dog->env) + window_ns(dog);
	dog->is_configured = true;
	dog->count = 0;
	vb_rate_set(&dog->rate, imxrt_env_now(dog->env), 0, 1);
}

static enum vb_result rtwdog_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_rtwdog *dog = dev;

	sync(dog);
	resume(dog);
	switch (offset & ~3u) {
	case RTWDOG_CS:	   *value = dog->cs | (is_unlocked(dog) ? CS_ULK : 0); break;
	case RTWDOG_CNT:   *value = dog->count; break;
	case RTWDOG_TOVAL: *value = dog->toval; break;
	case RTWDOG_WIN:   *value = dog->win; break;
	default:	   *value = 0; break;
	}
	*value >>= 8 * (offset & 3);
	if (a->size < 4)
		*value &= (1u << 8 * a->size) - 1;
	return VB_OK;
}

static uint32_t merge(uint32_t old, const struct vb_access *a, uint32_t offset, uint32_t value)
{
	uint32_t mask = (0xffffffffu >> (32 - 8 * a->size)) << 8 * (offset & 3);

	return (old & ~mask) | (value << 8 * (offset & 3) & mask);
}

static enum vb_result rtwdog_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_rtwdog *dog = dev;

	sync(dog);
	switch (offset & ~3u) {
	case RTWDOG_CS:
		write_cs(dog, merge(dog->cs & ~CS_FLG, a, offset, value));
		break;
	case RTWDOG_CNT:
		if (a->size == 4 && (dog->cs & CS_CMD32EN))
			write_cnt32(dog, value);
		else if (a->size == 2 && !(dog->cs & CS_CMD32EN))
			write_cnt16(dog, (uint16_t)value);
		break;		/* the other width is no command */
	case RTWDOG_TOVAL:
		if (is_unlocked(dog))
			dog->toval = merge(dog->toval, a, offset, value) & 0xffff;
		break;
	case RTWDOG_WIN:
		if (is_unlocked(dog))
			dog->win = merge(dog->win, a, offset, value) & 0xffff;
		break;
	default:
		break;
	}
	resume(dog);
	return VB_OK;
}

const struct vb_device_ops imxrt_rtwdog_ops = { .read = rtwdog_read, .write = rtwdog_write };

void imxrt_rtwdog_init(struct imxrt_rtwdog *dog, struct imxrt_env *env)
{
	dog->env = env;
	imxrt_env_follow(env, &(struct imxrt_follower){ sync, resume, dog });
	imxrt_rtwdog_reset(dog);
}

/* On from reset: about 31 ms of LPO, and open to whoever configures it first. */
void imxrt_rtwdog_reset(struct imxrt_rtwdog *dog)
{
	struct vb_clock *clock = dog->env->board->clock;

	vb_clock_cancel(clock, dog->event);
	vb_clock_cancel(clock, dog->bite);
	dog->event = dog->bite = NULL;
	dog->cs = 0x2980 & ~CS_ULK;
	dog->toval = 0x400;
	dog->win = dog->count = dog->step = 0;
	dog->is_configured = false;
	dog->is_open = true;
	vb_rate_set(&dog->rate, vb_clock_now(clock), 0, 1);
	imxrt_env_irq(dog->env, RTWDOG_IRQ, false);
	resume(dog);
}
