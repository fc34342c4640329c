/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: the fields of the option registers by line, as tables: names of the reference manual, bits, what
 * a value means. What is done with them: stm32l4_option.h.
 */
#ifndef FLASH_STM32L4_FIELDS_H
#define FLASH_STM32L4_FIELDS_H

#include "flash/stm32l4_line.h"

struct stm32l4_value {			/* meaning of one value of a field */
	uint32_t value;
	const char *words;
};

/* READ_ONLY: another firmware's or the factory's; kept as it is. */
enum stm32l4_danger { SAFE, ERASES_FLASH, FOR_EVER, CHANGES_GEOMETRY, READ_ONLY };

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
/* What a value means; NULL for a number that needs no words. */
const char *stm32l4_value_words(const struct stm32l4_field *field, uint32_t value);
/* "4: about 2.8 V" */
void stm32l4_describe_value(const struct stm32l4_field *field, uint32_t value, struct buf *out);
uint32_t stm32l4_field_mask(const struct stm32l4_field *field);

enum { STM32L4_OPTION_REGS = 24 };
/* Offsets of the option registers of a line, in order; returns how many. */
size_t stm32l4_option_registers(const struct stm32l4_line *line, uint8_t *regs);
/* "OPTR", "WRP1AR"; NULL if this is no option register. */
const char *stm32l4_option_register_name(const struct stm32l4_line *line, uint8_t reg);
/* Do any fields of this register differ? What is reserved does not count. */
bool stm32l4_option_differs(const struct stm32l4_line *line, uint8_t reg, uint32_t a, uint32_t b);
/*
 * Where system memory shows what is stored behind an option register: a word, its complement behind it
 * (RM0351 3.4.1). 0: not known. Where the complement does not fit this is no option word.
 */
uint32_t stm32l4_stored_place(const struct stm32l4_line *line, uint8_t reg);

#endif
