# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/dap/dap.c src/dap/dap.h \
	src/dap/dap_commands.c \
	src/dap/link.c src/dap/link.h \
	src/dap/mem_ap.c src/dap/mem_ap.h src/dap/mem_ap_priv.h \
	src/dap/mem_block.c \
	src/dap/rom_table.c src/dap/rom_table.h
