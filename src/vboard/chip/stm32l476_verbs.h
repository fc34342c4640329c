/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers of the control port's flash verbs, for the table in stm32l476_verbs.c. */
#ifndef VB_CHIP_STM32L476_VERBS_H
#define VB_CHIP_STM32L476_VERBS_H

#include "vboard/chip/stm32l476.h"
#include "vboard/chip/verbs.h"

bool stm32l476_options(VERB_ARGS);
bool stm32l476_corrupt_options(VERB_ARGS);
bool stm32l476_flash_regs(VERB_ARGS);
bool stm32l476_flash_info(VERB_ARGS);
bool stm32l476_flash_read(VERB_ARGS);
bool stm32l476_flash_dump(VERB_ARGS);
bool stm32l476_flash_load(VERB_ARGS);
bool stm32l476_flash_erase(VERB_ARGS);
bool stm32l476_preset_sr(VERB_ARGS);
bool stm32l476_preset_cr(VERB_ARGS);
bool stm32l476_lock_keys(VERB_ARGS);
bool stm32l476_stuck_bsy(VERB_ARGS);
bool stm32l476_flash_size(VERB_ARGS);
bool stm32l476_ecc(VERB_ARGS);
bool stm32l476_flip_bits(VERB_ARGS);
bool stm32l476_cell_state(VERB_ARGS);
bool stm32l476_fail_after(VERB_ARGS);
bool stm32l476_fb_mode(VERB_ARGS);
bool stm32l476_run_pd(VERB_ARGS);
bool stm32l476_swo(VERB_ARGS);
bool stm32l476_intrude(VERB_ARGS);

#endif
