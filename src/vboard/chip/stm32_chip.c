/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/stm32_chip.h"

#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip_boot.h"
#include "vboard/core/swo.h"

#define DBGMCU_BASE  0xe0042000u
#define IDCODE	     0x10076415u	/* REV_ID 0x1007 (revision 4), bits 15:12 read 6, DEV_ID 0x415 */
#define OPTR_IWDG_SW BIT(16)
#define OPTR_IWDG_STOP BIT(17)
#define OPTR_IWDG_STDBY BIT(18)
#define OPTR_WWDG_SW BIT(19)
#define OPTR_BFB2    BIT(20)
#define OPTR_nBOOT1  BIT(23)
#define OPTR_SRAM2_RST BIT(25)
#define BUTTON_PIN   13			/* B1 on PC13, pulled up on the board */

/* The information block (RM0351 47): package LQFP64, UID, size; the boot loader's version byte. */
static void fill_system_memory(struct stm32_chip *chip)
{
	static const uint32_t uid[3] = { 0x00320042, 0x35325014, 0x20363253 };
	uint8_t *rom = chip->flash.info[0].bytes;

	put_le32(rom, SRAM1_BASE + 0x2d00);
	put_le32(rom + 4, 0x1fff6145);
	for (size_t i = 0; i < ARRAY_SIZE(boot_code); i++)
		put_le16(rom + 0x6144 + 2 * i, boot_code[i]);
	rom[0x6ffe] = 0x92;
	put_le32(rom + 0x7500, 0);
	for (size_t i = 0; i < ARRAY_SIZE(uid); i++)
		put_le32(rom + 0x7590 + 4 * i, uid[i]);
	put_le16(rom + 0x75e0, chip->flash.size_register);
}

/* UID bits 31:0 are the coordinates of the die on the wafer (RM0351 chapter 49). */
static void set_unit(struct vb_board *board, void *priv, unsigned unit)
{
	struct stm32_chip *chip = priv;
	uint8_t *uid = chip->flash.info[0].bytes + 0x7590;

	(void)board;
	put_le32(uid, get_le32(uid) + unit);
}

/* Callbacks between devices */

/* SWDIO and SWCLK must be at AF0 or the debug port hears nothing. Independent: RDP level 2. */
static void update_debug_port(struct stm32_chip *chip)
{
	struct stm32_gpio *a = &chip->gpio[0];

	chip->pins_are_dead = false;
	for (unsigned pin = 13; pin <= 14; pin++) {
		if (stm32_gpio_mode(a, pin) != PIN_ALTERNATE || stm32_gpio_alternate(a, pin) != 0)
			chip->pins_are_dead = true;
	}
	if (chip->board->dp != NULL)
		vb_dp_set_dead(chip->board->dp,
			       chip->pins_are_dead || stm32l4_options_rdp(&chip->flash) == 2);
}

static void on_options(void *ctx)
{
	struct stm32_chip *chip = ctx;
	uint32_t optr = chip->flash.loaded[OPT_USER];

	chip->iwdg.runs_in_stop = optr & OPTR_IWDG_STOP;
	chip->iwdg.runs_in_standby = optr & OPTR_IWDG_STDBY;
	vb_bus_guard(chip->board->bus, chip->sram2_region, stm32l4_options_rdp(&chip->flash) == 1);
	update_debug_port(chip);
}

static void erase_sram2(void *ctx)
{
	static const uint8_t zeros[1024];

	for (uint32_t at = 0; at < SRAM2_BYTES; at += sizeof(zeros))
		vb_bus_poke(((struct stm32_chip *)ctx)->board->bus, SRAM2_BASE + at, zeros,
			    sizeof(zeros));
}

static void on_regression(void *ctx)
{
	struct stm32_chip *chip = ctx;

	erase_sram2(chip);
	memset(chip->rtc.backup, 0, sizeof(chip->rtc.backup));
}

static void on_remap(void *ctx, unsigned mem_mode, bool fb_mode)
{
	struct stm32_chip *chip = ctx;

	chip->flash.mem_mode = mem_mode;
	chip->flash.fb_mode = fb_mode;
	stm32l4_array_remap(&chip->flash);
}

static void on_edge(void *ctx, struct stm32_gpio *gpio, unsigned pin, bool level)
{
	struct stm32_chip *chip = ctx;

	if (stm32_syscfg_exti_port(&chip->syscfg, pin) == (unsigned)(gpio->port - 'A'))
		stm32_exti_edge(&chip->exti, pin, level);
}

static void on_pin_mode(void *ctx, struct stm32_gpio *gpio)
{
	if (gpio->port == 'A')
		update_debug_port(ctx);
}

/* The virtual COM port of the board hangs on PA2 and PA3, USART2 is their AF7. */
static bool usart2_is_wired(void *ctx, bool rx)
{
	struct stm32_chip *chip = ctx;
	unsigned pin = rx ? 3 : 2;

	return stm32_gpio_mode(&chip->gpio[0], pin) == PIN_ALTERNATE &&
	       stm32_gpio_alternate(&chip->gpio[0], pin) == 7;
}

/* CCIPR.USART2SEL: PCLK1, SYSCLK, HSI16, LSE. */
static uint32_t usart2_hz(void *ctx)
{
	struct stm32_chip *chip = ctx;
	const struct stm32_clocks *c = &chip->env.clocks;
	const uint32_t sources[4] = { c->pclk1, c->sysclk, c->hsi, c->lse };

	return sources[*stm32l4_rcc_enable(&chip->rcc, RCC_CCIPR) >> 2 & 3];
}

static void start_lsi(void *ctx)
{
	stm32l4_rcc_force_lsi(&((struct stm32_chip *)ctx)->rcc);
}

static bool backup_is_shut(void *ctx, const struct vb_access *a)
{
	return stm32l4_array_is_shut(&((struct stm32_chip *)ctx)->flash, a);
}

static void on_reset_request(void *ctx, bool core_only)
{
	struct stm32_chip *chip = ctx;

	if (core_only)
		vb_cpu_reset(chip->board->cpu, VB_CPU_SYSTEM);
	else
		vb_board_reset(chip->board, VB_RESET_SYSTEM);
}

/* Memory */

static enum vb_result sram_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct stm32_chip *chip = ctx;

	(void)offset;
	return stm32_env_is_shut(&chip->env, a) ? VB_FAULT : VB_OK;
}

static enum vb_result sram2_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct stm32_chip *chip = ctx;

	if (stm32l4_array_is_shut(&chip->flash, a))
		return VB_FAULT;
	return sram_check(ctx, a, offset);
}

static const struct vb_ram_ops sram_ops = { .check = sram_check };
static const struct vb_ram_ops sram2_ops = { .check = sram2_check };

static void add_memory(struct stm32_chip *chip)
{
	struct vb_region sram = { .name = "SRAM1", .base = SRAM1_BASE, .size = SRAM1_BYTES,
				  .ram = chip->sram1, .writable = true, .executable = true,
				  .dap_guarded = true, .ram_ops = &sram_ops, .ctx = chip };
	struct vb_region dbgmcu = { .name = "DBGMCU", .base = DBGMCU_BASE, .size = 0x1000,
				    .dev_ops = &stm32_dbgmcu_ops, .ctx = &chip->dbgmcu };

	vb_bus_add(chip->board->bus, &sram);
	sram.name = "SRAM2";		/* not repeated behind SRAM1 on this line */
	sram.base = SRAM2_BASE;
	sram.size = SRAM2_BYTES;
	sram.ram = chip->sram2;
	sram.ram_ops = &sram2_ops;
	chip->sram2_region = vb_bus_add(chip->board->bus, &sram);
	vb_bus_add(chip->board->bus, &dbgmcu);
	stm32l4_array_map(&chip->flash, chip->sram1, SRAM1_BYTES);
	stm32_chip_map(chip);
}

static void add_timers(struct stm32_chip *chip)
{
	static const struct { unsigned width; int irq; uint32_t freeze; } timers[TIM_COUNT] = {
		{ 32, 28, BIT(0) }, { 16, 29, BIT(1) }, { 16, 30, BIT(2) }, { 32, 50, BIT(3) },
		{ 16, 54, BIT(4) }, { 16, 55, BIT(5) },			/* TIM2..TIM7 */
		{ 16, 25, BIT(11) }, { 16, 44, BIT(13) }, { 16, 24, BIT(16) },
		{ 16, 25, BIT(17) }, { 16, 26, BIT(18) },		/* TIM1, 8, 15, 16, 17 */
	};

	for (unsigned i = 0; i < TIM_COUNT; i++) {
		stm32_tim_init(&chip->tim[i], &chip->env, timers[i].width, timers[i].irq,
			       timers[i].freeze);
		chip->tim[i].on_apb2 = i >= 6;
	}
}

static void add_devices(struct stm32_chip *chip)
{
	struct stm32_env *env = &chip->env;

	stm32l4_flash_init(&chip->flash, env, &stm32l476_flash);
	stm32l4_rcc_init(&chip->rcc, env);
	stm32l4_pwr_init(&chip->pwr, env);
	stm32_syscfg_init(&chip->syscfg, env);
	stm32_exti_init(&chip->exti, env);
	stm32_rtc_init(&chip->rtc, env);
	stm32_rng_init(&chip->rng, env);
	stm32_crc_init(&chip->crc);
	stm32_iwdg_init(&chip->iwdg, env);
	stm32_wwdg_init(&chip->wwdg, env);
	add_timers(chip);
	for (unsigned i = 0; i < GPIO_PORTS; i++)
		stm32_gpio_init(&chip->gpio[i], env, (char)('A' + i));
	stm32_usart_init(&chip->usart1, env, 37);
	stm32_usart_init(&chip->usart2, env, 38);
	stm32_usart_init(&chip->usart3, env, 39);
	stm32_usart_init(&chip->uart4, env, 52);
	stm32_usart_init(&chip->uart5, env, 53);
	stm32_chip_add_swo(chip);
	chip->dbgmcu = (struct stm32_dbgmcu){ .env = env, .idcode = IDCODE,
					      .on_change = stm32_chip_debug_clocks, .chip = chip };
}

static void wire_devices(struct stm32_chip *chip)
{
	chip->flash.on_options = on_options;
	chip->flash.on_regression = on_regression;
	chip->flash.chip = chip;
	chip->rcc.on_peripheral_reset = stm32_chip_reset_lines;
	chip->rcc.chip = chip;
	chip->syscfg.on_remap = on_remap;
	chip->syscfg.on_erase_sram2 = erase_sram2;
	chip->syscfg.chip = chip;
	chip->exti.on_wake = stm32_chip_wake;
	chip->exti.chip = chip;
	chip->rtc.is_shut = backup_is_shut;
	chip->rtc.chip = chip;
	chip->iwdg.on_start = start_lsi;
	chip->iwdg.chip = chip;
	chip->usart2.clock_hz = usart2_hz;
	chip->usart2.port.is_wired = usart2_is_wired;
	chip->usart2.port.chip = chip;
	chip->board->uart = &chip->usart2.port.wire;
	for (unsigned i = 0; i < GPIO_PORTS; i++) {
		chip->gpio[i].on_edge = on_edge;
		chip->gpio[i].on_mode = on_pin_mode;
		chip->gpio[i].chip = chip;
	}
	stm32_gpio_drive(&chip->gpio[2], BUTTON_PIN, 1);
}

/* DDI 0439 and RM0351 48: SW-DPv1 with one AHB-AP; JTAG chain TDI, boundary scan, CPU, TDO. */
static const struct vb_dp_config dp_config = {
	.dpidr = 0x2ba01477,
	.jtag_idcode = 0x4ba00477,
	.ap = { { .idr = 0x24770011, .base = 0xe00ff003, .csw_reset = 0x23000040,
		  .tar_wrap = 0x1000, .has_packed = true, .has_byte = true } },
	.tap = { { .idcode = 0x4ba00477, .ir_bits = 4, .is_dp = true },
		 { .idcode = 0x06415041, .ir_bits = 5 } },
};

static bool create(struct vb_board *board, void *priv)
{
	struct stm32_chip *chip = priv;
	const struct vb_cpu_config cpu_config = {
		.core = VB_CORTEX_M4F,
		.cpuid = 0x410fc241,
		.irqs = 82,
		.nvic_prio_bits = 4,
		.rom_table_base = 0xe00ff000,
		.rom_pidr = { 0x15, 0x04, 0x0a, 0x00, 0x00 },
		.on_reset_request = on_reset_request,
		.on_sleep = stm32_chip_sleep,
		.on_halt = stm32_chip_halt,
		.ctx = chip,
	};

	chip->board = board;
	chip->env.board = board;
	chip->sram1 = xcalloc(1, SRAM1_BYTES);
	chip->sram2 = xcalloc(1, SRAM2_BYTES);
	add_devices(chip);
	fill_system_memory(chip);
	add_memory(chip);
	wire_devices(chip);
	board->cpu = vb_cpu_new(&cpu_config, board->bus, board->clock);
	if (board->cpu != NULL)
		vb_cpu_set_swo(board->cpu, board->swo);
	board->dp = vb_dp_new(&dp_config, board->bus, board->clock);
	serial_port_start(&chip->usart2.port, board);
	return board->cpu != NULL && board->dp != NULL;
}

static void destroy(struct vb_board *board, void *priv)
{
	struct stm32_chip *chip = priv;

	(void)board;
	stm32_chip_stop_capture(chip);
	serial_port_close(&chip->usart2.port);
	stm32l4_flash_free(&chip->flash);
	free(chip->sram1);
	free(chip->sram2);
}

/* Resets */

/* Boot selection, RM0351 2.6: what is mapped at 0, sampled at each reset. */
static unsigned boot_mode(const struct stm32_chip *chip)
{
	uint32_t optr = chip->flash.loaded[OPT_USER];

	if (stm32l4_options_rdp(&chip->flash) == 2)
		return 0;
	if (chip->boot0)
		return optr & OPTR_nBOOT1 ? 1 : 3;
	return optr & OPTR_BFB2 ? 1 : 0;
}

static void reset(struct vb_board *board, void *priv, enum vb_reset kind)
{
	struct stm32_chip *chip = priv;
	uint32_t optr;

	chip->resets[kind]++;
	chip->env.power = STM32_RUN;
	if (kind == VB_RESET_POWER_ON) {
		stm32_chip_forget_ram(chip);
		stm32_rtc_power_on(&chip->rtc);
		chip->env.dbgmcu_cr = chip->env.dbgmcu_apb1fzr1 = 0;
		chip->env.dbgmcu_apb1fzr2 = chip->env.dbgmcu_apb2fz = 0;
	}
	stm32l4_rcc_reset(&chip->rcc, kind);
	stm32l4_pwr_reset(&chip->pwr, kind);
	stm32l4_flash_reset(&chip->flash, kind);
	optr = chip->flash.loaded[OPT_USER];
	if (!(optr & OPTR_SRAM2_RST))
		erase_sram2(chip);
	chip->flash.booted_elsewhere = chip->boot0 && boot_mode(chip) != 0;
	stm32_syscfg_reset(&chip->syscfg, boot_mode(chip));
	stm32_chip_reset_peripherals(chip);
	stm32_iwdg_reset(&chip->iwdg, !(optr & OPTR_IWDG_SW));
	stm32_wwdg_reset(&chip->wwdg, !(optr & OPTR_WWDG_SW));
	vb_cpu_gate(board->cpu, false);
	/* SWD drops once when options are reloaded: the host has to start with a line reset. */
	if (kind == VB_RESET_OPTION_LOAD && board->link->mode == VB_LINK_SWD)
		vb_swd_select(&board->link->swd);
}

static void stats(struct vb_board *board, void *priv, FILE *out)
{
	struct stm32_chip *chip = priv;
	const struct stm32l4_flash *f = &chip->flash;
	uint64_t resets = 0, trace_packets, trace_lost;
	struct vb_swo_state swo;

	vb_swo_sync(board->swo);
	vb_swo_state(board->swo, &swo);
	vb_cpu_trace_stats(board->cpu, &trace_packets, &trace_lost);
	for (size_t i = 0; i < ARRAY_SIZE(chip->resets); i++)
		resets += chip->resets[i];
#define PAIR(name, value) fprintf(out, ",\"" name "\":%llu", (unsigned long long)(value))
	PAIR("flash_erases", f->stats.page_erases + f->stats.mass_erases);
	PAIR("flash_page_erases", f->stats.page_erases);
	PAIR("flash_mass_erases", f->stats.mass_erases);
	PAIR("flash_programs", f->stats.programs);
	PAIR("flash_fast_rows", f->stats.fast_rows);
	PAIR("double_writes", f->stats.double_writes);
	PAIR("flash_rejected_writes", f->stats.rejected_writes);
	PAIR("flash_aborted", f->stats.aborted);
	PAIR("flash_key_errors", f->stats.key_errors);
	PAIR("option_writes", f->stats.option_writes);
	PAIR("ecc_corrected", f->stats.ecc_corrected);
	PAIR("ecc_detected", f->stats.ecc_detected);
	PAIR("uart_sent", chip->usart2.port.sent);
	PAIR("uart_lost", chip->usart2.port.lost);
	PAIR("swo_bytes", swo.sent);
	PAIR("swo_unseen", swo.unseen);
	PAIR("trace_packets", trace_packets);
	PAIR("trace_lost", trace_lost);
	PAIR("led_toggles", chip->gpio[0].toggles[5]);
	PAIR("resets", resets);
#undef PAIR
}

const struct vb_chip stm32l476_chip = {
	.board_name = "nucleo-l476rg",
	.help = "NUCLEO-L476RG: STM32L476RG, Cortex-M4F, 1 MiB flash, 96 + 32 KiB SRAM",
	.priv_size = sizeof(struct stm32_chip),
	.create = create,
	.destroy = destroy,
	.reset = reset,
	.save = stm32_chip_save,
	.load = stm32_chip_load,
	.verbs = stm32_chip_verbs,
	.stats = stats,
	.set_unit = set_unit,
};
