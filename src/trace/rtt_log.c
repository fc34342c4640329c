/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rtt log`: up channels as text lines with the time of day. On channel 0 the byte 0xff and a digit
 * '0'..'F' switch between virtual terminals: each has lines of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "trace/rtt.h"

#define ESCAPE 0xff

struct rtt_log {
	struct rtt_log *next;
	struct rtt *rtt;
	int channel;			/* -1: all */
	char *path;
	FILE *file;
	struct trace_lines *lines;
	unsigned terminal;
	bool is_escape, is_failure_told;
};

static void write_line(void *ctx, uint64_t ns, const char *label, const char *text)
{
	struct rtt_log *log = ctx;
	struct timespec now;
	struct tm tm;
	char when[40];

	/* The line began this long ago. */
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t wall = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - (clock_now_ns() - ns);
	time_t seconds = (time_t)(wall / 1000000000);

	localtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	if (fprintf(log->file, "%s.%06u %s: %s\n", when, (unsigned)(wall / 1000 % 1000000), label,
		    text) >= 0 && fflush(log->file) == 0)
		return;
	if (!log->is_failure_told)
		log_warning("rtt: %s: %s: lines are missing in it", log->path, strerror(errno));
	log->is_failure_told = true;
}

enum err rtt_log_start(struct rtt *r, const char *path, int channel)
{
	struct rtt_log *log;
	FILE *file = trace_open_file(path, "ae");

	if (file == NULL)
		return error_why(ERR_IO, "rtt log: %s: %s", path, strerror(errno));
	log = xcalloc(1, sizeof(*log));
	*log = (struct rtt_log){ .next = r->room->logs, .rtt = r, .channel = channel, .file = file,
				 .path = xstrdup(path) };
	log->lines = lines_new(write_line, log);
	r->room->logs = log;
	return OK;
}

static void free_log(struct rtt_log *log)
{
	lines_flush(log->lines);
	lines_free(log->lines);
	fclose(log->file);
	free(log->path);
	free(log);
}

enum err rtt_log_stop(struct rtt_room *room, const char *path)
{
	bool is_found = false;

	for (struct rtt_log **at = &room->logs; *at != NULL;) {
		struct rtt_log *log = *at;

		if (path != NULL && strcmp(path, log->path) != 0) {
			at = &log->next;
			continue;
		}
		*at = log->next;
		free_log(log);
		is_found = true;
	}
	if (!is_found && path != NULL)
		return error_why(ERR_ARGUMENT, "no log is written to %s", path);
	return OK;
}

static void put_text(struct rtt_log *log, unsigned channel, const uint8_t *data, size_t n)
{
	char label[32];

	if (n == 0)
		return;
	if (channel == 0 && log->terminal != 0)
		snprintf(label, sizeof(label), "rtt0/%X", log->terminal);
	else
		snprintf(label, sizeof(label), "rtt%u", channel);
	lines_put(log->lines, clock_now_ns(), label, data, n);
}

/* The switch may be cut in two by a batch. */
static void put_terminals(struct rtt_log *log, const uint8_t *data, size_t n)
{
	size_t start = 0;

	for (size_t i = 0; i < n; i++) {
		if (log->is_escape) {
			int digit = hex_digit((char)data[i]);

			log->is_escape = false;
			if (digit >= 0)
				log->terminal = (unsigned)digit;
			start = digit >= 0 ? i + 1 : i;
		} else if (data[i] == ESCAPE) {
			put_text(log, 0, data + start, i - start);
			log->is_escape = true;
			start = n;
		}
	}
	if (start < n)
		put_text(log, 0, data + start, n - start);
}

void rtt_log_put(struct rtt *r, unsigned channel, const uint8_t *data, size_t n)
{
	for (struct rtt_log *log = r->room->logs; log != NULL; log = log->next) {
		if (log->rtt != r || (log->channel >= 0 && (unsigned)log->channel != channel))
			continue;
		if (channel == 0)
			put_terminals(log, data, n);
		else
			put_text(log, channel, data, n);
	}
}
