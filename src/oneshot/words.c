/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rooms below advise in commands of the console. Whoever typed a verb has a shell: where a verb or an
 * option does the same, the advice names that one.
 */
#include <ctype.h>
#include <string.h>

#include "oneshot/verbs.h"

/* # is a number, * a word; $1 is the first of them. The first row that fits counts. */
static const struct {
	const char *console, *shell;
} words[] = {
	{ "\"stm32l4x doctor # --fix\"", "\"probed doctor --fix\"" },
	{ "\"stm32l4x doctor #\"", "\"probed doctor\"" },
	{ "\"stm32l4x unlock #; stm32l4x option_load #\"", "\"probed doctor --fix --yes\"" },
	{ "\"stm32l4x mass_erase #\"", "\"probed erase --all\"" },
	{ "\"flash protect # # # off\"", "\"probed doctor --fix --yes\"" },
	{ "\"flash erase_sector # # #\"", "\"probed erase --sector $2-$3\"" },
	{ "\"flash banks\"", "\"probed info\"" },
	{ "\"imxrt doctor halt\"", "\"probed doctor --halt\"" },
	{ "\"imxrt doctor\"", "\"probed doctor\"" },
	{ "erase the headers with \"imxrt rescue\"",
	  "erase the headers with \"probed erase --sector 0-1\"" },
	{ "by \"imxrt rescue\",", "by \"probed doctor --fix\"," },
	{ "\"flexspi unprotect\", or let \"imxrt rescue\" do it", "\"probed doctor --fix --yes\"" },
	{ "\"imxrt rescue wait\"", "probed --chip NAME -c \"init; imxrt rescue wait; shutdown\"" },
	{ "\"imxrt rescue\"", "\"probed doctor --fix --yes\"" },
	{ "\"flexspi doctor\"", "\"probed doctor --halt\"" },
	{ "\"flexspi unprotect\"", "\"probed flash --unlock FILE\"" },
	{ "\"program FILE verify reset\"", "\"probed flash FILE\"" },
	{ "\"reset run\"", "\"probed reset\"" },
	{ "\"reset halt\"", "\"probed reset --halt\"" },
	{ "\"reset_config srst_only srst_nogate connect_assert_srst\"", "--under-reset" },
	{ "\"adapter list\"", "\"probed list\"" },
	{ "\"adapter speed #\"", "\"--speed $1\"" },
	{ "\"adapter serial *\"", "\"--probe $1\"" },
	{ "add \"confirm\"", "add --yes" },
};

struct captured {
	const char *text[4];
	size_t n[4], count;
};

/* How much of `text` the pattern takes; 0: it does not fit. */
static size_t match(const char *pattern, const char *text, struct captured *found)
{
	const char *at = text;

	found->count = 0;
	for (; *pattern != '\0'; pattern++) {
		size_t n = 0;

		if (*pattern != '#' && *pattern != '*') {
			if (*at++ != *pattern)
				return 0;
			continue;
		}
		while (*pattern == '#' ? isdigit((unsigned char)at[n])
				       : at[n] != '\0' && at[n] != '"' && at[n] != ' ')
			n++;
		if (n == 0 || found->count == ARRAY_SIZE(found->text))
			return 0;
		found->text[found->count] = at;
		found->n[found->count++] = n;
		at += n;
	}
	return (size_t)(at - text);
}

static void put_filled(struct buf *out, const char *text, const struct captured *found)
{
	for (; *text != '\0'; text++) {
		if (*text == '$') {
			size_t which = (size_t)(*++text - '1');

			buf_append(out, found->text[which], found->n[which]);
		} else {
			buf_putc(out, *text);
		}
	}
}

char *shell_words(const char *text)
{
	struct buf out = { 0 };

	while (*text != '\0') {
		struct captured found;
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_SIZE(words) && n == 0; i++) {
			n = match(words[i].console, text, &found);
			if (n > 0)
				put_filled(&out, words[i].shell, &found);
		}
		if (n == 0)
			buf_putc(&out, *text);
		text += n > 0 ? n : 1;
	}
	buf_putc(&out, '\0');
	return (char *)out.data;
}
