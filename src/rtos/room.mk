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
	testing/unit/rtos_kernel.h testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_unit_test_rtos_LDADD = $(probed_test_libs)
check_PROGRAMS += testing/unit/test_rtos_waits
testing_unit_test_rtos_waits_SOURCES = testing/unit/test_rtos_waits.c \
	testing/unit/rtos_kernel.h testing/unit/gdb_fake.c testing/unit/gdb_fake.h
testing_unit_test_rtos_waits_LDADD = $(probed_test_libs)
endif

# Kernels in hostile memory, on the seeds.
check_PROGRAMS += testing/fuzz/fuzz_rtos
testing_fuzz_fuzz_rtos_SOURCES = testing/fuzz/fuzz_rtos.c testing/fuzz/replay.c
testing_fuzz_fuzz_rtos_CPPFLAGS = $(AM_CPPFLAGS) -DSEEDS='"rtos"'
testing_fuzz_fuzz_rtos_LDADD = $(PROBED_LIBS)
EXTRA_DIST += testing/fuzz/seeds/rtos/freertos-empty-lists testing/fuzz/seeds/rtos/freertos-cycle \
	testing/fuzz/seeds/rtos/zephyr-huge-offsets testing/fuzz/seeds/rtos/threadx-self-ring \
	testing/fuzz/seeds/rtos/nuttx-big-hash testing/fuzz/seeds/rtos/auto-noise
EXTRA_DIST += testing/system/test_rtos.py testing/firmware/rtos.c testing/firmware/rtos_check.c \
	testing/firmware/rtos_list.h testing/firmware/rtos_still.c testing/firmware/rtos_switch.c doc/notes/rtos.md
