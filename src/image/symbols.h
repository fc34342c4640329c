/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbols: names and addresses of the programs on a target, from their ELF files.
 *
 * symbols_add_file() reads a file's symbol table at once and keeps what it needs: what is on the target
 * does not change when the file is built again. The newest file is asked first. A file whose program lies
 * where a newer one's does is dropped, for it has been overwritten: a boot loader and an application are
 * both kept. The newest SYMBOLS_FILES_MAX are.
 *
 * A GDB knows symbols too. A room says once what it would like to know (symbols_want); the GDB server
 * asks for it (symbols_next_wanted, symbols_give). Of a GDB's answer and a file the newer one counts.
 *
 * Nothing here touches the target. A question cannot fail: what is not known is false. Every function
 * but symbols_new() takes NULL for "no file is known". Struct members are the business of debug_info.h.
 */
#ifndef IMAGE_SYMBOLS_H
#define IMAGE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SYMBOLS_FILES_MAX 4u

struct symbols;

struct symbol {
	const char *name;		/* lives until a file is added or dropped */
	uint32_t addr;			/* without the Thumb bit */
	uint32_t size;			/* 0: not known */
	bool is_function;
};

struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);

/* ERR_NOT_FOUND, ERR_IMAGE_FORMAT: no Arm ELF file, broken, or stripped; then nothing has changed. */
enum err symbols_add_file(struct symbols *s, const char *path);
/* The same for a file that was written or compared: one that is no ELF or has no symbols is no error. */
void symbols_note_file(struct symbols *s, const char *path);
/* Forgets all files, and what a GDB gave. */
void symbols_clear(struct symbols *s);
/* The i-th newest; NULL behind the last. */
const char *symbols_path(const struct symbols *s, size_t i);
/* Changes whenever an answer may. */
uint32_t symbols_version(const struct symbols *s);

/* A name as the source has it; link-time optimisation's "NAME.lto_priv.0" is found as well. */
bool symbols_find(const struct symbols *s, const char *name, struct symbol *found);
/* Only in files that were added after symbols_version() was `since`. */
bool symbols_find_newer(const struct symbols *s, const char *name, uint32_t since, struct symbol *found);
/* What `addr` lies in: a function, else a variable. */
bool symbols_at(const struct symbols *s, uint32_t addr, struct symbol *found);
/* "main+0x12"; "" and false if nothing is known there. */
bool symbols_describe(const struct symbols *s, uint32_t addr, char *text, size_t size);

/* GDB's qSymbol. `name` must outlive s. Wanting it twice is fine. */
void symbols_want(struct symbols *s, const char *name);
/* The next that was not asked for; NULL: none. */
const char *symbols_next_wanted(struct symbols *s);
/* From the first on: a GDB has come, or it has another program. */
void symbols_ask_again(struct symbols *s);
void symbols_give(struct symbols *s, const char *name, size_t n, bool is_found, uint32_t addr);

#endif
