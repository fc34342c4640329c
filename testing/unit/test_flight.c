/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flight recorder: a bounded ring, words for each transfer, and a waveform that can be decoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapter/flight.h"
#include "wire/swd.h"

static void test_text(void **state)
{
	struct flight *f = flight_new();
	struct buf text = { 0 };

	(void)state;
	flight_note(f, FLIGHT_LINK, LINK_JTAG_TO_SWD);
	flight_transfer(f, PORT_DP(0), true, 0x2ba01477, SWD_ACK_OK);
	flight_transfer(f, PORT_DP(8), false, 0x010000f0, SWD_ACK_OK);
	flight_transfer(f, PORT_AP(0xc), true, 0x24770011, SWD_ACK_OK);
	flight_transfer(f, PORT_AP(4), false, 0x20000000, SWD_ACK_WAIT);
	flight_transfer(f, PORT_AP(4), true, 0, SWD_ACK_FAULT);
	flight_note(f, FLIGHT_RESET, 1);
	flight_text(f, 100, &text);
	assert_non_null(strstr((char *)text.data, "link: line reset, JTAG to SWD\n"));
	assert_non_null(strstr((char *)text.data, "DP DPIDR read  0x2ba01477 OK\n"));
	assert_non_null(strstr((char *)text.data, "DP SELECT write 0x010000f0 OK\n"));
	assert_non_null(strstr((char *)text.data, "AP1 0xfc IDR read  0x24770011 OK\n"));
	assert_non_null(strstr((char *)text.data, "write 0x20000000 WAIT\n"));
	assert_non_null(strstr((char *)text.data, "read  FAULT\n"));
	assert_non_null(strstr((char *)text.data, "srst asserted, trst released\n"));
	buf_free(&text);
	flight_free(f);
}

static size_t lines(const struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

static void test_ring_is_bounded(void **state)
{
	struct flight *f = flight_new();
	struct buf text = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 3 * FLIGHT_ENTRIES + 5; i++)
		flight_transfer(f, PORT_AP(0xc), false, i, SWD_ACK_OK);
	flight_text(f, 1000000, &text);
	assert_int_equal(lines(&text), FLIGHT_ENTRIES);
	assert_null(strstr((char *)text.data, " 0x00002004 "));
	assert_non_null(strstr((char *)text.data, " 0x00002005 "));
	assert_non_null(strstr((char *)text.data, " 0x00003004 OK\n"));
	buf_clear(&text);
	flight_text(f, 3, &text);
	assert_int_equal(lines(&text), 3);
	buf_free(&text);
	flight_free(f);
}

/* Samples the data signal at each rising clock edge, as a logic analyser's decoder does. */
static size_t sample(const char *vcd, uint8_t *bits, size_t max)
{
	bool clock = false, data = false;
	size_t n = 0;

	for (const char *p = strstr(vcd, "$enddefinitions"); p != NULL; p = strchr(p + 1, '\n')) {
		const char *line = *p == '\n' ? p + 1 : p;

		if (line[0] != '0' && line[0] != '1')
			continue;
		if (line[1] == 'd')
			data = line[0] == '1';
		if (line[1] != 'c')
			continue;
		if (line[0] == '1' && !clock && n < max)
			bit_set(bits, n++, data);
		clock = line[0] == '1';
	}
	return n;
}

static void test_waveform(void **state)
{
	struct flight *f = flight_new();
	char path[] = "flightXXXXXX", vcd[65536];
	uint8_t bits[256];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	flight_transfer(f, PORT_DP(0), true, 0x2ba01477, SWD_ACK_OK);
	flight_transfer(f, PORT_DP(4), false, 0x50000000, SWD_ACK_OK);
	assert_int_equal(flight_write_vcd(f, TRANSPORT_SWD, 4000, path), OK);
	ssize_t size = read(fd, vcd, sizeof(vcd) - 1);

	assert_true(size > 0 && (size_t)size < sizeof(vcd) - 1);
	vcd[size] = '\0';
	assert_non_null(strstr(vcd, "$timescale 1ns $end"));
	assert_non_null(strstr(vcd, "SWCLK"));
	assert_non_null(strstr(vcd, "SWDIO"));
	assert_non_null(strstr(vcd, "nRESET"));
	assert_int_equal(sample(vcd, bits, 8 * sizeof(bits)), 2 * (SWD_PACKET_BITS + 2));
	/* DPIDR read, then, two idle clocks later, the write with its data after the turnaround. */
	uint32_t value = 0;
	uint8_t capture[8];

	assert_int_equal(bits[0], 0xa5);
	for (unsigned i = 0; i < SWD_READ_IN; i++)
		bit_set(capture, i, bit_get(bits, 8 + i));
	assert_int_equal(swd_get_ack(capture), SWD_ACK_OK);
	assert_true(swd_get_data(capture, &value));
	assert_int_equal(value, 0x2ba01477);
	value = 0;
	for (unsigned i = 0; i < 32; i++)
		value |= (uint32_t)bit_get(bits, 48 + 13 + i) << i;
	assert_int_equal(value, 0x50000000);
	assert_int_equal(flight_write_vcd(f, TRANSPORT_JTAG, 4000, path), OK);
	assert_int_equal(flight_write_vcd(f, TRANSPORT_SWD, 4000, "/nonexistent/x"), ERR_IO);
	close(fd);
	unlink(path);
	flight_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_ring_is_bounded),
		cmocka_unit_test(test_waveform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
