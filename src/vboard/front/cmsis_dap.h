/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_cmsis_dap: the firmware of a CMSIS-DAP probe (protocol 2.1), one command packet in, one
 * response packet out. It owns no socket and no USB: a front end hands it packets. It works on the
 * board's pins, so what it does costs wire time there.
 *
 * With DAP_CAP_UART it has a UART on board->uart, the board's first one, which hosts use through
 * 0x1F..0x23; a COM port of the same probe may use board->uart while UART_Transport is not 2.
 *
 * A request is never read past its length: if it is cut short, nothing of it is executed and the
 * answer is the single byte 0xFF, as for an unknown command. Bytes after a complete command are
 * ignored (HID reports are padded). The response stands in a buffer of packet_size bytes whose tail
 * is what earlier ones left there: a HID probe sends the whole of it.
 */
#ifndef VB_FRONT_CMSIS_DAP_H
#define VB_FRONT_CMSIS_DAP_H

#include <stddef.h>

#include "vboard/board.h"

/* Bits of DAP_Info 0xF0, the second byte above the first. */
enum vb_dap_capability {
	DAP_CAP_SWD = 0x001,
	DAP_CAP_JTAG = 0x002,
	DAP_CAP_SWO_UART = 0x004,
	DAP_CAP_SWO_MANCHESTER = 0x008,
	DAP_CAP_ATOMIC = 0x010,		/* 0x7E and 0x7F */
	DAP_CAP_TIMER = 0x020,
	DAP_CAP_SWO_STREAM = 0x040,	/* an endpoint of its own: see vb_cmsis_dap_stream_swo() */
	DAP_CAP_UART = 0x080,
	DAP_CAP_UART_USB = 0x100,	/* the same UART is the USB COM port */
};

/* Where products differ from Arm's reference firmware. */
enum vb_dap_quirk {
	DAP_QUIRK_CLOCK_AFTER_SEQUENCE = 0x001,	/* SWJ_Sequence falls back to default_hz (EDBG) */
	DAP_QUIRK_DISCONNECT_FIRST = 0x002,	/* Connect fails while a port is open (EDBG) */
	DAP_QUIRK_IDLE_DISCONNECTS = 0x004,	/* a second of silence closes the port (ULINK-ME) */
	DAP_QUIRK_NO_ABORT = 0x008,	/* 0x07 is answered as an unknown command (DAPLink bulk) */
	DAP_QUIRK_NO_QUEUE = 0x010,	/* 0x7E is unknown whatever the capabilities say (DAPLink) */
	DAP_QUIRK_NO_ATOMIC = 0x020,	/* 0x7E and 0x7F are */
	DAP_QUIRK_NO_SWD_SEQUENCE = 0x040,	/* 0x1D is: protocol before 1.2 (dap42) */
	DAP_QUIRK_NO_NUL = 0x080,	/* strings of DAP_Info come without their NUL */
	DAP_QUIRK_ONE_CAPABILITY_BYTE = 0x100,	/* old firmware */
	DAP_QUIRK_TIMER_8 = 0x200,	/* 0xF1 is 8 bytes long, as the document says */
	DAP_QUIRK_WHOLE_SWO_STATUS = 0x400,	/* 0x1E has all its bytes; the reference loses 4 */
	DAP_QUIRK_QUEUE_DROPS = 0x800,	/* the packet that overflows the 0x7E queue is lost (HID) */
};

/* Must outlive the probe. What is 0 or NULL takes the default in brackets. */
struct vb_cmsis_dap_config {
	uint16_t packet_size;		/* 64..32768 */
	uint8_t packet_count;
	uint32_t max_hz;
	/* DAP_Info 1, 2, 3. An empty string: "not available". */
	const char *vendor;		/* ["probed"] */
	const char *product, *serial;
	const char *protocol;		/* 4 ["2.1.1"]: "1.10", "2.1.0", ... */
	const char *target_vendor, *target_name;	/* 5, 6 [not available] */
	const char *board_vendor;	/* 7 [not available] */
	const char *board_name;		/* 8 [the board's own] */
	const char *firmware;		/* 9 ["0.1.0"] */
	uint16_t capabilities;		/* enum vb_dap_capability [SWD, JTAG, ATOMIC, TIMER] */
	uint16_t quirks;		/* enum vb_dap_quirk */
	uint32_t default_hz;		/* the clock at power-on [1 MHz] */
	uint32_t timer_hz;		/* test domain timer [100 MHz] */
	uint32_t swo_buffer;		/* 0xFD, a power of two of at least 1024 [8192] */
	uint32_t swo_max_baud;		/* UART [9 MHz]; Manchester takes half */
	uint32_t uart_buffer;		/* 0xFB and 0xFC [1024] */
	uint32_t uart_max_baud;		/* [10 MHz] */
	uint32_t command_ns;		/* the firmware thinks that long about each command */
	/* Commands 0x80..0x9F: writes the whole answer, returns its length; 0: unknown command.
	 * [all unknown] */
	size_t (*vendor_command)(void *ctx, const uint8_t *request, size_t n, uint8_t *response,
				 size_t cap);
	void *vendor_ctx;
};

struct vb_cmsis_dap;

/* Called once per response, in order; `response` is valid during the call only. */
typedef void (*vb_cmsis_dap_fn)(void *ctx, const uint8_t *response, size_t n);

struct vb_cmsis_dap *vb_cmsis_dap_new(const struct vb_cmsis_dap_config *config,
				      struct vb_board *board);
void vb_cmsis_dap_free(struct vb_cmsis_dap *dap);
const struct vb_cmsis_dap_config *vb_cmsis_dap_config(const struct vb_cmsis_dap *dap);
/*
 * Executes one packet. Most give one response; DAP_TransferAbort gives none; DAP_QueueCommands is
 * kept until another packet comes, which then yields a response for each of them.
 */
void vb_cmsis_dap_packet(struct vb_cmsis_dap *dap, const uint8_t *request, size_t n,
			 vb_cmsis_dap_fn respond, void *ctx);
/* A DAP_TransferAbort packet arrives at that time, so maybe in the middle of an earlier command. */
void vb_cmsis_dap_abort_at(struct vb_cmsis_dap *dap, uint64_t ns);
/* As the probe is after it was plugged in. */
void vb_cmsis_dap_power_on(struct vb_cmsis_dap *dap);

/*
 * The SWO endpoint (SWO_Transport 2, DAP_CAP_SWO_STREAM). fn gets one block of trace bytes to send
 * as one transfer on the SWO endpoint:
 *
 *	static void on_swo(void *ctx, const uint8_t *data, size_t n)
 *	{
 *		if (n == 0)
 *			vb_usb_drop_queued(device, 0x82);
 *		else
 *			vb_usb_send(device, 0x82, data, n);
 *	}
 *
 * The block stays in the capture buffer, which may overrun meanwhile, until the model says, in
 * taken() of that endpoint and once nothing is queued there any more, vb_cmsis_dap_swo_taken(). No
 * second block comes before that. Call vb_cmsis_dap_stream_swo() once, in create().
 */
/* n == 0: drop the block that was not taken yet, the capture starts afresh. */
typedef void (*vb_cmsis_dap_swo_fn)(void *ctx, const uint8_t *data, size_t n);
void vb_cmsis_dap_stream_swo(struct vb_cmsis_dap *dap, vb_cmsis_dap_swo_fn fn, void *ctx);
void vb_cmsis_dap_swo_taken(struct vb_cmsis_dap *dap);

#endif
