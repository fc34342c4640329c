/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JTAG: scans as bit strings, identities, then the port against a chain of real TAP state machines.
 */
#include "fake_dp.h"

#include "adapter/chain.h"
#include "adapter/flight.h"
#include "wire/bit_port.h"
#include "wire/jtag.h"

/* 35-bit requests, value and the order they go into TDI (IHI 0031 B3.2). */
static const struct {
	uint8_t reg;
	bool is_read;
	uint32_t value;
	uint64_t scan;
} scans[] = {
	{ 0x4, false, 0x50000000, 0x280000002 }, { 0x4, true, 0, 0x3 }, { 0xc, true, 0, 0x7 },
	{ 0x8, false, 0xf0, 0x784 },		 { 0x5, false, 0x20000000, 0x100000002 },
};

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scans); i++)
		assert_true(jtag_dp_request(scans[i].reg, scans[i].is_read, scans[i].value) ==
			    scans[i].scan);
	assert_int_equal(jtag_dp_ack(2), 1);		/* OK or FAULT */
	assert_int_equal(jtag_dp_ack(1), 2);		/* WAIT */
	assert_int_equal(jtag_dp_ack(7), 7);
	assert_int_equal(jtag_dp_ack(0), 0);
	assert_int_equal(jtag_dp_data(0x2ba01477ull << 3 | 2), 0x2ba01477);
}

static void test_clocks(void **state)
{
	static const struct jtag_chain two = { 2, { 4, 5 } }, alone = { 1, { 4 } };
	struct jtag_bits bits = { 0 };

	(void)state;
	assert_int_equal(jtag_put_tap_dr(&bits, &alone, 0, scans[0].scan, 35), 3);
	assert_int_equal(bits.count, 40);
	for (unsigned i = 0; i < 35; i++)
		assert_int_equal(bit_get(bits.tdi.data, 3 + i),
				 "01000000000000000000000000000001010"[i] - '0');
	jtag_bits_clear(&bits);
	jtag_put_tap_dr(&bits, &two, 0, 0, 35);
	assert_int_equal(bits.count, 41);		/* one bypassed TAP */
	jtag_bits_clear(&bits);
	assert_int_equal(jtag_put_tap_dr(&bits, &two, 1, 0, 35), 4);
	jtag_bits_clear(&bits);
	jtag_put_tap_ir(&bits, &alone, 0, JTAG_IR_DPACC);
	assert_int_equal(bits.count, 10);
	jtag_bits_free(&bits);
}

static void put_u32(uint8_t *bits, size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 32; i++)
		bit_set(bits, at + i, value >> i & 1);
}

static void test_identities(void **state)
{
	uint8_t bits[32];
	uint32_t ids[8];
	bool stuck_low;

	(void)state;
	memset(bits, 0xff, sizeof(bits));
	assert_int_equal(jtag_parse_ids(bits, 256, ids, 8, &stuck_low), 0);
	assert_false(stuck_low);
	put_u32(bits, 0, 0x4ba00477);
	bit_set(bits, 32, 0);			/* a TAP without IDCODE */
	put_u32(bits, 33, 0x06415041);
	assert_int_equal(jtag_parse_ids(bits, 256, ids, 8, &stuck_low), 3);
	assert_int_equal(ids[0], 0x4ba00477);
	assert_int_equal(ids[1], 0);
	assert_int_equal(ids[2], 0x06415041);
	memset(bits, 0, sizeof(bits));
	assert_int_equal(jtag_parse_ids(bits, 256, ids, 8, &stuck_low), 0);
	assert_true(stuck_low);
}

/* ---- A chain: the DP nearest TDO, a boundary-scan TAP behind it. ---- */

enum {
	TLR,
	RTI,
	SEL_DR,
	CAP_DR,
	SHIFT_DR,
	EXIT1_DR,
	PAUSE_DR,
	EXIT2_DR,
	UPD_DR,
	SEL_IR,
	CAP_IR,
	SHIFT_IR,
	EXIT1_IR,
	PAUSE_IR,
	EXIT2_IR,
	UPD_IR
};

static const uint8_t next_state[16][2] = {
	[TLR] = { RTI, TLR }, [RTI] = { RTI, SEL_DR }, [SEL_DR] = { CAP_DR, SEL_IR },
	[CAP_DR] = { SHIFT_DR, EXIT1_DR }, [SHIFT_DR] = { SHIFT_DR, EXIT1_DR },
	[EXIT1_DR] = { PAUSE_DR, UPD_DR }, [PAUSE_DR] = { PAUSE_DR, EXIT2_DR },
	[EXIT2_DR] = { SHIFT_DR, UPD_DR }, [UPD_DR] = { RTI, SEL_DR }, [SEL_IR] = { CAP_IR, TLR },
	[CAP_IR] = { SHIFT_IR, EXIT1_IR }, [SHIFT_IR] = { SHIFT_IR, EXIT1_IR },
	[EXIT1_IR] = { PAUSE_IR, UPD_IR }, [PAUSE_IR] = { PAUSE_IR, EXIT2_IR },
	[EXIT2_IR] = { SHIFT_IR, UPD_IR }, [UPD_IR] = { RTI, SEL_DR },
};

struct fake_tap {
	unsigned ir_bits, ir, state;
	uint32_t idcode;
	uint64_t shift;
	unsigned length;
	struct fake_dp *dp;		/* NULL: no debug port */
	uint32_t result;		/* of the last accepted transfer */
	unsigned captured_ack;
};

struct fake_chain {
	struct fake_dp dp;
	struct fake_tap tap[2];
	struct adapter adapter;
	struct dap_port *port;
	unsigned flushes;
	int stuck;			/* -1: works */
};

static bool is_dp_access(const struct fake_tap *t)
{
	return t->dp != NULL && (t->ir == 0xa || t->ir == 0xb);
}

/* WAIT is decided here: whether the access that is being shifted will be accepted. */
static unsigned will_wait(struct fake_dp *dp)
{
	if (dp->accesses < dp->wait_at || dp->accesses - dp->wait_at >= dp->wait_count)
		return false;
	dp->accesses++;
	dp->ctrl |= dp->ctrl & 1 ? BIT(1) : 0;
	return true;
}

static void capture_dr(struct fake_tap *t)
{
	t->length = 1;
	t->shift = 0;
	if (is_dp_access(t) || (t->dp != NULL && t->ir == 0x8)) {
		t->length = 35;
		t->captured_ack = t->ir != 0x8 && will_wait(t->dp) ? 1 : 2;
		t->shift = (uint64_t)t->result << 3 | t->captured_ack;
	} else if (t->idcode != 0 && t->ir == 0xe) {
		t->length = 32;
		t->shift = t->idcode;
	}
}

static void update_dr(struct fake_tap *t)
{
	uint32_t value = (uint32_t)(t->shift >> 3);
	uint8_t reg = (uint8_t)((t->shift & 6) << 1 | (t->ir == 0xb));

	if (!is_dp_access(t) || t->captured_ack == 1)
		return;
	/* WAIT was drawn at capture; what reaches the DP now is accepted. */
	unsigned wait_count = t->dp->wait_count;

	t->dp->wait_count = 0;
	fake_dp_transfer(t->dp, reg, t->shift & 1, &value);
	t->dp->wait_count = wait_count;
	t->result = value;
}

static bool clock_tap(struct fake_tap *t, bool tms, bool tdi)
{
	bool tdo = (t->state == SHIFT_DR || t->state == SHIFT_IR) ? t->shift & 1 : 1;

	if (t->state == CAP_DR)
		capture_dr(t);
	if (t->state == CAP_IR) {
		t->shift = 1;
		t->length = t->ir_bits;
	}
	if (t->state == SHIFT_DR || t->state == SHIFT_IR)
		t->shift = t->shift >> 1 | (uint64_t)tdi << (t->length - 1);
	t->state = next_state[t->state][tms];
	if (t->state == UPD_DR)
		update_dr(t);
	if (t->state == UPD_IR)
		t->ir = (unsigned)t->shift;
	if (t->state == TLR)
		t->ir = t->dp ? 0xe : BIT(t->ir_bits) - 1;
	return tdo;
}

static void chain_bits(void *priv, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo,
		       size_t bits)
{
	struct fake_chain *c = priv;

	for (size_t i = 0; i < bits; i++) {
		/* What the far TAP shifts out enters the near one in the same clock. */
		struct fake_tap *far = &c->tap[1];
		bool between =
			far->state == SHIFT_DR || far->state == SHIFT_IR ? far->shift & 1 : 1;
		bool out = clock_tap(&c->tap[0], bit_get(tms, i), between);

		clock_tap(far, bit_get(tms, i), tdi == NULL || bit_get(tdi, i));
		if (tdo != NULL)
			bit_set(tdo, i, c->stuck < 0 ? out : c->stuck);
	}
}

static enum err chain_flush(void *priv)
{
	((struct fake_chain *)priv)->flushes++;
	return OK;
}

static const struct bit_ops chain_ops = { .jtag = chain_bits, .flush = chain_flush };
static const struct adapter_driver chain_driver = { .name = "fake", .bits = &chain_ops };

static struct fake_chain *chain_new(void)
{
	struct fake_chain *c = xcalloc(1, sizeof(*c));

	error_clear();
	fake_dp_init(&c->dp);
	c->dp.is_jtag = true;
	c->tap[0] =
		(struct fake_tap){ .ir_bits = 4, .idcode = 0x4ba00477, .dp = &c->dp, .ir = 0xe };
	c->tap[1] = (struct fake_tap){ .ir_bits = 5, .ir = 0x1f };
	c->stuck = -1;
	c->adapter.driver = &chain_driver;
	c->adapter.bits_priv = c;
	c->adapter.is_open = true;
	c->adapter.transport = TRANSPORT_JTAG;
	c->port = &c->adapter.port;
	c->port->transport = TRANSPORT_JTAG;
	c->port->wait_budget_ms = 20;
	c->port->flight = flight_new();
	adapter_add_tap(&c->adapter, "l4", "cpu")->ir_bits = 4;
	adapter_add_tap(&c->adapter, "l4", "bs")->ir_bits = 5;
	jtag_port_attach(&c->adapter);
	return c;
}

static void chain_free(struct fake_chain *c)
{
	bit_port_detach(&c->adapter);
	adapter_free_taps(&c->adapter);
	flight_free(c->port->flight);
	free(c->port->items);
	free(c);
}

static struct fake_chain *powered_chain(bool with_overrun)
{
	struct fake_chain *c = chain_new();
	uint32_t ctrl_stat = 0;

	assert_int_equal(c->port->ops->connect(c->port, LINK_SWD_TO_JTAG), OK);
	c->port->ops->write(c->port, PORT_DP(8), 0);
	c->port->ops->write(c->port, PORT_DP(4), 0x50000032 | with_overrun);
	c->port->ops->read(c->port, PORT_DP(4), &ctrl_stat);
	c->port->ops->write(c->port, PORT_AP(0), 0x23000012);
	assert_int_equal(c->port->ops->run(c->port), OK);
	assert_int_equal(ctrl_stat, 0xf0000000 | with_overrun);
	c->port->overrun_detect = with_overrun;
	c->flushes = 0;
	c->dp.accesses = 0;
	return c;
}

static void test_chain_is_found(void **state)
{
	struct fake_chain *c = chain_new();

	(void)state;
	assert_int_equal(jtag_check_chain(&c->adapter), OK);
	assert_int_equal(adapter_find_tap(&c->adapter, "l4.cpu")->idcode, 0x4ba00477);
	assert_int_equal(adapter_find_tap(&c->adapter, "l4.bs")->idcode, 0);
	chain_free(c);
}

static const struct {
	const char *name, *says;
	int stuck;
	unsigned ir_bits;
	uint32_t expected;
	bool drop_bs;
} bad_chains[] = {
	{ "nothing drives TDO", "JTAG scan chain interrogation failed: all ones", 1, 4, 0, false },
	{ "TDO is shorted", "JTAG scan chain interrogation failed: all zeroes", 0, 4, 0, false },
	{ "another chip", "JTAG tap l4.cpu: expected 0x3ba00477, found 0x4ba00477", -1, 4,
	  0x3ba00477, false },
	{ "wrong IR length", "IR capture error", -1, 6, 0, false },
	{ "a TAP too few", "the scan chain has 2 TAPs, 1 are declared", -1, 4, 0, true },
};

static void test_bad_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_chains); i++) {
		struct fake_chain *c = chain_new();
		struct tap *cpu = adapter_find_tap(&c->adapter, "l4.cpu");

		c->stuck = bad_chains[i].stuck;
		cpu->ir_bits = bad_chains[i].ir_bits;
		if (bad_chains[i].expected != 0)
			cpu->expected_ids[cpu->expected_id_count++] = bad_chains[i].expected;
		cpu->next->is_enabled = !bad_chains[i].drop_bs;
		assert_int_equal(jtag_check_chain(&c->adapter), ERR_DAP_JTAG_CHAIN);
		if (strstr(error_text(error_current()), bad_chains[i].says) == NULL)
			fail_msg("%s: %s", bad_chains[i].name, error_text(error_current()));
		chain_free(c);
	}
}

static void check_memory(struct fake_chain *c, size_t words)
{
	uint32_t *src = xcalloc(words, 4), *dst = xcalloc(words, 4), tar = 0, idr = 0, idcode = 0;

	for (size_t i = 0; i < words; i++)
		src[i] = 0x01010101u * (uint32_t)(i + 1);
	c->port->ops->write(c->port, PORT_AP(4), FAKE_RAM_BASE);
	c->port->ops->write_block(c->port, PORT_AP(0xc), src, words);
	c->port->ops->write(c->port, PORT_AP(4), FAKE_RAM_BASE);
	c->port->ops->read_block(c->port, PORT_AP(0xc), dst, words);
	c->port->ops->read(c->port, PORT_AP(4), &tar);
	c->port->ops->write(c->port, PORT_DP(8), 0xf0);
	c->port->ops->read(c->port, PORT_AP(0xc), &idr);
	c->port->ops->write(c->port, PORT_DP(8), 0);
	c->port->ops->read(c->port, PORT_DP(0), &idcode);
	assert_int_equal(c->port->ops->run(c->port), OK);
	assert_memory_equal(dst, src, words * 4);
	assert_int_equal(tar, FAKE_RAM_BASE + words * 4 % 0x400);
	assert_int_equal(idr, FAKE_IDR);
	assert_int_equal(idcode, FAKE_DPIDR);
	free(src);
	free(dst);
}

static void test_a_batch_is_one_flush(void **state)
{
	struct fake_chain *c = powered_chain(true);

	(void)state;
	check_memory(c, 200);
	assert_int_equal(c->flushes, 1);
	chain_free(c);
}

/* With and without overrun detection, at any place, also where SELECT changes behind it. */
static void test_wait_anywhere(void **state)
{
	(void)state;
	for (int overrun = 0; overrun < 2; overrun++) {
		for (unsigned at = 0; at < 26; at++) {
			for (unsigned count = 1; count <= 3; count += 2) {
				struct fake_chain *c = powered_chain(overrun);

				c->dp.wait_at = at;
				c->dp.wait_count = count;
				check_memory(c, 8);
				if (at < 22)
					assert_int_equal(c->port->stats.waits > 0, 1);
				chain_free(c);
			}
		}
	}
}

static void test_endless_wait(void **state)
{
	struct fake_chain *c = powered_chain(true);
	uint32_t src[8] = { 0 };

	(void)state;
	c->dp.wait_at = 4;
	c->dp.wait_count = ~0u;
	c->port->ops->write(c->port, PORT_AP(4), FAKE_RAM_BASE);
	c->port->ops->write_block(c->port, PORT_AP(0xc), src, 8);
	assert_int_equal(c->port->ops->run(c->port), ERR_DAP_WAIT);
	chain_free(c);
}

static void test_fault_is_noticed_and_nothing_is_delivered(void **state)
{
	struct fake_chain *c = powered_chain(true);
	uint32_t value = 0x55, dp = 0x66;

	(void)state;
	c->port->ops->read(c->port, PORT_DP(0), &dp);
	c->port->ops->write(c->port, PORT_AP(4), 0x10000000);
	c->port->ops->read(c->port, PORT_AP(0xc), &value);
	assert_int_equal(c->port->ops->run(c->port), ERR_DAP_FAULT);
	assert_int_equal(c->port->failed_at, 2);
	assert_int_equal(value, 0x55);
	assert_int_equal(dp, 0x66);
	assert_true(c->dp.ctrl & BIT(5));
	chain_free(c);
}

static void test_raw_scan_in_between(void **state)
{
	struct fake_chain *c = powered_chain(true);
	struct jtag_bits bits = { 0 };

	(void)state;
	jtag_put_reset(&bits);
	assert_int_equal(jtag_exchange(&c->adapter, &bits, NULL), OK);
	jtag_bits_free(&bits);
	check_memory(c, 4);		/* the port loads the instruction register again */
	chain_free(c);
}

static void test_broken_wire(void **state)
{
	struct fake_chain *c = powered_chain(true);
	uint32_t value = 0x55;

	(void)state;
	c->stuck = 1;
	c->port->ops->read(c->port, PORT_DP(0), &value);
	assert_int_equal(c->port->ops->run(c->port), ERR_DAP_NO_ACK);
	assert_int_equal(value, 0x55);
	assert_non_null(strstr(error_text(error_current()), "TDO stays high"));
	chain_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_chain_is_found),
		cmocka_unit_test(test_bad_chains),
		cmocka_unit_test(test_a_batch_is_one_flush),
		cmocka_unit_test(test_wait_anywhere),
		cmocka_unit_test(test_endless_wait),
		cmocka_unit_test(test_fault_is_noticed_and_nothing_is_delivered),
		cmocka_unit_test(test_raw_scan_in_between),
		cmocka_unit_test(test_broken_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
