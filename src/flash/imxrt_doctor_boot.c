/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imxrt_doctor: resets, fuses, the flash and the image in it. */
#include "flash/imxrt_doctor.h"

#include <string.h>

#include "flash/flexspi_nor.h"
#include "flash/imxrt_image.h"
#include "flash/ocotp_priv.h"

#define IMAGE_PIECE 0x2200u /* headers and vector table, read at once */

/* SRC_SRSR (IMXRT1064RM "System Reset Controller"). */
static const struct {
	uint8_t bit;
	const char *words;
} causes[] = {
	{ 0, "power-on or the reset pin" },
	{ 1, "lockup or SYSRESETREQ (a debugger, or the program itself)" },
	{ 2, "the central security unit" },
	{ 3, "the ONOFF button" },
	{ 4, "WDOG1 or WDOG2" },
	{ 5, "JTAG HIGHZ" },
	{ 6, "JTAG" },
	{ 7, "the RTWDOG (WDOG3)" },
	{ 8, "the temperature sensor" },
};

enum err imxrt_doctor_reset_cause(struct doctor *d)
{
	bool first = true;
	uint32_t srsr = 0;

	TRY(mem_ap_read32(d->ap, SRC_SRSR, &srsr));
	buf_printf(d->out, "SRSR = 0x%08x: ", srsr);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (!(srsr & BIT(causes[i].bit)))
			continue;
		buf_printf(d->out, "%s%s", first ? "" : ", and ", causes[i].words);
		first = false;
	}
	buf_printf(d->out, "%s\n", first ? "no reset is recorded" : "");
	if (srsr & (BIT(4) | BIT(7)))
		imxrt_doctor_advise(
			d, URGENT_NOTE,	/* some time ago */
			"a watchdog has reset the chip: the program does not serve it, or "
			"was halted while it ran");
	return OK;
}

/* What still works is worth its lines only where something is lost. */
static void leave_out_the_usual(struct buf *out)
{
	char *text = (char *)out->data, *left = strstr(text, "What still works:");

	if (left == NULL || strstr(text, "Nothing is lost:") == NULL)
		return;
	*left = '\0';
	out->len = (size_t)(left - text);
}

enum err imxrt_doctor_boot(struct doctor *d)
{
	struct imxrt_boot_facts facts;
	uint32_t cfg1;

	TRY(imxrt_read_boot_facts(d->target, d->chip, &facts));
	cfg1 = facts.fuse[WORD_BOOT_CFG1];
	imxrt_explain_boot(d->chip, &facts, d->out);
	leave_out_the_usual(d->out);
	if (strstr(imxrt_boot_source(d->chip, &facts), "does not have") != NULL)
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"the boot configuration names a device this part does not have: "
			"%s",
			cfg1 & CFG1_BT_FUSE_SEL ? "fuse word 5 (0x450) cannot be cleared; run the "
						  "program by \"imxrt ram_boot\""
						: "check the BOOT_CFG pins");
	if ((cfg1 & CFG1_FORCE_INTERNAL) && (cfg1 & CFG1_BT_FUSE_SEL))
		imxrt_doctor_advise(
			d, URGENT_NOTE,
			"the boot switch has no effect for ever (FORCE_INTERNAL_BOOT); "
			"writing 0 to the fuse changes nothing; the serial downloader comes "
			"when the "
			"ROM finds no image: erase the headers with \"imxrt rescue\"");
	return OK;
}

enum err imxrt_doctor_debug_fuses(struct doctor *d)
{
	uint32_t cfg1 = 0, lock = 0, sticky = 0;

	TRY(ocotp_read_shadow(d->target, d->chip, WORD_BOOT_CFG1, &cfg1));
	TRY(ocotp_read_shadow(d->target, d->chip, WORD_LOCK, &lock));
	TRY(mem_ap_read32(d->ap, OCOTP_SW_STICKY, &sticky));
	buf_printf(d->out,
		   "JTAG_SMODE = %u%u, SJC_DISABLE = %u, DAP_SJC_SWD_SEL = %u, SEC_CONFIG[1] = %u, "
		   "KTE = %u: %s\n",
		   cfg1 >> 23 & 1, cfg1 >> 22 & 1, cfg1 >> 20 & 1, cfg1 >> 19 & 1, cfg1 >> 1 & 1,
		   cfg1 >> 26 & 1,
		   ocotp_debug_is_open(cfg1) ? "debugging is open"
					     : "debugging is restricted for ever");
	buf_printf(d->out, "LOCK = 0x%08x: the boot and debug fuses (LOCK_BOOT_CFG) are %s\n", lock,
		   lock & BIT(2) ? "write-protected"
				 : "not locked: a program could still burn them");
	return OK;
}

/* The bank of the boot flash; else any of this target. */
static struct flash_bank *boot_bank(struct doctor *d)
{
	struct flash_bank *found = NULL;

	for (struct flash_bank *b = d->room->banks; b != NULL; b = b->next) {
		if (b->driver != &flexspi_nor_driver || b->target != d->target)
			continue;
		if (found == NULL || b->base == d->chip->part->boot_window)
			found = b;
	}
	return found;
}

static bool left_out(struct doctor *d)
{
	if (d->target->state == TARGET_HALTED)
		return false;
	buf_printf(d->out, "left out: the core runs, and its flash controller cannot be borrowed "
			   "without stopping it\n");
	imxrt_doctor_advise(
		d, d->is_in_rom ? URGENT_BOOT : URGENT_NOTE,
		"flash and image were left out%s: \"imxrt doctor halt\" stops the core for "
		"a moment and looks at them",
		d->is_in_rom ? ", and the core is in the boot ROM, where it goes when it "
			       "finds no image"
			     : "");
	return true;
}

static enum err find_bank(struct doctor *d, struct flash_bank **bank)
{
	*bank = boot_bank(d);
	if (*bank != NULL)
		return OK;
	error_why(ERR_NO_BANK, "no flash bank of the driver flexspi is declared for %s",
		  d->target->name);
	return error_next(ERR_NO_BANK,
			  "use target/imxrt10xx.cfg, or \"flash bank NAME flexspi 0x%08x 0 0 0 "
			  "%s\"",
			  d->chip->part->boot_window, d->target->name);
}

static void advise_flash(struct doctor *d, const struct flash_bank *bank)
{
	const struct flexspi_nor *f = bank->priv;

	if (f->found_absent) {
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"the flash does not answer: power-cycle the board, check the flash's supply and "
			"wiring, then \"flexspi doctor\"");
		return;
	}
	if (f->status.protected_bytes != 0 || f->status.needs_block_unlock) {
		struct imxrt_doctor_advice *advice = imxrt_doctor_advise(
			d, URGENT_BOOT,
			"parts of the flash are write-protected, erase and program do nothing "
			"there: \"flexspi unprotect\", or let \"imxrt rescue\" do it");

		if (advice != NULL) {
			advice->id = "flash-protected";
			advice->command = xasprintf("flexspi unprotect %u", bank->number);
		}
	}
	if (f->found_asleep)
		imxrt_doctor_advise(
			d, URGENT_NOTE,
			"the flash was asleep or in another mode: if the boot ROM finds no image after a "
			"reset that is why; power-cycle the board, or \"reset run\" now that it was woken; "
			"the program should take it out of that mode before it resets");
	if (f->status.is_locked_until_power_cycle)
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"the flash's status registers are locked: power-cycle the board");
}

enum err imxrt_doctor_flash(struct doctor *d)
{
	struct flash_bank *bank;

	if (left_out(d))
		return OK;
	TRY(find_bank(d, &bank));
	enum err rc = flexspi_nor_doctor(bank, d->out);

	if (rc == ERR_FLASH_PROBE)
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"the flash does not answer: check its supply, power-cycle the board, "
			"then \"flexspi doctor\"");
	if (rc == OK)
		advise_flash(d, bank);
	return rc;
}

/* The image, by the controller's IP path. */
struct flash_copy {
	struct flexspi_nor *nor;
	uint8_t first[IMAGE_PIECE];
};

static enum err read_copy(void *ctx, uint32_t offset, uint8_t *dst, size_t n, bool *known)
{
	struct flash_copy *copy = ctx;

	*known = true;
	if (offset <= IMAGE_PIECE && n <= IMAGE_PIECE - offset) {
		memcpy(dst, copy->first + offset, n);
		return OK;
	}
	return serial_nor_read(&copy->nor->fs, &copy->nor->nor, offset, dst, n);
}

static enum err check_image(struct doctor *d, struct flash_bank *bank,
			    struct imxrt_boot_check *check)
{
	struct flash_copy copy = { .nor = bank->priv };
	const struct imxrt_flash_view view = { read_copy, &copy, bank->base, bank->size };

	TRY(serial_nor_read(&copy.nor->fs, &copy.nor->nor, 0, copy.first, sizeof(copy.first)));
	return imxrt_check_boot(d->chip, &copy.nor->nor, &view, check);
}

static void advise_image(struct doctor *d, const struct imxrt_boot_check *check, bool is_boot_flash)
{
	d->boot_is_known = true;
	d->is_bootable = check->is_bootable;
	for (size_t i = 0; i < check->count; i++) {
		const struct imxrt_finding *f = &check->findings[i];
		struct imxrt_doctor_advice *advice = NULL;

		bool is_note = f->severity == BOOT_WARNING && check->is_bootable;

		if (f->severity != BOOT_NOTE && f->next != NULL)
			advice = imxrt_doctor_advise(d, is_note ? URGENT_NOTE : URGENT_BOOT,
						     "image (%s): %s", f->id, f->next);
		if (advice != NULL) {
			advice->id = f->id;
			advice->why = xstrdup(f->text);
		}
	}
	if (!is_boot_flash)
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"no flash bank is declared for the boot flash at 0x%08x: set CHIPNAME imxrt10NN "
			"before target/imxrt10xx.cfg", d->chip->part->boot_window);
	else if (!check->is_bootable)
		imxrt_doctor_advise(
			d, URGENT_BOOT,
			"the flash holds nothing the ROM would start: \"program FILE verify "
			"reset\" with an image that has its FCB and IVT");
	else if (d->is_in_rom)
		imxrt_doctor_advise(
			d, URGENT_RUN,
			"the image could be started but the core is in the ROM: \"reset run\", "
			"or see above why the ROM goes another way");
}

enum err imxrt_doctor_image(struct doctor *d)
{
	struct imxrt_boot_check check = { 0 };
	struct flash_bank *bank;

	if (left_out(d))
		return OK;
	TRY(find_bank(d, &bank));
	if (((struct flexspi_nor *)bank->priv)->found_absent) {
		buf_printf(d->out, "left out: the flash does not answer\n");
		return OK;
	}
	TRY(flexspi_nor_open_identified(bank));
	enum err rc = check_image(d, bank, &check);

	rc = error_first(rc, flexspi_nor_close(bank));
	if (rc == OK) {
		imxrt_describe_boot(&check, d->out);
		advise_image(d, &check, bank->base == d->chip->part->boot_window);
	}
	imxrt_boot_check_free(&check);
	return rc;
}
