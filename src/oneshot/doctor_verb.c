/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: probe, wires and chip, each as far as it can be reached. For people the reports of the rooms
 * below; for scripts `findings`, one object for each thing that is wrong or worth knowing. Exit code 8 if
 * something is wrong and was not repaired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dap/doctor.h"
#include "oneshot/verbs.h"

struct visit {
	struct oneshot *o;
	struct buf probe, chip;		/* findings, JSON objects */
	unsigned probe_faults, chip_faults;
	unsigned cures;			/* of the chip's faults that a command cures */
	char *cure;			/* the last of these commands */
};

static void put_finding(struct buf *out, const char *part, const struct flash_finding *f)
{
	const struct {
		const char *name, *value;
	} members[] = {
		{ "part", part },
		{ "id", f->id },
		{ "level", f->is_note ? "note" : "fault" },
		{ "what", f->why },
		{ "cause", f->evidence },
		{ "next", f->cure },
		{ "command", f->command },
	};

	buf_printf(out, "%s{", out->len > 0 ? ", " : "");
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		char *text = shell_words(members[i].value != NULL ? members[i].value : "");

		buf_printf(out, "%s\"%s\": ", i ? ", " : "", members[i].name);
		if (members[i].value == NULL || members[i].value[0] == '\0')
			buf_printf(out, "null");
		else
			buf_json_string(out, f->command == members[i].value ? members[i].value : text);
		free(text);
	}
	buf_putc(out, '}');
}

/* The flash room's: what `stm32l4x doctor` and `imxrt doctor` print, as data. */
static void on_finding(void *ctx, const struct flash_finding *f)
{
	struct visit *v = ctx;

	if (f == NULL) {
		buf_free(&v->chip);
		v->chip_faults = v->cures = 0;
		return;
	}
	put_finding(&v->chip, "chip", f);
	v->chip_faults += !f->is_note;
	if (f->is_note || f->command[0] == '\0')
		return;
	v->cures++;
	free(v->cure);
	v->cure = xstrdup(f->command);
}

static void tell(struct oneshot *o, const char *name, const struct buf *text)
{
	char *words = shell_words(text->len > 0 ? (const char *)text->data : "");
	size_t n = strlen(words);

	if (n > 0) {
		say(o, "%.*s", (int)(words[n - 1] == '\n' ? n - 1 : n), words);
		put_text(o, name, words);
	}
	free(words);
}

static enum err tell_tcl(struct oneshot *o, const char *name, const char *command)
{
	struct buf out = { 0 };
	enum err rc = tcl(o, &out, "%s", command);

	if (rc == OK) {
		buf_putc(&out, '\0');
		tell(o, name, &out);
	}
	buf_free(&out);
	return rc;
}

static enum err see_probe(struct visit *v)
{
	const struct doctor_orders orders = { .max_khz = DOCTOR_MAX_KHZ };
	struct doctor_report report = { 0 };
	struct buf text = { 0 };

	enum err rc = doctor_examine(v->o->rooms->daps, &orders, &report);

	if (rc == OK) {
		doctor_report_text(&report, &text);
		buf_putc(&text, '\0');
		tell(v->o, "probe", &text);
		buf_free(&text);
	}
	for (const struct finding *f = report.advice; f != NULL; f = f->next) {
		const struct flash_finding finding = { .id = NULL,
						       .is_note = strcmp(f->key, ADVICE_NOTE) == 0,
						       .why = f->value,
						       .evidence = "",
						       .cure = doctor_advice_next(f),
						       .command = "" };

		put_finding(&v->probe, "probe", &finding);
		v->probe_faults += !finding.is_note;
	}
	doctor_report_free(&report);
	return rc;
}

/* A repair needs the core halted. */
static enum err see_stm32(struct visit *v, const struct flash_bank *b)
{
	struct oneshot *o = v->o;
	bool is_repair = o->request->fix && o->request->yes;
	bool was_running = o->target->state == TARGET_RUNNING;
	char command[64];
	enum err rc;

	snprintf(command, sizeof(command), "stm32l4x doctor %u%s%s", b->number,
		 o->request->fix ? " --fix" : "", is_repair ? " confirm" : "");
	if (is_repair && was_running)
		TRY(tcl(o, NULL, "halt"));
	rc = tell_tcl(o, "chip", command);
	if (rc == OK && v->cures > 0 && !o->request->fix)
		say(o, "\"probed doctor --fix\" does what loses nothing, \"--fix --yes\" also what "
		       "erases or changes option bytes");
	error_hold(rc);
	if (is_repair && was_running && o->target->state == TARGET_HALTED &&
	    tcl(o, NULL, "resume") != OK)
		drop_error("resume");	/* the repair may have erased the program */
	return error_settle(rc, OK);
}

/* A core that waits in the boot ROM loses nothing by a halt, and then its flash can be seen. */
static bool may_halt_imxrt(struct oneshot *o)
{
	struct buf out = { 0 };
	bool is_in_rom;

	if (o->request->halt || o->request->fix)
		return true;
	is_in_rom = tcl(o, &out, "imxrt doctor") == OK && out.len > 0;
	error_clear();
	buf_putc(&out, '\0');
	is_in_rom = is_in_rom && strstr((const char *)out.data, "in the boot ROM") != NULL;
	buf_free(&out);
	return is_in_rom;
}

/* The flash's write protection is all that is wrong: the program stays. */
static enum err unprotect_imxrt(struct visit *v)
{
	struct oneshot *o = v->o;
	bool was_running = o->target->state == TARGET_RUNNING;
	enum err rc;

	TRY(tcl(o, NULL, "halt"));
	rc = tcl(o, NULL, "%s", v->cure);
	error_hold(rc);
	if (was_running && tcl(o, NULL, "resume") != OK)
		drop_error("resume");
	rc = error_settle(rc, OK);
	if (rc == OK)
		rc = tell_tcl(o, "repair", "imxrt doctor halt");
	return rc;
}

/* Only where something is wrong: on a healthy board it would take the program away for nothing. */
static enum err rescue_imxrt(struct visit *v)
{
	struct oneshot *o = v->o;
	struct buf out = { 0 };
	enum err rc;

	if (v->chip_faults == 0) {
		say(o, "nothing is wrong, so nothing was repaired");
		return OK;
	}
	bool is_only_protected = v->cures == v->chip_faults;

	if (!o->request->yes) {
		error_why(ERR_REFUSED, "the repair %s, and was not confirmed", is_only_protected
			  ? "takes the write protection off the flash"
			  : "makes the chip programmable again, if need be by erasing the beginning "
			    "of its flash");
		return error_next(ERR_REFUSED, "add --yes");
	}
	if (is_only_protected)
		return unprotect_imxrt(v);
	rc = tcl(o, &out,
		 "set r [imxrt rescue]; format {%%s: got hold of it (%%s), erased %%d bytes of its flash, "
		 "%%s; it waits for a program: probed flash FILE} [dict get $r part] [dict get $r rung] "
		 "[dict get $r erased] [dict get $r flash]");
	if (rc == OK) {
		buf_putc(&out, '\0');
		tell(o, "repair", &out);
		on_finding(v, NULL);
		buf_free(&v->probe);	/* a wire that was silent has answered */
		v->probe_faults = 0;
	}
	buf_free(&out);
	return rc;
}

/* The chip's own doctor, by the driver of its first bank. */
static enum err see_chip(struct visit *v)
{
	const struct flash_bank *b = v->o->rooms->flash->banks;

	if (b == NULL)
		return OK;
	if (strcmp(b->driver->name, "stm32l4x") == 0)
		return see_stm32(v, b);
	if (strcmp(b->driver->name, "flexspi") != 0)
		return OK;
	TRY(tell_tcl(v->o, "chip", may_halt_imxrt(v->o) ? "imxrt doctor halt" : "imxrt doctor"));
	return v->o->request->fix ? rescue_imxrt(v) : OK;
}

/* Without a name the chip must answer to be known; with one its doctor works on what does not. */
static enum err find_chip(struct oneshot *o)
{
	enum err rc;

	if (o->rooms->targets->first != NULL)
		return OK;
	rc = choose_by_itself(o->choice);
	if (oneshot_exit_code(rc) == EXIT_TARGET)
		error_next(rc, "name the board with --board, or the chip with --chip: its own doctor "
			       "gets at chips that do not answer; and check target power and wires");
	return rc;
}

static enum err examine(struct visit *v)
{
	struct oneshot *o = v->o;

	TRY(see_probe(v));
	TRY(find_chip(o));
	TRY(tcl(o, NULL, "init"));
	TRY(target_current(o->rooms->targets, &o->target));
	TRY(halt_behind_reset(o));
	return see_chip(v);
}

enum err verb_doctor(struct oneshot *o)
{
	struct visit v = { .o = o };
	struct buf all = { 0 };
	enum err rc;

	o->rooms->flash->finding = on_finding;
	o->rooms->flash->finding_ctx = &v;
	rc = examine(&v);
	o->rooms->flash->finding = NULL;
	buf_printf(&all, "[%s%s%s]", v.probe.len > 0 ? (const char *)v.probe.data : "",
		   v.probe.len > 0 && v.chip.len > 0 ? ", " : "",
		   v.chip.len > 0 ? (const char *)v.chip.data : "");
	put_json(o, "findings", (const char *)all.data);
	buf_free(&all);
	buf_free(&v.probe);
	buf_free(&v.chip);
	free(v.cure);
	if (rc == OK && v.probe_faults + v.chip_faults > 0)
		o->exit_code = EXIT_FAULTS;
	return rc;
}
