/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete: what a shell offers at Tab. The shells' scripts (contrib/completion, `probed
 * --completion SHELL`) only ask `probed --complete WORD ...` with the words up to and including the
 * unfinished one, and get a candidate per line. So options, verbs, chips, boards and probes need no
 * list of their own. Two lines are no candidates: ":files" and ":dirs" ask the shell to complete
 * names of files or folders itself.
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "base/err.h"

/* The words after --complete. Prints to stdout; an unknown situation has no candidates. */
void complete_words(int argc, char **argv);
/* ERR_ARGUMENT. */
enum err complete_print_script(const char *shell);

#endif
