/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated FTDI chips with an MPSSE: FT2232H, FT232H, FT4232H and FT2232D, each with the wiring and
 * product string of a usual adapter. Vendor requests as libftdi and the Linux driver ftdi_sio know
 * them; IN packets as in AN_232B-04 (two status bytes in front of each packet's data).
 */
#include "vboard/usb/model_ftdi.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/usb/models.h"

#define VENDOR_OUT 0x40u
#define VENDOR_IN  0xc0u

#define SIO_RESET	  0x00u
#define SIO_MODEM_CTRL	  0x01u
#define SIO_FLOW_CTRL	  0x02u
#define SIO_BAUDRATE	  0x03u
#define SIO_DATA	  0x04u
#define SIO_POLL_MODEM	  0x05u
#define SIO_EVENT_CHAR	  0x06u
#define SIO_ERROR_CHAR	  0x07u
#define SIO_SET_LATENCY	  0x09u
#define SIO_GET_LATENCY	  0x0au
#define SIO_SET_BITMODE	  0x0bu
#define SIO_READ_PINS	  0x0cu
#define SIO_READ_EEPROM	  0x90u
#define SIO_WRITE_EEPROM  0x91u
#define SIO_ERASE_EEPROM  0x92u

#define RESET_SIO 0u
#define PURGE_RX  1u	/* the chip's view: what came from the host */
#define PURGE_TX  2u

#define DEFAULT_LATENCY_MS 16u
#define DEFAULT_EVENT_CHAR 0x0du
#define STATUS_BYTES	   2u

/* --- Reply FIFO --- */

static uint8_t in_endpoint(const struct vb_ftdi_channel *c)
{
	return (uint8_t)(0x81 + 2 * c->index);
}

static uint8_t out_endpoint(const struct vb_ftdi_channel *c)
{
	return (uint8_t)(0x02 + 2 * c->index);
}

/* Modem status (bit 0 full speed, bit 1 high speed) and line status (THRE, TEMT). */
static void put_status(const struct vb_ftdi_channel *c, uint8_t *status)
{
	status[0] = c->ftdi->chip->max_packet == 512 ? 0x32 : 0x31;
	status[1] = 0x60;
}

static size_t held(const struct vb_ftdi_channel *c)
{
	return c->queued + c->reply_len - STATUS_BYTES;
}

size_t vb_ftdi_reply_room(const struct vb_ftdi_channel *c)
{
	return c->ftdi->chip->fifo_in - held(c);
}

/* One packet, with data or without. */
static void send_packet(struct vb_ftdi_channel *c)
{
	size_t payload = c->reply_len - STATUS_BYTES;

	vb_link_sync(c->ftdi->board->link);
	put_status(c, c->reply);
	c->sizes[(c->sizes_head + c->sizes_count) % FTDI_MAX_FIFO] = (uint16_t)payload;
	c->sizes_count++;
	c->queued += payload;
	c->reply_len = STATUS_BYTES;
	(payload > 0 ? vb_usb_send : vb_usb_send_idle)(c->ftdi->device, in_endpoint(c), c->reply,
						       payload + STATUS_BYTES);
}

void vb_ftdi_reply(struct vb_ftdi_channel *c, uint8_t byte)
{
	c->reply[c->reply_len++] = byte;
	if (c->reply_len == c->ftdi->chip->max_packet)
		send_packet(c);
}

/* With nothing to send it sends nothing: an exactly full last packet waits for the timer. */
void vb_ftdi_flush(struct vb_ftdi_channel *c)
{
	if (c->reply_len > STATUS_BYTES)
		send_packet(c);
}

static void purge_reply(struct vb_ftdi_channel *c)
{
	vb_usb_drop_queued(c->ftdi->device, in_endpoint(c));
	c->reply_len = STATUS_BYTES;
	c->queued = 0;
	c->sizes_head = c->sizes_count = 0;
}

static void offer_again(struct vb_ftdi_channel *c)
{
	if (!c->was_refused)
		return;
	c->was_refused = false;
	vb_usb_resume(c->ftdi->device, out_endpoint(c));
}

/* What is in the FIFO, and the command that was cut off by its end. */
static void purge_commands(struct vb_ftdi_channel *c)
{
	c->head = c->count = 0;
	c->left = 0;
	offer_again(c);
}

/* --- Bit modes --- */

static bool can_mode(const struct vb_ftdi_channel *c, uint8_t mode)
{
	switch (mode) {
	case MODE_RESET:
	case MODE_ASYNC_BITBANG:
	case MODE_SYNC_BITBANG:
		return true;
	case MODE_MPSSE:
		return c->index < c->ftdi->chip->mpsse_channels;
	case MODE_MCU_HOST:
		return c->index == 0;
	default:	/* FIFO modes depend on the EEPROM, and that is blank */
		return false;
	}
}

static void set_bitmode(struct vb_ftdi_channel *c, uint8_t mode, uint8_t mask)
{
	if (!can_mode(c, mode))
		mode = MODE_RESET;
	c->left = 0;
	c->head = c->count = 0;
	c->is_hung = false;
	c->mode = mode;
	c->mask = mask;
	if (mode == MODE_RESET) {	/* serial port pins: inputs, or idle high */
		vb_ftdi_engine_reset(c);
		c->direction = 0;
		c->value = 0xffff;
	} else {
		c->direction = (uint16_t)((c->direction & 0xff00) | mask);
		c->value &= 0xff00;
	}
	vb_ftdi_put_pins(c);
	offer_again(c);
}

static void power_up(struct vb_ftdi_channel *c)
{
	purge_reply(c);
	c->latency_ms = DEFAULT_LATENCY_MS;
	c->event_char = DEFAULT_EVENT_CHAR;
	c->was_refused = false;
	set_bitmode(c, MODE_RESET, 0);
}

/* --- Requests --- */

static void sio_reset(struct vb_ftdi_channel *c, uint16_t what)
{
	if (what == RESET_SIO)
		c->event_char = DEFAULT_EVENT_CHAR;
	if (what == RESET_SIO || what == PURGE_RX)
		purge_commands(c);
	if (what == RESET_SIO || what == PURGE_TX)
		purge_reply(c);
	if (what == PURGE_TX)	/* there is room again */
		vb_ftdi_run(c);
}

static int vendor_out(struct vb_ftdi_channel *c, const struct vb_usb_setup *setup)
{
	switch (setup->request) {
	case SIO_RESET:
		if (setup->value > PURGE_TX)
			return -1;
		sio_reset(c, setup->value);
		return 0;
	case SIO_SET_LATENCY:
		c->latency_ms = (uint8_t)MAX(setup->value & 0xff, 1);
		return 0;
	case SIO_SET_BITMODE:
		set_bitmode(c, (uint8_t)(setup->value >> 8), (uint8_t)setup->value);
		return 0;
	case SIO_EVENT_CHAR:
		c->event_char = (uint8_t)setup->value;
		return 0;
	case SIO_ERROR_CHAR:
		c->error_char = (uint8_t)setup->value;
		return 0;
	/* Nobody is at the serial port, and there is no EEPROM chip. */
	case SIO_MODEM_CTRL:
	case SIO_FLOW_CTRL:
	case SIO_BAUDRATE:
	case SIO_DATA:
	case SIO_WRITE_EEPROM:
	case SIO_ERASE_EEPROM:
		return 0;
	default:
		return -1;
	}
}

static int vendor_in(struct vb_ftdi_channel *c, const struct vb_usb_setup *setup, uint8_t *data)
{
	uint8_t answer[2];
	size_t n = 2;

	switch (setup->request) {
	case SIO_POLL_MODEM:
		put_status(c, answer);
		break;
	case SIO_GET_LATENCY:
		answer[0] = c->latency_ms;
		n = 1;
		break;
	case SIO_READ_PINS:
		answer[0] = (uint8_t)vb_ftdi_get_pins(c);
		n = 1;
		break;
	case SIO_READ_EEPROM:	/* without the chip the data line stays high */
		answer[0] = answer[1] = 0xff;
		break;
	default:
		return -1;
	}
	n = MIN(n, setup->length);
	memcpy(data, answer, n);
	return (int)n;
}

static int ftdi_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data)
{
	struct vb_ftdi *ftdi = priv;
	unsigned channel = setup->index & 0xff;	/* 1..4; 0 from hosts that know one channel only */

	/* Chips without the H have the 17th divisor bit there. EEPROM words are no channels either. */
	if ((setup->request == SIO_BAUDRATE && !ftdi->chip->is_h) ||
	    (setup->request >= SIO_READ_EEPROM && setup->request <= SIO_ERASE_EEPROM))
		channel = 1;
	channel = channel > 0 ? channel - 1 : 0;
	if (channel >= ftdi->chip->channels)
		return -1;
	if (setup->type == VENDOR_OUT)
		return vendor_out(&ftdi->channel[channel], setup);
	if (setup->type == VENDOR_IN)
		return vendor_in(&ftdi->channel[channel], setup, data);
	return -1;
}

/* --- Bulk endpoints --- */

static struct vb_ftdi_channel *channel_of(struct vb_ftdi *ftdi, uint8_t endpoint)
{
	unsigned index = ((endpoint & 0xfu) - 1) / 2;

	return &ftdi->channel[MIN(index, FTDI_MAX_CHANNELS - 1)];
}

static bool ftdi_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct vb_ftdi *ftdi = priv;
	struct vb_ftdi_channel *c = channel_of(ftdi, endpoint);

	if (c->count + n > ftdi->chip->fifo_out) {
		c->was_refused = true;
		c->refusals++;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		c->commands[(c->head + c->count++) % FTDI_MAX_FIFO] = data[i];
	vb_ftdi_run(c);
	return true;
}

/* An engine that stood still for want of room goes on then. */
static void wait_for_packet_to_leave(struct vb_ftdi_channel *c)
{
	struct vb_clock *clock = c->ftdi->board->clock;
	uint64_t now_ns = vb_clock_now(clock), left_ns = vb_usb_taken_ns(c->ftdi->device);

	if (left_ns > now_ns)
		vb_clock_advance(clock, left_ns - now_ns);
}

static void ftdi_taken(void *priv, uint8_t endpoint)
{
	struct vb_ftdi_channel *c = channel_of(priv, endpoint);
	bool was_full = vb_ftdi_reply_room(c) < 2;

	if (c->sizes_count == 0)
		return;
	c->queued -= c->sizes[c->sizes_head];
	c->sizes_head = (c->sizes_head + 1) % FTDI_MAX_FIFO;
	c->sizes_count--;
	if (was_full)
		wait_for_packet_to_leave(c);
	vb_ftdi_run(c);
	if (c->count + c->ftdi->chip->max_packet <= c->ftdi->chip->fifo_out)
		offer_again(c);
}

static unsigned ftdi_starve_ms(void *priv, uint8_t endpoint)
{
	return channel_of(priv, endpoint)->latency_ms;
}

/* The latency timer ran out: what there is goes, or the status bytes alone. */
static void ftdi_starved(void *priv, uint8_t endpoint)
{
	struct vb_ftdi_channel *c = channel_of(priv, endpoint);

	c->starvations++;
	send_packet(c);
}

/* --- Options and life --- */

static bool ftdi_set_option(void *priv, const char *key, const char *value)
{
	struct vb_ftdi *ftdi = priv;

	if (strcmp(key, "wiring") == 0)
		return vb_ftdi_set_wiring(ftdi, value);
	if (strcmp(key, "nsrst") == 0)
		return ftdi->has_nsrst = vb_ftdi_parse_pin(value, &ftdi->nsrst);
	if (strcmp(key, "ntrst") == 0)
		return ftdi->has_ntrst = vb_ftdi_parse_pin(value, &ftdi->ntrst);
	if (strcmp(key, "product") == 0) {
		free(ftdi->product);
		ftdi->product = xstrdup(value);
		return true;
	}
	if (strcmp(key, "channel") == 0) {
		ftdi->wired_channel = (unsigned)(value[0] - 'a');
		return ftdi->wired_channel < FTDI_MAX_CHANNELS && value[1] == '\0';
	}
	if (strcmp(key, "rejects") == 0)
		return (ftdi->rejects = (uint8_t)strtoul(value, NULL, 0)) >= 0x80;
	if (strcmp(key, "rtck") == 0) {
		ftdi->has_rtck = strcmp(value, "on") == 0;
		return ftdi->has_rtck || strcmp(value, "off") == 0;
	}
	return false;
}

static const char *const options[] = { "wiring", "channel", "product", "nsrst", "ntrst", "rtck",
				       "rejects", NULL };

static bool create(struct vb_usb_device *device, struct vb_ftdi *ftdi,
		   const struct vb_ftdi_chip *chip)
{
	ftdi->device = device;
	ftdi->board = vb_usb_board(device);
	ftdi->chip = chip;
	if (ftdi->wired_channel >= chip->channels)
		return false;
	if (!ftdi->has_wiring)
		vb_ftdi_set_wiring(ftdi, chip->wiring);
	vb_ftdi_default_resets(ftdi);
	for (unsigned i = 0; i < chip->channels; i++) {
		struct vb_ftdi_channel *c = &ftdi->channel[i];

		c->ftdi = ftdi;
		c->index = i;
		c->is_wired = i == ftdi->wired_channel;
		c->reply_len = STATUS_BYTES;
		c->direction = 0;
		c->value = 0xffff;
		c->latency_ms = DEFAULT_LATENCY_MS;
		vb_ftdi_engine_reset(c);
	}
	return true;
}

static void ftdi_destroy(void *priv)
{
	struct vb_ftdi *ftdi = priv;

	free(ftdi->product);
}

static void ftdi_reset(void *priv)
{
	struct vb_ftdi *ftdi = priv;

	for (unsigned i = 0; i < ftdi->chip->channels; i++)
		power_up(&ftdi->channel[i]);
}

static const char *ftdi_string(void *priv, unsigned index)
{
	struct vb_ftdi *ftdi = priv;

	return index == 2 ? ftdi->product : NULL;
}

static void show_channel(const struct vb_ftdi_channel *c, FILE *out)
{
	fprintf(out,
		"{\"bitmode\":%u,\"latency_ms\":%u,\"value\":%u,\"direction\":%u,\"tck_hz\":%" PRIu32
		",\"loopback\":%s,\"three_phase\":%s,\"adaptive\":%s,\"hung\":%s"
		",\"commands_held\":%zu,\"reply_held\":%zu,\"commands\":%" PRIu64
		",\"bad_commands\":%" PRIu64 ",\"flushes\":%" PRIu64 ",\"timer_packets\":%" PRIu64
		",\"refusals\":%" PRIu64 "}",
		c->mode, c->latency_ms, c->value, c->direction, vb_ftdi_hz(c),
		c->is_loopback ? "true" : "false", c->is_3phase ? "true" : "false",
		c->is_adaptive ? "true" : "false", c->is_hung ? "true" : "false", c->count, held(c),
		c->engine_commands, c->bad_commands, c->flushes, c->starvations, c->refusals);
}

static bool verb_ftdi(struct vb_board *board, void *ctx, int argc, char **argv, FILE *out,
		      char *error, size_t error_size)
{
	struct vb_ftdi *ftdi = ctx;

	(void)board;
	(void)argc;
	(void)argv;
	(void)error;
	(void)error_size;
	fputc('[', out);
	for (unsigned i = 0; i < ftdi->chip->channels; i++) {
		if (i > 0)
			fputc(',', out);
		show_channel(&ftdi->channel[i], out);
	}
	fputc(']', out);
	return true;
}

static const struct vb_control_verb verbs[] = {
	{ "ftdi", "ftdi", "The state of each channel: bit mode, pins, clock, FIFOs, counters.",
	  verb_ftdi },
	{ 0 }
};

static void ftdi_stats(void *priv, FILE *out)
{
	const struct vb_ftdi *ftdi = priv;
	const struct vb_ftdi_channel *c = &ftdi->channel[ftdi->wired_channel];

	fprintf(out,
		",\"mpsse_commands\":%" PRIu64 ",\"bad_commands\":%" PRIu64
		",\"timer_packets\":%" PRIu64 ",\"refusals\":%" PRIu64,
		c->engine_commands, c->bad_commands, c->starvations, c->refusals);
}

/* --- Chips: DS_FT2232H, DS_FT232H, DS_FT4232H, DS_FT2232D --- */

/*
 * Reset pins of the usual configurations: FT2232H MiniModule (JTAG: AD5, SWD: AD4), FT232H module
 * (SWD: AD4, AD5), UM232H (JTAG: AC1, AC0). A resistor is soldered to either.
 */
static const struct vb_ftdi_chip ft2232h = {
	.channels = 2, .mpsse_channels = 2,
	.fifo_in = 4096, .fifo_out = 4096,
	.max_packet = 512,
	.is_h = true, .has_high_byte = true, .high_pins = 0xff00,
	.wiring = "jtag",
	.resets = { { 0x0020, 0 }, { 0x0010, 0 }, { 0x0030, 0 } },
};
static const struct vb_ftdi_chip kt_link = {
	.channels = 2, .mpsse_channels = 2,
	.fifo_in = 4096, .fifo_out = 4096,
	.max_packet = 512,
	.is_h = true, .has_high_byte = true, .high_pins = 0xff00,
	.wiring = "swd-buffer",
	.resets = { { 0x0020, 0 }, { 0x0010, 0 }, { 0x0030, 0 } },
};
static const struct vb_ftdi_chip ft232h = {
	.channels = 1, .mpsse_channels = 1,
	.fifo_in = 1024, .fifo_out = 1024,
	.max_packet = 512,
	.is_h = true, .has_open_drain = true, .has_high_byte = true, .high_pins = 0xff00,
	.wiring = "swd",
	.resets = { { 0x0200, 0x0100 }, { 0x0010, 0x0020 }, { 0x0210, 0x0120 } },
};
/* On a hub of full speed: the same chip in small packets. */
static const struct vb_ftdi_chip ft232h_fs = {
	.channels = 1, .mpsse_channels = 1,
	.fifo_in = 1024, .fifo_out = 1024,
	.max_packet = 64,
	.is_h = true, .has_open_drain = true, .has_high_byte = true, .high_pins = 0xff00,
	.wiring = "swd",
	.resets = { { 0x0200, 0x0100 }, { 0x0010, 0x0020 }, { 0x0210, 0x0120 } },
};
static const struct vb_ftdi_chip ft4232h = {
	.channels = 4, .mpsse_channels = 2,
	.fifo_in = 2048, .fifo_out = 2048,
	.max_packet = 512,
	.is_h = true,
	.wiring = "jtag",
	.resets = { { 0x0020, 0 }, { 0x0010, 0 }, { 0x0030, 0 } },
};
static const struct vb_ftdi_chip ft2232d = {
	.channels = 2, .mpsse_channels = 1,
	.fifo_in = 384, .fifo_out = 128,
	.max_packet = 64,
	.has_high_byte = true, .high_pins = 0x0f00,
	.wiring = "jtag",
	.resets = { { 0x0020, 0 }, { 0x0010, 0 }, { 0x0030, 0 } },
};

#define DEVICE(vid, pid, bcd, ep0)                                                                 \
	18, 1, 0x00, 0x02, 0, 0, 0, ep0, (vid) & 0xff, (vid) >> 8, (pid) & 0xff, (pid) >> 8,       \
		(bcd) & 0xff, (bcd) >> 8, 1, 2, 3, 1
#define CONFIGURATION(total, interfaces) 9, 2, total, 0, interfaces, 1, 0, 0x80, 0xfa
#define INTERFACE(n, packet)                                                                       \
	9, 4, n, 0, 2, 0xff, 0xff, 0xff, 2,                                                        \
	7, 5, 0x81 + 2 * (n), 2, (packet) & 0xff, (packet) >> 8, 0,                                \
	7, 5, 0x02 + 2 * (n), 2, (packet) & 0xff, (packet) >> 8, 0

static const uint8_t ft2232h_descriptors[] = { DEVICE(0x0403, 0x6010, 0x0700, 64),
					       CONFIGURATION(55, 2), INTERFACE(0, 512),
					       INTERFACE(1, 512) };
static const uint8_t kt_link_descriptors[] = { DEVICE(0x0403, 0xbbe2, 0x0700, 64),
					       CONFIGURATION(55, 2), INTERFACE(0, 512),
					       INTERFACE(1, 512) };
static const uint8_t ft232h_descriptors[] = { DEVICE(0x0403, 0x6014, 0x0900, 64),
					      CONFIGURATION(32, 1), INTERFACE(0, 512) };
static const uint8_t ft232h_fs_descriptors[] = { DEVICE(0x0403, 0x6014, 0x0900, 64),
						 CONFIGURATION(32, 1), INTERFACE(0, 64) };
static const uint8_t ft4232h_descriptors[] = { DEVICE(0x0403, 0x6011, 0x0800, 64),
					       CONFIGURATION(101, 4), INTERFACE(0, 512),
					       INTERFACE(1, 512), INTERFACE(2, 512),
					       INTERFACE(3, 512) };
static const uint8_t ft2232d_descriptors[] = { DEVICE(0x0403, 0x6010, 0x0500, 8),
					       CONFIGURATION(55, 2), INTERFACE(0, 64),
					       INTERFACE(1, 64) };

/* A model, its strings and its create(): one per chip. */
#define MODEL(chip, text, serial_number, is_hs, fifo, product_text, help_text)                     \
	static bool chip##_create(struct vb_usb_device *device, void *priv)                        \
	{                                                                                          \
		return create(device, priv, &chip);                                                \
	}                                                                                          \
	static const char *const chip##_strings[] = { "FTDI", product_text, "%s", NULL };          \
	const struct vb_usb_model vb_usb_##chip = {                                                \
		.name = text,                                                                      \
		.help = help_text,                                                                 \
		.descriptors = chip##_descriptors,                                                 \
		.descriptors_size = sizeof(chip##_descriptors),                                    \
		.is_high_speed = is_hs,                                                            \
		.strings = chip##_strings,                                                         \
		.default_serial = serial_number,                                                   \
		.string = ftdi_string,                                                             \
		.priv_size = sizeof(struct vb_ftdi),                                               \
		.options = options,                                                                \
		.set_option = ftdi_set_option,                                                     \
		.create = chip##_create,                                                           \
		.destroy = ftdi_destroy,                                                           \
		.reset = ftdi_reset,                                                               \
		.control = ftdi_control,                                                           \
		.out = ftdi_out,                                                                   \
		.out_buffer = fifo,                                                                \
		.starve_ms = ftdi_starve_ms,                                                       \
		.starved = ftdi_starved,                                                           \
		.taken = ftdi_taken,                                                               \
		.verbs = verbs,                                                                    \
		.stats = ftdi_stats,                                                               \
	}

MODEL(ft2232h, "ft2232h", "FT2VB001", true, 4096, "FT2232H MiniModule",
      "FTDI FT2232H MiniModule, channel A wired for JTAG");
MODEL(ft232h, "ft232h", "FT1VB001", true, 1024, "Single RS232-HS",
      "FTDI FT232H module, wired for SWD");
MODEL(ft232h_fs, "ft232h-fs", "FT1VB002", false, 1024, "Single RS232-HS",
      "FTDI FT232H module on a full-speed hub, wired for SWD");
MODEL(ft4232h, "ft4232h", "FT4VB001", true, 2048, "FT4232H MiniModule",
      "FTDI FT4232H MiniModule, channel A wired for JTAG");
MODEL(ft2232d, "ft2232d", "FTDVB001", false, 128, "Dual RS232",
      "FTDI FT2232D (full speed), channel A wired for JTAG");
MODEL(kt_link, "kt-link", "FTKVB001", true, 4096, "KT-LINK",
      "KT-Link: FT2232H with buffers, for JTAG and SWD");
