/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/rate.h"

#include <stdbool.h>

#define NS_PER_S 1000000000u

/* The products below pass 64 bits: a 32-bit timer behind a 16-bit prescaler. */
static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c, bool round_up)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)((product + (round_up ? c - 1 : 0)) / c);
}

uint64_t vb_rate_take(struct vb_rate *rate, uint64_t now_ns)
{
	uint64_t periods;

	if (rate->hz == 0 || now_ns <= rate->since_ns) {
		if (rate->hz == 0)
			rate->since_ns = now_ns;
		return 0;
	}
	periods = mul_div(now_ns - rate->since_ns, rate->hz, (uint64_t)rate->div * NS_PER_S, false);
	rate->since_ns += mul_div(periods * rate->div, NS_PER_S, rate->hz, true);
	return periods;
}

uint64_t vb_rate_delay(const struct vb_rate *rate, uint64_t now_ns, uint64_t periods)
{
	uint64_t due;

	if (rate->hz == 0)
		return UINT64_MAX;
	due = rate->since_ns + mul_div(periods * rate->div, NS_PER_S, rate->hz, true);
	return due > now_ns ? due - now_ns : 0;
}

void vb_rate_set(struct vb_rate *rate, uint64_t now_ns, uint32_t hz, uint32_t div)
{
	rate->since_ns = now_ns;
	rate->hz = hz;
	rate->div = div ? div : 1;
}
