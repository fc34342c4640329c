/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial downloader. */
#include "rom.h"

void serial_downloader(const struct rom *rom)
{
	(void)rom;
	for (;;)
		;
}
