/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of option writes: one line before OPTSTRT, one after it, one when the values were seen
 * loaded. The last line of a chip tells how far it got.
 */
#ifndef FLASH_STM32L4_OPTION_LOG_H
#define FLASH_STM32L4_OPTION_LOG_H

#include "flash/stm32l4_option.h"

enum option_stage { OPTIONS_STARTED, OPTIONS_WRITTEN, OPTIONS_LOADED };
struct stm32l4_option_record {
	char stamp[24];
	enum option_stage stage;
	struct stm32l4_option_values before, meant;
};
enum err stm32l4_option_log_add(const char *path, const uint32_t uid[3], uint16_t dev_id,
				enum option_stage stage, const struct stm32l4_option_values *before,
				const struct stm32l4_option_values *meant);
bool stm32l4_option_log_exists(const char *path);
/* False: this chip has no record. */
bool stm32l4_option_log_find(const char *path, const uint32_t uid[3],
			     struct stm32l4_option_record *record);

#endif
