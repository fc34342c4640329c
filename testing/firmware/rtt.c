/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RTT, written from the published layout of the control block: 16 bytes of id, two counts, 24 bytes for
 * each channel. Up 0 "Terminal" skips when it is full, up 1 "Data" waits (or skips: flood_mode), down 0
 * is echoed to up 0. The id is put together when the program runs, so that flash does not hold it.
 *
 * BLOCK_AT: the block is there, in RAM that start-up code does not clear, and is set up only when `go`
 * was set: until then what an earlier program left there stays. Its channels are one up and one down.
 */
#include "board.h"

struct channel {
	const char *name;
	uint8_t *buffer;
	uint32_t size;
	volatile uint32_t wr, rd;
	uint32_t flags;
};

#ifdef BLOCK_AT
enum { UPS = 1, DOWNS = 1, DATA = 0, SIZE_0 = 128, SIZE_1 = 128 };
#else
enum { UPS = 2, DOWNS = 1, DATA = 1, SIZE_0 = 256, SIZE_1 = 4096 };
#endif

struct block {
	volatile char id[16];
	uint32_t up_count, down_count;
	struct channel up[UPS], down[DOWNS];
};

#ifdef BLOCK_AT
#define _SEGGER_RTT (*(struct block *)BLOCK_AT)
#else
struct block _SEGGER_RTT;
static struct block second;
#endif
static struct block *rtt = &_SEGGER_RTT;
static uint32_t up_0[SIZE_0 / 4], up_1[SIZE_1 / 4], down_0[16];

/* A debugger tells it what to do. */
enum { IDLE, FLOOD, HAND_OVER, TERMINALS, NEWS };
volatile uint32_t go, command, flood_mode = 2, flood_bytes = 65536;
volatile uint32_t flood_done, dropped_rounds, rounds;

static void set_id(struct block *b)
{
	static const char word[] = "REGGES\0TTR";

	for (unsigned i = 10; i < 16; i++)
		b->id[i] = 0;
	for (unsigned i = 0; i < 3; i++)
		b->id[7 + i] = word[9 - i];
	b->id[6] = ' ';
	for (unsigned i = 0; i < 6; i++)
		b->id[i] = word[5 - i];
}

static void setup(struct block *b)
{
	b->up_count = UPS;
	b->down_count = DOWNS;
	b->up[0] = (struct channel){ "Terminal", (uint8_t *)up_0, SIZE_0, 0, 0, DATA == 0 ? 2 : 0 };
	if (UPS > 1)
		b->up[UPS - 1] = (struct channel){ "Data", (uint8_t *)up_1, SIZE_1, 0, 0, flood_mode };
	b->down[0] = (struct channel){ "Terminal", (uint8_t *)down_0, sizeof(down_0), 0, 0, 0 };
	set_id(b);
}

static uint32_t room(const struct channel *c)
{
	return (c->rd + c->size - 1 - c->wr) % c->size;
}

/* All or nothing, or waits. */
static void print(const char *text, uint32_t n, uint32_t mode)
{
	struct channel *c = &rtt->up[0];
	uint32_t wr = c->wr;

	if (mode == 0 && room(c) < n)
		return;
	while (n-- > 0) {
		while (room(c) == 0)
			;
		c->buffer[wr] = (uint8_t)*text++;
		wr = wr + 1 == c->size ? 0 : wr + 1;
		c->wr = wr;
	}
}

static void say(const char *text)
{
	uint32_t n = 0;

	while (text[n] != 0)
		n++;
	print(text, n, rtt->up[0].flags);
}

static void echo(void)
{
	struct channel *c = &rtt->down[0];
	uint32_t rd = c->rd;
	char byte;

	while (rd != c->wr) {
		byte = (char)c->buffer[rd];
		rd = rd + 1 == c->size ? 0 : rd + 1;
		c->rd = rd;
		print(&byte, 1, 2);	/* an echo loses nothing */
	}
}

/* 64 bytes at a time, each word its number: the reader sees what is missing. */
static void flood(void)
{
	struct channel *c = &rtt->up[DATA];
	uint32_t n = 0;

	c->flags = flood_mode;
	while (n < flood_bytes / 4) {
		uint32_t wr = c->wr, *to = (uint32_t *)(void *)&c->buffer[wr];

		while (room(c) < 64 && c->flags != 0)
			;
		if (room(c) < 64) {
			dropped_rounds++;
			n += 16;
			continue;
		}
		for (unsigned i = 0; i < 16; i += 4, to += 4, n += 4) {
			to[0] = n;
			to[1] = n + 1;
			to[2] = n + 2;
			to[3] = n + 3;
		}
		wr += 64;
		c->wr = wr == c->size ? 0 : wr;
	}
	flood_done++;
}

#ifndef BLOCK_AT
/* As a bootloader does that starts an application: vectors elsewhere, another block, the first one is
 * left as it is. */
static void hand_over(void)
{
	SCB_VTOR = 0;		/* where flash is seen, too */
	setup(&second);
	rtt = &second;
	say("application\n");
}
#endif

int main(void)
{
#ifdef BLOCK_AT
	while (!go)
		;
#endif
	setup(rtt);
	say("rtt: hello\n");
	for (;;) {
		uint32_t what = command;

		rounds++;
		echo();
		if (what == IDLE)
			continue;
		command = IDLE;
		if (what == FLOOD)
			flood();
#ifndef BLOCK_AT
		if (what == HAND_OVER)
			hand_over();
#endif
		if (what == TERMINALS)
			say("\xff" "2two\n\xff" "0zero\n");
		if (what == NEWS)
			say("news\n");
	}
}
