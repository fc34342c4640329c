/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt: what the drivers and verbs for i.MX RT10xx share: which part this is, where its blocks lie,
 * and how a core that somebody's program left in any state is made quiet. The FlexSPI controller is
 * flexspi.h's, serial flashes serial_nor.h's, fuses ocotp.h's, boot headers imxrt_image.h's.
 *
 * Nothing here trusts the boot ROM or the application. Everything is done by accesses of the AP, so
 * that it works on a core that has never run.
 *
 * IMXRT1050RM, IMXRT1060RM, IMXRT1064RM, IMXRT1024RM; DDI 0489 for the core.
 */
#ifndef FLASH_IMXRT_H
#define FLASH_IMXRT_H

#include "flash/room.h"

/* One pad that carries a FlexSPI signal: IOMUXC mux, pad control and daisy registers (0: none). */
struct imxrt_pad {
	const char *signal;
	uint32_t mux, pad, daisy;
	uint8_t mux_value, daisy_value;
};

/* One FlexSPI of a part, with the pads of its boot flash. */
struct imxrt_flexspi_facts {
	uint32_t regs, window, window_bytes, alias;	/* regs 0: the part has none */
	uint8_t gate_reg, gate_shift;			/* CCM_CCGRn, [shift+1:shift] */
	const struct imxrt_pad *pads;			/* ends with signal NULL */
	const struct imxrt_pad *wide_pads;		/* further ones of an 8-bit flash; NULL */
	bool is_in_package;				/* the pads lead to the flash in the package */
};

struct imxrt_part {
	const char *name;		/* "RT1064" */
	uint8_t digprog;		/* CCM_ANALOG_DIGPROG[23:16] */
	bool has_sip;			/* fuse 0x440[20] tells it from its sister */
	uint32_t flexram_bytes, flexram_default;	/* GPR17 that equals the fuse default */
	uint32_t ocram2, ocram2_bytes, ocram;
	uint32_t rom_bytes;
	uint8_t ocotp_words;
	bool is_106x;			/* LOCK layout, ROM API, FLEXSPI_REMAP, GP4 */
	struct imxrt_flexspi_facts flexspi[2];
	uint32_t boot_window;		/* where the ROM looks for FCB and IVT */
};
extern const struct imxrt_part imxrt_parts[];	/* ends with name NULL */

struct imxrt_chip {
	const struct imxrt_part *part;	/* of several sisters the best guess */
	uint32_t digprog;
	bool sip_known, has_sip;
	bool is_guess;			/* only the family is sure */
	char revision[8];		/* "A1" */
	uint64_t uid;
};
/* Reads DIGPROG, the ROM's words and OCOTP's shadow registers. On a running core too, without a
 * reset. ERR_UNSUPPORTED with what was found instead; ERR_BUS if the core waits with its clock off. */
enum err imxrt_identify(struct target *t, struct imxrt_chip *chip);
/* The same, read once per target until the next reset or a change of target. */
enum err imxrt_chip_of(struct target *t, const struct imxrt_chip **chip);

/* RAM of the FlexRAM as GPR14/16/17 and the fuse partition it now: sizes in bytes, 0: none. */
struct imxrt_ram {
	uint32_t itcm, dtcm, ocram;	/* at 0x00000000, 0x20000000, part->ocram */
	bool from_gpr;			/* GPR16.FLEXRAM_BANK_CFG_SEL: survives SYSRESETREQ */
};
enum err imxrt_read_ram(struct target *t, const struct imxrt_chip *chip, struct imxrt_ram *ram);

/*
 * A halted core is made safe to work beside: watchdogs off or masked at SRC_SCR, SysTick and
 * interrupts off, MPU off, caches cleaned and off, CLPCR.LPM = run, clock gates on, BEE and
 * FLEXSPI_REMAP noted. imxrt_restore() puts back what a running application would miss, unless the
 * chip was reset meanwhile; watchdogs that could only be masked stay masked and that is logged.
 */
struct imxrt_quiet {
	uint32_t mpu_ctrl, ccr, clpcr, ccgr[8], systick, primask, scr, gpr16;
	uint32_t nvic_iser[8];
	bool valid, scr_written, wdog1_on, wdog2_on, rtwdog_on, wdog_masked, d_cache_was_on;
	bool is_remapped;		/* reads by address do not show what the flash holds there */
};
enum err imxrt_make_quiet(struct target *t, const struct imxrt_chip *chip, struct imxrt_quiet *saved);
enum err imxrt_restore(struct target *t, const struct imxrt_chip *chip, struct imxrt_quiet *saved);
/* One line per watchdog: on, off, locked, time left where it can be read. */
enum err imxrt_describe_watchdogs(struct target *t, struct buf *out);
/* "in the boot ROM (serial downloader)", "in FlexSPI2 flash", ... for an address of this part. */
const char *imxrt_where(const struct imxrt_chip *chip, uint32_t addr);

extern const struct command imxrt_commands[];	/* `imxrt ...` */

#endif
