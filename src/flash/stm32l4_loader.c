/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: carrying out a stream (stm32l4_stream.c).
 *
 * The loader erases and programs at the flash's own pace while the next data is on the wire, so the
 * wire only counts where it is slower than the flash. Without a work area the host does the same steps
 * by itself. Fast programming is believed only when the pages' checksums are right: a read at the wrong
 * moment breaks off a row without a flag. Where it fails everything is done again in standard mode.
 */
#include "flash/stm32l4_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flash/stm32l4_loader.h"
#include "target/patch.h"
#include "flash/stm32l4_otp.h"

/* Parameters in front of the ring; offsets as in the loader's source. */
#define PARAM_BYTES	40u
#define POINTER_BYTES	8u
#define RING_MIN	256u
#define RING_MAX	16384u
#define STALL_MS	3000u		/* the longest single operation takes 25 ms; U5 mass erase 1 s */
#define PAGE_ERASE_MS	250u
#define MASS_ERASE_MS	500u
#define DIRECT_BYTES	256u		/* without loader: between two looks at SR */
/* A program that is rewritten as a whole is going to be reset: its RAM is not worth two transfers of
 * the ring. Less than this may be a page of data beneath a program that goes on. */
#define BACKUP_WORTH	4096u
#define SR_FAST_FAILED	(SR_PROGERR | SR_PGAERR | SR_PGSERR | SR_MISERR | SR_FASTERR)

/* One run of a stream. */
struct job {
	struct stm32l4_stream s;
	struct flash_bank *bank;
	uint32_t sr;			/* error bits it ended with */
	uint32_t failed_addr;		/* of the double word; 0: an erase, or not known */
};

/* The loader says which double word, or with which CR value, it failed. */
static int failed_sector(const struct job *j, uint32_t behind, uint32_t header)
{
	const struct stm32l4 *f = j->bank->priv;
	unsigned sector;

	if (behind != 0) {
		sector = flash_sector_at(j->bank, behind - 8 - j->bank->base);
		return sector < j->bank->sector_count ? (int)sector : NO_ADDRESS;
	}
	if (header & CR_PER)
		for (unsigned i = 0; !f->is_otp && i < j->bank->sector_count; i++)
			if (stm32l4_erase_value(f, &j->bank->sectors[i]) == header)
				return (int)i;
	return NO_ADDRESS;
}

static enum err judge(struct job *j, const struct algorithm *a)
{
	int sector;

	if (a->result[0] == 0) {
		stm32l4_stream_taken(&j->s, j->s.bytes.len + j->s.unit);
		stm32l4_stream_states(&j->s, NO_ADDRESS, 0);
		return OK;
	}
	j->sr = a->result[0];
	j->failed_addr = a->result[1] != 0 ? a->result[1] - 8 : 0;
	sector = failed_sector(j, a->result[1], a->result[2]);
	stm32l4_stream_states(&j->s, sector, 0);
	return stm32l4_failed(j->bank, a->result[0], sector);
}

/* Running the loader */

static uint32_t busy_bits(const struct stm32l4 *f)
{
	return f->line->banks == TWO_G0B ? SR_BSY | SR_BSY2 : SR_BSY;
}

static enum err write_parameters(struct job *j, const struct stm32l4_helper *h,
				 const struct ring_feed *feed)
{
	const struct stm32l4 *f = j->bank->priv;
	uint32_t scratch = feed->base + POINTER_BYTES + feed->size;
	uint8_t p[PARAM_BYTES];

	put_le32(p, f->regs + f->layout->sr);
	put_le32(p + 4, f->regs + f->layout->cr);
	put_le32(p + 8, busy_bits(f));
	put_le32(p + 12, SR_FAILED);
	put_le32(p + 16, CR_PG);
	put_le32(p + 20, j->bank->keepalive != 0 ? j->bank->keepalive : scratch);
	put_le32(p + 24, f->line->timing->fast_cr);
	put_le32(p + 28, j->s.row_bytes / 8);
	put_le32(p + 32, j->s.unit == 16 ? 8 : 0);
	put_le32(p + 36, f->line->eccr != 0 ? f->regs + f->line->eccr : scratch + 4);
	TRY(target_write(j->bank->target, h->data, 4, sizeof(p) / 4, p));
	return ring_feed_init(j->bank->target, feed);
}

/* Asks the loader to end between two double words: half of one would block the controller. An erase that
 * goes on meanwhile is waited for: whoever touched CR would wait for it on the bus. */
static void stop_gently(struct job *j, struct algorithm *a, const struct ring_feed *feed)
{
	uint64_t deadline = clock_now_ms() + STALL_MS;
	bool running = true;
	struct error saved;

	error_take(&saved);
	if (target_write_u32(j->bank->target, feed->base, 0) == OK)
		while (running && clock_now_ms() < deadline)
			if (algorithm_poll(j->bank->target, a, &running) != OK)
				break;
	error_clear();
	error_put(&saved);
}

static enum err wait_end(struct job *j, struct algorithm *a)
{
	uint64_t deadline = clock_now_ms() + STALL_MS;
	bool running = true;

	for (;;) {
		TRY(algorithm_poll(j->bank->target, a, &running));
		if (!running)
			return OK;
		if (clock_now_ms() >= deadline)
			return error_why(ERR_TIMEOUT, "the flash loader did not end within %u ms",
					 STALL_MS);
		loop_service(j->bank->target->list->loop);
	}
}

static enum err explain_stall(struct job *j, enum err rc)
{
	struct stm32l4 *f = j->bank->priv;
	struct error saved;
	uint32_t sr;

	if (rc != ERR_TIMEOUT)
		return stm32l4_explain_loss(j->bank, rc);
	error_take(&saved);
	/* Was it the controller that did not come back? */
	if (stm32l4_read(j->bank, f->layout->sr, &sr) == OK && (sr & busy_bits(f))) {
		f->busy_sr = sr;
		return stm32l4_still_busy(sr, STALL_MS);
	}
	error_clear();
	error_put(&saved);
	return stm32l4_explain_loss(j->bank, rc);
}

static void note_taken(void *ctx, size_t taken)
{
	struct job *j = ctx;

	stm32l4_stream_taken(&j->s, taken);
}

static enum err run_loader(struct job *j, const struct stm32l4_helper *h)
{
	uint32_t head = PARAM_BYTES + POINTER_BYTES + 8;
	struct ring_feed feed = {
		.base = h->data + PARAM_BYTES,
		.size = (h->room - head) / j->s.unit * j->s.unit,
		.unit = j->s.unit,
		.data = j->s.bytes.data,
		.bytes = j->s.bytes.len,
		.progress = note_taken,
		.ctx = j,
	};
	struct algorithm a = {
		.entry = h->code + STM32L4_LOADER_ENTRY,
		.exit_pc = h->code + STM32L4_LOADER_EXIT,
		.stack = h->stack,
		.r = { h->data, feed.base + POINTER_BYTES + feed.size },
		.timeout_ms = STALL_MS,
	};
	enum err rc;

	TRY(write_parameters(j, h, &feed));
	TRY(algorithm_start(j->bank->target, &a));
	rc = algorithm_feed(j->bank->target, &a, &feed);
	if (rc == OK)
		rc = wait_end(j, &a);
	else if (rc == ERR_CANCELLED)
		stop_gently(j, &a, &feed);
	rc = error_first(rc, algorithm_finish(j->bank->target, &a));
	if (rc == OK)
		return judge(j, &a);
	/* The loader may have taken what was in the ring since it was last asked. */
	stm32l4_stream_states(&j->s, NO_ADDRESS, feed.size);
	return explain_stall(j, rc);
}

/* The slow path: the host writes CR and the double words, the bus makes it wait. */

static enum err check_sr(struct job *j, int sector, unsigned timeout_ms)
{
	uint32_t sr;

	TRY(stm32l4_wait(j->bank, timeout_ms, &sr));
	if (!(sr & SR_FAILED))
		return OK;
	j->sr = sr & SR_FAILED;
	return stm32l4_failed(j->bank, sr, sector);
}

static enum err direct_erase(struct job *j, uint32_t value, int sector)
{
	const struct stm32l4 *f = j->bank->priv;

	TRY(stm32l4_write(j->bank, f->layout->cr, value));
	TRY(stm32l4_write(j->bank, f->layout->cr, value | CR_STRT));
	TRY(check_sr(j, sector, value & CR_PER ? PAGE_ERASE_MS : MASS_ERASE_MS));
	return stm32l4_write(j->bank, f->layout->cr, 0);
}

static enum err direct_program(struct job *j, uint32_t addr, const uint8_t *data, size_t n, int sector)
{
	struct flash_bank *bank = j->bank;
	const struct stm32l4 *f = bank->priv;

	TRY(stm32l4_write(bank, f->layout->cr, CR_PG));
	while (n > 0) {
		size_t part = MIN(n, DIRECT_BYTES);
		enum err rc = target_write(bank->target, addr, 4, part / 4, data);

		/* A refused write: SR knows why. */
		if (rc == ERR_BUS || rc == ERR_DAP_FAULT)
			TRY(check_sr(j, sector, PAGE_ERASE_MS));
		TRY(rc);
		TRY(check_sr(j, sector, PAGE_ERASE_MS));
		TRY(operation_step(bank));
		addr += (uint32_t)part;
		data += part;
		n -= part;
	}
	return stm32l4_write(bank, f->layout->cr, 0);
}

/* Walks the same stream the loader would get. */
static enum err direct_unit(struct job *j, size_t *at, int sector)
{
	const uint8_t *p = j->s.bytes.data + *at + j->s.unit - 8;
	uint32_t first = get_le32(p), count = get_le32(p + 4);

	*at += j->s.unit;
	if (count == 0)
		return direct_erase(j, first, sector);
	p += 8;
	*at += (size_t)count * 8;
	return direct_program(j, first, p, (size_t)count * 8, sector);
}

static enum err run_directly(struct job *j)
{
	struct stm32l4_stream *s = &j->s;
	size_t at = 0;
	enum err rc = OK;

	if (s->start > 0)
		rc = direct_unit(j, &at, NO_ADDRESS);
	for (size_t i = 0; rc == OK && i < s->count; i++) {
		while (rc == OK && at < s->pieces[i].end)
			rc = direct_unit(j, &at, (int)s->steps[i].sector);
		if (rc == OK)
			stm32l4_stream_taken(s, at + 2 * s->unit);
		if (rc == OK)
			rc = operation_step(j->bank);
	}
	if (rc == OK)
		s->taken = s->bytes.len + s->unit;
	stm32l4_stream_states(s, NO_ADDRESS, 0);
	return rc;
}

/* Fast rows */

/* What the sectors of steps first..end-1 must hold now, and if they do. */
static enum err check_rows(struct job *j, size_t first, size_t end, bool *right)
{
	struct flash_bank *bank = j->bank;
	const struct flash_sector *sector = &bank->sectors[j->s.steps[first].sector];
	struct stm32l4_block *blocks = xcalloc(end - first, sizeof(*blocks));
	uint8_t *page = xcalloc(1, sector->size);
	enum err rc = stm32l4_scan(bank, sector->offset, sector->size, (unsigned)(end - first), false,
				   blocks);

	for (size_t i = first; rc == OK && i < end; i++) {
		const struct flash_step *step = &j->s.steps[i];

		memset(page, bank->erased_value, sector->size);
		if (step->bytes > 0)
			memcpy(page + (step->offset - bank->sectors[step->sector].offset), step->data,
			       step->bytes);
		*right &= !blocks[i - first].bad &&
			  blocks[i - first].value == crc_bytes(0xffffffff, page, sector->size);
	}
	free(page);
	free(blocks);
	return rc;
}

static enum err check_fast(struct job *j, bool *right)
{
	const struct flash_sector *sectors = j->bank->sectors;
	struct flash_step *steps = j->s.steps;
	size_t end;

	*right = true;
	TRY(stm32l4_bypass_caches(j->bank));
	for (size_t i = 0; *right && i < j->s.count; i = end) {
		end = i + 1;
		/* Only an erased sector is known from end to end. */
		if (!steps[i].erase || steps[i].bytes == 0)
			continue;
		while (end < j->s.count && steps[end].erase && steps[end].bytes > 0 &&
		       sectors[steps[end].sector].offset ==
			       sectors[steps[end - 1].sector].offset + sectors[steps[i].sector].size)
			end++;
		TRY(check_rows(j, i, end, right));
	}
	return OK;
}

/* One stream, by the loader if there is room for one. */

static enum err open_loader(struct job *j, struct stm32l4_helper *h)
{
	const struct stm32l4 *f = j->bank->priv;
	struct target *t = j->bank->target;
	uint32_t head = PARAM_BYTES + POINTER_BYTES + 8;
	uint32_t row = f->line->timing->row_units * f->line->unit;
	size_t bytes = 0;
	bool backup = t->work_area_backup;
	enum err rc;

	for (size_t i = 0; i < j->s.count; i++)
		bytes += j->s.steps[i].bytes + 64;
	/* For breakpoints the program goes on with its RAM as it was, whatever that costs. */
	t->work_area_backup = backup && (bytes <= BACKUP_WORTH || patches_are_writing(t));
	rc = stm32l4_helper_open(j->bank, stm32l4_loader, sizeof(stm32l4_loader),
				 head + MAX(RING_MIN, 2 * row),
				 head + (uint32_t)MIN(MAX(bytes, MAX(RING_MIN, 2 * row)), RING_MAX), h);
	t->work_area_backup = backup;
	return rc;
}

static enum err run_once(struct job *j)
{
	struct stm32l4 *f = j->bank->priv;
	struct stm32l4_helper h;
	bool right = true;
	enum err rc = stm32l4_stream_build(&j->s, f->is_fast_clock && !f->fast_off && !f->fast_failed &&
							  !f->has_wwdg &&
							  work_area_available(j->bank->target) > 4096);

	if (rc == OK && f->has_wwdg) {
		log_info("the window watchdog (WWDG) runs: writing with the core halted, which is slower");
		return run_directly(j);
	}
	if (rc == OK)
		rc = open_loader(j, &h);
	if (rc == ERR_NO_WORK_AREA && j->s.fast_rows == 0) {
		log_warning("%s", error_current()->why);
		error_clear();
		log_warning("flash bank %s: writing without a loader, which is slower: set "
			    "-work-area-phys and -work-area-size", j->bank->name);
		return run_directly(j);
	}
	TRY(rc);
	rc = run_loader(j, &h);
	stm32l4_helper_close(j->bank, &h);
	if (rc == OK && j->s.fast_rows > 0)
		rc = check_fast(j, &right);
	if (rc == OK && !right) {
		j->sr = SR_FASTERR;
		rc = error_why(ERR_FLASH_OPERATION, "fast programming left a page that does not verify");
	}
	return rc;
}

/* What was not finished starts again; `all`: what was erased for it too, as it will be erased again. */
static enum err start_again(struct job *j, bool all)
{
	const struct stm32l4 *f = j->bank->priv;

	error_clear();
	for (size_t i = 0; i < j->s.count; i++)
		if (j->s.steps[i].state != STEP_DONE || (all && j->s.steps[i].erase))
			j->s.steps[i].state = STEP_WAITS;
	stm32l4_stream_free(&j->s);
	j->s = (struct stm32l4_stream){ .bank = j->bank, .steps = j->s.steps, .count = j->s.count };
	j->sr = 0;
	return stm32l4_write(j->bank, f->layout->sr, SR_CLEAR);
}

/* Programmed before, with all ones: it reads as erased and is not. */
static bool reads_blank(struct job *j)
{
	uint32_t words[2];

	if (!(j->sr & SR_PROGERR) || j->failed_addr == 0)
		return false;
	if (stm32l4_bypass_caches(j->bank) == OK &&
	    target_read_u32(j->bank->target, j->failed_addr, &words[0]) == OK &&
	    target_read_u32(j->bank->target, j->failed_addr + 4, &words[1]) == OK)
		return (words[0] & words[1]) == 0xffffffff;
	error_clear();
	return false;
}

/* Its page can be erased without asking if all of the page is going to be written anyway. */
static bool erase_first(struct job *j)
{
	unsigned sector = flash_sector_at(j->bank, j->failed_addr - j->bank->base);

	for (size_t i = 0; i < j->s.count; i++) {
		struct flash_step *step = &j->s.steps[i];

		if (step->sector != sector || step->erase || step->looked_blank ||
		    step->bytes != j->bank->sectors[sector].size)
			continue;
		log_warning("page %u at 0x%08x holds a double word that reads blank and is not erased: "
			    "erasing the page first", sector,
			    j->bank->base + j->bank->sectors[sector].offset);
		step->erase = true;
		return true;
	}
	return false;
}

/* What a program error at a blank address means: retried once where nothing can be lost, else told. */
static enum err explain_progerr(struct job *j, enum err rc)
{
	struct error saved;
	bool is_blank;

	error_take(&saved);
	is_blank = reads_blank(j);
	if (is_blank && erase_first(j)) {
		TRY(start_again(j, false));
		return run_once(j);
	}
	if (is_blank)
		snprintf(saved.why, sizeof(saved.why),
			 "the double word at 0x%08x reads blank but is not erased: it was programmed with "
			 "all ones, or lost power on the way", j->failed_addr);
	error_put(&saved);
	return rc;
}

static enum err run_job(struct job *j)
{
	struct stm32l4 *f = j->bank->priv;
	enum err rc = run_once(j);

	if (rc == ERR_FLASH_OPERATION && j->s.fast_rows > 0 && (j->sr & SR_FAST_FAILED)) {
		log_warning("fast programming broke off (%s): going on in standard mode",
			    error_current()->why);
		f->fast_failed = true;
		TRY(start_again(j, true));
		rc = run_once(j);
	}
	return rc == ERR_FLASH_OPERATION ? explain_progerr(j, rc) : rc;
}

static enum err check_steps(struct flash_bank *bank, const struct flash_step *steps, size_t count)
{
	const struct stm32l4 *f = bank->priv;

	if (!f->is_otp) {
		TRY(stm32l4_check_second_core(bank, steps, count));
		return stm32l4_check_protection(bank, steps, count);
	}
	if (f->otp_enabled)
		return stm32l4_otp_check(bank, steps, count);
	return error_next(
		error_why(ERR_REFUSED, "OTP memory bank #%u is disabled for write commands",
			  bank->number),
		"each double word can be written once: \"stm32l4x otp %u enable\"", bank->number);
}

enum err stm32l4_run(struct flash_bank *bank, struct flash_step *steps, size_t count)
{
	struct job j = { .bank = bank, .s = { .bank = bank, .steps = steps, .count = count } };
	enum err rc;

	TRY(check_steps(bank, steps, count));
	rc = run_job(&j);
	stm32l4_stream_free(&j.s);
	for (size_t i = 0; rc == OK && i < count; i++)
		if (steps[i].offset == 0 && steps[i].bytes > 0)
			((struct stm32l4 *)bank->priv)->has_new_start = true;
	return rc;
}
