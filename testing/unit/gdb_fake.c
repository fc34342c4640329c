/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gdb_fake.h"

#include <stdlib.h>
#include <string.h>

#include "target/patch.h"

#define M_PROFILE "org.gnu.gdb.arm.m-profile"
#define M_SYSTEM  "org.gnu.gdb.arm.m-system"
#define VFP	  "org.gnu.gdb.arm.vfp"
#define D(n) { "d" #n, 42 + n, 64, VFP, "ieee_double", "float", true, false }
#define GENERAL(name, number) { name, number, 32, M_PROFILE, "int", "general", false, false }

static const struct reg fake_regs[] = {
	GENERAL("r0", 0), GENERAL("r1", 1), GENERAL("r2", 2), GENERAL("r3", 3), GENERAL("r4", 4),
	GENERAL("r5", 5), GENERAL("r6", 6), GENERAL("r7", 7), GENERAL("r8", 8), GENERAL("r9", 9),
	GENERAL("r10", 10), GENERAL("r11", 11), GENERAL("r12", 12),
	{ "sp", 13, 32, M_PROFILE, "data_ptr", "general", false, false },
	GENERAL("lr", 14),
	{ "pc", 15, 32, M_PROFILE, "code_ptr", "general", false, false },
	GENERAL("xPSR", 16),
	{ "msp", 17, 32, M_SYSTEM, "data_ptr", "system", false, false },
	{ "psp", 18, 32, M_SYSTEM, "data_ptr", "system", false, false },
	{ "primask", 20, 1, M_SYSTEM, "int8", "system", false, false },
	D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7),
	D(8), D(9), D(10), D(11), D(12), D(13), D(14), D(15),
	{ "fpscr", 58, 32, VFP, "int", "float", true, false },
	{ "hidden", 77, 32, NULL, NULL, NULL, false, true },
};

static struct fake *the_fake;	/* the functions below get a target, not the fake */

static enum err fails(void)
{
	enum err rc = the_fake->next_error;

	the_fake->next_error = OK;
	if (rc == OK)
		return OK;
	if (rc == ERR_ADAPTER_LOST)
		the_fake->adapter.is_lost = true;
	return error_why(rc, "the test wants it so");
}

static uint8_t *memory(uint32_t addr)
{
	if (addr - FAKE_FLASH < FAKE_FLASH_SIZE)
		return &the_fake->flash_data[addr - FAKE_FLASH];
	if (addr - FAKE_RAM < FAKE_RAM_SIZE)
		return &the_fake->ram[addr - FAKE_RAM];
	return NULL;
}

static uint64_t *value_of(struct target *t, const char *name)
{
	return &t->values[target_find_reg(t, name) - t->regs].value;
}

const struct reg *target_find_reg(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->reg_count; i++) {
		if (strcmp(t->regs[i].name, name) == 0)
			return &t->regs[i];
	}
	return NULL;
}

enum err target_get_reg(struct target *t, const struct reg *reg, uint64_t *value)
{
	TRY(fails());
	*value = t->values[reg - t->regs].value;
	return OK;
}

enum err target_set_reg(struct target *t, const struct reg *reg, uint64_t value)
{
	TRY(fails());
	t->values[reg - t->regs].value = value;
	return OK;
}

enum err target_get_reg32(struct target *t, const char *name, uint32_t *value)
{
	*value = (uint32_t)*value_of(t, name);
	return OK;
}

enum err target_set_reg32(struct target *t, const char *name, uint32_t value)
{
	*value_of(t, name) = value;
	return OK;
}

void target_tell_stop_note(struct target *t)
{
	if (t->stop_note != NULL)
		log_user("%s", t->stop_note);
}

bool target_gives_up_waiting(struct target *t)
{
	(void)t;
	return false;
}

enum err patches_restore(struct target *t)
{
	(void)t;
	return OK;
}

uint32_t target_shared_epoch(const struct target *t)
{
	return t->memory_epoch;
}

bool target_has_running_peer(const struct target *t)
{
	(void)t;
	return the_fake->peer_runs;
}

struct target *target_next_peer(const struct target *t, const struct target *last)
{
	(void)t;
	(void)last;
	return NULL;
}

enum err target_read_bytes(struct target *t, uint32_t addr, uint8_t *dst, size_t n, size_t *done)
{
	(void)t;
	the_fake->reads++;
	if (done != NULL)
		*done = 0;
	TRY(fails());
	for (size_t i = 0; i < n; i++) {
		const uint8_t *byte = memory(addr + (uint32_t)i);

		if (byte == NULL)
			return error_why(ERR_BUS, "nothing answers at 0x%08zx", addr + i);
		dst[i] = *byte;
		if (done != NULL)
			*done = i + 1;
	}
	return OK;
}

enum err target_read_spans(struct target *t, const struct read_span *spans, size_t count)
{
	unsigned reads = the_fake->reads;

	for (size_t i = 0; i < count; i++)
		TRY(target_read_bytes(t, spans[i].addr, spans[i].dst, spans[i].bytes, NULL));
	the_fake->reads = reads + 1;
	return OK;
}

enum err target_write_bytes(struct target *t, uint32_t addr, const uint8_t *src, size_t n)
{
	TRY(fails());
	t->memory_epoch++;
	for (size_t i = 0; i < n; i++) {
		uint8_t *byte = memory(addr + (uint32_t)i);

		if (byte == NULL)
			return error_why(ERR_BUS, "nothing answers at 0x%08zx", addr + i);
		*byte = src[i];
	}
	return OK;
}

enum err target_crc32(struct target *t, uint32_t addr, size_t n, uint32_t *crc)
{
	(void)t;
	TRY(fails());
	*crc = addr + (uint32_t)n;
	return OK;
}

static unsigned count_points(const struct target *t, bool watch)
{
	unsigned n = 0;

	for (const struct breakpoint *b = watch ? NULL : t->breakpoints; b != NULL; b = b->next)
		n++;
	for (const struct watchpoint *w = watch ? t->watchpoints : NULL; w != NULL; w = w->next)
		n++;
	return n;
}

enum err target_add_breakpoint(struct target *t, uint32_t addr, unsigned length, enum breakpoint_kind kind)
{
	for (struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->addr == addr)
			return error_why(ERR_BREAKPOINT_EXISTS, "there is one");
	}
	if (count_points(t, false) == FAKE_COMPARATORS)
		return error_why(ERR_NO_BREAKPOINT, "all comparators are in use");
	struct breakpoint *b = xcalloc(1, sizeof(*b));

	*b = (struct breakpoint){ .addr = addr, .length = length, .kind = kind, .next = t->breakpoints };
	t->breakpoints = b;
	return OK;
}

enum err target_remove_breakpoint(struct target *t, uint32_t addr)
{
	for (struct breakpoint **p = &t->breakpoints; *p != NULL; p = &(*p)->next) {
		struct breakpoint *b = *p;

		if (b->addr != addr)
			continue;
		*p = b->next;
		free(b);
		return OK;
	}
	return error_why(ERR_NOT_FOUND, "no such breakpoint");
}

enum err target_add_watchpoint(struct target *t, uint32_t addr, uint32_t length, enum watch_kind kind,
			       uint32_t value, uint32_t mask)
{
	if (count_points(t, true) == FAKE_COMPARATORS)
		return error_why(ERR_NO_BREAKPOINT, "all comparators are in use");
	struct watchpoint *w = xcalloc(1, sizeof(*w));

	*w = (struct watchpoint){ .addr = addr, .length = length, .kind = kind, .value = value,
				  .mask = mask, .next = t->watchpoints };
	t->watchpoints = w;
	return OK;
}

enum err target_remove_watchpoint_like(struct target *t, uint32_t addr, uint32_t length,
				       enum watch_kind kind)
{
	for (struct watchpoint **p = &t->watchpoints; *p != NULL; p = &(*p)->next) {
		struct watchpoint *w = *p;

		if (w->addr != addr || w->length != length || w->kind != kind)
			continue;
		*p = w->next;
		free(w);
		return OK;
	}
	return error_why(ERR_NOT_FOUND, "no such watchpoint");
}

static struct watchpoint *fake_hit_watchpoint(struct target *t, uint32_t *addr)
{
	*addr = t->watchpoints != NULL ? t->watchpoints->addr + 2 : 0;
	return t->watchpoints;
}

void target_call_event(struct target *t, enum target_event event)
{
	the_fake->events[event]++;
	for (struct gdb_session *s = the_fake->server.sessions; s != NULL; s = s->next) {
		if (s->target == t)
			stop_on_event(s, event);
	}
}

void fake_halt(struct fake *f, enum halt_reason reason, uint32_t pc)
{
	f->target.state = TARGET_HALTED;
	f->target.reason = reason;
	f->target.memory_epoch++;
	*value_of(&f->target, "pc") = pc;
	target_call_event(&f->target, EVENT_HALTED);
}

const char *target_state_name(const struct target *t)
{
	return t->state == TARGET_HALTED ? "halted" : "running";
}

const char *target_claimed_by(const struct target *t)
{
	(void)t;
	return the_fake->claim;
}

enum err target_examine(struct target *t)
{
	TRY(fails());
	t->examined = true;
	return OK;
}

unsigned target_halts_asked(const struct target *t)
{
	(void)t;
	return 0;
}

enum err target_halt(struct target *t)
{
	(void)t;
	TRY(fails());
	fake_halt(the_fake, HALT_DEBUG_REQUEST, 0x08000200);
	return OK;
}

enum err target_reset(struct target_list *list, enum reset_mode mode)
{
	(void)list, (void)mode;
	TRY(fails());
	fake_halt(the_fake, HALT_DEBUG_REQUEST, 0x08000200);
	return OK;
}

enum err target_wait_state(struct target *t, enum target_state state, unsigned timeout_ms)
{
	(void)timeout_ms;
	return t->state == state ? OK : error_why(ERR_TIMEOUT, "still running");
}

enum err target_resume(struct target *t, const uint32_t *pc, bool step_over, bool debug_execution)
{
	(void)pc;
	(void)step_over;
	(void)debug_execution;
	TRY(fails());
	if (t->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "it runs");
	t->state = TARGET_RUNNING;
	t->memory_epoch++;
	the_fake->resumes++;
	return OK;
}

enum err target_step(struct target *t, const uint32_t *pc, bool step_over)
{
	(void)pc;
	TRY(fails());
	the_fake->stepped_over = step_over;
	the_fake->steps++;
	fake_halt(the_fake, HALT_SINGLE_STEP, (uint32_t)*value_of(t, "pc") + 2);
	return OK;
}

void target_set_semihosting_ops(struct target *t, const struct semihosting_ops *ops)
{
	(void)t;
	(void)ops;
}

bool semihosting_fileio_is_open(const struct target *t)
{
	(void)t;
	return true;
}

void semihosting_fileio_abandon(struct target *t)
{
	(void)t;
}

enum err semihosting_fileio_finish(struct target *t, int32_t result, int32_t gdb_errno)
{
	*value_of(t, "r0") = (uint32_t)result;
	*value_of(t, "r1") = (uint32_t)gdb_errno;
	return OK;
}

enum err flash_bank_at(struct flash_room *room, struct target *target, uint32_t addr,
		       struct flash_bank **bank)
{
	(void)target;
	*bank = room->banks;
	if (addr - FAKE_FLASH < FAKE_FLASH_SIZE)
		return OK;
	return error_why(ERR_NO_BANK, "no flash at 0x%08x", addr);
}

enum err flash_probe(struct flash_bank *bank)
{
	TRY(fails());
	bank->is_probed = true;
	return OK;
}

enum err flash_write_image(struct flash_room *room, struct target *target, const struct image *image,
			   const struct flash_write_options *options, struct flash_report *report)
{
	(void)room;
	*report = (struct flash_report){ 0 };
	the_fake->flash_writes++;
	the_fake->erase_ranges += (unsigned)options->also_erase_count;
	TRY(fails());
	if (options->also_erase_count > 0) {
		the_fake->first_erase = options->also_erase[0].addr;
		the_fake->first_erase_bytes = options->also_erase[0].bytes;
	}
	for (size_t i = 0; i < image->count; i++)
		TRY(target_write_bytes(target, image->sections[i].addr, image->sections[i].data,
				       image->sections[i].bytes));
	return OK;
}

static void client_gets(void *ctx, const void *data, size_t n)
{
	struct fake *f = ctx;

	buf_append(&f->sent, data, n);
}

static void client_is_dropped(void *ctx)
{
	struct fake *f = ctx;

	f->is_hung_up = true;
	f->session = NULL;
}

struct gdb_session *fake_connect(struct fake *f)
{
	const struct gdb_wire wire = { .send = client_gets, .hang_up = client_is_dropped, .ctx = f };

	f->session = session_new(&f->server, &f->target, &wire);
	return f->session;
}

static const struct adapter_driver fake_probe = { .name = "fake" };

struct fake *fake_new(void)
{
	static const struct target_type type = { .name = "fake", .hit_watchpoint = fake_hit_watchpoint };
	static const struct flash_driver driver = { .name = "fake", .write = (void *)1 };
	struct fake *f = xcalloc(1, sizeof(*f));

	the_fake = f;
	f->adapter.driver = &fake_probe;
	f->list = (struct target_list){ .adapter = &f->adapter, .first = &f->target };
	f->target = (struct target){ .name = xstrdup("a.cpu"), .type = &type, .list = &f->list,
				     .examined = true, .state = TARGET_HALTED, .regs = fake_regs,
				     .reg_count = ARRAY_SIZE(fake_regs), .gdb_max_connections = 2 };
	f->target.values = xcalloc(ARRAY_SIZE(fake_regs), sizeof(struct reg_value));
	f->bank = (struct flash_bank){ .name = xstrdup("flash"), .driver = &driver, .target = &f->target,
				       .base = FAKE_FLASH, .size = FAKE_FLASH_SIZE };
	f->bank.sector_count = FAKE_FLASH_SIZE / FAKE_SECTOR;
	f->bank.sectors = xcalloc(f->bank.sector_count, sizeof(struct flash_sector));
	for (unsigned i = 0; i < f->bank.sector_count; i++)
		f->bank.sectors[i] = (struct flash_sector){ .offset = i * FAKE_SECTOR,
							    .size = FAKE_SECTOR };
	f->flash.banks = &f->bank;
	f->server = (struct gdb_server){ .loop = loop_new(), .targets = &f->list, .flash = &f->flash,
					 .is_ready = true };
	f->server.script = script_new(f->server.loop, false);
	f->server.options = gdb_default_options();
	fake_connect(f);
	return f;
}

void fake_free(struct fake *f)
{
	while (f->server.sessions != NULL)
		session_close(f->server.sessions);
	while (f->target.breakpoints != NULL)
		target_remove_breakpoint(&f->target, f->target.breakpoints->addr);
	while (f->target.watchpoints != NULL) {
		struct watchpoint *w = f->target.watchpoints;

		f->target.watchpoints = w->next;
		free(w);
	}
	script_free(f->server.script);
	loop_free(f->server.loop);
	free(f->target.name);
	free(f->target.values);
	free(f->bank.name);
	free(f->bank.sectors);
	buf_free(&f->sent);
	free(f);
	the_fake = NULL;
}

const char *fake_send(struct fake *f, const char *bytes, size_t n)
{
	static struct buf kept;

	if (f->session != NULL)
		session_input(f->session, bytes, n);
	buf_clear(&kept);
	buf_append(&kept, f->sent.data, f->sent.len);
	buf_clear(&f->sent);
	return (const char *)kept.data;
}

const char *fake_answers(struct fake *f)
{
	static char bodies[0x8000];
	size_t at = 0, len = 0;

	while (at < f->sent.len) {
		struct rsp_item item = rsp_next(f->sent.data + at, f->sent.len - at);

		if (item.used == 0)
			break;
		if (item.kind == RSP_PACKET) {
			len += (size_t)snprintf(bodies + len, sizeof(bodies) - len, "%s%.*s",
						len > 0 ? "|" : "", (int)item.len, (const char *)item.body);
		}
		at += item.used;
	}
	bodies[len] = '\0';
	buf_clear(&f->sent);
	return bodies;
}

const char *fake_packet_bytes(struct fake *f, const char *body, size_t n)
{
	struct buf escaped = { 0 }, frame = { 0 };

	rsp_escape(&escaped, body, n);
	rsp_frame(&frame, escaped.data, escaped.len, false);
	buf_clear(&f->sent);
	if (f->session != NULL)
		session_input(f->session, frame.data, frame.len);
	buf_free(&escaped);
	buf_free(&frame);
	return fake_answers(f);
}

const char *fake_packet(struct fake *f, const char *body)
{
	return fake_packet_bytes(f, body, strlen(body));
}

void fake_no_ack(struct fake *f)
{
	fake_packet(f, "QStartNoAckMode");
	fake_send(f, "+", 1);
}

int fake_setup(void **state)
{
	struct fake *f = fake_new();

	fake_no_ack(f);
	*state = f;
	return 0;
}

int fake_setup_acks(void **state)
{
	*state = fake_new();
	return 0;
}

int fake_teardown(void **state)
{
	fake_free(*state);
	return 0;
}
