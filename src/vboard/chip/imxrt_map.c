/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sits where: IMXRT1064RM 2.1 (memory map), 14.7.21 (which gate of CCGRn is whose). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/imxrt.h"

#define AIPS 0x4000u
#define ON   IMXRT_GATE_NONE
#define AT(field) offsetof(struct imxrt, field)
#define REGS_OF(field, where) &vb_regs_ops, AT(field.regs), where
#define REGS(field)	      REGS_OF(field, EVERYWHERE)
#define QUIET_OF(where)	      NULL, 0, where
#define QUIET		      QUIET_OF(EVERYWHERE)

struct unit {
	const char *name;
	uint32_t base, size;
	unsigned gate;
	const struct vb_device_ops *ops;	/* NULL: keeps what is written, and nothing happens */
	size_t dev;
	enum { EVERYWHERE, NOT_RT102X, RT106X, RT1064 } where;
};

static const struct unit units[] = {
	{ "AIPSTZ1", 0x4007c000, AIPS, IMXRT_GATE(0, 0), QUIET },
	{ "DCDC", 0x40080000, AIPS, IMXRT_GATE(6, 3), QUIET },
	{ "PIT", 0x40084000, AIPS, IMXRT_GATE(1, 6), QUIET },
	{ "IOMUXC_SNVS_GPR", 0x400a4000, AIPS, IMXRT_GATE(3, 15), QUIET },
	{ "IOMUXC_SNVS", 0x400a8000, AIPS, IMXRT_GATE(2, 2), QUIET },
	{ "IOMUXC_GPR", 0x400ac000, AIPS, IMXRT_GATE(4, 2), &imxrt_gpr_ops, AT(iomuxc), EVERYWHERE },
	{ "FLEXRAM", 0x400b0000, AIPS, IMXRT_GATE(3, 9), QUIET },
	{ "EWM", 0x400b4000, AIPS, IMXRT_GATE(3, 7), QUIET },
	{ "WDOG1", 0x400b8000, AIPS, IMXRT_GATE(3, 8), &imxrt_wdog_ops, AT(wdog[0]), EVERYWHERE },
	{ "RTWDOG", 0x400bc000, AIPS, IMXRT_GATE(5, 2), &imxrt_rtwdog_ops, AT(rtwdog), EVERYWHERE },
	{ "GPIO5", 0x400c0000, AIPS, IMXRT_GATE(1, 15), REGS(gpio[4]) },
	{ "TRNG", 0x400cc000, AIPS, IMXRT_GATE(6, 6), QUIET },
	{ "WDOG2", 0x400d0000, AIPS, IMXRT_GATE(5, 5), &imxrt_wdog_ops, AT(wdog[1]), EVERYWHERE },
	{ "SNVS", 0x400d4000, AIPS, IMXRT_GATE(5, 14), QUIET },
	{ "CCM_ANALOG", 0x400d8000, 0x1000, ON, &imxrt_ccm_analog_ops, AT(ccm), EVERYWHERE },
	{ "USBPHY", 0x400d9000, 0x2000, ON, QUIET },
	{ "CSU", 0x400dc000, AIPS, IMXRT_GATE(1, 14), QUIET },
	{ "DMA", 0x400e8000, AIPS, IMXRT_GATE(5, 3), QUIET },
	{ "DMAMUX", 0x400ec000, AIPS, IMXRT_GATE(5, 3), QUIET },
	{ "GPC", 0x400f4000, AIPS, ON, QUIET },
	{ "SRC", 0x400f8000, AIPS, ON, REGS(src) },
	{ "CCM", 0x400fc000, AIPS, ON, REGS(ccm) },
	{ "AIPSTZ2", 0x4017c000, AIPS, IMXRT_GATE(0, 1), QUIET },
	{ "ROMC", 0x40180000, AIPS, IMXRT_GATE(5, 0), QUIET_OF(NOT_RT102X) },
	{ "LPUART1", 0x40184000, AIPS, IMXRT_GATE(5, 12), REGS(lpuart1) },
	{ "GPIO1", 0x401b8000, AIPS, IMXRT_GATE(1, 13), REGS(gpio[0]) },
	{ "GPIO2", 0x401bc000, AIPS, IMXRT_GATE(0, 15), REGS(gpio[1]) },
	{ "GPIO3", 0x401c0000, AIPS, IMXRT_GATE(2, 13), REGS(gpio[2]) },
	{ "GPIO4", 0x401c4000, AIPS, IMXRT_GATE(3, 6), REGS(gpio[3]) },
	{ "GPIO10", 0x401c8000, AIPS, ON, REGS_OF(gpio[9], RT1064) },	/* the pads of the flash inside */
	{ "GPT1", 0x401ec000, AIPS, IMXRT_GATE(1, 10), REGS(gpt[0]) },
	{ "GPT2", 0x401f0000, AIPS, IMXRT_GATE(0, 12), REGS(gpt[1]) },
	{ "IOMUXC", 0x401f8000, AIPS, IMXRT_GATE(4, 1), &imxrt_iomuxc_ops, AT(iomuxc), EVERYWHERE },
	{ "KPP", 0x401fc000, AIPS, IMXRT_GATE(5, 4), QUIET },
	{ "AIPSTZ3", 0x4027c000, AIPS, IMXRT_GATE(6, 9), QUIET },
	{ "USDHC1", 0x402c0000, AIPS, IMXRT_GATE(6, 1), QUIET },
	{ "USDHC2", 0x402c4000, AIPS, IMXRT_GATE(6, 2), QUIET },
	{ "USB", 0x402e0000, AIPS, IMXRT_GATE(6, 0), QUIET },
	{ "SEMC", 0x402f0000, AIPS, IMXRT_GATE(3, 2), QUIET },
	{ "DCP", 0x402fc000, AIPS, IMXRT_GATE(0, 5), QUIET },
	{ "AIPSTZ4", 0x4037c000, AIPS, IMXRT_GATE(5, 6), QUIET },
	{ "BEE", 0x403ec000, AIPS, IMXRT_GATE(4, 3), QUIET },
	{ "GPIO6", 0x42000000, AIPS, ON, REGS_OF(gpio[5], RT106X) },
	{ "GPIO7", 0x42004000, AIPS, ON, REGS_OF(gpio[6], RT106X) },
	{ "GPIO8", 0x42008000, AIPS, ON, REGS_OF(gpio[7], RT106X) },
	{ "GPIO9", 0x4200c000, AIPS, ON, REGS_OF(gpio[8], RT106X) },
};

/* What such a block shows to firmware that waits for it: voltage is good, PHY in reset. */
static const struct { uint32_t addr, value; } quiet_resets[] = {
	{ 0x40080000, 0x94030111 }, { 0x40080004, 0x111ba29c },		/* DCDC: STS_DC_OK */
	{ 0x40080008, 0x00000009 }, { 0x4008000c, 0x0000010e },
	{ 0x400d9000, 0x001e1c00 }, { 0x400da000, 0x001e1c00 },		/* USBPHYn_PWD */
	{ 0x400d9030, 0xc0000000 }, { 0x400da030, 0xc0000000 },		/* USBPHYn_CTRL */
	{ 0x402e0140, 0x00080000 }, { 0x402e0340, 0x00080000 },		/* USBn_USBCMD */
};

static void add_slave(struct imxrt *chip, const char *name, uint32_t base, uint32_t size,
		      unsigned gate, const struct vb_device_ops *ops, void *dev)
{
	struct imxrt_slave *slave = &chip->slaves[chip->slave_count++];
	struct vb_region region = { .name = name, .base = base, .size = size,
				    .dev_ops = &imxrt_slave_ops, .ctx = slave };

	assert(chip->slave_count <= BLOCKS_MAX);
	*slave = (struct imxrt_slave){ &chip->env, ops, dev, gate };
	vb_bus_add(chip->board->bus, &region);
}

static struct imxrt_quiet *new_quiet(struct imxrt *chip, uint32_t bytes)
{
	struct imxrt_quiet *quiet = &chip->quiet[chip->quiet_count++];

	quiet->bytes = bytes;
	quiet->words = xcalloc(1, bytes);
	return quiet;
}

static bool has_unit(const struct imxrt *chip, const struct unit *u)
{
	switch (u->where) {
	case NOT_RT102X: return chip->part->family != ROM_RT1020;
	case RT106X:	 return chip->part->family == ROM_RT1060;
	case RT1064:	 return chip->part->family == ROM_RT1060 && chip->part->has_sip;
	default:	 return true;
	}
}

void imxrt_map(struct imxrt *chip)
{
	static const struct { const char *name; uint32_t base; unsigned gate; } flexspis[] = {
		{ "FLEXSPI", 0x402a8000, IMXRT_GATE(6, 5) },
		{ "FLEXSPI2", 0x402a4000, IMXRT_GATE(7, 1) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const struct unit *u = &units[i];

		if (!has_unit(chip, u))
			continue;
		if (u->ops == NULL)
			add_slave(chip, u->name, u->base, u->size, u->gate, &imxrt_quiet_ops,
				  new_quiet(chip, u->size));
		else
			add_slave(chip, u->name, u->base, u->size, u->gate, u->ops,
				  (char *)chip + u->dev);
	}
	add_slave(chip, "OCOTP", 0x401f4000, AIPS, IMXRT_GATE(2, 6), &imxrt_ocotp_ops, chip->ocotp);
	for (size_t i = 0; i < FLEXSPIS; i++) {
		if (chip->flexspi[i] == NULL)
			continue;
		add_slave(chip, flexspis[i].name, flexspis[i].base, AIPS, flexspis[i].gate,
			  &imxrt_flexspi_ops, chip->flexspi[i]);
		imxrt_flexspi_map(chip->flexspi[i]);
	}
	imxrt_reset_quiet(chip);
}

static void preset_quiet(struct imxrt *chip, uint32_t addr, uint32_t value)
{
	const struct vb_region *r = vb_bus_find(chip->board->bus, addr);
	const struct imxrt_slave *slave = r ? r->ctx : NULL;

	if (slave != NULL && slave->ops == &imxrt_quiet_ops)
		((struct imxrt_quiet *)slave->dev)->words[(addr - r->base) / 4] = value;
}

void imxrt_reset_quiet(struct imxrt *chip)
{
	for (size_t i = 0; i < chip->quiet_count; i++)
		memset(chip->quiet[i].words, 0, chip->quiet[i].bytes);
	for (size_t i = 0; i < ARRAY_SIZE(quiet_resets); i++)
		preset_quiet(chip, quiet_resets[i].addr, quiet_resets[i].value);
}

void imxrt_free_quiet(struct imxrt *chip)
{
	for (size_t i = 0; i < chip->quiet_count; i++)
		free(chip->quiet[i].words);
}
