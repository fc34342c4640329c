/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"

enum {
	LOG_FORMAT = 256,
	EXIT_ON_DETACH,
	ALLOW_EXEC,
	READY_FD,
	PARENT_DEATH,
	LIST,
	EXIT_ON_SEMIHOSTING,
	TIMEOUT,
	CHIP,
	BOARD,
	CHIPS,
	COMPLETION,
	FIELD
};

#define DAEMON	   BIT(31) /* without a verb */
#define VERB(v)	   BIT(VERB_##v)
#define ANY_VERB   (BIT(VERB_COUNT) - 1)
#define WRITES	   (VERB(FLASH) | VERB(ERASE) | VERB(RUN))
#define EVERYWHERE (DAEMON | ANY_VERB)

enum group { GROUP_CONFIG, GROUP_BOARD, GROUP_DAEMON, GROUP_LOG, GROUP_VERB, GROUPS };
static const char *const group_titles[GROUPS] = {
	"Configuration, as for OpenOCD:", "Or by name:", "The daemon:", "Messages:", "With a verb:",
};

/* One row per option: what getopt, help, completion and the check of what belongs to which verb are
 * made from. Rows with key FIELD fill the member at `field`: a flag, or, with an argument, its
 * text. */
static const struct option_row {
	int key;
	const char *name, *argument, *help;
	enum group group;
	unsigned verbs;
	size_t field;
} rows[] = {
	{ 'f', "file", "FILE", "run this configuration file (with -c, in the order given)",
	  GROUP_CONFIG, EVERYWHERE, 0 },
	{ 'c', "command", "TEXT", "run this Tcl command", GROUP_CONFIG, EVERYWHERE, 0 },
	{ 's', "search", "DIR", "look for files here too", GROUP_CONFIG, EVERYWHERE, 0 },
	{ CHIP, "chip", "NAME", "configure for this chip (--chips lists them; auto: what is there)",
	  GROUP_BOARD, EVERYWHERE, 0 },
	{ BOARD, "board", "NAME", "configure for this board", GROUP_BOARD, EVERYWHERE, 0 },
	{ FIELD, "probe", "SERIAL", "use this probe: serial number, USB location, alias or kind",
	  GROUP_BOARD, EVERYWHERE, offsetof(struct options, probe) },
	{ FIELD, "speed", "KHZ", "clock of SWD or JTAG", GROUP_BOARD, EVERYWHERE,
	  offsetof(struct options, speed) },
	{ FIELD, "transport", "swd|jtag", "the protocol between probe and chip", GROUP_BOARD,
	  EVERYWHERE, offsetof(struct options, transport) },
	{ FIELD, "under-reset", NULL,
	  "connect while nRST is low, for a chip that sleeps or locks up", GROUP_BOARD, EVERYWHERE,
	  offsetof(struct options, under_reset) },
	{ CHIPS, "chips", NULL, "list the chips and boards and leave", GROUP_BOARD, EVERYWHERE, 0 },
	{ LIST, "list", NULL, "list the probes that can be seen and leave", GROUP_BOARD,
	  DAEMON | VERB(LIST), 0 },
	{ 'd', "debug", "?N", "log level 0 to 4, attached: -d2; without N: 3, each transfer",
	  GROUP_LOG, EVERYWHERE, 0 },
	{ 'l', "log_output", "FILE", "write the log to a file", GROUP_LOG, EVERYWHERE, 0 },
	{ LOG_FORMAT, "log-format", "text|json", "one JSON object per log line", GROUP_LOG,
	  EVERYWHERE, 0 },
	{ 'h', "help", NULL, "print this and leave", GROUP_LOG, EVERYWHERE, 0 },
	{ 'v', "version", NULL, "print the version and leave", GROUP_LOG, EVERYWHERE, 0 },
	{ ALLOW_EXEC, "allow-exec", NULL, "let clients' scripts and semihosting run host programs",
	  GROUP_DAEMON, EVERYWHERE, 0 },
	{ EXIT_ON_SEMIHOSTING, "exit-on-semihosting", NULL,
	  "enable semihosting; the program's exit ends the daemon with its exit code", GROUP_DAEMON,
	  DAEMON, 0 },
	{ TIMEOUT, "timeout", "SECONDS",
	  "end with exit code 124 if nothing else has ended it by then", GROUP_DAEMON,
	  DAEMON | VERB(RUN) | VERB(RTT), 0 },
	{ EXIT_ON_DETACH, "exit-on-detach", NULL, "end when the last GDB has gone", GROUP_DAEMON,
	  DAEMON, 0 },
	{ PARENT_DEATH, "parent-death", NULL, "end when the program that started this one ends",
	  GROUP_DAEMON, EVERYWHERE, 0 },
	{ READY_FD, "ready-fd", "N",
	  "write \"READY=1\" to this descriptor when clients can connect", GROUP_DAEMON, DAEMON,
	  0 },
	{ 'p', "pipe", NULL, "old name of -c \"gdb_port pipe; log_output openocd.log\"",
	  GROUP_DAEMON, DAEMON, 0 },
	{ COMPLETION, "completion", "SHELL", "print the completion script for bash, zsh or fish",
	  GROUP_DAEMON, DAEMON, 0 },
#define REQUEST(member) offsetof(struct options, request.member)
	{ FIELD, "json", NULL, "one JSON object on stdout instead of text", GROUP_VERB,
	  ANY_VERB, REQUEST(json) },
	{ FIELD, "quiet", NULL, "print errors only", GROUP_VERB, ANY_VERB, REQUEST(quiet) },
	{ FIELD, "force", NULL,
	  "go on though the chip is not the one that was named, or the file does not fit",
	  GROUP_VERB, WRITES, REQUEST(force) },
	{ FIELD, "at", "ADDRESS", "where a raw binary goes", GROUP_VERB,
	  VERB(FLASH) | VERB(VERIFY) | VERB(RUN), REQUEST(at) },
	{ FIELD, "verify", NULL, "read back and compare (the default)", GROUP_VERB, VERB(FLASH),
	  REQUEST(verify) },
	{ FIELD, "no-verify", NULL, "do not compare", GROUP_VERB, VERB(FLASH) | VERB(RUN),
	  REQUEST(no_verify) },
	{ FIELD, "erase-all", NULL, "erase the whole flash first", GROUP_VERB, VERB(FLASH),
	  REQUEST(erase_all) },
	{ FIELD, "skip-same", NULL, "leave sectors alone that hold the data already", GROUP_VERB,
	  VERB(FLASH), REQUEST(skip_same) },
	{ FIELD, "unlock", NULL, "take write protection off first", GROUP_VERB,
	  VERB(FLASH) | VERB(RUN), REQUEST(unlock) },
	{ FIELD, "no-reset", NULL, "leave the core halted afterwards", GROUP_VERB, VERB(FLASH),
	  REQUEST(no_reset) },
	{ FIELD, "dry-run", NULL, "show what would be done and how long it takes", GROUP_VERB,
	  VERB(FLASH) | VERB(ERASE), REQUEST(dry_run) },
	{ FIELD, "all", NULL, "the whole main flash", GROUP_VERB, VERB(ERASE), REQUEST(all) },
	{ FIELD, "sector", "N[-M]", "these sectors of the main flash", GROUP_VERB, VERB(ERASE),
	  REQUEST(sector) },
	{ FIELD, "yes", NULL, "do not ask", GROUP_VERB, VERB(ERASE) | VERB(DOCTOR), REQUEST(yes) },
	{ FIELD, "halt", NULL,
	  "halt at the first instruction; doctor: while an i.MX RT's flash is looked at", GROUP_VERB,
	  VERB(RESET) | VERB(DOCTOR), REQUEST(halt) },
	{ FIELD, "run", NULL, "let it run (the default)", GROUP_VERB, VERB(RESET), REQUEST(run) },
	{ FIELD, "channel", "N", "RTT channel, both ways (0)", GROUP_VERB, VERB(RTT) | VERB(RUN),
	  REQUEST(channel) },
	{ FIELD, "fix", NULL, "repair what can be repaired", GROUP_VERB, VERB(DOCTOR),
	  REQUEST(fix) },
};

static char *short_options(void)
{
	struct buf text = { 0 };

	buf_putc(&text, ':'); /* getopt keeps quiet: the message is ours */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key < 256)
			buf_printf(&text, "%c%s", rows[i].key,
				   !rows[i].argument		? ""
				   : rows[i].argument[0] == '?' ? "::"
								: ":");
	}
	return (char *)text.data;
}

static void long_options(struct option *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int has = !rows[i].argument	       ? no_argument
			  : rows[i].argument[0] == '?' ? optional_argument
						       : required_argument;

		out[i] = (struct option){ rows[i].name, has, NULL,
					  rows[i].key == FIELD ? FIELD + (int)i : rows[i].key };
	}
	out[ARRAY_SIZE(rows)] = (struct option){ 0 };
}

static void format_row(const struct option_row *row, char *line, size_t size)
{
	const char *argument = row->argument ? row->argument : "";
	bool optional = argument[0] == '?';
	char left[64], key[8] = "   ";

	if (row->key < 256)
		snprintf(key, sizeof(key), "-%c,", row->key);
	snprintf(left, sizeof(left), "%s --%s%s%s%s", key, row->name,
		 optional      ? "[="
		 : argument[0] ? " "
			       : "",
		 optional ? argument + 1 : argument, optional ? "]" : "");
	snprintf(line, size, "  %-30s %s", left, row->help);
}

void options_print_help(void)
{
	char line[256];

	log_user("usage: probed [options]              debug server: GDB on 3333, telnet on 4444, "
		 "Tcl on 6666\n"
		 "       probed VERB [options] [arguments]     do one thing and leave\n"
		 "Verbs:");
	for (const struct verb *v = verbs; v->name != NULL; v++)
		log_user("  %-10s %s", v->name, v->help);
	log_user("\"probed help VERB\" tells its options. Without -f, -c, --chip and --board: "
		 "openocd.cfg, or if "
		 "there is none, the probe and the chip that are there.");
	for (int group = 0; group < GROUP_VERB; group++) {
		log_user("%s", group_titles[group]);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			if (rows[i].group != (enum group)group)
				continue;
			format_row(&rows[i], line, sizeof(line));
			log_user("%s", line);
		}
	}
}

void options_print_verb(const struct verb *verb)
{
	char line[256];

	if (verb == NULL) {
		for (const struct verb *v = verbs; v->name != NULL; v++)
			printf("%-10s %s\n", v->name, v->help);
		printf("\"probed help VERB\" tells its options, \"probed --help\" those of all.\n");
		return;
	}
	printf("usage: probed %s [options]%s%s\n%c%s.\n", verb->name, verb->usage[0] ? " " : "",
	       verb->usage, toupper((unsigned char)verb->help[0]), verb->help + 1);
	if (verb->more != NULL)
		printf("%s\n", verb->more);
	printf("Options:\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(rows[i].verbs & BIT(verb_id(verb))) || rows[i].group == GROUP_CONFIG ||
		    (rows[i].group == GROUP_DAEMON && (rows[i].verbs & ANY_VERB) == ANY_VERB))
			continue;
		format_row(&rows[i], line, sizeof(line));
		printf("%s\n", line);
	}
	printf("and -f, -c, -s for a configuration by hand.\n");
}

void options_each(const struct verb *verb,
		  void (*fn)(void *ctx, int key, const char *name, const char *argument,
			     const char *help),
		  void *ctx)
{
	unsigned who = verb != NULL ? BIT(verb_id(verb)) : DAEMON;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].verbs & who)
			fn(ctx, rows[i].key < 256 ? rows[i].key : 0, rows[i].name, rows[i].argument,
			   rows[i].help);
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
		return error_why(ERR_ARGUMENT, "--ready-fd needs a descriptor's number, not \"%s\"",
				 text);
	o->ready_fd = (int)n;
	return OK;
}

static enum err set_timeout(struct options *o, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || n > 1000000)
		return error_why(ERR_ARGUMENT, "--timeout needs a number of seconds, not \"%s\"",
				 text);
	o->timeout_s = (unsigned)n;
	return OK;
}

static void enqueue(struct options *o, bool is_file, const char *text)
{
	o->queue = xrealloc(o->queue, (o->queue_count + 1) * sizeof(*o->queue));
	o->queue[o->queue_count++] = (struct queued){ .is_file = is_file, .text = text };
}

static void enqueue_name(struct options *o, enum queued_kind kind, const char *name)
{
	enqueue(o, false, name);
	o->queue[o->queue_count - 1].kind = kind;
}

static void fill_field(struct options *o, const struct option_row *row)
{
	char *place = (char *)o + row->field;

	if (row->argument != NULL)
		*(const char **)(void *)place = optarg;
	else
		*(bool *)(void *)place = true;
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
	case 'l': o->has_log_file = true; return log_open_file(optarg);
	case 'h': o->help = true; return OK;
	case 'v': o->version = true; return OK;
	case 'p':
		o->pipe = true;
		enqueue(o, false, "gdb_port pipe; log_output openocd.log");
		return OK;
	case LIST: o->list = true; return OK;
	case CHIP: enqueue_name(o, QUEUED_CHIP, optarg); return OK;
	case BOARD: enqueue_name(o, QUEUED_BOARD, optarg); return OK;
	case CHIPS: o->request.verb = &verbs[VERB_CHIPS]; return OK;
	case COMPLETION: o->completion = optarg; return OK;
	case LOG_FORMAT: return set_format(optarg);
	case ALLOW_EXEC: o->allow_exec = true; return OK;
	case EXIT_ON_DETACH: o->exit_on_detach = true; return OK;
	case EXIT_ON_SEMIHOSTING: o->exit_on_semihosting = true; return OK;
	case TIMEOUT: return set_timeout(o, optarg);
	case PARENT_DEATH: o->parent_death = true; return OK;
	case READY_FD: return set_ready_fd(o, optarg);
	}
	if (key >= FIELD)
		fill_field(o, &rows[key - FIELD]);
	return OK;
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

static const struct option_row *row_of_key(int key)
{
	if (key >= FIELD)
		return &rows[key - FIELD];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key == key)
			return &rows[i];
	}
	return NULL;
}

/* After a mistake nobody knows any more which words are arguments: a guess, for the exit code. */
static void guess_verb(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (o->request.verb == NULL)
			o->request.verb = verb_find(argv[i]);
		o->request.json = o->request.json || strcmp(argv[i], "--json") == 0;
	}
}

static enum err refuse_word(const char *word)
{
	const struct verb *near = verb_nearest(word);

	error_why(ERR_ARGUMENT, "Unexpected command line argument: %s", word);
	if (near != NULL)
		return error_next(ERR_ARGUMENT, "did you mean \"probed %s\"?", near->name);
	return error_next(ERR_ARGUMENT,
			  "put -f before a file and -c before a command; \"probed --help\" lists "
			  "the verbs");
}

static enum err take_verb(struct options *o, int argc, char **argv)
{
	const struct verb *verb;

	if (o->list && o->request.json && o->request.verb == NULL)
		o->request.verb = &verbs[VERB_LIST];
	if (o->request.verb == NULL) {
		if (argc == 0)
			return OK;
		o->request.verb = verb_find(argv[0]);
		if (o->request.verb == NULL)
			return refuse_word(argv[0]);
		argc--;
		argv++;
	}
	verb = o->request.verb;
	o->request.argc = argc;
	o->request.argv = argv;
	if (o->help || (argc >= verb->min_args && argc <= verb->max_args))
		return OK;
	if (argc > verb->max_args)
		error_why(ERR_ARGUMENT, "Unexpected command line argument: %s",
			  argv[verb->max_args]);
	else
		error_why(ERR_ARGUMENT, "\"%s\" needs more arguments", verb->name);
	return error_next(ERR_ARGUMENT, "usage: probed %s %s", verb->name, verb->usage);
}

static enum err check_transport(const char *name)
{
	static const char *const names[] = { "swd", "jtag", "hla_swd", "hla_jtag", "dapdirect_swd",
					     "dapdirect_jtag" };

	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return OK;
	if (name == NULL)
		return OK;
	error_why(ERR_ARGUMENT, "there is no transport \"%s\"", name);
	return error_next(ERR_ARGUMENT, "--transport is swd or jtag");
}

/* Does every option that was given belong to the verb? */
static enum err check_belongs(const struct options *o, uint64_t seen)
{
	const struct verb *verb = o->request.verb;
	unsigned who = verb != NULL ? BIT(verb_id(verb)) : DAEMON;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(seen >> i & 1) || (rows[i].verbs & who))
			continue;
		if (verb != NULL)
			error_why(ERR_ARGUMENT, "\"%s\" has no option --%s", verb->name,
				  rows[i].name);
		else
			error_why(ERR_ARGUMENT, "--%s goes with a verb", rows[i].name);
		return error_next(ERR_ARGUMENT,
				  verb != NULL ? "run probed help %s" : "run probed -h%.0s",
				  verb != NULL ? verb->name : "");
	}
	return OK;
}

enum err options_parse(struct options *o, int argc, char **argv)
{
	struct option names[ARRAY_SIZE(rows) + 1];
	char *letters = short_options();
	uint64_t seen = 0;
	enum err rc = OK;
	int key;

	*o = (struct options){ .ready_fd = -1 };
	o->request.print_help = options_print_verb;
	long_options(names);
	opterr = 0;
	if (getenv("OPENOCD_DEBUG_LEVEL") != NULL)
		rc = set_level(o, getenv("OPENOCD_DEBUG_LEVEL"));
	while (rc == OK && (key = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		rc = key == '?' || key == ':' ? refuse(key, argv[optind - 1]) : take(o, key);
		if (rc == OK)
			seen |= 1ull << (row_of_key(key) - rows);
	}
	free(letters);
	if (rc == OK)
		rc = take_verb(o, argc - optind, argv + optind);
	if (rc == OK)
		rc = check_transport(o->transport);
	if (rc == OK)
		rc = check_belongs(o, seen);
	else
		guess_verb(o, argc, argv);
	o->request.timeout_s = o->timeout_s;
	return rc;
}

void options_free(struct options *o)
{
	free(o->queue);
	free(o->dirs);
}
