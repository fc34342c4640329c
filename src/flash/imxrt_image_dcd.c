/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_image: the DCD, a list of register writes that the ROM carries out before it starts the image
 * (IMXRT1064RM "Device Configuration Data"). Each write is looked at: what it does to the debug pads,
 * the FlexRAM, the fuses, the clocks and the watchdogs.
 */
#include "flash/imxrt_image_priv.h"

#define DCD_TAG	      0xd2
#define CMD_WRITE     0xcc
#define CMD_CHECK     0xcf
#define CMD_NOP	      0xc0
#define CMD_UNLOCK    0xb2
#define MUX_MODE      0xfu	/* of a pad's mux register */
#define DCD_MAX_BYTES 1768u	/* what the ROM sets aside for it */

/* Pads of the debug port: mux registers and the ALT that is the debug function. Other pads of JTAG
 * are not needed for SWD. IMXRT1064RM, IMXRT1024RM, IMXRT1010RM "IOMUXC". */
static const struct debug_pad {
	uint8_t digprog;
	uint32_t mux;
	uint8_t alt;
	bool is_swd;
	const char *name;
} debug_pads[] = {
	{ 0x6a, 0x401f80d4, 0, true, "AD_B0_06 (SWDIO)" },
	{ 0x6a, 0x401f80d8, 0, true, "AD_B0_07 (SWCLK)" },
	{ 0x6a, 0x401f80dc, 0, false, "AD_B0_08 (JTAG_MOD)" },
	{ 0x6c, 0x401f80d4, 0, true, "AD_B0_06 (SWDIO)" },
	{ 0x6c, 0x401f80d8, 0, true, "AD_B0_07 (SWCLK)" },
	{ 0x6c, 0x401f80dc, 0, false, "AD_B0_08 (JTAG_MOD)" },
	{ 0x6b, 0x401f80bc, 0, true, "AD_B0_00 (SWDIO)" },
	{ 0x6b, 0x401f80c0, 0, true, "AD_B0_01 (SWCLK)" },
	{ 0x6b, 0x401f80c4, 0, false, "AD_B0_02 (JTAG_MOD)" },
	{ 0x6d, 0x401f8014, 7, true, "AD_13 (SWDIO)" },
	{ 0x6d, 0x401f8018, 7, true, "AD_12 (SWCLK)" },
};

/* Clock gates without which the ROM or the debugger comes to nothing: CCM_CCGRn, two bits each. */
static const struct gate {
	uint32_t addr;
	uint8_t shift;
	uint8_t digprog;		/* 0: all */
	const char *name;
} gates[] = {
	{ 0x400fc07c, 0, 0, "the boot ROM" },
	{ 0x400fc080, 10, 0, "FlexSPI" },
	{ 0x400fc084, 2, 0x6c, "FlexSPI2" },
	{ 0x400fc068, 6, 0, "FlexSPI's bus port" },
	{ 0x400fc078, 2, 0, "IOMUXC" },
};

/* A register write as the DCD gives it: what the bits become, as far as that is known. */
struct dcd_write {
	uint32_t addr, value, mask;	/* mask: bits that are written; others keep theirs */
	unsigned width;
};

static bool sets(const struct dcd_write *w, uint32_t bits)
{
	return (w->value & w->mask & bits) != 0;
}

static void check_pads(struct boot_view *b, const struct dcd_write *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(debug_pads); i++) {
		const struct debug_pad *pad = &debug_pads[i];
		uint32_t alt;

		if (pad->digprog != b->chip->part->digprog || pad->mux != w->addr)
			continue;
		alt = (pad->alt & ~w->mask & MUX_MODE) | (w->value & w->mask & MUX_MODE);
		if (alt == pad->alt)
			return;
		if (pad->is_swd)
			boot_lock_out(b, "dcd-swd-pads", "take that pad out of the DCD",
				      "the DCD gives pad %s to ALT%u: SWD would be gone before the "
				      "application starts", pad->name, alt);
		else
			boot_warn(b, "dcd-jtag-pads", NULL, "the DCD gives pad %s to ALT%u",
				  pad->name, alt);
		return;
	}
}

static bool has_ocram(uint32_t gpr17, uint32_t banks)
{
	for (uint32_t i = 0; i < banks && i < 16; i++)
		if ((gpr17 >> (2 * i) & 3) == 1)
			return true;
	return false;
}

static void check_flexram(struct boot_view *b, const struct dcd_write *w)
{
	const struct imxrt_part *part = b->chip->part;

	if (w->addr == 0x400ac044 && w->mask == 0xffffffff && part->ocram2_bytes == 0 &&
	    !has_ocram(w->value, part->flexram_bytes / 0x8000))
		boot_lock_out(b, "dcd-flexram", "leave the ROM its OCRAM: keep a bank of kind 01 in GPR17",
			      "the DCD takes all OCRAM away (GPR17 = 0x%08x): the ROM works in it, and "
			      "after SYSRESETREQ it hangs", w->value);
	else if (w->addr == 0x400ac044 || (w->addr == 0x400ac040 && sets(w, BIT(2))) ||
		 w->addr == 0x400ac038)
		boot_warn(b, "dcd-flexram-change", "let the application's startup code do that",
			  "the DCD repartitions the FlexRAM (0x%08x = 0x%08x): that outlasts every reset "
			  "but a power-on one", w->addr, w->value);
}

static void check_ocotp(struct boot_view *b, const struct dcd_write *w)
{
	if (w->addr < 0x401f4000 || w->addr > 0x401f4fff)
		return;
	if (w->addr < 0x401f4400)
		boot_lock_out(b, "dcd-ocotp", "fuses are burnt with \"ocotp program\" and nothing else",
			      "the DCD writes to the fuse controller (0x%08x = 0x%08x): fuses cannot be "
			      "taken back", w->addr, w->value);
	else
		boot_warn(b, "dcd-ocotp-shadow", NULL,
			  "the DCD overrides the shadow register 0x%08x with 0x%08x", w->addr, w->value);
}

static void check_gates(struct boot_view *b, const struct dcd_write *w)
{
	uint32_t boot_regs = b->chip->part->boot_window == 0x70000000 ? 0x400fc084 : 0x400fc080;

	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		const struct gate *g = &gates[i];
		uint32_t field = 3u << g->shift;
		bool is_flash = g->addr == 0x400fc080 || g->addr == 0x400fc084;

		if (w->addr != g->addr || (w->mask & field) != field || (w->value & field) != 0)
			continue;
		if (g->digprog != 0 && g->digprog != b->chip->part->digprog)
			continue;
		if (is_flash && g->addr != boot_regs)
			continue;
		boot_block(b, "dcd-gates", "leave that clock on in the DCD",
			   "the DCD turns off the clock of %s (0x%08x = 0x%08x)", g->name, w->addr,
			   w->value);
	}
	if (w->addr == 0x400fc070 && (w->mask & 0x3000) == 0x3000 && !(w->value & 0x3000))
		boot_note(b, "dcd-ocotp-gate", NULL, "the DCD turns off the fuse controller's clock");
	if (w->addr == 0x400fc054 && sets(w, 3))
		boot_warn(b, "dcd-lpm", NULL,
			  "the DCD sets CLPCR.LPM to %u: when the application sleeps, SWD cannot read "
			  "memory", w->value & 3);
}

static void check_watchdogs(struct boot_view *b, const struct dcd_write *w)
{
	static const struct {
		uint32_t addr, enable;
		const char *name;
	} dogs[] = {
		{ 0x400b8000, BIT(2), "WDOG1" },
		{ 0x400d0000, BIT(2), "WDOG2" },
		{ 0x400bc000, BIT(7), "RTWDOG" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dogs); i++)
		if (w->addr == dogs[i].addr && sets(w, dogs[i].enable))
			boot_warn(b, "dcd-watchdog", "the application must serve it from its start on",
				  "the DCD starts %s (0x%08x = 0x%08x)", dogs[i].name, w->addr,
				  w->value);
}

static bool is_writable(const struct boot_view *b, uint32_t addr)
{
	return (addr >= 0x40000000 && addr < 0x43000000) || boot_is_ram(b->chip->part, addr) ||
	       (addr >= 0x80000000 && addr < 0xe0000000);
}

static void check_write(struct boot_view *b, const struct dcd_write *w)
{
	if (w->addr % w->width != 0) {
		boot_block(b, "dcd-align", "correct the address",
			   "the DCD writes %u bytes to 0x%08x, which is not a multiple of that",
			   w->width, w->addr);
		return;
	}
	if (!is_writable(b, w->addr)) {
		boot_block(b, "dcd-address", "correct the address (DCD words are big endian)",
			   "the DCD writes to 0x%08x, where the %s has neither registers nor RAM",
			   w->addr, b->chip->part->name);
		return;
	}
	check_pads(b, w);
	check_flexram(b, w);
	check_ocotp(b, w);
	check_gates(b, w);
	check_watchdogs(b, w);
}

/* The parameter's [4:3]: write the value, clear bits (also by mask), set bits. */
static void decode_write(uint8_t param, uint32_t addr, uint32_t value, struct dcd_write *w)
{
	*w = (struct dcd_write){ .addr = addr, .width = param & 7 };
	uint32_t all = w->width == 4 ? 0xffffffffu : (1u << (8 * w->width)) - 1;

	switch (param >> 3 & 3) {
	case 0:
		w->value = value;
		w->mask = all;
		break;
	case 3:
		w->value = w->mask = value & all;
		break;
	default:
		w->mask = value & all;
	}
}

static enum err read_be32(const struct boot_view *b, uint32_t offset, uint32_t *value, bool *known)
{
	uint8_t raw[4];

	TRY(boot_read(b, offset, raw, sizeof(raw), known));
	*value = get_be32(raw);
	return OK;
}

static enum err check_write_command(struct boot_view *b, uint32_t offset, unsigned length,
				    uint8_t param)
{
	unsigned width = param & 7;

	if ((width != 1 && width != 2 && width != 4) || (length - 4) % 8 != 0) {
		boot_block(b, "dcd-write", "correct the DCD",
			   "a write command of the DCD at +0x%x has width %u and length %u", offset,
			   width, length);
		return OK;
	}
	for (uint32_t at = offset + 4; at + 8 <= offset + length; at += 8) {
		uint32_t addr = 0, value = 0;
		struct dcd_write w;
		bool known = false, known_too = false;

		TRY(read_be32(b, at, &addr, &known));
		TRY(read_be32(b, at + 4, &value, &known_too));
		if (!known || !known_too) {
			boot_block(b, "dcd-short", "program the whole header",
				   "the DCD is cut off at +0x%x", at);
			return OK;
		}
		decode_write(param, addr, value, &w);
		check_write(b, &w);
	}
	return OK;
}

static enum err check_command(struct boot_view *b, uint32_t offset, const uint8_t *raw,
			      unsigned length)
{
	switch (raw[0]) {
	case CMD_WRITE:
		return check_write_command(b, offset, length, raw[3]);
	case CMD_CHECK:
		if (length != 12 && length != 16)
			boot_block(b, "dcd-check", "correct the DCD",
				   "a check command of the DCD at +0x%x has length %u", offset, length);
		else if (length == 12)
			boot_note(b, "dcd-check", NULL,
				  "the DCD waits at +0x%x without a limit for a register", offset);
		return OK;
	case CMD_NOP:
	case CMD_UNLOCK:
		return OK;
	default:
		boot_block(b, "dcd-command", "correct the DCD (CC write, CF check, C0 nop, B2 unlock)",
			   "unknown command 0x%02x in the DCD at +0x%x", raw[0], offset);
		return OK;
	}
}

enum err boot_check_dcd(struct boot_view *b, uint32_t offset, uint32_t limit)
{
	unsigned total, length;
	uint8_t raw[4];
	bool known = false;

	TRY(boot_read(b, offset, raw, sizeof(raw), &known));
	total = (unsigned)raw[1] << 8 | raw[2];
	if (!known || raw[0] != DCD_TAG || (raw[3] != 0x40 && raw[3] != 0x41)) {
		boot_block(b, "dcd-header", "correct the DCD, or write 0 as its pointer",
			   "the DCD at 0x%08x starts with %02X %02X %02X %02X, not with D2 and version "
			   "40 or 41", b->view->base + offset, raw[0], raw[1], raw[2], raw[3]);
		return OK;
	}
	if (total < 4 || total > limit || total > DCD_MAX_BYTES) {
		boot_block(b, "dcd-length", "correct the DCD's length (big endian)",
			   "the DCD says it is %u bytes long", total);
		return OK;
	}
	for (uint32_t at = 4; at < total; at += length) {
		TRY(boot_read(b, offset + at, raw, sizeof(raw), &known));
		length = (unsigned)raw[1] << 8 | raw[2];
		if (!known || length < 4 || length > total - at) {
			boot_block(b, "dcd-length", "correct the command's length (big endian)",
				   "a command of the DCD at +0x%x says it is %u bytes long, %u are left",
				   offset + at, length, total - at);
			return OK;
		}
		TRY(check_command(b, offset + at, raw, length));
	}
	return OK;
}
