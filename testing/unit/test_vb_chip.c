/* SPDX-License-Identifier: GPL-2.0-or-later */
/* STM32L476 around the flash: clocks, watchdogs, CRC, pins, timers, serial port, resets. */
#include "vb_chip_bench.h"

#define IWDG  0x40003000u
#define WWDG  0x40002c00u
#define CRC   0x40023000u
#define GPIOA 0x48000000u
#define GPIOC 0x48000800u
#define TIM2  0x40000000u
#define TIM6  0x40001000u
#define USART2 0x40004400u
#define PWR   0x40007000u
#define DBGMCU 0xe0042000u
#define CSR_IWDGRSTF 0x20000000u
#define CSR_WWDGRSTF 0x40000000u

static uint32_t csr(struct chip_bench *b)
{
	return rd(b, RCC_BASE + RCC_CSR);
}

static uint32_t hclk(struct chip_bench *b)
{
	return b->chip->env.clocks.hclk;
}

static void test_identity(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	assert_int_equal(rd(b, DBGMCU), 0x10076415);
	assert_int_equal(access_sized(b, false, 0x1fff75e0, 2, &value), VB_OK);
	assert_int_equal(value, 0x400);
	assert_int_equal(rd(b, 0x1fff0004), 0x1fff6145);
	assert_int_equal(vb_dp_config(b->board->dp)->dpidr, 0x2ba01477);
}

static void test_addresses_nobody_serves_fault(void **state)
{
	static const uint32_t nobody[] = { 0x08100000, 0x10008000, 0x20018000, 0x40020800,
					   0x40025000, 0x48002000, 0x60000000, 0x90000000 };
	static const uint32_t zeros[] = { 0x40001800, 0x40005400, 0x40013000, 0x40020000,
					  0x50000000, 0xa0001000 };
	struct chip_bench *b = *state;
	uint32_t value;

	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		assert_int_equal(try_read(b, nobody[i], &value), VB_FAULT);
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
		assert_int_equal(rd(b, zeros[i]), 0);
}

static void test_a_peripheral_without_clock_reads_0(void **state)
{
	struct chip_bench *b = *state;

	assert_int_equal(rd(b, CRC), 0);
	wr(b, CRC + 4, 0x55);
	wr(b, RCC_BASE + RCC_AHB1ENR, 0x1100);
	assert_int_equal(rd(b, CRC), 0xffffffff);
	assert_int_equal(rd(b, CRC + 4), 0);	/* the write was lost */
	wr(b, RCC_BASE + RCC_AHB1ENR, 0x1000);	/* FLASHEN off */
	assert_int_equal(flash_rd(b, FLASH_CR), 0);
}

static void test_reset_line_of_a_peripheral(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_AHB1ENR, 0x1100);
	wr(b, CRC + 4, 0x55);
	wr(b, RCC_BASE + RCC_AHB1RSTR, BIT(12));
	assert_int_equal(rd(b, CRC + 4), 0);
}

/* Clocks */

static void test_clock_values_after_reset(void **state)
{
	struct chip_bench *b = *state;

	assert_int_equal(rd(b, RCC_BASE + RCC_CR), 0x63);
	assert_int_equal(rd(b, RCC_BASE + RCC_CFGR), 0);
	assert_int_equal(rd(b, RCC_BASE + RCC_PLLCFGR), 0x1000);
	assert_int_equal(rd(b, RCC_BASE + RCC_AHB1ENR), 0x100);
	assert_int_equal(csr(b), 0x0c000600);
	assert_int_equal(hclk(b), 4000000);
}

static void test_msi_range(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE, 0x99);		/* range 9, MSIRGSEL */
	assert_int_equal(hclk(b), 24000000);
	wr(b, RCC_BASE, 0xb9);
	assert_int_equal(hclk(b), 48000000);
	wr(b, RCC_BASE, 0xf9);		/* not a range */
	assert_int_equal(hclk(b), 48000000);
	wr(b, RCC_BASE, 0xb0);		/* runs on it: stays on; MSIRGSEL is set-only */
	assert_int_equal(rd(b, RCC_BASE) & 0xff, 0xbb);
}

static void test_pll_from_msi_to_80_mhz(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_PLLCFGR, 0x01002801);
	wr(b, RCC_BASE, 0x01000063);
	wr(b, RCC_BASE + RCC_CFGR, 3);
	assert_int_equal(rd(b, RCC_BASE + RCC_CFGR), 3);	/* not ready: the switch waits */
	assert_int_equal(hclk(b), 4000000);
	run_us(b, 50);
	assert_int_equal(rd(b, RCC_BASE + RCC_CFGR), 0xf);
	assert_int_equal(rd(b, RCC_BASE) & BIT(25), BIT(25));
	assert_int_equal(hclk(b), 80000000);
	wr(b, RCC_BASE + RCC_PLLCFGR, 0x01001401);		/* locked while on */
	assert_int_equal(hclk(b), 80000000);
	wr(b, RCC_BASE + RCC_CFGR, 0x00000483);			/* AHB / 2, APB1 / 2 */
	assert_int_equal(hclk(b), 40000000);
	assert_int_equal(b->chip->env.clocks.pclk1, 20000000);
	assert_int_equal(b->chip->env.clocks.timclk1, 40000000);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_int_equal(hclk(b), 4000000);
}

static void test_hse_never_starts(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE, 0x00010063);
	run_us(b, 1000000);
	assert_int_equal(rd(b, RCC_BASE) & BIT(17), 0);		/* no crystal on this board */
}

static void test_backup_domain_needs_dbp(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_BDCR, 1);
	assert_int_equal(rd(b, RCC_BASE + RCC_BDCR), 0);
	wr(b, RCC_BASE + RCC_APB1ENR1, BIT(28));
	wr(b, PWR, 0x300);
	wr(b, RCC_BASE + RCC_BDCR, 1);
	assert_int_equal(rd(b, RCC_BASE + RCC_BDCR), 1);
	run_us(b, 1100000);
	assert_int_equal(rd(b, RCC_BASE + RCC_BDCR), 3);
	wr(b, 0x40002850, 0xb0);
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(rd(b, 0x40002850), 0xb0);
}

static void test_reset_flags_add_up_until_rmvf(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_CSR, BIT(23));
	assert_int_equal(csr(b) & 0xff000000, 0);
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(csr(b) & 0xff000000, 0x04000000);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_int_equal(csr(b) & 0xff000000, 0x14000000);
}

/* Watchdogs */

static void test_iwdg_resets_after_512_ms(void **state)
{
	struct chip_bench *b = *state;

	wr(b, IWDG, 0xcccc);
	run_us(b, 511000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, 0);
	wr(b, IWDG, 0xaaaa);
	run_us(b, 511000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, 0);
	run_us(b, 2000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, CSR_IWDGRSTF);
	assert_false(b->chip->iwdg.running);	/* started by software: the reset stopped it */
}

static void test_iwdg_registers_need_their_key(void **state)
{
	struct chip_bench *b = *state;

	wr(b, IWDG + 8, 100);
	assert_int_equal(rd(b, IWDG + 8), 0xfff);
	wr(b, IWDG, 0x5555);
	wr(b, IWDG + 8, 100);
	assert_int_equal(rd(b, IWDG + 0xc), 2);		/* RVU: on its way */
	run_us(b, 200);
	assert_int_equal(rd(b, IWDG + 0xc), 0);
	assert_int_equal(rd(b, IWDG + 8), 100);
	wr(b, IWDG, 0xcccc);
	run_us(b, 13000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, CSR_IWDGRSTF);
}

static void test_iwdg_window(void **state)
{
	struct chip_bench *b = *state;

	wr(b, IWDG, 0xcccc);
	wr(b, IWDG, 0x5555);
	wr(b, IWDG + 0x10, 2000);
	run_us(b, 1000);
	wr(b, IWDG, 0xaaaa);		/* too early */
	run_us(b, 1);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, CSR_IWDGRSTF);
}

static void test_iwdg_freezes_with_a_halted_core(void **state)
{
	struct chip_bench *b = *state;

	wr(b, DBGMCU + 8, 0x1800);
	wr(b, IWDG, 0xcccc);
	run_us(b, 300000);
	stm32_chip_halt(b->chip, true);
	run_us(b, 10000000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, 0);
	stm32_chip_halt(b->chip, false);
	run_us(b, 210000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, 0);
	run_us(b, 5000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, CSR_IWDGRSTF);
	assert_int_equal(rd(b, DBGMCU + 8), 0x1800);	/* only power-on clears it */
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(rd(b, DBGMCU + 8), 0);
}

static void test_hardware_iwdg_runs_from_reset(void **state)
{
	struct chip_bench *b = *state;

	stm32l4_options_provision(b->f, OPT_USER, 0xffeef8aa);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	run_us(b, 520000);
	assert_int_equal(csr(b) & CSR_IWDGRSTF, CSR_IWDGRSTF);
	assert_true(b->chip->iwdg.running);
}

static void test_wwdg(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_APB1ENR1, BIT(11));
	wr(b, RCC_BASE + RCC_APB1ENR1, 0);		/* its clock cannot be taken away */
	wr(b, WWDG, 0xff);
	run_us(b, 65000);				/* 64 counts of 4096 / 4 MHz */
	assert_int_equal(csr(b) & CSR_WWDGRSTF, 0);
	assert_int_equal(rd(b, WWDG + 8), 1);		/* early warning */
	run_us(b, 1100);
	assert_int_equal(csr(b) & CSR_WWDGRSTF, CSR_WWDGRSTF);
}

/* CRC: reference values computed independently */

static void crc_start(struct chip_bench *b, uint32_t cr)
{
	wr(b, RCC_BASE + RCC_AHB1ENR, 0x1100);
	wr(b, CRC + 8, cr);
}

static void test_crc_words(void **state)
{
	static const struct { uint32_t word, crc; } cases[] = {
		{ 0x00000000, 0xc704dd7b }, { 0x12345678, 0xdf8a8a2b }, { 0xffffffff, 0 }
	};
	struct chip_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		crc_start(b, 1);
		wr(b, CRC, cases[i].word);
		assert_int_equal(rd(b, CRC), cases[i].crc);
	}
	assert_int_equal(rd(b, CRC + 8), 0);		/* RESET falls by itself */
}

/* "123456789": CRC-32 is cbf43926, CRC-32/MPEG-2 0376e6e7, CRC-16/CCITT-FALSE 29b1, CRC-8 f4. */
static void feed_digits(struct chip_bench *b)
{
	for (const char *p = "123456789"; *p; p++) {
		uint32_t byte = (uint8_t)*p;

		assert_int_equal(access_sized(b, true, CRC, 1, &byte), VB_OK);
	}
}

static void test_crc_standards(void **state)
{
	struct chip_bench *b = *state;

	crc_start(b, 0xa1);
	feed_digits(b);
	assert_int_equal(~rd(b, CRC), 0xcbf43926);
	crc_start(b, 0xe1);		/* words: REV_IN over 32 bits, the tail byte-wise */
	wr(b, CRC, 0x34333231);
	wr(b, CRC, 0x38373635);
	wr(b, CRC + 8, 0xa0);
	assert_int_equal(access_sized(b, true, CRC, 1, &(uint32_t){ '9' }), VB_OK);
	assert_int_equal(~rd(b, CRC), 0xcbf43926);
	crc_start(b, 0x01);
	feed_digits(b);
	assert_int_equal(rd(b, CRC), 0x0376e6e7);
	wr(b, CRC + 0x14, 0x1021);
	wr(b, CRC + 0x10, 0xffff);
	crc_start(b, 0x09);
	feed_digits(b);
	assert_int_equal(rd(b, CRC), 0x29b1);
	wr(b, CRC + 0x14, 0x07);
	wr(b, CRC + 0x10, 0);
	crc_start(b, 0x11);
	feed_digits(b);
	assert_int_equal(rd(b, CRC), 0xf4);
}

/* Pins */

static void test_gpio_output_and_input(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_AHB2ENR, 5);
	wr(b, GPIOA, (rd(b, GPIOA) & ~0xc00u) | 0x400);
	wr(b, GPIOA + 0x18, BIT(5));
	assert_int_equal(rd(b, GPIOA + 0x10) & BIT(5), BIT(5));
	assert_int_equal(b->chip->gpio[0].toggles[5], 1);
	wr(b, GPIOA + 0x28, BIT(5));
	assert_int_equal(rd(b, GPIOA + 0x14), 0);
	assert_int_equal(rd(b, GPIOC + 0x10) & BIT(13), 0);	/* analog: the input is off */
	wr(b, GPIOC, rd(b, GPIOC) & ~(3u << 26));
	assert_int_equal(rd(b, GPIOC + 0x10) & BIT(13), BIT(13));
	stm32_gpio_drive(&b->chip->gpio[2], 13, 0);
	assert_int_equal(rd(b, GPIOC + 0x10) & BIT(13), 0);
}

static void test_exti_sees_the_button(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_APB2ENR, 1);
	wr(b, 0x40010014, 0x20);		/* EXTICR4: line 13 from port C */
	wr(b, 0x4001040c, BIT(13));		/* FTSR1 */
	wr(b, 0x40010400, BIT(13));		/* IMR1 */
	stm32_gpio_drive(&b->chip->gpio[2], 13, 0);
	assert_int_equal(rd(b, 0x40010414), BIT(13));
	wr(b, 0x40010414, BIT(13));
	stm32_gpio_drive(&b->chip->gpio[2], 13, 1);	/* the other edge */
	assert_int_equal(rd(b, 0x40010414), 0);
}

static void test_firmware_can_take_the_swd_pins(void **state)
{
	struct chip_bench *b = *state;

	assert_false(vb_dp_is_dead(b->board->dp));
	wr(b, RCC_BASE + RCC_AHB2ENR, 1);
	wr(b, GPIOA, rd(b, GPIOA) | 3u << 26);
	assert_true(vb_dp_is_dead(b->board->dp));
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_false(vb_dp_is_dead(b->board->dp));
}

/* Timers and serial port */

static void test_tim6_update(void **state)
{
	struct chip_bench *b = *state;

	wr(b, RCC_BASE + RCC_APB1ENR1, BIT(4));
	wr(b, TIM6 + 0x28, 3999);		/* 1 kHz */
	wr(b, TIM6 + 0x2c, 9);
	wr(b, TIM6 + 0x14, 1);
	wr(b, TIM6 + 0x10, 0);
	wr(b, TIM6, 1);
	run_us(b, 5500);
	assert_int_equal(rd(b, TIM6 + 0x24), 5);
	assert_int_equal(rd(b, TIM6 + 0x10), 0);
	run_us(b, 5000);
	assert_int_equal(rd(b, TIM6 + 0x10), 1);
	assert_int_equal(rd(b, TIM6 + 0x24), 0);
	wr(b, TIM6 + 0x10, 0);
	wr(b, TIM6, 0x9);			/* one pulse */
	run_us(b, 20000);
	assert_int_equal(rd(b, TIM6), 0x8);
}

static void test_tim2_is_32_bits_and_freezes(void **state)
{
	struct chip_bench *b = *state;
	uint32_t count;

	wr(b, RCC_BASE + RCC_APB1ENR1, BIT(0));
	assert_int_equal(rd(b, TIM2 + 0x2c), 0xffffffff);
	wr(b, TIM2, 1);
	run_us(b, 100000);
	assert_in_range(rd(b, TIM2 + 0x24), 400000, 400001);
	wr(b, DBGMCU + 8, 1);
	stm32_chip_halt(b->chip, true);
	count = rd(b, TIM2 + 0x24);
	run_us(b, 1000);
	assert_int_equal(rd(b, TIM2 + 0x24), count);
}

static void test_usart2_prints_at_its_baud_rate(void **state)
{
	struct chip_bench *b = *state;
	char path[] = "/tmp/vb_uartXXXXXX", text[8] = "";
	int fd = mkstemp(path);

	b->board->uart_path = path;
	run_us(b, 1);
	wr(b, RCC_BASE + RCC_AHB2ENR, 1);
	wr(b, RCC_BASE + RCC_APB1ENR1, BIT(17));
	wr(b, GPIOA, (rd(b, GPIOA) & ~0xf0u) | 0xa0);
	wr(b, GPIOA + 0x20, 0x7700);
	wr(b, USART2 + 0xc, 35);		/* 4 MHz / 35: 114286 baud, 87.5 us a frame */
	wr(b, USART2, 0xd);
	assert_int_equal(rd(b, USART2 + 0x1c) & 0xc0, 0xc0);
	wr(b, USART2 + 0x28, 'o');
	assert_int_equal(rd(b, USART2 + 0x1c) & 0xc0, 0x80);
	wr(b, USART2 + 0x28, 'k');
	assert_int_equal(rd(b, USART2 + 0x1c) & 0xc0, 0x00);
	run_us(b, 88);
	assert_int_equal(rd(b, USART2 + 0x1c) & 0xc0, 0x80);
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), 1);
	run_us(b, 88);
	assert_int_equal(rd(b, USART2 + 0x1c) & 0xc0, 0xc0);
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), 2);
	assert_string_equal(text, "ok");
	assert_int_equal(serial_port_type(&b->chip->console->port, (const uint8_t *)"AB", 2), 2);
	run_us(b, 90);
	assert_int_equal(rd(b, USART2 + 0x24), 'A');
	run_us(b, 90);
	assert_int_equal(rd(b, USART2 + 0x1c) & 0x20, 0x20);
	serial_port_type(&b->chip->console->port, (const uint8_t *)"C", 1);
	run_us(b, 90);
	assert_int_equal(rd(b, USART2 + 0x1c) & 0x8, 0x8);	/* overrun: the older byte stays */
	assert_int_equal(rd(b, USART2 + 0x24), 'B');
	close(fd);
	unlink(path);
}

/* Resets and low power */

static void test_under_nrst_only_the_ppb_answers(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	vb_board_set_nrst(b->board, true);
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);
	assert_int_equal(try_read(b, SRAM1_BASE, &value), VB_FAULT);
	assert_int_equal(try_read(b, FLASH_BASE, &value), VB_FAULT);
	assert_int_equal(try_read(b, 0x1fff75e0, &value), VB_FAULT);
	assert_int_equal(rd(b, DBGMCU), 0x10076415);
	wr(b, DBGMCU + 4, 7);
	vb_board_set_nrst(b->board, false);
	assert_int_equal(rd(b, DBGMCU + 4), 7);
	rd(b, MAIN);
}

static void test_power_on_forgets_ram_and_dbgmcu(void **state)
{
	struct chip_bench *b = *state;

	wr(b, SRAM1_BASE, 0x12345678);
	wr(b, DBGMCU + 4, 7);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, SRAM1_BASE), 0x12345678);
	assert_int_equal(rd(b, DBGMCU + 4), 7);
	vb_board_set_power(b->board, false);
	vb_board_set_power(b->board, true);
	assert_int_not_equal(rd(b, SRAM1_BASE), 0x12345678);
	assert_int_equal(rd(b, DBGMCU + 4), 0);
}

static void test_stop_mode_as_reset(void **state)
{
	struct chip_bench *b = *state;

	stm32l4_options_provision(b->f, OPT_USER, 0xffefe8aa);	/* nRST_STOP = 0 */
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	stm32_chip_sleep(b->chip, true, true);
	run_us(b, 10);
	assert_int_equal(csr(b) & 0x80000000, 0x80000000);	/* LPWRRSTF */
	assert_int_equal(b->chip->env.power, STM32_RUN);
}

static void test_stop_mode_shuts_the_debugger_out(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	stm32_chip_sleep(b->chip, true, true);
	assert_int_equal(try_read(b, SRAM1_BASE, &value), VB_FAULT);
	assert_int_equal(try_read(b, FLASH_BASE, &value), VB_FAULT);
	assert_int_equal(try_read(b, DBGMCU, &value), VB_FAULT);
	vb_board_set_nrst(b->board, true);	/* connect under reset */
	wr(b, DBGMCU + 4, 7);
	vb_board_set_nrst(b->board, false);
	stm32_chip_sleep(b->chip, true, true);
	rd(b, SRAM1_BASE);
	assert_int_equal(b->chip->env.power, STM32_STOP);
}

/* With the core running: a vector table and an endless loop at an offset in flash. */

static void put_program(struct chip_bench *b, uint32_t phys, uint32_t sp, const uint16_t *code, size_t n)
{
	uint8_t image[256] = { 0 };

	put_le32(image, sp);
	put_le32(image + 4, MAIN + 0x81);
	for (size_t i = 0; i < n; i++)
		put_le16(image + 0x80 + 2 * i, code[i]);
	assert_true(stm32l4_array_load(b->f, phys, image, sizeof(image)));
}

static uint32_t pc_after(struct chip_bench *b, uint64_t us)
{
	struct vb_cpu_state s;

	run_us(b, us);
	vb_cpu_state(b->board->cpu, &s);
	return s.pc;
}

static const uint16_t loop[] = { 0xe7fe };
static const uint16_t nop_loop[] = { 0xbf00, 0xe7fd };

static void test_bfb2_starts_bank_2_if_its_stack_is_in_sram1(void **state)
{
	struct chip_bench *b = *state;

	put_program(b, 0, 0x20017ff0, loop, ARRAY_SIZE(loop));
	put_program(b, 0x80000, 0x20017ff0, nop_loop, ARRAY_SIZE(nop_loop));
	stm32l4_options_provision(b->f, OPT_USER, 0xfffff8aa);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_in_range(pc_after(b, 1000), MAIN + 0x80, MAIN + 0x82);
	assert_true(b->f->fb_mode);
	assert_int_equal(rd(b, MAIN + 0x80), 0xe7fdbf00);
	put_program(b, 0x80000, 0x20018000, nop_loop, ARRAY_SIZE(nop_loop));
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_int_equal(pc_after(b, 1000), MAIN + 0x80);
	assert_false(b->f->fb_mode);		/* bank 1 */
	stm32l4_array_load(b->f, 0, (const uint8_t *)"\xff\xff\xff\xff", 4);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_in_range(pc_after(b, 1000), 0x1fff6144, 0x1fff61b0);
}

static void test_level_1_firmware_runs_until_a_debugger_looks(void **state)
{
	struct chip_bench *b = *state;
	struct vb_cpu_state s;
	uint32_t value;

	put_program(b, 0, 0x20017ff0, loop, ARRAY_SIZE(loop));
	stm32l4_options_provision(b->f, OPT_USER, 0xffeff8bb);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(pc_after(b, 1000), MAIN + 0x80);
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);
	run_us(b, 1000);
	vb_cpu_state(b->board->cpu, &s);
	assert_true(s.locked_up);
	vb_board_reset(b->board, VB_RESET_SYSTEM);	/* a reset button is not enough */
	run_us(b, 1000);
	vb_cpu_state(b->board->cpu, &s);
	assert_true(s.locked_up);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_int_equal(pc_after(b, 1000), MAIN + 0x80);
}

static void test_the_core_waits_for_flash_it_erases(void **state)
{
	struct chip_bench *b = *state;
	struct vb_cpu_state before, after;

	put_program(b, 0, 0x20017ff0, loop, ARRAY_SIZE(loop));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	run_us(b, 100);
	unlock(b);
	flash_wr(b, FLASH_CR, CR_PER | 5 << 3 | CR_STRT);
	vb_cpu_state(b->board->cpu, &before);
	run_us(b, 20000);
	vb_cpu_state(b->board->cpu, &after);
	assert_in_range(after.instructions - before.instructions, 0, 2);
	run_us(b, 3000);
	vb_cpu_state(b->board->cpu, &after);
	assert_true(after.instructions - before.instructions > 1000);
	flash_wr(b, FLASH_CR, CR_PER | 5 << 3 | CR_BKER | CR_STRT);	/* the other bank */
	vb_cpu_state(b->board->cpu, &before);
	run_us(b, 10000);
	vb_cpu_state(b->board->cpu, &after);
	assert_true(after.instructions - before.instructions > 10000);
}

/* What the controller refuses does not show either, wherever the program looks. */
static void test_a_refused_store_leaves_flash_alone(void **state)
{
	/* movs r0, #1; lsls r1, r0, #27; movs r2, #0; str r2, [r1]; strb r0, [r2, #4]; ldr r3, [r1];
	 * vmov d0, r0, r0; vstr d0, [r1, #0x200]; b . (with the FPU on) */
	static const uint16_t code[] = { 0x2001, 0x06c1, 0x2200, 0x600a, 0x7110, 0x680b,
					 0xec40, 0x0b10, 0xed81, 0x0b80, 0xe7fe };
	struct chip_bench *b = *state;

	put_program(b, 0, 0x20017ff0, code, ARRAY_SIZE(code));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	wr(b, 0xe000ed88, 0xf << 20);
	run_us(b, 100);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGSERR | SR_PGAERR | SR_SIZERR);
	assert_int_equal(rd(b, MAIN), 0x20017ff0);
	assert_int_equal(rd(b, MAIN + 4), MAIN + 0x81);
	assert_int_equal(rd(b, MAIN + 0x200), 0xffffffff);
	assert_int_equal(rd(b, MAIN + 0x204), 0xffffffff);
}

static void test_button_wakes_from_stop(void **state)
{
	/* movs r0, #4; ldr r1, SCR; str r0, [r1]; wfi; b . (SCR is the literal) */
	static const uint16_t code[] = { 0x2004, 0x4902, 0x6008, 0xbf30, 0xe7fe, 0xbf00,
					 0xed10, 0xe000 };
	struct chip_bench *b = *state;
	struct vb_cpu_state s;
	uint32_t value;

	put_program(b, 0, 0x20017ff0, code, ARRAY_SIZE(code));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	wr(b, RCC_BASE + RCC_APB2ENR, 1);
	wr(b, 0x40010014, 0x20);
	wr(b, 0x4001040c, BIT(13));
	wr(b, 0x40010400, BIT(13));
	wr(b, 0xe000e104, BIT(40 - 32));	/* NVIC: EXTI15_10 */
	run_us(b, 1000);
	assert_int_equal(b->chip->env.power, STM32_STOP);
	assert_int_equal(try_read(b, SRAM1_BASE, &value), VB_FAULT);
	stm32_gpio_drive(&b->chip->gpio[2], 13, 0);
	run_us(b, 1000);
	assert_int_equal(b->chip->env.power, STM32_RUN);
	vb_cpu_state(b->board->cpu, &s);
	assert_false(s.sleeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_identity),
		BENCH_TEST(test_addresses_nobody_serves_fault),
		BENCH_TEST(test_a_peripheral_without_clock_reads_0),
		BENCH_TEST(test_reset_line_of_a_peripheral),
		BENCH_TEST(test_clock_values_after_reset),
		BENCH_TEST(test_msi_range),
		BENCH_TEST(test_pll_from_msi_to_80_mhz),
		BENCH_TEST(test_hse_never_starts),
		BENCH_TEST(test_backup_domain_needs_dbp),
		BENCH_TEST(test_reset_flags_add_up_until_rmvf),
		BENCH_TEST(test_iwdg_resets_after_512_ms),
		BENCH_TEST(test_iwdg_registers_need_their_key),
		BENCH_TEST(test_iwdg_window),
		BENCH_TEST(test_iwdg_freezes_with_a_halted_core),
		BENCH_TEST(test_hardware_iwdg_runs_from_reset),
		BENCH_TEST(test_wwdg),
		BENCH_TEST(test_crc_words),
		BENCH_TEST(test_crc_standards),
		BENCH_TEST(test_gpio_output_and_input),
		BENCH_TEST(test_exti_sees_the_button),
		BENCH_TEST(test_firmware_can_take_the_swd_pins),
		BENCH_TEST(test_tim6_update),
		BENCH_TEST(test_tim2_is_32_bits_and_freezes),
		BENCH_TEST(test_usart2_prints_at_its_baud_rate),
		BENCH_TEST(test_under_nrst_only_the_ppb_answers),
		BENCH_TEST(test_power_on_forgets_ram_and_dbgmcu),
		BENCH_TEST(test_stop_mode_as_reset),
		BENCH_TEST(test_bfb2_starts_bank_2_if_its_stack_is_in_sram1),
		BENCH_TEST(test_level_1_firmware_runs_until_a_debugger_looks),
		BENCH_TEST(test_the_core_waits_for_flash_it_erases),
		BENCH_TEST(test_a_refused_store_leaves_flash_alone),
		BENCH_TEST(test_button_wakes_from_stop),
		BENCH_TEST(test_stop_mode_shuts_the_debugger_out),
	};

	return cmocka_run_group_tests_name("vb_chip", tests, NULL, NULL);
}
