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
	src/vboard/device/stm32l4_hooks.h \
	src/vboard/device/stm32l4_icache.c \
	src/vboard/device/stm32l4_options.c \
	src/vboard/device/stm32l4_options.h \
	src/vboard/device/stm32l4_program.c \
	src/vboard/device/stm32l4_protect.c \
	src/vboard/device/stm32u5_families.c

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_flash_lines testing/unit/test_vb_flash_family \
	testing/unit/test_vb_flash_rules
testing_unit_test_vb_flash_lines_SOURCES = testing/unit/test_vb_flash_lines.c \
	testing/unit/vb_flash_bench.h testing/unit/vb_chip_bench.h
testing_unit_test_vb_flash_lines_LDADD = $(vboard_test_libs)
testing_unit_test_vb_flash_family_SOURCES = testing/unit/test_vb_flash_family.c \
	testing/unit/vb_flash_bench.h testing/unit/vb_chip_bench.h
testing_unit_test_vb_flash_family_LDADD = $(vboard_test_libs)
testing_unit_test_vb_flash_rules_SOURCES = testing/unit/test_vb_flash_rules.c \
	testing/unit/vb_flash_bench.h testing/unit/vb_chip_bench.h
testing_unit_test_vb_flash_rules_LDADD = $(vboard_test_libs)
endif
endif
