/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"

enum { LOG_FORMAT = 256, EXIT_ON_DETACH, ALLOW_EXEC, READY_FD, PARENT_DEATH, LIST, EXIT_ON_SEMIHOSTING,
       TIMEOUT };

/* One row per option: what getopt and the help are made from. */
static const struct option_row {
	int key;
	const char *name, *argument, *help;
} rows[] = {
	{ 'f', "file", "FILE", "run this configuration file (with -c, in the order given)" },
	{ 'c', "command", "TEXT", "run this Tcl command" },
	{ 's', "search", "DIR", "look for files here too" },
	{ 'd', "debug", "?N", "log level 0 to 4, attached: -d2; without N: 3, each transfer" },
	{ 'l', "log_output", "FILE", "write the log to a file" },
	{ 'p', "pipe", NULL, "old name of -c \"gdb_port pipe; log_output openocd.log\"" },
	{ 'h', "help", NULL, "print this and leave" },
	{ 'v', "version", NULL, "print the version and leave" },
	{ LIST, "list", NULL, "list the probes that can be seen and leave" },
	{ LOG_FORMAT, "log-format", "text|json", "one JSON object per log line" },
	{ ALLOW_EXEC, "allow-exec", NULL, "let clients' scripts and semihosting run host programs" },
	{ EXIT_ON_SEMIHOSTING, "exit-on-semihosting", NULL,
	  "enable semihosting; the program's exit ends the daemon with its exit code" },
	{ TIMEOUT, "timeout", "SECONDS", "end with exit code 124 if nothing else has ended it by then" },
	{ EXIT_ON_DETACH, "exit-on-detach", NULL, "end when the last GDB has gone" },
	{ PARENT_DEATH, "parent-death", NULL, "end when the program that started this one ends" },
	{ READY_FD, "ready-fd", "N", "write \"READY=1\" to this descriptor when clients can connect" },
};

static char *short_options(void)
{
	struct buf text = { 0 };

	buf_putc(&text, ':');	/* getopt keeps quiet: the message is ours */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key < 256)
			buf_printf(&text, "%c%s", rows[i].key,
				   !rows[i].argument ? "" : rows[i].argument[0] == '?' ? "::" : ":");
	}
	return (char *)text.data;
}

static void long_options(struct option *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int has = !rows[i].argument ? no_argument
			  : rows[i].argument[0] == '?' ? optional_argument : required_argument;

		out[i] = (struct option){ rows[i].name, has, NULL, rows[i].key };
	}
	out[ARRAY_SIZE(rows)] = (struct option){ 0 };
}

void options_print_help(void)
{
	log_user("usage: probed [options]\n"
		 "Debug server for Arm Cortex-M: GDB on port 3333, telnet on 4444, Tcl on 6666.\n"
		 "Without -f and -c it runs openocd.cfg.\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *argument = rows[i].argument ? rows[i].argument : "";
		bool optional = argument[0] == '?';
		char left[64], key[8] = "   ";

		if (rows[i].key < 256)
			snprintf(key, sizeof(key), "-%c,", rows[i].key);
		snprintf(left, sizeof(left), "%s --%s%s%s%s", key, rows[i].name,
			 optional ? "[=" : argument[0] ? " " : "", optional ? argument + 1 : argument,
			 optional ? "]" : "");
		log_user("  %-30s %s", left, rows[i].help);
	}
}

static enum err parse_level(const char *text, int *level)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < -3 || n > 5) {
		error_why(ERR_ARGUMENT, "\"%s\" is no log level", text);
		return error_next(ERR_ARGUMENT, "choose -d0 (errors only) to -d4 (everything); "
				  "-d3 shows every transfer");
	}
	*level = (int)n;
	return OK;
}

static enum err set_level(struct options *o, const char *text)
{
	int level = LOG_DEBUG;

	if (text != NULL)
		TRY(parse_level(text, &level));
	log_set_level(level);
	o->is_level_set = true;
	return OK;
}

static enum err set_format(const char *text)
{
	if (strcmp(text, "json") == 0)
		log_set_format(LOG_JSON);
	else if (strcmp(text, "text") == 0)
		log_set_format(LOG_TEXT);
	else
		return error_why(ERR_ARGUMENT, "--log-format is text or json, not \"%s\"", text);
	return OK;
}

static enum err set_ready_fd(struct options *o, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 0 || n > 65535)
		return error_why(ERR_ARGUMENT, "--ready-fd needs a descriptor's number, not \"%s\"", text);
	o->ready_fd = (int)n;
	return OK;
}

static enum err set_timeout(struct options *o, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || n > 1000000)
		return error_why(ERR_ARGUMENT, "--timeout needs a number of seconds, not \"%s\"", text);
	o->timeout_s = (unsigned)n;
	return OK;
}

static void enqueue(struct options *o, bool is_file, const char *text)
{
	o->queue = xrealloc(o->queue, (o->queue_count + 1) * sizeof(*o->queue));
	o->queue[o->queue_count++] = (struct queued){ is_file, text };
}

static enum err take(struct options *o, int key)
{
	switch (key) {
	case 'f': enqueue(o, true, optarg); return OK;
	case 'c': enqueue(o, false, optarg); return OK;
	case 's':
		o->dirs = xrealloc(o->dirs, (o->dir_count + 1) * sizeof(*o->dirs));
		o->dirs[o->dir_count++] = optarg;
		return OK;
	case 'd': return set_level(o, optarg);
	case 'l': return log_open_file(optarg);
	case 'h': o->help = true; return OK;
	case 'v': o->version = true; return OK;
	case 'p':
		o->pipe = true;
		enqueue(o, false, "gdb_port pipe; log_output openocd.log");
		return OK;
	case LIST: o->list = true; return OK;
	case LOG_FORMAT: return set_format(optarg);
	case ALLOW_EXEC: o->allow_exec = true; return OK;
	case EXIT_ON_DETACH: o->exit_on_detach = true; return OK;
	case EXIT_ON_SEMIHOSTING: o->exit_on_semihosting = true; return OK;
	case TIMEOUT: return set_timeout(o, optarg);
	case PARENT_DEATH: o->parent_death = true; return OK;
	case READY_FD: return set_ready_fd(o, optarg);
	}
	return ERR_INTERNAL;
}

/* `word` is the option as it stands on the command line. */
static enum err refuse(int key, const char *word)
{
	if (key == ':')
		error_why(ERR_ARGUMENT, "option %s needs an argument", word);
	else if (optopt > 0 && optopt < 256)
		error_why(ERR_ARGUMENT, "invalid option -- '%c'", optopt);
	else
		error_why(ERR_ARGUMENT, "unrecognized or ambiguous option '%s'", word);
	return error_next(ERR_ARGUMENT, "run probed -h");
}

enum err options_parse(struct options *o, int argc, char **argv)
{
	struct option names[ARRAY_SIZE(rows) + 1];
	char *letters = short_options();
	enum err rc = OK;
	int key;

	*o = (struct options){ .ready_fd = -1 };
	long_options(names);
	opterr = 0;
	if (getenv("OPENOCD_DEBUG_LEVEL") != NULL)
		rc = set_level(o, getenv("OPENOCD_DEBUG_LEVEL"));
	while (rc == OK && (key = getopt_long(argc, argv, letters, names, NULL)) != -1)
		rc = key == '?' || key == ':' ? refuse(key, argv[optind - 1]) : take(o, key);
	free(letters);
	if (rc == OK && optind < argc) {
		error_why(ERR_ARGUMENT, "Unexpected command line argument: %s", argv[optind]);
		return error_next(ERR_ARGUMENT, "put -f before a file and -c before a command");
	}
	return rc;
}

void options_free(struct options *o)
{
	free(o->queue);
	free(o->dirs);
}
