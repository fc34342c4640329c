/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory protection unit: v7-M regions (DDI 0403 B3.5) and v8-M regions (DDI 0553 B8). */
#include "vboard/core/cpu_priv.h"

#define CTRL_ENABLE	BIT(0)
#define CTRL_HFNMIENA	BIT(1)
#define CTRL_PRIVDEFENA BIT(2)

/* TEX, C and B of memory that is written through, written back, and of devices. */
#define RASR_THROUGH	BIT(17)
#define RASR_ALLOCATE	(BIT(19) | BIT(17) | BIT(16))
#define RASR_DEVICE	BIT(16)

/* The default memory map: peripherals, external devices and the system region never execute. */
bool mpu_default_xn(uint32_t addr)
{
	return (addr >= 0x40000000 && addr < 0x60000000) || addr >= 0xa0000000;
}

static bool covers(const struct vb_cpu *cpu, unsigned n, uint32_t addr)
{
	uint32_t rasr = cpu->mpu.rasr[n], base = cpu->mpu.rbar[n] & ~0x1fu;
	unsigned size = bits_get(rasr, 5, 1);

	if (!(rasr & 1))
		return false;
	if (cpu->traits->is_v8m)
		return addr >= base && addr <= (rasr | 0x1f);
	if (size < 4)
		return false;
	if (size < 31)
		base &= ~((2u << size) - 1);
	if (size < 31 && addr - base >= 2u << size)
		return false;
	/* Eight subregions of a region of at least 256 bytes can be switched off. */
	return size < 7 || !(rasr >> (8 + ((addr - base) >> (size - 2) & 7)) & 1);
}

static bool region_allows(const struct vb_cpu *cpu, unsigned n, bool is_write, bool is_fetch,
			  bool priv)
{
	uint32_t rasr = cpu->mpu.rasr[n], rbar = cpu->mpu.rbar[n];
	unsigned ap = bits_get(rasr, 26, 24);

	if (cpu->traits->is_v8m) {
		if (is_fetch && (rbar & 1))
			return false;
		return (priv || (rbar & BIT(1))) && !(is_write && (rbar & BIT(2)));
	}
	if (is_fetch && (rasr & BIT(28)))
		return false;
	switch (ap) {
	case 1: return priv;
	case 2: return priv || !is_write;
	case 3: return true;
	case 5: return priv && !is_write;
	case 6:
	case 7: return !is_write;
	default: return false;
	}
}

static bool is_on(const struct vb_cpu *cpu)
{
	return (cpu->mpu.ctrl & CTRL_ENABLE) &&
	       ((cpu->mpu.ctrl & CTRL_HFNMIENA) ||
		(cpu->ipsr != EXC_NMI && cpu->ipsr != EXC_HARDFAULT));
}

/* `known` and `allowed`: a bit per kind of access, the topmost two for the attributes. */
#define KNOWN_ATTRIBUTES(on) BIT(14 + (on))

static struct mpu_memo *memo_of(struct vb_cpu *cpu, uint32_t addr)
{
	struct mpu_memo *m = &cpu->mpu.memo[addr / 32 % ARRAY_SIZE(cpu->mpu.memo)];

	if (m->granule != addr / 32)
		*m = (struct mpu_memo){ .granule = addr / 32 };
	return m;
}

static void forget_verdicts(struct vb_cpu *cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(cpu->mpu.memo); i++)
		cpu->mpu.memo[i].known = 0;
}

static uint32_t find_attributes(const struct vb_cpu *cpu, uint32_t addr)
{
	/* The default map by 512 MiB (DDI 0403 B3.1). */
	static const uint32_t defaults[8] = {
		RASR_THROUGH, RASR_ALLOCATE, RASR_DEVICE, RASR_ALLOCATE, RASR_THROUGH, RASR_DEVICE,
		RASR_DEVICE, RASR_DEVICE,
	};

	for (unsigned n = is_on(cpu) ? cpu->traits->mpu_regions : 0; n-- > 0;) {
		if (covers(cpu, n, addr))
			return cpu->mpu.rasr[n];
	}
	return defaults[addr >> 29];
}

uint32_t mpu_attributes(struct vb_cpu *cpu, uint32_t addr)
{
	struct mpu_memo *m = memo_of(cpu, addr);
	unsigned on = is_on(cpu);

	if (!(m->known & KNOWN_ATTRIBUTES(on))) {
		m->attributes[on] = find_attributes(cpu, addr);
		m->known |= (uint16_t)KNOWN_ATTRIBUTES(on);
	}
	return m->attributes[on];
}

static bool find_verdict(const struct vb_cpu *cpu, uint32_t addr, bool is_write, bool is_fetch,
			 bool is_privileged)
{
	if (addr - 0xe0000000 < 0x00100000)
		return !is_fetch;	/* the PPB is beyond the MPU */
	if (!is_on(cpu))
		return !is_fetch || !mpu_default_xn(addr);
	for (unsigned n = cpu->traits->mpu_regions; n-- > 0;) {
		if (covers(cpu, n, addr))
			return region_allows(cpu, n, is_write, is_fetch, is_privileged);
	}
	return (cpu->mpu.ctrl & CTRL_PRIVDEFENA) && is_privileged &&
	       (!is_fetch || !mpu_default_xn(addr));
}

bool mpu_allows(struct vb_cpu *cpu, uint32_t addr, bool is_write, bool is_fetch, bool is_privileged)
{
	struct mpu_memo *m = memo_of(cpu, addr);
	unsigned kind = is_fetch ? 2 : is_write;
	uint16_t bit = (uint16_t)BIT(kind * 4 + is_privileged * 2u + is_on(cpu));

	if (!(m->known & bit)) {
		bool ok = find_verdict(cpu, addr, is_write, is_fetch, is_privileged);

		m->known |= bit;
		m->allowed = (uint16_t)(ok ? m->allowed | bit : m->allowed & ~bit);
	}
	return m->allowed & bit;
}

/* RBAR, RASR (v8-M: RLAR) and their three aliases, in v8-M the other regions of four. */
static unsigned region_of(const struct vb_cpu *cpu, unsigned word)
{
	unsigned alias = (word - 3) / 2;

	if (!cpu->traits->is_v8m || alias == 0)
		return cpu->mpu.rnr;
	return (cpu->mpu.rnr & ~3u) | alias;
}

static uint32_t mpu_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	const struct mpu *m = &cpu->mpu;

	(void)a;
	if (cpu->traits->mpu_regions == 0)
		return 0;
	switch (word) {
	case 0: return cpu->traits->mpu_regions << 8;
	case 1: return m->ctrl;
	case 2: return m->rnr;
	case 12:
	case 13: return cpu->traits->is_v8m ? m->mair[word - 12] : 0;
	}
	if (word >= 11)
		return 0;
	if (word & 1)
		return m->rbar[region_of(cpu, word)] | (cpu->traits->is_v8m ? 0 : m->rnr);
	return m->rasr[region_of(cpu, word)];
}

static void rbar_write(struct vb_cpu *cpu, unsigned word, uint32_t value)
{
	struct mpu *m = &cpu->mpu;

	if (cpu->traits->is_v8m) {
		m->rbar[region_of(cpu, word)] = value;
		return;
	}
	if (value & BIT(4))		/* VALID: REGION selects */
		m->rnr = (value & 0xf) % cpu->traits->mpu_regions;
	m->rbar[m->rnr] = value & ~0x1fu;
}

static void mpu_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	struct mpu *m = &cpu->mpu;

	(void)a;
	if (cpu->traits->mpu_regions == 0)
		return;
	if (word == 1)
		m->ctrl = value & 7;
	else if (word == 2)
		m->rnr = (value & 0xff) % cpu->traits->mpu_regions;
	else if (word >= 3 && word < 11 && (word & 1))
		rbar_write(cpu, word, value);
	else if (word >= 3 && word < 11)
		m->rasr[region_of(cpu, word)] = cpu->traits->is_v8m ? value : value & 0x173fff3f;
	else if (word >= 12 && cpu->traits->is_v8m)
		m->mair[word - 12] = value;
	forget_verdicts(cpu);
	engine_update_caution(cpu);
	cpu->attention = true;
}

const struct ppb_reg mpu_regs[] = {
	{ 0xd90, 0xdc4, 0, mpu_read, mpu_write, 0, 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
