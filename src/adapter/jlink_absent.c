/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build without libjaylink knows a J-Link when it sees one, and says what is missing. */
#include "adapter/jlink.h"
#include "adapter/jlink_rules.h"

static void absent_recognise(const struct usb_device *device, struct probe_match *match)
{
	struct jlink_identity id = jlink_identify(device->pid);

	if (device->vid == JLINK_VID && id.is_jlink)
		*match = (struct probe_match){ .quality = MATCH_IDS, .kind = id.kind,
					       .config = "interface/jlink.cfg" };
}

static enum err absent_open(struct adapter *adapter)
{
	(void)adapter;
	error_why(ERR_UNSUPPORTED, "this build has no driver for J-Links");
	return error_next(ERR_UNSUPPORTED, "build it with libusb-1.0 and libjaylink");
}

static const enum transport supported[] = { TRANSPORT_JTAG, TRANSPORT_SWD, TRANSPORT_NONE };

const struct adapter_driver jlink_driver = {
	.name = "jlink",
	.help = "SEGGER J-Link (not in this build)",
	.transports = supported,
	.open = absent_open,
	.recognise = absent_recognise,
};
