/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi_regs: registers of the FlexSPI controller (IMXRT1064RM "FlexSPI Controller") as offsets, and
 * what the files flexspi*.c share.
 */
#ifndef FLASH_FLEXSPI_REGS_H
#define FLASH_FLEXSPI_REGS_H

#include "flash/flexspi.h"
#include "flash/imxrt_regs.h"

#define FLEXSPI_MCR0	   0x00u
#define   MCR0_SWRESET	     BIT(0)
#define   MCR0_MDIS	     BIT(1)
#define   MCR0_RXCLKSRC_SHIFT 4
#define   MCR0_ARDFEN	     BIT(6)
#define   MCR0_ATDFEN	     BIT(7)
#define   MCR0_SERCLKDIV_SHIFT 8
#define   MCR0_COMBINATION   BIT(13)
#define   MCR0_GRANTS	     0xffff0000u
#define FLEXSPI_MCR1	   0x04u
#define FLEXSPI_MCR2	   0x08u
#define   MCR2_SAMEDEVICE    BIT(15)
#define   MCR2_SCKB_IS_DIFF  BIT(19)
#define FLEXSPI_AHBCR	   0x0cu
#define   AHBCR_CLRAHBRXBUF  BIT(1)
#define   AHBCR_CLRAHBTXBUF  BIT(2)
#define   AHBCR_PREFETCH     BIT(5)
#define   AHBCR_READADDROPT  BIT(6)
#define FLEXSPI_INTEN	   0x10u
#define FLEXSPI_INTR	   0x14u
#define   INTR_IPCMDDONE     BIT(0)
#define   INTR_IPCMDGE	     BIT(1)
#define   INTR_IPCMDERR	     BIT(3)
#define   INTR_IPRXWA	     BIT(5)
#define   INTR_IPTXWE	     BIT(6)
#define   INTR_SEQTIMEOUT    BIT(11)
#define   INTR_STALE	     0xf1fu	/* all but the two that move data */
#define FLEXSPI_LUTKEY	   0x18u
#define   LUTKEY_VALUE	     0x5af05af0u
#define FLEXSPI_LUTCR	   0x1cu
#define FLEXSPI_AHBRXBUF(n) (0x20u + 4u * (n))
#define FLEXSPI_FLSHCR0(p) (0x60u + 4u * (p))
#define FLEXSPI_FLSHCR1(p) (0x70u + 4u * (p))
#define FLEXSPI_FLSHCR2(p) (0x80u + 4u * (p))
#define   FLSHCR2_CLRINSTRPTR BIT(31)
#define FLEXSPI_FLSHCR4	   0x94u
#define FLEXSPI_IPCR0	   0xa0u
#define FLEXSPI_IPCR1	   0xa4u
#define FLEXSPI_IPCMD	   0xb0u
#define FLEXSPI_IPRXFCR	   0xb8u
#define FLEXSPI_IPTXFCR	   0xbcu
#define FLEXSPI_DLLCR(n)   (0xc0u + 4u * (n))
#define   DLLCR_DLLEN	     BIT(0)
#define FLEXSPI_STS0	   0xe0u
#define   STS0_IDLE	     3u
#define FLEXSPI_STS1	   0xe4u
#define FLEXSPI_STS2	   0xe8u
#define   STS2_LOCKED(n)     (3u << 16 * (n))	/* slave and reference line of port A, B */
#define FLEXSPI_IPRXFSTS   0xf0u
#define FLEXSPI_RFDR	   0x100u
#define FLEXSPI_TFDR	   0x180u
#define FLEXSPI_LUT(word)  (0x200u + 4u * (word))

/* Half a FIFO at a time: while the wire moves one half, the controller works on the other. */
#define CHUNK		   64u
#define CHUNK_WATERMARK	   ((CHUNK / 8 - 1) << 2)
#define LUT_WORDS	   64u
#define SLOTS		   16u
#define FIRST_SLOT	   1u		/* sequence 0 is the AHB read */

struct saved_reg {
	uint32_t addr, value;
};

struct flexspi_saved {
	struct saved_reg clocks[8], pads[40], regs[40], luts[LUT_WORDS];
	size_t clock_count, pad_count, reg_count;
	uint32_t lutcr;
	uint32_t gate;			/* CCGRn before */
	bool pll3_started, has_strobe, is_up;
	bool is_careful;		/* the wire is faster than the flash: look before each chunk */
	/* The sequences that the LUT holds now: a command's slot is found again, not written again. */
	uint32_t slots[SLOTS][4];
	bool slot_used[SLOTS];
	unsigned next_slot;
	uint32_t mcr0;			/* without SWRESET and MDIS */
	uint32_t found_mcr0;		/* without SWRESET */
	unsigned extra_looks;		/* INTR reads before data; grows where the flash is slower */
};

static inline struct mem_ap *flexspi_ap(const struct flexspi *fs)
{
	return fs->target->ap;
}

static inline void queue_read(const struct flexspi *fs, uint32_t offset, uint32_t *value)
{
	mem_ap_queue_read32(flexspi_ap(fs), fs->facts->regs + offset, value);
}

static inline void queue_write(const struct flexspi *fs, uint32_t offset, uint32_t value)
{
	mem_ap_queue_write32(flexspi_ap(fs), fs->facts->regs + offset, value);
}

static inline enum err run_queue(const struct flexspi *fs)
{
	return mem_ap_run(flexspi_ap(fs));
}

/* flexspi_clock.c */
enum err flexspi_save_clocks(struct flexspi *fs);
/* Sources and dividers as they were, with the gate open for the registers; then the gate. */
enum err flexspi_restore_clocks(struct flexspi *fs);
enum err flexspi_restore_gate(struct flexspi *fs);
/* Up to max_hz with PLLs as they run (or bypassed); *root_hz after the CCM divider, serclkdiv: n. */
enum err flexspi_choose_clock(struct flexspi *fs, uint32_t max_hz, bool may_start_pll);
uint32_t flexspi_root_hz(struct mem_ap *ap, const struct imxrt_chip *chip, unsigned instance,
			 char *words, size_t size);
enum err flexspi_set_gate(struct flexspi *fs, bool on);

/* flexspi.c */
void flexspi_queue_lut(struct flexspi *fs, unsigned slot, const uint32_t lut[4]);
enum err flexspi_wait_idle(struct flexspi *fs);
enum err flexspi_soft_reset(struct flexspi *fs);

/* flexspi_describe.c: "the sequence ran into its time limit" for a code of STS1. */
const char *flexspi_error_words(unsigned code, bool is_ahb);

#endif
