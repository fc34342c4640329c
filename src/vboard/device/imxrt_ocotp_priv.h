/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of imxrt_ocotp, for imxrt_ocotp*.c. imxrt_ocotp.c has the registers, *_array.c what
 * they start: programming, sensing and reloading, with lock bits and timing.
 */
#ifndef VB_DEVICE_IMXRT_OCOTP_PRIV_H
#define VB_DEVICE_IMXRT_OCOTP_PRIV_H

#include "vboard/device/imxrt_ocotp.h"

#define CTRL_ADDR	0x0000003fu
#define CTRL_BUSY	BIT(8)
#define CTRL_ERROR	BIT(9)
#define CTRL_RELOAD	BIT(10)
#define CTRL_WR_UNLOCK	0xffff0000u
#define WR_UNLOCK_KEY	0x3e77u
#define UNREADABLE	0xbadabadau

enum ocotp_work { OCOTP_IDLE, OCOTP_BURNS, OCOTP_SENSES, OCOTP_RELOADS };

struct imxrt_ocotp {
	struct imxrt_env *env;
	unsigned words;
	bool has_gp4;
	uint32_t fuse[OCOTP_WORDS], shadow[OCOTP_WORDS];
	uint32_t ctrl, timing, timing2, data, read_ctrl, read_data, sticky, scs, crc_addr;

	enum ocotp_work work;
	unsigned word;			/* of the work: CTRL.ADDR may move on */
	bool is_bad_timing;		/* of the work */
	struct vb_event *event;

	struct imxrt_ocotp_faults faults;
	struct imxrt_ocotp_stats stats;
	void (*changed)(void *ctx);
	void *changed_ctx;
};

enum ocotp_lock { OCOTP_WRITE = 1, OCOTP_OVERRIDE = 2, OCOTP_READ = 4 };
/* What the LOCK word and SW_STICKY forbid for this word: enum ocotp_lock. */
unsigned ocotp_locks(const struct imxrt_ocotp *o, unsigned word);
void ocotp_program(struct imxrt_ocotp *o, uint32_t data);	/* DATA was written */
void ocotp_sense(struct imxrt_ocotp *o);
void ocotp_reload(struct imxrt_ocotp *o);
void ocotp_abort(struct imxrt_ocotp *o);
void ocotp_tell(struct imxrt_ocotp *o);

#endif
