/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States to start from: what somebody did to the board before. Each starts with a chip as delivered
 * (but for OTP, which is for ever), puts firmware into the flash and sets option bytes, switches
 * the board off and on, lets the firmware run, and then does what a tool or the supply did. Nothing
 * here is a flag: what the debugger finds is what the chip did with it.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip_firmware.h"
#include "vboard/chip/stm32_chip_verbs.h"
#include "vboard/device/stm32l4_flash_parts.h"

#define MAIN_BASE 0x08000000u
#define MS	  1000000u
#define STALE_AT  0x4000u
#define HALF_AT	  0x2000u
#define DUAL	  (LINE_ALL & ~(LINE_L43 | LINE_WB))
#define HAS_PCROP (LINE_ALL & ~(LINE_L5 | LINE_U5))

struct preset_error {
	char *text;
	size_t size;
};

static bool say(const struct preset_error *e, const char *text)
{
	snprintf(e->text, e->size, "%s", text);
	return false;
}

static bool option(struct stm32_chip *chip, const char *name, uint32_t value,
		   const struct preset_error *e)
{
	return stm32_chip_set_option(chip, name, &value, NULL, e->text, e->size);
}

static bool area(struct stm32_chip *chip, const char *name, uint32_t first, uint32_t last,
		 const struct preset_error *e)
{
	return stm32_chip_set_option(chip, name, &first, &last, e->text, e->size);
}

static uint32_t main_pages(const struct stm32_chip *chip)
{
	return stm32l4_array_bank_bytes(&chip->flash) / stm32l4_array_page_bytes(&chip->flash);
}

static bool load(struct stm32_chip *chip, uint32_t phys, enum stm32_firmware which,
		 const struct preset_error *e)
{
	struct stm32_image image;

	return (stm32_chip_firmware(chip, which, &image) &&
		stm32l4_array_load(&chip->flash, phys, image.bytes, image.length)) ||
	       say(e, "this part has no room for the firmware");
}

/* Before power-on: option bytes and cells. */

static bool rdp1(struct stm32_chip *chip, const struct preset_error *e)
{
	return option(chip, "RDP", 0xbb, e);
}

static bool wrp_page(struct stm32_chip *chip, const struct preset_error *e)
{
	return area(chip, "WRP1A", 5, 5, e);
}

static bool wrp_bank(struct stm32_chip *chip, const struct preset_error *e)
{
	return area(chip, "WRP1A", 0, main_pages(chip) - 1, e);
}

/* Pages 4 and 5: RM0351 3.5.3 counts 8 bytes, RM0444 3.5.3 512, RM0434 3.6.3 half a page. */
static bool pcrop(struct stm32_chip *chip, const struct preset_error *e)
{
	unsigned line = stm32_chip_line(chip);
	uint32_t unit = line == LINE_G0 ? 512 : line == LINE_WB ? 2048 : 8;
	uint32_t page = stm32l4_array_page_bytes(&chip->flash);
	const char *name = line & (LINE_G0 | LINE_WB) ? "PCROP1A" : "PCROP1";

	return area(chip, name, 4 * page / unit, 6 * page / unit - 1, e);
}

static bool optverr(struct stm32_chip *chip, const struct preset_error *e)
{
	(void)e;
	chip->flash.sticky_sr = SR_OPTVERR;	/* an engineering word that fails its check at each load */
	return true;
}

/* Two applications. RM0351 2.6: the boot loader maps bank 2 at 0x08000000; others swap by the
 * option alone. */
static bool bank_swap(struct stm32_chip *chip, const struct preset_error *e)
{
	unsigned line = stm32_chip_line(chip);

	if (!load(chip, stm32l4_array_bank_bytes(&chip->flash), FW_GOOD, e))
		return false;
	if (line == LINE_G0)
		return option(chip, "nSWAP_BANK", 0, e);
	return option(chip, line & (LINE_L5 | LINE_U5) ? "SWAP_BANK" : "BFB2", 1, e);
}

static bool bfb2(struct stm32_chip *chip, const struct preset_error *e)
{
	return option(chip, "BFB2", 1, e);
}

static bool size_unknown(struct stm32_chip *chip, const struct preset_error *e)
{
	stm32_chip_set_size_register(chip, 0xffff);
	(void)e;
	return true;
}

static bool half_size(struct stm32_chip *chip, const struct preset_error *e)
{
	(void)e;
	stm32_chip_set_size(chip, chip->flash.size_kb / 2);
	return true;
}

static bool iwdg_hw(struct stm32_chip *chip, const struct preset_error *e)
{
	return option(chip, "IWDG_SW", 0, e);
}

static bool sfsa(struct stm32_chip *chip, const struct preset_error *e)
{
	return option(chip, "SFSA", main_pages(chip) - 56, e);
}

static bool tzen(struct stm32_chip *chip, const struct preset_error *e)
{
	return option(chip, "TZEN", 1, e);
}

/* An older image where the cache will be stale. */
static bool old_image(struct stm32_chip *chip, const struct preset_error *e)
{
	uint8_t old[256];

	(void)e;
	for (size_t i = 0; i < sizeof(old); i++)
		old[i] = (uint8_t)(0xa5 ^ i);
	return stm32l4_array_load(&chip->flash, STALE_AT, old, sizeof(old));
}

/* After power-on: what a tool did, and the supply. */

static bool stale_sr(struct stm32_chip *chip, const struct preset_error *e)
{
	uint32_t words = stm32_tool_unit_bytes(chip) / 4;

	/* An image written without unlocking first. */
	for (uint32_t i = 0; i < words; i++) {
		if (!stm32_tool_write(chip, MAIN_BASE + 0x2000 + 4 * i, 0x12345678))
			return say(e, "the bus refused the write");
	}
	return (*chip->flash.sr & SR_BLOCKING) || say(e, "the controller did not mind");
}

static bool keys_or_say(struct stm32_chip *chip, bool options, const struct preset_error *e)
{
	return stm32_tool_unlock(chip, options) || say(e, "the controller did not take its keys");
}

static bool torn_options(struct stm32_chip *chip, const struct preset_error *e)
{
	if (!keys_or_say(chip, true, e))
		return false;
	stm32_tool_write(chip, stm32_tool_flash_reg(chip, "CR"), CR_OPTSTRT);
	vb_clock_advance(chip->board->clock, chip->flash.family->page_erase_ns);
	vb_board_set_power(chip->board, false);
	vb_board_set_power(chip->board, true);
	return chip->flash.optverr || say(e, "the option bytes were written in time");
}

static bool key_lockout(struct stm32_chip *chip, const struct preset_error *e)
{
	(void)e;
	stm32_tool_write(chip, stm32_tool_flash_reg(chip, "KEYR"), 0xcdef89ab);	/* KEY2 first */
	return true;
}

/* A page is read, then erased with the data cache on: the cache still has what it read. */
static bool stale_cache(struct stm32_chip *chip, const struct preset_error *e)
{
	return stm32_chip_make_stale(chip, MAIN_BASE + STALE_AT, e->text, e->size);
}

static bool ones_programmed(struct stm32_chip *chip, const struct preset_error *e)
{
	return keys_or_say(chip, false, e) &&
	       stm32_tool_program(chip, MAIN_BASE, 0xffffffff, stm32_tool_unit_bytes(chip) / 4) &&
	       stm32_tool_settle(chip) && stm32_tool_lock(chip) &&
	       (chip->flash.state[0] == CELL_PROGRAMMED || say(e, "the controller refused the ones"));
}

/* The supply went away while the application was writing its log. */
static bool ecc_double(struct stm32_chip *chip, const struct preset_error *e)
{
	if (!keys_or_say(chip, false, e) ||
	    !stm32_tool_erase_page(chip, STM32_BAD_CELL) ||
	    !stm32_tool_program(chip, MAIN_BASE + STM32_BAD_CELL, 0x676f6c21,
				stm32_tool_unit_bytes(chip) / 4))
		return say(e, "the controller did not take the log");
	vb_clock_advance(chip->board->clock, chip->flash.family->program_ns / 2);
	vb_board_set_power(chip->board, false);
	if (chip->flash.state[STM32_BAD_CELL / 8] != CELL_BAD)
		return say(e, "the log was written in time");
	if (!load(chip, 0, FW_READS_BAD_CELL, e))
		return false;
	vb_board_set_power(chip->board, true);
	vb_clock_advance(chip->board->clock, MS);
	return true;
}

/* Write protection was taken away, nobody made it count. */
static bool option_pending(struct stm32_chip *chip, const struct preset_error *e)
{
	uint32_t wrp = stm32_tool_flash_reg(chip, "WRP1AR"), was;

	if (!keys_or_say(chip, true, e))
		return false;
	return stm32_tool_read(chip, wrp, &was) &&
	       stm32_tool_write(chip, wrp, (was & ~0x00ff00ffu) | 0xff) &&
	       stm32_tool_write(chip, stm32_tool_flash_reg(chip, "CR"), CR_OPTSTRT) &&
	       stm32_tool_settle(chip) && stm32_tool_lock(chip) &&
	       ((chip->flash.stored[OPT_WRP1AR] ^ chip->flash.loaded[OPT_WRP1AR]) & 0xff ||
		say(e, "the option bytes were not written"));
}

static bool wrp_first_pages(struct stm32_chip *chip, const struct preset_error *e)
{
	return area(chip, "WRP1A", 0, 3, e);
}

static bool intruded(struct stm32_chip *chip, const struct preset_error *e)
{
	uint32_t value;

	(void)e;
	stm32_tool_read(chip, MAIN_BASE, &value);
	return chip->flash.intruded || say(e, "the flash let itself be read");
}

static bool half_dw(struct stm32_chip *chip, const struct preset_error *e)
{
	return keys_or_say(chip, false, e) &&
	       stm32_tool_program(chip, MAIN_BASE + HALF_AT, 0x12345678, 1) &&
	       (chip->flash.latched != 0 || say(e, "the controller refused the word"));
}

static bool brownout(struct stm32_chip *chip, const struct preset_error *e)
{
	(void)e;
	chip->flash.fail_after = 3;
	chip->flash.fail_kind = FAIL_BROWNOUT;
	return true;
}

typedef bool (*preset_step)(struct stm32_chip *chip, const struct preset_error *e);

static const struct recipe {
	const char *name;
	unsigned lines;
	const char *others;		/* what the other lines lack */
	enum stm32_firmware firmware;
	preset_step before, after;	/* power-on */
	unsigned ms;			/* let the firmware run for so long before anybody looks */
} recipes[] = {
	{ "blank", LINE_ALL, NULL, FW_NONE, NULL, NULL, 0 },
	{ "good", LINE_ALL, NULL, FW_GOOD, NULL, NULL, 5 },
	{ "rdp1", LINE_ALL, NULL, FW_GOOD, rdp1, NULL, 5 },
	{ "intruded", LINE_ALL, NULL, FW_GOOD, rdp1, intruded, 5 },
	{ "stale-sr", LINE_ALL, NULL, FW_GOOD, NULL, stale_sr, 5 },
	{ "pg-left", LINE_ALL, NULL, FW_LEAVES_PG, NULL, NULL, 5 },
	{ "stray-write", LINE_ALL, NULL, FW_STRAY_WRITE, NULL, NULL, 5 },
	{ "wrp-page", LINE_ALL, NULL, FW_GOOD, wrp_page, NULL, 5 },
	{ "wrp-bank", LINE_ALL, NULL, FW_GOOD, wrp_bank, NULL, 5 },
	{ "pcrop", HAS_PCROP, "PCROP areas", FW_GOOD, pcrop, NULL, 5 },
	{ "optverr", LINE_ALL & ~(LINE_L5 | LINE_U5), "flag OPTVERR", FW_NONE, optverr, NULL, 0 },
	{ "torn-options", LINE_ALL, NULL, FW_GOOD, NULL, torn_options, 5 },
	{ "key-lockout", LINE_ALL, NULL, FW_GOOD, NULL, key_lockout, 5 },
	{ "bank-swap", DUAL, "a second bank to swap with", FW_GOOD, bank_swap, NULL, 5 },
	{ "bfb2", LINE_L47 | LINE_L4R | LINE_G4, "an option BFB2", FW_OTHER_STACK, bfb2, NULL, 5 },
	{ "size-unknown", LINE_ALL, NULL, FW_GOOD, size_unknown, NULL, 5 },
	{ "half-size", LINE_ALL, NULL, FW_GOOD, half_size, NULL, 5 },
	{ "iwdg-hw", LINE_ALL, NULL, FW_GOOD, iwdg_hw, NULL, 5 },
	{ "iwdg-fw", LINE_ALL, NULL, FW_STARTS_IWDG, NULL, NULL, 5 },
	{ "brownout", LINE_ALL, NULL, FW_GOOD, NULL, brownout, 5 },
	{ "stop-mode", LINE_ALL, NULL, FW_STOPS, NULL, NULL, 5 },
	{ "swd-off", LINE_ALL, NULL, FW_TAKES_SWD, NULL, NULL, 5 },
	{ "stale-cache", LINE_L4 | LINE_G4 | LINE_WB, "a flash data cache", FW_GOOD, old_image,
	  stale_cache, 5 },
	{ "ones-programmed", LINE_ALL, NULL, FW_NONE, NULL, ones_programmed, 0 },
	{ "ecc-double", LINE_ALL, NULL, FW_GOOD, NULL, ecc_double, 5 },
	{ "option-pending", LINE_ALL, NULL, FW_GOOD, wrp_first_pages, option_pending, 5 },
	{ "sfsa", LINE_WB, "a second core", FW_GOOD, sfsa, NULL, 5 },
	{ "half-dw", LINE_ALL, NULL, FW_GOOD, NULL, half_dw, 5 },
	{ "vos-range", LINE_L5, "a voltage range that is too low after reset", FW_GOOD, NULL, NULL, 5 },
	{ "tzen", LINE_L5 | LINE_U5, "TrustZone", FW_GOOD, tzen, NULL, 5 },
	{ "run-pd", LINE_ALL & ~(LINE_G0 | LINE_WB), "a power-down of the flash in Run mode",
	  FW_POWERS_FLASH_DOWN, NULL, NULL, 5 },
	{ "low-power-run", LINE_ALL & ~LINE_U5, "a low-power run mode", FW_LOW_POWER_RUN, NULL, NULL, 5 },
	{ "slow-clock", LINE_ALL, NULL, FW_SLOW, NULL, NULL, 5 },
	{ "app-busy", LINE_ALL & ~LINE_U5, "a low-power run mode", FW_BUSY, NULL, NULL, 5 },
	{ 0 }
};

static const struct recipe *recipe_of(const char *name)
{
	const struct recipe *r = recipes;

	while (r->name != NULL && strcmp(r->name, name) != 0)
		r++;
	return r;
}

static const char *lacks(struct vb_board *board, void *priv, const char *name)
{
	const struct recipe *r = recipe_of(name);

	(void)board;
	return r->lines & stm32_chip_line(priv) ? NULL : r->others;
}

/* As delivered. */
static void renew(struct stm32_chip *chip)
{
	struct stm32l4_flash *f = &chip->flash;

	vb_board_set_power(chip->board, false);
	f->sticky_sr = 0;
	f->stuck_bsy = false;
	f->fail_after = 0;
	f->fail_kind = FAIL_NONE;
	chip->boot0 = false;
	stm32_chip_set_size(chip, MIN(chip->part->flash_kb, f->family->max_kb));
	stm32l4_options_factory(f);
	stm32l4_array_erase(f, 0, f->size_kb * 1024u);
	stm32l4_options_load(f);	/* so that a preset finds the geometry of a new part */
}

static bool set(struct vb_board *board, void *priv, const char *name, char *error,
		size_t error_size)
{
	const struct preset_error e = { error, error_size };
	const struct recipe *r = recipe_of(name);
	struct stm32_chip *chip = priv;
	bool ok;

	if (lacks(board, priv, name) != NULL) {
		snprintf(error, error_size, "preset %s: %s has no %s", name, chip->part->name,
			 strncmp(r->others, "a ", 2) == 0 ? r->others + 2 :
			 strncmp(r->others, "an ", 3) == 0 ? r->others + 3 : r->others);
		return false;
	}
	if (!board->powered)
		return say(&e, "the board has no power");
	renew(chip);
	ok = (r->firmware == FW_NONE || load(chip, 0, r->firmware, &e)) &&
	     (r->before == NULL || r->before(chip, &e));
	vb_board_set_power(board, true);
	vb_clock_advance(board->clock, (uint64_t)r->ms * MS);
	ok = ok && (r->after == NULL || r->after(chip, &e));
	if (r->after != NULL && stm32_chip_line(chip) == LINE_L5)
		stm32_tool_range(chip, 2);	/* the tool put back what it found */
	return ok;
}

#define PRESET(name, help) { name, help, set, lacks }
const struct vb_preset stm32_chip_presets[] = {
	PRESET("blank", "Empty flash, factory option bytes."),
	PRESET("good", "Firmware that blinks."),
	PRESET("rdp1", "Read protection level 1; the firmware runs, nobody has looked yet."),
	PRESET("intruded", "Level 1, and a debugger has touched the flash: shut until power-off."),
	PRESET("stale-sr", "A tool wrote without unlocking: error bits in SR."),
	PRESET("pg-left", "Firmware unlocked the flash, set PG and left it so."),
	PRESET("stray-write", "Firmware writes through a null pointer at its start: PGSERR after each "
	       "reset."),
	PRESET("wrp-page", "Page 5 is write-protected: mass erase fails."),
	PRESET("wrp-bank", "The whole bank 1 is write-protected."),
	PRESET("pcrop", "Pages 4 and 5 are PCROP."),
	PRESET("optverr", "A virgin part: OPTVERR after each reset, the option values are sane."),
	PRESET("torn-options", "The supply went away in an option write: mismatch values."),
	PRESET("key-lockout", "A tool wrote a wrong key: locked until reset."),
	PRESET("bank-swap", "The application in bank 2 runs, mapped at 0x08000000."),
	PRESET("bfb2", "BFB2 is set, bank 2 is empty and the application's stack is not where the boot "
	       "loader wants it: it stays."),
	PRESET("size-unknown", "The flash size register reads 0xffff."),
	PRESET("half-size", "A part with half the flash."),
	PRESET("iwdg-hw", "IWDG_SW = 0, and firmware that does not feed it."),
	PRESET("iwdg-fw", "Firmware starts the IWDG and does not feed it."),
	PRESET("brownout", "The supply sags in the third flash operation."),
	PRESET("stop-mode", "Firmware enters Stop at once."),
	PRESET("swd-off", "Firmware took PA13 and PA14."),
	PRESET("stale-cache", "The page at 0x08004000 was erased with the data cache on."),
	PRESET("ones-programmed", "The first double word was programmed with all ones."),
	PRESET("ecc-double", "The supply went away in a write; firmware reads the ruin and stays in NMI."),
	PRESET("option-pending", "WRP of pages 0 to 3 was taken away, but the options are not loaded."),
	PRESET("sfsa", "The upper pages belong to CPU2."),
	PRESET("half-dw", "A tool wrote the first half of a double word."),
	PRESET("vos-range", "The voltage range is too low for programming, as after reset."),
	PRESET("tzen", "TrustZone is enabled."),
	PRESET("run-pd", "Firmware runs in SRAM with the flash powered down."),
	PRESET("low-power-run", "Firmware is in low-power run."),
	PRESET("slow-clock", "Firmware runs with HCLK at 1 MHz."),
	PRESET("app-busy", "Firmware left voltage range 2, low-power run and PG."),
	{ .name = NULL }
};
