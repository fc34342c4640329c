/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many packets a probe really holds, and getting back into step with it.
 *
 * A probe that drops a packet it has no room for is worse than a slow one: answers do not name
 * their request, so those behind the hole are taken for the answers in front of it. Therefore the
 * announced number is tried before anything depends on it: a delay keeps the probe busy while
 * commands with known and different answers pile up behind it.
 */
#include "adapter/cmsis_dap.h"
#include "base/log.h"

#define PROOF_DELAY_US	3000
#define PROOF_PATIENCE	1000	/* ms, for an answer that should be there in three */
#define QUIET_MS	20
#define PING_PATIENCE	500
#define PINGS		4

/* The answers differ in length: 2 bytes, 1 byte. */
static uint8_t question(size_t i)
{
	return i % 2 ? INFO_PACKET_SIZE : INFO_PACKET_COUNT;
}

static void queue_proof(struct cmsis_dap *dap, size_t count)
{
	uint8_t *out = cmsis_begin_packet(dap);

	out[0] = DAP_DELAY;
	put_le16(out + 1, PROOF_DELAY_US);
	cmsis_end_packet(dap, 3, 0);
	for (size_t i = 1; i < count; i++) {
		out = cmsis_begin_packet(dap);
		out[0] = DAP_INFO;
		out[1] = question(i);
		cmsis_end_packet(dap, 2, 0);
	}
}

static bool is_answer(const struct cmsis_dap *dap, size_t i, size_t got)
{
	unsigned length = got >= 2 ? dap->response[1] : 0;

	if (i == 0)	/* a probe may know no delay: then it is just not kept busy */
		return got >= 1 &&
		       (dap->response[0] == DAP_DELAY || dap->response[0] == DAP_INVALID);
	if (got < 2 || dap->response[0] != DAP_INFO)
		return false;
	return length > 2 || length == (question(i) == INFO_PACKET_SIZE ? 2u : 1u);
}

/* How many of `count` packets under way were answered, in order. */
static enum err try_depth(struct cmsis_dap *dap, size_t count, size_t *answered)
{
	size_t got = 0;
	enum err rc;

	*answered = 0;
	queue_proof(dap, count);
	rc = dap->transport->send(dap->link, dap->batch.data, dap->packets, dap->packets_pending);
	dap->packets_pending = 0;
	buf_clear(&dap->batch);
	while (rc == OK && *answered < count) {
		rc = dap->transport->receive(dap->link, dap->response, dap->packet_size, &got,
					     PROOF_PATIENCE);
		if (rc == OK && !is_answer(dap, *answered, got))
			break;
		*answered += rc == OK;
	}
	if (rc != ERR_ADAPTER_LOST)
		error_clear();
	return rc == ERR_ADAPTER_LOST ? rc : OK;
}

static enum err ping(struct cmsis_dap *dap)
{
	const struct cmsis_packet packet = { .size = 2 };
	const uint8_t request[] = { DAP_INFO, INFO_PACKET_SIZE };
	size_t got = 0;

	TRY(dap->transport->send(dap->link, request, &packet, 1));
	TRY(dap->transport->receive(dap->link, dap->response, dap->packet_size, &got,
				    PING_PATIENCE));
	if (got >= 2 && dap->response[0] == DAP_INFO && dap->response[1] == 2)
		return OK;
	return error_why(ERR_ADAPTER_PROTOCOL, "the probe's answers are out of step");
}

static enum err get_into_step(struct cmsis_dap *dap, bool is_stalled)
{
	enum err rc = OK;

	for (unsigned i = 0; i < PINGS; i++) {
		error_clear();
		rc = dap->transport->resync(dap->link, QUIET_MS, is_stalled);
		if (rc == OK)
			rc = ping(dap);
		if (rc == OK || rc == ERR_ADAPTER_LOST)
			return rc;
		is_stalled = rc == ERR_ADAPTER_STALL;
	}
	return rc;
}

static enum err fail_silent(enum err rc)
{
	if (rc == ERR_ADAPTER_LOST)
		return rc;
	error_why(ERR_ADAPTER_LOST, "the probe stopped answering when it got several packets");
	return error_next(ERR_ADAPTER_LOST, "plug it in again; if it stops again, use \"cmsis-dap quirk "
			  "enable\"");
}

static void tell(const struct cmsis_dap *dap)
{
	if (dap->packet_count > 1)
		log_warning("CMSIS-DAP: the probe announces %zu packets at a time but loses some: "
			    "going on with %zu; newer firmware may hold more",
			    dap->announced_count, dap->packet_count);
	else
		log_warning("CMSIS-DAP: the probe announces %zu packets at a time but loses some: "
			    "going on with one; newer firmware may hold more",
			    dap->announced_count);
}

enum err cmsis_prove_depth(struct cmsis_dap *dap)
{
	size_t before = dap->packet_count, answered;

	if (dap->transport->resync == NULL)
		return OK;
	while (dap->packet_count > 1) {
		TRY(try_depth(dap, dap->packet_count, &answered));
		if (answered == dap->packet_count)
			break;
		dap->packet_count = MAX(answered, 1u);
		enum err rc = get_into_step(dap, false);

		if (rc != OK)
			return fail_silent(rc);
	}
	if (dap->packet_count < before)
		tell(dap);
	return OK;
}

enum err cmsis_resync(struct cmsis_dap *dap, bool is_stalled, size_t under_way)
{
	size_t before = dap->packet_count;

	TRY(get_into_step(dap, is_stalled));
	if (under_way <= 1 || is_stalled)
		return OK;
	/* A probe that loses only what comes at a bad moment passes the proof: trust it less. */
	dap->packet_count = (before + 1) / 2;
	TRY(cmsis_prove_depth(dap));
	if (dap->packet_count == (before + 1) / 2 && before > 1)
		tell(dap);
	return OK;
}
