/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: option bytes by name.
 *
 * A field is some bits of an option register with a name, the meaning of its values and, where it
 * matters, what it may do to the chip. A change is a list of NAME=VALUE: it is planned (what is now,
 * what will be, register by register), checked (conflicts, geometry, what cannot be taken back),
 * shown, then written in one OPTSTRT, launched, and read back after the reset.
 *
 * What is about to be written is kept on disk until it was seen loaded: after a power cut in the middle
 * the chip comes up with mismatch values (OPTVERR, RDP 0xff), and the record says which values were
 * there before and which were meant.
 *
 * RDP 1 to 0 erases the flash and needs `confirm`; RDP to level 2, BOOT_LOCK with RDP 1 and a WRP
 * without UNLOCK are for ever and need `confirm TOKEN`, the token being a hash of chip and plan that the
 * refusal shows.
 */
#ifndef FLASH_STM32L4_OPTION_H
#define FLASH_STM32L4_OPTION_H

#include "flash/stm32l4.h"

struct stm32l4_value {			/* meaning of one value of a field */
	uint32_t value;
	const char *words;
};

enum stm32l4_danger { SAFE, ERASES_FLASH, FOR_EVER, CHANGES_GEOMETRY };

struct stm32l4_field {
	const char *name;		/* as in the reference manual: "BFB2", "WRP1A_STRT" */
	uint8_t reg;			/* offset from the FLASH base */
	uint8_t msb, lsb;
	const struct stm32l4_value *values;	/* ends with words NULL; may be NULL: a number */
	enum stm32l4_danger danger;	/* of changing it at all; RDP is judged by its level */
};

/* Every field of every option register of a line, in register order; ends with name NULL. */
const struct stm32l4_field *stm32l4_fields(const struct stm32l4_line *line);
/* Without case; NULL if the line has none of this name. */
const struct stm32l4_field *stm32l4_find_field(const struct stm32l4_line *line, const char *name);

enum { STM32L4_OPTION_REGS = 24 };

struct stm32l4_option_plan {
	struct flash_bank *bank;
	struct {
		uint8_t reg;
		uint32_t now, then;
	} regs[STM32L4_OPTION_REGS];
	size_t count;			/* registers that change */
	bool erases_flash, is_for_ever;
	char token[12];			/* what `confirm` must be followed by; "": nothing */
};

/* ERR_ARGUMENT: unknown name (with the nearest), value too large, areas that contradict. Reads only. */
enum err stm32l4_plan_options(struct flash_bank *bank, int argc, const char *const *argv,
			      struct stm32l4_option_plan *plan);
void stm32l4_describe_option_plan(const struct stm32l4_option_plan *plan, struct buf *out);
/* Writes, launches, finds the target again, compares. ERR_REFUSED without the confirmation it needs. */
enum err stm32l4_apply_option_plan(struct stm32l4_option_plan *plan, const char *confirm,
				   const char *token);

#endif
