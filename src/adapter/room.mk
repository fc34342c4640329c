# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/adapter/adapter.c src/adapter/adapter.h \
	src/adapter/adapter_commands.c src/adapter/commands.h \
	src/adapter/chain.c src/adapter/chain.h \
	src/adapter/cmsis_bits.c \
	src/adapter/cmsis_dap.c src/adapter/cmsis_dap.h \
	src/adapter/cmsis_dap_tcp.c \
	src/adapter/cmsis_depth.c \
	src/adapter/cmsis_driver.c \
	src/adapter/cmsis_match.c \
	src/adapter/cmsis_port.c \
	src/adapter/cmsis_quirks.c \
	src/adapter/cmsis_swo.c \
	src/adapter/cmsis_transport.h \
	src/adapter/cmsis_verbs.c \
	src/adapter/drivers.c \
	src/adapter/flight.c src/adapter/flight.h \
	src/adapter/flight_commands.c \
	src/adapter/flight_vcd.c \
	src/adapter/ftdi.c src/adapter/ftdi.h \
	src/adapter/ftdi_commands.c \
	src/adapter/ftdi_known.c \
	src/adapter/ftdi_layout.c src/adapter/ftdi_layout.h \
	src/adapter/ftdi_mpsse.c src/adapter/ftdi_mpsse.h \
	src/adapter/jep106.c src/adapter/jep106.h \
	src/adapter/jlink.h \
	src/adapter/jlink_queue.c src/adapter/jlink_queue.h \
	src/adapter/jlink_rules.c src/adapter/jlink_rules.h \
	src/adapter/link_commands.c \
	src/adapter/pins.h \
	src/adapter/port.c src/adapter/port.h \
	src/adapter/probe.c src/adapter/probe.h src/adapter/probe_priv.h \
	src/adapter/probe_commands.c \
	src/adapter/probe_explain.c \
	src/adapter/transport_commands.c \
	src/adapter/reconnect.c src/adapter/reconnect.h \
	src/adapter/register.c \
	src/adapter/remote_bitbang.c src/adapter/remote_bitbang.h \
	src/adapter/scan_commands.c \
	src/adapter/stlink.c src/adapter/stlink.h src/adapter/stlink_priv.h \
	src/adapter/stlink_command.c \
	src/adapter/stlink_firmware.c src/adapter/stlink_firmware.h \
	src/adapter/stlink_memory.c src/adapter/stlink_run.h \
	src/adapter/stlink_port.c \
	src/adapter/stlink_swo.c \
	src/adapter/stlink_tcp.c \
	src/adapter/stlink_verbs.c \
	src/adapter/stream.c src/adapter/stream.h \
	src/adapter/swo.c src/adapter/swo.h \
	src/adapter/tap_commands.c \
	src/adapter/usb.h src/adapter/usb_device.c \
	src/adapter/usb_text.c src/adapter/usb_text.h
if HAVE_LIBUSB
libprobed_a_SOURCES += \
	src/adapter/cmsis_dap_usb.c \
	src/adapter/stlink_usb.c \
	src/adapter/usb.c src/adapter/usb_priv.h \
	src/adapter/usb_scan.c \
	src/adapter/usb_transfer.c \
	src/adapter/usb_watch.c
endif
if HAVE_JLINK
libprobed_a_SOURCES += \
	src/adapter/jlink.c src/adapter/jlink_priv.h \
	src/adapter/jlink_bits.c \
	src/adapter/jlink_commands.c \
	src/adapter/jlink_config.c \
	src/adapter/jlink_find.c \
	src/adapter/jlink_swo.c
else
libprobed_a_SOURCES += src/adapter/jlink_absent.c
endif
if HAVE_LIBFTDI
if HAVE_LIBUSB
libprobed_a_SOURCES += src/adapter/ftdi_link.c src/adapter/ftdi_link.h
endif
endif
if HAVE_LIBUSB
if HAVE_HIDAPI
libprobed_a_SOURCES += src/adapter/cmsis_dap_hid.c
endif
endif
embedded_tcl += src/adapter/adapter.tcl
EXTRA_DIST += testing/system/test_usb_stlink.py testing/system/test_usb_endings.py
EXTRA_DIST += testing/system/test_usb_jlink.py testing/system/test_usb_cmsis_dap.py testing/system/test_usb_probes.py testing/system/test_usb_pipes.py testing/system/test_usb_faults.py doc/notes/usb.md

if HAVE_CMOCKA
if HAVE_LIBUSB
check_PROGRAMS += testing/unit/test_usb
testing_unit_test_usb_SOURCES = testing/unit/test_usb.c
testing_unit_test_usb_LDADD = $(probed_test_libs)
endif
check_PROGRAMS += testing/unit/test_ftdi
testing_unit_test_ftdi_SOURCES = testing/unit/test_ftdi.c
testing_unit_test_ftdi_LDADD = $(probed_test_libs)
check_PROGRAMS += testing/unit/test_jlink testing/unit/test_stlink \
	testing/unit/test_stlink_firmware
testing_unit_test_jlink_SOURCES = testing/unit/test_jlink.c
testing_unit_test_jlink_LDADD = $(probed_test_libs)
testing_unit_test_stlink_SOURCES = testing/unit/test_stlink.c testing/unit/fake_dp.h \
	testing/unit/fake_stlink.h
testing_unit_test_stlink_firmware_SOURCES = testing/unit/test_stlink_firmware.c
testing_unit_test_stlink_firmware_LDADD = $(probed_test_libs)
testing_unit_test_stlink_LDADD = $(probed_test_libs)
check_PROGRAMS += testing/unit/test_cmsis_dap testing/unit/test_cmsis_usb testing/unit/test_flight \
	testing/unit/test_adapter_commands testing/unit/test_remote_bitbang testing/unit/test_probe
testing_unit_test_probe_SOURCES = testing/unit/test_probe.c
testing_unit_test_probe_LDADD = $(probed_test_libs)
testing_unit_test_adapter_commands_SOURCES = testing/unit/test_adapter_commands.c
testing_unit_test_adapter_commands_LDADD = $(probed_test_libs)
testing_unit_test_remote_bitbang_SOURCES = testing/unit/test_remote_bitbang.c
testing_unit_test_remote_bitbang_LDADD = $(probed_test_libs)
testing_unit_test_flight_SOURCES = testing/unit/test_flight.c
testing_unit_test_flight_LDADD = $(probed_test_libs)
testing_unit_test_cmsis_usb_SOURCES = testing/unit/test_cmsis_usb.c
testing_unit_test_cmsis_usb_LDADD = $(probed_test_libs)
testing_unit_test_cmsis_dap_SOURCES = testing/unit/test_cmsis_dap.c testing/unit/fake_dp.h
testing_unit_test_cmsis_dap_LDADD = $(probed_test_libs)
endif
EXTRA_DIST += testing/system/test_usb_ftdi.py
