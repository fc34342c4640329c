/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vboard/control_verbs.h"
#include "vboard/usb/verbs.h"

#define MAX_WORDS 16
#define MAX_LINE  4096u

/* --- State files --- */

static enum err write_state(struct vb_board *board, const char *path)
{
	FILE *f = fopen(path, "wb");
	bool ok;

	if (f == NULL)
		return error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	ok = board->chip->save(board, board->priv, f) && fflush(f) == 0 && fsync(fileno(f)) == 0;
	ok = fclose(f) == 0 && ok;
	return ok ? OK : error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

enum err vb_state_save(struct vb_board *board, const char *path)
{
	char *temporary = xasprintf("%s.%d.tmp", path, (int)getpid());
	enum err rc = write_state(board, temporary);

	if (rc == OK && rename(temporary, path) < 0)
		rc = error_why(ERR_IO, "cannot replace %s: %s", path, strerror(errno));
	if (rc != OK)
		unlink(temporary);
	free(temporary);
	return rc;
}

enum err vb_state_load(struct vb_board *board, const char *path)
{
	FILE *f = fopen(path, "rb");
	bool ok;

	if (f == NULL)
		return error_why(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot read %s: %s",
				 path, strerror(errno));
	ok = board->chip->load(board, board->priv, f);
	fclose(f);
	if (!ok)
		return error_next(error_why(ERR_IMAGE_FORMAT, "%s is no state file of a %s", path,
					    board->chip->board_name),
				  "give another file, or delete it to start with a blank board");
	return OK;
}

/* --- One line --- */

/* Cuts `line` into words in place. Returns their number, -1 if there are too many or a quote is
 * open. */
static int split(char *line, char **argv)
{
	int argc = 0;

	for (char *p = line;;) {
		char end = ' ';

		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == 0)
			return argc;
		if (argc == MAX_WORDS)
			return -1;
		if (*p == '"') {
			end = '"';
			p++;
		}
		argv[argc++] = p;
		while (*p != 0 && *p != end && !(end == ' ' && *p == '\t'))
			p++;
		if (*p == 0)
			return end == '"' ? -1 : argc;
		*p++ = 0;
	}
}

static void answer_error(struct buf *out, const char *text)
{
	buf_printf(out, "{\"ok\":false,\"error\":");
	buf_json_string(out, text);
	buf_printf(out, "}\n");
}

static void unknown_verb(struct vb_control *control, const char *name, struct buf *out)
{
	struct buf text = { 0 };
	const char *sep = "";

	buf_printf(&text, "unknown verb \"%s\"; verbs: ", name);
	for (const struct vb_verb *v = vb_verbs; v->name != NULL; v++, sep = ", ")
		buf_printf(&text, "%s%s", sep, v->name);
	for (const struct vb_control_verb *v = control->board->chip->verbs;
	     v != NULL && v->name != NULL; v++)
		buf_printf(&text, ", %s", v->name);
	answer_error(out, (const char *)text.data);
	buf_free(&text);
}

static void run_own(struct vb_control *control, const struct vb_verb *v, int argc, char **argv,
		    struct buf *out)
{
	struct buf pairs = { 0 };
	struct error error;
	enum err rc;

	if (argc - 1 < v->min_args || argc - 1 > v->max_args)
		rc = error_why(ERR_ARGUMENT, "usage: %s %s", v->name, v->usage);
	else
		rc = v->run(control, argc, argv, &pairs);
	if (rc == OK) {
		buf_printf(out, "{\"ok\":true%s}\n", pairs.data ? (const char *)pairs.data : "");
	} else {
		error_take(&error);
		answer_error(out, error.why);
	}
	buf_free(&pairs);
}

/* A verb of the chip or of a probe's firmware. */
static void run_other(struct vb_board *board, void *ctx, const struct vb_control_verb *v, int argc,
		      char **argv, struct buf *out)
{
	char error[256] = "";
	char *text = NULL;
	size_t size = 0;
	FILE *f;
	bool ok;

	if (v->usage[0] == '\0' && argc > 1) {
		snprintf(error, sizeof(error), "%s takes no arguments", v->name);
		answer_error(out, error);
		return;
	}
	f = open_memstream(&text, &size);
	if (f == NULL) {
		answer_error(out, "out of memory");
		return;
	}
	ok = v->run(board, ctx, argc, argv, f, error, sizeof(error));
	fclose(f);
	if (ok)
		buf_printf(out, "{\"ok\":true,\"result\":%s}\n", size > 0 ? text : "null");
	else
		answer_error(out, error);
	free(text);
}

static void run_words(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	const struct vb_control_verb *model_verb;
	struct vb_usb_device *device = NULL;

	for (const struct vb_verb *v = vb_verbs; v->name != NULL; v++) {
		if (strcmp(v->name, argv[0]) == 0) {
			run_own(control, v, argc, argv, out);
			return;
		}
	}
	for (const struct vb_control_verb *v = control->board->chip->verbs;
	     v != NULL && v->name != NULL; v++) {
		if (strcmp(v->name, argv[0]) == 0) {
			run_other(control->board, control->board->priv, v, argc, argv, out);
			return;
		}
	}
	model_verb = vb_usb_model_verb(control->hub, argv[0], &device);
	if (model_verb != NULL) {
		run_other(device->board, device->priv, model_verb, argc, argv, out);
		return;
	}
	unknown_verb(control, argv[0], out);
}

void vb_control_line(struct vb_control *control, const char *line, struct buf *out)
{
	char *copy = xstrdup(line);
	char *argv[MAX_WORDS + 1] = { 0 };
	int argc = split(copy, argv);

	if (argc < 0)
		answer_error(out, "too many words, or a quote that does not end");
	else if (argc > 0)
		run_words(control, argc, argv, out);
	free(copy);
}

static size_t control_input(void *ctx, const uint8_t *data, size_t n, struct buf *out)
{
	struct vb_control *control = ctx;
	size_t used = 0;

	vb_pace_catch_up(control->pace);
	for (;;) {
		const uint8_t *end = memchr(data + used, '\n', n - used);
		size_t length = end ? (size_t)(end - (data + used)) : n - used;
		char line[MAX_LINE + 1];

		if (length > MAX_LINE) {
			answer_error(out, "line too long");
			used = SERVER_HANG_UP;
			break;
		}
		if (end == NULL)
			break;
		memcpy(line, data + used, length);
		line[length] = 0;
		if (length > 0 && line[length - 1] == '\r')
			line[length - 1] = 0;
		if (strlen(line) + 1 < length)
			answer_error(out, "a line with a NUL in it");
		else
			vb_control_line(control, line, out);
		used += length + 1;
	}
	vb_pace_mark(control->pace);
	return used;
}

const struct vb_server_ops vb_control_ops = {
	.name = "control",
	.max_clients = 16,
	.max_input = 1u << 16,
	.input = control_input,
};
