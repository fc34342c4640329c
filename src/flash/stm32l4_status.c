/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: what the status register says, in words, with the cause and the next step. */
#include "flash/stm32l4.h"

#include <stdlib.h>

/* RM0351 3.7.5. In the order in which one names the cause when several are set: a rejected first
 * word also raises PGAERR and PGSERR on its second half. */
static const struct sr_bit {
	uint32_t bit;
	const char *name, *meaning;
	enum err code;
	const char *next;		/* NULL: the catalogue's */
} sr_bits[] = {
	{ SR_WRPERR, "WRPERR", "the area is protected", ERR_PROTECTED, NULL },
	{ SR_PROGERR, "PROGERR", "the double word to program was not erased", ERR_FLASH_OPERATION,
	  "erase the sector first: use \"flash write_image erase\"" },
	{ SR_SIZERR, "SIZERR", "the flash was written with bytes or half-words",
	  ERR_FLASH_OPERATION, "write through the flash commands, not as memory" },
	{ SR_MISERR, "MISERR", "fast programming: the next data came too late", ERR_FLASH_OPERATION,
	  "repeat it; raise the core's clock" },
	{ SR_FASTERR, "FASTERR", "a fast-programmed row was aborted", ERR_FLASH_OPERATION,
	  "repeat it" },
	{ SR_PGSERR, "PGSERR",
	  "an operation was started in the wrong mode, or while an older error was set",
	  ERR_FLASH_OPERATION, "run \"reset halt\" and repeat it before the firmware runs" },
	{ SR_PGAERR, "PGAERR", "the two halves of a double word did not belong together",
	  ERR_FLASH_OPERATION, "run \"reset halt\" and repeat it" },
	{ SR_RDERR, "RDERR", "a PCROP area was read", ERR_FLASH_OPERATION,
	  "leave PCROP areas out" },
	{ SR_OPERR, "OPERR", "an operation failed and the error interrupt is enabled",
	  ERR_FLASH_OPERATION, NULL },
	{ SR_OPTVERR, "OPTVERR", "the option bytes failed their check when they were loaded",
	  ERR_FLASH_OPERATION, "see \"stm32l4x options\", then write them again" },
};

void stm32l4_describe_sr(uint32_t sr, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(sr_bits); i++) {
		if (!(sr & sr_bits[i].bit))
			continue;
		buf_printf(out, "%s%s: %s", first ? "" : "; ", sr_bits[i].name, sr_bits[i].meaning);
		first = false;
	}
	if (sr & SR_BSY)
		buf_printf(out, "%sBSY: an operation is running", first ? "" : "; ");
	else if (first)
		buf_printf(out, "no error");
}

static enum err add_evidence(enum err rc, uint32_t sr)
{
	struct buf text = { 0 };

	stm32l4_describe_sr(sr, &text);
	error_evidence(rc, "FLASH_SR = 0x%08x (%.200s)", sr, (const char *)text.data);
	buf_free(&text);
	return rc;
}

static const struct sr_bit *leading_bit(uint32_t sr)
{
	for (size_t i = 0; i < ARRAY_SIZE(sr_bits); i++)
		if (sr & sr_bits[i].bit)
			return &sr_bits[i];
	return NULL;
}

/* WRPERR: find the area that did it. */
static enum err protected_by(struct flash_bank *bank, int sector)
{
	struct stm32l4 *f = bank->priv;
	struct flash_step all = { .sector = sector == NO_ADDRESS ? 0 : (unsigned)sector };
	struct flash_step *steps = &all, *many = NULL;
	size_t count = 1;
	enum err rc;

	if (f->is_otp)
		return error_why(ERR_PROTECTED,
				 "the OTP double word is written already: it can be written once");
	if (sector == NO_ADDRESS) {
		many = xcalloc(bank->sector_count, sizeof(*many));
		for (count = 0; count < bank->sector_count; count++)
			many[count].sector = (unsigned)count;
		steps = many;
	}
	rc = stm32l4_check_protection(bank, steps, count);
	free(many);
	if (rc != OK)
		return rc;
	return error_next(error_why(ERR_PROTECTED,
				    "the flash controller reports write protection, but no WRP or "
				    "PCROP area covers the place: option bytes were written and not "
				    "loaded"),
			  "run \"stm32l4x option_load %u\"", bank->number);
}

enum err stm32l4_failed(struct flash_bank *bank, uint32_t sr, int sector)
{
	const struct sr_bit *bit = leading_bit(sr & ~SR_OPTVERR);
	struct stm32l4 *f = bank->priv;
	enum err rc;

	f->failed_sr = sr;
	f->failed_sector = sector;
	if (bit == NULL) {
		error_why(ERR_FLASH_OPERATION, "the flash operation stopped without an error flag");
		return add_evidence(ERR_FLASH_OPERATION, sr);
	}
	if (bit->bit == SR_WRPERR)
		return add_evidence(protected_by(bank, sector), sr);
	if (sector == NO_ADDRESS)
		rc = error_why(bit->code, "%s", bit->meaning);
	else
		rc = error_why(bit->code, "page %d at 0x%08x: %s", sector,
			       bank->base + bank->sectors[sector].offset, bit->meaning);
	if (bit->next != NULL)
		error_next(rc, "%s", bit->next);
	return add_evidence(rc, sr);
}

/* What the error correction saw (RM0351 3.7.6); nothing if nothing. The lines with another ECCR are
 * left out. */
enum err stm32l4_describe_ecc(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint32_t eccr, offset;

	if (!f->line->has_l4_rcc || f->is_otp)
		return OK;
	TRY(stm32l4_read(bank, ECCR, &eccr));
	if (!(eccr & (ECCR_ECCC | ECCR_ECCD)))
		return OK;
	buf_printf(out, "FLASH_ECCR = 0x%08x: ", eccr);
	if (eccr & ECCR_SYSF) {
		buf_printf(out, "bit error in system memory\n");
		return OK;
	}
	offset = bank->sectors[stm32l4_bank_first_sector(f, eccr & ECCR_BK ? 1 : 0)].offset;
	offset += ECCR_ADDR(eccr);
	buf_printf(out, "%s at 0x%08x (page %u)\n",
		   eccr & ECCR_ECCD ? "two wrong bits" : "one wrong bit, corrected,",
		   bank->base + offset, flash_sector_at(bank, offset));
	return OK;
}

/* A double error raises an NMI, which helper code does not survive. */
enum err stm32l4_check_ecc(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct buf text = { 0 };
	uint32_t eccr;

	if (!f->line->has_l4_rcc || f->is_otp)
		return OK;
	TRY(stm32l4_read(bank, ECCR, &eccr));
	if (!(eccr & ECCR_ECCD))
		return OK;
	TRY(stm32l4_describe_ecc(bank, &text));
	error_why(ERR_FLASH_OPERATION, "the flash holds a double word that lost power while it was "
		  "written, or aged: reading it raised an NMI");
	error_evidence(ERR_FLASH_OPERATION, "%.200s", (const char *)text.data);
	buf_free(&text);
	return error_next(ERR_FLASH_OPERATION, "run \"reset halt\", then erase that page");
}

/* RCC_CSR, RM0351 6.4.29. */
static const struct {
	uint32_t bit;
	const char *name, *why, *next;
} resets[] = {
	{ BIT(29), "IWDGRSTF", "the independent watchdog (IWDG) reset the chip in the middle of "
			       "the operation",
	  "run \"reset halt\" first, so that the firmware does not start it" },
	{ BIT(30), "WWDGRSTF", "the window watchdog (WWDG) reset the chip in the middle of the operation",
	  "run \"reset halt\" first, so that the firmware does not start it" },
	{ BIT(27), "BORRSTF", "the supply sagged (brown-out reset) in the middle of the operation",
	  "check the supply voltage and the cable" },
	{ BIT(31), "LPWRRSTF", "a low-power mode reset the chip in the middle of the operation",
	  "see \"stm32l4x options\"" },
	{ BIT(26), "PINRSTF", "the reset pin was pulled in the middle of the operation",
	  "check what drives nRST" },
};

#define RESET_FLAGS 0xff000000u
#define BORRSTF	    BIT(27)

static bool read_reset_flags(struct flash_bank *bank, uint32_t *csr)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t addr = stm32l4_reset_csr(f->line);

	if (addr == 0 || target_read_u32(bank->target, addr, csr) != OK) {
		error_clear();
		return false;
	}
	return true;
}

/* Only loss of power clears what begin has set in DBGMCU. */
static uint32_t power_went(struct flash_bank *bank, uint32_t csr)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t freeze = 0, at = f->line->regs == 0x58004000 ? 0x3c : DBGMCU_APB1FZR1;

	if (!f->has_saved_freeze || target_read_u32(bank->target, f->dbgmcu + at, &freeze) != OK) {
		error_clear();
		return 0;
	}
	return freeze & (FREEZE_IWDG | FREEZE_WWDG) ? 0 : csr & BORRSTF;
}

/* A power reset, which a brown-out is, takes the flags of the resets before it away (RM0351 6.4.29). */
uint32_t stm32l4_fresh_resets(const struct stm32l4 *f, uint32_t csr)
{
	uint32_t fresh = csr & ~f->reset_flags;

	if (f->reset_flags & ~csr & RESET_FLAGS)
		fresh |= csr;
	return fresh & RESET_FLAGS;
}

/* begin has opened it, and only a reset shuts it by itself: its flag was set before. */
static bool lock_is_shut(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t cr = 0, csr = 0;

	error_clear();
	if (stm32l4_read(bank, f->layout->lock_cr, &cr) != OK || !(cr & CR_LOCK) ||
	    !read_reset_flags(bank, &csr))
		return false;
	error_why(ERR_FLASH_OPERATION, "the chip was reset in the middle of the operation");
	error_evidence(ERR_FLASH_OPERATION, "RCC_CSR = 0x%08x, FLASH_CR = 0x%08x (locked again)", csr, cr);
	error_next(ERR_FLASH_OPERATION, "run \"reset halt\" and repeat it; if it comes back look "
					"what pulls "
		   "nRST (a button, another probe), and for a watchdog");
	return true;
}

enum err stm32l4_explain_loss(struct flash_bank *bank, enum err rc)
{
	struct stm32l4 *f = bank->priv;
	struct error saved;
	uint32_t csr;

	if (rc == ERR_CANCELLED || rc == ERR_ADAPTER_LOST)
		return rc;
	error_take(&saved);
	if (f->has_reset_flags && read_reset_flags(bank, &csr)) {
		f->fresh_resets = stm32l4_fresh_resets(f, csr) | power_went(bank, csr);
		for (size_t i = 0; i < ARRAY_SIZE(resets); i++) {
			if (!(f->fresh_resets & resets[i].bit))
				continue;
			error_why(ERR_FLASH_OPERATION, "%s", resets[i].why);
			error_next(ERR_FLASH_OPERATION, "%s", resets[i].next);
			return error_evidence(ERR_FLASH_OPERATION, "RCC_CSR = 0x%08x (%s)", csr,
					      resets[i].name);
		}
	}
	if (stm32l4_check_ecc(bank) == ERR_FLASH_OPERATION || lock_is_shut(bank))
		return ERR_FLASH_OPERATION;
	error_clear();
	error_put(&saved);
	return rc;
}
