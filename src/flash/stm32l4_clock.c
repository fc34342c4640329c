/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: changes around the flash that are taken back, and the clock.
 *
 * After reset most lines crawl at 4 MHz, where helper code costs as much time as the wire, and fast
 * programming is too slow to keep a row going. HSI16 serves all of them: two wait states are valid for
 * 16 MHz in every voltage range (RM0351 3.3.3, RM0444 3.3.4, RM0456 7.3.3), nothing that the
 * application has set up (MSI, PLL) is touched, and one write leads back.
 */
#include "flash/stm32l4_work.h"

#include <assert.h>

#include "base/clock.h"

#define READY_MS    100u
#define CR_HSION    BIT(8)
#define CR_HSIRDY   BIT(10)
#define CR_MSIRGSEL BIT(3)
#define MSI_16_MHZ  8u
#define FAST_MHZ    8u		/* fast programming, RM0351 3.3.8 */
#define WAIT_STATES 2u
#define ACR_LATENCY 0x7u

enum err stm32l4_wait_bits(struct target *t, const struct stm32l4_wait *wait)
{
	uint64_t deadline = clock_now_ms() + READY_MS;
	uint32_t value = wait->value;

	if (wait->mask == 0)
		return OK;
	do {
		TRY(target_read_u32(t, wait->addr, &value));
		if ((value & wait->mask) == wait->value)
			return OK;
	} while (clock_now_ms() < deadline);
	return error_why(ERR_TIMEOUT, "the chip was not ready after %u ms: 0x%08x = 0x%08x", READY_MS,
			 wait->addr, value);
}

enum err stm32l4_change_wait(struct flash_bank *bank, uint32_t addr, uint32_t set, uint32_t clear,
			     const struct stm32l4_wait *back)
{
	struct stm32l4 *f = bank->priv;
	uint32_t value, wanted;

	TRY(target_read_u32(bank->target, addr, &value));
	wanted = (value & ~clear) | set;
	if (wanted == value)
		return OK;
	assert(f->note_count < STM32L4_NOTES);
	f->notes[f->note_count++] = (struct stm32l4_note){ addr, value, *back };
	return target_write_u32(bank->target, addr, wanted);
}

enum err stm32l4_change(struct flash_bank *bank, uint32_t addr, uint32_t set, uint32_t clear)
{
	return stm32l4_change_wait(bank, addr, set, clear, &(struct stm32l4_wait){ 0 });
}

enum err stm32l4_undo(struct flash_bank *bank, unsigned mark)
{
	struct stm32l4 *f = bank->priv;
	enum err rc = OK;

	while (f->note_count > mark) {
		const struct stm32l4_note *note = &f->notes[--f->note_count];

		rc = error_first(rc, target_write_u32(bank->target, note->addr, note->value));
		if (rc == OK)
			rc = stm32l4_wait_bits(bank->target, &note->wait);
	}
	return rc;
}

struct clock {
	uint32_t cr, cfgr, hpre, csr, c2boot;
	uint32_t source;
	bool is_divided;
};

static enum err read_clock(struct flash_bank *bank, struct clock *c)
{
	const struct stm32l4_around *a = ((struct stm32l4 *)bank->priv)->line->around;
	struct target *t = bank->target;

	*c = (struct clock){ 0 };
	TRY(target_read_u32(t, a->rcc_cr, &c->cr));
	TRY(target_read_u32(t, a->cfgr, &c->cfgr));
	c->hpre = c->cfgr;
	if (a->hpre_reg != a->cfgr)
		TRY(target_read_u32(t, a->hpre_reg, &c->hpre));
	if (a->msi_csr != 0)
		TRY(target_read_u32(t, a->msi_csr, &c->csr));
	if (a->c2boot_reg != 0)
		TRY(target_read_u32(t, a->c2boot_reg, &c->c2boot));
	c->source = c->cfgr >> a->sws_shift & a->sw_mask;
	/* The upper half of the prescaler's values divides. */
	c->is_divided = c->hpre & (a->hpre_mask & ~(a->hpre_mask >> 1));
	return OK;
}

/* Nothing to be gained: 16 MHz or more, or as much as its HSI gives. */
static bool is_fast_enough(const struct stm32l4_around *a, const struct clock *c)
{
	unsigned divider = a->hsi_div != 0 ? (c->cr & a->hsi_div) / (a->hsi_div & -a->hsi_div) : 0;

	if (c->is_divided)
		return false;
	if (c->source == a->sw_pll)
		return true;
	if (c->source == a->sw_hsi)
		return a->hsi_mhz >> divider >= FAST_MHZ;
	return c->source == a->sw_msi && a->msi_csr != 0 &&
	       (c->cr & CR_MSIRGSEL ? c->cr >> 4 & 0xf : c->csr >> 8 & 0xf) >= MSI_16_MHZ;
}

static enum err select_hsi(struct flash_bank *bank, const struct clock *c)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_around *a = f->line->around;
	const struct stm32l4_wait ready = { a->rcc_cr, CR_HSIRDY, CR_HSIRDY };
	const struct stm32l4_wait back = { a->cfgr, a->sw_mask << a->sws_shift,
					   c->source << a->sws_shift };
	const struct stm32l4_wait there = { a->cfgr, back.mask, a->sw_hsi << a->sws_shift };
	const struct stm32l4_wait latency = { f->regs + f->layout->acr, ACR_LATENCY, WAIT_STATES };

	/* Wait states first; they must read back before the clock may rise (RM0351 3.3.3). */
	TRY(stm32l4_change(bank, latency.addr, WAIT_STATES, ACR_LATENCY));
	TRY(stm32l4_wait_bits(bank->target, &latency));
	TRY(stm32l4_change(bank, a->rcc_cr, CR_HSION, a->hsi_mhz == 16 ? a->hsi_div : 0));
	TRY(stm32l4_wait_bits(bank->target, &ready));
	TRY(stm32l4_change_wait(bank, a->cfgr, a->sw_hsi, a->sw_mask & ~a->sw_hsi, &back));
	TRY(stm32l4_wait_bits(bank->target, &there));
	return stm32l4_change(bank, a->hpre_reg, 0, a->hpre_mask);
}

enum err stm32l4_raise_clock(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_around *a = f->line->around;
	unsigned mark = f->note_count;
	struct clock c;
	enum err rc;

	f->is_fast_clock = false;
	/* The second core of WB and WL runs on the same clock, and its reads would break fast rows. */
	if (a == NULL || a->rcc_cr == 0)
		return OK;
	TRY(read_clock(bank, &c));
	if (a->c2boot & c.c2boot)
		return OK;
	f->is_fast_clock = is_fast_enough(a, &c);
	if (f->is_fast_clock)
		return OK;
	rc = select_hsi(bank, &c);
	f->is_fast_clock = rc == OK && (a->hsi_mhz == 16 || !(c.cr & a->hsi_div & 0x2000));
	if (rc != ERR_TIMEOUT)
		return rc;
	log_debug("the core's clock stays as it is: %s", error_text(error_current()));
	error_clear();
	return stm32l4_undo(bank, mark);
}
