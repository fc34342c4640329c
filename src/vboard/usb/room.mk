# SPDX-License-Identifier: GPL-2.0-or-later
# Emulated USB probes: the host side (URBs, sysfs) and one model per probe family.
libvboard_a_SOURCES += \
	src/vboard/usb/model.h \
	src/vboard/usb/model_ftdi.c src/vboard/usb/model_ftdi.h \
	src/vboard/usb/model_ftdi_mpsse.c \
	src/vboard/usb/model_ftdi_pins.c \
	src/vboard/usb/model_jlink.c src/vboard/usb/model_jlink.h \
	src/vboard/usb/model_jlink_commands.c \
	src/vboard/usb/model_jlink_data.c \
	src/vboard/usb/model_jlink_swo.c \
	src/vboard/usb/model_jlink_wire.c \
	src/vboard/usb/models.c src/vboard/usb/models.h

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_ftdi testing/unit/test_vb_jlink
testing_unit_test_vb_ftdi_SOURCES = testing/unit/test_vb_ftdi.c testing/unit/vb_bench.h
testing_unit_test_vb_ftdi_LDADD = $(vboard_test_libs)
testing_unit_test_vb_jlink_SOURCES = testing/unit/test_vb_jlink.c testing/unit/vb_bench.h \
	testing/unit/vb_probe.h
testing_unit_test_vb_jlink_LDADD = $(vboard_test_libs)
endif
endif
