/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial downloader over LPUART1 (RM "System Boot", "Serial Downloader"): 115200 baud 8N1, commands of
 * 16 bytes, big-endian. Every command is answered by the HAB word and then its own answer. USB is not
 * there: these boards have no USB device of their own.
 */
#include "rom.h"

#define UART	  0x40184000u
#define BAUD	  REG(UART + 0x10)
#define STAT	  REG(UART + 0x14)
#define   STAT_TDRE 0x800000u
#define   STAT_RDRF 0x200000u
#define   STAT_OR   0x080000u
#define CTRL	  REG(UART + 0x18)
#define DATA	  REG(UART + 0x1c)
#define CSCDR1	  REG(0x400fc024)
#define IOMUXC	  0x401f8000u
#if FAMILY == RT1020
#define TX_MUX	  0x0d4			/* GPIO_AD_B0_06, _07 */
#define TX_PAD	  0x248
#else
#define TX_MUX	  0x0ec			/* GPIO_AD_B0_12, _13 */
#define TX_PAD	  0x2dc
#endif

#define HAB_OPEN   0x56787856u
#define HAB_CLOSED 0x12343412u
#define WRITE_OK   0x128a8a12u
#define FILE_OK	   0x88888888u
#define SKIP_OK	   0x900dd009u
#define BAUD_OK	   0x09d00d90u
#define HAB_NONE   0xf0f0f0f0u		/* the last of HAB's statuses: success */
#define HAB_FAILED 0x33333333u
#define DCD_MAX	   1768u

enum tag {
	READ_REGISTER = 0x0101, WRITE_REGISTER = 0x0202, WRITE_FILE = 0x0404, ERROR_STATUS = 0x0505,
	WRITE_CSF = 0x0606, WRITE_DCD = 0x0a0a, JUMP = 0x0b0b, SKIP_DCD = 0x0c0c, SET_BAUD = 0x0d0d,
	PING = 0x5aa6,
};

struct command {
	uint32_t tag, addr, format, count, data;
};

static void uart_init(void)
{
	CSCDR1 = (CSCDR1 & ~0x3fu) | 0x40;	/* UART_CLK_SEL: 24 MHz */
	REG(IOMUXC + TX_MUX) = 2;
	REG(IOMUXC + TX_MUX + 4) = 2;
	REG(IOMUXC + TX_PAD) = REG(IOMUXC + TX_PAD + 4) = 0x10b0;
	CTRL = 0;
	BAUD = 15u << 24 | 13;			/* 24 MHz / 16 / 13 */
	CTRL = 3u << 18;			/* TE, RE */
}

static uint8_t get(void)
{
	for (;;) {
		uint32_t stat = STAT;

		if (stat & STAT_OR)
			STAT = STAT_OR;
		if (stat & STAT_RDRF)
			return (uint8_t)DATA;
		delay_us(4);		/* a byte takes 87 */
	}
}

static void put(uint8_t byte)
{
	while (!(STAT & STAT_TDRE))
		;
	DATA = byte;
}

static uint32_t get_big(unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | get();
	return value;
}

static void put_big(uint32_t value)
{
	for (unsigned shift = 32; shift; shift -= 8)
		put((uint8_t)(value >> (shift - 8)));
}

/* A framed answer to the ping of tools that do not know yet whom they talk to: version 'P' 1.2.0. */
static void answer_ping(void)
{
	static const uint8_t answer[] = { 0x5a, 0xa7, 0x00, 0x02, 0x01, 0x50, 0x00, 0x00, 0xaa, 0xea };

	for (unsigned n = 0; n < sizeof(answer); n++)
		put(answer[n]);
}

static void get_command(struct command *c)
{
	do {
		c->tag = get_big(2);
		if (c->tag == PING)
			answer_ping();
	} while (c->tag == PING);
	c->addr = get_big(4);
	c->format = get_big(1);
	c->count = get_big(4);
	c->data = get_big(4);
	get();
}

/* Nothing may be written over the ROM's own stack and variables. */
static bool is_ours(uint32_t addr, uint32_t bytes)
{
	return addr < 0x20208000 && addr + bytes > 0x20200000;
}

static void read_register(const struct command *c)
{
	uint32_t value = 0;

	for (uint32_t n = 0; n < c->count; n++) {
		uint32_t addr = c->addr + n, width = c->format / 8;

		if (width == 4 && n % 4 == 0)
			value = REG(addr);
		else if (width == 2 && n % 2 == 0)
			value = REG16(addr);
		else if (width == 1)
			value = *(volatile uint8_t *)addr;
		put((uint8_t)value);
		value >>= 8;
	}
}

static uint32_t write_register(const struct command *c)
{
	if (is_ours(c->addr, 4))
		return HAB_FAILED;
	if (c->format == 8)
		*(volatile uint8_t *)c->addr = (uint8_t)c->data;
	else if (c->format == 16)
		REG16(c->addr) = (uint16_t)c->data;
	else
		REG(c->addr) = c->data;
	return WRITE_OK;
}

static uint32_t write_file(const struct command *c)
{
	bool refused = is_ours(c->addr, c->count);

	for (uint32_t n = 0; n < c->count; n++) {
		uint8_t byte = get();

		if (!refused)
			*(volatile uint8_t *)(c->addr + n) = byte;
	}
	return refused ? HAB_FAILED : FILE_OK;
}

static uint32_t write_dcd(const struct command *c)
{
	uint8_t dcd[DCD_MAX];

	for (uint32_t n = 0; n < c->count; n++) {
		uint8_t byte = get();

		if (n < sizeof(dcd))
			dcd[n] = byte;
	}
	return c->count <= sizeof(dcd) && dcd_run(dcd, c->count) ? WRITE_OK : HAB_FAILED;
}

static void set_baud(uint32_t baud)
{
	while (!(STAT & 0x400000))		/* TC: the answer is out */
		;
	CTRL = 0;
	BAUD = 15u << 24 | (24000000 / 16 + baud / 2) / baud;
	CTRL = 3u << 18;
}

static void serve(const struct rom *rom, const struct command *c, uint32_t hab)
{
	switch (c->tag) {
	case READ_REGISTER:
		put_big(hab);
		if (!(rom->f460 & F460_SDP_NO_READ))
			read_register(c);
		break;
	case WRITE_REGISTER: {
		uint32_t result = write_register(c);

		put_big(hab);
		put_big(result);
		break;
	}
	case WRITE_FILE:
	case WRITE_CSF: {
		uint32_t result = write_file(c);

		put_big(hab);
		put_big(result);
		break;
	}
	case WRITE_DCD: {
		uint32_t result = write_dcd(c);

		put_big(hab);
		put_big(result);
		break;
	}
	case ERROR_STATUS:
		put_big(hab);
		put_big(HAB_NONE);
		break;
	case SKIP_DCD:
		put_big(hab);
		put_big(SKIP_OK);
		break;
	case SET_BAUD:
		put_big(hab);
		put_big(BAUD_OK);
		if (c->data)
			set_baud(c->data);
		break;
	case JUMP:
		put_big(hab);
		while (!(STAT & 0x400000))	/* TC */
			;
		if (!image_jump(c->addr))
			put_big(HAB_FAILED);
		break;
	default:
		put_big(hab);
		break;
	}
}

/* Nobody ever connects, but whoever looks finds the PHY out of its reset and powered. */
static void usb_phy_init(void)
{
	REG(0x400d9030) = 0;		/* USBPHY1_CTRL: SFTRST, CLKGATE */
	REG(0x400d9000) = 0;		/* USBPHY1_PWD */
}

void serial_downloader(const struct rom *rom)
{
	uint32_t hab = rom->sbmr2 & SBMR2_CLOSED ? HAB_CLOSED : HAB_OPEN;
	struct command c;

	/* SDP_DISABLE: the end. Without the UART there is only USB to wait for, and nobody is there. */
	if (!(rom->f460 & F460_SDP_DISABLE))
		usb_phy_init();
	if (rom->f460 & F460_SDP_DISABLE || rom->f470 & F470_NO_UART)
		for (;;)
			;
	uart_init();
	for (;;) {
		get_command(&c);
		serve(rom, &c, hab);
	}
}
