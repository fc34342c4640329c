/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP over TCP: an 8-byte header ("DAP\0", payload length, type 1 request or 2 response, 0)
 * and one command or response packet, in both directions.
 *
 * Packets that arrive together, up to the probe's packet count, are one window: they were all under
 * way before the first answer came. Packet i reaches the probe after the latency and the OUT
 * transfers up to its own; it is executed when it is there and the one before is done; its answer
 * goes in when it is ready and the answer before it is in. The window ends with the last answer.
 * So what pipelining hides on USB is hidden here too.
 */
#ifndef VB_FRONT_CMSIS_DAP_TCP_H
#define VB_FRONT_CMSIS_DAP_TCP_H

#include "vboard/board.h"
#include "vboard/front/cmsis_dap.h"
#include "vboard/front/pace.h"
#include "vboard/front/server.h"
#include "vboard/front/usb.h"

#define DAP_TCP_HEADER	  8u
#define DAP_TCP_SIGNATURE 0x00504144u
#define DAP_TCP_REQUEST	  1u
#define DAP_TCP_RESPONSE  2u

struct vb_dap_tcp {
	struct vb_board *board;
	struct vb_cmsis_dap *dap;
	const struct vb_usb *usb;
	struct vb_pace *pace;		/* NULL: nothing follows wall time */
	uint64_t packets, round_trips;
};

extern const struct vb_server_ops vb_dap_tcp_ops;	/* ctx: struct vb_dap_tcp */

#endif
