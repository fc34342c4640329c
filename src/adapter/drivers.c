/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every probe family, in the order of `adapter list`. A new one is a line here. */
#include "adapter/cmsis_dap.h"
#include "adapter/ftdi.h"
#include "adapter/jlink.h"
#include "adapter/remote_bitbang.h"
#include "adapter/stlink.h"

const struct adapter_driver *const adapter_drivers[] = {
	&cmsis_dap_driver,
	&stlink_driver,
	&ftdi_driver,
	&jlink_driver,
	&remote_bitbang_driver,
	NULL
};
