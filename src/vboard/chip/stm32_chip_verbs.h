/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handlers of the control port's verbs for the table in stm32_chip_verbs.c, and what they share with
 * the presets. _verbs_flash.c shows and loads flash and options, _verbs_fault.c spoils them, _fields.c
 * knows the option bytes by name.
 */
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
bool stm32_chip_flash_size(VERB_ARGS);

bool stm32_chip_preset_sr(VERB_ARGS);
bool stm32_chip_preset_cr(VERB_ARGS);
bool stm32_chip_lock_keys(VERB_ARGS);
bool stm32_chip_stuck_bsy(VERB_ARGS);
bool stm32_chip_ecc(VERB_ARGS);
bool stm32_chip_flip_bits(VERB_ARGS);
bool stm32_chip_cell_state(VERB_ARGS);
bool stm32_chip_fail_after(VERB_ARGS);
bool stm32_chip_fb_mode(VERB_ARGS);
bool stm32_chip_run_pd(VERB_ARGS);
bool stm32_chip_intrude(VERB_ARGS);
bool stm32_chip_stale_cache(VERB_ARGS);
bool stm32_chip_half_dw(VERB_ARGS);
bool stm32_chip_sfsa(VERB_ARGS);
bool stm32_chip_suspend(VERB_ARGS);
bool stm32_chip_slow_clock(VERB_ARGS);
bool stm32_chip_app_state(VERB_ARGS);
bool stm32_chip_low_power_run(VERB_ARGS);
bool stm32_chip_vtarget(VERB_ARGS);

bool stm32_chip_swo(VERB_ARGS);

/* "on" or "off" as the only argument. */
bool stm32_chip_is_on(int argc, char **argv, bool *on);
/* An address in main flash, or an offset in it, to the physical offset behind it. */
bool stm32_chip_flash_address(struct stm32_chip *chip, const char *text, uint32_t *phys, char *error,
			      size_t error_size);
/* The physical offset behind an offset from 0x08000000; false: no flash there. */
bool stm32_chip_phys(struct stm32_chip *chip, uint32_t offset, uint32_t *phys);
/* An option byte field by its name; `last` for areas only. Stored, not loaded. */
bool stm32_chip_set_option(struct stm32_chip *chip, const char *name, const uint32_t *first,
			   const uint32_t *last, char *error, size_t error_size);
void stm32_chip_show_options(struct stm32_chip *chip, FILE *out);
/* A part of that size: flash, and what its register says. */
void stm32_chip_set_size(struct stm32_chip *chip, unsigned kb);
void stm32_chip_set_size_register(struct stm32_chip *chip, unsigned value);
/* Reads at `addr`, then erases the page with the data cache on. */
bool stm32_chip_make_stale(struct stm32_chip *chip, uint32_t addr, char *error, size_t error_size);
/* PWR_CR1 as an application left it. */
bool stm32_chip_set_pwr(struct stm32_chip *chip, uint32_t clear, uint32_t set);

#endif
