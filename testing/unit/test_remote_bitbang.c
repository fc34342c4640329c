/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote_bitbang: the characters on the socket, the answers, and servers that misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapter/adapter.h"
#include "base/log.h"
#include "base/sock.h"

struct bench {
	struct loop *loop;
	struct script *script;
	struct adapter *adapter;
	char path[64];
	int listener, server;
};

static void bench_open(struct bench *b, const char *transport)
{
	struct buf text = { 0 };

	memset(b, 0, sizeof(*b));
	log_set_level(LOG_ERROR);
	error_clear();
	snprintf(b->path, sizeof(b->path), "rbb-test-%d.sock", (int)getpid());
	assert_int_equal(sock_listen_unix(b->path, &b->listener), OK);
	b->loop = loop_new();
	b->script = script_new(b->loop, false);
	b->adapter = adapter_new(b->loop, b->script);
	buf_printf(&text,
		   "adapter driver remote_bitbang; remote_bitbang port 0; remote_bitbang host %s; "
		   "transport select %s; reset_config trst_and_srst; adapter speed 1000",
		   b->path, transport);
	assert_int_equal(script_eval(b->script, NULL, (char *)text.data, "test", 1, NULL), OK);
	buf_free(&text);
	assert_int_equal(adapter_open(b->adapter), OK);
	b->server = sock_accept(b->listener, NULL, 0);
	assert_true(b->server >= 0);
}

static void bench_close(struct bench *b)
{
	adapter_free(b->adapter);
	script_free(b->script);
	loop_free(b->loop);
	if (b->server >= 0)
		close(b->server);
	close(b->listener);
	unlink(b->path);
}

static void expect_letters(struct bench *b, const char *letters)
{
	char got[512];
	ssize_t n = read(b->server, got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, letters);
}

static void answer(struct bench *b, const char *letters)
{
	assert_int_equal(write(b->server, letters, strlen(letters)), strlen(letters));
}

static void test_jtag_letters(void **state)
{
	static const uint8_t tms = 0x06, tdi = 0x05;
	struct bench b;
	uint8_t tdo = 0;

	(void)state;
	bench_open(&b, "jtag");
	const struct bit_ops *ops = b.adapter->driver->bits;

	ops->jtag(b.adapter->bits_priv, &tms, &tdi, NULL, 4);
	assert_int_equal(ops->flush(b.adapter->bits_priv), OK);
	expect_letters(&b, "15" "26" "37" "04" "0");
	answer(&b, "101");
	ops->jtag(b.adapter->bits_priv, &tms, NULL, &tdo, 3);
	assert_int_equal(ops->flush(b.adapter->bits_priv), OK);
	expect_letters(&b, "1R5" "3R7" "3R7" "3");
	assert_int_equal(tdo, 5);
	bench_close(&b);
}

static void test_swd_letters(void **state)
{
	static const uint8_t out = 0x05;
	struct bench b;
	uint8_t in = 0;

	(void)state;
	bench_open(&b, "swd");
	const struct bit_ops *ops = b.adapter->driver->bits;

	answer(&b, "011");
	ops->swd(b.adapter->bits_priv, &out, NULL, 3);
	ops->swd(b.adapter->bits_priv, NULL, &in, 3);
	ops->swd(b.adapter->bits_priv, &out, NULL, 1);
	assert_int_equal(ops->flush(b.adapter->bits_priv), OK);
	/* Driven bits, released and sampled with the clock low, then driven again without a glitch.
	 */
	expect_letters(&b, "eO" "eg" "df" "eg" "o" "dcf" "dcf" "dcf" "eO" "eg" "d");
	assert_int_equal(in, 6);
	bench_close(&b);
}

static void test_resets(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "swd");
	assert_int_equal(adapter_set_reset(b.adapter, true, false), OK);
	expect_letters(&b, "s");
	assert_int_equal(adapter_set_reset(b.adapter, true, true), OK);
	expect_letters(&b, "u");
	assert_int_equal(adapter_set_reset(b.adapter, false, true), OK);
	expect_letters(&b, "t");
	assert_int_equal(adapter_set_reset(b.adapter, false, false), OK);
	expect_letters(&b, "r");
	adapter_close(b.adapter);
	expect_letters(&b, "Q");
	bench_close(&b);
}

/* After nTRST the TAPs are in Test-Logic-Reset, with IDCODE in the instruction register. */
static void test_release_of_trst_leads_the_taps_back_to_idle(void **state)
{
	struct bench b;
	unsigned scans;

	(void)state;
	bench_open(&b, "jtag");
	assert_int_equal(adapter_set_reset(b.adapter, false, true), OK);
	expect_letters(&b, "t");
	scans = b.adapter->raw_scans;
	assert_int_equal(adapter_set_reset(b.adapter, false, false), OK);
	expect_letters(&b, "r" "37" "37" "37" "37" "37" "37" "15" "1");
	assert_int_not_equal(b.adapter->raw_scans, scans);
	bench_close(&b);
}

static void test_a_server_that_talks_nonsense(void **state)
{
	struct bench b;
	uint8_t in = 0;

	(void)state;
	bench_open(&b, "swd");
	const struct bit_ops *ops = b.adapter->driver->bits;

	answer(&b, "H");
	ops->swd(b.adapter->bits_priv, NULL, &in, 1);
	assert_int_equal(ops->flush(b.adapter->bits_priv), ERR_ADAPTER_LOST);
	assert_non_null(strstr(error_text(error_current()), "answered 0x48"));
	assert_true(b.adapter->is_lost);
	bench_close(&b);
}

static void test_a_server_that_hangs_up(void **state)
{
	struct bench b;
	uint8_t in = 0;

	(void)state;
	bench_open(&b, "swd");
	const struct bit_ops *ops = b.adapter->driver->bits;

	close(b.server);
	b.server = -1;
	ops->swd(b.adapter->bits_priv, NULL, &in, 1);
	assert_int_equal(ops->flush(b.adapter->bits_priv), ERR_ADAPTER_LOST);
	assert_true(b.adapter->is_lost);
	assert_int_equal(b.adapter->port.ops->connect(&b.adapter->port, LINK_LINE_RESET),
			 ERR_ADAPTER_LOST);
	assert_int_equal(adapter_reopen(b.adapter), OK); /* the listener still takes clients */
	assert_false(b.adapter->is_lost);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jtag_letters),
		cmocka_unit_test(test_swd_letters),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_release_of_trst_leads_the_taps_back_to_idle),
		cmocka_unit_test(test_a_server_that_talks_nonsense),
		cmocka_unit_test(test_a_server_that_hangs_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
