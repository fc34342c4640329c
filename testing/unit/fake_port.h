/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dap_port right on the fake DP, for tests of dap/: no wire, no probe. Counts what goes by. */
#ifndef TESTING_FAKE_PORT_H
#define TESTING_FAKE_PORT_H

#include "fake_dp.h"

#include "adapter/adapter.h"
#include "adapter/flight.h"
#include "dap/link.h"
#include "dap/mem_ap.h"

struct fake_board {
	struct fake_dp dp;
	struct adapter adapter;
	struct dap dap;
	struct mem_ap *ap;
	unsigned runs, connects, aborts, selections;
	uint32_t targetsel;
};

/* One access as a probe does it: the posted read is collected at once, WAIT is reported. */
static inline unsigned fake_access(struct fake_dp *dp, const struct port_item *item, size_t word)
{
	uint32_t value = item->src ? item->src[word] : item->value, ignored = 0;
	unsigned ack = fake_dp_transfer(dp, item->reg, item->is_read, &value);

	if (dp->is_jtag)
		;	/* results are shifted out as they are */
	else if (ack == FAKE_OK && item->is_read && (item->reg & 1))
		ack = fake_dp_transfer(dp, 0xc, true, &value);
	else if (ack == FAKE_OK && (item->reg & 1))
		ack = fake_dp_transfer(dp, 0xc, true, &ignored);
	if (ack == FAKE_OK && item->is_read && item->dst != NULL)
		item->dst[word] = value;
	return ack;
}

static inline enum err fake_run(struct dap_port *port)
{
	struct fake_board *board = port->priv;
	struct port_pos pos = { 0 };
	struct port_shadow shadow;
	enum err rc = OK;

	board->runs++;
	if (board->dp.is_jtag)
		port_shadow_begin(port, &shadow);
	for (; rc == OK && !port_at_end(port, pos); port_advance(port, &pos)) {
		switch (fake_access(&board->dp, &port->items[pos.item], pos.word)) {
		case FAKE_OK: break;
		case FAKE_WAIT: rc = port_fail(port, pos, ERR_DAP_WAIT, FAKE_WAIT); break;
		case FAKE_FAULT: rc = port_fail(port, pos, ERR_DAP_FAULT, FAKE_FAULT); break;
		default: rc = port_fail(port, pos, ERR_DAP_NO_ACK, 7); break;
		}
	}
	if (rc == OK && board->dp.is_jtag && port_has_ap_access(port) && fake_sticky(&board->dp))
		rc = port_fail(port, port_blame(port, pos), ERR_DAP_FAULT, FAKE_FAULT);
	if (board->dp.is_jtag)
		port_shadow_end(port, &shadow, rc == OK);
	port_reset_queue(port);
	return rc;
}

static inline enum err fake_connect(struct dap_port *port, enum link_connect how)
{
	struct fake_board *board = port->priv;

	(void)how;
	board->connects++;
	return OK;
}

static inline enum err fake_abort(struct dap_port *port, uint32_t value)
{
	struct fake_board *board = port->priv;

	board->aborts++;
	fake_dp_write(&board->dp, 0, value);
	return OK;
}

static inline enum err fake_select_target(struct dap_port *port, uint32_t targetsel)
{
	struct fake_board *board = port->priv;

	board->selections++;
	board->targetsel = targetsel;
	return OK;
}

static const struct dap_port_ops fake_ops = {
	.read = port_read,
	.write = port_write,
	.read_block = port_read_block,
	.write_block = port_write_block,
	.run = fake_run,
	.connect = fake_connect,
	.select_target = fake_select_target,
	.abort = fake_abort,
};

static inline struct fake_board *fake_board_new(void)
{
	struct fake_board *board = xcalloc(1, sizeof(*board));

	fake_dp_init(&board->dp);
	board->adapter.is_open = true;
	board->adapter.transport = TRANSPORT_SWD;
	board->adapter.port.ops = &fake_ops;
	board->adapter.port.priv = board;
	board->adapter.port.transport = TRANSPORT_SWD;
	board->adapter.port.wait_budget_ms = 50;
	board->adapter.port.flight = flight_new();
	board->dap.name = xstrdup("fake.dap");
	board->dap.adapter = &board->adapter;
	board->dap.port = &board->adapter.port;
	board->ap = mem_ap_get(&board->dap, 0);
	error_clear();
	return board;
}

static inline void fake_board_free(struct fake_board *board)
{
	mem_ap_free_all(&board->dap);
	flight_free(board->adapter.port.flight);
	free(board->adapter.port.items);
	free(board->dap.name);
	free(board);
}

#endif
