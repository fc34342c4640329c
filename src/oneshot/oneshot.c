/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connecting as far as a verb needs, the report, and the exit code. */
#include "oneshot/verbs.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const struct {
	enum err code;
	enum oneshot_exit exit;
} exits[] = {
	{ OK, EXIT_OK },
	{ ERR_ARGUMENT, EXIT_USAGE },
	{ ERR_NOT_FOUND, EXIT_USAGE },
	{ ERR_IO, EXIT_USAGE },
	{ ERR_CHIP_NAME, EXIT_USAGE },
	{ ERR_IMAGE_FORMAT, EXIT_USAGE },
	{ ERR_IMAGE_EMPTY, EXIT_USAGE },
	{ ERR_ADAPTER_CONFIG, EXIT_PROBE },
	{ ERR_ADAPTER_NOT_FOUND, EXIT_PROBE },
	{ ERR_ADAPTER_LOST, EXIT_PROBE },
	{ ERR_ADAPTER_PROTOCOL, EXIT_PROBE },
	{ ERR_ADAPTER_AMBIGUOUS, EXIT_PROBE },
	{ ERR_ADAPTER_PERMISSION, EXIT_PROBE },
	{ ERR_ADAPTER_BUSY, EXIT_PROBE },
	{ ERR_ADAPTER_FIRMWARE, EXIT_PROBE },
	{ ERR_ADAPTER_STALL, EXIT_PROBE },
	{ ERR_ADAPTER_SPEED, EXIT_PROBE },
	{ ERR_ADAPTER_NO_TARGET_POWER, EXIT_TARGET },
	{ ERR_DAP_NO_ACK, EXIT_TARGET },
	{ ERR_DAP_PARITY, EXIT_TARGET },
	{ ERR_DAP_WAIT, EXIT_TARGET },
	{ ERR_DAP_FAULT, EXIT_TARGET },
	{ ERR_DAP_POWER, EXIT_TARGET },
	{ ERR_DAP_JTAG_CHAIN, EXIT_TARGET },
	{ ERR_BUS, EXIT_TARGET },
	{ ERR_NOT_EXAMINED, EXIT_TARGET },
	{ ERR_NOT_HALTED, EXIT_TARGET },
	{ ERR_HALT_TIMEOUT, EXIT_TARGET },
	{ ERR_RESET_TIMEOUT, EXIT_TARGET },
	{ ERR_ALGORITHM, EXIT_TARGET },
	{ ERR_TIMEOUT, EXIT_TARGET },
	{ ERR_CHIP, EXIT_FLASH },
	{ ERR_REFUSED, EXIT_FLASH },
	{ ERR_NO_BANK, EXIT_FLASH },
	{ ERR_FLASH_PROBE, EXIT_FLASH },
	{ ERR_PROTECTED, EXIT_FLASH },
	{ ERR_READ_PROTECTED, EXIT_FLASH },
	{ ERR_FLASH_OPERATION, EXIT_FLASH },
	{ ERR_FLASH_BUSY, EXIT_FLASH },
	{ ERR_FORMAT, EXIT_FLASH },
	{ ERR_FLASH_LOCKED, EXIT_FLASH },
	{ ERR_NO_WORK_AREA, EXIT_FLASH },
	{ ERR_VERIFY, EXIT_VERIFY },
	{ ERR_PROGRAM, EXIT_PROGRAM },
};

int oneshot_exit_code(enum err code)
{
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		if (exits[i].code == code)
			return exits[i].exit;
	}
	return EXIT_GENERAL;
}

void say(struct oneshot *o, const char *fmt, ...)
{
	FILE *out = o->request->verb->run == verb_run ? stderr : stdout; /* that is the program's */
	va_list ap;

	if (o->request->json || o->request->quiet)
		return;
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void put_json(struct oneshot *o, const char *name, const char *json)
{
	if (!o->request->json)
		return;
	buf_printf(&o->fields, ", ");
	buf_json_string(&o->fields, name);
	buf_printf(&o->fields, ": %s", json);
}

void put_text(struct oneshot *o, const char *name, const char *value)
{
	struct buf text = { 0 };

	if (value != NULL)
		buf_json_string(&text, value);
	put_json(o, name, value != NULL ? (const char *)text.data : "null");
	buf_free(&text);
}

void put_number(struct oneshot *o, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_json(o, name, text);
}

void put_hex(struct oneshot *o, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08" PRIx32, value);
	put_text(o, name, text);
}

void put_bool(struct oneshot *o, const char *name, bool value)
{
	put_json(o, name, value ? "true" : "false");
}

enum err tcl(struct oneshot *o, struct buf *result, const char *fmt, ...)
{
	va_list ap;
	char *text;
	enum err rc;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	rc = script_eval(o->rooms->script, NULL, text, NULL, 0, result);
	free(text);
	return rc;
}

void drop_error(const char *what)
{
	log_debug("%s: %s", what, error_text(error_current()));
	error_clear();
}

/* The log as a newcomer wants it: what needs his attention, on stderr. */
static struct {
	struct log_sink sink;
	bool is_on, is_shown;	/* is_shown: else the log itself shows it */
	struct buf warnings;	/* as elements of a JSON array */
} attention;

/* Lines that clients of the daemon wait for, and that say nothing to the user of a verb. */
static bool is_news(const char *text)
{
	static const char *const old[] = { "clearing lockup after double fault",
					   "checksum mismatch - attempting binary compare" };

	for (size_t i = 0; i < ARRAY_SIZE(old); i++)
		if (strstr(text, old[i]) != NULL)
			return false;
	return true;
}

static void show(struct log_sink *sink, enum log_level level, const char *text, bool is_line)
{
	const struct oneshot_request *request = sink->ctx;
	char *words;

	if (!is_line || !is_news(text) || (level != LOG_ERROR && level != LOG_WARNING))
		return;
	words = shell_words(text);
	if (level == LOG_WARNING) {
		buf_printf(&attention.warnings, "%s", attention.warnings.len > 0 ? ", " : "");
		buf_json_string(&attention.warnings, words);
	}
	if (attention.is_shown && (level == LOG_ERROR || !request->quiet))
		fprintf(stderr, "%s%s\n", log_prefix(level), words);
	free(words);
}

bool was_warned(const char *words)
{
	return attention.warnings.len > 0 && strstr((const char *)attention.warnings.data, words) != NULL;
}

void oneshot_hush(const struct oneshot_request *request, bool wants_log)
{
	if (attention.is_on)
		return;
	attention.sink = (struct log_sink){ .write = show, .ctx = (void *)request };
	attention.is_on = true;
	attention.is_shown = !wants_log;
	log_add_sink(&attention.sink);
	if (attention.is_shown)
		log_mute(true);
}

void oneshot_unhush(void)
{
	if (!attention.is_on)
		return;
	log_remove_sink(&attention.sink);
	if (attention.is_shown)
		log_mute(false);
	attention.is_on = false;
	buf_free(&attention.warnings);
}

static void print_error_json(struct buf *out, const char *verb, const struct error *e)
{
	const struct {
		const char *name, *value;
	} members[] = {
		{ "id", error_id(e->code) }, { "what", e->what[0] || verb == NULL ? e->what : verb },
		{ "why", e->why },	     { "next", e->next[0] ? e->next : error_step(e->code) },
		{ "evidence", e->evidence }, { "cause", error_cause(e->code) },
	};

	buf_printf(out, ", \"error\": {");
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		buf_printf(out, "%s\"%s\": ", i ? ", " : "", members[i].name);
		buf_json_string(out, members[i].value);
	}
	buf_putc(out, '}');
}

static void print_object(const char *verb, const struct buf *fields, const struct error *e,
			 int exit_code)
{
	struct buf out = { 0 };

	buf_printf(&out, "{\"verb\": ");
	if (verb != NULL)
		buf_json_string(&out, verb);
	else
		buf_printf(&out, "null");
	buf_printf(&out, ", \"ok\": %s, \"exit\": %d", exit_code == 0 ? "true" : "false",
		   exit_code);
	if (fields != NULL && fields->len > 0)
		buf_append(&out, fields->data, fields->len);
	buf_printf(&out, ", \"warnings\": [%s]",
		   attention.warnings.len > 0 ? (const char *)attention.warnings.data : "");
	if (e->code != OK)
		print_error_json(&out, verb, e);
	printf("%s}\n", (const char *)out.data);
	buf_free(&out);
}

int oneshot_refuse(const struct oneshot_request *request)
{
	int code = request->signo != 0 ? 128 + request->signo : EXIT_USAGE;
	struct error error;

	error_take(&error);
	if (request->json)
		print_object(request->verb != NULL ? request->verb->name : NULL, NULL, &error, code);
	error_put(&error);
	log_failure();
	return code;
}

static bool is_any_probe_seen(struct adapter *adapter)
{
	struct probe *all = NULL;
	bool is_any;

	if (probes_find(adapter, false, &all) != OK)
		drop_error("probes");
	is_any = all != NULL;
	probes_free(all);
	return is_any;
}

/* Where most people begin. */
static void help_beginners(const struct oneshot *o)
{
	const struct adapter_driver *driver = o->rooms->adapter->driver;
	const struct error *e = &o->error;

	if (oneshot_exit_code(e->code) == EXIT_TARGET && o->target == NULL)
		fprintf(stderr, "  %s--under-reset reaches a chip that sleeps or locks the debugger out\n",
			verb_id(o->request->verb) != VERB_DOCTOR
				? "\"probed doctor\" examines probe and wires; "
				: "");
	if ((e->code != ERR_ADAPTER_NOT_FOUND && e->code != ERR_ADAPTER_CONFIG) ||
	    (driver != NULL && driver->recognise == NULL) ||
	    is_any_probe_seen(o->rooms->adapter))
		return;
	fprintf(stderr,
		"  looked for: every probe that probed has a driver for, on USB (\"probed list\")\n"
		"  not shown there though plugged in: the rights are missing; put "
		"contrib/60-probed.rules "
		"into /etc/udev/rules.d\n"
		"  no probe at hand: probed info --board virtual-nucleo-l476rg has one in "
		"software\n");
}

static enum err find_target(struct oneshot *o)
{
	struct target *t;

	TRY(target_current(o->rooms->targets, &t));
	if (!t->examined) {
		/* init went on without it; once more, for the reason. */
		TRY(target_examine(t));
		TRY(target_check_examined(t));
	}
	o->target = t;
	return OK;
}

/* The wrong flash driver could do harm; a look cannot. */
static enum err check_chip(struct oneshot *o)
{
	enum err rc = choose_check(o->choice, o->target->dap);

	if (rc == ERR_CHIP && (!(o->request->verb->traits & CHANGES_FLASH) || o->request->force)) {
		log_warning("%s", error_current()->why);
		error_clear();
		rc = OK;
	}
	return rc;
}

enum err halt_behind_reset(struct oneshot *o)
{
	if (o->target->state != TARGET_RESET)
		return OK;
	o->was_reset = true;
	return tcl(o, NULL, "reset halt");
}

static enum err connect_target(struct oneshot *o)
{
	TRY(tcl(o, NULL, "init"));
	TRY(find_target(o));
	TRY(halt_behind_reset(o));
	return check_chip(o);
}

/* A look does not leave a chip standing that ran before the reset. */
static enum err run_on(struct oneshot *o)
{
	if (!o->was_reset || !(o->request->verb->traits & ONLY_LOOKS) ||
	    o->target->state != TARGET_HALTED)
		return OK;
	return tcl(o, NULL, "resume");
}

/* The doctor goes on without a configuration, but not without a probe. */
static bool is_over_before(const struct oneshot *o, enum err before)
{
	if (before == OK || o->request->verb->need < NEED_CONFIG)
		return false;
	return verb_id(o->request->verb) != VERB_DOCTOR || before == ERR_ADAPTER_CONFIG ||
	       before == ERR_ADAPTER_NOT_FOUND || before == ERR_ADAPTER_AMBIGUOUS;
}

static enum err do_verb(struct oneshot *o, const struct error *before)
{
	const struct verb *verb = o->request->verb;
	enum err rc;

	TRY(read_file(o));	/* a wrong file is told before anything is connected */
	if (is_over_before(o, before->code)) {
		error_put(before);
		return before->code;
	}
	if (verb->need == NEED_TARGET)
		TRY(connect_target(o));
	if (o->was_reset && verb_id(verb) == VERB_RTT)
		TRY(tcl(o, NULL, "resume"));
	rc = verb->run(o);
	error_hold(rc);
	return error_settle(rc, run_on(o));
}

/* What somebody with a shell does next. */
static void advise(const struct oneshot *o, enum err rc)
{
	bool changes_flash = o->request->verb->traits & CHANGES_FLASH;

	if (rc == ERR_ADAPTER_AMBIGUOUS)
		error_next(rc, "add --probe and the serial number or USB location of the one you mean");
	if (rc == ERR_ARGUMENT && error_current()->next[0] == '\0')
		error_next(rc, "run \"probed help %s\"", o->request->verb->name);
	if (rc == ERR_IMAGE_FORMAT && error_current()->next[0] == '\0')
		error_next(rc, "check that it is the linked program, whole, and for this chip");
	if (rc == ERR_ADAPTER_LOST)
		error_next(rc, "plug it in again, then repeat it");
	if (rc == ERR_READ_PROTECTED)
		error_next(rc, "\"probed doctor --fix --yes\" takes the protection off and erases the "
			       "whole flash; \"probed doctor\" tells more");
	if (rc == ERR_CANCELLED && loop_is_stopped(o->rooms->loop)) {
		error_why(rc, "interrupted before it was done");
		error_next(rc, "run it again%s", changes_flash
			   ? ": a flash that was being written holds a part of the file" : "");
	}
}

static void take_failure(struct oneshot *o, enum err rc)
{
	char *words;

	advise(o, rc);
	error_take(&o->error);
	words = shell_words(o->error.next[0] ? o->error.next : error_step(rc));
	snprintf(o->error.next, sizeof(o->error.next), "%s", words);
	free(words);
	words = shell_words(o->error.why);
	snprintf(o->error.why, sizeof(o->error.why), "%s", words);
	free(words);
}

/* A full disk is no success; a reader that went away had enough. */
static int finish_output(int code)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	bool is_bad = fflush(stdout) != 0 || ferror(stdout);

	if (!is_bad || code != EXIT_OK || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)))
		return code;
	log_error("not all of the output could be written: check the disk, or what stdout is");
	return EXIT_GENERAL;
}

static int report(struct oneshot *o, enum err rc)
{
	int code = o->exit_code >= 0 ? o->exit_code : oneshot_exit_code(rc);

	if (rc != OK)
		take_failure(o, rc);
	if (o->request->signo != 0)
		code = 128 + o->request->signo;	/* as a shell has it */
	if (o->request->json)
		print_object(o->request->verb->name, &o->fields, &o->error, code);
	code = finish_output(code);
	if (rc != OK) {
		error_put(&o->error);
		log_failure();
		help_beginners(o);
	}
	return code;
}

enum err verb_help(struct oneshot *o)
{
	const char *word = o->request->argc > 0 ? o->request->argv[0] : NULL;
	const struct verb *verb = word != NULL ? verb_find(word) : NULL, *near;

	if (word != NULL && verb == NULL) {
		error_why(ERR_ARGUMENT, "there is no verb \"%s\"", word);
		near = verb_nearest(word);
		return error_next(ERR_ARGUMENT,
				  near != NULL ? "did you mean \"%s\"?"
					       : "\"probed help\" lists them%.0s",
				  near != NULL ? near->name : "");
	}
	o->request->print_help(verb);
	return OK;
}

int oneshot_run(const struct oneshot_rooms *rooms, const struct oneshot_request *request,
		struct choice *choice, const struct error *before)
{
	struct oneshot o = {
		.rooms = rooms, .request = request, .choice = choice, .exit_code = -1
	};
	int code = report(&o, do_verb(&o, before));

	image_close(o.image);
	buf_free(&o.fields);
	return code;
}
