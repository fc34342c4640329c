# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/chip/chips.c \
	src/vboard/chip/verbs.c src/vboard/chip/verbs.h \
	src/vboard/device/crc32.c src/vboard/device/crc32.h \
	src/vboard/device/rate.c src/vboard/device/rate.h \
	src/vboard/device/serial_line.c \
	src/vboard/device/serial_port.c src/vboard/device/serial_port.h

EXTRA_DIST += \
	testing/firmware/Makefile testing/firmware/board.h testing/firmware/core.h \
	testing/firmware/nesting.h testing/firmware/startup.c \
	testing/firmware/flash.ld testing/firmware/ram.ld \
	testing/firmware/big.c testing/firmware/big_data.S testing/firmware/blink.c \
	testing/firmware/fault.c testing/firmware/fpu.c testing/firmware/irq.c \
	testing/firmware/ram.c testing/firmware/semi.c testing/firmware/swo.c \
	testing/firmware/swo_self.c testing/firmware/watch.c testing/firmware/breaks.c \
	testing/firmware/lowpower.c testing/firmware/stm32_board.h testing/firmware/watchdog.c
