/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_jlink: the firmware of an emulated J-Link, private to model_jlink*.c.
 *
 * The bulk OUT endpoint is a stream of commands (RM08001): the first byte is the command, how long
 * it is follows from the bytes themselves. A command may be cut anywhere by the bus. What the
 * firmware does not know, or what its capabilities deny, it does not answer. A reply that fills its
 * last packet is ended by an empty one.
 */
#ifndef VB_USB_MODEL_JLINK_H
#define VB_USB_MODEL_JLINK_H

#include "base/bytes.h"
#include "vboard/core/swo.h"
#include "vboard/usb/model.h"

/* Capabilities, by bit number over the 32 bytes of GET_CAPS_EX (RM08001, GET_CAPS). */
enum jlink_cap {
	CAP_NONE = -1,
	CAP_HW_VERSION = 1,
	CAP_ADAPTIVE_CLOCKING = 3,
	CAP_READ_CONFIG = 4,
	CAP_WRITE_CONFIG = 5,
	CAP_SPEED_INFO = 9,
	CAP_FREE_MEMORY = 11,
	CAP_HW_INFO = 12,
	CAP_KS_POWER = 13,
	CAP_SELECT_IF = 17,
	CAP_COUNTERS = 19,
	CAP_SWO = 23,
	CAP_FILE_IO = 26,
	CAP_REGISTER = 27,
	CAP_CAPS_EX = 31,
	CAP_HW_JTAG_WRITE = 32,
	CAP_EMUCOM = 33,
	CAP_SPI = 56,
};

#define JLINK_CAPS_BYTES  32u
#define JLINK_CONFIG	  256u
#define JLINK_CONNECTIONS 16u
#define JLINK_ADAPTIVE	  0xffffu

enum jlink_interface { JLINK_JTAG, JLINK_SWD };

struct jlink_speed {
	uint32_t base_hz;
	uint16_t min_div;
};

/* One product. */
struct jlink_kind {
	uint8_t caps[JLINK_CAPS_BYTES];
	const char *firmware;		/* first line of the version string */
	uint32_t hardware;		/* TTMMmmrr, decimal */
	uint32_t memory;
	uint32_t interfaces;		/* mask of GET_AVAILABLE_INTERFACES */
	struct jlink_speed speed[2];	/* by interface */
	struct jlink_speed swo;
	uint8_t in, out;		/* endpoints */
	uint16_t max_packet;
};

struct jlink_connection {
	uint32_t pid;
	uint8_t hid[4], iid, cid;
	uint16_t handle;		/* 0: this place is free */
	uint32_t since_ms;
};

/* A file on the probe; a handful is plenty. */
struct jlink_file {
	char name[256];
	struct buf data;
};

struct vb_jlink {
	struct vb_usb_device *device;
	struct vb_board *board;
	const struct jlink_kind *kind;
	/* What options changed of it. */
	uint8_t caps[JLINK_CAPS_BYTES];
	uint32_t hardware, memory;

	struct buf in;			/* the command being received */
	bool is_hung;			/* met a command that hangs this firmware */
	uint8_t interface;
	uint16_t khz;			/* as set; JLINK_ADAPTIVE */
	bool is_srst_low, is_trst_low, is_power_on;
	uint8_t hw_jtag_status;		/* sticky, of D5 */
	struct jlink_connection connections[JLINK_CONNECTIONS];
	uint16_t last_handle;
	uint64_t connected_ns;
	/* Kept without power. */
	uint8_t config[JLINK_CONFIG];
	uint32_t connects;
	struct jlink_file files[4];
	struct buf channel;		/* EMUCOM user channels: gives back what was written */

	bool swo_is_on, swo_overrun;
	uint32_t swo_size;
	struct buf swo;
	uint64_t commands, unknown, wire_bits;
};

/* model_jlink.c */
bool jlink_can(const struct vb_jlink *jl, enum jlink_cap cap);
void jlink_reply(struct vb_jlink *jl, const void *data, size_t n);
void jlink_reply_u32(struct vb_jlink *jl, uint32_t value);
/* Board time as the firmware's clock shows it. */
uint32_t jlink_now_ms(const struct vb_jlink *jl);

/* model_jlink_commands.c: takes what is whole off the front of jl->in. */
void jlink_run(struct vb_jlink *jl);

/* model_jlink_wire.c */
void jlink_power_up(struct vb_jlink *jl);
void jlink_select(struct vb_jlink *jl, uint8_t interface);
/* CE, D5 and CF: `cmd` is the whole command. */
void jlink_io(struct vb_jlink *jl, const uint8_t *cmd);
void jlink_pins(struct vb_jlink *jl, uint8_t opcode);
void jlink_pulse(struct vb_jlink *jl, uint8_t opcode);
void jlink_status(struct vb_jlink *jl);

/* model_jlink_swo.c and model_jlink_data.c: commands with parameters. */
/* Bytes up to and with the 0 that ends the parameters which begin at `start`; more than `have` if the
 * end is not there yet. */
size_t jlink_params_length(const uint8_t *cmd, size_t have, size_t start);
/* The parameter with this id: its length, and *value points to its bytes; 0 if there is none. */
size_t jlink_param(const uint8_t *cmd, size_t n, size_t start, uint8_t id, const uint8_t **value);
uint32_t jlink_param_u32(const uint8_t *cmd, size_t n, size_t start, uint8_t id);
void jlink_swo(struct vb_jlink *jl, const uint8_t *cmd, size_t n);
void jlink_swo_stop(struct vb_jlink *jl);
size_t jlink_file_length(const uint8_t *cmd, size_t have);
void jlink_file(struct vb_jlink *jl, const uint8_t *cmd, size_t n);
size_t jlink_emucom_length(const uint8_t *cmd, size_t have);
void jlink_emucom(struct vb_jlink *jl, const uint8_t *cmd, size_t n);
void jlink_register(struct vb_jlink *jl, const uint8_t *cmd);

#endif
