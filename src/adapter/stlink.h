/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stlink: ST's probes, ST-LINK/V2, V2-1 and V3, as a dap_port.
 *
 * stlink_firmware.c: what a firmware version can do, clock tables, status words, serial numbers.
 * stlink_usb.c, stlink_tcp.c: the link: 16-byte commands over USB, or to ST's stlink-server.
 * stlink_command.c:  one command and its answer; opening access ports.
 * stlink_port.c:     the dap_port: walks the queue, raw DP and AP accesses.
 * stlink_memory.c:   what of the queue is memory, by the probe's memory commands.
 * stlink.c, stlink_verbs.c, stlink_swo.c: the driver, its commands, trace.
 *
 * A command takes a round trip and the probe takes one command at a time, so the port sends as few
 * as it can. It keeps SELECT to itself (the firmware has its own) and notes CSW and TAR of each
 * MEM-AP; with both known, an access to DRW or BD0..3 is memory at a known address:
 *   one word               READ/WRITEDEBUGREG          1 round trip
 *   up to 31 to 1227 words RW_MISC (V2J32, V3J2)       1
 *   a block of DRW writes  WRITEMEM + status           1 for each 1 KiB (4 KiB on Cortex-M3/M4)
 *   a block of DRW reads   READMEM, then the status    2 for each 1 KiB (4 KiB)
 *   any other register     READ/WRITE_DAP_REG          1
 * So stepi costs 2 round trips on a V2 and 1 on a V3, attaching to a Cortex-M 34, and a RAM transfer
 * is bound by SWCLK and what the firmware adds around each block (V2: about 1 ms, V3: 0.25 ms).
 *
 * Sources: what OpenOCD 0.12, pyOCD, probe-rs, stlink-tools and the Black Magic project state about
 * the protocol; ST publishes none. UM1075, UM2448 for the probes.
 */
#ifndef ADAPTER_STLINK_H
#define ADAPTER_STLINK_H

#include "adapter/adapter.h"

extern const struct adapter_driver stlink_driver;

#endif
