/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug_info: how the compiler has laid out a program's structures, from the DWARF of the ELF files that
 * a target's symbols came from (symbols.h). Files are opened at the first question and closed with the
 * struct, so keep it for one round of questions and remember the answers. A file that has changed since
 * its symbols were read is not of the program on the target any more: it is not asked.
 *
 * Without libdw (--without-libdw) nothing is known; why() says so.
 */
#ifndef IMAGE_DEBUG_INFO_H
#define IMAGE_DEBUG_INFO_H

#include "image/symbols.h"

struct debug_info;

struct debug_member {
	uint32_t offset, bytes;
};

struct debug_info *debug_info_open(const struct symbols *s);
void debug_info_close(struct debug_info *d);
/* Of a struct or union by its tag, or by the name a typedef gives it. */
bool debug_info_size(struct debug_info *d, const char *type, uint32_t *bytes);
/* `path` may go down: "xListEnd.pxNext". */
bool debug_info_member(struct debug_info *d, const char *type, const char *path,
		       struct debug_member *member);
/* Where the answers come from: the file's path. NULL: there is none. */
const char *debug_info_path(const struct debug_info *d);
/* Why nothing is known: "no ELF file is known", "FILE has no debug information". */
const char *debug_info_why(const struct debug_info *d);

#endif
