/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: the option bytes as they are: the registers, where it can be known what is stored behind them,
 * and what an option write that did not come to its end has left.
 */
#include "flash/stm32l4_option_log.h"

#include <stdlib.h>
#include <string.h>

/* The stored words */

/*
 * Option words stand in system memory as double words, value and complement (RM0351 3.4.1). Where the
 * complement does not fit, this is no option word and nothing is said about it. unconfirmed: the place
 * of bank 2's.
 */
static uint32_t stored_place(const struct stm32l4 *f, uint8_t reg)
{
	static const uint8_t order_1[] = { 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38 };
	static const uint8_t order_2[] = { 0, 0x44, 0x48, 0x4c, 0x50 };
	bool is_l4p = f->line->dev_id == 0x470 || f->line->dev_id == 0x471;
	uint32_t base = is_l4p ? 0x1ff00000u : 0x1fff7800u;

	if (f->line->has_trustzone || f->line->regs != 0x40022000)
		return 0;
	for (uint32_t i = 0; i < ARRAY_SIZE(order_1); i++)
		if (order_1[i] == reg)
			return base + 8 * i;
	for (uint32_t i = 1; i < ARRAY_SIZE(order_2); i++)
		if (order_2[i] == reg && f->line->layout->pcrop[1][0] == 0)
			return base + (is_l4p ? 0x1000u : 0x8000u) + 8 * i;
	return 0;
}

bool stm32l4_stored_option(struct flash_bank *bank, uint8_t reg, uint32_t *value)
{
	uint32_t place = stored_place(bank->priv, reg), complement = 0;
	enum err rc;

	if (place == 0)
		return false;
	rc = target_read_u32(bank->target, place, value);
	if (rc == OK)
		rc = target_read_u32(bank->target, place + 4, &complement);
	if (rc != OK)
		error_clear();
	return rc == OK && complement == ~*value;
}

/* Listing */

static void list_field(const struct flash_bank *bank, const struct stm32l4_field *o, uint32_t value,
		       const uint32_t *stored, struct buf *out)
{
	uint32_t used = stm32l4_used_bits(bank, o), now = bits_get(value, o->msb, o->lsb) & used;

	if (o->msb != o->lsb)
		buf_printf(out, "  [%u:%u] %s = ", o->msb, o->lsb, o->name);
	else
		buf_printf(out, "  [%u] %s = ", o->lsb, o->name);
	stm32l4_describe_value(o, now, out);
	if (o->danger == READ_ONLY)
		buf_printf(out, " (kept)");
	if (stored != NULL && (bits_get(*stored, o->msb, o->lsb) & used) != now) {
		buf_printf(out, "  -- stored: ");
		stm32l4_describe_value(o, bits_get(*stored, o->msb, o->lsb) & used, out);
	}
	buf_putc(out, '\n');
}

void stm32l4_describe_area(const struct stm32l4_area *a, struct buf *out)
{
	buf_printf(out, "  %s = 0x%08x: ", a->name, a->value);
	if (!a->is_active)
		buf_printf(out, "off\n");
	else if (a->is_pcrop)
		buf_printf(out, "0x%08x..0x%08x cannot be read or written\n", a->first_addr,
			   a->last_addr);
	else
		buf_printf(out, "pages %u..%u write-protected, 0x%08x..0x%08x\n", a->first, a->last,
			   a->first_addr, a->last_addr);
}

static bool differs(const struct stm32l4 *f, uint8_t reg, uint32_t a, uint32_t b)
{
	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++)
		if (o->reg == reg && ((a ^ b) & stm32l4_field_mask(o)))
			return true;
	return false;
}

static bool list_register(struct flash_bank *bank, uint8_t reg, uint32_t value, struct buf *out)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t stored = 0;
	bool is_pending = stm32l4_stored_option(bank, reg, &stored) && differs(f, reg, value, stored);

	buf_printf(out, "FLASH_%s = 0x%08x", stm32l4_option_register_name(f->line, reg), value);
	if (is_pending)
		buf_printf(out, "  -- stored: 0x%08x", stored);
	buf_putc(out, '\n');
	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++)
		if (o->reg == reg)
			list_field(bank, o, value, is_pending ? &stored : NULL, out);
	return is_pending;
}

enum err stm32l4_list_options(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4_area areas[2 * MAX_AREAS];
	struct stm32l4_option_values now;
	bool is_pending = false;
	size_t count;

	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_option_values(bank, &now));
	for (size_t i = 0; i < now.count; i++)
		is_pending = list_register(bank, now.reg[i], now.value[i], out) || is_pending;
	TRY(stm32l4_read_areas(bank, areas, &count));
	buf_printf(out, "areas:\n");
	for (size_t i = 0; i < count; i++)
		stm32l4_describe_area(&areas[i], out);
	if (is_pending)
		buf_printf(out, "What is stored differs from the registers: stored values act after "
				"\"stm32l4x option_load %u\" or a power cycle.\n", bank->number);
	stm32l4_show_interrupted(bank, out);
	return OK;
}

/* What was interrupted */

/* Words that fail their check load as: all user bits 1, brown-out level 0, RDP 0xff (RM0351 3.4.1). */
bool stm32l4_has_mismatch_values(const struct stm32l4 *f, uint32_t optr, uint32_t sr)
{
	if (OPTR_RDP(optr) != 0xff)
		return false;
	if (sr & SR_OPTVERR)
		return true;
	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++)
		if (o->reg == f->line->layout->optr && o->msb == o->lsb && o->danger != READ_ONLY &&
		    !(optr & BIT(o->lsb)))
			return false;
	return true;
}

static void offer(const struct flash_bank *bank, bool has_record, bool erases, struct buf *out)
{
	const struct stm32l4 *f = bank->priv;
	const char *confirm = erases ? " confirm" : "";

	if (has_record)
		buf_printf(out, ": \"stm32l4x option restore %u meant%s\" finishes it, \"stm32l4x option "
				"restore %u before%s\" goes back", bank->number, confirm, bank->number,
			   confirm);
	else if (f->line->factory_optr != 0)
		buf_printf(out, ": \"stm32l4x option restore %u factory%s\" writes factory values",
			   bank->number, confirm);
	else
		buf_printf(out, ": set them again with \"stm32l4x option set\"");
	if (erases)
		buf_printf(out, "; leaving RDP level 1 erases the flash");
}

static void say_started(struct flash_bank *bank, const struct stm32l4_option_record *r,
			const struct stm32l4_option_values *now, bool is_torn, struct buf *out)
{
	buf_printf(out, "an option write of %s was cut off", r->stamp);
	if (is_torn)
		buf_printf(out, " in the middle: the option bytes failed their check (OPTVERR) and the "
				"chip holds safe values instead, with RDP level 1");
	else if (stm32l4_compare_options(bank, now, &r->meant, false, NULL) == 0)
		buf_printf(out, "; the registers hold what was meant, but it was not seen loaded");
	else if (stm32l4_compare_options(bank, now, &r->before, false, NULL) == 0)
		buf_printf(out, "; the option bytes are those from before");
	else
		buf_printf(out, "; the option bytes are neither those from before nor those that were "
				"meant");
	offer(bank, true, is_torn, out);
}

static enum err look(struct flash_bank *bank, struct stm32l4_option_values *now, uint32_t *sr,
		     uint32_t uid[3])
{
	const struct stm32l4 *f = bank->priv;

	TRY(stm32l4_read_uid(bank, uid));
	TRY(stm32l4_read_option_values(bank, now));
	return target_read_u32(bank->target, f->line->regs + f->line->layout->sr, sr);
}

bool stm32l4_options_interrupted(struct flash_bank *bank, struct buf *why)
{
	const struct stm32l4 *f = bank->priv;
	struct stm32l4_option_record record;
	struct stm32l4_option_values now;
	uint32_t sr = 0, uid[3];
	const uint32_t *optr;
	bool is_torn;

	/* The doctor also sees chips that could not be identified. */
	if (f->line == NULL || f->is_otp)
		return false;
	/* The usual chip costs no read. */
	if (!stm32l4_option_log_exists(bank->room->option_log) && OPTR_RDP(f->optr) != 0xff)
		return false;
	if (look(bank, &now, &sr, uid) != OK) {
		error_clear();
		return false;
	}
	optr = stm32l4_option_value(&now, f->line->layout->optr);
	is_torn = optr != NULL && stm32l4_has_mismatch_values(f, *optr, sr);
	if (stm32l4_option_log_find(bank->room->option_log, uid, &record) &&
	    record.stage != OPTIONS_LOADED) {
		if (record.stage == OPTIONS_STARTED || is_torn) {
			say_started(bank, &record, &now, is_torn, why);
			return true;
		}
		if (stm32l4_compare_options(bank, &now, &record.before, false, NULL) == 0 &&
		    stm32l4_compare_options(bank, &now, &record.meant, false, NULL) != 0) {
			buf_printf(why, "the option bytes written at %s are not loaded yet: \"stm32l4x "
					"option_load %u\" or a power cycle loads them", record.stamp,
				   bank->number);
			return true;
		}
		return false;
	}
	if (!is_torn)
		return false;
	buf_printf(why, "the option bytes failed their check (OPTVERR) and the chip holds safe values "
			"instead, with RDP level 1: an option write lost power in the middle, of which "
			"nothing is recorded here");
	offer(bank, false, true, why);
	return true;
}

void stm32l4_tell_interrupted(struct flash_bank *bank)
{
	struct buf why = { 0 };

	if (stm32l4_options_interrupted(bank, &why))
		log_warning("%s", (const char *)why.data);
	buf_free(&why);
}

void stm32l4_show_interrupted(struct flash_bank *bank, struct buf *out)
{
	struct buf why = { 0 };

	if (stm32l4_options_interrupted(bank, &why))
		buf_printf(out, "Option bytes: %s\n", (const char *)why.data);
	buf_free(&why);
}

/* The way back */

/* What OPTSTRT may have left half done is written once more, also where the registers look right. */
static enum err restore_once(struct flash_bank *bank, const struct stm32l4_option_values *values,
			     const char *confirm, const char *token, struct buf *out,
			     bool *regressed)
{
	const struct stm32l4 *f = bank->priv;
	const struct stm32l4_field *field = stm32l4_find_field(f->line, "PCROP_RDP");
	struct stm32l4_option_values wanted = *values, now;
	struct stm32l4_option_plan plan;
	uint32_t sr, uid[3];
	bool is_torn;

	TRY(look(bank, &now, &sr, uid));
	is_torn = stm32l4_has_mismatch_values(f, *stm32l4_option_value(&now, f->line->layout->optr), sr);
	*regressed = stm32l4_regresses(f->line, &now, &wanted);
	/* Set-only; and leaving level 1 it takes the areas away that the mismatch has brought. */
	if (field != NULL)
		*stm32l4_option_value(&wanted, field->reg) |=
			*regressed ? PCROP_RDP : *stm32l4_option_value(&now, field->reg) & PCROP_RDP;
	TRY(stm32l4_plan_option_values(bank, &wanted, is_torn, &plan));
	plan.is_rewrite = plan.count == 0;
	stm32l4_describe_option_plan(&plan, out);
	return stm32l4_apply_option_plan(&plan, confirm, token);
}

static bool is_complete(struct flash_bank *bank, const struct stm32l4_option_values *values)
{
	struct stm32l4_option_values now;

	if (stm32l4_read_option_values(bank, &now) != OK) {
		error_clear();
		return true;
	}
	return stm32l4_compare_options(bank, &now, values, false, NULL) == 0;
}

/* What only the second core's firmware may write stays lost. */
static void say_lost(struct flash_bank *bank, const struct stm32l4_option_values *values, struct buf *out)
{
	const struct stm32l4 *f = bank->priv;
	struct stm32l4_option_values now;

	if (stm32l4_read_option_values(bank, &now) != OK) {
		error_clear();
		return;
	}
	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++) {
		uint32_t is = bits_get(*stm32l4_option_value(&now, o->reg), o->msb, o->lsb);
		const uint32_t *reg = stm32l4_option_value(values, o->reg);

		if (o->danger == READ_ONLY && reg != NULL && bits_get(*reg, o->msb, o->lsb) != is)
			buf_printf(out, "%s is 0x%x and was 0x%x: only the second core's firmware and its "
					"update service can write it\n", o->name, is,
				   bits_get(*reg, o->msb, o->lsb));
	}
}

enum err stm32l4_restore_options(struct flash_bank *bank, const struct stm32l4_option_values *values,
				 const char *confirm, const char *token, struct buf *out)
{
	bool regressed = false;

	TRY(restore_once(bank, values, confirm, token, out, &regressed));
	/* Level 0 took PCROP away; if it is wanted it is set again now. */
	if (regressed && !is_complete(bank, values))
		TRY(restore_once(bank, values, confirm, token, out, &regressed));
	say_lost(bank, values, out);
	return OK;
}
