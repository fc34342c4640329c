/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block becomes pieces: runs of DRW accesses of one size that need no TAR in between. All pieces
 * of a call go out in one run. Data travels through `lanes`: one word per DRW access, each byte on
 * the lane of its address (IHI 0031 C2.2.6).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dap/guard.h"
#include "dap/mem_ap_priv.h"

struct piece {
	uint32_t addr;
	unsigned size;		/* of a bus access: 1, 2, 4 */
	unsigned step;		/* bytes per DRW access: `size`, or 4 if packed */
	size_t count;		/* DRW accesses */
	size_t lane;		/* first word in lanes */
	size_t offset;		/* first byte in the caller's buffer */
	size_t item;		/* in the port's queue */
};

struct block {
	struct mem_ap *ap;
	bool is_read, is_fifo;
	struct piece *pieces;
	size_t piece_count, piece_capacity;
	uint32_t *lanes;
	size_t lane_count, bytes;
	uint8_t *dst;
	const uint8_t *src;
	bool may_repeat;	/* as the port said after the last run */
};

static void add_piece(struct block *b, uint32_t addr, unsigned size, unsigned step, size_t count)
{
	if (count == 0)
		return;
	if (b->piece_count == b->piece_capacity) {
		b->piece_capacity = b->piece_capacity ? 2 * b->piece_capacity : 16;
		b->pieces = xrealloc(b->pieces, b->piece_capacity * sizeof(*b->pieces));
	}
	b->pieces[b->piece_count++] =
		(struct piece){ addr, size, step, count, b->lane_count, b->bytes, 0 };
	b->lane_count += count;
	b->bytes += count * step;
}

/* `count` DRW accesses, cut where TAR stops counting. */
static void add_run(struct block *b, uint32_t addr, unsigned size, unsigned step, size_t count)
{
	while (count > 0 && !b->is_fifo) {
		uint32_t room = b->ap->tar_wrap - (addr & (b->ap->tar_wrap - 1));
		size_t n = MIN(count, room / step);

		add_piece(b, addr, size, step, n);
		addr += (uint32_t)(n * step);
		count -= n;
	}
	if (b->is_fifo)
		add_piece(b, addr, size, step, count);
}

/* Bytes or halfwords; whole words of them packed, four bytes per DRW access, where the AP can. */
static void add_narrow(struct block *b, uint32_t addr, unsigned size, size_t count)
{
	size_t head, words;

	if (!b->ap->has_packed || b->is_fifo) {
		add_run(b, addr, size, size, count);
		return;
	}
	head = MIN(count, (size_t)((4 - (addr & 3)) & 3) / size);
	words = (count - head) * size / 4;
	/* Changing CSW twice must pay. */
	if (words < 2) {
		add_run(b, addr, size, size, count);
		return;
	}
	add_run(b, addr, size, size, head);
	addr += (uint32_t)head * size;
	add_run(b, addr, size, 4, words);
	add_run(b, addr + (uint32_t)words * 4, size, size, count - head - words * 4 / size);
}

static void add_any(struct block *b, uint32_t addr, size_t n)
{
	size_t head = MIN(n, (size_t)((4 - (addr & 3)) & 3));
	size_t words = (n - head) / 4, tail = (n - head) % 4;

	add_run(b, addr, 1, 1, head);
	addr += (uint32_t)head;
	add_run(b, addr, 4, 4, words);
	add_run(b, addr + (uint32_t)words * 4, 1, 1, tail);
}

static void lanes_from_bytes(struct block *b)
{
	const uint8_t *src = b->src;

	for (size_t p = 0; p < b->piece_count; p++) {
		const struct piece *piece = &b->pieces[p];
		uint32_t addr = piece->addr;

		for (size_t i = 0; i < piece->count; i++) {
			uint32_t word = 0;

			for (unsigned j = 0; j < piece->step; j++)
				word |= (uint32_t)*src++ << 8 * ((addr + j) & 3);
			b->lanes[piece->lane + i] = word;
			addr += b->is_fifo ? 0 : piece->step;
		}
	}
}

/* Hands out what was read, up to `bytes` of the caller's buffer. */
static void bytes_from_lanes(struct block *b, size_t bytes)
{
	for (size_t p = 0; p < b->piece_count && b->pieces[p].offset < bytes; p++) {
		const struct piece *piece = &b->pieces[p];
		uint32_t addr = piece->addr;
		uint8_t *dst = b->dst + piece->offset;

		for (size_t i = 0;
		     i < piece->count && piece->offset + (i + 1) * piece->step <= bytes; i++) {
			uint32_t word = b->lanes[piece->lane + i];

			for (unsigned j = 0; j < piece->step; j++)
				*dst++ = (uint8_t)(word >> 8 * ((addr + j) & 3));
			addr += b->is_fifo ? 0 : piece->step;
		}
	}
}

static uint32_t access_of(const struct block *b, const struct piece *piece)
{
	uint32_t size = piece->size == 1   ? CSW_SIZE_8
			: piece->size == 2 ? CSW_SIZE_16
					   : CSW_SIZE_32;

	if (b->is_fifo)
		return size | CSW_INC_OFF;
	return size | (piece->step > piece->size ? CSW_INC_PACKED : CSW_INC_SINGLE);
}

static void queue_pieces(struct block *b)
{
	struct mem_ap *ap = b->ap;
	struct dap *dap = ap->dap;

	for (size_t p = 0; p < b->piece_count; p++) {
		struct piece *piece = &b->pieces[p];

		mem_ap_set_csw(ap, access_of(b, piece));
		mem_ap_set_tar(ap, piece->addr);
		if (b->is_read)
			dap_read_ap_block(dap, ap->apsel, AP_DRW, b->lanes + piece->lane,
					  piece->count);
		else
			dap_write_ap_block(dap, ap->apsel, AP_DRW, b->lanes + piece->lane,
					   piece->count);
		piece->item = dap->port->item_count - 1;
		if (!b->is_fifo)
			mem_ap_moved(ap, piece->step, piece->count);
	}
}

/* The bus access at `offset` of the buffer, alone. */
static enum err access_alone(struct block *b, const struct piece *piece, size_t offset)
{
	struct mem_ap *ap = b->ap;
	uint32_t addr = piece->addr + (b->is_fifo ? 0 : (uint32_t)(offset - piece->offset)),
		 word = 0;

	mem_ap_refresh(ap);
	mem_ap_set_csw(ap,
		       access_of(b, &(struct piece){ .size = piece->size, .step = piece->size }));
	mem_ap_set_tar(ap, addr);
	for (unsigned j = 0; j < piece->size && !b->is_read; j++)
		word |= (uint32_t)b->src[offset + j] << 8 * ((addr + j) & 3);
	if (b->is_read)
		dap_read_ap(ap->dap, ap->apsel, AP_DRW, &word);
	else
		dap_write_ap(ap->dap, ap->apsel, AP_DRW, word);
	mem_ap_invalidate(ap);
	TRY(dap_run(ap->dap));
	for (unsigned j = 0; j < piece->size && b->is_read; j++)
		b->dst[offset + j] = (uint8_t)(word >> 8 * ((addr + j) & 3));
	return OK;
}

static const struct piece *piece_at(const struct block *b, size_t offset)
{
	const struct piece *piece = &b->pieces[0];

	for (size_t p = 1; p < b->piece_count && b->pieces[p].offset <= offset; p++)
		piece = &b->pieces[p];
	return piece;
}

/*
 * Where a failed block stopped: the offset of the first byte not transferred for certain. On SWD
 * the port knows the DRW access. On JTAG only TAR tells, and some APs count on even when an access
 * failed, so the suspect is the access before.
 */
static size_t suspect(struct block *b)
{
	const struct dap_port *port = b->ap->dap->port;
	size_t offset = 0;

	if (port->transport == TRANSPORT_JTAG && !b->is_fifo) {
		uint32_t tar;

		dap_read_ap(b->ap->dap, b->ap->apsel, AP_TAR, &tar);
		if (dap_run(b->ap->dap) != OK) {
			error_clear();
			return 0;
		}
		for (size_t p = 0; p < b->piece_count; p++) {
			const struct piece *piece = &b->pieces[p];
			uint32_t done = tar - piece->addr;

			if (done <= piece->count * piece->step)
				offset = piece->offset +
					 (done >= piece->step ? done - piece->step : 0);
		}
		return offset;
	}
	for (size_t p = 0; p < b->piece_count; p++) {
		if (b->pieces[p].item > port->failed_at)
			break;
		offset = b->pieces[p].offset;
		if (b->pieces[p].item == port->failed_at)
			offset += port->failed_word * b->pieces[p].step;
		else
			offset += (b->pieces[p].count - 1) * b->pieces[p].step;
	}
	return offset;
}

static uint32_t address_at(const struct block *b, size_t offset)
{
	const struct piece *piece = piece_at(b, offset);

	return piece->addr + (b->is_fifo ? 0 : (uint32_t)(offset - piece->offset));
}

/* Repeats accesses one by one from the suspect on, until the bus refuses one again. */
static enum err pin_down(struct block *b, size_t *offset)
{
	const struct dap_port *port = b->ap->dap->port;
	unsigned tries = port->transport == TRANSPORT_JTAG ? 12 : 4;

	if (b->is_fifo)
		return ERR_DAP_FAULT;
	while (*offset < b->bytes && tries-- > 0) {
		const struct piece *piece = piece_at(b, *offset);
		enum err rc = access_alone(b, piece, *offset);

		if (rc != OK)
			return rc;
		*offset += piece->size;
	}
	return OK;
}

/* Returns ERR_DAP_FAULT as it came if the failure was not this block's: nothing fails when
 * repeated. */
static enum err block_failed(struct block *b, enum err rc, size_t *bytes)
{
	struct mem_ap *ap = b->ap;
	struct error error = *error_current();
	size_t offset = suspect(b);
	bool is_bus_error = rc == ERR_DAP_FAULT && (ap->dap->last_ctrl_stat & BIT(5));
	const struct piece *piece = piece_at(b, offset);
	bool is_exact = ap->dap->port->transport == TRANSPORT_SWD && piece->step == piece->size;

	if (b->is_read)
		bytes_from_lanes(b, offset);
	if (is_bus_error && !is_exact) {
		size_t start = offset;

		error_clear();
		if (pin_down(b, &offset) == OK) {
			*bytes = start;
			error_put(&error);
			return ERR_DAP_FAULT;
		}
	}
	*bytes = offset;
	error_put(&error);
	return mem_ap_failed(ap, rc, address_at(b, offset), b->is_read, piece_at(b, offset)->size);
}

/* One run. ERR_DAP_FAULT: a sticky flag of somebody else's access stood in the way. */
static enum err try_block(struct block *b, size_t *bytes)
{
	struct mem_ap *ap = b->ap;
	uint32_t addr;
	bool is_read;

	TRY(mem_ap_check_words(ap));
	mem_ap_flush(ap);		/* words queued before go first */
	queue_pieces(b);
	enum err rc = dap_run(ap->dap);

	if (rc == OK) {
		*bytes = b->bytes;
		return OK;
	}
	*bytes = 0;
	b->may_repeat = ap->dap->port->may_repeat;	/* the search for the place runs batches too */
	if (ap->dap->port->failed_at >= b->pieces[0].item)
		return block_failed(b, rc, bytes);
	if (mem_ap_failed_word(ap, &addr, &is_read))
		return mem_ap_failed(ap, rc, addr, is_read, 4);
	if (rc == ERR_DAP_FAULT)
		return rc;
	return mem_ap_failed(ap, rc, b->pieces[0].addr, b->is_read, b->pieces[0].size);
}

#define PLAIN_BYTES 64u	/* nobody writes registers in blocks of this size */

/* A probe that lost a packet did some of the block and not the rest: memory bears all of it again. */
static bool can_repeat(const struct block *b, bool had_words)
{
	return b->may_repeat && !b->is_fifo && !had_words && b->bytes >= PLAIN_BYTES;
}

static enum err run_block(struct block *b, size_t *bytes)
{
	bool had_words = b->ap->word_count > 0;
	size_t transferred = 0;
	enum err rc = OK;

	if (b->bytes > 0) {
		b->lanes = xcalloc(b->lane_count, sizeof(*b->lanes));
		if (!b->is_read)
			lanes_from_bytes(b);
		rc = try_block(b, &transferred);
		if (rc == ERR_DAP_FAULT && !b->is_fifo) {
			error_clear();
			mem_ap_refresh(b->ap);
			rc = try_block(b, &transferred);
		}
		if (rc != OK && can_repeat(b, had_words)) {
			log_warning("%s: repeating the block of %zu bytes",
				    error_current()->why, b->bytes);
			error_clear();
			mem_ap_refresh(b->ap);
			rc = try_block(b, &transferred);
		}
		if (rc == ERR_DAP_FAULT)
			rc = mem_ap_failed(b->ap, rc, address_at(b, transferred), b->is_read,
					   b->pieces[0].size);
		if (rc == OK && b->is_read)
			bytes_from_lanes(b, b->bytes);
		mem_ap_forget_words(b->ap);
	}
	if (bytes != NULL)
		*bytes = transferred;
	free(b->lanes);
	free(b->pieces);
	return rc;
}

/* What the AP can do must be known before narrow accesses are planned. */
static enum err prepare(struct mem_ap *ap, bool is_narrow)
{
	mem_ap_refresh(ap);
	if (!is_narrow)
		return OK;
	if (!ap->is_probed) {
		mem_ap_flush(ap);
		mem_ap_forget_words(ap);
		TRY(mem_ap_probe(ap));
	}
	if (!ap->has_byte) {
		error_why(ERR_UNSUPPORTED, "access port %u transfers whole words only", ap->apsel);
		return error_next(ERR_UNSUPPORTED, "use 32-bit accesses at word addresses");
	}
	return OK;
}

static enum err check(uint32_t addr, unsigned size, size_t count)
{
	if (size != 1 && size != 2 && size != 4)
		return error_why(ERR_ARGUMENT, "%u is no access size: 1, 2 or 4 bytes", size);
	if (addr % size != 0)
		return error_why(ERR_UNALIGNED, "0x%08" PRIx32 " is not a multiple of %u", addr,
				 size);
	if (count > 0 && (uint64_t)addr + (uint64_t)size * count > 0x100000000ull)
		return error_why(ERR_ARGUMENT, "%zu accesses of %u bytes from 0x%08" PRIx32
				 " go past the end of the address space", count, size, addr);
	return OK;
}

static enum err check_guard(const struct block *b, uint32_t addr, size_t n)
{
	return b->is_read ? OK : dap_guard_check(b->ap->dap, addr, n);
}

static enum err sized(struct block *b, uint32_t addr, unsigned size, size_t count, size_t *done)
{
	size_t bytes = 0;

	if (done != NULL)
		*done = 0;
	TRY(check(addr, size, b->is_fifo ? 1 : count));
	TRY(check_guard(b, addr, b->is_fifo ? size : size * count));
	TRY(prepare(b->ap, size < 4));
	if (size == 4)
		add_run(b, addr, 4, 4, count);
	else
		add_narrow(b, addr, size, count);
	enum err rc = run_block(b, &bytes);

	if (done != NULL)
		*done = bytes / size;
	return rc;
}

enum err mem_ap_read(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count, uint8_t *dst,
		     size_t *done)
{
	struct block b = { .ap = ap, .is_read = true, .dst = dst };

	return sized(&b, addr, size, count, done);
}

enum err mem_ap_write(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
		      const uint8_t *src, size_t *done)
{
	struct block b = { .ap = ap, .src = src };

	return sized(&b, addr, size, count, done);
}

enum err mem_ap_read_fifo(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
			  uint8_t *dst)
{
	struct block b = { .ap = ap, .is_read = true, .is_fifo = true, .dst = dst };

	return sized(&b, addr, size, count, NULL);
}

enum err mem_ap_write_fifo(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
			   const uint8_t *src)
{
	struct block b = { .ap = ap, .is_fifo = true, .src = src };

	return sized(&b, addr, size, count, NULL);
}

static enum err ragged(struct block *b, uint32_t addr, size_t n)
{
	TRY(check(addr, 1, n));
	TRY(check_guard(b, addr, n));
	TRY(prepare(b->ap, addr % 4 != 0 || n % 4 != 0));
	add_any(b, addr, n);
	return run_block(b, NULL);
}

enum err mem_ap_read_bytes(struct mem_ap *ap, uint32_t addr, uint8_t *dst, size_t n)
{
	struct block b = { .ap = ap, .is_read = true, .dst = dst };

	return ragged(&b, addr, n);
}

enum err mem_ap_write_bytes(struct mem_ap *ap, uint32_t addr, const uint8_t *src, size_t n)
{
	struct block b = { .ap = ap, .src = src };

	return ragged(&b, addr, n);
}
