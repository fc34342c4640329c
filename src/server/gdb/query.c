/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qSupported, the documents behind qXfer, and the small questions of a connect. */
#include <string.h>

#include "server/gdb/documents.h"
#include "server/gdb/packets.h"

/* What GDB says it knows; what is not listed here is of no interest to this server. */
static void learn(struct gdb_session *s, const char *word, size_t n)
{
	const struct {
		const char *name;
		bool *flag;
	} words[] = {
		{ "error-message+", &s->wants_error_text },
		{ "swbreak+", &s->knows_swbreak },
		{ "hwbreak+", &s->knows_hwbreak },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].name) == n && memcmp(words[i].name, word, n) == 0)
			*words[i].flag = true;
	}
}

static bool has_memory_map(const struct gdb_session *s)
{
	return s->server->options.memory_map && s->server->options.flash_program;
}

static enum err packet_qSupported(struct gdb_session *s, struct rsp_args *args)
{
	const struct gdb_options *o = &s->server->options;

	s->wants_error_text = s->knows_swbreak = s->knows_hwbreak = false;
	if (rsp_take_char(args, ':')) {
		while (!rsp_at_end(args)) {
			const char *semicolon = memchr(args->at, ';', rsp_left(args));
			const char *end = semicolon != NULL ? semicolon : args->end;

			learn(s, args->at, (size_t)(end - args->at));
			args->at = semicolon != NULL ? end + 1 : end;
		}
	}
	gdb_reply_text(s,
		       "PacketSize=%x;qXfer:memory-map:read%c;qXfer:features:read%c;"
		       "qXfer:threads:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+;"
		       "no-resumed-;multiprocess-;ConditionalBreakpoints+;"
		       "qXfer:exec-file:read-;error-message+;binary-upload+",
		       RSP_PACKET_SIZE, has_memory_map(s) ? '+' : '-',
		       o->target_description ? '+' : '-');
	return OK;
}

/* The OK still travels in ack mode; its '+' arrives later and is ignored. */
static enum err packet_QStartNoAckMode(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_ok(s);
	output_flush(s);
	s->no_ack = true;
	return OK;
}

static const struct buf *features_document(struct gdb_session *s)
{
	if (s->tdesc.len == 0)
		tdesc_build(s->target, &s->tdesc);
	return &s->tdesc;
}

/* A bank that cannot be probed is left out: the rest of the session should still work. */
static void probe_banks(struct gdb_session *s)
{
	for (struct flash_bank *b = s->server->flash->banks; b != NULL; b = b->next) {
		if (b->target != s->target || b->is_probed || flash_probe(b) == OK)
			continue;
		log_warning("flash bank %s is left out of GDB's memory map: %s", b->name,
			    error_text(error_current()));
		error_clear();
	}
}

static const struct buf *memory_map_document(struct gdb_session *s)
{
	if (s->memory_map.len == 0) {
		probe_banks(s);
		memory_map_build(s->server->flash->banks, s->target, &s->memory_map);
	}
	return &s->memory_map;
}

static const struct buf *threads_document(struct gdb_session *s)
{
	threads_build(s, &s->threads);
	return &s->threads;
}

static bool offers_features(const struct gdb_session *s)
{
	return s->server->options.target_description;
}

static const struct document {
	const char *object, *annex;
	const struct buf *(*get)(struct gdb_session *s);
	bool (*is_offered)(const struct gdb_session *s);	/* NULL: always */
} documents[] = {
	{ "features", "target.xml", features_document, offers_features },
	{ "memory-map", "", memory_map_document, has_memory_map },
	{ "threads", "", threads_document, NULL },
};

static const struct document *find_document(struct gdb_session *s, struct rsp_args *args)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		const struct document *d = &documents[i];
		struct rsp_args walk = *args;

		if (!rsp_take_word(&walk, d->object) || !rsp_take_char(&walk, ':'))
			continue;
		if (d->is_offered != NULL && !d->is_offered(s))
			return NULL;
		*args = walk;
		return d;
	}
	return NULL;
}

/* "m" and more may follow, "l" and that was the last. */
static enum err reply_part(struct gdb_session *s, const struct buf *text, uint32_t offset, uint32_t length)
{
	struct buf body = { 0 };

	if (offset > text->len)
		return error_why(ERR_ARGUMENT, "GDB asks for byte %u of a document of %zu", offset,
				 text->len);
	size_t n = rsp_escape_fits(text->data + offset, MIN(length, text->len - offset),
				   RSP_BODY_MAX - 1);

	if (n == 0 && offset < text->len)
		return gdb_malformed("qXfer");
	buf_putc(&body, offset + n < text->len ? 'm' : 'l');
	rsp_escape(&body, text->data + offset, n);
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
	return OK;
}

/* Unknown object or operation: empty. Wrong annex: E00. */
static enum err packet_qXfer(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t offset, length;
	const struct document *d = find_document(s, args);

	if (d == NULL || !rsp_take_word(args, "read:")) {
		gdb_reply(s, "", 0);
		return OK;
	}
	if (!rsp_take_word(args, d->annex) || !rsp_take_char(args, ':')) {
		gdb_reply_text(s, "E00");
		return OK;
	}
	if (!rsp_take_pair(args, &offset, ',', &length) || !rsp_at_end(args))
		return gdb_malformed("qXfer");
	return reply_part(s, d->get(s), offset, length);
}

/* 1: we attached to what was there, so `quit` detaches and does not kill. */
static enum err packet_qAttached(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_text(s, "1");
	return OK;
}

/* Without Bss GDB refuses the connection. */
static enum err packet_qOffsets(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_text(s, "Text=0;Data=0;Bss=0");
	return OK;
}

const struct gdb_packet query_packets[] = {
	{ "qSupported", MATCH_WORD, packet_qSupported },
	{ "qXfer:", MATCH_PREFIX, packet_qXfer },
	{ "QStartNoAckMode", MATCH_WHOLE, packet_QStartNoAckMode },
	{ "qAttached", MATCH_WORD, packet_qAttached },
	{ "qOffsets", MATCH_WHOLE, packet_qOffsets },
	{ NULL, MATCH_WHOLE, NULL }
};
