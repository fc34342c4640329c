# SPDX-License-Identifier: GPL-2.0-or-later
# Emulated USB probes: the host side (URBs, sysfs) and one model per probe family.
libvboard_a_SOURCES += \
	src/vboard/usb/descriptors.c \
	src/vboard/usb/device.c src/vboard/usb/device.h \
	src/vboard/usb/fault.c src/vboard/usb/fault.h \
	src/vboard/usb/hidraw.c src/vboard/usb/hidraw.h \
	src/vboard/usb/hub.c src/vboard/usb/hub.h \
	src/vboard/usb/launch.c src/vboard/usb/launch.h \
	src/vboard/usb/model.h \
	src/vboard/usb/model_cmsis_dap.c src/vboard/usb/model_cmsis_dap.h \
	src/vboard/usb/model_cmsis_dap_kinds.c \
	src/vboard/usb/model_ftdi.c src/vboard/usb/model_ftdi.h \
	src/vboard/usb/model_ftdi_mpsse.c \
	src/vboard/usb/model_ftdi_pins.c \
	src/vboard/usb/model_jlink.c src/vboard/usb/model_jlink.h \
	src/vboard/usb/model_jlink_commands.c \
	src/vboard/usb/model_jlink_data.c \
	src/vboard/usb/model_jlink_swo.c \
	src/vboard/usb/model_jlink_wire.c \
	src/vboard/usb/model_stlink.c src/vboard/usb/model_stlink.h \
	src/vboard/usb/model_stlink_core.c \
	src/vboard/usb/model_stlink_dap.c \
	src/vboard/usb/model_stlink_kinds.c \
	src/vboard/usb/model_stlink_mem.c \
	src/vboard/usb/model_stlink_misc.c \
	src/vboard/usb/model_stlink_trace.c \
	src/vboard/usb/model_stlink_wire.c \
	src/vboard/usb/models.c src/vboard/usb/models.h \
	src/vboard/usb/plug.c \
	src/vboard/usb/preload.c src/vboard/usb/preload.h \
	src/vboard/usb/selftest.c src/vboard/usb/selftest.h \
	src/vboard/usb/timeline.c src/vboard/usb/timeline.h \
	src/vboard/usb/tree.c src/vboard/usb/tree.h \
	src/vboard/usb/uevent.c src/vboard/usb/uevent.h \
	src/vboard/usb/usbfs.c src/vboard/usb/usbfs.h \
	src/vboard/usb/verbs.c src/vboard/usb/verbs.h

# Clients of the emulated USB get it preloaded; it is not part of the board, nor sanitized.
if HAVE_UNICORN
pkglibexec_PROGRAMS = vboard-usleep.so vboard-usb-check
libvboard_a_CPPFLAGS += -DVBOARD_LIBDIR='"$(pkglibexecdir)"'
vboard_usleep_so_SOURCES = src/vboard/usb/usleep.c
vboard_usleep_so_CFLAGS = -std=c11 $(WARN_CFLAGS) -fPIC
vboard_usleep_so_LDFLAGS = -shared
vboard_usb_check_SOURCES = src/vboard/usb/check.c
vboard_usb_check_CFLAGS = -std=c11 $(WARN_CFLAGS)
vboard_usb_check_LDFLAGS =
endif

if HAVE_UNICORN
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_ftdi testing/unit/test_vb_jlink testing/unit/test_vb_stlink \
	testing/unit/test_vb_usb testing/unit/test_vb_usb_nodes
testing_unit_test_vb_ftdi_SOURCES = testing/unit/test_vb_ftdi.c testing/unit/vb_bench.h
testing_unit_test_vb_ftdi_LDADD = $(vboard_test_libs)
testing_unit_test_vb_jlink_SOURCES = testing/unit/test_vb_jlink.c testing/unit/vb_bench.h \
	testing/unit/vb_probe.h
testing_unit_test_vb_jlink_LDADD = $(vboard_test_libs)
testing_unit_test_vb_stlink_SOURCES = testing/unit/test_vb_stlink.c testing/unit/vb_bench.h \
	testing/unit/vb_probe.h
testing_unit_test_vb_stlink_LDADD = $(vboard_test_libs)
testing_unit_test_vb_usb_SOURCES = testing/unit/test_vb_usb.c testing/unit/vb_usb_bench.h
testing_unit_test_vb_usb_LDADD = $(vboard_test_libs)
testing_unit_test_vb_usb_nodes_SOURCES = testing/unit/test_vb_usb_nodes.c testing/unit/vb_usb_bench.h
testing_unit_test_vb_usb_nodes_LDADD = $(vboard_test_libs)
endif
endif
EXTRA_DIST += testing/system/test_judge_ftdi.py testing/system/test_judge_jlink.py \
	testing/system/test_judge_stlink.py

EXTRA_DIST += testing/system/test_usb_board.py testing/system/test_usb_peers.py
