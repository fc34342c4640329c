# SPDX-License-Identifier: GPL-2.0-or-later
libbase_a_SOURCES += \
	src/base/bytes.c src/base/bytes.h \
	src/base/clock.c src/base/clock.h \
	src/base/err.c src/base/err.def src/base/err.h \
	src/base/log.c src/base/log.h \
	src/base/loop.c src/base/loop.h \
	src/base/sock.c src/base/sock.h

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_base
testing_unit_test_base_SOURCES = testing/unit/test_base.c
testing_unit_test_base_LDADD = $(probed_test_libs)
endif
