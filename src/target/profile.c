/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `profile`: where does the program spend its time? DWT_PCSR tells the PC of a running core without
 * halting it (DDI 0403 C1.8.5); samples become a histogram in gprof's file format.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/profile.h"
#include "target/target_priv.h"

#define DWT_PCSR	0xe000101cu
#define BATCH		64u		/* samples of one run */
#define SAMPLES_MAX	(4u << 20)
#define BUCKETS_MAX	(128u * 1024)
#define SHOWN_MAX	10u		/* functions */
#define HALT_GAP_MS	2u
#define NO_SAMPLE	0xffffffffu	/* halted or asleep */

static void take(struct profile_data *p, const uint32_t *samples, size_t n)
{
	for (size_t i = 0; i < n && p->count < SAMPLES_MAX; i++) {
		if (samples[i] != NO_SAMPLE && samples[i] != 0)
			p->pcs[p->count++] = samples[i];
	}
}

static enum err sample(struct target *t, struct profile_data *p, uint32_t seconds)
{
	uint64_t start = clock_now_ns(), end = start + (uint64_t)seconds * 1000000000;
	uint32_t samples[BATCH];

	while (clock_now_ns() < end && p->count < SAMPLES_MAX) {
		for (unsigned i = 0; i < BATCH; i++)
			mem_ap_queue_read32(t->ap, DWT_PCSR, &samples[i]);
		TRY(mem_ap_run(t->ap));
		take(p, samples, BATCH);
		if (target_is_cancelled(t) || !loop_service(t->list->loop))
			return error_why(ERR_CANCELLED, "interrupted with %zu samples", p->count);
	}
	p->sampled_ns = clock_now_ns() - start;
	return OK;
}

/*
 * Where DWT_PCSR is not implemented (it reads 0; ARMv6-M may leave it out) the core is stopped for each
 * look. A breakpoint that it meets meanwhile ends the sampling, and is a stop like any other.
 */
static enum err sample_by_halting(struct target *t, struct profile_data *p, uint32_t seconds)
{
	uint64_t start = clock_now_ns(), end = start + (uint64_t)seconds * 1000000000;
	uint32_t pc;

	log_info("%s: DWT_PCSR is not implemented: the core is halted for each sample", t->name);
	while (clock_now_ns() < end && p->count < SAMPLES_MAX) {
		TRY(t->type->halt(t));
		TRY(target_get_reg32(t, "pc", &pc));
		p->pcs[p->count++] = pc;
		p->sampled_ns = clock_now_ns() - start;
		if (t->reason != HALT_DEBUG_REQUEST) {
			log_info("%s: the core has stopped: %s", t->name, target_reason_name(t->reason));
			return target_state_changed(t, TARGET_RUNNING);
		}
		TRY(t->type->resume(t, false, false));
		if (target_is_cancelled(t) || !loop_sleep(t->list->loop, HALT_GAP_MS))
			return error_why(ERR_CANCELLED, "interrupted with %zu samples", p->count);
	}
	return OK;
}

static enum err has_pcsr(struct target *t, bool *yes)
{
	uint32_t samples[4] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		mem_ap_queue_read32(t->ap, DWT_PCSR, &samples[i]);
	TRY(mem_ap_run(t->ap));
	*yes = (samples[0] | samples[1] | samples[2] | samples[3]) != 0;
	return OK;
}

/* As a trace brings them; somebody above captures it. */
static enum err listen_to_trace(struct target *t, struct profile_data *p, uint32_t seconds)
{
	struct target_list_own *own = t->list->own;
	uint64_t start = clock_now_ns(), end = start + (uint64_t)seconds * 1000000000;

	while (clock_now_ns() < end && !target_is_cancelled(t) && loop_sleep(t->list->loop, 10))
		;
	p->count = own->profile_source->end(own->profile_ctx, p->pcs, SAMPLES_MAX);
	p->sampled_ns = clock_now_ns() - start;
	if (clock_now_ns() < end)
		return error_why(ERR_CANCELLED, "interrupted with %zu samples", p->count);
	return OK;
}

static enum err collect(struct target *t, struct profile_data *p, uint32_t seconds)
{
	struct target_list_own *own = t->list->own;

	if (own->profile_source != NULL && own->profile_source->begin(own->profile_ctx, t)) {
		log_info("%s: taking the PC samples of the trace", t->name);
		TRY(listen_to_trace(t, p, seconds));
		return p->count > 0 ? OK : error_why(ERR_UNSUPPORTED, "no PC sample came through "
						     "the trace in %u s: the core slept, or the "
						     "pin is silent", seconds);
	}
	bool yes = false;

	TRY(has_pcsr(t, &yes));
	if (!yes)
		return sample_by_halting(t, p, seconds);
	TRY(sample(t, p, seconds));
	if (p->count == 0)
		return error_why(ERR_UNSUPPORTED, "DWT_PCSR told no address in %u s: the core slept",
				 seconds);
	return OK;
}

void profile_find_range(struct profile_data *p)
{
	p->low = UINT32_MAX;
	p->high = 0;
	for (size_t i = 0; i < p->count; i++) {
		p->low = MIN(p->low, p->pcs[i] & ~1u);
		p->high = MAX(p->high, (p->pcs[i] & ~1u) + 2);
	}
}

static void put_u32(FILE *f, uint32_t v)
{
	uint8_t bytes[4];

	put_le32(bytes, v);
	fwrite(bytes, 1, sizeof(bytes), f);
}

/* The counters of the file have 16 bits: returns by what all must be divided to fit. */
static uint32_t count_buckets(const struct profile_data *p, uint32_t *counts, uint32_t buckets)
{
	uint32_t most = 0;

	for (size_t i = 0; i < p->count; i++) {
		uint64_t at = p->pcs[i] & ~1u;

		if (at < p->low || at >= p->high)
			continue;
		uint32_t *c = &counts[(at - p->low) * buckets / (p->high - p->low)];

		++*c;
		most = MAX(most, *c);
	}
	return most / 0x10000 + 1;
}

/* gmon_out.h: header, then one record of a histogram. */
static void write_gmon(FILE *f, const struct profile_data *p)
{
	static const char spare[12], dimension[15] = "seconds";
	uint32_t buckets = MIN((p->high - p->low) / 2, BUCKETS_MAX);
	uint64_t rate = p->count * 1000000000 / (p->sampled_ns ? p->sampled_ns : 1);
	uint32_t *counts = xcalloc(buckets, sizeof(*counts));
	uint32_t divisor = count_buckets(p, counts, buckets);

	fwrite("gmon", 1, 4, f);
	put_u32(f, 1);
	fwrite(spare, 1, sizeof(spare), f);
	fputc(0, f);	/* GMON_TAG_TIME_HIST */
	put_u32(f, p->low);
	put_u32(f, p->high);
	put_u32(f, buckets);
	put_u32(f, (uint32_t)MAX(rate / divisor, 1u));
	fwrite(dimension, 1, sizeof(dimension), f);
	fputc('s', f);
	for (uint32_t i = 0; i < buckets; i++) {
		uint32_t n = counts[i] / divisor;

		fputc(n & 0xff, f);
		fputc(n >> 8, f);
	}
	free(counts);
}

enum err profile_save(const char *path, const struct profile_data *p)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL)
		return error_why(ERR_IO, "couldn't open %s: %s", path, strerror(errno));
	write_gmon(f, p);
	bool ok = !ferror(f);

	ok = fclose(f) == 0 && ok;
	return ok ? OK : error_why(ERR_IO, "%s not complete: %s", path, strerror(errno));
}

static enum err profile(struct target *t, struct profile_data *p, uint32_t seconds)
{
	bool was_halted = t->state == TARGET_HALTED;

	TRY(target_claim(t, "profiling"));
	enum err rc = was_halted ? target_resume(t, NULL, true, false) : OK;

	if (rc == OK)
		rc = collect(t, p, seconds);
	if (was_halted && t->state != TARGET_HALTED) {
		struct error kept;

		error_take(&kept);
		enum err halted = target_halt(t);

		if (rc != OK)
			error_put(&kept);
		rc = error_first(rc, halted);
	}
	target_release(t);
	return rc;
}

/* A function, with its samples. */
struct share {
	uint32_t addr;			/* of the function; UINT32_MAX: in none that is known */
	size_t count;
};

static int by_addr(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_count(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->count != y->count ? (x->count > y->count ? -1 : 1) : by_addr(a, b);
}

/* One line for each of the functions where the most time goes, if their names are known. */
static void say_functions(const struct target *t, const struct profile_data *p)
{
	struct share *shares = xcalloc(MAX(p->count, (size_t)1), sizeof(*shares));
	struct symbol symbol;
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		bool is_known = symbols_at(t->symbols, p->pcs[i] & ~1u, &symbol);

		shares[i].addr = is_known ? symbol.addr : UINT32_MAX;
	}
	qsort(shares, p->count, sizeof(*shares), by_addr);
	for (size_t i = 0; i < p->count; i++) {
		if (n == 0 || shares[n - 1].addr != shares[i].addr)
			shares[n++] = (struct share){ .addr = shares[i].addr };
		shares[n - 1].count++;
	}
	qsort(shares, n, sizeof(*shares), by_count);
	for (size_t i = 0; i < MIN(n, (size_t)SHOWN_MAX); i++) {
		bool is_known = symbols_at(t->symbols, shares[i].addr, &symbol);

		log_user("%6.2f %%  %s", 100.0 * (double)shares[i].count / (double)p->count,
			 is_known ? symbol.name : "(no name)");
	}
	free(shares);
}

static enum err cmd_profile(struct call *c)
{
	struct profile_data p = { 0 };
	uint32_t seconds;
	struct target *t;

	TRY(call_examined_target(c, &t));
	TRY(arg_u32(c, 1, &seconds));
	if (seconds == 0)
		return error_why(ERR_ARGUMENT, "a profile takes 1 second or more");
	if (c->argc == 4)
		return arg_usage(c);
	p.pcs = xcalloc(SAMPLES_MAX, sizeof(*p.pcs));
	enum err rc = profile(t, &p, seconds);

	if (rc == OK) {
		profile_find_range(&p);
		if (c->argc == 5) {
			rc = arg_u32(c, 3, &p.low);
			if (rc == OK)
				rc = arg_u32(c, 4, &p.high);
			if (rc == OK && p.high < p.low + 2)
				rc = error_why(ERR_ARGUMENT, "the range ends before it begins");
		}
	}
	if (rc == OK)
		rc = profile_save(c->argv[2], &p);
	if (rc == OK) {
		log_info("%s: %zu samples of PC in %u s", t->name, p.count, seconds);
		if (symbols_path(t->symbols, 0) != NULL)
			say_functions(t, &p);
		result_printf(c, "Wrote %s\n", c->argv[2]);
	}
	free(p.pcs);
	return rc;
}

void profile_set_source(struct target_list *list, const struct profile_source *source, void *ctx)
{
	list->own->profile_source = source;
	list->own->profile_ctx = ctx;
}

const struct command profile_commands[] = {
	{ "profile", STAGE_EXEC, 2, 4, "seconds file ?start end?", cmd_profile,
	  "Samples the running program's PC, through SWO where \"dwt pc_sampling\" is on, and "
	  "writes a histogram for gprof." },
	{ .name = NULL }
};
