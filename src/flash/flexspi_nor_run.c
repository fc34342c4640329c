/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi_nor: erasing and programming. The operations become one stream for
 * contrib/loaders/flexspi_nor.S, which drives the controller's IP path at the flash's own pace while
 * the next pages are on the wire. Without a work area that can be used, the host does the same
 * operations by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flash/flexspi_nor.h"
#include "flash/flexspi_nor_loader.h"
#include "flash/flexspi_regs.h"
#include "flash/serial_nor_priv.h"

#define UNIT	     8u
#define STREAM_END   0xffffffffu
#define PARAM_BYTES  24u
#define RING_MIN     2048u
#define RING_MAX     8192u
/* The longest erase takes 3 s at worst; a flash that hangs is told late rather than a slow probe taken
 * for it. */
#define STALL_MS     12000u
#define SAMPLE_BYTES 16u

/* Sequences of the LUT that the loader uses. */
enum { SLOT_WRITE_ENABLE = 8, SLOT_STATUS, SLOT_PROGRAM, SLOT_ERASE /* and one for each unit */ };

struct run {
	struct nor_stream stream;
	struct buf bytes;
	size_t done;			/* operations */
	bool began;			/* the next one may have */
	unsigned stall_ms;
};

static struct flexspi_nor *nor_of(const struct run *r)
{
	return r->stream.bank->priv;
}

/* Sequences */

static void put_sequence(struct flexspi *fs, unsigned slot, const uint32_t lut[4])
{
	memcpy(fs->saved->slots[slot], lut, sizeof(fs->saved->slots[slot]));
	fs->saved->slot_used[slot] = true;
	flexspi_queue_lut(fs, slot, lut);
}

static enum err place_sequences(struct flexspi_nor *f)
{
	struct flexspi *fs = &f->fs;
	uint32_t lut[4];

	TRY(flexspi_wait_idle(fs));
	nor_lut_plain(lut, 0x06);
	put_sequence(fs, SLOT_WRITE_ENABLE, lut);
	nor_lut_register(lut, 0x05, false);
	put_sequence(fs, SLOT_STATUS, lut);
	/* 32h sends data on lines that are WP# and HOLD# while quad is not enabled. */
	nor_lut_program(&f->nor, lut, f->status.is_quad && f->nor.read_1_1_4.opcode != 0);
	put_sequence(fs, SLOT_PROGRAM, lut);
	for (unsigned i = 0; i < ARRAY_SIZE(f->nor.erase); i++) {
		nor_lut_addressed(&f->nor, lut, f->nor.erase[i].opcode);
		put_sequence(fs, SLOT_ERASE + i, lut);
	}
	return run_queue(fs);
}

/* The stream */

static void put_unit(struct buf *b, uint32_t first, uint32_t second)
{
	uint8_t unit[UNIT];

	put_le32(unit, first);
	put_le32(unit + 4, second);
	buf_append(b, unit, sizeof(unit));
}

static void build_bytes(struct run *r)
{
	const struct flexspi_nor *f = nor_of(r);

	for (size_t i = 0; i < r->stream.operation_count; i++) {
		const struct nor_operation *op = &r->stream.operations[i];

		if (op->unit != NULL) {
			unsigned index = (unsigned)(op->unit - f->nor.erase);

			put_unit(&r->bytes, (SLOT_ERASE + index) << 16, op->offset);
			r->stall_ms = MAX(r->stall_ms, op->unit->max_us / 1000 + 1000);
		} else {
			put_unit(&r->bytes, SLOT_PROGRAM << 16 | (uint32_t)op->bytes, op->offset);
			buf_append(&r->bytes, op->data, op->bytes);
		}
	}
	put_unit(&r->bytes, STREAM_END, 0);
}

/* The loader waits for the flash after it took a header: an operation is over when more than the header
 * behind it is taken. */
static void note_taken(void *ctx, size_t taken)
{
	struct run *r = ctx;
	size_t before = r->done;

	while (r->done < r->stream.operation_count &&
	       r->stream.operations[r->done].end + UNIT < taken)
		r->done++;
	r->began = taken > 0;
	if (r->done != before)
		nor_stream_progress(&r->stream, r->done);
}

/* Loader */

static enum err place_loader(struct run *r, const struct work_area *area, const struct ring_feed *feed)
{
	struct target *t = r->stream.bank->target;
	uint8_t code[sizeof(flexspi_nor_loader) + PARAM_BYTES], back[sizeof(code)];
	uint8_t *p = code + sizeof(flexspi_nor_loader);

	memcpy(code, flexspi_nor_loader, sizeof(flexspi_nor_loader));
	put_le32(p, nor_of(r)->fs.facts->regs);
	put_le32(p + 4, SLOT_WRITE_ENABLE << 16);
	put_le32(p + 8, SLOT_STATUS << 16 | 1);
	put_le32(p + 12, CHUNK_WATERMARK | 1);
	put_le32(p + 16, CHUNK_WATERMARK | 1);
	put_le32(p + 20, 1);
	TRY(target_write(t, area->addr, 4, sizeof(code) / 4, code));
	TRY(target_read(t, area->addr, 4, sizeof(code) / 4, back));
	if (memcmp(code, back, sizeof(code)) != 0)
		return error_why(ERR_NO_WORK_AREA, "the work area at 0x%08x does not keep what is written",
				 area->addr);
	return ring_feed_init(t, feed);
}

/* Asks the loader to end between two commands. */
static void stop_gently(struct run *r, struct algorithm *a, const struct ring_feed *feed)
{
	uint64_t deadline = clock_now_ms() + r->stall_ms;
	struct target *t = r->stream.bank->target;
	bool running = true;
	struct error saved;

	error_take(&saved);
	if (target_write_u32(t, feed->base, 0) == OK)
		while (running && clock_now_ms() < deadline)
			if (algorithm_poll(t, a, &running) != OK)
				break;
	error_clear();
	error_put(&saved);
}

static enum err wait_end(struct run *r, struct algorithm *a)
{
	uint64_t deadline = clock_now_ms() + r->stall_ms;
	struct target *t = r->stream.bank->target;
	bool running = true;

	for (;;) {
		TRY(algorithm_poll(t, a, &running));
		if (!running)
			return OK;
		if (clock_now_ms() >= deadline)
			return error_next(error_why(ERR_FLASH_BUSY, "the flash was still busy after %u ms",
						    r->stall_ms),
					  "power-cycle the board and try again");
		loop_service(t->list->loop);
	}
}

static enum err judge(struct run *r, const struct algorithm *a)
{
	if (a->result[0] == 0) {
		r->done = r->stream.operation_count;
		nor_stream_progress(&r->stream, r->done);
		return OK;
	}
	if (a->result[0] == 1)
		return error_why(ERR_CANCELLED, "interrupted");
	error_why(ERR_FLASH_OPERATION, "the FlexSPI refused a command at 0x%08x: %s",
		  r->stream.bank->base + a->result[3],
		  flexspi_error_words(bits_get(a->result[2], 27, 24), false));
	return error_evidence(ERR_FLASH_OPERATION, "INTR = 0x%08x, STS1 = 0x%08x", a->result[1],
			      a->result[2]);
}

static enum err run_loader(struct run *r, const struct work_area *area)
{
	uint32_t head = (uint32_t)sizeof(flexspi_nor_loader) + PARAM_BYTES;
	struct target *t = r->stream.bank->target;
	struct ring_feed feed = {
		.base = area->addr + head,
		.size = (area->size - head - 8) / UNIT * UNIT,
		.unit = UNIT,
		.data = r->bytes.data,
		.bytes = r->bytes.len,
		.progress = note_taken,
		.ctx = r,
	};
	struct algorithm a = {
		.entry = area->addr + FLEXSPI_NOR_LOADER_ENTRY,
		.exit_pc = area->addr + FLEXSPI_NOR_LOADER_EXIT,
		.r = { feed.base - PARAM_BYTES, feed.base + 8 + feed.size },
		.timeout_ms = r->stall_ms,
	};
	enum err rc;

	TRY(place_loader(r, area, &feed));
	TRY(algorithm_start(t, &a));
	rc = algorithm_feed(t, &a, &feed);
	if (rc == OK)
		rc = wait_end(r, &a);
	else if (rc == ERR_CANCELLED)
		stop_gently(r, &a, &feed);
	rc = error_first(rc, algorithm_finish(t, &a));
	return rc == OK ? judge(r, &a) : rc;
}

/* The slow path */

static enum err run_directly(struct run *r)
{
	struct flexspi_nor *f = nor_of(r);

	for (size_t i = 0; i < r->stream.operation_count; i++) {
		const struct nor_operation *op = &r->stream.operations[i];

		r->began = true;
		if (op->unit != NULL)
			TRY(serial_nor_erase(&f->fs, &f->nor, op->offset, op->unit));
		else
			TRY(serial_nor_program(&f->fs, &f->nor, op->offset, op->data, op->bytes));
		/* A boot ROM may have set the controller up again, and then commands still seem to
		 * work. */
		if (flexspi_was_reset(&f->fs))
			return flexspi_close(&f->fs);
		r->done = i + 1;
		r->began = false;
		nor_stream_progress(&r->stream, r->done);
		TRY(operation_step(r->stream.bank));
	}
	return OK;
}

static enum err no_loader(struct run *r, const char *why)
{
	error_clear();
	log_warning("flash bank %s: %s: writing without a loader, which is slower", r->stream.bank->name,
		    why);
	return run_directly(r);
}

static enum err run_operations(struct run *r)
{
	struct target *t = r->stream.bank->target;
	uint32_t head = (uint32_t)sizeof(flexspi_nor_loader) + PARAM_BYTES + 8;
	uint32_t want = MIN(work_area_available(t), head + RING_MAX);
	struct work_area *area;
	enum err rc;

	if (nor_of(r)->nor.is_hyperflash)
		return run_directly(r);
	if (want < head + RING_MIN || work_area_alloc(t, want & ~7u, &area) != OK)
		return no_loader(r, "no work area of 3 KiB (set -work-area-phys and -work-area-size)");
	rc = place_sequences(nor_of(r));
	if (rc == OK)
		rc = run_loader(r, area);
	rc = error_first(rc, (work_area_free(t, area), OK));
	/* RAM that the program's FlexRAM setting took away. */
	if ((rc == ERR_NO_WORK_AREA || rc == ERR_BUS || rc == ERR_DAP_FAULT) && r->done == 0 && !r->began)
		return no_loader(r, "there is no RAM at the work area's address now");
	return rc;
}

/* Before and after */

static enum err check_protection(struct flash_bank *bank, const struct flash_step *steps, size_t count)
{
	const struct flexspi_nor *f = bank->priv;
	const struct nor_status *st = &f->status;

	for (size_t i = 0; i < count; i++) {
		const struct flash_sector *s = &bank->sectors[steps[i].sector];

		if (!st->needs_block_unlock &&
		    (s->offset + s->size <= st->protected_first ||
		     s->offset >= st->protected_first + st->protected_bytes))
			continue;
		if (st->needs_block_unlock)
			error_why(ERR_PROTECTED, "each block of the flash is locked by itself (WPS)");
		else
			error_why(ERR_PROTECTED, "sector %u is write-protected (block protection covers "
				  "0x%08x..0x%08x)", steps[i].sector, bank->base + st->protected_first,
				  bank->base + st->protected_first + st->protected_bytes - 1);
		error_evidence(ERR_PROTECTED, "status registers 0x%02x 0x%02x 0x%02x", st->sr[0], st->sr[1],
			       st->sr[2]);
		return error_next(ERR_PROTECTED, "run \"flexspi unprotect %u\", or write with \"unlock\"",
				  bank->number);
	}
	return OK;
}

static enum err erase_chip(struct run *r)
{
	struct flexspi_nor *f = nor_of(r);

	if (!r->stream.erase_chip)
		return OK;
	r->began = true;
	log_info("erasing the whole flash: some %u s", f->nor.chip_typical_us / 1000000 + 1);
	if (f->nor.is_hyperflash) {
		TRY(hyper_erase_chip(&f->fs));
	} else {
		TRY(nor_write_enable(&f->fs, &f->nor));
		TRY(nor_send(&f->fs, "chip erase", f->nor.chip_erase));
	}
	TRY(serial_nor_wait(&f->fs, &f->nor, f->nor.chip_max_us / 1000));
	r->began = false;
	r->stream.chip_is_erased = true;
	nor_stream_progress(&r->stream, 0);
	return OK;
}

/* Did this run erase the place? */
static bool is_erased_by(const struct nor_stream *s, uint32_t offset)
{
	for (size_t i = 0; i < s->operation_count; i++) {
		const struct nor_operation *op = &s->operations[i];

		if (op->unit != NULL && offset - op->offset < op->unit->bytes)
			return true;
	}
	return s->erase_chip;
}

static enum err not_taken(struct run *r, uint32_t offset, uint8_t now, uint8_t want)
{
	struct flexspi_nor *f = nor_of(r);

	if ((want & ~now) && !is_erased_by(&r->stream, offset)) {
		error_why(ERR_VERIFY, "the flash was not erased at 0x%08x: it holds 0x%02x now, should "
			  "be 0x%02x, and programming only turns ones into zeros",
			  r->stream.bank->base + offset, now, want);
		return error_next(ERR_VERIFY, "use \"flash write_image erase FILE\"");
	}
	TRY(serial_nor_read_status(&f->fs, &f->nor, &f->status));
	error_why(ERR_VERIFY, "the flash did not take what was written: 0x%08x holds 0x%02x, should be "
		  "0x%02x", r->stream.bank->base + offset, now, want);
	error_evidence(ERR_VERIFY, "status registers 0x%02x 0x%02x 0x%02x", f->status.sr[0],
		       f->status.sr[1], f->status.sr[2]);
	return error_next(ERR_VERIFY, "run \"flexspi doctor %u\"; if it finds nothing, the supply is "
			  "weak or the flash worn out", r->stream.bank->number);
}

/* A flash ignores what it does not want to do without a sign: look at one place of the operation. */
static enum err sample(struct run *r, const struct nor_operation *op)
{
	struct flexspi_nor *f = nor_of(r);
	uint8_t now[SAMPLE_BYTES];
	size_t n = op->unit != NULL ? SAMPLE_BYTES : MIN(op->bytes, (size_t)SAMPLE_BYTES);

	TRY(serial_nor_read(&f->fs, &f->nor, op->offset, now, n));
	for (size_t i = 0; i < n; i++) {
		uint8_t want = op->unit != NULL ? 0xff : op->data[i];

		if (now[i] != want)
			return not_taken(r, op->offset + (uint32_t)i, now[i], want);
	}
	return OK;
}

static enum err sample_ends(struct run *r)
{
	const struct nor_operation *first = NULL, *last = NULL;
	const struct nor_stream *s = &r->stream;

	for (size_t i = 0; i < s->operation_count; i++) {
		if (s->operations[i].unit != NULL)
			continue;
		first = first != NULL ? first : &s->operations[i];
		last = &s->operations[i];
	}
	if (first == NULL && s->operation_count > 0)
		first = last = &s->operations[s->operation_count - 1];
	if (first == NULL)
		return OK;
	TRY(sample(r, first));
	return last != first ? sample(r, last) : OK;
}

static enum err run_prepared(struct run *r)
{
	TRY(flexspi_nor_speed_up(r->stream.bank));
	TRY(erase_chip(r));
	TRY(run_operations(r));
	return sample_ends(r);
}

enum err flexspi_nor_run(struct flash_bank *bank, struct flash_step *steps, size_t count)
{
	struct run r = { .stall_ms = STALL_MS };
	struct flexspi_nor *f = bank->priv;
	enum err rc;

	TRY(serial_nor_end_suspend(&f->fs, &f->nor, &f->status));
	TRY(flexspi_nor_check_boot(bank, steps, count));
	TRY(check_protection(bank, steps, count));
	nor_stream_build(&r.stream, bank, steps, count);
	build_bytes(&r);
	rc = run_prepared(&r);
	nor_stream_set_states(&r.stream, r.done, r.began);
	nor_stream_free(&r.stream);
	buf_free(&r.bytes);
	return rc;
}
