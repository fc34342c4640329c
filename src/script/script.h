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

struct script;
struct call;
struct Jim_Interp;
struct Jim_Obj;

enum stage { STAGE_ANY, STAGE_CONFIG, STAGE_EXEC };

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
 * with Jim's message and trace. An `exit` or `shutdown` stops the loop and returns OK. */
enum err script_eval(struct script *script, struct origin *origin, const char *text, const char *file,
		     int line, struct buf *result);
enum err script_run_file(struct script *script, struct origin *origin, const char *name);
/* The origin of the evaluation in progress; the startup origin outside of any. */
struct origin *script_origin(struct script *script);

/* Script search path (-s, environment, installation). Returns a malloc'ed path or NULL + error. */
void script_add_search_dir(struct script *script, const char *dir, bool first);
char *script_find(struct script *script, const char *name);

/* Completion: calls `fn` with each full verb that starts with `prefix`. */
void script_complete(struct script *script, const char *prefix, void (*fn)(void *ctx, const char *word),
		     void *ctx);
/* "did you mean": the nearest registered verb, NULL if nothing is near. */
const char *script_nearest(struct script *script, const char *word);
/* Walks all rows, for doc and checks. */
void script_each_command(struct script *script, void (*fn)(void *ctx, const char *object_kind,
			 const struct command *row), void *ctx);

/* `shutdown`: stops the loop; the daemon's exit code. */
void script_request_exit(struct script *script, int code);
int script_exit_code(const struct script *script);

/* Argument parsing: index counts from 1. C's number forms (0x10, 16, 020). Errors name the argument. */
enum err arg_u32(struct call *c, int index, uint32_t *value);
enum err arg_u64(struct call *c, int index, uint64_t *value);
enum err arg_int(struct call *c, int index, int *value);
enum err arg_double(struct call *c, int index, double *value);
/* on|off, enable|disable, yes|no, true|false, 1|0 */
enum err arg_bool(struct call *c, int index, bool *value);
/* One of `words` (ends with NULL); *which is its index. */
enum err arg_word(struct call *c, int index, const char *const *words, int *which);
/* A parsed number of text that is not an argument; `what` names it in the error. */
enum err parse_u32(const char *text, const char *what, uint32_t *value);
/* The usage error every handler returns when its arguments make no sense together. */
enum err arg_usage(struct call *c);

void result_printf(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void result_int(struct call *c, int64_t value);
void result_bool(struct call *c, bool value);
/* Lists and dicts: append elements; the first call makes the result a list. */
void result_append(struct call *c, const char *text);
void result_append_int(struct call *c, int64_t value);
void result_dict(struct call *c, const char *key, const char *value);

#endif
