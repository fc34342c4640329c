/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/imxrt.h"
#include "vboard/chip/stm32_chip.h"

const struct vb_chip *const vb_chips[] = {
	&stm32l476_chip,
	&stm32l4r5_chip,
	&stm32l432_chip,
	&stm32g474_chip,
	&stm32g0b1_chip,
	&stm32u575_chip,
	&stm32l552_chip,
	&stm32wb55_chip,
	&dual_m4_chip,
	&dual_m4_held_chip,
	&mimxrt1064_evk_chip,
	&mimxrt1060_evk_chip,
	&mimxrt1024_evk_chip,
	&imxrt1050_evkb_chip,
	&imxrt1050_evkb_hyper_chip,
	NULL
};
