/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PC samples of the DWT, collected: `swo profile` as text or for gprof, and the samples of `profile`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/profile.h"
#include "trace/swo_priv.h"

#define SAMPLES_MAX (4u << 20)		/* then the older half is dropped */
#define SHOWN_MAX   40u

struct swo_profile {
	struct swo_room *room;
	uint32_t *pcs;
	size_t count, capacity;
	uint64_t asleep, dropped;
	uint64_t begun_ns;
	size_t wanted_from;		/* `profile` takes the samples from here on */
};

static void drop_older_half(struct swo_profile *p)
{
	size_t half = p->count / 2;
	uint64_t now = clock_now_ns();

	memmove(p->pcs, p->pcs + half, (p->count - half) * sizeof(*p->pcs));
	p->count -= half;
	p->dropped += half;
	p->wanted_from -= MIN(p->wanted_from, half);
	p->begun_ns = now - (now - p->begun_ns) / 2;
}

void swo_profile_sample(struct swo_profile *p, uint32_t pc)
{
	if (p->count == SAMPLES_MAX)
		drop_older_half(p);
	if (p->count == 0)
		p->begun_ns = clock_now_ns();
	if (p->count == p->capacity) {
		p->capacity = p->capacity ? 2 * p->capacity : 1024;
		p->pcs = xrealloc(p->pcs, p->capacity * sizeof(*p->pcs));
	}
	p->pcs[p->count++] = pc & ~1u;
}

void swo_profile_asleep(struct swo_profile *p)
{
	p->asleep++;
}

static int by_pc(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

struct spot {
	uint32_t pc;
	size_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	return x->count != y->count ? (x->count > y->count ? -1 : 1) : x->pc < y->pc ? -1 : 1;
}

/* Each PC once, the most frequent first. */
static struct spot *find_spots(const struct swo_profile *p, size_t *found)
{
	uint32_t *sorted = xcalloc(MAX(p->count, (size_t)1), sizeof(*sorted));
	struct spot *spots = xcalloc(MAX(p->count, (size_t)1), sizeof(*spots));
	size_t n = 0;

	if (p->count > 0) {
		memcpy(sorted, p->pcs, p->count * sizeof(*sorted));
		qsort(sorted, p->count, sizeof(*sorted), by_pc);
	}
	for (size_t i = 0; i < p->count; i++) {
		if (n == 0 || spots[n - 1].pc != sorted[i])
			spots[n++].pc = sorted[i];
		spots[n - 1].count++;
	}
	if (n > 0)
		qsort(spots, n, sizeof(*spots), by_count);
	free(sorted);
	*found = n;
	return spots;
}

/* The core's name for the place, if an ELF file of its program is known. */
static void say_name(struct call *c, const struct swo_profile *p, uint32_t pc)
{
	struct target *t;
	char name[80];

	if (p->room->targets == NULL || target_current(p->room->targets, &t) != OK) {
		error_clear();
		return;
	}
	if (symbols_describe(t->symbols, pc, name, sizeof(name)))
		result_printf(c, "  %s", name);
}

static void show(struct call *c, const struct swo_profile *p)
{
	size_t n, all = p->count + p->asleep, sum = 0;
	struct spot *spots = find_spots(p, &n);

	result_printf(c, "%zu samples at %zu addresses, %" PRIu64 " asleep\n", p->count, n,
		      p->asleep);
	if (p->dropped > 0)
		result_printf(c, "%" PRIu64 " older ones were dropped\n", p->dropped);
	result_printf(c, " percent  cumulative  samples  address\n");
	for (size_t i = 0; i < MIN(n, (size_t)SHOWN_MAX); i++) {
		sum += spots[i].count;
		result_printf(c, "  %6.2f      %6.2f  %7zu  0x%08" PRIx32,
			      100.0 * (double)spots[i].count / (double)all,
			      100.0 * (double)sum / (double)all,
			      spots[i].count, spots[i].pc);
		say_name(c, p, spots[i].pc);
		result_printf(c, "\n");
	}
	if (n > SHOWN_MAX)
		result_printf(c, "and %zu addresses more\n", n - SHOWN_MAX);
	free(spots);
}

static void clear(struct swo_profile *p)
{
	p->count = 0;
	p->asleep = p->dropped = 0;
	p->wanted_from = 0;
}

static enum err save(struct call *c, const struct swo_profile *p)
{
	struct profile_data data = { .pcs = p->pcs, .count = p->count,
				     .sampled_ns = clock_now_ns() - p->begun_ns };

	if (p->count == 0) {
		error_why(ERR_NOT_FOUND, "there are no PC samples yet");
		return error_next(ERR_NOT_FOUND, "run \"dwt pc_sampling 1024\" and let the core "
				  "run");
	}
	profile_find_range(&data);
	if (c->argc == 4) {
		TRY(arg_u32(c, 2, &data.low));
		TRY(arg_u32(c, 3, &data.high));
		if (data.high < data.low + 2)
			return error_why(ERR_ARGUMENT, "the range ends before it begins");
	}
	TRY(profile_save(c->argv[1], &data));
	result_printf(c, "Wrote %s\n", c->argv[1]);
	return OK;
}

static enum err cmd_profile(struct call *c)
{
	struct swo_room *room = c->user;

	if (c->argc == 3)
		return arg_usage(c);
	if (c->argc == 1) {
		show(c, room->profile);
		return OK;
	}
	return save(c, room->profile);
}

static enum err cmd_clear(struct call *c)
{
	struct swo_room *room = c->user;

	clear(room->profile);
	return OK;
}

/* --- For `profile` of target/ --- */

static bool begin(void *ctx, struct target *t)
{
	struct swo_profile *p = ctx;
	struct swo_room *room = p->room;
	bool is_captured = room->uart != NULL;

	for (const struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next)
		is_captured |= tpiu->is_captured && tpiu_target(tpiu) == t;
	for (const struct itm_setup *s = room->itms; s != NULL; s = s->next) {
		if (!is_captured || s->target != t || !s->is_sampling)
			continue;
		p->wanted_from = p->count;
		return true;
	}
	return false;
}

static size_t end(void *ctx, uint32_t *pcs, size_t most)
{
	struct swo_profile *p = ctx;
	size_t n = MIN(p->count - MIN(p->wanted_from, p->count), most);

	if (n > 0)
		memcpy(pcs, &p->pcs[p->wanted_from], n * sizeof(*pcs));
	return n;
}

static const struct profile_source source = { begin, end };

struct swo_profile *swo_profile_new(struct swo_room *room)
{
	struct swo_profile *p = xcalloc(1, sizeof(*p));

	p->room = room;
	profile_set_source(room->targets, &source, p);
	return p;
}

void swo_profile_free(struct swo_profile *p)
{
	profile_set_source(p->room->targets, NULL, NULL);
	free(p->pcs);
	free(p);
}

const struct command swo_profile_commands[] = {
	{ "swo profile", STAGE_ANY, 0, 3, "?file? ?start end?", cmd_profile,
	  "Where the PC samples that came so far stand: without a file the most frequent "
	  "addresses, with one a histogram for gprof. See \"dwt pc_sampling\"." },
	{ "swo profile_clear", STAGE_ANY, 0, 0, "", cmd_clear, "Forget the PC samples." },
	{ 0 }
};
