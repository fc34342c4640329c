/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where is the control block? A pass reads the ranges piece by piece, with the bytes that an id may
 * straddle carried over, and looks at each id it meets. A block proven alive wins over one of which
 * nothing is known; the first of equals wins, but the symbol's address before all. A pass without a
 * result is followed by the next: programs come to their first output when they like.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "trace/rtt.h"

#define PIECE_BYTES 4096u
#define VTOR	    0xe000ed08u
#define CPUID	    0xe000ed00u
#define CCR	    0xe000ed14u
#define DTCMCR	    0xe000ef94u		/* Cortex-M7, DDI 0489F 3.3.11 */
#define   CCR_DC    BIT(16)

/*
 * Without `rtt setup`: the SRAM region from its start, what STM32 have in the code region (SRAM2, CCM),
 * the OCRAM of i.MX RT, the AXI SRAM of STM32H7. Each ends where the bus refuses.
 */
static const struct rtt_range usual[] = {
	{ 0x20000000, 1u << 20, true }, { 0x10000000, 64u << 10, true },
	{ 0x20200000, 1u << 20, true }, { 0x24000000, 1u << 20, true },
};

void rtt_default_ranges(struct rtt *r)
{
	const struct target *t = r->target;
	bool is_covered = t->work_area_size == 0;

	r->range_count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		r->ranges[r->range_count++] = usual[i];
		is_covered |= t->work_area >= usual[i].addr &&
			      t->work_area - usual[i].addr < usual[i].size;
	}
	if (!is_covered)
		r->ranges[r->range_count++] =
			(struct rtt_range){ t->work_area & ~3u, t->work_area_size, false };
}

enum err rtt_read_block(struct rtt *r, uint32_t addr, uint8_t **bytes, size_t *n)
{
	uint8_t header[RTT_HEADER_BYTES];

	*bytes = NULL;
	*n = 0;
	TRY(target_read(r->target, addr, 4, RTT_HEADER_BYTES / 4, header));
	size_t need = rtt_block_bytes(header);

	if (need == 0 || rtt_find_id(header, RTT_ID_BYTES, addr, 0, r->id) != 0)
		return OK;
	*bytes = xcalloc(1, need);
	enum err rc = target_read(r->target, addr, 4, need / 4, *bytes);

	if (rc == OK) {
		*n = need;
		return OK;
	}
	free(*bytes);
	*bytes = NULL;
	return rc;
}

static enum rtt_life judge(struct rtt *r, uint32_t addr, const uint8_t *bytes, size_t n)
{
	enum rtt_life life = rtt_judge(&r->stale, addr, bytes, n);

	if (r->core_is_fresh) {
		rtt_remember(&r->stale, addr, bytes, n, false);
		return RTT_STALE;
	}
	if (life == RTT_UNKNOWN && r->knows_past)
		return RTT_ALIVE;
	if (life != RTT_UNKNOWN || !(r->is_found || r->pass.has_best))
		return life;
	/* Beside another one. It was not there a while ago, or the program has changed: the new program's.
	 * Else only if it moves. */
	if (r->is_found && (r->passes > 0 || rtt_is_suspect(r)))
		return RTT_ALIVE;
	rtt_remember(&r->stale, addr, bytes, n, true);
	return r->has_symbol && addr == r->symbol ? RTT_UNKNOWN : RTT_STALE;
}

/* A hit in the middle of a pass. */
static void consider(struct rtt *r, uint32_t addr)
{
	struct rtt_block block = { 0 };
	const char *why = NULL;
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum rtt_life life;

	if (r->is_found && addr == r->block.addr)
		return;
	if (rtt_read_block(r, addr, &bytes, &n) != OK)
		error_clear();		/* it ends where RAM ends: no block */
	if (n == 0 || !rtt_block_parse(&block, addr, bytes, n, &why)) {
		log_debug("rtt: the id at 0x%08" PRIx32 " is no control block: %s", addr,
			  why != NULL ? why : "the counts of channels make no sense");
		free(bytes);
		return;
	}
	rtt_block_free(&block);
	life = judge(r, addr, bytes, n);
	log_debug("rtt: control block at 0x%08" PRIx32 ": %s", addr,
		  life == RTT_STALE   ? "left behind by another program"
		  : life == RTT_ALIVE ? "alive"
				      : "new");
	free(bytes);
	if (life == RTT_STALE)
		return;
	if (!r->pass.has_best || life > r->pass.best_life ||
	    (life == r->pass.best_life && r->has_symbol && addr == r->symbol)) {
		r->pass.has_best = true;
		r->pass.best = addr;
		r->pass.best_life = life;
	}
}

static void look_for_ids(struct rtt *r, uint32_t addr, const uint8_t *data, size_t n)
{
	struct rtt_pass *pass = &r->pass;
	size_t total = pass->carry_count + n, kept;
	uint8_t *all = xcalloc(1, total);
	uint32_t start = addr - (uint32_t)pass->carry_count;

	memcpy(all, pass->carry, pass->carry_count);
	memcpy(all + pass->carry_count, data, n);
	for (size_t at = rtt_find_id(all, total, start, 0, r->id); at < total;
	     at = rtt_find_id(all, total, start, at + 4, r->id))
		consider(r, start + (uint32_t)at);
	kept = MIN(total, strlen(r->id) - 1);
	memcpy(pass->carry, all + total - kept, kept);
	pass->carry_count = kept;
	free(all);
}

static void next_range(struct rtt_pass *pass)
{
	pass->range++;
	pass->offset = 0;
	pass->carry_count = 0;
}

static enum err read_piece(struct rtt *r, struct rtt_range *range, uint32_t n)
{
	struct rtt_pass *pass = &r->pass;
	uint32_t addr = range->addr + pass->offset;
	uint8_t *data = xcalloc(1, n);
	size_t got = 0;
	enum err rc = target_read_bytes(r->target, addr, data, n, &got);

	look_for_ids(r, addr, data, got);
	free(data);
	pass->offset += n;
	if (rc == ERR_BUS) {
		/* The next pass need not try this again. */
		error_clear();
		if (range->is_probed)
			range->size = (addr - range->addr) + (uint32_t)got;
		next_range(pass);
		return OK;
	}
	return rc;
}

static enum err finish_pass(struct rtt *r)
{
	struct rtt_pass pass = r->pass;
	bool is_whole = pass.range >= r->range_count;
	uint8_t *bytes = NULL;
	size_t n = 0;

	r->pass = (struct rtt_pass){ 0 };
	r->passes += is_whole;
	r->knows_past |= is_whole && r->core_is_fresh;
	if (!pass.has_best)
		return OK;
	TRY(rtt_read_block(r, pass.best, &bytes, &n));
	if (n > 0)
		rtt_take_block(r, pass.best, bytes, n, true);
	r->passes = is_whole;	/* then the others have been met in this one */
	free(bytes);
	return OK;
}

enum err rtt_search_step(struct rtt *r, uint32_t bytes, bool *done)
{
	struct rtt_pass *pass = &r->pass;

	*done = false;
	if (!pass->is_running) {
		*pass = (struct rtt_pass){ .is_running = true };
		rtt_follow_symbols(r);
		if (r->has_symbol)
			consider(r, r->symbol);
	}
	while (pass->range < r->range_count && bytes > 0) {
		struct rtt_range *range = &r->ranges[pass->range];
		uint32_t n = MIN(MIN(bytes, PIECE_BYTES), range->size - MIN(range->size, pass->offset));

		if (n == 0) {
			next_range(pass);
			continue;
		}
		TRY(read_piece(r, range, n));
		bytes -= n;
	}
	if (pass->range < r->range_count && r->ranges[pass->range].size <= pass->offset)
		next_range(pass);
	*done = pass->range >= r->range_count;
	/* Nobody waits for the end: of what is alive no second one is expected, and what is in the same
	 * region has been compared. */
	if (*done || (pass->has_best && (pass->best_life == RTT_ALIVE || pass->offset == 0)))
		return finish_pass(r);
	return OK;
}

static enum err look_at_symbol(struct rtt *r)
{
	struct rtt_block block;
	const char *why;
	uint8_t *bytes;
	size_t n;

	TRY(rtt_read_block(r, r->symbol, &bytes, &n));
	if (n > 0 && rtt_block_parse(&block, r->symbol, bytes, n, &why)) {
		rtt_block_free(&block);
		if (rtt_judge(&r->stale, r->symbol, bytes, n) != RTT_STALE)
			rtt_take_block(r, r->symbol, bytes, n, true);
	}
	free(bytes);
	return OK;
}

/* Where blocks were before: a reset brings the same one back, most of the time. */
enum err rtt_look_at_known(struct rtt *r)
{
	uint32_t best = 0;
	bool is_alive = false;

	rtt_follow_symbols(r);
	if (r->has_symbol && !r->is_found && !r->core_is_fresh) {
		TRY(look_at_symbol(r));
		if (r->is_found)
			return OK;
	}
	for (struct rtt_stale *s = r->stale, *next; s != NULL && !is_alive; s = next) {
		struct rtt_block block;
		const char *why;
		uint8_t *bytes;
		size_t n;

		next = s->next;
		best = s->addr;
		TRY(rtt_read_block(r, best, &bytes, &n));
		if (n == 0) {
			/* Wiped: whatever comes to stand here again is new. It stays on the list, so that
			 * its place is looked at first. */
			memset(s->bytes, 0, s->n);
		} else if (!r->core_is_fresh && rtt_block_parse(&block, best, bytes, n, &why)) {
			rtt_block_free(&block);
			is_alive = rtt_judge(&r->stale, best, bytes, n) == RTT_ALIVE;
			if (is_alive)
				rtt_take_block(r, best, bytes, n, true);
		}
		free(bytes);
	}
	return OK;
}

/*
 * A block of the past is marked as read where it is not: then the program's start, which sets RdOff to 0,
 * shows. Without that the same first lines of the same program would look like those of the last run.
 */
static void mark_read(struct rtt *r, struct rtt_stale *s)
{
	struct rtt_block block;
	const char *why;

	if (!rtt_block_parse(&block, s->addr, s->bytes, s->n, &why))
		return;
	for (unsigned i = 0; i < block.up_count; i++) {
		uint32_t at = RTT_HEADER_BYTES + i * RTT_CHANNEL_BYTES + RTT_RD;
		const struct rtt_channel *c = &block.channels[i];

		if (c->size == 0 || c->rd == c->wr)
			continue;
		if (target_write_u32(r->target, s->addr + at, c->wr) != OK)
			error_clear();
		else
			put_le32(s->bytes + at, c->wr);
	}
	rtt_block_free(&block);
}

void rtt_mark_all_stale(struct rtt *r)
{
	for (struct rtt_stale *s = r->stale; s != NULL; s = s->next) {
		uint8_t *bytes = NULL;
		size_t n = 0;

		if (rtt_read_block(r, s->addr, &bytes, &n) != OK)
			error_clear();
		if (n > 0) {
			free(s->bytes);
			s->bytes = bytes;
			s->n = n;
			s->was_seen = false;
			mark_read(r, s);
		}
	}
}

/* M7: what the AP reads through the data cache is right only if the AP looks there. */
static void warn_of_cache(struct rtt *r)
{
	uint32_t cpuid = 0, ccr = 0, dtcmcr = 0, dtcm_end;
	bool is_outside;

	if (r->is_cache_told)
		return;
	mem_ap_queue_read32(r->target->ap, CPUID, &cpuid);
	mem_ap_queue_read32(r->target->ap, CCR, &ccr);
	if (mem_ap_run(r->target->ap) != OK || bits_get(cpuid, 15, 4) != 0xc27 || !(ccr & CCR_DC) ||
	    target_read_u32(r->target, DTCMCR, &dtcmcr) != OK) {
		error_clear();
		return;
	}
	dtcm_end = 0x20000000u;
	if (bits_get(dtcmcr, 6, 3) != 0)
		dtcm_end += 512u << bits_get(dtcmcr, 6, 3);
	is_outside = r->block.addr < 0x20000000 || r->block.addr >= dtcm_end;
	for (unsigned i = 0; i < r->block.up_count + r->block.down_count; i++) {
		const struct rtt_channel *c = &r->block.channels[i];

		is_outside |= c->size != 0 && (c->buffer < 0x20000000 || c->buffer >= dtcm_end);
	}
	if (!is_outside)
		return;
	r->is_cache_told = true;
	log_warning("rtt: the data cache is on and the control block or a buffer is outside of DTCM: "
		    "output may be late or garbled unless that memory is non-cacheable (MPU) or in DTCM");
}

void rtt_slots(struct rtt *r, unsigned ups, unsigned downs)
{
	if (ups > r->up_slots) {
		r->ups = xrealloc(r->ups, ups * sizeof(*r->ups));
		memset(r->ups + r->up_slots, 0, (ups - r->up_slots) * sizeof(*r->ups));
		r->up_slots = ups;
	}
	if (downs > r->down_slots) {
		r->downs = xrealloc(r->downs, downs * sizeof(*r->downs));
		memset(r->downs + r->down_slots, 0, (downs - r->down_slots) * sizeof(*r->downs));
		r->down_slots = downs;
	}
}

void rtt_take_block(struct rtt *r, uint32_t addr, const uint8_t *bytes, size_t n, bool is_told)
{
	struct rtt_block block;
	const char *why;

	if (!rtt_block_parse(&block, addr, bytes, n, &why))
		return;
	if (r->is_found)
		rtt_lose_block(r, true);
	r->block = block;
	r->is_found = true;
	r->suspect_until_ms = 0;
	r->is_failure_told = false;
	r->pass = (struct rtt_pass){ 0 };
	r->id_word = get_le32(bytes);
	rtt_forget(&r->stale, addr);
	rtt_slots(r, block.up_count, block.down_count);
	for (unsigned i = 0; i < block.up_count; i++) {
		struct rtt_up *up = &r->ups[i];

		up->rd = block.channels[i].rd;
		up->known = block.channels[i].size != 0 ? rtt_used(&block.channels[i]) : 0;
		up->is_moved = up->is_unreadable = false;
	}
	r->last_data_ms = clock_now_ms();
	r->next_full_ms = r->next_look_ms = 0;
	r->gap_ms = r->passes = 0;
	r->vtor = 0;
	if (target_read_u32(r->target, VTOR, &r->vtor) != OK)
		error_clear();
	if (is_told)
		log_info("rtt: Control block found at 0x%" PRIx32, addr);
	warn_of_cache(r);
}

void rtt_lose_block(struct rtt *r, bool as_stale)
{
	uint32_t addr = r->block.addr;
	size_t n = RTT_HEADER_BYTES + (size_t)(r->block.up_count + r->block.down_count) * RTT_CHANNEL_BYTES;
	uint8_t *bytes;

	if (!r->is_found)
		return;
	/* What we know of it; the bytes around the offsets come with the next look. */
	bytes = xcalloc(1, n);
	if (as_stale) {
		if (target_read(r->target, addr, 4, n / 4, bytes) != OK)
			error_clear();
	}
	rtt_remember(&r->stale, addr, bytes, n, false);
	free(bytes);
	rtt_block_free(&r->block);
	r->is_found = false;
	r->pass = (struct rtt_pass){ 0 };
}
