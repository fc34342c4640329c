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
#include "flash/stm32l4_scan_loader.h"

#define RAM	0x20000000u
#define FLASH	0x08000000u
#define REGS	0x40022000u
#define PAGE	2048u
#define PARAMS	(RAM + 0x200)
#define WP	(PARAMS + 40)
#define RP	(PARAMS + 44)
#define RING	(PARAMS + 48)
#define RING_BYTES 192u			/* small, so that it wraps */
#define WATCHDOG   (RAM + 0x800)
#define ECC_WORD   (RAM + 0x804)
#define ROW_PAIRS  8u
#define FAST	   0x40000000u

struct machine {
	uc_engine *uc;
	uint8_t flash[4 * PAGE];
	uint32_t sr, cr, busy_reads, latch_addr;
	uint32_t fail_at;		/* WRPERR for the double word of this address */
	unsigned unit;			/* bytes that start an operation */
	uint32_t fast_next;		/* of the row in progress */
	unsigned fast_writes;
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
	m->too_early += m->busy_reads > 0 || m->latch_addr != 0;
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

/* A row: ascending, back to back, nothing else in between. */
static void fast_write(struct machine *m, uint32_t offset, uint32_t value)
{
	bool starts = offset % (8 * ROW_PAIRS) == 0;

	m->too_early += starts ? m->busy_reads > 0 : offset != m->fast_next;
	m->fast_next = offset + 4;
	m->fast_writes++;
	put_le32(m->flash + offset, value);
	if (FLASH + offset == m->fail_at)
		m->sr |= SR_MISERR | SR_FASTERR;
	if ((offset + 4) % (8 * ROW_PAIRS) == 0)
		m->busy_reads = 3;
}

static void array_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ctx)
{
	struct machine *m = ctx;
	bool follows = m->latch_addr != 0 && FLASH + offset == m->latch_addr + 4;

	(void)uc;
	if (m->cr & CR_FSTPG) {
		fast_write(m, (uint32_t)offset, (uint32_t)value);
		return;
	}
	m->too_early += m->busy_reads > 0 || !(m->cr & CR_PG) || size != 4;
	m->too_early += offset % m->unit != 0 && !follows;
	put_le32(m->flash + offset, (uint32_t)value);
	m->latch_addr = FLASH + (uint32_t)offset;
	if ((offset + 4) % m->unit != 0)
		return;
	m->programs++;
	m->busy_reads = 3;
	if ((FLASH + (uint32_t)offset) / m->unit == m->fail_at / m->unit)
		m->sr |= SR_WRPERR;
	m->latch_addr = 0;
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

static void machine_new_core(struct machine *m, int core)
{
	memset(m, 0, sizeof(*m));
	m->unit = 8;
	assert_int_equal(uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &m->uc), UC_ERR_OK);
	assert_int_equal(uc_ctl_set_cpu_model(m->uc, core), UC_ERR_OK);
	uc_mem_map(m->uc, RAM, 0x10000, UC_PROT_ALL);
	uc_mmio_map(m->uc, REGS, 0x1000, regs_read, m, regs_write, m);
	uc_mmio_map(m->uc, FLASH, sizeof(m->flash), array_read, m, array_write, m);
}

static void machine_new(struct machine *m)
{
	machine_new_core(m, UC_CPU_ARM_CORTEX_M4);
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
	ram_put(m, PARAMS + 24, CR_FSTPG);
	ram_put(m, PARAMS + 28, ROW_PAIRS);
	ram_put(m, PARAMS + 32, m->unit == 16 ? 8 : 0);
	ram_put(m, PARAMS + 36, ECC_WORD);
	ram_put(m, WP, RING);
	ram_put(m, RP, RING);
	set_r(m, 0, PARAMS);
	set_r(m, 1, RING + RING_BYTES);
	uc_reg_write(m->uc, UC_ARM_REG_PC, &entry);
}

/* Plays the host until the loader ends: one unit at a time, `slice` instructions in between. */
static void feed(struct machine *m, const uint32_t *words, size_t count, size_t slice)
{
	uint32_t exit = RAM + STM32L4_LOADER_EXIT, wp = RING;
	size_t sent = 0, turns = 0;

	while (run(m, exit, slice)) {
		uint32_t next = wp + m->unit == RING + RING_BYTES ? RING : wp + m->unit;
		uint32_t rp = ram_get(m, RP);

		assert_true(turns++ < 100000);
		/* A unit may be taken in halves: it is free when all of it is. */
		if (sent == count || next == (rp - (rp - RING) % m->unit) || rp == 0)
			continue;
		for (unsigned i = 0; i < m->unit; i += 4)
			ram_put(m, wp + i, words[sent++]);
		wp = next;
		ram_put(m, WP, wp);
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
		feed(&m, stream, ARRAY_SIZE(stream), slices[i]);
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
	feed(&m, stream, ARRAY_SIZE(stream), 20);
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
	feed(&m, stream, ARRAY_SIZE(stream), 20);
	assert_int_equal(reg(&m, UC_ARM_REG_R0), SR_PGSERR);
	assert_int_equal(reg(&m, UC_ARM_REG_R1), 0);
	assert_int_equal(m.erases, 0);
	machine_free(&m);
}

/* STM32U5: 16 bytes at once, headers as long. */
static const uint32_t wide_stream[] = {
	0, 0, CR_PER | CR_PNB(1), 0,
	0, 0, FLASH + PAGE, 6,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	0, 0, 0, 0xffffffff,
};

static void test_units_of_16_bytes(void **state)
{
	static const size_t slices[] = { 1, 7, 50, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slices); i++) {
		struct machine m;

		machine_new_core(&m, UC_CPU_ARM_CORTEX_M33);
		m.unit = 16;
		load_flash_loader(&m);
		feed(&m, wide_stream, ARRAY_SIZE(wide_stream), slices[i]);
		assert_int_equal(reg(&m, UC_ARM_REG_R0), 0);
		assert_int_equal(m.programs, 3);
		assert_int_equal(m.too_early, 0);
		assert_int_equal(get_le32(m.flash + PAGE + 44), 12);
		machine_free(&m);
	}
}

static void test_a_failure_in_16_bytes_names_them(void **state)
{
	struct machine m;

	(void)state;
	machine_new_core(&m, UC_CPU_ARM_CORTEX_M33);
	m.unit = 16;
	load_flash_loader(&m);
	m.fail_at = FLASH + PAGE + 16;
	feed(&m, wide_stream, ARRAY_SIZE(wide_stream), 20);
	assert_int_equal(reg(&m, UC_ARM_REG_R0), SR_WRPERR);
	assert_int_equal(reg(&m, UC_ARM_REG_R1), m.fail_at + 16);
	machine_free(&m);
}

/* Three rows fast, one double word after them, on the smallest core and on a large one. */
static size_t fast_stream(uint32_t *words)
{
	size_t n = 0;

	words[n++] = CR_MER1;
	words[n++] = 0;
	words[n++] = FLASH + PAGE;
	words[n++] = FAST | 3;
	for (uint32_t i = 0; i < 3 * 2 * ROW_PAIRS; i++)
		words[n++] = 100 + i;
	words[n++] = FLASH;
	words[n++] = 1;
	words[n++] = 7;
	words[n++] = 8;
	words[n++] = 0;
	words[n++] = 0xffffffff;
	return n;
}

static void test_fast_rows(void **state)
{
	static const int cores[] = { UC_CPU_ARM_CORTEX_M0, UC_CPU_ARM_CORTEX_M4 };
	static const size_t slices[] = { 1, 7, 50, 1000 };
	uint32_t words[64];
	size_t n = fast_stream(words);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cores) * ARRAY_SIZE(slices); i++) {
		struct machine m;

		machine_new_core(&m, cores[i / ARRAY_SIZE(slices)]);
		load_flash_loader(&m);
		feed(&m, words, n, slices[i % ARRAY_SIZE(slices)]);
		assert_int_equal(reg(&m, UC_ARM_REG_R0), 0);
		assert_int_equal(m.fast_writes, 3 * 2 * ROW_PAIRS);
		assert_int_equal(m.programs, 1);
		assert_int_equal(m.too_early, 0);
		assert_int_equal(m.cr, 0);
		for (uint32_t k = 0; k < 3 * 2 * ROW_PAIRS; k++)
			assert_int_equal(get_le32(m.flash + PAGE + 4 * k), 100 + k);
		assert_int_equal(get_le32(m.flash + 4), 8);
		machine_free(&m);
	}
}

static void test_a_row_that_breaks_off(void **state)
{
	uint32_t words[64];
	size_t n = fast_stream(words);
	struct machine m;

	(void)state;
	machine_new(&m);
	load_flash_loader(&m);
	m.fail_at = FLASH + PAGE + 8 * ROW_PAIRS + 24;
	feed(&m, words, n, 20);
	assert_int_equal(reg(&m, UC_ARM_REG_R0), SR_MISERR | SR_FASTERR);
	assert_int_equal(reg(&m, UC_ARM_REG_R1), FLASH + PAGE + 2 * 8 * ROW_PAIRS);
	assert_int_equal(m.fast_writes, 2 * 2 * ROW_PAIRS);
	assert_int_equal(m.programs, 0);
	assert_int_equal(m.cr, 0);
	machine_free(&m);
}

static void load_scan(struct machine *m, uint32_t addr, uint32_t block, uint32_t count, bool blank)
{
	const uint32_t entry = RAM + STM32L4_SCAN_LOADER_ENTRY;

	uc_mem_write(m->uc, RAM, stm32l4_scan_loader, sizeof(stm32l4_scan_loader));
	ram_put(m, PARAMS, ECC_WORD);
	ram_put(m, PARAMS + 4, ECC_WORD);
	ram_put(m, PARAMS + 8, WATCHDOG);
	ram_put(m, PARAMS + 12, RAM + 0x2000);
	ram_put(m, PARAMS + 16, addr);
	ram_put(m, PARAMS + 20, block);
	ram_put(m, PARAMS + 24, count);
	ram_put(m, PARAMS + 28, blank ? 0 : RAM + 0x1000);
	set_r(m, 0, PARAMS);
	uc_reg_write(m->uc, UC_ARM_REG_PC, &entry);
	assert_false(run(m, RAM + STM32L4_SCAN_LOADER_EXIT, 0));
}

static void test_scan_gives_crcs_and_finds_blank_blocks(void **state)
{
	const uint32_t block = 48;
	uint8_t bytes[5 * 48];
	struct machine m;

	(void)state;
	machine_new_core(&m, UC_CPU_ARM_CORTEX_M0);
	memset(bytes, 0xff, sizeof(bytes));
	bytes[block] = 0x7f;			/* second block: its first byte */
	bytes[4 * block + 47] = 0xfe;		/* last block: its last one */
	uc_mem_write(m.uc, RAM + 0x4000, bytes, sizeof(bytes));
	load_scan(&m, RAM + 0x4000, block, 5, true);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(ram_get(&m, RAM + 0x2000 + 8 * i) == 0xffffffff, i != 1 && i != 4);
		assert_int_equal(ram_get(&m, RAM + 0x2004 + 8 * i), 0);
	}
	assert_int_equal(ram_get(&m, WATCHDOG), 0xaaaa);
	load_scan(&m, RAM + 0x4000, block, 5, false);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(ram_get(&m, RAM + 0x2000 + 8 * i),
				 crc_bytes(0xffffffff, bytes + i * block, block));
	machine_free(&m);
}

/* ECCD is seen without the NMI too; the flag is given back to the register, which clears it. */
static void test_scan_marks_a_spoiled_block(void **state)
{
	struct machine m;

	(void)state;
	machine_new(&m);
	ram_put(&m, ECC_WORD, 0x800012b0);
	load_scan(&m, RAM + 0x4000, 64, 1, true);
	assert_int_not_equal(ram_get(&m, RAM + 0x2004), 0);
	assert_int_equal(ram_get(&m, ECC_WORD), 0x800012b0);
	ram_put(&m, ECC_WORD, 0x400012b0);	/* one wrong bit, corrected */
	load_scan(&m, RAM + 0x4000, 64, 1, true);
	assert_int_equal(ram_get(&m, RAM + 0x2004), 0);
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
		cmocka_unit_test(test_units_of_16_bytes),
		cmocka_unit_test(test_a_failure_in_16_bytes_names_them),
		cmocka_unit_test(test_fast_rows),
		cmocka_unit_test(test_a_row_that_breaks_off),
		cmocka_unit_test(test_scan_gives_crcs_and_finds_blank_blocks),
		cmocka_unit_test(test_scan_marks_a_spoiled_block),
		cmocka_unit_test(test_the_host_can_stop_it),
		cmocka_unit_test(test_block_crcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
