/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial Wire Debug bit by bit: the encoder's golden vectors, then the port against a target that
 * parses the wire like one. */
#include "fake_dp.h"

#include "adapter/flight.h"
#include "wire/bit_port.h"
#include "wire/swd.h"

/* Request bytes of IHI 0031 B4.1.2, all sixteen. */
static const struct {
	uint8_t reg;
	bool is_read;
	uint8_t request;
} requests[] = {
	{ 0x0, true, 0xa5 },  { 0x0, false, 0x81 }, { 0x4, true, 0x8d },  { 0x4, false, 0xa9 },
	{ 0x8, true, 0x95 },  { 0x8, false, 0xb1 }, { 0xc, true, 0xbd },  { 0xc, false, 0x99 },
	{ 0x1, true, 0x87 },  { 0x1, false, 0xa3 }, { 0x5, true, 0xaf },  { 0x5, false, 0x8b },
	{ 0x9, true, 0xb7 },  { 0x9, false, 0x93 }, { 0xd, true, 0x9f },  { 0xd, false, 0xbb },
};

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		assert_int_equal(swd_request(requests[i].reg, requests[i].is_read),
				 requests[i].request);
}

/* Bits of a string of 0 and 1, in wire order. */
static size_t bits_of(const char *text, uint8_t *out)
{
	size_t n = 0;

	memset(out, 0, 64);
	for (; *text != '\0'; text++)
		if (*text == '0' || *text == '1')
			bit_set(out, n++, *text == '1');
	return n;
}

static void assert_bits(const uint8_t *got, size_t count, const char *wanted)
{
	uint8_t bits[64];

	assert_int_equal(count, bits_of(wanted, bits));
	for (size_t i = 0; i < count; i++)
		if (bit_get(got, i) != bit_get(bits, i))
			fail_msg("bit %zu is %d in %s", i, bit_get(got, i), wanted);
}

static void test_write_data(void **state)
{
	uint8_t out[5];

	(void)state;
	swd_put_data(out, 0x1e);
	assert_bits(out, 33, "01111000000000000000000000000000 0");
	swd_put_data(out, 0x50000000);
	assert_bits(out, 33, "00000000000000000000000000001010 0");
	swd_put_data(out, 0x000000f0);
	assert_bits(out, 33, "00001111000000000000000000000000 0");
	swd_put_data(out, 0x23000012);
	assert_bits(out, 33, "01001000000000000000000011000100 1");
}

static void test_read_capture(void **state)
{
	static const struct {
		const char *wire;
		uint32_t value;
		unsigned ack;
		bool parity_ok;
	} cases[] = {
		{ "1 100 11101110001010000000010111010100 0 1", 0x2ba01477, SWD_ACK_OK, true },
		{ "1 100 11101110001010001000101111010000 1 1", 0x0bd11477, SWD_ACK_OK, true },
		{ "1 100 10001000000000001110111000100100 0 1", 0x24770011, SWD_ACK_OK, true },
		{ "1 100 10001000000000001110111000100100 1 1", 0x24770011, SWD_ACK_OK, false },
		{ "1 010 00000000000000000000000000000000 0 1", 0, SWD_ACK_WAIT, true },
		{ "1 001 00000000000000000000000000000000 0 1", 0, SWD_ACK_FAULT, true },
		{ "1 111 11111111111111111111111111111111 1 1", 0xffffffff, SWD_ACK_NONE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t in[64];
		uint32_t value;

		assert_int_equal(bits_of(cases[i].wire, in), SWD_READ_IN);
		assert_int_equal(swd_get_ack(in), cases[i].ack);
		assert_int_equal(swd_get_data(in, &value), cases[i].parity_ok);
		assert_int_equal(value, cases[i].value);
	}
}

static size_t find_bits(const uint8_t *bits, size_t count, const char *pattern)
{
	uint8_t wanted[64];
	size_t n = bits_of(pattern, wanted);

	for (size_t at = 0; at + n <= count; at++) {
		size_t i = 0;

		while (i < n && bit_get(bits, at + i) == bit_get(wanted, i))
			i++;
		if (i == n)
			return at;
	}
	return (size_t)-1;
}

static void test_sequences(void **state)
{
	uint8_t bits[SWD_SEQ_MAX_BYTES];
	size_t count;

	(void)state;
	count = swd_put_sequence(SWD_SEQ_LINE_RESET, bits);
	assert_true(count >= 52);
	for (size_t i = 0; i < 50; i++)
		assert_true(bit_get(bits, i));
	assert_false(bit_get(bits, count - 1) || bit_get(bits, count - 2));

	count = swd_put_sequence(SWD_SEQ_JTAG_TO_SWD, bits);
	size_t at = find_bits(bits, count, "0111100111100111");

	assert_true(at >= 50 && at < count);
	for (size_t i = 0; i < 50; i++)
		assert_true(bit_get(bits, i) && bit_get(bits, at + 16 + i));

	count = swd_put_sequence(SWD_SEQ_SWD_TO_JTAG, bits);
	assert_true(find_bits(bits, count, "0011110011100111") < count);

	count = swd_put_sequence(SWD_SEQ_DORMANT_TO_SWD, bits);
	assert_true(find_bits(bits, count, "0011110111000111") < count);	/* SWD to dormant */
	assert_true(find_bits(bits, count, "0101110111011101110111011100110") < count);
	assert_true(find_bits(bits, count, "0000 01011000 11111111") <
		    count); /* activation, line reset */
}

/* The alert is a 7-bit LFSR behind a zero: seed 1001001, taps 0, 1, 3 and 6 (IHI 0031 B5.3.4). */
static void test_selection_alert_is_the_lfsr(void **state)
{
	uint8_t bits[SWD_SEQ_MAX_BYTES];
	size_t count = swd_put_sequence(SWD_SEQ_DORMANT_TO_SWD, bits);
	size_t at = find_bits(bits, count, "01001001 11001111 10010000 01000110") ;
	unsigned lfsr = 0x49;

	(void)state;
	assert_true(at < count);
	for (unsigned i = 1; i < 128; i++) {
		assert_int_equal(bit_get(bits, at + i), lfsr & 1);
		lfsr = lfsr >> 1 | (unsigned)__builtin_parity(lfsr & 0x4b) << 6;
	}
}

/* ---- A target that takes the wire apart clock by clock. ---- */

struct fake_swd {
	struct fake_dp dp;
	struct adapter adapter;
	struct dap_port *port;
	uint8_t bits[16];
	unsigned phase;			/* clocks since the start bit, 0: idle */
	unsigned ones, ack;
	bool is_read, is_locked, needs_dpidr, spoil_parity;
	uint8_t reg;
	uint32_t value;
	unsigned flushes, clocks;
};

static bool is_data_phase(const struct fake_swd *f)
{
	return f->ack == FAKE_OK || (f->dp.ctrl & 1);
}

/* What the target drives during clock `phase`; 1 if it is silent. */
static bool target_drives(const struct fake_swd *f)
{
	unsigned p = f->phase;

	if (f->phase < 8 || f->ack == FAKE_NONE)
		return 1;
	if (p >= 9 && p <= 11)
		return f->ack >> (p - 9) & 1;
	if (f->is_read && f->ack == FAKE_OK && p >= 12 && p <= 43)
		return f->value >> (p - 12) & 1;
	if (f->is_read && f->ack == FAKE_OK && p == 44)
		return parity_even(f->value) ^ f->spoil_parity;
	return 1;
}

static void header_done(struct fake_swd *f)
{
	uint8_t header = f->bits[0];
	unsigned fields = header >> 1 & 0xf;

	f->is_read = header & 4;
	f->reg = (uint8_t)((header >> 1 & 1) | (header >> 1 & 0xc));
	f->ack = FAKE_NONE;
	if ((header & 0xc1) != 0x81 || (header >> 5 & 1) != (unsigned)parity_even(fields))
		f->is_locked = true;
	if (f->needs_dpidr && !(f->is_read && f->reg == 0))
		f->is_locked = true;
	if (f->is_locked)
		return;
	f->needs_dpidr = false;
	if (f->is_read) {
		f->ack = fake_dp_transfer(&f->dp, f->reg, true, &f->value);
	} else {
		/* The register is written when its data has come; the ACK must be known before. */
		struct fake_dp copy = f->dp;
		uint32_t ignored = 0;

		f->ack = fake_dp_transfer(&copy, f->reg, false, &ignored);
		if (f->ack != FAKE_OK)
			f->dp = copy;
	}
}

static unsigned packet_clocks(const struct fake_swd *f)
{
	if (f->ack == FAKE_NONE)
		return 12;		/* the target does not count: idle again, but locked out */
	return is_data_phase(f) ? 46 : 13;
}

static void packet_done(struct fake_swd *f)
{
	if (f->ack == FAKE_OK && !f->is_read) {
		uint32_t value = get_le32(f->bits + 8);

		if ((f->bits[12] & 1) != parity_even(value))
			f->dp.ctrl |= BIT(7);
		else
			fake_dp_transfer(&f->dp, f->reg, false, &value);
	}
	f->phase = 0;
}

static bool clock_wire(struct fake_swd *f, bool driven, bool level)
{
	bool out = f->phase == 0 ? 1 : target_drives(f);
	bool line = driven ? level : out;

	f->clocks++;
	f->ones = line && driven ? f->ones + 1 : 0;
	if (f->ones >= 50) {
		if (f->ones == 50)
			f->dp.line_resets++;
		f->is_locked = false;
		f->needs_dpidr = true;
		f->phase = 0;
		return out;
	}
	if (f->is_locked || (f->phase == 0 && !line))
		return out;
	if (f->phase == 0)
		memset(f->bits, 0, sizeof(f->bits));
	if (f->phase < 8)
		bit_set(f->bits, f->phase, line);
	else if (!f->is_read && f->phase >= 13)
		bit_set(f->bits + 8, f->phase - 13, line);
	f->phase++;
	if (f->phase == 8)
		header_done(f);
	if (f->phase >= 8 && f->phase >= packet_clocks(f))
		packet_done(f);
	return out;
}

static void swd_bits(void *priv, const uint8_t *out, uint8_t *in, size_t bits)
{
	struct fake_swd *f = priv;

	for (size_t i = 0; i < bits; i++) {
		bool got = clock_wire(f, out != NULL, out != NULL && bit_get(out, i));

		if (in != NULL && out == NULL)
			bit_set(in, i, got);
	}
}

static enum err swd_flush(void *priv)
{
	((struct fake_swd *)priv)->flushes++;
	return OK;
}

static const struct bit_ops fake_bit_ops = { .swd = swd_bits, .flush = swd_flush };
static const struct adapter_driver fake_driver = { .name = "fake", .bits = &fake_bit_ops };

static struct fake_swd *target(bool with_overrun)
{
	struct fake_swd *f = xcalloc(1, sizeof(*f));
	uint32_t dpidr = 0, ctrl_stat = 0;

	fake_dp_init(&f->dp);
	f->adapter.driver = &fake_driver;
	f->adapter.bits_priv = f;
	f->adapter.is_open = true;
	f->adapter.transport = TRANSPORT_SWD;
	f->port = &f->adapter.port;
	f->port->transport = TRANSPORT_SWD;
	f->port->wait_budget_ms = 20;
	f->port->flight = flight_new();
	f->is_locked = true;
	swd_port_attach(&f->adapter);
	assert_int_equal(f->port->ops->connect(f->port, LINK_JTAG_TO_SWD), OK);
	f->port->ops->read(f->port, PORT_DP(0), &dpidr);
	f->port->ops->write(f->port, PORT_DP(0), 0x1e);
	f->port->ops->write(f->port, PORT_DP(8), 0);
	f->port->ops->write(f->port, PORT_DP(4), 0x50000000 | with_overrun);
	f->port->ops->read(f->port, PORT_DP(4), &ctrl_stat);
	f->port->ops->write(f->port, PORT_AP(0), 0x23000012);
	assert_int_equal(f->port->ops->run(f->port), OK);
	assert_int_equal(dpidr, FAKE_DPIDR);
	assert_int_equal(ctrl_stat, 0xf0000000 | with_overrun);
	f->port->overrun_detect = with_overrun;
	f->flushes = 0;
	f->dp.accesses = 0;
	return f;
}

static void target_free(struct fake_swd *f)
{
	bit_port_detach(&f->adapter);
	flight_free(f->port->flight);
	free(f->port->items);
	free(f);
}

static void queue_tar(struct fake_swd *f, uint32_t addr)
{
	f->port->ops->write(f->port, PORT_AP(4), addr);
}

/* Writes and reads back in one batch, whatever the mode; mixed single and block reads. */
static void check_memory(struct fake_swd *f, size_t words)
{
	uint32_t *src = xcalloc(words, 4), *dst = xcalloc(words, 4), tar = 0, first = 0,
		 ctrl_stat = 0;

	for (size_t i = 0; i < words; i++)
		src[i] = 0x01010101u * (uint32_t)(i + 1);
	queue_tar(f, FAKE_RAM_BASE);
	f->port->ops->write_block(f->port, PORT_AP(0xc), src, words);
	queue_tar(f, FAKE_RAM_BASE);
	f->port->ops->read(f->port, PORT_AP(0xc), &first);
	f->port->ops->read_block(f->port, PORT_AP(0xc), dst + 1, words - 1);
	f->port->ops->read(f->port, PORT_AP(4), &tar);
	f->port->ops->read(f->port, PORT_DP(4), &ctrl_stat);
	assert_int_equal(f->port->ops->run(f->port), OK);
	dst[0] = first;
	assert_memory_equal(dst, src, words * 4);
	assert_int_equal(tar, FAKE_RAM_BASE + words * 4 % 0x400);
	assert_int_equal(ctrl_stat >> 28, 0xf);
	free(src);
	free(dst);
}

static void test_a_batch_is_one_flush_with_overrun_detection(void **state)
{
	struct fake_swd *f = target(true);

	(void)state;
	check_memory(f, 200);
	assert_int_equal(f->flushes, 1);
	target_free(f);
}

static void test_without_overrun_detection_it_is_slow_but_right(void **state)
{
	struct fake_swd *f = target(false);

	(void)state;
	check_memory(f, 20);
	assert_true(f->flushes > 20);
	target_free(f);
}

static void test_a_batch_inside_the_dp_is_one_flush(void **state)
{
	struct fake_swd *f = target(false);
	uint32_t dpidr = 0, ctrl_stat = 0;

	(void)state;
	f->port->ops->read(f->port, PORT_DP(0), &dpidr);
	f->port->ops->write(f->port, PORT_DP(8), 0);
	f->port->ops->read(f->port, PORT_DP(4), &ctrl_stat);
	assert_int_equal(f->port->ops->run(f->port), OK);
	assert_int_equal(f->flushes, 1);
	assert_int_equal(dpidr, FAKE_DPIDR);
	assert_int_equal(ctrl_stat, 0xf0000000);
	target_free(f);
}

/* A flag from before refuses SELECT: that is told, the link stays, and so does the flag. */
static void test_a_refusal_inside_the_dp_is_told(void **state)
{
	struct fake_swd *f = target(false);
	uint32_t ctrl_stat = 0;

	(void)state;
	f->dp.ctrl |= BIT(5);
	f->port->ops->write(f->port, PORT_DP(8), 0);
	f->port->ops->write(f->port, PORT_DP(8), 0x10);
	assert_int_equal(f->port->ops->run(f->port), ERR_DAP_FAULT);
	assert_int_equal(f->port->failed_at, 0);
	error_clear();
	f->port->ops->read(f->port, PORT_DP(4), &ctrl_stat);
	assert_int_equal(f->port->ops->run(f->port), OK);
	assert_int_equal(ctrl_stat, 0xf0000020);
	target_free(f);
}

/* A WAIT at any place of the batch changes nothing but the time. */
static void test_wait_anywhere(void **state)
{
	(void)state;
	for (int overrun = 0; overrun < 2; overrun++) {
		for (unsigned at = 0; at < 28; at++) {
			for (unsigned count = 1; count <= 3; count += 2) {
				struct fake_swd *f = target(overrun);

				f->dp.wait_at = at;
				f->dp.wait_count = count;
				check_memory(f, 10);
				if (at < 24)
					assert_int_equal(f->port->stats.waits, count);
				target_free(f);
			}
		}
	}
}

static void test_endless_wait_ends_with_its_place(void **state)
{
	(void)state;
	for (int overrun = 0; overrun < 2; overrun++) {
		struct fake_swd *f = target(overrun);
		uint32_t src[8] = { 0 };

		f->dp.wait_at = 4;
		f->dp.wait_count = ~0u;
		queue_tar(f, FAKE_RAM_BASE);
		f->port->ops->write_block(f->port, PORT_AP(0xc), src, 8);
		assert_int_equal(f->port->ops->run(f->port), ERR_DAP_WAIT);
		assert_int_equal(f->port->failed_at, 1);
		assert_int_equal(f->port->failed_word, 3);
		assert_int_equal(f->port->item_count, 0);
		target_free(f);
	}
}

/* Word `bad` of a block is the first outside of memory. */
static void fault_at(bool overrun, bool is_read, unsigned bad)
{
	struct fake_swd *f = target(overrun);
	uint32_t buffer[16], before = 0x55;

	memset(buffer, 0xaa, sizeof(buffer));
	queue_tar(f, FAKE_RAM_BASE);
	f->port->ops->read(f->port, PORT_AP(0xc), &before);
	queue_tar(f, FAKE_RAM_BASE + FAKE_RAM_SIZE - 4 * bad);
	f->dp.tar_wrap = 0x80000000;
	if (is_read)
		f->port->ops->read_block(f->port, PORT_AP(0xc), buffer, 16);
	else
		f->port->ops->write_block(f->port, PORT_AP(0xc), buffer, 16);
	assert_int_equal(f->port->ops->run(f->port), ERR_DAP_FAULT);
	assert_int_equal(f->port->failed_at, 3);
	assert_int_equal(f->port->failed_word, bad);
	assert_int_equal(before, 0);
	for (unsigned i = 0; i < 16 && is_read; i++)
		assert_int_equal(buffer[i], i < bad ? 0 : 0xaaaaaaaa);
	for (unsigned i = 0; i < bad && !is_read; i++)
		assert_int_equal(get_le32(f->dp.ram + FAKE_RAM_SIZE - 4 * bad + 4 * i), 0xaaaaaaaa);
	assert_true(f->dp.ctrl & BIT(5));	/* left for the caller to see */
	target_free(f);
}

static void test_fault_is_located_to_the_word(void **state)
{
	(void)state;
	for (unsigned bad = 0; bad < 16; bad++)
		for (unsigned mode = 0; mode < 4; mode++)
			fault_at(mode & 1, mode & 2, bad);
}

static void test_last_write_error_shows_in_the_batch(void **state)
{
	struct fake_swd *f = target(true);

	(void)state;
	queue_tar(f, 0x10000000);
	f->port->ops->write(f->port, PORT_AP(0xc), 1);
	assert_int_equal(f->port->ops->run(f->port), ERR_DAP_FAULT);
	assert_int_equal(f->port->failed_at, 1);
	target_free(f);
}

static void test_silent_target(void **state)
{
	struct fake_swd *f = target(true);
	uint32_t value = 0x1234;

	(void)state;
	f->dp.is_dead = true;
	f->port->ops->read(f->port, PORT_DP(0), &value);
	assert_int_equal(f->port->ops->run(f->port), ERR_DAP_NO_ACK);
	assert_int_equal(f->port->failed_ack, 7);
	assert_int_equal(value, 0x1234);
	assert_non_null(strstr(error_text(error_current()), "stays high"));
	target_free(f);
}

static void test_read_parity_error(void **state)
{
	struct fake_swd *f = target(true);
	uint32_t value = 0x1234;

	(void)state;
	f->spoil_parity = true;
	f->port->ops->read(f->port, PORT_DP(0), &value);
	assert_int_equal(f->port->ops->run(f->port), ERR_DAP_PARITY);
	assert_int_equal(value, 0x1234);
	target_free(f);
}

static void test_clocks_per_word(void **state)
{
	struct fake_swd *f = target(true);
	uint32_t words[100] = { 0 };

	(void)state;
	f->clocks = 0;
	queue_tar(f, FAKE_RAM_BASE);
	f->port->ops->write_block(f->port, PORT_AP(0xc), words, 100);
	assert_int_equal(f->port->ops->run(f->port), OK);
	assert_int_equal(f->clocks, 102 * SWD_PACKET_BITS +
					    8); /* TAR, RDBUFF and the idle clocks at the end */
	target_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_write_data),
		cmocka_unit_test(test_read_capture),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_selection_alert_is_the_lfsr),
		cmocka_unit_test(test_a_batch_is_one_flush_with_overrun_detection),
		cmocka_unit_test(test_a_batch_inside_the_dp_is_one_flush),
		cmocka_unit_test(test_a_refusal_inside_the_dp_is_told),
		cmocka_unit_test(test_without_overrun_detection_it_is_slow_but_right),
		cmocka_unit_test(test_wait_anywhere),
		cmocka_unit_test(test_endless_wait_ends_with_its_place),
		cmocka_unit_test(test_fault_is_located_to_the_word),
		cmocka_unit_test(test_last_write_error_shows_in_the_batch),
		cmocka_unit_test(test_silent_target),
		cmocka_unit_test(test_read_parity_error),
		cmocka_unit_test(test_clocks_per_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
