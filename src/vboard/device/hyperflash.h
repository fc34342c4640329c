/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hyperflash: the HyperBus front of S26KS512S (001-99198): command/address, latency, strobe, and the
 * command cycles of the parallel flash world. The array, what takes time and the state file are those
 * of struct nor. Not for anybody but nor*.c.
 */
#ifndef VB_DEVICE_HYPERFLASH_H
#define VB_DEVICE_HYPERFLASH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct nor;
struct hyperflash;

struct hyperflash *hyperflash_new(struct nor *nor);
void hyperflash_free(struct hyperflash *h);
void hyperflash_power(struct hyperflash *h, bool on);
bool hyperflash_is_plain(const struct hyperflash *h);
/* Begins an erase of the last sector. False: not idle. */
bool hyperflash_put_busy(struct hyperflash *h);
/* Members of a JSON object, after a comma. */
void hyperflash_describe(const struct hyperflash *h, FILE *out);
/* Word `at` of the ID and CFI overlay. */
uint16_t hyperflash_id(uint32_t at);

#endif
