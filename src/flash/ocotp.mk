# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/flash/imxrt_image.c src/flash/imxrt_image.h src/flash/imxrt_image_priv.h \
	src/flash/imxrt_image_dcd.c \
	src/flash/imxrt_image_fcb.c \
	src/flash/imxrt_doctor.c src/flash/imxrt_doctor.h \
	src/flash/imxrt_doctor_boot.c \
	src/flash/ocotp.c src/flash/ocotp.h src/flash/ocotp_priv.h \
	src/flash/ocotp_bank.c \
	src/flash/ocotp_boot.c \
	src/flash/ocotp_commands.c \
	src/flash/ocotp_plan.c \
	src/flash/ocotp_program.c \
	src/flash/ocotp_tables.c \
	src/flash/ocotp_timing.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_imxrt_image testing/unit/test_ocotp testing/unit/test_fuse_log
testing_unit_test_fuse_log_SOURCES = testing/unit/test_fuse_log.c
testing_unit_test_fuse_log_LDADD = $(probed_test_libs)
testing_unit_test_imxrt_image_SOURCES = testing/unit/test_imxrt_image.c
testing_unit_test_imxrt_image_LDADD = $(probed_test_libs)
testing_unit_test_ocotp_SOURCES = testing/unit/test_ocotp.c
testing_unit_test_ocotp_LDADD = $(probed_test_libs)
endif
EXTRA_DIST += testing/system/test_ocotp.py testing/system/test_imxrt_doctor.py testing/system/test_imxrt_stories.py doc/stories.md doc/notes/imxrt-fuses.md
