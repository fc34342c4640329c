/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtos/rtos.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "rtos/rtos_priv.h"

void rtos_free(struct target *t)
{
	struct rtos *os = t->os;

	if (os == NULL)
		return;
	rtos_symbols_free(os);
	rtos_memory_free(os);
	rtos_stacks_free(os);
	free(os->notes);
	free(os->threads);
	free(os);
	t->os = NULL;
}

struct rtos *rtos_of(struct target *t)
{
	const char *asked = t->rtos != NULL ? t->rtos : "none";

	if (t->os != NULL && strcmp(t->os->asked, asked) != 0)
		rtos_free(t);
	if (strcasecmp(asked, "none") == 0 || strcasecmp(asked, "hwthread") == 0)
		return NULL;
	if (t->os == NULL) {
		t->os = xcalloc(1, sizeof(*t->os));
		t->os->target = t;
		t->os->threads = xcalloc(RTOS_THREADS_MAX, sizeof(*t->os->threads));
		snprintf(t->os->asked, sizeof(t->os->asked), "%s", asked);
		if (rtos_candidate(t->os, 0) == NULL)
			log_warning("[%s] threads of %s are not known to this server: the core is shown as "
				    "one thread", t->name, asked);
	}
	return rtos_candidate(t->os, 0) != NULL ? t->os : NULL;
}

struct rtos_thread *rtos_add_thread(struct rtos *os, uint32_t id)
{
	if (os->count == RTOS_THREADS_MAX || rtos_find(os, id) != NULL)
		return NULL;
	struct rtos_thread *thread = &os->threads[os->count++];

	*thread = (struct rtos_thread){ .id = id };
	return thread;
}

void rtos_add_core(struct rtos *os)
{
	struct rtos_thread *thread = rtos_add_thread(os, RTOS_CORE);

	if (thread == NULL)
		return;
	thread->is_current = true;
	snprintf(thread->name, sizeof(thread->name), "Current Execution");
	snprintf(thread->state, sizeof(thread->state), "Running");
}

bool rtos_is_data_error(enum err rc)
{
	return rc == ERR_RTOS || rc == ERR_BUS || rc == ERR_DAP_FAULT || rc == ERR_UNALIGNED;
}

void rtos_damaged(struct rtos *os, const char *fmt, ...)
{
	va_list ap;

	if (os->damage[0] == '\0') {
		va_start(ap, fmt);
		vsnprintf(os->damage, sizeof(os->damage), fmt, ap);
		va_end(ap);
	}
	error_clear();
}

void rtos_origin(struct rtos *os, const char *what, const char *fmt, ...)
{
	size_t i = 0;
	va_list ap;

	while (i < os->origin_count && strcmp(os->origins[i].what, what) != 0)
		i++;
	if (i == RTOS_ORIGINS)
		return;
	os->origin_count = MAX(os->origin_count, i + 1);
	os->origins[i].what = what;
	va_start(ap, fmt);
	vsnprintf(os->origins[i].from, sizeof(os->origins[i].from), fmt, ap);
	va_end(ap);
}

const struct rtos_thread *rtos_find(const struct rtos *os, uint32_t id)
{
	for (size_t i = 0; i < os->count; i++) {
		if (os->threads[i].id == id)
			return &os->threads[i];
	}
	return NULL;
}

const struct rtos_thread *rtos_current(const struct rtos *os)
{
	for (size_t i = 0; i < os->count; i++) {
		if (os->threads[i].is_current)
			return &os->threads[i];
	}
	return NULL;
}

void rtos_forget_program(struct rtos *os)
{
	os->is_fresh = false;
	if (os->notes != NULL)
		memset(os->notes, 0, os->type->notes_bytes);
}

static void set_type(struct rtos *os, const struct rtos_type *type)
{
	if (os->type == type)
		return;
	os->type = type;
	free(os->notes);
	os->notes = type != NULL ? xcalloc(1, MAX(type->notes_bytes, 1u)) : NULL;
	if (type == NULL)
		return;
	if (strcasecmp(os->asked, "auto") == 0)
		log_info("Auto-detected RTOS: %s", type->name);
	else
		log_info("[%s] RTOS %s: its variables are found", os->target->name, type->name);
}

/* Says once what keeps the kernel that was asked for by name from being shown. */
static void tell_missing(struct rtos *os, const char *missing)
{
	if (os->is_told || strcasecmp(os->asked, "auto") == 0 ||
	    (!os->is_asked && symbols_path(os->target->symbols, 0) == NULL))
		return;
	os->is_told = true;
	log_warning("[%s] no threads of %s: the program has no symbol %s (link it with symbols, and keep "
		    "the kernel's variables from being optimised away)", os->target->name, os->asked,
		    missing);
}

static void detect(struct rtos *os)
{
	const struct rtos_type *type;
	const char *missing = "";

	for (size_t i = 0; (type = rtos_candidate(os, i)) != NULL; i++) {
		if (rtos_has_symbols(os, type, &missing)) {
			set_type(os, type);
			return;
		}
	}
	set_type(os, NULL);
	tell_missing(os, missing);
}

static void tell_damage(struct rtos *os)
{
	if (strcmp(os->told, os->damage) == 0)
		return;
	memcpy(os->told, os->damage, sizeof(os->told));
	if (os->damage[0] != '\0')
		log_warning("[%s] %s: %s", os->target->name, os->type->name, os->damage);
}

/*
 * After a reset RAM still holds the lists of the run before, until the start-up code has cleared it. That
 * code runs in Thread mode on the main stack, as the threads of these kernels never do, and LR has its
 * value of reset up to the first call (DDI 0403 B1.4.4, B1.5.5).
 */
static void look_outside(struct rtos *os)
{
	uint32_t xpsr, control, lr;

	os->is_outside = os->is_on_main_stack = false;
	if (!os->type->is_on_psp || os->target->state != TARGET_HALTED ||
	    target_find_reg(os->target, "control") == NULL)
		return;
	if (target_get_reg32(os->target, "xpsr", &xpsr) != OK ||
	    target_get_reg32(os->target, "lr", &lr) != OK ||
	    target_get_reg32(os->target, "control", &control) != OK) {
		error_clear();
		return;
	}
	os->is_on_main_stack = (xpsr & 0x1ff) == 0 && !(control & 2);
	os->is_outside = os->is_on_main_stack && lr == 0xffffffff;
}

/* Those whose fields could not be read up to the state. */
static void drop_unread(struct rtos *os)
{
	size_t n = 0;

	for (size_t i = 0; i < os->count; i++) {
		if (os->threads[i].state[0] != '\0')
			os->threads[n++] = os->threads[i];
	}
	os->count = n;
}

static enum err make_list(struct rtos *os)
{
	os->count = os->origin_count = 0;
	os->stacks_epoch_is_seen = false;
	os->damage[0] = '\0';
	rtos_memory_age(os);
	detect(os);
	if (os->type == NULL)
		return OK;
	look_outside(os);
	enum err rc = os->type->update(os);

	if (rc != OK && rtos_is_data_error(rc)) {
		rtos_damaged(os, "%s", error_current()->why);
		rc = OK;
	}
	if (rc != OK) {
		os->count = 0;
		return error_what(rc, "the threads of %s cannot be read", os->type->name);
	}
	drop_unread(os);
	rtos_find_stack_sizes(os);
	if (rtos_current(os) == NULL)
		rtos_add_core(os);
	tell_damage(os);
	return OK;
}

enum err rtos_update(struct rtos *os)
{
	struct target *t = os->target;
	bool is_halted = t->state == TARGET_HALTED;

	if (os->symbols_version != symbols_version(t->symbols)) {
		os->symbols_version = symbols_version(t->symbols);
		os->is_told = false;
		rtos_forget_program(os);
	}
	if (os->is_fresh && is_halted && os->epoch == t->memory_epoch)
		return OK;
	if (!t->examined)
		return error_why(ERR_NOT_EXAMINED, "%s has not been examined", t->name);
	os->is_fresh = false;
	os->epoch = t->memory_epoch;
	TRY(make_list(os));
	os->is_fresh = is_halted;
	return OK;
}

enum err rtos_context(struct rtos *os, const struct rtos_thread *thread, struct rtos_context *context)
{
	enum err rc = thread->is_elsewhere ? error_why(ERR_RTOS, "another core has them") :
					     os->type->context(os, thread, context);

	if (rc != OK && rtos_is_data_error(rc)) {
		struct error error;

		error_take(&error);
		rc = error_why(ERR_RTOS, "%s", error.why);
	}
	return rc == OK ? OK : error_what(rc, "the registers of thread %s (0x%08x) cannot be shown",
					  thread->name, thread->id);
}

/* The place of a register by its name; -1: none. A double register is two of them. */
static int place_of(const struct reg *reg, bool *is_double)
{
	static const struct {
		const char *name;
		int place;
	} names[] = {
		{ "sp", RTOS_SP },	     { "lr", RTOS_LR },	  { "pc", RTOS_PC },
		{ "xpsr", RTOS_XPSR },	     { "psp", RTOS_SP },  { "control", RTOS_CONTROL },
		{ "psplim", RTOS_PSPLIM },   { "psplim_ns", RTOS_PSPLIM },
		{ "fpscr", RTOS_FPSCR },
	};
	unsigned n;
	char rest;

	*is_double = false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(reg->name, names[i].name) == 0)
			return names[i].place;
	}
	if (sscanf(reg->name, "r%u%c", &n, &rest) == 1 && n < 13)
		return (int)n;
	if (sscanf(reg->name, "s%u%c", &n, &rest) == 1 && n < 32)
		return RTOS_S0 + (int)n;
	if (sscanf(reg->name, "d%u%c", &n, &rest) == 1 && n < 16) {
		*is_double = true;
		return RTOS_S0 + 2 * (int)n;
	}
	return -1;
}

static enum err find_places(struct rtos *os, const struct rtos_thread *thread, const struct reg *reg,
			    struct rtos_place places[2], bool *is_double)
{
	struct rtos_context context;
	int first = place_of(reg, is_double);

	TRY(rtos_context(os, thread, &context));
	if (first < 0 || !context.places[first].is_known ||
	    (*is_double && !context.places[first + 1].is_known))
		return error_why(ERR_NO_REGISTER, "%s does not save %s of a thread that waits",
				 os->type->name, reg->name);
	places[0] = context.places[first];
	if (*is_double)
		places[1] = context.places[first + 1];
	return OK;
}

/*
 * The main stack is the core's, all threads have the same, and GDB 13 unwinds no frame without debug
 * information that lacks it. With TrustZone each state has a psp: the thread's is the one in use.
 */
static enum err get_core_reg(struct rtos *os, const struct rtos_thread *thread, const struct reg *reg,
			     uint64_t *value, bool *is_known)
{
	bool is_banked = strcasecmp(reg->name, "psp_s") == 0 || strcasecmp(reg->name, "psp_ns") == 0;
	struct rtos_context context;
	uint32_t psp;

	*is_known = is_banked || strncasecmp(reg->name, "msp", 3) == 0;
	if (!*is_known)
		return OK;
	TRY(target_get_reg(os->target, reg, value));
	if (!is_banked)
		return OK;
	TRY(target_get_reg32(os->target, "psp", &psp));
	if (psp != (uint32_t)*value)
		return OK;
	TRY(rtos_context(os, thread, &context));
	*value = context.places[RTOS_SP].value;
	return OK;
}

enum err rtos_get_reg(struct rtos *os, const struct rtos_thread *thread, const struct reg *reg,
		      uint64_t *value)
{
	struct rtos_place places[2];
	bool is_double, is_cores;

	TRY(get_core_reg(os, thread, reg, value, &is_cores));
	if (is_cores)
		return OK;
	TRY(find_places(os, thread, reg, places, &is_double));
	*value = places[0].value;
	if (is_double)
		*value |= (uint64_t)places[1].value << 32;
	return OK;
}

static enum err write_word(struct rtos *os, uint32_t addr, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	return target_write_bytes(os->target, addr, bytes, sizeof(bytes));
}

enum err rtos_set_reg(struct rtos *os, const struct rtos_thread *thread, const struct reg *reg,
		      uint64_t value)
{
	struct rtos_place places[2];
	bool is_double;

	TRY(find_places(os, thread, reg, places, &is_double));
	if (places[0].addr == 0 && (uint32_t)value == places[0].value)
		return OK;
	if (places[0].addr == 0) {
		error_why(ERR_REFUSED, "%s of thread %s (0x%08x) is where its saved registers end, it has "
			  "no place of its own", reg->name, thread->name, thread->id);
		return error_next(ERR_REFUSED, "change it when the thread runs");
	}
	TRY(write_word(os, places[0].addr, (uint32_t)value));
	return is_double ? write_word(os, places[1].addr, (uint32_t)(value >> 32)) : OK;
}
