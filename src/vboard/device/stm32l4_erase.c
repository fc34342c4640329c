/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the STM32L4 flash in time: page and mass erase (RM0351 3.3.5, 3.3.6), what every
 * operation does when it ends, and what it leaves when reset or power loss ends it.
 */
#include "vboard/device/stm32l4_flash_parts.h"

#include <string.h>

static void fail_now(void *ctx)
{
	struct stm32l4_flash *f = ctx;
	struct vb_board *board = f->env->board;
	enum flash_fail kind = f->fail_kind;

	f->fail_kind = FAIL_NONE;
	if (kind == FAIL_UNPLUG) {		/* the chip itself hears nothing of it */
		if (board->unplug != NULL)
			board->unplug(board->unplug_ctx);
		return;
	}
	stm32l4_flash_abort(f);
	if (kind == FAIL_POWER)
		vb_board_set_power(board, false);
	else
		vb_board_reset(board, kind == FAIL_RESET ? VB_RESET_NRST : VB_RESET_POWER_ON);
}

static void erase_pages(struct stm32l4_flash *f)
{
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);

	if (f->op == FLASH_PAGE_ERASE) {
		stm32l4_array_erase(f, f->op_phys, stm32l4_array_page_bytes(f));
		f->bank_is_fresh[stm32l4_array_bank_of(f, f->op_phys)] = false;
		f->stats.page_erases++;
		return;
	}
	for (unsigned bank = 0; bank < 2; bank++) {
		if (!(f->op_banks & BIT(bank)))
			continue;
		stm32l4_array_erase(f, bank * stm32l4_array_bank_span(f), bank_bytes);
		f->bank_is_fresh[bank] = true;
	}
	f->stats.mass_erases++;
}

/* Takes the finished operation's effect and lets BSY fall. */
static void end(struct stm32l4_flash *f)
{
	const struct flash_side *s = &f->side[f->op_side];
	enum flash_op op = f->op;

	if (op == FLASH_PAGE_ERASE || op == FLASH_MASS_ERASE)
		erase_pages(f);
	else if (op == FLASH_OPTIONS)
		stm32l4_options_done(f);
	f->op = FLASH_IDLE;
	if (op == FLASH_PROGRAM || op == FLASH_FAST)
		stm32l4_program_done(f, op);
	if (f->op == FLASH_IDLE) {
		*s->cr &= ~(CR_STRT | CR_OPTSTRT);
		if ((*s->cr & CR_EOPIE) && !(*s->sr & SR_BLOCKING))
			*s->sr |= SR_EOP;
	}
	stm32l4_array_guard(f);
	stm32l4_flash_irq(f);
}

static void op_done(void *ctx)
{
	struct stm32l4_flash *f = ctx;

	f->op_event = NULL;
	if (!f->env->board->powered)
		stm32l4_flash_abort(f);
	else
		end(f);
}

/* The operation that the injected failure waits for. */
static bool fails_now(struct stm32l4_flash *f, enum flash_op op)
{
	if (f->fail_after > 0 && --f->fail_after == 0)
		return true;
	if (f->fail_after_bytes == 0 || (op != FLASH_PROGRAM && op != FLASH_FAST))
		return false;
	f->fail_after_bytes -= MIN(4 * f->op_words, f->fail_after_bytes);
	return f->fail_after_bytes == 0;
}

static void run(struct stm32l4_flash *f, enum flash_op op, uint64_t ns)
{
	struct vb_clock *clock = f->env->board->clock;

	f->op_waits_ns = 0;
	f->op_until_ns = vb_clock_now(clock) + ns;
	f->op_event = vb_clock_after(clock, ns, op_done, f, "flash operation");
	if (fails_now(f, op))
		vb_clock_after(clock, ns / 2, fail_now, f, "flash: injected failure");
}

bool stm32l4_flash_is_held(const struct stm32l4_flash *f)
{
	return f->is_suspended || (*f->acr & f->family->acr_pes);
}

void stm32l4_flash_resume(struct stm32l4_flash *f)
{
	if (f->op_waits_ns != 0 && !stm32l4_flash_is_held(f))
		run(f, f->op, f->op_waits_ns);
}

void stm32l4_flash_suspend(struct stm32l4_flash *f, bool on)
{
	f->is_suspended = on;
	stm32l4_flash_resume(f);
}

/* With PES set the request is taken and waits: CFGBSY, but not BSY (RM0434 3.3.10). */
void stm32l4_flash_begin(struct stm32l4_flash *f, enum flash_op op, unsigned banks, uint64_t ns)
{
	f->op = op;
	f->op_banks = banks;
	if (stm32l4_flash_is_held(f))
		f->op_waits_ns = ns;
	else
		run(f, op, ns);
	stm32l4_array_guard(f);
}

/* Interrupted */

/* Cells that an interrupted pulse left between two states; the same ones in every run. */
static void tear_range(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes)
{
	uint32_t noise = 0x9e3779b9u ^ phys;

	for (uint32_t at = phys; at < phys + bytes; at += 8) {
		uint32_t data[2];

		if (f->state[at / 8] == CELL_ERASED)
			continue;
		for (unsigned i = 0; i < 2; i++) {
			noise ^= noise << 13;
			noise ^= noise >> 17;
			noise ^= noise << 5;
			data[i] = get_le32(&f->cells[at + 4 * i]) | noise;
		}
		stm32l4_array_store(f, at, data, CELL_BAD);
	}
}

static void tear_program(struct stm32l4_flash *f)
{
	if (f->op_otp)
		return;		/* the OTP word stays as it was: erased, or spent */
	for (unsigned i = 0; i < f->op_words; i += 2) {
		uint32_t at = f->op_phys + 4 * i, data[2];

		data[0] = get_le32(&f->cells[at]) & (f->op_data[i] | 0x55aa33ccu);
		data[1] = get_le32(&f->cells[at + 4]) & (f->op_data[i + 1] | 0x55aa33ccu);
		stm32l4_array_store(f, at, data, CELL_BAD);
	}
}

void stm32l4_flash_abort(struct stm32l4_flash *f)
{
	enum flash_op op = f->op;

	vb_clock_cancel(f->env->board->clock, f->op_event);
	f->op_event = NULL;
	f->op = FLASH_IDLE;
	f->fast = FAST_IDLE;
	f->latched = 0;
	f->fast_half = f->fast_full = false;
	if (op == FLASH_IDLE || f->op_waits_ns != 0) {	/* not begun: nothing is torn */
		f->op_waits_ns = 0;
		return;
	}
	f->stats.aborted++;
	if (op == FLASH_PROGRAM || op == FLASH_FAST)
		tear_program(f);
	else if (op == FLASH_PAGE_ERASE)
		tear_range(f, f->op_phys, stm32l4_array_page_bytes(f));
	else if (op == FLASH_OPTIONS)
		stm32l4_options_torn(f);
	for (unsigned bank = 0; bank < 2 && op == FLASH_MASS_ERASE; bank++) {
		if (f->op_banks & BIT(bank))
			tear_range(f, bank * stm32l4_array_bank_span(f),
				   stm32l4_array_bank_bytes(f));
	}
}

/* Erasing */

static bool is_debugger(struct stm32l4_flash *f)
{
	return f->access != NULL && stm32l4_array_is_shut(f, f->access);
}

/* The banks that MER1 and MER2 select. In single bank mode some lines want both bits. */
static unsigned selected_banks(const struct stm32l4_flash *f, uint32_t cr)
{
	bool both = (cr & CR_MER1) && (cr & CR_MER2);

	if (stm32l4_array_is_dual(f))
		return (cr & CR_MER1 ? 1u : 0) | (cr & CR_MER2 ? 2u : 0);
	return f->family->needs_both_mer ? both : (cr & CR_MER1) != 0;
}

/* PNB counts pages of the bank; what it has too many bits for wraps around. Bank 2's pages may be
 * counted from 0 or, as the manuals name them, from 256 up: the high bits do not matter. */
static uint32_t selected_page(const struct stm32l4_flash *f, uint32_t cr)
{
	uint32_t page_bytes = stm32l4_array_page_bytes(f);
	uint32_t pages = stm32l4_array_bank_span(f) / page_bytes;
	uint32_t page = bits_get(cr, f->family->pnb_bits + 2, 3) % pages;
	bool bank2 = stm32l4_array_is_dual(f) && (cr & f->family->cr_bker);

	return (bank2 ? stm32l4_array_bank_span(f) : 0) + page * page_bytes;
}

static bool is_locked(const struct stm32l4_flash *f, unsigned side, bool mass, unsigned banks)
{
	if (!mass)
		return stm32l4_protect_page(f, f->op_phys, side);
	return ((banks & 1) && stm32l4_protect_bank(f, 0, side)) ||
	       ((banks & 2) && stm32l4_protect_bank(f, 1, side));
}

/* The order: sequence errors first, protection after. */
void stm32l4_flash_start_erase(struct stm32l4_flash *f, unsigned side, uint32_t cr)
{
	const struct flash_side *s = &f->side[side];
	const struct stm32l4_flash_family *family = f->family;
	bool mass = cr & family->cr_plain & (CR_MER1 | CR_MER2);
	unsigned banks = selected_banks(f, cr & family->cr_plain);

	if (!mass && !(cr & (CR_PER | CR_PG | CR_FSTPG)))
		return;		/* no operation is defined: none happens */
	if ((*s->sr & SR_BLOCKING) || (cr & family->cr_plain & (CR_PG | CR_FSTPG)) ||
	    (mass && (cr & CR_PER)) || f->latched > 0 || !stm32l4_flash_may_write(f)) {
		stm32l4_flash_flag_on(f, side, SR_PGSERR);
		return;
	}
	if (mass && banks == 0)
		return;		/* selects nothing in this bank mode */
	f->op_phys = mass ? 0 : selected_page(f, cr);
	f->op_side = side;
	if (!mass)
		banks = BIT(stm32l4_array_bank_of(f, f->op_phys));
	if (is_locked(f, side, mass, banks) || is_debugger(f)) {
		stm32l4_flash_flag_on(f, side, SR_WRPERR);
		return;
	}
	*s->cr |= CR_STRT;
	if (mass)
		stm32l4_flash_begin(f, FLASH_MASS_ERASE, banks, family->mass_erase_ns);
	else
		stm32l4_flash_begin(f, FLASH_PAGE_ERASE, banks, family->page_erase_ns);
}
