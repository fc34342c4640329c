/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/dp_link.h"

#include <stdlib.h>

#include "base/bytes.h"

#define SWITCH_ONES 50u	/* in front of a 16-bit switch code */
#define DEFAULT_HZ  1000000u

/* Switch codes, sent LSB first after at least 50 ones (IHI 0031 B5.2; the old ones from DDI 0314).
 */
static const struct switch_code {
	uint16_t code;
	enum vb_link_mode from, to;
} switch_codes[] = {
	{ 0xe79e, VB_LINK_JTAG, VB_LINK_SWD },
	{ 0xedb6, VB_LINK_JTAG, VB_LINK_SWD },
	{ 0xe73c, VB_LINK_SWD, VB_LINK_JTAG },
	{ 0xaeae, VB_LINK_SWD, VB_LINK_JTAG },
	{ 0xe3bc, VB_LINK_SWD, VB_LINK_DORMANT },
};

/* JTAG to dormant: 31 bits after at least 5 ones. */
#define JTAG_TO_DORMANT	     0x33bbbbbaull
#define JTAG_TO_DORMANT_BITS 31
/* The 128 bits of the selection alert, first bit sent = bit 0 of [0]. */
#define ALERT_LOW	0x86852d956209f392ull
#define ALERT_HIGH	0x19bc0ea2e3ddafe9ull
/* After the alert: 4 zeros, then 8 bits. */
#define ACTIVATE_SWD	0x1au
#define ACTIVATE_JTAG	0x0au
#define ACTIVATION_BITS 12u

static void link_sync(void *ctx)
{
	vb_link_sync(ctx);
}

struct vb_link *vb_link_new(struct vb_dp *dp, struct vb_clock *clock)
{
	struct vb_link *link = xcalloc(1, sizeof(*link));

	link->dp = dp;
	link->clock = clock;
	link->dio = link->is_host_driving = true;
	vb_link_set_hz(link, DEFAULT_HZ);
	vb_swd_init(&link->swd, dp, link_sync, link);
	vb_jtag_init(&link->jtag, dp, link_sync, link);
	vb_link_power_on(link);
	return link;
}

void vb_link_free(struct vb_link *link)
{
	free(link);
}

static void select_mode(struct vb_link *link, enum vb_link_mode mode)
{
	link->mode = mode;
	link->monitor = (struct vb_link_monitor){ 0 };
	/* While Serial Wire has the pins the TAPs are held in reset. */
	vb_jtag_reset(&link->jtag);
	vb_swd_select(&link->swd);
}

void vb_link_power_on(struct vb_link *link)
{
	bool has_taps = link->jtag.taps > 0;

	if (has_taps)
		select_mode(link, VB_LINK_JTAG);
	else	/* SW-DP only: dormant if it knows that state */
		select_mode(link,
			    vb_dp_config(link->dp)->has_dormant ? VB_LINK_DORMANT : VB_LINK_SWD);
}

/* --- Time and trace --- */

void vb_link_set_hz(struct vb_link *link, uint32_t hz)
{
	if (hz != 0)
		link->period_ps = (1000000000000ull + hz - 1) / hz;
}

void vb_link_sync(struct vb_link *link)
{
	uint64_t ns = link->pending_ps / 1000;

	link->pending_ps %= 1000;
	if (ns > 0)
		vb_clock_advance(link->clock, ns);
}

void vb_link_delay(struct vb_link *link, uint64_t ns)
{
	link->pending_ps += ns * 1000;
	vb_link_sync(link);
}

uint64_t vb_link_now_ps(const struct vb_link *link)
{
	return vb_clock_now(link->clock) * 1000 + link->pending_ps;
}

/* --- The cable --- */

static bool flips(const struct vb_link *link, bool to_target)
{
	return link->wire.max_khz != 0 &&
	       vb_wire_flips(&link->wire, link->clocks, link->period_ps, to_target);
}

/* SWDIO at the target's end of a wire that is neither open nor swapped. */
static bool dio_line(const struct vb_link *link)
{
	if (link->wire.dio_short != VB_SHORT_NONE)
		return link->wire.dio_short == VB_SHORT_HIGH;
	if (link->is_host_driving)
		return link->dio;
	if (link->mode == VB_LINK_SWD && link->swd.is_driving && !vb_dp_is_dead(link->dp))
		return link->swd.out;
	return true;
}

bool vb_link_dio(const struct vb_link *link)
{
	const struct vb_wire *wire = &link->wire;

	if (wire->dio_short != VB_SHORT_NONE)
		return wire->dio_short == VB_SHORT_HIGH;
	if (link->is_host_driving)
		return link->dio;
	if (wire->is_swapped)		/* the target's SWCLK pin pulls it down */
		return false;
	if (wire->open & LINK_DIO)
		return true;
	/* Only what the target drives comes late: a released line stands still. */
	return dio_line(link) ^ (link->swd.is_driving && flips(link, false));
}

bool vb_link_tdo(const struct vb_link *link)
{
	if (link->mode != VB_LINK_JTAG || vb_dp_is_dead(link->dp) || (link->wire.open & LINK_TDO))
		return true;
	return link->jtag.tdo ^ (vb_jtag_is_shifting(&link->jtag) && flips(link, false));
}

/* Levels on the target's own pins. */
static bool target_clk(const struct vb_link *link)
{
	const struct vb_wire *wire = &link->wire;

	if (wire->open & (wire->is_swapped ? LINK_DIO : LINK_CLK))
		return false;
	if (!wire->is_swapped)
		return link->clk;
	return wire->dio_short != VB_SHORT_NONE ? wire->dio_short == VB_SHORT_HIGH
						: link->is_host_driving && link->dio;
}

static bool target_dio(const struct vb_link *link)
{
	const struct vb_wire *wire = &link->wire;

	if (wire->is_swapped)
		return wire->open & LINK_CLK ? true : link->clk;
	if (wire->open & LINK_DIO)
		return link->swd.is_driving ? link->swd.out : true;
	return dio_line(link) ^ (link->is_host_driving && flips(link, true));
}

static bool target_tdi(const struct vb_link *link)
{
	return link->wire.open & LINK_TDI ? true : link->tdi ^ flips(link, true);
}

void vb_link_set_wire(struct vb_link *link, const struct vb_wire *wire)
{
	link->wire = *wire;
	link->wire.target_clk = target_clk(link);	/* plugging is no clock edge */
}

/* `back_ps`: how long ago the levels became what they are. */
static void trace(struct vb_link *link, uint64_t back_ps)
{
	unsigned pins;

	if (link->trace.levels == NULL)
		return;
	pins = (link->clk ? LINK_CLK : 0) | (vb_link_dio(link) ? LINK_DIO : 0) |
	       (link->tdi ? LINK_TDI : 0) | (vb_link_tdo(link) ? LINK_TDO : 0) |
	       (link->is_nrst_low ? 0 : LINK_NRESET);
	link->trace.levels(link->trace.ctx, vb_link_now_ps(link) - back_ps, pins, link->mode);
}

/* Data moves between the edges: while the clock is low, well before it rises. */
static void trace_data(struct vb_link *link)
{
	uint64_t back_ps = link->clk ? 0 : link->period_ps / 4;

	trace(link, MIN(back_ps, vb_link_now_ps(link)));
}

/* --- The switch unit --- */

/* A 16-bit code starts with the first 0 after a long run of ones. */
static void watch_switch_codes(struct vb_link *link, bool bit)
{
	struct vb_link_monitor *m = &link->monitor;

	if (m->left > 0) {
		m->code |= (uint32_t)bit << (16 - m->left);
		if (--m->left > 0)
			return;
		for (size_t i = 0; i < ARRAY_SIZE(switch_codes); i++) {
			const struct switch_code *s = &switch_codes[i];
			bool can = s->to == VB_LINK_DORMANT ? vb_dp_config(link->dp)->has_dormant :
				   s->to == VB_LINK_JTAG    ? link->jtag.taps > 0 : true;

			if (s->code == m->code && s->from == link->mode && can) {
				select_mode(link, s->to);
				return;
			}
		}
		m->ones = 0;
	} else if (!bit && m->ones >= SWITCH_ONES) {
		m->code = 0;
		m->left = 15;
	}
	m->ones = bit ? MIN(m->ones + 1, SWITCH_ONES) : 0;
}

static void remember(struct vb_link_monitor *m, bool bit)
{
	m->history[0] = m->history[0] >> 1 | m->history[1] << 63;
	m->history[1] = m->history[1] >> 1 | (uint64_t)bit << 63;
}

static void watch_jtag_to_dormant(struct vb_link *link)
{
	uint64_t newest = link->monitor.history[1];

	if (newest >> (64 - JTAG_TO_DORMANT_BITS) == JTAG_TO_DORMANT &&
	    (newest >> (64 - JTAG_TO_DORMANT_BITS - 5) & 0x1f) == 0x1f)
		select_mode(link, VB_LINK_DORMANT);
}

static void watch_dormant(struct vb_link *link, bool bit)
{
	struct vb_link_monitor *m = &link->monitor;

	if (m->activation == 0) {
		if (m->history[0] == ALERT_LOW && m->history[1] == ALERT_HIGH) {
			m->activation = 1;
			m->code = 0;
		}
		return;
	}
	m->code |= (uint32_t)bit << (m->activation - 1);
	if (m->activation++ < ACTIVATION_BITS)
		return;
	if (m->code == ACTIVATE_SWD << 4)
		select_mode(link, VB_LINK_SWD);
	else if (m->code == ACTIVATE_JTAG << 4 && link->jtag.taps > 0)
		select_mode(link, VB_LINK_JTAG);
	else
		m->activation = 0;
}

static void watch(struct vb_link *link, bool bit)
{
	if (link->mode == VB_LINK_SWD && link->swd.is_driving) {
		link->monitor.ones = link->monitor.left = 0;
		return;
	}
	if (vb_dp_config(link->dp)->has_dormant) {
		remember(&link->monitor, bit);
		if (link->mode == VB_LINK_JTAG) {
			watch_jtag_to_dormant(link);
		} else if (link->mode == VB_LINK_DORMANT) {
			watch_dormant(link, bit);
			return;
		}
	}
	watch_switch_codes(link, bit);
}

/* --- Edges --- */

/* What the target makes of an edge on its clock pin. */
static void target_rise(struct vb_link *link)
{
	bool level = target_dio(link);

	if (vb_dp_is_dead(link->dp))
		return;
	if (link->mode == VB_LINK_SWD && link->has_no_swd) {
		/* It hears switch codes, but no Serial Wire answers. */
	} else if (link->mode == VB_LINK_SWD) {
		vb_swd_edge(&link->swd, level);
		trace(link, link->period_ps / 4);	/* ... and what the target drives then */
	} else if (link->mode == VB_LINK_JTAG && !link->is_trst_low) {
		vb_jtag_rise(&link->jtag, level, target_tdi(link));
	}
	watch(link, level);
}

static void target_fall(struct vb_link *link)
{
	if (!vb_dp_is_dead(link->dp) && link->mode == VB_LINK_JTAG) {
		vb_jtag_fall(&link->jtag);
		trace(link, link->period_ps / 4);
	}
}

/* A level of the probe changed: the target has a clock edge of it or not. */
static void carry(struct vb_link *link)
{
	bool clk = target_clk(link);

	if (clk == link->wire.target_clk)
		return;
	link->wire.target_clk = clk;
	if (clk)
		target_rise(link);
	else
		target_fall(link);
}

static void rise(struct vb_link *link)
{
	link->clk = true;
	link->clocks++;
	trace(link, 0);		/* the levels that are sampled ... */
	link->pending_ps += link->period_ps / 2;
	carry(link);
}

static void fall(struct vb_link *link)
{
	link->clk = false;
	trace(link, 0);
	link->pending_ps += (link->period_ps + 1) / 2;
	carry(link);
}

/* On swapped wires data is the target's clock. */
static void data_changed(struct vb_link *link)
{
	trace_data(link);
	carry(link);
}

void vb_link_pins(struct vb_link *link, bool clk, bool dio, bool tdi)
{
	/* Data that changes together with a falling clock is the next bit's. */
	link->dio = dio;
	link->tdi = tdi;
	if (link->clk && !clk)
		fall(link);
	else if (!link->clk && clk)
		rise(link);
	else
		data_changed(link);
}

void vb_link_drive(struct vb_link *link, bool host_drives)
{
	link->is_host_driving = host_drives;
	data_changed(link);
}

void vb_link_trst(struct vb_link *link, bool low)
{
	link->is_trst_low = low;
	if (low)
		vb_jtag_reset(&link->jtag);
}

void vb_link_nrst(struct vb_link *link, bool low)
{
	link->is_nrst_low = low;
	trace(link, 0);
}

bool vb_swd_clock(struct vb_link *link, bool in, bool host_drives)
{
	bool level;

	link->is_host_driving = host_drives;
	if (host_drives)
		link->dio = in;
	fall(link);
	level = vb_link_dio(link);
	rise(link);
	return level;
}

bool vb_jtag_clock(struct vb_link *link, bool tms, bool tdi)
{
	bool level;

	link->is_host_driving = true;
	link->dio = tms;
	link->tdi = tdi;
	fall(link);
	level = vb_link_tdo(link);
	rise(link);
	return level;
}
