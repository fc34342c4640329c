/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtos_still with the frames of CONFIG_USE_SWITCH. */
#define USE_SWITCH
#include "rtos_still.c"
