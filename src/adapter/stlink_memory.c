/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory command says only that it failed, with an address that not every firmware gets right,
 * and the bytes read before the failure are not to be trusted. So a failed block is repeated in
 * parts until the one access is found that the bus refuses; this is the only cost of a failure. A
 * FIFO is not repeated.
 *
 * RW_MISC goes on after an item that failed. A write therefore only shares a batch with accesses
 * before it that are sure to be accepted: those of peripherals and of the private peripheral bus.
 */
#include <inttypes.h>
#include <string.h>

#include "adapter/stlink_run.h"
#include "base/clock.h"
#include "base/log.h"

#define AP_BD0		  0x10u
#define PROT_OF_DAP	  0xa20000u	/* CSW[31:8] as dap/ writes it by default */
#define PROT_OF_FIRMWARE  0x230000u
/* Shorter blocks are cheaper as single words of one RW_MISC than as command and status. */
#define MISC_READ_WORDS	  16u
#define MISC_WRITE_WORDS  4u
#define ATTEMPTS	  4u

struct span {
	unsigned ap;
	uint32_t csw, addr;
	unsigned size;		/* of a bus access */
	size_t bytes;
	bool is_read, is_fifo;
	struct port_pos pos;
};

/* ---- What a CSW value asks for. ---- */

static unsigned size_of(uint32_t csw)
{
	return 1u << (csw & 7);
}

static unsigned increment_of(uint32_t csw)
{
	return bits_get(csw, 5, 4);	/* 0 off, 1 single, 2 packed */
}

static unsigned step_of(uint32_t csw)
{
	return increment_of(csw) == 2 ? 4 : size_of(csw);
}

/* The commands that carry no CSW use the firmware's own: good for anything but special HPROT. */
static bool is_plain(uint32_t csw)
{
	return csw >> 8 == PROT_OF_DAP || csw >> 8 == PROT_OF_FIRMWARE;
}

static bool is_single_word(const struct stlink *s, unsigned ap, uint32_t csw)
{
	return size_of(csw) == 4 && is_plain(csw) && (ap == 0 || (s->features & ST_HAS_MISC));
}

bool stlink_is_memory(const struct stlink_run *run, unsigned number, unsigned offset)
{
	const struct stlink *s = run->s;
	const struct stlink_ap *ap = &s->aps[number];
	const struct port_item *item = &run->port->items[run->pos.item];
	unsigned increment = increment_of(ap->csw);

	if (offset < AP_DRW || offset > 0x1c || run->pos.word > 0)
		return false;
	if (!ap->csw_known || !ap->tar_known || (ap->csw & 7) > 2 || increment > 2)
		return false;
	if (!(s->features & ST_HAS_CSW) && (number != 0 || !is_plain(ap->csw)))
		return false;
	if (ap->tar % size_of(ap->csw) != 0)
		return false;
	if (offset >= AP_BD0)
		return size_of(ap->csw) == 4 && item->words == 1;
	if (increment == 0 && item->words > 1)
		return size_of(ap->csw) == 4 &&
		       (s->features & (item->is_read ? ST_HAS_FIFO_READ : ST_HAS_FIFO_WRITE));
	return size_of(ap->csw) != 2 || (s->features & ST_HAS_MEM_16);
}

/* ---- Blocks. ---- */

static uint8_t command_of(const struct span *span)
{
	static const uint8_t commands[][2] = {	/* by size: write, read */
		[1] = { ST_WRITEMEM_8, ST_READMEM_8 },
		[2] = { ST_WRITEMEM_16, ST_READMEM_16 },
		[4] = { ST_WRITEMEM_32, ST_READMEM_32 },
	};

	if (span->is_fifo)
		return span->is_read ? ST_READMEM_32_FIFO : ST_WRITEMEM_32_FIFO;
	return commands[span->size][span->is_read];
}

/* One memory command and its status. */
static enum err transfer_once(struct stlink_run *run, const struct span *span, uint8_t *data,
			      unsigned *status, uint32_t *fault)
{
	uint8_t command[ST_COMMAND_SIZE] = { ST_DEBUG, command_of(span) };
	uint8_t ask[ST_COMMAND_SIZE] = { ST_DEBUG, ST_LAST_STATUS2 }, answer[12], pair[2];
	bool is_byte = span->is_read && span->bytes == 1;	/* firmware sends two */
	struct stlink_transfer t[2] = { { .command = command },
					{ .command = ask, .in = answer, .in_size = sizeof(answer) } };

	put_le32(command + 2, span->addr);
	put_le16(command + 6, (uint16_t)span->bytes);
	command[8] = (uint8_t)span->ap;
	if (run->s->features & ST_HAS_CSW) {
		put_le16(command + 9, (uint16_t)(span->csw >> 8));
		command[11] = (uint8_t)(span->csw >> 24);
	}
	if (span->is_read) {
		t[0].in = is_byte ? pair : data;
		t[0].in_size = is_byte ? 2 : span->bytes;
		t[0].in_least = span->bytes;
		TRY(stlink_exchange(run->s, t, 1, span->bytes / span->size));
		TRY(stlink_exchange(run->s, t + 1, 1, 1));
	} else {
		t[0].out = data;
		t[0].out_size = span->bytes;
		TRY(stlink_exchange(run->s, t, 2, span->bytes / span->size));
	}
	if (is_byte)
		data[0] = pair[0];
	*status = answer[0];
	*fault = get_le32(answer + 4);
	return OK;
}

static enum err transfer_patiently(struct stlink_run *run, const struct span *span, uint8_t *data,
				   unsigned *status, uint32_t *fault)
{
	uint64_t start = clock_now_ms();
	bool may_lie = false;

	for (;;) {
		TRY(transfer_once(run, span, data, status, fault));
		enum err rc = stlink_status(*status)->err;

		if (rc == ERR_DAP_FAULT && may_lie) {	/* see stlink_patient() */
			may_lie = false;
			continue;
		}
		if (rc != ERR_DAP_WAIT || span->is_fifo)
			return OK;
		may_lie = true;
		run->port->stats.waits++;
		if (clock_now_ms() - start > run->port->wait_budget_ms)
			return OK;
	}
}

/* Bytes [from, to) of the span, as a span of its own. */
static struct span part_of(const struct span *span, size_t from, size_t to)
{
	struct span part = *span;

	part.addr += (uint32_t)from;
	part.bytes = to - from;
	return part;
}

/*
 * Something in the span fails. *good: bytes before the access that does; all of them if nothing
 * fails any more. `fault` is where the firmware thinks it was: a good place to cut first.
 */
static enum err find_fault(struct stlink_run *run, const struct span *span, uint8_t *data,
			   uint32_t fault, size_t *good, unsigned *status)
{
	size_t bad = span->bytes, hint = fault - span->addr;
	unsigned last = *status;

	*good = 0;
	hint -= hint % span->size;
	while (*good < span->bytes) {
		size_t cut = *good + (bad - *good) / span->size / 2 * span->size;

		if (hint > *good && hint < bad)
			cut = hint;
		else if (hint == *good || cut == *good)
			cut = *good + span->size;
		struct span part = part_of(span, *good, cut);

		TRY(stlink_clear_sticky(run));
		TRY(transfer_patiently(run, &part, data + *good, &last, &fault));
		if (stlink_status(last)->err == OK) {
			*good = cut;
			if (*good == bad)
				bad = span->bytes;	/* it works now: go on behind it */
			continue;
		}
		*status = last;
		bad = cut;
		if (bad - *good == span->size || stlink_status(last)->err != ERR_DAP_FAULT)
			return OK;
	}
	*status = ST_STATUS_OK;
	return OK;
}

static size_t most_bytes(const struct stlink *s, const struct span *span)
{
	if (span->size > 1)
		return s->most_bytes ? s->most_bytes : ST_BLOCK_BYTES;
	return s->features & ST_HAS_BYTES_512 ? 512 : 64;
}

/* *good: how many bytes were transferred; less than all of them: *status tells why. */
static enum err transfer(struct stlink_run *run, const struct span *span, uint8_t *data,
			 size_t *good, unsigned *status)
{
	size_t most = most_bytes(run->s, span), done;
	uint32_t fault = 0;

	*status = ST_STATUS_OK;
	for (*good = 0; *good < span->bytes; *good += done) {
		struct span part = part_of(span, *good, MIN(span->bytes, *good + most));

		if (span->is_fifo)
			part.addr = span->addr;
		TRY(transfer_patiently(run, &part, data + *good, status, &fault));
		done = part.bytes;
		if (stlink_status(*status)->err == OK)
			continue;
		done = 0;
		if (stlink_status(*status)->err == ERR_DAP_FAULT && !span->is_fifo)
			TRY(find_fault(run, &part, data + *good, fault, &done, status));
		if (done < part.bytes) {
			*good += done;
			return OK;
		}
	}
	return OK;
}

/* DRW words to bytes in memory order and back: each byte on the lane of its address (C2.2.6). */
static void from_lanes(const struct stlink_run *run, const struct span *span, unsigned step,
		       uint8_t *data)
{
	struct port_pos pos = span->pos;

	for (size_t i = 0; i < span->bytes; pos.word++) {
		uint32_t word = port_value(run->port, pos);

		for (unsigned j = 0; j < step; j++, i++)
			data[i] = (uint8_t)(word >> 8 * ((span->is_fifo ? j : span->addr + i) & 3));
	}
}

static void to_lanes(const struct stlink_run *run, const struct span *span, unsigned step,
		     const uint8_t *data, size_t good)
{
	struct port_pos pos = span->pos;

	for (size_t i = 0; i + step <= good; pos.word++) {
		uint32_t word = 0, *dst = stlink_place(run, pos);

		for (unsigned j = 0; j < step; j++, i++)
			word |= (uint32_t)data[i] << 8 * ((span->is_fifo ? j : span->addr + i) & 3);
		if (dst != NULL)
			*dst = word;
	}
}

static void touched(struct stlink_ap *ap)
{
	ap->csw_written = ap->tar_written = false;
}

/* BD0..3 are the four words around TAR, which stays (IHI 0031 C2.6.6). */
static uint32_t address_of(const struct stlink_ap *ap, unsigned offset)
{
	return offset == AP_DRW ? ap->tar : (ap->tar & ~0xfu) | (offset & 0xf);
}

static enum err take_block(struct stlink_run *run, unsigned number, unsigned offset)
{
	struct stlink_ap *ap = &run->s->aps[number];
	const struct port_item *item = &run->port->items[run->pos.item];
	unsigned step = step_of(ap->csw), status = ST_STATUS_OK;
	struct span span = { number, ap->csw, address_of(ap, offset), size_of(ap->csw),
			     item->words * step, item->is_read,
			     increment_of(ap->csw) == 0 && item->words > 1, run->pos };
	size_t good = 0;

	TRY(stlink_flush_words(run));
	TRY(stlink_settle(run));
	uint8_t *data = buf_reserve(&run->data, span.bytes);

	if (!span.is_read)
		from_lanes(run, &span, step, data);
	touched(ap);
	enum err rc = transfer(run, &span, data, &good, &status);

	if (span.is_read)
		to_lanes(run, &span, step, data, good);
	if (increment_of(ap->csw) != 0 && offset == AP_DRW)
		ap->tar += (uint32_t)good;
	TRY(rc);
	if (good == span.bytes)
		return OK;
	return stlink_fail(run, (struct port_pos){ run->pos.item, good / step }, status);
}

/* ---- Single words. ---- */

static bool is_device(uint32_t addr)
{
	return addr >= 0xe0000000 || (addr >= 0x40000000 && addr < 0x60000000);
}

size_t stlink_plan_misc(const struct stlink_word *words, size_t count, size_t max)
{
	bool may_fail = false;
	size_t items = 0, n;
	int ap = -1;

	for (n = 0; n < count; n++) {
		size_t needed = (words[n].ap != ap) + (words[n].is_read ? 1 : 2);

		if (items + needed > max || (may_fail && !words[n].is_read))
			break;
		may_fail |= !is_device(words[n].addr);
		items += needed;
		ap = words[n].ap;
	}
	return n;
}

static void put_item(struct stlink_run *run, size_t *items, uint8_t opcode, uint32_t word)
{
	run->opcodes[*items] = opcode;
	run->values[(*items)++] = word;
}

/* Items of RW_MISC: 1 sets the address, 2 writes, 3 reads, 5 selects the access port. */
static size_t put_words(struct stlink_run *run, size_t first, size_t count)
{
	size_t items = 0;
	int ap = -1;

	for (size_t i = first; i < first + count; i++) {
		const struct stlink_word *word = &run->words[i];

		if (word->ap != ap)
			put_item(run, &items, 5, word->ap);
		ap = word->ap;
		if (word->is_read) {
			put_item(run, &items, 3, word->addr);
		} else {
			put_item(run, &items, 1, word->addr);
			put_item(run, &items, 2, port_value(run->port, word->pos));
		}
	}
	return items;
}

static enum err exchange_misc(struct stlink_run *run, size_t items)
{
	uint8_t out[ST_COMMAND_SIZE] = { ST_DEBUG, ST_RW_MISC_OUT };
	uint8_t in[ST_COMMAND_SIZE] = { ST_DEBUG, ST_RW_MISC_IN };
	size_t padded = (items + 3) / 4 * 4;
	uint8_t *request = buf_reserve(&run->data, padded + 12 * items);
	uint8_t *reply = request + padded + 4 * items;
	const struct stlink_transfer t[2] = {
		{ .command = out, .out = request, .out_size = padded + 4 * items },
		{ .command = in, .in = reply, .in_size = 8 * items },
	};

	memset(request, 0, padded);
	memcpy(request, run->opcodes, items);
	for (size_t i = 0; i < items; i++)
		put_le32(request + padded + 4 * i, run->values[i]);
	put_le32(out + 2, (uint32_t)items);
	TRY(stlink_exchange(run->s, t, 2, 2 * items));
	for (size_t i = 0; i < items; i++) {
		run->values[i] = get_le32(reply + 4 * i);
		run->statuses[i] = reply[4 * items + 4 * i];
	}
	return OK;
}

static void deliver(struct stlink_run *run, const struct stlink_word *word, uint32_t value)
{
	uint32_t *dst = word->is_read ? stlink_place(run, word->pos) : NULL;

	if (dst != NULL)
		*dst = value;
}

/* TAR stays at an access that failed, unless later ones were queued behind it. */
static enum err fail_word(struct stlink_run *run, const struct stlink_word *word, unsigned status)
{
	if (word->is_drw)
		run->s->aps[word->ap].tar = word->addr;
	return stlink_fail(run, word->pos, status);
}

static enum err one_word(struct stlink_run *run, const struct stlink_word *word)
{
	uint8_t command[10] = { ST_DEBUG, word->is_read ? ST_READDEBUGREG : ST_WRITEDEBUGREG };
	uint8_t reply[8];
	unsigned status;

	put_le32(command + 2, word->addr);
	if (!word->is_read)
		put_le32(command + 6, port_value(run->port, word->pos));
	touched(&run->s->aps[0]);
	TRY(stlink_patient(run, command, word->is_read ? 6 : 10, reply, word->is_read ? 8 : 2,
			   &status));
	if (stlink_status(status)->err != OK)
		return fail_word(run, word, status);
	deliver(run, word, get_le32(reply + 4));
	return OK;
}

/* Behind another access port than 0, where READDEBUGREG does not reach. */
static enum err one_far_word(struct stlink_run *run, const struct stlink_word *word)
{
	const struct span span = { word->ap, run->s->aps[word->ap].csw, word->addr, 4, 4,
				   word->is_read, false, word->pos };
	uint8_t data[4];
	size_t good;
	unsigned status;

	if (!word->is_read)
		put_le32(data, port_value(run->port, word->pos));
	TRY(transfer(run, &span, data, &good, &status));
	if (good < sizeof(data))
		return fail_word(run, word, status);
	deliver(run, word, get_le32(data));
	return OK;
}

static enum err run_misc(struct stlink_run *run, size_t first, size_t count)
{
	size_t items = put_words(run, first, count), item = 0;
	int ap = -1;

	TRY(exchange_misc(run, items));
	for (size_t i = first; i < first + count; i++) {
		const struct stlink_word *word = &run->words[i];

		item += (word->ap != ap) + !word->is_read;
		ap = word->ap;
		touched(&run->s->aps[word->ap]);
		unsigned status = run->statuses[item];
		uint32_t value = run->values[item++];

		switch (stlink_status(status)->err) {
		case OK: deliver(run, word, value); break;
		case ERR_DAP_WAIT:
			run->port->stats.waits++;
			TRY(word->ap == 0 ? one_word(run, word) : one_far_word(run, word));
			break;
		default: return fail_word(run, word, status);
		}
	}
	return OK;
}

static enum err flush_in_batches(struct stlink_run *run)
{
	size_t max = run->s->version.api >= 3 ? STLINK_MAX_WORDS : 64;

	for (size_t i = 0, n; i < run->word_count; i += n) {
		n = stlink_plan_misc(run->words + i, run->word_count - i, max);
		if (n == 1 && run->words[i].ap == 0)
			TRY(one_word(run, &run->words[i]));
		else
			TRY(run_misc(run, i, n));
	}
	return OK;
}

/* How many words from `first` on follow each other in memory, in one direction. */
static size_t row_length(const struct stlink_run *run, size_t first)
{
	const struct stlink_word *words = run->words;
	size_t n = 1;

	while (first + n < run->word_count && words[first + n].is_read == words[first].is_read &&
	       words[first + n].addr == words[first].addr + 4 * n &&
	       (words[first + n].addr & 0x3ff) != 0)
		n++;
	return n;
}

static enum err run_row(struct stlink_run *run, size_t first, size_t n)
{
	const struct stlink_word *words = run->words + first;
	const struct span span = { 0, 0, words->addr, 4, 4 * n, words->is_read, false, words->pos };
	uint8_t *data = buf_reserve(&run->data, span.bytes);
	size_t good;
	unsigned status;

	for (size_t i = 0; i < n && !span.is_read; i++)
		put_le32(data + 4 * i, port_value(run->port, words[i].pos));
	touched(&run->s->aps[0]);
	TRY(transfer(run, &span, data, &good, &status));
	for (size_t i = 0; i < good / 4; i++)
		deliver(run, &words[i], get_le32(data + 4 * i));
	return good == span.bytes ? OK : fail_word(run, &words[good / 4], status);
}

/* Firmware without RW_MISC: rows of words as blocks where that saves a round trip. */
static enum err flush_one_by_one(struct stlink_run *run)
{
	for (size_t i = 0, n; i < run->word_count; i += n) {
		n = row_length(run, i);
		if (n >= (run->words[i].is_read ? 3u : 2u)) {
			TRY(run_row(run, i, n));
		} else {
			n = 1;
			TRY(one_word(run, &run->words[i]));
		}
	}
	return OK;
}

enum err stlink_flush_words(struct stlink_run *run)
{
	if (run->word_count == 0)
		return OK;
	enum err rc = stlink_settle(run);

	if (rc == OK)
		rc = run->s->features & ST_HAS_MISC ? flush_in_batches(run) : flush_one_by_one(run);
	run->word_count = 0;
	if (rc == OK)
		stlink_note(run, run->pos);
	return rc;
}

static enum err put_word(struct stlink_run *run, struct stlink_word word)
{
	if (run->word_count == STLINK_MAX_WORDS)
		TRY(stlink_flush_words(run));
	run->words[run->word_count++] = word;
	return OK;
}

enum err stlink_take_memory(struct stlink_run *run, unsigned number, unsigned offset)
{
	struct stlink_ap *ap = &run->s->aps[number];
	const struct port_item *item = &run->port->items[run->pos.item];
	size_t few = !(run->s->features & ST_HAS_MISC) ? 1
		     : item->is_read		       ? MISC_READ_WORDS
						       : MISC_WRITE_WORDS;
	bool is_fifo = increment_of(ap->csw) == 0 && item->words > 1;

	if (!is_single_word(run->s, number, ap->csw) || item->words > few || is_fifo)
		return take_block(run, number, offset);
	for (size_t i = 0; i < item->words; i++) {
		TRY(put_word(run, (struct stlink_word){ { run->pos.item, i }, address_of(ap, offset),
							(uint8_t)number, item->is_read,
							offset == AP_DRW }));
		if (offset == AP_DRW && increment_of(ap->csw) != 0)
			ap->tar += 4;
	}
	return OK;
}
