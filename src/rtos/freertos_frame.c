/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ports of FreeRTOS save (FreeRTOS-Kernel portable/GCC/ARM_CM*, xPortPendSVHandler). */
#include "rtos/freertos.h"

const struct frame_layout freertos_frames[] = {
	/* name			  words exc ctl plim r4 r8 fp */
	{ "Cortex-M4F",		      9,  8, -1, -1, 0, 4, 9 },
	{ "Cortex-M33",		     10,  1, -1,  0, 2, 6, 10 },
	{ "Cortex-M33 with MPU",     11,  2,  1,  0, 3, 7, 11 },
	{ "Cortex-M33 with TrustZone", 11, 2, -1, 1, 3, 7, 11 },	/* xSecureContext first */
	{ "Cortex-M33 with TrustZone and MPU", 12, 3, 2, 1, 4, 8, 12 },
	{ "Cortex-M4F with MPU",     10,  9,  0, -1, 1, 5, 10 },
	{ "Cortex-M0 with EXC_RETURN", 9, 0, -1, -1, 1, 5, 9 },
	{ "Cortex-M3",		      8, -1, -1, -1, 0, 4, 8 },		/* and Cortex-M0 */
	{ "Cortex-M3 with MPU",	      9, -1,  0, -1, 1, 5, 9 },
	{ 0 }
};

/* Words of the saved context before `top`, as offsets from it. */
struct mpu_layout {
	const char *name;
	int exc_return, psp, control, psplim;	/* 0: not saved */
	int r4, exception;			/* r4..r11; r0..r3, r12, lr, pc, xpsr */
	int fp;					/* s16..s31, s0..s15, FPSCR end before this word */
};

static const struct mpu_layout mpu_layouts[] = {
	{ "Cortex-M33 with MPU, in the TCB", -1, -4, -2, -3, -20, -12, -20 },
	{ "Cortex-M33 with TrustZone and MPU, in the TCB", -1, -4, -2, -3, -21, -13, -21 },
	{ "Cortex-M4F with MPU, in the TCB", -10, -9, -19, 0, -18, -8, -19 },
	{ 0 }
};

static enum err read_mpu(struct rtos *os, const struct mpu_layout *l, uint32_t top,
			 struct rtos_context *context, bool *fits)
{
	static const uint8_t order[] = { 0, 1, 2, 3, 12, RTOS_LR, RTOS_PC, RTOS_XPSR };
	uint32_t exc_return, psp, words = 8;

	*fits = false;
	*context = (struct rtos_context){ .layout = l->name };
	TRY(rtos_read_u32(os, top + 4u * (uint32_t)l->exc_return, &exc_return));
	TRY(rtos_read_u32(os, top + 4u * (uint32_t)l->psp, &psp));
	if (!frame_is_exc_return(exc_return) || !rtos_is_object(psp))
		return OK;
	TRY(frame_read_words(os, top + 4u * (uint32_t)l->r4, 4, 8, context));
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		TRY(frame_read_words(os, top + 4u * ((uint32_t)l->exception + i), order[i], 1, context));
	TRY(frame_read_words(os, top + 4u * (uint32_t)l->control, RTOS_CONTROL, 1, context));
	if (l->psplim != 0)
		TRY(frame_read_words(os, top + 4u * (uint32_t)l->psplim, RTOS_PSPLIM, 1, context));
	if (!(exc_return & BIT(4))) {
		uint32_t fp = top + 4u * (uint32_t)l->fp;

		TRY(frame_read_words(os, fp - 4 * 33, RTOS_S0 + 16, 16, context));
		TRY(frame_read_words(os, fp - 4 * 17, RTOS_S0, 16, context));
		TRY(frame_read_words(os, fp - 4, RTOS_FPSCR, 1, context));
		words += 18;
	}
	if (context->places[RTOS_XPSR].value & BIT(9))
		words++;
	context->places[RTOS_SP] = (struct rtos_place){ .is_known = true, .value = psp + 4 * words };
	*fits = frame_is_plausible(context);
	return OK;
}

enum err freertos_mpu_context(struct rtos *os, uint32_t top, struct rtos_context *context)
{
	bool fits;

	for (const struct mpu_layout *l = mpu_layouts; l->name != NULL; l++) {
		TRY(read_mpu(os, l, top, context, &fits));
		if (fits)
			return OK;
	}
	return error_why(ERR_RTOS, "no saved registers are to be seen before 0x%08x", top);
}
