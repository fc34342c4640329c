/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/stm32l476.h"

const struct vb_chip *const vb_chips[] = {
	&stm32l476_chip,
	NULL
};
