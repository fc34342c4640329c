/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/rom_table.h"

#include <inttypes.h>
#include <string.h>

#include "adapter/jep106.h"
#include "base/log.h"

#define MAX_DEPTH   16u
#define MAX_SEEN    128u
#define ARM	    0x23bu
#define CHINA	    0x575u
#define ANY	    0xffffffffu
#define ARCH_ROM    0x0af7u

/* Word of an ID register inside the block that starts at ROM_ID_OFFSET. */
#define ID_WORD(offset) (((offset) - ROM_ID_OFFSET) / 4)

void rom_parse_id(uint32_t base, const uint32_t words[ROM_ID_WORDS], struct component *component)
{
	uint32_t cidr = 0;
	uint64_t pidr = 0;

	for (unsigned i = 0; i < 4; i++) {
		cidr |= (words[ID_WORD(0xff0) + i] & 0xff) << 8 * i;
		pidr |= (uint64_t)(words[ID_WORD(0xfe0) + i] & 0xff) << 8 * i;
		pidr |= (uint64_t)(words[ID_WORD(0xfd0) + i] & 0xff) << (32 + 8 * i);
	}
	*component = (struct component){
		.base = base,
		.is_valid = (cidr & 0xffff0fff) == 0xb105000d,
		.pidr = pidr,
		.class = bits_get(cidr, 15, 12),
		.part = (unsigned)(pidr & 0xfff),
		.revision = (unsigned)(pidr >> 20 & 0xf),
		.designer = (unsigned)(pidr >> 32 & 0xf) << 7 | (unsigned)(pidr >> 12 & 0x7f),
		.pages = 1u << (pidr >> 36 & 0xf),
		.devtype = words[ID_WORD(0xfcc)],
	};
	if (component->class == CLASS_CORESIGHT)
		component->devarch = words[ID_WORD(0xfbc)];
}

bool rom_is_table(const struct component *c)
{
	if (!c->is_valid)
		return false;
	return c->class == CLASS_ROM_TABLE ||
	       (c->class == CLASS_CORESIGHT && (c->devarch & BIT(20)) &&
		(c->devarch & 0xffff) == ARCH_ROM);
}

/* Newer cores use one part number for all their blocks: DEVARCH tells them apart. */
static const struct {
	unsigned part;
	uint32_t archid;
	const char *name;
} parts[] = {
	{ 0x000, ANY, "Cortex-M3 SCS (System Control Space)" },
	{ 0x001, ANY, "Cortex-M3 ITM (Instrumentation Trace Module)" },
	{ 0x002, ANY, "Cortex-M3 DWT (Data Watchpoint and Trace)" },
	{ 0x003, ANY, "Cortex-M3 FPB (Flash Patch and Breakpoint)" },
	{ 0x008, ANY, "Cortex-M0 SCS (System Control Space)" },
	{ 0x00a, ANY, "Cortex-M0 DWT (Data Watchpoint and Trace)" },
	{ 0x00b, ANY, "Cortex-M0 BPU (Breakpoint Unit)" },
	{ 0x00c, ANY, "Cortex-M4 SCS (System Control Space)" },
	{ 0x00e, ANY, "Cortex-M7 FPB (Flash Patch and Breakpoint)" },
	{ 0x471, ANY, "Cortex-M0 ROM (ROM Table)" },
	{ 0x4c0, ANY, "Cortex-M0+ ROM (ROM Table)" },
	{ 0x4c3, ANY, "Cortex-M3 ROM (ROM Table)" },
	{ 0x4c4, ANY, "Cortex-M4 ROM (ROM Table)" },
	{ 0x4c7, ANY, "Cortex-M7 PPB ROM (Private Peripheral Bus ROM Table)" },
	{ 0x4c8, ANY, "Cortex-M7 ROM (ROM Table)" },
	{ 0x4c9, ANY, "Cortex-M33 ROM (ROM Table)" },
	{ 0x906, ANY, "CoreSight CTI (Cross Trigger)" },
	{ 0x907, ANY, "CoreSight ETB (Trace Buffer)" },
	{ 0x908, ANY, "CoreSight CSTF (Trace Funnel)" },
	{ 0x909, ANY, "CoreSight Replicator (Trace Replicator)" },
	{ 0x912, ANY, "CoreSight TPIU (Trace Port Interface Unit)" },
	{ 0x913, ANY, "CoreSight ITM (Instrumentation Trace Macrocell)" },
	{ 0x914, ANY, "CoreSight SWO (Single Wire Output)" },
	{ 0x923, ANY, "Cortex-M3 TPIU (Trace Port Interface Unit)" },
	{ 0x924, ANY, "Cortex-M3 ETM (Embedded Trace)" },
	{ 0x925, ANY, "Cortex-M4 ETM (Embedded Trace)" },
	{ 0x932, ANY, "CoreSight MTB-M0+ (Micro Trace Buffer)" },
	{ 0x961, ANY, "CoreSight TMC (Trace Memory Controller)" },
	{ 0x975, ANY, "Cortex-M7 ETM (Embedded Trace)" },
	{ 0x9a1, ANY, "Cortex-M4 TPIU (Trace Port Interface Unit)" },
	{ 0x9a6, ANY, "Cortex-M0+ CTI (Cross Trigger Interface)" },
	{ 0x9a9, ANY, "Cortex-M7 TPIU (Trace Port Interface Unit)" },
	{ 0xd20, 0x2a04, "Cortex-M23 SCS (System Control Space)" },
	{ 0xd20, 0x1a02, "Cortex-M23 DWT (Data Watchpoint and Trace)" },
	{ 0xd20, 0x1a03, "Cortex-M23 BPU (Breakpoint Unit)" },
	{ 0xd20, 0x1a14, "Cortex-M23 CTI (Cross Trigger Interface)" },
	{ 0xd20, 0x4a13, "Cortex-M23 ETM (Embedded Trace)" },
	{ 0xd20, 0x0a31, "Cortex-M23 MTB (Micro Trace Buffer)" },
	{ 0xd21, 0x2a04, "Cortex-M33 SCS (System Control Space)" },
	{ 0xd21, 0x1a01, "Cortex-M33 ITM (Instrumentation Trace Module)" },
	{ 0xd21, 0x1a02, "Cortex-M33 DWT (Data Watchpoint and Trace)" },
	{ 0xd21, 0x1a03, "Cortex-M33 BPU (Breakpoint Unit)" },
	{ 0xd21, 0x1a14, "Cortex-M33 CTI (Cross Trigger Interface)" },
	{ 0xd21, 0x4a13, "Cortex-M33 ETM (Embedded Trace)" },
	{ 0xd21, 0x0a31, "Cortex-M33 MTB (Micro Trace Buffer)" },
};

const char *rom_part_name(const struct component *c)
{
	if (c->designer != ARM && c->designer != CHINA)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].part == c->part &&
		    (parts[i].archid == ANY || parts[i].archid == (c->devarch & 0xffff)))
			return parts[i].name;
	return NULL;
}

const char *rom_class_name(unsigned class)
{
	static const char *const names[16] = {
		[0x0] = "Generic verification component",
		[0x1] = "ROM table",
		[0x9] = "CoreSight component",
		[0xb] = "Peripheral Test Block",
		[0xd] = "OptimoDE DESS",
		[0xe] = "Generic IP component",
		[0xf] = "CoreLink, PrimeCell or System component",
	};

	return names[class & 0xf] ? names[class & 0xf] : "Reserved";
}

/* DEVTYPE of CoreSight components: major type in [3:0], sub-type in [7:4] (IHI 0029 B2.3.8). */
static const char *type_name(uint32_t devtype)
{
	static const struct {
		uint8_t type;
		const char *name;
	} types[] = {
		{ 0x11, "Trace Sink, Port" },
		{ 0x21, "Trace Sink, Buffer" },
		{ 0x31, "Trace Sink, Router" },
		{ 0x12, "Trace Link, Funnel" },
		{ 0x22, "Trace Link, Filter" },
		{ 0x32, "Trace Link, FIFO" },
		{ 0x13, "Trace Source, Processor" },
		{ 0x43, "Trace Source, Bus" },
		{ 0x14, "Debug Control, Trigger Matrix" },
		{ 0x34, "Debug Control, Power Requestor" },
		{ 0x15, "Debug Logic, Processor" },
		{ 0x16, "Performance Monitor, Processor" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == (devtype & 0xff))
			return types[i].name;
	return "unknown";
}

struct walk {
	struct mem_ap *ap;
	rom_visit_fn fn;
	void *ctx;
	uint32_t seen[MAX_SEEN];
	size_t seen_count;
};

/* Read failures a component may have: unpowered, locked, not there. */
static bool is_local(enum err rc)
{
	return rc == ERR_BUS || rc == ERR_DAP_WAIT || rc == ERR_DAP_FAULT;
}

static enum err read_words(struct walk *w, uint32_t addr, uint32_t *words, size_t count)
{
	uint8_t bytes[4 * ROM_ID_WORDS];

	TRY(mem_ap_read(w->ap, addr, 4, count, bytes, NULL));
	for (size_t i = 0; i < count; i++)
		words[i] = get_le32(bytes + 4 * i);
	return OK;
}

static bool was_seen(struct walk *w, uint32_t base)
{
	for (size_t i = 0; i < w->seen_count; i++)
		if (w->seen[i] == base)
			return true;
	if (w->seen_count < MAX_SEEN)
		w->seen[w->seen_count++] = base;
	return w->seen_count == MAX_SEEN;
}

/* One table being read; tables inside tables lie on a stack, not on the C stack. */
struct level {
	uint32_t base, next;		/* offset of the next entry */
	uint32_t limit;
	bool is_wide;			/* class 9 with 64-bit entries */
};

/* Reads and reports the component at `base`; opens a level if it is a table. */
static enum err visit_component(struct walk *w, struct rom_visit *visit, uint32_t base,
				struct level *level, bool *opens)
{
	uint32_t words[ROM_ID_WORDS], devid = 0;
	struct component component;

	*opens = false;
	if (was_seen(w, base)) {
		visit->what = ROM_SEEN_BEFORE;
		w->fn(w->ctx, visit);
		return OK;
	}
	enum err rc = read_words(w, base + ROM_ID_OFFSET, words, ROM_ID_WORDS);

	if (rc != OK && !is_local(rc))
		return rc;
	visit->what = rc == OK ? ROM_COMPONENT : ROM_UNREADABLE;
	if (rc == OK) {
		rom_parse_id(base, words, &component);
		visit->component = &component;
		*opens = rom_is_table(&component);
		devid = words[ID_WORD(0xfc8)];
	}
	w->fn(w->ctx, visit);
	visit->component = NULL;
	error_clear();
	if (*opens)
		*level =
			(struct level){ .base = base,
					.limit = component.class == CLASS_ROM_TABLE ? 0xf00 : 0x800,
					.is_wide = component.class == CLASS_CORESIGHT &&
						   (devid & 0xf) == 1 };
	return OK;
}

/* The next entry of a table; false at its end. */
static enum err next_entry(struct walk *w, struct level *level, uint32_t *entry, bool *more)
{
	uint32_t high = 0;

	*more = false;
	if (level->next >= level->limit)
		return OK;
	enum err rc = read_words(w, level->base + level->next, entry, 1);

	if (rc == OK && level->is_wide)
		rc = read_words(w, level->base + level->next + 4, &high, 1);
	if (rc != OK && !is_local(rc))
		return rc;
	error_clear();
	*more = rc == OK && *entry != 0;
	level->next += level->is_wide ? 8 : 4;
	return OK;
}

enum err rom_table_walk(struct mem_ap *ap, uint32_t base, rom_visit_fn fn, void *ctx)
{
	struct walk w = { .ap = ap, .fn = fn, .ctx = ctx };
	struct level levels[MAX_DEPTH];
	struct rom_visit visit = { .entry_offset = ~0u };
	unsigned depth = 0;
	bool opens, more;

	TRY(visit_component(&w, &visit, base, &levels[0], &opens));
	if (!opens)
		return OK;
	depth = 1;
	while (depth > 0) {
		struct level *level = &levels[depth - 1];

		visit = (struct rom_visit){ .depth = depth, .entry_offset = level->next };
		TRY(next_entry(&w, level, &visit.entry, &more));
		if (!more) {
			visit.what = ROM_END;
			fn(ctx, &visit);
			depth--;
			continue;
		}
		if (!(visit.entry & 1)) {
			visit.what = ROM_NOT_PRESENT;
			fn(ctx, &visit);
			continue;
		}
		if (depth == MAX_DEPTH) {
			log_warning(
				"ROM tables are nested deeper than %u levels: the rest is left out",
				MAX_DEPTH);
			continue;
		}
		TRY(visit_component(&w, &visit, level->base + (visit.entry & 0xfffff000),
				    &levels[depth], &opens));
		depth += opens;
	}
	return OK;
}

const char *rom_ap_type_name(uint32_t idr)
{
	static const char *const mem_types[16] = {
		[1] = "MEM-AP AHB3", [2] = "MEM-AP APB2 or APB3", [4] = "MEM-AP AXI3 or AXI4",
		[5] = "MEM-AP AHB5", [6] = "MEM-AP APB4", [7] = "MEM-AP AXI5",
		[8] = "MEM-AP AHB5 with enhanced HPROT",
	};
	unsigned class = bits_get(idr, 16, 13);

	if (class == 8 && mem_types[idr & 0xf] != NULL)
		return mem_types[idr & 0xf];
	if (class == 0 && bits_get(idr, 27, 17) == ARM)
		return "JTAG-AP";
	return class == 1 ? "COM-AP" : "unknown";
}

/* The tables as text: tabs grow with the depth. */
static void print_tabs(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_putc(out, '\t');
}

static void print_component(struct buf *out, unsigned tabs, const struct component *c)
{
	const char *name = rom_part_name(c);

	print_tabs(out, tabs);
	buf_printf(out, "Component base address 0x%08" PRIx32 "\n", c->base);
	if (!c->is_valid) {
		print_tabs(out, tabs);
		buf_printf(out, "Invalid CID\n");
		return;
	}
	print_tabs(out, tabs);
	buf_printf(out, "Peripheral ID 0x%010" PRIx64 "\n", c->pidr);
	print_tabs(out, tabs);
	buf_printf(out, "Designer is 0x%03x, %s\n", c->designer, jep106_name(c->designer));
	print_tabs(out, tabs);
	buf_printf(out, "Part is 0x%03x, %s\n", c->part, name ? name : "Unrecognized");
	print_tabs(out, tabs);
	buf_printf(out, "Component class is 0x%x, %s\n", c->class, rom_class_name(c->class));
	if (c->class == CLASS_ROM_TABLE) {
		print_tabs(out, tabs);
		buf_printf(out, "MEMTYPE system memory %spresent on bus\n",
			   c->devtype & 1 ? "" : "not ");
	} else if (c->class == CLASS_CORESIGHT) {
		print_tabs(out, tabs);
		buf_printf(out, "Type is 0x%02" PRIx32 ", %s\n", c->devtype & 0xff,
			   type_name(c->devtype));
		if (c->devarch & BIT(20)) {
			print_tabs(out, tabs);
			buf_printf(out,
				   "Dev Arch is 0x%08" PRIx32 ", %s architecture 0x%04" PRIx32 "\n",
				   c->devarch, jep106_name(c->devarch >> 21), c->devarch & 0xffff);
		}
	}
}

static void print_visit(void *ctx, const struct rom_visit *v)
{
	struct buf *out = ctx;
	unsigned tabs = MAX(v->depth, 1u) + 1;

	if (v->entry_offset != ~0u) {
		print_tabs(out, v->depth);
		buf_printf(out, "ROMTABLE[0x%" PRIx32 "] = 0x%08" PRIx32 "\n", v->entry_offset,
			   v->entry);
	}
	if (v->what == ROM_COMPONENT) {
		print_component(out, tabs, v->component);
		return;
	}
	print_tabs(out, tabs);
	switch (v->what) {
	case ROM_NOT_PRESENT:
		buf_printf(out, "Component not present\n");
		break;
	case ROM_UNREADABLE:
		buf_printf(out,
			   "Can't read component, the corresponding core might be turned off\n");
		break;
	case ROM_SEEN_BEFORE:
		buf_printf(out, "Component listed above\n");
		break;
	default:
		buf_printf(out, "End of ROM table\n");
		break;
	}
}

static enum err describe_base(struct mem_ap *ap, struct buf *out)
{
	uint32_t base = ap->base;

	buf_printf(out, "MEM-AP BASE 0x%08" PRIx32 "\n", base);
	if (base == 0xffffffff || (base & 3) == 2) {
		buf_printf(out, "\t\tNo ROM table present\n");
		return OK;
	}
	buf_printf(out, "\t\t%s\n",
		   base & 1 ? "Valid ROM table present" : "ROM table in legacy format");
	return rom_table_walk(ap, base & 0xfffff000, print_visit, out);
}

enum err dap_describe(struct dap *dap, uint8_t apsel, struct buf *out)
{
	struct mem_ap *ap = mem_ap_get(dap, apsel);
	uint32_t idr;

	dap_read_ap(dap, apsel, AP_IDR, &idr);
	TRY(dap_run(dap));
	buf_printf(out, "AP # 0x%x\n\t\tAP ID register 0x%08" PRIx32 "\n", apsel, idr);
	if (idr == 0) {
		buf_printf(out, "\t\tNo AP found at this AP#0x%x\n", apsel);
		return OK;
	}
	buf_printf(out, "\t\tType is %s\n", rom_ap_type_name(idr));
	if (bits_get(idr, 16, 13) != 8)
		return OK;
	TRY(mem_ap_probe(ap));
	return describe_base(ap, out);
}
