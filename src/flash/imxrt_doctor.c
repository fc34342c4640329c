/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imxrt_doctor: the verb, and the sections about core, clocks, RAM and watchdogs. */
#include "flash/imxrt_doctor.h"

#include <stdlib.h>
#include <string.h>

#include "flash/flexspi.h"
#include "flash/imxrt_reset.h"
#include "flash/ocotp_priv.h"
#include "target/fault.h"

#define DWT_PCSR	   0xe000101cu
#define SCB_MMFAR	   0xe000ed34u
#define SCB_BFAR	   0xe000ed38u
#define SAMPLES		   4u
#define CSW_DEVICE_ENABLED BIT(6)

struct imxrt_doctor_advice *imxrt_doctor_advise(struct doctor *d, enum imxrt_doctor_urgency urgency,
						const char *fmt, ...)
{
	va_list ap;

	if (d->advice_count == ARRAY_SIZE(d->advice))
		return NULL;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);

	va_end(ap);
	for (size_t i = 0; i < d->advice_count; i++)
		if (strcmp(d->advice[i].text, text) == 0) {
			free(text);
			return NULL;
		}
	d->advice[d->advice_count] = (struct imxrt_doctor_advice){ .urgency = urgency, .text = text };
	return &d->advice[d->advice_count++];
}

/* sections */

/* Does the access port still answer, and is it allowed to reach memory? */
/* A port that was there a moment ago may be gone: it is asked, not remembered. */
static enum err reach_port(struct dap *dap, uint8_t apsel, uint32_t *idr, uint32_t *csw)
{
	if (!dap->is_connected)
		TRY(dap_connect(dap));
	dap_read_ap(dap, apsel, AP_IDR, idr);
	dap_read_ap(dap, apsel, AP_CSW, csw);
	return dap_run(dap);
}

static void describe_port(struct doctor *d, uint8_t apsel, uint32_t idr, uint32_t csw)
{
	buf_printf(d->out, "access port %u: IDR 0x%08x%s\n", apsel, idr,
		   idr == 0x04770041 ? "" : " (an RT10xx has 0x04770041)");
	if (csw & CSW_DEVICE_ENABLED)
		return;
	buf_printf(
		d->out,
		"the chip has closed it (CSW = 0x%08x): a debug fuse (JTAG_SMODE, SJC_DISABLE), or "
		"a closed part\n",
		csw);
	imxrt_doctor_advise(
		d, URGENT_REACH,
		"the access port is closed by the chip: on a part with JTAG_SMODE = 01 only "
		"secure JTAG opens it; otherwise nothing does");
}

static enum err link_section(struct doctor *d)
{
	struct dap *dap = d->target->dap;
	uint8_t apsel = d->target->ap_num < 0 ? 0 : (uint8_t)d->target->ap_num;
	uint32_t idr = 0, csw = 0;
	enum err rc = reach_port(dap, apsel, &idr, &csw);

	if (rc != OK && !dap->is_connected) {
		buf_printf(d->out,
			   "the debug port does not answer: no power, a wire, or the program has "
			   "given the SWD pads to something else\n(%s)\n", error_current()->why);
		error_clear();
		d->is_silent = true;
		return OK;
	}
	buf_printf(d->out, "debug port DPIDR 0x%08x%s\n", dap->dpidr,
		   dap->dpidr == 0x0bd11477 ? "" : " (an RT10xx has 0x0bd11477 on SWD)");
	TRY(rc);
	describe_port(d, apsel, idr, csw);
	return OK;
}

static enum err part_section(struct doctor *d)
{
	TRY(imxrt_ap(d->target, &d->ap));
	enum err rc = imxrt_chip_of(d->target, &d->chip);

	d->is_other_chip = rc == ERR_UNSUPPORTED;
	TRY(rc);
	buf_printf(d->out, "%s%s, silicon %s, DIGPROG 0x%08x, unique id 0x%016llx\n",
		   d->chip->part->name,
		   d->chip->is_guess ? " (or a sister that looks the same)" : "", d->chip->revision,
		   d->chip->digprog, (unsigned long long)d->chip->uid);
	buf_printf(d->out, "boot flash at 0x%08x%s\n", d->chip->part->boot_window,
		   d->chip->part->has_sip ? ", in the package" : "");
	return OK;
}

/* The PC of a running core, by samples; 0xffffffff: it sleeps. */
static enum err sample_pc(struct doctor *d, uint32_t *pc)
{
	uint32_t samples[SAMPLES] = { 0 };

	for (size_t i = 0; i < SAMPLES; i++)
		mem_ap_queue_read32(d->ap, DWT_PCSR, &samples[i]);
	TRY(mem_ap_run(d->ap));
	*pc = samples[SAMPLES - 1];
	return OK;
}

static void describe_state(struct doctor *d, uint32_t dhcsr)
{
	d->is_halted = dhcsr & DHCSR_S_HALT;
	d->is_locked_up = dhcsr & DHCSR_S_LOCKUP;
	buf_printf(d->out, "the core %s",
		   d->is_locked_up	   ? "is locked up: it faulted while it handled a fault"
		   : d->was_stopped	   ? "ran; it is halted for this report and goes on afterwards"
		   : d->is_halted	   ? "is halted"
		   : dhcsr & DHCSR_S_SLEEP ? "sleeps"
					   : "runs");
	if (dhcsr & DHCSR_S_RESET)
		buf_printf(d->out, "; it was reset since the last look");
	buf_putc(d->out, '\n');
}

static enum err core_section(struct doctor *d)
{
	uint32_t dhcsr = 0, pc = 0;

	TRY(imxrt_ap(d->target, &d->ap));
	TRY(imxrt_read_dhcsr(d->target, &dhcsr));
	d->is_reachable = true;
	describe_state(d, dhcsr);
	/* Where the program is, not where helper code ended. */
	if (d->is_halted && d->target->examined && d->target->state == TARGET_HALTED)
		TRY(target_get_reg32(d->target, "pc", &pc));
	else if (d->is_halted)
		TRY(imxrt_read_pc(d->target, &pc));
	else
		TRY(sample_pc(d, &pc));
	if (!d->is_halted && (pc == 0xffffffff || pc == 0)) {
		buf_printf(d->out, "its PC cannot be sampled while it %s\n",
			   d->is_locked_up ? "is locked up"
					   : "sleeps or before it was ever stopped");
	} else if (d->chip != NULL) {
		buf_printf(d->out, "PC 0x%08x: %s\n", pc, imxrt_where(d->chip, pc));
		d->is_in_rom = pc - IMXRT_ROM < d->chip->part->rom_bytes;
	} else {
		buf_printf(d->out, "PC 0x%08x\n", pc);
	}
	return OK;
}

static void advise_fault(struct doctor *d, const struct fault_state *f)
{
	/* A lockup, also one that was halted since, or a fault that nobody handled. */
	if (d->is_locked_up || (f->hfsr & (BIT(30) | BIT(1))))
		imxrt_doctor_advise(
			d, URGENT_RUN,
			"the program faults: \"reset halt\", then load a good one (\"program FILE "
			"verify reset\"), or take it out with \"imxrt rescue\"");
}

static enum err fault_section(struct doctor *d)
{
	struct fault_state f = { .has_status = true, .is_lockup = d->is_locked_up };

	mem_ap_queue_read32(d->ap, SCB_CFSR, &f.cfsr);
	mem_ap_queue_read32(d->ap, SCB_HFSR, &f.hfsr);
	mem_ap_queue_read32(d->ap, SCB_MMFAR, &f.mmfar);
	mem_ap_queue_read32(d->ap, SCB_BFAR, &f.bfar);
	TRY(mem_ap_run(d->ap));
	if (!fault_is_recorded(&f)) {
		buf_printf(d->out, "no fault is recorded\n");
		return OK;
	}
	advise_fault(d, &f);
	size_t before = d->out->len;

	/* With the core halted the stacked frame can be looked at, too. */
	if (d->target->state == TARGET_HALTED && d->target->type->explain != NULL)
		TRY(d->target->type->explain(d->target, d->out));
	if (d->out->len == before)
		fault_describe(&f, d->out);
	if (d->out->len == before)
		buf_printf(d->out, "a fault happened and was handled");
	buf_printf(d->out, "\nCFSR = 0x%08x, HFSR = 0x%08x\n", f.cfsr, f.hfsr);
	return OK;
}

static enum err clock_section(struct doctor *d)
{
	struct ocotp_clock clock = { 0 };
	uint32_t clpcr = 0, hz = 0;

	TRY(ocotp_read_clock(d->ap, &clock));
	TRY(mem_ap_read32(d->ap, CCM_CLPCR, &clpcr));
	if (ocotp_ipg_hz(d->chip->part, &clock, &hz) != OK)
		error_clear();
	buf_printf(d->out, "core and AHB %s%u kHz, IPG %u kHz; the PLLs are %s\n",
		   ocotp_ipg_is_certain(d->chip->part, &clock) ? "" : "about ",
		   hz / 1000 * (bits_get(clock.cbcdr, 9, 8) + 1), hz / 1000,
		   clock.pll_arm & PLL_BYPASS
			   ? "bypassed: neither ROM nor program has set up the clocks"
			   : "set up");
	if (clpcr & 3) {
		buf_printf(d->out,
			   "CLPCR.LPM = %u: while the core sleeps its clock is off, and SWD cannot "
			   "read memory\n",
			   clpcr & 3);
		imxrt_doctor_advise(
			d, URGENT_NOTE,
			"if the connection comes and goes with the program's sleep: "
			"\"mmw 0x400fc054 0 3\" keeps the clock on until the next reset");
	}
	return OK;
}

static enum err flexspi_section(struct doctor *d)
{
	for (unsigned i = 0; i < ARRAY_SIZE(d->chip->part->flexspi); i++)
		if (d->chip->part->flexspi[i].regs != 0)
			TRY(flexspi_describe(d->target, d->chip, i, d->out));
	return OK;
}

static enum err watchdog_section(struct doctor *d)
{
	size_t before = d->out->len;

	TRY(imxrt_describe_watchdogs(d->target, d->out));
	if (d->out->data != NULL && strstr((const char *)d->out->data + before, " is on") != NULL &&
	    !d->is_halted)
		imxrt_doctor_advise(
			d, URGENT_NOTE,
			"a watchdog runs: the flash commands and \"imxrt rescue\" stop or "
			"mask it by themselves; a halt by hand may end in its reset");
	return OK;
}

static enum err ram_section(struct doctor *d)
{
	const struct imxrt_part *part = d->chip->part;
	struct imxrt_ram ram;

	TRY(imxrt_read_ram(d->target, d->chip, &ram));
	buf_printf(d->out, "ITCM %u KiB, DTCM %u KiB, OCRAM %u KiB at 0x%08x", ram.itcm / 1024,
		   ram.dtcm / 1024, ram.ocram / 1024, part->ocram);
	if (part->ocram2_bytes != 0)
		buf_printf(d->out, ", OCRAM2 %u KiB at 0x%08x", part->ocram2_bytes / 1024,
			   part->ocram2);
	buf_printf(d->out, ", as %s says\n", ram.from_gpr ? "GPR17" : "the fuse");
	if (!ram.from_gpr)
		return OK;
	buf_printf(
		d->out,
		"the program has set that up (GPR16 bit 2): it outlasts every reset but a pin or "
		"power-on one\n");
	if (ram.ocram == 0 && part->ocram2_bytes == 0)
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"no OCRAM is left, and the boot ROM works in it: after a "
			"SYSRESETREQ it hangs; use nRST, a power cycle, or \"reset\", which "
			"undoes it");
	return OK;
}

/* the report */

static const struct section {
	const char *title;
	enum err (*run)(struct doctor *d);
	bool needs_chip;
} sections[] = {
	{ "Connection", link_section, false },
	{ "Part", part_section, false },
	{ "Core", core_section, false },
	{ "Fault", fault_section, true },
	{ "Reset cause", imxrt_doctor_reset_cause, true },
	{ "Boot", imxrt_doctor_boot, true },
	{ "Debug fuses", imxrt_doctor_debug_fuses, true },
	{ "Clocks", clock_section, true },
	{ "RAM", ram_section, true },
	{ "Watchdogs", watchdog_section, true },
	{ "FlexSPI", flexspi_section, true },
	{ "Flash", imxrt_doctor_flash, true },
	{ "Image in the flash", imxrt_doctor_image, true },
};

static void run_section(struct doctor *d, const struct section *s)
{
	struct buf text = { 0 }, *out = d->out;

	buf_printf(out, "%s\n", s->title);
	d->out = &text;
	enum err rc = s->run(d);

	d->out = out;
	for (const char *p = (const char *)text.data; p != NULL && *p != '\0';) {
		size_t n = strcspn(p, "\n");

		buf_printf(out, "  %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	if (rc != OK) {
		d->is_incomplete = true;
		buf_printf(out, "  cannot tell: %s\n", error_text(error_current()));
		error_clear();
	}
	buf_free(&text);
}

static bool has_chip(const struct doctor *d)
{
	return d->chip != NULL && d->is_reachable;
}

static void hand_over(struct doctor *d, const struct imxrt_doctor_advice *advice)
{
	const char *colon = strstr(advice->text, ": "), *what = advice->text;
	size_t n = colon != NULL ? (size_t)(colon - what) : strlen(what);
	char *why = advice->why != NULL ? xstrdup(advice->why) : xasprintf("%.*s", (int)n, what);
	const struct flash_finding finding = { .id = advice->id,
					       .is_note = advice->urgency == URGENT_NOTE,
					       .why = why,
					       .evidence = "",
					       .cure = colon != NULL ? colon + 2 : "",
					       .command = advice->command != NULL ? advice->command : "" };

	d->room->finding(d->room->finding_ctx, &finding);
	free(why);
}

/* The most urgent first. */
static void print_advice(struct doctor *d)
{
	unsigned number = 0;

	buf_printf(d->out, "What to do next\n");
	for (int urgency = URGENT_REACH; urgency <= URGENT_NOTE; urgency++) {
		for (size_t i = 0; i < d->advice_count; i++) {
			if ((int)d->advice[i].urgency != urgency)
				continue;
			buf_printf(d->out, "  %u. %s\n", ++number, d->advice[i].text);
			if (d->room->finding != NULL)
				hand_over(d, &d->advice[i]);
		}
	}
	if (number == 0)
		buf_printf(d->out, "  %s\n", d->is_incomplete ?
			   "no fault was found in what could be looked at: see \"cannot tell\" above" :
			   "nothing: no fault was found");
}

static void show_advice(struct doctor *d)
{
	if (d->is_other_chip)
		imxrt_doctor_advise(d, URGENT_REACH, "use the target script of the chip that is on the "
				    "board: nothing of an RT10xx applies to it");
	else if (!has_chip(d))
		imxrt_doctor_advise(
			d, URGENT_REACH,
			"get hold of the core: %s\"imxrt rescue\"; if that fails \"imxrt "
			"rescue wait\" and power-cycle the board, or set its boot switch to the "
			"serial downloader (BOOT_MODE 01) first",
			d->is_silent ? "check the board's power, then " : "");
	print_advice(d);
	for (size_t i = 0; i < d->advice_count; i++) {
		free(d->advice[i].text);
		free(d->advice[i].why);
		free(d->advice[i].command);
	}
}

static enum err stop_core(struct doctor *d)
{
	struct target *t = d->target;

	if (!d->may_halt || !t->examined || t->state == TARGET_HALTED)
		return OK;
	TRY(target_halt(t));
	TRY(target_wait_state(t, TARGET_HALTED, 1000));
	d->was_stopped = true;
	return OK;
}

static enum err examine(struct doctor *d)
{
	struct target *t = d->target;

	if (!t->examined && target_examine(t) != OK)
		error_clear(); /* the sections say what is out of reach */
	if (stop_core(d) != OK) {
		buf_printf(d->out, "(the core could not be halted: %s)\n",
			   error_text(error_current()));
		error_clear();
	}
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!sections[i].needs_chip || has_chip(d))
			run_section(d, &sections[i]);
	if (!has_chip(d))
		buf_printf(d->out, "Fuses, clocks, watchdogs, FlexSPI, flash\n  left out: %s\n",
			   d->is_other_chip ? "this is another chip"
					    : "the memory bus of the chip is out of reach");
	show_advice(d);
	return d->was_stopped ? target_resume(t, NULL, false, false) : OK;
}

enum err cmd_imxrt_doctor(struct call *c)
{
	static const char *const words[] = { "halt", NULL };
	struct buf text = { 0 };
	struct doctor d = { .room = c->user, .out = &text };
	int which;

	if (d.room->finding != NULL)
		d.room->finding(d.room->finding_ctx, NULL);

	TRY(arg_imxrt_target(c, &d.target));
	if (c->argc > 1) {
		TRY(arg_word(c, 1, words, &which));
		d.may_halt = true;
	}
	enum err rc = examine(&d);

	result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}
