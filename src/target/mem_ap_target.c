/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Target type mem_ap: an access port with no core behind it. Memory only; it counts as running. */
#include "target/target_priv.h"

static enum err create(struct target *t)
{
	t->state = TARGET_RUNNING;
	return OK;
}

static void destroy(struct target *t)
{
	(void)t;
}

static enum err examine(struct target *t)
{
	t->ap = mem_ap_get(t->dap, (uint8_t)(t->ap_num < 0 ? 0 : t->ap_num));
	return mem_ap_probe(t->ap);
}

static enum err poll_it(struct target *t)
{
	t->state = TARGET_RUNNING;
	return OK;
}

static enum err refuse(struct target *t)
{
	return error_why(ERR_UNSUPPORTED, "%s is an access port without a core", t->name);
}

static enum err no_resume(struct target *t, bool step_over, bool debug_execution)
{
	(void)step_over;
	(void)debug_execution;
	return refuse(t);
}

static enum err no_step(struct target *t, bool step_over)
{
	(void)step_over;
	return refuse(t);
}

static enum err reset_nothing(struct target *t, enum reset_mode mode)
{
	(void)t;
	(void)mode;
	return OK;
}

static enum err no_registers(struct target *t, bool lazy_too)
{
	(void)lazy_too;
	return refuse(t);
}

const struct target_type mem_ap_type = {
	.name = "mem_ap",
	.create = create,
	.destroy = destroy,
	.examine = examine,
	.poll = poll_it,
	.halt = refuse,
	.resume = no_resume,
	.step = no_step,
	.assert_reset = reset_nothing,
	.deassert_reset = reset_nothing,
	.fetch_registers = no_registers,
};
