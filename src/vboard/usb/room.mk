# SPDX-License-Identifier: GPL-2.0-or-later
# Emulated USB probes: the host side (URBs, sysfs) and one model per probe family.
libvboard_a_SOURCES += \
	src/vboard/usb/model.h
