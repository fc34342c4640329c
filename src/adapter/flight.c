/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/flight.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/swd.h"

struct flight *flight_new(void)
{
	return xcalloc(1, sizeof(struct flight));
}

void flight_free(struct flight *flight)
{
	free(flight);
}

/* Names of DP registers by offset; DPBANKSEL decides about 0x4 (IHI 0031 B2.2). */
static const char *dp_name(uint8_t reg, bool is_read, uint32_t select)
{
	static const char *const bank4[8] = { "CTRL/STAT", "DLCR",    "TARGETID", "DLPIDR",
					      "EVENTSTAT", "SELECT1", "DP 0x64",  "DP 0x74" };

	switch (reg & 0xc) {
	case 0x0: return is_read ? "DPIDR" : "ABORT";
	case 0x4: return bank4[select & 7];
	case 0x8: return is_read ? "RESEND" : "SELECT";
	default:  return is_read ? "RDBUFF" : "TARGETSEL";
	}
}

/* Names of MEM-AP registers by bank and offset (IHI 0031 C2.6). */
static const char *ap_name(uint8_t offset)
{
	static const struct {
		uint8_t offset;
		const char *name;
	} names[] = {
		{ 0x00, "CSW" },  { 0x04, "TAR" }, { 0x0c, "DRW" }, { 0x10, "BD0" },
		{ 0x14, "BD1" },  { 0x18, "BD2" }, { 0x1c, "BD3" }, { 0xf4, "CFG" },
		{ 0xf8, "BASE" }, { 0xfc, "IDR" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].offset == offset)
			return names[i].name;
	return "register";
}

static const char *ack_name(uint8_t ack)
{
	switch (ack) {
	case SWD_ACK_OK: return "OK";
	case SWD_ACK_WAIT: return "WAIT";
	case SWD_ACK_FAULT: return "FAULT";
	case 8: return "PARITY ERROR";
	default: return "NO ACK";
	}
}

static const char *link_name(uint32_t how)
{
	switch (how) {
	case LINK_JTAG_TO_SWD: return "line reset, JTAG to SWD";
	case LINK_DORMANT_TO_SWD: return "dormant to SWD";
	case LINK_LINE_RESET: return "line reset";
	default: return "SWD to JTAG, test logic reset";
	}
}

static void describe(const struct flight_entry *e, struct buf *out)
{
	const char *direction = e->is_read ? "read " : "write";

	switch (e->kind) {
	case FLIGHT_LINK:
		buf_printf(out, "link: %s", link_name(e->value));
		return;
	case FLIGHT_RESET:
		buf_printf(out, "reset lines: srst %s, trst %s",
			   e->value & 1 ? "asserted" : "released",
			   e->value & 2 ? "asserted" : "released");
		return;
	case FLIGHT_SELECT_TARGET:
		buf_printf(out, "DP TARGETSEL write 0x%08" PRIx32, e->value);
		return;
	case FLIGHT_ABORT:
		buf_printf(out, "DP ABORT write 0x%08" PRIx32, e->value);
		return;
	default:
		break;
	}
	if (e->reg & 1) {
		uint8_t offset = (uint8_t)((e->select & 0xf0) | (e->reg & 0xc));

		buf_printf(out, "AP%" PRIu32 " 0x%02x %s %s", e->select >> 24, offset,
			   ap_name(offset), direction);
	} else {
		buf_printf(out, "DP %s %s", dp_name(e->reg, e->is_read, e->select), direction);
	}
	if (e->ack == SWD_ACK_OK || !e->is_read)
		buf_printf(out, " 0x%08" PRIx32, e->value);
	buf_printf(out, " %s", ack_name(e->ack));
}

static void note(struct flight *flight, const struct flight_entry *entry)
{
	struct flight_entry *e = &flight->ring[flight->count++ % FLIGHT_ENTRIES];

	*e = *entry;
	e->time_ns = clock_now_ns();
	e->select = flight->select;
	if (log_enabled(LOG_DEBUG)) {
		struct buf line = { 0 };

		describe(e, &line);
		log_debug("%s", (const char *)line.data);
		buf_free(&line);
	}
}

void flight_transfer(struct flight *flight, uint8_t reg, bool is_read, uint32_t value, uint8_t ack)
{
	note(flight, &(struct flight_entry){ .kind = FLIGHT_TRANSFER,
					     .reg = reg,
					     .is_read = is_read,
					     .value = value,
					     .ack = ack });
	if (reg == PORT_DP(0x8) && !is_read && ack == SWD_ACK_OK)
		flight->select = value;
}

void flight_note(struct flight *flight, enum flight_kind kind, uint32_t value)
{
	note(flight, &(struct flight_entry){ .kind = (uint8_t)kind, .value = value });
}

static uint64_t first_kept(const struct flight *flight, size_t limit)
{
	uint64_t kept = MIN(flight->count, (uint64_t)MIN(limit, (size_t)FLIGHT_ENTRIES));

	return flight->count - kept;
}

void flight_text(const struct flight *flight, size_t limit, struct buf *out)
{
	for (uint64_t i = first_kept(flight, limit); i < flight->count; i++) {
		const struct flight_entry *e = &flight->ring[i % FLIGHT_ENTRIES];

		buf_printf(out, "%8" PRIu64 " %12.6f  ", i, (double)e->time_ns / 1e9);
		describe(e, out);
		buf_putc(out, '\n');
	}
}

void flight_log(const struct flight *flight, size_t limit)
{
	if (!log_enabled(LOG_DEBUG))
		return;
	log_debug("flight recorder, the last transfers:");
	for (uint64_t i = first_kept(flight, limit); i < flight->count; i++) {
		struct buf line = { 0 };

		describe(&flight->ring[i % FLIGHT_ENTRIES], &line);
		log_debug("  %" PRIu64 " %s", i, (const char *)line.data);
		buf_free(&line);
	}
}
