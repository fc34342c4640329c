/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thumb: one Thumb instruction as text (DDI 0403 chapter A5, A7). Pure. UAL mnemonics, a tab, operands;
 * what is not known comes as .short or .inst.w with its bits.
 */
#ifndef TARGET_THUMB_H
#define TARGET_THUMB_H

#include <stdint.h>

#include "base/bytes.h"

/* Returns the instruction's length, 2 or 4. `hi` is looked at for 32-bit instructions only. */
unsigned thumb_disassemble(uint32_t addr, uint16_t lo, uint16_t hi, struct buf *out);

#endif
