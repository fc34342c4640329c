/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/cmsis_dap.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

uint8_t *cmsis_begin_packet(struct cmsis_dap *dap)
{
	return buf_reserve(&dap->batch, dap->packet_size);
}

void cmsis_end_packet(struct cmsis_dap *dap, size_t size, size_t response)
{
	if (dap->packets_pending == dap->packets_capacity) {
		dap->packets_capacity = dap->packets_capacity ? 2 * dap->packets_capacity : 8;
		dap->packets =
			xrealloc(dap->packets, dap->packets_capacity * sizeof(*dap->packets));
	}
	dap->packets[dap->packets_pending++] =
		(struct cmsis_packet){ dap->batch.len, size, response };
	dap->batch.len += size;
}

static void forget_packets(struct cmsis_dap *dap)
{
	dap->under_way = dap->packets_pending = 0;
	buf_clear(&dap->batch);
}

/* The probe is out of step or gone: nothing after this would be understood. */
enum err cmsis_failed(struct cmsis_dap *dap, enum err rc)
{
	struct error error;

	if (rc != ERR_ADAPTER_LOST && dap->transport->resync != NULL) {
		error_take(&error);
		forget_packets(dap);
		enum err again =
			cmsis_resync(dap, rc == ERR_ADAPTER_STALL, dap->most_under_way);

		if (again == OK) {
			dap->was_resynced = true;
			if (rc == ERR_TIMEOUT)
				rc = ERR_ADAPTER_PROTOCOL;
			error_why(rc, "%s", error.why);
			return error_next(rc, "repeat the command: the probe answers again");
		}
		if (again != ERR_ADAPTER_LOST) {
			error_clear();
			error_why(ERR_ADAPTER_LOST, "%s, and it does not answer since", error.why);
			error_next(ERR_ADAPTER_LOST, "plug the probe in again");
		}
		rc = ERR_ADAPTER_LOST;
	}
	forget_packets(dap);
	if (rc == ERR_TIMEOUT)
		rc = error_why(ERR_ADAPTER_LOST, "the probe accepts commands but does not answer");
	if (rc == ERR_ADAPTER_LOST && !dap->is_inspecting)
		adapter_lost(dap->adapter);
	return rc;
}

/* `n` packets of the batch, from the one at `first` on. */
static enum err send_some(struct cmsis_dap *dap, size_t first, size_t n)
{
	enum err rc = OK;

	if (n > 0)
		rc = dap->transport->send(dap->link, dap->batch.data, dap->packets + first, n);
	dap->most_under_way = MAX(dap->under_way > 0 ? dap->most_under_way : 0, dap->under_way + n);
	dap->under_way += n;
	return rc == OK ? OK : cmsis_failed(dap, rc);
}

enum err cmsis_send(struct cmsis_dap *dap)
{
	enum err rc = send_some(dap, 0, dap->packets_pending);

	dap->packets_pending = 0;
	buf_clear(&dap->batch);
	return rc;
}

enum err cmsis_receive(struct cmsis_dap *dap, uint8_t id, size_t *got, int timeout_ms)
{
	enum err rc = dap->transport->receive(dap->link, dap->response, dap->packet_size, got,
					      timeout_ms);

	if (rc != OK)
		return cmsis_failed(dap, rc);
	dap->under_way--;
	dap->is_unknown = *got >= 1 && dap->response[0] == DAP_INVALID;
	if (*got > 0 && dap->response[0] == id)
		return OK;
	if (dap->is_unknown)
		return error_why(ERR_ADAPTER_PROTOCOL,
				 "the probe does not know CMSIS-DAP command 0x%02x", id);
	rc = error_why(ERR_ADAPTER_PROTOCOL, "command 0x%02x was answered by 0x%02x (%zu bytes)",
		       id, *got ? dap->response[0] : 0, *got);
	/* An answer too many, or one too few: those that follow are not to be trusted either. */
	return dap->transport->resync != NULL ? cmsis_failed(dap, rc) : rc;
}

enum err cmsis_drain(struct cmsis_dap *dap)
{
	size_t got;

	while (dap->under_way > 0) {
		enum err rc = dap->transport->receive(dap->link, dap->response, dap->packet_size,
						      &got, CMSIS_TIMEOUT_MS);

		if (rc != OK)
			return cmsis_failed(dap, rc);
		dap->under_way--;
	}
	return OK;
}

enum err cmsis_command(struct cmsis_dap *dap, const uint8_t *request, size_t n, size_t least,
		       size_t *got)
{
	size_t size;

	TRY(cmsis_drain(dap));
	memcpy(cmsis_begin_packet(dap), request, n);
	cmsis_end_packet(dap, n, 0);
	TRY(cmsis_send(dap));
	dap->adapter->port.stats.round_trips++;
	TRY(cmsis_receive(dap, request[0], &size, CMSIS_TIMEOUT_MS));
	if (got != NULL)
		*got = size;
	if (size < least)
		return error_why(ERR_ADAPTER_PROTOCOL,
				 "the answer to command 0x%02x has %zu bytes, needs %zu",
				 request[0], size, least);
	return OK;
}

enum err cmsis_status_command(struct cmsis_dap *dap, const uint8_t *request, size_t n,
			      const char *what)
{
	TRY(cmsis_command(dap, request, n, 2, NULL));
	if (dap->response[1] != 0)
		return error_why(ERR_ADAPTER_PROTOCOL, "the probe refused to %s (status 0x%02x)",
				 what, dap->response[1]);
	return OK;
}

void cmsis_queue(struct cmsis_dap *dap, const uint8_t *request, size_t n)
{
	memcpy(cmsis_begin_packet(dap), request, n);
	cmsis_end_packet(dap, n, 0);
}

/* All are answered before the first refusal is told. A probe without LEDs may refuse to light them. */
static enum err exchange_queued(struct cmsis_dap *dap, uint8_t *refused)
{
	size_t n = dap->packets_pending, sent = 0, got;

	dap->adapter->port.stats.round_trips++;
	while (sent < n || dap->under_way > 0) {
		size_t room = MIN(n - sent, dap->packet_count - dap->under_way);
		uint8_t id;

		TRY(send_some(dap, sent, room));
		sent += room;
		id = dap->batch.data[dap->packets[sent - dap->under_way].at];
		enum err rc = cmsis_receive(dap, id, &got, CMSIS_TIMEOUT_MS);

		if (rc == ERR_ADAPTER_PROTOCOL && dap->is_unknown && id == DAP_HOST_STATUS)
			error_clear();
		else
			TRY(rc);
		if (id != DAP_HOST_STATUS && *refused == 0)
			*refused = got < 2 ? 0xff : dap->response[1];
	}
	return OK;
}

enum err cmsis_run_queued(struct cmsis_dap *dap, const char *what)
{
	uint8_t refused = 0;
	enum err rc = cmsis_drain(dap);

	if (rc == OK)
		rc = exchange_queued(dap, &refused);
	dap->packets_pending = 0;
	buf_clear(&dap->batch);
	if (rc == OK && refused != 0)
		rc = error_why(ERR_ADAPTER_PROTOCOL, "the probe refused to %s (status 0x%02x)",
			       what, refused);
	return rc;
}

enum err cmsis_info(struct cmsis_dap *dap, uint8_t id, uint8_t *data, size_t size, size_t *got)
{
	const uint8_t request[] = { DAP_INFO, id };
	size_t n;

	TRY(cmsis_command(dap, request, sizeof(request), 2, &n));
	*got = MIN(MIN((size_t)dap->response[1], n - 2), size);
	memcpy(data, dap->response + 2, *got);
	return OK;
}

enum err cmsis_read_limits(struct cmsis_dap *dap)
{
	uint8_t data[4] = { 0 };
	size_t got;

	TRY(cmsis_info(dap, INFO_PACKET_SIZE, data, sizeof(data), &got));
	size_t size = got >= 2 ? get_le16(data) : CMSIS_MIN_PACKET;

	TRY(cmsis_info(dap, INFO_PACKET_COUNT, data, sizeof(data), &got));
	dap->packet_count = got >= 1 && data[0] > 0 ? data[0] : 1;
	if (size < CMSIS_MIN_PACKET || size > CMSIS_MAX_PACKET)
		return error_why(ERR_ADAPTER_PROTOCOL, "the probe announces packets of %zu bytes",
				 size);
	if (dap->transport->set_packet_size != NULL)
		size = dap->transport->set_packet_size(dap->link, size);
	dap->announced_count = dap->packet_count;
	if (dap->transport->max_under_way != 0)
		dap->packet_count = MIN(dap->packet_count, dap->transport->max_under_way);
	if (dap->quirk != NULL && dap->quirk->max_packets != 0)
		dap->packet_count = MIN(dap->packet_count, (size_t)dap->quirk->max_packets);
	dap->packet_size = size;
	dap->usable = dap->transport->usable(size);
	dap->response = xrealloc(dap->response, size);
	log_debug("CMSIS-DAP: %zu packets of %zu bytes may be under way", dap->packet_count, size);
	return OK;
}

enum err cmsis_set_clock(struct cmsis_dap *dap, uint32_t khz)
{
	uint8_t request[5] = { DAP_SWJ_CLOCK };

	put_le32(request + 1, khz * 1000);
	TRY(cmsis_command(dap, request, sizeof(request), 2, NULL));
	if (dap->response[1] == 0)
		return OK;
	error_why(ERR_ADAPTER_SPEED, "the probe refuses a clock of %" PRIu32 " kHz", khz);
	return error_next(ERR_ADAPTER_SPEED, "choose another \"adapter speed\"");
}

/*
 * The probe retries WAIT by itself, so many times as fit into the budget: a WAIT answer is 13
 * clocks. Only what is left of the budget after that costs round trips.
 */
static unsigned wait_retries(const struct cmsis_dap *dap)
{
	const struct adapter *adapter = dap->adapter;
	uint64_t clocks = (uint64_t)adapter->port.wait_budget_ms * MAX(adapter->actual_khz, 100u);

	return (unsigned)MIN(MAX(clocks / 13, 64u), 65535u);
}

enum err cmsis_transfer_configure(struct cmsis_dap *dap)
{
	unsigned idle = MIN(dap->adapter->port.idle_cycles, 255u), retries = wait_retries(dap);
	uint8_t request[6] = { DAP_TRANSFER_CONFIGURE, (uint8_t)idle };

	if (idle == dap->idle_cycles && retries == dap->wait_retries)
		return OK;
	put_le16(request + 2, (uint16_t)retries);
	put_le16(request + 4, 0);
	TRY(cmsis_status_command(dap, request, sizeof(request), "set idle cycles and retries"));
	dap->idle_cycles = idle;
	dap->wait_retries = retries;
	return OK;
}
