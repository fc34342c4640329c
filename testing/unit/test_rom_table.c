/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CoreSight identification: what registers say, and walks through tables good, bad and circular. */
#include "fake_port.h"

#include "dap/rom_table.h"

static void make_id(uint32_t words[ROM_ID_WORDS], unsigned class, uint64_t pidr, uint32_t devarch)
{
	static const uint8_t cidr[4] = { 0x0d, 0x00, 0x05, 0xb1 };

	memset(words, 0, ROM_ID_WORDS * 4);
	for (unsigned i = 0; i < 4; i++) {
		words[(0xff0 - ROM_ID_OFFSET) / 4 + i] = cidr[i] | (i == 1 ? class << 4 : 0);
		words[(0xfe0 - ROM_ID_OFFSET) / 4 + i] = (uint32_t)(pidr >> 8 * i & 0xff);
		words[(0xfd0 - ROM_ID_OFFSET) / 4 + i] = (uint32_t)(pidr >> (32 + 8 * i) & 0xff);
	}
	words[0] = devarch;
}

static const struct {
	uint64_t pidr;
	unsigned class;
	uint32_t devarch;
	unsigned designer, part;
	const char *name;
	bool is_table;
} components[] = {
	{ 0x04000bb00c, 0xe, 0, 0x23b, 0x00c, "Cortex-M4 SCS (System Control Space)", false },
	{ 0x04003bb002, 0xe, 0, 0x23b, 0x002, "Cortex-M3 DWT (Data Watchpoint and Trace)", false },
	{ 0x04000bb9a1, 0x9, 0, 0x23b, 0x9a1, "Cortex-M4 TPIU (Trace Port Interface Unit)", false },
	{ 0x04000bb4c4, 0x1, 0, 0x23b, 0x4c4, "Cortex-M4 ROM (ROM Table)", true },
	{ 0x00000a0415, 0x1, 0, 0x020, 0x415, NULL, true },
	{ 0x04000bbd21, 0x9, 0x47702a04, 0x23b, 0xd21, "Cortex-M33 SCS (System Control Space)",
	  false },
	{ 0x04000bbd21, 0x9, 0x47701a02, 0x23b, 0xd21, "Cortex-M33 DWT (Data Watchpoint and Trace)",
	  false },
	{ 0x04000bb4e5, 0x9, 0x47700af7, 0x23b, 0x4e5, NULL, true },
};

static void test_identification(void **state)
{
	uint32_t words[ROM_ID_WORDS];
	struct component c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		make_id(words, components[i].class, components[i].pidr, components[i].devarch);
		rom_parse_id(0xe000e000, words, &c);
		assert_true(c.is_valid);
		assert_true(c.pidr == components[i].pidr);
		assert_int_equal(c.designer, components[i].designer);
		assert_int_equal(c.part, components[i].part);
		assert_int_equal(rom_is_table(&c), components[i].is_table);
		if (components[i].name == NULL)
			assert_null(rom_part_name(&c));
		else
			assert_string_equal(rom_part_name(&c), components[i].name);
	}
	words[(0xffc - ROM_ID_OFFSET) / 4] = 0;
	rom_parse_id(0, words, &c);
	assert_false(c.is_valid || rom_is_table(&c));
}

/* Components in the fake's RAM: page n of it. */
#define PAGE(n) (FAKE_RAM_BASE + 0x1000u * (n))

static void put_component(struct fake_board *b, unsigned page, unsigned class, uint64_t pidr)
{
	uint32_t words[ROM_ID_WORDS];

	make_id(words, class, pidr, 0);
	for (unsigned i = 0; i < ROM_ID_WORDS; i++)
		put_le32(b->dp.ram + 0x1000 * page + ROM_ID_OFFSET + 4 * i, words[i]);
}

static void put_entry(struct fake_board *b, unsigned page, unsigned index, uint32_t entry)
{
	put_le32(b->dp.ram + 0x1000 * page + 4 * index, entry);
}

struct log {
	unsigned count;
	struct {
		unsigned depth, what;
		uint32_t base;
	} visits[64];
};

static void note_visit(void *ctx, const struct rom_visit *visit)
{
	struct log *log = ctx;

	assert_true(log->count < ARRAY_SIZE(log->visits));
	log->visits[log->count].depth = visit->depth;
	log->visits[log->count].what = visit->what;
	log->visits[log->count].base = visit->component ? visit->component->base : 0;
	log->count++;
}

static void expect_visit(const struct log *log, unsigned i, unsigned depth, unsigned what,
			 uint32_t base)
{
	assert_true(i < log->count);
	assert_int_equal(log->visits[i].depth, depth);
	assert_int_equal(log->visits[i].what, what);
	assert_int_equal(log->visits[i].base, base);
}

static struct fake_board *board_with_tables(void)
{
	struct fake_board *b = fake_board_new();

	assert_int_equal(dap_connect(&b->dap), OK);
	put_component(b, 0, CLASS_ROM_TABLE, 0x00000a0415);
	put_component(b, 1, CLASS_GENERIC_IP, 0x04000bb00c);
	put_component(b, 2, CLASS_ROM_TABLE, 0x04000bb4c7);
	put_component(b, 3, CLASS_GENERIC_IP, 0x04003bb001);
	put_entry(b, 0, 0, 0x00001003);			/* page 1 */
	put_entry(b, 0, 1, 0x00005002);			/* not present */
	put_entry(b, 0, 2, 0x00002003);			/* page 2: a table */
	put_entry(b, 0, 3, 0x40000003);			/* where nothing answers */
	put_entry(b, 0, 4, 0x00000003);			/* itself */
	put_entry(b, 2, 0, 0x00001003);			/* page 3 */
	put_entry(b, 2, 1, 0xffffe003);			/* back to page 0 */
	return b;
}

static void test_walk(void **state)
{
	struct fake_board *b = board_with_tables();
	struct log log = { 0 };

	(void)state;
	assert_int_equal(rom_table_walk(b->ap, PAGE(0), note_visit, &log), OK);
	expect_visit(&log, 0, 0, ROM_COMPONENT, PAGE(0));
	expect_visit(&log, 1, 1, ROM_COMPONENT, PAGE(1));
	expect_visit(&log, 2, 1, ROM_NOT_PRESENT, 0);
	expect_visit(&log, 3, 1, ROM_COMPONENT, PAGE(2));
	expect_visit(&log, 4, 2, ROM_COMPONENT, PAGE(3));
	expect_visit(&log, 5, 2, ROM_SEEN_BEFORE, 0);
	expect_visit(&log, 6, 2, ROM_END, 0);
	expect_visit(&log, 7, 1, ROM_UNREADABLE, 0);
	expect_visit(&log, 8, 1, ROM_SEEN_BEFORE, 0);
	expect_visit(&log, 9, 1, ROM_END, 0);
	assert_int_equal(log.count, 10);
	assert_int_equal(error_current()->code, OK);
	fake_board_free(b);
}

static void test_walk_ends_when_the_probe_is_gone(void **state)
{
	struct fake_board *b = board_with_tables();
	struct log log = { 0 };

	(void)state;
	b->dp.is_dead = true;
	assert_int_equal(rom_table_walk(b->ap, PAGE(0), note_visit, &log), ERR_DAP_NO_ACK);
	fake_board_free(b);
}

static void test_description(void **state)
{
	struct fake_board *b = board_with_tables();
	struct buf text = { 0 };

	(void)state;
	assert_int_equal(dap_describe(&b->dap, 0, &text), OK);
	assert_non_null(strstr((char *)text.data,
			       "AP # 0x0\n\t\tAP ID register 0x24770011\n\t\tType is MEM-AP AHB3\n"
			       "MEM-AP BASE 0xe00ff003\n\t\tValid ROM table present\n"));
	buf_free(&text);
	assert_int_equal(dap_describe(&b->dap, 1, &text), OK);
	assert_non_null(strstr((char *)text.data, "No AP found at this AP#0x1"));
	buf_free(&text);
	fake_board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_ends_when_the_probe_is_gone),
		cmocka_unit_test(test_description),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
