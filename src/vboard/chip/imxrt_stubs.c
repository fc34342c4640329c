/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand-ins that let the i.MX RT boards link while their parts are being written. Rule: whoever commits
 * the real file of a group deletes that group here in the same commit (and this file from imxrt.mk when
 * nothing is left). Groups: NOR (nor.c), OCOTP (imxrt_ocotp.c).
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/imxrt.h"

/* --- NOR --- */

struct nor { uint8_t array[0x800000]; };
struct nor *nor_new(const char *model, struct vb_clock *clock)
{
	struct nor *nor = xcalloc(1, sizeof(*nor));

	(void)model, (void)clock;
	memset(nor->array, 0xff, sizeof(nor->array));
	return nor;
}
void nor_free(struct nor *nor) { free(nor); }
const char *nor_model(const struct nor *nor) { (void)nor; return "none"; }
uint8_t *nor_array(struct nor *nor) { return nor->array; }
uint32_t nor_bytes(const struct nor *nor) { return sizeof(nor->array); }
/* Nobody answers on these wires. */
static void no_select(void *dev, bool low) { (void)dev, (void)low; }
static uint8_t no_clock(void *dev, uint8_t out, uint8_t drive, bool ddr)
{
	(void)dev, (void)drive, (void)ddr;
	return out;
}
static const struct vb_spi_ops no_ops = { .select = no_select, .clock = no_clock };
static const struct vb_spi_device no_device = { .ops = &no_ops };
const struct vb_spi_device *nor_spi(struct nor *nor) { (void)nor; return &no_device; }
void nor_set_listener(struct nor *nor, void (*changed)(void *ctx, uint32_t offset, uint32_t bytes),
		      void *ctx)
{
	(void)nor, (void)changed, (void)ctx;
}
bool nor_is_plain(const struct nor *nor) { (void)nor; return false; }
void nor_power(struct nor *nor, bool on) { (void)nor, (void)on; }
bool nor_load(struct nor *nor, uint32_t offset, const uint8_t *data, size_t bytes, char *error,
	      size_t error_size)
{
	(void)error, (void)error_size;
	memcpy(nor->array + offset, data, bytes);
	return true;
}
bool nor_put_into(struct nor *nor, const char *state, char *error, size_t error_size)
{
	(void)nor;
	snprintf(error, error_size, "%s: not yet", state);
	return false;
}
bool nor_set_fault(struct nor *nor, const char *fault, char *error, size_t error_size)
{
	return nor_put_into(nor, fault, error, error_size);
}
void nor_describe(const struct nor *nor, FILE *out) { (void)nor; fputs("{}", out); }
bool nor_save(const struct nor *nor, FILE *f) { (void)nor, (void)f; return true; }
bool nor_restore(struct nor *nor, FILE *f) { (void)nor, (void)f; return true; }

/* --- OCOTP --- */

struct imxrt_ocotp { uint32_t fuse[OCOTP_WORDS]; };
struct imxrt_ocotp *imxrt_ocotp_new(struct imxrt_env *env, const uint32_t *factory, unsigned words,
				    bool has_gp4)
{
	struct imxrt_ocotp *ocotp = xcalloc(1, sizeof(*ocotp));

	(void)env, (void)has_gp4;
	memcpy(ocotp->fuse, factory, 4 * words);
	return ocotp;
}
void imxrt_ocotp_free(struct imxrt_ocotp *ocotp) { free(ocotp); }
void imxrt_ocotp_reset(struct imxrt_ocotp *ocotp, enum vb_reset kind) { (void)ocotp, (void)kind; }
uint32_t imxrt_ocotp_fuse(const struct imxrt_ocotp *ocotp, unsigned word) { return ocotp->fuse[word]; }
uint32_t imxrt_ocotp_shadow(const struct imxrt_ocotp *ocotp, unsigned word)
{
	return ocotp->fuse[word];
}
void imxrt_ocotp_burn(struct imxrt_ocotp *ocotp, unsigned word, uint32_t bits)
{
	ocotp->fuse[word] |= bits;
}
void imxrt_ocotp_set_listener(struct imxrt_ocotp *ocotp, void (*changed)(void *ctx), void *ctx)
{
	(void)ocotp, (void)changed, (void)ctx;
}
struct imxrt_ocotp_faults *imxrt_ocotp_faults(struct imxrt_ocotp *ocotp)
{
	static struct imxrt_ocotp_faults faults;

	(void)ocotp;
	return &faults;
}
void imxrt_ocotp_stats(const struct imxrt_ocotp *ocotp, struct imxrt_ocotp_stats *out)
{
	(void)ocotp;
	*out = (struct imxrt_ocotp_stats){ 0 };
}
static enum vb_result ocotp_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_ocotp *ocotp = dev;

	(void)a;
	*value = offset >= 0x400 && offset < 0x700 ? ocotp->fuse[(offset - 0x400) >> 4] : 0;
	return VB_OK;
}
const struct vb_device_ops imxrt_ocotp_ops = { ocotp_read, fs_write };
bool imxrt_ocotp_save(const struct imxrt_ocotp *ocotp, FILE *f)
{
	return fwrite(ocotp, sizeof(*ocotp), 1, f) == 1;
}
bool imxrt_ocotp_restore(struct imxrt_ocotp *ocotp, FILE *f)
{
	return fread(ocotp, sizeof(*ocotp), 1, f) == 1;
}
void imxrt_ocotp_describe(const struct imxrt_ocotp *ocotp, FILE *out)
{
	(void)ocotp;
	fputs("{}", out);
}
