/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparators of the DWT for data trace. */
#include <inttypes.h>
#include <string.h>

#include "target/cortex_m.h"
#include "target/data_trace.h"

#define EMITRANGE BIT(5)
#define PACKETS_MAX 4u		/* comparators whose number fits into a packet */

/* DDI 0403 table C1-14: FUNCTION by what is told and which access; 0: there is none. */
static const uint8_t functions_v7[][3] = {
	/*			  read  write access */
	[DATA_TRACE_VALUE] =	{ 0xc,  0xd,  0x2 },
	[DATA_TRACE_PC] =	{ 0,    0,    0x1 },
	[DATA_TRACE_PC_VALUE] = { 0xe,  0xf,  0x3 },
	[DATA_TRACE_ADDRESS] =	{ 0xc,  0xd,  0x1 },
};

/* DDI 0553: MATCH by access, ACTION 2 tells the value, 3 the PC with it. */
static const uint8_t matches_v8[3] = { 0x6, 0x5, 0x4 };

static enum err find_function(const struct dwt *dwt, const struct data_trace *trace,
			      uint32_t *function)
{
	unsigned log2_size = (unsigned)__builtin_ctz(trace->size);

	if (!dwt->is_v8) {
		*function = functions_v7[trace->what][trace->access];
		if (*function == 0)
			return error_why(ERR_UNSUPPORTED, "the DWT tells a PC without the value "
					 "only for reads and writes together");
		if (trace->what == DATA_TRACE_ADDRESS)
			*function |= EMITRANGE;
		return OK;
	}
	if (trace->what == DATA_TRACE_ADDRESS || trace->what == DATA_TRACE_PC_VALUE)
		return error_why(ERR_UNSUPPORTED, "an ARMv8-M DWT traces value or pc");
	if (log2_size > 2)
		return error_why(ERR_UNSUPPORTED,
				 "an ARMv8-M DWT traces 1, 2 or 4 bytes, not %" PRIu32,
				 trace->size);
	*function = matches_v8[trace->access] | (trace->what == DATA_TRACE_VALUE ? 2u : 3u) << 4 |
		    log2_size << 10;
	return OK;
}

static enum err check(struct target *t, const struct data_trace *trace)
{
	const struct dwt *dwt = &cortex_m(t)->dwt;

	if (trace->size == 0 || (trace->size & (trace->size - 1)) != 0 ||
	    (trace->addr & (trace->size - 1)) != 0) {
		error_why(ERR_ARGUMENT, "%" PRIu32 " bytes at 0x%08" PRIx32 " cannot be one "
			  "comparator's",
			  trace->size, trace->addr);
		return error_next(ERR_ARGUMENT, "the size is a power of two and the address a "
				  "multiple of it");
	}
	if (!dwt->is_v8 && (unsigned)__builtin_ctz(trace->size) > dwt->max_mask)
		return error_why(ERR_ARGUMENT, "a comparator watches %u bytes at most",
				 1u << dwt->max_mask);
	return OK;
}

static bool is_cortex_m(const struct target *t)
{
	return strcmp(t->type->name, "cortex_m") == 0 && t->examined;
}

enum err target_add_data_trace(struct target *t, const struct data_trace *trace,
			       unsigned *comparator)
{
	uint32_t function = 0;

	TRY(target_check_examined(t));
	if (!is_cortex_m(t))
		return error_why(ERR_UNSUPPORTED, "%s has no DWT", t->name);
	struct dwt *dwt = &cortex_m(t)->dwt;

	TRY(check(t, trace));
	TRY(find_function(dwt, trace, &function));
	/* From the end: on some cores only the first ones count cycles or compare values. */
	for (unsigned n = MIN(dwt->count, PACKETS_MAX); n-- > 0;) {
		if (dwt->owner[n] != 0)
			continue;
		dwt->owner[n] = DWT_OWNER_TRACE;
		dwt->wanted[n] = (struct dwt_comparator){ trace->addr,
							  (uint32_t)__builtin_ctz(trace->size), function };
		*comparator = n;
		return t->type->sync_breakpoints(t);
	}
	error_why(ERR_NO_BREAKPOINT, "all %u comparators of the DWT are in use", dwt->count);
	return error_next(ERR_NO_BREAKPOINT, "remove a watchpoint, or run \"dwt untrace\"");
}

enum err target_remove_data_trace(struct target *t, const uint32_t *addr)
{
	bool is_found = false;

	TRY(target_check_examined(t));
	if (!is_cortex_m(t))
		return OK;
	struct dwt *dwt = &cortex_m(t)->dwt;

	for (unsigned n = 0; n < dwt->count; n++) {
		if (dwt->owner[n] != DWT_OWNER_TRACE || (addr != NULL && dwt->wanted[n].comp != *addr))
			continue;
		is_found = true;
		dwt->owner[n] = 0;
		dwt->wanted[n] = (struct dwt_comparator){ 0 };
	}
	if (!is_found && addr != NULL)
		return error_why(ERR_NOT_FOUND, "nothing is traced at 0x%08" PRIx32, *addr);
	return t->type->sync_breakpoints(t);
}
