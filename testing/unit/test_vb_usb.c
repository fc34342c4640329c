/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulated USB between a client and a model: time, the moving of packets, faults. */
#include "vb_usb_bench.h"

/* --- The calendar --- */

static void test_calendar_fills_gaps(void **state)
{
	struct vb_timeline t;

	(void)state;
	vb_timeline_init(&t, vb_usb_find("full"));
	vb_timeline_take(&t, 1000, 500);
	vb_timeline_take(&t, 2000, 500);
	assert_int_equal(vb_timeline_gap(&t, 0, 1000), 0);
	assert_int_equal(vb_timeline_gap(&t, 0, 1001), 2500);
	assert_int_equal(vb_timeline_gap(&t, 1200, 500), 1500);
	assert_int_equal(vb_timeline_gap(&t, 1200, 501), 2500);
	vb_timeline_take(&t, 1500, 500);	/* fills the gap: one interval less to come */
	assert_int_equal(vb_timeline_gap(&t, 1000, 1), 2500);
	vb_timeline_reap(&t, 10000);
	for (unsigned i = 0; i < 500; i++)
		vb_timeline_take(&t, 10000 + 10 * i, 1);
	assert_int_equal(vb_timeline_gap(&t, 10000, 9), 10001);
	assert_int_equal(vb_timeline_gap(&t, 10000, 10), 10000 + 4990 + 1);
	vb_timeline_free(&t);
}

/* --- Transfers --- */

static void test_packets_are_split_and_joined(void **state)
{
	struct bench *b = *state;
	uint8_t data[200], answer[256] = { 0 };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	out(b, data, 200);
	assert_int_equal(last_echo->packets, 4);
	assert_int_equal(last_echo->sizes[0], 64);
	assert_int_equal(last_echo->sizes[3], 8);
	assert_int_equal(in(b, answer, 256), 200);
	assert_memory_equal(answer, data, 200);
	assert_int_equal(last_echo->taken, 4);
	assert_int_equal(b->device->count.out_packets, 4);
	assert_int_equal(b->device->count.in_packets, 4);
	assert_int_equal(b->device->count.in_bytes, 200);
	assert_int_equal(b->device->count.urbs, 2);
	assert_int_equal(b->device->count.round_trips, 1);
}

/* A multiple of the packet size ends only with an empty packet, if the client asks for one. */
static void test_zero_packet_on_request(void **state)
{
	struct bench *b = *state;
	uint8_t data[128] = { 1 };
	struct usbdevfs_urb urb = make_urb(0x01, data, 128);

	out(b, data, 128);
	assert_int_equal(last_echo->packets, 2);
	out(b, data, 0);
	assert_int_equal(last_echo->packets, 3);
	assert_int_equal(vb_usb_queued(b->device, 0x81), 128);
	urb.flags = USBDEVFS_URB_ZERO_PACKET;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(last_echo->packets, 6);
	assert_int_equal(last_echo->sizes[5], 0);
}

/* A full packet into less room is babble: the rest of it is lost. */
static void test_overflow(void **state)
{
	struct bench *b = *state;
	uint8_t data[100] = { 0 }, answer[64];

	out(b, data, 100);
	assert_int_equal(in(b, answer, 32), -EOVERFLOW);
	assert_int_equal(in(b, answer, 64), 36);
}

static void test_transfers_wait_and_are_cancelled(void **state)
{
	struct bench *b = *state;
	uint8_t answer[64], data[3] = { 1, 2, 3 };
	struct usbdevfs_urb first = make_urb(0x81, answer, 64), second = make_urb(0x81, answer, 64);
	struct usbdevfs_urb command = make_urb(0x01, data, 3);

	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &answer), -EAGAIN);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &first), 0);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &second), 0);
	assert_null(reap(b));
	assert_int_equal(usb(b, USBDEVFS_DISCARDURB, &first), 0);
	assert_int_equal(usb(b, USBDEVFS_DISCARDURB, &first), -EINVAL);
	expect_reap(b, &first, -ENOENT);
	assert_null(reap(b));
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &command), 0);
	expect_reap(b, &command, 0);
	expect_reap(b, &second, 0);
	assert_int_equal(second.actual_length, 3);
}

/* "Not now": the transfer stays, and goes on when the model can. */
static void test_nak(void **state)
{
	struct bench *b = *state;
	uint8_t data[3] = { 1, 2, 3 };
	struct usbdevfs_urb urb = make_urb(0x01, data, 3);

	last_echo->is_busy = true;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_null(reap(b));
	last_echo->is_busy = false;
	vb_usb_resume(b->device, 0x01);
	loop_once(b->loop, 0);
	expect_reap(b, &urb, 0);
	assert_int_equal(urb.actual_length, 3);
}

static void test_bad_requests(void **state)
{
	struct bench *b = *state;
	uint8_t data[64];
	struct usbdevfs_urb urb = make_urb(0x07, data, 64);
	unsigned number = 5;

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENOENT);
	urb = make_urb(0x81, data, -1);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENOMEM);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &number), -ENOENT);
	assert_int_equal(usb(b, 0x12345678, &number), -ENOTTY);
	/* A word that is no request at all. */
	assert_int_equal(call(b, b->usb, 99, 0, NULL), -ENOTTY);
}

/* --- Time --- */

/* USB 2.0, 5.8.4: 19 packets of 64 bytes fill a frame. */
#define PACKET_NS(n) (((n) + 13) * 666667ull / 1000)

static void test_a_pair_costs_its_latency(void **state)
{
	struct bench *b = *state;
	uint8_t data[3] = { 1, 2, 3 };
	uint64_t start_ns = host_ns(b);

	out(b, data, 3);
	assert_int_equal(host_ns(b) - start_ns, 500000 + PACKET_NS(3));
	assert_int_equal(in(b, data, 64), 3);
	assert_int_equal(host_ns(b) - start_ns, 1000000 + 2 * PACKET_NS(3));
}

static void submit_pairs(struct bench *b, struct usbdevfs_urb *urbs, uint8_t (*data)[64], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		urbs[2 * i] = make_urb(0x81, data[2 * i], 64);
		urbs[2 * i + 1] = make_urb(0x01, data[2 * i + 1], 60);
		assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urbs[2 * i]), 0);
		assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urbs[2 * i + 1]), 0);
	}
}

/* Commands in flight hide each other's latency (10 ms): what is left is the bus, 2 packets each. */
static void test_a_pipeline_hides_latency(void **state)
{
	struct bench *b = *state;
	struct usbdevfs_urb urbs[20];
	uint8_t data[20][64] = { { 0 } };
	uint64_t start_ns = host_ns(b), last_ns = 0;

	submit_pairs(b, urbs, data, 10);
	for (unsigned i = 0; i < 20; i++) {
		assert_non_null(reap(b));
		assert_true(host_ns(b) >= last_ns);
		last_ns = host_ns(b);
	}
	assert_in_range(host_ns(b) - start_ns, 250000 + 20 * PACKET_NS(60), 1500000);
	assert_int_equal(b->device->count.round_trips, 1);
}

/* The device works on one packet and has room for another: the third waits until the second is taken. */
static void test_the_bus_runs_ahead_by_the_devices_buffer(void **state)
{
	struct bench *b = *state;
	struct usbdevfs_urb urbs[3];
	uint8_t data[10] = { 0 };
	uint64_t start_ns = host_ns(b), done_ns[3];

	last_echo->more_work_ns = 5000000;
	for (unsigned i = 0; i < 3; i++) {
		urbs[i] = make_urb(0x01, data, 10);
		assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urbs[i]), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		expect_reap(b, &urbs[i], 0);
		done_ns[i] = host_ns(b) - start_ns;
	}
	assert_int_equal(done_ns[0], 500000 + PACKET_NS(10));
	assert_int_equal(done_ns[1], 500000 + 2 * PACKET_NS(10));
	assert_int_equal(done_ns[2], 500000 + 2 * PACKET_NS(10) + WORK_NS + 5000000);
}

/* A host that takes all that is there in one go gets only what can be there at its time. */
static void test_reaping_stops_where_the_host_would_wait(void **state)
{
	struct bench *b = *state;
	struct usbdevfs_urb urbs[4], *urb;
	uint8_t data[4][64] = { { 0 } };

	submit_pairs(b, urbs, data, 2);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &urb), 0);
	assert_ptr_equal(urb, &urbs[1]);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &urb), -EAGAIN);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &urb), 0);
	assert_ptr_equal(urb, &urbs[3]);
}

/* The same requests cost the same, however long the client takes between them. */
static void test_time_does_not_depend_on_the_wall(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 0 };
	uint64_t start_ns = host_ns(b), first_ns;

	out(b, data, 10);
	in(b, data, 64);
	first_ns = host_ns(b) - start_ns;
	usleep(20000);
	loop_once(b->loop, 0);
	out(b, data, 10);
	usleep(20000);
	in(b, data, 64);
	assert_int_equal(host_ns(b) - start_ns, 2 * first_ns);
}

/* What the board lives through between two requests, the host lives through as well. */
static void test_other_time_passes_for_the_host(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 0 };
	uint64_t start_ns = host_ns(b), pair_ns;

	out(b, data, 10);
	in(b, data, 64);
	pair_ns = host_ns(b) - start_ns;
	vb_clock_advance(b->board->clock, 5000000);
	out(b, data, 10);
	in(b, data, 64);
	assert_int_equal(host_ns(b) - start_ns, 2 * pair_ns + 5000000);
}

/* --- Faults --- */

static void add_fault(struct bench *b, const char *text)
{
	char words[64], *argv[8], *save = NULL;
	int argc = 0;

	snprintf(words, sizeof(words), "%s", text);
	for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	assert_int_equal(vb_fault_add(&b->device->faults, argc, argv), OK);
}

static void test_stall_holds_until_cleared(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1, 2, 3 };
	unsigned endpoint = 0x81;

	add_fault(b, "stall 0x81");
	out(b, data, 3);
	assert_int_equal(in(b, data, 64), -EPIPE);
	assert_int_equal(in(b, data, 64), -EPIPE);
	assert_int_equal(usb(b, USBDEVFS_CLEAR_HALT, &endpoint), 0);
	assert_int_equal(in(b, data, 64), 3);
}

static void test_faults_count_and_skip(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1, 2, 3 };

	add_fault(b, "error in 2 1");
	for (unsigned i = 0; i < 4; i++) {
		out(b, data, 3);
		assert_int_equal(in(b, data, 64), i == 1 || i == 2 ? -EPROTO : 3);
		if (i == 1 || i == 2)
			vb_usb_drop_queued(b->device, 0x81);
	}
	assert_null(b->device->faults);
}

static void test_spoilt_answers(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1, 2, 3, 4 };

	add_fault(b, "flip 0x81 1 0 2");
	out(b, data, 4);
	assert_int_equal(in(b, data, 64), 4);
	assert_memory_equal(data, "\x01\x02\xfc\x04", 4);
	add_fault(b, "short 0x81 1 0 2");
	out(b, data, 4);
	assert_int_equal(in(b, data, 64), 2);
	assert_null(b->device->faults);
}

static void test_lost_commands_and_answers(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1 }, answer[64];
	struct usbdevfs_urb urb = make_urb(0x81, answer, 64);

	add_fault(b, "drop 0x01 1 2");		/* the third */
	for (unsigned i = 0; i < 3; i++)
		out(b, data, 3);
	assert_int_equal(last_echo->packets, 2);
	vb_usb_drop_queued(b->device, 0x81);
	add_fault(b, "silent 0x81");
	out(b, data, 3);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_null(reap(b));
	out(b, data, 5);
	expect_reap(b, &urb, 0);
	assert_int_equal(urb.actual_length, 5);
}

static void test_late_answer(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1 };
	uint64_t start_ns = host_ns(b);
	struct usbdevfs_urb urb = make_urb(0x81, data, 64);

	add_fault(b, "late 0x81 1 0 30");
	out(b, data, 3);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_null(reap(b));
	while ((reap(b)) == NULL)
		loop_once(b->loop, 50);
	assert_int_equal(urb.actual_length, 3);
	assert_true(host_ns(b) - start_ns > 30000000);
}

static void test_unplug_by_fault(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1 };
	struct usbdevfs_urb urb = make_urb(0x01, data, 3);

	add_fault(b, "unplug 0x01 1 1");
	out(b, data, 3);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	expect_reap(b, &urb, -ESHUTDOWN);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	assert_false(b->device->is_plugged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar_fills_gaps),
		BENCH(test_packets_are_split_and_joined),
		BENCH(test_zero_packet_on_request),
		BENCH(test_overflow),
		BENCH(test_transfers_wait_and_are_cancelled),
		BENCH(test_nak),
		BENCH(test_bad_requests),
		BENCH(test_a_pair_costs_its_latency),
		BENCH(test_a_pipeline_hides_latency),
		BENCH(test_the_bus_runs_ahead_by_the_devices_buffer),
		BENCH(test_reaping_stops_where_the_host_would_wait),
		BENCH(test_time_does_not_depend_on_the_wall),
		BENCH(test_other_time_passes_for_the_host),
		BENCH(test_stall_holds_until_cleared),
		BENCH(test_faults_count_and_skip),
		BENCH(test_spoilt_answers),
		BENCH(test_lost_commands_and_answers),
		BENCH(test_late_answer),
		BENCH(test_unplug_by_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
