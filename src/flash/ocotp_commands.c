/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ocotp: verbs. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "flash/journal.h"
#include "flash/ocotp_priv.h"

#define UNGUARD_WORDS "fuses-cannot-be-taken-back"

static enum err current_chip(struct call *c, struct target **t, const struct imxrt_chip **chip)
{
	struct flash_room *room = c->user;

	TRY(target_current(room->targets, t));
	TRY(target_check_examined(*t));
	TRY(imxrt_chip_of(*t, chip));
	return ocotp_guard(*t);
}

/* Fuses and shadow registers; only the latter if the controller cannot be used now. */
static enum err read_image(struct target *t, const struct imxrt_chip *chip,
			   struct fuse_image *image)
{
	enum err rc = ocotp_sense_all(t, chip, image);

	if (rc != ERR_UNSUPPORTED && rc != ERR_TIMEOUT && rc != ERR_BUSY)
		return rc;
	log_warning("only the shadow registers are shown: %s", error_text(error_current()));
	error_clear();
	return ocotp_read_shadows(t, chip, image);
}

static void result_text(struct call *c, struct buf *text)
{
	result_printf(c, "%.*s", (int)text->len,
		      text->data != NULL ? (const char *)text->data : "");
	buf_free(text);
}

static const char *lock_words(const struct lock_state *lock)
{
	if (lock->write && lock->override)
		return "write- and override-protected";
	return lock->write ? "write-protected" : lock->override ? "override-protected" : "open";
}

/* list */

static bool matches(const char *name, const char *filter)
{
	size_t n = strlen(filter);

	for (const char *p = name; *p != '\0'; p++)
		if (strncasecmp(p, filter, n) == 0)
			return true;
	return n == 0;
}

static void list_field(const struct fuse_field *f, uint32_t value, struct buf *out)
{
	const char *meaning = ocotp_field_meaning(f, value);

	if (f->msb == f->lsb)
		buf_printf(out, "    [%u] ", f->lsb);
	else
		buf_printf(out, "    [%u:%u] ", f->msb, f->lsb);
	buf_printf(out, "%s = 0x%x", f->name, bits_get(value, f->msb, f->lsb));
	buf_printf(out, "%s%s: %s\n", meaning != NULL ? " " : "", meaning != NULL ? meaning : "",
		   f->help);
}

static void list_word(const struct imxrt_chip *chip, const struct fuse_image *image, unsigned word,
		      struct buf *out)
{
	struct lock_state lock;
	uint32_t fuse = image->fuse[word], shadow = image->shadow[word];

	ocotp_lock_state(chip->part, image->shadow[WORD_LOCK], word, &lock);
	buf_printf(out, "0x%03x word %2u %-15s", ocotp_fuse_address(word), word,
		   ocotp_word_name(chip->part, word));
	if (image->locked[word] || lock.read)
		buf_printf(out, " not readable");
	else if (image->has_fuses)
		buf_printf(out, " fuse 0x%08x shadow 0x%08x%s", fuse, shadow,
			   fuse == shadow ? "" : " (overridden)");
	else
		buf_printf(out, " shadow 0x%08x", shadow);
	if (lock.name != NULL)
		buf_printf(out, "  %s = %u: %s", lock.name, lock.value, lock_words(&lock));
	buf_putc(out, '\n');
}

static void list_one(const struct imxrt_chip *chip, const struct fuse_image *image, unsigned word,
		     const char *filter, struct buf *out)
{
	bool whole = matches(ocotp_word_name(chip->part, word), filter), shown = whole;
	uint32_t value = image->has_fuses ? image->fuse[word] : image->shadow[word];

	if (whole)
		list_word(chip, image, word, out);
	for (const struct fuse_field *f = ocotp_fields(chip->part); f->name != NULL; f++) {
		if (f->word != word || (!whole && !matches(f->name, filter)))
			continue;
		if (!shown)
			list_word(chip, image, word, out);
		shown = true;
		if (!image->locked[word])
			list_field(f, value, out);
	}
}

static enum err cmd_list(struct call *c)
{
	const struct imxrt_chip *chip;
	struct fuse_image image = { 0 };
	struct buf text = { 0 };
	struct target *t;

	TRY(current_chip(c, &t, &chip));
	TRY(read_image(t, chip, &image));
	for (unsigned i = 0; i < chip->part->ocotp_words; i++)
		list_one(chip, &image, i, c->argc > 1 ? c->argv[1] : "", &text);
	if (text.len == 0)
		return error_next(error_why(ERR_ARGUMENT,
					    "no fuse of the %s has \"%s\" in its name",
					    chip->part->name, c->argv[1]),
				  "run \"ocotp list\"");
	result_text(c, &text);
	return OK;
}

/* read, dump, describe */

static void result_hex(struct call *c, const char *key, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", value);
	result_dict(c, key, text);
}

static enum err cmd_read(struct call *c)
{
	struct flash_room *room = c->user;
	struct buf note = { 0 };
	const struct imxrt_chip *chip;
	const struct fuse_field *field;
	struct fuse_image image = { 0 };
	struct lock_state lock;
	struct target *t;
	unsigned word = 0;
	uint32_t value;
	char text[48];

	TRY(current_chip(c, &t, &chip));
	TRY(ocotp_find(chip->part, c->argv[1], &word, &field));
	TRY(read_image(t, chip, &image));
	ocotp_lock_state(chip->part, image.shadow[WORD_LOCK], word, &lock);
	if (image.locked[word])
		return error_why(ERR_READ_PROTECTED,
				 "fuse word %u (0x%03x %s) is locked against reading", word,
				 ocotp_fuse_address(word), ocotp_word_name(chip->part, word));
	value = image.has_fuses ? image.fuse[word] : image.shadow[word];
	result_dict(c, "name", field != NULL ? field->name : ocotp_word_name(chip->part, word));
	ocotp_format_word(chip->part, word, text, sizeof(text));
	result_dict(c, "word", text);
	if (image.has_fuses)
		result_hex(c, "fuse", field ? bits_get(value, field->msb, field->lsb) : value);
	value = image.shadow[word];
	result_hex(c, "shadow", field ? bits_get(value, field->msb, field->lsb) : value);
	result_dict(c, "lock", lock.name != NULL ? lock_words(&lock) : "none");
	if (field != NULL)
		result_dict(c, "meaning",
			    ocotp_field_meaning(field, value) != NULL
				    ? ocotp_field_meaning(field, value)
				    : field->help);
	fuse_log_explain(room->fuse_log, chip, word,
			 image.has_fuses ? image.fuse[word] : image.shadow[word], &note);
	if (note.len > 0)
		result_dict(c, "note", (const char *)note.data);
	buf_free(&note);
	return OK;
}

static enum err write_file(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL && fwrite(text->data, 1, text->len, f) == text->len;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	return ok ? OK : error_next(error_why(ERR_IO, "%s cannot be written: %s", path, strerror(errno)),
				    "name another file");
}

static enum err cmd_dump(struct call *c)
{
	const struct imxrt_chip *chip;
	struct fuse_image image = { 0 };
	struct buf text = { 0 };
	struct target *t;
	enum err rc = OK;

	TRY(current_chip(c, &t, &chip));
	TRY(read_image(t, chip, &image));
	buf_printf(&text, "# fuses of an %s, uid 0x%016llx: address, fuse, shadow register, name\n",
		   chip->part->name, (unsigned long long)chip->uid);
	for (unsigned i = 0; i < chip->part->ocotp_words; i++) {
		if (image.locked[i])
			buf_printf(&text, "0x%03x ---------- ---------- %s\n",
				   ocotp_fuse_address(i), ocotp_word_name(chip->part, i));
		else
			buf_printf(&text, "0x%03x 0x%08x 0x%08x %s\n", ocotp_fuse_address(i),
				   image.has_fuses ? image.fuse[i] : image.shadow[i],
				   image.shadow[i], ocotp_word_name(chip->part, i));
	}
	if (c->argc > 1)
		rc = write_file(c->argv[1], &text);
	if (c->argc > 1 && rc == OK)
		result_printf(c, "%u fuse words written to %s", chip->part->ocotp_words,
			      c->argv[1]);
	if (c->argc == 1)
		result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}

static void describe_field(const struct fuse_field *f, struct buf *out)
{
	buf_printf(out, "%s, word %u (0x%03x) bits %u..%u: %s\n", f->name, f->word,
		   ocotp_fuse_address(f->word), f->msb, f->lsb, f->help);
	for (unsigned i = 0; f->values != NULL && f->values[i] != NULL; i++)
		buf_printf(out, "  %u: %s\n", i, f->values[i]);
	if (f->loss != NULL)
		buf_printf(out, "  once burnt, lost for ever: %s\n", f->loss);
	if (f->danger == FUSE_LOCKS_OUT)
		buf_printf(out, "  this one can lock everybody out of the chip\n");
}

static enum err cmd_describe(struct call *c)
{
	const struct imxrt_chip *chip;
	const struct fuse_field *field;
	struct buf text = { 0 };
	struct target *t;
	unsigned word = 0;
	char name[48];

	TRY(current_chip(c, &t, &chip));
	TRY(ocotp_find(chip->part, c->argv[1], &word, &field));
	if (field == NULL) {
		ocotp_format_word(chip->part, word, name, sizeof(name));
		buf_printf(&text, "%s\n", name);
	}
	for (const struct fuse_field *f = ocotp_fields(chip->part); f->name != NULL; f++)
		if (field != NULL ? f == field : f->word == word)
			describe_field(f, &text);
	result_text(c, &text);
	return OK;
}

static enum err cmd_explain_boot(struct call *c)
{
	const struct imxrt_chip *chip;
	struct imxrt_boot_facts facts;
	struct buf text = { 0 };
	struct target *t;

	TRY(current_chip(c, &t, &chip));
	TRY(imxrt_read_boot_facts(t, chip, &facts));
	imxrt_explain_boot(chip, &facts, &text);
	result_text(c, &text);
	return OK;
}

/* shadow */

static enum err write_shadow(struct ocotp *o, unsigned word, uint32_t value)
{
	uint32_t got = 0;

	TRY(ocotp_write(o, OCOTP_SHADOW(word), value));
	TRY(mem_ap_read32(o->ap, OCOTP_SHADOW(word), &got));
	if (got == value)
		return OK;
	error_why(ERR_PROTECTED,
		  "the shadow register of word %u (0x%03x %s) did not take 0x%08x, it reads "
		  "0x%08x",
		  word, ocotp_fuse_address(word), ocotp_word_name(o->chip->part, word), value, got);
	return error_next(ERR_PROTECTED, "see \"ocotp list LOCK\"");
}

static enum err cmd_shadow(struct call *c)
{
	const struct imxrt_chip *chip;
	const struct fuse_field *field;
	struct fuse_image image = { 0 };
	struct lock_state lock;
	struct target *t;
	struct ocotp o;
	unsigned word = 0;
	uint32_t value, mask;

	TRY(current_chip(c, &t, &chip));
	TRY(ocotp_find(chip->part, c->argv[1], &word, &field));
	TRY(arg_u32(c, 2, &value));
	TRY(ocotp_read_shadows(t, chip, &image));
	ocotp_lock_state(chip->part, image.shadow[WORD_LOCK], word, &lock);
	if (word == WORD_LOCK || lock.override || lock.read)
		return error_next(error_why(ERR_PROTECTED,
					    "the shadow register of word %u (0x%03x %s) cannot "
					    "be overridden: %s",
					    word, ocotp_fuse_address(word),
					    ocotp_word_name(chip->part, word),
					    lock.name != NULL ? lock.name : "LOCK is not for that"),
				  "that holds for ever");
	mask = field != NULL ? ocotp_field_mask(field) : 0xffffffff;
	if (field != NULL && value > mask >> field->lsb)
		return error_next(error_why(ERR_ARGUMENT, "0x%x does not fit into %s, which has %u "
					    "bit(s)", value, field->name, field->msb - field->lsb + 1u),
				  "see \"ocotp describe %s\"", field->name);
	value = (image.shadow[word] & ~mask) | (field != NULL ? value << field->lsb : value);
	TRY(ocotp_enter(&o, t, chip, OCOTP_TO_READ));
	enum err rc = write_shadow(&o, word, value);

	TRY(error_first(rc, ocotp_leave(&o)));
	result_printf(c,
		      "shadow register of word %u (0x%03x %s): 0x%08x -> 0x%08x; no fuse was burnt; "
		      "it lasts until the next reset, which loads the fuses again",
		      word, ocotp_fuse_address(word), ocotp_word_name(chip->part, word),
		      image.shadow[word], value);
	if (word >= WORD_BOOT_CFG0 && word <= WORD_BOOT_CFG2)
		result_printf(c, "; boot pins and SBMR1/2 are sampled at reset and do not follow");
	return OK;
}

/* program */

struct program_args {
	const char *token;
	const char *allowed[16];
	size_t allowed_count;
	bool is_dry;
};

static enum err parse_program(struct call *c, struct program_args *a)
{
	bool allowing = false;

	for (int i = 3; i < c->argc; i++) {
		const char *word = c->argv[i];

		if (strcmp(word, "-dry-run") == 0 || strcmp(word, "--dry-run") == 0) {
			a->is_dry = true;
			allowing = false;
		} else if (strcmp(word, "confirm") == 0) {
			if (++i >= c->argc)
				return arg_usage(c);
			a->token = c->argv[i];
			allowing = false;
		} else if (strcmp(word, "allow") == 0) {
			allowing = true;
		} else if (allowing && a->allowed_count < ARRAY_SIZE(a->allowed)) {
			a->allowed[a->allowed_count++] = word;
		} else {
			return arg_usage(c);
		}
	}
	return OK;
}

/* What was allowed and is no danger here is a misunderstanding. */
static enum err check_names(const struct fuse_plan *plan, const struct program_args *a)
{
	for (size_t i = 0; i < a->allowed_count; i++) {
		bool found = false;

		for (size_t j = 0; j < plan->danger_count; j++)
			found |= strcasecmp(a->allowed[i], plan->dangers[j].name) == 0;
		if (!found)
			return error_next(error_why(ERR_ARGUMENT,
						    "\"allow %s\": that is no danger of this plan",
						    a->allowed[i]),
					  "leave it out");
	}
	return OK;
}

static void describe_token(struct call *c, const struct fuse_plan *plan,
			   const struct program_args *a, struct buf *out)
{
	buf_printf(out, "To burn exactly this: ocotp program %s %s confirm %s", c->argv[1],
		   c->argv[2], plan->token);
	for (size_t i = 0; i < a->allowed_count; i++)
		buf_printf(out, "%s %s", i == 0 ? " allow" : "", a->allowed[i]);
	buf_putc(out, '\n');
}

static enum err wrong_token(const struct fuse_plan *plan)
{
	error_why(
		ERR_REFUSED,
		"nothing was burnt: the token is not the one of this plan; it belongs to one chip, "
		"one word, its bits and the value found (now 0x%08x)",
		plan->now);
	return error_next(ERR_REFUSED,
			  "run the command without \"confirm\", read the plan, use its token");
}

/* The plan is shown also when it is refused: to the person, as lines. */
static void show(const struct buf *text)
{
	log_user("%.*s", (int)text->len, (const char *)text->data);
}

static enum err program_planned(struct call *c, struct target *t, const struct fuse_plan *plan,
				const struct program_args *a, struct buf *text)
{
	struct flash_room *room = c->user;
	enum err rc;

	fuse_plan_describe(plan, text);
	fuse_log_explain(room->fuse_log, plan->chip, plan->word, plan->now, text);
	rc = fuse_plan_check_allowed(plan, a->allowed, a->allowed_count);
	if (rc == OK)
		rc = check_names(plan, a);
	if (rc == OK && a->token != NULL && strcmp(a->token, plan->token) != 0)
		rc = wrong_token(plan);
	if (rc != OK) {
		show(text);
		return rc;
	}
	if (a->is_dry) {
		buf_printf(text,
			   "Dry run: nothing was written to the part, and no token is given.\n");
		return OK;
	}
	if (a->token == NULL) {
		describe_token(c, plan, a, text);
		return OK;
	}
	return fuse_burn(t, plan, room->fuse_log, text);
}

/* A dry run does not even turn a clock on. */
static enum err check_gate(struct target *t)
{
	uint32_t ccgr2 = 0;

	TRY(target_read_u32(t, CCM_CCGR(2), &ccgr2));
	if (bits_get(ccgr2, 13, 12) != 0)
		return OK;
	error_why(ERR_REFUSED,
		  "the fuse controller's clock is off, and a dry run does not touch the part");
	return error_next(ERR_REFUSED, "plan without -dry-run: that burns nothing either");
}

static enum err cmd_program(struct call *c)
{
	struct program_args a = { 0 };
	struct flash_room *room = c->user;
	struct fuse_image image = { 0 };
	const struct fuse_field *field;
	struct imxrt_chip chip;
	struct fuse_plan plan;
	struct buf text = { 0 };
	struct target *t;
	unsigned word = 0;
	uint32_t value;

	TRY(arg_u32(c, 2, &value));
	TRY(parse_program(c, &a));
	TRY(target_current(room->targets, &t));
	TRY(target_check_examined(t));
	TRY(ocotp_guard(t));
	if (a.is_dry)
		TRY(check_gate(t));
	/* Not the notes of an earlier look: another board may be at the wire by now. */
	TRY(imxrt_identify(t, &chip));
	TRY(ocotp_find(chip.part, c->argv[1], &word, &field));
	if (a.is_dry)
		TRY(ocotp_read_shadows(t, &chip, &image));
	else
		TRY(ocotp_sense_all(t, &chip, &image));
	TRY(fuse_plan_make(&chip, &image, word, field, value, &plan));
	enum err rc = program_planned(c, t, &plan, &a, &text);

	if (rc == OK)
		result_text(c, &text);
	buf_free(&text);
	return rc;
}

/* guard, log */

static enum err guard_off(struct call *c, struct dap_guard *guard)
{
	if (c->argc < 3 || strcmp(c->argv[2], UNGUARD_WORDS) != 0) {
		error_why(
			ERR_REFUSED,
			"without the guard a stray write can burn fuses, and no fuse can be taken "
			"back");
		return error_next(ERR_REFUSED,
				  "if that is wanted run \"ocotp guard off " UNGUARD_WORDS "\"");
	}
	guard->is_off = true;
	log_warning("writes to the fuse controller are no longer refused: \"ocotp guard on\" "
		    "brings that back");
	return OK;
}

static enum err cmd_guard(struct call *c)
{
	static const char *const words[] = { "on", "off", NULL };
	struct flash_room *room = c->user;
	struct dap_guard *guard;
	struct target *t;
	int which = 0;

	TRY(target_current(room->targets, &t));
	guard = ocotp_guard_of(t->dap);
	if (c->argc > 1) {
		TRY(arg_word(c, 1, words, &which));
		if (which == 1)
			TRY(guard_off(c, guard));
		else
			guard->is_off = false;
	}
	result_printf(c, "writes to the fuse controller are %s",
		      guard->is_off ? "let through" : "refused");
	return OK;
}

static enum err cmd_log(struct call *c)
{
	struct flash_room *room = c->user;

	return journal_choose(c, &room->fuse_log, FUSE_LOG);
}

const struct command ocotp_commands[] = {
	{ "ocotp list", STAGE_EXEC, 0, 1, "?filter?", cmd_list,
	  "Fuse words and their fields, as fuses and as shadow registers, with locks and meanings. "
	  "`filter`: part of a name." },
	{ "ocotp read", STAGE_EXEC, 1, 1, "name|word", cmd_read,
	  "A field, or a word by name, number or address (0x460): the fuse, its shadow register, "
	  "its lock, what it means. Works while the core runs." },
	{ "ocotp dump", STAGE_EXEC, 0, 1, "?file?", cmd_dump, "All fuse words, one line each." },
	{ "ocotp describe", STAGE_EXEC, 1, 1, "name|word", cmd_describe,
	  "What a fuse does, the meaning of its values, and what is lost once it is burnt." },
	{ "ocotp explain boot", STAGE_EXEC, 0, 0, "", cmd_explain_boot,
	  "How this part boots: pins, fuses, the decision, what follows a failed boot, what no "
	  "longer works and what still does." },
	{ "ocotp shadow", STAGE_EXEC, 2, 2, "name|word value", cmd_shadow,
	  "Override a shadow register until the next reset: tries a value without burning it." },
	{ "ocotp program", STAGE_EXEC, 2, -1,
	  "name|word value ?confirm token? ?allow name ...? ?-dry-run?", cmd_program,
	  "Burn fuses. Without a token: the plan, what it takes away, and the token for exactly "
	  "this. What is dangerous must be allowed name by name. -dry-run writes nothing at all to "
	  "the part." },
	{ "ocotp guard", STAGE_ANY, 0, 2, "?on|off ?words??", cmd_guard,
	  "Writes to the fuse controller from anything but the ocotp commands are refused; \"off\" "
	  "says which words lift that." },
	{ "ocotp log", STAGE_ANY, 0, 1, "?file?", cmd_log,
	  "The file that gets a line before and after each fuse that is burnt." },
	{ 0 }
};
