/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an STM32 starts from: the information block with the stand-in for ST's boot loader, the boot
 * selection of each line (RM0351 2.6, RM0444 2.5, RM0440 2.6, RM0438 3.4, RM0434 2.3), and resets.
 */
#include <string.h>

#include "vboard/chip/stm32_chip.h"
#include "vboard/chip/stm32_chip_boot.h"

#define OPTR_IWDG_SW BIT(16)	/* these two are at the same place in every line */
#define OPTR_WWDG_SW BIT(19)
#define INFO_BASE    0x1fff0000u

enum { MODE_FLASH = 0, MODE_SYSTEM = 1, MODE_SRAM = 3 };	/* MEM_MODE */

static uint8_t *info_at(struct stm32_chip *chip, uint32_t addr)
{
	return addr - INFO_BASE < 0x10000 ? chip->flash.info[0].bytes + (addr - INFO_BASE) : NULL;
}

uint32_t stm32_chip_optr(const struct stm32_chip *chip)
{
	return chip->flash.loaded[OPT_USER];
}

static void put_info(struct stm32_chip *chip, uint32_t addr, const void *bytes, size_t n)
{
	uint8_t *at = info_at(chip, addr);

	if (at != NULL)
		memcpy(at, bytes, n);
}

static void put_word(struct stm32_chip *chip, uint32_t addr, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	put_info(chip, addr, bytes, sizeof(bytes));
}

/* The information block (RM0351 47): package, UID, size; the boot loader's version byte. */
void stm32_chip_fill_system_memory(struct stm32_chip *chip)
{
	static const uint32_t uid[3] = { 0x00320042, 0x35325014, 0x20363253 };
	const struct stm32_part *part = chip->part;
	uint8_t size[2];

	put_word(chip, part->system_memory, part->loader_stack);
	put_word(chip, part->system_memory + 4, part->loader_entry);
	put_info(chip, part->loader_entry & ~1u, boot_code, sizeof(boot_code));
	put_info(chip, part->loader_version, "\x92", 1);
	put_word(chip, part->package, 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(uid); i++)
		put_word(chip, part->uid + 4 * i, uid[i]);
	put_le16(size, chip->flash.size_register);
	put_info(chip, part->size_reg, size, sizeof(size));
}

/* UID bits 31:0 are the coordinates of the die on the wafer (RM0351 chapter 49). */
void stm32_chip_set_unit(struct vb_board *board, void *priv, unsigned unit)
{
	struct stm32_chip *chip = priv;
	uint8_t *uid = info_at(chip, chip->part->uid);

	(void)board;
	if (uid != NULL)
		put_le32(uid, get_le32(uid) + unit);
}

/* Boot selection */

static bool wants_boot0(const struct stm32_chip *chip)
{
	const struct stm32_boot_bits *b = chip->part->boot;
	uint32_t optr = stm32_chip_optr(chip);
	bool from_option = (b->n_sw_boot0 && !(optr & b->n_sw_boot0)) ||
			   (b->nboot_sel && (optr & b->nboot_sel));

	return from_option ? !(optr & b->nboot0) : chip->boot0;
}

/* What is mapped at 0, sampled at each reset. */
static unsigned boot_mode(const struct stm32_chip *chip)
{
	const struct stm32_boot_bits *b = chip->part->boot;
	uint32_t optr = stm32_chip_optr(chip);

	if (stm32l4_options_rdp(&chip->flash) == 2)
		return MODE_FLASH;
	if (wants_boot0(chip))
		return optr & b->nboot1 ? MODE_SYSTEM : MODE_SRAM;
	return optr & b->bfb2 ? MODE_SYSTEM : MODE_FLASH;
}

/* Resets */

static void power_on(struct stm32_chip *chip)
{
	stm32_chip_forget_ram(chip);
	stm32_rtc_power_on(&chip->rtc);
	stm32_dbgmcu_power_on(&chip->dbgmcu);
}

void stm32_chip_reset(struct vb_board *board, void *priv, enum vb_reset kind)
{
	struct stm32_chip *chip = priv;
	unsigned mode;

	chip->resets[kind]++;
	chip->env.power = STM32_RUN;
	if (kind == VB_RESET_POWER_ON)
		power_on(chip);
	stm32_rcc_reset(&chip->rcc, kind);
	stm32_pwr_reset(&chip->pwr, kind);
	stm32l4_flash_reset(&chip->flash, kind);
	stm32_chip_reset_ram(chip);
	mode = boot_mode(chip);
	chip->flash.booted_elsewhere = wants_boot0(chip) && mode != MODE_FLASH;
	stm32_syscfg_reset(&chip->syscfg, mode);
	stm32_chip_reset_peripherals(chip);
	stm32_iwdg_reset(&chip->iwdg, !(stm32_chip_optr(chip) & OPTR_IWDG_SW));
	stm32_wwdg_reset(&chip->wwdg, !(stm32_chip_optr(chip) & OPTR_WWDG_SW));
	vb_cpu_gate(board->cpu, false);
	/* SWD drops once when options are reloaded: the host has to start with a line reset. */
	if (kind == VB_RESET_OPTION_LOAD && board->link->mode == VB_LINK_SWD)
		vb_swd_select(&board->link->swd);
}
