/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi_nor: what the boot ROM will make of the flash. Before a write that touches the boot
 * header or the vectors the future contents are looked at as the ROM would (IMXRT1064RM "System
 * Boot").
 */
#include <stdlib.h>
#include <string.h>

#include "flash/flexspi_nor.h"
#include "flash/imxrt_image.h"

#define LOOK_BYTES  0x3000u /* FCB, IVT, DCD, vector table */
#define IVT_OFFSET  0x1000u
#define VECTORS	    0x2000u
#define IVT_TAG	    0xd1u
#define SAMPLE_STEP 0x10000u
#define FCB_PAGE    256u  /* of 512 bytes: tag, clock, sizes, first sequences */
#define FCB_BLANKS  16u
#define PIECE	    4096u /* of the flash, kept once read */

/* The flash as it will be: steps over what it holds now. */
struct future {
	struct flash_bank *bank;
	const struct flash_step *steps;
	size_t count;
	struct {
		uint32_t offset;
		bool valid;
		uint8_t bytes[PIECE];
	} cache[8];
	unsigned next;
};

static enum err read_now(struct future *v, uint32_t piece, const uint8_t **bytes)
{
	struct flexspi_nor *f = v->bank->priv;
	unsigned i = 0;

	while (i < ARRAY_SIZE(v->cache) && !(v->cache[i].valid && v->cache[i].offset == piece))
		i++;
	if (i == ARRAY_SIZE(v->cache)) {
		i = v->next++ % ARRAY_SIZE(v->cache);
		v->cache[i].valid = false;
		TRY(serial_nor_read(&f->fs, &f->nor, piece, v->cache[i].bytes, PIECE));
		v->cache[i].offset = piece;
		v->cache[i].valid = true;
	}
	*bytes = v->cache[i].bytes;
	return OK;
}

static const struct flash_step *step_at(const struct future *v, uint32_t offset)
{
	unsigned sector = flash_sector_at(v->bank, offset);

	for (size_t i = 0; i < v->count; i++)
		if (v->steps[i].sector == sector)
			return &v->steps[i];
	return NULL;
}

/* Up to n bytes within one piece and one sector. */
static enum err read_part(struct future *v, uint32_t offset, uint8_t *dst, size_t n)
{
	const struct flash_step *step = step_at(v, offset);
	const uint8_t *now = NULL;

	if (step == NULL || !(step->erase || step->looked_blank))
		TRY(read_now(v, offset - offset % PIECE, &now));
	if (now != NULL)
		memcpy(dst, now + offset % PIECE, n);
	else
		memset(dst, 0xff, n);
	for (size_t i = 0; step != NULL && i < n; i++)
		if (offset + i - step->offset < step->bytes)
			dst[i] = step->data[offset + i - step->offset];
	return OK;
}

static enum err read_future(void *ctx, uint32_t offset, uint8_t *dst, size_t n, bool *known)
{
	struct future *v = ctx;

	*known = offset < v->bank->size && n <= v->bank->size - offset;
	while (*known && n > 0) {
		size_t part = MIN(n, PIECE - offset % PIECE);

		TRY(read_part(v, offset, dst, part));
		offset += (uint32_t)part;
		dst += part;
		n -= part;
	}
	return OK;
}

static bool touches_header(const struct flash_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].bytes > 0 && steps[i].offset < LOOK_BYTES)
			return true;
	return false;
}

static void log_finding(const struct imxrt_finding *finding)
{
	const char *next = finding->next;

	if (finding->severity == BOOT_NOTE)
		log_info("%s%s%s", finding->text, next != NULL ? ": " : "",
			 next != NULL ? next : "");
	else
		log_warning("%s%s%s", finding->text, next != NULL ? ": " : "",
			    next != NULL ? next : "");
}

static enum err refuse(const struct flash_bank *bank, const struct imxrt_finding *finding)
{
	error_why(ERR_REFUSED, "%s", finding->text);
	if (finding->next != NULL)
		return error_next(ERR_REFUSED, "%s; \"flexspi force %u on\" writes it all the same",
				  finding->next, bank->number);
	return error_next(ERR_REFUSED, "\"flexspi force %u on\" writes it all the same",
			  bank->number);
}

static enum err judge(const struct flash_bank *bank, const struct imxrt_boot_check *check)
{
	const struct flexspi_nor *f = bank->priv;

	for (size_t i = 0; i < check->count; i++)
		if (check->findings[i].severity == BOOT_REFUSE && !f->is_forced)
			return refuse(bank, &check->findings[i]);
	for (size_t i = 0; i < check->count; i++)
		log_finding(&check->findings[i]);
	return OK;
}

/* The caller frees the findings. */
static enum err look_ahead(struct flash_bank *bank, const struct flash_step *steps, size_t count,
			   struct imxrt_boot_check *check)
{
	struct flexspi_nor *f = bank->priv;
	struct imxrt_flash_view view = { .read = read_future,
					 .base = bank->base,
					 .bytes = bank->size };
	bool interrupted = false;
	struct future *v;
	enum err rc;

	*check = (struct imxrt_boot_check){ 0 };
	if (!f->is_boot_flash)
		return OK;
	TRY(flexspi_nor_tell_interrupted(bank, &interrupted));
	if (!touches_header(steps, count))
		return OK;
	v = xcalloc(1, sizeof(*v));
	v->bank = bank;
	v->steps = steps;
	v->count = count;
	view.ctx = v;
	rc = imxrt_check_boot(f->fs.chip, &f->nor, &view, check);
	free(v);
	return rc;
}

enum err flexspi_nor_check_boot(struct flash_bank *bank, const struct flash_step *steps,
				size_t count)
{
	struct imxrt_boot_check check;
	enum err rc = look_ahead(bank, steps, count, &check);

	if (rc == OK)
		rc = judge(bank, &check);
	imxrt_boot_check_free(&check);
	return rc;
}

static void write_findings(const struct flexspi_nor *f, const struct imxrt_boot_check *check,
			   struct buf *lines)
{
	for (size_t i = 0; i < check->count; i++) {
		const struct imxrt_finding *finding = &check->findings[i];

		if (finding->severity == BOOT_NOTE)
			continue;
		buf_printf(lines, "%s%s%s%s\n",
			   finding->severity == BOOT_REFUSE && !f->is_forced
				   ? "the write is refused: " : "",
			   finding->text, finding->next != NULL ? ": " : "",
			   finding->next != NULL ? finding->next : "");
	}
}

enum err flexspi_nor_objections(struct flash_bank *bank, const struct flash_step *steps, size_t count,
				struct buf *lines)
{
	struct flexspi_nor *f = bank->priv;
	bool ran = bank->target->state == TARGET_RUNNING;
	struct imxrt_boot_check check;
	enum err rc;

	TRY(flexspi_nor_open_identified(bank));
	rc = look_ahead(bank, steps, count, &check);
	if (rc == OK)
		write_findings(f, &check, lines);
	imxrt_boot_check_free(&check);
	if (ran)
		buf_printf(lines, "to look at the flash the program was stopped for some milliseconds\n");
	return error_first(rc, flexspi_nor_close(bank));
}

/* The first place behind the vectors that is not erased, by samples; false: none. */
static enum err find_data(struct flash_bank *bank, uint32_t *offset, bool *found)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t bytes[16];

	*found = false;
	for (*offset = VECTORS; !*found && *offset < bank->size;) {
		TRY(serial_nor_read(&f->fs, &f->nor, *offset, bytes, sizeof(bytes)));
		*found = !is_filled(bytes, sizeof(bytes), 0xff);
		if (!*found)
			*offset += *offset < SAMPLE_STEP ? SAMPLE_STEP - *offset : SAMPLE_STEP;
	}
	return OK;
}

/* Tag "FCFB", and the V of its version, as an erase or a program leaves them that was cut off: each byte
 * is still there, is blank, or is 00, for cells are programmed before they are erased. No initial stack
 * pointer of a plain binary looks like that. */
static bool is_torn(const uint8_t *fcb, size_t n)
{
	static const struct {
		uint8_t at, value;
	} known[] = { { 0, 'F' }, { 1, 'C' }, { 2, 'F' }, { 3, 'B' }, { 7, 'V' } };
	unsigned whole = 0, blank = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint8_t byte = fcb[known[i].at];

		if (byte != known[i].value && byte != 0x00 && byte != 0xff)
			return false;
		whole += byte == known[i].value;
	}
	if (whole < ARRAY_SIZE(known))
		return true;
	for (size_t i = 0; i < n; i++)
		blank += fcb[i] == 0xff;
	return blank >= FCB_BLANKS;	/* what a block leaves open is 0 */
}

static void tell_torn(const struct flash_bank *bank, uint32_t offset)
{
	log_warning("flash bank %s: the boot header at 0x%08x is damaged: an earlier erase or write was "
		    "interrupted; the chip does not boot until the whole image is written",
		    bank->name, bank->base + offset);
}

/* What a write that was cut short leaves: the header is erased first and programmed last. */
enum err flexspi_nor_tell_interrupted(struct flash_bank *bank, bool *interrupted)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t head[FCB_PAGE], ivt[16];
	/* RT1010 has its FCB at 0x400. */
	uint32_t fcb = f->fs.chip->part->digprog == 0x6d ? 0x400 : 0, offset = 0;

	*interrupted = false;
	if (bank->size < LOOK_BYTES)
		return OK;
	TRY(serial_nor_read(&f->fs, &f->nor, fcb, head, sizeof(head)));
	if (!is_filled(head, 16, 0xff)) {
		*interrupted = is_torn(head, sizeof(head));
		if (*interrupted)
			tell_torn(bank, fcb);
		return OK;
	}
	TRY(serial_nor_read(&f->fs, &f->nor, IVT_OFFSET, ivt, sizeof(ivt)));
	TRY(find_data(bank, &offset, interrupted));
	if (ivt[0] == IVT_TAG) {
		*interrupted = true;
		offset = IVT_OFFSET;
	}
	if (*interrupted)
		log_warning("flash bank %s: the boot header is erased but 0x%08x is not: by "
			    "\"imxrt rescue\", or an earlier write was interrupted; the chip does not "
			    "boot until the whole image is written",
			    bank->name, bank->base + offset);
	return OK;
}
