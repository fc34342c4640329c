/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes into the trace: packets of the ITM and the DWT, timestamps, synchronisation and
 * overflow (DDI 0403 appendix D4), as far as the trace port takes them.
 */
#include "vboard/core/cpu_priv.h"

#define TCR_ITMENA	BIT(0)
#define TCR_TSENA	BIT(1)
#define TCR_SYNCENA	BIT(2)
#define TCR_TXENA	BIT(3)	/* DWT packets are forwarded */
#define TCR_SWOENA	BIT(4)	/* timestamps count the TPIU's clock */
#define CTRL_CYCCNTENA	BIT(0)
#define CTRL_CYCTAP	BIT(9)
#define CTRL_PCSAMPLENA BIT(12)
#define CTRL_EXCTRCENA	BIT(16)
#define CTRL_CYCEVTENA	BIT(22)

#define OVERFLOW	0x70u
#define STAMP_MAX	5u	/* bytes of the longest timestamp */
#define STAMP_LATE	1u	/* TC: the timestamp came later than its packet */
#define HW_EVENT	0u
#define HW_EXCEPTION	1u
#define HW_PC_SAMPLE	2u

static uint8_t atb_id(const struct vb_cpu *cpu)
{
	return (uint8_t)bits_get(cpu->itm.tcr, 22, 16);
}

static bool is_on(const struct vb_cpu *cpu)
{
	return (cpu->debug.demcr & DEMCR_TRCENA) && (cpu->itm.tcr & TCR_ITMENA);
}

static size_t room(struct vb_cpu *cpu)
{
	return cpu->trace.swo ? vb_swo_room(cpu->trace.swo) : SIZE_MAX;
}

static void put(struct vb_cpu *cpu, const uint8_t *packet, size_t n)
{
	if (cpu->trace.swo)
		vb_swo_put(cpu->trace.swo, atb_id(cpu), packet, n);
	if (cpu->config.on_trace)
		cpu->config.on_trace(cpu->config.ctx, packet, n);
}

/* --- Timestamps: the time since the last one (D4.2.4) --- */

/* Ticks of the timestamp's clock since the last stamp. The fraction is kept for the next one. */
static uint32_t take_ticks(struct vb_cpu *cpu)
{
	static const unsigned prescaler[4] = { 1, 4, 16, 64 };
	struct trace *t = &cpu->trace;
	uint64_t now = vb_clock_now(cpu->clock), ticks, divider;

	if (cpu->itm.tcr & TCR_SWOENA)
		divider = cpu->itm.acpr + 1;
	else
		divider = prescaler[bits_get(cpu->itm.tcr, 9, 8)];
	ticks = (uint64_t)((unsigned __int128)(now - t->stamped_ns) * cpu->hclk / divider /
			   1000000000u);
	t->stamped_ns += (uint64_t)((unsigned __int128)ticks * divider * 1000000000u / cpu->hclk);
	return (uint32_t)MIN(ticks, 0x0fffffffu);
}

static size_t stamp_packet(uint8_t out[STAMP_MAX], uint32_t ticks, unsigned tc)
{
	size_t n = 1;

	if (tc == 0 && ticks >= 1 && ticks <= 6) {
		out[0] = (uint8_t)(ticks << 4);
		return 1;
	}
	out[0] = (uint8_t)(0xc0 | tc << 4);
	do {
		out[n] = (uint8_t)((ticks & 0x7f) | (ticks > 0x7f ? 0x80 : 0));
		ticks >>= 7;
		n++;
	} while (ticks > 0);
	return n;
}

/* --- The way out --- */

static void retry(void *ctx);

static void retry_later(struct vb_cpu *cpu)
{
	uint64_t ns;

	if (cpu->trace.retry)
		return;
	ns = vb_swo_room_in_ns(cpu->trace.swo, STAMP_MAX);
	if (ns != UINT64_MAX)
		cpu->trace.retry = vb_clock_after(cpu->clock, ns + 1, retry, cpu, "trace queue");
}

static size_t due_bytes(const struct vb_cpu *cpu)
{
	return (cpu->trace.has_overflowed ? 1 : 0) + (cpu->trace.stamp_is_due ? STAMP_MAX : 0);
}

/* What was held back goes first: the overflow, then the timestamp. */
static bool catch_up(struct vb_cpu *cpu)
{
	static const uint8_t overflow = OVERFLOW;
	struct trace *t = &cpu->trace;
	uint8_t stamp[STAMP_MAX];

	if (t->has_overflowed && room(cpu) >= 1) {
		t->has_overflowed = false;
		put(cpu, &overflow, 1);
	}
	if (t->stamp_is_due && room(cpu) >= STAMP_MAX) {
		t->stamp_is_due = false;
		put(cpu, stamp, stamp_packet(stamp, take_ticks(cpu), STAMP_LATE));
	}
	return !t->has_overflowed && !t->stamp_is_due;
}

static void retry(void *ctx)
{
	struct vb_cpu *cpu = ctx;

	cpu->trace.retry = NULL;
	if (!catch_up(cpu))
		retry_later(cpu);
}

static void add_stamp(struct vb_cpu *cpu)
{
	uint8_t stamp[STAMP_MAX];

	if (!(cpu->itm.tcr & TCR_TSENA))
		return;
	if (room(cpu) >= STAMP_MAX) {
		put(cpu, stamp, stamp_packet(stamp, take_ticks(cpu), 0));
		return;
	}
	cpu->trace.stamp_is_due = true;
	retry_later(cpu);
}

/* One or two source packets that belong together; lost as a whole if there is no room. */
static void source(struct vb_cpu *cpu, const uint8_t *packet, size_t n)
{
	/* What is due first must leave room for this, or else one loss would be told as many. */
	if (room(cpu) < due_bytes(cpu) + n) {
		cpu->trace.has_overflowed = true;
		cpu->trace.lost++;
		retry_later(cpu);
		return;
	}
	catch_up(cpu);
	put(cpu, packet, n);
	cpu->trace.packets++;
	add_stamp(cpu);
}

static void hardware(struct vb_cpu *cpu, const uint8_t *packet, size_t n)
{
	if (!is_on(cpu) || !(cpu->itm.tcr & TCR_TXENA))
		return;
	/* Most come between two accesses to the PPB, which would have told the clock. */
	if (cpu->is_running)
		cpu_note_time(cpu);
	source(cpu, packet, n);
}

/* --- Sources --- */

bool trace_is_ready(struct vb_cpu *cpu)
{
	return room(cpu) >= due_bytes(cpu) + 5;
}

bool trace_is_busy(struct vb_cpu *cpu)
{
	return cpu->trace.swo && room(cpu) < VB_SWO_DEPTH;
}

void trace_stimulus(struct vb_cpu *cpu, unsigned port, unsigned size, uint32_t value)
{
	uint8_t packet[5] = { (uint8_t)(port << 3 | (size == 4 ? 3 : size)) };

	put_le32(&packet[1], value);
	source(cpu, packet, 1 + size);
}

void trace_exception(struct vb_cpu *cpu, unsigned n, enum trace_exception what)
{
	uint8_t packet[3] = { HW_EXCEPTION << 3 | 4 | 2, (uint8_t)n,
			      (uint8_t)((n >> 8 & 1) | (unsigned)what << 4) };

	if (cpu->dwt.ctrl & CTRL_EXCTRCENA)
		hardware(cpu, packet, sizeof(packet));
}

/* FUNCTION of a comparator that makes trace (C1.8.17): what of an access it tells. */
enum { TELL_PC = 1, TELL_OFFSET = 2, TELL_VALUE = 4 };
static const uint8_t told[16][2] = {	/* EMITRANGE 0 and 1 */
	[1] = { TELL_PC, TELL_OFFSET },
	[2] = { TELL_VALUE, TELL_OFFSET | TELL_VALUE },
	[3] = { TELL_PC | TELL_VALUE, TELL_OFFSET | TELL_VALUE },
	[12] = { TELL_VALUE, TELL_OFFSET },
	[13] = { TELL_VALUE, TELL_OFFSET },
	[14] = { TELL_PC | TELL_VALUE, TELL_OFFSET | TELL_VALUE },
	[15] = { TELL_PC | TELL_VALUE, TELL_OFFSET | TELL_VALUE },
};

static uint8_t data_header(unsigned type, unsigned comparator, unsigned low_bit, unsigned size)
{
	unsigned id = type << 3 | comparator << 1 | low_bit;

	return (uint8_t)(id << 3 | 4 | (size == 4 ? 3 : size));
}

void trace_data(struct vb_cpu *cpu, unsigned n, bool is_write, uint32_t addr, unsigned size,
		uint32_t value)
{
	uint32_t f = cpu->dwt.function[n], pc, xpsr;
	unsigned tell = cpu->traits->is_v8m ? 0 : told[f & 15][f >> 5 & 1];
	uint8_t packet[10];
	size_t used = 0;

	if (tell & TELL_PC) {
		engine_where(cpu, &pc, &xpsr);
		packet[used] = data_header(1, n, 0, 4);
		put_le32(&packet[used + 1], pc);
		used += 5;
	} else if (tell & TELL_OFFSET) {
		packet[used] = data_header(1, n, 1, 2);
		put_le16(&packet[used + 1], (uint16_t)addr);
		used += 3;
	}
	if (tell & TELL_VALUE) {
		size = MIN(size, 4u);
		packet[used] = data_header(2, n, is_write, size);
		put_le32(&packet[used + 1], value);
		used += 1 + size;
	}
	if (used > 0)
		hardware(cpu, packet, used);
}

/* --- What CYCCNT sets off: PC samples, the cycle event, synchronisation --- */

static uint64_t cycles_ns(const struct vb_cpu *cpu, uint64_t cycles)
{
	return (uint64_t)((unsigned __int128)cycles * 1000000000u / cpu->hclk);
}

static uint64_t tap_cycles(const struct vb_cpu *cpu)
{
	return cpu->dwt.ctrl & CTRL_CYCTAP ? 1024 : 64;
}

static void sample(struct vb_cpu *cpu)
{
	static const uint8_t sleeping[2] = { HW_PC_SAMPLE << 3 | 4 | 1, 0 };
	static const uint8_t cycle_event[2] = { HW_EVENT << 3 | 4 | 1, BIT(5) };
	uint8_t packet[5] = { HW_PC_SAMPLE << 3 | 4 | 3 };
	uint32_t pc, xpsr;

	/* In Debug state CYCCNT stands still. */
	if (cpu->halted || cpu->held || cpu->gated)
		return;
	if (!(cpu->dwt.ctrl & CTRL_PCSAMPLENA)) {
		hardware(cpu, cycle_event, sizeof(cycle_event));
	} else if (cpu->sleep != AWAKE) {
		hardware(cpu, sleeping, sizeof(sleeping));
	} else {
		engine_where(cpu, &pc, &xpsr);
		put_le32(&packet[1], pc);
		hardware(cpu, packet, sizeof(packet));
	}
}

static void sample_is_due(void *ctx)
{
	struct vb_cpu *cpu = ctx;
	uint64_t cycles = tap_cycles(cpu) * (bits_get(cpu->dwt.ctrl, 4, 1) + 1);	/* POSTPRESET */

	cpu->trace.sample = vb_clock_after(cpu->clock, cycles_ns(cpu, cycles), sample_is_due, cpu,
					   "PC sample");
	sample(cpu);
}

static void sync_is_due(void *ctx)
{
	static const uint8_t packet[6] = { 0, 0, 0, 0, 0, 0x80 };
	struct vb_cpu *cpu = ctx;
	/* SYNCTAP: CYCCNT bit 24, 26 or 28 */
	uint64_t cycles = 1ull << (22 + 2 * bits_get(cpu->dwt.ctrl, 11, 10));

	cpu->trace.sync = vb_clock_after(cpu->clock, cycles_ns(cpu, cycles), sync_is_due, cpu,
					 "trace synchronisation");
	if (cpu->halted || cpu->held || cpu->gated)
		return;
	if (cpu->trace.swo)
		vb_swo_frame_sync(cpu->trace.swo);
	if (!is_on(cpu) || !(cpu->itm.tcr & TCR_SYNCENA))
		return;
	/* Its place in the stream matters, so it waits for nothing and is lost in a full queue. */
	if (catch_up(cpu) && room(cpu) >= sizeof(packet))
		put(cpu, packet, sizeof(packet));
}

static void cancel(struct vb_cpu *cpu, struct vb_event **event)
{
	vb_clock_cancel(cpu->clock, *event);
	*event = NULL;
}

void trace_configured(struct vb_cpu *cpu)
{
	uint32_t ctrl = cpu->dwt.ctrl;
	bool counts = (cpu->debug.demcr & DEMCR_TRCENA) && (ctrl & CTRL_CYCCNTENA);
	unsigned tap = bits_get(ctrl, 11, 10);

	cancel(cpu, &cpu->trace.sample);
	cancel(cpu, &cpu->trace.sync);
	/* The first POSTCNT is POSTINIT. */
	if (counts && (ctrl & (CTRL_PCSAMPLENA | CTRL_CYCEVTENA)))
		cpu->trace.sample = vb_clock_after(
			cpu->clock, cycles_ns(cpu, tap_cycles(cpu) * (bits_get(ctrl, 8, 5) + 1)),
			sample_is_due, cpu, "PC sample");
	if (counts && tap != 0)
		cpu->trace.sync = vb_clock_after(cpu->clock, cycles_ns(cpu, 1ull << (22 + 2 * tap)),
						 sync_is_due, cpu, "trace synchronisation");
}

void trace_enabled(struct vb_cpu *cpu, bool was_enabled)
{
	bool is_enabled = cpu->debug.demcr & DEMCR_TRCENA;

	if (was_enabled && !is_enabled) {
		cpu->trace.has_overflowed = cpu->trace.stamp_is_due = false;
		if (cpu->trace.swo)
			vb_swo_drop(cpu->trace.swo);
	}
	if (was_enabled != is_enabled)
		trace_configured(cpu);
}

void trace_tcr_written(struct vb_cpu *cpu, uint32_t old)
{
	if ((cpu->itm.tcr & ~old) & (TCR_ITMENA | TCR_TSENA))
		cpu->trace.stamped_ns = vb_clock_now(cpu->clock);
}

/* The registers of the TPIU have changed. */
void trace_port_written(struct vb_cpu *cpu)
{
	if (cpu->trace.swo)
		vb_swo_set_tpiu(cpu->trace.swo, cpu->itm.acpr, cpu->itm.sppr, cpu->itm.ffcr);
}

void trace_power_on(struct vb_cpu *cpu)
{
	struct trace *t = &cpu->trace;

	cancel(cpu, &t->retry);
	cancel(cpu, &t->sample);
	cancel(cpu, &t->sync);
	t->has_overflowed = t->stamp_is_due = false;
	if (t->swo)
		vb_swo_drop(t->swo);
	trace_port_written(cpu);
}

void vb_cpu_set_swo(struct vb_cpu *cpu, struct vb_swo *swo)
{
	cpu->trace.swo = swo;
	trace_port_written(cpu);
}

void vb_cpu_trace_stats(const struct vb_cpu *cpu, uint64_t *packets, uint64_t *lost)
{
	*packets = cpu->trace.packets;
	*lost = cpu->trace.lost;
}
