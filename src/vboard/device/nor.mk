# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += src/vboard/device/nor.h src/vboard/device/spi_bus.h \
	src/vboard/device/nor.c src/vboard/device/nor_parts.h src/vboard/device/nor_ops.h \
	src/vboard/device/nor_common.c src/vboard/device/nor_issi.c src/vboard/device/nor_sfdp.c \
	src/vboard/device/nor_state.c src/vboard/device/nor_winbond.c \
	src/vboard/device/nor_wire.c src/vboard/device/nor_work.c src/vboard/device/nor_world.c \
	src/vboard/device/hyperflash.c src/vboard/device/hyperflash.h \
	src/vboard/device/hyperflash_cfi.c
