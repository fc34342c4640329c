/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The J-Link firmware, byte for byte: every command, commands cut anywhere, what it keeps silent on. */
#include "vb_probe.h"

#include "vboard/usb/models.h"

struct jlink {
	struct probe *probe;		/* for its board */
	const struct vb_usb_model *model;
	void *priv;
	struct buf in;			/* what the host would read */
	size_t transfers, empty;	/* ... and in how many pieces */
};

/* The host side of the models: one device is enough. */
static struct jlink *plugged;

struct vb_board *vb_usb_board(struct vb_usb_device *device)
{
	(void)device;
	return &plugged->probe->board;
}

void vb_usb_send(struct vb_usb_device *device, uint8_t endpoint, const uint8_t *data, size_t n)
{
	(void)device;
	assert_true(endpoint & 0x80);
	plugged->transfers++;
	plugged->empty += n == 0;
	if (n > 0)
		buf_append(&plugged->in, data, n);
}

static struct jlink *plug_in(const struct vb_usb_model *model, const char *caps)
{
	struct jlink *jl = calloc(1, sizeof(*jl));

	plugged = jl;
	jl->probe = probe_new();
	jl->model = model;
	jl->priv = calloc(1, model->priv_size);
	if (caps != NULL)
		assert_true(model->set_option(jl->priv, "caps", caps));
	assert_true(model->create(NULL, jl->priv));
	model->reset(jl->priv);
	return jl;
}

static void unplug(struct jlink *jl)
{
	jl->model->destroy(jl->priv);
	probe_free(jl->probe);
	buf_free(&jl->in);
	free(jl->priv);
	free(jl);
	plugged = NULL;
}

static uint8_t out_endpoint(const struct jlink *jl)
{
	return jl->model == &vb_usb_jlink ? 0x01 : jl->model == &vb_usb_jlink_ob ? 0x03 : 0x02;
}

/* Cut into pieces of `cut` bytes, each in a block of its own so that the sanitizer sees an overrun. */
static bool put(struct jlink *jl, const uint8_t *data, size_t n, size_t cut)
{
	bool is_taken = true;

	buf_clear(&jl->in);
	jl->transfers = jl->empty = 0;
	for (size_t at = 0; at < n && is_taken; at += cut) {
		size_t size = MIN(cut, n - at);
		uint8_t *copy = malloc(size);

		memcpy(copy, data + at, size);
		is_taken = jl->model->out(jl->priv, out_endpoint(jl), copy, size);
		free(copy);
	}
	return is_taken;
}

static void check(struct jlink *jl, const char *command, const char *answer, size_t cut)
{
	uint8_t bytes[2048], wanted[2048];
	size_t n = parse_hex(command, bytes), expected = parse_hex(answer, wanted);
	char seen_hex[4097], wanted_hex[4097];

	put(jl, bytes, n, cut);
	hex_encode(seen_hex, jl->in.data ? jl->in.data : (const uint8_t *)"", jl->in.len);
	hex_encode(wanted_hex, wanted, expected);
	assert_string_equal(seen_hex, wanted_hex);
}

static void ask(struct jlink *jl, const char *command, const char *answer)
{
	check(jl, command, answer, 64);
	if (jl->in.len == 0)
		return;
	check(jl, command, answer, 1);
}

static void test_who_it_is(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint8_t version = 0x01;

	(void)state;
	put(jl, &version, 1, 64);
	assert_int_equal(jl->in.len, 2 + 112);
	assert_int_equal(get_le16(jl->in.data), 112);
	assert_string_equal(jl->in.data + 2, "J-Link V10 compiled Oct  5 2020 14:56:16");
	ask(jl, "e8", "bf 7b ff b9");
	ask(jl, "ed", "bf 7b ff b9 00000000 00000000 00000000 00000000 00000000 00000000 00000000");
	ask(jl, "f0", "88 8a 01 00");
	ask(jl, "d4", "e8 0d 01 00");
	ask(jl, "c0", "00 87 93 03 04 00");
	ask(jl, "c7 ff", "03 00 00 00");
	ask(jl, "c1 01 00 80 00", "00 00 00 00 88 13 00 00");
	ask(jl, "08 01 c1 01 00 00 00", "01 00 00 00");
	unplug(jl);
}

static void test_pins_and_voltage(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);

	(void)state;
	jl->probe->board.millivolts = 3300;
	ask(jl, "ca dc de 07", "e4 0c 00 00 01 01 00 00");
	ask(jl, "dd df c9 db 07", "e4 0c 01 00 01 00 01 01");
	jl->probe->board.powered = false;
	ask(jl, "07", "00 00 01 00 01 00 00 01");
	unplug(jl);
}

static void test_reset_pulses_take_2_ms(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint64_t before = vb_clock_now(jl->probe->board.clock);

	(void)state;
	ask(jl, "03", "");
	assert_true(vb_clock_now(jl->probe->board.clock) - before >= 2000000);
	assert_false(jl->probe->board.nrst_low);
	ask(jl, "02", "");
	unplug(jl);
}

static void test_speed_never_above_the_request(void **state)
{
	static const struct {
		const char *command;
		uint32_t period_ps;
	} cases[] = {
		{ "05 e8 03", 1000000 },	/* 1000 kHz: 60 MHz / 60 */
		{ "05 58 1b", 150001 },		/* 7000 kHz: 60 MHz / 9 */
		{ "05 98 3a", 66667 },		/* 15000 kHz */
		{ "05 50 c3", 66667 },		/* 50 MHz: no divider below 4 */
	};
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);

	(void)state;
	check(jl, "c7 01", "00 00 00 00", 64);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ask(jl, cases[i].command, "");
		ask(jl, "cf 00 01 00 01 00", "00 00");
		assert_int_equal(jl->probe->board.link->period_ps, cases[i].period_ps);
	}
	check(jl, "c7 01", "01 00 00 00", 64);	/* a selection, even of the same, resets the speed */
	ask(jl, "cf 00 01 00 01 00", "00 00");
	assert_int_equal(jl->probe->board.link->period_ps, 10000000);
	/* Adaptive clocking: the board returns no RTCK. */
	ask(jl, "05 ff ff cf 00 01 00 01 00", "00 01");
	unplug(jl);
}

static void select_swd(struct jlink *jl)
{
	check(jl, "c7 01", "00 00 00 00", 64);
	check(jl, "05 e8 03 c7 fe", "01 00 00 00", 64);
	check(jl, "cf 00 88 00 ffffffffffffffffffffffffffffffffff"
		  "ffffffffffffff9ee7ffffffffffffff00",
	      "0000000000000000000000000000000000 00", 64);
}

/* A read of DPIDR: 8 bits out, 38 in. The ACK is right behind the request, one bit earlier than a
 * probe has it that looks before the edge. */
static void test_swd_is_captured_one_clock_ahead(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint8_t command[16];
	uint32_t value = 0;

	(void)state;
	select_swd(jl);
	put(jl, command, parse_hex("cf 00 2e 00 ff0000000000 a50000000000", command), 64);
	assert_int_equal(jl->in.len, 6 + 1);
	assert_int_equal(jl->in.data[6], 0);
	assert_int_equal(jl->in.data[0], 0);		/* its own bits it does not read back */
	assert_int_equal(jl->in.data[1] & 7, 1);
	for (unsigned i = 0; i < 32; i++)
		value |= (uint32_t)bit_get(jl->in.data, 11 + i) << i;
	assert_int_equal(value, 0x2ba01477);
	assert_int_equal(bit_get(jl->in.data, 43), parity_even(value));
	unplug(jl);
}

static void test_swd_write_is_acknowledged(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint8_t command[32];

	(void)state;
	select_swd(jl);
	put(jl, command, parse_hex("cf 00 2e 00 ff0000000000 a50000000000", command), 64);
	/* ABORT = 0x1e: 8 out, 5 in, 33 out. */
	put(jl, command, parse_hex("cf 00 2e 00 ffe0ffffff3f 81c003000000", command), 64);
	assert_int_equal(jl->in.data[1] & 7, 1);
	unplug(jl);
}

/* Test-Logic-Reset, Run-Test/Idle, Shift-DR: the second TAP's IDCODE comes 32 bits after the first's.
 * TDO bit k belongs to TMS and TDI bit k. */
static void test_jtag_reads_idcodes(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint8_t command[64];

	(void)state;
	check(jl, "c7 00", "00 00 00 00", 64);
	check(jl, "05 e8 03 ce 00 09 00 5f00 0000", "ff01", 64);
	put(jl, command, parse_hex("cf 00 40 00 0000000000000000 0000000000000000", command), 64);
	assert_int_equal(jl->in.len, 9);
	assert_int_equal(get_le32(jl->in.data), 0x4ba00477);
	assert_int_equal(jl->in.data[8], 0);
	unplug(jl);
}

static void test_too_much_for_the_memory(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink_ob, NULL);
	size_t bits = (11288 - 4) / 2 * 8;
	uint8_t command[4 + 2 * 8192] = { 0xcf };

	(void)state;
	put_le16(command + 2, (uint16_t)bits);
	put(jl, command, 4 + bits / 4, 64);
	assert_int_equal(jl->in.len, bits / 8 + 1);
	assert_int_equal(jl->in.data[bits / 8], 0);
	put_le16(command + 2, (uint16_t)(bits + 1));
	put(jl, command, 4 + 2 * (bits / 8 + 1), 64);
	assert_int_equal(jl->in.len, bits / 8 + 2);
	assert_int_equal(jl->in.data[bits / 8 + 1], 6);
	unplug(jl);
}

/* 63 bytes of bits and the status: a full packet, so an empty one ends the answer. */
static void test_a_full_packet_is_followed_by_an_empty_one(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink_v8, NULL);
	uint8_t command[4 + 2 * 63] = { 0xcf, 0, 63 * 8 & 0xff, 63 * 8 >> 8 };

	(void)state;
	put(jl, command, sizeof(command), 64);
	assert_int_equal(jl->in.len, 64);
	assert_int_equal(jl->empty, 1);
	put(jl, (const uint8_t[]){ 0xf2 }, 1, 64);
	assert_int_equal(jl->in.len, 256);
	assert_int_equal(jl->empty, 1);
	unplug(jl);
}

static void test_registration(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint8_t command[14], again[14];

	(void)state;
	parse_hex("09 64 d2040000 00000000 01 02 0000", command);
	put(jl, command, sizeof(command), 64);
	assert_int_equal(jl->in.len, 76);
	assert_memory_equal(jl->in.data, "\x01\x00\x01\x00\x10\x00\x34\x00", 8);
	assert_memory_equal(jl->in.data + 8, "\xd2\x04\x00\x00\x00\x00\x00\x00\x01\x02\x01\x00", 12);
	for (unsigned i = 2; i <= 16; i++) {
		put(jl, command, sizeof(command), 64);
		assert_int_equal(get_le16(jl->in.data), i);
		assert_int_equal(get_le16(jl->in.data + 2), i);
		assert_int_equal(jl->in.len, 8 + 16 * i + 52);
	}
	put(jl, command, sizeof(command), 64);		/* full: this handle is not in the list */
	assert_int_equal(get_le16(jl->in.data), 17);
	assert_int_equal(get_le16(jl->in.data + 2), 16);
	memcpy(again, command, sizeof(again));
	for (unsigned i = 1; i <= 16; i++) {
		again[1] = 0x65;
		put_le16(again + 12, (uint16_t)i);
		put(jl, again, sizeof(again), 64);
		assert_int_equal(get_le16(jl->in.data + 2), 16 - i);
		assert_true(jl->in.len >= 76);
	}
	unplug(jl);
}

static void test_configuration_is_kept(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);
	uint8_t command[257] = { 0xf3, 2 };

	(void)state;
	put(jl, (const uint8_t[]){ 0xf2 }, 1, 64);
	assert_int_equal(jl->in.data[0], 0xff);
	put(jl, command, sizeof(command), 64);
	jl->model->reset(jl->priv);
	put(jl, (const uint8_t[]){ 0xf2 }, 1, 64);
	assert_memory_equal(jl->in.data, command + 1, 256);
	ask(jl, "c2 02 00 00 00", "02 00 00 00");	/* connected twice */
	unplug(jl);
}

static void test_unknown_commands_are_not_answered(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);

	(void)state;
	check(jl, "99 01 02 03", "", 64);
	check(jl, "ee 00 00000000 04000000", "", 64);	/* no EMUCOM */
	check(jl, "1e 66 00 01 01 41 00", "", 64);	/* no files */
	check(jl, "e8", "bf 7b ff b9", 64);
	unplug(jl);
}

static void test_old_hardware_hangs_on_select_if(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink_old, NULL);
	static const uint8_t select[] = { 0xc7, 0xff }, caps = 0xe8;

	(void)state;
	ask(jl, "e8", "3b 2a 00 00");
	check(jl, "ed", "", 64);
	check(jl, "ce 00 08 00 ff 00", "ff", 64);
	put(jl, select, sizeof(select), 64);
	assert_int_equal(jl->in.len, 0);
	assert_false(put(jl, &caps, 1, 64));
	jl->model->reset(jl->priv);
	assert_true(put(jl, &caps, 1, 64));
	assert_int_equal(jl->in.len, 4);
	unplug(jl);
}

static void test_hardware_before_v5_has_no_status_shift(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink_old, NULL);

	(void)state;
	assert_true(jl->model->set_option(jl->priv, "hw", "30000"));
	check(jl, "cf 00 08 00 ff 00", "", 64);
	check(jl, "ce 00 08 00 ff 00", "ff", 64);
	unplug(jl);
}

static void test_files(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, "bf7bffbd");

	(void)state;
	check(jl, "1e 66 00 01 01 41 00", "00 00 00 80", 64);
	check(jl, "1e 65 00 01 01 41 04 02 01000000 04 03 03000000 00 aa bb cc", "03 00 00 00", 1);
	check(jl, "1e 66 00 01 01 41 00", "04 00 00 00", 64);
	check(jl, "1e 64 00 01 01 41 04 02 00000000 04 03 06000000 00",
	      "00 aa bb cc 00 00 04 00 00 00", 1);
	check(jl, "1e 67 00 01 01 41 00", "00 00 00 00", 64);
	check(jl, "1e 67 00 01 01 41 00", "00 00 00 80", 64);
	unplug(jl);
}

static void test_emucom(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, "bf7bffb902");

	(void)state;
	vb_clock_advance(jl->probe->board.clock, 7000000);
	check(jl, "ee 00 00000000 04000000", "04 00 00 00 07 00 00 00", 64);
	check(jl, "ee 00 01000000 04000000", "01 00 00 80", 64);
	check(jl, "ee 01 00000100 02000000 aa bb", "02 00 00 00", 1);
	check(jl, "ee 00 00000100 03000000", "02 00 00 81", 64);
	check(jl, "ee 00 00000100 02000000", "02 00 00 00 aa bb", 64);
	unplug(jl);
}

static void test_swo_commands(void **state)
{
	struct jlink *jl = plug_in(&vb_usb_jlink, NULL);

	(void)state;
	ask(jl, "eb 6e 04 01 00000000 00",
	    "1c000000 00000000 00879303 08000000 ffff0000 01000000 01000000");
	ask(jl, "eb 6e 04 01 01000000 00", "00 00 00 80");
	ask(jl, "eb 64 04 01 00000000 04 02 80841e00 04 04 00100000 00", "00 00 00 00");
	ask(jl, "eb 66 04 03 00010000 00", "00 00 00 00 00 00 00 00");
	ask(jl, "eb 65 00", "00 00 00 00");
	ask(jl, "eb 64 04 01 01000000 04 02 80841e00 04 04 00100000 00", "00 00 00 80");
	unplug(jl);
	jl = plug_in(&vb_usb_jlink_v8, NULL);
	check(jl, "eb 65 00", "", 64);
	unplug(jl);
}

static void test_others(void **state)
{
	/* SPI (bit 56) and HW_JTAG_WRITE (bit 32). */
	struct jlink *jl = plug_in(&vb_usb_jlink, "bf7bffb901000001");

	(void)state;
	check(jl, "15 01 00 00 0a000000 06000000 10000000 00000000 12 34", "ff ff 02 00 00 00", 1);
	check(jl, "17 00 00 02 00", "00 00 01 00 00 00", 1);
	check(jl, "17 01 01 00 00 55", "01 00 00 00", 1);
	check(jl, "d5 00 08 00 ff 00 d6", "00", 1);
	unplug(jl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_it_is),
		cmocka_unit_test(test_pins_and_voltage),
		cmocka_unit_test(test_reset_pulses_take_2_ms),
		cmocka_unit_test(test_speed_never_above_the_request),
		cmocka_unit_test(test_swd_is_captured_one_clock_ahead),
		cmocka_unit_test(test_swd_write_is_acknowledged),
		cmocka_unit_test(test_jtag_reads_idcodes),
		cmocka_unit_test(test_too_much_for_the_memory),
		cmocka_unit_test(test_a_full_packet_is_followed_by_an_empty_one),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_configuration_is_kept),
		cmocka_unit_test(test_unknown_commands_are_not_answered),
		cmocka_unit_test(test_old_hardware_hangs_on_select_if),
		cmocka_unit_test(test_hardware_before_v5_has_no_status_shift),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_emucom),
		cmocka_unit_test(test_swo_commands),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
