/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring as a waveform: each transfer is drawn as the packet or scan it was, at the set clock, no
 * earlier than it was noted. AP reads are drawn with their own data, as if they were not posted,
 * and the probe's own retries are not seen here.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "adapter/flight.h"
#include "wire/jtag.h"
#include "wire/swd.h"

enum signal { SIG_CLOCK, SIG_DATA, SIG_NRESET, SIG_TDI, SIG_TDO, SIG_COUNT };

struct drawing {
	FILE *file;
	uint64_t now_ns, half_period_ns;
	int level[SIG_COUNT];		/* -1: not drawn yet */
	unsigned ir;
};

static void set_level(struct drawing *d, enum signal signal, bool level)
{
	if (d->level[signal] == level)
		return;
	d->level[signal] = level;
	fprintf(d->file, "%d%c\n", level, "cdrio"[signal]);
}

static void at(struct drawing *d)
{
	fprintf(d->file, "#%" PRIu64 "\n", d->now_ns);
}

/* One clock: data settles while the clock is low and is sampled at the rising edge. */
static void draw_swd_bit(struct drawing *d, bool level)
{
	at(d);
	set_level(d, SIG_CLOCK, 0);
	set_level(d, SIG_DATA, level);
	d->now_ns += d->half_period_ns;
	at(d);
	set_level(d, SIG_CLOCK, 1);
	d->now_ns += d->half_period_ns;
}

static void draw_swd_bits(struct drawing *d, const uint8_t *bits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		draw_swd_bit(d, bits != NULL ? bit_get(bits, i) : 1);
}

static void draw_swd_transfer(struct drawing *d, const struct flight_entry *e)
{
	bool is_good = e->ack == SWD_ACK_OK || e->ack == 8;
	uint8_t request = swd_request(e->reg, e->is_read), ack = is_good ? SWD_ACK_OK : e->ack,
		data[5];

	swd_put_data(data, e->value);
	draw_swd_bits(d, &request, SWD_REQUEST_BITS);
	draw_swd_bits(d, NULL, 1);			/* turnaround: the line is pulled up */
	draw_swd_bits(d, &ack, 3);
	if (e->is_read && is_good) {
		if (e->ack == 8)
			data[4] ^= 1;
		draw_swd_bits(d, data, SWD_DATA_BITS);
		draw_swd_bits(d, NULL, 1);
	} else {
		draw_swd_bits(d, NULL, 1);
		if (is_good)
			draw_swd_bits(d, data, SWD_DATA_BITS);
	}
	for (int i = 0; i < 2; i++)
		draw_swd_bit(d, 0);
}

static void draw_swd_link(struct drawing *d, uint32_t how)
{
	static const enum swd_sequence sequences[] = { SWD_SEQ_JTAG_TO_SWD, SWD_SEQ_DORMANT_TO_SWD,
						       SWD_SEQ_LINE_RESET, SWD_SEQ_SWD_TO_JTAG };
	uint8_t bits[SWD_SEQ_MAX_BYTES];

	draw_swd_bits(d, bits, swd_put_sequence(sequences[how & 3], bits));
}

static void draw_swd(struct drawing *d, const struct flight_entry *e)
{
	struct flight_entry plain = { .ack = SWD_ACK_OK, .value = e->value };

	switch (e->kind) {
	case FLIGHT_TRANSFER:
		draw_swd_transfer(d, e);
		break;
	case FLIGHT_LINK:
		draw_swd_link(d, e->value);
		break;
	case FLIGHT_SELECT_TARGET:
		plain.reg = PORT_DP(0xc);
		plain.ack = SWD_ACK_NONE;
		draw_swd_transfer(d, &plain);
		break;
	case FLIGHT_ABORT:
		draw_swd_transfer(d, &plain);
		break;
	default:
		break;
	}
}

static void draw_jtag_bits(struct drawing *d, const struct jtag_bits *bits, size_t tdo_at,
			   uint64_t tdo)
{
	for (size_t i = 0; i < bits->count; i++) {
		at(d);
		set_level(d, SIG_CLOCK, 0);
		set_level(d, SIG_DATA, bit_get(bits->tms.data, i));
		set_level(d, SIG_TDI, bit_get(bits->tdi.data, i));
		if (i >= tdo_at && i < tdo_at + JTAG_DP_BITS)
			set_level(d, SIG_TDO, tdo >> (i - tdo_at) & 1);
		d->now_ns += d->half_period_ns;
		at(d);
		set_level(d, SIG_CLOCK, 1);
		d->now_ns += d->half_period_ns;
	}
}

/* As if the debug port were alone in the chain. */
static void draw_jtag(struct drawing *d, const struct flight_entry *e)
{
	static const struct jtag_chain alone = { 1, { 4 } };
	unsigned ir = e->kind == FLIGHT_ABORT ? JTAG_IR_ABORT
		      : e->reg & 1	      ? JTAG_IR_APACC
					      : JTAG_IR_DPACC;
	struct jtag_bits bits = { 0 };

	if (e->kind == FLIGHT_LINK) {
		jtag_put_reset(&bits);
		draw_jtag_bits(d, &bits, bits.count, 0);
		d->ir = 0;
	} else if (e->kind == FLIGHT_TRANSFER || e->kind == FLIGHT_ABORT) {
		uint64_t ack = e->ack == SWD_ACK_WAIT ? 1 : 2;	/* IHI 0031 B3.2.1 */

		if (d->ir != ir)
			jtag_put_tap_ir(&bits, &alone, 0, ir);
		d->ir = ir;
		size_t at_clock = jtag_put_tap_dr(
			&bits, &alone, 0,
			jtag_dp_request(e->reg, e->is_read, e->is_read ? 0 : e->value),
			JTAG_DP_BITS);

		draw_jtag_bits(d, &bits, at_clock,
			       ack | (uint64_t)(e->is_read ? e->value : 0) << 3);
	}
	jtag_bits_free(&bits);
}

static void draw_header(struct drawing *d, bool is_jtag)
{
	fprintf(d->file, "$version probed flight recorder $end\n$timescale 1ns $end\n"
			 "$scope module probe $end\n");
	if (is_jtag)
		fprintf(d->file,
			"$var wire 1 c TCK $end\n$var wire 1 d TMS $end\n$var wire 1 i TDI $end\n"
			"$var wire 1 o TDO $end\n");
	else
		fprintf(d->file, "$var wire 1 c SWCLK $end\n$var wire 1 d SWDIO $end\n");
	fprintf(d->file, "$var wire 1 r nRESET $end\n$upscope $end\n$enddefinitions $end\n");
}

static void draw_all(struct drawing *d, const struct flight *flight, bool is_jtag)
{
	uint64_t first = flight->count - MIN(flight->count, (uint64_t)FLIGHT_ENTRIES);
	uint64_t start = flight->count ? flight->ring[first % FLIGHT_ENTRIES].time_ns : 0;

	at(d);
	set_level(d, SIG_CLOCK, 0);
	set_level(d, SIG_DATA, 1);
	set_level(d, SIG_NRESET, 1);
	if (is_jtag) {
		set_level(d, SIG_TDI, 1);
		set_level(d, SIG_TDO, 1);
	}
	for (uint64_t i = first; i < flight->count; i++) {
		const struct flight_entry *e = &flight->ring[i % FLIGHT_ENTRIES];

		d->now_ns = MAX(d->now_ns, e->time_ns - start);
		if (e->kind == FLIGHT_RESET) {
			at(d);
			set_level(d, SIG_NRESET, !(e->value & 1));
		} else if (is_jtag) {
			draw_jtag(d, e);
		} else {
			draw_swd(d, e);
		}
	}
	at(d);
	set_level(d, SIG_CLOCK, 0);
}

enum err flight_write_vcd(const struct flight *flight, enum transport transport, uint32_t khz,
			  const char *path)
{
	bool is_jtag = transport == TRANSPORT_JTAG;
	struct drawing d = { .half_period_ns = MAX(500000u / MAX(khz, 1u), 1u),
			     .level = { -1, -1, -1, -1, -1 } };

	d.file = fopen(path, "we");
	if (d.file == NULL)
		return error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	draw_header(&d, is_jtag);
	draw_all(&d, flight, is_jtag);
	bool is_whole = !ferror(d.file);

	if (fclose(d.file) != 0 || !is_whole)
		return error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	return OK;
}
