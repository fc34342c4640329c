/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `swo decode`: what was decoded, to clients, files and the console. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trace/swo_priv.h"

#define ALL_PORTS (-1)

enum text_kind { TEXT_PORT, TEXT_EXCEPTIONS, TEXT_PC, TEXT_WATCH, TEXT_EVENTS, TEXT_PACKETS };
static const char *const kind_names[] = { "port", "exceptions", "pc", "watch", "events", "packets", NULL };

struct swo_text {
	struct swo_text *next;
	enum text_kind kind;
	int port;
	bool is_console;
	struct swo_out out;
	struct trace_lines *lines;	/* TEXT_PORT on the console */
};

/* --- Packets as lines --- */

static void describe_events(struct buf *text, uint32_t bits)
{
	static const char *const names[] = { "CPI", "EXC", "SLEEP", "LSU", "FOLD", "CYC" };

	buf_printf(text, "counters");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (bits & BIT(i))
			buf_printf(text, " %s", names[i]);
	}
}

static void describe_exception(struct buf *text, const struct itm_packet *p)
{
	char name[24];

	buf_printf(text, "exception %u %s %s", p->number,
		   itm_exception_name(p->number, name, sizeof(name)),
		   itm_exception_action((unsigned)p->value));
}

/* " main+0x12", where the program's names are known. */
static void put_name(struct buf *text, const struct swo_stream *s, uint32_t addr)
{
	char name[80];

	if (s->target != NULL && addr != 0 &&
	    symbols_describe(s->target->symbols, addr, name, sizeof(name)))
		buf_printf(text, " %s", name);
}

static void put_pc(struct buf *text, const struct swo_stream *s, uint32_t pc)
{
	buf_printf(text, "pc 0x%08" PRIx32, pc);
	put_name(text, s, pc & ~1u);
}

/* The packet has the low half of the address; the comparator knows the rest. */
static void put_address(struct buf *text, const struct swo_stream *s, unsigned comparator, uint32_t low)
{
	uint32_t addr = dwt_traced_address(s, comparator);

	if (addr == 0) {
		buf_printf(text, "address 0x....%04" PRIx32, low);
		return;
	}
	addr = (addr & 0xffff0000) | (low & 0xffff);
	buf_printf(text, "address 0x%08" PRIx32, addr);
	put_name(text, s, addr);
}

static void describe_rest(struct buf *text, const struct swo_stream *s, const struct itm_packet *p)
{
	uint32_t value = (uint32_t)p->value;
	int digits = (int)p->size * 2;

	switch (p->kind) {
	case ITM_SOFTWARE:
		buf_printf(text, "port %u 0x%0*" PRIx32, p->number, digits, value);
		break;
	case ITM_DATA_PC:
		buf_printf(text, "comparator %u ", p->number);
		put_pc(text, s, value);
		break;
	case ITM_DATA_ADDRESS:
		buf_printf(text, "comparator %u ", p->number);
		put_address(text, s, p->number, value);
		break;
	case ITM_DATA_READ: case ITM_DATA_WRITE:
		buf_printf(text, "comparator %u %s 0x%0*" PRIx32, p->number,
			   p->kind == ITM_DATA_READ ? "read" : "wrote", digits, value);
		put_name(text, s, dwt_traced_address(s, p->number));
		break;
	default:
		buf_printf(text, "source %u 0x%0*" PRIx32, p->number, digits, value);
	}
}

/* "      1234 exception 15 SysTick entered"; a dash where the stream has no timestamps. */
static void describe(struct buf *text, const struct swo_stream *s, const struct itm_packet *p)
{
	if (s->has_time)
		buf_printf(text, "%10" PRIu64 " ", s->ticks);
	else
		buf_printf(text, "%10s ", "-");
	switch (p->kind) {
	case ITM_OVERFLOW: buf_printf(text, "overflow: packets were lost on the chip"); break;
	case ITM_EXCEPTION: describe_exception(text, p); break;
	case ITM_PC_SAMPLE: put_pc(text, s, (uint32_t)p->value); break;
	case ITM_SLEEPING: buf_printf(text, "pc asleep"); break;
	case ITM_EVENTS: describe_events(text, (uint32_t)p->value); break;
	case ITM_GLOBAL_LOW: case ITM_GLOBAL_HIGH:
		buf_printf(text, "global time %" PRIu64 "%s", s->global.ticks,
			   s->global.is_stale ? " (the high bits follow)" : "");
		break;
	default: describe_rest(text, s, p);
	}
}

/* --- Who gets what --- */

static bool wants(const struct swo_text *t, const struct itm_packet *p)
{
	switch (p->kind) {
	case ITM_OVERFLOW: return t->kind != TEXT_PORT;
	case ITM_SOFTWARE:
		return t->kind == TEXT_PACKETS ||
		       (t->kind == TEXT_PORT && (t->port == ALL_PORTS || t->port == (int)p->number));
	case ITM_EXCEPTION: return t->kind == TEXT_EXCEPTIONS || t->kind == TEXT_PACKETS;
	case ITM_PC_SAMPLE: case ITM_SLEEPING: return t->kind == TEXT_PC || t->kind == TEXT_PACKETS;
	case ITM_EVENTS: return t->kind == TEXT_EVENTS || t->kind == TEXT_PACKETS;
	case ITM_DATA_PC: case ITM_DATA_ADDRESS: case ITM_DATA_READ: case ITM_DATA_WRITE:
		return t->kind == TEXT_WATCH || t->kind == TEXT_PACKETS;
	default: return t->kind == TEXT_PACKETS;
	}
}

static void put_bytes(struct swo_text *t, const struct itm_packet *p)
{
	uint8_t bytes[4];
	char label[16];

	put_le32(bytes, (uint32_t)p->value);
	if (!t->is_console) {
		swo_out_put(&t->out, bytes, p->size);
		return;
	}
	snprintf(label, sizeof(label), "itm %u", p->number);
	lines_put(t->lines, 0, label, bytes, p->size);
}

void swo_text_packet(struct swo_room *room, const struct swo_stream *s, const struct itm_packet *p)
{
	struct buf text = { 0 };

	for (struct swo_text *t = room->texts; t != NULL; t = t->next) {
		if (!wants(t, p))
			continue;
		if (t->kind == TEXT_PORT) {
			put_bytes(t, p);
			continue;
		}
		if (text.len == 0)
			describe(&text, s, p);
		if (t->is_console) {
			log_user("swo: %s", (const char *)text.data);
			continue;
		}
		buf_putc(&text, '\n');
		swo_out_put(&t->out, text.data, text.len);
		text.data[--text.len] = '\0';
	}
	buf_free(&text);
}

/* --- Verbs --- */

static void on_line(void *ctx, uint64_t ns, const char *label, const char *text)
{
	(void)ctx;
	(void)ns;
	log_user("%s: %s", label, text);
}

static void free_text(struct swo_text *t)
{
	if (t->lines != NULL) {
		lines_flush(t->lines);
		lines_free(t->lines);
	}
	swo_out_close(&t->out);
	free(t);
}

static enum err add(struct call *c, enum text_kind kind, int port, const char *where)
{
	struct swo_room *room = c->user;
	struct swo_text **end = &room->texts, *t;
	char name[32];
	enum err rc;

	if (strcmp(where, "external") == 0)
		return error_why(ERR_ARGUMENT, "decoded data go to :PORT, a file or - (the "
				 "console)");
	t = xcalloc(1, sizeof(*t));
	*t = (struct swo_text){ .kind = kind, .port = port, .is_console = strcmp(where, "-") == 0 };
	if (kind == TEXT_PORT && port != ALL_PORTS)
		snprintf(name, sizeof(name), "ITM port %d", port);
	else
		snprintf(name, sizeof(name), "%s",
			 kind == TEXT_PORT ? "all ITM ports" : kind_names[kind]);
	rc = swo_out_open(room, &t->out, where, name, NULL);
	if (rc != OK) {
		free_text(t);
		return rc;
	}
	if (t->is_console && kind == TEXT_PORT)
		t->lines = lines_new(on_line, t);
	while (*end != NULL)
		end = &(*end)->next;
	*end = t;
	if (t->out.port != NULL)
		result_int(c, room->trace->ports->number(t->out.port));
	return OK;
}

static enum err port_number(struct call *c, int index, int *port)
{
	*port = ALL_PORTS;
	if (strcmp(c->argv[index], "all") == 0)
		return OK;
	TRY(arg_int(c, index, port));
	if (*port < 0 || *port > 255)
		return error_why(ERR_ARGUMENT, "%s is not a stimulus port (0 to 255, or all)",
				 c->argv[index]);
	return OK;
}

static enum err cmd_decode_port(struct call *c)
{
	int port;

	TRY(port_number(c, 1, &port));
	return add(c, TEXT_PORT, port, c->argv[2]);
}

static enum err cmd_decode_kind(struct call *c)
{
	/* The row's last word is the kind. */
	const char *word = strrchr(c->row->name, ' ') + 1;
	unsigned kind = TEXT_EXCEPTIONS;

	while (kind_names[kind + 1] != NULL && strcmp(kind_names[kind], word) != 0)
		kind++;
	return add(c, (enum text_kind)kind, 0, c->argv[1]);
}

static enum err cmd_decode_stop(struct call *c)
{
	struct swo_room *room = c->user;
	int kind = -1, port = ALL_PORTS;

	if (c->argc > 1)
		TRY(arg_word(c, 1, kind_names, &kind));
	if (c->argc > 2)
		TRY(port_number(c, 2, &port));
	for (struct swo_text **p = &room->texts; *p != NULL;) {
		struct swo_text *t = *p;

		if ((kind >= 0 && (int)t->kind != kind) || (port != ALL_PORTS && t->port != port)) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		free_text(t);
	}
	return OK;
}

static enum err cmd_decode_list(struct call *c)
{
	const struct swo_room *room = c->user;

	for (const struct swo_text *t = room->texts; t != NULL; t = t->next) {
		char *line;

		if (t->kind == TEXT_PORT && t->port != ALL_PORTS)
			line = xasprintf("port %d %s", t->port, t->out.spec);
		else
			line = xasprintf("%s%s %s", kind_names[t->kind],
					 t->kind == TEXT_PORT ? " all" : "", t->out.spec);
		result_append(c, line);
		free(line);
	}
	return OK;
}

static void put_count(struct call *c, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	result_dict(c, key, text);
}

static enum err cmd_status(struct call *c)
{
	struct swo_room *room = c->user;
	struct swo_counts sum = { 0 };
	uint64_t ticks = 0, global = 0;
	const char *enabled = "", *from = "none";

	for (const struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next) {
		const struct swo_counts *n = &tpiu->stream.counts;

		sum.bytes += n->bytes;
		sum.packets += n->packets;
		sum.overflows += n->overflows;
		sum.gaps += n->gaps;
		sum.syncs += n->syncs;
		sum.skipped += n->skipped + tpiu->stream.itm.skipped;
		ticks = MAX(ticks, tpiu->stream.ticks);
		global = MAX(global, tpiu->stream.global.ticks);
		if (tpiu->is_enabled)
			enabled = tpiu->name;
		if (tpiu->is_captured)
			from = "probe";
	}
	if (room->uart != NULL)
		from = "uart";
	result_dict(c, "enabled", enabled);
	result_dict(c, "capture", from);
	put_count(c, "bytes", sum.bytes);
	put_count(c, "packets", sum.packets);
	put_count(c, "overflows", sum.overflows);
	put_count(c, "gaps", sum.gaps);
	put_count(c, "syncs", sum.syncs);
	put_count(c, "skipped", sum.skipped);
	put_count(c, "ticks", ticks);
	put_count(c, "global", global);
	return OK;
}

void swo_text_free_all(struct swo_room *room)
{
	for (struct swo_text *t = room->texts, *next; t != NULL; t = next) {
		next = t->next;
		free_text(t);
	}
	room->texts = NULL;
}

#define WHERE ":port|file|-"

const struct command swo_text_commands[] = {
	{ "swo decode port", STAGE_ANY, 2, 2, "number|all " WHERE, cmd_decode_port,
	  "Send what the program writes to an ITM stimulus port to the clients of a TCP port, to "
	  "a file, or as lines to the console. \"all\": every port. Returns the TCP port, if it "
	  "is one." },
	{ "swo decode exceptions", STAGE_ANY, 1, 1, WHERE, cmd_decode_kind,
	  "A line for each exception entered, exited and returned to, with the time where the "
	  "stream has it. See \"dwt exceptions\"." },
	{ "swo decode pc", STAGE_ANY, 1, 1, WHERE, cmd_decode_kind,
	  "A line for each PC sample. See \"dwt pc_sampling\" and \"swo profile\"." },
	{ "swo decode watch", STAGE_ANY, 1, 1, WHERE, cmd_decode_kind,
	  "A line for each packet of a data trace. See \"dwt trace\"." },
	{ "swo decode events", STAGE_ANY, 1, 1, WHERE, cmd_decode_kind,
	  "A line for each profiling counter that has wrapped. See \"dwt counters\"." },
	{ "swo decode packets", STAGE_ANY, 1, 1, WHERE, cmd_decode_kind, "A line for every "
	  "packet." },
	{ "swo decode stop", STAGE_ANY, 0, 2, "?port|exceptions|pc|watch|events|packets? ?number?",
	  cmd_decode_stop, "End decoded outputs: all, those of one kind, or one stimulus port's." },
	{ "swo decode list", STAGE_ANY, 0, 0, "", cmd_decode_list, "Return the decoded outputs." },
	{ "swo status", STAGE_ANY, 0, 0, "", cmd_status,
	  "A dict: enabled (the trace port), capture (probe, uart, none), bytes, packets, "
	  "overflows (packets lost on the chip), gaps (bytes lost in the probe or on the way), "
	  "syncs, skipped (bytes that meant nothing), ticks (the core's clock, from local "
	  "timestamps), global (the chip's, from global timestamps)." },
	{ 0 }
};
