# SPDX-License-Identifier: GPL-2.0-or-later
libprobed_a_SOURCES += \
	src/dap/contact.c src/dap/contact.h \
	src/dap/cti.c src/dap/cti.h \
	src/dap/dap.c src/dap/dap.h \
	src/dap/dap_commands.c \
	src/dap/doctor.c src/dap/doctor.h src/dap/doctor_priv.h src/dap/doctor_report.c \
	src/dap/guard.c src/dap/guard.h \
	src/dap/identity.c src/dap/identity.h \
	src/dap/link.c src/dap/link.h \
	src/dap/mem_ap.c src/dap/mem_ap.h src/dap/mem_ap_priv.h \
	src/dap/mem_block.c \
	src/dap/pattern.c src/dap/pattern.h \
	src/dap/rom_table.c src/dap/rom_table.h

if HAVE_CMOCKA
check_PROGRAMS += testing/unit/test_contact testing/unit/test_dap testing/unit/test_identity \
	testing/unit/test_mem_ap testing/unit/test_rom_table
testing_unit_test_identity_SOURCES = testing/unit/test_identity.c testing/unit/fake_dp.h \
	testing/unit/fake_port.h
testing_unit_test_identity_LDADD = $(probed_test_libs)
testing_unit_test_contact_SOURCES = testing/unit/test_contact.c testing/unit/fake_dp.h \
	testing/unit/fake_port.h
testing_unit_test_contact_LDADD = $(probed_test_libs)
testing_unit_test_dap_SOURCES = testing/unit/test_dap.c testing/unit/fake_dp.h testing/unit/fake_port.h
testing_unit_test_dap_LDADD = $(probed_test_libs)
testing_unit_test_mem_ap_SOURCES = testing/unit/test_mem_ap.c testing/unit/fake_dp.h testing/unit/fake_port.h
testing_unit_test_mem_ap_LDADD = $(probed_test_libs)
testing_unit_test_rom_table_SOURCES = testing/unit/test_rom_table.c testing/unit/fake_dp.h \
	testing/unit/fake_port.h
testing_unit_test_rom_table_LDADD = $(probed_test_libs)
endif
EXTRA_DIST += testing/system/test_doctor.py
