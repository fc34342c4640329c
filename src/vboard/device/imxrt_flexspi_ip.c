/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP commands (IMXRT1064RM "FlexSPI IP command"): checked before anything moves on the wires, then
 * granted, then run in pieces of at most a watermark. When the RX FIFO is full or the TX FIFO empty
 * SCK stops with CS# low until the debugger or the program moves data, or MCR1.SEQWAIT is over.
 */
#include <string.h>

#include "vboard/device/imxrt_flexspi_priv.h"

/* FIFOs: entries of 64 bits; the end of a command fills the entry it is in. */

unsigned fs_watermark(const struct imxrt_flexspi *fs, uint32_t fcr)
{
	return (bits_get(fs_reg(fs, fcr), 5, 2) + 1) * ENTRY;
}

static void fifo_drop(struct fs_fifo *fifo, unsigned n)
{
	n = MIN(n, fifo->len);
	memmove(fifo->bytes, fifo->bytes + n, fifo->len - n);
	fifo->len -= n;
}

/* RFDR shows the front of the FIFO; INTR.IPRXWA written with 1 takes a watermark of it away. */
void fs_rx_pop(struct imxrt_flexspi *fs)
{
	unsigned n = MIN(fs_watermark(fs, FLEXSPI_IPRXFCR), fs->rx.len);

	fs->rx.counter = (uint16_t)(fs->rx.counter + (n + ENTRY - 1) / ENTRY);
	fifo_drop(&fs->rx, n);
	fs_ip_resume(fs);
}

/* TFDR is only a place to write to; INTR.IPTXWE written with 1 takes a watermark of it over. */
void fs_tx_push(struct imxrt_flexspi *fs)
{
	unsigned n = fs_watermark(fs, FLEXSPI_IPTXFCR);

	if (FIFO_BYTES - fs->tx.len < n)
		return;
	for (unsigned i = 0; i < n; i++)
		fs->tx.bytes[fs->tx.len + i] = (uint8_t)(fs->tfdr[i / 4] >> 8 * (i % 4));
	fs->tx.len += n;
	fs->tx.counter = (uint16_t)(fs->tx.counter + n / ENTRY);
	fs_ip_resume(fs);
}

/* Flow */

static void run(void *ctx);

static void stop_events(struct imxrt_flexspi *fs)
{
	vb_clock_cancel(fs->env->board->clock, fs->ip.event);
	vb_clock_cancel(fs->env->board->clock, fs->ip.timeout);
	fs->ip.event = fs->ip.timeout = NULL;
}

static void set_error(struct imxrt_flexspi *fs, enum fs_code code, unsigned id)
{
	uint32_t *sts1 = &fs->reg[FLEXSPI_STS1 / 4];

	*sts1 = (*sts1 & 0xffff) | id << 16 | (uint32_t)code << 24;
	fs->count.ip_errors++;
}

/* What is left of a TX entry that the command used only in part is gone; so is the gap in RX. */
static void close_entries(struct imxrt_flexspi *fs)
{
	struct fs_ip *ip = &fs->ip;

	if (ip->sent % ENTRY)
		fifo_drop(&fs->tx, ENTRY - ip->sent % ENTRY);
	while (fs->rx.len % ENTRY)
		fs->rx.bytes[fs->rx.len++] = 0;
}

static void finish(struct imxrt_flexspi *fs, uint32_t flags)
{
	stop_events(fs);
	if (fs->ip.is_running) {
		fs_seq_end(fs, &fs->ip.seq);
		close_entries(fs);
	}
	fs->ip.is_busy = fs->ip.is_running = fs->ip.is_stalled = false;
	fs->ip.pending_len = 0;
	fs_ahb_resume_later(fs);
	fs_raise(fs, INTR_IPCMDDONE | flags);
}

static void sequence_timeout(void *ctx)
{
	struct imxrt_flexspi *fs = ctx;

	fs->ip.timeout = NULL;
	set_error(fs, CODE_TIMEOUT, fs->ip.seq.id);
	finish(fs, INTR_IPCMDERR | INTR_SEQTIMEOUT);
}

static void grant_timeout(void *ctx)
{
	struct imxrt_flexspi *fs = ctx;

	fs->ip.event = NULL;
	fs->count.ip_errors++;
	finish(fs, INTR_IPCMDGE);
}

static void later(struct imxrt_flexspi *fs, uint64_t delay_ns, vb_event_fn fn, const char *name)
{
	fs->ip.next_ns = fs_now(fs) + delay_ns;
	fs->ip.event = vb_clock_after(fs->env->board->clock, delay_ns, fn, fs, name);
}

/* After the clocks that have just been spent. A root that stands still lets nothing happen. */
static void after_clocks(struct imxrt_flexspi *fs)
{
	uint64_t clocks = fs->ip.seq.clocks;

	fs->ip.seq.clocks = 0;
	fs->count.clocks += clocks;
	if (fs_sck(fs) == 0) {
		fs->ip.is_stalled = true;
		fs->ip.next_ns = UINT64_MAX;
		return;
	}
	later(fs, fs_clocks_ns(fs, clocks), run, "flexspi ip");
}

static void land_pending(struct imxrt_flexspi *fs)
{
	memcpy(fs->rx.bytes + fs->rx.len, fs->ip.pending, fs->ip.pending_len);
	fs->rx.len += fs->ip.pending_len;
	fs->ip.pending_len = 0;
}

static bool read_piece(struct imxrt_flexspi *fs)
{
	struct fs_ip *ip = &fs->ip;
	unsigned n = MIN(FIFO_BYTES - fs->rx.len, fs_watermark(fs, FLEXSPI_IPRXFCR));

	n = MIN(n, ip->seq.left);
	if (n == 0) {
		fs_raise(fs, INTR_SCKSTOPBYRD);
		return false;
	}
	fs_seq_read(&ip->seq, ip->pending, n);
	ip->pending_len = n;
	return true;
}

static bool write_piece(struct imxrt_flexspi *fs)
{
	struct fs_ip *ip = &fs->ip;
	unsigned n = MIN(fs->tx.len, ip->seq.left);

	if (n == 0) {
		fs_raise(fs, INTR_SCKSTOPBYWR);
		return false;
	}
	fs_seq_write(&ip->seq, fs->tx.bytes, n);
	fifo_drop(&fs->tx, n);
	ip->sent += n;
	return true;
}

/* One piece: its data move now, the clocks they take pass until the next call. */
static void run(void *ctx)
{
	struct imxrt_flexspi *fs = ctx;
	struct fs_ip *ip = &fs->ip;

	ip->event = NULL;
	ip->is_stalled = false;
	land_pending(fs);
	if (ip->step == STEP_END) {
		finish(fs, 0);
		return;
	}
	fs->drives = true;
	ip->is_stalled = ip->step == STEP_READ ? !read_piece(fs) : !write_piece(fs);
	if (!ip->is_stalled && ip->seq.left == 0)
		ip->step = fs_seq_step(fs, &ip->seq);
	fs->drives = false;
	if (ip->is_stalled)
		ip->next_ns = UINT64_MAX;
	else
		after_clocks(fs);
	fs_update_irq(fs);
}

void fs_ip_resume(struct imxrt_flexspi *fs)
{
	if (fs->ip.is_stalled && fs_sck(fs) != 0) {
		fs->ip.is_stalled = false;
		later(fs, 0, run, "flexspi ip");
	}
	fs_update_irq(fs);
}

static void start(void *ctx)
{
	struct imxrt_flexspi *fs = ctx;
	struct fs_ip *ip = &fs->ip;
	uint64_t limit = (uint64_t)bits_get(fs_reg(fs, FLEXSPI_MCR1), 31, 16) * 1024;

	ip->event = NULL;
	ip->is_running = true;
	ip->sent = 0;
	fs_ahb_suspend(fs);
	fs->drives = true;
	fs_seq_begin(fs, &ip->seq);
	ip->step = fs_seq_step(fs, &ip->seq);
	fs->drives = false;
	/* unconfirmed: 0 switches the time-out off */
	if (limit != 0 && fs_sck(fs) != 0)
		ip->timeout = vb_clock_after(fs->env->board->clock, fs_clocks_ns(fs, limit),
					     sequence_timeout, fs, "flexspi sequence time-out");
	after_clocks(fs);
}

/* Errors that keep a command off the wires: the LUT first, then the address. */
static enum fs_code check(struct imxrt_flexspi *fs, uint32_t ipcr1)
{
	struct fs_seq *seq = &fs->ip.seq;
	enum fs_code code = fs_check(fs, FROM_IP, seq->id, seq->count, &fs->ip.first_id);
	uint64_t room = 0;

	if (code != CODE_NONE)
		return code;
	if (!fs_locate(fs, &seq->offset, &seq->port, &room))
		return CODE_ADDRESS;
	return bits_get(ipcr1, 15, 0) > room ? CODE_BOUNDARY : CODE_NONE;
}

/* The wires may be taken: AHB reads that somebody waits for go first, a prefetch is suspended. */
static void request(struct imxrt_flexspi *fs)
{
	uint64_t now_ns = fs_now(fs), free_ns;
	uint64_t limit_ns = fs_ahb_ns(fs, bits_get(fs_reg(fs, FLEXSPI_MCR0), 23, 16) * 1024ull);

	fs_ahb_suspend(fs);
	free_ns = MAX(fs->ahb.demand_until_ns, fs->wires_free_ns);
	if (free_ns <= now_ns)
		start(fs);
	else if (fs->ahb.demand_until_ns > now_ns && free_ns - now_ns > limit_ns)
		later(fs, limit_ns, grant_timeout, "flexspi ip grant time-out");
	else
		later(fs, free_ns - now_ns, start, "flexspi ip grant");
}

void fs_ip_trigger(struct imxrt_flexspi *fs)
{
	uint32_t ipcr1 = fs_reg(fs, FLEXSPI_IPCR1);
	enum fs_code code;

	if (fs->ip.is_busy || !fs_is_on(fs))
		return;
	fs->count.ip_commands++;
	fs->ip.seq = (struct fs_seq){
		.source = FROM_IP,
		.id = bits_get(ipcr1, 19, 16),
		.count = bits_get(ipcr1, 26, 24) + 1,
		.offset = fs_reg(fs, FLEXSPI_IPCR0),
		.size = bits_get(ipcr1, 15, 0),
	};
	/* IPCR1.IPAREN: parallel mode needs a second flash on port B; no board has one. */
	code = check(fs, ipcr1);
	if (code != CODE_NONE) {
		set_error(fs, code, fs->ip.first_id);
		fs_raise(fs, INTR_IPCMDDONE | INTR_IPCMDERR);
		return;
	}
	fs_hide(fs);
	fs_ahb_forget_held(fs);
	fs->ip.is_busy = true;
	request(fs);
}

void fs_ip_abort(struct imxrt_flexspi *fs)
{
	stop_events(fs);
	if (fs->ip.is_running)
		fs_seq_end(fs, &fs->ip.seq);
	fs->ip = (struct fs_ip){ 0 };
}

/* FIFOs on the AHB bus, while MCR0.ARDFEN and ATDFEN leave them there; a bus error otherwise. */

static enum vb_result rx_window_read(void *dev, struct vb_access *a, uint32_t offset,
				     uint32_t *value)
{
	struct imxrt_flexspi *fs = dev;

	*value = 0;
	if (!fs_is_on(fs) || imxrt_env_is_shut(fs->env, a) ||
	    !(fs_reg(fs, FLEXSPI_MCR0) & MCR0_ARDFEN))
		return VB_FAULT;
	for (unsigned i = 0; i < a->size; i++)
		*value |= (uint32_t)fs->rx.bytes[(offset + i) % FIFO_BYTES] << 8 * i;
	return VB_OK;
}

static enum vb_result refuse_access(void *dev, struct vb_access *a, uint32_t offset,
				    uint32_t *value)
{
	(void)dev, (void)a, (void)offset;
	*value = 0;
	return VB_FAULT;
}

static enum vb_result refuse_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	(void)dev, (void)a, (void)offset, (void)value;
	return VB_FAULT;
}

static enum vb_result tx_window_write(void *dev, struct vb_access *a, uint32_t offset,
				      uint32_t value)
{
	struct imxrt_flexspi *fs = dev;
	unsigned shift = 8 * (offset & 3);
	uint32_t mask = (0xffffffffu >> (32 - 8 * a->size)) << shift;
	uint32_t *word = &fs->tfdr[offset % FIFO_BYTES / 4];

	if (!fs_is_on(fs) || imxrt_env_is_shut(fs->env, a) ||
	    !(fs_reg(fs, FLEXSPI_MCR0) & MCR0_ATDFEN))
		return VB_FAULT;
	*word = (*word & ~mask) | (value << shift & mask);
	return VB_OK;
}

const struct vb_device_ops fs_rx_window_ops = { .read = rx_window_read, .write = refuse_write };
const struct vb_device_ops fs_tx_window_ops = { .read = refuse_access, .write = tx_window_write };
