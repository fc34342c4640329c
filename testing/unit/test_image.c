/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Image readers: what is accepted, what is refused and with which words, files cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include "base/bytes.h"
#include "image/image.h"

static enum err parse(const char *text, enum image_type type, uint32_t base, struct image **image)
{
	error_clear();
	return image_parse((const uint8_t *)text, strlen(text), type, base, image);
}

#define EOF_RECORD ":00000001FF\n"

static const struct {
	const char *name;
	enum image_type type;
	const char *text;
	enum err rc;
	const char *says;		/* refused: part of the message */
	uint32_t addr;			/* accepted: of the only section */
	size_t bytes;
} cases[] = {
	{ "hex, one record", IMAGE_AUTO, ":0400000001020304F2\n" EOF_RECORD, OK, NULL, 0, 4 },
	{ "hex, CR LF", IMAGE_AUTO, ":0400000001020304F2\r\n:00000001FF\r\n", OK, NULL, 0, 4 },
	{ "hex, no line end at the end", IMAGE_AUTO, ":0400000001020304F2\n:00000001FF", OK, NULL,
	  0, 4 },
	{ "hex, lower case", IMAGE_AUTO, ":0400000001020304f2\n:00000001ff\n", OK, NULL, 0, 4 },
	{ "hex, blank and comment lines", IMAGE_IHEX,
	  "# made by hand\n\n:0400000001020304F2\n" EOF_RECORD, OK, NULL, 0, 4 },
	{ "hex, linear address", IMAGE_AUTO, ":020000040800F2\n:0400000001020304F2\n" EOF_RECORD,
	  OK, NULL, 0x08000000, 4 },
	{ "hex, segment address", IMAGE_AUTO, ":020000021000EC\n:0400000001020304F2\n" EOF_RECORD,
	  OK, NULL, 0x10000, 4 },
	{ "hex, linear data goes on past 64 KiB", IMAGE_AUTO, ":04FFFE0001020304F5\n" EOF_RECORD,
	  OK, NULL, 0xfffe, 4 },
	{ "hex, neighbours join in any order", IMAGE_AUTO,
	  ":02000200AABB97\n:02000000CCDD55\n" EOF_RECORD, OK, NULL, 0, 4 },
	{ "hex, the same byte twice", IMAGE_AUTO,
	  ":0400000001020304F2\n:020001000203F8\n" EOF_RECORD, OK, NULL, 0, 4 },
	{ "hex, another byte twice", IMAGE_AUTO,
	  ":0400000001020304F2\n:020001000204F7\n" EOF_RECORD, ERR_IMAGE_FORMAT,
	  "line 2: the byte at 0x00000002 was given before", 0, 0 },
	{ "hex, checksum", IMAGE_AUTO, ":0400000001020304F3\n" EOF_RECORD, ERR_IMAGE_FORMAT,
	  "line 1: checksum is 0xf3, should be 0xf2", 0, 0 },
	{ "hex, count too large", IMAGE_AUTO, ":0500000001020304F1\n" EOF_RECORD, ERR_IMAGE_FORMAT,
	  "line 1: says 5 data bytes, holds 4", 0, 0 },
	{ "hex, count too small", IMAGE_AUTO, ":0300000001020304F3\n" EOF_RECORD, ERR_IMAGE_FORMAT,
	  "line 1: says 3 data bytes, holds 4", 0, 0 },
	{ "hex, half a byte", IMAGE_AUTO, ":0400000001020304F\n" EOF_RECORD, ERR_IMAGE_FORMAT,
	  "line 1: not a hex digit", 0, 0 },
	{ "hex, no end record", IMAGE_AUTO, ":0400000001020304F2\n", ERR_IMAGE_FORMAT,
	  "no end record", 0, 0 },
	{ "hex, text after the end", IMAGE_AUTO,
	  ":0400000001020304F2\n" EOF_RECORD ":0400040001020304EE\n", ERR_IMAGE_FORMAT,
	  "line 3: text after the end record", 0, 0 },
	{ "hex, unknown type", IMAGE_AUTO, ":00000006FA\n" EOF_RECORD, ERR_IMAGE_FORMAT,
	  "line 1: unknown record type 06", 0, 0 },
	{ "hex, type 04 with 3 bytes", IMAGE_AUTO, ":03000004080000F1\n" EOF_RECORD,
	  ERR_IMAGE_FORMAT, "line 1: a record of type 04 holds 2 bytes, not 3", 0, 0 },
	{ "hex, not hex at all", IMAGE_IHEX, "hello\n", ERR_IMAGE_FORMAT,
	  "line 1: does not start with ':'", 0, 0 },
	{ "hex, past the top", IMAGE_AUTO, ":02000004FFFFFC\n:04FFFE0001020304F5\n" EOF_RECORD,
	  ERR_IMAGE_FORMAT, "line 2: 4 bytes at 0xfffffffe pass the end", 0, 0 },
	{ "hex, only an end record", IMAGE_AUTO, EOF_RECORD, ERR_IMAGE_EMPTY, "holds no data", 0,
	  0 },

	{ "srec, 16 bit", IMAGE_AUTO, "S0030000FC\nS107100001020304DE\nS9030000FC\n", OK, NULL,
	  0x1000, 4 },
	{ "srec, 24 bit", IMAGE_AUTO, "S20812000001020304DB\nS804000000FB\n", OK, NULL, 0x120000,
	  4 },
	{ "srec, 32 bit", IMAGE_AUTO, "S3090800000001020304E4\nS70508000101F0\n", OK, NULL,
	  0x08000000, 4 },
	{ "srec, count agrees", IMAGE_AUTO, "S107100001020304DE\nS5030001FB\nS9030000FC\n", OK,
	  NULL, 0x1000, 4 },
	{ "srec, count differs", IMAGE_AUTO, "S107100001020304DE\nS5030002FA\nS9030000FC\n",
	  ERR_IMAGE_FORMAT, "line 2: counts 2 data records, the file holds 1", 0, 0 },
	{ "srec, checksum", IMAGE_AUTO, "S107100001020304DF\nS9030000FC\n", ERR_IMAGE_FORMAT,
	  "line 1: checksum is 0xdf, should be 0xde", 0, 0 },
	{ "srec, length", IMAGE_AUTO, "S108100001020304DD\nS9030000FC\n", ERR_IMAGE_FORMAT,
	  "line 1: says 8 bytes, holds 7", 0, 0 },
	{ "srec, reserved type", IMAGE_AUTO, "S4030000FC\nS9030000FC\n", ERR_IMAGE_FORMAT,
	  "line 1: unknown record type", 0, 0 },
	{ "srec, too short for its address", IMAGE_AUTO, "S3030000FC\nS9030000FC\n",
	  ERR_IMAGE_FORMAT, "line 1: the record is too short", 0, 0 },
	{ "srec, no end record", IMAGE_AUTO, "S107100001020304DE\n", ERR_IMAGE_FORMAT,
	  "no end record", 0, 0 },

	{ "bin", IMAGE_AUTO, "anything", OK, NULL, 0, 8 },
	{ "bin, forced over what looks like hex", IMAGE_BIN, EOF_RECORD, OK, NULL, 0, 12 },
	{ "empty", IMAGE_AUTO, "", ERR_IMAGE_EMPTY, "empty", 0, 0 },
	{ "elf, magic only", IMAGE_AUTO, "\177ELF", ERR_IMAGE_FORMAT, "", 0, 0 },
};

static void test_accepts_and_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image *image;
		enum err rc = parse(cases[i].text, cases[i].type, 0, &image);

		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].name, error_text(error_current()));
		if (rc != OK) {
			if (strstr(error_text(error_current()), cases[i].says) == NULL)
				fail_msg("%s: %s", cases[i].name, error_text(error_current()));
			assert_null(image);
			continue;
		}
		if (image->count != 1 || image->sections[0].addr != cases[i].addr ||
		    image->sections[0].bytes != cases[i].bytes)
			fail_msg("%s: %zu sections, first 0x%08x, %zu bytes", cases[i].name,
				 image->count, image->sections[0].addr, image->sections[0].bytes);
		image_close(image);
	}
	error_clear();
}

static void test_segmented_address_wraps_in_its_segment(void **state)
{
	struct image *image;

	(void)state;
	assert_int_equal(
		parse(":020000021000EC\n:04FFFE0001020304F5\n" EOF_RECORD, IMAGE_AUTO, 0, &image),
		OK);
	assert_int_equal(image->count, 2);
	assert_int_equal(image->sections[0].addr, 0x10000);
	assert_memory_equal(image->sections[0].data, "\x03\x04", 2);
	assert_int_equal(image->sections[1].addr, 0x1fffe);
	image_close(image);
}

static void test_base_is_added(void **state)
{
	struct image *image;

	(void)state;
	assert_int_equal(parse(":0400000001020304F2\n" EOF_RECORD, IMAGE_AUTO, 0x08004000, &image),
			 OK);
	assert_int_equal(image->sections[0].addr, 0x08004000);
	image_close(image);
	assert_int_equal(parse("S107100001020304DE\nS9030000FC\n", IMAGE_S19, 0x08000000, &image),
			 OK);
	assert_int_equal(image->sections[0].addr, 0x08001000);
	image_close(image);
	/* A negative offset moves the image down. */
	assert_int_equal(parse("S107100001020304DE\nS9030000FC\n", IMAGE_S19, 0xfffff000, &image),
			 OK);
	assert_int_equal(image->sections[0].addr, 0);
	image_close(image);
}

/* A text file cut at any byte is refused, unless only the last line end is gone. */
static void test_text_cut_anywhere(void **state)
{
	static const char *const files[] = {
		":020000040800F2\n:0400000001020304F2\n:00000001FF\n",
		"S0030000FC\nS3090800000001020304E4\nS70508000101F0\n",
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		enum image_type type = f == 0 ? IMAGE_IHEX : IMAGE_S19;

		for (size_t n = 0; n < strlen(files[f]) - 1; n++) {
			struct image *image;

			error_clear();
			assert_int_not_equal(
				image_parse((const uint8_t *)files[f], n, type, 0, &image), OK);
			assert_true(error_current()->why[0] != '\0');
			assert_null(image);
		}
	}
	error_clear();
}

struct small_elf {
	Elf32_Ehdr eh;
	Elf32_Phdr ph[3];
	uint8_t text[8], data[4];
};

static struct small_elf small_elf(void)
{
	struct small_elf e = {
		.eh = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_ARM, .e_version = EV_CURRENT,
			.e_entry = 0x08000101, .e_phoff = offsetof(struct small_elf, ph),
			.e_ehsize = sizeof(Elf32_Ehdr), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 3,
		},
		.ph = {
			{ PT_LOAD, offsetof(struct small_elf, text), 0x08000000, 0x08000000, 8, 8,
			  PF_R, 8 },
			/* .data: runs at 0x20000000, loaded from behind the code */
			{ PT_LOAD, offsetof(struct small_elf, data), 0x20000000, 0x08000008, 4, 4,
			  PF_R, 4 },
			/* .bss: nothing in the file */
			{ PT_LOAD, 0, 0x20000004, 0x20000004, 0, 64, PF_R, 4 },
		},
		.text = "text----", .data = "dat-",
	};
	return e;
}

static enum err parse_elf(const struct small_elf *e, size_t n, struct image **image)
{
	error_clear();
	return image_parse((const uint8_t *)e, n, IMAGE_AUTO, 0, image);
}

static void test_elf_goes_by_physical_address(void **state)
{
	struct small_elf e = small_elf();
	struct image *image;

	(void)state;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), OK);
	assert_int_equal(image->type, IMAGE_ELF);
	assert_int_equal(image->count, 1);
	assert_int_equal(image->sections[0].addr, 0x08000000);
	assert_int_equal(image->sections[0].bytes, 12);
	assert_memory_equal(image->sections[0].data, "text----dat-", 12);
	assert_true(image->has_entry);
	assert_int_equal(image->entry, 0x08000101);
	image_close(image);
}

static void test_elf_without_physical_addresses_goes_by_virtual(void **state)
{
	struct small_elf e = small_elf();
	struct image *image;

	(void)state;
	for (int i = 0; i < 3; i++)
		e.ph[i].p_paddr = 0;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), OK);
	assert_int_equal(image->count, 2);
	assert_int_equal(image->sections[1].addr, 0x20000000);
	image_close(image);
}

static void test_elf_cut_anywhere(void **state)
{
	struct small_elf e = small_elf();
	struct image *image;

	(void)state;
	for (size_t n = 4; n < sizeof(e); n++) {
		if (parse_elf(&e, n, &image) == OK)
			fail_msg("accepted when cut to %zu of %zu bytes", n, sizeof(e));
		assert_true(error_current()->why[0] != '\0');
	}
	error_clear();
}

static void test_elf_that_is_not_ours(void **state)
{
	struct small_elf e = small_elf();
	struct image *image;

	(void)state;
	e.eh.e_machine = EM_X86_64;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), ERR_IMAGE_FORMAT);
	assert_non_null(strstr(error_text(error_current()), "not Arm"));
	e = small_elf();
	e.eh.e_ident[EI_CLASS] = ELFCLASS64;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), ERR_IMAGE_FORMAT);
	e = small_elf();
	e.eh.e_phnum = 0;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), ERR_IMAGE_EMPTY);
	e = small_elf();
	e.ph[0].p_filesz = 0xffffffff;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), ERR_IMAGE_FORMAT);
	e = small_elf();
	e.ph[0].p_offset = 0xfffffff0;
	assert_int_equal(parse_elf(&e, sizeof(e), &image), ERR_IMAGE_FORMAT);
	e = small_elf();
	e.ph[1].p_paddr = 0x08000004;	/* contradicts the code */
	assert_int_equal(parse_elf(&e, sizeof(e), &image), ERR_IMAGE_FORMAT);
	assert_non_null(strstr(error_text(error_current()), "segment 1"));
	error_clear();
}

static void test_memory_image_joins_and_later_data_wins(void **state)
{
	struct image *image = image_new();

	(void)state;
	image_add(image, 0x100, (const uint8_t *)"AAAA", 4);
	image_add(image, 0x104, (const uint8_t *)"BBBB", 4);	/* adjoins */
	image_add(image, 0x200, (const uint8_t *)"CC", 2);
	image_add(image, 0x80, (const uint8_t *)"00", 2);
	assert_int_equal(image->count, 3);
	assert_int_equal(image->sections[0].addr, 0x80);
	assert_int_equal(image->sections[1].bytes, 8);
	image_add(image, 0x102, (const uint8_t *)"xxxx", 4);	/* inside */
	assert_memory_equal(image->sections[1].data, "AAxxxxBB", 8);
	image_add(image, 0xfe, (const uint8_t *)"yyy", 3);	/* over the front */
	assert_int_equal(image->sections[1].addr, 0xfe);
	assert_memory_equal(image->sections[1].data, "yyyAxxxxBB", 10);
	image_add(image, 0x90, NULL, 0);
	assert_int_equal(image->count, 3);

	uint8_t all[0x190];

	memset(all, '.', sizeof(all));
	image_add(image, 0x81, all, sizeof(all));		/* swallows the rest */
	assert_int_equal(image->count, 1);
	assert_int_equal(image->sections[0].addr, 0x80);
	assert_int_equal(image->sections[0].bytes, 0x191);
	assert_int_equal(image->sections[0].data[0], '0');
	assert_int_equal(image->sections[0].data[0x182], '.');
	image_close(image);
}

static void test_memory_image_at_the_top(void **state)
{
	struct image *image = image_new();

	(void)state;
	image_add(image, 0xfffffffc, (const uint8_t *)"tops", 4);
	image_add(image, 0, (const uint8_t *)"zero", 4);
	assert_int_equal(image->count, 2);
	assert_int_equal(image->sections[0].addr, 0);
	assert_int_equal(image_bytes(image), 8);
	image_close(image);
}

static void test_open_names_the_file(void **state)
{
	char path[] = "/tmp/test_image_XXXXXX";
	struct image *image;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, ":00\n", 4), 4);
	close(fd);
	assert_int_equal(image_open(path, IMAGE_IHEX, 0, &image), ERR_IMAGE_FORMAT);
	assert_non_null(strstr(error_text(error_current()), path));
	assert_non_null(strstr(error_text(error_current()), "line 1"));
	unlink(path);
	error_clear();
	assert_int_equal(image_open(path, IMAGE_AUTO, 0, &image), ERR_NOT_FOUND);
	assert_non_null(strstr(error_text(error_current()), "couldn't open"));
	error_clear();
	assert_int_equal(image_open("/", IMAGE_AUTO, 0, &image), ERR_ARGUMENT);
	error_clear();
}

static void test_type_words(void **state)
{
	enum image_type type;

	(void)state;
	assert_true(image_type_parse("s19", &type));
	assert_int_equal(type, IMAGE_S19);
	assert_false(image_type_parse("auto", &type));
	assert_false(image_type_parse("coff", &type));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_and_refuses),
		cmocka_unit_test(test_segmented_address_wraps_in_its_segment),
		cmocka_unit_test(test_base_is_added),
		cmocka_unit_test(test_text_cut_anywhere),
		cmocka_unit_test(test_elf_goes_by_physical_address),
		cmocka_unit_test(test_elf_without_physical_addresses_goes_by_virtual),
		cmocka_unit_test(test_elf_cut_anywhere),
		cmocka_unit_test(test_elf_that_is_not_ours),
		cmocka_unit_test(test_memory_image_joins_and_later_data_wins),
		cmocka_unit_test(test_memory_image_at_the_top),
		cmocka_unit_test(test_open_names_the_file),
		cmocka_unit_test(test_type_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
