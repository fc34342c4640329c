/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between imxrt_image.c, which lays an application out, and programs.c, which is one. */
#ifndef IMXRT_PROGRAM_PARAMS_H
#define IMXRT_PROGRAM_PARAMS_H

#include <stdint.h>

/* From the vector table on. */
#define PROGRAM_PARAMS	0x3c0
#define PROGRAM_CODE	0x400
/* The applications count here. */
#define PROGRAM_COUNTER 0x20000100u

struct program_params {
	uint32_t led_mux, led_bit;		/* the user's LED, on GPIO1 */
	uint32_t swdio_mux, swclk_mux;
	uint32_t gpr14, gpr17;			/* FlexRAM without OCRAM */
	uint32_t flexspi, window;
	uint32_t enter_qpi, qpi_dummy;		/* LUT words */
};

#endif
