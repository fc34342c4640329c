/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_image: the IVT, the boot data and the vector table (IMXRT1064RM "System Boot": Image Vector
 * Table, Boot Data). The order is the ROM's: FCB, IVT, boot data, DCD, entry.
 */
#include "flash/imxrt_image_priv.h"

#include <stdlib.h>
#include <string.h>

#define IVT_TAG 0xd1u

struct ivt {
	uint32_t header, entry, dcd, boot_data, self, csf;
};

/* findings */

static void add(struct boot_view *b, enum imxrt_severity severity, const char *id, const char *next,
		const char *fmt, va_list ap)
{
	struct imxrt_boot_check *check = b->check;

	size_t at = check->count;

	/* More than that helps nobody, but what is refused must be among them. */
	if (at == ARRAY_SIZE(check->findings)) {
		while (at > 0 && check->findings[at - 1].severity >= severity)
			at--;
		if (at-- == 0)
			return;
		free(check->findings[at].text);
	} else {
		check->count++;
	}
	check->findings[at] = (struct imxrt_finding){
		.severity = severity, .id = id, .text = xvasprintf(fmt, ap), .next = next,
	};
}

void boot_note(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(b, BOOT_NOTE, id, next, fmt, ap);
	va_end(ap);
}

void boot_warn(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(b, BOOT_WARNING, id, next, fmt, ap);
	va_end(ap);
}

void boot_block(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(b, BOOT_REFUSE, id, next, fmt, ap);
	va_end(ap);
	b->is_blocked = true;
}

void boot_lock_out(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(b, BOOT_REFUSE, id, next, fmt, ap);
	va_end(ap);
}

/* bytes and places */

enum err boot_read(const struct boot_view *b, uint32_t offset, uint8_t *dst, size_t n, bool *known)
{
	*known = false;
	memset(dst, 0xff, n);
	if (offset > b->view->bytes || n > b->view->bytes - offset)
		return OK;
	return b->view->read(b->view->ctx, offset, dst, n, known);
}

/* All that is known of the word; *known false if any byte is missing. */
static enum err read_u32(const struct boot_view *b, uint32_t offset, uint32_t *value, bool *known)
{
	uint8_t bytes[4];

	TRY(boot_read(b, offset, bytes, sizeof(bytes), known));
	*value = get_le32(bytes);
	return OK;
}

/* RT1010 keeps its FCB behind the first KiB. */
static uint32_t offset_of_fcb(const struct imxrt_part *part)
{
	return part->digprog == 0x6d ? 0x400 : 0;
}

static bool is_within(uint32_t addr, uint32_t base, uint32_t bytes)
{
	return addr >= base && addr - base < bytes;
}

/* RAM that some partition of the FlexRAM gives the part, or that is fixed. */
bool boot_is_ram(const struct imxrt_part *part, uint32_t addr)
{
	return is_within(addr, 0x00000000, part->flexram_bytes) ||
	       is_within(addr, 0x20000000, part->flexram_bytes) ||
	       is_within(addr, part->ocram, part->flexram_bytes) ||
	       is_within(addr, part->ocram2, part->ocram2_bytes);
}

static bool is_in_flash(const struct boot_view *b, uint32_t addr)
{
	return is_within(addr, b->view->base, b->view->bytes);
}

static bool is_filled_with(const uint8_t *data, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (data[i] != value)
			return false;
	return true;
}

static bool is_empty(const uint8_t *data, size_t n)
{
	return is_filled_with(data, n, 0xff) || is_filled_with(data, n, 0);
}

/* A stack grows down from the first address behind a RAM. */
static bool is_stack(const struct imxrt_part *part, uint32_t sp)
{
	return sp != 0 && boot_is_ram(part, sp - 4);
}

static bool is_external_ram(uint32_t addr)
{
	return addr >= 0x80000000u && addr < 0xe0000000u;	/* SEMC */
}

/* What a program linked for the other FlexSPI, or for RAM, looks like. */
static const char *window_of(const struct imxrt_part *part, uint32_t addr)
{
	if (is_within(addr, 0x60000000, 0x10000000))
		return "flash at 0x60000000 (FlexSPI)";
	if (is_within(addr, 0x70000000, 0x0f000000))
		return "flash at 0x70000000 (FlexSPI2, RT1064)";
	if (is_within(addr, 0x30000000, 0x10000000))
		return "flash at 0x30000000 (RT1160, RT1170)";
	if (is_within(addr, 0x08000000, 0x08000000))
		return "flash at 0x08000000 (the alias of FlexSPI)";
	return boot_is_ram(part, addr) ? "RAM" : NULL;
}

/* vector table and entry */

static unsigned count_banks(uint32_t gpr17, unsigned kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 32; i += 2)
		count += (gpr17 >> i & 3) == kind;
	return count;
}

static void check_stack(struct boot_view *b, uint32_t vectors, uint32_t sp)
{
	const struct imxrt_part *part = b->chip->part;
	uint32_t dtcm = count_banks(part->flexram_default, 2) * 0x8000;

	b->check->initial_sp = sp;
	if (is_external_ram(sp - 4)) {
		if (!b->check->has_dcd)
			boot_block(b, "initial-sp", "put the stack into DTCM, or set up SEMC in the DCD",
				   "the initial SP 0x%08x lies in external RAM, and no DCD sets it up",
				   sp);
		return;
	}
	if (!is_stack(part, sp))
		boot_block(b, "initial-sp", "check the linker script's stack and the part it is for",
			   "the vector table at 0x%08x starts with SP 0x%08x: the %s has no RAM there, "
			   "the first push ends in lockup", vectors, sp, part->name);
	else if (sp > 0x20000000 + dtcm && sp <= 0x20000000 + part->flexram_bytes)
		boot_warn(b, "initial-sp-dtcm", "set up the FlexRAM before the stack is used",
			  "the initial SP 0x%08x lies beyond the %u KiB of DTCM that the %s has after "
			  "reset", sp, dtcm / 1024, part->name);
	if (sp % 8 != 0)
		boot_warn(b, "initial-sp-align", NULL, "the initial SP 0x%08x is not a multiple of 8",
			  sp);
}

static enum err check_handler(struct boot_view *b, uint32_t handler)
{
	const struct imxrt_part *part = b->chip->part;
	struct imxrt_boot_check *check = b->check;
	uint32_t pc = handler & ~1u, word = 0;
	bool known = false;

	check->entry = handler;
	if (!(handler & 1))
		boot_block(b, "reset-thumb", "check the vector table: the address must be odd",
			   "the reset handler 0x%08x is even: the core would leave Thumb state and "
			   "fault at once", handler);
	if (!is_in_flash(b, pc)) {
		if (is_within(pc, check->image_start, check->image_bytes) && boot_is_ram(part, pc))
			return OK;
		boot_block(b, "reset-range", "check the link address",
			   "the reset handler 0x%08x lies outside the image (0x%08x..0x%08x)%s%s",
			   handler, check->image_start, check->image_start + check->image_bytes - 1,
			   window_of(part, pc) != NULL ? ": in " : "",
			   window_of(part, pc) != NULL ? window_of(part, pc) : "");
		return OK;
	}
	if (check->image_bytes != 0 && !is_within(pc, check->image_start, check->image_bytes))
		boot_warn(b, "reset-length", "correct the boot data's length",
			  "the reset handler 0x%08x lies behind the end that the boot data give "
			  "(0x%08x)", handler, check->image_start + check->image_bytes);
	TRY(read_u32(b, (pc - b->view->base) & ~3u, &word, &known));
	if (known && word == 0xffffffff)
		boot_block(b, "reset-blank", "program the whole image, not only its headers",
			   "there is no code at the reset handler 0x%08x: the flash is blank there",
			   handler);
	return OK;
}

/* Two words that could be SP and reset handler. */
static bool looks_like_vectors(uint32_t sp, uint32_t handler)
{
	return (sp & 0xff000000u) == 0x20000000u && sp <= 0x20400000u && (handler & 1);
}

static enum err check_vectors(struct boot_view *b, uint32_t vectors)
{
	uint32_t sp = 0, handler = 0;
	bool known = false, known_too = false;

	b->check->vectors = vectors;
	TRY(read_u32(b, vectors - b->view->base, &sp, &known));
	TRY(read_u32(b, vectors - b->view->base + 4, &handler, &known_too));
	if (!known || !known_too)
		return OK;
	check_stack(b, vectors, sp);
	return check_handler(b, handler);
}

/* The entry is a vector table in images of the SDK, a reset handler in others. */
static enum err check_entry(struct boot_view *b, uint32_t entry)
{
	uint32_t first = 0, handler = 0;
	bool known = false, known_too = false;

	if (!is_in_flash(b, entry & ~1u) || (entry & 1)) {
		TRY(check_handler(b, entry));
		return is_in_flash(b, b->view->base + APP_OFFSET) && is_in_flash(b, entry & ~1u) ?
		       check_vectors(b, b->view->base + APP_OFFSET) : OK;
	}
	b->check->entry = entry;
	TRY(read_u32(b, entry - b->view->base, &first, &known));
	TRY(read_u32(b, entry - b->view->base + 4, &handler, &known_too));
	if (!known || !known_too) {
		boot_note(b, "entry-unknown", NULL,
			  "what will stand at the entry 0x%08x is not known from this image", entry);
		return OK;
	}
	if (first == 0xffffffff && handler == 0xffffffff) {
		boot_block(b, "entry-blank", "program the application, too",
			   "the entry 0x%08x points to blank flash", entry);
		return OK;
	}
	if (entry % 4 != 0) {
		boot_block(b, "entry-thumb", "link it again: the entry is the vector table's address",
			   "the entry 0x%08x is neither a vector table (not on a word) nor Thumb code "
			   "(even)", entry);
		return OK;
	}
	/* The table decides: a bad SP in it is told as such, with the handler checked, too. */
	TRY(check_vectors(b, entry));
	if (entry % 0x80 != 0)
		boot_warn(b, "vectors-align", "align the vector table to 1 KiB",
			  "the vector table at 0x%08x is not on a 128-byte boundary: VTOR drops the low "
			  "bits", entry);
	return OK;
}

/* boot data */

static enum err check_boot_data(struct boot_view *b, const struct ivt *ivt, uint32_t offset)
{
	struct imxrt_boot_check *check = b->check;
	uint32_t start = 0, length = 0, plugin = 0;
	bool known = false;
	uint8_t raw[12];

	TRY(boot_read(b, offset, raw, sizeof(raw), &known));
	if (!known) {
		boot_block(b, "bootdata-missing", "program the image's first 8 KiB as a whole",
			   "the boot data at 0x%08x are not in the image", ivt->boot_data);
		return OK;
	}
	start = get_le32(raw);
	length = get_le32(raw + 4);
	plugin = get_le32(raw + 8);
	check->image_start = start;
	check->image_bytes = length;
	if (start != b->view->base && !boot_is_ram(b->chip->part, start))
		boot_block(b, "bootdata-start", "link the image for this part's flash",
			   "the boot data start the image at 0x%08x, but the flash begins at 0x%08x",
			   start, b->view->base);
	else if (start != b->view->base)
		boot_note(b, "ram-image", NULL,
			  "the ROM copies this image to RAM at 0x%08x and starts it there", start);
	if (length == 0 || length == 0xffffffff) {
		boot_block(b, "bootdata-length", "let the linker fill in the image's length",
			   "the boot data give the image a length of 0x%x bytes", length);
		check->image_bytes = 0;
	} else if (start == b->view->base && length > b->view->bytes) {
		boot_warn(b, "bootdata-length", "correct the length in the boot data",
			  "the boot data give %u KiB, the flash holds %u KiB", length / 1024,
			  b->view->bytes / 1024);
		check->image_bytes = b->view->bytes;
	}
	if (plugin == 1)
		boot_note(b, "plugin", NULL,
			  "a plugin image: the ROM calls its entry and expects it to return");
	else if (plugin != 0)
		boot_warn(b, "bootdata-plugin", "write 0 there (1 for a plugin)",
			  "the plugin flag of the boot data is 0x%x", plugin);
	return OK;
}

/* IVT */

static void parse_ivt(const uint8_t *raw, struct ivt *ivt)
{
	ivt->header = get_le32(raw);
	ivt->entry = get_le32(raw + 0x04);
	ivt->dcd = get_le32(raw + 0x0c);
	ivt->boot_data = get_le32(raw + 0x10);
	ivt->self = get_le32(raw + 0x14);
	ivt->csf = get_le32(raw + 0x18);
}

static bool check_ivt_header(struct boot_view *b, const uint8_t *raw)
{
	if (raw[0] != IVT_TAG) {
		boot_block(b, "ivt-tag", "put the IVT there (D1 00 20 4x)",
			   "no IVT at 0x%08x: the first word is 0x%08x, its lowest byte should be D1",
			   b->view->base + IVT_OFFSET, get_le32(raw));
		return false;
	}
	if (raw[1] != 0x00 || raw[2] != 0x20)
		boot_block(b, "ivt-length", "write 00 20 (big endian) behind the tag",
			   "the IVT says it is 0x%02x%02x bytes long, the ROM takes only 0x0020%s",
			   raw[1], raw[2], raw[1] == 0x20 && raw[2] == 0 ?
			   " (the bytes are swapped)" : "");
	if (raw[3] >> 4 != 4)
		boot_block(b, "ivt-version", "write 0x40, 0x41 or 0x43",
			   "the IVT's version is 0x%02x, the ROM takes 0x40 to 0x4f", raw[3]);
	return true;
}

static void check_ivt_self(struct boot_view *b, const struct ivt *ivt)
{
	uint32_t here = b->view->base + IVT_OFFSET;
	const char *window = window_of(b->chip->part, ivt->self);

	if (ivt->self == here)
		return;
	/* An image that is copied to RAM has all its pointers there; the boot data will tell. */
	if (boot_is_ram(b->chip->part, ivt->self))
		return;
	if (window != NULL && (ivt->self & 0x00ffffffu) == IVT_OFFSET)
		boot_block(b, "other-part", "build it for this part and this flash",
			   "the image was linked for %s; this flash begins at 0x%08x", window,
			   b->view->base);
	else
		boot_block(b, "ivt-self", "write the IVT's own address there",
			   "the IVT's self pointer is 0x%08x, it lies at 0x%08x", ivt->self, here);
}

static bool offset_of(const struct boot_view *b, const struct ivt *ivt, uint32_t pointer,
		      uint32_t bytes, uint32_t *offset)
{
	uint32_t at = pointer - ivt->self + IVT_OFFSET;

	if (pointer == 0 || pointer % 4 != 0 || at >= b->view->bytes || b->view->bytes - at < bytes)
		return false;
	*offset = at;
	return true;
}

static enum err check_dcd(struct boot_view *b, const struct ivt *ivt)
{
	uint32_t offset = 0;

	if (ivt->dcd == 0)
		return OK;
	b->check->has_dcd = true;
	if (!offset_of(b, ivt, ivt->dcd, 4, &offset)) {
		boot_block(b, "dcd-range", "write the DCD's address, or 0 for none",
			   "the DCD pointer 0x%08x leads out of the flash", ivt->dcd);
		return OK;
	}
	return boot_check_dcd(b, offset, b->view->bytes - offset);
}

static enum err check_ivt(struct boot_view *b, const uint8_t *raw)
{
	struct ivt ivt;
	uint32_t offset = 0;

	parse_ivt(raw, &ivt);
	b->check->has_ivt = true;
	check_ivt_self(b, &ivt);
	if (offset_of(b, &ivt, ivt.boot_data, 12, &offset))
		TRY(check_boot_data(b, &ivt, offset));
	else
		boot_block(b, "bootdata-range", "point it to the boot data, usually at IVT + 0x20",
			   "the boot data pointer 0x%08x leads out of the flash", ivt.boot_data);
	if (ivt.self != b->view->base + IVT_OFFSET && boot_is_ram(b->chip->part, ivt.self) &&
	    ivt.self != b->check->image_start + IVT_OFFSET)
		boot_block(b, "ivt-self", "write the IVT's own address there",
			   "the IVT's self pointer is 0x%08x, it lies at 0x%08x", ivt.self,
			   b->view->base + IVT_OFFSET);
	TRY(check_dcd(b, &ivt));
	if (ivt.csf != 0)
		boot_note(b, "signed", NULL, "the image is signed (CSF at 0x%08x)", ivt.csf);
	if (ivt.entry == 0) {
		boot_block(b, "entry-zero", "point it to the vector table", "the IVT has no entry");
		return OK;
	}
	return check_entry(b, ivt.entry);
}

/* the whole */

static const char missing_headers[] =
	"link the program for +0x2000 with the SDK's XIP boot header (FCB, IVT), or run it from RAM";

/* A program without headers: which ones the ROM misses, and where. */
static enum err no_headers(struct boot_view *b, const uint8_t *first, bool ivt_known)
{
	uint32_t base = b->view->base, fcb = base + offset_of_fcb(b->chip->part);
	uint32_t sp = get_le32(first), handler = get_le32(first + 4);
	const char *window = window_of(b->chip->part, handler);

	b->is_blocked = true;
	if (is_empty(first, 16)) {
		boot_note(b, "blank", NULL,
			  "0x%08x is blank: the ROM finds no image and goes on to the serial downloader",
			  fcb);
		return OK;
	}
	boot_warn(b, "no-fcb", missing_headers,
		  "the ROM will not boot this: no FCB at 0x%08x (512 bytes, tag 0x42464346, found "
		  "0x%08x) and no IVT at 0x%08x%s with boot data behind it; the program's vector table "
		  "belongs to 0x%08x%s", fcb, sp, base + IVT_OFFSET, ivt_known ? "" : " (not in the image)",
		  base + APP_OFFSET, looks_like_vectors(sp, handler) ?
		  ", but it starts here" : "");
	if (!looks_like_vectors(sp, handler))
		return OK;
	b->check->vectors = base;
	b->check->initial_sp = sp;
	b->check->entry = handler;
	if (!is_in_flash(b, handler) && window != NULL && !boot_is_ram(b->chip->part, handler))
		boot_warn(b, "other-part", "build it for this part and this flash",
			  "the program was linked for %s; this flash begins at 0x%08x", window, base);
	return OK;
}

static enum err check_headers(struct boot_view *b)
{
	uint32_t fcb_offset = offset_of_fcb(b->chip->part);
	bool fcb_known = false, ivt_known = false, tag_known = false;
	uint8_t fcb[FCB_BYTES], ivt[IVT_BYTES], tag[16];

	TRY(boot_read(b, fcb_offset, tag, sizeof(tag), &tag_known));
	TRY(boot_read(b, fcb_offset, fcb, sizeof(fcb), &fcb_known));
	TRY(boot_read(b, IVT_OFFSET, ivt, sizeof(ivt), &ivt_known));
	b->check->touches_header = tag_known || ivt_known;
	if (!tag_known && !ivt_known) {
		boot_note(b, "no-header", NULL,
			  "the headers are not part of this image: what the flash holds decides");
		b->is_blocked = true;
		return OK;
	}
	b->check->has_fcb = tag_known && memcmp(tag, "FCFB", 4) == 0;
	if (tag_known && !b->check->has_fcb && ivt[0] != IVT_TAG && memcmp(tag, "BFCF", 4) != 0)
		return no_headers(b, tag, ivt_known);
	if (b->check->has_fcb && fcb_known)
		boot_check_fcb(b, fcb);
	else if (b->check->has_fcb)
		boot_block(b, "fcb-short", "program the whole FCB, 512 bytes",
			   "the FCB at 0x%08x is cut off", b->view->base + fcb_offset);
	else if (tag_known && looks_like_vectors(get_le32(tag), get_le32(tag + 4)))
		boot_block(b, "no-fcb", missing_headers,
			   "a program's vector table (SP 0x%08x) is at 0x%08x, where the ROM needs the "
			   "FCB: it will not start this; the IVT at 0x%08x is another image's",
			   get_le32(tag), b->view->base + fcb_offset, b->view->base + IVT_OFFSET);
	else if (tag_known)
		boot_block(b, "no-fcb", "put the FCB there: 512 bytes, tag 0x42464346",
			   "0x%08x holds 0x%08x%s, not an FCB: the ROM will not start the image whose IVT "
			   "is at 0x%08x", b->view->base + fcb_offset, get_le32(tag),
			   memcmp(tag, "BFCF", 4) == 0 ? " (the tag with its bytes swapped)" : "",
			   b->view->base + IVT_OFFSET);
	else
		boot_note(b, "fcb-unknown", NULL, "the FCB is not part of this image");
	if (!ivt_known || is_empty(ivt, sizeof(ivt))) {
		boot_warn(b, "no-ivt", "program IVT, boot data and application, too",
			  "there is an FCB but no IVT at 0x%08x: the ROM configures the flash, then goes "
			  "on to the serial downloader", b->view->base + IVT_OFFSET);
		b->is_blocked = true;
		return OK;
	}
	return check_ivt_header(b, ivt) ? check_ivt(b, ivt) : OK;
}

enum err imxrt_check_boot(const struct imxrt_chip *chip, const struct serial_nor *nor,
			  const struct imxrt_flash_view *view, struct imxrt_boot_check *check)
{
	struct boot_view b = { .chip = chip, .nor = nor, .view = view, .check = check };
	const struct imxrt_part *part = chip->part;

	memset(check, 0, sizeof(*check));
	if (view->base != part->boot_window) {
		boot_note(&b, "not-boot-flash", NULL,
			  "the %s boots from 0x%08x, never from the flash at 0x%08x", part->name,
			  part->boot_window, view->base);
		return OK;
	}
	enum err rc = check_headers(&b);

	check->is_bootable = rc == OK && !b.is_blocked && check->has_ivt &&
			     (check->has_fcb || !check->touches_header);
	return rc;
}

void imxrt_boot_check_free(struct imxrt_boot_check *check)
{
	for (size_t i = 0; i < check->count; i++)
		free(check->findings[i].text);
	memset(check, 0, sizeof(*check));
}

void imxrt_describe_boot(const struct imxrt_boot_check *check, struct buf *out)
{
	static const char *const words[] = { "note", "warning", "refused" };

	for (int severity = BOOT_REFUSE; severity >= BOOT_NOTE; severity--) {
		for (size_t i = 0; i < check->count; i++) {
			const struct imxrt_finding *f = &check->findings[i];

			if ((int)f->severity != severity)
				continue;
			buf_printf(out, "%s (%s): %s", words[severity], f->id, f->text);
			if (f->next != NULL)
				buf_printf(out, ": %s", f->next);
			buf_putc(out, '\n');
		}
	}
	if (check->is_bootable)
		buf_printf(out, "the ROM can start it: entry 0x%08x, vector table 0x%08x, SP 0x%08x, "
			   "image 0x%08x..0x%08x\n", check->entry, check->vectors, check->initial_sp,
			   check->image_start, check->image_start + check->image_bytes - 1);
}
