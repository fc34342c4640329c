/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of drivers, and two that drive nothing: `virtual` and the stand-in for absent ones. */
#include <stdlib.h>
#include <string.h>

#include "flash/flexspi_nor.h"
#include "flash/imxrt.h"
#include "flash/ocotp.h"
#include "flash/room.h"
#include "flash/stm32l4_doctor.h"
#include "flash/stm32l4_option.h"
#include "flash/stm32l4_work.h"

const struct flash_driver *const flash_drivers[] = {
	&stm32l4_driver,
	&flexspi_nor_driver,
	&ocotp_driver,
	&virtual_driver,
	NULL
};

/* Verbs about a chip as a whole, which are no driver's. */
const struct command *const flash_chip_commands[] = {
	imxrt_commands,
	stm32l4_doctor_commands,
	stm32l4_option_commands,
	stm32l4_fast_commands,
	NULL
};

/* absent */

static enum err absent_probe(struct flash_bank *bank)
{
	error_why(ERR_UNSUPPORTED, "flash driver '%s' is not available", bank->driver_name);
	return error_next(ERR_UNSUPPORTED, "run \"flash drivers\" for those that are");
}

const struct flash_driver absent_driver = {
	.name = "absent",
	.help = "stands in for a driver of the configuration that this program does not have",
	.probe = absent_probe,
};

/* virtual: another address of a bank */

static enum err virtual_create(struct flash_bank *bank, int argc, const char *const *argv)
{
	struct flash_bank *master;

	if (argc < 1)
		return error_next(error_why(ERR_ARGUMENT,
					    "a virtual flash bank needs the name of its master"),
				  "add the master bank's name at the end");
	TRY(flash_find_bank(bank->room, argv[0], &master));
	bank->priv = master;
	return OK;
}

static enum err virtual_probe(struct flash_bank *bank)
{
	struct flash_bank *master = bank->priv;

	TRY(flash_probe(master));
	bank->size = master->size;
	bank->program_unit = master->program_unit;
	bank->erased_value = master->erased_value;
	bank->keepalive = master->keepalive;
	bank->erase_sector_us = master->erase_sector_us;
	bank->program_unit_us = master->program_unit_us;
	bank->mass_erase_us = master->mass_erase_us;
	bank->sector_count = master->sector_count;
	bank->sectors = xrealloc(bank->sectors, master->sector_count * sizeof(*bank->sectors));
	if (master->sector_count > 0)
		memcpy(bank->sectors, master->sectors,
		       master->sector_count * sizeof(*bank->sectors));
	return OK;
}

static enum err virtual_begin(struct flash_bank *bank)
{
	struct flash_bank *master = bank->priv;

	return master->driver->begin != NULL ? master->driver->begin(master) : OK;
}

static enum err virtual_end(struct flash_bank *bank)
{
	struct flash_bank *master = bank->priv;

	return master->driver->end != NULL ? master->driver->end(master) : OK;
}

static enum err virtual_erase(struct flash_bank *bank, unsigned first, unsigned last)
{
	struct flash_bank *master = bank->priv;

	return master->driver->erase(master, first, last);
}

static enum err virtual_write(struct flash_bank *bank, const uint8_t *data, uint32_t offset,
			      size_t n)
{
	struct flash_bank *master = bank->priv;

	return master->driver->write(master, data, offset, n);
}

static enum err virtual_protect(struct flash_bank *bank, bool set, unsigned first, unsigned last)
{
	struct flash_bank *master = bank->priv;

	return flash_protect(master, set, first, last);
}

static enum err virtual_protect_check(struct flash_bank *bank)
{
	struct flash_bank *master = bank->priv;

	if (master->driver->protect_check != NULL)
		TRY(master->driver->protect_check(master));
	for (unsigned i = 0; i < bank->sector_count; i++)
		bank->sectors[i].is_protected = master->sectors[i].is_protected;
	return OK;
}

static enum err virtual_info(struct flash_bank *bank, struct buf *out)
{
	struct flash_bank *master = bank->priv;

	buf_printf(out, "virtual bank of %s at 0x%08x", master->name, master->base);
	return OK;
}

static enum err virtual_readable(struct flash_bank *bank)
{
	return flash_check_readable(bank->priv);
}

const struct flash_driver virtual_driver = {
	.name = "virtual",
	.help = "a second address of another bank, which is named as the last argument",
	.create = virtual_create,
	.probe = virtual_probe,
	.begin = virtual_begin,
	.end = virtual_end,
	.erase = virtual_erase,
	.write = virtual_write,
	.protect = virtual_protect,
	.protect_check = virtual_protect_check,
	.info = virtual_info,
	.readable = virtual_readable,
};
