# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/device/imxrt_flexspi.c src/vboard/device/imxrt_flexspi.h \
	src/vboard/device/imxrt_flexspi_ahb.c \
	src/vboard/device/imxrt_flexspi_ip.c \
	src/vboard/device/imxrt_flexspi_lut.c \
	src/vboard/device/imxrt_flexspi_priv.h \
	src/vboard/device/imxrt_flexspi_regs.c src/vboard/device/imxrt_flexspi_regs.h
