/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every semihosting call once (Arm abi-aa, semihosting.rst), results where the test finds them. The test
 * chooses with `mode`, before the core runs: 0 all calls, 1 echo of the console until its end, 2 exit with
 * `code` and `reason`, 3 a large file, 4 SYS_EXIT with `reason`, 5 a fault, 6 a failed assertion, 7 a
 * lockup.
 */
#include "board.h"

enum {
	SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05,
	SYS_READ = 0x06, SYS_READC = 0x07, SYS_ISERROR = 0x08, SYS_ISTTY = 0x09, SYS_SEEK = 0x0a,
	SYS_FLEN = 0x0c, SYS_TMPNAM = 0x0d, SYS_REMOVE = 0x0e, SYS_RENAME = 0x0f, SYS_CLOCK = 0x10,
	SYS_TIME = 0x11, SYS_SYSTEM = 0x12, SYS_ERRNO = 0x13, SYS_GET_CMDLINE = 0x15,
	SYS_HEAPINFO = 0x16, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20, SYS_ELAPSED = 0x30,
	SYS_TICKFREQ = 0x31,
};

#define BIG 16384
#define UNTOUCHED 0x5a5a5a5au

/* Above what the start-up code clears. */
#define mode   REG(0x20008000)
#define code   REG(0x20008004)
#define reason REG(0x20008008)
volatile uint32_t result[32];
volatile uint32_t it_block;
char features[8], cmdline[80], temporary[32], back[32];
uint32_t heap[4] = { UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED }, elapsed[2], cmdline_length;
uint8_t big[BIG];

static uint32_t semihost(uint32_t operation, const volatile void *argument)
{
	register uint32_t r0 __asm("r0") = operation;
	register const volatile void *r1 __asm("r1") = argument;

	__asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static uint32_t call(uint32_t operation, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	volatile uint32_t block[4];

	block[0] = a;
	block[1] = b;
	block[2] = c;
	block[3] = d;
	return semihost(operation, block);
}

static uint32_t length(const char *text)
{
	uint32_t n = 0;

	while (text[n])
		n++;
	return n;
}

static uint32_t open_file(const char *name, uint32_t how)
{
	return call(SYS_OPEN, (uint32_t)name, how, length(name), 0);
}

static uint32_t write_text(uint32_t handle, const char *text)
{
	return call(SYS_WRITE, handle, (uint32_t)text, length(text), 0);
}

static void console(void)
{
	uint32_t in = open_file(":tt", 0), out = open_file(":tt", 4), err = open_file(":tt", 8);
	static const char line_end = '\n';

	result[0] = in | out << 8 | err << 16;
	result[1] = write_text(out, "stdout\n") + write_text(err, "stderr\n");
	semihost(SYS_WRITE0, "write0");
	semihost(SYS_WRITEC, &line_end);
	result[2] = call(SYS_ISTTY, out, 0, 0, 0);
	result[3] = call(SYS_READ, in, (uint32_t)back, sizeof(back), 0);
	result[4] = semihost(SYS_READC, 0);
}

static void files(void)
{
	static const char text[] = "0123456789";
	uint32_t f = open_file("semi.txt", 6);

	result[5] = f;
	result[6] = write_text(f, text);
	result[7] = call(SYS_SEEK, f, 4, 0, 0);
	result[8] = call(SYS_READ, f, (uint32_t)back, 10, 0);
	result[9] = call(SYS_FLEN, f, 0, 0, 0);
	result[10] = call(SYS_ISTTY, f, 0, 0, 0);
	result[11] = call(SYS_CLOSE, f, 0, 0, 0);
	result[12] = call(SYS_CLOSE, f, 0, 0, 0);
	result[13] = semihost(SYS_ERRNO, 0);
	result[14] = call(SYS_RENAME, (uint32_t)"semi.txt", 8, (uint32_t)"renamed.txt", 11);
	result[15] = call(SYS_REMOVE, (uint32_t)"renamed.txt", 11, 0, 0);
	result[16] = open_file("/etc/passwd", 0);
	result[17] = open_file("../secret", 0);
	result[18] = open_file("link/passwd", 0);
	result[19] = call(SYS_ISERROR, result[16], 0, 0, 0) | call(SYS_ISERROR, 5, 0, 0, 0) << 8;
	f = open_file(":semihosting-features", 0);
	result[20] = call(SYS_READ, f, (uint32_t)features, 5, 0);
	result[21] = call(SYS_FLEN, f, 0, 0, 0);
	call(SYS_CLOSE, f, 0, 0, 0);
	result[22] = call(SYS_TMPNAM, (uint32_t)temporary, 7, sizeof(temporary), 0);
}

static void host(void)
{
	volatile uint32_t block[2] = { (uint32_t)cmdline, sizeof(cmdline) };
	uint32_t *where = heap;

	result[23] = semihost(SYS_CLOCK, 0);
	result[24] = semihost(SYS_TIME, 0);
	result[25] = call(SYS_SYSTEM, (uint32_t)"exit 7", 6, 0, 0);
	result[26] = semihost(SYS_GET_CMDLINE, block);
	cmdline_length = block[1];
	semihost(SYS_HEAPINFO, &where);
	result[27] = semihost(SYS_ELAPSED, elapsed);
	result[28] = semihost(SYS_TICKFREQ, 0);
	result[29] = semihost(0x77, 0);
}

/* The call between two conditional instructions: what follows it must still be skipped. */
static void in_it_block(void)
{
#if __ARM_ARCH_ISA_THUMB > 1
	register uint32_t r0 __asm("r0") = SYS_TICKFREQ;
	register uint32_t r1 __asm("r1") = 0;
	uint32_t then = 0, otherwise = 0;

	__asm volatile("cmp r1, #0\n\titte eq\n\tmoveq %1, #1\n\tbkpt 0xab\n\tmovne %2, #1\n\t"
		       : "+r"(r0), "+r"(then), "+r"(otherwise) : "r"(r1) : "cc", "memory");
	it_block = then | otherwise << 8 | (r0 == 1000000) << 16;
#else
	it_block = 0x10001;
#endif
}

static void echo(void)
{
	uint32_t in = open_file(":tt", 0), out = open_file(":tt", 4), left;

	semihost(SYS_WRITE0, "echo> ");
	while ((left = call(SYS_READ, in, (uint32_t)back, sizeof(back), 0)) < sizeof(back))
		call(SYS_WRITE, out, (uint32_t)back, sizeof(back) - left, 0);
	semihost(SYS_WRITE0, "end of input\n");
	call(SYS_EXIT_EXTENDED, 0x20026, 0, 0, 0);
}

static void large(void)
{
	uint32_t f = open_file("big.bin", 7);

	for (uint32_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i * 7);
	result[0] = call(SYS_WRITE, f, (uint32_t)big, BIG, 0);
	for (uint32_t i = 0; i < BIG; i++)
		big[i] = 0;
	call(SYS_SEEK, f, 0, 0, 0);
	result[1] = call(SYS_READ, f, (uint32_t)big, BIG, 0);
	for (uint32_t i = 0; i < BIG; i++)
		result[2] += big[i] != (uint8_t)(i * 7);
	call(SYS_CLOSE, f, 0, 0, 0);
	semihost(SYS_EXIT, (const void *)0x20026);
}

int main(void)
{
	if (mode == 1)
		echo();
	else if (mode == 2)
		call(SYS_EXIT_EXTENDED, reason, code, 0, 0);
	else if (mode == 3)
		large();
	else if (mode == 4)
		semihost(SYS_EXIT, (const void *)reason);
	else if (mode == 5)
		__asm volatile("udf #0");
	else if (mode == 6)
		__asm volatile("bkpt 0");
#if __ARM_ARCH_ISA_THUMB > 1
	else if (mode == 7)
		__asm volatile("cpsid f\n\tudf #0");
#endif
	console();
	files();
	host();
	in_it_block();
	call(SYS_EXIT_EXTENDED, 0x20026, 42, 0, 0);
	for (;;)
		;
}
