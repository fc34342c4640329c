/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * i.MX RT10xx boards: the whole chip as one struct, for the files imxrt*.c.
 *
 * A board is a row of a const table: part, its RAM and ROM sizes, which flash hangs on which FlexSPI
 * over which pads, its boot switches. imxrt.c wires devices, buses and resets.
 */
#ifndef VB_CHIP_IMXRT_H
#define VB_CHIP_IMXRT_H

#include "vboard/board.h"
#include "vboard/chip/imxrt_boot.h"
#include "vboard/device/imxrt.h"
#include "vboard/device/imxrt_flexspi.h"
#include "vboard/device/imxrt_ocotp.h"
#include "vboard/device/nor.h"

extern const struct vb_chip mimxrt1064_evk_chip, mimxrt1060_evk_chip, mimxrt1024_evk_chip,
	imxrt1050_evkb_chip, imxrt1050_evkb_hyper_chip;

#endif
