# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/chip/chips.c \
	src/vboard/chip/stm32l476.c src/vboard/chip/stm32l476.h \
	src/vboard/chip/stm32l476_boot.h \
	src/vboard/chip/stm32l476_map.c \
	src/vboard/chip/stm32l476_power.c \
	src/vboard/chip/stm32l476_state.c \
	src/vboard/chip/stm32l476_swo.c \
	src/vboard/chip/stm32l476_verbs.c src/vboard/chip/stm32l476_verbs.h \
	src/vboard/chip/stm32l476_verbs_flash.c \
	src/vboard/chip/verbs.c src/vboard/chip/verbs.h \
	src/vboard/device/crc32.c src/vboard/device/crc32.h \
	src/vboard/device/rate.c src/vboard/device/rate.h \
	src/vboard/device/serial_line.c \
	src/vboard/device/serial_port.c src/vboard/device/serial_port.h \
	src/vboard/device/stm32.c src/vboard/device/stm32.h \
	src/vboard/device/stm32_crc.c src/vboard/device/stm32_crc.h \
	src/vboard/device/stm32_gpio.c src/vboard/device/stm32_gpio.h \
	src/vboard/device/stm32_iwdg.c src/vboard/device/stm32_watchdog.h \
	src/vboard/device/stm32_small.c src/vboard/device/stm32_system.h \
	src/vboard/device/stm32_syscfg.c \
	src/vboard/device/stm32_tim.c src/vboard/device/stm32_tim.h \
	src/vboard/device/stm32_usart.c src/vboard/device/stm32_usart.h \
	src/vboard/device/stm32_wwdg.c \
	src/vboard/device/stm32l4_array.c \
	src/vboard/device/stm32l4_flash.c src/vboard/device/stm32l4_flash.h \
	src/vboard/device/stm32l4_flash_parts.h \
	src/vboard/device/stm32l4_options.c \
	src/vboard/device/stm32l4_program.c \
	src/vboard/device/stm32l4_pwr.c \
	src/vboard/device/stm32l4_rcc.c src/vboard/device/stm32l4_rcc.h

EXTRA_DIST += src/vboard/chip/stm32l476_boot.S

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_flash testing/unit/test_vb_chip testing/unit/test_vb_chip_options \
	testing/unit/test_vb_swo
testing_unit_test_vb_flash_SOURCES = testing/unit/test_vb_flash.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_flash_LDADD = $(vboard_test_libs)
testing_unit_test_vb_chip_SOURCES = testing/unit/test_vb_chip.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_chip_LDADD = $(vboard_test_libs)
testing_unit_test_vb_chip_options_SOURCES = testing/unit/test_vb_chip_options.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_chip_options_LDADD = $(vboard_test_libs)
testing_unit_test_vb_swo_SOURCES = testing/unit/test_vb_swo.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_swo_LDADD = $(vboard_test_libs)
endif
endif

EXTRA_DIST += \
	testing/firmware/Makefile testing/firmware/board.h testing/firmware/core.h \
	testing/firmware/nesting.h testing/firmware/startup.c \
	testing/firmware/flash.ld testing/firmware/ram.ld \
	testing/firmware/big.c testing/firmware/big_data.S testing/firmware/blink.c \
	testing/firmware/fault.c testing/firmware/fpu.c testing/firmware/irq.c \
	testing/firmware/ram.c testing/firmware/semi.c testing/firmware/swo.c \
	testing/firmware/swo_self.c testing/firmware/watch.c
