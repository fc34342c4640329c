/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/jlink_priv.h"
#include "base/log.h"

#define FIRST_TMS_CLOCKS 8u

void jlink_set_limits(struct jlink *j)
{
	/* 0101 is the id of the probes one buys; the on-board ones have others, and less memory. */
	bool is_on_board = j->probe != NULL && j->probe->usb->pid != 0x0101;

	j->swd_bits = MAX(jlink_swd_bits(j->free_memory) >> j->shrunk, JLINK_MIN_BITS);
	j->jtag_bits = MAX(jlink_jtag_bits(j->free_memory, is_on_board) >> j->shrunk, JLINK_MIN_BITS);
	j->first = xrealloc(j->first, j->swd_bits / 8 + 1);
	j->second = xrealloc(j->second, j->swd_bits / 8 + 1);
	j->captured = xrealloc(j->captured, j->swd_bits / 8 + 1);
}

enum err jlink_select(struct jlink *j, enum jaylink_target_interface interface)
{
	bool can_select = jlink_can(j, JAYLINK_DEV_CAP_SELECT_TIF);

	if (!can_select && interface != JAYLINK_TIF_JTAG) {
		error_why(ERR_ADAPTER_FIRMWARE, "this J-Link's firmware cannot select SWD (its "
						"capability SELECT_IF is missing)");
		return error_next(ERR_ADAPTER_FIRMWARE,
				  "use \"transport select jtag\" (--transport jtag), or a J-Link "
				  "with hardware 6 or newer");
	}
	if (can_select)
		TRY(jlink_check(j, jaylink_select_interface(j->handle, interface, NULL),
				interface == JAYLINK_TIF_SWD ? "select SWD" : "select JTAG"));
	j->interface = interface;
	j->needs_first_clocks = interface == JAYLINK_TIF_JTAG;
	j->queue.level = true;
	/* It comes with a table and a clock of its own. */
	j->has_speed = false;
	return j->asked_khz != 0 ? jlink_set_clock(j, j->asked_khz, &j->adapter->actual_khz) : OK;
}

enum err jlink_set_clock(struct jlink *j, uint32_t khz, uint32_t *actual)
{
	uint16_t command;
	uint32_t real;

	if (!j->has_speed && jlink_can(j, JAYLINK_DEV_CAP_GET_SPEEDS))
		TRY(jlink_check(j, jaylink_get_speeds(j->handle, &j->speed), "tell its clocks"));
	j->has_speed = true;
	real = jlink_speed(j->speed.freq, j->speed.div, khz, &command);
	TRY(jlink_check(j, jaylink_set_speed(j->handle, command), "set its clock"));
	j->asked_khz = khz;
	*actual = real;
	return OK;
}

static int call(struct jlink *j, size_t bits)
{
	uint16_t length = (uint16_t)bits;

	if (j->queue.is_swd)
		return jaylink_swd_io(j->handle, j->first, j->second, j->captured, length);
	return jaylink_jtag_io(j->handle, j->first, j->second, j->captured, length,
			       j->jtag_version);
}

/* The firmware refused a call for its length, before it clocked anything. */
static enum err shrink(struct jlink *j, size_t bits)
{
	if (bits <= JLINK_MIN_BITS)
		return error_why(ERR_ADAPTER_PROTOCOL,
				 "the J-Link has no memory for a transfer of %zu bits", bits);
	j->shrunk++;
	jlink_set_limits(j);
	log_debug("J-Link: %zu bits in a call are too many: %zu from now on", bits,
		  j->queue.is_swd ? j->swd_bits : j->jtag_bits);
	return OK;
}

static enum err run_calls(struct jlink *j)
{
	size_t at = 0, calls = 0;

	while (at < j->queue.bits) {
		size_t limit = j->queue.is_swd ? j->swd_bits : j->jtag_bits;
		size_t bits = jlink_queue_next(&j->queue, at, limit);
		int rc;

		jlink_queue_get(&j->queue, at, bits, j->first, j->second);
		rc = call(j, bits);
		calls++;
		if (rc == JAYLINK_ERR_DEV_NO_MEMORY) {
			TRY(shrink(j, bits));
			continue;
		}
		TRY(jlink_check(j, rc, j->queue.is_swd ? "clock SWD" : "clock JTAG"));
		jlink_queue_put(&j->queue, at, bits, j->captured);
		at += bits;
	}
	if (calls > 1)
		j->adapter->port.stats.round_trips += calls - 1;
	return OK;
}

/* Everything that waits; the first failure is kept for flush(). */
static void run_queue(struct jlink *j)
{
	enum jaylink_target_interface interface =
		j->queue.is_swd ? JAYLINK_TIF_SWD : JAYLINK_TIF_JTAG;
	enum err rc = j->rc;

	if (j->queue.bits == 0)
		return;
	if (rc == OK && interface != j->interface)
		rc = jlink_select(j, interface);
	if (rc == OK)
		rc = run_calls(j);
	if (rc == OK)
		jlink_queue_finish(&j->queue);
	else
		jlink_queue_drop(&j->queue);
	j->rc = rc;
}

static void jlink_swd(void *priv, const uint8_t *out, uint8_t *in, size_t bits)
{
	struct jlink *j = priv;

	if (!j->queue.is_swd)
		run_queue(j);
	if (bits > 0)
		jlink_queue_swd(&j->queue, out, in, bits);
}

/* Hardware 5 and 6 goes wrong when the first move of the TAPs is no multiple of 8. */
static void first_clocks(struct jlink *j)
{
	static const uint8_t ones = 0xff;

	j->needs_first_clocks = false;
	jlink_queue_jtag(&j->queue, &ones, NULL, NULL, FIRST_TMS_CLOCKS);
}

static void jlink_jtag(void *priv, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo,
		       size_t bits)
{
	struct jlink *j = priv;

	if (j->queue.is_swd)
		run_queue(j);
	if (bits == 0)
		return;
	if (j->needs_first_clocks)
		first_clocks(j);
	jlink_queue_jtag(&j->queue, tms, tdi, tdo, bits);
}

static enum err jlink_flush(void *priv)
{
	struct jlink *j = priv;
	enum err rc;

	run_queue(j);
	rc = j->rc;
	j->rc = OK;
	return rc;
}

const struct bit_ops jlink_bits = {
	.swd = jlink_swd,
	.jtag = jlink_jtag,
	.flush = jlink_flush,
};
