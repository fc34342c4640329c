/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A core file, read back word by word: what GDB 13.1 was seen to accept. */
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
#include "image/core_file.h"

static const struct core_thread threads[] = {
	{ .id = 0x20000400, .signal = 11, .regs = { [0] = 0x11, [13] = 0x20001000, [15] = 0x08000100,
						    [16] = 0x01000003 } },
	{ .id = 7, .regs = { [15] = 0x08000200 }, .has_fpu = true, .d = { [1] = 0x4000000000000001ull },
	  .fpscr = 0x77 },
};

static size_t write_and_read(uint8_t *bytes, size_t size)
{
	char path[] = "/tmp/test-core-XXXXXX";
	uint8_t odd[5] = { 1, 2, 3, 4, 5 }, word[4] = { 6, 7, 8, 9 };
	const struct core_region regions[] = {
		{ .addr = 0x20000000, .bytes = 5, .data = odd },
		{ .addr = 0x08000000, .bytes = 4, .data = word, .is_code = true },
	};
	const struct core_file core = { threads, 2, regions, 2, "<target/>", "a note" };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(core_file_write(&core, path), OK);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(bytes, 1, size, f);

	fclose(f);
	unlink(path);
	return n;
}

/* The k-th note of the file; NULL past the last. */
static const uint8_t *note(const uint8_t *bytes, unsigned k, uint32_t *type, uint32_t *n)
{
	const Elf32_Ehdr *eh = (const void *)bytes;
	const Elf32_Phdr *ph = (const void *)(bytes + eh->e_phoff);
	const uint8_t *at = bytes + ph->p_offset, *end = at + ph->p_filesz;

	for (;; k--) {
		if (at >= end)
			return NULL;
		uint32_t name = (get_le32(at) + 3) & ~3u;

		*n = get_le32(at + 4);
		*type = get_le32(at + 8);
		if (k == 0)
			return at + 12 + name;
		at += 12 + name + ((*n + 3) & ~3u);
	}
}

static void test_layout(void **state)
{
	static _Alignas(8) uint8_t bytes[8192];
	size_t size = write_and_read(bytes, sizeof(bytes));
	const Elf32_Ehdr *eh = (const void *)bytes;
	const Elf32_Phdr *ph = (const void *)(bytes + eh->e_phoff);

	(void)state;
	assert_memory_equal(bytes, "\x7f" "ELF\1\1\1", 7);
	assert_int_equal(eh->e_type, ET_CORE);
	assert_int_equal(eh->e_machine, EM_ARM);
	assert_int_equal(eh->e_phnum, 3);
	assert_int_equal(ph[0].p_type, PT_NOTE);
	assert_int_equal(ph[1].p_vaddr, 0x20000000);
	assert_int_equal(ph[1].p_filesz, 5);
	assert_int_equal(ph[1].p_flags, PF_R | PF_W);
	assert_int_equal(ph[2].p_flags, PF_R | PF_X);
	assert_true(ph[2].p_offset + 4 <= size);
	assert_memory_equal(bytes + ph[1].p_offset, "\1\2\3\4\5", 5);
	assert_memory_equal(bytes + ph[2].p_offset, "\6\7\10\11", 4);
}

static void test_notes(void **state)
{
	static _Alignas(8) uint8_t bytes[8192];
	static const uint32_t types[] = { NT_PRSTATUS, NT_PRSTATUS, 0x400, 0xff000000u, 1 };
	static const uint32_t lengths[] = { 148, 148, 260, 10, 7 };
	uint32_t type = 0, n = 0;

	(void)state;
	write_and_read(bytes, sizeof(bytes));
	for (unsigned k = 0; k < 5; k++) {
		assert_non_null(note(bytes, k, &type, &n));
		assert_int_equal(type, types[k]);
		assert_int_equal(n, lengths[k]);
	}
	assert_null(note(bytes, 5, &type, &n));
	const uint8_t *status = note(bytes, 0, &type, &n), *vfp = note(bytes, 2, &type, &n);

	assert_int_equal(get_le16(status + 12), 11);
	assert_int_equal(get_le32(status + 24), 0x20000400);
	assert_int_equal(get_le32(status + 72 + 4 * 13), 0x20001000);
	assert_int_equal(get_le32(status + 72 + 4 * 15), 0x08000100);
	assert_int_equal(get_le32(status + 72 + 4 * 16), 0x01000003);
	assert_int_equal(get_le32(vfp + 8), 1);
	assert_int_equal(get_le32(vfp + 12), 0x40000000);
	assert_int_equal(get_le32(vfp + 256), 0x77);
	assert_string_equal((const char *)note(bytes, 3, &type, &n), "<target/>");
}

static void test_no_place_no_file(void **state)
{
	const struct core_file core = { .threads = threads, .thread_count = 1 };

	(void)state;
	assert_int_equal(core_file_write(&core, "/nowhere/at/all/core"), ERR_IO);
	assert_non_null(strstr(error_text(error_current()), "/nowhere/at/all/core"));
	error_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_no_place_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
