/* SPDX-License-Identifier: GPL-2.0-or-later */
/* S26KS512S over HyperBus: command/address, latency, strobe, commands. */
#include "vb_nor_bench.h"

static uint8_t edge(struct bench *b, uint8_t out)
{
	return b->spi->ops->clock(b->spi->dev, out, 0xff, true);
}

static void ca(struct bench *b, bool read, uint32_t word)
{
	uint32_t row = word >> 3;

	cs(b, true);
	edge(b, read ? 0xa0 : 0x20);
	edge(b, (uint8_t)(row >> 16));
	edge(b, (uint8_t)(row >> 8));
	edge(b, (uint8_t)row);
	edge(b, 0x00);
	edge(b, word & 7);
}

static void wr(struct bench *b, uint32_t word, uint16_t data)
{
	ca(b, false, word);
	edge(b, (uint8_t)(data >> 8));
	edge(b, (uint8_t)data);
	cs(b, false);
}

/* Reads `n` words as a controller does that samples whenever the strobe toggles. */
static unsigned rd_words(struct bench *b, uint32_t word, uint16_t *got, size_t n)
{
	unsigned edges = 0;

	ca(b, true, word);
	for (size_t i = 0; i < 2 * n; i++) {
		bool was = b->spi->ops->rwds(b->spi->dev);
		uint8_t in;

		do {
			in = edge(b, 0xff);
			edges++;
		} while (b->spi->ops->rwds(b->spi->dev) == was && edges < 200);
		got[i / 2] = (uint16_t)(i & 1 ? got[i / 2] | in : in << 8);
	}
	cs(b, false);
	return edges;
}

static uint16_t rd(struct bench *b, uint32_t word)
{
	uint16_t value;

	rd_words(b, word, &value, 1);
	return value;
}

static void unlocked(struct bench *b, uint32_t word, uint16_t data)
{
	wr(b, 0x555, 0xaa);
	wr(b, 0x2aa, 0x55);
	wr(b, word, data);
}

static uint16_t status(struct bench *b)
{
	wr(b, 0x555, 0x70);
	return rd(b, 0);
}

static void test_read_after_sixteen_clocks_high_byte_first(void **state)
{
	struct bench b;
	uint16_t got[2];

	(void)state;
	bench_open(&b, "s26ks512s");
	assert_int_equal(nor_bytes(b.nor), 0x4000000);
	memcpy(nor_array(b.nor) + 0x3000002, "\x12\x34\x56\x78", 4);
	assert_int_equal(rd_words(&b, 0x1800001, got, 2), 2 * 16 + 4);
	assert_int_equal(got[0], 0x1234);
	assert_int_equal(got[1], 0x5678);
	assert_true(nor_is_plain(b.nor));
	bench_close(&b);
}

static void test_ids_and_cfi(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "s26ks512s");
	unlocked(&b, 0x555, 0x90);
	assert_false(nor_is_plain(b.nor));
	assert_int_equal(rd(&b, 0x00), 0x0001);
	assert_int_equal(rd(&b, 0x01), 0x007e);
	wr(&b, 0, 0xf0);
	assert_int_equal(rd(&b, 0x00), 0xffff);
	wr(&b, 0x555, 0xaa);			/* unlocked at the wrong address */
	wr(&b, 0x2ab, 0x55);
	wr(&b, 0x555, 0x90);
	assert_int_equal(rd(&b, 0x00), 0xffff);
	wr(&b, 0x55, 0x98);
	assert_int_equal(rd(&b, 0x10), 'Q');
	assert_int_equal(rd(&b, 0x11), 'R');
	assert_int_equal(rd(&b, 0x12), 'Y');
	assert_int_equal(rd(&b, 0x27), 0x1a);
	wr(&b, 0, 0xf0);
	assert_true(nor_is_plain(b.nor));
	bench_close(&b);
}

static void test_word_program_and_many_words_in_one_transaction(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "s26ks512s");
	wr(&b, 0x555, 0xa0);			/* without unlocking: nothing */
	wr(&b, 0x1000, 0x0000);
	pass(&b, 1 * MS);
	assert_int_equal(rd(&b, 0x1000), 0xffff);
	unlocked(&b, 0x555, 0xa0);
	wr(&b, 0x1000, 0x12ff);
	assert_int_equal(status(&b), 0x00);
	pass(&b, 475 * US);
	assert_int_equal(status(&b), 0x80);
	assert_int_equal(rd(&b, 0x1000), 0x12ff);
	unlocked(&b, 0x555, 0xa0);
	wr(&b, 0x1000, 0xf134);			/* only clears bits */
	pass(&b, 1 * MS);
	assert_int_equal(rd(&b, 0x1000), 0x1034);
	unlocked(&b, 0x555, 0xa0);
	ca(&b, false, 0x2000);
	for (unsigned i = 0; i < 256; i++)
		edge(&b, (uint8_t)i);
	cs(&b, false);
	pass(&b, 1 * MS);
	assert_int_equal(rd(&b, 0x2000), 0x0001);
	assert_int_equal(rd(&b, 0x207f), 0xfeff);
	assert_int_equal(rd(&b, 0x2080), 0xffff);
	bench_close(&b);
}

static void test_write_buffer(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "s26ks512s");
	unlocked(&b, 0x20000, 0x25);
	wr(&b, 0x20000, 1);			/* two words */
	wr(&b, 0x20010, 0x1111);
	wr(&b, 0x20011, 0x2222);
	pass(&b, 1 * MS);			/* not confirmed: not begun */
	assert_int_equal(rd(&b, 0x20010), 0xffff);
	bench_close(&b);

	bench_open(&b, "s26ks512s");
	unlocked(&b, 0x20000, 0x25);
	wr(&b, 0x20000, 1);
	wr(&b, 0x20010, 0x1111);
	wr(&b, 0x20011, 0x2222);
	wr(&b, 0x20000, 0x29);
	assert_int_equal(status(&b), 0x00);
	pass(&b, 475 * US);
	assert_int_equal(status(&b), 0x80);
	assert_int_equal(rd(&b, 0x20011), 0x2222);
	unlocked(&b, 0x20000, 0x25);		/* two lines in one buffer: aborted */
	wr(&b, 0x20000, 1);
	wr(&b, 0x20100, 0x1111);
	wr(&b, 0x20200, 0x2222);
	wr(&b, 0x20000, 0x29);
	assert_int_equal(status(&b), 0x88);
	assert_int_equal(rd(&b, 0x20100), 0xffff);
	unlocked(&b, 0x555, 0xf0);
	assert_int_equal(status(&b), 0x80);
	bench_close(&b);
}

static void erase_sector(struct bench *b, uint32_t word)
{
	unlocked(b, 0x555, 0x80);
	unlocked(b, word, 0x30);
}

static void test_sector_and_chip_erase(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "s26ks512s");
	memset(nor_array(b.nor), 0, 0x100000);
	erase_sector(&b, 0x20123);
	assert_int_equal(status(&b), 0x00);
	pass(&b, 929 * MS);
	assert_int_equal(status(&b), 0x00);
	pass(&b, 1 * MS);
	assert_int_equal(status(&b), 0x80);
	assert_int_equal(nor_array(b.nor)[0x3ffff], 0);
	assert_int_equal(nor_array(b.nor)[0x40000], 0xff);
	assert_int_equal(nor_array(b.nor)[0x7ffff], 0xff);
	assert_int_equal(nor_array(b.nor)[0x80000], 0);
	unlocked(&b, 0x555, 0x80);
	unlocked(&b, 0x555, 0x10);
	pass(&b, 237999 * MS);
	assert_int_equal(status(&b), 0x00);
	pass(&b, 1 * MS);
	assert_int_equal(status(&b), 0x80);
	assert_int_equal(rd(&b, 0), 0xffff);
	bench_close(&b);
}

static void test_busy_refuses_commands_and_suspends(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "s26ks512s");
	nor_array(b.nor)[0x80000] = 0x12;
	erase_sector(&b, 0);
	unlocked(&b, 0x555, 0xa0);
	wr(&b, 0x40000, 0);
	wr(&b, 0, 0xb0);
	pass(&b, 50 * US);
	assert_int_equal(status(&b), 0xc0);
	assert_int_equal(rd(&b, 0x40000), 0x12ff);
	wr(&b, 0, 0x30);
	assert_int_equal(status(&b), 0x00);
	pass(&b, 930 * MS);
	assert_int_equal(status(&b), 0x80);
	bench_close(&b);
}

static void test_vcr_changes_the_latency(void **state)
{
	struct bench b;
	uint16_t got;

	(void)state;
	bench_open(&b, "s26ks512s");
	unlocked(&b, 0x555, 0xc7);
	assert_int_equal(rd(&b, 0), 0x8ebb);
	assert_int_equal(rd(&b, 0), 0xffff);	/* one read only */
	unlocked(&b, 0x555, 0x38);
	wr(&b, 0, 0x8e0b);
	assert_int_equal(rd_words(&b, 0, &got, 1), 2 * 5 + 2);
	b.spi->ops->reset_pin(b.spi->dev, true);
	b.spi->ops->reset_pin(b.spi->dev, false);
	assert_int_equal(rd_words(&b, 0, &got, 1), 2 * 16 + 2);
	bench_close(&b);
}

static void test_faults_show_in_the_status(void **state)
{
	struct bench b;
	char error[100];

	(void)state;
	bench_open(&b, "s26ks512s");
	nor_set_fault(b.nor, "program-fails", error, sizeof(error));
	unlocked(&b, 0x555, 0xa0);
	wr(&b, 0x1000, 0);
	pass(&b, 1 * MS);
	assert_int_equal(status(&b), 0x90);
	wr(&b, 0x555, 0x71);
	assert_int_equal(status(&b), 0x80);
	nor_set_fault(b.nor, "none", error, sizeof(error));
	nor_set_fault(b.nor, "erase-fails", error, sizeof(error));
	erase_sector(&b, 0);
	pass(&b, 1000 * MS);
	assert_int_equal(status(&b), 0xa0);
	bench_close(&b);
}

static void test_power_cut_in_an_erase(void **state)
{
	struct bench b;
	unsigned blank = 0;

	(void)state;
	bench_open(&b, "s26ks512s");
	memset(nor_array(b.nor), 0x55, 0x80000);
	erase_sector(&b, 0);
	pass(&b, 600 * MS);
	nor_power(b.nor, false);
	nor_power(b.nor, true);
	assert_int_equal(rd(&b, 0x40000), 0xffff);	/* not yet awake */
	pass(&b, 300 * US);
	assert_int_equal(rd(&b, 0x20000), 0x5555);
	for (unsigned i = 0; i < 0x40000; i++)
		blank += nor_array(b.nor)[i] == 0xff;
	assert_true(blank > 0x8000 && blank < 0x38000);
	bench_close(&b);
}

static void test_deep_power_down_wakes_by_cs(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "s26ks512s");
	nor_array(b.nor)[0] = 0x12;
	unlocked(&b, 0x555, 0xb9);
	assert_false(nor_is_plain(b.nor));
	assert_int_equal(rd(&b, 0), 0xffff);
	pass(&b, 300 * US);
	assert_int_equal(rd(&b, 0), 0x12ff);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_after_sixteen_clocks_high_byte_first),
		cmocka_unit_test(test_ids_and_cfi),
		cmocka_unit_test(test_word_program_and_many_words_in_one_transaction),
		cmocka_unit_test(test_write_buffer),
		cmocka_unit_test(test_sector_and_chip_erase),
		cmocka_unit_test(test_busy_refuses_commands_and_suspends),
		cmocka_unit_test(test_vcr_changes_the_latency),
		cmocka_unit_test(test_faults_show_in_the_status),
		cmocka_unit_test(test_power_cut_in_an_erase),
		cmocka_unit_test(test_deep_power_down_wakes_by_cs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
