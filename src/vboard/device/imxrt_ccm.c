/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_ccm.h"

#define OSC_HZ 24000000u
#define LPO_HZ 32768u
/* A multiplexer or divider in use takes over at the next common edge of both clocks. */
#define HANDSHAKE_NS 1000u

/* CCM, IMXRT1064RM 14.7 */
#define CCSR   0x0cu
#define CACRR  0x10u
#define CBCDR  0x14u
#define CBCMR  0x18u
#define CSCMR1 0x1cu
#define CSCDR1 0x24u
#define CDHIPR 0x48u
#define	  CDHIPR_SEMC_PODF	 BIT(0)
#define	  CDHIPR_AHB_PODF	 BIT(1)
#define	  CDHIPR_PERIPH_CLK_SEL	 BIT(5)
#define	  CDHIPR_ARM_PODF	 BIT(16)
#define CLPCR  0x54u
#define CCGR0  0x68u

/* CCM_ANALOG, IMXRT1064RM 14.8; PFD_480 belongs to PLL_USB1, PFD_528 to PLL_SYS. */
#define ANALOG_PLL_ARM	0x000u
#define ANALOG_PLL_USB1 0x010u
#define ANALOG_PLL_SYS	0x030u
#define	  PLL_POWER	BIT(12)		/* USB1: POWER; the others: POWERDOWN */
#define	  PLL_ENABLE	BIT(13)
#define	  PLL_SOURCE	0xc000u		/* BYPASS_CLK_SRC: 0 is the crystal */
#define	  PLL_BYPASS	BIT(16)
#define	  PLL_LOCK	BIT(31)
#define ANALOG_PFD_480	0x0f0u
#define ANALOG_PFD_528	0x100u
#define	  PFD_FRAC	0x3fu
#define	  PFD_STABLE	BIT(6)
#define	  PFD_CLKGATE	BIT(7)
#define ANALOG_DIGPROG	0x260u

/* Lock times of the data sheet (IMXRT1064CEC 4.2.4): 2250, 383 and 11250 reference cycles. */
static const struct pll_row {
	uint32_t reg, div_mask;
	uint64_t lock_ns;
	bool power_is_on;	/* PLL_POWER set means on */
	uint32_t pfd_reg;	/* 0: none */
} plls[PLL_COUNT] = {
	[PLL_ARM] = { ANALOG_PLL_ARM, 0x7f, 93750, false, 0 },
	[PLL_USB1] = { ANALOG_PLL_USB1, 0x02, 15959, true, ANALOG_PFD_480 },
	[PLL_SYS] = { ANALOG_PLL_SYS, 0x01, 468750, false, ANALOG_PFD_528 },
};

static uint32_t ccm_reg(const struct imxrt_ccm *ccm, uint32_t offset)
{
	return *vb_regs_at((struct vb_regs *)&ccm->regs, offset);
}

static uint32_t analog_reg(const struct imxrt_ccm *ccm, uint32_t offset)
{
	return *vb_regs_at((struct vb_regs *)&ccm->analog, offset);
}

/* PLLs and PFDs */

static bool has_power(const struct imxrt_ccm *ccm, enum imxrt_pll pll)
{
	return ((analog_reg(ccm, plls[pll].reg) & PLL_POWER) != 0) == plls[pll].power_is_on;
}

/* What the oscillator of the PLL makes of 24 MHz once it is locked. */
static uint32_t vco_hz(const struct imxrt_ccm *ccm, enum imxrt_pll pll)
{
	uint32_t div = analog_reg(ccm, plls[pll].reg) & plls[pll].div_mask;

	if (!ccm->lock[pll].is_locked)
		return 0;
	if (pll == PLL_ARM)
		return OSC_HZ / 2 * div;
	return OSC_HZ * (div ? 22 : 20);
}

uint32_t imxrt_ccm_pll(const struct imxrt_ccm *ccm, enum imxrt_pll pll)
{
	uint32_t reg = analog_reg(ccm, plls[pll].reg);

	if (!(reg & PLL_ENABLE))
		return 0;
	if (reg & PLL_BYPASS)
		return reg & PLL_SOURCE ? 0 : OSC_HZ;	/* nothing is wired to CLK1 of the boards */
	return vco_hz(ccm, pll);
}

static bool pfd_runs(const struct imxrt_ccm *ccm, enum imxrt_pll pll, unsigned pfd)
{
	uint32_t byte = analog_reg(ccm, plls[pll].pfd_reg) >> 8 * pfd;

	return ccm->lock[pll].is_locked && !(byte & PFD_CLKGATE);
}

uint32_t imxrt_ccm_pfd(const struct imxrt_ccm *ccm, enum imxrt_pll pll, unsigned pfd)
{
	uint32_t frac = analog_reg(ccm, plls[pll].pfd_reg) >> 8 * pfd & PFD_FRAC;

	if (!pfd_runs(ccm, pll, pfd))
		return 0;
	frac = MIN(MAX(frac, 12u), 35u);
	return (uint32_t)((uint64_t)vco_hz(ccm, pll) * 18 / frac);
}

/* The tree, IMXRT1064RM figure 14-2 */

static uint32_t divide(uint32_t hz, uint32_t podf)
{
	return hz / (podf + 1);
}

static uint32_t pll3_sw(const struct imxrt_ccm *ccm)
{
	return ccm_reg(ccm, CCSR) & 1 ? OSC_HZ : imxrt_ccm_pll(ccm, PLL_USB1);
}

static uint32_t pre_periph(const struct imxrt_ccm *ccm)
{
	switch (bits_get(ccm_reg(ccm, CBCMR), 19, 18)) {
	case 0:	 return imxrt_ccm_pll(ccm, PLL_SYS);
	case 1:	 return imxrt_ccm_pfd(ccm, PLL_SYS, 2);
	case 2:	 return imxrt_ccm_pfd(ccm, PLL_SYS, 0);
	default: return divide(imxrt_ccm_pll(ccm, PLL_ARM), ccm_reg(ccm, CACRR) & 7);
	}
}

static uint32_t periph_clk2(const struct imxrt_ccm *ccm)
{
	uint32_t podf = bits_get(ccm_reg(ccm, CBCDR), 29, 27);

	switch (bits_get(ccm_reg(ccm, CBCMR), 13, 12)) {
	case 0:	 return divide(pll3_sw(ccm), podf);
	case 1:	 return divide(OSC_HZ, podf);
	case 2:	 return divide(OSC_HZ, podf);		/* the bypass clock of PLL2 */
	default: return 0;
	}
}

static uint32_t periph(const struct imxrt_ccm *ccm)
{
	return ccm_reg(ccm, CBCDR) & BIT(25) ? periph_clk2(ccm) : pre_periph(ccm);
}

/* semc_clk_root_pre: before SEMC_PODF. */
static uint32_t semc_pre(const struct imxrt_ccm *ccm)
{
	uint32_t cbcdr = ccm_reg(ccm, CBCDR);

	if (!(cbcdr & BIT(6)))
		return periph(ccm);
	return cbcdr & BIT(7) ? imxrt_ccm_pfd(ccm, PLL_USB1, 1) : imxrt_ccm_pfd(ccm, PLL_SYS, 2);
}

static uint32_t flexspi_root(const struct imxrt_ccm *ccm)
{
	uint32_t cscmr1 = ccm_reg(ccm, CSCMR1), hz;

	switch (bits_get(cscmr1, 30, 29)) {
	case 0:	 hz = semc_pre(ccm); break;
	case 1:	 hz = pll3_sw(ccm); break;
	case 2:	 hz = imxrt_ccm_pfd(ccm, PLL_SYS, 2); break;
	default: hz = imxrt_ccm_pfd(ccm, PLL_USB1, 0); break;
	}
	return divide(hz, bits_get(cscmr1, 25, 23));
}

static uint32_t flexspi2_root(const struct imxrt_ccm *ccm)
{
	uint32_t cbcmr = ccm_reg(ccm, CBCMR), hz;

	switch (bits_get(cbcmr, 9, 8)) {
	case 0:	 hz = imxrt_ccm_pfd(ccm, PLL_SYS, 2); break;
	case 1:	 hz = imxrt_ccm_pfd(ccm, PLL_USB1, 0); break;
	case 2:	 hz = imxrt_ccm_pfd(ccm, PLL_USB1, 1); break;
	default: hz = imxrt_ccm_pll(ccm, PLL_SYS); break;
	}
	return divide(hz, bits_get(cbcmr, 31, 29));
}

static struct imxrt_clocks tree(const struct imxrt_ccm *ccm)
{
	uint32_t cbcdr = ccm_reg(ccm, CBCDR), cscmr1 = ccm_reg(ccm, CSCMR1);
	uint32_t cscdr1 = ccm_reg(ccm, CSCDR1);
	struct imxrt_clocks c = { .lpo = LPO_HZ, .osc = OSC_HZ };

	c.core = c.ahb = divide(periph(ccm), bits_get(cbcdr, 12, 10));
	c.ipg = divide(c.ahb, bits_get(cbcdr, 9, 8));
	c.perclk = divide(cscmr1 & BIT(6) ? OSC_HZ : c.ipg, cscmr1 & 0x3f);
	c.uart = divide(cscdr1 & BIT(6) ? OSC_HZ : imxrt_ccm_pll(ccm, PLL_USB1) / 6,
			cscdr1 & 0x3f);
	c.flexspi[0] = flexspi_root(ccm);
	c.flexspi[1] = flexspi2_root(ccm);
	return c;
}

static void update(struct imxrt_ccm *ccm)
{
	struct imxrt_clocks now = tree(ccm);
	struct imxrt_env *env = ccm->env;

	imxrt_env_change(env);
	env->clocks = now;
	for (size_t i = 0; i < ARRAY_SIZE(env->ccgr); i++)
		env->ccgr[i] = ccm_reg(ccm, CCGR0 + 4 * (uint32_t)i);
	if (env->board->cpu != NULL && now.core != 0)
		vb_cpu_set_hclk(env->board->cpu, now.core);
	imxrt_env_changed(env);
	if (ccm->changed)
		ccm->changed(ccm->chip);
}

/* CCM */

static enum vb_result clock_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value, (void)old;
	update(regs->dev);
	return VB_OK;
}

static void handshake_done(void *ctx)
{
	struct imxrt_ccm *ccm = ctx;

	ccm->handshake = NULL;
	*vb_regs_at(&ccm->regs, CDHIPR) = 0;
}

static void start_handshake(struct imxrt_ccm *ccm, uint32_t bits)
{
	if (bits == 0)
		return;
	*vb_regs_at(&ccm->regs, CDHIPR) |= bits;
	vb_clock_cancel(ccm->env->board->clock, ccm->handshake);
	ccm->handshake = vb_clock_after(ccm->env->board->clock, HANDSHAKE_NS, handshake_done, ccm,
					"CCM handshake");
}

static enum vb_result cacrr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	start_handshake(regs->dev, (ccm_reg(regs->dev, CACRR) ^ old) & 7 ? CDHIPR_ARM_PODF : 0);
	return clock_written(regs, value, old);
}

static enum vb_result cbcdr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	uint32_t changed = ccm_reg(regs->dev, CBCDR) ^ old;

	start_handshake(regs->dev, (changed & 0x00070000 ? CDHIPR_SEMC_PODF : 0) |
					   (changed & 0x00001c00 ? CDHIPR_AHB_PODF : 0) |
					   (changed & BIT(25) ? CDHIPR_PERIPH_CLK_SEL : 0));
	return clock_written(regs, value, old);
}

#define ALL 0xffffffffu
static const struct vb_reg ccm_regs[] = {
	{ "CCR", 0x00, 0x0401107f, 0x0fff30ff, 0, NULL, NULL },
	{ "CSR", 0x08, 0x00000010, 0, 0, NULL, NULL },
	{ "CCSR", CCSR, 0x00000100, 0x000001ff, 0, clock_written, NULL },
	{ "CACRR", CACRR, 0x00000001, 0x00000007, 0, cacrr_written, NULL },
	{ "CBCDR", CBCDR, 0x000a8300, 0x3a071fc0, 0, cbcdr_written, NULL },
	{ "CBCMR", CBCMR, 0x2dae8324, ALL, 0, clock_written, NULL },
	{ "CSCMR1", CSCMR1, 0x04900000, ALL, 0, clock_written, NULL },
	{ "CSCMR2", 0x20, 0x13192f06, ALL, 0, NULL, NULL },
	{ "CSCDR1", CSCDR1, 0x06490b00, ALL, 0, clock_written, NULL },
	{ "CS1CDR", 0x28, 0x0ec102c1, ALL, 0, NULL, NULL },
	{ "CS2CDR", 0x2c, 0x000336c1, ALL, 0, NULL, NULL },
	{ "CDCDR", 0x30, 0x33f71f92, ALL, 0, NULL, NULL },
	{ "CSCDR2", 0x38, 0x00029150, ALL, 0, NULL, NULL },
	{ "CSCDR3", 0x3c, 0x00030841, ALL, 0, NULL, NULL },
	{ "CDHIPR", CDHIPR, 0, 0, 0, NULL, NULL },
	{ "CLPCR", CLPCR, 0x00000079, 0x0fffffff, 0, clock_written, NULL },
	{ "CISR", 0x58, 0, 0, ALL, NULL, NULL },
	{ "CIMR", 0x5c, ALL, ALL, 0, NULL, NULL },
	{ "CCOSR", 0x60, 0x000a0001, ALL, 0, NULL, NULL },
	{ "CGPR", 0x64, 0x0000fe62, ALL, 0, NULL, NULL },
	{ "CCGR0", CCGR0, ALL, ALL, 0, clock_written, NULL },
	{ "CCGR1", 0x6c, ALL, ALL, 0, clock_written, NULL },
	{ "CCGR2", 0x70, 0xfc3fffff, ALL, 0, clock_written, NULL },
	{ "CCGR3", 0x74, 0xffffffcf, ALL, 0, clock_written, NULL },
	{ "CCGR4", 0x78, ALL, ALL, 0, clock_written, NULL },
	{ "CCGR5", 0x7c, ALL, ALL, 0, clock_written, NULL },
	{ "CCGR6", 0x80, ALL, ALL, 0, clock_written, NULL },
	{ "CCGR7", 0x84, ALL, ALL, 0, clock_written, NULL },
	{ "CMEOR", 0x88, ALL, ALL, 0, NULL, NULL },
	{ .name = NULL }
};

unsigned imxrt_ccm_lpm(const struct imxrt_ccm *ccm)
{
	return ccm_reg(ccm, CLPCR) & CCM_CLPCR_LPM;
}

/* CCM_ANALOG */

static void pll_locked(void *ctx)
{
	struct imxrt_ccm_lock *lock = ctx;
	struct imxrt_ccm *ccm = lock->ccm;

	lock->event = NULL;
	lock->is_locked = true;
	*vb_regs_at(&ccm->analog, plls[lock - ccm->lock].reg) |= PLL_LOCK;
	update(ccm);
}

/* Another divider, or power: the loop has to find its frequency anew. */
static void restart_pll(struct imxrt_ccm *ccm, enum imxrt_pll pll)
{
	struct imxrt_ccm_lock *lock = &ccm->lock[pll];
	struct vb_clock *clock = ccm->env->board->clock;

	vb_clock_cancel(clock, lock->event);
	lock->event = NULL;
	lock->is_locked = false;
	*vb_regs_at(&ccm->analog, plls[pll].reg) &= ~PLL_LOCK;
	if (has_power(ccm, pll))
		lock->event = vb_clock_after(clock, plls[pll].lock_ns, pll_locked, lock, "PLL lock");
}

static enum vb_result pll_written(struct imxrt_ccm *ccm, enum imxrt_pll pll, uint32_t old)
{
	if ((analog_reg(ccm, plls[pll].reg) ^ old) & (plls[pll].div_mask | PLL_POWER))
		restart_pll(ccm, pll);
	update(ccm);
	return VB_OK;
}

static enum vb_result arm_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	return pll_written(regs->dev, PLL_ARM, old);
}

static enum vb_result usb1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	return pll_written(regs->dev, PLL_USB1, old);
}

static enum vb_result sys_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	return pll_written(regs->dev, PLL_SYS, old);
}

static void refresh_pfd(struct imxrt_ccm *ccm, enum imxrt_pll pll)
{
	uint32_t *reg = vb_regs_at(&ccm->analog, plls[pll].pfd_reg);

	for (unsigned pfd = 0; pfd < 4; pfd++) {
		*reg &= ~(PFD_STABLE << 8 * pfd);
		if (pfd_runs(ccm, pll, pfd))
			*reg |= PFD_STABLE << 8 * pfd;
	}
}

static void pfd_reading(struct vb_regs *regs, uint32_t *value)
{
	(void)value;
	refresh_pfd(regs->dev, PLL_USB1);
	refresh_pfd(regs->dev, PLL_SYS);
}

#define DIGPROG_ROW 0
static const struct vb_reg analog_regs[] = {
	{ "DIGPROG", ANALOG_DIGPROG, 0, 0, 0, NULL, NULL },		/* by the part */
	{ "PLL_ARM", ANALOG_PLL_ARM, 0x00013063, 0x0009f07f, 0, arm_written, NULL },
	{ "PLL_USB1", ANALOG_PLL_USB1, 0x00012000, 0x0001f042, 0, usb1_written, NULL },
	{ "PLL_USB2", 0x020, 0x00012000, 0x0001f042, 0, NULL, NULL },
	{ "PLL_SYS", ANALOG_PLL_SYS, 0x00013001, 0x0005f001, 0, sys_written, NULL },
	{ "PLL_SYS_SS", 0x040, 0, ALL, 0, NULL, NULL },
	{ "PLL_SYS_NUM", 0x050, 0, 0x3fffffff, 0, NULL, NULL },
	{ "PLL_SYS_DENOM", 0x060, 0x00000012, 0x3fffffff, 0, NULL, NULL },
	{ "PLL_AUDIO", 0x070, 0x00011006, 0x007df07f, 0, NULL, NULL },
	{ "PLL_AUDIO_NUM", 0x080, 0x05f5e100, 0x3fffffff, 0, NULL, NULL },
	{ "PLL_AUDIO_DENOM", 0x090, 0x2964619c, 0x3fffffff, 0, NULL, NULL },
	{ "PLL_VIDEO", 0x0a0, 0x0001100c, 0x007df07f, 0, NULL, NULL },
	{ "PLL_VIDEO_NUM", 0x0b0, 0x05f5e100, 0x3fffffff, 0, NULL, NULL },
	{ "PLL_VIDEO_DENOM", 0x0c0, 0x10a24447, 0x3fffffff, 0, NULL, NULL },
	{ "PLL_ENET", 0x0e0, 0x00011001, 0x0037f00f, 0, NULL, NULL },
	{ "PFD_480", ANALOG_PFD_480, 0x1311100c, 0xbfbfbfbf, 0, clock_written, pfd_reading },
	{ "PFD_528", ANALOG_PFD_528, 0x1018101b, 0xbfbfbfbf, 0, clock_written, pfd_reading },
	/* PMU, what firmware reads back; the regulators say they are in regulation. */
	{ "REG_1P1", 0x110, 0x00021073, 0x000c1fff, 0, NULL, NULL },
	{ "REG_3P0", 0x120, 0x00020f74, 0x00001ff7, 0, NULL, NULL },
	{ "REG_2P5", 0x130, 0x00021073, 0x00041fff, 0, NULL, NULL },
	{ "REG_CORE", 0x140, 0x00482012, ALL, 0, NULL, NULL },
	{ "MISC0", 0x150, 0x04000000, ALL, 0, NULL, NULL },
	{ "MISC1", 0x160, 0, 0x00007fff, 0xe0000000, NULL, NULL },
	{ "MISC2", 0x170, 0x00272727, ALL, 0, NULL, NULL },
	{ "TEMPSENSE0", 0x180, 0x00000001, 0xfff00003, 0, NULL, NULL },
	{ "TEMPSENSE1", 0x190, 0x00000001, 0x0000ffff, 0, NULL, NULL },
	{ "USB1_VBUS_DETECT", 0x1a0, 0x00100004, ALL, 0, NULL, NULL },
	{ "USB1_CHRG_DETECT", 0x1b0, 0, ALL, 0, NULL, NULL },
	{ "USB1_VBUS_STAT", 0x1c0, 0, 0, 0, NULL, NULL },
	{ "USB1_CHRG_STAT", 0x1d0, 0, 0, 0, NULL, NULL },
	{ "USB1_MISC", 0x1f0, 0x00000002, ALL, 0, NULL, NULL },
	{ "USB2_VBUS_DETECT", 0x200, 0x00100004, ALL, 0, NULL, NULL },
	{ "USB2_MISC", 0x250, 0x00000002, ALL, 0, NULL, NULL },
	{ "LOWPWR_CTRL", 0x270, 0x00004001, ALL, 0, NULL, NULL },
	{ "OSC_CONFIG0", 0x2a0, 0x00001020, ALL, 0, NULL, NULL },
	{ "OSC_CONFIG1", 0x2b0, 0x000002ee, ALL, 0, NULL, NULL },
	{ "OSC_CONFIG2", 0x2c0, 0x000102e2, ALL, 0, NULL, NULL },
	{ .name = NULL }
};

/* Each register at +0 has its SET at +4, CLR at +8 and TOG at +C. */
static enum vb_result analog_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct imxrt_ccm *ccm = dev;

	return vb_regs_ops.read(&ccm->analog, a, offset & ~0xcu, value);
}

static enum vb_result analog_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct imxrt_ccm *ccm = dev;
	uint32_t *reg = vb_regs_at(&ccm->analog, offset & ~0xfu);
	uint32_t now = reg ? *reg >> 8 * (offset & 3) : 0;

	return vb_regs_ops.write(&ccm->analog, a, offset & ~0xcu,
				 imxrt_set_clr_tog(now, offset, value));
}

const struct vb_device_ops imxrt_ccm_analog_ops = { .read = analog_read, .write = analog_write };

void imxrt_ccm_init(struct imxrt_ccm *ccm, struct imxrt_env *env, uint32_t digprog)
{
	ccm->env = env;
	ccm->digprog = digprog;
	ccm->regs = (struct vb_regs){ .name = "CCM", .table = ccm_regs, .value = ccm->value,
				      .dev = ccm };
	ccm->analog = (struct vb_regs){ .name = "CCM_ANALOG", .table = analog_regs,
					.value = ccm->analog_value, .dev = ccm };
	for (unsigned i = 0; i < PLL_COUNT; i++)
		ccm->lock[i].ccm = ccm;
	imxrt_ccm_reset(ccm);
}

void imxrt_ccm_reset(struct imxrt_ccm *ccm)
{
	vb_clock_cancel(ccm->env->board->clock, ccm->handshake);
	ccm->handshake = NULL;
	vb_regs_reset(&ccm->regs);
	vb_regs_reset(&ccm->analog);
	ccm->analog_value[DIGPROG_ROW] = ccm->digprog;
	for (unsigned i = 0; i < PLL_COUNT; i++)
		restart_pll(ccm, i);
	update(ccm);
}
