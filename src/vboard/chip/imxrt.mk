# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/chip/imxrt.c src/vboard/chip/imxrt.h \
	src/vboard/chip/imxrt_map.c \
	src/vboard/chip/imxrt_parts.c \
	src/vboard/chip/imxrt_preset.c \
	src/vboard/chip/imxrt_ram.c \
	src/vboard/chip/imxrt_state.c \
	src/vboard/chip/imxrt_verbs.c src/vboard/chip/imxrt_verbs.h \
	src/vboard/chip/imxrt_verbs_flash.c \
	src/vboard/device/imxrt.c src/vboard/device/imxrt.h \
	src/vboard/device/imxrt_ccm.c src/vboard/device/imxrt_ccm.h \
	src/vboard/device/imxrt_gpio.c src/vboard/device/imxrt_gpio.h \
	src/vboard/device/imxrt_gpt.c src/vboard/device/imxrt_gpt.h \
	src/vboard/device/imxrt_iomuxc.c src/vboard/device/imxrt_iomuxc.h \
	src/vboard/device/imxrt_lpuart.c src/vboard/device/imxrt_lpuart.h \
	src/vboard/device/imxrt_rtwdog.c \
	src/vboard/device/imxrt_src.c src/vboard/device/imxrt_src.h \
	src/vboard/device/imxrt_wdog.c src/vboard/device/imxrt_wdog.h

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_imxrt testing/unit/test_vb_imxrt_wdog
testing_unit_test_vb_imxrt_SOURCES = testing/unit/test_vb_imxrt.c testing/unit/vb_imxrt_bench.h
testing_unit_test_vb_imxrt_LDADD = $(vboard_test_libs)
testing_unit_test_vb_imxrt_wdog_SOURCES = testing/unit/test_vb_imxrt_wdog.c \
	testing/unit/vb_imxrt_bench.h
testing_unit_test_vb_imxrt_wdog_LDADD = $(vboard_test_libs)
check_PROGRAMS += testing/unit/test_vb_imxrt_poke
testing_unit_test_vb_imxrt_poke_SOURCES = testing/unit/test_vb_imxrt_poke.c \
	testing/unit/vb_imxrt_bench.h
testing_unit_test_vb_imxrt_poke_LDADD = $(vboard_test_libs)
endif
endif
EXTRA_DIST += testing/system/test_imxrt_board.py testing/system/test_imxrt_registers.py
