/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmsis_dap: the CMSIS-DAP protocol above any transport that carries whole packets.
 *
 * cmsis_dap.c:      packets out and in, in order, with packet_count of them under way; DAP_Info.
 * cmsis_port.c:     the dap_port: DAP_Transfer and DAP_TransferBlock, WAIT, failures.
 * cmsis_bits.c:     raw SWD and JTAG sequences: link connect, TARGETSEL, `jtag` scans.
 * cmsis_driver.c:   the adapter driver: open, close, speed, reset, commands.
 * cmsis_dap_tcp.c:  a transport.
 *
 * A transport that loses its device returns ERR_ADAPTER_LOST; so does one that gets no answer in
 * time, because an answer that comes later would be taken for another request's.
 */
#ifndef ADAPTER_CMSIS_DAP_H
#define ADAPTER_CMSIS_DAP_H

#include "adapter/adapter.h"
#include "adapter/chain.h"
#include "adapter/flight.h"

/* Command ids (CMSIS-DAP 2.1 "Commands and responses"). */
enum cmsis_id {
	DAP_INFO = 0x00, DAP_HOST_STATUS = 0x01, DAP_CONNECT = 0x02, DAP_DISCONNECT = 0x03,
	DAP_TRANSFER_CONFIGURE = 0x04, DAP_TRANSFER = 0x05, DAP_TRANSFER_BLOCK = 0x06,
	DAP_WRITE_ABORT = 0x08, DAP_SWJ_PINS = 0x10, DAP_SWJ_CLOCK = 0x11, DAP_SWJ_SEQUENCE = 0x12,
	DAP_SWD_CONFIGURE = 0x13, DAP_JTAG_SEQUENCE = 0x14, DAP_JTAG_CONFIGURE = 0x15,
	DAP_SWD_SEQUENCE = 0x1d,
};

/* DAP_Info ids. */
enum cmsis_info {
	INFO_SERIAL = 0x03, INFO_PROTOCOL = 0x04, INFO_FIRMWARE = 0x09, INFO_CAPABILITIES = 0xf0,
	INFO_PACKET_COUNT = 0xfe, INFO_PACKET_SIZE = 0xff,
};

#define CMSIS_TIMEOUT_MS   6000
#define CMSIS_MIN_PACKET   64u
#define CMSIS_MAX_PACKET   32768u
#define CMSIS_PIN_NTRST	   BIT(5)
#define CMSIS_PIN_NRESET   BIT(7)

struct cmsis_packet {
	size_t at, size;		/* in the batch buffer */
};

struct cmsis_transport {
	const char *name;		/* of `cmsis-dap backend` */
	bool fixed_size;		/* HID: responses are padded to the packet size */
	/* *link is the transport's. Settings: the driver's struct cmsis_settings. */
	enum err (*open)(struct adapter *adapter, void **link);
	void (*close)(void *link);
	/* Sends n packets of `batch`, in order, in one write if the medium can. */
	enum err (*send)(void *link, const uint8_t *batch, const struct cmsis_packet *packets,
			 size_t n);
	/* Waits for the next response. */
	enum err (*receive)(void *link, uint8_t *response, size_t size, size_t *got,
			    int timeout_ms);
	/* Whether receive() would return at once. */
	bool (*is_ready)(void *link);
	/* The largest command for an announced packet size: bulk keeps one byte free of ZLP
	 * questions. */
	size_t (*usable)(size_t packet_size);
};

extern const struct cmsis_transport cmsis_dap_tcp;
extern const struct adapter_driver cmsis_dap_driver;

/* What the commands set. One per adapter, kept over close and open. */
struct cmsis_settings {
	const struct cmsis_transport *backend;	/* NULL: auto */
	char *tcp_host;
	uint16_t tcp_port;
	unsigned tcp_min_timeout_ms;
	bool quirk; /* one packet at a time, reconnect before switching sequences */
};

struct cmsis_dap {
	struct adapter *adapter;
	const struct cmsis_transport *transport;
	void *link;
	size_t packet_size, usable, packet_count;
	unsigned capabilities;		/* DAP_Info 0xf0 */
	size_t under_way;		/* sent, not yet answered */
	struct buf batch;		/* packets not yet sent, back to back */
	struct cmsis_packet *packets;
	size_t packets_pending, packets_capacity;
	uint8_t *response;
	unsigned dp_bank;		/* DPBANKSEL as far as seen, for the JTAG check */
	unsigned idle_cycles;		/* as configured in the probe */
	unsigned wait_retries;
	enum err bits_rc;		/* of the raw sequences since the last flush */
};

/* Room for the next packet of the batch: at most `usable` bytes; then cmsis_end_packet(). */
uint8_t *cmsis_begin_packet(struct cmsis_dap *dap);
void cmsis_end_packet(struct cmsis_dap *dap, size_t size);
/* Sends the batch. The caller sees to it that no more than packet_count are under way. */
enum err cmsis_send(struct cmsis_dap *dap);
/* The oldest outstanding response, in dap->response; its first byte must be `id`. */
enum err cmsis_receive(struct cmsis_dap *dap, uint8_t id, size_t *got, int timeout_ms);
/* Throws away the answers to what a failed exchange left under way. */
enum err cmsis_drain(struct cmsis_dap *dap);
/* One command, one response of at least `least` bytes. */
enum err cmsis_command(struct cmsis_dap *dap, const uint8_t *request, size_t n, size_t least,
		       size_t *got);
/* A command whose response is a status byte; ERR_ADAPTER_PROTOCOL with `what` if it is not OK. */
enum err cmsis_status_command(struct cmsis_dap *dap, const uint8_t *request, size_t n,
			      const char *what);
/* DAP_Info of a string or number; *got 0: not available. */
enum err cmsis_info(struct cmsis_dap *dap, uint8_t id, uint8_t *data, size_t size, size_t *got);
/* Reads packet size and count, sets the buffers. */
enum err cmsis_read_limits(struct cmsis_dap *dap);
enum err cmsis_set_clock(struct cmsis_dap *dap, uint32_t khz);
/* Applies idle cycles and WAIT retries if they changed. */
enum err cmsis_transfer_configure(struct cmsis_dap *dap);

extern const struct dap_port_ops cmsis_port_ops;
extern const struct bit_ops cmsis_bit_ops;
enum err cmsis_swj_sequence(struct cmsis_dap *dap, const uint8_t *bits, size_t count);
enum err cmsis_connect_link(struct dap_port *port, enum link_connect how);
enum err cmsis_select_target(struct dap_port *port, uint32_t targetsel);

#endif
