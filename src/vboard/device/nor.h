/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nor: serial NOR flashes at the clock level: W25Q32JV (IQ and IM), IS25LP064A / IS25WP064A,
 * AT25SF128A, and the HyperFlash S26KS512S. One `const` table of models; behaviour from the
 * vendors' data sheets.
 *
 * A flash has non-volatile state (array, status registers, security registers, OTP bits; kept in the
 * board's state file) and volatile state (QPI, continuous read, 4-byte mode, deep power-down, WEL,
 * volatile status bits, suspended operations), lost with its supply. nor_power() is the supply: a
 * program or erase under way when it goes leaves the page or sector half done. The array is a plain
 * byte array that never moves, so that a controller may show it to the CPU directly as long as a read
 * over the wires would give the same.
 */
#ifndef VB_DEVICE_NOR_H
#define VB_DEVICE_NOR_H

#include <stdio.h>

#include "vboard/core/clock.h"
#include "vboard/device/spi_bus.h"

struct nor;

/* "w25q32jv-iq", "w25q32jv-im", "is25wp064a", "is25lp064a", "at25sf128a", "s26ks512s". NULL: none
 * such. Delivered blank, with factory status registers. */
struct nor *nor_new(const char *model, struct vb_clock *clock);
void nor_free(struct nor *nor);
/* Another order code in its place, such as w25q32jv-im for -iq: same vendor and size; the contents stay,
 * the registers are as delivered. A state file brings its own. */
bool nor_refit(struct nor *nor, const char *model, char *error, size_t error_size);
const struct vb_spi_device *nor_spi(struct nor *nor);
const char *nor_model(const struct nor *nor);
uint8_t *nor_array(struct nor *nor);
uint32_t nor_bytes(const struct nor *nor);
void nor_power(struct nor *nor, bool on);

/*
 * What an AHB window that shows the array directly must know: the array or the state of the device
 * changed (busy, mode, power), `offset`/`bytes` say which part of the array, 0/0 none. May be called
 * from select(), from a clock event and from the control port.
 */
void nor_set_listener(struct nor *nor, void (*changed)(void *ctx, uint32_t offset, uint32_t bytes),
		      void *ctx);
/* Optional: a program or an erase has just begun and will take `ns` (so that a power loss can be put
 * into it). */
void nor_set_watch(struct nor *nor, void (*begun)(void *ctx, bool is_erase, uint64_t ns), void *ctx);
/* Ready, selected by nobody, and in its power-on protocol (1-bit opcodes, 3-byte addresses)? */
bool nor_is_plain(const struct nor *nor);

/* The world of the control port, no wires: false with a sentence in `error`. */
bool nor_load(struct nor *nor, uint32_t offset, const uint8_t *data, size_t bytes, char *error,
	      size_t error_size);
/* "qpi", "continuous-read", "4-byte", "deep-power-down", "busy" (an erase of the last block that has
 * just begun), "suspended" (that erase), "protected" (every BP bit), "no-quad" (QE = 0), "srl"; what
 * the model cannot do is refused. */
bool nor_put_into(struct nor *nor, const char *state, char *error, size_t error_size);
/* Fault knobs: "stuck-busy", "program-fails" (bits stay 1), "erase-fails", "slow" (maximum times),
 * "absent" (lines float), "none". */
bool nor_set_fault(struct nor *nor, const char *fault, char *error, size_t error_size);
/* One JSON object: id, status registers, mode, busy, deep power-down, counters of erases, programs,
 * ignored commands (with the reason of the last one). */
void nor_describe(const struct nor *nor, FILE *out);

bool nor_save(const struct nor *nor, FILE *f);
bool nor_restore(struct nor *nor, FILE *f);

#endif
