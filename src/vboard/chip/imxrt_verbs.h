/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers of the control port's flash verbs, for the table in imxrt_verbs.c. */
#ifndef VB_CHIP_IMXRT_VERBS_H
#define VB_CHIP_IMXRT_VERBS_H

#include "vboard/chip/imxrt.h"
#include "vboard/chip/verbs.h"

extern const char *const imxrt_flexspi_names[FLEXSPIS];

bool imxrt_verb_flash_info(VERB_ARGS);
bool imxrt_verb_flash_read(VERB_ARGS);
bool imxrt_verb_flash_dump(VERB_ARGS);
bool imxrt_verb_flash_load(VERB_ARGS);
bool imxrt_verb_flash_erase(VERB_ARGS);
bool imxrt_verb_flash_state(VERB_ARGS);
bool imxrt_verb_flash_fault(VERB_ARGS);
bool imxrt_verb_flash_part(VERB_ARGS);
bool imxrt_verb_flexspi(VERB_ARGS);
bool imxrt_verb_power_off_at(VERB_ARGS);

#endif
