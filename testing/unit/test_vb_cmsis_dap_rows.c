/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMSIS-DAP firmware against the protocol document, row by row: transfers, sequences, atomic
 * and queued commands; and the products that differ from the reference.
 */
#include "vb_probe.h"

#define CLEAR_ERRORS(p) expect(p, "08 00 1e 00 00 00", "08 00")
#define CTRL_STAT	"05 00 01 06"
#define NOWHERE_TAR	"05 00 00 00 50"	/* TAR = 0x50000000 */

/* --- DAP_Transfer --- */

static void test_first_failure_ends_the_batch(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	/* The write behind the failing read is not executed; the next command is in step. */
	put_le32(p->bench->ram + 16, 0x11);
	expect(p, "05 00 05 " NOWHERE_TAR " 0f 06 05 10 00 00 20 0d 99 00 00 00", "05 02 04");
	CLEAR_ERRORS(p);
	expect(p, "05 00 02 05 10 00 00 20 0f", "05 02 01 11 00 00 00");
	probe_free(p);
}

/* Which reads are collected through RDBUFF, seen by what the wire carries. */
static void test_rdbuff_reads_are_inserted(void **state)
{
	static const struct { const char *request; unsigned accesses; } rows[] = {
		{ "05 00 01 0f", 2 },			/* at the end */
		{ "05 00 02 0f 0f", 3 },		/* AP read behind AP read */
		{ "05 00 02 0f 06", 3 },		/* before a DP read */
		{ "05 00 02 0f 08 00 00 00 00", 4 },	/* before a write, and its check */
		{ "05 00 02 08 00 00 00 00 0f", 3 },	/* a read makes the check needless */
		{ "05 00 02 08 00 00 00 00 06", 2 },
		{ "05 00 01 08 00 00 00 00", 2 },
		{ "05 00 02 08 00 00 00 00 20 ff 00 00 00", 2 },	/* a mask is no access */
		{ "05 00 01 20 ff 00 00 00", 0 },
		{ "05 00 01 12 00 00 00 f0", 1 },	/* match on DP: no posting read */
	};
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "05 00 02 05 00 00 00 20 20 00 00 00 f0", "05 02 01");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t before = p->bench->link->clocks;

		send(p, rows[i].request);
		assert_int_equal(p->bench->link->clocks - before, rows[i].accesses * 46);
	}
	probe_free(p);
}

static void test_collecting_fails_at_the_end(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	/* All requests count, the last word is missing. */
	put_le32(p->bench->ram, 0x77);
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_FAULT, 3, 1);
	expect(p, "05 00 03 05 00 00 00 20 0f 0f", "05 03 04 77 00 00 00");
	CLEAR_ERRORS(p);
	expect(p, "05 00 02 " NOWHERE_TAR " 0f", "05 02 04");
	CLEAR_ERRORS(p);
	probe_free(p);
}

static void test_fault_is_not_retried(void **state)
{
	struct vb_dp_stats before, after;
	struct probe *p = swd_probe();

	(void)state;
	send(p, "05 00 02 " NOWHERE_TAR " 0d 01 00 00 00");
	vb_dp_stats(p->bench->dp, &before);
	expect(p, "05 00 03 0f 0f 0f", "05 00 04");
	vb_dp_stats(p->bench->dp, &after);
	assert_int_equal(after.faults - before.faults, 1);
	expect(p, CTRL_STAT, "05 01 01 20 00 00 f0");
	/* Through DAP_Transfer, too. */
	expect(p, "05 00 02 00 1e 00 00 00 06", "05 02 01 00 00 00 f0");
	probe_free(p);
}

static void test_wait_retries_at_power_on_and_of_rdbuff(void **state)
{
	struct vb_dp_stats before, after;
	struct probe *p = swd_probe();

	(void)state;
	vb_dp_stats(p->bench->dp, &before);
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 1000);
	expect(p, "05 00 01 05 00 00 00 20", "05 00 02");
	vb_dp_stats(p->bench->dp, &after);
	assert_int_equal(after.waits - before.waits, 101);	/* the first try and 100 more */
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 0, 0);
	expect(p, "04 00 02 00 00 00", "04 00");
	put_le32(p->bench->ram, 0x5a);
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 1, 2);
	expect(p, "05 00 01 0f", "05 01 01 5a 00 00 00");
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_WAIT, 1, 3);
	expect(p, "05 00 01 0f", "05 01 02");
	probe_free(p);
}

static void test_match_value_is_not_masked(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	put_le32(p->bench->ram, 0x12345678);
	expect(p, "04 00 64 00 02 00", "04 00");
	expect(p, "05 00 03 01 02 00 00 23 05 00 00 00 20 20 ff 00 00 00", "05 03 01");
	expect(p, "05 00 01 1f 78 00 00 00", "05 01 01");
	expect(p, "05 00 01 1f 78 56 00 00", "05 00 11");
	/* Tries: the posting read, then match retry + 1. */
	uint64_t before = p->bench->link->clocks;

	send(p, "05 00 01 1f 00 00 00 00");
	assert_int_equal(p->bench->link->clocks - before, 4 * 46);
	/* The mask lives on over commands and ports; a new start forgets it. */
	expect(p, "03", "03 00");
	expect(p, "02 01", "02 01");
	expect(p, SWITCH, "12 00");
	expect(p, "05 00 02 02 12 77 00 00 00", "05 02 01 77 14 a0 2b");
	vb_cmsis_dap_power_on(p->dap);
	expect(p, "02 01", "02 01");
	expect(p, SWITCH, "12 00");
	expect(p, "05 00 02 02 12 77 00 00 00", "05 01 11 77 14 a0 2b");
	probe_free(p);
}

static void test_mismatch_stops_what_follows(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "05 00 03 20 ff ff ff ff 12 00 00 00 00 02", "05 01 11");
	probe_free(p);
}

static void test_nothing_asked_nothing_done(void **state)
{
	struct probe *p = swd_probe();
	uint64_t before = p->bench->link->clocks;

	(void)state;
	expect(p, "05 00 00", "05 00 00");
	expect(p, "06 00 00 00 0f", "06 00 00 00");
	expect(p, "06 00 00 00 0d", "06 00 00 00");
	assert_int_equal(p->bench->link->clocks, before);
	expect(p, "03", "03 00");
	expect(p, "05 00 02 0f 05 00 00 00 20", "05 00 00");
	expect(p, "06 00 02 00 0d 01 00 00 00 02 00 00 00", "06 00 00 00");
	expect(p, "06 00 02 00 0f", "06 00 00 00");
	probe_free(p);
}

static void test_block_ignores_match_and_timestamp_bits(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "06 00 02 00 92", "06 02 00 01 77 14 a0 2b 77 14 a0 2b");
	probe_free(p);
}

static void test_block_write_names_no_word(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	/* Every word was accepted, the check at the end tells. */
	expect(p, "05 00 01 05 00 00 00 20", "05 01 01");
	vb_dp_inject(p->bench->dp, VB_DP_FAULT_FAULT, 2, 1);
	expect(p, "06 00 02 00 0d 01 00 00 00 02 00 00 00", "06 02 00 04");
	CLEAR_ERRORS(p);
	probe_free(p);
}

static void test_no_timestamps_without_a_timer(void **state)
{
	static const struct vb_cmsis_dap_config config = {
		.packet_size = 64, .packet_count = 1, .max_hz = 1000000,
		.capabilities = DAP_CAP_SWD,
	};
	struct probe *p = swd_probe_of(&config);

	(void)state;
	expect(p, "05 00 01 82", "05 01 01 77 14 a0 2b");
	expect(p, "00 f1", "00 00");
	expect(p, "7f 01 00 fe", "ff");
	expect(p, "7e 01 00 fe", "ff");
	expect(p, "02 02", "02 00");
	expect(p, "17 00", "ff");
	expect(p, "1f 00", "ff");
	probe_free(p);
}

/* --- Wire --- */

static void test_jtag_costs_the_wire(void **state)
{
	struct probe *p = jtag_probe();
	uint64_t before;

	(void)state;
	expect(p, "15 01 09", "15 00");		/* as if it were one device */
	send(p, "05 00 01 06");
	before = p->bench->link->clocks;
	send(p, "05 00 02 06 06");	/* IR: 4 + 9 + 2; reads and RDBUFF 3 + 35 + 2 each */
	assert_int_equal(p->bench->link->clocks - before, 15 + 3 * 40);
	before = p->bench->link->clocks;
	send(p, "04 05 64 00 00 00");
	send(p, "05 00 01 06");		/* idle clocks behind each access */
	assert_int_equal(p->bench->link->clocks - before, 15 + 2 * 45);
	probe_free(p);
}

static void test_silence_backs_off(void **state)
{
	struct probe *p = probe_new();
	uint64_t before;

	(void)state;
	expect(p, "02 01", "02 01");	/* nobody is in SWD mode */
	before = p->bench->link->clocks;
	expect(p, "05 00 01 02", "05 00 07");
	assert_int_equal(p->bench->link->clocks - before, 8 + 1 + 3 + 1 + 33);
	assert_true(p->bench->link->dio && p->bench->link->is_host_driving);
	probe_free(p);
}

static void test_data_phase_after_fault(void **state)
{
	struct probe *p = swd_probe();
	uint64_t before;

	(void)state;
	send(p, "05 00 02 " NOWHERE_TAR " 0d 01 00 00 00");
	before = p->bench->link->clocks;
	expect(p, "05 00 01 0f", "05 00 04");
	assert_int_equal(p->bench->link->clocks - before, 8 + 1 + 3 + 1);
	CLEAR_ERRORS(p);
	expect(p, "13 04", "13 00");
	expect(p, "05 00 01 04 01 00 00 50", "05 01 01");
	send(p, "05 00 02 " NOWHERE_TAR " 0d 01 00 00 00");
	before = p->bench->link->clocks;
	expect(p, "05 00 01 0f", "05 00 04");
	assert_int_equal(p->bench->link->clocks - before, 46);
	probe_free(p);
}

static void test_sequence_of_256_bits(void **state)
{
	struct probe *p = probe_new();
	uint8_t request[34] = { 0x12, 0 };
	uint64_t before;

	(void)state;
	expect(p, "02 01", "02 01");
	before = p->bench->link->clocks;
	send_bytes(p, request, sizeof(request));
	assert_memory_equal(p->answer, "\x12\x00", 2);
	assert_int_equal(p->bench->link->clocks - before, 256);
	probe_free(p);
}

/* --- Atomic and queued commands --- */

/* A wrong JTAG index ends the reference's parser early: the count is taken for a command. */
static void test_wrong_index_puts_atomic_out_of_step(void **state)
{
	struct probe *p = jtag_probe();

	(void)state;
	expect(p, "7f 02 05 07 03 06 06 06", "7f 02 05 00 00 03 00");
	expect(p, "02 02", "02 02");	/* 03 was DAP_Disconnect */
	expect(p, "05 07 01 06", "05 00 00");
	probe_free(p);
}

static void test_queue_is_answered_as_execute(void **state)
{
	struct probe *p = swd_probe();

	(void)state;
	expect(p, "7e 02 00 fe 09 01 00", "");
	send(p, "00 fe");
	assert_int_equal(p->responses, 2);
	assert_memory_equal(p->answer, "\x7f\x02\x00\x01\x04\x09\x00\x00\x01\x04", 10);
	probe_free(p);
}

/* --- Products --- */

static void test_product_strings(void **state)
{
	static const struct vb_cmsis_dap_config config = {
		.packet_size = 64, .packet_count = 2, .max_hz = 1000000,
		.vendor = "A", .product = "B", .serial = "", .protocol = "1.10",
		.target_vendor = "C", .target_name = "D", .board_vendor = "E", .board_name = "F",
		.firmware = "V9", .capabilities = 0x1f7, .timer_hz = 150000000,
		.swo_buffer = 4096, .uart_buffer = 512,
	};
	static const struct vb_cmsis_dap_config odd = {
		.packet_size = 64, .packet_count = 2, .max_hz = 1000000, .product = "B",
		.capabilities = 0x1f7,
		.quirks = DAP_QUIRK_NO_NUL | DAP_QUIRK_ONE_CAPABILITY_BYTE | DAP_QUIRK_TIMER_8 |
			  DAP_QUIRK_NO_SWD_SEQUENCE,
	};
	struct probe *p = probe_of(&config, bench_stm32l476());

	(void)state;
	expect(p, "00 01", "00 02 41 00");
	expect(p, "00 02", "00 02 42 00");
	expect(p, "00 03", "00 00");
	expect(p, "00 04", "00 05 31 2e 31 30 00");
	expect(p, "00 05", "00 02 43 00");
	expect(p, "00 06", "00 02 44 00");
	expect(p, "00 07", "00 02 45 00");
	expect(p, "00 08", "00 02 46 00");
	expect(p, "00 09", "00 03 56 39 00");
	expect(p, "00 f0", "00 02 f7 01");
	expect(p, "00 f1", "00 04 80 d1 f0 08");
	expect(p, "00 fb", "00 04 00 02 00 00");
	expect(p, "00 fc", "00 04 00 02 00 00");
	expect(p, "00 fd", "00 04 00 10 00 00");
	probe_free(p);
	p = probe_of(&odd, bench_stm32l476());
	expect(p, "00 02", "00 01 42");
	expect(p, "00 f0", "00 01 f7");
	expect(p, "00 f1", "00 08 00 e1 f5 05 00 00 00 00");
	expect(p, "1d 00", "ff");
	probe_free(p);
}

static struct probe *quirky(uint16_t quirks)
{
	static struct vb_cmsis_dap_config config;

	config = probe_config;
	config.quirks = quirks;
	return probe_of(&config, bench_stm32l476());
}

static void test_edbg_forgets_its_clock(void **state)
{
	struct probe *p = quirky(DAP_QUIRK_CLOCK_AFTER_SEQUENCE | DAP_QUIRK_DISCONNECT_FIRST);

	(void)state;
	expect(p, "02 01", "02 01");
	expect(p, "02 01", "02 00");
	expect(p, "03", "03 00");
	expect(p, "02 01", "02 01");
	expect(p, "11 80 96 98 00", "11 00");		/* 10 MHz */
	assert_int_equal(p->bench->link->period_ps, 100000);
	expect(p, SWITCH, "12 00");
	assert_int_equal(p->bench->link->period_ps, 1000000);
	probe_free(p);
}

static void test_ulink_me_closes_the_port_when_idle(void **state)
{
	struct probe *p = quirky(DAP_QUIRK_IDLE_DISCONNECTS);

	(void)state;
	expect(p, "02 01", "02 01");
	expect(p, SWITCH, "12 00");
	expect(p, "05 00 01 02", "05 01 01 77 14 a0 2b");
	vb_clock_advance(p->bench->clock, 1100000000);
	expect(p, "05 00 01 02", "05 00 00");
	expect(p, "02 01", "02 01");
	expect(p, "05 00 01 02", "05 01 01 77 14 a0 2b");
	probe_free(p);
}

static void test_firmware_that_knows_no_abort_and_no_queue(void **state)
{
	struct probe *p = quirky(DAP_QUIRK_NO_ABORT | DAP_QUIRK_NO_QUEUE);

	(void)state;
	expect(p, "07", "ff");
	expect(p, "7e 01 00 fe", "ff");
	expect(p, "7f 01 00 fe", "7f 01 00 01 04");
	probe_free(p);
	p = quirky(DAP_QUIRK_NO_ATOMIC);
	expect(p, "7f 01 00 fe", "ff");
	expect(p, "7e 01 00 fe", "ff");
	expect(p, "00 f0", "00 01 33");		/* although it says it can */
	probe_free(p);
	p = quirky(DAP_QUIRK_QUEUE_DROPS);
	for (unsigned i = 0; i < 3; i++)
		expect(p, "7e 01 00 fe", "");
	send(p, "7e 01 00 fe");
	assert_int_equal(p->responses, 3);
	probe_free(p);
}

static size_t unique_id(void *ctx, const uint8_t *request, size_t n, uint8_t *response, size_t cap)
{
	(void)ctx;
	if (request[0] != 0x80 || n < 1 || cap < 4)
		return 0;
	memcpy(response, "\x80\x02ID", 4);
	return 4;
}

static void test_vendor_commands(void **state)
{
	struct vb_cmsis_dap_config config = probe_config;
	struct probe *p = probe_new();

	(void)state;
	expect(p, "80", "ff");
	expect(p, "9f", "ff");
	probe_free(p);
	config.vendor_command = unique_id;
	p = probe_of(&config, bench_stm32l476());
	expect(p, "80", "80 02 49 44");
	expect(p, "81", "ff");
	expect(p, "a0", "ff");
	expect(p, "7f 02 81 80", "7f 02 ff 80 02 49 44");
	probe_free(p);
}

static void test_a_slow_firmware_takes_its_time(void **state)
{
	struct vb_cmsis_dap_config config = probe_config;
	struct probe *p;
	uint64_t before;

	(void)state;
	config.command_ns = 30000;
	p = probe_of(&config, bench_stm32l476());
	before = vb_clock_now(p->bench->clock);
	expect(p, "00 fe", "00 01 04");
	assert_int_equal(vb_clock_now(p->bench->clock) - before, 30000);
	probe_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_failure_ends_the_batch),
		cmocka_unit_test(test_rdbuff_reads_are_inserted),
		cmocka_unit_test(test_collecting_fails_at_the_end),
		cmocka_unit_test(test_fault_is_not_retried),
		cmocka_unit_test(test_wait_retries_at_power_on_and_of_rdbuff),
		cmocka_unit_test(test_match_value_is_not_masked),
		cmocka_unit_test(test_mismatch_stops_what_follows),
		cmocka_unit_test(test_nothing_asked_nothing_done),
		cmocka_unit_test(test_block_ignores_match_and_timestamp_bits),
		cmocka_unit_test(test_block_write_names_no_word),
		cmocka_unit_test(test_no_timestamps_without_a_timer),
		cmocka_unit_test(test_jtag_costs_the_wire),
		cmocka_unit_test(test_silence_backs_off),
		cmocka_unit_test(test_data_phase_after_fault),
		cmocka_unit_test(test_sequence_of_256_bits),
		cmocka_unit_test(test_wrong_index_puts_atomic_out_of_step),
		cmocka_unit_test(test_queue_is_answered_as_execute),
		cmocka_unit_test(test_product_strings),
		cmocka_unit_test(test_edbg_forgets_its_clock),
		cmocka_unit_test(test_ulink_me_closes_the_port_when_idle),
		cmocka_unit_test(test_firmware_that_knows_no_abort_and_no_queue),
		cmocka_unit_test(test_vendor_commands),
		cmocka_unit_test(test_a_slow_firmware_takes_its_time),
	};

	return cmocka_run_group_tests_name("vb_cmsis_dap_rows", tests, NULL, NULL);
}
