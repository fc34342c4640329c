/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why nothing answers: each look of a silent link has its cause; a slower clock mends what it can. */
#include "fake_port.h"

#include "dap/contact.h"
#include "dap/identity.h"
#include "dap/pattern.h"

/* The probe around the fake port, as the tests want it to look. */
static struct look {
	int millivolts;
	unsigned released_ack;		/* of a target that does not answer */
	bool is_short_low, is_short_high, nreset_low, has_pins;
	uint32_t max_khz;		/* above it every 7th transfer is misread */
	bool wakes_under_reset;
	unsigned speeds_set, resets;
} look;

static unsigned transfer_count;

static enum err probe_voltage(struct adapter *adapter, int *mv)
{
	(void)adapter;
	*mv = look.millivolts;
	return OK;
}

static enum err probe_pins(struct adapter *adapter, enum pin_drive swdio, struct pin_levels *levels)
{
	bool high = swdio != PIN_DRIVE_LOW;

	(void)adapter;
	if (!look.has_pins)
		return error_why(ERR_UNSUPPORTED, "no pins");
	if (look.is_short_low)
		high = false;
	if (look.is_short_high)
		high = true;
	levels->known = PIN_SWDIO | PIN_NRESET;
	levels->high = (high ? PIN_SWDIO : 0) | (look.nreset_low ? 0 : PIN_NRESET);
	return OK;
}

static enum err probe_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	(void)adapter;
	look.speeds_set++;
	*actual = khz;
	return OK;
}

static enum err probe_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct fake_board *board = adapter->port.priv;

	(void)trst;
	look.resets += srst;
	if (look.wakes_under_reset)
		board->dp.is_dead = !srst;
	return OK;
}

static const enum transport swd_only[] = { TRANSPORT_SWD, TRANSPORT_NONE };
static const struct adapter_driver driver = {
	.name = "fake",
	.transports = swd_only,
	.read_voltage = probe_voltage,
	.read_pins = probe_pins,
	.set_speed = probe_speed,
	.set_reset = probe_reset,
};

/* Silence as the line's level makes it, and bits that flip above a clock. */
static enum err noisy_run(struct dap_port *port)
{
	struct fake_board *board = port->priv;
	struct port_pos pos = { 0 };
	enum err rc;

	for (size_t i = 0; look.max_khz && board->adapter.actual_khz > look.max_khz &&
			   i < port->item_count; i++) {
		if (++transfer_count % 7 != 0)
			continue;
		pos.item = i;
		port_fail(port, pos, ERR_DAP_PARITY, 1);
		port_reset_queue(port);
		return ERR_DAP_PARITY;
	}
	rc = fake_run(port);
	if (rc == ERR_DAP_NO_ACK) {
		port_fail(port, pos, rc, look.released_ack);
		return rc;
	}
	return rc;
}

static struct fake_board *board_with(struct look wanted)
{
	static struct dap_port_ops ops;
	struct fake_board *b = fake_board_new();

	look = wanted;
	transfer_count = 0;
	ops = fake_ops;
	ops.run = noisy_run;
	b->adapter.driver = &driver;
	b->adapter.port.ops = &ops;
	b->adapter.speed_khz = b->adapter.actual_khz = 4000;
	return b;
}

static void test_each_look_has_its_cause(void **state)
{
	static const struct {
		const char *name, *seen, *cause;
		struct look look;
	} cases[] = {
		{ "no power", "VTref is 0.00 V", "the target has no power",
		  { .millivolts = 0, .released_ack = 7 } },
		{ "no power beats a short", "VTref is 0.20 V", "the target has no power",
		  { .millivolts = 200, .released_ack = 0, .has_pins = true, .is_short_low = true } },
		{ "short to ground", "even when the probe drives it high", "SWDIO is shorted to ground",
		  { .millivolts = 3300, .released_ack = 0, .has_pins = true, .is_short_low = true } },
		{ "short to supply", "even when the probe drives it low", "shorted to the supply",
		  { .millivolts = -1, .released_ack = 7, .has_pins = true, .is_short_high = true } },
		{ "swapped", "SWDIO stays low", "SWDIO and SWCLK are swapped",
		  { .millivolts = 3300, .released_ack = 0, .has_pins = true } },
		{ "held", "nRST is low", "something else holds the target in reset",
		  { .millivolts = 3300, .released_ack = 7, .has_pins = true, .nreset_low = true } },
		{ "held or off", "nRST is low", "no power, or something else holds it in reset",
		  { .millivolts = -1, .released_ack = 7, .has_pins = true, .nreset_low = true } },
		{ "open", "SWDIO stays high, VTref is 3.30 V", "SWDIO or SWCLK is not connected",
		  { .millivolts = 3300, .released_ack = 7, .has_pins = true } },
		{ "blind, high", "SWDIO stays high", "no target power, SWDIO or SWCLK not connected",
		  { .millivolts = -1, .released_ack = 7 } },
		{ "blind, low", "SWDIO stays low", "SWDIO is shorted, driven by the application",
		  { .millivolts = -1, .released_ack = 0 } },
		{ "garbled", "the answer is garbled at 4000 kHz", "something answers, but bits are wrong",
		  { .millivolts = 3300, .released_ack = 5 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_board *b = board_with(cases[i].look);
		const char *text;

		b->dp.is_dead = true;
		assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
		text = error_text(error_current());
		if (strstr(text, cases[i].seen) == NULL || strstr(text, cases[i].cause) == NULL)
			fail_msg("%s: %s", cases[i].name, text);
		assert_non_null(strstr(text, "Error connecting DP: cannot read IDR: "));
		assert_true(error_current()->next[0] != '\0');
		assert_int_equal(b->adapter.actual_khz, 4000);
		assert_false(b->dap.is_connected);
		fake_board_free(b);
	}
}

static void test_things_are_tried_once(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = -1, .released_ack = 7 });
	unsigned speeds;

	(void)state;
	b->dp.is_dead = true;
	b->adapter.reset_config = RESET_HAS_SRST;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	assert_int_equal(look.resets, 1);
	speeds = look.speeds_set;
	assert_true(speeds > 0);
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	assert_int_equal(look.resets, 1);
	assert_int_equal(look.speeds_set, speeds);
	fake_board_free(b);
}

static void test_the_reset_line_is_not_touched_unless_it_is_declared(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = -1, .released_ack = 7 });

	(void)state;
	b->dp.is_dead = true;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	assert_int_equal(look.resets, 0);
	fake_board_free(b);
}

static void test_firmware_that_takes_the_pins(void **state)
{
	struct fake_board *b = board_with((struct look){
		.millivolts = 3300, .released_ack = 7, .wakes_under_reset = true });

	(void)state;
	b->dp.is_dead = true;
	b->adapter.reset_config = RESET_HAS_SRST;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	assert_non_null(strstr(error_text(error_current()), "only while nRST is low"));
	assert_non_null(strstr(error_current()->next, "connect_assert_srst"));
	assert_false(b->dap.is_connected);
	fake_board_free(b);
}

static void test_a_clock_too_fast_is_lowered(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = 3300, .max_khz = 1300 });
	uint32_t idr;

	(void)state;
	transfer_count = 4;		/* the third from now is misread */
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(b->adapter.actual_khz, 1200);
	assert_int_equal(b->adapter.speed_khz, 1200);
	assert_int_equal(b->dap.slowdowns, 1);
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(idr, FAKE_IDR);
	/* TAR was written behind the caches' back. */
	assert_false(b->ap->tar_valid && b->ap->generation == b->dap.generation);
	fake_board_free(b);
}

/* The clock fails later, in the middle of work: the error says what was done about it. */
static void test_noise_later_lowers_the_clock_too(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = 3300 });
	uint32_t word;

	(void)state;
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(mem_ap_probe(b->ap), OK);
	look.max_khz = 2000;
	transfer_count = 6;
	assert_int_equal(mem_ap_read32(b->ap, FAKE_RAM_BASE, &word), ERR_DAP_PARITY);
	assert_non_null(strstr(error_current()->next, "from 4000 to 2000 kHz"));
	assert_int_equal(mem_ap_read32(b->ap, FAKE_RAM_BASE, &word), OK);
	fake_board_free(b);
}

static void test_a_glitch_leaves_the_clock_alone(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = 3300, .released_ack = 7 });
	uint32_t idr;

	(void)state;
	assert_int_equal(dap_connect(&b->dap), OK);
	b->dp.accesses = 0;
	b->dp.silent_at = 1;
	b->dp.silent_count = 1;
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), ERR_DAP_NO_ACK);
	assert_int_equal(b->adapter.actual_khz, 4000);
	assert_int_equal(b->dap.slowdowns, 0);
	fake_board_free(b);
}

static void test_the_good_case_costs_nothing(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = 3300 });

	(void)state;
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(b->connects, 1);
	assert_int_equal(b->runs, 1);
	assert_int_equal(look.speeds_set, 0);
	fake_board_free(b);
}

static void test_the_pattern_touches_no_memory(void **state)
{
	struct fake_board *b = board_with((struct look){ .millivolts = 3300 });
	struct pattern_test test = { 0 };

	(void)state;
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(pattern_prepare(&b->dap, &test), OK);
	assert_int_equal(test.apsel, 0);
	b->dp.bus_accesses = 0;
	assert_true(pattern_run(&test));
	assert_int_equal(b->dp.bus_accesses, 0);
	assert_true(test.transfers > PATTERN_ROUNDS);
	/* A tar register with a bit that sticks is not clean. */
	test.idr ^= 1;
	assert_false(pattern_run(&test));
	assert_true(test.errors > 0);
	fake_board_free(b);
}

static void test_ids_are_read_as_people_write_them(void **state)
{
	char digits[IDENTITY_DIGITS + 1];

	(void)state;
	assert_int_equal(identity_parse("0x42003200 14503235-53:32:36:20", digits), OK);
	assert_string_equal(digits, "420032001450323553323620");
	assert_int_equal(identity_parse("ABCDEF", digits), OK);
	assert_string_equal(digits, "abcdef");
	assert_int_equal(identity_parse("12345678901234567890123456789012", digits), OK);
	assert_int_equal(identity_parse("123456789012345678901234567890123", digits), ERR_ARGUMENT);
	assert_int_equal(identity_parse("12g4", digits), ERR_ARGUMENT);
	assert_int_equal(identity_parse("", digits), ERR_ARGUMENT);
	error_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_look_has_its_cause),
		cmocka_unit_test(test_things_are_tried_once),
		cmocka_unit_test(test_the_reset_line_is_not_touched_unless_it_is_declared),
		cmocka_unit_test(test_firmware_that_takes_the_pins),
		cmocka_unit_test(test_a_clock_too_fast_is_lowered),
		cmocka_unit_test(test_noise_later_lowers_the_clock_too),
		cmocka_unit_test(test_a_glitch_leaves_the_clock_alone),
		cmocka_unit_test(test_the_good_case_costs_nothing),
		cmocka_unit_test(test_the_pattern_touches_no_memory),
		cmocka_unit_test(test_ids_are_read_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
