/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The insides of the ST-LINK driver; see stlink.h. */
#ifndef ADAPTER_STLINK_PRIV_H
#define ADAPTER_STLINK_PRIV_H

#include "adapter/stlink.h"
#include "adapter/stlink_firmware.h"

/* Command bytes: the family, and what follows it. */
enum stlink_command {
	ST_GET_VERSION = 0xf1, ST_DEBUG = 0xf2, ST_DFU = 0xf3, ST_SWIM = 0xf4,
	ST_GET_MODE = 0xf5, ST_GET_VOLTAGE = 0xf7, ST_GET_VERSION_EX = 0xfb,
};

enum stlink_debug {
	ST_READMEM_32 = 0x07, ST_WRITEMEM_32 = 0x08, ST_READMEM_8 = 0x0c, ST_WRITEMEM_8 = 0x0d,
	ST_EXIT = 0x21, ST_ENTER = 0x30, ST_READ_IDCODES = 0x31, ST_WRITEDEBUGREG = 0x35,
	ST_READDEBUGREG = 0x36, ST_DRIVE_NRST = 0x3c, ST_LAST_STATUS2 = 0x3e,
	ST_START_TRACE = 0x40, ST_STOP_TRACE = 0x41, ST_TRACE_COUNT = 0x42,
	ST_SWD_FREQ = 0x43, ST_JTAG_FREQ = 0x44, ST_READ_DAP_REG = 0x45, ST_WRITE_DAP_REG = 0x46,
	ST_READMEM_16 = 0x47, ST_WRITEMEM_16 = 0x48, ST_INIT_AP = 0x4b, ST_CLOSE_AP = 0x4c,
	ST_WRITEMEM_32_FIFO = 0x50, ST_RW_MISC_OUT = 0x51, ST_RW_MISC_IN = 0x52,
	ST_READMEM_32_FIFO = 0x54, ST_SET_COM_FREQ = 0x61, ST_GET_COM_FREQ = 0x62,
};

enum stlink_mode { ST_MODE_DFU, ST_MODE_MASS, ST_MODE_DEBUG, ST_MODE_SWIM, ST_MODE_BOOTLOADER };

#define ST_STATUS_OK	0x80u
#define ST_DP		0xffffu	/* the "access port" that is the DP */
#define ST_COMMAND_SIZE 16u
#define ST_BLOCK_BYTES	6144u
#define ST_TIMEOUT_MS	3000

/*
 * The link. exchange() carries `count` commands, each with data out or in after it. Only the last
 * may have data in: everything is posted at once and the answer awaited, one round trip. A probe
 * that does not answer is ERR_TIMEOUT; an answer of another size is ERR_ADAPTER_PROTOCOL.
 */
struct stlink_transfer {
	const uint8_t *command;		/* ST_COMMAND_SIZE */
	const uint8_t *out;
	size_t out_size;
	uint8_t *in;
	size_t in_size, in_least;	/* in_least 0: all of in_size */
	size_t *got;			/* what came; may be NULL */
};

struct stlink_link_ops {
	enum err (*exchange)(void *link, const struct stlink_transfer *transfers, size_t count,
			     int timeout_ms);
	enum err (*read_trace)(void *link, uint8_t *data, size_t size, size_t *got);
	void (*reset)(void *link);	/* the probe, as by plugging it in again; may be NULL */
	void (*close)(void *link);
};

struct stlink_ap {
	bool is_open, is_absent, has_idr, is_mem;
	bool csw_known, tar_known;	/* what the queue wrote, or what came of it */
	bool csw_written, tar_written;	/* the access port has it, too */
	uint32_t csw, tar;
	uint32_t used;			/* when last: whom to close if too many are open */
};

struct stlink_settings {
	unsigned tcp_port;
	bool is_tcp;
	char *layout;			/* of `hla layout`; NULL: not given */
};

struct stlink {
	struct adapter *adapter;
	const struct stlink_link_ops *ops;
	void *link;
	struct stlink_version version;
	unsigned features, lacks;	/* lacks: what the way to the probe does not allow */
	size_t most_bytes;		/* of a block; 0: what the firmware takes */
	bool is_started, is_entered, nrst_low;
	bool is_silent;			/* it is there, but does not answer */
	uint32_t select, ctrl;		/* as last carried; the firmware has its own SELECT */
	/* Flags of CTRL/STAT the probe told of by a status and may have cleared in the target. */
	uint32_t sticky;
	uint32_t uses;
	struct stlink_ap aps[256];
	struct stlink_run *run;		/* stlink_run.h; one at a time */
	struct stlink_trace *trace;
};

extern const struct dap_port_ops stlink_port_ops;
extern const struct swo_ops stlink_swo_ops;
extern const struct command stlink_commands[];
void stlink_trace_free(struct stlink *s);
/* An ST-LINK behind an open link, which is closed with it; start() finds out what it is. */
struct stlink *stlink_new(struct adapter *adapter, const struct stlink_link_ops *ops, void *link);
enum err stlink_start(struct stlink *s);

struct usb_device;
/* watch: unplugging is noticed by the loop and told to the adapter. */
enum err stlink_usb_open(struct adapter *adapter, const struct usb_device *device, bool watch,
			 const struct stlink_link_ops **ops, void **link);

/* The probe that ST's stlink-server on this host has. */
enum err stlink_tcp_open(struct adapter *adapter, unsigned port, struct stlink **s);

/* stlink_command.c. `words`: how many the command moves over the debug wires, for the timeout. */
enum err stlink_exchange(struct stlink *s, const struct stlink_transfer *transfers, size_t count,
			 size_t words);
/* One command of up to 16 bytes, zero-padded; size 0: it has no answer. */
enum err stlink_command(struct stlink *s, const uint8_t *bytes, size_t n, uint8_t *reply,
			size_t size);
/* The same with a status in the first byte of the answer; what it means is the caller's matter. */
enum err stlink_debug(struct stlink *s, const uint8_t *bytes, size_t n, uint8_t *reply, size_t size,
		      unsigned *status);
/* The same, repeated while the status is a kind of WAIT; any other than OK is an error. */
enum err stlink_do(struct stlink *s, const uint8_t *bytes, size_t n, uint8_t *reply, size_t size);
enum err stlink_refused(const uint8_t *command, unsigned status);
/* Debug mode: resets the line, selects the protocol, closes all access ports. */
enum err stlink_enter(struct stlink *s);
enum err stlink_leave(struct stlink *s);
enum err stlink_open_ap(struct stlink *s, unsigned number);
enum err stlink_close_aps(struct stlink *s);

#endif
