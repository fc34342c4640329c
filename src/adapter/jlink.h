/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jlink: SEGGER's probes as a bit-level probe, over libjaylink.
 *
 * jlink_rules.c:    numbers: how many bits fit in a call, clocks, SWO rates. Pure.
 * jlink_queue.c:    bits that wait for a flush, cut into calls, and what comes back. Pure.
 * jlink_find.c:     which of libjaylink's devices is the one probe.c chose.
 * jlink.c:          the driver: opening in the order the firmware wants, resets, voltage.
 * jlink_bits.c:     bits: the calls of a flush, the choice of SWD or JTAG, the clock.
 * jlink_commands.c, jlink_config.c: its verbs.
 * jlink_swo.c:      trace.
 * jlink_absent.c:   what stands for all of it in a build without libjaylink.
 *
 * A call of libjaylink is synchronous: OUT in pieces of 2 KiB, then IN. The probe clocks the bits
 * when it has them all, so a flush is as few calls as the probe's memory allows.
 *
 * Sources: SEGGER RM08001 "J-Link USB Protocol", UM08001 "J-Link / J-Trace User Guide", the API
 * documentation of libjaylink 0.3.1.
 */
#ifndef ADAPTER_JLINK_H
#define ADAPTER_JLINK_H

#include "adapter/adapter.h"

extern const struct adapter_driver jlink_driver;

#endif
