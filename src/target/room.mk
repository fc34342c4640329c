# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/target/algorithm.c \
	src/target/breakpoint.c \
	src/target/cortex_m_displaced.c \
	src/target/displace.c \
	src/target/patch.c src/target/patch.h src/target/patch_priv.h \
	src/target/patch_plan.c \
	src/target/cache.c \
	src/target/commands_arm.c \
	src/target/commands_breakpoint.c \
	src/target/commands_debug_bits.c \
	src/target/commands_image.c \
	src/target/commands_memory.c \
	src/target/commands_register.c \
	src/target/commands_run.c \
	src/target/commands_symbols.c \
	src/target/commands_target.c \
	src/target/configure.c \
	src/target/cortex_m.c src/target/cortex_m.h \
	src/target/cortex_m_break.c \
	src/target/cortex_m_commands.c \
	src/target/cortex_m_fault.c \
	src/target/cortex_m_hit.c \
	src/target/cortex_m_regs.c \
	src/target/cortex_m_reset.c \
	src/target/cortex_m_run.c \
	src/target/cortex_m_step.c \
	src/target/cortex_m_tables.c \
	src/target/cross.c src/target/cross.h \
	src/target/crc.c src/target/crc32_loader.h \
	src/target/debug_words.c src/target/debug_words.h \
	src/target/dwt.c src/target/dwt.h \
	src/target/events.c \
	src/target/fault.c src/target/fault.h \
	src/target/fpb.c src/target/fpb.h \
	src/target/group.c \
	src/target/interrupt.c src/target/interrupt.h \
	src/target/list.c \
	src/target/lost.c \
	src/target/lsu.c src/target/lsu.h \
	src/target/mem_ap_target.c \
	src/target/memory.c \
	src/target/poll.c \
	src/target/profile.c \
	src/target/register.c \
	src/target/reset.c \
	src/target/ring.c \
	src/target/semihosting.c src/target/semihosting.h \
	src/target/semihosting_commands.c src/target/semihosting_crash.c \
	src/target/semihosting_exit.c \
	src/target/semihosting_files.c \
	src/target/semihosting_gdb.c \
	src/target/semihosting_input.c \
	src/target/semihosting_ops.c \
	src/target/semihosting_redirect.c \
	src/target/target.c src/target/target.h \
	src/target/target_list.h \
	src/target/target_priv.h \
	src/target/thumb.c src/target/thumb.h \
	src/target/work_area.c
embedded_tcl += src/target/target.tcl
EXTRA_DIST += contrib/loaders/crc32.S testing/firmware/semi_all.c testing/system/test_semihosting.py

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_displace
testing_unit_test_displace_SOURCES = testing/unit/test_displace.c
testing_unit_test_displace_LDADD = $(probed_test_libs)
check_PROGRAMS += \
	testing/unit/test_cortex_m \
	testing/unit/test_dwt \
	testing/unit/test_fault \
	testing/unit/test_fpb \
	testing/unit/test_lsu \
	testing/unit/test_profile \
	testing/unit/test_semihosting \
	testing/unit/test_thumb
testing_unit_test_cortex_m_SOURCES = testing/unit/test_cortex_m.c testing/unit/fake_core.c \
	testing/unit/fake_core.h
testing_unit_test_cortex_m_LDADD = $(probed_test_libs)
testing_unit_test_dwt_SOURCES = testing/unit/test_dwt.c
testing_unit_test_dwt_LDADD = $(probed_test_libs)
testing_unit_test_fault_SOURCES = testing/unit/test_fault.c
testing_unit_test_fault_LDADD = $(probed_test_libs)
testing_unit_test_fpb_SOURCES = testing/unit/test_fpb.c
testing_unit_test_fpb_LDADD = $(probed_test_libs)
testing_unit_test_lsu_SOURCES = testing/unit/test_lsu.c
testing_unit_test_lsu_LDADD = $(probed_test_libs)
testing_unit_test_profile_SOURCES = testing/unit/test_profile.c \
	testing/unit/fake_core.c testing/unit/fake_core.h
testing_unit_test_profile_LDADD = $(probed_test_libs)
testing_unit_test_semihosting_SOURCES = testing/unit/test_semihosting.c \
	testing/unit/fake_core.c testing/unit/fake_core.h
testing_unit_test_semihosting_LDADD = $(probed_test_libs)
testing_unit_test_thumb_SOURCES = testing/unit/test_thumb.c
testing_unit_test_thumb_LDADD = $(probed_test_libs)
endif
