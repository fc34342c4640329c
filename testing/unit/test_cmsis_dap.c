/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMSIS-DAP protocol layer against firmware in memory that keeps the rules of the
 * specification, those for errors above all: what is counted, what comes without data, what runs
 * behind a failure.
 */
#include "fake_dp.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapter/cmsis_dap.h"
#include "adapter/stream.h"

struct response {
	uint8_t data[1024];
	size_t size;
};

struct bench {
	struct fake_dp dp;
	struct adapter adapter;
	struct cmsis_dap dap;
	struct cmsis_transport transport;
	struct response queue[8192];
	size_t head, tail;
	unsigned sends, packets, retries, most_under_way;
	uint8_t last[1024];
	size_t last_size;
	unsigned lose_at;		/* the connection breaks with this packet */
	unsigned garble_at;		/* this packet is answered wrongly ... */
	unsigned garble_how;
};

/* ---- The firmware (CMSIS-DAP 2.1, DAP_Transfer and DAP_TransferBlock). ---- */

static unsigned wire(struct bench *p, uint8_t reg, bool is_read, uint32_t *value)
{
	unsigned ack;

	for (unsigned i = 0; i <= p->retries; i++) {
		ack = fake_dp_transfer(&p->dp, reg, is_read, value);
		if (ack != FAKE_WAIT)
			break;
	}
	return ack;
}

static size_t put_word(uint8_t *out, size_t at, uint32_t value)
{
	put_le32(out + at, value);
	return at + 4;
}

static size_t firmware_transfer(struct bench *p, const uint8_t *in, uint8_t *out)
{
	unsigned count = in[2], done = 0, ack = 0;
	size_t at = 3, in_at = 3;
	bool posted = false, check_write = false;
	uint32_t value;

	for (; done < count; done++) {
		uint8_t request = in[in_at++], reg = request & 0xd;
		bool is_read = request & 2, is_ap_read = is_read && (request & 1);

		if (posted) {
			ack = wire(p, is_ap_read ? reg : 0xc, true, &value);
			if (ack != FAKE_OK)
				break;
			at = put_word(out, at, value);
			posted = is_ap_read;
			check_write = false;
			if (is_ap_read)
				continue;
		}
		value = is_read ? 0 : get_le32(in + in_at);
		in_at += is_read ? 0 : 4;
		ack = wire(p, reg, is_read, &value);
		if (ack != FAKE_OK)
			break;
		if (is_ap_read)
			posted = true;
		else if (is_read)
			at = put_word(out, at, value);
		check_write = !is_read;
	}
	if (done == count && (posted || check_write)) {
		ack = wire(p, 0xc, true, &value);
		if (ack == FAKE_OK && posted)
			at = put_word(out, at, value);
	}
	out[0] = 5;
	out[1] = (uint8_t)done;
	out[2] = (uint8_t)ack;
	return at;
}

static size_t firmware_block(struct bench *p, const uint8_t *in, uint8_t *out)
{
	unsigned count = get_le16(in + 2), done = 0, ack = 0;
	uint8_t reg = in[4] & 0xd;
	bool is_read = in[4] & 2;
	size_t at = 4;
	uint32_t value;

	if (is_read && (reg & 1))
		ack = wire(p, reg, true, &value);
	else
		ack = FAKE_OK;
	for (; ack == FAKE_OK && done < count; done++) {
		value = is_read ? 0 : get_le32(in + 5 + 4 * done);
		ack = wire(p, is_read && (reg & 1) && done == count - 1 ? 0xc : reg, is_read,
			   &value);
		if (ack != FAKE_OK)
			break;
		if (is_read)
			at = put_word(out, at, value);
	}
	if (!is_read && done == count)
		ack = wire(p, 0xc, true, &value);
	out[0] = 6;
	put_le16(out + 1, (uint16_t)done);
	out[3] = (uint8_t)ack;
	return at;
}

static size_t firmware(struct bench *p, const uint8_t *in, uint8_t *out)
{
	out[0] = in[0];
	out[1] = 0;
	switch (in[0]) {
	case DAP_TRANSFER:
		return firmware_transfer(p, in, out);
	case DAP_TRANSFER_BLOCK:
		return firmware_block(p, in, out);
	case DAP_TRANSFER_CONFIGURE:
		return 2;
	case DAP_SWJ_SEQUENCE:
		p->dp.line_resets++;
		return 2;
	case DAP_WRITE_ABORT:
		fake_dp_write(&p->dp, 0, get_le32(in + 2));
		return 2;
	case DAP_INFO:
		out[1] = in[1] == INFO_PACKET_SIZE ? 2 : 1;
		put_le16(out + 2, in[1] == INFO_PACKET_SIZE ? 512 : 4);
		return 2 + out[1];
	default:
		out[0] = 0xff;
		return 1;
	}
}

static void garble(struct bench *p, struct response *r)
{
	switch (p->garble_how) {
	case 0: r->data[0] = 0x77; break;		/* another command's answer */
	case 1: r->size = 2; break;			/* cut off */
	case 2: r->data[1] = 0xff; break;		/* more than was asked for */
	default: r->data[0] = 0xff; r->size = 1; break;	/* unknown command */
	}
}

/* ---- The transport. ---- */

static enum err fake_send(void *link, const uint8_t *batch, const struct cmsis_packet *packets,
			  size_t n)
{
	struct bench *p = link;

	p->sends++;
	for (size_t i = 0; i < n; i++) {
		struct response *r = &p->queue[p->tail++ % ARRAY_SIZE(p->queue)];

		assert_true(packets[i].size <= p->dap.usable);
		memcpy(p->last, batch + packets[i].at, packets[i].size);
		p->last_size = packets[i].size;
		if (p->packets++ == p->lose_at)
			return error_why(ERR_ADAPTER_LOST, "unplugged");
		memset(r->data, 0xee, sizeof(r->data));
		r->size = firmware(p, p->last, r->data);
		assert_true(r->size <= p->dap.packet_size);
		if (p->packets - 1 == p->garble_at)
			garble(p, r);
		if (p->transport.fixed_size)
			r->size = p->dap.packet_size;
	}
	p->most_under_way = MAX(p->most_under_way, (unsigned)(p->tail - p->head));
	return OK;
}

static enum err fake_receive(void *link, uint8_t *response, size_t size, size_t *got,
			     int timeout_ms)
{
	struct bench *p = link;
	const struct response *r = &p->queue[p->head % ARRAY_SIZE(p->queue)];

	(void)timeout_ms;
	if (p->head == p->tail)
		return error_why(ERR_TIMEOUT, "nothing is under way");
	p->head++;
	memcpy(response, r->data, MIN(size, r->size));
	*got = MIN(size, r->size);
	return OK;
}

static bool fake_is_ready(void *link)
{
	struct bench *p = link;

	return p->head != p->tail;
}

static struct bench *probe_new(size_t packet_size, size_t packet_count, bool fixed_size)
{
	struct bench *p = xcalloc(1, sizeof(*p));

	error_clear();
	fake_dp_init(&p->dp);
	p->dp.tar_wrap = 0x80000000;
	p->dp.ctrl = 0x50000000;
	p->dp.csw = 0x23000052;
	p->dp.tar = FAKE_RAM_BASE;
	p->lose_at = p->garble_at = ~0u;
	p->transport = (struct cmsis_transport){ .name = "fake",
						 .fixed_size = fixed_size,
						 .likes_batches = true,
						 .send = fake_send,
						 .receive = fake_receive,
						 .is_ready = fake_is_ready };
	p->adapter.port.ops = &cmsis_port_ops;
	p->adapter.port.priv = &p->dap;
	p->adapter.port.transport = TRANSPORT_SWD;
	p->adapter.port.wait_budget_ms = 20;
	p->adapter.port.flight = flight_new();
	p->adapter.driver = &cmsis_dap_driver;
	p->adapter.is_open = true;
	p->adapter.actual_khz = 1000;
	p->dap = (struct cmsis_dap){ .adapter = &p->adapter, .transport = &p->transport, .link = p,
				     .packet_size = packet_size, .usable = packet_size,
				     .packet_count = packet_count, .wait_retries = ~0u };
	p->dap.response = xcalloc(1, packet_size);
	assert_int_equal(cmsis_transfer_configure(&p->dap), OK);
	p->sends = p->packets = p->most_under_way = 0;
	return p;
}

static void probe_free(struct bench *p)
{
	flight_free(p->adapter.port.flight);
	free(p->adapter.port.items);
	free(p->dap.response);
	free(p->dap.packets);
	buf_free(&p->dap.batch);
	free(p);
}

static struct dap_port *port_of(struct bench *p)
{
	return &p->adapter.port;
}

/* ---- Tests. ---- */

static void test_bytes_of_a_mixed_batch(void **state)
{
	static const uint8_t wanted[] = { 0x05, 0x00, 0x05, 0x02, 0x08, 0xf0, 0x00, 0x00,
					  0x00, 0x0f, 0x08, 0x00, 0x00, 0x00, 0x00, 0x0f };
	struct bench *p = probe_new(64, 4, false);
	uint32_t dpidr, idr, word;

	(void)state;
	put_le32(p->dp.ram, 0xcafe0001);
	port_read(port_of(p), PORT_DP(0), &dpidr);
	port_write(port_of(p), PORT_DP(8), 0xf0);
	port_read(port_of(p), PORT_AP(0xc), &idr);
	port_write(port_of(p), PORT_DP(8), 0);
	port_read(port_of(p), PORT_AP(0xc), &word);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
	assert_int_equal(p->packets, 1);
	assert_int_equal(p->last_size, sizeof(wanted));
	assert_memory_equal(p->last, wanted, sizeof(wanted));
	assert_int_equal(dpidr, FAKE_DPIDR);
	assert_int_equal(idr, FAKE_IDR);
	assert_int_equal(word, 0xcafe0001);
	assert_int_equal(port_of(p)->stats.round_trips, 2);	/* one was the configuration */
	probe_free(p);
}

/* Words per packet: the table of what fits, and never a packet more than needed. */
static void test_packets_are_filled(void **state)
{
	static const struct {
		size_t packet, words;
		bool is_read;
		unsigned packets;
	} cases[] = {
		{ 64, 14, false, 1 },  { 64, 15, false, 2 },	{ 64, 15, true, 1 },
		{ 64, 16, true, 2 },   { 512, 126, false, 1 },	{ 512, 127, false, 2 },
		{ 512, 127, true, 1 }, { 512, 1270, true, 10 }, { 512, 1260, false, 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *p = probe_new(cases[i].packet, 4, false);
		uint32_t *words = xcalloc(cases[i].words, 4);

		if (cases[i].is_read)
			port_read_block(port_of(p), PORT_AP(0xc), words, cases[i].words);
		else
			port_write_block(port_of(p), PORT_AP(0xc), words, cases[i].words);
		assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
		assert_int_equal(p->packets, cases[i].packets);
		assert_true(p->most_under_way <= 4);
		free(words);
		probe_free(p);
	}
}

static void test_all_allowed_packets_go_out_in_one_write(void **state)
{
	struct bench *p = probe_new(512, 4, false);
	uint32_t words[126 * 8] = { 0 };

	(void)state;
	port_write_block(port_of(p), PORT_AP(0xc), words, 126 * 8);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
	assert_int_equal(p->packets, 8);
	assert_int_equal(p->sends, 2);
	assert_int_equal(p->most_under_way, 4);
	probe_free(p);
}

/* Blocks with TAR writes in between, as memory access makes them. */
static void queue_pieces(struct bench *p, uint32_t *words, size_t count, bool is_read)
{
	for (size_t at = 0; at < count; at += 50) {
		size_t n = MIN(count - at, 50u);

		port_write(port_of(p), PORT_AP(4), FAKE_RAM_BASE + 4 * (uint32_t)at);
		if (is_read)
			port_read_block(port_of(p), PORT_AP(0xc), words + at, n);
		else
			port_write_block(port_of(p), PORT_AP(0xc), words + at, n);
	}
}

static void test_mixed_blocks_in_every_shape(void **state)
{
	static const size_t sizes[] = { 64, 65, 100, 512, 1024 };
	uint32_t src[400], dst[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(src); i++)
		src[i] = (uint32_t)(i * 0x01234567 + 99);
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (size_t n = 1; n <= ARRAY_SIZE(src); n += 57) {
			struct bench *p = probe_new(sizes[s], 1 + n % 5, s & 1);

			memset(dst, 0, sizeof(dst));
			queue_pieces(p, src, n, false);
			queue_pieces(p, dst, n, true);
			assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
			assert_memory_equal(src, dst, 4 * n);
			assert_true(p->most_under_way <= 1 + n % 5);
			probe_free(p);
		}
	}
}

/* `good` words fit into memory, the next access is a bus error: exactly that one is blamed. */
static void check_fault(size_t packet, bool fixed, bool is_read, size_t good, size_t words)
{
	struct bench *p = probe_new(packet, 3, fixed);
	uint32_t buffer[300];

	memset(buffer, 0xaa, sizeof(buffer));
	port_write(port_of(p), PORT_AP(4), FAKE_RAM_BASE + FAKE_RAM_SIZE - 4 * (uint32_t)good);
	if (is_read)
		port_read_block(port_of(p), PORT_AP(0xc), buffer, words);
	else
		port_write_block(port_of(p), PORT_AP(0xc), buffer, words);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), ERR_DAP_FAULT);
	assert_int_equal(port_of(p)->failed_at, 1);
	assert_int_equal(port_of(p)->failed_word, good);
	for (size_t i = 0; i < words && is_read; i++)
		assert_int_equal(buffer[i], i < good ? 0 : 0xaaaaaaaa);
	assert_int_equal(p->dap.under_way, 0);
	assert_true(p->dp.ctrl & BIT(5));
	probe_free(p);
}

static void test_fault_is_located(void **state)
{
	(void)state;
	for (size_t good = 0; good < 40; good++) {
		for (unsigned mode = 0; mode < 8; mode++) {
			check_fault(64, mode & 4, mode & 1, good, good + 1);
			check_fault(mode & 2 ? 64 : 128, mode & 4, mode & 1, good, good + 30);
		}
	}
}

/* WAIT beyond the probe's own retries: the batch goes on where it stopped, or says it cannot. */
static void check_wait(size_t packet, size_t packet_count, bool fixed, unsigned at)
{
	struct bench *p = probe_new(packet, packet_count, fixed);
	uint32_t src[40], dst[40] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(src); i++)
		src[i] = (uint32_t)(i + 1) * 0x1000193;
	p->dp.wait_at = at;
	p->dp.wait_count = 2;
	queue_pieces(p, src, 40, false);
	queue_pieces(p, dst, 40, true);
	enum err rc = port_of(p)->ops->run(port_of(p));

	assert_int_equal(p->dap.under_way, 0);
	if (rc == OK)
		assert_memory_equal(src, dst, sizeof(src));
	else
		assert_int_equal(rc, ERR_DAP_WAIT);
	/* With one packet at a time only the start of a block read is in doubt. */
	if (packet_count == 1 && !fixed && at < 40)
		assert_int_equal(rc, OK);
	probe_free(p);
}

static void test_wait_anywhere(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 90; at++) {
		check_wait(512, 1, false, at);
		check_wait(64, 1, false, at);
		check_wait(64, 1, true, at);
		check_wait(64, 4, false, at);
	}
}

static void test_probe_retries_wait_itself(void **state)
{
	struct bench *p = probe_new(64, 4, false);
	uint32_t src[40] = { 1, 2, 3 }, dst[40];

	(void)state;
	p->retries = 10;
	p->dp.wait_at = 20;
	p->dp.wait_count = 8;
	queue_pieces(p, src, 40, false);
	queue_pieces(p, dst, 40, true);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
	assert_memory_equal(src, dst, sizeof(src));
	assert_int_equal(port_of(p)->stats.waits, 0);
	probe_free(p);
}

static void test_silent_target(void **state)
{
	struct bench *p = probe_new(64, 4, false);
	uint32_t value = 0x55;

	(void)state;
	p->dp.is_dead = true;
	port_read(port_of(p), PORT_DP(0), &value);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), ERR_DAP_NO_ACK);
	assert_int_equal(value, 0x55);
	assert_int_equal(port_of(p)->failed_ack, 7);
	probe_free(p);
}

/* An answer nobody can use ends the batch; the next batch is not confused by what was under way. */
static void test_garbled_answers(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 4; how++) {
		struct bench *p = probe_new(64, 4, false);
		uint32_t words[100] = { 0 }, dpidr = 0;

		p->garble_at = 1;
		p->garble_how = how;
		port_write_block(port_of(p), PORT_AP(0xc), words, 100);
		assert_int_equal(port_of(p)->ops->run(port_of(p)), ERR_ADAPTER_PROTOCOL);
		port_read(port_of(p), PORT_DP(0), &dpidr);
		assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
		assert_int_equal(dpidr, FAKE_DPIDR);
		probe_free(p);
	}
}

static void test_unplugged_in_the_middle(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 6; at++) {
		struct bench *p = probe_new(64, 2, false);
		uint32_t words[100] = { 0 };

		p->lose_at = at;
		port_write_block(port_of(p), PORT_AP(0xc), words, 100);
		assert_int_equal(port_of(p)->ops->run(port_of(p)), ERR_ADAPTER_LOST);
		assert_true(p->adapter.is_lost);
		port_write(port_of(p), PORT_DP(8), 0);
		assert_int_equal(port_of(p)->ops->run(port_of(p)), ERR_ADAPTER_LOST);
		assert_int_equal(port_of(p)->item_count, 0);
		probe_free(p);
	}
}

/* On JTAG the ACK hides FAULT: CTRL/STAT is read in the same packet, nothing is delivered. */
static void test_jtag_looks_at_ctrl_stat(void **state)
{
	struct bench *p = probe_new(512, 4, false);
	uint32_t value = 0x55;

	(void)state;
	port_of(p)->transport = TRANSPORT_JTAG;
	port_write(port_of(p), PORT_AP(4), FAKE_RAM_BASE);
	port_read(port_of(p), PORT_AP(0xc), &value);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), OK);
	assert_int_equal(p->packets, 1);
	assert_int_equal(value, 0);
	value = 0x55;
	p->dp.ctrl |= BIT(5);
	p->dp.is_jtag = true;
	port_read(port_of(p), PORT_AP(0xc), &value);
	assert_int_equal(port_of(p)->ops->run(port_of(p)), ERR_DAP_FAULT);
	assert_int_equal(port_of(p)->failed_at, 0);
	assert_int_equal(value, 0x55);
	probe_free(p);
}

static void test_limits_are_read(void **state)
{
	struct bench *p = probe_new(64, 1, false);

	(void)state;
	p->transport.usable = cmsis_dap_tcp.usable;
	assert_int_equal(cmsis_read_limits(&p->dap), OK);
	assert_int_equal(p->dap.packet_size, 512);
	assert_int_equal(p->dap.packet_count, 4);
	probe_free(p);
}

/* The firmware of this bench knows neither lamps nor DAP_SWD_Configure. */
static void test_a_probe_without_lamps_is_used(void **state)
{
	const uint8_t lamp[] = { DAP_HOST_STATUS, 0, 1 }, configure[] = { DAP_SWD_CONFIGURE, 0 };
	struct bench *p = probe_new(64, 2, false);

	(void)state;
	cmsis_queue(&p->dap, lamp, sizeof(lamp));
	cmsis_queue(&p->dap, lamp, sizeof(lamp));
	assert_int_equal(cmsis_run_queued(&p->dap, "light up"), OK);
	cmsis_queue(&p->dap, configure, sizeof(configure));
	assert_int_equal(cmsis_run_queued(&p->dap, "take its settings"), ERR_ADAPTER_PROTOCOL);
	error_clear();
	probe_free(p);
}

/* Both sides send more than socket buffers hold: the reader inside the writer keeps it moving. */
static void test_stream_never_locks_up(void **state)
{
	enum { BYTES = 8 * 1024 * 1024 };
	struct stream stream = { 0 };
	uint8_t *data = xcalloc(1, BYTES);
	const uint8_t *back;
	int pair[2], status;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid_t child = fork();

	if (child == 0) {
		static uint8_t block[4096];
		ssize_t n;

		close(pair[0]);
		while ((n = read(pair[1], block, sizeof(block))) > 0)
			if (write(pair[1], block, (size_t)n) != n)
				_exit(1);
		_exit(0);
	}
	close(pair[1]);
	for (size_t i = 0; i < BYTES; i++)
		data[i] = (uint8_t)(i * 31 + i / 4096);
	stream.fd = pair[0];
	assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(stream_write(&stream, data, BYTES, 5000), OK);
	assert_int_equal(stream_peek(&stream, BYTES, &back, 5000), OK);
	assert_memory_equal(back, data, BYTES);
	stream_consume(&stream, BYTES);
	assert_int_equal(stream_peek(&stream, 1, &back, 10), ERR_TIMEOUT);
	shutdown(pair[0], SHUT_WR);
	assert_int_equal(stream_peek(&stream, 1, &back, 5000), ERR_ADAPTER_LOST);
	assert_int_equal(stream_write(&stream, data, 1, 10), ERR_ADAPTER_LOST);
	stream_close(&stream);
	waitpid(child, &status, 0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_of_a_mixed_batch),
		cmocka_unit_test(test_packets_are_filled),
		cmocka_unit_test(test_all_allowed_packets_go_out_in_one_write),
		cmocka_unit_test(test_mixed_blocks_in_every_shape),
		cmocka_unit_test(test_fault_is_located),
		cmocka_unit_test(test_wait_anywhere),
		cmocka_unit_test(test_probe_retries_wait_itself),
		cmocka_unit_test(test_silent_target),
		cmocka_unit_test(test_garbled_answers),
		cmocka_unit_test(test_unplugged_in_the_middle),
		cmocka_unit_test(test_jtag_looks_at_ctrl_stat),
		cmocka_unit_test(test_limits_are_read),
		cmocka_unit_test(test_a_probe_without_lamps_is_used),
		cmocka_unit_test(test_stream_never_locks_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
