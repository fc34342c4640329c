/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a flash operation is doing: a bar that moves on a terminal, else a line for each quarter. On
 * stderr, so that stdout stays what was asked for.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "oneshot/verbs.h"

#define BAR_CHARS 30u

static void draw(struct progress *p, const char *what, unsigned percent)
{
	char bar[BAR_CHARS + 1];
	unsigned full = percent * BAR_CHARS / 100;

	memset(bar, '#', full);
	memset(bar + full, '.', BAR_CHARS - full);
	bar[BAR_CHARS] = '\0';
	fprintf(stderr, "\r%-12.12s [%s] %3u%%", what, bar, percent);
	p->is_open = true;
	if (percent == 100) {
		fputc('\n', stderr);
		p->is_open = false;
	}
}

static void on_progress(void *ctx, const char *what, size_t done, size_t total)
{
	struct progress *p = ctx;
	unsigned percent = total > 0 ? (unsigned)((uint64_t)MIN(done, total) * 100 / total) : 100;

	if (p->what == NULL || strcmp(p->what, what) != 0) {
		p->what = what;
		p->shown = 0;
	}
	if (percent == p->shown || (!p->is_tty && percent / 25 == p->shown / 25))
		return;
	p->shown = percent;
	if (p->is_tty)
		draw(p, what, percent);
	else
		fprintf(stderr, "%s: %u%%\n", what, percent);
}

void progress_begin(struct progress *progress, const struct oneshot *o)
{
	*progress = (struct progress){ .o = o, .is_tty = isatty(STDERR_FILENO) };
	if (o->request->quiet || o->request->json)
		return;
	o->rooms->flash->progress = on_progress;
	o->rooms->flash->progress_ctx = progress;
}

void progress_end(struct progress *progress)
{
	if (progress->is_open)
		fputc('\n', stderr);
	progress->o->rooms->flash->progress = NULL;
}
