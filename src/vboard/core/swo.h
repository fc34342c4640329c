/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_swo: the SWO pin (TRACESWO): what the TPIU sends, at the rate and in the protocol the firmware
 * and the debugger set (TPIU_ACPR, TPIU_SPPR; DDI 0403 C1.10), and the receiver of a probe.
 *
 * The receiver gets whole bytes with the board's time at which each had arrived. At a rate more than 3 %
 * off, or in the other protocol, it gets what a real UART would make of it: garbage, not silence.
 * Nothing is sent while TRCENA is off, while the pin is not switched to SWO (DBGMCU_CR.TRACE_IOEN) or
 * the board is off. Nobody listening costs nothing and loses the bytes.
 */
#ifndef VB_CORE_SWO_H
#define VB_CORE_SWO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb_board;
struct vb_swo;			/* board->swo */

typedef void (*vb_swo_fn)(void *ctx, uint64_t ns, uint8_t byte);

/* fn NULL: stop listening. One receiver per board. */
void vb_swo_listen(struct vb_swo *swo, bool is_manchester, uint32_t baud, vb_swo_fn fn, void *ctx);

#endif
