/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware of the emulated ST-LINKs.
 *
 * model_stlink.c:        options, command dispatch, versions, modes, clocks.
 * model_stlink_kinds.c:  descriptors and what tells one kind from another.
 * model_stlink_wire.c:   SWD packets and JTAG scans on the board's pins.
 * model_stlink_dap.c:    entering a protocol, DP and AP registers, opening APs, reset line.
 * model_stlink_mem.c:    memory commands.
 * model_stlink_misc.c:   RW_MISC: lists of single accesses.
 * model_stlink_core.c:   core registers and run control.
 * model_stlink_trace.c:  SWO capture.
 *
 * A command is one OUT packet of 16 bytes, F2 xx for the debug family; then comes its data OUT or
 * its answer IN, never both, and no status stage. ST publishes no protocol document: the commands
 * are those that open host drivers use.
 */
#ifndef VB_USB_MODEL_STLINK_H
#define VB_USB_MODEL_STLINK_H

#include "vboard/usb/model.h"

#define STL_COMMAND_BYTES 16u
#define STL_MAX_BLOCK	  6144u
#define STL_MAX_OPEN_APS  8u
#define STL_MISC_MAX_V3	  1227u
#define STL_MISC_MAX_V2	  64u
#define STL_DATA_BYTES	  (STL_MISC_MAX_V3 * 8 + 4)
#define STL_TRACE_MAX	  16384u
#define STL_DP_PORT	  0xffffu

enum stl_status {
	STL_OK = 0x80,
	STL_FAULT = 0x81,
	STL_NO_DEVICE = 0x05,
	STL_UNKNOWN_CHAIN = 0x04,
	STL_COMMAND_ERROR = 0x08,
	STL_IDCODE_ERROR = 0x09,
	STL_ALIGNMENT = 0x0a,
	STL_POWER_ERROR = 0x0b,
	STL_OTHER_MODE = 0x0e,
	/* An access: the same four for APs and, 4 above, for the DP. */
	STL_AP_WAIT = 0x10,
	STL_AP_FAULT = 0x11,
	STL_AP_ERROR = 0x12,
	STL_AP_PARITY = 0x13,
	STL_DP_WAIT = 0x14,
	STL_DP_FAULT = 0x15,
	STL_DP_ERROR = 0x16,
	STL_DP_PARITY = 0x17,
	STL_AP_STICKY = 0x19,
	STL_BAD_AP = 0x1d,
	STL_NO_SWV = 0x20,
	STL_TOO_MANY_APS = 0x29,
	STL_CONFIGURATION_CHANGED = 0x40,
	STL_BAD_FREQUENCY = 0x41,
	STL_UNKNOWN_COMMAND = 0x42,
};

enum stl_mode { STL_DFU, STL_MASS, STL_DEBUG, STL_SWIM, STL_BOOTLOADER };

struct stl_version {
	uint8_t stlink, jtag, swim, msd, bridge, power;
};

struct stl_kind {
	uint16_t pid;
	struct stl_version version;
	enum stl_mode start_mode;
	uint8_t out, in, trace;		/* endpoints of interface 0 */
	bool has_mass_storage;
	uint32_t command_ns, word_gap_ns;	/* what the firmware adds to the wire's time */
	uint32_t trace_hz;		/* fastest SWO */
	uint16_t trace_bytes;		/* its buffer */
};

struct stl {
	const struct stl_kind *kind;
	struct vb_usb_device *device;
	struct vb_board *board;
	struct vb_link *link;
	/* Options. */
	struct stl_version version;
	bool has_version, has_mode, has_binary_serial;
	enum stl_mode start_mode;
	char serial[13];		/* Latin-1 */

	enum stl_mode mode;
	bool is_jtag, is_hung;
	uint32_t swd_hz, jtag_hz;
	struct {
		unsigned before, after;	/* IR bits; the DP is the only TAP that is addressed */
		unsigned taps_after, taps_before;
		uint32_t ir;
		uint32_t idcodes[2];
	} chain;
	uint32_t idcode;
	uint32_t select;		/* as last written */
	uint8_t open_aps[STL_MAX_OPEN_APS];
	unsigned open_count;
	bool has_opened;		/* the host opens APs by itself */
	/* Of the last memory command. */
	uint8_t rw_status;
	uint32_t rw_address;

	/* The data stage under way: `wanted` bytes belong to `command`. */
	uint8_t command[STL_COMMAND_BYTES];
	size_t wanted, received;
	bool is_swallowing;
	uint8_t data[STL_DATA_BYTES];
	uint8_t misc[STL_MISC_MAX_V3 * 8];	/* values, then status words */
	size_t misc_items;

	struct {
		bool is_on;
		size_t size, len;	/* of the buffer the host asked for */
		uint8_t data[STL_TRACE_MAX];
		uint64_t lost;
	} trace;
	uint64_t commands, unknown;
};

/* A feature of the firmware, by the J number it came with; NEVER where it did not. */
#define STL_NEVER 255
struct stl_since {
	uint8_t v2, v3;
};
bool stl_has(const struct stl *s, struct stl_since since);
bool stl_is_v3(const struct stl *s);

/* Answers. A status is two bytes. */
void stl_reply(struct stl *s, const uint8_t *data, size_t n);
void stl_reply_status(struct stl *s, enum stl_status status);
/* Status, three zeros, a value: 8 bytes. */
void stl_reply_value(struct stl *s, enum stl_status status, uint32_t value);

/* model_stlink_wire.c. A read of an AP, on JTAG of any register, brings the value of the one before. */
enum stl_status stl_transfer(struct stl *s, bool is_ap, bool is_read, unsigned a, uint32_t *data);
void stl_idle(struct stl *s);
void stl_word_gap(struct stl *s);
enum stl_status stl_connect_swd(struct stl *s);
enum stl_status stl_connect_jtag(struct stl *s);

/* model_stlink_dap.c. Complete accesses: SELECT is set, posted values are fetched. */
enum stl_status stl_read_dp(struct stl *s, unsigned reg, uint32_t *value);
enum stl_status stl_write_dp(struct stl *s, unsigned reg, uint32_t value);
enum stl_status stl_select(struct stl *s, unsigned ap, unsigned reg);
enum stl_status stl_read_ap(struct stl *s, unsigned ap, unsigned reg, uint32_t *value);
enum stl_status stl_write_ap(struct stl *s, unsigned ap, unsigned reg, uint32_t value);
/* After a burst: the last write's fate; JTAG-DPs tell of faults only in CTRL/STAT. */
enum stl_status stl_check_writes(struct stl *s);
enum stl_status stl_check_sticky(struct stl *s);
void stl_clear_sticky(struct stl *s);
bool stl_is_open(const struct stl *s, unsigned ap);
enum stl_status stl_need_ap(struct stl *s, unsigned ap);
void stl_leave(struct stl *s);

/* One 32-bit word through AP 0, as the core commands do it. */
enum stl_status stl_read_word(struct stl *s, unsigned ap, uint32_t addr, uint32_t *value);
enum stl_status stl_write_word(struct stl *s, unsigned ap, uint32_t addr, uint32_t value);

void stl_trace_stop(struct stl *s);

/* Commands of the F2 family. `data` is s->data once out_bytes() of it have come. */
struct stl_command {
	uint8_t code;
	struct stl_since since;
	bool needs_debug;
	size_t (*out_bytes)(const struct stl *s, const uint8_t *command); /* NULL: no data OUT */
	void (*run)(struct stl *s, const uint8_t *command);
};
extern const struct stl_command stl_dap_commands[], stl_mem_commands[], stl_misc_commands[],
	stl_core_commands[], stl_trace_commands[];	/* each ends with a NULL run */

/* For the kinds. */
bool stl_set_option(void *priv, const char *key, const char *value);
bool stl_create(struct vb_usb_device *device, void *priv, const struct stl_kind *kind);
void stl_destroy(void *priv);
void stl_reset(void *priv);
int stl_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data);
bool stl_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n);
void stl_stats(void *priv, FILE *out);
const char *stl_string(void *priv, unsigned index);
extern const char *const stl_options[];

#endif
