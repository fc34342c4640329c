/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/stm32_chip.h"

#include <assert.h>
#include <string.h>

#include "vboard/core/swo.h"

#define OPTR_IWDG_STOP BIT(17)	/* at the same place in every line */
#define OPTR_IWDG_STDBY BIT(18)

/* Callbacks between devices */

/*
 * SWDIO and SWCLK must be at AF0 or the debug port hears nothing. Independent: RDP level 2, and level
 * 1 with BOOT_LOCK (RM0444 3.5.6).
 */
static void update_debug_port(struct stm32_chip *chip)
{
	struct stm32_gpio *a = &chip->gpio[0];
	bool is_shut = stm32l4_options_rdp(&chip->flash) == 2;

	chip->pins_are_dead = false;
	for (unsigned pin = 13; pin <= 14; pin++) {
		if (stm32_gpio_mode(a, pin) != PIN_ALTERNATE || stm32_gpio_alternate(a, pin) != 0)
			chip->pins_are_dead = true;
	}
	if (stm32l4_options_rdp(&chip->flash) == 1 && stm32_chip_boot_lock(chip))
		is_shut = true;
	if (chip->board->dp != NULL)
		vb_dp_set_dead(chip->board->dp, chip->pins_are_dead || is_shut);
}

/* RDP level 0.5 opens the non-secure world only. */
static enum vb_cpu_security security(const struct stm32_chip *chip)
{
	if (!stm32_chip_has_trustzone(chip))
		return VB_CPU_NO_TRUSTZONE;
	return (stm32_chip_optr(chip) & 0xff) == 0xaa ? VB_CPU_SECURE : VB_CPU_SECURE_NO_DEBUG;
}

static void on_options(void *ctx)
{
	struct stm32_chip *chip = ctx;
	uint32_t optr = stm32_chip_optr(chip);

	chip->iwdg.runs_in_stop = optr & OPTR_IWDG_STOP;
	chip->iwdg.runs_in_standby = optr & OPTR_IWDG_STDBY;
	stm32_chip_guard_ram(chip);
	if (chip->board->cpu != NULL)
		vb_cpu_set_security(chip->board->cpu, security(chip));
	update_debug_port(chip);
}

static void on_regression(void *ctx)
{
	struct stm32_chip *chip = ctx;

	stm32_chip_erase_sram2(chip);
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

	if (stm32_exti_port(&chip->exti, &chip->syscfg, pin) == (unsigned)(gpio->port - 'A'))
		stm32_exti_edge(&chip->exti, pin, level);
}

static void on_pin_mode(void *ctx, struct stm32_gpio *gpio)
{
	if (gpio->port == 'A')
		update_debug_port(ctx);
}

static bool console_is_wired(void *ctx, bool rx)
{
	struct stm32_chip *chip = ctx;
	const struct stm32_pin *pin = rx ? &chip->part->uart_rx : &chip->part->uart_tx;
	struct stm32_gpio *gpio = &chip->gpio[pin->port - 'A'];

	return stm32_gpio_mode(gpio, pin->pin) == PIN_ALTERNATE &&
	       stm32_gpio_alternate(gpio, pin->pin) == pin->af;
}

/* RCC_CCIPR: PCLK, SYSCLK, HSI16, LSE. */
static uint32_t console_hz(void *ctx)
{
	struct stm32_chip *chip = ctx;
	const struct stm32_part *part = chip->part;
	const struct stm32_clocks *c = &chip->env.clocks;
	const uint32_t sources[4] = { part->uart_on_apb2 ? c->pclk2 : c->pclk1, c->sysclk, c->hsi,
				      c->lse };
	const uint32_t *sel = part->uart_sel_offset ?
		stm32_rcc_enable(&chip->rcc, part->uart_sel_offset) : NULL;

	return sources[sel ? *sel >> part->uart_sel_shift & 3 : 0];
}

static void start_lsi(void *ctx)
{
	stm32_rcc_force_lsi(&((struct stm32_chip *)ctx)->rcc);
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

/* Memory and devices */

static void add_memory(struct stm32_chip *chip)
{
	struct vb_region dbgmcu = { .name = "DBGMCU", .base = chip->part->dbgmcu_base, .size = 0x1000,
				    .dev_ops = &stm32_dbgmcu_ops, .ctx = &chip->dbgmcu };

	stm32_chip_add_ram(chip);
	if (chip->part->dbgmcu_base != 0)
		vb_bus_add(chip->board->bus, &dbgmcu);
	stm32l4_array_map(&chip->flash, chip->ram[0].bytes, chip->ram[0].row->bytes);
	stm32_chip_map(chip);
}

static void add_timers(struct stm32_chip *chip)
{
	const struct stm32_timer *row = chip->part->timers;

	for (unsigned i = 0; row[i].width != 0; i++) {
		assert(i < TIM_COUNT);
		stm32_tim_init(&chip->tim[i], &chip->env, row[i].width, row[i].irq, row[i].freeze);
		chip->tim[i].on_apb2 = row[i].on_apb2;
	}
}

static void add_devices(struct stm32_chip *chip)
{
	const struct stm32_line *line = chip->part->line;
	struct stm32_env *env = &chip->env;

	stm32l4_flash_init(&chip->flash, env, chip->part->flash);
	stm32_rcc_init(&chip->rcc, env, line->rcc);
	stm32_pwr_init(&chip->pwr, env, line->pwr);
	stm32_syscfg_init(&chip->syscfg, env, line->syscfg);
	stm32_exti_init(&chip->exti, env, line->exti);
	stm32_rtc_init(&chip->rtc, env);
	stm32_rtc_set_line(&chip->rtc, line);
	stm32_rng_init(&chip->rng, env);
	stm32_crc_init(&chip->crc);
	stm32_iwdg_init(&chip->iwdg, env, line->has_iwdg_ewcr);
	chip->rcc.hse_hz = chip->part->hse_hz;
	stm32_wwdg_init(&chip->wwdg, env);
	chip->wwdg.has_wide_prescaler = line->has_wide_wwdg;
	add_timers(chip);
	for (unsigned i = 0; i < GPIO_PORTS; i++)
		stm32_gpio_init(&chip->gpio[i], env, (char)('A' + i), line->has_jtag);
	for (unsigned i = 0; i < USART_COUNT; i++) {
		stm32_usart_init(&chip->usart[i], env, chip->part->usart_irq[i]);
		if (line->has_usart_fifo)
			stm32_usart_set_fifo(&chip->usart[i]);
	}
	chip->usart[STM32_LPUART1].is_lpuart = true;
	stm32_chip_add_swo(chip);
	stm32_dbgmcu_init(&chip->dbgmcu, env, line->dbgmcu, &chip->rcc, chip->part->idcode);
	chip->dbgmcu.on_change = stm32_chip_debug_clocks;
	chip->dbgmcu.chip = chip;
}

static void wire_devices(struct stm32_chip *chip)
{
	chip->flash.on_options = on_options;
	chip->flash.on_regression = on_regression;
	chip->flash.chip = chip;
	chip->rcc.on_peripheral_reset = stm32_chip_reset_lines;
	chip->rcc.chip = chip;
	chip->syscfg.on_remap = on_remap;
	chip->syscfg.on_erase_sram2 = stm32_chip_erase_sram2;
	chip->syscfg.chip = chip;
	chip->exti.on_wake = stm32_chip_wake;
	chip->exti.chip = chip;
	chip->rtc.is_shut = backup_is_shut;
	chip->rtc.chip = chip;
	chip->iwdg.on_start = start_lsi;
	chip->iwdg.chip = chip;
	chip->console = &chip->usart[chip->part->console];
	chip->console->clock_hz = console_hz;
	chip->console->port.is_wired = console_is_wired;
	chip->console->port.chip = chip;
	chip->board->uart = &chip->console->port.wire;
	for (unsigned i = 0; i < GPIO_PORTS; i++) {
		chip->gpio[i].on_edge = on_edge;
		chip->gpio[i].on_mode = on_pin_mode;
		chip->gpio[i].chip = chip;
	}
	if (chip->part->button_port != 0)
		stm32_gpio_drive(&chip->gpio[chip->part->button_port - 'A'],
				 chip->part->button_pin, !chip->part->button_is_high);
}

/* A reset of the second core alone; SYSRESETREQ is the system's, whoever asks. */
static void on_second_reset_request(void *ctx, bool core_only)
{
	struct stm32_chip *chip = ctx;

	if (core_only)
		vb_cpu_reset(chip->board->cpu2, VB_CPU_SYSTEM);
	else
		vb_board_reset(chip->board, VB_RESET_SYSTEM);
}

/* Before the first core, whose own peripherals it does not see. */
static struct vb_cpu *add_second(struct stm32_chip *chip, const struct vb_cpu_config *first)
{
	struct vb_board *board = chip->board;
	struct vb_cpu_config config = *first;

	config.on_reset_request = on_second_reset_request;
	config.on_sleep = NULL;
	config.on_halt = NULL;
	config.is_second = true;
	board->branch = vb_bus_branch(board->bus);
	board->cpu2 = vb_cpu_new(&config, board->branch, board->clock);
	if (board->cpu2 != NULL)
		vb_cpu_set_init_vtor(board->cpu2, chip->part->second->vectors);
	return board->cpu2;
}

bool stm32_chip_create(struct vb_board *board, void *priv)
{
	struct stm32_chip *chip = priv;
	const struct stm32_part *part = board->chip->part;
	struct vb_cpu_config cpu_config = {
		.core = part->core,
		.cpuid = part->cpuid,
		.irqs = part->irqs,
		.nvic_prio_bits = part->nvic_prio_bits,
		.rom_table_base = part->rom_table_base,
		.on_reset_request = on_reset_request,
		.on_sleep = stm32_chip_sleep,
		.on_halt = stm32_chip_halt,
		.ctx = chip,
		.no_bitband = part->no_bitband,
		.has_peer = part->second != NULL,
		.cti_base = part->second != NULL ? part->second->cti_base : 0,
	};

	memcpy(cpu_config.rom_pidr, part->rom_pidr, sizeof(cpu_config.rom_pidr));
	chip->board = board;
	chip->part = part;
	chip->env.board = board;
	add_devices(chip);
	stm32_chip_fill_system_memory(chip);
	add_memory(chip);
	wire_devices(chip);
	if (part->second != NULL && add_second(chip, &cpu_config) == NULL)
		return false;
	board->cpu = vb_cpu_new(&cpu_config, board->bus, board->clock);
	if (board->cpu != NULL)
		vb_cpu_set_swo(board->cpu, board->swo);
	if (board->cpu != NULL && board->cpu2 != NULL)
		vb_cpu_join_triggers(board->cpu, board->cpu2);
	board->dp = vb_dp_new(part->dp, board->bus, board->clock);
	if (part->second != NULL)
		vb_dp_set_ap_bus(board->dp, part->second->apsel, board->branch);
	serial_port_start(&chip->console->port, board);
	return board->cpu != NULL && board->dp != NULL;
}

void stm32_chip_destroy(struct vb_board *board, void *priv)
{
	struct stm32_chip *chip = priv;

	(void)board;
	stm32_chip_stop_capture(chip);
	serial_port_close(&chip->console->port);
	stm32l4_flash_free(&chip->flash);
	stm32_chip_free_ram(chip);
}

void stm32_chip_stats(struct vb_board *board, void *priv, FILE *out)
{
	struct stm32_chip *chip = priv;
	const struct stm32l4_flash *f = &chip->flash;
	uint64_t resets = 0, trace_packets, trace_lost;
	struct vb_swo_state swo = { 0 };

	if (board->swo != NULL) {
		vb_swo_sync(board->swo);
		vb_swo_state(board->swo, &swo);
	}
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
	PAIR("uart_sent", chip->console->port.sent);
	PAIR("uart_lost", chip->console->port.lost);
	PAIR("swo_bytes", swo.sent);
	PAIR("swo_unseen", swo.unseen);
	PAIR("trace_packets", trace_packets);
	PAIR("trace_lost", trace_lost);
	PAIR("led_toggles", chip->gpio[chip->part->led_port - 'A'].toggles[chip->part->led_pin]);
	PAIR("resets", resets);
#undef PAIR
}
