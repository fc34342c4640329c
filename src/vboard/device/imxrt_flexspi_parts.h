/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a FlexSPI controller, part by part; what the parts do is in imxrt_flexspi_priv.h.
 *
 * Time on the wires is counted in periods of the serial clock behind MCR0.SERCLKDIV: one per clock
 * of an SDR instruction, one per edge of a DDR instruction.
 */
#ifndef VB_DEVICE_IMXRT_FLEXSPI_PARTS_H
#define VB_DEVICE_IMXRT_FLEXSPI_PARTS_H

#include "vboard/device/imxrt_flexspi.h"
#include "vboard/device/imxrt_flexspi_regs.h"

#define FIFO_BYTES  128u	/* 16 entries of 64 bits */
#define ENTRY	    8u
#define AHB_RX_BYTES 1024u
#define HELD_BYTES   128u
#define NS_PER_S    1000000000u

enum fs_source { FROM_AHB_READ, FROM_AHB_WRITE, FROM_IP, FROM_RESUMED };	/* STS0.ARBCMDSRC */
enum fs_code {				/* STS1 */
	CODE_NONE = 0, CODE_JMP = 2, CODE_OPCODE = 3, CODE_SDR_DUMMY = 4, CODE_DDR_DUMMY = 5,
	CODE_ADDRESS = 6, CODE_TIMEOUT = 0xe, CODE_BOUNDARY = 0xf,
};

struct fs_port {
	struct nor *nor;
	const struct vb_spi_device *spi;	/* NULL: nothing there */
	unsigned instr_ptr;		/* where the next sequence begins: JMP_ON_CS */
};

/* When the controller takes the level of a line. */
enum fs_strobe { STROBE_GOOD, STROBE_LATE, STROBE_NONE, STROBE_DQS, STROBE_DQS_LATE };

enum fs_step { STEP_READ, STEP_WRITE, STEP_END };

/* One command on the wires: `count` sequences from `id` on, each with its own CS# low. */
struct fs_seq {
	enum fs_source source;
	unsigned port, id, count, ptr;
	uint32_t offset;		/* in the flash of the port */
	uint32_t size;			/* IDATSZ or AHB burst; 0: the operand says */
	uint32_t left;			/* of the READ or WRITE under way */
	unsigned pads;
	bool is_ddr;			/* the READ or WRITE under way */
	bool cs_low;
	uint64_t clocks;		/* since somebody set it to 0 */
	const struct vb_spi_ops *ops;	/* NULL: SCK or CS# does not reach a flash */
	void *dev;
	uint8_t connected;		/* IO7..IO0 */
	bool selects, has_dqs;
	enum fs_strobe strobe;
	uint8_t last;			/* the levels of the clock before */
};

struct fs_fifo {
	uint8_t bytes[FIFO_BYTES];
	unsigned len;
	uint16_t counter;		/* entries since the last clear */
};

struct fs_ip {
	bool is_busy;			/* from IPCMD.TRG until IPCMDDONE */
	bool is_running;		/* granted */
	bool is_stalled;		/* SCK stopped: FIFO full or empty */
	struct fs_seq seq;
	enum fs_step step;
	uint8_t pending[FIFO_BYTES];	/* read by clocks that are still to pass */
	unsigned pending_len;
	unsigned sent;			/* bytes of the TX entry under way */
	unsigned first_id;
	struct vb_event *event, *timeout;
	uint64_t next_ns;		/* of `event`; UINT64_MAX: none */
};

struct fs_buffer {
	uint32_t base;			/* in the serial flash space */
	unsigned len;
	uint64_t first_ns;		/* the first byte is there */
	uint64_t byte_ps;
	uint8_t bytes[AHB_RX_BYTES];
};

struct fs_ahb {
	struct fs_buffer buffer[4];
	/*
	 * What the wires gave each master a moment ago. A master that is held asks again from the
	 * start of what it was doing (an instruction with its data, a line of a cache): it must find
	 * the first part still there when the last one has come.
	 */
	struct fs_held {
		uint32_t base, last, last_bytes;	/* `last`: there from ready_ns on */
		uint64_t ready_ns, until_ns;
		uint8_t bytes[HELD_BYTES];
		bool there[HELD_BYTES];
	} held[4];
	uint64_t demand_until_ns;	/* somebody waits for these clocks */
	uint64_t prefetch_until_ns;	/* nobody does: may be suspended */
	unsigned prefetching;		/* which buffer */
	enum fs_source source;
	bool is_waiting;		/* for the grant; since when, and the next try */
	uint64_t wait_since_ns, retry_ns;
	struct {
		bool is_active;
		unsigned buffer, left;
		struct vb_event *event;
	} suspended;
};

struct imxrt_flexspi {
	struct imxrt_env *env;
	struct imxrt_flexspi_config config;
	uint32_t reg[FLEXSPI_LUT / 4];
	uint32_t lut[64];
	uint32_t tfdr[32];
	bool key_is_in;			/* LUTKEY was written, LUTCR is next */
	unsigned swreset_reads;		/* SWRESET is still seen */
	uint32_t intr;			/* without the two that FIFO levels make */
	bool irq;
	struct fs_port port[4];
	struct fs_fifo rx, tx;
	struct fs_ip ip;
	struct fs_ahb ahb;
	uint64_t wires_free_ns;		/* CS# has been high long enough */
	uint64_t dll_since_ns[2];	/* DLLEN and the clock are on; UINT64_MAX: not */
	struct { uint32_t start, end, offset; } remap;
	/* The flash shown to the CPU directly */
	struct vb_region *shown[2];	/* window and alias; NULL: none */
	bool is_shown;
	bool drives;			/* our own clocks: what the flash tells is no news */
	struct vb_event *show_event;
	uint64_t reads_when_shown;
	unsigned proven;		/* bytes of code fetched over the wires and found right */
	uint32_t proven_values[8];	/* which byte values those were */
	struct { uint32_t hz, wires; bool is_on; } seen;	/* of env, when last looked at */
	struct {
		uint64_t ip_commands, ip_errors, ahb_reads, ahb_writes, ahb_errors, stale_reads,
			clocks;
	} count;
};

#endif
