/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target, its flash and a client for tests of the GDB sessions: a core with registers and two
 * memories, that halts when the test says so and counts what is asked of it. The functions of target.h
 * and flash.h that sessions call are defined here in place of the real ones.
 */
#ifndef TEST_GDB_FAKE_H
#define TEST_GDB_FAKE_H

#include "server/gdb/packets.h"

#define FAKE_FLASH	0x08000000u
#define FAKE_FLASH_SIZE 0x10000u
#define FAKE_SECTOR	0x800u
#define FAKE_RAM	0x20000000u
#define FAKE_RAM_SIZE	0x4000u
#define FAKE_COMPARATORS 2u

struct fake {
	struct gdb_server server;
	struct target target;
	struct target_list list;
	struct adapter adapter;
	struct flash_room flash;
	struct flash_bank bank;
	struct gdb_session *session;
	struct buf sent;		/* what the client received */
	bool is_hung_up;
	uint8_t flash_data[FAKE_FLASH_SIZE], ram[FAKE_RAM_SIZE];
	unsigned reads, steps, resumes, flash_writes, erase_ranges;
	uint32_t first_erase, first_erase_bytes;
	const char *claim;		/* another client's work has the target */
	bool peer_runs;			/* another core in the same memory */
	bool stepped_over;		/* what the last step was asked for */
	enum err next_error;		/* of the next call that can fail */
	unsigned events[EVENT_COUNT];
};

struct fake *fake_new(void);		/* with one session, in ack mode */
void fake_free(struct fake *f);
struct gdb_session *fake_connect(struct fake *f);
/* Bytes from the client; returns everything sent since the last call, "" if nothing. */
const char *fake_send(struct fake *f, const char *bytes, size_t n);
/* A packet with its frame; returns the answer's body (no-ack mode; several packets: joined by '|'). */
const char *fake_packet(struct fake *f, const char *body);
const char *fake_packet_bytes(struct fake *f, const char *body, size_t n);
void fake_no_ack(struct fake *f);
/* What was sent since the last call, as fake_packet returns it. */
const char *fake_answers(struct fake *f);
#define EXPECT(f, packet, answer) assert_string_equal(fake_packet(f, packet), answer)

/* For cmocka: *state is the fake, connected in no-ack mode; or in ack mode. */
int fake_setup(void **state);
int fake_setup_acks(void **state);
int fake_teardown(void **state);
#define TEST(name)	cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
#define TEST_ACKS(name) cmocka_unit_test_setup_teardown(name, fake_setup_acks, fake_teardown)

/* The core halts by itself. */
void fake_halt(struct fake *f, enum halt_reason reason, uint32_t pc);

#endif
