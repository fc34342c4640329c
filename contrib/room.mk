# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/install-deps contrib/quickstart contrib/quickstart.gdb
