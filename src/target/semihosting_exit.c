/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the program as the end of the daemon: `--exit-on-semihosting`, for tests that run on a
 * target. The exit code of the program becomes ours; an abnormal end is 1, a crash as well. A limit of
 * time makes an end of programs that hang.
 */
#include <inttypes.h>

#include "base/log.h"
#include "target/semihosting.h"

#define TIMEOUT_CODE 124u	/* as timeout(1) */

/* Arm's semihosting.rst, SYS_EXIT. */
static const struct { uint32_t reason; const char *name; } reasons[] = {
	{ 0x20000, "BranchThroughZero" }, { 0x20001, "UndefinedInstr" }, { 0x20002, "SoftwareInterrupt" },
	{ 0x20003, "PrefetchAbort" }, { 0x20004, "DataAbort" }, { 0x20005, "AddressException" },
	{ 0x20006, "IRQ" }, { 0x20007, "FIQ" }, { 0x20020, "BreakPoint" }, { 0x20021, "WatchPoint" },
	{ 0x20022, "StepComplete" }, { 0x20023, "RunTimeErrorUnknown" }, { 0x20024, "InternalError" },
	{ 0x20025, "UserInterruption" }, { SEMI_APPLICATION_EXIT, "ApplicationExit" },
	{ 0x20027, "StackOverflow" }, { 0x20028, "DivisionByZero" }, { 0x20029, "OSSpecific" },
};

const char *semi_reason_name(uint32_t reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].reason == reason)
			return reasons[i].name;
	}
	return "?";
}

static void end_daemon(struct target_list *list, uint32_t code)
{
	char command[32];

	snprintf(command, sizeof(command), "shutdown %" PRIu32, code);
	if (script_eval(list->script, NULL, command, NULL, 0, NULL) != OK)
		log_failure();
}

void semi_exit_daemon(struct target *t, uint32_t code)
{
	if (!t->list->own->ends_at_exit)
		return;
	/* A process has eight bits: a failure must not look like success. */
	end_daemon(t->list, code != 0 && (code & 0xff) == 0 ? 1 : code & 0xff);
}

void target_end_at_exit(struct target_list *list, bool on)
{
	list->own->ends_at_exit = on;
	for (struct target *t = list->first; t != NULL; t = t->next)
		t->semihosting_armed |= on;
	semi_watch_crashes(list, on);
}

static void on_timeout(void *ctx)
{
	struct target_list *list = ctx;

	list->own->exit_timer = NULL;
	log_error(list->own->ends_at_exit ? "the program has not ended within %u s"
		  : "the time is over: %u s", list->own->exit_timeout_s);
	for (const struct target *t = list->first; t != NULL; t = t->next)
		log_user("%s is %s", t->name, target_state_name(t));
	end_daemon(list, TIMEOUT_CODE);
}

void target_set_exit_timeout(struct target_list *list, unsigned seconds)
{
	if (list->own->exit_timer != NULL)
		loop_remove_timer(list->loop, list->own->exit_timer);
	list->own->exit_timer = NULL;
	list->own->exit_timeout_s = seconds;
	if (seconds > 0)
		list->own->exit_timer =
			loop_add_timer(list->loop, (uint64_t)seconds * 1000, 0, on_timeout, list);
}
