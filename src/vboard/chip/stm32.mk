# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/chip/stm32_chip.c \
	src/vboard/chip/stm32_chip.h \
	src/vboard/chip/stm32_chip_boot.c \
	src/vboard/chip/stm32_chip_boot.h \
	src/vboard/chip/stm32_chip_map.c \
	src/vboard/chip/stm32_chip_power.c \
	src/vboard/chip/stm32_chip_ram.c \
	src/vboard/chip/stm32_chip_state.c \
	src/vboard/chip/stm32_chip_swo.c \
	src/vboard/chip/stm32_chip_verbs.c \
	src/vboard/chip/stm32_chip_verbs.h \
	src/vboard/chip/stm32_chip_verbs_flash.c \
	src/vboard/chip/stm32_part.h \
	src/vboard/chip/stm32_units.h \
	src/vboard/chip/stm32g0b1.c \
	src/vboard/chip/stm32g474.c \
	src/vboard/chip/stm32l432.c \
	src/vboard/chip/stm32l476.c \
	src/vboard/chip/stm32l4r5.c \
	src/vboard/chip/stm32l552.c \
	src/vboard/chip/stm32u575.c \
	src/vboard/chip/stm32wb55.c

EXTRA_DIST += src/vboard/chip/stm32_chip_boot.S

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_flash testing/unit/test_vb_chip testing/unit/test_vb_chip_options \
	testing/unit/test_vb_swo
testing_unit_test_vb_flash_SOURCES = testing/unit/test_vb_flash.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_flash_LDADD = $(vboard_test_libs)
testing_unit_test_vb_chip_SOURCES = testing/unit/test_vb_chip.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_chip_LDADD = $(vboard_test_libs)
testing_unit_test_vb_chip_options_SOURCES = testing/unit/test_vb_chip_options.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_chip_options_LDADD = $(vboard_test_libs)
testing_unit_test_vb_swo_SOURCES = testing/unit/test_vb_swo.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_swo_LDADD = $(vboard_test_libs)
endif
endif
