/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The remote protocol on hostile bytes: the frames alone, then a whole session on a fake target, in ack
 * and in no-ack mode, whole and cut in two. `make check` links replay.c and runs the seeds; a libFuzzer
 * build is
 *   clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc -Itesting/unit \
 *         testing/fuzz/fuzz_rsp.c testing/unit/gdb_fake.c libprobed.a libbase.a -ljim
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gdb_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_frames(const uint8_t *in, size_t n)
{
	uint8_t *copy = malloc(n + 1);

	while (n > 0) {
		struct rsp_item item = rsp_next(in, n);

		if (item.kind == RSP_MORE) {
			assert(item.used == 0);
			break;
		}
		assert(item.used > 0 && item.used <= n);
		if (item.kind == RSP_PACKET || item.kind == RSP_BAD_SUM) {
			assert(item.body == in + 1 && item.len + 4 == item.used);
			assert(rsp_unescape(copy, item.body, item.len) <= item.len);
		}
		in += item.used;
		n -= item.used;
	}
	free(copy);
}

/* Packets that would run scripts are not sent: their meaning is Tcl's business. */
static bool runs_scripts(const uint8_t *data, size_t n)
{
	return memmem(data, n, "qRcmd", 5) != NULL || memmem(data, n, "vRun", 4) != NULL ||
	       memmem(data, n, "$R", 2) != NULL;
}

static void check_session(struct fake *f, const uint8_t *data, size_t n, bool acks, size_t cut)
{
	fake_connect(f);
	if (!acks)
		fake_no_ack(f);
	fake_send(f, (const char *)data, cut);
	fake_send(f, (const char *)data + cut, n - cut);
	if (f->session != NULL) {
		loop_once(f->server.loop, 0);
		fake_halt(f, HALT_BREAKPOINT, 0x08000100);
		fake_send(f, "\x03", 1);
	}
	/* Whatever came before, the next packet is answered, unless an older one is still open. */
	if (f->session != NULL && f->session->input.len == 0) {
		f->session->no_ack = true;
		assert(strcmp(fake_packet(f, "qC"), "QC1") == 0);
	}
	while (f->server.sessions != NULL)
		session_close(f->server.sessions);
	assert(f->target.breakpoints == NULL && f->target.watchpoints == NULL);
	f->target.state = TARGET_HALTED;
	f->is_hung_up = false;
	buf_clear(&f->sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fake *f;	/* its interpreter takes longer to make than all the rest */

	if (f == NULL) {
		f = fake_new();
		session_close(f->session);
		log_mute(true);
	}
	check_frames(data, n);
	if (!runs_scripts(data, n)) {
		check_session(f, data, n, false, n);
		check_session(f, data, n, true, n / 2);
	}
	return 0;
}
