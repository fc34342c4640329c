# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/image/image.c src/image/image.h src/image/reader.h \
	src/image/core_file.c src/image/core_file.h \
	src/image/elf.c src/image/ihex.c src/image/srec.c \
	src/image/symbols.c src/image/symbols.h src/image/symbols_elf.c src/image/symbols_priv.h \
	src/image/debug_info.c src/image/debug_info.h

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_image testing/unit/test_core_file
testing_unit_test_core_file_SOURCES = testing/unit/test_core_file.c
testing_unit_test_core_file_LDADD = $(probed_test_libs)
testing_unit_test_image_SOURCES = testing/unit/test_image.c
testing_unit_test_image_LDADD = $(probed_test_libs)
endif

# The seeds, cut at every length and with changed bytes.
check_PROGRAMS += testing/fuzz/fuzz_image
testing_fuzz_fuzz_image_SOURCES = testing/fuzz/fuzz_image.c testing/fuzz/replay.c
testing_fuzz_fuzz_image_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"image"'
testing_fuzz_fuzz_image_LDADD = $(PROBED_LIBS)
EXTRA_DIST += \
	testing/fuzz/seeds/image/one-record.hex testing/fuzz/seeds/image/segmented-wrap.hex \
	testing/fuzz/seeds/image/overlap.hex testing/fuzz/seeds/image/three-widths.s19 \
	testing/fuzz/seeds/image/two-segments.elf testing/fuzz/seeds/image/phnum-overflow.elf

EXTRA_DIST += testing/system/test_symbols.py
