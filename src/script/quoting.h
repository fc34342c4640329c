/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where quoting went wrong in a command that somebody typed or that an IDE put together: Tcl only
 * says that a brace is missing, not which one was opened.
 */
#ifndef SCRIPT_QUOTING_H
#define SCRIPT_QUOTING_H

#include "base/bytes.h"

/* If `message` is Tcl's about an unclosed brace, quote or bracket of `text`, appends the line it is in
 * and a caret below the opener, each with a line end. */
void quoting_show(const char *text, const char *message, struct buf *out);

#endif
