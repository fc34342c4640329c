/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client sees of an emulated USB device: plugging, claims, endpoint 0, sysfs, hidraw. */
#include "vb_usb_bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors_of_all_models),
		BENCH(test_unplug_and_replug),
		BENCH(test_claim_is_exclusive),
		BENCH(test_standard_requests),
		BENCH(test_sysfs),
		BENCH(test_hidraw),
		BENCH(test_hid_moves_one_report_per_frame),
		BENCH(test_hid_command_takes_two_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
