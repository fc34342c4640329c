/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bit_port: a dap_port made of a bit-level probe, for SWD (swd_port.c) and JTAG (jtag_port.c).
 *
 * Transfers are streamed: with ORUNDETECT set a packet has the same length whatever the target
 * answers, so hundreds of packets go out in one flush and the ACKs are looked at afterwards. The
 * first that is not OK is the first that was lost (IHI 0031 B4.2.5): after WAIT the overrun flag is
 * cleared and the stream goes on from there. Without ORUNDETECT each packet is examined before the
 * next.
 */
#ifndef WIRE_BIT_PORT_H
#define WIRE_BIT_PORT_H

#include "adapter/adapter.h"

/* adapter->port for driver->bits and adapter->bits_priv. */
void swd_port_attach(struct adapter *adapter);
void jtag_port_attach(struct adapter *adapter);
void bit_port_detach(struct adapter *adapter);

#endif
