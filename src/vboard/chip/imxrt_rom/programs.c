/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The applications of the flash images (imxrt_image.c): what somebody had on the board before the
 * debugger came. Each is compiled alone (-DPROGRAM=P_...), runs wherever it lies, and finds what
 * differs between parts in a struct program_params behind its vector table. All count at 0x20000100.
 */
#include "program_params.h"

#define REG(addr)   (*(volatile uint32_t *)(addr))
#define REG16(addr) (*(volatile uint16_t *)(addr))
#define COUNTER	    REG(PROGRAM_COUNTER)
#define SCB_VTOR    REG(0xe000ed08)

#define P_GOOD	       0
#define P_STEALS_SWD   1
#define P_WATCHDOG     2
#define P_FLEXRAM      3
#define P_MPU_OCRAM    4
#define P_CRASHED      5
#define P_CONTINUOUS   6
#define P_QPI	       7
#define P_STUCK	       8

void program(void) __attribute__((section(".text.program"), noreturn, used));

static inline const struct program_params *params(void)
{
	return (const struct program_params *)(SCB_VTOR + PROGRAM_PARAMS);
}

/* At the core clock that the ROM leaves, 396 MHz; not more than 40 ms. */
static inline void wait_ms(uint32_t ms)
{
	REG(0xe000e014) = 396000 * ms - 1;	/* SYST_RVR */
	REG(0xe000e018) = 0;
	REG(0xe000e010) = 5;
	while (!(REG(0xe000e010) & 0x10000))	/* COUNTFLAG */
		COUNTER++;
	REG(0xe000e010) = 0;
}

#if PROGRAM == P_GOOD
void program(void)
{
	const struct program_params *p = params();
	uint32_t led = 1u << p->led_bit;

	COUNTER = 0;
	REG(p->led_mux) = 5;
	REG(0x401b8004) |= led;			/* GPIO1_GDIR */
	for (;;) {
		REG(0x401b8000) ^= led;		/* GPIO1_DR */
		for (unsigned n = 0; n < 10000; n++)
			COUNTER++;
	}
}
#elif PROGRAM == P_STEALS_SWD
/* The two pads of SWD become GPIO inputs. */
void program(void)
{
	const struct program_params *p = params();

	COUNTER = 0;
	wait_ms(5);
	REG(p->swdio_mux) = 5;
	REG(p->swclk_mux) = 5;
	for (;;)
		COUNTER++;
}
#elif PROGRAM == P_WATCHDOG
/* Two watchdogs that nobody serves and nobody can stop, and a core that sleeps with its clock off. */
void program(void)
{
	COUNTER = 0;
	REG16(0x400b8000) = 0x0334;		/* WDOG1: 2 s, WDE */
	REG(0x400bc004) = 0xd928c520;
	while (!(REG(0x400bc000) & 0x800))	/* ULK */
		;
	REG(0x400bc008) = 0x1000;		/* 128 ms */
	REG(0x400bc000) = 0x2186;		/* CMD32EN, LPO, EN, DBG, WAIT; UPDATE = 0 */
	REG(0x400fc054) = (REG(0x400fc054) & ~3u) | 1;	/* CLPCR.LPM = WAIT */
	for (;;) {
		COUNTER++;
		__asm volatile("wfi");
	}
}
#elif PROGRAM == P_FLEXRAM
/* 32 KiB of DTCM, the rest ITCM or nothing: the ROM's OCRAM is gone until the next power cycle. */
void program(void)
{
	const struct program_params *p = params();

	REG(0x400ac038) = p->gpr14;
	REG(0x400ac044) = p->gpr17;
	REG(0x400ac040) |= 4;			/* GPR16.FLEXRAM_BANK_CFG_SEL */
	__asm volatile("dsb\n\tisb");
	COUNTER = 0;
	for (;;)
		COUNTER++;
}
#elif PROGRAM == P_MPU_OCRAM
/* OCRAM that nothing may write or run code in, and over 8 KiB of it lines that only the D-cache has. */
void program(void)
{
	REG(0xe000ed94) = 0;			/* MPU_CTRL */
	REG(0xe000ed9c) = 0x20200017;		/* region 7: OCRAM, 1 MiB */
	REG(0xe000eda0) = 0x030b0027;		/* full access, write-back */
	REG(0xe000ed94) = 5;
	REG(0xe000ed84) = 0;			/* CSSELR: L1 data */
	__asm volatile("dsb");
	for (uint32_t set = 0; set < 256; set++)
		for (uint32_t way = 0; way < 4; way++)
			REG(0xe000ef60) = way << 30 | set << 5;		/* DCISW */
	__asm volatile("dsb");
	REG(0xe000ed14) |= 0x10000;		/* CCR.DC */
	__asm volatile("dsb\n\tisb");
	for (uint32_t addr = 0x20208000; addr < 0x2020a000; addr += 4)
		REG(addr) = ~addr;
	REG(0xe000ed94) = 0;
	REG(0xe000ed9c) = 0x20200017;
	REG(0xe000eda0) = 0x160b0027;		/* XN, read only */
	REG(0xe000ed94) = 5;
	__asm volatile("dsb\n\tisb");
	COUNTER = 0;
	for (;;)
		COUNTER++;
}
#elif PROGRAM == P_STUCK
/* Nothing is wrong with the headers, so the ROM starts it every time; it does nothing for anybody. */
void program(void)
{
	__asm volatile("cpsid i");
	COUNTER = 0;
	for (;;)
		COUNTER++;
}
#elif PROGRAM == P_CRASHED
void program(void)
{
	COUNTER = 0xdead;
	__asm volatile("udf #0");
	__builtin_unreachable();
}
#elif PROGRAM == P_CONTINUOUS || PROGRAM == P_QPI
#define FS(offset) REG(p->flexspi + (offset))

/* All of what runs in DTCM is one function: only that one is copied. */
static inline __attribute__((always_inline)) void
lut(const struct program_params *p, unsigned seq, uint32_t w0, uint32_t w1, uint32_t w2)
{
	FS(0x18) = 0x5af05af0;
	FS(0x1c) = 2;
	FS(0x200 + 16 * seq) = w0;
	FS(0x204 + 16 * seq) = w1;
	FS(0x208 + 16 * seq) = w2;
	FS(0x20c + 16 * seq) = 0;
	FS(0x18) = 0x5af05af0;
	FS(0x1c) = 1;
}

/* Runs in DTCM: while sequence 0 is being rewritten nothing can be fetched from flash. */
static inline __attribute__((always_inline)) void change_mode(const struct program_params *p)
{
	FS(0x00) |= 1;				/* SWRESET: no prefetch under way */
	while (FS(0x00) & 1)
		;
#if PROGRAM == P_QPI
	lut(p, 15, p->enter_qpi, 0, 0);
	FS(0x14) = 0x1f;
	FS(0xa0) = 0;
	FS(0xa4) = 15u << 16;
	FS(0xb0) = 1;
	while (!(FS(0x14) & 1))
		;
	lut(p, 0, 0x0a1806eb, p->qpi_dummy, 0);	/* EBh on four pads */
#else
	/* EBh with mode bits A0, then JMP_ON_CS past the opcode. */
	lut(p, 0, 0x0a1804eb, 0x32041ea0, 0x7c012604);
	FS(0x80) |= 0x80000000;			/* CLRINSTRPTR */
#endif
	COUNTER = 0;
	for (;;) {
		/* Further apart than the buffer is long: each is a read on the wires. */
		COUNTER++;
		(void)REG(p->window + 0x1000);
		(void)REG(p->window + 0x2000);
	}
}

static void from_ram(const struct program_params *p) __attribute__((noinline, section(".text.ram")));
static void from_ram(const struct program_params *p)
{
	change_mode(p);
}

void program(void)
{
	struct program_params *copy = (struct program_params *)0x20000200;
	uint32_t from = (uint32_t)from_ram & ~1u;

	*copy = *params();
	for (uint32_t n = 0; n < 0x200; n += 4)
		REG(0x20000400 + n) = REG(SCB_VTOR + PROGRAM_CODE + (from - (uint32_t)program + 1) + n);
	__asm volatile("dsb\n\tisb");
	((void (*)(const struct program_params *))0x20000401)(copy);
	__builtin_unreachable();
}
#endif
