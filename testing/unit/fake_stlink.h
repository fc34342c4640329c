/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ST-LINK firmware in memory, behind the driver's link: one command at a time, a status apart from
 * the data, access ports to be opened first. Written from what the open drivers state.
 */
#ifndef TESTING_FAKE_STLINK_H
#define TESTING_FAKE_STLINK_H

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
	unsigned busy_aps;		/* so many INIT_AP answer WAIT */
	unsigned too_many;		/* this many INIT_AP are refused: others are open */
	unsigned trace_bytes, baud, trace_size, most_trace;
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
	case 0x40:
		if (f->most_trace > 0 && get_le16(c + 2) > f->most_trace)
			return 0x20;
		f->trace_size = get_le16(c + 2);
		f->baud = get_le32(c + 4);
		return 0x80;
	case 0x41: f->baud = 0; return 0x80;
	case 0x4b:
		if (f->busy_aps > 0) {
			f->busy_aps--;
			return 0x10;
		}
		if (f->too_many > 0) {
			f->too_many--;
			return 0x29;
		}
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
	case 0x07: case 0x0c: case 0x47: case 0x54:
		memory_command(f, c, reply, true);
		return MAX(get_le16(c + 6), 2);		/* a byte comes with another one */
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
	case 0x42:
		put_le16(reply, (uint16_t)MIN(f->trace_bytes, f->trace_size));
		return 2;
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
	struct firmware *f = link;

	memset(data, 0x55, size);
	f->trace_bytes -= (unsigned)size;
	*got = size;
	return OK;
}

static void close_link(void *link)
{
	((struct firmware *)link)->mode = 99;
}

static const struct stlink_link_ops link_ops = {
	.exchange = exchange, .read_trace = read_trace, .close = close_link,
};

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

#endif
