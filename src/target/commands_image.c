/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_image, dump_image, verify_image and their kin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "image/image.h"
#include "target/target_priv.h"

#define CHUNK_BYTES 16384u
#define DIFFS_MAX   128u

struct image_job {
	struct target *t;
	struct image *image;
	uint32_t first, last;		/* the part asked for */
	bool is_moved;			/* an offset was given */
	size_t done;
	uint64_t start_ns;
	struct dap_port_stats before;
};

/* FILE ?OFFSET ?TYPE ?MIN ?LENGTH????  The target may be NULL: test_image. */
static enum err open_image(struct call *c, struct image_job *job)
{
	enum image_type type = IMAGE_AUTO;
	uint64_t offset = 0, length = 0;
	uint32_t min = 0;

	job->start_ns = clock_now_ns();
	if (c->argc > 2)
		TRY(arg_data(c, 2, &offset));
	if (offset > UINT32_MAX && offset < (uint64_t)-(int64_t)UINT32_MAX)
		return error_why(ERR_ARGUMENT, "the offset %s is beyond 32 bits", c->argv[2]);
	if (c->argc > 3 && !image_type_parse(c->argv[3], &type))
		return error_why(ERR_ARGUMENT,
				 "unknown image type \"%s\": use bin, ihex, elf or s19",
				 c->argv[3]);
	if (c->argc > 4)
		TRY(arg_u32(c, 4, &min));
	if (c->argc > 5)
		TRY(arg_u64(c, 5, &length));
	job->is_moved = offset != 0;
	job->first = min;
	job->last = length > 0 && length <= UINT32_MAX - min ? min + (uint32_t)length - 1 : UINT32_MAX;
	if (job->t != NULL)
		job->before = job->t->list->adapter->port.stats;
	return image_open(arg_path(c, 1), type, (uint32_t)offset, &job->image);
}

/* What is on the target now has the names of this file. */
static void note_symbols(const struct image_job *job)
{
	if (job->image->type == IMAGE_ELF && !job->is_moved)
		symbols_note_file(job->t->symbols, job->image->path);
}

static double seconds(const struct image_job *job)
{
	return (double)(clock_now_ns() - job->start_ns) / 1e9;
}

/* "downloaded 4096 bytes in 0.012000s (333.333 KiB/s)": the wording that scripts read. */
static void report(struct call *c, const struct image_job *job, const char *what)
{
	double s = seconds(job);
	const struct adapter *adapter;

	result_printf(c, "%s %zu bytes in %fs (%0.3f KiB/s)\n", what, job->done, s,
		      s > 0 ? (double)job->done / 1024.0 / s : 0.0);
	if (job->t == NULL || s <= 0)
		return;
	adapter = job->t->list->adapter;
	uint64_t bits = adapter->port.stats.wire_bits - job->before.wire_bits;
	uint64_t trips = adapter->port.stats.round_trips - job->before.round_trips;
	uint32_t khz = adapter->actual_khz != 0 ? adapter->actual_khz : adapter->speed_khz;
	double wire = khz > 0 ? (double)bits / (khz * 1000.0) : 0;

	log_info("%s: %.0f %% of the time the wire was busy (%u kHz), %llu round trips: held back "
		 "by %s",
		 what, khz > 0 ? MIN(100.0, 100.0 * wire / s) : 0.0, khz, (unsigned long long)trips,
		 wire > 0.5 * s ? "the wire" : "the probe's round trips");
}

/* The part of a section inside [first, last]; false if none. */
static bool clip(const struct image_job *job, const struct image_section *s, uint32_t *addr,
		 const uint8_t **data, size_t *bytes)
{
	uint64_t from = MAX(s->addr, job->first),
		 to = MIN((uint64_t)s->addr + s->bytes - 1, job->last);

	if (s->bytes == 0 || from > to)
		return false;
	*addr = (uint32_t)from;
	*data = s->data + (from - s->addr);
	*bytes = (size_t)(to - from + 1);
	return true;
}

static enum err check_cancel(struct target *t)
{
	if (!script_cancel_requested(t->list->script))
		return OK;
	return error_why(ERR_CANCELLED, "interrupted");
}

static enum err load_section(struct image_job *job, uint32_t addr, const uint8_t *data, size_t n)
{
	while (n > 0) {
		size_t k = MIN(n, CHUNK_BYTES);

		TRY(target_write_bytes(job->t, addr, data, k));
		addr += (uint32_t)k;
		data += k;
		n -= k;
		job->done += k;
		loop_service(job->t->list->loop);
		TRY(check_cancel(job->t));
	}
	return OK;
}

static enum err cmd_load_image(struct call *c)
{
	struct image_job job = { 0 };
	enum err rc = OK;

	TRY(call_target(c, &job.t));
	TRY(open_image(c, &job));
	for (size_t i = 0; rc == OK && i < job.image->count; i++) {
		const uint8_t *data;
		uint32_t addr;
		size_t n;

		if (!clip(&job, &job.image->sections[i], &addr, &data, &n))
			continue;
		rc = load_section(&job, addr, data, n);
		if (rc == OK)
			result_printf(c, "%zu bytes written at address 0x%08x\n", n, addr);
	}
	if (rc == OK)
		note_symbols(&job);
	image_close(job.image);
	if (rc == OK)
		report(c, &job, "downloaded");
	return rc;
}

static enum err dump(struct image_job *job, FILE *file, uint32_t addr, uint32_t n)
{
	uint8_t *chunk = xcalloc(1, CHUNK_BYTES);
	enum err rc = OK;

	while (n > 0 && rc == OK) {
		uint32_t k = MIN(n, CHUNK_BYTES);

		rc = target_read_bytes(job->t, addr, chunk, k, NULL);
		if (rc == OK && fwrite(chunk, 1, k, file) != k)
			rc = error_why(ERR_IO, "%s", strerror(errno));
		addr += k;
		n -= k;
		job->done += k;
		loop_service(job->t->list->loop);
		if (rc == OK)
			rc = check_cancel(job->t);
	}
	free(chunk);
	return rc;
}

static enum err cmd_dump_image(struct call *c)
{
	struct image_job job = { .start_ns = clock_now_ns() };
	uint32_t addr, n;

	TRY(call_target(c, &job.t));
	TRY(arg_u32(c, 2, &addr));
	TRY(arg_u32(c, 3, &n));
	job.before = job.t->list->adapter->port.stats;
	FILE *file = fopen(c->argv[1], "wb");

	if (file == NULL)
		return error_why(ERR_IO, "couldn't open %s: %s", c->argv[1], strerror(errno));
	enum err rc = dump(&job, file, addr, n);

	if (fclose(file) != 0 && rc == OK)
		rc = error_why(ERR_IO, "%s", strerror(errno));
	if (rc != OK)
		return error_what(rc, "%s not complete", c->argv[1]);
	report(c, &job, "dumped");
	return OK;
}

/* One line per byte that differs, DIFFS_MAX of them. */
static void list_differences(const uint8_t *is, const uint8_t *should, size_t n, uint32_t addr,
			     unsigned *count)
{
	for (size_t i = 0; i < n; i++) {
		if (is[i] == should[i])
			continue;
		if (*count == DIFFS_MAX)
			log_user("More than %u errors, the rest are not printed.", DIFFS_MAX);
		if ((*count)++ < DIFFS_MAX)
			log_user("diff %u address 0x%08x. Was 0x%02x instead of 0x%02x", *count - 1,
				 addr + (uint32_t)i, is[i], should[i]);
	}
}

static enum err compare_bytes(struct image_job *job, uint32_t addr, const uint8_t *data, size_t n,
			      unsigned *count)
{
	uint8_t *chunk = xcalloc(1, CHUNK_BYTES);
	enum err rc = OK;

	while (n > 0 && rc == OK && *count <= DIFFS_MAX) {
		size_t k = MIN(n, CHUNK_BYTES);

		rc = target_read_bytes(job->t, addr, chunk, k, NULL);
		if (rc == OK)
			list_differences(chunk, data, k, addr, count);
		addr += (uint32_t)k;
		data += k;
		n -= k;
		loop_service(job->t->list->loop);
		if (rc == OK)
			rc = check_cancel(job->t);
	}
	free(chunk);
	return rc;
}

enum verify_mode { VERIFY, VERIFY_CHECKSUM };

static enum err verify_section(struct image_job *job, uint32_t addr, const uint8_t *data, size_t n,
			       enum verify_mode mode, unsigned *differences)
{
	uint32_t is, should = target_crc32_bytes(data, n);

	TRY(target_crc32(job->t, addr, n, &is));
	job->done += n;
	if (is == should)
		return OK;
	if (mode == VERIFY_CHECKSUM)
		return error_why(ERR_VERIFY, "checksum mismatch at 0x%08x, %zu bytes", addr, n);
	log_error("checksum mismatch - attempting binary compare");
	return compare_bytes(job, addr, data, n, differences);
}

static enum err verify(struct call *c, enum verify_mode mode)
{
	struct image_job job = { 0 };
	unsigned differences = 0;
	enum err rc = OK;

	TRY(call_target(c, &job.t));
	TRY(open_image(c, &job));
	for (size_t i = 0; rc == OK && i < job.image->count; i++) {
		const uint8_t *data;
		uint32_t addr;
		size_t n;

		if (clip(&job, &job.image->sections[i], &addr, &data, &n))
			rc = verify_section(&job, addr, data, n, mode, &differences);
	}
	if (rc == OK && differences == 0)
		note_symbols(&job);
	image_close(job.image);
	TRY(rc);
	if (differences > 0)
		return error_why(ERR_VERIFY, "%u%s bytes differ from %s",
				 MIN(differences, DIFFS_MAX),
				 differences > DIFFS_MAX ? " or more" : "", c->argv[1]);
	report(c, &job, "verified");
	return OK;
}

static enum err cmd_verify_image(struct call *c)
{
	return verify(c, VERIFY);
}

static enum err cmd_verify_checksum(struct call *c)
{
	return verify(c, VERIFY_CHECKSUM);
}

static enum err cmd_test_image(struct call *c)
{
	struct image_job job = { 0 };

	TRY(open_image(c, &job));
	for (size_t i = 0; i < job.image->count; i++) {
		const struct image_section *s = &job.image->sections[i];

		result_printf(c, "address 0x%08x length 0x%08zx\n", s->addr, s->bytes);
		job.done += s->bytes;
	}
	image_close(job.image);
	report(c, &job, "verified");
	return OK;
}

const struct command image_commands[] = {
	{ "load_image", STAGE_EXEC, 1, 5, "file ?offset ?bin|ihex|elf|s19 ?min ?length????",
	  cmd_load_image, "Writes an image to RAM; offset is added to its addresses." },
	{ "fast_load_image", STAGE_EXEC, 1, 5, "file ?offset ?type ?min ?length????",
	  cmd_load_image, "Same as load_image." },
	{ "dump_image", STAGE_EXEC, 3, 3, "file address size", cmd_dump_image,
	  "Saves memory to a file." },
	{ "verify_image", STAGE_EXEC, 1, 3, "file ?offset ?type??", cmd_verify_image,
	  "Compares an image with memory: by checksum, then byte by byte." },
	{ "verify_image_checksum", STAGE_EXEC, 1, 3, "file ?offset ?type??", cmd_verify_checksum,
	  "Compares an image with memory by checksum only." },
	{ "test_image", STAGE_EXEC, 1, 3, "file ?offset ?type??", cmd_test_image,
	  "Shows what an image file holds." },
	{ 0 }
};
