/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtt.c with its control block where nothing clears it, set up late. */
#define BLOCK_AT 0x20010000
#include "rtt.c"
