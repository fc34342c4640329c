/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32.h"

#include <assert.h>

#define DBG_STOP    BIT(1)	/* DBGMCU_CR */
#define DBG_STANDBY BIT(2)

void stm32_env_follow(struct stm32_env *env, const struct stm32_follower *follower)
{
	assert(env->follower_count < ARRAY_SIZE(env->followers));
	env->followers[env->follower_count++] = *follower;
}

void stm32_env_change(struct stm32_env *env)
{
	for (size_t i = 0; i < env->follower_count; i++)
		env->followers[i].sync(env->followers[i].dev);
}

void stm32_env_changed(struct stm32_env *env)
{
	for (size_t i = 0; i < env->follower_count; i++)
		env->followers[i].resume(env->followers[i].dev);
}

static void serve_reset(void *ctx)
{
	struct stm32_env *env = ctx;

	if (!env->reset_requested)
		return;
	env->reset_requested = false;
	if (env->board->powered)
		vb_board_reset(env->board, env->requested);
}

void stm32_env_request_reset(struct stm32_env *env, enum vb_reset kind)
{
	if (env->reset_requested)
		return;
	env->reset_requested = true;
	env->requested = kind;
	vb_clock_after(env->board->clock, 0, serve_reset, env, "reset request");
}

uint64_t stm32_env_now(const struct stm32_env *env)
{
	return vb_clock_now(env->board->clock);
}

bool stm32_env_can_program_flash(const struct stm32_env *env)
{
	return env->flash_voltage_at <= stm32_env_now(env);
}

void stm32_env_irq(struct stm32_env *env, int irq, bool level)
{
	if (env->board->cpu != NULL)
		vb_cpu_irq(env->board->cpu, irq, level);
	if (env->board->cpu2 != NULL)
		vb_cpu_irq(env->board->cpu2, irq, level);
}

void stm32_env_irq_shared(struct stm32_env *env, const void *dev, int irq, bool level)
{
	size_t i = 0;
	bool any = false;

	while (i < env->irq_source_count && env->irq_sources[i].dev != dev)
		i++;
	assert(i < ARRAY_SIZE(env->irq_sources));
	env->irq_source_count = MAX(env->irq_source_count, i + 1);
	env->irq_sources[i].dev = dev;
	env->irq_sources[i].irq = irq;
	env->irq_sources[i].level = level;
	for (i = 0; i < env->irq_source_count; i++)
		any |= env->irq_sources[i].irq == irq && env->irq_sources[i].level;
	stm32_env_irq(env, irq, any);
}

bool stm32_env_has_hclk(const struct stm32_env *env, enum stm32_power power)
{
	return power < STM32_STOP || (env->dbgmcu_cr & (power == STM32_STOP ? DBG_STOP : DBG_STANDBY));
}

bool stm32_env_is_shut(const struct stm32_env *env, const struct vb_access *a)
{
	if (a->master != VB_DAP)
		return false;
	return env->board->nrst_low || !stm32_env_has_hclk(env, env->power);
}

static bool is_clocked(const struct stm32_slave *slave)
{
	return slave->enable == NULL || (*slave->enable & slave->enable_bit);
}

static enum vb_result slave_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32_slave *slave = dev;

	*value = 0;
	if (stm32_env_is_shut(slave->env, a))
		return VB_FAULT;
	if (slave->ops == NULL || !is_clocked(slave))
		return VB_OK;
	return slave->ops->read(slave->dev, a, offset, value);
}

static enum vb_result slave_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32_slave *slave = dev;

	if (stm32_env_is_shut(slave->env, a))
		return VB_FAULT;
	if (slave->ops == NULL || !is_clocked(slave))
		return VB_OK;
	return slave->ops->write(slave->dev, a, offset, value);
}

const struct vb_device_ops stm32_slave_ops = { .read = slave_read, .write = slave_write };
