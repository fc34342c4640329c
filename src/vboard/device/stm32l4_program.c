/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words written into STM32L4 flash: standard programming of a unit (RM0351 3.3.7), which is a double
 * word, on STM32U5 a quad word, or there a burst of eight (RM0456 7.3.7).
 *
 * The flags of one access accumulate: width, sequence, alignment; only an access that is clean so
 * far is asked about protection, and only then about the cell. A rejected word empties the latch,
 * so its second half is judged as a first one: that is where 0xA0 and 0xA8 come from.
 */
#include "vboard/device/stm32l4_flash_parts.h"

enum vb_result stm32l4_program_reject(struct stm32l4_flash *f, unsigned side, uint32_t flags)
{
	f->latched = 0;
	f->stats.rejected_writes++;
	stm32l4_flash_flag_on(f, side, flags);
	return VB_OK;		/* the bus never hears of it */
}

bool stm32l4_program_is_erased(const struct stm32l4_flash *f, uint32_t phys, bool otp)
{
	return otp ? f->otp_state[phys / 8] == CELL_ERASED : f->state[phys / 8] == CELL_ERASED;
}

static bool is_burst(const struct stm32l4_flash *f, unsigned side)
{
	return f->family->burst_bytes != 0 && (*f->side[side].cr & CR_BWR);
}

static uint32_t unit_bytes(const struct stm32l4_flash *f, unsigned side)
{
	return is_burst(f, side) ? f->family->burst_bytes : f->family->unit_bytes;
}

static uint32_t misuse(struct stm32l4_flash *f, const struct vb_access *a, unsigned side,
		       uint32_t phys, bool otp)
{
	const struct flash_side *s = &f->side[side];
	uint32_t unit = unit_bytes(f, side), flags = 0;
	bool follows = f->latched_otp == otp && f->latch_side == side &&
		       phys == f->latch_phys + 4 * f->latched && phys / unit == f->latch_phys / unit;

	if (a->size != 4)
		flags |= SR_SIZERR;
	if ((*s->sr & SR_BLOCKING) || !(*s->cr & CR_PG) || (*s->cr & CR_LOCK) ||
	    (*s->cr & (CR_PER | CR_MER1 | CR_MER2)) || !stm32l4_flash_may_write(f))
		flags |= SR_PGSERR;
	if (f->latched > 0 ? !follows : phys % unit != 0)
		flags |= SR_PGAERR;
	return flags;
}

static void start_unit(struct stm32l4_flash *f, unsigned side, bool otp)
{
	bool burst = is_burst(f, side);
	uint32_t ns = burst ? f->family->burst_ns * (f->family->burst_bytes / f->family->unit_bytes) :
		      f->family->program_ns;

	f->op_words = f->latched;
	f->op_phys = f->latch_phys;
	f->op_otp = otp;
	f->op_side = side;
	for (unsigned i = 0; i < f->op_words; i++)
		f->op_data[i] = f->latch_word[i];
	f->latched = 0;
	stm32l4_flash_begin(f, FLASH_PROGRAM,
			    otp ? 1 : BIT(stm32l4_array_bank_of(f, f->op_phys)), ns);
}

/* All zeros may be written over anything but OTP; the last word decides if the others are 0. */
static bool is_zero_so_far(const struct stm32l4_flash *f, uint32_t value)
{
	for (unsigned i = 0; i < f->latched; i++)
		value |= f->latch_word[i];
	return value == 0;
}

static bool unit_is_erased(const struct stm32l4_flash *f, uint32_t phys, uint32_t unit, bool otp)
{
	for (uint32_t at = phys & ~(unit - 1); at < (phys & ~(unit - 1)) + unit; at += 8) {
		if (!stm32l4_program_is_erased(f, at, otp))
			return false;
	}
	return true;
}

static enum vb_result write_standard(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				     bool otp, uint32_t value)
{
	unsigned side = stm32l4_flash_side(f, a);
	uint32_t unit = unit_bytes(f, side), flags = misuse(f, a, side, phys, otp);

	if (flags == 0 && !otp && stm32l4_protect_page(f, phys, side))
		flags = SR_WRPERR;
	if (flags == 0 && (otp || !is_zero_so_far(f, value)) && !unit_is_erased(f, phys, unit, otp))
		flags = SR_PROGERR;
	if (flags != 0)
		return stm32l4_program_reject(f, side, flags);
	if (f->latched == 0) {
		f->latched_otp = otp;
		f->latch_side = side;
		f->latch_phys = phys;
	}
	f->latch_word[f->latched++] = value;
	if (4 * f->latched == unit)
		start_unit(f, side, otp);
	return VB_OK;
}

static void finish_otp(struct stm32l4_flash *f)
{
	uint8_t *at = stm32l4_info_at(f, f->family->otp_base + f->op_phys);

	for (unsigned i = 0; i < f->op_words; i++) {
		f->otp_state[(f->op_phys + 4 * i) / 8] = CELL_PROGRAMMED;
		put_le32(at + 4 * i, f->op_data[i]);
	}
}

static void finish_standard(struct stm32l4_flash *f)
{
	f->stats.programs++;
	if (f->op_otp) {
		finish_otp(f);
		return;
	}
	f->bank_is_fresh[stm32l4_array_bank_of(f, f->op_phys)] = false;
	for (unsigned i = 0; i < f->op_words; i += 2) {
		if (!stm32l4_program_is_erased(f, f->op_phys + 4 * i, false))
			f->stats.double_writes++;
		stm32l4_array_store(f, f->op_phys + 4 * i, &f->op_data[i], CELL_PROGRAMMED);
	}
}

void stm32l4_program_done(struct stm32l4_flash *f, enum flash_op op)
{
	if (op == FLASH_FAST)
		stm32l4_fast_done(f);
	else
		finish_standard(f);
}

/* RDP, then BSY, then the flags: RM0351 3.3.7 and 3.5.1. */
enum vb_result stm32l4_program_write(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				     bool otp, uint32_t value)
{
	unsigned side = stm32l4_flash_side(f, a);
	bool fast = (*f->side[side].cr & (CR_PG | CR_FSTPG)) == CR_FSTPG;

	if (!otp && stm32l4_array_is_shut(f, a)) {
		stm32l4_flash_flag_on(f, side, SR_WRPERR);
		return VB_FAULT;
	}
	if (!otp && stm32l4_protect_is_sealed(f, phys))
		return VB_FAULT;
	if (stm32l4_flash_is_busy(f) && !(fast && f->op == FLASH_FAST)) {
		a->stall_until_ns = stm32l4_flash_busy_until(f);
		return VB_STALL;
	}
	return fast ? stm32l4_fast_write(f, a, phys, otp, value) :
		      write_standard(f, a, phys, otp, value);
}
