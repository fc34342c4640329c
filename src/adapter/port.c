/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/port.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static struct port_item *new_item(struct dap_port *port, uint8_t reg, bool is_read, size_t words)
{
	if (port->item_count == port->item_capacity) {
		port->item_capacity = port->item_capacity ? 2 * port->item_capacity : 64;
		port->items = xrealloc(port->items, port->item_capacity * sizeof(*port->items));
	}
	struct port_item *item = &port->items[port->item_count++];

	*item = (struct port_item){ .reg = reg, .is_read = is_read, .words = words };
	return item;
}

void port_read(struct dap_port *port, uint8_t reg, uint32_t *dst)
{
	new_item(port, reg, true, 1)->dst = dst;
}

void port_write(struct dap_port *port, uint8_t reg, uint32_t value)
{
	new_item(port, reg, false, 1)->value = value;
}

void port_read_block(struct dap_port *port, uint8_t reg, uint32_t *dst, size_t words)
{
	if (words > 0)
		new_item(port, reg, true, words)->dst = dst;
}

void port_write_block(struct dap_port *port, uint8_t reg, const uint32_t *src, size_t words)
{
	if (words > 0)
		new_item(port, reg, false, words)->src = src;
}

bool port_at_end(const struct dap_port *port, struct port_pos pos)
{
	return pos.item >= port->item_count;
}

void port_advance(const struct dap_port *port, struct port_pos *pos)
{
	if (++pos->word >= port->items[pos->item].words) {
		pos->item++;
		pos->word = 0;
	}
}

uint32_t port_value(const struct dap_port *port, struct port_pos pos)
{
	const struct port_item *item = &port->items[pos.item];

	return item->src != NULL ? item->src[pos.word] : item->value;
}

struct port_pos port_blame(const struct dap_port *port, struct port_pos pos)
{
	if (pos.word > 0 && (port->items[pos.item].reg & 1))
		return (struct port_pos){ pos.item, pos.word - 1 };
	for (size_t i = pos.item; i-- > 0;)
		if (port->items[i].reg & 1)
			return (struct port_pos){ i, port->items[i].words - 1 };
	return pos;
}

enum err port_fail(struct dap_port *port, struct port_pos pos, enum err code, unsigned ack)
{
	port->failed_at = pos.item;
	port->failed_word = pos.word;
	port->failed_ack = ack;
	if (code == ERR_DAP_NO_ACK && port->transport == TRANSPORT_JTAG) {
		error_why(code, "the JTAG-DP's acknowledge is %s: TDO %s",
			  ack == 7 ? "0b111"
			  : ack	   ? "invalid"
				   : "0b000",
			  ack == 7 ? "stays high"
			  : ack	   ? "is misread"
				   : "stays low");
		return error_next(code, "check target power, TDO and TCK, lower \"adapter speed\"");
	}
	switch (code) {
	case ERR_DAP_FAULT:
		return error_why(code, "the debug port answered FAULT: a sticky error is set");
	case ERR_DAP_WAIT:
		return error_why(code,
				 "the target's bus stayed busy: WAIT until the budget of %u ms "
				 "was spent",
				 port->wait_budget_ms);
	case ERR_DAP_PARITY:
		return error_why(code,
				 "the parity of the data read does not match: a bit was misread");
	default:
		if (ack == 7)
			return error_why(code, "no acknowledge: the data line stays high");
		if (ack == 0)
			return error_why(code, "no acknowledge: the data line stays low");
		return error_why(code, "invalid acknowledge %u", ack);
	}
}

void port_reset_queue(struct dap_port *port)
{
	port->item_count = 0;
}

void port_shadow_begin(struct dap_port *port, struct port_shadow *shadow)
{
	size_t words = 0, at = 0;

	for (size_t i = 0; i < port->item_count; i++)
		words += port->items[i].is_read ? port->items[i].words : 0;
	shadow->words = xcalloc(words + 1, sizeof(*shadow->words));
	shadow->places = xcalloc(port->item_count + 1, sizeof(*shadow->places));
	for (size_t i = 0; i < port->item_count; i++) {
		struct port_item *item = &port->items[i];

		if (!item->is_read)
			continue;
		shadow->places[i] = item->dst;
		item->dst = shadow->words + at;
		at += item->words;
	}
}

void port_shadow_end(struct dap_port *port, struct port_shadow *shadow, bool is_good)
{
	for (size_t i = 0; i < port->item_count && is_good; i++) {
		const struct port_item *item = &port->items[i];

		if (item->is_read && shadow->places[i] != NULL)
			memcpy(shadow->places[i], item->dst, item->words * sizeof(uint32_t));
	}
	free(shadow->words);
	free(shadow->places);
}

bool port_has_ap_access(const struct dap_port *port)
{
	for (size_t i = 0; i < port->item_count; i++)
		if (port->items[i].reg & 1)
			return true;
	return false;
}

unsigned port_final_bank(const struct dap_port *port, unsigned bank)
{
	for (size_t i = 0; i < port->item_count; i++) {
		const struct port_item *item = &port->items[i];

		if (item->reg == PORT_DP(0x8) && !item->is_read)
			bank = item->value & 0xf;
	}
	return bank;
}

static enum err closed_run(struct dap_port *port)
{
	port_reset_queue(port);
	port->failed_at = port->failed_word = 0;
	return error_why(ERR_ADAPTER_LOST, "the adapter is not open");
}

static enum err closed_connect(struct dap_port *port, enum link_connect how)
{
	(void)how;
	return closed_run(port);
}

static enum err closed_value(struct dap_port *port, uint32_t value)
{
	(void)value;
	return closed_run(port);
}

const struct dap_port_ops closed_port_ops = {
	.read = port_read,
	.write = port_write,
	.read_block = port_read_block,
	.write_block = port_write_block,
	.run = closed_run,
	.connect = closed_connect,
	.select_target = closed_value,
	.abort = closed_value,
};
