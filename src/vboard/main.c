/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probed-vboard: a virtual debug probe with a board behind it. Command line, start-up, shutdown. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/loop.h"
#include "vboard/board.h"
#include "vboard/control.h"
#include "vboard/front/vcd.h"
#include "vboard/usb/hub.h"
#include "vboard/usb/launch.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define DEFAULT_DAP_PORT "4441"

/*
 * Unicorn 2.0.1 forgets a bitmap per page of code that was written to after it ran. Read by the
 * leak checker of sanitizer builds; weak, as a test may have its own.
 */
const char *__lsan_default_suppressions(void);
__attribute__((weak)) const char *__lsan_default_suppressions(void)
{
	return "leak:libunicorn\n";
}

struct options {
	const char *board, *bitbang, *dap_tcp, *control, *state, *preset, *usb, *vcd, *uart, *ports_file;
	uint32_t wire_khz, packet_size, packet_count;
	int ready_fd;
	bool is_deterministic;
	const char *usb_root;
	const char *probes[MAX_DEVICES];	/* --usb MODEL */
	size_t probe_count;
	char **command;		/* after "--"; NULL: none */
};

struct app {
	struct options options;
	struct loop *loop;
	struct vb_board *board;
	struct vb_pace *pace;
	struct vb_usb usb;
	struct vb_cmsis_dap_config dap_config;
	struct vb_dap_tcp dap_tcp;
	struct vb_remote_bitbang bitbang;
	struct vb_control control;
	struct vb_server *dap_server, *bitbang_server, *control_server;
	struct vb_vcd *vcd;
	struct vb_usb_hub *hub;		/* NULL: no --usb MODEL */
	/* What the second probe and the others are wired to. */
	struct vb_board *more_boards[MAX_DEVICES];
	struct vb_pace *more_paces[MAX_DEVICES];
	pid_t child;		/* 0: none, or it has ended */
	int exit_code;
};

/* --- Command line --- */

enum {
	OPT_BITBANG = 256,
	OPT_DAP_TCP,
	OPT_CONTROL,
	OPT_STATE,
	OPT_PRESET,
	OPT_DETERMINISTIC,
	OPT_USB,
	OPT_USB_ROOT,
	OPT_WIRE_KHZ,
	OPT_PACKET_SIZE,
	OPT_PACKET_COUNT,
	OPT_VCD,
	OPT_UART,
	OPT_PORTS_FILE,
	OPT_READY_FD,
	OPT_PARENT_DEATH,
	OPT_LIST,
};

static const struct option_row {
	const char *name;
	int value;
	const char *argument;	/* NULL: none */
	const char *help;
} option_rows[] = {
	{ "cmsis-dap-tcp", OPT_DAP_TCP, "PORT",
	  "serve CMSIS-DAP over TCP; 0 takes any free port (default if no door is named: 4441)" },
	{ "remote-bitbang", OPT_BITBANG, "PORT|PATH", "serve remote_bitbang, JTAG and SWD" },
	{ "control", OPT_CONTROL, "PORT|PATH",
	  "serve the control port: one verb per line, JSON answers" },
	{ "state", OPT_STATE, "FILE",
	  "load flash and option bytes at start if FILE exists, save them at exit" },
	{ "preset", OPT_PRESET, "NAME",
	  "the state to start from (see the verb preset; after --state)" },
	{ "usb", OPT_USB, "MODEL[,KEY=VALUE...]",
	  "plug in an emulated USB probe; may be repeated, each further one has its own board" },
	{ "usb", OPT_USB, "high|full|none", "what the TCP door's USB costs (default: high)" },
	{ "usb-root", OPT_USB_ROOT, "DIR", "folder of the emulated /sys and /dev (a short path)" },
	{ "packet-size", OPT_PACKET_SIZE, "N",
	  "CMSIS-DAP packet size (default: 512, full speed 64)" },
	{ "packet-count", OPT_PACKET_COUNT, "N", "CMSIS-DAP packets in flight (default: 8)" },
	{ "wire-khz", OPT_WIRE_KHZ, "KHZ",
	  "clock of remote_bitbang in virtual time (default: 1000)" },
	{ "deterministic", OPT_DETERMINISTIC, NULL, "only requests make virtual time pass" },
	{ "uart", OPT_UART, "PATH|-", "where the board's first UART prints" },
	{ "vcd", OPT_VCD, "FILE", "record the debug pins for a logic analyser" },
	{ "ports-file", OPT_PORTS_FILE, "FILE", "write the real ports as JSON once listening" },
	{ "ready-fd", OPT_READY_FD, "N", "write a line to this descriptor once listening" },
	{ "parent-death", OPT_PARENT_DEATH, NULL, "end when the parent process ends" },
	{ "list", OPT_LIST, NULL, "list the boards" },
	{ "help", 'h', NULL, "show this" },
	{ "version", 'v', NULL, "show the version" },
};

static void show_help(void)
{
	printf("Usage: probed-vboard BOARD [options] [-- COMMAND ARGUMENTS...]\n\n"
	       "A virtual debug probe with a board behind it.\n\nBoards:\n");
	for (size_t i = 0; vb_chips[i] != NULL; i++)
		printf("  %-24s %s\n", vb_chips[i]->board_name, vb_chips[i]->help);
	printf("\nOptions:\n");
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++) {
		const struct option_row *o = &option_rows[i];
		char text[64];

		snprintf(text, sizeof(text), "--%s %s", o->name, o->argument ? o->argument : "");
		printf("  %-28s %s\n", text, o->help);
	}
}

static void show_boards(void)
{
	for (size_t i = 0; vb_chips[i] != NULL; i++)
		printf("%-24s %s\n", vb_chips[i]->board_name, vb_chips[i]->help);
	printf("\nUSB probes (--usb):\n");
	for (size_t i = 0; vb_usb_models[i] != NULL; i++)
		printf("  %-16s %s\n", vb_usb_models[i]->name, vb_usb_models[i]->help);
}

/* Cuts off what follows "--", which is not for us. */
static int split_command(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		o->command = i + 1 < argc ? argv + i + 1 : NULL;
		return i;
	}
	return argc;
}

static enum err parse_number(const char *option, const char *text, uint32_t min, uint32_t max,
			     uint32_t *value)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != 0 || v < min || v > max)
		return error_why(ERR_ARGUMENT,
				 "--%s %s: a number from %" PRIu32 " to %" PRIu32 " is needed",
				 option, text, min, max);
	*value = (uint32_t)v;
	return OK;
}

static enum err add_usb(struct options *o, const char *argument)
{
	if (vb_usb_find(argument) != NULL) {
		o->usb = argument;
		return OK;
	}
	if (o->probe_count == MAX_DEVICES)
		return error_why(ERR_ARGUMENT, "--usb %s: %d probes are the most", argument,
				 MAX_DEVICES);
	o->probes[o->probe_count++] = argument;
	return OK;
}

static enum err parse_option(struct options *o, int value, const char *argument)
{
	uint32_t n;

	switch (value) {
	case OPT_BITBANG:	o->bitbang = argument; break;
	case OPT_DAP_TCP:	o->dap_tcp = argument; break;
	case OPT_CONTROL:	o->control = argument; break;
	case OPT_STATE:		o->state = argument; break;
	case OPT_PRESET:	o->preset = argument; break;
	case OPT_USB:		return add_usb(o, argument);
	case OPT_USB_ROOT:	o->usb_root = argument; break;
	case OPT_VCD:		o->vcd = argument; break;
	case OPT_UART:		o->uart = argument; break;
	case OPT_PORTS_FILE:	o->ports_file = argument; break;
	case OPT_DETERMINISTIC: o->is_deterministic = true; break;
	case OPT_WIRE_KHZ:	return parse_number("wire-khz", argument, 1, 100000, &o->wire_khz);
	case OPT_PACKET_SIZE:
		return parse_number("packet-size", argument, 64, 32768, &o->packet_size);
	case OPT_PACKET_COUNT:
		return parse_number("packet-count", argument, 1, 255, &o->packet_count);
	case OPT_READY_FD:
		TRY(parse_number("ready-fd", argument, 0, 65535, &n));
		o->ready_fd = (int)n;
		break;
	case OPT_PARENT_DEATH:
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		break;
	default:
		return error_why(ERR_ARGUMENT,
				 "unknown option, or one without its argument");
	}
	return OK;
}

/* Returns true if the program is done (help and the like were shown). */
static enum err parse_command_line(struct options *o, int argc, char **argv, bool *is_done)
{
	struct option table[ARRAY_SIZE(option_rows) + 1] = { 0 };
	int value;

	argc = split_command(o, argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++) {
		table[i].name = option_rows[i].name;
		table[i].val = option_rows[i].value;
		table[i].has_arg = option_rows[i].argument ? required_argument : no_argument;
	}
	while ((value = getopt_long(argc, argv, "hv", table, NULL)) != -1) {
		*is_done = value == 'h' || value == 'v' || value == OPT_LIST;
		if (value == 'h')
			show_help();
		else if (value == 'v')
			printf("probed-vboard %s\n", PACKAGE_VERSION);
		else if (value == OPT_LIST)
			show_boards();
		else
			TRY(parse_option(o, value, optarg));
		if (*is_done)
			return OK;
	}
	if (argc - optind != 1)
		return error_why(ERR_ARGUMENT, "one board is needed (--list shows them)");
	o->board = argv[optind];
	return OK;
}

/* --- Start-up --- */

static enum err make_board(struct app *app)
{
	const struct options *o = &app->options;
	const struct vb_chip *chip = NULL;
	char problem[800] = "";
	enum err rc;

	for (size_t i = 0; vb_chips[i] != NULL; i++)
		if (strcmp(vb_chips[i]->board_name, o->board) == 0)
			chip = vb_chips[i];
	if (chip == NULL)
		return error_why(ERR_ARGUMENT, "there is no board \"%s\" (--list shows them)", o->board);
	app->board = vb_board_new(chip);
	if (app->board == NULL)
		return error_why(ERR_INTERNAL, "the board \"%s\" could not be built", o->board);
	app->board->state_file = o->state;
	app->board->uart_path = o->uart;
	rc = o->state == NULL ? OK : vb_state_load(app->board, o->state);
	if (rc == ERR_NOT_FOUND)
		error_clear();		/* the first start: a blank chip */
	else if (rc != OK)
		return rc;
	if (o->preset != NULL && !vb_board_preset(app->board, o->preset, problem, sizeof(problem)))
		return error_why(ERR_ARGUMENT, "--preset: %s", problem);
	return OK;
}

static enum err open_dap(struct app *app)
{
	const struct options *o = &app->options;
	const struct vb_usb *usb = vb_usb_find(o->usb);

	if (usb == NULL)
		return error_why(ERR_ARGUMENT, "--usb %s: it is high, full or none", o->usb);
	if (o->dap_tcp == NULL)
		return OK;
	app->usb = *usb;
	app->dap_config = (struct vb_cmsis_dap_config){
		.packet_size = o->packet_size ? (uint16_t)o->packet_size : usb->dap_packet_size,
		.packet_count = o->packet_count ? (uint8_t)o->packet_count : usb->dap_packet_count,
		.max_hz = usb->max_hz,
		.product = "probed-vboard CMSIS-DAP",
		.serial = "VB000001",
		.capabilities = DAP_CAP_SWD | DAP_CAP_JTAG | DAP_CAP_SWO_UART |
				DAP_CAP_SWO_MANCHESTER | DAP_CAP_ATOMIC | DAP_CAP_TIMER |
				DAP_CAP_UART,
	};
	app->dap_tcp = (struct vb_dap_tcp){
		.board = app->board,
		.dap = vb_cmsis_dap_new(&app->dap_config, app->board),
		.usb = &app->usb,
		.pace = app->pace,
	};
	return vb_server_open(app->loop, &vb_dap_tcp_ops, &app->dap_tcp, o->dap_tcp,
			      &app->dap_server);
}

static enum err open_doors(struct app *app)
{
	struct options *o = &app->options;

	if (o->dap_tcp == NULL && o->bitbang == NULL && o->probe_count == 0)
		o->dap_tcp = DEFAULT_DAP_PORT;
	TRY(open_dap(app));
	if (o->bitbang != NULL) {
		vb_remote_bitbang_init(&app->bitbang, app->board, app->pace, o->wire_khz * 1000);
		TRY(vb_server_open(app->loop, &vb_remote_bitbang_ops, &app->bitbang, o->bitbang,
				   &app->bitbang_server));
	}
	app->control = (struct vb_control){
		.loop = app->loop,
		.board = app->board,
		.pace = app->pace,
		.dap_tcp = app->dap_server ? &app->dap_tcp : NULL,
		.bitbang = app->bitbang_server ? &app->bitbang : NULL,
		.hub = app->hub,
		.probe = { app->dap_server, app->bitbang_server },
	};
	app->board->unplug = vb_control_pull_cable;
	app->board->unplug_ctx = &app->control;
	if (o->control == NULL)
		return OK;
	return vb_server_open(app->loop, &vb_control_ops, &app->control, o->control,
			      &app->control_server);
}

/* {"board":"...","cmsis-dap-tcp":4441,...}: what a script needs after asking for port 0. */
static enum err write_ports_file(struct app *app)
{
	struct vb_server *servers[] = { app->dap_server, app->bitbang_server, app->control_server };
	const char *path = app->options.ports_file;
	char *temporary = xasprintf("%s.%d.tmp", path, (int)getpid());
	struct buf json = { 0 };
	FILE *f = fopen(temporary, "w");
	bool ok = f != NULL;

	buf_printf(&json, "{\"board\":\"%s\",\"pid\":%d", app->options.board, (int)getpid());
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		if (servers[i] == NULL)
			continue;
		buf_printf(&json, ",\"%s\":", vb_server_name(servers[i]));
		if (vb_server_is_tcp(servers[i]))
			buf_printf(&json, "%s", vb_server_address(servers[i]));
		else
			buf_json_string(&json, vb_server_address(servers[i]));
	}
	if (app->hub != NULL) {
		buf_printf(&json, ",\"usb-root\":");
		buf_json_string(&json, vb_hub_root(app->hub));
		buf_printf(&json, ",\"usb-preload\":");
		buf_json_string(&json, vb_hub_preload(app->hub));
	}
	buf_printf(&json, "}\n");
	if (ok) {
		ok = fwrite(json.data, 1, json.len, f) == json.len;
		ok = fclose(f) == 0 && ok && rename(temporary, path) == 0;
	}
	if (!ok)
		error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	buf_free(&json);
	free(temporary);
	return ok ? OK : ERR_IO;
}

static enum err announce(struct app *app)
{
	struct vb_server *servers[] = { app->dap_server, app->bitbang_server, app->control_server };
	const char *sep = " ";

	if (app->options.ports_file != NULL)
		TRY(write_ports_file(app));
	fprintf(stderr, "probed-vboard: %s ready:", app->options.board);
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		if (servers[i] == NULL)
			continue;
		fprintf(stderr, "%s%s %s", sep, vb_server_name(servers[i]),
			vb_server_address(servers[i]));
		sep = ", ";
	}
	for (size_t i = 0; i < vb_hub_count(app->hub); i++) {
		fprintf(stderr, "%susb %s %s", sep, vb_hub_location(app->hub, i),
			vb_hub_device(app->hub, i)->model->name);
		sep = ", ";
	}
	fprintf(stderr, "\n");
	if (app->hub != NULL && app->options.command == NULL)
		fprintf(stderr, "export LD_PRELOAD=%s\nexport UMOCKDEV_DIR=%s\n",
			vb_hub_preload(app->hub), vb_hub_root(app->hub));
	if (app->options.ready_fd >= 0) {
		if (dprintf(app->options.ready_fd, "ready\n") < 0)
			return error_why(ERR_IO, "--ready-fd %d: %s", app->options.ready_fd,
					 strerror(errno));
		close(app->options.ready_fd);
	}
	return OK;
}

/* --- USB --- */

static enum err plug_probe(struct app *app, size_t i)
{
	struct vb_board *board = app->board;
	struct vb_pace *pace = app->pace;
	const struct vb_usb_model *model = NULL;
	const char *options = NULL;

	if (i > 0) {
		board = app->more_boards[i] = vb_board_new(app->board->chip);
		if (board == NULL)
			return error_why(ERR_INTERNAL, "another board could not be built");
		if (board->chip->set_unit != NULL)
			board->chip->set_unit(board, board->priv, (unsigned)i);
		if (!app->options.is_deterministic)
			pace = app->more_paces[i] = vb_pace_new(app->loop, board->clock);
	}
	TRY(vb_usb_find_model(app->options.probes[i], &model, &options));
	return vb_hub_plug(app->hub, model, options, board, pace);
}

static enum err plug_probes(struct app *app)
{
	if (app->options.probe_count == 0)
		return OK;
	TRY(vb_hub_new(&(struct vb_hub_config){ app->loop, app->options.usb_root }, &app->hub));
	for (size_t i = 0; i < app->options.probe_count; i++)
		TRY(plug_probe(app, i));
	return OK;
}

static void on_command_ended(void *ctx, pid_t pid, int status)
{
	struct app *app = ctx;

	(void)pid;
	app->child = 0;
	app->exit_code = vb_launch_exit_code(status);
	loop_stop(app->loop);
}

static enum err run_command(struct app *app)
{
	if (app->options.command == NULL)
		return OK;
	if (app->hub == NULL)
		return error_why(ERR_ARGUMENT, "a command needs a probe to use: add --usb MODEL");
	TRY(vb_launch(app->hub, app->options.command, &app->child));
	loop_on_child(app->loop, app->child, on_command_ended, app);
	return OK;
}

/* A terminal sends Ctrl-C to all in its foreground. */
static bool is_in_foreground(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	bool is = fd >= 0 && tcgetpgrp(fd) == getpgrp();

	if (fd >= 0)
		close(fd);
	return is;
}

/* The command decides: it gets a Ctrl-C from the terminal or from us. */
static void on_interrupt(void *ctx)
{
	struct app *app = ctx;

	if (app->child == 0)
		loop_stop(app->loop);
	else if (!is_in_foreground())
		kill(app->child, SIGINT);
}

static void on_terminate(void *ctx)
{
	struct app *app = ctx;

	if (app->child != 0)
		kill(app->child, SIGTERM);
	else
		loop_stop(app->loop);
}

static enum err start(struct app *app)
{
	app->loop = loop_new();
	signal(SIGPIPE, SIG_IGN);
	loop_on_signal(app->loop, SIGINT, on_interrupt, app);
	loop_on_signal(app->loop, SIGTERM, on_terminate, app);
	loop_on_signal(app->loop, SIGHUP, on_terminate, app);
	TRY(make_board(app));
	if (!app->options.is_deterministic)
		app->pace = vb_pace_new(app->loop, app->board->clock);
	TRY(plug_probes(app));
	TRY(open_doors(app));
	if (app->options.vcd != NULL)
		TRY(vb_vcd_open(app->options.vcd, app->board->link, &app->vcd));
	TRY(announce(app));
	return run_command(app);
}

static enum err finish(struct app *app, enum err rc)
{
	vb_server_close(app->dap_server);
	vb_server_close(app->bitbang_server);
	vb_server_close(app->control_server);
	if (rc == OK && app->options.state != NULL)
		rc = vb_state_save(app->board, app->options.state);
	if (rc == OK)
		rc = vb_vcd_close(app->vcd);
	else
		vb_vcd_close(app->vcd);
	vb_hub_free(app->hub);
	for (size_t i = 0; i < MAX_DEVICES; i++) {
		vb_pace_free(app->more_paces[i]);
		if (app->more_boards[i] != NULL)
			vb_board_free(app->more_boards[i]);
	}
	vb_cmsis_dap_free(app->dap_tcp.dap);
	vb_pace_free(app->pace);
	vb_board_free(app->board);
	loop_free(app->loop);
	return rc;
}

int main(int argc, char **argv)
{
	struct app app = { .options = { .usb = "high", .wire_khz = 1000, .ready_fd = -1 } };
	bool is_done = false;
	enum err rc = parse_command_line(&app.options, argc, argv, &is_done);

	if (rc == OK && !is_done) {
		rc = start(&app);
		if (rc == OK)
			loop_run(app.loop);
		rc = finish(&app, rc);
	}
	if (rc == ERR_ARGUMENT)
		error_next(rc, "see --help");
	if (rc != OK)
		fprintf(stderr, "probed-vboard: %s\n", error_text(error_current()));
	return rc == OK ? app.exit_code : 1;
}
