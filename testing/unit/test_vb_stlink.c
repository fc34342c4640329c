/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ST-LINK firmware, byte for byte: every command, old firmware, what fails and how. */
#include "vb_probe.h"

#include "vboard/core/swo.h"
#include "vboard/usb/model_stlink.h"
#include "vboard/usb/models.h"

struct stlink {
	struct probe *probe;		/* for its board */
	const struct vb_usb_model *model;
	struct stl *priv;
	struct buf in, trace;		/* what the host would read */
};

/* The host side of the models: one device is enough. */
static struct stlink *plugged;

struct vb_board *vb_usb_board(struct vb_usb_device *device)
{
	(void)device;
	return &plugged->probe->board;
}

const char *vb_usb_serial(const struct vb_usb_device *device)
{
	(void)device;
	return "49ff680666844950551220ff";
}

static struct buf *queue_of(uint8_t endpoint)
{
	return endpoint == 0x81 ? &plugged->in : &plugged->trace;
}

void vb_usb_send(struct vb_usb_device *device, uint8_t endpoint, const uint8_t *data, size_t n)
{
	(void)device;
	assert_true(endpoint & 0x80);
	buf_append(queue_of(endpoint), data, n);
}

size_t vb_usb_queued(const struct vb_usb_device *device, uint8_t endpoint)
{
	(void)device;
	return queue_of(endpoint)->len;
}

void vb_usb_drop_queued(struct vb_usb_device *device, uint8_t endpoint)
{
	(void)device;
	buf_clear(queue_of(endpoint));
}

static struct stlink *plug_in(const struct vb_usb_model *model, const char *fw)
{
	struct stlink *st = calloc(1, sizeof(*st));

	plugged = st;
	st->probe = probe_new();
	st->probe->board.millivolts = 3300;
	st->model = model;
	st->priv = calloc(1, model->priv_size);
	if (fw != NULL)
		assert_true(model->set_option(st->priv, "fw", fw));
	assert_true(model->create(NULL, st->priv));
	model->reset(st->priv);
	return st;
}

static void unplug(struct stlink *st)
{
	st->model->destroy(st->priv);
	probe_free(st->probe);
	buf_free(&st->in);
	buf_free(&st->trace);
	free(st->priv);
	free(st);
	plugged = NULL;
}

/* One OUT transfer, cut into packets; each in a block of its own so that the sanitizer sees an overrun. */
static void put(struct stlink *st, const uint8_t *data, size_t n)
{
	for (size_t at = 0; at < n; at += 64) {
		size_t size = MIN(n - at, 64u);
		uint8_t *copy = malloc(size);

		memcpy(copy, data + at, size);
		st->model->out(st->priv, st->priv->kind->out, copy, size);
		free(copy);
	}
}

/* "f2 30 a3": the command, filled up to 16 bytes. */
static void command(struct stlink *st, const char *hex)
{
	uint8_t bytes[64] = { 0 };

	parse_hex(hex, bytes);
	put(st, bytes, STL_COMMAND_BYTES);
}

static void ask(struct stlink *st, const char *hex, const char *answer)
{
	uint8_t wanted[2048];
	size_t n = parse_hex(answer, wanted);
	char seen_hex[4097], wanted_hex[4097];

	command(st, hex);
	assert_true(st->in.len <= 2048);
	hex_encode(seen_hex, st->in.data ? st->in.data : (const uint8_t *)"", st->in.len);
	hex_encode(wanted_hex, wanted, n);
	assert_string_equal(seen_hex, wanted_hex);
	buf_clear(&st->in);
}

static uint8_t status(struct stlink *st, const char *hex)
{
	uint8_t code;

	command(st, hex);
	assert_true(st->in.len >= 2);
	code = st->in.data[0];
	buf_clear(&st->in);
	return code;
}

static struct stlink *in_swd(const struct vb_usb_model *model, const char *fw)
{
	struct stlink *st = plug_in(model, fw);

	command(st, "f3 07");
	assert_int_equal(status(st, "f2 30 a3"), 0x80);
	return st;
}

static struct stlink *with_ap(const struct vb_usb_model *model, const char *fw)
{
	struct stlink *st = in_swd(model, fw);

	assert_int_equal(status(st, "f2 4b 00"), 0x80);
	return st;
}

static void test_who_it_is(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f1", "29 47 83 04 48 37");
	ask(st, "fb", "42 00");
	unplug(st);
	st = plug_in(&vb_usb_stlink_v2, "J17");
	ask(st, "f1", "24 47 83 04 48 37");
	unplug(st);
	st = plug_in(&vb_usb_stlink_v2_1, NULL);
	ask(st, "f1", "29 db 83 04 4b 37");
	unplug(st);
	st = plug_in(&vb_usb_stlink_v3_set, NULL);
	ask(st, "f1", "30 00 83 04 4f 37");
	ask(st, "fb", "03 01 07 03 05 00 00 00 83 04 4f 37");
	unplug(st);
	st = plug_in(&vb_usb_stlink_v3pwr, NULL);
	ask(st, "f1", "40 00 83 04 57 37");
	unplug(st);
}

static void test_options(void **state)
{
	static const char *const wrong[] = { "", "J", "J99", "X3", "J17x", "17", "J-1" };
	struct stl *priv = calloc(1, sizeof(*priv));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(stl_set_option(priv, "fw", wrong[i]));
	assert_true(stl_set_option(priv, "fw", "V2J17S4"));
	assert_false(stl_set_option(priv, "start", "flying"));
	assert_true(stl_set_option(priv, "start", "mass"));
	assert_false(stl_set_option(priv, "serial_format", "octal"));
	free(priv);
}

static void test_a_binary_serial_is_twelve_characters(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2, NULL);

	(void)state;
	assert_null(st->model->string(st->priv, 3));
	assert_true(st->model->set_option(st->priv, "serial_format", "binary"));
	st->model->create(NULL, st->priv);
	assert_string_equal(st->model->string(st->priv, 3), "I\xff" "h\x06" "f\x84" "IPU\x12 \xff");
	assert_null(st->model->string(st->priv, 2));
	unplug(st);
}

static void test_descriptors_add_up(void **state)
{
	static const struct vb_usb_model *const models[] = {
		&vb_usb_stlink_v2,     &vb_usb_stlink_v2_1,   &vb_usb_stlink_v3,
		&vb_usb_stlink_v3_set, &vb_usb_stlink_v3pwr, &vb_usb_stlink_v3_minie,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		const struct vb_usb_model *m = models[i];
		const uint8_t *d = m->descriptors;
		size_t interfaces = 0;

		assert_int_equal(get_le16(d + 8), 0x0483);
		assert_int_equal(get_le16(d + 18 + 2), m->descriptors_size - 18);
		for (size_t at = 18; at < m->descriptors_size; at += d[at])
			interfaces += d[at + 1] == 4;
		assert_int_equal(interfaces, d[18 + 4]);
	}
}

static void test_modes(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f5", "00 00");
	ask(st, "f2 30 a3", "0e 00");
	ask(st, "f7", "00 00 00 00 00 00 00 00");
	ask(st, "f3 07", "");
	ask(st, "f5", "01 00");
	ask(st, "f2 36 00 00 00 20", "05 00");
	ask(st, "f2 30 a3", "80 00");
	ask(st, "f5", "02 00");
	ask(st, "f2 21", "");
	ask(st, "f5", "01 00");
	ask(st, "f4 00", "");
	ask(st, "f5", "03 00");
	ask(st, "f2 30 a3", "0e 00");
	ask(st, "f4 01", "");
	ask(st, "f2 30 77", "08 00");
	ask(st, "f6", "42 00");
	ask(st, "f2 99", "42 00");
	unplug(st);
	st = plug_in(&vb_usb_stlink_v2_1, NULL);
	ask(st, "f5", "01 00");
	ask(st, "f4 00", "42 00");
	unplug(st);
}

static void test_voltage(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);

	(void)state;
	ask(st, "f7", "d1 05 00 00 ff 07 00 00");	/* 2 * 2047 * 1.2 / 1489 = 3.30 */
	st->probe->board.powered = false;
	ask(st, "f7", "d1 05 00 00 00 00 00 00");
	unplug(st);
	st = plug_in(&vb_usb_stlink_v2, "J12");
	command(st, "f3 07");
	ask(st, "f7", "42 00");
	unplug(st);
}

static void test_identity(void **state)
{
	struct stlink *st = in_swd(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f2 31", "80 00 00 00 77 14 a0 2b 00 00 00 00");
	ask(st, "f2 22", "77 14 a0 2b");
	command(st, "f2 21");
	ask(st, "f2 30 a4", "80 00");
	ask(st, "f2 31", "80 00 00 00 77 04 a0 4b 41 50 41 06");
	unplug(st);
}

static void test_nobody_there(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);

	(void)state;
	vb_dp_set_dead(st->probe->bench->dp, true);
	ask(st, "f2 30 a3", "09 00");
	ask(st, "f2 30 a4", "05 00");
	ask(st, "f5", "01 00");
	unplug(st);
}

static void test_another_chain_is_refused(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);

	(void)state;
	unplug(st);
	config.tap[1].idcode = 0x1337003f;
	st = calloc(1, sizeof(*st));
	plugged = st;
	st->probe = probe_with(config);
	st->model = &vb_usb_stlink_v2_1;
	st->priv = calloc(1, st->model->priv_size);
	st->model->create(NULL, st->priv);
	ask(st, "f2 30 a4", "04 00");
	ask(st, "f2 30 a3", "80 00");
	unplug(st);
}

static void test_registers(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f2 45 ff ff 00 00", "80 00 00 00 77 14 a0 2b");
	ask(st, "f2 45 ff ff 04 00", "80 00 00 00 40 00 00 f0");	/* READOK: the IDR before */
	ask(st, "f2 45 00 00 fc 00", "80 00 00 00 11 00 77 24");
	ask(st, "f2 46 00 00 04 00 10 00 00 20", "80 00");
	ask(st, "f2 46 00 00 00 00 02 00 00 23", "80 00");
	ask(st, "f2 46 00 00 0c 00 78 56 34 12", "80 00");
	ask(st, "f2 45 ff ff 0c 00", "80 00 00 00 11 00 77 24");	/* RDBUFF: nothing new */
	assert_int_equal(get_le32(st->probe->bench->ram + 0x10), 0x12345678);
	ask(st, "f2 45 00 00 0c 00", "80 00 00 00 78 56 34 12");
	/* Bank bits of SELECT are the firmware's. */
	ask(st, "f2 46 ff ff 08 00 01 00 00 00", "08 00");
	ask(st, "f2 46 ff ff 08 00 f0 00 00 00", "80 00");
	ask(st, "f2 45 00 00 0c 00", "80 00 00 00 78 56 34 12");
	unplug(st);
}

static void test_jtag_registers(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);

	(void)state;
	ask(st, "f2 30 a4", "80 00");
	ask(st, "f2 4b 00", "80 00");
	ask(st, "f2 45 ff ff 04 00", "80 00 00 00 00 00 00 f0");
	ask(st, "f2 45 00 00 fc 00", "80 00 00 00 11 00 77 24");
	unplug(st);
	/* J24 to J31: a DP read brings what the access before asked for. */
	st = plug_in(&vb_usb_stlink_v2_1, "J28");
	ask(st, "f2 30 a4", "80 00");
	command(st, "f2 45 ff ff 04 00");
	ask(st, "f2 45 ff ff 0c 00", "80 00 00 00 00 00 00 f0");
	unplug(st);
}

static void test_opening_aps(void **state)
{
	struct stlink *st = in_swd(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f2 45 00 00 fc 00", "80 00 00 00 11 00 77 24");
	assert_int_equal(status(st, "f2 45 00 00 00 00"), 0x1d);
	assert_int_equal(status(st, "f2 46 00 00 00 00"), 0x1d);
	assert_int_equal(status(st, "f2 4b 01"), 0x1d);
	assert_int_equal(status(st, "f2 4c 00"), 0x1d);
	assert_int_equal(status(st, "f2 4b 00"), 0x80);
	assert_int_equal(status(st, "f2 45 00 00 00 00"), 0x80);
	assert_int_equal(status(st, "f2 4c 00"), 0x80);
	assert_int_equal(status(st, "f2 45 00 00 00 00"), 0x1d);
	unplug(st);
	st = in_swd(&vb_usb_stlink_v2, "J36");		/* not strict yet */
	assert_int_equal(status(st, "f2 45 00 00 00 00"), 0x80);
	unplug(st);
	st = with_ap(&vb_usb_stlink_v2, "J28");
	assert_int_equal(status(st, "f2 4c 00"), 0x1d);	/* and closes it */
	assert_int_equal(st->priv->open_count, 0);
	unplug(st);
}

static void test_memory(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v2, NULL);
	uint8_t data[256];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	command(st, "f2 08 80 00 00 20 00 01 00");
	put(st, data, sizeof(data));
	assert_int_equal(st->in.len, 0);
	ask(st, "f2 3e", "80 00 00 00 00 00 00 00 00 00 00 00");
	ask(st, "f2 3b", "80 00");
	assert_memory_equal(st->probe->bench->ram + 0x80, data, sizeof(data));
	command(st, "f2 07 80 00 00 20 00 01 00");
	assert_int_equal(st->in.len, 256);
	assert_memory_equal(st->in.data, data, 256);
	ask(st, "f2 0c 81 00 00 20 03 00 00", "07 0e 15");
	ask(st, "f2 0c 83 00 00 20 01 00 00", "15 ee");	/* one byte comes with another */
	ask(st, "f2 47 82 00 00 20 04 00 00", "0e 15 1c 23");
	command(st, "f2 0d 03 00 00 20 02 00 00");
	put(st, (const uint8_t[]){ 0xaa, 0xbb }, 2);
	command(st, "f2 48 06 00 00 20 02 00 00");
	put(st, (const uint8_t[]){ 0xcc, 0xdd }, 2);
	ask(st, "f2 07 00 00 00 20 08 00 00", "00 00 00 aa bb 00 cc dd");
	command(st, "f2 50 10 00 00 20 08 00 00");
	put(st, (const uint8_t[]){ 1, 2, 3, 4, 5, 6, 7, 8 }, 8);
	ask(st, "f2 07 10 00 00 20 08 00 00", "05 06 07 08 00 00 00 00");
	ask(st, "f2 54 10 00 00 20 08 00 00", "05 06 07 08 05 06 07 08");
	unplug(st);
}

static void test_memory_rules(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f2 07 02 00 00 20 04 00 00", "ee ee ee ee");
	ask(st, "f2 3b", "0a 00");
	ask(st, "f2 47 01 00 00 20 02 00 00", "ee ee");
	ask(st, "f2 3b", "0a 00");
	command(st, "f2 0c 00 00 00 20 41 00 00");	/* 65 bytes */
	assert_int_equal(st->in.len, 65);
	ask(st, "f2 3b", "08 00");
	command(st, "f2 07 00 00 00 20 00 ff 00");	/* 65280: refused, and all its bytes come */
	assert_int_equal(st->in.len, 65280);
	assert_int_equal(st->in.data[65279], 0xee);
	buf_clear(&st->in);
	assert_int_equal(status(st, "f2 3e"), 0x08);
	command(st, "f2 07 00 00 00 20 04 18 00");	/* 6148 */
	ask(st, "f2 3b", "08 00");
	ask(st, "f2 07 00 00 00 20 04 00 01", "ee ee ee ee");	/* AP 1 */
	ask(st, "f2 3b", "1d 00");
	unplug(st);
	st = with_ap(&vb_usb_stlink_v3, NULL);
	command(st, "f2 0c 00 00 00 20 00 02 00");
	assert_int_equal(st->in.len, 512);
	ask(st, "f2 3b", "80 00");
	unplug(st);
	st = with_ap(&vb_usb_stlink_v3, "J5");
	command(st, "f2 0d 00 00 00 20 80 00 00");
	for (unsigned i = 0; i < 2; i++)
		put(st, (const uint8_t[64]){ 0 }, 64);
	ask(st, "f1", "");		/* it is gone until it is plugged in again */
	st->model->reset(st->priv);
	ask(st, "f5", "01 00");
	unplug(st);
}

static void test_a_fault_is_told_with_its_address(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v2, NULL);
	uint8_t data[64] = { 0 };

	(void)state;
	/* The last words of RAM, then nothing. */
	command(st, "f2 07 f8 ff 00 20 10 00 00");
	assert_int_equal(st->in.len, 16);
	ask(st, "f2 3e", "11 00 00 00 00 00 01 20 00 00 00 00");
	/* The flag stays for the host to clear ... */
	ask(st, "f2 45 ff ff 04 00", "80 00 00 00 20 00 00 f0");
	assert_int_equal(status(st, "f2 45 00 00 00 00"), 0x11);
	ask(st, "f2 46 ff ff 00 00 1e 00 00 00", "80 00");
	ask(st, "f2 45 ff ff 04 00", "80 00 00 00 00 00 00 f0");
	/* ... and does not stop the next memory command. */
	command(st, "f2 08 fc ff 00 20 40 00 00");
	put(st, data, sizeof(data));
	ask(st, "f2 3e", "11 00 00 00 00 00 01 20 00 00 00 00");
	ask(st, "f2 07 00 00 00 20 04 00 00", "00 00 00 00");
	ask(st, "f2 3b", "80 00");
	unplug(st);
}

static void test_jtag_memory_fault(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);

	(void)state;
	ask(st, "f2 30 a4", "80 00");
	ask(st, "f2 4b 00", "80 00");
	command(st, "f2 07 00 00 00 50 04 00 00");
	ask(st, "f2 3b", "19 00");
	put_le32(st->probe->bench->ram, 0xcafe);
	ask(st, "f2 07 00 00 00 20 04 00 00", "fe ca 00 00");
	ask(st, "f2 3b", "80 00");
	unplug(st);
}

static void test_wait_is_retried_first(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v2, NULL);

	(void)state;
	vb_dp_inject(st->probe->bench->dp, VB_DP_FAULT_WAIT, 2, 4);
	ask(st, "f2 07 00 00 00 20 04 00 00", "00 00 00 00");
	ask(st, "f2 3b", "80 00");
	vb_dp_inject(st->probe->bench->dp, VB_DP_FAULT_WAIT, 0, 5);
	command(st, "f2 07 00 00 00 20 04 00 00");
	ask(st, "f2 3b", "10 00");
	ask(st, "f2 07 00 00 00 20 04 00 00", "00 00 00 00");
	vb_dp_inject(st->probe->bench->dp, VB_DP_FAULT_WAIT, 0, 5);
	assert_int_equal(status(st, "f2 45 ff ff 0c 00"), 0x14);
	vb_dp_inject(st->probe->bench->dp, VB_DP_FAULT_NO_ACK, 0, 1);
	assert_int_equal(status(st, "f2 45 ff ff 00 00"), 0x16);
	unplug(st);
}

/* The AP of this bench goes back after 4 KiB; new firmware writes TAR in between, old one does not. */
static void test_auto_increment_wraps(void **state)
{
	static const struct { const struct vb_usb_model *model; const char *fw; uint8_t first; } rows[] = {
		{ &vb_usb_stlink_v2, "J37", 0xbb },
		{ &vb_usb_stlink_v2, "J28", 0xaa },
		{ &vb_usb_stlink_v3, NULL, 0xbb },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stlink *st = with_ap(rows[i].model, rows[i].fw);

		st->probe->bench->ram[0x0000] = 0xaa;
		st->probe->bench->ram[0x1000] = 0xbb;
		command(st, "f2 07 fc 0f 00 20 08 00 00");
		assert_int_equal(st->in.data[4], rows[i].first);
		unplug(st);
	}
}

static void test_old_firmware_knows_less(void **state)
{
	static const struct { const char *fw, *command; bool is_known; } rows[] = {
		{ "J14", "f2 3e", false },	   { "J15", "f2 3e", true },
		{ "J21", "f2 43 01 00", false },   { "J22", "f2 43 01 00", true },
		{ "J23", "f2 44 04 00", false },   { "J24", "f2 44 04 00", true },
		{ "J23", "f2 45 ff ff 00", false }, { "J24", "f2 45 ff ff 00", true },
		{ "J25", "f2 47 00 00 00 20 02", false },
		{ "J27", "f2 4b 00", false },	   { "J28", "f2 4b 00", true },
		{ "J31", "f2 54 00 00 00 20 04", false },
		{ "J31", "f2 53", false },	   { "J32", "f2 53", true },
		{ "J34", "f2 55", false },	   { "J35", "f2 55", true },
		{ "J35", "f2 56", false },	   { "J36", "f2 56", true },
		{ "J37", "f2 61", false },	   { "J37", "f2 62", false },
		{ "J12", "f2 41", false },	   { "J13", "f2 41", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stlink *st = in_swd(&vb_usb_stlink_v2, rows[i].fw);

		assert_int_equal(status(st, rows[i].command) != 0x42, rows[i].is_known);
		unplug(st);
	}
}

/* Old firmware is sent the data as well: it must not take them for commands. */
static void test_data_of_an_unknown_command(void **state)
{
	struct stlink *st = in_swd(&vb_usb_stlink_v2, "J17");
	const uint8_t data[16] = { 0xf2, 0x21 };

	(void)state;
	command(st, "f2 48 00 00 00 20 10 00 00");
	put(st, data, sizeof(data));
	buf_clear(&st->in);
	ask(st, "f5", "02 00");
	command(st, "f2 48 00 00 00 20 10 00 00");
	buf_clear(&st->in);		/* a host that read the refusal goes on with a command */
	ask(st, "f5", "02 00");
	unplug(st);
}

static void test_clocks_of_a_v2(void **state)
{
	struct stlink *st = in_swd(&vb_usb_stlink_v2, NULL);

	(void)state;
	assert_int_equal(st->priv->swd_hz, 1800000);
	ask(st, "f2 43 00 00", "80 00");
	assert_int_equal(st->priv->swd_hz, 3600000);
	ask(st, "f2 43 1e 03", "80 00");
	assert_int_equal(st->priv->swd_hz, 4505);
	ask(st, "f2 44 04 00", "80 00");
	assert_int_equal(st->priv->jtag_hz, 9000000);
	ask(st, "f2 44 05 00", "41 00");
	ask(st, "f2 44 00 02", "41 00");
	assert_int_equal(st->priv->jtag_hz, 9000000);
	unplug(st);
}

static void test_clocks_of_a_v3(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v3, NULL);

	(void)state;
	command(st, "f2 62 00");
	assert_int_equal(st->in.len, 52);
	assert_int_equal(get_le32(st->in.data + 8), 7);
	assert_int_equal(get_le32(st->in.data + 12), 24000);
	assert_int_equal(get_le32(st->in.data + 12 + 6 * 4), 5);
	ask(st, "f2 61 00 00 08 07 00 00", "80 00 00 00 e8 03 00 00");	/* 1800: 1000 */
	ask(st, "f2 61 00 00 c0 5d 00 00", "80 00 00 00 c0 5d 00 00");
	ask(st, "f2 61 00 00 01 00 00 00", "80 00 00 00 05 00 00 00");
	assert_int_equal(st->priv->swd_hz, 5000);
	ask(st, "f2 63 01", "40 00 00 00 00 00 00 00");
	ask(st, "f2 43 00 00", "42 00");
	unplug(st);
}

static void test_wire_time_counts(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v3, NULL);
	uint64_t before, ns;

	(void)state;
	command(st, "f2 61 00 00 c0 5d 00 00");
	before = vb_clock_now(st->probe->board.clock);
	command(st, "f2 07 00 00 00 20 00 04 00");
	ns = vb_clock_now(st->probe->board.clock) - before;
	/* 40 us, and 256 times 46 clocks at 24 MHz and 4.3 us. */
	assert_in_range(ns, 1600000, 1700000);
	unplug(st);
}

static void test_lists_of_accesses(void **state)
{
	struct stlink *st = with_ap(&vb_usb_stlink_v2, NULL);
	uint8_t list[8 + 5 * 4] = { 5, 1, 2, 3, 3 };

	(void)state;
	put_le32(list + 8, 0);				/* AP 0 */
	put_le32(list + 12, 0x20000040);
	put_le32(list + 16, 0x11223344);
	put_le32(list + 20, NOWHERE);
	put_le32(list + 24, 0x20000040);		/* goes on behind a failure */
	command(st, "f2 51 05");
	put(st, list, sizeof(list));
	ask(st, "f2 52", "00000000 00000000 00000000 00000000 44332211"
			 "80000000 80000000 80000000 11000000 80000000");
	ask(st, "f2 52", "08 00");
	ask(st, "f2 53", "80 00 00 00 40 00 00 00");
	command(st, "f2 51 41");			/* 65 on a V2 */
	ask(st, "f2 52", "08 00");
	unplug(st);
}

static void test_core(void **state)
{
	struct stlink *st = in_swd(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f2 36 00 ed 00 e0", "80 00 00 00 41 c2 0f 41");
	vb_cpu_hold(st->probe->board.cpu, false);
	ask(st, "f2 35 f0 ed 00 e0 03 00 5f a0", "80 00");
	command(st, "f2 36 f0 ed 00 e0");
	assert_int_equal(get_le32(st->in.data + 4) & 0x20003, 0x20003);
	ask(st, "f2 34 03 78 56 34 12", "80 00");
	ask(st, "f2 33 03", "80 00 00 00 78 56 34 12");
	command(st, "f2 3a");
	assert_int_equal(st->in.len, 88);
	assert_int_equal(st->in.data[0], 0x80);
	assert_int_equal(get_le32(st->in.data + 4 + 3 * 4), 0x12345678);
	ask(st, "f2 01", "81 00");
	ask(st, "f2 36 01 ed 00 e0", "0a 00 00 00 00 00 00 00");
	ask(st, "f2 32", "80 00");
	unplug(st);
	st = in_swd(&vb_usb_stlink_v2, "J14");
	ask(st, "f2 33 21", "08 00 00 00 00 00 00 00");
	unplug(st);
	st = in_swd(&vb_usb_stlink_v3, NULL);
	ask(st, "f2 01", "42 00");
	unplug(st);
}

static void test_reset_line(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);
	struct vb_board *board = &st->probe->board;
	uint64_t before = vb_clock_now(board->clock);

	(void)state;
	ask(st, "f2 3c 00", "80 00");
	assert_true(board->nrst_low);
	ask(st, "f2 30 a3", "80 00");
	assert_true(board->nrst_low);
	ask(st, "f2 3c 01", "80 00");
	assert_false(board->nrst_low);
	ask(st, "f2 3c 02", "80 00");
	assert_false(board->nrst_low);
	assert_true(vb_clock_now(board->clock) - before > 10000000);
	ask(st, "f2 3c 03", "08 00");
	ask(st, "f2 3c 00", "80 00");
	ask(st, "f2 21", "");
	assert_false(board->nrst_low);
	unplug(st);
}

static void test_trace_limits(void **state)
{
	struct stlink *st = in_swd(&vb_usb_stlink_v2, NULL);

	(void)state;
	ask(st, "f2 41", "80 00");
	ask(st, "f2 42", "00 00");
	ask(st, "f2 40 00 10 80 84 1e 00", "80 00");
	ask(st, "f2 40 00 10 00 09 3d 00", "20 00");	/* 4 MBd */
	ask(st, "f2 40 00 20 80 84 1e 00", "20 00");	/* 8 KiB */
	ask(st, "f2 42", "00 00");
	unplug(st);
	st = in_swd(&vb_usb_stlink_v3, NULL);
	ask(st, "f2 40 00 20 00 36 6e 01", "80 00");
	unplug(st);
}

static void test_a_command_is_16_bytes(void **state)
{
	struct stlink *st = plug_in(&vb_usb_stlink_v2_1, NULL);
	uint8_t bytes[17] = { 0xf1 };

	(void)state;
	put(st, bytes, 15);
	put(st, bytes, 17);
	st->model->out(st->priv, 0x01, bytes, 0);
	assert_int_equal(st->in.len, 0);
	put(st, bytes, 16);
	assert_int_equal(st->in.len, 6);
	ask(st, "f5", "01 00");		/* what nobody took is gone */
	st->model->out(st->priv, 0x03, bytes, 16);	/* mass storage */
	assert_int_equal(st->in.len, 0);
	unplug(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_it_is),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_a_binary_serial_is_twelve_characters),
		cmocka_unit_test(test_descriptors_add_up),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_voltage),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_another_chain_is_refused),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_jtag_registers),
		cmocka_unit_test(test_opening_aps),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_rules),
		cmocka_unit_test(test_a_fault_is_told_with_its_address),
		cmocka_unit_test(test_jtag_memory_fault),
		cmocka_unit_test(test_wait_is_retried_first),
		cmocka_unit_test(test_auto_increment_wraps),
		cmocka_unit_test(test_old_firmware_knows_less),
		cmocka_unit_test(test_data_of_an_unknown_command),
		cmocka_unit_test(test_clocks_of_a_v2),
		cmocka_unit_test(test_clocks_of_a_v3),
		cmocka_unit_test(test_wire_time_counts),
		cmocka_unit_test(test_lists_of_accesses),
		cmocka_unit_test(test_core),
		cmocka_unit_test(test_reset_line),
		cmocka_unit_test(test_trace_limits),
		cmocka_unit_test(test_a_command_is_16_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
