/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: verbs for option bytes by name, and for write protection as a map. */
#include "flash/stm32l4_option_log.h"

#include <stdlib.h>
#include <string.h>

#define HALT_MS 1000u

static bool is_main_bank(const struct flash_bank *bank)
{
	return bank->driver == &stm32l4_driver && (bank->base == MAIN_BASE || bank->base == 0);
}

static enum err only_bank(struct flash_room *room, struct flash_bank **bank)
{
	*bank = NULL;
	for (struct flash_bank *b = room->banks; b != NULL; b = b->next) {
		if (!is_main_bank(b))
			continue;
		if (*bank != NULL)
			return error_next(error_why(ERR_ARGUMENT, "which bank: #%u %s or #%u %s?",
						    (*bank)->number, (*bank)->name, b->number, b->name),
					  "give its number or name first");
		*bank = b;
	}
	if (*bank == NULL)
		return error_next(error_why(ERR_NO_BANK, "no stm32l4x bank of main flash is declared"),
				  "declare one with \"flash bank\" before init");
	return OK;
}

enum err stm32l4_arg_bank(struct call *c, int index, struct flash_bank **bank, bool *used)
{
	bool is_named = index < c->argc && strchr(c->argv[index], '=') == NULL;

	*used = false;
	if (is_named && flash_find_bank(c->user, c->argv[index], bank) == OK) {
		*used = true;
		TRY(arg_flash_bank(c, index, &stm32l4_driver, bank));
	} else {
		error_clear();
		TRY(only_bank(c->user, bank));
	}
	TRY(flash_probe(*bank));
	if (((struct stm32l4 *)(*bank)->priv)->is_otp)
		return error_next(error_why(ERR_ARGUMENT, "bank #%u is the OTP area", (*bank)->number),
				  "give the bank of the main flash");
	return OK;
}

/* The chip will be reset anyway: a running core is no reason to refuse. */
static enum err halt(struct target *t)
{
	if (t->state == TARGET_HALTED)
		return OK;
	TRY(target_halt(t));
	return target_wait_state(t, TARGET_HALTED, HALT_MS);
}

static enum err cmd_option(struct call *c)
{
	struct flash_bank *bank;
	bool used;

	TRY(stm32l4_arg_bank(c, 1, &bank, &used));
	if (c->argc > 1 && !used)
		return arg_flash_bank(c, 1, &stm32l4_driver, &bank);
	return stm32l4_list_options(bank, c->out);
}

/* The words beside the values, in any place: confirm ?TOKEN?, --dry-run. A token has no "=" in it. */
struct option_words {
	const char *confirm, *token;
	bool dry_run;
	int count;
	const char *values[128];
};

static enum err option_words_of(struct call *c, int first, struct option_words *w)
{
	*w = (struct option_words){ 0 };
	for (int i = first; i < c->argc; i++) {
		const char *text = c->argv[i];

		if (strcmp(text, "--dry-run") == 0 || strcmp(text, "-dry-run") == 0)
			w->dry_run = true;
		else if (strcmp(text, "confirm") == 0)
			w->confirm = text;
		else if (w->confirm != NULL && w->token == NULL && strchr(text, '=') == NULL)
			w->token = text;
		else if (w->count < (int)ARRAY_SIZE(w->values))
			w->values[w->count++] = text;
		else
			return arg_usage(c);
	}
	return OK;
}

static void say_done(struct call *c, const struct stm32l4_option_plan *plan)
{
	const struct stm32l4 *f = plan->bank->priv;
	uint32_t optr = *stm32l4_option_value(&plan->then, f->line->layout->optr);

	if (stm32l4_rdp_level(optr) == 2) {
		result_printf(c, "written and launched: RDP is at level 2, the debug port is closed\n");
		return;
	}
	result_printf(c, "written, loaded and verified; the chip was reset and its core is halted\n");
	if (plan->erases_flash)
		result_printf(c, "the flash is erased; if it cannot be accessed yet, power-cycle the "
				 "board\n");
	if (plan->changes_geometry)
		result_printf(c, "erase the whole flash before it is used again: \"stm32l4x mass_erase "
				 "%u\"\n", plan->bank->number);
}

static enum err cmd_option_set(struct call *c)
{
	struct stm32l4_option_plan plan;
	struct option_words words;
	struct flash_bank *bank;
	bool used;
	enum err rc;

	TRY(stm32l4_arg_bank(c, 1, &bank, &used));
	TRY(option_words_of(c, used ? 2 : 1, &words));
	if (words.count == 0)
		return arg_usage(c);
	TRY(stm32l4_plan_options(bank, words.count, words.values, &plan));
	stm32l4_describe_option_plan(&plan, c->out);
	if (words.dry_run) {
		if (plan.danger[0] != '\0')
			result_printf(c, "to do it, add \"confirm%s%s\"\n", plan.token[0] ? " " : "",
				      plan.token);
		return OK;
	}
	if (plan.count == 0 && !plan.is_rewrite)
		return OK;
	rc = halt(bank->target);
	if (rc == OK)
		rc = stm32l4_apply_option_plan(&plan, words.confirm, words.token);
	if (rc == OK)
		say_done(c, &plan);
	else
		log_user("%s", (const char *)c->out->data);
	return rc;
}

static enum err recorded(struct flash_bank *bank, bool meant, struct stm32l4_option_values *values)
{
	struct stm32l4_option_record record;
	uint32_t uid[3];

	TRY(stm32l4_read_uid(bank, uid));
	if (!stm32l4_option_log_find(bank->room->option_log, uid, &record))
		return error_next(error_why(ERR_NOT_FOUND,
					    "the journal %s knows no option write of this chip",
					    bank->room->option_log != NULL ? bank->room->option_log
									   : "probed-options.log"),
				  "name the right file with \"stm32l4x log FILE\", or restore \"factory\"");
	*values = meant ? record.meant : record.before;
	return OK;
}

static enum err cmd_option_restore(struct call *c)
{
	static const char *const which[] = { "before", "meant", "factory", NULL };
	struct stm32l4_option_values values, now;
	struct option_words words;
	struct flash_bank *bank;
	int what = 1;
	bool used;

	TRY(stm32l4_arg_bank(c, 1, &bank, &used));
	TRY(option_words_of(c, used ? 2 : 1, &words));
	if (words.count > 1 || words.dry_run)
		return arg_usage(c);
	if (words.count == 1)
		TRY(arg_word(c, used ? 2 : 1, which, &what));
	TRY(halt(bank->target));
	if (what < 2) {
		TRY(recorded(bank, what == 1, &values));
	} else {
		TRY(stm32l4_read_option_values(bank, &now));
		TRY(stm32l4_factory_options(bank, &now, &values));
	}
	TRY(stm32l4_restore_options(bank, &values, words.confirm, words.token, c->out));
	result_printf(c, "written, loaded and verified; the chip was reset and its core is halted\n");
	return OK;
}

static enum err cmd_log(struct call *c)
{
	struct flash_room *room = c->user;

	if (c->argc > 1) {
		free(room->option_log);
		room->option_log = xstrdup(c->argv[1]);
	}
	result_printf(c, "%s", room->option_log != NULL ? room->option_log : "probed-options.log");
	return OK;
}

static enum err cmd_info(struct call *c)
{
	struct flash_bank *bank;
	bool used;

	TRY(stm32l4_arg_bank(c, 1, &bank, &used));
	if (c->argc > 1 && !used)
		return arg_flash_bank(c, 1, &stm32l4_driver, &bank);
	return stm32l4_describe_chip(bank, c->out);
}

/* WRP */

static enum err cmd_wrp(struct call *c)
{
	struct flash_bank *bank;
	bool used;

	TRY(stm32l4_arg_bank(c, 1, &bank, &used));
	if (c->argc > 1 && !used)
		return arg_flash_bank(c, 1, &stm32l4_driver, &bank);
	return stm32l4_show_wrp(bank, c->out);
}

/* An address or a page, counted by address as `flash info` does. */
static enum err page_of(const struct flash_bank *bank, const char *text, unsigned *page)
{
	uint32_t value;

	TRY(parse_u32(text, "page or address", &value));
	*page = value;
	if (value >= MAIN_BASE) {
		if (value < bank->base || value - bank->base >= bank->size)
			return error_why(ERR_ARGUMENT, "0x%08x is not in bank #%u, 0x%08x..0x%08x", value,
					 bank->number, bank->base, bank->base + bank->size - 1);
		*page = flash_sector_at(bank, value - bank->base);
	}
	if (*page >= bank->sector_count)
		return error_why(ERR_ARGUMENT, value >= MAIN_BASE ? "0x%08x is in no page (a hole)"
								  : "there is no page %u", value);
	return OK;
}

static enum err cmd_wrp_set(struct call *c)
{
	struct flash_bank *bank;
	unsigned first, last;
	const char *dots;
	char start[24];
	bool used, on;
	int at;

	TRY(stm32l4_arg_bank(c, 1, &bank, &used));
	/* "wrp set 0..15 on": a range is no bank. */
	at = used && c->argc > 3 ? 2 : 1;
	if (c->argc != at + 2)
		return arg_usage(c);
	if (at == 1 && used)
		TRY(only_bank(c->user, &bank));
	TRY(arg_bool(c, at + 1, &on));
	dots = strstr(c->argv[at], "..");
	snprintf(start, sizeof(start), "%.*s", (int)(dots != NULL ? dots - c->argv[at] : 23), c->argv[at]);
	TRY(page_of(bank, start, &first));
	TRY(page_of(bank, dots != NULL ? dots + 2 : start, &last));
	if (first > last)
		return error_why(ERR_ARGUMENT, "%s: the first page comes after the last", c->argv[at]);
	TRY(halt(bank->target));
	TRY(flash_protect(bank, on, first, last));
	return stm32l4_show_wrp(bank, c->out);
}

const struct command stm32l4_option_commands[] = {
	{ "stm32l4x option", STAGE_EXEC, 0, 1, "?bank?", cmd_option,
	  "List every field of every option register with its value and meaning, the protected areas, "
	  "what is stored but not loaded, and what an interrupted option write has left." },
	{ "stm32l4x option set", STAGE_EXEC, 1, -1,
	  "?bank? name=value ... ?confirm ?token?? ?--dry-run?", cmd_option_set,
	  "Change option bytes by name: shows before and after, checks, writes, loads (the chip "
	  "resets and is halted), reads back. Values are numbers or words; areas take "
	  "FIRST..LAST as pages or addresses, all, or off: WRP1A=0x08000000..0x08007fff. confirm is "
	  "needed where the flash is erased or the bank mode changes, confirm with the token that the "
	  "refusal shows where it is for ever. --dry-run only shows the plan." },
	{ "stm32l4x option restore", STAGE_EXEC, 0, 4,
	  "?bank? ?before|meant|factory? ?confirm ?token??", cmd_option_restore,
	  "Put option bytes right after a write that was cut off: the values that were meant, those "
	  "from before, or factory values. Leaving RDP level 1 erases the flash and needs confirm." },
	{ "stm32l4x log", STAGE_ANY, 0, 1, "?file?", cmd_log,
	  "The file that gets a line before and after each option write." },
	{ "stm32l4x info", STAGE_EXEC, 0, 1, "?bank?", cmd_info,
	  "The chip in words: line, revision, unique id, package, banks and pages, where it boots from "
	  "and why, protections, OTP, second core, TrustZone." },
	{ "stm32l4x wrp", STAGE_EXEC, 0, 1, "?bank?", cmd_wrp,
	  "Show the protected pages of each physical bank as a map." },
	{ "stm32l4x wrp set", STAGE_EXEC, 2, 3, "?bank? first..last on|off", cmd_wrp_set,
	  "Write-protect pages first to last, given as pages or addresses, or take their protection "
	  "off; loads the option bytes, which resets the chip." },
	{ 0 }
};
