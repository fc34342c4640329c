/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remote_bitbang: OpenOCD's protocol for pins behind a socket. One character per request, replies
 * for R and c only. The JTAG and the SWD letters both move the same pins. Every clock edge costs
 * half a period of virtual time at the speed the link is set to; Z and z cost what they say.
 */
#ifndef VB_FRONT_REMOTE_BITBANG_H
#define VB_FRONT_REMOTE_BITBANG_H

#include "vboard/board.h"
#include "vboard/front/pace.h"
#include "vboard/front/server.h"

struct vb_remote_bitbang {
	struct vb_board *board;
	struct vb_pace *pace;		/* may be NULL */
	uint32_t hz;			/* speed of its clock */
	uint64_t packets;		/* letters: how they group is the host's timing */
	uint64_t round_trips;		/* blocks from the socket that had an answer */
	bool has_warned;
};

/* Start levels: TCK 0, TMS 1, resets released. They are kept when a client goes. */
void vb_remote_bitbang_init(struct vb_remote_bitbang *rbb, struct vb_board *board,
			    struct vb_pace *pace, uint32_t hz);
extern const struct vb_server_ops vb_remote_bitbang_ops;	/* ctx: struct vb_remote_bitbang */

#endif
