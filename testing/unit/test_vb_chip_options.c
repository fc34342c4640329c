/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option bytes, protection and bank mapping of the STM32L476, and its state file. */
#include "vb_chip_bench.h"

static void commit(struct chip_bench *b)
{
	flash_wr(b, FLASH_CR, CR_OPTSTRT);
	wait_flash(b);
}

static void launch(struct chip_bench *b)
{
	flash_wr(b, FLASH_CR, CR_OBL_LAUNCH);
	run_us(b, 10);
}

static void provision(struct chip_bench *b, enum flash_option option, uint32_t value)
{
	stm32l4_options_provision(b->f, option, value);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
}

static void test_registers_take_values_only_when_unlocked(void **state)
{
	struct chip_bench *b = *state;

	flash_wr(b, FLASH_OPTR, 0);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);
	unlock_options(b);
	flash_wr(b, FLASH_OPTR, 0x000000aa);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xfc4088aa);	/* reserved bits read 1 */
	flash_wr(b, 0x2c, 0xff1fff00);
	assert_int_equal(flash_rd(b, 0x2c), 0xff1fff00);
	vb_board_reset(b->board, VB_RESET_NRST);	/* a shadow, gone with a reset */
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);
	assert_int_equal(flash_rd(b, 0x2c), 0xff00ffff);
}

static void test_options_load_at_obl_launch(void **state)
{
	struct chip_bench *b = *state;

	unlock_options(b);
	flash_wr(b, FLASH_OPTR, 0xffeefcaa);
	commit(b);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(rd(b, 0x1fff7800), 0xffeefcaa);
	assert_int_equal(rd(b, 0x1fff7804), 0x00110355);
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);	/* stored, not loaded */
	unlock_options(b);
	launch(b);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeefcaa);
	assert_int_equal(rd(b, RCC_BASE + RCC_CSR) & 0xff000000, 0x0e000000);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
}

static void test_obl_launch_and_optstrt_need_optlock_open(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_OPTSTRT | CR_OBL_LAUNCH);
	run_us(b, 10);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(flash_rd(b, FLASH_CR), UNLOCKED);	/* no reset happened */
}

static void test_wrp_refuses_program_and_erase(void **state)
{
	struct chip_bench *b = *state;

	provision(b, OPT_WRP1AR, 0xff0fff02);		/* pages 2..15 of bank 1 */
	unlock(b);
	program(b, MAIN + 0x1000, 1, 2);
	assert_int_equal(flash_rd(b, FLASH_SR), 0xb0);
	flash_wr(b, FLASH_SR, 0xc3fb);
	erase_page(b, 15, false);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	program(b, MAIN + 0xff8, 1, 2);
	program(b, MAIN + 0x8000, 1, 2);
	program(b, BANK2 + 0x1000, 1, 2);
	erase_page(b, 2, true);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	flash_wr(b, FLASH_CR, CR_MER1 | CR_MER2 | CR_STRT);	/* one page refuses it all */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	flash_wr(b, FLASH_CR, CR_MER2 | CR_STRT);
	wait_flash(b);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_wrp_of_one_page(void **state)
{
	struct chip_bench *b = *state;

	provision(b, OPT_WRP2BR, 0xff05ff05);
	unlock(b);
	erase_page(b, 5, true);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	erase_page(b, 4, true);
	erase_page(b, 6, true);
	erase_page(b, 5, false);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_pcrop(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	stm32l4_options_provision(b->f, OPT_PCROP1SR, 0xffff0100);	/* 0x800.. */
	provision(b, OPT_PCROP1ER, 0x00000101);				/* ..0x80f */
	assert_int_equal(try_read(b, MAIN + 0x800, &value), VB_FAULT);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_RDERR);
	flash_wr(b, FLASH_SR, SR_RDERR);
	assert_int_equal(try_read(b, MAIN + 0x80c, &value), VB_FAULT);
	flash_wr(b, FLASH_SR, SR_RDERR);
	rd(b, MAIN + 0x810);
	rd(b, MAIN + 0x7fc);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	b->master = VB_CPU_CODE;
	assert_int_equal(try_read(b, MAIN + 0x800, &value), VB_OK);
	b->master = VB_DAP;
	unlock(b);
	erase_page(b, 1, false);		/* the whole page it touches */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
}

static void test_pcrop_grows_but_does_not_shrink(void **state)
{
	struct chip_bench *b = *state;

	stm32l4_options_provision(b->f, OPT_PCROP1SR, 0xffff0100);
	provision(b, OPT_PCROP1ER, 0x00000101);
	unlock_options(b);
	flash_wr(b, 0x24, 0xffff);
	flash_wr(b, 0x28, 0);
	commit(b);
	launch(b);
	assert_int_equal(flash_rd(b, 0x24), 0xffff0100);
	unlock_options(b);
	flash_wr(b, 0x28, 0x80000200);
	commit(b);
	launch(b);
	assert_int_equal(flash_rd(b, 0x28), 0x8fff0200);
	unlock_options(b);
	flash_wr(b, 0x28, 0x200);		/* PCROP_RDP is set-only */
	assert_int_equal(flash_rd(b, 0x28), 0x8fff0200);
}

/* Read protection */

static void set_rdp(struct chip_bench *b, uint32_t rdp)
{
	unlock_options(b);
	flash_wr(b, FLASH_OPTR, (flash_rd(b, FLASH_OPTR) & ~0xffu) | rdp);
	commit(b);
}

static void test_level_1_shuts_flash_and_sram2_for_the_debugger(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value = 1;

	set_rdp(b, 0xbb);
	rd(b, MAIN);				/* active after loading only */
	launch(b);
	assert_int_equal(try_read(b, 0x1fff75e0, &value), VB_OK);
	assert_int_equal(try_read(b, SRAM1_BASE, &value), VB_OK);
	assert_int_equal(flash_rd(b, FLASH_OPTR) & 0xff, 0xbb);
	assert_false(b->f->intruded);
	b->master = VB_CPU_DATA;		/* firmware runs as long as nobody looks */
	assert_int_equal(try_read(b, MAIN, &value), VB_OK);
	b->master = VB_DAP;
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);
	assert_int_equal(try_read(b, 0, &value), VB_FAULT);
	assert_int_equal(try_read(b, SRAM2_BASE, &value), VB_FAULT);
	assert_int_equal(try_write(b, MAIN, 0), VB_FAULT);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	unlock(b);
	flash_wr(b, FLASH_CR, CR_MER1 | CR_STRT);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
	b->master = VB_CPU_CODE;		/* the latch holds until power-on */
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(try_read(b, MAIN, &value), VB_OK);
}

static void test_level_1_to_0_stays_shut_until_loaded(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;
	uint64_t start_ns;

	provision(b, OPT_USER, 0xffeff8bb);
	unlock_options(b);
	flash_wr(b, 0x28, flash_rd(b, 0x28) | PCROP_RDP);
	flash_wr(b, FLASH_OPTR, 0xffeff8aa);
	start_ns = vb_clock_now(b->board->clock);
	commit(b);
	assert_in_range(vb_clock_now(b->board->clock) - start_ns, 60000000, 80000000);
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);	/* the shadow says AA, the flash no */
}

static void test_level_1_to_0_erases(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 1, 2);
	program(b, BANK2, 1, 2);
	provision(b, OPT_USER, 0xffeff8bb);
	wr(b, SRAM1_BASE, 0x5678);
	unlock_options(b);
	flash_wr(b, 0x28, flash_rd(b, 0x28) | PCROP_RDP);
	flash_wr(b, FLASH_OPTR, 0xffeff8aa);
	commit(b);
	launch(b);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);
	assert_int_equal(flash_rd(b, 0x28) & PCROP_RDP, 0);	/* reset by the erase */
	assert_int_equal(rd(b, MAIN), 0xffffffff);
	assert_int_equal(rd(b, BANK2), 0xffffffff);
	assert_int_equal(rd(b, SRAM2_BASE), 0);
	assert_int_equal(rd(b, SRAM1_BASE), 0x5678);
}

static void test_pcrop_pages_survive_a_regression_without_pcrop_rdp(void **state)
{
	struct chip_bench *b = *state;
	uint64_t start_ns;

	unlock(b);
	program(b, MAIN + 0x800, 1, 2);
	program(b, MAIN + 0x1000, 3, 4);
	stm32l4_options_provision(b->f, OPT_PCROP1SR, 0xffff0100);
	stm32l4_options_provision(b->f, OPT_PCROP1ER, 0x00000101);
	provision(b, OPT_USER, 0xffeff8bb);
	start_ns = vb_clock_now(b->board->clock);
	set_rdp(b, 0xaa);
	assert_true(vb_clock_now(b->board->clock) - start_ns > 5000000000ull);
	assert_int_equal(get_le32(b->f->cells + 0x800), 1);
	assert_int_equal(get_le32(b->f->cells + 0x1000), 0xffffffff);
}

static void test_level_2_silences_the_debug_port_for_good(void **state)
{
	struct chip_bench *b = *state;

	set_rdp(b, 0xcc);
	assert_false(vb_dp_is_dead(b->board->dp));
	launch(b);
	assert_true(vb_dp_is_dead(b->board->dp));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_true(vb_dp_is_dead(b->board->dp));
	set_rdp(b, 0xaa);			/* firmware tries */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_WRPERR);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(flash_rd(b, FLASH_OPTR) & 0xff, 0xcc);
}

static void test_a_power_cut_in_an_option_write_loads_mismatch_values(void **state)
{
	struct chip_bench *b = *state;

	b->f->fail_after = 1;
	b->f->fail_kind = FAIL_BROWNOUT;
	unlock_options(b);
	flash_wr(b, 0x2c, 0xff1fff00);
	flash_wr(b, FLASH_CR, CR_OPTSTRT);
	run_us(b, 100000);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_OPTVERR);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xfffff8ff);
	assert_int_equal(flash_rd(b, 0x24), 0xffff0000);
	assert_int_equal(flash_rd(b, 0x28) & 0xffff, 0xffff);
	assert_int_equal(flash_rd(b, 0x2c), 0xff00ffff);
	flash_wr(b, FLASH_SR, SR_OPTVERR);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	vb_board_reset(b->board, VB_RESET_SYSTEM);	/* comes back while the cause stays */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_OPTVERR);
	flash_wr(b, FLASH_SR, SR_OPTVERR);
	/* The cure: factory values with RDP AA and PCROP_RDP set, then load. */
	unlock_options(b);
	flash_wr(b, 0x24, 0xffffffff);
	flash_wr(b, 0x28, 0x80000000);
	flash_wr(b, 0x44, 0xffffffff);
	flash_wr(b, 0x48, 0);
	flash_wr(b, FLASH_OPTR, 0xffeff8aa);
	commit(b);
	launch(b);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);
	rd(b, MAIN);
}

/* Mapping */

static void set_fb_mode(struct chip_bench *b, bool on)
{
	wr(b, RCC_BASE + RCC_APB2ENR, 1);
	wr(b, 0x40010000, on ? 0x100 : 0);
}

static void test_fb_mode_swaps_addresses_not_registers(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_ACR, 0);
	program(b, MAIN, 1, 1);
	program(b, BANK2, 2, 2);
	set_fb_mode(b, true);
	assert_int_equal(rd(b, MAIN), 2);
	assert_int_equal(rd(b, BANK2), 1);
	assert_int_equal(rd(b, 0), 2);
	erase_page(b, 0, false);		/* BKER is physical */
	assert_int_equal(rd(b, MAIN), 2);
	assert_int_equal(rd(b, BANK2), 0xffffffff);
	program(b, MAIN + 8, 7, 7);
	assert_int_equal(get_le32(b->f->cells + 0x80008), 7);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, BANK2), 2);
}

static void test_memrmp_reads_0_without_its_clock(void **state)
{
	struct chip_bench *b = *state;

	set_fb_mode(b, true);
	assert_int_equal(rd(b, 0x40010000), 0x100);
	wr(b, RCC_BASE + RCC_APB2ENR, 0);
	assert_int_equal(rd(b, 0x40010000), 0);
	wr(b, 0x40010000, 0);
	assert_true(b->f->fb_mode);
}

static void test_mem_mode_shows_sram_or_system_memory_at_0(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	wr(b, SRAM1_BASE + 4, 0xcafe);
	wr(b, RCC_BASE + RCC_APB2ENR, 1);
	wr(b, 0x40010000, 3);
	assert_int_equal(rd(b, 4), 0xcafe);
	wr(b, 8, 0xbeef);
	assert_int_equal(rd(b, SRAM1_BASE + 8), 0xbeef);
	assert_int_equal(try_read(b, 0x20000, &value), VB_FAULT);
	wr(b, 0x40010000, 1);
	assert_int_equal(rd(b, 4), 0x1fff6145);
	wr(b, 0x40010000, 0);
	assert_int_equal(rd(b, 4), 0xffffffff);
}

static void test_boot_selection(void **state)
{
	struct chip_bench *b = *state;

	provision(b, OPT_USER, 0xfffff8aa);	/* BFB2: by way of system memory */
	assert_int_equal(rd(b, 4), 0x1fff6145);
	provision(b, OPT_USER, 0xffeff8aa);
	b->chip->boot0 = true;
	assert_int_equal(rd(b, 4), 0xffffffff);	/* sampled at reset */
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(rd(b, 4), 0x1fff6145);
	provision(b, OPT_USER, 0xff6ff8aa);	/* nBOOT1 = 0: SRAM1 */
	wr(b, SRAM1_BASE + 4, 0x77);
	assert_int_equal(rd(b, 4), 0x77);
}

static void test_a_512k_part(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	b->f->size_kb = 512;
	stm32l4_array_remap(b->f);
	unlock(b);
	flash_wr(b, FLASH_ACR, 0);
	program(b, MAIN + 0x40000, 1, 1);
	assert_int_equal(try_read(b, BANK2, &value), VB_FAULT);
	erase_page(b, 128, false);		/* PNB is masked to 128 pages per bank */
	assert_int_equal(rd(b, MAIN + 0x40000), 1);
	erase_page(b, 0, true);
	assert_int_equal(rd(b, MAIN + 0x40000), 0xffffffff);
	provision(b, OPT_USER, 0xffcff8aa);	/* DUALBANK = 0: one bank of 256 pages */
	unlock(b);
	flash_wr(b, FLASH_ACR, 0);
	program(b, MAIN + 0x40000, 1, 1);
	erase_page(b, 128, false);
	assert_int_equal(rd(b, MAIN + 0x40000), 0xffffffff);
}

/* The state file */

static void test_state_file_round_trip(void **state)
{
	struct chip_bench *b = *state;
	struct vb_board *other = vb_board_new(&stm32l476_chip);
	struct stm32l4_flash *f = &((struct stm32_chip *)other->priv)->flash;
	FILE *file = tmpfile();

	unlock(b);
	program(b, MAIN, 0xffffffff, 0xffffffff);
	program(b, BANK2 + 8, 5, 6);
	program(b, 0x1fff7008, 1, 2);
	stm32l4_options_provision(b->f, OPT_WRP1AR, 0xff03ff00);
	assert_true(stm32l476_chip.save(b->board, b->chip, file));
	rewind(file);
	assert_true(stm32l476_chip.load(other, other->priv, file));
	fclose(file);
	assert_memory_equal(f->cells, b->f->cells, 0x100000);
	assert_memory_equal(f->view, b->f->cells, 0x100000);
	assert_int_equal(f->state[0], CELL_PROGRAMMED);
	assert_int_equal(f->state[1], CELL_ERASED);
	assert_int_equal(f->otp_state[1], CELL_PROGRAMMED);
	assert_int_equal(f->loaded[OPT_WRP1AR], 0xff03ff00);
	vb_board_free(other);
}

static void test_a_damaged_state_file_changes_nothing(void **state)
{
	struct chip_bench *b = *state;
	FILE *file = tmpfile();
	long size;

	unlock(b);
	program(b, MAIN, 5, 6);
	assert_true(stm32l476_chip.save(b->board, b->chip, file));
	size = ftell(file);
	stm32l4_array_erase(b->f, 0, 2048);
	fseek(file, size / 2, SEEK_SET);
	fputc('x', file);
	rewind(file);
	assert_false(stm32l476_chip.load(b->board, b->chip, file));
	fclose(file);
	file = tmpfile();
	fputs("probed-vboard nucleo-l476rg state 1\nshort", file);
	rewind(file);
	assert_false(stm32l476_chip.load(b->board, b->chip, file));
	fclose(file);
	file = tmpfile();
	fputs("something else", file);
	rewind(file);
	assert_false(stm32l476_chip.load(b->board, b->chip, file));
	fclose(file);
	assert_int_equal(b->f->state[0], CELL_ERASED);
}

static void test_poked_flash_counts_as_programmed(void **state)
{
	struct chip_bench *b = *state;
	const uint32_t words[2] = { 0x12345678, 0x9abcdef0 };

	assert_true(vb_bus_poke(b->board->bus, BANK2, words, sizeof(words)));
	assert_int_equal(b->f->state[0x80000 / 8], CELL_PROGRAMMED);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(rd(b, BANK2), 0x12345678);
}

/* The control port's verbs */

static bool verb(struct chip_bench *b, const char *line)
{
	char words[128], error[128] = "", *argv[8], *save = NULL, *json = NULL;
	size_t size;
	int argc = 0;
	FILE *out = open_memstream(&json, &size);
	bool ok = false;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	for (const struct vb_control_verb *v = stm32l476_chip.verbs; v->name != NULL; v++) {
		if (strcmp(v->name, argv[0]) == 0)
			ok = v->run(b->board, b->chip, argc, argv, out, error, sizeof(error));
	}
	fclose(out);
	assert_true(ok ? size > 0 : error[0] != '\0');	/* an answer or a reason, never neither */
	free(json);
	return ok;
}

static void test_option_verb(void **state)
{
	struct chip_bench *b = *state;

	assert_true(verb(b, "options WRP1A=0..15 BFB2=1"));
	assert_int_equal(flash_rd(b, 0x2c), 0xff0fff00);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xfffff8aa);
	assert_false(verb(b, "options BFB2=0 FOO=1"));		/* all or none */
	assert_int_equal((uint32_t)b->f->stored[OPT_USER], 0xfffff8aa);
	assert_true(verb(b, "options WRP2B 5 5 pending"));
	assert_int_equal(flash_rd(b, 0x50), 0xff00ffff);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(flash_rd(b, 0x50), 0xff05ff05);
	assert_false(verb(b, "options WRP1A=3"));
	assert_true(verb(b, "options factory"));
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);
}

static void test_fault_verbs(void **state)
{
	struct chip_bench *b = *state;

	assert_true(verb(b, "preset-sr 0xa0"));
	assert_int_equal(flash_rd(b, FLASH_SR), 0xa0);
	assert_true(verb(b, "preset-sr 0x80 sticky"));
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(flash_rd(b, FLASH_SR), 0x80);
	assert_true(verb(b, "preset-sr 0"));
	assert_true(verb(b, "preset-cr 1"));
	assert_int_equal(flash_rd(b, FLASH_CR), CR_PG);
	assert_true(verb(b, "lock-keys"));
	unlock(b);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000 | CR_PG);
	assert_true(verb(b, "flash-size 0xffff"));
	assert_int_equal(rd(b, 0x1fff75e0) & 0xffff, 0xffff);
	rd(b, BANK2);
	assert_true(verb(b, "corrupt-options OPTR"));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_OPTVERR);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xfffff8ff);
	assert_false(verb(b, "fail-after 0 power"));
	assert_false(verb(b, "stuck-bsy maybe"));
	assert_false(verb(b, "flash-load /nonexistent"));
}

/* What makes no sense is refused, and changes nothing. */
static void test_verbs_refuse_nonsense(void **state)
{
	static const char *const nonsense[] = {
		"preset-sr 0x10080", "preset-sr 0x80 often", "preset-sr 0x80 sticky too",
		"preset-cr 0xffffffff", "preset-cr 0x10001", "preset-cr 1 1",
		"corrupt-options OPTR PCROP1SR", "flash-load /dev/zero", "flash-load /tmp",
		"cell-state 0x08000000 erased twice", "flash-size -18446744073709551104",
	};
	struct chip_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		if (strcmp(nonsense[i], "flash-load /dev/zero") != 0 && verb(b, nonsense[i]))
			fail_msg("accepted: %s", nonsense[i]);
	}
	verb(b, "flash-load /dev/zero");	/* it has no length: ends at once */
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	assert_true(verb(b, "corrupt-options"));
	assert_true(verb(b, "corrupt-options"));	/* twice is not the way back */
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_OPTVERR);
}

static void test_flipped_bits(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 0x12345678, 0);
	assert_true(verb(b, "flip-bits 0x08000000 0x1"));	/* one: corrected */
	assert_int_equal(rd(b, MAIN), 0x12345678);
	assert_int_equal(flash_rd(b, FLASH_ECCR), ECCR_ECCC);
	flash_wr(b, FLASH_ECCR, ECCR_ECCC);
	assert_true(verb(b, "flip-bits 0x08000000 0x3"));	/* two: seen, not mended */
	assert_int_equal(rd(b, MAIN), 0x1234567b);
	assert_int_equal(flash_rd(b, FLASH_ECCR), ECCR_ECCD);
	flash_wr(b, FLASH_ECCR, ECCR_ECCD);
	program(b, MAIN + 8, 1, 1);
	assert_true(verb(b, "flip-bits 0x0800000c 0x2 raw"));	/* the ECC agrees: nobody notices */
	assert_int_equal(rd(b, MAIN + 12), 3);
	assert_int_equal(flash_rd(b, FLASH_ECCR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_registers_take_values_only_when_unlocked),
		BENCH_TEST(test_options_load_at_obl_launch),
		BENCH_TEST(test_obl_launch_and_optstrt_need_optlock_open),
		BENCH_TEST(test_wrp_refuses_program_and_erase),
		BENCH_TEST(test_wrp_of_one_page),
		BENCH_TEST(test_pcrop),
		BENCH_TEST(test_pcrop_grows_but_does_not_shrink),
		BENCH_TEST(test_level_1_shuts_flash_and_sram2_for_the_debugger),
		BENCH_TEST(test_level_1_to_0_stays_shut_until_loaded),
		BENCH_TEST(test_level_1_to_0_erases),
		BENCH_TEST(test_pcrop_pages_survive_a_regression_without_pcrop_rdp),
		BENCH_TEST(test_level_2_silences_the_debug_port_for_good),
		BENCH_TEST(test_a_power_cut_in_an_option_write_loads_mismatch_values),
		BENCH_TEST(test_fb_mode_swaps_addresses_not_registers),
		BENCH_TEST(test_memrmp_reads_0_without_its_clock),
		BENCH_TEST(test_mem_mode_shows_sram_or_system_memory_at_0),
		BENCH_TEST(test_boot_selection),
		BENCH_TEST(test_a_512k_part),
		BENCH_TEST(test_state_file_round_trip),
		BENCH_TEST(test_a_damaged_state_file_changes_nothing),
		BENCH_TEST(test_poked_flash_counts_as_programmed),
		BENCH_TEST(test_option_verb),
		BENCH_TEST(test_fault_verbs),
		BENCH_TEST(test_verbs_refuse_nonsense),
		BENCH_TEST(test_flipped_bits),
	};

	return cmocka_run_group_tests_name("vb_chip_options", tests, NULL, NULL);
}
