/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * itm: the packets of ITM and DWT (DDI 0403 appendix D4, DDI 0553 appendix F), out of a byte stream
 * that may be cut anywhere, begin anywhere and have holes.
 *
 * itm_byte() takes one byte and returns true when a packet is complete with it. There is nothing to
 * allocate and nothing to free: zero-initialise a decoder, and call itm_gap() where bytes are missing.
 * A header that means nothing is skipped and counted, and the next packet tells how many bytes were.
 * A synchronisation packet ends whatever was begun: no other packet can hold its zeros.
 *
 * Decoding does not wait for a synchronisation packet: with DWT_CTRL.SYNCTAP at 0 there never is one.
 */
#ifndef TRACE_ITM_H
#define TRACE_ITM_H

#include <stdbool.h>
#include <stdint.h>

enum itm_kind {
	ITM_SYNC,
	ITM_OVERFLOW,		/* packets were lost on the chip */
	ITM_LOCAL_TIME,		/* value: ticks since the last one; delay: TC of D4.2.4 */
	ITM_GLOBAL_LOW,		/* value: low bits, `bits` of them; flags: ITM_WRAPPED, ITM_CLOCK_CHANGED */
	ITM_GLOBAL_HIGH,	/* value: from bit 26 up */
	ITM_EXTENSION,		/* value; number 0: stimulus page (taken into account), 1: hardware */
	ITM_SOFTWARE,		/* number: port (with its page), size 1, 2, 4, value */
	ITM_EVENTS,		/* value: counters that wrapped, ITM_EVENT_... */
	ITM_EXCEPTION,		/* number: the exception, value: enum itm_exception */
	ITM_PC_SAMPLE,		/* value */
	ITM_SLEEPING,		/* instead of a PC sample */
	ITM_DATA_PC,		/* number: comparator; value: PC of the access */
	ITM_DATA_ADDRESS,	/* number: comparator; value: low half of the address */
	ITM_DATA_READ, ITM_DATA_WRITE,	/* number: comparator, size, value */
	ITM_HARDWARE,		/* number: an id that no manual names, size, value */
};

enum itm_exception { ITM_ENTERED = 1, ITM_EXITED = 2, ITM_RETURNED = 3 };
enum { ITM_WRAPPED = 1, ITM_CLOCK_CHANGED = 2 };
/* In time order with the packets, or: time delayed, packet delayed, both. */
enum { ITM_ON_TIME, ITM_TIME_DELAYED, ITM_PACKET_DELAYED, ITM_BOTH_DELAYED };

struct itm_packet {
	enum itm_kind kind;
	unsigned number, size, flags, bits;
	uint64_t value;
	unsigned skipped;		/* bytes before this packet that meant nothing */
};

struct itm_decoder {
	uint8_t header;			/* of the packet that is begun; 0: none is */
	unsigned got, want;		/* payload bytes; want 0: until one has bit 7 clear */
	unsigned most;			/* payload bytes at most */
	uint64_t value;
	unsigned zeros;			/* bytes of 0 in a row, wherever they stand */
	unsigned held_zeros;		/* of them, those that began as a header */
	unsigned page;			/* of stimulus ports */
	unsigned skipped;
};

bool itm_byte(struct itm_decoder *d, uint8_t byte, struct itm_packet *packet);
/* Bytes are missing here: what was begun will not end. */
void itm_gap(struct itm_decoder *d);
/* "HardFault", "IRQ 12"; for the log. */
const char *itm_exception_name(unsigned number, char *text, unsigned size);
/* "entered", ...; enum itm_exception. */
const char *itm_exception_action(unsigned action);

/* Global time (D4.2.5): its low 26 bits, or fewer where only those changed, and then the high ones. */
struct itm_global {
	uint64_t ticks;
	bool is_known;			/* the low bits have come whole */
	bool is_stale;			/* they wrapped: the high ones are on their way */
	unsigned clock_changes;
};

/* A packet ITM_GLOBAL_LOW or ITM_GLOBAL_HIGH. */
void itm_global_put(struct itm_global *g, const struct itm_packet *packet);

/*
 * The TPIU's formatter (DDI 0403 C1.10, IHI 0029 D4): frames of 16 bytes that carry bytes of several
 * sources. tpiu_frame_byte() returns how many bytes of which source came out: none until a frame is
 * complete and the first synchronisation was seen.
 */
enum { TPIU_FRAME_BYTES = 16, TPIU_FRAME_DATA = 15 };

struct tpiu_frames {
	bool is_synced;
	uint32_t last;			/* the four bytes that came last */
	uint8_t frame[TPIU_FRAME_BYTES];
	unsigned used;
	uint8_t id;			/* of the source that speaks */
	unsigned skipped;		/* bytes before the first synchronisation */
};

struct tpiu_data {
	uint8_t id, byte;
};

unsigned tpiu_frame_byte(struct tpiu_frames *f, uint8_t byte, struct tpiu_data out[TPIU_FRAME_DATA]);
/* Bytes are missing here: wait for the next synchronisation. */
void tpiu_frame_gap(struct tpiu_frames *f);

#endif
