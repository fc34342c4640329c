/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: NAME=VALUE to option registers. No chip is asked: what it holds is given. */
#include "flash/stm32l4_option.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* An area is a pair of fields: first and last page, or first and last unit of PCROP. */
struct area_fields {
	const struct stm32l4_field *first, *last;
	uint32_t unit, units;		/* bytes; how many there are in its bank */
	unsigned physical;
	uint32_t base;			/* address of the bank's first byte */
};

static const char *const area_ends[][2] = { { "_STRT", "_END" }, { "_PSTRT", "_PEND" } };

static bool find_area(const struct flash_bank *bank, const char *name, struct area_fields *a)
{
	const struct stm32l4 *f = bank->priv;
	const char *digit = strpbrk(name, "12");
	char text[40];

	if (strncasecmp(name, "WRP", 3) != 0 && strncasecmp(name, "PCROP", 5) != 0 &&
	    strncasecmp(name, "SECWM", 5) != 0)
		return false;
	*a = (struct area_fields){ .unit = f->g.page_bytes };
	for (size_t i = 0; i < ARRAY_SIZE(area_ends) && a->last == NULL; i++) {
		snprintf(text, sizeof(text), "%s%s", name, area_ends[i][0]);
		a->first = stm32l4_find_field(f->line, text);
		snprintf(text, sizeof(text), "%s%s", name, area_ends[i][1]);
		a->last = a->first != NULL ? stm32l4_find_field(f->line, text) : NULL;
	}
	if (a->last == NULL)
		return false;
	if (a->first->reg != a->last->reg)
		a->unit = stm32l4_pcrop_unit(f);
	if (a->unit == 0)
		return false;
	a->units = f->g.bank_bytes / a->unit;
	a->physical = f->g.dual && digit != NULL && *digit == '2' ? 1 : 0;
	a->base = bank->base + bank->sectors[stm32l4_bank_first_sector(f, a->physical)].offset;
	return true;
}

/* How far two names are apart: insertions, deletions, exchanges. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t n = MIN(strlen(b), ARRAY_SIZE(row) - 1);

	for (size_t k = 0; k <= n; k++)
		row[k] = (unsigned)k;
	for (size_t i = 0; a[i] != '\0' && i < ARRAY_SIZE(row); i++) {
		unsigned diagonal = row[0]++;

		for (size_t k = 1; k <= n; k++) {
			unsigned same = tolower((unsigned char)a[i]) != tolower((unsigned char)b[k - 1]);
			unsigned best = MIN(MIN(row[k], row[k - 1]) + 1, diagonal + same);

			diagonal = row[k];
			row[k] = best;
		}
	}
	return row[n];
}

/* "WRP1A" of "WRP1A_STRT"; the field's own name if it is no first one. */
static void area_of(const struct stm32l4_field *field, char *text, size_t size)
{
	snprintf(text, size, "%s", field->name);
	for (size_t i = 0; i < ARRAY_SIZE(area_ends); i++) {
		size_t cut = strlen(field->name) - MIN(strlen(field->name), strlen(area_ends[i][0]));

		if (cut > 0 && cut < size && strcmp(field->name + cut, area_ends[i][0]) == 0)
			text[cut] = '\0';
	}
}

static enum err unknown_name(const struct stm32l4_line *line, const char *name)
{
	unsigned best = ~0u;
	char nearest[40] = "", area[40];

	for (const struct stm32l4_field *f = stm32l4_fields(line); f->name != NULL; f++) {
		area_of(f, area, sizeof(area));
		if (distance(name, f->name) < best) {
			best = distance(name, f->name);
			snprintf(nearest, sizeof(nearest), "%s", f->name);
		}
		if (distance(name, area) < best) {
			best = distance(name, area);
			snprintf(nearest, sizeof(nearest), "%s", area);
		}
	}
	error_why(ERR_ARGUMENT, "a %s has no option field '%s'", line->name, name);
	return error_next(ERR_ARGUMENT, "the nearest name is %s; \"stm32l4x option\" lists all",
			  nearest);
}

/* Values */

static bool number_of(const char *text, uint32_t *value)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 0);

	if (!isdigit((unsigned char)*text) || *end != '\0' || n > 0xffffffffu)
		return false;
	*value = (uint32_t)n;
	return true;
}

/* Is `word` in `text` as a word of its own (strict), or anywhere when blanks do not count? */
static bool has_word(const char *text, const char *word, bool strict)
{
	size_t n = strlen(word);

	for (const char *at = text; *at != '\0'; at++) {
		size_t i = 0, k = 0;

		if (strict && at > text && isalnum((unsigned char)at[-1]))
			continue;
		while (i < n && at[k] != '\0') {
			if (!strict && at[k] == ' ' && word[i] != ' ') {
				k++;
				continue;
			}
			if (tolower((unsigned char)at[k]) != tolower((unsigned char)word[i]))
				break;
			i++;
			k++;
		}
		if (i == n && (!strict || !isalnum((unsigned char)at[k])))
			return true;
	}
	return false;
}

static bool by_words(const struct stm32l4_field *field, const char *text, uint32_t *value)
{
	for (int strict = 1; strict >= 0; strict--) {
		unsigned hits = 0;

		for (const struct stm32l4_value *v = field->values; v != NULL && v->words != NULL; v++) {
			if (strcasecmp(v->words, text) == 0) {
				*value = v->value;
				return true;
			}
			if (has_word(v->words, text, strict)) {
				*value = v->value;
				hits++;
			}
		}
		if (hits == 1)
			return true;
	}
	return false;
}

static enum err wrong_value(const struct stm32l4_field *field, const char *text)
{
	uint32_t most = 0xffffffffu >> (31 - (field->msb - field->lsb));
	struct buf words = { 0 };

	error_why(ERR_ARGUMENT, "%s cannot be '%s'", field->name, text);
	for (const struct stm32l4_value *v = field->values; v != NULL && v->words != NULL; v++)
		buf_printf(&words, "%s%u (%s)", words.len > 0 ? ", " : "", v->value, v->words);
	if (words.len > 0)
		error_next(ERR_ARGUMENT, "it takes %.220s", (const char *)words.data);
	else
		error_next(ERR_ARGUMENT, "it takes 0..0x%x", most);
	buf_free(&words);
	return ERR_ARGUMENT;
}

/* "RDP=1" means the level; each byte without a meaning of its own is level 1. */
static bool rdp_value(const struct stm32l4_field *field, const char *text, uint32_t old, uint32_t *value)
{
	static const struct { const char *text; uint32_t value; } levels[] = {
		{ "0", 0xaa }, { "level0", 0xaa }, { "0.5", 0x55 }, { "level0.5", 0x55 },
		{ "1", 0xbb }, { "level1", 0xbb }, { "2", 0xcc }, { "level2", 0xcc },
	};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcasecmp(levels[i].text, text) != 0)
			continue;
		*value = levels[i].value;
		/* Level 1 already, by another byte: nothing to do. */
		if (stm32l4_value_words(field, old) == stm32l4_value_words(field, *value))
			*value = old;
		return true;
	}
	return number_of(text, value) || by_words(field, text, value);
}

static bool is_boot_address(const struct stm32l4_field *field)
{
	return field->msb == 31 && field->lsb == 7;
}

static enum err field_value(const struct stm32l4_field *field, const char *text, uint32_t old,
			    uint32_t *value)
{
	uint32_t most = 0xffffffffu >> (31 - (field->msb - field->lsb));
	bool is_rdp = strcmp(field->name, "RDP") == 0, found;

	if (is_rdp)
		found = rdp_value(field, text, old, value);
	else
		found = number_of(text, value) || by_words(field, text, value);
	if (found && is_boot_address(field) && *value > most) {
		if (*value & (BIT(7) - 1))
			return error_why(ERR_ARGUMENT, "%s is a multiple of 0x80", field->name);
		*value >>= 7;
	}
	if (found && *value > most) {
		error_why(ERR_ARGUMENT, "%s = %s is too large", field->name, text);
		return error_next(ERR_ARGUMENT, "it takes 0..0x%x", most);
	}
	if (!found)
		return wrong_value(field, text);
	if (!is_rdp && field->values != NULL &&
	    strcmp(stm32l4_value_words(field, *value), "reserved") == 0)
		return wrong_value(field, text);
	return OK;
}

static enum err kept(const struct stm32l4_field *field)
{
	error_why(ERR_REFUSED, "%s is kept as it is", field->name);
	if (field->reg == 0x20)
		return error_next(ERR_REFUSED, "it belongs to the factory or to the second core's "
				  "firmware");
	return error_next(ERR_REFUSED, "it belongs to the second core's firmware and its update service");
}

static uint32_t get_field(const struct stm32l4_option_values *v, const struct stm32l4_field *field)
{
	return bits_get(*stm32l4_option_value(v, field->reg), field->msb, field->lsb);
}

static void put_field(struct stm32l4_option_values *v, const struct stm32l4_field *field, uint32_t value)
{
	uint32_t *reg = stm32l4_option_value(v, field->reg), mask = stm32l4_field_mask(field);

	*reg = (*reg & ~mask) | (value << field->lsb & mask);
}

static enum err set_field(struct stm32l4_option_values *v, const struct stm32l4_field *field,
			  const char *text)
{
	uint32_t old = get_field(v, field), value = 0;

	if (field->danger == READ_ONLY)
		return kept(field);
	TRY(field_value(field, text, old, &value));
	put_field(v, field, value);
	return OK;
}

/* Areas */

/* An index, or an address inside the area's physical bank. */
static enum err area_index(const struct flash_bank *bank, const struct area_fields *a,
			   const char *name, const char *text, uint32_t *index)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t value;

	if (!number_of(text, &value))
		return error_next(error_why(ERR_ARGUMENT, "%s: '%s' is no number", name, text),
				  "give FIRST..LAST as pages or addresses, or \"off\"");
	if (value >= MAIN_BASE) {
		if (value < a->base || value - a->base >= f->g.bank_bytes) {
			error_why(ERR_ARGUMENT, "%s: 0x%08x is not in its bank, 0x%08x..0x%08x", name,
				  value, a->base, a->base + f->g.bank_bytes - 1);
			return error_next(ERR_ARGUMENT, "use the areas of the other bank");
		}
		value = (value - a->base) / a->unit;
	}
	if (value >= a->units)
		return error_next(error_why(ERR_ARGUMENT, "%s: %u is too large", name, value),
				  "its bank has %u units of %u bytes", a->units, a->unit);
	*index = value;
	return OK;
}

static bool is_off(const struct flash_bank *bank, const struct area_fields *a,
		   const struct stm32l4_option_values *v)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t first = get_field(v, a->first), last = get_field(v, a->last);

	if (a->first->reg == a->last->reg)
		return (first & stm32l4_page_mask(f)) > (last & stm32l4_page_mask(f));
	return first > last;
}

static enum err set_area(const struct flash_bank *bank, struct stm32l4_option_values *v,
			 const struct area_fields *a, const char *name, const char *text)
{
	const char *dots = strstr(text, "..");
	uint32_t first = 0, last = a->units - 1;
	char start[24];

	if (strcasecmp(text, "off") == 0 || strcasecmp(text, "none") == 0) {
		if (is_off(bank, a, v))
			return OK;
		put_field(v, a->first, 0xffffffff);
		put_field(v, a->last, 0);
		return OK;
	}
	if (strcasecmp(text, "all") != 0) {
		snprintf(start, sizeof(start), "%.*s", (int)(dots != NULL ? dots - text : 23), text);
		TRY(area_index(bank, a, name, start, &first));
		TRY(area_index(bank, a, name, dots != NULL ? dots + 2 : start, &last));
	}
	if (first > last)
		return error_next(error_why(ERR_ARGUMENT, "%s: %u comes after %u", name, first, last),
				  "give FIRST..LAST, or \"off\"");
	put_field(v, a->first, first);
	put_field(v, a->last, last);
	return OK;
}

static enum err parse_one(const struct flash_bank *bank, const char *text,
			  struct stm32l4_option_values *v)
{
	const struct stm32l4 *f = bank->priv;
	const char *equals = strchr(text, '=');
	const struct stm32l4_field *field;
	struct area_fields area;
	char name[40];

	if (equals == NULL || equals == text || equals[1] == '\0' ||
	    (size_t)(equals - text) >= sizeof(name))
		return error_next(error_why(ERR_ARGUMENT, "'%.60s' is no NAME=VALUE", text),
				  "for example \"stm32l4x option set BFB2=1 WRP1A=0..15\"");
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	field = stm32l4_find_field(f->line, name);
	if (field != NULL)
		return set_field(v, field, equals + 1);
	if (find_area(bank, name, &area))
		return set_area(bank, v, &area, name, equals + 1);
	return unknown_name(f->line, name);
}

enum err stm32l4_parse_options(const struct flash_bank *bank, int argc, const char *const *argv,
			       struct stm32l4_option_values *values)
{
	for (int i = 0; i < argc; i++)
		TRY(parse_one(bank, argv[i], values));
	return OK;
}

/* Comparison and factory values, by the same pairs of fields. */

static uint32_t used_mask(const struct flash_bank *bank, const struct area_fields *a)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t units = f->line->max_kib * 1024u / (f->g.dual ? 2 : 1) / a->unit, mask = 1;

	if (a->first->reg == a->last->reg)
		return stm32l4_page_mask(f);
	while (mask < units)
		mask <<= 1;
	return mask - 1;
}

bool stm32l4_is_secure_only(const struct stm32l4_line *line, uint8_t reg)
{
	static const uint8_t regs[] = { 0x4c, 0x50, 0x54, 0x60, 0x64 };

	return line->has_trustzone && memchr(regs, reg, sizeof(regs)) != NULL;
}

static bool has_tzen(const struct stm32l4_line *line, const struct stm32l4_option_values *v)
{
	return line->has_trustzone && (*stm32l4_option_value(v, line->layout->optr) & BIT(31));
}

/* The area that a field is the first or the last page of. */
static bool area_with(const struct flash_bank *bank, const struct stm32l4_field *field,
		      struct area_fields *a)
{
	char name[40];

	snprintf(name, sizeof(name), "%s", field->name);
	for (size_t i = 0; i < ARRAY_SIZE(area_ends); i++)
		for (int end = 0; end < 2; end++) {
			size_t n = strlen(area_ends[i][end]), all = strlen(field->name);

			if (all > n && strcmp(field->name + all - n, area_ends[i][end]) == 0)
				name[all - n] = '\0';
		}
	return find_area(bank, name, a);
}

uint32_t stm32l4_used_bits(const struct flash_bank *bank, const struct stm32l4_field *field)
{
	struct area_fields a;

	return area_with(bank, field, &a) ? used_mask(bank, &a) : 0xffffffff;
}

static bool is_same_area(const struct flash_bank *bank, const struct stm32l4_field *field,
			 const struct stm32l4_option_values *x, const struct stm32l4_option_values *y)
{
	struct area_fields a;
	uint32_t mask;

	if (!area_with(bank, field, &a))
		return false;
	if (is_off(bank, &a, x) && is_off(bank, &a, y))
		return true;
	mask = used_mask(bank, &a);
	return ((get_field(x, field) ^ get_field(y, field)) & mask) == 0;
}

unsigned stm32l4_compare_options(const struct flash_bank *bank, const struct stm32l4_option_values *x,
				 const struct stm32l4_option_values *y, bool skip_pcrop,
				 struct buf *differences)
{
	const struct stm32l4 *f = bank->priv;
	unsigned count = 0;

	for (const struct stm32l4_field *field = stm32l4_fields(f->line); field->name != NULL; field++) {
		if (field->danger == READ_ONLY || stm32l4_option_value(x, field->reg) == NULL ||
		    stm32l4_option_value(y, field->reg) == NULL ||
		    get_field(x, field) == get_field(y, field) ||
		    (skip_pcrop && strncmp(field->name, "PCROP", 5) == 0) ||
		    (stm32l4_is_secure_only(f->line, field->reg) && !has_tzen(f->line, y)) ||
		    is_same_area(bank, field, x, y))
			continue;
		if (differences != NULL)
			buf_printf(differences, "%s%s = 0x%x, not 0x%x", count > 0 ? ", " : "",
				   field->name, get_field(x, field), get_field(y, field));
		count++;
	}
	return count;
}

/* Beside OPTR and the areas. Boot addresses: main flash and system memory (RM0456 7.9.14). */
static bool factory_value(const char *name, uint32_t *value)
{
	static const struct { const char *name; uint32_t value; } values[] = {
		{ "NSBOOTADD0", 0x08000000u >> 7 }, { "NSBOOTADD1", 0x0bf90000u >> 7 },
		{ "UNLOCK_1A", 1 }, { "UNLOCK_1B", 1 }, { "UNLOCK_2A", 1 }, { "UNLOCK_2B", 1 },
		{ "SEC_SIZE", 0 }, { "SEC_SIZE1", 0 }, { "SEC_SIZE2", 0 }, { "BOOT_LOCK", 0 },
		{ "PCROP_RDP", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (strcmp(values[i].name, name) != 0)
			continue;
		*value = values[i].value;
		return true;
	}
	return false;
}

enum err stm32l4_factory_options(const struct flash_bank *bank, const struct stm32l4_option_values *now,
				 struct stm32l4_option_values *factory)
{
	const struct stm32l4 *f = bank->priv;
	const struct stm32l4_line *line = f->line;
	struct area_fields a;
	uint32_t value;
	char name[40];
	bool is_lost;

	if (line->factory_optr == 0)
		return error_why(ERR_UNSUPPORTED, "the factory option bytes of a %s are not known here",
				 line->name);
	*factory = *now;
	is_lost = stm32l4_has_mismatch_values(f, *stm32l4_option_value(now, line->layout->optr), 0);
	for (const struct stm32l4_field *field = stm32l4_fields(line); field->name != NULL; field++) {
		area_of(field, name, sizeof(name));
		if (stm32l4_is_secure_only(line, field->reg))
			continue;
		if (field->reg == line->layout->optr && (field->danger != READ_ONLY || is_lost))
			put_field(factory, field, bits_get(line->factory_optr, field->msb, field->lsb));
		else if (field->danger != READ_ONLY && strcmp(name, field->name) != 0 &&
			 find_area(bank, name, &a))
			TRY(set_area(bank, factory, &a, name, "off"));
		else if (factory_value(field->name, &value))
			put_field(factory, field, value);
	}
	return OK;
}
