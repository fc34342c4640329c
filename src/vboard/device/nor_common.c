/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that serial flashes of several vendors have the same. */
#include "vboard/device/nor_parts.h"

#include <string.h>

/* Reads: how many bytes came before is in `count`. */

static uint32_t in_chip(const struct nor *nor)
{
	return nor->addr & (nor->model->bytes - 1);
}

uint8_t nor_give_array(struct nor *nor)
{
	return nor->array[nor->addr++ & (nor->model->bytes - 1)];
}

uint8_t nor_give_burst(struct nor *nor, uint32_t wrap)
{
	uint32_t at = in_chip(nor);

	nor->addr = wrap ? (at & ~(wrap - 1)) | ((at + 1) & (wrap - 1)) : at + 1;
	return nor->array[at];
}

uint8_t nor_give_wrapped(struct nor *nor)
{
	return nor_give_burst(nor, nor->wrap);
}

uint8_t nor_give_jedec(struct nor *nor)
{
	return nor->model->id[nor->count % 3];
}

static uint8_t give_device_id(struct nor *nor)
{
	return nor->model->device_id;
}

/* A0 says which of the two comes first. */
uint8_t nor_give_both_ids(struct nor *nor)
{
	return (nor->addr + nor->count) & 1 ? nor->model->device_id : nor->model->id[0];
}

static uint8_t give_unique(struct nor *nor)
{
	return nor->unique[nor->count % nor->model->unique_bytes];
}

static uint8_t give_sfdp(struct nor *nor)
{
	return nor->model->sfdp[nor->addr++ & 0xff];
}

/* Register number of the address in a 42h, 44h or 48h, -1 if it names none. */
static int security_index(const struct nor *nor)
{
	uint32_t at = nor->addr & 0xffff00;

	if ((at & ~0x3000u) != 0 || !(nor->model->security & BIT(at >> 12)))
		return -1;
	return (int)(at >> 12);
}

uint8_t nor_give_security(struct nor *nor)
{
	int index = security_index(nor);

	if (index < 0)
		return 0xff;
	return nor->security[index][(nor->addr + nor->count) & 0xff];
}

static uint8_t give_register(struct nor *nor, unsigned index)
{
	nor_catch_up(nor);	/* polled with CS# low, a busy bit falls in the middle */
	return nor->model->family->status(nor, index);
}

static uint8_t give_reg0(struct nor *nor)
{
	return give_register(nor, 0);
}

uint8_t nor_give_reg1(struct nor *nor)
{
	return give_register(nor, 1);
}

uint8_t nor_give_reg2(struct nor *nor)
{
	return give_register(nor, 2);
}

uint8_t nor_give_reg3(struct nor *nor)
{
	return give_register(nor, 3);
}

/* Write enable */

void nor_write_enable(struct nor *nor)
{
	nor->wel = true;
}

static void write_disable(struct nor *nor)
{
	nor->wel = false;
}

static void volatile_enable(struct nor *nor)
{
	nor->volatile_armed = true;
}

/* Program and erase */

void nor_take_few(struct nor *nor, uint8_t byte)
{
	if (nor->count < sizeof(nor->page))
		nor->page[nor->count] = byte;
}

/* The page buffer goes round: of more than 256 bytes the last 256 count. */
void nor_take_page(struct nor *nor, uint8_t byte)
{
	if (nor->count == 0)
		memset(nor->page, 0xff, sizeof(nor->page));
	nor->page[(nor->addr + nor->count) & 0xff] = byte;
}

static uint64_t at_most(uint64_t page, uint64_t first, uint64_t next, uint64_t bytes)
{
	return MIN(page, first + next * (bytes - 1));
}

static struct nor_span program_time(const struct nor *nor)
{
	const struct nor_times *t = nor->model->times;
	uint32_t n = MIN(nor->count, NOR_PAGE);

	return (struct nor_span){
		at_most(t->page.typ, t->first_byte.typ, t->next_byte.typ, n),
		at_most(t->page.max, t->first_byte.max, t->next_byte.max, n),
	};
}

static bool hits_parked(const struct nor *nor, uint32_t at, uint32_t bytes)
{
	const struct nor_work *p = &nor->parked;

	return at < p->at + p->bytes && p->at < at + bytes;
}

/* A refused program or erase does not become busy. unconfirmed: that it clears WEL. */
static void refuse(struct nor *nor, const char *why)
{
	nor->wel = false;
	nor_ignore(nor, why);
}

void nor_program(struct nor *nor)
{
	uint32_t at = in_chip(nor) & ~(NOR_PAGE - 1);
	struct nor_span span;

	if (nor->count == 0) {
		nor_ignore(nor, "no data");
		return;
	}
	if (nor->suspended && nor->parked.kind == WORK_PROGRAM) {
		refuse(nor, "a program is suspended");
	} else if (nor->suspended && hits_parked(nor, at, NOR_PAGE)) {
		refuse(nor, "inside the suspended erase");
	} else if (nor->model->family->is_protected(nor, at, NOR_PAGE)) {
		refuse(nor, "protected");
	} else {
		span = program_time(nor);
		nor_begin(nor, WORK_PROGRAM, at, NOR_PAGE, &span);
	}
}

static void erase(struct nor *nor, uint32_t bytes, const struct nor_span *span)
{
	uint32_t at = in_chip(nor) & ~(bytes - 1);

	if (nor->suspended)
		refuse(nor, "something is suspended");
	else if (nor->model->family->is_protected(nor, at, bytes))
		refuse(nor, "protected");
	else
		nor_begin(nor, WORK_ERASE, at, bytes, span);
}

void nor_erase_sector(struct nor *nor)
{
	erase(nor, NOR_SECTOR, &nor->model->times->sector);
}

static void erase_half_block(struct nor *nor)
{
	erase(nor, NOR_BLOCK / 2, &nor->model->times->half_block);
}

static void erase_block(struct nor *nor)
{
	erase(nor, NOR_BLOCK, &nor->model->times->block);
}

static void erase_chip(struct nor *nor)
{
	if (nor->suspended)
		refuse(nor, "something is suspended");
	else if (nor->model->family->is_chip_protected(nor))
		refuse(nor, "protected");
	else
		nor_begin(nor, WORK_CHIP, 0, nor->model->bytes, &nor->model->times->chip);
}

static bool can_change_security(struct nor *nor, int index)
{
	if (index < 0)
		refuse(nor, "no such security register");
	else if (nor->suspended)
		refuse(nor, "something is suspended");
	else if (nor->model->family->is_security_locked(nor, (unsigned)index))
		refuse(nor, "the security register is locked for good");
	else
		return true;
	return false;
}

void nor_program_security(struct nor *nor)
{
	int index = security_index(nor);
	struct nor_span span;

	if (nor->count == 0 || !can_change_security(nor, index))
		return;
	span = program_time(nor);
	nor_begin(nor, WORK_SEC_PROGRAM, (uint32_t)index, NOR_PAGE, &span);
}

void nor_erase_security(struct nor *nor)
{
	int index = security_index(nor);

	if (can_change_security(nor, index))
		nor_begin(nor, WORK_SEC_ERASE, (uint32_t)index, NOR_PAGE,
			  &nor->model->times->sector);
}

/* QPI, sleep and reset */

void nor_enter_qpi(struct nor *nor)
{
	nor->qpi = true;
	nor_tell(nor, 0, 0);
}

void nor_leave_qpi(struct nor *nor)
{
	nor->qpi = false;
	nor_tell(nor, 0, 0);
}

static void power_down(struct nor *nor)
{
	nor->down = true;
	nor->ready_at = vb_clock_now(nor->clock) + nor->model->times->down;
	nor_tell(nor, 0, 0);
}

/* ABh. Followed by the dummy bytes it only reads the id, and wakes as well. */
static void release_power_down(struct nor *nor)
{
	const struct nor_times *t = nor->model->times;

	if (!nor->down)
		return;
	nor->down = false;
	nor->ready_at = vb_clock_now(nor->clock) + (nor->count ? t->release_id : t->release);
	nor_tell(nor, 0, 0);
}

static void arm_reset(struct nor *nor)
{
	nor->reset_armed = true;
}

static void obey_reset(struct nor *nor)
{
	if (!nor->reset_armed) {
		nor_ignore(nor, "99h without 66h before it");
		return;
	}
	nor->counts.resets++;
	nor_reset(nor);
	nor->ready_at = vb_clock_now(nor->clock) + nor->model->times->reset;
}

#define WR (OP_NEEDS_WEL | OP_QPI)
#define ST (OP_WHILE_BUSY | OP_QPI)

/* W25Q32JV 8.1.2 and IS25LP064A, table of instructions, agree on these. */
const struct nor_op nor_common_ops[] = {
	{ 0x06, 0, 0, 0, 0, OP_QPI, NULL, NULL, nor_write_enable },
	{ 0x04, 0, 0, 0, 0, OP_QPI, NULL, NULL, write_disable },
	{ 0x50, 0, 0, 0, 0, OP_QPI, NULL, NULL, volatile_enable },
	{ 0x05, 0, 0, 0, 1, ST, give_reg0, NULL, NULL },
	{ 0x03, 1, 0, 0, 1, 0, nor_give_array, NULL, NULL },
	{ 0x02, 1, 0, 0, 1, WR, NULL, nor_take_page, nor_program },
	{ 0x32, 1, 0, 0, 4, OP_NEEDS_WEL | OP_NEEDS_QE, NULL, nor_take_page, nor_program },
	{ 0x20, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, nor_erase_sector },
	{ 0x52, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, erase_half_block },
	{ 0xd8, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, erase_block },
	{ 0xc7, 0, 0, 0, 0, WR | OP_EXACT, NULL, NULL, erase_chip },
	{ 0x60, 0, 0, 0, 0, WR | OP_EXACT, NULL, NULL, erase_chip },
	{ 0x75, 0, 0, 0, 0, ST, NULL, NULL, nor_suspend },
	{ 0x7a, 0, 0, 0, 0, OP_QPI, NULL, NULL, nor_resume },
	{ 0xb9, 0, 0, 0, 0, OP_QPI, NULL, NULL, power_down },
	{ 0xab, 1, 0, 0, 1, OP_QPI | OP_ANY_END | OP_IN_DPD, give_device_id, NULL,
	  release_power_down },
	{ 0x9f, 0, 0, 0, 1, OP_QPI, nor_give_jedec, NULL, NULL },
	{ 0x4b, 1, 0, 8, 1, 0, give_unique, NULL, NULL },
	{ 0x5a, 1, 0, 8, 1, 0, give_sfdp, NULL, NULL },
	{ 0x66, 0, 0, 0, 0, ST, NULL, NULL, arm_reset },
	{ 0x99, 0, 0, 0, 0, ST, NULL, NULL, obey_reset },
	{ 0 }
};
