/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32 of IEEE 802.3, by which a state file knows that it is whole. */
#ifndef VB_DEVICE_CRC32_H
#define VB_DEVICE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t vb_crc32(const uint8_t *data, size_t n);
/* Goes on from the sum of what came before; 0: nothing. */
uint32_t vb_crc32_more(uint32_t crc, const uint8_t *data, size_t n);

#endif
