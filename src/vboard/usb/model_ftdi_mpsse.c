/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MPSSE: executes the command stream of one channel (FTDI AN_108 1.5). Commands may be cut
 * anywhere by USB packets; long shifts go byte by byte, so a full reply FIFO stops them in the
 * middle and they go on when there is room.
 */
#include "base/bytes.h"
#include "vboard/usb/model_ftdi.h"

/* Shift commands are a bit field (AN_108 3.2). */
#define OP_OUT_FALLING 0x01u
#define OP_BITS	       0x02u
#define OP_IN_FALLING  0x04u
#define OP_LSB	       0x08u
#define OP_TDI	       0x10u
#define OP_TDO	       0x20u
#define OP_TMS	       0x40u
#define OP_NO_SHIFT    0x80u

#define BAD_COMMAND 0xfau

static size_t available(const struct vb_ftdi_channel *c)
{
	return c->count;
}

static uint8_t peek(const struct vb_ftdi_channel *c, size_t i)
{
	return c->commands[(c->head + i) % FTDI_MAX_FIFO];
}

uint8_t vb_ftdi_take(struct vb_ftdi_channel *c)
{
	uint8_t byte = peek(c, 0);

	c->head = (c->head + 1) % FTDI_MAX_FIFO;
	c->count--;
	return byte;
}

static void drop(struct vb_ftdi_channel *c, size_t n)
{
	c->head = (c->head + n) % FTDI_MAX_FIFO;
	c->count -= n;
}

/* TCK of the divisor and base clock; three-phase bits take one and a half periods (AN_108 3.8). */
uint32_t vb_ftdi_hz(const struct vb_ftdi_channel *c)
{
	bool is_slow_base = !c->ftdi->chip->is_h || c->is_div5;
	uint32_t hz = (is_slow_base ? 6000000u : 30000000u) / (1u + c->divisor);

	return MAX(c->is_3phase ? hz * 2 / 3 : hz, 1);
}

void vb_ftdi_engine_reset(struct vb_ftdi_channel *c)
{
	c->divisor = 0;
	c->is_div5 = true;
	c->is_loopback = c->is_adaptive = c->is_3phase = c->is_hung = false;
	c->open_drain = 0;
	c->op = 0;
	c->left = 0;
}

/* --- Clocks --- */

static void edge(struct vb_ftdi_channel *c, bool high)
{
	c->value = (uint16_t)(high ? c->value | PIN_TCK : c->value & ~PIN_TCK);
	if (c->is_wired && (c->direction & PIN_TCK))
		vb_ftdi_put_wire(c);
	else	/* nobody sees it, but it takes its time */
		c->ftdi->board->link->pending_ps += 500000000000ull / vb_ftdi_hz(c);
	/* Adaptive clocking waits for RTCK to follow; without that wire it is pulled up. */
	if (c->is_adaptive && !c->ftdi->has_rtck && !high)
		c->is_hung = true;
}

static void put_data(struct vb_ftdi_channel *c, uint16_t mask, uint16_t bits)
{
	uint16_t value = (uint16_t)((c->value & ~mask) | (bits & mask));

	if (value == c->value)
		return;
	c->value = value;
	vb_ftdi_put_wire(c);
}

static bool sample(struct vb_ftdi_channel *c)
{
	return c->is_loopback ? c->value & PIN_TDI : vb_ftdi_di(c);
}

/*
 * One period of TCK from and back to its idle level. Data that changes on the first edge reaches the
 * target after that edge; otherwise it stood there before. Sampling sees what was on the line just
 * before its edge.
 */
static bool clock_bit(struct vb_ftdi_channel *c, uint8_t op, uint16_t mask, uint16_t bits)
{
	bool idle = c->value & PIN_TCK, level = false;
	bool out_on_first = ((op & OP_OUT_FALLING) != 0) == idle;
	bool in_on_first = ((op & OP_IN_FALLING) != 0) == idle;

	if (!out_on_first)
		put_data(c, mask, bits);
	if (in_on_first && (op & OP_TDO))
		level = sample(c);
	edge(c, !idle);
	if (out_on_first)
		put_data(c, mask, bits);
	if (!in_on_first && (op & OP_TDO))
		level = sample(c);
	edge(c, idle);
	return level;
}

/* `n` bits of TDI; returns the reply byte as the shift register has it (AN_108 3.3..3.5). */
static uint8_t shift_bits(struct vb_ftdi_channel *c, uint8_t op, uint8_t data, unsigned n)
{
	uint16_t mask = op & OP_TDI ? PIN_TDI : 0;
	uint8_t lsb_shifter = 0;

	for (unsigned i = 0; i < n && !c->is_hung; i++) {
		bool out = op & OP_LSB ? data >> i & 1 : data >> (7 - i) & 1;
		bool in = clock_bit(c, op, mask, out ? PIN_TDI : 0);

		lsb_shifter = (uint8_t)(lsb_shifter >> 1 | (in ? 0x80 : 0));
		if ((op & OP_TDO) && !(op & OP_LSB))
			c->msb_shifter = (uint8_t)(c->msb_shifter << 1 | in);
	}
	return op & OP_LSB ? lsb_shifter : c->msb_shifter;
}

/* TMS from the low bits, LSB first; bit 7 goes to TDI before the first clock and stays. */
static uint8_t shift_tms(struct vb_ftdi_channel *c, uint8_t op, uint8_t data, unsigned n)
{
	uint16_t tdi = data & 0x80 ? PIN_TDI : 0;
	uint8_t shifter = 0;

	put_data(c, PIN_TDI, tdi);
	for (unsigned i = 0; i < n && !c->is_hung; i++) {
		bool in = clock_bit(c, op, PIN_TMS, data >> i & 1 ? PIN_TMS : 0);

		shifter = (uint8_t)(shifter >> 1 | (in ? 0x80 : 0));
	}
	return shifter;
}

static void clocks_only(struct vb_ftdi_channel *c, uint32_t n)
{
	for (uint32_t i = 0; i < n && !c->is_hung; i++)
		clock_bit(c, 0, 0, 0);
}

static bool gpiol1(struct vb_ftdi_channel *c)
{
	return vb_ftdi_get_pins(c) & PIN_GPIOL1;
}

static void clocks_until(struct vb_ftdi_channel *c, uint32_t n, bool level)
{
	for (uint32_t i = 0; i < n && !c->is_hung && gpiol1(c) != level; i++)
		clock_bit(c, 0, 0, 0);
}

/* --- Shift commands --- */

/* Byte mode under way: one data byte each time. false: waits for data or for room. */
static bool shift_byte(struct vb_ftdi_channel *c)
{
	uint8_t data = 0, in;

	if ((c->op & OP_TDO) && vb_ftdi_reply_room(c) == 0)
		return false;
	if (c->op & OP_TDI) {
		if (available(c) == 0)
			return false;
		data = vb_ftdi_take(c);
	}
	in = shift_bits(c, c->op, data, 8);
	if (c->op & OP_TDO)
		vb_ftdi_reply(c, in);
	c->left--;
	return true;
}

static bool shift_command(struct vb_ftdi_channel *c, uint8_t op)
{
	bool is_bits = op & (OP_BITS | OP_TMS), has_data = op & (OP_TDI | OP_TMS);
	size_t need = is_bits ? (has_data ? 3 : 2) : 3;
	uint8_t data, in;
	unsigned n;

	if (available(c) < need || ((op & OP_TDO) && vb_ftdi_reply_room(c) == 0))
		return false;
	if (!is_bits) {
		c->op = op;
		c->left = (uint32_t)(peek(c, 1) | peek(c, 2) << 8) + 1;
		drop(c, need);
		return true;
	}
	n = (peek(c, 1) & 7u) + 1;
	data = has_data ? peek(c, 2) : 0;
	drop(c, need);
	in = op & OP_TMS ? shift_tms(c, op, data, n) : shift_bits(c, op, data, n);
	if (op & OP_TDO)
		vb_ftdi_reply(c, in);
	return true;
}

/* --- The other commands --- */

static void set_low(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	c->value = (uint16_t)((c->value & 0xff00) | arg[0]);
	c->direction = (uint16_t)((c->direction & 0xff00) | arg[1]);
	vb_ftdi_put_pins(c);
}

static void set_high(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	uint16_t pins = c->ftdi->chip->high_pins;

	c->value = (uint16_t)((c->value & 0xff) | (arg[0] << 8 & pins));
	c->direction = (uint16_t)((c->direction & 0xff) | (arg[1] << 8 & pins));
	vb_ftdi_put_pins(c);
}

static void get_low(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	vb_ftdi_reply(c, (uint8_t)vb_ftdi_get_pins(c));
}

static void get_high(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	vb_ftdi_reply(c, (uint8_t)(vb_ftdi_get_pins(c) >> 8));
}

static void loopback_on(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_loopback = true;
}

static void loopback_off(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_loopback = false;
}

static void set_divisor(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	c->divisor = get_le16(arg);
	vb_ftdi_begin(c);
}

static void send_immediate(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->flushes++;
	vb_ftdi_flush(c);
}

/* The level on GPIOL1 is the board's or the host's own: if it is wrong now it stays wrong. */
static void wait_high(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_hung = !gpiol1(c);
}

static void wait_low(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_hung = gpiol1(c);
}

static void div5_off(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_div5 = false;
	vb_ftdi_begin(c);
}

static void div5_on(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_div5 = true;
	vb_ftdi_begin(c);
}

static void three_phase_on(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_3phase = true;
	vb_ftdi_begin(c);
}

static void three_phase_off(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_3phase = false;
	vb_ftdi_begin(c);
}

static void clock_n_bits(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	clocks_only(c, (arg[0] & 7u) + 1);
}

static void clock_n_bytes(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	clocks_only(c, (get_le16(arg) + 1u) * 8);
}

static void adaptive_on(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_adaptive = true;
}

static void adaptive_off(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	(void)arg;
	c->is_adaptive = false;
}

static void clock_n_until_high(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	clocks_until(c, (get_le16(arg) + 1u) * 8, true);
}

static void clock_n_until_low(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	clocks_until(c, (get_le16(arg) + 1u) * 8, false);
}

static void set_open_drain(struct vb_ftdi_channel *c, const uint8_t *arg)
{
	c->open_drain = get_le16(arg);
	vb_ftdi_put_pins(c);
}

enum who { EVERY_CHIP, H_CHIPS, OPEN_DRAIN_CHIPS };

static const struct command {
	uint8_t op;
	uint8_t args, replies;
	enum who who;
	void (*run)(struct vb_ftdi_channel *c, const uint8_t *arg);
} commands[] = {
	{ 0x80, 2, 0, EVERY_CHIP, set_low },
	{ 0x81, 0, 1, EVERY_CHIP, get_low },
	{ 0x82, 2, 0, EVERY_CHIP, set_high },
	{ 0x83, 0, 1, EVERY_CHIP, get_high },
	{ 0x84, 0, 0, EVERY_CHIP, loopback_on },
	{ 0x85, 0, 0, EVERY_CHIP, loopback_off },
	{ 0x86, 2, 0, EVERY_CHIP, set_divisor },
	{ 0x87, 0, 0, EVERY_CHIP, send_immediate },
	{ 0x88, 0, 0, EVERY_CHIP, wait_high },
	{ 0x89, 0, 0, EVERY_CHIP, wait_low },
	{ 0x8a, 0, 0, H_CHIPS, div5_off },
	{ 0x8b, 0, 0, H_CHIPS, div5_on },
	{ 0x8c, 0, 0, H_CHIPS, three_phase_on },
	{ 0x8d, 0, 0, H_CHIPS, three_phase_off },
	{ 0x8e, 1, 0, H_CHIPS, clock_n_bits },
	{ 0x8f, 2, 0, H_CHIPS, clock_n_bytes },
	/* Until GPIOL1 is high or low: as it stands it is now or never. */
	{ 0x94, 0, 0, H_CHIPS, wait_high },
	{ 0x95, 0, 0, H_CHIPS, wait_low },
	{ 0x96, 0, 0, H_CHIPS, adaptive_on },
	{ 0x97, 0, 0, H_CHIPS, adaptive_off },
	{ 0x9c, 2, 0, H_CHIPS, clock_n_until_high },
	{ 0x9d, 2, 0, H_CHIPS, clock_n_until_low },
	{ 0x9e, 2, 0, OPEN_DRAIN_CHIPS, set_open_drain },
};

static const struct command *find_command(const struct vb_ftdi_channel *c, uint8_t op)
{
	const struct vb_ftdi_chip *chip = c->ftdi->chip;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].op != op || op == c->ftdi->rejects)
			continue;
		if ((commands[i].who == H_CHIPS && !chip->is_h) ||
		    (commands[i].who == OPEN_DRAIN_CHIPS && !chip->has_open_drain))
			return NULL;
		return &commands[i];
	}
	return NULL;
}

/* Bit 7 set and not known: the chip answers FA and the command (AN_108 3.1). */
static bool bad_command(struct vb_ftdi_channel *c)
{
	if (vb_ftdi_reply_room(c) < 2)
		return false;
	c->bad_commands++;
	vb_ftdi_reply(c, BAD_COMMAND);
	vb_ftdi_reply(c, vb_ftdi_take(c));
	return true;
}

static bool other_command(struct vb_ftdi_channel *c, uint8_t op)
{
	const struct command *command = find_command(c, op);
	uint8_t arg[2];

	if (command == NULL)
		return bad_command(c);
	if (available(c) < 1u + command->args || vb_ftdi_reply_room(c) < command->replies)
		return false;
	arg[0] = peek(c, 1);
	arg[1] = peek(c, 2);
	drop(c, 1u + command->args);
	command->run(c, arg);
	return true;
}

/* --- MCU host bus emulation: a bus with nobody on it --- */

static bool mcu_command(struct vb_ftdi_channel *c, uint8_t op)
{
	size_t need = op == 0x90 ? 2 : op == 0x91 || op == 0x92 ? 3 : 4;

	if (op < 0x90 || op > 0x93)
		return op & OP_NO_SHIFT ? other_command(c, op) : bad_command(c);
	if (available(c) < need || vb_ftdi_reply_room(c) == 0)
		return false;
	drop(c, need);
	if (op <= 0x91)
		vb_ftdi_reply(c, 0xff);
	return true;
}

/* --- */

/* false: nothing more can be done now. */
static bool one_command(struct vb_ftdi_channel *c)
{
	uint8_t op;

	if (c->is_hung)
		return false;
	if (c->left > 0)
		return shift_byte(c);
	if (available(c) == 0)
		return false;
	op = peek(c, 0);
	if (c->mode == MODE_MCU_HOST ? mcu_command(c, op) :
	    op & OP_NO_SHIFT	     ? other_command(c, op) : shift_command(c, op)) {
		c->engine_commands++;
		return true;
	}
	return false;
}

/* Each byte is a set of levels; the synchronous mode answers with what was there before. */
static bool bitbang_byte(struct vb_ftdi_channel *c)
{
	uint8_t levels;

	if (available(c) == 0 || (c->mode == MODE_SYNC_BITBANG && vb_ftdi_reply_room(c) == 0))
		return false;
	levels = (uint8_t)vb_ftdi_get_pins(c);
	c->value = (uint16_t)((c->value & 0xff00) | vb_ftdi_take(c));
	vb_ftdi_put_pins(c);
	if (c->mode == MODE_SYNC_BITBANG)
		vb_ftdi_reply(c, levels);
	return true;
}

void vb_ftdi_run(struct vb_ftdi_channel *c)
{
	if (c->is_running)
		return;
	c->is_running = true;
	vb_ftdi_begin(c);
	switch (c->mode) {
	case MODE_MPSSE:
	case MODE_MCU_HOST:
		while (one_command(c))
			;
		break;
	case MODE_ASYNC_BITBANG:
	case MODE_SYNC_BITBANG:
		while (bitbang_byte(c))
			;
		break;
	default:	/* a serial port with nobody at its other end */
		drop(c, c->count);
		break;
	}
	vb_link_sync(c->ftdi->board->link);
	c->is_running = false;
}
