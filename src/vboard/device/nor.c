/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/nor.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vboard/device/hyperflash.h"
#include "vboard/device/nor_parts.h"

#define TVSL NOR_US(20)		/* W25Q32JV 9.3: VCC(min) to CS# low, and to the first write */
#define TPUW NOR_MS(5)

/* W25Q32JV 9.6 */
static const struct nor_times w25q32jv_times = {
	.page = { NOR_US(400), NOR_MS(3) },
	.first_byte = { NOR_US(30), NOR_US(50) },
	.next_byte = { 2500, NOR_US(12) },
	.sector = { NOR_MS(45), NOR_MS(400) },
	.half_block = { NOR_MS(120), NOR_MS(1600) },
	.block = { NOR_MS(150), NOR_MS(2000) },
	.chip = { NOR_MS(10000), NOR_MS(50000) },
	.reg = { NOR_MS(10), NOR_MS(15) },
	.suspend = NOR_US(20), .reset = NOR_US(30), .release = NOR_US(3), .release_id = 1800,
	.down = NOR_US(3),
};

/* unconfirmed: IS25LP064A/IS25WP064A */
static const struct nor_times is25p064a_times = {
	.page = { NOR_US(200), NOR_US(800) },
	.first_byte = { NOR_US(8), NOR_US(32) },
	.next_byte = { NOR_US(1), NOR_US(4) },
	.sector = { NOR_MS(70), NOR_MS(300) },
	.half_block = { NOR_MS(100), NOR_MS(500) },
	.block = { NOR_MS(150), NOR_MS(1000) },
	.chip = { NOR_MS(16000), NOR_MS(45000) },
	.reg = { NOR_MS(2), NOR_MS(15) },
	.suspend = NOR_US(100), .reset = NOR_US(100), .release = NOR_US(5), .release_id = NOR_US(5),
	.down = NOR_US(3),
};

/* unconfirmed: AT25SF128A */
static const struct nor_times at25sf128a_times = {
	.page = { NOR_US(400), NOR_US(2500) },
	.first_byte = { NOR_US(30), NOR_US(50) },
	.next_byte = { 2500, NOR_US(10) },
	.sector = { NOR_MS(60), NOR_MS(400) },
	.half_block = { NOR_MS(120), NOR_MS(1000) },
	.block = { NOR_MS(200), NOR_MS(2000) },
	.chip = { NOR_MS(40000), NOR_MS(200000) },
	.reg = { NOR_MS(10), NOR_MS(15) },
	.suspend = NOR_US(20), .reset = NOR_US(30), .release = NOR_US(5), .release_id = NOR_US(5),
	.down = NOR_US(3),
};

static const struct nor_times s26ks512s_times = { .suspend = NOR_US(50) };

static const struct nor_model models[] = {
	{ .name = "w25q32jv-iq", .id = { 0xef, 0x40, 0x16 }, .device_id = 0x15, .unique_bytes = 8,
	  .bytes = 0x400000, .factory = { 0x00, 0x02, 0x60 }, .qe_is_fixed = true,
	  .ops = { nor_winbond_ops, nor_winbond_lock_ops }, .sfdp = nor_sfdp_w25q32jv,
	  .times = &w25q32jv_times, .security = 0xe, .family = &nor_winbond },
	{ .name = "w25q32jv-im", .id = { 0xef, 0x70, 0x16 }, .device_id = 0x15, .unique_bytes = 8,
	  .bytes = 0x400000, .factory = { 0x00, 0x00, 0x60 }, .has_qpi = true,
	  .ops = { nor_winbond_ops, nor_winbond_lock_ops, nor_winbond_im_ops },
	  .sfdp = nor_sfdp_w25q32jv, .times = &w25q32jv_times, .security = 0xe,
	  .family = &nor_winbond },
	{ .name = "is25wp064a", .id = { 0x9d, 0x70, 0x17 }, .device_id = 0x16, .unique_bytes = 16,
	  .bytes = 0x800000, .factory = { 0x00, 0x00, 0xe0, 0xe0 }, .has_qpi = true,
	  .ops = { nor_issi_ops }, .sfdp = nor_sfdp_is25p064a, .times = &is25p064a_times,
	  .security = 0xf, .family = &nor_issi },
	{ .name = "is25lp064a", .id = { 0x9d, 0x60, 0x17 }, .device_id = 0x16, .unique_bytes = 16,
	  .bytes = 0x800000, .factory = { 0x00, 0x00, 0xe0, 0xe0 }, .has_qpi = true,
	  .ops = { nor_issi_ops }, .sfdp = nor_sfdp_is25p064a, .times = &is25p064a_times,
	  .security = 0xf, .family = &nor_issi },
	{ .name = "at25sf128a", .id = { 0x1f, 0x89, 0x01 }, .device_id = 0x17, .unique_bytes = 8,
	  .bytes = 0x1000000, .factory = { 0x00, 0x00, 0x60 }, .ops = { nor_winbond_ops },
	  .sfdp = nor_sfdp_at25sf128a, .times = &at25sf128a_times, .security = 0xe,
	  .family = &nor_winbond },
	{ .name = "s26ks512s", .bytes = 0x4000000, .times = &s26ks512s_times, .is_hyper = true },
	{ 0 }
};

static void load_registers(struct nor *nor)
{
	memcpy(nor->reg, nor->nv, sizeof(nor->reg));
	nor->wel = nor->volatile_armed = nor->reset_armed = nor->qpi = nor->down = false;
	nor->continuous = NULL;
	nor->wrap = 0;
	nor->unlocked = UINT32_MAX;
	nor->model->family->reset(nor);
}

/* 66h-99h. The lock of the status registers lasts until power-off. */
void nor_reset(struct nor *nor)
{
	const uint8_t *lock = nor->model->family->lock;
	uint8_t locked = nor->reg[lock[0]] & lock[1];

	nor_abort(nor);
	load_registers(nor);
	if (lock[0] != 0)	/* SRWD of register 0 is non-volatile anyway */
		nor->reg[lock[0]] |= locked;
	nor_tell(nor, 0, 0);
}

static void add_ops(struct nor *nor, const struct nor_op *ops)
{
	for (const struct nor_op *op = ops; op != NULL && op->opcode; op++)
		nor->by_opcode[op->opcode] = op;
}

static void index_ops(struct nor *nor)
{
	memset(nor->by_opcode, 0, sizeof(nor->by_opcode));
	add_ops(nor, nor_common_ops);
	for (size_t i = 0; i < ARRAY_SIZE(nor->model->ops); i++)
		add_ops(nor, nor->model->ops[i]);
}

/* Each part has its own number; the same part of the same board always the same. */
static void make_unique(struct nor *nor)
{
	uint32_t h = 2166136261u;

	for (const char *p = nor->model->name; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	for (size_t i = 0; i < sizeof(nor->unique); i++) {
		h = h * 1664525u + 1013904223u;
		nor->unique[i] = (uint8_t)(h >> 24);
	}
}

static const struct nor_model *find_model(const char *name)
{
	const struct nor_model *m = models;

	while (m->name != NULL && strcmp(m->name, name) != 0)
		m++;
	return m->name != NULL ? m : NULL;
}

struct nor *nor_new(const char *model, struct vb_clock *clock)
{
	const struct nor_model *m = find_model(model);
	struct nor *nor;

	if (m == NULL)
		return NULL;
	nor = xcalloc(1, sizeof(*nor));
	nor->model = m;
	nor->clock = clock;
	nor->powered = true;
	nor->array = xcalloc(1, m->bytes);
	memset(nor->array, 0xff, m->bytes);
	memset(nor->security, 0xff, sizeof(nor->security));
	memcpy(nor->nv, m->factory, sizeof(nor->nv));
	make_unique(nor);
	if (m->is_hyper) {
		nor->hyper = hyperflash_new(nor);
		return nor;
	}
	nor->spi = (struct vb_spi_device){ &nor_spi_ops, nor };
	index_ops(nor);
	load_registers(nor);
	return nor;
}

bool nor_refit(struct nor *nor, const char *model, char *error, size_t error_size)
{
	const struct nor_model *m = find_model(model);

	if (m == NULL || m->is_hyper || m->bytes != nor->model->bytes ||
	    m->family != nor->model->family) {
		snprintf(error, error_size, "%s cannot stand in the place of %s", model,
			 nor->model->name);
		return false;
	}
	nor_abort(nor);
	nor->model = m;
	nor->selected = false;
	nor->op = NULL;
	memcpy(nor->nv, m->factory, sizeof(nor->nv));
	make_unique(nor);
	index_ops(nor);
	load_registers(nor);
	nor_tell(nor, 0, 0);
	return true;
}

void nor_free(struct nor *nor)
{
	if (nor == NULL)
		return;
	if (nor->hyper != NULL)
		hyperflash_free(nor->hyper);
	vb_clock_cancel(nor->clock, nor->event);
	free(nor->array);
	free(nor);
}

const struct vb_spi_device *nor_spi(struct nor *nor)
{
	return &nor->spi;
}

const char *nor_model(const struct nor *nor)
{
	return nor->model->name;
}

uint8_t *nor_array(struct nor *nor)
{
	return nor->array;
}

uint32_t nor_bytes(const struct nor *nor)
{
	return nor->model->bytes;
}

void nor_power(struct nor *nor, bool on)
{
	uint64_t now = vb_clock_now(nor->clock);

	if (nor->powered == on)
		return;
	nor->powered = on;
	nor->selected = false;
	nor->op = NULL;
	if (nor->hyper != NULL) {
		hyperflash_power(nor->hyper, on);
	} else {
		nor_abort(nor);
		load_registers(nor);
		nor->ready_at = now + TVSL;
		nor->writable_at = now + TPUW;
	}
	nor_tell(nor, 0, 0);
}

void nor_set_listener(struct nor *nor, void (*changed)(void *ctx, uint32_t offset, uint32_t bytes),
		      void *ctx)
{
	nor->changed = changed;
	nor->changed_ctx = ctx;
}

void nor_set_watch(struct nor *nor, void (*begun)(void *ctx, bool is_erase, uint64_t ns), void *ctx)
{
	nor->begun = begun;
	nor->begun_ctx = ctx;
}

void nor_tell(struct nor *nor, uint32_t offset, uint32_t bytes)
{
	if (nor->changed != NULL)
		nor->changed(nor->changed_ctx, offset, bytes);
}

void nor_ignore(struct nor *nor, const char *why)
{
	nor->counts.ignored++;
	nor->why = why;
	nor->why_opcode = nor->opcode;
}

bool nor_is_plain(const struct nor *nor)
{
	if (!nor->powered || nor->fault.absent || nor->selected)
		return false;
	if (nor->hyper != NULL)
		return hyperflash_is_plain(nor->hyper);
	return !nor_is_busy(nor) && !nor->qpi && !nor->down && nor->continuous == NULL &&
	       nor->wrap == 0 && vb_clock_now(nor->clock) >= nor->ready_at;
}
