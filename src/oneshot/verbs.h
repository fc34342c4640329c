/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. Nobody else includes it. */
#ifndef ONESHOT_VERBS_H
#define ONESHOT_VERBS_H

#include "oneshot/oneshot.h"
#include "script/args.h"

/* A line on stdout, unless --json or --quiet. */
void say(struct oneshot *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Members of the JSON object; nothing without --json. */
void put_text(struct oneshot *o, const char *name, const char *value); /* NULL: null */
void put_number(struct oneshot *o, const char *name, uint64_t value);
void put_hex(struct oneshot *o, const char *name, uint32_t value); /* "0x08000000" */
void put_bool(struct oneshot *o, const char *name, bool value);
void put_json(struct oneshot *o, const char *name, const char *json);

const char *plural(size_t n); /* "s", unless there is one */
/* Was there a warning with these words? */
bool was_warned(const char *words);
/* A Tcl verb as on a console; `result` may be NULL. */
enum err tcl(struct oneshot *o, struct buf *result, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Advice for the console in the words of the command line; to be freed. */
char *shell_words(const char *text);
/* --under-reset: what is behind the debug port answers once the core is halted. */
enum err halt_behind_reset(struct oneshot *o);
/* The error that is current becomes a line of the log and is gone. */
void drop_error(const char *what);

/* progress.c: shows what the flash room does until progress_end(). */
struct progress {
	const struct oneshot *o;
	const char *what;
	unsigned shown; /* percent */
	bool is_tty, is_open;
};
void progress_begin(struct progress *progress, const struct oneshot *o);
void progress_end(struct progress *progress);

/* image.c: read_file() before anything is connected, open_file() hands it over with its addresses. */
enum err read_file(struct oneshot *o);
enum err open_file(struct oneshot *o, struct image **image);

/* flash_verbs.c: with progress, and its warnings in the log. */
enum err write_flash(struct oneshot *o, const struct image *image,
		     struct flash_write_options *options, struct flash_report *report);

/* Probes the banks as well. ERR_NO_BANK; not if the whole image is outside, which has its own message. */
enum err check_image_fits(struct oneshot *o, const struct image *image, bool is_for_writing);

enum err verb_flash(struct oneshot *o);
enum err verb_erase(struct oneshot *o);
enum err verb_verify(struct oneshot *o);
enum err verb_read(struct oneshot *o);
enum err verb_reset(struct oneshot *o);
enum err verb_info(struct oneshot *o);
enum err verb_run(struct oneshot *o);
enum err verb_rtt(struct oneshot *o);
enum err verb_doctor(struct oneshot *o);
enum err verb_list(struct oneshot *o);
enum err verb_chips(struct oneshot *o);
enum err verb_help(struct oneshot *o);

#endif
