# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/flash/imxrt_image.c src/flash/imxrt_image.h src/flash/imxrt_image_priv.h \
	src/flash/imxrt_image_dcd.c \
	src/flash/imxrt_image_fcb.c \
	src/flash/ocotp.h

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_imxrt_image
testing_unit_test_imxrt_image_SOURCES = testing/unit/test_imxrt_image.c
testing_unit_test_imxrt_image_LDADD = $(probed_test_libs)
endif
