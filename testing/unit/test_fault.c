/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From status registers to a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "target/fault.h"

static const struct {
	const char *name;
	struct fault_state state;
	const char *words[4];	/* all must be there */
	const char *absent;
} cases[] = {
	{ "division by zero",
	  { .exception = 6, .has_status = true, .cfsr = 1u << 25, .has_frame = true,
	    .frame = { .pc = 0x08000210, .lr = 0x08000301 } },
	  { "UsageFault at 0x08000210", "a division by zero (DIVBYZERO)", "lr 0x08000301",
	    "CFSR 0x02000000" }, "escalated" },
	{ "precise bus error that escalated, with the store at fault",
	  { .exception = 3, .has_status = true, .cfsr = 0x8200, .hfsr = 1u << 30, .bfar = 0x60000000,
	    .has_frame = true, .frame = { .pc = 0x08000222 }, .has_access = true,
	    .access_addr = 0x60000000, .access_is_store = true },
	  { "HardFault (escalated BusFault) at 0x08000222", "PRECISERR", "a store to 0x60000000", NULL },
	  NULL },
	{ "the registers have changed since: the fault address register is believed",
	  { .exception = 5, .has_status = true, .cfsr = 0x8200, .bfar = 0x60000000, .has_frame = true,
	    .frame = { .pc = 0x08000222 }, .has_access = true, .access_addr = 0x20000000 },
	  { "address 0x60000000", NULL }, "0x20000000" },
	{ "imprecise: the stacked PC is only near",
	  { .exception = 5, .has_status = true, .cfsr = 0x400, .has_frame = true,
	    .frame = { .pc = 0x08000230 } },
	  { "BusFault near 0x08000230", "IMPRECISERR", "DISDEFWBUF", NULL }, "at 0x08000230" },
	{ "stack overflow: the frame is not trusted",
	  { .exception = 3, .has_status = true, .cfsr = 0x1000, .hfsr = 1u << 30, .has_frame = true,
	    .frame = { .pc = 0xdeadbeef } },
	  { "HardFault (escalated BusFault)", "STKERR", "SP points outside RAM", NULL }, "deadbeef" },
	{ "jump to an even address",
	  { .exception = 6, .has_status = true, .cfsr = 1u << 17, .has_frame = true,
	    .frame = { .pc = 0x20000010 } },
	  { "UsageFault at 0x20000010", "INVSTATE", "even address", NULL }, NULL },
	{ "undefined instruction names the opcode",
	  { .exception = 6, .has_status = true, .cfsr = 1u << 16, .has_frame = true,
	    .frame = { .pc = 0x08000100 }, .has_opcode = true, .opcode = { 0xde00, 0 } },
	  { "UNDEFINSTR", "opcode 0xde00", NULL }, NULL },
	{ "MPU",
	  { .exception = 4, .has_status = true, .cfsr = 0x82, .mmfar = 0x00000008 },
	  { "MemManage", "DACCVIOL", "address 0x00000008", NULL }, NULL },
	{ "vector table", { .exception = 3, .has_status = true, .hfsr = 2 },
	  { "HardFault", "VECTTBL", "VTOR", NULL }, NULL },
	{ "lockup", { .exception = 3, .is_lockup = true, .has_status = true, .cfsr = 0x8200,
		      .hfsr = 1u << 30, .bfar = 0x60000000 },
	  { "Lockup", "HardFault or NMI", "PRECISERR", NULL }, NULL },
	{ "v6-M knows no more than that", { .exception = 3, .has_frame = true, .has_opcode = true,
					    .opcode = { 0xbf00, 0 },
					    .frame = { .pc = 0x100, .lr = 0x55, .xpsr = 1u << 24 } },
	  { "HardFault at 0x00000100; lr 0x00000055", NULL }, "CFSR" },
	{ "v6-M: the instruction tells", { .exception = 3, .has_frame = true, .has_opcode = true,
					   .opcode = { 0x6808, 0 }, .has_access = true,
					   .access_addr = 0x60000000, .instruction = "ldr r0, [r1, #0]",
					   .frame = { .pc = 0x100, .xpsr = 1u << 24 } },
	  { "a load from 0x60000000", "; instruction: ldr r0, [r1, #0]", ": look at the pointer", NULL },
	  "CFSR" },
	{ "v6-M: Thumb state lost", { .exception = 3, .has_frame = true, .frame = { .pc = 0x100 } },
	  { "an even address", "bit 0", NULL }, "CFSR" },
	{ "v6-M: a BKPT for the host", { .exception = 3, .has_frame = true, .has_opcode = true,
					 .opcode = { 0xbeab, 0 },
					 .frame = { .pc = 0x100, .xpsr = 1u << 24 } },
	  { "BKPT", "run \"arm semihosting enable\"", NULL }, "CFSR" },
	{ "the next step comes last", { .exception = 6, .has_status = true, .cfsr = 1u << 19 },
	  { "NOCP", "HFSR 0x00000000]: enable the FPU in CPACR", NULL }, NULL },
	{ "Secure fault", { .exception = 7, .has_status = true, .has_security = true, .sfsr = 0x48,
			    .sfar = 0x30000000 },
	  { "SecureFault", "AUVIOL", "address 0x30000000", "SFSR 0x00000048" }, NULL },
	{ "recorded some time ago", { .has_status = true, .cfsr = 1u << 25 },
	  { "Recorded fault", "DIVBYZERO", NULL }, NULL },
};

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = { 0 };

		fault_describe(&cases[i].state, &text);
		assert_non_null(text.data);
		for (size_t k = 0; k < 4 && cases[i].words[k] != NULL; k++) {
			if (strstr((const char *)text.data, cases[i].words[k]) == NULL)
				fail_msg("%s: no \"%s\" in: %s", cases[i].name, cases[i].words[k],
					 text.data);
		}
		if (cases[i].absent != NULL && strstr((const char *)text.data, cases[i].absent) != NULL)
			fail_msg("%s: \"%s\" in: %s", cases[i].name, cases[i].absent, text.data);
		if (strchr((const char *)text.data, '\n') != NULL)
			fail_msg("%s: more than one line", cases[i].name);
		buf_free(&text);
	}
}

static void test_no_fault_no_words(void **state)
{
	static const struct fault_state quiet[] = {
		{ .has_status = true },
		{ .exception = 15, .has_status = true },
		{ .exception = 0 },
		{ .has_status = true, .hfsr = 1u << 31 },	/* a BKPT with the debugger away */
	};
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		fault_describe(&quiet[i], &text);
		assert_int_equal(text.len, 0);
	}
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_no_fault_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
