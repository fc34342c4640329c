/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script: the Jim Tcl interpreter, and the tables from which every user-visible verb is made.
 *
 * A room registers a const table of struct command. A row is a verb's whole name ("flash erase_sector"),
 * its stage, how many arguments it takes, usage, handler and help: the dispatcher checks stage and
 * count, `help`, `usage`, completion, `command mode` and the manual's check come from the rows. The
 * first word of a many-word verb becomes a Tcl command; the longest row that matches wins.
 *
 * A handler parses (arg_*), calls its room, and returns data through result_*. When it returns an
 * error, the Tcl command fails with the error's line as message and errorCode {OpenOCD NUMBER ID};
 * the structured error comes back out of script_eval() on the error chain when no script caught it.
 * Handlers may service the event loop, so other clients' commands may run inside them: keep no
 * pointer into the result of another evaluation.
 *
 * Text evaluated at the top level (a console line, -c, -f, monitor) runs at global scope.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/loop.h"
#include "script/args.h"
#include "script/init.h"

struct script;
struct call;
struct Jim_Interp;
struct Jim_Obj;

/* STAGE_SETTING: set before init, asked for (without an argument) at any time. */
enum stage { STAGE_ANY, STAGE_CONFIG, STAGE_EXEC, STAGE_SETTING };
const char *script_stage_name(enum stage stage);

struct command {
	const char *name;
	enum stage stage;
	int min_args, max_args;		/* without the name; max -1: any number */
	const char *usage;		/* arguments only: "bank ?first last?" */
	enum err (*run)(struct call *call);
	const char *help;
};

struct call {
	struct script *script;
	const struct command *row;
	void *user;			/* what script_register was given */
	int argc;			/* argv[0] is the row's name; arguments from 1 */
	const char *const *argv;
	struct Jim_Obj *const *objv;	/* the same as Tcl objects */
	struct buf *out;		/* the result under construction, text */
	struct Jim_Obj *result;		/* set: used instead of `out` */
};

/* Who is speaking: decides about host access and where per-client settings live. */
enum origin_kind { ORIGIN_STARTUP, ORIGIN_TELNET, ORIGIN_RPC, ORIGIN_GDB, ORIGIN_EVENT };
struct origin {
	enum origin_kind kind;
	void *session;			/* the front end's own; NULL for startup */
	void *target;			/* current target of this client, NULL: the common one */
	bool close_session;		/* set by `exit`: the front end ends the session */
};

/* `exec_allowed`: scripts from sockets may run host programs (Tcl exec, open |cmd, ...). */
struct script *script_new(struct loop *loop, bool exec_allowed);
void script_free(struct script *script);
struct loop *script_loop(struct script *script);
struct Jim_Interp *script_interp(struct script *script);
/* What script_new was told; semihosting asks too. */
bool script_exec_allowed(const struct script *script);

/* The rows must outlive the script. */
void script_register(struct script *script, const struct command *rows, void *user);
/* An object such as a target: rows are its subcommands ("configure", "mdw"). `kind` is for help. */
enum err script_register_object(struct script *script, const char *name, const char *kind,
				const struct command *rows, void *user);
void script_unregister_object(struct script *script, const char *name);

enum stage script_stage(const struct script *script);
void script_set_stage(struct script *script, enum stage stage);

/* Evaluates at global scope. `result` (optional) gets the result's text appended. Nested use is fine.
 * On failure the error chain is set: the original struct error if a verb failed, else ERR_SCRIPT
 * with Jim's message. An `exit` or `shutdown` stops the loop and returns OK. */
enum err script_eval(struct script *script, struct origin *origin, const char *text, const char *file,
		     int line, struct buf *result);
enum err script_run_file(struct script *script, struct origin *origin, const char *name,
			 struct buf *result);
/* The origin of the evaluation in progress; the startup origin outside of any. */
struct origin *script_origin(struct script *script);
/* After a failed evaluation: takes the error chain and appends it as a person should see it, the
 * message, the evidence, then where in which script, each on a line. */
void script_failure_text(struct script *script, struct buf *text);
/* Only the message, whole: what a program that asked gets. */
void script_failure_message(struct script *script, struct buf *text);
/* The same into the log: a verb's error at LOG_ERROR, a script's as user lines. */
void script_log_failure(struct script *script);
/* Logs a top-level result: nothing if it is empty, its last line end dropped. A client's result
 * goes only to the log itself, not to the other clients' consoles. */
void script_log_result(const struct buf *result, bool for_all);

/*
 * Long work and Ctrl-C. Every evaluation has a frame; work that is not an evaluation (GDB's flash
 * packets) brings its own with script_enter/leave. Long work polls script_cancel_requested() and
 * returns ERR_CANCELLED; it is true after script_cancel() for the innermost frame of that origin
 * while that frame, or an event handler inside it, is what runs, and once the daemon is to stop.
 */
struct script_frame {
	struct script_frame *outer;
	struct origin *origin;
	const char *text;		/* what is evaluated; NULL: not known */
	bool is_cancelled, is_done;	/* is_done: `exit` was called */
};
enum err script_enter(struct script *script, struct script_frame *frame, struct origin *origin);
void script_leave(struct script *script, struct script_frame *frame);
void script_cancel(struct script *script, const struct origin *origin);
bool script_cancel_requested(const struct script *script);
/* Services the loop for that long. ERR_CANCELLED. */
enum err script_sleep(struct script *script, uint64_t ms);
/* `capture` is running: background polling must not log into its result. */
bool script_is_capturing(const struct script *script);

/* Script search path (-s, environment, installation). Returns a malloc'ed path or NULL + error. */
void script_add_search_dir(struct script *script, const char *dir, bool first);
char *script_find(struct script *script, const char *name);
/* Calls `fn` for each folder of the search path, in order, until it returns true. */
void script_each_dir(struct script *script, bool (*fn)(void *ctx, const char *dir), void *ctx);

/* Completion: calls `fn` with each full verb that starts with `prefix`. */
void script_complete(struct script *script, const char *prefix, void (*fn)(void *ctx, const char *word),
		     void *ctx);
/* "did you mean": the nearest registered verb, NULL if nothing is near. */
const char *script_nearest(struct script *script, const char *word);
/* How many typing mistakes are between two words; above `limit` the exact value is not known. */
unsigned script_distance(const char *a, const char *b, unsigned limit);
/* Where the call stands, for messages: "board.cfg:12", or "a command line" where no file is known. */
void script_place(const struct call *call, char *text, size_t size);
/* Says once per old name, for all the daemon's life, what it is called now. */
void script_tell_old_name(struct script *script, const char *old, const char *now);
/* Walks all rows, for doc and checks; object_kind is NULL for plain verbs. */
void script_each_command(struct script *script, void (*fn)(void *ctx, const char *object_kind,
			 const struct command *row), void *ctx);

/* `compat`: what scripts and launch configurations written for other versions may ask for. */
struct script_compat {
	bool log_011;		/* halt and breakpoint-unit lines in the words of 0.10 and 0.11 */
	bool silent_errors;	/* warn only, where OpenOCD warns and goes on as if all were well */
};
const struct script_compat *script_compat(const struct script *script);

/* The first line of the program, and what `version` returns. */
const char *script_version(void);

/* `shutdown`: stops the loop; the daemon's exit code. */
void script_request_exit(struct script *script, int code);
int script_exit_code(const struct script *script);

#endif
