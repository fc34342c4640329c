/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: exercises the probe, the wire and the first steps into the target, and says in plain words
 * what it found and what to do next.
 *
 * It opens the probe if it is not open, and works without a target too: then the part behind the
 * wire is its diagnosis. A running target runs on: nothing is halted, no memory is written, the reset
 * line is left alone unless has_reset is set. Clocks are proven from slow to fast, each by a pattern
 * test before anything relies on it; afterwards the clock in use is what it was, or, if that one is
 * bad, the best that is good.
 */
#ifndef DAP_DOCTOR_H
#define DAP_DOCTOR_H

#include "dap/dap.h"

#define DOCTOR_MAX_KHZ 24000u

struct doctor_orders {
	uint32_t max_khz;		/* of the clock steps; DOCTOR_MAX_KHZ unless asked for */
	bool has_reset;			/* pull nRST and look at the core */
};

/* What was found, in order: a key for scripts, its value, and a sentence for people (NULL: the value
 * is only for scripts). Headings have no key. Advice: the key is ADVICE_FAULT if something is wrong and
 * ADVICE_NOTE if it is only worth knowing, the value says what, the sentence also what to do. */
#define ADVICE_FAULT "fault"
#define ADVICE_NOTE  "note"
struct finding {
	char *key;
	char *value, *sentence;
	struct finding *next;
};

struct doctor_report {
	struct finding *first, **end;
	struct finding *advice, **advice_end;
};

/* Only a lost or missing probe is an error; the report is to be freed all the same. */
enum err doctor_examine(struct dap_list *list, const struct doctor_orders *orders,
			struct doctor_report *report);
void doctor_report_free(struct doctor_report *report);
/* As `probe doctor` shows it. */
void doctor_report_text(const struct doctor_report *report, struct buf *out);
/* What to do, without what is wrong. */
const char *doctor_advice_next(const struct finding *advice);
void doctor_register_commands(struct dap_list *list);

#endif
