/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/wire.h"

#define ONE		   (1ull << 32)	/* a probability of 1 */
#define PER_EXCESS	   (ONE / 64)
#define AT_MOST		   (ONE / 4)
#define TARGET_HAS_IT_EASY 4u

bool vb_wire_is_good(const struct vb_wire *wire)
{
	return !wire->is_swapped && wire->open == 0 && wire->dio_short == VB_SHORT_NONE;
}

/* splitmix64: neighbours in, strangers out. */
static uint64_t scatter(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

bool vb_wire_flips(const struct vb_wire *wire, uint64_t clock, uint64_t period_ps, bool to_target)
{
	uint64_t khz, rate;

	if (wire->max_khz == 0 || period_ps == 0)
		return false;
	khz = 1000000000ull / period_ps;
	if (khz <= wire->max_khz)
		return false;
	rate = (khz - wire->max_khz) * PER_EXCESS / wire->max_khz;
	if (rate > AT_MOST)
		rate = AT_MOST;
	if (to_target)
		rate /= TARGET_HAS_IT_EASY;
	return scatter(2 * clock + to_target) >> 32 < rate;
}
