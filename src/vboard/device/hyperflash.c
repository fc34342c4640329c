/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * S26KS512S (001-99198). Every transaction is six bytes of command/address on six edges; a read then
 * waits for the latency of VCR[7:4] and sends words, high byte first, with RWDS high beside the high
 * byte; a write sends words at once. The commands are write cycles to 555 and 2AA.
 */
#include "vboard/device/hyperflash.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vboard/device/nor_parts.h"

#define SECTOR	    0x40000u
#define LINE	    512u		/* program buffer */
#define VCR_DEFAULT 0x8ebbu
#define WAKE	    NOR_US(300)

/* Status register */
#define ST_READY    0x80u
#define ST_ESUSP    0x40u
#define ST_ERASE    0x20u
#define ST_PROGRAM  0x10u
#define ST_ABORT    0x08u
#define ST_PSUSP    0x04u

enum view { VIEW_ARRAY, VIEW_ID, VIEW_STATUS, VIEW_VCR, VIEW_NVCR };
enum step { STEP_IDLE, STEP_UNLOCK, STEP_COMMAND, STEP_PROGRAM, STEP_COUNT, STEP_BUFFER,
	    STEP_CONFIRM, STEP_VCR, STEP_NVCR, STEP_ABORTED };

struct hyperflash {
	struct nor *nor;
	enum view view, once;		/* once: this read only */
	enum step step;
	bool erase_setup;
	enum nor_kind running;		/* its result is not in `errors` yet */
	uint16_t vcr;
	uint8_t errors;
	uint32_t sector, line, words;	/* of the write buffer */

	/* The transaction on the wires */
	uint8_t ca[6];
	unsigned edges, wait;		/* edges seen; edges of latency left */
	bool is_read, linear, strobe, wrote;
	uint32_t word;			/* address */
	uint8_t high;
};

/* unconfirmed: typical and maximum times */
static const struct nor_span program_span = { NOR_US(475), NOR_US(2000) };
static const struct nor_span sector_span = { NOR_MS(930), NOR_MS(2900) };
static const struct nor_span chip_span = { NOR_MS(238000), NOR_MS(743000) };
static const struct nor_span nvcr_span = { NOR_US(475), NOR_US(2000) };

static uint16_t status_register(const struct hyperflash *h)
{
	const struct nor *nor = h->nor;
	unsigned st = h->errors | (nor_is_busy(nor) ? 0 : ST_READY);

	if (nor->suspended)
		st |= nor->parked.kind == WORK_PROGRAM ? ST_PSUSP : ST_ESUSP;
	return (uint16_t)st;
}

/* The device checks its own work, so a cell that did not change shows. */
static void note_result(struct hyperflash *h)
{
	if (h->running == WORK_NONE || nor_is_busy(h->nor) || h->nor->suspended)
		return;
	if (h->running == WORK_PROGRAM && h->nor->fault.no_program)
		h->errors |= ST_PROGRAM;
	if (h->running != WORK_PROGRAM && h->nor->fault.no_erase)
		h->errors |= ST_ERASE;
	h->running = WORK_NONE;
}

static void catch_up(struct hyperflash *h)
{
	nor_catch_up(h->nor);
	note_result(h);
}

static void begin(struct hyperflash *h, enum nor_kind kind, uint32_t at, uint32_t bytes,
		  const struct nor_span *span)
{
	h->running = kind;
	nor_begin(h->nor, kind, at, bytes, span);
}

/* Reads */

static uint16_t read_word(struct hyperflash *h, uint32_t word)
{
	struct nor *nor = h->nor;
	uint32_t at = word * 2 & (nor->model->bytes - 1);

	switch (h->once != VIEW_ARRAY ? h->once : h->view) {
	case VIEW_STATUS:
		catch_up(h);
		return status_register(h);
	case VIEW_VCR:
		return h->vcr;
	case VIEW_NVCR:
		return get_le16(nor->nv);
	case VIEW_ID:
		return hyperflash_id(word);
	default:
		/* During an embedded operation only the status can be read. */
		if (nor_is_busy(nor))
			return status_register(h);
		return (uint16_t)(nor->array[at] << 8 | nor->array[at + 1]);
	}
}

static uint32_t next_word(const struct hyperflash *h)
{
	static const uint8_t words[4] = { 32, 32, 8, 16 };	/* VCR[1:0], 64, 64, 16, 32 bytes */
	uint32_t wrap = words[h->vcr & 3];

	if (h->linear)
		return h->word + 1;
	return (h->word & ~(wrap - 1)) | ((h->word + 1) & (wrap - 1));
}

static uint8_t read_edge(struct hyperflash *h, uint8_t out)
{
	uint16_t value;

	if (h->wait > 0) {
		h->wait--;
		return out;
	}
	h->strobe = !h->strobe;
	if (h->strobe) {
		value = read_word(h, h->word);
		h->word = next_word(h);
		h->high = (uint8_t)value;
		return (uint8_t)(value >> 8);
	}
	return h->high;
}

/* Command cycles */

static void forget(struct hyperflash *h, const char *why)
{
	h->step = STEP_IDLE;
	h->erase_setup = false;
	if (why != NULL)
		nor_ignore(h->nor, why);
}

static void put_byte(struct nor *nor, uint32_t at, uint16_t data)
{
	nor->page[at % LINE] &= (uint8_t)(data >> 8);
	nor->page[at % LINE + 1] &= (uint8_t)data;
}

static void abort_buffer(struct hyperflash *h)
{
	h->errors |= ST_ABORT;
	h->step = STEP_ABORTED;
	nor_ignore(h->nor, "write buffer aborted");
}

static uint32_t byte_at(const struct hyperflash *h, uint32_t word)
{
	return word * 2 & (h->nor->model->bytes - 1);
}

static void buffer_word(struct hyperflash *h, uint32_t word, uint16_t data)
{
	uint32_t at = byte_at(h, word);

	if (h->line == UINT32_MAX)
		h->line = at & ~(LINE - 1);
	if ((at & ~(LINE - 1)) != h->line || at / SECTOR != h->sector) {
		abort_buffer(h);
		return;
	}
	put_byte(h->nor, at, data);
	if (--h->words == 0)
		h->step = STEP_CONFIRM;
}

static bool hits_suspended(const struct hyperflash *h, uint32_t at)
{
	const struct nor_work *p = &h->nor->parked;

	return h->nor->suspended &&
	       (p->kind == WORK_PROGRAM || (at >= p->at && at - p->at < p->bytes));
}

static void program_line(struct hyperflash *h, uint32_t at)
{
	forget(h, NULL);
	if (hits_suspended(h, at)) {
		h->errors |= ST_PROGRAM;
		nor_ignore(h->nor, "suspended there");
		return;
	}
	begin(h, WORK_PROGRAM, at, LINE, &program_span);
}

static void erase(struct hyperflash *h, uint32_t word, bool chip)
{
	forget(h, NULL);
	if (h->nor->suspended)
		nor_ignore(h->nor, "something is suspended");
	else if (chip)
		begin(h, WORK_CHIP, 0, h->nor->model->bytes, &chip_span);
	else
		begin(h, WORK_ERASE, byte_at(h, word) & ~(SECTOR - 1), SECTOR, &sector_span);
}

/* The third unlocked cycle. */
static void unlocked_command(struct hyperflash *h, uint32_t word, uint16_t data)
{
	bool at_555 = (word & 0x7ff) == 0x555;

	if (h->erase_setup) {
		if (data == 0x30)
			erase(h, word, false);
		else if (data == 0x10 && at_555)
			erase(h, word, true);
		else
			forget(h, "no such erase");
		return;
	}
	if (data == 0x25) {		/* to the sector, not to 555 */
		h->sector = byte_at(h, word) / SECTOR;
		h->step = STEP_COUNT;
		return;
	}
	forget(h, at_555 ? NULL : "command not at 555");
	if (!at_555)
		return;
	switch (data) {
	case 0xa0:
		h->step = STEP_PROGRAM;
		break;
	case 0x80:
		h->erase_setup = true;
		break;
	case 0x90:
		h->view = VIEW_ID;
		break;
	case 0x38:
		h->step = STEP_VCR;
		break;
	case 0x39:
		h->step = STEP_NVCR;
		break;
	case 0xc7:
		h->once = VIEW_VCR;
		break;
	case 0xc6:
		h->once = VIEW_NVCR;
		break;
	case 0xc8:
		memset(h->nor->page, 0xff, 8);
		begin(h, WORK_REGISTER, 0, 0, &nvcr_span);
		break;
	case 0xb9:
		h->nor->down = true;
		break;
	case 0xf0:		/* leaves a write buffer abort */
		h->errors &= (uint8_t)~ST_ABORT;
		break;
	default:
		nor_ignore(h->nor, "no such command");
		break;
	}
}

static void exit_overlays(struct hyperflash *h)
{
	h->view = h->once = VIEW_ARRAY;
	forget(h, NULL);
}

static void suspend_or_resume(struct hyperflash *h, uint16_t data)
{
	bool program = h->nor->suspended ? h->nor->parked.kind == WORK_PROGRAM
					 : h->nor->work.kind == WORK_PROGRAM;

	if (program != (data == 0x51 || data == 0x50)) {
		nor_ignore(h->nor, "nothing to suspend or to resume");
		return;
	}
	if (data == 0xb0 || data == 0x51) {
		nor_suspend(h->nor);
	} else {
		h->running = h->nor->parked.kind;
		nor_resume(h->nor);
	}
}

/* Cycles that need no unlocking; false: it is none of them. */
static bool plain_command(struct hyperflash *h, uint32_t word, uint16_t data)
{
	bool at_555 = (word & 0x7ff) == 0x555;

	if (at_555 && data == 0x70)
		h->once = VIEW_STATUS;
	else if (at_555 && data == 0x71)
		h->errors = 0;
	else if (data == 0xb0 || data == 0x51 || data == 0x30 || data == 0x50)
		suspend_or_resume(h, data);
	else if (nor_is_busy(h->nor))
		nor_ignore(h->nor, "busy");
	else if (data == 0xf0 || (data == 0xff && h->view == VIEW_ID))
		exit_overlays(h);
	else if ((word & 0xff) == 0x55 && data == 0x98)
		h->view = VIEW_ID;
	else
		return false;
	return true;
}

static void take_vcr(struct hyperflash *h, uint16_t data)
{
	if (h->step == STEP_VCR) {
		h->vcr = data;
	} else {
		memset(h->nor->page, 0, 8);
		put_le16(h->nor->page, get_le16(h->nor->nv) & data);
		begin(h, WORK_REGISTER, 0, 0, &nvcr_span);
	}
	forget(h, NULL);
	nor_tell(h->nor, 0, 0);
}

static void write_word(struct hyperflash *h, uint32_t word, uint16_t data)
{
	uint32_t low = word & 0x7ff;

	switch (h->step) {
	case STEP_COUNT:
		h->words = data + 1u;
		h->line = UINT32_MAX;
		memset(h->nor->page, 0xff, LINE);
		h->step = STEP_BUFFER;
		if (h->words > LINE / 2 || byte_at(h, word) / SECTOR != h->sector)
			abort_buffer(h);
		return;
	case STEP_BUFFER:
		buffer_word(h, word, data);
		return;
	case STEP_CONFIRM:
		if (data == 0x29 && byte_at(h, word) / SECTOR == h->sector)
			program_line(h, h->line);
		else
			abort_buffer(h);
		return;
	case STEP_PROGRAM:		/* one transaction may bring many words of one line */
		if (!h->wrote) {
			memset(h->nor->page, 0xff, LINE);
			h->line = byte_at(h, word) & ~(LINE - 1);
		}
		put_byte(h->nor, byte_at(h, word), data);
		h->wrote = true;
		return;
	case STEP_VCR:
	case STEP_NVCR:
		take_vcr(h, data);
		return;
	case STEP_ABORTED:
		if (low != 0x555 && low != 0x2aa)
			return;
		break;
	default:
		break;
	}
	if (h->step == STEP_UNLOCK && low == 0x2aa && data == 0x55) {
		h->step = STEP_COMMAND;
	} else if (h->step == STEP_COMMAND) {
		unlocked_command(h, word, data);
	} else if (plain_command(h, word, data)) {
		return;
	} else if (low == 0x555 && data == 0xaa) {
		h->step = STEP_UNLOCK;
	} else {
		forget(h, "not a command");
	}
}

static void write_edge(struct hyperflash *h, uint8_t out)
{
	h->strobe = !h->strobe;
	if (h->strobe) {
		h->high = out;
		return;
	}
	h->nor->opcode = out;
	write_word(h, h->word++, (uint16_t)(h->high << 8 | out));
}

/* Wires */

/* CA[47] read, [45] linear burst, [44:16] and [2:0] the word address. */
static void take_ca(struct hyperflash *h)
{
	const uint8_t *ca = h->ca;

	h->is_read = ca[0] & 0x80;
	h->linear = ca[0] & 0x20;
	h->word = (get_be32(ca) & 0x1fffffff) << 3 | (ca[5] & 7);
	h->wait = h->is_read ? 2 * (MIN(h->vcr >> 4 & 0xfu, 11u) + 5) : 0;	/* 5 to 16 clocks */
}

static uint8_t edge(struct hyperflash *h, uint8_t out)
{
	if (h->edges < 6) {
		h->ca[h->edges++] = out;
		if (h->edges == 6)
			take_ca(h);
		return out;
	}
	if (h->is_read)
		return read_edge(h, out);
	write_edge(h, out);
	return out;
}

static bool is_deaf(const struct hyperflash *h)
{
	const struct nor *nor = h->nor;

	return !nor->powered || nor->fault.absent || !nor->selected || nor->down ||
	       vb_clock_now(nor->clock) < nor->ready_at;
}

static uint8_t hyper_clock(void *dev, uint8_t out, uint8_t drive, bool ddr)
{
	struct hyperflash *h = dev;
	uint8_t in;

	(void)drive;
	if (is_deaf(h))
		return out;
	in = edge(h, out);
	if (!ddr)		/* the level stands for both edges of the period */
		edge(h, out);
	return in;
}

static void end_of_command(struct hyperflash *h)
{
	if (h->edges == 6 && h->is_read && h->once == VIEW_ARRAY)
		return;
	if (h->edges == 6 && h->is_read)
		h->once = VIEW_ARRAY;
	if (h->step == STEP_PROGRAM && h->wrote)
		program_line(h, h->line);
	nor_tell(h->nor, 0, 0);
}

static void hyper_select(void *dev, bool low)
{
	struct hyperflash *h = dev;
	struct nor *nor = h->nor;

	if (!nor->powered || nor->fault.absent || nor->selected == low)
		return;
	nor->selected = low;
	catch_up(h);
	if (!low) {
		end_of_command(h);
		return;
	}
	if (nor->down) {		/* CS# wakes it, but it hears nothing yet */
		nor->down = false;
		nor->ready_at = vb_clock_now(nor->clock) + WAKE;
	}
	h->edges = 0;
	h->strobe = h->wrote = false;
}

/* HyperFlash uses RWDS as a read strobe only: low through CA, one latency. */
static bool hyper_rwds(void *dev)
{
	struct hyperflash *h = dev;

	return h->edges == 6 && h->is_read && h->strobe;
}

static void load(struct hyperflash *h)
{
	uint16_t nvcr = get_le16(h->nor->nv);

	h->vcr = nvcr == 0xffff ? VCR_DEFAULT : nvcr;
	h->errors = 0;
	h->running = WORK_NONE;
	h->nor->down = false;
	exit_overlays(h);
}

static void hyper_reset_pin(void *dev, bool low)
{
	struct hyperflash *h = dev;

	if (!low)
		return;
	nor_abort(h->nor);
	load(h);
	h->nor->counts.resets++;
	nor_tell(h->nor, 0, 0);
}

static const struct vb_spi_ops hyper_ops = {
	.select = hyper_select,
	.clock = hyper_clock,
	.rwds = hyper_rwds,
	.reset_pin = hyper_reset_pin,
};

/* Life */

struct hyperflash *hyperflash_new(struct nor *nor)
{
	struct hyperflash *h = xcalloc(1, sizeof(*h));

	h->nor = nor;
	nor->spi = (struct vb_spi_device){ &hyper_ops, h };
	memset(nor->nv, 0xff, sizeof(nor->nv));
	load(h);
	return h;
}

void hyperflash_free(struct hyperflash *h)
{
	free(h);
}

void hyperflash_power(struct hyperflash *h, bool on)
{
	nor_abort(h->nor);
	load(h);
	if (on)
		h->nor->ready_at = vb_clock_now(h->nor->clock) + WAKE;
}

bool hyperflash_is_plain(const struct hyperflash *h)
{
	return !nor_is_busy(h->nor) && !h->nor->down && h->view == VIEW_ARRAY &&
	       h->once == VIEW_ARRAY && h->step == STEP_IDLE &&
	       vb_clock_now(h->nor->clock) >= h->nor->ready_at;
}

bool hyperflash_put_busy(struct hyperflash *h)
{
	if (nor_is_busy(h->nor) || h->nor->suspended)
		return false;
	begin(h, WORK_ERASE, h->nor->model->bytes - SECTOR, SECTOR, &sector_span);
	return true;
}

void hyperflash_describe(const struct hyperflash *h, FILE *out)
{
	static const char *const views[] = { "array", "id", "status", "vcr", "nvcr" };

	fprintf(out, ", \"status\": %u, \"vcr\": %u, \"view\": \"%s\"", status_register(h), h->vcr,
		views[h->view]);
}
