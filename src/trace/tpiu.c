/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TPIU objects: `tpiu create`, their options and verbs, and the room around them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/room_verbs.h"
#include "trace/swo_priv.h"

#define TPIU_BASE      0xe0040000u	/* DDI 0403 table C1-1 */
#define PORT_WIDTH_MAX 32u

const char *const tpiu_protocols[] = { [TPIU_SYNC] = "sync", [TPIU_UART] = "uart",
				       [TPIU_MANCHESTER] = "manchester", NULL };
const char *const tpiu_event_names[] = {
	[TPIU_PRE_ENABLE] = "pre-enable", [TPIU_POST_ENABLE] = "post-enable",
	[TPIU_PRE_DISABLE] = "pre-disable", [TPIU_POST_DISABLE] = "post-disable", NULL
};

struct target *tpiu_target(const struct tpiu *tpiu)
{
	struct target *t = tpiu->room->targets->first;

	while (t != NULL && t->dap != tpiu->dap)
		t = t->next;
	return t;
}

/* --- Options --- */

struct tpiu_option {
	const char *name;
	enum err (*set)(struct tpiu *tpiu, const char *value);
	void (*get)(struct call *c, const struct tpiu *tpiu);
};

static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

static void set_text(char **slot, const char *text)
{
	free(*slot);
	*slot = text[0] != '\0' ? xstrdup(text) : NULL;
}

static enum err set_dap(struct tpiu *tpiu, const char *value)
{
	struct dap *dap = dap_find(tpiu->room->targets->daps, value);

	if (dap == NULL) {
		error_why(ERR_NOT_FOUND, "there is no DAP named %s", value);
		return error_next(ERR_NOT_FOUND, "create it first, with \"dap create\"");
	}
	tpiu->dap = dap;
	return OK;
}

static void get_dap(struct call *c, const struct tpiu *tpiu)
{
	result_printf(c, "%s", tpiu->dap != NULL ? tpiu->dap->name : "");
}

static enum err set_ap_num(struct tpiu *tpiu, const char *value)
{
	uint32_t n;

	TRY(parse_u32(value, "-ap-num", &n));
	if (n > 255)
		return error_why(ERR_ARGUMENT, "%s is not an access port number (0 to 255)", value);
	tpiu->ap_num = (int)n;
	return OK;
}

static void get_ap_num(struct call *c, const struct tpiu *tpiu)
{
	result_int(c, MAX(tpiu->ap_num, 0));
}

static enum err set_base(struct tpiu *tpiu, const char *value)
{
	return parse_u32(value, "-baseaddr", &tpiu->base);
}

static void get_base(struct call *c, const struct tpiu *tpiu)
{
	result_printf(c, "0x%08x", tpiu->base);
}

static enum err set_protocol(struct tpiu *tpiu, const char *value)
{
	int which = find_word(tpiu_protocols, value);

	if (which < 0)
		return error_why(ERR_ARGUMENT, "-protocol takes sync, uart or manchester, not "
				 "\"%s\"", value);
	tpiu->protocol = (enum tpiu_protocol)which;
	return OK;
}

static void get_protocol(struct call *c, const struct tpiu *tpiu)
{
	result_printf(c, "%s", tpiu_protocols[tpiu->protocol]);
}

static enum err set_output(struct tpiu *tpiu, const char *value)
{
	uint32_t port;

	if (value[0] == '\0')
		return error_why(ERR_ARGUMENT, "-output takes external, -, a file or :PORT");
	if (value[0] == ':' && (parse_u32(value + 1, "the port", &port) != OK || port > 65535)) {
		error_clear();
		return error_why(ERR_ARGUMENT, "\"%s\" is not a port (:0 to :65535)", value);
	}
	set_text(&tpiu->output, value);
	return OK;
}

static void get_output(struct call *c, const struct tpiu *tpiu)
{
	result_printf(c, "%s", tpiu->output);
}

static enum err set_traceclk(struct tpiu *tpiu, const char *value)
{
	return parse_u32(value, "-traceclk", &tpiu->traceclk);
}

static void get_traceclk(struct call *c, const struct tpiu *tpiu)
{
	result_int(c, tpiu->traceclk);
}

static enum err set_pin_freq(struct tpiu *tpiu, const char *value)
{
	return parse_u32(value, "-pin-freq", &tpiu->pin_freq);
}

static void get_pin_freq(struct call *c, const struct tpiu *tpiu)
{
	result_int(c, tpiu->pin_freq);
}

static enum err set_port_width(struct tpiu *tpiu, const char *value)
{
	uint32_t width;

	TRY(parse_u32(value, "-port-width", &width));
	if (width < 1 || width > PORT_WIDTH_MAX)
		return error_why(ERR_ARGUMENT, "Invalid port width %s: a port has 1 to 32 pins",
				 value);
	tpiu->port_width = width;
	return OK;
}

static void get_port_width(struct call *c, const struct tpiu *tpiu)
{
	result_int(c, tpiu->port_width);
}

static enum err set_formatter(struct tpiu *tpiu, const char *value)
{
	return parse_bool(value, "-formatter", &tpiu->has_formatter);
}

static void get_formatter(struct call *c, const struct tpiu *tpiu)
{
	result_printf(c, "%s", tpiu->has_formatter ? "on" : "off");
}

static enum err set_own_clock(struct tpiu *tpiu, const char *value)
{
	return parse_bool(value, "-own-clock", &tpiu->has_own_clock);
}

static void get_own_clock(struct call *c, const struct tpiu *tpiu)
{
	result_printf(c, "%s", tpiu->has_own_clock ? "on" : "off");
}

static const struct tpiu_option options[] = {
	{ "-dap", set_dap, get_dap },
	{ "-ap-num", set_ap_num, get_ap_num },
	{ "-baseaddr", set_base, get_base },
	{ "-protocol", set_protocol, get_protocol },
	{ "-output", set_output, get_output },
	{ "-traceclk", set_traceclk, get_traceclk },
	{ "-pin-freq", set_pin_freq, get_pin_freq },
	{ "-port-width", set_port_width, get_port_width },
	{ "-formatter", set_formatter, get_formatter },
	{ "-own-clock", set_own_clock, get_own_clock },
};

#define OPTION_NAMES "-dap -ap-num -baseaddr -protocol -output -traceclk -pin-freq -port-width " \
	"-formatter -own-clock -event"

static const struct tpiu_option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	}
	error_why(ERR_ARGUMENT, "unknown option \"%s\"", name);
	error_next(ERR_ARGUMENT, "the options are " OPTION_NAMES);
	return NULL;
}

static bool is_same(const struct tpiu *a, const struct tpiu *b)
{
	return a->dap == b->dap && a->ap_num == b->ap_num && a->base == b->base &&
	       a->protocol == b->protocol && a->traceclk == b->traceclk &&
	       a->pin_freq == b->pin_freq && a->port_width == b->port_width &&
	       a->has_formatter == b->has_formatter;
}

enum err tpiu_set(struct tpiu *tpiu, const char *option, const char *value)
{
	const struct tpiu_option *o = find_option(option);

	if (o == NULL)
		return ERR_ARGUMENT;
	/* Clients configure again what is so already: nobody's connection must end for that. */
	struct tpiu before = *tpiu;
	char *output = xstrdup(tpiu->output);
	enum err rc = o->set(tpiu, value);

	tpiu->is_changed |= !is_same(&before, tpiu) || strcmp(output, tpiu->output) != 0;
	free(output);
	return rc;
}

static enum err find_event(const char *name, int *which)
{
	*which = find_word(tpiu_event_names, name);
	if (*which >= 0)
		return OK;
	error_why(ERR_ARGUMENT, "unknown event \"%s\"", name);
	return error_next(ERR_ARGUMENT, "the names are pre-enable, post-enable, pre-disable, "
			  "post-disable");
}

/* From argument `i` on. */
static enum err configure(struct call *c, struct tpiu *tpiu, int i)
{
	while (i < c->argc) {
		bool is_event = strcmp(c->argv[i], "-event") == 0;
		int event;

		if (!is_event && find_option(c->argv[i]) == NULL)
			return ERR_ARGUMENT;
		if (i + (is_event ? 2 : 1) >= c->argc)
			return error_why(ERR_ARGUMENT, "%s needs %s", c->argv[i],
					 is_event ? "an event's name and a script" : "a value");
		if (is_event) {
			TRY(find_event(c->argv[i + 1], &event));
			set_text(&tpiu->handlers[event], c->argv[i + 2]);
		} else {
			TRY(tpiu_set(tpiu, c->argv[i], c->argv[i + 1]));
		}
		i += is_event ? 3 : 2;
	}
	return OK;
}

/* --- An object's verbs --- */

static enum err cmd_configure(struct call *c)
{
	return configure(c, c->user, 1);
}

static enum err cmd_cget(struct call *c)
{
	const struct tpiu *tpiu = c->user;
	const struct tpiu_option *option;
	int event;

	if (strcmp(c->argv[1], "-event") == 0) {
		if (c->argc != 3)
			return error_why(ERR_ARGUMENT, "cget -event needs the event's name");
		TRY(find_event(c->argv[2], &event));
		if (tpiu->handlers[event] != NULL)
			result_printf(c, "%s", tpiu->handlers[event]);
		return OK;
	}
	option = find_option(c->argv[1]);
	if (option == NULL)
		return ERR_ARGUMENT;
	option->get(c, tpiu);
	return OK;
}

static enum err cmd_enable(struct call *c)
{
	return tpiu_enable(c->user);
}

static enum err cmd_disable(struct call *c)
{
	return tpiu_disable(c->user);
}

static enum err cmd_eventlist(struct call *c)
{
	const struct tpiu *tpiu = c->user;

	result_printf(c, "Event actions for TPIU/SWO %s\n\n%-25s | Body\n", tpiu->name, "Event");
	result_printf(c, "------------------------- | ----------------------------------------\n");
	for (unsigned i = 0; i < TPIU_EVENTS; i++) {
		if (tpiu->handlers[i] != NULL)
			result_printf(c, "%-25s | %s\n", tpiu_event_names[i], tpiu->handlers[i]);
	}
	result_printf(c, "***END***");
	return OK;
}

static const struct command object_rows[] = {
	{ "configure", STAGE_ANY, 0, -1, "(-option value)+", cmd_configure,
	  "Set options: " OPTION_NAMES ". -protocol sync|uart|manchester, -output "
	  "external|-|file|:port, -traceclk Hz of TRACECLKIN (most often the core's clock), "
	  "-pin-freq Hz of the pin (0: the fastest the probe can), -port-width 1..32, -formatter "
	  "on|off, -own-clock on|off (TRACECLKIN is not the core's clock, so it cannot be "
	  "checked), -event pre-enable|post-enable|pre-disable|post-disable script. They hold "
	  "from the next enable on." },
	{ "cget", STAGE_ANY, 1, 2, "-option ?event?", cmd_cget, "Return an option's value." },
	{ "enable", STAGE_ANY, 0, 0, "", cmd_enable,
	  "Switch the trace port on and capture it; before init this is noted and done by init. "
	  "Enabled already with other options, it is switched off first." },
	{ "disable", STAGE_ANY, 0, 0, "", cmd_disable,
	  "End the capture and put the registers back." },
	{ "eventlist", STAGE_ANY, 0, 0, "", cmd_eventlist, "Show which script runs at which "
	  "event." },
	{ 0 }
};

/* --- The objects --- */

enum err tpiu_create(struct swo_room *room, const char *name, bool is_swo, struct tpiu **made)
{
	struct tpiu **end = &room->first, *tpiu = xcalloc(1, sizeof(*tpiu));

	*tpiu = (struct tpiu){ .room = room, .name = xstrdup(name), .is_swo = is_swo, .ap_num = -1,
			       .base = TPIU_BASE, .port_width = 1, .output = xstrdup("external"),
			       .protocol = is_swo ? TPIU_UART : TPIU_SYNC };
	tpiu->stream = (struct swo_stream){ .room = room, .tick_scale = 1 };
	enum err rc = script_register_object(room->script, name, is_swo ? "swo" : "tpiu",
					     object_rows, tpiu);

	if (rc != OK) {
		tpiu_free(tpiu);
		return rc;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = tpiu;
	*made = tpiu;
	return OK;
}

void tpiu_free(struct tpiu *tpiu)
{
	swo_watch_stop(tpiu);
	swo_stream_end(&tpiu->stream);
	swo_out_close(&tpiu->out);
	for (unsigned i = 0; i < TPIU_EVENTS; i++)
		free(tpiu->handlers[i]);
	free(tpiu->output);
	free(tpiu->name);
	free(tpiu);
}

enum err tpiu_default(struct swo_room *room, struct tpiu **tpiu)
{
	struct target *t = NULL;

	for (struct tpiu *i = room->first; i != NULL; i = i->next) {
		if (*tpiu == NULL || i->is_enabled)
			*tpiu = i;
	}
	if (*tpiu != NULL)
		return OK;
	TRY(target_current(room->targets, &t));
	TRY(tpiu_create(room, "probed.tpiu", false, tpiu));
	(*tpiu)->dap = t->dap;
	(*tpiu)->ap_num = t->ap_num;
	return OK;
}

static void discard(struct swo_room *room, struct tpiu *tpiu)
{
	for (struct tpiu **p = &room->first; *p != NULL; p = &(*p)->next) {
		if (*p == tpiu) {
			*p = tpiu->next;
			break;
		}
	}
	script_unregister_object(room->script, tpiu->name);
	tpiu_free(tpiu);
}

static enum err create(struct call *c, bool is_swo)
{
	struct tpiu *tpiu = NULL;

	TRY(tpiu_create(room_verb_user(c), c->argv[1], is_swo, &tpiu));
	enum err rc = configure(c, tpiu, 2);

	if (rc == OK && tpiu->dap == NULL) {
		error_why(ERR_ARGUMENT, "-dap required when creating TPIU");
		rc = error_next(ERR_ARGUMENT, "name one of \"dap names\"");
	}
	if (rc != OK)
		discard(room_verb_user(c), tpiu);
	else
		result_printf(c, "%s", c->argv[1]);
	return rc;
}

static enum err cmd_create_tpiu(struct call *c)
{
	return create(c, false);
}

static enum err cmd_create_swo(struct call *c)
{
	return create(c, true);
}

static enum err cmd_names(struct call *c)
{
	const struct swo_room *room = room_verb_user(c);

	for (const struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next)
		result_append(c, tpiu->name);
	return OK;
}

/* What was to be enabled before there was a chip. */
static enum err enable_deferred(void *ctx)
{
	struct swo_room *room = ctx;

	room->is_initialised = true;
	for (struct itm_setup *s = room->itms; s != NULL; s = s->next) {
		if (!s->is_written)
			itm_setup_rearm(s);
	}
	for (struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next) {
		if (!tpiu->is_deferred)
			continue;
		log_debug("%s: running enable that waited for init", tpiu->name);
		tpiu->is_deferred = false;
		TRY(tpiu_enable(tpiu));
	}
	return OK;
}

static enum err cmd_init(struct call *c)
{
	struct swo_room *room = room_verb_user(c);

	return script_stage(c->script) == STAGE_EXEC ? enable_deferred(room) : OK;
}

#define INIT_HELP "Enable what was told to be enabled before init. init does it; a second time is harmless."

const struct command tpiu_commands[] = {
	{ "tpiu create", STAGE_ANY, 1, -1, "name ?-dap name? ?-ap-num number? ?-baseaddr address? "
	  "?-option value?...", cmd_create_tpiu,
	  "Create a trace port interface unit; the base address without -baseaddr is 0xe0040000." },
	{ "swo create", STAGE_ANY, 1, -1, "name ?-dap name? ?-ap-num number? ?-baseaddr address? "
	  "?-option value?...", cmd_create_swo,
	  "Create a serial wire output, a trace port without the parallel pins." },
	{ "tpiu names", STAGE_ANY, 0, 0, "", cmd_names, "Return the names of all trace ports." },
	{ "swo names", STAGE_ANY, 0, 0, "", cmd_names, "Return the names of all trace ports." },
	{ "tpiu init", STAGE_ANY, 0, 0, "", cmd_init, INIT_HELP },
	{ "swo init", STAGE_ANY, 0, 0, "", cmd_init, INIT_HELP },
	{ "tpiu config", STAGE_ANY, 1, 6, "disable | external|internal file|:port|- (sync width | "
	  "uart|manchester formatter) traceclk ?pin-freq?", tpiu_config,
	  "An old form of TPIU configure, enable and disable. \"external\" has no file behind "
	  "it." },
	{ 0 }
};

/* --- The room --- */

/* A client may have written ITM_TCR itself while the core was halted. */
static void learn_time(struct swo_room *room, struct target *t)
{
	for (const struct itm_setup *s = room->itms; s != NULL; s = s->next) {
		if (s->target == t && s->is_written)
			return;
	}
	for (struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next) {
		if (tpiu->is_enabled && tpiu->is_captured && tpiu_target(tpiu) == t)
			itm_learn_time(tpiu);
	}
}

static void on_target_event(void *ctx, struct target *t, enum target_event event)
{
	struct swo_room *room = ctx;
	struct tpiu *tpiu;

	if (event == EVENT_RESET_START) {
		for (struct itm_setup *s = room->itms; s != NULL; s = s->next) {
			if (s->target == t)
				itm_setup_reset_begins(s);
		}
		return;
	}
	if (event == EVENT_RESUME_START) {
		learn_time(room, t);
		return;
	}
	if (event != EVENT_EXAMINE_END && event != EVENT_RESET_DEASSERT_POST && event != EVENT_RESET_END)
		return;
	if (!room->is_initialised || room->targets->is_leaving)
		return;
	for (tpiu = room->first; tpiu != NULL; tpiu = tpiu->next) {
		if (tpiu->is_enabled && tpiu_target(tpiu) == t)
			tpiu_rearm(tpiu);
	}
	for (struct itm_setup *s = room->itms; s != NULL; s = s->next) {
		if (s->target == t)
			itm_setup_rearm(s);
	}
}

struct swo_room *swo_room_new(struct trace_room *trace)
{
	struct swo_room *room = xcalloc(1, sizeof(*room));

	*room = (struct swo_room){ .trace = trace, .targets = trace_targets(trace) };
	room->script = room->targets->script;
	room->loop = room->targets->loop;
	room->profile = swo_profile_new(room);
	target_add_room_verbs(room->targets, tpiu_commands, room);
	target_add_room_verbs(room->targets, itm_commands, room);
	target_add_room_verbs(room->targets, dwt_commands, room);
	script_register(room->script, swo_text_commands, room);
	script_register(room->script, swo_uart_commands, room);
	script_register(room->script, swo_profile_commands, room);
	script_register(room->script, swo_doctor_commands, room);
	script_add_init(room->script, INIT_FLASH + 5, enable_deferred, room);
	target_add_listener(room->targets, on_target_event, room);
	return room;
}

void swo_leave(struct swo_room *room)
{
	swo_uart_stop(room);
	for (struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next) {
		if (tpiu->is_enabled && tpiu_disable(tpiu) != OK)
			log_failure();
	}
	for (struct itm_setup *s = room->itms; s != NULL; s = s->next)
		itm_setup_undo(s);
}

void swo_set_raw_listener(struct swo_room *room, swo_raw_fn fn, void *ctx)
{
	room->raw = fn;
	room->raw_ctx = ctx;
}

void swo_room_free(struct swo_room *room)
{
	if (room == NULL)
		return;
	target_remove_listener(room->targets, on_target_event, room);
	swo_uart_stop(room);
	for (struct tpiu *tpiu = room->first, *next; tpiu != NULL; tpiu = next) {
		next = tpiu->next;
		tpiu_free(tpiu);
	}
	for (struct itm_setup *s = room->itms, *next; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	swo_text_free_all(room);
	swo_profile_free(room->profile);
	free(room);
}
