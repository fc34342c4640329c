/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP commands (IMXRT1064RM "FlexSPI: IP command"). A command, its data and the look at its outcome go
 * out as one batch. That the FIFO keeps up is not known beforehand: INTR is read before each piece of
 * data, in the same batch, and if it was too early the read is done again more slowly. A write cannot be
 * repeated: there the looks come first wherever the wire might be the faster one.
 */
#include "flash/flexspi_regs.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DEFAULT_TIMEOUT_MS 5000u	/* SEQWAIT ends a sequence after at most 2.8 s */
#define READ_PIECE	   4096u
#define SLOW_PIECE	   512u		/* at a clock where 4 KiB would outlast SEQWAIT */
#define SLOW_KHZ	   400u
#define CHUNK_WORDS	   (CHUNK / 4)
#define FIFO_BYTES	   128u
#define WORD_CLOCKS	   46u		/* of one SWD access */
#define LOOKS_MAX	   32u
#define TRIES		   6u

void flexspi_queue_lut(struct flexspi *fs, unsigned slot, const uint32_t lut[4])
{
	queue_write(fs, FLEXSPI_LUTKEY, LUTKEY_VALUE);
	queue_write(fs, FLEXSPI_LUTCR, 2);
	for (unsigned i = 0; i < 4; i++)
		queue_write(fs, FLEXSPI_LUT(4 * slot + i), lut[i]);
	queue_write(fs, FLEXSPI_LUTKEY, LUTKEY_VALUE);
	queue_write(fs, FLEXSPI_LUTCR, 1);
}

/* Where the sequence stands in the LUT; it is put there if it does not. */
static unsigned slot_of(struct flexspi *fs, const uint32_t lut[4])
{
	struct flexspi_saved *s = fs->saved;
	unsigned slot;

	for (slot = FIRST_SLOT; slot < SLOTS; slot++)
		if (s->slot_used[slot] && memcmp(s->slots[slot], lut, sizeof(s->slots[slot])) == 0)
			return slot;
	slot = s->next_slot;
	s->next_slot = slot + 1 < SLOTS ? slot + 1 : FIRST_SLOT;
	memcpy(s->slots[slot], lut, sizeof(s->slots[slot]));
	s->slot_used[slot] = true;
	flexspi_queue_lut(fs, slot, lut);
	return slot;
}

/* After a failed batch nobody knows what reached the LUT. */
static void forget_slots(struct flexspi *fs)
{
	memset(fs->saved->slot_used, 0, sizeof(fs->saved->slot_used));
}

static void queue_parameters(struct flexspi *fs, const struct flexspi_command *c, uint32_t address,
			     size_t bytes)
{
	unsigned slot = slot_of(fs, c->lut);

	queue_write(fs, FLEXSPI_INTR, INTR_STALE);
	queue_write(fs, FLEXSPI_IPCR0, address);
	queue_write(fs, FLEXSPI_IPCR1, (uint32_t)bytes | slot << 16);
	queue_write(fs, FLEXSPI_IPRXFCR, CHUNK_WATERMARK | 1);
	queue_write(fs, FLEXSPI_IPTXFCR, CHUNK_WATERMARK | 1);
}

static void queue_trigger(struct flexspi *fs)
{
	queue_write(fs, FLEXSPI_IPCMD, 1);
}

/* A failed batch or sequence leaves the controller in the middle of something. */
static enum err give_up(struct flexspi *fs, enum err rc)
{
	forget_slots(fs);
	return error_first(rc, flexspi_soft_reset(fs));
}

static enum err command_error(struct flexspi *fs, const struct flexspi_command *c, uint32_t intr)
{
	uint32_t sts1 = 0, sts0 = 0;

	queue_read(fs, FLEXSPI_STS1, &sts1);
	queue_read(fs, FLEXSPI_STS0, &sts0);
	TRY(run_queue(fs));
	unsigned code = bits_get(sts1, 27, 24);

	if (intr & INTR_IPCMDGE)
		error_why(ERR_FLASH_OPERATION, "FlexSPI%s did not get its turn for \"%s\": accesses of the "
			  "core's program keep the controller busy", fs->instance == 1 ? "2" : "", c->name);
	else
		error_why(ERR_FLASH_OPERATION, "FlexSPI%s refused \"%s\" at 0x%x: %s",
			  fs->instance == 1 ? "2" : "", c->name, c->address,
			  flexspi_error_words(code, false));
	error_evidence(ERR_FLASH_OPERATION, "INTR = 0x%08x, STS1 = 0x%08x (code %u), STS0 = 0x%08x", intr,
		       sts1, code, sts0);
	return give_up(fs, ERR_FLASH_OPERATION);
}

static enum err reset_meanwhile(const struct flexspi_command *c)
{
	error_why(ERR_FLASH_OPERATION, "the chip was reset before \"%s\" was over", c->name);
	return error_next(ERR_FLASH_OPERATION, "run \"reset halt\" and repeat it: what was being written "
			  "may be there in part");
}

static bool has_failed(uint32_t intr)
{
	return intr & (INTR_IPCMDERR | INTR_IPCMDGE);
}

/* Until INTR shows one of `want`. *intr: what the batch before has seen already. */
static enum err wait_intr(struct flexspi *fs, const struct flexspi_command *c, uint32_t want,
			  uint32_t *intr)
{
	unsigned timeout_ms = c->timeout_ms != 0 ? c->timeout_ms : DEFAULT_TIMEOUT_MS;
	uint64_t end = clock_now_ms() + timeout_ms;

	for (;;) {
		bool is_late = clock_now_ms() > end;

		if (has_failed(*intr))
			return command_error(fs, c, *intr);
		if (*intr & want)
			return OK;
		if (is_late && flexspi_was_reset(fs))
			return reset_meanwhile(c);
		if (is_late) {
			error_why(ERR_FLASH_OPERATION, "FlexSPI%s has not finished \"%s\" after %u ms",
				  fs->instance == 1 ? "2" : "", c->name, timeout_ms);
			error_evidence(ERR_FLASH_OPERATION, "INTR = 0x%08x", *intr);
			return give_up(fs, ERR_FLASH_OPERATION);
		}
		queue_read(fs, FLEXSPI_INTR, intr);
		TRY(run_queue(fs));
	}
}

static enum err exec_plain(struct flexspi *fs, const struct flexspi_command *c)
{
	uint32_t intr = 0;

	queue_parameters(fs, c, c->address, 0);
	queue_trigger(fs);
	queue_read(fs, FLEXSPI_INTR, &intr);
	queue_read(fs, FLEXSPI_INTR, &intr);
	TRY(run_queue(fs));
	return wait_intr(fs, c, INTR_IPCMDDONE, &intr);
}

/* --- Reading --- */

struct read_batch {
	uint32_t looks[READ_PIECE / CHUNK + 1], words[READ_PIECE / 4], fill, intr;
};

static void queue_chunk(struct flexspi *fs, struct read_batch *b, size_t chunk, size_t words)
{
	for (size_t i = 0; i < words; i++)
		queue_read(fs, FLEXSPI_RFDR + 4 * (uint32_t)i, &b->words[chunk * CHUNK_WORDS + i]);
	queue_write(fs, FLEXSPI_INTR, INTR_IPRXWA);
}

/* All at once. *complete false: the data came later than we looked. */
static enum err read_at_once(struct flexspi *fs, const struct flexspi_command *c, uint32_t address,
			     size_t n, struct read_batch *b, bool *complete)
{
	size_t chunks = n / CHUNK, tail = n % CHUNK;

	queue_parameters(fs, c, address, n);
	queue_trigger(fs);
	for (unsigned i = 0; i < fs->saved->extra_looks; i++)
		queue_read(fs, FLEXSPI_INTR, &b->intr);
	for (size_t i = 0; i < chunks; i++) {
		queue_read(fs, FLEXSPI_INTR, &b->looks[i]);
		queue_chunk(fs, b, i, CHUNK_WORDS);
	}
	if (tail > 0) {
		queue_read(fs, FLEXSPI_IPRXFSTS, &b->fill);
		queue_chunk(fs, b, chunks, (tail + 3) / 4);
	}
	queue_read(fs, FLEXSPI_INTR, &b->intr);
	TRY(run_queue(fs));
	if (has_failed(b->intr))
		return command_error(fs, c, b->intr);
	*complete = b->intr & INTR_IPCMDDONE;
	for (size_t i = 0; i < chunks; i++)
		*complete = *complete && (b->looks[i] & INTR_IPRXWA);
	if (tail > 0)
		*complete = *complete && (b->fill & 0xff) * 8 >= tail;
	return OK;
}

static enum err wait_fill(struct flexspi *fs, const struct flexspi_command *c, size_t bytes)
{
	unsigned timeout_ms = c->timeout_ms != 0 ? c->timeout_ms : DEFAULT_TIMEOUT_MS;
	uint64_t end = clock_now_ms() + timeout_ms;
	uint32_t fill = 0, intr = 0;

	for (;;) {
		bool is_late = clock_now_ms() > end;

		queue_read(fs, FLEXSPI_INTR, &intr);
		queue_read(fs, FLEXSPI_IPRXFSTS, &fill);
		TRY(run_queue(fs));
		if (has_failed(intr))
			return command_error(fs, c, intr);
		if ((fill & 0xff) * 8 >= bytes)
			return OK;
		if (is_late && flexspi_was_reset(fs))
			return reset_meanwhile(c);
		if (is_late) {
			error_why(ERR_FLASH_OPERATION, "FlexSPI%s has read %u of %zu bytes of \"%s\" after "
				  "%u ms", fs->instance == 1 ? "2" : "", (fill & 0xff) * 8, bytes, c->name,
				  timeout_ms);
			return give_up(fs, ERR_FLASH_OPERATION);
		}
	}
}

static enum err read_step_by_step(struct flexspi *fs, const struct flexspi_command *c, uint32_t address,
				  size_t n, struct read_batch *b)
{
	queue_parameters(fs, c, address, n);
	queue_trigger(fs);
	for (size_t at = 0; at < n; at += CHUNK) {
		size_t part = MIN(n - at, (size_t)CHUNK);

		TRY(wait_fill(fs, c, part));
		queue_chunk(fs, b, at / CHUNK, (part + 3) / 4);
	}
	b->intr = 0;
	queue_read(fs, FLEXSPI_INTR, &b->intr);
	TRY(run_queue(fs));
	return wait_intr(fs, c, INTR_IPCMDDONE, &b->intr);
}

static enum err read_piece(struct flexspi *fs, const struct flexspi_command *c, uint32_t address,
			   uint8_t *dst, size_t n, struct read_batch *b)
{
	bool complete = false;

	for (unsigned i = 0; i < TRIES && !fs->saved->is_careful && !complete; i++) {
		TRY(read_at_once(fs, c, address, n, b, &complete));
		if (complete)
			break;
		if (flexspi_was_reset(fs))
			return reset_meanwhile(c);
		TRY(flexspi_soft_reset(fs));
		fs->saved->extra_looks = MIN(fs->saved->extra_looks * 2, LOOKS_MAX);
		fs->saved->is_careful = i + 1 == TRIES;
	}
	if (!complete)
		TRY(read_step_by_step(fs, c, address, n, b));
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)(b->words[i / 4] >> 8 * (i % 4));
	return OK;
}

static uint32_t wire_khz(const struct flexspi *fs)
{
	const struct adapter *adapter = fs->target->list->adapter;

	return adapter->actual_khz != 0 ? adapter->actual_khz : adapter->speed_khz;
}

static bool has_address(const struct flexspi_command *c)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned opcode = c->lut[i / 2] >> (i % 2 ? 26 : 10) & 0x1f;

		if (opcode == LUT_RADDR)
			return true;
	}
	return false;
}

static enum err exec_read(struct flexspi *fs, const struct flexspi_command *c)
{
	uint32_t khz = wire_khz(fs);
	size_t piece = khz != 0 && khz < SLOW_KHZ ? SLOW_PIECE : READ_PIECE;
	struct read_batch *b = xcalloc(1, sizeof(*b));
	enum err rc = OK;

	if (c->bytes > piece && !has_address(c)) {
		free(b);
		return error_why(ERR_ARGUMENT, "\"%s\" has no address: it can read %zu bytes at once, "
				 "not %zu", c->name, piece, c->bytes);
	}
	for (size_t at = 0; at < c->bytes && rc == OK; at += piece) {
		size_t n = MIN(c->bytes - at, piece);

		rc = read_piece(fs, c, c->address + (uint32_t)at, c->read + at, n, b);
		if (rc == OK && at + n < c->bytes)
			rc = check_cancelled(fs->target);
	}
	free(b);
	return rc;
}

/* --- Writing --- */

/* The wire needs twice as long for a chunk as a one-bit flash: the FIFO has room whenever we come. */
static bool is_wire_slow(const struct flexspi *fs)
{
	uint32_t khz = wire_khz(fs);

	return khz != 0 && (uint64_t)WORD_CLOCKS * CHUNK_WORDS * (fs->hz / 1000) > 2ull * 8 * CHUNK * khz;
}

static void queue_words(struct flexspi *fs, const uint8_t *src, size_t n)
{
	for (size_t at = 0; at < n; at += 4) {
		uint8_t word[4] = { 0xff, 0xff, 0xff, 0xff };

		memcpy(word, src + at, MIN(n - at, (size_t)4));
		queue_write(fs, FLEXSPI_TFDR + (uint32_t)at, get_le32(word));
	}
}

static enum err write_rest(struct flexspi *fs, const struct flexspi_command *c, size_t at)
{
	bool is_slow = is_wire_slow(fs), had_room = true;
	size_t count = (c->bytes - at + CHUNK - 1) / CHUNK;
	uint32_t *looks = xcalloc(count + 1, sizeof(*looks));
	enum err rc = OK;

	for (size_t i = 0; rc == OK && i < count; i++, at += CHUNK) {
		queue_words(fs, c->write + at, MIN(c->bytes - at, (size_t)CHUNK));
		queue_read(fs, FLEXSPI_INTR, &looks[i]);
		if (!is_slow) {
			rc = run_queue(fs);
			if (rc == OK)
				rc = wait_intr(fs, c, INTR_IPTXWE, &looks[i]);
		}
		queue_write(fs, FLEXSPI_INTR, INTR_IPTXWE);
	}
	if (rc == OK)
		rc = run_queue(fs);
	for (size_t i = 0; rc == OK && i < count; i++)
		had_room = had_room && (looks[i] & INTR_IPTXWE);
	free(looks);
	if (rc == OK && !had_room) {
		error_why(ERR_FLASH_OPERATION, "FlexSPI%s was slower than the wire in \"%s\": what is "
			  "in the flash at 0x%x may be wrong", fs->instance == 1 ? "2" : "",
			  c->name, c->address);
		error_next(ERR_FLASH_OPERATION, "erase and program it again at a lower \"adapter speed\"");
		rc = give_up(fs, ERR_FLASH_OPERATION);
	}
	return rc;
}

static enum err exec_write(struct flexspi *fs, const struct flexspi_command *c)
{
	size_t first = MIN(c->bytes, (size_t)FIFO_BYTES);
	uint32_t intr = 0;

	if (c->bytes > 0xffff)
		return error_why(ERR_ARGUMENT, "\"%s\": the controller writes 65535 bytes at once, not %zu",
				 c->name, c->bytes);
	queue_parameters(fs, c, c->address, c->bytes);
	for (size_t at = 0; at < first; at += CHUNK) {
		queue_words(fs, c->write + at, MIN(first - at, (size_t)CHUNK));
		queue_write(fs, FLEXSPI_INTR, INTR_IPTXWE);
	}
	queue_trigger(fs);
	if (first < c->bytes)
		TRY(write_rest(fs, c, first));
	queue_read(fs, FLEXSPI_INTR, &intr);
	TRY(run_queue(fs));
	return wait_intr(fs, c, INTR_IPCMDDONE, &intr);
}

enum err flexspi_exec(struct flexspi *fs, const struct flexspi_command *command)
{
	enum err rc;

	if (fs->saved == NULL)
		return error_why(ERR_INTERNAL, "the FlexSPI is not open for \"%s\"", command->name);
	if (command->bytes == 0)
		rc = exec_plain(fs, command);
	else if (command->read != NULL)
		rc = exec_read(fs, command);
	else
		rc = exec_write(fs, command);
	if (rc != OK)
		forget_slots(fs);
	return rc;
}

enum err flexspi_set_ahb_read(struct flexspi *fs, const uint32_t lut[4])
{
	TRY(flexspi_wait_idle(fs));
	flexspi_queue_lut(fs, 0, lut);
	queue_write(fs, FLEXSPI_FLSHCR2(fs->port), FLSHCR2_CLRINSTRPTR);
	TRY(run_queue(fs));
	return flexspi_soft_reset(fs);
}
