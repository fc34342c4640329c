# SPDX-License-Identifier: GPL-2.0-or-later
# SWO, ITM and DWT trace.
libprobed_a_SOURCES += \
	src/target/data_trace.c src/target/data_trace.h \
	src/target/profile.h \
	src/target/room_verbs.c src/target/room_verbs.h \
	src/trace/dwt_trace.c \
	src/trace/itm.c src/trace/itm.h \
	src/trace/itm_setup.c \
	src/trace/swo.h src/trace/swo_priv.h src/trace/swo_regs.h \
	src/trace/swo_decode.c \
	src/trace/swo_doctor.c \
	src/trace/swo_output.c \
	src/trace/swo_profile.c \
	src/trace/swo_text.c \
	src/trace/swo_uart.c \
	src/trace/tpiu.c \
	src/trace/tpiu_config.c \
	src/trace/tpiu_enable.c \
	src/trace/tpiu_frames.c

check_PROGRAMS += testing/unit/test_itm
testing_unit_test_itm_SOURCES = testing/unit/test_itm.c
testing_unit_test_itm_LDADD = $(probed_test_libs)
EXTRA_DIST += testing/system/test_swo_decode.py testing/firmware/trace.c

check_PROGRAMS += testing/fuzz/fuzz_itm
testing_fuzz_fuzz_itm_SOURCES = testing/fuzz/fuzz_itm.c testing/fuzz/replay.c
testing_fuzz_fuzz_itm_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"itm"'
testing_fuzz_fuzz_itm_LDADD = $(PROBED_LIBS)
EXTRA_DIST += testing/fuzz/seeds/itm/every-packet testing/fuzz/seeds/itm/sync-in-a-packet \
	testing/fuzz/seeds/itm/endless-time testing/fuzz/seeds/itm/frames
