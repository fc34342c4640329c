/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What symbols.c, symbols_elf.c and debug_info.c share. */
#ifndef IMAGE_SYMBOLS_PRIV_H
#define IMAGE_SYMBOLS_PRIV_H

#include <sys/stat.h>

#include "image/symbols.h"

#define SYMBOL_RANGES_MAX 16u

struct symbol_range {
	uint32_t first, last;
};

struct symbol_file {
	char *path;
	struct stat stat;		/* as it was read: another time or size is another program */
	char *names;			/* all names, each with its NUL */
	struct symbol *by_addr;		/* functions and variables that have a place */
	size_t placed;
	struct symbol *by_name;
	size_t count;
	struct symbol_range ranges[SYMBOL_RANGES_MAX];	/* where the program is loaded */
	size_t range_count;
};

struct symbol_question {
	const char *name;
	bool is_asked, is_found;
	uint32_t addr, version;
	struct symbol_question *next;
};

struct symbols {
	struct symbol_file *files[SYMBOLS_FILES_MAX];	/* the newest first */
	uint32_t versions[SYMBOLS_FILES_MAX];		/* when each was added */
	uint32_t version;
	struct symbol_question *questions;
};

/* The table of an open file. ERR_NOT_FOUND, ERR_IMAGE_FORMAT. */
enum err symbol_file_read(const char *path, struct symbol_file **file);
void symbol_file_free(struct symbol_file *file);

#endif
