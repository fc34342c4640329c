/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sits where on the buses of STM32L476: RM0351 table 1, clock enables 6.4.16 to 6.4.21. */
#include <assert.h>

#include "vboard/chip/stm32_chip.h"

#define UNIT	 0x400u
#define AT(field) offsetof(struct stm32_chip, field)

struct unit {
	const char *name;
	uint32_t base, size;
	uint32_t enr;		/* 0: always clocked */
	uint32_t bit;
	const struct vb_device_ops *ops;	/* NULL: reads 0, drops writes */
	size_t bus_ctx, dev;
	void (*reset)(void *dev);
};

static void reset_tim(void *dev)
{
	stm32_tim_reset(dev);
}

static void reset_gpio(void *dev)
{
	stm32_gpio_reset(dev);
}

static void reset_usart(void *dev)
{
	stm32_usart_reset(dev);
}

static void reset_crc(void *dev)
{
	stm32_crc_reset(dev);
}

static void reset_rng(void *dev)
{
	stm32_rng_reset(dev);
}

static void reset_pwr(void *dev)
{
	stm32l4_pwr_reset(dev, VB_RESET_SYSTEM);
}

static void reset_exti(void *dev)
{
	stm32_exti_reset(dev);
}

#define REGS(field, reset) &vb_regs_ops, AT(field.regs), AT(field), reset
#define NOT_MODELLED	   NULL, 0, 0, NULL

static const struct unit units[] = {
	/* APB1 */
	{ "TIM2", 0x40000000, UNIT, RCC_APB1ENR1, BIT(0), REGS(tim[0], reset_tim) },
	{ "TIM3", 0x40000400, UNIT, RCC_APB1ENR1, BIT(1), REGS(tim[1], reset_tim) },
	{ "TIM4", 0x40000800, UNIT, RCC_APB1ENR1, BIT(2), REGS(tim[2], reset_tim) },
	{ "TIM5", 0x40000c00, UNIT, RCC_APB1ENR1, BIT(3), REGS(tim[3], reset_tim) },
	{ "TIM6", 0x40001000, UNIT, RCC_APB1ENR1, BIT(4), REGS(tim[4], reset_tim) },
	{ "TIM7", 0x40001400, UNIT, RCC_APB1ENR1, BIT(5), REGS(tim[5], reset_tim) },
	{ "LCD", 0x40002400, UNIT, RCC_APB1ENR1, BIT(9), NOT_MODELLED },
	{ "RTC", 0x40002800, UNIT, 0, 0, &stm32_rtc_ops, AT(rtc), AT(rtc), NULL },
	{ "WWDG", 0x40002c00, UNIT, RCC_APB1ENR1, BIT(11), REGS(wwdg, NULL) },
	{ "IWDG", 0x40003000, UNIT, 0, 0, REGS(iwdg, NULL) },
	{ "SPI2", 0x40003800, UNIT, RCC_APB1ENR1, BIT(14), NOT_MODELLED },
	{ "SPI3", 0x40003c00, UNIT, RCC_APB1ENR1, BIT(15), NOT_MODELLED },
	{ "USART2", 0x40004400, UNIT, RCC_APB1ENR1, BIT(17), REGS(usart2, reset_usart) },
	{ "USART3", 0x40004800, UNIT, RCC_APB1ENR1, BIT(18), REGS(usart3, reset_usart) },
	{ "UART4", 0x40004c00, UNIT, RCC_APB1ENR1, BIT(19), REGS(uart4, reset_usart) },
	{ "UART5", 0x40005000, UNIT, RCC_APB1ENR1, BIT(20), REGS(uart5, reset_usart) },
	{ "I2C1", 0x40005400, UNIT, RCC_APB1ENR1, BIT(21), NOT_MODELLED },
	{ "I2C2", 0x40005800, UNIT, RCC_APB1ENR1, BIT(22), NOT_MODELLED },
	{ "I2C3", 0x40005c00, UNIT, RCC_APB1ENR1, BIT(23), NOT_MODELLED },
	{ "CAN1", 0x40006400, UNIT, RCC_APB1ENR1, BIT(25), NOT_MODELLED },
	{ "PWR", 0x40007000, UNIT, RCC_APB1ENR1, BIT(28), REGS(pwr, reset_pwr) },
	{ "DAC1", 0x40007400, UNIT, RCC_APB1ENR1, BIT(29), NOT_MODELLED },
	{ "OPAMP", 0x40007800, UNIT, RCC_APB1ENR1, BIT(30), NOT_MODELLED },
	{ "LPTIM1", 0x40007c00, UNIT, RCC_APB1ENR1, BIT(31), NOT_MODELLED },
	{ "LPUART1", 0x40008000, UNIT, RCC_APB1ENR2, BIT(0), NOT_MODELLED },
	{ "SWPMI1", 0x40008800, UNIT, RCC_APB1ENR2, BIT(2), NOT_MODELLED },
	{ "LPTIM2", 0x40009400, UNIT, RCC_APB1ENR2, BIT(5), NOT_MODELLED },
	/* APB2 */
	{ "SYSCFG", 0x40010000, UNIT, RCC_APB2ENR, BIT(0), REGS(syscfg, NULL) },
	{ "EXTI", 0x40010400, UNIT, 0, 0, REGS(exti, reset_exti) },
	{ "FIREWALL", 0x40011c00, UNIT, RCC_APB2ENR, BIT(7), NOT_MODELLED },
	{ "SDMMC1", 0x40012800, UNIT, RCC_APB2ENR, BIT(10), NOT_MODELLED },
	{ "TIM1", 0x40012c00, UNIT, RCC_APB2ENR, BIT(11), REGS(tim[6], reset_tim) },
	{ "SPI1", 0x40013000, UNIT, RCC_APB2ENR, BIT(12), NOT_MODELLED },
	{ "TIM8", 0x40013400, UNIT, RCC_APB2ENR, BIT(13), REGS(tim[7], reset_tim) },
	{ "USART1", 0x40013800, UNIT, RCC_APB2ENR, BIT(14), REGS(usart1, reset_usart) },
	{ "TIM15", 0x40014000, UNIT, RCC_APB2ENR, BIT(16), REGS(tim[8], reset_tim) },
	{ "TIM16", 0x40014400, UNIT, RCC_APB2ENR, BIT(17), REGS(tim[9], reset_tim) },
	{ "TIM17", 0x40014800, UNIT, RCC_APB2ENR, BIT(18), REGS(tim[10], reset_tim) },
	/* AHB1 */
	{ "DMA1", 0x40020000, UNIT, RCC_AHB1ENR, BIT(0), NOT_MODELLED },
	{ "DMA2", 0x40020400, UNIT, RCC_AHB1ENR, BIT(1), NOT_MODELLED },
	{ "RCC", 0x40021000, UNIT, 0, 0, &stm32l4_rcc_ops, AT(rcc), AT(rcc), NULL },
	{ "FLASH", 0x40022000, UNIT, RCC_AHB1ENR, BIT(8), &stm32l4_flash_ops, AT(flash), AT(flash),
	  NULL },
	{ "CRC", 0x40023000, UNIT, RCC_AHB1ENR, BIT(12), &stm32_crc_ops, AT(crc), AT(crc),
	  reset_crc },
	{ "TSC", 0x40024000, UNIT, RCC_AHB1ENR, BIT(16), NOT_MODELLED },
	/* AHB2 */
	{ "GPIOA", 0x48000000, UNIT, RCC_AHB2ENR, BIT(0), REGS(gpio[0], reset_gpio) },
	{ "GPIOB", 0x48000400, UNIT, RCC_AHB2ENR, BIT(1), REGS(gpio[1], reset_gpio) },
	{ "GPIOC", 0x48000800, UNIT, RCC_AHB2ENR, BIT(2), REGS(gpio[2], reset_gpio) },
	{ "GPIOD", 0x48000c00, UNIT, RCC_AHB2ENR, BIT(3), REGS(gpio[3], reset_gpio) },
	{ "GPIOE", 0x48001000, UNIT, RCC_AHB2ENR, BIT(4), REGS(gpio[4], reset_gpio) },
	{ "GPIOF", 0x48001400, UNIT, RCC_AHB2ENR, BIT(5), REGS(gpio[5], reset_gpio) },
	{ "GPIOG", 0x48001800, UNIT, RCC_AHB2ENR, BIT(6), REGS(gpio[6], reset_gpio) },
	{ "GPIOH", 0x48001c00, UNIT, RCC_AHB2ENR, BIT(7), REGS(gpio[7], reset_gpio) },
	{ "OTG_FS", 0x50000000, 0x40000, RCC_AHB2ENR, BIT(12), NOT_MODELLED },
	{ "ADC", 0x50040000, UNIT, RCC_AHB2ENR, BIT(13), NOT_MODELLED },
	{ "RNG", 0x50060800, UNIT, RCC_AHB2ENR, BIT(18), REGS(rng, reset_rng) },
	/* AHB3 */
	{ "FMC", 0xa0000000, UNIT, RCC_AHB3ENR, BIT(0), NOT_MODELLED },
	{ "QUADSPI", 0xa0001000, UNIT, RCC_AHB3ENR, BIT(8), NOT_MODELLED },
};

/* The APB bridges answer for their whole range; between AHB units nobody does: a bus error. */
static const struct { uint32_t first, end; } bridges[] = {
	{ 0x40000000, 0x40009800 }, { 0x40010000, 0x40016400 }
};

static void add_slave(struct stm32_chip *chip, const char *name, uint32_t base, uint32_t size,
		      const struct unit *unit)
{
	struct stm32_slave *slave = &chip->slaves[chip->slave_count++];
	struct vb_region region = { .name = name, .base = base, .size = size,
				    .dev_ops = &stm32_slave_ops, .ctx = slave };

	assert(chip->slave_count <= SLAVES_MAX);
	slave->env = &chip->env;
	if (unit != NULL && unit->enr != 0) {
		slave->enable = stm32l4_rcc_enable(&chip->rcc, unit->enr);
		slave->enable_bit = unit->bit;
	}
	if (unit != NULL && unit->ops != NULL) {
		slave->ops = unit->ops;
		slave->dev = (char *)chip + unit->bus_ctx;
	}
	vb_bus_add(chip->board->bus, &region);
}

static uint32_t next_unit(uint32_t from, uint32_t end)
{
	uint32_t next = end;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].base >= from)
			next = MIN(next, units[i].base);
	}
	return next;
}

static const struct unit *unit_at(uint32_t base)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].base == base)
			return &units[i];
	}
	return NULL;
}

static void fill_bridge(struct stm32_chip *chip, uint32_t at, uint32_t end)
{
	while (at < end) {
		const struct unit *unit = unit_at(at);
		uint32_t next = unit ? at + unit->size : next_unit(at, end);

		if (unit == NULL)
			add_slave(chip, "reserved", at, next - at, NULL);
		at = next;
	}
}

void stm32_chip_map(struct stm32_chip *chip)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		add_slave(chip, units[i].name, units[i].base, units[i].size, &units[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bridges); i++)
		fill_bridge(chip, bridges[i].first, bridges[i].end);
}

void stm32_chip_reset_peripherals(struct stm32_chip *chip)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].reset)
			units[i].reset((char *)chip + units[i].dev);
	}
}

void stm32_chip_reset_lines(void *ctx, uint32_t enr, uint32_t bits)
{
	struct stm32_chip *chip = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].enr == enr && (units[i].bit & bits) && units[i].reset)
			units[i].reset((char *)chip + units[i].dev);
	}
}
