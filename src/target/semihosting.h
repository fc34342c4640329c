/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * semihosting: calls a program makes with BKPT 0xAB (Arm abi-aa, semihosting.rst). semihosting.c
 * takes the call off the core and puts the answer back; semihosting_ops.c knows the operations,
 * semihosting_files.c the host's files, which stay inside one directory; semihosting_input.c what the
 * program reads from its console; semihosting_exit.c what its end means for the daemon, and
 * semihosting_crash.c its crash; semihosting_gdb.c hands calls to GDB.
 *
 * A call that has to wait (for GDB, for input) leaves the core at its BKPT, halted with the reason
 * HALT_SEMIHOSTING and no event: for the clients the program still runs. target_halt() gives up the
 * waiting for input: then the core is halted for them, and a resume makes the same call again.
 */
#ifndef TARGET_SEMIHOSTING_H
#define TARGET_SEMIHOSTING_H

#include "target/target_priv.h"

enum semi_op {
	SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05,
	SYS_READ = 0x06, SYS_READC = 0x07, SYS_ISERROR = 0x08, SYS_ISTTY = 0x09, SYS_SEEK = 0x0a,
	SYS_FLEN = 0x0c, SYS_TMPNAM = 0x0d, SYS_REMOVE = 0x0e, SYS_RENAME = 0x0f, SYS_CLOCK = 0x10,
	SYS_TIME = 0x11, SYS_SYSTEM = 0x12, SYS_ERRNO = 0x13, SYS_GET_CMDLINE = 0x15,
	SYS_HEAPINFO = 0x16, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20, SYS_ELAPSED = 0x30,
	SYS_TICKFREQ = 0x31,
	SYS_USER_FIRST = 0x100, SYS_USER_LAST = 0x1ff,
};

#define SEMI_APPLICATION_EXIT 0x20026u
#define SEMI_FAILED	      0xffffffffu
#define SEMI_CRASHED	      1u		/* the exit code of every abnormal end */
#define SEMI_STRING_MAX	      4096u
#define SEMI_IO_MAX	      (1u << 20)	/* of one read or write, whatever the program says */

/* What :tt names, and what 1, 2, 3 of the handle table are. */
enum semi_console { SEMI_STDIN = 1, SEMI_STDOUT, SEMI_STDERR, SEMI_FIRST_FILE };
#define SEMI_HANDLES 32u
#define SEMI_LOCAL 0x100u	/* in a handle: a file of ours while GDB hands out its own */
#define GDB_STAT_BYTES 64u

struct semi_handle {
	bool is_used, is_features;
	int fd;
	uint32_t offset;		/* of the features file */
};

struct semi_redirect;

struct semihosting {
	struct target *target;
	bool has_ops;
	struct semihosting_ops ops;
	char *cmdline, *basedir;
	bool to_gdb, resumes_at_exit;
	int last_errno;
	uint64_t start_ns;
	struct semi_handle handles[SEMI_HANDLES];
	uint32_t user_param;		/* R1 of the last user call */
	bool had_user_call;
	bool is_waiting_for_gdb;
	uint32_t gdb_op, gdb_length;
	uint32_t gdb_stat;		/* where GDB writes struct stat for SYS_FLEN; 0: nowhere */
	uint8_t gdb_stat_saved[GDB_STAT_BYTES];	/* what the program has there */
	struct semi_redirect *redirect;
	struct buf input;		/* typed, not read yet */
	bool has_input_ended;		/* told once, when `input` is used up */
	bool waits_for_verb;		/* `arm semihosting_input` will bring more */
	bool is_waiting_for_input;	/* the core stands in a read */
	bool was_stepping;		/* when that began */
	bool has_run;			/* since the last reset: it may crash */
	unsigned gdb_count;
	uint64_t in_fault_since_ms;	/* 0: it is in no fault handler */
};

/* One call: R0, R1 and the block R1 points to. */
struct semi_call {
	struct semihosting *s;
	struct target *t;
	uint32_t op, r1;
	uint32_t p[4];
	uint32_t result;
	bool keeps_r0;			/* no result */
	bool must_wait;			/* for input: nothing was done */
	bool has_exited;
	uint32_t exit_reason, exit_code;
};

struct semi_row {
	uint16_t op;
	uint8_t words;			/* of the block at R1; 0: R1 is not a pointer to one */
	const char *name;
	enum err (*run)(struct semi_call *call);	/* an error: the target's memory failed */
};
/* NULL: not an operation we know. */
const struct semi_row *semi_find(uint32_t op);

/* Pure: open modes 0..11 to open(2) flags; false if there is no such mode. */
bool semi_open_flags(uint32_t mode, int *flags);
/* The process exit code that belongs to an exit call. */
uint32_t semi_exit_code(uint32_t op, uint32_t reason, uint32_t extended_code);

struct semihosting *semihosting_get(struct target *t);
enum err semi_read_string(struct target *t, uint32_t addr, uint32_t length, char *text, size_t size);
void semi_console_write(struct semihosting *s, const char *text, size_t n);

/* Files. Return -1 and set last_errno on failure. */
int semi_file_open(struct semihosting *s, const char *name, uint32_t mode);
int semi_file_remove(struct semihosting *s, const char *name);
int semi_file_rename(struct semihosting *s, const char *from, const char *to);
struct semi_handle *semi_file(struct semihosting *s, uint32_t handle);	/* NULL + EBADF */
int semi_file_close(struct semihosting *s, uint32_t handle);
void semi_files_close(struct semihosting *s);
#define SEMI_FEATURES_NAME ":semihosting-features"
extern const uint8_t semi_features[5];

/* True: GDB has the call. */
bool semi_to_gdb(struct semi_call *call);

/* TCP instead of the log. */
enum err semi_redirect_start(struct semihosting *s, uint16_t port, bool debug, bool stdio);
/* `is_last`: what waits for the client gets a moment to leave. */
void semi_redirect_stop(struct semihosting *s, bool is_last);
/* False: nobody is connected, or it may have gone. */
bool semi_redirect_write(struct semihosting *s, bool is_debug, const char *text, size_t n);
/* Somebody is or will be connected who can type. */
bool semi_redirect_can_type(const struct semihosting *s);

/* What is there, up to the end of a line; 0: *must_wait, or the end of the input. */
size_t semi_input_read(struct semihosting *s, uint8_t *data, size_t n, bool *must_wait);
/* The call that waits, if one does, goes on. */
void semi_input_put(struct semihosting *s, const void *data, size_t n);
void semi_input_end(struct semihosting *s);
/* The core stands at a BKPT and nobody waits for GDB: serves the call. */
void semi_try_again(struct semihosting *s);

/* Arm's name of a reason to stop, without its "ADP_Stopped_"; "?" if it has none. */
const char *semi_reason_name(uint32_t reason);
/* The program has ended: ends the daemon, if that was asked for. */
void semi_exit_daemon(struct target *t, uint32_t code);
/* Looks out for programs that have crashed, or no more: they end the daemon with SEMI_CRASHED. */
void semi_watch_crashes(struct target_list *list, bool on);

#endif
