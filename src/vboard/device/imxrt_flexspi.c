/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The FlexSPI controller as a whole: its life, its clock, its place on the bus, and the flash that
 * the CPU may see directly (IMXRT1064RM "FlexSPI Controller"). */
#include <stdlib.h>
#include <string.h>

#include "vboard/device/imxrt_flexspi_priv.h"

#define FIFO_WINDOW_BYTES 0x400000u
#define ALIAS_BYTES	  0x8000000u

/* Instructions in place with the L1 caches as they usually are, and a rate that the emulator keeps up
 * with. */
#define FETCH_HZ 25000000u

/* Code that must have come over the wires right before the CPU fetches it directly. */
#define PROVEN_BYTES  16u
#define PROVEN_VALUES 6u

/* Clocks */

uint64_t fs_now(const struct imxrt_flexspi *fs)
{
	return vb_clock_now(fs->env->board->clock);
}

static bool gate_is_on(const struct imxrt_flexspi *fs)
{
	/* CCGR6.CG5 flexspi, CCGR7.CG1 flexspi2 */
	return imxrt_env_is_on(fs->env, fs->config.instance ? IMXRT_GATE(7, 1) : IMXRT_GATE(6, 5));
}

bool fs_is_on(const struct imxrt_flexspi *fs)
{
	return !(fs_reg(fs, FLEXSPI_MCR0) & MCR0_MDIS) && gate_is_on(fs);
}

uint32_t fs_sck(const struct imxrt_flexspi *fs)
{
	uint32_t mcr0 = fs_reg(fs, FLEXSPI_MCR0);
	uint32_t divider = (bits_get(mcr0, 10, 8) + 1) * (mcr0 & MCR0_HSEN ? 2 : 1);

	return fs_is_on(fs) ? fs->env->clocks.flexspi[fs->config.instance] / divider : 0;
}

uint64_t fs_clocks_ns(const struct imxrt_flexspi *fs, uint64_t clocks)
{
	uint32_t hz = fs_sck(fs);

	return hz ? (clocks * NS_PER_S + hz - 1) / hz : 0;
}

/* For time-outs counted in AHB clocks. unconfirmed: 0 switches them off. */
uint64_t fs_ahb_ns(const struct imxrt_flexspi *fs, uint64_t clocks)
{
	uint32_t hz = fs->env->clocks.ahb;

	return hz && clocks ? clocks * NS_PER_S / hz : UINT64_MAX;
}

/* The direct view: it needs a controller at rest and a flash that reads plainly over the wires. */

/* While the core ran without us it used its buffer as ever: that holds what is around its PC now. */
static void catch_up_buffer(struct imxrt_flexspi *fs)
{
	struct vb_cpu_state core = { .pc = 0 };
	uint32_t bases[] = { fs->config.window, fs->config.alias };

	if (fs->env->board->cpu == NULL || fs->count.ahb_reads != fs->reads_when_shown)
		return;
	vb_cpu_state(fs->env->board->cpu, &core);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		if (fs->shown[i] && core.pc - bases[i] < nor_bytes(fs->port[0].nor))
			fs_ahb_as_fetched(fs, core.pc - bases[i]);
	}
}

void fs_hide(struct imxrt_flexspi *fs)
{
	fs->proven = 0;
	memset(fs->proven_values, 0, sizeof(fs->proven_values));
	vb_clock_cancel(fs->env->board->clock, fs->show_event);
	fs->show_event = NULL;
	if (!fs->is_shown)
		return;
	fs->is_shown = false;
	catch_up_buffer(fs);
	for (size_t i = 0; i < ARRAY_SIZE(fs->shown); i++) {
		if (fs->shown[i])
			vb_bus_guard(fs->env->board->bus, fs->shown[i], true);
	}
}

static bool may_show(const struct imxrt_flexspi *fs)
{
	return fs->shown[0] && fs_sck(fs) != 0 && !fs->ip.is_busy && fs->remap.offset == 0 &&
	       fs_reg(fs, FLEXSPI_FLSHA1CR0) * 1024ull >= nor_bytes(fs->port[0].nor) &&
	       fs->port[0].instr_ptr == 0 && nor_is_plain(fs->port[0].nor) &&
	       fs_ahb_is_coherent(fs);
}

static void show(void *ctx)
{
	struct imxrt_flexspi *fs = ctx;

	fs->show_event = NULL;
	if (!may_show(fs))
		return;
	fs->is_shown = true;
	fs->reads_when_shown = fs->count.ahb_reads;
	for (size_t i = 0; i < ARRAY_SIZE(fs->shown); i++) {
		if (fs->shown[i])
			vb_bus_guard(fs->env->board->bus, fs->shown[i], false);
	}
}

static unsigned count_values(const uint32_t *values)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 8; i++)
		n += (unsigned)__builtin_popcount(values[i]);
	return n;
}

/*
 * Only a core that runs from the flash is shown it, and only when the very bytes it has fetched are
 * the array's: blank flash reads right from a dead one, too, so they must be of some variety.
 * Never done within the access: the CPU is in it.
 */
void fs_prove(struct imxrt_flexspi *fs, uint32_t offset, const uint8_t *bytes, unsigned n)
{
	struct nor *nor = fs->port[0].nor;

	if (fs->is_shown || fs->show_event || nor == NULL || fs->shown[0] == NULL)
		return;
	if (offset > nor_bytes(nor) || n > nor_bytes(nor) - offset ||
	    memcmp(nor_array(nor) + offset, bytes, n) != 0) {
		fs->proven = 0;
		return;
	}
	fs->proven += n;
	for (unsigned i = 0; i < n; i++)
		fs->proven_values[bytes[i] / 32] |= BIT(bytes[i] % 32);
	if (fs->proven >= PROVEN_BYTES && count_values(fs->proven_values) >= PROVEN_VALUES)
		fs->show_event = vb_clock_after(fs->env->board->clock, 0, show, fs,
						"flexspi direct view");
}

/* The CPU may have translated the old bytes: what changes the array goes through the bus. */
static void tell_bus(struct imxrt_flexspi *fs, uint32_t offset, uint32_t bytes)
{
	uint8_t piece[4096];

	while (bytes > 0) {
		uint32_t n = MIN(bytes, (uint32_t)sizeof(piece));

		memcpy(piece, nor_array(fs->port[0].nor) + offset, n);
		vb_bus_poke(fs->env->board->bus, fs->config.window + offset, piece, n);
		offset += n;
		bytes -= n;
	}
}

static void flash_changed(void *ctx, uint32_t offset, uint32_t bytes)
{
	struct imxrt_flexspi *fs = ctx;

	if (bytes > 0 || !fs->drives)
		fs_hide(fs);
	if (bytes > 0 && fs->shown[0])
		tell_bus(fs, offset, bytes);
}

/* Clocks, gates and pads */

static void env_resume(void *dev)
{
	struct imxrt_flexspi *fs = dev;
	unsigned instance = fs->config.instance;
	uint32_t hz = fs->env->clocks.flexspi[instance], wires = fs->env->wires[instance];
	bool on = gate_is_on(fs);

	if (hz == fs->seen.hz && wires == fs->seen.wires && on == fs->seen.is_on)
		return;
	fs->seen.hz = hz;
	fs->seen.wires = wires;
	fs->seen.is_on = on;
	fs_hide(fs);
	fs_dll_look(fs);
	fs_ip_resume(fs);
}

/* Life */

struct imxrt_flexspi *imxrt_flexspi_new(struct imxrt_env *env,
					const struct imxrt_flexspi_config *config)
{
	struct imxrt_flexspi *fs = xcalloc(1, sizeof(*fs));
	const struct imxrt_follower follower = { NULL, env_resume, fs };
	uint32_t noise = 0x1064 + config->instance;

	fs->env = env;
	fs->config = *config;
	for (size_t i = 0; i < ARRAY_SIZE(fs->lut); i++) {	/* undefined after power-on */
		noise = noise * 1664525 + 1013904223;
		fs->lut[i] = noise;
	}
	imxrt_env_follow(env, &follower);
	fs_registers_reset(fs);
	return fs;
}

void imxrt_flexspi_free(struct imxrt_flexspi *fs)
{
	if (fs == NULL)
		return;
	fs_ahb_clear(fs);
	fs_ip_abort(fs);
	vb_clock_cancel(fs->env->board->clock, fs->show_event);
	if (fs->port[0].nor)
		nor_set_listener(fs->port[0].nor, NULL, NULL);
	free(fs);
}

void imxrt_flexspi_attach(struct imxrt_flexspi *fs, unsigned port, struct nor *nor)
{
	fs->port[port].nor = nor;
	fs->port[port].spi = nor_spi(nor);
	if (port == 0)
		nor_set_listener(nor, flash_changed, fs);
}

void imxrt_flexspi_reset(struct imxrt_flexspi *fs)
{
	fs_hide(fs);
	fs_soft_reset(fs);
	fs->wires_free_ns = 0;
	memset(fs->tfdr, 0, sizeof(fs->tfdr));
	fs_registers_reset(fs);
	fs_update_irq(fs);
}

void imxrt_flexspi_remap(struct imxrt_flexspi *fs, uint32_t start, uint32_t end, uint32_t offset)
{
	fs_hide(fs);
	fs->remap.start = start;
	fs->remap.end = end;
	fs->remap.offset = end > start ? offset : 0;
}

/* Bus */

static enum vb_result shown_read(void *ctx, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	return fs_ahb_read(ctx, a, offset, value);
}

static enum vb_result shown_write(void *ctx, struct vb_access *a, uint32_t offset, uint32_t value)
{
	return fs_ahb_write(ctx, a, offset, value);
}

static const struct vb_ram_ops shown_ops = { .write = shown_write, .read = shown_read };

/* The window behind the flash's end. */
static uint32_t window_offset(const struct imxrt_flexspi *fs, uint32_t addr)
{
	uint32_t offset = addr - fs->config.window;

	return offset < fs->config.window_bytes ? offset : addr - fs->config.alias;
}

static enum vb_result beyond_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	(void)offset;
	return fs_ahb_read(dev, a, window_offset(dev, a->addr), value);
}

static enum vb_result beyond_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	(void)offset;
	return fs_ahb_write(dev, a, window_offset(dev, a->addr), value);
}

static const struct vb_device_ops beyond_ops = { .read = beyond_read, .write = beyond_write };

static struct vb_region *map_window(struct imxrt_flexspi *fs, uint32_t base, uint32_t bytes)
{
	struct nor *nor = fs->port[0].nor;
	uint32_t flash = nor ? MIN(nor_bytes(nor), bytes) : 0;
	const struct vb_region beyond = { .name = "FlexSPI beyond the flash", .base = base + flash,
					  .size = bytes - flash, .dev_ops = &beyond_ops, .ctx = fs };
	struct vb_region *shown = NULL;

	if (flash) {
		const struct vb_region region = {
			.name = "FlexSPI", .base = base, .size = flash, .ram = nor_array(nor),
			.executable = true, .cacheable = true, .guarded = true, .dap_guarded = true,
			.fetch_hz = FETCH_HZ, .ram_ops = &shown_ops, .ctx = fs,
		};

		shown = vb_bus_add(fs->env->board->bus, &region);
	}
	if (beyond.size)
		vb_bus_add(fs->env->board->bus, &beyond);
	return shown;
}

static void map_fifo(struct imxrt_flexspi *fs, uint32_t base, const struct vb_device_ops *ops)
{
	const struct vb_region region = { .name = "FlexSPI FIFO", .base = base,
					  .size = FIFO_WINDOW_BYTES, .dev_ops = ops, .ctx = fs };

	if (base)
		vb_bus_add(fs->env->board->bus, &region);
}

void imxrt_flexspi_map(struct imxrt_flexspi *fs)
{
	const struct imxrt_flexspi_config *c = &fs->config;

	fs->shown[0] = map_window(fs, c->window, c->window_bytes);
	if (c->alias)
		fs->shown[1] = map_window(fs, c->alias, MIN(c->window_bytes, ALIAS_BYTES));
	map_fifo(fs, c->tx_window, &fs_tx_window_ops);
	map_fifo(fs, c->rx_window, &fs_rx_window_ops);
}

uint64_t imxrt_flexspi_ip_commands(const struct imxrt_flexspi *fs)
{
	return fs->count.ip_commands;
}

void imxrt_flexspi_describe(const struct imxrt_flexspi *fs, FILE *out)
{
	fprintf(out, "{\"instance\":%u,\"on\":%s,\"sck_hz\":%u,\"wires\":%u", fs->config.instance + 1,
		fs_is_on(fs) ? "true" : "false", fs_sck(fs), fs->env->wires[fs->config.instance]);
	fprintf(out, ",\"mcr0\":%u,\"intr\":%u,\"sts1\":%u,\"lutcr\":%u", fs_reg(fs, FLEXSPI_MCR0),
		fs_intr(fs), fs_reg(fs, FLEXSPI_STS1), fs_reg(fs, FLEXSPI_LUTCR));
	fprintf(out, ",\"ip_busy\":%s,\"direct\":%s,\"coherent\":%s",
		fs->ip.is_busy ? "true" : "false", fs->is_shown ? "true" : "false",
		fs_ahb_is_coherent(fs) ? "true" : "false");
	fprintf(out, ",\"ip_commands\":%llu,\"ip_errors\":%llu,\"ahb_reads\":%llu,\"ahb_writes\":%llu",
		(unsigned long long)fs->count.ip_commands, (unsigned long long)fs->count.ip_errors,
		(unsigned long long)fs->count.ahb_reads, (unsigned long long)fs->count.ahb_writes);
	fprintf(out, ",\"ahb_errors\":%llu,\"stale_reads\":%llu,\"serial_clocks\":%llu}",
		(unsigned long long)fs->count.ahb_errors,
		(unsigned long long)fs->count.stale_reads, (unsigned long long)fs->count.clocks);
}
