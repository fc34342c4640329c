/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers, memory and flash as GDB asks for them, on a fake target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdb_fake.h"

static void test_registers(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "P0=78563412", "OK");
	EXPECT(f, "p0", "78563412");
	EXPECT(f, "P10=00000000", "OK");
	EXPECT(f, "p10", "00000001");	/* T stays set */
	EXPECT(f, "Pf=01020008", "OK");
	EXPECT(f, "pf", "00020008");	/* bit 0 is no part of pc */
	EXPECT(f, "P2a=0102030405060708", "OK");
	EXPECT(f, "p2a", "0102030405060708");
	EXPECT(f, "p14", "00");
	assert_int_equal(strlen(fake_packet(f, "g")), 17 * 8);
	assert_memory_equal(fake_packet(f, "g"), "78563412", 8);
}

static void test_G_writes_what_is_there(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "G0100000002000000", "OK");
	EXPECT(f, "p1", "02000000");
	EXPECT(f, "Gxxxxxxxx05000000", "OK");
	EXPECT(f, "p0", "01000000");
	EXPECT(f, "p1", "05000000");
	EXPECT(f, "G01", "E16");
}

static void test_registers_that_cannot_be_read(void **state)
{
	struct fake *f = *state;

	f->next_error = ERR_DAP_WAIT;
	EXPECT(f, "p0", "xxxxxxxx");
	f->target.state = TARGET_RUNNING;	/* a second GDB attaches: without a PC it would hang up */
	EXPECT(f, "pf", "00000000");
	EXPECT(f, "p10", "00000001");
	assert_memory_equal(fake_packet(f, "g"), "0000000000000000", 16);
	f->server.options.report_register_access_error = true;
	EXPECT(f, "p0", "E01");
	EXPECT(f, "g", "E01");
}

static void test_a_lost_probe_is_an_error_everywhere(void **state)
{
	struct fake *f = *state;

	fake_packet(f, "qSupported:error-message+");
	f->adapter.is_lost = true;
	assert_memory_equal(fake_packet(f, "g"), "E.the fake probe is gone", 24);
	f->next_error = ERR_ADAPTER_LOST;
	assert_memory_equal(fake_packet(f, "mf0000000,4"), "E.", 2);
	fake_packet(f, "qSupported:");
	f->next_error = ERR_ADAPTER_LOST;
	EXPECT(f, "mf0000000,4", "E13");
	f->next_error = ERR_ADAPTER_LOST;
	EXPECT(f, "vCont;c", "O7468652074657374207761"
			     "6e747320697420736f3a20706c756720697420696e20616761696e2c207468656e207275"
			     "6e202261646170746572207265636f6e6e656374220a|T1dthread:1;");
	assert_memory_equal(fake_packet(f, "g"), "00000000", 8);	/* GDB needs a PC to tell it */
}

static void test_layout_without_a_target_description(void **state)
{
	struct fake *f = *state;

	f->server.options.target_description = false;
	assert_null(strstr(fake_packet(f, "qSupported"), "features:read+"));
	EXPECT(f, "qXfer:features:read:target.xml:0,ffb", "");
	assert_int_equal(strlen(fake_packet(f, "g")), 168 * 2);
	EXPECT(f, "P19=00000021", "OK");
	EXPECT(f, "p19", "00000021");
	EXPECT(f, "p10", "xxxxxxxxxxxxxxxxxxxxxxxx");
	EXPECT(f, "p18", "xxxxxxxx");
}

static void test_memory(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "M20000001,3:aabbcc", "OK");
	EXPECT(f, "m20000000,5", "00aabbcc00");
	EXPECT(f, "X20000010,4:}#$*", "OK");
	EXPECT(f, "m20000010,4", "7d23242a");
	assert_string_equal(fake_packet(f, "x20000010,4"), "b}]}\x03}\x04}\x0a");
	EXPECT(f, "x20000010,0", "b");
	assert_int_equal(strlen(fake_packet(f, "m20000000,ffff")), RSP_BODY_MAX / 2 * 2);
	EXPECT(f, "M30000000,1:00", "E0e");
	EXPECT(f, "Mffffffff,2:0000", "E16");
}

static void test_flash_is_not_written_like_memory(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "M8000000,4:00000000", "E01");	/* nobody has read the map yet */
	fake_packet(f, "qXfer:memory-map:read::0,ffb");
	EXPECT(f, "M8000000,4:00000000", "E01");
	EXPECT(f, "X8000000,0:", "OK");
}

static void test_failed_reads_are_zeros_or_errors(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "m30000000,4", "00000000");
	EXPECT(f, "m20003ffe,4", "00000000");
	f->server.options.report_data_abort = true;
	EXPECT(f, "m30000000,4", "E0e");
	EXPECT(f, "x30000000,4", "E0e");
	EXPECT(f, "m20003ffe,4", "0000");	/* the part that is there */
	EXPECT(f, "mffffffff,4", "E0e");
}

static void test_bursts_of_small_reads_cost_one(void **state)
{
	struct fake *f = *state;

	fake_packet(f, "qXfer:memory-map:read::0,ffb");	/* probes the bank */
	f->flash_data[0x104] = 0x5a;
	f->reads = 0;
	for (unsigned i = 0; i < 16; i++)
		fake_packet(f, "m8000104,2");
	EXPECT(f, "m8000104,1", "5a");
	assert_int_equal(f->reads, 1);
	EXPECT(f, "m8000170,20", "00000000000000000000000000000000"
				 "00000000000000000000000000000000");
	assert_int_equal(f->reads, 2);		/* two lines, one read */
	EXPECT(f, "M20000000,1:77", "OK");
	EXPECT(f, "m8000104,1", "5a");
	assert_int_equal(f->reads, 3);		/* a write drops everything */
	f->target.state = TARGET_RUNNING;
	fake_packet(f, "m8000104,1");
	fake_packet(f, "m8000104,1");
	assert_int_equal(f->reads, 5);		/* a running core is always looked at */
}

/* Whatever a list has read lately comes with its first read; a place read again is read again. */
static void test_watch_list_of_a_running_core(void **state)
{
	struct fake *f = *state;
	char packet[32], answer[9];

	for (int halted = 0; halted < 2; halted++) {	/* halted beside a core that runs is no better */
		f->target.state = halted ? TARGET_HALTED : TARGET_RUNNING;
		f->peer_runs = halted;
		memset(f->ram, 0, sizeof(f->ram));
		for (unsigned round = 0; round < 3; round++) {
			f->reads = 0;
			f->target.memory_epoch++;	/* else the last round may be a moment ago */
			for (unsigned i = 0; i < 4; i++)
				f->ram[0x80 * i] = (uint8_t)(round + i);
			for (unsigned i = 0; i < 32; i++) {
				snprintf(packet, sizeof(packet), "m%x,4",
					 FAKE_RAM + 0x80 * (i / 8) + 4 * (i % 8));
				snprintf(answer, sizeof(answer), "%02x000000", i % 8 ? 0 : round + i / 8);
				assert_string_equal(fake_packet(f, packet), answer);
			}
			if (round > 0)
				assert_in_range(f->reads, 1, 4);
		}
		f->ram[0] = 1;
		EXPECT(f, "m20000000,1", "01");
		f->ram[0] = 2;
		EXPECT(f, "m20000000,1", "02");
		fake_packet(f, "m20000010,4");
		EXPECT(f, "M20000014,4:01020304", "OK");	/* a write makes all of it old */
		EXPECT(f, "m20000014,4", "01020304");
	}
}

static void test_search(void **state)
{
	struct fake *f = *state;

	memcpy(&f->ram[0xffe], "needle", 6);	/* across two pieces */
	EXPECT(f, "qSearch:memory:20000000;2000;needle", "1,20000ffe");
	EXPECT(f, "qSearch:memory:20000fff;2000;needle", "0");
	EXPECT(f, "qSearch:memory:20000000;1000;needle", "0");
	EXPECT(f, "qSearch:memory:30000000;1000;needle", "E0e");
}

/* ---- flash ---- */

static void test_load(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vFlashErase:08000800,00000800", "OK");
	EXPECT(f, "vFlashErase:08003000,00000000", "OK");	/* GDB's slip */
	EXPECT(f, "vFlashWrite:8000800:ab:c}#", "OK");
	EXPECT(f, "vFlashWrite:8000806:next", "OK");
	EXPECT(f, "vFlashWrite:8000804:XX", "OK");		/* overlap: the later one */
	EXPECT(f, "vFlashWrite:8001000:!", "OK");		/* past what was erased */
	assert_int_equal(f->flash_writes, 0);
	EXPECT(f, "vFlashDone", "OK");
	assert_int_equal(f->flash_writes, 1);
	assert_memory_equal(&f->flash_data[0x800], "ab:cXXnext", 10);
	assert_int_equal(f->flash_data[0x1000], '!');
	assert_int_equal(f->erase_ranges, 1);
	assert_int_equal(f->first_erase, 0x08000800);
	assert_int_equal(f->first_erase_bytes, 0x800);
	assert_int_equal(f->events[EVENT_GDB_FLASH_ERASE_START], 1);
	assert_int_equal(f->events[EVENT_GDB_FLASH_WRITE_END], 1);
	EXPECT(f, "vFlashDone", "OK");
	assert_int_equal(f->flash_writes, 1);
}

static void test_erase_without_writes(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vFlashErase:08000000,00010000", "OK");
	EXPECT(f, "vFlashDone", "OK");
	assert_int_equal(f->erase_ranges, 1);
}

static void test_load_errors(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vFlashWrite:20000000:data", "E.memtype");
	EXPECT(f, "vFlashErase:20000000,00001000", "E05");
	EXPECT(f, "vFlashErase:08000000,00000800", "OK");
	EXPECT(f, "vFlashWrite:8000000:data", "OK");
	f->next_error = ERR_PROTECTED;
	EXPECT(f, "vFlashDone", "E0d");
	EXPECT(f, "vFlashDone", "OK");		/* the failed load is forgotten */
	assert_int_equal(f->flash_writes, 1);
	EXPECT(f, "vFlashErase", "E16");
	EXPECT(f, "vFlashErase:x", "E16");
	EXPECT(f, "vFlashWrite:8000000", "E16");
	/* GDB 13 shows no text with the error: the next command's output begins with it. */
	assert_non_null(strstr(fake_packet(f, "qRcmd,6563686f2061"), "O746865207465737420"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST(test_G_writes_what_is_there),
		TEST(test_registers_that_cannot_be_read),
		TEST(test_a_lost_probe_is_an_error_everywhere),
		TEST(test_layout_without_a_target_description),
		TEST(test_memory),
		TEST(test_flash_is_not_written_like_memory),
		TEST(test_failed_reads_are_zeros_or_errors),
		TEST(test_bursts_of_small_reads_cost_one),
		TEST(test_watch_list_of_a_running_core),
		TEST(test_search),
		TEST(test_load),
		TEST(test_erase_without_writes),
		TEST(test_load_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
