/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `target create` and NAME configure / cget: one table row per option. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "dap/cti.h"
#include "target/target_list.h"

struct option_call {
	struct call *c;
	struct target *t;
	const char *const *args;	/* the option's values */
	const char *name;		/* "-work-area-size" */
};

struct option {
	const char *name;
	int args;
	enum err (*set)(struct option_call *o);
	void (*get)(struct option_call *o);
};

static enum err number(struct option_call *o, uint32_t *value)
{
	return parse_u32(o->args[0], o->name, value);
}

static void set_text(char **slot, const char *text)
{
	free(*slot);
	*slot = xstrdup(text);
}

static enum err set_dap(struct option_call *o)
{
	struct dap *dap = dap_find(o->t->list->daps, o->args[0]);

	if (dap == NULL) {
		error_why(ERR_NOT_FOUND, "there is no DAP named %s", o->args[0]);
		return error_next(ERR_NOT_FOUND, "create it before the target, with \"dap create\"");
	}
	o->t->dap = dap;
	return OK;
}

static void get_dap(struct option_call *o)
{
	if (o->t->dap != NULL)
		result_printf(o->c, "%s", o->t->dap->name);
}

static enum err set_ap_num(struct option_call *o)
{
	uint32_t n;

	TRY(number(o, &n));
	if (n > 255)
		return error_why(ERR_ARGUMENT, "%s is not an access port number (0 to 255)",
				 o->args[0]);
	o->t->ap_num = (int)n;
	return OK;
}

static void get_ap_num(struct option_call *o)
{
	result_int(o->c, o->t->ap_num);
}

static enum err set_work_phys(struct option_call *o)
{
	TRY(number(o, &o->t->work_area));
	o->t->own->has_work_area = true;
	return OK;
}

static void get_work_phys(struct option_call *o)
{
	result_printf(o->c, "0x%08x", o->t->work_area);
}

static enum err set_work_virt(struct option_call *o)
{
	return number(o, &o->t->own->work_area_virt);
}

static void get_work_virt(struct option_call *o)
{
	result_printf(o->c, "0x%08x", o->t->own->work_area_virt);
}

static enum err set_work_size(struct option_call *o)
{
	TRY(number(o, &o->t->work_area_size));
	o->t->work_area_size &= ~3u;
	return OK;
}

static void get_work_size(struct option_call *o)
{
	result_printf(o->c, "0x%x", o->t->work_area_size);
}

static enum err set_work_backup(struct option_call *o)
{
	return parse_bool(o->args[0], o->name, &o->t->work_area_backup);
}

static void get_work_backup(struct option_call *o)
{
	result_bool(o->c, o->t->work_area_backup);
}

static enum err set_endian(struct option_call *o)
{
	if (strcmp(o->args[0], "little") == 0)
		return OK;
	if (strcmp(o->args[0], "big") == 0)
		return error_why(ERR_UNSUPPORTED, "big-endian targets are not supported");
	return error_why(ERR_ARGUMENT, "-endian takes little or big, not \"%s\"", o->args[0]);
}

static void get_endian(struct option_call *o)
{
	result_printf(o->c, "little");
}

static enum err set_coreid(struct option_call *o)
{
	return number(o, &o->t->coreid);
}

static void get_coreid(struct option_call *o)
{
	result_int(o->c, o->t->coreid);
}

static enum err set_chain(struct option_call *o)
{
	set_text(&o->t->own->chain_position, o->args[0]);
	return OK;
}

static void get_chain(struct option_call *o)
{
	const struct target *t = o->t;

	if (t->own->chain_position != NULL)
		result_printf(o->c, "%s", t->own->chain_position);
	else if (t->dap != NULL && t->dap->tap != NULL)
		result_printf(o->c, "%s", t->dap->tap->name);
}

static enum err set_dbgbase(struct option_call *o)
{
	return number(o, &o->t->own->dbgbase);
}

static void get_dbgbase(struct option_call *o)
{
	result_printf(o->c, "0x%08x", o->t->own->dbgbase);
}

static const char *const rtos_names[] = { "auto", "none", "hwthread", "FreeRTOS", "Zephyr", "ThreadX",
	"chibios", "nuttx", "RIOT", "eCos", "embKernel", "mqx", "uCOS-III", "linux", "Chromium-EC",
	"rtkernel", NULL };

static enum err set_rtos(struct option_call *o)
{
	for (size_t i = 0; rtos_names[i] != NULL; i++) {
		if (strcasecmp(rtos_names[i], o->args[0]) != 0)
			continue;
		set_text(&o->t->rtos, rtos_names[i]);
		return OK;
	}
	/* A launch configuration may name one that comes after us: that costs the threads only. */
	log_warning("[%s] no RTOS \"%s\" is known: the core is shown as one thread (use auto, FreeRTOS, "
		    "Zephyr, ThreadX or nuttx)", o->t->name, o->args[0]);
	set_text(&o->t->rtos, "none");
	return OK;
}

static void get_rtos(struct option_call *o)
{
	result_printf(o->c, "%s", o->t->rtos != NULL ? o->t->rtos : "none");
}

static enum err set_defer(struct option_call *o)
{
	o->t->defer_examine = true;
	return OK;
}

static void get_defer(struct option_call *o)
{
	result_bool(o->c, o->t->defer_examine);
}

static enum err set_gdb_port(struct option_call *o)
{
	set_text(&o->t->gdb_port, o->args[0]);
	return OK;
}

static void get_gdb_port(struct option_call *o)
{
	if (o->t->gdb_port != NULL)
		result_printf(o->c, "%s", o->t->gdb_port);
}

static enum err set_gdb_max(struct option_call *o)
{
	char *end;
	long n = strtol(o->args[0], &end, 0);

	if (*end != '\0' || end == o->args[0] || n < -1 || n > 1000)
		return error_why(ERR_ARGUMENT, "-gdb-max-connections takes a number, or -1 for any, "
				 "not \"%s\"", o->args[0]);
	o->t->gdb_max_connections = (int)n;
	return OK;
}

static void get_gdb_max(struct option_call *o)
{
	result_int(o->c, o->t->gdb_max_connections);
}

static enum err set_type(struct option_call *o)
{
	return error_why(ERR_ARGUMENT, "the type of %s is fixed at creation", o->t->name);
}

static void get_type(struct option_call *o)
{
	result_printf(o->c, "%s", o->t->type->name);
}

static enum err set_cti(struct option_call *o)
{
	if (cti_find(o->t->list->daps, o->args[0]) == NULL) {
		error_why(ERR_ARGUMENT, "there is no CTI named %s", o->args[0]);
		return error_next(ERR_ARGUMENT, "make it before with \"cti create\"");
	}
	group_unlink_all(o->t->list);
	o->t->own->cross.is_found_known = o->t->own->cross.is_bad = false;
	set_text(&o->t->own->cti, o->args[0]);
	return OK;
}

static void get_cti(struct option_call *o)
{
	if (o->t->own->cti != NULL)
		result_printf(o->c, "%s", o->t->own->cti);
}

static const char *const on_exit_words[] = { [ON_EXIT_LEAVE] = "leave", [ON_EXIT_RUN] = "run",
					     [ON_EXIT_HALT] = "halt" };

static enum err set_on_exit(struct option_call *o)
{
	for (unsigned i = 0; i < ARRAY_SIZE(on_exit_words); i++) {
		if (strcmp(on_exit_words[i], o->args[0]) == 0) {
			o->t->own->on_exit = (enum on_exit)i;
			return OK;
		}
	}
	return error_why(ERR_ARGUMENT, "-on-exit takes run, halt or leave, not \"%s\"", o->args[0]);
}

static void get_on_exit(struct option_call *o)
{
	result_printf(o->c, "%s", on_exit_words[o->t->own->on_exit]);
}

static enum err set_debug_bits(struct option_call *o)
{
	if (debug_bits_policy_parse(o->args[0], &o->t->own->debug_guard.policy))
		return OK;
	return error_why(ERR_ARGUMENT, "-debug-bits takes detach, exit or keep, not \"%s\"", o->args[0]);
}

static void get_debug_bits(struct option_call *o)
{
	result_printf(o->c, "%s", debug_bits_policy_name(o->t->own->debug_guard.policy));
}

/* Where the handler of this event name is kept; NULL: no such event. */
static char **handler_slot(struct target *t, const char *name)
{
	static const char user_cmd[] = "semihosting-user-cmd-0x10";
	enum target_event event;

	if (target_event_parse(name, &event))
		return &t->own->handlers[event];
	if (strncmp(name, user_cmd, sizeof(user_cmd) - 1) == 0 && strlen(name) == sizeof(user_cmd)) {
		unsigned i = (unsigned)(name[sizeof(user_cmd) - 1] - '0');

		if (i < USER_CMD_COUNT)
			return &t->own->user_cmd_handlers[i];
	}
	return NULL;
}

static enum err unknown_event(const char *name)
{
	const char *near = NULL;
	unsigned limit = 5;

	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		const char *other = target_event_name((enum target_event)i);
		unsigned d = script_distance(name, other, limit);

		if (d < limit) {
			limit = d;
			near = other;
		}
	}
	error_why(ERR_ARGUMENT, "unknown event \"%s\"", name);
	if (near != NULL)
		return error_next(ERR_ARGUMENT, "did you mean \"%s\"?", near);
	return error_next(ERR_ARGUMENT, "the names are in \"help invoke-event\"");
}

/* Scripts of fifteen years carry events that were since renamed or dropped. */
static bool is_old_event(const char *name)
{
	return strncmp(name, "old-", 4) == 0 || strcmp(name, "reset-wait-pre") == 0 ||
	       strcmp(name, "reset-wait-post") == 0 || strcmp(name, "reset-halt-pre") == 0 ||
	       strcmp(name, "reset-halt-post") == 0 || strcmp(name, "early-halted") == 0 ||
	       strcmp(name, "resume-ok") == 0 || strcmp(name, "reset-deassert") == 0;
}

/*
 * {} takes a handler away; where target.tcl would put its default in that place, {} means that nothing
 * shall happen (GDB attaches without a halt), and a blank keeps the default out.
 */
static char *handler_text(const struct target *t, char *const *slot, const char *text)
{
	bool has_default = slot == &t->own->handlers[EVENT_GDB_ATTACH] ||
			   slot == &t->own->handlers[EVENT_GDB_FLASH_ERASE_START] ||
			   slot == &t->own->handlers[EVENT_GDB_FLASH_WRITE_END];

	if (text[0] == '\0' && has_default)
		return xstrdup(" ");
	return text[0] != '\0' ? xstrdup(text) : NULL;
}

static enum err set_event(struct option_call *o)
{
	char **slot = handler_slot(o->t, o->args[0]);

	if (slot == NULL && is_old_event(o->args[0])) {
		log_warning("%s: event %s no longer exists: its handler is ignored", o->t->name,
			    o->args[0]);
		return OK;
	}
	if (slot == NULL)
		return unknown_event(o->args[0]);
	if (slot == &o->t->own->handlers[EVENT_TRACE_CONFIG])
		log_info("DEPRECATED target event trace-config; use TPIU events "
			 "{pre,post}-{enable,disable}");
	free(*slot);
	*slot = handler_text(o->t, slot, o->args[1]);
	return OK;
}

static const struct option options[] = {
	{ "-dap", 1, set_dap, get_dap },
	{ "-ap-num", 1, set_ap_num, get_ap_num },
	{ "-work-area-phys", 1, set_work_phys, get_work_phys },
	{ "-work-area-virt", 1, set_work_virt, get_work_virt },
	{ "-work-area-size", 1, set_work_size, get_work_size },
	{ "-work-area-backup", 1, set_work_backup, get_work_backup },
	{ "-endian", 1, set_endian, get_endian },
	{ "-coreid", 1, set_coreid, get_coreid },
	{ "-chain-position", 1, set_chain, get_chain },
	{ "-dbgbase", 1, set_dbgbase, get_dbgbase },
	{ "-rtos", 1, set_rtos, get_rtos },
	{ "-defer-examine", 0, set_defer, get_defer },
	{ "-gdb-port", 1, set_gdb_port, get_gdb_port },
	{ "-gdb-max-connections", 1, set_gdb_max, get_gdb_max },
	{ "-type", 1, set_type, get_type },
	{ "-cti", 1, set_cti, get_cti },
	{ "-on-exit", 1, set_on_exit, get_on_exit },
	{ "-debug-bits", 1, set_debug_bits, get_debug_bits },
	{ "-event", 2, set_event, NULL },
};

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	}
	return NULL;
}

static enum err unknown_option(const char *name)
{
	struct buf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		buf_printf(&all, " %s", options[i].name);
	error_why(ERR_ARGUMENT, "unknown target option \"%s\"", name);
	error_next(ERR_ARGUMENT, "the options are%.200s", (const char *)all.data);
	buf_free(&all);
	return ERR_ARGUMENT;
}

enum err target_configure(struct call *c, struct target *t, int first)
{
	for (int i = first; i < c->argc;) {
		const struct option *option = find_option(c->argv[i]);
		struct option_call o = { c, t, c->argv + i + 1, c->argv[i] };

		if (option == NULL)
			return unknown_option(c->argv[i]);
		if (i + option->args >= c->argc)
			return error_why(ERR_ARGUMENT, "%s needs %d value%s", option->name,
					 option->args, option->args == 1 ? "" : "s");
		TRY(option->set(&o));
		i += 1 + option->args;
	}
	return OK;
}

static enum err cmd_configure(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	return target_configure(c, t, 1);
}

static enum err cmd_cget(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	struct option_call o = { c, t, NULL, c->argv[1] };
	const struct option *option = find_option(c->argv[1]);

	if (option == NULL)
		return unknown_option(c->argv[1]);
	if (option->get != NULL) {
		option->get(&o);
		return OK;
	}
	if (c->argc != 3)
		return error_why(ERR_ARGUMENT, "cget -event needs the event's name");
	char **slot = handler_slot(t, c->argv[2]);

	if (slot == NULL)
		return unknown_event(c->argv[2]);
	if (*slot != NULL)
		result_printf(c, "%s", *slot);
	return OK;
}

const struct command configure_commands[] = {
	{ "configure", STAGE_ANY, 0, -1, "(-option value)+", cmd_configure,
	  "Sets options of the target; see \"target create\"." },
	{ "cget", STAGE_ANY, 1, 2, "-option ?event?", cmd_cget, "Returns an option's value." },
	{ 0 }
};
