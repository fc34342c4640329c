/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SWO of STM32: trace clock is HCLK, the pin is PB3 (RM0351 48.3, 48.15), shared with JTDO; and
 * the control port's logic analyser on it.
 */
#include <errno.h>
#include <string.h>

#include "vboard/chip/stm32_chip_verbs.h"
#include "vboard/core/swo.h"

#define SWO_PIN 3		/* of port B, AF0 */

static bool pin_is_out(void *ctx)
{
	struct stm32_chip *chip = ctx;
	const struct vb_link *link = chip->board->link;
	struct stm32_gpio *b = &chip->gpio[1];
	uint32_t cr = chip->env.dbgmcu_cr;

	if (!chip->board->powered || (cr & chip->part->trace_mask) != chip->part->trace_async)
		return false;
	/* On JTAG the pin is TDO. unconfirmed: nobody who has clocked the port counts as SWD. */
	if (link != NULL && link->mode == VB_LINK_JTAG && link->clocks > 0)
		return false;
	return stm32_gpio_mode(b, SWO_PIN) == PIN_ALTERNATE &&
	       stm32_gpio_alternate(b, SWO_PIN) == 0;
}

/* A follower of the clocks: before and after they change. */
static void before_change(void *ctx)
{
	vb_swo_sync(((struct stm32_chip *)ctx)->board->swo);
}

static void after_change(void *ctx)
{
	struct stm32_chip *chip = ctx;
	bool runs = stm32_env_has_hclk(&chip->env, chip->env.power);

	vb_swo_set_clock(chip->board->swo, runs ? chip->env.clocks.hclk : 0);
}

void stm32_chip_add_swo(struct stm32_chip *chip)
{
	struct stm32_follower follower = { before_change, after_change, chip };

	if (chip->part->trace_mask == 0)
		return;
	chip->board->swo = vb_swo_new(chip->board->clock, pin_is_out, chip);
	stm32_env_follow(&chip->env, &follower);
}

/* --- Control port --- */

static void keep(void *ctx, uint64_t ns, uint8_t byte)
{
	struct stm32_chip *chip = ctx;

	(void)ns;
	fputc(byte, chip->swo_capture);
	chip->swo_captured++;
}

void stm32_chip_stop_capture(struct stm32_chip *chip)
{
	if (chip->swo_capture == NULL)
		return;
	vb_swo_tap(chip->board->swo, NULL, NULL);
	fclose(chip->swo_capture);
	chip->swo_capture = NULL;
}

static bool start_capture(struct stm32_chip *chip, const char *path, char *error, size_t error_size)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL) {
		snprintf(error, error_size, "cannot write %s: %s", path, strerror(errno));
		return false;
	}
	stm32_chip_stop_capture(chip);
	chip->swo_capture = f;
	chip->swo_captured = 0;
	vb_swo_tap(chip->board->swo, keep, chip);
	return true;
}

bool stm32_chip_swo(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	struct vb_swo_state s;

	(void)ctx;
	if (board->swo == NULL)
		return vb_refuse(error, error_size, "this chip has no SWO");
	vb_swo_sync(board->swo);
	if (argc == 2 && strcmp(argv[1], "off") == 0) {
		stm32_chip_stop_capture(chip);
	} else if (argc == 2) {
		if (!start_capture(chip, argv[1], error, error_size))
			return false;
	} else if (argc != 1) {
		snprintf(error, error_size, "usage: swo [FILE|off]");
		return false;
	}
	if (chip->swo_capture != NULL)
		fflush(chip->swo_capture);
	vb_swo_state(board->swo, &s);
	fprintf(out, "{\"sending\":%s,\"pin\":%s,\"protocol\":\"%s\",\"formatter\":%s,\"baud\":%u",
		s.is_sending ? "true" : "false", s.is_pin_out ? "true" : "false",
		s.is_manchester ? "manchester" : "nrz", s.has_formatter ? "true" : "false", s.baud);
	fprintf(out, ",\"captured\":%llu}", (unsigned long long)chip->swo_captured);
	return true;
}
