/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CMSIS-DAP firmware's SWO capture and UART on a whole board. */
#include "vb_chip_bench.h"

#include "vboard/front/cmsis_dap.h"

enum { DEMCR = 0xe000edfcu, ITM = 0xe0000000u, TER = 0xe0000e00u, TCR = 0xe0000e80u,
       LAR = 0xe0000fb0u, ACPR = 0xe0040010u, SPPR = 0xe00400f0u, FFCR = 0xe0040304u,
       DBGMCU_CR = 0xe0042004u, USART2 = 0x40004400u };

static const struct vb_cmsis_dap_config config = {
	.packet_size = 512,
	.packet_count = 8,
	.max_hz = 50000000,
	.product = "CMSIS-DAP",
	.serial = "1",
	.capabilities = DAP_CAP_SWD | DAP_CAP_JTAG | DAP_CAP_SWO_UART | DAP_CAP_SWO_MANCHESTER |
			DAP_CAP_ATOMIC | DAP_CAP_TIMER | DAP_CAP_SWO_STREAM | DAP_CAP_UART,
	.swo_buffer = 1024,
	.uart_buffer = 16,
};

static struct {
	struct vb_cmsis_dap *dap;
	uint8_t answer[512];
	size_t n;
	uint8_t stream[8192];
	size_t streamed, last_block;
	unsigned blocks, drops;
} t;

static void keep(void *ctx, const uint8_t *response, size_t n)
{
	(void)ctx;
	memcpy(t.answer, response, n);
	t.n = n;
}

static void on_stream(void *ctx, const uint8_t *data, size_t n)
{
	(void)ctx;
	if (n == 0) {
		t.drops++;
		return;
	}
	memcpy(t.stream + t.streamed, data, n);
	t.streamed += n;
	t.last_block = n;
	t.blocks++;
}

static size_t parse_hex(const char *text, uint8_t *out)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		out[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text++;
	}
	return n;
}

static void send(const char *hex)
{
	uint8_t request[512];

	t.n = 0;
	vb_cmsis_dap_packet(t.dap, request, parse_hex(hex, request), keep, NULL);
}

static void expect(const char *request, const char *answer)
{
	uint8_t wanted[512];
	size_t n = parse_hex(answer, wanted);
	char seen_hex[1025], wanted_hex[1025];

	send(request);
	hex_encode(seen_hex, t.answer, t.n);
	hex_encode(wanted_hex, wanted, n);
	assert_string_equal(seen_hex, wanted_hex);
}

static int setup(void **state)
{
	struct chip_bench *b;

	bench_setup(state);
	b = *state;
	memset(&t, 0, sizeof(t));
	t.dap = vb_cmsis_dap_new(&config, b->board);
	/* 2 Mbaud, NRZ, no formatter, all ports. */
	wr(b, DEMCR, 0x01000000);
	wr(b, DBGMCU_CR, 0x20);
	wr(b, ACPR, 1);
	wr(b, SPPR, 2);
	wr(b, FFCR, 0x100);
	wr(b, LAR, 0xc5acce55);
	wr(b, TER, 0xffffffff);
	wr(b, TCR, 0xd);
	return 0;
}

static int teardown(void **state)
{
	vb_cmsis_dap_free(t.dap);
	return bench_teardown(state);
}

/* n bytes on the pin, packets of port 0 with a word each. */
static void trace_words(struct chip_bench *b, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		wr(b, ITM, 0x41414141 + i);
		run_us(b, 30);
	}
}

static void start_capture(const char *transport)
{
	expect(transport, "17 00");
	expect("18 01", "18 00");
	expect("19 80 84 1e 00", "19 80 84 1e 00");
	expect("1a 01", "1a 00");
}

static void test_polled_capture(void **state)
{
	struct chip_bench *b = *state;

	start_capture("17 01");
	expect("1b", "1b 01 00 00 00 00");
	wr(b, ITM, 0x64636261);
	run_us(b, 12);
	expect("1b", "1b 01 02 00 00 00");	/* two of five bytes are there */
	run_us(b, 100);
	expect("1c 03 00", "1c 01 03 00 03 61 62");
	expect("1c ff ff", "1c 01 02 00 63 64");
	expect("1c ff ff", "1c 01 00 00");
	trace_words(b, 120);
	send("1c ff ff");
	assert_int_equal(t.n, 512);		/* P - 4 at most */
	assert_int_equal(get_le16(t.answer + 2), 508);
	expect("1a 00", "1a 00");
	trace_words(b, 1);
	send("1c ff ff");
	assert_int_equal(t.answer[1], 0);	/* stopped; what was captured can still be fetched */
	assert_int_equal(get_le16(t.answer + 2), 92);
	expect("1a 01", "1a 00");		/* a new start is empty */
	expect("1b", "1b 01 00 00 00 00");
}

static void test_states_that_are_refused(void **state)
{
	(void)state;
	expect("1a 01", "1a ff");		/* no mode */
	expect("1a 00", "1a 00");		/* it is stopped: the same again is fine */
	expect("19 80 84 1e 00", "19 00 00 00 00");
	expect("18 01", "18 00");
	expect("1a 01", "1a ff");		/* no rate */
	expect("19 00 00 00 00", "19 00 00 00 00");
	expect("19 80 84 1e 00", "19 80 84 1e 00");
	expect("17 02", "17 ff");		/* nobody took the endpoint */
	expect("17 03", "17 ff");
	expect("17 01", "17 00");
	expect("1a 01", "1a 00");
	expect("1a 01", "1a 00");
	expect("17 00", "17 ff");		/* not while it captures */
	expect("18 03", "18 ff");		/* and the mode is off now */
	expect("1b", "1b 00 00 00 00 00");
	expect("1a 01", "1a ff");
	expect("18 02", "18 00");
	expect("18 00", "18 00");
}

static void test_rates(void **state)
{
	(void)state;
	expect("18 01", "18 00");
	expect("19 00 10 0e 00", "19 c4 15 0e 00");	/* 921600: 144 MHz / 156 */
	expect("19 00 2d 31 01", "19 40 54 89 00");	/* 20 MHz: no more than 9 MHz */
	expect("18 02", "18 00");
	expect("19 40 54 89 00", "19 20 aa 44 00");	/* Manchester: half of it */
}

static void test_wrong_rate_is_garbage_and_an_error(void **state)
{
	struct chip_bench *b = *state;

	expect("17 01", "17 00");
	expect("18 01", "18 00");
	send("19 00 c2 01 00");			/* 115200 */
	expect("1a 01", "1a 00");
	for (unsigned i = 0; i < 20; i++)
		trace_words(b, 4);
	send("1b");
	assert_true(t.answer[1] & 0x40);
	assert_true(get_le32(t.answer + 2) > 0);
	send("1b");
	assert_false(t.answer[1] & 0x40);	/* told once */
	send("1c 10 00");
	assert_memory_not_equal(t.answer + 4, "\003AAAA", 5);
}

static void test_full_buffer_pauses_and_overruns(void **state)
{
	struct chip_bench *b = *state;

	start_capture("17 01");
	trace_words(b, 210);			/* 1050 bytes into 1024 */
	expect("1b", "1b 83 00 04 00 00");
	expect("1b", "1b 03 00 04 00 00");	/* still paused, the overrun was told */
	trace_words(b, 1);
	send("1c 64 00");
	assert_int_equal(t.answer[1], 0x83);
	expect("1b", "1b 01 9c 03 00 00");	/* there is room again */
	trace_words(b, 1);
	expect("1b", "1b 01 a1 03 00 00");
}

static void test_extended_status(void **state)
{
	struct chip_bench *b = *state;
	uint32_t first;

	start_capture("17 01");
	wr(b, ITM, 0x64636261);
	run_us(b, 100);
	expect("1e 00", "1e");
	expect("1e 01", "1e 01");
	expect("1e 02", "1e 05 00 00 00");
	/* The reference forgets to count the timestamp: it is behind the end of the answer. */
	expect("1e 07", "1e 01 05 00 00 00 05 00 00 00");
	expect("1e 04", "1e 05 00 00 00");
	expect("7f 02 1e 04 00 fe", "7f 02 1e 05 00 00 00 00 01 08");
	vb_cmsis_dap_free(t.dap);
	struct vb_cmsis_dap_config whole = config;

	whole.quirks = DAP_QUIRK_WHOLE_SWO_STATUS;
	t.dap = vb_cmsis_dap_new(&whole, b->board);
	start_capture("17 01");
	wr(b, ITM, 0x64636261);
	run_us(b, 100);
	send("1e 04");
	assert_int_equal(t.n, 9);
	first = get_le32(t.answer + 5);
	wr(b, ITM, 0x64636261);
	run_us(b, 100);
	send("1e 04");
	assert_int_equal(get_le32(t.answer + 1), 10);
	assert_int_equal(get_le32(t.answer + 5) - first, 10000);	/* 100 us at 100 MHz */
	vb_cmsis_dap_free(t.dap);
	t.dap = vb_cmsis_dap_new(&config, b->board);
}

static void test_stream_goes_in_blocks(void **state)
{
	struct chip_bench *b = *state;

	vb_cmsis_dap_stream_swo(t.dap, on_stream, NULL);
	start_capture("17 02");
	trace_words(b, 102);			/* 510 bytes */
	run_us(b, 1000);
	assert_int_equal(t.blocks, 0);
	trace_words(b, 14);			/* 580: more than a block, and 64 more */
	assert_int_equal(t.blocks, 1);
	assert_int_equal(t.last_block, 512);
	send("1c ff ff");
	assert_int_equal(get_le16(t.answer + 2), 0);	/* not by this way */
	run_us(b, 60000);
	assert_int_equal(t.blocks, 1);		/* the endpoint is busy */
	vb_cmsis_dap_swo_taken(t.dap);
	run_us(b, 60000);
	assert_int_equal(t.blocks, 2);		/* nothing came for 50 ms: the rest */
	assert_int_equal(t.last_block, 68);
	vb_cmsis_dap_swo_taken(t.dap);
	trace_words(b, 26);			/* 130 bytes */
	expect("1a 00", "1a 00");		/* the end flushes */
	assert_int_equal(t.last_block, 130);
	assert_int_equal(t.streamed, 5 * (116 + 26));
	for (size_t i = 0; i < t.streamed; i += 5) {
		unsigned n = (unsigned)(i / 5);

		assert_int_equal(t.stream[i], 3);
		assert_int_equal(get_le32(t.stream + i + 1),
				 0x41414141 + (n < 102 ? n : n < 116 ? n - 102 : n - 116));
	}
}

static void test_host_that_does_not_read_the_stream(void **state)
{
	struct chip_bench *b = *state;

	vb_cmsis_dap_stream_swo(t.dap, on_stream, NULL);
	start_capture("17 02");
	trace_words(b, 220);
	expect("1b", "1b 83 00 04 00 00");
	assert_int_equal(t.blocks, 1);
	vb_cmsis_dap_swo_taken(t.dap);
	assert_int_equal(t.blocks, 2);
	expect("1b", "1b 01 00 02 00 00");
	expect("1a 00", "1a 00");
	expect("1a 01", "1a 00");		/* a fresh start drops what lies in the endpoint */
	assert_int_equal(t.drops, 1);
	expect("1b", "1b 01 00 00 00 00");
	vb_cmsis_dap_power_on(t.dap);
	vb_cmsis_dap_swo_taken(t.dap);
	trace_words(b, 200);
	assert_int_equal(t.blocks, 2);
}

/* --- UART --- */

static void usart2_on(struct chip_bench *b)
{
	wr(b, RCC_BASE + 0x4c, 1);		/* GPIOA */
	wr(b, RCC_BASE + 0x58, 1u << 17);	/* USART2 */
	wr(b, 0x48000000, 0xabffffaf);		/* PA2, PA3: alternate */
	wr(b, 0x48000020, 0x00007700);		/* AF7 */
	wr(b, USART2 + 0x0c, 40);		/* 4 MHz / 40 = 100 kbaud */
	wr(b, USART2, 0x0d);
}

static void uart_on(void)
{
	expect("1f 02", "1f 00");
	expect("20 00 a0 86 01 00", "20 00 a0 86 01 00");
	expect("22 11", "22 00");
}

static void test_uart_both_ways(void **state)
{
	struct chip_bench *b = *state;

	usart2_on(b);
	uart_on();
	wr(b, USART2 + 0x28, 'h');
	run_us(b, 50);
	expect("23", "23 11 00 00 00 00 00 00 00 00");
	run_us(b, 100);
	wr(b, USART2 + 0x28, 'i');
	run_us(b, 150);
	expect("23", "23 11 02 00 00 00 00 00 00 00");
	expect("21 01 00 00 00", "21 11 00 00 01 00 68");
	expect("21 ff ff 02 00 4f 4b", "21 11 02 00 01 00 69");
	run_us(b, 110);
	assert_int_equal(rd(b, USART2 + 0x1c) >> 5 & 1, 1);
	assert_int_equal(rd(b, USART2 + 0x24), 'O');
	run_us(b, 100);
	assert_int_equal(rd(b, USART2 + 0x24), 'K');
}

static void test_uart_buffers_are_what_they_say(void **state)
{
	struct chip_bench *b = *state;

	usart2_on(b);
	uart_on();
	expect("00 fb", "00 04 10 00 00 00");
	for (unsigned i = 0; i < 20; i++) {
		wr(b, USART2 + 0x28, 'a' + i);
		run_us(b, 150);
	}
	expect("23", "23 13 10 00 00 00 00 00 00 00");	/* four were lost, told once */
	expect("22 04", "22 00");
	expect("23", "23 11 00 00 00 00 00 00 00 00");
	expect("22 20", "22 00");			/* TX off: the bytes stay */
	expect("21 00 00 14 00 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31",
	       "21 01 10 00 00 00");
	expect("23", "23 01 00 00 00 00 10 00 00 00");
	expect("22 40", "22 00");
	expect("23", "23 01 00 00 00 00 00 00 00 00");
	expect("22 02", "22 00");
	wr(b, USART2 + 0x28, 'x');
	run_us(b, 150);
	expect("23", "23 00 00 00 00 00 00 00 00 00");	/* RX off hears nothing */
}

static void test_uart_settings(void **state)
{
	struct chip_bench *b = *state;

	usart2_on(b);
	expect("20 00 a0 86 01 00", "20 07 00 00 00 00");	/* no transport */
	expect("22 01", "22 ff");
	expect("21 08 00 01 00 41", "21 00 00 00 00 00");
	expect("1f 01", "1f ff");			/* no COM port on USB */
	expect("1f 03", "1f ff");
	expect("1f 02", "1f 00");
	expect("22 01", "22 ff");			/* not configured */
	expect("20 09 a0 86 01 00", "20 01 00 00 00 00");
	expect("20 30 a0 86 01 00", "20 02 00 00 00 00");
	expect("20 80 a0 86 01 00", "20 04 00 00 00 00");
	expect("20 00 00 00 00 7f", "20 00 00 00 00 00");	/* too fast */
	/* Half the rate: what a UART makes of that, and it says so. */
	expect("20 00 50 c3 00 00", "20 00 50 c3 00 00");
	expect("22 01", "22 00");
	wr(b, USART2 + 0x28, 0x00);
	run_us(b, 300);
	send("21 08 00 00 00");
	assert_int_equal(get_le16(t.answer + 4), 1);
	assert_int_equal(t.answer[6], 0xf8);
	/* Twice the rate: bits double and the stop bit is missing. */
	expect("20 00 40 0d 03 00", "20 00 40 0d 03 00");
	wr(b, USART2 + 0x28, 0x00);
	run_us(b, 300);
	expect("21 08 00 00 00", "21 05 00 00 01 00 00");
	/* Even parity where none is sent: the stop bit is taken for it. */
	expect("20 10 a0 86 01 00", "20 00 a0 86 01 00");
	wr(b, USART2 + 0x28, 0x03);
	run_us(b, 300);
	expect("21 08 00 00 00", "21 09 00 00 01 00 03");
	wr(b, USART2 + 0x28, 0x07);
	run_us(b, 300);
	expect("21 08 00 00 00", "21 01 00 00 01 00 07");
}

#define DAP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAP_TEST(test_polled_capture),
		DAP_TEST(test_states_that_are_refused),
		DAP_TEST(test_rates),
		DAP_TEST(test_wrong_rate_is_garbage_and_an_error),
		DAP_TEST(test_full_buffer_pauses_and_overruns),
		DAP_TEST(test_extended_status),
		DAP_TEST(test_stream_goes_in_blocks),
		DAP_TEST(test_host_that_does_not_read_the_stream),
		DAP_TEST(test_uart_both_ways),
		DAP_TEST(test_uart_buffers_are_what_they_say),
		DAP_TEST(test_uart_settings),
	};

	return cmocka_run_group_tests_name("vb_cmsis_dap_swo", tests, NULL, NULL);
}
