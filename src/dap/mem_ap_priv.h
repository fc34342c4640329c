/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mem_ap.c (words, probe) and mem_block.c (blocks) share. */
#ifndef DAP_MEM_AP_PRIV_H
#define DAP_MEM_AP_PRIV_H

#include "dap/mem_ap.h"

/* CSW fields (IHI 0031 C2.6.4). */
#define CSW_SIZE_8	0u
#define CSW_SIZE_16	1u
#define CSW_SIZE_32	2u
#define CSW_INC_OFF	(0u << 4)
#define CSW_INC_SINGLE	(1u << 4)
#define CSW_INC_PACKED	(2u << 4)
#define CSW_ACCESS	0x37u	/* Size and AddrInc */
#define CSW_DEVICE_EN	BIT(6)

struct mem_word {
	uint32_t addr, value;
	uint32_t *dst;		/* NULL: a write */
	bool is_read;
	size_t count;		/* of a run of words that is read through DRW; 1: a single one */
	size_t item;		/* place of its data access in the port's queue */
};

/* These queue what is needed to make it so, and keep the caches. */
void mem_ap_set_csw(struct mem_ap *ap, uint32_t access);
void mem_ap_set_tar(struct mem_ap *ap, uint32_t addr);
/* The TAR cache after `count` accesses of `step` bytes through DRW. */
void mem_ap_moved(struct mem_ap *ap, uint32_t step, size_t count);
/* Hands the queued words to the DAP. */
void mem_ap_flush(struct mem_ap *ap);
/* Drops what is stale after an error elsewhere on the DAP. */
void mem_ap_refresh(struct mem_ap *ap);
/* The error of a run whose accesses were at `addr` when it failed. */
enum err mem_ap_failed(struct mem_ap *ap, enum err rc, uint32_t addr, bool is_read, unsigned size);
/* The words queued and flushed by this run: who failed? False: none of them. */
bool mem_ap_failed_word(const struct mem_ap *ap, uint32_t *addr, bool *is_read);
void mem_ap_forget_words(struct mem_ap *ap);
/* ERR_REFUSED if one of the queued words may not be written; the queue is empty then. */
enum err mem_ap_check_words(struct mem_ap *ap);

#endif
