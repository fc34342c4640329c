/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Tcl port over a real socket: framing, order, limits, long commands, and who is let in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"
#include "server/service.h"
#include "server/tcl_rpc.h"

struct fixture {
	struct loop *loop;
	struct script *script;
	struct server *server;
	int fd;
	struct buf got;
};

static int dial(struct fixture *f)
{
	int fd;

	assert_int_equal(sock_connect_tcp("127.0.0.1", service_port(f->server->services), 1000, &fd), OK);
	return fd;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_level(LOG_ERROR);
	log_mute(true);
	f->loop = loop_new();
	f->script = script_new(f->loop, false);
	f->server = server_new(f->loop, f->script);
	if (tcl_rpc_start(f->server->rpc, "0") != OK)
		return -1;
	f->fd = dial(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	server_free(f->server);
	script_free(f->script);
	loop_free(f->loop);
	buf_free(&f->got);
	free(f);
	log_mute(false);
	return 0;
}

static void put(struct fixture *f, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = send(f->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
		loop_once(f->loop, done > 0 ? 0 : 1);
	}
}

/* Runs the loop until `ends` 0x1a have come, the peer has closed, or the time is over. */
static bool get(struct fixture *f, int fd, unsigned ends, unsigned ms)
{
	uint64_t end = clock_now_ms() + ms;
	char data[4096];

	while (clock_now_ms() < end) {
		ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
		unsigned seen = 0;

		if (n == 0)
			return false;
		if (n > 0)
			buf_append(&f->got, data, (size_t)n);
		for (size_t i = 0; i < f->got.len; i++)
			seen += f->got.data[i] == RPC_END;
		if (seen >= ends)
			return true;
		loop_once(f->loop, 1);
	}
	return false;
}

static void ask(struct fixture *f, const char *request, size_t n, unsigned replies, const char *expected)
{
	buf_clear(&f->got);
	put(f, request, n);
	assert_true(get(f, f->fd, replies, 2000));
	assert_string_equal((const char *)f->got.data, expected);
}

#define ASK(f, request, replies, expected) ask(f, request, sizeof(request) - 1, replies, expected)

static void test_replies(void **state)
{
	struct fixture *f = *state;

	ASK(f, "expr 6*7\x1a", 1, "42\x1a");
	ASK(f, "set x {}\x1a", 1, "\x1a");
	ASK(f, "set x 1\nset x 2\n\x1a", 1, "2\x1a");
	ASK(f, "nosuch\x1a", 1, "invalid command name \"nosuch\"\x1a");
	ASK(f, "proc p {} {error {two\nlines}}; p\x1a", 1, "two\nlines\x1a");
	ASK(f, "capture {echo hi}\x1a", 1, "hi\n\x1a");
	ASK(f, "\x1a", 1, "\x1a");
}

static void test_several_requests_in_one_piece_and_one_in_many(void **state)
{
	struct fixture *f = *state;

	ASK(f, "expr 1\x1a" "expr 2\x1a" "expr 3\x1a", 3, "1\x1a" "2\x1a" "3\x1a");
	buf_clear(&f->got);
	for (const char *p = "expr 40+2\x1a"; *p; p++)
		put(f, p, 1);
	assert_true(get(f, f->fd, 1, 1000));
	assert_string_equal((const char *)f->got.data, "42\x1a");
	assert_int_equal(rpc_request_length((const uint8_t *)"ab\x1a" "c", 4), 2);
	assert_int_equal(rpc_request_length((const uint8_t *)"ab", 2), -1);
	assert_int_equal(rpc_request_length(NULL, 0), -1);
}

static void test_request_that_is_too_long_is_answered(void **state)
{
	struct fixture *f = *state;
	size_t n = RPC_REQUEST_MAX + 1000;
	char *big = malloc(n);

	memset(big, 'x', n);
	buf_clear(&f->got);
	put(f, big, n);
	put(f, "\x1a", 1);
	assert_true(get(f, f->fd, 1, 2000));
	assert_string_equal((const char *)f->got.data, "line too long\n\x1a");
	ASK(f, "expr 1\x1a", 1, "1\x1a");
	free(big);
}

static void test_long_command_does_not_hold_up_another_client(void **state)
{
	struct fixture *f = *state;
	int other = dial(f);
	uint64_t start = clock_now_ms();

	put(f, "sleep 300; set a done\x1a", 22);
	assert_int_equal(send(other, "expr 5\x1a", 7, 0), 7);
	buf_clear(&f->got);
	/* The loop runs inside the sleeping command: the answer must be there when it ends. */
	loop_once(f->loop, 100);
	assert_true(get(f, other, 1, 1000));
	assert_string_equal((const char *)f->got.data, "5\x1a");
	buf_clear(&f->got);
	assert_true(get(f, f->fd, 1, 2000));
	assert_string_equal((const char *)f->got.data, "done\x1a");
	assert_true(clock_now_ms() - start < 1500);
	close(other);
}

static void test_client_that_leaves_during_its_command(void **state)
{
	struct fixture *f = *state;
	int other = dial(f);
	struct linger reset = { 1, 0 };

	assert_int_equal(send(other, "sleep 50; set gone 1\x1a", 21, 0), 21);
	setsockopt(other, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(other);
	ASK(f, "sleep 100; set gone\x1a", 1, "1\x1a");
}

static void test_end_of_input_still_gets_its_answer(void **state)
{
	struct fixture *f = *state;

	buf_clear(&f->got);
	assert_int_equal(send(f->fd, "sleep 30; expr 7\x1a", 17, 0), 17);
	shutdown(f->fd, SHUT_WR);
	assert_true(get(f, f->fd, 1, 1000));
	assert_string_equal((const char *)f->got.data, "7\x1a");
	assert_false(get(f, f->fd, 2, 300));	/* and then the end */
}

static void test_exit_closes_only_this_connection(void **state)
{
	struct fixture *f = *state;
	int other = dial(f);

	ASK(f, "exit\x1a" "set never 1\x1a", 1, "\x1a");
	assert_false(get(f, f->fd, 2, 300));
	assert_false(loop_is_stopped(f->loop));
	buf_clear(&f->got);
	assert_int_equal(send(other, "info exists never\x1a", 18, 0), 18);
	assert_true(get(f, other, 1, 1000));
	assert_string_equal((const char *)f->got.data, "0\x1a");
	close(other);
}

static void test_shutdown_answers_and_stops(void **state)
{
	struct fixture *f = *state;

	ASK(f, "shutdown\x1a", 1, "\x1a");
	assert_true(loop_is_stopped(f->loop));
}

static void test_browser_is_refused_before_anything_runs(void **state)
{
	struct fixture *f = *state;
	int other = dial(f);
	static const char request[] = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nset evil 1\x1a";

	assert_int_equal(send(other, request, sizeof(request) - 1, 0), sizeof(request) - 1);
	buf_clear(&f->got);
	assert_false(get(f, other, 1, 300));
	ASK(f, "info exists evil\x1a", 1, "0\x1a");
	close(other);
}

static void test_notifications_reach_only_those_who_asked(void **state)
{
	struct fixture *f = *state;
	int other = dial(f);

	ASK(f, "tcl_notifications on\x1a", 1, "\x1a");
	buf_clear(&f->got);
	tcl_rpc_notify(f->server->rpc, "type target_event event %s", "halted");
	assert_true(get(f, f->fd, 1, 500));
	assert_string_equal((const char *)f->got.data, "type target_event event halted\r\n\x1a");
	buf_clear(&f->got);
	assert_false(get(f, other, 1, 100));
	assert_int_equal(f->got.len, 0);
	ASK(f, "tcl_trace on\x1a", 1, "\x1a");
	buf_clear(&f->got);
	tcl_rpc_trace(f->server->rpc, (const uint8_t *)"\x01\xab", 2);
	assert_true(get(f, f->fd, 1, 500));
	assert_string_equal((const char *)f->got.data, "type target_trace data 01ab\r\n\x1a");
	assert_int_equal(script_eval(f->script, NULL, "tcl_notifications on", NULL, 0, NULL),
			 ERR_UNSUPPORTED);
	close(other);
}

static void test_client_that_does_not_read_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	int other = dial(f);

	assert_int_equal(send(other, "string repeat x 40000000\x1a", 25, 0), 25);
	for (int i = 0; i < 50; i++)
		loop_once(f->loop, 5);
	ASK(f, "expr 1\x1a", 1, "1\x1a");
	assert_null(f->server->services->clients->next);
	close(other);
}

static void test_taken_port_is_named_with_its_holder(void **state)
{
	struct fixture *f = *state;
	struct service *service;
	static const struct service_ops ops = { .name = "telnet" };
	char port[8], mine[32];

	snprintf(port, sizeof(port), "%u", service_port(f->server->services));
	snprintf(mine, sizeof(mine), "(pid %d)", (int)getpid());
	assert_int_equal(service_open(f->server, &ops, NULL, port, &service), ERR_NET);
	assert_non_null(strstr(error_current()->why, "couldn't bind telnet to socket on port "));
	assert_non_null(strstr(error_current()->why, "Address already in use"));
	assert_non_null(strstr(error_current()->next, mine));
	error_clear();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_replies),
		TEST(test_several_requests_in_one_piece_and_one_in_many),
		TEST(test_request_that_is_too_long_is_answered),
		TEST(test_long_command_does_not_hold_up_another_client),
		TEST(test_client_that_leaves_during_its_command),
		TEST(test_end_of_input_still_gets_its_answer),
		TEST(test_exit_closes_only_this_connection),
		TEST(test_shutdown_answers_and_stops),
		TEST(test_browser_is_refused_before_anything_runs),
		TEST(test_notifications_reach_only_those_who_asked),
		TEST(test_client_that_does_not_read_is_hung_up_on),
		TEST(test_taken_port_is_named_with_its_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
