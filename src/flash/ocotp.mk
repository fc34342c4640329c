# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += src/flash/ocotp.h src/flash/imxrt_image.h
