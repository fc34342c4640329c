/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wires between an FTDI channel and the board. Pins that are not driven are pulled up, but TCK,
 * which targets pull down. Wirings are those of the usual adapters: see the table.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/usb/model_ftdi.h"

/* KT-Link and its relatives: "8c28/ff3b". */
#define AD5 0x0020u
#define AC4 0x1000u
#define AC5 0x2000u

static const struct wiring {
	const char *name;
	enum vb_ftdi_wiring wiring;
} wirings[] = {
	{ "jtag", WIRED_JTAG },
	{ "swd", WIRED_SWD },
	{ "swd-resistor", WIRED_SWD_RESISTOR },
	{ "swd-buffer", WIRED_SWD_BUFFER },
	{ "jtagkey", WIRED_JTAGKEY },
};

bool vb_ftdi_set_wiring(struct vb_ftdi *ftdi, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(wirings); i++) {
		if (strcmp(wirings[i].name, name) == 0) {
			ftdi->wiring = wirings[i].wiring;
			ftdi->has_wiring = true;
			return true;
		}
	}
	return false;
}

bool vb_ftdi_parse_pin(const char *name, uint16_t *mask)
{
	if (strcmp(name, "none") == 0) {
		*mask = 0;
		return true;
	}
	if (name[0] != 'a' || (name[1] != 'd' && name[1] != 'c') || name[2] < '0' ||
	    name[2] > '7' || name[3] != '\0')
		return false;
	*mask = (uint16_t)BIT((name[1] == 'c' ? 8 : 0) + (unsigned)(name[2] - '0'));
	return true;
}

void vb_ftdi_default_resets(struct vb_ftdi *ftdi)
{
	const struct vb_ftdi_resets *resets = ftdi->chip->resets;
	bool is_buffered = ftdi->wiring == WIRED_SWD_BUFFER || ftdi->wiring == WIRED_JTAGKEY;

	if (!ftdi->has_nsrst) {
		ftdi->nsrst = is_buffered ? 0x0200 : resets[ftdi->wiring].nsrst;
		ftdi->nsrst_noe = is_buffered ? 0x0800 : 0;
	}
	if (!ftdi->has_ntrst) {
		ftdi->ntrst = is_buffered ? 0x0100 : resets[ftdi->wiring].ntrst;
		ftdi->ntrst_noe = is_buffered ? 0x0400 : 0;
	}
}

/* Pins the chip drives: outputs, but not the high ones of an open-drain pin. */
static uint16_t driven(const struct vb_ftdi_channel *c)
{
	return c->direction & (uint16_t)~(c->open_drain & c->value);
}

static bool is_low(const struct vb_ftdi_channel *c, uint16_t pins)
{
	return driven(c) & ~c->value & pins;
}

static bool target_drives(const struct vb_link *link)
{
	return link->mode == VB_LINK_SWD && link->swd.is_driving && !vb_dp_is_dead(link->dp);
}

static bool buffer_is_swd(const struct vb_ftdi_channel *c)
{
	return is_low(c, AD5) && (driven(c) & c->value & AC5);
}

/* Whether SWDIO (else TMS) is where TDI/DO goes. */
static bool is_swd(const struct vb_ftdi_channel *c)
{
	switch (c->ftdi->wiring) {
	case WIRED_SWD:
	case WIRED_SWD_RESISTOR:
		return true;
	case WIRED_SWD_BUFFER:
		return buffer_is_swd(c);
	default:
		return false;
	}
}

/* Whether the host's level is the one on the line. */
static bool host_drives(const struct vb_ftdi_channel *c)
{
	switch (c->ftdi->wiring) {
	case WIRED_SWD:
		return driven(c) & PIN_TDI;
	case WIRED_SWD_RESISTOR:	/* the target overpowers what comes through it */
		return (driven(c) & PIN_TDI) && !target_drives(c->ftdi->board->link);
	case WIRED_SWD_BUFFER:
		return !buffer_is_swd(c) || is_low(c, AC4);
	default:
		return true;
	}
}

void vb_ftdi_put_wire(struct vb_ftdi_channel *c)
{
	struct vb_link *link = c->ftdi->board->link;
	uint16_t high = c->value | (uint16_t)~driven(c);
	bool drives, clk = driven(c) & c->value & PIN_TCK;

	if (!c->is_wired)
		return;
	drives = host_drives(c);
	if (link->is_host_driving != drives)
		vb_link_drive(link, drives);
	vb_link_pins(link, clk, high & (is_swd(c) ? PIN_TDI : PIN_TMS), high & PIN_TDI);
}

static bool reset_is_low(const struct vb_ftdi_channel *c, uint16_t pins, uint16_t noe)
{
	return is_low(c, pins) && (noe == 0 || is_low(c, noe));
}

void vb_ftdi_put_pins(struct vb_ftdi_channel *c)
{
	struct vb_ftdi *ftdi = c->ftdi;
	bool nsrst = reset_is_low(c, ftdi->nsrst, ftdi->nsrst_noe);
	bool ntrst = reset_is_low(c, ftdi->ntrst, ftdi->ntrst_noe);

	if (!c->is_wired)
		return;
	vb_ftdi_put_wire(c);
	vb_link_sync(ftdi->board->link);
	if (ntrst != ftdi->board->link->is_trst_low)
		vb_link_trst(ftdi->board->link, ntrst);
	vb_board_set_nrst(ftdi->board, nsrst);
}

bool vb_ftdi_di(struct vb_ftdi_channel *c)
{
	const struct vb_link *link = c->ftdi->board->link;

	if (driven(c) & PIN_TDO)	/* wrongly an output: it reads itself */
		return c->value & PIN_TDO;
	if (!c->is_wired)
		return true;
	/* The target may have begun or ended to drive since. */
	if (link->is_host_driving != host_drives(c))
		vb_link_drive(c->ftdi->board->link, host_drives(c));
	return is_swd(c) ? vb_link_dio(link) : vb_link_tdo(link);
}

uint16_t vb_ftdi_get_pins(struct vb_ftdi_channel *c)
{
	const struct vb_ftdi *ftdi = c->ftdi;
	uint16_t levels = c->value | (uint16_t)~driven(c);

	if (!(driven(c) & PIN_TDO))
		levels = (uint16_t)((levels & ~PIN_TDO) | (vb_ftdi_di(c) ? PIN_TDO : 0));
	if (c->is_wired && ftdi->wiring == WIRED_SWD && !(driven(c) & PIN_TDI))
		levels = (uint16_t)((levels & ~PIN_TDI) |
				    (vb_link_dio(ftdi->board->link) ? PIN_TDI : 0));
	if (!(driven(c) & PIN_TCK))
		levels &= (uint16_t)~PIN_TCK;
	/* The board or somebody else may hold the reset line. */
	if (c->is_wired && ftdi->nsrst_noe == 0 && ftdi->board->nrst_low)
		levels &= (uint16_t)~(ftdi->nsrst & ~driven(c));
	if (ftdi->has_rtck && !(driven(c) & PIN_GPIOL3))
		levels = (uint16_t)((levels & ~PIN_GPIOL3) | (levels & PIN_TCK ? PIN_GPIOL3 : 0));
	return levels;
}

void vb_ftdi_begin(struct vb_ftdi_channel *c)
{
	if (c->is_wired)
		vb_link_set_hz(c->ftdi->board->link, vb_ftdi_hz(c));
}
