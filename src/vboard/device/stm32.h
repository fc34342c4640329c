/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the devices of one STM32 share: clocks, debug freeze, low-power state, and the rules every
 * slave on the AHB and APB buses follows.
 *
 * The chip owns one struct stm32_env and gives it to each of its devices. A device that counts time
 * subscribes with stm32_env_follow(): `sync` is called before a clock, freeze bit or low-power state
 * changes (bring your count up to date with the old rate), `resume` afterwards (take the new rate
 * and schedule the next event). Whoever changes any of these fields brackets it with
 * stm32_env_change() and stm32_env_changed().
 *
 * A reset is never done from inside a bus access: stm32_env_request_reset() lets the access end.
 */
#ifndef VB_DEVICE_STM32_H
#define VB_DEVICE_STM32_H

#include "base/bytes.h"
#include "vboard/board.h"
#include "vboard/device/rate.h"

enum stm32_power { STM32_RUN, STM32_SLEEP, STM32_STOP, STM32_STANDBY, STM32_SHUTDOWN };

struct stm32_clocks {
	uint32_t sysclk, hclk, pclk1, pclk2, timclk1, timclk2, hsi, lse, lsi;
};

struct stm32_follower {
	void (*sync)(void *dev);
	void (*resume)(void *dev);
	void *dev;
};

struct stm32_env {
	struct vb_board *board;
	struct stm32_clocks clocks;
	/* DBGMCU, kept here because so many devices look at it. Lost at power-on reset only. */
	uint32_t dbgmcu_cr, dbgmcu_apb1fzr1, dbgmcu_apb1fzr2, dbgmcu_apb2fz;
	uint32_t dbgmcu_apb3fz, dbgmcu_ahb1fz, dbgmcu_ahb3fz;		/* U5 */
	uint32_t dbgmcu_c2apb1fzr1, dbgmcu_c2apb1fzr2, dbgmcu_c2apb2fz;	/* WB: CPU2's */
	enum stm32_power power;
	bool core_halted;
	bool backup_open;	/* PWR_CR1.DBP: the backup domain may be written */
	/* Since when the core voltage has been high enough to erase and program flash, which PWR
	 * knows; 0: always, UINT64_MAX: not in this range. */
	uint64_t flash_voltage_at;
	struct stm32_follower followers[24];
	size_t follower_count;
	struct { const void *dev; int irq; bool level; } irq_sources[24];
	size_t irq_source_count;
	bool reset_requested;
	enum vb_reset requested;
};

void stm32_env_follow(struct stm32_env *env, const struct stm32_follower *follower);
void stm32_env_change(struct stm32_env *env);
void stm32_env_changed(struct stm32_env *env);
/* The first request wins until it is served, at the next turn of the clock. */
void stm32_env_request_reset(struct stm32_env *env, enum vb_reset kind);
uint64_t stm32_env_now(const struct stm32_env *env);
/* The debugger cannot reach the system bus: nRST is low, or HCLK is off in Stop or Standby. */
bool stm32_env_is_shut(const struct stm32_env *env, const struct vb_access *a);
/* Does HCLK run in this mode, given DBG_STOP and DBG_STANDBY? */
bool stm32_env_has_hclk(const struct stm32_env *env, enum stm32_power power);
bool stm32_env_can_program_flash(const struct stm32_env *env);
void stm32_env_irq(struct stm32_env *env, int irq, bool level);
/* The same for a device that may share its line with others: it is high while one of them is. */
void stm32_env_irq_shared(struct stm32_env *env, const void *dev, int irq, bool level);

/*
 * A slave as the bus matrix sees it: behind a clock enable bit and a reset. Without its clock it
 * reads 0 and drops writes; while nRST is low the debugger gets a bus error.
 */
struct stm32_slave {
	struct stm32_env *env;
	const struct vb_device_ops *ops;	/* NULL: not modelled, reads 0 */
	void *dev;
	const uint32_t *enable;			/* the RCC enable register; NULL: always clocked */
	uint32_t enable_bit;
};
extern const struct vb_device_ops stm32_slave_ops;

#endif
