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
#define MAIN_BASE    0x08000000u
#define SECURE_CODE  0x04000000u	/* the secure alias of main flash */
#define NSBOOTADD0R  0x44u	/* then NSBOOTADD1R, SECBOOTADD0R */

enum { MODE_FLASH = 0, MODE_SYSTEM = 1, MODE_SRAM = 3 };	/* MEM_MODE */

static uint8_t *info_at(struct stm32_chip *chip, uint32_t addr)
{
	return stm32l4_info_at(&chip->flash, addr);
}

static bool is_main_flash(uint32_t addr)
{
	return (addr & ~SECURE_CODE) - MAIN_BASE < 0x01000000;
}

/* As sampled when the options were loaded: the first programming does not change it. */
static bool is_empty(const struct stm32_chip *chip)
{
	return chip->part->boot->has_empty && chip->flash.is_empty;
}

uint32_t stm32_chip_optr(const struct stm32_chip *chip)
{
	return chip->flash.loaded[OPT_USER];
}

bool stm32_chip_has_trustzone(const struct stm32_chip *chip)
{
	return stm32_chip_optr(chip) & chip->part->boot->tzen;
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

/* The code, and behind it its words: what differs between the lines. */
static void put_loader(struct stm32_chip *chip, uint32_t at)
{
	const struct stm32_part *part = chip->part;
	const uint32_t words[] = {
		part->loader_flash + 0x20, part->boot->bfb2, part->loader_flash + 0x10,
		0x40021000 + RCC_APB2ENR, 0x40010000, part->size_reg, part->loader_bank2,
		part->loader_ram,
	};

	for (uint32_t i = 0; i < ARRAY_SIZE(boot_code); i++) {
		const uint8_t halfword[] = { boot_code[i] & 0xff, (uint8_t)(boot_code[i] >> 8) };

		put_info(chip, at + 2 * i, halfword, sizeof(halfword));
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(words); i++)
		put_word(chip, at + sizeof(boot_code) + 4 * i, words[i]);
}

/* The information block (RM0351 47): package, UID, size; the boot loader's version byte. */
void stm32_chip_fill_system_memory(struct stm32_chip *chip)
{
	static const uint32_t uid[3] = { 0x00320042, 0x35325014, 0x20363253 };
	const struct stm32_part *part = chip->part;
	uint8_t size[2];

	put_word(chip, part->system_memory, part->loader_stack);
	put_word(chip, part->system_memory + 4, part->loader_entry);
	put_loader(chip, part->loader_entry & ~1u);
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

static uint32_t flash_reg(struct stm32_chip *chip, uint32_t offset, uint32_t otherwise)
{
	const uint32_t *reg = stm32l4_flash_reg(&chip->flash, offset);

	return reg ? *reg : otherwise;
}

/* SECR, SEC1R: main flash whatever the pin and the other options say (RM0444 3.5.6). */
bool stm32_chip_boot_lock(struct stm32_chip *chip)
{
	uint32_t offset = chip->part->boot->boot_lock;

	return offset != 0 && (flash_reg(chip, offset, 0) & BIT(16));
}

static bool wants_boot0(const struct stm32_chip *chip)
{
	const struct stm32_boot_bits *b = chip->part->boot;
	uint32_t optr = stm32_chip_optr(chip);
	bool from_option = (b->n_sw_boot0 && !(optr & b->n_sw_boot0)) ||
			   (b->nboot_sel && (optr & b->nboot_sel));

	return from_option ? !(optr & b->nboot0) : chip->boot0;
}

/* What is mapped at 0, sampled at each reset. */
static unsigned boot_mode(struct stm32_chip *chip)
{
	const struct stm32_boot_bits *b = chip->part->boot;
	uint32_t optr = stm32_chip_optr(chip);

	if (stm32l4_options_rdp(&chip->flash) == 2 || stm32_chip_boot_lock(chip) || b->has_addresses)
		return MODE_FLASH;
	if (wants_boot0(chip))
		return optr & b->nboot1 ? MODE_SYSTEM : MODE_SRAM;
	return (optr & b->bfb2) || is_empty(chip) ? MODE_SYSTEM : MODE_FLASH;
}

/*
 * L5, U5: the vector table is at an address by option, in units of 128 bytes. At RDP level 2 only
 * main flash will do (RM0438 3.4, RM0456 4).
 */
static uint32_t boot_address(struct stm32_chip *chip)
{
	const struct stm32_boot_bits *b = chip->part->boot;
	uint32_t addr;

	if (stm32_chip_optr(chip) & b->tzen)
		addr = flash_reg(chip, NSBOOTADD0R + 8, MAIN_BASE | SECURE_CODE);
	else if (wants_boot0(chip))
		addr = flash_reg(chip, NSBOOTADD0R + 4, chip->part->system_memory);
	else
		addr = flash_reg(chip, NSBOOTADD0R, MAIN_BASE);
	addr &= 0xffffff80;
	if (stm32l4_options_rdp(&chip->flash) == 2 && !is_main_flash(addr))
		return MAIN_BASE;
	return addr;
}

static bool select_boot(struct stm32_chip *chip, unsigned *mode)
{
	uint32_t addr;

	*mode = boot_mode(chip);
	if (!chip->part->boot->has_addresses)
		return wants_boot0(chip) && *mode != MODE_FLASH;
	addr = boot_address(chip);
	vb_cpu_set_init_vtor(chip->board->cpu, addr);
	return !is_main_flash(addr);
}

/* Resets */

/* What a loss of the core's supply takes; Standby and Shutdown leave the backup domain its own. */
static void lose_power(struct stm32_chip *chip)
{
	stm32_chip_forget_ram(chip);
	if (chip->wakes_from == STM32_RUN)
		stm32_rtc_power_on(&chip->rtc);
	if (chip->wakes_from != STM32_STANDBY)
		stm32_dbgmcu_power_on(&chip->dbgmcu);
}

/* The end of Standby is told by SBF, not by a reset flag (RM0351 5.3.9, 6.1). */
static void reset_clocks(struct stm32_chip *chip, enum vb_reset kind)
{
	uint16_t offset = chip->rcc.line->csr;
	uint32_t csr = stm32_rcc_get(&chip->rcc, offset);
	bool is_wakeup = chip->wakes_from == STM32_STANDBY;

	stm32_rcc_reset(&chip->rcc, is_wakeup ? VB_RESET_SYSTEM : kind);	/* BDCR lives on */
	stm32_pwr_reset(&chip->pwr, kind);
	if (!is_wakeup)
		return;
	stm32_rcc_end_standby(&chip->rcc, csr);
	stm32_pwr_note_standby(&chip->pwr);
}

void stm32_chip_reset(struct vb_board *board, void *priv, enum vb_reset kind)
{
	struct stm32_chip *chip = priv;
	unsigned mode;

	chip->resets[kind]++;
	chip->env.power = STM32_RUN;
	if (kind == VB_RESET_POWER_ON || chip->wakes_from != STM32_RUN)
		lose_power(chip);
	reset_clocks(chip, kind);
	stm32l4_flash_reset(&chip->flash, kind);
	if (chip->wakes_from != STM32_RUN && kind != VB_RESET_POWER_ON)
		stm32l4_options_load(&chip->flash);
	chip->wakes_from = STM32_RUN;
	stm32_chip_reset_ram(chip);
	chip->flash.booted_elsewhere = select_boot(chip, &mode);
	stm32_syscfg_reset(&chip->syscfg, mode);
	stm32_chip_reset_peripherals(chip);
	stm32_iwdg_reset(&chip->iwdg, !(stm32_chip_optr(chip) & OPTR_IWDG_SW));
	stm32_wwdg_reset(&chip->wwdg, !(stm32_chip_optr(chip) & OPTR_WWDG_SW));
	vb_cpu_gate(board->cpu, false);
	if (chip->part->second != NULL)
		vb_board_start_cpu2(board, chip->part->second->boots_itself);
	/* SWD drops once when options are reloaded: the host has to start with a line reset. */
	if (kind == VB_RESET_OPTION_LOAD && board->link->mode == VB_LINK_SWD)
		vb_swd_select(&board->link->swd);
}
