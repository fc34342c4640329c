/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads: those of the kernel that -rtos names, once its symbols are known; else a core is one thread,
 * number 1. All of them stop and go together, for there is one core. A thread that waits has the
 * registers its kernel saved: they can be read and changed, but it cannot be stepped.
 */
#include <string.h>

#include "server/gdb/packets.h"

/* The list of this stop; NULL: no kernel, or none that has threads. */
static struct rtos *threads_of(struct gdb_session *s)
{
	struct rtos *os = rtos_of(s->target);

	if (os == NULL)
		return NULL;
	if (s->target->state == TARGET_HALTED && rtos_update(os) != OK) {
		gdb_log_failure(s);
		return NULL;
	}
	return os->type != NULL && os->count > 0 ? os : NULL;
}

static uint32_t running_thread(struct gdb_session *s)
{
	struct rtos *os = threads_of(s);
	const struct rtos_thread *thread = os != NULL ? rtos_current(os) : NULL;

	return thread != NULL ? thread->id : GDB_THREAD;
}

/*
 * A reset at GDB's back (`monitor reset halt`) ends all threads, with them the one that GDB has selected,
 * and GDB would refuse to go on. So until the next stop reply the core keeps that one's number.
 */
static uint32_t shown_id(const struct gdb_session *s, const struct rtos *os, uint32_t id)
{
	if (id != RTOS_CORE || s->shown_thread == 0 ||
	    (os != NULL && rtos_find(os, s->shown_thread) != NULL))
		return id;
	return s->shown_thread;
}

/* GDB gives the symbols after its first look at the core: its thread 1 of then is the one that runs. */
bool threads_is_running(struct gdb_session *s, uint32_t id)
{
	uint32_t running = running_thread(s);

	return id == GDB_THREAD || id == running || id == shown_id(s, threads_of(s), running);
}

bool threads_is_waiting(struct gdb_session *s, uint32_t id)
{
	struct rtos *os = threads_of(s);
	const struct rtos_thread *thread = os != NULL ? rtos_find(os, id) : NULL;

	return thread != NULL && !thread->is_current;
}

static bool is_alive(struct gdb_session *s, uint32_t id)
{
	struct rtos *os = threads_of(s);

	if (os != NULL && rtos_find(os, id) != NULL)
		return true;
	return id == shown_id(s, os, running_thread(s));
}

uint32_t threads_stopped(struct gdb_session *s)
{
	s->thread = 0;
	s->shown_thread = running_thread(s);
	return s->shown_thread;
}

const struct rtos_thread *threads_selected(struct gdb_session *s, struct rtos **os)
{
	const struct rtos_thread *thread = NULL;

	*os = s->thread != 0 ? threads_of(s) : NULL;
	if (*os != NULL)
		thread = rtos_find(*os, s->thread);
	return thread != NULL && !thread->is_current ? thread : NULL;
}

/* SIGINT: with SIGTRAP a `next` of GDB would try again for ever. */
void threads_refuse(struct gdb_session *s, uint32_t id, bool is_alone)
{
	struct rtos *os = threads_of(s);
	const struct rtos_thread *thread = os != NULL ? rtos_find(os, id) : NULL;
	struct buf text = { 0 };

	buf_printf(&text, "Thread 0x%x (%s) is not the one that runs, it cannot %s: set a breakpoint in it "
		   "and continue%s, or select the thread that runs.\n", id,
		   thread != NULL ? thread->name : "unknown", is_alone ? "go on alone" : "be stepped",
		   is_alone ? " with all (set scheduler-locking off)" : "");
	output_console(s, (const char *)text.data, text.len);
	buf_free(&text);
	gdb_report_thread(s, GDB_SIGNAL_INT, thread != NULL ? id : running_thread(s));
}

/* -1 is all, 0 is any. */
static bool take_thread(struct gdb_session *s, struct rsp_args *args, uint32_t *id)
{
	*id = 0;
	if (rsp_take_word(args, "-1"))
		return rsp_at_end(args);
	return rsp_take_hex(args, id) && rsp_at_end(args) &&
	       (*id == 0 || *id == GDB_THREAD || is_alive(s, *id));
}

/* Hg: whose registers g and p mean; Hc: whom the old c and s resume. */
static enum err packet_H(struct gdb_session *s, struct rsp_args *args)
{
	bool is_general = rsp_take_char(args, 'g');
	uint32_t id;

	if (!is_general && !rsp_take_char(args, 'c'))
		return gdb_malformed("H");
	if (!take_thread(s, args, &id)) {
		gdb_reply_text(s, "E01");
		return OK;
	}
	*(is_general ? &s->thread : &s->resume_thread) = id;
	gdb_reply_ok(s);
	return OK;
}

static enum err packet_T(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t thread;

	/* "all" and "any" are no thread that could be alive. */
	if (rsp_take_hex(args, &thread) && rsp_at_end(args) && s->has_process && is_alive(s, thread))
		gdb_reply_ok(s);
	else
		gdb_reply_text(s, "E01");
	return OK;
}

static enum err packet_qC(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	uint32_t id = s->thread;

	if (id == 0 || !is_alive(s, id))
		id = shown_id(s, threads_of(s), running_thread(s));
	gdb_reply_text(s, "QC%x", id);
	return OK;
}

/* After kill and exit there is nothing to list; a thread would bring the program back in GDB's eyes. */
static enum err packet_qfThreadInfo(struct gdb_session *s, struct rsp_args *args)
{
	struct rtos *os = threads_of(s);
	struct buf body = { 0 };

	(void)args;
	if (!s->has_process) {
		gdb_reply_text(s, "l");
		return OK;
	}
	if (os == NULL)
		buf_printf(&body, "m%x", shown_id(s, NULL, GDB_THREAD));
	for (size_t i = 0; os != NULL && i < os->count; i++)
		buf_printf(&body, "%c%x", i == 0 ? 'm' : ',',
			   shown_id(s, os, os->threads[i].id));
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
	return OK;
}

static enum err packet_qsThreadInfo(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_text(s, "l");
	return OK;
}

static enum err packet_qThreadExtraInfo(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t id;
	char text[512];
	struct rtos *os;
	struct buf words = { 0 };

	if (!rsp_take_hex(args, &id) || !rsp_at_end(args))
		return gdb_malformed("qThreadExtraInfo");
	if (!is_alive(s, id))
		return error_why(ERR_ARGUMENT, "%s has no thread 0x%x", s->target->name, id);
	os = threads_of(s);
	if (os != NULL) {
		const struct rtos_thread *thread = rtos_find(os, id);

		thread = thread != NULL ? thread : rtos_current(os);
		buf_printf(&words, "Name: %s, ", thread->name);
		rtos_describe(os, thread, &words);
	} else {
		buf_printf(&words, "%s", s->target->name);
	}
	hex_encode(text, words.data, MIN(words.len, (sizeof(text) - 1) / 2));
	buf_free(&words);
	gdb_reply_text(s, "%s", text);
	return OK;
}

static void add_escaped(const char *text, struct buf *xml)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (strchr("&<>\"'", *c) != NULL)
			buf_printf(xml, "&#%u;", (unsigned char)*c);
		else
			buf_putc(xml, *c);
	}
}

static void add_thread(uint32_t id, const char *name, const char *words, struct buf *xml)
{
	buf_printf(xml, "<thread id=\"%x\" core=\"0\"", id);
	if (name[0] != '\0') {
		buf_printf(xml, " name=\"");
		add_escaped(name, xml);
		buf_putc(xml, '"');
	}
	buf_putc(xml, '>');
	add_escaped(words, xml);
	buf_printf(xml, "</thread>\n");
}

void threads_build(struct gdb_session *s, struct buf *xml)
{
	struct rtos *os = threads_of(s);

	buf_clear(xml);
	buf_printf(xml, "<?xml version=\"1.0\"?>\n<threads>\n");
	if (s->has_process && os == NULL)
		add_thread(shown_id(s, NULL, GDB_THREAD), s->target->name, "", xml);
	for (size_t i = 0; s->has_process && os != NULL && i < os->count; i++) {
		struct buf words = { 0 };

		rtos_describe(os, &os->threads[i], &words);
		buf_putc(&words, '\0');
		add_thread(shown_id(s, os, os->threads[i].id), os->threads[i].name,
			   (const char *)words.data, xml);
		buf_free(&words);
	}
	buf_printf(xml, "</threads>\n");
}

/* "value:name"; the value is empty if GDB does not know the symbol. */
static void take_symbol(struct gdb_session *s, struct rtos *os, struct rsp_args *args)
{
	uint32_t value = 0;
	bool is_found = rsp_take_hex(args, &value);
	uint8_t name[64];
	size_t n;

	if (!rsp_take_char(args, ':'))
		return;
	n = rsp_left(args);
	if (n / 2 > sizeof(name) || !hex_decode(name, args->at, n))
		return;
	if (os != NULL)
		rtos_give_symbol(os, (const char *)name, n / 2, is_found, value);
	symbols_give(s->target->symbols, (const char *)name, n / 2, is_found, value);
}

/* "qSymbol::" begins: GDB has a program, maybe another one. */
static enum err packet_qSymbol(struct gdb_session *s, struct rsp_args *args)
{
	struct rtos *os = rtos_of(s->target);
	bool begins = rsp_left(args) <= 2;	/* "::"; an unknown one is "::name" */
	const char *name = NULL;
	char text[160];

	if (!begins && rsp_take_char(args, ':'))
		take_symbol(s, os, args);
	if (os != NULL)
		name = rtos_next_symbol(os, begins);
	if (begins)
		symbols_ask_again(s->target->symbols);
	if (name == NULL)
		name = symbols_next_wanted(s->target->symbols);
	if (name == NULL) {
		gdb_reply_ok(s);
		return OK;
	}
	hex_encode(text, (const uint8_t *)name, MIN(strlen(name), (sizeof(text) - 1) / 2));
	gdb_reply_text(s, "qSymbol:%s", text);
	return OK;
}

const struct gdb_packet thread_packets[] = {
	{ "H", MATCH_PREFIX, packet_H },
	{ "T", MATCH_PREFIX, packet_T },
	{ "qC", MATCH_WHOLE, packet_qC },
	{ "qfThreadInfo", MATCH_WHOLE, packet_qfThreadInfo },
	{ "qsThreadInfo", MATCH_WHOLE, packet_qsThreadInfo },
	{ "qThreadExtraInfo,", MATCH_PREFIX, packet_qThreadExtraInfo },
	{ "qSymbol", MATCH_WORD, packet_qSymbol },
	{ NULL, MATCH_WHOLE, NULL }
};
