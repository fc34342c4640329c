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
	src/trace/stream.c \
	src/trace/trace.h src/trace/trace_priv.h \
	src/server/trace_ports.c src/server/trace_ports.h
EXTRA_DIST += testing/firmware/rtt.c testing/firmware/rtt_late.c
