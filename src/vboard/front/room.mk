# SPDX-License-Identifier: GPL-2.0-or-later
# The debug port, the probe front ends and the program around them.
libvboard_a_SOURCES += \
	src/vboard/board.c src/vboard/board.h \
	src/vboard/control.c src/vboard/control.h \
	src/vboard/control_verbs.c src/vboard/control_verbs.h \
	src/vboard/wire_verbs.c \
	src/vboard/core/ap.c src/vboard/core/ap.h \
	src/vboard/core/dp.c src/vboard/core/dp.h \
	src/vboard/core/dp_link.c src/vboard/core/dp_link.h \
	src/vboard/core/wire.c src/vboard/core/wire.h \
	src/vboard/core/jtag.c src/vboard/core/jtag.h \
	src/vboard/core/swd.c src/vboard/core/swd.h \
	src/vboard/core/uart_wire.c src/vboard/core/uart_wire.h \
	src/vboard/core/swo.c src/vboard/core/swo.h \
	src/vboard/core/swo_line.c src/vboard/core/swo_priv.h \
	src/vboard/front/cmsis_dap.c src/vboard/front/cmsis_dap.h src/vboard/front/cmsis_dap_priv.h \
	src/vboard/front/cmsis_dap_info.c \
	src/vboard/front/cmsis_dap_swo.c \
	src/vboard/front/cmsis_dap_uart.c \
	src/vboard/front/cmsis_dap_tcp.c src/vboard/front/cmsis_dap_tcp.h \
	src/vboard/front/cmsis_dap_transfer.c \
	src/vboard/front/cmsis_dap_wire.c \
	src/vboard/front/pace.c src/vboard/front/pace.h \
	src/vboard/front/remote_bitbang.c src/vboard/front/remote_bitbang.h \
	src/vboard/front/server.c src/vboard/front/server.h \
	src/vboard/front/usb.c src/vboard/front/usb.h \
	src/vboard/front/vcd.c src/vboard/front/vcd.h

if HAVE_UNICORN
dist_man_MANS += doc/probed-vboard.1
if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_vb_cmsis_dap testing/unit/test_vb_dp testing/unit/test_vb_front \
	testing/unit/test_vb_jtag testing/unit/test_vb_swd testing/unit/test_vb_wire
testing_unit_test_vb_cmsis_dap_SOURCES = testing/unit/test_vb_cmsis_dap.c testing/unit/vb_bench.h \
	testing/unit/vb_probe.h
testing_unit_test_vb_cmsis_dap_LDADD = $(vboard_test_libs)
check_PROGRAMS += testing/unit/test_vb_cmsis_dap_rows testing/unit/test_vb_cmsis_dap_swo
testing_unit_test_vb_cmsis_dap_rows_SOURCES = testing/unit/test_vb_cmsis_dap_rows.c \
	testing/unit/vb_bench.h testing/unit/vb_probe.h
testing_unit_test_vb_cmsis_dap_rows_LDADD = $(vboard_test_libs)
testing_unit_test_vb_cmsis_dap_swo_SOURCES = testing/unit/test_vb_cmsis_dap_swo.c \
	testing/unit/vb_chip_bench.h
testing_unit_test_vb_cmsis_dap_swo_LDADD = $(vboard_test_libs)
testing_unit_test_vb_dp_SOURCES = testing/unit/test_vb_dp.c testing/unit/vb_bench.h
testing_unit_test_vb_dp_LDADD = $(vboard_test_libs)
testing_unit_test_vb_front_SOURCES = testing/unit/test_vb_front.c testing/unit/vb_bench.h \
	testing/unit/vb_probe.h
testing_unit_test_vb_front_LDADD = $(vboard_test_libs)
testing_unit_test_vb_jtag_SOURCES = testing/unit/test_vb_jtag.c testing/unit/vb_bench.h
testing_unit_test_vb_jtag_LDADD = $(vboard_test_libs)
testing_unit_test_vb_swd_SOURCES = testing/unit/test_vb_swd.c testing/unit/vb_bench.h
testing_unit_test_vb_swd_LDADD = $(vboard_test_libs)
testing_unit_test_vb_wire_SOURCES = testing/unit/test_vb_wire.c testing/unit/vb_bench.h \
	testing/unit/vb_probe.h
testing_unit_test_vb_wire_LDADD = $(vboard_test_libs)
check_PROGRAMS += testing/fuzz/fuzz_vboard
testing_fuzz_fuzz_vboard_SOURCES = testing/fuzz/fuzz_vboard.c testing/fuzz/replay.c
testing_fuzz_fuzz_vboard_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/testing/unit -DSEEDS='"vboard"'
testing_fuzz_fuzz_vboard_LDADD = $(vboard_test_libs)
endif
endif

EXTRA_DIST += testing/system/test_judge_openocd.py testing/system/test_judge_swo.py \
	testing/system/test_usb_swo.py testing/system/test_vboard.py \
	testing/fuzz/seeds/vboard/abort-and-queue testing/fuzz/seeds/vboard/bitbang-jtag \
	testing/fuzz/seeds/vboard/bitbang-swd testing/fuzz/seeds/vboard/execute-commands \
	testing/fuzz/seeds/vboard/jtag-sequence testing/fuzz/seeds/vboard/jtag-session testing/fuzz/seeds/vboard/swd-session \
	testing/fuzz/seeds/vboard/swo-capture testing/fuzz/seeds/vboard/swo-in-execute \
	testing/fuzz/seeds/vboard/uart
