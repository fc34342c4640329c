# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/rtos/commands.c \
	src/rtos/frame.c \
	src/rtos/freertos.c src/rtos/freertos.h \
	src/rtos/freertos_debug.c \
	src/rtos/freertos_frame.c \
	src/rtos/freertos_layout.c \
	src/rtos/freertos_wait.c \
	src/rtos/memory.c \
	src/rtos/nuttx.c \
	src/rtos/rtos.c src/rtos/rtos.h src/rtos/rtos_priv.h \
	src/rtos/check.c \
	src/rtos/stack.c \
	src/rtos/symbols.c \
	src/rtos/threadx.c \
	src/rtos/zephyr.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_rtos
testing_unit_test_rtos_SOURCES = testing/unit/test_rtos.c \
	testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_unit_test_rtos_LDADD = $(probed_test_libs)
endif
EXTRA_DIST += testing/system/test_rtos.py testing/firmware/rtos.c testing/firmware/rtos_check.c \
	testing/firmware/rtos_list.h testing/firmware/rtos_still.c doc/notes/rtos.md
