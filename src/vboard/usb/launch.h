/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * launch: runs a command as a client of the emulated USB. It gets the environment that makes the
 * root its /sys and /dev, and a timer slack that does not slow it down.
 */
#ifndef VB_USB_LAUNCH_H
#define VB_USB_LAUNCH_H

#include <sys/types.h>

#include "base/err.h"
#include "vboard/usb/hub.h"

/* `argv` ends with NULL; argv[0] is looked for in PATH. */
enum err vb_launch(const struct vb_usb_hub *hub, char *const *argv, pid_t *pid);
/* LD_PRELOAD for a program: an ASan one wants its own library first. Freed by the caller. */
char *vb_launch_preload(const struct vb_usb_hub *hub, const char *program);
/* What waitpid() said, as an exit code. */
int vb_launch_exit_code(int status);

#endif
