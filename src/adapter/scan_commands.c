/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scans by hand. Every one ends in Run-Test/Idle; an -endstate is accepted and not kept. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/chain.h"
#include "adapter/commands.h"
#include "base/log.h"

#define MAX_SCAN_BITS 65536u

/* TAP states as pathmove names them, and where TMS 0 and 1 lead (IEEE 1149.1 figure 6-1). */
static const struct {
	const char *name;
	uint8_t next[2];
} tap_states[] = {
	{ "RESET", { 1, 0 } },	   { "RUN/IDLE", { 1, 2 } },  { "DRSELECT", { 3, 9 } },
	{ "DRCAPTURE", { 4, 5 } }, { "DRSHIFT", { 4, 5 } },   { "DREXIT1", { 6, 8 } },
	{ "DRPAUSE", { 6, 7 } },   { "DREXIT2", { 4, 8 } },   { "DRUPDATE", { 1, 2 } },
	{ "IRSELECT", { 10, 0 } }, { "IRCAPTURE", { 11, 12 } }, { "IRSHIFT", { 11, 12 } },
	{ "IREXIT1", { 13, 15 } }, { "IRPAUSE", { 13, 14 } }, { "IREXIT2", { 11, 15 } },
	{ "IRUPDATE", { 1, 2 } },
};
#define RUN_IDLE 1

static int state_by_name(const char *name)
{
	if (strcmp(name, "IDLE") == 0)
		return RUN_IDLE;
	for (size_t i = 0; i < ARRAY_SIZE(tap_states); i++)
		if (strcmp(tap_states[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Drops a trailing "-endstate STATE"; *argc is what is left. */
static enum err strip_endstate(struct call *c, int *argc)
{
	*argc = c->argc;
	if (c->argc < 3 || strcmp(c->argv[c->argc - 2], "-endstate") != 0)
		return OK;
	if (state_by_name(c->argv[c->argc - 1]) < 0)
		return error_why(ERR_ARGUMENT, "\"%s\" is no TAP state", c->argv[c->argc - 1]);
	*argc -= 2;
	return OK;
}

static enum err arg_enabled_tap(struct call *c, int index, struct tap **tap, unsigned *place)
{
	struct adapter *adapter = c->user;

	*tap = adapter_find_tap(adapter, c->argv[index]);
	int at = *tap ? jtag_tap_index(adapter, *tap) : -1;

	if (at < 0) {
		error_why(ERR_ARGUMENT, "Tap '%s' %s", c->argv[index],
			  *tap ? "is disabled" : "could not be found");
		return error_next(ERR_ARGUMENT, "run \"scan_chain\"");
	}
	*place = (unsigned)at;
	return OK;
}

static size_t ir_offset(const struct jtag_chain *chain, unsigned tap)
{
	size_t at = 0;

	for (unsigned i = 0; i < tap; i++)
		at += chain->ir_bits[i];
	return at;
}

static enum err cmd_irscan(struct call *c)
{
	struct jtag_bits bits = { 0 };
	struct jtag_chain chain;
	uint8_t ir[JTAG_MAX_TAPS * 8];
	int argc;

	TRY(strip_endstate(c, &argc));
	if (argc % 2 == 0)
		return arg_usage(c);
	jtag_get_chain(c->user, &chain);
	memset(ir, 0xff, sizeof(ir));	/* BYPASS for those not named */
	for (int i = 1; i < argc; i += 2) {
		struct tap *tap;
		unsigned place;
		uint64_t value;

		TRY(arg_enabled_tap(c, i, &tap, &place));
		TRY(arg_u64(c, i + 1, &value));
		size_t at = ir_offset(&chain, place);

		for (unsigned b = 0; b < tap->ir_bits; b++)
			bit_set(ir, at + b, value >> b & 1);
	}
	jtag_put_ir(&bits, ir, ir_offset(&chain, chain.count));
	enum err rc = jtag_exchange(c->user, &bits, NULL);

	jtag_bits_free(&bits);
	return rc;
}

/* A value of any width in hex or decimal, into bits [at, at + width). */
static enum err put_value(struct call *c, int index, uint8_t *out, size_t at, size_t width)
{
	const char *text = c->argv[index];
	size_t digits = strlen(text);
	uint64_t value;

	if (strncmp(text, "0x", 2) != 0 || digits - 2 <= 16) {
		TRY(arg_u64(c, index, &value));
		for (size_t b = 0; b < width; b++)
			bit_set(out, at + b, b < 64 && (value >> b & 1));
		return OK;
	}
	for (size_t b = 0; b < width; b++) {
		size_t nibble = b / 4;
		int digit = nibble < digits - 2 ? hex_digit(text[digits - 1 - nibble]) : 0;

		if (digit < 0)
			return error_why(ERR_ARGUMENT, "\"%s\" is no hexadecimal number", text);
		bit_set(out, at + b, digit >> (b % 4) & 1);
	}
	return OK;
}

static void append_field(struct call *c, const uint8_t *tdo, size_t at, size_t width)
{
	struct buf text = { 0 };

	for (size_t nibble = (width + 3) / 4; nibble-- > 0;) {
		unsigned digit = 0;

		for (size_t b = 0; b < 4 && nibble * 4 + b < width; b++)
			digit |= (unsigned)bit_get(tdo, at + nibble * 4 + b) << b;
		buf_putc(&text, "0123456789abcdef"[digit]);
	}
	result_append(c, (const char *)text.data);
	buf_free(&text);
}

/* drscan TAP (bits value)+: one data scan; the other TAPs are in BYPASS. */
static enum err drscan(struct call *c, int argc, uint8_t *out, size_t total, size_t before,
		       size_t after)
{
	struct jtag_bits bits = { 0 };
	size_t at = before;

	memset(out, 0xff, (before + total + after) / 8 + 1);
	for (int i = 2; i < argc; i += 2) {
		uint32_t width = 0;

		TRY(arg_u32(c, i, &width));
		TRY(put_value(c, i + 1, out, at, width));
		at += width;
	}
	size_t captured = jtag_put_dr(&bits, out, before + total + after) + before;
	uint8_t *tdo = xcalloc(1, bits.count / 8 + 1);
	enum err rc = jtag_exchange(c->user, &bits, tdo);

	for (int i = 2; i < argc && rc == OK; i += 2) {
		uint32_t width = 0;

		rc = arg_u32(c, i, &width);
		append_field(c, tdo, captured, width);
		captured += width;
	}
	free(tdo);
	jtag_bits_free(&bits);
	return rc;
}

static enum err cmd_drscan(struct call *c)
{
	struct jtag_chain chain;
	struct tap *tap;
	unsigned place;
	size_t total = 0;
	int argc;

	TRY(strip_endstate(c, &argc));
	if (argc < 4 || argc % 2 != 0)
		return arg_usage(c);
	TRY(arg_enabled_tap(c, 1, &tap, &place));
	for (int i = 2; i < argc; i += 2) {
		uint32_t width;

		TRY(arg_u32(c, i, &width));
		if (width == 0 || total + width > MAX_SCAN_BITS)
			return error_why(ERR_ARGUMENT, "a scan has 1 to %u bits", MAX_SCAN_BITS);
		total += width;
	}
	jtag_get_chain(c->user, &chain);
	uint8_t *out = xcalloc(1, (total + JTAG_MAX_TAPS) / 8 + 2);
	enum err rc = drscan(c, argc, out, total, place, chain.count - 1 - place);

	free(out);
	return rc;
}

static enum err cmd_runtest(struct call *c)
{
	struct jtag_bits bits = { 0 };
	uint32_t clocks;

	TRY(arg_u32(c, 1, &clocks));
	if (clocks > 1000000)
		return error_why(ERR_ARGUMENT, "%" PRIu32 " clocks are too many for one command",
				 clocks);
	jtag_put_idle(&bits, clocks);
	enum err rc = clocks ? jtag_exchange(c->user, &bits, NULL) : OK;

	jtag_bits_free(&bits);
	return rc;
}

static enum err cmd_pathmove(struct call *c)
{
	struct jtag_bits bits = { 0 };
	int state = state_by_name(c->argv[1]);

	for (int i = 1; i < c->argc; i++) {
		int next = state_by_name(c->argv[i]);

		if (next < 0 || state < 0) {
			jtag_bits_free(&bits);
			return error_why(ERR_ARGUMENT, "\"%s\" is no TAP state", c->argv[i]);
		}
		if (i == 1)
			continue;
		if (tap_states[state].next[0] != next && tap_states[state].next[1] != next) {
			jtag_bits_free(&bits);
			return error_why(ERR_ARGUMENT, "no edge leads from %s to %s",
					 tap_states[state].name, tap_states[next].name);
		}
		jtag_put(&bits, tap_states[state].next[1] == next, 1);
		state = next;
	}
	enum err rc = bits.count ? jtag_exchange(c->user, &bits, NULL) : OK;

	jtag_bits_free(&bits);
	return rc;
}

static enum err cmd_flush_count(struct call *c)
{
	const struct adapter *adapter = c->user;

	result_int(c, (int64_t)adapter->port.stats.round_trips);
	return OK;
}

static enum err cmd_verify(struct call *c)
{
	bool on = true;

	if (c->argc > 1)
		TRY(arg_bool(c, 1, &on));
	if (!on)
		log_warning("%s: the chain is always checked", c->row->name);
	result_printf(c, "%s is enabled", c->row->name);
	return OK;
}

const struct command scan_commands[] = {
	{ "irscan", STAGE_EXEC, 2, -1, "(tap instruction)+ ?-endstate state?", cmd_irscan,
	  "Load instruction registers; TAPs not named get BYPASS." },
	{ "drscan", STAGE_EXEC, 3, -1, "tap (bits value)+ ?-endstate state?", cmd_drscan,
	  "Shift the data register of one TAP; returns the fields that came out, in hex." },
	{ "jtag drscan", STAGE_EXEC, 3, -1, "tap (bits value)+ ?-endstate state?", cmd_drscan,
	  "Same as \"drscan\"." },
	{ "runtest", STAGE_EXEC, 1, 1, "clocks", cmd_runtest, "Clocks in Run-Test/Idle." },
	{ "pathmove", STAGE_EXEC, 1, -1, "state ...", cmd_pathmove,
	  "Walk the TAP state machine; the first state is the one it is in." },
	{ "jtag pathmove", STAGE_EXEC, 1, -1, "state ...", cmd_pathmove, "Same as \"pathmove\"." },
	{ "flush_count", STAGE_EXEC, 0, 0, "", cmd_flush_count,
	  "How often the probe was waited for." },
	{ "jtag flush_count", STAGE_EXEC, 0, 0, "", cmd_flush_count, "Same as \"flush_count\"." },
	{ "tms_sequence", STAGE_ANY, 0, 1, "?short|long?", cmd_accept_and_ignore,
	  "Accepted: state changes are always short." },
	{ "verify_ircapture", STAGE_ANY, 0, 1, "?enable|disable?", cmd_verify,
	  "Accepted: what TAPs capture is always compared." },
	{ "verify_jtag", STAGE_ANY, 0, 1, "?enable|disable?", cmd_verify,
	  "Accepted: scans are always verified." },
	{ 0 }
};
