/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/imxrt.h"

#include <stdlib.h>
#include <string.h>

/* Fuse words, IMXRT1064RM 5 */
#define FUSE_UID_LOW	 0x01u
#define FUSE_UID_HIGH	 0x02u
#define FUSE_SI_REV	 0x03u
#define FUSE_TESTER_CFG	 0x04u
#define	  TESTER_SEC_CONFIG0 BIT(1)
#define	  TESTER_SIP	 BIT(20)
#define FUSE_BOOT_CFG0	 0x05u
#define FUSE_BOOT_CFG1	 0x06u
#define	  CFG1_SEC_CONFIG1 BIT(1)
#define	  CFG1_DIR_BT_DIS  BIT(3)
#define	  CFG1_BT_FUSE_SEL BIT(4)
#define	  CFG1_JTAG_ONLY   BIT(19)	/* DAP_SJC_SWD_SEL */
#define	  CFG1_SJC_DISABLE BIT(20)

#define MUX_GPIO	 5u
#define MUX_LPUART1	 2u
#define LOCKUP_POLL_NS	 100000u

#define BOOT_CFG_PINS	 0xfffu		/* twelve switches or straps */

/* Callbacks between devices */

static uint32_t sample_sbmr1(const struct imxrt *chip)
{
	if (imxrt_ocotp_shadow(chip->ocotp, FUSE_BOOT_CFG1) & CFG1_BT_FUSE_SEL)
		return imxrt_ocotp_shadow(chip->ocotp, FUSE_BOOT_CFG0);
	return chip->boot_cfg & BOOT_CFG_PINS;
}

static uint32_t sample_sbmr2(const struct imxrt *chip)
{
	uint32_t tester = imxrt_ocotp_shadow(chip->ocotp, FUSE_TESTER_CFG);
	uint32_t cfg1 = imxrt_ocotp_shadow(chip->ocotp, FUSE_BOOT_CFG1);

	/* SEC_CONFIG[1:0], DIR_BT_DIS and BT_FUSE_SEL keep their order; BMOD are always the pins. */
	return (tester & TESTER_SEC_CONFIG0 ? BIT(0) : 0) |
	       (cfg1 & (CFG1_SEC_CONFIG1 | CFG1_DIR_BT_DIS | CFG1_BT_FUSE_SEL)) |
	       (uint32_t)chip->boot_mode << 24;
}

/* Pads that were taken away, or fuses that say no. JTAG_SMODE other than 00 closes the AP. */
static void update_debug_port(struct imxrt *chip)
{
	uint32_t cfg1 = imxrt_ocotp_shadow(chip->ocotp, FUSE_BOOT_CFG1);

	if (chip->board->dp == NULL)
		return;
	vb_dp_set_dead(chip->board->dp, (cfg1 & CFG1_SJC_DISABLE) ||
						!imxrt_iomuxc_debug_is_wired(&chip->iomuxc));
	vb_dp_disable_ap(chip->board->dp, 0, bits_get(cfg1, 23, 22) != 0);
	if (chip->board->link != NULL)
		chip->board->link->has_no_swd = cfg1 & CFG1_JTAG_ONLY;
}

static void on_fuses(void *ctx)
{
	struct imxrt *chip = ctx;

	imxrt_ram_configure(chip);
	update_debug_port(chip);
}

static void on_pads(void *ctx)
{
	struct imxrt *chip = ctx;
	uint32_t wires[FLEXSPIS];

	for (size_t i = 0; i < FLEXSPIS; i++)
		wires[i] = imxrt_iomuxc_wires(&chip->iomuxc, chip->row->flexspi[i].routes);
	if (memcmp(wires, chip->env.wires, sizeof(wires)) != 0) {
		imxrt_env_change(&chip->env);
		memcpy(chip->env.wires, wires, sizeof(wires));
		imxrt_env_changed(&chip->env);
	}
	update_debug_port(chip);
}

static void on_gpr(void *ctx, unsigned gpr)
{
	struct imxrt *chip = ctx;
	const uint32_t *remap = &chip->iomuxc.gpr[GPR30];

	if (gpr == GPR16 || gpr == GPR17) {
		imxrt_ram_configure(chip);
		if (chip->board->cpu != NULL)
			vb_cpu_set_init_vtor(chip->board->cpu, chip->iomuxc.gpr[GPR16] & ~0x7fu);
	}
	for (size_t i = 0; i < FLEXSPIS && chip->part->has_remap && gpr >= GPR30; i++) {
		if (chip->flexspi[i] != NULL)
			imxrt_flexspi_remap(chip->flexspi[i], remap[0] & ~0xfffu, remap[1] & ~0xfffu,
					    remap[2] & ~0xfffu);
	}
}

/* WFI with CLPCR.LPM other than RUN takes the clock of the core and of the bus behind the AHB-AP. */
static void set_waits(struct imxrt *chip, bool waits)
{
	if (chip->env.core_waits != waits) {
		imxrt_env_change(&chip->env);
		chip->env.core_waits = waits;
		imxrt_env_changed(&chip->env);
	}
	if (chip->board->cpu != NULL)
		vb_cpu_gate(chip->board->cpu, waits || chip->env.clocks.core == 0);
}

static void on_clocks(void *ctx)
{
	struct imxrt *chip = ctx;

	set_waits(chip, chip->env.core_waits);
	if (chip->rom_region != NULL)
		vb_bus_guard(chip->board->bus, chip->rom_region,
			     !imxrt_env_is_on(&chip->env, IMXRT_GATE(5, 0)));
}

static void on_sleep(void *ctx, bool sleeping, bool deep)
{
	struct imxrt *chip = ctx;

	(void)deep;		/* the CCM decides by LPM alone */
	set_waits(chip, sleeping && imxrt_ccm_lpm(&chip->ccm) != 0);
}

static void on_wake(void *ctx, int irq)
{
	(void)irq;
	set_waits(ctx, false);
}

static void on_halt(void *ctx, bool halted)
{
	struct imxrt *chip = ctx;

	imxrt_env_change(&chip->env);
	chip->env.core_halted = halted;
	imxrt_env_changed(&chip->env);
}

static void on_reset_request(void *ctx, bool core_only)
{
	struct imxrt *chip = ctx;

	vb_board_reset(chip->board, core_only ? VB_RESET_CORE : VB_RESET_SYSTEM);
}

/* The user LED hangs on a pad that is also TDI or TRSTB. */
static void on_edge(void *ctx, struct imxrt_gpio *gpio, uint32_t changed)
{
	struct imxrt *chip = ctx;

	(void)gpio;
	if ((changed & BIT(chip->row->led_pin)) &&
	    imxrt_iomuxc_alt(&chip->iomuxc, chip->row->led_mux) == MUX_GPIO)
		chip->led_toggles++;
}

static bool uart_is_wired(void *ctx, bool rx)
{
	struct imxrt *chip = ctx;

	return imxrt_iomuxc_alt(&chip->iomuxc,
				(uint16_t)(chip->row->uart_mux + (rx ? 4 : 0))) == MUX_LPUART1;
}

/* SCR.LOCKUP_RST: looked at while it can happen. */
static void lockup_turn(void *ctx)
{
	struct imxrt *chip = ctx;
	struct vb_cpu_state state;

	chip->lockup_event = NULL;
	if (!imxrt_src_resets_lockup(&chip->src))
		return;
	vb_cpu_state(chip->board->cpu, &state);
	if (state.locked_up && !state.halted)
		imxrt_env_request_reset(&chip->env, VB_RESET_LOCKUP);
	else
		chip->lockup_event = vb_clock_after(chip->board->clock, LOCKUP_POLL_NS, lockup_turn,
						    chip, "lockup");
}

static void on_src_scr(void *ctx)
{
	struct imxrt *chip = ctx;

	if (chip->part->has_lockup_rst && chip->lockup_event == NULL)
		lockup_turn(chip);
}

static void cut_power(void *ctx)
{
	struct imxrt *chip = ctx;

	chip->cut.event = NULL;
	vb_board_set_power(chip->board, false);
}

static void on_flash_work(void *ctx, bool is_erase, uint64_t ns)
{
	struct imxrt *chip = ctx;
	struct imxrt_cut *cut = &chip->cut;

	*(is_erase ? &chip->erases : &chip->programs) += 1;
	if (cut->left == 0 || cut->is_erase != is_erase || --cut->left > 0)
		return;
	vb_clock_cancel(chip->board->clock, cut->event);
	cut->event = vb_clock_after(chip->board->clock, ns / 2, cut_power, chip, "power cut");
}

/* Life */

static void add_flash(struct imxrt *chip)
{
	for (size_t i = 0; i < FLEXSPIS; i++) {
		const char *model = chip->row->flexspi[i].flash;

		if (chip->part->flexspi[i].window == 0)
			continue;
		chip->flexspi[i] = imxrt_flexspi_new(&chip->env, &chip->part->flexspi[i]);
		if (model == NULL)
			continue;
		chip->nor[i] = nor_new(model, chip->board->clock);
		nor_set_watch(chip->nor[i], on_flash_work, chip);
		imxrt_flexspi_attach(chip->flexspi[i], 0, chip->nor[i]);
	}
}

/* Unique id, revision, and what the tester burned: open part, flash in the package. */
static void add_fuses(struct imxrt *chip)
{
	uint32_t factory[OCOTP_WORDS] = { 0 };

	factory[FUSE_UID_LOW] = 0x5a2c4000;
	factory[FUSE_UID_HIGH] = 0x1b0d6c71;
	factory[FUSE_SI_REV] = (chip->part->digprog & 15) << 16;
	factory[FUSE_TESTER_CFG] = TESTER_SEC_CONFIG0 | (chip->part->has_sip ? TESTER_SIP : 0);
	chip->ocotp = imxrt_ocotp_new(&chip->env, factory, chip->part->fuse_words,
				      chip->part->has_gp4);
	imxrt_ocotp_set_listener(chip->ocotp, on_fuses, chip);
}

static void set_unit(struct vb_board *board, void *priv, unsigned unit)
{
	(void)board;
	imxrt_ocotp_burn(((struct imxrt *)priv)->ocotp, FUSE_UID_LOW, unit);
}

static void add_devices(struct imxrt *chip)
{
	struct imxrt_env *env = &chip->env;

	env->wake = on_wake;
	env->chip = chip;
	imxrt_ccm_init(&chip->ccm, env, chip->part->digprog);
	imxrt_iomuxc_init(&chip->iomuxc, env, chip->part->pads);
	imxrt_src_init(&chip->src, env);
	imxrt_wdog_init(&chip->wdog[0], env, 92);
	imxrt_wdog_init(&chip->wdog[1], env, 45);
	imxrt_rtwdog_init(&chip->rtwdog, env);
	for (size_t i = 0; i < ARRAY_SIZE(chip->gpio); i++)
		imxrt_gpio_init(&chip->gpio[i], env);
	imxrt_gpt_init(&chip->gpt[0], env, 100);
	imxrt_gpt_init(&chip->gpt[1], env, 101);
	imxrt_lpuart_init(&chip->lpuart1, env, 20);
	add_fuses(chip);
	add_flash(chip);
	chip->gpio[0].on_edge = on_edge;
	chip->gpio[0].chip = chip;
	chip->lpuart1.port.is_wired = uart_is_wired;
	chip->lpuart1.port.chip = chip;
	chip->board->uart = &chip->lpuart1.port.wire;
	chip->ccm.changed = on_clocks;
	chip->ccm.chip = chip;
	chip->iomuxc.pads_changed = on_pads;
	chip->iomuxc.gpr_changed = on_gpr;
	chip->iomuxc.chip = chip;
	chip->src.scr_changed = on_src_scr;
	chip->src.chip = chip;
}

static struct vb_cpu *add_cpu(struct imxrt *chip)
{
	bool has_large_caches = chip->part->cache_bytes == 0x8000;
	const struct vb_cpu_config config = {
		.core = VB_CORTEX_M7F,
		.cpuid = 0x411fc271,
		.irqs = 160,
		.nvic_prio_bits = 4,
		.rom_table_base = 0xe00fd000,
		.rom_pidr = { 0x8c, 0xe8, 0x08, 0x00, 0x00 },	/* part 0x88C, NXP */
		.on_reset_request = on_reset_request,
		.on_sleep = on_sleep,
		.on_halt = on_halt,
		.ctx = chip,
		.cti_irq = { 17, 18 },		/* CTI0_ERROR, CTI1_ERROR */
		.ccsidr_d = has_large_caches ? 0xf01fe019 : 0xf00fe019,
		.ccsidr_i = has_large_caches ? 0xf03fe009 : 0xf01fe009,
	};

	return vb_cpu_new(&config, chip->board->bus, chip->board->clock);
}

/* SW-DPv1 (Cortex-M7 DAP-Lite) with one AHB-AP. */
static struct vb_dp *add_dp(struct imxrt *chip)
{
	uint32_t idcode = chip->part->jtag_idcode;

	chip->dp_config = (struct vb_dp_config){
		.dpidr = 0x0bd11477,
		.jtag_idcode = idcode,
		.ap = { { .idr = 0x04770041, .base = 0xe00fd003, .csw_reset = 0x23000040,
			  .tar_wrap = 0x400, .has_packed = true, .has_byte = true } },
		.tap = { { .idcode = idcode, .ir_bits = 4, .is_dp = true } },
	};
	return vb_dp_new(&chip->dp_config, chip->board->bus, chip->board->clock);
}

static bool create(struct vb_board *board, void *priv)
{
	struct imxrt *chip = priv;

	chip->board = board;
	chip->row = imxrt_board_of(board->chip);
	chip->part = chip->row->part;
	chip->env.board = board;
	chip->boot_mode = BOOT_INTERNAL;	/* SW7 as delivered: 0010 */
	chip->boot_cfg = chip->row->boot_cfg;
	add_devices(chip);
	imxrt_ram_add(chip);
	imxrt_map(chip);
	board->cpu = add_cpu(chip);
	board->dp = add_dp(chip);
	serial_port_start(&chip->lpuart1.port, board);
	return board->cpu != NULL && board->dp != NULL;
}

static void destroy(struct vb_board *board, void *priv)
{
	struct imxrt *chip = priv;

	(void)board;
	for (size_t i = 0; i < FLEXSPIS; i++) {
		imxrt_flexspi_free(chip->flexspi[i]);
		nor_free(chip->nor[i]);
	}
	serial_port_close(&chip->lpuart1.port);
	imxrt_ocotp_free(chip->ocotp);
	imxrt_ram_free(chip);
	imxrt_free_quiet(chip);
}

/* Resets */

static void power_flash(struct imxrt *chip)
{
	for (size_t i = 0; i < FLEXSPIS; i++) {
		if (chip->nor[i] == NULL)
			continue;
		nor_power(chip->nor[i], false);
		if (chip->board->powered)
			nor_power(chip->nor[i], true);
	}
}

static void start_watchdogs(struct imxrt *chip, enum vb_reset kind)
{
	imxrt_wdog_reset(&chip->wdog[0], kind);
	imxrt_wdog_reset(&chip->wdog[1], kind);
	imxrt_rtwdog_reset(&chip->rtwdog);
}

/* While nRST is low nothing counts; the boot pins are sampled when it rises. */
static void released(struct vb_board *board, void *priv)
{
	struct imxrt *chip = priv;

	(void)board;
	imxrt_src_reset(&chip->src, VB_RESET_NRST, sample_sbmr1(chip), sample_sbmr2(chip));
	start_watchdogs(chip, VB_RESET_NRST);
}

/* CORE0_RST and VECTRESET reset the core alone; a warm reset spares GPR16, GPR17 and SRC_GPRn. */
static void reset(struct vb_board *board, void *priv, enum vb_reset kind)
{
	struct imxrt *chip = priv;
	bool is_cold = kind == VB_RESET_POWER_ON || kind == VB_RESET_NRST;

	chip->resets[kind]++;
	set_waits(chip, false);
	if (kind == VB_RESET_CORE)
		return;
	imxrt_ocotp_reset(chip->ocotp, kind);
	imxrt_iomuxc_reset(&chip->iomuxc, is_cold);
	imxrt_src_reset(&chip->src, kind, sample_sbmr1(chip), sample_sbmr2(chip));
	imxrt_ccm_reset(&chip->ccm);
	imxrt_reset_quiet(chip);
	start_watchdogs(chip, kind);
	for (size_t i = 0; i < ARRAY_SIZE(chip->gpio); i++)
		imxrt_gpio_reset(&chip->gpio[i]);
	for (size_t i = 0; i < ARRAY_SIZE(chip->gpt); i++)
		imxrt_gpt_reset(&chip->gpt[i]);
	imxrt_lpuart_reset(&chip->lpuart1);
	on_pads(chip);
	on_gpr(chip, GPR16);
	on_gpr(chip, GPR30);
	if (kind == VB_RESET_POWER_ON) {
		imxrt_ram_forget(chip);
		power_flash(chip);
	}
	for (size_t i = 0; i < FLEXSPIS; i++) {
		if (chip->flexspi[i] != NULL)
			imxrt_flexspi_reset(chip->flexspi[i]);
	}
	on_fuses(chip);
	(void)board;
}

static void stats(struct vb_board *board, void *priv, FILE *out)
{
	struct imxrt *chip = priv;
	struct imxrt_ocotp_stats fuses;
	struct vb_cache_stats caches;
	uint64_t resets = 0, commands = 0;

	for (size_t i = 0; i < ARRAY_SIZE(chip->resets); i++)
		resets += chip->resets[i];
	for (size_t i = 0; i < FLEXSPIS; i++)
		commands += chip->flexspi[i] ? imxrt_flexspi_ip_commands(chip->flexspi[i]) : 0;
	imxrt_ocotp_stats(chip->ocotp, &fuses);
	vb_cpu_cache_stats(board->cpu, &caches);
#define PAIR(name, value) fprintf(out, ",\"" name "\":%llu", (unsigned long long)(value))
	PAIR("flash_erases", chip->erases);
	PAIR("flash_programs", chip->programs);
	PAIR("led_toggles", chip->led_toggles);
	PAIR("uart_sent", chip->lpuart1.port.sent);
	PAIR("uart_lost", chip->lpuart1.port.lost);
	PAIR("fuse_bits", fuses.bits);
	PAIR("fuse_programs", fuses.programs);
	PAIR("ip_commands", commands);
	PAIR("cache_fills", caches.fills);
	PAIR("cache_writebacks", caches.writebacks);
	PAIR("stale_dap_reads", caches.stale_dap_reads);
	PAIR("stale_cpu_reads", caches.stale_cpu_reads);
	PAIR("resets", resets);
	PAIR("resets_nrst", chip->resets[VB_RESET_NRST]);
	PAIR("resets_system", chip->resets[VB_RESET_SYSTEM]);
	PAIR("resets_core", chip->resets[VB_RESET_CORE]);
	PAIR("resets_lockup", chip->resets[VB_RESET_LOCKUP]);
	PAIR("resets_wdog", chip->resets[VB_RESET_WDOG]);
	PAIR("resets_rtwdog", chip->resets[VB_RESET_RTWDOG]);
#undef PAIR
}

#define BOARD(symbol, name, text)                                                                  \
	const struct vb_chip symbol = {                                                            \
		.board_name = name,                                                                \
		.help = text,                                                                      \
		.priv_size = sizeof(struct imxrt),                                                 \
		.create = create,                                                                  \
		.destroy = destroy,                                                                \
		.released = released,                                                              \
		.reset = reset,                                                                    \
		.stats = stats,                                                                    \
		.save = imxrt_save,                                                                \
		.load = imxrt_load,                                                                \
		.verbs = imxrt_verbs,                                                              \
		.presets = imxrt_presets,                                                          \
		.set_unit = set_unit,                                                              \
	}

BOARD(mimxrt1064_evk_chip, "mimxrt1064-evk",
      "MIMXRT1064-EVK: Cortex-M7, 1 MiB RAM, 4 MiB flash in the package, 8 MiB beside it");
BOARD(mimxrt1060_evk_chip, "mimxrt1060-evk",
      "MIMXRT1060-EVK: Cortex-M7, 1 MiB RAM, 8 MiB QSPI flash");
BOARD(mimxrt1024_evk_chip, "mimxrt1024-evk",
      "MIMXRT1024-EVK: Cortex-M7, 256 KiB RAM, 4 MiB flash in the package");
BOARD(imxrt1050_evkb_chip, "imxrt1050-evkb",
      "IMXRT1050-EVKB: Cortex-M7, 512 KiB RAM, 8 MiB QSPI flash");
BOARD(imxrt1050_evkb_hyper_chip, "imxrt1050-evkb-hyper",
      "IMXRT1050-EVKB: Cortex-M7, 512 KiB RAM, 64 MiB HyperFlash");
