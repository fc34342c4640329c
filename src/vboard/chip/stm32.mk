# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/chip/stm32_chip.c \
	src/vboard/chip/stm32_chip.h \
	src/vboard/chip/stm32_chip_boot.c \
	src/vboard/chip/stm32_chip_boot.h \
	src/vboard/chip/stm32_chip_map.c \
	src/vboard/chip/stm32_chip_fields.c \
	src/vboard/chip/stm32_chip_firmware.c src/vboard/chip/stm32_chip_firmware.h \
	src/vboard/chip/stm32_chip_power.c \
	src/vboard/chip/stm32_chip_preset.c \
	src/vboard/chip/stm32_chip_program.h \
	src/vboard/chip/stm32_chip_tool.c src/vboard/chip/stm32_chip_tool.h \
	src/vboard/chip/stm32_chip_verbs_fault.c \
	src/vboard/chip/stm32_chip_ram.c \
	src/vboard/chip/stm32_chip_state.c \
	src/vboard/chip/stm32_chip_swo.c \
	src/vboard/chip/stm32_chip_verbs.c \
	src/vboard/chip/stm32_chip_verbs.h \
	src/vboard/chip/stm32_chip_verbs_flash.c \
	src/vboard/chip/stm32_part.h \
	src/vboard/chip/stm32_units.h \
	src/vboard/chip/stm32g0b1.c \
	src/vboard/chip/stm32g474.c \
	src/vboard/chip/stm32l432.c \
	src/vboard/chip/dual_m4.c \
	src/vboard/chip/stm32l476.c \
	src/vboard/chip/stm32l4r5.c \
	src/vboard/chip/stm32l552.c \
	src/vboard/chip/stm32u575.c \
	src/vboard/chip/stm32wb55.c

EXTRA_DIST += src/vboard/chip/stm32_chip_boot.S src/vboard/chip/stm32_chip_program.S \
	testing/system/stm32.py testing/system/test_judge_stm32.py testing/system/test_stm32_board.py \
	testing/firmware/dual.c

# The firmware of the presets; its bytes are checked in.
.PHONY: stm32-program
stm32-program:
	arm-none-eabi-gcc -mcpu=cortex-m0 -nostdlib -Wl,-Ttext=0,--build-id=none -o stm32-program.elf \
		$(srcdir)/src/vboard/chip/stm32_chip_program.S
	arm-none-eabi-objcopy -O binary stm32-program.elf stm32-program.bin
	(sed -n 1,2p $(srcdir)/src/vboard/chip/stm32_chip_program.h; \
		echo 'static const uint8_t preset_program[] = {'; \
		od -An -v -tx1 -w16 stm32-program.bin | sed 's/ \(..\)/ 0x\1,/g; s/^ /\t/'; echo '};') \
		>stm32-program.h
	mv stm32-program.h $(srcdir)/src/vboard/chip/stm32_chip_program.h
	rm stm32-program.elf stm32-program.bin

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_flash testing/unit/test_vb_chip testing/unit/test_vb_chip_options \
	testing/unit/test_vb_stm32_boards testing/unit/test_vb_swo
testing_unit_test_vb_flash_SOURCES = testing/unit/test_vb_flash.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_flash_LDADD = $(vboard_test_libs)
testing_unit_test_vb_chip_SOURCES = testing/unit/test_vb_chip.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_chip_LDADD = $(vboard_test_libs)
testing_unit_test_vb_chip_options_SOURCES = testing/unit/test_vb_chip_options.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_chip_options_LDADD = $(vboard_test_libs)
testing_unit_test_vb_stm32_boards_SOURCES = testing/unit/test_vb_stm32_boards.c \
	testing/unit/vb_chip_bench.h
testing_unit_test_vb_stm32_boards_LDADD = $(vboard_test_libs)
testing_unit_test_vb_swo_SOURCES = testing/unit/test_vb_swo.c testing/unit/vb_chip_bench.h
testing_unit_test_vb_swo_LDADD = $(vboard_test_libs)
endif
endif
