/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs of adapter, TAPs and DAP as configurations use them: results, refusals, nothing on a wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapter/adapter.h"
#include "base/log.h"
#include "dap/dap.h"

struct bench {
	struct loop *loop;
	struct script *script;
	struct adapter *adapter;
	struct dap_list *daps;
};

static struct bench bench_new(void)
{
	struct bench b = { .loop = loop_new() };

	b.script = script_new(b.loop, false);
	b.adapter = adapter_new(b.loop, b.script);
	b.daps = dap_list_new(b.adapter);
	log_set_level(LOG_ERROR);
	error_clear();
	return b;
}

static void bench_free(struct bench *b)
{
	dap_list_free(b->daps);
	adapter_free(b->adapter);
	script_free(b->script);
	loop_free(b->loop);
}

struct step {
	const char *text;
	const char *result;		/* NULL: any */
	const char *error;		/* NULL: it must succeed */
};

static void run_steps(const struct step *steps)
{
	struct bench b = bench_new();

	for (; steps->text != NULL; steps++) {
		struct buf result = { 0 };
		enum err rc = script_eval(b.script, NULL, steps->text, "test", 1, &result);
		const char *text = result.data ? (const char *)result.data : "";

		if (steps->error != NULL && rc == OK)
			fail_msg("%s: succeeded with \"%s\"", steps->text, text);
		if (steps->error != NULL &&
		    strstr(error_text(error_current()), steps->error) == NULL)
			fail_msg("%s: \"%s\"", steps->text, error_text(error_current()));
		if (steps->error == NULL && rc != OK)
			fail_msg("%s: \"%s\"", steps->text, error_text(error_current()));
		if (steps->result != NULL && strcmp(steps->result, text) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", steps->text, text, steps->result);
		error_clear();
		buf_free(&result);
	}
	bench_free(&b);
}

static void test_adapter(void **state)
{
	static const struct step steps[] = {
		{ "adapter name", "undefined", NULL },
		{ "transport select", NULL, "Debug adapter does not support any transports?" },
		{ "using_jtag", "0", NULL },
		{ "adapter driver nonesuch", NULL,
		  "The specified debug interface was not found (nonesuch)" },
		{ "adapter driver cmsis-dap", "", NULL },
		{ "adapter driver remote_bitbang", "", NULL },	/* ignored with a warning */
		{ "adapter name", "cmsis-dap", NULL },
		{ "adapter speed", "adapter speed: 0 kHz", NULL },
		{ "adapter speed 4000", "adapter speed: 4000 kHz", NULL },
		{ "adapter speed fast", NULL, "fast" },
		{ "adapter srst delay 100", "adapter srst delay: 100", NULL },
		{ "adapter srst delay", "adapter srst delay: 100", NULL },
		{ "adapter srst pulse_width", "adapter srst pulse_width: 0", NULL },
		{ "adapter serial ABC", "ABC", NULL },
		{ "adapter usb location 1-2.3", "adapter usb location: 1-2.3", NULL },
		{ "adapter usb vid_pid 0x1234 0x5678", "", NULL },
		{ "adapter assert", "trst not present\nsrst not present", NULL },
		{ "adapter assert srst", NULL, "adapter has no srst signal" },
		{ "dict get [adapter stats] transfers", "0", NULL },
		{ "adapter stats reset", "", NULL },
		{ "cmsis-dap backend tcp", "", NULL },
		{ "cmsis-dap backend pigeon", NULL, "pigeon" },
		{ "cmsis-dap tcp host probe.local", "probe.local", NULL },
		{ "cmsis-dap tcp port", "4441", NULL },
		{ "cmsis-dap tcp port 70000", NULL, "70000 is no TCP port" },
		{ "cmsis_dap_vid_pid 0x0d28 0x0204", "", NULL },
		{ 0 }
	};

	(void)state;
	run_steps(steps);
}

static void test_old_names(void **state)
{
	static const struct step steps[] = {
		{ "interface cmsis-dap", "", NULL },
		{ "adapter_khz 1000", "adapter speed: 1000 kHz", NULL },
		{ "jtag_khz 500", "adapter speed: 500 kHz", NULL },
		{ "adapter_nsrst_delay 7", "adapter srst delay: 7", NULL },
		{ "jtag_nsrst_assert_width 8", "adapter srst pulse_width: 8", NULL },
		{ "adapter srst delay", "adapter srst delay: 7", NULL },
		{ 0 }
	};

	(void)state;
	run_steps(steps);
}

static void test_reset_config(void **state)
{
	static const struct step steps[] = {
		{ "reset_config", "none separate", NULL },
		{ "reset_config srst_only",
		  "srst_only separate srst_gates_jtag srst_open_drain connect_deassert_srst",
		  NULL },
		{ "reset_config connect_assert_srst srst_nogate",
		  "srst_only separate srst_nogate srst_open_drain connect_assert_srst", NULL },
		{ "reset_config trst_and_srst combined trst_open_drain srst_push_pull",
		  "trst_and_srst combined srst_nogate trst_open_drain srst_push_pull "
		  "connect_assert_srst",
		  NULL },
		{ "reset_config foo", NULL, "unknown reset_config flag (foo)" },
		{ "reset_config srst_only trst_only", NULL, "extra reset_config" },
		{ "reset_config none", "none combined", NULL },
		{ 0 }
	};

	(void)state;
	run_steps(steps);
}

static void test_transport(void **state)
{
	static const struct step steps[] = {
		{ "adapter driver cmsis-dap", "", NULL },
		{ "transport select spi", NULL, "Debug adapter doesn't support 'spi' transport" },
		{ "transport select", "swd", NULL },
		{ "transport select hla_swd", "swd", NULL },
		{ "transport select jtag", "jtag", NULL },	/* the last one before the link holds */
		{ "transport select dapdirect_swd", "swd", NULL },
		{ "list [using_swd] [using_jtag] [using_hla]", "1 0 0", NULL },
		{ "jtag_ntrst_delay 10", NULL,
		  "session transport is \"swd\" but your config requires JTAG" },
		{ "transport list", "The following transports are available:\n\tswd\n\tjtag",
		  NULL },
		{ 0 }
	};
	static const struct step jtag[] = {
		{ "transport select jtag", "jtag", NULL },	/* before the driver */
		{ "adapter driver remote_bitbang", "", NULL },
		{ "transport select", "jtag", NULL },
		{ "jtag_ntrst_delay 10", "jtag_ntrst_delay: 10", NULL },
		{ "jtag newtap c cpu -expected-id 1", NULL, "-irlen is missing" },
		{ "jtag names", "", NULL },
		{ 0 }
	};

	(void)state;
	run_steps(steps);
	run_steps(jtag);
}

static void test_taps(void **state)
{
	static const struct step steps[] = {
		{ "adapter driver cmsis-dap; transport select jtag", "jtag", NULL },
		{ "jtag newtap l4 cpu -irlen 4 -ircapture 0x1 -irmask 0xf -expected-id 0x4ba00477 "
		  "-expected-id 0x3ba00477", "", NULL },
		{ "swj_newdap l4 bs -irlen 5 -disable", "", NULL },
		{ "jtag names", "l4.cpu l4.bs", NULL },
		{ "jtag newtap l4 cpu -irlen 4", NULL, "TAP l4.cpu exists already" },
		{ "jtag newtap l4 x -irlen 1", NULL, "2 to 64 bits" },
		{ "jtag newtap l4 x -frob", NULL, "-frob" },
		{ "jtag names", "l4.cpu l4.bs", NULL },
		{ "list [jtag tapisenabled l4.cpu] [jtag tapisenabled l4.bs]", "1 0", NULL },
		{ "jtag configure l4.bs -event tap-enable {set ::seen 1}", "", NULL },
		{ "jtag cget l4.bs -event tap-enable", "set ::seen 1", NULL },
		{ "jtag tapenable l4.bs", "1", NULL },
		{ "set seen", "1", NULL },
		{ "jtag tapdisable l4.bs", "0", NULL },
		{ "jtag tapenable l5.x", NULL, "Tap 'l5.x' could not be found" },
		{ "scan_chain",
		  "   TapName             Enabled  IdCode     Expected   IrLen IrCap IrMask\n"
		  "-- ------------------- -------- ---------- ---------- ----- ----- ------\n"
		  " 0 l4.cpu                 Y     0x00000000 0x4ba00477     4 0x01  0x0f\n"
		  "                                           0x3ba00477\n"
		  " 1 l4.bs                  n     0x00000000 0x00000000     5 0x01  0x03", NULL },
		{ 0 }
	};

	(void)state;
	run_steps(steps);
}

static void test_dap(void **state)
{
	static const struct step steps[] = {
		{ "adapter driver cmsis-dap; transport select swd; swj_newdap l4 cpu -irlen 4", "",
		  NULL },
		{ "dap create l4.dap", NULL, "-chain-position is missing" },
		{ "dap create l4.dap -chain-position l4.x", NULL, "could not be found" },
		{ "dap create l4.dap -chain-position l4.cpu -dp-id 1", NULL, "go together" },
		{ "dap create l4.dap -chain-position l4.cpu -adiv6", NULL, "ADIv6" },
		{ "dap names", "", NULL },
		{ "dap create l4.dap -chain-position l4.cpu -ignore-syspwrupack -adiv5", "", NULL },
		{ "dap create l4.dap -chain-position l4.cpu", NULL, "exists already" },
		{ "dap names", "l4.dap", NULL },
		{ "l4.dap apsel", "0x0", NULL },
		{ "l4.dap apcsw 0x08000000 0x08000000", "", NULL },
		{ "l4.dap apcsw", "AP#0x0 selected, csw 0xaa000000", NULL },
		{ "l4.dap apcsw 0x2", NULL, "cannot include 'Size'" },
		{ "l4.dap apsel 1", "0x1", NULL },
		{ "l4.dap apsel 256", NULL, "no access port number" },
		{ "l4.dap memaccess 8", "memory bus access delay set to 8 tck", NULL },
		{ "l4.dap memaccess", "memory bus access delay set to 8 tck", NULL },
		{ "l4.dap ti_be_32_quirks 0", NULL, NULL },
		{ 0 }
	};

	(void)state;
	run_steps(steps);
}

static void test_opening_without_enough(void **state)
{
	static const struct step none[] = {
		{ "transport init", NULL,
		  "Debug Adapter has to be specified, see \"adapter driver\" command" },
		{ 0 }
	};
	static const struct step no_host[] = {
		{ "adapter driver cmsis-dap; cmsis-dap backend tcp", NULL, NULL },
		{ "transport init", NULL, "the tcp backend of CMSIS-DAP has no host" },
		{ 0 }
	};
	static const struct step nobody[] = {
		{ "adapter driver remote_bitbang; remote_bitbang host /nonexistent/socket", NULL,
		  NULL },
		{ "transport init", NULL, "cannot connect to /nonexistent/socket" },
		{ "adapter speed 100", "adapter speed: 100 kHz", NULL },
		{ 0 }
	};

	(void)state;
	run_steps(none);
	run_steps(no_host);
	run_steps(nobody);
}

static enum err open_and_lose(struct adapter *adapter)
{
	adapter_lost(adapter);
	return error_why(ERR_ADAPTER_LOST, "no answer");
}

static const enum transport swd_only[] = { TRANSPORT_SWD, TRANSPORT_NONE };
static const struct adapter_driver lost_driver = {
	.name = "lost", .transports = swd_only, .open = open_and_lose,
};

static void count_loss(void *ctx)
{
	++*(unsigned *)ctx;
}

/* A probe that was never open is not reported as gone, and least of all after the next open. */
static void test_a_probe_lost_while_opening_is_told_once(void **state)
{
	struct bench b = bench_new();
	unsigned losses = 0;

	(void)state;
	b.adapter->driver = &lost_driver;
	b.adapter->on_lost = count_loss;
	b.adapter->on_lost_ctx = &losses;
	assert_int_equal(adapter_open(b.adapter), ERR_ADAPTER_LOST);
	assert_string_equal(error_current()->why, "no answer");
	loop_once(b.loop, 0);
	loop_once(b.loop, 0);
	assert_int_equal(losses, 0);
	bench_free(&b);
}

static unsigned touched;

static enum err open_well(struct adapter *adapter)
{
	(void)adapter;
	return OK;
}

static void close_well(struct adapter *adapter)
{
	(void)adapter;
}

static enum err touch_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	(void)adapter;
	*actual = khz - 1;
	touched++;
	return OK;
}

static enum err touch_reset(struct adapter *adapter, bool srst, bool trst)
{
	(void)adapter;
	(void)srst;
	(void)trst;
	touched++;
	return OK;
}

static const struct adapter_driver touched_driver = {
	.name = "touched", .transports = swd_only, .open = open_well, .close = close_well,
	.set_speed = touch_speed, .set_reset = touch_reset, .dap = &closed_port_ops,
};

/* A late answer of a probe that was given up would be taken for another command's. */
static void test_a_lost_probe_is_left_alone(void **state)
{
	struct bench b = bench_new();

	(void)state;
	b.adapter->driver = &touched_driver;
	b.adapter->speed_khz = 1000;
	b.adapter->reset_config = RESET_HAS_SRST;
	assert_int_equal(adapter_open(b.adapter), OK);
	assert_int_equal(adapter_set_reset(b.adapter, true, false), OK);
	assert_int_equal(touched, 2);
	adapter_lost(b.adapter);
	assert_int_equal(adapter_set_reset(b.adapter, false, false), ERR_ADAPTER_LOST);
	assert_int_equal(adapter_set_speed(b.adapter, 2000), OK);
	assert_int_equal(touched, 2);
	assert_int_equal(adapter_reopen(b.adapter), OK);
	assert_int_equal(b.adapter->actual_khz, 1999);
	bench_free(&b);
}

static void test_a_chain_has_a_limit(void **state)
{
	struct bench b = bench_new();
	char line[64];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "jtag newtap chip%u tap -irlen 4", i);
		assert_int_equal(script_eval(b.script, NULL, line, "test", 1, NULL), OK);
	}
	assert_int_not_equal(
		script_eval(b.script, NULL, "jtag newtap one more -irlen 4", "test", 1, NULL), OK);
	assert_non_null(strstr(error_text(error_current()), "20 TAPs"));
	assert_null(adapter_find_tap(b.adapter, "one.more"));
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adapter),
		cmocka_unit_test(test_old_names),
		cmocka_unit_test(test_reset_config),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_taps),
		cmocka_unit_test(test_dap),
		cmocka_unit_test(test_opening_without_enough),
		cmocka_unit_test(test_a_probe_lost_while_opening_is_told_once),
		cmocka_unit_test(test_a_lost_probe_is_left_alone),
		cmocka_unit_test(test_a_chain_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
