# SPDX-License-Identifier: GPL-2.0-or-later
# SWO, ITM and DWT trace.
libprobed_a_SOURCES += \
	src/trace/itm.c src/trace/itm.h \
	src/trace/tpiu_frames.c

check_PROGRAMS += testing/unit/test_itm
testing_unit_test_itm_SOURCES = testing/unit/test_itm.c
testing_unit_test_itm_LDADD = $(probed_test_libs)
