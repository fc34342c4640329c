/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP on USB: which interface it is by descriptors as real probes have them, what products need,
 * and getting into step with a probe that lost, kept or delayed an answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "adapter/cmsis_dap.h"

#define EP(address_, type_) { .address = (address_), .type = (type_), .max_packet = 64 }
#define BULK_OUT_IN { EP(0x01, 2), EP(0x82, 2) }
#define BULK_OUT_IN_IN { EP(0x01, 2), EP(0x81, 2), EP(0x82, 2) }
#define BULK_IN_OUT { EP(0x81, 2), EP(0x01, 2) }
#define INTERRUPT { EP(0x81, 3), EP(0x01, 3) }

/* --- Which interface --- */

struct sample {
	const char *name;
	struct usb_device device;
	int quality, bulk, hid;		/* interface numbers, -1: none */
	const char *kind;
};

static struct sample samples[] = {
	{ "MCU-Link, Arm's firmware",
	  { .vid = 0xc251, .pid = 0xf00b, .product = "MCU-LINK", .interface_count = 2,
	    .interfaces = { { .number = 0, .class = 0xff, .name = "MCU-LINK CMSIS-DAP",
			      .endpoint_count = 3, .endpoints = BULK_OUT_IN_IN },
			    { .number = 1, .class = 2, .name = "USB_CDC0_0" } } },
	  3, 0, -1, "MCU-Link with Arm's firmware" },
	{ "DAPLink with v1 only",
	  { .vid = 0x0d28, .pid = 0x0204, .product = "DAPLink CMSIS-DAP", .interface_count = 2,
	    .interfaces = { { .number = 0, .class = 8, .name = "USB_MSC", .endpoint_count = 2,
			      .endpoints = BULK_OUT_IN },
			    { .number = 3, .class = 3, .name = "CMSIS-DAP", .endpoint_count = 2,
			      .endpoints = INTERRUPT } } },
	  3, -1, 3, "DAPLink" },
	{ "DAPLink in its boot loader: a drive",
	  { .vid = 0x0d28, .pid = 0x0204, .product = "DAPLink", .interface_count = 1,
	    .interfaces = { { .number = 0, .class = 8, .endpoint_count = 2,
			      .endpoints = BULK_OUT_IN } } },
	  0, -1, -1, NULL },
	{ "XDS110: its vendor interfaces only look like v2",
	  { .vid = 0x0451, .pid = 0xbef3, .product = "XDS110 (03.00.00.13) Embed with CMSIS-DAP",
	    .interface_count = 3,
	    .interfaces = { { .number = 2, .class = 0xff, .endpoint_count = 2, .endpoints = BULK_OUT_IN },
			    { .number = 5, .class = 3, .name = "XDS110 CMSIS-DAP",
			      .endpoint_count = 2, .endpoints = INTERRUPT },
			    { .number = 6, .class = 0xff, .endpoint_count = 2,
			      .endpoints = BULK_OUT_IN } } },
	  3, -1, 5, "XDS110" },
	{ "the same of a maker nobody knows",
	  { .vid = 0x1234, .pid = 0x5678, .product = "Thing with CMSIS-DAP", .interface_count = 2,
	    .interfaces = { { .number = 2, .class = 0xff, .endpoint_count = 2, .endpoints = BULK_OUT_IN },
			    { .number = 5, .class = 3, .name = "Thing CMSIS-DAP",
			      .endpoint_count = 2, .endpoints = INTERRUPT } } },
	  2, -1, 5, "CMSIS-DAP v1" },
	{ "ULINKplus: only the interface says so, among four vendor ones",
	  { .vid = 0xc251, .pid = 0x2750, .product = "Keil ULINKplus", .interface_count = 3,
	    .interfaces = { { .number = 0, .class = 0xff, .endpoint_count = 2, .endpoints = BULK_OUT_IN },
			    { .number = 1, .class = 0xff, .name = "ULINKplus CMSIS-DAP",
			      .endpoint_count = 3, .endpoints = BULK_OUT_IN_IN },
			    { .number = 2, .class = 0xff, .endpoint_count = 2,
			      .endpoints = BULK_OUT_IN } } },
	  3, 1, -1, "Keil ULINKplus" },
	{ "WCH-Link: the words are in the serial port's strings too",
	  { .vid = 0x1a86, .pid = 0x8012, .product = "WCH CMSIS-DAP", .interface_count = 3,
	    .interfaces = { { .number = 0, .class = 0xff, .name = "WCH CMSIS-DAP",
			      .endpoint_count = 2, .endpoints = BULK_OUT_IN },
			    { .number = 1, .class = 2, .name = "WCH CMSIS-DAP" },
			    { .number = 2, .class = 10, .name = "WCH CMSIS-DAP",
			      .endpoint_count = 2, .endpoints = BULK_OUT_IN } } },
	  3, 0, -1, "WCH-LinkE" },
	{ "Orbtrace: v1 and v2, neither in the product string",
	  { .vid = 0x1209, .pid = 0x3443, .product = "Orbtrace", .interface_count = 2,
	    .interfaces = { { .number = 0, .class = 3, .name = "CMSIS-DAP v1", .endpoint_count = 2,
			      .endpoints = INTERRUPT },
			    { .number = 1, .class = 0xff, .name = "CMSIS-DAP v2",
			      .endpoint_count = 2, .endpoints = BULK_OUT_IN } } },
	  3, 1, 0, "Orbtrace" },
	{ "KitProg3: interface class 0, and a HID bridge that is no probe",
	  { .vid = 0x04b4, .pid = 0xf155, .product = "KitProg3 CMSIS-DAP", .interface_count = 2,
	    .interfaces = { { .number = 0, .class = 0, .name = "KitProg3 CMSIS-DAP BULK",
			      .endpoint_count = 2, .endpoints = BULK_OUT_IN },
			    { .number = 1, .class = 3, .name = "KitProg3 bridge",
			      .endpoint_count = 2, .endpoints = INTERRUPT } } },
	  3, 0, -1, "KitProg3" },
	{ "LPC-Link2: several HID interfaces, the first is it",
	  { .vid = 0x1fc9, .pid = 0x0090, .product = "LPC-LINK2 CMSIS-DAP V5.361", .interface_count = 3,
	    .interfaces = { { .number = 0, .class = 3, .endpoint_count = 2, .endpoints = INTERRUPT },
			    { .number = 3, .class = 3, .endpoint_count = 2, .endpoints = INTERRUPT },
			    { .number = 4, .class = 3, .endpoint_count = 2,
			      .endpoints = INTERRUPT } } },
	  3, -1, 0, "LPC-Link2" },
	{ "unknown, one HID interface, by the product string",
	  { .vid = 0x1234, .pid = 1, .product = "My CMSIS-DAP", .interface_count = 1,
	    .interfaces = { { .number = 0, .class = 3, .endpoint_count = 2, .endpoints = INTERRUPT } } },
	  2, -1, 0, "CMSIS-DAP v1" },
	{ "unknown, one vendor interface, by the product string",
	  { .vid = 0x1234, .pid = 1, .product = "My CMSIS-DAP", .interface_count = 1,
	    .interfaces = { { .number = 0, .class = 0xff, .endpoint_count = 2,
			      .endpoints = BULK_OUT_IN } } },
	  2, 0, -1, "CMSIS-DAP v2" },
	{ "IN before OUT is something else",
	  { .vid = 0x1234, .pid = 1, .product = "My CMSIS-DAP", .interface_count = 1,
	    .interfaces = { { .number = 0, .class = 0xff, .name = "CMSIS-DAP", .endpoint_count = 2,
			      .endpoints = BULK_IN_OUT } } },
	  0, -1, -1, NULL },
	{ "a keyboard",
	  { .vid = 0x046d, .pid = 0xc31c, .product = "USB Keyboard", .interface_count = 1,
	    .interfaces = { { .number = 0, .class = 3, .endpoint_count = 1, .endpoints = INTERRUPT } } },
	  0, -1, -1, NULL },
};

static int number_of(const struct usb_interface *i)
{
	return i != NULL ? i->number : -1;
}

static void test_the_right_interface(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		struct cmsis_usb usb;
		struct probe_match match = { 0 };

		print_message("  %s\n", s->name);
		assert_int_equal(cmsis_find(&s->device, -1, &usb), s->quality);
		assert_int_equal(number_of(usb.bulk), s->bulk);
		assert_int_equal(number_of(usb.hid), s->hid);
		cmsis_recognise(&s->device, &match);
		assert_int_equal(match.quality, s->quality);
		if (s->kind != NULL)
			assert_string_equal(match.kind, s->kind);
	}
}

static void test_endpoints_and_the_swo_stream(void **state)
{
	struct cmsis_usb usb;

	(void)state;
	cmsis_find(&samples[0].device, -1, &usb);
	assert_int_equal(usb.out, 0x01);
	assert_int_equal(usb.in, 0x81);
	assert_int_equal(usb.swo, 0x82);
	cmsis_find(&samples[6].device, -1, &usb);
	assert_int_equal(usb.swo, 0);
}

static void test_the_user_may_name_the_interface(void **state)
{
	struct cmsis_usb usb;

	(void)state;
	assert_int_equal(cmsis_find(&samples[3].device, 6, &usb), 3);
	assert_int_equal(number_of(usb.bulk), 6);
	assert_null(usb.hid);
	assert_int_equal(cmsis_find(&samples[3].device, 5, &usb), 3);
	assert_int_equal(number_of(usb.hid), 5);
	assert_int_equal(cmsis_find(&samples[3].device, 9, &usb), 0);
}

static void test_old_firmware_is_known_by_its_version(void **state)
{
	struct usb_device device = { .vid = 0x2e8a, .pid = 0x000c, .bcd_device = 0x0219 };

	(void)state;
	assert_int_equal(cmsis_find_kind(&device)->max_packets, 1);
	assert_non_null(cmsis_find_kind(&device)->hint);
	device.bcd_device = 0x0220;
	assert_int_equal(cmsis_find_kind(&device)->max_packets, 4);
	assert_null(cmsis_find_kind(&device)->workaround);
	device = (struct usb_device){ .vid = 1, .pid = 2, .product = "PWLINK2 CMSIS-DAP" };
	assert_string_equal(cmsis_find_kind(&device)->kind, "PWLINK2");
	device.product = "CMSIS-DAP";
	assert_null(cmsis_find_kind(&device));
	device.product = NULL;
	assert_null(cmsis_find_kind(&device));
}

static void test_report_descriptors(void **state)
{
	/* DAPLink's, and XDS110's that has usages of its own. */
	static const uint8_t daplink[] = { 0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00,
					   0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x09, 0x01,
					   0x81, 0x02, 0x95, 0x40, 0x09, 0x01, 0x91, 0x02, 0x95,
					   0x01, 0x09, 0x01, 0xb1, 0x02, 0xc0 };
	static const uint8_t edbg[] = { 0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x75, 0x08, 0x96,
					0x00, 0x02, 0x09, 0x01, 0x91, 0x02, 0xc0 };

	(void)state;
	assert_int_equal(cmsis_hid_report_bytes(daplink, sizeof(daplink)), 64);
	assert_int_equal(cmsis_hid_report_bytes(edbg, sizeof(edbg)), 512);
	assert_int_equal(cmsis_hid_report_bytes(daplink, 0), 0);
	for (size_t n = 0; n < sizeof(edbg); n++) {	/* cut anywhere: no read past the end */
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, edbg, n);
		cmsis_hid_report_bytes(copy, n);
		free(copy);
	}
}

/* --- In step --- */

/* A probe that answers DAP_Info and DAP_Delay, with so many places for commands. */
struct firmware {
	struct adapter adapter;
	struct cmsis_dap dap;
	struct cmsis_transport transport;
	unsigned places;		/* more than that at a time are lost */
	bool is_silent, is_gone;
	bool is_pin_dead, has_own_reset;
	unsigned own_resets;
	struct {
		uint8_t data[4];
		size_t n;
	} answers[256];
	unsigned head, tail, resyncs, stale;
};

static void answer(struct firmware *f, const uint8_t *command)
{
	unsigned at = f->tail++ % ARRAY_SIZE(f->answers);
	bool is_size = command[1] == INFO_PACKET_SIZE;

	f->answers[at].data[0] = command[0];
	f->answers[at].data[1] = command[0] == DAP_INFO ? (is_size ? 2 : 1) : 0;
	f->answers[at].data[2] = is_size ? 64 : 8;
	f->answers[at].data[3] = 0;
	f->answers[at].n = command[0] == DAP_INFO ? (is_size ? 4 : 3) : 2;
}

/* DAP_SWJ_Pins, DAP_ResetTarget. */
static void answer_reset(struct firmware *f, const uint8_t *command)
{
	unsigned at = f->tail++ % ARRAY_SIZE(f->answers);

	f->answers[at].data[0] = command[0];
	f->answers[at].data[1] = command[0] == DAP_SWJ_PINS
					 ? (f->is_pin_dead ? CMSIS_PIN_NRESET : command[1])
					 : 0;
	f->answers[at].data[2] = f->has_own_reset;
	f->answers[at].n = command[0] == DAP_SWJ_PINS ? 2 : 3;
	f->own_resets += command[0] == DAP_RESET_TARGET;
}

static enum err firmware_send(void *link, const uint8_t *batch, const struct cmsis_packet *packets,
			      size_t n)
{
	struct firmware *f = link;

	if (f->is_gone)
		return error_why(ERR_ADAPTER_LOST, "unplugged");
	for (size_t i = 0; i < n; i++) {
		const uint8_t *command = batch + packets[i].at;

		if (f->tail - f->head >= f->places || f->is_silent)
			continue;
		if (command[0] == DAP_SWJ_PINS || command[0] == DAP_RESET_TARGET)
			answer_reset(f, command);
		else
			answer(f, command);
	}
	return OK;
}

static enum err firmware_receive(void *link, uint8_t *response, size_t size, size_t *got,
				 int timeout_ms)
{
	struct firmware *f = link;

	assert_true(timeout_ms > 0 && size >= 4);
	if (f->head == f->tail)
		return error_why(ERR_TIMEOUT, "no answer");
	*got = f->answers[f->head % ARRAY_SIZE(f->answers)].n;
	memcpy(response, f->answers[f->head++ % ARRAY_SIZE(f->answers)].data, *got);
	return OK;
}

static enum err firmware_resync(void *link, int quiet_ms, bool is_stalled)
{
	struct firmware *f = link;

	(void)is_stalled;
	assert_true(quiet_ms > 0);
	f->resyncs++;
	f->stale += f->tail - f->head;
	f->head = f->tail;
	return f->is_gone ? error_why(ERR_ADAPTER_LOST, "unplugged") : OK;
}

static struct firmware *firmware_new(unsigned announced, unsigned places)
{
	struct firmware *f = xcalloc(1, sizeof(*f));

	error_clear();
	f->places = places;
	f->transport = (struct cmsis_transport){ .name = "fake",
						 .send = firmware_send,
						 .receive = firmware_receive,
						 .resync = firmware_resync };
	f->dap = (struct cmsis_dap){ .adapter = &f->adapter, .transport = &f->transport, .link = f,
				     .packet_size = 64, .usable = 63, .packet_count = announced,
				     .announced_count = announced,
				     .response = xcalloc(1, 64) };
	return f;
}

static void firmware_free(struct firmware *f)
{
	free(f->dap.response);
	free(f->dap.packets);
	buf_free(&f->dap.batch);
	free(f);
}

static void test_depth_is_what_the_probe_holds(void **state)
{
	static const struct { unsigned announced, places, found; } rows[] = {
		{ 8, 8, 8 }, { 64, 2, 2 }, { 4, 1, 1 }, { 1, 1, 1 }, { 255, 255, 255 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct firmware *f = firmware_new(rows[i].announced, rows[i].places);

		assert_int_equal(cmsis_prove_depth(&f->dap), OK);
		assert_int_equal(f->dap.packet_count, rows[i].found);
		assert_int_equal(f->dap.under_way, 0);
		firmware_free(f);
	}
}

static void test_a_stale_answer_is_an_error_once(void **state)
{
	struct firmware *f = firmware_new(8, 8);
	uint8_t data[4];
	size_t got;

	(void)state;
	answer(f, (const uint8_t[]){ DAP_DELAY, 0 });
	assert_int_equal(cmsis_info(&f->dap, INFO_PACKET_SIZE, data, 4, &got), ERR_ADAPTER_PROTOCOL);
	assert_non_null(strstr(error_text(error_current()), "was answered by 0x09"));
	assert_non_null(strstr(error_text(error_current()), "the probe answers again"));
	assert_int_equal(f->stale, 1);
	assert_int_equal(cmsis_info(&f->dap, INFO_PACKET_SIZE, data, 4, &got), OK);
	assert_int_equal(get_le16(data), 64);
	assert_int_equal(f->dap.packet_count, 8);	/* one command alone proves nothing */
	assert_false(f->adapter.is_lost);
	firmware_free(f);
}

static void test_a_probe_that_never_answers_is_lost(void **state)
{
	struct firmware *f = firmware_new(8, 8);
	uint8_t data[4];
	size_t got;

	(void)state;
	f->is_silent = true;
	assert_int_equal(cmsis_info(&f->dap, INFO_PACKET_SIZE, data, 4, &got), ERR_ADAPTER_LOST);
	assert_non_null(strstr(error_text(error_current()), "does not answer since"));
	assert_true(f->adapter.is_lost);
	assert_true(f->resyncs > 1);
	firmware_free(f);
}

static void test_unplugged_is_not_tried_again(void **state)
{
	struct firmware *f = firmware_new(8, 8);
	uint8_t data[4];
	size_t got;

	(void)state;
	f->is_gone = true;
	assert_int_equal(cmsis_info(&f->dap, INFO_PACKET_SIZE, data, 4, &got), ERR_ADAPTER_LOST);
	assert_int_equal(f->resyncs, 0);
	assert_true(f->adapter.is_lost);
	assert_int_equal(cmsis_prove_depth(&f->dap), ERR_ADAPTER_LOST);
	firmware_free(f);
}

static void test_a_look_at_a_probe_loses_nobody_elses(void **state)
{
	struct firmware *f = firmware_new(8, 8);
	uint8_t data[4];
	size_t got;

	(void)state;
	f->is_gone = f->dap.is_inspecting = true;
	assert_int_equal(cmsis_info(&f->dap, INFO_PACKET_SIZE, data, 4, &got), ERR_ADAPTER_LOST);
	assert_false(f->adapter.is_lost);
	firmware_free(f);
}

/* A pin that does not follow: the probe may know another way to reset what it is soldered to. */
static void test_reset_by_the_pin_or_by_the_probe(void **state)
{
	struct firmware *f = firmware_new(1, 1);

	(void)state;
	f->adapter.priv = &f->dap;
	f->adapter.reset_config = RESET_HAS_SRST;
	assert_int_equal(cmsis_dap_driver.set_reset(&f->adapter, true, false), OK);
	assert_int_equal(cmsis_dap_driver.set_reset(&f->adapter, false, false), OK);
	assert_int_equal(f->own_resets, 0);
	assert_false(f->dap.is_pin_reset_dead);
	f->is_pin_dead = f->has_own_reset = true;
	assert_int_equal(cmsis_dap_driver.set_reset(&f->adapter, true, false), OK);
	assert_int_equal(f->own_resets, 1);
	assert_true(f->dap.is_pin_reset_dead);
	assert_int_equal(cmsis_dap_driver.set_reset(&f->adapter, false, false), OK);
	assert_int_equal(f->own_resets, 1);
	/* Without an nRESET in reset_config nothing is expected of the pin. */
	f->adapter.reset_config = 0;
	assert_int_equal(cmsis_dap_driver.set_reset(&f->adapter, true, false), OK);
	assert_int_equal(f->own_resets, 1);
	firmware_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_right_interface),
		cmocka_unit_test(test_endpoints_and_the_swo_stream),
		cmocka_unit_test(test_the_user_may_name_the_interface),
		cmocka_unit_test(test_old_firmware_is_known_by_its_version),
		cmocka_unit_test(test_report_descriptors),
		cmocka_unit_test(test_depth_is_what_the_probe_holds),
		cmocka_unit_test(test_a_stale_answer_is_an_error_once),
		cmocka_unit_test(test_a_probe_that_never_answers_is_lost),
		cmocka_unit_test(test_unplugged_is_not_tried_again),
		cmocka_unit_test(test_a_look_at_a_probe_loses_nobody_elses),
		cmocka_unit_test(test_reset_by_the_pin_or_by_the_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
