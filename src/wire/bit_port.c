/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "wire/bit_port_priv.h"

struct bit_step *bit_port_add(struct bit_port *bp)
{
	if (bp->step_count == bp->step_capacity) {
		bp->step_capacity = bp->step_capacity ? 2 * bp->step_capacity : 256;
		bp->steps = xrealloc(bp->steps, bp->step_capacity * sizeof(*bp->steps));
	}
	struct bit_step *step = &bp->steps[bp->step_count++];

	*step = (struct bit_step){ 0 };
	return step;
}

struct bit_port *bit_port_new(struct adapter *adapter)
{
	struct bit_port *bp = xcalloc(1, sizeof(*bp));

	bp->adapter = adapter;
	bp->port = &adapter->port;
	bp->captures = xcalloc(WINDOW_STEPS, CAPTURE_BYTES);
	adapter->port.priv = bp;
	adapter->port.wants_overrun_detect = true;
	return bp;
}

void bit_port_detach(struct adapter *adapter)
{
	struct bit_port *bp = adapter->port.priv;

	if (bp == NULL)
		return;
	jtag_bits_free(&bp->bits);
	free(bp->steps);
	free(bp->captures);
	free(bp);
	adapter->port.priv = NULL;
}

enum err bit_port_flush(struct bit_port *bp)
{
	enum err rc;

	bp->port->stats.round_trips++;
	rc = bit_ops_of(bp)->flush(bp->adapter->bits_priv);
	if (rc != OK)
		bp->is_out_of_step = true;
	return rc;
}

void bit_port_note_result(struct bit_port *bp, enum err rc)
{
	bp->port->may_repeat = rc == ERR_ADAPTER_PROTOCOL || rc == ERR_TIMEOUT;
}

enum err bit_port_ready(struct dap_port *port)
{
	const struct bit_port *bp = port->priv;

	if (bp == NULL)
		return closed_port_ops.run(port);
	return bp->adapter->is_lost ? adapter_fail_lost(bp->adapter) : OK;
}
