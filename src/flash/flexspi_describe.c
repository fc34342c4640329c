/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The FlexSPI's registers in words (IMXRT1064RM "FlexSPI Controller"). */
#include "flash/flexspi_regs.h"

static const struct {
	unsigned code;
	const char *ahb, *ip;
} error_codes[] = {
	{ 0x0, "no error", "no error" },
	{ 0x2, "a write met a sequence with JMP_ON_CS", "the sequence has a JMP_ON_CS" },
	{ 0x3, "the sequence has an unknown instruction", "the sequence has an unknown instruction" },
	{ 0x4, "an SDR dummy in a DDR sequence", "an SDR dummy in a DDR sequence" },
	{ 0x5, "a DDR dummy in an SDR sequence", "a DDR dummy in an SDR sequence" },
	{ 0x6, "unknown", "the address is beyond the flashes' sizes" },
	{ 0xe, "the sequence ran into its time limit", "the sequence ran into its time limit" },
	{ 0xf, "unknown", "the access crosses from one flash into the next" },
};

const char *flexspi_error_words(unsigned code, bool is_ahb)
{
	for (size_t i = 0; i < ARRAY_SIZE(error_codes); i++)
		if (error_codes[i].code == code)
			return is_ahb ? error_codes[i].ahb : error_codes[i].ip;
	return "an error code that is not documented";
}

struct look {
	uint32_t mcr0, ahbcr, intr, sts0, sts1, size, cr2, gate;
};

static const char *const sample_words[] = { "sampled by the internal loop",
					    "sampled by the loop over the DQS pad",
					    "sampled by the SCK pad", "sampled by the flash's strobe" };

static enum err read_look(struct mem_ap *ap, const struct imxrt_flexspi_facts *f, struct look *l)
{
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_MCR0, &l->mcr0);
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_AHBCR, &l->ahbcr);
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_INTR, &l->intr);
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_FLSHCR0(0), &l->size);
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_FLSHCR2(0), &l->cr2);
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_STS0, &l->sts0);
	mem_ap_queue_read32(ap, f->regs + FLEXSPI_STS1, &l->sts1);
	return mem_ap_run(ap);
}

static enum err describe_pads(struct mem_ap *ap, const struct imxrt_pad *pads, struct buf *out)
{
	uint32_t mux[12] = { 0 }, daisy[12] = { 0 };
	unsigned wrong = 0, count = 0;
	size_t start = out->len;

	for (size_t i = 0; pads[i].signal != NULL && i < ARRAY_SIZE(mux); i++) {
		mem_ap_queue_read32(ap, pads[i].mux, &mux[i]);
		if (pads[i].daisy != 0)
			mem_ap_queue_read32(ap, pads[i].daisy, &daisy[i]);
	}
	TRY(mem_ap_run(ap));
	for (size_t i = 0; pads[i].signal != NULL && i < ARRAY_SIZE(mux); i++) {
		count++;
		if ((mux[i] & 0xf) == (pads[i].mux_value & 0xfu) &&
		    (pads[i].daisy == 0 || daisy[i] == pads[i].daisy_value))
			continue;
		buf_printf(out, "%s%s (ALT%u)", wrong++ == 0 ? "  pads that are not the FlexSPI's: " : ", ",
			   pads[i].signal, mux[i] & 0xf);
	}
	if (wrong == count && wrong > 0)
		out->len = start;
	buf_printf(out, wrong == 0 ? "  pads: all are the FlexSPI's\n" :
		   wrong == count ? "  pads: none is the FlexSPI's\n" : "\n");
	return OK;
}

static void describe_look(const struct look *l, struct buf *out)
{
	unsigned ip = bits_get(l->sts1, 27, 24), ahb = bits_get(l->sts1, 11, 8);

	buf_printf(out, "  MCR0 0x%08x: the module is on, %s, FIFOs on the %s bus\n", l->mcr0,
		   sample_words[l->mcr0 >> MCR0_RXCLKSRC_SHIFT & 3],
		   l->mcr0 & (MCR0_ARDFEN | MCR0_ATDFEN) ? "AHB" : "IP");
	buf_printf(out, "  AHBCR 0x%08x: prefetch %s; flash A1 is set to %u KiB, read by sequence %u\n",
		   l->ahbcr, l->ahbcr & AHBCR_PREFETCH ? "on" : "off", l->size & 0x7fffff, l->cr2 & 0xf);
	buf_printf(out, "  STS0 0x%08x: %s\n", l->sts0,
		   (l->sts0 & STS0_IDLE) == STS0_IDLE ? "idle" : "busy");
	if (ip != 0)
		buf_printf(out, "  last IP command, sequence %u, failed: %s\n", bits_get(l->sts1, 19, 16),
			   flexspi_error_words(ip, false));
	if (ahb != 0)
		buf_printf(out, "  last access by address, sequence %u, failed: %s\n",
			   bits_get(l->sts1, 3, 0), flexspi_error_words(ahb, true));
	if (l->intr & INTR_SEQTIMEOUT)
		buf_printf(out, "  a sequence ran into its time limit\n");
}

enum err flexspi_describe(struct target *t, const struct imxrt_chip *chip, unsigned instance,
			  struct buf *out)
{
	const struct imxrt_flexspi_facts *f = &chip->part->flexspi[instance];
	struct mem_ap *ap = NULL;
	struct look l = { 0 };
	char words[64];
	uint32_t root;

	TRY(imxrt_ap(t, &ap));
	if (f->regs == 0)
		return error_why(ERR_UNSUPPORTED, "%s has no FlexSPI%u", chip->part->name, instance + 1);
	root = flexspi_root_hz(ap, chip, instance, words, sizeof(words));
	TRY(mem_ap_read32(ap, CCM_CCGR(f->gate_reg), &l.gate));
	buf_printf(out, "FlexSPI%s at 0x%08x, window 0x%08x\n", instance == 1 ? "2" : "", f->regs,
		   f->window);
	if ((l.gate >> f->gate_shift & 3) == 0) {
		buf_printf(out, "  its clock is switched off (CCM_CCGR%u)\n", f->gate_reg);
		return OK;
	}
	TRY(read_look(ap, f, &l));
	if (l.mcr0 & MCR0_MDIS) {
		buf_printf(out, "  MCR0 0x%08x: the module is off, nothing uses it\n", l.mcr0);
		return describe_pads(ap, f->pads, out);
	}
	if (root != 0)
		buf_printf(out, "  clock: %u kHz (%s, then SERCLKDIV %u)\n",
			   root / (bits_get(l.mcr0, 10, 8) + 1) / 1000, words, bits_get(l.mcr0, 10, 8) + 1);
	else
		buf_printf(out, "  clock: from %s, rate not known\n", words);
	TRY(describe_pads(ap, f->pads, out));
	describe_look(&l, out);
	return OK;
}
