/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4 doctor: the verb, and what every failed operation takes from it. The facts are read by
 * stm32l4_doctor_facts.c; the causes are rows of stm32l4_doctor_rules.c (the controller) and
 * stm32l4_doctor_system.c (what stands around it); cures are in stm32l4_doctor_fix.c.
 */
#include "flash/stm32l4_doctor.h"

#include <stdarg.h>
#include <string.h>

#define FORMAT_INTO(field)                                                                         \
	do {                                                                                       \
		va_list ap_;                                                                       \
		va_start(ap_, fmt);                                                                \
		vsnprintf(field, sizeof(field), fmt, ap_);                                         \
		va_end(ap_);                                                                       \
	} while (0)

void finding_why(struct stm32l4_finding *finding, const char *fmt, ...)
{
	FORMAT_INTO(finding->why);
}

void finding_evidence(struct stm32l4_finding *finding, const char *fmt, ...)
{
	FORMAT_INTO(finding->evidence);
}

void finding_cure(struct stm32l4_finding *finding, const char *fmt, ...)
{
	FORMAT_INTO(finding->cure);
}

void finding_command(struct stm32l4_finding *finding, const char *fmt, ...)
{
	FORMAT_INTO(finding->command);
	snprintf(finding->cure, sizeof(finding->cure), "run \"%s\"", finding->command);
}

/* Diagnosis */

static size_t apply_rules(const struct stm32l4_rule *rules, const struct stm32l4_facts *facts,
			  struct stm32l4_finding *findings, size_t max)
{
	size_t count = 0;

	for (const struct stm32l4_rule *r = rules; r->id != NULL && count < max; r++) {
		findings[count] = (struct stm32l4_finding){ .id = r->id, .rank = RANK_CAUSE };
		count += r->applies(facts, &findings[count]);
	}
	return count;
}

static void sort_by_rank(struct stm32l4_finding *findings, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && findings[k].rank < findings[k - 1].rank; k--) {
			struct stm32l4_finding swapped = findings[k];

			findings[k] = findings[k - 1];
			findings[k - 1] = swapped;
		}
}

size_t stm32l4_diagnose(const struct stm32l4_facts *facts, struct stm32l4_finding *findings, size_t max)
{
	/* A reset in the middle explains what the controller shows afterwards. */
	bool reset_first = facts->failure.fresh_resets != 0;
	const struct stm32l4_rule *first = reset_first ? stm32l4_system_rules : stm32l4_flash_rules;
	const struct stm32l4_rule *second = reset_first ? stm32l4_flash_rules : stm32l4_system_rules;
	size_t n = apply_rules(first, facts, findings, max);

	n += apply_rules(second, facts, findings + n, max - n);
	sort_by_rank(findings, n);
	return n;
}

/* After a failure */

static bool is_worth_a_look(enum err rc)
{
	switch (rc) {
	case ERR_FLASH_OPERATION:
	case ERR_FLASH_BUSY:
	case ERR_FLASH_LOCKED:
	case ERR_PROTECTED:
	case ERR_READ_PROTECTED:
	case ERR_VERIFY:
	case ERR_TIMEOUT:
	case ERR_ALGORITHM:
	case ERR_BUS:
	case ERR_DAP_FAULT:
	case ERR_DAP_WAIT:
	case ERR_NOT_EXAMINED:
	case ERR_HALT_TIMEOUT:
		return true;
	default:
		return false;
	}
}

/* Their messages name the cause and the cure already. */
static bool is_explained(enum err rc)
{
	return rc == ERR_PROTECTED || rc == ERR_READ_PROTECTED || rc == ERR_FLASH_LOCKED ||
	       rc == ERR_FLASH_BUSY;
}

static bool sector_reads_blank(struct flash_bank *bank, int sector)
{
	uint8_t data[512];
	bool changed;

	if (sector < 0 || (unsigned)sector >= bank->sector_count)
		return false;
	/* A cache may hold what was refused. */
	if (stm32l4_refresh(bank, &changed) != OK)
		error_clear();
	for (uint32_t at = 0; at < bank->sectors[sector].size; at += sizeof(data)) {
		uint32_t addr = bank->base + bank->sectors[sector].offset + at;

		if (target_read(bank->target, addr, 4, sizeof(data) / 4, data) != OK ||
		    !is_filled(data, sizeof(data), 0xff)) {
			error_clear();
			return false;
		}
	}
	return true;
}

static void note_failure(struct flash_bank *bank, enum err rc, struct stm32l4_facts *facts)
{
	const struct stm32l4 *s = bank->priv;
	struct stm32l4_failure *failure = &facts->failure;

	failure->rc = rc;
	failure->sr = s->failed_sr;
	failure->sector = s->failed_sr != 0 ? s->failed_sector : NO_ADDRESS;
	failure->twin_matches = s->twin_matches;
	if (s->has_reset_flags && fact_known(facts, FACT_RCC_CSR))
		failure->fresh_resets = stm32l4_fresh_resets(s, fact_of(facts, FACT_RCC_CSR)) |
					s->fresh_resets;
	if ((failure->sr & SR_PROGERR) && facts->flash_reads)
		failure->reads_blank = sector_reads_blank(bank, failure->sector);
}

/* "NAME = 0x..." without the words behind it, for the one line of a message. */
static int register_part(const char *evidence)
{
	const char *end = strstr(evidence, " (");

	return end != NULL ? (int)(end - evidence) : (int)strlen(evidence);
}

static bool same_register(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n > 0 && strncmp(a, b, n) == 0;
}

static void add_to_error(struct error *error, const struct stm32l4_finding *lead)
{
	char why[sizeof(error->why)];

	/* The same register, the same fact: it is not said twice. */
	bool is_same = same_register(error->evidence, lead->evidence);
	size_t n = strlen(error->evidence);

	if (!is_explained(error->code)) {
		snprintf(why, sizeof(why), "%.180s; %.320s", error->why, lead->why);
		if (!is_same || strstr(lead->id, "ones-programmed") != NULL)
			memcpy(error->why, why, sizeof(why));
		snprintf(error->next, sizeof(error->next), "%s", lead->cure);
	}
	if (n == 0)
		snprintf(error->evidence, sizeof(error->evidence), "%s", lead->evidence);
	else if (!is_same)
		snprintf(error->evidence + n, sizeof(error->evidence) - n, "; %s", lead->evidence);
}

/* A person at GDB sees the message only: the value goes along. */
static void name_evidence(struct error *error)
{
	int part = register_part(error->evidence);
	size_t n = strlen(error->why);
	char bracket[80];

	if (part <= 0 || part >= 60)
		return;
	snprintf(bracket, sizeof(bracket), " [%.*s]", part, error->evidence);
	if (strstr(error->why, bracket) == NULL && n + strlen(bracket) < sizeof(error->why))
		memcpy(error->why + n, bracket, strlen(bracket) + 1);
}

/* A refusal names its area: its register is the evidence, whichever area leads the table. */
static bool name_area(struct error *error, const struct stm32l4_facts *facts)
{
	for (size_t i = 0; error->code == ERR_PROTECTED && i < facts->area_count; i++) {
		const struct stm32l4_area *a = &facts->areas[i];
		const char *at = strstr(error->why, a->name);

		if (!a->is_active || at == NULL || at[strlen(a->name)] != ' ')
			continue;
		snprintf(error->evidence, sizeof(error->evidence), "%s = 0x%08x (pages %u..%u)", a->name,
			 a->value, a->first, a->last);
		/* Lifted already, but nobody made it count. */
		if (facts->pending.name != NULL &&
		    strncmp(facts->pending.name, a->name, strlen(a->name)) == 0)
			snprintf(error->next, sizeof(error->next),
				 "another value is stored and not loaded: run \"stm32l4x option_load %u\"",
				 facts->bank);
		return true;
	}
	return false;
}

static void log_others(const struct flash_bank *bank, const struct stm32l4_finding *findings, size_t count,
		       size_t told)
{
	for (size_t i = 0; i < count; i++)
		if (i != told && findings[i].rank <= RANK_LIKELY)
			log_warning("flash bank %s: also: %s (%s): %s", bank->name, findings[i].why,
				    findings[i].evidence, findings[i].cure);
}

enum err stm32l4_attach_diagnosis(struct flash_bank *bank, enum err rc)
{
	struct stm32l4_finding findings[MAX_FINDINGS];
	struct stm32l4_facts facts;
	struct error saved;
	size_t count, told;

	if (!is_worth_a_look(rc) || bank->driver != &stm32l4_driver)
		return rc;
	error_take(&saved);
	/* A silent line has its own diagnosis already. */
	if (stm32l4_read_facts(bank, &facts) != OK || facts.link == LINK_SILENT) {
		error_clear();
		error_put(&saved);
		return rc;
	}
	note_failure(bank, rc, &facts);
	error_clear();
	count = stm32l4_diagnose(&facts, findings, ARRAY_SIZE(findings));
	told = count;
	if (name_area(&saved, &facts)) {
		told = 0;
	} else if (count > 0 && findings[0].rank == RANK_CAUSE) {
		told = 0;
		add_to_error(&saved, &findings[0]);
	} else if (saved.next[0] == '\0') {
		snprintf(saved.next, sizeof(saved.next), "%.160s; \"stm32l4x doctor %u\" tells more",
			 error_step(rc), bank->number);
	}
	name_evidence(&saved);
	error_put(&saved);
	log_others(bank, findings, count, told);
	return rc;
}

/* The verb */

static void show_finding(struct buf *out, unsigned number, const struct stm32l4_finding *f)
{
	static const char *const ranks[] = { "", "cause", "likely", "note" };

	buf_printf(out, "  %u. [%s, %s] %s\n     because: %s\n     cure: %s\n", number, f->id,
		   ranks[f->rank], f->why, f->evidence, f->cure);
	if (f->loses[0] != '\0')
		buf_printf(out, "     that erases %s\n", f->loses);
}

static void show_health(struct buf *out, const struct stm32l4_facts *facts)
{
	unsigned unread = 0;

	for (unsigned i = 0; i < FACT_COUNT; i++)
		unread += !fact_known(facts, i) && facts->unread[i] != UNREAD_NOT_THERE;
	buf_printf(out, "  nothing is wrong: read-out protection, error flags, modes, WRP and "
			"PCROP, bank swap, boot selection, resets, supply, clocks, ECC and size "
			"were looked at");
	if (unread > 0)
		buf_printf(out, "; %u of the values above could not be read", unread);
	buf_printf(out, "\n  What only an operation can show (a locked-out key, a page that reads "
			"blank and is not): \"stm32l4x doctor %u --trial\" tries one on a blank "
			"page\n", facts->bank);
}

static void hand_over(const struct flash_room *room, const struct stm32l4_finding *findings,
		      size_t count)
{
	if (room->finding == NULL)
		return;
	room->finding(room->finding_ctx, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct stm32l4_finding *f = &findings[i];
		const struct flash_finding finding = { f->id, f->rank == RANK_NOTE, f->why, f->evidence,
						       f->cure, f->command };

		room->finding(room->finding_ctx, &finding);
	}
}

static void show_report(struct call *c, const struct stm32l4_facts *facts,
			const struct stm32l4_finding *findings, size_t count)
{
	struct buf *out = c->out;

	hand_over(c->user, findings, count);
	buf_printf(out, "What was read\n");
	stm32l4_describe_facts(facts, out);
	buf_printf(out, "What is wrong\n");
	if (count == 0)
		show_health(out, facts);
	else if (findings[0].rank == RANK_NOTE)
		buf_printf(out, "  nothing hinders programming; worth knowing:\n");
	for (size_t i = 0; i < count; i++)
		show_finding(out, (unsigned)i + 1, &findings[i]);
}

struct orders {
	bool fix, trial, confirm;
};

static enum err parse_orders(struct call *c, struct flash_bank **bank, struct orders *orders)
{
	struct flash_room *room = c->user;
	int i = 1;

	if (c->argc > 1 && strncmp(c->argv[1], "--", 2) != 0 && strcmp(c->argv[1], "confirm") != 0) {
		TRY(arg_flash_bank(c, 1, &stm32l4_driver, bank));
		i = 2;
	} else {
		for (*bank = room->banks; *bank != NULL && (*bank)->driver != &stm32l4_driver;)
			*bank = (*bank)->next;
		if (*bank == NULL)
			return error_why(ERR_NO_BANK, "no flash bank has the stm32l4x driver");
	}
	for (; i < c->argc; i++) {
		if (strcmp(c->argv[i], "--fix") == 0)
			orders->fix = true;
		else if (strcmp(c->argv[i], "--trial") == 0)
			orders->trial = true;
		else if (strcmp(c->argv[i], "confirm") == 0)
			orders->confirm = true;
		else
			return arg_usage(c);
	}
	return orders->confirm && !orders->fix ? arg_usage(c) : OK;
}

/* One cure; what it says for itself goes to the log. */
static enum err cure(struct call *c, struct flash_bank *bank, const struct stm32l4_finding *f)
{
	struct buf text = { 0 };
	enum err rc;

	if (f->fix != NULL)
		return f->fix(bank);
	rc = script_eval(c->script, script_origin(c->script), f->command, "doctor", 1, &text);
	buf_free(&text);
	return rc;
}

/* Returns how many cures were carried out. */
static unsigned cure_all(struct call *c, struct flash_bank *bank, const struct orders *orders,
			 const struct stm32l4_finding *findings, size_t count)
{
	unsigned done = 0;

	buf_printf(c->out, "What was done\n");
	for (size_t i = 0; i < count; i++) {
		const struct stm32l4_finding *f = &findings[i];

		if (f->fix == NULL && f->command[0] == '\0')
			continue;
		if (f->rank == RANK_NOTE && !f->is_harmless)
			continue;
		if (!f->is_harmless && !orders->confirm) {
			buf_printf(c->out, "  %s: left alone: its cure %s%s; add \"confirm\"\n", f->id,
				   f->loses[0] != '\0' ? "erases " : "changes option bytes",
				   f->loses);
			continue;
		}
		if (cure(c, bank, f) == OK) {
			buf_printf(c->out, "  %s: done (%s)\n", f->id, f->fix != NULL ? "cleared"
										      : f->command);
			done++;
		} else {
			buf_printf(c->out, "  %s: failed: %s\n", f->id, error_text(error_current()));
			error_clear();
		}
	}
	if (done == 0)
		buf_printf(c->out, "  nothing\n");
	return done;
}

static void show_trial(struct buf *out, int page, enum err rc)
{
	buf_printf(out, "Trial\n");
	if (rc == OK && page == NO_ADDRESS)
		buf_printf(out, "  left out: no page is certainly blank, or a cause is known already\n");
	else if (rc == OK)
		buf_printf(out, "  page %d, which was blank: erased, a double word programmed, "
				"read back, erased again: all good\n", page);
	else
		buf_printf(out, "  failed: %s\n", error_text(error_current()));
	error_clear();
}

static enum err run_trial(struct call *c, struct flash_bank *bank, bool has_page)
{
	int page = NO_ADDRESS;
	enum err rc = has_page ? stm32l4_trial(bank, &page) : OK;

	if (rc == ERR_ADAPTER_LOST || rc == ERR_CANCELLED)
		return rc;
	show_trial(c->out, page, rc);
	return OK;
}

/* What only doing shows: are the keys taken, does the firmware set the error bits again? */
static void try_out(struct flash_bank *bank, const struct orders *orders, struct stm32l4_facts *facts)
{
	if (facts->link != LINK_OK || facts->core == CORE_IN_RESET || facts->line == NULL)
		return;
	if (orders->trial && (fact_of(facts, FACT_SR) & SR_PGSERR)) {
		facts->was_watched = stm32l4_watch_firmware(bank, &facts->flags_came_back) == OK;
		error_clear();
	}
	if (stm32l4_try_keys(bank, &facts->keys_refused) != OK)
		error_clear();
}

/* Error bits that are back a moment later, with no operation of ours between: the firmware makes them. */
static void look_again(struct stm32l4_facts *facts, uint32_t before)
{
	if (facts->core != CORE_HALTED && fact_known(facts, FACT_SR) && (before & SR_FAILED) &&
	    (fact_of(facts, FACT_SR) & SR_FAILED))
		facts->flags_came_back = true;
}

static enum err cmd_doctor(struct call *c)
{
	struct stm32l4_finding findings[MAX_FINDINGS];
	struct stm32l4_facts facts;
	struct orders orders = { 0 };
	struct flash_bank *bank;
	uint32_t sr;
	size_t count;

	TRY(parse_orders(c, &bank, &orders));
	TRY(stm32l4_read_facts(bank, &facts));
	if (orders.fix || orders.trial)
		try_out(bank, &orders, &facts);
	count = stm32l4_diagnose(&facts, findings, ARRAY_SIZE(findings));
	show_report(c, &facts, findings, count);
	stm32l4_show_interrupted(bank, c->out);
	if (orders.fix) {
		sr = fact_of(&facts, FACT_SR);
		if (cure_all(c, bank, &orders, findings, count) > 0) {
			TRY(stm32l4_read_facts(bank, &facts));
			look_again(&facts, sr);
			count = stm32l4_diagnose(&facts, findings, ARRAY_SIZE(findings));
			buf_printf(c->out, "Now:\n");
			show_report(c, &facts, findings, count);
		}
	}
	if (!orders.trial)
		return OK;
	/* With a cause found, an operation on the flash would only meet it. */
	return run_trial(c, bank, count == 0 || findings[0].rank != RANK_CAUSE);
}

const struct command stm32l4_doctor_commands[] = {
	{ "stm32l4x doctor", STAGE_EXEC, 0, 4, "?bank? ?--fix? ?--trial? ?confirm?", cmd_doctor,
	  "Find out why the chip does not program: read everything that can be read without "
	  "changing it, and print the causes, the likeliest first, with the register values that "
	  "show them and the command that cures each. --fix carries out the harmless cures; with "
	  "confirm those that change option bytes or erase, too. --trial erases and programs a "
	  "page that is blank, and leaves it blank." },
	{ 0 }
};
