/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read, reset, info, list, chips: what looks, and leaves the flash alone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dap/identity.h"
#include "oneshot/verbs.h"

#define READ_CHUNK 65536u
#define VTOR	   0xe000ed08u
#define PCSR	   0xe000101cu	/* DWT_PCSR: where a running core is, or 0xffffffff */
#define LOCKUP_PC  0xfffffffeu	/* DDI 0403E B1.5.15 */

static void dump(struct oneshot *o, uint32_t addr, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		char line[128];
		int used = snprintf(line, sizeof(line), "%08" PRIx32 ": ", (uint32_t)(addr + i));

		for (size_t k = 0; k < 16; k++) {
			if (i + k < n)
				used += snprintf(line + used, sizeof(line) - (size_t)used, "%02x ",
						 data[i + k]);
			else
				used += snprintf(line + used, sizeof(line) - (size_t)used, "   ");
		}
		for (size_t k = 0; k < 16 && i + k < n; k++)
			line[used++] =
				(char)(data[i + k] >= 32 && data[i + k] < 127 ? data[i + k] : '.');
		line[used] = '\0';
		say(o, "%s", line);
	}
}

static enum err save(const char *path, const uint8_t *data, size_t n)
{
	FILE *file;
	bool ok;

	if (strcmp(path, "-") == 0) {
		fwrite(data, 1, n, stdout);
		return OK;	/* the end looks if it went out */
	}
	file = fopen(path, "wb");
	ok = file != NULL && fwrite(data, 1, n, file) == n;
	if (file != NULL)
		ok = fclose(file) == 0 && ok;
	if (ok)
		return OK;
	error_why(ERR_IO, "%s cannot be written: %s", path, strerror(errno));
	return error_next(ERR_IO, "check the folder and your rights in it");
}

static enum err read_all(struct oneshot *o, uint32_t addr, uint8_t *data, uint32_t n)
{
	for (uint32_t done = 0; done < n; done += READ_CHUNK) {
		uint32_t part = MIN(READ_CHUNK, n - done);

		TRY(target_read_bytes(o->target, addr + done, data + done, part, NULL));
		if (!loop_service(o->rooms->loop))
			return error_why(ERR_CANCELLED, "interrupted after %" PRIu32 " bytes",
					 done + part);
	}
	return OK;
}

/* Flash that cannot be read is no matter of addresses and clocks. */
static void explain_bus_error(struct oneshot *o, uint32_t addr)
{
	struct flash_bank *bank;
	struct error first;
	bool is_flash;

	error_take(&first);
	is_flash = flash_bank_at(o->rooms->flash, o->target, addr, &bank) == OK;
	error_clear();
	error_put(&first);
	if (is_flash)
		error_next(ERR_BUS, "the flash refuses to be read, as by read-out protection: "
				    "\"probed doctor\" tells why");
}

enum err verb_read(struct oneshot *o)
{
	const struct oneshot_request *r = o->request;
	uint32_t addr, length;
	uint8_t *data;
	enum err rc;

	TRY(parse_u32(r->argv[0], "the address", &addr));
	TRY(parse_u32(r->argv[1], "the length", &length));
	if (length == 0 || (uint64_t)addr + length > 1ull << 32)
		return error_why(ERR_ARGUMENT, "%s bytes from %s on are no range of addresses",
				 r->argv[1], r->argv[0]);
	if (r->json && r->argc == 3 && strcmp(r->argv[2], "-") == 0)
		return error_why(ERR_ARGUMENT, "--json and the data cannot both go to stdout");
	data = xcalloc(1, length);
	rc = read_all(o, addr, data, length);
	if (rc == ERR_BUS)
		explain_bus_error(o, addr);
	put_hex(o, "address", addr);
	put_number(o, "bytes", length);
	if (rc == OK && r->argc == 3) {
		rc = save(r->argv[2], data, length);
		put_text(o, "file", r->argv[2]);
		if (rc == OK && strcmp(r->argv[2], "-") != 0)
			say(o, "read %" PRIu32 " bytes into %s", length, r->argv[2]);
	} else if (rc == OK && r->json) {
		char *hex = xcalloc(2, length + 1);

		hex_encode(hex, data, length);
		put_text(o, "data", hex);
		free(hex);
	} else if (rc == OK) {
		dump(o, addr, data, length);
	}
	free(data);
	return rc;
}

enum err verb_reset(struct oneshot *o)
{
	const struct oneshot_request *r = o->request;

	if (r->halt && r->run)
		return error_why(ERR_ARGUMENT, "--halt and --run exclude each other");
	TRY(tcl(o, NULL, r->halt ? "reset halt" : "reset run"));
	put_text(o, "state", r->halt ? "halted" : "running");
	say(o, "the chip was reset; the core %s",
	    r->halt ? "is halted at its first instruction" : "runs");
	return OK;
}

/* A line and a member: "core      Cortex-M4 r0p1". */
static void fact(struct oneshot *o, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void fact(struct oneshot *o, const char *name, const char *fmt, ...)
{
	char *member = xstrdup(name), *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	say(o, "%-11s %s", name, text);
	for (char *p = member; *p != '\0'; p++)
		*p = *p == ' ' ? '_' : *p;
	put_text(o, member, text);
	free(member);
	free(text);
}

static void show_probe(struct oneshot *o)
{
	struct adapter *adapter = o->rooms->adapter;
	struct probe *probe = NULL;
	int mv = -1;

	if (adapter->last_location != NULL && probes_find(adapter, false, &probe) == OK) {
		for (struct probe *p = probe; p != NULL; p = p->next) {
			if (p->usb == NULL || !p->is_ours)
				continue;
			fact(o, "probe", "%s%s%s, at USB %s", p->kind, p->serial ? ", serial " : "",
			     p->serial ? p->serial : "", p->usb->location);
			put_text(o, "serial", p->serial);
			put_text(o, "location", p->usb->location);
			probes_free(probe);
			probe = NULL;
			goto voltage;
		}
		probes_free(probe);
	}
	error_clear();
	fact(o, "probe", "%s", adapter->driver->name);
voltage:
	if (adapter->driver->read_voltage != NULL &&
	    adapter->driver->read_voltage(adapter, &mv) != OK)
		drop_error("voltage");
	if (mv >= 0) {
		fact(o, "voltage", "%d.%02d V", mv / 1000, mv % 1000 / 10);
		put_number(o, "millivolts", (uint64_t)mv);
	}
	put_text(o, "transport", transport_name(adapter->transport));
	put_number(o, "khz", adapter->actual_khz);
	fact(o, "speed", "%s at %" PRIu32 " kHz", transport_name(adapter->transport),
	     adapter->actual_khz);
}

static void show_chip(struct oneshot *o)
{
	struct identity id;
	uint32_t cpuid;

	fact(o, "debug port", "DPIDR 0x%08" PRIx32, o->target->dap->dpidr);
	if (target_read_u32(o->target, 0xe000ed00, &cpuid) == OK) {
		static const struct {
			uint16_t part;
			const char *name;
		} cores[] = { { 0xc20, "Cortex-M0" },  { 0xc60, "Cortex-M0+" },
			      { 0xc21, "Cortex-M1" },  { 0xc23, "Cortex-M3" },
			      { 0xc24, "Cortex-M4" },  { 0xc27, "Cortex-M7" },
			      { 0xd20, "Cortex-M23" }, { 0xd21, "Cortex-M33" },
			      { 0xd22, "Cortex-M55" }, { 0xd23, "Cortex-M85" } };
		const char *name = "Arm core";

		for (size_t i = 0; i < ARRAY_SIZE(cores); i++)
			if (cores[i].part == bits_get(cpuid, 15, 4))
				name = cores[i].name;
		fact(o, "core", "%s r%up%u (CPUID 0x%08" PRIx32 ")", name, bits_get(cpuid, 23, 20),
		     bits_get(cpuid, 3, 0), cpuid);
	} else {
		drop_error("CPUID");
	}
	if (identity_read(o->target->dap, &id) == OK)
		fact(o, "unique id", "%s", id.uid);
	else if (id.chip == NULL)
		fact(o, "chip", "not known: %s", error_current()->why);
	if (id.chip != NULL)
		fact(o, "chip", "%s", id.chip);
	error_clear();
}

static void show_bank(struct oneshot *o, struct flash_bank *b, struct buf *json)
{
	unsigned guarded = 0, unknown = 0;
	bool is_kib = b->size % 1024 == 0;

	for (unsigned i = 0; i < b->sector_count; i++) {
		guarded += b->sectors[i].is_protected == 1;
		unknown += b->sectors[i].is_protected < 0;
	}
	say(o, "%-11s %s: %" PRIu32 " %s at 0x%08" PRIx32 ", %u sector%s, %u write-protected%s%s",
	    "flash", b->name, is_kib ? b->size / 1024 : b->size, is_kib ? "KiB" : "bytes", b->base,
	    b->sector_count, plural(b->sector_count), guarded,
	    unknown > 0 ? " (not all known)" : "",
	    b->is_once_only ? "; can be written only once" : "");
	buf_printf(json, "%s{\"name\": ", json->len > 1 ? ", " : "");
	buf_json_string(json, b->name);
	buf_printf(json,
		   ", \"base\": \"0x%08" PRIx32 "\", \"bytes\": %" PRIu32 ", \"sectors\": %u, "
		   "\"write_protected\": %u}",
		   b->base, b->size, b->sector_count, guarded);
}

static void show_flash(struct oneshot *o)
{
	struct buf json = { 0 }, quiet = { 0 };

	buf_putc(&json, '[');
	for (struct flash_bank *b = o->rooms->flash->banks; b != NULL; b = b->next) {
		if (b->target != o->target)
			continue;
		/* Brings the protection up to date where the driver can. */
		if (flash_probe(b) != OK || tcl(o, &quiet, "flash info %u", b->number) != OK) {
			say(o, "%-11s %s: %s", "flash", b->name, error_current()->why);
			error_clear();
			continue;
		}
		show_bank(o, b, &json);
	}
	buf_putc(&json, ']');
	put_json(o, "flash", (const char *)json.data);
	buf_free(&json);
	buf_free(&quiet);
}

/* "RDP = 0xAA: level 0: open" */
static void show_rdp(struct oneshot *o, const char *line)
{
	int value = (int)strcspn(line, ":"), all = (int)strcspn(line, "\n");

	if (all > value + 2)
		fact(o, "protection", "read-out protection %.*s (%.*s)", all - value - 2,
		     line + value + 2, value, line);
}

/* The read-out protection, as the chip's option bytes have it. */
static void show_protection(struct oneshot *o)
{
	const struct flash_bank *b = o->rooms->flash->banks;
	struct buf out = { 0 };
	const char *rdp;

	if (b == NULL || strcmp(b->driver->name, "stm32l4x") != 0)
		return;
	if (tcl(o, &out, "stm32l4x options %u", b->number) != OK) {
		drop_error("option bytes");
	} else {
		buf_putc(&out, '\0');
		rdp = strstr((const char *)out.data, " RDP = ");
		if (rdp != NULL)
			show_rdp(o, rdp + 1);
	}
	buf_free(&out);
}

/* " in main + 0x12" where the ELF file was given. */
static void name_place(struct oneshot *o, uint32_t pc, struct buf *name)
{
	if (o->request->argc == 0)
		return;
	if (tcl(o, name,
		"set at [symbols at 0x%08" PRIx32 "]; format { in %%s + %%d} [dict get $at name] "
		"[expr {0x%08" PRIx32 " - [dict get $at address]}]",
		pc, pc) != OK) {
		name->len = 0;
		drop_error("no function there");
	}
	buf_putc(name, '\0');
}

/* A running core tells its PC by sampling, if it has the register and is awake. */
static void show_state(struct oneshot *o)
{
	bool is_halted = o->target->state == TARGET_HALTED;
	struct buf name = { 0 };
	uint32_t pc = 0;

	fact(o, "state", "%s", target_state_name(o->target));
	if ((is_halted ? target_get_reg32(o->target, "pc", &pc)
		       : target_read_u32(o->target, PCSR, &pc)) != OK)
		drop_error("pc");
	if (is_halted || (pc != 0 && pc != 0xffffffff)) {
		name_place(o, pc, &name);
		put_hex(o, "pc", pc);
		fact(o, is_halted ? "halted at" : "running at", "0x%08" PRIx32 "%s%s%s%s", pc,
		     name.len > 0 ? (const char *)name.data : "", is_halted ? " (" : "",
		     !is_halted	      ? ""
		     : pc == LOCKUP_PC ? "it had locked up: a fault inside the fault handler"
				       : target_reason_name(o->target->reason),
		     is_halted ? ")" : "");
	}
	buf_free(&name);
}

/* What the vector table says. */
static void show_program(struct oneshot *o)
{
	uint32_t vtor, sp, pc;

	if (target_read_u32(o->target, VTOR, &vtor) != OK ||
	    target_read_u32(o->target, vtor, &sp) != OK ||
	    target_read_u32(o->target, vtor + 4, &pc) != OK) {
		drop_error("vector table");
		return;
	}
	if (sp == 0xffffffff && pc == 0xffffffff)
		fact(o, "program", "none: the vector table at 0x%08" PRIx32 " is blank", vtor);
	else
		fact(o, "program",
		     "vector table at 0x%08" PRIx32 ", reset handler 0x%08" PRIx32
		     ", stack 0x%08" PRIx32,
		     vtor, pc & ~1u, sp);
}

/* The kernel, if the ELF file that was given has one. */
static void show_threads(struct oneshot *o)
{
	struct buf out = { 0 };

	if (o->request->argc == 0)
		return;
	if (tcl(o, &out,
		"if {[[target current] cget -rtos] in {{} none}} {[target current] configure -rtos auto}\n"
		"set os [rtos info]\n"
		"set who [expr {[dict get $os current] == 1 ? {none} : [dict get $os name]}]\n"
		"set n [expr {[dict get $os threads] - ([dict get $os current] == 1)}]\n"
		"format {%%s, %%s thread%%s, %%s runs} [dict get $os rtos] $n "
		"[expr {$n == 1 ? {} : {s}}] $who") != OK) {
		drop_error("no kernel");
	} else {
		buf_putc(&out, '\0');
		fact(o, "rtos", "%s", (const char *)out.data);
	}
	buf_free(&out);
}

enum err verb_info(struct oneshot *o)
{
	struct buf quiet = { 0 };

	if (o->request->argc > 0)
		TRY(tcl(o, &quiet, "symbols file {%s}", o->request->argv[0]));
	buf_free(&quiet);
	show_probe(o);
	show_chip(o);
	show_flash(o);
	show_protection(o);
	show_state(o);
	show_program(o);
	show_threads(o);
	return OK;
}

static enum err print_tcl(struct oneshot *o, const char *name, const char *command)
{
	struct buf out = { 0 };
	enum err rc = tcl(o, &out, "%s", command);

	if (rc == OK && out.len > 0) {
		say(o, "%.*s", (int)(out.data[out.len - 1] == '\n' ? out.len - 1 : out.len),
		    (const char *)out.data);
		put_text(o, name, (const char *)out.data);
	}
	buf_free(&out);
	return rc;
}

static void probe_json(struct buf *out, const struct probe *p)
{
	const struct {
		const char *name, *value;
	} members[] = {
		{ "kind", p->kind },
		{ "driver", p->driver != NULL ? p->driver->name : NULL },
		{ "serial", p->serial },
		{ "firmware", p->firmware },
		{ "location", p->usb != NULL ? p->usb->location : NULL },
		{ "problem", p->problem != OK ? error_id(p->problem) : NULL },
		{ "why", p->why },
		{ "cure", p->cure },
	};

	buf_printf(out, "%s{", out->len > 1 ? ", " : "");
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		buf_printf(out, "%s\"%s\": ", i ? ", " : "", members[i].name);
		if (members[i].value != NULL)
			buf_json_string(out, members[i].value);
		else
			buf_printf(out, "null");
	}
	buf_printf(out, ", \"millivolts\": ");
	if (p->millivolts >= 0)
		buf_printf(out, "%d}", p->millivolts);
	else
		buf_printf(out, "null}");
}

enum err verb_list(struct oneshot *o)
{
	struct buf json = { 0 };
	struct probe *all;

	if (!o->request->json)
		return print_tcl(o, "probes", "adapter list probes");
	TRY(probes_find(o->rooms->adapter, true, &all));
	buf_putc(&json, '[');
	for (const struct probe *p = all; p != NULL; p = p->next)
		probe_json(&json, p);
	buf_putc(&json, ']');
	put_json(o, "probes", (const char *)json.data);
	buf_free(&json);
	probes_free(all);
	return OK;
}

static void row_json(struct buf *out, const struct chip_row *row)
{
	const char *at = row->names;

	buf_printf(out, "%s{\"names\": [", out->len > 1 ? ", " : "");
	for (const char *start = at; *start != '\0'; start = at) {
		size_t n = strcspn(start, ",");

		buf_printf(out, "%s\"%.*s\"", start != row->names ? ", " : "", (int)n, start);
		at = start + n + (start[n] == ',');
	}
	buf_printf(out, "], \"script\": ");
	buf_json_string(out, row->script);
	buf_printf(out, ", \"%s\": ", row->kind == ROW_BOARD ? "chip" : "found_as");
	const char *more = row->kind == ROW_BOARD ? row->chip : row->words;

	if (more != NULL)
		buf_json_string(out, more);
	else
		buf_printf(out, "null");
	buf_putc(out, '}');
}

static void print_rows(struct oneshot *o, enum chip_kind kind, const char *member)
{
	const struct chip_table *table = &o->choice->table;
	struct buf json = { 0 };
	char name[64];

	say(o, kind == ROW_CHIP ? "Chips (--chip; the beginning of a part number counts):"
				: "\nBoards (--board):");
	buf_putc(&json, '[');
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].kind != kind)
			continue;
		chips_name(&table->rows[i], name, sizeof(name));
		say(o, "  %-28s %s", name,
		    kind == ROW_CHIP ? table->rows[i].script : table->rows[i].words);
		row_json(&json, &table->rows[i]);
	}
	buf_putc(&json, ']');
	put_json(o, member, (const char *)json.data);
	buf_free(&json);
}

enum err verb_chips(struct oneshot *o)
{
	TRY(choose_load(o->choice));
	print_rows(o, ROW_CHIP, "chips");
	print_rows(o, ROW_BOARD, "boards");
	return OK;
}
