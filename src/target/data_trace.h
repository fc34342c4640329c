/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * data_trace: DWT comparators that tell the trace of an access and do not halt the core (DDI 0403 C1.8.17,
 * DDI 0553 D1.2.49). They share the comparators with watchpoints: one that is taken here is not free there.
 */
#ifndef TARGET_DATA_TRACE_H
#define TARGET_DATA_TRACE_H

#include "target/target.h"

enum data_trace_what { DATA_TRACE_VALUE, DATA_TRACE_PC, DATA_TRACE_PC_VALUE, DATA_TRACE_ADDRESS };

struct data_trace {
	uint32_t addr, size;		/* a power of two, addr aligned to it */
	enum watch_kind access;
	enum data_trace_what what;
};

/* *comparator: the number its packets carry. ERR_NO_BREAKPOINT, ERR_UNSUPPORTED, ERR_ARGUMENT. */
enum err target_add_data_trace(struct target *t, const struct data_trace *trace, unsigned *comparator);
/* addr NULL: all. */
enum err target_remove_data_trace(struct target *t, const uint32_t *addr);

#endif
