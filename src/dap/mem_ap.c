/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/mem_ap_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dap/guard.h"

/* DbgSwEnable and a debugger's privileged data access: what AHB-APs of M-profile parts take. */
#define CSW_DEFAULT	0xa2000000u
#define LINE_MASK	0xfu	/* BD0..BD3 cover the 16 bytes around TAR */
#define NO_ITEM		((size_t)-1)

struct mem_ap *mem_ap_get(struct dap *dap, uint8_t apsel)
{
	struct mem_ap **end = &dap->aps;

	for (; *end != NULL; end = &(*end)->next)
		if ((*end)->apsel == apsel)
			return *end;
	*end = xcalloc(1, sizeof(**end));
	(*end)->dap = dap;
	(*end)->apsel = apsel;
	(*end)->csw_base = (*end)->csw_default = CSW_DEFAULT;
	(*end)->tar_wrap = 0x400;
	return *end;
}

void mem_ap_free_all(struct dap *dap)
{
	for (struct mem_ap *ap = dap->aps, *next; ap != NULL; ap = next) {
		next = ap->next;
		free(ap->words);
		free(ap);
	}
	dap->aps = NULL;
}

void mem_ap_invalidate(struct mem_ap *ap)
{
	ap->csw_valid = ap->tar_valid = false;
}

void mem_ap_refresh(struct mem_ap *ap)
{
	if (ap->generation == ap->dap->generation)
		return;
	ap->generation = ap->dap->generation;
	mem_ap_invalidate(ap);
}

void mem_ap_set_csw(struct mem_ap *ap, uint32_t access)
{
	uint32_t csw = (ap->csw_base & ~CSW_ACCESS) | access;

	if (ap->csw_valid && ap->csw == csw)
		return;
	dap_write_ap(ap->dap, ap->apsel, AP_CSW, csw);
	ap->csw = csw;
	ap->csw_valid = true;
}

void mem_ap_set_tar(struct mem_ap *ap, uint32_t addr)
{
	if (ap->tar_valid && ap->tar == addr)
		return;
	dap_write_ap(ap->dap, ap->apsel, AP_TAR, addr);
	ap->tar = addr;
	ap->tar_valid = true;
}

void mem_ap_moved(struct mem_ap *ap, uint32_t step, size_t count)
{
	uint32_t end = ap->tar + (uint32_t)(step * count);

	/* Beyond the guaranteed boundary TAR wraps or is UNPREDICTABLE (IHI 0031 C2.2.2). */
	if ((end & (ap->tar_wrap - 1)) < (ap->tar & (ap->tar_wrap - 1)) ||
	    step * count >= ap->tar_wrap)
		ap->tar_valid = false;
	ap->tar = end;
}

static struct mem_word *new_word(struct mem_ap *ap, uint32_t addr)
{
	if (ap->word_count == ap->word_capacity) {
		ap->word_capacity = ap->word_capacity ? 2 * ap->word_capacity : 32;
		ap->words = xrealloc(ap->words, ap->word_capacity * sizeof(*ap->words));
	}
	struct mem_word *word = &ap->words[ap->word_count++];

	*word = (struct mem_word){ .addr = addr, .item = NO_ITEM, .count = 1 };
	return word;
}

void mem_ap_queue_read32(struct mem_ap *ap, uint32_t addr, uint32_t *dst)
{
	struct mem_word *word = new_word(ap, addr);

	word->is_read = true;
	word->dst = dst;
}

void mem_ap_queue_read_words(struct mem_ap *ap, uint32_t addr, uint32_t *dst, size_t count)
{
	while (count > 0) {
		size_t room = (ap->tar_wrap - (addr & (ap->tar_wrap - 1))) / 4;
		struct mem_word *word = new_word(ap, addr);

		word->is_read = true;
		word->dst = dst;
		word->count = MIN(count, room);
		addr += (uint32_t)word->count * 4;
		dst += word->count;
		count -= word->count;
	}
}

void mem_ap_queue_write32(struct mem_ap *ap, uint32_t addr, uint32_t value)
{
	new_word(ap, addr)->value = value;
	if (ap->dap->guards != NULL && dap_guard_find(ap->dap, addr, 4) != NULL)
		ap->has_guarded_word = true;	/* mem_ap_run() says it */
}

/* A write of the queue that may not be takes the queue with it. */
enum err mem_ap_check_words(struct mem_ap *ap)
{
	enum err rc = OK;

	if (!ap->has_guarded_word)
		return OK;
	for (size_t i = 0; i < ap->word_count && rc == OK; i++)
		if (!ap->words[i].is_read)
			rc = dap_guard_check(ap->dap, ap->words[i].addr, 4);
	if (rc != OK)
		mem_ap_forget_words(ap);
	return rc;
}

static uint32_t line_of(uint32_t addr)
{
	return addr & ~LINE_MASK;
}

static bool bank_is(const struct mem_ap *ap, uint32_t bank)
{
	const struct dap *dap = ap->dap;

	return dap->select_valid && dap->select == ((uint32_t)ap->apsel << 24 | bank);
}

/*
 * How many transfers the words [first, end) cost, all in one 16-byte line, besides their data:
 * through BD0..3 the line is set once but SELECT must be on bank 1; through DRW each word out of
 * sequence needs its TAR.
 */
static size_t bd_overhead(const struct mem_ap *ap, size_t first)
{
	bool on_line = ap->tar_valid && line_of(ap->tar) == line_of(ap->words[first].addr);

	if (bank_is(ap, AP_BD0))
		return on_line ? 0 : 3;		/* back to bank 0 for TAR and here again */
	return on_line ? 1 : bank_is(ap, 0) ? 2 : 3;
}

static size_t drw_overhead(const struct mem_ap *ap, size_t first, size_t end)
{
	size_t cost = bank_is(ap, 0) ? 0 : 1;
	bool valid = ap->tar_valid;
	uint32_t tar = ap->tar;

	for (size_t i = first; i < end; i++) {
		cost += !valid || tar != ap->words[i].addr;
		tar = ap->words[i].addr + 4;
		valid = (tar & (ap->tar_wrap - 1)) != 0;
	}
	return cost;
}

static void flush_run(struct mem_ap *ap, struct mem_word *word)
{
	mem_ap_set_tar(ap, word->addr);
	dap_read_ap_block(ap->dap, ap->apsel, AP_DRW, word->dst, word->count);
	word->item = ap->dap->port->item_count - 1;
	mem_ap_moved(ap, 4, word->count);
}

static void access_word(struct mem_ap *ap, struct mem_word *word, uint8_t reg)
{
	struct dap_port *port = ap->dap->port;

	if (word->is_read)
		dap_read_ap(ap->dap, ap->apsel, reg, word->dst);
	else
		dap_write_ap(ap->dap, ap->apsel, reg, word->value);
	word->item = port->item_count - 1;
}

static void flush_line(struct mem_ap *ap, size_t first, size_t end)
{
	uint32_t line = line_of(ap->words[first].addr);

	if (bd_overhead(ap, first) < drw_overhead(ap, first, end)) {
		if (!ap->tar_valid || line_of(ap->tar) != line)
			mem_ap_set_tar(ap, line);
		for (size_t i = first; i < end; i++)
			access_word(ap, &ap->words[i],
				    (uint8_t)(AP_BD0 | (ap->words[i].addr & LINE_MASK)));
		return;
	}
	for (size_t i = first; i < end; i++) {
		mem_ap_set_tar(ap, ap->words[i].addr);
		access_word(ap, &ap->words[i], AP_DRW);
		mem_ap_moved(ap, 4, 1);
	}
}

void mem_ap_flush(struct mem_ap *ap)
{
	mem_ap_refresh(ap);
	if (ap->word_count == 0)
		return;
	mem_ap_set_csw(ap, CSW_SIZE_32 | CSW_INC_SINGLE); /* the BD registers need 32 bits, too */
	for (size_t first = 0, end; first < ap->word_count; first = end) {
		end = first + 1;
		if (ap->words[first].count > 1) {
			flush_run(ap, &ap->words[first]);
			continue;
		}
		for (; end < ap->word_count && ap->words[end].count == 1; end++)
			if (line_of(ap->words[end].addr) != line_of(ap->words[first].addr))
				break;
		flush_line(ap, first, end);
	}
}

bool mem_ap_failed_word(const struct mem_ap *ap, uint32_t *addr, bool *is_read)
{
	for (size_t i = ap->word_count; i-- > 0;) {
		if (ap->words[i].item == NO_ITEM || ap->words[i].item > ap->dap->port->failed_at)
			continue;
		*addr = ap->words[i].addr;
		if (ap->words[i].count > 1)
			*addr += 4 * (uint32_t)(ap->words[i].item == ap->dap->port->failed_at
						? ap->dap->port->failed_word : ap->words[i].count - 1);
		*is_read = ap->words[i].is_read;
		return true;
	}
	return false;
}

void mem_ap_forget_words(struct mem_ap *ap)
{
	ap->word_count = 0;
	ap->has_guarded_word = false;
}

enum err mem_ap_failed(struct mem_ap *ap, enum err rc, uint32_t addr, bool is_read, unsigned size)
{
	struct error error;
	const char *verb = is_read ? "read" : "write";

	if (rc != ERR_DAP_FAULT || (ap->dap->last_ctrl_stat & BIT(5)) == 0)
		return error_what(rc, "memory %s at 0x%08" PRIx32 " failed", verb, addr);
	error_take(&error);
	error_why(ERR_BUS, "bus error at 0x%08" PRIx32 " (%u-bit %s)", addr, size * 8, verb);
	/* The System Control Space (DDI 0403 B3.2) is there on every core that has a clock. */
	if (addr >> 12 == 0xe000e)
		error_next(ERR_BUS, "the core's own registers do not answer: it sleeps with its clock "
			   "off, or is held in reset: wake it, or stop it at its start with "
			   "\"reset_config srst_only srst_nogate connect_assert_srst\" and "
			   "\"reset halt\"");
	return error_evidence(ERR_BUS, "%s", error.evidence);
}

/*
 * A JTAG-DP does not tell which access failed, so the words are tried again one by one. Those
 * before the failing one happen twice: the price of an address in the message.
 */
static enum err try_word(struct mem_ap *ap, const struct mem_word *word, uint32_t addr)
{
	uint32_t scratch;

	mem_ap_refresh(ap);
	mem_ap_set_csw(ap, CSW_SIZE_32 | CSW_INC_SINGLE);
	mem_ap_set_tar(ap, addr);
	if (word->is_read)
		dap_read_ap(ap->dap, ap->apsel, AP_DRW, &scratch);
	else
		dap_write_ap(ap->dap, ap->apsel, AP_DRW, word->value);
	mem_ap_moved(ap, 4, 1);
	return dap_run(ap->dap);
}

static enum err find_failing_word(struct mem_ap *ap, enum err rc)
{
	size_t count = ap->word_count;

	if (rc != ERR_DAP_FAULT || ap->dap->port->transport != TRANSPORT_JTAG)
		return rc;
	for (size_t i = 0; i < count; i++) {
		struct mem_word word = ap->words[i];

		for (uint32_t k = 0; k < word.count; k++) {
			rc = try_word(ap, &word, word.addr + 4 * k);
			if (rc == ERR_DAP_FAULT) {
				mem_ap_forget_words(ap);
				return mem_ap_failed(ap, rc, word.addr + 4 * k, word.is_read, 4);
			}
			TRY(rc);
		}
	}
	return ERR_DAP_FAULT;
}

enum err mem_ap_run(struct mem_ap *ap)
{
	uint32_t addr = 0;
	bool is_read = true;

	TRY(mem_ap_check_words(ap));
	mem_ap_flush(ap);
	enum err rc = dap_run(ap->dap);

	if (rc == ERR_DAP_FAULT && !mem_ap_failed_word(ap, &addr, &is_read)) {
		/* A sticky flag of somebody else's access: nothing of ours has happened yet. */
		error_clear();
		mem_ap_flush(ap);
		rc = dap_run(ap->dap);
	}
	if (rc != OK) {
		struct error error = *error_current();
		bool found = mem_ap_failed_word(ap, &addr, &is_read);
		enum err exact = find_failing_word(ap, rc);

		if (exact == rc) {
			error_put(&error);
			rc = found ? mem_ap_failed(ap, rc, addr, is_read, 4) : rc;
		} else {
			rc = exact;
		}
	}
	mem_ap_forget_words(ap);
	return rc;
}

enum err mem_ap_read32(struct mem_ap *ap, uint32_t addr, uint32_t *value)
{
	mem_ap_queue_read32(ap, addr, value);
	return mem_ap_run(ap);
}

enum err mem_ap_write32(struct mem_ap *ap, uint32_t addr, uint32_t value)
{
	mem_ap_queue_write32(ap, addr, value);
	return mem_ap_run(ap);
}

enum err mem_ap_probe(struct mem_ap *ap)
{
	struct dap *dap = ap->dap;
	uint32_t cfg = 0, csw = 0, bytes = 0, packed = 0;

	if (ap->is_probed)
		return OK;
	mem_ap_refresh(ap);
	dap_read_ap(dap, ap->apsel, AP_IDR, &ap->idr);
	dap_read_ap(dap, ap->apsel, AP_BASE, &ap->base);
	dap_read_ap(dap, ap->apsel, AP_CFG, &cfg);
	dap_read_ap(dap, ap->apsel, AP_CSW, &csw);
	/* Sizes an AP does not have do not stick. */
	mem_ap_set_csw(ap, CSW_SIZE_8 | CSW_INC_SINGLE);
	dap_read_ap(dap, ap->apsel, AP_CSW, &bytes);
	mem_ap_set_csw(ap, CSW_SIZE_8 | CSW_INC_PACKED);
	dap_read_ap(dap, ap->apsel, AP_CSW, &packed);
	TRY(dap_run(dap));
	if (ap->idr == 0) {
		error_why(ERR_UNSUPPORTED, "%s has no access port %u (its IDR reads 0)", dap->name,
			  ap->apsel);
		return error_next(ERR_UNSUPPORTED, "run \"%s info\" for those it has", dap->name);
	}
	if (!(csw & CSW_DEVICE_EN))
		log_warning("%s: access port %u is disabled by the chip (CSW = 0x%08" PRIx32
			    "): memory and "
			    "core are out of reach",
			    dap->name, ap->apsel, csw);
	ap->has_byte = (bytes & CSW_ACCESS) == (CSW_SIZE_8 | CSW_INC_SINGLE);
	ap->has_packed = (packed & CSW_ACCESS) == (CSW_SIZE_8 | CSW_INC_PACKED);
	ap->is_probed = true;
	log_debug("%s: AP %u IDR 0x%08" PRIx32 ", BASE 0x%08" PRIx32 ", CFG 0x%08" PRIx32
		  ", CSW 0x%08" PRIx32 "%s%s",
		  dap->name, ap->apsel, ap->idr, ap->base, cfg, csw,
		  ap->has_byte ? ", byte access" : "", ap->has_packed ? ", packed" : "");
	return OK;
}

static bool is_mem_ap(uint32_t idr)
{
	return bits_get(idr, 16, 13) == 8;	/* class, IHI 0031 C1.3.1 */
}

/* AHB3, AHB5, AHB5 with HPROT: where M-profile cores are. */
static bool is_ahb(uint32_t idr)
{
	unsigned type = bits_get(idr, 3, 0);

	return is_mem_ap(idr) && (type == 1 || type == 5 || type == 8);
}

static unsigned count_answers(const uint32_t *idr, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++)
		count += idr[i] != 0;
	return count;
}

enum err mem_ap_find_core(struct dap *dap, struct mem_ap **ap)
{
	enum { SCAN = 8 };
	uint32_t idr[SCAN] = { 0 };
	int found = -1;

	for (uint8_t i = 0; i < SCAN; i++) {
		dap_read_ap(dap, i, AP_IDR, &idr[i]);
		TRY(dap_run(dap));
		/* Nearly every part has its core behind the first AHB-AP. */
		if (is_ahb(idr[i])) {
			*ap = mem_ap_get(dap, i);
			return mem_ap_probe(*ap);
		}
		if (found < 0 && is_mem_ap(idr[i]))
			found = i;
	}
	if (found < 0 && count_answers(idr, SCAN) == 0) {
		error_why(ERR_UNSUPPORTED, "%s answers, but none of its first %d access ports does: the "
			  "chip is locked, or its debug domain is asleep", dap->name, SCAN);
		return error_next(ERR_UNSUPPORTED, "check read-out protection, try connect under reset, or "
						   "name the access port with -ap-num");
	}
	if (found < 0) {
		error_why(ERR_UNSUPPORTED, "%s has no memory access port among the first %d",
			  dap->name, SCAN);
		return error_next(ERR_UNSUPPORTED, "name the access port with -ap-num");
	}
	*ap = mem_ap_get(dap, (uint8_t)found);
	return mem_ap_probe(*ap);
}
