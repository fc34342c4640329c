# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/script/args.c src/script/args.h \
	src/script/child.c \
	src/script/command.c \
	src/script/events.c \
	src/script/general.c \
	src/script/help.c \
	src/script/host.c \
	src/script/init.h \
	src/script/internal.h src/script/legacy.c \
	src/script/quoting.c src/script/quoting.h \
	src/script/script.c src/script/script.h \
	src/script/search.c src/script/typed_path.c
nodist_libprobed_a_SOURCES = src/script/embedded.c

# Tcl that lives inside the program. A room adds: embedded_tcl += src/ROOM/x.tcl. Evaluated in this
# order when the interpreter starts, before any verb but those of script/ is registered.
embedded_tcl = src/script/startup.tcl src/script/absent.tcl
EXTRA_DIST += $(embedded_tcl) src/script/embed
CLEANFILES += src/script/embedded.c
src/script/embedded.c: $(embedded_tcl) src/script/embed
	$(AM_V_GEN)$(MKDIR_P) src/script && $(SHELL) $(srcdir)/src/script/embed $(srcdir) $(embedded_tcl) >$@.tmp && mv $@.tmp $@

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_script
testing_unit_test_script_SOURCES = testing/unit/test_script.c
testing_unit_test_script_LDADD = $(probed_test_libs)
endif
