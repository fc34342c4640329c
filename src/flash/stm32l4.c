/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: identification, register access, and the driver's table. */
#include "flash/stm32l4_work.h"

#include <stdlib.h>

#include "base/clock.h"
#include "flash/stm32l4_otp.h"

#define RESERVED_IDCODE 0xfffu
#define WL_DEV_ID	0x497u

/* Registers */

enum err stm32l4_read(struct flash_bank *bank, uint8_t reg, uint32_t *value)
{
	struct stm32l4 *f = bank->priv;

	return target_read_u32(bank->target, f->regs + reg, value);
}

enum err stm32l4_write(struct flash_bank *bank, uint8_t reg, uint32_t value)
{
	struct stm32l4 *f = bank->priv;

	return target_write_u32(bank->target, f->regs + reg, value);
}

enum err stm32l4_still_busy(uint32_t sr, unsigned waited_ms)
{
	error_why(ERR_FLASH_BUSY, "the flash controller was still busy after %u ms", waited_ms);
	error_evidence(ERR_FLASH_BUSY, "FLASH_SR = 0x%08x (BSY)", sr);
	return error_next(ERR_FLASH_BUSY,
			  "run \"reset halt\" and try again; if it stays, power-cycle the board");
}

enum err stm32l4_wait(struct flash_bank *bank, unsigned timeout_ms, uint32_t *sr)
{
	struct stm32l4 *f = bank->priv;
	uint64_t deadline = clock_now_ms() + timeout_ms;
	uint32_t busy = f->line->banks == TWO_G0B ? SR_BSY | SR_BSY2 : SR_BSY;

	for (;;) {
		bool late = clock_now_ms() >= deadline;

		TRY(stm32l4_read(bank, f->layout->sr, sr));
		f->busy_sr = *sr & busy ? *sr : 0;
		if (f->busy_sr == 0)
			return OK;
		if (late)
			return stm32l4_still_busy(*sr, timeout_ms);
		loop_service(bank->target->list->loop);
	}
}

/* Identification */

static enum err read_idcode(struct target *t, uint32_t *idcode, uint32_t *dbgmcu)
{
	static const uint32_t places[] = { DBGMCU_L4, DBGMCU_L5, DBGMCU_G0 };
	uint32_t uid64;
	enum err rc = OK;

	*idcode = 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		rc = target_read_u32(t, places[i], idcode);
		if (rc != OK && rc != ERR_BUS && rc != ERR_DAP_FAULT)
			return rc;
		*dbgmcu = places[i];
		if (rc == OK && (*idcode & 0xfff) != 0 && (*idcode & 0xfff) != RESERVED_IDCODE) {
			error_clear();
			return OK;
		}
	}
	error_clear();
	if (target_read_u32(t, UID64_HIGH, &uid64) == OK && uid64 == UID64_WL) {
		*idcode = WL_DEV_ID;
		*dbgmcu = 0;
		return OK;
	}
	error_clear();
	error_why(ERR_FLASH_PROBE, "no STM32 answers: no device code at 0x%08x, 0x%08x or 0x%08x",
		  DBGMCU_L4, DBGMCU_L5, DBGMCU_G0);
	return error_next(ERR_FLASH_PROBE, "check that the board and the target script match");
}

static enum err identify(struct flash_bank *bank, struct stm32l4 *f)
{
	TRY(read_idcode(bank->target, &f->idcode, &f->dbgmcu));
	f->line = stm32l4_find_line(f->idcode & 0xfff);
	if (f->line == NULL)
		return error_why(ERR_FLASH_PROBE,
				 "device code 0x%03x is no STM32 that the stm32l4x driver knows "
				 "(DBGMCU_IDCODE = 0x%08x)",
				 f->idcode & 0xfff, f->idcode);
	f->layout = f->dbgmcu == 0 ? &stm32l4_layout_wl_cpu2 : f->line->layout;
	f->regs = f->line->regs;
	return OK;
}

static enum err read_size(struct flash_bank *bank, const struct stm32l4 *f, uint32_t *kib)
{
	uint16_t size;

	if (bank->given_size != 0) {
		*kib = bank->given_size >> 10;
		log_info("flash size = %u KiB, as configured", *kib);
		if (*kib <= f->line->max_kib && *kib > 0)
			return OK;
		log_warning("a %s has at most %u KiB", f->line->name, f->line->max_kib);
		*kib = f->line->max_kib;
		return OK;
	}
	TRY(target_read_u16(bank->target, f->line->size_reg, &size));
	*kib = size;
	if (size == 0 || size > f->line->max_kib) {
		*kib = f->line->max_kib;
		log_warning("the flash size register holds 0x%04x, which a %s cannot have: taking "
			    "its maximum",
			    size, f->line->name);
	}
	log_info("flash size = %u KiB", *kib);
	return OK;
}

void stm32l4_fill_sectors(struct flash_bank *bank, const struct stm32l4_geometry *g)
{
	unsigned lower = g->dual ? g->bank_pages : g->pages;

	bank->sectors = xrealloc(bank->sectors, MAX(g->pages, 1u) * sizeof(*bank->sectors));
	bank->sector_count = g->pages;
	for (unsigned i = 0; i < g->pages; i++)
		bank->sectors[i] = (struct flash_sector){
			.offset = i < lower ? i * g->page_bytes
					    : g->bank2_offset + (i - lower) * g->page_bytes,
			.size = g->page_bytes,
			.is_erased = -1,
			.is_protected = -1,
		};
}

static void fill_timings(struct flash_bank *bank, const struct stm32l4_line *line)
{
	bank->program_unit = line->unit;
	bank->program_unit_us = line->timing->unit;
	bank->erase_sector_us = line->timing->page_erase;
	bank->mass_erase_us = line->timing->mass_erase;
	bank->erased_value = 0xff;
}

/* Helper code looks at the flash before begin, too, and a watchdog that the firmware has started runs on
 * meanwhile. A refresh does nothing to one that does not run; inside a window it would be a reset. */
static void note_keepalive(struct flash_bank *bank)
{
	uint32_t winr = 0;

	if (target_read_u32(bank->target, IWDG_WINR, &winr) != OK)
		error_clear();
	bank->keepalive = winr == IWDG_WINR_NONE ? IWDG_KR : 0;
}

static enum err probe_otp(struct flash_bank *bank, struct stm32l4 *f)
{
	f->is_otp = true;
	bank->is_once_only = true;
	bank->size = f->line->otp_bytes;
	bank->sector_count = 1;
	bank->sectors = xrealloc(bank->sectors, sizeof(*bank->sectors));
	bank->sectors[0] = (struct flash_sector){ 0, bank->size, -1, !f->otp_enabled };
	log_info("OTP size is %u bytes, base address is 0x%08x", f->line->otp_bytes,
		 f->line->otp_base);
	return OK;
}

static enum err probe_main(struct flash_bank *bank, struct stm32l4 *f)
{
	uint32_t kib;

	if (bank->base == 0)
		bank->base = MAIN_BASE;
	if (bank->base != MAIN_BASE && !(bank->base == SECURE_BASE && f->line->has_trustzone))
		return error_next(error_why(ERR_FLASH_PROBE, "a %s has no flash at 0x%08x",
					    f->line->name, bank->base),
				  "use 0x%08x, or 0x%08x for the OTP area", MAIN_BASE,
				  f->line->otp_base);
	TRY(read_size(bank, f, &kib));
	stm32l4_geometry(f->line, kib, f->optr, &f->g);
	bank->size = f->g.span;
	stm32l4_fill_sectors(bank, &f->g);
	if (f->line->banks != ONE_BANK || f->line->max_kib != 0)
		log_info("flash mode : %s-bank", f->g.dual ? "dual" : "single");
	return OK;
}

unsigned stm32l4_rdp_level(uint32_t optr)
{
	return OPTR_RDP(optr) == RDP_LEVEL_0 ? 0 : OPTR_RDP(optr) == RDP_LEVEL_2 ? 2 : 1;
}

static void log_identity(const struct stm32l4 *f)
{
	uint16_t rev = (uint16_t)(f->idcode >> 16);

	log_info("device idcode = 0x%08x (%s - Rev %s : 0x%04x)", f->idcode, f->line->name,
		 stm32l4_revision_name(f->line, rev), rev);
	if (f->line->has_trustzone && OPTR_RDP(f->optr) == RDP_LEVEL_0_5)
		log_info("RDP level 0.5 (0x%02X)", OPTR_RDP(f->optr));
	else
		log_info("RDP level %u (0x%02X)", stm32l4_rdp_level(f->optr), OPTR_RDP(f->optr));
}

static enum err probe(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4 now = { .otp_enabled = f->otp_enabled, .fast_off = f->fast_off };

	TRY(identify(bank, &now));
	TRY(target_read_u32(bank->target, now.regs + now.layout->optr, &now.optr));
	/* The option bytes decide the geometry: look again only when they changed. */
	if (bank->is_probed && f->idcode == now.idcode && f->optr == now.optr)
		return OK;
	now.is_tz = now.line->has_trustzone && (now.optr & BIT(31));
	*f = now;
	log_identity(f);
	fill_timings(bank, f->line);
	note_keepalive(bank);
	if (bank->base == f->line->otp_base)
		return probe_otp(bank, f);
	TRY(probe_main(bank, f));
	stm32l4_tell_interrupted(bank);
	return OK;
}

/* The contract's steps */

static enum err erase(struct flash_bank *bank, unsigned first, unsigned last)
{
	struct flash_step *steps = xcalloc(last - first + 1, sizeof(*steps));
	enum err rc;

	for (unsigned i = first; i <= last; i++)
		steps[i - first] = (struct flash_step){
			.sector = i, .erase = true, .offset = bank->sectors[i].offset,
		};
	rc = stm32l4_run(bank, steps, last - first + 1);
	free(steps);
	return rc;
}

static enum err write(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n)
{
	struct flash_step step = {
		.sector = flash_sector_at(bank, offset),
		.offset = offset,
		.bytes = n,
		.data = (uint8_t *)data,
	};

	return stm32l4_run(bank, &step, 1);
}

static enum err create(struct flash_bank *bank, int argc, const char *const *argv)
{
	(void)argc;
	(void)argv;
	bank->priv = xcalloc(1, sizeof(struct stm32l4));
	return OK;
}

static void destroy(struct flash_bank *bank)
{
	free(bank->priv);
}

static const char *const aliases[] = { "stm32l4",  "stm32l4plus", "stm32c0x",  "stm32g0x",
				       "stm32g4x", "stm32l5x",	  "stm32u0x",  "stm32u3x",
				       "stm32u5x", "stm32wbx",	  "stm32wbax", "stm32wlx",
				       NULL };

const struct flash_driver stm32l4_driver = {
	.name = "stm32l4x",
	.aliases = aliases,
	.help = "STM32 L4, L4+, L5, G0, G4, C0, U0, U3, U5, WB, WBA, WL: internal flash, OTP and "
		"option bytes",
	.commands = stm32l4_commands,
	.create = create,
	.destroy = destroy,
	.probe = probe,
	.begin = stm32l4_begin,
	.end = stm32l4_end,
	.erase = erase,
	.write = write,
	.run = stm32l4_run,
	.plan = stm32l4_plan,
	.objections = stm32l4_otp_objections,
	.takes_breakpoints = true,
	.backup_worth = 4096,
	.protect = stm32l4_protect,
	.protect_check = stm32l4_protect_check,
	.info = stm32l4_info,
	.readable = stm32l4_readable,
	.crcs = stm32l4_crcs,
	.explain = stm32l4_explain,
	.refresh = stm32l4_refresh,
	.twin = stm32l4_twin,
};
