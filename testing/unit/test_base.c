/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floor everything stands on: the error chain, the loop inside the loop, JSON, log sinks. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/sock.h"

/* Errors */

static void test_chain_reads_what_why_next(void **state)
{
	(void)state;
	error_why(ERR_PROTECTED, "page %d is write-protected", 12);
	error_next(ERR_PROTECTED, "run this");
	assert_int_equal(error_what(ERR_PROTECTED, "write failed"), ERR_PROTECTED);
	error_what(ERR_PROTECTED, "program");
	assert_string_equal(error_text(error_current()),
			    "program: write failed: page 12 is write-protected: run this");
	error_clear();
	assert_int_equal(error_current()->code, OK);
}

static void test_the_outermost_words_stay_when_the_chain_is_full(void **state)
{
	char part[100];

	(void)state;
	memset(part, 'x', sizeof(part));
	part[sizeof(part) - 1] = '\0';
	error_why(ERR_IO, "why");
	for (int i = 0; i < 10; i++)
		error_what(ERR_IO, "%s", part);
	error_what(ERR_IO, "outermost");
	assert_ptr_equal(strstr(error_current()->what, "outermost: xxx"), error_current()->what);
	assert_int_equal(strlen(error_current()->what), sizeof(error_current()->what) - 1);
	error_clear();
}

static enum err fail_too(void)
{
	return error_why(ERR_BUSY, "the clean-up failed");
}

static enum err clean_up_with_a_clean_up(void)
{
	enum err rc = error_why(ERR_IO, "inside the clean-up");

	return error_first(rc, fail_too());
}

static void test_the_first_failure_wins_with_its_words(void **state)
{
	enum err rc = error_why(ERR_TIMEOUT, "the first");

	(void)state;
	assert_int_equal(error_first(rc, clean_up_with_a_clean_up()), ERR_TIMEOUT);
	assert_string_equal(error_current()->why, "the first");
	rc = OK;
	assert_int_equal(error_first(rc, fail_too()), ERR_BUSY);
	assert_string_equal(error_current()->why, "the clean-up failed");
	error_clear();
}

/* The loop */

struct pipes {
	struct loop *loop;
	struct loop_fd *watch, *other;
	int fds[2];
	unsigned calls, depth, deepest;
	bool removes;
};

static void pipes_open(struct pipes *p)
{
	memset(p, 0, sizeof(*p));
	p->loop = loop_new();
	assert_int_equal(pipe(p->fds), 0);
	assert_int_equal(write(p->fds[1], "x", 1), 1);
}

static void pipes_close(struct pipes *p)
{
	loop_free(p->loop);
	close(p->fds[0]);
	close(p->fds[1]);
}

/* Long work: the byte stays in the pipe, so every pass finds the descriptor ready. */
static void serve_inside(void *ctx, short revents)
{
	struct pipes *p = ctx;

	(void)revents;
	p->calls++;
	p->depth++;
	p->deepest = MAX(p->deepest, p->depth);
	if (p->depth < 3) {
		error_why(ERR_IO, "mine");
		loop_once(p->loop, 0);
		assert_string_equal(error_current()->why, "mine");
	}
	p->depth--;
}

static void test_a_callback_is_not_entered_twice(void **state)
{
	struct pipes p;

	(void)state;
	pipes_open(&p);
	p.watch = loop_add_fd(p.loop, p.fds[0], POLLIN, serve_inside, &p);
	loop_once(p.loop, 0);
	assert_int_equal(p.calls, 1);
	assert_int_equal(error_current()->code, OK);
	loop_allow_reentry(p.watch);
	loop_once(p.loop, 0);
	assert_int_equal(p.deepest, 3);
	pipes_close(&p);
}

static void remove_both(void *ctx, short revents)
{
	struct pipes *p = ctx;

	(void)revents;
	p->calls++;
	loop_remove_fd(p->loop, p->watch);
	loop_remove_fd(p->loop, p->other);
	loop_once(p->loop, 0);
}

static void test_a_callback_may_remove_itself_and_others(void **state)
{
	struct pipes p;

	(void)state;
	pipes_open(&p);
	p.watch = loop_add_fd(p.loop, p.fds[0], POLLIN, remove_both, &p);
	p.other = loop_add_fd(p.loop, p.fds[0], POLLIN, remove_both, &p);
	loop_once(p.loop, 0);
	assert_int_equal(p.calls, 1);
	loop_once(p.loop, 0);
	assert_int_equal(p.calls, 1);
	pipes_close(&p);
}

static void tick(void *ctx)
{
	struct pipes *p = ctx;

	p->calls++;
	p->depth++;
	p->deepest = MAX(p->deepest, p->depth);
	loop_once(p->loop, 0);
	p->depth--;
}

static void test_timers(void **state)
{
	struct pipes p;
	struct loop_timer *every;

	(void)state;
	pipes_open(&p);
	loop_add_timer(p.loop, 0, 0, tick, &p);
	assert_true(loop_sleep(p.loop, 3));
	assert_int_equal(p.calls, 1);		/* one shot */
	every = loop_add_timer(p.loop, 1, 1, tick, &p);
	while (p.calls <= 2)
		assert_true(loop_sleep(p.loop, 1));
	assert_int_equal(p.deepest, 1);
	loop_remove_timer(p.loop, every);
	p.calls = 0;
	assert_true(loop_sleep(p.loop, 3));
	assert_int_equal(p.calls, 0);
	loop_stop(p.loop);
	assert_false(loop_sleep(p.loop, 60000));
	pipes_close(&p);
}

/* Bytes */

static void test_json_is_utf8_whatever_comes_in(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\"b\\c\n", "\"a\\\"b\\\\c\\u000a\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xe2\x82\xac \xf0\x9f\x98\x80", "\"\xe2\x82\xac \xf0\x9f\x98\x80\"" },
		{ "\xff\xfe", "\"\\ufffd\\ufffd\"" },
		{ "cut \xe2\x82", "\"cut \\ufffd\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },			/* too long a form */
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },	/* a surrogate */
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = { 0 };

		buf_json_string(&b, cases[i].in);
		assert_string_equal((const char *)b.data, cases[i].out);
		buf_free(&b);
	}
}

static void test_hex(void **state)
{
	uint8_t bytes[4] = { 0 };
	uint32_t value;
	char text[9];

	(void)state;
	assert_true(hex_decode(bytes, "DeadbeeF", 8));
	hex_encode(text, bytes, 4);
	assert_string_equal(text, "deadbeef");
	assert_false(hex_decode(bytes, "abc", 3));
	assert_false(hex_decode(bytes, "0g", 2));
	assert_int_equal(hex_u32("123456789", 9, &value), 8);
	assert_int_equal(value, 0x12345678);
	assert_int_equal(hex_u32("x", 1, &value), 0);
}

/* Log */

struct sinks {
	struct log_sink first, second;
	unsigned lines;
};

static void remove_all(struct log_sink *sink, enum log_level level, const char *text, bool is_line)
{
	struct sinks *s = sink->ctx;

	(void)level;
	(void)text;
	(void)is_line;
	s->lines++;
	log_remove_sink(&s->first);
	log_remove_sink(&s->second);
}

static void test_a_sink_may_remove_the_next_one(void **state)
{
	struct sinks s = { .first = { .write = remove_all }, .second = { .write = remove_all } };

	(void)state;
	s.first.ctx = s.second.ctx = &s;
	log_add_sink(&s.first);
	log_add_sink(&s.second);
	log_mute(true);
	log_user("%s", "once");
	log_user("%s", "twice");
	log_mute(false);
	assert_int_equal(s.lines, 1);
}

/* Sockets */

static int tcp_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	getsockopt(fd, IPPROTO_TCP, option, &value, &size);
	return value;
}

/* That the peer's machine is silent can only be found by asking: within five seconds, here. */
static void test_a_peer_that_must_prove_its_life_is_asked_soon(void **state)
{
	int listener, client, fd = -1, on = 0;
	socklen_t size = sizeof(on);
	uint16_t port = 0;

	(void)state;
	assert_int_equal(sock_listen_tcp("127.0.0.1", &port, &listener), OK);
	assert_int_equal(sock_connect_tcp("127.0.0.1", port, 5000, &client), OK);
	for (unsigned i = 0; i < 100 && fd < 0; i++) {
		fd = sock_accept(listener, NULL, 0);
		poll(NULL, 0, fd < 0 ? 10 : 0);
	}
	assert_true(fd >= 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
	assert_true(on);		/* of every client, and slowly */
	assert_true(tcp_option(fd, TCP_KEEPIDLE) > 5);
	sock_prove_alive(fd);
	assert_true(tcp_option(fd, TCP_KEEPIDLE) +
		    tcp_option(fd, TCP_KEEPINTVL) * tcp_option(fd, TCP_KEEPCNT) <= 5);
	assert_true(tcp_option(fd, TCP_USER_TIMEOUT) > 0 && tcp_option(fd, TCP_USER_TIMEOUT) <= 5000);
	close(fd);
	close(client);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain_reads_what_why_next),
		cmocka_unit_test(test_the_outermost_words_stay_when_the_chain_is_full),
		cmocka_unit_test(test_the_first_failure_wins_with_its_words),
		cmocka_unit_test(test_a_callback_is_not_entered_twice),
		cmocka_unit_test(test_a_callback_may_remove_itself_and_others),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_json_is_utf8_whatever_comes_in),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_a_sink_may_remove_the_next_one),
		cmocka_unit_test(test_a_peer_that_must_prove_its_life_is_asked_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
