/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuse array of the i.MX RT10xx and what the controller does with it (IMXRT1064RM, IMXRT1024RM:
 * OCOTP_CTRL, fusemap). Cells go from 0 to 1, one at a time.
 */
#include <string.h>

#include "vboard/device/imxrt_ocotp_priv.h"

#define BURN_NS		10000u		/* each 1 of DATA */
#define SENSE_NS	1000u
#define RELOAD_NS	100000u
#define FIRST_OTPMK	0x10u
#define LAST_OTPMK	0x17u

/* Locks: bits of the LOCK word */

struct lock_row {
	uint8_t first, last;		/* words */
	uint32_t write, override, read;	/* bits that forbid */
};

#define PAIR(low)	BIT(low), BIT((low) + 1), 0
#define ALL_OF(bit)	BIT(bit), BIT(bit), BIT(bit)
#define WRITES(bit)	BIT(bit), BIT(bit), 0

static const struct lock_row rt106x_locks[] = {
	{ 0x01, 0x04, PAIR(0) },		/* TESTER */
	{ 0x05, 0x07, PAIR(2) },		/* BOOT_CFG */
	{ 0x08, 0x0c, PAIR(4) },		/* MEM_TRIM */
	{ 0x0d, 0x0f, PAIR(18) },		/* ANALOG */
	{ 0x10, 0x17, ALL_OF(17) },		/* OTPMK */
	{ 0x20, 0x21, ALL_OF(6) },		/* SJC_RESP */
	{ 0x22, 0x24, PAIR(8) },		/* MAC_ADDR */
	{ 0x25, 0x25, WRITES(20) },		/* OTPMK_CRC */
	{ 0x26, 0x26, PAIR(10) },		/* GP1 */
	{ 0x27, 0x27, PAIR(12) },		/* GP2 */
	{ 0x28, 0x28, WRITES(16) },		/* SW_GP1 */
	{ 0x29, 0x2c, BIT(21), BIT(21), BIT(23) },	/* SW_GP2 */
	{ 0x2d, 0x2e, ALL_OF(22) },		/* MISC_CONF */
	{ 0x30, 0x37, WRITES(15) },		/* ROM_PATCH */
	{ 0x38, 0x3b, PAIR(26) },		/* GP3 */
	{ 0x3c, 0x3f, BIT(24), BIT(25), BIT(7) },	/* GP4 */
	{ 0, 0, 0, 0, 0 }
};

static const struct lock_row rt105x_locks[] = {	/* and RT101x, RT102x */
	{ 0x01, 0x04, PAIR(0) },
	{ 0x05, 0x07, PAIR(2) },
	{ 0x08, 0x0c, PAIR(4) },
	{ 0x0d, 0x0f, PAIR(18) },
	{ 0x14, 0x17, ALL_OF(15) },		/* OTPMK_MSB */
	{ 0x18, 0x1f, ALL_OF(14) },		/* SRK */
	{ 0x20, 0x21, ALL_OF(6) },
	{ 0x22, 0x23, PAIR(8) },
	{ 0x24, 0x24, PAIR(26) },		/* GP3 */
	{ 0x26, 0x26, PAIR(10) },
	{ 0x27, 0x27, PAIR(12) },
	{ 0x28, 0x28, WRITES(16) },
	{ 0x29, 0x2c, BIT(21), BIT(21), BIT(23) },
	{ 0x2d, 0x2d, ALL_OF(22) },
	{ 0x2e, 0x2e, WRITES(31) },		/* FIELD_RETURN; unconfirmed */
	{ 0, 0, 0, 0, 0 }
};

/* SW_STICKY: until the next reset. */
static unsigned sticky_locks(const struct imxrt_ocotp *o, unsigned word)
{
	if (word == 0x2f && (o->sticky & BIT(1)))			/* SRK_REVOKE_LOCK */
		return OCOTP_WRITE | OCOTP_OVERRIDE;
	if (word == 0x2e && !o->has_gp4 && (o->sticky & BIT(2)))	/* FIELD_RETURN_LOCK */
		return OCOTP_WRITE | OCOTP_OVERRIDE;
	return 0;
}

unsigned ocotp_locks(const struct imxrt_ocotp *o, unsigned word)
{
	const struct lock_row *row = o->has_gp4 ? rt106x_locks : rt105x_locks;
	uint32_t lock = o->shadow[0];
	unsigned found = sticky_locks(o, word);

	if (word == 0)
		return OCOTP_OVERRIDE;	/* the LOCK shadow register is read only */
	if (word >= FIRST_OTPMK && word <= LAST_OTPMK)
		found |= OCOTP_READ;	/* the master key is for the hardware only */
	for (; row->last; row++) {
		if (word < row->first || word > row->last)
			continue;
		found |= lock & row->write ? OCOTP_WRITE : 0;
		found |= lock & row->override ? OCOTP_OVERRIDE : 0;
		found |= lock & row->read ? OCOTP_READ : 0;
	}
	return found;
}

/* Timing */

/* STROBE_PROG, less the relax time in front and behind, as nanoseconds. */
static int64_t strobe_ns(const struct imxrt_ocotp *o)
{
	int64_t relax = bits_get(o->timing, 15, 12) + 1, strobe = bits_get(o->timing, 11, 0) + 1;

	if (o->env->clocks.ipg == 0)
		return 0;
	return (strobe - 2 * relax) * 1000000000 / o->env->clocks.ipg;
}

static bool lasts(const struct imxrt_ocotp *o, unsigned count, unsigned ns)
{
	return (count + 1) * 1000000000ull >= (uint64_t)ns * o->env->clocks.ipg;
}

static bool is_program_timing_bad(const struct imxrt_ocotp *o)
{
	int64_t strobe = strobe_ns(o);

	return strobe < 9000 || strobe > 11000 || !lasts(o, bits_get(o->timing, 15, 12), 100) ||
	       !lasts(o, bits_get(o->timing, 27, 22), 150);
}

/* Will a cell that is programmed with this timing take? Too short a pulse never does; of the others
 * that are wrong, every second. */
static bool takes(const struct imxrt_ocotp *o, unsigned bit)
{
	if (o->faults.supply_is_low || (o->faults.weak[o->word] >> bit & 1))
		return false;
	if (!o->is_bad_timing)
		return true;
	return strobe_ns(o) >= 9000 && !(bit & 1);
}

/* Work */

static void begin(struct imxrt_ocotp *o, enum ocotp_work work, uint64_t ns, vb_event_fn done)
{
	o->work = work;
	o->ctrl |= CTRL_BUSY;
	o->word = o->ctrl & CTRL_ADDR;
	if (!o->faults.hangs)
		o->event = vb_clock_after(o->env->board->clock, ns, done, o, "ocotp");
}

static void end(struct imxrt_ocotp *o)
{
	o->work = OCOTP_IDLE;
	o->event = NULL;
	o->ctrl &= ~CTRL_BUSY;
}

void ocotp_abort(struct imxrt_ocotp *o)
{
	vb_clock_cancel(o->env->board->clock, o->event);
	end(o);
}

void ocotp_tell(struct imxrt_ocotp *o)
{
	if (o->changed)
		o->changed(o->changed_ctx);
}

/* An access that the controller does not even start: nothing is BUSY. */
static void refuse(struct imxrt_ocotp *o)
{
	o->ctrl |= CTRL_ERROR;
	o->stats.refused++;
}

static bool may_start(const struct imxrt_ocotp *o)
{
	/* ERROR must be cleared first, and accesses do not overlap. */
	return o->work == OCOTP_IDLE && !(o->ctrl & CTRL_ERROR);
}

static void burn_next(void *ctx);

static void burn_ended(void *ctx)
{
	struct imxrt_ocotp *o = ctx;

	end(o);
	if (o->is_bad_timing)
		o->ctrl |= CTRL_ERROR;
}

/* DATA is a shift register: the bits leave it one by one, a 0 at once and a 1 with a pulse. */
static void shift(struct imxrt_ocotp *o)
{
	vb_event_fn next = o->data ? burn_next : burn_ended;

	o->event = vb_clock_after(o->env->board->clock, o->data ? BURN_NS : 0, next, o, "ocotp");
}

static void burn_next(void *ctx)
{
	struct imxrt_ocotp *o = ctx;
	unsigned bit = (unsigned)__builtin_ctz(o->data);

	o->data &= o->data - 1;
	if (!(o->fuse[o->word] >> bit & 1) && takes(o, bit)) {
		o->fuse[o->word] |= 1u << bit;
		o->stats.bits++;
		if (o->faults.cut_after && --o->faults.cut_after == 0) {
			ocotp_abort(o);
			imxrt_env_request_reset(o->env, VB_RESET_POWER_ON);
			return;
		}
	}
	shift(o);
}

void ocotp_program(struct imxrt_ocotp *o, uint32_t data)
{
	unsigned word = o->ctrl & CTRL_ADDR;
	bool has_key = o->ctrl >> 16 == WR_UNLOCK_KEY;

	if (!may_start(o)) {
		o->stats.refused++;
		return;
	}
	if (!has_key) {
		refuse(o);
		return;
	}
	o->ctrl &= ~CTRL_WR_UNLOCK;
	if (word >= o->words || (ocotp_locks(o, word) & OCOTP_WRITE)) {
		refuse(o);
		return;
	}
	o->data = data;
	o->is_bad_timing = data && is_program_timing_bad(o);
	o->stats.programs++;
	/* The word is sensed first, so that no cell is programmed twice. */
	begin(o, OCOTP_BURNS, data ? BURN_NS : SENSE_NS, data ? burn_next : burn_ended);
}

static void sensed(void *ctx)
{
	struct imxrt_ocotp *o = ctx;

	o->read_data = o->fuse[o->word];
	end(o);
}

void ocotp_sense(struct imxrt_ocotp *o)
{
	unsigned word = o->ctrl & CTRL_ADDR;

	if (!may_start(o)) {
		o->stats.refused++;
		return;
	}
	if (ocotp_locks(o, word) & OCOTP_READ) {
		o->read_data = UNREADABLE;
		refuse(o);
		return;
	}
	o->stats.senses++;
	begin(o, OCOTP_SENSES, SENSE_NS, sensed);
}

static void reloaded(void *ctx)
{
	struct imxrt_ocotp *o = ctx;

	memcpy(o->shadow, o->fuse, sizeof(o->shadow));
	o->ctrl &= ~CTRL_RELOAD;
	end(o);
	ocotp_tell(o);
}

void ocotp_reload(struct imxrt_ocotp *o)
{
	if (!may_start(o)) {
		o->stats.refused++;
		return;
	}
	o->ctrl |= CTRL_RELOAD;
	o->stats.reloads++;
	begin(o, OCOTP_RELOADS, RELOAD_NS, reloaded);
}
