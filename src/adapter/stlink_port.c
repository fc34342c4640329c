/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue is walked once. SELECT is only noted: the firmware keeps its own. CSW and TAR of a
 * MEM-AP are noted, too, and written only when a raw access needs them: the memory commands
 * overwrite both in the access port.
 *
 * An AP write by WRITE_DAP_REG is acknowledged before it has happened; whether it did is known from
 * RDBUFF and CTRL/STAT, which are read before the run ends.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "adapter/chain.h"
#include "adapter/flight.h"
#include "adapter/stlink_run.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/swd.h"

#define STICKYERR	BIT(5)
#define STICKY_FLAGS	0xb2u	/* WDATAERR, STICKYERR, STICKYCMP, STICKYORUN */
#define STICKY_FAULTS	0xa2u	/* those that mean a failed access */
#define STICKY_W1C	0x32u	/* JTAG: cleared by writing ones to CTRL/STAT */
#define ABORT_CLEAR	0x1eu
#define ORUNDETECT	BIT(0)

#define AP_CSW		0x00u
#define AP_TAR		0x04u
#define AP_IDR		0xfcu

uint32_t *stlink_place(const struct stlink_run *run, struct port_pos pos)
{
	const struct port_item *item = &run->port->items[pos.item];

	return item->dst != NULL ? item->dst + pos.word : NULL;
}

void stlink_note(struct stlink_run *run, struct port_pos end)
{
	const struct dap_port *port = run->port;

	while (run->noted.item < end.item ||
	       (run->noted.item == end.item && run->noted.word < end.word)) {
		const struct port_item *item = &port->items[run->noted.item];
		const uint32_t *dst = item->is_read ? stlink_place(run, run->noted) : NULL;
		uint32_t value = item->is_read ? (dst ? *dst : 0) : port_value(port, run->noted);

		flight_transfer(port->flight, item->reg, item->is_read, value, SWD_ACK_OK);
		run->port->stats.transfers++;
		run->port->stats.wire_bits += SWD_PACKET_BITS;
		port_advance(port, &run->noted);
	}
}

static unsigned ack_of(enum err code)
{
	switch (code) {
	case ERR_DAP_WAIT: return SWD_ACK_WAIT;
	case ERR_DAP_FAULT: return SWD_ACK_FAULT;
	case ERR_DAP_PARITY: return 8;
	default: return SWD_ACK_NONE;
	}
}

static uint32_t flags_of(unsigned status)
{
	switch (status) {
	case 0x18: return BIT(7);
	case 0x1a: return BIT(1);
	default: return stlink_status(status)->err == ERR_DAP_FAULT ? STICKYERR : 0;
	}
}

enum err stlink_fail(struct stlink_run *run, struct port_pos pos, unsigned status)
{
	const struct stlink_status *row = stlink_status(status);
	const struct port_item *item = &run->port->items[pos.item];

	run->s->sticky |= flags_of(status);
	stlink_note(run, pos);
	flight_transfer(run->port->flight, item->reg, item->is_read, 0, (uint8_t)ack_of(row->err));
	log_debug("st-link: status 0x%02x (%s)", status, row->words);
	port_fail(run->port, pos, row->err, ack_of(row->err));
	switch (row->err) {
	case ERR_DAP_FAULT:
	case ERR_DAP_WAIT:
	case ERR_DAP_PARITY:
	case ERR_DAP_NO_ACK: return row->err;
	default:
		return error_why(row->err, "the ST-LINK cannot do it: %s (status 0x%02x)",
				 row->words, status);
	}
}

enum err stlink_patient(struct stlink_run *run, const uint8_t *bytes, size_t n, uint8_t *reply,
			size_t size, unsigned *status)
{
	struct dap_port *port = run->port;
	uint64_t start = 0;
	bool has_waited = false, may_lie = false;

	for (;;) {
		TRY(stlink_debug(run->s, bytes, n, reply, size, status));
		enum err rc = stlink_status(*status)->err;

		/* A busy access port shows as WAIT, then once as FAULT (V3). */
		if (rc == ERR_DAP_FAULT && may_lie) {
			may_lie = false;
			continue;
		}
		if (rc != ERR_DAP_WAIT)
			return OK;
		start = has_waited ? start : clock_now_ms();
		may_lie = !has_waited;
		has_waited = true;
		port->stats.waits++;
		if (clock_now_ms() - start > port->wait_budget_ms)
			return OK;
	}
}

enum err stlink_raw(struct stlink_run *run, unsigned ap, unsigned addr, bool is_read,
		    uint32_t *value, unsigned *status)
{
	uint8_t command[10] = { ST_DEBUG, is_read ? ST_READ_DAP_REG : ST_WRITE_DAP_REG }, reply[8];

	put_le16(command + 2, (uint16_t)ap);
	put_le16(command + 4, (uint16_t)addr);
	if (!is_read)
		put_le32(command + 6, *value);
	TRY(stlink_patient(run, command, is_read ? 6 : 10, reply, is_read ? 8 : 2, status));
	if (is_read && stlink_status(*status)->err == OK)
		*value = get_le32(reply + 4);
	return OK;
}

static enum err read_dp(struct stlink_run *run, unsigned addr, uint32_t *value, unsigned *status)
{
	const struct stlink *s = run->s;

	TRY(stlink_raw(run, ST_DP, addr, true, value, status));
	if ((s->features & ST_LATE_DP_READ) && run->port->transport == TRANSPORT_JTAG &&
	    addr != 0xc && stlink_status(*status)->err == OK)
		return stlink_raw(run, ST_DP, 0xc, true, value, status);
	return OK;
}

enum err stlink_clear_sticky(struct stlink_run *run)
{
	struct stlink *s = run->s;
	bool is_jtag = run->port->transport == TRANSPORT_JTAG;
	uint32_t value = is_jtag ? s->ctrl | STICKY_W1C : ABORT_CLEAR;
	unsigned status;

	return stlink_raw(run, ST_DP, is_jtag ? 0x4 : 0x0, false, &value, &status);
}

enum err stlink_settle(struct stlink_run *run)
{
	bool is_write = run->write_is_open, is_open = is_write || run->read_is_open;
	uint32_t value = 0;
	unsigned status;

	if (!is_open)
		return OK;
	run->write_is_open = run->read_is_open = false;
	if (is_write) {
		TRY(stlink_raw(run, ST_DP, 0xc, true, &value, &status));
		if (stlink_status(status)->err != OK)
			return stlink_fail(run, run->open_at, status);
	}
	TRY(read_dp(run, 0x4, &value, &status));
	if (stlink_status(status)->err != OK)
		return stlink_fail(run, run->open_at, status);
	if (!(value & STICKY_FAULTS))
		return OK;
	run->s->sticky |= value & STICKY_FLAGS;
	return stlink_fail(run, run->open_at, value & BIT(7) ? 0x18 : 0x19);
}

/* ---- The Debug Port. ---- */

/* ABORT's clear bits and the flags they clear (IHI 0031 B2.2.1). */
static uint32_t cleared_by_abort(uint32_t value)
{
	return (value & BIT(1) ? BIT(4) : 0) | (value & BIT(2) ? BIT(5) : 0) |
	       (value & BIT(3) ? BIT(7) : 0) | (value & BIT(4) ? BIT(1) : 0);
}

static enum err write_dp(struct stlink_run *run, unsigned addr, uint32_t value)
{
	struct stlink *s = run->s;
	unsigned status;

	if (addr == 0x4) {
		value &= ~ORUNDETECT;	/* the firmware is not made for it */
		s->ctrl = value & ~STICKY_FLAGS;
		if (run->port->transport == TRANSPORT_JTAG)
			s->sticky &= ~value;
	} else if (addr == 0x0) {
		s->sticky &= ~cleared_by_abort(value);
	}
	TRY(stlink_raw(run, ST_DP, addr, false, &value, &status));
	return stlink_status(status)->err == OK ? OK : stlink_fail(run, run->pos, status);
}

static enum err take_dp(struct stlink_run *run, const struct port_item *item)
{
	struct stlink *s = run->s;
	unsigned addr = item->reg & 0xcu, bank = addr == 0x4 ? s->select & 0xf : 0, status;
	uint32_t value = 0, *dst = stlink_place(run, run->pos);

	if (addr == 0x8 && !item->is_read) {
		s->select = port_value(run->port, run->pos);
		return OK;
	}
	if (bank != 0 && !(s->features & ST_HAS_DP_BANK)) {
		port_fail(run->port, run->pos, ERR_UNSUPPORTED, SWD_ACK_NONE);
		error_why(ERR_UNSUPPORTED, "this ST-LINK firmware reaches DP registers of bank 0 only, "
			  "others since V2J32 and V3J2");
		return error_next(ERR_UNSUPPORTED, "update the firmware with ST's STSW-LINK007");
	}
	TRY(stlink_flush_words(run));
	if (!item->is_read)
		return write_dp(run, bank << 4 | addr, port_value(run->port, run->pos));
	TRY(read_dp(run, bank << 4 | addr, &value, &status));
	if (stlink_status(status)->err != OK)
		return stlink_fail(run, run->pos, status);
	if (addr == 0x4 && bank == 0)
		value |= s->sticky;
	if (dst != NULL)
		*dst = value;
	return OK;
}

/* ---- Access ports. ---- */

/* Only a MEM-AP has CSW and TAR; elsewhere writing those places may erase a chip. */
static enum err identify(struct stlink_run *run, unsigned number)
{
	struct stlink_ap *ap = &run->s->aps[number];
	uint32_t idr = 0;
	unsigned status;

	if (ap->has_idr)
		return OK;
	TRY(stlink_flush_words(run));
	TRY(stlink_raw(run, number, AP_IDR, true, &idr, &status));
	if (status == 0x1d)
		idr = 0;
	else if (stlink_status(status)->err != OK)
		return stlink_fail(run, run->pos, status);
	ap->has_idr = true;
	ap->is_absent = idr == 0;
	ap->is_mem = bits_get(idr, 16, 13) == 8;	/* class, IHI 0031 C1.3.1 */
	return OK;
}

static enum err write_back_one(struct stlink_run *run, unsigned number, unsigned addr,
			       uint32_t value, bool is_known, bool *is_written)
{
	unsigned status;

	if (!is_known || *is_written)
		return OK;
	TRY(stlink_raw(run, number, addr, false, &value, &status));
	if (stlink_status(status)->err != OK)
		return stlink_fail(run, run->pos, status);
	*is_written = true;
	return OK;
}

static enum err write_back(struct stlink_run *run, unsigned number)
{
	struct stlink_ap *ap = &run->s->aps[number];

	TRY(write_back_one(run, number, AP_CSW, ap->csw, ap->csw_known, &ap->csw_written));
	return write_back_one(run, number, AP_TAR, ap->tar, ap->tar_known, &ap->tar_written);
}

/* What a raw access to DRW did to TAR. */
static void moved(struct stlink_ap *ap)
{
	unsigned increment = bits_get(ap->csw, 5, 4), size = 1u << (ap->csw & 3);

	if (!ap->csw_known || increment == 3)
		ap->tar_known = false;
	else if (increment != 0)
		ap->tar += increment == 2 ? 4 : size;
	if (increment != 0 && (ap->tar & 0x3ff) == 0)
		ap->tar_known = false;
}

static enum err raw_ap(struct stlink_run *run, const struct port_item *item, unsigned number,
		       unsigned offset)
{
	struct stlink_ap *ap = &run->s->aps[number];
	uint32_t value = item->is_read ? 0 : port_value(run->port, run->pos);
	uint32_t *dst = stlink_place(run, run->pos);
	unsigned status;

	TRY(stlink_flush_words(run));
	if (ap->is_mem && offset <= 0x1c)
		TRY(write_back(run, number));
	if (!item->is_read) {
		run->write_is_open = true;
		run->open_at = run->pos;
	}
	TRY(stlink_raw(run, number, offset, item->is_read, &value, &status));
	if (stlink_status(status)->err != OK)
		return stlink_fail(run, run->write_is_open ? run->open_at : run->pos, status);
	if (item->is_read && run->port->transport == TRANSPORT_JTAG) {
		run->read_is_open = true;	/* a JTAG-DP's ACK does not tell FAULT */
		run->open_at = run->pos;
	} else if (item->is_read) {
		run->write_is_open = false;
	}
	if (ap->is_mem && offset == AP_DRW)
		moved(ap);
	if (item->is_read && dst != NULL)
		*dst = value;
	return OK;
}

static bool note_register(struct stlink_run *run, struct stlink_ap *ap, unsigned offset)
{
	uint32_t value = port_value(run->port, run->pos);

	if (offset == AP_CSW) {
		ap->csw = value;
		ap->csw_known = true;
		ap->csw_written = false;
	} else if (offset == AP_TAR) {
		ap->tar = value;
		ap->tar_known = true;
		ap->tar_written = false;
	} else {
		return false;
	}
	return true;
}

static enum err take_ap(struct stlink_run *run, const struct port_item *item, bool *takes_item)
{
	struct stlink *s = run->s;
	unsigned number = s->select >> 24, offset = (s->select & 0xf0) | (item->reg & 0xc);
	struct stlink_ap *ap = &s->aps[number];
	uint32_t *dst = stlink_place(run, run->pos);

	TRY(identify(run, number));
	if (ap->is_absent) {		/* IHI 0031 C1.2: reads as zero, writes are ignored */
		if (item->is_read && dst != NULL)
			*dst = 0;
		return OK;
	}
	if (offset == AP_IDR && item->is_read)
		return raw_ap(run, item, number, offset);
	if (!ap->is_open)
		TRY(stlink_flush_words(run));
	enum err rc = stlink_open_ap(s, number);

	if (rc != OK) {
		run->port->failed_at = run->pos.item;
		run->port->failed_word = run->pos.word;
		return rc;
	}
	if (ap->is_mem && !item->is_read && note_register(run, ap, offset))
		return OK;
	*takes_item = ap->is_mem && stlink_is_memory(run, number, offset);
	return *takes_item ? stlink_take_memory(run, number, offset)
			   : raw_ap(run, item, number, offset);
}

static enum err walk(struct stlink_run *run)
{
	struct dap_port *port = run->port;

	while (!port_at_end(port, run->pos)) {
		const struct port_item *item = &port->items[run->pos.item];
		bool takes_item = false;

		TRY(item->reg & 1 ? take_ap(run, item, &takes_item) : take_dp(run, item));
		if (takes_item)
			run->pos = (struct port_pos){ run->pos.item + 1, 0 };
		else
			port_advance(port, &run->pos);
		if (run->word_count == 0)
			stlink_note(run, run->pos);
	}
	TRY(stlink_flush_words(run));
	TRY(stlink_settle(run));
	stlink_note(run, run->pos);
	return OK;
}

static enum err stlink_port_run(struct dap_port *port)
{
	struct stlink *s = port->priv;
	struct stlink_run *run = s->run;
	enum err rc;

	port->stats.runs++;
	port->failed_at = port->failed_word = port->failed_ack = 0;
	if (s->adapter->is_lost) {
		port_reset_queue(port);
		return adapter_fail_lost(s->adapter);
	}
	run->s = s;
	run->port = port;
	run->pos = run->noted = (struct port_pos){ 0, 0 };
	run->word_count = 0;
	run->write_is_open = run->read_is_open = false;
	/* Entering failed the last time: nobody answered. The caller's recovery tries again. */
	if (port->item_count > 0 && !s->is_entered)
		rc = stlink_fail(run, run->pos, 0x05);
	else
		rc = walk(run);
	port_reset_queue(port);
	return rc;
}

static enum err stlink_port_connect(struct dap_port *port, enum link_connect how)
{
	struct stlink *s = port->priv;

	if (port->transport == TRANSPORT_JTAG && port->tap_index > 0) {
		error_why(ERR_UNSUPPORTED,
			  "the firmware of the ST-LINK finds the debug port in the JTAG chain by itself "
			  "and takes the first; TAP %u of the chain is out of reach", port->tap_index);
		return error_next(ERR_UNSUPPORTED, "use \"transport select swd\" or a bit-level probe");
	}
	/* Which sequence goes over the wire is the firmware's choice; it resets the line. */
	port->failed_ack = SWD_ACK_NONE;
	TRY(stlink_enter(s));
	flight_note(port->flight, FLIGHT_LINK, how);
	return port->transport == TRANSPORT_JTAG ? jtag_check_chain(s->adapter) : OK;
}

static enum err stlink_port_select_target(struct dap_port *port, uint32_t targetsel)
{
	(void)port;
	(void)targetsel;
	error_why(ERR_UNSUPPORTED, "an ST-LINK cannot select a target on a multidrop bus: its firmware "
		  "sends no TARGETSEL");
	return error_next(ERR_UNSUPPORTED, "use a CMSIS-DAP, J-Link or FTDI probe");
}

static enum err stlink_port_abort(struct dap_port *port, uint32_t value)
{
	struct stlink *s = port->priv;
	uint8_t command[10] = { ST_DEBUG, ST_WRITE_DAP_REG, 0xff, 0xff }, reply[2];
	unsigned status;

	put_le32(command + 6, value);
	s->sticky &= ~cleared_by_abort(value);
	TRY(stlink_debug(s, command, sizeof(command), reply, sizeof(reply), &status));
	flight_note(port->flight, FLIGHT_ABORT, value);
	if (stlink_status(status)->err != OK)
		log_debug("st-link: ABORT: %s", stlink_status(status)->words);
	return OK;
}

const struct dap_port_ops stlink_port_ops = {
	.read = port_read,
	.write = port_write,
	.read_block = port_read_block,
	.write_block = port_write_block,
	.run = stlink_port_run,
	.connect = stlink_port_connect,
	.select_target = stlink_port_select_target,
	.abort = stlink_port_abort,
};
