/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loaders' bytes, executed: a core, RAM and a few lines of flash controller. The host's side of
 * the ring is played between slices of execution.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicorn/unicorn.h>

#include "flash/block_crc_loader.h"
#include "flash/room.h"
#include "flash/stm32l4_loader.h"
#include "flash/stm32l4_regs.h"

#define RAM	0x20000000u
#define FLASH	0x08000000u
#define REGS	0x40022000u
#define PAGE	2048u
#define PARAMS	(RAM + 0x100)
#define WP	(PARAMS + 24)
#define RP	(PARAMS + 28)
#define RING	(PARAMS + 32)
#define RING_BYTES 64u			/* small, so that it wraps */
#define WATCHDOG   (RAM + 0x800)

struct machine {
	uc_engine *uc;
	uint8_t flash[4 * PAGE];
	uint32_t sr, cr, busy_reads, latch_addr;
	uint32_t fail_at;		/* WRPERR for the double word of this address */
	unsigned erases, programs, too_early;
	uint32_t last_erase;
};

static uint64_t regs_read(uc_engine *uc, uint64_t offset, unsigned size, void *ctx)
{
	struct machine *m = ctx;

	(void)uc;
	(void)size;
	if (offset != 0x10)
		return offset == 0x14 ? m->cr : 0;
	if (m->busy_reads > 0 && --m->busy_reads > 0)
		return m->sr | SR_BSY;
	return m->sr;
}

static void regs_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ctx)
{
	struct machine *m = ctx;

	(void)uc;
	(void)size;
	if (offset != 0x14)
		return;
	m->too_early += m->busy_reads > 0;
	m->cr = (uint32_t)value;
	if ((value & CR_PER) && (value & CR_STRT)) {
		memset(m->flash + ((value >> 3) & 3) * PAGE, 0xff, PAGE);
		m->last_erase = (uint32_t)value;
		m->erases++;
		m->busy_reads = 5;
	}
}

static uint64_t array_read(uc_engine *uc, uint64_t offset, unsigned size, void *ctx)
{
	struct machine *m = ctx;

	(void)uc;
	(void)size;
	return get_le32(m->flash + offset);
}

static void array_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ctx)
{
	struct machine *m = ctx;

	(void)uc;
	m->too_early += m->busy_reads > 0 || !(m->cr & CR_PG) || size != 4;
	if (offset % 8 == 0) {
		m->latch_addr = (uint32_t)offset;
		put_le32(m->flash + offset, (uint32_t)value);
		return;
	}
	m->too_early += offset != m->latch_addr + 4;
	put_le32(m->flash + offset, (uint32_t)value);
	m->programs++;
	m->busy_reads = 3;
	if (FLASH + m->latch_addr == m->fail_at)
		m->sr |= SR_WRPERR;
}

static void ram_put(struct machine *m, uint32_t addr, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	assert_int_equal(uc_mem_write(m->uc, addr, bytes, 4), UC_ERR_OK);
}

static uint32_t ram_get(struct machine *m, uint32_t addr)
{
	uint8_t bytes[4];

	assert_int_equal(uc_mem_read(m->uc, addr, bytes, 4), UC_ERR_OK);
	return get_le32(bytes);
}

static uint32_t reg(struct machine *m, int id)
{
	uint32_t value = 0;

	uc_reg_read(m->uc, id, &value);
	return value;
}

static void machine_new(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	assert_int_equal(uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &m->uc), UC_ERR_OK);
	uc_mem_map(m->uc, RAM, 0x10000, UC_PROT_ALL);
	uc_mmio_map(m->uc, REGS, 0x1000, regs_read, m, regs_write, m);
	uc_mmio_map(m->uc, FLASH, sizeof(m->flash), array_read, m, array_write, m);
}

static void machine_free(struct machine *m)
{
	uc_close(m->uc);
}

static void set_r(struct machine *m, unsigned index, uint32_t value)
{
	uc_reg_write(m->uc, (int)(UC_ARM_REG_R0 + index), &value);
}

/* Up to `count` instructions; false once it stands on the BKPT at `exit`. */
static bool run(struct machine *m, uint32_t exit, size_t count)
{
	uint32_t pc = reg(m, UC_ARM_REG_PC);

	assert_int_equal(uc_emu_start(m->uc, pc | 1, exit, 0, count), UC_ERR_OK);
	return reg(m, UC_ARM_REG_PC) != exit;
}

static void load_flash_loader(struct machine *m)
{
	uint32_t entry = RAM + STM32L4_LOADER_ENTRY;

	uc_mem_write(m->uc, RAM, stm32l4_loader, sizeof(stm32l4_loader));
	ram_put(m, PARAMS, REGS + 0x10);
	ram_put(m, PARAMS + 4, REGS + 0x14);
	ram_put(m, PARAMS + 8, SR_BSY);
	ram_put(m, PARAMS + 12, SR_FAILED);
	ram_put(m, PARAMS + 16, CR_PG);
	ram_put(m, PARAMS + 20, WATCHDOG);
	ram_put(m, WP, RING);
	ram_put(m, RP, RING);
	set_r(m, 0, PARAMS);
	set_r(m, 1, RING + RING_BYTES);
	uc_reg_write(m->uc, UC_ARM_REG_PC, &entry);
}

/* Plays the host until the loader ends: one unit at a time, `slice` instructions in between. */
static void feed(struct machine *m, const uint32_t *units, size_t count, size_t slice)
{
	uint32_t exit = RAM + STM32L4_LOADER_EXIT, wp = RING;
	size_t sent = 0, turns = 0;

	while (run(m, exit, slice)) {
		uint32_t next = wp + 8 == RING + RING_BYTES ? RING : wp + 8;

		assert_true(turns++ < 100000);
		if (sent == count || next == ram_get(m, RP) || ram_get(m, RP) == 0)
			continue;
		ram_put(m, wp, units[2 * sent]);
		ram_put(m, wp + 4, units[2 * sent + 1]);
		wp = next;
		ram_put(m, WP, wp);
		sent++;
	}
}

static const uint32_t stream[] = {
	CR_PER | CR_PNB(1), 0,
	FLASH + PAGE, 3,
	1, 2, 3, 4, 5, 6,
	CR_PER | CR_PNB(2), 0,
	FLASH + 2 * PAGE + 16, 2,
	7, 8, 9, 10,
	FLASH + 2 * PAGE + 64, 1,
	11, 12,
	0, 0xffffffff,
};

static void test_erases_and_programs(void **state)
{
	static const size_t slices[] = { 1, 7, 50, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slices); i++) {
		struct machine m;

		machine_new(&m);
		load_flash_loader(&m);
		feed(&m, stream, ARRAY_SIZE(stream) / 2, slices[i]);
		assert_int_equal(reg(&m, UC_ARM_REG_R0), 0);
		assert_int_equal(m.erases, 2);
		assert_int_equal(m.programs, 6);
		assert_int_equal(m.too_early, 0);
		assert_int_equal(m.cr, 0);
		assert_int_equal(get_le32(m.flash + PAGE), 1);
		assert_int_equal(get_le32(m.flash + PAGE + 20), 6);
		assert_int_equal(get_le32(m.flash + PAGE + 24), 0xffffffff);
		assert_int_equal(get_le32(m.flash + 2 * PAGE + 16 + 12), 10);
		assert_int_equal(get_le32(m.flash + 2 * PAGE + 64), 11);
		assert_int_equal(ram_get(&m, WATCHDOG), 0xaaaa);
		machine_free(&m);
	}
}

static void test_stops_at_an_error_and_says_where(void **state)
{
	struct machine m;

	(void)state;
	machine_new(&m);
	load_flash_loader(&m);
	m.fail_at = FLASH + 2 * PAGE + 24;
	feed(&m, stream, ARRAY_SIZE(stream) / 2, 20);
	assert_int_equal(reg(&m, UC_ARM_REG_R0), SR_WRPERR);
	assert_int_equal(reg(&m, UC_ARM_REG_R1), m.fail_at + 8);
	assert_int_equal(ram_get(&m, RP), 0);
	assert_int_equal(m.programs, 5);
	assert_int_equal(m.cr, 0);
	machine_free(&m);
}

static void test_an_old_error_stops_the_first_erase(void **state)
{
	struct machine m;

	(void)state;
	machine_new(&m);
	load_flash_loader(&m);
	m.sr = SR_PGSERR;
	feed(&m, stream, ARRAY_SIZE(stream) / 2, 20);
	assert_int_equal(reg(&m, UC_ARM_REG_R0), SR_PGSERR);
	assert_int_equal(reg(&m, UC_ARM_REG_R1), 0);
	assert_int_equal(m.erases, 0);
	machine_free(&m);
}

static void test_the_host_can_stop_it(void **state)
{
	struct machine m;
	unsigned turns = 0;

	(void)state;
	machine_new(&m);
	load_flash_loader(&m);
	assert_true(run(&m, RAM + STM32L4_LOADER_EXIT, 200));
	ram_put(&m, WP, 0);
	while (run(&m, RAM + STM32L4_LOADER_EXIT, 50))
		assert_true(turns++ < 10);
	assert_int_equal(reg(&m, UC_ARM_REG_R0), 1);
	assert_int_equal(ram_get(&m, RP), 0);
	machine_free(&m);
}

static void test_block_crcs(void **state)
{
	const uint32_t entry = RAM + BLOCK_CRC_LOADER_ENTRY, data = RAM + 0x4000, block = 40;
	uint8_t bytes[5 * 40];
	struct machine m;

	(void)state;
	machine_new(&m);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 3));
	uc_mem_write(m.uc, data, bytes, sizeof(bytes));
	uc_mem_write(m.uc, RAM, block_crc_loader, sizeof(block_crc_loader));
	set_r(&m, 0, data);
	set_r(&m, 1, block);
	set_r(&m, 2, 5);
	set_r(&m, 3, RAM + 0x2000);
	set_r(&m, 4, RAM + 0x1000);
	set_r(&m, 5, WATCHDOG);
	uc_reg_write(m.uc, UC_ARM_REG_PC, &entry);
	assert_false(run(&m, RAM + BLOCK_CRC_LOADER_EXIT, 0));
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(ram_get(&m, RAM + 0x2000 + 4 * i),
				 crc_bytes(0xffffffff, bytes + i * block, block));
	assert_int_equal(ram_get(&m, WATCHDOG), 0xaaaa);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_erases_and_programs),
		cmocka_unit_test(test_stops_at_an_error_and_says_where),
		cmocka_unit_test(test_an_old_error_stops_the_first_erase),
		cmocka_unit_test(test_the_host_can_stop_it),
		cmocka_unit_test(test_block_crcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
