/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_image: will the boot ROM start this image, and will the debugger still get in afterwards?
 * Pure functions over bytes: FCB (flexspi_nor_config_t), IVT, boot data, DCD, vector table
 * (IMXRT1064RM "System Boot": FlexSPI NOR, Program image, DCD).
 */
#ifndef FLASH_IMXRT_IMAGE_H
#define FLASH_IMXRT_IMAGE_H

#include "flash/imxrt.h"

struct serial_nor;

/* Bytes of flash as the ROM would see them: *known false where the image says nothing. */
struct imxrt_flash_view {
	enum err (*read)(void *ctx, uint32_t offset, uint8_t *dst, size_t n, bool *known);
	void *ctx;
	uint32_t base;			/* address of offset 0 */
	uint32_t bytes;
};

/* NOTE: worth knowing. WARNING: boots, or not, but harms nobody. REFUSE: the ROM cannot start it though
 * it looks as if it should, or it would lock the debugger out. */
enum imxrt_severity { BOOT_NOTE, BOOT_WARNING, BOOT_REFUSE };

struct imxrt_finding {
	enum imxrt_severity severity;
	const char *id;			/* "no-fcb", "ivt-self", "dcd-swd-pads" */
	char *text;			/* why, with the values */
	const char *next;		/* what to do; NULL */
};

struct imxrt_boot_check {
	bool has_fcb, has_ivt, has_dcd, is_bootable, touches_header;
	uint32_t entry, vectors, initial_sp, image_start, image_bytes;
	struct imxrt_finding findings[24];
	size_t count;
};

/* nor NULL: the flash is not known. */
enum err imxrt_check_boot(const struct imxrt_chip *chip, const struct serial_nor *nor,
			  const struct imxrt_flash_view *view, struct imxrt_boot_check *check);
void imxrt_boot_check_free(struct imxrt_boot_check *check);
/* As lines, worst first. */
void imxrt_describe_boot(const struct imxrt_boot_check *check, struct buf *out);

#endif
