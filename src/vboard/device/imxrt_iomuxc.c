/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_iomuxc.h"

#include <string.h>

#define MUX_GPIO    5u
#define PAD_DEFAULT 0x10b0u
/* SRE, DSE, SPEED, ODE, PKE, PUE, PUS, HYS */
#define PAD_BITS    0x0001f8f9u
#define PAD_DSE	    0x38u

static const uint32_t gpr_resets[GPR_WORDS] = {
	[3] = 0x0000f0f0, [GPR16] = 0x00200003,		/* TCMs on, vectors in the ROM, fuses rule */
};

static const struct imxrt_pads *pads_at(const struct imxrt_iomuxc *iomuxc, uint32_t offset,
					bool *is_mux)
{
	for (size_t i = 0; i < ARRAY_SIZE(iomuxc->layout->pads); i++) {
		const struct imxrt_pads *p = &iomuxc->layout->pads[i];

		*is_mux = offset >= p->mux && offset < p->mux + 4u * p->count;
		if (*is_mux || (offset >= p->pad && offset < p->pad + 4u * p->count))
			return p;
	}
	return NULL;
}

/* The control register of a pad with this mux register; 0: there is none. */
static uint16_t pad_of(const struct imxrt_iomuxc *iomuxc, uint16_t mux)
{
	bool is_mux = false;
	const struct imxrt_pads *p = pads_at(iomuxc, mux, &is_mux);

	return p && is_mux ? (uint16_t)(mux - p->mux + p->pad) : 0;
}

/* The bits a register has; 0: there is none. */
static uint32_t writable(const struct imxrt_iomuxc *iomuxc, uint32_t offset)
{
	bool is_mux = false;
	const struct imxrt_pads *p = pads_at(iomuxc, offset, &is_mux);

	if (p != NULL)
		return !is_mux ? PAD_BITS : p->is_narrow ? 0x17 : 0x1f;
	for (size_t i = 0; i < 2; i++) {
		if (offset >= iomuxc->layout->select[i] && offset < iomuxc->layout->select_end[i])
			return 7;
	}
	return 0;
}

static enum vb_result iomuxc_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_iomuxc *iomuxc = dev;
	struct imxrt_quiet quiet = { iomuxc->words, sizeof(iomuxc->words) };

	return imxrt_quiet_ops.read(&quiet, a, offset, value);
}

static enum vb_result iomuxc_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_iomuxc *iomuxc = dev;
	struct imxrt_quiet quiet = { iomuxc->words, sizeof(iomuxc->words) };
	enum vb_result rc = imxrt_quiet_ops.write(&quiet, a, offset, value);

	if (offset < sizeof(iomuxc->words))
		iomuxc->words[offset / 4] &= writable(iomuxc, offset & ~3u);
	iomuxc->pads_changed(iomuxc->chip);
	return rc;
}

const struct vb_device_ops imxrt_iomuxc_ops = { .read = iomuxc_read, .write = iomuxc_write };

static enum vb_result gpr_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_iomuxc *iomuxc = dev;
	struct imxrt_quiet quiet = { iomuxc->gpr, sizeof(iomuxc->gpr) };

	return imxrt_quiet_ops.read(&quiet, a, offset, value);
}

static enum vb_result gpr_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_iomuxc *iomuxc = dev;
	struct imxrt_quiet quiet = { iomuxc->gpr, sizeof(iomuxc->gpr) };
	enum vb_result rc = imxrt_quiet_ops.write(&quiet, a, offset, value);

	iomuxc->gpr_changed(iomuxc->chip, offset / 4);
	return rc;
}

const struct vb_device_ops imxrt_gpr_ops = { .read = gpr_read, .write = gpr_write };

void imxrt_iomuxc_init(struct imxrt_iomuxc *iomuxc, struct imxrt_env *env,
		       const struct imxrt_iomuxc_layout *layout)
{
	iomuxc->env = env;
	iomuxc->layout = layout;
	imxrt_iomuxc_reset(iomuxc, true);
}

/* GPR16 and GPR17 keep their value through every reset but POR and the pin (IMXRT1064RM 11.3). */
void imxrt_iomuxc_reset(struct imxrt_iomuxc *iomuxc, bool is_cold)
{
	uint32_t kept[2] = { iomuxc->gpr[GPR16], iomuxc->gpr[GPR17] };

	memset(iomuxc->words, 0, sizeof(iomuxc->words));
	for (size_t i = 0; i < ARRAY_SIZE(iomuxc->layout->pads); i++) {
		const struct imxrt_pads *p = &iomuxc->layout->pads[i];

		for (unsigned n = 0; n < p->count; n++) {
			iomuxc->words[p->mux / 4 + n] = MUX_GPIO;
			iomuxc->words[p->pad / 4 + n] = PAD_DEFAULT;
		}
	}
	for (const struct imxrt_pad_reset *r = iomuxc->layout->resets; r->mux != 0; r++) {
		iomuxc->words[r->mux / 4] = r->alt;
		iomuxc->words[pad_of(iomuxc, r->mux) / 4] = r->pad;
	}
	memcpy(iomuxc->gpr, gpr_resets, sizeof(iomuxc->gpr));
	if (!is_cold) {
		iomuxc->gpr[GPR16] = kept[0];
		iomuxc->gpr[GPR17] = kept[1];
	}
}

unsigned imxrt_iomuxc_alt(const struct imxrt_iomuxc *iomuxc, uint16_t mux)
{
	return iomuxc->words[mux / 4] & 15;
}

/* DSE 0 turns the driver of the pad off. */
static bool is_driven(const struct imxrt_iomuxc *iomuxc, uint16_t mux)
{
	return iomuxc->words[pad_of(iomuxc, mux) / 4] & PAD_DSE;
}

uint32_t imxrt_iomuxc_wires(const struct imxrt_iomuxc *iomuxc, const struct imxrt_route *routes)
{
	uint32_t wires = 0;

	for (const struct imxrt_route *r = routes; r != NULL && r->wire != 0; r++) {
		if (imxrt_iomuxc_alt(iomuxc, r->mux) == r->alt && is_driven(iomuxc, r->mux) &&
		    (r->select == 0 || iomuxc->words[r->select / 4] == r->daisy))
			wires |= r->wire;
	}
	return wires;
}

bool imxrt_iomuxc_debug_is_wired(const struct imxrt_iomuxc *iomuxc)
{
	return imxrt_iomuxc_alt(iomuxc, iomuxc->layout->swdio) == 0 &&
	       imxrt_iomuxc_alt(iomuxc, iomuxc->layout->swclk) == 0;
}
