/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State and entry points of the CPU's parts. Included by cpu_priv.h only. */
#ifndef VB_CORE_CPU_PARTS_H
#define VB_CORE_CPU_PARTS_H

struct vb_cpu;
enum caution;
enum exception;
enum stop;
struct fault;

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

/* cpu_engine.c */
struct engine;
struct engine *engine_new(struct vb_cpu *cpu);
void engine_free(struct engine *e);
enum stop engine_run(struct vb_cpu *cpu, uint64_t limit);
/* Executes the one instruction at pc, whatever it is, as if `it` were its ITSTATE. */
enum stop engine_step(struct vb_cpu *cpu, unsigned it);
void cpu_pull(struct vb_cpu *cpu);
uint32_t engine_fp_read(struct vb_cpu *cpu, unsigned n);	/* S0..S31, 32: FPSCR */
void engine_fp_write(struct vb_cpu *cpu, unsigned n, uint32_t value);
bool cpu_fetch16(struct vb_cpu *cpu, uint32_t addr, uint16_t *op);
unsigned cpu_op_class(const struct vb_cpu *cpu, uint16_t op);
/* Memory maps and code caches follow the bus. Not while Unicorn runs. */
void engine_sync(struct vb_cpu *cpu);
/* Of the instruction that runs, or of the next one. */
void engine_where(const struct vb_cpu *cpu, uint32_t *pc, uint32_t *xpsr);
/* What may be executed natively has changed (FPU, breakpoints, ...). */
void engine_update_caution(struct vb_cpu *cpu);

/* cpu_step.c */
enum stop cpu_step(struct vb_cpu *cpu);

/* cpu_exception.c */
struct nvic {
	uint32_t pending[16], active[16], enabled[16], line[16];	/* bit per exception number */
	uint8_t priority[512];
};
int cpu_execution_priority(struct vb_cpu *cpu);
int cpu_priority(const struct vb_cpu *cpu, unsigned n);
/* The most urgent pending exception, 0 if none; without regard to what runs. */
unsigned cpu_most_urgent(const struct vb_cpu *cpu);
bool cpu_take_pending(struct vb_cpu *cpu);
bool cpu_would_wake(struct vb_cpu *cpu);
void cpu_take_sync(struct vb_cpu *cpu, unsigned n);	/* SVC, DebugMonitor */
void cpu_exception_return(struct vb_cpu *cpu);	/* cpu->exc_return */
bool cpu_save_lazy_fp(struct vb_cpu *cpu);
void cpu_set_pending(struct vb_cpu *cpu, unsigned n, bool on);
bool cpu_stack_write(struct vb_cpu *cpu, uint32_t addr, uint32_t value, bool privileged);
void cpu_enter_exception(struct vb_cpu *cpu, unsigned n, uint32_t vector_catch);
/* cpu_fault.c */
void cpu_raise_fault(struct vb_cpu *cpu);	/* cpu->fault */
void cpu_escalate(struct vb_cpu *cpu);
void cpu_lockup(struct vb_cpu *cpu);
void cpu_load_reset_vector(struct vb_cpu *cpu);
/* A frame could not be pushed (on entry to something of `priority`) or popped; an EXC_RETURN was
 * wrong. They note the status and return the exception to enter, 0 for lockup. */
unsigned cpu_stacking_failed(struct vb_cpu *cpu, bool entry, int priority);
unsigned cpu_return_failed(struct vb_cpu *cpu, bool invpc);

static inline bool exc_bit(const uint32_t *map, unsigned n)
{
	return map[n / 32] >> n % 32 & 1;
}

static inline void exc_set(uint32_t *map, unsigned n, bool on)
{
	if (on)
		map[n / 32] |= 1u << n % 32;
	else
		map[n / 32] &= ~(1u << n % 32);
}

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
	uint32_t actlr, cpacr, csselr, fpccr, fpcar, fpdscr, tcm[4], abfsr;
	bool svc_pended_fault;
};
void scs_reset(struct vb_cpu *cpu);

/* cpu_debug.c */
struct debug {
	uint32_t control;		/* DHCSR [5:0] */
	bool reset_st, restart_st;
	uint64_t retired_at_read;
	uint32_t dcrdr, dcrdr_next, demcr, dauthctrl;
	uint64_t ready_ns;
	bool transfer_running;
};
#define C_DEBUGEN	BIT(0)
#define C_HALT		BIT(1)
#define C_STEP		BIT(2)
#define C_MASKINTS	BIT(3)
#define C_SNAPSTALL	BIT(5)
#define DEMCR_MON_EN	BIT(16)
#define DEMCR_MON_PEND	BIT(17)
#define DEMCR_MON_STEP	BIT(18)
#define DEMCR_TRCENA	BIT(24)
#define DFSR_HALTED	BIT(0)
#define DFSR_BKPT	BIT(1)
#define DFSR_DWTTRAP	BIT(2)
#define DFSR_VCATCH	BIT(3)
void cpu_check_halt(struct vb_cpu *cpu);
void debug_enter(struct vb_cpu *cpu, uint32_t why);
/* A debug event: halts, or DebugMonitor, or HardFault for BKPT; false if it is ignored. */
bool debug_event(struct vb_cpu *cpu, uint32_t why);
bool debug_catches(const struct vb_cpu *cpu, uint32_t vector_catch);
void debug_power_on(struct vb_cpu *cpu);
void debug_local_reset(struct vb_cpu *cpu);

/* cpu_fpb.c, cpu_dwt.c, cpu_itm.c, cpu_mpu.c */
struct fpb { uint32_t ctrl, remap, comp[16]; };
struct dwt {
	uint32_t ctrl, comp[4], mask[4], function[4];
	uint32_t cyccnt;
	uint64_t cyccnt_at;		/* cpu->cycles when `cyccnt` was right */
	bool hit;			/* a watchpoint waits for the end of the instruction */
};
struct itm { bool is_locked; uint32_t ter, tpr, tcr, acpr, sppr, ffcr, cspsr, fscr; };
struct mpu { uint32_t ctrl, rnr, rbar[16], rasr[16], mair[2]; };
bool fpb_matches(const struct vb_cpu *cpu, uint32_t addr);
bool fpb_remaps(struct vb_cpu *cpu, uint32_t addr, uint32_t *word);
bool dwt_pc_matches(struct vb_cpu *cpu, uint32_t addr);
unsigned dwt_caution(const struct vb_cpu *cpu);
void dwt_data_access(struct vb_cpu *cpu, bool is_write, uint32_t addr, unsigned size, uint32_t value);
bool mpu_allows(struct vb_cpu *cpu, uint32_t addr, bool is_write, bool is_fetch, bool is_privileged);
bool mpu_default_xn(uint32_t addr);
void fpb_power_on(struct vb_cpu *cpu);
void dwt_power_on(struct vb_cpu *cpu);
void dwt_trace_enabled(struct vb_cpu *cpu, bool was_enabled);
void itm_power_on(struct vb_cpu *cpu);

/* cpu_ppb.c: windows of registers in the private peripheral bus */
enum ppb_flags { PPB_BYTES = 1, PPB_RAW = 2, PPB_V7 = 4, PPB_V8 = 8, PPB_FPU = 16, PPB_M7 = 32, PPB_USER = 64 };
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
void bitband_add(struct vb_cpu *cpu);
extern const struct ppb_reg nvic_regs[], scs_regs[], mpu_regs[], debug_regs[], fpb_regs[], dwt_regs[],
	itm_regs[], tpiu_regs[];

#endif
