# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += src/vboard/device/nor.h src/vboard/device/spi_bus.h \
	src/vboard/device/nor.c src/vboard/device/nor_parts.h src/vboard/device/nor_ops.h \
	src/vboard/device/nor_common.c src/vboard/device/nor_issi.c src/vboard/device/nor_sfdp.c \
	src/vboard/device/nor_state.c src/vboard/device/nor_winbond.c \
	src/vboard/device/nor_wire.c src/vboard/device/nor_work.c src/vboard/device/nor_world.c \
	src/vboard/device/hyperflash.c src/vboard/device/hyperflash.h \
	src/vboard/device/hyperflash_cfi.c

EXTRA_DIST += testing/system/test_judge_imxrt.py

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_nor testing/unit/test_vb_nor_modes \
	testing/unit/test_vb_nor_world testing/unit/test_vb_hyperflash
testing_unit_test_vb_nor_SOURCES = testing/unit/test_vb_nor.c testing/unit/vb_nor_bench.h
testing_unit_test_vb_nor_LDADD = $(vboard_test_libs)
testing_unit_test_vb_nor_modes_SOURCES = testing/unit/test_vb_nor_modes.c \
	testing/unit/vb_nor_bench.h
testing_unit_test_vb_nor_modes_LDADD = $(vboard_test_libs)
testing_unit_test_vb_nor_world_SOURCES = testing/unit/test_vb_nor_world.c \
	testing/unit/vb_nor_bench.h
testing_unit_test_vb_nor_world_LDADD = $(vboard_test_libs)
testing_unit_test_vb_hyperflash_SOURCES = testing/unit/test_vb_hyperflash.c \
	testing/unit/vb_nor_bench.h
testing_unit_test_vb_hyperflash_LDADD = $(vboard_test_libs)
endif
endif
