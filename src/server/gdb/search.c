/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qCRC and qSearch:memory: long looks at memory that end in a few digits. */
#include <stdlib.h>
#include <string.h>

#include "server/gdb/packets.h"

#define PIECE 4096u

/* qCRC:addr,length: compare-sections. */
static enum err packet_qCRC(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t addr, length, crc = 0xffffffffu;

	if (!rsp_take_pair(args, &addr, ',', &length) || !rsp_at_end(args))
		return gdb_malformed("qCRC");
	if (length > 0)
		TRY(target_crc32(s->target, addr, length, &crc));
	gdb_reply_text(s, "C%08x", crc);
	return OK;
}

struct search {
	uint32_t at;			/* of data[0] */
	uint64_t left;			/* bytes of the range not read yet, from at + fill */
	size_t fill;
	uint8_t *data;
};

static enum err read_on(struct gdb_session *s, struct search *search)
{
	size_t piece = (size_t)MIN(search->left, PIECE);

	TRY(target_read_bytes(s->target, search->at + (uint32_t)search->fill,
			      search->data + search->fill, piece, NULL));
	search->fill += piece;
	search->left -= piece;
	output_keep_alive(s);
	loop_service(s->server->loop);
	return s->is_gone ? error_why(ERR_CANCELLED, "the client is gone") : OK;
}

/* The end of one piece may hold the start of the pattern: keep it. */
static enum err search(struct gdb_session *s, struct search *search, const uint8_t *pattern, size_t n,
		       bool *found)
{
	*found = false;
	while (search->left > 0) {
		TRY(read_on(s, search));
		const uint8_t *hit = memmem(search->data, search->fill, pattern, n);

		if (hit != NULL) {
			search->at += (uint32_t)(hit - search->data);
			*found = true;
			return OK;
		}
		size_t keep = MIN(search->fill, n - 1), drop = search->fill - keep;

		memmove(search->data, search->data + drop, keep);
		search->at += (uint32_t)drop;
		search->fill = keep;
	}
	return OK;
}

/* qSearch:memory:addr;length;pattern, the pattern in binary. */
static enum err packet_qSearch(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t addr, length;
	bool found = false;

	if (!rsp_take_pair(args, &addr, ';', &length) || !rsp_take_char(args, ';') || rsp_at_end(args))
		return gdb_malformed("qSearch:memory");
	size_t n = rsp_left(args);
	struct search look = { .at = addr, .left = MIN(length, 0x100000000ull - addr),
			       .data = xcalloc(1, n + PIECE) };
	enum err rc = search(s, &look, (const uint8_t *)args->at, n, &found);

	free(look.data);
	if (rc != OK)
		return rc;
	if (found)
		gdb_reply_text(s, "1,%08x", look.at);
	else
		gdb_reply_text(s, "0");
	return OK;
}

const struct gdb_packet search_packets[] = {
	{ "qCRC:", MATCH_PREFIX, packet_qCRC },
	{ "qSearch:memory:", MATCH_PREFIX, packet_qSearch },
	{ NULL, MATCH_WHOLE, NULL }
};
