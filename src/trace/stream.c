/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `trace stream`: the merged view, to TCP ports, files and the console, as text lines, JSON lines or
 * binary records (layout in the manual).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jim.h>

#include "base/clock.h"
#include "base/log.h"
#include "trace/itm.h"
#include "trace/trace_priv.h"

#define BIN_MAGIC	  0x52545450u	/* "PTTR" */
#define BIN_HEADER_BYTES 40u

enum stream_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_BIN };
static const char *const format_words[] = { "text", "json", "bin", NULL };

struct stream {
	struct stream *next;
	struct stream_room *room;
	char *where;			/* as the user gave it */
	enum stream_format format;
	uint32_t sources;		/* bit per enum trace_source: what it takes, with its losses */
	struct trace_port *port;	/* one of three */
	FILE *file;
	bool is_console;
	struct trace_lines *lines;
	uint64_t dropped;		/* records that clients did not take */
	bool is_drop_told, is_failure_told;
};

struct stream_room {
	struct trace_room *trace;
	struct stream *first;
};

/* ---- where it goes ---- */

static void write_out(struct stream *s, const void *data, size_t n)
{
	if (s->port != NULL) {
		s->room->trace->ports->send(s->port, data, n);
	} else if (s->is_console) {
		log_user("%.*s", (int)(n - 1), (const char *)data);	/* it ends its line itself */
	} else if (fwrite(data, 1, n, s->file) != n || fflush(s->file) != 0) {
		if (!s->is_failure_told)
			log_warning("trace: %s: %s: records are missing in it", s->where, strerror(errno));
		s->is_failure_told = true;
	}
}

static void on_dropped(void *ctx, size_t bytes, size_t pieces, const char *peer)
{
	struct stream *s = ctx;

	(void)bytes;
	s->dropped += pieces;
	if (!s->is_drop_told)
		log_warning("trace: %s does not read port %s: the oldest records are dropped for it "
			    "(trace status counts)", peer, s->where);
	s->is_drop_told = true;
}

/* ---- how it looks ---- */

static void label_of(const struct trace_record *r, char *label, size_t size)
{
	const char *name = trace_source_name(r->source == TRACE_LOSS ? r->lost_from : r->source);

	if (r->source == TRACE_SEMIHOSTING)
		snprintf(label, size, "%s", name);
	else
		snprintf(label, size, "%s%u", name, r->channel);
}

static void write_line(void *ctx, uint64_t ns, const char *label, const char *text)
{
	struct buf out = { 0 };

	buf_printf(&out, "[%6" PRIu64 ".%06u] %s: %s\n", ns / 1000000000,
		   (unsigned)(ns / 1000 % 1000000), label, text);
	write_out(ctx, out.data, out.len);
	buf_free(&out);
}

/* The program's name for a PC; false: not known. */
static bool name_of(const struct trace_record *r, char *name, size_t size)
{
	return r->source == TRACE_PC_SAMPLE && r->target != NULL &&
	       symbols_describe(r->target->symbols, r->value & ~1u, name, size);
}

static void value_text(const struct trace_record *r, char *text, size_t size)
{
	char name[80];

	if (r->source == TRACE_LOSS && r->lost == TRACE_LOSS_UNKNOWN)
		snprintf(text, size, "LOST an unknown amount");
	else if (r->source == TRACE_LOSS)
		snprintf(text, size, "LOST %" PRIu32, r->lost);
	else if (r->source == TRACE_EXCEPTION)
		snprintf(text, size, "%s %s", itm_exception_name(r->channel, name, sizeof(name)),
			 itm_exception_action(r->value));
	else if (name_of(r, name, sizeof(name)))
		snprintf(text, size, "0x%08" PRIx32 " %s", r->value, name);
	else
		snprintf(text, size, "0x%08" PRIx32, r->value);
}

static void put_as_text(struct stream *s, const struct trace_record *r)
{
	char label[40], text[128];

	label_of(r, label, sizeof(label));
	if (r->n > 0) {
		lines_put(s->lines, r->host_ns, label, r->data, r->n);
		return;
	}
	value_text(r, text, sizeof(text));
	write_line(s, r->host_ns, label, text);
}

static bool is_text(const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == 0 || data[i] >= 0x7f)
			return false;
	}
	return true;
}

static void json_data(struct buf *out, const struct trace_record *r)
{
	char *text = xcalloc(1, 2 * r->n + 1);

	if (is_text(r->data, r->n)) {
		memcpy(text, r->data, r->n);
		buf_printf(out, ",\"text\":");
		buf_json_string(out, text);
	} else {
		hex_encode(text, r->data, r->n);
		buf_printf(out, ",\"hex\":\"%s\"", text);
	}
	free(text);
}

static void put_as_json(struct stream *s, const struct trace_record *r)
{
	struct buf out = { 0 };
	char name[80];

	buf_printf(&out, "{\"t\":%" PRIu64 ".%09u,\"source\":\"%s\",\"channel\":%u",
		   r->host_ns / 1000000000, (unsigned)(r->host_ns % 1000000000),
		   trace_source_name(r->source), r->channel);
	if (r->target != NULL) {
		buf_printf(&out, ",\"target\":");
		buf_json_string(&out, r->target->name);
	}
	if (r->has_ticks)
		buf_printf(&out, ",\"ticks\":%" PRIu64, r->ticks);
	if (r->has_global)
		buf_printf(&out, ",\"global\":%" PRIu64, r->global);
	if (r->source == TRACE_LOSS) {
		buf_printf(&out, ",\"from\":\"%s\",\"lost\":", trace_source_name(r->lost_from));
		if (r->lost == TRACE_LOSS_UNKNOWN)
			buf_printf(&out, "null");
		else
			buf_printf(&out, "%" PRIu32, r->lost);
	} else if (r->n > 0) {
		json_data(&out, r);
	} else {
		buf_printf(&out, ",\"value\":%" PRIu32, r->value);
		if (name_of(r, name, sizeof(name))) {
			buf_printf(&out, ",\"symbol\":");
			buf_json_string(&out, name);
		}
	}
	buf_printf(&out, "}\n");
	write_out(s, out.data, out.len);
	buf_free(&out);
}

static void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}

static void put_as_bin(struct stream *s, const struct trace_record *r)
{
	uint8_t *out = xcalloc(1, BIN_HEADER_BYTES + r->n);

	put_le32(out, BIN_MAGIC);
	out[4] = (uint8_t)r->source;
	out[5] = (uint8_t)r->lost_from;
	out[6] = r->has_ticks;
	put_le32(out + 8, r->channel);
	put_le32(out + 12, r->source == TRACE_LOSS ? r->lost : r->value);
	put_le64(out + 16, r->host_ns);
	put_le64(out + 24, r->ticks);
	put_le32(out + 32, (uint32_t)r->n);
	if (r->n > 0)
		memcpy(out + BIN_HEADER_BYTES, r->data, r->n);
	write_out(s, out, BIN_HEADER_BYTES + r->n);
	free(out);
}

static void on_record(void *ctx, const struct trace_record *r)
{
	struct stream *s = ctx;

	if (!(s->sources & BIT(r->source == TRACE_LOSS ? r->lost_from : r->source)))
		return;
	if (s->format == FORMAT_TEXT)
		put_as_text(s, r);
	else if (s->format == FORMAT_JSON)
		put_as_json(s, r);
	else
		put_as_bin(s, r);
}

/* ---- verbs ---- */

static struct stream_room *room_of(struct call *c)
{
	return ((struct trace_room *)c->user)->streams;
}

static bool is_port(const char *where)
{
	return where[0] != '\0' && where[strspn(where, "0123456789")] == '\0';
}

static enum err open_output(struct stream *s)
{
	struct trace_port_spec spec = { .name = "trace", .dropped = on_dropped, .ctx = s };

	if (is_port(s->where))
		return trace_port_open(s->room->trace, s->where, &spec, &s->port);
	s->is_console = strcmp(s->where, "-") == 0;
	if (s->is_console && s->format == FORMAT_BIN)
		return error_why(ERR_ARGUMENT, "the console cannot show binary records");
	if (s->is_console)
		return OK;
	s->file = trace_open_file(s->where, "we");
	if (s->file == NULL)
		return error_why(ERR_IO, "%s: %s", s->where, strerror(errno));
	return OK;
}

static void stream_free(struct stream *s)
{
	if (s->lines != NULL)
		lines_flush(s->lines);
	lines_free(s->lines);
	if (s->port != NULL)
		s->room->trace->ports->close(s->port);
	if (s->file != NULL)
		fclose(s->file);
	free(s->where);
	free(s);
}

static struct stream *find(struct stream_room *room, const char *where)
{
	for (struct stream *s = room->first; s != NULL; s = s->next) {
		if (strcmp(s->where, where) == 0)
			return s;
	}
	return NULL;
}

/* "rtt,itm": their bits. */
static enum err parse_sources(const char *text, uint32_t *sources)
{
	*sources = 0;
	for (size_t n; *text != '\0'; text += n + (text[n] != '\0')) {
		unsigned i = 0;

		n = strcspn(text, ", ");
		while (i < TRACE_LOSS && (strlen(trace_source_name((enum trace_source)i)) != n ||
					  strncmp(trace_source_name((enum trace_source)i), text, n) != 0))
			i++;
		if (i == TRACE_LOSS)
			return error_why(ERR_ARGUMENT, "there is no source \"%.*s\": the sources are rtt, "
					 "itm, exception, pc, watch, event, semihosting", (int)n, text);
		*sources |= BIT(i);
	}
	return *sources != 0 ? OK : error_why(ERR_ARGUMENT, "-source names no source");
}

static enum err cmd_stream(struct call *c)
{
	const char *where = c->argv[1][0] == ':' ? c->argv[1] + 1 : c->argv[1];
	uint32_t sources = UINT32_MAX;
	int format = FORMAT_TEXT;
	struct stream *s;

	if (c->argc % 2 != 0)
		return arg_usage(c);
	for (int i = 2; i < c->argc; i += 2) {
		if (strcmp(c->argv[i], "-format") == 0)
			TRY(arg_word(c, i + 1, format_words, &format));
		else if (strcmp(c->argv[i], "-source") == 0)
			TRY(parse_sources(c->argv[i + 1], &sources));
		else
			return arg_usage(c);
	}
	if (find(room_of(c), where) != NULL && strcmp(where, "0") != 0)
		return error_why(ERR_ARGUMENT, "the trace stream goes to %s already", where);
	s = xcalloc(1, sizeof(*s));
	*s = (struct stream){ .room = room_of(c), .where = xstrdup(where), .sources = sources,
			      .format = (enum stream_format)format };
	enum err rc = open_output(s);

	if (rc != OK) {
		stream_free(s);
		return error_what(rc, "trace stream");
	}
	if (s->port != NULL) {		/* 0 was asked for: the real one */
		free(s->where);
		s->where = xasprintf("%u", s->room->trace->ports->number(s->port));
	}
	if (format == FORMAT_TEXT)
		s->lines = lines_new(write_line, s);
	s->next = s->room->first;
	s->room->first = s;
	trace_listen(s->room->trace, on_record, s);
	return OK;
}

static void stop(struct stream *s)
{
	for (struct stream **p = &s->room->first; *p != NULL; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	trace_unlisten(s->room->trace, on_record, s);
	stream_free(s);
}

static enum err cmd_stop(struct call *c)
{
	struct stream_room *room = room_of(c);

	if (c->argc > 1) {
		struct stream *s = find(room, c->argv[1][0] == ':' ? c->argv[1] + 1 : c->argv[1]);

		if (s == NULL)
			return error_why(ERR_ARGUMENT, "the trace stream does not go to %s", c->argv[1]);
		stop(s);
		return OK;
	}
	while (room->first != NULL)
		stop(room->first);
	return OK;
}

static Jim_Obj *pair_list(struct Jim_Interp *interp, const char *const *keys, const uint64_t *values,
			  size_t n)
{
	Jim_Obj *list = Jim_NewListObj(interp, NULL, 0);

	for (size_t i = 0; i < n; i++) {
		Jim_ListAppendElement(interp, list, Jim_NewStringObj(interp, keys[i], -1));
		Jim_ListAppendElement(interp, list, Jim_NewIntObj(interp, (jim_wide)values[i]));
	}
	return list;
}

static void append_outputs(struct call *c)
{
	struct Jim_Interp *interp = script_interp(c->script);
	Jim_Obj *list = Jim_NewListObj(interp, NULL, 0);
	struct trace_room *trace = c->user;

	for (const struct stream *s = room_of(c)->first; s != NULL; s = s->next) {
		const char *const keys[] = { "clients", "dropped" };
		unsigned clients = s->port != NULL ? trace->ports->clients(s->port) : 1;
		const uint64_t values[] = { clients, s->dropped };
		Jim_Obj *one = pair_list(interp, keys, values, ARRAY_SIZE(keys));

		Jim_ListAppendElement(interp, one, Jim_NewStringObj(interp, "format", -1));
		Jim_ListAppendElement(interp, one, Jim_NewStringObj(interp, format_words[s->format], -1));
		Jim_ListAppendElement(interp, list, Jim_NewStringObj(interp, s->where, -1));
		Jim_ListAppendElement(interp, list, one);
	}
	result_append(c, "outputs");
	result_append_obj(c, list);
}

static enum err cmd_status(struct call *c)
{
	static const char *const keys[] = { "records", "bytes", "lost", "gaps" };
	struct trace_room *trace = c->user;

	for (unsigned i = 0; i < TRACE_LOSS; i++) {
		const struct trace_count *n = &trace->counts[i];
		const uint64_t values[] = { n->records, n->bytes, n->lost, n->gaps };

		result_append(c, trace_source_name((enum trace_source)i));
		result_append_obj(c, pair_list(script_interp(c->script), keys, values, ARRAY_SIZE(keys)));
	}
	append_outputs(c);
	return OK;
}

/* OpenOCD's own `trace`, of debug messages, which nobody sends. */
static enum err cmd_accepted(struct call *c)
{
	(void)c;
	log_user("trace: debug messages are not kept, there is no history");
	return OK;
}

static const struct command stream_commands[] = {
	{ "trace stream", STAGE_ANY, 1, 5, "port|file|- ?-format text|json|bin? ?-source name,...?",
	  cmd_stream,
	  "Send all that the program tells (RTT, ITM, semihosting, PC samples), or what comes from some "
	  "sources, with time and losses to a TCP port, a file or the console (-). The sources are rtt, "
	  "itm, exception, pc, watch, event, semihosting." },
	{ "trace stop", STAGE_ANY, 0, 1, "?port|file|-?", cmd_stop, "End one trace stream, or all." },
	{ "trace status", STAGE_ANY, 0, 0, "", cmd_status,
	  "Return a dict: for each source records, bytes, lost, and gaps of unknown size; then outputs." },
	{ "trace history", STAGE_ANY, 0, -1, "?argument ...?", cmd_accepted,
	  "Accepted; debug messages are not kept." },
	{ "trace point", STAGE_ANY, 0, -1, "?argument ...?", cmd_accepted,
	  "Accepted; debug messages are not kept." },
	{ 0 }
};

struct stream_room *stream_room_new(struct trace_room *trace)
{
	struct stream_room *room = xcalloc(1, sizeof(*room));

	room->trace = trace;
	script_register(trace->targets->script, stream_commands, trace);
	return room;
}

void stream_room_free(struct stream_room *room)
{
	while (room->first != NULL)
		stop(room->first);
	free(room);
}
