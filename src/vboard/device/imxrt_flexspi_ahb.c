/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AHB window (IMXRT1064RM "FlexSPI AHB command"). A read is answered from the RX buffer of its
 * master, or loads it by a burst on the wires; the master is held (VB_STALL) until its bytes are
 * there. Nothing but a new burst or a clear takes bytes out of a buffer, so what an IP command
 * programs is not seen through one that was loaded before.
 */
#include <string.h>

#include "vboard/device/imxrt_flexspi_priv.h"

#define LINE	  32u	/* of the core's caches */
#define NO_BUFFER 4u
#define RETRY_NS  10000u	/* who waits for the grant asks again by then, or has given up */
#define HELD_NS	  1000u	/* how long after it came a master may come for its answer */

struct burst {
	unsigned port;
	uint32_t offset;	/* in the flash */
	unsigned bytes, got;
	uint8_t *to;
	uint64_t before, data, all;	/* clocks: up to the first data, of data, of all */
};

/* Buffers. AHBCR.APAREN: parallel mode needs a second flash on port B; no board has one. */

void fs_ahb_forget_held(struct imxrt_flexspi *fs)
{
	for (size_t i = 0; i < ARRAY_SIZE(fs->ahb.held); i++)
		fs->ahb.held[i].until_ns = 0;
}

void fs_ahb_clear(struct imxrt_flexspi *fs)
{
	vb_clock_cancel(fs->env->board->clock, fs->ahb.suspended.event);
	memset(&fs->ahb.suspended, 0, sizeof(fs->ahb.suspended));
	fs_ahb_forget_held(fs);
	for (size_t i = 0; i < ARRAY_SIZE(fs->ahb.buffer); i++)
		fs->ahb.buffer[i].len = 0;
	fs->ahb.prefetch_until_ns = 0;
}

bool fs_ahb_is_busy(const struct imxrt_flexspi *fs)
{
	return fs_now(fs) < MAX(fs->ahb.demand_until_ns, fs->ahb.prefetch_until_ns);
}

/* The buffers lie one behind the other in one RAM. */
static unsigned capacity_of(const struct imxrt_flexspi *fs, unsigned n)
{
	unsigned before = 0, bytes = 0;

	for (unsigned i = 0; i <= n; i++) {
		before += bytes;
		bytes = bits_get(fs_reg(fs, FLEXSPI_AHBRXBUF0CR0 + 4 * i), 7, 0) * 8;
	}
	return before < AHB_RX_BYTES ? MIN(bytes, AHB_RX_BYTES - before) : 0;
}

/*
 * unconfirmed: master 0 is the core, and the debugger's accesses come through the core. The last
 * buffer takes whoever has none.
 */
static unsigned buffer_of(const struct imxrt_flexspi *fs)
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t cr0 = fs_reg(fs, FLEXSPI_AHBRXBUF0CR0 + 4 * i);
		bool matches = i == 3 || bits_get(cr0, 19, 16) == 0;

		if (!matches || capacity_of(fs, i) == 0)
			continue;
		return (cr0 & AHBRXBUF_PREFETCHEN) ? i : NO_BUFFER;
	}
	return NO_BUFFER;
}

static unsigned buffer_in_use(const struct imxrt_flexspi *fs)
{
	uint32_t ahbcr = fs_reg(fs, FLEXSPI_AHBCR);

	if (!(ahbcr & AHBCR_PREFETCHEN) || (ahbcr & AHBCR_CLRAHBRXBUF))
		return NO_BUFFER;
	return buffer_of(fs);
}

static uint64_t ready_ns(const struct fs_buffer *b, unsigned i)
{
	return b->first_ns + i * b->byte_ps / 1000;
}

static uint32_t load(const uint8_t *from, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)from[i] << 8 * i;
	return value;
}

/* What the array of the flash at A1 holds there; NULL: not that flash. */
static const uint8_t *array_at(const struct imxrt_flexspi *fs, uint32_t offset, unsigned bytes)
{
	struct nor *nor = fs->port[0].nor;
	uint64_t limit = (uint64_t)fs_reg(fs, FLEXSPI_FLSHA1CR0) * 1024;

	if (nor == NULL)
		return NULL;
	limit = MIN(limit, nor_bytes(nor));
	return offset < limit && bytes <= limit - offset ? nor_array(nor) + offset : NULL;
}

bool fs_ahb_is_coherent(const struct imxrt_flexspi *fs)
{
	for (size_t i = 0; i < ARRAY_SIZE(fs->ahb.buffer); i++) {
		const struct fs_buffer *b = &fs->ahb.buffer[i];
		const uint8_t *array = b->len ? array_at(fs, b->base, b->len) : NULL;

		if (array && memcmp(array, b->bytes, b->len) != 0)
			return false;
	}
	return true;
}

void fs_ahb_as_fetched(struct imxrt_flexspi *fs, uint32_t offset)
{
	unsigned n = buffer_in_use(fs);
	struct fs_buffer *b = &fs->ahb.buffer[n % 4];
	const uint8_t *array;

	if (n == NO_BUFFER)
		return;
	for (b->len = capacity_of(fs, n); b->len >= 8; b->len -= 8) {
		array = array_at(fs, offset & ~7u, b->len);
		if (array == NULL)
			continue;
		memcpy(b->bytes, array, b->len);
		b->base = offset & ~7u;
		b->first_ns = b->byte_ps = 0;
		return;
	}
	b->len = 0;
}

/* Errors */

static enum vb_result command_error(struct imxrt_flexspi *fs, enum fs_code code, unsigned id)
{
	uint32_t *sts1 = &fs->reg[FLEXSPI_STS1 / 4];

	*sts1 = (*sts1 & 0xffff0000) | id | (uint32_t)code << 8;
	fs->count.ahb_errors++;
	fs_raise(fs, INTR_AHBCMDERR);
	return VB_FAULT;
}

static enum vb_result bus_error(struct imxrt_flexspi *fs, uint32_t flag)
{
	fs->count.ahb_errors++;
	fs_raise(fs, flag);
	return VB_FAULT;
}

static enum vb_result hold(struct vb_access *a, uint64_t until_ns)
{
	a->stall_until_ns = until_ns;
	return VB_STALL;
}

/* Grant */

/* A prefetch gives way to whoever comes: what has arrived stays, the rest is owed. */
void fs_ahb_suspend(struct imxrt_flexspi *fs)
{
	uint64_t now_ns = fs_now(fs);
	struct fs_buffer *b = &fs->ahb.buffer[fs->ahb.prefetching];
	unsigned arrived = 0;

	if (now_ns >= fs->ahb.prefetch_until_ns || now_ns < fs->ahb.demand_until_ns)
		return;
	while (arrived < b->len && ready_ns(b, arrived) <= now_ns)
		arrived++;
	fs->ahb.prefetch_until_ns = now_ns;
	fs->wires_free_ns = MIN(fs->wires_free_ns, now_ns);
	if (arrived == b->len)
		return;
	fs->ahb.suspended.is_active = true;
	fs->ahb.suspended.buffer = fs->ahb.prefetching;
	fs->ahb.suspended.left = b->len - arrived;
	b->len = arrived;
}

static enum vb_result await_grant(struct imxrt_flexspi *fs, struct vb_access *a)
{
	struct fs_ahb *ahb = &fs->ahb;
	uint64_t now_ns = fs_now(fs);
	uint64_t limit_ns = fs_ahb_ns(fs, bits_get(fs_reg(fs, FLEXSPI_MCR0), 31, 24) * 1024ull);
	uint64_t give_up_ns;

	fs_ahb_suspend(fs);
	if (!fs->ip.is_busy) {
		ahb->is_waiting = false;
		return ahb->demand_until_ns > now_ns ? hold(a, ahb->demand_until_ns) : VB_OK;
	}
	if (!ahb->is_waiting || now_ns > ahb->retry_ns + RETRY_NS) {
		ahb->is_waiting = true;
		ahb->wait_since_ns = now_ns;
	}
	give_up_ns = limit_ns == UINT64_MAX ? UINT64_MAX : ahb->wait_since_ns + limit_ns;
	if (now_ns >= give_up_ns) {
		ahb->is_waiting = false;
		return bus_error(fs, INTR_AHBCMDGE);
	}
	/* A command that waits for its FIFO is looked at again now and then. */
	ahb->retry_ns = MIN(give_up_ns, MIN(MAX(fs->ip.next_ns, now_ns + 1), now_ns + 20000));
	return hold(a, ahb->retry_ns);
}

/* Bursts */

static void run_burst(struct imxrt_flexspi *fs, struct burst *b)
{
	uint32_t cr2 = fs_flash_cr(fs, FLEXSPI_FLSHA1CR2, b->port);
	struct fs_seq seq = {
		.source = FROM_AHB_READ,
		.port = b->port,
		.id = bits_get(cr2, 3, 0),
		.count = bits_get(cr2, 7, 5) + 1,
		.offset = b->offset,
		.size = b->bytes,
	};
	enum fs_step step;

	fs->drives = true;
	fs_seq_begin(fs, &seq);
	while ((step = fs_seq_step(fs, &seq)) != STEP_END) {
		unsigned n = MIN(seq.left, b->bytes - b->got);
		uint64_t before = seq.clocks;

		if (step == STEP_WRITE || n == 0)
			continue;
		if (b->got == 0)
			b->before = before;
		fs_seq_read(&seq, b->to + b->got, n);
		b->got += n;
		b->data += seq.clocks - before;
	}
	fs_seq_end(fs, &seq);
	fs->drives = false;
	b->all = seq.clocks;
	fs->count.clocks += seq.clocks;
	fs->wires_free_ns += fs_clocks_ns(fs, seq.clocks);
	fs->ahb.source = FROM_AHB_READ;
	if (fs->is_shown && !nor_is_plain(fs->port[0].nor))
		fs_hide(fs);
}

static bool exceeds_seqwait(const struct imxrt_flexspi *fs, uint64_t clocks)
{
	uint64_t limit = (uint64_t)bits_get(fs_reg(fs, FLEXSPI_MCR1), 31, 16) * 1024;

	return limit != 0 && clocks > limit;
}

static void take_over(struct imxrt_flexspi *fs, unsigned n, const struct burst *b, uint32_t start,
		      uint64_t begin_ns)
{
	struct fs_buffer *buffer = &fs->ahb.buffer[n];

	buffer->base = start;
	buffer->len = b->got;
	buffer->byte_ps = fs_clocks_ns(fs, b->data) * 1000 / b->got;
	buffer->first_ns = begin_ns + fs_clocks_ns(fs, b->before) + buffer->byte_ps / 1000;
	fs->ahb.prefetching = n;
	fs->ahb.prefetch_until_ns = begin_ns + fs_clocks_ns(fs, b->all);
	if (fs->ahb.suspended.is_active && fs->ahb.suspended.buffer == n)
		fs->ahb.suspended.is_active = false;
}

static bool is_core(enum vb_master master)
{
	return master == VB_CPU_CODE || master == VB_CPU_DATA;
}

static void keep_held(struct imxrt_flexspi *fs, enum vb_master master, uint32_t start,
		      const uint8_t *bytes, unsigned n)
{
	struct fs_held *held = &fs->ahb.held[master];

	if (fs_now(fs) > held->until_ns || start - held->base > HELD_BYTES - n) {
		memset(held->there, 0, sizeof(held->there));
		held->base = start & ~31u;
	}
	memcpy(held->bytes + (start - held->base), bytes, n);
	memset(held->there + (start - held->base), true, n);
	held->last = start;
	held->last_bytes = n;
	held->ready_ns = fs->ahb.demand_until_ns;
	held->until_ns = fs->ahb.demand_until_ns + HELD_NS;
}

/* The core fetches anew the instruction whose data it waits for, and reads anew what it had of them. */
static void keep_for_core(struct imxrt_flexspi *fs, const struct vb_access *a)
{
	for (unsigned i = VB_CPU_CODE; is_core(a->master) && i <= VB_CPU_DATA; i++) {
		struct fs_held *held = &fs->ahb.held[i];

		if (held->until_ns >= fs_now(fs))
			held->until_ns = MAX(held->until_ns, a->stall_until_ns + HELD_NS);
	}
}

/* Reads what was asked for and, into buffer `n`, what comes behind it. */
static enum vb_result read_wires(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
				 unsigned n)
{
	uint8_t bytes[AHB_RX_BYTES];
	bool exact = fs_reg(fs, FLEXSPI_AHBCR) & AHBCR_READADDROPT;
	bool is_code = a->master == VB_CPU_CODE;	/* comes in words of 64 bits */
	uint32_t start = exact && !is_code ? offset : offset & ~7u, cr2;
	unsigned wanted = is_code ? MAX(8u, offset - start + a->size) : offset - start + a->size;
	unsigned id;
	struct burst b = { .offset = start, .bytes = wanted, .to = bytes };
	uint64_t room = 0, begin_ns = MAX(fs_now(fs), fs->wires_free_ns), demand_ns;
	enum fs_code code;

	/* AHB has no code for an address beyond the flashes. */
	if (!fs_locate(fs, &b.offset, &b.port, &room) || wanted > room)
		return command_error(fs, CODE_NONE, 0);
	cr2 = fs_flash_cr(fs, FLEXSPI_FLSHA1CR2, b.port);
	code = fs_check(fs, FROM_AHB_READ, bits_get(cr2, 3, 0), bits_get(cr2, 7, 5) + 1, &id);
	if (code != CODE_NONE)
		return command_error(fs, code, id);
	b.bytes = n == NO_BUFFER ? (exact ? wanted : (wanted + 7) & ~7u)
				 : MAX(wanted, capacity_of(fs, n));
	b.bytes = (unsigned)MIN(b.bytes, room);
	fs->count.ahb_reads++;
	run_burst(fs, &b);
	if (b.got < wanted)	/* unconfirmed: which code a sequence without READ gives */
		return command_error(fs, CODE_OPCODE, id);
	if (exceeds_seqwait(fs, b.all)) {
		fs_raise(fs, INTR_SEQTIMEOUT);
		return command_error(fs, CODE_TIMEOUT, id);
	}
	demand_ns = fs_clocks_ns(fs, b.before) + fs_clocks_ns(fs, b.data * wanted / b.got);
	if (demand_ns > fs_ahb_ns(fs, bits_get(fs_reg(fs, FLEXSPI_MCR1), 15, 0) * 1024ull))
		return bus_error(fs, INTR_AHBBUSTIMEOUT);
	fs->ahb.demand_until_ns = begin_ns + demand_ns;
	keep_held(fs, a->master, start, bytes, wanted);
	if (n != NO_BUFFER) {
		memcpy(fs->ahb.buffer[n].bytes, bytes, b.got);
		take_over(fs, n, &b, start, begin_ns);
	}
	if (a->master == VB_CPU_CODE && b.port == 0)
		fs_prove(fs, b.offset, bytes, b.got);
	fs_ahb_resume_later(fs);
	return hold(a, fs->ahb.demand_until_ns);
}

static bool answer_held(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			uint32_t *value, enum vb_result *rc)
{
	struct fs_held *held = &fs->ahb.held[a->master];
	uint32_t at = offset - held->base;

	if (fs_now(fs) > held->until_ns || at >= HELD_BYTES || a->size > HELD_BYTES - at)
		return false;
	for (unsigned i = 0; i < a->size; i++) {
		if (!held->there[at + i])
			return false;
	}
	if (fs_now(fs) < held->ready_ns && offset + a->size > held->last &&
	    offset < held->last + held->last_bytes) {
		*rc = hold(a, held->ready_ns);
		return true;
	}
	if (!is_core(a->master))	/* one access at a time, asked again as it was */
		held->until_ns = 0;
	*value = load(held->bytes + at, a->size);
	*rc = VB_OK;
	return true;
}

static bool answer_buffered(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			    unsigned n, uint32_t *value, enum vb_result *rc)
{
	const struct fs_buffer *b = &fs->ahb.buffer[n];
	const uint8_t *array;
	uint64_t there_ns;
	unsigned last;

	if (offset < b->base || offset - b->base >= b->len ||
	    b->len - (offset - b->base) < a->size)
		return false;
	last = offset - b->base + a->size - 1;
	if (is_core(a->master))		/* has a line to fill, or asks for the next word at once */
		last = MIN((b->base + last) / LINE * LINE + LINE - 1 - b->base, b->len - 1);
	there_ns = ready_ns(b, last);
	if (there_ns > fs_now(fs)) {
		*rc = hold(a, there_ns);
		return true;
	}
	*value = load(b->bytes + (offset - b->base), a->size);
	array = array_at(fs, offset, a->size);
	if (array && load(array, a->size) != *value)
		fs->count.stale_reads++;
	*rc = VB_OK;
	return true;
}

/* IOMUXC_GPR30..32: addresses from start to end of the window are moved up by an offset. */
static uint32_t remapped(const struct imxrt_flexspi *fs, uint32_t offset)
{
	uint32_t addr = fs->config.window + offset;

	if (fs->remap.offset && addr >= fs->remap.start && addr < fs->remap.end)
		return offset + fs->remap.offset;
	return offset;
}

static enum vb_result answer(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			     uint32_t *value)
{
	unsigned n = buffer_in_use(fs);
	enum vb_result rc = VB_OK;

	*value = 0;
	/* unconfirmed: without its clock silicon may hang until MCR1.AHBBUSWAIT */
	if (!fs_is_on(fs) || imxrt_env_is_shut(fs->env, a))
		return VB_FAULT;
	offset = remapped(fs, offset);
	if (n != NO_BUFFER && answer_buffered(fs, a, offset, n, value, &rc))
		return rc;
	if (answer_held(fs, a, offset, value, &rc))
		return rc;
	if (fs_sck(fs) == 0)
		return bus_error(fs, INTR_AHBBUSTIMEOUT);
	rc = await_grant(fs, a);
	return rc == VB_OK ? read_wires(fs, a, offset, n) : rc;
}

enum vb_result fs_ahb_read(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			   uint32_t *value)
{
	enum vb_result rc = answer(fs, a, offset, value);

	if (rc == VB_STALL)
		keep_for_core(fs, a);
	return rc;
}

/* A suspended prefetch goes on when the wires have been free for MCR2.RESUMEWAIT AHB clocks. */

static void resume_prefetch(void *ctx)
{
	struct imxrt_flexspi *fs = ctx;
	struct fs_buffer *buffer = &fs->ahb.buffer[fs->ahb.suspended.buffer];
	uint8_t bytes[AHB_RX_BYTES];
	struct burst b = { .offset = buffer->base + buffer->len,
			   .bytes = fs->ahb.suspended.left, .to = bytes };
	uint64_t room = 0;

	fs->ahb.suspended.event = NULL;
	if (!fs->ahb.suspended.is_active || fs->ip.is_busy)
		return;
	if (fs_ahb_is_busy(fs)) {
		fs_ahb_resume_later(fs);
		return;
	}
	fs->ahb.suspended.is_active = false;
	if (fs_sck(fs) == 0 || !fs_locate(fs, &b.offset, &b.port, &room) || b.bytes > room)
		return;
	run_burst(fs, &b);
	memcpy(buffer->bytes + buffer->len, bytes, b.got);
	/* Bytes that were there before have been there for long. */
	buffer->byte_ps = 0;
	buffer->first_ns = buffer->len ? 0 : fs_now(fs) + fs_clocks_ns(fs, b.all);
	buffer->len += b.got;
	fs->ahb.source = FROM_RESUMED;
	fs->ahb.prefetch_until_ns = fs_now(fs) + fs_clocks_ns(fs, b.all);
	fs->ahb.prefetching = fs->ahb.suspended.buffer;
}

void fs_ahb_resume_later(struct imxrt_flexspi *fs)
{
	uint64_t now_ns = fs_now(fs), free_ns, wait_ns;

	if (!fs->ahb.suspended.is_active || fs->ahb.suspended.event)
		return;
	wait_ns = fs_ahb_ns(fs, MAX(1u, bits_get(fs_reg(fs, FLEXSPI_MCR2), 31, 24)));
	if (wait_ns == UINT64_MAX)
		return;
	free_ns = MAX(now_ns, MAX(fs->ahb.demand_until_ns, fs->ahb.prefetch_until_ns));
	fs->ahb.suspended.event = vb_clock_after(fs->env->board->clock, free_ns - now_ns + wait_ns,
						 resume_prefetch, fs, "flexspi prefetch");
}

/* Writes */

static void forget_written(struct imxrt_flexspi *fs, uint32_t offset, unsigned bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(fs->ahb.buffer); i++) {
		struct fs_buffer *b = &fs->ahb.buffer[i];

		if (offset < b->base + b->len && b->base < offset + bytes)
			b->len = 0;
	}
}

static unsigned run_write(struct imxrt_flexspi *fs, struct fs_seq *seq, const uint8_t *bytes,
			  unsigned n)
{
	enum fs_step step;
	unsigned sent = 0;

	fs->drives = true;
	fs_seq_begin(fs, seq);
	while ((step = fs_seq_step(fs, seq)) != STEP_END) {
		unsigned piece = MIN(seq->left, n - sent);

		if (step == STEP_WRITE && piece > 0) {
			fs_seq_write(seq, bytes + sent, piece);
			sent += piece;
		}
	}
	fs->drives = false;
	fs_seq_end(fs, seq);
	return sent;
}

/* FLSHxCR2.AWRWAIT in units of 2, 8, 32 .. 32768 AHB clocks. */
static uint64_t write_wait_ns(const struct imxrt_flexspi *fs, uint32_t cr2)
{
	uint64_t clocks = (uint64_t)bits_get(cr2, 27, 16) << (2 * bits_get(cr2, 30, 28) + 1);
	uint64_t ns = clocks ? fs_ahb_ns(fs, clocks) : 0;

	return ns == UINT64_MAX ? 0 : ns;
}

/* Every store is a command of its own: the TX buffer does not merge them. */
enum vb_result fs_ahb_write(struct imxrt_flexspi *fs, struct vb_access *a, uint32_t offset,
			    uint32_t value)
{
	struct fs_seq seq = { .source = FROM_AHB_WRITE, .size = a->size };
	uint8_t bytes[4];
	enum vb_result rc;
	enum fs_code code;
	uint64_t room = 0;
	uint32_t cr2;
	unsigned id;

	if (!fs_is_on(fs) || imxrt_env_is_shut(fs->env, a))
		return VB_FAULT;
	if (fs_sck(fs) == 0)
		return bus_error(fs, INTR_AHBBUSTIMEOUT);
	offset = seq.offset = remapped(fs, offset);
	if (!fs_locate(fs, &seq.offset, &seq.port, &room) || a->size > room)
		return command_error(fs, CODE_NONE, 0);
	cr2 = fs_flash_cr(fs, FLEXSPI_FLSHA1CR2, seq.port);
	seq.id = bits_get(cr2, 11, 8);
	seq.count = bits_get(cr2, 15, 13) + 1;
	code = fs_check(fs, FROM_AHB_WRITE, seq.id, seq.count, &id);
	if (code != CODE_NONE)
		return command_error(fs, code, id);
	rc = await_grant(fs, a);
	if (rc != VB_OK)
		return rc;
	fs_hide(fs);
	put_le32(bytes, value);
	fs->count.ahb_writes++;
	fs->ahb.source = FROM_AHB_WRITE;
	if (run_write(fs, &seq, bytes, a->size) < a->size)
		return command_error(fs, CODE_OPCODE, id);	/* unconfirmed: without WRITE */
	forget_written(fs, offset, a->size);
	fs->ahb.demand_until_ns = MAX(fs_now(fs), fs->ahb.demand_until_ns) +
				  fs_clocks_ns(fs, seq.clocks) + write_wait_ns(fs, cr2);
	fs->count.clocks += seq.clocks;
	fs_ahb_resume_later(fs);
	return VB_OK;
}
