/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swo: trace bytes from the SWO pin, as the probe captures them. The driver only moves bytes;
 * decoding is trace/'s. The bytes come to `sink` from the loop (a probe that must be polled has a
 * timer of its own) or from swo_poll(). Between swo start and stop the driver's other commands go
 * on: a driver whose probe mixes both on one channel keeps them apart.
 */
#ifndef ADAPTER_SWO_H
#define ADAPTER_SWO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct adapter;

enum swo_mode { SWO_UART, SWO_MANCHESTER };

/* lost: bytes were dropped before these (overrun in the probe). */
typedef void (*swo_sink_fn)(void *ctx, const uint8_t *data, size_t n, bool lost);

struct swo_ops {
	/* *baud: wanted bits per second, 0 = the fastest; becomes the real one. ERR_UNSUPPORTED if the
	 * probe cannot come within 3 % of it, with the nearest rates in the message. */
	enum err (*start)(struct adapter *adapter, enum swo_mode mode, uint32_t *baud,
			  swo_sink_fn sink, void *ctx);
	enum err (*stop)(struct adapter *adapter);
	/* Fetches what the probe has now. NULL: the bytes come by themselves. */
	enum err (*poll)(struct adapter *adapter);
};

/* The same for any adapter; ERR_UNSUPPORTED if its driver or its probe has no SWO. */
enum err swo_start(struct adapter *adapter, enum swo_mode mode, uint32_t *baud, swo_sink_fn sink,
		   void *ctx);
enum err swo_stop(struct adapter *adapter);
enum err swo_poll(struct adapter *adapter);

/* For drivers: ERR_UNSUPPORTED if `nearest` is more than 3 % off `wanted`, which is 0 for any rate.
 * `fastest` 0: not known. */
enum err swo_check_baud(uint32_t wanted, uint32_t nearest, uint32_t fastest);

/* For adapter.c. A capture that ran when the probe was lost or closed begins again with it. */
void swo_adapter_closes(struct adapter *adapter);
enum err swo_adapter_is_back(struct adapter *adapter);
void swo_free(struct adapter *adapter);

#endif
