/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated ST-LINK: memory commands: address @2, length @6, AP @8, CSW[31:8] @9. A read always
 * sends its bytes, good or not; whether they are good is what GETLASTRWSTATUS tells. After a
 * failure the sticky flag is left for the host to clear; the next command of this kind clears it
 * too, for hosts that only know these.
 */
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/usb/model_stlink.h"

#define AP_CSW 0x00u
#define AP_TAR 0x04u
#define AP_DRW 0x0cu

#define DP_RDBUFF 0x0cu

#define CSW_DEFAULT   0x23000000u
#define CSW_INCREMENT 0x10u		/* AddrInc = single; packed is never used */
#define TAR_BLOCK     1024u		/* what every MEM-AP increments over (IHI 0031 C2.2.2) */

#define MAX_8BIT_OLD   64u
#define MAX_8BIT_V3    512u
#define CRASHES_READ   255u

#define ALWAYS { 0, 0 }

struct burst {
	unsigned ap, size;
	uint32_t addr, csw;
	size_t length;		/* bytes */
	bool increments;
};

static bool has_ap_and_csw(const struct stl *s)
{
	return stl_has(s, (struct stl_since){ 32, 2 });
}

static void parse(const struct stl *s, const uint8_t *command, unsigned size, bool increments,
		  struct burst *b)
{
	uint32_t csw = 0;

	*b = (struct burst){ .size = size, .increments = increments };
	b->addr = get_le32(command + 2);
	b->length = get_le16(command + 6);
	if (has_ap_and_csw(s)) {
		b->ap = command[8];
		csw = get_le32(command + 8) & 0xffffff00;
	}
	b->csw = (csw ? csw : CSW_DEFAULT) | (size == 4 ? 2 : size == 2 ? 1 : 0) |
		 (increments ? CSW_INCREMENT : 0);
}

static uint32_t longest(const struct stl *s, unsigned size)
{
	if (size > 1)
		return STL_MAX_BLOCK;
	return stl_is_v3(s) && stl_has(s, (struct stl_since){ 0, 6 }) ? MAX_8BIT_V3 : MAX_8BIT_OLD;
}

/* Firmware of the V3 before J6 ends in its fault handler. */
static bool is_fatal(const struct stl *s, const struct burst *b, bool is_read)
{
	if (b->size > 1 || !stl_is_v3(s) || stl_has(s, (struct stl_since){ 0, 6 }))
		return false;
	return b->length > (is_read ? CRASHES_READ : MAX_8BIT_OLD);
}

/* Hosts older than the AP commands open nothing: AP 0 is open to them until they open or close one. */
static enum stl_status check(const struct stl *s, const struct burst *b)
{
	if (b->length > longest(s, b->size))
		return STL_COMMAND_ERROR;
	if ((b->addr | b->length) & (b->size - 1))
		return STL_ALIGNMENT;
	if (!stl_has(s, (struct stl_since){ 37, 7 }) || stl_is_open(s, b->ap))
		return STL_OK;
	return b->ap == 0 && !s->has_opened ? STL_OK : STL_BAD_AP;
}

/* --- On the wire --- */

static enum stl_status as_ap_status(enum stl_status rc)
{
	if (rc >= STL_DP_WAIT && rc <= STL_DP_PARITY)
		return (enum stl_status)(rc - (STL_DP_WAIT - STL_AP_WAIT));
	return rc;
}

static enum stl_status begin(struct stl *s, const struct burst *b)
{
	enum stl_status rc;

	if (s->is_jtag)		/* its ACK would not tell */
		stl_clear_sticky(s);
	rc = stl_write_ap(s, b->ap, AP_CSW, b->csw);
	if (as_ap_status(rc) == STL_AP_FAULT) {
		stl_clear_sticky(s);
		rc = stl_write_ap(s, b->ap, AP_CSW, b->csw);
	}
	return rc;
}

/* Bytes from `at` on that one TAR serves. */
static size_t run_length(const struct stl *s, const struct burst *b, size_t at)
{
	size_t left = b->length - at, block = TAR_BLOCK - ((b->addr + at) % TAR_BLOCK);

	/* Old firmware trusts the increment over any distance. */
	if (!b->increments || !stl_has(s, (struct stl_since){ 32, 2 }))
		return left;
	return MIN(left, block);
}

static void store(struct stl *s, const struct burst *b, size_t at, uint32_t word)
{
	uint32_t addr = b->increments ? b->addr + (uint32_t)at : b->addr;

	word >>= 8 * (addr & 3);
	for (unsigned i = 0; i < b->size; i++)
		s->data[at + i] = (uint8_t)(word >> 8 * i);
}

static uint32_t lane(const struct stl *s, const struct burst *b, size_t at)
{
	uint32_t word = 0, addr = b->increments ? b->addr + (uint32_t)at : b->addr;

	for (unsigned i = 0; i < b->size; i++)
		word |= (uint32_t)s->data[at + i] << 8 * i;
	return word << 8 * (addr & 3);
}

/* A posted access fails at the one behind it. */
static enum stl_status failed_at(struct stl *s, const struct burst *b, size_t from, size_t at,
				 enum stl_status rc)
{
	if (rc != STL_OK)
		s->rw_address = b->addr +
				(b->increments ? (uint32_t)(at > from ? at - b->size : from) : 0);
	return rc;
}

static enum stl_status read_run(struct stl *s, const struct burst *b, size_t from, size_t n)
{
	enum stl_status rc = STL_OK;
	uint32_t word = 0;
	size_t at = from;

	for (; at < from + n && rc == STL_OK; at += b->size) {
		rc = stl_transfer(s, true, true, AP_DRW, &word);
		if (rc == STL_OK && at > from)
			store(s, b, at - b->size, word);
		stl_word_gap(s);
	}
	if (rc != STL_OK)
		return failed_at(s, b, from, at - b->size, rc);
	rc = stl_transfer(s, false, true, DP_RDBUFF, &word);
	if (rc == STL_OK)
		store(s, b, at - b->size, word);
	return failed_at(s, b, from, at, rc);
}

static enum stl_status write_run(struct stl *s, const struct burst *b, size_t from, size_t n)
{
	enum stl_status rc = STL_OK;
	uint32_t word;
	size_t at = from;

	for (; at < from + n && rc == STL_OK; at += b->size) {
		word = lane(s, b, at);
		rc = stl_transfer(s, true, false, AP_DRW, &word);
		stl_word_gap(s);
	}
	if (rc != STL_OK)
		return failed_at(s, b, from, at - b->size, rc);
	return failed_at(s, b, from, at, stl_transfer(s, false, true, DP_RDBUFF, &word));
}

static enum stl_status access(struct stl *s, const struct burst *b, bool is_read)
{
	enum stl_status rc = check(s, b);

	s->rw_address = 0;
	if (rc != STL_OK || b->length == 0)
		return rc;
	rc = begin(s, b);
	for (size_t at = 0; at < b->length && rc == STL_OK;) {
		size_t n = run_length(s, b, at);

		rc = stl_write_ap(s, b->ap, AP_TAR, b->addr + (b->increments ? (uint32_t)at : 0));
		if (rc == STL_OK)
			rc = is_read ? read_run(s, b, at, n) : write_run(s, b, at, n);
		at += n;
	}
	if (rc == STL_OK)
		rc = stl_check_sticky(s);
	return as_ap_status(rc);
}

enum stl_status stl_read_word(struct stl *s, unsigned ap, uint32_t addr, uint32_t *value)
{
	struct burst b = { .ap = ap, .size = 4, .addr = addr, .length = 4,
			   .csw = CSW_DEFAULT | 2, .increments = true };
	enum stl_status rc;

	if (addr & 3)
		return STL_ALIGNMENT;
	rc = begin(s, &b);
	if (rc == STL_OK)
		rc = stl_write_ap(s, ap, AP_TAR, addr);
	if (rc == STL_OK)
		rc = stl_read_ap(s, ap, AP_DRW, value);
	if (rc == STL_OK)
		rc = stl_check_sticky(s);
	return as_ap_status(rc);
}

enum stl_status stl_write_word(struct stl *s, unsigned ap, uint32_t addr, uint32_t value)
{
	struct burst b = { .ap = ap, .size = 4, .addr = addr, .length = 4,
			   .csw = CSW_DEFAULT | 2, .increments = true };
	enum stl_status rc;

	if (addr & 3)
		return STL_ALIGNMENT;
	rc = begin(s, &b);
	if (rc == STL_OK)
		rc = stl_write_ap(s, ap, AP_TAR, addr);
	if (rc == STL_OK)
		rc = stl_write_ap(s, ap, AP_DRW, value);
	if (rc == STL_OK)
		rc = stl_check_writes(s);
	return as_ap_status(rc);
}

/* --- Commands --- */

/* All that was asked for, whatever was read of it: a whole number of packets first. */
static void send_data(struct stl *s, size_t n)
{
	size_t step = sizeof(s->data) / 512 * 512;

	for (; n > step; n -= step)
		stl_reply(s, s->data, step);
	stl_reply(s, s->data, n);
}

static void read_memory(struct stl *s, const uint8_t *command, unsigned size, bool increments)
{
	struct burst b;

	parse(s, command, size, increments, &b);
	if (is_fatal(s, &b, true)) {
		s->is_hung = true;
		return;
	}
	/* What a failed read leaves unread is whatever was in the buffer. */
	memset(s->data, 0xee, MIN(b.length + 1, sizeof(s->data)));
	s->rw_status = (uint8_t)access(s, &b, true);
	if (b.length > 0)	/* a single byte comes with a second one */
		send_data(s, MAX(b.length, 2u));
}

static void write_memory(struct stl *s, const uint8_t *command, unsigned size, bool increments)
{
	struct burst b;

	parse(s, command, size, increments, &b);
	if (is_fatal(s, &b, false))
		s->is_hung = true;
	else
		s->rw_status = (uint8_t)access(s, &b, false);
}

static size_t length_of(const struct stl *s, const uint8_t *command)
{
	(void)s;
	return get_le16(command + 6);
}

static void read_32(struct stl *s, const uint8_t *command)
{
	read_memory(s, command, 4, true);
}

static void write_32(struct stl *s, const uint8_t *command)
{
	write_memory(s, command, 4, true);
}

static void read_8(struct stl *s, const uint8_t *command)
{
	read_memory(s, command, 1, true);
}

static void write_8(struct stl *s, const uint8_t *command)
{
	write_memory(s, command, 1, true);
}

static void read_16(struct stl *s, const uint8_t *command)
{
	read_memory(s, command, 2, true);
}

static void write_16(struct stl *s, const uint8_t *command)
{
	write_memory(s, command, 2, true);
}

static void read_32_fixed(struct stl *s, const uint8_t *command)
{
	read_memory(s, command, 4, false);
}

static void write_32_fixed(struct stl *s, const uint8_t *command)
{
	write_memory(s, command, 4, false);
}

static void last_status(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_reply_status(s, s->rw_status);
}

static void last_status_2(struct stl *s, const uint8_t *command)
{
	uint8_t reply[12] = { s->rw_status };

	(void)command;
	put_le32(reply + 4, s->rw_address);
	stl_reply(s, reply, sizeof(reply));
}

const struct stl_command stl_mem_commands[] = {
	{ 0x07, ALWAYS, true, NULL, read_32 },
	{ 0x08, ALWAYS, true, length_of, write_32 },
	{ 0x0c, ALWAYS, true, NULL, read_8 },
	{ 0x0d, ALWAYS, true, length_of, write_8 },
	{ 0x3b, ALWAYS, false, NULL, last_status },
	{ 0x3e, { 15, 0 }, false, NULL, last_status_2 },
	{ 0x47, { 26, 0 }, true, NULL, read_16 },
	{ 0x48, { 26, 0 }, true, length_of, write_16 },
	{ 0x50, { 26, 1 }, true, length_of, write_32_fixed },
	{ 0x54, { 32, 2 }, true, NULL, read_32_fixed },
	{ 0 }
};
