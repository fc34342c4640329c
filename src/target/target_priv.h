/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of target/ share and nobody above may touch: claims, Tcl handlers, polling, the
 * state behind a target_list. The rules are in target.h.
 */
#ifndef TARGET_TARGET_PRIV_H
#define TARGET_TARGET_PRIV_H

#include "target/debug_words.h"

enum on_exit { ON_EXIT_LEAVE, ON_EXIT_RUN, ON_EXIT_HALT };

#define USER_CMD_COUNT 8u	/* semihosting-user-cmd-0x100 .. 0x107 */

/* User data of the verbs: `target` NULL means the current one of whoever speaks. */
struct verb_scope {
	struct target_list *list;
	struct target *target;
};

/* cross.c: how a core's cross trigger interface is used for its group. */
#define CROSS_REGISTERS 5u
struct cross {
	bool is_linked, is_bad;		/* is_bad: it failed, and is left alone */
	bool is_held;			/* resume() leaves it halted: the group lets all go at once */
	bool is_prepared;		/* held, and ready to go */
	bool is_found_known;
	uint32_t found[CROSS_REGISTERS];	/* what stood in its registers before */
};

struct target_own {
	char *handlers[EVENT_COUNT];
	char *user_cmd_handlers[USER_CMD_COUNT];
	char *chain_position, *cti, *type_name;	/* as configured, for cget */
	uint32_t dbgbase, work_area_virt;
	bool has_work_area;
	enum on_exit on_exit;

	unsigned group;			/* `target smp`: halts and runs with the others of it; 0: alone */
	bool group_is_off;		/* `smp off` */
	struct cross cross;
	const char *claim;		/* NULL: free */
	unsigned claim_count, claim_depth;
	bool is_cancelled;

	uint64_t next_poll_ms;
	unsigned poll_gap_ms;		/* grows to the interval after a resume */
	unsigned backoff_ms;		/* 0: the last poll went well */
	bool is_failure_told;
	bool is_stepping;		/* target_step(): a semihosting call must not resume */
	bool is_passing;		/* resumed or stepped at a breakpoint, at passed_pc: it is over */
	uint32_t passed_pc;
	unsigned halts_asked;
	bool is_halting;	/* target_halt: what stops the core now is not resumed from */

	struct debug_guard debug_guard;
	unsigned next_break_id, next_watch_id;
	char stop_text[768];		/* what stop_note points to */
	char told_text[768];		/* the one that was told; "": the core has run since */
	bool is_note_told;
	struct verb_scope *scope;	/* of its object's verbs */
	struct patches *patches;	/* NULL: none yet */
	struct algorithm_state *algorithm;	/* helper code runs or was not finished */
};

struct listener {
	target_listener_fn fn;
	void *ctx;
	bool dead;
	struct listener *next;
};

struct target_list_own {
	struct listener *listeners;
	struct loop_timer *timer;
	unsigned poll_interval_ms;
	bool is_resetting;
	struct verb_scope scope;	/* of the global verbs */
	const struct patch_ops *patch_ops;	/* NULL: no way to write flash */
	bool patches_enabled;
	target_stop_filter_fn stop_filter;	/* NULL: every stop is wanted */
	void *stop_filter_ctx;
	semihosting_text_fn semihosting_text;	/* NULL: nobody listens */
	void *semihosting_text_ctx;
	bool ends_at_exit;		/* the program's exit ends the daemon */
	unsigned exit_timeout_s;
	struct loop_timer *exit_timer, *crash_timer;
	const struct profile_source *profile_source;	/* NULL: none */
	void *profile_ctx;
	struct room_verbs *room_verbs;
	struct buf failed_handlers;	/* of the reset in progress */
};

/* room_verbs.c */
enum err room_verbs_register(struct target *t);
void room_verbs_free(struct target_list *list);

/* The target a verb acts on: its object, or the current one. */
enum err call_target(struct call *c, struct target **t);
/* The same, and it must be examined. */
enum err call_examined_target(struct call *c, struct target **t);
enum err call_halted_target(struct call *c, struct target **t);
struct target_list *call_list(struct call *c);

/* ERR_BUSY if someone else holds the claim. `verb` says what was asked for. */
enum err target_check_free(struct target *t, const char *verb);
enum err target_check_halted(struct target *t, const char *verb);
void target_forget_registers(struct target *t);
void target_forget_chip(struct target *t);
/* After the driver changed t->state: events and halt report. */
enum err target_state_changed(struct target *t, enum target_state old);
void target_report_halt(struct target *t);
/* The rules for a core that is halted now: events, semihosting, stops that nobody asked for. */
enum err target_stopped(struct target *t, enum target_state old);
void target_run_user_cmd(struct target *t, unsigned index, bool *handled);
bool target_event_parse(const char *name, enum target_event *event);

/* lost.c: what the adapter calls when the probe is gone and when it is back. */
void lost_watch(struct target_list *list);
void lost_unwatch(struct target_list *list);
void poll_start(struct target_list *list);
void poll_stop(struct target_list *list);
/* The core was let go: look again soon, then less and less often. */
void poll_soon(struct target *t);

/* memory.c: t->ahead, in the batch of a step. False: nothing to read. */
bool ahead_queue(struct target *t);
void ahead_done(struct target *t);
/* The text of software breakpoints is put over / taken out of [addr, addr + n). */
void breakpoint_hide(struct target *t, uint32_t addr, uint8_t *data, size_t n);
bool breakpoint_overlaps(const struct target *t, uint32_t addr, size_t n);
void breakpoint_write_under(struct target *t, uint32_t addr, uint8_t *data, size_t n);
/* What stands at the watchpoint now becomes `last`; only RAM is looked at, reading must not do anything. */
void watchpoint_look(struct target *t, struct watchpoint *w);
/* The bits of a value that is as long as the watchpoint; whether one is compared at all. */
uint32_t watchpoint_value_bits(const struct watchpoint *w);
bool watchpoint_has_value(const struct watchpoint *w);
struct breakpoint *breakpoint_at(struct target *t, uint32_t addr);
void breakpoints_free(struct target *t);

/* group.c: several cores. A software breakpoint that another core has at `addr`; NULL: none. */
struct breakpoint *group_soft_at(struct target *t, uint32_t addr);
/* The others of its group follow; who cannot is told. */
void group_halt(struct target *t);
void group_resume(struct target *t);
/*
 * By hardware, where every member has a cross trigger interface and is halted: hold before a resume, then
 * release() lets those go that are prepared, or drops it if the resume failed. False: nothing is held.
 */
bool group_hold(struct target *t);
void group_release(struct target *t, bool goes);
/* The members run: from now on a halt of one halts all at once. Does nothing where that is so already. */
void group_link(struct target *t);
void group_unlink_all(struct target_list *list);
/* It has been out of reach, maybe linked: alone again, and its interface gets another chance. */
void group_examined(struct target *t);
/* One of linked members was found halted, so all are: who stopped, and is it a stop? */
enum err group_stopped(struct target *t);
/* `target smp`: one name or none is no group. */
enum err group_set(struct target_list *list, int count, const char *const *names);
/* For all members: each for itself, until it is on again. */
void group_switch(struct target *t, bool on);

void work_areas_forget(struct target *t);
void algorithm_free(struct target *t);
void semihosting_free(struct target *t);
/* Another program begins: nothing that the last one had open, or waited for, is left. */
void semihosting_forget_program(struct target *t);
/* `arm semihosting_fileio enable` */
bool semihosting_is_gdbs(const struct target *t);
/* The core stands at a BKPT: *handled if it was a semihosting call and the core runs again. */
enum err semihosting_service(struct target *t, bool *handled);
/* The core stands in a call that waits for input. */
bool semihosting_waits(const struct target *t);

/* `reset` and its parts */
enum err target_reset_steps(struct target_list *list, enum reset_mode mode);
void command_rows_register(struct target_list *list);
enum err target_object_register(struct target *t);

extern const struct target_type cortex_m_type;
extern const struct target_type mem_ap_type;
/* Verbs by topic. `shared` ones exist for the current target and below each target's name. */
extern const struct command target_commands[], object_commands[], configure_commands[];
extern const struct command run_commands[], run_shared_commands[], memory_commands[];
extern const struct command image_commands[], register_commands[], breakpoint_commands[];
extern const struct command arm_commands[], semihosting_commands[], profile_commands[];
extern const struct command debug_bits_commands[];
extern const struct command symbol_commands[];

#endif
