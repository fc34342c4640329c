/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: what burning a value would do, before anything is touched. Pure: from the fuses' values to
 * a plan, its dangers and the token that stands for having read it.
 */
#include "flash/ocotp_priv.h"

#include <string.h>
#include <strings.h>

const char *ocotp_field_meaning(const struct fuse_field *f, uint32_t word_value)
{
	uint32_t value = bits_get(word_value, f->msb, f->lsb);

	if (f->values == NULL)
		return NULL;
	for (uint32_t i = 0; i <= value; i++)
		if (f->values[i] == NULL)
			return "reserved";
	return f->values[value];
}

static void describe_field(const struct fuse_field *f, uint32_t value, struct buf *out)
{
	const char *meaning = ocotp_field_meaning(f, value);

	if (f->msb == f->lsb)
		buf_printf(out, "bit %u %s", f->lsb, f->name);
	else
		buf_printf(out, "bits %u..%u %s = 0x%x", f->msb, f->lsb, f->name,
			   bits_get(value, f->msb, f->lsb));
	buf_printf(out, " (%s)", meaning != NULL ? meaning : f->help);
}

/* MAC addresses, GP1..GP4, SW_GP1, SW_GP2. */
static bool is_user_word(unsigned word)
{
	return (word >= 0x22 && word <= 0x24) || (word >= 0x26 && word <= 0x2c) || word >= 0x38;
}

/* Which fields have one of these bits, one line each, with what they do and what is lost. */
static void describe_bits(const struct imxrt_part *part, unsigned word, uint32_t bits, uint32_t value,
			  struct buf *out)
{
	for (const struct fuse_field *f = ocotp_fields(part); f->name != NULL; f++) {
		if (f->word != word || !(bits & ocotp_field_mask(f)))
			continue;
		bits &= ~ocotp_field_mask(f);
		buf_printf(out, "  ");
		describe_field(f, value, out);
		buf_printf(out, "\n    %s\n", f->help);
		if (f->loss != NULL)
			buf_printf(out, "    LOST for ever: %s\n", f->loss);
	}
	if (bits != 0)
		buf_printf(out, "  bits 0x%08x: %s\n", bits,
			   is_user_word(word) ? "free for the user's own purposes"
					      : "no field of the manual");
}

/* refusals */

/* The answer to "write 0": which bits stay, what that means, what still works. */
static enum err refuse_clearing(const struct imxrt_part *part, unsigned word, uint32_t now,
				uint32_t wanted)
{
	uint32_t lost = now & ~wanted;
	struct buf text = { 0 };
	char name[48];
	bool costs_pins = word == WORD_BOOT_CFG1 && (lost & CFG1_FORCE_INTERNAL);
	uint32_t rest = lost;

	for (const struct fuse_field *f = ocotp_fields(part); f->name != NULL; f++) {
		if (f->word != word || !(rest & ocotp_field_mask(f)) || text.len > 240)
			continue;
		rest &= ~ocotp_field_mask(f);
		buf_printf(&text, "%s", text.len > 0 ? ", " : "");
		describe_field(f, now, &text);
	}
	if (text.len == 0)
		buf_printf(&text, "bits 0x%08x", lost);
	ocotp_format_word(part, word, name, sizeof(name));
	error_why(ERR_REFUSED,
		  "nothing was burnt: fuses only go from 0 to 1, a 0 there changes nothing. %s is "
		  "0x%08x, for ever: %s%s",
		  name, now, (const char *)text.data,
		  costs_pins ? ". Lost: the serial downloader by BOOT_MODE pins or boot switch"
			     : "");
	buf_free(&text);
	if (wanted & ~now)
		return error_next(ERR_REFUSED, "ask for 0x%08x, which keeps those bits", now | wanted);
	if (word == WORD_BOOT_CFG1 && ocotp_debug_is_open(now))
		return error_next(
			ERR_REFUSED,
			"SWD still works: program a new image, or erase the headers with "
			"\"imxrt rescue\" so that the ROM falls back to the serial downloader, or "
			"run \"imxrt ram_boot FILE\"; see \"ocotp explain boot\"");
	return error_next(ERR_REFUSED, "see \"ocotp describe %u\"", word);
}

static enum err refuse_locked(const struct imxrt_part *part, unsigned word,
			      const struct lock_state *lock)
{
	error_why(ERR_PROTECTED, "fuse word %u (0x%03x %s) is write-protected: %s (in 0x400) is %u",
		  word, ocotp_fuse_address(word), ocotp_word_name(part, word), lock->name,
		  lock->value);
	return error_next(ERR_PROTECTED, "a lock is a fuse, too: it cannot be taken back");
}

/* dangers */

static void add_danger(struct fuse_plan *plan, const char *name, const char *why)
{
	if (plan->danger_count == ARRAY_SIZE(plan->dangers))
		return;
	struct fuse_danger *d = &plan->dangers[plan->danger_count++];

	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->why, sizeof(d->why), "%s", why);
}

/* Words that the factory has filled, that hold keys, or that nobody outside of NXP knows. */
static bool is_factory_word(unsigned word)
{
	return (word >= 0x01 && word <= 0x04) || (word >= 0x08 && word <= 0x0e) ||
	       (word >= 0x10 && word <= 0x17) || word == 0x25 || (word >= 0x30 && word <= 0x37);
}

static bool has_srk(const struct fuse_plan *plan)
{
	for (unsigned i = 0x18; i <= 0x1f; i++)
		if (plan->others[i] != 0)
			return true;
	return false;
}

static bool newly(const struct fuse_plan *plan, uint32_t bits)
{
	return (plan->wanted & bits) == bits && (plan->bits & bits) != 0;
}

static bool has_boot_device(const struct fuse_plan *plan)
{
	struct imxrt_boot_facts facts = { .sbmr2 = 2u << 24 | BIT(4) };

	facts.fuse[WORD_BOOT_CFG0] =
		plan->word == WORD_BOOT_CFG0 ? plan->wanted : plan->others[WORD_BOOT_CFG0];
	return strstr(imxrt_boot_source(plan->chip, &facts), "does not have") == NULL;
}

/* What several fuses together take away. */
static void find_combinations(struct fuse_plan *plan)
{
	uint32_t cfg1 = plan->word == WORD_BOOT_CFG1 ? plan->wanted : plan->others[WORD_BOOT_CFG1];

	if (plan->word == WORD_BOOT_CFG1 && newly(plan, CFG1_FORCE_INTERNAL | CFG1_SDP_DISABLE))
		add_danger(plan, "NO_DOWNLOADER",
			   "with FORCE_INTERNAL_BOOT and SDP_DISABLE both burnt there is "
			   "no serial downloader at all: a bad image is mended over SWD or never");
	if ((plan->word == WORD_BOOT_CFG0 || newly(plan, CFG1_BT_FUSE_SEL)) &&
	    (cfg1 & CFG1_BT_FUSE_SEL) && !has_boot_device(plan))
		add_danger(plan, "NO_BOOT_DEVICE",
			   "the boot device of fuse 0x450 is one that this part does not "
			   "have: it will not boot");
	if (plan->word == WORD_BOOT_CFG1 && newly(plan, CFG1_SEC_CONFIG) && !has_srk(plan))
		add_danger(plan, "NO_SRK",
			   "the part is closed without an SRK hash: no image will ever start");
}

static void find_dangers(struct fuse_plan *plan)
{
	const struct imxrt_part *part = plan->chip->part;

	for (const struct fuse_field *f = ocotp_fields(part); f->name != NULL; f++)
		if (f->word == plan->word && f->danger != FUSE_HARMLESS &&
		    (plan->bits & ocotp_field_mask(f)))
			add_danger(plan, f->name, f->loss);
	if (is_factory_word(plan->word))
		add_danger(plan, ocotp_word_name(part, plan->word),
			   "the factory's own word: trims, ids and keys in it are not for burning");
	find_combinations(plan);
}

/* The same words for the same chip, word, bits and value found: anything else is another token. */
static void make_token(struct fuse_plan *plan)
{
	uint32_t parts[6] = { (uint32_t)plan->chip->uid,
			      (uint32_t)(plan->chip->uid >> 32),
			      plan->word,
			      plan->bits,
			      plan->now,
			      plan->lock };
	uint32_t hash = 0x811c9dc5; /* FNV-1a */

	for (size_t i = 0; i < sizeof(parts); i++)
		hash = (hash ^ (parts[i / 4] >> 8 * (i % 4) & 0xff)) * 0x01000193u;
	snprintf(plan->token, sizeof(plan->token), "burn-%02u-%08x-%08x", plan->word, plan->bits,
		 hash);
}

enum err fuse_plan_make(const struct imxrt_chip *chip, const struct fuse_image *image,
			unsigned word, const struct fuse_field *field, uint32_t value,
			struct fuse_plan *plan)
{
	uint32_t mask = field != NULL ? ocotp_field_mask(field) : 0xffffffff,
		 lsb = field ? field->lsb : 0;
	struct lock_state lock;

	*plan = (struct fuse_plan){ .chip = chip, .word = word, .shadow = image->shadow[word] };
	for (unsigned i = 0; i < MAX_WORDS; i++)
		plan->others[i] = image->has_fuses ? image->fuse[i] : image->shadow[i];
	plan->now = plan->others[word];
	plan->lock = plan->others[WORD_LOCK];
	if (field != NULL && value > mask >> lsb)
		return error_next(error_why(ERR_ARGUMENT, "0x%x does not fit into %s, which has %u bit(s)",
					    value, field->name, field->msb - field->lsb + 1u),
				  "see \"ocotp describe %s\"", field->name);
	plan->wanted = (plan->now & ~mask) | value << lsb;
	plan->bits = plan->wanted & ~plan->now;
	ocotp_lock_state(chip->part, plan->lock, word, &lock);
	if (lock.read || image->locked[word])
		return error_next(error_why(ERR_READ_PROTECTED,
					    "fuse word %u (0x%03x %s) cannot be read, so "
					    "nobody could say what burning would do",
					    word, ocotp_fuse_address(word),
					    ocotp_word_name(chip->part, word)),
				  "leave it alone");
	if (plan->now & ~plan->wanted)
		return refuse_clearing(chip->part, word, plan->now, plan->wanted);
	if (plan->bits == 0)
		return error_next(
			error_why(ERR_REFUSED,
				  "nothing to burn: word %u (0x%03x %s) already is 0x%08x%s", word,
				  ocotp_fuse_address(word), ocotp_word_name(chip->part, word),
				  plan->now, image->has_fuses ? "" :
				  " as its shadow register says, which can be overridden"),
			"see \"ocotp read %u\"", word);
	if (lock.write)
		return refuse_locked(chip->part, word, &lock);
	find_dangers(plan);
	make_token(plan);
	return OK;
}

enum err fuse_plan_check_allowed(const struct fuse_plan *plan, const char *const *allowed,
				 size_t count)
{
	struct buf missing = { 0 };
	const struct fuse_danger *first = NULL;

	for (size_t i = 0; i < plan->danger_count; i++) {
		bool found = false;

		for (size_t j = 0; j < count; j++)
			found |= strcasecmp(allowed[j], plan->dangers[i].name) == 0;
		if (found)
			continue;
		if (first == NULL)
			first = &plan->dangers[i];
		buf_printf(&missing, "%sallow %s", missing.len > 0 ? " " : "",
			   plan->dangers[i].name);
	}
	if (first == NULL)
		return OK;
	error_why(ERR_REFUSED, "burning 0x%08x in word %u (0x%03x %s) takes away: %s (%s)%s",
		  plan->bits, plan->word, ocotp_fuse_address(plan->word),
		  ocotp_word_name(plan->chip->part, plan->word), first->why, first->name,
		  plan->danger_count > 1 ? ", and more" : "");
	if (missing.len < 180)
		error_next(ERR_REFUSED, "if that is wanted, name each: add \"%s\"",
			   (const char *)missing.data);
	else
		error_next(ERR_REFUSED, "if that is wanted, name each of %zu dangers: add \"%.*s ...\"; "
			   "see \"ocotp describe %u\"", plan->danger_count,
			   (int)strcspn((const char *)missing.data + 6, " ") + 6,
			   (const char *)missing.data, plan->word);
	buf_free(&missing);
	return ERR_REFUSED;
}

static void describe_lock(const struct fuse_plan *plan, struct buf *out)
{
	struct lock_state lock;

	ocotp_lock_state(plan->chip->part, plan->lock, plan->word, &lock);
	if (plan->word == WORD_LOCK)
		buf_printf(out, "  this is the LOCK word: each bit is one-time only\n");
	else if (lock.name == NULL)
		buf_printf(out, "  lock: this word has none; each bit is one-time only, more can "
				"be added later\n");
	else
		buf_printf(out,
			   "  lock: %s = %u, open: each bit is one-time only, more can be added "
			   "later; burning %s would freeze the word\n",
			   lock.name, lock.value, lock.name);
}

void fuse_plan_describe(const struct fuse_plan *plan, struct buf *out)
{
	const struct imxrt_part *part = plan->chip->part;
	char name[48];

	ocotp_format_word(part, plan->word, name, sizeof(name));
	buf_printf(out, "plan for %s of the %s%s, uid 0x%016llx\n", name, part->name,
		   plan->chip->is_guess ? " (or a sister that looks the same)" : "",
		   (unsigned long long)plan->chip->uid);
	buf_printf(out, "  now     0x%08x%s\n", plan->now,
		   plan->shadow == plan->now ? ""
					     : " (the shadow register differs: it was overridden)");
	buf_printf(out, "  to burn 0x%08x (%d bit%s)\n  becomes 0x%08x, for ever\n", plan->bits,
		   __builtin_popcount(plan->bits), plan->bits & (plan->bits - 1) ? "s" : "",
		   plan->wanted);
	describe_bits(part, plan->word, plan->bits, plan->wanted, out);
	describe_lock(plan, out);
	for (size_t i = 0; i < plan->danger_count; i++)
		buf_printf(out, "  DANGER %s: %s\n", plan->dangers[i].name, plan->dangers[i].why);
	buf_printf(out, "  The chip uses it from the next reset on. The supply must be steady "
			"while it burns.\n");
}
