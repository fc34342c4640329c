/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swo.c, for a board without a debugger. */
#define SELF_SETUP
#include "swo.c"
