/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imxrt_image: good images pass, each kind of broken one is told apart, cut ones do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash/imxrt_image.h"
#include "flash/serial_nor.h"

#define IMAGE_BYTES 0x3000u
#define DCD	    0x1030u

static const struct imxrt_part rt1064 = {
	.name = "RT1064", .digprog = 0x6c, .has_sip = true, .is_106x = true,
	.flexram_bytes = 0x80000, .flexram_default = 0x55affa55, .ocram2 = 0x20200000,
	.ocram2_bytes = 0x80000, .ocram = 0x20280000, .boot_window = 0x70000000,
};
static const struct imxrt_part rt1024 = {
	.name = "RT1024", .digprog = 0x6b, .has_sip = true, .flexram_bytes = 0x40000,
	.flexram_default = 0x00005fa5, .ocram = 0x20200000, .boot_window = 0x60000000,
};
static const struct imxrt_part rt1050 = {
	.name = "RT1050", .digprog = 0x6a, .flexram_bytes = 0x80000, .flexram_default = 0x55affa55,
	.ocram = 0x20200000, .boot_window = 0x60000000,
};
static const struct imxrt_part rt1010 = {
	.name = "RT1010", .digprog = 0x6d, .flexram_bytes = 0x20000, .flexram_default = 0xe5,
	.ocram = 0x20200000, .boot_window = 0x60000000,
};
static const struct serial_nor w25q32jv = {
	.id = { 0xef, 0x40, 0x16 }, .name = "W25Q32JV", .bytes = 0x400000, .max_hz = 133000000,
	.read_1_4_4 = { 0xeb, 2, 4 }, .read_1_1_4 = { 0x6b, 0, 8 }, .quad_enable = QER_SR2_BIT1_31H,
};
static const struct serial_nor hyperflash = { .name = "S26KS512S", .bytes = 0x4000000,
					       .is_hyperflash = true, .max_hz = 166000000 };

struct sample {
	uint8_t data[IMAGE_BYTES];
	uint32_t known;			/* bytes from the front */
	struct imxrt_chip chip;
	const struct serial_nor *nor;
	uint32_t base;
	struct imxrt_boot_check check;
};

static enum err read_sample(void *ctx, uint32_t offset, uint8_t *dst, size_t n, bool *known)
{
	const struct sample *im = ctx;

	memset(dst, 0xff, n);
	*known = offset <= im->known && n <= im->known - offset;
	if (*known)
		memcpy(dst, im->data + offset, n);
	return OK;
}

static void check(struct sample *im)
{
	const struct imxrt_flash_view view = { read_sample, im, im->base, 0x400000 };

	imxrt_boot_check_free(&im->check);
	assert_int_equal(imxrt_check_boot(&im->chip, im->nor, &view, &im->check), OK);
}

static void put(struct sample *im, uint32_t offset, uint32_t value)
{
	put_le32(im->data + offset, value);
}

/* FCB as of the EVKs, IVT, boot data, two vectors and some code. */
static void make(struct sample *im, const struct imxrt_part *part)
{
	uint32_t base = part->boot_window, fcb = part->digprog == 0x6d ? 0x400 : 0;

	memset(im, 0, sizeof(*im));
	memset(im->data, 0xff, sizeof(im->data));
	im->known = IMAGE_BYTES;
	im->chip.part = part;
	im->nor = &w25q32jv;
	im->base = base;
	memset(im->data + fcb, 0, 0x200);
	memcpy(im->data + fcb, "FCFB", 4);
	put(im, fcb + 0x04, 0x56010400);
	put(im, fcb + 0x0c, 0x00030301);
	im->data[fcb + 0x44] = 1;
	im->data[fcb + 0x45] = 4;
	im->data[fcb + 0x46] = 6;
	put(im, fcb + 0x50, 0x400000);
	put(im, fcb + 0x80, 0x0a1804eb);
	put(im, fcb + 0x84, 0x26043206);
	put(im, fcb + 0x1c0, 256);
	put(im, fcb + 0x1c4, 4096);
	memset(im->data + 0x1000, 0, 0x1000);
	put(im, 0x1000, 0x412000d1);
	put(im, 0x1004, base + 0x2000);
	put(im, 0x1010, base + 0x1020);
	put(im, 0x1014, base + 0x1000);
	put(im, 0x1020, base);
	put(im, 0x1024, IMAGE_BYTES);
	memset(im->data + 0x2000, 0xbf, 0x1000);
	put(im, 0x2000, 0x20008000);
	put(im, 0x2004, base + 0x2101);
}

/* A DCD of one write command. */
static void put_dcd(struct sample *im, uint8_t param, uint32_t addr, uint32_t value)
{
	uint8_t *d = im->data + DCD;

	put(im, 0x100c, im->base + DCD);
	d[0] = 0xd2, d[1] = 0, d[2] = 16, d[3] = 0x41;
	d[4] = 0xcc, d[5] = 0, d[6] = 12, d[7] = param;
	put_be32(d + 8, addr);
	put_be32(d + 12, value);
}

static const struct imxrt_finding *find(const struct sample *im, const char *id)
{
	for (size_t i = 0; i < im->check.count; i++)
		if (strcmp(im->check.findings[i].id, id) == 0)
			return &im->check.findings[i];
	return NULL;
}

static unsigned count(const struct sample *im, enum imxrt_severity severity)
{
	unsigned n = 0;

	for (size_t i = 0; i < im->check.count; i++)
		n += im->check.findings[i].severity == severity;
	return n;
}

static void test_good_images(void **state)
{
	static const struct imxrt_part *const parts[] = { &rt1064, &rt1024, &rt1050, &rt1010 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct sample im;

		make(&im, parts[i]);
		check(&im);
		assert_int_equal(count(&im, BOOT_REFUSE), 0);
		assert_int_equal(count(&im, BOOT_WARNING), 0);
		assert_true(im.check.is_bootable && im.check.has_fcb && im.check.has_ivt);
		assert_true(im.check.touches_header && !im.check.has_dcd);
		assert_int_equal(im.check.vectors, parts[i]->boot_window + 0x2000);
		assert_int_equal(im.check.entry, parts[i]->boot_window + 0x2101);
		assert_int_equal(im.check.initial_sp, 0x20008000);
		imxrt_boot_check_free(&im.check);
	}
}

static void test_entry_may_be_the_handler(void **state)
{
	struct sample im;

	(void)state;
	make(&im, &rt1064);
	put(&im, 0x1004, 0x70002101);
	check(&im);
	assert_true(im.check.is_bootable);
	assert_int_equal(im.check.initial_sp, 0x20008000);
	imxrt_boot_check_free(&im.check);
}

/* One word of the RT1064 image changed: what is found, how bad, does it boot? */
static const struct {
	const char *name;
	uint32_t offset, value;
	const char *id;
	enum imxrt_severity severity;
	bool boots;
} broken[] = {
	{ "FCB tag gone, IVT there", 0x0, 0xffffffff, "no-fcb", BOOT_REFUSE, false },
	{ "FCB tag swapped", 0x0, 0x46434642, "no-fcb", BOOT_REFUSE, false },
	{ "FCB version", 0x4, 0x12345678, "fcb-version", BOOT_WARNING, true },
	{ "sample clock 2", 0xc, 0x00030302, "fcb-sample-clock", BOOT_WARNING, true },
	{ "100 MHz by the internal loop", 0xc, 0x00030300, "fcb-sample-clock-fast", BOOT_WARNING, true },
	{ "3 pads", 0x44, 0x00060301, "fcb-pads", BOOT_REFUSE, false },
	{ "1 pad for a quad LUT", 0x44, 0x00060101, "fcb-lut-pads", BOOT_REFUSE, false },
	{ "clock code 10", 0x44, 0x000a0401, "fcb-clock", BOOT_WARNING, true },
	{ "clock code 0", 0x44, 0x00000401, "fcb-clock", BOOT_WARNING, true },
	{ "166 MHz on a 133 MHz flash", 0x44, 0x00090401, "fcb-clock-fast", BOOT_WARNING, true },
	{ "device type", 0x44, 0x00060403, "fcb-device-type", BOOT_WARNING, true },
	{ "size 0", 0x50, 0, "fcb-size", BOOT_REFUSE, false },
	{ "size odd", 0x50, 0x400001, "fcb-size", BOOT_REFUSE, false },
	{ "8 MiB on a 4 MiB flash", 0x50, 0x800000, "fcb-size-differs", BOOT_WARNING, true },
	{ "no read sequence", 0x80, 0, "fcb-lut", BOOT_REFUSE, false },
	{ "no READ", 0x84, 0x00003206, "fcb-lut", BOOT_REFUSE, false },
	{ "32 address bits for EBh", 0x80, 0x0a2004eb, "fcb-lut-address", BOOT_REFUSE, false },
	{ "wrong dummy clocks", 0x84, 0x26043208, "fcb-lut-dummy", BOOT_REFUSE, false },
	{ "EBh on one address pad", 0x80, 0x081804eb, "fcb-lut-pads", BOOT_REFUSE, false },
	{ "an erase as read", 0x80, 0x08180420, "fcb-lut-opcode", BOOT_WARNING, true },
	{ "hyper FCB", 0xc, 0x03030303, "fcb-flash-type", BOOT_REFUSE, false },
	{ "IVT tag", 0x1000, 0x412000d2, "ivt-tag", BOOT_REFUSE, false },
	{ "IVT length swapped", 0x1000, 0x410020d1, "ivt-length", BOOT_REFUSE, false },
	{ "IVT version", 0x1000, 0x312000d1, "ivt-version", BOOT_REFUSE, false },
	{ "self of the RT1060", 0x1014, 0x60001000, "other-part", BOOT_REFUSE, false },
	{ "self wrong", 0x1014, 0x70001004, "ivt-self", BOOT_REFUSE, false },
	{ "self in RAM, boot data not", 0x1014, 0x20001000, "ivt-self", BOOT_REFUSE, false },
	{ "boot data pointer", 0x1010, 0x60001020, "bootdata-range", BOOT_REFUSE, false },
	{ "boot data pointer 0", 0x1010, 0, "bootdata-range", BOOT_REFUSE, false },
	{ "boot data start", 0x1020, 0x60000000, "bootdata-start", BOOT_REFUSE, false },
	{ "boot data length 0", 0x1024, 0, "bootdata-length", BOOT_REFUSE, false },
	{ "boot data length beyond", 0x1024, 0x800000, "bootdata-length", BOOT_WARNING, true },
	{ "length before the handler", 0x1024, 0x2080, "reset-length", BOOT_WARNING, true },
	{ "plugin", 0x1028, 1, "plugin", BOOT_NOTE, true },
	{ "plugin flag 7", 0x1028, 7, "bootdata-plugin", BOOT_WARNING, true },
	{ "entry 0", 0x1004, 0, "entry-zero", BOOT_REFUSE, false },
	{ "entry elsewhere", 0x1004, 0x60002000, "reset-range", BOOT_REFUSE, false },
	{ "entry not on a word", 0x1004, 0x70002102, "entry-thumb", BOOT_REFUSE, false },
	{ "SP in flash", 0x2000, 0x70002000, "initial-sp", BOOT_REFUSE, false },
	{ "SP 0", 0x2000, 0, "initial-sp", BOOT_REFUSE, false },
	{ "SP behind all RAM", 0x2000, 0x20300008, "initial-sp", BOOT_REFUSE, false },
	{ "SP in DTCM that is not there yet", 0x2000, 0x20040000, "initial-sp-dtcm", BOOT_WARNING, true },
	{ "SP in SDRAM", 0x2000, 0x80100000, "initial-sp", BOOT_REFUSE, false },
	{ "SP odd", 0x2000, 0x20008004, "initial-sp-align", BOOT_WARNING, true },
	{ "handler even", 0x2004, 0x70002100, "reset-thumb", BOOT_REFUSE, false },
	{ "handler elsewhere", 0x2004, 0x60002101, "reset-range", BOOT_REFUSE, false },
	{ "no code at the handler", 0x2100, 0xffffffff, "reset-blank", BOOT_REFUSE, false },
	{ "signed", 0x1018, 0x70002800, "signed", BOOT_NOTE, true },
	{ "DCD pointer outside", 0x100c, 0x60001030, "dcd-range", BOOT_REFUSE, false },
	{ "DCD without header", 0x100c, 0x70001040, "dcd-header", BOOT_REFUSE, false },
};

static void test_broken_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		const struct imxrt_finding *f;
		struct sample im;

		make(&im, &rt1064);
		put(&im, broken[i].offset, broken[i].value);
		check(&im);
		f = find(&im, broken[i].id);
		if (f == NULL || f->severity != broken[i].severity ||
		    im.check.is_bootable != broken[i].boots) {
			struct buf text = { 0 };

			imxrt_describe_boot(&im.check, &text);
			fail_msg("%s: %s not found, or not that bad:\n%s", broken[i].name, broken[i].id,
				 (const char *)text.data);
		}
		imxrt_boot_check_free(&im.check);
	}
}

static const struct {
	const char *name;
	const struct imxrt_part *part;
	uint8_t param;
	uint32_t addr, value;
	const char *id;			/* NULL: nothing */
	enum imxrt_severity severity;
} dcds[] = {
	{ "SWDIO to GPIO", &rt1064, 4, 0x401f80d4, 5, "dcd-swd-pads", BOOT_REFUSE },
	{ "SWCLK by set bits", &rt1064, 0x1c, 0x401f80d8, 1, "dcd-swd-pads", BOOT_REFUSE },
	{ "SWDIO kept", &rt1064, 4, 0x401f80d4, 0x10, NULL, BOOT_NOTE },
	{ "JTAG_MOD", &rt1064, 4, 0x401f80dc, 5, "dcd-jtag-pads", BOOT_WARNING },
	{ "SWDIO of the RT1024", &rt1024, 4, 0x401f80bc, 5, "dcd-swd-pads", BOOT_REFUSE },
	{ "SWDIO of the RT1010 cleared", &rt1010, 0x0c, 0x401f8014, 7, "dcd-swd-pads", BOOT_REFUSE },
	{ "no OCRAM on an RT1050", &rt1050, 4, 0x400ac044, 0xaaaaffff, "dcd-flexram", BOOT_REFUSE },
	{ "no FlexRAM OCRAM on an RT1064", &rt1064, 4, 0x400ac044, 0xaaaaffff, "dcd-flexram-change",
	  BOOT_WARNING },
	{ "fuse DATA", &rt1064, 4, 0x401f4020, 1, "dcd-ocotp", BOOT_REFUSE },
	{ "shadow", &rt1064, 4, 0x401f4460, 0x10, "dcd-ocotp-shadow", BOOT_WARNING },
	{ "FlexSPI2 gate", &rt1064, 4, 0x400fc084, 0, "dcd-gates", BOOT_REFUSE },
	{ "gates on", &rt1064, 4, 0x400fc084, 0xffffffff, NULL, BOOT_NOTE },
	{ "ROM gate", &rt1024, 4, 0x400fc07c, 0xfffffffc, "dcd-gates", BOOT_REFUSE },
	{ "CLPCR", &rt1064, 4, 0x400fc054, 0x79, "dcd-lpm", BOOT_WARNING },
	{ "WDOG1", &rt1064, 2, 0x400b8000, 0x0034, "dcd-watchdog", BOOT_WARNING },
	{ "RTWDOG", &rt1064, 4, 0x400bc000, 0x2980, "dcd-watchdog", BOOT_WARNING },
	{ "SDRAM", &rt1064, 4, 0x80001f40, 5, NULL, BOOT_NOTE },
	{ "swapped bytes", &rt1064, 4, 0x00c04f40, 5, "dcd-address", BOOT_REFUSE },
	{ "unaligned", &rt1064, 4, 0x401f8012, 5, "dcd-align", BOOT_REFUSE },
	{ "width 3", &rt1064, 3, 0x401f8010, 5, "dcd-write", BOOT_REFUSE },
};

static void test_dcd(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dcds); i++) {
		const struct imxrt_finding *f;
		struct sample im;

		make(&im, dcds[i].part);
		put_dcd(&im, dcds[i].param, dcds[i].addr, dcds[i].value);
		check(&im);
		assert_true(im.check.has_dcd);
		f = dcds[i].id != NULL ? find(&im, dcds[i].id) : NULL;
		if (dcds[i].id == NULL ? count(&im, BOOT_NOTE) < im.check.count :
		    f == NULL || f->severity != dcds[i].severity)
			fail_msg("%s: expected %s, got %s", dcds[i].name,
				 dcds[i].id != NULL ? dcds[i].id : "nothing",
				 im.check.count > 0 ? im.check.findings[0].text : "nothing");
		imxrt_boot_check_free(&im.check);
	}
}

static void test_dcd_lengths(void **state)
{
	static const struct { uint32_t at; uint8_t value; const char *id; } cuts[] = {
		{ 1, 0xff, "dcd-length" }, { 2, 3, "dcd-length" }, { 3, 0x50, "dcd-header" },
		{ 5, 0x10, "dcd-length" }, { 6, 3, "dcd-length" }, { 6, 11, "dcd-write" },
		{ 4, 0xaa, "dcd-command" }, { 4, 0xcf, "dcd-check" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct sample im;

		make(&im, &rt1064);
		put_dcd(&im, 4, 0x401f8010, 5);
		im.data[DCD + cuts[i].at] = cuts[i].value;
		check(&im);
		if (find(&im, cuts[i].id) == NULL)
			fail_msg("cut %zu: no %s", i, cuts[i].id);
		imxrt_boot_check_free(&im.check);
	}
}

/* A refusal is among the findings however many warnings came before it. */
static void test_many_findings_keep_the_refusal(void **state)
{
	struct sample im;
	uint8_t *d;

	(void)state;
	make(&im, &rt1064);
	put_dcd(&im, 4, 0, 0);
	d = im.data + DCD;
	put(&im, 0x1010, 0x70001900);
	memcpy(im.data + 0x1900, im.data + 0x1020, 12);
	d[1] = 1, d[2] = 0x48;			/* 328: header and 40 writes */
	d[5] = 1, d[6] = 0x44;
	for (unsigned i = 0; i < 40; i++) {
		put_be32(d + 8 + 8 * i, 0x400bc000);
		put_be32(d + 12 + 8 * i, 0x80);
	}
	put(&im, 0x2004, 0x70002100);
	check(&im);
	assert_non_null(find(&im, "reset-thumb"));
	assert_false(im.check.is_bootable);
	imxrt_boot_check_free(&im.check);
}

static void test_plain_program_names_the_missing_headers(void **state)
{
	const struct imxrt_finding *f;
	struct sample im;

	(void)state;
	make(&im, &rt1064);
	memset(im.data, 0, IMAGE_BYTES);
	put(&im, 0, 0x20020000);
	put(&im, 4, 0x70000401);
	check(&im);
	f = find(&im, "no-fcb");
	assert_non_null(f);
	assert_int_equal(f->severity, BOOT_WARNING);
	assert_non_null(strstr(f->text, "0x70001000"));
	assert_non_null(strstr(f->text, "0x70002000"));
	assert_false(im.check.is_bootable || im.check.has_fcb);
	assert_true(im.check.touches_header);
	put(&im, 4, 0x60000401);
	check(&im);
	assert_non_null(find(&im, "other-part"));
	imxrt_boot_check_free(&im.check);
}

static void test_flashes_that_are_not_asked(void **state)
{
	struct sample im;

	(void)state;
	make(&im, &rt1064);
	im.base = 0x60000000;
	check(&im);
	assert_non_null(find(&im, "not-boot-flash"));
	assert_false(im.check.is_bootable);
	imxrt_boot_check_free(&im.check);
	make(&im, &rt1064);
	memset(im.data, 0xff, IMAGE_BYTES);
	check(&im);
	assert_non_null(find(&im, "blank"));
	imxrt_boot_check_free(&im.check);
	make(&im, &rt1064);
	im.known = 0;
	check(&im);
	assert_false(im.check.touches_header);
	imxrt_boot_check_free(&im.check);
	make(&im, &rt1050);
	im.nor = &hyperflash;
	check(&im);
	assert_non_null(find(&im, "fcb-flash-type"));
	imxrt_boot_check_free(&im.check);
	make(&im, &rt1064);
	im.nor = NULL;
	put(&im, 0x84, 0x26043208);
	check(&im);
	assert_true(im.check.is_bootable);
	imxrt_boot_check_free(&im.check);
}

static void test_an_image_for_ram(void **state)
{
	struct sample im;

	(void)state;
	make(&im, &rt1064);
	put(&im, 0x1004, 0x20002101);
	put(&im, 0x1010, 0x20001020);
	put(&im, 0x1014, 0x20001000);
	put(&im, 0x1020, 0x20000000);
	check(&im);
	assert_non_null(find(&im, "ram-image"));
	assert_int_equal(count(&im, BOOT_REFUSE), 0);
	imxrt_boot_check_free(&im.check);
}

/* Cut anywhere, and with any byte spoiled: a verdict and no harm. */
static void test_cut_and_spoiled(void **state)
{
	static const uint8_t spoil[] = { 0x00, 0x01, 0x7f, 0x80, 0xd2, 0xff };
	struct sample im, good;

	(void)state;
	make(&good, &rt1064);
	put_dcd(&good, 4, 0x401f8010, 5);
	for (uint32_t n = 0; n < IMAGE_BYTES; n += n < 0x240 || (n >= 0xff0 && n < 0x1050) ? 1 : 61) {
		im = good;
		im.known = n;
		check(&im);
		if (n < 0x2008)
			assert_false(im.check.is_bootable && im.check.initial_sp != 0);
		imxrt_boot_check_free(&im.check);
		for (size_t i = 0; i < ARRAY_SIZE(spoil); i++) {
			struct buf text = { 0 };

			im = good;
			im.data[n] = spoil[i];
			check(&im);
			imxrt_describe_boot(&im.check, &text);
			imxrt_boot_check_free(&im.check);
			buf_free(&text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_images),
		cmocka_unit_test(test_entry_may_be_the_handler),
		cmocka_unit_test(test_broken_images),
		cmocka_unit_test(test_dcd),
		cmocka_unit_test(test_dcd_lengths),
		cmocka_unit_test(test_many_findings_keep_the_refusal),
		cmocka_unit_test(test_plain_program_names_the_missing_headers),
		cmocka_unit_test(test_flashes_that_are_not_asked),
		cmocka_unit_test(test_an_image_for_ram),
		cmocka_unit_test(test_cut_and_spoiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
