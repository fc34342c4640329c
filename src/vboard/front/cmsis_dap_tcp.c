/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/front/cmsis_dap_tcp.h"

#include "base/log.h"

#define TRANSFER_ABORT 0x07u

/* One window on its way through the probe; times are the board's. */
struct window {
	struct vb_dap_tcp *tcp;
	struct buf *out;
	uint64_t arrival_ns;	/* of the packet being executed */
	uint64_t in_done_ns;	/* the last answer is at the host */
};

enum frame { FRAME_OK, FRAME_MORE, FRAME_BAD };

static enum frame next_frame(const struct vb_dap_tcp *tcp, const uint8_t *data, size_t n,
			     size_t *payload)
{
	if (n < DAP_TCP_HEADER)
		return FRAME_MORE;
	*payload = get_le16(data + 4);
	if (get_le32(data) != DAP_TCP_SIGNATURE || data[6] != DAP_TCP_REQUEST ||
	    *payload > vb_cmsis_dap_config(tcp->dap)->packet_size)
		return FRAME_BAD;
	return n < DAP_TCP_HEADER + *payload ? FRAME_MORE : FRAME_OK;
}

static void advance_to(struct vb_dap_tcp *tcp, uint64_t ns)
{
	uint64_t now_ns = vb_clock_now(tcp->board->clock);

	if (ns > now_ns)
		vb_clock_advance(tcp->board->clock, ns - now_ns);
}

static void respond(void *ctx, const uint8_t *response, size_t n)
{
	struct window *w = ctx;
	uint8_t header[DAP_TCP_HEADER] = { 0 };
	uint64_t done_ns = vb_clock_now(w->tcp->board->clock);

	put_le32(header, DAP_TCP_SIGNATURE);
	put_le16(header + 4, (uint16_t)n);
	header[6] = DAP_TCP_RESPONSE;
	buf_append(w->out, header, sizeof(header));
	buf_append(w->out, response, n);
	w->in_done_ns = MAX(w->in_done_ns, done_ns) + vb_usb_transfer_ns(w->tcp->usb, n);
}

/* Takes up to a window of complete frames; returns the bytes used, SERVER_HANG_UP on a bad one. */
static size_t run_window(struct vb_dap_tcp *tcp, const uint8_t *data, size_t n, struct buf *out)
{
	unsigned left = vb_cmsis_dap_config(tcp->dap)->packet_count;
	uint64_t start_ns = vb_clock_now(tcp->board->clock);
	struct window w = { .tcp = tcp, .out = out, .arrival_ns = start_ns + tcp->usb->latency_ns };
	uint64_t abort_ns = w.arrival_ns;
	size_t used = 0, payload;
	enum frame frame;

	/* An abort overtakes what is still waiting or running when it comes in. */
	for (size_t at = 0; next_frame(tcp, data + at, n - at, &payload) == FRAME_OK;) {
		abort_ns += vb_usb_transfer_ns(tcp->usb, payload);
		if (payload > 0 && data[at + DAP_TCP_HEADER] == TRANSFER_ABORT) {
			vb_cmsis_dap_abort_at(tcp->dap, abort_ns);
			break;
		}
		at += DAP_TCP_HEADER + payload;
	}
	for (; left > 0; left--) {
		frame = next_frame(tcp, data + used, n - used, &payload);
		if (frame == FRAME_BAD)
			return SERVER_HANG_UP;
		if (frame == FRAME_MORE)
			break;
		w.arrival_ns += vb_usb_transfer_ns(tcp->usb, payload);
		advance_to(tcp, w.arrival_ns);
		vb_cmsis_dap_packet(tcp->dap, data + used + DAP_TCP_HEADER, payload, respond, &w);
		used += DAP_TCP_HEADER + payload;
		tcp->packets++;
	}
	if (used > 0) {
		advance_to(tcp, w.in_done_ns);
		tcp->round_trips++;
	}
	return used;
}

static size_t dap_tcp_input(void *ctx, const uint8_t *data, size_t n, struct buf *out)
{
	struct vb_dap_tcp *tcp = ctx;
	size_t used = 0, step;

	vb_pace_catch_up(tcp->pace);
	do {
		step = run_window(tcp, data + used, n - used, out);
		if (step == SERVER_HANG_UP) {
			log_warning("cmsis-dap-tcp: not a CMSIS-DAP request: disconnected");
			used = SERVER_HANG_UP;
			break;
		}
		used += step;
	} while (step > 0);
	vb_pace_mark(tcp->pace);
	return used;
}

const struct vb_server_ops vb_dap_tcp_ops = {
	.name = "cmsis-dap-tcp",
	.max_clients = 1,
	.max_input = 1u << 20,
	.input = dap_tcp_input,
};
