/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_bus: what the CPU and the MEM-AP see at each address.
 *
 * Two kinds of regions. A RAM region is a plain array (SRAM; flash and ROM too, with a write hook
 * and `writable = false`): the CPU maps it directly into the emulator, so its size must be a
 * multiple of 4 KiB and it must not move while mapped. A device region is a register window served
 * by callbacks. Regions do not overlap; an alias (flash at 0) is a second region over the same
 * bytes and may be re-pointed at run time by vb_bus_remap().
 *
 * An address that belongs to no region is a bus fault. A peripheral that is unclocked answers with
 * zeros and ignores writes: that is the device's business, not the bus's.
 *
 * Any write to a RAM region that does not come from the CPU itself (MEM-AP, flash controller,
 * control port) must go through the bus: it tells the CPU to drop translated code.
 */
#ifndef VB_CORE_BUS_H
#define VB_CORE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vb_result {
	VB_OK,
	VB_FAULT,	/* bus error: STICKYERR for the MEM-AP, BusFault for the CPU */
	VB_STALL,	/* the slave holds the bus: the DP answers WAIT until vb_stall_until passes */
};

enum vb_master { VB_CPU_CODE, VB_CPU_DATA, VB_DAP, VB_DMA };

struct vb_access {
	enum vb_master master;
	uint32_t addr;
	unsigned size;		/* 1, 2 or 4 bytes, naturally aligned for devices */
	bool is_write;
	bool is_privileged;
	bool is_cacheable;	/* HPROT[3]: the DAP's CSW bit 27 */
	bool is_nonsecure;	/* HNONSEC: the DAP's CSW bit 30, SPROT */
	uint64_t stall_until_ns; /* set by the slave with VB_STALL */
};

struct vb_bus;

/* `offset` counts from the region's base. Value is right-aligned (not on byte lanes). */
struct vb_device_ops {
	enum vb_result (*read)(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value);
	enum vb_result (*write)(void *dev, struct vb_access *a, uint32_t offset, uint32_t value);
};

/*
 * Hooks of a RAM region, all optional. `write` decides about a store to a region that is not
 * writable (flash: the controller's program rules; it stores through vb_bus_poke). `check` is asked
 * before any access and may refuse (read protection) or stall it (flash busy). `read` answers a read
 * in place of the bytes (a serial flash whose prefetch buffer is stale, or that is not in a state to
 * be read at all), whenever `check` would be asked: for a guarded region every access, code fetches
 * too, for a dap_guarded one the DAP's.
 */
struct vb_ram_ops {
	enum vb_result (*write)(void *ctx, struct vb_access *a, uint32_t offset, uint32_t value);
	enum vb_result (*check)(void *ctx, struct vb_access *a, uint32_t offset);
	enum vb_result (*read)(void *ctx, struct vb_access *a, uint32_t offset, uint32_t *value);
	/* Optional: vb_bus_poke() has changed these bytes of the region at the poked address. */
	void (*poked)(void *ctx, uint32_t offset, size_t bytes);
};

/*
 * The CPU subscribes to learn of changes in memory it may have translated, of mappings that moved,
 * and of `check` hooks that were turned on or off (so that it maps a guarded region as hooked).
 */
struct vb_bus_listener {
	void (*changed)(void *ctx, uint32_t addr, size_t bytes);
	void (*remapped)(void *ctx);
	void *ctx;
	void (*guarded)(void *ctx);	/* optional: only the guards have changed */
};

struct vb_region {
	const char *name;
	uint32_t base;
	uint32_t size;
	uint8_t *ram;			/* NULL: device */
	bool writable, executable;
	bool cacheable;			/* normal memory behind the L1 caches, if the core has any */
	uint32_t fetch_hz;		/* no more instructions a second from here; 0: one a cycle */
	bool guarded;			/* RAM: ask ops->check for every access, CPU's too */
	bool dap_guarded;		/* RAM: ask ops->check for the DAP's accesses in any case */
	const struct vb_ram_ops *ram_ops;
	const struct vb_device_ops *dev_ops;
	void *ctx;
};

/*
 * A core that the debug port leads through (M7). read, write: its D-cache answers an access to a
 * cacheable RAM region (true) or lets it pass. blocks: it is in reset, nothing behind it answers.
 */
struct vb_bus_cache {
	bool (*blocks)(void *ctx, const struct vb_access *a);
	bool (*read)(void *ctx, const struct vb_region *r, struct vb_access *a, uint32_t *value);
	bool (*write)(void *ctx, const struct vb_region *r, struct vb_access *a, uint32_t value);
	void *ctx;
};

struct vb_bus *vb_bus_new(void);
/*
 * What a second core sees: the regions that `trunk` has now, the same handles over the same bytes, and
 * what is added to the branch alone (its PPB). A write on either side is told to the listeners of both.
 * One branch at most, freed before its trunk; regions that both should see are added before.
 */
struct vb_bus *vb_bus_branch(struct vb_bus *trunk);
void vb_bus_free(struct vb_bus *bus);
/* The bus copies the struct. Returns a handle that stays valid for vb_bus_remap/guard. */
struct vb_region *vb_bus_add(struct vb_bus *bus, const struct vb_region *region);
void vb_bus_remap(struct vb_bus *bus, struct vb_region *alias, uint8_t *ram, uint32_t size);
void vb_bus_guard(struct vb_bus *bus, struct vb_region *region, bool on);
const struct vb_region *vb_bus_find(const struct vb_bus *bus, uint32_t addr);
/* Walks the regions in address order; `i` from 0, NULL at the end. */
const struct vb_region *vb_bus_region(const struct vb_bus *bus, size_t i);
void vb_bus_listen(struct vb_bus *bus, const struct vb_bus_listener *listener);
void vb_bus_set_cache(struct vb_bus *bus, const struct vb_bus_cache *cache);	/* NULL: none */

enum vb_result vb_bus_read(struct vb_bus *bus, struct vb_access *a, uint32_t *value);
enum vb_result vb_bus_write(struct vb_bus *bus, struct vb_access *a, uint32_t value);
/* Straight into or out of RAM regions, past all rules; false if any byte is not RAM. */
bool vb_bus_peek(struct vb_bus *bus, uint32_t addr, void *dst, size_t bytes);
bool vb_bus_poke(struct vb_bus *bus, uint32_t addr, const void *src, size_t bytes);

/*
 * Register table for devices: names and masks as data, side effects as hooks. A device whose
 * dev_ops are &vb_regs_ops has a struct vb_regs as its ctx. Byte and halfword accesses are served
 * by read-modify-write of the word unless `word_only`.
 */
struct vb_regs;
struct vb_reg {
	const char *name;
	uint32_t offset;
	uint32_t reset;
	uint32_t writable;	/* bits that take the written value */
	uint32_t w1c;		/* bits that a written 1 clears */
	/* After the store; `old` is the value before. Return VB_FAULT for a bus error. */
	enum vb_result (*written)(struct vb_regs *regs, uint32_t value, uint32_t old);
	/* Before the read; may refresh *reg_value. */
	void (*reading)(struct vb_regs *regs, uint32_t *reg_value);
};
struct vb_regs {
	const char *name;
	const struct vb_reg *table;	/* ends with a NULL name */
	uint32_t *value;		/* one word per table row, owned by the device */
	bool word_only;
	bool (*is_clocked)(struct vb_regs *regs);	/* NULL: always */
	void *dev;			/* the device, for the hooks */
};
extern const struct vb_device_ops vb_regs_ops;
void vb_regs_reset(struct vb_regs *regs);
uint32_t *vb_regs_at(struct vb_regs *regs, uint32_t offset);	/* NULL if no such register */

#endif
