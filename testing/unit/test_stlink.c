/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ST-LINK driver and its port above firmware in memory. */
#include "fake_stlink.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/sock.h"

static void test_old_firmware_is_told_what_is_missing(void **state)
{
	struct firmware *f = plug_in(2, 17, 0x3748);

	(void)state;
	f->s->adapter->transport = TRANSPORT_SWD;
	assert_int_equal(stlink_start(f->s), ERR_ADAPTER_FIRMWARE);
	assert_non_null(strstr(error_text(error_current()), "V2J17"));
	assert_non_null(strstr(error_text(error_current()), "V2J24"));
	assert_non_null(strstr(error_text(error_current()), "READ_DAP_REG"));
	assert_non_null(strstr(error_text(error_current()), "STSW-LINK007"));
	unplug(f);
}

/* ---- Batches. ---- */

static void test_plan_of_batches(void **state)
{
	struct stlink_word words[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = (struct stlink_word){ { i, 0 }, 0xe000ed00, 0, true, true };
	assert_int_equal(stlink_plan_misc(words, 80, 64), 63);	/* one to select the port */
	assert_int_equal(stlink_plan_misc(words, 80, 1227), 80);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i].is_read = false;
	assert_int_equal(stlink_plan_misc(words, 80, 64), 31);
	words[3].ap = 1;
	assert_int_equal(stlink_plan_misc(words, 80, 64), 30);	/* there and back: two more */
	/* Where the first may fail, a write behind it would happen all the same. */
	words[0].addr = 0x20000000;
	assert_int_equal(stlink_plan_misc(words, 80, 64), 1);
	words[1].is_read = true;
	assert_int_equal(stlink_plan_misc(words, 80, 64), 2);
}

static void write_ram(struct firmware *f, uint32_t at, uint32_t value)
{
	put_le32(f->dp.ram + at, value);
}

static void test_words_of_one_run_take_one_round_trip(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t got[4] = { 0 };

	(void)state;
	write_ram(f, 0x100, 0x11111111);
	write_ram(f, 0x204, 0x22222222);
	write_ram(f, 0x208, 0x33333333);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 0x100);
	port_read(port, PORT_AP(0xc), &got[0]);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 0x200);
	port_write(port, PORT_DP(8), 0x10);
	port_read(port, PORT_AP(0x4), &got[1]);		/* BD1 */
	port_read(port, PORT_AP(0x8), &got[2]);		/* BD2 */
	port_write(port, PORT_DP(8), 0);
	f->trips = 0;
	port->stats.round_trips = 0;
	/* The first run asks for the IDR and opens the access port. */
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(f->commands[0x52], 1);
	assert_int_equal(got[0], 0x11111111);
	assert_int_equal(got[1], 0x22222222);
	assert_int_equal(got[2], 0x33333333);
	port_read(port, PORT_AP(0xc), &got[3]);		/* TAR is still at 0x200 */
	f->trips = 0;
	write_ram(f, 0x200, 0x44444444);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(got[3], 0x44444444);
	assert_int_equal(f->trips, 1);
	assert_int_equal(f->commands[0x36], 1);
	unplug(f);
}

static void test_blocks_go_by_memory_commands(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t out[256], in[256] = { 0 }, tar = 0;

	(void)state;
	for (uint32_t i = 0; i < 256; i++)
		out[i] = 0x01010101 * i;
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 0x400);
	port_write_block(port, PORT_AP(0xc), out, 256);
	assert_int_equal(port->ops->run(port), OK);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 0x400);
	port_read_block(port, PORT_AP(0xc), in, 256);
	f->trips = 0;
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(f->trips, 2);
	assert_memory_equal(in, out, sizeof(in));
	/* TAR and CSW read as if every word had gone through DRW. */
	port_write(port, PORT_AP(4), FAKE_RAM_BASE);
	port_read_block(port, PORT_AP(0xc), in, 20);
	port_read(port, PORT_AP(4), &tar);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(tar, FAKE_RAM_BASE + 80);
	port_read(port, PORT_AP(0), &tar);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(tar & 0xffffff37, 0xa2000012);
	unplug(f);
}

static void test_bytes_are_on_their_lanes(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t lanes[100], packed[30], one = 0;

	(void)state;
	for (unsigned i = 0; i < 0x100; i++)
		f->dp.ram[i] = (uint8_t)i;
	port_write(port, PORT_AP(0), 0xa2000010);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 1);
	port_read_block(port, PORT_AP(0xc), lanes, 100);	/* more than one command takes */
	port_read(port, PORT_AP(0xc), &one);
	port_write(port, PORT_AP(0), 0xa2000021);		/* packed halfwords */
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 4);
	port_read_block(port, PORT_AP(0xc), packed, 30);
	assert_int_equal(port->ops->run(port), OK);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(lanes[i], (1 + i) << 8 * ((1 + i) & 3));
	assert_int_equal(one, 101u << 8);
	assert_int_equal(packed[0], 0x07060504);
	assert_int_equal(packed[29], 0x7b7a7978);
	unplug(f);
}

static void test_probing_sees_the_real_csw(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t first = 0, second = 0;

	(void)state;
	f->dp.has_packed = false;
	port_write(port, PORT_AP(0), 0xa2000010);
	port_read(port, PORT_AP(0), &first);
	port_write(port, PORT_AP(0), 0xa2000020);
	port_read(port, PORT_AP(0), &second);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(first & 0x37, 0x10);
	assert_int_equal(second & 0x37, 0x10);	/* packed did not stick */
	unplug(f);
}

static void test_absent_access_port_reads_as_zero(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t idr = 1, base = 1;

	(void)state;
	port_write(port, PORT_DP(8), 5u << 24 | 0xf0);
	port_read(port, PORT_AP(0xc), &idr);
	port_read(port, PORT_AP(0x8), &base);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(idr, 0);
	assert_int_equal(base, 0);
	assert_int_equal(f->commands[0x4b], 1);		/* attach() opened number 0 */
	unplug(f);
}

static void test_firmware_without_batches(void **state)
{
	struct firmware *f = plug_in(2, 24, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t got[3] = { 0 }, out[2] = { 5, 6 };

	(void)state;
	write_ram(f, 0x10, 77);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 0x10);
	port_read(port, PORT_AP(0xc), &got[0]);
	port_write_block(port, PORT_AP(0xc), out, 2);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 0x10);
	port_read_block(port, PORT_AP(0xc), got, 3);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(got[0], 77);
	assert_int_equal(got[1], 5);
	assert_int_equal(got[2], 6);
	assert_int_equal(f->commands[0x4b], 0);
	assert_int_equal(f->commands[0x51], 0);
	unplug(f);
}

/* ---- Failures. ---- */

static void check_block_fault(bool is_read, bool hides_fault, bool clears_sticky)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t words[64], tar = 0, ctrl = 0;

	f->hides_fault = hides_fault;
	f->clears_sticky = clears_sticky;
	for (uint32_t i = 0; i < 64; i++) {
		write_ram(f, FAKE_RAM_SIZE - 4 * 37 + 4 * (i % 37), i % 37);
		words[i] = 0xabcd;
	}
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + FAKE_RAM_SIZE - 4 * 37);
	if (is_read)
		port_read_block(port, PORT_AP(0xc), words, 64);
	else
		port_write_block(port, PORT_AP(0xc), words, 64);
	assert_int_equal(port->ops->run(port), ERR_DAP_FAULT);
	assert_int_equal(port->failed_at, 1);
	assert_int_equal(port->failed_word, 37);
	for (uint32_t i = 0; i < 64 && is_read; i++)
		assert_int_equal(words[i], i < 37 ? i : 0xabcd);
	if (!is_read)
		assert_int_equal(get_le32(f->dp.ram + FAKE_RAM_SIZE - 4), 0xabcd);
	error_clear();
	/* The debugger finds STICKYERR, clears it, and goes on. */
	port_read(port, PORT_DP(4), &ctrl);
	port_write(port, PORT_DP(0), 0x1e);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(ctrl & BIT(5), BIT(5));
	port_read(port, PORT_DP(4), &ctrl);
	port_read(port, PORT_AP(4), &tar);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(ctrl & 0xb2, 0);
	assert_int_equal(tar, FAKE_RAM_BASE + FAKE_RAM_SIZE);
	unplug(f);
}

static void test_fault_in_a_block_is_found_exactly(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		check_block_fault(i & 1, i & 2, i & 4);
}

static void test_fault_of_a_word(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t good = 0, bad = 5;

	(void)state;
	write_ram(f, 0, 9);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE);
	port_read(port, PORT_AP(0xc), &good);
	port_write(port, PORT_AP(4), 0x90000000);
	port_read(port, PORT_AP(0xc), &bad);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 4);
	port_write(port, PORT_AP(0xc), 0x1234);		/* must not happen */
	assert_int_equal(port->ops->run(port), ERR_DAP_FAULT);
	assert_int_equal(port->failed_at, 3);
	assert_int_equal(good, 9);
	assert_int_equal(bad, 5);
	assert_int_equal(get_le32(f->dp.ram + 4), 0);
	unplug(f);
}

static void test_raw_write_that_fails_late(void **state)
{
	struct firmware *f = plug_in(2, 24, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t two[2] = { 1, 2 };

	(void)state;
	port_write(port, PORT_AP(0), 0xa2000002);	/* no increment: a FIFO, raw with this firmware */
	port_write(port, PORT_AP(4), 0x90000000);
	port_write_block(port, PORT_AP(0xc), two, 2);
	assert_int_equal(port->ops->run(port), ERR_DAP_FAULT);
	assert_int_equal(port->failed_at, 2);
	unplug(f);
}

static void test_wait_is_repeated_then_given_up(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t word = 0, block[40];

	(void)state;
	write_ram(f, 0, 3);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE);
	port_read(port, PORT_AP(0xc), &word);
	f->busy = 5;
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(word, 3);
	assert_true(port->stats.waits > 0);
	port_read_block(port, PORT_AP(0xc), block, 40);
	f->busy = 5;
	assert_int_equal(port->ops->run(port), OK);
	port_read(port, PORT_AP(0xc), &word);
	f->busy = ~0u;
	assert_int_equal(port->ops->run(port), ERR_DAP_WAIT);
	f->busy = 0;
	unplug(f);
}

static void test_nobody_there(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);
	uint32_t word = 0;

	(void)state;
	f->dp.is_dead = true;
	port_read(port, PORT_DP(0), &word);
	assert_int_equal(port->ops->run(port), ERR_DAP_NO_ACK);
	f->is_gone = true;
	port_read(port, PORT_DP(0), &word);
	assert_int_equal(port->ops->run(port), ERR_ADAPTER_LOST);
	assert_true(f->adapter.is_lost);
	unplug(f);
}

static void test_every_bad_status_ends_the_run(void **state)
{
	static const uint8_t codes[] = { 0x01, 0x04, 0x06, 0x08, 0x0b, 0x11, 0x12, 0x13, 0x15, 0x16,
					 0x17, 0x18, 0x19, 0x1a, 0x1d, 0x42, 0x81, 0x77 };
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		uint32_t word = 7;

		port_write(port, PORT_DP(8), 0);
		port_read(port, PORT_DP(0), &word);
		f->answer_once = codes[i];
		assert_int_equal(port->ops->run(port), stlink_status(codes[i])->err);
		assert_int_equal(port->failed_at, 1);
		assert_int_equal(error_current()->code, stlink_status(codes[i])->err);
		assert_int_equal(word, 7);
		assert_int_equal(port->item_count, 0);
		error_clear();
	}
	unplug(f);
}

/* ---- The driver. ---- */

static void test_leaves_whatever_mode_it_finds(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		struct firmware *f = plug_in(2, 37, 0x3748);

		f->mode = mode;
		assert_int_equal(stlink_start(f->s), OK);
		assert_int_equal(f->mode, 1);
		unplug(f);
	}
}

static void test_speed_of_v2_and_v3(void **state)
{
	struct firmware *v2 = plug_in(2, 37, 0x3748), *v3 = plug_in(3, 7, 0x374e);
	uint32_t actual = 0;

	(void)state;
	assert_int_equal(stlink_start(v2->s), OK);
	assert_int_equal(stlink_driver.set_speed(&v2->adapter, 2000, &actual), OK);
	assert_int_equal(actual, 1800);
	assert_int_equal(v2->divisor, 1);
	assert_int_equal(stlink_start(v3->s), OK);
	assert_int_equal(stlink_driver.set_speed(&v3->adapter, 4000, &actual), OK);
	assert_int_equal(actual, 3300);
	assert_int_equal(v3->com_khz, 3300);
	unplug(v2);
	unplug(v3);
}

static void test_reset_line_stays_low_over_a_connect(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);

	(void)state;
	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(stlink_driver.set_reset(&f->adapter, true, false), OK);
	assert_int_equal(f->nrst, 0);
	f->nrst = 1;		/* as if entering had let go */
	assert_int_equal(port_of(f)->ops->connect(port_of(f), LINK_JTAG_TO_SWD), OK);
	assert_int_equal(f->nrst, 0);
	assert_int_equal(stlink_driver.set_reset(&f->adapter, false, false), OK);
	assert_int_equal(f->nrst, 1);
	assert_int_equal(stlink_driver.set_reset(&f->adapter, false, true), ERR_UNSUPPORTED);
	unplug(f);
}

static void test_chain_as_the_firmware_tells_it(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	uint32_t ids[4] = { 0 };
	size_t found = 0;

	(void)state;
	f->adapter.transport = f->adapter.port.transport = TRANSPORT_JTAG;
	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(stlink_driver.read_tap_ids(&f->adapter, ids, 4, &found), OK);
	assert_int_equal(found, 2);
	assert_int_equal(ids[0], 0x4ba00477);
	assert_int_equal(ids[1], 0x06415041);
	f->adapter.port.tap_index = 1;
	assert_int_equal(port_of(f)->ops->connect(port_of(f), LINK_SWD_TO_JTAG), ERR_UNSUPPORTED);
	unplug(f);
}

static void test_multidrop_is_refused(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port = attach(f);

	(void)state;
	assert_int_equal(port->ops->select_target(port, 0x01002927), ERR_UNSUPPORTED);
	unplug(f);
}

static void test_too_many_open_access_ports(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port;

	(void)state;
	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(port_of(f)->ops->connect(port_of(f), LINK_JTAG_TO_SWD), OK);
	f->s->aps[7].is_open = true;
	f->too_many = 1;
	port = port_of(f);
	port_write(port, PORT_AP(0), 0xa2000012);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(f->commands[0x4c], 1);		/* number 7 had to go */
	assert_false(f->s->aps[7].is_open);
	assert_true(f->ap_open[0]);
	unplug(f);
}

struct heard {
	size_t bytes;
	bool lost;
};

static void hear(void *ctx, const uint8_t *data, size_t n, bool lost)
{
	struct heard *heard = ctx;

	assert_int_equal(data[0], 0x55);
	heard->bytes += n;
	heard->lost |= lost;
}

static void test_trace(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	const struct swo_ops *swo = stlink_driver.swo;
	struct heard heard = { 0 };
	uint32_t baud = 0, fast = 3000000;

	(void)state;
	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(swo->start(&f->adapter, SWO_MANCHESTER, &baud, hear, &heard),
			 ERR_UNSUPPORTED);
	assert_int_equal(swo->start(&f->adapter, SWO_UART, &fast, hear, &heard), ERR_UNSUPPORTED);
	assert_int_equal(swo->start(&f->adapter, SWO_UART, &baud, hear, &heard), OK);
	assert_int_equal(baud, 2000000);
	assert_int_equal(f->baud, 2000000);
	assert_int_equal(swo->poll(&f->adapter), OK);
	assert_int_equal(heard.bytes, 0);
	f->trace_bytes = 100;
	assert_int_equal(swo->poll(&f->adapter), OK);
	assert_int_equal(heard.bytes, 100);
	assert_false(heard.lost);
	f->trace_bytes = 4096;	/* full: what came behind it is gone */
	assert_int_equal(swo->stop(&f->adapter), OK);
	assert_true(heard.lost);
	assert_int_equal(f->baud, 0);
	unplug(f);
}

static void test_trace_of_a_v3_takes_the_buffer_there_is(void **state)
{
	struct firmware *f = plug_in(3, 7, 0x374e);
	const struct swo_ops *swo = stlink_driver.swo;
	struct heard heard = { 0 };
	uint32_t baud = 0;

	(void)state;
	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(swo->start(&f->adapter, SWO_UART, &baud, hear, &heard), OK);
	assert_int_equal(f->trace_size, 16384);
	f->trace_bytes = 10000;			/* more than one look's worth of an older buffer */
	assert_int_equal(swo->poll(&f->adapter), OK);
	assert_int_equal(heard.bytes, 10000);
	assert_false(heard.lost);
	f->most_trace = 4096;
	assert_int_equal(swo->start(&f->adapter, SWO_UART, &baud, hear, &heard), OK);
	assert_int_equal(f->trace_size, 4096);
	f->trace_bytes = 5000;			/* filled again while it was read */
	assert_int_equal(swo->poll(&f->adapter), OK);
	assert_int_equal(heard.bytes, 15000);
	assert_true(heard.lost);
	unplug(f);
}

static void test_an_access_port_that_is_busy_is_waited_for(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x3748);
	struct dap_port *port;

	(void)state;
	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(port_of(f)->ops->connect(port_of(f), LINK_JTAG_TO_SWD), OK);
	f->busy_aps = 20;
	port = port_of(f);
	port_write(port, PORT_AP(0), 0xa2000012);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(f->commands[0x4b], 21);
	assert_true(f->ap_open[0]);
	unplug(f);
}

/* ---- ST's stlink-server. ---- */

struct server_options {
	uint32_t api;
	unsigned devices, busy;
};

/* The other process cannot fail the test; it hangs up. */
static void must(bool is_true)
{
	if (!is_true)
		_exit(1);
}

static void take(int fd, void *data, size_t n)
{
	for (size_t got = 0, part; got < n; got += part)
		if (sock_read_some(fd, (uint8_t *)data + got, n - got, 5000, &part) != OK || part == 0)
			_exit(0);
}

static void give(int fd, const void *data, size_t n)
{
	if (sock_write_all(fd, data, n, 5000) != OK)
		_exit(0);
}

static void give_word(int fd, uint32_t word)
{
	uint8_t bytes[4];

	put_le32(bytes, word);
	give(fd, bytes, sizeof(bytes));
}

static void serve_command(int fd, struct firmware *f, struct server_options *options)
{
	uint8_t rest[31], out[8192], reply[16 * 1024];

	take(fd, rest, sizeof(rest));
	size_t size = get_le32(rest + 27);
	struct stlink_transfer t = { .command = rest + 7, .out = out };

	must(get_le32(rest + 3) == 0x77);
	must(options->api >= 2 || size <= 1428);	/* what an old server dies of */
	if (rest[23] == 0) {
		t.out_size = size;
		take(fd, out, size);
	} else {
		t.in_size = size;
	}
	if (options->busy > 0) {
		options->busy--;
		give_word(fd, 0x2004);
		return;
	}
	size_t n = answer(f, &t, reply);

	must(n == t.in_size);
	give_word(fd, 1);
	give(fd, reply, n);
}

static void serve_info(int fd, const struct server_options *options)
{
	uint8_t rest[7], info[45] = { 1 };

	take(fd, rest, sizeof(rest));
	must(rest[0] < options->devices);
	must(get_le32(rest + 3) == 41);
	put_le32(info + 4, 40 + rest[0]);
	snprintf((char *)info + 8, 32, "066EFF0%u", rest[0]);
	put_le16(info + 40, 0x0483);
	put_le16(info + 42, 0x374b);
	give(fd, info, sizeof(info));
}

static void serve(int fd, struct firmware *f, struct server_options options)
{
	uint8_t kind, rest[16];

	for (;;) {
		take(fd, &kind, 1);
		switch (kind) {
		case 6:
			take(fd, rest, 3);
			for (unsigned i = 0; i < 4; i++)
				give_word(fd, i == 0 ? options.api : i);
			break;
		case 0: take(fd, rest, 1); give_word(fd, 1); break;
		case 1: give_word(fd, options.devices); break;
		case 2: serve_info(fd, &options); break;
		case 3: take(fd, rest, 7); give_word(fd, 1); give_word(fd, 0x77); break;
		case 4: take(fd, rest, 7); give_word(fd, 1); _exit(0);
		default: serve_command(fd, f, &options);
		}
	}
}

/* A server in a process of its own; returns its port. */
static uint16_t start_server(struct firmware *f, struct server_options options)
{
	uint16_t port = 0;
	int listener, fd;

	assert_int_equal(sock_listen_tcp("localhost", &port, &listener), OK);
	if (fork() == 0) {
		do {
			fd = sock_accept(listener, NULL, 0);
		} while (fd < 0);
		serve(fd, f, options);
	}
	close(listener);
	return port;
}

static void check_server(uint32_t api, unsigned busy)
{
	struct firmware *f = plug_in(2, 37, 0x374b);
	struct stlink *s = NULL;
	uint32_t out[512], in[512] = { 0 };

	assert_int_equal(stlink_tcp_open(&f->adapter, start_server(f, (struct server_options){
				api, 1, busy }), &s), OK);
	stlink_driver.close(&f->adapter);
	f->s = s;
	f->adapter.priv = f->adapter.port.priv = s;
	struct dap_port *port = attach(f);

	for (uint32_t i = 0; i < 512; i++)
		out[i] = i * 3;
	port_write(port, PORT_AP(4), FAKE_RAM_BASE);
	port_write_block(port, PORT_AP(0xc), out, 512);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE);
	port_read_block(port, PORT_AP(0xc), in, 512);
	port_write(port, PORT_AP(4), FAKE_RAM_BASE + 4);
	port_read(port, PORT_AP(0xc), &out[0]);
	port_read(port, PORT_AP(0xc), &out[1]);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(in[511], 511 * 3);
	assert_int_equal(out[0], 3);
	assert_int_equal(out[1], 6);
	assert_int_equal(!(s->features & ST_HAS_MISC), api < 3);
	unplug(f);
	wait(NULL);
}

static void test_through_the_stlink_server(void **state)
{
	(void)state;
	check_server(1, 0);
	check_server(3, 2);
}

static void test_several_probes_of_the_server(void **state)
{
	struct firmware *f = plug_in(2, 37, 0x374b);
	struct stlink *s = NULL;
	const struct server_options two = { 3, 2, 0 };

	(void)state;
	assert_int_equal(stlink_tcp_open(&f->adapter, start_server(f, two), &s),
			 ERR_ADAPTER_AMBIGUOUS);
	assert_non_null(strstr(error_text(error_current()), "066EFF00, 066EFF01"));
	f->adapter.serial = "066eff07";
	assert_int_equal(stlink_tcp_open(&f->adapter, start_server(f, two), &s),
			 ERR_ADAPTER_NOT_FOUND);
	f->adapter.serial = NULL;
	assert_int_equal(stlink_tcp_open(&f->adapter, 1, &s), ERR_ADAPTER_NOT_FOUND);
	unplug(f);
	while (wait(NULL) > 0)
		;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_firmware_is_told_what_is_missing),
		cmocka_unit_test(test_plan_of_batches),
		cmocka_unit_test(test_words_of_one_run_take_one_round_trip),
		cmocka_unit_test(test_blocks_go_by_memory_commands),
		cmocka_unit_test(test_bytes_are_on_their_lanes),
		cmocka_unit_test(test_probing_sees_the_real_csw),
		cmocka_unit_test(test_absent_access_port_reads_as_zero),
		cmocka_unit_test(test_firmware_without_batches),
		cmocka_unit_test(test_fault_in_a_block_is_found_exactly),
		cmocka_unit_test(test_fault_of_a_word),
		cmocka_unit_test(test_raw_write_that_fails_late),
		cmocka_unit_test(test_wait_is_repeated_then_given_up),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_every_bad_status_ends_the_run),
		cmocka_unit_test(test_leaves_whatever_mode_it_finds),
		cmocka_unit_test(test_speed_of_v2_and_v3),
		cmocka_unit_test(test_reset_line_stays_low_over_a_connect),
		cmocka_unit_test(test_chain_as_the_firmware_tells_it),
		cmocka_unit_test(test_multidrop_is_refused),
		cmocka_unit_test(test_too_many_open_access_ports),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_trace_of_a_v3_takes_the_buffer_there_is),
		cmocka_unit_test(test_an_access_port_that_is_busy_is_waited_for),
		cmocka_unit_test(test_through_the_stlink_server),
		cmocka_unit_test(test_several_probes_of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
