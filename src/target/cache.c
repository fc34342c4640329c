/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cortex-M7 L1 caches seen from the debug port (DDI 0489F 3.3, 5). An access through the AHB-AP may
 * miss what the data cache holds, and the instruction cache never sees a write. Whether the caches
 * are on changes while the program starts up, so CCR is read at each halt.
 */
#include "target/cortex_m.h"

#define ICIMVAU		0xe000ef58u
#define DCCIMVAC	0xe000ef70u
#define BPIALL		0xe000ef78u
#define LINE		32u

/* TCMs and peripherals are never cached: 0 and 0x20000000 windows, everything from 0x40000000 to
 * 0x5fffffff and the PPB (DDI 0489F 2.3). */
static bool is_cacheable(uint32_t addr)
{
	return !(addr >= 0x40000000 && addr < 0x60000000) && addr < 0xe0000000;
}

static enum err caches_on(struct cortex_m *cm, uint32_t addr, uint32_t *ccr)
{
	*ccr = 0;
	if (!cm->has_cache || !is_cacheable(addr))
		return OK;
	*ccr = cm->ccr;
	if (cm->target->state == TARGET_HALTED)
		return OK;
	return mem_ap_read32(cm->ap, CCR, ccr);
}

/* Cleaned and dropped, so that what we read is what the core saw and what we write stays. */
enum err cache_flush_data(struct cortex_m *cm, uint32_t addr, size_t n)
{
	uint32_t ccr;

	TRY(caches_on(cm, addr, &ccr));
	if (!(ccr & CCR_DC))
		return OK;
	for (uint64_t line = addr & ~(LINE - 1); line < (uint64_t)addr + n; line += LINE)
		mem_ap_queue_write32(cm->ap, DCCIMVAC, (uint32_t)line);
	return mem_ap_run(cm->ap);
}

enum err cache_after_code_write(struct cortex_m *cm, uint32_t addr, size_t n)
{
	uint32_t ccr;

	TRY(caches_on(cm, addr, &ccr));
	if (!(ccr & (CCR_DC | CCR_IC)))
		return OK;
	for (uint64_t line = addr & ~(LINE - 1); line < (uint64_t)addr + n; line += LINE) {
		if (ccr & CCR_DC)
			mem_ap_queue_write32(cm->ap, DCCIMVAC, (uint32_t)line);
		if (ccr & CCR_IC)
			mem_ap_queue_write32(cm->ap, ICIMVAU, (uint32_t)line);
	}
	mem_ap_queue_write32(cm->ap, BPIALL, 0);
	return mem_ap_run(cm->ap);
}
