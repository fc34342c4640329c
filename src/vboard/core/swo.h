/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_swo: the SWO pin (TRACESWO): what the TPIU sends, at the rate and in the protocol the firmware
 * and the debugger set (TPIU_ACPR, TPIU_SPPR; DDI 0403 C1.10), and the receiver of a probe.
 *
 * The receiver gets whole bytes with the board's time at which each had arrived. At a rate more than 3 %
 * off, or in the other protocol, it gets what a real UART would make of it: garbage, not silence.
 * Nothing is sent while TRCENA is off, while the pin is not switched to SWO (DBGMCU_CR.TRACE_IOEN) or
 * the board is off. Nobody listening costs nothing and loses the bytes.
 *
 * A byte may be handed over up to 50 us after it arrived, its time is right all the same;
 * vb_swo_sync() brings what has arrived until now. `baud` counts as the divider of TPIU_ACPR does:
 * bits of a UART, half bits of Manchester.
 */
#ifndef VB_CORE_SWO_H
#define VB_CORE_SWO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb_board;
struct vb_clock;
struct vb_swo;			/* board->swo */

typedef void (*vb_swo_fn)(void *ctx, uint64_t ns, uint8_t byte);

/* fn NULL: stop listening. One receiver per board. */
void vb_swo_listen(struct vb_swo *swo, bool is_manchester, uint32_t baud, vb_swo_fn fn, void *ctx);
void vb_swo_sync(struct vb_swo *swo);
/* Stop bits that were missing since the last call: the rate is wrong. */
unsigned vb_swo_take_errors(struct vb_swo *swo);
/* Every byte that leaves the pin, whatever the rate: a logic analyser. Late as it likes. fn NULL: stop. */
void vb_swo_tap(struct vb_swo *swo, vb_swo_fn fn, void *ctx);

struct vb_swo_state {
	bool is_sending;	/* the clock runs and SPPR is one of the two serial protocols */
	bool is_pin_out;	/* the pin is the TPIU's, so somebody can hear it */
	bool is_manchester, has_formatter;
	uint32_t baud;		/* TRACECLKIN / (ACPR + 1) */
	uint64_t sent;		/* bytes that left the pin */
	uint64_t unseen;	/* bytes that left the TPIU while the pin was not its own */
};
void vb_swo_state(const struct vb_swo *swo, struct vb_swo_state *state);

/* For the chip. pin_is_out is asked for each byte. */
struct vb_swo *vb_swo_new(struct vb_clock *clock, bool (*pin_is_out)(void *ctx), void *ctx);
void vb_swo_free(struct vb_swo *swo);
/* TRACECLKIN; 0: it stands still. Call vb_swo_sync() before the change. */
void vb_swo_set_clock(struct vb_swo *swo, uint32_t hz);

/*
 * For the CPU (cpu_itm.c). A packet is put whole or, if vb_swo_room() is less than it, not at all:
 * the caller makes an overflow of that. unconfirmed: the depth of the queue, Arm does not say it.
 */
void vb_swo_set_tpiu(struct vb_swo *swo, uint32_t acpr, uint32_t sppr, uint32_t ffcr);
size_t vb_swo_room(struct vb_swo *swo);
void vb_swo_put(struct vb_swo *swo, uint8_t atb_id, const uint8_t *packet, size_t n);
#define VB_SWO_DEPTH 16u
/* From now until n bytes of room are there; UINT64_MAX: never, the clock stands still. */
uint64_t vb_swo_room_in_ns(struct vb_swo *swo, size_t n);
/* A frame synchronisation before the next byte, if the formatter is on. */
void vb_swo_frame_sync(struct vb_swo *swo);
/* Frames are filled up and sent (FFCR.FOnMan). */
void vb_swo_flush(struct vb_swo *swo);
/* What is queued is gone: power-on, TRCENA was cleared. */
void vb_swo_drop(struct vb_swo *swo);

#endif
