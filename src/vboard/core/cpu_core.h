/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core proper: engine, stepping, exceptions, faults, Debug state. For cpu_priv.h only. */
#ifndef VB_CORE_CPU_CORE_H
#define VB_CORE_CPU_CORE_H

struct vb_cpu;
enum caution;
enum exception;
enum stop;
struct fault;

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
/* Code in RAM that was run may have been changed behind our back, by another core. */
void engine_forget_ram(struct vb_cpu *cpu);
/* Of the instruction that runs, or of the next one. */
void engine_where(const struct vb_cpu *cpu, uint32_t *pc, uint32_t *xpsr);
/* What may be executed natively has changed (FPU, breakpoints, ...). */
void engine_update_caution(struct vb_cpu *cpu);

/* cpu_step.c */
enum stop cpu_step(struct vb_cpu *cpu);

/* cpu_exception.c */
struct nvic {
	/* A bit per exception number. */
	uint32_t pending[16], active[16], enabled[16], line[16];
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

/* cpu_debug.c */
struct debug {
	uint32_t control;		/* DHCSR [5:0] */
	bool reset_st, restart_st;
	uint64_t retired_at_read;
	uint32_t dcrdr, dcrdr_next, demcr, splim[2];
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
#define DFSR_EXTERNAL	BIT(4)
void cpu_check_halt(struct vb_cpu *cpu);
void debug_enter(struct vb_cpu *cpu, uint32_t why);
/* A debug event: halts, or DebugMonitor, or HardFault for BKPT; false if it is ignored. */
bool debug_event(struct vb_cpu *cpu, uint32_t why);
bool debug_catches(const struct vb_cpu *cpu, uint32_t vector_catch);
void debug_restart(struct vb_cpu *cpu);		/* DBGRESTART */
void debug_power_on(struct vb_cpu *cpu);
void debug_local_reset(struct vb_cpu *cpu);

#endif
