/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Low-power modes of STM32 as a debugger meets them (RM0351 5.3 and 48.6.2): in Stop without
 * DBG_STOP the core clock is gone and the PPB with it; Standby and Shutdown end in a reset.
 */
#include "vboard/chip/stm32_chip.h"

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
	const struct stm32_boot_bits *b = chip->part->boot;
	const uint32_t bits[] = { [STM32_STOP] = b->nrst_stop, [STM32_STANDBY] = b->nrst_stdby,
				  [STM32_SHUTDOWN] = b->nrst_shdw };

	return power >= STM32_STOP && !(stm32_chip_optr(chip) & bits[power]);
}

void stm32_chip_enter(struct stm32_chip *chip, enum stm32_power power)
{
	if (entry_is_reset(chip, power)) {
		stm32_env_request_reset(&chip->env, VB_RESET_LOW_POWER);
		return;
	}
	set_power(chip, power);
	if (power == STM32_STANDBY)
		stm32_pwr_note_standby(&chip->pwr);
}

/*
 * Out of Stop the core goes on; out of Standby it starts again, options loaded anew. The debug port
 * has kept its power only if DBG_STANDBY asked for it.
 */
void stm32_chip_wake(void *ctx)
{
	struct stm32_chip *chip = ctx;
	enum stm32_power was = chip->env.power;
	bool has_debug = was == STM32_STANDBY && stm32_env_has_hclk(&chip->env, was);

	if (was < STM32_STOP)
		return;
	set_power(chip, STM32_RUN);
	if (was == STM32_STOP) {
		stm32_rcc_wake(&chip->rcc);
		return;
	}
	chip->wakes_from = was;
	stm32_env_request_reset(&chip->env, has_debug ? VB_RESET_SYSTEM : VB_RESET_POWER_ON);
}

void stm32_chip_sleep(void *ctx, bool sleeping, bool deep)
{
	struct stm32_chip *chip = ctx;
	struct vb_cpu_state second = { .sleeping = true };

	/* The chip stops when both cores sleep; here the second one has no say in when. */
	if (chip->board->cpu2 != NULL && !chip->board->cpu2_is_off)
		vb_cpu_state(chip->board->cpu2, &second);
	deep = deep && second.sleeping;
	if (sleeping)
		stm32_chip_enter(chip, deep ? stm32_pwr_deep(&chip->pwr) : STM32_SLEEP);
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
