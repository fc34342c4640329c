/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of ITM and DWT, and frames of the TPIU, from bytes cut and spoilt in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "target/profile.h"
#include "target/target_priv.h"
#include "trace/itm.h"
#include "trace/swo_priv.h"

#define CHECK(x) assert_true(x)

static const struct vector {
	const char *name;
	uint8_t bytes[10];
	unsigned n;
	struct itm_packet packet;
} vectors[] = {
	{ "sync", { 0, 0, 0, 0, 0, 0x80 }, 6, { .kind = ITM_SYNC } },
	{ "long sync", { 0, 0, 0, 0, 0, 0, 0, 0x80 }, 8, { .kind = ITM_SYNC } },
	{ "overflow", { 0x70 }, 1, { .kind = ITM_OVERFLOW } },
	{ "port 0, one byte", { 0x01, 'A' }, 2, { .kind = ITM_SOFTWARE, .size = 1, .value = 'A' } },
	{ "port 2, half word", { 0x12, 0x34, 0x12 }, 3,
	  { .kind = ITM_SOFTWARE, .number = 2, .size = 2, .value = 0x1234 } },
	{ "port 31, word", { 0xfb, 0x78, 0x56, 0x34, 0x12 }, 5,
	  { .kind = ITM_SOFTWARE, .number = 31, .size = 4, .value = 0x12345678 } },
	{ "word of zeros", { 0x0b, 0, 0, 0, 0 }, 5, { .kind = ITM_SOFTWARE, .number = 1, .size = 4 } },
	{ "time 1", { 0x10 }, 1, { .kind = ITM_LOCAL_TIME, .value = 1 } },
	{ "time 6", { 0x60 }, 1, { .kind = ITM_LOCAL_TIME, .value = 6 } },
	{ "time, one byte", { 0xc0, 0x7f }, 2, { .kind = ITM_LOCAL_TIME, .value = 127 } },
	{ "time, four bytes, delayed", { 0xf0, 0xff, 0xff, 0xff, 0x7f }, 5,
	  { .kind = ITM_LOCAL_TIME, .value = 0x0fffffff, .flags = ITM_BOTH_DELAYED } },
	{ "time is late", { 0xd0, 0x81, 0x01 }, 3,
	  { .kind = ITM_LOCAL_TIME, .value = 129, .flags = ITM_TIME_DELAYED } },
	{ "global, low byte", { 0x94, 0x05 }, 2, { .kind = ITM_GLOBAL_LOW, .bits = 7, .value = 5 } },
	{ "global, 26 bits, wrapped", { 0x94, 0xff, 0xff, 0xff, 0x5f }, 5,
	  { .kind = ITM_GLOBAL_LOW, .bits = 26, .value = 0x3ffffff, .flags = ITM_WRAPPED } },
	{ "global, clock changed", { 0x94, 0x80, 0x80, 0x80, 0x21 }, 5,
	  { .kind = ITM_GLOBAL_LOW, .bits = 26, .value = 0x200000, .flags = ITM_CLOCK_CHANGED } },
	{ "global high, 48 bits", { 0xb4, 0x81, 0x80, 0x80, 0x01 }, 5,
	  { .kind = ITM_GLOBAL_HIGH, .value = 0x200001 } },
	{ "global high, 64 bits", { 0xb4, 0x81, 0x80, 0x80, 0x80, 0x80, 0x07 }, 7,
	  { .kind = ITM_GLOBAL_HIGH, .value = 0x3800000001 } },
	{ "extension, page 3", { 0x38 }, 1, { .kind = ITM_EXTENSION, .value = 3 } },
	{ "extension of the DWT, longer", { 0x9c, 0x02 }, 2,
	  { .kind = ITM_EXTENSION, .number = 1, .value = 0x11 } },
	{ "events", { 0x05, 0x21 }, 2, { .kind = ITM_EVENTS, .size = 1, .value = 0x21 } },
	{ "SysTick entered", { 0x0e, 0x0f, 0x10 }, 3,
	  { .kind = ITM_EXCEPTION, .number = 15, .size = 2, .value = ITM_ENTERED } },
	{ "exception 0x155 left", { 0x0e, 0x55, 0x21 }, 3,
	  { .kind = ITM_EXCEPTION, .number = 0x155, .size = 2, .value = ITM_EXITED } },
	{ "back to thread", { 0x0e, 0x00, 0x30 }, 3,
	  { .kind = ITM_EXCEPTION, .size = 2, .value = ITM_RETURNED } },
	{ "PC", { 0x17, 0x24, 0x01, 0x00, 0x08 }, 5,
	  { .kind = ITM_PC_SAMPLE, .number = 2, .size = 4, .value = 0x08000124 } },
	{ "asleep", { 0x15, 0 }, 2, { .kind = ITM_SLEEPING, .number = 2, .size = 1 } },
	{ "PC of an access", { 0x57, 0x10, 0x00, 0x00, 0x08 }, 5,
	  { .kind = ITM_DATA_PC, .number = 1, .size = 4, .value = 0x08000010 } },
	{ "address of an access", { 0x7e, 0x34, 0x12 }, 3,
	  { .kind = ITM_DATA_ADDRESS, .number = 3, .size = 2, .value = 0x1234 } },
	{ "byte was read", { 0x85, 0x5a }, 2, { .kind = ITM_DATA_READ, .size = 1, .value = 0x5a } },
	{ "half word was written", { 0x9e, 0xcd, 0xab }, 3,
	  { .kind = ITM_DATA_WRITE, .number = 1, .size = 2, .value = 0xabcd } },
	{ "word was written", { 0xaf, 1, 2, 3, 4 }, 5,
	  { .kind = ITM_DATA_WRITE, .number = 2, .size = 4, .value = 0x04030201 } },
	{ "nobody's id", { 0xfd, 0x11 }, 2,
	  { .kind = ITM_HARDWARE, .number = 31, .size = 1, .value = 0x11 } },
};

static bool is_same(const struct itm_packet *a, const struct itm_packet *b)
{
	bool is_plain = a->kind == ITM_PC_SAMPLE || a->kind == ITM_SLEEPING;

	return a->kind == b->kind && (is_plain || a->number == b->number) && a->size == b->size &&
	       a->flags == b->flags && a->bits == b->bits && a->value == b->value;
}

static void test_each_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct itm_decoder d = { 0 };
		struct itm_packet p;

		/* Nothing before the last byte, the packet with it: so it may be cut at each. */
		for (unsigned n = 0; n < vectors[i].n; n++) {
			bool is_done = itm_byte(&d, vectors[i].bytes[n], &p);

			if (is_done != (n == vectors[i].n - 1))
				fail_msg("%s: byte %u", vectors[i].name, n);
		}
		if (!is_same(&p, &vectors[i].packet) || p.skipped != 0)
			fail_msg("%s", vectors[i].name);
	}
}

static void test_any_two_packets_in_a_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors) * ARRAY_SIZE(vectors); i++) {
		const struct vector *two[2] = { &vectors[i / ARRAY_SIZE(vectors)],
						&vectors[i % ARRAY_SIZE(vectors)] };
		struct itm_decoder d = { 0 };
		struct itm_packet p;
		unsigned seen = 0;

		for (unsigned v = 0; v < 2; v++) {
			for (unsigned n = 0; n < two[v]->n; n++) {
				if (!itm_byte(&d, two[v]->bytes[n], &p))
					continue;
				CHECK(seen == v && p.kind == two[v]->packet.kind);
				CHECK(p.value == two[v]->packet.value && p.skipped == 0);
				seen++;
			}
		}
		CHECK(seen == 2);
	}
}

static void test_garbage_is_counted_and_left_behind(void **state)
{
	static const uint8_t bytes[] = { 0x80, 0xa0, 0x04, 0, 0, 0x70 };
	struct itm_decoder d = { 0 };
	struct itm_packet p;

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes) - 1; i++)
		CHECK(!itm_byte(&d, bytes[i], &p));
	CHECK(itm_byte(&d, 0x70, &p) && p.kind == ITM_OVERFLOW && p.skipped == 5);
	/* A timestamp that never ends. */
	CHECK(!itm_byte(&d, 0xc0, &p));
	for (unsigned i = 0; i < 4; i++)
		CHECK(!itm_byte(&d, 0x81, &p));
	CHECK(!itm_byte(&d, 0x01, &p) && itm_byte(&d, 'x', &p));
	CHECK(p.kind == ITM_SOFTWARE && p.value == 'x' && p.skipped == 5);
}

/* Cut into the middle of any packet, a synchronisation ends it, and the next packet is whole. */
static void test_sync_after_any_half_packet(void **state)
{
	static const uint8_t sync[] = { 0, 0, 0, 0, 0, 0x80, 0x01, 'k' };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		for (unsigned cut = 0; cut < vectors[i].n; cut++) {
			struct itm_decoder d = { 0 };
			struct itm_packet p = { 0 };
			bool saw_sync = false;

			for (unsigned n = 0; n < cut; n++)
				itm_byte(&d, vectors[i].bytes[n], &p);
			for (unsigned n = 0; n < sizeof(sync); n++) {
				if (itm_byte(&d, sync[n], &p) && p.kind == ITM_SYNC)
					saw_sync = n == 5;
			}
			CHECK(saw_sync && p.kind == ITM_SOFTWARE && p.value == 'k');
		}
	}
}

static void test_stimulus_page_holds_until_sync(void **state)
{
	static const uint8_t bytes[] = { 0x18, 0x11, 7, 0, 0, 0, 0, 0, 0x80, 0x11, 8 };
	unsigned ports[2], n = 0;
	struct itm_decoder d = { 0 };
	struct itm_packet p;

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++) {
		if (itm_byte(&d, bytes[i], &p) && p.kind == ITM_SOFTWARE && n < 2)
			ports[n++] = p.number;
	}
	CHECK(n == 2 && ports[0] == 34 && ports[1] == 2);
}

static void test_gap_drops_what_was_begun(void **state)
{
	struct itm_decoder d = { 0 };
	struct itm_packet p;

	(void)state;
	CHECK(!itm_byte(&d, 0x03, &p) && !itm_byte(&d, 0x55, &p));
	itm_gap(&d);
	CHECK(!itm_byte(&d, 0x01, &p) && itm_byte(&d, 'a', &p));
	CHECK(p.kind == ITM_SOFTWARE && p.value == 'a' && p.skipped == 2);
}

static void test_noise_does_no_harm(void **state)
{
	struct itm_decoder d = { 0 };
	struct tpiu_frames f = { 0 };
	struct tpiu_data out[TPIU_FRAME_DATA];
	struct itm_packet p;
	uint32_t x = 1;

	(void)state;
	for (unsigned i = 0; i < 2000000; i++) {
		uint8_t byte;

		x = x * 1664525 + 1013904223;
		byte = (uint8_t)(x >> 24);
		if (x % 7 == 0)
			byte = 0;
		if (itm_byte(&d, byte, &p))
			CHECK(p.kind <= ITM_HARDWARE && p.number < 512 && p.size <= 4);
		CHECK(d.got <= 6);
		CHECK(tpiu_frame_byte(&f, byte, out) <= TPIU_FRAME_DATA);
		if (i % 100000 == 0)
			tpiu_frame_byte(&f, 0xff, out), tpiu_frame_byte(&f, 0xff, out),
				tpiu_frame_byte(&f, 0xff, out), tpiu_frame_byte(&f, 0x7f, out);
	}
}

static unsigned deframe(struct tpiu_frames *f, const uint8_t *bytes, size_t n, struct tpiu_data *all)
{
	struct tpiu_data out[TPIU_FRAME_DATA];
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned got = tpiu_frame_byte(f, bytes[i], out);

		memcpy(&all[count], out, got * sizeof(out[0]));
		count += got;
	}
	return count;
}

/* IHI 0029: source 1 says a b c d e, source 2 says X Y, the rest is padding. */
static const uint8_t frame[] = {
	0xff, 0xff, 0xff, 0x7f,
	0x03, 'a',		/* ID 1 from now on */
	'b' & 0xfe, 'c',
	0x05, 'd',		/* ID 2, after the next byte: bit 2 of the last */
	'X' & 0xfe, 'Y',
	0x03, 'e',
	0x01, 0, 0, 0, 0,
	BIT(2) | ('b' & 1) << 1 | ('X' & 1) << 3,
};

static void test_frame(void **state)
{
	static const struct tpiu_data wanted[] = { { 1, 'a' }, { 1, 'b' }, { 1, 'c' }, { 1, 'd' },
						   { 2, 'X' }, { 2, 'Y' }, { 1, 'e' } };
	struct tpiu_frames f = { 0 };
	struct tpiu_data all[32];

	(void)state;
	CHECK(deframe(&f, (const uint8_t *)"junk", 4, all) == 0 && f.skipped == 4);
	CHECK(deframe(&f, frame, sizeof(frame), all) == ARRAY_SIZE(wanted));
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		CHECK(all[i].id == wanted[i].id && all[i].byte == wanted[i].byte);
}

static void test_half_sync_between_half_words_is_dropped(void **state)
{
	struct tpiu_frames f = { 0 };
	struct tpiu_data all[32];
	uint8_t bytes[sizeof(frame) + 4];

	(void)state;
	memcpy(bytes, frame, 8);
	memcpy(&bytes[8], "\xff\x7f\xff\x7f", 4);
	memcpy(&bytes[12], &frame[8], sizeof(frame) - 8);
	CHECK(deframe(&f, bytes, sizeof(bytes), all) == 7 && all[6].byte == 'e');
}

static void test_frame_cut_by_a_sync_starts_again(void **state)
{
	struct tpiu_frames f = { 0 };
	struct tpiu_data all[32];

	(void)state;
	CHECK(deframe(&f, frame, 11, all) == 0);
	CHECK(deframe(&f, frame, sizeof(frame), all) == 7);
	tpiu_frame_gap(&f);
	CHECK(deframe(&f, &frame[4], 16, all) == 0);
	CHECK(deframe(&f, frame, sizeof(frame), all) == 7);
}

/* The high bits come behind a wrap; until then the time is not to be used. */
static void test_global_time(void **state)
{
	struct itm_global g = { 0 };

	(void)state;
	itm_global_put(&g, &(struct itm_packet){ .kind = ITM_GLOBAL_LOW, .bits = 7, .value = 5 });
	CHECK(!g.is_known);
	itm_global_put(&g, &(struct itm_packet){ .kind = ITM_GLOBAL_LOW, .bits = 26, .value = 0x3ffff80 });
	CHECK(g.is_known && !g.is_stale && g.ticks == 0x3ffff80);
	itm_global_put(&g, &(struct itm_packet){ .kind = ITM_GLOBAL_LOW, .bits = 7, .value = 9 });
	CHECK(g.ticks == 0x3ffff89);
	itm_global_put(&g, &(struct itm_packet){ .kind = ITM_GLOBAL_LOW, .bits = 26, .value = 3,
						 .flags = ITM_WRAPPED | ITM_CLOCK_CHANGED });
	CHECK(g.is_stale && g.clock_changes == 1);
	itm_global_put(&g, &(struct itm_packet){ .kind = ITM_GLOBAL_HIGH, .value = 0x123456789 });
	CHECK(!g.is_stale && g.ticks == (0x123456789ull << 26 | 3));
}

/* What a receiver at a wrong rate hears is told from a trace. */
static void test_garbage_is_told_from_trace(void **state)
{
	struct itm_decoder d = { 0 };
	struct swo_counts n = { 0 };
	struct itm_packet p;
	unsigned percent;
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		n.packets++;
		n.ports[0]++;
	}
	CHECK(!swo_is_garbage(&n, 0, 1, &percent) && percent == 0);
	CHECK(swo_is_garbage(&n, 0, 2, &percent) && percent == 100);
	n = (struct swo_counts){ .packets = 10, .strange = 10 };
	CHECK(!swo_is_garbage(&n, 0, 1, &percent));	/* too little to judge */
	n = (struct swo_counts){ 0 };
	for (unsigned i = 0; i < 2000; i++) {
		seed = seed * 1103515245 + 12345;
		if (!itm_byte(&d, (uint8_t)(seed >> 16), &p))
			continue;
		n.packets++;
		n.skipped += p.skipped;
		n.strange += p.kind == ITM_HARDWARE;
		if (p.kind == ITM_SOFTWARE)
			n.ports[p.number % 32]++;
	}
	CHECK(swo_is_garbage(&n, d.skipped, 1, &percent));
}

static void test_clocks_are_rounded_to_what_people_use(void **state)
{
	static const struct { uint32_t measured, nice; } clocks[] = {
		{ 79923411, 80000000 }, { 4003000, 4000000 }, { 600012345, 600000000 },
		{ 16100000, 16000000 },
		{ 53123456, 53100000 }, { 132000100, 132000000 }, { 1009000, 1000000 },
		{ 1012000, 1000000 },	/* to 100 kHz */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		assert_int_equal(swo_nice_clock(clocks[i].measured), clocks[i].nice);
}

/* `profile` takes what comes from now on, also where the store of hours is full. */
static void test_a_full_store_of_samples_takes_the_newest(void **state)
{
	struct target t = { 0 };
	struct target_list_own own = { 0 };
	struct target_list list = { .own = &own };
	struct itm_setup itm = { .target = &t, .is_sampling = true };
	struct tpiu tpiu = { .is_captured = true };
	struct dap *dap = (struct dap *)&tpiu;	/* only compared */
	struct swo_room room = { .targets = &list, .itms = &itm, .first = &tpiu };
	struct swo_profile *p;
	uint32_t pcs[8] = { 0 };

	(void)state;
	tpiu.room = &room;
	tpiu.dap = t.dap = dap;
	list.first = &t;
	p = swo_profile_new(&room);
	for (uint32_t i = 0; i < 4u << 20; i++)
		swo_profile_sample(p, 0x08000000);
	CHECK(own.profile_source->begin(p, &t));
	for (uint32_t i = 0; i < 3; i++)
		swo_profile_sample(p, 0x08000100 + 2 * i);
	CHECK(own.profile_source->end(p, pcs, ARRAY_SIZE(pcs)) == 3);
	CHECK(pcs[0] == 0x08000100 && pcs[2] == 0x08000104);
	swo_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet),
		cmocka_unit_test(test_any_two_packets_in_a_row),
		cmocka_unit_test(test_garbage_is_counted_and_left_behind),
		cmocka_unit_test(test_sync_after_any_half_packet),
		cmocka_unit_test(test_stimulus_page_holds_until_sync),
		cmocka_unit_test(test_gap_drops_what_was_begun),
		cmocka_unit_test(test_noise_does_no_harm),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_half_sync_between_half_words_is_dropped),
		cmocka_unit_test(test_frame_cut_by_a_sync_starts_again),
		cmocka_unit_test(test_global_time),
		cmocka_unit_test(test_garbage_is_told_from_trace),
		cmocka_unit_test(test_clocks_are_rounded_to_what_people_use),
		cmocka_unit_test(test_a_full_store_of_samples_takes_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
