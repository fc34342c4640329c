# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += README.md HACKING.md COPYING doc/architecture.md doc/manual.md doc/terminology.md \
	doc/adding-a-chip.md doc/adding-a-flash-driver.md doc/adding-a-probe.md
