/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System control block, FPU registers, identification (DDI 0403 B3.2, B4; DDI 0489 for the M7). */
#include "vboard/core/cpu_priv.h"

#define AIRCR_KEY	0x05fau
#define AHBPCR_RESET	0x00000009u	/* unconfirmed: enabled, 512 MiB */
#define AHBSCR_RESET	0x00000800u
#define CCR_M7		0x00040200u	/* BP and STKALIGN are there to stay */
#define FIELD(member)	offsetof(struct vb_cpu, scs.member)

static bool is_m7(const struct vb_cpu *cpu)
{
	return cpu->config.core == VB_CORTEX_M7F;
}

void scs_reset(struct vb_cpu *cpu)
{
	cpu->scs = (struct scs){
		/* Stack alignment is the reset state since r2p0 of the M3 and on later cores. */
		.ccr = cpu->traits->is_v6m ? 0x208 : is_m7(cpu) ? CCR_M7 : 0x200,
		.fpccr = cpu->traits->has_fpu ? 0xc0000000 : 0,
		.dfsr = cpu->scs.dfsr,		/* power-on clears it: debug_power_on() */
		.vtor = cpu->scs.init_vtor,
		.init_vtor = cpu->scs.init_vtor,
		.security = cpu->scs.security,
		.init_tcm = { cpu->scs.init_tcm[0], cpu->scs.init_tcm[1] },
		.tcm = { cpu->scs.init_tcm[0], cpu->scs.init_tcm[1], AHBPCR_RESET, 0, AHBSCR_RESET },
	};
}

static uint32_t cpuid_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->config.cpuid;
}

static uint32_t icsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	const struct nvic *n = &cpu->nvic;
	uint32_t v = cpu->ipsr | cpu_most_urgent(cpu) << 12;
	unsigned others = 0;

	(void)a;
	(void)word;
	for (unsigned w = 0; w < 16; w++) {
		uint32_t active = n->active[w];

		if (w == cpu->ipsr / 32)
			active &= ~(1u << cpu->ipsr % 32);
		others |= active;
		if (w ? n->pending[w] : n->pending[w] >> 16)
			v |= BIT(22);			/* ISRPENDING */
	}
	if (!cpu->traits->is_v6m && others == 0)
		v |= BIT(11);				/* RETTOBASE */
	if (cpu->halted && cpu_most_urgent(cpu))
		v |= BIT(23);				/* ISRPREEMPT: will be taken on leaving */
	v |= exc_bit(n->pending, EXC_SYSTICK) ? BIT(26) : 0;
	v |= exc_bit(n->pending, EXC_PENDSV) ? BIT(28) : 0;
	v |= exc_bit(n->pending, EXC_NMI) ? BIT(31) : 0;
	return v;
}

static void icsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if (value & BIT(25))
		cpu_set_pending(cpu, EXC_SYSTICK, false);
	if (value & BIT(26))
		cpu_set_pending(cpu, EXC_SYSTICK, true);
	if (value & BIT(27))
		cpu_set_pending(cpu, EXC_PENDSV, false);
	if (value & BIT(28))
		cpu_set_pending(cpu, EXC_PENDSV, true);
	if (value & BIT(31))
		cpu_set_pending(cpu, EXC_NMI, true);
}

static uint32_t aircr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return 0xfa050000 | cpu->scs.prigroup << 8;
}

static void clear_active(struct vb_cpu *cpu)
{
	for (unsigned w = 0; w < 16; w++)
		cpu->nvic.active[w] = 0;
	cpu_pull(cpu);
	cpu->ipsr = 0;
}

static void aircr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if (value >> 16 != AIRCR_KEY)
		return;
	if (!cpu->traits->is_v6m)
		cpu->scs.prigroup = bits_get(value, 10, 8);
	/* VECTCLRACTIVE and VECTRESET are for a debugger and a halted core (B3.2.6). */
	if ((value & BIT(1)) && cpu->halted)
		clear_active(cpu);
	if (value & BIT(2))
		cpu_request_reset(cpu, false);
	else if ((value & BIT(0)) && cpu->halted && !cpu->traits->is_v6m && !cpu->traits->is_v8m)
		cpu_request_reset(cpu, true);
	cpu->attention = true;
}

static void ccr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	uint32_t mask = 0x31b | (cpu->traits->clidr ? 0x30000 : 0);

	(void)a;
	(void)word;
	cpu->scs.ccr = value & mask;
	if (is_m7(cpu))
		cpu->scs.ccr |= CCR_M7;
	if (cpu->traits->is_v6m)
		cpu->scs.ccr = 0x208;
	engine_update_caution(cpu);
	cpu->attention = true;
}

static uint32_t shpr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return get_le32(&cpu->nvic.priority[4 + word * 4]);
}

static void shpr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	static const uint32_t implemented[3] = { 0x00ffffff, 0xff000000, 0xffff00ff };
	static const uint32_t v6m[3] = { 0, 0xff000000, 0xffff0000 };
	uint32_t mask = cpu_priority_mask(cpu) * 0x01010101u;

	(void)a;
	mask &= cpu->traits->is_v6m ? v6m[word] : implemented[word];
	put_le32(&cpu->nvic.priority[4 + word * 4], value & mask);
	cpu->attention = true;
}

static const struct { uint8_t bit, exc; } shcsr_active[] = {
	{ 0, EXC_MEMMANAGE }, { 1, EXC_BUSFAULT }, { 3, EXC_USAGEFAULT }, { 7, EXC_SVCALL },
	{ 8, EXC_DEBUGMON }, { 10, EXC_PENDSV }, { 11, EXC_SYSTICK },
}, shcsr_pended[] = {
	{ 12, EXC_USAGEFAULT }, { 13, EXC_MEMMANAGE }, { 14, EXC_BUSFAULT }, { 15, EXC_SVCALL },
};

static uint32_t shcsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	const struct nvic *n = &cpu->nvic;
	uint32_t v = cpu->scs.shcsr_enabled;

	(void)a;
	(void)word;
	for (size_t i = 0; i < ARRAY_SIZE(shcsr_active); i++)
		v |= (uint32_t)exc_bit(n->active, shcsr_active[i].exc) << shcsr_active[i].bit;
	for (size_t i = 0; i < ARRAY_SIZE(shcsr_pended); i++)
		v |= (uint32_t)exc_bit(n->pending, shcsr_pended[i].exc) << shcsr_pended[i].bit;
	return cpu->traits->is_v6m ? v & BIT(15) : v;
}

static void shcsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	for (size_t i = 0; i < ARRAY_SIZE(shcsr_pended); i++)
		exc_set(cpu->nvic.pending, shcsr_pended[i].exc,
			value & BIT(shcsr_pended[i].bit));
	cpu->attention = true;
	if (cpu->traits->is_v6m)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(shcsr_active); i++)
		exc_set(cpu->nvic.active, shcsr_active[i].exc,
			value & BIT(shcsr_active[i].bit));
	cpu->scs.shcsr_enabled = value & 0x00070000;
}

/* CFSR and HFSR: write 1 to clear. Bytes of CFSR may be written alone. */
static uint32_t cfsr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return word ? cpu->scs.hfsr : cpu->scs.cfsr;
}

static void cfsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	uint32_t bits = (value & (0xffffffffu >> (32 - 8 * a->size))) << 8 * (a->addr & 3);

	if (word)
		cpu->scs.hfsr &= ~bits;
	else
		cpu->scs.cfsr &= ~bits;
}

static uint32_t cpacr_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->scs.cpacr;
}

static void cpacr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if (!cpu->traits->has_fpu)
		return;
	cpu->scs.cpacr = value & 0x00f00000;
	engine_update_caution(cpu);
	cpu->attention = true;
}

static uint32_t fp_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	const uint32_t v[] = { cpu->scs.fpccr, cpu->scs.fpcar, cpu->scs.fpdscr,
			       cpu->traits->mvfr0, cpu->traits->mvfr1, cpu->traits->mvfr2 };

	(void)a;
	return v[word];
}

static void fp_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	switch (word) {
	case 0: cpu->scs.fpccr = value & 0xc000017b; break;
	case 1: cpu->scs.fpcar = value & ~7u; break;
	case 2: cpu->scs.fpdscr = value & 0x07c00000; break;
	default: return;
	}
	engine_update_caution(cpu);
	cpu->attention = true;
}

static uint32_t feature_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	return cpu->traits->feature_ids ? cpu->traits->feature_ids[word] : 0;
}

static uint32_t cache_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	unsigned level = cpu->scs.csselr >> 1;
	const uint32_t v[] = { cpu->traits->clidr, cpu->traits->ctr,
			       level ? 0 : cache_ccsidr(cpu, cpu->scs.csselr & 1),
			       cpu->scs.csselr };

	(void)a;
	return cpu->traits->clidr ? v[word] : 0;
}

static void cache_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	if (word == 3)
		cpu->scs.csselr = value & 0xf;
}

static void maintenance_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word,
			      uint32_t value)
{
	(void)a;
	cache_maintain(cpu, word, value);
}

static void cacr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	cpu->scs.tcm[3] = value & 0x7;
}

/* Any write clears it (DDI 0489 3.3.11). */
static void abfsr_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	(void)value;
	cpu->scs.abfsr = 0;
}

void vb_cpu_set_tcm(struct vb_cpu *cpu, uint32_t itcmcr, uint32_t dtcmcr)
{
	const uint32_t straps[2] = { itcmcr, dtcmcr };

	for (unsigned i = 0; i < 2; i++) {
		cpu->scs.init_tcm[i] = straps[i];
		cpu->scs.tcm[i] = (cpu->scs.tcm[i] & 7) | (straps[i] & 0x78);
	}
}

static uint32_t zero_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)cpu;
	(void)a;
	(void)word;
	return 0;
}

static void vtor_write(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value)
{
	(void)a;
	(void)word;
	if (cpu->config.core == VB_CORTEX_M0)
		return;
	cpu->scs.vtor = value & 0xffffff80;
	if (cpu->config.core == VB_CORTEX_M3)
		cpu->scs.vtor &= 0x3fffff80;
}

static uint32_t vtor_read(struct vb_cpu *cpu, struct vb_access *a, unsigned word)
{
	(void)a;
	(void)word;
	return cpu->scs.vtor;
}

const struct ppb_reg scs_regs[] = {
	{ 0x008, 0x008, PPB_V7, NULL, NULL, FIELD(actlr), 0x307 },
	{ 0xd00, 0xd00, 0, cpuid_read, NULL, 0, 0 },
	{ 0xd04, 0xd04, 0, icsr_read, icsr_write, 0, 0 },
	{ 0xd08, 0xd08, 0, vtor_read, vtor_write, 0, 0 },
	{ 0xd0c, 0xd0c, 0, aircr_read, aircr_write, 0, 0 },
	{ 0xd10, 0xd10, 0, NULL, NULL, FIELD(scr), 0x16 },
	{ 0xd14, 0xd14, 0, NULL, ccr_write, FIELD(ccr), 0 },
	{ 0xd18, 0xd20, PPB_BYTES, shpr_read, shpr_write, 0, 0 },
	{ 0xd24, 0xd24, 0, shcsr_read, shcsr_write, 0, 0 },
	{ 0xd28, 0xd2c, PPB_V7 | PPB_RAW, cfsr_read, cfsr_write, 0, 0 },
	{ 0xd34, 0xd34, PPB_V7, NULL, NULL, FIELD(mmfar), 0xffffffff },
	{ 0xd38, 0xd38, PPB_V7, NULL, NULL, FIELD(bfar), 0xffffffff },
	{ 0xd3c, 0xd3c, PPB_V7, NULL, NULL, FIELD(afsr), 0 },
	{ 0xd40, 0xd74, PPB_V7, feature_read, NULL, 0, 0 },
	{ 0xd78, 0xd84, PPB_V7, cache_read, cache_write, 0, 0 },
	{ 0xd88, 0xd88, PPB_V7, cpacr_read, cpacr_write, 0, 0 },
	{ 0xf34, 0xf48, PPB_V7 | PPB_FPU, fp_read, fp_write, 0, 0 },
	{ 0xf50, 0xf78, PPB_M7, zero_read, maintenance_write, 0, 0 },
	{ 0xf90, 0xf90, PPB_M7, NULL, NULL, FIELD(tcm[0]), 0x7 },
	{ 0xf94, 0xf94, PPB_M7, NULL, NULL, FIELD(tcm[1]), 0x7 },
	{ 0xf98, 0xf98, PPB_M7, NULL, NULL, FIELD(tcm[2]), 0x1 },
	{ 0xf9c, 0xf9c, PPB_M7, NULL, cacr_write, FIELD(tcm[3]), 0 },
	{ 0xfa0, 0xfa0, PPB_M7, NULL, NULL, FIELD(tcm[4]), 0xffff },
	{ 0xfa8, 0xfa8, PPB_M7, NULL, abfsr_write, FIELD(abfsr), 0 },
	{ 0, 0, 0, NULL, NULL, 0, 0 }
};
