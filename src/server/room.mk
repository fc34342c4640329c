# SPDX-License-Identifier: GPL-2.0-or-later
probed_SOURCES += src/options.c src/options.h
libprobed_a_SOURCES += \
	src/server/client.c src/server/client.h \
	src/server/commands.c \
	src/server/complete.c src/server/complete.h \
	src/server/guard.c src/server/guard.h \
	src/server/holder.c src/server/holder.h \
	src/server/notify.c \
	src/server/server.c src/server/server.h src/server/service.h \
	src/server/systemd.c src/server/systemd.h \
	src/server/tcl_rpc.c src/server/tcl_rpc.h \
	src/server/telnet.c src/server/telnet.h \
	src/server/telnet_edit.c src/server/telnet_edit.h

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_telnet testing/unit/test_tcl_rpc testing/unit/test_args
testing_unit_test_telnet_SOURCES = testing/unit/test_telnet.c
testing_unit_test_telnet_LDADD = $(probed_test_libs)
testing_unit_test_tcl_rpc_SOURCES = testing/unit/test_tcl_rpc.c
testing_unit_test_tcl_rpc_LDADD = $(probed_test_libs)
testing_unit_test_args_SOURCES = testing/unit/test_args.c src/options.c
testing_unit_test_args_LDADD = $(probed_test_libs)
endif

dist_man_MANS += doc/probed.1
dist_check_SCRIPTS += testing/check-errors
EXTRA_DIST += doc/errors.md doc/end-states.md contrib/gen-errors
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/completion/probed
