/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulated FTDI chips, without USB around them: requests, packets, the command engine, wiring. */
#include "vb_bench.h"

#include "vboard/board.h"
#include "vboard/usb/models.h"

/* What usb/ does around a model, in memory. */
struct vb_usb_device {
	struct bench *bench;
	struct vb_board board;
	const struct vb_usb_model *model;
	void *priv;
	uint8_t packets[512 * 256];
	size_t sizes[4096], first, count, used, resumed, idle;
};

struct vb_board *vb_usb_board(struct vb_usb_device *device)
{
	return &device->board;
}

void vb_usb_send(struct vb_usb_device *device, uint8_t endpoint, const uint8_t *data, size_t n)
{
	assert_int_equal(endpoint, 0x81);
	assert_true(n >= 2 && n <= 512);
	assert_true(device->used + n <= sizeof(device->packets));
	memcpy(device->packets + device->used, data, n);
	device->used += n;
	device->sizes[device->count++] = n;
}

void vb_usb_send_idle(struct vb_usb_device *device, uint8_t endpoint, const uint8_t *data, size_t n)
{
	device->idle++;
	vb_usb_send(device, endpoint, data, n);
}

uint64_t vb_usb_taken_ns(const struct vb_usb_device *device)
{
	(void)device;
	return 0;
}

void vb_usb_drop_queued(struct vb_usb_device *device, uint8_t endpoint)
{
	(void)endpoint;
	device->first = device->count = device->used = 0;
}

void vb_usb_resume(struct vb_usb_device *device, uint8_t endpoint)
{
	assert_int_equal(endpoint, 0x02);
	device->resumed++;
}

static void no_reset(struct vb_board *board, void *priv, enum vb_reset kind)
{
	(void)board;
	(void)priv;
	(void)kind;
}

static const struct vb_chip test_chip = { .board_name = "test", .reset = no_reset };
static const struct vb_cpu_config cpu_config = {
	.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 32, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00ff000,
};

static struct vb_usb_device *plug(const struct vb_usb_model *model, const char *wiring)
{
	struct vb_usb_device *d = calloc(1, sizeof(*d));

	d->bench = bench_new();
	d->board = (struct vb_board){ .chip = &test_chip, .clock = d->bench->clock,
				      .bus = d->bench->bus, .dp = d->bench->dp,
				      .link = d->bench->link, .powered = true };
	d->board.cpu = vb_cpu_new(&cpu_config, d->bench->bus, d->bench->clock);
	vb_cpu_hold(d->board.cpu, true);
	d->model = model;
	d->priv = calloc(1, model->priv_size);
	if (wiring != NULL)
		assert_true(model->set_option(d->priv, "wiring", wiring));
	assert_true(model->create(d, d->priv));
	model->reset(d->priv);
	return d;
}

static void unplug(struct vb_usb_device *d)
{
	d->model->destroy(d->priv);
	free(d->priv);
	vb_cpu_free(d->board.cpu);
	bench_free(d->bench);
	free(d);
}

static int request(struct vb_usb_device *d, uint8_t type, uint8_t number, uint16_t value,
		   uint16_t index, uint8_t *data)
{
	struct vb_usb_setup setup = { type, number, value, index, type & 0x80 ? 2 : 0 };

	return d->model->control(d->priv, &setup, data);
}

static void mpsse(struct vb_usb_device *d)
{
	assert_int_equal(request(d, 0x40, 0x0b, 0x0000, 1, NULL), 0);
	assert_int_equal(request(d, 0x40, 0x0b, 0x020b, 1, NULL), 0);
}

static bool put(struct vb_usb_device *d, const uint8_t *data, size_t n)
{
	return d->model->out(d->priv, 0x02, data, n);
}

#define SEND(d, ...)                                                                               \
	do {                                                                                       \
		static const uint8_t bytes_[] = { __VA_ARGS__ };                                   \
		assert_true(put(d, bytes_, sizeof(bytes_)));                                       \
	} while (0)

/* Takes every packet as the host would and returns the payload. */
static size_t take(struct vb_usb_device *d, uint8_t *data)
{
	size_t n = 0, offset = 0;

	for (; d->first < d->count; d->first++) {
		size_t size = d->sizes[d->first];

		assert_int_equal(d->packets[offset], d->model->is_high_speed ? 0x32 : 0x31);
		assert_int_equal(d->packets[offset + 1], 0x60);
		memcpy(data + n, d->packets + offset + 2, size - 2);
		n += size - 2;
		offset += size;
		d->model->taken(d->priv, 0x81);
	}
	d->first = d->count = d->used = 0;
	return n;
}

static void expect(struct vb_usb_device *d, const uint8_t *wanted, size_t n)
{
	uint8_t got[8192];

	assert_int_equal(take(d, got), n);
	assert_memory_equal(got, wanted, n);
}

#define EXPECT(d, ...)                                                                             \
	do {                                                                                       \
		static const uint8_t wanted_[] = { __VA_ARGS__ };                                  \
		expect(d, wanted_, sizeof(wanted_));                                               \
	} while (0)

static void test_unknown_commands_come_back(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);

	(void)state;
	mpsse(d);
	SEND(d, 0xaa, 0xab, 0x87);
	EXPECT(d, 0xfa, 0xaa, 0xfa, 0xab);
	SEND(d, 0x9e, 0x87);		/* open drain is the FT232H's */
	EXPECT(d, 0xfa, 0x9e);
	unplug(d);

	d = plug(&vb_usb_ft232h, NULL);
	mpsse(d);
	SEND(d, 0x9e, 0x00, 0x00, 0x90, 0x87);
	EXPECT(d, 0xfa, 0x90);
	unplug(d);

	d = plug(&vb_usb_ft2232d, NULL);
	mpsse(d);
	SEND(d, 0x8a, 0x97, 0x87);	/* 60 MHz and its friends came with the H */
	EXPECT(d, 0xfa, 0x8a, 0xfa, 0x97);
	unplug(d);
}

static void test_requests_and_blank_eeprom(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);
	uint8_t data[2] = { 0 };

	(void)state;
	assert_int_equal(request(d, 0xc0, 0x0a, 0, 1, data), 1);
	assert_int_equal(data[0], 16);
	assert_int_equal(request(d, 0x40, 0x09, 255, 1, NULL), 0);
	assert_int_equal(request(d, 0xc0, 0x0a, 0, 0, data), 1);	/* 0: channel A as well */
	assert_int_equal(data[0], 255);
	assert_int_equal(d->model->starve_ms(d->priv, 0x81), 255);
	assert_int_equal(d->model->starve_ms(d->priv, 0x83), 16);
	assert_int_equal(request(d, 0xc0, 0x90, 0, 77, data), 2);
	assert_int_equal(get_le16(data), 0xffff);
	assert_int_equal(request(d, 0xc0, 0x05, 0, 1, data), 2);
	assert_int_equal(get_le16(data), 0x6032);
	assert_int_equal(request(d, 0x40, 0x03, 0x04e2, 0x0201, NULL), 0);
	assert_int_equal(request(d, 0x40, 0x77, 0, 1, NULL), -1);
	assert_int_equal(request(d, 0x40, 0x00, 0, 3, NULL), -1);	/* two channels */
	assert_int_equal(request(d, 0xc0, 0x0c, 0, 1, data), 1);
	unplug(d);
}

/* AN_108: LSB-first bits come back at the top of the byte, MSB-first ones at the bottom. */
static void test_loopback_shows_the_bit_order(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);

	(void)state;
	mpsse(d);
	SEND(d, 0x84, 0x80, 0x08, 0x0b);
	SEND(d, 0x39, 0x01, 0x00, 0x35, 0xfa, 0x87);
	EXPECT(d, 0x35, 0xfa);
	SEND(d, 0x3b, 0x02, 0x05, 0x87);		/* 1 0 1: first at bit 5 */
	EXPECT(d, 0xa0);
	SEND(d, 0x31, 0x00, 0x00, 0x35, 0x87);
	EXPECT(d, 0x35);
	SEND(d, 0x33, 0x02, 0x60, 0x87);		/* 0 1 1: last at bit 0, old bits above */
	uint8_t got[8];

	assert_int_equal(take(d, got), 1);
	assert_int_equal(got[0] & 7, 3);
	/* TMS: TDI is bit 7 the whole time. */
	SEND(d, 0x6b, 0x02, 0x81, 0x6b, 0x00, 0x01, 0x87);
	EXPECT(d, 0xe0, 0x00);
	unplug(d);
}

static void test_a_command_may_be_cut_anywhere(void **state)
{
	static const uint8_t stream[] = { 0x84, 0x86, 0x01, 0x00, 0x39, 0x02, 0x00, 0x11, 0x22, 0x33,
					  0x3b, 0x07, 0x44, 0x81, 0x8f, 0x01, 0x00, 0xaa, 0x87 };
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);
	uint8_t whole[16], cut[16];

	(void)state;
	mpsse(d);
	assert_true(put(d, stream, sizeof(stream)));
	size_t n = take(d, whole);

	assert_int_equal(n, 3 + 1 + 1 + 2);
	for (size_t i = 0; i < sizeof(stream); i++)
		assert_true(put(d, stream + i, 1));
	assert_int_equal(take(d, cut), n);
	assert_memory_equal(cut, whole, n);
	unplug(d);
}

static void test_jtag_reads_the_idcode(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);
	uint8_t got[8];

	(void)state;
	mpsse(d);
	SEND(d, 0x8a, 0x86, 0x02, 0x00, 0x80, 0x08, 0x0b, 0x4b, 0x04, 0x1f, 0x4b, 0x00, 0x00);
	SEND(d, 0x4b, 0x02, 0x01, 0x39, 0x02, 0x00, 0, 0, 0, 0x3b, 0x06, 0x00, 0x6b, 0x00, 0x01,
	     0x4b, 0x01, 0x01, 0x87);
	assert_int_equal(take(d, got), 5);
	uint32_t idcode = got[0] | (uint32_t)got[1] << 8 | (uint32_t)got[2] << 16 |
			  (uint32_t)(got[3] >> 1) << 24 | (uint32_t)(got[4] >> 7) << 31;

	assert_int_equal(idcode, 0x4ba00477);
	unplug(d);
}

static const uint8_t switch_to_swd[] = { 0x19, 16, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0x9e, 0xe7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };

/* DPIDR; `off` and `on` are the three bytes that turn the line around, NULL: nothing does. */
static uint32_t swd_dpidr(struct vb_usb_device *d, const uint8_t *off, const uint8_t *on)
{
	static const uint8_t header[] = { 0x19, 0, 0, 0xa5 };
	static const uint8_t capture[] = { 0x28, 0x03, 0x00, 0x2a, 0x05 };
	static const uint8_t end[] = { 0x19, 0, 0, 0, 0x87 };
	uint8_t got[8];
	uint64_t bits = 0;

	assert_true(put(d, switch_to_swd, sizeof(switch_to_swd)));
	assert_true(put(d, header, sizeof(header)));
	if (off != NULL)
		assert_true(put(d, off, 3));
	assert_true(put(d, capture, sizeof(capture)));
	if (on != NULL)
		assert_true(put(d, on, 3));
	assert_true(put(d, end, sizeof(end)));
	assert_int_equal(take(d, got), 5);
	for (unsigned i = 0; i < 4; i++)
		bits |= (uint64_t)got[i] << (8 * i);
	bits |= (uint64_t)(got[4] >> 2) << 32;
	assert_int_equal(bits >> 1 & 7, 1);		/* the turnaround comes first */
	assert_int_equal(bits >> 36 & 1, parity_even((uint32_t)(bits >> 4)));
	return (uint32_t)(bits >> 4);
}

static void test_swd_in_every_wiring(void **state)
{
	static const uint8_t tied_off[] = { 0x80, 0x00, 0x09 }, tied_on[] = { 0x80, 0x00, 0x0b };
	static const uint8_t buffer_off[] = { 0x82, 0xbc, 0xff }, buffer_on[] = { 0x82, 0xac, 0xff };
	struct vb_usb_device *d = plug(&vb_usb_ft232h, "swd");

	(void)state;
	mpsse(d);
	SEND(d, 0x8a, 0x86, 0x02, 0x00, 0x80, 0x00, 0x0b);
	assert_int_equal(swd_dpidr(d, tied_off, tied_on), 0x2ba01477);
	unplug(d);

	d = plug(&vb_usb_ft2232h, "swd-resistor");
	mpsse(d);
	SEND(d, 0x8a, 0x86, 0x02, 0x00, 0x80, 0x08, 0x0b);
	assert_int_equal(swd_dpidr(d, NULL, NULL), 0x2ba01477);
	unplug(d);

	d = plug(&vb_usb_kt_link, NULL);
	mpsse(d);		/* SWD_EN: AD5 low, AC5 high; SWDIO_OE: AC4 low */
	SEND(d, 0x8a, 0x86, 0x02, 0x00, 0x80, 0x08, 0x3b, 0x82, 0xac, 0xff);
	assert_int_equal(swd_dpidr(d, buffer_off, buffer_on), 0x2ba01477);
	unplug(d);
}

/* Who never lets go of the line hears nobody. */
static void test_swd_without_turnaround_is_deaf(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft232h, "swd");
	uint8_t got[8];

	(void)state;
	mpsse(d);
	SEND(d, 0x80, 0x00, 0x0b);
	assert_true(put(d, switch_to_swd, sizeof(switch_to_swd)));
	SEND(d, 0x19, 0, 0, 0xa5, 0x28, 3, 0, 0x2a, 5, 0x87);
	assert_int_equal(take(d, got), 5);
	assert_int_equal(got[0] >> 1 & 7, 7);	/* the park bit it still holds */
	unplug(d);
}

static uint64_t time_of(struct vb_usb_device *d, const uint8_t *data, size_t n)
{
	uint64_t before = vb_clock_now(d->bench->clock);

	assert_true(put(d, data, n));
	return vb_clock_now(d->bench->clock) - before;
}

static void test_clocks_take_their_time(void **state)
{
	static const uint8_t bytes_1000[] = { 0x8f, 0xe7, 0x03 };	/* 8000 clocks */
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);

	(void)state;
	mpsse(d);
	SEND(d, 0x80, 0x08, 0x0b);
	/* At power-up the compatible 12 MHz base: 6 MHz. */
	assert_in_range(time_of(d, bytes_1000, 3), 1333000, 1334000);
	SEND(d, 0x8a, 0x86, 0x02, 0x00);
	assert_in_range(time_of(d, bytes_1000, 3), 799990, 800010);	/* 10 MHz */
	SEND(d, 0x8c);
	assert_in_range(time_of(d, bytes_1000, 3), 1199900, 1200100);	/* 1.5 periods */
	SEND(d, 0x8d, 0x8b, 0x86, 0xff, 0xff);
	assert_in_range(time_of(d, (const uint8_t[]){ 0x8e, 0x00 }, 2), 10900000, 11000000);
	unplug(d);
}

/* AN_108: a full reply FIFO stops the engine, then commands pile up, then OUT is refused. */
static void test_a_full_reply_fifo_stops_everything(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft232h, NULL);
	uint8_t chunk[512], got[8192];
	size_t accepted = 0, n;

	(void)state;
	mpsse(d);
	SEND(d, 0x84, 0x80, 0x00, 0x0b, 0x39, 0xff, 0x0f);	/* 4096 bytes there and back */
	for (size_t i = 0; i < 16; i++) {
		for (size_t j = 0; j < sizeof(chunk); j++)
			chunk[j] = (uint8_t)((accepted + j) % 251);
		if (!put(d, chunk, sizeof(chunk)))
			break;
		accepted += sizeof(chunk);
	}
	assert_int_equal(accepted, 2048);	/* 1024 done, 1024 waiting */
	assert_int_equal(d->resumed, 0);
	n = take(d, got);
	assert_int_equal(d->resumed, 1);
	while (accepted < 4096) {
		for (size_t j = 0; j < sizeof(chunk); j++)
			chunk[j] = (uint8_t)((accepted + j) % 251);
		if (put(d, chunk, sizeof(chunk)))
			accepted += sizeof(chunk);
		else
			n += take(d, got + n);
	}
	for (unsigned i = 0; i < 8; i++)
		n += take(d, got + n);
	SEND(d, 0x87);
	n += take(d, got + n);
	assert_int_equal(n, 4096);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], i % 251);
	unplug(d);
}

/* 510 bytes fill a packet: nothing short follows it until the latency timer says so. */
static void test_an_exactly_full_packet_waits_for_the_timer(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);

	(void)state;
	mpsse(d);
	SEND(d, 0x84, 0x28, 0xfd, 0x01, 0x87);
	assert_int_equal(d->count, 1);
	assert_int_equal(d->sizes[0], 512);
	d->model->starved(d->priv, 0x81);
	assert_int_equal(d->count, 2);
	assert_int_equal(d->sizes[1], 2);
	/* Without SEND_IMMEDIATE it is the timer that brings the answer. */
	SEND(d, 0x81);
	assert_int_equal(d->count, 2);
	d->model->starved(d->priv, 0x81);
	assert_int_equal(d->sizes[2], 3);
	unplug(d);
}

static void test_purging(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);

	(void)state;
	mpsse(d);
	SEND(d, 0x81, 0x81, 0x39, 0x05);		/* two replies, half a command */
	assert_int_equal(request(d, 0x40, 0x00, 1, 1, NULL), 0);
	SEND(d, 0xaa, 0x87);				/* the half command is gone, replies not */
	uint8_t got[8];

	assert_int_equal(take(d, got), 4);
	SEND(d, 0x81, 0x81);
	assert_int_equal(request(d, 0x40, 0x00, 2, 1, NULL), 0);
	SEND(d, 0xab, 0x87);
	EXPECT(d, 0xfa, 0xab);
	unplug(d);
}

static void test_wait_commands_hang_until_the_mode_changes(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);

	(void)state;
	mpsse(d);
	SEND(d, 0x80, 0x20, 0x2b, 0x89, 0xaa, 0x87);	/* GPIOL1 is high, and by the host */
	assert_int_equal(d->count, 0);
	mpsse(d);
	SEND(d, 0xaa, 0x87);
	EXPECT(d, 0xfa, 0xaa);
	SEND(d, 0x96, 0x8e, 0x00, 0xaa, 0x87);		/* adaptive, and no RTCK wire */
	assert_int_equal(d->count, 0);
	unplug(d);
}

static void test_reset_pins(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);	/* nSRST on AD5 */

	(void)state;
	mpsse(d);
	SEND(d, 0x80, 0x08, 0x0b);
	assert_false(d->board.nrst_low);
	SEND(d, 0x80, 0x08, 0x2b);
	assert_true(d->board.nrst_low);
	SEND(d, 0x80, 0x08, 0x0b, 0x81, 0x87);
	assert_false(d->board.nrst_low);
	SEND(d, 0x80, 0x08, 0x2b);
	mpsse(d);			/* through bit mode 0: all pins let go */
	assert_false(d->board.nrst_low);
	unplug(d);

	d = plug(&vb_usb_kt_link, NULL);
	mpsse(d);
	SEND(d, 0x80, 0x28, 0x3b, 0x82, 0x8c, 0xff);
	assert_false(d->board.nrst_low);
	SEND(d, 0x82, 0x84, 0xff);	/* nSRST: AC1 low, its buffer on (AC3 low) */
	assert_true(d->board.nrst_low);
	assert_false(d->bench->link->is_trst_low);
	SEND(d, 0x82, 0x88, 0xff);
	assert_false(d->board.nrst_low);
	assert_true(d->bench->link->is_trst_low);
	unplug(d);
}

static void test_open_drain_pins_do_not_drive_high(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft232h, "swd");

	(void)state;
	mpsse(d);
	SEND(d, 0x80, 0x02, 0x0b);
	assert_true(d->bench->link->is_host_driving);
	SEND(d, 0x9e, 0x02, 0x00);
	assert_false(d->bench->link->is_host_driving);
	SEND(d, 0x80, 0x00, 0x0b);
	assert_true(d->bench->link->is_host_driving);
	unplug(d);
}

static void test_options(void **state)
{
	struct vb_usb_device *d = plug(&vb_usb_ft2232h, NULL);
	const struct vb_usb_model *m = d->model;

	(void)state;
	assert_null(m->string(d->priv, 2));
	assert_true(m->set_option(d->priv, "product", "Dual RS232-HS"));
	assert_string_equal(m->string(d->priv, 2), "Dual RS232-HS");
	assert_null(m->string(d->priv, 3));
	assert_false(m->set_option(d->priv, "wiring", "wireless"));
	assert_true(m->set_option(d->priv, "nsrst", "ac1"));
	assert_false(m->set_option(d->priv, "nsrst", "ab1"));
	assert_true(m->set_option(d->priv, "channel", "b"));
	assert_false(m->set_option(d->priv, "channel", "e"));
	assert_false(m->set_option(d->priv, "colour", "red"));
	unplug(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_commands_come_back),
		cmocka_unit_test(test_requests_and_blank_eeprom),
		cmocka_unit_test(test_loopback_shows_the_bit_order),
		cmocka_unit_test(test_a_command_may_be_cut_anywhere),
		cmocka_unit_test(test_jtag_reads_the_idcode),
		cmocka_unit_test(test_swd_in_every_wiring),
		cmocka_unit_test(test_swd_without_turnaround_is_deaf),
		cmocka_unit_test(test_clocks_take_their_time),
		cmocka_unit_test(test_a_full_reply_fifo_stops_everything),
		cmocka_unit_test(test_an_exactly_full_packet_waits_for_the_timer),
		cmocka_unit_test(test_purging),
		cmocka_unit_test(test_wait_commands_hang_until_the_mode_changes),
		cmocka_unit_test(test_reset_pins),
		cmocka_unit_test(test_open_drain_pins_do_not_drive_high),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
