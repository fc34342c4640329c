# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/flash/bank.c \
	src/flash/block_crc_loader.h \
	src/flash/checksum.c \
	src/flash/driver.h \
	src/flash/drivers.c \
	src/flash/flash.h \
	src/flash/flash_commands.c \
	src/flash/flash_patch.c src/flash/flash_patch.h \
	src/flash/flash_commands_read.c \
	src/flash/flash_commands_write.c \
	src/flash/journal.c \
	src/flash/journal.h \
	src/flash/plan.c \
	src/flash/preview.c \
	src/flash/room.h \
	src/flash/skip.c \
	src/flash/verify.c \
	src/flash/write.c

embedded_tcl += src/flash/flash.tcl

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_flash_plan
testing_unit_test_flash_plan_SOURCES = testing/unit/test_flash_plan.c
testing_unit_test_flash_plan_LDADD = $(probed_test_libs)
if HAVE_UNICORN
check_PROGRAMS += testing/unit/test_loader
testing_unit_test_loader_SOURCES = testing/unit/test_loader.c
testing_unit_test_loader_CPPFLAGS = $(AM_CPPFLAGS) $(UNICORN_CFLAGS)
testing_unit_test_loader_LDADD = $(probed_test_libs) $(UNICORN_LIBS)
endif
endif

# The bytes of the loaders are checked in: `make loaders` rebuilds them with a cross compiler.
EXTRA_DIST += testing/system/test_flash.py contrib/loaders/build contrib/loaders/stm32l4.S \
	contrib/loaders/stm32l4_scan.S contrib/loaders/block_crc.S
dist_check_SCRIPTS += contrib/loaders/check
.PHONY: loaders
loaders:
	for name in stm32l4 stm32l4_scan flexspi_nor block_crc; do \
		$(SHELL) $(srcdir)/contrib/loaders/build $(srcdir)/contrib/loaders/$$name.S \
			>$(srcdir)/src/flash/$${name}_loader.h || exit 1; \
	done
