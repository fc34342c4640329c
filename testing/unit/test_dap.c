/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug Port: connecting, the SELECT cache, and what is left after each kind of failure. */
#include "fake_port.h"

static void test_connect(void **state)
{
	struct fake_board *b = fake_board_new();

	(void)state;
	b->dp.ctrl = 0x20;		/* somebody left a sticky error behind */
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(b->dap.dpidr, FAKE_DPIDR);
	assert_true(b->dap.is_connected);
	assert_int_equal(b->dp.ctrl, 0x50000000);
	assert_int_equal(b->connects, 1);
	assert_true(b->runs <= 2);
	fake_board_free(b);
}

static void test_connect_sets_overrun_detection_if_the_port_wants_it(void **state)
{
	struct fake_board *b = fake_board_new();

	(void)state;
	b->adapter.port.wants_overrun_detect = true;
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(b->dp.ctrl, 0x50000001);
	assert_true(b->adapter.port.overrun_detect);
	fake_board_free(b);
}

static void test_silence_is_explained_once(void **state)
{
	struct fake_board *b = fake_board_new();
	const char *text;

	(void)state;
	b->dp.is_dead = true;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	text = error_text(error_current());
	assert_ptr_equal(strstr(text, "Error connecting DP: cannot read IDR: SWDIO stays high"),
			 text);
	assert_false(b->dap.is_connected);
	/* The second attempt does not wait half a second again. */
	b->connects = 0;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	assert_true(b->connects <= 5);
	fake_board_free(b);
}

/* A former session's access hangs: the link is fine, and DAPABORT frees it. */
static void test_connect_gives_up_a_hung_access(void **state)
{
	struct fake_board *b = fake_board_new();

	(void)state;
	b->dp.wait_at = 0;
	b->dp.wait_count = 1;
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(b->aborts, 1);
	assert_int_equal(b->adapter.port.wait_budget_ms, 50);
	fake_board_free(b);
}

static void test_a_bus_that_stays_busy_is_not_called_silent(void **state)
{
	struct fake_board *b = fake_board_new();
	const char *text;

	(void)state;
	b->dp.wait_at = 0;
	b->dp.wait_count = ~0u;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_WAIT);
	text = error_text(error_current());
	assert_ptr_equal(strstr(text, "Error connecting DP: the target's bus stayed busy"), text);
	assert_null(strstr(text, "SWDIO"));
	assert_int_equal(b->adapter.port.wait_budget_ms, 50);
	fake_board_free(b);
}

static void test_power_that_is_never_acknowledged(void **state)
{
	struct fake_board *b = fake_board_new();

	(void)state;
	b->dp.powered_by_request = false;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_POWER);
	assert_non_null(strstr(error_current()->evidence, "CTRL/STAT = 0x50000000"));
	fake_board_free(b);
}

static struct fake_board *connected(void)
{
	struct fake_board *b = fake_board_new();

	assert_int_equal(dap_connect(&b->dap), OK);
	b->runs = b->connects = 0;
	b->dp.select_writes = b->dp.transfers = 0;
	b->dp.accesses = 0;
	return b;
}

static void test_select_is_written_when_it_changes(void **state)
{
	struct fake_board *b = connected();
	uint32_t idr, base, csw;

	(void)state;
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	dap_read_ap(&b->dap, 0, AP_BASE, &base);
	dap_read_ap(&b->dap, 0, AP_CSW, &csw);
	dap_read_ap(&b->dap, 0, AP_CSW, &csw);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(b->runs, 1);
	assert_int_equal(b->dp.select_writes, 2);
	assert_int_equal(idr, FAKE_IDR);
	assert_int_equal(base, 0xe00ff003);
	fake_board_free(b);
}

static void test_dp_bank_goes_back_to_0(void **state)
{
	struct fake_board *b = connected();
	uint32_t dlcr, ctrl_stat;

	(void)state;
	dap_read_dp(&b->dap, 0x14, &dlcr);
	dap_read_dp(&b->dap, DP_CTRL_STAT, &ctrl_stat);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(b->dp.select & 0xf, 0);
	assert_int_equal(ctrl_stat, 0xf0000000);
	fake_board_free(b);
}

static void test_fault_is_decoded_and_cleared(void **state)
{
	struct fake_board *b = connected();
	uint32_t idr;

	(void)state;
	dap_write_ap(&b->dap, 0, AP_TAR, 0x10000000);
	dap_write_ap(&b->dap, 0, AP_DRW, 1);
	assert_int_equal(dap_run(&b->dap), ERR_DAP_FAULT);
	assert_non_null(strstr(error_current()->evidence, "STICKYERR: the bus refused an access"));
	assert_int_equal(b->dap.last_ctrl_stat & 0x20, 0x20);
	assert_int_equal(b->dp.ctrl, 0x50000000);
	assert_false(b->dap.select_valid);
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(idr, FAKE_IDR);
	fake_board_free(b);
}

static void test_wait_storm_is_aborted(void **state)
{
	struct fake_board *b = connected();
	uint32_t idr;

	(void)state;
	b->dp.wait_at = 1;
	b->dp.wait_count = 1;
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), ERR_DAP_WAIT);
	assert_int_equal(b->aborts, 1);
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), OK);
	fake_board_free(b);
}

static void test_glitch_is_mended_by_a_line_reset(void **state)
{
	struct fake_board *b = connected();
	uint32_t idr;

	(void)state;
	b->dp.silent_at = 1;
	b->dp.silent_count = 1;
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), ERR_DAP_NO_ACK);
	assert_int_equal(b->connects, 1);
	assert_true(b->dap.is_connected);
	assert_int_equal(dap_run(&b->dap), OK);
	fake_board_free(b);
}

/* The user switches the board off and on: one error that says so, then it works again. */
static void test_power_cycle(void **state)
{
	struct fake_board *b = connected();
	uint32_t idr, value;

	(void)state;
	b->dp.ctrl = 0;
	b->dp.select = 0xdeadbeef;
	b->dap.select_valid = false;
	dap_read_ap(&b->dap, 0, AP_DRW, &value);
	assert_int_equal(dap_run(&b->dap), ERR_DAP_POWER);
	assert_non_null(strstr(error_text(error_current()), "debug power was lost"));
	assert_int_equal(b->dp.ctrl, 0x50000000);
	dap_read_ap(&b->dap, 0, AP_IDR, &idr);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(idr, FAKE_IDR);
	fake_board_free(b);
}

static void test_disconnect_drops_the_requests(void **state)
{
	struct fake_board *b = connected();

	(void)state;
	assert_int_equal(dap_disconnect(&b->dap), OK);
	assert_int_equal(b->dp.ctrl, 0);
	assert_false(b->dap.is_connected);
	fake_board_free(b);
}

/* Two debug ports on one wire: each is selected before it is spoken to, and only then. */
static void test_multidrop(void **state)
{
	struct fake_board *b = fake_board_new();
	struct dap other = { .adapter = &b->adapter,
			     .port = &b->adapter.port,
			     .has_multidrop = true };
	uint32_t value;

	(void)state;
	b->dap.has_multidrop = true;
	b->dap.dp_id = 0x01002927;
	b->dap.instance_id = 1;
	b->dp.targetid = 0x01002927;
	b->dp.dlpidr = 0x10000001;
	assert_int_equal(dap_connect(&b->dap), OK);
	assert_int_equal(b->targetsel, 0x11002927);
	assert_int_equal(b->selections, 1);
	dap_read_ap(&b->dap, 0, AP_IDR, &value);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(b->selections, 1);

	other.dp_id = 0x01002927;
	b->dp.dlpidr = 0x00000001;
	assert_int_equal(dap_connect(&other), OK);
	assert_int_equal(b->targetsel, 0x01002927);
	dap_read_ap(&b->dap, 0, AP_IDR, &value);
	assert_int_equal(dap_run(&b->dap), OK);
	assert_int_equal(b->selections, 3);
	assert_int_equal(b->targetsel, 0x11002927);

	/* Another chip answers to the selection. */
	b->dp.targetid = 0x0bad0001;
	assert_int_equal(dap_connect(&b->dap), ERR_DAP_NO_ACK);
	assert_non_null(strstr(error_text(error_current()), "another one"));
	fake_board_free(b);
}

static void test_words_for_ctrl_stat(void **state)
{
	char text[160];

	(void)state;
	dap_describe_ctrl_stat(0xf0000020, text, sizeof(text));
	assert_string_equal(text, "STICKYERR: the bus refused an access");
	dap_describe_ctrl_stat(0xf0000000, text, sizeof(text));
	assert_string_equal(text, "no error flag");
	dap_describe_ctrl_stat(0, text, sizeof(text));
	assert_string_equal(text, "no CDBGPWRUPACK: debug is unpowered");
	dap_describe_ctrl_stat(0xf00000a2, text, 8);
	assert_int_equal(strlen(text), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_connect_sets_overrun_detection_if_the_port_wants_it),
		cmocka_unit_test(test_silence_is_explained_once),
		cmocka_unit_test(test_connect_gives_up_a_hung_access),
		cmocka_unit_test(test_a_bus_that_stays_busy_is_not_called_silent),
		cmocka_unit_test(test_power_that_is_never_acknowledged),
		cmocka_unit_test(test_select_is_written_when_it_changes),
		cmocka_unit_test(test_dp_bank_goes_back_to_0),
		cmocka_unit_test(test_fault_is_decoded_and_cleared),
		cmocka_unit_test(test_wait_storm_is_aborted),
		cmocka_unit_test(test_glitch_is_mended_by_a_line_reset),
		cmocka_unit_test(test_power_cycle),
		cmocka_unit_test(test_disconnect_drops_the_requests),
		cmocka_unit_test(test_multidrop),
		cmocka_unit_test(test_words_for_ctrl_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
