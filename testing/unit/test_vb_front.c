/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What carries the probe protocols: TCP framing, the cost of USB, the letters of remote_bitbang. */
#include "vb_probe.h"

#include "vboard/front/cmsis_dap_tcp.h"
#include "vboard/front/remote_bitbang.h"
#include "vboard/front/usb.h"

static size_t frame(uint8_t *out, const char *hex)
{
	size_t n = parse_hex(hex, out + DAP_TCP_HEADER);

	put_le32(out, DAP_TCP_SIGNATURE);
	put_le16(out + 4, (uint16_t)n);
	out[6] = DAP_TCP_REQUEST;
	out[7] = 0;
	return DAP_TCP_HEADER + n;
}

static void test_tcp_frames(void **state)
{
	struct probe *p = swd_probe();
	struct vb_dap_tcp tcp = { .board = &p->board, .dap = p->dap, .usb = vb_usb_find("none") };
	struct buf out = { 0 };
	uint8_t in[256];
	size_t n = frame(in, "00 ff");

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(vb_dap_tcp_ops.input(&tcp, in, cut, &out), 0);
	assert_int_equal(out.len, 0);
	n += frame(in + n, "07");		/* no answer */
	n += frame(in + n, "00 fe");
	assert_int_equal(vb_dap_tcp_ops.input(&tcp, in, n, &out), n);
	assert_int_equal(out.len, 12 + 11);
	assert_memory_equal(out.data, "\x44\x41\x50\x00\x04\x00\x02\x00\x00\x02\x00\x02"
				      "\x44\x41\x50\x00\x03\x00\x02\x00\x00\x01\x04", 23);
	assert_int_equal(tcp.packets, 3);
	assert_int_equal(tcp.round_trips, 1);
	/* Bad signature, bad type, longer than a packet. */
	for (unsigned i = 0; i < 3; i++) {
		n = frame(in, "00 ff");
		if (i == 0)
			in[0] = 'X';
		else if (i == 1)
			in[6] = DAP_TCP_RESPONSE;
		else
			put_le16(in + 4, 513);
		assert_true(vb_dap_tcp_ops.input(&tcp, in, n, &out) == SERVER_HANG_UP);
	}
	buf_free(&out);
	probe_free(p);
}

static void test_usb_transfer_times(void **state)
{
	const struct vb_usb *high = vb_usb_find("high"), *full = vb_usb_find("full");

	(void)state;
	assert_null(vb_usb_find("low"));
	/* 13 packets of 512 bytes in a microframe, 19 of 64 in a frame. */
	assert_true(13 * vb_usb_transfer_ns(high, 512) <= 125000 &&
		    14 * vb_usb_transfer_ns(high, 512) > 125000);
	assert_true(19 * vb_usb_transfer_ns(full, 64) <= 1000000 &&
		    20 * vb_usb_transfer_ns(full, 64) > 1000000);
	assert_int_equal(vb_usb_transfer_ns(vb_usb_find("none"), 512), 0);
}

/* One window pays the latency once and hides the transfers behind the wire. */
static void test_pipelined_window_costs(void **state)
{
	struct probe *p = swd_probe();
	const struct vb_usb *usb = vb_usb_find("high");
	struct vb_dap_tcp tcp = { .board = &p->board, .dap = p->dap, .usb = usb };
	struct buf out = { 0 };
	uint8_t in[1024];
	size_t n = 0, one = frame(in, "05 00 01 02");
	uint64_t start, expected, alone = vb_usb_transfer_ns(usb, 4),
				  back = vb_usb_transfer_ns(usb, 7);

	(void)state;
	start = vb_clock_now(p->bench->clock);
	vb_dap_tcp_ops.input(&tcp, in, one, &out);
	expected = usb->latency_ns + alone + 46000 + back;
	assert_int_equal(vb_clock_now(p->bench->clock) - start, expected);

	for (unsigned i = 0; i < 4; i++)
		n += frame(in + n, "05 00 01 02");
	start = vb_clock_now(p->bench->clock);
	assert_int_equal(vb_dap_tcp_ops.input(&tcp, in, n, &out), n);
	expected = usb->latency_ns + alone + 4 * 46000 + back;
	assert_int_equal(vb_clock_now(p->bench->clock) - start, expected);
	assert_int_equal(tcp.round_trips, 2);

	/* Five are more than the probe can hold: two windows. */
	n += frame(in + n, "05 00 01 02");
	start = vb_clock_now(p->bench->clock);
	assert_int_equal(vb_dap_tcp_ops.input(&tcp, in, n, &out), n);
	assert_int_equal(vb_clock_now(p->bench->clock) - start,
			 2 * (usb->latency_ns + alone + back) + 5 * 46000);
	assert_int_equal(tcp.round_trips, 4);
	buf_free(&out);
	probe_free(p);
}

/* Answers go in one after the other: with nothing to do on the wire they are what takes the time. */
static void test_answers_queue_up_on_full_speed(void **state)
{
	struct probe *p = swd_probe();
	const struct vb_usb *usb = vb_usb_find("full");
	struct vb_dap_tcp tcp = { .board = &p->board, .dap = p->dap, .usb = usb };
	struct buf out = { 0 };
	uint8_t in[256];
	uint64_t start = vb_clock_now(p->bench->clock);
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		n += frame(in + n, "00 f1");
	vb_dap_tcp_ops.input(&tcp, in, n, &out);
	assert_int_equal(vb_clock_now(p->bench->clock) - start,
			 usb->latency_ns + vb_usb_transfer_ns(usb, 2) + 4 * vb_usb_transfer_ns(usb, 6));
	buf_free(&out);
	probe_free(p);
}

/* --- remote_bitbang --- */

static const char *bitbang(struct vb_remote_bitbang *rbb, struct buf *out, const char *letters)
{
	buf_clear(out);
	vb_remote_bitbang_ops.input(rbb, (const uint8_t *)letters, strlen(letters), out);
	return out->data ? (const char *)out->data : "";
}

static void bitbang_bits(struct buf *letters, uint64_t bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(letters, "%s", bits >> i & 1 ? "eg" : "df");
}

static void test_bitbang_swd(void **state)
{
	struct probe *p = probe_new();
	struct vb_remote_bitbang rbb;
	struct buf letters = { 0 }, out = { 0 };
	const char *seen;
	uint64_t ns;

	(void)state;
	vb_remote_bitbang_init(&rbb, &p->board, NULL, 1000000);
	buf_printf(&letters, "BO");
	bitbang_bits(&letters, ~0ull, 51);
	bitbang_bits(&letters, 0xe79e, 16);
	bitbang_bits(&letters, ~0ull, 51);
	bitbang_bits(&letters, 0, 2);
	bitbang_bits(&letters, 0xa5, 8);
	buf_printf(&letters, "o");
	for (unsigned i = 0; i < 1 + 3 + 33; i++)
		buf_printf(&letters, "dcf");
	buf_printf(&letters, "dfOdb\n");
	seen = bitbang(&rbb, &out, (const char *)letters.data);
	assert_string_equal(seen, "1" "100" "11101110001010000000010111010100" "0");
	assert_int_equal(rbb.round_trips, 1);
	/* However the socket cuts them, the letters are as many. */
	assert_int_equal(rbb.packets, letters.len);
	ns = vb_clock_now(p->bench->clock);
	bitbang(&rbb, &out, "dfdfd");
	assert_true(vb_clock_now(p->bench->clock) - ns >= 2000);
	ns = vb_clock_now(p->bench->clock);
	bitbang(&rbb, &out, "Zz");
	assert_int_equal(vb_clock_now(p->bench->clock) - ns, 1001000);
	buf_free(&letters);
	buf_free(&out);
	probe_free(p);
}

static void test_bitbang_jtag(void **state)
{
	struct probe *p = probe_new();
	struct vb_remote_bitbang rbb;
	struct buf out = { 0 };
	char letters[256] = "2626262626" "04" "26" "04" "04";
	uint32_t id = 0;

	(void)state;
	vb_remote_bitbang_init(&rbb, &p->board, NULL, 1000000);
	for (unsigned i = 0; i < 32; i++)
		strcat(letters, "0R4");
	bitbang(&rbb, &out, letters);
	assert_int_equal(out.len, 32);
	for (unsigned i = 0; i < 32; i++)
		id |= (uint32_t)(out.data[i] == '1') << i;
	assert_int_equal(id, 0x4ba00477);
	assert_false(p->board.nrst_low);
	bitbang(&rbb, &out, "s");
	assert_true(p->board.nrst_low);
	bitbang(&rbb, &out, "u?");
	assert_true(p->bench->link->is_trst_low);
	bitbang(&rbb, &out, "r");
	assert_false(p->board.nrst_low || p->bench->link->is_trst_low);
	buf_clear(&out);
	assert_true(vb_remote_bitbang_ops.input(&rbb, (const uint8_t *)"RQR", 3, &out) ==
		    SERVER_HANG_UP);
	assert_int_equal(out.len, 1);
	buf_free(&out);
	probe_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_frames),
		cmocka_unit_test(test_usb_transfer_times),
		cmocka_unit_test(test_pipelined_window_costs),
		cmocka_unit_test(test_answers_queue_up_on_full_speed),
		cmocka_unit_test(test_bitbang_swd),
		cmocka_unit_test(test_bitbang_jtag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
