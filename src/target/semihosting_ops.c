/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operations, one row each. Sections of Arm's semihosting.rst carry the same names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/semihosting.h"

#define TICKS_PER_SECOND 1000000u

bool semi_open_flags(uint32_t mode, int *flags)
{
	/* fopen modes r rb r+ r+b w wb w+ w+b a ab a+ a+b; the odd ones differ in b only. */
	static const int modes[] = { O_RDONLY, O_RDWR, O_WRONLY | O_CREAT | O_TRUNC,
				     O_RDWR | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_APPEND,
				     O_RDWR | O_CREAT | O_APPEND };

	if (mode > 11)
		return false;
	*flags = modes[mode / 2];
	return true;
}

uint32_t semi_exit_code(uint32_t op, uint32_t reason, uint32_t extended_code)
{
	if (reason != SEMI_APPLICATION_EXIT)
		return SEMI_CRASHED;
	return op == SYS_EXIT_EXTENDED ? extended_code : 0;
}

/* False: longer than any name is. */
static bool is_short_enough(struct semi_call *c, uint32_t length)
{
	if (length < SEMI_STRING_MAX)
		return true;
	c->s->last_errno = ENAMETOOLONG;
	return false;
}

static enum err op_open(struct semi_call *c)
{
	char name[SEMI_STRING_MAX];

	if (!is_short_enough(c, c->p[2]))
		return OK;
	TRY(semi_read_string(c->t, c->p[0], c->p[2], name, sizeof(name)));
	if (strcmp(name, ":tt") != 0)
		c->result = (uint32_t)semi_file_open(c->s, name, c->p[1]);
	else if (c->p[1] < 12)
		c->result = SEMI_STDIN + c->p[1] / 4;
	else
		c->s->last_errno = EINVAL;
	return OK;
}

static enum err op_close(struct semi_call *c)
{
	bool is_console = c->p[0] >= SEMI_STDIN && c->p[0] <= SEMI_STDERR;

	c->result = is_console ? 0 : (uint32_t)semi_file_close(c->s, c->p[0]);
	return OK;
}

void target_listen_semihosting(struct target_list *list, semihosting_text_fn fn, void *ctx)
{
	list->own->semihosting_text = fn;
	list->own->semihosting_text_ctx = ctx;
}

static void console_out(struct semi_call *c, bool is_debug, const char *text, size_t n)
{
	const struct target_list_own *own = c->t->list->own;

	if (own->semihosting_text != NULL && n > 0)
		own->semihosting_text(own->semihosting_text_ctx, c->t, text, n);
	if (!semi_redirect_write(c->s, is_debug, text, n))
		semi_console_write(c->s, text, n);
}

static enum err op_writec(struct semi_call *c)
{
	uint8_t ch;

	c->keeps_r0 = true;
	TRY(target_read_u8(c->t, c->r1, &ch));
	console_out(c, true, (const char *)&ch, 1);
	return OK;
}

static enum err op_write0(struct semi_call *c)
{
	uint32_t addr = c->r1, total = 0;
	char piece[256];

	c->keeps_r0 = true;
	for (;;) {
		/* Never past a 256-byte line: the string may end just before unmapped memory. */
		uint32_t n = 256 - (addr & 255);
		size_t got;
		enum err rc = target_read_bytes(c->t, addr, (uint8_t *)piece, n, &got);
		const char *end = memchr(piece, '\0', got);

		if (rc != OK && end == NULL)
			return rc;
		error_clear();
		console_out(c, true, piece, end != NULL ? (size_t)(end - piece) : got);
		addr += n;
		total += n;
		if (end != NULL || total > SEMI_IO_MAX)
			return OK;
	}
}

static enum err op_write(struct semi_call *c)
{
	uint32_t n = MIN(c->p[2], SEMI_IO_MAX);
	struct semi_handle *h = NULL;
	ssize_t written;

	c->result = c->p[2];
	if (c->p[0] != SEMI_STDOUT && c->p[0] != SEMI_STDERR) {
		h = semi_file(c->s, c->p[0]);
		if (h == NULL || h->is_features)
			return OK;
	}
	uint8_t *data = xcalloc(1, n + 1);
	enum err rc = target_read_bytes(c->t, c->p[1], data, n, NULL);

	if (rc == OK && h == NULL) {
		console_out(c, false, (const char *)data, n);
		c->result = c->p[2] - n;
	} else if (rc == OK) {
		written = write(h->fd, data, n);
		if (written < 0)
			c->s->last_errno = errno;
		else
			c->result = c->p[2] - (uint32_t)written;
	}
	free(data);
	return rc;
}

static ssize_t read_handle(struct semi_call *c, uint8_t *data, uint32_t n)
{
	struct semi_handle *h;

	if (c->p[0] == SEMI_STDIN)
		return n > 0 ? (ssize_t)semi_input_read(c->s, data, n, &c->must_wait) : 0;
	h = semi_file(c->s, c->p[0]);
	if (h == NULL)
		return -1;
	if (h->is_features) {
		uint32_t left = (uint32_t)sizeof(semi_features) - h->offset, k = MIN(n, left);

		memcpy(data, semi_features + h->offset, k);
		h->offset += k;
		return k;
	}
	ssize_t got = read(h->fd, data, n);

	if (got < 0)
		c->s->last_errno = errno;
	return got;
}

static enum err op_read(struct semi_call *c)
{
	uint32_t n = MIN(c->p[2], SEMI_IO_MAX);
	uint8_t *data = xcalloc(1, n + 1);
	ssize_t got = read_handle(c, data, n);
	enum err rc = OK;

	c->result = c->p[2];	/* all of it not read: end of file */
	if (got < 0) {
		c->result = SEMI_FAILED;
	} else if (got > 0) {
		rc = target_write_bytes(c->t, c->p[1], data, (size_t)got);
		c->result = c->p[2] - (uint32_t)got;
	}
	free(data);
	return rc;
}

static enum err op_readc(struct semi_call *c)
{
	uint8_t ch;

	c->result = semi_input_read(c->s, &ch, 1, &c->must_wait) == 1 ? ch : SEMI_FAILED;
	return OK;
}

static enum err op_iserror(struct semi_call *c)
{
	c->result = (int32_t)c->p[0] < 0;
	return OK;
}

static enum err op_istty(struct semi_call *c)
{
	if (c->p[0] >= SEMI_STDIN && c->p[0] <= SEMI_STDERR)
		c->result = 1;
	else if (semi_file(c->s, c->p[0]) != NULL)
		c->result = 0;
	return OK;
}

static enum err op_seek(struct semi_call *c)
{
	struct semi_handle *h = semi_file(c->s, c->p[0]);

	if (h == NULL)
		return OK;
	if (h->is_features) {
		if (c->p[1] <= sizeof(semi_features)) {
			h->offset = c->p[1];
			c->result = 0;
		}
		return OK;
	}
	if (lseek(h->fd, (off_t)c->p[1], SEEK_SET) < 0)
		c->s->last_errno = errno;
	else
		c->result = 0;
	return OK;
}

static enum err op_flen(struct semi_call *c)
{
	struct semi_handle *h = semi_file(c->s, c->p[0]);
	struct stat st;

	if (h == NULL)
		return OK;
	if (h->is_features)
		c->result = sizeof(semi_features);
	else if (fstat(h->fd, &st) < 0)
		c->s->last_errno = errno;
	else
		c->result = (uint32_t)st.st_size;
	return OK;
}

static enum err op_tmpnam(struct semi_call *c)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "semihosting-%02x.tmp", c->p[1] & 0xff);

	if (c->p[2] < (uint32_t)n + 1)
		return OK;
	c->result = 0;
	return target_write_bytes(c->t, c->p[0], (const uint8_t *)name, (size_t)n + 1);
}

static enum err op_remove(struct semi_call *c)
{
	char name[SEMI_STRING_MAX];

	if (!is_short_enough(c, c->p[1]))
		return OK;
	TRY(semi_read_string(c->t, c->p[0], c->p[1], name, sizeof(name)));
	c->result = (uint32_t)semi_file_remove(c->s, name);
	return OK;
}

static enum err op_rename(struct semi_call *c)
{
	char from[SEMI_STRING_MAX], to[SEMI_STRING_MAX];

	if (!is_short_enough(c, c->p[1]) || !is_short_enough(c, c->p[3]))
		return OK;
	TRY(semi_read_string(c->t, c->p[0], c->p[1], from, sizeof(from)));
	TRY(semi_read_string(c->t, c->p[2], c->p[3], to, sizeof(to)));
	c->result = (uint32_t)semi_file_rename(c->s, from, to);
	return OK;
}

static enum err op_clock(struct semi_call *c)
{
	c->result = (uint32_t)((clock_now_ns() - c->s->start_ns) / 10000000);
	return OK;
}

static enum err op_time(struct semi_call *c)
{
	c->result = (uint32_t)time(NULL);
	return OK;
}

static void child_ended(void *ctx, pid_t pid, int status)
{
	int *slot = ctx;

	(void)pid;
	*slot = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static enum err op_system(struct semi_call *c)
{
	char command[SEMI_STRING_MAX];
	int status = -1;

	if (!is_short_enough(c, c->p[1]))
		return OK;
	TRY(semi_read_string(c->t, c->p[0], c->p[1], command, sizeof(command)));
	if (!script_exec_allowed(c->t->list->script)) {
		log_warning("%s: the program wanted the host to run \"%.100s\": refused; start "
			    "probed with --allow-exec if it may", c->t->name, command);
		c->s->last_errno = EPERM;
		return OK;
	}
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0) {
		c->s->last_errno = errno;
		return OK;
	}
	loop_on_child(c->t->list->loop, pid, child_ended, &status);
	while (status < 0 && !loop_is_stopped(c->t->list->loop))
		loop_once(c->t->list->loop, 50);
	c->result = (uint32_t)status;
	return OK;
}

static enum err op_errno(struct semi_call *c)
{
	c->result = (uint32_t)c->s->last_errno;
	return OK;
}

static enum err op_get_cmdline(struct semi_call *c)
{
	const char *text = c->s->cmdline != NULL ? c->s->cmdline : "";
	uint32_t n = (uint32_t)strlen(text);
	uint8_t length[4];

	if (c->p[1] < n + 1)
		return OK;
	TRY(target_write_bytes(c->t, c->p[0], (const uint8_t *)text, n + 1));
	put_le32(length, n);
	TRY(target_write_bytes(c->t, c->r1 + 4, length, 4));
	c->result = 0;
	return OK;
}

/* Zero means "not known here": the program then uses its own linker symbols. */
static enum err op_heapinfo(struct semi_call *c)
{
	static const uint8_t unknown[16];

	c->keeps_r0 = true;
	return target_write_bytes(c->t, c->p[0], unknown, sizeof(unknown));
}

static enum err op_exit(struct semi_call *c)
{
	c->has_exited = true;
	c->result = 0;
	c->exit_reason = c->op == SYS_EXIT ? c->r1 : c->p[0];
	c->exit_code = semi_exit_code(c->op, c->exit_reason, c->p[1]);
	return OK;
}

static enum err op_elapsed(struct semi_call *c)
{
	uint64_t ticks = (clock_now_ns() - c->s->start_ns) / (1000000000 / TICKS_PER_SECOND);
	uint8_t bytes[8];

	put_le32(bytes, (uint32_t)ticks);
	put_le32(bytes + 4, (uint32_t)(ticks >> 32));
	c->result = 0;
	return target_write_bytes(c->t, c->r1, bytes, sizeof(bytes));
}

static enum err op_tickfreq(struct semi_call *c)
{
	c->result = TICKS_PER_SECOND;
	return OK;
}

static const struct semi_row rows[] = {
	{ SYS_OPEN, 3, "SYS_OPEN", op_open },
	{ SYS_CLOSE, 1, "SYS_CLOSE", op_close },
	{ SYS_WRITEC, 0, "SYS_WRITEC", op_writec },
	{ SYS_WRITE0, 0, "SYS_WRITE0", op_write0 },
	{ SYS_WRITE, 3, "SYS_WRITE", op_write },
	{ SYS_READ, 3, "SYS_READ", op_read },
	{ SYS_READC, 0, "SYS_READC", op_readc },
	{ SYS_ISERROR, 1, "SYS_ISERROR", op_iserror },
	{ SYS_ISTTY, 1, "SYS_ISTTY", op_istty },
	{ SYS_SEEK, 2, "SYS_SEEK", op_seek },
	{ SYS_FLEN, 1, "SYS_FLEN", op_flen },
	{ SYS_TMPNAM, 3, "SYS_TMPNAM", op_tmpnam },
	{ SYS_REMOVE, 2, "SYS_REMOVE", op_remove },
	{ SYS_RENAME, 4, "SYS_RENAME", op_rename },
	{ SYS_CLOCK, 0, "SYS_CLOCK", op_clock },
	{ SYS_TIME, 0, "SYS_TIME", op_time },
	{ SYS_SYSTEM, 2, "SYS_SYSTEM", op_system },
	{ SYS_ERRNO, 0, "SYS_ERRNO", op_errno },
	{ SYS_GET_CMDLINE, 2, "SYS_GET_CMDLINE", op_get_cmdline },
	{ SYS_HEAPINFO, 1, "SYS_HEAPINFO", op_heapinfo },
	{ SYS_EXIT, 0, "SYS_EXIT", op_exit },
	{ SYS_EXIT_EXTENDED, 2, "SYS_EXIT_EXTENDED", op_exit },
	{ SYS_ELAPSED, 0, "SYS_ELAPSED", op_elapsed },
	{ SYS_TICKFREQ, 0, "SYS_TICKFREQ", op_tickfreq },
};

const struct semi_row *semi_find(uint32_t op)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].op == op)
			return &rows[i];
	}
	return NULL;
}
