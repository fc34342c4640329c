/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/swo.h"

struct vb_board *vb_board_new(const struct vb_chip *chip)
{
	struct vb_board *board = xcalloc(1, sizeof(*board));

	board->chip = chip;
	board->priv = xcalloc(1, chip->priv_size + 1);
	board->clock = vb_clock_new();
	board->bus = vb_bus_new();
	board->powered = true;
	board->millivolts = 3300;
	if (!chip->create(board, board->priv)) {
		vb_board_free(board);
		return NULL;
	}
	board->link = vb_link_new(board->dp, board->clock);
	vb_board_reset(board, VB_RESET_POWER_ON);
	return board;
}

void vb_board_free(struct vb_board *board)
{
	if (board == NULL)
		return;
	vb_link_free(board->link);
	if (board->chip->destroy != NULL)
		board->chip->destroy(board, board->priv);
	vb_dp_free(board->dp);
	vb_cpu_free(board->cpu2);
	vb_cpu_free(board->cpu);
	vb_swo_free(board->swo);
	vb_bus_free(board->branch);
	vb_bus_free(board->bus);
	vb_clock_free(board->clock);
	free(board->priv);
	free(board);
}

static void hold_cpu2(struct vb_board *board)
{
	if (board->cpu2 == NULL)
		return;
	vb_cpu_gate(board->cpu2, board->cpu2_is_off);
	vb_cpu_hold(board->cpu2, board->nrst_low || !board->powered || board->cpu2_is_off);
}

void vb_board_start_cpu2(struct vb_board *board, bool on)
{
	board->cpu2_is_off = !on;
	hold_cpu2(board);
}

void vb_board_reset(struct vb_board *board, enum vb_reset kind)
{
	bool is_power_on = kind == VB_RESET_POWER_ON;

	board->chip->reset(board, board->priv, kind);
	vb_cpu_reset(board->cpu, is_power_on ? VB_CPU_POWER_ON : VB_CPU_SYSTEM);
	if (board->cpu2 != NULL)
		vb_cpu_reset(board->cpu2, is_power_on ? VB_CPU_POWER_ON : VB_CPU_SYSTEM);
	if (is_power_on) {
		vb_dp_power_on(board->dp);
		vb_link_power_on(board->link);
	} else {
		vb_dp_system_reset(board->dp);
	}
}

static void hold_core(struct vb_board *board)
{
	vb_cpu_hold(board->cpu, board->nrst_low || !board->powered);
	hold_cpu2(board);
}

static void settle_nrst(struct vb_board *board)
{
	bool is_open = board->link->wire.open & LINK_NRESET;
	bool low = board->nrst_held || (board->nrst_driven && !is_open);

	if (low == board->nrst_low)
		return;
	board->nrst_low = low;
	vb_link_nrst(board->link, low);
	if (low && board->powered)
		vb_board_reset(board, VB_RESET_NRST);
	if (!low && board->powered && board->chip->released != NULL)
		board->chip->released(board, board->priv);
	hold_core(board);
}

void vb_board_set_nrst(struct vb_board *board, bool low)
{
	board->nrst_driven = low;
	settle_nrst(board);
}

void vb_board_hold_nrst(struct vb_board *board, bool low)
{
	board->nrst_held = low;
	settle_nrst(board);
}

bool vb_board_nrst_at_probe(const struct vb_board *board)
{
	return board->link->wire.open & LINK_NRESET ? board->nrst_driven : board->nrst_low;
}

void vb_board_set_wire(struct vb_board *board, const struct vb_wire *wire)
{
	vb_link_set_wire(board->link, wire);
	settle_nrst(board);
}

bool vb_board_preset(struct vb_board *board, const char *name, char *error, size_t error_size)
{
	const struct vb_preset *p = board->chip->presets;
	int used = snprintf(error, error_size, "there is no preset \"%s\"; presets:", name);

	for (; p != NULL && p->name != NULL; p++) {
		if (strcmp(p->name, name) == 0)
			return p->set(board, board->priv, name, error, error_size);
		if (p->lacks != NULL && p->lacks(board, board->priv, p->name) != NULL)
			continue;
		if (used >= 0 && (size_t)used < error_size)
			used += snprintf(error + used, error_size - (size_t)used, " %s", p->name);
	}
	if (board->chip->presets == NULL)
		snprintf(error, error_size, "%s has no presets", board->chip->board_name);
	return false;
}

void vb_board_set_power(struct vb_board *board, bool on)
{
	if (on == board->powered)
		return;
	board->powered = on;
	vb_dp_set_powered(board->dp, on);
	/* Going off is a reset too: what the chip was doing, flash included, ends here. */
	vb_board_reset(board, VB_RESET_POWER_ON);
	hold_core(board);
}

unsigned vb_board_millivolts(const struct vb_board *board)
{
	return board->powered ? board->millivolts : 0;
}
