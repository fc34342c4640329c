/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/dwt.h"

#include <string.h>

#include "base/bytes.h"

/* FUNCTION values of data watchpoints: DDI 0403 table C1-14, DDI 0553 DWT_FUNCTIONn.MATCH. */
static const uint8_t v7_function[] = { [DWT_READ] = 5, [DWT_WRITE] = 6, [DWT_ACCESS] = 7 };
static const uint8_t v8_match[] = { [DWT_READ] = 6, [DWT_WRITE] = 5, [DWT_ACCESS] = 4 };
/* Comparator 1 is the one that compares values (DDI 0403 C1.8.17; more are allowed, none is known). */
#define V7_VALUE_COMPARATOR	1u
#define V7_SIZE(log2)		((uint32_t)(log2) << 10)
#define V7_ADDRESS_IN(n)	((uint32_t)(n) << 12 | (uint32_t)(n) << 16)
#define V8_LIMIT	7u
#define V8_LINKED_VALUE	0xbu
#define V8_ACTION_DEBUG	(1u << 4)
#define V8_SIZE(log2)	((uint32_t)(log2) << 10)

static unsigned log2_floor(uint32_t v)
{
	return 31 - (unsigned)__builtin_clz(v);
}

size_t dwt_split(uint32_t addr, uint32_t n, unsigned max_log2, struct dwt_piece *pieces, size_t max)
{
	uint64_t at = addr, end = (uint64_t)addr + n;
	size_t count = 0;

	while (at < end) {
		unsigned size = (uint32_t)at == 0 ? 31 : (unsigned)__builtin_ctz((uint32_t)at);

		size = MIN(size, max_log2);
		while (((uint64_t)1 << size) > end - at)
			size--;
		if (count == max)
			return 0;
		pieces[count++] = (struct dwt_piece){ (uint32_t)at, size };
		at += (uint64_t)1 << size;
	}
	return count;
}

unsigned dwt_cover(uint32_t addr, uint32_t n, uint32_t *base)
{
	uint32_t last = addr + n - 1;

	if (n == 0 || last < addr)
		return 32;
	unsigned log2 = addr == last ? 0 : log2_floor(addr ^ last) + 1;

	if (log2 < 32)
		*base = addr & ~(((uint32_t)1 << log2) - 1);
	return log2;
}

uint32_t dwt_function(bool is_v8, enum dwt_access access, uint32_t size)
{
	if (!is_v8)
		return v7_function[access];
	return v8_match[access] | V8_ACTION_DEBUG | (size > 0 ? V8_SIZE(log2_floor(size)) : 0);
}

unsigned dwt_free_count(const struct dwt *dwt)
{
	unsigned n = 0;

	for (unsigned i = 0; i < dwt->count; i++)
		n += dwt->owner[i] == 0;
	return n;
}

static bool same(const struct dwt_comparator *a, const struct dwt_comparator *b)
{
	return a->function == b->function && a->comp == b->comp && a->mask == b->mask;
}

static void take(struct dwt *dwt, uint8_t owner, struct dwt_comparator value)
{
	unsigned at = dwt->count;

	/* One whose hardware already holds the value needs no write. */
	for (unsigned i = 0; i < dwt->count; i++) {
		if (dwt->owner[i] != 0)
			continue;
		if (dwt->known[i] && same(&dwt->actual[i], &value)) {
			at = i;
			break;
		}
		if (at == dwt->count)
			at = i;
	}
	dwt->wanted[at] = value;
	dwt->owner[at] = owner;
}

static unsigned take_pieces(struct dwt *dwt, uint8_t owner, const struct dwt_piece *pieces,
			    size_t n, enum dwt_access access)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t size = (uint32_t)1 << pieces[i].log2_size;

		take(dwt, owner, (struct dwt_comparator){
			.comp = pieces[i].addr,
			.mask = dwt->is_v8 ? 0 : pieces[i].log2_size,
			.function = dwt_function(dwt->is_v8, access, size) });
	}
	return (unsigned)n;
}

/* v8: an even comparator holds the first address, the odd one after it the last. */
static bool take_range(struct dwt *dwt, uint8_t owner, uint32_t addr, uint32_t n,
		       enum dwt_access access)
{
	for (unsigned i = 0; i + 1 < dwt->count; i += 2) {
		if (dwt->owner[i] != 0 || dwt->owner[i + 1] != 0)
			continue;
		dwt->wanted[i] = (struct dwt_comparator){ addr, 0, dwt_function(true, access, 0) };
		dwt->wanted[i + 1] = (struct dwt_comparator){ addr + n - 1, 0, V8_LIMIT };
		dwt->owner[i] = dwt->owner[i + 1] = owner;
		return true;
	}
	return false;
}

unsigned dwt_add(struct dwt *dwt, uint8_t owner, uint32_t addr, uint32_t n, enum dwt_access access,
		 unsigned *needed, bool *is_rounded)
{
	struct dwt_piece pieces[DWT_MAX];
	unsigned max_log2 = dwt->is_v8 ? 2 : dwt->max_mask, free_count = dwt_free_count(dwt);
	size_t count = dwt_split(addr, n, max_log2, pieces, ARRAY_SIZE(pieces));
	uint32_t base = 0;

	*is_rounded = false;
	*needed = (unsigned)count;
	if (n == 0 || dwt->count == 0)
		return 0;
	if (dwt->is_v8 && dwt->has_ranges && count != 1) {
		*needed = 2;
		return take_range(dwt, owner, addr, n, access) ? 2 : 0;
	}
	if (count > 0 && count <= free_count)
		return take_pieces(dwt, owner, pieces, count, access);

	unsigned log2 = dwt_cover(addr, n, &base);

	if (dwt->is_v8 || log2 > max_log2 || free_count == 0)
		return 0;
	*is_rounded = true;
	pieces[0] = (struct dwt_piece){ base, log2 };
	return take_pieces(dwt, owner, pieces, 1, access);
}

/* COMP compares a word: a smaller value is in it as often as it fits. */
static uint32_t replicated(uint32_t value, uint32_t bytes)
{
	return bytes == 1 ? (value & 0xff) * 0x01010101u
			  : bytes == 2 ? (value & 0xffff) * 0x00010001u : value;
}

static unsigned find_free(const struct dwt *dwt)
{
	unsigned n = 0;

	while (n < dwt->count && dwt->owner[n] != 0)
		n++;
	return n;
}

static bool free_value_comparator(struct dwt *dwt)
{
	const unsigned from = V7_VALUE_COMPARATOR;
	unsigned to = find_free(dwt);

	if (dwt->owner[from] == 0)
		return true;
	/* The comparator of a data trace is told in its packets; a value has nowhere else to go. */
	if (to == dwt->count || dwt->owner[from] == DWT_OWNER_TRACE ||
	    (dwt->wanted[from].function & DWT_DATAVMATCH) || dwt->wanted[from].function == 0)
		return false;
	dwt->wanted[to] = dwt->wanted[from];
	dwt->owner[to] = dwt->owner[from];
	dwt->owner[from] = 0;
	return true;
}

static bool add_value_v7(struct dwt *dwt, uint8_t owner, const struct dwt_value *v)
{
	unsigned log2_size = log2_floor(v->bytes), at;

	if (dwt_free_count(dwt) < 2 || !free_value_comparator(dwt))
		return false;
	dwt->owner[V7_VALUE_COMPARATOR] = owner;
	at = find_free(dwt);
	dwt->owner[at] = owner;
	dwt->wanted[at] = (struct dwt_comparator){ v->addr, log2_size, 0 };
	dwt->wanted[V7_VALUE_COMPARATOR] = (struct dwt_comparator){
		.comp = replicated(v->value, v->bytes),
		.function = v7_function[v->access] | DWT_DATAVMATCH | V7_SIZE(log2_size) |
			    V7_ADDRESS_IN(at) };
	return true;
}

static bool add_value_v8(struct dwt *dwt, uint8_t owner, const struct dwt_value *v)
{
	uint32_t size = V8_SIZE(log2_floor(v->bytes));

	for (unsigned i = 0; i + 1 < dwt->count; i += 2) {
		if (dwt->owner[i] != 0 || dwt->owner[i + 1] != 0)
			continue;
		dwt->wanted[i] = (struct dwt_comparator){ v->addr, 0, v8_match[v->access] | size };
		dwt->wanted[i + 1] = (struct dwt_comparator){
			replicated(v->value, v->bytes), 0, V8_LINKED_VALUE | V8_ACTION_DEBUG | size };
		dwt->owner[i] = dwt->owner[i + 1] = owner;
		return true;
	}
	return false;
}

bool dwt_add_value(struct dwt *dwt, uint8_t owner, const struct dwt_value *v)
{
	if (!dwt->has_values)
		return false;
	return dwt->is_v8 ? add_value_v8(dwt, owner, v) : add_value_v7(dwt, owner, v);
}

bool dwt_halts(const struct dwt *dwt, unsigned i)
{
	return dwt->is_v8 ? (dwt->wanted[i].function & V8_ACTION_DEBUG) != 0
			  : dwt->wanted[i].function != 0;
}

void dwt_remove(struct dwt *dwt, uint8_t owner)
{
	for (unsigned i = 0; i < dwt->count; i++) {
		if (dwt->owner[i] != owner)
			continue;
		dwt->wanted[i] = (struct dwt_comparator){ 0, 0, 0 };
		dwt->owner[i] = 0;
	}
}

/* A comparator that is off in hardware may hold any address. */
int dwt_next_change(const struct dwt *dwt, unsigned from)
{
	for (unsigned i = from; i < dwt->count; i++) {
		const struct dwt_comparator *w = &dwt->wanted[i], *a = &dwt->actual[i];

		if (!dwt->known[i] || (dwt->owner[i] == 0 ? a->function != 0 : !same(w, a)))
			return (int)i;
	}
	return -1;
}

void dwt_forget(struct dwt *dwt)
{
	memset(dwt->known, 0, sizeof(dwt->known));
}
