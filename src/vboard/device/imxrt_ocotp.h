/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_ocotp: the fuse controller of the i.MX RT10xx: 48 or 64 words of fuses that go from 0 to 1
 * only, their shadow registers, lock bits, timing checks. The fuses are part of the board's state
 * file and survive everything else.
 */
#ifndef VB_DEVICE_IMXRT_OCOTP_H
#define VB_DEVICE_IMXRT_OCOTP_H

#include <stdio.h>

#include "vboard/device/imxrt.h"

#define OCOTP_WORDS 64u

struct imxrt_ocotp;

/* `factory`: the fuses a part comes with (UID, SI_REV, TESTER_CFG with the SIP bit...). words: 48 or
 * 64. has_gp4: the LOCK word's layout of RT106x. */
struct imxrt_ocotp *imxrt_ocotp_new(struct imxrt_env *env, const uint32_t *factory, unsigned words,
				    bool has_gp4);
void imxrt_ocotp_free(struct imxrt_ocotp *ocotp);
void imxrt_ocotp_reset(struct imxrt_ocotp *ocotp, enum vb_reset kind);
extern const struct vb_device_ops imxrt_ocotp_ops;
/* The fuse itself, and the shadow register that the chip looks at. */
uint32_t imxrt_ocotp_fuse(const struct imxrt_ocotp *ocotp, unsigned word);
uint32_t imxrt_ocotp_shadow(const struct imxrt_ocotp *ocotp, unsigned word);
/* Somebody burned these bits before (control port, presets): ORed in, then reloaded. */
void imxrt_ocotp_burn(struct imxrt_ocotp *ocotp, unsigned word, uint32_t bits);
/* After a shadow register changed (reload, override): boot pins, FlexRAM, debug fuses follow. Not from
 * imxrt_ocotp_reset(), after which the chip looks itself. */
void imxrt_ocotp_set_listener(struct imxrt_ocotp *ocotp, void (*changed)(void *ctx), void *ctx);

/* What is wrong with this part's fuses (fault injection). All zero: nothing. */
struct imxrt_ocotp_faults {
	uint32_t weak[OCOTP_WORDS];	/* cells that stay 0 however often they are programmed */
	bool supply_is_low;		/* no cell takes; nobody is told */
	bool hangs;			/* BUSY, once set, stays until the next reset */
	unsigned cut_after;		/* the supply fails when so many more bits are burnt; 0: never */
};
struct imxrt_ocotp_faults *imxrt_ocotp_faults(struct imxrt_ocotp *ocotp);

/* Bits that were burnt by the controller, and DATA writes that were refused, since creation. */
struct imxrt_ocotp_stats {
	uint64_t bits, programs, refused, senses, reloads;
};
void imxrt_ocotp_stats(const struct imxrt_ocotp *ocotp, struct imxrt_ocotp_stats *out);

bool imxrt_ocotp_save(const struct imxrt_ocotp *ocotp, FILE *f);
bool imxrt_ocotp_restore(struct imxrt_ocotp *ocotp, FILE *f);
void imxrt_ocotp_describe(const struct imxrt_ocotp *ocotp, FILE *out);

#endif
