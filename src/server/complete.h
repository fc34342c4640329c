/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion of a console line: commands, and variables after '$'. */
#ifndef SERVER_COMPLETE_H
#define SERVER_COMPLETE_H

#include "script/script.h"

/* `head` is the line up to the cursor. `insert`: what can be typed for the user; `list`: what there
 * is to choose from, when that is not decided. Both empty: nothing fits. */
void complete(struct script *script, const char *head, struct buf *insert, struct buf *list);

#endif
