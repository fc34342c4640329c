/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control port: the chip of an i.MX RT board, its switches, fuses, clocks, pads and watchdogs. */
#include <string.h>

#include "vboard/chip/imxrt_verbs.h"

static struct imxrt *chip_of(struct vb_board *board)
{
	return board->priv;
}

static bool verb_boot_mode(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	const char *want = argc == 2 ? argv[1] : "";

	(void)ctx;
	if (argc > 2 || (argc == 2 && (strlen(want) != 2 || strspn(want, "01") != 2)))
		return vb_refuse(error, error_size, "usage: boot-mode [00|01|10|11]");
	if (argc == 2)
		chip->boot_mode = (unsigned)(want[0] - '0') << 1 | (unsigned)(want[1] - '0');
	fprintf(out, "{\"boot_mode\":\"%u%u\",\"note\":\"sampled at the next reset\"}",
		(unsigned)chip->boot_mode >> 1, (unsigned)chip->boot_mode & 1);
	return true;
}

static bool verb_boot_cfg(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	uint32_t value = chip->boot_cfg;

	(void)ctx;
	if (argc > 2 || (argc == 2 && !vb_number(argv[1], &value, error, error_size)))
		return argc > 2 ? vb_refuse(error, error_size, "usage: boot-cfg [VALUE]") : false;
	if (value > 0xfff)
		return vb_refuse(error, error_size, "there are twelve pins, BOOT_CFG[11:0]");
	chip->boot_cfg = value;
	fprintf(out, "{\"boot_cfg\":%u,\"note\":\"sampled at the next reset\"}", value);
	return true;
}

/* A fuse word by its number, or by its address in the fuse map (0x450). */
static bool fuse_word(struct imxrt *chip, const char *text, uint32_t *word, char *error,
		      size_t error_size)
{
	if (!vb_number(text, word, error, error_size))
		return false;
	if (*word >= 0x800)
		*word = 0x30 + (*word - 0x800) / 0x10;
	else if (*word >= 0x400)
		*word = (*word - 0x400) / 0x10;
	if (*word < chip->part->fuse_words)
		return true;
	snprintf(error, error_size, "%s is no fuse word of %s", text, chip->part->name);
	return false;
}

static bool verb_fuses(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	uint32_t word, bits;

	(void)ctx;
	if (argc == 1) {
		imxrt_ocotp_describe(chip->ocotp, out);
		return true;
	}
	if (argc != 4 || strcmp(argv[1], "burn") != 0)
		return vb_refuse(error, error_size, "usage: fuses [burn WORD BITS]");
	if (!fuse_word(chip, argv[2], &word, error, error_size) ||
	    !vb_number(argv[3], &bits, error, error_size))
		return false;
	imxrt_ocotp_burn(chip->ocotp, word, bits);
	fprintf(out, "{\"word\":%u,\"fuse\":%u,\"shadow\":%u}", word,
		imxrt_ocotp_fuse(chip->ocotp, word), imxrt_ocotp_shadow(chip->ocotp, word));
	return true;
}

static bool verb_fuse_fault(VERB_ARGS)
{
	struct imxrt_ocotp_faults *faults = imxrt_ocotp_faults(chip_of(board)->ocotp);
	const char *what = argc > 1 ? argv[1] : "";
	uint32_t word, bits;

	(void)ctx;
	if (argc == 4 && strcmp(what, "weak") == 0) {
		if (!fuse_word(chip_of(board), argv[2], &word, error, error_size) ||
		    !vb_number(argv[3], &bits, error, error_size))
			return false;
		faults->weak[word] = bits;
	} else if (argc == 2 && strcmp(what, "supply") == 0) {
		faults->supply_is_low = true;
	} else if (argc == 2 && strcmp(what, "hang") == 0) {
		faults->hangs = true;
	} else if (argc == 2 && strcmp(what, "none") == 0) {
		*faults = (struct imxrt_ocotp_faults){ .hangs = false };
	} else {
		return vb_refuse(error, error_size,
				    "usage: fuse-fault weak WORD BITS, or supply, hang, none");
	}
	fprintf(out, "{\"fault\":\"%s\"}", what);
	return true;
}

static bool verb_clocks(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	const struct imxrt_clocks *c = &chip->env.clocks;

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{\"core\":%u,\"ahb\":%u,\"ipg\":%u,\"perclk\":%u,\"uart\":%u,\"flexspi\":%u,"
		"\"flexspi2\":%u,\"pll_arm\":%u,\"pll_sys\":%u,\"pll_usb1\":%u,\"pll2_pfd2\":%u,"
		"\"pll3_pfd0\":%u,\"lpm\":%u,\"waits\":%s,\"gates\":[",
		c->core, c->ahb, c->ipg, c->perclk, c->uart, c->flexspi[0], c->flexspi[1],
		imxrt_ccm_pll(&chip->ccm, PLL_ARM), imxrt_ccm_pll(&chip->ccm, PLL_SYS),
		imxrt_ccm_pll(&chip->ccm, PLL_USB1), imxrt_ccm_pfd(&chip->ccm, PLL_SYS, 2),
		imxrt_ccm_pfd(&chip->ccm, PLL_USB1, 0), imxrt_ccm_lpm(&chip->ccm),
		vb_truth(chip->env.core_waits));
	for (size_t i = 0; i < ARRAY_SIZE(chip->env.ccgr); i++)
		fprintf(out, "%s%u", i ? "," : "", chip->env.ccgr[i]);
	fprintf(out, "]}");
	return true;
}

static const struct { uint32_t wire; const char *name; } wire_names[] = {
	{ WIRE_SS0, "SS0" }, { WIRE_SCLK, "SCLK" }, { WIRE_D0, "D0" }, { WIRE_D1, "D1" },
	{ WIRE_D2, "D2" }, { WIRE_D3, "D3" }, { WIRE_DQS, "DQS" }, { WIRE_D4, "D4" },
	{ WIRE_D5, "D5" }, { WIRE_D6, "D6" }, { WIRE_D7, "D7" },
};

static bool verb_pads(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{\"debug_port\":%s", vb_truth(imxrt_iomuxc_debug_is_wired(&chip->iomuxc)));
	for (size_t i = 0; i < FLEXSPIS; i++) {
		const char *sep = "";

		if (chip->flexspi[i] == NULL)
			continue;
		fprintf(out, ",\"%s\":[", imxrt_flexspi_names[i]);
		for (size_t w = 0; w < ARRAY_SIZE(wire_names); w++) {
			if (!(chip->env.wires[i] & wire_names[w].wire))
				continue;
			fprintf(out, "%s\"%s\"", sep, wire_names[w].name);
			sep = ",";
		}
		fprintf(out, "]");
	}
	fprintf(out, "}");
	return true;
}

static bool verb_swd_pins(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	bool on = argc == 2 && strcmp(argv[1], "on") == 0;

	(void)ctx;
	if (argc != 2 || (!on && strcmp(argv[1], "off") != 0))
		return vb_refuse(error, error_size, "usage: swd-pins on|off");
	chip->iomuxc.words[chip->part->pads->swdio / 4] = on ? 0 : 5;
	chip->iomuxc.words[chip->part->pads->swclk / 4] = on ? 0 : 5;
	chip->iomuxc.pads_changed(chip);
	fprintf(out, "{\"swd_pins\":%s}", vb_truth(on));
	return true;
}

static bool verb_resets(VERB_ARGS)
{
	static const struct { enum vb_reset kind; const char *name; } kinds[] = {
		{ VB_RESET_POWER_ON, "power_on" }, { VB_RESET_NRST, "nrst" },
		{ VB_RESET_SYSTEM, "sysresetreq" }, { VB_RESET_WDOG, "wdog" },
		{ VB_RESET_RTWDOG, "rtwdog" }, { VB_RESET_CORE, "core" },
		{ VB_RESET_LOCKUP, "lockup" },
	};
	struct imxrt *chip = chip_of(board);

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{\"srsr\":%u,\"sbmr1\":%u,\"sbmr2\":%u", imxrt_src_reg(&chip->src, SRC_SRSR),
		imxrt_src_reg(&chip->src, SRC_SBMR1), imxrt_src_reg(&chip->src, SRC_SBMR2));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(out, ",\"%s\":%llu", kinds[i].name,
			(unsigned long long)chip->resets[kinds[i].kind]);
	fprintf(out, "}");
	return true;
}

static bool verb_wdog(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{");
	for (size_t i = 0; i < ARRAY_SIZE(chip->wdog); i++) {
		const struct imxrt_wdog *w = &chip->wdog[i];

		fprintf(out, "\"wdog%zu\":{\"wcr\":%u,\"wrsr\":%u,\"running\":%s,\"left_ms\":%u,"
			"\"wdog_b\":%s},", i + 1, w->wcr, w->wrsr,
			vb_truth(imxrt_wdog_is_running(w)), w->left * 500, vb_truth(w->wdog_b));
	}
	fprintf(out, "\"rtwdog\":{\"cs\":%u,\"toval\":%u,\"running\":%s},\"masks\":%u}",
		chip->rtwdog.cs, chip->rtwdog.toval,
		vb_truth(imxrt_rtwdog_is_running(&chip->rtwdog)), chip->env.wdog_mask);
	return true;
}

static bool verb_flexram(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	struct vb_region **slots[3] = { chip->itcm, chip->dtcm, chip->ocram };
	unsigned kib[3] = { 0 };

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	for (size_t m = 0; m < ARRAY_SIZE(slots); m++) {
		for (unsigned i = 0; i < chip->part->banks; i++)
			kib[m] += slots[m][i]->size / 1024;
	}
	fprintf(out, "{\"itcm_kib\":%u,\"dtcm_kib\":%u,\"ocram_kib\":%u,\"ocram2_kib\":%u}", kib[0],
		kib[1], kib[2], chip->part->ocram2_bytes / 1024);
	return true;
}

static bool verb_led(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	unsigned pin = chip->row->led_pin;
	bool drives = imxrt_gpio_is_output(&chip->gpio[0], pin) &&
		      imxrt_iomuxc_alt(&chip->iomuxc, chip->row->led_mux) == 5;

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	/* Its other end is at the supply: low lights it. */
	fprintf(out, "{\"LED\":%s,\"toggles\":%llu}",
		vb_truth(drives && !(chip->gpio[0].level >> pin & 1)),
		(unsigned long long)chip->led_toggles);
	return true;
}

static bool verb_gpio(VERB_ARGS)
{
	struct imxrt *chip = chip_of(board);
	struct imxrt_gpio *gpio;
	uint32_t port, pin;

	(void)ctx;
	if (argc != 3 && argc != 4)
		return vb_refuse(error, error_size, "usage: gpio PORT PIN [0|1|float]");
	if (!vb_number(argv[1], &port, error, error_size) ||
	    !vb_number(argv[2], &pin, error, error_size))
		return false;
	if (port < 1 || port > ARRAY_SIZE(chip->gpio) || pin > 31)
		return vb_refuse(error, error_size, "there are GPIO1 to GPIO10 with pins 0 to 31");
	gpio = &chip->gpio[port - 1];
	if (argc == 4)
		imxrt_gpio_drive(gpio, pin, strcmp(argv[3], "float") == 0 ? -1 : argv[3][0] == '1');
	fprintf(out, "{\"level\":%u,\"output\":%s}", gpio->level >> pin & 1,
		vb_truth(imxrt_gpio_is_output(gpio, pin)));
	return true;
}

static bool verb_uart_rx(VERB_ARGS)
{
	(void)ctx;
	return vb_type(&chip_of(board)->lpuart1.port, argc, argv, out, error, error_size);
}

const struct vb_control_verb imxrt_verbs[] = {
	{ "boot-mode", "[00|01|10|11]", "Shows or sets the pins BOOT_MODE1 and BOOT_MODE0: fuses, serial "
	  "downloader, internal boot. Sampled at the next reset.", verb_boot_mode },
	{ "boot-cfg", "[VALUE]", "Shows or sets the pins BOOT_CFG[11:0].", verb_boot_cfg },
	{ "fuses", "[burn WORD BITS]", "Shows the fuses, or burns bits of a word (its number, or its "
	  "address such as 0x460).", verb_fuses },
	{ "fuse-fault", "weak WORD BITS | supply | hang | none", "Cells that do not take, a supply too low "
	  "to burn, a controller that stays busy.", verb_fuse_fault },
	{ "flash-info", "", "Shows the flashes: id, registers, mode, counters.", imxrt_verb_flash_info },
	{ "flash-read", "ADDR BYTES", "Cell contents in hex, past protection and caches. ADDR is an "
	  "address in a FlexSPI window or an offset into the boot flash.", imxrt_verb_flash_read },
	{ "flash-dump", "FILE [flexspi|flexspi2]", "Writes a flash to a file.", imxrt_verb_flash_dump },
	{ "flash-load", "FILE [ADDR]", "Puts a binary file into a flash in no time.",
	  imxrt_verb_flash_load },
	{ "flash-erase", "[flexspi|flexspi2]", "Erases a flash in no time.", imxrt_verb_flash_erase },
	{ "flash-state", "NAME [flexspi|flexspi2]", "Leaves a flash in a state: qpi, continuous-read, "
	  "4-byte, deep-power-down, busy, suspended, protected, no-quad, srl.", imxrt_verb_flash_state },
	{ "flash-fault", "NAME [flexspi|flexspi2]", "Spoils a flash: stuck-busy, program-fails, "
	  "erase-fails, slow, absent, none.", imxrt_verb_flash_fault },
	{ "flash-part", "MODEL [flexspi|flexspi2]", "Fits another order code of the same size, such as "
	  "w25q32jv-im, which has QPI and leaves the factory with QE = 0.", imxrt_verb_flash_part },
	{ "flexspi", "", "Shows the FlexSPI controllers and their counters.", imxrt_verb_flexspi },
	{ "power-off-at", "N program|erase|burn, or never", "The supply fails in the middle of the Nth "
	  "program or erase of a flash, or after N more fuse bits.", imxrt_verb_power_off_at },
	{ "clocks", "", "Shows clock roots, PLLs and gates.", verb_clocks },
	{ "pads", "", "Shows which wires to the flashes the pads make, and whether SWD has its own.",
	  verb_pads },
	{ "swd-pins", "on|off", "off: firmware took the SWD pads.", verb_swd_pins },
	{ "flexram", "", "Shows how FlexRAM is divided.", verb_flexram },
	{ "resets", "", "Shows SRSR, SBMR1, SBMR2 and how often the chip was reset by what.",
	  verb_resets },
	{ "wdog", "", "Shows the watchdogs.", verb_wdog },
	{ "led", "", "Shows the user LED.", verb_led },
	{ "gpio", "PORT PIN [0|1|float]", "Shows a pin, or drives it from outside.", verb_gpio },
	{ "uart-rx", "TEXT...", "Types into LPUART1.", verb_uart_rx },
	{ .name = NULL }
};
