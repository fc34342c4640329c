/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register block of the FlexSPI controller (IMXRT1064RM "FlexSPI register descriptions"). */
#include <string.h>

#include "vboard/device/imxrt_flexspi_priv.h"

static void mcr0_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void ahbcr_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void inten_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void lutkey_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void lutcr_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void ipcmd_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void ipfcr_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
static void dll_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);

static const struct fs_row {
	const char *name;
	uint32_t offset, reset, writable;
	/* After the store; `value` is what was written. */
	void (*written)(struct imxrt_flexspi *fs, uint32_t value, uint32_t old);
} rows[] = {
	{ "MCR0", FLEXSPI_MCR0, 0xffff80c2, 0xfffffff2, mcr0_written },
	{ "MCR1", FLEXSPI_MCR1, 0xffffffff, 0xffffffff, NULL },
	{ "MCR2", FLEXSPI_MCR2, 0x200081f7, 0xff088800, NULL },
	{ "AHBCR", FLEXSPI_AHBCR, 0x00000018, 0x0000047f, ahbcr_written },
	{ "INTEN", FLEXSPI_INTEN, 0, 0x00000f7f, inten_written },
	{ "LUTKEY", FLEXSPI_LUTKEY, LUT_KEY, 0, lutkey_written },
	{ "LUTCR", FLEXSPI_LUTCR, LUTCR_UNLOCK, 0, lutcr_written },
	{ "AHBRXBUF0CR0", 0x20, 0x80000020, 0xc30f00ff, NULL },
	{ "AHBRXBUF1CR0", 0x24, 0x80010020, 0xc30f00ff, NULL },
	{ "AHBRXBUF2CR0", 0x28, 0x80020020, 0xc30f00ff, NULL },
	{ "AHBRXBUF3CR0", 0x2c, 0x80030020, 0xc30f00ff, NULL },
	{ "FLSHA1CR0", 0x60, 0x00010000, 0x007fffff, NULL },
	{ "FLSHA2CR0", 0x64, 0x00010000, 0x007fffff, NULL },
	{ "FLSHB1CR0", 0x68, 0x00010000, 0x007fffff, NULL },
	{ "FLSHB2CR0", 0x6c, 0x00010000, 0x007fffff, NULL },
	{ "FLSHA1CR1", 0x70, 0x00000063, 0xffffffff, NULL },
	{ "FLSHA2CR1", 0x74, 0x00000063, 0xffffffff, NULL },
	{ "FLSHB1CR1", 0x78, 0x00000063, 0xffffffff, NULL },
	{ "FLSHB2CR1", 0x7c, 0x00000063, 0xffffffff, NULL },
	{ "FLSHA1CR2", 0x80, 0, 0x7fffefef, NULL },
	{ "FLSHA2CR2", 0x84, 0, 0x7fffefef, NULL },
	{ "FLSHB1CR2", 0x88, 0, 0x7fffefef, NULL },
	{ "FLSHB2CR2", 0x8c, 0, 0x7fffefef, NULL },
	{ "FLSHCR4", FLEXSPI_FLSHCR4, 0, 0x0000000d, NULL },
	{ "IPCR0", FLEXSPI_IPCR0, 0, 0xffffffff, NULL },
	{ "IPCR1", FLEXSPI_IPCR1, 0, 0x870fffff, NULL },
	{ "IPCMD", FLEXSPI_IPCMD, 0, 0, ipcmd_written },
	{ "IPRXFCR", FLEXSPI_IPRXFCR, 0, 0x0000003e, ipfcr_written },
	{ "IPTXFCR", FLEXSPI_IPTXFCR, 0, 0x0000003e, ipfcr_written },
	{ "DLLACR", FLEXSPI_DLLACR, 0x00000100, 0x00007f7b, dll_written },
	{ "DLLBCR", FLEXSPI_DLLBCR, 0x00000100, 0x00007f7b, dll_written },
	{ .name = NULL }
};

static const struct fs_row *find_row(uint32_t offset)
{
	for (const struct fs_row *row = rows; row->name; row++) {
		if (row->offset == offset)
			return row;
	}
	return NULL;
}

void fs_registers_reset(struct imxrt_flexspi *fs)
{
	memset(fs->reg, 0, sizeof(fs->reg));
	for (const struct fs_row *row = rows; row->name; row++)
		fs->reg[row->offset / 4] = row->reset;
	fs->key_is_in = false;
	fs->swreset_reads = 0;
	fs->intr = 0;
	fs_dll_look(fs);
}

/* MCR0.SWRESET: sequencer, arbiter, FIFOs and AHB buffers. Configuration and LUT stay. */
void fs_soft_reset(struct imxrt_flexspi *fs)
{
	fs_ip_abort(fs);
	fs_ahb_clear(fs);
	memset(&fs->rx, 0, sizeof(fs->rx));
	memset(&fs->tx, 0, sizeof(fs->tx));
	fs->reg[FLEXSPI_STS1 / 4] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(fs->port); i++)
		fs->port[i].instr_ptr = 0;
	fs->ahb.demand_until_ns = fs->ahb.prefetch_until_ns = 0;
	fs->ahb.is_waiting = false;
	fs_update_irq(fs);
}

static void mcr0_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)old;
	if (value & MCR0_SWRESET) {
		fs_soft_reset(fs);
		fs->swreset_reads = 2;
	}
	fs_dll_look(fs);
	fs_ip_resume(fs);	/* a command that stood still with the module off */
}

static void ahbcr_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	uint32_t clear = AHBCR_CLRAHBRXBUF | AHBCR_CLRAHBTXBUF;

	if (!fs->config.has_clrahbbuf)
		fs->reg[FLEXSPI_AHBCR / 4] = (value & 0x479) | (old & clear);
	else if (value & AHBCR_CLRAHBRXBUF)
		fs_ahb_clear(fs);
}

static void inten_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)value, (void)old;
	fs_update_irq(fs);
}

static void lutkey_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)old;
	fs->key_is_in = value == LUT_KEY;
}

static void lutcr_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)old;
	if (fs->key_is_in && (value == LUTCR_LOCK || value == LUTCR_UNLOCK))
		fs->reg[FLEXSPI_LUTCR / 4] = value;
	fs->key_is_in = false;
}

static void ipcmd_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)old;
	if (value & IPCMD_TRG)
		fs_ip_trigger(fs);
}

static void ipfcr_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)value, (void)old;
	fs_update_irq(fs);
}

static void dll_written(struct imxrt_flexspi *fs, uint32_t value, uint32_t old)
{
	(void)value, (void)old;
	fs_dll_look(fs);
}

/* DLL */

static bool dll_runs(const struct imxrt_flexspi *fs, unsigned side)
{
	uint32_t dll = fs_reg(fs, FLEXSPI_DLLACR + 4 * side);

	return (dll & DLL_DLLEN) && !(dll & (DLL_DLLRESET | DLL_OVRDEN)) && fs_is_on(fs) &&
	       fs_sck(fs) != 0;
}

void fs_dll_look(struct imxrt_flexspi *fs)
{
	for (unsigned side = 0; side < 2; side++) {
		if (!dll_runs(fs, side))
			fs->dll_since_ns[side] = UINT64_MAX;
		else if (fs->dll_since_ns[side] == UINT64_MAX)
			fs->dll_since_ns[side] = fs_now(fs);
	}
}

bool fs_dll_is_locked(const struct imxrt_flexspi *fs, unsigned side)
{
	uint64_t since_ns = fs->dll_since_ns[side];

	/* unconfirmed: how long the DLL looks for its delay */
	return since_ns != UINT64_MAX && fs_now(fs) - since_ns >= fs_clocks_ns(fs, 512);
}

/* Status */

static uint32_t read_sts0(const struct imxrt_flexspi *fs)
{
	if (fs->ip.is_busy)
		return (uint32_t)FROM_IP << 2;
	if (fs_ahb_is_busy(fs))
		return (uint32_t)fs->ahb.source << 2;
	return 3;
}

static uint32_t read_sts2(const struct imxrt_flexspi *fs)
{
	uint32_t sts2 = 0;

	for (unsigned side = 0; side < 2; side++) {
		uint32_t dll = fs_reg(fs, FLEXSPI_DLLACR + 4 * side), half = 0x0100;

		if (fs_dll_is_locked(fs, side)) {
			/* unconfirmed: 32 delay cells to half a clock */
			uint32_t slave = 32 * (bits_get(dll, 6, 3) + 1) / 16;

			half = 32 << 8 | slave << 2 | 3;
		} else if (dll & DLL_OVRDEN) {
			half |= bits_get(dll, 14, 9) << 2;
		}
		sts2 |= half << 16 * side;
	}
	return sts2;
}

static uint32_t read_spndsts(const struct imxrt_flexspi *fs)
{
	if (!fs->ahb.suspended.is_active)
		return 0;
	return 1 | fs->ahb.suspended.buffer << 1 | fs->ahb.suspended.left << 16;
}

static uint32_t fifo_status(const struct fs_fifo *fifo)
{
	return (fifo->len + ENTRY - 1) / ENTRY | (uint32_t)fifo->counter << 16;
}

static uint32_t read_mcr0(struct imxrt_flexspi *fs)
{
	uint32_t mcr0 = fs_reg(fs, FLEXSPI_MCR0);

	if (fs->swreset_reads == 0)
		return mcr0;
	fs->swreset_reads--;
	return mcr0 | MCR0_SWRESET;
}

static uint32_t read_word(struct imxrt_flexspi *fs, uint32_t offset)
{
	if (offset >= FLEXSPI_LUT)
		return fs->lut[(offset - FLEXSPI_LUT) / 4];
	if (offset >= FLEXSPI_TFDR0)
		return 0;
	if (offset >= FLEXSPI_RFDR0)	/* silently empty while the FIFO is on the AHB bus */
		return fs_reg(fs, FLEXSPI_MCR0) & MCR0_ARDFEN
			       ? 0
			       : get_le32(fs->rx.bytes + (offset - FLEXSPI_RFDR0));
	switch (offset) {
	case FLEXSPI_MCR0:	 return read_mcr0(fs);
	case FLEXSPI_INTR:	 return fs_intr(fs);
	case FLEXSPI_STS0:	 return read_sts0(fs);
	case FLEXSPI_STS2:	 return read_sts2(fs);
	case FLEXSPI_AHBSPNDSTS: return read_spndsts(fs);
	case FLEXSPI_IPRXFSTS:	 return fifo_status(&fs->rx);
	case FLEXSPI_IPTXFSTS:	 return fifo_status(&fs->tx);
	default:		 return fs_reg(fs, offset);
	}
}

/* Interrupts */

uint32_t fs_intr(const struct imxrt_flexspi *fs)
{
	uint32_t intr = fs->intr;

	if ((fs->rx.len + ENTRY - 1) / ENTRY * ENTRY >= fs_watermark(fs, FLEXSPI_IPRXFCR))
		intr |= INTR_IPRXWA;
	if (FIFO_BYTES - fs->tx.len >= fs_watermark(fs, FLEXSPI_IPTXFCR))
		intr |= INTR_IPTXWE;
	return intr;
}

void fs_update_irq(struct imxrt_flexspi *fs)
{
	bool level = fs_intr(fs) & fs_reg(fs, FLEXSPI_INTEN);

	if (level == fs->irq)
		return;
	fs->irq = level;
	imxrt_env_irq(fs->env, fs->config.irq, level);
}

void fs_raise(struct imxrt_flexspi *fs, uint32_t bits)
{
	fs->intr |= bits;
	fs_update_irq(fs);
}

static void intr_written(struct imxrt_flexspi *fs, uint32_t ones)
{
	uint32_t *sts1 = &fs->reg[FLEXSPI_STS1 / 4];

	fs->intr &= ~ones;
	if (ones & INTR_IPCMDERR)
		*sts1 &= 0x0000ffff;
	if (ones & INTR_AHBCMDERR)
		*sts1 &= 0xffff0000;
	if (ones & INTR_IPRXWA)
		fs_rx_pop(fs);
	if (ones & INTR_IPTXWE)
		fs_tx_push(fs);
	fs_update_irq(fs);
}

/* FIFO resets; the bits clear themselves. */
static void clear_fifo(struct imxrt_flexspi *fs, uint32_t offset, uint32_t value)
{
	struct fs_fifo *fifo = offset == FLEXSPI_IPRXFCR ? &fs->rx : &fs->tx;

	if (!(value & FCR_CLR))
		return;
	memset(fifo, 0, sizeof(*fifo));
	fs_ip_resume(fs);
}

static bool is_settings(uint32_t offset)
{
	return offset < FLEXSPI_INTEN || (offset >= FLEXSPI_LUTKEY && offset < FLEXSPI_IPCR0) ||
	       offset == FLEXSPI_DLLACR || offset == FLEXSPI_DLLBCR || offset >= FLEXSPI_LUT;
}

static void write_control(struct imxrt_flexspi *fs, uint32_t offset, uint32_t value, uint32_t mask)
{
	const struct fs_row *row = find_row(offset);
	uint32_t old = fs_reg(fs, offset), written = value & mask;

	if (offset == FLEXSPI_INTR)
		intr_written(fs, written);
	if (row == NULL)
		return;
	fs->reg[offset / 4] = (old & ~(row->writable & mask)) | (written & row->writable);
	if (offset == FLEXSPI_IPRXFCR || offset == FLEXSPI_IPTXFCR)
		clear_fifo(fs, offset, written);
	if (offset - FLEXSPI_FLSHA1CR2 < 16 && (written & CR2_CLRINSTRPTR))
		fs->port[(offset - FLEXSPI_FLSHA1CR2) / 4].instr_ptr = 0;
	if (row->written)
		row->written(fs, written, old);
}

static enum vb_result write_register(void *dev, struct vb_access *a, uint32_t offset,
				     uint32_t value)
{
	struct imxrt_flexspi *fs = dev;
	unsigned shift = 8 * (offset & 3);
	uint32_t mask = (0xffffffffu >> (32 - 8 * a->size)) << shift;
	uint32_t *word = NULL;

	offset &= ~3u;
	value <<= shift;
	if (offset >= FLEXSPI_END)
		return VB_OK;
	if (is_settings(offset))
		fs_hide(fs);
	if (offset >= FLEXSPI_LUT) {
		if (fs_reg(fs, FLEXSPI_LUTCR) == LUTCR_UNLOCK)
			word = &fs->lut[(offset - FLEXSPI_LUT) / 4];
	} else if (offset >= FLEXSPI_TFDR0) {
		/* silently lost while the FIFO is on the AHB bus */
		if (!(fs_reg(fs, FLEXSPI_MCR0) & MCR0_ATDFEN))
			word = &fs->tfdr[(offset - FLEXSPI_TFDR0) / 4];
	} else if (offset < FLEXSPI_RFDR0) {
		write_control(fs, offset, value, mask);
	}
	if (word)
		*word = (*word & ~mask) | (value & mask);
	return VB_OK;
}

static enum vb_result read_register(void *dev, struct vb_access *a, uint32_t offset,
				    uint32_t *value)
{
	struct imxrt_flexspi *fs = dev;
	unsigned shift = 8 * (offset & 3);

	*value = 0;
	if (offset < FLEXSPI_END)
		*value = read_word(fs, offset & ~3u) >> shift & (0xffffffffu >> (32 - 8 * a->size));
	return VB_OK;
}

const struct vb_device_ops imxrt_flexspi_ops = { .read = read_register, .write = write_register };
