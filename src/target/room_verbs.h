/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * room_verbs: verbs of a room above that act on a target stand below each target's name, too, as scripts
 * expect: `itm port 0 on` and `chip.cpu itm port 0 on`. The room registers its rows here, before the
 * targets are created, and its handlers ask for user data and target.
 */
#ifndef TARGET_ROOM_VERBS_H
#define TARGET_ROOM_VERBS_H

#include "target/target.h"

/* The rows outlive the list. */
void target_add_room_verbs(struct target_list *list, const struct command *rows, void *user);
/* What target_add_room_verbs() was given. */
void *room_verb_user(struct call *c);
/* The target whose name stands before the verb, else the current one. */
enum err room_verb_target(struct call *c, struct target **t);

#endif
