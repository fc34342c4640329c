/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ST-LINK driver above a link in memory: firmware with the rules the open drivers state, one
 * command at a time, a status apart from the data, access ports to be opened first.
 */
#include "fake_dp.h"

#include "adapter/flight.h"
#include "adapter/stlink_run.h"

#define DP 0xffffu

struct firmware {
	struct fake_dp dp;
	struct adapter adapter;
	struct stlink *s;
	unsigned stlink, jtag;		/* version */
	unsigned pid;
	unsigned mode;
	bool ap_open[256];
	unsigned status;		/* of the last memory command */
	uint32_t fault;
	bool hides_fault;		/* the fault address stays 0 */
	bool clears_sticky;		/* after each failing command */
	unsigned busy;			/* so many accesses answer WAIT */
	unsigned answer_once;		/* this status for the next command that has one */
	uint32_t reference, divided;
	uint32_t com_khz;
	unsigned divisor;
	uint8_t misc[16 * 1024];
	size_t misc_items;
	unsigned commands[256];		/* how often, by sub-command */
	unsigned trips;
	bool is_gone;
	unsigned nrst;
};

/* ---- The firmware. ---- */

static unsigned status_of(unsigned ack)
{
	switch (ack) {
	case FAKE_OK: return 0x80;
	case FAKE_WAIT: return 0x10;
	case FAKE_FAULT: return 0x11;
	default: return 0x16;
	}
}

static unsigned wire(struct firmware *f, uint8_t reg, bool is_read, uint32_t *value)
{
	if (f->busy > 0) {
		f->busy--;
		return 0x10;
	}
	return status_of(fake_dp_transfer(&f->dp, reg, is_read, value));
}

static unsigned ap_access(struct firmware *f, unsigned ap, unsigned addr, bool is_read,
			  uint32_t *value)
{
	uint32_t select = ap << 24 | (addr & 0xf0);
	unsigned status = wire(f, 0x8, false, &select);

	if (status == 0x80)
		status = wire(f, (uint8_t)((addr & 0xc) | 1), is_read, value);
	if (status == 0x80 && is_read)
		status = wire(f, 0xc, true, value);	/* RDBUFF */
	return status;
}

static unsigned dap_reg(struct firmware *f, unsigned port, unsigned addr, bool is_read,
			uint32_t *value)
{
	uint32_t select = addr >> 4;
	unsigned status;

	if (port != DP) {
		if (f->jtag >= 28 && addr != 0xfc && !f->ap_open[port])
			return 0x1d;
		return ap_access(f, port, addr, is_read, value);
	}
	if (select == 0 || (status = wire(f, 0x8, false, &select)) == 0x80)
		status = wire(f, (uint8_t)(addr & 0xc), is_read, value);
	return status;
}

static unsigned memory(struct firmware *f, unsigned ap, uint32_t csw, uint32_t addr, unsigned size,
		       uint8_t *data, size_t n, bool is_read, bool increments)
{
	unsigned status = 0x80;

	if (!f->ap_open[ap] && f->jtag >= 28)
		return 0x1d;
	for (size_t i = 0; i < n && status == 0x80; i += size) {
		uint32_t at = increments ? addr + (uint32_t)i : addr, word = 0;

		for (unsigned j = 0; j < size && !is_read; j++)
			word |= (uint32_t)data[i + j] << 8 * ((at + j) & 3);
		uint32_t value = csw | (size == 4 ? 2 : size == 2 ? 1 : 0) | 0x10;

		status = ap_access(f, ap, 0x0, false, &value);
		if (status == 0x80)
			status = ap_access(f, ap, 0x4, false, &at);
		if (status == 0x80)
			status = ap_access(f, ap, 0xc, is_read, &word);
		if (status == 0x80 && !is_read) {
			uint32_t ignored;

			status = wire(f, 0xc, true, &ignored);
		}
		for (unsigned j = 0; j < size && is_read; j++)
			data[i + j] = status == 0x80 ? (uint8_t)(word >> 8 * ((at + j) & 3)) : 0xee;
		f->fault = f->hides_fault || status == 0x80 ? 0 : at;
	}
	if (status != 0x80 && f->clears_sticky)
		f->dp.ctrl &= ~0xb2u;
	return status;
}

static void run_misc(struct firmware *f, uint8_t *reply)
{
	size_t padded = (f->misc_items + 3) / 4 * 4, items = f->misc_items;
	uint32_t addr = 0;
	unsigned ap = 0;

	for (size_t i = 0; i < items; i++) {
		uint32_t word = get_le32(f->misc + padded + 4 * i);
		uint8_t data[4];
		unsigned status = 0x80;

		put_le32(data, word);
		switch (f->misc[i]) {
		case 1: addr = word; break;
		case 2: status = memory(f, ap, 0x23000000, addr, 4, data, 4, false, true); break;
		case 3: status = memory(f, ap, 0x23000000, word, 4, data, 4, true, true); break;
		case 5: ap = word; break;
		default: status = 0x08; break;
		}
		memcpy(reply + 4 * i, data, 4);
		put_le32(reply + 4 * items + 4 * i, status);
	}
}

static unsigned simple(struct firmware *f, const uint8_t *c)
{
	switch (c[1]) {
	case 0x30: memset(f->ap_open, 0, sizeof(f->ap_open)); f->mode = 2; return 0x80;
	case 0x3c: f->nrst = c[2]; return 0x80;
	case 0x43: case 0x44: f->divisor = get_le16(c + 2); return 0x80;
	case 0x4b:
		f->ap_open[c[2]] = c[2] < 2;
		return c[2] < 2 ? 0x80 : 0x1d;
	case 0x4c: f->ap_open[c[2]] = false; return 0x80;
	default: return 0x42;
	}
}

static size_t put_status(uint8_t *reply, unsigned status, uint32_t value, size_t n)
{
	memset(reply, 0, n);
	reply[0] = (uint8_t)status;
	if (n >= 8)
		put_le32(reply + 4, value);
	return n;
}

static size_t list_clocks(struct firmware *f, uint8_t *reply)
{
	static const uint32_t khz[] = { 24000, 8000, 3300, 1000, 200, 50, 5 };

	put_status(reply, 0x80, f->com_khz, 52);
	put_le32(reply + 8, ARRAY_SIZE(khz));
	for (size_t i = 0; i < ARRAY_SIZE(khz); i++)
		put_le32(reply + 12 + 4 * i, khz[i]);
	return 52;
}

static size_t debug_register(struct firmware *f, const uint8_t *c, uint8_t *reply)
{
	bool is_read = c[1] == 0x36 || c[1] == 0x45;
	uint8_t data[4];
	uint32_t value = get_le32(c + 6);
	unsigned status;

	if (c[1] == 0x45 || c[1] == 0x46) {
		status = dap_reg(f, get_le16(c + 2), get_le16(c + 4), is_read, &value);
	} else {
		put_le32(data, value);
		status = memory(f, 0, 0x23000000, get_le32(c + 2), 4, data, 4, is_read, true);
		value = get_le32(data);
	}
	if (f->answer_once != 0) {
		status = f->answer_once;
		f->answer_once = 0;
	}
	return put_status(reply, status, value, is_read ? 8 : 2);
}

static void memory_command(struct firmware *f, const uint8_t *c, uint8_t *data, bool is_read)
{
	unsigned size = c[1] == 0x0c || c[1] == 0x0d ? 1 : c[1] == 0x47 || c[1] == 0x48 ? 2 : 4;
	uint32_t csw = ((uint32_t)c[9] | (uint32_t)c[10] << 8 | (uint32_t)c[11] << 16) << 8;

	assert_true(get_le16(c + 6) <= (size == 1 ? 64 : 6144));
	if (f->jtag < 32)
		assert_int_equal(c[8] | csw, 0);
	f->status = memory(f, c[8], csw ? csw : 0x23000000, get_le32(c + 2), size, data, get_le16(c + 6),
			   is_read, c[1] < 0x50);
}

static size_t answer(struct firmware *f, const struct stlink_transfer *t, uint8_t *reply)
{
	const uint8_t *c = t->command;
	unsigned packed = f->stlink << 12 | f->jtag << 6 | 27;

	switch (c[0]) {
	case 0xf1:
		reply[0] = (uint8_t)(packed >> 8);
		reply[1] = (uint8_t)(f->stlink < 3 ? packed : 0);
		put_le16(reply + 2, 0x0483);
		put_le16(reply + 4, (uint16_t)f->pid);
		return 6;
	case 0xfb:
		memcpy(reply, (uint8_t[12]){ 3, 1, (uint8_t)f->jtag, 3, 5, 0, 0, 0, 0x83, 4, 0x4e, 0x37 },
		       12);
		return 12;
	case 0xf5: reply[0] = (uint8_t)f->mode; reply[1] = 0; return 2;
	case 0xf3: case 0xf4: f->mode = 1; return 0;
	case 0xf7: put_le32(reply, f->reference); put_le32(reply + 4, f->divided); return 8;
	default: break;
	}
	f->commands[c[1]]++;
	switch (c[1]) {
	case 0x21: f->mode = 1; return 0;
	case 0x31: put_status(reply, 0x80, 0x4ba00477, 12); put_le32(reply + 8, 0x06415041); return 12;
	case 0x35: case 0x36: case 0x45: case 0x46: return debug_register(f, c, reply);
	case 0x3e: return put_status(reply, f->status, f->fault, 12);
	case 0x07: case 0x0c: case 0x47: case 0x54: memory_command(f, c, reply, true); return t->in_size;
	case 0x08: case 0x0d: case 0x48: case 0x50:
		memory_command(f, c, (uint8_t *)t->out, false);
		assert_int_equal(t->out_size, get_le16(c + 6));
		return 0;
	case 0x51:
		f->misc_items = get_le32(c + 2);
		assert_true(f->misc_items <= 64 || f->stlink == 3);
		memcpy(f->misc, t->out, t->out_size);
		return 0;
	case 0x52: run_misc(f, reply); return 8 * f->misc_items;
	case 0x61: f->com_khz = get_le32(c + 4); return put_status(reply, 0x80, f->com_khz, 8);
	case 0x62: return list_clocks(f, reply);
	default: return put_status(reply, simple(f, c), 0, 2);
	}
}

static enum err exchange(void *link, const struct stlink_transfer *transfers, size_t count,
			 int timeout_ms)
{
	struct firmware *f = link;
	uint8_t reply[16 * 1024];

	(void)timeout_ms;
	f->trips++;
	if (f->is_gone)
		return error_why(ERR_ADAPTER_LOST, "unplugged");
	for (size_t i = 0; i < count; i++) {
		size_t n = answer(f, &transfers[i], reply);

		if (i + 1 < count)
			assert_int_equal(transfers[i].in_size, 0);
		assert_int_equal(n, transfers[i].in_size);
		if (n > 0)
			memcpy(transfers[i].in, reply, n);
		if (transfers[i].got != NULL)
			*transfers[i].got = n;
	}
	return OK;
}

static enum err read_trace(void *link, uint8_t *data, size_t size, size_t *got)
{
	(void)link;
	memset(data, 0x55, size);
	*got = size;
	return OK;
}

static void close_link(void *link)
{
	((struct firmware *)link)->mode = 99;
}

static const struct stlink_link_ops link_ops = { exchange, read_trace, close_link };

/* ---- Set-up. ---- */

static struct firmware *plug_in(unsigned stlink, unsigned jtag, unsigned pid)
{
	struct firmware *f = calloc(1, sizeof(*f));

	fake_dp_init(&f->dp);
	f->stlink = stlink;
	f->jtag = jtag;
	f->pid = pid;
	f->mode = 1;
	f->reference = 1500;
	f->divided = 2062;
	f->adapter.driver = &stlink_driver;
	f->adapter.transport = TRANSPORT_SWD;
	f->adapter.actual_khz = 1800;
	f->adapter.is_open = true;
	f->adapter.port.flight = flight_new();
	f->adapter.port.wait_budget_ms = 20;
	f->adapter.port.ops = &stlink_port_ops;
	f->adapter.port.transport = TRANSPORT_SWD;
	f->s = stlink_new(&f->adapter, &link_ops, f);
	f->adapter.priv = f->adapter.port.priv = f->s;
	return f;
}

static struct dap_port *port_of(struct firmware *f)
{
	return &f->adapter.port;
}

/* Attached, powered, CSW for words set, all through the port. */
static struct dap_port *attach(struct firmware *f)
{
	struct dap_port *port = port_of(f);
	uint32_t dpidr = 0, ctrl = 0;

	assert_int_equal(stlink_start(f->s), OK);
	assert_int_equal(port->ops->connect(port, LINK_JTAG_TO_SWD), OK);
	port_read(port, PORT_DP(0), &dpidr);
	port_write(port, PORT_DP(0), 0x1e);
	port_write(port, PORT_DP(8), 0);
	port_write(port, PORT_DP(4), 0x50000000);
	port_read(port, PORT_DP(4), &ctrl);
	assert_int_equal(port->ops->run(port), OK);
	assert_int_equal(dpidr, FAKE_DPIDR);
	assert_int_equal(ctrl >> 28, 0xf);
	port_write(port, PORT_AP(0), 0xa2000012);
	assert_int_equal(port->ops->run(port), OK);
	return port;
}

static void unplug(struct firmware *f)
{
	if (f->adapter.priv != NULL)
		stlink_driver.close(&f->adapter);
	error_clear();
	flight_free(f->adapter.port.flight);
	free(f->adapter.port.items);
	free(f);
}

/* ---- Facts. ---- */

static void test_versions(void **state)
{
	static const struct {
		uint8_t reply[6];
		const char *text;
		unsigned api;
	} cases[] = {
		{ { 0x29, 0x47, 0x83, 4, 0x48, 0x37 }, "V2J37S7", 2 },
		{ { 0x29, 0xdb, 0x83, 4, 0x4b, 0x37 }, "V2J39M27", 2 },
		{ { 0x25, 0x87, 0x83, 4, 0x4b, 0x37 }, "V2J22S7", 2 },	/* J <= 22 and 7: SWIM */
		{ { 0x25, 0x88, 0x83, 4, 0x4b, 0x37 }, "V2J22M8", 2 },
		{ { 0x26, 0x4c, 0x83, 4, 0x52, 0x37 }, "V2J25S12", 2 },
		{ { 0x26, 0x4d, 0x83, 4, 0x52, 0x37 }, "V2J25M13", 2 },
		{ { 0x12, 0x80, 0x83, 4, 0x44, 0x37 }, "V1J10", 1 },
		{ { 0x12, 0xc0, 0x83, 4, 0x44, 0x37 }, "V1J11", 2 },
	};
	static const uint8_t ex[12] = { 3, 1, 7, 3, 5, 0, 0, 0, 0x83, 4, 0x4f, 0x37 };
	struct stlink_version v;
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		stlink_parse_version(&v, cases[i].reply);
		stlink_version_text(&v, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		assert_int_equal(v.api, cases[i].api);
	}
	stlink_parse_version_ex(&v, ex);
	stlink_version_text(&v, text, sizeof(text));
	assert_string_equal(text, "V3J7M3B5S1");
	assert_int_equal(v.api, 3);
	assert_int_equal(v.pid, 0x374f);
}

static unsigned features_of(unsigned stlink, unsigned jtag)
{
	const struct stlink_version v = { .stlink = stlink, .jtag = jtag };

	return stlink_features(&v);
}

static void test_features_by_version(void **state)
{
	(void)state;
	assert_false(features_of(2, 23) & ST_HAS_DAP_REG);
	assert_true(features_of(2, 24) & ST_HAS_DAP_REG);
	assert_true(features_of(2, 31) & ST_LATE_DP_READ);
	assert_false(features_of(2, 32) & ST_LATE_DP_READ);
	assert_false(features_of(2, 27) & ST_HAS_INIT_AP);
	assert_true(features_of(2, 28) & ST_HAS_INIT_AP);
	assert_false(features_of(2, 31) & ST_HAS_MISC);
	assert_true(features_of(2, 32) & ST_HAS_MISC);
	assert_false(features_of(2, 63) & ST_HAS_BYTES_512);
	assert_false(features_of(3, 1) & ST_HAS_CSW);
	assert_true(features_of(3, 2) & ST_HAS_CSW);
	assert_true(features_of(3, 1) & ST_HAS_COM_FREQ);
	assert_false(features_of(3, 5) & ST_HAS_BYTES_512);
	assert_true(features_of(3, 6) & ST_HAS_BYTES_512);
	assert_true(features_of(4, 1) & ST_HAS_MISC & features_of(4, 1));
	assert_int_equal(features_of(1, 13), 0);
}

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

static void test_clock_tables(void **state)
{
	static const struct {
		enum transport transport;
		uint32_t asked, got;
		unsigned divisor;
	} cases[] = {
		{ TRANSPORT_SWD, 10000, 3600, 0 }, { TRANSPORT_SWD, 4000, 3600, 0 },
		{ TRANSPORT_SWD, 3600, 3600, 0 },  { TRANSPORT_SWD, 3599, 1800, 1 },
		{ TRANSPORT_SWD, 950, 900, 3 },	   { TRANSPORT_SWD, 480, 450, 7 },
		{ TRANSPORT_SWD, 100, 87, 40 },	   { TRANSPORT_SWD, 5, 4, 798 },
		{ TRANSPORT_SWD, 1, 4, 798 },	   { TRANSPORT_JTAG, 20000, 9000, 4 },
		{ TRANSPORT_JTAG, 1200, 1125, 32 }, { TRANSPORT_JTAG, 1, 140, 256 },
	};
	static const uint32_t list[] = { 24000, 8000, 3300, 1000, 200, 50, 5, 0, 0, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct stlink_divisor *row = stlink_divisor(cases[i].transport, cases[i].asked);

		assert_int_equal(row->khz, cases[i].got);
		assert_int_equal(row->divisor, cases[i].divisor);
	}
	assert_int_equal(stlink_pick_khz(list, 10, 1800), 1000);
	assert_int_equal(stlink_pick_khz(list, 10, 30000), 24000);
	assert_int_equal(stlink_pick_khz(list, 10, 1), 5);
	assert_int_equal(stlink_pick_khz(list, 0, 1000), 0);
}

static void test_voltage(void **state)
{
	(void)state;
	assert_int_equal(stlink_millivolts(1500, 2062), 3299);
	assert_int_equal(stlink_millivolts(0, 2062), 0);
	assert_int_equal(stlink_millivolts(1500, 0), 0);
	assert_int_equal(stlink_millivolts(1, 0xffffffff), 100000);
}

static void test_every_status_has_an_error_and_words(void **state)
{
	static const struct {
		unsigned code;
		enum err err;
	} cases[] = {
		{ 0x80, OK }, { 0x40, OK }, { 0x0d, OK }, { 0x10, ERR_DAP_WAIT }, { 0x14, ERR_DAP_WAIT },
		{ 0x07, ERR_DAP_WAIT }, { 0x11, ERR_DAP_FAULT }, { 0x15, ERR_DAP_FAULT },
		{ 0x81, ERR_DAP_FAULT }, { 0x19, ERR_DAP_FAULT }, { 0x18, ERR_DAP_FAULT },
		{ 0x16, ERR_DAP_NO_ACK }, { 0x09, ERR_DAP_NO_ACK }, { 0x05, ERR_DAP_NO_ACK },
		{ 0x13, ERR_DAP_PARITY }, { 0x17, ERR_DAP_PARITY }, { 0x04, ERR_DAP_JTAG_CHAIN },
		{ 0x1d, ERR_UNSUPPORTED }, { 0x41, ERR_ADAPTER_SPEED }, { 0x42, ERR_ADAPTER_FIRMWARE },
		{ 0x77, ERR_ADAPTER_PROTOCOL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(stlink_status(cases[i].code)->err, cases[i].err);
		assert_true(strlen(stlink_status(cases[i].code)->words) > 1);
	}
}

static void test_serials(void **state)
{
	static const struct {
		const char *text, *serial;
	} cases[] = {
		{ "066DFF485550755187154221", "066DFF485550755187154221" },
		{ "I\xc3\xbfh\x06" "f\xc2\x84UPu\x18\x06!", "49FF68066684555075180621" },
		{ "0000001", "0000001" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *serial = stlink_serial(cases[i].text);

		assert_string_equal(serial, cases[i].serial);
		free(serial);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_features_by_version),
		cmocka_unit_test(test_old_firmware_is_told_what_is_missing),
		cmocka_unit_test(test_clock_tables),
		cmocka_unit_test(test_voltage),
		cmocka_unit_test(test_every_status_has_an_error_and_words),
		cmocka_unit_test(test_serials),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
