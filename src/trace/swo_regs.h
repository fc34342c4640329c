/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of ITM and DWT that the trace needs. */
#ifndef TRACE_SWO_REGS_H
#define TRACE_SWO_REGS_H

#include "base/bytes.h"

/* DDI 0403 C1.7 to C1.10. */
#define DEMCR		0xe000edfcu
#define   DEMCR_TRCENA	  BIT(24)
#define ITM_TER		0xe0000e00u
#define ITM_TPR		0xe0000e40u
#define ITM_TCR		0xe0000e80u
#define   TCR_ITMENA	  BIT(0)
#define   TCR_TSENA	  BIT(1)
#define   TCR_SYNCENA	  BIT(2)
#define   TCR_TXENA	  BIT(3)
#define   TCR_SWOENA	  BIT(4)
#define   TCR_GTSFREQ	  (3u << 10)
#define   TCR_BUSY	  BIT(23)
#define ITM_LAR		0xe0000fb0u
#define LAR_KEY		0xc5acce55u
#define DWT_CTRL	0xe0001000u
#define   CTRL_CYCCNTENA  BIT(0)
#define   CTRL_CYCTAP	  BIT(9)
#define   CTRL_PCSAMPLENA BIT(12)
#define   CTRL_EXCTRCENA  BIT(16)
#define DWT_LAR		0xe0001fb0u

#endif
