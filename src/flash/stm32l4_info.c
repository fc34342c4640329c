/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: the chip and its option bytes in words. */
#include "flash/stm32l4.h"

/* RM0351 5.1.2: thresholds of the brown-out reset. */
static const char *const bor_levels[8] = {
	"about 1.7 V", "about 2.0 V", "about 2.2 V", "about 2.5 V",
	"about 2.8 V", "reserved",    "reserved",    "reserved",
};

static void describe_field(const struct stm32l4_option_field *o, uint32_t optr, struct buf *out)
{
	uint32_t value = bits_get(optr, o->msb, o->lsb);
	const char *words = value ? o->if_1 : o->if_0;

	if (o->msb != o->lsb)
		buf_printf(out, "  OPTR[%u:%u] %s = %u", o->msb, o->lsb, o->name, value);
	else
		buf_printf(out, "  OPTR[%u] %s = %u", o->lsb, o->name, value);
	if (o->msb - o->lsb == 2 && value < 8)
		words = bor_levels[value];
	buf_printf(out, "%s%s\n", words != NULL ? ": " : "", words != NULL ? words : "");
}

static const char *rdp_words(const struct stm32l4 *f, uint32_t optr)
{
	if (f->line->has_trustzone && OPTR_RDP(optr) == RDP_LEVEL_0_5)
		return "level 0.5: the secure part is closed to debuggers";
	switch (stm32l4_rdp_level(optr)) {
	case 0:  return "level 0: open";
	case 2:  return "level 2: debug port closed for ever";
	default: return "level 1: flash closed to debuggers; going back to 0 erases it";
	}
}

static void describe_area(const struct stm32l4_area *a, struct buf *out)
{
	buf_printf(out, "  %s = 0x%08x: ", a->name, a->value);
	if (!a->is_active)
		buf_printf(out, "off\n");
	else if (a->is_pcrop)
		buf_printf(out, "0x%08x..0x%08x cannot be read or written\n", a->first_addr,
			   a->last_addr);
	else
		buf_printf(out, "pages %u..%u write-protected\n", a->first, a->last);
}

enum err stm32l4_describe_options(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_area areas[2 * MAX_AREAS];
	uint32_t optr;
	size_t count;

	TRY(stm32l4_read(bank, f->layout->optr, &optr));
	buf_printf(out, "  FLASH_OPTR = 0x%08x\n  OPTR[7:0] RDP = 0x%02X: %s\n", optr,
		   OPTR_RDP(optr), rdp_words(f, optr));
	for (const struct stm32l4_option_field *o = f->line->options; o->name != NULL; o++)
		describe_field(o, optr, out);
	if (f->is_otp)
		return OK;
	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_areas(bank, areas, &count));
	for (size_t i = 0; i < count; i++)
		describe_area(&areas[i], out);
	return OK;
}

enum err stm32l4_info(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint16_t rev = (uint16_t)(f->idcode >> 16);

	buf_printf(out, "%s - Rev %s : 0x%04x - %s-bank\n", f->line->name,
		   stm32l4_revision_name(f->line, rev), rev,
		   f->is_otp ? "OTP" : f->g.dual ? "Flash dual" : "Flash single");
	return stm32l4_describe_options(bank, out);
}
