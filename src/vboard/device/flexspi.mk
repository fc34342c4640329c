# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/device/imxrt_flexspi.c src/vboard/device/imxrt_flexspi.h \
	src/vboard/device/imxrt_flexspi_ahb.c \
	src/vboard/device/imxrt_flexspi_ip.c \
	src/vboard/device/imxrt_flexspi_lut.c \
	src/vboard/device/imxrt_flexspi_parts.h src/vboard/device/imxrt_flexspi_priv.h \
	src/vboard/device/imxrt_flexspi_regs.c src/vboard/device/imxrt_flexspi_regs.h

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_flexspi testing/unit/test_vb_flexspi_ahb \
	testing/unit/test_vb_flexspi_nor
testing_unit_test_vb_flexspi_SOURCES = testing/unit/test_vb_flexspi.c testing/unit/vb_flexspi_bench.h
testing_unit_test_vb_flexspi_LDADD = $(vboard_test_libs)
testing_unit_test_vb_flexspi_ahb_SOURCES = \
	testing/unit/test_vb_flexspi_ahb.c testing/unit/vb_flexspi_bench.h
testing_unit_test_vb_flexspi_ahb_LDADD = $(vboard_test_libs)
testing_unit_test_vb_flexspi_nor_SOURCES = \
	testing/unit/test_vb_flexspi_nor.c testing/unit/vb_flexspi_bench.h
testing_unit_test_vb_flexspi_nor_LDADD = $(vboard_test_libs)
endif
endif

EXTRA_DIST += testing/system/test_imxrt_flexspi_model.py
