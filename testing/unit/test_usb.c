/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queued USB transfers against an emulated probe (mcu-link: OUT 0x01, IN 0x81), with real libusb
 * between. testing/system/test_usb_pipes.py starts the board and this program; by itself it is
 * skipped. CONTROL_PORT is the board's control port, through which faults are ordered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapter/usb.h"
#include "base/bytes.h"
#include "base/clock.h"

#define OUT	   0x01
#define IN	   0x81
#define SKIPPED	   77	/* automake's word for it */
#define PATIENCE   2000

struct bench {
	struct loop *loop;
	struct usb_device *device;
	struct usb *usb;
	unsigned lost, arrived;
	size_t streamed, stream_ends;
};

static FILE *control;

static void order(const char *verb)
{
	char answer[4096];

	fprintf(control, "%s\n", verb);
	fflush(control);
	assert_non_null(fgets(answer, sizeof(answer), control));
	if (strstr(answer, "\"ok\":true") == NULL)
		fail_msg("%s: %s", verb, answer);
}

static struct usb_device *find(void)
{
	struct usb_device *list = NULL, *found = NULL;

	assert_int_equal(usb_scan(&list), OK);
	for (struct usb_device *d = list; d != NULL && found == NULL; d = d->next)
		if (d->product != NULL && strstr(d->product, "CMSIS-DAP") != NULL)
			found = usb_copy_device(d);
	usb_free_list(list);
	return found;
}

static int set_up(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	*state = b;
	b->loop = loop_new();
	b->device = find();
	assert_non_null(b->device);
	assert_int_equal(usb_open(b->loop, b->device, &b->usb), OK);
	assert_int_equal(usb_claim(b->usb, 0), OK);
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	usb_close(b->usb);
	usb_free_list(b->device);
	loop_free(b->loop);
	free(b);
	error_clear();
	order("usb fault none");
	return 0;
}

/* DAP_Info: the answer's first byte is 0x00, the second the length of what follows. */
static const uint8_t ask_count[] = { 0x00, 0xfe }, ask_size[] = { 0x00, 0xff };

static enum err ask(struct bench *b, const uint8_t *request, uint8_t *answer, size_t *got)
{
	return usb_transact(b->usb, OUT, request, 2, IN, answer, 512, got, PATIENCE);
}

static void check_alive(struct bench *b)
{
	uint8_t answer[512];
	size_t got = 0;
	enum err rc = ask(b, ask_size, answer, &got);

	if (rc != OK)
		fail_msg("%s", error_text(error_current()));
	assert_int_equal(got, 4);
	assert_int_equal(answer[1], 2);
	assert_int_equal(usb_posted(b->usb, IN), 0);
}

static void test_one_command(void **state)
{
	struct bench *b = *state;

	check_alive(b);
	assert_int_equal(b->device->speed, USB_SPEED_HIGH);
	assert_int_equal(b->device->interfaces[0].endpoints[0].max_packet, 512);
	assert_string_equal(b->device->location, "1-1");
	assert_int_equal(usb_claim(b->usb, 0), OK);	/* once more is no harm */
}

static void test_answers_come_in_order(void **state)
{
	struct bench *b = *state;
	uint8_t answer[512];
	size_t got;

	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(usb_post_out(b->usb, OUT, i & 1 ? ask_size : ask_count, 2, false),
				 OK);
		assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	}
	assert_int_equal(usb_posted(b->usb, IN), 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(usb_take_in(b->usb, IN, answer, sizeof(answer), &got, PATIENCE), OK);
		assert_int_equal(answer[1], i & 1 ? 2 : 1);
	}
	assert_int_equal(usb_flush_out(b->usb, PATIENCE), OK);
	check_alive(b);
}

static void test_a_late_answer_can_still_be_taken(void **state)
{
	struct bench *b = *state;
	uint8_t answer[512];
	size_t got;

	assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	assert_false(usb_is_ready(b->usb, IN));
	assert_int_equal(usb_take_in(b->usb, IN, answer, sizeof(answer), &got, 20), ERR_TIMEOUT);
	assert_int_equal(usb_posted(b->usb, IN), 1);
	error_clear();
	assert_int_equal(usb_post_out(b->usb, OUT, ask_count, 2, false), OK);
	assert_int_equal(usb_take_in(b->usb, IN, answer, sizeof(answer), &got, PATIENCE), OK);
	assert_int_equal(got, 3);
}

static void test_cancelled_transfers_are_gone(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	usb_cancel(b->usb, IN);
	assert_int_equal(usb_posted(b->usb, IN), 0);
	usb_cancel(b->usb, IN);
	usb_cancel(b->usb, 0x8f);	/* never used */
	check_alive(b);
}

static void test_a_small_buffer_is_no_overflow(void **state)
{
	struct bench *b = *state;
	uint8_t answer[3] = { 0, 0, 0x5a };
	size_t got;

	assert_int_equal(usb_transact(b->usb, OUT, ask_size, 2, IN, answer, 2, &got, PATIENCE),
			 ERR_ADAPTER_PROTOCOL);
	assert_int_equal(answer[2], 0x5a);
	error_clear();
	check_alive(b);
}

/* Whether an answer survives a failed transfer is the device's choice. */
static void drain(struct bench *b)
{
	uint8_t answer[512];
	size_t got;

	assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	if (usb_take_in(b->usb, IN, answer, sizeof(answer), &got, 100) != OK)
		usb_cancel(b->usb, IN);
	error_clear();
}

static void test_stalled_in(void **state)
{
	struct bench *b = *state;
	uint8_t answer[512];
	size_t got;

	order("usb fault stall 0x81");
	assert_int_equal(ask(b, ask_count, answer, &got), ERR_ADAPTER_STALL);
	error_clear();
	assert_int_equal(usb_clear_halt(b->usb, IN), OK);
	drain(b);
	check_alive(b);
}

static void test_stalled_out_is_told_by_the_next_call(void **state)
{
	struct bench *b = *state;
	uint8_t answer[512];
	size_t got;

	order("usb fault stall 0x01");
	assert_int_equal(ask(b, ask_count, answer, &got), ERR_ADAPTER_STALL);
	assert_int_equal(usb_posted(b->usb, IN), 0);
	error_clear();
	assert_int_equal(usb_clear_halt(b->usb, OUT), OK);
	check_alive(b);
}

/* A bus error is not yet an unplugging: the device is asked whether it is there. */
static void test_a_bus_error_is_no_loss(void **state)
{
	struct bench *b = *state;
	uint8_t answer[512];
	size_t got;

	order("usb fault error 0x81");
	assert_int_equal(ask(b, ask_count, answer, &got), ERR_ADAPTER_PROTOCOL);
	assert_false(usb_is_lost(b->usb));
	error_clear();
	drain(b);
	check_alive(b);
}

static void test_refused_control_request(void **state)
{
	struct bench *b = *state;
	uint8_t raw[255];
	size_t got = 0;

	assert_int_equal(usb_control(b->usb, 0xc0, 0x77, 0, 0, raw, 4, 100, &got),
			 ERR_ADAPTER_STALL);
	error_clear();
	assert_int_equal(usb_string_raw(b->usb, 2, raw, sizeof(raw), &got), OK);
	assert_true(got > 2 && raw[1] == 3);
	check_alive(b);
}

static void test_a_claimed_interface_is_busy_for_others(void **state)
{
	struct bench *b = *state;
	struct usb *second;

	assert_int_equal(usb_open(NULL, b->device, &second), OK);
	assert_int_equal(usb_claim(second, 0), ERR_ADAPTER_BUSY);
	assert_non_null(strstr(error_text(error_current()), "in use by"));
	error_clear();
	usb_close(second);
	check_alive(b);
}

static void on_lost(void *ctx)
{
	struct bench *b = ctx;

	b->lost++;
}

static void on_arrival(void *ctx)
{
	struct bench *b = ctx;

	b->arrived++;
}

static void turn_until(struct bench *b, const unsigned *count)
{
	uint64_t deadline = clock_now_ms() + 5000;

	while (*count == 0 && clock_now_ms() < deadline)
		loop_once(b->loop, 100);
	assert_int_not_equal(*count, 0);
}

static void plug_in_again(struct bench *b)
{
	struct usb_watch *watch = usb_watch_new(b->loop, on_arrival, b);

	order("usb replug");
	turn_until(b, &b->arrived);
	usb_watch_free(watch);
	usb_free_list(b->device);
	b->device = find();
	assert_non_null(b->device);
	assert_int_equal(usb_open(b->loop, b->device, &b->usb), OK);
	assert_int_equal(usb_claim(b->usb, 0), OK);
	check_alive(b);
}

static void test_unplugged_while_somebody_waits(void **state)
{
	struct bench *b = *state;
	uint8_t answer[512];
	size_t got;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	order("usb fault unplug 0x01");
	assert_int_equal(usb_post_out(b->usb, OUT, ask_count, 2, false), OK);
	assert_int_equal(usb_take_in(b->usb, IN, answer, sizeof(answer), &got, PATIENCE),
			 ERR_ADAPTER_LOST);
	assert_true(usb_is_lost(b->usb));
	error_clear();
	assert_int_equal(usb_post_in(b->usb, IN, 512), ERR_ADAPTER_LOST);
	assert_int_equal(usb_control(b->usb, 0x80, 0, 0, 0, answer, 2, 100, &got), ERR_ADAPTER_LOST);
	assert_int_equal(usb_claim(b->usb, 0), ERR_ADAPTER_LOST);
	error_clear();
	usb_close(b->usb);
	b->usb = NULL;
	plug_in_again(b);
}

static void test_unplugged_while_nobody_waits(void **state)
{
	struct bench *b = *state;

	usb_on_lost(b->usb, on_lost, b);
	order("usb unplug");
	turn_until(b, &b->lost);
	loop_once(b->loop, 20);
	assert_int_equal(b->lost, 1);
	usb_close(b->usb);
	b->usb = NULL;
	plug_in_again(b);
}

static void on_data(void *ctx, const uint8_t *data, size_t n)
{
	struct bench *b = ctx;

	b->streamed += n;
	b->stream_ends += data == NULL;
}

static void stream_some(struct bench *b, unsigned commands)
{
	uint64_t deadline = clock_now_ms() + 5000;
	size_t wanted = b->streamed + commands * 3;

	for (unsigned i = 0; i < commands; i++)
		assert_int_equal(usb_post_out(b->usb, OUT, ask_count, 2, false), OK);
	while (b->streamed < wanted && clock_now_ms() < deadline)
		loop_once(b->loop, 100);
	assert_int_equal(b->streamed, wanted);
}

static void test_stream(void **state)
{
	struct bench *b = *state;

	assert_int_equal(usb_stream_in(b->usb, IN, 512, 2, on_data, b), OK);
	stream_some(b, 5);
	usb_cancel(b->usb, IN);
	assert_int_equal(b->stream_ends, 0);
	check_alive(b);
	assert_int_equal(usb_stream_in(b->usb, IN, 512, 2, on_data, b), OK);
	stream_some(b, 3);
	usb_on_lost(b->usb, on_lost, b);
	order("usb unplug");
	turn_until(b, &b->lost);
	assert_int_equal(b->stream_ends, 1);
	usb_close(b->usb);
	b->usb = NULL;
	plug_in_again(b);
}

/* Closing while transfers are under way is ordinary: the daemon ends when the user wants. */
static void test_close_takes_back_what_is_under_way(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	assert_int_equal(usb_post_out(b->usb, OUT, ask_count, 2, false), OK);
}

static void test_a_full_packet_with_its_end(void **state)
{
	struct bench *b = *state;
	uint8_t request[512] = { 0x00, 0xfe }, answer[512];
	size_t got;

	assert_int_equal(usb_post_in(b->usb, IN, 512), OK);
	assert_int_equal(usb_post_out(b->usb, OUT, request, sizeof(request), true), OK);
	assert_int_equal(usb_take_in(b->usb, IN, answer, sizeof(answer), &got, PATIENCE), OK);
	assert_int_equal(answer[1], 1);
	assert_int_equal(usb_flush_out(b->usb, PATIENCE), OK);
	check_alive(b);
}

static bool connect_control(void)
{
	const char *port = getenv("CONTROL_PORT");
	struct sockaddr_in where = { .sin_family = AF_INET };
	int fd;

	if (port == NULL)
		return false;
	where.sin_port = htons((uint16_t)atoi(port));
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&where, sizeof(where)) < 0)
		return false;
	control = fdopen(fd, "r+");
	return control != NULL;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_command),
		TEST(test_answers_come_in_order),
		TEST(test_a_late_answer_can_still_be_taken),
		TEST(test_cancelled_transfers_are_gone),
		TEST(test_a_small_buffer_is_no_overflow),
		TEST(test_stalled_in),
		TEST(test_stalled_out_is_told_by_the_next_call),
		TEST(test_a_bus_error_is_no_loss),
		TEST(test_refused_control_request),
		TEST(test_a_claimed_interface_is_busy_for_others),
		TEST(test_unplugged_while_somebody_waits),
		TEST(test_unplugged_while_nobody_waits),
		TEST(test_stream),
		TEST(test_close_takes_back_what_is_under_way),
		TEST(test_a_full_packet_with_its_end),
	};

	if (!connect_control()) {
		fprintf(stderr, "no emulated probe: see testing/system/test_usb_pipes.py\n");
		return SKIPPED;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	fclose(control);
	return failed;
}
