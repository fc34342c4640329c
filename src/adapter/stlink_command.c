/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "adapter/stlink_priv.h"
#include "base/clock.h"
#include "base/log.h"

#define MOST_CLOSED 4u		/* access ports, to make room for one */

enum err stlink_exchange(struct stlink *s, const struct stlink_transfer *transfers, size_t count,
			 size_t words)
{
	uint32_t khz = MAX(s->adapter->actual_khz, 1u);
	/* What the wire needs comes on top: 6 KiB at 5 kHz take a quarter of a minute. */
	int timeout_ms = ST_TIMEOUT_MS + (int)(words * 2 * 50 / khz);

	s->adapter->port.stats.round_trips++;
	enum err rc = s->ops->exchange(s->link, transfers, count, timeout_ms);

	if (rc == ERR_TIMEOUT) {
		const uint8_t *command = transfers[count - 1].command;

		s->is_silent = true;
		error_why(ERR_ADAPTER_LOST,
			  "the ST-LINK does not answer command 0x%02x 0x%02x: its firmware hangs",
			  command[0], command[1]);
		rc = error_next(ERR_ADAPTER_LOST, "run \"adapter reconnect\"; if that does not help, "
				"plug it in again");
	}
	if (rc == ERR_ADAPTER_LOST && s->is_started)
		adapter_lost(s->adapter);
	return rc;
}

enum err stlink_command(struct stlink *s, const uint8_t *bytes, size_t n, uint8_t *reply,
			size_t size)
{
	uint8_t command[ST_COMMAND_SIZE] = { 0 };
	const struct stlink_transfer t = { .command = command, .in = reply, .in_size = size };

	memcpy(command, bytes, n);
	return stlink_exchange(s, &t, 1, 1);
}

enum err stlink_debug(struct stlink *s, const uint8_t *bytes, size_t n, uint8_t *reply, size_t size,
		      unsigned *status)
{
	uint8_t command[ST_COMMAND_SIZE] = { 0 };
	size_t got = 0;
	/* A refusal may be the status alone. */
	const struct stlink_transfer t = { .command = command, .in = reply, .in_size = size,
					   .in_least = 1, .got = &got };

	memcpy(command, bytes, n);
	TRY(stlink_exchange(s, &t, 1, 1));
	*status = reply[0];
	if (got >= size || stlink_status(*status)->err != OK)
		return OK;
	return error_why(ERR_ADAPTER_PROTOCOL,
			 "the ST-LINK answered command 0x%02x 0x%02x with %zu bytes instead of %zu",
			 bytes[0], bytes[1], got, size);
}

enum err stlink_refused(const uint8_t *command, unsigned status)
{
	const struct stlink_status *row = stlink_status(status);
	enum err rc = row->err != OK ? row->err : ERR_ADAPTER_PROTOCOL;

	error_why(rc, "the ST-LINK refused command 0x%02x 0x%02x: %s (status 0x%02x)", command[0],
		  command[1], row->words, status);
	if (rc == ERR_DAP_JTAG_CHAIN)
		error_next(rc, "its firmware finds an Arm debug port that is alone or has an STM32's "
			   "boundary scan TAP beside it: use \"transport select swd\" or a bit-level "
			   "probe for other chains");
	return rc;
}

enum err stlink_do(struct stlink *s, const uint8_t *bytes, size_t n, uint8_t *reply, size_t size)
{
	uint64_t start = clock_now_ms();
	unsigned status = 0;

	for (;;) {
		TRY(stlink_debug(s, bytes, n, reply, size, &status));
		if (stlink_status(status)->err != ERR_DAP_WAIT ||
		    clock_now_ms() - start > s->adapter->port.wait_budget_ms)
			break;
		s->adapter->port.stats.waits++;
	}
	return stlink_status(status)->err == OK ? OK : stlink_refused(bytes, status);
}

enum err stlink_enter(struct stlink *s)
{
	bool is_jtag = s->adapter->transport == TRANSPORT_JTAG;
	const uint8_t command[] = { ST_DEBUG, ST_ENTER, is_jtag ? 0xa4 : 0xa3 };
	const uint8_t reset_low[] = { ST_DEBUG, ST_DRIVE_NRST, 0 };
	uint8_t reply[2];

	TRY(stlink_leave(s));
	memset(s->aps, 0, sizeof(s->aps));
	s->select = s->ctrl = s->sticky = 0;
	TRY(stlink_do(s, command, sizeof(command), reply, sizeof(reply)));
	s->is_entered = true;
	/* Entering may have let go of the reset line. */
	if (s->nrst_low)
		TRY(stlink_do(s, reset_low, sizeof(reset_low), reply, sizeof(reply)));
	return OK;
}

enum err stlink_leave(struct stlink *s)
{
	const uint8_t command[] = { ST_DEBUG, ST_EXIT };

	if (!s->is_entered)
		return OK;
	s->is_entered = false;
	return stlink_command(s, command, sizeof(command), NULL, 0);
}

/* The firmware keeps about 8 access ports open: the one not used for the longest time goes. */
static enum err close_oldest(struct stlink *s)
{
	uint8_t command[] = { ST_DEBUG, ST_CLOSE_AP, 0 }, reply[2];
	unsigned oldest = 256, status;

	for (unsigned i = 0; i < ARRAY_SIZE(s->aps); i++)
		if (s->aps[i].is_open && (oldest == 256 || s->aps[i].used < s->aps[oldest].used))
			oldest = i;
	if (oldest == 256)
		return error_why(ERR_ADAPTER_PROTOCOL, "the ST-LINK has too many access ports open, "
				 "but none of ours");
	command[2] = (uint8_t)oldest;
	s->aps[oldest].is_open = false;
	/* V2J28 answers 0x1d though it closed the port: the answer does not matter. */
	return stlink_debug(s, command, sizeof(command), reply, sizeof(reply), &status);
}

enum err stlink_close_aps(struct stlink *s)
{
	for (unsigned i = 0; i < ARRAY_SIZE(s->aps); i++) {
		uint8_t command[] = { ST_DEBUG, ST_CLOSE_AP, (uint8_t)i }, reply[2];
		unsigned status;

		if (!s->aps[i].is_open)
			continue;
		s->aps[i].is_open = false;
		if (s->features & ST_HAS_INIT_AP)
			TRY(stlink_debug(s, command, sizeof(command), reply, sizeof(reply),
					 &status));
	}
	return OK;
}

static enum err init_ap(struct stlink *s, unsigned number)
{
	const uint8_t command[] = { ST_DEBUG, ST_INIT_AP, (uint8_t)number, 0 };
	uint64_t start = clock_now_ms();
	uint8_t reply[2];
	unsigned status = 0, closed = 0;

	do {
		TRY(stlink_debug(s, command, sizeof(command), reply, sizeof(reply), &status));
		if (status == 0x29 && closed++ < MOST_CLOSED)
			TRY(close_oldest(s));
		else if (stlink_status(status)->err == ERR_DAP_WAIT)
			s->adapter->port.stats.waits++;
		else
			break;
	} while (clock_now_ms() - start <= s->adapter->port.wait_budget_ms);
	if (stlink_status(status)->err == OK)
		return OK;
	return error_what(stlink_refused(command, status), "access port %u cannot be opened",
			  number);
}

enum err stlink_open_ap(struct stlink *s, unsigned number)
{
	struct stlink_ap *ap = &s->aps[number];

	ap->used = ++s->uses;
	if (ap->is_open || ap->is_absent)
		return OK;
	if (s->features & ST_HAS_INIT_AP)
		TRY(init_ap(s, number));
	ap->is_open = true;
	return OK;
}
