/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bad cable, as a probe sees it. */
#include "vb_probe.h"

#include "vboard/front/remote_bitbang.h"


static void set_wire(struct probe *p, struct vb_wire wire)
{
	vb_board_set_wire(&p->board, &wire);
}

static unsigned pins(struct probe *p)
{
	send(p, "10 00 00 00 00 00 00");
	return p->answer[1];
}

static struct probe *connected_probe(void)
{
	struct probe *p = probe_new();

	expect(p, "02 01", "02 01");
	return p;
}

static unsigned ack_of_dpidr(struct probe *p)
{
	send(p, SWITCH);
	send(p, "05 00 01 02");
	return p->answer[2];
}

static void test_each_fault_has_its_look(void **state)
{
	static const struct {
		struct vb_wire wire;
		unsigned ack;
	} cases[] = {
		{ { 0 }, 1 },
		{ { .open = LINK_DIO }, 7 },
		{ { .open = LINK_CLK }, 7 },
		{ { .open = LINK_TDI | LINK_TDO | LINK_NRESET }, 1 },
		{ { .is_swapped = true }, 0 },
		{ { .dio_short = VB_SHORT_LOW }, 0 },
		{ { .dio_short = VB_SHORT_HIGH }, 7 },
		{ { .max_khz = 1000 }, 1 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct probe *p = connected_probe();
		unsigned ack;

		set_wire(p, cases[i].wire);
		ack = ack_of_dpidr(p);
		/* "No acknowledge" has a bit of its own in the answer. */
		assert_int_equal(ack & 7, cases[i].ack & 7);
		/* A good cable, and all is well again: nothing of the target was harmed. */
		set_wire(p, (struct vb_wire){ 0 });
		assert_int_equal(ack_of_dpidr(p), 1);
		probe_free(p);
	}
}

/* What DAP_SWJ_Pins shows tells a swap from a short. */
static void test_levels_at_rest(void **state)
{
	struct probe *p = connected_probe();

	(void)state;
	set_wire(p, (struct vb_wire){ .is_swapped = true });
	vb_link_drive(p->bench->link, false);
	assert_int_equal(pins(p) & 2, 0);
	vb_link_drive(p->bench->link, true);
	assert_int_equal(pins(p) & 2, 2);
	set_wire(p, (struct vb_wire){ .dio_short = VB_SHORT_LOW });
	assert_int_equal(pins(p) & 2, 0);
	set_wire(p, (struct vb_wire){ .dio_short = VB_SHORT_HIGH });
	send(p, "10 00 02 00 00 00 00");
	assert_int_equal(p->answer[1] & 2, 2);
	set_wire(p, (struct vb_wire){ 0 });
	assert_int_equal(pins(p) & 2, 0);
	probe_free(p);
}

/* Of 1000 reads, how many come back wrong. */
static unsigned bad_reads(struct probe *p, uint32_t hz)
{
	unsigned bad = 0;
	uint8_t clock[5] = { 0x11 };

	put_le32(clock + 1, hz);
	send_bytes(p, clock, sizeof(clock));
	for (unsigned i = 0; i < 1000; i++) {
		send(p, "05 00 01 02");
		bad += p->total != 7 || memcmp(p->answer, "\x05\x01\x01\x77\x14\xa0\x2b", 7) != 0;
		if (p->total != 7)
			send(p, SWITCH);
	}
	return bad;
}

static void test_too_fast(void **state)
{
	struct probe *p = swd_probe();
	unsigned a_little, much;

	(void)state;
	set_wire(p, (struct vb_wire){ .max_khz = 2000 });
	assert_int_equal(bad_reads(p, 2000000), 0);
	a_little = bad_reads(p, 2200000);
	much = bad_reads(p, 8000000);
	assert_in_range(a_little, 20, 300);
	assert_in_range(much, 700, 1000);
	send(p, SWITCH);
	assert_int_equal(bad_reads(p, 2000000), 0);
	probe_free(p);
}

static void test_the_same_session_fails_the_same_way(void **state)
{
	uint8_t seen[2][sizeof(((struct probe *)0)->answer)];
	size_t n[2];

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		struct probe *p = swd_probe();

		set_wire(p, (struct vb_wire){ .max_khz = 500 });
		for (unsigned i = 0; i < 20; i++)
			send(p, "05 00 04 02 02 02 02");
		memcpy(seen[run], p->answer, p->total);
		n[run] = p->total;
		probe_free(p);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(seen[0], seen[1], n[0]);
}

static void test_jtag(void **state)
{
	struct probe *p = jtag_probe();
	/* Reset, Shift-DR, 32 bits of IDCODE, Exit. */
	const char *read_id = "14 05 45 00 01 00 41 00 02 00 a0 00 00 00 00";

	(void)state;
	expect(p, read_id, "14 00 77 04 a0 4b");
	set_wire(p, (struct vb_wire){ .open = LINK_TDO });
	expect(p, read_id, "14 00 ff ff ff ff");
	set_wire(p, (struct vb_wire){ .open = LINK_CLK });	/* TDO stands where it stood */
	expect(p, read_id, "14 00 00 00 00 00");
	set_wire(p, (struct vb_wire){ 0 });
	expect(p, "14 01 46 00", "14 00");
	expect(p, read_id, "14 00 77 04 a0 4b");
	probe_free(p);
}

static void test_letters_see_the_same(void **state)
{
	struct probe *p = swd_probe();
	struct vb_remote_bitbang rbb;
	struct buf out = { 0 };

	(void)state;
	vb_remote_bitbang_init(&rbb, &p->board, NULL, 1000000);
	set_wire(p, (struct vb_wire){ .is_swapped = true });
	assert_int_equal(vb_remote_bitbang_ops.input(&rbb, (const uint8_t *)"Oecfecodcfc", 11, &out),
			 11);
	assert_memory_equal(out.data, "1100", 4);
	buf_free(&out);
	probe_free(p);
}

static void test_reset_line(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	vb_board_set_nrst(&p->board, true);
	assert_true(p->board.nrst_low);
	vb_board_set_nrst(&p->board, false);
	assert_false(p->board.nrst_low);
	/* Open: the probe reads itself, the chip notices nothing. */
	set_wire(p, (struct vb_wire){ .open = LINK_NRESET });
	vb_board_set_nrst(&p->board, true);
	assert_false(p->board.nrst_low);
	assert_int_equal(pins(p) & 0x80, 0);
	vb_board_set_nrst(&p->board, false);
	assert_int_equal(pins(p) & 0x80, 0x80);
	/* Stuck: nobody lets go of it but who holds it. */
	set_wire(p, (struct vb_wire){ 0 });
	vb_board_hold_nrst(&p->board, true);
	assert_int_equal(pins(p) & 0x80, 0);
	vb_board_set_nrst(&p->board, false);
	assert_true(p->board.nrst_low);
	vb_board_hold_nrst(&p->board, false);
	assert_int_equal(pins(p) & 0x80, 0x80);
	probe_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_fault_has_its_look),
		cmocka_unit_test(test_levels_at_rest),
		cmocka_unit_test(test_too_fast),
		cmocka_unit_test(test_the_same_session_fails_the_same_way),
		cmocka_unit_test(test_jtag),
		cmocka_unit_test(test_letters_see_the_same),
		cmocka_unit_test(test_reset_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
