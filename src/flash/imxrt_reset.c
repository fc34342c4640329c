/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets of an i.MX RT. After each the boot ROM runs, sets up the FlexSPI from the flash's header and
 * jumps to the program, or waits in its serial downloader. "reset halt" means the program's first
 * instruction, so a comparator stands there while the ROM does its work; without a program the core is
 * caught before the ROM's first instruction.
 *
 * GPR16 and GPR17 survive SYSRESETREQ: a ROM that finds no OCRAM hangs (IMXRT1050RM "IOMUXC GPR").
 */
#include "flash/imxrt_reset.h"

#include <stdio.h>

#include "base/clock.h"
#include "dap/link.h"
#include "flash/flexspi.h"

#define ROM_RAM_BYTES	0x8000u		/* of OCRAM, that the ROM works in */
#define HALT_MS		200u
#define CATCH_MS	500u
#define ENTRY_MS	1500u		/* the ROM starts a program within 200 ms */
#define RECONNECT_MS	20u
#define READY_READS	20u

#define FP_CTRL		0xe0002000u
#define FP_COMP(n)	(0xe0002008u + 4u * (n))
#define ENTRY_COMP	7u		/* of eight; target/ fills them from 0 on */
#define WATCH_READ_WRITE_WORD 0x807u

enum err imxrt_read_dhcsr(struct target *t, uint32_t *dhcsr)
{
	struct mem_ap *ap = NULL;

	if (t->examined)
		return target_read_u32(t, SCB_DHCSR, dhcsr);
	TRY(imxrt_ap(t, &ap));
	return mem_ap_read32(ap, SCB_DHCSR, dhcsr);
}

enum err imxrt_wait_halt(struct target *t, unsigned timeout_ms)
{
	uint64_t start = clock_now_ms();
	uint32_t dhcsr = 0;
	struct error last = { 0 };
	enum err rc;

	for (;;) {
		bool is_late = clock_now_ms() - start > timeout_ms;

		rc = imxrt_read_dhcsr(t, &dhcsr);
		if (rc == OK && (dhcsr & DHCSR_S_HALT))
			return OK;
		if (is_late)
			break;
		if (rc != OK) {
			error_take(&last);
			dap_pause_ms(1);
			if (clock_now_ms() - start > RECONNECT_MS && dap_connect(t->dap) == OK)
				mem_ap_invalidate(t->ap);
			error_clear();
		}
	}
	if (rc != OK)
		return rc;
	error_why(ERR_HALT_TIMEOUT, "the core does not halt within %u ms", timeout_ms);
	return error_evidence(ERR_HALT_TIMEOUT, "DHCSR = 0x%08x", dhcsr);
}

enum err imxrt_read_pc(struct target *t, uint32_t *pc)
{
	struct mem_ap *ap = NULL;
	uint32_t dhcsr = 0;

	TRY(imxrt_ap(t, &ap));
	TRY(mem_ap_write32(ap, SCB_DCRSR, DCRSR_PC));
	for (unsigned i = 0; i < READY_READS && !(dhcsr & DHCSR_S_REGRDY); i++)
		TRY(imxrt_read_dhcsr(t, &dhcsr));
	if (!(dhcsr & DHCSR_S_REGRDY))
		return error_why(ERR_HALT_TIMEOUT, "the core does not hand out its registers");
	return mem_ap_read32(ap, SCB_DCRDR, pc);
}

enum err imxrt_halt_core(struct target *t)
{
	struct mem_ap *ap = NULL;

	TRY(imxrt_ap(t, &ap));
	TRY(mem_ap_write32(ap, SCB_DHCSR, DHCSR_WRITE | DHCSR_DEBUGEN | DHCSR_C_HALT));
	return imxrt_wait_halt(t, HALT_MS);
}

/* --- The request --- */

static enum err mend_flexram(struct target *t)
{
	const struct imxrt_chip *chip = NULL;
	struct mem_ap *ap = NULL;
	struct imxrt_ram ram = { 0 };
	uint32_t gpr16 = 0;

	TRY(imxrt_ap(t, &ap));
	TRY(imxrt_chip_of(t, &chip));
	TRY(imxrt_read_ram(t, chip, &ram));
	if (!ram.from_gpr || ram.ocram >= ROM_RAM_BYTES || chip->part->ocram2_bytes != 0)
		return OK;
	log_info("[%s] the program took all OCRAM, without which the boot ROM hangs: GPR16 bit 2 is "
		 "cleared before the reset", t->name);
	TRY(mem_ap_read32(ap, GPR16, &gpr16));
	return mem_ap_write32(ap, GPR16, gpr16 & ~GPR16_BANK_CFG_SEL);
}

static void queue_catch(struct mem_ap *ap, enum imxrt_catch how, uint32_t entry)
{
	uint32_t demcr = DEMCR_TRC;

	if (how == CATCH_VECTOR)
		demcr |= DEMCR_CORERESET | DEMCR_HARDERR;
	mem_ap_queue_write32(ap, SCB_DEMCR, demcr);
	if (how == CATCH_WATCHPOINT) {
		mem_ap_queue_write32(ap, DWT_COMP0, SRC_SBMR1);
		mem_ap_queue_write32(ap, DWT_MASK0, 0);
		mem_ap_queue_write32(ap, DWT_FUNCTION0, WATCH_READ_WRITE_WORD);
	} else if (how == CATCH_ENTRY) {
		mem_ap_queue_write32(ap, FP_COMP(ENTRY_COMP), entry | 1);
		mem_ap_queue_write32(ap, FP_CTRL, 3);
	}
	mem_ap_queue_write32(ap, SCB_DFSR, 0x1f);
}

enum err imxrt_reset_core(struct target *t, enum imxrt_catch how, uint32_t entry)
{
	struct mem_ap *ap = NULL;
	uint32_t dhcsr = 0;

	TRY(imxrt_ap(t, &ap));
	if (mend_flexram(t) != OK)
		error_clear();		/* some other chip state: the reset may still help */
	TRY(imxrt_read_dhcsr(t, &dhcsr));
	mem_ap_queue_write32(ap, SCB_DHCSR, DHCSR_WRITE | DHCSR_DEBUGEN |
			     (dhcsr & (DHCSR_S_HALT | DHCSR_S_SLEEP) ? DHCSR_C_HALT : 0));
	queue_catch(ap, how, entry);
	TRY(mem_ap_run(ap));
	mem_ap_queue_write32(ap, SCB_AIRCR, AIRCR_REQUEST);
	if (mem_ap_run(ap) != OK)	/* the reset may swallow the acknowledge */
		error_clear();
	t->memory_epoch++;
	return OK;
}

/* The comparators and catch bits of every way to catch it. */
static enum err clear_catches(struct target *t)
{
	struct mem_ap *ap = NULL;

	TRY(imxrt_ap(t, &ap));
	mem_ap_queue_write32(ap, SCB_DEMCR, DEMCR_TRC);
	mem_ap_queue_write32(ap, DWT_FUNCTION0, 0);
	mem_ap_queue_write32(ap, FP_COMP(ENTRY_COMP), 0);
	/* Nobody set this breakpoint: the stop is what was asked for, not one of the user's. */
	mem_ap_queue_write32(ap, SCB_DFSR, 0x1f);
	return mem_ap_run(ap);
}

/* --- reset halt --- */

static void tell_where(struct target *t, const struct imxrt_chip *chip, uint32_t entry)
{
	struct mem_ap *ap = t->ap;	/* the core was halted through it */
	uint32_t pc = 0, sbmr2 = 0;

	if (imxrt_read_pc(t, &pc) != OK || mem_ap_read32(ap, SRC_SBMR2, &sbmr2) != OK) {
		error_clear();
		return;
	}
	if (pc - IMXRT_ROM < chip->part->rom_bytes)
		log_warning("[%s] the boot ROM found no bootable image and waits in the serial downloader "
			    "(PC 0x%08x, BOOT_MODE %u%u): run \"imxrt doctor\" for the reason", t->name, pc,
			    bits_get(sbmr2, 25, 25), bits_get(sbmr2, 24, 24));
	else
		log_warning("[%s] the program did not come by its entry 0x%08x: halted at 0x%08x, %s",
			    t->name, entry, pc, imxrt_where(chip, pc));
}

/* Before the ROM's first instruction; by the ROM's read of the boot pins where the vector catch fails;
 * and if that fails, wherever the core is. */
static enum err stop_in_rom(struct target *t)
{
	static const enum imxrt_catch ways[] = { CATCH_VECTOR, CATCH_WATCHPOINT };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		enum err rc = imxrt_reset_core(t, ways[i], 0);

		if (rc == OK)
			rc = imxrt_wait_halt(t, CATCH_MS);
		if (rc == OK)
			return clear_catches(t);
		log_debug("%s", error_text(error_current()));
		error_clear();
	}
	TRY(imxrt_halt_core(t));
	return clear_catches(t);
}

static enum err stop_at_program(struct target *t, const struct imxrt_chip *chip, uint32_t entry)
{
	enum err rc;

	TRY(imxrt_reset_core(t, CATCH_ENTRY, entry));
	rc = imxrt_wait_halt(t, ENTRY_MS);
	if (rc != OK) {
		error_clear();
		TRY(imxrt_halt_core(t));
		tell_where(t, chip, entry);
	}
	return clear_catches(t);
}

/* Connected under reset: the line is let go of with the core caught, or halted as soon as it answers. */
static enum err release_caught(struct target *t)
{
	struct adapter *adapter = t->list->adapter;
	struct mem_ap *ap = NULL;

	TRY(imxrt_ap(t, &ap));
	queue_catch(ap, CATCH_VECTOR, 0);
	mem_ap_queue_write32(ap, SCB_DHCSR, DHCSR_WRITE | DHCSR_DEBUGEN | DHCSR_C_HALT);
	if (mem_ap_run(ap) != OK)
		error_clear();		/* this board's debug logic sleeps under reset */
	TRY(adapter_set_reset(adapter, false, false));
	mem_ap_invalidate(ap);
	return imxrt_halt_core(t);
}

static enum err reset_and_stop(struct target *t, bool in_rom)
{
	const struct imxrt_chip *chip = NULL;
	struct imxrt_entry entry = { 0 };
	bool found = false;

	if (t->list->adapter->srst)
		TRY(release_caught(t));
	if (in_rom)
		return stop_in_rom(t);
	enum err rc = imxrt_chip_of(t, &chip);

	if (rc == OK)
		rc = imxrt_find_program(t, chip, &entry, &found);
	if (rc != OK || !found) {
		log_info("[%s] no program to stop at (%s): stopping at the boot ROM's first instruction",
			 t->name, rc == OK ? "the boot flash holds no image vector table"
					   : error_text(error_current()));
		error_clear();
		return stop_in_rom(t);
	}
	log_debug("[%s] the program starts at 0x%08x", t->name, entry.pc);
	return stop_at_program(t, chip, entry.pc);
}

/* Nothing answered so far: nRST is held while the debug port is brought up; it is let go of by the reset
 * procedure, which then examines the core. */
static enum err reset_silent(struct target *t)
{
	struct adapter *adapter = t->list->adapter;

	if (!(adapter->reset_config & RESET_HAS_SRST)) {
		error_why(ERR_NOT_EXAMINED, "%s was not identified, and without nRST (see reset_config) "
			  "only an identified core can be reset", t->name);
		return error_next(ERR_NOT_EXAMINED, "run \"imxrt rescue\"");
	}
	TRY(adapter_set_reset(adapter, true, false));
	if (t->list->reset_mode == RESET_RUN)
		return OK;
	if (t->dap == NULL || dap_connect(t->dap) != OK) {
		error_clear();
		return OK;
	}
	struct mem_ap *ap = mem_ap_get(t->dap, 0);

	mem_ap_queue_write32(ap, SCB_DHCSR, DHCSR_WRITE | DHCSR_DEBUGEN | DHCSR_C_HALT);
	mem_ap_queue_write32(ap, SCB_DEMCR, DEMCR_TRC | DEMCR_CORERESET | DEMCR_HARDERR);
	if (mem_ap_run(ap) != OK)
		error_clear();		/* this board's debug logic sleeps under reset */
	return OK;
}

/* Identified once, and since then its program took the debug pads. */
static bool is_gone(struct target *t)
{
	uint32_t dhcsr = 0;
	enum err rc = imxrt_read_dhcsr(t, &dhcsr);

	if (rc == ERR_DAP_NO_ACK || rc == ERR_DAP_JTAG_CHAIN)
		rc = dap_connect(t->dap);
	if (rc == OK)
		return false;
	error_clear();
	return rc == ERR_DAP_NO_ACK || rc == ERR_DAP_JTAG_CHAIN;
}

/* A reset keeps DFSR: helper code's last BKPT would be told as the reason of the next halt. */
static void forget_last_stop(struct target *t)
{
	struct mem_ap *ap = NULL;

	if (imxrt_ap(t, &ap) == OK && mem_ap_write32(ap, SCB_DFSR, 0x1f) == OK)
		return;
	error_clear();
}

enum err cmd_imxrt_reset_assert(struct call *c)
{
	static const char *const places[] = { "program", "rom", NULL };
	struct target *t = NULL;
	int place = 0;

	TRY(arg_imxrt_target(c, &t));
	if (c->argc > 1)
		TRY(arg_word(c, 1, places, &place));
	if (!t->examined || is_gone(t))
		return reset_silent(t);
	if (t->list->reset_mode != RESET_RUN)
		return reset_and_stop(t, place == 1);
	if (!(t->list->adapter->reset_config & RESET_HAS_SRST))
		return imxrt_reset_core(t, CATCH_NOTHING, 0);
	forget_last_stop(t);
	return adapter_set_reset(t->list->adapter, true, false);
}

/* The handler of the reset-assert event decides; for one reset it is another. */
enum err cmd_imxrt_reset(struct call *c)
{
	static const char *const places[] = { "program", "rom", NULL };
	struct target *t = NULL;
	char script[512];
	int place = 0;

	TRY(arg_imxrt_target(c, &t));
	TRY(arg_word(c, 1, places, &place));
	snprintf(script, sizeof(script),
		 "set imxrt_kept [%s cget -event reset-assert]\n"
		 "%s configure -event reset-assert {imxrt reset_assert %s}\n"
		 "set imxrt_failed [catch {reset halt} imxrt_text]\n"
		 "%s configure -event reset-assert $imxrt_kept\n"
		 "if {$imxrt_failed} {return -code error $imxrt_text}\n",
		 t->name, t->name, places[place], t->name);
	return script_eval(c->script, script_origin(c->script), script, NULL, 0, NULL);
}
