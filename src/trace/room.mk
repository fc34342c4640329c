# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/trace/lines.c \
	src/trace/room.c \
	src/trace/rtt.c src/trace/rtt.h \
	src/trace/rtt_block.c \
	src/trace/rtt_commands.c \
	src/trace/rtt_log.c \
	src/trace/rtt_poll.c \
	src/trace/rtt_ports.c \
	src/trace/rtt_search.c \
	src/trace/rtt_symbol.c \
	src/trace/stream.c \
	src/trace/trace.h src/trace/trace_priv.h \
	src/server/trace_ports.c src/server/trace_ports.h
EXTRA_DIST += testing/firmware/rtt.c testing/firmware/rtt_late.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_rtt
testing_unit_test_rtt_SOURCES = testing/unit/test_rtt.c
testing_unit_test_rtt_LDADD = $(probed_test_libs)
endif

check_PROGRAMS += testing/fuzz/fuzz_rtt
testing_fuzz_fuzz_rtt_SOURCES = testing/fuzz/fuzz_rtt.c testing/fuzz/replay.c
testing_fuzz_fuzz_rtt_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"rtt"'
testing_fuzz_fuzz_rtt_LDADD = $(PROBED_LIBS)
EXTRA_DIST += testing/fuzz/seeds/rtt/one-up-one-down testing/fuzz/seeds/rtt/three-and-three \
	testing/system/test_rtt.py testing/system/test_trace_stream.py testing/bench/rtt
