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
	src/server/gdb/live.c \
	src/server/gdb/search.c src/server/gdb/breakpoints.c src/server/gdb/resume.c \
	src/server/gdb/agent.c src/server/gdb/agent.h src/server/gdb/conditions.c \
	src/server/gdb/stop.c src/server/gdb/flash.c src/server/gdb/console.c \
	src/server/gdb/fileio.c src/server/gdb/extended.c \
	src/server/gdb/core_dump.c src/server/gdb/core_dump.h src/server/gdb/core_dump_threads.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_rsp testing/unit/test_gdb_documents \
	testing/unit/test_gdb_session testing/unit/test_gdb_memory testing/unit/test_gdb_run
testing_unit_test_rsp_SOURCES = testing/unit/test_rsp.c
testing_unit_test_rsp_LDADD = $(probed_test_libs)
check_PROGRAMS += testing/unit/test_agent
testing_unit_test_agent_SOURCES = testing/unit/test_agent.c
testing_unit_test_agent_LDADD = $(probed_test_libs)
testing_unit_test_gdb_documents_SOURCES = testing/unit/test_gdb_documents.c
testing_unit_test_gdb_documents_LDADD = $(probed_test_libs)
testing_unit_test_gdb_session_SOURCES = testing/unit/test_gdb_session.c \
	testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_unit_test_gdb_session_LDADD = $(probed_test_libs)
testing_unit_test_gdb_memory_SOURCES = testing/unit/test_gdb_memory.c \
	testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_unit_test_gdb_memory_LDADD = $(probed_test_libs)
testing_unit_test_gdb_run_SOURCES = testing/unit/test_gdb_run.c \
	testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_unit_test_gdb_run_LDADD = $(probed_test_libs)
endif

check_PROGRAMS += testing/fuzz/fuzz_rsp
testing_fuzz_fuzz_rsp_SOURCES = testing/fuzz/fuzz_rsp.c testing/fuzz/replay.c \
	testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_fuzz_fuzz_rsp_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/testing/unit -DSEEDS='"rsp"'
testing_fuzz_fuzz_rsp_LDADD = $(PROBED_LIBS)
EXTRA_DIST += \
	testing/fuzz/seeds/rsp/connect testing/fuzz/seeds/rsp/no-ack-twice \
	testing/fuzz/seeds/rsp/load testing/fuzz/seeds/rsp/breaks \
	testing/fuzz/seeds/rsp/ctrl-c-everywhere testing/fuzz/seeds/rsp/starts-over \
	testing/fuzz/seeds/rsp/escape-at-the-end testing/fuzz/seeds/rsp/memory-at-the-top \
	testing/fuzz/seeds/rsp/registers testing/fuzz/seeds/rsp/file-call \
	testing/fuzz/seeds/rsp/breakpoint-after-detach testing/fuzz/seeds/rsp/range-step-twice
check_PROGRAMS += testing/fuzz/fuzz_agent
testing_fuzz_fuzz_agent_SOURCES = testing/fuzz/fuzz_agent.c testing/fuzz/replay.c
testing_fuzz_fuzz_agent_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"agent"'
testing_fuzz_fuzz_agent_LDADD = $(PROBED_LIBS)
EXTRA_DIST += testing/fuzz/seeds/agent/counter-equals testing/fuzz/seeds/agent/loop \
	testing/fuzz/seeds/agent/branches testing/fuzz/seeds/agent/every-opcode
EXTRA_DIST += testing/system/test_gdb_breaks.py
EXTRA_DIST += testing/system/test_gdb_many.py testing/system/test_dual_core.py
EXTRA_DIST += testing/system/rsp_client.py testing/system/test_gdb.py testing/system/test_gdb_rsp.py \
	testing/system/test_gdb_ide.py
