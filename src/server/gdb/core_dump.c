/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of memory goes into a core file, and the verb dump_core. */
#include "server/gdb/core_dump.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/gdb/documents.h"
#include "server/gdb/session.h"

#define CHUNK_BYTES  16384u
#define PAGE_BYTES   256u
#define RAM_STEP     1024u
#define RAM_MAX	     0x1000000u
#define HALT_WAIT_MS 1000u
#define TELL_MS	     1000u
#define DUMP_MAX     0x20000000u	/* what a user may name in all */

/*
 * Where RAM of the chips we know begins. Its end is where reading fails: chips of one line differ, and
 * FlexRAM is what fuses and GPR16 make of it. Not below: aliases of other memory, such as 0 on an STM32.
 */
static const struct {
	uint32_t addr;
	bool is_tcm;		/* of a Cortex-M7 only (DDI 0489F 5.1) */
} ram_starts[] = {
	{ 0x00000000, true },	/* ITCM */
	{ 0x10000000, false },	/* STM32L4 SRAM2, STM32G4 CCM, LPC SRAM */
	{ 0x20000000, false },	/* SRAM; DTCM */
	{ 0x20200000, false },	/* i.MX RT OCRAM (IMXRT1050RM 2.3) */
	{ 0x28000000, false },	/* STM32U5 SRAM4 (RM0456 2.3) */
};

/* System Control Space without what changes when it is read (SysTick, DHCSR); DDI 0403 B3.2. FPCCR and
 * FPCAR are what GDB needs to unwind a frame with FPU registers. */
static const struct core_span system_space[] = {
	{ 0xe000e100, 0x400, false, true },	/* NVIC */
	{ 0xe000ed00, 0x90, false, true },	/* SCB */
	{ 0xe000ef30, 0x20, false, true },	/* FPU */
};

static void add(struct core_dump *dump, const struct core_span *span)
{
	dump->spans = xrealloc(dump->spans, (dump->span_count + 1) * sizeof(*dump->spans));
	dump->spans[dump->span_count++] = *span;
	dump->total += span->bytes;
}

void core_dump_add_span(struct core_dump *dump, uint32_t addr, size_t bytes, bool is_code)
{
	add(dump, &(struct core_span){ addr, bytes, is_code, false });
}

static bool is_covered(const struct core_dump *dump, uint32_t addr)
{
	for (size_t i = 0; i < dump->span_count; i++) {
		if (addr - dump->spans[i].addr < dump->spans[i].bytes)
			return true;
	}
	return false;
}

static bool is_flash(const struct core_dump *dump, uint32_t addr)
{
	for (const struct flash_bank *b = dump->gdb->flash->banks; b != NULL; b = b->next) {
		if (b->target == dump->target && b->is_probed && addr - b->base < b->size)
			return true;
	}
	return false;
}

static bool is_readable(struct core_dump *dump, uint32_t addr)
{
	uint32_t word;

	if (target_read_u32(dump->target, addr, &word) == OK)
		return true;
	error_clear();
	return false;
}

/* Doubles while reading works, then halves the step. */
static uint32_t ram_bytes(struct core_dump *dump, uint32_t addr)
{
	uint32_t good = 0, bad = RAM_STEP;

	if (!is_readable(dump, addr))
		return 0;
	while (bad < RAM_MAX && is_readable(dump, addr + bad)) {
		good = bad;
		bad *= 2;
	}
	while (bad - good > RAM_STEP) {
		uint32_t middle = good + (bad - good) / 2 / RAM_STEP * RAM_STEP;

		if (is_readable(dump, addr + middle))
			good = middle;
		else
			bad = middle;
	}
	return good + RAM_STEP;
}

static bool has_tcm(const struct target *t)
{
	uint32_t cpuid;

	if (target_read_u32((struct target *)t, 0xe000ed00, &cpuid) != OK) {
		error_clear();
		return false;
	}
	return bits_get(cpuid, 15, 4) == 0xc27;
}

static void add_ram(struct core_dump *dump)
{
	bool tcm = has_tcm(dump->target);

	for (size_t i = 0; i < ARRAY_SIZE(ram_starts); i++) {
		uint32_t addr = ram_starts[i].addr;

		if ((ram_starts[i].is_tcm && !tcm) || is_covered(dump, addr) || is_flash(dump, addr))
			continue;
		uint32_t bytes = ram_bytes(dump, addr);

		if (bytes > 0)
			core_dump_add_span(dump, addr, bytes, ram_starts[i].is_tcm);
	}
}

static void add_flash(struct core_dump *dump)
{
	for (struct flash_bank *b = dump->gdb->flash->banks; b != NULL; b = b->next) {
		if (b->target != dump->target || is_covered(dump, b->base))
			continue;
		if (!b->is_probed && flash_probe(b) != OK) {
			buf_printf(&dump->text, "flash bank %s is left out: %s\n", b->name,
				   error_text(error_current()));
			error_clear();
			continue;
		}
		core_dump_add_span(dump, b->base, b->size, true);
	}
}

/* ---- reading ---- */

static struct core_region *open_region(struct core_dump *dump, const struct core_span *span, uint32_t addr)
{
	dump->regions = xrealloc(dump->regions, (dump->region_count + 1) * sizeof(*dump->regions));
	struct core_region *region = &dump->regions[dump->region_count++];

	*region = (struct core_region){ .addr = addr, .is_code = span->is_code };
	return region;
}

/* A hole ends a region. */
static void keep(struct core_dump *dump, const struct core_span *span, uint32_t addr, const uint8_t *data,
		 size_t n)
{
	struct core_region *last = dump->region_count > 0 ? &dump->regions[dump->region_count - 1] : NULL;

	if (last == NULL || last->addr + last->bytes != addr || last->is_code != span->is_code)
		last = open_region(dump, span, addr);
	last->data = xrealloc(last->data, last->bytes + n);
	memcpy(last->data + last->bytes, data, n);
	last->bytes += n;
}

static bool is_fatal(enum err rc)
{
	return rc == ERR_ADAPTER_LOST || rc == ERR_CANCELLED || rc == ERR_NOT_EXAMINED;
}

/* Page by page, so that one hole does not take its neighbours along. */
static enum err read_pages(struct core_dump *dump, const struct core_span *span, uint32_t addr, size_t n)
{
	uint8_t page[PAGE_BYTES];
	uint32_t hole = addr;

	for (size_t done = 0; done < n;) {
		size_t piece = MIN(n - done, sizeof(page));
		uint32_t at = addr + (uint32_t)done;
		enum err rc = target_read_bytes(dump->target, at, page, piece, NULL);

		done += piece;
		if (rc != OK && is_fatal(rc))
			return rc;
		if (rc == OK) {
			keep(dump, span, at, page, piece);
			hole = at + (uint32_t)piece;
			continue;
		}
		dump->missing += piece;
		if (hole == at && !span->may_be_missing)
			buf_printf(&dump->text, "not readable from 0x%08x on: %s\n", at,
				   error_text(error_current()));
		error_clear();
	}
	return OK;
}

static void tell_progress(struct core_dump *dump)
{
	if (clock_now_ms() - dump->told_ms < TELL_MS || dump->total == 0)
		return;
	dump->told_ms = clock_now_ms();
	log_user("core dump: %u %% of %zu KiB", (unsigned)(100 * (uint64_t)dump->done / dump->total),
		 dump->total / 1024);
}

static enum err read_span(struct core_dump *dump, const struct core_span *span)
{
	struct target *t = dump->target;
	uint8_t *chunk = xcalloc(1, CHUNK_BYTES);
	enum err rc = OK;

	for (size_t done = 0; rc == OK && done < span->bytes;) {
		size_t piece = MIN(span->bytes - done, CHUNK_BYTES);
		uint32_t at = span->addr + (uint32_t)done;

		rc = target_read_bytes(t, at, chunk, piece, NULL);
		if (rc == OK) {
			keep(dump, span, at, chunk, piece);
		} else if (!is_fatal(rc)) {
			error_clear();
			rc = read_pages(dump, span, at, piece);
		}
		done += piece;
		dump->done += piece;
		tell_progress(dump);
		loop_service(t->list->loop);
		if (rc == OK && target_is_cancelled(t))
			rc = error_why(ERR_CANCELLED, "interrupted");
	}
	free(chunk);
	return rc;
}

static void describe(struct core_dump *dump)
{
	struct target *t = dump->target;

	buf_printf(&dump->text, "%s\ntarget %s (%s), halted due to %s\n", script_version(), t->name,
		   t->type->name, target_reason_name(t->reason));
	if (t->stop_note != NULL)
		buf_printf(&dump->text, "%s\n", t->stop_note);
	for (size_t i = 0; i < t->reg_count; i++) {
		const struct reg *reg = &t->regs[i];
		uint64_t value;

		if (reg->is_hidden || (reg->group != NULL && strcmp(reg->group, "float") == 0))
			continue;
		if (target_get_reg(t, reg, &value) == OK)
			buf_printf(&dump->text, "%s 0x%llx\n", reg->name, (unsigned long long)value);
		error_clear();
	}
}

static enum err collect(struct core_dump *dump)
{
	describe(dump);
	tdesc_build_core(dump->target, &dump->description);
	buf_putc(&dump->description, '\0');
	TRY(core_dump_threads(dump));
	if (!dump->without_ram)
		add_ram(dump);
	if (dump->with_flash)
		add_flash(dump);
	for (size_t i = 0; i < ARRAY_SIZE(system_space); i++)
		add(dump, &system_space[i]);
	for (size_t i = 0; i < dump->span_count; i++)
		TRY(read_span(dump, &dump->spans[i]));
	return OK;
}

enum err core_dump_collect(struct core_dump *dump)
{
	dump->told_ms = clock_now_ms();
	TRY(target_claim(dump->target, "a core dump"));
	enum err rc = collect(dump);

	target_release(dump->target);
	return rc;
}

void core_dump_free(struct core_dump *dump)
{
	for (size_t i = 0; i < dump->region_count; i++)
		free(dump->regions[i].data);
	free(dump->regions);
	free(dump->threads);
	free(dump->spans);
	buf_free(&dump->description);
	buf_free(&dump->text);
}

/* ---- the verb ---- */

static enum err take_arguments(struct call *c, struct core_dump *dump, bool *resumes)
{
	for (int i = 2; i < c->argc; i++) {
		uint32_t addr, bytes;

		if (strcmp(c->argv[i], "--resume") == 0) {
			*resumes = true;
		} else if (strcmp(c->argv[i], "--flash") == 0) {
			dump->with_flash = true;
		} else if (strcmp(c->argv[i], "--no-ram") == 0) {
			dump->without_ram = true;
		} else if (i + 1 == c->argc || strncmp(c->argv[i], "--", 2) == 0) {
			return arg_usage(c);
		} else {
			TRY(arg_u32(c, i, &addr));
			TRY(arg_u32(c, ++i, &bytes));
			if (bytes == 0 || bytes - 1 > UINT32_MAX - addr ||
			    dump->total + bytes > DUMP_MAX)
				return error_why(ERR_ARGUMENT, "0x%x bytes at 0x%08x: not a part of "
						 "memory that fits into a core file", bytes, addr);
			core_dump_add_span(dump, addr, bytes, false);
		}
	}
	return OK;
}

/* GDBs that wait for a stop do not hear of this one: the core goes on as if nothing had been. */
static void hide_halt(struct core_dump *dump, bool is_hidden)
{
	for (struct gdb_session *s = dump->gdb->sessions; s != NULL; s = s->next) {
		if (s->target == dump->target && s->run == GDB_WAITING)
			s->is_stepping = is_hidden;
	}
}

static unsigned count_waiting(const struct core_dump *dump)
{
	unsigned n = 0;

	for (const struct gdb_session *s = dump->gdb->sessions; s != NULL; s = s->next)
		n += s->target == dump->target && s->run == GDB_WAITING;
	return n;
}

static enum err halted(struct core_dump *dump)
{
	TRY(target_halt(dump->target));
	TRY(target_wait_state(dump->target, TARGET_HALTED, HALT_WAIT_MS));
	return core_dump_collect(dump);
}

/* A core that ran goes on if that was asked for, unless a GDB has asked for the halt meanwhile. */
static enum err collect_from_running(struct core_dump *dump, bool resumes)
{
	struct target *t = dump->target;
	unsigned waiting = count_waiting(dump);

	if (!resumes)
		return halted(dump);
	hide_halt(dump, true);
	t->quiet_halt = true;
	enum err rc = halted(dump);

	hide_halt(dump, false);
	t->quiet_halt = waiting > 0;
	if (t->state != TARGET_HALTED || count_waiting(dump) < waiting)
		return rc;
	return error_first(rc, target_resume(t, NULL, true, false));
}

static enum err write_file(struct core_dump *dump, const char *path)
{
	const struct core_file file = {
		.threads = dump->threads, .thread_count = dump->thread_count,
		.regions = dump->regions, .region_count = dump->region_count,
		.description = (const char *)dump->description.data,
		.text = (const char *)dump->text.data,
	};

	return core_file_write(&file, path);
}

/* In the order of their addresses the lines of `text` that tell of holes; the rest is in the file. */
static void tell_holes(const struct core_dump *dump)
{
	const char *line = (const char *)dump->text.data;

	while ((line = strstr(line, "not readable from ")) != NULL) {
		int n = (int)strcspn(line, "\n");

		log_warning("core dump: %.*s", n, line);
		line += n;
	}
}

static enum err run_dump(struct core_dump *dump, const char *path, bool resumes)
{
	struct target *t = dump->target;

	if (t->state == TARGET_HALTED)
		TRY(core_dump_collect(dump));
	else
		TRY(collect_from_running(dump, resumes));
	tell_holes(dump);
	return write_file(dump, path);
}

static enum err cmd_dump_core(struct call *c)
{
	struct gdb_server *gdb = c->user;
	struct core_dump dump = { .gdb = gdb };
	bool resumes = false;
	uint64_t start = clock_now_ns();

	TRY(target_current(gdb->targets, &dump.target));
	TRY(target_check_examined(dump.target));
	enum err rc = take_arguments(c, &dump, &resumes);

	if (rc == OK)
		rc = run_dump(&dump, c->argv[1], resumes);
	if (rc == OK) {
		double s = (double)(clock_now_ns() - start) / 1e9;
		size_t bytes = dump.done - dump.missing;

		result_printf(c, "%s: %zu bytes of memory in %zu parts, %zu thread%s, in %fs (%0.3f "
			      "KiB/s); open it with \"gdb PROGRAM.elf -c %s\"",
			      c->argv[1], bytes, dump.region_count, dump.thread_count,
			      dump.thread_count == 1 ? "" : "s", s, (double)bytes / 1024.0 / s,
			      c->argv[1]);
	} else if (rc != ERR_ARGUMENT) {
		rc = error_what(rc, "no core dump");
	}
	core_dump_free(&dump);
	return rc;
}

const struct command core_dump_commands[] = {
	{ "dump_core", STAGE_EXEC, 1, -1, "file ?--flash? ?--no-ram? ?--resume? ?addr length ...?",
	  cmd_dump_core,
	  "Saves registers, threads, RAM and what addr length pairs name as a core file for GDB: "
	  "\"gdb PROGRAM.elf -c FILE\". --flash: flash too. A core that runs is halted for it; --resume "
	  "lets it go on." },
	{ .name = NULL }
};
