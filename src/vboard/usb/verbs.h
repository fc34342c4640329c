/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control port's verb `usb` and what the emulated probes add to `stats`. */
#ifndef VB_USB_VERBS_H
#define VB_USB_VERBS_H

#include <stdio.h>

#include "base/bytes.h"
#include "vboard/usb/hub.h"

#define VB_USB_USAGE "list | root | ?N? unplug | replug | reset | mode OCTAL | fault KIND ... | VERB"

/* Lists the verbs of the models as the control port's help does: `,{"name":...}`. */
void vb_usb_help(const struct vb_usb_hub *hub, struct buf *out,
		 void (*entry)(struct buf *out, const char *sep, const char *name,
			       const char *usage, const char *help));
/* argv[0] is "usb"; appends `,"key":value` pairs. hub may be NULL. */
enum err vb_usb_verb(struct vb_usb_hub *hub, int argc, char **argv, struct buf *out);
/* The counters of the first device; zeros if there is none. */
void vb_usb_count(const struct vb_usb_hub *hub, struct vb_usb_counters *count);
/* The host's time on the first device. */
uint64_t vb_usb_host_ns(const struct vb_usb_hub *hub);
/* What the first device's model counts. */
void vb_usb_model_stats(const struct vb_usb_hub *hub, FILE *out);
/* The verb of a model; *device is the one that has it. NULL: no device has. */
const struct vb_control_verb *vb_usb_model_verb(const struct vb_usb_hub *hub, const char *name,
						struct vb_usb_device **device);

#endif
