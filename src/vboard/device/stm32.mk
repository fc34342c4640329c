# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/device/stm32.c \
	src/vboard/device/stm32.h \
	src/vboard/device/stm32_crc.c \
	src/vboard/device/stm32_crc.h \
	src/vboard/device/stm32_dbgmcu.c \
	src/vboard/device/stm32_exti.c \
	src/vboard/device/stm32_gpio.c \
	src/vboard/device/stm32_gpio.h \
	src/vboard/device/stm32_iwdg.c \
	src/vboard/device/stm32_lines.c \
	src/vboard/device/stm32_pwr.c \
	src/vboard/device/stm32_pwr.h \
	src/vboard/device/stm32_rcc.c \
	src/vboard/device/stm32_rcc.h \
	src/vboard/device/stm32_rcc_g.c \
	src/vboard/device/stm32_rcc_l4.c \
	src/vboard/device/stm32_rcc_u5.c \
	src/vboard/device/stm32_rtc.h \
	src/vboard/device/stm32_small.c \
	src/vboard/device/stm32_syscfg.c \
	src/vboard/device/stm32_system.h \
	src/vboard/device/stm32_tim.c \
	src/vboard/device/stm32_tim.h \
	src/vboard/device/stm32_usart.c \
	src/vboard/device/stm32_usart.h \
	src/vboard/device/stm32_watchdog.h \
	src/vboard/device/stm32_wwdg.c

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_stm32_rcc testing/unit/test_vb_stm32_system
testing_unit_test_vb_stm32_rcc_SOURCES = testing/unit/test_vb_stm32_rcc.c testing/unit/vb_stm32_bench.h
testing_unit_test_vb_stm32_rcc_LDADD = $(vboard_test_libs)
testing_unit_test_vb_stm32_system_SOURCES = testing/unit/test_vb_stm32_system.c testing/unit/vb_stm32_bench.h
testing_unit_test_vb_stm32_system_LDADD = $(vboard_test_libs)
endif
endif
