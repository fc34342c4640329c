/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: carries a plan out (IMXRT1064RM "OCOTP", Fuse and Shadow Register Writes), and keeps the
 * audit log. A line is written before the fuse is touched and another one after: a "started"
 * without its "done" is how a power cut in the middle is recognised later.
 */
#include "flash/ocotp_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flash/journal.h"

#define BURN_MS	    50u /* 32 bits of 10 us, and a wide margin */
#define RELOAD_MS   50u

/* audit */

static const char *log_name(const char *path)
{
	return path != NULL ? path : FUSE_LOG;
}

static enum err log_failed(const char *path)
{
	error_why(ERR_IO, "the audit log %s cannot be written: %s", log_name(path),
		  strerror(errno));
	return error_next(
		ERR_IO, "choose another file with \"ocotp log FILE\": no fuse is burnt without it");
}

static enum err append_log(const char *path, const struct fuse_plan *plan, const char *state,
			   const uint32_t *after)
{
	FILE *f = fopen(log_name(path), "a");

	if (f == NULL)
		return log_failed(path);
	journal_put_time(f);
	fprintf(f,
		" part=%s uid=0x%016llx word=%u name=%s before=0x%08x burn=0x%08x wanted=0x%08x",
		plan->chip->part->name, (unsigned long long)plan->chip->uid, plan->word,
		ocotp_word_name(plan->chip->part, plan->word), plan->now, plan->bits, plan->wanted);
	if (after != NULL)
		fprintf(f, " after=0x%08x", *after);
	fprintf(f, " state=%s\n", state);
	return journal_close(f) ? OK : log_failed(path);
}

static bool parse_line(const char *line, const struct imxrt_chip *chip, unsigned word,
		       uint32_t *before, uint32_t *wanted, bool *started)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), " uid=0x%016llx word=%u ", (unsigned long long)chip->uid, word);
	if (strstr(line, key) == NULL)
		return false;
	at = strstr(line, " before=");
	*before = at != NULL ? (uint32_t)strtoul(at + 8, NULL, 16) : 0;
	at = strstr(line, " wanted=");
	*wanted = at != NULL ? (uint32_t)strtoul(at + 8, NULL, 16) : 0;
	at = strstr(line, " state=");
	*started = at != NULL && strncmp(at + 7, "done", 4) != 0;
	return true;
}

void fuse_log_explain(const char *log_path, const struct imxrt_chip *chip, unsigned word,
		      uint32_t now, struct buf *out)
{
	uint32_t before = 0, wanted = 0, last_before = 0, last_wanted = 0;
	bool is_open = false, started = false;
	char line[512], stamp[32] = "";
	FILE *f = fopen(log_name(log_path), "r");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (!parse_line(line, chip, word, &before, &wanted, &started))
			continue;
		is_open = started;
		last_before = before;
		last_wanted = wanted;
		snprintf(stamp, sizeof(stamp), "%.20s", line);
	}
	fclose(f);
	if (!is_open)
		return;
	if ((now & last_wanted) == last_wanted) {
		buf_printf(out,
			   "An attempt of %s to burn word %u from 0x%08x to 0x%08x was cut off, but all of "
			   "its bits are burnt: nothing is left to do.\n",
			   stamp, word, last_before, last_wanted);
		return;
	}
	buf_printf(out,
		   "An attempt of %s to burn word %u from 0x%08x to 0x%08x was cut off: of its bits "
		   "0x%08x are burnt and 0x%08x are not. Program 0x%08x again to complete it.\n",
		   stamp, word, last_before, last_wanted, now & last_wanted & ~last_before,
		   last_wanted & ~now, last_wanted);
}

/* burning */

/* The fuse itself, once more, with the core at rest: plan and chip must still be what they were. */
static enum err check_unchanged(struct ocotp *o, const struct fuse_plan *plan)
{
	const uint8_t words[] = { WORD_LOCK, 1, 2, (uint8_t)plan->word };
	struct fuse_image image = { 0 };

	TRY(ocotp_sense_words(o, words, ARRAY_SIZE(words), &image));
	if (((uint64_t)image.fuse[2] << 32 | image.fuse[1]) != plan->chip->uid)
		return error_next(
			error_why(ERR_REFUSED, "this is another chip than the plan was made for"),
			"make the plan again");
	if (image.fuse[plan->word] != plan->now || image.fuse[WORD_LOCK] != plan->lock)
		return error_next(
			error_why(ERR_REFUSED, "the fuses have changed since the plan was made"),
			"make the plan again");
	return OK;
}

static enum err unlock(struct ocotp *o, const struct fuse_plan *plan)
{
	uint32_t ctrl = 0;

	TRY(ocotp_wait_idle(o, CTRL_BUSY | CTRL_RELOAD, RELOAD_MS, "before burning"));
	TRY(ocotp_write(o, OCOTP_CTRL_CLR, CTRL_KEY | CTRL_ERROR | CTRL_ADDR));
	TRY(ocotp_write(o, OCOTP_CTRL_SET, CTRL_UNLOCK | plan->word));
	TRY(mem_ap_read32(o->ap, OCOTP_CTRL, &ctrl));
	if (ctrl == (CTRL_UNLOCK | plan->word))
		return OK;
	error_why(ERR_FLASH_OPERATION,
		  "the fuse controller did not take address and key: nothing was burnt");
	return error_evidence(ERR_FLASH_OPERATION, "OCOTP_CTRL = 0x%08x", ctrl);
}

static enum err check_burnt(struct ocotp *o, const struct fuse_plan *plan)
{
	uint32_t ctrl = 0;

	TRY(ocotp_wait_idle(o, CTRL_BUSY, BURN_MS, "while the fuse burnt"));
	TRY(mem_ap_read32(o->ap, OCOTP_CTRL, &ctrl));
	if (!(ctrl & CTRL_ERROR) && !(ctrl & CTRL_KEY))
		return OK;
	error_why(ERR_FLASH_OPERATION,
		  "the fuse controller refused to burn word %u (0x%03x %s): it is locked, "
		  "or key and timing did not suit it",
		  plan->word, ocotp_fuse_address(plan->word),
		  ocotp_word_name(o->chip->part, plan->word));
	enum err rc = error_evidence(ERR_FLASH_OPERATION,
				     "OCOTP_CTRL = 0x%08x, TIMING = 0x%08x at IPG %u "
				     "kHz, LOCK = 0x%08x",
				     ctrl, o->new_timing, o->ipg_hz / 1000, plan->lock);

	error_next(rc, "run \"ocotp read %u\": it tells what the word holds", plan->word);
	return error_first(rc, ocotp_write(o, OCOTP_CTRL_CLR, CTRL_ERROR | CTRL_KEY));
}

static enum err reload(struct ocotp *o)
{
	TRY(ocotp_wait_idle(o, CTRL_BUSY, RELOAD_MS, "before the shadow registers were reloaded"));
	TRY(ocotp_write(o, OCOTP_CTRL_SET, CTRL_RELOAD));
	return ocotp_wait_idle(o, CTRL_BUSY | CTRL_RELOAD, RELOAD_MS,
			       "while the shadow registers were reloaded");
}

/* How far it got. */
struct burning {
	uint32_t after; /* of the word, once is_known */
	bool is_known, is_shut_out;
};

/* The fuse itself, before the shadow registers follow: some fuses end the conversation then. */
static enum err compare_fuse(struct ocotp *o, const struct fuse_plan *plan, struct burning *b)
{
	struct fuse_image image = { 0 };
	uint8_t word = (uint8_t)plan->word;

	TRY(ocotp_sense_words(o, &word, 1, &image));
	b->after = image.fuse[plan->word];
	b->is_known = true;
	if (b->after == plan->wanted)
		return OK;
	error_why(ERR_VERIFY,
		  "word %u is 0x%08x instead of 0x%08x: of the bits to burn 0x%08x did not take",
		  plan->word, b->after, plan->wanted, plan->wanted & ~b->after);
	return error_next(ERR_VERIFY,
			  "check that the supply is steady and at its full level, then program the "
			  "same value again: burnt bits stay, the others are tried once more");
}

static enum err compare_shadow(struct ocotp *o, const struct fuse_plan *plan)
{
	uint32_t shadow = 0;

	TRY(reload(o));
	TRY(mem_ap_read32(o->ap, OCOTP_SHADOW(plan->word), &shadow));
	if (shadow == plan->wanted)
		return OK;
	error_why(ERR_VERIFY, "word %u is burnt (0x%08x), but its shadow register reads 0x%08x",
		  plan->word, plan->wanted, shadow);
	return error_next(ERR_VERIFY, "reset the chip");
}

static bool closes_debug(const struct fuse_plan *plan)
{
	return plan->word == WORD_BOOT_CFG1 && !ocotp_debug_is_open(plan->bits);
}

static enum err burn(struct ocotp *o, const struct fuse_plan *plan, struct burning *b)
{
	TRY(ocotp_write(o, OCOTP_DATA, plan->bits));
	TRY(check_burnt(o, plan)); /* the postamble of 2 us is over: an access takes more */
	TRY(compare_fuse(o, plan, b));
	enum err rc = compare_shadow(o, plan);

	if (rc == OK || rc == ERR_VERIFY || !closes_debug(plan))
		return rc;
	/* That was the wish. */
	error_clear();
	b->is_shut_out = true;
	return OK;
}

static enum err burn_and_log(struct ocotp *o, const struct fuse_plan *plan, const char *log_path,
			     struct burning *b, struct buf *out)
{
	TRY(check_unchanged(o, plan));
	TRY(append_log(log_path, plan, "started", NULL));
	enum err rc = unlock(o, plan);

	if (rc == OK)
		rc = burn(o, plan, b);
	rc = error_first(rc, append_log(log_path, plan, rc == OK ? "done" : error_id(rc),
					b->is_known ? &b->after : NULL));
	if (rc == OK)
		buf_printf(out, "burnt: word %u (0x%03x %s) is 0x%08x now%s; noted in %s\n",
			   plan->word, ocotp_fuse_address(plan->word),
			   ocotp_word_name(o->chip->part, plan->word), b->after,
			   b->is_shut_out ? ", and the debugger is shut out"
					  : ", in the fuses and in the shadow register; the chip "
					    "uses it from the next reset on",
			   log_name(log_path));
	return rc;
}

/* A watchdog that bites in the middle would spoil the pulse: SRC takes no notice of it meanwhile.
 */
static enum err burn_halted(struct target *t, const struct fuse_plan *plan, const char *log_path,
			    struct burning *b, struct buf *out)
{
	uint32_t scr = 0;
	struct ocotp o;

	TRY(ocotp_enter(&o, t, plan->chip, OCOTP_TO_BURN));
	enum err rc = mem_ap_read32(o.ap, SRC_SCR, &scr);

	if (rc == OK)
		rc = mem_ap_write32(o.ap, SRC_SCR,
				    (scr & ~(SCR_MASK_WDOG | SCR_MASK_WDOG3)) | SCR_WDOG_MASKED |
					    SCR_WDOG3_MASKED);
	if (rc == OK) {
		rc = burn_and_log(&o, plan, log_path, b, out);
		if (!b->is_shut_out)
			rc = error_first(rc, mem_ap_write32(o.ap, SRC_SCR, scr));
	}
	return b->is_shut_out ? rc : error_first(rc, ocotp_leave(&o));
}

/* A program that changes its clock in the middle would spoil the pulse: the core rests meanwhile.
 */
enum err fuse_burn(struct target *t, const struct fuse_plan *plan, const char *log_path,
		   struct buf *out)
{
	bool was_running = t->state != TARGET_HALTED;
	struct burning burning = { 0 };
	enum err rc = OK;

	TRY(target_claim(t, "fuse programming"));
	if (was_running) {
		rc = target_halt(t);
		if (rc == OK)
			rc = target_wait_state(t, TARGET_HALTED, 1000);
	}
	if (rc == OK)
		rc = burn_halted(t, plan, log_path, &burning, out);
	if (was_running && t->state == TARGET_HALTED && !burning.is_shut_out)
		rc = error_first(rc, target_resume(t, NULL, false, false));
	target_release(t);
	return error_what(rc, "fuse programming");
}
