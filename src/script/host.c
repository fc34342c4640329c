/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What scripts may do to the host.
 *
 * Configuration files and the command line are the user's own and may run programs, event handlers
 * among them. Whoever reaches a socket may not, unless --allow-exec was given. A client could leave
 * its words in a proc or an event handler that something trusted calls later, so once a socket has
 * evaluated anything, nobody may. The guards replace Jim's procedures in place: no second name leads
 * around them.
 */
#include <string.h>

#include "script/internal.h"

bool host_is_open(const struct script *script)
{
	return script->exec_allowed || !script->has_heard_sockets;
}

static int refuse(struct script *script, Jim_Obj *const *argv)
{
	error_why(ERR_REFUSED, "\"%s\" reaches into the host and is refused to clients",
		  Jim_String(argv[0]));
	error_next(ERR_REFUSED, "start probed with --allow-exec if every client may be trusted");
	return command_fail(script);
}

static int guarded(Jim_Interp *interp, int argc, Jim_Obj *const *argv, enum host_word word)
{
	struct script *script = script_of(interp);

	if (!host_is_open(script))
		return refuse(script, argv);
	script->has_files |= word == HOST_SOCKET;
	return script->host_procs[word](interp, argc, argv);
}

#define GUARD(word, name)                                                                          \
	static int name(Jim_Interp *interp, int argc, Jim_Obj *const *argv)                        \
	{                                                                                          \
		return guarded(interp, argc, argv, word);                                          \
	}
GUARD(HOST_EXEC, guard_exec)
GUARD(HOST_SOCKET, guard_socket)
GUARD(HOST_LOAD, guard_load)
GUARD(HOST_INTERP, guard_interp)
GUARD(HOST_FORK, guard_fork)
GUARD(HOST_KILL, guard_kill)
GUARD(HOST_SIGNAL, guard_signal)
GUARD(HOST_ALARM, guard_alarm)

/* "open |program"; plain files stay open to all, as dump_image and log_output are. */
static int guard_open(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	struct script *script = script_of(interp);

	if (argc > 1 && Jim_String(argv[1])[0] == '|' && !host_is_open(script))
		return refuse(script, argv);
	script->has_files = true;
	return script->host_procs[HOST_OPEN](interp, argc, argv);
}

/* "package require" loads libraries from any folder auto_path names. */
static int guard_package(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	struct script *script = script_of(interp);

	if (argc > 2 && !host_is_open(script) &&
	    Jim_FindHashEntry(&interp->packages, Jim_String(argv[2])) == NULL)
		return refuse(script, argv);
	return script->host_procs[HOST_PACKAGE](interp, argc, argv);
}

static int guard_file(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	static const char *const changing[] = { "delete", "rename", "mkdir", "link", "mtime", "tempfile" };
	struct script *script = script_of(interp);
	const char *word = argc > 1 ? Jim_String(argv[1]) : "";

	/* Jim takes unambiguous abbreviations of subcommands. */
	for (size_t i = 0; i < ARRAY_SIZE(changing); i++) {
		bool sets = strcmp(changing[i], "mtime") != 0 || argc > 3;

		if (*word != '\0' && strncmp(changing[i], word, strlen(word)) == 0 && sets &&
		    !host_is_open(script))
			return refuse(script, argv);
	}
	return script->host_procs[HOST_FILE](interp, argc, argv);
}

static const struct {
	const char *name;
	Jim_CmdProc *guard;
} guards[HOST_WORDS] = {
	[HOST_EXEC] = { "exec", guard_exec },	    [HOST_OPEN] = { "open", guard_open },
	[HOST_SOCKET] = { "socket", guard_socket }, [HOST_LOAD] = { "load", guard_load },
	[HOST_INTERP] = { "interp", guard_interp }, [HOST_FORK] = { "os.fork", guard_fork },
	[HOST_KILL] = { "kill", guard_kill },	    [HOST_SIGNAL] = { "signal", guard_signal },
	[HOST_ALARM] = { "alarm", guard_alarm },    [HOST_PACKAGE] = { "package", guard_package },
	[HOST_FILE] = { "file", guard_file },
};

void host_guard(struct script *script)
{
	for (size_t i = 0; i < HOST_WORDS; i++) {
		Jim_Obj *name = Jim_NewStringObj(script->interp, guards[i].name, -1);

		Jim_IncrRefCount(name);
		Jim_Cmd *cmd = Jim_GetCommand(script->interp, name, JIM_NONE);

		/* A Jim built without some of them has nothing to guard there. */
		if (cmd != NULL && !cmd->isproc) {
			script->host_procs[i] = cmd->u.native.cmdProc;
			cmd->u.native.cmdProc = guards[i].guard;
		}
		Jim_DecrRefCount(script->interp, name);
	}
}
