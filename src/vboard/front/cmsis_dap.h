/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_cmsis_dap: the firmware of a CMSIS-DAP probe (protocol 2.1), one command packet in, one
 * response packet out. It owns no socket and no USB: a front end hands it packets. It works on the
 * board's pins, so what it does costs wire time there.
 *
 * A request is never read past its length: if it is cut short, nothing of it is executed and the
 * answer is the single byte 0xFF, as for an unknown command. Bytes after a complete command are
 * ignored (HID reports are padded).
 */
#ifndef VB_FRONT_CMSIS_DAP_H
#define VB_FRONT_CMSIS_DAP_H

#include <stddef.h>

#include "vboard/board.h"

struct vb_cmsis_dap_config {
	uint16_t packet_size;		/* 64..32768 */
	uint8_t packet_count;
	uint32_t max_hz;
	const char *product, *serial;
};

struct vb_cmsis_dap;

/* Called once per response, in order; `response` is valid during the call only. */
typedef void (*vb_cmsis_dap_fn)(void *ctx, const uint8_t *response, size_t n);

struct vb_cmsis_dap *vb_cmsis_dap_new(const struct vb_cmsis_dap_config *config,
				      struct vb_board *board);
void vb_cmsis_dap_free(struct vb_cmsis_dap *dap);
const struct vb_cmsis_dap_config *vb_cmsis_dap_config(const struct vb_cmsis_dap *dap);
/*
 * Executes one packet. Most give one response; DAP_TransferAbort gives none; DAP_QueueCommands is
 * kept until another packet comes, which then yields a response for each of them.
 */
void vb_cmsis_dap_packet(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
			 vb_cmsis_dap_fn respond, void *ctx);
/* A DAP_TransferAbort packet arrives at that time, so maybe in the middle of an earlier command. */
void vb_cmsis_dap_abort_at(struct vb_cmsis_dap *dap, uint64_t ns);
/* As the probe is after it was plugged in. */
void vb_cmsis_dap_power_on(struct vb_cmsis_dap *dap);

#endif
