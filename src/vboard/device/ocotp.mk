# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += src/vboard/device/imxrt_ocotp.h
