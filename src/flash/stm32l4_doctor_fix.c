/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4 doctor: the harmless cures, and a trial on a page where nothing can be lost. */
#include "flash/stm32l4_doctor.h"

#include <string.h>

#define HALT_MS 1000u
#define BUSY_MS 250u

/* Other people's registers are changed on a halted core only. */
static enum err stop_core(struct flash_bank *bank)
{
	struct target *t = bank->target;

	TRY(target_check_examined(t));
	if (t->state == TARGET_HALTED)
		return OK;
	TRY(target_halt(t));
	TRY(target_wait_state(t, TARGET_HALTED, HALT_MS));
	log_info("%s: halted for the doctor, and left so", t->name);
	return OK;
}

static enum err refresh_caches(struct flash_bank *bank)
{
	struct stm32l4 *s = bank->priv;
	uint32_t acr, off;

	if (s->layout->sr != 0x10)
		return OK;
	TRY(stm32l4_read(bank, s->layout->acr, &acr));
	/* The reset bits act while their cache is off (RM0351 3.7.1). */
	off = acr & ~(ACR_ICEN | ACR_DCEN | ACR_ICRST | ACR_DCRST);
	TRY(stm32l4_write(bank, s->layout->acr, off));
	TRY(stm32l4_write(bank, s->layout->acr, off | ACR_ICRST | ACR_DCRST));
	TRY(stm32l4_write(bank, s->layout->acr, off));
	return stm32l4_write(bank, s->layout->acr, acr);
}

enum err stm32l4_fix_flags(struct flash_bank *bank)
{
	struct stm32l4 *s = bank->priv;
	bool was_running = bank->target->state != TARGET_HALTED;
	uint32_t sr, cr;

	TRY(target_check_examined(bank->target));
	TRY(flash_probe(bank));
	if (was_running) {
		/* Clearing flags disturbs nobody; a firmware that sets them again shows itself. */
		TRY(stm32l4_read(bank, s->layout->sr, &sr));
		TRY(stm32l4_write(bank, s->layout->sr, SR_CLEAR));
		loop_sleep(bank->target->list->loop, 20);
		TRY(stm32l4_read(bank, s->layout->sr, &sr));
		if (sr & SR_FAILED)
			return OK;
	}
	TRY(stop_core(bank));
	TRY(stm32l4_wait(bank, BUSY_MS, &sr));
	TRY(stm32l4_write(bank, s->layout->sr, SR_CLEAR));
	TRY(stm32l4_read(bank, s->layout->lock_cr, &cr));
	if (!(cr & CR_LOCK))
		TRY(stm32l4_lock(bank));
	return refresh_caches(bank);
}

enum err stm32l4_fix_power(struct flash_bank *bank)
{
	TRY(stop_core(bank));
	TRY(flash_probe(bank));
	return stm32l4_prepare_options(bank);
}

enum err stm32l4_refresh(struct flash_bank *bank, bool *changed)
{
	struct stm32l4 *s = bank->priv;

	*changed = false;
	if (bank->target->state != TARGET_HALTED || s->line == NULL || s->layout->sr != 0x10 || s->is_otp)
		return OK;
	TRY(refresh_caches(bank));
	*changed = true;
	return OK;
}

uint32_t stm32l4_twin(struct flash_bank *bank, uint32_t addr)
{
	const struct stm32l4 *s = bank->priv;
	uint32_t offset = addr - bank->base;

	if (s->line == NULL || s->is_otp || !s->g.dual || addr < bank->base || offset >= bank->size)
		return addr;
	return offset < s->g.bank2_offset ? addr + s->g.bank2_offset : addr - s->g.bank2_offset;
}

enum err stm32l4_explain(struct flash_bank *bank, enum err rc, bool twin_matches)
{
	struct stm32l4 *s = bank->priv;

	s->twin_matches = twin_matches;
	rc = stm32l4_attach_diagnosis(bank, rc);
	s->twin_matches = false;
	s->failed_sr = s->fresh_resets = 0;
	s->has_reset_flags = false;
	return rc;
}

enum err stm32l4_try_keys(struct flash_bank *bank, bool *refused)
{
	struct stm32l4 *s = bank->priv;
	uint32_t sr, cr;
	enum err rc;

	*refused = false;
	if (!bank->target->examined || bank->target->state != TARGET_HALTED)
		return OK;
	TRY(flash_probe(bank));
	TRY(stm32l4_read(bank, s->layout->sr, &sr));
	TRY(stm32l4_read(bank, s->layout->lock_cr, &cr));
	if ((sr & SR_BSY) || !(cr & CR_LOCK))
		return OK;
	rc = stm32l4_unlock(bank, false);
	if (rc == ERR_FLASH_LOCKED) {
		*refused = true;
		error_clear();
		return OK;
	}
	TRY(rc);
	return stm32l4_lock(bank);
}

enum err stm32l4_watch_firmware(struct flash_bank *bank, bool *came_back)
{
	struct target_list *list = bank->target->list;
	struct stm32l4 *s = bank->priv;
	uint32_t sr = 0;
	enum err rc;

	*came_back = false;
	TRY(stm32l4_fix_flags(bank));
	TRY(target_reset(list, RESET_RUN));
	for (unsigned i = 0; i < 50 && !(sr & SR_FAILED); i++) {
		loop_sleep(list->loop, 2);
		TRY(stm32l4_read(bank, s->layout->sr, &sr));
	}
	*came_back = sr & SR_FAILED;
	rc = target_reset(list, RESET_HALT);
	return rc == OK ? stm32l4_fix_flags(bank) : rc;
}

/* The trial */

static enum err find_blank_page(struct flash_bank *bank, int *page)
{
	*page = NO_ADDRESS;
	TRY(flash_erase_check(bank));
	TRY(stm32l4_protect_check(bank));
	for (unsigned i = bank->sector_count; i-- > 0;)
		if (bank->sectors[i].is_erased == 1 && bank->sectors[i].is_protected == 0) {
			*page = (int)i;
			return OK;
		}
	return OK;
}

static enum err program_one_unit(struct flash_bank *bank, unsigned page)
{
	const struct flash_write_options options = { .verify = true };
	uint8_t pattern[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
				0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe };
	struct image *image = image_new();
	enum err rc;

	image_add(image, bank->base + bank->sectors[page].offset, pattern, bank->program_unit);
	rc = flash_write_image(bank->room, bank->target, image, &options, NULL);
	image_close(image);
	return rc;
}

enum err stm32l4_trial(struct flash_bank *bank, int *page)
{
	const struct stm32l4 *s = bank->priv;
	enum err rc;

	*page = NO_ADDRESS;
	TRY(stop_core(bank));
	TRY(flash_probe(bank));
	if (s->is_otp)
		return error_why(ERR_UNSUPPORTED, "OTP cannot be erased: there is nothing to try it on");
	TRY(find_blank_page(bank, page));
	if (*page == NO_ADDRESS)
		return OK;
	TRY(flash_erase_sectors(bank, (unsigned)*page, (unsigned)*page));
	rc = program_one_unit(bank, (unsigned)*page);
	return error_first(rc, flash_erase_sectors(bank, (unsigned)*page, (unsigned)*page));
}
