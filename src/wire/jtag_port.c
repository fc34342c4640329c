/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On JTAG a scan brings the result of the one before, and its ACK tells whether this one is
 * accepted (IHI 0031 B3.2). OK and FAULT look the same, so a batch with AP accesses ends with a
 * look at CTRL/STAT. After a WAIT with ORUNDETECT the AP accesses behind it are discarded but DP
 * writes are not: SELECT is put back before the stream goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/bit_port_priv.h"
#include "wire/swd.h"

#define STICKY_FLAGS 0x32u	/* STICKYORUN, STICKYCMP, STICKYERR: write 1 to clear */
#define MAX_IDLE     64u
#define RETRY_STEPS  2u		/* a busy target is asked with little behind the question */

static enum err exchange(struct bit_port *bp, uint8_t *tdo)
{
	const struct bit_ops *ops = bit_ops_of(bp);

	ops->jtag(bp->adapter->bits_priv, bp->bits.tms.data, bp->bits.tdi.data, tdo,
		  bp->bits.count);
	bp->port->stats.wire_bits += bp->bits.count;
	return bit_port_flush(bp);
}

static void set_ir(struct bit_port *bp, unsigned ir)
{
	if (bp->ir == ir)
		return;
	/* Longer instruction registers have ones above the four bits. */
	jtag_put_tap_ir(&bp->bits, &bp->chain, bp->port->tap_index, 0xfffffff0u | ir);
	bp->ir = ir;
}

/* Appends one scan; returns where its captured bits begin. */
static size_t put_scan(struct bit_port *bp, uint8_t reg, bool is_read, uint32_t value)
{
	set_ir(bp, reg & 1 ? JTAG_IR_APACC : JTAG_IR_DPACC);
	size_t at = jtag_put_tap_dr(&bp->bits, &bp->chain, bp->port->tap_index,
				    jtag_dp_request(reg, is_read, value), JTAG_DP_BITS);

	if (reg & 1)
		jtag_put_idle(&bp->bits, MAX(bp->port->idle_cycles, bp->extra_idle));
	return at;
}

static void plan(struct bit_port *bp)
{
	struct dap_port *port = bp->port;
	struct port_pos pos = { 0 };
	bool checks = port_has_ap_access(port) && port_final_bank(port, bp->select & 0xf) == 0;

	bp->step_count = 0;
	for (; !port_at_end(port, pos); port_advance(port, &pos)) {
		const struct port_item *item = &port->items[pos.item];
		struct bit_step *step = bit_port_add(bp);

		*step = (struct bit_step){ .reg = item->reg, .is_read = item->is_read, .pos = pos };
		if (item->is_read)
			step->dst = item->dst ? item->dst + pos.word : NULL;
		else
			step->value = port_value(port, pos);
	}
	bp->ctrl_stat = 0;
	if (checks)
		*bit_port_add(bp) = (struct bit_step){ PORT_DP(0x4), true, 0, &bp->ctrl_stat, pos };
	*bit_port_add(bp) =
		(struct bit_step){ PORT_DP(0xc), true, 0, NULL, pos }; /* brings the last result */
}

static void accept(struct bit_port *bp, struct bit_step *step)
{
	bp->uncollected = step;
	bp->port->stats.transfers++;
	if (step->is_read || (step->reg & 1))
		return;
	if (step->reg == PORT_DP(0x8))
		bp->select = step->value;
	else if (step->reg == PORT_DP(0x4) && (bp->select & 0xf) == 0)
		bp->ctrl = step->value & ~STICKY_FLAGS;
}

/* The result of the last accepted scan is in this capture. */
static void collect(struct bit_port *bp, uint64_t captured)
{
	struct bit_step *step = bp->uncollected;

	if (step == NULL)
		return;
	if (step->is_read && step->dst != NULL)
		*step->dst = jtag_dp_data(captured);
	flight_transfer(bp->port->flight, step->reg, step->is_read,
			step->is_read ? jtag_dp_data(captured) : step->value, SWD_ACK_OK);
	bp->uncollected = NULL;
}

static enum err broken(struct bit_port *bp, const struct bit_step *step, unsigned ack)
{
	bp->ir = 0;
	flight_transfer(bp->port->flight, step->reg, step->is_read, step->value, (uint8_t)ack);
	return port_fail(bp->port, step->pos, ERR_DAP_NO_ACK, ack);
}

/*
 * Scans [*done, end) in one flush. *done moves past those accepted. ERR_DAP_WAIT without a chain:
 * the step at *done must be repeated; what was under way is collected from a later capture if there
 * is one.
 */
static enum err stream_window(struct bit_port *bp, size_t end, size_t *done)
{
	size_t first = *done, *at = xcalloc(end - first, sizeof(*at));
	enum err rc = OK;

	jtag_bits_clear(&bp->bits);
	for (size_t i = first; i < end; i++)
		at[i - first] =
			put_scan(bp, bp->steps[i].reg, bp->steps[i].is_read, bp->steps[i].value);
	uint8_t *tdo = xcalloc(1, bp->bits.count / 8 + 1);

	rc = exchange(bp, tdo);
	for (size_t i = first; i < end && rc == OK; i++) {
		uint64_t captured = jtag_get(tdo, at[i - first], JTAG_DP_BITS);
		unsigned ack = jtag_dp_ack(captured);

		if (ack == SWD_ACK_OK) {
			collect(bp, captured);
			accept(bp, &bp->steps[i]);
			(*done)++;
		} else if (ack == SWD_ACK_WAIT) {
			flight_transfer(bp->port->flight, bp->steps[i].reg, bp->steps[i].is_read,
					bp->steps[i].value, SWD_ACK_WAIT);
			rc = ERR_DAP_WAIT;
		} else {
			rc = broken(bp, &bp->steps[i], ack);
		}
	}
	/* The scans behind a WAIT were not accepted, but the first with an OK brings the result. */
	for (size_t i = *done + 1; i < end && rc == ERR_DAP_WAIT && bp->uncollected != NULL; i++) {
		uint64_t captured = jtag_get(tdo, at[i - first], JTAG_DP_BITS);

		if (jtag_dp_ack(captured) == SWD_ACK_OK)
			collect(bp, captured);
	}
	free(tdo);
	free(at);
	return rc;
}

/* A scan of its own: its ACK, and the data it captured. */
static enum err single_scan(struct bit_port *bp, uint8_t reg, bool is_read, uint32_t value,
			    uint64_t *captured)
{
	uint8_t tdo[64] = { 0 };	/* IR and DR scan of a chain of JTAG_MAX_TAPS fit */

	jtag_bits_clear(&bp->bits);
	size_t at = put_scan(bp, reg, is_read, value);

	if (bp->bits.count > 8 * sizeof(tdo))
		return error_why(ERR_UNSUPPORTED, "the scan chain is too long");
	TRY(exchange(bp, tdo));
	*captured = jtag_get(tdo, at, JTAG_DP_BITS);
	return OK;
}

/* Clears STICKYORUN and puts SELECT back to what the next step relies on. */
static enum err repair_overrun(struct bit_port *bp, uint64_t deadline)
{
	const struct {
		uint8_t reg;
		uint32_t value;
	} writes[] = {
		{ PORT_DP(0x8), bp->select & ~0xfu },
		{ PORT_DP(0x4), bp->ctrl | STICKY_FLAGS },
		{ PORT_DP(0x8), bp->select },
	};
	uint64_t captured = 0;

	bp->extra_idle = MIN(bp->extra_idle ? 2 * bp->extra_idle : 1, MAX_IDLE);
	while (bp->uncollected != NULL) {
		TRY(single_scan(bp, PORT_DP(0xc), true, 0, &captured));
		if (jtag_dp_ack(captured) == SWD_ACK_OK)
			collect(bp, captured);
		else if (clock_now_ms() > deadline)
			return ERR_DAP_WAIT;
	}
	for (size_t i = 0; i < ARRAY_SIZE(writes);) {
		TRY(single_scan(bp, writes[i].reg, false, writes[i].value, &captured));
		if (jtag_dp_ack(captured) == SWD_ACK_OK)
			i++;
		else if (clock_now_ms() > deadline)
			return ERR_DAP_WAIT;
	}
	return OK;
}

static enum err run_steps(struct bit_port *bp)
{
	uint64_t deadline = 0;
	size_t done = 0, waited_at = (size_t)-1, most = bp->port->overrun_detect ? WINDOW_STEPS : 1;
	size_t window = most;

	while (done < bp->step_count) {
		enum err rc = stream_window(bp, MIN(done + window, bp->step_count), &done);

		window = MIN(4 * window, most);
		if (rc == OK)
			continue;
		if (rc != ERR_DAP_WAIT)
			return rc;
		bp->port->stats.waits++;
		window = MIN(RETRY_STEPS, most);
		if (waited_at != done) {
			waited_at = done;
			deadline = clock_now_ms() + bp->port->wait_budget_ms;
		}
		rc = clock_now_ms() > deadline ? ERR_DAP_WAIT : OK;
		if (rc == OK && bp->port->overrun_detect)
			rc = repair_overrun(bp, deadline);
		if (rc == ERR_DAP_WAIT)
			return port_fail(bp->port, bp->steps[done].pos, ERR_DAP_WAIT, SWD_ACK_WAIT);
		TRY(rc);
	}
	return OK;
}

/* The chain may have changed, and raw scans may have left anything in the instruction register. */
static enum err refresh_chain(struct bit_port *bp)
{
	const struct dap_port *port = bp->port;

	jtag_get_chain(bp->adapter, &bp->chain);
	if (port->tap_index >= bp->chain.count) {
		error_why(ERR_ADAPTER_CONFIG, "no TAP is declared for the debug port");
		return error_next(ERR_ADAPTER_CONFIG, "declare the chain with \"jtag newtap\"");
	}
	if (bp->ir_tap != port->tap_index || bp->ir_raw_scans != bp->adapter->raw_scans)
		bp->ir = 0;
	bp->ir_tap = port->tap_index;
	bp->ir_raw_scans = bp->adapter->raw_scans;
	return OK;
}

/* The TAPs may be in the middle of a scan that was cut off. */
static enum err get_in_step(struct bit_port *bp)
{
	if (!bp->is_out_of_step)
		return OK;
	jtag_bits_clear(&bp->bits);
	jtag_put_reset(&bp->bits);
	bp->ir = 0;
	TRY(exchange(bp, NULL));
	bp->is_out_of_step = false;
	return OK;
}

static enum err run_batch(struct bit_port *bp)
{
	struct dap_port *port = bp->port;
	struct port_shadow shadow;

	TRY(refresh_chain(bp));
	port->stats.runs++;
	TRY(get_in_step(bp));
	port_shadow_begin(port, &shadow);
	plan(bp);
	bp->uncollected = NULL;
	enum err rc = run_steps(bp);

	if (rc == OK && (bp->ctrl_stat & STICKY_FLAGS))
		rc = port_fail(port, port_blame(port, (struct port_pos){ port->item_count, 0 }),
			       ERR_DAP_FAULT, SWD_ACK_FAULT);
	port_shadow_end(port, &shadow, rc == OK);
	return rc;
}

static enum err jtag_run(struct dap_port *port)
{
	enum err rc = bit_port_ready(port);

	if (rc == OK && port->item_count > 0) {
		rc = run_batch(port->priv);
		bit_port_note_result(port->priv, rc);
	}
	port_reset_queue(port);
	return rc;
}

static enum err jtag_connect(struct dap_port *port, enum link_connect how)
{
	struct bit_port *bp = port->priv;
	uint8_t tms[SWD_SEQ_MAX_BYTES];

	TRY(bit_port_ready(port));
	flight_note(port->flight, FLIGHT_LINK, how);
	bit_ops_of(bp)->jtag(bp->adapter->bits_priv, tms, NULL, NULL,
			     swd_put_sequence(SWD_SEQ_SWD_TO_JTAG, tms));
	TRY(bit_ops_of(bp)->flush(bp->adapter->bits_priv));
	/* SELECT and CTRL/STAT outlive Test-Logic-Reset (IHI 0031 B3.1), and so does what is known of them:
	 * a chain that is only looked at again must not lose the power requests at the next WAIT. */
	bp->ir = 0;
	return jtag_check_chain(bp->adapter);
}

static enum err jtag_select_target(struct dap_port *port, uint32_t targetsel)
{
	(void)port;
	(void)targetsel;
	return error_why(ERR_UNSUPPORTED, "multidrop selection is a matter of SWD");
}

static enum err jtag_abort(struct dap_port *port, uint32_t value)
{
	struct bit_port *bp = port->priv;

	TRY(bit_port_ready(port));
	TRY(refresh_chain(bp));
	flight_note(port->flight, FLIGHT_ABORT, value);
	jtag_bits_clear(&bp->bits);
	set_ir(bp, JTAG_IR_ABORT);
	jtag_put_tap_dr(&bp->bits, &bp->chain, port->tap_index, jtag_dp_request(0, false, value),
			JTAG_DP_BITS);
	return exchange(bp, NULL);
}

static const struct dap_port_ops jtag_port_ops = {
	.read = port_read,
	.write = port_write,
	.read_block = port_read_block,
	.write_block = port_write_block,
	.run = jtag_run,
	.connect = jtag_connect,
	.select_target = jtag_select_target,
	.abort = jtag_abort,
};

void jtag_port_attach(struct adapter *adapter)
{
	bit_port_new(adapter);
	adapter->port.ops = &jtag_port_ops;
}
