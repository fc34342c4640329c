/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FLASH registers of STM32L4, RM0351 3.7, and of its siblings: keys, control, flags, interrupts.
 *
 * The lines with TrustZone have KEYR, SR and CR twice. Which half an access belongs to is decided by
 * its security, not by its address: out of reset the whole map is secure for a secure debugger.
 */
#include "vboard/device/stm32l4_flash_parts.h"
#include "vboard/device/stm32l4_hooks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STUCK_RETRY_NS 100000000u

static struct stm32l4_flash *flash_of(struct vb_regs *regs)
{
	return regs->dev;
}

uint32_t *stm32l4_flash_reg(struct stm32l4_flash *f, uint32_t offset)
{
	return vb_regs_at(&f->regs, offset);
}

bool stm32l4_flash_is_busy(const struct stm32l4_flash *f)
{
	return f->op != FLASH_IDLE || f->stuck_bsy;
}

uint64_t stm32l4_flash_busy_until(const struct stm32l4_flash *f)
{
	bool for_ever = f->stuck_bsy || f->op_waits_ns != 0;

	return for_ever ? stm32_env_now(f->env) + STUCK_RETRY_NS : f->op_until_ns;
}

unsigned stm32l4_flash_side(const struct stm32l4_flash *f, const struct vb_access *a)
{
	if (!stm32l4_options_has_tz(f))
		return 0;
	if (a->master != VB_DAP)
		return 1;
	return !a->is_nonsecure && !stm32l4_options_is_half(f);
}

bool stm32l4_flash_is_down(const struct stm32l4_flash *f, unsigned bank)
{
	uint32_t mask = f->family->acr_run_pd;

	if (f->family->acr_run_pd2 != 0 && bank == 1)
		mask = f->family->acr_run_pd2;
	return *f->acr & mask;
}

bool stm32l4_flash_may_write(const struct stm32l4_flash *f)
{
	if (stm32l4_flash_is_down(f, 0) || stm32l4_flash_is_down(f, 1))
		return false;
	return stm32_env_can_program_flash(f->env) &&
	       (f->voltage_ok == NULL || f->voltage_ok(f->chip));
}

/* Interrupts and flags */

static bool side_irq(const struct flash_side *s)
{
	return ((*s->sr & SR_EOP) && (*s->cr & CR_EOPIE)) ||
	       ((*s->sr & SR_OPERR) && (*s->cr & CR_ERRIE)) ||
	       ((*s->sr & SR_RDERR) && (*s->cr & CR_RDERRIE));
}

void stm32l4_flash_irq(struct stm32l4_flash *f)
{
	uint32_t eccr = *f->eccr | (f->ecc2r != NULL ? *f->ecc2r : 0);
	bool corrected = (eccr & ECCR_ECCC) && (eccr & ECCR_ECCIE);

	stm32_env_irq(f->env, f->family->irq, side_irq(&f->side[0]) || corrected);
	if (f->family->sec_irq != 0)
		stm32_env_irq(f->env, f->family->sec_irq, side_irq(&f->side[1]));
	stm32_env_irq(f->env, -1, eccr & ECCR_ECCD);
}

void stm32l4_flash_flag_on(struct stm32l4_flash *f, unsigned side, uint32_t error_bits)
{
	const struct flash_side *s = &f->side[side];

	*s->sr |= error_bits;
	if ((error_bits & SR_BLOCKING) && (*s->cr & CR_ERRIE))
		*s->sr |= SR_OPERR;
	stm32l4_flash_irq(f);
}

void stm32l4_flash_flag(struct stm32l4_flash *f, uint32_t error_bits)
{
	stm32l4_flash_flag_on(f, 0, error_bits);
}

/* Control registers */

/* Locks are set-only, and LOCK takes OPTLOCK with it. */
static void lock_written(struct stm32l4_flash *f, const struct flash_side *s, uint32_t value)
{
	bool is_main = s->cr == f->cr;

	if (value & CR_LOCK) {
		*s->cr |= is_main ? CR_LOCK | CR_OPTLOCK : CR_LOCK;
		if (*s->key != KEY_LOCKED_OUT)
			*s->key = KEY_CLOSED;
	}
	if (is_main && (*s->cr & CR_OPTLOCK) && f->optkeyr == KEY_OPEN)
		f->optkeyr = KEY_CLOSED;
}

static enum vb_result side_written(struct stm32l4_flash *f, unsigned side, uint32_t value, uint32_t old)
{
	const struct flash_side *s = &f->side[side];
	bool options_open = side == 0 && !(old & CR_OPTLOCK);

	*s->cr = old;
	if (old & CR_LOCK)
		return VB_OK;		/* dropped without a sign */
	*s->cr = value & f->family->cr_plain;
	*s->cr |= old & (f->family->cr_sec_prot[0] | f->family->cr_sec_prot[1]);
	if (side == 0)
		*s->cr |= (old | value) & CR_OPTLOCK;
	lock_written(f, s, value);
	if ((old & CR_FSTPG) && !(value & CR_FSTPG))
		stm32l4_fast_left(f);
	if (value & CR_STRT)
		stm32l4_flash_start_erase(f, side, value);
	if (options_open && (value & CR_OPTSTRT) && f->op == FLASH_IDLE)
		stm32l4_options_start(f);
	if (options_open && (value & CR_OBL_LAUNCH))
		stm32_env_request_reset(f->env, VB_RESET_OPTION_LOAD);
	stm32l4_array_guard(f);
	stm32l4_flash_irq(f);
	return VB_OK;
}

FLASH_HOOK(cr_written)
{
	return side_written(flash_of(regs), 0, value, old);
}

FLASH_HOOK(seccr_written)
{
	return side_written(flash_of(regs), 1, value, old);
}

/* Keys: a wrong value, or one written to an open lock, is a bus error and shuts the lock until the
 * next system reset (RM0351 3.3.5). */
static enum vb_result key_written(struct stm32l4_flash *f, enum flash_key *key, const uint32_t keys[2],
				  bool may_open, uint32_t value)
{
	if (*key == KEY_LOCKED_OUT)
		return value == keys[0] || value == keys[1] ? VB_OK : VB_FAULT;
	if (!may_open || *key == KEY_OPEN || value != keys[*key == KEY_HALF]) {
		*key = KEY_LOCKED_OUT;
		f->stats.key_errors++;
		return VB_FAULT;
	}
	*key = *key == KEY_HALF ? KEY_OPEN : KEY_HALF;
	return VB_OK;
}

static enum vb_result side_key(struct stm32l4_flash *f, unsigned side, uint32_t value)
{
	static const uint32_t keys[2] = { 0x45670123, 0xcdef89ab };
	const struct flash_side *s = &f->side[side];
	enum vb_result rc = key_written(f, s->key, keys, true, value);

	if (*s->key == KEY_OPEN) {
		*s->cr &= ~CR_LOCK;
		stm32l4_icache_unlocked(f);
	}
	if (*s->key == KEY_LOCKED_OUT)
		*s->cr |= side == 0 ? CR_LOCK | CR_OPTLOCK : CR_LOCK;
	stm32l4_array_guard(f);
	return rc;
}

FLASH_HOOK(keyr_written)
{
	(void)old;
	return side_key(flash_of(regs), 0, value);
}

FLASH_HOOK(seckeyr_written)
{
	(void)old;
	return side_key(flash_of(regs), 1, value);
}

FLASH_HOOK(optkeyr_written)
{
	static const uint32_t keys[2] = { 0x08192a3b, 0x4c5d6e7f };
	struct stm32l4_flash *f = flash_of(regs);
	enum vb_result rc = key_written(f, &f->optkeyr, keys, !(*f->cr & CR_LOCK), value);

	(void)old;
	if (f->optkeyr == KEY_OPEN)
		*f->cr &= ~CR_OPTLOCK;
	else if (f->optkeyr == KEY_LOCKED_OUT)
		*f->cr |= CR_OPTLOCK;
	return rc;
}

FLASH_HOOK(pdkeyr_written)
{
	static const uint32_t keys[2] = { 0x04152637, 0xfafbfcfd };
	struct stm32l4_flash *f = flash_of(regs);

	(void)old;
	return key_written(f, &f->pdkeyr, keys, true, value);
}

FLASH_HOOK(acr_written)
{
	struct stm32l4_flash *f = flash_of(regs);
	uint32_t down = f->family->acr_run_pd | f->family->acr_run_pd2;

	(void)value;
	if ((*f->acr ^ old) & down) {
		if (f->pdkeyr == KEY_OPEN)
			f->pdkeyr = KEY_CLOSED;		/* one write per unlock */
		else
			*f->acr = (*f->acr & ~down) | (old & down);
	}
	if (f->family->empty == EMPTY_IN_ACR)
		f->is_empty = *f->acr & ACR_EMPTY;
	stm32l4_cells_acr(f, old);
	stm32l4_flash_resume(f);
	stm32l4_array_guard(f);
	return VB_OK;
}

void stm32l4_acr_reading(struct vb_regs *regs, uint32_t *acr)
{
	struct stm32l4_flash *f = flash_of(regs);

	if (f->family->empty == EMPTY_IN_ACR)
		*acr = (*acr & ~ACR_EMPTY) | (f->is_empty ? ACR_EMPTY : 0);
}

FLASH_HOOK(flags_written)
{
	struct stm32l4_flash *f = flash_of(regs);

	(void)old;
	/* SR.PEMPTY: a written 1 turns it over (RM0394 3.7.5). */
	if (f->family->empty == EMPTY_IN_SR && f->access != NULL &&
	    (f->access->addr & 0xff) == f->family->sr && (value & SR_PEMPTY))
		f->is_empty = !f->is_empty;
	stm32l4_flash_irq(f);
	return VB_OK;
}

/* What of SR is not a flag but the state of the moment. */
static uint32_t live_bits(const struct stm32l4_flash *f)
{
	const struct stm32l4_flash_family *family = f->family;
	bool bank2 = f->op != FLASH_IDLE && f->op_banks == 2;
	uint32_t bits = 0;

	if (stm32l4_flash_is_held(f))
		bits |= family->sr_pesd;
	if (f->stuck_bsy || (f->op != FLASH_IDLE && f->op_waits_ns == 0))
		bits |= family->sr_bsy2 != 0 && bank2 && !f->stuck_bsy ? family->sr_bsy2 : SR_BSY;
	if (family->sr_bsy2 != 0 && f->op == FLASH_MASS_ERASE && (f->op_banks & 2))
		bits |= family->sr_bsy2;
	if (f->latched > 0 || f->op != FLASH_IDLE || f->fast_half)
		bits |= family->sr_cfgbsy;
	if (f->latched > 0)
		bits |= family->sr_wdw;
	if (family->empty == EMPTY_IN_SR && f->is_empty)
		bits |= SR_PEMPTY;
	return bits;
}

static void refresh(const struct stm32l4_flash *f, uint32_t *sr)
{
	uint32_t live = SR_BSY | f->family->sr_bsy2 | f->family->sr_cfgbsy | f->family->sr_wdw |
			f->family->sr_pesd |
			(f->family->empty == EMPTY_IN_SR ? SR_PEMPTY : 0);

	*sr = (*sr & ~live) | live_bits(f);
}

void stm32l4_sr_reading(struct vb_regs *regs, uint32_t *sr)
{
	refresh(flash_of(regs), sr);
}

void stm32l4_secsr_reading(struct vb_regs *regs, uint32_t *sr)
{
	refresh(flash_of(regs), sr);
}

/* The window */

static bool is_cr(const struct stm32l4_flash *f, uint32_t offset)
{
	return offset == f->family->cr || (f->family->seccr != 0 && offset == f->family->seccr);
}

/* What only the secure world sees; without TrustZone nobody does. */
static bool is_hidden(const struct stm32l4_flash *f, const struct vb_access *a, uint32_t offset,
		      const struct flash_option_row *row)
{
	const struct stm32l4_flash_family *family = f->family;
	bool secret = family->tzen != 0 &&
		      (offset == family->seckeyr || offset == family->secsr ||
		       offset == family->seccr || (offset >= SECBB1R1 && offset <= 0xbc) ||
		       (row != NULL && row->kind == OPTION_SECURE));

	return secret && stm32l4_flash_side(f, a) == 0;
}

static enum vb_result flash_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32l4_flash *f = dev;
	const struct flash_option_row *row = stm32l4_options_at(f, offset & ~3u);
	uint32_t word = 0;

	*value = 0;
	if (is_hidden(f, a, offset & ~3u, row))
		return VB_OK;
	if (row == NULL || !f->family->reads_loaded)
		return vb_regs_ops.read(&f->regs, a, offset, value);
	word = f->loaded[row->id] >> 8 * (offset & 3);
	*value = a->size == 4 ? word : word & (BIT(8 * a->size) - 1);
	return VB_OK;
}

static enum vb_result write_option(struct stm32l4_flash *f, struct vb_access *a, uint32_t offset,
				   const struct flash_option_row *row, uint32_t value)
{
	uint32_t *reg = stm32l4_flash_reg(f, row->offset), old = *reg;
	enum vb_result rc;

	if (*f->cr & CR_OPTLOCK)
		return VB_OK;
	if (row->kind == OPTION_CPU2 ||
	    (row->kind == OPTION_UNLOCKED && !(f->loaded[row->id] & BIT(31))))
		return VB_OK;
	rc = vb_regs_ops.write(&f->regs, a, offset, value);
	*reg |= old & row->set_only;
	return rc;
}

static enum vb_result flash_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32l4_flash *f = dev;
	const struct flash_option_row *row = stm32l4_options_at(f, offset & ~3u);
	enum vb_result rc;

	if (is_hidden(f, a, offset & ~3u, row))
		return VB_OK;
	/* A write to CR waits for BSY (RM0351 3.3.5); SR and the options answer at once. */
	if (is_cr(f, offset & ~3u) && stm32l4_flash_is_busy(f)) {
		a->stall_until_ns = stm32l4_flash_busy_until(f);
		return VB_STALL;
	}
	/* Where half a programming unit shows as CFGBSY, CR is a bus error until it is whole. */
	if (is_cr(f, offset & ~3u) && f->family->sr_cfgbsy != 0 && f->latched > 0)
		return VB_FAULT;
	f->access = a;
	if (row != NULL)
		rc = write_option(f, a, offset, row, value);
	else
		rc = vb_regs_ops.write(&f->regs, a, offset, value);
	f->access = NULL;
	return rc;
}

const struct vb_device_ops stm32l4_flash_ops = { .read = flash_read, .write = flash_write };

/* Life */

static void build_table(struct stm32l4_flash *f)
{
	size_t n = 0;

	for (const struct vb_reg *r = f->family->regs; r->name != NULL; r++)
		f->table[n++] = *r;
	for (const struct flash_option_row *o = f->family->options; o->name != NULL; o++) {
		assert(n < FLASH_REGS);
		f->row[o->id] = o;
		f->table[n++] = (struct vb_reg){ .name = o->name, .offset = o->offset,
						 .writable = o->writable };
	}
	f->table[n] = (struct vb_reg){ .name = NULL };
	f->regs = (struct vb_regs){ .name = "FLASH", .table = f->table, .value = f->value, .dev = f };
}

static void find_registers(struct stm32l4_flash *f)
{
	const struct stm32l4_flash_family *family = f->family;

	f->acr = stm32l4_flash_reg(f, family->acr);
	f->sr = stm32l4_flash_reg(f, family->sr);
	f->cr = stm32l4_flash_reg(f, family->cr);
	f->eccr = stm32l4_flash_reg(f, family->eccr);
	f->ecc2r = family->ecc2r != 0 ? stm32l4_flash_reg(f, family->ecc2r) : NULL;
	f->side[0] = f->side[1] = (struct flash_side){ f->sr, f->cr, &f->keyr };
	if (family->seccr != 0)
		f->side[1] = (struct flash_side){ stm32l4_flash_reg(f, family->secsr),
						  stm32l4_flash_reg(f, family->seccr),
						  &f->seckeyr };
}

void stm32l4_flash_init(struct stm32l4_flash *f, struct stm32_env *env,
			const struct stm32l4_flash_family *family)
{
	uint32_t bytes = family->max_kb * 1024u;

	f->env = env;
	f->family = family;
	build_table(f);
	find_registers(f);
	f->size_kb = family->max_kb;
	f->size_register = (uint16_t)family->max_kb;
	f->cells = xcalloc(1, bytes);
	f->view = xcalloc(1, bytes);
	f->state = xcalloc(1, bytes / 8);
	memset(f->cells, 0xff, bytes);
	memset(f->view, 0xff, bytes);
	for (unsigned i = 0; i < FLASH_INFO_AREAS && family->info[i].bytes != 0; i++) {
		f->info[i] = (struct flash_info){ .f = f };
		f->info[i].bytes = xcalloc(1, family->info[i].bytes);
		memset(f->info[i].bytes, 0xff, family->info[i].bytes);
	}
	vb_regs_reset(&f->regs);
	stm32l4_options_factory(f);
}

void stm32l4_flash_free(struct stm32l4_flash *f)
{
	free(f->cells);
	free(f->view);
	free(f->state);
	for (unsigned i = 0; i < FLASH_INFO_AREAS; i++)
		free(f->info[i].bytes);
}

void stm32l4_flash_reset(struct stm32l4_flash *f, enum vb_reset kind)
{
	uint32_t optverr;

	stm32l4_flash_abort(f);
	f->bank_is_fresh[0] = f->bank_is_fresh[1] = false;
	vb_regs_reset(&f->regs);
	f->keyr = f->seckeyr = f->optkeyr = f->pdkeyr = KEY_CLOSED;
	stm32l4_cells_forget(f);
	if (kind == VB_RESET_POWER_ON)
		f->intruded = false;
	if (kind == VB_RESET_POWER_ON || kind == VB_RESET_OPTION_LOAD)
		stm32l4_options_load(f);
	else
		stm32l4_options_restore(f);
	optverr = f->optverr || f->family->optverr_always ? f->family->sr_optverr : 0;
	*f->sr = f->sticky_sr | optverr;
	stm32l4_array_guard(f);
	stm32l4_flash_irq(f);
}
