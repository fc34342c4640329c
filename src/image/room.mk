# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/image/image.c src/image/image.h src/image/reader.h \
	src/image/elf.c src/image/ihex.c src/image/srec.c
