/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: how the part boots, walked aloud (IMXRT1064RM "System Boot": Boot modes, Boot eFuse,
 * Recovery; "System Reset Controller"). The walk is pure: from the registers' values to lines of
 * text.
 */
#include "flash/ocotp_priv.h"

#define SBMR2_BT_FUSE_SEL BIT(4)

enum err imxrt_read_boot_facts(struct target *t, const struct imxrt_chip *chip,
			       struct imxrt_boot_facts *facts)
{
	struct fuse_image image = { 0 };
	struct mem_ap *ap = NULL;

	*facts = (struct imxrt_boot_facts){ 0 };
	TRY(imxrt_ap(t, &ap));
	mem_ap_queue_read32(ap, SRC_SBMR1, &facts->sbmr1);
	mem_ap_queue_read32(ap, SRC_SBMR2, &facts->sbmr2);
	mem_ap_queue_read32(ap, SRC_SRSR, &facts->srsr);
	TRY(mem_ap_run(ap));
	TRY(ocotp_read_shadows(t, chip, &image));
	for (unsigned i = 0; i < ARRAY_SIZE(facts->fuse); i++)
		facts->fuse[i] = image.shadow[i];
	facts->misc[0] = image.shadow[WORD_MISC_CONF0];
	facts->misc[1] = image.shadow[WORD_MISC_CONF0 + 1];
	return OK;
}

/* The decision (IMXRT1064RM "Boot modes"). */

enum boot_way { WAY_SERIAL, WAY_PINS, WAY_FUSES, WAY_RESERVED };

static bool fuse_sel(const struct imxrt_boot_facts *f)
{
	/* SBMR2 is latched at reset; a fuse burnt since acts at the next one. */
	return f->sbmr2 & SBMR2_BT_FUSE_SEL;
}

static bool forced(const struct imxrt_boot_facts *f)
{
	return f->fuse[WORD_BOOT_CFG1] & CFG1_FORCE_INTERNAL;
}

static unsigned bmod(const struct imxrt_boot_facts *f)
{
	return bits_get(f->sbmr2, 25, 24);
}

static enum boot_way boot_way(const struct imxrt_boot_facts *f)
{
	if (forced(f) || bmod(f) == 2)
		return fuse_sel(f) ? WAY_FUSES : WAY_PINS;
	if (bmod(f) == 0)
		return fuse_sel(f) ? WAY_FUSES : WAY_SERIAL;
	return bmod(f) == 1 ? WAY_SERIAL : WAY_RESERVED;
}

static bool has_downloader(const struct imxrt_boot_facts *f)
{
	return !(f->fuse[WORD_BOOT_CFG1] & CFG1_SDP_DISABLE);
}

/* Boot devices by BOOT_CFG1[7:4] and what the family makes of it. */
enum boot_device {
	DEVICE_NOR,
	DEVICE_SEMC_NOR,
	DEVICE_SEMC_NAND,
	DEVICE_SD,
	DEVICE_EMMC,
	DEVICE_FLEXSPI_NAND,
	DEVICE_NONE
};

static const char *const device_names[] = {
	"FlexSPI NOR",
	"SEMC NOR",
	"SEMC NAND",
	"SD card",
	"eMMC",
	"FlexSPI NAND",
	"a device this part does not have",
};
static const char *const from_pins[] = {
	"internal boot from FlexSPI NOR (pins)",
	"internal boot from SEMC NOR (pins)",
	"internal boot from SEMC NAND (pins)",
	"internal boot from SD card (pins)",
	"internal boot from eMMC (pins)",
	"internal boot from FlexSPI NAND (pins)",
	"internal boot from a device this part does not have (pins)",
};
static const char *const from_fuses[] = {
	"internal boot from FlexSPI NOR (fuses)",
	"internal boot from SEMC NOR (fuses)",
	"internal boot from SEMC NAND (fuses)",
	"internal boot from SD card (fuses)",
	"internal boot from eMMC (fuses)",
	"internal boot from FlexSPI NAND (fuses)",
	"internal boot from a device this part does not have (fuses)",
};

static enum boot_device boot_device(const struct imxrt_part *part, uint32_t boot_cfg)
{
	unsigned code = bits_get(boot_cfg, 7, 4);
	bool is_small = part->digprog == 0x6b || part->digprog == 0x6d;

	if (code == 0)
		return DEVICE_NOR;
	if (is_small && part->flexram_bytes <= 0x20000) /* RT1010, RT1015 */
		return DEVICE_NONE;
	if (code >= 8 && code <= 11)
		return DEVICE_EMMC;
	if (part->is_106x && part->has_sip)
		return code >= 4 && code <= 7 ? DEVICE_SD : DEVICE_NONE;
	if (code == 1)
		return DEVICE_SEMC_NOR;
	if (code <= 3)
		return is_small ? DEVICE_SD : DEVICE_SEMC_NAND;
	if (code <= 7)
		return is_small ? DEVICE_SEMC_NAND : DEVICE_SD;
	return is_small ? DEVICE_NONE : DEVICE_FLEXSPI_NAND;
}

const char *imxrt_boot_source(const struct imxrt_chip *chip, const struct imxrt_boot_facts *facts)
{
	switch (boot_way(facts)) {
	case WAY_SERIAL:
		return has_downloader(facts) ? "serial downloader"
					     : "serial downloader, which a fuse has disabled";
	case WAY_PINS: return from_pins[boot_device(chip->part, facts->sbmr1)];
	case WAY_FUSES: return from_fuses[boot_device(chip->part, facts->fuse[WORD_BOOT_CFG0])];
	default: return "the reserved boot mode 11";
	}
}

bool ocotp_debug_is_open(uint32_t boot_cfg1)
{
	return !(boot_cfg1 & (CFG1_SJC_DISABLE | CFG1_JTAG_SMODE | CFG1_JTAG_ONLY));
}

/* the walk */

static const char *usb_id(const struct imxrt_part *part)
{
	return part->is_106x	       ? "USB 1fc9:0135"
	       : part->digprog == 0x6d ? "USB 1fc9:0145"
				       : "USB 1fc9:0130";
}

static void explain_inputs(const struct imxrt_boot_facts *f, struct buf *out)
{
	static const char *const modes[] = { "00: boot from fuses", "01: serial downloader",
					     "10: internal boot", "11: reserved" };
	uint32_t cfg1 = f->fuse[WORD_BOOT_CFG1];
	bool burnt = cfg1 & CFG1_BT_FUSE_SEL;

	buf_printf(out, "What the chip saw at its last reset:\n");
	buf_printf(out,
		   "  SRC_SBMR2 = 0x%08x: BOOT_MODE pins %s; BT_FUSE_SEL = %u; SEC_CONFIG = %u%u "
		   "(%s)\n",
		   f->sbmr2, modes[bmod(f)], fuse_sel(f), f->sbmr2 >> 1 & 1, f->sbmr2 & 1,
		   f->sbmr2 & 2	  ? "closed: signed images only"
		   : f->sbmr2 & 1 ? "open"
				  : "FAB");
	buf_printf(out, "  SRC_SBMR1 = 0x%08x: BOOT_CFG from the %s\n", f->sbmr1,
		   fuse_sel(f) ? "fuses (0x450)" : "pins");
	buf_printf(out,
		   "  fuse word 6 (0x460) = 0x%08x: BT_FUSE_SEL (bit 4) = %u: %s; "
		   "FORCE_INTERNAL_BOOT (bit 16) = %u: %s\n",
		   cfg1, burnt,
		   burnt ? "boot configuration from the fuses" : "boot configuration from the pins",
		   forced(f),
		   forced(f) ? "the BOOT_MODE pins are not looked at"
			     : "the BOOT_MODE pins decide");
	if (burnt != fuse_sel(f))
		buf_printf(
			out,
			"  (fuse and SBMR2 differ: SBMR2 is sampled at reset, the %s acts from the "
			"next one on)\n",
			burnt ? "fuse" : "shadow register");
}

static void explain_decision(const struct imxrt_chip *chip, const struct imxrt_boot_facts *f,
			     struct buf *out)
{
	enum boot_way way = boot_way(f);
	uint32_t cfg = way == WAY_FUSES ? f->fuse[WORD_BOOT_CFG0] : f->sbmr1;

	buf_printf(out, "The decision:\n");
	if (forced(f))
		buf_printf(out,
			   "  1. FORCE_INTERNAL_BOOT is burnt: whatever the pins say (now %u%u), it "
			   "is taken as 10, internal boot\n",
			   bmod(f) >> 1, bmod(f) & 1);
	else
		buf_printf(
			out, "  1. BOOT_MODE = %u%u from the pins: %s\n", bmod(f) >> 1, bmod(f) & 1,
			bmod(f) == 1   ? "serial downloader"
			: bmod(f) == 2 ? "internal boot"
			: bmod(f) == 3 ? "reserved"
			: fuse_sel(f)  ? "boot from fuses"
				       : "boot from fuses, but BT_FUSE_SEL = 0: serial downloader");
	if (way == WAY_PINS || way == WAY_FUSES)
		buf_printf(
			out,
			"  2. BT_FUSE_SEL = %u: the device comes from the %s, BOOT_CFG1 = 0x%02x: "
			"%s%s\n",
			fuse_sel(f), way == WAY_FUSES ? "fuse word 5 (0x450)" : "BOOT_CFG pins",
			cfg & 0xff, device_names[boot_device(chip->part, cfg)],
			boot_device(chip->part, cfg) == DEVICE_NOR && chip->part->has_sip
				? " (the flash in the package)"
				: "");
	buf_printf(out, "  => %s", imxrt_boot_source(chip, f));
	if ((way == WAY_PINS || way == WAY_FUSES) && boot_device(chip->part, cfg) == DEVICE_NOR)
		buf_printf(out, ", headers at 0x%08x", chip->part->boot_window);
	buf_printf(out, "\n");
}

static void explain_fallback(const struct imxrt_chip *chip, const struct imxrt_boot_facts *f,
			     struct buf *out)
{
	static const char *const lpspi[] = { "LPSPI1", "LPSPI2", "LPSPI3", "LPSPI4" };
	bool has_eeprom = f->misc[0] & BIT(24), has_mfg = !(f->fuse[WORD_BOOT_CFG2] & BIT(3));
	bool has_uart = !(f->fuse[WORD_BOOT_CFG2] & BIT(4));

	if (boot_way(f) == WAY_SERIAL || boot_way(f) == WAY_RESERVED)
		return;
	buf_printf(
		out,
		"If that finds no image (no FCB, no valid IVT, wrong boot data, entry outside):\n");
	if (chip->part->is_106x && bits_get(f->misc[1], 23, 16) != 0)
		buf_printf(out, "  - the second image at %u KiB\n",
			   bits_get(f->misc[1], 23, 16) * 256);
	if (has_eeprom)
		buf_printf(out, "  - recovery from an EEPROM on %s (0x6d0[24] = 1)\n",
			   lpspi[bits_get(f->misc[0], 26, 25)]);
	else
		buf_printf(out, "  - recovery from an LPSPI EEPROM: off (0x6d0[24] = 0)\n");
	if (has_mfg)
		buf_printf(out, "  - SD/MMC manufacture mode: a card in USDHC1 is tried; take it "
				"out to get on (0x470[3] = 0)\n");
	else
		buf_printf(out, "  - SD/MMC manufacture mode: off (0x470[3] = 1)\n");
	if (has_downloader(f))
		buf_printf(out, "  - the serial downloader: %s%s\n", usb_id(chip->part),
			   has_uart ? " or UART1" : " (not UART: 0x470[4] = 1)");
	else
		buf_printf(out, "  - no serial downloader: SDP_DISABLE (0x460[17]) is burnt; the "
				"ROM stops\n");
	buf_printf(out,
		   "An image that is valid but faulty is started, and nothing of this happens.\n");
}

static void explain_debug(uint32_t cfg1, struct buf *out)
{
	if (cfg1 & CFG1_SJC_DISABLE)
		buf_printf(out, "  - debugging: SJC_DISABLE (0x460[20]) is burnt, for ever\n");
	if ((cfg1 & CFG1_JTAG_SMODE) == CFG1_JTAG_SMODE)
		buf_printf(out, "  - debugging: JTAG_SMODE = 11, for ever\n");
	else if (cfg1 & CFG1_JTAG_SMODE)
		buf_printf(
			out,
			"  - debugging without the response of secure JTAG (JTAG_SMODE = %u%u)\n",
			cfg1 >> 23 & 1, cfg1 >> 22 & 1);
	if (cfg1 & CFG1_JTAG_ONLY)
		buf_printf(out,
			   "  - SWD: DAP_SJC_SWD_SEL (0x460[19]) is burnt, only JTAG is left\n");
	if (cfg1 & CFG1_SEC_CONFIG)
		buf_printf(out, "  - unsigned images: the part is closed (0x460[1])\n");
	if (cfg1 & BIT(26))
		buf_printf(out, "  - trace: KTE (0x460[26]) is burnt\n");
}

static void explain_lost(const struct imxrt_boot_facts *f, struct buf *out)
{
	uint32_t cfg1 = f->fuse[WORD_BOOT_CFG1], boot_lock = bits_get(f->fuse[WORD_LOCK], 3, 2);
	size_t mark = out->len;

	buf_printf(out, "What no longer works:\n");
	size_t start = out->len;

	if (forced(f))
		buf_printf(out, "  - choosing the serial downloader by the BOOT_MODE pins or the "
				"boot switch: they are not looked at any more\n");
	if (cfg1 & CFG1_BT_FUSE_SEL)
		buf_printf(out, "  - choosing the boot device by the BOOT_CFG pins\n");
	if (!has_downloader(f))
		buf_printf(out, "  - the serial downloader: SDP_DISABLE (0x460[17]) is burnt\n");
	explain_debug(cfg1, out);
	if (boot_lock & 1)
		buf_printf(out, "  - burning more boot fuses: LOCK_BOOT_CFG is set\n");
	if (out->len == start) {
		out->len = mark;
		out->data[mark] = '\0';
		buf_printf(out, "Nothing is lost: no fuse has taken anything away.\n");
		return;
	}
	buf_printf(out, "  Fuses only go from 0 to 1: no write, no reset and no power cycle brings "
			"one back to 0.\n");
}

static void explain_left(const struct imxrt_chip *chip, const struct imxrt_boot_facts *f,
			 struct buf *out)
{
	uint32_t cfg1 = f->fuse[WORD_BOOT_CFG1];

	buf_printf(out, "What still works:\n");
	if (!ocotp_debug_is_open(cfg1)) {
		buf_printf(out,
			   "  - what the running image and the boot path above offer; this debug "
			   "connection is the exception, not the rule\n");
		return;
	}
	buf_printf(out, "  - SWD: the debug fuses are untouched (JTAG_SMODE 00, SJC_DISABLE 0)\n");
	buf_printf(out, "  - a new image straight into the flash: \"program FILE verify reset\"\n");
	if (forced(f) && has_downloader(f) &&
	    boot_device(chip->part, f->fuse[WORD_BOOT_CFG0]) == DEVICE_NOR)
		buf_printf(
			out,
			"  - the serial downloader, by its fallback: erase the headers at 0x%08x "
			"(\"imxrt rescue\"), take SD cards out, reset: the ROM finds no image and "
			"starts it\n",
			chip->part->boot_window);
	else if (has_downloader(f) && !forced(f))
		buf_printf(out, "  - the serial downloader by BOOT_MODE 01\n");
	buf_printf(out, "  - a program or a flashloader in RAM, without the ROM: \"imxrt ram_boot "
			"FILE\"\n");
}

void imxrt_explain_boot(const struct imxrt_chip *chip, const struct imxrt_boot_facts *facts,
			struct buf *out)
{
	explain_inputs(facts, out);
	explain_decision(chip, facts, out);
	explain_fallback(chip, facts, out);
	explain_lost(facts, out);
	explain_left(chip, facts, out);
}
