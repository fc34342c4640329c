/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequences of the look-up table, and the clocks they make (IMXRT1064RM "Look Up Table"). */
#include <string.h>

#include "vboard/device/imxrt_flexspi_priv.h"

#define INSTRUCTIONS 8u		/* of a sequence */

static unsigned instruction(const struct imxrt_flexspi *fs, unsigned id, unsigned ptr)
{
	return fs->lut[id * 4 + ptr / 2] >> 16 * (ptr & 1) & 0xffff;
}

static bool is_dummy(unsigned opcode)
{
	return (opcode & ~OP_DDR) == OP_DUMMY || (opcode & ~OP_DDR) == OP_DUMMY_RWDS;
}

static bool is_known(unsigned opcode)
{
	unsigned base = opcode & ~OP_DDR;

	return opcode == OP_STOP || opcode == OP_JMP_ON_CS ||
	       (base >= OP_CMD && base <= OP_DUMMY_RWDS && base != OP_LEARN);
}

/* A sequence is DDR when anything but its dummy clocks is. */
static bool is_ddr_sequence(const struct imxrt_flexspi *fs, unsigned id)
{
	for (unsigned i = 0; i < INSTRUCTIONS; i++) {
		unsigned opcode = instruction(fs, id, i) >> 10;

		if (opcode == OP_STOP)
			return false;
		if ((opcode & OP_DDR) && !is_dummy(opcode))
			return true;
	}
	return false;
}

static enum fs_code check_one(const struct imxrt_flexspi *fs, enum fs_source source, unsigned id)
{
	bool is_ddr = is_ddr_sequence(fs, id);

	for (unsigned i = 0; i < INSTRUCTIONS; i++) {
		unsigned opcode = instruction(fs, id, i) >> 10;

		if (opcode == OP_STOP)
			break;
		if (!is_known(opcode))
			return CODE_OPCODE;
		if (opcode == OP_JMP_ON_CS)
			return source == FROM_AHB_READ ? CODE_NONE : CODE_JMP;
		if (is_dummy(opcode) && is_ddr != !!(opcode & OP_DDR))
			return is_ddr ? CODE_SDR_DUMMY : CODE_DDR_DUMMY;
	}
	return CODE_NONE;
}

enum fs_code fs_check(const struct imxrt_flexspi *fs, enum fs_source source, unsigned id,
		      unsigned count, unsigned *failed_id)
{
	for (unsigned i = 0; i < count; i++) {
		enum fs_code code = check_one(fs, source, (id + i) & 15);

		*failed_id = (id + i) & 15;
		if (code != CODE_NONE)
			return code;
	}
	*failed_id = id;
	return CODE_NONE;
}

bool fs_locate(const struct imxrt_flexspi *fs, uint32_t *offset, unsigned *port, uint64_t *room)
{
	uint64_t at = *offset;

	for (unsigned i = 0; i < ARRAY_SIZE(fs->port); i++) {
		uint64_t bytes = (uint64_t)fs_reg(fs, FLEXSPI_FLSHA1CR0 + 4 * i) * 1024;

		if (at < bytes) {
			*offset = (uint32_t)at;
			*port = i;
			*room = bytes - at;
			return true;
		}
		at -= bytes;
	}
	return false;
}

/* FLSHxCR1 and FLSHxCR2 of a port; those of A1 count for all while MCR2.SAMEDEVICEEN is set. */
uint32_t fs_flash_cr(const struct imxrt_flexspi *fs, uint32_t first, unsigned port)
{
	bool same = fs_reg(fs, FLEXSPI_MCR2) & MCR2_SAMEDEVICEEN;

	return fs_reg(fs, first + 4 * (same ? 0 : port));
}

/* Wires */

static uint8_t connected_lines(const struct imxrt_flexspi *fs, unsigned port)
{
	static const uint32_t lines[] = { WIRE_D0, WIRE_D1, WIRE_D2, WIRE_D3,
					  WIRE_D4, WIRE_D5, WIRE_D6, WIRE_D7 };
	uint32_t wires = fs->env->wires[fs->config.instance];
	uint8_t mask = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
		mask |= (uint8_t)(wires & lines[i] ? BIT(i) : 0);
	if (port >= 2)
		return mask >> 4;
	return fs_reg(fs, FLEXSPI_MCR0) & MCR0_COMBINATIONEN ? mask : mask & 0x0f;
}

/* Data come back later than the clock that asked for them: which strobe is good up to where. */
static enum fs_strobe strobe_of(const struct imxrt_flexspi *fs, const struct fs_seq *seq)
{
	uint32_t hz = fs_sck(fs);

	switch (bits_get(fs_reg(fs, FLEXSPI_MCR0), 5, 4)) {
	case 0:			/* internal loopback: up to 60 MHz */
		return hz > 61000000 ? STROBE_LATE : STROBE_GOOD;
	case 1:			/* loopback from the DQS pad: up to 133 MHz, and needs the pad */
		if (!seq->has_dqs)
			return STROBE_NONE;
		return hz > 134000000 ? STROBE_LATE : STROBE_GOOD;
	case 3:			/* the flash's own */
		if (!seq->has_dqs || seq->ops == NULL || seq->ops->rwds == NULL)
			return STROBE_NONE;
		return hz >= 100000000 && !fs_dll_is_locked(fs, seq->port / 2) ? STROBE_DQS_LATE
									       : STROBE_DQS;
	default:		/* reserved */
		return STROBE_NONE;
	}
}

/* One clock, or one edge of DDR. Lines without a wire carry nothing out and read 1. */
static inline uint8_t tick(struct fs_seq *seq, uint8_t out, uint8_t drive, bool ddr)
{
	uint8_t in = 0xff;

	seq->clocks++;
	if (seq->ops)
		in = seq->ops->clock(seq->dev, (uint8_t)(out | (uint8_t)~seq->connected),
				     drive & seq->connected, ddr);
	return (uint8_t)(in | (uint8_t)~seq->connected);
}

static inline void send_bits(struct fs_seq *seq, uint64_t value, unsigned bits, unsigned pads,
			     bool ddr)
{
	uint8_t mask = (uint8_t)(BIT(pads) - 1);

	for (unsigned left = bits; left > 0; left = left > pads ? left - pads : 0) {
		unsigned below = left > pads ? left - pads : 0;
		uint8_t level = (uint8_t)(left < pads ? value << (pads - left)
						      : below < 64 ? value >> below : 0);

		seq->last = tick(seq, (uint8_t)((level & mask) | (uint8_t)~mask), mask, ddr);
	}
}

static void send_dummies(struct fs_seq *seq, unsigned clocks, bool ddr)
{
	while (clocks-- > 0)
		seq->last = tick(seq, 0xff, 0, ddr);
}

static bool rwds_level(const struct fs_seq *seq)
{
	if (seq->ops == NULL || seq->ops->rwds == NULL || !seq->has_dqs)
		return true;
	return seq->ops->rwds(seq->dev);
}

static void set_write_mask(const struct imxrt_flexspi *fs, const struct fs_seq *seq)
{
	uint32_t enable = seq->port < 2 ? FLSHCR4_WMENA : FLSHCR4_WMENB;

	if (!(fs_reg(fs, FLEXSPI_FLSHCR4) & enable) || !seq->has_dqs)
		return;
	if (seq->ops && seq->ops->set_rwds)
		seq->ops->set_rwds(seq->dev, false);
}

/* One sample of `pads` lines. With DQS as the strobe there is none before DQS moves. */
static inline uint8_t sample(struct fs_seq *seq)
{
	uint8_t before = seq->last;

	switch (seq->strobe) {
	case STROBE_GOOD:
		return seq->last = tick(seq, 0xff, 0, seq->is_ddr);
	case STROBE_LATE:
		seq->last = tick(seq, 0xff, 0, seq->is_ddr);
		return before;
	case STROBE_NONE:
		tick(seq, 0xff, 0, seq->is_ddr);
		return 0xff;
	case STROBE_DQS:
	case STROBE_DQS_LATE:
		break;
	}
	for (unsigned i = 0; i < 256; i++) {	/* longer than any latency */
		bool was = rwds_level(seq);

		before = seq->last;
		seq->last = tick(seq, 0xff, 0, seq->is_ddr);
		if (rwds_level(seq) != was)
			return seq->strobe == STROBE_DQS ? seq->last : before;
	}
	seq->strobe = STROBE_NONE;
	return 0xff;
}

void fs_seq_read(struct fs_seq *seq, uint8_t *to, unsigned bytes)
{
	unsigned pads = seq->pads;
	uint8_t mask = (uint8_t)(BIT(pads) - 1);
	unsigned shift = pads == 1;	/* one pad: data come in on IO1 */

	for (unsigned i = 0; i < bytes; i++) {
		unsigned value = 0;

		for (unsigned bit = 0; bit < 8; bit += pads)
			value = value << pads | (sample(seq) >> shift & mask);
		to[i] = (uint8_t)value;
	}
	seq->left -= bytes;
}

void fs_seq_write(struct fs_seq *seq, const uint8_t *from, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		send_bits(seq, from[i], 8, seq->pads, seq->is_ddr);
	seq->left -= bytes;
}

/* Sequences */

static void select_flash(struct imxrt_flexspi *fs, struct fs_seq *seq)
{
	const struct fs_port *port = &fs->port[seq->port];

	seq->clocks += bits_get(fs_flash_cr(fs, FLEXSPI_FLSHA1CR1, seq->port), 4, 0);
	seq->ptr = port->instr_ptr;
	seq->cs_low = true;
	seq->last = 0xff;
	if (seq->selects)
		port->spi->ops->select(port->spi->dev, true);
}

static void release_flash(struct imxrt_flexspi *fs, struct fs_seq *seq)
{
	const struct fs_port *port = &fs->port[seq->port];

	seq->cs_low = false;
	if (seq->selects)
		port->spi->ops->select(port->spi->dev, false);
}

static uint32_t high_clocks(const struct imxrt_flexspi *fs, unsigned port)
{
	uint32_t cr1 = fs_flash_cr(fs, FLEXSPI_FLSHA1CR1, port);

	return bits_get(cr1, 31, 16) * (cr1 & CR1_CSINTERVALUNIT ? 256 : 1);
}

void fs_seq_begin(struct imxrt_flexspi *fs, struct fs_seq *seq)
{
	uint32_t wires = fs->env->wires[fs->config.instance];
	const struct fs_port *port = &fs->port[seq->port];

	/* Only A1 has a chip select of its own among the wires the pads are watched for. */
	seq->selects = port->spi && (seq->port != 0 || (wires & WIRE_SS0));
	seq->ops = seq->selects && (wires & WIRE_SCLK) ? port->spi->ops : NULL;
	seq->dev = port->spi ? port->spi->dev : NULL;
	seq->has_dqs = wires & WIRE_DQS;
	seq->connected = connected_lines(fs, seq->port);
	seq->strobe = strobe_of(fs, seq);
	seq->clocks = 0;
	select_flash(fs, seq);
}

void fs_seq_end(struct imxrt_flexspi *fs, struct fs_seq *seq)
{
	if (!seq->cs_low)
		return;
	release_flash(fs, seq);
	fs->wires_free_ns = fs_now(fs) + fs_clocks_ns(fs, high_clocks(fs, seq->port));
}

static void send_address(struct imxrt_flexspi *fs, struct fs_seq *seq, unsigned instr)
{
	uint32_t cr1 = fs_flash_cr(fs, FLEXSPI_FLSHA1CR1, seq->port);
	uint32_t address = seq->offset >> (cr1 & CR1_WA ? 1 : 0);
	unsigned cas = bits_get(cr1, 14, 11);
	bool is_column = (instr >> 10 & ~OP_DDR) == OP_CADDR;

	address = is_column ? address & (BIT(cas) - 1) : address >> cas;
	send_bits(seq, address, instr & 0xff, BIT(instr >> 8 & 3), instr >> 10 & OP_DDR);
}

/* One instruction that moves no data. */
static void run_instruction(struct imxrt_flexspi *fs, struct fs_seq *seq, unsigned instr)
{
	unsigned opcode = instr >> 10, operand = instr & 0xff, pads = BIT(instr >> 8 & 3);
	bool ddr = opcode & OP_DDR;

	switch (opcode & ~OP_DDR) {
	case OP_CMD:
		send_bits(seq, operand, 8, pads, ddr);
		break;
	case OP_RADDR:
	case OP_CADDR:
		send_address(fs, seq, instr);
		break;
	case OP_DATSZ:
		send_bits(seq, seq->size, operand, pads, ddr);
		break;
	case OP_DUMMY:
		/* unconfirmed: the operand of a DDR dummy counts edges, two to a clock */
		send_dummies(seq, operand, ddr);
		break;
	case OP_DUMMY_RWDS:
		send_dummies(seq, rwds_level(seq) ? 2 * operand : operand, ddr);
		break;
	default:
		send_bits(seq, operand, BIT((opcode & ~OP_DDR) - OP_MODE1), pads, ddr);
		break;
	}
}

static bool begin_data(struct imxrt_flexspi *fs, struct fs_seq *seq, unsigned instr)
{
	unsigned base = instr >> 10 & ~OP_DDR;

	if (base != OP_READ && base != OP_WRITE)
		return false;
	seq->left = seq->size ? seq->size : instr & 0xff;
	seq->pads = BIT(instr >> 8 & 3);
	seq->is_ddr = instr >> 10 & OP_DDR;
	if (base == OP_WRITE)
		set_write_mask(fs, seq);
	return seq->left > 0;
}

enum fs_step fs_seq_step(struct imxrt_flexspi *fs, struct fs_seq *seq)
{
	for (;;) {
		unsigned instr = seq->ptr < INSTRUCTIONS ? instruction(fs, seq->id, seq->ptr) : 0;
		unsigned opcode = instr >> 10;

		seq->ptr++;
		if (opcode != OP_STOP && opcode != OP_JMP_ON_CS) {
			if (begin_data(fs, seq, instr))
				return opcode & 1 ? STEP_READ : STEP_WRITE;
			if (is_known(opcode) && (opcode & ~OP_DDR) != OP_READ &&
			    (opcode & ~OP_DDR) != OP_WRITE)
				run_instruction(fs, seq, instr);
			continue;
		}
		fs->port[seq->port].instr_ptr = opcode == OP_JMP_ON_CS ? instr & 7 : 0;
		seq->clocks += bits_get(fs_flash_cr(fs, FLEXSPI_FLSHA1CR1, seq->port), 9, 5);
		if (seq->count <= 1)
			return STEP_END;
		release_flash(fs, seq);
		seq->clocks += high_clocks(fs, seq->port);
		seq->count--;
		seq->id = (seq->id + 1) & 15;
		select_flash(fs, seq);
	}
}
