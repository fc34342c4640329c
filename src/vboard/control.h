/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control port: how a test or a person looks behind the debug port and breaks things on
 * purpose. One verb per line, words separated by blanks, "..." around words with blanks in them.
 * Each line is answered by one JSON object on one line: {"ok":true,...} or
 * {"ok":false,"error":"..."}. The chip adds its own verbs (board.h); their JSON value is under
 * "result".
 */
#ifndef VB_CONTROL_H
#define VB_CONTROL_H

#include "base/loop.h"
#include "vboard/board.h"
#include "vboard/front/cmsis_dap_tcp.h"
#include "vboard/front/pace.h"
#include "vboard/front/remote_bitbang.h"
#include "vboard/front/server.h"

/* Counters as `stats` shows them. */
struct vb_counters {
	uint64_t wire_clocks, transfers, ap_transfers, waits, faults, protocol_errors, packets,
		round_trips, virtual_ns, instructions, cycles, halts,
		instructions2, halts2;	/* of the second core, if there is one */
	/* Emulated USB, the first probe; its packets and round trips are in those above as well. */
	uint64_t urbs, usb_out_packets, usb_in_packets, usb_out_bytes, usb_in_bytes;
};

struct vb_usb_hub;

struct vb_control {
	struct loop *loop;
	struct vb_board *board;
	struct vb_pace *pace;			/* NULL: deterministic */
	struct vb_dap_tcp *dap_tcp;		/* NULL: that door is not open */
	struct vb_remote_bitbang *bitbang;	/* likewise */
	struct vb_usb_hub *hub;			/* NULL: no USB probe */
	struct vb_server *probe[2];		/* doors that `unplug` closes */
	struct vb_counters zero;		/* counters at the last reset-stats */
};

extern const struct vb_server_ops vb_control_ops;	/* ctx: struct vb_control */

/* Executes one line and appends its answer with a line end. */
void vb_control_line(struct vb_control *control, const char *line, struct buf *out);

/* For struct vb_board: `unplug` as the board's own wish. ctx: the struct vb_control. */
void vb_control_pull_cable(void *ctx);

/* Non-volatile state to and from a file. Saving is atomic: a crash leaves the old file or the new.
 */
enum err vb_state_save(struct vb_board *board, const char *path);
enum err vb_state_load(struct vb_board *board, const char *path);

#endif
