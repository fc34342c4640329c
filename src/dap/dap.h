/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dap: one Debug Port and its Access Ports (ADIv5, IHI 0031).
 *
 * Owns SELECT, CTRL/STAT and ABORT and their cache; the cache is dropped by connect, by every error
 * and by dap_invalidate(). Accesses are queued in order and sent by dap_run(); a queued access
 * fixes SELECT itself. When dap_run() fails, sticky flags have been read, decoded into the message
 * and cleared, and the link has been recovered if that was possible: the next access may succeed.
 */
#ifndef DAP_DAP_H
#define DAP_DAP_H

#include "adapter/adapter.h"

struct mem_ap;
struct dap_guard;

/* What a look at a silent link has shown (contact.h). */
struct dap_contact {
	enum err rc;			/* OK: nothing yet */
	unsigned ack;			/* raw; JTAG: 7 TDO stays high, 0 stays low */
	int millivolts;			/* -1: not known */
	int driven_low, driven_high;	/* SWDIO read back: 0, 1, -1 not known */
	int nreset;			/* the line's level, likewise */
	bool chain_is_good;		/* JTAG: the IDCODEs are those declared */
	uint32_t other_id;		/* of the other protocol; 0: it does not answer either */
	bool answers_under_reset;
	bool is_garbled_when_slow, is_unstable;
};

struct dap {
	char *name;
	struct adapter *adapter;
	struct dap_port *port;
	struct tap *tap;
	uint32_t dpidr, targetid;
	uint32_t dp_id, instance_id;	/* SWD multidrop: -dp-id, -instance-id */
	bool has_multidrop;
	bool is_connected;
	bool ignore_syspwrupack;
	bool may_be_silent;		/* -may-be-silent: `init` goes on without contact */
	uint8_t apsel;			/* of `apsel`: what verbs use by default */
	unsigned idle_cycles;		/* of `memaccess` */
	uint32_t select;
	bool select_valid;
	uint32_t last_ctrl_stat;	/* flags of the last failure */
	uint32_t ctrl_found;		/* CTRL/STAT before power was last asked for */
	uint32_t ctrl;	/* what dap/ wrote to CTRL/STAT last, without the sticky bits */
	bool is_silent; /* the last connect failed: the next one is patient no more */
	struct dap_contact contact;
	unsigned slowdowns;		/* how often the clock had to be lowered */
	enum err deferred;		/* a failure while queueing; dap_run() returns it */
	struct error *deferred_error;
	unsigned generation;		/* goes up when every AP cache must be dropped */
	struct mem_ap *aps;
	struct dap_guard *guards;	/* guard.h */
	struct dap *next;
};

struct dap_list {
	struct adapter *adapter;
	struct dap *first;
	struct mem_ap *current;	/* `dap apsel` */
	struct cti *ctis;	/* cti.h */
};

/* Registers `dap create/names/init/info/...` and the objects' verbs. */
struct dap_list *dap_list_new(struct adapter *adapter);
void dap_list_free(struct dap_list *list);
struct dap *dap_find(struct dap_list *list, const char *name);

/* Line sequence, DPIDR, power-up handshake; tries dormant wake-up and repeats for up to 500 ms.
 * One diagnosis on failure. */
enum err dap_connect(struct dap *dap);
/* Power requests off; the link stays. Used at shutdown. */
enum err dap_disconnect(struct dap *dap);
void dap_invalidate(struct dap *dap);

void dap_read_dp(struct dap *dap, uint8_t reg, uint32_t *dst);	/* reg with DPBANKSEL in [7:4] */
void dap_write_dp(struct dap *dap, uint8_t reg, uint32_t value);
void dap_read_ap(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t *dst);
void dap_write_ap(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t value);
void dap_read_ap_block(struct dap *dap, uint8_t apsel, uint8_t reg, uint32_t *dst, size_t words);
void dap_write_ap_block(struct dap *dap, uint8_t apsel, uint8_t reg, const uint32_t *src,
			size_t words);
enum err dap_run(struct dap *dap);

/* Register offsets of the Debug Port, DPBANKSEL in [7:4] (IHI 0031 B2.2). */
#define DP_ABORT     0x00
#define DP_DPIDR     0x00
#define DP_CTRL_STAT 0x04
#define DP_TARGETID  0x24
#define DP_DLPIDR    0x34
#define DP_SELECT    0x08
#define DP_RDBUFF    0x0c

/* Words for a CTRL/STAT value: "STICKYERR: the bus refused an access". */
void dap_describe_ctrl_stat(uint32_t ctrl_stat, char *text, size_t size);
/* `dap info`: ROM tables in words, into the buffer. */
enum err dap_describe(struct dap *dap, uint8_t apsel, struct buf *out);

#endif
