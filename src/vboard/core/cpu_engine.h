/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator under the CPU: Unicorn 2.0.1, one engine with a hook on every instruction and one on
 * every data access. What that version does, and what follows (each was seen to happen):
 *
 *  - A stop asked for in the code hook takes effect before that instruction. Inside an IT block it
 *    takes effect behind the block, and so does a fault: members that load or store never run in
 *    Unicorn's IT block; cpu_step() runs them one by one.
 *  - A stop asked for in a memory hook abandons the instruction: no register has changed, pc stays.
 *    A store to RAM has happened by then and is undone. So a refused access can be a precise fault.
 *  - uc_ctl_flush_tlb() touches 1 GiB of memory and takes seconds: hooks are never added later.
 *  - STREX to read-only memory crashes it; LDM and LDRD do not check alignment; YIELD and WFE end
 *    the run with an error; CONTROL shows the FPU bit of the secure state. cpu_step() does those.
 *  - A memory hook comes before the access: bytes changed in it are the ones that are loaded.
 *  - MSP, PSP and the masks read as zero and cannot be written while Thread mode is unprivileged,
 *    also through the API: registers are moved with IPSR set.
 */
#ifndef VB_CORE_CPU_ENGINE_H
#define VB_CORE_CPU_ENGINE_H

#include "vboard/core/cpu_opcode.h"
#include "vboard/core/cpu_priv.h"

#define PAGE	0x1000u
#define NO_PAGE (1ull << 32)

struct map {
	uint32_t base, size;
	uint8_t *ram;			/* NULL: MMIO */
	uint32_t perms;
	struct mmio *mmio;
};

struct mmio {
	struct engine *engine;
	uint32_t base;
};

struct engine {
	uc_engine *uc;
	struct vb_cpu *cpu;
	uint8_t classes[65536];		/* enum op_class by first halfword */
	struct core_regs pushed;	/* what Unicorn holds, while cpu->regs_here */

	struct map *maps;
	size_t map_count;
	bool maps_are_old, has_guards, page_is_old;
	struct { uint32_t first, last; } dirty[16];
	size_t dirty_count;
	uint8_t executed[1 << 17];	/* bit per page: code was run from it */

	/* One run */
	uint64_t limit;
	enum stop why;
	bool is_stopping, is_forced, is_careful, fp_is_native;
	uint32_t control;		/* as Unicorn has it, unless an MSR came in between */
	bool control_is_old;
	uint32_t hook_pc;
	uint32_t it_first, it_bytes;	/* members of the IT block that Unicorn is in */
	uint64_t page_addr;		/* of the opcode page, or NO_PAGE */
	const uint8_t *page;
	unsigned page_cycles;		/* what an instruction there costs */
	bool page_is_open;		/* its region is neither guarded nor cached */
	uint32_t open_first, open_bytes;	/* the last data region that is neither */
	struct {			/* of the I-cache, by address, as long as none moves */
		const uint8_t *data;
		uint32_t addr;
		unsigned generation;
	} lines[64];
	unsigned line_epoch;		/* counts up when what is cached may have changed */
	struct fetched {
		uint32_t pc;
		const struct vb_region *region;
		uint8_t data[4];
		unsigned bytes;
		bool differs;		/* from memory, which is what Unicorn translates */
		bool is_elsewhere;	/* no RAM there */
		bool is_fresh;		/* cpu_step() is to execute it */
	} fetched;
	bool is_abandoned;		/* the instruction at hook_pc did not happen */
	struct { uint8_t *at; unsigned size; uint8_t old[8]; } undo;
	struct { uint8_t *at; uint32_t addr, pc; unsigned size; uint8_t old[8]; } shown;
};

/* An instruction that memory does not hold, for one step. */
struct patch {
	uint8_t *at, old[4];
	uint32_t pc;
	unsigned bytes;
};

/* cpu_engine_map.c */
void engine_sync_maps(struct engine *e);
void engine_listen(struct engine *e);
void engine_drop_maps(struct engine *e);
/* Bytes that may have been translated have changed. */
void engine_forget(struct engine *e, uint32_t addr, size_t bytes);
/* cpu_engine_cache.c */
void engine_hide(struct engine *e, const struct vb_region *r, uint32_t addr, unsigned size);
void engine_show(struct engine *e, const struct vb_region *r, uint32_t addr, const uint8_t *view,
		 unsigned size);
void engine_settle(struct engine *e, uint32_t pc);
enum vb_result engine_fetch(struct engine *e, struct vb_access *a);
void engine_patch(struct engine *e, uint32_t pc, struct patch *p);
void engine_unpatch(struct engine *e, const struct patch *p);
/* cpu_engine_hooks.c */
void engine_add_hooks(struct engine *e);
/* The instruction that was counted last did not happen. */
void engine_uncount(struct engine *e);
uint64_t engine_mmio_read(uc_engine *uc, uint64_t offset, unsigned size, void *ctx);
void engine_mmio_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ctx);
/* May the instruction at pc run, as far as breakpoints, guards and the MPU go? If not: why. */
bool engine_may_execute(struct engine *e, uint32_t pc, enum stop *why);
bool engine_is_privileged(struct engine *e);

#endif
