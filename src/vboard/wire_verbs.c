/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `wire`: what can be wrong between the probe and the board. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vboard/control_verbs.h"

static const struct signal {
	const char *name;
	unsigned bit;
} signals[] = {
	{ "swdio", LINK_DIO }, { "tms", LINK_DIO }, { "swclk", LINK_CLK },    { "tck", LINK_CLK },
	{ "tdi", LINK_TDI },   { "tdo", LINK_TDO }, { "nrst", LINK_NRESET },
};

static const char *const shorts[] = { "none", "low", "high" };

static enum err arg_number(const char *text, uint32_t max, uint32_t *value)
{
	char *end;
	unsigned long v = strtoul(text, &end, 0);

	if (end == text || *end != '\0' || *text == '-' || v > max)
		return error_why(ERR_ARGUMENT, "\"%s\" is no number up to %" PRIu32, text, max);
	*value = (uint32_t)v;
	return OK;
}

static enum err arg_signal(const char *name, unsigned *bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (strcmp(signals[i].name, name) == 0) {
			*bit = signals[i].bit;
			return OK;
		}
	}
	return error_why(ERR_ARGUMENT, "\"%s\" is none of swdio, swclk, tdi, tdo, nrst", name);
}

static enum err set_swap(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	(void)board;
	if (arg != NULL && strcmp(arg, "on") != 0 && strcmp(arg, "off") != 0)
		return error_why(ERR_ARGUMENT, "\"%s\" is neither on nor off", arg);
	wire->is_swapped = arg == NULL || strcmp(arg, "on") == 0;
	return OK;
}

static enum err set_open(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	unsigned bit = 0;

	(void)board;
	TRY(arg_signal(arg, &bit));
	wire->open |= bit;
	return OK;
}

static enum err set_closed(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	unsigned bit = 0;

	(void)board;
	TRY(arg_signal(arg, &bit));
	wire->open &= ~bit;
	return OK;
}

static enum err set_short(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	(void)board;
	for (size_t i = 0; i < ARRAY_SIZE(shorts); i++) {
		if (strcmp(shorts[i], arg) == 0) {
			wire->dio_short = (enum vb_wire_short)i;
			return OK;
		}
	}
	return error_why(ERR_ARGUMENT, "\"%s\" is none of low, high, none", arg);
}

static enum err set_max_khz(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	(void)board;
	return arg_number(arg, 1000000, &wire->max_khz);
}

static enum err set_vtref(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	uint32_t mv = 0;

	(void)wire;
	TRY(arg_number(arg, 20000, &mv));
	board->millivolts = mv;
	return OK;
}

static enum err set_nrst(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	(void)wire;
	if (strcmp(arg, "stuck") != 0 && strcmp(arg, "free") != 0)
		return error_why(ERR_ARGUMENT, "\"%s\" is neither stuck nor free", arg);
	vb_board_hold_nrst(board, strcmp(arg, "stuck") == 0);
	return OK;
}

static enum err set_good(struct vb_board *board, struct vb_wire *wire, const char *arg)
{
	(void)arg;
	*wire = (struct vb_wire){ 0 };
	board->millivolts = 3300;
	vb_board_hold_nrst(board, false);
	return OK;
}

static const struct knob {
	const char *name;
	int min_args, max_args;
	enum err (*set)(struct vb_board *board, struct vb_wire *wire, const char *arg);
} knobs[] = {
	{ "swap", 0, 1, set_swap },	  { "open", 1, 1, set_open },
	{ "close", 1, 1, set_closed },	  { "short", 1, 1, set_short },
	{ "max-khz", 1, 1, set_max_khz }, { "vtref", 1, 1, set_vtref },
	{ "nrst", 1, 1, set_nrst },	  { "good", 0, 0, set_good },
};

static void show(const struct vb_board *board, struct buf *out)
{
	const struct vb_wire *wire = &board->link->wire;
	const char *sep = "";

	buf_printf(out, ",\"swapped\":%s,\"open\":[", wire->is_swapped ? "true" : "false");
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		bool is_alias = i > 0 && signals[i].bit == signals[i - 1].bit;

		if ((wire->open & signals[i].bit) && !is_alias) {
			buf_printf(out, "%s\"%s\"", sep, signals[i].name);
			sep = ",";
		}
	}
	buf_printf(out,
		   "],\"short\":\"%s\",\"max_khz\":%" PRIu32 ",\"vtref_mv\":%u,\"nrst_stuck\":%s",
		   shorts[wire->dio_short], wire->max_khz, vb_board_millivolts(board),
		   board->nrst_held ? "true" : "false");
}

enum err vb_run_wire(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	struct vb_board *board = control->board;
	struct vb_wire wire = board->link->wire;
	const struct knob *knob = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(knobs) && argc > 1; i++)
		if (strcmp(knobs[i].name, argv[1]) == 0)
			knob = &knobs[i];
	if (argc > 1 && knob == NULL)
		return error_why(ERR_ARGUMENT,
				 "\"%s\" is none of swap, open, close, short, max-khz, vtref, nrst, good",
				 argv[1]);
	if (knob != NULL) {
		/* "short swdio low" says no more than "short low": SWDIO is the only one. */
		if (argc == 4 && knob->set == set_short && strcmp(argv[2], "swdio") == 0)
			argv[2] = argv[3], argc = 3;
		if (argc - 2 < knob->min_args || argc - 2 > knob->max_args)
			return error_why(ERR_ARGUMENT, "wrong number of words after \"wire %s\"",
					 argv[1]);
		TRY(knob->set(board, &wire, argc > 2 ? argv[2] : NULL));
		vb_board_set_wire(board, &wire);
	}
	show(board, out);
	return OK;
}
