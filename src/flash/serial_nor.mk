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

EXTRA_DIST += contrib/loaders/flexspi_nor.S testing/system/test_flexspi_nor.py
