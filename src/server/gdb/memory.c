/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: m, x, M, X. One, two or four aligned bytes are one access of that width, as peripherals
 * expect; never more than asked is read outside flash and RAM. Long reads go in pieces, so that a slow
 * probe cannot keep GDB waiting without a sign of life.
 */
#include <string.h>

#include "server/gdb/packets.h"

#define PIECE	 4096u
#define CODE_END 0x20000000u

/* GDB cannot tell a bus error in a back-trace from one in x/: see gdb_report_data_abort. */
static bool is_data_abort(enum err rc)
{
	return rc == ERR_BUS || rc == ERR_DAP_FAULT || rc == ERR_DAP_WAIT;
}

static enum err data_abort(struct gdb_session *s, enum err rc, uint32_t addr)
{
	if (s->server->options.report_data_abort || !is_data_abort(rc)) {
		log_debug("gdb: read at 0x%08x: %s", addr, error_text(error_current()));
		return rc;
	}
	if (!s->is_abort_told)
		log_info("reads that fail show GDB zeros (first at 0x%08x: %s); "
			 "\"gdb_report_data_abort enable\" makes them errors",
			 addr, error_text(error_current()));
	s->is_abort_told = true;
	error_clear();
	return OK;
}

/* *n: in, how many bytes; out, how many there are before an error. */
static enum err read_memory(struct gdb_session *s, uint32_t addr, uint8_t *dst, size_t *n)
{
	size_t wanted = *n, done = 0;

	while (done < wanted) {
		size_t piece = MIN(wanted - done, PIECE), got = 0;
		uint32_t at = addr + (uint32_t)done;

		if (cache_read(s, at, dst + done, piece)) {
			done += piece;
			continue;
		}
		enum err rc = target_read_bytes(s->target, at, dst + done, piece, &got);

		done += got;
		if (rc != OK && data_abort(s, rc, at) == OK) {
			memset(dst + done, 0, wanted - done);
			return OK;
		}
		if (rc != OK) {
			*n = done;
			return rc;
		}
		output_keep_alive(s);
	}
	return OK;
}

/* "addr,length", cut to what an answer can hold and to the end of the address space. */
static enum err take_read(struct rsp_args *args, size_t most, uint32_t *addr, size_t *length)
{
	uint32_t n;

	if (!rsp_take_pair(args, addr, ',', &n) || !rsp_at_end(args))
		return gdb_malformed("memory read");
	uint64_t to_top = 0x100000000ull - *addr;

	*length = MIN(n, most);
	*length = (size_t)MIN(*length, to_top);
	return OK;
}

/* The part before an error is an answer; GDB asks again for the rest and gets the error then. A read
 * error is no event for the log: garbage frames make GDB read anywhere. */
static enum err failed_read(struct gdb_session *s, enum err rc)
{
	struct buf body = { 0 };

	gdb_format_failure(s, rc, &body);
	error_clear();
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
	return OK;
}

static enum err packet_m(struct gdb_session *s, struct rsp_args *args)
{
	uint8_t data[RSP_BODY_MAX / 2];
	char text[RSP_BODY_MAX + 1];
	uint32_t addr;
	size_t n;

	TRY(take_read(args, sizeof(data), &addr, &n));
	if (n == 0)	/* an empty answer would say that m is unknown */
		return gdb_malformed("m");
	enum err rc = read_memory(s, addr, data, &n);

	if (rc != OK && n == 0)
		return failed_read(s, rc);
	error_clear();
	hex_encode(text, data, n);
	gdb_reply(s, text, 2 * n);
	return OK;
}

static enum err packet_x(struct gdb_session *s, struct rsp_args *args)
{
	uint8_t data[RSP_BODY_MAX];
	struct buf body = { 0 };
	uint32_t addr;
	size_t n;

	TRY(take_read(args, RSP_BODY_MAX - 1, &addr, &n));
	enum err rc = read_memory(s, addr, data, &n);

	if (rc != OK && n == 0)
		return failed_read(s, rc);
	error_clear();
	n = rsp_escape_fits(data, n, RSP_BODY_MAX - 1);
	buf_putc(&body, 'b');
	rsp_escape(&body, data, n);
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
	return OK;
}

static bool may_hold(const struct flash_bank *b, uint32_t addr)
{
	return addr >= b->base && addr >> 28 == b->base >> 28;
}

/* A client that has not read the memory map writes before anybody has asked how long the bank is. */
static void probe_if_it_may_be(struct flash_bank *b, uint32_t addr)
{
	if (!b->is_probed && may_hold(b, addr) && flash_probe(b) != OK)
		error_clear();
}

/* A bus write to flash is lost without a sign on most chips; a load without a memory map does it. */
static enum err check_not_flash(struct gdb_session *s, uint32_t addr)
{
	for (struct flash_bank *b = s->server->flash->banks; b != NULL; b = b->next) {
		if (b->target != s->target)
			continue;
		probe_if_it_may_be(b, addr);
		if (!b->is_probed || addr - b->base >= b->size)
			continue;
		error_why(ERR_REFUSED, "0x%08x is flash (%s), it cannot be written like memory", addr,
			  b->name);
		return error_next(ERR_REFUSED, "use GDB's \"load\" with \"gdb_memory_map enable\", or "
					       "\"flash write_image\"");
	}
	return OK;
}

/* Flash that no bank knows: the driver is missing or cannot probe it (*bank), or the target file is one
 * without flash; code is below 0x20000000 then (ARMv7-M B3.1). */
static bool may_be_unknown_flash(const struct gdb_session *s, uint32_t addr, struct flash_bank **bank)
{
	bool is_known = false;

	*bank = NULL;
	for (struct flash_bank *b = s->server->flash->banks; b != NULL; b = b->next) {
		if (b->target != s->target)
			continue;
		is_known = is_known || b->is_probed;
		if (!b->is_probed && may_hold(b, addr))
			*bank = b;
	}
	return *bank != NULL || (!is_known && addr < CODE_END);
}

/* "load" with the wrong target file would end well, and nothing would be there. */
static enum err check_taken(struct gdb_session *s, uint32_t addr, const uint8_t *src, size_t n)
{
	uint8_t back[PIECE];
	struct flash_bank *bank;

	if (s->target->state != TARGET_HALTED || !may_be_unknown_flash(s, addr, &bank))
		return OK;
	TRY(target_read_bytes(s->target, addr, back, n, NULL));
	if (memcmp(back, src, n) == 0)
		return OK;
	if (bank != NULL && flash_probe(bank) != OK)
		return error_what(error_current()->code, "0x%08x did not take what was written", addr);
	error_why(ERR_NO_BANK, "0x%08x did not take what was written: it is flash that no bank covers, "
		  "or no memory", addr);
	return error_next(ERR_NO_BANK, "use the target file of this chip; without this server at the probe "
			  "\"probed info\" names the chip");
}

static enum err write_memory(struct gdb_session *s, uint32_t addr, const uint8_t *src, size_t n)
{
	if (n > 0x100000000ull - addr)
		return error_why(ERR_ARGUMENT, "a write of %zu bytes at 0x%08x runs past the end", n, addr);
	if (n > 0)
		TRY(check_not_flash(s, addr));
	for (size_t done = 0; done < n;) {
		size_t piece = MIN(n - done, PIECE);

		TRY(target_write_bytes(s->target, addr + (uint32_t)done, src + done, piece));
		TRY(check_taken(s, addr + (uint32_t)done, src + done, piece));
		done += piece;
		output_keep_alive(s);
	}
	gdb_reply_ok(s);
	return OK;
}

static enum err packet_M(struct gdb_session *s, struct rsp_args *args)
{
	uint8_t data[RSP_INPUT_MAX / 2];
	uint32_t addr, length;

	if (!rsp_take_pair(args, &addr, ',', &length) || !rsp_take_char(args, ':') ||
	    rsp_left(args) != 2 * (size_t)length || !hex_decode(data, args->at, 2 * (size_t)length))
		return gdb_malformed("M");
	return write_memory(s, addr, data, length);
}

/* GDB tries X with length 0 first; nothing is touched for it. */
static enum err packet_X(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t addr, length;

	if (!rsp_take_pair(args, &addr, ',', &length) || !rsp_take_char(args, ':') ||
	    rsp_left(args) != length)
		return gdb_malformed("X");
	return write_memory(s, addr, (const uint8_t *)args->at, length);
}

const struct gdb_packet memory_packets[] = {
	{ "m", MATCH_PREFIX, packet_m },
	{ "x", MATCH_PREFIX, packet_x },
	{ "M", MATCH_PREFIX, packet_M },
	{ "X", MATCH_PREFIX, packet_X },
	{ NULL, MATCH_WHOLE, NULL }
};
