/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control port: faults that can be put into flash, its controller, and the supply. */
#include <string.h>

#include "vboard/chip/stm32_chip_tool.h"
#include "vboard/chip/stm32_chip_verbs.h"
#include "vboard/device/stm32l4_flash_parts.h"

#define MAIN_BASE 0x08000000u

static struct stm32l4_flash *flash_of(struct vb_board *board)
{
	return &((struct stm32_chip *)board->priv)->flash;
}

bool stm32_chip_preset_sr(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t value;

	(void)ctx;
	if (argc < 2)
		return vb_refuse(error, error_size, "usage: preset-sr VALUE [sticky]");
	if (!vb_number(argv[1], &value, error, error_size))
		return false;
	*f->sr = value & 0xc3fb;
	f->sticky_sr = argc > 2 && strcmp(argv[2], "sticky") == 0 ? value & 0xc3fb : 0;
	fprintf(out, "{\"SR\":%u}", *f->sr);
	return true;
}

/* As an application leaves it that was stopped in the middle: unlocked, its mode bits set. */
bool stm32_chip_preset_cr(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t value;

	(void)ctx;
	if (argc < 2)
		return vb_refuse(error, error_size, "usage: preset-cr VALUE");
	if (!vb_number(argv[1], &value, error, error_size))
		return false;
	*f->cr = value & ~(CR_STRT | CR_OPTSTRT | CR_OBL_LAUNCH);
	f->keyr = value & CR_LOCK ? KEY_CLOSED : KEY_OPEN;
	f->optkeyr = value & CR_OPTLOCK ? KEY_CLOSED : KEY_OPEN;
	stm32l4_array_guard(f);
	fprintf(out, "{\"CR\":%u}", *f->cr);
	return true;
}

bool stm32_chip_lock_keys(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);

	(void)argc, (void)argv, (void)error, (void)error_size;
	(void)ctx;
	f->keyr = f->optkeyr = KEY_LOCKED_OUT;
	*f->cr |= CR_LOCK | CR_OPTLOCK;
	stm32l4_array_guard(f);
	fprintf(out, "{\"note\":\"until the next system reset\"}");
	return true;
}

bool stm32_chip_stuck_bsy(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);

	(void)ctx;
	if (argc != 2 || (strcmp(argv[1], "on") != 0 && strcmp(argv[1], "off") != 0))
		return vb_refuse(error, error_size, "usage: stuck-bsy on|off");
	f->stuck_bsy = strcmp(argv[1], "on") == 0;
	stm32l4_array_guard(f);
	fprintf(out, "{\"stuck_bsy\":%s}", vb_truth(f->stuck_bsy));
	return true;
}

/* One wrong bit is corrected and flagged, two are detected: the data stays wrong (RM0351 3.3.2). */
static void flip(struct stm32l4_flash *f, uint32_t phys, uint64_t mask, bool is_raw)
{
	uint32_t data[2];
	uint32_t dw = phys & ~7u;
	int bits = __builtin_popcountll(mask);
	enum flash_cell state = bits == 1 ? CELL_ECC1 : CELL_BAD;

	data[0] = get_le32(&f->cells[dw]);
	data[1] = get_le32(&f->cells[dw + 4]);
	if (is_raw || bits > 1) {
		data[0] ^= (uint32_t)mask;
		data[1] ^= (uint32_t)(mask >> 32);
	}
	stm32l4_array_store(f, dw, data, is_raw ? CELL_PROGRAMMED : state);
	stm32l4_array_guard(f);
}

bool stm32_chip_ecc(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys;
	bool single;

	(void)ctx;
	if (argc != 3 || (strcmp(argv[2], "single") != 0 && strcmp(argv[2], "double") != 0))
		return vb_refuse(error, error_size, "usage: ecc ADDR single|double");
	if (!stm32_chip_flash_address(board->priv, argv[1], &phys, error, error_size))
		return false;
	single = strcmp(argv[2], "single") == 0;
	flip(f, phys, single ? 1 : 3, false);
	fprintf(out, "{\"bank\":%u,\"offset\":%u}", stm32l4_array_bank_of(f, phys) + 1,
		(phys & ~7u) % stm32l4_array_bank_span(f));
	return true;
}

bool stm32_chip_flip_bits(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys, mask;
	bool is_raw = argc == 4 && strcmp(argv[3], "raw") == 0;

	(void)ctx;
	if (argc != 3 && !is_raw)
		return vb_refuse(error, error_size, "usage: flip-bits ADDR MASK [raw]");
	if (!stm32_chip_flash_address(board->priv, argv[1], &phys, error, error_size) ||
	    !vb_number(argv[2], &mask, error, error_size))
		return false;
	if (mask == 0)
		return vb_refuse(error, error_size, "a mask of 0 flips nothing");
	flip(f, phys, (uint64_t)mask << ((phys & 4) * 8), is_raw);
	fprintf(out, "{\"flipped\":%d,\"ecc\":\"%s\"}", __builtin_popcount(mask),
		is_raw ? "matches" : __builtin_popcount(mask) == 1 ? "corrects" : "detects");
	return true;
}

/* A double word of all ones that was programmed, or one that a power cut left half-way. */
bool stm32_chip_cell_state(VERB_ARGS)
{
	static const char *const names[] = { "erased", "programmed", "single", "bad" };
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys;

	(void)ctx;
	if (argc < 2)
		return vb_refuse(error, error_size,
			      "usage: cell-state ADDR [erased|programmed|single|bad]");
	if (!stm32_chip_flash_address(board->priv, argv[1], &phys, error, error_size))
		return false;
	for (unsigned i = 0; argc > 2 && i < ARRAY_SIZE(names); i++) {
		if (strcmp(argv[2], names[i]) == 0) {
			stm32l4_array_set_state(f, phys, i);
			argc = 2;
		}
	}
	if (argc > 2)
		return vb_refuse(error, error_size, "a state is one of erased, programmed, single, bad");
	fprintf(out, "{\"state\":\"%s\"}", names[f->state[phys / 8]]);
	return true;
}

/* fail-after N [operations|bytes] KIND */
bool stm32_chip_fail_after(VERB_ARGS)
{
	static const struct { const char *name; enum flash_fail kind; } kinds[] = {
		{ "reset", FAIL_RESET }, { "power", FAIL_POWER }, { "brownout", FAIL_BROWNOUT },
		{ "unplug", FAIL_UNPLUG }
	};
	struct stm32l4_flash *f = flash_of(board);
	bool bytes = argc == 4 && strcmp(argv[2], "bytes") == 0;
	uint32_t n;

	(void)ctx;
	if (argc == 2 && strcmp(argv[1], "off") == 0) {
		f->fail_after = f->fail_after_bytes = 0;
		fprintf(out, "{\"fail_after\":0}");
		return true;
	}
	if (argc < 3 || argc > 4 || (argc == 4 && !bytes && strcmp(argv[2], "operations") != 0))
		return vb_refuse(error, error_size, "usage: fail-after N [operations|bytes] "
				 "reset|power|brownout|unplug, or off");
	if (!vb_number(argv[1], &n, error, error_size))
		return false;
	if (n == 0)
		return vb_refuse(error, error_size, "counting starts at 1");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(argv[argc - 1], kinds[i].name) != 0)
			continue;
		f->fail_after = bytes ? 0 : n;
		f->fail_after_bytes = bytes ? n : 0;
		f->fail_kind = kinds[i].kind;
		fprintf(out, "{\"fail_after\":%u,\"counts\":\"%s\"}", n,
			bytes ? "bytes" : "operations");
		return true;
	}
	return vb_refuse(error, error_size, "the failure is one of reset, power, brownout, unplug");
}

/* As the boot loader does it, or firmware: lines that swap by an option have no such switch. */
bool stm32_chip_fb_mode(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	uint32_t *memrmp = vb_regs_at(&chip->syscfg.regs, 0);
	uint32_t bit = chip->part->line->syscfg->fb_mode;
	bool on;

	(void)ctx;
	if (!stm32_chip_is_on(argc, argv, &on))
		return vb_refuse(error, error_size, "usage: fb-mode on|off");
	if (bit == 0 || memrmp == NULL) {
		snprintf(error, error_size, "%s has no FB_MODE", chip->part->name);
		return false;
	}
	*memrmp = (*memrmp & ~bit) | (on ? bit : 0);
	chip->syscfg.on_remap(chip, *memrmp & chip->part->line->syscfg->mem_mode, on);
	fprintf(out, "{\"MEMRMP\":%u}", *memrmp);
	return true;
}

bool stm32_chip_run_pd(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	struct stm32l4_flash *f = &chip->flash;
	uint32_t down = f->family->acr_run_pd | f->family->acr_run_pd2;
	bool on;

	(void)ctx;
	if (!stm32_chip_is_on(argc, argv, &on))
		return vb_refuse(error, error_size, "usage: run-pd on|off");
	if (down == 0) {
		snprintf(error, error_size, "%s cannot switch its flash off in Run mode",
			 chip->part->name);
		return false;
	}
	*f->acr = (*f->acr & ~down) | (on ? down : 0);
	stm32l4_array_guard(f);
	fprintf(out, "{\"ACR\":%u}", *f->acr);
	return true;
}

/* The state after a debugger looked into a level 1 part. */
bool stm32_chip_intrude(VERB_ARGS)
{
	(void)ctx, (void)argc, (void)argv;
	if (stm32l4_options_rdp(flash_of(board)) != 1)
		return vb_refuse(error, error_size, "only read protection level 1 has an intrusion latch");
	flash_of(board)->intruded = true;
	fprintf(out, "{\"intruded\":true}");
	return true;
}

/* What a tool or the application did */

#define STALE_BYTES (FLASH_CACHE_LINES * FLASH_LINE_BYTES)

bool stm32_chip_make_stale(struct stm32_chip *chip, uint32_t addr, char *error, size_t error_size)
{
	uint32_t acr, value, phys, ones = 0xffffffff;

	if (!stm32_chip_phys(chip, addr - MAIN_BASE, &phys))
		return vb_refuse(error, error_size, "that is not in main flash");
	if (!stm32_tool_read(chip, stm32_tool_flash_reg(chip, "ACR"), &acr) || !(acr & ACR_DCEN))
		return vb_refuse(error, error_size, "the data cache is off: there is nothing to go stale");
	for (uint32_t i = 0; i < STALE_BYTES; i += 4) {
		if (!stm32_tool_read(chip, addr + i, &value))
			return vb_refuse(error, error_size, "the bus refused to read there");
		ones &= value;
	}
	if (ones == 0xffffffff)
		return vb_refuse(error, error_size, "it is blank there: there is nothing to go stale");
	if (!stm32_tool_unlock(chip, false) || !stm32_tool_erase_page(chip, phys) ||
	    !stm32_tool_lock(chip) || chip->flash.state[phys / 8] != CELL_ERASED)
		return vb_refuse(error, error_size, "the page cannot be erased");
	return true;
}

bool stm32_chip_stale_cache(VERB_ARGS)
{
	uint32_t addr;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: stale-cache ADDR");
	if (!vb_number(argv[1], &addr, error, error_size) ||
	    !stm32_chip_make_stale(board->priv, addr, error, error_size))
		return false;
	fprintf(out, "{\"bytes\":%u}", STALE_BYTES);
	return true;
}

/* One word of two: the controller waits for the rest (RM0444 3.7.4: CFGBSY). */
bool stm32_chip_half_dw(VERB_ARGS)
{
	uint32_t addr = MAIN_BASE, phys;

	(void)ctx;
	if (argc > 2)
		return vb_refuse(error, error_size, "usage: half-dw [ADDR]");
	if (argc == 2 && !vb_number(argv[1], &addr, error, error_size))
		return false;
	if (addr % stm32_tool_unit_bytes(board->priv) != 0 ||
	    !stm32_chip_phys(board->priv, addr - MAIN_BASE, &phys))
		return vb_refuse(error, error_size, "that is not where a double word of main flash begins");
	if (!stm32_tool_unlock(board->priv, false) ||
	    !stm32_tool_program(board->priv, addr, 0x12345678, 1))
		return vb_refuse(error, error_size, "the controller did not take the word");
	fprintf(out, "{\"address\":%u}", addr);
	return true;
}

bool stm32_chip_sfsa(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	uint32_t page;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: sfsa PAGE");
	if (!vb_number(argv[1], &page, error, error_size) ||
	    !stm32_chip_set_option(chip, "SFSA", &page, NULL, error, error_size))
		return false;
	stm32l4_options_load(&chip->flash);
	stm32l4_array_guard(&chip->flash);
	fprintf(out, "{\"SFSA\":%u}", page);
	return true;
}

bool stm32_chip_slow_clock(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	uint32_t hz = chip->env.clocks.sysclk;
	bool off = argc == 2 && strcmp(argv[1], "off") == 0;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: slow-clock HZ|off");
	if (!off && !vb_number(argv[1], &hz, error, error_size))
		return false;
	if (hz == 0 || chip->env.clocks.sysclk % hz != 0 ||
	    !stm32_tool_divide_hclk(chip, chip->env.clocks.sysclk / hz)) {
		snprintf(error, error_size, "HCLK is SYSCLK (%u Hz) divided by 1, 2, 4, 8, 16, 64, 128, "
			 "256 or 512", chip->env.clocks.sysclk);
		return false;
	}
	fprintf(out, "{\"hclk\":%u}", chip->env.clocks.hclk);
	return true;
}

bool stm32_chip_set_pwr(struct stm32_chip *chip, uint32_t clear, uint32_t set)
{
	const struct stm32_unit *pwr = stm32_chip_unit(chip, "PWR");
	uint32_t cr1;

	return pwr != NULL && stm32_chip_line(chip) != LINE_U5 && stm32_tool_clock(chip, "PWR") &&
	       stm32_tool_read(chip, pwr->base, &cr1) &&
	       stm32_tool_write(chip, pwr->base, (cr1 & ~clear) | set) &&
	       stm32_tool_read(chip, pwr->base, &cr1) && (cr1 & (clear | set)) == set;
}

#define PWR_LPR	   BIT(14)
#define PWR_VOS	   0x600u
#define PWR_RANGE_2 0x400u

bool stm32_chip_low_power_run(VERB_ARGS)
{
	bool on;

	(void)ctx;
	if (!stm32_chip_is_on(argc, argv, &on))
		return vb_refuse(error, error_size, "usage: low-power-run on|off");
	if (!stm32_chip_set_pwr(board->priv, PWR_LPR, on ? PWR_LPR : 0))
		return vb_refuse(error, error_size, "this part has no PWR_CR1.LPR, or it is not reachable");
	fprintf(out, "{\"low_power_run\":%s}", vb_truth(on));
	return true;
}

bool stm32_chip_app_state(VERB_ARGS)
{
	static const char usage[] = "usage: app-state [range-2] [lpr] [pg]";
	struct stm32_chip *chip = board->priv;
	bool ok = argc > 1;

	(void)ctx;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "range-2") != 0 && strcmp(argv[i], "lpr") != 0 &&
		    strcmp(argv[i], "pg") != 0)
			return vb_refuse(error, error_size, usage);
	}
	for (int i = 1; i < argc && ok; i++) {
		if (strcmp(argv[i], "range-2") == 0)
			ok = stm32_chip_set_pwr(chip, PWR_VOS, PWR_RANGE_2);
		else if (strcmp(argv[i], "lpr") == 0)
			ok = stm32_chip_set_pwr(chip, PWR_LPR, PWR_LPR);
		else
			ok = stm32_tool_unlock(chip, false) &&
			     stm32_tool_write(chip, stm32_tool_flash_reg(chip, "CR"), CR_PG);
	}
	if (!ok)
		return vb_refuse(error, error_size, argc > 1 ? "this part refuses that" : usage);
	fprintf(out, "{\"applied\":%d}", argc - 1);
	return true;
}

/* The BOR thresholds of DS10198 6.3.3 and the like; below them the chip is in reset. */
bool stm32_chip_vtarget(VERB_ARGS)
{
	static const unsigned levels[8] = { 1700, 2000, 2200, 2500, 2800, 2800, 2800, 2800 };
	struct stm32_chip *chip = board->priv;
	uint32_t optr = chip->flash.loaded[OPT_USER], mv;
	unsigned line = stm32_chip_line(chip), level = bits_get(optr, 10, 8);
	bool enough;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: vtarget MV");
	if (!vb_number(argv[1], &mv, error, error_size))
		return false;
	if (mv > 3600)
		return vb_refuse(error, error_size, "more than 3600 mV would destroy the chip");
	if (line == LINE_WB)
		level = bits_get(optr, 11, 9);
	else if (line == LINE_G0)
		level = optr & BIT(8) ? 1 + bits_get(optr, 12, 11) : 0;
	enough = mv >= levels[level];
	board->millivolts = mv;
	vb_board_set_power(board, enough);
	fprintf(out, "{\"millivolts\":%u,\"in_reset\":%s}", mv, vb_truth(!enough));
	return true;
}
