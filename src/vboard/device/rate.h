/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VB_DEVICE_RATE_H
#define VB_DEVICE_RATE_H

#include <stdint.h>

/*
 * A count in virtual time: periods of div / hz seconds since `since_ns`. hz 0: stopped.
 */
struct vb_rate {
	uint64_t since_ns;
	uint32_t hz, div;
};
/* Whole periods since the last call; the fraction is kept. */
uint64_t vb_rate_take(struct vb_rate *rate, uint64_t now_ns);
/* Nanoseconds from now until `periods` more have passed; UINT64_MAX if stopped. */
uint64_t vb_rate_delay(const struct vb_rate *rate, uint64_t now_ns, uint64_t periods);
void vb_rate_set(struct vb_rate *rate, uint64_t now_ns, uint32_t hz, uint32_t div);

#endif
