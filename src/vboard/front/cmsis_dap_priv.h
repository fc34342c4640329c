/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the CMSIS-DAP firmware: its state, its wire level and its commands. */
#ifndef VB_FRONT_CMSIS_DAP_PRIV_H
#define VB_FRONT_CMSIS_DAP_PRIV_H

#include "vboard/core/uart_wire.h"
#include "vboard/front/cmsis_dap.h"

#define DAP_OK		0x00u
#define DAP_ERROR	0xffu
#define DAP_INVALID	0xffu	/* the whole answer to an unknown or truncated command */

/* Transfer request and its answer (CMSIS-DAP, DAP_Transfer). */
#define REQ_APNDP	0x01u
#define REQ_RNW		0x02u
#define REQ_MATCH_VALUE 0x10u
#define REQ_MATCH_MASK	0x20u
#define REQ_TIMESTAMP	0x80u
#define REQ_RDBUFF	(REQ_RNW | 0x0cu)
#define ACK_OK		0x01u
#define ACK_WAIT	0x02u
#define ACK_FAULT	0x04u
#define ACK_PROTOCOL	0x08u
#define ACK_MISMATCH	0x10u

#define MAX_JTAG_DEVICES 8u
#define MAX_IR_BITS	 32u

enum dap_port { PORT_OFF = 0, PORT_SWD = 1, PORT_JTAG = 2 };

struct queued_packet {
	uint8_t *request;
	size_t n;
};

/* cmsis_dap_swo.c: the capture buffer; `in` and `out` count on, modulo size is the place. */
struct dap_swo {
	uint8_t transport, mode;
	uint32_t max_baud, baud;	/* 0: not set */
	bool is_active, is_paused;	/* paused: the buffer is full */
	bool has_overrun, has_stream_error;
	uint8_t *buffer;
	uint32_t size, in, out;
	uint32_t timestamp;		/* of byte number `in` */
	uint32_t in_flight;		/* bytes of the block that the endpoint has */
	vb_cmsis_dap_swo_fn fn;		/* NULL: there is no endpoint */
	void *ctx;
	struct vb_event *timer;
};

struct dap_ring {
	uint8_t *data;
	uint32_t head, count;
};

/* cmsis_dap_uart.c */
struct dap_uart {
	uint8_t transport;
	bool is_configured, rx_on, tx_on;
	bool has_lost, has_framing_error, has_parity_error;
	uint32_t size, max_baud;
	struct vb_uart_format format;
	struct dap_ring rx, tx;
	struct vb_event *sending;	/* a byte is on the wire until then */
};

struct vb_cmsis_dap {
	const struct vb_cmsis_dap_config *config;
	struct vb_board *board;
	struct vb_link *link;
	enum dap_port port;
	uint8_t idle_cycles;
	uint16_t wait_retry, match_retry;
	uint32_t match_mask;
	unsigned turnaround;		/* clocks */
	bool data_phase;
	uint64_t abort_at_ns;		/* a DAP_TransferAbort arrives then */
	uint32_t timestamp;		/* of the last transfer that asked for one */
	struct {
		unsigned count, index;
		uint8_t ir_bits[MAX_JTAG_DEVICES];
		uint32_t ir;		/* loaded into device `index`; ~0: unknown */
	} jtag;
	struct queued_packet *queue;	/* config->packet_count places */
	size_t queued;
	uint8_t *response;
	uint16_t capabilities;
	uint32_t default_hz, timer_hz;
	uint64_t last_packet_ns;
	bool lost_count;		/* this command ended before its count was read */
	struct dap_swo swo;
	struct dap_uart uart;
};

static inline bool has_quirk(const struct vb_cmsis_dap *dap, enum vb_dap_quirk quirk)
{
	return dap->config->quirks & quirk;
}

/* The test domain timer at that time. */
uint32_t dap_timer(const struct vb_cmsis_dap *dap, uint64_t ps);

/* An answer being written; `cap` is checked before a command runs, so put_*() cannot overflow. */
struct response {
	uint8_t *data;
	size_t len, cap;
};
void response_u8(struct response *r, uint8_t v);
void response_u16(struct response *r, uint16_t v);
void response_u32(struct response *r, uint32_t v);

/* Wire level: cmsis_dap_wire.c. The ack is as in the answer to DAP_Transfer. */
uint8_t wire_swd_transfer(struct vb_cmsis_dap *dap, uint8_t request, uint32_t *data);
uint8_t wire_jtag_transfer(struct vb_cmsis_dap *dap, uint8_t request, uint32_t *data);
void wire_jtag_ir(struct vb_cmsis_dap *dap, uint32_t ir);
uint32_t wire_jtag_idcode(struct vb_cmsis_dap *dap);
void wire_jtag_abort(struct vb_cmsis_dap *dap, uint32_t value);
void wire_swj_sequence(struct vb_cmsis_dap *dap, const uint8_t *data, unsigned bits);
/* `in` (may be NULL) gets the sampled bits, LSB first. */
void wire_swd_sequence(struct vb_cmsis_dap *dap, const uint8_t *out, uint8_t *in, unsigned bits);
void wire_jtag_sequence(struct vb_cmsis_dap *dap, bool tms, const uint8_t *tdi, uint8_t *tdo,
			unsigned bits);

/*
 * Commands. measure: bytes of the request with its id, 0 if it is cut short or its answer would not
 * fit into `cap`. run: the request is complete; writes the answer after the id.
 */
void dap_info(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
size_t dap_transfer_measure(const uint8_t *request, size_t n, size_t cap);
void dap_transfer(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
size_t dap_transfer_block_measure(const uint8_t *request, size_t n, size_t cap);
void dap_transfer_block(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_transport(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_mode(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_baudrate(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_control(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_status(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_data(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_swo_extended_status(struct vb_cmsis_dap *dap, const uint8_t *request,
			     struct response *out);
void dap_swo_power_on(struct vb_cmsis_dap *dap);
void dap_uart_transport(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_uart_configure(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
size_t dap_uart_transfer_measure(const uint8_t *request, size_t n, size_t cap);
void dap_uart_transfer(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_uart_control(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_uart_status(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out);
void dap_uart_power_on(struct vb_cmsis_dap *dap);

#endif
