/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the program in the boot flash begins: the IVT's entry is the reset handler, or the vector table
 * that names it (IMXRT1064RM "System Boot": Image Vector Table). The flash is read by address if the
 * FlexSPI is set up, else by IP commands.
 */
#include "flash/imxrt_reset.h"

#include <string.h>

#include "flash/flexspi_regs.h"
#include "flash/serial_nor.h"

#define IVT_OFFSET 0x1000u
#define IVT_BYTES  32u

bool imxrt_is_ivt(const uint8_t *p)
{
	return p[0] == 0xd1 && p[1] == 0x00 && p[2] == 0x20 && (p[3] & 0xf0) == 0x40;
}

static bool is_ram(uint32_t word)
{
	return word >= 0x20000000 && word <= 0x20400000;
}

enum err imxrt_resolve_entry(const struct imxrt_reader *reader, uint32_t x, struct imxrt_entry *entry)
{
	uint8_t words[8];

	*entry = (struct imxrt_entry){ .pc = x & ~1u };
	if (x & 3)
		return OK;	/* a Thumb address: the handler itself */
	TRY(reader->read(reader->ctx, x, words, sizeof(words)));
	if (is_ram(get_le32(words)) && (get_le32(words + 4) & 1)) {
		entry->vectors = x;
		entry->sp = get_le32(words);
		entry->pc = get_le32(words + 4) & ~1u;
	}
	return OK;
}

struct flash_reader {
	struct flexspi *fs;		/* NULL: by address */
	struct mem_ap *ap;
	const struct imxrt_flexspi_facts *facts;
	const struct serial_nor *nor;	/* of fs */
	uint32_t bias;			/* the ROM copies the image: address minus offset in the flash */
};

static enum err read_flash(void *ctx, uint32_t addr, uint8_t *dst, size_t n)
{
	const struct flash_reader *r = ctx;
	uint32_t offset = addr - r->bias;

	if (offset >= r->facts->window_bytes)
		return error_why(ERR_FLASH_PROBE, "0x%08x is not in the boot flash", addr);
	return r->fs != NULL ? serial_nor_read(r->fs, r->nor, offset, dst, n)
			     : mem_ap_read_bytes(r->ap, r->facts->window + offset, dst, n);
}

static enum err look_for_program(struct flash_reader *r, struct imxrt_entry *entry, bool *found)
{
	uint32_t window = r->facts->window, entry_word;
	struct imxrt_reader reader = { .read = read_flash, .ctx = r };
	uint8_t ivt[IVT_BYTES], boot[4];

	*found = false;
	r->bias = window;
	TRY(read_flash(r, window + IVT_OFFSET, ivt, sizeof(ivt)));
	if (!imxrt_is_ivt(ivt))
		return OK;
	/* The IVT's own address tells where the image runs: in the flash, or in RAM. */
	r->bias = get_le32(ivt + 20) - IVT_OFFSET;
	entry_word = get_le32(ivt + 4);
	TRY(read_flash(r, get_le32(ivt + 16), boot, sizeof(boot)));
	*found = true;
	return imxrt_resolve_entry(&reader, entry_word, entry);
}

/* Set up, with its clock on: reading by address does no harm. */
static bool is_readable(struct mem_ap *ap, const struct imxrt_flexspi_facts *facts)
{
	uint32_t gate = 0, mcr0 = MCR0_MDIS, lut = 0;

	if (mem_ap_read32(ap, CCM_CCGR(facts->gate_reg), &gate) == OK &&
	    (gate >> facts->gate_shift & 3) != 0) {
		mem_ap_queue_read32(ap, facts->regs + FLEXSPI_MCR0, &mcr0);
		mem_ap_queue_read32(ap, facts->regs + FLEXSPI_LUT(0), &lut);
		if (mem_ap_run(ap) == OK)
			return !(mcr0 & MCR0_MDIS) && lut != 0;
	}
	error_clear();
	return false;
}

/* The core is halted here: it may execute from this very flash. */
static enum err look_by_commands(struct target *t, unsigned instance, struct flash_reader *r,
				 struct imxrt_entry *entry, bool *found)
{
	struct serial_nor nor = { 0 };
	struct flexspi fs = { 0 };
	enum err rc;

	TRY(flexspi_open(&fs, t, instance, 0));
	r->fs = &fs;
	r->nor = &nor;
	rc = serial_nor_probe(&fs, &nor);	/* wakes it if it must */
	if (rc == OK)
		rc = look_for_program(r, entry, found);
	r->fs = NULL;
	return error_first(rc, flexspi_close(&fs));
}

enum err imxrt_find_program(struct target *t, const struct imxrt_chip *chip, struct imxrt_entry *entry,
			    bool *found)
{
	unsigned instance = chip->part->flexspi[1].window == chip->part->boot_window;
	struct flash_reader r = { .facts = &chip->part->flexspi[instance] };

	*found = false;
	TRY(imxrt_ap(t, &r.ap));
	if (is_readable(r.ap, r.facts)) {
		if (look_for_program(&r, entry, found) == OK && *found)
			return OK;
		error_clear();
	}
	*found = false;
	TRY(imxrt_halt_core(t));
	return look_by_commands(t, instance, &r, entry, found);
}
