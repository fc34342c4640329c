# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/wire/bit_port.c src/wire/bit_port.h src/wire/bit_port_priv.h \
	src/wire/jtag.c src/wire/jtag.h \
	src/wire/jtag_port.c \
	src/wire/swd.c src/wire/swd.h \
	src/wire/swd_port.c
