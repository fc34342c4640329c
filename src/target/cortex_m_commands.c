/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `cortex_m ...` and what only this architecture has. */
#include <string.h>

#include "base/log.h"
#include "target/cortex_m.h"

/* The current target if it is a Cortex-M, examined or not. */
static enum err call_core(struct call *c, struct cortex_m **cm)
{
	struct target *t;

	TRY(call_target(c, &t));
	if (t->type != &cortex_m_type)
		return error_why(ERR_UNSUPPORTED, "%s is not a Cortex-M core", t->name);
	*cm = cortex_m(t);
	return OK;
}

static const char *const maskisr_words[] = { [MASKISR_AUTO] = "auto",
					     [MASKISR_OFF] = "off",
					     [MASKISR_ON] = "on",
					     [MASKISR_STEPONLY] = "steponly",
					     NULL };

static enum err cmd_maskisr(struct call *c)
{
	struct cortex_m *cm = NULL;
	int which;

	TRY(call_core(c, &cm));
	if (c->argc == 2) {
		TRY(arg_word(c, 1, maskisr_words, &which));
		cm->maskisr = (enum maskisr)which;
	}
	result_printf(c, "cortex_m interrupt mask %s\n", maskisr_words[cm->maskisr]);
	return OK;
}

static const struct {
	const char *name;
	uint32_t bit;
} vectors[] = {
	{ "hard_err", BIT(10) }, { "int_err", BIT(9) }, { "bus_err", BIT(8) },
	{ "state_err", BIT(7) }, { "chk_err", BIT(6) }, { "nocp_err", BIT(5) },
	{ "mm_err", BIT(4) },	 { "reset", BIT(0) },	  { "secure_err", VC_SFERR },
};

/* SecureFault is not a vector that others have. */
static bool has_vector(const struct cortex_m *cm, uint32_t bit)
{
	return bit != VC_SFERR || (cm->has_security && cm->core->arch == ARCH_V8M_MAIN);
}

/* Bits that the core ignores. */
static uint32_t known_vectors(const struct cortex_m *cm, uint32_t catch)
{
	if (cm->core->arch == ARCH_V6M || cm->core->arch == ARCH_V8M_BASE)
		return catch & (VC_HARDERR | VC_CORERESET);
	return has_vector(cm, VC_SFERR) ? catch : catch & ~VC_SFERR;
}

static enum err parse_vectors(struct call *c, uint32_t *catch)
{
	*catch = 0;
	for (int i = 1; i < c->argc; i++) {
		size_t k = 0;

		if (c->argc == 2 && strcmp(c->argv[1], "none") == 0)
			return OK;
		if (c->argc == 2 && strcmp(c->argv[1], "all") == 0) {
			*catch = VC_ALL_V7M | VC_SFERR;
			return OK;
		}
		if (c->argc == 2 && strcmp(c->argv[1], "faults") == 0) {
			*catch = (VC_ALL_V7M | VC_SFERR) & ~VC_CORERESET;
			return OK;
		}
		while (k < ARRAY_SIZE(vectors) && strcmp(vectors[k].name, c->argv[i]) != 0)
			k++;
		if (k == ARRAY_SIZE(vectors)) {
			error_why(ERR_ARGUMENT, "No Cortex-M vector '%s'", c->argv[i]);
			return error_next(ERR_ARGUMENT,
					  "use all, faults, none, or: hard_err int_err bus_err "
					  "state_err chk_err nocp_err mm_err secure_err reset");
		}
		*catch |= vectors[k].bit;
	}
	return OK;
}

static enum err cmd_vector_catch(struct call *c)
{
	struct cortex_m *cm = NULL;
	uint32_t catch;

	TRY(call_core(c, &cm));
	if (c->argc > 1) {
		TRY(parse_vectors(c, &catch));
		TRY(target_check_examined(cm->target));
		catch = known_vectors(cm, catch);
		TRY(mem_ap_write32(cm->ap, DEMCR, cm->demcr | catch));
		cm->vector_catch = catch;
	}
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		if (vectors[i].bit == VC_SFERR && (cm->core == NULL || !has_vector(cm, VC_SFERR)))
			continue;
		result_printf(c, "%9s: %s\n", vectors[i].name,
			      cm->vector_catch & vectors[i].bit ? "catch" : "ignore");
	}
	return OK;
}

static enum err cmd_reset_config(struct call *c)
{
	static const char *const words[] = { "sysresetreq", "vectreset", NULL };
	struct cortex_m *cm = NULL;
	int which;

	TRY(call_core(c, &cm));
	if (c->argc == 2) {
		TRY(arg_word(c, 1, words, &which));
		cm->use_vectreset = which == 1;
	}
	result_printf(c, "cortex_m reset_config %s\n", words[cm->use_vectreset]);
	return OK;
}

static enum err cmd_fault(struct call *c)
{
	struct buf text = { 0 };
	struct cortex_m *cm = NULL;

	TRY(call_core(c, &cm));
	TRY(target_check_examined(cm->target));
	enum err rc = cortex_m_explain_always(cm->target, &text);

	if (rc == OK)
		result_printf(c, "%s\n",
			      text.len > 0 ? (const char *)text.data : "no fault is recorded");
	buf_free(&text);
	return rc;
}

static enum err cmd_soft_reset_halt(struct call *c)
{
	struct cortex_m *cm = NULL;

	TRY(call_core(c, &cm));
	TRY(target_check_examined(cm->target));
	TRY(target_check_free(cm->target, "soft_reset_halt"));
	return cortex_m_soft_reset_halt(cm->target);
}

const struct command cortex_m_commands[] = {
	{ "cortex_m maskisr", STAGE_ANY, 0, 1, "?auto|on|off|steponly?", cmd_maskisr,
	  "How interrupts are masked: auto serves pending ones before a step, then steps with them "
	  "masked; steponly only masks; on masks always; off never." },
	{ "cortex_m vector_catch", STAGE_ANY, 0, -1, "?all|faults|none|vector ...?", cmd_vector_catch,
	  "Which exceptions halt the core at their first instruction: hard_err int_err bus_err "
	  "state_err chk_err nocp_err mm_err secure_err reset; faults are all but reset." },
	{ "fault catch", STAGE_ANY, 0, -1, "?all|faults|none|vector ...?", cmd_vector_catch,
	  "Same as \"cortex_m vector_catch\"." },
	{ "cortex_m reset_config", STAGE_ANY, 0, 1, "?sysresetreq|vectreset?", cmd_reset_config,
	  "How the core is reset where no nRST is used. vectreset resets the core but no "
	  "peripheral." },
	{ "cortex_m fault", STAGE_EXEC, 0, 0, "", cmd_fault,
	  "Explains the recorded fault: which, where, and why." },
	{ "fault", STAGE_EXEC, 0, 0, "", cmd_fault, "Same as \"cortex_m fault\"." },
	{ "soft_reset_halt", STAGE_EXEC, 0, 0, "", cmd_soft_reset_halt,
	  "Resets the core alone (VECTRESET) and halts it at its first instruction." },
	{ 0 }
};
