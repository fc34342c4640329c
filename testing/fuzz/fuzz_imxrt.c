/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read from a serial flash: SFDP tables, and the boot header of an i.MX RT, on hostile bytes.
 * `make check` links replay.c and runs the seeds; a libFuzzer build is
 *   clang -fsanitize=fuzzer,address,undefined -Isrc testing/fuzz/fuzz_imxrt.c libprobed.a
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flash/imxrt_image.h"
#include "flash/serial_nor.h"

#define FCB_BYTES   0x200u
#define IVT_OFFSET  0x1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct input {
	const uint8_t *data;
	size_t n;
};

/* On the heap at its exact size: a byte too many is seen by the sanitizer. */
static void try_sfdp(const uint8_t *data, size_t n)
{
	struct serial_nor nor = { 0 };
	uint8_t *exact = malloc(n + 1);

	memcpy(exact, data, n);
	if (serial_nor_parse_sfdp(exact, n, &nor) == OK) {
		serial_nor_fill_defaults(&nor);
		assert(nor.bytes >= 4096 && nor.page_bytes >= 8 && nor.page_bytes <= 512);
		assert(nor.erase[0].bytes != 0 && nor.erase[0].bytes <= nor.bytes);
		for (size_t i = 1; i < ARRAY_SIZE(nor.erase); i++)
			assert(nor.erase[i].bytes == 0 || nor.erase[i].bytes > nor.erase[i - 1].bytes);
		assert(nor.page_max_us >= nor.page_typical_us);
	} else {
		assert(error_current()->why[0] != '\0');
	}
	error_clear();
	free(exact);
}

/* The first 512 bytes are the FCB, the rest stands from the IVT on. */
static enum err read_input(void *ctx, uint32_t offset, uint8_t *dst, size_t n, bool *known)
{
	const struct input *in = ctx;

	*known = true;
	for (size_t i = 0; i < n; i++) {
		size_t at = offset + i;

		if (at >= IVT_OFFSET)
			at = at - IVT_OFFSET + FCB_BYTES;
		else if (at >= FCB_BYTES)
			at = SIZE_MAX;
		if (at >= in->n)
			*known = false;
		else
			dst[i] = in->data[at];
	}
	return OK;
}

static void try_image(const uint8_t *data, size_t n, const char *part)
{
	struct input in = { data, n };
	struct imxrt_chip chip = { .part = imxrt_parts };
	struct imxrt_flash_view view = { .read = read_input, .ctx = &in, .bytes = 4u << 20 };
	struct imxrt_boot_check check;
	struct serial_nor nor = { 0 };
	struct buf text = { 0 };

	while (strcmp(chip.part->name, part) != 0)
		chip.part++;
	view.base = chip.part->boot_window;
	serial_nor_apply_table((const uint8_t[]){ 0xef, 0x40, 0x16 }, &nor);
	assert(imxrt_check_boot(&chip, &nor, &view, &check) == OK);
	assert(check.count <= ARRAY_SIZE(check.findings));
	for (size_t i = 0; i < check.count; i++)
		assert(check.findings[i].text != NULL && check.findings[i].id != NULL);
	imxrt_describe_boot(&check, &text);
	buf_free(&text);
	imxrt_boot_check_free(&check);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	error_clear();
	try_sfdp(data, n);
	try_image(data, n, "RT1064");
	try_image(data, n, "RT1050");
	return 0;
}
