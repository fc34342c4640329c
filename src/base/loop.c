/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"

struct loop_fd {
	struct loop_fd *next;
	int fd;
	short events;
	loop_fd_fn fn;
	void *ctx;
	bool running, reenter, dead;
};

struct loop_timer {
	struct loop_timer *next;
	uint64_t due_ns, period_ns;
	loop_fn fn;
	void *ctx;
	bool running, dead;
};

struct child {
	struct child *next;
	pid_t pid;
	loop_child_fn fn;
	void *ctx;
};

struct signal_handler {
	int signo;
	loop_fn fn;
	void *ctx;
};

struct loop {
	struct loop_fd *fds;
	struct loop_timer *timers;
	struct child *children;
	struct signal_handler signals[8];
	size_t signal_count;
	unsigned depth;		/* passes in progress: dead entries are freed at 0 */
	bool stopped, has_dead, leaves_keyboard;
	uint64_t last_poll_ns;
};

/* A signal handler can reach nothing but a static: it writes the number into this pipe. */
static int signal_pipe[2] = { -1, -1 };

/* Noted by the handler, not yet seen by the loop. */
static volatile sig_atomic_t unseen[64];

static bool ends_program(int signo)
{
	return signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT;
}

static void on_os_signal(int signo)
{
	int saved = errno;

	/* Asked twice to end while the loop did not come round: the program hangs, let it die. */
	if (unseen[signo] && ends_program(signo)) {
		signal(signo, SIG_DFL);
		raise(signo);
	}
	unseen[signo] = 1;
	uint8_t byte = (uint8_t)signo;
	ssize_t n = write(signal_pipe[1], &byte, 1);

	(void)n;	/* a full pipe already wakes the loop */
	errno = saved;
}

static void reap_children(struct loop *loop)
{
	for (struct child **p = &loop->children; *p != NULL;) {
		struct child *c = *p;
		int status;

		if (waitpid(c->pid, &status, WNOHANG) != c->pid) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		c->fn(c->ctx, c->pid, status);
		free(c);
		p = &loop->children;	/* the callback may have changed the list */
	}
}

static void on_signal_pipe(void *ctx, short revents)
{
	struct loop *loop = ctx;
	uint8_t signo[16];
	ssize_t n = read(signal_pipe[0], signo, sizeof(signo));

	(void)revents;
	for (ssize_t i = 0; i < n; i++) {
		unseen[signo[i]] = 0;
		if (signo[i] == SIGCHLD)
			reap_children(loop);
		for (size_t k = 0; k < loop->signal_count; k++) {
			if (loop->signals[k].signo == signo[i])
				loop->signals[k].fn(loop->signals[k].ctx);
		}
	}
}

static void watch_signal(struct loop *loop, int signo)
{
	struct sigaction sa = { .sa_handler = on_os_signal, .sa_flags = SA_RESTART };

	if (signal_pipe[0] < 0) {
		if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
			abort();
		loop_allow_reentry(loop_add_fd(loop, signal_pipe[0], POLLIN, on_signal_pipe, loop));
	}
	sigaction(signo, &sa, NULL);
}

struct loop *loop_new(void)
{
	return xcalloc(1, sizeof(struct loop));
}

static void sweep(struct loop *loop)
{
	if (loop->depth > 0 || !loop->has_dead)
		return;
	for (struct loop_fd **p = &loop->fds; *p != NULL;) {
		struct loop_fd *w = *p;

		if (w->dead) {
			*p = w->next;
			free(w);
		} else {
			p = &w->next;
		}
	}
	for (struct loop_timer **p = &loop->timers; *p != NULL;) {
		struct loop_timer *t = *p;

		if (t->dead) {
			*p = t->next;
			free(t);
		} else {
			p = &t->next;
		}
	}
	loop->has_dead = false;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	for (struct loop_fd *w = loop->fds; w != NULL; w = w->next)
		w->dead = true;
	for (struct loop_timer *t = loop->timers; t != NULL; t = t->next)
		t->dead = true;
	while (loop->children != NULL) {
		struct child *c = loop->children;

		loop->children = c->next;
		free(c);
	}
	for (size_t i = 0; i < loop->signal_count; i++)
		signal(loop->signals[i].signo, SIG_DFL);
	loop->depth = 0;
	loop->has_dead = true;
	sweep(loop);
	if (signal_pipe[0] >= 0) {
		signal(SIGCHLD, SIG_DFL);
		close(signal_pipe[0]);
		close(signal_pipe[1]);
		signal_pipe[0] = signal_pipe[1] = -1;
	}
	free(loop);
}

struct loop_fd *loop_add_fd(struct loop *loop, int fd, short events, loop_fd_fn fn, void *ctx)
{
	struct loop_fd *w = xcalloc(1, sizeof(*w));

	*w = (struct loop_fd){ .next = loop->fds, .fd = fd, .events = events, .fn = fn, .ctx = ctx };
	loop->fds = w;
	return w;
}

void loop_set_events(struct loop_fd *watch, short events)
{
	watch->events = events;
}

void loop_allow_reentry(struct loop_fd *watch)
{
	watch->reenter = true;
}

void loop_remove_fd(struct loop *loop, struct loop_fd *watch)
{
	if (watch == NULL)
		return;
	watch->dead = true;
	loop->has_dead = true;
	sweep(loop);
}

struct loop_timer *loop_add_timer(struct loop *loop, uint64_t after_ms, uint64_t period_ms, loop_fn fn,
				  void *ctx)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	*t = (struct loop_timer){ .next = loop->timers, .due_ns = clock_now_ns() + after_ms * 1000000,
				  .period_ns = period_ms * 1000000, .fn = fn, .ctx = ctx };
	loop->timers = t;
	return t;
}

void loop_remove_timer(struct loop *loop, struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	timer->dead = true;
	loop->has_dead = true;
	sweep(loop);
}

void loop_on_signal(struct loop *loop, int signo, loop_fn fn, void *ctx)
{
	if (loop->signal_count == ARRAY_SIZE(loop->signals))
		abort();
	loop->signals[loop->signal_count++] = (struct signal_handler){ signo, fn, ctx };
	watch_signal(loop, signo);
}

void loop_on_child(struct loop *loop, pid_t pid, loop_child_fn fn, void *ctx)
{
	struct child *c = xcalloc(1, sizeof(*c));

	*c = (struct child){ .next = loop->children, .pid = pid, .fn = fn, .ctx = ctx };
	loop->children = c;
	watch_signal(loop, SIGCHLD);
	reap_children(loop);	/* it may have ended before the handler stood */
}

static int wait_for_timers(const struct loop *loop, int max_wait_ms)
{
	uint64_t now = clock_now_ns(), wait = UINT64_MAX;

	for (const struct loop_timer *t = loop->timers; t != NULL; t = t->next) {
		if (!t->dead && !t->running)
			wait = MIN(wait, t->due_ns > now ? t->due_ns - now : 0);
	}
	if (wait == UINT64_MAX)
		return max_wait_ms;
	uint64_t ms = (wait + 999999) / 1000000;

	return max_wait_ms >= 0 && (uint64_t)max_wait_ms < ms ? max_wait_ms : (int)MIN(ms, 3600000u);
}

static void run_timers(struct loop *loop)
{
	uint64_t now = clock_now_ns();

	for (struct loop_timer *t = loop->timers; t != NULL; t = t->next) {
		if (t->dead || t->running || t->due_ns > now)
			continue;
		t->running = true;
		if (t->period_ns == 0)
			t->dead = loop->has_dead = true;
		t->fn(t->ctx);
		t->running = false;
		/* Count from now, not from due_ns: a slow pass must not be followed by a burst. */
		t->due_ns = clock_now_ns() + t->period_ns;
	}
}

static void run_fds(const struct pollfd *pfds, struct loop_fd *const *watches, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct loop_fd *w = watches[i];

		if (pfds[i].revents == 0 || w->dead || (w->running && !w->reenter))
			continue;
		bool was_running = w->running;

		w->running = true;
		w->fn(w->ctx, pfds[i].revents);
		w->running = was_running;
	}
}

void loop_once(struct loop *loop, int max_wait_ms)
{
	size_t n = 0, count = 0;
	struct error saved;

	for (struct loop_fd *w = loop->fds; w != NULL; w = w->next)
		count++;
	struct pollfd *pfds = xcalloc(count, sizeof(*pfds));
	struct loop_fd **watches = xcalloc(count, sizeof(*watches));

	for (struct loop_fd *w = loop->fds; w != NULL; w = w->next) {
		if (w->dead || (w->running && !w->reenter))
			continue;
		pfds[n] = (struct pollfd){ .fd = w->fd, .events = w->events };
		watches[n++] = w;
	}
	loop->depth++;
	error_take(&saved);
	if (poll(pfds, n, loop->stopped ? 0 : wait_for_timers(loop, max_wait_ms)) > 0)
		run_fds(pfds, watches, n);
	run_timers(loop);
	error_put(&saved);
	loop->depth--;
	loop->last_poll_ns = clock_now_ns();
	free(pfds);
	free(watches);
	sweep(loop);
}

bool loop_service(struct loop *loop)
{
	if (clock_now_ns() - loop->last_poll_ns >= 1000000)
		loop_once(loop, 0);
	return !loop->stopped;
}

bool loop_sleep(struct loop *loop, uint64_t ms)
{
	uint64_t end = clock_now_ns() + ms * 1000000, now;

	while (!loop->stopped && (now = clock_now_ns()) < end)
		loop_once(loop, (int)((end - now + 999999) / 1000000));
	return !loop->stopped;
}

void loop_run(struct loop *loop)
{
	while (!loop->stopped)
		loop_once(loop, -1);
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

bool loop_is_stopped(const struct loop *loop)
{
	return loop->stopped;
}

bool loop_is_ending(const struct loop *loop)
{
	bool has_keyboard = loop == NULL || !loop->leaves_keyboard;

	return (loop != NULL && loop->stopped) || unseen[SIGTERM] || unseen[SIGHUP] ||
	       (has_keyboard && (unseen[SIGINT] || unseen[SIGQUIT]));
}

void loop_leave_keyboard(struct loop *loop)
{
	loop->leaves_keyboard = true;
}

unsigned loop_depth(const struct loop *loop)
{
	return loop->depth;
}
