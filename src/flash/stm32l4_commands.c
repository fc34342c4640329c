/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: the verbs that OpenOCD's users know, and what stands beside them. */
#include <stdlib.h>
#include <string.h>

#include "flash/stm32l4_option.h"
#include "flash/stm32l4_otp.h"

#define REGRESSION_TEXT                                                                            \
	"lowering RDP from level 1 to 0 erases the whole flash, SRAM2 and the backup registers"

static enum err arg_bank(struct call *c, struct flash_bank **bank, struct stm32l4 **f)
{
	TRY(arg_flash_bank(c, 1, &stm32l4_driver, bank));
	TRY(flash_probe(*bank));
	*f = (*bank)->priv;
	return OK;
}

static enum err arg_halted_bank(struct call *c, struct flash_bank **bank, struct stm32l4 **f)
{
	TRY(arg_flash_bank(c, 1, &stm32l4_driver, bank));
	TRY(check_halted((*bank)->target));
	return arg_bank(c, bank, f);
}

/* `confirm` at the end stands for having read what will happen; a token may follow. 0: not there. */
static int confirm_index(const struct call *c)
{
	for (int i = MAX(c->argc - 2, 1); i < c->argc; i++)
		if (strcmp(c->argv[i], "confirm") == 0)
			return i;
	return 0;
}

static bool is_confirmed(const struct call *c)
{
	return confirm_index(c) != 0;
}

/*
 * These verbs do what scripts expect of them, so what is merely unwise is done with a warning. What can
 * never be taken back needs the token of exactly this change.
 */
static enum err guard_for_ever(struct call *c, struct flash_bank *bank, uint8_t reg, uint32_t value)
{
	struct stm32l4_option_plan *plan = xcalloc(1, sizeof(*plan));
	struct stm32l4_option_values then;
	int at = confirm_index(c);
	const char *token = at != 0 && at + 1 < c->argc ? c->argv[at + 1] : "";
	enum err rc = stm32l4_read_option_values(bank, &then);
	uint32_t *word = rc == OK ? stm32l4_option_value(&then, reg) : NULL;

	if (word != NULL) {
		*word = value;
		rc = stm32l4_plan_option_values(bank, &then, false, plan);
	}
	if (rc == ERR_REFUSED) {
		log_warning("%s", error_current()->why);
		error_clear();
		rc = OK;
	} else if (rc == OK && plan->is_for_ever && strcmp(token, plan->token) != 0) {
		error_why(ERR_REFUSED, "%s", plan->danger);
		error_evidence(ERR_REFUSED, "FLASH_%s = 0x%08x, would become 0x%08x",
			       stm32l4_option_register_name(((struct stm32l4 *)bank->priv)->line, reg),
			       *stm32l4_option_value(&plan->now, reg), value);
		rc = error_next(ERR_REFUSED, "to do that add \"confirm %s\" at the end of the command",
				plan->token);
	}
	free(plan);
	return rc;
}

static enum err write_claimed(struct flash_bank *bank, const struct stm32l4_option *options,
			      size_t count, const char *what)
{
	enum err rc;

	TRY(target_claim(bank->target, what));
	rc = stm32l4_write_options(bank, options, count);
	target_release(bank->target);
	return rc;
}

static enum err write_one(struct flash_bank *bank, uint8_t reg, uint32_t value)
{
	const struct stm32l4_option option = { reg, value };

	return write_claimed(bank, &option, 1, "option bytes");
}

static enum err load_claimed(struct flash_bank *bank)
{
	enum err rc;

	TRY(target_claim(bank->target, "option load"));
	rc = stm32l4_load_options(bank);
	target_release(bank->target);
	return rc;
}

static enum err cmd_lock(struct call *c)
{
	struct flash_bank *bank;
	struct stm32l4 *f;
	uint32_t optr;

	TRY(arg_halted_bank(c, &bank, &f));
	TRY(stm32l4_read(bank, f->layout->optr, &optr));
	if (stm32l4_rdp_rank(f->line, optr) == stm32l4_rdp_rank(f->line, RDP_LEVEL_1_BY_LOCK))
		return OK;
	optr = (optr & ~0xffu) | RDP_LEVEL_1_BY_LOCK;
	TRY(guard_for_ever(c, bank, f->layout->optr, optr));
	TRY(write_one(bank, f->layout->optr, optr));
	log_info(
		"RDP is set to level 1: it acts after \"stm32l4x option_load %u\" or a power cycle; going "
		"back to level 0 erases the whole flash",
		bank->number);
	return OK;
}

static enum err has_pcrop(struct flash_bank *bank, bool *found)
{
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t count;

	*found = false;
	TRY(stm32l4_read_areas(bank, areas, &count));
	for (size_t i = 0; i < count; i++)
		*found = *found || (areas[i].is_pcrop && areas[i].is_active);
	return OK;
}

/* To a lower level. Without PCROP_RDP the pages under PCROP survive; with no area set the manual wants
 * it set (RM0351 3.5.1). `all`: those pages, too. */
static enum err regress(struct flash_bank *bank, uint32_t optr, bool all)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_option options[2];
	size_t count = 0;
	bool spares = false;
	uint32_t end;

	if (!all)
		TRY(has_pcrop(bank, &spares));
	if (f->line->pcrop_unit != 0 && !spares) {
		TRY(stm32l4_read(bank, f->layout->pcrop[0][1], &end));
		options[count++] =
			(struct stm32l4_option){ f->layout->pcrop[0][1], end | PCROP_RDP };
	}
	options[count++] = (struct stm32l4_option){ f->layout->optr, optr };
	return write_claimed(bank, options, count, "RDP regression");
}

static enum err cmd_unlock(struct call *c)
{
	struct flash_bank *bank;
	struct stm32l4 *f;
	uint32_t optr;

	TRY(arg_halted_bank(c, &bank, &f));
	TRY(stm32l4_read(bank, f->layout->optr, &optr));
	if (stm32l4_rdp_level(optr) == 0)
		return OK;
	if (stm32l4_rdp_level(optr) == 2)
		return error_next(error_why(ERR_READ_PROTECTED, "RDP is at level 2"),
				  "there is no way back from level 2");
	/* The verb is the wish: scripts that lift the protection this way know what they do. */
	log_warning(REGRESSION_TEXT ": that is being done, it takes up to 15 s");
	TRY(regress(bank, (optr & ~0xffu) | RDP_LEVEL_0, true));
	log_info("RDP is at level 0: run \"stm32l4x option_load %u\"; if the flash stays closed, "
		 "power-cycle the board",
		 bank->number);
	return OK;
}

static enum err mass_erase_dry(struct call *c, const struct dry_run *dry)
{
	struct flash_bank *bank;
	struct stm32l4 *f;

	TRY(dry->is_set ? arg_bank(c, &bank, &f) : arg_halted_bank(c, &bank, &f));
	if (f->is_otp)
		return error_why(ERR_UNSUPPORTED, "OTP cannot be erased");
	if (dry->is_set)
		return flash_preview_erase(bank, 0, bank->sector_count - 1, false, dry->format, c->out);
	TRY(flash_erase_sectors(bank, 0, bank->sector_count - 1));
	result_printf(c, "stm32l4x mass erase complete\n");
	return OK;
}

static enum err cmd_mass_erase(struct call *c)
{
	return with_dry_run(c, mass_erase_dry);
}

static enum err arg_option_reg(struct call *c, int index, uint8_t *reg)
{
	uint32_t offset;

	TRY(arg_u32(c, index, &offset));
	if (offset > 0xfc || offset % 4 != 0)
		return error_why(ERR_ARGUMENT, "0x%x is no register offset", offset);
	*reg = (uint8_t)offset;
	return OK;
}

static enum err cmd_option_read(struct call *c)
{
	struct flash_bank *bank;
	struct stm32l4 *f;
	uint32_t value;
	uint8_t reg = 0;

	TRY(arg_bank(c, &bank, &f));
	TRY(arg_option_reg(c, 2, &reg));
	TRY(stm32l4_read(bank, reg, &value));
	result_printf(c, "Option Register: <0x%08x> = 0x%08x\n", f->regs + reg, value);
	return OK;
}

/* The writes nobody wants to make by a wrong mask. OpenOCD's manual shows WRP1AR at 0x28, which is
 * PCROP1ER. */
static enum err check_option(struct call *c, struct flash_bank *bank, uint8_t reg, uint32_t old,
			     uint32_t value, uint32_t mask)
{
	const struct stm32l4 *f = bank->priv;
	unsigned from = stm32l4_rdp_rank(f->line, old), to = stm32l4_rdp_rank(f->line, value);

	if (stm32l4_option_register_name(f->line, reg) == NULL)
		log_warning("offset 0x%02x is no option register of a %s", reg, f->line->name);
	if (reg == f->layout->pcrop[0][1] && f->line->pcrop_unit != 0 &&
	    (mask == 0x00ff00ff || ((value ^ old) & 0x00ff0000u)))
		log_warning("offset 0x%02x is PCROP1ER, the end of a PCROP area; WRP1AR is 0x%02x", reg,
			    f->layout->wrp[0]);
	TRY(guard_for_ever(c, bank, reg, value));
	if (reg != f->layout->optr || to >= from || is_confirmed(c))
		return OK;
	error_why(ERR_REFUSED, REGRESSION_TEXT);
	error_evidence(ERR_REFUSED, "FLASH_OPTR = 0x%08x, would become 0x%08x", old, value);
	return error_next(ERR_REFUSED, "to do that add \"confirm\" at the end of the command");
}

static enum err cmd_option_write(struct call *c)
{
	int words = is_confirmed(c) ? confirm_index(c) : c->argc;
	uint32_t value, mask = 0xffffffff, old;
	struct flash_bank *bank;
	struct stm32l4 *f;
	uint8_t reg = 0;

	if (words < 4 || words > 5)
		return arg_usage(c);
	TRY(arg_halted_bank(c, &bank, &f));
	TRY(arg_option_reg(c, 2, &reg));
	TRY(arg_u32(c, 3, &value));
	if (words == 5)
		TRY(arg_u32(c, 4, &mask));
	TRY(stm32l4_read(bank, reg, &old));
	value = (old & ~mask) | (value & mask);
	TRY(check_option(c, bank, reg, old, value, mask));
	if (reg == f->layout->optr &&
	    stm32l4_rdp_rank(f->line, value) < stm32l4_rdp_rank(f->line, old))
		TRY(regress(bank, value, false));
	else
		TRY(write_one(bank, reg, value));
	result_printf(c, "stm32l4x Option written.\nINFO: a reset or power cycle is required for "
			 "the new settings to take effect.\n");
	return OK;
}

/* Every option register as the chip left the factory, whatever state they are in. */
static enum err write_factory(struct flash_bank *bank, bool is_regression)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_option options[STM32L4_OPTION_REGS];
	struct stm32l4_option_values now, factory;
	size_t count = 0;

	TRY(stm32l4_read_option_values(bank, &now));
	TRY(stm32l4_factory_options(bank, &now, &factory));
	if (is_regression && f->line->pcrop_unit != 0)
		*stm32l4_option_value(&factory, f->layout->pcrop[0][1]) |= PCROP_RDP;
	for (size_t i = 0; i < now.count; i++)
		if (factory.value[i] != now.value[i] || factory.reg[i] == f->layout->optr)
			options[count++] = (struct stm32l4_option){ factory.reg[i], factory.value[i] };
	return write_claimed(bank, options, count, "option bytes");
}

static enum err cmd_option_factory(struct call *c)
{
	struct flash_bank *bank;
	struct stm32l4 *f;
	uint32_t optr;

	TRY(arg_halted_bank(c, &bank, &f));
	if (f->line->factory_optr == 0)
		return error_why(ERR_UNSUPPORTED, "the factory option bytes of a %s are not known here",
				 f->line->name);
	TRY(stm32l4_read(bank, f->layout->optr, &optr));
	if (!is_confirmed(c)) {
		error_why(ERR_REFUSED, "all option bytes would be set to factory values%s%s",
			  stm32l4_rdp_level(optr) == 1 ? "; " : "",
			  stm32l4_rdp_level(optr) == 1 ? REGRESSION_TEXT : "");
		error_evidence(ERR_REFUSED, "FLASH_OPTR = 0x%08x, would become 0x%08x", optr,
			       f->line->factory_optr);
		return error_next(ERR_REFUSED, "to do that run \"stm32l4x option_factory %u confirm\"",
				  bank->number);
	}
	TRY(write_factory(bank, stm32l4_rdp_level(optr) == 1));
	log_info("factory option bytes written: run \"stm32l4x option_load %u\"", bank->number);
	return OK;
}

static enum err cmd_option_load(struct call *c)
{
	struct flash_bank *bank;
	struct stm32l4 *f;

	TRY(arg_halted_bank(c, &bank, &f));
	TRY(load_claimed(bank));
	result_printf(c, "stm32l4x option load completed. Power-on reset might be required\n");
	return OK;
}

static enum err cmd_options(struct call *c)
{
	struct flash_bank *bank;
	struct stm32l4 *f;

	TRY(arg_bank(c, &bank, &f));
	return stm32l4_describe_options(bank, c->out);
}

/* WRP */

static enum err cmd_wrp_info(struct call *c)
{
	static const char *const banks[] = { "bank1", "bank2", NULL };
	struct stm32l4_area areas[2 * MAX_AREAS];
	struct flash_bank *bank;
	struct stm32l4 *f;
	size_t count, shown = 0;
	int which = -1;

	TRY(arg_bank(c, &bank, &f));
	if (c->argc > 2)
		TRY(arg_word(c, 2, banks, &which));
	if (which == 1 && !f->g.dual)
		return error_why(ERR_ARGUMENT, "this flash has a single bank");
	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_areas(bank, areas, &count));
	for (size_t i = 0; i < count; i++) {
		const struct stm32l4_area *a = &areas[i];

		if (a->is_pcrop || !a->is_active || (which >= 0 && a->physical != (unsigned)which))
			continue;
		result_printf(c, "%s [%u", shown++ > 0 ? "" : "protected areas:", a->first);
		result_printf(c, a->last > a->first ? ",%u]" : "]", a->last);
	}
	result_printf(c, shown > 0 ? "\n" : "no protected areas\n");
	return OK;
}

static enum err cmd_unprotect(struct call *c)
{
	unsigned first = 0, last;
	struct flash_bank *bank;
	struct stm32l4 *f;

	TRY(arg_halted_bank(c, &bank, &f));
	last = bank->sector_count - 1;
	if (c->argc == 3)
		return arg_usage(c);
	if (c->argc > 3)
		TRY(arg_sector_range(c, 2, bank, &first, &last));
	TRY(flash_protect(bank, false, first, last));
	for (unsigned i = 0; i < bank->sector_count; i++)
		if (bank->sectors[i].is_protected == 1)
			result_append_int(c, i);
	return OK;
}

/* Status */

static enum err cmd_status(struct call *c)
{
	struct buf text = { 0 };
	struct flash_bank *bank;
	struct stm32l4 *f;
	uint32_t sr, cr;

	TRY(arg_bank(c, &bank, &f));
	TRY(stm32l4_read(bank, f->layout->sr, &sr));
	TRY(stm32l4_read(bank, f->layout->cr, &cr));
	TRY(stm32l4_check_swap(bank));
	stm32l4_describe_sr(sr, &text);
	result_printf(c, "FLASH_SR = 0x%08x: %s\n", sr, (const char *)text.data);
	buf_free(&text);
	result_printf(c, "FLASH_CR = 0x%08x: %s%s%s%s\n", cr, cr & CR_LOCK ? "locked" : "unlocked",
		      cr & CR_OPTLOCK ? ", options locked" : ", options unlocked",
		      cr & (CR_PG | CR_FSTPG) ? ", program mode left on" : "",
		      cr & (CR_PER | CR_MER1 | CR_MER2) ? ", erase mode left on" : "");
	result_printf(c, "RDP level %u, %s bank mode%s\n", stm32l4_rdp_level(f->optr),
		      f->g.dual ? "dual" : "single", f->is_swapped ? ", banks swapped" : "");
	return stm32l4_describe_ecc(bank, c->out);
}

/* OTP */

static enum err cmd_otp(struct call *c)
{
	static const char *const words[] = { "enable", "disable", "show", "write", NULL };
	struct flash_bank *bank;
	struct stm32l4 *f;
	int word;

	TRY(arg_bank(c, &bank, &f));
	TRY(arg_word(c, 2, words, &word));
	if (!f->is_otp)
		return error_next(
			error_why(ERR_ARGUMENT, "bank #%u is not an OTP memory", bank->number),
			"declare a bank with base 0x%08x", f->line->otp_base);
	if (word == 3)
		return stm32l4_otp_write(c, bank);
	if (c->argc > 3)
		return arg_usage(c);
	if (word < 2)
		f->otp_enabled = word == 0;
	if (word == 0)
		log_warning("OTP memory bank #%u is enabled for write commands: what is written "
			    "stays for ever",
			    bank->number);
	if (word == 2)
		result_printf(c, "OTP memory bank #%u is %s for write commands.\n", bank->number,
			      f->otp_enabled ? "enabled" : "disabled");
	return OK;
}

/* TrustZone */

#define OPTR_TZEN BIT(31)

static enum err set_trustzone(struct call *c, struct flash_bank *bank, bool enable)
{
	struct stm32l4 *f = bank->priv;
	uint32_t optr = f->optr;

	if (enable && stm32l4_rdp_level(optr) != 0)
		return error_why(ERR_REFUSED, "TrustZone can be enabled at RDP level 0 only");
	if (!enable && OPTR_RDP(optr) != RDP_LEVEL_0_5 && stm32l4_rdp_level(optr) != 1)
		return error_why(ERR_REFUSED,
				 "TrustZone can be disabled at RDP level 0.5 or 1 only");
	if (!enable && !is_confirmed(c))
		return error_next(error_why(ERR_REFUSED, REGRESSION_TEXT),
				  "to do that add \"confirm\" at the end of the command");
	optr = enable ? optr | OPTR_TZEN : ((optr & ~OPTR_TZEN & ~0xffu) | RDP_LEVEL_0);
	TRY(write_one(bank, f->layout->optr, optr));
	TRY(load_claimed(bank));
	TRY(flash_probe(bank));
	if (f->is_tz != enable)
		return error_next(error_why(ERR_VERIFY, "TZEN is still %u after the option bytes were "
					    "loaded", f->is_tz),
				  "power-cycle the board and try again");
	return OK;
}

static enum err cmd_trustzone(struct call *c)
{
	static const char *const words[] = { "enable", "disable", NULL };
	struct flash_bank *bank;
	struct stm32l4 *f;
	int word;

	TRY(arg_bank(c, &bank, &f));
	if (!f->line->has_trustzone)
		return error_why(ERR_UNSUPPORTED, "a %s has no TrustZone", f->line->name);
	if (c->argc == 2) {
		result_printf(c, "Global TrustZone Security : %s\n",
			      f->is_tz ? "enabled" : "disabled");
		return OK;
	}
	TRY(arg_word(c, 2, words, &word));
	TRY(check_halted(bank->target));
	if (f->is_tz == (word == 0)) {
		log_info("TrustZone is %s already", f->is_tz ? "enabled" : "disabled");
		return OK;
	}
	return set_trustzone(c, bank, word == 0);
}

const struct command stm32l4_commands[] = {
	{ "stm32l4x lock", STAGE_EXEC, 1, 3, "bank ?confirm token?", cmd_lock,
	  "Set read-out protection level 1. Acts after option_load or a power cycle. With BOOT_LOCK set "
	  "it would be for ever and needs the token." },
	{ "stm32l4x unlock", STAGE_EXEC, 1, 1, "bank", cmd_unlock,
	  "Set read-out protection level 0. From level 1 this erases the whole flash, SRAM2 and the "
	  "backup registers." },
	{ "stm32l4x mass_erase", STAGE_EXEC, 1, 2, "?--dry-run? bank", cmd_mass_erase,
	  "Erase the whole flash of the chip, both banks at once. --dry-run: only return the plan." },
	{ "stm32l4x option_read", STAGE_EXEC, 2, 2, "bank reg_offset", cmd_option_read,
	  "Return an option register, by its offset from the FLASH base." },
	{ "stm32l4x option_write", STAGE_EXEC, 3, 6, "bank reg_offset value ?mask? ?confirm ?token??",
	  cmd_option_write,
	  "Change the masked bits of an option register and program the option bytes. Acts after "
	  "option_load or a power cycle. confirm is needed where the flash would be erased, confirm "
	  "with the token that the refusal shows where the chip would be closed for ever." },
	{ "stm32l4x option_load", STAGE_EXEC, 1, 1, "bank", cmd_option_load,
	  "Load the option bytes, which resets the chip; the core is halted afterwards." },
	{ "stm32l4x option_factory", STAGE_EXEC, 1, 2, "bank ?confirm?", cmd_option_factory,
	  "Program all option bytes with factory values: the way back from option bytes that a "
	  "power cut has spoiled. Needs confirm; from RDP level 1 it erases the whole flash." },
	{ "stm32l4x options", STAGE_EXEC, 1, 1, "bank", cmd_options,
	  "Show every option bit, write protection and PCROP area in words." },
	{ "stm32l4x status", STAGE_EXEC, 1, 1, "bank", cmd_status,
	  "Show the controller's status and control registers, read protection and bank mode in "
	  "words." },
	{ "stm32l4x wrp_info", STAGE_EXEC, 1, 2, "bank ?bank1|bank2?", cmd_wrp_info,
	  "List the write-protected areas." },
	{ "stm32l4x wrp_desc", STAGE_EXEC, 1, 2, "bank ?bank1|bank2?", cmd_wrp_info,
	  "The same as wrp_info." },
	{ "stm32l4x unprotect", STAGE_EXEC, 1, 3, "bank ?first last?", cmd_unprotect,
	  "Remove write protection (WRP) from sectors first to last, or from all, and load the "
	  "option bytes; the "
	  "chip resets and is halted. Returns the sectors that are still protected." },
	{ "stm32l4x otp", STAGE_EXEC, 2, 6,
	  "bank enable|disable|show|write ?file ?offset? ?confirm token??",
	  cmd_otp,
	  "The one-time programmable area. enable, disable: whether flash verbs may write it. write: show "
	  "which units a file would use, with a token; confirm it to write them, once and for ever." },
	{ "stm32l4x trustzone", STAGE_EXEC, 1, 3, "bank ?enable|disable? ?confirm?", cmd_trustzone,
	  "Show or change TrustZone (TZEN), and load the option bytes." },
	{ 0 }
};
