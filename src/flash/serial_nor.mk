# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/flash/flexspi_commands.c \
	src/flash/flexspi_nor.c src/flash/flexspi_nor.h \
	src/flash/flexspi_nor_boot.c \
	src/flash/flexspi_nor_doctor.c \
	src/flash/flexspi_nor_loader.h \
	src/flash/flexspi_nor_run.c \
	src/flash/flexspi_nor_session.c \
	src/flash/flexspi_nor_stream.c \
	src/flash/serial_nor.c src/flash/serial_nor.h src/flash/serial_nor_priv.h \
	src/flash/serial_nor_hyper.c \
	src/flash/serial_nor_parts.c \
	src/flash/serial_nor_status.c \
	src/flash/sfdp.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_flexspi_nor testing/unit/test_serial_nor
testing_unit_test_flexspi_nor_SOURCES = testing/unit/test_flexspi_nor.c
testing_unit_test_flexspi_nor_LDADD = $(probed_test_libs)
testing_unit_test_serial_nor_SOURCES = testing/unit/test_serial_nor.c
testing_unit_test_serial_nor_LDADD = $(probed_test_libs)
endif

# The seeds, cut at every length and with changed bytes.
check_PROGRAMS += testing/fuzz/fuzz_imxrt
testing_fuzz_fuzz_imxrt_SOURCES = testing/fuzz/fuzz_imxrt.c testing/fuzz/replay.c
testing_fuzz_fuzz_imxrt_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"imxrt"'
testing_fuzz_fuzz_imxrt_LDADD = $(PROBED_LIBS)
EXTRA_DIST += testing/fuzz/seeds/imxrt/sfdp-two-tables testing/fuzz/seeds/imxrt/header-with-dcd

EXTRA_DIST += contrib/loaders/flexspi_nor.S testing/system/test_flexspi_nor.py testing/system/test_imxrt_wrong.py
