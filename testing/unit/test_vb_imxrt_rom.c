/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot ROM stand-in on a chip that is only registers and an obedient flash: which way it takes, by
 * pins, fuses and what lies in the flash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "vboard/chip/imxrt_boot.h"
#include "vboard/core/cpu.h"

#define PERIPHERALS 0x40000000u
#define FLASH_BYTES 0x10000u

struct chip {
	struct vb_clock *clock;
	struct vb_bus *bus;
	struct vb_cpu *cpu;
	uint32_t regs[0x400000 / 4];
	uint8_t rom[0x20000], ocram[0x40000], dtcm[0x20000], flash[FLASH_BYTES];
	uint32_t flexspi;		/* offset of the boot flash's controller */
	unsigned ip_commands, pops;
	uint8_t typed[256], printed[256];	/* LPUART1 */
	size_t typed_bytes, taken, printed_bytes;
};

static uint32_t *reg(struct chip *c, uint32_t addr)
{
	return &c->regs[(addr - PERIPHERALS) / 4];
}

/* An IP command has happened when it was asked for: 128 bytes in the FIFO, popped by eight. */
static void trigger(struct chip *c)
{
	c->ip_commands++;
	c->pops = 0;
	*reg(c, c->flexspi + 0x14) |= 1;
}

static uint32_t fifo(const struct chip *c, uint32_t offset)
{
	uint32_t at = c->regs[(c->flexspi + 0xa0 - PERIPHERALS) / 4] + 8 * c->pops + offset;

	return get_le32(&c->flash[at % FLASH_BYTES]);
}

static enum vb_result chip_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct chip *c = dev;
	uint32_t addr = PERIPHERALS + offset, word = *reg(c, addr & ~3u);

	if (addr == c->flexspi + 0xe0 || addr == c->flexspi + 0xe8)
		word = 3;				/* STS0: idle; STS2: DLL locked */
	else if (addr == c->flexspi + 0x100 || addr == c->flexspi + 0x104)
		word = fifo(c, addr - c->flexspi - 0x100);
	else if (offset == 0xd8000 || offset == 0xd8010 || offset == 0xd8030)
		word |= 0x80000000;			/* PLLs lock at once */
	else if (offset == 0x184014)			/* STAT: TDRE, TC, RDRF */
		word = 0xc00000 | (c->taken < c->typed_bytes ? 0x200000 : 0);
	else if (offset == 0x18401c)
		word = c->taken < c->typed_bytes ? c->typed[c->taken++] : 0;
	else if (offset == 0xbc000)
		word |= 0x800;				/* RTWDOG: unlocked */
	*value = word >> 8 * (addr & 3);
	(void)a;
	return VB_OK;
}

static enum vb_result chip_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct chip *c = dev;
	uint32_t addr = PERIPHERALS + offset, *word = reg(c, addr & ~3u);

	if (addr == c->flexspi + 0x14) {
		*word &= ~value;
		c->pops += value >> 5 & 1;
		return VB_OK;
	}
	if (offset == 0x18401c && c->printed_bytes < sizeof(c->printed))
		c->printed[c->printed_bytes++] = (uint8_t)value;
	if (addr == c->flexspi)
		value &= ~1u;				/* SWRESET is done at once */
	if (addr == c->flexspi + 0xb0)
		trigger(c);
	if (a->size == 4)
		*word = value;
	else
		memcpy((uint8_t *)word + (addr & 3), &value, a->size);
	return VB_OK;
}

static const struct vb_device_ops chip_ops = { chip_read, chip_write };

static void add_ram(struct chip *c, const char *name, uint32_t base, uint8_t *bytes, uint32_t size,
		    bool writable)
{
	const struct vb_region r = { .name = name, .base = base, .size = size, .ram = bytes,
				     .writable = writable, .executable = true };

	vb_bus_add(c->bus, &r);
}

struct setup {
	enum imxrt_rom_family family;
	uint32_t window;
	const char *image;		/* NULL: blank */
	uint32_t bmod, sbmr1;
	bool fuse_sel;
	uint32_t f440, f460, f470, f6e0;
};

static struct chip *power_on(const struct setup *s)
{
	const struct vb_cpu_config config = { .core = VB_CORTEX_M7F, .cpuid = 0x411fc271, .irqs = 160,
					      .nvic_prio_bits = 4, .rom_table_base = 0xe00fd000,
					      .no_bitband = true };
	const struct vb_region io = { .name = "peripherals", .base = PERIPHERALS, .size = 0x400000,
				      .dev_ops = &chip_ops };
	const struct imxrt_rom *rom = imxrt_rom(s->family);
	struct chip *c = calloc(1, sizeof(*c));
	struct vb_region with_ctx = io;
	size_t bytes = 0;

	c->flexspi = s->window >= 0x70000000 ? 0x402a4000 : 0x402a8000;
	c->clock = vb_clock_new();
	c->bus = vb_bus_new();
	memcpy(c->rom, rom->bytes, rom->size);
	memset(c->flash, 0xff, sizeof(c->flash));
	if (s->image) {
		uint8_t *image = imxrt_image(s->image, s->window, s->family, &bytes);

		assert_non_null(image);
		memcpy(c->flash, image, bytes);
		free(image);
	}
	add_ram(c, "ROM", 0x00200000, c->rom, sizeof(c->rom), false);
	add_ram(c, "OCRAM", 0x20200000, c->ocram, sizeof(c->ocram), true);
	add_ram(c, "DTCM", 0x20000000, c->dtcm, sizeof(c->dtcm), true);
	add_ram(c, "flash", s->window, c->flash, sizeof(c->flash), false);
	with_ctx.ctx = c;
	vb_bus_add(c->bus, &with_ctx);
	c->cpu = vb_cpu_new(&config, c->bus, c->clock);
	vb_cpu_set_hclk(c->cpu, 100000000);
	*reg(c, 0x400f8004) = s->sbmr1;
	*reg(c, 0x400f801c) = s->bmod << 24 | (s->fuse_sel ? 0x10 : 0) | 1;
	*reg(c, 0x401f4440) = s->f440;
	*reg(c, 0x401f4460) = s->f460;
	*reg(c, 0x401f4470) = s->f470;
	*reg(c, 0x401f46e0) = s->f6e0;
	vb_cpu_set_init_vtor(c->cpu, 0x00200000);
	vb_cpu_reset(c->cpu, VB_CPU_POWER_ON);
	vb_clock_advance(c->clock, 20000000);
	return c;
}

static void power_off(struct chip *c)
{
	vb_cpu_free(c->cpu);
	vb_bus_free(c->bus);
	vb_clock_free(c->clock);
	free(c);
}

enum { IN_APPLICATION, IN_DOWNLOADER, LOCKED_UP };

/* In the ROM means: for good, with nothing counted. */
static int where(struct chip *c, const struct setup *s)
{
	struct vb_cpu_state state;

	vb_cpu_state(c->cpu, &state);
	if (state.locked_up)
		return LOCKED_UP;
	if (state.pc >= 0x00200000 && state.pc < 0x00208000) {
		assert_int_equal(get_le32(&c->dtcm[0x100]), 0);
		return IN_DOWNLOADER;
	}
	assert_true((state.pc >= s->window && state.pc < s->window + FLASH_BYTES) ||
		    (state.pc >= 0x20208000 && state.pc < 0x20240000));
	return IN_APPLICATION;
}

#define RT1064 .family = ROM_RT1060, .window = 0x70000000
#define RT1024 .family = ROM_RT1020, .window = 0x60000000
#define RT1050 .family = ROM_RT1050, .window = 0x60000000
#define RT1060 .family = ROM_RT1060, .window = 0x60000000
#define SIP    .f440 = 0x100000

static const struct {
	struct setup setup;
	int result;
} rows[] = {
	/* What lies in the flash. */
	{ { RT1064, .image = "good", .bmod = 2, SIP }, IN_APPLICATION },
	{ { RT1064, .image = NULL, .bmod = 2, SIP }, IN_DOWNLOADER },
	{ { RT1064, .image = "raw-bin", .bmod = 2, SIP }, IN_DOWNLOADER },
	{ { RT1064, .image = "nocfg", .bmod = 2, SIP }, IN_DOWNLOADER },
	{ { RT1064, .image = "wrong", .bmod = 2, SIP }, IN_DOWNLOADER },
	{ { RT1064, .image = "misplaced", .bmod = 2, SIP }, IN_DOWNLOADER },
	{ { RT1064, .image = "handler", .bmod = 2, SIP }, IN_APPLICATION },
	{ { RT1064, .image = "copied", .bmod = 2, SIP }, IN_APPLICATION },
	{ { RT1064, .image = "dcd", .bmod = 2, SIP }, IN_APPLICATION },
	{ { RT1064, .image = "crashed", .bmod = 2, SIP }, LOCKED_UP },
	{ { RT1024, .image = "good", .bmod = 2, SIP }, IN_APPLICATION },
	{ { RT1050, .image = "good", .bmod = 2 }, IN_APPLICATION },
	{ { RT1050, .image = "hyper:good", .bmod = 2, .sbmr1 = 0x200 }, IN_APPLICATION },
	{ { RT1060, .image = "good", .bmod = 2 }, IN_APPLICATION },
	/* The decision table: BOOT_MODE, BT_FUSE_SEL, FORCE_INTERNAL_BOOT. */
	{ { RT1024, .image = "good", .bmod = 0, SIP }, IN_DOWNLOADER },
	{ { RT1024, .image = "good", .bmod = 0, .fuse_sel = true, SIP }, IN_APPLICATION },
	{ { RT1024, .image = "good", .bmod = 1, SIP }, IN_DOWNLOADER },
	{ { RT1024, .image = "good", .bmod = 1, .fuse_sel = true, SIP }, IN_DOWNLOADER },
	{ { RT1024, .image = "good", .bmod = 3, SIP }, IN_DOWNLOADER },
	{ { RT1024, .image = "good", .bmod = 1, SIP, .f460 = 0x10000 }, IN_APPLICATION },
	{ { RT1024, .image = "good", .bmod = 1, .fuse_sel = true, SIP, .f460 = 0x10010 }, IN_APPLICATION },
	{ { RT1024, .image = NULL, .bmod = 1, .fuse_sel = true, SIP, .f460 = 0x10010 }, IN_DOWNLOADER },
	/* Another boot device than FlexSPI NOR is not there. */
	{ { RT1024, .image = "good", .bmod = 2, .sbmr1 = 0x40, SIP }, IN_DOWNLOADER },
};

static void test_what_the_rom_starts(void **state)
{
	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
		struct chip *c = power_on(&rows[n].setup);
		int result = where(c, &rows[n].setup);

		if (result != rows[n].result)
			fail_msg("row %zu (%s): %d", n, rows[n].setup.image, result);
		if (result == IN_APPLICATION)
			assert_true(get_le32(&c->dtcm[0x100]) > 100);
		power_off(c);
	}
}

static void test_what_the_rom_leaves_behind(void **state)
{
	const struct setup s = { RT1064, .image = "good", .bmod = 2, SIP };
	struct chip *c = power_on(&s);
	uint32_t vtor = 0;
	struct vb_access a = { .master = VB_DAP, .addr = 0xe000ed08, .size = 4, .is_privileged = true };

	(void)state;
	assert_int_equal(vb_bus_read(c->bus, &a, &vtor), VB_OK);
	assert_int_equal(vtor, 0x70002000);
	assert_int_equal(*reg(c, 0x402a4000), 0xffff0010);	/* MCR0: DQS loopback, grants, on */
	assert_int_equal(*reg(c, 0x402a4060), 0x1000);		/* FLSHA1CR0: 4 MiB */
	assert_int_equal(*reg(c, 0x402a4080), 0x900);
	assert_int_equal(*reg(c, 0x402a402c), 0x80000080);
	assert_int_equal(*reg(c, 0x402a4200), 0x0a1804eb);
	assert_int_equal(*reg(c, 0x401f867c), 0x10);		/* SCLK on GPIO_SPI_B0_08 */
	assert_int_equal(*reg(c, 0x400bc000), 0x2120);		/* RTWDOG: off, may be updated */
	assert_int_equal(*reg(c, 0x400fc018) >> 29, 2);		/* FLEXSPI2_PODF: 3 */
	assert_int_equal(*reg(c, 0x400d80f0) & 0x3f, 24);	/* PFD0: 360 MHz, so 120 */
	power_off(c);
}

static void test_fuses_for_watchdog_and_secondary_image(void **state)
{
	struct setup s = { RT1064, .image = "good", .bmod = 2, SIP, .f460 = 0x200000 };
	struct chip *c = power_on(&s);

	(void)state;
	assert_int_equal(*reg(c, 0x400b8000) & 0xffff, 0x7f34);	/* WDE, 64 s */
	power_off(c);
}

/* One SDP command, and the file that follows it; then as long as the ROM wants. */
static void type(struct chip *c, uint16_t tag, uint32_t addr, uint8_t format, uint32_t count,
		 uint32_t data, const void *file, size_t bytes)
{
	uint8_t *p = c->typed;

	p[0] = (uint8_t)(tag >> 8);
	p[1] = (uint8_t)tag;
	put_be32(p + 2, addr);
	p[6] = format;
	put_be32(p + 7, count);
	put_be32(p + 11, data);
	p[15] = 0;
	if (bytes)
		memcpy(p + 16, file, bytes);
	c->typed_bytes = 16 + bytes;
	c->taken = c->printed_bytes = 0;
	vb_clock_advance(c->clock, 20000000);
}

static void assert_printed(const struct chip *c, const char *hex)
{
	char text[2 * sizeof(c->printed) + 1] = "";

	for (size_t n = 0; n < c->printed_bytes; n++)
		snprintf(text + 2 * n, 3, "%02x", c->printed[n]);
	assert_string_equal(text, hex);
}

static void test_serial_downloader(void **state)
{
	static const uint8_t dcd[] = { 0xd2, 0x00, 0x10, 0x41, 0xcc, 0x00, 0x0c, 0x04, 0x40, 0x0f,
				       0xc0, 0x60, 0x00, 0x0a, 0x00, 0x01 };
	const struct setup s = { RT1064, .bmod = 1, SIP };
	struct chip *c = power_on(&s);
	uint32_t ivt[40] = { 0x412000d1, 0x20208081, 0, 0, 0x20208020, 0x20208000, 0, 0,
			     0x20208000, 0x100, 0, 0 };
	static const uint8_t code[] = { 0x01, 0x48, 0x01, 0x30, 0xfd, 0xe7 };	/* adds r0, #1; b */

	(void)state;
	memcpy((uint8_t *)ivt + 0x80, code, sizeof(code));
	type(c, 0x5aa6, 0x5aa65aa6, 0x5a, 0xa65aa65a, 0xa65aa65a, "\xa6", 0);
	assert_true(c->printed_bytes > 0 && c->printed[0] == 0x5a && c->printed[1] == 0xa7);
	power_off(c);

	c = power_on(&s);
	type(c, 0x0101, 0x0020001c, 32, 4, 0, NULL, 0);
	assert_printed(c, "5678785600000000");
	type(c, 0x0202, 0x20008000, 32, 4, 0x12345678, NULL, 0);
	assert_printed(c, "56787856128a8a12");
	assert_int_equal(get_le32(&c->dtcm[0x8000]), 0x12345678);
	type(c, 0x0101, 0x20008000, 16, 4, 0, NULL, 0);
	assert_printed(c, "5678785678563412");
	type(c, 0x0505, 0, 0, 0, 0, NULL, 0);
	assert_printed(c, "56787856f0f0f0f0");
	type(c, 0x0c0c, 0, 0, 0, 0, NULL, 0);
	assert_printed(c, "56787856900dd009");
	type(c, 0x0a0a, 0, 0, sizeof(dcd), 0, dcd, sizeof(dcd));
	assert_printed(c, "56787856128a8a12");
	assert_int_equal(*reg(c, 0x400fc060), 0x000a0001);
	type(c, 0x0404, 0x20207f00, 0, sizeof(ivt), 0, ivt, sizeof(ivt));
	assert_printed(c, "5678785633333333");			/* the ROM's own RAM */
	type(c, 0x0404, 0x20208000, 0, sizeof(ivt), 0, ivt, sizeof(ivt));
	assert_printed(c, "5678785688888888");
	assert_memory_equal(&c->ocram[0x8000], ivt, sizeof(ivt));
	type(c, 0x0b0b, 0x20208100, 0, 0, 0, NULL, 0);
	assert_printed(c, "5678785633333333");			/* no IVT there */
	type(c, 0x0b0b, 0x20208000, 0, 0, 0, NULL, 0);
	assert_printed(c, "56787856");

	struct vb_cpu_state cpu;

	vb_cpu_state(c->cpu, &cpu);
	assert_in_range(cpu.pc, 0x20208080, 0x20208090);
	power_off(c);
}

static void test_a_downloader_that_is_forbidden_says_nothing(void **state)
{
	const struct setup s = { RT1064, .bmod = 1, SIP, .f460 = 0x20000 };
	struct chip *c = power_on(&s);

	(void)state;
	type(c, 0x0505, 0, 0, 0, 0, NULL, 0);
	assert_int_equal(where(c, &s), IN_DOWNLOADER);
	assert_int_equal(c->printed_bytes, 0);
	power_off(c);
}

static void test_the_marks_are_free(void **state)
{
	(void)state;
	for (int family = ROM_RT1020; family <= ROM_RT1060; family++) {
		const struct imxrt_rom *rom = imxrt_rom((enum imxrt_rom_family)family);

		assert_true(rom->size <= 0x8000);
		assert_int_equal(get_le32(rom->bytes + 0x1c), 0);	/* no API */
		assert_int_equal(rom->marks[0].addr, 0x00208000);
	}
	assert_null(imxrt_image("no such thing", 0x60000000, ROM_RT1050, &(size_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_rom_starts),
		cmocka_unit_test(test_what_the_rom_leaves_behind),
		cmocka_unit_test(test_fuses_for_watchdog_and_secondary_image),
		cmocka_unit_test(test_serial_downloader),
		cmocka_unit_test(test_a_downloader_that_is_forbidden_says_nothing),
		cmocka_unit_test(test_the_marks_are_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
