/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the boot check share. Nobody else includes it. */
#ifndef FLASH_IMXRT_IMAGE_PRIV_H
#define FLASH_IMXRT_IMAGE_PRIV_H

#include "flash/imxrt_image.h"
#include "flash/serial_nor.h"

/* IMXRT1064RM "Program image": where the ROM looks, as offsets in the flash. */
#define FCB_BYTES    0x200u
#define IVT_OFFSET   0x1000u
#define IVT_BYTES    0x20u
#define APP_OFFSET   0x2000u
#define HEADER_BYTES 0x2000u

struct boot_view {
	const struct imxrt_chip *chip;
	const struct serial_nor *nor;		/* NULL: not known */
	const struct imxrt_flash_view *view;
	struct imxrt_boot_check *check;
	bool is_blocked;			/* the ROM will not start this */
};

enum err boot_read(const struct boot_view *b, uint32_t offset, uint8_t *dst, size_t n, bool *known);

void boot_note(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void boot_warn(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* REFUSE: the ROM cannot start it. */
void boot_block(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* REFUSE: it starts, and then nobody gets in. */
void boot_lock_out(struct boot_view *b, const char *id, const char *next, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

bool boot_is_ram(const struct imxrt_part *part, uint32_t addr);

/* Parts of the check; each adds findings. `fcb` holds FCB_BYTES. */
void boot_check_fcb(struct boot_view *b, const uint8_t *fcb);
enum err boot_check_dcd(struct boot_view *b, uint32_t offset, uint32_t limit);

#endif
