/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved frames. No kernel says which layout it was built for, but a wrong one does not read well: the
 * xPSR of a thread has T set and no exception number, EXC_RETURN has its pattern, PC lies in code.
 */
#include "rtos/rtos_priv.h"

#define EXCEPTION_WORDS 8u
#define FP_WORDS	18u		/* s0..s15, FPSCR, one reserved */
#define XPSR_T		BIT(24)
#define XPSR_ALIGNED	BIT(9)		/* the exception pushed one word more */
/* Reserved, and the exception number. v8-M stacks SFPA in bit 20, v8.1-M B in 21 (DDI 0553 RETPSR). */
#define XPSR_NONE	0x00c001ffu

bool frame_is_exc_return(uint32_t value)
{
	return value >> 7 == 0x1ffffff && (value & 0xc) == 0xc;
}

bool frame_is_plausible(const struct rtos_context *context)
{
	uint32_t xpsr = context->places[RTOS_XPSR].value;

	return (xpsr & XPSR_T) && (xpsr & XPSR_NONE) == 0 &&
	       rtos_is_code(context->places[RTOS_PC].value & ~1u) &&
	       context->places[RTOS_PC].value >= 4;
}

static enum err read_place(struct rtos *os, uint32_t addr, struct rtos_place *place)
{
	place->addr = addr;
	TRY(rtos_read_u32(os, addr, &place->value));
	place->is_known = true;
	return OK;
}

enum err frame_read_words(struct rtos *os, uint32_t addr, unsigned first, unsigned n,
			  struct rtos_context *context)
{
	for (unsigned i = 0; i < n; i++)
		TRY(read_place(os, addr + 4 * i, &context->places[first + i]));
	return OK;
}

enum err frame_read_exception(struct rtos *os, uint32_t sp, bool has_fp, struct rtos_context *context)
{
	static const uint8_t order[EXCEPTION_WORDS] = { 0, 1, 2, 3, 12, RTOS_LR, RTOS_PC, RTOS_XPSR };
	struct rtos_place *places = context->places;

	for (unsigned i = 0; i < EXCEPTION_WORDS; i++)
		TRY(read_place(os, sp + 4 * i, &places[order[i]]));
	if (has_fp) {
		TRY(frame_read_words(os, sp + 4 * EXCEPTION_WORDS, RTOS_S0, 16, context));
		TRY(read_place(os, sp + 4 * (EXCEPTION_WORDS + 16), &places[RTOS_FPSCR]));
	}
	uint32_t words = EXCEPTION_WORDS + (has_fp ? FP_WORDS : 0);

	if (places[RTOS_XPSR].value & XPSR_ALIGNED)
		words++;
	places[RTOS_SP] = (struct rtos_place){ .is_known = true, .value = sp + 4 * words };
	return OK;
}

static enum err read_optional(struct rtos *os, uint32_t addr, int index, unsigned reg,
			      struct rtos_context *context)
{
	return index < 0 ? OK : read_place(os, addr + 4 * (unsigned)index, &context->places[reg]);
}

static enum err try_layout(struct rtos *os, const struct frame_layout *l, uint32_t sp,
			   struct rtos_context *context, bool *fits)
{
	uint32_t exc_return = 0xfffffffd, fp = sp + 4 * l->fp_at;

	*fits = false;
	*context = (struct rtos_context){ .layout = l->name };
	if (l->exc_return >= 0) {
		TRY(rtos_read_u32(os, sp + 4 * (unsigned)l->exc_return, &exc_return));
		if (!frame_is_exc_return(exc_return))
			return OK;
	}
	bool has_fp = !(exc_return & BIT(4));
	uint32_t shift = has_fp ? 64 : 0;

	TRY(frame_read_words(os, sp + 4 * l->r4 + (l->r4 >= l->fp_at ? shift : 0), 4, 4, context));
	TRY(frame_read_words(os, sp + 4 * l->r8 + (l->r8 >= l->fp_at ? shift : 0), 8, 4, context));
	TRY(read_optional(os, sp, l->control, RTOS_CONTROL, context));
	TRY(read_optional(os, sp, l->psplim, RTOS_PSPLIM, context));
	if (has_fp)
		TRY(frame_read_words(os, fp, RTOS_S0 + 16, 16, context));
	TRY(frame_read_exception(os, sp + 4 * l->words + shift, has_fp, context));
	*fits = frame_is_plausible(context) &&
		(l->control < 0 || context->places[RTOS_CONTROL].value < 16);
	return OK;
}

enum err frame_read(struct rtos *os, const struct frame_layout *layouts, uint32_t sp,
		    struct rtos_context *context)
{
	bool fits;

	if (!rtos_is_object(sp))
		return error_why(ERR_RTOS, "the saved stack pointer 0x%08x is not one", sp);
	for (const struct frame_layout *l = layouts; l->name != NULL; l++) {
		TRY(try_layout(os, l, sp, context, &fits));
		if (fits)
			return OK;
	}
	return error_why(ERR_RTOS, "no saved registers are to be seen at 0x%08x", sp);
}
