# SPDX-License-Identifier: GPL-2.0-or-later
libvboard_a_SOURCES += \
	src/vboard/chip/imxrt_boot.c src/vboard/chip/imxrt_boot.h \
	src/vboard/chip/imxrt_image.c \
	src/vboard/chip/imxrt_program_bytes.h src/vboard/chip/imxrt_rom_bytes.h \
	src/vboard/chip/imxrt_rom/program_params.h

# The boot ROM stand-in is code for the board's CPU: `make imxrt-rom` rebuilds its bytes, which are
# checked in, with a cross compiler.
EXTRA_DIST += src/vboard/chip/imxrt_rom/build src/vboard/chip/imxrt_rom/start.S \
	src/vboard/chip/imxrt_rom/rom.ld src/vboard/chip/imxrt_rom/rom.h src/vboard/chip/imxrt_rom/rom.c \
	src/vboard/chip/imxrt_rom/system.c src/vboard/chip/imxrt_rom/flexspi.c \
	src/vboard/chip/imxrt_rom/image.c src/vboard/chip/imxrt_rom/sdp.c \
	src/vboard/chip/imxrt_rom/program.ld src/vboard/chip/imxrt_rom/programs.c
EXTRA_DIST += testing/system/test_imxrt_boot.py testing/firmware/imxrt.ld testing/firmware/imxrt_ram.ld testing/firmware/imxrt_board.h \
	testing/firmware/imxrt_headers.c testing/firmware/imxrt_irq.c testing/firmware/imxrt_startup.c
dist_check_SCRIPTS += src/vboard/chip/imxrt_rom/check
.PHONY: imxrt-rom
imxrt-rom:
	for what in rom program; do \
		$(SHELL) $(srcdir)/src/vboard/chip/imxrt_rom/build $$what \
			>$$what.tmp && mv $$what.tmp $(srcdir)/src/vboard/chip/imxrt_$${what}_bytes.h || \
			exit 1; \
	done

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_imxrt_rom
testing_unit_test_vb_imxrt_rom_SOURCES = testing/unit/test_vb_imxrt_rom.c
testing_unit_test_vb_imxrt_rom_LDADD = $(vboard_test_libs)
endif
endif
