/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"

/* One log per process, like stderr itself: it must work before and after every struct exists. */
static struct {
	int level;
	enum log_format format;
	FILE *file;		/* NULL: stderr */
	int mute;
	unsigned count;
	bool mid_line;		/* the last thing written was raw text without a line end */
	struct log_sink *sinks, *next_sink;	/* next_sink: while a line is handed round */
} logger = { .level = LOG_INFO };

static const struct {
	const char *prefix, *name, *colour;
} levels[] = {
	{ "", "user", "" },
	{ "Error: ", "error", "\033[31m" },
	{ "Warn : ", "warning", "\033[33m" },
	{ "Info : ", "info", "" },
	{ "Debug: ", "debug", "\033[2m" },
	{ "Debug: ", "trace", "\033[2m" },
};

const char *log_prefix(enum log_level level)
{
	return levels[level + 1].prefix;
}

bool log_enabled(enum log_level level)
{
	return (int)level <= logger.level || level == LOG_USER;
}

void log_set_level(int level)
{
	logger.level = level;
}

int log_get_level(void)
{
	return logger.level;
}

void log_set_format(enum log_format format)
{
	logger.format = format;
}

enum log_format log_get_format(void)
{
	return logger.format;
}

enum err log_open_file(const char *path)
{
	FILE *file = NULL;

	if (path != NULL) {
		file = fopen(path, "we");
		if (file == NULL) {
			error_why(ERR_IO, "cannot open log file %s: %s", path, strerror(errno));
			return error_next(ERR_IO, "name a file in a folder you can write to");
		}
		setvbuf(file, NULL, _IOLBF, 0);
	}
	log_close();
	logger.file = file;
	return OK;
}

void log_close(void)
{
	if (logger.file != NULL)
		fclose(logger.file);
	logger.file = NULL;
}

void log_mute(bool on)
{
	logger.mute += on ? 1 : -1;
}

static void write_json(FILE *out, enum log_level level, const char *text, const struct error *error)
{
	struct buf line = { 0 };

	buf_printf(&line, "{\"time_ms\":%llu,\"level\":\"%s\",\"text\":",
		   (unsigned long long)(clock_now_ns() / 1000000), levels[level + 1].name);
	buf_json_string(&line, text);
	if (error != NULL) {
		buf_printf(&line, ",\"id\":\"%s\",\"what\":", error_id(error->code));
		buf_json_string(&line, error->what);
		buf_printf(&line, ",\"why\":");
		buf_json_string(&line, error->why);
		buf_printf(&line, ",\"evidence\":");
		buf_json_string(&line, error->evidence);
		buf_printf(&line, ",\"cause\":");
		buf_json_string(&line, error_cause(error->code));
		buf_printf(&line, ",\"next\":");
		buf_json_string(&line, error->next[0] ? error->next : error_step(error->code));
	}
	buf_printf(&line, "}\n");
	fwrite(line.data, 1, line.len, out);
	buf_free(&line);
}

/* At debug level every line carries its number, the time and its place, as IDEs' parsers expect. */
static void write_place(FILE *out, enum log_level level, const struct log_place *place)
{
	const char *slash = strrchr(place->file, '/');

	fprintf(out, "%s%u %llu %s:%d %s(): ", level == LOG_USER ? "User : " : log_prefix(level),
		logger.count, (unsigned long long)(clock_now_ns() / 1000000),
		slash ? slash + 1 : place->file, place->line, place->function);
}

static void write_text(FILE *out, const struct log_place *place, enum log_level level, const char *text)
{
	bool colour = out == stderr && isatty(STDERR_FILENO) && levels[level + 1].colour[0];

	if (logger.mid_line)
		fputc('\n', out);
	logger.mid_line = false;
	if (colour)
		fputs(levels[level + 1].colour, out);
	if (logger.level >= LOG_DEBUG)
		write_place(out, level, place);
	else
		fputs(log_prefix(level), out);
	fputs(text, out);
	fputs(colour ? "\033[0m\n" : "\n", out);
}

static void write_out(const struct log_place *place, enum log_level level, const char *text,
		      const struct error *error)
{
	FILE *out = logger.file ? logger.file : stderr;

	logger.count++;
	if (logger.mute > 0)
		return;
	if (logger.format == LOG_JSON)
		write_json(out, level, text, error);
	else
		write_text(out, place, level, text);
	fflush(out);
}

/* A callback may remove any sink: log_remove_sink() then moves next_sink on. */
static void hand_round(enum log_level level, const char *text, bool is_line)
{
	struct log_sink *sink = logger.sinks;

	for (; sink != NULL; sink = logger.next_sink) {
		logger.next_sink = sink->next;
		sink->write(sink, level, text, is_line);
	}
}

static void emit(const struct log_place *place, enum log_level level, const char *text,
		 const struct error *error)
{
	write_out(place, level, text, error);
	hand_round(level, text, true);
}

void log_line_at(const struct log_place *place, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);

	va_end(ap);
	emit(place, level, text, NULL);
	free(text);
}

void log_private_at(const struct log_place *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);

	va_end(ap);
	write_out(place, LOG_USER, text, NULL);
	free(text);
}

void log_user_raw(const char *text)
{
	FILE *out = logger.file ? logger.file : stderr;

	if (logger.mute == 0) {
		if (logger.format == LOG_JSON) {
			write_json(out, LOG_USER, text, NULL);
		} else {
			fputs(text, out);
			logger.mid_line = text[0] && text[strlen(text) - 1] != '\n';
		}
		fflush(out);
	}
	hand_round(LOG_USER, text, false);
}

void log_failure_at(const struct log_place *place)
{
	struct error error;

	error_take(&error);
	if (error.code == OK)
		return;
	emit(place, LOG_ERROR, error_text(&error), &error);
	if (error.evidence[0] != '\0' && logger.format == LOG_TEXT)
		log_line_at(place, LOG_USER, "        %s [%s]", error.evidence, error_id(error.code));
}

void log_add_sink(struct log_sink *sink)
{
	sink->next = logger.sinks;
	logger.sinks = sink;
}

void log_remove_sink(struct log_sink *sink)
{
	if (logger.next_sink == sink)
		logger.next_sink = sink->next;
	for (struct log_sink **p = &logger.sinks; *p != NULL; p = &(*p)->next) {
		if (*p == sink) {
			*p = sink->next;
			return;
		}
	}
}
