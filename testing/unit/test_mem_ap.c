/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory through a MEM-AP: lanes, wraps, packed transfers, one run per call, the address of an
 * error. */
#include "fake_port.h"

#include "dap/guard.h"

#define BASE FAKE_RAM_BASE
#define END  (FAKE_RAM_BASE + FAKE_RAM_SIZE)

static struct fake_board *connected(void)
{
	struct fake_board *b = fake_board_new();

	assert_int_equal(dap_connect(&b->dap), OK);
	for (size_t i = 0; i < FAKE_RAM_SIZE; i++)
		b->dp.ram[i] = (uint8_t)(i * 7 + i / 256);
	b->runs = b->connects = 0;
	b->dp.transfers = 0;
	return b;
}

/* A JTAG-DP tells that a batch failed, not where. */
static struct fake_board *on_jtag(void)
{
	struct fake_board *b = fake_board_new();

	b->dp.is_jtag = true;
	b->adapter.transport = b->adapter.port.transport = TRANSPORT_JTAG;
	assert_int_equal(dap_connect(&b->dap), OK);
	b->runs = 0;
	return b;
}

static void test_probe(void **state)
{
	struct fake_board *b = connected();

	(void)state;
	assert_int_equal(mem_ap_probe(b->ap), OK);
	assert_int_equal(b->runs, 1);
	assert_true(b->ap->has_byte && b->ap->has_packed);
	assert_int_equal(b->ap->idr, FAKE_IDR);
	fake_board_free(b);

	b = connected();
	b->dp.has_byte = b->dp.has_packed = false;
	assert_int_equal(mem_ap_probe(b->ap), OK);
	assert_false(b->ap->has_byte || b->ap->has_packed);
	assert_int_equal(mem_ap_probe(mem_ap_get(&b->dap, 3)), ERR_UNSUPPORTED);
	fake_board_free(b);
}

/* Every start, length and size around a wrap, against the memory itself. */
static void test_every_alignment(void **state)
{
	uint8_t got[64], put[64];

	(void)state;
	for (unsigned packed = 0; packed < 2; packed++) {
		struct fake_board *b = connected();

		b->dp.has_packed = packed;
		for (size_t i = 0; i < sizeof(put); i++)
			put[i] = (uint8_t)(0xc0 + i);
		for (uint32_t at = 0x400 - 9; at < 0x400 + 5; at++) {
			for (size_t n = 0; n < 24; n++) {
				uint8_t before = b->dp.ram[at - 1], after = b->dp.ram[at + n];

				memset(got, 0, sizeof(got));
				assert_int_equal(mem_ap_read_bytes(b->ap, BASE + at, got, n), OK);
				assert_memory_equal(got, b->dp.ram + at, n);
				assert_int_equal(mem_ap_write_bytes(b->ap, BASE + at, put, n), OK);
				assert_memory_equal(put, b->dp.ram + at, n);
				assert_int_equal(b->dp.ram[at - 1], before);
				assert_int_equal(b->dp.ram[at + n], after);
			}
		}
		fake_board_free(b);
	}
}

static void test_sizes(void **state)
{
	uint8_t got[400], put[400];
	size_t done;

	(void)state;
	for (unsigned packed = 0; packed < 2; packed++) {
		struct fake_board *b = connected();

		b->dp.has_packed = packed;
		for (size_t i = 0; i < sizeof(put); i++)
			put[i] = (uint8_t)(i * 3 + 1);
		for (unsigned size = 1; size <= 4; size *= 2) {
			for (uint32_t at = 0x3f0; at < 0x3f8; at += size) {
				size_t count = 100 / size;

				b->dp.bus_accesses = 0;
				assert_int_equal(
					mem_ap_read(b->ap, BASE + at, size, count, got, &done), OK);
				assert_int_equal(done, count);
				assert_int_equal(b->dp.bus_accesses, count); /* of just this size */
				assert_memory_equal(got, b->dp.ram + at, count * size);
				assert_int_equal(
					mem_ap_write(b->ap, BASE + at, size, count, put, &done),
					OK);
				assert_memory_equal(put, b->dp.ram + at, count * size);
			}
		}
		fake_board_free(b);
	}
}

/* A guarded range takes no write of any kind; everything around it does, at the same cost. */
static void test_guard(void **state)
{
	struct fake_board *b = connected();
	uint8_t bytes[64] = { 0 }, before[64];
	struct dap_guard *g;
	uint32_t value = 0;

	(void)state;
	g = dap_guard_set(&b->dap, BASE + 0x20, BASE + 0x2f, "the fuses", "leave them");
	assert_ptr_equal(g, dap_guard_set(&b->dap, BASE + 0x20, BASE + 0x2f, "twice", ""));
	memcpy(before, b->dp.ram, sizeof(before));
	b->runs = b->dp.transfers = 0;
	assert_int_equal(mem_ap_write32(b->ap, BASE + 0x20, 1), ERR_REFUSED);
	assert_non_null(strstr(error_text(error_current()), "the fuses: leave them"));
	assert_int_equal(mem_ap_write(b->ap, BASE + 0x1c, 4, 2, bytes, NULL), ERR_REFUSED);
	assert_int_equal(mem_ap_write(b->ap, BASE + 0x2f, 1, 1, bytes, NULL), ERR_REFUSED);
	assert_int_equal(mem_ap_write_bytes(b->ap, BASE + 0x1, bytes, 60), ERR_REFUSED);
	assert_int_equal(mem_ap_write_fifo(b->ap, BASE + 0x24, 4, 3, bytes), ERR_REFUSED);
	mem_ap_queue_write32(b->ap, BASE + 0x10, 0x12345678);
	mem_ap_queue_write32(b->ap, BASE + 0x28, 0);
	assert_int_equal(mem_ap_run(b->ap), ERR_REFUSED);
	mem_ap_queue_write32(b->ap, BASE + 0x28, 0);
	assert_int_equal(mem_ap_read_bytes(b->ap, BASE, bytes, 4), ERR_REFUSED);
	assert_memory_equal(before, b->dp.ram, sizeof(before));
	assert_int_equal(b->runs, 0);
	assert_int_equal(b->dp.transfers, 0);
	/* Reads, the neighbours, and whoever opened it. */
	assert_int_equal(mem_ap_read32(b->ap, BASE + 0x20, &value), OK);
	assert_int_equal(mem_ap_write(b->ap, BASE + 0x1f, 1, 1, bytes, NULL), OK);
	assert_int_equal(mem_ap_write32(b->ap, BASE + 0x30, 2), OK);
	dap_guard_open(g);
	assert_int_equal(mem_ap_write32(b->ap, BASE + 0x20, 3), OK);
	dap_guard_close(g);
	assert_int_equal(mem_ap_write32(b->ap, BASE + 0x20, 4), ERR_REFUSED);
	g->is_off = true;
	assert_int_equal(mem_ap_write32(b->ap, BASE + 0x20, 4), OK);
	dap_guard_free_all(&b->dap);
	fake_board_free(b);
}

static void test_a_block_is_one_run(void **state)
{
	struct fake_board *b = connected();
	uint8_t buffer[8192] = { 0 };

	(void)state;
	assert_int_equal(mem_ap_probe(b->ap), OK);
	b->runs = b->dp.tar_writes = b->dp.csw_writes = 0;
	assert_int_equal(mem_ap_write(b->ap, BASE, 4, 2048, buffer, NULL), OK);
	assert_int_equal(b->runs, 1);
	assert_int_equal(b->dp.tar_writes, 8);		/* one per KiB */
	assert_int_equal(b->dp.csw_writes, 1);
	assert_int_equal(mem_ap_read_bytes(b->ap, BASE + 1, buffer, 8000), OK);
	assert_int_equal(b->runs, 2);
	b->ap->tar_wrap = b->dp.tar_wrap = 0x1000;
	b->dp.tar_writes = 0;
	assert_int_equal(mem_ap_read(b->ap, BASE, 4, 2048, buffer, NULL), OK);
	assert_int_equal(b->dp.tar_writes, 2);
	fake_board_free(b);
}

/* Beside single words, and over the place where TAR stops counting. */
static void test_a_run_of_queued_words(void **state)
{
	struct fake_board *b = connected();
	uint32_t run[300] = { 0 }, single = 0;

	(void)state;
	assert_int_equal(mem_ap_probe(b->ap), OK);
	b->runs = b->dp.tar_writes = 0;
	mem_ap_queue_write32(b->ap, BASE + 0x600, 0x12345678);
	mem_ap_queue_read_words(b->ap, BASE + 0x200, run, ARRAY_SIZE(run));
	mem_ap_queue_read32(b->ap, BASE + 4, &single);
	assert_int_equal(mem_ap_run(b->ap), OK);
	assert_int_equal(b->runs, 1);
	assert_int_equal(b->dp.tar_writes, 4);
	for (size_t i = 0; i < ARRAY_SIZE(run); i++)
		assert_int_equal(run[i], get_le32(b->dp.ram + 0x200 + 4 * i));
	assert_int_equal(run[256], 0x12345678);
	assert_int_equal(single, get_le32(b->dp.ram + 4));
	fake_board_free(b);
}

static void test_a_sequence_goes_on_without_tar(void **state)
{
	struct fake_board *b = connected();
	uint32_t value;

	(void)state;
	assert_int_equal(mem_ap_read32(b->ap, BASE + 8, &value), OK);
	assert_int_equal(value, get_le32(b->dp.ram + 8));
	b->dp.tar_writes = 0;
	assert_int_equal(mem_ap_read32(b->ap, BASE + 12, &value), OK);
	assert_int_equal(value, get_le32(b->dp.ram + 12));
	assert_int_equal(b->dp.tar_writes, 0);
	fake_board_free(b);
}

/* Core registers: DCRSR, DHCSR and DCRDR lie in one line, so TAR is written once for many. */
static void test_words_of_a_line_share_tar(void **state)
{
	struct fake_board *b = connected();
	uint32_t v[12];

	(void)state;
	b->dp.tar_writes = b->dp.select_writes = 0;
	for (unsigned i = 0; i < 4; i++) {
		mem_ap_queue_write32(b->ap, BASE + 0x24, i);
		mem_ap_queue_read32(b->ap, BASE + 0x20, &v[3 * i]);
		mem_ap_queue_read32(b->ap, BASE + 0x28, &v[3 * i + 1]);
		mem_ap_queue_read32(b->ap, BASE + 0x24, &v[3 * i + 2]);
	}
	b->runs = 0;
	assert_int_equal(mem_ap_run(b->ap), OK);
	assert_int_equal(b->runs, 1);
	assert_int_equal(b->dp.tar_writes, 1);
	assert_int_equal(b->dp.select_writes, 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(v[3 * i], get_le32(b->dp.ram + 0x20));
		assert_int_equal(v[3 * i + 1], get_le32(b->dp.ram + 0x28));
		assert_int_equal(v[3 * i + 2], i);
	}
	fake_board_free(b);
}

static void test_queued_words_go_before_a_block(void **state)
{
	struct fake_board *b = connected();
	uint8_t got[16];

	(void)state;
	mem_ap_queue_write32(b->ap, BASE + 4, 0x11223344);
	b->runs = 0;
	assert_int_equal(mem_ap_read(b->ap, BASE, 4, 4, got, NULL), OK);
	assert_int_equal(b->runs, 1);
	assert_int_equal(get_le32(got + 4), 0x11223344);
	assert_int_equal(b->ap->word_count, 0);
	fake_board_free(b);
}

static void test_fifo_does_not_move(void **state)
{
	struct fake_board *b = connected();
	uint8_t got[12], put[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

	(void)state;
	assert_int_equal(mem_ap_write_fifo(b->ap, BASE + 2, 2, 6, put), OK);
	assert_int_equal(b->dp.ram[2], 11);
	assert_int_equal(b->dp.ram[3], 12);
	assert_int_equal(mem_ap_read_fifo(b->ap, BASE + 4, 4, 3, got), OK);
	for (unsigned i = 0; i < 3; i++)
		assert_memory_equal(got + 4 * i, b->dp.ram + 4, 4);
	assert_int_equal(mem_ap_read(b->ap, BASE, 4, 3, got, NULL), OK); /* and back to counting */
	assert_memory_equal(got, b->dp.ram, 12);
	fake_board_free(b);
}

static void test_arguments(void **state)
{
	struct fake_board *b = connected();
	uint8_t byte;

	(void)state;
	assert_int_equal(mem_ap_read(b->ap, BASE + 2, 4, 1, &byte, NULL), ERR_UNALIGNED);
	assert_int_equal(mem_ap_read(b->ap, BASE + 1, 2, 1, &byte, NULL), ERR_UNALIGNED);
	assert_int_equal(mem_ap_read(b->ap, BASE, 3, 1, &byte, NULL), ERR_ARGUMENT);
	assert_int_equal(mem_ap_read(b->ap, 0xfffffffc, 4, 2, &byte, NULL), ERR_ARGUMENT);
	assert_int_equal(mem_ap_read(b->ap, BASE, 4, 0, &byte, NULL), OK);
	assert_int_equal(b->runs, 0);
	fake_board_free(b);
}

/* The error names the first address that does not answer, and what lay before it was transferred.
 */
static void check_bus_error(unsigned size, unsigned mode, unsigned good)
{
	struct fake_board *b = mode & 8 ? on_jtag() : connected();
	bool is_read = mode & 1, packed = mode & 2, tar_moves = mode & 4;
	uint8_t buffer[256];
	char says[32];
	size_t done = 99;

	b->dp.has_packed = packed;
	b->dp.tar_moves_on_error = tar_moves;
	memset(buffer, 0x5a, sizeof(buffer));
	uint32_t start = END - good * size;
	enum err rc = is_read ? mem_ap_read(b->ap, start, size, 40, buffer, &done) :
				mem_ap_write(b->ap, start, size, 40, buffer, &done);

	assert_int_equal(rc, ERR_BUS);
	snprintf(says, sizeof(says), "bus error at 0x%08x", END);
	assert_non_null(strstr(error_text(error_current()), says));
	assert_int_equal(done, good);
	for (unsigned i = 0; i < good * size; i++)
		assert_int_equal(b->dp.ram[FAKE_RAM_SIZE - good * size + i], buffer[i]);
	for (unsigned i = good * size; i < sizeof(buffer); i++)
		assert_int_equal(buffer[i], 0x5a);
	assert_int_equal(b->dp.ctrl & 0xb2, 0);
	assert_int_equal(mem_ap_read(b->ap, BASE, 4, 4, buffer, NULL), OK);
	fake_board_free(b);
}

static void test_bus_errors(void **state)
{
	(void)state;
	for (unsigned size = 1; size <= 4; size *= 2)
		for (unsigned mode = 0; mode < 16; mode++)
			for (unsigned good = 0; good < 18; good++)
				check_bus_error(size, mode, good);
}

static void check_queued_error(struct fake_board *b)
{
	bool is_jtag = b->dp.is_jtag;
	uint32_t a = 0x77, c = 0x77, d = 0x77;

	mem_ap_queue_read32(b->ap, BASE, &a);
	mem_ap_queue_read32(b->ap, 0x40000010, &c);
	mem_ap_queue_read32(b->ap, BASE + 4, &d);
	assert_int_equal(mem_ap_run(b->ap), ERR_BUS);
	assert_non_null(
		strstr(error_text(error_current()), "bus error at 0x40000010 (32-bit read)"));
	assert_int_equal(a, is_jtag ? 0x77 : get_le32(b->dp.ram));
	assert_int_equal(c, 0x77);
	assert_int_equal(d, 0x77);
	assert_int_equal(mem_ap_write32(b->ap, 0x40000020, 1), ERR_BUS);
	assert_non_null(
		strstr(error_text(error_current()), "bus error at 0x40000020 (32-bit write)"));
	assert_int_equal(mem_ap_read32(b->ap, BASE, &a), OK);
	fake_board_free(b);
}

/* The RAM ends in the middle of it. */
static void check_run_error(struct fake_board *b)
{
	uint32_t words[16] = { 0 };
	char text[64];

	snprintf(text, sizeof(text), "bus error at 0x%08x (32-bit read)", END);
	mem_ap_queue_read_words(b->ap, END - 20, words, ARRAY_SIZE(words));
	assert_int_equal(mem_ap_run(b->ap), ERR_BUS);
	assert_non_null(strstr(error_text(error_current()), text));
	assert_int_equal(mem_ap_read32(b->ap, BASE, words), OK);
	fake_board_free(b);
}

static void test_bus_error_of_a_queued_word(void **state)
{
	(void)state;
	check_run_error(connected());
	check_run_error(on_jtag());
	check_queued_error(connected());
	check_queued_error(on_jtag());
}

/* A flag somebody else left set costs one repetition, not an error about an innocent address. */
static void test_stale_sticky_flag(void **state)
{
	struct fake_board *b = connected();
	uint32_t value;
	uint8_t buffer[16];

	(void)state;
	b->dp.ctrl |= 0x20;
	assert_int_equal(mem_ap_read32(b->ap, BASE, &value), OK);
	assert_int_equal(value, get_le32(b->dp.ram));
	b->dp.ctrl |= 0x20;
	assert_int_equal(mem_ap_read(b->ap, BASE + 0x100, 4, 4, buffer, NULL), OK);
	fake_board_free(b);
}

static void test_wait_names_the_address(void **state)
{
	struct fake_board *b = connected();
	uint8_t buffer[64] = { 0 };

	(void)state;
	assert_int_equal(mem_ap_probe(b->ap), OK);
	b->dp.accesses = 0;
	/* SELECT, CSW and TAR with their checks, then two accesses per word. */
	b->dp.wait_at = 5 + 2 * 5;
	b->dp.wait_count = 1;
	assert_int_equal(mem_ap_write(b->ap, BASE + 0x40, 4, 16, buffer, NULL), ERR_DAP_WAIT);
	assert_non_null(strstr(error_text(error_current()), "memory write at 0x20000054 failed"));
	fake_board_free(b);
}

/* Read-out protection of the strictest kind: the debug port is there, and nothing behind it. */
static void test_a_locked_chip(void **state)
{
	struct fake_board *b = fake_board_new();
	struct mem_ap *ap;

	(void)state;
	assert_int_equal(dap_connect(&b->dap), OK);
	b->dp.has_no_ap = true;
	assert_int_equal(mem_ap_find_core(&b->dap, &ap), ERR_UNSUPPORTED);
	assert_non_null(strstr(error_text(error_current()), "the chip is locked"));
	fake_board_free(b);
}

static void test_find_core(void **state)
{
	struct fake_board *b = connected();
	struct mem_ap *ap;

	(void)state;
	assert_int_equal(mem_ap_find_core(&b->dap, &ap), OK);
	assert_ptr_equal(ap, b->ap);
	fake_board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_every_alignment),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_a_block_is_one_run),
		cmocka_unit_test(test_a_run_of_queued_words),
		cmocka_unit_test(test_a_sequence_goes_on_without_tar),
		cmocka_unit_test(test_words_of_a_line_share_tar),
		cmocka_unit_test(test_queued_words_go_before_a_block),
		cmocka_unit_test(test_fifo_does_not_move),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_bus_errors),
		cmocka_unit_test(test_bus_error_of_a_queued_word),
		cmocka_unit_test(test_stale_sticky_flag),
		cmocka_unit_test(test_wait_names_the_address),
		cmocka_unit_test(test_find_core),
		cmocka_unit_test(test_a_locked_chip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
