# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/wire/bit_port.c src/wire/bit_port.h src/wire/bit_port_priv.h \
	src/wire/jtag.c src/wire/jtag.h \
	src/wire/jtag_port.c \
	src/wire/swd.c src/wire/swd.h \
	src/wire/swd_port.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_swd testing/unit/test_jtag
testing_unit_test_swd_SOURCES = testing/unit/test_swd.c testing/unit/fake_dp.h
testing_unit_test_swd_LDADD = $(probed_test_libs)
testing_unit_test_jtag_SOURCES = testing/unit/test_jtag.c testing/unit/fake_dp.h
testing_unit_test_jtag_LDADD = $(probed_test_libs)
endif
