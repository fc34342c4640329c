/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt.h"

#include <assert.h>

void imxrt_env_follow(struct imxrt_env *env, const struct imxrt_follower *follower)
{
	assert(env->follower_count < ARRAY_SIZE(env->followers));
	env->followers[env->follower_count++] = *follower;
}

void imxrt_env_change(struct imxrt_env *env)
{
	for (size_t i = 0; i < env->follower_count; i++) {
		if (env->followers[i].sync)
			env->followers[i].sync(env->followers[i].dev);
	}
}

void imxrt_env_changed(struct imxrt_env *env)
{
	for (size_t i = 0; i < env->follower_count; i++) {
		if (env->followers[i].resume)
			env->followers[i].resume(env->followers[i].dev);
	}
}

/* 1: on while the core runs, 3: on in WAIT as well; 2 is reserved. */
bool imxrt_env_is_on(const struct imxrt_env *env, unsigned gate)
{
	unsigned field;

	if (gate == IMXRT_GATE_NONE)
		return true;
	field = env->ccgr[gate >> 4] >> 2 * (gate & 15) & 3;
	return field == 3 || (field == 1 && !env->core_waits);
}

static void serve_reset(void *ctx)
{
	struct imxrt_env *env = ctx;

	if (!env->reset_requested)
		return;
	env->reset_requested = false;
	if (env->board->powered && !env->board->nrst_low)
		vb_board_reset(env->board, env->requested);
}

void imxrt_env_request_reset(struct imxrt_env *env, enum vb_reset kind)
{
	if (env->reset_requested)
		return;
	env->reset_requested = true;
	env->requested = kind;
	vb_clock_after(env->board->clock, 0, serve_reset, env, "reset request");
}

void imxrt_env_irq(struct imxrt_env *env, int irq, bool level)
{
	if (level && env->core_waits && env->wake)
		env->wake(env->chip, irq);
	if (env->board->cpu != NULL)
		vb_cpu_irq(env->board->cpu, irq, level);
}

uint64_t imxrt_env_now(const struct imxrt_env *env)
{
	return vb_clock_now(env->board->clock);
}

bool imxrt_env_is_shut(const struct imxrt_env *env, const struct vb_access *a)
{
	return a->master == VB_DAP && (env->board->nrst_low || env->core_waits);
}

/* A block whose clock is off does not answer: the bridge ends the access with an error. */
static bool answers(const struct imxrt_slave *slave, const struct vb_access *a)
{
	return !imxrt_env_is_shut(slave->env, a) && imxrt_env_is_on(slave->env, slave->gate);
}

static enum vb_result slave_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_slave *slave = dev;

	*value = 0;
	if (!answers(slave, a))
		return VB_FAULT;
	return slave->ops->read(slave->dev, a, offset, value);
}

static enum vb_result slave_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_slave *slave = dev;

	if (!answers(slave, a))
		return VB_FAULT;
	return slave->ops->write(slave->dev, a, offset, value);
}

const struct vb_device_ops imxrt_slave_ops = { .read = slave_read, .write = slave_write };

uint32_t imxrt_set_clr_tog(uint32_t old, uint32_t offset, uint32_t value)
{
	switch (offset & 0xc) {
	case 0x4: return old | value;
	case 0x8: return old & ~value;
	case 0xc: return old ^ value;
	default:  return value;
	}
}

static enum vb_result quiet_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_quiet *quiet = dev;

	*value = 0;
	if (offset < quiet->bytes)
		*value = quiet->words[offset / 4] >> 8 * (offset & 3);
	if (a->size < 4)
		*value &= (1u << 8 * a->size) - 1;
	return VB_OK;
}

static enum vb_result quiet_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_quiet *quiet = dev;
	uint32_t mask = (0xffffffffu >> (32 - 8 * a->size)) << 8 * (offset & 3);

	if (offset < quiet->bytes)
		quiet->words[offset / 4] = (quiet->words[offset / 4] & ~mask) |
					   (value << 8 * (offset & 3) & mask);
	return VB_OK;
}

const struct vb_device_ops imxrt_quiet_ops = { .read = quiet_read, .write = quiet_write };
