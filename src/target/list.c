/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The targets of the daemon: creation, init, the end. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "script/init.h"
#include "target/patch_priv.h"
#include "target/target_list.h"

static enum err examine_step(void *ctx)
{
	return target_init_all(ctx);
}

struct target_list *target_list_new(struct loop *loop, struct script *script,
				    struct adapter *adapter, struct dap_list *daps)
{
	struct target_list *list = xcalloc(1, sizeof(*list));

	*list = (struct target_list){ .loop = loop, .script = script, .adapter = adapter,
				      .daps = daps };
	list->own = xcalloc(1, sizeof(*list->own));
	list->own->poll_interval_ms = 100;
	list->own->scope.list = list;
	command_rows_register(list);
	lost_watch(list);
	script_add_init(script, INIT_EXAMINE, examine_step, list);
	return list;
}

static void free_target(struct target *t)
{
	struct target_own *own = t->own;

	breakpoints_free(t);
	patches_free(t);
	algorithm_free(t);
	work_areas_forget(t);
	semihosting_free(t);
	debug_words_free(t);
	t->type->destroy(t);
	for (unsigned i = 0; i < EVENT_COUNT; i++)
		free(own->handlers[i]);
	for (unsigned i = 0; i < USER_CMD_COUNT; i++)
		free(own->user_cmd_handlers[i]);
	free(own->chain_position);
	free(own->cti);
	free(own->type_name);
	free(own->scope);
	free(own);
	symbols_free(t->symbols);
	free(t->chip_notes);
	free(t->gdb_port);
	free(t->rtos);
	free(t->name);
	free(t);
}

void target_list_free(struct target_list *list)
{
	if (list == NULL)
		return;
	poll_stop(list);
	target_set_exit_timeout(list, 0);
	target_end_at_exit(list, false);
	lost_unwatch(list);
	while (list->first != NULL) {
		struct target *t = list->first;

		list->first = t->next;
		script_unregister_object(list->script, t->name);
		free_target(t);
	}
	while (list->own->listeners != NULL) {
		struct listener *l = list->own->listeners;

		list->own->listeners = l->next;
		free(l);
	}
	room_verbs_free(list);
	free(list->own);
	free(list);
}

struct target *target_find(struct target_list *list, const char *name)
{
	for (struct target *t = list->first; t != NULL; t = t->next) {
		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

enum err target_current(struct target_list *list, struct target **t)
{
	struct origin *origin = script_origin(list->script);

	*t = origin != NULL && origin->target != NULL ? origin->target : list->current;
	if (*t != NULL)
		return OK;
	error_why(ERR_NOT_EXAMINED, "no target is configured");
	return error_next(ERR_NOT_EXAMINED, "give a target script, such as -f target/stm32l4x.cfg");
}

void target_select(struct target_list *list, struct target *t)
{
	struct origin *origin = script_origin(list->script);

	if (origin != NULL && origin->kind != ORIGIN_STARTUP)
		origin->target = t;
	else
		list->current = t;
}

static const struct target_type *const types[] = { &cortex_m_type, &mem_ap_type };

/* hla_target: what scripts for ST-LINK called a Cortex-M before 0.12. */
static const struct target_type *find_type(const char *name)
{
	if (strcmp(name, "hla_target") == 0)
		return &cortex_m_type;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i]->name, name) == 0)
			return types[i];
	}
	return NULL;
}

enum err target_create(struct target_list *list, const char *name, const char *type_name,
		       struct target **out)
{
	const struct target_type *type = find_type(type_name);
	struct target **end = &list->first;

	if (target_find(list, name) != NULL)
		return error_why(ERR_ARGUMENT, "there is already a target named %s", name);
	if (type == NULL) {
		error_why(ERR_ARGUMENT, "target type %s is not supported", type_name);
		return error_next(ERR_ARGUMENT, "use cortex_m, hla_target or mem_ap");
	}
	while (*end != NULL)
		end = &(*end)->next;
	struct target *t = xcalloc(1, sizeof(*t));

	t->name = xstrdup(name);
	t->type = type;
	t->list = list;
	t->ap_num = -1;
	t->gdb_max_connections = 1;
	t->semihosting_armed = list->own->ends_at_exit;
	t->own = xcalloc(1, sizeof(*t->own));
	t->symbols = symbols_new();
	t->own->type_name = xstrdup(type_name);
	t->own->next_poll_ms = 0;
	t->type->create(t);
	*end = t;
	list->current = t;
	*out = t;
	return OK;
}

/* A target whose configuration turned out to be wrong leaves no trace. */
void target_discard(struct target *t)
{
	for (struct target **p = &t->list->first; *p != NULL; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	if (t->list->current == t)
		t->list->current = t->list->first;
	free_target(t);
}

static void examine_first(struct target *t)
{
	if (t->defer_examine || t->examined)
		return;
	if (t->dap->may_be_silent && !t->dap->is_connected) {	/* `init` has said so already */
		t->own->is_failure_told = true;
		target_call_event(t, EVENT_EXAMINE_FAIL);
		return;
	}
	if (target_examine(t) != OK) {
		log_warning("target %s examination failed: %s", t->name,
			    error_text(error_current()));
		error_clear();
		t->own->is_failure_told = true;
		return;
	}
	if (target_poll(t) != OK) {
		log_warning("target %s: %s", t->name, error_text(error_current()));
		error_clear();
	}
}

enum err target_init_all(struct target_list *list)
{
	for (struct target *t = list->first; t != NULL; t = t->next) {
		if (t->dap == NULL)
			return error_why(ERR_ARGUMENT, "target %s has no -dap", t->name);
		if (!t->dap->is_connected && !t->defer_examine && !t->dap->may_be_silent)
			TRY(dap_connect(t->dap));
	}
	for (struct target *t = list->first; t != NULL; t = t->next)
		examine_first(t);
	poll_start(list);
	return OK;
}

static enum err leave(struct target *t)
{
	enum on_exit how = t->own->on_exit;

	if (t->own->claim != NULL) {
		t->own->claim = NULL;	/* nobody is left to finish the work */
		t->own->claim_count = 0;
	}
	TRY(t->type->poll != NULL ? t->type->poll(t) : OK);
	TRY(target_remove_all_breakpoints(t));
	TRY(patches_restore(t));
	if (how == ON_EXIT_HALT && t->state == TARGET_RUNNING)
		TRY(t->type->halt(t));
	if (how == ON_EXIT_RUN && t->state == TARGET_HALTED)
		TRY(t->type->resume(t, true, false));
	debug_words_leave(t);
	return t->type->detach != NULL ? t->type->detach(t) : OK;
}

void target_leave_all(struct target_list *list)
{
	poll_stop(list);
	list->is_leaving = true;
	if (!list->adapter->is_open || list->adapter->is_lost)
		return;
	group_unlink_all(list);
	for (struct target *t = list->first; t != NULL; t = t->next) {
		if (!t->examined)
			continue;
		if (leave(t) != OK) {
			log_warning("%s could not be left as configured: %s", t->name,
				    error_text(error_current()));
			error_clear();
		}
		t->examined = false;
	}
}
