/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cross trigger interface of one core (-cti), as group.c uses it: channel 0 carries "halted" to the
 * debug request of the others, channel 1 lets all go. Arm's documents take these channels for it.
 *
 * Trigger input 0 is "halted" and output 0 the debug request on every M-profile core. Restart is output 7
 * on the Cortex-M0+, M3, M4 and M7 (DDI 0489 table 10-2, RM0453 figure 387), 1 on v8-M.
 */
#include "base/log.h"
#include "dap/cti.h"
#include "target/cortex_m.h"
#include "target/cross.h"

#define HALT_CHANNEL	BIT(0)
#define RUN_CHANNEL	BIT(1)
#define REQUEST_OUTPUT	0u
#define CONTROL_INDEX	(CROSS_REGISTERS - 1)	/* the last of registers_of() */

static unsigned restart_output(struct target *t)
{
	return cortex_m(t)->core->arch >= ARCH_V8M_BASE ? 1 : 7;
}

static struct cti *cti_of(const struct target *t)
{
	return t->own->cti != NULL ? cti_find(t->list->daps, t->own->cti) : NULL;
}

bool cross_is_usable(const struct target *t)
{
	const struct cti *cti = cti_of(t);

	return cti != NULL && !t->own->cross.is_bad && t->type == &cortex_m_type && cti->dap == t->dap &&
	       cti->apsel == t->ap->apsel;
}

static void registers_of(struct target *t, uint32_t offsets[CROSS_REGISTERS])
{
	offsets[0] = CTI_GATE;
	offsets[1] = CTI_INEN(0);
	offsets[2] = CTI_OUTEN(REQUEST_OUTPUT);
	offsets[3] = CTI_OUTEN(restart_output(t));
	offsets[4] = CTI_CONTROL;
}

/* An old request must not halt the core that is about to run. */
enum err cross_link(struct target *t, bool restarts)
{
	struct cross *x = &t->own->cross;
	uint32_t offsets[CROSS_REGISTERS];
	const uint32_t *found = x->found;

	registers_of(t, offsets);
	if (!x->is_found_known)
		TRY(cti_read(cti_of(t), offsets, x->found, CROSS_REGISTERS));
	x->is_found_known = true;
	x->is_linked = true;
	const struct cti_write writes[] = {
		{ offsets[0], found[0] | HALT_CHANNEL | RUN_CHANNEL },
		{ offsets[1], (found[1] & ~RUN_CHANNEL) | HALT_CHANNEL },
		{ offsets[2], (found[2] & ~RUN_CHANNEL) | HALT_CHANNEL },
		{ offsets[3], (found[3] & ~(HALT_CHANNEL | RUN_CHANNEL)) | (restarts ? RUN_CHANNEL : 0) },
		{ CTI_INTACK, BIT(REQUEST_OUTPUT) },
		{ offsets[4], 1 },
	};

	return cti_write(cti_of(t), writes, ARRAY_SIZE(writes));
}

enum err cross_unlink(struct target *t)
{
	struct cross *x = &t->own->cross;
	uint32_t offsets[CROSS_REGISTERS];
	struct cti_write writes[CROSS_REGISTERS + 1];

	if (!x->is_linked)
		return OK;
	registers_of(t, offsets);
	for (unsigned i = 0; i < CROSS_REGISTERS; i++)
		writes[i + (i == CONTROL_INDEX)] = (struct cti_write){ offsets[i], x->found[i] };
	/* Behind OUTEN, or a channel may still be active; before CONTROL, which may be off. */
	writes[CONTROL_INDEX] = (struct cti_write){ CTI_INTACK, BIT(REQUEST_OUTPUT) };
	enum err rc = cti_write(cti_of(t), writes, ARRAY_SIZE(writes));

	x->is_linked = rc == ERR_ADAPTER_LOST;	/* the chip keeps its power: once more when it is back */
	return rc;
}

enum err cross_pulse_run(struct target *t)
{
	return cti_write(cti_of(t), &(struct cti_write){ CTI_APPPULSE, RUN_CHANNEL }, 1);
}

enum err cross_is_out(struct target *t, bool *is_out)
{
	struct cortex_m *cm = cortex_m(t);
	uint32_t dfsr = 0, dhcsr = 0;

	mem_ap_queue_read32(cm->ap, DFSR, &dfsr);
	mem_ap_queue_read32(cm->ap, DHCSR, &dhcsr);
	TRY(mem_ap_run(cm->ap));
	dhcsr_seen(cm, dhcsr);
	/* Halted again already: DFSR was cleared before. */
	cm->is_halt_seen = (dhcsr & S_HALT) && (dfsr & DFSR_ALL);
	*is_out = !(dhcsr & S_HALT) || (dfsr & DFSR_ALL);
	return OK;
}

bool cross_is_follower(struct target *t)
{
	return (cortex_m(t)->dfsr & DFSR_ALL) == DFSR_EXTERNAL;
}
