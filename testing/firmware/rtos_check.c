/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtos.c with integrity bytes in its lists: see the Makefile. */
#include "rtos.c"
