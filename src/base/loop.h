/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: one thread, one poll(): file descriptors, timers, signals and child processes.
 *
 * Long work services it in between: loop_service() is one pass that does not block. So callbacks
 * may run inside other callbacks. What follows from that:
 *  - any callback may remove any fd or timer, its own too; structs are freed by the loop when no
 *    pass uses them any more;
 *  - a callback is never entered while the same callback of the same fd or timer is still running,
 *    unless it was added with `reenter`;
 *  - the error chain is saved before and restored after a nested pass.
 * Code that must not be interrupted (a DAP batch, a half-built packet) does not service the loop.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_fd;
struct loop_timer;

typedef void (*loop_fd_fn)(void *ctx, short revents);
typedef void (*loop_fn)(void *ctx);
typedef void (*loop_child_fn)(void *ctx, pid_t pid, int status);

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* `events` as for poll(2); 0 watches for errors and hang-up only. */
struct loop_fd *loop_add_fd(struct loop *loop, int fd, short events, loop_fd_fn fn, void *ctx);
void loop_set_events(struct loop_fd *watch, short events);
void loop_allow_reentry(struct loop_fd *watch);
/* Does not close the fd. NULL is ignored. */
void loop_remove_fd(struct loop *loop, struct loop_fd *watch);

/* period_ms 0: one-shot, gone after it fired (the handle is then invalid). */
struct loop_timer *loop_add_timer(struct loop *loop, uint64_t after_ms, uint64_t period_ms, loop_fn fn,
				  void *ctx);
void loop_remove_timer(struct loop *loop, struct loop_timer *timer);

/* Signals arrive as ordinary callbacks (a self-pipe). One function per signal. */
void loop_on_signal(struct loop *loop, int signo, loop_fn fn, void *ctx);
/* Called once when the child ends. */
void loop_on_child(struct loop *loop, pid_t pid, loop_child_fn fn, void *ctx);

/* One pass: waits up to max_wait_ms (-1: until something happens), then runs what is due. */
void loop_once(struct loop *loop, int max_wait_ms);
/* One pass that does not wait, for use in the middle of long work. Cheap: at most one poll(2) per
 * millisecond, so call it as often as you like. Returns false once loop_stop() was called. */
bool loop_service(struct loop *loop);
/* Services the loop for that long: `sleep`. Returns false if the loop was stopped meanwhile. */
bool loop_sleep(struct loop *loop, uint64_t ms);
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
bool loop_is_stopped(const struct loop *loop);
/* For waits that do not service the loop (a probe's answer): it was stopped, or a signal came that
 * will stop it. Nobody wants the answer any more. `loop` may be NULL. */
bool loop_is_ending(const struct loop *loop);
/* Ctrl-C at the terminal is meant for another program: SIGINT and SIGQUIT will not stop the loop. */
void loop_leave_keyboard(struct loop *loop);
/* How many passes are in progress: code that services the loop stays at its depth, what runs inside
 * is deeper. Tells the holder of a claim from everybody else. */
unsigned loop_depth(const struct loop *loop);

#endif
