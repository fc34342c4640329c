/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: writes option registers, loads them, and finds the chip again. The registers are shadows: a
 * write to the flash happens at OPTSTRT (all of them at once), and they act after they were loaded
 * again, by OBL_LAUNCH or at power-on (RM0351 3.4.2). A power cut between OPTSTRT and the end of BSY
 * leaves words that fail their check, so the journal is written first and closed last.
 */
#include "flash/stm32l4_option_log.h"

#include <string.h>

#include "base/clock.h"

#define OPTION_MS	1000u
#define REGRESSION_MS	15000u		/* RDP 1 to 0 erases page by page where PCROP is set */
#define RELOAD_MS	3000u
#define SR_OPTWERR	BIT(13)		/* lines with TrustZone: the option write was refused */

/* Registers */

enum err stm32l4_read_option_values(struct flash_bank *bank, struct stm32l4_option_values *values)
{
	struct stm32l4 *f = bank->priv;
	struct read_span spans[STM32L4_OPTION_REGS];
	uint8_t words[STM32L4_OPTION_REGS][4];

	memset(values, 0, sizeof(*values));
	values->count = stm32l4_option_registers(f->line, values->reg);
	for (size_t i = 0; i < values->count; i++)
		spans[i] = (struct read_span){ f->line->regs + values->reg[i], 4, words[i] };
	TRY(target_read_spans(bank->target, spans, values->count));
	for (size_t i = 0; i < values->count; i++)
		values->value[i] = get_le32(words[i]);
	return OK;
}

uint32_t *stm32l4_option_value(const struct stm32l4_option_values *values, uint8_t reg)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->reg[i] == reg)
			return (uint32_t *)&values->value[i];
	return NULL;
}

enum err stm32l4_read_uid(struct flash_bank *bank, uint32_t uid[3])
{
	struct stm32l4 *f = bank->priv;
	uint8_t bytes[12];
	enum err rc;

	memset(uid, 0, 3 * sizeof(uid[0]));
	if (f->line->uid == 0)
		return OK;
	rc = target_read_spans(bank->target,
			       &(struct read_span){ f->line->uid, sizeof(bytes), bytes }, 1);
	for (unsigned i = 0; i < 3 && rc == OK; i++)
		uid[i] = get_le32(bytes + 4 * i);
	/* A line whose place is not certain: all zero stands for "some chip". */
	if (rc == ERR_BUS || rc == ERR_DAP_FAULT) {
		error_clear();
		memset(uid, 0, 3 * sizeof(uid[0]));
		return OK;
	}
	return rc;
}

/* Writing */

struct option_write {
	struct flash_bank *bank;
	const struct stm32l4_option *options;
	size_t count;
	uint32_t uid[3];
	struct stm32l4_option_values before, meant;
	struct stm32l4_option_values sound;	/* what to go back to, as the journal has it */
};

static uint32_t optr_of(const struct flash_bank *bank, const struct stm32l4_option_values *values)
{
	const struct stm32l4 *f = bank->priv;
	const uint32_t *optr = stm32l4_option_value(values, f->line->layout->optr);

	return optr != NULL ? *optr : 0;
}

/* An option write makes a flash clock and an open lock; modes that somebody left on would spoil it. */
static enum err open_locks(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t cr, sr;

	TRY(stm32l4_wait(bank, OPTION_MS, &sr));
	TRY(stm32l4_read(bank, f->layout->lock_cr, &cr));
	if (!(cr & CR_LOCK))
		TRY(stm32l4_lock(bank));
	return stm32l4_unlock(bank, true);
}

/* Half a key sequence, of a session that broke off in it, keeps the lock shut until a reset; and the end of
 * this is a reset anyway. */
static enum err open_options(struct flash_bank *bank)
{
	enum err rc;

	TRY(stm32l4_prepare_options(bank));
	rc = open_locks(bank);
	if (rc != ERR_FLASH_LOCKED)
		return rc;
	log_info("the flash controller does not take its key any more: resetting the chip");
	error_clear();
	TRY(target_reset(bank->target->list, RESET_HALT));
	TRY(check_halted(bank->target));
	TRY(stm32l4_prepare_options(bank));
	return open_locks(bank);
}

static enum err put_back(struct option_write *w, size_t count)
{
	enum err rc = OK;

	for (size_t i = 0; i < count && rc == OK; i++) {
		const uint32_t *old = stm32l4_option_value(&w->before, w->options[i].reg);

		if (old != NULL)
			rc = stm32l4_write(w->bank, w->options[i].reg, *old);
	}
	return rc;
}

/*
 * What OPTSTRT will take must be what is meant. On G0, C0, U0, WB and WL a read may still return the last
 * loaded value (RM0444 3.7.8), so the old one is no proof of a refusal there.
 */
static enum err check_shadows(struct option_write *w)
{
	const struct stm32l4 *f = w->bank->priv;
	struct stm32l4_option_values now;
	struct buf text = { 0 };
	unsigned different;

	TRY(stm32l4_read_option_values(w->bank, &now));
	different = stm32l4_compare_options(w->bank, &now, &w->meant, false, &text);
	if (different > 0 && f->line->layout->sr == 0x10 && !f->line->has_l4_rcc &&
	    stm32l4_compare_options(w->bank, &now, &w->before, false, NULL) == 0)
		different = 0;
	if (different > 0) {
		error_why(ERR_FLASH_OPERATION,
			  "the option registers did not take the new values; nothing was written");
		error_evidence(ERR_FLASH_OPERATION, "%.200s", (const char *)text.data);
		error_next(ERR_FLASH_OPERATION, "run \"reset halt\" and try again; see \"stm32l4x "
						"doctor\"");
	}
	buf_free(&text);
	return different > 0 ? ERR_FLASH_OPERATION : OK;
}

static enum err fill_shadows(struct option_write *w)
{
	enum err rc = OK;
	size_t i;

	for (i = 0; i < w->count && rc == OK; i++)
		rc = stm32l4_write(w->bank, w->options[i].reg, w->options[i].value);
	if (rc == OK)
		rc = check_shadows(w);
	if (rc == OK)
		rc = stm32l4_option_log_add(
			w->bank->room->option_log, w->uid,
			((struct stm32l4 *)w->bank->priv)->line->dev_id, OPTIONS_STARTED, &w->sound,
			&w->meant);
	return rc == OK ? OK : error_first(rc, put_back(w, i));
}

static enum err refused_by_chip(struct option_write *w, uint32_t sr)
{
	uint32_t optr = optr_of(w->bank, &w->before);

	if ((sr & SR_WRPERR) && stm32l4_rdp_level(optr) == 2) {
		error_why(ERR_READ_PROTECTED,
			  "RDP is at level 2: the option bytes cannot be changed any more");
		return error_evidence(ERR_READ_PROTECTED, "FLASH_OPTR = 0x%08x", optr);
	}
	if (((struct stm32l4 *)w->bank->priv)->line->has_trustzone && (sr & SR_OPTWERR)) {
		error_why(ERR_REFUSED, "the chip refused this change of option bytes (OPTWERR)");
		error_next(ERR_REFUSED, "see what RDP and TZEN allow with \"stm32l4x option\"");
		return error_evidence(ERR_REFUSED, "FLASH_NSSR = 0x%08x", sr);
	}
	return stm32l4_failed(w->bank, sr, NO_ADDRESS);
}

/* A reset also ends BSY, and clears every flag: but it shuts the lock as well. */
static enum err check_not_reset(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t cr;

	TRY(stm32l4_read(bank, f->layout->lock_cr, &cr));
	if (!(cr & CR_LOCK))
		return OK;
	error_why(ERR_FLASH_OPERATION, "the chip was reset in the middle of it");
	error_evidence(ERR_FLASH_OPERATION, "FLASH_CR = 0x%08x (locked)", cr);
	return error_next(ERR_FLASH_OPERATION,
			  "check supply, watchdog and nRST, then see \"stm32l4x option %u\"",
			  bank->number);
}

static enum err start_and_wait(struct option_write *w)
{
	struct flash_bank *bank = w->bank;
	struct stm32l4 *f = bank->priv;
	bool regresses = stm32l4_regresses(f->line, &w->before, &w->meant);
	uint32_t sr = 0;
	enum err rc = stm32l4_write(bank, f->layout->cr, CR_OPTSTRT);

	if (rc == OK)
		rc = stm32l4_wait(bank, regresses ? REGRESSION_MS : OPTION_MS, &sr);
	if (rc == OK)
		rc = check_not_reset(bank);
	if (rc != OK)
		return error_what(rc, "the option write was cut off, see \"stm32l4x option %u\"",
				  bank->number);
	if (!(sr & SR_FAILED) && !(f->line->has_trustzone && (sr & SR_OPTWERR)))
		return stm32l4_option_log_add(bank->room->option_log, w->uid, f->line->dev_id,
					      OPTIONS_WRITTEN, &w->sound, &w->meant);
	/* The controller said no: nothing was begun, nothing is open. */
	rc = refused_by_chip(w, sr);
	return error_first(rc, stm32l4_option_log_add(bank->room->option_log, w->uid, f->line->dev_id,
						      OPTIONS_LOADED, &w->before, &w->before));
}

static enum err write_open(struct option_write *w)
{
	const struct stm32l4 *f = w->bank->priv;
	enum err rc = stm32l4_write(w->bank, f->layout->sr,
				    SR_CLEAR | (f->line->has_trustzone ? SR_OPTWERR : 0));

	if (rc == OK)
		rc = fill_shadows(w);
	if (rc == OK)
		rc = start_and_wait(w);
	return rc;
}

/* The values to go back to are not those that a cut has left. */
static enum err find_sound(struct option_write *w)
{
	const struct stm32l4 *f = w->bank->priv;
	struct stm32l4_option_record record;
	bool is_torn;
	uint32_t sr;

	TRY(stm32l4_read(w->bank, f->layout->sr, &sr));
	is_torn = stm32l4_has_mismatch_values(f, optr_of(w->bank, &w->before), sr);
	w->sound = w->before;
	if (stm32l4_option_log_find(w->bank->room->option_log, w->uid, &record) &&
	    (record.stage == OPTIONS_STARTED || (is_torn && record.stage == OPTIONS_WRITTEN)))
		w->sound = record.before;
	else if (is_torn)
		w->sound = w->meant;
	return OK;
}

static enum err look_before(struct option_write *w)
{
	TRY(stm32l4_read_uid(w->bank, w->uid));
	TRY(stm32l4_read_option_values(w->bank, &w->before));
	w->meant = w->before;
	for (size_t i = 0; i < w->count; i++) {
		uint32_t *value = stm32l4_option_value(&w->meant, w->options[i].reg);

		if (value != NULL)
			*value = w->options[i].value;
	}
	return find_sound(w);
}

enum err stm32l4_write_options(struct flash_bank *bank, const struct stm32l4_option *options,
			       size_t count)
{
	struct option_write w = { .bank = bank, .options = options, .count = count };
	enum err rc;

	TRY(check_halted(bank->target));
	rc = open_options(bank);
	if (rc == OK)
		rc = look_before(&w);
	if (rc == OK)
		rc = write_open(&w);
	rc = error_first(rc, stm32l4_lock(bank));
	return rc == OK ? OK : error_what(flash_explain(bank, rc), "option bytes not written");
}

/* Loading */

/* OBL_LAUNCH resets the chip at once: the write that starts it may not be answered. */
static enum err launch(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc;

	TRY(open_options(bank));
	rc = stm32l4_write(bank, f->layout->cr, CR_OBL_LAUNCH);
	if (rc == ERR_ADAPTER_LOST || rc == ERR_ADAPTER_PROTOCOL)
		return rc;
	error_clear();
	return OK;
}

static enum err halted_again(struct target *t)
{
	dap_invalidate(t->dap);
	TRY(target_examine(t));
	TRY(target_poll(t));
	if (t->state == TARGET_HALTED)
		return OK;
	TRY(target_halt(t));
	return target_wait_state(t, TARGET_HALTED, RELOAD_MS);
}

/* The core stops at its first instruction if the vector catch survived the reset. */
static enum err find_again(struct target *t)
{
	uint64_t deadline = clock_now_ms() + RELOAD_MS;
	enum err rc;

	loop_sleep(t->list->loop, 5);
	do {
		error_clear();
		rc = halted_again(t);
		if (rc == OK)
			return OK;
	} while (rc != ERR_ADAPTER_LOST && clock_now_ms() < deadline &&
		 loop_sleep(t->list->loop, 20));
	error_next(rc, "power-cycle the board, then see \"stm32l4x option\": the option bytes are "
		       "loaded at power-on, too");
	return error_what(rc, "the target was not found again after the option bytes were loaded");
}

/* With PCROP_RDP the way to level 0 sets PCROP back, and PCROP_RDP itself. */
static bool gave_pcrop_up(const struct stm32l4 *f, const struct stm32l4_option_values *meant)
{
	uint8_t reg = f->line->layout->pcrop[0][1];
	const uint32_t *end = f->line->pcrop_unit != 0 ? stm32l4_option_value(meant, reg) : NULL;
	const uint32_t *optr = stm32l4_option_value(meant, f->line->layout->optr);

	return end != NULL && (*end & PCROP_RDP) && stm32l4_rdp_level(*optr) == 0;
}

/* The journal's last word on this chip, now that the option bytes were loaded. */
static enum err settle_journal(struct flash_bank *bank, const uint32_t uid[3])
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_option_record record;
	struct stm32l4_option_values now;
	struct buf text = { 0 };

	if (!stm32l4_option_log_find(bank->room->option_log, uid, &record) ||
	    record.stage == OPTIONS_LOADED)
		return OK;
	TRY(stm32l4_read_option_values(bank, &now));
	if (stm32l4_compare_options(bank, &now, &record.meant, gave_pcrop_up(f, &record.meant), &text) ==
	    0)
		return stm32l4_option_log_add(bank->room->option_log, uid, f->line->dev_id,
					      OPTIONS_LOADED, &record.before, &record.meant);
	log_warning("the option bytes that were loaded are not those written at %s: %.300s",
		    record.stamp, (const char *)text.data);
	buf_free(&text);
	return OK;
}

/* Everything that was read from the chip may be different now. */
static void forget(struct flash_bank *bank)
{
	for (struct flash_bank *b = bank->room->banks; b != NULL; b = b->next)
		if (b->target == bank->target)
			b->is_probed = false;
}

enum err stm32l4_load_options(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct target *t = bank->target;
	uint32_t demcr, optr, uid[3];
	enum err rc;

	TRY(check_halted(t));
	TRY(stm32l4_read_uid(bank, uid));
	TRY(stm32l4_read(bank, f->line->layout->optr, &optr));
	TRY(target_read_u32(t, DEMCR, &demcr));
	TRY(target_write_u32(t, DEMCR, demcr | DEMCR_VC_CORERESET));
	rc = launch(bank);
	forget(bank);
	if (rc == OK && stm32l4_rdp_level(optr) == 2) {
		log_warning("RDP is at level 2 now: this chip has no debug port any more");
		return OK;
	}
	if (rc == OK)
		rc = find_again(t);
	if (rc == OK)
		rc = target_write_u32(t, DEMCR, demcr);
	forget(bank);
	return rc == OK ? settle_journal(bank, uid) : rc;
}
