/* SPDX-License-Identifier: GPL-2.0-or-later */
/* J-Link firmware, wire level: speed, shifts, single pins, resets, what the pins look like. */
#include <string.h>

#include "vboard/usb/model_jlink.h"

#define RESET_KHZ	100u	/* unconfirmed: the speed a selection falls back to */
#define PULSE_NS	2000000u
#define IO_NO_MEMORY	6u
#define IO_NO_RTCK	1u	/* unconfirmed: this board returns no RTCK */
#define IO_HEADER	4u

/* The nearest divider that does not exceed the request, but never below the smallest one. */
static uint32_t speed_hz(const struct vb_jlink *jl)
{
	const struct jlink_speed *speed = &jl->kind->speed[jl->interface];
	uint64_t hz = jl->khz * 1000ull, div = (speed->base_hz + hz - 1) / hz;

	return (uint32_t)(speed->base_hz / MAX(div, speed->min_div));
}

/* Other doors of the board share the wire and its clock. */
static void take_wire(struct vb_jlink *jl)
{
	if (jl->khz != JLINK_ADAPTIVE)
		vb_link_set_hz(jl->board->link, speed_hz(jl));
}

void jlink_select(struct vb_jlink *jl, uint8_t interface)
{
	if (!(jl->kind->interfaces & BIT(interface % 32)) || interface > JLINK_SWD)
		return;
	jl->interface = interface;
	jl->khz = RESET_KHZ;
	vb_link_drive(jl->board->link, true);
}

static void set_resets(struct vb_jlink *jl)
{
	vb_link_sync(jl->board->link);
	vb_link_trst(jl->board->link, jl->is_trst_low);
	vb_board_set_nrst(jl->board, jl->is_srst_low);
}

void jlink_power_up(struct vb_jlink *jl)
{
	jl->is_srst_low = jl->is_trst_low = jl->is_power_on = false;
	jlink_select(jl, JLINK_JTAG);
	set_resets(jl);
}

static bool swd_bit(struct vb_link *link, bool drives, bool level)
{
	vb_swd_clock(link, level, drives);
	/* The probe looks after the rising edge: what it sees is one clock ahead. Its own bits it
	 * does not read back. */
	return !drives && vb_link_dio(link);
}

static void shift(struct vb_jlink *jl, const uint8_t *a, const uint8_t *b, uint8_t *result,
		  size_t bits)
{
	struct vb_link *link = jl->board->link;

	take_wire(jl);
	for (size_t i = 0; i < bits; i++) {
		bool first = bit_get(a, i), second = bit_get(b, i);

		bit_set(result, i,
			jl->interface == JLINK_SWD ? swd_bit(link, first, second)
						   : vb_jtag_clock(link, first, second));
	}
	vb_link_sync(link);
	jl->wire_bits += bits;
}

/* TMS and TDI, or direction and level; the answer, and behind it the status of CF. */
void jlink_io(struct vb_jlink *jl, const uint8_t *cmd)
{
	uint8_t result[65536 / 8 + 1] = { 0 };
	size_t bits = get_le16(cmd + 2), bytes = (bits + 7) / 8;
	uint8_t status = 0;

	if (IO_HEADER + 2 * bytes > jl->memory)
		status = IO_NO_MEMORY;
	else if (jl->khz == JLINK_ADAPTIVE)
		status = IO_NO_RTCK;
	else
		shift(jl, cmd + IO_HEADER, cmd + IO_HEADER + bytes, result, bits);
	result[bytes] = status;
	switch (cmd[0]) {
	case 0xcf:
		jlink_reply(jl, result, bytes + 1);
		break;
	case 0xd5:
		jl->hw_jtag_status |= status;
		break;
	default:	/* CE has no status: what went wrong shows as silence */
		if (status == 0 && bytes > 0)
			jlink_reply(jl, result, bytes);
		break;
	}
}

void jlink_pins(struct vb_jlink *jl, uint8_t opcode)
{
	struct vb_link *link = jl->board->link;

	take_wire(jl);
	switch (opcode) {
	case 0xc9: case 0xca:
		vb_link_drive(link, true);
		vb_link_pins(link, link->clk, opcode == 0xca, link->tdi);
		break;
	case 0xda: case 0xdb:
		vb_link_pins(link, opcode == 0xdb, link->dio, link->tdi);
		break;
	case 0xdc: case 0xdd:
		jl->is_srst_low = opcode == 0xdc;
		set_resets(jl);
		break;
	default:	/* DE, DF */
		jl->is_trst_low = opcode == 0xde;
		set_resets(jl);
		break;
	}
	vb_link_sync(link);
}

void jlink_pulse(struct vb_jlink *jl, uint8_t opcode)
{
	bool *line = opcode == 0x02 ? &jl->is_trst_low : &jl->is_srst_low;

	*line = true;
	set_resets(jl);
	vb_link_delay(jl->board->link, PULSE_NS);
	*line = false;
	set_resets(jl);
}

/* VTref and the levels of TCK, TDI, TDO, TMS, TRES, TRST: 1 is high. */
void jlink_status(struct vb_jlink *jl)
{
	struct vb_link *link = jl->board->link;
	uint8_t status[8] = { 0 };

	put_le16(status, (uint16_t)vb_board_millivolts(jl->board));
	status[2] = link->clk;
	status[3] = link->tdi;
	status[4] = vb_link_tdo(link);
	status[5] = vb_link_dio(link);
	/* The target's supply pulls the reset line up. */
	status[6] = jl->board->powered && !vb_board_nrst_at_probe(jl->board);
	status[7] = !link->is_trst_low;
	jlink_reply(jl, status, sizeof(status));
}
