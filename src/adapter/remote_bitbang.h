/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remote_bitbang: a probe behind a stream socket that takes one character per pin change: '0'..'7'
 * write TCK, TMS and TDI, 'R' asks for TDO, 'r' 's' 't' 'u' set the resets; for SWD 'O' 'o' drive
 * and release SWDIO, 'd'..'g' write SWCLK and SWDIO, 'c' asks for SWDIO.
 *
 * Nothing in the protocol requires waiting: whole batches are written, then the answers read.
 */
#ifndef ADAPTER_REMOTE_BITBANG_H
#define ADAPTER_REMOTE_BITBANG_H

#include "adapter/adapter.h"

extern const struct adapter_driver remote_bitbang_driver;

#endif
