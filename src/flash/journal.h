/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: what drivers write down before and after a step that cannot be taken back: a line each, on disk
 * before the next step. What a line says is the driver's own.
 */
#ifndef FLASH_JOURNAL_H
#define FLASH_JOURNAL_H

#include <stdbool.h>
#include <stdio.h>

#include "script/script.h"

/* "2026-01-02T03:04:05Z" */
void journal_put_time(FILE *file);
/*
 * A file of this user's own in a directory that others may write, such as /tmp; with `append` created if
 * it is not there. NULL, errno tells why: also if it is a link, somebody else's, or others may write it.
 */
FILE *journal_open_own(const char *path, bool append);
/* False: the lines may not be on disk; errno tells why. */
bool journal_close(FILE *file);
/* The verb `... log ?file?`: chooses another file, and returns the one in use. */
enum err journal_choose(struct call *c, char **path, const char *default_path);

#endif
