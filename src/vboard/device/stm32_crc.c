/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_crc.h"

#define CRC_DR	 0x00u
#define CRC_CR	 0x08u
#define   CR_RESET   BIT(0)
#define   CR_REV_OUT BIT(7)
#define CRC_INIT 0x10u
#define CRC_POL	 0x14u

static uint32_t *reg(struct stm32_crc *crc, uint32_t offset)
{
	return vb_regs_at(&crc->regs, offset);
}

static unsigned poly_bits(struct stm32_crc *crc)
{
	static const uint8_t bits[4] = { 32, 16, 8, 7 };

	return bits[bits_get(*reg(crc, CRC_CR), 4, 3)];
}

static uint32_t reverse(uint32_t value, unsigned bits)
{
	uint32_t out = 0;

	for (unsigned i = 0; i < bits; i++)
		out |= (value >> i & 1) << (bits - 1 - i);
	return out;
}

/* REV_IN reverses within bytes, half-words or the word; never beyond the width of the write. */
static uint32_t reverse_in(uint32_t value, unsigned size, unsigned rev_in)
{
	unsigned unit = rev_in == 0 ? 0 : MIN(8u << (rev_in - 1), 8 * size);
	uint32_t out = 0;

	if (unit == 0)
		return value;
	for (unsigned at = 0; at < 8 * size; at += unit)
		out |= reverse(value >> at & (0xffffffffu >> (32 - unit)), unit) << at;
	return out;
}

static void feed(struct stm32_crc *crc, uint32_t value, unsigned size)
{
	unsigned width = poly_bits(crc);
	uint32_t mask = 0xffffffffu >> (32 - width), poly = *reg(crc, CRC_POL) & mask;
	uint32_t r = crc->remainder & mask;

	value = reverse_in(value, size, bits_get(*reg(crc, CRC_CR), 6, 5));
	for (unsigned i = 8 * size; i-- > 0;) {
		bool top = (r >> (width - 1) & 1) ^ (value >> i & 1);

		r = (r << 1 & mask) ^ (top ? poly : 0);
	}
	crc->remainder = r;
}

static enum vb_result cr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_crc *crc = regs->dev;

	(void)old;
	*reg(crc, CRC_CR) &= ~CR_RESET;
	if (value & CR_RESET)
		crc->remainder = *reg(crc, CRC_INIT);
	return VB_OK;
}

static enum vb_result init_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_crc *crc = regs->dev;

	(void)old;
	crc->remainder = value;		/* a new INIT is also the new DR */
	return VB_OK;
}

static void dr_reading(struct vb_regs *regs, uint32_t *dr)
{
	struct stm32_crc *crc = regs->dev;
	unsigned width = poly_bits(crc);

	*dr = crc->remainder & (0xffffffffu >> (32 - width));
	if (*reg(crc, CRC_CR) & CR_REV_OUT)
		*dr = reverse(*dr, width);
}

static const struct vb_reg crc_regs[] = {
	{ "DR", CRC_DR, 0xffffffff, 0, 0, NULL, dr_reading },
	{ "IDR", 0x04, 0, 0x000000ff, 0, NULL, NULL },
	{ "CR", CRC_CR, 0, 0x000000f8, 0, cr_written, NULL },
	{ "INIT", CRC_INIT, 0xffffffff, 0xffffffff, 0, init_written, NULL },
	{ "POL", CRC_POL, 0x04c11db7, 0xffffffff, 0, NULL, NULL },
	{ .name = NULL }
};

static enum vb_result crc_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32_crc *crc = dev;

	return vb_regs_ops.read(&crc->regs, a, offset, value);
}

/* The width of a write to DR is how many bits go in: it must not become a word. */
static enum vb_result crc_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32_crc *crc = dev;

	if ((offset & ~3u) != CRC_DR)
		return vb_regs_ops.write(&crc->regs, a, offset, value);
	feed(crc, value, a->size);
	return VB_OK;
}

const struct vb_device_ops stm32_crc_ops = { .read = crc_read, .write = crc_write };

void stm32_crc_init(struct stm32_crc *crc)
{
	crc->regs = (struct vb_regs){ .name = "CRC", .table = crc_regs, .value = crc->value,
				      .dev = crc };
	stm32_crc_reset(crc);
}

void stm32_crc_reset(struct stm32_crc *crc)
{
	vb_regs_reset(&crc->regs);
	crc->remainder = 0xffffffff;
}
