/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flash_patch: programs breakpoints into flash for target/patch.h, and keeps the journal by which they can
 * be taken out after the daemon or the power has gone in the middle:
 *
 *   2026-01-02T03:04:05Z begin TARGET/UNIQUE-ID 0x08000800 2048 ORIGINAL-CONTENTS-IN-HEX
 *   2026-01-02T03:04:05Z done TARGET/UNIQUE-ID 0x08000800
 *   2026-01-02T03:04:05Z restored TARGET/UNIQUE-ID 0x08000800
 *
 * A sector without its "restored" is looked at when the target is examined: BKPTs that are still there
 * become breakpoints that were removed (passed without a stop, not shown, out at detach); a "begin" without
 * "done" whose sector is neither as before nor patched was cut off, and flash_patch_restore() writes it
 * back. The file is deleted when nothing is left to restore.
 */
#ifndef FLASH_FLASH_PATCH_H
#define FLASH_FLASH_PATCH_H

#include "flash/flash.h"
#include "target/patch.h"

struct flash_patch_room;

struct flash_patch_room *flash_patch_new(struct flash_room *room);
void flash_patch_free(struct flash_patch_room *patches);
/* Somebody erased or programmed the sector: breakpoints in it are no more. */
void flash_patch_overwritten(struct flash_bank *bank, const struct flash_sector *sector);
/* (services) All breakpoints out of this target's flash, also those of an earlier run of the daemon. */
enum err flash_patch_restore(struct flash_room *room, struct target *t);

#endif
