/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_gpio.h"

#define GPIO_MODER 0x00u
#define GPIO_OTYPER 0x04u
#define GPIO_PUPDR 0x0cu
#define GPIO_IDR   0x10u
#define GPIO_ODR   0x14u
#define GPIO_BSRR  0x18u
#define GPIO_LCKR  0x1cu
#define GPIO_AFRL  0x20u
#define GPIO_BRR   0x28u
#define LCKK	   BIT(16)

/* After reset all pins are analog but the debug pins (RM0351 8.4.1 to 8.4.4). */
static const struct gpio_reset { char port; uint32_t moder, ospeedr, pupdr; } resets[] = {
	{ 'A', 0xabffffff, 0x0c000000, 0x64000000 },
	{ 'B', 0xfffffebf, 0x00000000, 0x00000100 },
	{ 'H', 0x0000000f, 0x00000000, 0x00000000 },
	{ 0, 0xffffffff, 0, 0 },
};
/* Without JTAG only PA13 and PA14 are (RM0444 7.4.1). */
static const struct gpio_reset swd_resets[] = {
	{ 'A', 0xebffffff, 0x0c000000, 0x24000000 },
	{ 0, 0xffffffff, 0, 0 },
};

static uint32_t *reg(struct stm32_gpio *gpio, uint32_t offset)
{
	return vb_regs_at(&gpio->regs, offset);
}

enum stm32_pin_mode stm32_gpio_mode(struct stm32_gpio *gpio, unsigned pin)
{
	return *reg(gpio, GPIO_MODER) >> 2 * pin & 3;
}

unsigned stm32_gpio_alternate(struct stm32_gpio *gpio, unsigned pin)
{
	return *reg(gpio, GPIO_AFRL + (pin & 8) / 2) >> 4 * (pin & 7) & 15;
}

static bool pin_level(struct stm32_gpio *gpio, unsigned pin)
{
	bool odr = *reg(gpio, GPIO_ODR) & BIT(pin);
	bool open_drain = *reg(gpio, GPIO_OTYPER) & BIT(pin);

	if (stm32_gpio_mode(gpio, pin) == PIN_OUTPUT && !(open_drain && odr))
		return odr;
	if (gpio->driven & BIT(pin))
		return gpio->driven_level & BIT(pin);
	return (*reg(gpio, GPIO_PUPDR) >> 2 * pin & 3) == 1;
}

static void update(struct stm32_gpio *gpio)
{
	uint32_t idr = 0;

	for (unsigned pin = 0; pin < 16; pin++) {
		bool now = pin_level(gpio, pin), was = gpio->level & BIT(pin);

		if (now && stm32_gpio_mode(gpio, pin) != PIN_ANALOG)
			idr |= BIT(pin);	/* the Schmitt trigger is off in analog mode */
		if (now == was)
			continue;
		gpio->level ^= (uint16_t)BIT(pin);
		gpio->toggles[pin]++;
		if (gpio->on_edge)
			gpio->on_edge(gpio->chip, gpio, pin, now);
	}
	*reg(gpio, GPIO_IDR) = idr;
}

void stm32_gpio_drive(struct stm32_gpio *gpio, unsigned pin, int level)
{
	gpio->driven = (uint16_t)(gpio->driven & ~BIT(pin)) | (uint16_t)(level >= 0 ? BIT(pin) : 0);
	gpio->driven_level = (uint16_t)(gpio->driven_level & ~BIT(pin)) |
			     (uint16_t)(level > 0 ? BIT(pin) : 0);
	update(gpio);
}

/* A locked pin keeps its configuration until reset (RM0351 8.3.6). */
static uint32_t locked_pins(struct stm32_gpio *gpio)
{
	uint32_t lckr = *reg(gpio, GPIO_LCKR);

	return lckr & LCKK ? lckr & 0xffff : 0;
}

static uint32_t spread(uint32_t pins, unsigned bits_each, unsigned first)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < 32 / bits_each; i++) {
		if (pins & BIT(first + i))
			mask |= ((1u << bits_each) - 1) << bits_each * i;
	}
	return mask;
}

static enum vb_result config_written(struct vb_regs *regs, uint32_t *value, uint32_t old,
				     uint32_t frozen)
{
	struct stm32_gpio *gpio = regs->dev;

	*value = (*value & ~frozen) | (old & frozen);
	update(gpio);
	if (gpio->on_mode)
		gpio->on_mode(gpio->chip, gpio);
	return VB_OK;
}

#define CONFIG_HOOK(name, offset, bits_each, first)                                                \
	static enum vb_result name(struct vb_regs *regs, uint32_t value, uint32_t old)             \
	{                                                                                          \
		(void)value;                                                                       \
		return config_written(regs, reg(regs->dev, offset), old,                           \
				      spread(locked_pins(regs->dev), bits_each, first));           \
	}
CONFIG_HOOK(moder_written, GPIO_MODER, 2, 0)
CONFIG_HOOK(otyper_written, GPIO_OTYPER, 1, 0)
CONFIG_HOOK(pupdr_written, GPIO_PUPDR, 2, 0)
CONFIG_HOOK(afrl_written, GPIO_AFRL, 4, 0)
CONFIG_HOOK(afrh_written, GPIO_AFRL + 4, 4, 8)

static enum vb_result odr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	(void)old;
	update(regs->dev);
	return VB_OK;
}

static enum vb_result bsrr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_gpio *gpio = regs->dev;
	uint32_t *odr = reg(gpio, GPIO_ODR);

	(void)old;
	*odr = (*odr & ~(value >> 16)) | (value & 0xffff);	/* set wins over reset */
	update(gpio);
	return VB_OK;
}

static enum vb_result brr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	*reg(regs->dev, GPIO_ODR) &= ~(value & 0xffff);
	update(regs->dev);
	return VB_OK;
}

static enum vb_result lckr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	uint32_t *lckr = reg(regs->dev, GPIO_LCKR);

	(void)value;
	if (old & LCKK)
		*lckr = old;	/* unconfirmed: one write is enough here, not the 1-0-1 sequence */
	return VB_OK;
}

static const struct vb_reg gpio_regs[] = {
	{ "MODER", GPIO_MODER, 0, 0xffffffff, 0, moder_written, NULL },
	{ "OTYPER", GPIO_OTYPER, 0, 0x0000ffff, 0, otyper_written, NULL },
	{ "OSPEEDR", 0x08, 0, 0xffffffff, 0, NULL, NULL },
	{ "PUPDR", GPIO_PUPDR, 0, 0xffffffff, 0, pupdr_written, NULL },
	{ "IDR", GPIO_IDR, 0, 0, 0, NULL, NULL },
	{ "ODR", GPIO_ODR, 0, 0x0000ffff, 0, odr_written, NULL },
	{ "BSRR", GPIO_BSRR, 0, 0, 0, bsrr_written, NULL },
	{ "LCKR", GPIO_LCKR, 0, 0x0001ffff, 0, lckr_written, NULL },
	{ "AFRL", GPIO_AFRL, 0, 0xffffffff, 0, afrl_written, NULL },
	{ "AFRH", GPIO_AFRL + 4, 0, 0xffffffff, 0, afrh_written, NULL },
	{ "BRR", GPIO_BRR, 0, 0, 0, brr_written, NULL },
	{ "ASCR", 0x2c, 0, 0x0000ffff, 0, NULL, NULL },		/* L47/L48; HSLVR on U5 */
	{ .name = NULL }
};

void stm32_gpio_init(struct stm32_gpio *gpio, struct stm32_env *env, char port, bool has_jtag)
{
	gpio->env = env;
	gpio->port = port;
	gpio->has_jtag = has_jtag;
	gpio->regs = (struct vb_regs){ .name = "GPIO", .table = gpio_regs, .value = gpio->value,
				       .dev = gpio };
	stm32_gpio_reset(gpio);
}

void stm32_gpio_reset(struct stm32_gpio *gpio)
{
	const struct gpio_reset *r = gpio->has_jtag ? resets : swd_resets;

	while (r->port != 0 && r->port != gpio->port)
		r++;
	vb_regs_reset(&gpio->regs);
	*reg(gpio, GPIO_MODER) = r->moder;
	*reg(gpio, 0x08) = r->ospeedr;
	*reg(gpio, GPIO_PUPDR) = r->pupdr;
	update(gpio);
	if (gpio->on_mode)
		gpio->on_mode(gpio->chip, gpio);
}
