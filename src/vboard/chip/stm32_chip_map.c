/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the units of a part on its buses, and resets them by their reset lines. */
#include <assert.h>

#include "vboard/chip/stm32_units.h"

void stm32_unit_reset_tim(void *dev)
{
	stm32_tim_reset(dev);
}

void stm32_unit_reset_gpio(void *dev)
{
	stm32_gpio_reset(dev);
}

void stm32_unit_reset_usart(void *dev)
{
	stm32_usart_reset(dev);
}

void stm32_unit_reset_crc(void *dev)
{
	stm32_crc_reset(dev);
}

void stm32_unit_reset_rng(void *dev)
{
	stm32_rng_reset(dev);
}

void stm32_unit_reset_pwr(void *dev)
{
	stm32_pwr_reset(dev, VB_RESET_SYSTEM);
}

void stm32_unit_reset_exti(void *dev)
{
	stm32_exti_reset(dev);
}

/* Without TrustZone nobody answers at the secure aliases. unconfirmed: RM0438 2.3 says reserved. */
static bool secure_is_shut(const struct stm32_slave *slave)
{
	const struct stm32_chip *chip = slave->env->board->priv;

	return !stm32_chip_has_trustzone(chip);
}

static enum vb_result secure_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	return secure_is_shut(dev) ? VB_FAULT : stm32_slave_ops.read(dev, a, offset, value);
}

static enum vb_result secure_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	return secure_is_shut(dev) ? VB_FAULT : stm32_slave_ops.write(dev, a, offset, value);
}

static const struct vb_device_ops secure_slave_ops = { .read = secure_read, .write = secure_write };

static void add_slave(struct stm32_chip *chip, const char *name, uint32_t base, uint32_t size,
		      const struct stm32_unit *unit)
{
	struct stm32_slave *slave = &chip->slaves[chip->slave_count++];
	struct vb_region region = { .name = name, .base = base, .size = size,
				    .dev_ops = &stm32_slave_ops, .ctx = slave };

	assert(chip->slave_count <= SLAVES_MAX);
	slave->env = &chip->env;
	if (unit != NULL && unit->enr != 0) {
		slave->enable = stm32_rcc_enable(&chip->rcc, unit->enr);
		slave->enable_bit = unit->bit;
	}
	if (unit != NULL && unit->ops != NULL) {
		slave->ops = unit->ops;
		slave->dev = (char *)chip + unit->bus_ctx;
	}
	vb_bus_add(chip->board->bus, &region);
	if (chip->part->boot->tzen != 0) {
		region.base += STM32_SECURE_DATA;
		region.dev_ops = &secure_slave_ops;
		vb_bus_add(chip->board->bus, &region);
	}
}

static uint32_t next_unit(const struct stm32_unit *units, uint32_t from, uint32_t end)
{
	uint32_t next = end;

	for (size_t i = 0; units[i].name != NULL; i++) {
		if (units[i].base >= from)
			next = MIN(next, units[i].base);
	}
	return next;
}

static const struct stm32_unit *unit_at(const struct stm32_unit *units, uint32_t base)
{
	for (size_t i = 0; units[i].name != NULL; i++) {
		if (units[i].base == base)
			return &units[i];
	}
	return NULL;
}

/* The APB bridges answer for their whole range; between AHB units nobody does: a bus error. */
static void fill_bridge(struct stm32_chip *chip, uint32_t at, uint32_t end)
{
	const struct stm32_unit *units = chip->part->units;

	while (at < end) {
		const struct stm32_unit *unit = unit_at(units, at);
		uint32_t next = unit ? at + unit->size : next_unit(units, at, end);

		if (unit == NULL)
			add_slave(chip, "reserved", at, next - at, NULL);
		at = next;
	}
}

void stm32_chip_map(struct stm32_chip *chip)
{
	const struct stm32_unit *units = chip->part->units;
	const struct stm32_bridge *bridge = chip->part->bridges;

	for (size_t i = 0; units[i].name != NULL; i++)
		add_slave(chip, units[i].name, units[i].base, units[i].size, &units[i]);
	for (; bridge->end != 0; bridge++)
		fill_bridge(chip, bridge->first, bridge->end);
}

void stm32_chip_reset_peripherals(struct stm32_chip *chip)
{
	const struct stm32_unit *units = chip->part->units;

	for (size_t i = 0; units[i].name != NULL; i++) {
		if (units[i].reset)
			units[i].reset((char *)chip + units[i].dev);
	}
}

void stm32_chip_reset_lines(void *ctx, uint32_t enr, uint32_t bits)
{
	struct stm32_chip *chip = ctx;
	const struct stm32_unit *units = chip->part->units;

	for (size_t i = 0; units[i].name != NULL; i++) {
		if (units[i].enr == enr && (units[i].bit & bits) && units[i].reset)
			units[i].reset((char *)chip + units[i].dev);
	}
}
