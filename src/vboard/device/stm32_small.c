/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The backup registers of the RTC (RM0351 36.6) or of TAMP (RM0444 31.6), and RNG (RM0351 27). */
#include <string.h>

#include "vboard/device/stm32_system.h"

/* RTC: the calendar does not run; what matters to a debugger are the 32 backup registers. */

static const struct vb_reg rtc_regs[] = {
	{ "TR", 0x00, 0, 0x007f7f7f, 0, NULL, NULL },
	{ "DR", 0x04, 0x00002101, 0x00ffff3f, 0, NULL, NULL },
	{ "CR", 0x08, 0, 0x00ffff7f, 0, NULL, NULL },
	{ "ISR", 0x0c, 0x00000007, 0x00000080, 0, NULL, NULL },
	{ "PRER", 0x10, 0x007f00ff, 0x007f7fff, 0, NULL, NULL },
	{ "WUTR", 0x14, 0x0000ffff, 0x0000ffff, 0, NULL, NULL },
	{ .name = NULL }
};
/* RM0444 30.6: without the backup registers, CR moved. */
static const struct vb_reg rtc3_regs[] = {
	{ "TR", 0x00, 0, 0x007f7f7f, 0, NULL, NULL },
	{ "DR", 0x04, 0x00002101, 0x00ffff3f, 0, NULL, NULL },
	{ "SSR", 0x08, 0, 0, 0, NULL, NULL },
	{ "ICSR", 0x0c, 0x00000007, 0x00000080, 0, NULL, NULL },
	{ "PRER", 0x10, 0x007f00ff, 0x007f7fff, 0, NULL, NULL },
	{ "WUTR", 0x14, 0x0000ffff, 0x0000ffff, 0, NULL, NULL },
	{ "CR", 0x18, 0, 0xe7ffff7f, 0, NULL, NULL },
	{ .name = NULL }
};
#define RTC_BACKUP 0x50u
#define TAMP_BACKUP 0x100u

static uint32_t *backup_at(struct stm32_rtc *rtc, uint32_t offset, uint32_t first)
{
	uint32_t i = (offset - first) / 4;

	return offset >= first && i < rtc->backup_words ? &rtc->backup[i] : NULL;
}

static enum vb_result backup_read(struct stm32_rtc *rtc, struct vb_access *a, uint32_t offset,
				  const uint32_t *word, uint32_t *value)
{
	if (rtc->is_shut && rtc->is_shut(rtc->chip, a))
		return VB_FAULT;
	*value = *word >> 8 * (offset & 3);
	return VB_OK;
}

static enum vb_result backup_write(struct stm32_rtc *rtc, struct vb_access *a, uint32_t *word,
				   uint32_t value)
{
	if (rtc->is_shut && rtc->is_shut(rtc->chip, a))
		return VB_FAULT;
	if (rtc->env->backup_open)
		*word = value;
	return VB_OK;
}

static enum vb_result rtc_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32_rtc *rtc = dev;
	uint32_t *word = rtc->has_tamp ? NULL : backup_at(rtc, offset, RTC_BACKUP);

	if (word != NULL)
		return backup_read(rtc, a, offset, word, value);
	return vb_regs_ops.read(&rtc->regs, a, offset, value);
}

static enum vb_result rtc_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32_rtc *rtc = dev;
	uint32_t *word = rtc->has_tamp ? NULL : backup_at(rtc, offset, RTC_BACKUP);

	if (word != NULL)
		return backup_write(rtc, a, word, value);
	if (!rtc->env->backup_open)
		return VB_OK;
	return vb_regs_ops.write(&rtc->regs, a, offset, value);
}

const struct vb_device_ops stm32_rtc_ops = { .read = rtc_read, .write = rtc_write };

/* Of TAMP's own registers none is modelled. */
static enum vb_result tamp_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	uint32_t *word = backup_at(dev, offset, TAMP_BACKUP);

	*value = 0;
	return word ? backup_read(dev, a, offset, word, value) : VB_OK;
}

static enum vb_result tamp_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	uint32_t *word = backup_at(dev, offset, TAMP_BACKUP);

	return word ? backup_write(dev, a, word, value) : VB_OK;
}

const struct vb_device_ops stm32_tamp_ops = { .read = tamp_read, .write = tamp_write };

void stm32_rtc_init(struct stm32_rtc *rtc, struct stm32_env *env)
{
	rtc->env = env;
	rtc->backup_words = ARRAY_SIZE(rtc->backup);
	rtc->regs = (struct vb_regs){ .name = "RTC", .table = rtc_regs, .value = rtc->value,
				      .dev = rtc };
	vb_regs_reset(&rtc->regs);
}

void stm32_rtc_set_line(struct stm32_rtc *rtc, const struct stm32_line *line)
{
	rtc->has_tamp = line->has_tamp;
	rtc->backup_words = line->backup_words;
	rtc->regs.table = line->has_tamp ? rtc3_regs : rtc_regs;
	vb_regs_reset(&rtc->regs);
}

void stm32_rtc_power_on(struct stm32_rtc *rtc)
{
	vb_regs_reset(&rtc->regs);
	memset(rtc->backup, 0, sizeof(rtc->backup));
}

#define RNG_CR 0x00u
#define RNG_SR 0x04u
#define RNG_DR 0x08u

static void rng_sr(struct vb_regs *regs, uint32_t *sr)
{
	*sr = *vb_regs_at(regs, RNG_CR) & BIT(2) ? BIT(0) : 0;
}

static void rng_dr(struct vb_regs *regs, uint32_t *dr)
{
	struct stm32_rng *rng = regs->dev;

	if (!(*vb_regs_at(regs, RNG_CR) & BIT(2)))
		return;
	rng->noise ^= rng->noise << 13;		/* the same numbers in every run */
	rng->noise ^= rng->noise >> 17;
	rng->noise ^= rng->noise << 5;
	*dr = rng->noise;
}

static const struct vb_reg rng_regs[] = {
	{ "CR", RNG_CR, 0, 0x0000000c, 0, NULL, NULL },
	{ "SR", RNG_SR, 0, 0x00000000, 0, NULL, rng_sr },
	{ "DR", RNG_DR, 0, 0x00000000, 0, NULL, rng_dr },
	{ .name = NULL }
};

void stm32_rng_init(struct stm32_rng *rng, struct stm32_env *env)
{
	rng->env = env;
	rng->noise = 0x2545f491;
	rng->regs = (struct vb_regs){ .name = "RNG", .table = rng_regs, .value = rng->value,
				      .dev = rng };
}

void stm32_rng_reset(struct stm32_rng *rng)
{
	vb_regs_reset(&rng->regs);
}
