/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `debug_bits`: what the guard of the debug bits looks after. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/target_priv.h"

static const char *const policy_words[] = {
	[DEBUG_BITS_DETACH] = "detach", [DEBUG_BITS_EXIT] = "exit", [DEBUG_BITS_KEEP] = "keep", NULL
};

const char *debug_bits_policy_name(enum debug_bits_policy policy)
{
	return policy_words[policy];
}

bool debug_bits_policy_parse(const char *word, enum debug_bits_policy *policy)
{
	for (unsigned i = 0; policy_words[i] != NULL; i++) {
		if (strcmp(policy_words[i], word) == 0) {
			*policy = (enum debug_bits_policy)i;
			return true;
		}
	}
	return false;
}

static struct debug_guard *guard_of(struct target *t)
{
	return &t->own->debug_guard;
}

static enum err check_word(uint32_t addr)
{
	return addr % 4 == 0
		       ? OK
		       : error_why(ERR_UNALIGNED, "address 0x%08x is not a multiple of 4", addr);
}

static enum err cmd_add(struct call *c)
{
	uint32_t addr, bits, enable_addr = 0, enable = 0;
	struct debug_word *w;
	struct target *t;
	int i = 3;

	TRY(call_target(c, &t));
	TRY(arg_u32(c, 1, &addr));
	TRY(arg_u32(c, 2, &bits));
	TRY(check_word(addr));
	if (i < c->argc && strcmp(c->argv[i], "-enable") == 0) {
		if (c->argc < i + 3)
			return arg_usage(c);
		TRY(arg_u32(c, i + 1, &enable_addr));
		TRY(arg_u32(c, i + 2, &enable));
		TRY(check_word(enable_addr));
		i += 3;
	}
	if (c->argc > i + 1)
		return arg_usage(c);
	w = debug_word_add(t, addr, bits, i < c->argc ? c->argv[i] : NULL);
	w->enable_addr = enable_addr;
	w->enable = enable;
	if (t->examined)
		debug_words_apply(t, true);
	return OK;
}

static enum err cmd_note(struct call *c)
{
	struct debug_note note = { 0 };
	struct target *t;

	TRY(call_target(c, &t));
	TRY(arg_u32(c, 1, &note.addr));
	TRY(arg_u32(c, 2, &note.mask));
	TRY(arg_u32(c, 3, &note.value));
	TRY(check_word(note.addr));
	note.words = (char *)c->argv[4];
	debug_note_add(t, &note);
	return OK;
}

static enum err cmd_remove(struct call *c)
{
	struct target *t;
	uint32_t addr;

	TRY(call_target(c, &t));
	TRY(arg_u32(c, 1, &addr));
	debug_words_restore(t);
	bool found = debug_word_remove(t, addr);

	if (t->examined)
		debug_words_apply(t, true);
	if (found)
		return OK;
	return error_next(error_why(ERR_NOT_FOUND, "0x%08x is not guarded", addr),
			  "\"debug_bits list\" tells what is");
}

static enum err cmd_list(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	for (const struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next) {
		struct buf text = { 0 };

		buf_printf(&text, "address 0x%08x bits 0x%08x guarded 0x%08x", w->addr, w->wanted,
			   w->guarded);
		if (w->has_before)
			buf_printf(&text, " before 0x%08x", w->before);
		if (w->enable != 0)
			buf_printf(&text, " enable_address 0x%08x enable 0x%08x", w->enable_addr,
				   w->enable);
		buf_printf(&text, " words {%s}", w->words != NULL ? w->words : "");
		result_append(c, (const char *)text.data);
		buf_free(&text);
	}
	return OK;
}

static enum err cmd_apply(struct call *c)
{
	struct target *t;

	TRY(call_examined_target(c, &t));
	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next)
		w->guarded = w->wanted;
	guard_of(t)->gdb_left = false;
	debug_words_apply(t, true);
	return OK;
}

static enum err cmd_restore(struct call *c)
{
	struct target *t;

	TRY(call_examined_target(c, &t));
	debug_words_restore(t);
	guard_of(t)->gdb_left = !guard_of(t)->has_gdb;
	return OK;
}

static enum err cmd_policy(struct call *c)
{
	struct target *t;
	int which;

	TRY(call_target(c, &t));
	if (c->argc > 1) {
		TRY(arg_word(c, 1, policy_words, &which));
		guard_of(t)->policy = (enum debug_bits_policy)which;
	}
	result_printf(c, "%s", policy_words[guard_of(t)->policy]);
	return OK;
}

const struct command debug_bits_commands[] = {
	{ "debug_bits add", STAGE_ANY, 2, 6, "address bits ?-enable address bits? ?words?", cmd_add,
	  "Guards bits of a vendor debug register (DBGMCU_CR on STM32): they are set at each "
	  "examination and "
	  "halt, set again when the application clears them, and put back at the end (see "
	  "debug_bits "
	  "policy). -enable: the clock this register needs. words: what messages call it." },
	{ "debug_bits remove", STAGE_ANY, 1, 1, "address", cmd_remove,
	  "Puts a register back and guards it no more." },
	{ "debug_bits list", STAGE_ANY, 0, 0, "", cmd_list,
	  "The guarded registers, as a list of dicts: address, bits, guarded (those not cleared by "
	  "a user), "
	  "before (what it held), words." },
	{ "debug_bits apply", STAGE_EXEC, 0, 0, "", cmd_apply,
	  "Sets the guarded bits now, also those that were cleared through the debugger." },
	{ "debug_bits restore", STAGE_EXEC, 0, 0, "", cmd_restore,
	  "Puts the guarded bits back as they were, until the next halt or the next GDB." },
	{ "debug_bits policy", STAGE_ANY, 0, 1, "?detach|exit|keep?", cmd_policy,
	  "When the bits are put back: detach, when the last GDB has left and the core runs, and "
	  "at the "
	  "daemon's end (default); exit, at the daemon's end; keep, never." },
	{ "debug_bits note", STAGE_ANY, 4, 4, "address mask value words", cmd_note,
	  "Says the words once at attach if (word at address & mask) == value; a word that reads 0 "
	  "has no "
	  "clock and says nothing." },
	{ 0 }
};
