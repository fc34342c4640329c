/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probed: start-up and shutdown order, and nothing else.
 *
 * Up: command line, rooms from the ground up, the -f and -c queue, console ports, init, loop. GDB's
 * ports are bound in init before the probe is touched. Down: front ends first, then the targets are
 * left as the configuration says, then the rooms from the top down.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "complete.h"
#include "flash/flash.h"
#include "oneshot/oneshot.h"
#include "options.h"
#include "rtos/rtos.h"
#include "server/gdb/gdb_server.h"
#include "server/server.h"
#include "server/systemd.h"
#include "server/trace_ports.h"
#include "trace/swo.h"

#define DEFAULT_CONFIG "openocd.cfg"
#define GOODBYE_MS     500u

struct daemon {
	struct options options;
	struct loop *loop;
	struct script *script;
	struct adapter *adapter;
	struct dap_list *daps;
	struct target_list *targets;
	struct flash_room *flash;
	struct rtos_room *rtos;
	struct trace_room *trace;
	struct swo_room *swo;
	struct server *server;
	struct gdb_server *gdb;
	struct choice choice;
	int signo;			/* what ended us; 0: nothing did */
	int parent_fd;
	bool has_failed;
	struct error failure;		/* of a verb's configuration */
};

static enum err listen_step(void *ctx)
{
	return gdb_server_listen(ctx);
}

static void build(struct daemon *d)
{
	d->loop = loop_new();
	d->script = script_new(d->loop, d->options.allow_exec);
	for (size_t i = 0; i < d->options.dir_count; i++)
		script_add_search_dir(d->script, d->options.dirs[i], false);
	d->server = server_new(d->loop, d->script);
	server_set_exit_on_detach(d->server, d->options.exit_on_detach);
	d->adapter = adapter_new(d->loop, d->script);
	d->daps = dap_list_new(d->adapter);
	d->targets = target_list_new(d->loop, d->script, d->adapter, d->daps);
	server_watch_targets(d->server, d->targets);
	target_end_at_exit(d->targets, d->options.exit_on_semihosting);
	if (d->options.request.verb == NULL)
		target_set_exit_timeout(d->targets, d->options.timeout_s);
	d->flash = flash_room_new(d->targets);
	d->rtos = rtos_room_new(d->targets);
	d->trace = trace_room_new(d->targets);
	server_lend_ports(d->server, d->trace);
	d->swo = swo_room_new(d->trace);
	swo_set_raw_listener(d->swo, server_raw_trace, d->server);
	d->gdb = gdb_server_new(d->server, d->targets, d->flash);
	script_add_init(d->script, INIT_LISTEN, listen_step, d->gdb);
	d->choice = (struct choice){ .script = d->script, .daps = d->daps };
}

static bool has_halted_core(const struct daemon *d, const struct dap *dap)
{
	for (const struct target *t = d->targets->first; t != NULL; t = t->next) {
		if (t->dap == dap && t->state == TARGET_HALTED)
			return true;
	}
	return false;
}

/* No line stays asserted and no debug domain powered, except where a core was left halted: without
 * debug power it might forget that. */
static void let_go(struct daemon *d)
{
	enum err rc = OK;

	if (!d->adapter->is_open || d->adapter->is_lost)
		return;
	if (d->adapter->srst || d->adapter->trst)
		rc = adapter_set_reset(d->adapter, false, false);
	for (struct dap *dap = d->daps->first; dap != NULL; dap = dap->next) {
		if (dap->is_connected && !has_halted_core(d, dap))
			rc = error_first(rc, dap_disconnect(dap));
	}
	if (rc != OK) {
		log_debug("at the end: %s", error_text(error_current()));
		error_clear();
	}
}

static void tear_down(struct daemon *d)
{
	systemd_notify("STOPPING=1");
	gdb_server_close(d->gdb);
	swo_leave(d->swo);
	swo_room_free(d->swo);
	trace_room_free(d->trace);	/* its clients get the last words */
	server_stop(d->server, GOODBYE_MS);
	target_leave_all(d->targets);
	let_go(d);
	gdb_server_free(d->gdb);
	server_free(d->server);
	rtos_room_free(d->rtos);
	flash_room_free(d->flash);
	target_list_free(d->targets);
	dap_list_free(d->daps);
	adapter_close(d->adapter);
	adapter_free(d->adapter);
	choose_free(&d->choice);
	script_free(d->script);
	loop_free(d->loop);
	if (d->parent_fd >= 0)
		close(d->parent_fd);
}

static void stop(struct daemon *d)
{
	if (script_eval(d->script, NULL, "shutdown", NULL, 0, NULL) != OK)
		script_log_failure(d->script);
}

static void on_signal(struct daemon *d, int signo)
{
	d->signo = d->options.request.signo = signo;
	signal(signo, SIG_DFL);		/* a second one ends us at once */
	stop(d);
}

static void on_terminate(void *ctx)
{
	on_signal(ctx, SIGTERM);
}

static void on_hangup(void *ctx)
{
	on_signal(ctx, SIGHUP);
}

/* Started by GDB as a pipe, the Ctrl-C at GDB's terminal is meant for the target. */
static void on_keyboard(struct daemon *d, int signo)
{
	if (server_is_piped(d->server))
		signal(signo, SIG_IGN);
	else
		on_signal(d, signo);
}

static void on_interrupt(void *ctx)
{
	on_keyboard(ctx, SIGINT);
}

static void on_quit(void *ctx)
{
	on_keyboard(ctx, SIGQUIT);
}

static void on_parent_death(void *ctx, short revents)
{
	struct daemon *d = ctx;

	(void)revents;
	close(d->parent_fd);
	d->parent_fd = -1;
	log_info("the program that started probed has ended");
	stop(d);
}

static void watch_parent(struct daemon *d)
{
	d->parent_fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
	if (d->parent_fd >= 0)
		loop_add_fd(d->loop, d->parent_fd, POLLIN, on_parent_death, d);
	else
		prctl(PR_SET_PDEATHSIG, SIGTERM);	/* an older kernel */
}

static void watch_world(struct daemon *d)
{
	signal(SIGPIPE, SIG_IGN);
	loop_on_signal(d->loop, SIGTERM, on_terminate, d);
	loop_on_signal(d->loop, SIGHUP, on_hangup, d);
	loop_on_signal(d->loop, SIGINT, on_interrupt, d);
	loop_on_signal(d->loop, SIGQUIT, on_quit, d);
	if (d->options.parent_death)
		watch_parent(d);
}

static enum err eval(struct daemon *d, const char *text)
{
	return script_eval(d->script, NULL, text, NULL, 0, NULL);
}

static enum err run_queued(struct daemon *d, const struct queued *q, struct buf *result)
{
	if (q->kind == QUEUED_CHIP)
		return choose_chip(&d->choice, q->text);
	if (q->kind == QUEUED_BOARD)
		return choose_board(&d->choice, q->text);
	if (q->is_file)
		return script_run_file(d->script, NULL, q->text, result);
	return script_eval(d->script, NULL, q->text, NULL, 0, result);
}

/* A verb reports its failures itself, in its own way. */
static void tell_failure(struct daemon *d)
{
	d->has_failed = true;
	if (d->options.request.verb != NULL)
		error_take(&d->failure);
	else
		script_log_failure(d->script);
}

static bool run_one(struct daemon *d, const struct queued *q)
{
	struct buf result = { 0 };
	enum err rc = run_queued(d, q, &result);

	if (rc != OK)
		tell_failure(d);
	else
		script_log_result(&result, true);
	buf_free(&result);
	return rc == OK && !loop_is_stopped(d->loop);
}

/* --speed, --probe, --transport: a Tcl verb each. */
static enum err apply(struct daemon *d, const char *verb, const char *value)
{
	char *text;
	enum err rc;

	if (value == NULL)
		return OK;
	text = xasprintf("%s {%s}", verb, value);
	rc = eval(d, text);
	free(text);
	return rc;
}

static enum err apply_under_reset(struct daemon *d)
{
	if (!d->options.under_reset)
		return OK;
	return eval(d, "reset_config srst_only srst_nogate connect_assert_srst");
}

static enum err apply_link_options(struct daemon *d)
{
	TRY(apply_under_reset(d));
	TRY(apply(d, "adapter use", d->options.probe));
	TRY(apply(d, "transport select", d->options.transport));
	return apply(d, "adapter speed", d->options.speed);
}

/* Is there anything that could be debugged without a configuration? */
static enum err choose_what_is_there(struct daemon *d)
{
	enum err rc = choose_by_itself(&d->choice);

	if (rc != OK && d->adapter->driver == NULL && d->options.request.verb == NULL) {
		log_debug("%s", error_text(error_current()));
		error_clear();
		log_user("no probe at hand? \"probed --board virtual-nucleo-l476rg\" has one in software");
		return OK;	/* a missing file is not the end: init says what is missing */
	}
	return rc;
}

/* Without any -f, -c, --chip or --board. */
static enum err run_default_config(struct daemon *d)
{
	char *path = script_find(d->script, DEFAULT_CONFIG);

	if (path == NULL) {
		error_clear();
		log_user("no -f and no -c: looked for %s in the current folder and on the search path",
			 DEFAULT_CONFIG);
		log_user("trying without it: the probe and the chip that are there");
		return choose_what_is_there(d);
	}
	free(path);
	return script_run_file(d->script, NULL, DEFAULT_CONFIG, NULL);
}

/* A verb with an interface and no chip takes the chip that is there. */
static enum err complete_config(struct daemon *d)
{
	if (d->options.queue_count == 0)
		TRY(run_default_config(d));
	else if (d->options.request.verb != NULL && d->targets->first == NULL)
		TRY(choose_by_itself(&d->choice));
	TRY(apply_under_reset(d));	/* scripts choose these, too */
	return apply(d, "adapter speed", d->options.speed);
}

static void run_queue(struct daemon *d)
{
	if (apply_link_options(d) != OK) {
		tell_failure(d);
		return;
	}
	for (size_t i = 0; i < d->options.queue_count; i++) {
		if (!run_one(d, &d->options.queue[i])) {
			d->has_failed = !loop_is_stopped(d->loop);
			return;
		}
	}
	if (complete_config(d) != OK)
		tell_failure(d);
}

static bool went_well(struct daemon *d, enum err rc)
{
	if (rc != OK) {
		log_failure();
		d->has_failed = true;
	}
	return rc == OK && !loop_is_stopped(d->loop);
}

static void tell_ready(const struct daemon *d)
{
	static const char ready[] = "READY=1\n";

	systemd_notify("READY=1");
	if (d->options.ready_fd < 0)
		return;
	if (write(d->options.ready_fd, ready, sizeof(ready) - 1) < 0)
		log_warning("--ready-fd %d cannot be written", d->options.ready_fd);
	close(d->options.ready_fd);
}

static const char list_script[] = "adapter list";

static void run(struct daemon *d)
{
	if (d->options.list) {
		d->has_failed = !run_one(d, &(struct queued){ .text = list_script });
		return;
	}
	run_queue(d);
	if (d->has_failed || loop_is_stopped(d->loop))
		return;
	if (!went_well(d, server_start_consoles(d->server)))
		return;
	if (script_wants_init(d->script) &&
	    !went_well(d, script_eval(d->script, NULL, "init", NULL, 0, NULL)))
		return;
	tell_ready(d);
	loop_run(d->loop);
}

static int end_verb(struct daemon *d, const struct oneshot_rooms *rooms)
{
	const struct oneshot_request *request = &d->options.request;

	if (!loop_is_stopped(d->loop))
		return oneshot_run(rooms, request, &d->choice, &d->failure);
	if (d->signo == 0)
		return script_exit_code(d->script);
	error_why(ERR_CANCELLED, "interrupted before it began");
	error_next(ERR_CANCELLED, "run it again");
	return oneshot_refuse(request);
}

static int run_verb(struct daemon *d)
{
	const struct oneshot_request *request = &d->options.request;
	const struct oneshot_rooms rooms = { d->loop, d->script, d->adapter, d->daps, d->targets, d->flash,
					     d->trace };
	bool wants_log = d->options.is_level_set || d->options.has_log_file;

	oneshot_hush(request, wants_log);
	if (request->verb->need >= NEED_CONFIG) {
		if (eval(d, "gdb_port disabled; telnet_port disabled; tcl_port disabled") != OK)
			tell_failure(d);
		else
			run_queue(d);
		if (!d->has_failed && server_start_consoles(d->server) != OK)
			tell_failure(d);
	}
	int code = end_verb(d, &rooms);

	if (!wants_log)
		log_set_level(LOG_ERROR);	/* the way out is not news */
	return code;
}

static void print_banner(void)
{
	int level = log_get_level();

	log_set_level(MIN(level, LOG_INFO));	/* -d3 or not, the version begins a line */
	log_user("%s", script_version());
	log_user("Licensed under GNU GPL v2 or later");
	log_set_level(level);
}

static int run_daemon(struct daemon *d)
{
	int code;

	build(d);
	watch_world(d);
	if (d->options.pipe)
		log_warning("-p is an old name: use -c \"gdb_port pipe; log_output openocd.log\"");
	if (d->options.request.verb != NULL) {
		code = run_verb(d);
	} else {
		run(d);
		code = d->has_failed ? 1 : script_exit_code(d->script);
	}
	tear_down(d);
	oneshot_unhush();
	return code;
}

/* Started with one of them closed, the first file or socket would take its number, and get our output. */
static void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct daemon daemon = { .parent_fd = -1 };
	bool wants_object;
	enum err rc;
	int code = 0;

	keep_standard_files();
	setvbuf(stdout, NULL, _IONBF, 0);	/* what scripts print is seen when it is printed */
	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		complete_words(argc - 2, argv + 2);
		return 0;
	}
	rc = options_parse(&daemon.options, argc, argv);
	if (rc == OK && daemon.options.completion != NULL)
		rc = complete_print_script(daemon.options.completion);
	wants_object = rc != OK && (daemon.options.request.verb != NULL || daemon.options.request.json);
	if (daemon.options.request.verb == NULL && daemon.options.completion == NULL && !wants_object)
		print_banner();
	if (wants_object) {
		code = oneshot_refuse(&daemon.options.request);
	} else if (rc != OK) {
		log_failure();
		code = 1;
	} else if (daemon.options.help && daemon.options.request.verb != NULL) {
		options_print_verb(daemon.options.request.verb);
	} else if (daemon.options.help) {
		options_print_help();
	} else if (!daemon.options.version && daemon.options.completion == NULL) {
		if (daemon.options.is_level_set && daemon.options.request.verb == NULL)
			log_user("debug_level: %d", log_get_level());
		code = run_daemon(&daemon);
	}
	options_free(&daemon.options);
	log_close();
	if (daemon.signo != 0) {
		signal(daemon.signo, SIG_DFL);
		raise(daemon.signo);	/* so that the shell sees what ended us */
	}
	return code;
}
