# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/device/imxrt_ocotp.c src/vboard/device/imxrt_ocotp.h \
	src/vboard/device/imxrt_ocotp_array.c src/vboard/device/imxrt_ocotp_priv.h

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_ocotp
testing_unit_test_vb_ocotp_SOURCES = testing/unit/test_vb_ocotp.c
testing_unit_test_vb_ocotp_LDADD = $(vboard_test_libs)
endif
endif
