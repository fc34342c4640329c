/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/fpb.h"

#include <string.h>

#include "base/bytes.h"

#define V1_LOWER	0x40000000u
#define V1_UPPER	0x80000000u
#define V1_REPLACE	0xc0000000u
#define V1_ADDRESS	0x1ffffffcu
#define ENABLE		1u

void fpb_decode(struct fpb *fpb, uint32_t fp_ctrl)
{
	unsigned rev = bits_get(fp_ctrl, 31, 28);

	fpb->version = rev + 1;
	fpb->count = bits_get(fp_ctrl, 14, 12) << 4 | bits_get(fp_ctrl, 7, 4);
	fpb->count = MIN(fpb->count, FPB_MAX);
	fpb->literals = bits_get(fp_ctrl, 11, 8);
	fpb->is_enabled = fp_ctrl & FP_CTRL_ENABLE;
}

uint32_t fpb_encode(unsigned version, uint32_t addr)
{
	if (version >= 2)
		return (addr & ~1u) | ENABLE;
	if (version == 0 || addr >= FPB_V1_LIMIT)
		return 0;
	return (addr & V1_ADDRESS) | (addr & 2 ? V1_UPPER : V1_LOWER) | ENABLE;
}

/* On version 1 a comparator already on the same word takes the other halfword along. */
static bool shares_word(const struct fpb *fpb, uint32_t have, uint32_t value)
{
	return fpb->version == 1 && have != 0 && ((have ^ value) & ~V1_REPLACE) == 0;
}

int fpb_add(struct fpb *fpb, uint32_t addr)
{
	uint32_t value = fpb_encode(fpb->version, addr);

	if (value == 0)
		return -1;
	for (unsigned i = 0; i < fpb->count; i++) {
		if (shares_word(fpb, fpb->wanted[i], value)) {
			fpb->wanted[i] |= value;
			return (int)i;
		}
	}
	/* Prefer one whose hardware already holds the value: then nothing has to be written. */
	for (unsigned i = 0; i < fpb->count; i++) {
		if (fpb->wanted[i] == 0 && fpb->known[i] && fpb->actual[i] == value) {
			fpb->wanted[i] = value;
			return (int)i;
		}
	}
	for (unsigned i = 0; i < fpb->count; i++) {
		if (fpb->wanted[i] == 0) {
			fpb->wanted[i] = value;
			return (int)i;
		}
	}
	return -1;
}

void fpb_remove(struct fpb *fpb, int comparator, uint32_t addr)
{
	if (comparator < 0 || (unsigned)comparator >= fpb->count)
		return;
	uint32_t *wanted = &fpb->wanted[comparator];

	if (fpb->version == 1)
		*wanted &= ~(fpb_encode(1, addr) & V1_REPLACE);
	if (fpb->version != 1 || !(*wanted & V1_REPLACE))
		*wanted = 0;
}

bool fpb_is_used(const struct fpb *fpb)
{
	return fpb_free_count(fpb) < fpb->count;
}

unsigned fpb_free_count(const struct fpb *fpb)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fpb->count; i++)
		n += fpb->wanted[i] == 0;
	return n;
}

int fpb_next_change(const struct fpb *fpb, unsigned from)
{
	for (unsigned i = from; i < fpb->count; i++) {
		if (!fpb->known[i] || fpb->actual[i] != fpb->wanted[i])
			return (int)i;
	}
	return -1;
}

void fpb_forget(struct fpb *fpb)
{
	memset(fpb->known, 0, sizeof(fpb->known));
	fpb->is_enabled = false;
}
