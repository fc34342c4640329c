/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The board's probe doors on hostile bytes: the first byte says which (CMSIS-DAP frames, one
 * CMSIS-DAP packet, remote_bitbang letters), the rest arrives in two pieces. `make check` replays
 * the seeds; for libFuzzer build with clang -fsanitize=fuzzer,address,undefined and without
 * replay.c.
 */
#include <assert.h>

#include "base/log.h"
#include "vb_probe.h"

#include "vboard/front/cmsis_dap_tcp.h"
#include "vboard/front/remote_bitbang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* As server.c does: what is used goes, the rest comes again with more behind it. */
static void feed(const struct vb_server_ops *ops, void *ctx, const uint8_t *data, size_t n)
{
	struct buf in = { 0 }, out = { 0 };
	size_t cut = n / 2;

	for (unsigned piece = 0; piece < 2; piece++) {
		size_t used;

		buf_append(&in, data + (piece ? cut : 0), piece ? n - cut : cut);
		used = ops->input(ctx, in.data, in.len, &out);
		assert(used == SERVER_HANG_UP || used <= in.len);
		if (used == SERVER_HANG_UP)
			break;
		buf_consume(&in, used);
	}
	buf_free(&in);
	buf_free(&out);
}

static void count_response(void *ctx, const uint8_t *response, size_t n)
{
	(void)response;
	assert(n >= 1 && n <= probe_config.packet_size);
	++*(unsigned *)ctx;
}

static void packet(struct probe *p, const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n + !n);
	unsigned answers = 0;

	memcpy(copy, data, n);
	vb_cmsis_dap_packet(p->dap, copy, n, count_response, &answers);
	assert(answers <= probe_config.packet_count);
	free(copy);
}

/* As probe_config, with everything a product can have. */
static const struct vb_cmsis_dap_config fuzz_config = {
	.packet_size = 512,
	.packet_count = 4,
	.max_hz = 10000000,
	.product = "CMSIS-DAP",
	.serial = "1",
	.capabilities = 0x1ff,
	.swo_buffer = 1024,
	.uart_buffer = 16,
};

static void drop_stream(void *ctx, const uint8_t *data, size_t n)
{
	(void)ctx;
	(void)data;
	(void)n;
}

/* Building a CPU is slow: one board for all, switched off and on in between. */
static struct probe *fresh_probe(void)
{
	static struct probe *p;

	if (p == NULL) {
		p = probe_of(&fuzz_config, bench_stm32l476());
		vb_cmsis_dap_stream_swo(p->dap, drop_stream, NULL);
	}
	vb_dp_power_on(p->bench->dp);
	vb_link_power_on(p->bench->link);
	vb_cmsis_dap_power_on(p->dap);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct probe *p;
	struct vb_remote_bitbang rbb;

	if (n < 2)
		return 0;
	log_set_level(LOG_ERROR);
	p = fresh_probe();
	if (data[0] % 3 == 0) {
		struct vb_dap_tcp tcp = { .board = &p->board, .dap = p->dap,
					  .usb = vb_usb_find("high") };

		feed(&vb_dap_tcp_ops, &tcp, data + 1, n - 1);
	} else if (data[0] % 3 == 1) {
		packet(p, data + 1, n - 1);
	} else {
		vb_remote_bitbang_init(&rbb, &p->board, NULL, 1000000);
		feed(&vb_remote_bitbang_ops, &rbb, data + 1, n - 1);
	}
	return 0;
}
