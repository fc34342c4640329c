/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_gpio.h"

#define GPIO_DR	  0x00u
#define GPIO_GDIR 0x04u
#define GPIO_PSR  0x08u

static uint32_t *reg(struct imxrt_gpio *gpio, uint32_t offset)
{
	return vb_regs_at(&gpio->regs, offset);
}

static void update(struct imxrt_gpio *gpio)
{
	uint32_t out = *reg(gpio, GPIO_GDIR);
	uint32_t level = (*reg(gpio, GPIO_DR) & out) | (gpio->driven & gpio->driven_level & ~out);
	uint32_t changed = level ^ gpio->level;

	gpio->level = level;
	*reg(gpio, GPIO_PSR) = level;
	if ((changed & out) && gpio->on_edge)
		gpio->on_edge(gpio->chip, gpio, changed & out);
}

static enum vb_result written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value, (void)old;
	update(regs->dev);
	return VB_OK;
}

static enum vb_result set_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	*reg(regs->dev, GPIO_DR) |= value;
	return written(regs, value, old);
}

static enum vb_result clear_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	*reg(regs->dev, GPIO_DR) &= ~value;
	return written(regs, value, old);
}

static enum vb_result toggle_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	*reg(regs->dev, GPIO_DR) ^= value;
	return written(regs, value, old);
}

#define ALL 0xffffffffu
static const struct vb_reg gpio_regs[] = {
	{ "DR", GPIO_DR, 0, ALL, 0, written, NULL },
	{ "GDIR", GPIO_GDIR, 0, ALL, 0, written, NULL },
	{ "PSR", GPIO_PSR, 0, 0, 0, NULL, NULL },
	{ "ICR1", 0x0c, 0, ALL, 0, NULL, NULL },
	{ "ICR2", 0x10, 0, ALL, 0, NULL, NULL },
	{ "IMR", 0x14, 0, ALL, 0, NULL, NULL },
	{ "ISR", 0x18, 0, 0, ALL, NULL, NULL },
	{ "EDGE_SEL", 0x1c, 0, ALL, 0, NULL, NULL },
	{ "DR_SET", 0x84, 0, 0, 0, set_written, NULL },
	{ "DR_CLEAR", 0x88, 0, 0, 0, clear_written, NULL },
	{ "DR_TOGGLE", 0x8c, 0, 0, 0, toggle_written, NULL },
	{ .name = NULL }
};

bool imxrt_gpio_is_output(struct imxrt_gpio *gpio, unsigned pin)
{
	return *reg(gpio, GPIO_GDIR) >> pin & 1;
}

void imxrt_gpio_drive(struct imxrt_gpio *gpio, unsigned pin, int level)
{
	gpio->driven = (gpio->driven & ~BIT(pin)) | (level >= 0 ? BIT(pin) : 0);
	gpio->driven_level = (gpio->driven_level & ~BIT(pin)) | (level > 0 ? BIT(pin) : 0);
	update(gpio);
}

void imxrt_gpio_init(struct imxrt_gpio *gpio, struct imxrt_env *env)
{
	gpio->env = env;
	gpio->regs = (struct vb_regs){ .name = "GPIO", .table = gpio_regs, .value = gpio->value,
				       .dev = gpio };
	vb_regs_reset(&gpio->regs);
}

void imxrt_gpio_reset(struct imxrt_gpio *gpio)
{
	vb_regs_reset(&gpio->regs);
	update(gpio);
}
