/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: what a change of option bytes brings: what is lost, what cannot be taken back, what has no
 * effect, what the chip would not do. RM0351 3.5 (protections), RM0440 3.5.4 and RM0444 3.5.5 (BOOT_LOCK),
 * RM0438 6.6 and RM0456 7.6 (TrustZone). Pure: the values are given.
 */
#include "flash/stm32l4_option.h"

#include <string.h>

#define LOSS "the whole flash, SRAM2 and the backup registers"

enum { RANK_0, RANK_0_5, RANK_1, RANK_2 };

unsigned stm32l4_rdp_rank(const struct stm32l4_line *line, uint32_t optr)
{
	if (line->has_trustzone && OPTR_RDP(optr) == RDP_LEVEL_0_5)
		return RANK_0_5;
	return stm32l4_rdp_level(optr) == 0 ? RANK_0 : stm32l4_rdp_level(optr) == 2 ? RANK_2 : RANK_1;
}

bool stm32l4_regresses(const struct stm32l4_line *line, const struct stm32l4_option_values *from,
		       const struct stm32l4_option_values *to)
{
	const uint32_t *a = stm32l4_option_value(from, line->layout->optr);
	const uint32_t *b = stm32l4_option_value(to, line->layout->optr);

	return a != NULL && b != NULL && stm32l4_rdp_rank(line, *b) < stm32l4_rdp_rank(line, *a);
}

static const struct stm32l4 *chip_of(const struct stm32l4_option_plan *plan)
{
	return plan->bank->priv;
}

static void note(struct stm32l4_option_plan *plan, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void note(struct stm32l4_option_plan *plan, const char *fmt, ...)
{
	va_list ap;

	if (plan->note_count == STM32L4_PLAN_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(plan->notes[plan->note_count++], sizeof(plan->notes[0]), fmt, ap);
	va_end(ap);
}

/* The first reason counts, but what is for ever goes before what is only lost. */
static void danger(struct stm32l4_option_plan *plan, bool is_for_ever, const char *why)
{
	if (plan->danger[0] == '\0' || (is_for_ever && !plan->is_for_ever))
		snprintf(plan->danger, sizeof(plan->danger), "%s", why);
	plan->is_for_ever = plan->is_for_ever || is_for_ever;
}

/* A field's value; false if the line has none of this name. */
static bool get(const struct stm32l4_option_plan *plan, const char *name, uint32_t *now, uint32_t *then)
{
	const struct stm32l4_field *field = stm32l4_find_field(chip_of(plan)->line, name);

	if (field == NULL)
		return false;
	*now = bits_get(*stm32l4_option_value(&plan->now, field->reg), field->msb, field->lsb);
	*then = bits_get(*stm32l4_option_value(&plan->then, field->reg), field->msb, field->lsb);
	return true;
}

static bool changes(const struct stm32l4_option_plan *plan, const char *name, uint32_t to)
{
	uint32_t now, then;

	return get(plan, name, &now, &then) && now != then && then == to;
}

static uint32_t optr_of(const struct stm32l4_option_plan *plan, const struct stm32l4_option_values *v)
{
	return *stm32l4_option_value(v, chip_of(plan)->line->layout->optr);
}

/* PCROP */

static bool pcrop_area(const struct stm32l4_option_plan *plan, const struct stm32l4_option_values *v,
		       unsigned index, struct stm32l4_area *area)
{
	const struct stm32l4 *f = chip_of(plan);
	const uint8_t *regs = f->line->layout->pcrop[index];

	if (f->line->pcrop_unit == 0 || regs[0] == 0)
		return false;
	stm32l4_decode_pcrop(plan->bank, index, *stm32l4_option_value(v, regs[0]),
			     *stm32l4_option_value(v, regs[1]), area);
	return true;
}

static bool has_pcrop(const struct stm32l4_option_plan *plan, const struct stm32l4_option_values *v)
{
	struct stm32l4_area area;

	for (unsigned i = 0; i < MAX_AREAS; i++)
		if (pcrop_area(plan, v, i, &area) && area.is_active)
			return true;
	return false;
}

/* An area only grows; what would shrink it is carried out, but leaves it as it was (RM0351 3.5.2). */
static enum err judge_pcrop(struct stm32l4_option_plan *plan, bool to_level_0)
{
	struct stm32l4_area now, then;
	uint32_t rdp_now = 0, rdp_then = 0;

	get(plan, "PCROP_RDP", &rdp_now, &rdp_then);
	for (unsigned i = 0; i < MAX_AREAS; i++) {
		if (!pcrop_area(plan, &plan->now, i, &now) || !now.is_active)
			continue;
		pcrop_area(plan, &plan->then, i, &then);
		if (then.is_active && then.first_addr <= now.first_addr &&
		    then.last_addr >= now.last_addr)
			continue;
		if (to_level_0 && rdp_then)
			continue;
		error_why(ERR_REFUSED, "%s, 0x%08x..0x%08x, can grow but not shrink or be removed",
			  now.name, now.first_addr, now.last_addr);
		return error_next(ERR_REFUSED, "only RDP from level 1 to 0 with PCROP_RDP = 1 removes it, "
					       "together with " LOSS);
	}
	if (rdp_now && !rdp_then && !to_level_0) {
		error_why(ERR_REFUSED, "PCROP_RDP can only be set");
		return error_next(ERR_REFUSED, "RDP from level 1 to 0 takes it back");
	}
	if (has_pcrop(plan, &plan->then) && !has_pcrop(plan, &plan->now))
		note(plan, "a PCROP area cannot be read, erased or programmed; it goes only with RDP "
			   "from level 1 to 0, which erases the flash");
	return OK;
}

/* RDP */

/* With no area to spare, PCROP_RDP is set along with level 0, as the manual asks (RM0351 3.5.1). */
static void judge_regression(struct stm32l4_option_plan *plan)
{
	const struct stm32l4_field *field = stm32l4_find_field(chip_of(plan)->line, "PCROP_RDP");
	uint32_t *end = field != NULL ? stm32l4_option_value(&plan->then, field->reg) : NULL;

	plan->erases_flash = true;
	danger(plan, false, "lowering RDP erases " LOSS);
	if (end == NULL)
		return;
	if (!has_pcrop(plan, &plan->now))
		*end |= PCROP_RDP;
	else if (*end & PCROP_RDP)
		note(plan, "the PCROP areas are erased with the rest (PCROP_RDP = 1)");
	else
		note(plan, "the PCROP pages survive (PCROP_RDP = 0), so the rest is erased page by page, "
			   "which takes seconds; add PCROP_RDP=1 to erase them, too");
}

static enum err judge_tzen(struct stm32l4_option_plan *plan, unsigned from, unsigned to)
{
	uint32_t now = 0, then = 0;

	if (!get(plan, "TZEN", &now, &then))
		return OK;
	if (to == RANK_0_5 && !then)
		return error_next(error_why(ERR_REFUSED, "RDP level 0.5 needs TrustZone (TZEN = 1)"),
				  "set TZEN=1 first");
	if (!now && then && from != RANK_0)
		return error_why(ERR_REFUSED, "TrustZone can be enabled at RDP level 0 only");
	if (now && !then && !(from > RANK_0 && to == RANK_0)) {
		error_why(ERR_REFUSED, "TrustZone can be disabled only together with RDP from level 1 or "
				       "0.5 to 0");
		return error_next(ERR_REFUSED, "raise RDP first, then set RDP=0xAA TZEN=0 together");
	}
	if (!now && then)
		danger(plan, false, "TrustZone on splits flash, RAM and peripherals into secure and "
				    "non-secure; the way back erases the flash");
	return OK;
}

static enum err judge_rdp(struct stm32l4_option_plan *plan)
{
	const struct stm32l4_line *line = chip_of(plan)->line;
	unsigned from = stm32l4_rdp_rank(line, optr_of(plan, &plan->now));
	unsigned to = stm32l4_rdp_rank(line, optr_of(plan, &plan->then));

	if (from == RANK_2) {
		error_why(ERR_READ_PROTECTED, "RDP is at level 2: option bytes cannot be changed any more");
		return error_next(ERR_READ_PROTECTED, "there is no way back from level 2");
	}
	if (to < from)
		judge_regression(plan);
	TRY(judge_pcrop(plan, to < from && to == RANK_0));
	TRY(judge_tzen(plan, from, to));
	if (to == RANK_2)
		danger(plan, true, "RDP = 0xCC is level 2: debug port and option bytes are closed for "
				   "ever");
	else if (to > from && to == RANK_1)
		note(plan, "RDP level 1 closes the flash, SRAM2 and the backup registers to debuggers; "
			   "going back to level 0 erases " LOSS);
	else if (to > from)
		note(plan, "RDP level 0.5 closes the secure part to debuggers; going back to level 0 "
			   "erases the flash");
	if (to == RANK_1 && from != RANK_1)
		note(plan, "with a probe attached the firmware may not start until the board is "
			   "power-cycled without it");
	return OK;
}

/* Locks */

static enum err judge_boot_lock(struct stm32l4_option_plan *plan)
{
	static const char *const names[] = { "BOOT_LOCK", "C2BOOT_LOCK" };
	const struct stm32l4_line *line = chip_of(plan)->line;
	unsigned from = stm32l4_rdp_rank(line, optr_of(plan, &plan->now));
	unsigned to = stm32l4_rdp_rank(line, optr_of(plan, &plan->then));

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint32_t now, then;

		if (!get(plan, names[i], &now, &then))
			continue;
		if (now && !then && (from > RANK_0 || line->has_trustzone) && !(to < from))
			return error_next(error_why(ERR_REFUSED, "%s can be cleared at RDP level 0 only%s",
						    names[i], line->has_trustzone ?
						    ", together with lowering RDP" : ""),
					  "lower RDP to level 0 in the same change: it erases the flash");
		if (then && to >= RANK_1 && (!now || from < RANK_1))
			danger(plan, true, "BOOT_LOCK with RDP level 1 shuts debugger and boot loader out "
					   "for ever");
		else if (then && !now && line->has_trustzone)
			danger(plan, true, "BOOT_LOCK fixes the secure boot address for ever");
		else if (then && !now)
			note(plan, "%s makes main flash the only place to boot from; together with RDP "
				   "level 1 it would be for ever", names[i]);
	}
	return OK;
}

static enum err judge_wrp_lock(struct stm32l4_option_plan *plan)
{
	const struct stm32l4_line *line = chip_of(plan)->line;

	for (const struct stm32l4_field *f = stm32l4_fields(line); f->name != NULL; f++) {
		uint32_t now, then, a, b;

		if (strncmp(f->name, "UNLOCK_", 7) != 0 || !get(plan, f->name, &now, &then))
			continue;
		a = *stm32l4_option_value(&plan->now, f->reg);
		b = *stm32l4_option_value(&plan->then, f->reg);
		if (!now && a != b && !stm32l4_regresses(line, &plan->now, &plan->then))
			return error_next(error_why(ERR_REFUSED, "WRP%s is locked for ever (%s = 0)",
						    f->name + 7, f->name),
					  "only lowering RDP from level 1 to 0 unlocks it");
		if (now && !then)
			danger(plan, true, "a WRP area without its UNLOCK bit is write-protected for ever");
	}
	return OK;
}

/* RM0438 6.9.16: without TrustZone the secure areas and the secure boot address cannot be written. */
static enum err judge_secure(struct stm32l4_option_plan *plan)
{
	const struct stm32l4_line *line = chip_of(plan)->line;
	uint32_t tz_now, tz_then;

	if (!get(plan, "TZEN", &tz_now, &tz_then) || tz_now || !plan->is_by_name)
		return OK;
	for (size_t i = 0; i < plan->now.count; i++)
		if (plan->now.value[i] != plan->then.value[i] &&
		    stm32l4_is_secure_only(line, plan->now.reg[i]))
			return error_next(error_why(ERR_REFUSED,
						    "FLASH_%s can be written only while TrustZone is on",
						    stm32l4_option_register_name(line, plan->now.reg[i])),
					  "set TZEN=1 first, then this");
	return OK;
}

/* Geometry and boot */

static void judge_geometry(struct stm32l4_option_plan *plan)
{
	const struct stm32l4 *f = chip_of(plan);
	uint32_t kib = f->g.pages * f->g.page_bytes / 1024;
	struct stm32l4_geometry now, then;
	bool touched = false;

	for (const struct stm32l4_field *field = stm32l4_fields(f->line); field->name != NULL; field++) {
		uint32_t a, b;

		if (field->danger == CHANGES_GEOMETRY && get(plan, field->name, &a, &b) && a != b)
			touched = true;
	}
	if (!touched)
		return;
	stm32l4_geometry(f->line, kib, optr_of(plan, &plan->now), &now);
	stm32l4_geometry(f->line, kib, optr_of(plan, &plan->then), &then);
	if (now.dual == then.dual && now.page_bytes == then.page_bytes) {
		note(plan, "on a part of %u KiB this bank setting has no effect", kib);
		return;
	}
	plan->changes_geometry = true;
	note(plan, "from %u pages of %u KiB in %s to %u pages of %u KiB in %s: the meaning of WRP and "
		   "PCROP changes, too",
	     now.pages, now.page_bytes / 1024, now.dual ? "two banks" : "one bank",
	     then.pages, then.page_bytes / 1024, then.dual ? "two banks" : "one bank");
	danger(plan, false, "another bank mode: the flash contents must be considered lost, erase all "
			    "before it is used again");
}

static void judge_boot(struct stm32l4_option_plan *plan)
{
	uint32_t now, then, sw_now = 0, sw_then = 0;

	if (changes(plan, "BFB2", 1) && !chip_of(plan)->g.dual)
		note(plan, "BFB2 has no effect: this flash has one bank");
	else if (changes(plan, "BFB2", 1))
		note(plan, "BFB2: after reset the core starts in system memory, which starts bank 2 if its "
			   "first word is a RAM address, else bank 1");
	if (get(plan, "nSWBOOT0", &sw_now, &sw_then) && get(plan, "nBOOT0", &now, &then)) {
		if (sw_then && now != then)
			note(plan, "nBOOT0 has no effect while nSWBOOT0 = 1: the BOOT0 pin decides");
		if (!sw_then && !then && (sw_now || now))
			note(plan, "nSWBOOT0 = 0 and nBOOT0 = 0: the application in main flash is not "
				   "started any more");
	}
	if (get(plan, "nBOOT_SEL", &sw_now, &sw_then) && get(plan, "nBOOT0", &now, &then)) {
		if (!sw_then && now != then)
			note(plan, "nBOOT0 has no effect while nBOOT_SEL = 0: the PA14-BOOT0 pin decides");
		if (sw_then && !then && (!sw_now || now))
			note(plan, "nBOOT_SEL = 1 and nBOOT0 = 0: the application in main flash is not "
				   "started any more");
	}
	if (changes(plan, "IWDG_SW", 0))
		note(plan, "IWDG_SW = 0: the watchdog starts at every reset, the firmware must refresh it "
			   "within about 0.5 s");
	if (changes(plan, "WWDG_SW", 0))
		note(plan, "WWDG_SW = 0: the window watchdog starts at every reset, firmware has "
			   "milliseconds to serve it");
	if (changes(plan, "NRST_MODE", 2))
		note(plan, "NRST_MODE = 2: there is no reset pin, connect under reset does not work any "
			   "more");
}

static void judge_areas(struct stm32l4_option_plan *plan)
{
	const struct stm32l4 *f = chip_of(plan);
	bool dropped = false;

	if (f->line->banks != TWO_L47 || f->g.dual)
		return;
	for (size_t i = 2; i < MAX_AREAS; i++)
		dropped = dropped || *stm32l4_option_value(&plan->now, f->line->layout->wrp[i]) !=
				     *stm32l4_option_value(&plan->then, f->line->layout->wrp[i]);
	if (dropped)
		note(plan, "WRP2A and WRP2B have no effect with one bank");
}

/* Exactly this change on exactly this chip: FNV-1a. */
static void make_token(struct stm32l4_option_plan *plan)
{
	uint32_t hash = 0x811c9dc5u;
	uint32_t words[4 + 3 * STM32L4_OPTION_REGS];
	size_t n = 0;

	words[n++] = chip_of(plan)->line->dev_id;
	for (size_t i = 0; i < 3; i++)
		words[n++] = plan->uid[i];
	for (size_t i = 0; i < plan->count; i++) {
		words[n++] = plan->regs[i].reg;
		words[n++] = plan->regs[i].now;
		words[n++] = plan->regs[i].then;
	}
	for (size_t i = 0; i < n; i++)
		for (unsigned shift = 0; shift < 32; shift += 8)
			hash = (hash ^ (words[i] >> shift & 0xff)) * 0x01000193u;
	snprintf(plan->token, sizeof(plan->token), "%08x", hash);
}

enum err stm32l4_judge_options(struct stm32l4_option_plan *plan)
{
	plan->note_count = plan->count = 0;
	plan->danger[0] = plan->token[0] = '\0';
	plan->erases_flash = plan->is_for_ever = plan->changes_geometry = false;
	if (memcmp(&plan->now, &plan->then, sizeof(plan->now)) == 0)
		return OK;
	TRY(judge_rdp(plan));
	TRY(judge_boot_lock(plan));
	TRY(judge_wrp_lock(plan));
	TRY(judge_secure(plan));
	judge_geometry(plan);
	judge_boot(plan);
	judge_areas(plan);
	for (size_t i = 0; i < plan->now.count; i++) {
		if (plan->now.value[i] == plan->then.value[i])
			continue;
		plan->regs[plan->count].reg = plan->now.reg[i];
		plan->regs[plan->count].now = plan->now.value[i];
		plan->regs[plan->count++].then = plan->then.value[i];
	}
	if (plan->is_for_ever)
		make_token(plan);
	return OK;
}
