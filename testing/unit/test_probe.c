/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of a probe over made-up drivers and devices, and serial numbers as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapter/probe_priv.h"
#include "adapter/usb_text.h"

static void recognise_st(const struct usb_device *device, struct probe_match *match)
{
	if (device->vid == 0x0483)
		*match = (struct probe_match){ 3, "ST-LINK/V2-1", "interface/stlink.cfg" };
}

static void recognise_jlink(const struct usb_device *device, struct probe_match *match)
{
	if (device->vid == 0x1366)
		*match = (struct probe_match){ 3, "J-Link", "interface/jlink.cfg" };
}

static void recognise_cmsis(const struct usb_device *device, struct probe_match *match)
{
	if (device->product != NULL && strstr(device->product, "CMSIS-DAP") != NULL)
		*match = (struct probe_match){ 2, "CMSIS-DAP", "interface/cmsis-dap.cfg" };
}

static void recognise_ftdi(const struct usb_device *device, struct probe_match *match)
{
	if (device->vid == 0x0403)
		*match = (struct probe_match){ 1, "FT2232H", NULL };
}

static const char *const st_aliases[] = { "hla", NULL };
static const struct adapter_driver st_driver = { .name = "st-link", .aliases = st_aliases,
						 .recognise = recognise_st };
static const struct adapter_driver jlink_driver_ = { .name = "jlink",
						     .recognise = recognise_jlink };
static const struct adapter_driver cmsis_driver_ = { .name = "cmsis-dap",
						     .recognise = recognise_cmsis };
static const struct adapter_driver ftdi_driver_ = { .name = "ftdi", .recognise = recognise_ftdi,
						   .wiring_scripts = "interface/ftdi/" };
static const struct adapter_driver tcp_driver = { .name = "remote_bitbang" };
static const struct adapter_driver *const drivers[] = {
	&tcp_driver, &ftdi_driver_, &cmsis_driver_, &st_driver, &jlink_driver_, NULL
};

static struct usb_device devices[] = {
	{ .vid = 0x0483, .pid = 0x374b, .location = "1-1", .product = "STM32 STLink",
	  .serial = "066EFF3352845071" },
	{ .vid = 0x1366, .pid = 0x0101, .location = "1-2", .product = "J-Link",
	  .serial = "000123456789" },
	{ .vid = 0x0d28, .pid = 0x0204, .location = "1-3.1", .product = "DAPLink CMSIS-DAP",
	  .serial = "0240000031754e45002f00199485002b6461000097969900" },
	{ .vid = 0x0403, .pid = 0x6010, .location = "1-3.2", .product = "Dual RS232-HS" },
	{ .vid = 0x0483, .pid = 0x374d, .location = "1-4", .product = "STM32 ST-LINK/V3" },
	{ .vid = 0x0483, .pid = 0x3748, .location = "1-5", .product = "STM32 STLink",
	  .serial = "49FF68066684505267188701" },
	{ .vid = 0x1234, .pid = 0x5678, .location = "1-6", .product = "Keyboard" },
};

/* A bit per device that is plugged in. */
static const struct usb_device *plug(unsigned set)
{
	struct usb_device *list = NULL;

	for (size_t i = ARRAY_SIZE(devices); i-- > 0;) {
		if (!(set & BIT(i)))
			continue;
		devices[i].next = list;
		list = &devices[i];
	}
	return list;
}

enum { ST = 1, JLINK = 2, DAPLINK = 4, FTDI = 8, LOADER = 16, ST_V2 = 32, KEYBOARD = 64 };

static const struct row {
	const char *name;
	unsigned plugged;
	struct adapter adapter;
	const char *chosen;		/* location; NULL: the error below */
	enum err code;
	const char *text;
} rows[] = {
	{ "the only one", ST | KEYBOARD, { .driver = &st_driver }, "1-1", OK, NULL },
	{ "the driver's own among others", ST | JLINK | DAPLINK, { .driver = &jlink_driver_ },
	  "1-2", OK, NULL },
	{ "two fit", ST | ST_V2, { .driver = &st_driver }, NULL, ERR_ADAPTER_AMBIGUOUS,
	  "ST-LINK/V2-1 at USB 1-1: \"adapter serial 066EFF3352845071\"; ST-LINK/V2-1 at USB 1-5: "
	  "\"adapter serial 49FF68066684505267188701\"" },
	{ "serial, other case", ST | ST_V2, { .driver = &st_driver, .serial = "066eff3352845071" },
	  "1-1", OK, NULL },
	{ "serial as old tools show it", ST | ST_V2,
	  { .driver = &st_driver, .serial = "I?h\006f?PRg\030?\001" }, "1-5", OK, NULL },
	{ "J-Link without zeros", ST | JLINK, { .driver = &jlink_driver_, .serial = "123456789" },
	  "1-2", OK, NULL },
	{ "J-Link, other number", JLINK, { .driver = &jlink_driver_, .serial = "12345678" }, NULL,
	  ERR_ADAPTER_NOT_FOUND,
	  "no jlink probe with serial 12345678 is plugged in; probes with these serials are plugged "
	  "in: 000123456789 (J-Link)" },
	{ "DAPLink with its drive off", DAPLINK,
	  { .driver = &cmsis_driver_,
	    .serial = "0240800031754e45002f00199485002b6461000097969901" }, "1-3.1", OK, NULL },
	{ "a serial is no prefix", DAPLINK, { .driver = &cmsis_driver_, .serial = "0240" }, NULL,
	  ERR_ADAPTER_NOT_FOUND, "no cmsis-dap probe with serial 0240" },
	{ "serial of another driver's", ST | JLINK,
	  { .driver = &st_driver, .serial = "000123456789" }, NULL, ERR_ADAPTER_NOT_FOUND,
	  "serial 000123456789 is a J-Link: the driver for that is jlink, not st-link" },
	{ "location", ST | ST_V2, { .driver = &st_driver, .usb_location = "1-5" }, "1-5", OK, NULL },
	{ "location is no prefix", DAPLINK, { .driver = &cmsis_driver_, .usb_location = "1-3" },
	  NULL, ERR_ADAPTER_NOT_FOUND,
	  "no cmsis-dap probe is at USB location 1-3; probes are at: 1-3.1 (CMSIS-DAP)" },
	{ "product name", ST | DAPLINK,
	  { .driver = &cmsis_driver_, .usb_product = "daplink cmsis-dap" }, "1-3.1", OK, NULL },
	{ "ids", ST | ST_V2,
	  { .driver = &st_driver, .usb_ids = { { 0x0483, 0x3748 } }, .usb_id_count = 1 }, "1-5",
	  OK, NULL },
	{ "any product of a vendor", ST | JLINK,
	  { .driver = &st_driver, .usb_ids = { { 0x0483, 0 } }, .usb_id_count = 1 }, "1-1", OK,
	  NULL },
	{ "the user vouches for an unknown device", ST | KEYBOARD,
	  { .driver = &ftdi_driver_, .usb_ids = { { 0x1234, 0x5678 } }, .usb_id_count = 1 }, "1-6",
	  OK, NULL },
	{ "ids of nothing", ST | JLINK,
	  { .driver = &ftdi_driver_, .usb_ids = { { 0x0403, 0x6014 } }, .usb_id_count = 1 }, NULL,
	  ERR_ADAPTER_NOT_FOUND,
	  "no ftdi probe with id 0403:6014 is plugged in; seen instead: ST-LINK/V2-1 (serial "
	  "066EFF3352845071, at USB 1-1), J-Link" },
	{ "nothing", KEYBOARD, { .driver = &st_driver }, NULL, ERR_ADAPTER_NOT_FOUND,
	  "st-link" },
	{ "boot loader", LOADER, { .driver = &st_driver }, NULL, ERR_ADAPTER_NOT_FOUND,
	  "the probe at USB 1-4 is in its boot loader: ST-LINK/V3 boot loader (0483:374d)" },
	{ "a boot loader is never chosen", LOADER | ST, { .driver = &st_driver }, "1-1", OK, NULL },
	{ "no driver, one probe", ST | KEYBOARD, { .driver = NULL }, "1-1", OK, NULL },
	{ "no driver, a chip of anything is left out", ST | FTDI, { .driver = NULL }, "1-1", OK,
	  NULL },
	{ "no driver, only such a chip", FTDI, { .driver = NULL }, NULL, ERR_ADAPTER_NOT_FOUND,
	  "interface/ftdi/" },
	{ "no driver, several", ST | JLINK, { .driver = NULL }, NULL, ERR_ADAPTER_AMBIGUOUS,
	  "2 probes fit the configuration: ST-LINK/V2-1 at USB 1-1: \"adapter serial "
	  "066EFF3352845071\"; J-Link at USB 1-2: \"adapter serial 000123456789\"" },
	{ "no driver, a serial", ST | JLINK, { .serial = "000123456789" }, "1-2", OK, NULL },
	{ "use: serial", ST | JLINK, { .use = "123456789" }, "1-2", OK, NULL },
	{ "use: location", ST | JLINK, { .use = "1-1" }, "1-1", OK, NULL },
	{ "use: kind", ST | JLINK, { .use = "stlink v2-1" }, "1-1", OK, NULL },
	{ "use: driver", ST | JLINK, { .use = "JLink" }, "1-2", OK, NULL },
	{ "use: old name of a driver", ST | JLINK, { .use = "hla" }, "1-1", OK, NULL },
	{ "use: product", ST | DAPLINK, { .use = "DAPLink CMSIS-DAP" }, "1-3.1", OK, NULL },
	{ "use: kind of two", ST | ST_V2, { .use = "st-link" }, NULL, ERR_ADAPTER_AMBIGUOUS,
	  "2 probes" },
	{ "use: nothing", ST, { .use = "picoprobe" }, NULL, ERR_ADAPTER_NOT_FOUND,
	  "that is \"picoprobe\"" },
	{ "the same again by serial", ST | ST_V2,
	  { .driver = &st_driver, .only_last = true, .last_serial = "066EFF3352845071",
	    .last_location = "1-9" }, "1-1", OK, NULL },
	{ "the same again by place", FTDI,
	  { .driver = &ftdi_driver_, .only_last = true, .last_location = "1-3.2" }, "1-3.2", OK,
	  NULL },
	{ "not the same", ST_V2,
	  { .driver = &st_driver, .only_last = true, .last_serial = "066EFF3352845071",
	    .last_location = "1-5" }, NULL, ERR_ADAPTER_NOT_FOUND, "" },
};

static void test_choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct probe *probe = NULL;
		enum err rc = probe_choose(&row->adapter, drivers, plug(row->plugged), &probe);
		const char *text = rc != OK ? error_text(error_current()) : "";

		if (row->chosen != NULL && rc != OK)
			fail_msg("%s: \"%s\"", row->name, text);
		if (row->chosen == NULL && rc != row->code)
			fail_msg("%s: code %d, \"%s\"", row->name, rc, text);
		if (row->chosen != NULL && strcmp(probe->usb->location, row->chosen) != 0)
			fail_msg("%s: took %s", row->name, probe->usb->location);
		if (row->text != NULL && strstr(text, row->text) == NULL)
			fail_msg("%s: \"%s\"", row->name, text);
		error_clear();
		probes_free(probe);
	}
}

static void test_alias(void **state)
{
	struct probe_alias alias = { .name = "left bench", .serial = "66EF" };
	struct adapter adapter = { .aliases = &alias };

	(void)state;
	assert_string_equal(probe_resolve_alias(&adapter, "Left Bench"), "66EF");
	assert_string_equal(probe_resolve_alias(&adapter, "right bench"), "right bench");
}

/* Copies of a probe have one serial: then only the place tells them apart. */
static void test_equal_serials_are_told_apart_by_place(void **state)
{
	struct usb_device twins[2] = {
		{ .vid = 0x1366, .location = "1-1", .serial = "000000000001" },
		{ .vid = 0x1366, .location = "1-2", .serial = "000000000001" },
	};
	struct adapter adapter = { .driver = &jlink_driver_ };
	struct probe *probe;

	(void)state;
	twins[0].next = &twins[1];
	assert_int_equal(probe_choose(&adapter, drivers, twins, &probe), ERR_ADAPTER_AMBIGUOUS);
	assert_non_null(strstr(error_text(error_current()), "\"adapter usb location 1-2\""));
	error_clear();
}

/* Twenty probes are still one message, and it says how many it leaves out. */
static void test_a_crowd_is_cut_short(void **state)
{
	static struct usb_device crowd[20];
	struct adapter adapter = { .driver = &jlink_driver_ };
	struct probe *probe;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++) {
		crowd[i] = (struct usb_device){ .vid = 0x1366, .serial = "0000000000001234" };
		snprintf(crowd[i].location, sizeof(crowd[i].location), "1-%zu", i + 1);
		crowd[i].next = i + 1 < ARRAY_SIZE(crowd) ? &crowd[i + 1] : NULL;
	}
	assert_int_equal(probe_choose(&adapter, drivers, crowd, &probe), ERR_ADAPTER_AMBIGUOUS);
	assert_non_null(strstr(error_text(error_current()), "20 probes fit"));
	assert_non_null(strstr(error_text(error_current()), " more"));
	error_clear();
}

static void check_serial(uint16_t pid, const uint8_t *raw, size_t n, const char *wanted)
{
	struct usb_device device = { .vid = 0x0483, .pid = pid };
	char *text = usb_serial_of_descriptor(&device, raw, n);

	if (wanted == NULL)
		assert_null(text);
	else
		assert_string_equal(text, wanted);
	free(text);
}

static void test_serial_descriptors(void **state)
{
	/* Bytes of a unique id, each as the low byte of a unit. */
	static const uint8_t binary[26] = { 26, 3, 0x49, 0, 0xff, 0, 0x68, 0, 0x06, 0, 0x66, 0,
					    0x84, 0, 0x50, 0, 0x52, 0, 0x67, 0, 0x18, 0, 0x87, 0,
					    0x01, 0 };
	static const uint8_t text[] = { 8, 3, 'A', 0, 'b', 0, 0xe9, 0 };
	static const uint8_t v3pwr[26] = { 26, 3, '1', 0, '2', 0, '3', 0, '4', 0, '5', 0, '6', 0,
					   '7', 0, '8', 0, '0', 0, '0', 0, '0', 0, '0', 0 };
	struct usb_device old = { .vid = 0x0483, .pid = 0x3748 };
	char *hex;

	(void)state;
	check_serial(0x3748, binary, sizeof(binary), "49FF68066684505267188701");
	check_serial(0x374b, text, sizeof(text), "Ab\xc3\xa9");
	check_serial(0x3757, v3pwr, sizeof(v3pwr), "123456780000");
	check_serial(0x3748, binary, 0, NULL);
	check_serial(0x3748, binary, 1, NULL);
	/* The kernel shows the same bytes as UTF-8. */
	hex = usb_serial_of_text(&old, "I\xc3\xbfh\x06" "f\xc2\x84PRg\x18\xc2\x87\x01");
	assert_string_equal(hex, "49FF68066684505267188701");
	free(hex);
	assert_false(usb_serial_is_binary(&old, "49ff68066684505267188701"));
	assert_true(usb_serial_is_binary(&old, "I?hf?PRg?"));
}

static void test_cut_descriptors(void **state)
{
	uint8_t raw[6] = { 255, 3, 'a', 0, 'b', 0 };	/* claims more than came */
	char *text = usb_text_of_descriptor(raw, sizeof(raw));

	(void)state;
	assert_string_equal(text, "ab");
	free(text);
	raw[0] = 0;
	assert_null(usb_text_of_descriptor(raw, sizeof(raw)));
}

static void test_the_rule_lets_hid_in_too(void **state)
{
	struct usb_device device = { .vid = 0x0d28, .pid = 0x0204 };
	char *rule = usb_udev_rule(&device);

	(void)state;
	assert_non_null(strstr(rule, "SUBSYSTEM==\"usb\", ATTRS{idVendor}==\"0d28\", "
				     "ATTRS{idProduct}==\"0204\""));
	free(rule);
	device.interface_count = 1;
	device.interfaces[0].class = 3;
	rule = usb_udev_rule(&device);
	assert_non_null(strstr(rule, "usb|hidraw"));
	free(rule);
}

/* The rule and what to do with it must fit into one message. */
static void test_the_cure_of_a_permission_is_whole(void **state)
{
	struct usb_device device = { .vid = 0x0d28, .pid = 0x0204, .location = "1-1" };
	const char *text;

	(void)state;
	device.interface_count = 1;
	device.interfaces[0].class = 3;
	assert_int_equal(usb_fail_permission(&device, NULL), ERR_ADAPTER_PERMISSION);
	text = error_text(error_current());
	assert_non_null(strstr(text, "plug the probe in again"));
	error_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_equal_serials_are_told_apart_by_place),
		cmocka_unit_test(test_a_crowd_is_cut_short),
		cmocka_unit_test(test_serial_descriptors),
		cmocka_unit_test(test_cut_descriptors),
		cmocka_unit_test(test_the_rule_lets_hid_in_too),
		cmocka_unit_test(test_the_cure_of_a_permission_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
