/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated ST-LINK: RW_MISC, a list of single 32-bit accesses anywhere. OUT: one opcode byte per
 * item, filled up to a multiple of 4, then one word per item. IN: the words that were read, then a
 * status word per item. An item that fails does not stop those behind it.
 */
#include <string.h>

#include "base/bytes.h"
#include "vboard/usb/model_stlink.h"

enum { OP_ADDRESS = 1, OP_WRITE = 2, OP_READ = 3, OP_AP = 5 };

static size_t max_items(const struct stl *s)
{
	return stl_is_v3(s) ? STL_MISC_MAX_V3 : STL_MISC_MAX_V2;
}

static size_t opcode_bytes(size_t items)
{
	return (items + 3) & ~(size_t)3;
}

static size_t out_bytes(const struct stl *s, const uint8_t *command)
{
	size_t items = get_le32(command + 2);

	return items > max_items(s) ? 0 : opcode_bytes(items) + 4 * items;
}

static enum stl_status run_item(struct stl *s, uint8_t opcode, uint32_t word, uint32_t *value,
				unsigned *ap, uint32_t *addr)
{
	enum stl_status rc = STL_OK;

	switch (opcode) {
	case OP_ADDRESS:
		*addr = word;
		return STL_OK;
	case OP_AP:
		*ap = word & 0xff;
		return stl_need_ap(s, *ap);
	case OP_WRITE:
	case OP_READ:
		rc = stl_need_ap(s, *ap);
		break;
	default:
		return STL_COMMAND_ERROR;
	}
	if (rc == STL_OK && opcode == OP_WRITE)
		rc = stl_write_word(s, *ap, *addr, word);
	else if (rc == STL_OK)
		rc = stl_read_word(s, *ap, word, value);
	if (rc != STL_OK) {
		stl_clear_sticky(s);
		*value = 0;
	}
	stl_word_gap(s);
	return rc;
}

static void misc_out(struct stl *s, const uint8_t *command)
{
	size_t items = get_le32(command + 2);
	const uint8_t *words = s->data + opcode_bytes(items);
	unsigned ap = 0;
	uint32_t addr = 0;

	if (items > max_items(s)) {
		s->misc_items = 0;
		return;
	}
	s->misc_items = items;
	for (size_t i = 0; i < items; i++) {
		uint32_t value = 0;
		enum stl_status rc = run_item(s, s->data[i], get_le32(words + 4 * i), &value, &ap,
					      &addr);

		put_le32(s->misc + 4 * i, value);
		put_le32(s->misc + 4 * (items + i), rc);
	}
}

static void misc_in(struct stl *s, const uint8_t *command)
{
	(void)command;
	if (s->misc_items == 0)
		stl_reply_status(s, STL_COMMAND_ERROR);
	else
		stl_reply(s, s->misc, 8 * s->misc_items);
	s->misc_items = 0;
}

/* unconfirmed: no host asks, so nobody has said how the answer is laid out. */
static void misc_max(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_reply_value(s, STL_OK, (uint32_t)max_items(s));
}

const struct stl_command stl_misc_commands[] = {
	{ 0x51, { 32, 2 }, true, out_bytes, misc_out },
	{ 0x52, { 32, 2 }, true, NULL, misc_in },
	{ 0x53, { 32, 2 }, true, NULL, misc_max },
	{ 0 }
};
