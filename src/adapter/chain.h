/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chain: the TAPs of the JTAG scan chain, as declared by `jtag newtap` and as found on the wire.
 *
 * The list in struct adapter is in declaration order; the first enabled TAP is nearest TDO and has
 * index 0. Raw scans go through the driver's bit_ops and leave every TAP in Run-Test/Idle.
 */
#ifndef ADAPTER_CHAIN_H
#define ADAPTER_CHAIN_H

#include "adapter/adapter.h"
#include "wire/jtag.h"

/* TMS reset, reads what is there, compares with what was declared and logs each TAP once.
 * ERR_DAP_JTAG_CHAIN; a TAP of another identity than expected is an error too. */
enum err jtag_check_chain(struct adapter *adapter);
/* The enabled TAPs in chain order. */
void jtag_get_chain(const struct adapter *adapter, struct jtag_chain *chain);
/* Index of an enabled TAP in the chain; -1 if it is disabled or unknown. */
int jtag_tap_index(const struct adapter *adapter, const struct tap *tap);
/* Sends a prepared bit string; `tdo` (may be NULL) gets one bit per clock. */
enum err jtag_exchange(struct adapter *adapter, const struct jtag_bits *bits, uint8_t *tdo);
struct tap *adapter_add_tap(struct adapter *adapter, const char *chip, const char *tap);
void adapter_free_taps(struct adapter *adapter);

#endif
