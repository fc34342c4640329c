/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of a probe as pure functions over drivers and devices: for probe.c and its test. */
#ifndef ADAPTER_PROBE_PRIV_H
#define ADAPTER_PROBE_PRIV_H

#include "adapter/adapter.h"

struct probe_alias {
	char *name, *serial;
	struct probe_alias *next;
};

/* Every device that a driver takes for a probe, each with the driver that knows it best; and those
 * in a boot loader, which may have no driver. */
struct probe *probe_recognise_all(const struct adapter_driver *const *drivers,
				  const struct usb_device *devices);
/* Those that the configuration of `adapter` lets in. */
struct probe *probe_filter(const struct adapter *adapter,
			   const struct adapter_driver *const *drivers,
			   const struct usb_device *devices);
/* The one. ERR_ADAPTER_NOT_FOUND, ERR_ADAPTER_AMBIGUOUS. */
enum err probe_choose(const struct adapter *adapter, const struct adapter_driver *const *drivers,
		      const struct usb_device *devices, struct probe **probe);

/* probe_explain.c: the two refusals. */
enum err probe_fail_ambiguous(const struct adapter *adapter, const struct probe *fitting);
enum err probe_fail_not_found(const struct adapter *adapter, const struct probe *all);
/* The line that picks this probe of these: `adapter serial X`, or by location if that says more. */
void probe_pick_line(const struct probe *probe, const struct probe *among, struct buf *out);
/* What a device in its boot loader is; NULL: it is none. */
const char *probe_loader_name(const struct usb_device *device);
const char *probe_resolve_alias(const struct adapter *adapter, const char *name);
void probe_free_aliases(struct adapter *adapter);
/* Takes back what probe_select_driver() chose. */
void probe_forget_choice(struct adapter *adapter);

#endif
