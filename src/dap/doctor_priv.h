/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor.c (looks) and doctor_report.c (tells) share. */
#ifndef DAP_DOCTOR_PRIV_H
#define DAP_DOCTOR_PRIV_H

#include "dap/doctor.h"

void doctor_report_begin(struct doctor_report *report);
void doctor_heading(struct doctor_report *report, const char *text);
/* fmt NULL: not for people. */
void doctor_found(struct doctor_report *report, const char *key, const char *value, const char *fmt,
		  ...) __attribute__((format(printf, 4, 5)));
void doctor_found_number(struct doctor_report *report, const char *key, long value, const char *fmt,
			 ...) __attribute__((format(printf, 4, 5)));
/* "name: value" for both. */
void doctor_found_named(struct doctor_report *report, const char *name, const char *value);
/* "what: next". */
void doctor_advise(struct doctor_report *report, const char *kind, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The report has said already what is wrong. */
void doctor_advise_next(struct doctor_report *report, const char *what, const char *next);

#endif
