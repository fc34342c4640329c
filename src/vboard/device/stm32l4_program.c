/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words written into STM32L4 flash: standard double-word programming (RM0351 3.3.7) and fast row
 * programming (3.3.8).
 *
 * The flags of one access accumulate: width, sequence, alignment; only an access that is clean so
 * far is asked about protection, and only then about the cell. A rejected word empties the latch,
 * so its second half is judged as a first one: that is where 0xA0 and 0xA8 come from.
 */
#include "vboard/device/stm32l4_flash_parts.h"

static uint32_t cr_of(struct stm32l4_flash *f)
{
	return *stm32l4_flash_reg(f, FLASH_CR);
}

static uint32_t sr_of(struct stm32l4_flash *f)
{
	return *stm32l4_flash_reg(f, FLASH_SR);
}

static enum vb_result reject(struct stm32l4_flash *f, uint32_t flags)
{
	f->latched = false;
	f->stats.rejected_writes++;
	stm32l4_flash_flag(f, flags);
	return VB_OK;		/* the bus never hears of it */
}

static bool is_erased(const struct stm32l4_flash *f, uint32_t phys, bool otp)
{
	return otp ? f->otp_state[(phys - FLASH_OTP_OFFSET) / 8] == CELL_ERASED
		   : f->state[phys / 8] == CELL_ERASED;
}

static bool is_locked(const struct stm32l4_flash *f, uint32_t phys, bool otp)
{
	return !otp && stm32l4_options_page_locked(f, phys);
}

/* Standard programming */

static uint32_t misuse(struct stm32l4_flash *f, const struct vb_access *a, uint32_t phys, bool otp)
{
	uint32_t cr = cr_of(f), flags = 0;
	bool follows = f->latched && f->latched_otp == otp && phys == f->latch_phys + 4;

	if (a->size != 4)
		flags |= SR_SIZERR;
	if ((sr_of(f) & SR_BLOCKING) || !(cr & CR_PG) || (cr & (CR_PER | CR_MER1 | CR_MER2)) ||
	    !stm32_env_can_program_flash(f->env))
		flags |= SR_PGSERR;
	if (f->latched ? !follows : phys % 8 != 0)
		flags |= SR_PGAERR;
	return flags;
}

static void start_double_word(struct stm32l4_flash *f, uint32_t second, bool otp)
{
	f->latched = false;
	f->op_phys = f->latch_phys;
	f->op_otp = otp;
	f->op_data[0] = f->latch_word;
	f->op_data[1] = second;
	stm32l4_flash_begin(f, FLASH_PROGRAM,
			    otp ? 1 : BIT(stm32l4_array_bank_of(f, f->op_phys)),
			    f->family->program_ns);
}

static enum vb_result write_standard(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				     bool otp, uint32_t value)
{
	uint32_t flags = misuse(f, a, phys, otp);

	if (flags == 0 && is_locked(f, phys, otp))
		flags = SR_WRPERR;
	/* All zeros may be written over anything but OTP; the second word decides if the first is 0. */
	if (flags == 0 && !is_erased(f, phys & ~7u, otp) && (otp || value != 0))
		flags = SR_PROGERR;
	if (flags != 0)
		return reject(f, flags);
	if (f->latched) {
		start_double_word(f, value, otp);
		return VB_OK;
	}
	f->latched = true;
	f->latched_otp = otp;
	f->latch_phys = phys;
	f->latch_word = value;
	return VB_OK;
}

static void finish_standard(struct stm32l4_flash *f)
{
	if (f->op_otp) {
		f->otp_state[(f->op_phys - FLASH_OTP_OFFSET) / 8] = CELL_PROGRAMMED;
		put_le32(f->info[0].bytes + f->op_phys, f->op_data[0]);
		put_le32(f->info[0].bytes + f->op_phys + 4, f->op_data[1]);
	} else {
		if (f->state[f->op_phys / 8] != CELL_ERASED)
			f->stats.double_writes++;
		f->bank_is_fresh[stm32l4_array_bank_of(f, f->op_phys)] = false;
		stm32l4_array_store(f, f->op_phys, f->op_data, CELL_PROGRAMMED);
	}
	f->stats.programs++;
}

/* Fast programming: one double word burns while the next is taken in. */

static enum vb_result reject_fast(struct stm32l4_flash *f, uint32_t flags)
{
	f->fast = FAST_IDLE;
	f->fast_half = f->fast_full = false;
	return reject(f, flags);
}

static uint32_t row_bytes(const struct stm32l4_flash *f)
{
	return f->family->row_dwords * 8;
}

static bool has_whole_row(const struct stm32l4_flash *f)
{
	return f->fast == FAST_ROW && f->fast_next == (f->fast_row + 1) * row_bytes(f);
}

static uint32_t fast_misuse(struct stm32l4_flash *f, const struct vb_access *a, uint32_t phys,
			    bool otp)
{
	uint32_t cr = cr_of(f), flags = 0;

	if (a->size != 4)
		flags |= SR_SIZERR | SR_FASTERR;
	if ((sr_of(f) & SR_BLOCKING) || otp || (cr & (CR_PG | CR_PER | CR_MER1 | CR_MER2)) ||
	    (f->fast == FAST_IDLE && !f->bank_is_fresh[stm32l4_array_bank_of(f, phys)]))
		flags |= SR_PGSERR;
	if (f->fast == FAST_ROW && phys != f->fast_next)
		flags |= SR_PGAERR | SR_FASTERR;
	else if (f->fast == FAST_IDLE && flags == 0 && phys % row_bytes(f) != 0)
		flags |= SR_PGAERR | SR_FASTERR;
	if (flags == 0 && is_locked(f, phys, otp))
		flags = SR_WRPERR | SR_FASTERR;
	return flags;
}

static void burn(struct stm32l4_flash *f)
{
	f->op_phys = f->fast_next - 8;
	f->op_otp = false;
	f->op_data[0] = f->fast_words[0];
	f->op_data[1] = f->fast_words[1];
	f->fast_full = false;
	stm32l4_flash_begin(f, FLASH_FAST, BIT(stm32l4_array_bank_of(f, f->op_phys)),
			    f->family->fast_ns);
}

static enum vb_result write_fast(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys, bool otp,
				 uint32_t value)
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
	flags = fast_misuse(f, a, phys, otp);
	if (flags != 0)
		return reject_fast(f, flags);
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
	if (f->fast_full && f->op == FLASH_IDLE)
		burn(f);
	return VB_OK;
}

/* No look at the cell before it is burnt: that is where the time is won, and the trap. */
static void finish_fast(struct stm32l4_flash *f)
{
	bool was_erased = is_erased(f, f->op_phys, false);
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
	} else if (!f->fast_full || f->env->clocks.hclk < f->family->fast_min_hz) {
		reject_fast(f, SR_MISERR | SR_FASTERR);
	} else {
		burn(f);
	}
}

void stm32l4_program_done(struct stm32l4_flash *f, enum flash_op op)
{
	if (op == FLASH_FAST)
		finish_fast(f);
	else
		finish_standard(f);
}

void stm32l4_program_row_read(struct stm32l4_flash *f)
{
	if (f->fast != FAST_ROW)
		return;
	f->fast = FAST_DEAD;
	f->fast_half = f->fast_full = false;
}

void stm32l4_program_mode_left(struct stm32l4_flash *f)
{
	f->fast = FAST_IDLE;
	f->fast_half = f->fast_full = false;
}

/* RDP, then BSY, then the flags: RM0351 3.3.7 and 3.5.1. */
enum vb_result stm32l4_program_write(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				     bool otp, uint32_t value)
{
	bool fast = (cr_of(f) & (CR_PG | CR_FSTPG)) == CR_FSTPG;

	if (!otp && stm32l4_array_is_shut(f, a)) {
		stm32l4_flash_flag(f, SR_WRPERR);
		return VB_FAULT;
	}
	if (stm32l4_flash_is_busy(f) && !(fast && f->op == FLASH_FAST)) {
		a->stall_until_ns = stm32l4_flash_busy_until(f);
		return VB_STALL;
	}
	return fast ? write_fast(f, a, phys, otp, value) : write_standard(f, a, phys, otp, value);
}
