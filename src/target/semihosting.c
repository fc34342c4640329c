/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a semihosting call off the core, and puts the answer back. */
#include "target/semihosting.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define BKPT_AB 0xbeabu

struct semihosting *semihosting_get(struct target *t)
{
	if (t->semihosting == NULL) {
		t->semihosting = xcalloc(1, sizeof(*t->semihosting));
		t->semihosting->target = t;
		t->semihosting->start_ns = clock_now_ns();
	}
	return t->semihosting;
}

void semihosting_free(struct target *t)
{
	struct semihosting *s = t->semihosting;

	if (s == NULL)
		return;
	s->is_waiting_for_input = false;
	semi_redirect_stop(s, true);
	semi_files_close(s);
	buf_free(&s->input);
	free(s->cmdline);
	free(s->basedir);
	free(s);
	t->semihosting = NULL;
}

void semihosting_forget_program(struct target *t)
{
	struct semihosting *s = t->semihosting;

	if (s == NULL)
		return;
	semi_files_close(s);
	s->gdb_stat = 0;
	s->is_waiting_for_gdb = s->is_waiting_for_input = false;
	s->last_errno = 0;
	s->had_user_call = false;
	s->start_ns = clock_now_ns();
}

bool semihosting_waits(const struct target *t)
{
	return t->semihosting != NULL && t->semihosting->is_waiting_for_input &&
	       t->state == TARGET_HALTED && t->reason == HALT_SEMIHOSTING;
}

bool target_gives_up_waiting(struct target *t)
{
	if (!semihosting_waits(t))
		return false;
	t->semihosting->is_waiting_for_input = false;
	t->reason = HALT_DEBUG_REQUEST;
	target_call_event(t, EVENT_HALTED);
	return true;
}

bool semihosting_is_gdbs(const struct target *t)
{
	return t->semihosting != NULL && t->semihosting->to_gdb;
}

void target_set_semihosting_ops(struct target *t, const struct semihosting_ops *ops)
{
	struct semihosting *s = semihosting_get(t);

	s->has_ops = ops != NULL;
	if (ops != NULL)
		s->ops = *ops;
}

/* The output of a program is bytes; the log takes text. */
static void write_to_log(const char *text, size_t n)
{
	char line[257];

	while (n > 0) {
		size_t k = MIN(n, sizeof(line) - 1);

		for (size_t i = 0; i < k; i++)
			line[i] = text[i] == '\0' ? ' ' : text[i];
		line[k] = '\0';
		log_user_raw(line);
		text += k;
		n -= k;
	}
}

void semi_console_write(struct semihosting *s, const char *text, size_t n)
{
	if (n == 0)
		return;
	if (s->has_ops && s->ops.console != NULL && s->ops.console(s->ops.ctx, s->target, text, n))
		return;
	write_to_log(text, n);
}

enum err semi_read_string(struct target *t, uint32_t addr, uint32_t length, char *text, size_t size)
{
	size_t n = MIN((size_t)length, size - 1);

	TRY(target_read_bytes(t, addr, (uint8_t *)text, n, NULL));
	text[n] = '\0';
	return OK;
}

static enum err is_call(struct target *t, uint32_t *pc, bool *yes)
{
	struct target_own *own = t->own;
	bool has_stopped = own->is_passing;
	uint16_t opcode;

	*yes = own->is_passing = false;
	TRY(target_get_reg32(t, "pc", pc));
	/* The user wants to stop here, before the call; and then to go on with it. */
	if (breakpoint_at(t, *pc) != NULL && !(has_stopped && own->passed_pc == *pc))
		return OK;
	if (target_read_u16(t, *pc, &opcode) != OK) {
		error_clear();
		return OK;
	}
	*yes = opcode == BKPT_AB;
	return OK;
}

static enum err read_call(struct semi_call *call, const struct semi_row *row)
{
	uint8_t block[16];

	if (row == NULL || row->words == 0)
		return OK;
	TRY(target_read_bytes(call->t, call->r1, block, 4u * row->words, NULL));
	for (unsigned i = 0; i < row->words; i++)
		call->p[i] = get_le32(block + 4 * i);
	return OK;
}

static enum err user_call(struct semi_call *call)
{
	bool handled;

	call->s->user_param = call->r1;
	call->s->had_user_call = true;
	call->result = 0;
	target_run_user_cmd(call->t, call->op - SYS_USER_FIRST, &handled);
	if (!handled)
		call->result = SEMI_FAILED;
	return OK;
}

static enum err run_call(struct semi_call *call)
{
	const struct semi_row *row = semi_find(call->op);
	enum err rc;

	log_debug("%s: semihosting %s (0x%02x), R1 = 0x%08x", call->t->name,
		  row != NULL ? row->name : "call", call->op, call->r1);
	call->result = SEMI_FAILED;
	if (call->op >= SYS_USER_FIRST && call->op <= SYS_USER_LAST)
		return user_call(call);
	if (row == NULL) {
		log_warning("%s: unknown semihosting call 0x%02x", call->t->name, call->op);
		return OK;
	}
	rc = read_call(call, row);
	if (rc == OK && call->s->to_gdb && semi_to_gdb(call))
		return OK;
	if (rc == OK)
		rc = row->run(call);
	if (rc == ERR_BUS || rc == ERR_UNALIGNED) {
		/* The program passed a bad pointer: its problem, told, and answered with failure. */
		log_warning("%s: semihosting %s: %s", call->t->name, row->name,
			    error_text(error_current()));
		error_clear();
		call->s->last_errno = 14;	/* EFAULT */
		call->result = SEMI_FAILED;
		return OK;
	}
	return rc;
}

static enum err answer(struct target *t, const struct semi_call *call, uint32_t pc)
{
	if (!call->keeps_r0)
		TRY(target_set_reg32(t, "r0", call->result));
	return target_pass_bkpt(t, pc);
}

static void tell_exit(struct semi_call *call)
{
	struct semihosting *s = call->s;

	if (call->exit_reason == SEMI_APPLICATION_EXIT && call->exit_code == 0)
		log_user("semihosting: *** application exited normally ***");
	else if (call->exit_reason == SEMI_APPLICATION_EXIT)
		log_user("semihosting: *** application exited with %d ***", (int)call->exit_code);
	else
		log_user("semihosting: *** application stopped, reason 0x%x (%s), exit code %d ***",
			 call->exit_reason, semi_reason_name(call->exit_reason), (int)call->exit_code);
	semi_files_close(s);
	if (s->has_ops && s->ops.exited != NULL)
		s->ops.exited(s->ops.ctx, call->t, call->exit_reason, call->exit_code);
	semi_exit_daemon(call->t, call->exit_code);
}

enum err semihosting_service(struct target *t, bool *handled)
{
	struct semi_call call = { .s = semihosting_get(t), .t = t };
	uint32_t pc;
	bool yes;

	*handled = false;
	TRY(is_call(t, &pc, &yes));
	if (!yes)
		return OK;
	TRY(target_get_reg32(t, "r0", &call.op));
	TRY(target_get_reg32(t, "r1", &call.r1));
	if (!call.s->is_waiting_for_gdb)
		TRY(run_call(&call));
	if (call.s->is_waiting_for_gdb || (call.must_wait && !t->own->is_halting)) {
		call.s->is_waiting_for_input = call.must_wait;
		call.s->was_stepping = t->own->is_stepping;
		t->reason = HALT_SEMIHOSTING;
		*handled = true;
		return OK;
	}
	if (call.must_wait) {	/* the call is made again when the core goes on */
		t->reason = HALT_DEBUG_REQUEST;
		return OK;
	}
	TRY(answer(t, &call, pc));
	if (call.has_exited) {
		t->reason = HALT_EXIT;
		tell_exit(&call);
		if (!call.s->resumes_at_exit)
			return OK;	/* halted like any other stop */
	}
	/* After a step the call counts as the instruction: stay halted behind it. */
	if (t->own->is_stepping) {
		t->reason = HALT_SINGLE_STEP;
		return OK;
	}
	/* A program that calls all the time is mostly found in a call by who halts it. */
	if (t->own->is_halting) {
		t->reason = HALT_DEBUG_REQUEST;
		return OK;
	}
	*handled = true;
	TRY(t->type->resume(t, false, false));
	poll_soon(t);
	return OK;
}

void semi_try_again(struct semihosting *s)
{
	struct target *t = s->target;
	bool handled = false, was_stepping = t->own->is_stepping;

	if (!semihosting_waits(t))
		return;
	s->is_waiting_for_input = false;
	if (target_get_reg32(t, "pc", &t->own->passed_pc) == OK)
		t->own->is_passing = true;
	t->own->is_stepping = s->was_stepping;
	enum err rc = semihosting_service(t, &handled);

	t->own->is_stepping = was_stepping;
	if (rc != OK) {
		log_failure();
		t->reason = HALT_BREAKPOINT;
	}
	if (!handled)
		target_call_event(t, EVENT_HALTED);
}
