/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helper code on the target. Before: registers, MPU and the state of the cache are kept, the core is
 * put into privileged Thread mode on the main stack (or stays in its handler). After: everything as
 * it was; registers go back through the cache, with the next resume.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/patch.h"
#include "target/target_priv.h"

#define MPU_CTRL	0xe000ed94u	/* an MPU region may forbid execution from RAM */
#define XPSR_IPSR	0x1ffu
#define XPSR_T		BIT(24)

struct algorithm_state {
	struct reg_value *saved;
	uint32_t mpu_ctrl;
	uint64_t started_ms;
	bool is_running;
};

static enum err save(struct target *t, struct algorithm_state *s)
{
	TRY(t->type->fetch_registers(t, false));
	s->saved = xcalloc(t->reg_count, sizeof(*s->saved));
	memcpy(s->saved, t->values, t->reg_count * sizeof(*s->saved));
	if (mem_ap_read32(t->ap, MPU_CTRL, &s->mpu_ctrl) != OK) {
		error_clear();
		s->mpu_ctrl = 0;
	}
	return s->mpu_ctrl & 1 ? mem_ap_write32(t->ap, MPU_CTRL, 0) : OK;
}

static enum err set_registers(struct target *t, const struct algorithm *a)
{
	static const char *const names[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7" };
	uint32_t xpsr;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		TRY(target_set_reg32(t, names[i], a->r[i]));
	TRY(target_get_reg32(t, "xPSR", &xpsr));
	TRY(target_set_reg32(t, "xPSR", (xpsr & XPSR_IPSR) | XPSR_T));
	TRY(target_set_reg32(t, "control", 0));
	if (a->stack != 0)
		TRY(target_set_reg32(t, "sp", a->stack));
	/* A return instead of BKPT ends at exit_pc as well. */
	TRY(target_set_reg32(t, "lr", a->exit_pc | 1));
	return target_set_reg32(t, "pc", a->entry);
}

static enum err make_visible(struct target *t)
{
	if (t->type->code_written == NULL)
		return OK;
	for (const struct work_area *w = t->work_areas; w != NULL; w = w->next)
		TRY(t->type->code_written(t, w->addr, w->size));
	return OK;
}

static enum err put_back(struct target *t)
{
	struct algorithm_state *s = t->own->algorithm;
	enum err rc = OK;

	if (s->saved != NULL) {
		for (size_t i = 0; i < t->reg_count; i++) {
			const struct reg_value *now = &t->values[i];
			bool same = now->valid && !now->dirty && now->value == s->saved[i].value;
			bool was_dirty = s->saved[i].dirty;

			if (!s->saved[i].valid)
				continue;
			t->values[i] = s->saved[i];
			t->values[i].dirty = was_dirty || !same;
		}
		if (t->type->registers_restored != NULL)
			t->type->registers_restored(t);
	}
	if (s->mpu_ctrl & 1)
		rc = mem_ap_write32(t->ap, MPU_CTRL, s->mpu_ctrl);
	algorithm_free(t);
	return rc;
}

void algorithm_free(struct target *t)
{
	struct algorithm_state *s = t->own->algorithm;

	if (s == NULL)
		return;
	free(s->saved);
	free(s);
	t->own->algorithm = NULL;
}

static enum err start(struct target *t, struct algorithm *a)
{
	TRY(save(t, t->own->algorithm));
	TRY(set_registers(t, a));
	TRY(make_visible(t));
	TRY(target_resume(t, NULL, false, true));
	t->own->algorithm->is_running = true;
	t->own->algorithm->started_ms = clock_now_ms();
	return OK;
}

enum err algorithm_start(struct target *t, struct algorithm *a)
{
	TRY(target_check_halted(t, "helper code"));
	TRY(target_claim(t, "helper code"));
	if (t->own->algorithm != NULL) {
		target_release(t);
		return error_why(ERR_BUSY, "helper code is already running on %s", t->name);
	}
	t->own->algorithm = xcalloc(1, sizeof(*t->own->algorithm));
	enum err rc = start(t, a);

	if (rc != OK) {
		struct error kept;

		error_take(&kept);
		if (put_back(t) != OK)
			error_clear();
		target_release(t);
		error_put(&kept);
		return rc;
	}
	return OK;
}

enum err algorithm_poll(struct target *t, struct algorithm *a, bool *running)
{
	struct algorithm_state *s = t->own->algorithm;

	(void)a;
	*running = false;
	if (s == NULL || !s->is_running)
		return OK;
	TRY(t->type->poll(t));
	if (t->state == TARGET_DEBUG_RUNNING) {
		*running = true;
		return OK;
	}
	s->is_running = false;
	if (t->state != TARGET_HALTED) {
		error_why(ERR_ALGORITHM, "the core was reset while helper code ran");
		return error_next(ERR_ALGORITHM,
				  "a watchdog? stop it, or use \"reset halt\" first");
	}
	target_call_event(t, EVENT_DEBUG_HALTED);
	return OK;
}

/* Where it stopped must be where it was to end. */
static enum err check_end(struct target *t, const struct algorithm *a)
{
	struct buf why = { 0 };
	uint32_t pc;

	TRY(target_get_reg32(t, "pc", &pc));
	if (a->exit_pc == 0 || pc == (a->exit_pc & ~1u))
		return OK;
	if (t->type->explain != NULL && t->type->explain(t, &why) != OK)
		error_clear();
	error_why(ERR_ALGORITHM, "helper code stopped at 0x%08x instead of 0x%08x%s%.300s", pc,
		  a->exit_pc & ~1u, why.len ? ": " : "", why.len ? (const char *)why.data : "");
	buf_free(&why);
	return ERR_ALGORITHM;
}

static enum err take_results(struct target *t, struct algorithm *a)
{
	static const char *const names[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		TRY(target_get_reg32(t, names[i], &a->result[i]));
	return OK;
}

/* Still running: it is stopped, because it was cancelled or its time is over. */
static enum err stop(struct target *t)
{
	struct algorithm_state *s = t->own->algorithm;

	if (!s->is_running)
		return OK;
	s->is_running = false;
	TRY(t->type->halt(t));
	target_call_event(t, EVENT_DEBUG_HALTED);
	return OK;
}

enum err algorithm_finish(struct target *t, struct algorithm *a)
{
	struct algorithm_state *s = t->own->algorithm;
	struct error before;
	enum err rc;

	if (s == NULL)
		return OK;
	error_take(&before);
	bool was_running = s->is_running;

	rc = stop(t);
	if (rc == OK && t->state == TARGET_HALTED) {
		rc = take_results(t, a);
		if (rc == OK && !was_running)
			rc = check_end(t, a);
		rc = error_first(rc, put_back(t));
	} else {
		algorithm_free(t);
	}
	t->memory_epoch++;
	target_release(t);
	if (before.code != OK)
		error_put(&before);
	return rc;
}

static enum err wait_end(struct target *t, struct algorithm *a)
{
	bool running;

	for (;;) {
		TRY(algorithm_poll(t, a, &running));
		if (!running)
			return OK;
		if (target_is_cancelled(t))
			return error_why(ERR_CANCELLED, "helper code was interrupted");
		if (clock_now_ms() - t->own->algorithm->started_ms >= a->timeout_ms)
			return error_why(ERR_TIMEOUT, "helper code did not end within %u ms",
					 a->timeout_ms);
		if (!loop_service(t->list->loop) && !patches_are_writing(t))
			return error_why(ERR_CANCELLED, "the daemon is shutting down");
	}
}

enum err algorithm_run(struct target *t, struct algorithm *a)
{
	TRY(algorithm_start(t, a));
	enum err rc = wait_end(t, a);

	return error_first(rc, algorithm_finish(t, a));
}
