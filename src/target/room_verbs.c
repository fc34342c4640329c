/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs of rooms above that act on a target: also below its name. */
#include <stdlib.h>

#include "target/room_verbs.h"
#include "target/target_priv.h"

struct room_scope {
	struct target_list *list;
	struct target *target;		/* NULL: the current one */
	struct room_verbs *verbs;
	struct room_scope *next;
};

struct room_verbs {
	const struct command *rows;
	void *user;
	struct room_scope *scopes;	/* the last one is of the verbs without a target's name */
	struct room_verbs *next;
};

static struct room_scope *add_scope(struct target_list *list, struct room_verbs *v, struct target *t)
{
	struct room_scope *scope = xcalloc(1, sizeof(*scope));

	*scope = (struct room_scope){ list, t, v, v->scopes };
	v->scopes = scope;
	return scope;
}

void target_add_room_verbs(struct target_list *list, const struct command *rows, void *user)
{
	struct room_verbs *v = xcalloc(1, sizeof(*v));

	*v = (struct room_verbs){ .rows = rows, .user = user, .next = list->own->room_verbs };
	list->own->room_verbs = v;
	script_register(list->script, rows, add_scope(list, v, NULL));
}

enum err room_verbs_register(struct target *t)
{
	for (struct room_verbs *v = t->list->own->room_verbs; v != NULL; v = v->next)
		TRY(script_register_object(t->list->script, t->name, "target", v->rows,
					   add_scope(t->list, v, t)));
	return OK;
}

void room_verbs_free(struct target_list *list)
{
	for (struct room_verbs *v = list->own->room_verbs, *next; v != NULL; v = next) {
		next = v->next;
		for (struct room_scope *s = v->scopes, *after; s != NULL; s = after) {
			after = s->next;
			free(s);
		}
		free(v);
	}
	list->own->room_verbs = NULL;
}

void *room_verb_user(struct call *c)
{
	return ((struct room_scope *)c->user)->verbs->user;
}

enum err room_verb_target(struct call *c, struct target **t)
{
	const struct room_scope *scope = c->user;

	if (scope->target == NULL)
		return target_current(scope->list, t);
	*t = scope->target;
	return OK;
}
