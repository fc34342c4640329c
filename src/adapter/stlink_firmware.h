/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a version of ST-LINK firmware can do and what its numbers mean: pure functions. */
#ifndef ADAPTER_STLINK_FIRMWARE_H
#define ADAPTER_STLINK_FIRMWARE_H

#include "adapter/port.h"

struct stlink_version {
	unsigned stlink, jtag, swim, msd, bridge, power;
	uint16_t vid, pid;
	unsigned api;
};

/* By firmware version: see the table in stlink_firmware.c. */
enum stlink_feature {
	ST_HAS_VOLTAGE = 1, ST_HAS_TRACE = 2, ST_HAS_SWD_FREQ = 4, ST_HAS_JTAG_FREQ = 8,
	ST_HAS_DAP_REG = 16, ST_LATE_DP_READ = 32, ST_HAS_MEM_16 = 64, ST_HAS_FIFO_WRITE = 128,
	ST_HAS_INIT_AP = 256, ST_HAS_DP_BANK = 512, ST_HAS_CSW = 1024, ST_HAS_FIFO_READ = 2048,
	ST_HAS_MISC = 4096, ST_HAS_BYTES_512 = 8192, ST_HAS_COM_FREQ = 16384,
};

void stlink_parse_version(struct stlink_version *version, const uint8_t reply[6]);
void stlink_parse_version_ex(struct stlink_version *version, const uint8_t reply[12]);
void stlink_version_text(const struct stlink_version *version, char *text, size_t size);
unsigned stlink_features(const struct stlink_version *version);
/* ERR_ADAPTER_FIRMWARE: what is missing, since when it is there, how to update. */
enum err stlink_check_version(const struct stlink_version *version, enum transport transport);
struct stlink_divisor {
	uint16_t divisor;
	uint32_t khz;
};
/* The fastest entry at most `khz`, else the slowest. */
const struct stlink_divisor *stlink_divisor(enum transport transport, uint32_t khz);
uint32_t stlink_pick_khz(const uint32_t *list, size_t count, uint32_t khz);
int stlink_millivolts(uint32_t reference, uint32_t divided);
struct stlink_status {
	uint8_t code;
	enum err err;
	const char *words;
};
const struct stlink_status *stlink_status(unsigned code);
/* A serial number as ST's tools print it: 12 characters are raw bytes of the unique id. */
char *stlink_serial(const char *text);
/* NULL: not one of ST's probes. */
const char *stlink_kind(uint16_t vid, uint16_t pid);
bool stlink_is_v1(uint16_t pid);

#endif
