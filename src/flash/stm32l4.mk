# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/flash/stm32l4.c \
	src/flash/stm32l4.h \
	src/flash/stm32l4_around.c \
	src/flash/stm32l4_clock.c \
	src/flash/stm32l4_scan.c \
	src/flash/stm32l4_scan_loader.h \
	src/flash/stm32l4_stream.c \
	src/flash/stm32l4_work.h \
	src/flash/stm32l4_commands.c \
	src/flash/stm32l4_doctor.c \
	src/flash/stm32l4_doctor.h \
	src/flash/stm32l4_doctor_facts.c \
	src/flash/stm32l4_doctor_fix.c \
	src/flash/stm32l4_doctor_rules.c \
	src/flash/stm32l4_doctor_show.c \
	src/flash/stm32l4_doctor_system.c \
	src/flash/stm32l4_fast.c \
	src/flash/stm32l4_fields.c \
	src/flash/stm32l4_info.c \
	src/flash/stm32l4_lines.c \
	src/flash/stm32l4_loader.c \
	src/flash/stm32l4_loader.h \
	src/flash/stm32l4_option.c \
	src/flash/stm32l4_option.h \
	src/flash/stm32l4_option_apply.c \
	src/flash/stm32l4_option_commands.c \
	src/flash/stm32l4_option_judge.c \
	src/flash/stm32l4_option_log.c \
	src/flash/stm32l4_option_log.h \
	src/flash/stm32l4_option_plan.c \
	src/flash/stm32l4_option_state.c \
	src/flash/stm32l4_option_write.c \
	src/flash/stm32l4_otp.c \
	src/flash/stm32l4_otp.h \
	src/flash/stm32l4_plan.c \
	src/flash/stm32l4_regs.h \
	src/flash/stm32l4_session.c \
	src/flash/stm32l4_status.c \
	src/flash/stm32l4_wrp.c

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_stm32l4
check_PROGRAMS += testing/unit/test_stm32l4_doctor
testing_unit_test_stm32l4_doctor_SOURCES = testing/unit/test_stm32l4_doctor.c
testing_unit_test_stm32l4_doctor_LDADD = $(probed_test_libs)
testing_unit_test_stm32l4_SOURCES = testing/unit/test_stm32l4.c
testing_unit_test_stm32l4_LDADD = $(probed_test_libs)
check_PROGRAMS += testing/unit/test_stm32l4_option
testing_unit_test_stm32l4_option_SOURCES = testing/unit/test_stm32l4_option.c
testing_unit_test_stm32l4_option_LDADD = $(probed_test_libs)
endif
