/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the fuse controller (IMXRT1064RM, IMXRT1024RM: OCOTP_CTRL memory map). */
#include <stdlib.h>
#include <string.h>

#include "vboard/device/imxrt_ocotp_priv.h"

#define TIMING_RESET	0x0c0d9755u
#define TIMING2_RESET	0x01c30092u
#define VERSION		0x03000000u
#define SCS_LOCK	BIT(31)
#define STICKY_BITS	0x1fu

/* Life */

struct imxrt_ocotp *imxrt_ocotp_new(struct imxrt_env *env, const uint32_t *factory, unsigned words,
				    bool has_gp4)
{
	struct imxrt_ocotp *o = xcalloc(1, sizeof(*o));

	o->env = env;
	o->words = words;
	o->has_gp4 = has_gp4;
	memcpy(o->fuse, factory, words * sizeof(*factory));
	imxrt_ocotp_reset(o, VB_RESET_POWER_ON);
	return o;
}

void imxrt_ocotp_free(struct imxrt_ocotp *o)
{
	if (o == NULL)
		return;
	ocotp_abort(o);
	free(o);
}

void imxrt_ocotp_reset(struct imxrt_ocotp *o, enum vb_reset kind)
{
	if (kind == VB_RESET_CORE)
		return;
	ocotp_abort(o);			/* the cells that are burnt stay burnt */
	memcpy(o->shadow, o->fuse, sizeof(o->shadow));
	o->ctrl = o->data = o->read_ctrl = o->read_data = o->crc_addr = 0;
	o->timing = TIMING_RESET;
	o->timing2 = TIMING2_RESET;
	o->sticky = o->scs = 0;
}

uint32_t imxrt_ocotp_fuse(const struct imxrt_ocotp *o, unsigned word)
{
	return o->fuse[word % OCOTP_WORDS];
}

uint32_t imxrt_ocotp_shadow(const struct imxrt_ocotp *o, unsigned word)
{
	return o->shadow[word % OCOTP_WORDS];
}

void imxrt_ocotp_burn(struct imxrt_ocotp *o, unsigned word, uint32_t bits)
{
	if (word >= o->words)
		return;
	o->fuse[word] |= bits;
	o->shadow[word] = o->fuse[word];
	ocotp_tell(o);
}

void imxrt_ocotp_set_listener(struct imxrt_ocotp *o, void (*changed)(void *ctx), void *ctx)
{
	o->changed = changed;
	o->changed_ctx = ctx;
}

struct imxrt_ocotp_faults *imxrt_ocotp_faults(struct imxrt_ocotp *o)
{
	return &o->faults;
}

void imxrt_ocotp_stats(const struct imxrt_ocotp *o, struct imxrt_ocotp_stats *out)
{
	*out = o->stats;
}

/* Shadow registers: words 0x00..0x2f from 0x400, 0x30..0x3f from 0x800, one every 16 bytes. */
static bool find_word(const struct imxrt_ocotp *o, uint32_t offset, unsigned *word)
{
	if (offset >= 0x400 && offset < 0x700)
		*word = (offset - 0x400) / 0x10;
	else if (offset >= 0x800 && offset < 0x900)
		*word = 0x30 + (offset - 0x800) / 0x10;
	else
		return false;
	return (offset & 0xc) == 0 && *word < o->words;
}

static uint32_t shadow_read(struct imxrt_ocotp *o, unsigned word)
{
	if (!(ocotp_locks(o, word) & OCOTP_READ))
		return o->shadow[word];
	o->ctrl |= CTRL_ERROR;
	return UNREADABLE;
}

static void shadow_write(struct imxrt_ocotp *o, unsigned word, uint32_t value)
{
	if (word == 0)
		return;			/* LOCK: read only, without a sign */
	if ((ocotp_locks(o, word) & OCOTP_OVERRIDE) || o->work == OCOTP_RELOADS) {
		o->ctrl |= CTRL_ERROR;
		return;
	}
	o->shadow[word] = value;
	ocotp_tell(o);
}

/* Registers. `how`: 0 the register, 4 its SET, 8 CLR, 0xC TOG address. */

static void ctrl_write(struct imxrt_ocotp *o, uint32_t how, uint32_t value)
{
	const uint32_t plain = CTRL_ADDR | CTRL_WR_UNLOCK;
	uint32_t wanted = imxrt_set_clr_tog(o->ctrl, how, value);

	/* ERROR is cleared at the CLR address only, and set by nobody but the controller. */
	if (how == 0x8)
		o->ctrl &= ~(value & CTRL_ERROR);
	o->ctrl = (o->ctrl & ~plain) | (wanted & plain);
	if (how != 0x8 && (wanted & CTRL_RELOAD) && !(o->ctrl & CTRL_RELOAD))
		ocotp_reload(o);
}

static void scs_write(struct imxrt_ocotp *o, uint32_t how, uint32_t value)
{
	if (!(o->scs & SCS_LOCK))
		o->scs = imxrt_set_clr_tog(o->scs, how, value);
}

static uint32_t reg_read(struct imxrt_ocotp *o, uint32_t offset)
{
	unsigned word;

	if (find_word(o, offset, &word))
		return shadow_read(o, word);
	switch (offset & ~0xcu) {
	case 0x00: return o->ctrl;
	case 0x60: return o->scs;
	}
	switch (offset) {
	case 0x10:  return o->timing;
	case 0x20:  return o->data;
	case 0x30:  return o->read_ctrl;
	case 0x40:  return o->read_data;
	case 0x50:  return o->sticky;
	case 0x70:  return o->crc_addr;
	case 0x90:  return VERSION;
	case 0x100: return o->timing2;
	default:    return 0;		/* no such register: no error either */
	}
}

static void reg_write(struct imxrt_ocotp *o, uint32_t offset, uint32_t value)
{
	unsigned word;

	if (find_word(o, offset, &word)) {
		shadow_write(o, word, value);
		return;
	}
	switch (offset & ~0xcu) {
	case 0x00: ctrl_write(o, offset & 0xc, value); return;
	case 0x60: scs_write(o, offset & 0xc, value); return;
	}
	switch (offset) {
	case 0x10:  o->timing = value & 0x0fffffff; break;
	case 0x20:  ocotp_program(o, value); break;
	case 0x30:
		o->read_ctrl = value & 1;
		if (value & 1)
			ocotp_sense(o);
		break;
	case 0x50:  o->sticky |= value & STICKY_BITS; break;
	case 0x70:  o->crc_addr = value & 0x000fffff; break;
	case 0x100: o->timing2 = value & 0x1fff0fff; break;
	}
}

static enum vb_result ocotp_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	uint32_t v = reg_read(dev, offset & ~3u);

	*value = (v >> 8 * (offset & 3)) & (0xffffffffu >> (32 - 8 * a->size));
	return VB_OK;
}

/* A part of a word: the other lanes of a plain register keep their bits, those of SET, CLR and TOG
 * are zero. */
static enum vb_result ocotp_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	uint32_t lanes = (0xffffffffu >> (32 - 8 * a->size)) << 8 * (offset & 3);
	uint32_t word = offset & ~3u;

	value = value << 8 * (offset & 3) & lanes;
	if (a->size != 4 && !(word & 0xc))
		value |= reg_read(dev, word) & ~lanes;
	reg_write(dev, word, value);
	return VB_OK;
}

const struct vb_device_ops imxrt_ocotp_ops = { ocotp_read, ocotp_write };

/* State: what survives is the fuses */

bool imxrt_ocotp_save(const struct imxrt_ocotp *o, FILE *f)
{
	uint8_t bytes[4 * OCOTP_WORDS];

	for (unsigned w = 0; w < OCOTP_WORDS; w++)
		put_le32(bytes + (size_t)4 * w, o->fuse[w]);
	return fprintf(f, "ocotp %u\n", o->words) > 0 && fwrite(bytes, sizeof(bytes), 1, f) == 1;
}

bool imxrt_ocotp_restore(struct imxrt_ocotp *o, FILE *f)
{
	uint8_t bytes[4 * OCOTP_WORDS];
	char want[24], got[24];

	snprintf(want, sizeof(want), "ocotp %u\n", o->words);
	if (fgets(got, sizeof(got), f) == NULL || strcmp(want, got) != 0 ||
	    fread(bytes, sizeof(bytes), 1, f) != 1)
		return false;
	ocotp_abort(o);
	for (unsigned w = 0; w < OCOTP_WORDS; w++)
		o->shadow[w] = o->fuse[w] = w < o->words ? get_le32(bytes + (size_t)4 * w) : 0;
	return true;
}

void imxrt_ocotp_describe(const struct imxrt_ocotp *o, FILE *out)
{
	static const char *const works[] = { "idle", "programs", "senses", "reloads" };
	const char *comma = "";

	fprintf(out, "{\"work\":\"%s\",\"error\":%s,\"words\":{", works[o->work],
		o->ctrl & CTRL_ERROR ? "true" : "false");
	for (unsigned w = 0; w < o->words; w++) {
		unsigned locks = ocotp_locks(o, w);

		if (o->fuse[w] == 0 && o->shadow[w] == 0)
			continue;
		fprintf(out,
			"%s\"0x%03x\":{\"fuse\":\"0x%08x\",\"shadow\":\"0x%08x\","
			"\"locks\":\"%s%s%s\"}",
			comma, w < 0x30 ? 0x400 + 0x10 * w : 0x800 + 0x10 * (w - 0x30), o->fuse[w],
			o->shadow[w], locks & OCOTP_WRITE ? "W" : "",
			locks & OCOTP_OVERRIDE ? "O" : "", locks & OCOTP_READ ? "R" : "");
		comma = ",";
	}
	fprintf(out, "},\"burnt_bits\":%llu,\"programs\":%llu,\"refused\":%llu}",
		(unsigned long long)o->stats.bits, (unsigned long long)o->stats.programs,
		(unsigned long long)o->stats.refused);
}
