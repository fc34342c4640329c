/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cortex_m: what Arm defines for M-profile cores (DDI 0419, DDI 0403, DDI 0553), shared by the
 * files cortex_m*.c, fpb.c, dwt.c and cache.c.
 *
 * Batches: most functions here queue on cm->ap and a caller runs, so that one user action is one
 * run. DHCSR has bits that any read clears: every value read passes through dhcsr_seen().
 */
#ifndef TARGET_CORTEX_M_H
#define TARGET_CORTEX_M_H

#include "target/dwt.h"
#include "target/fpb.h"
#include "target/target_priv.h"

/* System Control Space, DDI 0403 B3.2 and C1.6. */
#define ICSR		0xe000ed04u
/* What C_MASKINTS holds back: an interrupt, SysTick, PendSV is pending. */
#define   ICSR_PENDING	  (BIT(22) | BIT(26) | BIT(28))
#define AIRCR		0xe000ed0cu
#define   AIRCR_KEY	  0x05fa0000u
#define   AIRCR_VECTRESET	  BIT(0)
#define   AIRCR_VECTCLRACTIVE	  BIT(1)
#define   AIRCR_SYSRESETREQ	  BIT(2)
#define CPUID		0xe000ed00u
#define CCR		0xe000ed14u
#define   CCR_DC	  BIT(16)
#define   CCR_IC	  BIT(17)
#define DFSR		0xe000ed30u
#define   DFSR_HALTED	  BIT(0)
#define   DFSR_BKPT	  BIT(1)
#define   DFSR_DWTTRAP	  BIT(2)
#define   DFSR_VCATCH	  BIT(3)
#define   DFSR_EXTERNAL	  BIT(4)
#define   DFSR_ALL	  0x3fu
#define DHCSR		0xe000edf0u
#define   DHCSR_KEY	  0xa05f0000u
#define   C_DEBUGEN	  BIT(0)
#define   C_HALT	  BIT(1)
#define   C_STEP	  BIT(2)
#define   C_MASKINTS	  BIT(3)
#define   S_REGRDY	  BIT(16)
#define   S_HALT	  BIT(17)
#define   S_SLEEP	  BIT(18)
#define   S_LOCKUP	  BIT(19)
#define   S_RETIRE_ST	  BIT(24)
#define   S_RESET_ST	  BIT(25)
#define   S_RESTART_ST	  BIT(26)
#define DCRSR		0xe000edf4u
#define   DCRSR_WRITE	  BIT(16)
#define DCRDR		0xe000edf8u
#define DEMCR		0xe000edfcu
#define   VC_CORERESET	  BIT(0)
#define   VC_BUSERR	  BIT(8)
#define   VC_HARDERR	  BIT(10)
#define   VC_ALL_V7M	  0x7f1u
#define   VC_SFERR	  BIT(11)	/* v8-M Mainline with the Security Extension */
#define   DEMCR_TRCENA	  BIT(24)
#define MVFR0		0xe000ef40u
#define MVFR1		0xe000ef44u
#define CLIDR		0xe000ed78u
#define ID_PFR1		0xe000ed44u

#define XPSR_T		BIT(24)
#define XPSR_IT		0x0600fc00u	/* also ICI, of an LDM that was interrupted */

enum arch { ARCH_V6M, ARCH_V7M, ARCH_V8M_BASE, ARCH_V8M_MAIN };
enum maskisr { MASKISR_AUTO, MASKISR_OFF, MASKISR_ON, MASKISR_STEPONLY };

struct cortex_m_core {
	uint16_t part;			/* CPUID[15:4] */
	const char *name;
	enum arch arch;
	bool wraps_4k;			/* AHB-AP increments through 4 KiB */
};

/* Where a register lives: REGSEL of DCRSR, and a bit field of it (the packed special word). */
struct reg_map {
	uint8_t sel, shift;
	bool is_pair;			/* D register: sel and sel + 1 */
};

struct reg_row {
	struct reg reg;
	struct reg_map map;
};

struct cortex_m {
	struct target *target;
	struct mem_ap *ap;
	const struct cortex_m_core *core;
	uint32_t cpuid;
	bool has_fpu, has_mve, has_security, has_cache;
	uint32_t dhcsr, sticky;		/* last value; latched clear-on-read bits */
	uint32_t dfsr, icsr;		/* at the last halt */
	uint32_t ccr;			/* while halted, if has_cache: cache.c */
	unsigned drain_pause;		/* steps until serving interrupts is tried again */
	uint32_t undrained;		/* what stayed pending the last time */
	bool masks_in_halt;		/* Cortex-M7 erratum 702596: C_MASKINTS must be set early */
	bool is_masked;			/* C_MASKINTS is set now */
	bool is_reset_armed;		/* halt mode reset under way */
	uint32_t demcr;			/* what DEMCR should hold between resets */
	uint32_t vector_catch;		/* VC bits the user wants */
	bool vector_catch_set;		/* by the user: else faults are caught by default */
	uint32_t demcr_found;		/* before we touched it */
	bool demcr_known;
	enum maskisr maskisr;
	bool use_vectreset;
	bool hit_known, hit_is_false;	/* what the last watchpoint stop was */
	struct watchpoint *hit;
	uint32_t hit_addr, hit_pc;	/* hit_pc 0: the instruction was not found */
	bool hit_is_store;
	bool halt_asked;		/* tells a halt request from a step or EDBGRQ */
	bool is_halt_seen;		/* in dhcsr, by resume: the next poll need not look */
	struct fpb fpb;
	struct dwt dwt;
	struct reg *regs;		/* what t->regs points to */
	struct reg_map *maps;
	unsigned ready_reads;		/* grows where the wire is faster than the core */
};

/* One DCRSR read or write in a batch: DHCSR is read ready_reads times, the last tells if it is done. */
#define READY_READS_MAX 8u
struct reg_transfer {
	uint32_t dhcsr[READY_READS_MAX], value;
};

extern const struct command cortex_m_commands[];

static inline struct cortex_m *cortex_m(struct target *t)
{
	return t->priv;
}

/* cortex_m_tables.c */
const struct cortex_m_core *cortex_m_find_core(uint32_t cpuid);
extern const struct reg_row cortex_m_rows[];
extern const size_t cortex_m_row_count;
bool cortex_m_row_exists(const struct reg_row *row, enum arch arch, bool fpu, bool mve,
			 bool security);
extern const char *const exception_names[16];

/* cortex_m_regs.c */
enum err cortex_m_build_registers(struct cortex_m *cm);
void cortex_m_free_registers(struct cortex_m *cm);
enum err cortex_m_fetch(struct target *t, bool lazy_too);
enum err cortex_m_flush(struct target *t);
void cortex_m_register_changed(struct target *t, const struct reg *reg);
void cortex_m_registers_restored(struct target *t);
/* Queues reads of all plain registers; finish takes them over if every one was ready. */
struct reg_batch {
	struct reg_transfer t[24];
	size_t index[24];
	size_t count;
};
void reg_batch_queue(struct cortex_m *cm, struct reg_batch *batch);
bool reg_batch_finish(struct cortex_m *cm, struct reg_batch *batch);
/* One register, slow and sure. */
enum err core_reg_read(struct cortex_m *cm, unsigned sel, uint32_t *value);
enum err core_reg_write(struct cortex_m *cm, unsigned sel, uint32_t value);

/* cortex_m_run.c */
void dhcsr_seen(struct cortex_m *cm, uint32_t value);
void dhcsr_queue_write(struct cortex_m *cm, uint32_t bits);
enum err dhcsr_read(struct cortex_m *cm, uint32_t *value);
enum err cortex_m_poll(struct target *t);
enum err cortex_m_halt(struct target *t);
enum err cortex_m_resume(struct target *t, bool step_over, bool debug_execution);
/* After S_HALT was seen: DFSR, registers, t->reason. */
enum err cortex_m_entered_debug(struct cortex_m *cm);
enum err cortex_m_wait_halted(struct cortex_m *cm, unsigned timeout_ms);
/* The debug side of the core is set up anew: C_DEBUGEN, DEMCR, comparators. */
enum err cortex_m_rearm(struct cortex_m *cm);

/* cortex_m_step.c */
enum err cortex_m_step(struct target *t, bool step_over);
/* One instruction, comparators as they are. mask: C_MASKINTS or 0. */
enum err cortex_m_step_plain(struct cortex_m *cm, uint32_t mask);
/* cortex_m_displaced.c: the instruction at pc, under a BKPT in flash. */
enum err cortex_m_step_displaced(struct cortex_m *cm, uint32_t pc);

/* cortex_m_break.c */
enum err cortex_m_set_breakpoint(struct target *t, struct breakpoint *b);
enum err cortex_m_clear_breakpoint(struct target *t, struct breakpoint *b);
enum err cortex_m_set_watchpoint(struct target *t, struct watchpoint *w);
enum err cortex_m_clear_watchpoint(struct target *t, struct watchpoint *w);
struct watchpoint *cortex_m_hit_watchpoint(struct target *t, uint32_t *addr);
void cortex_m_count_comparators(struct target *t, unsigned *breaks, unsigned *breaks_free,
				unsigned *watches, unsigned *watches_free);
void cortex_m_describe_watch(struct target *t, struct buf *out);
bool cortex_m_is_false_stop(struct target *t);
enum err cortex_m_sync(struct target *t);
void cortex_m_queue_sync(struct cortex_m *cm);
void cortex_m_sync_done(struct cortex_m *cm);

/* cortex_m_reset.c */
enum err cortex_m_assert_reset(struct target *t, enum reset_mode mode);
enum err cortex_m_deassert_reset(struct target *t, enum reset_mode mode);
/* VECTRESET with the core caught at its first instruction; peripherals keep running. */
enum err cortex_m_soft_reset_halt(struct target *t);

/* cache.c: nothing happens where caches are absent or off. */
enum err cache_flush_data(struct cortex_m *cm, uint32_t addr, size_t n);
enum err cache_after_code_write(struct cortex_m *cm, uint32_t addr, size_t n);

/* cortex_m_fault.c */
enum err cortex_m_explain(struct target *t, struct buf *out);	/* only if it stands in a fault */
enum err cortex_m_explain_always(struct target *t, struct buf *out);
bool cortex_m_interrupted(struct target *t, uint32_t regs[17]);
enum err cortex_m_describe_mode(struct target *t, char *text, size_t size, const char **sp_name);

#endif
