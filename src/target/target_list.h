/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and choosing targets: list.c for the verbs of commands_target.c. */
#ifndef TARGET_TARGET_LIST_H
#define TARGET_TARGET_LIST_H

#include "target/target_priv.h"

/* ERR_ARGUMENT for an unknown type or a name that is taken. Becomes the current target. */
enum err target_create(struct target_list *list, const char *name, const char *type_name,
		       struct target **t);
void target_discard(struct target *t);
/* `targets NAME`: for the client that speaks, or, in configuration files, for all. */
void target_select(struct target_list *list, struct target *t);

/* Options of `target create` and `configure` from argument `first` on. */
enum err target_configure(struct call *c, struct target *t, int first);

#endif
