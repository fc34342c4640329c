/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `imxrt ram_boot`: a program loaded into RAM and started as the ROM would start it, for a part whose
 * serial downloader is out of reach: an ELF, or a .bin with its IVT somewhere in the first 8 KiB (NXP's
 * flashloaders), or a plain image with its address (IMXRT1064RM "System Boot": Program image).
 */
#include "flash/imxrt_reset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"

#define IVT_SCAN	0x2000u
#define VECTOR_STEP	0x80u		/* VTOR's alignment (DDI 0403 B3.2.5) */
#define SETTLE_MS	100u
#define DWT_PCSR	0xe000101cu
#define COPY_PIECE	0x4000u
#define FPU_ACCESS	0x00f00000u

struct ram_program {
	struct target *t;
	const struct imxrt_chip *chip;
	struct image *image;
	struct imxrt_entry entry;
};

/* --- What is in the file --- */

static const uint8_t *image_bytes_at(const struct image *image, uint32_t addr, size_t n)
{
	for (size_t i = 0; i < image->count; i++) {
		const struct image_section *s = &image->sections[i];

		if (addr >= s->addr && (uint64_t)(addr - s->addr) + n <= s->bytes)
			return s->data + (addr - s->addr);
	}
	return NULL;
}

static enum err read_image(void *ctx, uint32_t addr, uint8_t *dst, size_t n)
{
	const uint8_t *src = image_bytes_at(ctx, addr, n);

	if (src == NULL)
		return error_next(error_why(ERR_IMAGE_FORMAT, "0x%08x, where the program should begin, "
					    "is not in the image", addr),
				  "load it where it was linked for: leave the load address out if the "
				  "file has an IVT");
	memcpy(dst, src, n);
	return OK;
}

/* Offset of the IVT in the first section; its size if there is none. */
static size_t find_ivt(const struct image *image)
{
	const struct image_section *s = &image->sections[0];
	size_t end = MIN(s->bytes, (size_t)IVT_SCAN);

	for (size_t at = 0; at + 32 <= end; at += 4)
		if (imxrt_is_ivt(s->data + at) && get_le32(s->data + at + 4) != 0)
			return at;
	return s->bytes;
}

static bool is_stack(uint32_t word)
{
	return word % 4 == 0 && ((word > 0x20000000 && word <= 0x20400000) ||
				 (word > 0x80000000 && word <= 0xe0000000) ||
				 (word > 0 && word <= 0x80000));
}

/* A vector table names the entry in its second word. */
static void find_vectors(const struct image *image, struct imxrt_entry *entry)
{
	for (size_t i = 0; i < image->count; i++) {
		const struct image_section *s = &image->sections[i];
		size_t first = (VECTOR_STEP - s->addr % VECTOR_STEP) % VECTOR_STEP;

		for (size_t at = first; at + 8 <= s->bytes; at += VECTOR_STEP) {
			const uint8_t *p = s->data + at;

			if (get_le32(p + 4) != (entry->pc | 1) || !is_stack(get_le32(p)))
				continue;
			entry->vectors = s->addr + (uint32_t)at;
			entry->sp = get_le32(p);
			return;
		}
	}
}

static enum err no_address(const char *path)
{
	error_why(ERR_IMAGE_FORMAT, "%s has no image vector table in its first 8 KiB: where it belongs "
		  "is not known", path);
	return error_next(ERR_IMAGE_FORMAT, "give its load address, and its entry and stack pointer if "
			  "it does not begin with a vector table");
}

/* Relocates a .bin; *x: the entry word, 0: still unknown. */
static enum err place_image(struct image *image, bool has_load, uint32_t load, uint32_t *x)
{
	struct image_section *first = &image->sections[0];
	size_t ivt = find_ivt(image);
	bool has_ivt = ivt < first->bytes;

	*x = has_ivt ? get_le32(first->data + ivt + 4) : image->has_entry ? image->entry : 0;
	if (image->type != IMAGE_BIN)
		return OK;
	if (has_load)
		first->addr = load;
	else if (has_ivt)
		first->addr = get_le32(first->data + ivt + 20) - (uint32_t)ivt;
	else
		return no_address(image->path);
	if (*x == 0 && first->bytes >= 8 && is_stack(get_le32(first->data)) &&
	    (get_le32(first->data + 4) & 1))
		*x = first->addr;	/* begins with its vector table */
	return OK;
}

static enum err find_start(struct ram_program *p, uint32_t x)
{
	const struct imxrt_reader reader = { .read = read_image, .ctx = p->image };
	struct imxrt_entry *e = &p->entry;

	if (x == 0)
		return no_address(p->image->path);
	TRY(imxrt_resolve_entry(&reader, x, e));
	if (e->vectors == 0 && x % 4 == 0) {	/* a table whose stack is in ITCM or SDRAM */
		const uint8_t *table = image_bytes_at(p->image, x, 8);

		if (table != NULL && is_stack(get_le32(table)) && (get_le32(table + 4) & 1))
			*e = (struct imxrt_entry){ get_le32(table + 4) & ~1u, get_le32(table), x };
	}
	if (e->vectors == 0)
		find_vectors(p->image, e);
	return OK;
}

/* --- Is there such memory? --- */

static bool is_inside(uint32_t addr, size_t n, uint32_t base, uint32_t bytes)
{
	return addr >= base && (uint64_t)(addr - base) + n <= bytes;
}

static enum err check_memory(const struct ram_program *p, uint32_t addr, size_t n, const char *what)
{
	const struct imxrt_part *part = p->chip->part;
	struct imxrt_ram ram = { 0 };
	uint32_t ocram;

	TRY(imxrt_read_ram(p->t, p->chip, &ram));
	ocram = part->ocram2_bytes + ram.ocram;
	if (is_inside(addr, n, 0, ram.itcm) || is_inside(addr, n, 0x20000000, ram.dtcm) ||
	    is_inside(addr, n, 0x20200000, ocram) || is_inside(addr, n, 0x80000000, 0x60000000))
		return OK;
	error_why(ERR_IMAGE_FORMAT, "%s (0x%08x, %zu bytes) is not in RAM: there are %u KiB ITCM, %u KiB "
		  "DTCM, %u KiB OCRAM now", what, addr, n, ram.itcm / 1024, ram.dtcm / 1024, ocram / 1024);
	return error_next(ERR_IMAGE_FORMAT, addr >= 0x60000000 && addr < 0x80000000
			  ? "a program for the flash is loaded with \"program\""
			  : "take the image built for this part, or set GPR17 and GPR16 bit 2 first");
}

static enum err check_all(const struct ram_program *p)
{
	for (size_t i = 0; i < p->image->count; i++)
		TRY(check_memory(p, p->image->sections[i].addr, p->image->sections[i].bytes,
				 "a part of the image"));
	if (p->entry.sp == 0) {
		error_why(ERR_IMAGE_FORMAT, "no vector table names the entry 0x%08x: the stack pointer "
			  "is not known", p->entry.pc);
		return error_next(ERR_IMAGE_FORMAT, "give load address, entry and stack pointer");
	}
	return check_memory(p, p->entry.sp - 16, 16, "its stack");
}

/* --- Loading and starting --- */

static enum err compare(struct target *t, uint32_t addr, const uint8_t *data, size_t n)
{
	uint8_t *back = xcalloc(1, COPY_PIECE);
	enum err rc = OK;

	for (size_t at = 0; at < n && rc == OK; at += COPY_PIECE) {
		size_t part = MIN(n - at, (size_t)COPY_PIECE), same = 0;

		rc = target_read_bytes(t, addr + (uint32_t)at, back, part, NULL);
		while (rc == OK && same < part && back[same] == data[at + same])
			same++;
		if (rc == OK && same < part)
			rc = error_why(ERR_VERIFY, "RAM at 0x%08zx holds 0x%02x, not 0x%02x, after writing",
				       addr + at + same, back[same], data[at + same]);
	}
	free(back);
	return rc;
}

static enum err load(const struct ram_program *p)
{
	for (size_t i = 0; i < p->image->count; i++) {
		const struct image_section *s = &p->image->sections[i];

		TRY(target_write_bytes(p->t, s->addr, s->data, s->bytes));
		TRY(compare(p->t, s->addr, s->data, s->bytes));
		TRY(check_cancelled(p->t));
	}
	return OK;
}

static enum err set_registers(const struct ram_program *p)
{
	static const struct { const char *name; uint32_t value; } fixed[] = {
		{ "control", 0 },  { "primask", 0 }, { "faultmask", 0 }, { "basepri", 0 },
		{ "xpsr", 0x01000000 }, { "psp", 0 }, { "lr", 0xffffffff },
	};
	char name[4];

	for (unsigned i = 0; i <= 12; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		TRY(target_set_reg32(p->t, name, 0));
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		TRY(target_set_reg32(p->t, fixed[i].name, fixed[i].value));
	TRY(target_set_reg32(p->t, "msp", p->entry.sp));
	return target_set_reg32(p->t, "pc", p->entry.pc);
}

/* VTOR, no pending faults, the FPU open as the ROM leaves it, nothing stale in the instruction cache. */
static enum err set_system(const struct ram_program *p)
{
	struct mem_ap *ap = NULL;
	uint32_t cpacr = 0;

	TRY(imxrt_ap(p->t, &ap));
	TRY(mem_ap_read32(ap, SCB_CPACR, &cpacr));
	mem_ap_queue_write32(ap, SCB_CPACR, cpacr | FPU_ACCESS);
	if (p->entry.vectors != 0)
		mem_ap_queue_write32(ap, SCB_VTOR, p->entry.vectors);
	mem_ap_queue_write32(ap, SCB_SHCSR, 0);
	mem_ap_queue_write32(ap, SCB_CFSR, 0xffffffff);
	mem_ap_queue_write32(ap, SCB_HFSR, 0xffffffff);
	for (unsigned i = 0; i < 8; i++)
		mem_ap_queue_write32(ap, NVIC_ICPR(i), 0xffffffff);
	mem_ap_queue_write32(ap, SCB_ICIALLU, 0);
	return mem_ap_run(ap);
}

/* In words: does it run? */
static enum err verify_running(const struct ram_program *p, uint32_t *pc)
{
	uint32_t dhcsr = 0, cfsr = 0, hfsr = 0;
	struct mem_ap *ap = NULL;

	TRY(imxrt_ap(p->t, &ap));
	if (!loop_sleep(p->t->list->loop, SETTLE_MS))
		return error_why(ERR_CANCELLED, "the daemon ends");
	TRY(imxrt_read_dhcsr(p->t, &dhcsr));
	mem_ap_queue_read32(ap, SCB_CFSR, &cfsr);
	mem_ap_queue_read32(ap, SCB_HFSR, &hfsr);
	mem_ap_queue_read32(ap, DWT_PCSR, pc);
	TRY(mem_ap_run(ap));
	error_clear();
	if (dhcsr & DHCSR_S_LOCKUP)
		error_why(ERR_ALGORITHM, "%u ms after its start the core is locked up", SETTLE_MS);
	else if (hfsr & ~BIT(31))
		error_why(ERR_ALGORITHM, "%u ms after its start the program is in a fault", SETTLE_MS);
	else if (dhcsr & DHCSR_S_HALT)
		log_warning("[%s] the program halted by itself (a breakpoint, or semihosting)", p->t->name);
	if (error_current()->code != OK) {
		error_evidence(ERR_ALGORITHM, "CFSR = 0x%08x, HFSR = 0x%08x, DHCSR = 0x%08x", cfsr, hfsr,
			       dhcsr);
		return error_next(ERR_ALGORITHM, "halt and look: \"halt; arm explain_fault\"");
	}
	if (*pc != 0xffffffff && image_bytes_at(p->image, *pc & ~1u, 2) == NULL)
		log_warning("[%s] the program left its image: it is at 0x%08x, %s", p->t->name, *pc,
			    imxrt_where(p->chip, *pc));
	else
		log_info("[%s] the image runs%s: it is at 0x%08x, %s", p->t->name,
			 dhcsr & DHCSR_S_SLEEP ? " (asleep now)" : "", *pc, imxrt_where(p->chip, *pc));
	return OK;
}

static enum err load_and_start(struct ram_program *p, struct call *c)
{
	struct imxrt_quiet quiet = { 0 };
	uint32_t pc = 0;
	char text[16];

	TRY(imxrt_make_quiet(p->t, p->chip, &quiet));
	TRY(check_all(p));
	TRY(load(p));
	TRY(set_system(p));
	TRY(set_registers(p));
	log_info("[%s] starting at 0x%08x, stack 0x%08x, vectors 0x%08x", p->t->name, p->entry.pc,
		 p->entry.sp, p->entry.vectors);
	TRY(target_resume(p->t, &p->entry.pc, false, false));
	TRY(verify_running(p, &pc));
	const struct { const char *key; uint32_t value; } results[] = {
		{ "load", p->image->sections[0].addr }, { "entry", p->entry.pc }, { "sp", p->entry.sp },
		{ "vectors", p->entry.vectors }, { "pc", pc },
	};

	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		snprintf(text, sizeof(text), "0x%08" PRIx32, results[i].value);
		result_dict(c, results[i].key, text);
	}
	return OK;
}

/* From the state after a reset: nothing of the ROM's or another program's is running then. */
static enum err start_clean(struct call *c, struct ram_program *p)
{
	enum err rc;

	TRY(script_eval(c->script, script_origin(c->script), "imxrt reset rom", NULL, 0, NULL));
	TRY(imxrt_chip_of(p->t, &p->chip));
	TRY(target_claim(p->t, "imxrt ram_boot"));
	rc = load_and_start(p, c);
	target_release(p->t);
	return rc;
}

enum err cmd_imxrt_ram_boot(struct call *c)
{
	uint32_t load_addr = 0, x = 0, entry = 0, sp = 0;
	struct ram_program p = { 0 };
	enum err rc;

	if (c->argc > 2)
		TRY(arg_u32(c, 2, &load_addr));
	if (c->argc > 3)
		TRY(arg_u32(c, 3, &entry));
	if (c->argc > 4)
		TRY(arg_u32(c, 4, &sp));
	TRY(arg_imxrt_target(c, &p.t));
	TRY(image_open(c->argv[1], IMAGE_AUTO, 0, &p.image));
	rc = place_image(p.image, c->argc > 2, load_addr, &x);
	if (rc == OK && c->argc > 3)
		p.entry = (struct imxrt_entry){ .pc = entry & ~1u };
	else if (rc == OK)
		rc = find_start(&p, x);
	if (rc == OK && c->argc > 4)
		p.entry.sp = sp;
	else if (rc == OK && p.entry.sp == 0)
		find_vectors(p.image, &p.entry);
	if (rc == OK)
		rc = start_clean(c, &p);
	image_close(p.image);
	return rc == OK ? OK : error_what(rc, "imxrt ram_boot");
}
