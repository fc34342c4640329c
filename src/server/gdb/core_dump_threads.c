/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads of a core file. GDB unwinds from a handler into what it interrupted on the main stack, but
 * not onto the process stack: it has no PSP from a core file. So that context is a thread of its own;
 * with an RTOS it is the one that runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtos/rtos.h"
#include "server/gdb/core_dump.h"

#define INTERRUPTED_ID 2u	/* without an RTOS; the core is RTOS_CORE */

/* Numbers of Linux, in which GDB reads an Arm core file. */
enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5, SIGNAL_SEGV = 11 };

static const char *const core_names[CORE_REGISTERS] = {
	"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc",
	"xPSR",
};

static struct core_thread *new_thread(struct core_dump *dump, uint32_t id)
{
	dump->threads = xrealloc(dump->threads, (dump->thread_count + 1) * sizeof(*dump->threads));
	struct core_thread *thread = &dump->threads[dump->thread_count++];

	*thread = (struct core_thread){ .id = id };
	return thread;
}

static void say(struct core_dump *dump, const struct core_thread *thread, const char *name,
		const char *state)
{
	buf_printf(&dump->text, "thread %u (0x%x) pc 0x%08x sp 0x%08x %s: %s\n", thread->id, thread->id,
		   thread->regs[15], thread->regs[13], name[0] != '\0' ? name : "(no name)", state);
}

static enum err read_core(struct target *t, struct core_thread *thread)
{
	const struct reg *fpscr = target_find_reg(t, "fpscr");
	uint64_t value = 0;

	for (unsigned i = 0; i < CORE_REGISTERS; i++)
		TRY(target_get_reg32(t, core_names[i], &thread->regs[i]));
	if (fpscr == NULL) {
		error_clear();
		return OK;
	}
	for (unsigned i = 0; i < CORE_DOUBLES; i++) {
		char name[4];

		snprintf(name, sizeof(name), "d%u", i);
		const struct reg *reg = target_find_reg(t, name);

		if (reg != NULL)
			TRY(target_get_reg(t, reg, &thread->d[i]));
	}
	TRY(target_get_reg(t, fpscr, &value));
	thread->fpscr = (uint32_t)value;
	thread->has_fpu = true;
	return OK;
}

static unsigned signal_of(const struct target *t)
{
	if (t->stop_note != NULL)
		return SIGNAL_SEGV;
	return t->reason == HALT_DEBUG_REQUEST ? SIGNAL_INT : SIGNAL_TRAP;
}

/* What its kernel does not save reads 0. */
static enum err read_waiting(struct rtos *os, const struct rtos_thread *thread, struct core_thread *out)
{
	for (unsigned i = 0; i < CORE_REGISTERS; i++) {
		const struct reg *reg = target_find_reg(os->target, core_names[i]);
		uint64_t value = 0;
		enum err rc = reg != NULL ? rtos_get_reg(os, thread, reg, &value) : OK;

		if (rc != OK && rc != ERR_NO_REGISTER)
			return rc;
		error_clear();
		out->regs[i] = (uint32_t)value;
	}
	return OK;
}

static void add_waiting(struct core_dump *dump, struct rtos *os)
{
	for (size_t i = 0; i < os->count; i++) {
		const struct rtos_thread *from = &os->threads[i];

		if (from->is_current)
			continue;
		struct core_thread *thread = new_thread(dump, from->id);

		if (read_waiting(os, from, thread) != OK) {
			buf_printf(&dump->text, "thread 0x%x (%s) is left out: %s\n", from->id, from->name,
				   error_text(error_current()));
			error_clear();
			dump->thread_count--;
			continue;
		}
		say(dump, thread, from->name, from->state);
	}
}

static struct rtos *kernel_of(struct core_dump *dump)
{
	struct rtos *os = rtos_of(dump->target);

	if (os == NULL)
		return NULL;
	if (rtos_update(os) != OK) {
		buf_printf(&dump->text, "threads are left out: %s\n", error_text(error_current()));
		error_clear();
		return NULL;
	}
	return os->type != NULL && os->count > 0 ? os : NULL;
}

enum err core_dump_threads(struct core_dump *dump)
{
	struct target *t = dump->target;
	struct rtos *os = kernel_of(dump);
	const struct rtos_thread *current = os != NULL ? rtos_current(os) : NULL;
	uint32_t interrupted[CORE_REGISTERS], id = current != NULL ? current->id : RTOS_CORE;
	bool is_handler = t->type->interrupted != NULL && t->type->interrupted(t, interrupted);
	struct core_thread *core = new_thread(dump, is_handler ? RTOS_CORE : id);

	TRY(read_core(t, core));
	core->signal = signal_of(t);
	say(dump, core, current != NULL && !is_handler ? current->name : "core",
	    is_handler ? "an exception handler" : "running");
	if (is_handler) {
		struct core_thread *thread = new_thread(dump, id != RTOS_CORE ? id : INTERRUPTED_ID);

		memcpy(thread->regs, interrupted, sizeof(interrupted));
		say(dump, thread, current != NULL ? current->name : "process stack",
		    "what the handler has interrupted; r4 to r11 may be the handler's");
	}
	if (os != NULL)
		add_waiting(dump, os);
	return OK;
}
