/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/front/remote_bitbang.h"

#include "base/log.h"

void vb_remote_bitbang_init(struct vb_remote_bitbang *rbb, struct vb_board *board,
			    struct vb_pace *pace, uint32_t hz)
{
	*rbb = (struct vb_remote_bitbang){ .board = board, .pace = pace, .hz = hz };
	vb_link_drive(board->link, true);
	vb_link_pins(board->link, false, true, true);
}

/* r none, s SRST, t TRST, u both; the letters carry "asserted", the pins are active low. */
static void set_resets(struct vb_remote_bitbang *rbb, unsigned bits)
{
	vb_link_sync(rbb->board->link);
	vb_link_trst(rbb->board->link, bits & 2);
	vb_board_set_nrst(rbb->board, bits & 1);
}

/* Returns false on Q. */
static bool letter(struct vb_remote_bitbang *rbb, char c, struct buf *out)
{
	struct vb_link *link = rbb->board->link;
	unsigned v;

	switch (c) {
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7':
		v = (unsigned)(c - '0');
		/* A JTAG probe always drives TMS. */
		if (!link->is_host_driving)
			vb_link_drive(link, true);
		vb_link_pins(link, v & 4, v & 2, v & 1);
		break;
	case 'R':
		buf_putc(out, vb_link_tdo(link) ? '1' : '0');
		break;
	case 'd': case 'e': case 'f': case 'g':
		v = (unsigned)(c - 'd');
		/* While the host does not drive, its level for SWDIO goes nowhere. */
		vb_link_pins(link, v & 2, link->is_host_driving ? v & 1 : link->dio, link->tdi);
		break;
	case 'c':
		buf_putc(out, vb_link_dio(link) ? '1' : '0');
		break;
	case 'O': case 'o':
		vb_link_drive(link, c == 'O');
		break;
	case 'r': case 's': case 't': case 'u':
		set_resets(rbb, (unsigned)(c - 'r'));
		break;
	case 'Z':
		vb_link_delay(link, 1000000);
		break;
	case 'z':
		vb_link_delay(link, 1000);
		break;
	case 'Q':
		return false;
	case 'B': case 'b': case '\n': case '\r':
		break;
	default:
		if (!rbb->has_warned)
			log_warning("remote-bitbang: unknown request 0x%02x ignored",
				    (unsigned char)c);
		rbb->has_warned = true;
		break;
	}
	return true;
}

static size_t remote_bitbang_input(void *ctx, const uint8_t *data, size_t n, struct buf *out)
{
	struct vb_remote_bitbang *rbb = ctx;
	size_t i, before = out->len;
	bool goes_on = true;

	vb_pace_catch_up(rbb->pace);
	vb_link_set_hz(rbb->board->link, rbb->hz);
	for (i = 0; i < n && goes_on; i++)
		goes_on = letter(rbb, (char)data[i], out);
	vb_link_sync(rbb->board->link);
	vb_pace_mark(rbb->pace);
	rbb->packets += i;
	if (out->len > before)
		rbb->round_trips++;
	return goes_on ? n : SERVER_HANG_UP;
}

const struct vb_server_ops vb_remote_bitbang_ops = {
	.name = "remote-bitbang",
	.max_clients = 1,
	.max_input = 1u << 16,
	.input = remote_bitbang_input,
};
