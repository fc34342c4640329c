# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/rtos/commands.c \
	src/rtos/frame.c \
	src/rtos/freertos.c src/rtos/freertos.h \
	src/rtos/freertos_frame.c \
	src/rtos/freertos_layout.c \
	src/rtos/memory.c \
	src/rtos/nuttx.c \
	src/rtos/rtos.c src/rtos/rtos.h src/rtos/rtos_priv.h \
	src/rtos/symbols.c \
	src/rtos/threadx.c \
	src/rtos/zephyr.c
