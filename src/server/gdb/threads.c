/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads: a core without an RTOS is one thread, number 1. */
#include <string.h>

#include "server/gdb/packets.h"

/* -1 is all, 0 is any. */
static bool names_our_thread(struct rsp_args *args)
{
	uint32_t thread;

	if (rsp_take_word(args, "-1"))
		return rsp_at_end(args);
	return rsp_take_hex(args, &thread) && rsp_at_end(args) && thread <= GDB_THREAD;
}

static enum err reply_if_ours(struct gdb_session *s, struct rsp_args *args)
{
	if (names_our_thread(args))
		gdb_reply_ok(s);
	else
		gdb_reply_text(s, "E01");
	return OK;
}

/* Hg: whose registers g and p mean; Hc: whom the old c and s resume. */
static enum err packet_H(struct gdb_session *s, struct rsp_args *args)
{
	if (!rsp_take_char(args, 'g') && !rsp_take_char(args, 'c'))
		return gdb_malformed("H");
	return reply_if_ours(s, args);
}

static enum err packet_T(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t thread;

	/* "all" and "any" are no thread that could be alive. */
	if (rsp_take_hex(args, &thread) && rsp_at_end(args) && thread == GDB_THREAD && s->has_process)
		gdb_reply_ok(s);
	else
		gdb_reply_text(s, "E01");
	return OK;
}

static enum err packet_qC(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_text(s, "QC%x", GDB_THREAD);
	return OK;
}

/* After kill and exit there is nothing to list; a thread would bring the program back in GDB's eyes. */
static enum err packet_qfThreadInfo(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	if (s->has_process)
		gdb_reply_text(s, "m%x", GDB_THREAD);
	else
		gdb_reply_text(s, "l");
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
	uint32_t thread;
	char text[256];
	const char *name = s->target->name;

	if (!rsp_take_hex(args, &thread) || thread != GDB_THREAD || !rsp_at_end(args))
		return gdb_malformed("qThreadExtraInfo");
	hex_encode(text, (const uint8_t *)name, MIN(strlen(name), (sizeof(text) - 1) / 2));
	gdb_reply_text(s, "%s", text);
	return OK;
}

const struct gdb_packet thread_packets[] = {
	{ "H", MATCH_PREFIX, packet_H },
	{ "T", MATCH_PREFIX, packet_T },
	{ "qC", MATCH_WHOLE, packet_qC },
	{ "qfThreadInfo", MATCH_WHOLE, packet_qfThreadInfo },
	{ "qsThreadInfo", MATCH_WHOLE, packet_qsThreadInfo },
	{ "qThreadExtraInfo,", MATCH_PREFIX, packet_qThreadExtraInfo },
	{ NULL, MATCH_WHOLE, NULL }
};
