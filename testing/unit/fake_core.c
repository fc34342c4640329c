/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

#define C_DEBUGEN  1u
#define C_HALT	   2u
#define C_STEP	   4u
#define C_MASKINTS 8u
#define S_REGRDY   (1u << 16)
#define S_HALT	   (1u << 17)
#define S_LOCKUP   (1u << 19)
#define S_RESET_ST (1u << 25)
#define PER_BATCH  50

struct fake_core core;

static struct {
	bool is_read;
	uint32_t addr, value;
	uint32_t *dst;
} queue[512];
static size_t queued;
static struct mem_ap the_ap = { .is_probed = true, .has_byte = true, .tar_wrap = 0x400 };

static uint8_t *memory(uint32_t addr)
{
	if (addr >= FLASH && addr < FLASH + MEM_BYTES)
		return core.flash + (addr - FLASH);
	if (addr >= RAM && addr < RAM + MEM_BYTES)
		return core.ram + (addr - RAM);
	return NULL;
}

void put_op(uint32_t addr, uint16_t opcode)
{
	put_le16(memory(addr), opcode);
}

static bool is_halted(void)
{
	return core.dhcsr & S_HALT;
}

static void enter_debug(uint32_t dfsr)
{
	core.dhcsr |= S_HALT | C_HALT;
	core.dfsr |= dfsr;
	core.dhcsr &= ~S_LOCKUP;
}

static uint32_t *stack_pointer(void)
{
	bool psp = (core.regs[16] & 0x1ff) == 0 && (core.regs[0x14] >> 24 & 2);

	return &core.regs[psp ? 0x12 : 0x11];
}

static void reset_core(void)
{
	core.resets++;
	memset(core.regs, 0, sizeof(core.regs));
	core.regs[0x11] = get_le32(core.flash);
	core.regs[15] = get_le32(core.flash + 4) & ~1u;
	core.regs[16] = 0x01000000;
	core.regs[14] = 0xffffffff;
	core.dhcsr = (core.dhcsr & (C_DEBUGEN)) | S_RESET_ST;
	if ((core.dhcsr & C_DEBUGEN) && (core.demcr & 1))
		enter_debug(1u << 3);
}

void reset_from_outside(void)
{
	reset_core();
}

void power_cycle(void)
{
	core.dhcsr = core.demcr = core.dfsr = core.fp_ctrl = 0;
	core.fp_ctrl = 0x260;
	memset(core.fp_comp, 0xa5, sizeof(core.fp_comp));
	for (unsigned i = 0; i < 8; i++)
		core.fp_comp[i] &= ~1u;
	memset(core.dwt_function, 0, sizeof(core.dwt_function));
	reset_core();
}

static bool fpb_matches(uint32_t pc)
{
	for (unsigned i = 0; i < 6; i++) {
		uint32_t c = core.fp_comp[i], half = pc & 2 ? 0x80000000u : 0x40000000u;

		if ((core.fp_ctrl & 1) && (c & 1) && (c & half) && (c & 0x1ffffffc) == (pc & ~3u))
			return true;
	}
	return false;
}

/* One instruction, or an exception entry. False: it stopped before. */
static bool execute(bool masked)
{
	uint32_t *pc = &core.regs[15];
	uint8_t *code;

	if (core.irq_at != 0 && !masked) {
		core.regs[0x11] -= 32;
		put_le32(memory(core.regs[0x11] + 24), *pc);
		put_le32(memory(core.regs[0x11] + 28), core.regs[16]);
		core.regs[14] = 0xfffffff9;
		core.regs[16] = 0x0100000f;
		*pc = core.irq_at;
		core.irq_at = 0;
		core.icsr = 0;
		core.exceptions++;
		return true;
	}
	code = memory(*pc);
	if (fpb_matches(*pc) || code == NULL || (get_le16(code) & 0xff00) == 0xbe00) {
		enter_debug(1u << 1);
		return false;
	}
	if (get_le16(code) == OP_WFI)
		return true;	/* sleeps on */
	if (get_le16(code) == 0x4770) {	/* BX LR: the handler's end */
		*pc = get_le32(memory(core.regs[0x11] + 24));
		core.regs[16] = get_le32(memory(core.regs[0x11] + 28));
		core.regs[0x11] += 32;
	} else if (get_le16(code) != OP_LOOP)
		*pc += 2;
	return true;
}

static void run_core(void)
{
	if (is_halted() || core.held_in_reset || (core.dhcsr & S_LOCKUP))
		return;
	for (unsigned i = 0; i < PER_BATCH; i++) {
		if (!execute(core.dhcsr & C_MASKINTS))
			return;
	}
}

static void write_dhcsr(uint32_t v)
{
	uint32_t was = core.dhcsr;

	if (v >> 16 != 0xa05f)
		return;
	/* C_MASKINTS changes only in writes that have C_HALT, or with debug off (DDI 0403 C1.6.2). */
	if ((was & C_DEBUGEN) && (v & C_DEBUGEN) && ((was ^ v) & C_MASKINTS) && !(v & C_HALT))
		fail_msg("C_MASKINTS changed without C_HALT: 0x%08x", v);
	if (((was ^ v) & C_STEP) && !(was & S_HALT) && (v & C_STEP))
		fail_msg("C_STEP set on a running core");
	core.dhcsr = (was & ~0xfu) | (v & 0xf);
	if (!(v & C_DEBUGEN)) {
		core.dhcsr &= ~S_HALT;
		return;
	}
	if ((v & C_HALT) && !is_halted() && !core.held_in_reset) {
		enter_debug(1);
	} else if (!(v & C_HALT) && is_halted()) {
		core.dhcsr &= ~S_HALT;
		if (v & C_STEP) {
			uint8_t *code = memory(core.regs[15]);
			bool sleeps = code != NULL && get_le16(code) == OP_WFI;

			if (execute(v & C_MASKINTS) && !sleeps)
				enter_debug(1);
			if (sleeps)
				core.dhcsr &= ~C_HALT;
		}
	}
}

static void write_dcrsr(uint32_t v)
{
	uint32_t sel = v & 0x7f, *reg = sel == 13 ? stack_pointer() : &core.regs[sel % 0x60];

	core.dcrsr_writes++;
	if (!is_halted() && (v & 1u << 16))
		fail_msg("core register %u written while the core runs", sel);
	if (!is_halted()) {	/* asked in hope: nothing comes */
		core.dhcsr &= ~S_REGRDY;
		core.never_ready = true;
		return;
	}
	core.never_ready = false;
	if (v & 1u << 16)
		*reg = core.dcrdr;
	else
		core.dcrdr = *reg;
	core.dhcsr |= S_REGRDY;
	if (core.regrdy_late > 0) {
		core.regrdy_late--;
		core.dhcsr &= ~S_REGRDY;
	}
}

static bool write_ppb(uint32_t addr, uint32_t v)
{
	switch (addr) {
	case 0xe000edf0: write_dhcsr(v); return true;
	case 0xe000edf4: write_dcrsr(v); return true;
	case 0xe000edf8: core.dcrdr = v; return true;
	case 0xe000edfc: core.demcr = v; return true;
	case 0xe000ed30: core.dfsr &= ~v; return true;
	case 0xe000ed94: core.mpu_ctrl = v; return true;
	case 0xe000ef58:	/* ICIMVAU */
	case 0xe000ef70:	/* DCCIMVAC */
	case 0xe000ef78: core.cache_ops++; return true;
	case 0xe000ed0c:
		if (v >> 16 == 0x05fa && (v & 5) && !core.ignores_reset)
			reset_core();
		return true;
	case 0xe0002000:
		core.fp_writes++;
		if (v & 2)
			core.fp_ctrl = (core.fp_ctrl & ~1u) | (v & 1);
		return true;
	default: break;
	}
	if (addr >= 0xe0002008 && addr < 0xe0002028) {
		core.fp_writes++;
		core.fp_comp[(addr - 0xe0002008) / 4] = v;
		return true;
	}
	if (addr >= 0xe0001020 && addr < 0xe0001060) {
		unsigned i = (addr - 0xe0001020) / 16;

		if (!(core.demcr & 1u << 24))
			fail_msg("DWT touched without TRCENA");
		core.dwt_writes++;
		switch (addr & 0xf) {
		case 0: core.dwt_comp[i] = v; break;
		case 4: core.dwt_mask[i] = v & 0xf; break;
		case 8: core.dwt_function[i] = v; break;
		default: break;
		}
		return true;
	}
	return false;
}

static bool read_ppb(uint32_t addr, uint32_t *v)
{
	*v = 0;
	switch (addr) {
	case 0xe000ed00: *v = core.cpuid; return true;
	case 0xe000ed04: *v = core.icsr; return true;
	case 0xe000ed08: *v = FLASH; return true;
	case 0xe000ed28: *v = core.cfsr; return true;
	case 0xe000ed2c: *v = core.hfsr; return true;
	case 0xe000ed30: *v = core.dfsr; return true;
	case 0xe000ed34:
	case 0xe000ed38: return true;
	case 0xe000ed94: *v = core.mpu_ctrl; return true;
	case 0xe000edf0:
		*v = core.dhcsr;
		core.dhcsr &= ~(7u << 24);
		if (core.held_in_reset)
			core.dhcsr |= S_RESET_ST;
		if (!core.never_ready)
			core.dhcsr |= S_REGRDY;
		return true;
	case 0xe000edf8: *v = core.dcrdr; return true;
	case 0xe000edfc: *v = core.demcr; return true;
	case 0xe000ef40: *v = core.mvfr0; return true;
	case 0xe000ed44: *v = core.id_pfr1; return true;
	case 0xe000ed78: *v = core.clidr; return true;
	case 0xe000ed14: *v = core.ccr; return true;
	case 0xe000ef44: *v = 0x11000011; return true;
	case 0xe0001000: *v = core.demcr & 1u << 24 ? 0x40000000 : 0; return true;
	case 0xe000101c: *v = 0; return true;	/* no DWT_PCSR */
	case 0xe0002000: *v = core.fp_ctrl; return true;
	default: break;
	}
	if (addr >= 0xe0001020 && addr < 0xe0001060) {
		unsigned i = (addr - 0xe0001020) / 16;

		*v = (addr & 0xf) == 0 ? core.dwt_comp[i] : (addr & 0xf) == 4 ? core.dwt_mask[i]
								: core.dwt_function[i];
		if ((addr & 0xf) == 8)
			core.dwt_function[i] &= ~(1u << 24);
		return true;
	}
	return false;
}

static enum err bus_error(uint32_t addr)
{
	return error_why(ERR_BUS, "nothing answers at 0x%08x", addr);
}

static enum err access_word(bool is_read, uint32_t addr, uint32_t *value)
{
	uint8_t *p = memory(addr);

	core.accesses++;
	if (addr == core.refused && addr != 0)
		return bus_error(addr);
	if (p != NULL) {
		if (is_read)
			*value = get_le32(p);
		else
			put_le32(p, *value);
		return OK;
	}
	return (is_read ? read_ppb(addr, value) : write_ppb(addr, *value)) ? OK : bus_error(addr);
}

void mem_ap_queue_read32(struct mem_ap *ap, uint32_t addr, uint32_t *dst)
{
	(void)ap;
	queue[queued].is_read = true;
	queue[queued].addr = addr;
	queue[queued++].dst = dst;
}

void mem_ap_queue_write32(struct mem_ap *ap, uint32_t addr, uint32_t value)
{
	(void)ap;
	queue[queued].is_read = false;
	queue[queued].addr = addr;
	queue[queued++].value = value;
}

static enum err dead(void)
{
	return error_why(ERR_DAP_NO_ACK, "no answer");
}

void mem_ap_queue_read_words(struct mem_ap *ap, uint32_t addr, uint32_t *dst, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mem_ap_queue_read32(ap, addr + 4 * (uint32_t)i, &dst[i]);
}

enum err mem_ap_run(struct mem_ap *ap)
{
	enum err rc = core.is_dead ? dead() : OK;

	(void)ap;
	if (queued > 0)
		core.runs++;
	for (size_t i = 0; i < queued && rc == OK; i++)
		rc = access_word(queue[i].is_read, queue[i].addr,
				 queue[i].is_read ? queue[i].dst : &queue[i].value);
	queued = 0;
	run_core();
	return rc;
}

enum err mem_ap_read32(struct mem_ap *ap, uint32_t addr, uint32_t *value)
{
	mem_ap_queue_read32(ap, addr, value);
	return mem_ap_run(ap);
}

enum err mem_ap_write32(struct mem_ap *ap, uint32_t addr, uint32_t value)
{
	mem_ap_queue_write32(ap, addr, value);
	return mem_ap_run(ap);
}

static enum err block(bool is_read, uint32_t addr, size_t n, uint8_t *data, size_t *done)
{
	uint8_t *p = memory(addr);
	uint32_t word;

	if (core.is_dead)
		return dead();
	TRY(mem_ap_run(&the_ap));	/* what was queued goes first */
	core.runs++;
	if (done != NULL)
		*done = 0;
	if (p != NULL && memory(addr + (uint32_t)n - 1) != NULL) {
		if (is_read)
			memcpy(data, p, n);
		else
			memcpy(p, data, n);
		if (done != NULL)
			*done = n;
		return OK;
	}
	for (size_t i = 0; i + 4 <= n; i += 4) {
		word = is_read ? 0 : get_le32(data + i);
		TRY(access_word(is_read, addr + (uint32_t)i, &word));
		if (is_read)
			put_le32(data + i, word);
	}
	return n % 4 == 0 ? OK : bus_error(addr);
}

enum err mem_ap_read(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count, uint8_t *dst,
		     size_t *done)
{
	(void)ap;
	enum err rc = block(true, addr, size * count, dst, done);

	if (done != NULL)
		*done /= size;
	return rc;
}

enum err mem_ap_write(struct mem_ap *ap, uint32_t addr, unsigned size, size_t count,
		      const uint8_t *src, size_t *done)
{
	uint8_t copy[MEM_BYTES];

	(void)ap;
	if (memory(addr) != NULL && addr < RAM && addr >= FLASH)
		return OK;	/* flash drops it, as the bus of a real one may */
	memcpy(copy, src, size * count);
	enum err rc = block(false, addr, size * count, copy, done);

	if (done != NULL)
		*done /= size;
	return rc;
}

struct mem_ap *mem_ap_get(struct dap *dap, uint8_t apsel)
{
	(void)apsel;
	the_ap.dap = dap;
	return &the_ap;
}

enum err mem_ap_find_core(struct dap *dap, struct mem_ap **ap)
{
	*ap = mem_ap_get(dap, 0);
	return OK;
}

enum err mem_ap_probe(struct mem_ap *ap)
{
	(void)ap;
	return core.is_dead ? dead() : OK;
}

void mem_ap_invalidate(struct mem_ap *ap)
{
	(void)ap;
}

enum err dap_connect(struct dap *dap)
{
	if (core.is_dead)
		return dead();
	dap->is_connected = true;
	return OK;
}

struct dap *dap_find(struct dap_list *list, const char *name)
{
	return strcmp(name, "chip.dap") == 0 ? list->first : NULL;
}

enum err adapter_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	(void)trst;
	if (adapter->srst && !srst) {
		core.held_in_reset = false;
		reset_core();
	}
	adapter->srst = core.held_in_reset = srst;
	return OK;
}

enum err adapter_fail_lost(const struct adapter *adapter)
{
	(void)adapter;
	return error_why(ERR_ADAPTER_LOST, "the probe is gone");
}

struct bench *bench_of(void **state)
{
	return *state;
}

const char *bench_eval(struct bench *b, const char *text)
{
	static struct buf result;
	struct error error;

	if (b == NULL) {
		buf_free(&result);
		return NULL;
	}
	buf_clear(&result);
	buf_append(&result, "", 0);
	if (script_eval(b->script, NULL, text, NULL, 0, &result) != OK) {
		error_take(&error);
		fail_msg("%s: %s", text, error_text(&error));
	}
	return (const char *)result.data;
}

int bench_setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	memset(&core, 0, sizeof(core));
	queued = 0;
	for (uint32_t i = 0; i < MEM_BYTES; i += 2) {
		put_le16(core.flash + i, OP_NOP);
		put_le16(core.ram + i, OP_NOP);
	}
	put_le32(core.flash, RAM + 0x8000);
	put_le32(core.flash + 4, FLASH + 0x101);
	core.cpuid = 0x410fc241;
	core.mvfr0 = 0x10110021;
	power_cycle();
	core.resets = 0;
	log_set_level(LOG_ERROR);
	b->loop = loop_new();
	b->script = script_new(b->loop, false);
	b->adapter = (struct adapter){ .loop = b->loop, .script = b->script, .is_open = true };
	b->dap = (struct dap){ .name = (char *)"chip.dap", .adapter = &b->adapter };
	b->daps = (struct dap_list){ .adapter = &b->adapter, .first = &b->dap };
	b->list = target_list_new(b->loop, b->script, &b->adapter, &b->daps);
	*state = b;
	bench_eval(b, "target create chip.cpu cortex_m -dap chip.dap -work-area-phys 0x20000000 "
		      "-work-area-size 0x1000; proc init_reset {mode} {}");
	b->t = b->list->first;
	script_set_stage(b->script, STAGE_EXEC);
	return target_init_all(b->list) == OK ? 0 : -1;
}

int bench_teardown(void **state)
{
	struct bench *b = *state;

	target_list_free(b->list);
	script_free(b->script);
	loop_free(b->loop);
	bench_eval(NULL, NULL);
	error_clear();
	free(b);
	return 0;
}
