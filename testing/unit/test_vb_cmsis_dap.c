/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CMSIS-DAP firmware, byte for byte: every command, every error, requests cut anywhere. */
#include "vb_probe.h"

static void test_info(void **state)
{
	struct probe *p = probe_new();

	(void)state;
	expect(p, "00 f0", "00 01 33");
	expect(p, "00 fe", "00 01 04");
	expect(p, "00 ff", "00 02 00 02");
	expect(p, "00 f1", "00 04 00 e1 f5 05");
	expect(p, "00 02", "00 0a 43 4d 53 49 53 2d 44 41 50 00");
	expect(p, "00 04", "00 06 32 2e 31 2e 31 00");
	expect(p, "00 05", "00 00");
	expect(p, "00 77", "00 00");
	probe_free(p);
}

static void test_small_commands(void **state)
{
	struct probe *p = probe_new();

	(void)state;
	expect(p, "01 00 01", "01 00");
	expect(p, "01 01 00", "01 00");
	expect(p, "01 02 00", "01 ff");
	expect(p, "02 00", "02 01");
	expect(p, "02 02", "02 02");
	expect(p, "02 03", "02 00");
	expect(p, "03", "03 00");
	expect(p, "04 00 40 00 00 00", "04 00");
	expect(p, "09 10 00", "09 00");
	expect(p, "0a", "0a 00 00");
	expect(p, "11 40 42 0f 00", "11 00");
	expect(p, "11 00 00 00 00", "11 ff");
	expect(p, "13 00", "13 00");
	expect(p, "07", "");		/* TransferAbort has no answer */
	expect(p, "17 01", "ff");	/* SWO is not built in */
	expect(p, "80", "ff");
	expect(p, "ff", "ff");
	probe_free(p);
}

static void test_transfer_without_a_port(void **state)
{
	struct probe *p = probe_new();

	(void)state;
	expect(p, "05 00 01 02", "05 00 00");
	expect(p, "06 00 02 00 0f", "06 00 00 00");
	expect(p, "08 00 1e 00 00 00", "08 ff");
	expect(p, "16 00", "16 ff");
	probe_free(p);
}

static void test_nothing_answers_before_the_switch_sequence(void **state)
{
	struct probe *p = probe_new();

	(void)state;
	expect(p, "02 01", "02 01");
	expect(p, "05 00 02 02 02", "05 00 07");
	expect(p, SWITCH, "12 00");
	expect(p, "05 00 01 02", "05 01 01 77 14 a0 2b");
	probe_free(p);
}

static void test_posted_reads_are_hidden(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		put_le32(p->bench->ram + 4 * i, 0x10 + i);
	expect(p, "05 00 03 05 00 00 00 20 0f 0f", "05 03 01 10 00 00 00 11 00 00 00");
	/* A DP read, a write and an AP read behind an AP read. */
	expect(p, "05 00 05 0f 06 0f 05 00 00 00 20 0f",
	       "05 05 01 12 00 00 00 40 00 00 f0 13 00 00 00 10 00 00 00");
	expect(p, "05 00 00", "05 00 00");
	probe_free(p);
}

static void test_transfer_costs_the_wire(void **state)
{
	struct probe *p = swd_probe();
	uint64_t before = p->bench->link->clocks, ns = vb_clock_now(p->bench->clock);

	(void)state;
	send(p, "05 00 01 02");
	assert_int_equal(p->bench->link->clocks - before, 46);
	assert_int_equal(vb_clock_now(p->bench->clock) - ns, 46000);
	send(p, "05 00 01 05 00 00 00 20");
	before = p->bench->link->clocks;
	send(p, "05 00 02 0f 0f");
	assert_int_equal(p->bench->link->clocks - before, 3 * 46);
	before = p->bench->link->clocks;
	send(p, "05 00 01 08 00 00 00 00");	/* a write is checked with RDBUFF */
	assert_int_equal(p->bench->link->clocks - before, 2 * 46);
	before = p->bench->link->clocks;
	send(p, "04 08 00 00 00 00");
	send(p, "05 00 01 02");
	assert_int_equal(p->bench->link->clocks - before, 54);
	before = p->bench->link->clocks;
	send(p, "04 ff 00 00 00 00");
	send(p, "05 00 01 02");
	assert_int_equal(p->bench->link->clocks - before, 46 + 255);
	probe_free(p);
}

static void test_write_fault_is_found_at_the_end(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "05 00 02 05 00 00 00 50 0d 01 00 00 00", "05 02 04");
	expect(p, "05 00 01 06", "05 01 01 20 00 00 f0");
	expect(p, "08 00 1e 00 00 00", "08 00");
	expect(p, "05 00 01 06", "05 01 01 00 00 00 f0");
	probe_free(p);
}

/* Request k fails: k counted, but the posted read before it has no word. */
static void test_fault_while_collecting(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "05 00 04 05 00 00 00 50 0f 0f 06", "05 02 04");
	send(p, "08 00 1e 00 00 00");
	expect(p, "05 00 03 05 00 00 00 50 0f 06", "05 02 04");
	send(p, "08 00 1e 00 00 00");
	expect(p, "05 00 02 05 00 00 00 50 0f", "05 02 04");
	send(p, "08 00 1e 00 00 00");
	probe_free(p);
}

static void test_wait_is_retried(void **state)
{
	struct probe *p = swd_probe();
	struct vb_dp_stats before, after;

	(void)state;
	expect(p, "04 00 03 00 00 00", "04 00");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 3);
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	vb_dp_stats(p->bench->dp, &before);
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 100);
	expect(p, "05 00 01 05 00 00 00 20", "05 00 02");
	vb_dp_stats(p->bench->dp, &after);
	assert_int_equal(after.waits - before.waits, 4);
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 1, 100);
	expect(p, "05 00 01 05 00 00 00 20", "05 01 02");	/* the check at the end */
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 0);
	probe_free(p);
}

static void test_parity_and_silence(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_PARITY, 0, 1);
	expect(p, "05 00 02 02 02", "05 00 08");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_NO_ACK, 1, 1);
	expect(p, "05 00 03 02 02 02", "05 01 07 77 14 a0 2b");
	expect(p, "05 00 01 02", "05 01 01 77 14 a0 2b");
	probe_free(p);
}

static void test_match(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	put_le32(p->bench->ram, 0x12345678);
	/* CSW without increment, TAR, mask, match, no match */
	expect(p, "05 00 04 01 02 00 00 23 05 00 00 00 20 20 00 ff 00 00 1f 00 56 00 00",
	       "05 04 01");
	expect(p, "05 00 02 1f 00 56 00 00 1f 00 57 00 00", "05 01 11");
	/* The mask survived. On DP registers nothing is posted. */
	expect(p, "05 00 02 20 ff ff ff ff 12 77 14 a0 2b", "05 02 01");
	expect(p, "05 00 02 12 00 00 00 00 02", "05 00 11");
	/* Match retries: the value arrives with the third read. */
	expect(p, "04 00 00 00 05 00", "04 00");
	expect(p, "05 00 02 01 12 00 00 23 05 00 00 00 20", "05 02 01");
	put_le32(p->bench->ram + 8, 0x99);
	expect(p, "05 00 01 1f 99 00 00 00", "05 01 01");
	probe_free(p);
}

static void test_timestamps(void **state)
{
	struct probe *p = swd_probe();
	uint32_t first, second;

	(void)state;
	send(p, "05 00 01 82");
	assert_int_equal(p->total, 11);
	first = get_le32(p->answer + 3);
	assert_int_equal(get_le32(p->answer + 7), 0x2ba01477);
	send(p, "05 00 01 82");
	second = get_le32(p->answer + 3);
	assert_int_equal(second - first, 4600);		/* 46 us at 100 MHz */
	/* Posted AP reads: stamp, word, stamp, word. */
	put_le32(p->bench->ram, 0xa);
	put_le32(p->bench->ram + 4, 0xb);
	send(p, "05 00 03 05 00 00 00 20 8f 8f");
	assert_int_equal(p->total, 3 + 16);
	assert_int_equal(get_le32(p->answer + 7), 0xa);
	assert_int_equal(get_le32(p->answer + 15), 0xb);
	assert_int_equal(get_le32(p->answer + 11) - get_le32(p->answer + 3), 4600);
	send(p, "05 00 01 88 00 00 00 00");
	assert_int_equal(p->total, 7);
	probe_free(p);
}

static void test_transfer_block(void **state)
{
	struct probe *p = swd_probe();
	uint64_t before;

	(void)state;
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	before = p->bench->link->clocks;
	expect(p, "06 00 03 00 0d 01 00 00 00 02 00 00 00 03 00 00 00", "06 03 00 01");
	assert_int_equal(p->bench->link->clocks - before, 4 * 46);
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	before = p->bench->link->clocks;
	expect(p, "06 00 03 00 0f", "06 03 00 01 01 00 00 00 02 00 00 00 03 00 00 00");
	assert_int_equal(p->bench->link->clocks - before, 4 * 46);
	expect(p, "06 00 02 00 02", "06 02 00 01 77 14 a0 2b 77 14 a0 2b");
	expect(p, "06 00 00 00 0f", "06 00 00 00");
	/* A failing read gives exactly the words it counts, a failing write the accepted ones. */
	expect(p, "05 00 01 05 00 00 00 50", "05 01 01");
	expect(p, "06 00 03 00 0f", "06 00 00 04");
	send(p, "08 00 1e 00 00 00");
	expect(p, "06 00 03 00 0d 01 00 00 00 02 00 00 00 03 00 00 00", "06 01 00 04");
	send(p, "08 00 1e 00 00 00");
	expect(p, "06 00 01 00 0d 01 00 00 00", "06 01 00 04");
	send(p, "08 00 1e 00 00 00");
	/* More than an answer can hold. */
	send(p, "06 00 7f 00 02");
	assert_int_equal(p->total, 4 + 4 * 127);
	expect(p, "06 00 80 00 02", "ff");
	probe_free(p);
}

static void test_overrun_detection_needs_the_data_phase(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "04 00 00 00 00 00", "04 00");
	expect(p, "13 04", "13 00");
	expect(p, "05 00 01 04 01 00 00 50", "05 01 01");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 1);
	expect(p, "05 00 01 05 00 00 00 20", "05 00 02");
	expect(p, "05 00 01 05 00 00 00 20", "05 00 04");
	expect(p, "05 00 01 06", "05 01 01 43 00 00 f0");
	/* Without it the target takes the next packet for a data phase: out of step. */
	expect(p, "13 00", "13 00");
	send(p, "05 00 01 05 00 00 00 20");
	send(p, "05 00 01 02");
	assert_int_not_equal(p->answer[2], 1);
	probe_free(p);
}

static void test_turnaround_must_match_the_target(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "05 00 01 08 01 00 00 00", "05 01 01");
	/* DLCR.TURNROUND = 1; the RDBUFF check behind it still runs with one clock and is lost. */
	send(p, "05 00 01 04 00 01 00 00");
	expect(p, "13 01", "13 00");
	expect(p, SWITCH, "12 00");
	expect(p, "13 00", "13 00");
	expect(p, "05 00 01 02", "05 01 01 77 14 a0 2b");
	probe_free(p);
}

static void test_swd_sequence_multidrop(void **state)
{
	struct vb_dp_config dp = bench_stm32l476();
	struct probe *p;

	(void)state;
	dp.dpidr = 0x6ba02477;
	dp.targetid = 0x01002927;
	p = probe_with(dp);
	expect(p, "02 01", "02 01");
	expect(p, SWITCH, "12 00");
	/* TARGETSEL by hand: 8 out, 5 in, 33 out; then DPIDR. */
	expect(p, "1d 03 08 99 85 21 27 29 00 01 00", "1d 00 1f");
	expect(p, "05 00 01 02", "05 01 01 77 24 a0 6b");
	expect(p, "12 34 ff ff ff ff ff ff 03", "12 00");
	expect(p, "1d 03 08 99 85 21 27 29 00 11 01", "1d 00 1f");	/* instance 1: not us */
	expect(p, "05 00 01 02", "05 00 07");
	/* 64 clocks in; the answer has 8 bytes. */
	expect(p, "1d 01 80", "1d 00 ff ff ff ff ff ff ff ff");
	probe_free(p);
}

static void test_pins_and_reset(void **state)
{
	struct probe *p = probe_new();
	uint64_t ns;

	(void)state;
	expect(p, "02 01", "02 01");
	expect(p, "10 00 00 00 00 00 00", "10 af");
	expect(p, "10 00 80 00 00 00 00", "10 2f");
	assert_true(p->board.nrst_low);
	expect(p, "10 00 02 00 00 00 00", "10 2d");
	/* The pin follows at once, so nothing is waited for. */
	ns = vb_clock_now(p->bench->clock);
	expect(p, "10 80 80 40 42 0f 00", "10 ad");
	assert_int_equal(vb_clock_now(p->bench->clock), ns);
	assert_false(p->board.nrst_low);
	p->board.powered = false;
	expect(p, "10 80 80 e8 03 00 00", "10 2d");
	assert_int_equal(vb_clock_now(p->bench->clock) - ns, 1000000);
	p->board.powered = true;
	expect(p, "10 00 80 00 00 00 00", "10 2d");
	expect(p, "03", "03 00");
	assert_false(p->board.nrst_low);
	probe_free(p);
}

static void test_jtag_port(void **state)
{
	struct probe *p = jtag_probe();
	uint64_t before;

	(void)state;
	expect(p, "16 00", "16 00 77 04 a0 4b");
	expect(p, "16 02", "16 ff");
	/* ABORT does not exist as a register here; power up, SELECT 0 */
	expect(p, "05 00 02 04 32 00 00 50 08 00 00 00 00", "05 02 01");
	expect(p, "05 00 01 06", "05 01 01 00 00 00 f0");
	put_le32(p->bench->ram, 0x1234);
	put_le32(p->bench->ram + 4, 0x5678);
	expect(p, "05 00 04 01 12 00 00 23 05 00 00 00 20 0f 0f",
	       "05 04 01 34 12 00 00 78 56 00 00");
	expect(p, "05 00 03 06 02 06", "05 03 01 00 00 00 f0 77 14 a0 2b 00 00 00 f0");
	expect(p, "05 01 01 06", "05 00 05");		/* the other TAP: its ACK is garbage */
	expect(p, "05 02 01 06", "05 00 00");
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	expect(p, "06 00 02 00 0f", "06 02 00 01 34 12 00 00 78 56 00 00");
	expect(p, "06 00 02 00 0d 01 00 00 00 02 00 00 00", "06 02 00 01");
	assert_int_equal(get_le32(p->bench->ram + 8), 1);
	/* FAULT does not show; CTRL/STAT tells. */
	expect(p, "05 00 02 05 00 00 00 50 0d 01 00 00 00", "05 02 01");
	expect(p, "05 00 01 06", "05 01 01 20 00 00 f0");
	expect(p, "08 00 04 00 00 00", "08 00");
	expect(p, "05 00 01 06", "05 01 01 00 00 00 f0");
	expect(p, "08 02 04 00 00 00", "08 ff");
	before = p->bench->link->clocks;
	send(p, "05 00 01 06");		/* IR 15 clocks, read and RDBUFF 41 each */
	assert_int_equal(p->bench->link->clocks - before, 15 + 41 + 41);
	probe_free(p);
}

static void test_jtag_wait(void **state)
{
	struct probe *p = jtag_probe();

	(void)state;
	expect(p, "05 00 02 04 32 00 00 50 08 00 00 00 00", "05 02 01");
	expect(p, "04 00 02 00 00 00", "04 00");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 2);
	expect(p, "05 00 01 06", "05 01 01 00 00 00 f0");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 9);
	expect(p, "05 00 01 06", "05 00 02");
	probe_free(p);
}

static void test_jtag_sequence(void **state)
{
	struct probe *p = jtag_probe();

	(void)state;
	/* Reset, then Shift-DR; 64 bits of TDO are both IDCODEs. */
	expect(p, "14 05 45 00 01 00 41 00 02 00 80 ff ff ff ff ff ff ff ff",
	       "14 00 77 04 a0 4b 41 50 41 06");
	expect(p, "15 09 01 01 01 01 01 01 01 01 01", "15 ff");
	expect(p, "15 02 04 00", "15 ff");
	expect(p, "15 02 04 21", "15 ff");
	expect(p, "15 00", "15 00");
	expect(p, "02 01", "02 01");
	expect(p, "14 01 88 00", "14 ff 00");
	probe_free(p);
}

static void test_atomic_commands(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "7f 03 00 fe 05 00 01 02 01 00 01", "7f 03 00 01 04 05 01 01 77 14 a0 2b 01 00");
	expect(p, "7f 02 7f 00 fe", "7f 02 ff 00 01 04");	/* no nesting */
	expect(p, "7f 01 80", "7f 01 ff");
	expect(p, "7f 02 00 fe 05 00", "7f 02 00 01 04 ff");
	expect(p, "7f", "ff");
	/* Queued packets wait for another kind and are answered as 0x7f. */
	expect(p, "7e 01 00 fe", "");
	expect(p, "7e 01 00 ff", "");
	expect(p, "07", "");
	send(p, "00 f0");
	assert_int_equal(p->responses, 3);
	assert_memory_equal(p->answer, "\x7f\x01\x00\x01\x04\x7f\x01\x00\x02\x00\x02\x00\x01\x33",
			    14);
	probe_free(p);
}

static void test_queue_does_not_overflow(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		expect(p, "7e 01 00 fe", "");
	send(p, "7e 01 00 fe");
	assert_int_equal(p->responses, 4);
	probe_free(p);
}

/* Every prefix of every command: answered, never read past (the sanitizer watches). */
static void test_cut_requests(void **state)
{
	static const char *const requests[] = {
		"00 f0",
		"01 00 01",
		"02 01",
		"04 00 40 00 00 00",
		"05 00 04 08 00 00 00 00 1f 01 00 00 00 06 8f",
		"06 00 03 00 0d 01 00 00 00 02 00 00 00 03 00 00 00",
		"06 00 03 00 0f",
		"08 00 1e 00 00 00",
		"09 01 00",
		"10 00 00 00 00 00 00",
		"11 40 42 0f 00",
		SWITCH,
		"13 00",
		"14 02 08 ff 88 ff",
		"15 02 04 05",
		"16 00",
		"1d 03 08 99 85 21 27 29 00 01 00",
		"7f 02 00 fe 05 00 02 08 00 00 00 00 06",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		uint8_t bytes[256];
		size_t n = parse_hex(requests[i], bytes);

		for (size_t cut = 0; cut < n; cut++) {
			struct probe *p = swd_probe();
			uint64_t clocks = p->bench->link->clocks;

			send_bytes(p, bytes, cut);
			assert_int_equal(p->responses, 1);
			assert_int_equal(p->answer[p->total - 1], 0xff);
			assert_true(bytes[0] == 0x7f ||
				    (p->total == 1 && p->bench->link->clocks == clocks));
			probe_free(p);
		}
	}
}

/* Whatever comes, one answer that fits, and the probe lives. */
static void test_noise(void **state)
{
	struct probe *p = swd_probe();
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[64];
		size_t n;

		for (size_t k = 0; k < sizeof(bytes); k++) {
			seed = seed * 1664525 + 1013904223;
			bytes[k] = (uint8_t)(seed >> 24);
		}
		n = bytes[63] % 40 + 1;
		bytes[0] &= i & 1 ? 0x1f : 0xff;
		if (bytes[0] == 0x09 || bytes[0] == 0x10 || bytes[0] == 0x11 || bytes[0] == 0x04)
			continue;	/* would only make time pass */
		send_bytes(p, bytes, n);
	}
	send(p, "02 01");
	expect(p, "13 00", "13 00");
	expect(p, SWITCH, "12 00");
	send(p, "05 00 01 02");
	assert_int_equal(p->answer[1], 1);
	probe_free(p);
}

static void test_transfer_abort_stops_a_long_wait(void **state)
{
	struct probe *p = swd_probe();
	uint64_t start = vb_clock_now(p->bench->clock);

	(void)state;
	expect(p, "04 00 ff ff 00 00", "04 00");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 1000000);
	vb_cmsis_dap_abort_at(p->dap, start + 1000000);
	expect(p, "05 00 02 05 00 00 00 20 06", "05 00 02");
	assert_true(vb_clock_now(p->bench->clock) - start < 1100000);
	/* It is used up: the next command runs its full course. */
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 5);
	expect(p, "05 00 02 05 00 00 00 20 06", "05 02 01 40 00 00 f0");
	probe_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_small_commands),
		cmocka_unit_test(test_transfer_without_a_port),
		cmocka_unit_test(test_nothing_answers_before_the_switch_sequence),
		cmocka_unit_test(test_posted_reads_are_hidden),
		cmocka_unit_test(test_transfer_costs_the_wire),
		cmocka_unit_test(test_write_fault_is_found_at_the_end),
		cmocka_unit_test(test_fault_while_collecting),
		cmocka_unit_test(test_wait_is_retried),
		cmocka_unit_test(test_parity_and_silence),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_transfer_block),
		cmocka_unit_test(test_overrun_detection_needs_the_data_phase),
		cmocka_unit_test(test_turnaround_must_match_the_target),
		cmocka_unit_test(test_swd_sequence_multidrop),
		cmocka_unit_test(test_pins_and_reset),
		cmocka_unit_test(test_jtag_port),
		cmocka_unit_test(test_jtag_wait),
		cmocka_unit_test(test_jtag_sequence),
		cmocka_unit_test(test_atomic_commands),
		cmocka_unit_test(test_queue_does_not_overflow),
		cmocka_unit_test(test_cut_requests),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_transfer_abort_stops_a_long_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
