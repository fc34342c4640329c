/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CMSIS-DAP probe on the bench of vb_bench.h, spoken to in hex. */
#ifndef VB_PROBE_H
#define VB_PROBE_H

#include "vb_bench.h"

#include "vboard/board.h"
#include "vboard/front/cmsis_dap.h"

struct probe {
	struct bench *bench;
	struct vb_board board;
	struct vb_cmsis_dap *dap;
	uint8_t answer[4096];		/* all responses of one packet */
	size_t lengths[8], responses, total;
};

static inline void no_reset(struct vb_board *board, void *priv, enum vb_reset kind)
{
	(void)board;
	(void)priv;
	(void)kind;
}

static const struct vb_chip test_chip = { .board_name = "test", .reset = no_reset };
static const struct vb_cmsis_dap_config probe_config = {
	.packet_size = 512,
	.packet_count = 4,
	.max_hz = 10000000,
	.product = "CMSIS-DAP",
	.serial = "1",
};
static const struct vb_cpu_config cpu_config = {
	.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 32, .nvic_prio_bits = 4,
	.rom_table_base = 0xe00ff000,
};

static inline struct probe *probe_of(const struct vb_cmsis_dap_config *config,
				     struct vb_dp_config dp_config)
{
	struct probe *p = calloc(1, sizeof(*p));

	p->bench = bench_new_with(dp_config);
	p->board = (struct vb_board){
		.chip = &test_chip,
		.clock = p->bench->clock,
		.bus = p->bench->bus,
		.dp = p->bench->dp,
		.link = p->bench->link,
		.powered = true,
	};
	p->board.cpu = vb_cpu_new(&cpu_config, p->bench->bus, p->bench->clock);
	vb_cpu_hold(p->board.cpu, true);
	p->dap = vb_cmsis_dap_new(config, &p->board);
	return p;
}

static inline struct probe *probe_with(struct vb_dp_config dp_config)
{
	return probe_of(&probe_config, dp_config);
}

static inline struct probe *probe_new(void)
{
	return probe_with(bench_stm32l476());
}

static inline void probe_free(struct probe *p)
{
	vb_cmsis_dap_free(p->dap);
	vb_cpu_free(p->board.cpu);
	bench_free(p->bench);
	free(p);
}

static inline void keep(void *ctx, const uint8_t *response, size_t n)
{
	struct probe *p = ctx;

	assert_true(n >= 1 && n <= probe_config.packet_size);
	memcpy(p->answer + p->total, response, n);
	p->lengths[p->responses++] = n;
	p->total += n;
}

/* The request is copied so that a read past its end is seen by the sanitizer. */
static inline void send_bytes(struct probe *p, const uint8_t *request, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	memcpy(copy, request, n);
	p->responses = p->total = 0;
	vb_cmsis_dap_packet(p->dap, copy, n, keep, p);
	free(copy);
}

/* "05 00 01": hex bytes with blanks. */
static inline size_t parse_hex(const char *text, uint8_t *out)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		out[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text++;
	}
	return n;
}

static inline void send(struct probe *p, const char *hex)
{
	uint8_t bytes[1024];

	send_bytes(p, bytes, parse_hex(hex, bytes));
}

static inline void expect(struct probe *p, const char *request, const char *answer)
{
	uint8_t wanted[1024];
	size_t n = parse_hex(answer, wanted);
	char seen_hex[2 * sizeof(p->answer) + 1], wanted_hex[2049];

	send(p, request);
	hex_encode(seen_hex, p->answer, p->total);
	hex_encode(wanted_hex, wanted, n);
	assert_string_equal(seen_hex, wanted_hex);
}

#define SWITCH "12 88 ff ff ff ff ff ff ff 9e e7 ff ff ff ff ff ff ff 00"

static inline struct probe *swd_probe_of(const struct vb_cmsis_dap_config *config)
{
	struct probe *p = probe_of(config, bench_stm32l476());

	expect(p, "02 01", "02 01");
	expect(p, SWITCH, "12 00");
	expect(p, "05 00 01 02", "05 01 01 77 14 a0 2b");
	/* ABORT, SELECT 0, power up, CSW */
	expect(p, "05 00 04 00 1e 00 00 00 08 00 00 00 00 04 00 00 00 50 01 12 00 00 23",
	       "05 04 01");
	return p;
}

static inline struct probe *swd_probe(void)
{
	return swd_probe_of(&probe_config);
}

static inline struct probe *jtag_probe(void)
{
	struct probe *p = probe_new();

	expect(p, "02 02", "02 02");
	expect(p, "12 33 ff ff ff ff ff ff 07", "12 00");
	expect(p, "14 01 01 00", "14 00");	/* to Run-Test/Idle */
	expect(p, "15 02 04 05", "15 00");
	return p;
}

#endif
