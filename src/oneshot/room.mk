# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/oneshot/chips.c src/oneshot/chips.h \
	src/oneshot/choose.c src/oneshot/choose.h \
	src/oneshot/doctor_verb.c \
	src/oneshot/flash_verbs.c \
	src/oneshot/image.c \
	src/oneshot/look_verbs.c \
	src/oneshot/oneshot.c src/oneshot/oneshot.h \
	src/oneshot/progress.c \
	src/oneshot/run_verbs.c \
	src/oneshot/verbs.c src/oneshot/verbs.h \
	src/oneshot/words.c
dist_check_SCRIPTS += testing/check-chips

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_chips
testing_unit_test_chips_SOURCES = testing/unit/test_chips.c
testing_unit_test_chips_LDADD = $(probed_test_libs)
endif
EXTRA_DIST += testing/system/test_oneshot.py
