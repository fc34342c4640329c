# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += src/vboard/chip/imxrt_boot.h
