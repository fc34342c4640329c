/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imxrt_ocotp: registers, timing, locks, and that fuses only go up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vboard/device/imxrt_ocotp.h"

enum { CTRL = 0x00, SET = 0x04, CLR = 0x08, TOG = 0x0c, TIMING = 0x10, DATA = 0x20,
       READ_CTRL = 0x30, READ_DATA = 0x40, STICKY = 0x50, SCS = 0x60, VERSION = 0x90,
       TIMING2 = 0x100, SHADOW = 0x400 };
#define BUSY	0x100u
#define ERROR	0x200u
#define RELOAD	0x400u
#define KEY	0x3e770000u
#define TIMING_24M  0x00c620f5u
#define TIMING_132M 0x04e1d543u

struct fix {
	struct vb_board board;
	struct imxrt_env env;
	struct imxrt_ocotp *o;
	unsigned told;
};

static void on_changed(void *ctx)
{
	((struct fix *)ctx)->told++;
}

static struct fix *fix_new(unsigned words, bool has_gp4)
{
	struct fix *f = calloc(1, sizeof(*f));
	uint32_t factory[OCOTP_WORDS] = { [1] = 0x11112222, [2] = 0x33334444, [4] = 0x00100000 };

	f->board.clock = vb_clock_new();
	f->env.board = &f->board;
	f->env.clocks.ipg = 24000000;
	f->o = imxrt_ocotp_new(&f->env, factory, words, has_gp4);
	imxrt_ocotp_set_listener(f->o, on_changed, f);
	return f;
}

static void fix_free(struct fix *f)
{
	imxrt_ocotp_free(f->o);
	vb_clock_free(f->board.clock);
	free(f);
}

static uint32_t rd(struct fix *f, uint32_t offset)
{
	struct vb_access a = { .master = VB_DAP, .addr = 0x401f4000 + offset, .size = 4 };
	uint32_t v = 0;

	assert_int_equal(imxrt_ocotp_ops.read(f->o, &a, offset, &v), VB_OK);
	return v;
}

static void wr(struct fix *f, uint32_t offset, uint32_t value)
{
	struct vb_access a = { .master = VB_DAP, .addr = 0x401f4000 + offset, .size = 4,
			       .is_write = true };

	assert_int_equal(imxrt_ocotp_ops.write(f->o, &a, offset, value), VB_OK);
}

static void us(struct fix *f, unsigned n)
{
	vb_clock_advance(f->board.clock, n * 1000ull);
}

/* The steps of the manual, up to the write of DATA. */
static void start(struct fix *f, unsigned word, uint32_t bits)
{
	wr(f, CLR, ERROR);
	wr(f, TIMING, TIMING_24M);
	wr(f, CLR, 0xffff003f);
	wr(f, SET, word | KEY);
	wr(f, DATA, bits);
}

static uint32_t program(struct fix *f, unsigned word, uint32_t bits)
{
	start(f, word, bits);
	us(f, 400);
	assert_int_equal(rd(f, CTRL) & BUSY, 0);
	return rd(f, CTRL);
}

static uint32_t sense(struct fix *f, unsigned word)
{
	wr(f, CLR, ERROR);
	wr(f, CLR, 0x3f);
	wr(f, SET, word);
	wr(f, READ_CTRL, 1);
	us(f, 2);
	return rd(f, READ_DATA);
}

static void reload(struct fix *f)
{
	wr(f, SET, RELOAD);
	us(f, 110);
	assert_int_equal(rd(f, CTRL) & (RELOAD | BUSY), 0);
}

static void test_reset_values(void **state)
{
	struct fix *f = fix_new(64, true);

	(void)state;
	assert_int_equal(rd(f, CTRL), 0);
	assert_int_equal(rd(f, TIMING), 0x0c0d9755);
	assert_int_equal(rd(f, TIMING2), 0x01c30092);
	assert_int_equal(rd(f, VERSION), 0x03000000);
	assert_int_equal(rd(f, SHADOW + 0x10), 0x11112222);
	assert_int_equal(rd(f, SHADOW + 0x40), 0x00100000);
	assert_int_equal(rd(f, SHADOW + 0x14), 0);	/* between the registers */
	assert_int_equal(rd(f, 0x700), 0);
	wr(f, VERSION, 1);
	assert_int_equal(rd(f, VERSION), 0x03000000);
	fix_free(f);
}

static void test_set_clr_tog(void **state)
{
	struct fix *f = fix_new(64, true);

	(void)state;
	wr(f, CTRL, 0x12340005);
	assert_int_equal(rd(f, CTRL), 0x12340005);
	wr(f, SET, 0x0001000a);
	assert_int_equal(rd(f, SET), 0x1235000f);
	wr(f, CLR, 0x00300003);
	assert_int_equal(rd(f, CLR), 0x1205000c);
	wr(f, TOG, 0xffff003f);
	assert_int_equal(rd(f, TOG), 0xedfa0033);
	wr(f, SET, BUSY | ERROR);			/* not for software to set */
	assert_int_equal(rd(f, CTRL), 0xedfa0033);
	wr(f, SCS, 0x11);
	wr(f, SCS + 4, 0x80000100);
	wr(f, SCS + 8, 0xffffffff);			/* locked now */
	assert_int_equal(rd(f, SCS), 0x80000111);
	imxrt_ocotp_reset(f->o, VB_RESET_CORE);
	assert_int_equal(rd(f, SCS), 0x80000111);
	imxrt_ocotp_reset(f->o, VB_RESET_SYSTEM);
	assert_int_equal(rd(f, SCS), 0);
	fix_free(f);
}

static void test_programming(void **state)
{
	struct fix *f = fix_new(48, false);

	(void)state;
	start(f, 6, 0x00010010);			/* BT_FUSE_SEL, FORCE_INTERNAL_BOOT */
	assert_int_equal(rd(f, CTRL), BUSY | 6);	/* the key is gone */
	wr(f, DATA, 0xffffffff);			/* while BUSY: nothing */
	us(f, 11);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0x10);
	assert_int_equal(rd(f, CTRL), BUSY | 6);
	us(f, 10);
	assert_int_equal(rd(f, CTRL), 6);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0x00010010);
	assert_int_equal(rd(f, SHADOW + 0x60), 0);	/* until it is loaded again */
	assert_int_equal(sense(f, 6), 0x00010010);
	assert_int_equal(f->told, 0);
	reload(f);
	assert_int_equal(f->told, 1);
	assert_int_equal(rd(f, SHADOW + 0x60), 0x00010010);
	assert_int_equal(program(f, 6, 0x00000100), 6);	/* again: more ones */
	assert_int_equal(sense(f, 6), 0x00010110);
	fix_free(f);
}

static void test_fuses_cannot_be_cleared(void **state)
{
	struct fix *f = fix_new(48, false);

	(void)state;
	program(f, 6, 0x10);
	assert_int_equal(program(f, 6, 0), 6);		/* without effect, and without a sign */
	assert_int_equal(sense(f, 6), 0x10);
	program(f, 6, 0x1);
	assert_int_equal(sense(f, 6), 0x11);
	fix_free(f);
}

static void test_the_key_counts_for_one_write(void **state)
{
	struct fix *f = fix_new(48, false);

	(void)state;
	program(f, 6, 1);
	wr(f, DATA, 2);
	us(f, 100);
	assert_int_equal(rd(f, CTRL), ERROR | 6);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 1);
	wr(f, CLR, ERROR);
	wr(f, SET, 0x3e760000);				/* nearly */
	wr(f, DATA, 2);
	us(f, 100);
	assert_int_equal(rd(f, CTRL) & ERROR, ERROR);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 1);
	fix_free(f);
}

static void test_error_stops_all_until_cleared(void **state)
{
	struct fix *f = fix_new(48, false);

	(void)state;
	wr(f, TIMING, TIMING_24M);
	wr(f, DATA, 1);					/* no key */
	wr(f, CTRL, KEY | 6);				/* a general write does not clear it */
	assert_int_equal(rd(f, CTRL), KEY | ERROR | 6);
	wr(f, DATA, 1);
	wr(f, READ_CTRL, 1);
	wr(f, SET, RELOAD);
	assert_int_equal(rd(f, CTRL) & (BUSY | RELOAD), 0);
	us(f, 200);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0);
	assert_int_equal(rd(f, SHADOW + 0x10), 0x11112222);	/* shadows are still read */
	wr(f, CLR, ERROR);
	wr(f, DATA, 1);
	us(f, 20);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 1);
	fix_free(f);
}

static void test_timing_rows(void **state)
{
	static const struct { const char *name; uint32_t ipg, timing; bool ok; uint32_t burnt; } rows[] = {
		{ "reset state, 3 MHz",	    3000000,   0x0002001f,	 true,	0xff },
		{ "24 MHz",		    24000000,  TIMING_24M,	 true,	0xff },
		{ "66 MHz",		    66000000,  0x025062a1,	 true,	0xff },
		{ "132 MHz",		    132000000, TIMING_132M,	 true,	0xff },
		{ "reset value at 24 MHz",  24000000,  0x0c0d9755,	 false, 0x55 },
		{ "for 24, clock is 132",   132000000, TIMING_24M,	 false, 0x00 },
		{ "for 132, clock is 24",   24000000,  TIMING_132M,	 false, 0x55 },
		{ "strobe 8.96 us",	    24000000,  0x00c620dc,	 false, 0x00 },
		{ "strobe 9 us",	    24000000,  0x00c620dd,	 true,	0xff },
		{ "strobe 11 us",	    24000000,  0x00c6210d,	 true,	0xff },
		{ "strobe 11.04 us",	    24000000,  0x00c6210e,	 false, 0x55 },
		{ "RELAX 83 ns",	    24000000,  0x00c610f3,	 false, 0x55 },
		{ "WAIT 125 ns",	    24000000,  0x008620f5,	 false, 0x55 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fix *f = fix_new(48, false);

		f->env.clocks.ipg = rows[i].ipg;
		start(f, 6, 0);
		us(f, 5);
		wr(f, TIMING, rows[i].timing);
		wr(f, SET, KEY);
		wr(f, DATA, 0xff);
		us(f, 90);
		if (imxrt_ocotp_fuse(f->o, 6) != rows[i].burnt)
			fail_msg("%s: 0x%x", rows[i].name, imxrt_ocotp_fuse(f->o, 6));
		if (rd(f, CTRL) != (rows[i].ok ? 6 : ERROR | 6))
			fail_msg("%s: CTRL 0x%x", rows[i].name, rd(f, CTRL));
		fix_free(f);
	}
}

static void test_words_and_banks(void **state)
{
	struct fix *f = fix_new(64, true);

	(void)state;
	program(f, 0x2f, 1);
	program(f, 0x30, 2);
	program(f, 0x3f, 4);
	reload(f);
	assert_int_equal(rd(f, 0x6f0), 1);
	assert_int_equal(rd(f, 0x800), 2);
	assert_int_equal(rd(f, 0x8f0), 4);
	fix_free(f);
	f = fix_new(48, false);
	assert_int_equal(program(f, 0x30, 1), ERROR | 0x30);
	assert_int_equal(rd(f, 0x800), 0);
	fix_free(f);
}

static void test_shadow_override_lasts_until_reload_or_reset(void **state)
{
	struct fix *f = fix_new(48, false);

	(void)state;
	wr(f, SHADOW + 0x60, 0x10);
	assert_int_equal(rd(f, SHADOW + 0x60), 0x10);
	assert_int_equal(imxrt_ocotp_shadow(f->o, 6), 0x10);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0);
	assert_int_equal(f->told, 1);
	assert_int_equal(sense(f, 6), 0);
	reload(f);
	assert_int_equal(rd(f, SHADOW + 0x60), 0);
	wr(f, SHADOW + 0x60, 0x10);
	imxrt_ocotp_reset(f->o, VB_RESET_CORE);
	assert_int_equal(rd(f, SHADOW + 0x60), 0x10);
	imxrt_ocotp_reset(f->o, VB_RESET_SYSTEM);
	assert_int_equal(rd(f, SHADOW + 0x60), 0);
	wr(f, SHADOW, 0xffffffff);			/* LOCK is read only */
	assert_int_equal(rd(f, SHADOW), 0);
	assert_int_equal(rd(f, CTRL) & ERROR, 0);
	wr(f, SET, RELOAD);				/* not in the middle of a reload */
	wr(f, SHADOW + 0x60, 0x10);
	assert_int_equal(rd(f, CTRL) & ERROR, ERROR);
	us(f, 110);
	assert_int_equal(rd(f, SHADOW + 0x60), 0);
	fix_free(f);
}

/* W: cannot be programmed; O: cannot be overridden; R: cannot be read. */
static void test_lock_rows(void **state)
{
	static const struct { unsigned bit, word; const char *of_106x, *of_others; } rows[] = {
		{ 0, 0x01, "W", "W" }, { 1, 0x04, "O", "O" }, { 1, 0x05, "", "" },
		{ 2, 0x05, "W", "W" }, { 3, 0x07, "O", "O" }, { 2, 0x06, "W", "W" },
		{ 4, 0x08, "W", "W" }, { 5, 0x0c, "O", "O" }, { 6, 0x20, "WOR", "WOR" },
		{ 6, 0x21, "WOR", "WOR" }, { 7, 0x3c, "R", NULL }, { 8, 0x22, "W", "W" },
		{ 9, 0x23, "O", "O" }, { 8, 0x24, "W", "" }, { 10, 0x26, "W", "W" },
		{ 11, 0x26, "O", "O" }, { 12, 0x27, "W", "W" }, { 13, 0x27, "O", "O" },
		{ 14, 0x18, "", "WOR" }, { 14, 0x1f, "", "WOR" }, { 15, 0x30, "WO", NULL },
		{ 15, 0x14, "R", "WOR" }, { 15, 0x10, "R", "R" }, { 16, 0x28, "WO", "WO" },
		{ 17, 0x10, "WOR", "R" }, { 18, 0x0d, "W", "W" }, { 19, 0x0f, "O", "O" },
		{ 20, 0x25, "WO", "" }, { 21, 0x29, "WO", "WO" }, { 21, 0x2c, "WO", "WO" },
		{ 22, 0x2d, "WOR", "WOR" }, { 22, 0x2e, "WOR", "" }, { 23, 0x2a, "R", "R" },
		{ 24, 0x3c, "W", NULL }, { 25, 0x3f, "O", NULL }, { 26, 0x38, "W", NULL },
		{ 27, 0x3b, "O", NULL }, { 26, 0x24, "", "W" }, { 27, 0x24, "", "O" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) * 2; i++) {
		bool is_106x = i < ARRAY_SIZE(rows);
		unsigned n = (unsigned)(i % ARRAY_SIZE(rows)), word = rows[n].word;
		const char *want = is_106x ? rows[n].of_106x : rows[n].of_others;
		uint32_t at = word < 0x30 ? 0x400 + word * 0x10 : 0x800 + (word - 0x30) * 0x10;
		struct fix *f = fix_new(is_106x ? 64 : 48, is_106x);
		char got[4] = "", *p = got;

		if (want == NULL) {
			fix_free(f);
			continue;
		}
		imxrt_ocotp_burn(f->o, 0, 1u << rows[n].bit);
		if (program(f, word, 0x80000000) & ERROR)
			*p++ = 'W';
		assert_int_equal(imxrt_ocotp_fuse(f->o, word) >> 31, p == got);
		wr(f, CLR, ERROR);
		wr(f, at, 0x12345678);
		if (rd(f, CTRL) & ERROR)
			*p++ = 'O';
		assert_int_equal(imxrt_ocotp_shadow(f->o, word) == 0x12345678, !strchr(got, 'O'));
		wr(f, CLR, ERROR);
		if (rd(f, at) == 0xbadabada) {
			assert_int_equal(rd(f, CTRL) & ERROR, ERROR);
			assert_int_equal(sense(f, word), 0xbadabada);
			assert_int_equal(rd(f, CTRL) & ERROR, ERROR);
			*p++ = 'R';
		}
		if (strcmp(want, got) != 0)
			fail_msg("LOCK bit %u, word 0x%02x, %s: %s instead of %s", rows[n].bit, word,
				 is_106x ? "RT106x" : "others", got, want);
		fix_free(f);
	}
}

/* A lock counts when the LOCK shadow register has it. */
static void test_a_lock_comes_with_the_reload(void **state)
{
	struct fix *f = fix_new(48, false);

	(void)state;
	program(f, 0, BIT(2));
	assert_int_equal(program(f, 6, 1), 6);
	reload(f);
	assert_int_equal(program(f, 6, 2), ERROR | 6);
	assert_int_equal(rd(f, CTRL) & BUSY, 0);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 1);
	fix_free(f);
}

static void test_sticky_bits(void **state)
{
	struct fix *f = fix_new(64, true);

	(void)state;
	wr(f, STICKY, 2);
	wr(f, STICKY, 0);
	assert_int_equal(rd(f, STICKY), 2);
	assert_int_equal(program(f, 0x2f, 1), ERROR | 0x2f);
	imxrt_ocotp_reset(f->o, VB_RESET_CORE);
	assert_int_equal(rd(f, STICKY), 2);
	imxrt_ocotp_reset(f->o, VB_RESET_SYSTEM);
	assert_int_equal(rd(f, STICKY), 0);
	assert_int_equal(program(f, 0x2f, 1), 0x2f);
	fix_free(f);
}

static void test_power_cut_in_the_middle(void **state)
{
	struct fix *f = fix_new(48, false);
	struct imxrt_ocotp_stats stats;

	(void)state;
	start(f, 6, 0x0f000000);
	us(f, 25);
	imxrt_ocotp_reset(f->o, VB_RESET_POWER_ON);
	us(f, 100);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0x03000000);
	assert_int_equal(rd(f, SHADOW + 0x60), 0x03000000);
	assert_int_equal(rd(f, CTRL), 0);
	imxrt_ocotp_stats(f->o, &stats);
	assert_int_equal(stats.bits, 2);
	fix_free(f);
}

static void test_faults(void **state)
{
	struct fix *f = fix_new(48, false);
	struct imxrt_ocotp_faults *faults = imxrt_ocotp_faults(f->o);

	(void)state;
	faults->weak[6] = 0x10;
	assert_int_equal(program(f, 6, 0x31), 6);
	assert_int_equal(sense(f, 6), 0x21);
	faults->weak[6] = 0;
	faults->supply_is_low = true;
	assert_int_equal(program(f, 6, 0x10), 6);
	assert_int_equal(sense(f, 6), 0x21);
	faults->supply_is_low = false;
	faults->cut_after = 2;
	start(f, 6, 0x700);
	us(f, 21);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0x321);
	assert_int_equal(f->env.requested, VB_RESET_POWER_ON);
	us(f, 100);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0x321);
	faults->hangs = true;
	start(f, 6, 0x400);
	us(f, 100000);
	assert_int_equal(rd(f, CTRL) & BUSY, BUSY);
	assert_int_equal(imxrt_ocotp_fuse(f->o, 6), 0x321);
	imxrt_ocotp_reset(f->o, VB_RESET_NRST);
	assert_int_equal(rd(f, CTRL) & BUSY, 0);
	fix_free(f);
}

static void test_state_file(void **state)
{
	struct fix *f = fix_new(48, false), *g = fix_new(48, false), *h = fix_new(64, true);
	FILE *file = tmpfile();

	(void)state;
	program(f, 6, 0x00010010);
	assert_true(imxrt_ocotp_save(f->o, file));
	rewind(file);
	assert_true(imxrt_ocotp_restore(g->o, file));
	assert_int_equal(imxrt_ocotp_fuse(g->o, 6), 0x00010010);
	assert_int_equal(rd(g, SHADOW + 0x60), 0x00010010);
	assert_int_equal(fgetc(file), EOF);
	rewind(file);
	assert_false(imxrt_ocotp_restore(h->o, file));	/* another part's */
	fclose(file);
	file = tmpfile();
	imxrt_ocotp_describe(g->o, file);
	assert_true(ftell(file) > 100);
	fclose(file);
	fix_free(f);
	fix_free(g);
	fix_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_values),
		cmocka_unit_test(test_set_clr_tog),
		cmocka_unit_test(test_programming),
		cmocka_unit_test(test_fuses_cannot_be_cleared),
		cmocka_unit_test(test_the_key_counts_for_one_write),
		cmocka_unit_test(test_error_stops_all_until_cleared),
		cmocka_unit_test(test_timing_rows),
		cmocka_unit_test(test_words_and_banks),
		cmocka_unit_test(test_shadow_override_lasts_until_reload_or_reset),
		cmocka_unit_test(test_lock_rows),
		cmocka_unit_test(test_a_lock_comes_with_the_reload),
		cmocka_unit_test(test_sticky_bits),
		cmocka_unit_test(test_power_cut_in_the_middle),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_state_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
