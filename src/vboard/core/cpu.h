/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_cpu: a Cortex-M that executes real code (Unicorn underneath) with the parts Unicorn lacks:
 * exceptions and NVIC, SysTick, SCB, faults with escalation and lockup, FPU access check, and the
 * whole debug block (DHCSR, DCRSR/DCRDR, DEMCR, DFSR, FPB, DWT, ITM, TPIU, ROM table) as ARMv7-M
 * (DDI 0403) defines them. The CPU adds its own PPB regions (0xE0000000..0xE00FFFFF) to the bus.
 *
 * The core runs only inside vb_clock_advance(). One instruction costs one cycle of hclk unless the
 * timing table says otherwise (exception entry 12, return 10, as on an M4 with zero wait states);
 * CYCCNT counts the same cycles. Members of an IT block whose condition fails cost nothing.
 *
 * RAM regions may be added before or after vb_cpu_new(): the CPU maps what the bus holds just
 * before it runs. RAM regions that are not whole 4 KiB pages are data only.
 * vb_cpu_reset() and vb_cpu_hold() may be called from a device's callback, also one that the CPU's
 * own store caused: they take effect before the next instruction.
 *
 * Reset scopes (DDI 0403 B1.5.5, C1.6): power-on clears everything; system reset (SYSRESETREQ,
 * nRST, watchdog) keeps the debug block (DHCSR.C_DEBUGEN, DEMCR, FPB, DWT); while `hold` is set the
 * core stays in reset. The chip, not the CPU, decides what else a reset touches: it is told by
 * on_reset_request.
 */
#ifndef VB_CORE_CPU_H
#define VB_CORE_CPU_H

#include "vboard/core/bus.h"
#include "vboard/core/clock.h"

enum vb_core {
	VB_CORTEX_M0, VB_CORTEX_M0PLUS, VB_CORTEX_M3, VB_CORTEX_M4F, VB_CORTEX_M7F, VB_CORTEX_M33,
};
enum vb_cpu_reset { VB_CPU_POWER_ON, VB_CPU_SYSTEM };

struct vb_cpu_config {
	enum vb_core core;
	uint32_t cpuid;
	unsigned irqs;			/* external interrupts */
	unsigned nvic_prio_bits;
	uint32_t rom_table_base;	/* 0xE00FF000 */
	uint32_t rom_pidr[5];		/* PIDR0..4 of the chip's ROM table */
	/*
	 * SYSRESETREQ or VECTRESET was written. Called between instructions, from a clock event.
	 * The callee resets what it must and calls vb_cpu_reset(); if it did not, or if there is
	 * no callee, the CPU resets itself.
	 */
	void (*on_reset_request)(void *ctx, bool core_only);
	void (*on_sleep)(void *ctx, bool sleeping, bool deep);
	/* Entered or left Debug state (watchdogs and timers may freeze). Optional. */
	void (*on_halt)(void *ctx, bool halted);
	/* Optional: each packet of the ITM and the DWT that the trace port took, as on SWO. */
	void (*on_trace)(void *ctx, const uint8_t *packet, size_t bytes);
	void *ctx;
	uint32_t ccsidr_d, ccsidr_i;	/* M7: cache geometry; 0: 32 KiB each */
	/* An M3 or M4 adds the bit-band aliases at 0x22000000 and 0x42000000 to the bus, unless: */
	bool no_bitband;
	/*
	 * One of two cores on the same memory. What the other one stores is seen from the next slice of
	 * time on (5 us), in code too, and a slice ends every LDREX..STREX in failure. The second one is
	 * `is_second`; its bus is a branch, its time follows that of the first.
	 */
	bool has_peer, is_second;
	/*
	 * An M3 or M4 has a cross trigger interface there if the chip says so (0: none); an M7 always has
	 * its own. The interrupts that its outputs raise; 0: not wired.
	 */
	uint32_t cti_base;
	unsigned cti_irq[2];
};

struct vb_cpu;

struct vb_cpu *vb_cpu_new(const struct vb_cpu_config *config, struct vb_bus *bus,
			  struct vb_clock *clock);
void vb_cpu_free(struct vb_cpu *cpu);
void vb_cpu_reset(struct vb_cpu *cpu, enum vb_cpu_reset kind);
void vb_cpu_hold(struct vb_cpu *cpu, bool hold);	/* nRST is low */
void vb_cpu_set_hclk(struct vb_cpu *cpu, uint32_t hz);
/* Interrupt line n: level. NMI is -1. */
void vb_cpu_irq(struct vb_cpu *cpu, int n, bool level);
/* The vector table of the next reset (i.MX RT: IOMUXC_GPR16.CM7_INIT_VTOR). 0 unless set. */
void vb_cpu_set_init_vtor(struct vb_cpu *cpu, uint32_t addr);
/*
 * M33 whose chip has TrustZone on: the core is in Secure state (this model never leaves it: it has one
 * bank of registers), and the debugger may debug that or not. It shows in DSCSR, DHCSR and DAUTHSTATUS.
 */
enum vb_cpu_security { VB_CPU_NO_TRUSTZONE, VB_CPU_SECURE, VB_CPU_SECURE_NO_DEBUG };
void vb_cpu_set_security(struct vb_cpu *cpu, enum vb_cpu_security security);
/*
 * M7: ITCMCR and DTCMCR as the chip straps them (EN is bit 0, SZ bits 6..3): the EN bits count from
 * the next reset, SZ at once. Without it both read 0.
 */
void vb_cpu_set_tcm(struct vb_cpu *cpu, uint32_t itcmcr, uint32_t dtcmcr);
/*
 * M7 caches. They are off after reset; CCR.DC and CCR.IC turn them on. Then the CPU's data accesses
 * to cacheable RAM regions (`cacheable` of the region, and the MPU does not forbid it) go through a
 * write-back D-cache of the geometry of CCSIDR, and its fetches through the I-cache: the bus, hence
 * the DAP, sees the bytes in RAM, which may be older than the CPU's (dirty line), and the CPU sees its
 * own copy, which may be older than RAM (the DAP or a flash controller wrote). A DAP access with
 * is_cacheable looks the D-cache up. Maintenance registers 0xE000EF50.. work as DDI 0403 B3.2 says.
 * TCMs are never cached.
 */
struct vb_cache_stats {
	uint64_t fills, writebacks, stale_dap_reads, stale_cpu_reads;
};
void vb_cpu_cache_stats(const struct vb_cpu *cpu, struct vb_cache_stats *out);
/* The channels of both cross trigger interfaces become one matrix. */
void vb_cpu_join_triggers(struct vb_cpu *a, struct vb_cpu *b);
/* Core clock gated (STOP mode without DBG_STOP): PPB accesses of the DAP fault. */
void vb_cpu_gate(struct vb_cpu *cpu, bool gated);

/* The trace port behind ITM and DWT. Without one nothing limits them, and nothing is sent. */
struct vb_swo;
void vb_cpu_set_swo(struct vb_cpu *cpu, struct vb_swo *swo);
/* Source packets that the trace port took, and those that an overflow packet stands for. */
void vb_cpu_trace_stats(const struct vb_cpu *cpu, uint64_t *packets, uint64_t *lost);

struct vb_cpu_state {
	bool halted, sleeping, locked_up, in_reset;
	uint32_t pc, xpsr;
	uint64_t instructions, cycles;
	uint64_t halts;			/* times it has entered Debug state */
};
void vb_cpu_state(const struct vb_cpu *cpu, struct vb_cpu_state *out);

#endif
