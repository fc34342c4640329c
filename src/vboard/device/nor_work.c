/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes time: program, erase, register writes; suspend, resume and abort.
 *
 * The array changes when the work is done. Work that is suspended or cut off leaves what silicon
 * leaves: a program some of its bytes, an erase first bytes driven to 00 (cells are programmed
 * before they are erased), then bytes already FF among them. Which bytes: a hash of the address, so
 * the same cut leaves the same picture.
 */
#include "vboard/device/nor_parts.h"

#include <string.h>

bool nor_is_busy(const struct nor *nor)
{
	return nor->work.kind != WORK_NONE || nor->fault.stuck;
}

/* Half done */

static unsigned hash(uint32_t offset)
{
	uint32_t h = offset * 2654435761u;

	h ^= h >> 15;
	h *= 2246822519u;
	return (h >> 13) & 0xff;
}

/* 0..256 */
static unsigned progress(const struct nor *nor)
{
	const struct nor_work *w = &nor->work;
	uint64_t done = w->done + (vb_clock_now(nor->clock) - w->started);

	return done >= w->span ? 256 : (unsigned)(done * 256 / w->span);
}

static uint8_t half_programmed(uint32_t offset, uint8_t was, uint8_t data, unsigned done)
{
	return hash(offset) < done ? was & data : was;
}

static uint8_t half_erased(uint32_t offset, uint8_t was, unsigned done)
{
	if (done < 64)		/* the first quarter of an erase programs everything to 0 */
		return hash(offset) < done * 4 ? 0x00 : was;
	return hash(offset) < (done - 64) * 256 / 192 ? 0xff : 0x00;
}

static uint8_t half_done(const struct nor *nor, uint32_t offset, unsigned done)
{
	const struct nor_work *w = &nor->work;
	uint8_t was = nor->array[offset];

	if (w->kind == WORK_PROGRAM && !nor->fault.no_program)
		return half_programmed(offset, was, w->page[offset - w->at], done);
	if (w->kind != WORK_PROGRAM && !nor->fault.no_erase)
		return half_erased(offset, was, done);
	return was;
}

static bool works_on_array(const struct nor *nor)
{
	enum nor_kind kind = nor->work.kind;

	return kind == WORK_PROGRAM || kind == WORK_ERASE || kind == WORK_CHIP;
}

uint8_t nor_half_done(const struct nor *nor, uint32_t offset)
{
	if (!works_on_array(nor) || offset < nor->work.at ||
	    offset - nor->work.at >= nor->work.bytes)
		return nor->array[offset];
	return half_done(nor, offset, progress(nor));
}

static void leave_half_done(struct nor *nor)
{
	struct nor_work *w = &nor->work;
	unsigned done = progress(nor);
	uint8_t *row;

	if (works_on_array(nor)) {
		for (uint32_t i = w->at; i < w->at + w->bytes; i++)
			nor->array[i] = half_done(nor, i, done);
		nor_tell(nor, w->at, w->bytes);
	} else if (w->kind == WORK_SEC_PROGRAM || w->kind == WORK_SEC_ERASE) {
		row = nor->security[w->at];
		for (uint32_t i = 0; i < NOR_PAGE; i++)
			row[i] = w->kind == WORK_SEC_ERASE
					 ? half_erased(i, row[i], done)
					 : half_programmed(i, row[i], w->page[i], done);
	}			/* a register that was not finished keeps its old value */
}

/* Done */

static void apply(struct nor *nor)
{
	struct nor_work *w = &nor->work;

	switch (w->kind) {
	case WORK_PROGRAM:
		for (uint32_t i = 0; i < w->bytes && !nor->fault.no_program; i++)
			nor->array[w->at + i] &= w->page[i];
		nor_tell(nor, w->at, w->bytes);
		break;
	case WORK_ERASE:
	case WORK_CHIP:
		if (!nor->fault.no_erase)
			memset(nor->array + w->at, 0xff, w->bytes);
		nor_tell(nor, w->at, w->bytes);
		break;
	case WORK_REGISTER:
		memcpy(nor->nv, w->page, sizeof(nor->nv));
		memcpy(nor->reg, w->page + sizeof(nor->nv), sizeof(nor->reg));
		break;
	case WORK_SEC_PROGRAM:
		for (uint32_t i = 0; i < NOR_PAGE && !nor->fault.no_program; i++)
			nor->security[w->at][i] &= w->page[i];
		break;
	case WORK_SEC_ERASE:
		if (!nor->fault.no_erase)
			memset(nor->security[w->at], 0xff, NOR_PAGE);
		break;
	case WORK_NONE:
		break;
	}
}

static void park(struct nor *nor)
{
	leave_half_done(nor);
	nor->work.done += vb_clock_now(nor->clock) - nor->work.started;
	nor->parked = nor->work;
	nor->work.kind = WORK_NONE;
	nor->suspending = false;
	nor->suspended = true;
}

void nor_catch_up(struct nor *nor)
{
	if (nor->work.kind == WORK_NONE || nor->fault.stuck ||
	    vb_clock_now(nor->clock) < nor->deadline)
		return;
	vb_clock_cancel(nor->clock, nor->event);
	nor->event = NULL;
	if (nor->suspending) {
		park(nor);
	} else {
		apply(nor);
		nor->work.kind = WORK_NONE;
		nor->wel = false;
	}
	nor_tell(nor, 0, 0);
}

static void due(void *ctx)
{
	struct nor *nor = ctx;

	nor->event = NULL;
	nor_catch_up(nor);
}

static void wait_for(struct nor *nor, uint64_t ns)
{
	vb_clock_cancel(nor->clock, nor->event);
	nor->deadline = vb_clock_now(nor->clock) + ns;
	nor->event = vb_clock_after(nor->clock, ns, due, nor, "nor");
	nor_tell(nor, 0, 0);
}

void nor_begin(struct nor *nor, enum nor_kind kind, uint32_t at, uint32_t bytes,
	       const struct nor_span *span)
{
	struct nor_work *w = &nor->work;

	w->kind = kind;
	w->at = at;
	w->bytes = bytes;
	w->started = vb_clock_now(nor->clock);
	w->span = nor->fault.slow ? span->max : span->typ;
	w->done = 0;
	memcpy(w->page, nor->page, sizeof(w->page));
	if (kind == WORK_PROGRAM || kind == WORK_SEC_PROGRAM)
		nor->counts.programs++;
	else if (kind == WORK_REGISTER)
		nor->counts.register_writes++;
	else
		nor->counts.erases++;
	wait_for(nor, w->span);
	if (nor->begun != NULL && kind != WORK_REGISTER)
		nor->begun(nor->begun_ctx, kind != WORK_PROGRAM && kind != WORK_SEC_PROGRAM, w->span);
}

/* Suspend, resume, abort */

void nor_suspend(struct nor *nor)
{
	struct nor_work *w = &nor->work;
	uint64_t now = vb_clock_now(nor->clock);

	if ((w->kind != WORK_PROGRAM && w->kind != WORK_ERASE) || nor->suspended ||
	    nor->suspending) {
		nor_ignore(nor, "nothing that can be suspended");
		return;
	}
	if (nor->deadline - now <= nor->model->times->suspend)
		return;		/* it will be over by then */
	nor->suspending = true;
	wait_for(nor, nor->model->times->suspend);
}

void nor_resume(struct nor *nor)
{
	if (!nor->suspended || nor->work.kind != WORK_NONE) {
		nor_ignore(nor, "nothing suspended");
		return;
	}
	nor->suspended = false;
	nor->work = nor->parked;
	nor->parked.kind = WORK_NONE;
	nor->work.started = vb_clock_now(nor->clock);
	wait_for(nor, nor->work.span - nor->work.done);
}

/* Reset or no supply. What was suspended has left its traces in the array already. */
void nor_abort(struct nor *nor)
{
	vb_clock_cancel(nor->clock, nor->event);
	nor->event = NULL;
	if (nor->work.kind != WORK_NONE) {
		leave_half_done(nor);
		nor->counts.aborted++;
	}
	if (nor->suspended)
		nor->counts.aborted++;
	nor->work.kind = nor->parked.kind = WORK_NONE;
	nor->suspended = nor->suspending = false;
}
