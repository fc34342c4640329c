/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/stm32_chip_firmware.h"

#include <assert.h>
#include <string.h>

#include "vboard/chip/stm32_chip_program.h"

#define MAIN_BASE  0x08000000u
#define CODE	   0x100u	/* behind the vectors of the core and the first interrupts */
#define OTHER_RAM  0x10000000u	/* SRAM2 of L4, CCM SRAM of G4 */
#define STOP_LABEL 0x70u	/* stm32_chip_program.S */
#define SCB_SCR	   0xe000ed10u
#define SLEEPDEEP  BIT(2)
#define IWDG_START 0xccccu
#define LPR	   BIT(14)	/* PWR_CR1 */

/* The rows of the table. */
enum row_op { ROW_END, ROW_WRITE, ROW_SET, ROW_CLEAR, ROW_TOGGLE, ROW_UNTIL, ROW_DELAY, ROW_BACK,
	      ROW_SLEEP, ROW_TO_RAM };
#define ROW_BYTES 12u

static void row(struct stm32_image *image, enum row_op op, uint32_t addr, uint32_t value)
{
	assert(image->length + ROW_BYTES <= sizeof(image->bytes));
	put_le32(image->bytes + image->length, op);
	put_le32(image->bytes + image->length + 4, addr);
	put_le32(image->bytes + image->length + 8, value);
	image->length += ROW_BYTES;
}

static uint32_t base_of(struct stm32_chip *chip, const char *unit)
{
	const struct stm32_unit *u = stm32_chip_unit(chip, unit);

	return u != NULL ? u->base : 0;
}

static void clock_unit(struct stm32_image *image, struct stm32_chip *chip, const char *unit)
{
	const struct stm32_unit *u = stm32_chip_unit(chip, unit);

	if (u != NULL && u->enr != 0)
		row(image, ROW_SET, base_of(chip, "RCC") + u->enr, u->bit);
}

/* SYSCLK after reset is 4 MHz of MSI, 16 MHz of HSI in G0 and G4: down to an HCLK of 1 MHz. */
static void slow_down(struct stm32_image *image, struct stm32_chip *chip)
{
	unsigned line = stm32_chip_line(chip);
	uint32_t rcc = base_of(chip, "RCC");

	if (line == LINE_U5)
		row(image, ROW_SET, rcc + 0x20, 0x9);		/* CFGR2.HPRE: / 4 */
	else if (line == LINE_G0)
		row(image, ROW_SET, rcc + 0x08, 0xb00);		/* / 16 */
	else
		row(image, ROW_SET, rcc + 0x08, line == LINE_G4 ? 0xb0 : 0x90);
}

/* PWR_CR1.VOS of L4, L5, G0, G4 and WB: 2 is range 2. */
static void range_2(struct stm32_image *image, struct stm32_chip *chip)
{
	uint32_t cr1 = base_of(chip, "PWR");

	clock_unit(image, chip, "PWR");
	row(image, ROW_SET, cr1, BIT(10));
	row(image, ROW_CLEAR, cr1, BIT(9));
}

static void leave_pg(struct stm32_image *image, struct stm32_chip *chip)
{
	row(image, ROW_WRITE, stm32_tool_flash_reg(chip, "KEYR"), 0x45670123);
	row(image, ROW_WRITE, stm32_tool_flash_reg(chip, "KEYR"), 0xcdef89ab);
	row(image, ROW_WRITE, stm32_tool_flash_reg(chip, "CR"), 1);
}

static void low_power_run(struct stm32_image *image, struct stm32_chip *chip)
{
	slow_down(image, chip);
	clock_unit(image, chip, "PWR");
	row(image, ROW_SET, base_of(chip, "PWR"), LPR);
}

/* Stop 2 where there is one, Stop 1 in G0 and G4. */
static void stop(struct stm32_image *image, struct stm32_chip *chip)
{
	bool has_stop_2 = !(stm32_chip_line(chip) & (LINE_G0 | LINE_G4));

	clock_unit(image, chip, "PWR");
	row(image, ROW_CLEAR, base_of(chip, "PWR"), 7);
	row(image, ROW_SET, base_of(chip, "PWR"), has_stop_2 ? 2 : 1);
	row(image, ROW_SET, SCB_SCR, SLEEPDEEP);
	row(image, ROW_SLEEP, 0, 0);
}

static void power_flash_down(struct stm32_image *image, struct stm32_chip *chip)
{
	bool is_u5 = stm32_chip_line(chip) == LINE_U5;
	uint32_t pdkeyr = stm32_tool_flash_reg(chip, is_u5 ? "PDKEY1R" : "PDKEYR");

	row(image, ROW_TO_RAM, chip->part->ram[0].base, 768);
	row(image, ROW_WRITE, pdkeyr, 0x04152637);
	row(image, ROW_WRITE, pdkeyr, 0xfafbfcfd);
	row(image, ROW_SET, stm32_tool_flash_reg(chip, "ACR"), chip->flash.family->acr_run_pd);
}

/* Through the alias at 0; M33 parts have none. */
static void stray_write(struct stm32_image *image, struct stm32_chip *chip)
{
	uint32_t at = stm32_chip_line(chip) & (LINE_L5 | LINE_U5) ? MAIN_BASE : 0;

	row(image, ROW_WRITE, at, 0);
	row(image, ROW_WRITE, at + 4, 0);
}

static void blink(struct stm32_image *image, struct stm32_chip *chip)
{
	char port[] = "GPIO?";
	uint32_t gpio;
	unsigned pin = chip->part->led_pin;

	if (chip->part->led_port == 0) {
		row(image, ROW_END, 0, 0);
		return;
	}
	port[4] = chip->part->led_port;
	gpio = base_of(chip, port);
	clock_unit(image, chip, port);
	row(image, ROW_SET, gpio, BIT(2 * pin));		/* MODER: output */
	row(image, ROW_CLEAR, gpio, BIT(2 * pin + 1));
	row(image, ROW_TOGGLE, gpio + 0x14, BIT(pin));
	row(image, ROW_DELAY, 0, 1000);
	row(image, ROW_BACK, 0, 3 * ROW_BYTES);
}

static bool special_part(struct stm32_image *image, struct stm32_chip *chip,
			 enum stm32_firmware which)
{
	switch (which) {
	case FW_STRAY_WRITE:	stray_write(image, chip); return true;
	case FW_LEAVES_PG:	leave_pg(image, chip); return true;
	case FW_STARTS_IWDG:
		row(image, ROW_WRITE, base_of(chip, "IWDG"), IWDG_START);
		return true;
	case FW_STOPS:		stop(image, chip); return true;
	case FW_TAKES_SWD:
		clock_unit(image, chip, "GPIOA");
		row(image, ROW_SET, base_of(chip, "GPIOA"), 0xfu << 26);
		return true;
	case FW_LOW_POWER_RUN:	low_power_run(image, chip); return true;
	case FW_SLOW:		slow_down(image, chip); return true;
	case FW_BUSY:
		range_2(image, chip);
		low_power_run(image, chip);
		leave_pg(image, chip);
		return true;
	case FW_RANGE_2:	range_2(image, chip); return true;
	case FW_POWERS_FLASH_DOWN: power_flash_down(image, chip); return true;
	case FW_READS_BAD_CELL:
		row(image, ROW_UNTIL, MAIN_BASE + STM32_BAD_CELL, UINT32_MAX);
		return true;
	default:		return which == FW_GOOD || which == FW_OTHER_STACK;
	}
}

bool stm32_chip_firmware(struct stm32_chip *chip, enum stm32_firmware which,
			 struct stm32_image *image)
{
	const struct stm32_ram *ram = &chip->part->ram[0];

	memset(image->bytes, 0xff, sizeof(image->bytes));
	while (which == FW_OTHER_STACK && ram->name != NULL && ram->base != OTHER_RAM)
		ram++;
	if (ram->name == NULL)
		return false;
	put_le32(image->bytes, ram->base + ram->bytes - 16);
	put_le32(image->bytes + 4, MAIN_BASE + CODE + 1);
	for (unsigned i = 2; i < CODE / 4; i++)
		put_le32(image->bytes + 4 * i, MAIN_BASE + CODE + STOP_LABEL + 1);
	memcpy(image->bytes + CODE, preset_program, sizeof(preset_program));
	image->length = CODE + sizeof(preset_program);
	if (!special_part(image, chip, which))
		return false;
	blink(image, chip);
	image->length = (image->length + 15) & ~(size_t)15;
	return true;
}
