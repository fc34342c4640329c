/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chips: the names of --chip and --board, and the scripts behind them.
 *
 * The rows come from text files (chips.list, whose head explains the columns), not from C. Reading
 * and finding are pure: no file is opened here. Rows that were added first win over later ones of
 * the same name, so a user's own file is added before the installation's.
 */
#ifndef ONESHOT_CHIPS_H
#define ONESHOT_CHIPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

enum chip_kind { ROW_CHIP, ROW_BOARD };

struct chip_row {
	enum chip_kind kind;
	char *names;  /* "mimxrt1064,imxrt1064": the first is shown */
	char *script; /* "target/imxrt10xx.cfg" */
	char *chip;   /* chip: CHIPNAME to set; board: its chip; NULL: none */
	char *words;  /* chip: what it is called when found, a pattern; board: what it is */
};

struct chip_table {
	struct chip_row *rows;
	size_t count;
};

/* Adds the rows of a file's text. ERR_SCRIPT, with `file` and the line's number. */
enum err chips_add(struct chip_table *table, const char *text, const char *file);
void chips_free(struct chip_table *table);

/* NULL: none. A chip: the longest row that the word begins with; a board: the whole name. */
const struct chip_row *chips_find(const struct chip_table *table, enum chip_kind kind,
				  const char *word);
/* The row for what a chip calls itself ("STM32L47x/L48x"): the most general one, since all that fit
 * have the same script. NULL: none. */
const struct chip_row *chips_find_found(const struct chip_table *table, const char *found);
/* Does a chip that calls itself so belong to the row? Rows without a pattern take any. */
bool chips_fits(const struct chip_row *row, const char *found);
/* Up to `max` names that may have been meant, "a, b or c"; the buffer stays empty if nothing is
 * near. */
void chips_nearest(const struct chip_table *table, enum chip_kind kind, const char *word,
		   size_t max, struct buf *out);
/* The name that is shown; `size` is enough for any row's. */
void chips_name(const struct chip_row *row, char *name, size_t size);

#endif
