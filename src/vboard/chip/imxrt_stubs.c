/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand-ins that let the i.MX RT boards link while their parts are being written. Rule: whoever commits
 * the real file of a group deletes that group here in the same commit (and this file from imxrt.mk when
 * nothing is left). Groups: OCOTP (imxrt_ocotp.c).
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/imxrt.h"

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
static enum vb_result ocotp_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	(void)dev, (void)a, (void)offset, (void)value;
	return VB_OK;
}
const struct vb_device_ops imxrt_ocotp_ops = { ocotp_read, ocotp_write };
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
