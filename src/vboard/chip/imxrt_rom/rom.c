/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to boot: the decision table, and the chain of what is tried after a failed boot. */
#include "rom.h"

void rom_main(struct rom *rom) __attribute__((noreturn));
void rom_next(struct rom *rom) __attribute__((noreturn));

static void sample(struct rom *rom)
{
	rom->sbmr1 = SRC_SBMR1;
	rom->sbmr2 = SRC_SBMR2;
	rom->f440 = FUSE(0x440);
	rom->f460 = FUSE(0x460);
	rom->f470 = FUSE(0x470);
	rom->f6d0 = FUSE(0x6d0);
	rom->f6e0 = FUSE(0x6e0);
}

/* FLASH_TYPE of the boot configuration: 2 and 3 are HyperFlash. */
static bool is_hyper(uint32_t cfg)
{
#if FAMILY == RT1020
	uint32_t type = cfg >> 1 & 7;
#else
	uint32_t type = cfg >> 8 & 7;
#endif
	return type == 2 || type == 3;
}

/*
 * BOOT_MODE pins, unless FORCE_INTERNAL_BOOT makes them 10. 00 is "boot from fuses", which is the serial
 * downloader as long as BT_FUSE_SEL says that nobody has burned any. 11 is reserved.
 */
static bool wants_device(const struct rom *rom)
{
	if (rom->f460 & F460_FORCE_INT)
		return true;
	switch (SBMR2_BMOD(rom->sbmr2)) {
	case 0: return rom->sbmr2 & SBMR2_FUSE_SEL;
	case 2: return true;
	default: return false;
	}
}

/* SBMR1 holds the pins or fuse 0x450, whichever BT_FUSE_SEL chose when reset was released. Any device
 * but FlexSPI NOR (0) finds an empty socket on these boards. */
static bool is_flexspi_nor(const struct rom *rom)
{
	return (rom->sbmr1 >> 4 & 15) == 0;
}

static void boot_flexspi(struct rom *rom, uint32_t offset)
{
	if (rom->f6e0 & F6E0_JEDEC_RESET)
		flexspi_jedec_reset(rom);
	flexspi_pads(rom, rom->hyper);
	flexspi_probe_setup(rom);
	if (!flexspi_read(rom, 0, &rom->fcb, sizeof(rom->fcb)))
		return;
	if (rom->fcb.tag != FCB_TAG || rom->fcb.version >> 24 != 'V')
		return;
	if (!flexspi_apply(rom))
		return;
	image_start(rom, offset);
}

static void try_stage(struct rom *rom)
{
	uint32_t second = F6E0_SECOND(rom->f6e0);

	switch ((enum stage)rom->stage) {
	case STAGE_PRIMARY:
		if (is_flexspi_nor(rom) && !(SRC_GPR10 & GPR10_SECONDARY && second))
			boot_flexspi(rom, 0);
		break;
	case STAGE_SECONDARY:
		if (is_flexspi_nor(rom) && second)
			boot_flexspi(rom, second);
		break;
	case STAGE_EEPROM:		/* F6D0_EEPROM: nothing is wired to an LPSPI */
	case STAGE_SD:			/* manufacture mode: no card in the socket of USDHC1 */
	case STAGE_DOWNLOADER:
		break;
	}
}

static void run(struct rom *rom)
{
	rom->probing = true;
	for (; rom->stage < STAGE_DOWNLOADER; rom->stage++)
		try_stage(rom);
	rom->probing = false;
	serial_downloader(rom);
}

void rom_main(struct rom *rom)
{
	rom->probing = false;
	rom->stage = STAGE_PRIMARY;
	sample(rom);
	watchdogs_quiet(rom);
	mpu_and_caches(rom);
	clocks_up(rom);
#if FAMILY == RT1060
	bool second = rom->f440 & F440_SIP;		/* RT1064: the flash in the package */
#else
	bool second = false;
#endif
	rom->flexspi = second ? 0x402a4000 : 0x402a8000;
	rom->window = second ? 0x70000000 : 0x60000000;
	rom->hyper = !second && is_hyper(rom->sbmr1);
	if (!wants_device(rom))
		rom->stage = STAGE_DOWNLOADER;
	run(rom);
	for (;;)
		;
}

/* After a fault. */
void rom_next(struct rom *rom)
{
	rom->stage++;
	run(rom);
	for (;;)
		;
}
