/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/front/vcd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define SIGNALS 7

/* In which link mode a signal follows which pin. */
static const struct signal {
	const char *name;
	unsigned pin;
	bool in_swd, in_jtag;
} signals[SIGNALS] = {
	{ "SWCLK", LINK_CLK, true, false },
	{ "SWDIO", LINK_DIO, true, false },
	{ "TCK", LINK_CLK, false, true },
	{ "TMS", LINK_DIO, false, true },
	{ "TDI", LINK_TDI, false, true },
	{ "TDO", LINK_TDO, false, true },
	{ "nRESET", LINK_NRESET, true, true },
};

struct vb_vcd {
	FILE *f;
	struct vb_link *link;
	char *path;
	uint64_t time_ns;
	bool has_time;
	int level[SIGNALS];	/* -1: not written yet */
};

static void levels(void *ctx, uint64_t ps, unsigned pins, enum vb_link_mode mode)
{
	struct vb_vcd *vcd = ctx;
	/* Time never runs backwards in the file. */
	uint64_t ns = MAX(ps / 1000, vcd->time_ns);

	for (size_t i = 0; i < SIGNALS; i++) {
		const struct signal *s = &signals[i];
		bool follows = mode == VB_LINK_JTAG ? s->in_jtag : s->in_swd;
		int level = (pins & s->pin) != 0;

		if (level == vcd->level[i] || (!follows && vcd->level[i] >= 0))
			continue;
		if (!vcd->has_time || ns != vcd->time_ns)
			fprintf(vcd->f, "#%" PRIu64 "\n", ns);
		vcd->has_time = true;
		vcd->time_ns = ns;
		vcd->level[i] = level;
		fprintf(vcd->f, "%d%c\n", level, (char)('!' + i));
	}
}

enum err vb_vcd_open(const char *path, struct vb_link *link, struct vb_vcd **out)
{
	struct vb_vcd *vcd;
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	vcd = xcalloc(1, sizeof(*vcd));
	vcd->f = f;
	vcd->link = link;
	vcd->path = xstrdup(path);
	fprintf(f, "$comment probed-vboard $end\n$timescale 1 ns $end\n$scope module debug $end\n");
	for (size_t i = 0; i < SIGNALS; i++) {
		vcd->level[i] = -1;
		fprintf(f, "$var wire 1 %c %s $end\n", (char)('!' + i), signals[i].name);
	}
	fprintf(f, "$upscope $end\n$enddefinitions $end\n");
	link->trace = (struct vb_link_trace){ .levels = levels, .ctx = vcd };
	vb_link_drive(link, link->is_host_driving);	/* the levels at the start */
	*out = vcd;
	return OK;
}

enum err vb_vcd_close(struct vb_vcd *vcd)
{
	enum err rc = OK;
	bool ok;

	if (vcd == NULL)
		return OK;
	vcd->link->trace = (struct vb_link_trace){ 0 };
	ok = !ferror(vcd->f);
	ok = fclose(vcd->f) == 0 && ok;
	if (!ok)
		rc = error_why(ERR_IO, "%s is not complete: %s", vcd->path, strerror(errno));
	free(vcd->path);
	free(vcd);
	return rc;
}
