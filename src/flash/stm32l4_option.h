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

/* All option registers of a chip at one moment. */
struct stm32l4_option_values {
	size_t count;
	uint8_t reg[STM32L4_OPTION_REGS];
	uint32_t value[STM32L4_OPTION_REGS];
};
/* Only secure accesses reach it, and only with TrustZone on it means something. */
bool stm32l4_is_secure_only(const struct stm32l4_line *line, uint8_t reg);
enum err stm32l4_read_option_values(struct flash_bank *bank, struct stm32l4_option_values *values);
/* NULL if the line has no such register. */
uint32_t *stm32l4_option_value(const struct stm32l4_option_values *values, uint8_t reg);
/* Fields that differ, as text; 0: none. READ_ONLY ones do not count, nor what an area that is off holds.
 * skip_pcrop: after RDP 1 to 0, which sets those back. */
unsigned stm32l4_compare_options(const struct flash_bank *bank, const struct stm32l4_option_values *a,
				 const struct stm32l4_option_values *b, bool skip_pcrop,
				 struct buf *differences);
/* Those of a chip that left the factory; what is READ_ONLY as in `now`. ERR_UNSUPPORTED: not known. */
enum err stm32l4_factory_options(const struct flash_bank *bank, const struct stm32l4_option_values *now,
				 struct stm32l4_option_values *factory);

enum { STM32L4_PLAN_NOTES = 12 };
struct stm32l4_option_plan {
	struct flash_bank *bank;
	struct {
		uint8_t reg;
		uint32_t now, then;
	} regs[STM32L4_OPTION_REGS];
	size_t count;			/* registers that change */
	bool erases_flash, is_for_ever;
	char token[12];			/* what `confirm` must be followed by; "": nothing */
	bool changes_geometry;
	bool is_by_name;		/* somebody asked for just this; else values are put back */
	bool is_rewrite;		/* nothing changes, but it is written and loaded all the same */
	uint32_t uid[3];
	struct stm32l4_option_values now, then;		/* all registers */
	char notes[STM32L4_PLAN_NOTES][256];	/* what the change brings, one sentence each */
	size_t note_count;
	char danger[256];		/* why it needs `confirm`; "": it does not */
};

/* ERR_ARGUMENT: unknown name (with the nearest), value too large, areas that contradict. Reads only. */
enum err stm32l4_plan_options(struct flash_bank *bank, int argc, const char *const *argv,
			      struct stm32l4_option_plan *plan);
/* The same towards given registers: `then` as a whole. kept_too: READ_ONLY fields, too, which a chip whose
 * option bytes failed their check has lost with the rest. */
enum err stm32l4_plan_option_values(struct flash_bank *bank, const struct stm32l4_option_values *then,
				    bool kept_too, struct stm32l4_option_plan *plan);
void stm32l4_describe_option_plan(const struct stm32l4_option_plan *plan, struct buf *out);
/* Writes, launches, finds the target again, compares. ERR_REFUSED without the confirmation it needs. */
enum err stm32l4_apply_option_plan(struct stm32l4_option_plan *plan, const char *confirm,
				   const char *token);

/* The two halves of planning that need no chip: plan->now and uid are given. */
enum err stm32l4_parse_options(const struct flash_bank *bank, int argc, const char *const *argv,
			       struct stm32l4_option_values *values);
enum err stm32l4_judge_options(struct stm32l4_option_plan *plan);

uint32_t stm32l4_page_mask(const struct stm32l4 *f);
uint32_t stm32l4_pcrop_unit(const struct stm32l4 *f);
/* Of a field's value: the others are reserved on a part of this geometry. */
uint32_t stm32l4_used_bits(const struct flash_bank *bank, const struct stm32l4_field *field);

bool stm32l4_regresses(const struct stm32l4_line *line, const struct stm32l4_option_values *from,
		       const struct stm32l4_option_values *to);
/* Of OPTR: level 0, 0.5 (TrustZone), 1, 2 as 0 to 3. */
unsigned stm32l4_rdp_rank(const struct stm32l4_line *line, uint32_t optr);
enum err stm32l4_read_uid(struct flash_bank *bank, uint32_t uid[3]);

/*
 * An option write that was begun on this chip and not seen to end, or option bytes that failed their
 * check and came up with safe values: says so, with the way out. False: nothing of the kind.
 */
bool stm32l4_options_interrupted(struct flash_bank *bank, struct buf *why);
/* Are these the values that words with a failed check load as? */
bool stm32l4_has_mismatch_values(const struct stm32l4 *f, uint32_t optr, uint32_t sr);

/* What stands in the flash behind an option register; false: that cannot be known. */
bool stm32l4_stored_option(struct flash_bank *bank, uint8_t reg, uint32_t *value);
enum err stm32l4_list_options(struct flash_bank *bank, struct buf *out);
void stm32l4_describe_area(const struct stm32l4_area *a, struct buf *out);
/* Puts given values back, in two steps where PCROP needs it; `out` gets the plans. */
enum err stm32l4_restore_options(struct flash_bank *bank, const struct stm32l4_option_values *values,
				 const char *confirm, const char *token, struct buf *out);

/* stm32l4_wrp.c: the protected pages as a map. */
enum err stm32l4_show_wrp(struct flash_bank *bank, struct buf *out);
/* stm32l4_info.c: `stm32l4x info`. */
enum err stm32l4_describe_chip(struct flash_bank *bank, struct buf *out);
/* Argument `index` as an stm32l4x bank of main flash; absent or no bank: the only one. *used: it was
 * one. */
enum err stm32l4_arg_bank(struct call *c, int index, struct flash_bank **bank, bool *used);

extern const struct command stm32l4_option_commands[];

#endif
