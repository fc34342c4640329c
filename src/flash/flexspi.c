/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FlexSPI controller opened, set up and put back. What is changed is saved first, as pairs of address
 * and value; the lists are written back in reverse of the way up: registers, pads, clocks.
 */
#include "flash/flexspi_regs.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PAD_DRIVE	0x10f1u		/* R0/6, 200 MHz, keeper, as NXP's own settings */
#define IDLE_MS		500u
#define RESET_MS	100u
#define DLL_MS		5u
#define SAFE_HZ		33000000u
#define LOOPBACK_HZ	60000000u	/* above: samples by the loop over the DQS pad */
#define UNKNOWN_BYTES	0x04000000u

static const uint16_t saved_offsets[] = {
	FLEXSPI_MCR1,	    FLEXSPI_MCR2,	FLEXSPI_AHBCR,	    FLEXSPI_INTEN,
	FLEXSPI_AHBRXBUF(0), FLEXSPI_AHBRXBUF(1), FLEXSPI_AHBRXBUF(2), FLEXSPI_AHBRXBUF(3),
	FLEXSPI_FLSHCR0(0), FLEXSPI_FLSHCR0(1), FLEXSPI_FLSHCR0(2), FLEXSPI_FLSHCR0(3),
	FLEXSPI_FLSHCR1(0), FLEXSPI_FLSHCR1(1), FLEXSPI_FLSHCR1(2), FLEXSPI_FLSHCR1(3),
	FLEXSPI_FLSHCR2(0), FLEXSPI_FLSHCR2(1), FLEXSPI_FLSHCR2(2), FLEXSPI_FLSHCR2(3),
	FLEXSPI_FLSHCR4,    FLEXSPI_IPCR0,	FLEXSPI_IPCR1,	    FLEXSPI_IPRXFCR,
	FLEXSPI_IPTXFCR,    FLEXSPI_DLLCR(0),	FLEXSPI_DLLCR(1),
};

/* Registers after a reset, for flexspi_abandon(). */
static const struct { uint16_t offset; uint32_t value; } reset_values[] = {
	{ FLEXSPI_MCR1, 0xffffffff },	      { FLEXSPI_MCR2, 0x200081f7 },
	{ FLEXSPI_AHBCR, 0x18 },	      { FLEXSPI_INTEN, 0 },
	{ FLEXSPI_AHBRXBUF(0), 0x80000020 },  { FLEXSPI_AHBRXBUF(1), 0x80010020 },
	{ FLEXSPI_AHBRXBUF(2), 0x80020020 },  { FLEXSPI_AHBRXBUF(3), 0x80030020 },
	{ FLEXSPI_FLSHCR0(0), 0x10000 },      { FLEXSPI_FLSHCR0(1), 0x10000 },
	{ FLEXSPI_FLSHCR0(2), 0x10000 },      { FLEXSPI_FLSHCR0(3), 0x10000 },
	{ FLEXSPI_FLSHCR1(0), 0x63 },	      { FLEXSPI_FLSHCR1(1), 0x63 },
	{ FLEXSPI_FLSHCR1(2), 0x63 },	      { FLEXSPI_FLSHCR1(3), 0x63 },
	{ FLEXSPI_FLSHCR2(0), 0 },	      { FLEXSPI_FLSHCR2(1), 0 },
	{ FLEXSPI_FLSHCR2(2), 0 },	      { FLEXSPI_FLSHCR2(3), 0 },
	{ FLEXSPI_FLSHCR4, 0 },		      { FLEXSPI_IPCR0, 0 },
	{ FLEXSPI_IPCR1, 0 },		      { FLEXSPI_IPRXFCR, 0 },
	{ FLEXSPI_IPTXFCR, 0 },		      { FLEXSPI_DLLCR(0), 0x100 },
	{ FLEXSPI_DLLCR(1), 0x100 },	      { FLEXSPI_MCR0, 0xffff80c2 },
};

static enum err wait_bits(struct flexspi *fs, uint32_t offset, uint32_t mask, uint32_t want,
			  unsigned timeout_ms, const char *what)
{
	uint64_t end = clock_now_ms() + timeout_ms;
	uint32_t value = 0;

	for (;;) {
		queue_read(fs, offset, &value);
		TRY(run_queue(fs));
		if ((value & mask) == want)
			return OK;
		if (clock_now_ms() > end)
			return error_why(ERR_FLASH_OPERATION, "FlexSPI%s %s within %u ms (+0x%02x reads "
					 "0x%08x)", fs->instance == 1 ? "2" : "", what, timeout_ms,
					 offset, value);
	}
}

enum err flexspi_wait_idle(struct flexspi *fs)
{
	return wait_bits(fs, FLEXSPI_STS0, STS0_IDLE, STS0_IDLE, IDLE_MS, "does not become idle");
}

enum err flexspi_soft_reset(struct flexspi *fs)
{
	queue_write(fs, FLEXSPI_MCR0, fs->saved->mcr0 | MCR0_SWRESET);
	return wait_bits(fs, FLEXSPI_MCR0, MCR0_SWRESET, 0, RESET_MS, "does not end its reset");
}

/* --- Saving --- */

static enum err save_registers(struct flexspi *fs)
{
	struct flexspi_saved *s = fs->saved;

	for (size_t i = 0; i < ARRAY_SIZE(saved_offsets); i++) {
		s->regs[i].addr = fs->facts->regs + saved_offsets[i];
		queue_read(fs, saved_offsets[i], &s->regs[i].value);
	}
	queue_read(fs, FLEXSPI_MCR0, &s->found_mcr0);
	queue_read(fs, FLEXSPI_LUTCR, &s->lutcr);
	for (unsigned i = 0; i < LUT_WORDS; i++) {
		s->luts[i].addr = fs->facts->regs + FLEXSPI_LUT(i);
		queue_read(fs, FLEXSPI_LUT(i), &s->luts[i].value);
	}
	TRY(run_queue(fs));
	s->reg_count = ARRAY_SIZE(saved_offsets);
	s->found_mcr0 &= ~MCR0_SWRESET;
	return OK;
}

/* The strobe's pad is left alone until a clock needs it: boards use it for other things. */
static bool is_strobe(const struct imxrt_pad *pad)
{
	return strcmp(pad->signal, "DQS") == 0;
}

static void list_pads(struct flexspi *fs, const struct imxrt_pad *pads, bool strobe)
{
	struct flexspi_saved *s = fs->saved;

	for (; pads != NULL && pads->signal != NULL; pads++) {
		if (is_strobe(pads) != strobe)
			continue;
		s->pads[s->pad_count++].addr = pads->mux;
		s->pads[s->pad_count++].addr = pads->pad;
		if (pads->daisy != 0)
			s->pads[s->pad_count++].addr = pads->daisy;
	}
}

static void queue_pads(struct flexspi *fs, const struct imxrt_pad *pads, bool strobe)
{
	struct mem_ap *ap = flexspi_ap(fs);

	for (; pads != NULL && pads->signal != NULL; pads++) {
		if (is_strobe(pads) != strobe)
			continue;
		mem_ap_queue_write32(ap, pads->mux, pads->mux_value);
		mem_ap_queue_write32(ap, pads->pad, PAD_DRIVE);
		if (pads->daisy != 0)
			mem_ap_queue_write32(ap, pads->daisy, pads->daisy_value);
	}
}

static enum err set_pads(struct flexspi *fs, const struct imxrt_pad *pads, bool strobe)
{
	struct flexspi_saved *s = fs->saved;
	size_t first = s->pad_count;

	list_pads(fs, pads, strobe);
	for (size_t i = first; i < s->pad_count; i++)
		mem_ap_queue_read32(flexspi_ap(fs), s->pads[i].addr, &s->pads[i].value);
	enum err rc = run_queue(fs);

	if (rc != OK) {
		s->pad_count = first;	/* nothing to put back */
		return rc;
	}
	queue_pads(fs, pads, strobe);
	return run_queue(fs);
}

/* --- Up --- */

static void queue_setup(struct flexspi *fs)
{
	queue_write(fs, FLEXSPI_MCR1, 0xffffffff);
	queue_write(fs, FLEXSPI_MCR2, 0x200081f7 & ~MCR2_SAMEDEVICE);
	/* No prefetch: what the flash is told to change must not stand in a buffer. */
	queue_write(fs, FLEXSPI_AHBCR, AHBCR_READADDROPT);
	queue_write(fs, FLEXSPI_INTEN, 0);
	for (unsigned i = 0; i < 3; i++)
		queue_write(fs, FLEXSPI_AHBRXBUF(i), 0);
	queue_write(fs, FLEXSPI_AHBRXBUF(3), 0x80);
	queue_write(fs, FLEXSPI_IPRXFCR, CHUNK_WATERMARK | 1);
	queue_write(fs, FLEXSPI_IPTXFCR, CHUNK_WATERMARK | 1);
	for (unsigned port = 0; port < 4; port++)
		queue_write(fs, FLEXSPI_FLSHCR0(port),
			    port == fs->port ? fs->flash_bytes / 1024 : 0);
	queue_write(fs, FLEXSPI_FLSHCR1(fs->port), 0x00020063);
	queue_write(fs, FLEXSPI_FLSHCR2(fs->port), FLSHCR2_CLRINSTRPTR);
	queue_write(fs, FLEXSPI_FLSHCR4, 0);
	queue_write(fs, FLEXSPI_DLLCR(0), 0x100);
	queue_write(fs, FLEXSPI_DLLCR(1), 0x100);
}

/* FlexSPI is off (MDIS) while its clock fields change: whatever it was doing is ended first with the
 * fields as they are. The FIFOs belong to the IP bus from here on, for with MCR0.ARDFEN/ATDFEN the data
 * registers read 0 and drop writes without a sign. */
static enum err bring_up(struct flexspi *fs, uint32_t max_hz)
{
	struct flexspi_saved *s = fs->saved;
	uint32_t set_up;

	s->mcr0 = MCR0_GRANTS;
	TRY(flexspi_choose_clock(fs, max_hz, false));
	set_up = s->mcr0;
	s->mcr0 = s->found_mcr0 & ~MCR0_MDIS;
	queue_write(fs, FLEXSPI_MCR0, s->mcr0);
	TRY(run_queue(fs));
	TRY(flexspi_soft_reset(fs));
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	s->mcr0 = set_up;
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	queue_setup(fs);
	queue_write(fs, FLEXSPI_MCR0, s->mcr0);
	TRY(run_queue(fs));
	s->is_up = true;
	return flexspi_wait_idle(fs);
}

static enum err save_and_bring_up(struct flexspi *fs)
{
	TRY(flexspi_save_clocks(fs));
	TRY(flexspi_set_gate(fs, true));
	TRY(save_registers(fs));
	TRY(set_pads(fs, fs->facts->pads, false));
	return bring_up(fs, SAFE_HZ);
}

enum err flexspi_open(struct flexspi *fs, struct target *t, unsigned instance, unsigned port)
{
	struct mem_ap *ap = NULL;

	*fs = (struct flexspi){ .target = t, .instance = instance, .port = port,
				.flash_bytes = UNKNOWN_BYTES };
	TRY(imxrt_ap(t, &ap));
	TRY(imxrt_chip_of(t, &fs->chip));
	if (instance > 1 || port > 3 || fs->chip->part->flexspi[instance].regs == 0)
		return error_why(ERR_UNSUPPORTED, "%s has no FlexSPI%u", fs->chip->part->name,
				 instance + 1);
	fs->facts = &fs->chip->part->flexspi[instance];
	fs->saved = xcalloc(1, sizeof(*fs->saved));
	fs->saved->next_slot = FIRST_SLOT;
	fs->saved->extra_looks = 1;
	fs->saved->mcr0 = MCR0_GRANTS;
	enum err rc = save_and_bring_up(fs);

	if (rc != OK)
		return error_what(error_first(rc, flexspi_close(fs)), "FlexSPI%s does not come up",
				  instance == 1 ? "2" : "");
	log_debug("FlexSPI%s is up at %u Hz", instance == 1 ? "2" : "", fs->hz);
	return OK;
}

/* --- Down --- */

static void queue_lut_lock(struct flexspi *fs, uint32_t lutcr)
{
	queue_write(fs, FLEXSPI_LUTKEY, LUTKEY_VALUE);
	queue_write(fs, FLEXSPI_LUTCR, lutcr);
}

/* The module stays off (MDIS) until its clock is the program's again. */
static enum err put_registers_back(struct flexspi *fs)
{
	struct flexspi_saved *s = fs->saved;
	struct mem_ap *ap = flexspi_ap(fs);
	enum err rc = flexspi_soft_reset(fs);

	queue_lut_lock(fs, 2);
	for (unsigned i = 0; i < LUT_WORDS; i++)
		mem_ap_queue_write32(ap, s->luts[i].addr, s->luts[i].value);
	if (!(s->lutcr & 2))
		queue_lut_lock(fs, 1);
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	/* A continuous read (JMP_ON_CS) of the program must begin with its opcode again. */
	for (unsigned port = 0; port < 4; port++)
		queue_write(fs, FLEXSPI_FLSHCR2(port), FLSHCR2_CLRINSTRPTR);
	for (size_t i = 0; i < s->reg_count; i++)
		mem_ap_queue_write32(ap, s->regs[i].addr, s->regs[i].value);
	queue_write(fs, FLEXSPI_MCR0, s->found_mcr0 | MCR0_MDIS);
	return error_first(rc, mem_ap_run(ap));
}

static enum err put_pads_back(struct flexspi *fs)
{
	struct flexspi_saved *s = fs->saved;

	for (size_t i = 0; i < s->pad_count; i++)
		mem_ap_queue_write32(flexspi_ap(fs), s->pads[i].addr, s->pads[i].value);
	return run_queue(fs);
}

static uint32_t saved_dllcr(const struct flexspi *fs, unsigned n)
{
	for (size_t i = 0; i < fs->saved->reg_count; i++)
		if (fs->saved->regs[i].addr == fs->facts->regs + FLEXSPI_DLLCR(n))
			return fs->saved->regs[i].value;
	return 0;
}

/* A delay line must have locked on to its clock before the program reads by it. A core that was stopped
 * before it waited for that may have one that does not lock at all. */
static enum err switch_on_again(struct flexspi *fs)
{
	struct flexspi_saved *s = fs->saved;
	uint32_t want = 0;

	queue_write(fs, FLEXSPI_MCR0, s->found_mcr0);
	TRY(run_queue(fs));
	for (unsigned n = 0; n < 2; n++)
		if (saved_dllcr(fs, n) & DLLCR_DLLEN)
			want |= STS2_LOCKED(n);
	if (want == 0 || (s->found_mcr0 & MCR0_MDIS))
		return OK;
	if (wait_bits(fs, FLEXSPI_STS2, want, want, DLL_MS, "does not lock its delay line") == OK)
		return OK;
	log_debug("%s", error_text(error_current()));
	error_clear();
	return OK;
}

/* Registers, pads, clocks, each also if the one before failed. */
static enum err put_back(struct flexspi *fs)
{
	struct flexspi_saved *s = fs->saved;
	enum err rc = OK;

	if (s->reg_count > 0)
		rc = put_registers_back(fs);
	rc = error_first(rc, put_pads_back(fs));
	if (s->clock_count == 0)
		return rc;
	rc = error_first(rc, flexspi_restore_clocks(fs));
	if (s->reg_count > 0)
		rc = error_first(rc, switch_on_again(fs));
	return error_first(rc, flexspi_restore_gate(fs));
}

/* By what a reset, or the boot ROM after it, sets and we never do. */
bool flexspi_was_reset(struct flexspi *fs)
{
	uint32_t mcr0 = 0, ahbcr = 0, rx = 0, buffer = 0;

	if (fs->saved == NULL || !fs->saved->is_up)
		return false;
	if (fs->was_reset)
		return true;
	queue_read(fs, FLEXSPI_MCR0, &mcr0);
	queue_read(fs, FLEXSPI_AHBCR, &ahbcr);
	queue_read(fs, FLEXSPI_IPRXFCR, &rx);
	queue_read(fs, FLEXSPI_AHBRXBUF(0), &buffer);
	if (run_queue(fs) != OK) {
		error_clear();
		return false;
	}
	fs->was_reset = (mcr0 & (MCR0_ARDFEN | MCR0_ATDFEN)) || (ahbcr & 0x18) ||
			(rx & 0x3c) != CHUNK_WATERMARK || (buffer & 0xff) != 0;
	return fs->was_reset;
}

/* Nothing is put back into a chip that began anew. */
static enum err give_up_after_reset(struct flexspi *fs)
{
	uint32_t srsr = 0;

	if (mem_ap_read32(flexspi_ap(fs), SRC_SRSR, &srsr) != OK)
		error_clear();
	log_warning("the chip was reset while its flash was being accessed (%s)",
		    srsr & (SRSR_WDOG | SRSR_WDOG3) ? "a watchdog" : "not by this debugger");
	error_why(ERR_FLASH_OPERATION, "the chip was reset while its flash was being accessed%s",
		  srsr & (SRSR_WDOG | SRSR_WDOG3) ? ": a watchdog" : "");
	error_evidence(ERR_FLASH_OPERATION, "SRSR = 0x%08x", srsr);
	return error_next(ERR_FLASH_OPERATION, "run \"reset halt\" and repeat it: what was being written "
			  "may be there in part");
}

enum err flexspi_close(struct flexspi *fs)
{
	enum err rc = OK;

	if (fs->saved == NULL)
		return OK;
	rc = flexspi_was_reset(fs) ? give_up_after_reset(fs) : put_back(fs);
	free(fs->saved);
	fs->saved = NULL;
	fs->target->memory_epoch++;
	return rc;
}

enum err flexspi_abandon(struct flexspi *fs)
{
	enum err rc;

	if (fs->saved == NULL)
		return OK;
	rc = flexspi_soft_reset(fs);
	if (rc == OK) {
		for (size_t i = 0; i < ARRAY_SIZE(reset_values); i++)
			queue_write(fs, reset_values[i].offset, reset_values[i].value);
		rc = run_queue(fs);
	}
	free(fs->saved);
	fs->saved = NULL;
	fs->target->memory_epoch++;
	return rc;
}

/* --- Changes on the way --- */

static enum err use_strobe(struct flexspi *fs)
{
	if (fs->saved->has_strobe)
		return OK;
	TRY(set_pads(fs, fs->facts->pads, true));
	fs->saved->has_strobe = true;
	return OK;
}

enum err flexspi_set_speed(struct flexspi *fs, uint32_t max_hz)
{
	struct flexspi_saved *s = fs->saved;

	TRY(flexspi_wait_idle(fs));
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	TRY(run_queue(fs));
	TRY(flexspi_choose_clock(fs, max_hz, true));
	/* An eight-bit flash strobes its data itself (source 3): that stays. */
	if ((s->mcr0 >> MCR0_RXCLKSRC_SHIFT & 3) != 3) {
		s->mcr0 &= ~(3u << MCR0_RXCLKSRC_SHIFT);
		s->mcr0 |= (fs->hz > LOOPBACK_HZ ? 1u : 0u) << MCR0_RXCLKSRC_SHIFT;
		if (fs->hz > LOOPBACK_HZ)
			TRY(use_strobe(fs));
	}
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	queue_write(fs, FLEXSPI_MCR0, s->mcr0);
	TRY(run_queue(fs));
	TRY(flexspi_soft_reset(fs));
	log_debug("FlexSPI%s clock: %u Hz (at most %u)", fs->instance == 1 ? "2" : "", fs->hz, max_hz);
	return flexspi_wait_idle(fs);
}

enum err flexspi_set_size(struct flexspi *fs, uint32_t bytes)
{
	TRY(flexspi_wait_idle(fs));
	fs->flash_bytes = bytes;
	queue_write(fs, FLEXSPI_FLSHCR0(fs->port), bytes / 1024);
	return run_queue(fs);
}

enum err flexspi_set_wide(struct flexspi *fs, bool is_hyperbus)
{
	struct flexspi_saved *s = fs->saved;

	if (fs->facts->wide_pads == NULL)
		return error_why(ERR_UNSUPPORTED, "no eight-bit flash can hang on this FlexSPI of %s",
				 fs->chip->part->name);
	TRY(flexspi_wait_idle(fs));
	if (!(s->mcr0 & MCR0_COMBINATION))
		TRY(set_pads(fs, fs->facts->wide_pads, false));
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	s->mcr0 |= MCR0_COMBINATION;
	if (is_hyperbus) {
		TRY(use_strobe(fs));
		s->mcr0 |= 3u << MCR0_RXCLKSRC_SHIFT;
		queue_write(fs, FLEXSPI_MCR2, (0x200081f7 & ~MCR2_SAMEDEVICE) | MCR2_SCKB_IS_DIFF);
		/* Words of 16 bits, three column address bits (HyperBus). */
		queue_write(fs, FLEXSPI_FLSHCR1(fs->port), 0x00020063 | BIT(10) | 3u << 11);
	}
	queue_write(fs, FLEXSPI_MCR0, s->mcr0 | MCR0_MDIS);
	queue_write(fs, FLEXSPI_MCR0, s->mcr0);
	TRY(run_queue(fs));
	return flexspi_soft_reset(fs);
}

/* AHBCR.CLRAHBRXBUF is not on every part; the soft reset empties the buffers everywhere. */
enum err flexspi_forget(struct flexspi *fs, uint32_t offset, uint32_t bytes)
{
	struct target *t = fs->target;
	uint32_t ccr = 0;

	TRY(flexspi_wait_idle(fs));
	TRY(flexspi_soft_reset(fs));
	TRY(flexspi_wait_idle(fs));
	t->memory_epoch++;
	TRY(mem_ap_read32(flexspi_ap(fs), SCB_CCR, &ccr));
	if (!(ccr & (CCR_D_CACHE | CCR_I_CACHE)))
		return OK;
	if (bytes <= 4096 && t->type != NULL && t->type->code_written != NULL)
		return t->type->code_written(t, fs->facts->window + offset, bytes);
	if (ccr & CCR_D_CACHE)
		TRY(imxrt_drop_d_cache(flexspi_ap(fs), true));
	return mem_ap_write32(flexspi_ap(fs), SCB_ICIALLU, 0);
}
