# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/server/gdb/gdb_server.c src/server/gdb/gdb_server.h src/server/gdb/room.h \
	src/server/gdb/verbs.c \
	src/server/gdb/rsp.c src/server/gdb/rsp.h \
	src/server/gdb/session.c src/server/gdb/session.h src/server/gdb/output.c \
	src/server/gdb/dispatch.c src/server/gdb/packets.h \
	src/server/gdb/query.c src/server/gdb/threads.c \
	src/server/gdb/tdesc.c src/server/gdb/memory_map.c src/server/gdb/documents.h \
	src/server/gdb/registers.c src/server/gdb/memory.c src/server/gdb/cache.c \
	src/server/gdb/search.c src/server/gdb/breakpoints.c src/server/gdb/resume.c \
	src/server/gdb/stop.c src/server/gdb/flash.c src/server/gdb/console.c \
	src/server/gdb/fileio.c src/server/gdb/extended.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_rsp
testing_unit_test_rsp_SOURCES = testing/unit/test_rsp.c
testing_unit_test_rsp_LDADD = $(probed_test_libs)
endif
