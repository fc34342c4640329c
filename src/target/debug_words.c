/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vendor debug registers (DBGMCU and its like) stand in the vendor part of the private peripheral bus
 * and are cleared by power-on only: bits that an examine-end handler sets to debug in Stop mode cost
 * current until the battery is gone. What such a handler changes is put back when the daemon leaves.
 */
#include <stdlib.h>

#include "base/log.h"
#include "target/target_priv.h"

#define VENDOR_FIRST 0xe0042000u	/* behind TPIU and ETM (DDI 0403 B3.1) */
#define VENDOR_LAST  0xe004ffffu
#define G0_DBG_FIRST 0x40015800u	/* DBG of STM32G0, C0, U0 (RM0444 40.9) */
#define G0_DBG_LAST  0x400158ffu

static bool is_vendor_debug(uint32_t addr)
{
	return (addr >= VENDOR_FIRST && addr <= VENDOR_LAST) ||
	       (addr >= G0_DBG_FIRST && addr <= G0_DBG_LAST);
}

void debug_word_before_write(struct target *t, uint32_t addr, size_t n)
{
	uint32_t value;

	if (!t->own->keeps_debug_words || n > 4 || !is_vendor_debug(addr))
		return;
	addr &= ~3u;
	for (struct debug_word *w = t->own->debug_words; w != NULL; w = w->next) {
		if (w->addr == addr)
			return;
	}
	if (mem_ap_read32(t->ap, addr, &value) != OK) {
		error_clear();
		return;
	}
	struct debug_word *w = xcalloc(1, sizeof(*w));

	*w = (struct debug_word){ .addr = addr, .value = value, .next = t->own->debug_words };
	t->own->debug_words = w;
}

void debug_words_restore(struct target *t)
{
	for (const struct debug_word *w = t->own->debug_words; w != NULL; w = w->next) {
		log_debug("%s: 0x%08x back to 0x%08x", t->name, w->addr, w->value);
		if (mem_ap_write32(t->ap, w->addr, w->value) != OK)
			log_failure();
	}
}

void debug_words_free(struct target *t)
{
	while (t->own->debug_words != NULL) {
		struct debug_word *w = t->own->debug_words;

		t->own->debug_words = w->next;
		free(w);
	}
}
