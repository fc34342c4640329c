/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fast row programming of STM32L4 (RM0351 3.3.8): one double word burns while the next is taken in.
 * The bank must be freshly mass-erased, the row begun at its start and written in order and in time;
 * nobody may read the bank meanwhile. The lines with TrustZone have no such mode.
 */
#include "vboard/device/stm32l4_flash_parts.h"

#define HIGH_VOLTAGE_NS 7000000u	/* the pump gives up after 7 ms: FASTERR */

static enum vb_result reject(struct stm32l4_flash *f, uint32_t flags)
{
	f->fast = FAST_IDLE;
	f->fast_half = f->fast_full = f->fast_is_late = false;
	return stm32l4_program_reject(f, 0, flags);
}

static uint32_t row_bytes(const struct stm32l4_flash *f)
{
	return f->family->row_dwords * 8;
}

static bool has_whole_row(const struct stm32l4_flash *f)
{
	return f->fast == FAST_ROW && f->fast_next == (f->fast_row + 1) * row_bytes(f);
}

static uint32_t misuse(struct stm32l4_flash *f, const struct vb_access *a, uint32_t phys, bool otp)
{
	uint32_t cr = *f->cr, flags = 0;
	bool fresh = otp || f->bank_is_fresh[stm32l4_array_bank_of(f, phys)];

	if (a->size != 4)
		flags |= SR_SIZERR | SR_FASTERR;
	if ((*f->sr & SR_BLOCKING) || otp || (cr & (CR_PG | CR_PER | CR_MER1 | CR_MER2 | CR_LOCK)) ||
	    (f->fast == FAST_IDLE && !fresh) || !stm32l4_flash_may_write(f))
		flags |= SR_PGSERR;
	if (f->fast == FAST_ROW && phys != f->fast_next)
		flags |= SR_PGAERR | SR_FASTERR;
	else if (f->fast == FAST_IDLE && flags == 0 && phys % row_bytes(f) != 0)
		flags |= SR_PGAERR | SR_FASTERR;
	if (flags == 0 && stm32l4_protect_page(f, phys, 0))
		flags = SR_WRPERR | SR_FASTERR;
	return flags;
}

static void burn(struct stm32l4_flash *f)
{
	f->op_phys = f->fast_next - 8;
	f->op_otp = false;
	f->op_side = 0;
	f->op_words = 2;
	f->op_data[0] = f->fast_words[0];
	f->op_data[1] = f->fast_words[1];
	f->fast_full = false;
	stm32l4_flash_begin(f, FLASH_FAST, BIT(stm32l4_array_bank_of(f, f->op_phys)),
			    f->family->fast_ns);
}

enum vb_result stm32l4_fast_write(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				  bool otp, uint32_t value)
{
	uint32_t flags;

	if (f->fast == FAST_DEAD) {	/* the row broke without a flag: its words go nowhere */
		if (phys / row_bytes(f) == f->fast_row)
			return VB_OK;
		f->fast = FAST_IDLE;
	}
	if (f->op != FLASH_IDLE && has_whole_row(f)) {
		a->stall_until_ns = f->op_until_ns;
		return VB_STALL;
	}
	flags = misuse(f, a, phys, otp);
	if (flags != 0)
		return reject(f, flags);
	if (f->fast_full) {		/* two double words in hand: the bus waits */
		a->stall_until_ns = f->op_until_ns;
		return VB_STALL;
	}
	if (f->fast == FAST_IDLE) {
		f->fast = FAST_ROW;
		f->fast_row = phys / row_bytes(f);
	}
	f->fast_words[f->fast_half] = value;
	f->fast_next = phys + 4;
	f->fast_full = f->fast_half;
	f->fast_half = !f->fast_half;
	if (f->fast_full && f->op == FLASH_IDLE) {
		f->fast_since_ns = stm32_env_now(f->env);
		burn(f);
	}
	return VB_OK;
}

/* No look at the cell before it is burnt: that is where the time is won, and the trap. */
void stm32l4_fast_done(struct stm32l4_flash *f)
{
	bool was_erased = stm32l4_program_is_erased(f, f->op_phys, false);
	bool row_done = (f->op_phys + 8) % row_bytes(f) == 0;

	if (!was_erased) {
		f->op_data[0] &= get_le32(&f->cells[f->op_phys]);
		f->op_data[1] &= get_le32(&f->cells[f->op_phys + 4]);
		f->stats.double_writes++;
	}
	stm32l4_array_store(f, f->op_phys, f->op_data, was_erased ? CELL_PROGRAMMED : CELL_BAD);
	f->stats.programs++;
	if (f->fast != FAST_ROW)
		return;
	if (row_done) {
		f->fast = FAST_IDLE;
		f->stats.fast_rows++;
	} else if (!f->fast_full || f->fast_is_late || f->env->clocks.hclk < f->family->fast_min_hz) {
		reject(f, SR_MISERR | SR_FASTERR);
	} else if (stm32_env_now(f->env) - f->fast_since_ns > HIGH_VOLTAGE_NS) {
		reject(f, SR_FASTERR);
	} else {
		burn(f);
	}
}

void stm32l4_fast_row_read(struct stm32l4_flash *f)
{
	if (f->fast != FAST_ROW)
		return;
	f->fast = FAST_DEAD;
	f->fast_half = f->fast_full = false;
}

void stm32l4_fast_left(struct stm32l4_flash *f)
{
	f->fast = FAST_IDLE;
	f->fast_half = f->fast_full = f->fast_is_late = false;
}
