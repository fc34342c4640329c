# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/device/stm32l4_array.c \
	src/vboard/device/stm32l4_flash.c \
	src/vboard/device/stm32l4_flash.h \
	src/vboard/device/stm32l4_flash_parts.h \
	src/vboard/device/stm32l4_options.c \
	src/vboard/device/stm32l4_program.c
