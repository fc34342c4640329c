/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control port: the board around the chip, its clocks, pins and power. */
#include <string.h>

#include "vboard/chip/stm32_chip_verbs.h"

bool stm32_chip_is_on(int argc, char **argv, bool *on)
{
	*on = argc == 2 && strcmp(argv[1], "on") == 0;
	return *on || (argc == 2 && strcmp(argv[1], "off") == 0);
}

static bool verb_led(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	const struct stm32_part *part = chip->part;
	struct stm32_gpio *gpio;
	bool drives;

	(void)ctx, (void)argc, (void)argv;
	if (part->led_port == 0)
		return vb_refuse(error, error_size, "this board has no LED");
	gpio = &chip->gpio[part->led_port - 'A'];
	drives = stm32_gpio_mode(gpio, part->led_pin) == PIN_OUTPUT;
	fprintf(out, "{\"LD2\":%s,\"pin\":\"P%c%u\",\"toggles\":%llu}",
		vb_truth(drives && (gpio->level & BIT(part->led_pin))), part->led_port, part->led_pin,
		(unsigned long long)gpio->toggles[part->led_pin]);
	return true;
}

static bool verb_button(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	const struct stm32_part *part = chip->part;
	bool press = argc == 2 && strcmp(argv[1], "press") == 0;

	(void)ctx;
	if (!press && (argc != 2 || strcmp(argv[1], "release") != 0))
		return vb_refuse(error, error_size, "usage: button press|release");
	if (part->button_port == 0)
		return vb_refuse(error, error_size, "this board has no button");
	stm32_gpio_drive(&chip->gpio[part->button_port - 'A'], part->button_pin,
			 press == part->button_is_high);
	fprintf(out, "{\"pressed\":%s}", vb_truth(press));
	return true;
}

static bool verb_gpio(VERB_ARGS)
{
	static const char *const modes[] = { "input", "output", "alternate", "analog" };
	struct stm32_chip *chip = board->priv;
	struct stm32_gpio *gpio;
	uint32_t pin;

	(void)ctx;
	if (argc < 2 || argv[1][0] != 'P' || argv[1][1] < 'A' ||
	    argv[1][1] >= 'A' + GPIO_PORTS ||
	    !vb_number(argv[1] + 2, &pin, error, error_size) || pin > 15)
		return vb_refuse(error, error_size, "usage: gpio PIN [0|1|float], as in gpio PA5");
	gpio = &chip->gpio[argv[1][1] - 'A'];
	if (argc > 3 || (argc == 3 && strcmp(argv[2], "0") != 0 && strcmp(argv[2], "1") != 0 &&
			 strcmp(argv[2], "float") != 0))
		return vb_refuse(error, error_size, "a pin is driven to 0, to 1, or left to float");
	if (argc == 3)
		stm32_gpio_drive(gpio, pin, strcmp(argv[2], "float") == 0 ? -1 : argv[2][0] == '1');
	fprintf(out, "{\"level\":%u,\"mode\":\"%s\",\"alternate\":%u,\"toggles\":%llu}",
		gpio->level >> pin & 1u, modes[stm32_gpio_mode(gpio, pin)],
		stm32_gpio_alternate(gpio, pin), (unsigned long long)gpio->toggles[pin]);
	return true;
}

static bool verb_uart_rx(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;

	(void)ctx;
	return vb_type(&chip->console->port, argc, argv, out, error, error_size);
}

static bool verb_boot0(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;

	(void)ctx;
	if (argc != 2 || (strcmp(argv[1], "0") != 0 && strcmp(argv[1], "1") != 0))
		return vb_refuse(error, error_size, "usage: boot0 0|1");
	chip->boot0 = argv[1][0] == '1';
	fprintf(out, "{\"boot0\":%d,\"note\":\"sampled at the next reset\"}", chip->boot0);
	return true;
}

static bool verb_brownout(VERB_ARGS)
{
	(void)ctx, (void)argc, (void)argv;
	if (!board->powered)
		return vb_refuse(error, error_size, "the board has no power");
	vb_board_reset(board, VB_RESET_POWER_ON);
	fprintf(out, "{\"flag\":\"BORRSTF\"}");
	return true;
}

static const struct { const char *name; enum stm32_power power; } power_modes[] = {
	{ "run", STM32_RUN }, { "sleep", STM32_SLEEP }, { "stop", STM32_STOP },
	{ "standby", STM32_STANDBY }, { "shutdown", STM32_SHUTDOWN }
};

static bool enter_mode(struct stm32_chip *chip, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(power_modes); i++) {
		if (strcmp(name, power_modes[i].name) != 0 || power_modes[i].power == STM32_SLEEP)
			continue;
		if (power_modes[i].power == STM32_RUN)
			stm32_chip_wake(chip);
		else
			stm32_chip_enter(chip, power_modes[i].power);
		return true;
	}
	return false;
}

/* As firmware does with SLEEPDEEP and WFI, but at once. */
static bool verb_low_power(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;

	(void)ctx;
	if (argc > 2 || (argc == 2 && !enter_mode(chip, argv[1])))
		return vb_refuse(error, error_size, "usage: stop-mode [run|stop|standby|shutdown]");
	for (size_t i = 0; i < ARRAY_SIZE(power_modes); i++) {
		if (chip->env.power == power_modes[i].power)
			fprintf(out, "{\"power\":\"%s\"}", power_modes[i].name);
	}
	return true;
}

/* Firmware that uses PA13 and PA14 for itself. */
static bool verb_swd_pins(VERB_ARGS)
{
	struct stm32_gpio *a = &((struct stm32_chip *)board->priv)->gpio[0];
	uint32_t *moder = vb_regs_at(&a->regs, 0);
	bool on;

	(void)ctx;
	if (!stm32_chip_is_on(argc, argv, &on))
		return vb_refuse(error, error_size, "usage: swd-pins on|off");
	*moder = (*moder & ~(15u << 26)) | (on ? 0xau << 26 : 0xfu << 26);
	a->on_mode(a->chip, a);
	fprintf(out, "{\"swd_pins\":%s}", vb_truth(on));
	return true;
}

static bool verb_clocks(VERB_ARGS)
{
	const struct stm32_clocks *c = &((struct stm32_chip *)board->priv)->env.clocks;

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{\"sysclk\":%u,\"hclk\":%u,\"pclk1\":%u,\"pclk2\":%u}", c->sysclk, c->hclk,
		c->pclk1, c->pclk2);
	return true;
}

static bool verb_reset_cause(VERB_ARGS)
{
	static const char *const names[8] = { "FWRSTF", "OBLRSTF", "PINRSTF", "BORRSTF",
					      "SFTRSTF", "IWDGRSTF", "WWDGRSTF", "LPWRRSTF" };
	struct stm32_chip *chip = board->priv;
	uint32_t csr = stm32_rcc_csr(&chip->rcc);
	const char *comma = "";

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{\"CSR\":%u,\"flags\":[", csr);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (csr & BIT(24 + i)) {
			fprintf(out, "%s\"%s\"", comma, names[i]);
			comma = ",";
		}
	}
	fprintf(out, "]}");
	return true;
}

static bool verb_watchdog(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	fprintf(out, "{\"iwdg_running\":%s,\"iwdg_reload\":%u,\"iwdg_prescaler\":%u}",
		vb_truth(chip->iwdg.running), chip->iwdg.rlr, 4u << MIN(chip->iwdg.pr, 6u));
	return true;
}

const struct vb_control_verb stm32_chip_verbs[] = {
	{ "options", "[NAME=VALUE | NAME=FIRST..LAST | NAME VALUE [LAST]]... [factory] [pending]",
	  "Shows the option bytes, or writes and loads them; \"pending\" leaves the loading to the "
	  "next power-on or OBL_LAUNCH.", stm32_chip_options },
	{ "corrupt-options", "[REGISTER]", "Breaks the complement of one stored option word, or of "
	  "all: mismatch values and OPTVERR at the next load.", stm32_chip_corrupt_options },
	{ "flash-regs", "", "Shows the registers of the flash controller.", stm32_chip_flash_regs },
	{ "flash-info", "", "Shows geometry, mapping and the number of cells in each state.",
	  stm32_chip_flash_info },
	{ "flash-read", "ADDR BYTES", "Cell contents in hex, past protection and caches.",
	  stm32_chip_flash_read },
	{ "flash-dump", "FILE", "Writes main flash to a file.", stm32_chip_flash_dump },
	{ "flash-load", "FILE [ADDR]", "Puts a binary file into main flash in no time.",
	  stm32_chip_flash_load },
	{ "flash-erase", "", "Erases main flash in no time.", stm32_chip_flash_erase },
	{ "preset-sr", "VALUE [sticky]", "Sets error bits in SR; sticky: again after each reset.",
	  stm32_chip_preset_sr },
	{ "preset-cr", "VALUE", "Sets CR as an application may have left it.", stm32_chip_preset_cr },
	{ "lock-keys", "", "Locks the controller until reset, as after a wrong key.",
	  stm32_chip_lock_keys },
	{ "stuck-bsy", "on|off", "BSY never falls.", stm32_chip_stuck_bsy },
	{ "flash-size", "KIB", "The line's largest size, its half or quarter: a part of that size. "
	  "Others: the register lies.",
	  stm32_chip_flash_size },
	{ "ecc", "ADDR single|double", "Puts an ECC error into a double word.", stm32_chip_ecc },
	{ "flip-bits", "ADDR MASK [raw]", "Flips bits of a word; raw: the ECC agrees with them.",
	  stm32_chip_flip_bits },
	{ "cell-state", "ADDR [erased|programmed|single|bad]", "Shows or sets a double word's state.",
	  stm32_chip_cell_state },
	{ "fail-after", "N [operations|bytes] reset|power|brownout|unplug|late, or off",
	  "Fails in the middle of the Nth flash operation from now, or of the one that programs the "
	  "Nth byte. late: the next double word of a fast row misses its time.", stm32_chip_fail_after },
	{ "fb-mode", "on|off", "Swaps the banks, as the boot loader or firmware would.",
	  stm32_chip_fb_mode },
	{ "run-pd", "on|off", "Flash powered down in Run mode.", stm32_chip_run_pd },
	{ "intrude", "", "Sets the level 1 intrusion latch.", stm32_chip_intrude },
	{ "stale-cache", "ADDR", "Reads at ADDR and erases the page: the data cache keeps the old "
	  "bytes.", stm32_chip_stale_cache },
	{ "half-dw", "[ADDR]", "Writes the first word of a double word only.", stm32_chip_half_dw },
	{ "sfsa", "PAGE", "WB: pages from PAGE on belong to CPU2.", stm32_chip_sfsa },
	{ "suspend", "on|off", "WB: CPU2 suspends programming and erasing (PESD).", stm32_chip_suspend },
	{ "slow-clock", "HZ|off", "HCLK as an application left it; off: SYSCLK undivided.",
	  stm32_chip_slow_clock },
	{ "app-state", "[range-2] [lpr] [pg]", "Voltage range 2, low-power run, flash unlocked with PG "
	  "set, as an application left them.", stm32_chip_app_state },
	{ "vtarget", "MV", "The supply; below the BOR level the chip is in reset.", stm32_chip_vtarget },
	{ "led", "", "Shows the board's LED.", verb_led },
	{ "button", "press|release", "The board's button.", verb_button },
	{ "gpio", "PIN [0|1|float]", "Shows a pin, or drives it from outside.", verb_gpio },
	{ "uart-rx", "TEXT...", "Types into the virtual COM port.", verb_uart_rx },
	{ "boot0", "0|1", "The BOOT0 pin, sampled at reset.", verb_boot0 },
	{ "brownout", "", "The supply dips below the BOR level and comes back.", verb_brownout },
	{ "stop-mode", "[run|stop|standby|shutdown]", "Shows or enters a low-power mode; run: a "
	  "wake-up event.", verb_low_power },
	{ "low-power-run", "on|off", "PWR_CR1.LPR as an application left it.",
	  stm32_chip_low_power_run },
	{ "swd-pins", "on|off", "off: firmware took PA13 and PA14.", verb_swd_pins },
	{ "swo", "[FILE|off]", "Shows the SWO pin, after writing what it sent so far to the capture "
	  "file; FILE starts a capture of every byte that leaves the pin, off ends it.",
	  stm32_chip_swo },
	{ "clocks", "", "Shows the clock frequencies.", verb_clocks },
	{ "reset-cause", "", "Shows the flags of RCC_CSR.", verb_reset_cause },
	{ "watchdog", "", "Shows the independent watchdog.", verb_watchdog },
	{ .name = NULL }
};
