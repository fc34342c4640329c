/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Low-power modes of STM32L476 as a debugger meets them (RM0351 5.3 and 48.6.2): in Stop without
 * DBG_STOP the core clock is gone and the PPB with it; Standby and Shutdown end in a reset.
 */
#include <string.h>

#include "vboard/chip/stm32_chip.h"

/* Real SRAM wakes up with noise; the same noise in every run. */
void stm32_chip_forget_ram(struct stm32_chip *chip)
{
	uint32_t noise = 0x6d2b79f5, word;
	uint8_t bytes[4];

	for (uint32_t at = 0; at < SRAM1_BYTES + SRAM2_BYTES; at += 4) {
		noise ^= noise << 13;
		noise ^= noise >> 17;
		noise ^= noise << 5;
		word = noise;
		put_le32(bytes, word);
		vb_bus_poke(chip->board->bus,
			    at < SRAM1_BYTES ? SRAM1_BASE + at : SRAM2_BASE + at - SRAM1_BYTES, bytes,
			    4);
	}
}

static void set_power(struct stm32_chip *chip, enum stm32_power power)
{
	stm32_env_change(&chip->env);
	chip->env.power = power;
	stm32_env_changed(&chip->env);
	vb_cpu_gate(chip->board->cpu, !stm32_env_has_hclk(&chip->env, power));
}

/* nRST_STOP, nRST_STDBY, nRST_SHDW = 0 turn the entry into a reset. */
static bool entry_is_reset(const struct stm32_chip *chip, enum stm32_power power)
{
	static const uint32_t bits[] = { [STM32_STOP] = BIT(12), [STM32_STANDBY] = BIT(13),
					 [STM32_SHUTDOWN] = BIT(14) };

	return power >= STM32_STOP && !(chip->flash.loaded[OPT_USER] & bits[power]);
}

void stm32_chip_enter(struct stm32_chip *chip, enum stm32_power power)
{
	if (entry_is_reset(chip, power)) {
		stm32_env_request_reset(&chip->env, VB_RESET_LOW_POWER);
		return;
	}
	set_power(chip, power);
	if (power >= STM32_STANDBY)
		stm32l4_pwr_note_standby(&chip->pwr);
}

/* Out of Stop the core goes on; out of Standby it starts again, options loaded anew. */
void stm32_chip_wake(void *ctx)
{
	struct stm32_chip *chip = ctx;
	enum stm32_power was = chip->env.power;

	if (was < STM32_STOP)
		return;
	set_power(chip, STM32_RUN);
	if (was == STM32_STOP)
		stm32l4_rcc_wake(&chip->rcc);
	else
		stm32_env_request_reset(&chip->env, VB_RESET_POWER_ON);
}

void stm32_chip_sleep(void *ctx, bool sleeping, bool deep)
{
	struct stm32_chip *chip = ctx;

	if (sleeping)
		stm32_chip_enter(chip, deep ? stm32l4_pwr_deep(&chip->pwr) : STM32_SLEEP);
	else if (chip->env.power >= STM32_STOP)
		stm32_chip_wake(chip);
	else
		set_power(chip, STM32_RUN);
}

void stm32_chip_halt(void *ctx, bool halted)
{
	struct stm32_chip *chip = ctx;

	stm32_env_change(&chip->env);
	chip->env.core_halted = halted;
	stm32_env_changed(&chip->env);
}

void stm32_chip_debug_clocks(void *ctx)
{
	struct stm32_chip *chip = ctx;

	if (chip->board->cpu != NULL)
		vb_cpu_gate(chip->board->cpu, !stm32_env_has_hclk(&chip->env, chip->env.power));
}
