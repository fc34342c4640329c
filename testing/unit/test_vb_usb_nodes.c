/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client sees of an emulated USB device: plugging, claims, endpoint 0, sysfs, hidraw. */
#include "vb_usb_bench.h"

#include "vboard/usb/models.h"

/* --- Descriptors --- */

/* Lengths, numbers of interfaces and of endpoints, of every probe; no endpoint comes twice. */
static void check_descriptors(const struct vb_usb_model *m)
{
	const uint8_t *d = m->descriptors, *p = NULL;
	unsigned interfaces = 0, expected = 0, endpoints = 0;
	uint8_t seen[256] = { 0 };
	size_t at = 18;

	assert_int_equal(d[18 + 2] | d[18 + 3] << 8, m->descriptors_size - 18);
	while ((p = vb_usb_next_descriptor(m, p, 0)) != NULL) {
		assert_int_equal(p - d, at);
		at += p[0];
		/* Configuration, interface, endpoint, IAD, HID, class-specific. */
		assert_true(p[1] == 2 || p[1] == 4 || p[1] == 5 || p[1] == 0x0b || p[1] == 0x21 ||
			    p[1] == 0x24);
		interfaces += p[1] == 4;
		expected += p[1] == 4 ? p[4] : 0;
		if (p[1] != 5)
			continue;
		endpoints++;
		assert_int_equal(seen[p[2]]++, 0);
		assert_true((p[4] | p[5] << 8) <= (m->is_high_speed ? 512 : 64));
	}
	assert_int_equal(at, m->descriptors_size);
	assert_int_equal(interfaces, d[18 + 4]);
	assert_int_equal(endpoints, expected);
}

static void test_descriptors_of_all_models(void **state)
{
	(void)state;
	for (size_t i = 0; vb_usb_models[i] != NULL; i++)
		check_descriptors(vb_usb_models[i]);
}

static int ask(const struct vb_usb_model *m, unsigned type, unsigned request, unsigned index,
	       uint8_t *data)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct vb_usb_setup setup = { (uint8_t)type, (uint8_t)request, 0, (uint16_t)index, 255 };
	int n;

	b->loop = loop_new();
	b->board = vb_board_new(vb_chips[0]);
	assert_int_equal(vb_hub_new(&(struct vb_hub_config){ b->loop, NULL }, &b->hub), OK);
	assert_int_equal(vb_hub_plug(b->hub, m, "", b->board, NULL), OK);
	if (request == 6)
		setup.value = (uint16_t)(index << 8);
	memset(data, 0xee, 255);
	n = vb_usb_control_request(vb_hub_device(b->hub, 0), &setup, data);
	b->usb = -1;
	vb_hub_free(b->hub);
	vb_board_free(b->board);
	loop_free(b->loop);
	free(b);
	return n;
}

/* What Windows asks to find its driver, as the vendors' firmware answers. */
static void test_microsoft_descriptors(void **state)
{
	uint8_t data[256];

	(void)state;
	assert_int_equal(ask(&vb_usb_mcu_link, 0xc0, 1, 4, data), 40);
	assert_memory_equal(data + 16, "\0\1WINUSB\0", 9);
	assert_int_equal(ask(&vb_usb_mcu_link, 0xc1, 1, 5, data), 142);
	assert_memory_equal(data, "\x8e\0\0\0\0\1\5\0\1\0\x84\0\0\0\1\0\0\0\x28\0D\0", 22);
	assert_memory_equal(data + 60, "\x4e\0\0\0{\0C\0D\0", 10);
	assert_memory_equal(data + 138, "}\0\0\0", 4);
	assert_int_equal(ask(&vb_usb_mcu_link, 0xc0, 1, 7, data), -1);
	assert_int_equal(ask(&vb_usb_mcu_link, 0xc0, 2, 4, data), -1);
	assert_int_equal(ask(&vb_usb_debugprobe, 0xc0, 1, 7, data), 0xb2);
	assert_memory_equal(data + 26, "\x14\0\3\0WINUSB\0\0", 12);
	assert_memory_equal(data + 94, "\0\0\x50\0{\0", 6);
	assert_memory_equal(data + 172, "}\0\0\0\0\0", 6);
	assert_int_equal(ask(&vb_usb_debugprobe, 0xc0, 1, 4, data), -1);
	/* What a device of that class does not know it stalls. */
	assert_int_equal(ask(&vb_usb_mcu_link, 0x21, 0x77, 0, data), -1);
	assert_int_equal(ask(&vb_usb_daplink, 0x21, 0x77, 0, data), -1);
	/* The qualifier, of its own and from the device descriptor. */
	assert_int_equal(ask(&vb_usb_stlink_v3, 0x80, 6, 6, data), 10);
	assert_memory_equal(data, "\x0a\6\0\2\0\0\0\x40\1\0", 10);
	assert_int_equal(ask(&vb_usb_mcu_link, 0x80, 6, 6, data), 10);
	assert_memory_equal(data, "\x0a\6\0\2\xef\2\1\x40\1\0", 10);
}

/* --- Plugging --- */

static void test_unplug_and_replug(void **state)
{
	struct bench *b = *state;
	uint8_t data[64];
	struct usbdevfs_urb urb = make_urb(0x81, data, 64);
	char *node = xasprintf("%s/dev/bus/usb/001/002", vb_hub_root(b->hub));
	unsigned resets = last_echo->resets;
	int old;

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(access(node, F_OK), 0);
	assert_int_equal(vb_hub_unplug(b->hub, 0), OK);
	assert_int_equal(access(node, F_OK), -1);
	expect_reap(b, &urb, -ESHUTDOWN);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, data), -ENODEV);
	assert_int_equal(vb_hub_replug(b->hub, 0), OK);
	assert_int_equal(access(node, F_OK), -1);
	assert_int_equal(last_echo->resets, resets + 1);
	/* The old handle stays dead; a new one on the new node works. */
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	old = b->usb;
	b->usb = open_node(b, "bus/usb/001/003");
	out(b, data, 3);
	assert_int_equal(in(b, data, 64), 3);
	close(old);
	loop_once(b->loop, 0);
	free(node);
}

static void test_claim_is_exclusive(void **state)
{
	struct bench *b = *state;
	unsigned vendor = 0, hid = 1;
	int first = b->usb, second = open_node(b, "bus/usb/001/002");
	struct usbdevfs_getdriver g = { .interface = 1 };
	struct usbdevfs_ioctl detach = { .ifno = 1, .ioctl_code = USBDEVFS_DISCONNECT };

	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), 0);
	b->usb = second;
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), -EBUSY);
	/* usbhid has the other one until it is taken off. */
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &hid), -EBUSY);
	assert_int_equal(usb(b, USBDEVFS_GETDRIVER, &g), 0);
	assert_string_equal(g.driver, "usbhid");
	assert_int_equal(usb(b, USBDEVFS_IOCTL, &detach), 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &hid), 0);
	g.interface = 0;
	assert_int_equal(usb(b, USBDEVFS_GETDRIVER, &g), 0);
	assert_string_equal(g.driver, "usbfs");
	/* A handle that is closed lets go. */
	close(first);
	loop_once(b->loop, 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), 0);
}

/* --- Endpoint 0 --- */

static int control(struct bench *b, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
		   uint8_t *data, uint16_t n)
{
	uint8_t buffer[8 + 512] = { type, request };
	struct usbdevfs_urb urb = make_urb(0, buffer, 8 + n);

	put_le16(buffer + 2, value);
	put_le16(buffer + 4, index);
	put_le16(buffer + 6, n);
	urb.type = USBDEVFS_URB_TYPE_CONTROL;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_ptr_equal(reap(b), &urb);
	memcpy(data, buffer + 8, n);
	return urb.status ? urb.status : urb.actual_length;
}

static void test_standard_requests(void **state)
{
	struct bench *b = *state;
	uint8_t data[512];

	assert_int_equal(control(b, 0x80, 6, 0x0100, 0, data, 18), 18);
	assert_memory_equal(data, echo_descriptors, 18);
	assert_int_equal(control(b, 0x80, 6, 0x0200, 0, data, 9), 9);
	assert_int_equal(control(b, 0x80, 6, 0x0200, 0, data, 500), sizeof(echo_descriptors) - 18);
	assert_int_equal(control(b, 0x80, 6, 0x0300, 0, data, 255), 4);
	assert_memory_equal(data, "\x04\x03\x09\x04", 4);
	assert_int_equal(control(b, 0x80, 6, 0x0302, 0x0409, data, 255), 10);
	assert_memory_equal(data, "\x0a\x03" "c\0a\0f\0\xe9\0", 10);
	assert_int_equal(control(b, 0x80, 6, 0x0303, 0x0409, data, 255), 6);
	assert_int_equal(control(b, 0x80, 6, 0x0304, 0x0409, data, 255), -EPIPE);
	/* Full speed only: no qualifier, no binary object store. */
	assert_int_equal(control(b, 0x80, 6, 0x0600, 0, data, 10), -EPIPE);
	assert_int_equal(control(b, 0x80, 6, 0x0f00, 0, data, 5), -EPIPE);
	assert_int_equal(control(b, 0x81, 6, 0x2200, 1, data, 255), 4);
	assert_int_equal(control(b, 0x80, 8, 0, 0, data, 1), 1);
	assert_int_equal(data[0], 1);
	assert_int_equal(control(b, 0x80, 0, 0, 0, data, 2), 2);
	vb_usb_halt(b->device, 0x81);
	assert_int_equal(control(b, 0x82, 0, 0, 0x81, data, 2), 2);
	assert_int_equal(data[0], 1);
	assert_int_equal(control(b, 0xc0, 0x42, 0, 0, data, 64), 6);
	assert_memory_equal(data, "answer", 6);
	assert_int_equal(control(b, 0xc0, 0x43, 0, 0, data, 64), -EPIPE);
}

/* USB 2.0, 9.4: what is not there is refused, what begins afresh has no halt. */
static void test_requests_for_what_is_not_there(void **state)
{
	struct bench *b = *state;
	struct usbdevfs_setinterface alternate = { .interface = 0, .altsetting = 1 };
	unsigned configuration = 2, interface = 0;
	uint8_t data[8];

	assert_int_equal(control(b, 0x81, 0, 0, 1, data, 2), 2);
	assert_int_equal(control(b, 0x81, 0, 0, 2, data, 2), -EPIPE);
	assert_int_equal(control(b, 0x82, 0, 0, 0x83, data, 2), -EPIPE);
	assert_int_equal(control(b, 0x81, 10, 0, 1, data, 1), 1);
	assert_int_equal(control(b, 0x81, 10, 0, 2, data, 1), -EPIPE);
	assert_int_equal(control(b, 0x01, 11, 0, 1, data, 0), 0);
	assert_int_equal(control(b, 0x01, 11, 1, 1, data, 0), -EPIPE);
	assert_int_equal(control(b, 0x00, 9, 2, 0, data, 0), -EPIPE);
	vb_usb_halt(b->device, 0x81);
	assert_int_equal(control(b, 0x00, 9, 1, 0, data, 0), 0);
	assert_int_equal(control(b, 0x82, 0, 0, 0x81, data, 2), 2);
	assert_int_equal(data[0], 0);

	assert_int_equal(usb(b, USBDEVFS_SETCONFIGURATION, &configuration), -EINVAL);
	configuration = 1;
	assert_int_equal(usb(b, USBDEVFS_SETCONFIGURATION, &configuration), 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &interface), 0);
	assert_int_equal(usb(b, USBDEVFS_SETINTERFACE, &alternate), -EINVAL);
	alternate.altsetting = 0;
	vb_usb_halt(b->device, 0x81);
	assert_int_equal(usb(b, USBDEVFS_SETINTERFACE, &alternate), 0);
	out(b, "x", 1);
	assert_int_equal(in(b, data, sizeof(data)), 1);
}

/* The kernel claims for who did not, and refuses it where somebody else has the claim. */
static void test_endpoints_belong_to_who_claimed(void **state)
{
	struct bench *b = *state;
	uint8_t data[64];
	struct usbdevfs_urb urb = make_urb(0x81, data, 64), hid = make_urb(0x82, data, 64);
	unsigned interface = 0;
	int first = b->usb, second = open_node(b, "bus/usb/001/002");

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	b->usb = second;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -EBUSY);
	hid.type = USBDEVFS_URB_TYPE_INTERRUPT;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &hid), -EBUSY);	/* usbhid's */
	b->usb = first;
	/* Letting go of the interface ends what is in flight there. */
	assert_int_equal(usb(b, USBDEVFS_RELEASEINTERFACE, &interface), 0);
	expect_reap(b, &urb, -ENOENT);
	b->usb = second;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(usb(b, USBDEVFS_DISCARDURB, &urb), 0);
	close(first);
	loop_once(b->loop, 0);
}

static void test_plain_system_calls(void **state)
{
	struct bench *b = *state;
	uint8_t data[128];
	struct usbdevfs_connectinfo info;
	struct usbdevfs_urb urb = make_urb(0x81, data, 64), *done = NULL;
	unsigned long reaping[3] = { 1, USBDEVFS_REAPURB, (unsigned long)(uintptr_t)&done };
	unsigned long answer[3];
	int client = b->usb;

	assert_int_equal(vb_hub_unplug(b->hub, 0), OK);
	assert_int_equal(vb_hub_replug(b->hub, 0), OK);
	b->usb = open_node(b, "bus/usb/001/003");
	close(client);
	assert_int_equal(usb(b, USBDEVFS_CONNECTINFO, &info), 0);
	assert_int_equal(info.devnum, 3);
	/* read() goes on where it stopped. */
	assert_int_equal(call(b, b->usb, 7, (unsigned long)(uintptr_t)data, (void *)18), 18);
	assert_memory_equal(data, echo_descriptors, 18);
	assert_int_equal(call(b, b->usb, 7, (unsigned long)(uintptr_t)data, (void *)128),
			 sizeof(echo_descriptors) - 18);
	assert_memory_equal(data, echo_descriptors + 18, sizeof(echo_descriptors) - 18);
	assert_int_equal(call(b, b->usb, 7, (unsigned long)(uintptr_t)data, (void *)128), 0);
	/* REAPURB waits until there is something. */
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(send(b->usb, reaping, sizeof(reaping), 0), sizeof(reaping));
	for (int i = 0; i < 4; i++)
		loop_once(b->loop, 1);
	assert_int_equal(recv(b->usb, answer, sizeof(answer), MSG_DONTWAIT), -1);
	vb_usb_send(b->device, 0x81, (const uint8_t *)"late", 4);
	do {
		receive(b, b->usb, answer, sizeof(answer));
		if (answer[0] == 6)
			receive(b, b->usb, (void *)(uintptr_t)answer[1], answer[2]);
	} while (answer[0] == 6);
	assert_int_equal(answer[0], 3);
	assert_int_equal(answer[1], 0);
	assert_ptr_equal(done, &urb);
	assert_int_equal(urb.actual_length, 4);
	assert_memory_equal(data, "late", 4);
}

static char *attribute(struct bench *b, const char *name)
{
	char *path = xasprintf("%s/sys/bus/usb/devices/1-1/%s", vb_hub_root(b->hub), name);
	FILE *f = fopen(path, "r");
	static char text[64];

	text[0] = 0;
	if (f != NULL) {
		if (fgets(text, sizeof(text), f) == NULL)
			text[0] = 0;
		fclose(f);
	}
	free(path);
	return text;
}

static void test_sysfs(void **state)
{
	struct bench *b = *state;

	assert_string_equal(attribute(b, "idVendor"), "1234\n");
	assert_string_equal(attribute(b, "speed"), "12\n");
	assert_string_equal(attribute(b, "serial"), "S1\n");
	assert_string_equal(attribute(b, "product"), "caf\xc3\xa9\n");
	assert_string_equal(attribute(b, "devnum"), "2\n");
	assert_string_equal(attribute(b, "1-1:1.1/bInterfaceClass"), "03\n");
	assert_string_equal(attribute(b, "../../../class/hidraw/hidraw0/uevent"), "MAJOR=240\n");
}

/* --- hidraw --- */

static void test_hidraw(void **state)
{
	struct bench *b = *state;
	int fd = open_node(b, "hidraw0");
	uint8_t report[65] = { 0, 'a', 'b' }, answer[64];
	struct hidraw_devinfo info;
	unsigned size = 0;

	assert_int_equal(call(b, fd, 1, HIDIOCGRDESCSIZE, &size), 0);
	assert_int_equal(size, 4);
	assert_int_equal(call(b, fd, 1, HIDIOCGRAWINFO, &info), 0);
	assert_int_equal(info.vendor, 0x1234);
	assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)3), 3);
	assert_int_equal(last_echo->packets, 1);
	assert_int_equal(last_echo->sizes[0], 2);
	assert_int_equal(call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64), 2);
	assert_memory_equal(answer, "ab", 2);
	assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)1), -EINVAL);
	assert_int_equal(vb_hub_unplug(b->hub, 0), OK);
	assert_int_equal(call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64), -EIO);
	assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)3), -ENODEV);
	close(fd);
}

/* A report each way in every frame of 1 ms, no more, however many are waiting. */
static void test_hid_moves_one_report_per_frame(void **state)
{
	struct bench *b = *state;
	int fd = open_node(b, "hidraw0");
	uint8_t report[65] = { 0, 'a' }, answer[64];
	uint64_t start_ns = host_ns(b);

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)2), 2);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64), 1);
	assert_in_range(host_ns(b) - start_ns, 8000000, 10000000);
	assert_int_equal(b->device->count.round_trips, 1);
	close(fd);
}

/* One command at a time: a frame out, a frame back. */
static void test_hid_command_takes_two_frames(void **state)
{
	struct bench *b = *state;
	int fd = open_node(b, "hidraw0");
	uint8_t report[65] = { 0, 'a' }, answer[64];
	uint64_t start_ns = 0;

	for (unsigned i = 0; i < 11; i++) {
		if (i == 1)
			start_ns = host_ns(b);
		call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)2);
		call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64);
	}
	assert_int_equal(host_ns(b) - start_ns, 20000000);
	assert_int_equal(b->device->count.round_trips, 11);
	close(fd);
}

/* A look that does not wait sees what is there in virtual time; the second one lets time pass. */
static void test_a_look_does_not_see_the_future(void **state)
{
	struct bench *b = *state;
	uint8_t report[65] = { 0 }, data[64];
	int hid = open_node(b, "hidraw0");
	unsigned long is_there = _IO('H', 0x7f);

	assert_int_equal(call(b, hid, 1, is_there, NULL), 0);
	assert_int_equal(call(b, hid, 8, (unsigned long)(uintptr_t)report, (void *)33), 33);
	assert_int_equal(call(b, hid, 1, is_there, NULL), 0);
	assert_int_equal(call(b, hid, 1, is_there, NULL), 1);
	assert_int_equal(call(b, hid, 8, (unsigned long)(uintptr_t)report, (void *)33), 33);
	/* By the time the second one is on the bus the first answer has come. */
	assert_int_equal(call(b, hid, 8, (unsigned long)(uintptr_t)report, (void *)33), 33);
	assert_int_equal(call(b, hid, 1, is_there, NULL), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(call(b, hid, 7, (unsigned long)(uintptr_t)data, (void *)64), 32);
	assert_int_equal(call(b, hid, 1, is_there, NULL), 0);
	assert_int_equal(call(b, hid, 1, is_there, NULL), 0);
	close(hid);
	loop_once(b->loop, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors_of_all_models),
		cmocka_unit_test(test_microsoft_descriptors),
		BENCH(test_unplug_and_replug),
		BENCH(test_claim_is_exclusive),
		BENCH(test_standard_requests),
		BENCH(test_requests_for_what_is_not_there),
		BENCH(test_endpoints_belong_to_who_claimed),
		BENCH(test_plain_system_calls),
		BENCH(test_sysfs),
		BENCH(test_hidraw),
		BENCH(test_a_look_does_not_see_the_future),
		BENCH(test_hid_moves_one_report_per_frame),
		BENCH(test_hid_command_takes_two_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
