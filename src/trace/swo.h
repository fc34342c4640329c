/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swo: the trace that comes out of a pin: TPIU objects, the ITM's stimulus ports, what the DWT traces,
 * the capture by the probe or by a serial port, and the decoding.
 *
 *   tpiu.c         objects, their options and verbs     tpiu_config.c  the old `tpiu config`
 *   tpiu_enable.c  programming and putting back         swo_output.c   raw bytes to clients and files
 *   itm_setup.c    `itm port`, timestamps               dwt_trace.c    `dwt ...`
 *   swo_decode.c   bytes to packets to records          swo_text.c     `swo decode ...`
 *   swo_uart.c     `swo capture ...`                    swo_profile.c  PC samples to profiles
 *   itm.c, tpiu_frames.c: pure decoders
 */
#ifndef TRACE_SWO_H
#define TRACE_SWO_H

#include "trace/trace.h"

struct swo_room;

/* Registers `tpiu ...`, `swo ...`, `itm ...`, `dwt ...`. The trace room outlives it. */
struct swo_room *swo_room_new(struct trace_room *trace);
void swo_room_free(struct swo_room *room);
/* The daemon ends: what is enabled is disabled, while the target can still be reached. */
void swo_leave(struct swo_room *room);
/* Hears the raw bytes of every capture: connections that asked for `tcl_trace on`. */
typedef void (*swo_raw_fn)(void *ctx, const uint8_t *data, size_t n);
void swo_set_raw_listener(struct swo_room *room, swo_raw_fn fn, void *ctx);

#endif
