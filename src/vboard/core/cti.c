/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/cti.h"

#include <stdlib.h>

#include "base/bytes.h"

#define CHANNELS	0xfu
#define LAR_KEY		0xc5acce55u

enum { CTICONTROL = 0x000, CTIINTACK = 0x010, CTIAPPSET = 0x014, CTIAPPCLEAR = 0x018,
       CTIAPPPULSE = 0x01c, CTIINEN0 = 0x020, CTIOUTEN0 = 0x0a0, CTITRIGINSTATUS = 0x130,
       CTITRIGOUTSTATUS = 0x134, CTICHINSTATUS = 0x138, CTICHOUTSTATUS = 0x13c, CTIGATE = 0x140,
       ASICCTL = 0x144, ITCTRL = 0xf00, CLAIMSET = 0xfa0, CLAIMCLR = 0xfa4, LAR = 0xfb0, LSR = 0xfb4,
       AUTHSTATUS = 0xfb8, DEVID = 0xfc8 };

struct vb_cti {
	struct vb_cti_config config;
	struct vb_cti *next;		/* the ring of the matrix; alone: itself */
	bool is_enabled, is_testing, is_locked;
	uint8_t app, pulsed, gate, asicctl, claims;
	uint8_t inputs, outputs;	/* levels, a bit each */
	uint8_t in_enable[VB_CTI_TRIGGERS], out_enable[VB_CTI_TRIGGERS];
};

/* The channels that this interface itself makes active. */
static uint8_t own_channels(const struct vb_cti *cti)
{
	uint8_t active = cti->app | cti->pulsed;

	if (!cti->is_enabled || cti->is_testing)
		return 0;
	for (unsigned n = 0; n < VB_CTI_TRIGGERS; n++)
		active |= cti->inputs >> n & 1 ? cti->in_enable[n] : 0;
	return active;
}

static uint8_t channels_out(const struct vb_cti *cti)
{
	return own_channels(cti) & cti->gate;
}

static uint8_t channels_in(const struct vb_cti *cti)
{
	uint8_t active = 0;

	for (const struct vb_cti *o = cti->next; o != cti; o = o->next)
		active |= channels_out(o);
	return active;
}

/* The outputs that a channel holds asserted now. */
static uint8_t mapped(const struct vb_cti *cti)
{
	uint8_t active = own_channels(cti) | channels_in(cti), outputs = 0;

	if (!cti->is_enabled || cti->is_testing)
		return 0;
	for (unsigned n = 0; n < VB_CTI_TRIGGERS; n++)
		outputs |= (uint8_t)((cti->out_enable[n] & active) != 0) << n;
	return outputs;
}

static void set_outputs(struct vb_cti *cti, uint8_t outputs)
{
	uint8_t changed = cti->outputs ^ outputs;

	cti->outputs = outputs;
	for (unsigned n = 0; n < VB_CTI_TRIGGERS; n++) {
		if (changed >> n & 1)
			cti->config.out(cti->config.ctx, n, outputs >> n & 1);
	}
}

static void settle(struct vb_cti *cti)
{
	struct vb_cti *o = cti;

	do {
		uint8_t now = mapped(o);

		set_outputs(o, (o->outputs & ~o->config.self_acknowledging) | now);
		o = o->next;
	} while (o != cti);
}

void vb_cti_pulse(struct vb_cti *cti, unsigned input)
{
	cti->inputs |= (uint8_t)(1u << input);
	settle(cti);
	cti->inputs &= (uint8_t)~(1u << input);
	settle(cti);
}

static void pulse_channels(struct vb_cti *cti, uint8_t channels)
{
	cti->pulsed = channels;
	settle(cti);
	cti->pulsed = 0;
	settle(cti);
}

uint32_t vb_cti_read(const struct vb_cti *cti, uint32_t offset, bool is_debugger)
{
	if (offset >= CTIINEN0 && offset < CTIINEN0 + 4 * VB_CTI_TRIGGERS)
		return cti->in_enable[(offset - CTIINEN0) / 4];
	if (offset >= CTIOUTEN0 && offset < CTIOUTEN0 + 4 * VB_CTI_TRIGGERS)
		return cti->out_enable[(offset - CTIOUTEN0) / 4];
	switch (offset) {
	case CTICONTROL: return cti->is_enabled;
	case CTIAPPSET: return cti->app;
	case CTITRIGINSTATUS: return cti->inputs;
	case CTITRIGOUTSTATUS: return cti->outputs;
	case CTICHINSTATUS: return channels_in(cti);
	case CTICHOUTSTATUS: return channels_out(cti);
	case CTIGATE: return cti->gate;
	case ASICCTL: return cti->asicctl;
	case ITCTRL: return cti->is_testing;
	case CLAIMSET: return 0xf;
	case CLAIMCLR: return cti->claims;
	case LSR: return is_debugger ? 0 : 1u | (cti->is_locked ? 2u : 0);
	case AUTHSTATUS: return 0xf;		/* invasive and non-invasive debug are allowed */
	case DEVID: return VB_CTI_CHANNELS << 16 | VB_CTI_TRIGGERS << 8;
	default: return 0;
	}
}

/* True if what was written may change a channel. */
static bool store(struct vb_cti *cti, uint32_t offset, uint32_t value)
{
	uint8_t channels = value & CHANNELS;

	if (offset >= CTIINEN0 && offset < CTIINEN0 + 4 * VB_CTI_TRIGGERS) {
		cti->in_enable[(offset - CTIINEN0) / 4] = channels;
		return true;
	}
	if (offset >= CTIOUTEN0 && offset < CTIOUTEN0 + 4 * VB_CTI_TRIGGERS) {
		cti->out_enable[(offset - CTIOUTEN0) / 4] = channels;
		return true;
	}
	switch (offset) {
	case CTICONTROL: cti->is_enabled = value & 1; return true;
	case CTIAPPSET: cti->app |= channels; return true;
	case CTIAPPCLEAR: cti->app &= (uint8_t)~channels; return true;
	case CTIGATE: cti->gate = channels; return true;
	case ITCTRL: cti->is_testing = value & 1; return true;
	case ASICCTL: cti->asicctl = (uint8_t)value; return false;
	case CLAIMSET: cti->claims |= channels; return false;
	case CLAIMCLR: cti->claims &= (uint8_t)~channels; return false;
	default: return false;
	}
}

void vb_cti_write(struct vb_cti *cti, uint32_t offset, uint32_t value, bool is_debugger)
{
	if (offset == LAR) {
		cti->is_locked = value != LAR_KEY;
		return;
	}
	if (cti->is_locked && !is_debugger)
		return;
	if (offset == CTIINTACK)
		set_outputs(cti, cti->outputs & (uint8_t)(~value | mapped(cti)));
	else if (offset == CTIAPPPULSE)
		pulse_channels(cti, value & CHANNELS);
	else if (store(cti, offset, value))
		settle(cti);
}

void vb_cti_reset(struct vb_cti *cti)
{
	cti->is_enabled = cti->is_testing = false;
	cti->is_locked = true;
	cti->app = cti->asicctl = cti->claims = 0;
	cti->gate = CHANNELS;
	for (unsigned n = 0; n < VB_CTI_TRIGGERS; n++)
		cti->in_enable[n] = cti->out_enable[n] = 0;
	set_outputs(cti, 0);
}

void vb_cti_join(struct vb_cti *a, struct vb_cti *b)
{
	struct vb_cti *next = a->next;

	a->next = b->next;
	b->next = next;
}

struct vb_cti *vb_cti_new(const struct vb_cti_config *config)
{
	struct vb_cti *cti = xcalloc(1, sizeof(*cti));

	cti->config = *config;
	cti->next = cti;
	vb_cti_reset(cti);
	return cti;
}

void vb_cti_free(struct vb_cti *cti)
{
	struct vb_cti *before = cti;

	if (cti == NULL)
		return;
	while (before->next != cti)
		before = before->next;
	before->next = cti->next;
	free(cti);
}
