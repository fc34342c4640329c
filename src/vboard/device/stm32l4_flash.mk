# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/device/stm32l4_array.c \
	src/vboard/device/stm32l4_array.h \
	src/vboard/device/stm32l4_cells.c \
	src/vboard/device/stm32l4_erase.c \
	src/vboard/device/stm32l4_families.c \
	src/vboard/device/stm32l4_family.h \
	src/vboard/device/stm32l4_fast.c \
	src/vboard/device/stm32l4_flash.c \
	src/vboard/device/stm32l4_flash.h \
	src/vboard/device/stm32l4_flash_parts.h \
	src/vboard/device/stm32l4_options.c \
	src/vboard/device/stm32l4_options.h \
	src/vboard/device/stm32l4_program.c \
	src/vboard/device/stm32l4_protect.c \
	src/vboard/device/stm32u5_families.c
