/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "oneshot/choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dap/identity.h"

#define LIST_FILE "chips.list"
#define LIST_MAX  (1u << 20)
#define OFFERED	  6u

struct loading {
	struct choice *choice;
	enum err rc;
};

static enum err read_text(FILE *file, const char *path, struct buf *text)
{
	size_t n;

	do {
		n = fread(buf_reserve(text, 4096), 1, 4096, file);
		text->len += n;
	} while (n > 0 && text->len < LIST_MAX);
	buf_putc(text, '\0');
	return text->len < LIST_MAX ? OK : error_why(ERR_FORMAT, "%s is larger than 1 MiB", path);
}

static bool load_from(void *ctx, const char *dir)
{
	struct loading *loading = ctx;
	char *path = xasprintf("%s/%s", dir, LIST_FILE);
	FILE *file = fopen(path, "r");
	struct buf text = { 0 };

	if (file != NULL) {
		loading->rc = read_text(file, path, &text);
		fclose(file);
		if (loading->rc == OK)
			loading->rc =
				chips_add(&loading->choice->table, (const char *)text.data, path);
	}
	buf_free(&text);
	free(path);
	return loading->rc != OK;
}

enum err choose_load(struct choice *c)
{
	struct loading loading = { .choice = c };

	if (c->is_loaded)
		return OK;
	script_each_dir(c->script, load_from, &loading);
	TRY(loading.rc);
	if (c->table.count == 0)
		return error_next(
			error_why(ERR_NOT_FOUND, "%s is not on the search path", LIST_FILE),
			"add the folder of probed's scripts with -s");
	c->is_loaded = true;
	return OK;
}

void choose_free(struct choice *c)
{
	chips_free(&c->table);
	free(c->word);
}

static enum err run_row(struct choice *c, const struct chip_row *row)
{
	if (row->kind == ROW_CHIP && row->chip != NULL) {
		char *set =
			xasprintf("if {![info exists CHIPNAME]} { set CHIPNAME %s }", row->chip);
		enum err rc = script_eval(c->script, NULL, set, NULL, 0, NULL);

		free(set);
		TRY(rc);
	}
	log_debug("running %s", row->script);
	return script_run_file(c->script, NULL, row->script, NULL);
}

static enum err fail_unknown(struct choice *c, enum chip_kind kind, const char *word)
{
	const char *what = kind == ROW_CHIP ? "chip" : "board";
	struct buf near = { 0 };

	chips_nearest(&c->table, kind, word, OFFERED, &near);
	error_why(ERR_CHIP_NAME, "there is no %s \"%s\"", what, word);
	if (near.len > 0)
		error_next(ERR_CHIP_NAME, "did you mean %s? \"probed --chips\" lists all",
			   (const char *)near.data);
	else
		error_next(ERR_CHIP_NAME,
			   "\"probed --chips\" lists all; any Cortex-M can be debugged as "
			   "--chip cortex-m");
	buf_free(&near);
	return ERR_CHIP_NAME;
}

/* A script of the search path by its own name: "st_nucleo_l4" is board/st_nucleo_l4.cfg. */
static bool run_script_named(struct choice *c, const char *folder, const char *word, enum err *rc)
{
	char *file = xasprintf("%s/%s.cfg", folder, word), *path = NULL;

	if (strchr(word, '/') == NULL)
		path = script_find(c->script, file);
	if (path == NULL)
		error_clear();
	else
		*rc = script_run_file(c->script, NULL, file, NULL);
	free(path);
	free(file);
	return path != NULL;
}

static void remember(struct choice *c, const struct chip_row *chip, const char *word)
{
	c->chip = chip;
	free(c->word);
	c->word = xstrdup(word);
}

static enum err choose_named(struct choice *c, enum chip_kind kind, const char *word)
{
	const struct chip_row *row;
	enum err rc = OK;

	TRY(choose_load(c));
	row = chips_find(&c->table, kind, word);
	if (row == NULL && run_script_named(c, kind == ROW_CHIP ? "target" : "board", word, &rc))
		return rc;
	if (row == NULL)
		return fail_unknown(c, kind, word);
	if (kind == ROW_CHIP)
		remember(c, row, word);
	else if (row->chip != NULL)
		remember(c, chips_find(&c->table, ROW_CHIP, row->chip), word);
	return run_row(c, row);
}

enum err choose_chip(struct choice *c, const char *word)
{
	if (strcmp(word, "auto") == 0)
		return choose_by_itself(c);
	return choose_named(c, ROW_CHIP, word);
}

enum err choose_board(struct choice *c, const char *word)
{
	return choose_named(c, ROW_BOARD, word);
}

/* A name for a chip that no row knows: debugging needs no more than a core. */
static enum err take_any_core(struct choice *c, const char *found)
{
	log_warning("the chip is %s, and there is no flash driver for it: it is debugged as any "
		    "Cortex-M. If "
		    "that is wrong, name it with --chip; \"probed --chips\" lists all",
		    found != NULL ? found : "none that identifies itself in a known way");
	return script_run_file(c->script, NULL, "target/cortex_m.cfg", NULL);
}

/* An old probe may have JTAG only; whoever named no transport does not mind. */
static enum err detect(struct dap_list *daps, struct identity *found)
{
	struct adapter *adapter = daps->adapter;
	bool is_free = adapter->transport == TRANSPORT_NONE;
	enum err rc = identity_detect(daps, found);
	struct error first;

	if (rc != ERR_ADAPTER_FIRMWARE || !is_free ||
	    !adapter_has_transport(adapter, TRANSPORT_JTAG))
		return rc;
	log_info("%s: trying JTAG", error_current()->why);
	error_take(&first);
	adapter->transport = TRANSPORT_JTAG;
	rc = identity_detect(daps, found);
	if (rc != ERR_ADAPTER_FIRMWARE)
		return rc;
	adapter->transport = TRANSPORT_NONE;	/* neither: the first reason is the better one */
	error_put(&first);
	return rc;
}

enum err choose_by_itself(struct choice *c)
{
	struct adapter *adapter = c->daps->adapter;
	const struct chip_row *row;
	struct identity found;
	enum err rc;

	TRY(choose_load(c));
	TRY(probe_select_driver(adapter));
	rc = detect(c->daps, &found);
	if (rc == ERR_UNSUPPORTED) {
		log_info("%s", error_current()->why);
		error_clear();
		return take_any_core(c, NULL);
	}
	TRY(rc);
	row = chips_find_found(&c->table, found.chip);
	if (row == NULL)
		return take_any_core(c, found.chip);
	log_info("the chip is %s: running %s", found.chip, row->script);
	return run_row(c, row);
}

enum err choose_check(struct choice *c, struct dap *dap)
{
	struct identity found;

	if (c->chip == NULL || dap == NULL)
		return OK;
	if (identity_read(dap, &found) != OK) {
		log_debug("the chip does not say what it is: %s", error_current()->why);
		error_clear();
		return OK;
	}
	if (chips_fits(c->chip, found.chip))
		return OK;
	error_why(ERR_CHIP, "%s was named, but the chip is %s", c->word, found.chip);
	return error_next(
		ERR_CHIP,
		"leave --chip and --board out, or name the right one; --force goes on all "
		"the same");
}
