# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/flash/flexspi.c src/flash/flexspi.h src/flash/flexspi_regs.h \
	src/flash/flexspi_clock.c \
	src/flash/flexspi_describe.c \
	src/flash/flexspi_exec.c \
	src/flash/flexspi_wake.c \
	src/flash/imxrt.c src/flash/imxrt.h src/flash/imxrt_regs.h \
	src/flash/imxrt_clock.c src/flash/imxrt_clock.h \
	src/flash/imxrt_commands.c \
	src/flash/imxrt_entry.c \
	src/flash/imxrt_parts.c \
	src/flash/imxrt_quiet.c \
	src/flash/imxrt_ram_boot.c \
	src/flash/imxrt_rescue.c src/flash/imxrt_rescue.h \
	src/flash/imxrt_rescue_flash.c \
	src/flash/imxrt_reset.c src/flash/imxrt_reset.h

EXTRA_DIST += testing/system/test_imxrt_rescue.py testing/system/test_imxrt_target.py

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_imxrt testing/unit/test_flexspi
testing_unit_test_imxrt_SOURCES = testing/unit/test_imxrt.c testing/unit/fake_imxrt.c \
	testing/unit/fake_imxrt.h
testing_unit_test_imxrt_LDADD = $(probed_test_libs)
testing_unit_test_flexspi_SOURCES = testing/unit/test_flexspi.c testing/unit/fake_imxrt.c \
	testing/unit/fake_imxrt.h
testing_unit_test_flexspi_LDADD = $(probed_test_libs)
endif
