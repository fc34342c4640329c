/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated FTDI chips: what the three files share. model_ftdi.c is the USB side (requests,
 * FIFOs, packets), model_ftdi_mpsse.c the engine that executes the command stream, and
 * model_ftdi_pins.c the wires from a channel's 16 pins to the board.
 *
 * Bytes from the host wait in `commands` until the engine takes them; its answers wait in `reply`
 * and, cut into packets, at the endpoint. Both together never hold more than the chip's reply FIFO:
 * a full one stops the engine, then `commands` fills, then OUT packets are refused.
 */
#ifndef VB_USB_MODEL_FTDI_H
#define VB_USB_MODEL_FTDI_H

#include "vboard/board.h"
#include "vboard/usb/model.h"

#define FTDI_MAX_FIFO	  4096u
#define FTDI_MAX_CHANNELS 4u

/* Bit modes of SET_BITMODE (AN_108 2.1, D2XX Programmer's Guide FT_SetBitMode). */
#define MODE_RESET	   0x00u
#define MODE_ASYNC_BITBANG 0x01u
#define MODE_MPSSE	   0x02u
#define MODE_SYNC_BITBANG  0x04u
#define MODE_MCU_HOST	   0x08u

/* Pins of the low byte in MPSSE mode. */
#define PIN_TCK	   0x01u
#define PIN_TDI	   0x02u	/* DO: the chip's output */
#define PIN_TDO	   0x04u	/* DI: the chip's input */
#define PIN_TMS	   0x08u
#define PIN_GPIOL1 0x20u	/* the wait commands look at it */
#define PIN_GPIOL3 0x80u	/* RTCK of adaptive clocking */

struct vb_ftdi_chip {
	unsigned channels, mpsse_channels;
	unsigned fifo_in, fifo_out;	/* chip to host, host to chip */
	unsigned max_packet;
	bool is_h;			/* 60 MHz clock and the commands that came with it */
	bool has_open_drain;		/* command 0x9E */
	bool has_high_byte;
	uint16_t high_pins;		/* of ACBUS: which exist */
	/* Default wiring and, per wiring, the reset pins of the usual configuration. */
	const char *wiring;
	struct vb_ftdi_resets { uint16_t nsrst, ntrst; } resets[3];
};

enum vb_ftdi_wiring {
	WIRED_JTAG,		/* TCK TDI TDO TMS on ADBUS0..3 */
	WIRED_SWD,		/* DO and DI tied to SWDIO */
	WIRED_SWD_RESISTOR,	/* DO through a resistor, DI directly */
	WIRED_SWD_BUFFER,	/* KT-Link: SWD_EN = AD5 low and AC5 high, SWDIO_OE = AC4 low */
	WIRED_JTAGKEY,		/* JTAG, resets behind buffers with an enable of their own */
};

struct vb_ftdi;

struct vb_ftdi_channel {
	struct vb_ftdi *ftdi;
	unsigned index;
	uint8_t mode, mask, latency_ms, event_char, error_char;
	bool is_wired;
	/* Pins: what the host set, low byte ADBUS, high byte ACBUS. */
	uint16_t value, direction, open_drain;
	/* Engine. */
	uint16_t divisor;
	bool is_div5, is_loopback, is_adaptive, is_3phase, is_hung;
	uint8_t op;			/* shift command under way */
	uint32_t left;			/* its bytes still to do */
	uint8_t msb_shifter;		/* keeps old bits above a short MSB-first read */
	uint8_t commands[FTDI_MAX_FIFO];
	size_t head, count;		/* ring */
	bool was_refused;		/* an OUT packet waits outside */
	bool is_running;		/* the host may take a packet while it is being sent */
	uint8_t reply[512];		/* the packet being filled, status bytes first */
	size_t reply_len;
	size_t queued;			/* reply bytes in packets at the endpoint */
	uint16_t sizes[FTDI_MAX_FIFO];	/* of these packets: ring */
	size_t sizes_head, sizes_count;
	uint64_t engine_commands, bad_commands, flushes, starvations, refusals;
};

struct vb_ftdi {
	struct vb_usb_device *device;
	const struct vb_ftdi_chip *chip;
	struct vb_board *board;
	char *product;			/* NULL: the chip's */
	enum vb_ftdi_wiring wiring;
	bool has_wiring, has_rtck, has_nsrst, has_ntrst;
	uint8_t rejects;		/* a command that this clone does not know; 0: none */
	unsigned wired_channel;
	uint16_t nsrst, ntrst;		/* pins; several are wired-AND */
	uint16_t nsrst_noe, ntrst_noe;	/* low enables the buffer; 0: no buffer */
	struct vb_ftdi_channel channel[FTDI_MAX_CHANNELS];
};

/* model_ftdi.c, for the engine. */
size_t vb_ftdi_reply_room(const struct vb_ftdi_channel *c);
void vb_ftdi_reply(struct vb_ftdi_channel *c, uint8_t byte);
void vb_ftdi_flush(struct vb_ftdi_channel *c);	/* SEND_IMMEDIATE */

/* model_ftdi_mpsse.c. Executes what `commands` holds until it is used up, incomplete, or the reply
 * FIFO is full. */
void vb_ftdi_run(struct vb_ftdi_channel *c);
void vb_ftdi_engine_reset(struct vb_ftdi_channel *c);	/* as at power-up */
uint32_t vb_ftdi_hz(const struct vb_ftdi_channel *c);
uint8_t vb_ftdi_take(struct vb_ftdi_channel *c);	/* next byte of `commands` */

/* model_ftdi_pins.c */
bool vb_ftdi_set_wiring(struct vb_ftdi *ftdi, const char *name);
/* "ad4", "ac0", "none" to a mask. */
bool vb_ftdi_parse_pin(const char *name, uint16_t *mask);
void vb_ftdi_default_resets(struct vb_ftdi *ftdi);
/* Puts all 16 pins, resets included, on the board. */
void vb_ftdi_put_pins(struct vb_ftdi_channel *c);
/* Only TCK, TDI and TMS: one edge or one change of data between edges. */
void vb_ftdi_put_wire(struct vb_ftdi_channel *c);
bool vb_ftdi_di(struct vb_ftdi_channel *c);		/* level at TDO/DI */
uint16_t vb_ftdi_get_pins(struct vb_ftdi_channel *c);	/* levels of all pins */
void vb_ftdi_begin(struct vb_ftdi_channel *c);		/* the wire takes this channel's clock */

#endif
