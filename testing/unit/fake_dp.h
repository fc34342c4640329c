/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Debug Port with one MEM-AP at register level, small enough to be read at once, with the rules
 * the daemon's ports must live with: posted reads, sticky flags, overrun, WAIT, TAR that wraps.
 * Written from IHI 0031, apart from the virtual board.
 */
#ifndef TESTING_FAKE_DP_H
#define TESTING_FAKE_DP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"

#define FAKE_RAM_BASE 0x20000000u
#define FAKE_RAM_SIZE 0x4000u
#define FAKE_DPIDR    0x2ba01477u
#define FAKE_IDR      0x24770011u

enum { FAKE_OK = 1, FAKE_WAIT = 2, FAKE_FAULT = 4, FAKE_NONE = 7 };

struct fake_dp {
	uint32_t select, ctrl, csw, tar, rdbuff, posted;
	bool has_posted;
	bool is_jtag;
	bool powered_by_request;	/* acknowledges power; false: never */
	bool tar_moves_on_error;	/* as some AHB-APs do */
	bool has_packed, has_byte;
	uint32_t tar_wrap;
	uint8_t ram[FAKE_RAM_SIZE];
	/* Injection: the access number `wait_at` and the next `wait_count` - 1 get WAIT. */
	unsigned accesses, wait_at, wait_count, silent_at, silent_count;
	uint32_t targetid, dlpidr;	/* DPv2 */
	unsigned transfers, tar_writes, select_writes, csw_writes, bus_accesses, line_resets;
	bool is_dead, has_no_ap;
	/* Words outside the RAM that can be read. */
	struct {
		uint32_t addr, value;
	} words[40];
	unsigned word_count;
};

static inline void fake_dp_init(struct fake_dp *dp)
{
	memset(dp, 0, sizeof(*dp));
	dp->powered_by_request = dp->has_byte = dp->has_packed = true;
	dp->tar_wrap = 0x400;
	dp->csw = 0x23000042;
	dp->wait_at = dp->silent_at = ~0u;
}

static inline uint32_t fake_sticky(const struct fake_dp *dp)
{
	return dp->ctrl & 0xb2;
}

static inline uint32_t fake_ctrl_stat(const struct fake_dp *dp)
{
	uint32_t value = dp->ctrl;

	if (dp->powered_by_request)
		value |= (value & 0x50000000) << 1;
	return value;
}

static inline void fake_advance_tar(struct fake_dp *dp, uint32_t step)
{
	if ((dp->csw & 0x30) != 0)
		dp->tar = (dp->tar & ~(dp->tar_wrap - 1)) | ((dp->tar + step) & (dp->tar_wrap - 1));
}

/* One bus access of `size` bytes; false is a bus error. */
static inline bool fake_bus(struct fake_dp *dp, uint32_t addr, unsigned size, bool is_read,
			    uint32_t *lanes)
{
	uint32_t at = addr - FAKE_RAM_BASE;

	dp->bus_accesses++;
	for (unsigned i = 0; i < dp->word_count && is_read && size == 4; i++) {
		if (dp->words[i].addr == addr) {
			*lanes = dp->words[i].value;
			return true;
		}
	}
	if (at >= FAKE_RAM_SIZE || at + size > FAKE_RAM_SIZE || addr % size != 0)
		return false;
	for (unsigned i = 0; i < size; i++) {
		unsigned shift = 8 * ((addr + i) & 3);

		if (is_read)
			*lanes = (*lanes & ~(0xffu << shift)) | (uint32_t)dp->ram[at + i] << shift;
		else
			dp->ram[at + i] = (uint8_t)(*lanes >> shift);
	}
	return true;
}

static inline void fake_drw(struct fake_dp *dp, bool is_read, uint32_t *value)
{
	unsigned size = 1u << (dp->csw & 3), count = (dp->csw & 0x30) == 0x20 ? 4 / size : 1;

	if (!(fake_ctrl_stat(dp) & BIT(29))) {
		dp->ctrl |= BIT(5);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		bool is_good = fake_bus(dp, dp->tar, size, is_read, value);

		if (is_good || dp->tar_moves_on_error)
			fake_advance_tar(dp, size);
		if (!is_good) {
			dp->ctrl |= BIT(5);
			return;
		}
	}
}

static inline void fake_write_csw(struct fake_dp *dp, uint32_t value)
{
	uint32_t access = value & 0x37;

	dp->csw_writes++;
	if ((access & 7) > 2 || (!dp->has_byte && (access & 7) < 2))
		access = (access & ~7u) | 2;
	if ((access & 0x30) > 0x10 && !dp->has_packed)
		access = (access & ~0x30u) | 0x10;
	dp->csw = (value & ~0x77u) | access | BIT(6);
}

static inline uint32_t fake_ap(struct fake_dp *dp, uint8_t offset, bool is_read, uint32_t value)
{
	if (dp->select >> 24 != 0)
		return 0;		/* no such access port */
	switch (offset) {
	case 0x00:
		if (!is_read)
			fake_write_csw(dp, value);
		return dp->csw;
	case 0x04:
		if (!is_read) {
			dp->tar = value;
			dp->tar_writes++;
		}
		return dp->tar;
	case 0x0c:
		fake_drw(dp, is_read, &value);
		return value;
	case 0x10: case 0x14: case 0x18: case 0x1c:
		dp->ctrl |= fake_bus(dp, (dp->tar & ~0xfu) | (offset & 0xf), 4, is_read, &value)
				    ? 0
				    : BIT(5);
		return value;
	case 0xf8: return 0xe00ff003;
	case 0xfc: return dp->has_no_ap ? 0 : FAKE_IDR;
	default: return 0;
	}
}

static inline void fake_dp_write(struct fake_dp *dp, unsigned a, uint32_t value)
{
	if (a == 0x0 && !dp->is_jtag) {
		dp->ctrl &= ~((value & BIT(1) ? BIT(4) : 0) | (value & BIT(2) ? BIT(5) : 0) |
			      (value & BIT(3) ? BIT(7) : 0) | (value & BIT(4) ? BIT(1) : 0));
	} else if (a == 0x4 && (dp->select & 0xf) == 0) {
		uint32_t sticky = dp->ctrl & 0xb2;

		if (dp->is_jtag)
			sticky &= ~value;
		dp->ctrl = (value & 0x50000f0d) | sticky;
	} else if (a == 0x8) {
		dp->select = value;
		dp->select_writes++;
	}
}

static inline uint32_t fake_dp_read(struct fake_dp *dp, unsigned a)
{
	switch (a) {
	case 0x0: return FAKE_DPIDR;
	case 0x4:
		switch (dp->select & 0xf) {
		case 0: return fake_ctrl_stat(dp);
		case 2: return dp->targetid;
		case 3: return dp->dlpidr;
		default: return 0;
		}
	case 0xc: return dp->rdbuff;
	default: return 0;
	}
}

/* One packet on the wire: AP reads bring the one before (on JTAG the caller shifts results by one).
 */
static inline unsigned fake_dp_transfer(struct fake_dp *dp, uint8_t reg, bool is_read,
					uint32_t *value)
{
	bool is_ap = reg & 1;
	unsigned a = reg & 0xc, number = dp->accesses;
	bool is_free = !is_ap && ((a == 0 && (is_read || !dp->is_jtag)) || (a == 4 && is_read));

	dp->transfers++;
	if (dp->is_dead || (number >= dp->silent_at && number - dp->silent_at < dp->silent_count)) {
		dp->accesses++;
		return FAKE_NONE;
	}
	if (!is_free && !dp->is_jtag && fake_sticky(dp)) {
		dp->ctrl |= dp->ctrl & 1 ? BIT(1) : 0;
		return FAKE_FAULT;
	}
	dp->accesses += !is_free;
	if (!is_free && number >= dp->wait_at && number - dp->wait_at < dp->wait_count) {
		dp->ctrl |= dp->ctrl & 1 ? BIT(1) : 0;
		return FAKE_WAIT;
	}
	if (is_ap && (!dp->is_jtag || !fake_sticky(dp))) {
		uint32_t result = fake_ap(dp, (uint8_t)((dp->select & 0xf0) | a), is_read, *value);

		if (is_read && dp->is_jtag) {
			*value = result;
		} else if (is_read) {
			*value = dp->rdbuff;
			dp->rdbuff = result;
		}
	} else if (!is_ap && is_read) {
		*value = fake_dp_read(dp, a);
	} else if (!is_ap) {
		fake_dp_write(dp, a, *value);
	}
	return FAKE_OK;
}

#endif
