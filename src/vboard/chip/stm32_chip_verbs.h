/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers of the control port's flash verbs, for the table in stm32_chip_verbs.c. */
#ifndef VB_CHIP_STM32_CHIP_VERBS_H
#define VB_CHIP_STM32_CHIP_VERBS_H

#include "vboard/chip/stm32_chip.h"
#include "vboard/chip/verbs.h"

bool stm32_chip_options(VERB_ARGS);
bool stm32_chip_corrupt_options(VERB_ARGS);
bool stm32_chip_flash_regs(VERB_ARGS);
bool stm32_chip_flash_info(VERB_ARGS);
bool stm32_chip_flash_read(VERB_ARGS);
bool stm32_chip_flash_dump(VERB_ARGS);
bool stm32_chip_flash_load(VERB_ARGS);
bool stm32_chip_flash_erase(VERB_ARGS);
bool stm32_chip_preset_sr(VERB_ARGS);
bool stm32_chip_preset_cr(VERB_ARGS);
bool stm32_chip_lock_keys(VERB_ARGS);
bool stm32_chip_stuck_bsy(VERB_ARGS);
bool stm32_chip_flash_size(VERB_ARGS);
bool stm32_chip_ecc(VERB_ARGS);
bool stm32_chip_flip_bits(VERB_ARGS);
bool stm32_chip_cell_state(VERB_ARGS);
bool stm32_chip_fail_after(VERB_ARGS);
bool stm32_chip_fb_mode(VERB_ARGS);
bool stm32_chip_run_pd(VERB_ARGS);
bool stm32_chip_swo(VERB_ARGS);
bool stm32_chip_intrude(VERB_ARGS);

#endif
