/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log: a line is a sentence for the person at the bench: object, fact, consequence.
 *
 * Levels carry OpenOCD's numbers, so `debug_level` and -d mean the same. `user` lines are output
 * that was asked for (echo, tables): they have no prefix and are not silenced by the level.
 * Sinks get every line that passes the level: the log file or stderr, telnet consoles, a
 * capturing script, a GDB that waits for `monitor`. A sink must not log from its callback; it may
 * be removed at any time, also from a callback.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

enum log_level {
	LOG_USER = -1,
	LOG_ERROR = 0,		/* something asked for did not happen */
	LOG_WARNING = 1,	/* it did, but look */
	LOG_INFO = 2,		/* milestones */
	LOG_DEBUG = 3,		/* decisions and decoded values */
	LOG_TRACE = 4,		/* what would drown the transfers that LOG_DEBUG shows */
};

/* Where in the source a line comes from, which -d3 shows: OpenOCD's parsers expect it there. */
struct log_place {
	const char *file, *function;
	int line;
};
#ifdef __FILE_NAME__
#define LOG_FILE __FILE_NAME__
#else
#define LOG_FILE __FILE__
#endif
#define LOG_HERE (&(const struct log_place){ LOG_FILE, __func__, __LINE__ })

void log_line_at(const struct log_place *place, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define log_line(level, ...) log_line_at(LOG_HERE, level, __VA_ARGS__)
#define log_error(...)	 log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_INFO, __VA_ARGS__)
#define log_user(...)	 log_line(LOG_USER, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_enabled(LOG_DEBUG))                                                        \
			log_line(LOG_DEBUG, __VA_ARGS__);                                          \
	} while (0)
#define log_trace(...)                                                                             \
	do {                                                                                       \
		if (log_enabled(LOG_TRACE))                                                        \
			log_line(LOG_TRACE, __VA_ARGS__);                                          \
	} while (0)

/* A user line for the log file or stderr alone, not for the sinks. */
void log_private_at(const struct log_place *place, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define log_private(...) log_private_at(LOG_HERE, __VA_ARGS__)
/* Like log_user() without the line end: prompts, `echo -n`, a semihosting character. */
void log_user_raw(const char *text);
/* Takes the current error chain, logs it at LOG_ERROR (with id and evidence) and clears it. */
void log_failure_at(const struct log_place *place);
#define log_failure() log_failure_at(LOG_HERE)

bool log_enabled(enum log_level level);
void log_set_level(int level);
int log_get_level(void);

enum log_format { LOG_TEXT, LOG_JSON };
void log_set_format(enum log_format format);
enum log_format log_get_format(void);
/* NULL: stderr, with colours if it is a terminal. Truncates the file. */
enum err log_open_file(const char *path);
void log_close(void);

struct log_sink {
	/* `text` has no prefix; is_line tells whether a line end belongs after it. */
	void (*write)(struct log_sink *sink, enum log_level level, const char *text, bool is_line);
	void *ctx;
	struct log_sink *next;	/* log.c's */
};
void log_add_sink(struct log_sink *sink);
void log_remove_sink(struct log_sink *sink);
/* "Error: ", "Warn : ", "Info : ", "Debug: ", "" for user lines. */
const char *log_prefix(enum log_level level);
/* Silences the file/stderr output (not the sinks) while depth > 0: `capture`. */
void log_mute(bool on);

#endif
