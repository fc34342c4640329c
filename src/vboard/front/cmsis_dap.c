/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMSIS-DAP firmware: the commands and how packets find them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/front/cmsis_dap.h"
#include "vboard/front/cmsis_dap_priv.h"

#define DAP_TRANSFER_ABORT   0x07u
#define DAP_QUEUE_COMMANDS   0x7eu
#define DAP_EXECUTE_COMMANDS 0x7fu
#define DAP_VENDOR_FIRST 0x80u
#define DAP_VENDOR_LAST	 0x9fu
#define DAP_CAP_SWO	 (DAP_CAP_SWO_UART | DAP_CAP_SWO_MANCHESTER)
#define IDLE_NS		 1000000000u

/* DAP_SWJ_Pins */
#define PIN_CLK	   BIT(0)
#define PIN_DIO	   BIT(1)
#define PIN_TDI	   BIT(2)
#define PIN_TDO	   BIT(3)
#define PIN_NTRST  BIT(5)
#define PIN_NRESET BIT(7)
#define MAX_PIN_WAIT_US 3000000u

void response_u8(struct response *r, uint8_t v)
{
	r->data[r->len++] = v;
}

void response_u16(struct response *r, uint16_t v)
{
	put_le16(r->data + r->len, v);
	r->len += 2;
}

void response_u32(struct response *r, uint32_t v)
{
	put_le32(r->data + r->len, v);
	r->len += 4;
}

/* --- Connection and pins --- */

static void status(struct response *out, bool ok)
{
	response_u8(out, ok ? DAP_OK : DAP_ERROR);
}

static void host_status(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	(void)dap;
	status(out, request[1] <= 1);	/* two LEDs nobody sees */
}

static void release_resets(struct vb_cmsis_dap *dap)
{
	vb_board_set_nrst(dap->board, false);
	vb_link_trst(dap->link, false);
}

static void dap_connect(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	bool has_swd = dap->capabilities & DAP_CAP_SWD, has_jtag = dap->capabilities & DAP_CAP_JTAG;
	unsigned port = request[1] != 0 ? request[1] : has_swd ? PORT_SWD : PORT_JTAG;

	if (port > PORT_JTAG || !(port == PORT_SWD ? has_swd : has_jtag) ||
	    (has_quirk(dap, DAP_QUIRK_DISCONNECT_FIRST) && dap->port != PORT_OFF)) {
		response_u8(out, PORT_OFF);
		return;
	}
	/* Idle levels; no sequence is sent. The clock idles high. */
	dap->port = port;
	vb_link_drive(dap->link, true);
	vb_link_pins(dap->link, true, true, true);
	release_resets(dap);
	response_u8(out, (uint8_t)port);
}

static void dap_disconnect(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	(void)request;
	dap->port = PORT_OFF;
	vb_link_drive(dap->link, false);
	release_resets(dap);
	status(out, true);
}

static uint8_t read_pins(const struct vb_cmsis_dap *dap)
{
	const struct vb_link *link = dap->link;
	bool is_reset = vb_board_nrst_at_probe(dap->board) || !dap->board->powered;

	return (uint8_t)((link->clk ? PIN_CLK : 0) | (vb_link_dio(link) ? PIN_DIO : 0) |
			 (link->tdi ? PIN_TDI : 0) | (vb_link_tdo(link) ? PIN_TDO : 0) |
			 (link->is_trst_low ? 0 : PIN_NTRST) | (is_reset ? 0 : PIN_NRESET));
}

static void swj_pins(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	uint8_t output = request[1], select = request[2];
	uint32_t wait_us = MIN(get_le32(request + 3), MAX_PIN_WAIT_US);
	struct vb_link *link = dap->link;
	uint8_t pins;

	if (select & PIN_NRESET)
		vb_board_set_nrst(dap->board, !(output & PIN_NRESET));
	if (dap->port != PORT_OFF) {
		if (select & PIN_NTRST)
			vb_link_trst(link, !(output & PIN_NTRST));
		if (select & (PIN_CLK | PIN_DIO | PIN_TDI))
			vb_link_pins(link, (select & PIN_CLK ? output & PIN_CLK : link->clk),
				     (select & PIN_DIO ? output & PIN_DIO : link->dio),
				     (select & PIN_TDI ? output & PIN_TDI : link->tdi));
	}
	pins = read_pins(dap);
	if (wait_us > 0 && ((pins ^ output) & select & ~PIN_TDO)) {
		/* Nothing on the board changes a level by itself but power, so it waits it all. */
		vb_link_delay(link, wait_us * 1000ull);
		pins = read_pins(dap);
	}
	response_u8(out, pins);
}

static void swj_clock(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	uint32_t hz = get_le32(request + 1);

	if (hz != 0)
		vb_link_set_hz(dap->link, MIN(hz, dap->config->max_hz));
	status(out, hz != 0);
}

static void transfer_configure(struct vb_cmsis_dap *dap, const uint8_t *request,
			       struct response *out)
{
	dap->idle_cycles = request[1];
	dap->wait_retry = get_le16(request + 2);
	dap->match_retry = get_le16(request + 4);
	status(out, true);
}

static void write_abort(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	uint32_t value = get_le32(request + 2);

	if (dap->port == PORT_SWD) {
		wire_swd_transfer(dap, 0x00, &value);	/* whatever the ACK says */
	} else if (dap->port == PORT_JTAG && request[1] < dap->jtag.count) {
		dap->jtag.index = request[1];
		dap->jtag.ir = ~0u;
		wire_jtag_abort(dap, value);
	} else {
		status(out, false);
		return;
	}
	status(out, true);
}

static void delay(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	vb_link_delay(dap->link, get_le16(request + 1) * 1000ull);
	status(out, true);
}

static void reset_target(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	(void)dap;
	(void)request;
	status(out, true);
	response_u8(out, 0);	/* no device-specific sequence */
}

/* --- Sequences --- */

static unsigned count_or(unsigned count, unsigned zero_means)
{
	return count == 0 ? zero_means : count;
}

static size_t swj_sequence_measure(const uint8_t *request, size_t n, size_t cap)
{
	(void)cap;
	if (n < 2)
		return 0;

	size_t used = 2 + (count_or(request[1], 256) + 7) / 8;

	return used <= n ? used : 0;
}

static void swj_sequence(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	if (dap->port != PORT_OFF)	/* else the pins are high-impedance */
		wire_swj_sequence(dap, request + 2, count_or(request[1], 256));
	if (has_quirk(dap, DAP_QUIRK_CLOCK_AFTER_SEQUENCE))
		vb_link_set_hz(dap->link, dap->default_hz);
	status(out, true);
}

static void swd_configure(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	dap->turnaround = (request[1] & 3) + 1;
	dap->data_phase = request[1] & 4;
	status(out, true);
}

/* info: bits 5:0 clocks, bit 7 input; output sequences carry their bits. */
static size_t swd_sequence_measure(const uint8_t *request, size_t n, size_t cap)
{
	size_t used = 2, answer = 2;

	if (n < used)
		return 0;
	for (unsigned i = 0; i < request[1]; i++) {
		size_t bytes;

		if (used >= n)
			return 0;
		bytes = (count_or(request[used] & 0x3f, 64) + 7) / 8;
		if (request[used] & 0x80)
			answer += bytes;
		else
			used += bytes;
		used++;
	}
	return used <= n && answer <= cap ? used : 0;
}

static void swd_sequence(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	unsigned n = request[1];

	/* Only a connected SWD port drives its pins; the answer keeps its length. */
	status(out, dap->port == PORT_SWD);
	for (request += 2; n > 0; n--) {
		unsigned clocks = count_or(*request & 0x3f, 64), bytes = (clocks + 7) / 8;
		bool is_input = *request++ & 0x80;
		uint8_t *in = is_input ? out->data + out->len : NULL;

		if (is_input) {
			memset(in, 0, bytes);
			out->len += bytes;
		}
		if (dap->port == PORT_SWD)
			wire_swd_sequence(dap, is_input ? NULL : request, in, clocks);
		request += is_input ? 0 : bytes;
	}
	if (dap->port == PORT_SWD)
		vb_link_drive(dap->link, true);
}

/* info: bits 5:0 clocks, bit 6 TMS, bit 7 capture TDO; then TDI. */
static size_t jtag_sequence_measure(const uint8_t *request, size_t n, size_t cap)
{
	size_t used = 2, answer = 2;

	if (n < used)
		return 0;
	for (unsigned i = 0; i < request[1]; i++) {
		size_t bytes;

		if (used >= n)
			return 0;
		bytes = (count_or(request[used] & 0x3f, 64) + 7) / 8;
		if (request[used] & 0x80)
			answer += bytes;
		used += 1 + bytes;
	}
	return used <= n && answer <= cap ? used : 0;
}

static void jtag_sequence(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	unsigned n = request[1];

	status(out, dap->port == PORT_JTAG);
	for (request += 2; n > 0; n--) {
		unsigned clocks = count_or(*request & 0x3f, 64), bytes = (clocks + 7) / 8;
		bool tms = *request & 0x40, captures = *request & 0x80;
		uint8_t *tdo = captures ? out->data + out->len : NULL;

		request++;
		if (captures) {
			memset(tdo, 0, bytes);
			out->len += bytes;
		}
		if (dap->port == PORT_JTAG)
			wire_jtag_sequence(dap, tms, request, tdo, clocks);
		request += bytes;
	}
}

static size_t jtag_configure_measure(const uint8_t *request, size_t n, size_t cap)
{
	(void)cap;
	return n >= 2 && n >= 2u + request[1] ? 2u + request[1] : 0;
}

static void jtag_configure(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	bool is_possible = request[1] <= MAX_JTAG_DEVICES;

	for (unsigned i = 0; i < request[1] && is_possible; i++)
		is_possible = request[2 + i] >= 1 && request[2 + i] <= MAX_IR_BITS;
	if (is_possible) {
		dap->jtag.count = request[1];
		memcpy(dap->jtag.ir_bits, request + 2, request[1]);
	}
	status(out, is_possible);
}

static void jtag_idcode(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	if (dap->port != PORT_JTAG || request[1] >= dap->jtag.count) {
		status(out, false);
		return;
	}
	dap->jtag.index = request[1];
	dap->jtag.ir = ~0u;
	status(out, true);
	response_u32(out, wire_jtag_idcode(dap));
}

/* --- Dispatch --- */

static const struct dap_command {
	uint8_t id;
	uint8_t bytes;		/* of the request, 0: ask measure */
	uint8_t answer;		/* largest answer of a fixed one */
	size_t (*measure)(const uint8_t *request, size_t n, size_t cap);
	void (*run)(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
	unsigned needs;		/* any of these capabilities; 0: always there */
} commands[] = {
	{ 0x00, 2, 2, NULL, dap_info, 0 },
	{ 0x01, 3, 2, NULL, host_status, 0 },
	{ 0x02, 2, 2, NULL, dap_connect, 0 },
	{ 0x03, 1, 2, NULL, dap_disconnect, 0 },
	{ 0x04, 6, 2, NULL, transfer_configure, 0 },
	{ 0x05, 0, 0, dap_transfer_measure, dap_transfer, 0 },
	{ 0x06, 0, 0, dap_transfer_block_measure, dap_transfer_block, 0 },
	{ 0x08, 6, 2, NULL, write_abort, 0 },
	{ 0x09, 3, 2, NULL, delay, 0 },
	{ 0x0a, 1, 3, NULL, reset_target, 0 },
	{ 0x10, 7, 2, NULL, swj_pins, 0 },
	{ 0x11, 5, 2, NULL, swj_clock, 0 },
	{ 0x12, 0, 0, swj_sequence_measure, swj_sequence, 0 },
	{ 0x13, 2, 2, NULL, swd_configure, 0 },
	{ 0x14, 0, 0, jtag_sequence_measure, jtag_sequence, 0 },
	{ 0x15, 0, 0, jtag_configure_measure, jtag_configure, 0 },
	{ 0x16, 2, 6, NULL, jtag_idcode, 0 },
	{ 0x17, 2, 2, NULL, dap_swo_transport, DAP_CAP_SWO },
	{ 0x18, 2, 2, NULL, dap_swo_mode, DAP_CAP_SWO },
	{ 0x19, 5, 5, NULL, dap_swo_baudrate, DAP_CAP_SWO },
	{ 0x1a, 2, 2, NULL, dap_swo_control, DAP_CAP_SWO },
	{ 0x1b, 1, 6, NULL, dap_swo_status, DAP_CAP_SWO },
	{ 0x1c, 3, 4, NULL, dap_swo_data, DAP_CAP_SWO },	/* as much data as there is room */
	{ 0x1d, 0, 0, swd_sequence_measure, swd_sequence, 0 },
	{ 0x1e, 2, 14, NULL, dap_swo_extended_status, DAP_CAP_SWO },
	{ 0x1f, 2, 2, NULL, dap_uart_transport, DAP_CAP_UART },
	{ 0x20, 6, 6, NULL, dap_uart_configure, DAP_CAP_UART },
	{ 0x21, 0, 0, dap_uart_transfer_measure, dap_uart_transfer, DAP_CAP_UART },
	{ 0x22, 2, 2, NULL, dap_uart_control, DAP_CAP_UART },
	{ 0x23, 1, 10, NULL, dap_uart_status, DAP_CAP_UART },
};

/* A command that is not built in is an unknown one. */
static bool is_built_in(const struct vb_cmsis_dap *dap, const struct dap_command *c)
{
	if (c->id == 0x1d && has_quirk(dap, DAP_QUIRK_NO_SWD_SEQUENCE))
		return false;
	return c->needs == 0 || (dap->capabilities & c->needs);
}

static const struct dap_command *find_command(uint8_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].id == id)
			return &commands[i];
	return NULL;
}

/* Length of the command at the front, 0 if it is cut short or its answer exceeds `cap`. */
static size_t command_length(const struct dap_command *c, const uint8_t *request, size_t n,
			     size_t cap)
{
	if (c->measure != NULL)
		return cap >= 4 ? c->measure(request, n, cap) : 0;
	/* DAP_Info shortens its strings by itself. */
	return n >= c->bytes && cap >= MAX(c->answer, c->id == 0 ? 6u : 0u) ? c->bytes : 0;
}

/* 0x80..0x9F. The reference's own handler knows none. */
static size_t vendor_command(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
			     struct response *out)
{
	const struct vb_cmsis_dap_config *config = dap->config;
	size_t used = 0;

	if (config->vendor_command != NULL)
		used = config->vendor_command(config->vendor_ctx, request, n, out->data + out->len,
					      out->cap - out->len);
	out->len += used;
	if (used == 0)
		response_u8(out, DAP_INVALID);
	return used > 0 ? n : 1;	/* nobody else knows where it ends */
}

/* One command, not of the atomic kind. Returns the bytes it used, 0 if it was cut short. */
static size_t run_command(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
			  struct response *out)
{
	const struct dap_command *c = find_command(request[0]);
	struct response answer = { .data = out->data + out->len, .cap = out->cap - out->len };
	size_t used;

	vb_link_delay(dap->link, dap->config->command_ns);
	if (request[0] >= DAP_VENDOR_FIRST && request[0] <= DAP_VENDOR_LAST)
		return vendor_command(dap, request, n, out);
	if (c == NULL || !is_built_in(dap, c)) {
		response_u8(out, DAP_INVALID);
		return 1;
	}
	used = command_length(c, request, n, answer.cap);
	if (used == 0) {
		response_u8(out, DAP_INVALID);
		return 0;
	}
	dap->lost_count = false;
	response_u8(&answer, request[0]);
	c->run(dap, request, &answer);
	vb_link_sync(dap->link);
	out->len += answer.len;
	/* A JTAG index that is wrong ends the reference's parser before the count of transfers: what
	 * follows in an atomic command is taken for the next command. */
	return dap->lost_count ? 2 : used;
}

/* DAP_ExecuteCommands: id, n, n commands. What cannot be parsed ends the packet. */
static void execute_commands(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
			     struct response *out)
{
	unsigned left;

	if (n < 2) {
		response_u8(out, DAP_INVALID);
		return;
	}
	left = request[1];
	response_u8(out, DAP_EXECUTE_COMMANDS);
	response_u8(out, (uint8_t)left);
	request += 2;
	n -= 2;
	for (; left > 0 && n > 0 && out->len < out->cap; left--) {
		size_t used = run_command(dap, request, n, out);

		if (used == 0)
			return;
		request += used;
		n -= used;
	}
	if (left > 0 && out->len < out->cap)
		response_u8(out, DAP_INVALID);
}

static bool is_atomic(const struct vb_cmsis_dap *dap, uint8_t id)
{
	if (!(dap->capabilities & DAP_CAP_ATOMIC) || has_quirk(dap, DAP_QUIRK_NO_ATOMIC))
		return false;
	return id == DAP_EXECUTE_COMMANDS ||
	       (id == DAP_QUEUE_COMMANDS && !has_quirk(dap, DAP_QUIRK_NO_QUEUE));
}

static void run_packet(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
		       vb_cmsis_dap_fn respond, void *ctx)
{
	struct response out = { .data = dap->response, .cap = dap->config->packet_size };

	/* A queued packet is executed, and answered, as an atomic one. */
	if (is_atomic(dap, request[0]))
		execute_commands(dap, request, n, &out);
	else
		run_command(dap, request, n, &out);
	respond(ctx, out.data, out.len);
}

static void run_queue(struct vb_cmsis_dap *dap, vb_cmsis_dap_fn respond, void *ctx)
{
	for (size_t i = 0; i < dap->queued; i++) {
		run_packet(dap, dap->queue[i].request, dap->queue[i].n, respond, ctx);
		free(dap->queue[i].request);
	}
	dap->queued = 0;
}

/* Some probes close the port by themselves. */
static void notice_silence(struct vb_cmsis_dap *dap)
{
	uint64_t now_ns = vb_clock_now(dap->board->clock);

	if (has_quirk(dap, DAP_QUIRK_IDLE_DISCONNECTS) && dap->port != PORT_OFF &&
	    now_ns - dap->last_packet_ns > IDLE_NS) {
		dap->port = PORT_OFF;
		vb_link_drive(dap->link, false);
	}
	dap->last_packet_ns = now_ns;
}

void vb_cmsis_dap_packet(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
			 vb_cmsis_dap_fn respond, void *ctx)
{
	notice_silence(dap);
	if (n > 0 && request[0] == DAP_TRANSFER_ABORT && !has_quirk(dap, DAP_QUIRK_NO_ABORT))
		return;		/* never answered; see vb_cmsis_dap_abort_at() */
	if (n == 0 || n > dap->config->packet_size) {
		dap->response[0] = DAP_INVALID;
		respond(ctx, dap->response, 1);
		return;
	}
	if (request[0] != DAP_QUEUE_COMMANDS || !is_atomic(dap, request[0])) {
		run_queue(dap, respond, ctx);
		run_packet(dap, request, n, respond, ctx);
		return;
	}
	/* Kept; together with the packet that sets the queue off it must not exceed the buffers. */
	if (dap->queued + 1u >= dap->config->packet_count) {
		run_queue(dap, respond, ctx);
		if (!has_quirk(dap, DAP_QUIRK_QUEUE_DROPS))
			run_packet(dap, request, n, respond, ctx);
		return;
	}
	dap->queue[dap->queued].request = memcpy(xcalloc(1, n), request, n);
	dap->queue[dap->queued++].n = n;
}

void vb_cmsis_dap_abort_at(struct vb_cmsis_dap *dap, uint64_t ns)
{
	if (!has_quirk(dap, DAP_QUIRK_NO_ABORT))
		dap->abort_at_ns = ns;
}

/* --- Life --- */

static void drop_queue(struct vb_cmsis_dap *dap)
{
	for (size_t i = 0; i < dap->queued; i++)
		free(dap->queue[i].request);
	dap->queued = 0;
}

void vb_cmsis_dap_power_on(struct vb_cmsis_dap *dap)
{
	drop_queue(dap);
	dap->port = PORT_OFF;
	dap->idle_cycles = 0;
	dap->wait_retry = 100;
	dap->match_retry = 0;
	dap->match_mask = 0;
	dap->turnaround = 1;
	dap->data_phase = false;
	dap->abort_at_ns = UINT64_MAX;
	dap->jtag.count = dap->jtag.index = 0;
	dap->last_packet_ns = vb_clock_now(dap->board->clock);
	dap_swo_power_on(dap);
	dap_uart_power_on(dap);
	vb_link_set_hz(dap->link, dap->default_hz);
	vb_link_drive(dap->link, false);
	release_resets(dap);
}

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

/* A config that names no capabilities has what the board can use. */
static uint16_t default_capabilities(const struct vb_board *board)
{
	bool has_jtag = vb_dp_config(board->dp)->tap[0].ir_bits != 0;

	return DAP_CAP_SWD | (has_jtag ? DAP_CAP_JTAG : 0) | DAP_CAP_ATOMIC | DAP_CAP_TIMER;
}

struct vb_cmsis_dap *vb_cmsis_dap_new(const struct vb_cmsis_dap_config *config,
				      struct vb_board *board)
{
	struct vb_cmsis_dap *dap = xcalloc(1, sizeof(*dap));

	dap->config = config;
	dap->board = board;
	dap->link = board->link;
	dap->queue = xcalloc(config->packet_count, sizeof(*dap->queue));
	dap->response = xcalloc(1, config->packet_size);
	dap->capabilities = config->capabilities ? config->capabilities
						 : default_capabilities(board);
	dap->default_hz = or_else(config->default_hz, 1000000);
	dap->timer_hz = or_else(config->timer_hz, 100000000);
	dap->swo.size = or_else(config->swo_buffer, 8192);
	dap->swo.max_baud = or_else(config->swo_max_baud, 9000000);
	assert((dap->swo.size & (dap->swo.size - 1)) == 0);	/* the ring's places */
	dap->swo.buffer = xcalloc(1, dap->swo.size);
	dap->uart.size = or_else(config->uart_buffer, 1024);
	dap->uart.max_baud = or_else(config->uart_max_baud, 10000000);
	dap->uart.rx.data = xcalloc(1, dap->uart.size);
	dap->uart.tx.data = xcalloc(1, dap->uart.size);
	vb_cmsis_dap_power_on(dap);
	return dap;
}

void vb_cmsis_dap_free(struct vb_cmsis_dap *dap)
{
	if (dap == NULL)
		return;
	drop_queue(dap);
	dap_swo_power_on(dap);		/* nobody listens any more */
	dap_uart_power_on(dap);
	free(dap->swo.buffer);
	free(dap->uart.rx.data);
	free(dap->uart.tx.data);
	free(dap->queue);
	free(dap->response);
	free(dap);
}

const struct vb_cmsis_dap_config *vb_cmsis_dap_config(const struct vb_cmsis_dap *dap)
{
	return dap->config;
}
