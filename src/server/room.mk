# SPDX-License-Identifier: GPL-2.0-or-later
probed_SOURCES += src/options.c src/options.h src/complete.c src/complete.h
libprobed_a_SOURCES += \
	src/server/client.c src/server/client.h \
	src/server/commands.c \
	src/server/complete.c src/server/complete.h \
	src/server/guard.c src/server/guard.h \
	src/server/holder.c src/server/holder.h \
	src/server/notify.c \
	src/server/server.c src/server/server.h src/server/service.h \
	src/server/systemd.c src/server/systemd.h \
	src/server/tcl_framing.c src/server/tcl_rpc.c src/server/tcl_rpc.h \
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
dist_check_SCRIPTS += testing/check-errors testing/check-manual
EXTRA_DIST += testing/system/test_consoles.py doc/notes/jim.md doc/commands.md doc/errors.md doc/end-states.md contrib/gen-commands contrib/gen-errors
# PlatformIO starts a server as GDB's pipe only if "openocd" is in the path of the program.
aliasdir = $(libexecdir)/probed
install-exec-hook:
	$(MKDIR_P) $(DESTDIR)$(aliasdir)
	ln -srf $(DESTDIR)$(bindir)/probed$(EXEEXT) $(DESTDIR)$(aliasdir)/openocd
# The same in the build tree: PATH=$PWD/alias:$PATH
all-local: alias/openocd
alias/openocd:
	@$(MKDIR_P) alias
	ln -sf ../probed$(EXEEXT) $@
CLEANFILES += alias/openocd
uninstall-hook:
	rm -f $(DESTDIR)$(aliasdir)/openocd
	-rmdir $(DESTDIR)$(aliasdir)
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/completion/probed
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = contrib/completion/_probed
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = contrib/completion/probed.fish

# The seeds, cut at every length and with changed bytes.
check_PROGRAMS += testing/fuzz/fuzz_telnet testing/fuzz/fuzz_rpc
testing_fuzz_fuzz_telnet_SOURCES = testing/fuzz/fuzz_telnet.c testing/fuzz/replay.c
testing_fuzz_fuzz_telnet_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"telnet"'
testing_fuzz_fuzz_telnet_LDADD = $(PROBED_LIBS)
testing_fuzz_fuzz_rpc_SOURCES = testing/fuzz/fuzz_rpc.c testing/fuzz/replay.c
testing_fuzz_fuzz_rpc_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"rpc"'
testing_fuzz_fuzz_rpc_LDADD = $(PROBED_LIBS)
EXTRA_DIST += \
	testing/fuzz/seeds/telnet/every-key testing/fuzz/seeds/telnet/negotiation \
	testing/fuzz/seeds/telnet/tab-and-ends testing/fuzz/seeds/telnet/history \
	testing/fuzz/seeds/rpc/pieces testing/fuzz/seeds/rpc/browser testing/fuzz/seeds/rpc/gdb

# For an hour with libFuzzer: make fuzz, then fuzz-telnet NEW-FOLDER SEEDS (finds go to the first).
fuzz_flags = -g -O1 -std=c11 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -I$(srcdir)/src
fuzz_base = $(srcdir)/src/base/bytes.c $(srcdir)/src/server/guard.c
fuzz:
	clang $(fuzz_flags) -o fuzz-telnet $(srcdir)/testing/fuzz/fuzz_telnet.c \
		$(srcdir)/src/server/telnet_edit.c $(fuzz_base)
	clang $(fuzz_flags) -o fuzz-rpc $(srcdir)/testing/fuzz/fuzz_rpc.c \
		$(srcdir)/src/server/tcl_framing.c $(fuzz_base)
CLEANFILES += fuzz-telnet fuzz-rpc
.PHONY: fuzz
