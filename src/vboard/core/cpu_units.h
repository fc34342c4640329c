/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The units around the core and their registers. Included by cpu_priv.h only. */
#ifndef VB_CORE_CPU_UNITS_H
#define VB_CORE_CPU_UNITS_H

struct vb_cpu;

/* What differs between cores: cpu_traits.c. */
struct core_traits {
	enum vb_core core;
	int uc_model;
	bool is_v6m, is_v8m, has_fpu;
	unsigned fpb_rev, fpb_code, fpb_literal, dwt_comparators, mpu_regions;
	uint32_t mvfr0, mvfr1, mvfr2;
	const uint32_t *feature_ids;	/* ID_PFR0 (0xD40) .. ID_ISAR5 (0xD74) */
	uint32_t clidr, ctr, ccsidr_d, ccsidr_i;
	const struct ppb_id *ids;	/* components and their PIDs, ends with base 0 */
	const struct rom_table *tables;	/* ends with base 0 */
};
const struct core_traits *core_traits(enum vb_core core);

/* cpu_nvic.c */
struct systick {
	uint32_t csr, rvr, value;	/* value: CVR at anchor_ns */
	uint64_t anchor_ns;
	bool is_frozen;			/* Debug state: the counter stands still */
	struct vb_event *event;
};
void systick_freeze(struct vb_cpu *cpu, bool frozen);
void systick_reset(struct vb_cpu *cpu);
void systick_clock_changed(struct vb_cpu *cpu, uint32_t new_hclk);

/* cpu_scs.c */
struct scs {
	uint32_t vtor, prigroup, scr, ccr, shcsr_enabled, cfsr, hfsr, dfsr, mmfar, bfar, afsr;
	uint32_t actlr, cpacr, csselr, fpccr, fpcar, fpdscr, tcm[5], abfsr;
	uint32_t init_vtor, init_tcm[2];	/* straps of the chip */
	enum vb_cpu_security security;
	bool svc_pended_fault;
};
void scs_reset(struct vb_cpu *cpu);

/* cpu_fpb.c, cpu_dwt.c, cpu_itm.c, cpu_mpu.c */
struct fpb {
	uint32_t ctrl, remap, comp[16];
	uint64_t filter;	/* bit (addr / 2) % 64 clear: no comparator matches there */
};
struct dwt {
	uint32_t ctrl, comp[4], mask[4], function[4];
	uint32_t cyccnt;
	uint64_t cyccnt_at;		/* cpu->cycles when `cyccnt` was right */
	bool hit;			/* a watchpoint waits for the end of the instruction */
};
/* cpu_trace.c: packets on their way to the trace port */
struct trace {
	struct vb_swo *swo;		/* NULL: none */
	bool has_overflowed;		/* a packet was lost and nobody told yet */
	bool stamp_is_due;		/* a timestamp found no room */
	uint64_t stamped_ns;		/* the last timestamp stands for this moment */
	struct vb_event *retry, *sample, *sync;
	uint64_t packets, lost;
};
enum trace_exception { TRACE_ENTRY = 1, TRACE_EXIT, TRACE_RETURN };
bool trace_is_ready(struct vb_cpu *cpu);	/* FIFOREADY */
bool trace_is_busy(struct vb_cpu *cpu);
void trace_stimulus(struct vb_cpu *cpu, unsigned port, unsigned size, uint32_t value);
void trace_exception(struct vb_cpu *cpu, unsigned n, enum trace_exception what);
/* An access that comparator n has matched. */
void trace_data(struct vb_cpu *cpu, unsigned n, bool is_write, uint32_t addr, unsigned size,
		uint32_t value);
void trace_configured(struct vb_cpu *cpu);	/* DWT_CTRL was written */
void trace_enabled(struct vb_cpu *cpu, bool was_enabled);
void trace_tcr_written(struct vb_cpu *cpu, uint32_t old);
void trace_port_written(struct vb_cpu *cpu);
void trace_power_on(struct vb_cpu *cpu);

struct itm { bool is_locked; uint32_t ter, tpr, tcr, acpr, sppr, ffcr, cspsr, fscr; };
/* Verdicts by 32 bytes, the smallest region: every instruction and access asks. */
struct mpu_memo { uint32_t granule, attributes[2]; uint16_t known, allowed; };
struct mpu {
	uint32_t ctrl, rnr, rbar[16], rasr[16], mair[2];
	struct mpu_memo memo[256];
};
static inline bool fpb_may_match(const struct fpb *f, uint32_t addr)
{
	return f->filter >> (addr / 2 % 64) & 1;
}
bool fpb_matches(const struct vb_cpu *cpu, uint32_t addr);
bool fpb_remaps(struct vb_cpu *cpu, uint32_t addr, uint32_t *word);
bool dwt_pc_matches(struct vb_cpu *cpu, uint32_t addr);
unsigned dwt_caution(const struct vb_cpu *cpu);
void dwt_data_access(struct vb_cpu *cpu, bool is_write, uint32_t addr, unsigned size,
		     uint32_t value);
bool mpu_allows(struct vb_cpu *cpu, uint32_t addr, bool is_write, bool is_fetch,
		bool is_privileged);
bool mpu_default_xn(uint32_t addr);
uint32_t mpu_attributes(struct vb_cpu *cpu, uint32_t addr);	/* TEX, S, C, B as in RASR */
void fpb_power_on(struct vb_cpu *cpu);
void dwt_power_on(struct vb_cpu *cpu);
void dwt_trace_enabled(struct vb_cpu *cpu, bool was_enabled);
void itm_power_on(struct vb_cpu *cpu);

/* cpu_cti.c: cross triggers */
struct trigger {
	struct vb_cti *cti;		/* NULL: the core has none */
	bool is_requested;		/* EDBGRQ is high, since: */
	uint64_t request_ns;
	bool is_from_here;		/* the event that is being passed on is this core's own */
};
void trigger_add(struct vb_cpu *cpu);
void trigger_halted(struct vb_cpu *cpu);
void trigger_comparator(struct vb_cpu *cpu, unsigned n);
void trigger_power_on(struct vb_cpu *cpu);

/* cpu_ppb.c: windows of registers in the private peripheral bus */
enum ppb_flags {
	PPB_BYTES = 1,			/* parts of the word may be written */
	PPB_RAW = 2,			/* the write hook takes any size itself */
	PPB_USER = 4,			/* open to unprivileged code */
	PPB_V7 = 8,			/* from here on: cores that have it */
	PPB_V8 = 16,
	PPB_FPU = 32,
	PPB_M7 = 64,
};
struct ppb_reg {
	uint16_t first, last;		/* byte offsets of words, inclusive */
	unsigned flags;
	uint32_t (*read)(struct vb_cpu *cpu, struct vb_access *a, unsigned word);
	void (*write)(struct vb_cpu *cpu, struct vb_access *a, unsigned word, uint32_t value);
	size_t field;			/* without hooks: offset of an uint32_t in struct vb_cpu */
	uint32_t writable;
};
struct ppb_id { uint32_t base, pid; uint8_t class, devtype; uint16_t devarch; };
struct rom_table { uint32_t base, pid, entry[8]; };
struct ppb_window {
	struct vb_cpu *cpu;
	const struct ppb_reg *regs[6];	/* none: only identification registers */
	const struct ppb_id *id;
	const struct rom_table *table;
	uint32_t rom[8];
	uint8_t pidr[5];
	bool needs_trcena;
};
void ppb_add(struct vb_cpu *cpu);
bool ppb_answers_in_reset(uint32_t addr);
void bitband_add(struct vb_cpu *cpu);
extern const struct ppb_reg nvic_regs[], scs_regs[], mpu_regs[], debug_regs[], fpb_regs[],
	dwt_regs[], itm_regs[], tpiu_regs[], cti_regs[];

#endif
