/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_ap: memory behind one MEM-AP (IHI 0031 C2). Owns the CSW and TAR cache.
 *
 * Single words queue (mem_ap_queue_*) and are sent by mem_ap_run(), so that several users' accesses
 * share a round trip; queued words in one 16-byte line go through the BD registers without touching
 * TAR where the AP has them. Blocks run at once. TAR is rewritten at every 1 KiB boundary, or 4 KiB
 * where set_tar_wrap allowed it. Data sits on its byte lane; sub-word and packed modes are probed
 * once.
 *
 * ERR_BUS names the exact address of the failing access; the bytes before it were transferred.
 */
#ifndef DAP_MEM_AP_H
#define DAP_MEM_AP_H

#include "dap/dap.h"

struct mem_ap {
	struct dap *dap;
	uint8_t apsel;
	uint32_t idr, base;
	uint32_t csw_base;		/* Prot and DbgSwEnable bits; `apcsw` overrides */
	uint32_t csw_default;
	uint32_t csw, tar;
	bool csw_valid, tar_valid, is_probed;
	bool has_byte, has_packed;
	uint32_t tar_wrap;		/* 0x400 or 0x1000 */
	unsigned generation;		/* of the DAP when the caches were filled */
	struct mem_word *words;		/* queued, not yet handed to the DAP */
	bool has_guarded_word;		/* one of them may not be written: none is */
	size_t word_count, word_capacity;
	struct mem_ap *next;
};

/* AP registers (IHI 0031 C2.6). */
#define AP_CSW	0x00
#define AP_TAR	0x04
#define AP_DRW	0x0c
#define AP_BD0	0x10
#define AP_CFG	0xf4
#define AP_BASE 0xf8
#define AP_IDR	0xfc

/* The AP object of this number; created on first use, not yet probed. Never NULL. */
struct mem_ap *mem_ap_get(struct dap *dap, uint8_t apsel);
/* Finds the first AHB-AP (or APB/AXI) whose bus has a core: for `target create` without -ap-num. */
enum err mem_ap_find_core(struct dap *dap, struct mem_ap **ap);
/* Reads IDR, CFG, BASE, CSW and probes sizes. Idempotent. */
enum err mem_ap_probe(struct mem_ap *ap);
void mem_ap_invalidate(struct mem_ap *ap);
void mem_ap_free_all(struct dap *dap);

void mem_ap_queue_read32(struct mem_ap *ap, uint32_t addr, uint32_t *dst);
void mem_ap_queue_write32(struct mem_ap *ap, uint32_t addr, uint32_t value);
/* `count` words from addr on, one TAR and then DRW after DRW. */
void mem_ap_queue_read_words(struct mem_ap *ap, uint32_t addr, uint32_t *dst, size_t count);
enum err mem_ap_run(struct mem_ap *ap);
enum err mem_ap_read32(struct mem_ap *ap, uint32_t addr, uint32_t *value);
enum err mem_ap_write32(struct mem_ap *ap, uint32_t addr, uint32_t value);

/* `count` accesses of `size` 1, 2 or 4 bytes. addr must be a multiple of size (ERR_UNALIGNED).
 * *done (optional): how many accesses succeeded. */
enum err mem_ap_read(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count, uint8_t *dst,
		     size_t *done);
enum err mem_ap_write(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
		      const uint8_t *src, size_t *done);
/* The same without address increment (a FIFO register). */
enum err mem_ap_read_fifo(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
			  uint8_t *dst);
enum err mem_ap_write_fifo(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
			   const uint8_t *src);
/* Any address and length: bytes at the ragged ends, words in the middle. */
enum err mem_ap_read_bytes(struct mem_ap *ap, uint32_t addr, uint8_t *dst, size_t n);
enum err mem_ap_write_bytes(struct mem_ap *ap, uint32_t addr, const uint8_t *src, size_t n);

#endif
