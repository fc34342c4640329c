/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control block out of bytes. The bytes come from RAM that anything may have written to: no number in
 * them is used before it was checked.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/rtt.h"

size_t rtt_block_bytes(const uint8_t *header)
{
	uint32_t up = get_le32(header + 16), down = get_le32(header + 20);

	if (up == 0 || up > RTT_CHANNELS_MAX || down > RTT_CHANNELS_MAX)
		return 0;
	return RTT_HEADER_BYTES + (size_t)(up + down) * RTT_CHANNEL_BYTES;
}

/* Where the architecture puts memory that is written to: the code region above what is usually flash
 * (CCM, SRAM2), SRAM, external RAM (DDI 0403 B3.1). */
bool rtt_is_ram(uint32_t addr, uint32_t n)
{
	uint64_t end = (uint64_t)addr + n;

	if (addr < 0x10000 && end <= 0x100000 && addr != 0)
		return true;	/* ITCM */
	return (addr >= 0x10000000 && end <= 0x40000000) || (addr >= 0x60000000 && end <= 0xa0000000);
}

static struct rtt_channel channel_of(const uint8_t *p)
{
	return (struct rtt_channel){ get_le32(p + RTT_NAME), get_le32(p + RTT_BUFFER),
				     get_le32(p + RTT_SIZE), get_le32(p + RTT_WR), get_le32(p + RTT_RD),
				     get_le32(p + RTT_FLAGS) };
}

/* NULL: it makes sense. */
static const char *wrong_channel(const struct rtt_channel *c)
{
	if (c->size == 0)
		return NULL;
	if (c->size > 0x1000000)
		return "a buffer is larger than any RAM";
	if (!rtt_is_ram(c->buffer, c->size))
		return "a buffer is not in RAM";
	if (c->wr >= c->size || c->rd >= c->size)
		return "an offset is outside of its buffer";
	return NULL;
}

bool rtt_block_parse(struct rtt_block *block, uint32_t addr, const uint8_t *bytes, size_t n,
		     const char **why)
{
	size_t need = n >= RTT_HEADER_BYTES ? rtt_block_bytes(bytes) : 0;
	bool is_used = false;

	*block = (struct rtt_block){ .addr = addr };
	*why = "the counts of channels make no sense";
	if (need == 0)
		return false;
	*why = "it is cut off";
	if (n < need)
		return false;
	block->up_count = get_le32(bytes + 16);
	block->down_count = get_le32(bytes + 20);
	block->channels = xcalloc(block->up_count + block->down_count, sizeof(*block->channels));
	for (unsigned i = 0; i < block->up_count + block->down_count; i++) {
		struct rtt_channel *c = &block->channels[i];

		*c = channel_of(bytes + RTT_HEADER_BYTES + i * RTT_CHANNEL_BYTES);
		is_used |= i < block->up_count && c->size != 0;
		*why = wrong_channel(c);
		if (*why != NULL)
			break;
	}
	if (*why == NULL && !is_used)
		*why = "no up channel has a buffer";
	if (*why != NULL)
		rtt_block_free(block);
	return *why == NULL;
}

void rtt_block_free(struct rtt_block *block)
{
	free(block->channels);
	*block = (struct rtt_block){ 0 };
}

uint32_t rtt_used(const struct rtt_channel *c)
{
	return c->wr >= c->rd ? c->wr - c->rd : c->size - c->rd + c->wr;
}

/* One byte always stays free: equal offsets mean empty. */
uint32_t rtt_free(const struct rtt_channel *c)
{
	return c->size - 1 - rtt_used(c);
}

size_t rtt_find_id(const uint8_t *bytes, size_t n, uint32_t addr, size_t from, const char *id)
{
	size_t length = strlen(id);
	/* SEGGER's own is followed by zeros; an id of the user's may be the beginning of a longer one. */
	size_t need = strcmp(id, RTT_DEFAULT_ID) == 0 ? length + 1 : length;

	for (size_t at = from; at + length <= n; at++) {
		if ((addr + at) % 4 != 0 || memcmp(bytes + at, id, length) != 0)
			continue;
		if (need == length || at + need > n || bytes[at + length] == 0)
			return at;
	}
	return n;
}

static struct rtt_stale *find_stale(struct rtt_stale *list, uint32_t addr)
{
	while (list != NULL && list->addr != addr)
		list = list->next;
	return list;
}

static void forget(struct rtt_stale **list, uint32_t addr, bool only_rivals)
{
	while (*list != NULL) {
		struct rtt_stale *s = *list;

		if ((addr != UINT32_MAX && s->addr != addr) || (only_rivals && !s->is_rival)) {
			list = &s->next;
			continue;
		}
		*list = s->next;
		free(s->bytes);
		free(s);
	}
}

void rtt_forget(struct rtt_stale **list, uint32_t addr)
{
	forget(list, addr, false);
}

void rtt_forget_rivals(struct rtt_stale **list)
{
	forget(list, UINT32_MAX, true);
}

static void look(struct rtt_stale *s, const uint8_t *bytes, size_t n)
{
	uint8_t *copy = xcalloc(1, n);

	memcpy(copy, bytes, n);
	free(s->bytes);
	s->bytes = copy;
	s->n = n;
}

void rtt_remember(struct rtt_stale **list, uint32_t addr, const uint8_t *bytes, size_t n, bool was_seen)
{
	struct rtt_stale *s = find_stale(*list, addr);

	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		s->addr = addr;
		s->next = *list;
		*list = s;
	}
	s->was_seen = s->is_rival = was_seen;
	look(s, bytes, n);
}

static bool same_but_offsets(const uint8_t *a, const uint8_t *b, size_t n)
{
	if (memcmp(a, b, RTT_HEADER_BYTES) != 0)
		return false;
	for (size_t at = RTT_HEADER_BYTES; at < n; at += RTT_CHANNEL_BYTES) {
		if (memcmp(a + at, b + at, RTT_WR) != 0 ||
		    memcmp(a + at + RTT_FLAGS, b + at + RTT_FLAGS, 4) != 0)
			return false;
	}
	return true;
}

enum rtt_life rtt_judge(struct rtt_stale **list, uint32_t addr, const uint8_t *bytes, size_t n)
{
	struct rtt_stale *s = find_stale(*list, addr);
	bool has_moved = false, is_zero = true, is_reread = false;
	size_t ups = RTT_HEADER_BYTES + (size_t)get_le32(bytes + 16) * RTT_CHANNEL_BYTES;

	if (s == NULL)
		return RTT_UNKNOWN;
	if (n != s->n || !same_but_offsets(bytes, s->bytes, n))
		return RTT_ALIVE;
	for (size_t at = RTT_HEADER_BYTES; at < n; at += RTT_CHANNEL_BYTES) {
		uint32_t wr = get_le32(bytes + at + RTT_WR), rd = get_le32(bytes + at + RTT_RD);

		is_zero &= wr == 0 && rd == 0;
		/* The program's own offset of a channel is WrOff up, RdOff down. */
		if (at < ups) {
			is_reread |= rd != get_le32(s->bytes + at + RTT_RD);
			has_moved |= wr != get_le32(s->bytes + at + RTT_WR);
		} else {
			has_moved |= rd != get_le32(s->bytes + at + RTT_RD);
		}
	}
	/* Just initialised, or never used: there is nothing to be wrong about. */
	if (is_zero || is_reread || (has_moved && s->was_seen))
		return RTT_ALIVE;
	/* Its program may have run on between our last look and the reset. */
	s->was_seen = true;
	look(s, bytes, n);
	return RTT_STALE;
}
