/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the J-Link driver share. */
#ifndef ADAPTER_JLINK_PRIV_H
#define ADAPTER_JLINK_PRIV_H

#include <libjaylink/libjaylink.h>

#include "adapter/jlink.h"
#include "adapter/jlink_queue.h"
#include "adapter/jlink_rules.h"

struct jlink_settings {
	bool use_tcp;
	char *tcp_address;	/* NULL: whichever answers */
	unsigned jtag_version;	/* 2 or 3; 0: by the hardware */
	bool is_stuck;		/* the last connection broke off in the middle of a command */
};

struct jlink_swo {
	bool is_on;
	swo_sink_fn sink;
	void *ctx;
	uint32_t baud, buffer_bytes;
};

struct jlink {
	struct adapter *adapter;
	struct probe *probe;		/* NULL: over TCP */
	bool is_second_try;		/* the first got no answer */
	struct usb *watch;		/* tells when the probe is unplugged; NULL: nobody does */
	struct jaylink_context *library;
	struct jaylink_device_handle *handle;
	uint8_t caps[JAYLINK_DEV_EXT_CAPS_SIZE];
	char *firmware;
	struct jaylink_hardware_version hardware;
	bool has_hardware;
	uint32_t free_memory;		/* 0: not told */
	struct jaylink_connection connection;
	bool is_registered;
	enum jaylink_target_interface interface;
	enum jaylink_jtag_version jtag_version;
	bool needs_first_clocks;	/* JTAG: nothing was clocked since the interface was chosen */
	struct jaylink_speed speed;	/* of this interface; freq 0: not told */
	bool has_speed;
	uint32_t asked_khz;		/* 0: nothing yet */
	size_t swd_bits, jtag_bits;	/* per call */
	unsigned shrunk;		/* how often a call was too long */
	struct jlink_queue queue;
	uint8_t *first, *second, *captured;	/* of one call */
	enum err rc;			/* the first failure since the last flush */
	struct jlink_swo swo;
	uint8_t config[JAYLINK_DEV_CONFIG_SIZE];	/* `jlink config`, as it would be written */
	bool config_changed;
};

bool jlink_can(const struct jlink *j, enum jaylink_device_capability capability);
/* ERR_UNSUPPORTED with what is missing, unless the probe has the capability. */
enum err jlink_needs(const struct jlink *j, enum jaylink_device_capability capability,
		     const char *missing);
/* Takes libjaylink's verdict: `what` is what the probe was asked to do. */
enum err jlink_check(struct jlink *j, int rc, const char *what);
/* The open J-Link of a verb. */
enum err jlink_of(struct adapter *adapter, struct jlink **j);
struct jlink_settings *jlink_settings_of(struct adapter *adapter);

/* jlink_find.c */
enum err jlink_library_open(struct jaylink_context **library);
/* Opens the device of the library that `probe` is. */
enum err jlink_open_usb(struct jaylink_context *library, const struct probe *probe,
			struct jaylink_device_handle **handle);
/* What a broken connection left behind: halted endpoints, an answer nobody took; with a reset also
 * the rest of a command that the firmware waits for. */
void jlink_unstick(const struct probe *probe, bool by_reset);
/* Whether it is still plugged in, as the same device. */
bool jlink_is_there(const struct probe *probe);
enum err jlink_open_tcp(struct jaylink_context *library, const char *address, const char *serial,
			struct jaylink_device_handle **handle);
void jlink_recognise(const struct usb_device *device, struct probe_match *match);
void jlink_inspect(struct adapter *adapter, struct probe *probe);

/* jlink_bits.c */
extern const struct bit_ops jlink_bits;
/* Chooses JTAG or SWD; the clock is set again. */
enum err jlink_select(struct jlink *j, enum jaylink_target_interface interface);
void jlink_set_limits(struct jlink *j);
/* Sets the clock nearest below; the maximum belongs to the interface. */
enum err jlink_set_clock(struct jlink *j, uint32_t khz, uint32_t *actual);

/* jlink_swo.c, jlink_commands.c, jlink_config.c */
extern const struct swo_ops jlink_swo_ops;
void jlink_swo_end(struct jlink *j);
extern const struct command jlink_commands[];
enum err jlink_cmd_config_show(struct call *c);
enum err jlink_cmd_config_targetpower(struct call *c);
enum err jlink_cmd_config_usb(struct call *c);
enum err jlink_cmd_config_mac(struct call *c);
enum err jlink_cmd_config_ip(struct call *c);
enum err jlink_cmd_config_reset(struct call *c);
enum err jlink_cmd_config_write(struct call *c);

#endif
