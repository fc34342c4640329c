/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: the OTP area (RM0351 3.3.1, RM0461 3.3.1). A unit (a double word, on U5 a quad-word)
 * takes one write in its life: with any bit programmed it takes none, not even zeros. So every
 * write is held against what the area holds before anything is touched; what is there already is
 * left out.
 */
#include "flash/stm32l4_otp.h"

#include <stdlib.h>
#include <string.h>

#define MAX_UNITS 128u

enum unit_state { UNIT_LEFT, UNIT_FREE, UNIT_SAME, UNIT_USED };

static const char *const state_words[] = {
	[UNIT_LEFT] = "not written",
	[UNIT_FREE] = "free: will be written, for ever",
	[UNIT_SAME] = "holds this already: left alone",
	[UNIT_USED] = "used: can never be written again: the write is refused",
};

struct otp_view {
	const struct flash_bank *bank;
	uint32_t unit;
	uint8_t now[MAX_UNITS * 8];
	enum unit_state states[MAX_UNITS];
	unsigned units, counts[UNIT_USED + 1];
};

static const char *unit_name(const struct otp_view *v)
{
	return v->unit == 16 ? "quad-word" : "double word";
}

static enum unit_state judge_unit(const struct otp_view *v, unsigned i, const uint8_t *wanted)
{
	const uint8_t *now = v->now + (size_t)i * v->unit;

	if (is_filled(wanted, v->unit, 0xff))
		return UNIT_LEFT;
	if (memcmp(now, wanted, v->unit) == 0)
		return UNIT_SAME;
	return is_filled(now, v->unit, 0xff) ? UNIT_FREE : UNIT_USED;
}

static enum err look(struct flash_bank *bank, const struct flash_step *steps, size_t count,
		     struct otp_view *v)
{
	*v = (struct otp_view){ .bank = bank, .unit = MAX(bank->program_unit, 8u) };
	v->units = MIN(bank->size / v->unit, MAX_UNITS);
	TRY(target_read(bank->target, bank->base, 4, (size_t)v->units * v->unit / 4, v->now));
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at + v->unit <= steps[i].bytes; at += v->unit) {
			unsigned unit = (unsigned)((steps[i].offset + at) / v->unit);

			if (unit < v->units)
				v->states[unit] = judge_unit(v, unit, steps[i].data + at);
		}
	for (unsigned i = 0; i < v->units; i++)
		v->counts[v->states[i]]++;
	return OK;
}

static enum err refuse_used(const struct otp_view *v)
{
	unsigned i = 0;

	while (v->states[i] != UNIT_USED)
		i++;
	const uint8_t *now = v->now + (size_t)i * v->unit;

	error_why(ERR_REFUSED,
		  "%u %s%s of the OTP area %s used and can never be written again: the first is "
		  "number %u at 0x%08x, nothing was touched",
		  v->counts[UNIT_USED], unit_name(v), v->counts[UNIT_USED] == 1 ? "" : "s",
		  v->counts[UNIT_USED] == 1 ? "is" : "are", i, v->bank->base + i * v->unit);
	error_evidence(ERR_REFUSED, "0x%08x holds 0x%08x 0x%08x", v->bank->base + i * v->unit,
		       get_le32(now), get_le32(now + 4));
	return error_next(ERR_REFUSED,
			  "\"stm32l4x otp %u write FILE ?OFFSET?\" shows which are free",
			  v->bank->number);
}

/* A unit that holds its data is written as all ones, which the loader leaves out. */
static void leave_out_same(const struct otp_view *v, const struct flash_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at + v->unit <= steps[i].bytes; at += v->unit) {
			unsigned unit = (unsigned)((steps[i].offset + at) / v->unit);

			if (unit < v->units && v->states[unit] == UNIT_SAME)
				memset(steps[i].data + at, 0xff, v->unit);
		}
}

enum err stm32l4_otp_check(struct flash_bank *bank, const struct flash_step *steps, size_t count)
{
	struct otp_view v;

	for (size_t i = 0; i < count; i++)
		if (steps[i].erase)
			return error_next(error_why(ERR_UNSUPPORTED, "OTP cannot be erased"),
					  "write without \"erase\"");
	TRY(look(bank, steps, count, &v));
	if (v.counts[UNIT_USED] > 0)
		return refuse_used(&v);
	leave_out_same(&v, steps, count);
	return OK;
}

static void describe(const struct otp_view *v, struct buf *out)
{
	unsigned end;

	for (unsigned i = 0; i < v->units; i = end) {
		for (end = i + 1; end < v->units && v->states[end] == v->states[i];)
			end++;
		if (v->states[i] == UNIT_LEFT)
			continue;
		buf_printf(out, "OTP %s%s %u", unit_name(v), end - i > 1 ? "s" : "", i);
		if (end - i > 1)
			buf_printf(out, "..%u", end - 1);
		buf_printf(out, " at 0x%08x: %s\n", v->bank->base + i * v->unit,
			   state_words[v->states[i]]);
	}
}

enum err stm32l4_otp_objections(struct flash_bank *bank, const struct flash_step *steps,
				size_t count, struct buf *lines)
{
	struct stm32l4 *f = bank->priv;
	struct otp_view v;

	if (!f->is_otp)
		return OK;
	TRY(look(bank, steps, count, &v));
	describe(&v, lines);
	for (size_t i = 0; i < count; i++)
		if (steps[i].erase) {
			buf_printf(lines, "OTP cannot be erased: write without \"erase\"\n");
			break;
		}
	if (!f->otp_enabled)
		buf_printf(lines, "OTP memory bank #%u is disabled for write commands\n",
			   bank->number);
	return OK;
}

/* `stm32l4x otp BANK write FILE ?OFFSET? ?confirm TOKEN?` */

/* Of one chip, its contents and the data: no other write has it. */
static enum err make_token(struct flash_bank *bank, const struct otp_view *v,
			   const struct image *image, char *token, size_t size)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t crc = 0xffffffff, uid[3] = { 0 };
	uint8_t place[8];

	for (unsigned i = 0; f->line->uid != 0 && i < 3; i++)
		TRY(target_read_u32(bank->target, f->line->uid + 4 * i, &uid[i]));
	for (unsigned i = 0; i < 3; i++) {
		put_le32(place, uid[i]);
		crc = crc_bytes(crc, place, 4);
	}
	for (size_t i = 0; i < image->count; i++) {
		put_le32(place, image->sections[i].addr);
		put_le32(place + 4, (uint32_t)image->sections[i].bytes);
		crc = crc_bytes(crc, place, sizeof(place));
		crc = crc_bytes(crc, image->sections[i].data, image->sections[i].bytes);
	}
	crc = crc_bytes(crc, v->now, (size_t)v->units * v->unit);
	snprintf(token, size, "%08x", crc);
	return OK;
}

static enum err show_plan(struct call *c, const struct otp_view *v, const char *token)
{
	describe(v, c->out);
	if (v->counts[UNIT_USED] > 0) {
		result_printf(c, "nothing can be written: choose free %ss\n", unit_name(v));
		return OK;
	}
	if (v->counts[UNIT_FREE] == 0) {
		result_printf(c, "nothing is left to write\n");
		return OK;
	}
	result_printf(c,
		      "%u %s%s would be written once and for ever; nothing was written yet\n"
		      "to do it, add: confirm %s\n",
		      v->counts[UNIT_FREE], unit_name(v), v->counts[UNIT_FREE] == 1 ? "" : "s",
		      token);
	return OK;
}

static enum err burn(struct call *c, struct flash_bank *bank, const struct image *image,
		     const struct otp_view *v)
{
	const struct flash_write_options options = { .verify = true };
	struct stm32l4 *f = bank->priv;
	bool was_enabled = f->otp_enabled;
	enum err rc;

	f->otp_enabled = true;
	rc = flash_write_image(bank->room, bank->target, image, &options, NULL);
	f->otp_enabled = was_enabled;
	TRY(rc);
	result_printf(c, "%u %s%s written for ever, and verified\n", v->counts[UNIT_FREE],
		      unit_name(v), v->counts[UNIT_FREE] == 1 ? "" : "s");
	return OK;
}

static enum err write_image(struct call *c, struct flash_bank *bank, const struct image *image,
			    const char *confirm)
{
	const struct flash_write_options options = { .is_preview = true };
	struct flash_plan *plans;
	struct otp_view v = { 0 };
	char token[12];
	size_t count;
	enum err rc;

	TRY(flash_plan_build(bank->room, bank->target, image, &options, &plans, &count));
	rc = count == 1 && plans->bank == bank
		     ? look(bank, plans->steps, plans->count, &v)
		     : error_why(ERR_ARGUMENT, "the file does not fit into bank %s", bank->name);
	flash_plan_free(plans, count);
	TRY(rc);
	TRY(make_token(bank, &v, image, token, sizeof(token)));
	if (confirm == NULL)
		return show_plan(c, &v, token);
	if (v.counts[UNIT_USED] > 0)
		return refuse_used(&v);
	if (v.counts[UNIT_FREE] == 0)
		return show_plan(c, &v, token);
	if (strcmp(confirm, token) != 0)
		return error_next(error_why(ERR_REFUSED,
					    "the token %s does not belong to this chip, its OTP "
					    "contents and this file",
					    confirm),
				  "run the command without \"confirm\" and read its plan");
	return burn(c, bank, image, &v);
}

enum err stm32l4_otp_write(struct call *c, struct flash_bank *bank)
{
	const char *confirm = NULL;
	uint32_t offset = 0;
	struct image *image;
	int end = c->argc;
	enum err rc;

	if (end >= 6 && strcmp(c->argv[end - 2], "confirm") == 0) {
		confirm = c->argv[end - 1];
		end -= 2;
	}
	if (end < 4 || end > 5)
		return arg_usage(c);
	if (end == 5)
		TRY(arg_u32(c, 4, &offset));
	if (offset >= bank->size)
		return error_why(ERR_ARGUMENT,
				 "offset 0x%x is past the end of bank %s (0x%x bytes)", offset,
				 bank->name, bank->size);
	TRY(image_open(c->argv[3], IMAGE_BIN, bank->base + offset, &image));
	rc = write_image(c, bank, image, confirm);
	image_close(image);
	return rc;
}
