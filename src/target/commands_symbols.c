/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs: symbols file, symbols find, symbols at, symbols clear. */
#include <stdio.h>
#include <stdlib.h>

#include "image/debug_info.h"
#include "target/target_list.h"

static enum err cmd_file(struct call *c)
{
	struct target *t;
	const char *path;

	TRY(call_target(c, &t));
	if (c->argc > 1) {
		char *found = script_find(c->script, c->argv[1]);

		if (found == NULL)
			return error_current()->code;
		enum err rc = symbols_add_file(t->symbols, found);

		free(found);
		TRY(rc);
	}
	for (size_t i = 0; (path = symbols_path(t->symbols, i)) != NULL; i++)
		result_append(c, path);
	return OK;
}

static enum err check_known(const struct target *t)
{
	if (symbols_path(t->symbols, 0) != NULL)
		return OK;
	error_why(ERR_NOT_FOUND, "no ELF file of the program on %s is known", t->name);
	return error_next(ERR_NOT_FOUND, "run \"symbols file FILE.elf\"");
}

static void say(struct call *c, const struct symbol *s)
{
	char text[24];

	result_dict(c, "name", s->name);
	snprintf(text, sizeof(text), "0x%08x", s->addr);
	result_dict(c, "address", text);
	snprintf(text, sizeof(text), "%u", s->size);
	result_dict(c, "size", text);
	result_dict(c, "kind", s->is_function ? "function" : "data");
}

static enum err cmd_find(struct call *c)
{
	struct symbol found;
	struct target *t;

	TRY(call_target(c, &t));
	if (!symbols_find(t->symbols, c->argv[1], &found)) {
		TRY(check_known(t));
		return error_why(ERR_NOT_FOUND, "%s is no symbol of %s", c->argv[1],
				 symbols_path(t->symbols, 0));
	}
	say(c, &found);
	return OK;
}

static enum err cmd_at(struct call *c)
{
	struct symbol found;
	struct target *t;
	uint32_t addr;
	char text[24];

	TRY(call_target(c, &t));
	TRY(arg_u32(c, 1, &addr));
	TRY(check_known(t));
	if (!symbols_at(t->symbols, addr, &found))
		return error_why(ERR_NOT_FOUND, "0x%08x lies in no symbol of %s", addr,
				 symbols_path(t->symbols, 0));
	say(c, &found);
	snprintf(text, sizeof(text), "%u", addr - found.addr);
	result_dict(c, "offset", text);
	return OK;
}

static enum err cmd_member(struct call *c)
{
	struct debug_member member = { 0 };
	struct target *t;
	char text[24];

	TRY(call_target(c, &t));
	TRY(check_known(t));
	struct debug_info *d = debug_info_open(t->symbols);
	bool is_known = c->argc > 2 ? debug_info_member(d, c->argv[1], c->argv[2], &member) :
				      debug_info_size(d, c->argv[1], &member.bytes);
	enum err rc = OK;

	if (!is_known && debug_info_path(d) != NULL)
		rc = error_why(ERR_NOT_FOUND, "struct %s has no member %s", c->argv[1], c->argv[2]);
	else if (!is_known)
		rc = error_why(ERR_NOT_FOUND, "%s", debug_info_why(d));
	debug_info_close(d);
	TRY(rc);
	if (c->argc > 2) {
		snprintf(text, sizeof(text), "%u", member.offset);
		result_dict(c, "offset", text);
	}
	snprintf(text, sizeof(text), "%u", member.bytes);
	result_dict(c, "size", text);
	return OK;
}

static enum err cmd_clear(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	symbols_clear(t->symbols);
	return OK;
}

const struct command symbol_commands[] = {
	{ "symbols file", STAGE_ANY, 0, 1, "?file?", cmd_file,
	  "The ELF files that names on the current target are taken from, the newest first; with an "
	  "argument one more. Those that were written, loaded or verified are there already." },
	{ "symbols find", STAGE_ANY, 1, 1, "name", cmd_find,
	  "Address, size and kind of a function or variable, as a dict." },
	{ "symbols at", STAGE_ANY, 1, 1, "address", cmd_at,
	  "The function or variable that an address lies in and the offset in it, as a dict." },
	{ "symbols member", STAGE_ANY, 1, 2, "struct ?member?", cmd_member,
	  "Size of a struct, or offset and size of a member of it (\"a.b\" goes down), from the debug "
	  "information of the ELF files." },
	{ "symbols clear", STAGE_ANY, 0, 0, "", cmd_clear,
	  "Forgets the ELF files of the current target." },
	{ 0 }
};
