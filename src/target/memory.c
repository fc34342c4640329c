/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory access as users see it: original instructions where software breakpoints stand. */
#include <stdlib.h>
#include <string.h>

#include "target/target_priv.h"

#define SPAN_RUN_BYTES 16u	/* more than one line of BD registers */

static enum err check(struct target *t)
{
	if (t->ap != NULL && (t->examined || t->type == &mem_ap_type))
		return OK;
	return target_check_examined(t);
}

static void seen(struct target *t, uint32_t addr, uint8_t *data, size_t n)
{
	if (t->type->memory_seen != NULL)
		t->type->memory_seen(t, addr, data, n);
	breakpoint_hide(t, addr, data, n);
}

/* Under a software breakpoint the new bytes go into its copy and BKPT stays in memory. */
static const uint8_t *before_write(struct target *t, uint32_t addr, const uint8_t *src, size_t n,
				   uint8_t **copy)
{
	*copy = NULL;
	t->memory_epoch++;
	debug_word_before_write(t, addr, src, n);
	if (!breakpoint_overlaps(t, addr, n))
		return src;
	*copy = xcalloc(1, n);
	memcpy(*copy, src, n);
	breakpoint_write_under(t, addr, *copy, n);
	return *copy;
}

/* The core must see what was written, also what it fetches there. */
static enum err after_write(struct target *t, uint32_t addr, size_t n)
{
	if (t->state != TARGET_HALTED || t->type->code_written == NULL)
		return OK;
	return t->type->code_written(t, addr, n);
}

enum err target_read(struct target *t, uint32_t addr, unsigned size, size_t count, uint8_t *dst)
{
	TRY(check(t));
	TRY(mem_ap_read(t->ap, addr, size, count, dst, NULL));
	seen(t, addr, dst, size * count);
	return OK;
}

enum err target_write(struct target *t, uint32_t addr, unsigned size, size_t count,
		      const uint8_t *src)
{
	uint8_t *copy;

	TRY(check(t));
	src = before_write(t, addr, src, size * count, &copy);
	enum err rc = mem_ap_write(t->ap, addr, size, count, src, NULL);

	free(copy);
	return rc == OK ? after_write(t, addr, size * count) : rc;
}

/* Single accesses of natural size stay what they are: peripherals care. */
static enum err read_part(struct target *t, uint32_t addr, unsigned size, size_t n, uint8_t *dst,
			  size_t *done)
{
	size_t units = 0;
	enum err rc = mem_ap_read(t->ap, addr, size, n / size, dst, &units);

	*done += units * size;
	return rc;
}

static enum err read_ragged(struct target *t, uint32_t addr, uint8_t *dst, size_t n, size_t *done)
{
	size_t at = 0;

	if (n == 1 || ((n == 2 || n == 4) && addr % n == 0))
		return read_part(t, addr, (unsigned)n, n, dst, done);
	while (at < n && (addr + at) % 4 != 0) {
		unsigned size = (addr + at) % 2 == 0 && n - at >= 2 ? 2 : 1;

		TRY(read_part(t, addr + (uint32_t)at, size, size, dst + at, done));
		at += size;
	}
	if (n - at >= 4) {
		size_t words = (n - at) & ~(size_t)3;

		TRY(read_part(t, addr + (uint32_t)at, 4, words, dst + at, done));
		at += words;
	}
	while (at < n) {
		unsigned size = n - at >= 2 ? 2 : 1;

		TRY(read_part(t, addr + (uint32_t)at, size, size, dst + at, done));
		at += size;
	}
	return OK;
}

enum err target_read_bytes(struct target *t, uint32_t addr, uint8_t *dst, size_t n, size_t *done)
{
	size_t got = 0;

	if (done != NULL)
		*done = 0;
	if (n == 0)
		return OK;
	TRY(check(t));
	enum err rc = read_ragged(t, addr, dst, n, &got);

	seen(t, addr, dst, got);
	if (done != NULL)
		*done = got;
	return rc;
}

/* Short ones share TAR or the BD registers with their neighbours, long ones are a run. */
static void queue_span(struct target *t, const struct read_span *span, uint32_t *words)
{
	if (span->bytes > SPAN_RUN_BYTES) {
		mem_ap_queue_read_words(t->ap, span->addr, words, span->bytes / 4);
		return;
	}
	for (uint32_t at = 0; at < span->bytes; at += 4)
		mem_ap_queue_read32(t->ap, span->addr + at, words++);
}

enum err target_read_spans(struct target *t, const struct read_span *spans, size_t count)
{
	uint32_t *words, *word;
	size_t total = 0;

	TRY(check(t));
	for (size_t i = 0; i < count; i++)
		total += spans[i].bytes / 4;
	word = words = xcalloc(total, sizeof(*words));
	for (size_t i = 0; i < count; i++) {
		queue_span(t, &spans[i], word);
		word += spans[i].bytes / 4;
	}
	enum err rc = mem_ap_run(t->ap);

	word = words;
	for (size_t i = 0; rc == OK && i < count; i++) {
		for (uint32_t at = 0; at < spans[i].bytes; at += 4)
			put_le32(spans[i].dst + at, *word++);
		seen(t, spans[i].addr, spans[i].dst, spans[i].bytes);
	}
	free(words);
	return rc;
}

bool ahead_queue(struct target *t)
{
	if (t->ahead == NULL)
		return false;
	t->ahead->is_read = false;
	mem_ap_queue_read_words(t->ap, t->ahead->addr, t->ahead->words, AHEAD_BYTES / 4);
	return true;
}

void ahead_done(struct target *t)
{
	struct read_ahead *a = t->ahead;

	for (size_t i = 0; i < ARRAY_SIZE(a->words); i++)
		put_le32(a->data + 4 * i, a->words[i]);
	seen(t, a->addr, a->data, sizeof(a->data));
	a->epoch = target_shared_epoch(t);
	a->is_read = true;
}

static enum err write_ragged(struct target *t, uint32_t addr, const uint8_t *src, size_t n)
{
	size_t at = 0;

	while (at < n && (addr + at) % 4 != 0) {
		unsigned size = (addr + at) % 2 == 0 && n - at >= 2 ? 2 : 1;

		TRY(mem_ap_write(t->ap, addr + (uint32_t)at, size, 1, src + at, NULL));
		at += size;
	}
	if (n - at >= 4) {
		size_t words = (n - at) / 4;

		TRY(mem_ap_write(t->ap, addr + (uint32_t)at, 4, words, src + at, NULL));
		at += words * 4;
	}
	while (at < n) {
		unsigned size = n - at >= 2 ? 2 : 1;

		TRY(mem_ap_write(t->ap, addr + (uint32_t)at, size, 1, src + at, NULL));
		at += size;
	}
	return OK;
}

enum err target_write_bytes(struct target *t, uint32_t addr, const uint8_t *src, size_t n)
{
	uint8_t *copy;

	if (n == 0)
		return OK;
	TRY(check(t));
	src = before_write(t, addr, src, n, &copy);
	enum err rc = write_ragged(t, addr, src, n);

	free(copy);
	return rc == OK ? after_write(t, addr, n) : rc;
}

enum err target_read_u32(struct target *t, uint32_t addr, uint32_t *value)
{
	uint8_t bytes[4];

	TRY(target_read(t, addr, 4, 1, bytes));
	*value = get_le32(bytes);
	return OK;
}

enum err target_write_u32(struct target *t, uint32_t addr, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	return target_write(t, addr, 4, 1, bytes);
}

enum err target_read_u16(struct target *t, uint32_t addr, uint16_t *value)
{
	uint8_t bytes[2];

	TRY(target_read(t, addr, 2, 1, bytes));
	*value = get_le16(bytes);
	return OK;
}

enum err target_write_u16(struct target *t, uint32_t addr, uint16_t value)
{
	uint8_t bytes[2];

	put_le16(bytes, value);
	return target_write(t, addr, 2, 1, bytes);
}

enum err target_read_u8(struct target *t, uint32_t addr, uint8_t *value)
{
	return target_read(t, addr, 1, 1, value);
}

enum err target_write_u8(struct target *t, uint32_t addr, uint8_t value)
{
	return target_write(t, addr, 1, 1, &value);
}
