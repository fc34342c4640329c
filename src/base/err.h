/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: a code that travels by return value and a message chain that travels beside it.
 *
 * The place that knows the fact says why (error_why) and, if it can, what to do next (error_next)
 * and which register proves it (error_evidence). The layer that knows what the user asked puts the
 * what in front (error_what). Put together:
 *
 *   flash write failed: page 12 is write-protected (WRP1A covers pages 0..15): run "..."
 *
 * There is one chain per turn of the event loop. Whoever stops an error takes it (error_take),
 * prints it (log_failure in log.h) or drops it (error_clear). Code that services the loop in the
 * middle of long work keeps the chain with error_save / error_restore. A function that returns an
 * error without a message is a bug; so is a message without an error.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err {
	OK = 0,
#define ERR(code, id, cause, next) code,
#include "base/err.def"
#undef ERR
	ERR_COUNT
};

struct error {
	enum err code;			/* OK: no error */
	char why[512];
	char next[256];			/* empty: the catalogue's step */
	char evidence[256];		/* "FLASH_SR = 0x00000010 (WRPERR: ...)" */
	char what[384];			/* prefixes, outermost first, joined with ": " */
};

/* Starts a chain with the reason; an unfinished one is replaced. Returns `code`. */
enum err error_why(enum err code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* These add to the current chain and return `code`; with OK they do nothing. */
enum err error_next(enum err code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum err error_evidence(enum err code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum err error_what(enum err code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* For clean-up paths: the first failure wins, with its message. `cleanup` is the call that follows, so
 * the chain can be kept while it runs; `first` is a variable. */
#define error_first(first, cleanup) (error_hold(first), error_settle(first, cleanup))
void error_hold(enum err first);
enum err error_settle(enum err first, enum err second);

/* The current chain; code OK if there is none. */
const struct error *error_current(void);
/* One line, "what: why: next". Valid until the next call. */
const char *error_text(const struct error *error);
void error_clear(void);
void error_take(struct error *out);
void error_put(const struct error *in);

const char *error_id(enum err code);		/* "flash.write_protected" */
const char *error_cause(enum err code);		/* from the catalogue */
const char *error_step(enum err code);

/* The only macro that may hide a return. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		enum err try_rc_ = (expr);                                                         \
		if (try_rc_ != OK)                                                                 \
			return try_rc_;                                                            \
	} while (0)

#endif
