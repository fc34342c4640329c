/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4 doctor: from the facts of a chip to the cause that leads, without a chip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flash/stm32l4_doctor.h"

enum { L476 = 0x415, L432 = 0x435, WB55 = 0x495, G0B1 = 0x467, L552 = 0x472, U575 = 0x482 };

static void know(struct stm32l4_facts *f, enum stm32l4_fact fact, uint32_t value)
{
	f->reg[fact] = value;
	f->has |= 1ull << fact;
}

/* A chip on which all is well, halted after a reset. */
static struct stm32l4_facts healthy(uint16_t dev_id)
{
	struct stm32l4_facts f = { .line = stm32l4_find_line(dev_id), .base = 0x08000000,
				   .core = CORE_HALTED, .has_geometry = true, .flash_reads = true,
				   .failure = { .sector = NO_ADDRESS } };
	uint32_t optr = dev_id == G0B1 ? 0xfffffeaa : dev_id == WB55 ? 0x3d8f71aa
		       : dev_id == L552 || dev_id == U575 ? 0x7feff8aa : 0xffeff8aa;

	stm32l4_geometry(f.line, f.line->max_kib, optr, &f.g);
	f.span = f.g.span;
	know(&f, FACT_DPIDR, 0x2ba01477);
	know(&f, FACT_DHCSR, 0x00030003);
	know(&f, FACT_IDCODE, 0x10070000u | dev_id);
	know(&f, FACT_OPTR, optr);
	know(&f, FACT_SR, 0);
	know(&f, FACT_CR, 0xc0000000);
	know(&f, FACT_ACR, 0x600);
	know(&f, FACT_ECCR, 0);
	know(&f, FACT_SIZE, f.line->max_kib);
	know(&f, FACT_RCC_CSR, 0x0c000600);
	know(&f, FACT_FLASHEN, 1);
	know(&f, FACT_HCLK, 4000000);
	know(&f, FACT_PWR_CR1, 0x200);
	know(&f, FACT_PC, 0x08000100);
	know(&f, FACT_IPSR, 0);
	know(&f, FACT_SP, 0x20018000);
	know(&f, FACT_RESET_VECTOR, 0x08000101);
	if (dev_id == L476)
		know(&f, FACT_MEMRMP, 0);
	return f;
}

static void area(struct stm32l4_facts *f, const char *name, bool is_pcrop, unsigned first, unsigned last)
{
	struct stm32l4_area *a = &f->areas[f->area_count++];

	snprintf(a->name, sizeof(a->name), "%s", name);
	a->is_pcrop = is_pcrop;
	a->is_active = true;
	a->first = first;
	a->last = last;
	a->first_addr = f->base + first * f->g.page_bytes;
	a->last_addr = f->base + (last + 1) * f->g.page_bytes - 1;
}

static void failed(struct stm32l4_facts *f, enum err rc, uint32_t sr, int sector)
{
	f->failure = (struct stm32l4_failure){ .rc = rc, .sr = sr, .sector = sector };
}

/* The sick ones: a row of the table of field failures each, RM0351 chapters 3 and 48. */
static void rdp1(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xffeff8bb);
}
static void stale(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0xa0);
	know(f, FACT_PC, 0x08000100);
	know(f, FACT_RESET_VECTOR, 0x08000101);
}
static void pg_left(struct stm32l4_facts *f)
{
	know(f, FACT_CR, 0x40000001);
}
static void stray(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x80);
	f->flags_came_back = true;
}
static void wrp_page(struct stm32l4_facts *f)
{
	area(f, "WRP1A", false, 5, 5);
}
static void wrp_bank(struct stm32l4_facts *f)
{
	area(f, "WRP1A", false, 0, 255);
}
static void pcrop(struct stm32l4_facts *f)
{
	area(f, "PCROP1", true, 4, 5);
}
static void virgin(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x8000);
}
static void torn(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x8000);
	know(f, FACT_OPTR, 0xfffff8ff);
	area(f, "PCROP1", true, 0, 255);
}
static void keys(struct stm32l4_facts *f)
{
	f->keys_refused = true;
}
static void locked_out(struct stm32l4_facts *f)
{
	failed(f, ERR_FLASH_LOCKED, 0, NO_ADDRESS);
}
static void twin(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xfffff8aa);
	failed(f, ERR_VERIFY, 0, NO_ADDRESS);
	f->failure.twin_matches = true;
}
static void swapped(struct stm32l4_facts *f)
{
	know(f, FACT_MEMRMP, 0x100);
	f->is_swapped = true;
}
static void bfb2(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xfffff8aa);
	know(f, FACT_PC, 0x1fff6144);
	know(f, FACT_MEMRMP, 1);
}
static void pempty(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x20000);
	know(f, FACT_PC, 0x1fff1000);
}
static void boot0(struct stm32l4_facts *f)
{
	know(f, FACT_PC, 0x1fff1000);
}
static void wrong_bank(struct stm32l4_facts *f)
{
	failed(f, ERR_FLASH_OPERATION, 0xa8, 256);
	know(f, FACT_SP, 0xffffffff);
	know(f, FACT_BANK2_SP, 0x20018000);
	f->failure.reads_blank = true;
}
static void half_size(struct stm32l4_facts *f)
{
	know(f, FACT_SIZE, 512);
	stm32l4_geometry(f->line, 512, 0xffcff8aa, &f->g);
}
static void no_size(struct stm32l4_facts *f)
{
	know(f, FACT_SIZE, 0xffff);
}
static void iwdg_hw(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xffeef8aa);
	know(f, FACT_RCC_CSR, 0x2c000600);
}
static void iwdg_fw(struct stm32l4_facts *f)
{
	failed(f, ERR_ALGORITHM, 0, NO_ADDRESS);
	f->failure.fresh_resets = 0x20000000;
	know(f, FACT_RCC_CSR, 0x2c000600);
}
static void brownout(struct stm32l4_facts *f)
{
	failed(f, ERR_FLASH_OPERATION, 0, NO_ADDRESS);
	f->failure.fresh_resets = 0x08000000;
	know(f, FACT_ECCR, 0x80000008);
	know(f, FACT_VTARGET, 3300);
}
static void low_voltage(struct stm32l4_facts *f)
{
	know(f, FACT_VTARGET, 1650);
}
static void asleep(struct stm32l4_facts *f)
{
	*f = (struct stm32l4_facts){ .link = LINK_NO_BUS };
}
static void silent(struct stm32l4_facts *f)
{
	*f = (struct stm32l4_facts){ .link = LINK_SILENT };
}
static void in_reset(struct stm32l4_facts *f)
{
	*f = (struct stm32l4_facts){ .core = CORE_IN_RESET };
}
static void ones(struct stm32l4_facts *f)
{
	failed(f, ERR_FLASH_OPERATION, 0xa8, 7);
	f->failure.reads_blank = true;
}
static void not_erased(struct stm32l4_facts *f)
{
	failed(f, ERR_FLASH_OPERATION, 0xa8, 7);
}
static void unaligned(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x20);
}
static void bytes(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0xe0);
}
static void nmi(struct stm32l4_facts *f)
{
	know(f, FACT_ECCR, 0x80004000);
	know(f, FACT_IPSR, 2);
	f->ecc_sector = 8;
}
static void fast(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x380);
}
static void fast_failed(struct stm32l4_facts *f)
{
	failed(f, ERR_FLASH_OPERATION, 0x2a0, 3);
}
static void pending(struct stm32l4_facts *f)
{
	f->pending = (struct stm32l4_pending){ "FLASH_OPTR", 0xffeff8aa, 0xffeffcaa };
}
static void pending_refused(struct stm32l4_facts *f)
{
	failed(f, ERR_PROTECTED, 0x10, NO_ADDRESS);
}
static void intruded(struct stm32l4_facts *f)
{
	rdp1(f);
	f->core = CORE_LOCKED_UP;
}
static void sfsa(struct stm32l4_facts *f)
{
	know(f, FACT_SFR, 0xc8);
	failed(f, ERR_PROTECTED, 0x10, 230);
}
static void suspended(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x80000);
}
static void half_dw(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x40000);
}
static void vos(struct stm32l4_facts *f)
{
	know(f, FACT_PWR_CR1, 0x400);
}
static void tzen(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xfeeff855);
}
static void not_loaded(struct stm32l4_facts *f)
{
	f->flash_reads = false;
	f->flash_refused = true;
}
static void run_pd(struct stm32l4_facts *f)
{
	know(f, FACT_ACR, 0x2600);
}
static void lpr(struct stm32l4_facts *f)
{
	know(f, FACT_PWR_CR1, 0x4200);
}
static void no_latency(struct stm32l4_facts *f)
{
	know(f, FACT_HCLK, 80000000);
}
static void slow(struct stm32l4_facts *f)
{
	know(f, FACT_HCLK, 1000000);
}
static void clock_off(struct stm32l4_facts *f)
{
	know(f, FACT_FLASHEN, 0);
	know(f, FACT_OPTR, 0);
	know(f, FACT_CR, 0);
	know(f, FACT_ACR, 0);
}
static void stuck(struct stm32l4_facts *f)
{
	know(f, FACT_SR, 0x10000);
}
static void rdp2(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xffeff8cc);
}
static void lpwr(struct stm32l4_facts *f)
{
	know(f, FACT_OPTR, 0xffefe8aa);
	know(f, FACT_RCC_CSR, 0x8c000600);
}
static void rdp1_and_more(struct stm32l4_facts *f)
{
	stale(f);
	pg_left(f);
	wrp_page(f);
	rdp1(f);
}
static void torn_and_stale(struct stm32l4_facts *f)
{
	torn(f);
	know(f, FACT_SR, 0x80a0);
}
static void stale_and_wrp(struct stm32l4_facts *f)
{
	stale(f);
	wrp_page(f);
}
static void nothing(struct stm32l4_facts *f)
{
	(void)f;
}

static const struct {
	uint16_t dev_id;
	void (*make)(struct stm32l4_facts *f);
	const char *leads;		/* NULL: no finding at all */
	enum stm32l4_rank rank;
	const char *cure;		/* a part of it */
} rows[] = {
	{ L476, rdp1, "rdp1", RANK_CAUSE, "stm32l4x unlock 0" },			/* 1 */
	{ L476, stale, "stale-errors", RANK_CAUSE, "stm32l4x doctor 0 --fix" },		/* 2 */
	{ L476, pg_left, "modes-left", RANK_CAUSE, "stm32l4x doctor 0 --fix" },		/* 3 */
	{ L476, stray, "stray-write", RANK_CAUSE, "reset halt" },			/* 4 */
	{ L476, wrp_page, "wrp-page", RANK_CAUSE, "flash protect 0 5 5 off" },		/* 5 */
	{ L476, wrp_bank, "wrp-bank", RANK_CAUSE, "flash protect 0 0 255 off" },	/* 6 */
	{ L476, pcrop, "pcrop", RANK_CAUSE, "RDP 0 to 1 and back to 0" },		/* 7 */
	{ L476, virgin, "optverr", RANK_NOTE, "stm32l4x doctor 0 --fix" },		/* 8 */
	{ L476, torn, "torn-options", RANK_CAUSE, "stm32l4x option_factory 0 confirm" }, /* 9 */
	{ L476, keys, "key-lockout", RANK_CAUSE, "reset halt" },			/* 10 */
	{ L476, locked_out, "key-lockout", RANK_CAUSE, "reset halt" },
	{ L476, twin, "bank-swap", RANK_CAUSE, "stm32l4x option set 0 BFB2=0" }, /* 11 */
	{ L476, swapped, "bank-swap", RANK_LIKELY, "reset halt" },
	{ L476, bfb2, "bfb2", RANK_CAUSE, "stm32l4x option set 0 BFB2=0" },			/* 12 */
	{ L432, pempty, "pempty", RANK_LIKELY, "stm32l4x option_load 0" },
	{ L476, boot0, "boot0", RANK_LIKELY, "BOOT0" },
	{ L476, wrong_bank, "ones-programmed", RANK_CAUSE, "flash erase_sector 0 256 256" }, /* 13 */
	{ L476, half_size, "half-size", RANK_NOTE, "flash erase_sector 0 0 last" },	/* 14 */
	{ L476, no_size, "size-unknown", RANK_LIKELY, "flash bank NAME stm32l4x" },	/* 15 */
	{ L476, iwdg_hw, "iwdg-hw", RANK_LIKELY, "stm32l4x option set 0 IWDG_SW=1" },		/* 16 */
	{ L476, iwdg_fw, "iwdg-fw", RANK_CAUSE, "reset halt" },
	{ L476, brownout, "brownout", RANK_CAUSE, "supply voltage" },			/* 17 */
	{ L476, low_voltage, "low-voltage", RANK_CAUSE, "supply voltage" },
	{ L476, asleep, "no-bus", RANK_CAUSE, "connect_assert_srst" },			/* 18 */
	{ L476, silent, "silent", RANK_CAUSE, "connect_assert_srst" },
	{ L476, in_reset, "held-in-reset", RANK_CAUSE, "reset halt" },
	{ L476, ones, "ones-programmed", RANK_CAUSE, "flash erase_sector 0 7 7" },	/* 20 */
	{ L476, not_erased, "not-erased", RANK_CAUSE, "flash write_image erase" },
	{ L476, unaligned, "unaligned", RANK_CAUSE, "--fix" },				/* 21 */
	{ L476, bytes, "byte-write", RANK_CAUSE, "--fix" },				/* 22 */
	{ L476, nmi, "ecc-double", RANK_CAUSE, "flash erase_sector 0 8 8" },		/* 23 */
	{ L476, fast, "fast-mode", RANK_CAUSE, "--fix" },				/* 24 */
	{ L476, fast_failed, "fast-mode", RANK_CAUSE, "flash write_image erase" },
	{ L476, pending, "option-pending", RANK_LIKELY, "stm32l4x option_load 0" },	/* 25 */
	{ L476, pending_refused, "option-pending", RANK_CAUSE, "stm32l4x option_load 0" },
	{ L476, intruded, "intruded", RANK_CAUSE, "power-cycle" },			/* 26 */
	{ WB55, sfsa, "cpu2-area", RANK_CAUSE, "0x080c8000" },				/* 27 */
	{ WB55, suspended, "suspended", RANK_CAUSE, "reset halt" },
	{ G0B1, half_dw, "half-dw", RANK_CAUSE, "reset halt" },				/* 28 */
	{ L552, vos, "voltage-range", RANK_NOTE, "--fix" },				/* 29 */
	{ L552, tzen, "trustzone", RANK_LIKELY, "stm32l4x trustzone 0 disable" },
	{ L476, not_loaded, "rdp-not-loaded", RANK_CAUSE, "power-cycle" },		/* 30 */
	{ L476, run_pd, "run-pd", RANK_CAUSE, "--fix" },				/* 31 */
	{ L476, lpr, "low-power-run", RANK_LIKELY, "--fix" },				/* 32 */
	{ L476, vos, "voltage-range", RANK_LIKELY, "reset halt" },
	{ L476, no_latency, "latency", RANK_LIKELY, "reset halt" },
	{ L476, slow, "slow-clock", RANK_NOTE, "reset halt" },
	{ L476, clock_off, "flash-clock-off", RANK_CAUSE, "--fix" },
	{ L476, stuck, "busy", RANK_LIKELY, "power-cycle" },
	{ L476, rdp2, "rdp2", RANK_CAUSE, "no way back" },
	{ L476, lpwr, "low-power-reset", RANK_LIKELY, "reset halt" },
	/* Which of several leads. */
	{ L476, rdp1_and_more, "rdp1", RANK_CAUSE, "unlock" },
	{ L476, torn_and_stale, "torn-options", RANK_CAUSE, "option_factory" },
	{ L476, stale_and_wrp, "stale-errors", RANK_CAUSE, "--fix" },
	/* Nothing is wrong. */
	{ L476, nothing, NULL, 0, NULL },
	{ L432, nothing, NULL, 0, NULL },
	{ WB55, nothing, NULL, 0, NULL },
	{ G0B1, nothing, NULL, 0, NULL },
	{ U575, nothing, NULL, 0, NULL },
};

static void test_the_leading_cause_of_every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stm32l4_facts f = healthy(rows[i].dev_id);
		struct stm32l4_finding found[MAX_FINDINGS];
		size_t n;

		rows[i].make(&f);
		n = stm32l4_diagnose(&f, found, ARRAY_SIZE(found));
		if (rows[i].leads == NULL) {
			if (n > 0)
				fail_msg("row %zu: a healthy chip got [%s]", i, found[0].id);
			continue;
		}
		if (n == 0 || strcmp(found[0].id, rows[i].leads) != 0 || found[0].rank != rows[i].rank)
			fail_msg("row %zu: [%s, %u] leads, not [%s, %u]", i, n ? found[0].id : "nothing",
				 n ? found[0].rank : 0, rows[i].leads, rows[i].rank);
		if (strstr(found[0].cure, rows[i].cure) == NULL)
			fail_msg("row %zu [%s]: the cure is %s", i, found[0].id, found[0].cure);
	}
}

/* A finding always has its three parts; what it can do is said, and a harmless one destroys nothing. */
static void test_every_finding_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stm32l4_facts f = healthy(rows[i].dev_id);
		struct stm32l4_finding found[MAX_FINDINGS];
		size_t n;

		rows[i].make(&f);
		n = stm32l4_diagnose(&f, found, ARRAY_SIZE(found));
		for (size_t k = 0; k < n; k++) {
			assert_true(strlen(found[k].why) > 20 && strlen(found[k].cure) > 10);
			assert_true(strlen(found[k].why) < sizeof(found[k].why) - 1);
			assert_true(strlen(found[k].cure) < sizeof(found[k].cure) - 1);
			assert_true(strlen(found[k].command) < sizeof(found[k].command) - 1);
			if (strcmp(found[k].id, "no-bus") != 0 && strcmp(found[k].id, "silent") != 0)
				assert_true(strlen(found[k].evidence) > 8);
			assert_false(found[k].is_harmless && found[k].loses[0] != '\0');
			if (k > 0)
				assert_true(found[k].rank >= found[k - 1].rank);
		}
	}
}

/* An erase that goes through leaves no PGSERR story behind: stale flags are no cause of a failure. */
static void test_old_flags_do_not_explain_an_operation(void **state)
{
	struct stm32l4_facts f = healthy(L476);
	struct stm32l4_finding found[MAX_FINDINGS];

	(void)state;
	stale(&f);
	pg_left(&f);
	failed(&f, ERR_TIMEOUT, 0, NO_ADDRESS);
	assert_int_equal(stm32l4_diagnose(&f, found, ARRAY_SIZE(found)), 0);
}

/* The same page, seen from an operation elsewhere, is no cause. */
static void test_protection_elsewhere_is_no_cause(void **state)
{
	struct stm32l4_facts f = healthy(L476);
	struct stm32l4_finding found[MAX_FINDINGS];

	(void)state;
	wrp_page(&f);
	failed(&f, ERR_FLASH_OPERATION, 0xa8, 100);
	assert_int_equal(stm32l4_diagnose(&f, found, ARRAY_SIZE(found)), 1);
	assert_string_equal(found[0].id, "not-erased");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_leading_cause_of_every_row),
		cmocka_unit_test(test_every_finding_is_complete),
		cmocka_unit_test(test_old_flags_do_not_explain_an_operation),
		cmocka_unit_test(test_protection_elsewhere_is_no_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
