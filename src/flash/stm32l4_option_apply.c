/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: a change of option bytes as a person sees it: planned, shown, confirmed, done, verified. */
#include "flash/stm32l4_option.h"

#include <string.h>

static void merge(const struct stm32l4 *f, struct stm32l4_option_values *to,
		  const struct stm32l4_option_values *from, bool kept_too)
{
	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++) {
		const uint32_t *wanted = stm32l4_option_value(from, o->reg);
		uint32_t *value = stm32l4_option_value(to, o->reg), mask = stm32l4_field_mask(o);

		if (wanted != NULL && value != NULL && (kept_too || o->danger != READ_ONLY))
			*value = (*value & ~mask) | (*wanted & mask);
	}
}

/*
 * The registers may hold what somebody wrote there and never stored; OPTSTRT would store it, too. Where the
 * stored words can be read a change starts from them.
 */
static enum err start_plan(struct flash_bank *bank, struct stm32l4_option_plan *plan,
			   struct stm32l4_option_values *stored)
{
	memset(plan, 0, sizeof(*plan));
	plan->bank = bank;
	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_uid(bank, plan->uid));
	TRY(stm32l4_read_option_values(bank, &plan->now));
	*stored = plan->now;
	for (size_t i = 0; i < stored->count; i++) {
		uint32_t value;

		if (stm32l4_stored_option(bank, stored->reg[i], &value))
			stored->value[i] = value;
	}
	plan->then = plan->now;
	merge(bank->priv, &plan->then, stored, false);
	*stored = plan->then;
	return OK;
}

static enum err finish_plan(struct stm32l4_option_plan *plan, const struct stm32l4_option_values *stored)
{
	TRY(stm32l4_judge_options(plan));
	plan->is_rewrite = plan->count == 0 && memcmp(&plan->then, stored, sizeof(*stored)) != 0;
	if (memcmp(&plan->now, stored, sizeof(*stored)) != 0 && plan->note_count < STM32L4_PLAN_NOTES)
		snprintf(plan->notes[plan->note_count++], sizeof(plan->notes[0]),
			 "the registers differ from what is stored: the change starts from what is stored");
	return OK;
}

enum err stm32l4_plan_options(struct flash_bank *bank, int argc, const char *const *argv,
			      struct stm32l4_option_plan *plan)
{
	struct stm32l4_option_values stored;

	TRY(start_plan(bank, plan, &stored));
	plan->is_by_name = true;
	TRY(stm32l4_parse_options(bank, argc, argv, &plan->then));
	return finish_plan(plan, &stored);
}

enum err stm32l4_plan_option_values(struct flash_bank *bank, const struct stm32l4_option_values *then,
				    bool kept_too, struct stm32l4_option_plan *plan)
{
	struct stm32l4_option_values stored;

	TRY(start_plan(bank, plan, &stored));
	plan->then = plan->now;
	merge(bank->priv, &plan->then, then, kept_too);
	return finish_plan(plan, &stored);
}

static void describe_changes(const struct stm32l4_option_plan *plan, size_t i, struct buf *out)
{
	const struct stm32l4 *f = plan->bank->priv;

	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++) {
		uint32_t now, then;

		if (o->reg != plan->regs[i].reg)
			continue;
		now = bits_get(plan->regs[i].now, o->msb, o->lsb) & stm32l4_used_bits(plan->bank, o);
		then = bits_get(plan->regs[i].then, o->msb, o->lsb) & stm32l4_used_bits(plan->bank, o);
		if (now == then)
			continue;
		buf_printf(out, "    %s = ", o->name);
		stm32l4_describe_value(o, now, out);
		buf_printf(out, "  ->  ");
		stm32l4_describe_value(o, then, out);
		buf_putc(out, '\n');
	}
}

static void describe_extent(const struct stm32l4_area *a, struct buf *out)
{
	if (!a->is_active)
		buf_printf(out, "off");
	else
		buf_printf(out, "pages %u..%u, 0x%08x..0x%08x", a->first, a->last, a->first_addr,
			   a->last_addr);
}

static void describe_move(const struct stm32l4_area *now, const struct stm32l4_area *then,
			  struct buf *out)
{
	if (now->is_active == then->is_active && now->first_addr == then->first_addr &&
	    now->last_addr == then->last_addr)
		return;
	buf_printf(out, "  %s: ", then->name);
	describe_extent(now, out);
	buf_printf(out, "  ->  ");
	describe_extent(then, out);
	buf_putc(out, '\n');
}

/* Areas in words, where one moves. */
static void describe_areas(const struct stm32l4_option_plan *plan, struct buf *out)
{
	const struct stm32l4 *f = plan->bank->priv;

	for (unsigned i = 0; i < MAX_AREAS; i++) {
		struct stm32l4_area now, then;
		const uint8_t *regs = f->line->layout->pcrop[i];

		const uint32_t *was = stm32l4_option_value(&plan->now, f->line->layout->wrp[i]);
		const uint32_t *will = stm32l4_option_value(&plan->then, f->line->layout->wrp[i]);

		if (f->line->layout->wrp[i] != 0 && was != NULL) {
			stm32l4_decode_wrp(plan->bank, i, *was, &now);
			stm32l4_decode_wrp(plan->bank, i, *will, &then);
			describe_move(&now, &then, out);
		}
		if (f->line->pcrop_unit == 0 || regs[0] == 0)
			continue;
		stm32l4_decode_pcrop(plan->bank, i, *stm32l4_option_value(&plan->now, regs[0]),
				     *stm32l4_option_value(&plan->now, regs[1]), &now);
		stm32l4_decode_pcrop(plan->bank, i, *stm32l4_option_value(&plan->then, regs[0]),
				     *stm32l4_option_value(&plan->then, regs[1]), &then);
		describe_move(&now, &then, out);
	}
}

void stm32l4_describe_option_plan(const struct stm32l4_option_plan *plan, struct buf *out)
{
	const struct stm32l4 *f = plan->bank->priv;

	if (plan->count == 0) {
		buf_printf(out, plan->is_rewrite ? "the registers hold it, but it is not stored: it is "
						   "written once more\n"
						 : "nothing to change\n");
		return;
	}
	buf_printf(out, "option bytes of this %s, before -> after:\n", f->line->name);
	for (size_t i = 0; i < plan->count; i++) {
		buf_printf(out, "  FLASH_%s = 0x%08x -> 0x%08x\n",
			   stm32l4_option_register_name(f->line, plan->regs[i].reg),
			   plan->regs[i].now, plan->regs[i].then);
		describe_changes(plan, i, out);
	}
	describe_areas(plan, out);
	for (size_t i = 0; i < plan->note_count; i++)
		buf_printf(out, "  note: %s\n", plan->notes[i]);
	if (plan->danger[0] != '\0')
		buf_printf(out, "  careful: %s\n", plan->danger);
}

static enum err check_confirmed(const struct stm32l4_option_plan *plan, const char *confirm,
				const char *token)
{
	const char *again = plan->token[0] != '\0' ? "repeat the command with \"confirm %s\" at its end"
						   : "repeat the command with \"confirm\" at its end";

	if (plan->danger[0] == '\0')
		return OK;
	if (plan->token[0] == '\0' ? confirm != NULL
				   : token != NULL && strcmp(token, plan->token) == 0)
		return OK;
	if (token != NULL && plan->token[0] != '\0')
		error_why(ERR_REFUSED, "%s; token %s is not for this change on this chip", plan->danger,
			  token);
	else
		error_why(ERR_REFUSED, "%s", plan->danger);
	error_evidence(ERR_REFUSED, "FLASH_%s = 0x%08x, would become 0x%08x",
		       stm32l4_option_register_name(((struct stm32l4 *)plan->bank->priv)->line,
						    plan->regs[0].reg),
		       plan->regs[0].now, plan->regs[0].then);
	char next[120];

	snprintf(next, sizeof(next), again, plan->token);
	return error_next(ERR_REFUSED, "%s", next);
}

/* Between plan and write somebody else may have been at it. */
static enum err check_unchanged(const struct stm32l4_option_plan *plan)
{
	struct stm32l4_option_values now = { 0 };
	uint32_t uid[3];

	TRY(stm32l4_read_uid(plan->bank, uid));
	if (memcmp(uid, plan->uid, sizeof(uid)) != 0)
		return error_next(error_why(ERR_REFUSED, "this is another chip than the plan was made for"),
				  "make the plan again");
	TRY(stm32l4_read_option_values(plan->bank, &now));
	if (memcmp(&now, &plan->now, sizeof(now)) != 0)
		return error_next(error_why(ERR_REFUSED,
					    "the option registers have changed since the plan was made"),
				  "make the plan again");
	return OK;
}

/* What was meant and what the chip has now. The lower RDP level sets PCROP back by itself. */
static enum err verify(const struct stm32l4_option_plan *plan)
{
	struct flash_bank *bank = plan->bank;
	const struct stm32l4 *f = bank->priv;
	bool skip_pcrop = stm32l4_regresses(f->line, &plan->now, &plan->then);
	struct stm32l4_option_values now;
	struct buf text = { 0 };
	unsigned different;

	TRY(stm32l4_read_option_values(bank, &now));
	different = stm32l4_compare_options(bank, &now, &plan->then, skip_pcrop, &text);
	if (different > 0) {
		error_why(ERR_VERIFY, "after loading, %u option field%s not as meant: %.300s", different,
			  different > 1 ? "s are" : " is", (const char *)text.data);
		error_next(ERR_VERIFY, "power-cycle the board and see \"stm32l4x option %u\"",
			   bank->number);
	}
	buf_free(&text);
	return different > 0 ? ERR_VERIFY : OK;
}

static enum err carry_out(const struct stm32l4_option_plan *plan)
{
	const struct stm32l4_line *line = ((struct stm32l4 *)plan->bank->priv)->line;
	struct stm32l4_option options[STM32L4_OPTION_REGS];
	size_t count = plan->count;

	for (size_t i = 0; i < count; i++)
		options[i] = (struct stm32l4_option){ plan->regs[i].reg, plan->regs[i].then };
	if (count == 0)
		options[count++] = (struct stm32l4_option){
			line->layout->optr, *stm32l4_option_value(&plan->now, line->layout->optr)
		};
	TRY(check_unchanged(plan));
	TRY(stm32l4_write_options(plan->bank, options, count));
	TRY(stm32l4_load_options(plan->bank));
	if (stm32l4_rdp_level(*stm32l4_option_value(&plan->then, line->layout->optr)) == 2)
		return OK;
	TRY(verify(plan));
	return flash_probe(plan->bank);
}

enum err stm32l4_apply_option_plan(struct stm32l4_option_plan *plan, const char *confirm,
				   const char *token)
{
	enum err rc;

	if (plan->count == 0 && !plan->is_rewrite)
		return OK;
	TRY(check_confirmed(plan, confirm, token));
	TRY(target_claim(plan->bank->target, "option bytes"));
	rc = carry_out(plan);
	target_release(plan->bank->target);
	return rc;
}
