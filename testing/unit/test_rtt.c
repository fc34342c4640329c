/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTT control blocks out of bytes: sound ones, corrupt ones, ones of the past. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/rtt.h"

enum { UP = RTT_HEADER_BYTES, DOWN = UP + RTT_CHANNEL_BYTES, TWO = DOWN + RTT_CHANNEL_BYTES };
#define ADDR 0x20000400u

static void channel(uint8_t *p, uint32_t buffer, uint32_t size, uint32_t wr, uint32_t rd, uint32_t flags)
{
	put_le32(p + RTT_NAME, 0x08001000);
	put_le32(p + RTT_BUFFER, buffer);
	put_le32(p + RTT_SIZE, size);
	put_le32(p + RTT_WR, wr);
	put_le32(p + RTT_RD, rd);
	put_le32(p + RTT_FLAGS, flags);
}

/* One channel up, one down; 20 bytes unread. */
static void sound(uint8_t *b)
{
	memset(b, 0, TWO);
	memcpy(b, RTT_DEFAULT_ID, strlen(RTT_DEFAULT_ID));
	put_le32(b + 16, 1);
	put_le32(b + 20, 1);
	channel(b + UP, 0x20001000, 64, 30, 10, 2);
	channel(b + DOWN, 0x20002000, 16, 0, 0, 0);
}

static void test_a_sound_block(void **state)
{
	struct rtt_block block;
	uint8_t b[TWO];
	const char *why;

	(void)state;
	sound(b);
	assert_int_equal(rtt_block_bytes(b), TWO);
	assert_true(rtt_block_parse(&block, ADDR, b, sizeof(b), &why));
	assert_int_equal(block.up_count, 1);
	assert_int_equal(block.channels[0].wr, 30);
	assert_int_equal(block.channels[0].flags, 2);
	assert_int_equal(block.channels[1].size, 16);
	assert_int_equal(rtt_used(&block.channels[0]), 20);
	assert_int_equal(rtt_free(&block.channels[0]), 43);
	assert_int_equal(rtt_free(&block.channels[1]), 15);
	rtt_block_free(&block);
}

static const struct { const char *name; uint32_t offset, value; const char *why; } corrupt[] = {
	{ "no up channel", 16, 0, "counts" },
	{ "up count", 16, 256, "counts" },
	{ "down count", 20, 0xffffffff, "counts" },
	{ "more channels than bytes", 20, 2, "cut off" },
	{ "buffer in flash", UP + RTT_BUFFER, 0x08000000, "not in RAM" },
	{ "buffer in peripherals", UP + RTT_BUFFER, 0x40001000, "not in RAM" },
	{ "buffer NULL", UP + RTT_BUFFER, 0, "not in RAM" },
	{ "buffer over the end of SRAM", UP + RTT_BUFFER, 0x3fffffff, "not in RAM" },
	{ "buffer over the end of everything", UP + RTT_BUFFER, 0xffffffff, "not in RAM" },
	{ "huge buffer", UP + RTT_SIZE, 0x80000000, "larger" },
	{ "WrOff behind the end", UP + RTT_WR, 64, "offset" },
	{ "RdOff behind the end", UP + RTT_RD, 0xffffffff, "offset" },
	{ "down WrOff behind the end", DOWN + RTT_WR, 16, "offset" },
	{ "nothing set up", UP + RTT_SIZE, 0, "no up channel" },
};

static void test_corrupt_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(corrupt); i++) {
		struct rtt_block block;
		uint8_t b[TWO];
		const char *why;

		sound(b);
		put_le32(b + corrupt[i].offset, corrupt[i].value);
		if (rtt_block_parse(&block, ADDR, b, sizeof(b), &why) ||
		    strstr(why, corrupt[i].why) == NULL)
			fail_msg("%s: %s", corrupt[i].name, why);
		assert_null(block.channels);
	}
}

static void test_every_cut_is_seen(void **state)
{
	struct rtt_block block;
	const char *why;

	(void)state;
	for (size_t n = 0; n < TWO; n++) {
		uint8_t all[TWO], *b = calloc(1, n + 1);

		sound(all);
		memcpy(b, all, n);
		assert_false(rtt_block_parse(&block, ADDR, b, n, &why));
		free(b);
	}
}

static void test_a_wrapped_buffer(void **state)
{
	struct rtt_channel c = { .size = 64, .wr = 3, .rd = 60 };

	(void)state;
	assert_int_equal(rtt_used(&c), 7);
	assert_int_equal(rtt_free(&c), 56);
	c.wr = c.rd;
	assert_int_equal(rtt_used(&c), 0);
	assert_int_equal(rtt_free(&c), 63);
	c.wr = c.rd - 1;
	assert_int_equal(rtt_free(&c), 0);
}

static void test_the_id(void **state)
{
	uint8_t b[64] = { 0 };

	(void)state;
	memcpy(b + 4, "SEGGER RTT!", 11);	/* another word */
	memcpy(b + 21, "SEGGER RTT", 10);	/* not on a word boundary */
	memcpy(b + 40, "SEGGER RTT", 10);
	assert_int_equal(rtt_find_id(b, sizeof(b), ADDR, 0, RTT_DEFAULT_ID), 40);
	assert_int_equal(rtt_find_id(b, sizeof(b), ADDR, 41, RTT_DEFAULT_ID), sizeof(b));
	assert_int_equal(rtt_find_id(b, sizeof(b), ADDR + 3, 0, RTT_DEFAULT_ID), 21);
	assert_int_equal(rtt_find_id(b, sizeof(b), ADDR, 0, "SEGGER"), 4);
	/* At the very end of what is looked at: the rest is judged with the block. */
	assert_int_equal(rtt_find_id(b, 50, ADDR, 0, RTT_DEFAULT_ID), 40);
	assert_int_equal(rtt_find_id(b, 49, ADDR, 0, RTT_DEFAULT_ID), 49);
}

static enum rtt_life look(struct rtt_stale **list, uint32_t wr, uint32_t rd)
{
	uint8_t b[TWO];

	sound(b);
	put_le32(b + UP + RTT_WR, wr);
	put_le32(b + UP + RTT_RD, rd);
	return rtt_judge(list, ADDR, b, sizeof(b));
}

static void test_what_a_reset_left(void **state)
{
	struct rtt_stale *list = NULL;
	uint8_t b[TWO];

	(void)state;
	sound(b);
	assert_int_equal(look(&list, 30, 10), RTT_UNKNOWN);
	rtt_remember(&list, ADDR, b, sizeof(b), false);
	/* The old program printed on until the reset; then it stands still. */
	assert_int_equal(look(&list, 40, 10), RTT_STALE);
	assert_int_equal(look(&list, 40, 10), RTT_STALE);
	/* It moves: a program that keeps its block over a reset. */
	assert_int_equal(look(&list, 41, 10), RTT_ALIVE);
	/* Set up anew: RdOff is back at 0, whatever was printed. */
	rtt_remember(&list, ADDR, b, sizeof(b), false);
	assert_int_equal(look(&list, 30, 0), RTT_ALIVE);
	rtt_remember(&list, ADDR, b, sizeof(b), false);
	assert_int_equal(look(&list, 0, 0), RTT_ALIVE);
	/* Another layout. */
	put_le32(b + UP + RTT_SIZE, 128);
	assert_int_equal(rtt_judge(&list, ADDR, b, sizeof(b)), RTT_ALIVE);
	rtt_forget(&list, ADDR);
	assert_null(list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_sound_block),	 cmocka_unit_test(test_corrupt_blocks),
		cmocka_unit_test(test_every_cut_is_seen), cmocka_unit_test(test_a_wrapped_buffer),
		cmocka_unit_test(test_the_id),		 cmocka_unit_test(test_what_a_reset_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
