/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ftdi driver: bits for wire/ out of MPSSE shifts, and the signals of the layout.
 *
 * SWD is wired in one of three ways. TDI and TDO both on SWDIO, TDI through a resistor: the target
 * overpowers TDI, nothing is switched. The same with a layout that has an SWDIO_OE of mask 0: TDI
 * becomes an input while the target drives. Or a buffer that the signal SWDIO_OE switches.
 */
#include "adapter/ftdi.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "adapter/ftdi_mpsse.h"
#include "base/log.h"

/* The pins that every channel has, for -alias and -nalias. */
static void *new_settings(void)
{
	static const struct { const char *name; uint16_t mask; } pins[] = {
		{ "TCK", MPSSE_TCK }, { "TDI", MPSSE_TDI }, { "TDO", MPSSE_TDO },
		{ "TMS", MPSSE_TMS },
	};
	struct ftdi_settings *settings = xcalloc(1, sizeof(*settings));

	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		struct ftdi_signal *pin = ftdi_new_signal(&settings->layout, pins[i].name);

		pin->data = pin->oe = pin->input = pins[i].mask;
		pin->has_data = pin->has_oe = true;
	}
	return settings;
}

static void free_settings(void *p)
{
	struct ftdi_settings *settings = p;

	ftdi_layout_free(&settings->layout);
	free(settings);
}

static const struct ftdi_settings *settings_of(struct adapter *adapter)
{
	return adapter_settings(adapter, &ftdi_driver);
}

#if defined(HAVE_LIBFTDI) && defined(HAVE_LIBUSB)
#include "adapter/ftdi_link.h"

struct ftdi {
	struct adapter *adapter;
	const struct ftdi_settings *settings;
	struct ftdi_link link;
	struct ftdi_pins pins;
	const struct ftdi_signal *led, *swdio_oe;
	bool drives_swdio, is_led_on;
};

#define CLOSE_MS 500	/* for what was sent last, a reset line for example, to get out */

/* --- Pins --- */

static void put_pins(struct ftdi *f)
{
	mpsse_put_pins(&f->link.mpsse, f->pins.value, f->pins.direction);
}

static enum err set_signal(struct ftdi *f, const struct ftdi_signal *signal, enum ftdi_level level)
{
	TRY(ftdi_set_signal(signal, level, &f->pins));
	put_pins(f);
	return OK;
}

static void set_led(struct ftdi *f, bool on)
{
	if (f->led == NULL || f->is_led_on == on)
		return;
	f->is_led_on = on;
	if (ftdi_set_signal(f->led, on ? FTDI_HIGH : FTDI_LOW, &f->pins) == OK)
		put_pins(f);
	else
		error_clear();		/* a LED that cannot be switched stays as it is */
}

static void drive_swdio(struct ftdi *f, bool on)
{
	if (f->drives_swdio == on)
		return;
	f->drives_swdio = on;
	if (f->swdio_oe == NULL)
		return;
	if (f->swdio_oe->data != 0 || f->swdio_oe->oe != 0) {
		if (ftdi_set_signal(f->swdio_oe, on ? FTDI_HIGH : FTDI_LOW, &f->pins) != OK)
			error_clear();	/* was found settable when the probe was opened */
	} else if (on) {
		f->pins.direction |= f->settings->layout.init.direction & MPSSE_TDI;
	} else {
		f->pins.direction &= (uint16_t)~MPSSE_TDI;
	}
	put_pins(f);
}

/* --- Bits --- */

static void put_swd(void *priv, const uint8_t *out, uint8_t *in, size_t bits)
{
	struct ftdi *f = priv;
	struct mpsse *m = &f->link.mpsse;

	if (bits == 0)
		return;
	set_led(f, true);
	drive_swdio(f, out != NULL);
	if (out != NULL)
		mpsse_put_out(m, out, bits);
	else
		mpsse_put_in(m, in, bits);
	ftdi_link_pump(&f->link);
}

static void put_jtag(void *priv, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo, size_t bits)
{
	struct ftdi *f = priv;

	set_led(f, true);
	f->link.mpsse.samples_falling = f->settings->samples_falling;
	mpsse_put_jtag(&f->link.mpsse, tms, tdi, tdo, bits);
	ftdi_link_pump(&f->link);
}

static enum err flush(void *priv)
{
	struct ftdi *f = priv;
	enum err rc;

	set_led(f, false);
	rc = ftdi_link_flush(&f->link);
	if (rc == ERR_ADAPTER_LOST)
		adapter_lost(f->adapter);
	if (rc != OK)
		put_pins(f);		/* the engine was started anew: they go with the next flush */
	return rc;
}

static const struct bit_ops bit_ops = {
	.swd = put_swd,
	.jtag = put_jtag,
	.flush = flush,
};

/* --- Opening --- */

static enum err need_layout(const struct ftdi_settings *settings, const struct probe *probe)
{
	if (settings->layout.has_init)
		return OK;
	error_why(ERR_ADAPTER_CONFIG, "nothing says how the %s is wired", probe->kind);
	if (probe->config != NULL)
		return error_next(ERR_ADAPTER_CONFIG,
				  "for the usual wiring add \"source [find %s]\"", probe->config);
	return error_next(ERR_ADAPTER_CONFIG, "source the script of your probe or board "
			  "(interface/ftdi/*.cfg), or give \"ftdi layout_init\"");
}

/* What SWD needs of the layout. */
static enum err start_swd(struct ftdi *f)
{
	const struct ftdi_layout *layout = &f->settings->layout;
	const struct ftdi_signal *enable = ftdi_find_signal(layout, "SWD_EN");

	if (enable == NULL) {
		error_why(ERR_ADAPTER_CONFIG, "SWD mode is active but SWD_EN signal is not defined");
		return error_next(ERR_ADAPTER_CONFIG,
				  "if TDI goes to SWDIO through a resistor, and TDO too, add \"source "
				  "[find interface/ftdi/swd-resistor-hack.cfg]\"; else select jtag");
	}
	if (enable->data != 0 || enable->oe != 0)
		TRY(set_signal(f, enable, FTDI_HIGH));
	f->swdio_oe = ftdi_find_signal(layout, "SWDIO_OE");
	f->drives_swdio = f->swdio_oe == NULL;
	if (f->swdio_oe != NULL && (f->swdio_oe->data != 0 || f->swdio_oe->oe != 0)) {
		struct ftdi_pins trial = f->pins;

		TRY(ftdi_set_signal(f->swdio_oe, FTDI_LOW, &trial));
		TRY(ftdi_set_signal(f->swdio_oe, FTDI_HIGH, &trial));
	}
	drive_swdio(f, true);
	return OK;
}

/* Boards that can also do cJTAG choose by this signal. */
static enum err start_jtag(struct ftdi *f)
{
	const struct ftdi_signal *select = ftdi_find_signal(&f->settings->layout, "JTAG_SEL");

	if (select == NULL || (select->data == 0 && select->oe == 0))
		return OK;
	return set_signal(f, select, FTDI_HIGH);
}

static enum err start(struct ftdi *f)
{
	f->pins = f->settings->layout.init;
	f->led = ftdi_find_signal(&f->settings->layout, "LED");
	put_pins(f);
	TRY(f->adapter->transport == TRANSPORT_SWD ? start_swd(f) : start_jtag(f));
	return ftdi_link_flush(&f->link);
}

/* As OpenOCD says it: wrappers look for "no device found". */
static enum err select_probe(struct adapter *adapter, struct probe **probe)
{
	const struct usb_id *id = adapter->usb_ids;
	enum err rc = probe_select(adapter, probe);

	char words[256];

	snprintf(words, sizeof(words),
		 "unable to open ftdi device with vid %04x, pid %04x, description '%s', serial '%s' "
		 "at bus location '%s'%s", id->vid, id->pid,
		 adapter->usb_product ? adapter->usb_product : "*",
		 adapter->serial ? adapter->serial : "*",
		 adapter->usb_location ? adapter->usb_location : "*",
		 rc == ERR_ADAPTER_NOT_FOUND ? ": no device found" : "");
	return probe_fail_open(rc, words);
}

static enum err ftdi_open(struct adapter *adapter)
{
	const struct ftdi_settings *settings = settings_of(adapter);
	struct probe *probe = NULL;
	struct ftdi *f;
	enum err rc;

	TRY(select_probe(adapter, &probe));
	f = xcalloc(1, sizeof(*f));
	f->adapter = adapter;
	f->settings = settings;
	rc = need_layout(settings, probe);
	if (rc == OK)
		rc = ftdi_link_open(adapter->loop, probe->usb, settings->channel, &f->link);
	if (rc == OK)
		rc = start(f);
	if (rc == OK)
		log_info("ftdi: %s, %s channel %c", probe->kind, f->link.chip->name,
			 'A' + (int)settings->channel);
	if (rc == OK && adapter->transport == TRANSPORT_SWD)
		log_info("FTDI SWD mode enabled");
	probes_free(probe);
	if (rc != OK) {
		struct error error;

		error_take(&error);
		ftdi_link_close(&f->link);
		free(f);
		error_put(&error);
		return rc;
	}
	usb_on_lost(f->link.usb, adapter_unplugged, adapter);
	adapter->priv = f;
	adapter->bits_priv = f;
	return OK;
}

static void ftdi_close(struct adapter *adapter)
{
	struct ftdi *f = adapter->priv;

	if (!adapter->is_lost) {
		set_led(f, false);
		if (ftdi_link_flush(&f->link) != OK ||
		    usb_flush_out(f->link.usb, CLOSE_MS) != OK) {
			log_debug("ftdi: closing: %s", error_text(error_current()));
			error_clear();
		}
	}
	ftdi_link_close(&f->link);
	free(f);
	adapter->priv = NULL;
	adapter->bits_priv = NULL;
}

static void ftdi_inspect(struct adapter *adapter, struct probe *probe)
{
	const struct mpsse_chip *chip = mpsse_find_chip(probe->usb->bcd_device);
	struct usb *usb = NULL;
	enum err rc = usb_open(adapter->loop, probe->usb, &usb);

	if (rc == OK)
		rc = usb_claim(usb, settings_of(adapter)->channel);
	if (rc != OK)
		probe_set_problem(probe, rc);
	else if (chip != NULL)
		probe->firmware = xstrdup(chip->name);
	usb_close(usb);
}

/* --- What the open probe does --- */

static enum err ftdi_set_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	struct ftdi *f = adapter->priv;
	double hz;

	ftdi_link_set_clock(&f->link, khz * 1000.0);
	hz = f->link.clock.hz;
	*actual = (uint32_t)(hz / 1000 + 0.5);	/* 6.9995 kHz is 7 to a person */
	TRY(flush(f));
	if (hz != khz * 1000.0)
		log_info("ftdi: the clock is %.3f kHz: %u MHz / (2 * %u), the nearest below %u kHz",
			 hz / 1000, f->link.chip->is_h && !f->link.clock.by_5 ? 60 : 12,
			 f->link.clock.divisor + 1, khz);
	return OK;
}

/* Released lines are let go, or driven high if that is how they are wired or configured. */
static enum err set_line(struct ftdi *f, const char *name, bool assert_it, bool is_push_pull)
{
	const struct ftdi_signal *signal = ftdi_find_signal(&f->settings->layout, name);
	enum ftdi_level level = assert_it ? FTDI_LOW : is_push_pull ? FTDI_HIGH : FTDI_Z;

	if (signal == NULL && !assert_it)
		return OK;
	if (signal == NULL) {
		error_why(ERR_UNSUPPORTED, "the layout of this probe has no %s signal", name);
		return error_next(ERR_UNSUPPORTED, "define it with \"ftdi layout_signal %s\", or leave "
				  "it out of \"reset_config\"", name);
	}
	if (!assert_it && !ftdi_can_set(signal, level))
		level = level == FTDI_Z ? FTDI_HIGH : FTDI_Z;
	return set_signal(f, signal, level);
}

static enum err ftdi_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct ftdi *f = adapter->priv;

	TRY(set_line(f, "nTRST", trst, !(adapter->reset_config & RESET_TRST_OPEN_DRAIN)));
	TRY(set_line(f, "nSRST", srst, adapter->reset_config & RESET_SRST_PUSH_PULL));
	return flush(f);
}

static enum err sample(struct ftdi *f, uint16_t *pins)
{
	uint8_t bytes[2] = { 0 };

	mpsse_put_read_pins(&f->link.mpsse, bytes);
	TRY(flush(f));
	*pins = get_le16(bytes);
	return OK;
}

/* SWDIO comes in on TDO; the outputs read back as they stand. */
static enum err ftdi_read_pins(struct adapter *adapter, enum pin_drive swdio,
				struct pin_levels *levels)
{
	static const struct { unsigned pin, mask; } map[] = {
		{ PIN_SWCLK, MPSSE_TCK }, { PIN_SWDIO, MPSSE_TMS },
		{ PIN_TDI, MPSSE_TDI },	  { PIN_TDO, MPSSE_TDO },
	};
	struct ftdi *f = adapter->priv;
	const struct ftdi_signal *srst = ftdi_find_signal(&f->settings->layout, "nSRST");
	bool is_swd = adapter->transport == TRANSPORT_SWD;
	uint16_t pins = 0;

	levels->known = levels->high = 0;
	if (is_swd) {
		drive_swdio(f, swdio != PIN_AS_IT_IS);
		if (swdio != PIN_AS_IT_IS) {
			f->pins.value &= (uint16_t)~MPSSE_TDI;
			f->pins.value |= swdio == PIN_DRIVE_HIGH ? MPSSE_TDI : 0;
			f->link.mpsse.are_pins_known = false;	/* shifts moved TDI */
			put_pins(f);
		}
	}
	TRY(sample(f, &pins));
	for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
		unsigned mask = is_swd && map[i].pin == PIN_SWDIO ? MPSSE_TDO : map[i].mask;

		if (is_swd && (map[i].pin == PIN_TDI || map[i].pin == PIN_TDO))
			continue;
		levels->known |= map[i].pin;
		levels->high |= pins & mask ? map[i].pin : 0;
	}
	if (srst != NULL && srst->input != 0) {
		levels->known |= PIN_NRESET;
		levels->high |= ((pins & srst->input) != 0) != srst->invert_input ? PIN_NRESET : 0;
	}
	return OK;
}

static const char *wiring(const struct ftdi *f)
{
	if (f->adapter->transport != TRANSPORT_SWD)
		return "JTAG";
	if (f->swdio_oe == NULL)
		return "SWD, the target overpowers TDI through a resistor";
	return f->swdio_oe->data || f->swdio_oe->oe ? "SWD through a buffer (SWDIO_OE)"
						    : "SWD, TDI lets go while the target drives";
}

static void ftdi_describe(struct adapter *adapter, struct buf *out)
{
	const struct ftdi *f = adapter->priv;

	if (!adapter->is_open || f == NULL)
		return;
	buf_printf(out, "chip: %s, channel %c\n", f->link.chip->name,
		   'A' + (int)f->settings->channel);
	buf_printf(out, "packet size: %zu bytes\n", f->link.packet);
	buf_printf(out, "wiring: %s\n", wiring(f));
	buf_printf(out, "clock: %.3f kHz\n", f->link.clock.hz / 1000);
	buf_printf(out, "resets: %s%s\n",
		   ftdi_find_signal(&f->settings->layout, "nSRST") ? "nSRST" : "no nSRST",
		   ftdi_find_signal(&f->settings->layout, "nTRST") ? ", nTRST" : ", no nTRST");
}

static enum err opened(struct adapter *adapter, struct ftdi **f)
{
	TRY(adapter_need_open(adapter, &ftdi_driver));
	*f = adapter->priv;
	return OK;
}

enum err ftdi_drive_signal(struct adapter *adapter, const struct ftdi_signal *signal,
			   enum ftdi_level level)
{
	struct ftdi *f = NULL;

	TRY(opened(adapter, &f));
	TRY(set_signal(f, signal, level));
	return flush(f);
}

enum err ftdi_sample_signal(struct adapter *adapter, const struct ftdi_signal *signal,
			    uint16_t *pins)
{
	struct ftdi *f = NULL;
	uint16_t all = 0;

	TRY(opened(adapter, &f));
	TRY(sample(f, &all));
	*pins = (uint16_t)((signal->invert_input ? ~all : all) & signal->input);
	return OK;
}

#else	/* the verbs stay, so that configurations can be read */

static const struct bit_ops bit_ops;

static enum err ftdi_open(struct adapter *adapter)
{
	(void)adapter;
	(void)settings_of;
	error_why(ERR_UNSUPPORTED, "this build has no FTDI driver");
	return error_next(ERR_UNSUPPORTED, "build probed with libusb-1.0 and libftdi1");
}

enum err ftdi_drive_signal(struct adapter *adapter, const struct ftdi_signal *signal,
			   enum ftdi_level level)
{
	(void)signal;
	(void)level;
	return ftdi_open(adapter);
}

enum err ftdi_sample_signal(struct adapter *adapter, const struct ftdi_signal *signal,
			    uint16_t *pins)
{
	(void)signal;
	(void)pins;
	return ftdi_open(adapter);
}

#define ftdi_close	NULL
#define ftdi_set_speed	NULL
#define ftdi_set_reset	NULL
#define ftdi_inspect	NULL
#define ftdi_read_pins	NULL
#define ftdi_describe	NULL
#endif

static const enum transport supported[] = { TRANSPORT_JTAG, TRANSPORT_SWD, TRANSPORT_NONE };

const struct adapter_driver ftdi_driver = {
	.name = "ftdi",
	.wiring_scripts = "interface/ftdi/",
	.help = "Probes and boards with an FTDI chip (FT2232H, FT232H, FT4232H, FT2232D and kin)",
	.transports = supported,
	.commands = ftdi_commands,
	.new_settings = new_settings,
	.free_settings = free_settings,
	.open = ftdi_open,
	.close = ftdi_close,
	.set_speed = ftdi_set_speed,
	.set_reset = ftdi_set_reset,
	.recognise = ftdi_recognise,
	.inspect = ftdi_inspect,
	.read_pins = ftdi_read_pins,
	.describe = ftdi_describe,
	.bits = &bit_ops,
};
