/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oneshot: `probed flash FILE` and its sisters: connect, do one thing, say how it went, leave.
 *
 * A verb is a row: name, arguments, help, what it needs, and a function. The function calls what
 * the rooms below offer, or a Tcl verb where configurations may have replaced it (`reset init`);
 * nothing is done here that the daemon does elsewhere. The caller (main.c) has run the -f/-c/--chip
 * queue before oneshot_run(); ports are closed unless that queue opened some.
 *
 * Output: what was asked for goes to stdout, progress, warnings and errors to stderr. With --json
 * stdout has exactly one object (for run and rtt: one per piece of text, and that one at the end).
 * What of it could not be written is an error, unless nobody reads any more (a closed pipe). Exit
 * codes are those of enum oneshot_exit, except for `run`, which passes the program's own on.
 */
#ifndef ONESHOT_ONESHOT_H
#define ONESHOT_ONESHOT_H

#include "flash/flash.h"
#include "oneshot/choose.h"
#include "trace/trace.h"

enum oneshot_exit {
	EXIT_OK,
	EXIT_GENERAL, /* anything else; a command line without a verb that OpenOCD would refuse */
	EXIT_USAGE,   /* wrong option, argument, name, or file */
	EXIT_PROBE,   /* none, several, not ours to open, taken, lost */
	EXIT_TARGET,  /* the target does not answer or does not do as told */
	EXIT_FLASH,   /* flash operation, protection, wrong chip, not confirmed */
	EXIT_VERIFY,  /* the contents differ */
	EXIT_PROGRAM, /* run: the program crashed or stopped at a breakpoint of its own */
	EXIT_FAULTS,  /* doctor: something is wrong, and was not repaired */
	EXIT_TIMED_OUT = 124, /* --timeout, as timeout(1) has it */
};

enum verb_id {
	VERB_FLASH,
	VERB_ERASE,
	VERB_VERIFY,
	VERB_READ,
	VERB_RESET,
	VERB_INFO,
	VERB_RUN,
	VERB_RTT,
	VERB_DOCTOR,
	VERB_LIST,
	VERB_CHIPS,
	VERB_HELP,
	VERB_COUNT
};

enum verb_need {
	NEED_NOTHING, /* not even the search path */
	NEED_SCRIPTS, /* no probe */
	NEED_CONFIG,  /* the queue has run, as far as it goes; nothing is connected */
	NEED_TARGET,  /* init has run and the first target is examined */
};

enum verb_trait {
	TAKES_IMAGE = 1,   /* its first argument, which must be right before anything is connected */
	CHANGES_FLASH = 2, /* the wrong flash driver could do harm: refused for another chip */
	ONLY_LOOKS = 4,	   /* a core that ran must run afterwards */
};

/* What the command line said; strings are argv's. */
struct oneshot_request {
	const struct verb *verb; /* NULL: the daemon */
	int argc;		 /* what follows the verb */
	char **argv;
	bool json, quiet, yes, force;
	bool verify, no_verify, erase_all, skip_same, unlock, no_reset, dry_run, all, halt, run,
		fix;
	const char *at, *sector, *channel;
	unsigned timeout_s;
	int signo; /* that ends us; 0: none did */
	void (*print_help)(const struct verb *verb); /* the command line's: it knows the options */
};

struct oneshot_rooms {
	struct loop *loop;
	struct script *script;
	struct adapter *adapter;
	struct dap_list *daps;
	struct target_list *targets;
	struct flash_room *flash;
	struct trace_room *trace;
};

struct oneshot {
	const struct oneshot_rooms *rooms;
	const struct oneshot_request *request;
	struct choice *choice;
	struct target *target; /* NEED_TARGET: the current one */
	struct image *image;   /* of a verb that takes one, until it is taken */
	struct buf fields;     /* of the JSON object: ", \"name\": value" each */
	struct error error;    /* code OK: none */
	bool was_reset;	       /* --under-reset: the core stands at its first instruction */
	int exit_code;	       /* a verb may set its own; -1: by the error */
};

struct verb {
	const char *name, *usage, *help;
	const char *more; /* for `probed help VERB`; NULL: nothing to add */
	enum verb_need need;
	int min_args, max_args;
	enum err (*run)(struct oneshot *o);
	unsigned traits; /* enum verb_trait */
};

extern const struct verb verbs[VERB_COUNT + 1]; /* by verb_id; ends with a NULL name */
const struct verb *verb_find(const char *word);
/* NULL if nothing is near. */
const struct verb *verb_nearest(const char *word);
enum verb_id verb_id(const struct verb *verb);

/* What the user sees of the log from now on: warnings and errors, unless -d or -l asked for more.
 */
void oneshot_hush(const struct oneshot_request *request, bool wants_log);
void oneshot_unhush(void);

/* Connects as far as the verb needs, does it, reports. `before`: the error the queue ended with,
 * taken from the chain, or code OK. Returns the exit code. */
int oneshot_run(const struct oneshot_rooms *rooms, const struct oneshot_request *request,
		struct choice *choice, const struct error *before);
/* The end of a command line that could not even be parsed, or whose verb did not begin before a signal
 * came: the error chain as --json wants it. */
int oneshot_refuse(const struct oneshot_request *request);
/* The exit code of an error. */
int oneshot_exit_code(enum err code);

#endif
