/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L1 caches of the M7 (DDI 0403 B2.2 and B3.2, DDI 0489 chapter 5): tags, lines, maintenance.
 *
 * RAM regions always hold what memory holds. A line holds what the core sees, and lives on when
 * CCR.DC goes to 0. While a cache is on, cpu_load() and cpu_store() go through it, and the engine
 * puts the bytes of a line that differs from memory under the one instruction that looks at them
 * (cpu_engine_cache.c). With both off, and on other cores, nothing here is called.
 */
#ifndef VB_CORE_CPU_CACHE_H
#define VB_CORE_CPU_CACHE_H

#define CACHE_LINE	32u
#define CCR_DC		BIT(16)
#define CCR_IC		BIT(17)

struct cache_line {
	uint32_t addr;			/* of its first byte */
	bool is_valid, is_dirty;
	uint8_t data[CACHE_LINE];
};

struct cache {
	unsigned ways, sets, valid;
	struct cache_line *lines;	/* the ways of set 0, of set 1, ... */
	uint8_t *victim;		/* next way of a full set to go: round robin */
	unsigned generation;		/* counts up when a line comes or goes */
};

struct caches {
	struct cache d, i;		/* no ways: none */
	struct vb_cache_stats stats;
};

void caches_new(struct vb_cpu *cpu);
void caches_free(struct vb_cpu *cpu);
void caches_invalidate(struct vb_cpu *cpu);	/* whatever was dirty is lost */
uint32_t cache_ccsidr(const struct vb_cpu *cpu, bool instruction);
/* A write to 0xE000EF50 + 4 * word. */
void cache_maintain(struct vb_cpu *cpu, unsigned word, uint32_t value);

/* The region of an access that the D-cache serves, else NULL. */
const struct vb_region *dcache_serves(struct vb_cpu *cpu, const struct vb_access *a);
/* Up to 8 bytes inside `r`. Misses go to the bus, which may refuse or stall. */
enum vb_result dcache_read(struct vb_cpu *cpu, const struct vb_region *r, struct vb_access *a,
			   uint8_t *out);
/* *is_through: the store goes to memory as well. */
enum vb_result dcache_write(struct vb_cpu *cpu, const struct vb_region *r, struct vb_access *a,
			    const uint8_t *in, bool *is_through);
/* The line of `a`, which the I-cache serves. */
enum vb_result icache_line(struct vb_cpu *cpu, struct vb_access *a, const uint8_t **data);
bool icache_serves(struct vb_cpu *cpu, const struct vb_region *r, uint32_t addr);

/* The core's own accesses to memory beside the ones that Unicorn makes. */
enum vb_result cpu_load(struct vb_cpu *cpu, struct vb_access *a, uint32_t *value);
enum vb_result cpu_store(struct vb_cpu *cpu, struct vb_access *a, uint32_t value);

#endif
