/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. Nobody else includes it. */
#ifndef SCRIPT_INTERNAL_H
#define SCRIPT_INTERNAL_H

#include <jim.h>

#include "script/script.h"

/* One registered array of rows, in the order of registration. */
struct table {
	struct table *next;
	const struct command *rows;
	void *user;
	char *object;			/* the object's name, NULL: plain verbs */
	const char *kind;		/* "target" */
};

/* What a Tcl command made from a row carries. */
struct verb {
	struct script *script;
	const struct command *row;
	void *user;
	bool has_longer;		/* other rows start with this name and a blank */
};

/* Help and usage of procs, given by add_help_text and add_usage_text. */
struct user_text {
	struct user_text *next;
	char *name, *usage, *help;
};

/* An old name that was warned about. */
struct told {
	struct told *next;
	char *name;
};

struct init_step {
	struct init_step *next;
	int order;
	script_init_fn fn;
	void *ctx;
};

struct search_dir {
	struct search_dir *next;
	char *path;
};

struct timed_script;

enum host_word { HOST_EXEC, HOST_OPEN, HOST_SOCKET, HOST_LOAD, HOST_INTERP, HOST_FORK, HOST_KILL,
		 HOST_SIGNAL, HOST_ALARM, HOST_PACKAGE, HOST_FILE, HOST_WORDS };

struct script {
	struct loop *loop;
	Jim_Interp *interp;
	bool exec_allowed;
	struct script_compat compat;
	bool has_heard_sockets;		/* a socket has evaluated something: no proc can be trusted */
	bool has_files;			/* open or socket was used: there may be file handlers */
	enum stage stage;
	enum { INIT_WANTED, INIT_NOT_WANTED, INIT_RUNNING, INIT_DONE } init_state;
	struct init_step *init_steps;
	struct table *tables;
	struct user_text *texts;
	struct told *told;
	struct search_dir *dirs;

	struct origin startup;
	struct script_frame *frame;	/* the innermost; NULL: nothing is evaluated */
	unsigned depth, capturing;
	struct error failure;		/* the last verb's error and what Tcl was told of it */
	struct buf failure_line;
	struct buf trace;		/* where the last failed evaluation failed */
	struct buf typed_path;		/* of arg_path() */
	struct buf where, message;	/* "board.cfg:3: Error: " and Tcl's whole message */

	bool echo_is_open;		/* the last `echo` was one with -n */
	bool is_exiting;		/* `shutdown` was called: evaluations unwind */
	bool in_pre_shutdown;
	int exit_code;

	struct timed_script *timed;	/* after */
	unsigned next_timed;
	struct loop_timer *jim_timer;	/* services Jim's own file handlers */
	Jim_Obj *service_word;		/* the trace hook's command name */
	uint64_t serviced_ns;		/* when the hook last let others in */

	Jim_CmdProc *native_expr;	/* Jim's own, behind that of legacy.c */
	Jim_CmdProc *host_procs[HOST_WORDS];	/* Jim's own, behind the guards of host.c */
};

struct script *script_of(Jim_Interp *interp);

/* script.c: Jim's state is saved around evaluations that run inside others. */
enum err script_eval_obj(struct script *script, struct origin *origin, Jim_Obj *text);

/* Puts the chain back that stands behind Tcl's error in the interpreter's result. */
enum err script_take_error(struct script *script);

/* command.c */
void command_free_all(struct script *script);
/* Makes the chain of a failed verb what Tcl sees: message and errorCode. Returns JIM_ERR. */
int command_fail(struct script *script);
/* The number of words of the longest command that argv starts with, 0 if none; *name gets it joined,
 * with a reference held. */
int command_longest(Jim_Interp *interp, int argc, Jim_Obj *const *argv, Jim_Obj **name);

/* Calls the command `name` with what is left of argv after `used` words; drops the reference. */
int command_call(Jim_Interp *interp, Jim_Obj *name, int used, int argc, Jim_Obj *const *argv);

/* help.c */
void help_register(struct script *script);
void help_free(struct script *script);

/* legacy.c */
void legacy_register(struct script *script);
void legacy_free(struct script *script);
/* A verb is called: if its name is an old one, says so once. */
void legacy_note(struct script *script, const char *name);
/* Where a name that is gone went; NULL: nothing is known of it. */
const char *legacy_hint(const char *name);
/* The script file in which a literal word stands; NULL: in none, or not known any more. */
const char *script_word_file(const Jim_Obj *word);

/* general.c */
void general_register(struct script *script);
void init_free(struct script *script);

/* events.c: after, vwait, update, and the hook that keeps the daemon alive in long scripts. */
void events_register(struct script *script);
void events_free(struct script *script);
/* Around an evaluation: the hook is Jim's and goes away when it fires inside itself. */
void events_arm(struct script *script);
/* After an evaluation: it may have left file handlers behind. */
void events_check_files(struct script *script);

/* host.c */
void host_guard(struct script *script);
/* May what runs now start programs, open sockets, remove files? */
bool host_is_open(const struct script *script);

/* search.c */
void search_free(struct script *script);

/* child.c */
void child_register(struct script *script);

/* embedded.c, made by src/script/embed */
struct embedded_script {
	const char *name, *text;
};
extern const struct embedded_script embedded_scripts[];

#endif
