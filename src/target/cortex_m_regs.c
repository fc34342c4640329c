/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Core registers through DCRSR and DCRDR (DDI 0403 C1.6.3).
 *
 * Reading is optimistic: for every register {DCRSR write, DHCSR read, DCRDR read} go out in one batch,
 * and afterwards each DHCSR value must show S_REGRDY. The wire is usually slower than the core, so it
 * does. If one does not, more DHCSR reads stand in between from then on (a core at 4 MHz behind a
 * 10 MHz wire needs two), and as a last resort a register is transferred alone.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "target/cortex_m.h"

#define REGRDY_TIMEOUT_MS 500u	/* as other hosts allow; the core needs a few cycles */

enum err cortex_m_build_registers(struct cortex_m *cm)
{
	struct target *t = cm->target;
	size_t n = 0;

	cortex_m_free_registers(cm);
	cm->regs = xcalloc(cortex_m_row_count, sizeof(*cm->regs));
	cm->maps = xcalloc(cortex_m_row_count, sizeof(*cm->maps));
	for (size_t i = 0; i < cortex_m_row_count; i++) {
		const struct reg_row *row = &cortex_m_rows[i];

		if (!cortex_m_row_exists(row, cm->core->arch, cm->has_fpu, cm->has_mve,
					 cm->has_security))
			continue;
		cm->regs[n] = row->reg;
		cm->maps[n++] = row->map;
	}
	cm->ready_reads = 1;
	t->regs = cm->regs;
	t->reg_count = n;
	t->values = xcalloc(n, sizeof(*t->values));
	return OK;
}

void cortex_m_free_registers(struct cortex_m *cm)
{
	free(cm->regs);
	free(cm->maps);
	free(cm->target->values);
	cm->regs = NULL;
	cm->maps = NULL;
	cm->target->values = NULL;
	cm->target->regs = NULL;
	cm->target->reg_count = 0;
}

static void queue_ready(struct cortex_m *cm, struct reg_transfer *x)
{
	for (unsigned i = 0; i < cm->ready_reads; i++)
		mem_ap_queue_read32(cm->ap, DHCSR, &x->dhcsr[i]);
}

static void queue_read(struct cortex_m *cm, unsigned sel, struct reg_transfer *x)
{
	mem_ap_queue_write32(cm->ap, DCRSR, sel);
	queue_ready(cm, x);
	mem_ap_queue_read32(cm->ap, DCRDR, &x->value);
}

static void queue_write(struct cortex_m *cm, unsigned sel, struct reg_transfer *x)
{
	mem_ap_queue_write32(cm->ap, DCRDR, x->value);
	mem_ap_queue_write32(cm->ap, DCRSR, sel | DCRSR_WRITE);
	queue_ready(cm, x);
}

static bool was_ready(struct cortex_m *cm, const struct reg_transfer *x)
{
	for (unsigned i = 0; i < cm->ready_reads; i++)
		dhcsr_seen(cm, x->dhcsr[i]);
	return x->dhcsr[cm->ready_reads - 1] & S_REGRDY;
}

static bool read_more(struct cortex_m *cm)
{
	if (cm->ready_reads >= READY_READS_MAX)
		return false;
	cm->ready_reads *= 2;
	return true;
}

static enum err wait_regrdy(struct cortex_m *cm, unsigned sel)
{
	uint64_t end = clock_now_ms() + REGRDY_TIMEOUT_MS;
	uint32_t dhcsr;

	do {
		TRY(dhcsr_read(cm, &dhcsr));
		if (dhcsr & S_REGRDY)
			return OK;
	} while (clock_now_ms() < end);
	error_why(ERR_TIMEOUT, "core register 0x%02x was not transferred within %u ms", sel,
		  REGRDY_TIMEOUT_MS);
	return error_evidence(ERR_TIMEOUT, "DHCSR = 0x%08x (S_REGRDY clear)", dhcsr);
}

enum err core_reg_read(struct cortex_m *cm, unsigned sel, uint32_t *value)
{
	struct reg_transfer x = { 0 };

	queue_read(cm, sel, &x);
	TRY(mem_ap_run(cm->ap));
	if (!was_ready(cm, &x)) {
		TRY(wait_regrdy(cm, sel));
		TRY(mem_ap_read32(cm->ap, DCRDR, &x.value));
	}
	*value = x.value;
	return OK;
}

enum err core_reg_write(struct cortex_m *cm, unsigned sel, uint32_t value)
{
	struct reg_transfer x = { .value = value };

	queue_write(cm, sel, &x);
	TRY(mem_ap_run(cm->ap));
	return was_ready(cm, &x) ? OK : wait_regrdy(cm, sel);
}

/* A register that is fetched on its own: not a field of a packed word, not lazy. */
static bool is_plain(const struct cortex_m *cm, size_t i)
{
	const struct reg *reg = &cm->regs[i];

	return !reg->is_lazy && (reg->is_hidden || reg->bits == 32);
}

/* Fields follow their packed word, which stands before them in the table. */
static void spread_packed(struct cortex_m *cm, size_t packed)
{
	struct target *t = cm->target;

	for (size_t i = packed + 1; i < t->reg_count && cm->maps[i].sel == cm->maps[packed].sel;
	     i++) {
		uint32_t mask = (1u << cm->regs[i].bits) - 1;

		t->values[i] = (struct reg_value){
			.value = ((uint32_t)t->values[packed].value >> cm->maps[i].shift) & mask,
			.valid = true };
	}
}

static void take_value(struct cortex_m *cm, size_t i, uint64_t value)
{
	cm->target->values[i] = (struct reg_value){ .value = value, .valid = true };
	if (cm->regs[i].is_hidden)
		spread_packed(cm, i);
}

void reg_batch_queue(struct cortex_m *cm, struct reg_batch *batch)
{
	struct target *t = cm->target;

	batch->count = 0;
	if (cm->has_cache)
		mem_ap_queue_read32(cm->ap, CCR, &cm->ccr);
	for (size_t i = 0; i < t->reg_count && batch->count < ARRAY_SIZE(batch->t); i++) {
		if (!is_plain(cm, i))
			continue;
		batch->index[batch->count] = i;
		queue_read(cm, cm->maps[i].sel, &batch->t[batch->count++]);
	}
}

bool reg_batch_finish(struct cortex_m *cm, struct reg_batch *batch)
{
	bool all = true;

	for (size_t k = 0; k < batch->count; k++) {
		struct reg_transfer *x = &batch->t[k];
		bool ready = was_ready(cm, x);

		if (cm->target->values[batch->index[k]].dirty)
			continue;
		if (ready && (cm->dhcsr & S_HALT))
			take_value(cm, batch->index[k], x->value);
		else
			all = false;
	}
	return all;
}

static enum err fetch_one(struct cortex_m *cm, size_t i)
{
	uint32_t low, high = 0;

	TRY(core_reg_read(cm, cm->maps[i].sel, &low));
	if (cm->maps[i].is_pair)
		TRY(core_reg_read(cm, cm->maps[i].sel + 1u, &high));
	take_value(cm, i, low | (uint64_t)high << 32);
	return OK;
}

static bool needs_fetch(const struct cortex_m *cm, size_t i)
{
	const struct reg_value *v = &cm->target->values[i];

	return !v->valid && !v->dirty;
}

/* FPU and secure banks: two transfers per D register, all of them in one batch. */
static enum err fetch_lazy(struct cortex_m *cm)
{
	struct target *t = cm->target;
	struct reg_transfer *x = xcalloc(2 * t->reg_count, sizeof(*x));

	for (size_t i = 0; i < t->reg_count; i++) {
		bool is_field = cm->regs[i].bits < 32;

		if (!cm->regs[i].is_lazy || is_field || !needs_fetch(cm, i))
			continue;
		queue_read(cm, cm->maps[i].sel, &x[2 * i]);
		if (cm->maps[i].is_pair)
			queue_read(cm, cm->maps[i].sel + 1u, &x[2 * i + 1]);
	}
	enum err rc = mem_ap_run(cm->ap);

	for (size_t i = 0; rc == OK && i < t->reg_count; i++) {
		bool is_field = cm->regs[i].bits < 32;

		if (!cm->regs[i].is_lazy || is_field || !needs_fetch(cm, i))
			continue;
		bool ready = was_ready(cm, &x[2 * i]);

		if (cm->maps[i].is_pair)
			ready = was_ready(cm, &x[2 * i + 1]) && ready;
		if (ready)
			take_value(cm, i, x[2 * i].value | (uint64_t)x[2 * i + 1].value << 32);
		else
			rc = fetch_one(cm, i);
	}
	free(x);
	return rc;
}

static enum err fetch_plain(struct cortex_m *cm)
{
	struct reg_batch batch;

	do {
		reg_batch_queue(cm, &batch);
		TRY(mem_ap_run(cm->ap));
		if (reg_batch_finish(cm, &batch))
			return OK;
	} while (read_more(cm));
	for (size_t i = 0; i < cm->target->reg_count; i++) {
		if (is_plain(cm, i) && needs_fetch(cm, i))
			TRY(fetch_one(cm, i));
	}
	return OK;
}

/* A field that was asked for again ("force") comes with its packed word. */
static void refresh_packed(struct cortex_m *cm)
{
	struct reg_value *values = cm->target->values;
	size_t packed = 0;

	for (size_t i = 0; i < cm->target->reg_count; i++) {
		if (cm->regs[i].is_hidden)
			packed = i;
		if (cm->regs[i].bits == 32 || cm->maps[i].sel != cm->maps[packed].sel || values[i].valid)
			continue;
		if (values[packed].dirty)
			spread_packed(cm, packed);
		else
			values[packed].valid = false;
	}
}

enum err cortex_m_fetch(struct target *t, bool lazy_too)
{
	struct cortex_m *cm = cortex_m(t);
	bool missing = false;

	refresh_packed(cm);
	for (size_t i = 0; i < t->reg_count; i++)
		missing |= is_plain(cm, i) && needs_fetch(cm, i);
	if (missing)
		TRY(fetch_plain(cm));
	return lazy_too ? fetch_lazy(cm) : OK;
}

static size_t find_number(const struct cortex_m *cm, unsigned number)
{
	for (size_t i = 0; i < cm->target->reg_count; i++) {
		if (cm->regs[i].number == number)
			return i;
	}
	return cm->target->reg_count;
}

static void set_alias(struct cortex_m *cm, unsigned number, uint64_t value, bool dirty)
{
	size_t i = find_number(cm, number);

	if (i < cm->target->reg_count)
		cm->target->values[i] = (struct reg_value){ value, true, dirty };
}

static uint64_t cached(const struct cortex_m *cm, unsigned number)
{
	size_t i = find_number(cm, number);

	return i < cm->target->reg_count ? cm->target->values[i].value : 0;
}

/* CONTROL.SPSEL counts in Thread mode only (DDI 0403 B1.4.4). */
static unsigned active_stack(const struct cortex_m *cm)
{
	bool is_thread = (cached(cm, 16) & 0x1ff) == 0;

	return is_thread && (cached(cm, 23) & 2) ? 18 : 17;
}

static void fold_into_packed(struct cortex_m *cm, size_t field)
{
	struct reg_value *values = cm->target->values;
	size_t packed = field;

	while (packed > 0 &&
	       !(cm->regs[packed].is_hidden && cm->maps[packed].sel == cm->maps[field].sel))
		packed--;
	uint64_t mask = (((uint64_t)1 << cm->regs[field].bits) - 1) << cm->maps[field].shift;

	values[packed].value = (values[packed].value & ~mask) |
			       ((values[field].value << cm->maps[field].shift) & mask);
	values[packed].dirty = values[packed].valid = true;
	values[field].dirty = false;
}

/* Elsewhere the conditions of the IT block would apply to what stands there (DDI 0403 A7.3.3). */
static void leave_it_block(struct cortex_m *cm)
{
	struct reg_value *xpsr = &cm->target->values[find_number(cm, 16)];

	if (xpsr->value & XPSR_IT)
		*xpsr = (struct reg_value){ xpsr->value & ~(uint64_t)XPSR_IT, true, true };
}

/*
 * sp is a name for msp or psp. Written values go to the real one, so that the order in which
 * CONTROL and the stack pointers reach the core does not matter. With the Security Extension there
 * are four, and the core sorts it out: REGSEL 13 is written.
 */
void cortex_m_register_changed(struct target *t, const struct reg *reg)
{
	struct cortex_m *cm = cortex_m(t);
	size_t i = (size_t)(reg - cm->regs), sp = find_number(cm, 13);

	if (cm->maps[i].sel == 16)	/* a core without T set faults at the first instruction */
		t->values[i].value |= XPSR_T;
	if (reg->number == 15) {
		t->values[i].value &= ~(uint64_t)1;
		leave_it_block(cm);
	}
	if (reg->bits < 32)
		fold_into_packed(cm, i);
	if (cm->has_security)
		return;
	if (reg->number == 13) {
		t->values[sp].value &= ~(uint64_t)3;
		set_alias(cm, active_stack(cm), t->values[sp].value, true);
		t->values[sp].dirty = false;
	} else if (reg->number == 16 || reg->number == 17 || reg->number == 18 ||
		   reg->number == 23) {
		t->values[sp] = (struct reg_value){ cached(cm, active_stack(cm)), true, false };
	}
}

/* Fields and SP are names of others, which were restored too. */
void cortex_m_registers_restored(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);

	for (size_t i = 0; i < t->reg_count; i++) {
		if (cm->regs[i].bits < 32 || (cm->regs[i].number == 13 && !cm->has_security))
			t->values[i].dirty = false;
	}
}

/* Queues a write of register i; returns how many transfers. */
static size_t queue_flush(struct cortex_m *cm, size_t i, struct reg_transfer *x)
{
	uint64_t value = cm->target->values[i].value;

	x[0].value = (uint32_t)value;
	queue_write(cm, cm->maps[i].sel, &x[0]);
	if (!cm->maps[i].is_pair)
		return 1;
	x[1].value = (uint32_t)(value >> 32);
	queue_write(cm, cm->maps[i].sel + 1u, &x[1]);
	return 2;
}

/* Packed words first: CONTROL before SP. */
static enum err flush_alone(struct cortex_m *cm, bool packed)
{
	struct target *t = cm->target;

	for (size_t i = 0; i < t->reg_count; i++) {
		uint64_t value = t->values[i].value;

		if (!t->values[i].dirty || cm->regs[i].is_hidden != packed)
			continue;
		TRY(core_reg_write(cm, cm->maps[i].sel, (uint32_t)value));
		if (cm->maps[i].is_pair)
			TRY(core_reg_write(cm, cm->maps[i].sel + 1u, (uint32_t)(value >> 32)));
	}
	return OK;
}

static enum err flush_batch(struct cortex_m *cm, struct reg_transfer *x)
{
	struct target *t = cm->target;
	bool all = true;
	size_t n = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < t->reg_count; i++) {
			if (t->values[i].dirty && cm->regs[i].is_hidden == (pass == 0))
				n += queue_flush(cm, i, &x[n]);
		}
	}
	TRY(mem_ap_run(cm->ap));
	for (size_t k = 0; k < n; k++)
		all = was_ready(cm, &x[k]) && all;
	if (all)
		return OK;
	/* One was late and the next value may have got in its way: all of them again. */
	read_more(cm);
	TRY(flush_alone(cm, true));
	return flush_alone(cm, false);
}

enum err cortex_m_flush(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);
	bool any = false;

	for (size_t i = 0; i < t->reg_count; i++)
		any |= t->values[i].dirty;
	if (!any)
		return OK;
	struct reg_transfer *x = xcalloc(2 * t->reg_count, sizeof(*x));
	enum err rc = flush_batch(cm, x);

	for (size_t i = 0; rc == OK && i < t->reg_count; i++)
		t->values[i].dirty = false;
	free(x);
	return rc;
}
