/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_doctor: `imxrt doctor`, one report of everything that can be read, in plain words, and what to
 * do next. Each section stands for itself: one that cannot be read says why, the others go on. A
 * running core is not disturbed unless `halt` was asked for; what was left out for that is said.
 */
#ifndef FLASH_IMXRT_DOCTOR_H
#define FLASH_IMXRT_DOCTOR_H

#include "flash/imxrt_regs.h"
#include "flash/ocotp.h"

/* What one finding asks for; the most urgent first. */
enum imxrt_doctor_urgency { URGENT_REACH, URGENT_RUN, URGENT_BOOT, URGENT_NOTE };

struct imxrt_doctor_advice {
	enum imxrt_doctor_urgency urgency;
	char *text;			/* "what: what to do" */
	const char *id;			/* NULL: it has none */
	char *why;			/* NULL: the text has it */
	char *command;			/* Tcl that does it without erasing; NULL: none */
};

struct doctor {
	struct flash_room *room;
	struct target *target;
	const struct imxrt_chip *chip;	/* NULL: not known */
	struct mem_ap *ap;		/* NULL: out of reach */
	struct buf *out;
	bool may_halt, is_halted, is_locked_up, is_in_rom, was_stopped;
	bool is_silent;			/* the debug port did not answer */
	bool is_incomplete;		/* a section could not tell */
	bool is_reachable;		/* the core answered now; the part may be known from before */
	bool is_bootable, boot_is_known;
	bool is_other_chip;		/* it answers, and is no RT10xx */
	struct imxrt_doctor_advice advice[24];
	size_t advice_count;
};

/* Returns the new one, or NULL if it was said before. */
struct imxrt_doctor_advice *imxrt_doctor_advise(struct doctor *d, enum imxrt_doctor_urgency urgency,
						const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* imxrt_doctor_boot.c: sections about fuses, resets and what is in the flash. */
enum err imxrt_doctor_boot(struct doctor *d);
enum err imxrt_doctor_reset_cause(struct doctor *d);
enum err imxrt_doctor_debug_fuses(struct doctor *d);
enum err imxrt_doctor_flash(struct doctor *d);
enum err imxrt_doctor_image(struct doctor *d);

/* The handler of `imxrt doctor ?halt?`; user is the flash room. */
enum err cmd_imxrt_doctor(struct call *c);

#endif
