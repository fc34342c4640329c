/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A serial flash clock by clock: levels in, levels out.
 *
 * The phase says on how many lines the device listens or answers; nothing here knows how many the
 * host meant. An opcode that is not heard (busy, asleep, unknown) leaves the device dead until CS#
 * rises: it drives no line, and the host reads the pull-ups.
 */
#include "vboard/device/nor_parts.h"

static void start(struct nor *nor, enum nor_phase phase, unsigned pads, unsigned bits)
{
	nor->phase = phase;
	nor->pads = (uint8_t)pads;
	nor->bits = bits;
	nor->shift = 0;
}

static unsigned pads_of(const struct nor *nor, unsigned pads)
{
	return nor->qpi ? 4 : pads;
}

static void start_data(struct nor *nor)
{
	const struct nor_op *op = nor->op;

	nor->out_bits = 0;
	if (op->give != NULL)
		start(nor, PHASE_OUT, pads_of(nor, op->data), 0);
	else if (op->take != NULL)
		start(nor, PHASE_IN, pads_of(nor, op->data), 8);
	else
		start(nor, PHASE_DONE, pads_of(nor, op->addr ? op->addr : 1), 0);
}

static void start_dummy(struct nor *nor)
{
	unsigned clocks = nor->model->family->dummy(nor, nor->op);

	if (clocks > 0)
		start(nor, PHASE_DUMMY, 1, clocks);
	else
		start_data(nor);
}

static void opcode_done(struct nor *nor)
{
	if (nor->op->addr)
		start(nor, PHASE_ADDRESS, pads_of(nor, nor->op->addr), 24);
	else
		start_dummy(nor);
}

static void address_done(struct nor *nor)
{
	nor->addr = nor->shift;		/* the bits above the size are dropped where it is used */
	if (nor->op->mode)
		start(nor, PHASE_MODE, pads_of(nor, nor->op->mode), 8);
	else
		start_dummy(nor);
}

static void mode_done(struct nor *nor)
{
	nor->mode = (uint8_t)nor->shift;
	if (nor->op->flags & OP_CONTINUOUS) {
		bool goes_on = nor->model->family->mode_continues(nor->mode);

		nor->continuous = goes_on ? nor->op : NULL;
	}
	start_dummy(nor);
}

/* Why the opcode that just came in is not heard; NULL: it is. */
static const char *deafness(const struct nor *nor, const struct nor_op *op)
{
	if (nor->down)
		return op != NULL && (op->flags & OP_IN_DPD) ? NULL : "deep power-down";
	if (op == NULL || (nor->qpi && !(op->flags & OP_QPI)) ||
	    (!nor->qpi && (op->flags & OP_NOT_SPI)))
		return nor->qpi ? "no such opcode in QPI mode" : "no such opcode";
	if (nor_is_busy(nor) && !(op->flags & OP_WHILE_BUSY))
		return "busy";
	if ((op->flags & OP_NEEDS_QE) && !nor->qpi && !nor->model->family->has_qe(nor))
		return "QE = 0";
	return NULL;
}

static void decode(struct nor *nor)
{
	const struct nor_op *op = nor->by_opcode[nor->shift & 0xff];
	const char *why;

	nor->opcode = (uint8_t)nor->shift;
	nor_catch_up(nor);
	why = vb_clock_now(nor->clock) < nor->ready_at ? "not ready yet" : deafness(nor, op);
	/* 99h must follow 66h, and a volatile register write 50h, with nothing between. */
	if (nor->opcode != 0x99)
		nor->reset_armed = false;
	if (op == NULL || (op->take == NULL && op->give == NULL))
		nor->volatile_armed = false;
	if (why != NULL) {
		nor->op = NULL;
		nor->phase = PHASE_DEAD;
		nor_ignore(nor, why);
		return;
	}
	nor->op = op;
	nor->dtr = op->flags & OP_DTR;
	opcode_done(nor);
}

static void phase_in(struct nor *nor, uint8_t levels)
{
	nor->shift = nor->shift << nor->pads | (levels & ((1u << nor->pads) - 1));
	nor->bits -= nor->pads;
	if (nor->bits > 0)
		return;
	switch (nor->phase) {
	case PHASE_OPCODE:
		decode(nor);
		break;
	case PHASE_ADDRESS:
		address_done(nor);
		break;
	case PHASE_MODE:
		mode_done(nor);
		break;
	default:
		nor->op->take(nor, (uint8_t)nor->shift);
		nor->count++;
		nor->shift = 0;
		nor->bits = 8;
		break;
	}
}

static uint8_t phase_out(struct nor *nor, uint8_t levels)
{
	unsigned value;

	if (nor->out_bits == 0) {
		nor->out = nor->op->give(nor);
		nor->count++;
		nor->out_bits = 8;
	}
	nor->out_bits = (uint8_t)(nor->out_bits - nor->pads);
	value = nor->out >> nor->out_bits;
	if (nor->pads == 4)
		return (uint8_t)((levels & ~0x0fu) | (value & 0x0f));
	if (nor->pads == 2)
		return (uint8_t)((levels & ~0x03u) | (value & 0x03));
	return (uint8_t)((levels & ~0x02u) | (value & 1) << 1);	/* DO is IO1 */
}

static uint8_t step(struct nor *nor, uint8_t levels, bool falling)
{
	switch (nor->phase) {
	case PHASE_OUT:
		return phase_out(nor, levels);
	case PHASE_DUMMY:
		if (falling == nor->dtr && --nor->bits == 0)	/* whole clocks */
			start_data(nor);
		return levels;
	case PHASE_DONE:
		nor->tail += nor->pads;
		return levels;
	case PHASE_DEAD:
		return levels;
	default:
		phase_in(nor, levels);
		return levels;
	}
}

/*
 * In SPI mode with QE = 0, IO2 is WP# and IO3 is HOLD# or RESET#: a clock under HOLD# does not
 * count, RESET# ends the command and everything else.
 */
static bool is_held(struct nor *nor, uint8_t levels)
{
	nor->wp_low = !(levels & BIT(2));
	if (levels & BIT(3))
		return false;
	if (!nor->model->family->has_hold(nor) && nor->phase != PHASE_DEAD) {
		nor_reset(nor);
		nor->op = NULL;
		nor->phase = PHASE_DEAD;
	}
	return true;
}

static uint8_t nor_clock(void *dev, uint8_t out, uint8_t drive, bool ddr)
{
	struct nor *nor = dev;
	bool falling = ddr && nor->falling;
	bool both = !ddr && nor->dtr;	/* sampled once, yet a DTR command moves on at both edges */

	(void)drive;		/* a line that nobody drives is in `out` as 1 */
	if (ddr)
		nor->falling = !nor->falling;
	if (!nor->powered || nor->fault.absent || !nor->selected ||
	    (nor->has_pins && is_held(nor, out)))
		return out;
	if (falling && !nor->dtr)	/* a device without DTR looks at the rising edge only */
		return nor->levels;
	nor->levels = step(nor, out, falling);
	if (both)
		step(nor, out, true);
	return nor->levels;
}

static bool is_complete(const struct nor *nor)
{
	if (nor->op->flags & OP_ANY_END)
		return true;
	if (nor->phase == PHASE_IN)
		return nor->bits == 8;
	if (nor->phase == PHASE_OUT)
		return nor->op->finish != NULL;
	if (nor->phase != PHASE_DONE)
		return false;
	return nor->op->flags & OP_EXACT ? nor->tail == 0 : nor->tail % 8 == 0;
}

static void finish(struct nor *nor)
{
	const struct nor_op *op = nor->op;

	if (op == NULL || op->finish == NULL)
		return;
	if (!is_complete(nor)) {
		nor_ignore(nor, "CS# rose before the end or between two bytes");
	} else if ((op->flags & OP_NEEDS_WEL) && !nor->wel &&
		   !((op->flags & OP_VOLATILE) && nor->volatile_armed)) {
		nor_ignore(nor, "WEL = 0");
	} else if ((op->flags & OP_NEEDS_WEL) && vb_clock_now(nor->clock) < nor->writable_at) {
		nor_ignore(nor, "too soon after power-up");
	} else {
		op->finish(nor);
	}
}

static void nor_select(void *dev, bool low)
{
	struct nor *nor = dev;

	if (!nor->powered || nor->fault.absent || nor->selected == low)
		return;
	nor->selected = low;
	if (!low) {
		nor_catch_up(nor);
		finish(nor);
		nor->op = NULL;
		return;
	}
	nor->op = nor->continuous;
	nor->dtr = nor->op != NULL && (nor->op->flags & OP_DTR);
	nor->falling = nor->wp_low = false;
	nor->tail = nor->count = 0;
	nor->levels = 0xff;
	nor->has_pins = !nor->qpi && !nor->model->family->has_qe(nor);
	if (nor->op != NULL)
		opcode_done(nor);
	else
		start(nor, PHASE_OPCODE, pads_of(nor, 1), 8);
}

const struct vb_spi_ops nor_spi_ops = {
	.select = nor_select,
	.clock = nor_clock,
};
