/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FlexSPI for booting: pads, clock, a slow probe, then what the FCB asks for. */
#include "rom.h"

#define CCM_CSCMR1 REG(0x400fc01c)
#define CCM_CBCMR  REG(0x400fc018)
#define CCM_CCGR6  REG(0x400fc080)
#define CCM_CCGR7  REG(0x400fc084)
#define PFD_480	   REG(0x400d80f0)
#define   PFD0_GATE  0x80u
#define FLEXSPI2   0x402a4000u
#define IOMUXC	   0x401f8000u

#define FS(rom, offset) REG((rom)->flexspi + (offset))
#define MCR0	  0x00u
#define   SWRESET   1u
#define   MDIS	    2u
#define   COMBINE   0x2000u
#define MCR1	  0x04u
#define MCR2	  0x08u
#define   SAMEDEV   0x8000u
#define   SCKBDIFF  0x80000u
#define AHBCR	  0x0cu
#define   AHB_FAST  0x60u		/* PREFETCHEN, READADDROPT */
#define INTR	  0x14u
#define   DONE	    0x01u
#define   ERRORS    0x0au		/* IPCMDGE, IPCMDERR */
#define   RXWA	    0x20u
#define   TXWE	    0x40u
#define   TIMEOUT   0x800u
#define LUTKEY	  0x18u
#define LUTCR	  0x1cu
#define AHBRXBUF  0x20u
#define FLSHCR0	  0x60u
#define FLSHCR1	  0x70u
#define FLSHCR2	  0x80u
#define IPCR0	  0xa0u
#define IPCR1	  0xa4u
#define IPCMD	  0xb0u
#define IPRXFCR	  0xb8u
#define IPTXFCR	  0xbcu
#define DLLCR	  0xc0u
#define STS0	  0xe0u
#define STS2	  0xe8u
#define IPRXFSTS  0xf0u
#define RFDR	  0x100u
#define TFDR	  0x180u
#define LUT	  0x200u

#define SEQ_READ  0u
#define SEQ_IP	  1u			/* the ROM's own commands are put here */
#define SEQ_STATUS 1u
#define SEQ_WREN  3u
#define SEQ_WRITE 9u

#define ROUNDS	  1000000u		/* of a wait: several 100 ms, never for ever */

/* One signal: offsets in IOMUXC. */
struct pad {
	uint16_t mux, ctl, daisy;	/* daisy 0: the signal has none */
	uint8_t alt, select;
};

#if FAMILY == RT1020
static const struct pad pads_a[] = {
	{ 0x16c, 0x2e0, 0, 1, 0 },		/* DQS  GPIO_SD_B1_05 */
	{ 0x184, 0x2f8, 0, 1, 0 },		/* SS0  GPIO_SD_B1_11 */
	{ 0x174, 0x2e8, 0x378, 1, 0 },		/* SCLK GPIO_SD_B1_07 */
	{ 0x178, 0x2ec, 0x368, 1, 0 },		/* D0   GPIO_SD_B1_08 */
	{ 0x180, 0x2f4, 0x36c, 1, 0 },		/* D1   GPIO_SD_B1_10 */
	{ 0x17c, 0x2f0, 0x370, 1, 0 },		/* D2   GPIO_SD_B1_09 */
	{ 0x170, 0x2e4, 0x374, 1, 0 },		/* D3   GPIO_SD_B1_06 */
};
static const struct pad pads_b[] = {		/* D3 SD_B1_00, SCLK 01, D0 02, D2 03, D1 04 */
	{ 0x158, 0x2cc, 0, 1, 0 }, { 0x15c, 0x2d0, 0, 1, 0 }, { 0x160, 0x2d4, 0, 1, 0 },
	{ 0x164, 0x2d8, 0, 1, 0 }, { 0x168, 0x2dc, 0, 1, 0 },
};
#else
static const struct pad pads_a[] = {
	{ 0x1e8, 0x3d8, 0x4a4, 1, 0 },		/* DQS  GPIO_SD_B1_05 */
	{ 0x1ec, 0x3dc, 0, 1, 0 },		/* SS0  GPIO_SD_B1_06 */
	{ 0x1f0, 0x3e0, 0x4c8, 1, 0 },		/* SCLK GPIO_SD_B1_07 */
	{ 0x1f4, 0x3e4, 0x4a8, 1, 0 },		/* D0   GPIO_SD_B1_08 */
	{ 0x1f8, 0x3e8, 0x4ac, 1, 0 },		/* D1   GPIO_SD_B1_09 */
	{ 0x1fc, 0x3ec, 0x4b0, 1, 0 },		/* D2   GPIO_SD_B1_10 */
	{ 0x200, 0x3f0, 0x4b4, 1, 0 },		/* D3   GPIO_SD_B1_11 */
};
static const struct pad pads_b[] = {
	{ 0x1d4, 0x3c4, 0x4c4, 1, 0 },		/* D3   GPIO_SD_B1_00 */
	{ 0x1d8, 0x3c8, 0x4c0, 1, 0 },		/* D2   GPIO_SD_B1_01 */
	{ 0x1dc, 0x3cc, 0x4bc, 1, 0 },		/* D1   GPIO_SD_B1_02 */
	{ 0x1e0, 0x3d0, 0x4b8, 1, 0 },		/* D0   GPIO_SD_B1_03 */
	{ 0x1e4, 0x3d4, 0, 1, 0 },		/* SCLK GPIO_SD_B1_04 */
};
#endif

/* RT1064: the flash in the package. Its seven signals lie on both SPI banks. */
static const struct pad pads_sip[] = {
	{ 0x694, 0x6ec, 0x72c, 0, 0 },		/* DQS  GPIO_SPI_B1_00 */
	{ 0x6ac, 0x704, 0, 0, 0 },		/* SS0  GPIO_SPI_B1_06 */
	{ 0x67c, 0x6d4, 0x750, 0, 2 },		/* SCLK GPIO_SPI_B0_08 */
	{ 0x664, 0x6bc, 0x730, 0, 2 },		/* D0   GPIO_SPI_B0_02 */
	{ 0x6a0, 0x6f8, 0x734, 0, 0 },		/* D1   GPIO_SPI_B1_03 */
	{ 0x69c, 0x6f4, 0x738, 0, 0 },		/* D2   GPIO_SPI_B1_02 */
	{ 0x684, 0x6dc, 0x73c, 0, 2 },		/* D3   GPIO_SPI_B0_10 */
};

static void connect(const struct pad *pads, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		REG(IOMUXC + pads[n].mux) = 0x10u | pads[n].alt;	/* SION: loopback */
		REG(IOMUXC + pads[n].ctl) = 0x10f1;
		if (pads[n].daisy)
			REG(IOMUXC + pads[n].daisy) = pads[n].select;
	}
}

void flexspi_pads(const struct rom *rom, bool eight)
{
	if (rom->flexspi == FLEXSPI2) {
		connect(pads_sip, sizeof(pads_sip) / sizeof(pads_sip[0]));
		return;
	}
	connect(pads_a, sizeof(pads_a) / sizeof(pads_a[0]));
	if (eight)
		connect(pads_b, sizeof(pads_b) / sizeof(pads_b[0]));
}

static void gate(const struct rom *rom, bool on)
{
	if (rom->flexspi == FLEXSPI2)
		CCM_CCGR7 = (CCM_CCGR7 & ~0x0cu) | (on ? 0x0c : 0);
	else
		CCM_CCGR6 = (CCM_CCGR6 & ~0xc00u) | (on ? 0xc00 : 0);
}

/* The root from PLL3 PFD0 = 8640 MHz / FRAC, by a divider of 1..8: the fastest not above `mhz`. */
void flexspi_clock(const struct rom *rom, uint32_t mhz)
{
	uint32_t podf = 1, frac = 0;

	for (; podf <= 8; podf++) {
		frac = (8640 + mhz * podf - 1) / (mhz * podf);
		if (frac <= 35)
			break;
	}
	if (podf > 8) {			/* 30.9 MHz is as slow as this gets */
		podf = 8;
		frac = 35;
	}
	if (frac < 12)
		frac = 12;
	gate(rom, false);
	PFD_480 |= PFD0_GATE;
	PFD_480 = (PFD_480 & ~0x3fu) | frac;
	PFD_480 &= ~PFD0_GATE;
	if (rom->flexspi == FLEXSPI2)
		CCM_CBCMR = (CCM_CBCMR & ~0xe0000300u) | (podf - 1) << 29 | 1u << 8;
	else
		CCM_CSCMR1 = (CCM_CSCMR1 & ~0x63800000u) | (podf - 1) << 23 | 3u << 29;
	gate(rom, true);
}

static void swreset(const struct rom *rom)
{
	FS(rom, MCR0) |= SWRESET;
	for (uint32_t n = ROUNDS; n && FS(rom, MCR0) & SWRESET; n--)
		;
}

static void wait_idle(const struct rom *rom)
{
	for (uint32_t n = ROUNDS; n && (FS(rom, STS0) & 3) != 3; n--)
		;
}

static void lut_write(const struct rom *rom, unsigned first, const uint32_t *words, unsigned count)
{
	wait_idle(rom);
	FS(rom, LUTKEY) = 0x5af05af0;
	FS(rom, LUTCR) = 2;
	for (unsigned n = 0; n < count; n++)
		FS(rom, LUT + 4 * (first + n)) = words[n];
	FS(rom, LUTKEY) = 0x5af05af0;
	FS(rom, LUTCR) = 1;
}

/* Everything but LUT and sizes. Leaves the module off (MDIS). */
static void configure(const struct rom *rom, const struct fcb *fcb)
{
	uint32_t mcr2 = FS(rom, MCR2) & ~(SAMEDEV | SCKBDIFF);
	uint32_t cr1 = fcb->cs_setup | fcb->cs_hold << 5 | (uint32_t)fcb->column_bits << 11 | 2u << 16;

	FS(rom, MCR0) &= ~MDIS;
	swreset(rom);
	FS(rom, MCR0) = 0xffff0000 | fcb->sample_clk << 4 | MDIS | (fcb->pads == 8 ? COMBINE : 0);
	FS(rom, MCR1) = 0xffffffff;
	FS(rom, MCR2) = mcr2 | (fcb->misc & MISC_DIFF_CLK ? SCKBDIFF : 0);
	FS(rom, AHBCR) |= AHB_FAST;
	for (unsigned n = 0; n < 3; n++)
		FS(rom, AHBRXBUF + 4 * n) = 0x80000000;
	FS(rom, AHBRXBUF + 12) = 0x80000080;
	FS(rom, IPRXFCR) = 0;
	FS(rom, IPTXFCR) = 0;
	if (fcb->misc & MISC_WORD_ADDR)
		cr1 |= 1u << 10;
	for (unsigned n = 0; n < 4; n++) {
		FS(rom, FLSHCR0 + 4 * n) = fcb->size[n] / 1024;
		FS(rom, FLSHCR1 + 4 * n) = cr1;
		FS(rom, FLSHCR2 + 4 * n) = SEQ_WRITE << 8 | SEQ_READ;
	}
}

static void enable(const struct rom *rom, bool dll)
{
	FS(rom, DLLCR) = dll ? 0x79 : 0x100;
	FS(rom, DLLCR + 4) = dll ? 0x79 : 0x100;
	FS(rom, MCR0) &= ~MDIS;
	if (dll) {
		for (uint32_t n = ROUNDS; n && (FS(rom, STS2) & 3) != 3; n--)
			;
		delay_us(1);
	}
	swreset(rom);
	wait_idle(rom);
}

void flexspi_probe_setup(const struct rom *rom)
{
	/* 03h, or a HyperBus read, whose data come with their own strobe. */
	static const uint32_t spi[4] = { 0x08180403, 0x00002404 };
	static const uint32_t hyper[4] = { 0x8b1887a0, 0xa7048f10 };
	struct fcb probe;

	for (unsigned n = 0; n < sizeof(probe) / 4; n++)
		((volatile uint32_t *)&probe)[n] = 0;
	probe.cs_hold = probe.cs_setup = 3;
	probe.size[0] = 0x4000000;
	if (rom->hyper) {
		probe.sample_clk = 3;
		probe.column_bits = 3;
		probe.pads = 8;
		probe.misc = MISC_DIFF_CLK | MISC_WORD_ADDR | MISC_DDR;
	}
	flexspi_clock(rom, rom->hyper ? 60 : 30);
	configure(rom, &probe);
	enable(rom, false);
	lut_write(rom, 4 * SEQ_READ, rom->hyper ? hyper : spi, 4);
}

static bool command(const struct rom *rom, uint32_t offset, uint32_t seq, uint32_t num, size_t bytes)
{
	wait_idle(rom);
	FS(rom, INTR) = 0x1f | TIMEOUT;
	FS(rom, IPCR0) = offset;
	FS(rom, IPRXFCR) |= 1;
	FS(rom, IPCR1) = (uint32_t)bytes | seq << 16 | (num - 1) << 24;
	FS(rom, IPCMD) = 1;
	return true;
}

static bool finish(const struct rom *rom)
{
	uint32_t intr = 0;

	for (uint32_t n = ROUNDS; n && !(intr & DONE); n--)
		intr = FS(rom, INTR);
	FS(rom, INTR) = 0x1f;
	return intr & DONE && !(intr & (ERRORS | TIMEOUT));
}

/* At most a FIFO of 128 bytes. */
static bool read_some(const struct rom *rom, uint32_t offset, uint32_t seq, uint32_t *to, size_t bytes)
{
	command(rom, offset, seq, 1, bytes);
	if (!finish(rom))
		return false;
	for (size_t n = 0; n < bytes; n += 8) {
		to[n / 4] = FS(rom, RFDR);
		if (n + 4 < bytes)
			to[n / 4 + 1] = FS(rom, RFDR + 4);
		FS(rom, INTR) = RXWA;
	}
	return true;
}

bool flexspi_read(const struct rom *rom, uint32_t offset, void *to, size_t bytes)
{
	for (size_t n = 0; n < bytes; n += 128)
		if (!read_some(rom, offset + (uint32_t)n, SEQ_READ, (uint32_t *)((uint8_t *)to + n), 128))
			return false;
	return true;
}

/* The bytes that a sequence sends are the operand of its WRITE instruction. */
static size_t write_operand(const uint32_t *seq)
{
	for (unsigned n = 0; n < 8; n++) {
		uint32_t instr = seq[n / 2] >> 16 * (n & 1) & 0xffff;

		if ((instr >> 10 & 0x1f) == 8)
			return instr & 0xff ? (instr & 0xff) : 4;
	}
	return 0;
}

static bool send(const struct rom *rom, uint32_t seq, uint32_t num, uint32_t arg)
{
	size_t bytes = seq < 16 ? write_operand(&rom->fcb.lut[4 * seq]) : 0;

	if (seq >= 16)
		return false;
	FS(rom, IPTXFCR) |= 1;
	if (bytes) {
		FS(rom, TFDR) = arg;
		FS(rom, TFDR + 4) = 0;
		FS(rom, INTR) = TXWE;
	}
	command(rom, 0, seq, num ? num : 1, bytes < 8 ? bytes : 8);
	return finish(rom);
}

static bool wait_ready(const struct rom *rom)
{
	uint32_t status = 0, wip;

	if (rom->fcb.wait_100us) {
		delay_us(100u * rom->fcb.wait_100us);
		return true;
	}
	if (!rom->fcb.lut[4 * SEQ_STATUS])
		return true;
	for (uint32_t n = ROUNDS; n; n--) {
		if (!read_some(rom, 0, SEQ_STATUS, &status, 4))
			return false;
		wip = status >> (rom->fcb.busy_offset & 31) & 1;
		if (wip == (rom->fcb.busy_polarity ? 1u : 0u))
			return true;
	}
	return false;
}

static bool write_enable(const struct rom *rom)
{
	return !rom->fcb.lut[4 * SEQ_WREN] || send(rom, SEQ_WREN, 1, 0);
}

/* Quad enable by 01h with one byte can be looked up; anything else is believed. */
static bool can_check_mode(const struct fcb *fcb)
{
	return fcb->mode_type == 1 && fcb->lut[4 * SEQ_STATUS] && fcb->mode_seq_id < 16 &&
	       fcb->lut[4 * fcb->mode_seq_id] == 0x20010401;
}

static bool has_mode(const struct rom *rom)
{
	uint32_t status = 0, bits = rom->fcb.mode_arg & 0xff;

	return read_some(rom, 0, SEQ_STATUS, &status, 4) && (status & bits) == bits;
}

static bool set_mode(const struct rom *rom)
{
	const struct fcb *fcb = &rom->fcb;

	return write_enable(rom) && send(rom, fcb->mode_seq_id, fcb->mode_seq_num, fcb->mode_arg) &&
	       wait_ready(rom);
}

/* Device mode (quad enable) and the three configuration commands, still at the probe's clock. */
static bool configure_device(const struct rom *rom)
{
	const struct fcb *fcb = &rom->fcb;

	if (fcb->mode_enable && !can_check_mode(fcb)) {
		if (!set_mode(rom))
			return false;
	} else if (fcb->mode_enable) {
		/* A flash ignores writes for some milliseconds after it got its supply (tPUW). And no
		 * need to wear its register out once the bit is there. */
		for (unsigned n = 0; n < 40 && !has_mode(rom); n++) {
			if (!set_mode(rom))
				return false;
			if (!has_mode(rom))
				delay_us(500);
		}
	}
	for (unsigned n = 0; fcb->config_enable && n < 3; n++) {
		if (!fcb->config_seq[n].num)
			continue;
		if (fcb->config_type[n] == 1 && !write_enable(rom))
			return false;
		if (!send(rom, fcb->config_seq[n].id, fcb->config_seq[n].num, fcb->config_arg[n]))
			return false;
		if (fcb->config_type[n] == 1 && !wait_ready(rom))
			return false;
	}
	return true;
}

static uint32_t clock_mhz(unsigned freq)
{
#if FAMILY == RT1060
	static const uint8_t table[] = { 30, 30, 50, 60, 75, 80, 100, 120, 133, 166 };
#else
	static const uint8_t table[] = { 30, 30, 50, 60, 75, 80, 100, 133, 166 };
#endif
	return table[freq < sizeof(table) ? freq : 0];
}

bool flexspi_apply(const struct rom *rom)
{
	const struct fcb *fcb = &rom->fcb;
	uint32_t mhz = clock_mhz(fcb->freq);
	bool dll = fcb->sample_clk == 3 && mhz >= 100;

	lut_write(rom, 0, fcb->lut, 64);
	if (!configure_device(rom))
		return false;
	wait_idle(rom);
	flexspi_pads(rom, fcb->pads == 8);
	FS(rom, MCR0) |= MDIS;
	flexspi_clock(rom, fcb->misc & MISC_DDR ? 2 * mhz : mhz);
	configure(rom, fcb);
	enable(rom, dll);
	return true;
}

/* JESD252 over GPIO10: SCLK low, CS# falls and rises four times while DATA0 is 0, 1, 0, 1. */
void flexspi_jedec_reset(const struct rom *rom)
{
	volatile uint32_t *dr = (volatile uint32_t *)0x401c8000, *gdir = dr + 1;
	const uint32_t cs = 1u << 20, sclk = 1u << 8, d0 = 1u << 2;

	if (rom->flexspi != FLEXSPI2)
		return;
	*dr = (*dr & ~(sclk | d0)) | cs;
	*gdir |= cs | sclk | d0;
	REG(IOMUXC + 0x6ac) = REG(IOMUXC + 0x67c) = REG(IOMUXC + 0x664) = 5;
	for (unsigned n = 0; n < 4; n++) {
		*dr = (*dr & ~(cs | d0)) | (n & 1 ? d0 : 0);
		delay_us(1);
		*dr |= cs;
		delay_us(1);
	}
	delay_us(150);
}
