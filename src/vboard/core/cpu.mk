# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/core/bus.c src/vboard/core/bus.h \
	src/vboard/core/clock.c src/vboard/core/clock.h \
	src/vboard/core/cpu.h

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_bus
testing_unit_test_vb_bus_SOURCES = testing/unit/test_vb_bus.c
testing_unit_test_vb_bus_LDADD = $(vboard_test_libs)
endif
endif
