/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_vcd: the levels of the debug pins as a Value Change Dump (IEEE 1364, chapter 18) that logic
 * analyser programs can decode: SWCLK, SWDIO, TCK, TMS, TDI, TDO and nRESET, in nanoseconds. The
 * pins are shared; those of the protocol that is not selected rest.
 */
#ifndef VB_FRONT_VCD_H
#define VB_FRONT_VCD_H

#include "base/err.h"
#include "vboard/core/dp_link.h"

struct vb_vcd;

enum err vb_vcd_open(const char *path, struct vb_link *link, struct vb_vcd **vcd);
/* Detaches from the link. ERR_IO if the file could not be written to its end. */
enum err vb_vcd_close(struct vb_vcd *vcd);

#endif
