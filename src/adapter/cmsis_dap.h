/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmsis_dap: the CMSIS-DAP protocol above any transport that carries whole packets.
 *
 * cmsis_dap.c:      packets out and in, in order, with packet_count of them under way; DAP_Info.
 * cmsis_port.c:     the dap_port: DAP_Transfer and DAP_TransferBlock, WAIT, failures.
 * cmsis_bits.c:     raw SWD and JTAG sequences: link connect, TARGETSEL, `jtag` scans.
 * cmsis_driver.c:   the adapter driver: open, close, speed, reset line.
 * cmsis_verbs.c:    its commands.
 * cmsis_match.c:    which interface of which USB device speaks CMSIS-DAP.
 * cmsis_quirks.c:   products that need something of their own.
 * cmsis_depth.c:    how many packets the probe really holds; getting back into step.
 * cmsis_swo.c:      trace.
 * cmsis_dap_tcp.c, cmsis_dap_usb.c, cmsis_dap_hid.c:  the transports.
 */
#ifndef ADAPTER_CMSIS_DAP_H
#define ADAPTER_CMSIS_DAP_H

#include "adapter/adapter.h"
#include "adapter/chain.h"
#include "adapter/cmsis_transport.h"
#include "adapter/flight.h"

/* Command ids (CMSIS-DAP 2.1 "Commands and responses"). */
enum cmsis_id {
	DAP_INFO = 0x00, DAP_HOST_STATUS = 0x01, DAP_CONNECT = 0x02, DAP_DISCONNECT = 0x03,
	DAP_TRANSFER_CONFIGURE = 0x04, DAP_TRANSFER = 0x05, DAP_TRANSFER_BLOCK = 0x06,
	DAP_WRITE_ABORT = 0x08, DAP_DELAY = 0x09, DAP_RESET_TARGET = 0x0a,
	DAP_SWJ_PINS = 0x10, DAP_SWJ_CLOCK = 0x11, DAP_SWJ_SEQUENCE = 0x12,
	DAP_SWD_CONFIGURE = 0x13, DAP_JTAG_SEQUENCE = 0x14, DAP_JTAG_CONFIGURE = 0x15,
	DAP_SWO_TRANSPORT = 0x17, DAP_SWO_MODE = 0x18, DAP_SWO_BAUDRATE = 0x19,
	DAP_SWO_CONTROL = 0x1a, DAP_SWO_STATUS = 0x1b, DAP_SWO_DATA = 0x1c,
	DAP_SWD_SEQUENCE = 0x1d, DAP_INVALID = 0xff,
};

/* DAP_Info ids. */
enum cmsis_info {
	INFO_VENDOR = 0x01, INFO_PRODUCT = 0x02, INFO_SERIAL = 0x03, INFO_PROTOCOL = 0x04,
	INFO_DEVICE_VENDOR = 0x05, INFO_DEVICE = 0x06, INFO_BOARD_VENDOR = 0x07, INFO_BOARD = 0x08,
	INFO_FIRMWARE = 0x09, INFO_CAPABILITIES = 0xf0, INFO_SWO_BUFFER = 0xfd,
	INFO_PACKET_COUNT = 0xfe, INFO_PACKET_SIZE = 0xff,
};

/* Bits of INFO_CAPABILITIES. */
#define CAP_SWD		   BIT(0)
#define CAP_JTAG	   BIT(1)
#define CAP_SWO_UART	   BIT(2)
#define CAP_SWO_MANCHESTER BIT(3)
#define CAP_SWO_STREAM	   BIT(6)

#define CMSIS_TIMEOUT_MS   6000
#define CMSIS_MIN_PACKET   64u
#define CMSIS_MAX_PACKET   32768u
#define CMSIS_PIN_NTRST	   BIT(5)
#define CMSIS_PIN_NRESET   BIT(7)

/* NULL: this build has none of that name. */
const struct cmsis_transport *cmsis_transport(const char *name);
extern const struct adapter_driver cmsis_dap_driver;

/* What the commands set. One per adapter, kept over close and open. */
struct cmsis_settings {
	const struct cmsis_transport *backend;	/* NULL: auto */
	char *tcp_host;
	uint16_t tcp_port;
	unsigned tcp_min_timeout_ms;
	bool quirk; /* one packet at a time, reconnect before switching sequences */
	int usb_interface;		/* -1: by its strings */
};

struct cmsis_dap {
	struct adapter *adapter;
	const struct cmsis_transport *transport;
	void *link;
	size_t packet_size, usable, packet_count;
	unsigned capabilities;		/* DAP_Info 0xf0 */
	size_t under_way;		/* sent, not yet answered */
	size_t most_under_way;		/* since it was 0 last */
	struct buf batch;		/* packets not yet sent, back to back */
	struct cmsis_packet *packets;
	size_t packets_pending, packets_capacity;
	uint8_t *response;
	unsigned dp_bank;		/* DPBANKSEL as far as seen, for the JTAG check */
	unsigned idle_cycles;		/* as configured in the probe */
	unsigned wait_retries;
	enum err bits_rc;		/* of the raw sequences since the last flush */
	const struct cmsis_quirk *quirk; /* NULL: nothing known */
	size_t announced_count;
	char protocol[64];		/* version of CMSIS-DAP, as the probe says it */
	uint8_t swo_endpoint;		/* 0: none */
	bool is_pin_reset_dead;		/* nRESET did not follow DAP_SWJ_Pins */
	bool was_resynced;		/* since the run began */
	bool is_unknown;		/* the last answer: it does not know the command */
	bool is_inspecting;		/* not the adapter's own: nobody is told when it goes */
	struct cmsis_swo *swo;		/* NULL: no capture */
};

/* Room for the next packet of the batch: at most `usable` bytes; then cmsis_end_packet(). */
uint8_t *cmsis_begin_packet(struct cmsis_dap *dap);
void cmsis_end_packet(struct cmsis_dap *dap, size_t size, size_t response);
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
/* Several of that kind at once: queue them, then run. */
void cmsis_queue(struct cmsis_dap *dap, const uint8_t *request, size_t n);
enum err cmsis_run_queued(struct cmsis_dap *dap, const char *what);
/* DAP_Info of a string or number; *got 0: not available. */
enum err cmsis_info(struct cmsis_dap *dap, uint8_t id, uint8_t *data, size_t size, size_t *got);
/* Reads packet size and count, sets the buffers. */
enum err cmsis_read_limits(struct cmsis_dap *dap);
/* Keeps `count` commands under way that say nothing and sees whether all are answered: a probe may
 * claim more than it holds. Lowers packet_count to what it does hold, and tells. */
enum err cmsis_prove_depth(struct cmsis_dap *dap);
/* No answer came, or the wrong one, with `under_way` packets out: throws all away and sees whether the
 * probe answers again. Continues with fewer packets if several were under way. */
enum err cmsis_resync(struct cmsis_dap *dap, bool is_stalled, size_t under_way);
/* A transport's error: gets into step again if it can. Returns the error to report. */
enum err cmsis_failed(struct cmsis_dap *dap, enum err rc);
enum err cmsis_set_clock(struct cmsis_dap *dap, uint32_t khz);
/* Applies idle cycles and WAIT retries if they changed. */
enum err cmsis_transfer_configure(struct cmsis_dap *dap);

enum err cmsis_read_string(struct cmsis_dap *dap, uint8_t id, char *text, size_t size);

extern const struct command cmsis_commands[];
extern const struct swo_ops cmsis_swo_ops;
void cmsis_swo_end(struct cmsis_dap *dap);

extern const struct dap_port_ops cmsis_port_ops;
extern const struct bit_ops cmsis_bit_ops;
enum err cmsis_connect_link(struct dap_port *port, enum link_connect how);
enum err cmsis_select_target(struct dap_port *port, uint32_t targetsel);

#endif
