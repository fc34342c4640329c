/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target.xml (GDB manual, "Target Descriptions"; "ARM Features"). The registers and their numbers come
 * from the target's table. osabi none: GDB builds whose default is GNU/Linux would else not let the
 * server single-step.
 */
#include <ctype.h>
#include <string.h>

#include "server/gdb/documents.h"

#define M_PROFILE "org.gnu.gdb.arm.m-profile"
#define VFP	  "org.gnu.gdb.arm.vfp"

/* In GDB's spelling: the `reg` verb says xPSR, the standard feature xpsr. */
static void add_name(const char *name, struct buf *xml)
{
	for (; *name != '\0'; name++)
		buf_putc(xml, (char)tolower((unsigned char)*name));
}

static void add_register(const struct reg *reg, struct buf *xml)
{
	buf_printf(xml, "<reg name=\"");
	add_name(reg->name, xml);
	buf_printf(xml, "\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"", reg->bits, reg->number,
		   reg->type != NULL ? reg->type : "int");
	if (reg->group != NULL)
		buf_printf(xml, " group=\"%s\"", reg->group);
	/* After a call from GDB these must stay what the call left. */
	if (reg->group != NULL && strcmp(reg->group, "system") == 0)
		buf_printf(xml, " save-restore=\"no\"");
	buf_printf(xml, "/>\n");
}

static bool is_first_of_feature(const struct target *t, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (t->regs[k].feature != NULL && strcmp(t->regs[k].feature, t->regs[i].feature) == 0)
			return false;
	}
	return true;
}

/* A core file has values for these two features only, and GDB does not unwind with an MSP it lacks. */
static bool is_in_core_file(const char *feature)
{
	return strcmp(feature, M_PROFILE) == 0 || strcmp(feature, VFP) == 0;
}

static void add_feature(const struct target *t, const char *feature, struct buf *xml)
{
	buf_printf(xml, "<feature name=\"%s\">\n", feature);
	for (size_t i = 0; i < t->reg_count; i++) {
		if (t->regs[i].feature != NULL && strcmp(t->regs[i].feature, feature) == 0)
			add_register(&t->regs[i], xml);
	}
	buf_printf(xml, "</feature>\n");
}

static void build(const struct target *t, bool for_core_file, struct buf *xml)
{
	buf_printf(xml, "<?xml version=\"1.0\"?>\n"
			"<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
			"<target version=\"1.0\">\n"
			"<architecture>arm</architecture>\n"
			"<osabi>none</osabi>\n");
	for (size_t i = 0; i < t->reg_count; i++) {
		const char *feature = t->regs[i].feature;

		if (feature != NULL && is_first_of_feature(t, i) &&
		    (!for_core_file || is_in_core_file(feature)))
			add_feature(t, feature, xml);
	}
	buf_printf(xml, "</target>\n");
}

void tdesc_build(const struct target *t, struct buf *xml)
{
	build(t, false, xml);
}

void tdesc_build_core(const struct target *t, struct buf *xml)
{
	build(t, true, xml);
}

const struct reg *tdesc_find(const struct target *t, uint32_t number)
{
	for (size_t i = 0; i < t->reg_count; i++) {
		if (t->regs[i].number == number && t->regs[i].feature != NULL)
			return &t->regs[i];
	}
	return NULL;
}

const struct reg *tdesc_general(const struct target *t, size_t i)
{
	const struct reg *reg = i <= UINT32_MAX ? tdesc_find(t, (uint32_t)i) : NULL;

	return reg != NULL && strcmp(reg->feature, M_PROFILE) == 0 ? reg : NULL;
}
