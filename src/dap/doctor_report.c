/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings as text and as a Tcl dict, and the verb. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dap/doctor_priv.h"

static struct finding *add(struct finding ***end)
{
	struct finding *new = xcalloc(1, sizeof(*new));

	**end = new;
	*end = &new->next;
	return new;
}

void doctor_heading(struct doctor_report *report, const char *text)
{
	add(&report->end)->sentence = xstrdup(text);
}

void doctor_found(struct doctor_report *report, const char *key, const char *value, const char *fmt,
		  ...)
{
	struct finding *new = add(&report->end);
	va_list ap;

	new->key = xstrdup(key);
	new->value = xstrdup(value);
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	new->sentence = xvasprintf(fmt, ap);
	va_end(ap);
}

void doctor_found_number(struct doctor_report *report, const char *key, long value, const char *fmt,
			 ...)
{
	struct finding *new = add(&report->end);
	va_list ap;

	new->key = xstrdup(key);
	new->value = xasprintf("%ld", value);
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	new->sentence = xvasprintf(fmt, ap);
	va_end(ap);
}

void doctor_found_named(struct doctor_report *report, const char *name, const char *value)
{
	struct finding *new = add(&report->end);

	new->key = xstrdup(name);
	new->value = xstrdup(value);
	new->sentence = xasprintf("%s: %s", name, value);
}

void doctor_advise(struct doctor_report *report, const char *kind, const char *what, const char *fmt, ...)
{
	struct finding *new = add(&report->advice_end);
	va_list ap;
	char *next;

	va_start(ap, fmt);
	next = xvasprintf(fmt, ap);
	va_end(ap);
	new->key = xstrdup(kind);
	new->value = xstrdup(what);
	new->sentence = xasprintf("%s: %s", what, next);
	free(next);
}

void doctor_advise_next(struct doctor_report *report, const char *what, const char *next)
{
	struct finding *new = add(&report->advice_end);

	new->key = xstrdup(ADVICE_FAULT);
	new->value = xstrdup(what);
	new->sentence = xstrdup(next);
}

const char *doctor_advice_next(const struct finding *advice)
{
	size_t n = strlen(advice->value);

	if (strncmp(advice->sentence, advice->value, n) != 0 || advice->sentence[n] != ':')
		return advice->sentence;
	return advice->sentence + n + 2;
}

void doctor_report_begin(struct doctor_report *report)
{
	*report = (struct doctor_report){ 0 };
	report->end = &report->first;
	report->advice_end = &report->advice;
}

static void free_findings(struct finding *f)
{
	for (struct finding *next; f != NULL; f = next) {
		next = f->next;
		free(f->key);
		free(f->value);
		free(f->sentence);
		free(f);
	}
}

void doctor_report_free(struct doctor_report *report)
{
	free_findings(report->first);
	free_findings(report->advice);
	*report = (struct doctor_report){ 0 };
}

void doctor_report_text(const struct doctor_report *report, struct buf *out)
{
	for (const struct finding *f = report->first; f != NULL; f = f->next) {
		if (f->key == NULL)
			buf_printf(out, "%s%s", f == report->first ? "" : "\n", f->sentence);
		else if (f->sentence != NULL)
			buf_printf(out, "\n  %s", f->sentence);
	}
	buf_printf(out, "\nWhat to do next");
	if (report->advice == NULL)
		buf_printf(out, "\n  nothing: probe, wire and target are in order");
	for (const struct finding *f = report->advice; f != NULL; f = f->next)
		buf_printf(out, "\n  %s", f->sentence);
}

static void print_dict(struct call *c, const struct doctor_report *report)
{
	struct buf advice = { 0 };

	for (const struct finding *f = report->first; f != NULL; f = f->next)
		if (f->key != NULL && f->value[0] != '\0')
			result_dict(c, f->key, f->value);
	for (const struct finding *f = report->advice; f != NULL; f = f->next)
		buf_printf(&advice, "%s{%s}", f == report->advice ? "" : " ", f->sentence);
	result_dict(c, "advice", advice.data ? (const char *)advice.data : "");
	buf_free(&advice);
}

/* probe doctor ?-speed-max khz? ?-reset? ?-dict? */
static enum err cmd_doctor(struct call *c)
{
	static const char *const options[] = { "-speed-max", "-reset", "-dict", NULL };
	struct doctor_orders orders = { .max_khz = DOCTOR_MAX_KHZ };
	struct doctor_report report;
	bool is_dict = false;

	for (int i = 1; i < c->argc; i++) {
		int which;

		TRY(arg_word(c, i, options, &which));
		if (which == 0 && i + 1 >= c->argc)
			return arg_usage(c);
		if (which == 0)
			TRY(arg_u32(c, ++i, &orders.max_khz));
		if (orders.max_khz == 0)
			return error_why(ERR_ARGUMENT, "-speed-max 0 leaves no clock to try");
		orders.has_reset = orders.has_reset || which == 1;
		is_dict = is_dict || which == 2;
	}
	enum err rc = doctor_examine(c->user, &orders, &report);

	if (rc == OK && is_dict)
		print_dict(c, &report);
	else if (rc == OK)
		doctor_report_text(&report, c->out);
	doctor_report_free(&report);
	return rc;
}

static const struct command rows[] = {
	{ "probe doctor", STAGE_ANY, 0, 4, "?-speed-max khz? ?-reset? ?-dict?", cmd_doctor,
	  "Exercise the probe, the wire and the way into the target, and report in plain words what is "
	  "right, what is not and what to do next. Every clock up to -speed-max (24000 kHz) is proven by "
	  "a pattern test. A running target is not disturbed; -reset pulls nRST too. -dict: the findings "
	  "for scripts." },
	{ 0 }
};

void doctor_register_commands(struct dap_list *list)
{
	script_register(list->adapter->script, rows, list);
}
