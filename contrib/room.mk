# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/install-deps contrib/quickstart contrib/quickstart.gdb

# Who may open a probe. udev reads ${prefix}/lib/udev/rules.d only for the prefix /usr: see README.
udevrulesdir = $(UDEVDIR)/rules.d
dist_udevrules_DATA = contrib/60-probed.rules
dist_check_SCRIPTS += testing/check-udev
