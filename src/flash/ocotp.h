/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: the fuses of the i.MX RT10xx (IMXRT1064RM "On-Chip OTP Controller", "Fusemap"). Fuses only go
 * from 0 to 1. A word is sensed (the fuse itself) or read from its shadow register (what the chip
 * uses, loaded at reset, may be overridden until then).
 *
 * ocotp_program() is the only code that may write OCOTP_DATA. Everybody else's writes to the
 * controller's programming registers are refused (ocotp_guard), whoever makes them.
 */
#ifndef FLASH_OCOTP_H
#define FLASH_OCOTP_H

#include "flash/imxrt.h"

#define OCOTP_BASE 0x401f4000u

/* One named field of a fuse word. */
struct fuse_field {
	uint8_t word, msb, lsb;
	const char *name;		/* "BT_FUSE_SEL" */
	const char *help;		/* what it does, one line */
	const char *const *values;	/* meanings of 0, 1, 2...; NULL: a number */
	enum { FUSE_HARMLESS, FUSE_DANGEROUS, FUSE_LOCKS_OUT } danger;
	const char *loss;		/* what becomes impossible once burnt; NULL */
};
/* Fields of this part, ends with name NULL. */
const struct fuse_field *ocotp_fields(const struct imxrt_part *part);
const char *ocotp_word_name(const struct imxrt_part *part, unsigned word);

/* Any core state, no halt, no reset. */
enum err ocotp_read_shadow(struct target *t, const struct imxrt_chip *chip, unsigned word,
			   uint32_t *value);
/* The fuse itself; needs the controller's clock. ERR_FLASH_PROTECTED: read-locked. */
enum err ocotp_sense(struct target *t, const struct imxrt_chip *chip, unsigned word, uint32_t *value);

/* How this part boots, from SBMR1/2 and fuse words: the decision table walked aloud. */
struct imxrt_boot_facts {
	uint32_t sbmr1, sbmr2, srsr;
	uint32_t fuse[8];		/* words 0..7 as the shadow registers show them */
	uint32_t misc[2];		/* 0x6d0, 0x6e0 */
};
enum err imxrt_read_boot_facts(struct target *t, const struct imxrt_chip *chip,
			       struct imxrt_boot_facts *facts);
/* Pure: lines of text. Also says what no longer works (serial downloader, SWD) and what still does. */
void imxrt_explain_boot(const struct imxrt_chip *chip, const struct imxrt_boot_facts *facts,
			struct buf *out);
/* The one line of it: "serial downloader", "internal boot from FlexSPI NOR (fuses)". */
const char *imxrt_boot_source(const struct imxrt_chip *chip, const struct imxrt_boot_facts *facts);

/* Refuses writes to CTRL, DATA and TIMING from anyone but ocotp_program(). Armed by the first bank or
 * verb that knows the target is an i.MX RT. */
enum err ocotp_guard(struct target *t);
/* Listener of targets: arms it for whatever looks like an RT10xx, with any script. */
void ocotp_guard_examined(void *ctx, struct target *t, enum target_event event);

extern const struct command ocotp_commands[];	/* `ocotp ...` */
extern const struct flash_driver ocotp_driver;	/* reads; erase and write are refused */

#endif
