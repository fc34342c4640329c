/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: the controller by accesses of the AP, on a halted or a running core (IMXRT1064RM "OCOTP").
 * Shadow registers are plain reads. Sensing a fuse needs the controller: ADDR, READ_FUSE, a
 * microsecond, READ_FUSE_DATA; an access over SWD takes longer than that, so that all words fit
 * into one batch.
 */
#include "flash/ocotp_priv.h"

#include <stdlib.h>

#include "base/clock.h"

#define CCM_CDHIPR     0x400fc048u
#define FASTEST_IPG_HZ 150000000u /* of the family */
#define BUSY_MS	       20u	  /* a whole word takes 320 us */

static const char guard_what[] =
	"the fuse controller (OCOTP): a fuse that is burnt by accident cannot be taken back";
static const char guard_next[] =
	"use \"ocotp program\" or \"ocotp shadow\"; \"ocotp guard off\" tells how to lift this";

struct dap_guard *ocotp_guard_of(struct dap *dap)
{
	return dap_guard_set(dap, OCOTP_BASE, OCOTP_LAST, guard_what, guard_next);
}

enum err ocotp_guard(struct target *t)
{
	ocotp_guard_of(t->dap);
	return OK;
}

/* The AHB-AP of the RT10xx. Some other M7s have the same, and nothing at OCOTP's addresses. */
#define RT10XX_AP_IDR 0x04770041u

void ocotp_guard_examined(void *ctx, struct target *t, enum target_event event)
{
	(void)ctx;
	if (event == EVENT_EXAMINE_END && t->ap != NULL && t->ap->idr == RT10XX_AP_IDR)
		ocotp_guard_of(t->dap);
}

/* Does what was queued. */
static enum err run_queue(struct ocotp *o)
{
	dap_guard_open(o->guard);
	enum err rc = mem_ap_run(o->ap);

	dap_guard_close(o->guard);
	return rc;
}

static void queue(struct ocotp *o, uint32_t reg, uint32_t value)
{
	dap_guard_open(o->guard);
	mem_ap_queue_write32(o->ap, reg, value);
	dap_guard_close(o->guard);
}

enum err ocotp_write(struct ocotp *o, uint32_t reg, uint32_t value)
{
	queue(o, reg, value);
	return run_queue(o);
}

enum err ocotp_wait_idle(struct ocotp *o, uint32_t wanted_clear, unsigned timeout_ms,
			 const char *what)
{
	uint64_t end = clock_now_ms() + timeout_ms;
	uint32_t ctrl = 0;

	for (;;) {
		TRY(mem_ap_read32(o->ap, OCOTP_CTRL, &ctrl));
		if (!(ctrl & wanted_clear))
			return OK;
		if (clock_now_ms() > end)
			break;
	}
	error_why(ERR_TIMEOUT, "the fuse controller stayed busy for %u ms %s", timeout_ms, what);
	error_evidence(ERR_TIMEOUT, "OCOTP_CTRL = 0x%08x", ctrl);
	return error_next(ERR_TIMEOUT,
			  "power-cycle the board; then \"ocotp read\" tells what the fuses hold");
}

/* Some programs shut the gate of OCOTP: an access then would fail, or hang the bus. */
static enum err open_gate(struct ocotp *o)
{
	TRY(mem_ap_read32(o->ap, CCM_CCGR(2), &o->ccgr2));
	o->gate_was_shut = bits_get(o->ccgr2, 13, 12) == 0;
	return o->gate_was_shut ? mem_ap_write32(o->ap, CCM_CCGR(2), o->ccgr2 | 3u << 12) : OK;
}

static enum err close_gate(struct ocotp *o)
{
	return o->gate_was_shut ? mem_ap_write32(o->ap, CCM_CCGR(2), o->ccgr2) : OK;
}

static enum err start(struct ocotp *o, struct target *t, const struct imxrt_chip *chip)
{
	*o = (struct ocotp){ .target = t, .chip = chip };
	TRY(imxrt_ap(t, &o->ap));
	o->guard = ocotp_guard_of(t->dap);
	return open_gate(o);
}

static enum err wait_handshake(struct ocotp *o)
{
	uint64_t end = clock_now_ms() + BUSY_MS;
	uint32_t busy = 0;

	do {
		TRY(mem_ap_read32(o->ap, CCM_CDHIPR, &busy));
	} while (busy != 0 && clock_now_ms() < end);
	if (busy == 0)
		return OK;
	error_why(ERR_TIMEOUT, "the core's clock did not change over within %u ms", BUSY_MS);
	return error_evidence(ERR_TIMEOUT, "CCM_CDHIPR = 0x%08x", busy);
}

/* PERIPH_CLK2: the crystal, undivided; then PERIPH_CLK takes that (IMXRT1064RM "CCM"). */
static enum err move_clock(struct ocotp *o)
{
	uint32_t cbcdr = o->clock.cbcdr & ~(7u << 27);

	TRY(mem_ap_write32(o->ap, CCM_CBCMR, (o->clock.cbcmr & ~0x3000u) | 0x1000));
	TRY(mem_ap_write32(o->ap, CCM_CBCDR, cbcdr));
	TRY(wait_handshake(o));
	o->clock_was_moved = true;
	TRY(mem_ap_write32(o->ap, CCM_CBCDR, cbcdr | BIT(25)));
	return wait_handshake(o);
}

static enum err put_clock_back(struct ocotp *o)
{
	if (!o->clock_was_moved)
		return OK;
	TRY(mem_ap_write32(o->ap, CCM_CBCDR, o->clock.cbcdr & ~(7u << 27)));
	TRY(wait_handshake(o));
	TRY(mem_ap_write32(o->ap, CCM_CBCMR, o->clock.cbcmr));
	TRY(mem_ap_write32(o->ap, CCM_CBCDR, o->clock.cbcdr));
	return wait_handshake(o);
}

static enum err find_clock(struct ocotp *o, enum ocotp_purpose purpose)
{
	struct ocotp_clock now = { 0 };

	TRY(ocotp_read_clock(o->ap, &o->clock));
	now = o->clock;
	if (!ocotp_ipg_is_certain(o->chip->part, &now)) {
		if (purpose == OCOTP_TO_READ) {
			o->ipg_hz = FASTEST_IPG_HZ;
			return OK;
		}
		TRY(move_clock(o));
		TRY(ocotp_read_clock(o->ap, &now));
	}
	return ocotp_ipg_hz(o->chip->part, &now, &o->ipg_hz);
}

static enum err set_timing(struct ocotp *o, enum ocotp_purpose purpose)
{
	uint32_t timing = 0;

	TRY(find_clock(o, purpose));
	TRY(mem_ap_read32(o->ap, OCOTP_TIMING, &o->timing));
	TRY(ocotp_timing(o->ipg_hz, o->timing, &o->new_timing));
	TRY(ocotp_wait_idle(o, CTRL_BUSY | CTRL_RELOAD, BUSY_MS,
			    "before anything was asked of it"));
	queue(o, OCOTP_CTRL_CLR, CTRL_ERROR);
	queue(o, OCOTP_TIMING, o->new_timing);
	mem_ap_queue_read32(o->ap, OCOTP_TIMING, &timing);
	TRY(run_queue(o));
	if (timing != o->new_timing)
		return error_why(ERR_FLASH_OPERATION,
				 "OCOTP_TIMING did not take 0x%08x, it reads 0x%08x", o->new_timing,
				 timing);
	return OK;
}

enum err ocotp_enter(struct ocotp *o, struct target *t, const struct imxrt_chip *chip,
		     enum ocotp_purpose purpose)
{
	TRY(start(o, t, chip));
	enum err rc = set_timing(o, purpose);

	if (rc == OK)
		return OK;
	rc = error_first(rc, put_clock_back(o));
	return error_first(rc, close_gate(o));
}

enum err ocotp_leave(struct ocotp *o)
{
	queue(o, OCOTP_CTRL_CLR, CTRL_KEY | CTRL_ADDR | CTRL_ERROR);
	queue(o, OCOTP_TIMING, o->timing);
	enum err rc = run_queue(o);

	rc = error_first(rc, put_clock_back(o));
	return error_first(rc, close_gate(o));
}

enum err ocotp_read_shadow(struct target *t, const struct imxrt_chip *chip, unsigned word,
			   uint32_t *value)
{
	struct ocotp o;

	TRY(start(&o, t, chip));
	enum err rc = mem_ap_read32(o.ap, OCOTP_SHADOW(word), value);

	return error_first(rc, close_gate(&o));
}

enum err ocotp_read_shadows(struct target *t, const struct imxrt_chip *chip,
			    struct fuse_image *image)
{
	struct ocotp o;

	TRY(start(&o, t, chip));
	/* Reading the master key would only set ERROR under the program's nose. */
	for (unsigned i = 0; i < chip->part->ocotp_words; i++) {
		image->locked[i] = ocotp_is_secret(i);
		if (!image->locked[i])
			mem_ap_queue_read32(o.ap, OCOTP_SHADOW(i), &image->shadow[i]);
	}
	enum err rc = mem_ap_run(o.ap);

	return error_first(rc, close_gate(&o));
}

/* One word at its own pace: what the batch found busy. */
static enum err sense_slowly(struct ocotp *o, unsigned word, uint32_t *value, uint32_t *ctrl)
{
	TRY(ocotp_wait_idle(o, CTRL_BUSY, BUSY_MS, "while a fuse was read"));
	queue(o, OCOTP_CTRL_CLR, CTRL_ERROR | CTRL_ADDR | CTRL_KEY);
	queue(o, OCOTP_CTRL_SET, word);
	queue(o, OCOTP_READ_CTRL, 1);
	TRY(run_queue(o));
	TRY(ocotp_wait_idle(o, CTRL_BUSY, BUSY_MS, "while a fuse was read"));
	mem_ap_queue_read32(o->ap, OCOTP_CTRL, ctrl);
	mem_ap_queue_read32(o->ap, OCOTP_READ_DATA, value);
	return run_queue(o);
}

enum err ocotp_sense_words(struct ocotp *o, const uint8_t *words, size_t count,
			   struct fuse_image *image)
{
	uint32_t ctrl[MAX_WORDS], value[MAX_WORDS], before[MAX_WORDS];

	for (size_t i = 0; i < count; i++) {
		queue(o, OCOTP_CTRL_CLR, CTRL_ERROR | CTRL_ADDR | CTRL_KEY);
		queue(o, OCOTP_CTRL_SET, words[i]);
		queue(o, OCOTP_READ_CTRL, 1);
		mem_ap_queue_read32(o->ap, OCOTP_CTRL, &before[i]);
		mem_ap_queue_read32(o->ap, OCOTP_READ_DATA, &value[i]);
		mem_ap_queue_read32(o->ap, OCOTP_CTRL, &ctrl[i]);
	}
	TRY(run_queue(o));
	for (size_t i = 0; i < count; i++) {
		/* A program that uses the controller, too, would have moved ADDR. */
		if (((before[i] | ctrl[i]) & CTRL_BUSY) || (ctrl[i] & CTRL_ADDR) != words[i])
			TRY(sense_slowly(o, words[i], &value[i], &ctrl[i]));
		if ((ctrl[i] & CTRL_ADDR) != words[i])
			return error_next(error_why(ERR_BUSY,
						    "the program on the core uses the fuse "
						    "controller at the same time"),
					  "halt the core first");
		image->fuse[words[i]] = value[i];
		image->locked[words[i]] = (ctrl[i] & CTRL_ERROR) || value[i] == READ_LOCKED;
	}
	return OK;
}

enum err ocotp_sense_all(struct target *t, const struct imxrt_chip *chip, struct fuse_image *image)
{
	uint8_t words[MAX_WORDS];
	size_t count = 0;
	struct ocotp o;

	TRY(ocotp_read_shadows(t, chip, image));
	for (unsigned i = 0; i < chip->part->ocotp_words; i++)
		if (!ocotp_is_secret(i))
			words[count++] = (uint8_t)i;
	TRY(ocotp_enter(&o, t, chip, OCOTP_TO_READ));
	enum err rc = ocotp_sense_words(&o, words, count, image);

	image->has_fuses = rc == OK;
	return error_first(rc, ocotp_leave(&o));
}

enum err ocotp_sense(struct target *t, const struct imxrt_chip *chip, unsigned word,
		     uint32_t *value)
{
	struct fuse_image image = { 0 };
	uint8_t one = (uint8_t)word;
	struct ocotp o;

	TRY(ocotp_enter(&o, t, chip, OCOTP_TO_READ));
	enum err rc = ocotp_sense_words(&o, &one, 1, &image);

	TRY(error_first(rc, ocotp_leave(&o)));
	*value = image.fuse[word];
	if (!image.locked[word])
		return OK;
	error_why(ERR_READ_PROTECTED, "fuse word %u (0x%03x %s) is locked against reading", word,
		  ocotp_fuse_address(word), ocotp_word_name(chip->part, word));
	return error_next(ERR_READ_PROTECTED, "that lock cannot be taken back");
}
