# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/core/bus.c src/vboard/core/bus.h \
	src/vboard/core/clock.c src/vboard/core/clock.h \
	src/vboard/core/cpu.c src/vboard/core/cpu.h \
	src/vboard/core/cpu_cache.c src/vboard/core/cpu_cache.h src/vboard/core/cpu_engine_cache.c \
	src/vboard/core/cpu_bitband.c src/vboard/core/cpu_cti.c src/vboard/core/cti.c src/vboard/core/cti.h \
	src/vboard/core/cpu_debug.c src/vboard/core/cpu_dwt.c \
	src/vboard/core/cpu_engine.c src/vboard/core/cpu_engine.h \
	src/vboard/core/cpu_engine_hooks.c src/vboard/core/cpu_engine_map.c \
	src/vboard/core/cpu_exception.c src/vboard/core/cpu_fault.c src/vboard/core/cpu_fpb.c \
	src/vboard/core/cpu_itm.c src/vboard/core/cpu_mpu.c src/vboard/core/cpu_nvic.c \
	src/vboard/core/cpu_opcode.c src/vboard/core/cpu_opcode.h src/vboard/core/cpu_core.h \
	src/vboard/core/cpu_ppb.c src/vboard/core/cpu_priv.h src/vboard/core/cpu_scs.c \
	src/vboard/core/cpu_step.c src/vboard/core/cpu_trace.c src/vboard/core/cpu_traits.c src/vboard/core/cpu_units.h

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_bus
testing_unit_test_vb_bus_SOURCES = testing/unit/test_vb_bus.c
testing_unit_test_vb_bus_LDADD = $(vboard_test_libs)
check_PROGRAMS += testing/unit/test_vb_cpu_exec testing/unit/test_vb_cpu_exceptions \
	testing/unit/test_vb_cpu_debug testing/unit/test_vb_cache testing/unit/test_vb_cti
testing_unit_test_vb_cti_SOURCES = testing/unit/test_vb_cti.c $(vb_cpu_bench)
testing_unit_test_vb_cti_LDADD = $(vboard_test_libs)
testing_unit_test_vb_cache_SOURCES = testing/unit/test_vb_cache.c $(vb_cpu_bench)
testing_unit_test_vb_cache_LDADD = $(vboard_test_libs)
testing_unit_test_vb_cpu_exec_SOURCES = testing/unit/test_vb_cpu_exec.c $(vb_cpu_bench)
testing_unit_test_vb_cpu_exec_LDADD = $(vboard_test_libs)
testing_unit_test_vb_cpu_exceptions_SOURCES = testing/unit/test_vb_cpu_exceptions.c $(vb_cpu_bench)
testing_unit_test_vb_cpu_exceptions_LDADD = $(vboard_test_libs)
testing_unit_test_vb_cpu_debug_SOURCES = testing/unit/test_vb_cpu_debug.c $(vb_cpu_bench)
testing_unit_test_vb_cpu_debug_LDADD = $(vboard_test_libs)
endif
endif
vb_cpu_bench = testing/unit/vb_cpu_bench.h testing/unit/vb_cpu_programs.h
EXTRA_DIST += testing/system/test_imxrt_cache.py testing/unit/vb_cpu_programs.s testing/unit/vb_cpu_programs.sh \
	testing/unit/vb_cpu_soak.c
