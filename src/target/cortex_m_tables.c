/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cores, registers and exceptions of M-profile as tables. */
#include "target/cortex_m.h"

/* CPUID[15:4]; the AHB-AP of M3 and M4 increments TAR through 12 bits (DDI 0337I 9.3, DDI 0439). */
static const struct cortex_m_core cores[] = {
	{ 0xc20, "Cortex-M0",	ARCH_V6M,	false },
	{ 0xc60, "Cortex-M0+",	ARCH_V6M,	false },
	{ 0xc21, "Cortex-M1",	ARCH_V6M,	false },
	{ 0xc23, "Cortex-M3",	ARCH_V7M,	true },
	{ 0xc24, "Cortex-M4",	ARCH_V7M,	true },
	{ 0xc27, "Cortex-M7",	ARCH_V7M,	false },
	{ 0xd20, "Cortex-M23",	ARCH_V8M_BASE,	false },
	{ 0xd21, "Cortex-M33",	ARCH_V8M_MAIN,	false },
	{ 0xd31, "Cortex-M35P", ARCH_V8M_MAIN,	false },
	{ 0xd22, "Cortex-M55",	ARCH_V8M_MAIN,	false },
	{ 0xd23, "Cortex-M85",	ARCH_V8M_MAIN,	false },
	{ 0xd24, "Cortex-M52",	ARCH_V8M_MAIN,	false },
	{ 0x132, "STAR-MC1",	ARCH_V8M_MAIN,	false },
};

const struct cortex_m_core *cortex_m_find_core(uint32_t cpuid)
{
	for (size_t i = 0; i < ARRAY_SIZE(cores); i++) {
		if (cores[i].part == bits_get(cpuid, 15, 4))
			return &cores[i];
	}
	return NULL;
}

#define PROFILE "org.gnu.gdb.arm.m-profile"
#define SYSTEM	"org.gnu.gdb.arm.m-system"
#define SECEXT	"org.gnu.gdb.arm.secext"
#define VFP	"org.gnu.gdb.arm.vfp"
#define MVE	"org.gnu.gdb.arm.m-profile-mve"

#define CORE(n, num) \
	{ { n, num, 32, PROFILE, "int", "general", false, false }, { num, 0, false } }
#define PACKED(n, num, sel) \
	{ { n, num, 32, NULL, NULL, NULL, false, true }, { sel, 0, false } }
#define STACK(n, num, sel) \
	{ { n, num, 32, SYSTEM, "data_ptr", "system", false, false }, { sel, 0, false } }
#define FIELD(n, num, bits, sel, shift) \
	{ { n, num, bits, SYSTEM, "int8", "system", false, false }, { sel, shift, false } }
#define SEC_STACK(n, num, sel) \
	{ { n, num, 32, SECEXT, "data_ptr", "stack", true, false }, { sel, 0, false } }
#define SEC_FIELD(n, num, bits, sel, shift) \
	{ { n, num, bits, SECEXT, "int8", "system", true, false }, { sel, shift, false } }
#define DOUBLE(n, i) \
	{ { n, 42 + (i), 64, VFP, "ieee_double", "float", true, false }, { 0x40 + 2 * (i), 0, true } }

/*
 * REGSEL: DDI 0403 C1.6.3, DDI 0553 DCRSR. Numbers: those of OpenOCD 0.12, so that `reg 20` and what
 * GDB calls register 20 are the same thing. The packed words 0x14, 0x22 and 0x23 are hidden: their
 * fields are the registers people know.
 */
const struct reg_row cortex_m_rows[] = {
	CORE("r0", 0), CORE("r1", 1), CORE("r2", 2), CORE("r3", 3), CORE("r4", 4), CORE("r5", 5),
	CORE("r6", 6), CORE("r7", 7), CORE("r8", 8), CORE("r9", 9), CORE("r10", 10), CORE("r11", 11),
	CORE("r12", 12),
	{ { "sp", 13, 32, PROFILE, "data_ptr", "general", false, false }, { 13, 0, false } },
	CORE("lr", 14),
	{ { "pc", 15, 32, PROFILE, "code_ptr", "general", false, false }, { 15, 0, false } },
	CORE("xPSR", 16),
	STACK("msp", 17, 0x11), STACK("psp", 18, 0x12),
	PACKED("special", 19, 0x14),
	FIELD("primask", 20, 1, 0x14, 0), FIELD("basepri", 21, 8, 0x14, 8),
	FIELD("faultmask", 22, 1, 0x14, 16), FIELD("control", 23, 3, 0x14, 24),
	SEC_STACK("msp_ns", 24, 0x18), SEC_STACK("psp_ns", 25, 0x19),
	SEC_STACK("msp_s", 26, 0x1a), SEC_STACK("psp_s", 27, 0x1b),
	SEC_STACK("msplim_s", 28, 0x1c), SEC_STACK("psplim_s", 29, 0x1d),
	SEC_STACK("msplim_ns", 30, 0x1e), SEC_STACK("psplim_ns", 31, 0x1f),
	{ { "special_s", 32, 32, NULL, NULL, NULL, true, true }, { 0x22, 0, false } },
	SEC_FIELD("primask_s", 33, 1, 0x22, 0), SEC_FIELD("basepri_s", 34, 8, 0x22, 8),
	SEC_FIELD("faultmask_s", 35, 1, 0x22, 16), SEC_FIELD("control_s", 36, 3, 0x22, 24),
	{ { "special_ns", 37, 32, NULL, NULL, NULL, true, true }, { 0x23, 0, false } },
	SEC_FIELD("primask_ns", 38, 1, 0x23, 0), SEC_FIELD("basepri_ns", 39, 8, 0x23, 8),
	SEC_FIELD("faultmask_ns", 40, 1, 0x23, 16), SEC_FIELD("control_ns", 41, 3, 0x23, 24),
	DOUBLE("d0", 0), DOUBLE("d1", 1), DOUBLE("d2", 2), DOUBLE("d3", 3), DOUBLE("d4", 4),
	DOUBLE("d5", 5), DOUBLE("d6", 6), DOUBLE("d7", 7), DOUBLE("d8", 8), DOUBLE("d9", 9),
	DOUBLE("d10", 10), DOUBLE("d11", 11), DOUBLE("d12", 12), DOUBLE("d13", 13),
	DOUBLE("d14", 14), DOUBLE("d15", 15),
	{ { "fpscr", 58, 32, VFP, "int", "float", true, false }, { 0x21, 0, false } },
	{ { "vpr", 59, 32, MVE, "int", "float", true, false }, { 0x24, 0, false } },
	/* v8-M without the Security Extension: the same REGSEL as msplim_ns and psplim_ns. */
	{ { "msplim", 60, 32, SYSTEM, "data_ptr", "stack", true, false }, { 0x1e, 0, false } },
	{ { "psplim", 61, 32, SYSTEM, "data_ptr", "stack", true, false }, { 0x1f, 0, false } },
};
const size_t cortex_m_row_count = ARRAY_SIZE(cortex_m_rows);

static bool is_main(enum arch arch)
{
	return arch == ARCH_V7M || arch == ARCH_V8M_MAIN;
}

bool cortex_m_row_exists(const struct reg_row *row, enum arch arch, bool fpu, bool mve, bool security)
{
	unsigned n = row->reg.number, sel = row->map.sel;

	if (sel == 0x21 || sel >= 0x40)
		return fpu;
	if (sel == 0x24)
		return mve;
	if (n >= 60)
		return arch == ARCH_V8M_MAIN && !security;
	if (n >= 24 && n <= 41) {
		/* BASEPRI and FAULTMASK, and the Non-secure limits, need the Main Extension. */
		bool baseline_lacks = row->map.shift == 8 || row->map.shift == 16 || sel == 0x1e ||
				      sel == 0x1f;

		return security && (arch == ARCH_V8M_MAIN || !baseline_lacks);
	}
	if (sel == 0x14 && (row->map.shift == 8 || row->map.shift == 16))
		return is_main(arch);
	return true;
}

const char *const exception_names[16] = {
	"", "Reset", "NMI", "HardFault", "MemManage", "BusFault", "UsageFault", "SecureFault",
	"Reserved 8", "Reserved 9", "Reserved 10", "SVCall", "DebugMonitor", "Reserved 13", "PendSV",
	"SysTick",
};
