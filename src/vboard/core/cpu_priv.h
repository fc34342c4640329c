/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of vb_cpu, for cpu*.c only. Who owns what:
 *
 *   cpu.c            life, reset, the runner: what happens next (sleep, halt, exception, run)
 *   cpu_engine.c     Unicorn: memory map, registers in and out, the hooks
 *   cpu_opcode.c     what must be known about an opcode before it runs
 *   cpu_step.c       instructions that are carried out here, and stepping through IT blocks
 *   cpu_exception.c  entry, return, priorities	     cpu_fault.c  faults, lockup, reset vector
 *   cpu_nvic.c       NVIC and SysTick registers      cpu_scs.c   the rest of the SCS
 *   cpu_debug.c      DHCSR, DCRSR, DCRDR, DEMCR      cpu_mpu.c   MPU
 *   cpu_cache.c      L1 caches			     cpu_engine_cache.c  how Unicorn sees them
 *   cpu_fpb.c, cpu_dwt.c, cpu_ppb.c, cpu_bitband.c: what their names say
 *   cpu_itm.c        registers of ITM and TPIU       cpu_trace.c  the packets they send
 *   cpu_cti.c        what the cross trigger interface (cti.h) is wired to
 *
 * While Unicorn runs, it owns the core registers. Between runs cpu_pull() fetches them into `regs`,
 * all code works on that copy, and the next run pushes what changed. `pc` is always here.
 */
#ifndef VB_CORE_CPU_PRIV_H
#define VB_CORE_CPU_PRIV_H

#include <unicorn/unicorn.h>

#include "base/bytes.h"
#include "vboard/core/cpu.h"
#include "vboard/core/cpu_cache.h"
#include "vboard/core/cpu_core.h"
#include "vboard/core/cpu_units.h"
#include "vboard/core/cti.h"
#include "vboard/core/swo.h"

enum exception {
	EXC_RESET = 1, EXC_NMI, EXC_HARDFAULT, EXC_MEMMANAGE, EXC_BUSFAULT, EXC_USAGEFAULT,
	EXC_SVCALL = 11, EXC_DEBUGMON, EXC_PENDSV = 14, EXC_SYSTICK, EXC_IRQ0,
	EXC_COUNT = EXC_IRQ0 + 496
};

#define XPSR_T		BIT(24)
#define XPSR_IT		0x0600fc00u
#define CONTROL_NPRIV	BIT(0)
#define CONTROL_SPSEL	BIT(1)
#define CONTROL_FPCA	BIT(2)
#define LOCKUP_PC	0xfffffffeu

struct core_regs {
	uint32_t r[15];		/* r[13] is not used: see msp, psp */
	uint32_t msp, psp, xpsr, control, primask, basepri, faultmask;
};

/* Why engine_run() came back. In all cases but STOP_EXC_RETURN `pc` is the next to execute. */
enum stop {
	STOP_LIMIT,		/* that many cycles are spent, or `attention` was raised */
	STOP_SPECIAL,		/* the instruction at pc is cpu_step()'s business */
	STOP_FAULT,		/* the instruction at pc raised cpu->fault */
	STOP_STALL,		/* the instruction at pc waits for the bus until stall_until_ns */
	STOP_BREAKPOINT,	/* an FPB comparator matches pc */
	STOP_EXC_RETURN,	/* a branch to cpu->exc_return */
	STOP_SVC,		/* behind an SVC */
};

enum fault_kind {
	FAULT_NONE, FAULT_DATA_BUS, FAULT_DATA_MPU, FAULT_FETCH_BUS, FAULT_FETCH_XN,
	FAULT_UNALIGNED, FAULT_UNDEFINED, FAULT_STATE, FAULT_NOCP, FAULT_DIVIDE, FAULT_INVPC,
	FAULT_BREAKPOINT, FAULT_LAZY_BUS, FAULT_LAZY_MPU,
};

struct fault {
	enum fault_kind kind;
	uint32_t addr;
};

/* What makes the hooks look closer than usual. */
enum caution {
	CAUTION_FPB = 1, CAUTION_DWT_PC = 2, CAUTION_GUARD = 4, CAUTION_MPU = 8,
	CAUTION_DWT_DATA = 16, CAUTION_UNALIGNED = 32, CAUTION_ICACHE = 64, CAUTION_DCACHE = 128,
	CAUTION_CODE = 15 | CAUTION_ICACHE,
	CAUTION_DATA = 16 | 32 | CAUTION_GUARD | CAUTION_MPU | CAUTION_DCACHE,
};

enum sleep { AWAKE, SLEEP_WFI, SLEEP_WFE };

struct vb_cpu {
	struct vb_cpu_config config;
	const struct core_traits *traits;
	struct vb_bus *bus;
	struct vb_clock *clock;

	struct core_regs regs;
	bool regs_here;
	uint32_t pc;
	uint32_t ipsr;		/* always right, also while Unicorn runs */

	/* Time: cycle number epoch_cycle began at epoch_ns. Idle time moves the epoch. */
	uint32_t hclk;
	uint64_t halts;
	uint64_t cycles, extra_cycles, epoch_cycle, epoch_ns, until_ns, stall_until_ns;

	bool is_running;	/* inside uc_emu_start */
	bool attention;		/* stop before the next instruction and think */
	bool held, gated, halted, locked_up, event_register;
	bool exclusive;		/* the local monitor of LDREX/STREX */
	enum sleep sleep;
	bool step_pending;
	bool masks_block;	/* an exception waits for PRIMASK, BASEPRI or FAULTMASK only */
	bool reset_pending, reset_core_only;
	enum vb_cpu_reset reset_kind;
	unsigned resets;
	struct vb_event *reset_event;
	unsigned caution;
	struct fault fault;
	uint32_t exc_return;

	struct engine *engine;
	struct nvic nvic;
	struct systick systick;
	struct scs scs;
	struct debug debug;
	struct fpb fpb;
	struct dwt dwt;
	struct itm itm;
	struct trace trace;
	struct trigger trigger;
	struct mpu mpu;
	struct caches caches;
	struct ppb_window *windows;
};

/* cpu.c */
uint64_t cpu_time_of(const struct vb_cpu *cpu, uint64_t cycle);
void cpu_note_time(struct vb_cpu *cpu);		/* the clock follows the cycles spent so far */
void cpu_wake(struct vb_cpu *cpu);
void cpu_go_to_sleep(struct vb_cpu *cpu, enum sleep how);
void cpu_request_reset(struct vb_cpu *cpu, bool core_only);
/* Its own time: a second core lags behind the clock. */
bool cpu_has_reached(const struct vb_cpu *cpu, uint64_t ns);
void cpu_restart_epoch(struct vb_cpu *cpu, uint64_t now_ns);

static inline bool cpu_is_privileged(uint32_t ipsr, uint32_t control)
{
	return ipsr != 0 || !(control & CONTROL_NPRIV);
}

/* The bits of a priority that are implemented. */
static inline uint8_t cpu_priority_mask(const struct vb_cpu *cpu)
{
	return (uint8_t)(0xff00u >> cpu->config.nvic_prio_bits);
}

static inline uint32_t *cpu_sp(struct vb_cpu *cpu)
{
	return cpu->ipsr == 0 && (cpu->regs.control & CONTROL_SPSEL) ? &cpu->regs.psp
								     : &cpu->regs.msp;
}

#endif
