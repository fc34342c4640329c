/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * i.MX RT10xx boards: the whole chip as one struct, for the files imxrt*.c.
 *
 * A board is a row of a const table (imxrt_parts.c): part, its RAM and ROM sizes, which flash hangs on
 * which FlexSPI over which pads, its boot switches. imxrt.c wires devices, buses and resets;
 * imxrt_map.c says what sits where; imxrt_ram.c is FlexRAM; imxrt_state.c the state file;
 * imxrt_preset.c the states to start from; imxrt_verbs*.c what the control port can do.
 */
#ifndef VB_CHIP_IMXRT_H
#define VB_CHIP_IMXRT_H

#include "vboard/board.h"
#include "vboard/chip/imxrt_boot.h"
#include "vboard/device/imxrt.h"
#include "vboard/device/imxrt_ccm.h"
#include "vboard/device/imxrt_flexspi.h"
#include "vboard/device/imxrt_gpio.h"
#include "vboard/device/imxrt_gpt.h"
#include "vboard/device/imxrt_iomuxc.h"
#include "vboard/device/imxrt_lpuart.h"
#include "vboard/device/imxrt_ocotp.h"
#include "vboard/device/imxrt_src.h"
#include "vboard/device/imxrt_wdog.h"
#include "vboard/device/nor.h"

#define BANK_BYTES  0x8000u		/* FlexRAM */
#define BANKS_MAX   16u
#define OCRAM_BASE  0x20200000u
#define ROM_BASE    0x00200000u
#define FLEXSPIS    2
#define BLOCKS_MAX  64

struct imxrt_part {
	const char *name;
	enum imxrt_rom_family family;
	unsigned banks;
	uint32_t ocram2_bytes, rom_bytes, digprog, jtag_idcode, cache_bytes;
	const struct imxrt_iomuxc_layout *pads;
	struct imxrt_flexspi_config flexspi[FLEXSPIS];	/* window 0: there is none */
	unsigned boot_flexspi;		/* where the ROM looks for an image */
	unsigned fuse_words;
	bool has_gp4, has_sip, has_lockup_rst, has_remap;
};

struct imxrt_board {
	const struct vb_chip *chip;
	const struct imxrt_part *part;
	struct imxrt_wiring {
		const char *flash;	/* NULL: nothing on this FlexSPI */
		const struct imxrt_route *routes;
	} flexspi[FLEXSPIS];
	uint32_t boot_cfg;		/* the switches as delivered */
	uint16_t led_mux;		/* user LED: a pad of GPIO1, and which pin that is */
	uint8_t led_pin;
	uint16_t uart_mux;		/* pad of LPUART1_TX; RX is the next; ALT2 */
};

struct imxrt {
	struct vb_board *board;
	const struct imxrt_board *row;
	const struct imxrt_part *part;
	struct imxrt_env env;
	struct vb_dp_config dp_config;
	struct imxrt_ccm ccm;
	struct imxrt_iomuxc iomuxc;
	struct imxrt_src src;
	struct imxrt_wdog wdog[2];
	struct imxrt_rtwdog rtwdog;
	struct imxrt_gpio gpio[10];	/* GPIO1 .. GPIO10 */
	struct imxrt_gpt gpt[2];
	struct imxrt_lpuart lpuart1;
	struct imxrt_ocotp *ocotp;
	struct imxrt_flexspi *flexspi[FLEXSPIS];
	struct nor *nor[FLEXSPIS];
	struct imxrt_slave slaves[BLOCKS_MAX];
	size_t slave_count;
	struct imxrt_quiet quiet[BLOCKS_MAX];
	size_t quiet_count;
	uint8_t *rom, *ocram2, *banks;
	struct vb_region *rom_region, *itcm[BANKS_MAX], *dtcm[BANKS_MAX], *ocram[BANKS_MAX];
	enum imxrt_boot_mode { BOOT_FUSES, BOOT_SERIAL, BOOT_INTERNAL, BOOT_RESERVED } boot_mode;
	uint32_t boot_cfg;
	/* power-off-at: the supply goes in the middle of the Nth program or erase from now; 0: never. */
	struct imxrt_cut {
		unsigned left;
		bool is_erase;
		struct vb_event *event;
	} cut;
	uint64_t programs, erases;
	struct vb_event *lockup_event;
	uint64_t led_toggles;
	uint64_t resets[VB_RESET_LOCKUP + 1];
};

/* imxrt_parts.c */
const struct imxrt_board *imxrt_board_of(const struct vb_chip *chip);

/* imxrt_map.c */
void imxrt_map(struct imxrt *chip);
void imxrt_reset_quiet(struct imxrt *chip);
void imxrt_free_quiet(struct imxrt *chip);

/* imxrt_ram.c */
void imxrt_ram_add(struct imxrt *chip);
void imxrt_ram_free(struct imxrt *chip);
void imxrt_ram_configure(struct imxrt *chip);	/* GPR16, GPR17 or the fuse changed */
void imxrt_ram_forget(struct imxrt *chip);	/* what power-on leaves in RAM */

/* imxrt_state.c */
bool imxrt_save(struct vb_board *board, void *priv, FILE *f);
bool imxrt_load(struct vb_board *board, void *priv, FILE *f);

extern const struct vb_control_verb imxrt_verbs[];		/* imxrt_verbs.c */
extern const struct vb_preset imxrt_presets[];		/* imxrt_preset.c */
extern const struct vb_chip mimxrt1064_evk_chip, mimxrt1060_evk_chip, mimxrt1024_evk_chip,
	imxrt1050_evkb_chip, imxrt1050_evkb_hyper_chip;

#endif
