/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FLASH registers of STM32L4, RM0351 3.7: keys, erase operations, time, interrupts. */
#include "vboard/device/stm32l4_flash_parts.h"

#include <stdlib.h>
#include <string.h>

/* DS10198 6.3.10, typical values. */
const struct stm32l4_flash_family stm32l476_flash = {
	.name = "STM32L47x/L48x",
	.max_kb = 1024,
	.page_bytes = 2048,
	.row_dwords = 32,
	.program_ns = 81690,
	.fast_ns = 1910000 / 32,
	.page_erase_ns = 22020000,
	.mass_erase_ns = 22130000,
	.fast_min_hz = 8000000,
	.irq = 4,
};

#define CR_PLAIN                                                                                   \
	(CR_PG | CR_PER | CR_MER1 | 0x7f8u | CR_BKER | CR_MER2 | CR_FSTPG | CR_EOPIE | CR_ERRIE |   \
	 CR_RDERRIE)
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

void stm32l4_flash_irq(struct stm32l4_flash *f)
{
	uint32_t sr = *stm32l4_flash_reg(f, FLASH_SR), cr = *stm32l4_flash_reg(f, FLASH_CR);
	uint32_t eccr = *stm32l4_flash_reg(f, FLASH_ECCR);
	bool level = ((sr & SR_EOP) && (cr & CR_EOPIE)) || ((sr & SR_OPERR) && (cr & CR_ERRIE)) ||
		     ((sr & SR_RDERR) && (cr & CR_RDERRIE)) ||
		     ((eccr & ECCR_ECCC) && (eccr & ECCR_ECCIE));

	stm32_env_irq(f->env, f->family->irq, level);
	stm32_env_irq(f->env, -1, eccr & ECCR_ECCD);
}

void stm32l4_flash_flag(struct stm32l4_flash *f, uint32_t error_bits)
{
	uint32_t *sr = stm32l4_flash_reg(f, FLASH_SR);

	*sr |= error_bits;
	if ((error_bits & SR_BLOCKING) && (*stm32l4_flash_reg(f, FLASH_CR) & CR_ERRIE))
		*sr |= SR_OPERR;
	stm32l4_flash_irq(f);
}

/* Operations in time */

static void fail_now(void *ctx)
{
	struct stm32l4_flash *f = ctx;
	struct vb_board *board = f->env->board;
	enum flash_fail kind = f->fail_kind;

	f->fail_kind = FAIL_NONE;
	if (kind == FAIL_UNPLUG) {		/* the chip itself hears nothing of it */
		if (board->unplug != NULL)
			board->unplug(board->unplug_ctx);
		return;
	}
	stm32l4_flash_abort(f);
	if (kind == FAIL_POWER)
		vb_board_set_power(board, false);
	else
		vb_board_reset(board, kind == FAIL_RESET ? VB_RESET_NRST : VB_RESET_POWER_ON);
}

static void op_done(void *ctx)
{
	struct stm32l4_flash *f = ctx;

	f->op_event = NULL;
	if (!f->env->board->powered)
		stm32l4_flash_abort(f);
	else
		stm32l4_flash_end(f);
}

/* The operation that the injected failure waits for. */
static bool fails_now(struct stm32l4_flash *f, enum flash_op op)
{
	unsigned unit = 8;

	if (f->fail_after > 0 && --f->fail_after == 0)
		return true;
	if (f->fail_after_bytes == 0 || (op != FLASH_PROGRAM && op != FLASH_FAST))
		return false;
	f->fail_after_bytes -= MIN(unit, f->fail_after_bytes);
	return f->fail_after_bytes == 0;
}

void stm32l4_flash_begin(struct stm32l4_flash *f, enum flash_op op, unsigned banks, uint64_t ns)
{
	struct vb_clock *clock = f->env->board->clock;

	f->op = op;
	f->op_banks = banks;
	f->op_until_ns = vb_clock_now(clock) + ns;
	f->op_event = vb_clock_after(clock, ns, op_done, f, "flash operation");
	if (fails_now(f, op))
		vb_clock_after(clock, ns / 2, fail_now, f, "flash: injected failure");
	stm32l4_array_guard(f);
}

static void erase_pages(struct stm32l4_flash *f)
{
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);

	if (f->op == FLASH_PAGE_ERASE) {
		stm32l4_array_erase(f, f->op_phys, f->family->page_bytes);
		f->bank_is_fresh[stm32l4_array_bank_of(f, f->op_phys)] = false;
		f->stats.page_erases++;
		return;
	}
	for (unsigned bank = 0; bank < 2; bank++) {
		if (!(f->op_banks & BIT(bank)))
			continue;
		stm32l4_array_erase(f, bank * bank_bytes, bank_bytes);
		f->bank_is_fresh[bank] = true;
	}
	f->stats.mass_erases++;
}

/* Takes the finished operation's effect and lets BSY fall. */
void stm32l4_flash_end(struct stm32l4_flash *f)
{
	enum flash_op op = f->op;

	if (op == FLASH_PAGE_ERASE || op == FLASH_MASS_ERASE)
		erase_pages(f);
	else if (op == FLASH_OPTIONS)
		stm32l4_options_done(f);
	f->op = FLASH_IDLE;
	if (op == FLASH_PROGRAM || op == FLASH_FAST)
		stm32l4_program_done(f, op);
	if (f->op == FLASH_IDLE) {
		*stm32l4_flash_reg(f, FLASH_CR) &= ~(CR_STRT | CR_OPTSTRT);
		if ((*stm32l4_flash_reg(f, FLASH_CR) & CR_EOPIE) &&
		    !(*stm32l4_flash_reg(f, FLASH_SR) & SR_BLOCKING))
			*stm32l4_flash_reg(f, FLASH_SR) |= SR_EOP;
	}
	stm32l4_array_guard(f);
	stm32l4_flash_irq(f);
}

/* Cells that an interrupted pulse left between two states; the same ones in every run. */
static void tear_range(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes)
{
	uint32_t noise = 0x9e3779b9u ^ phys;

	for (uint32_t at = phys; at < phys + bytes; at += 8) {
		uint32_t data[2];

		if (f->state[at / 8] == CELL_ERASED)
			continue;
		for (unsigned i = 0; i < 2; i++) {
			noise ^= noise << 13;
			noise ^= noise >> 17;
			noise ^= noise << 5;
			data[i] = get_le32(&f->cells[at + 4 * i]) | noise;
		}
		stm32l4_array_store(f, at, data, CELL_BAD);
	}
}

static void tear_program(struct stm32l4_flash *f)
{
	uint32_t data[2];

	if (f->op_otp)
		return;		/* the OTP word stays as it was: erased, or spent */
	for (unsigned i = 0; i < 2; i++)
		data[i] = get_le32(&f->cells[f->op_phys + 4 * i]) & (f->op_data[i] | 0x55aa33ccu);
	stm32l4_array_store(f, f->op_phys, data, CELL_BAD);
}

void stm32l4_flash_abort(struct stm32l4_flash *f)
{
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);
	enum flash_op op = f->op;

	vb_clock_cancel(f->env->board->clock, f->op_event);
	f->op_event = NULL;
	f->op = FLASH_IDLE;
	f->fast = FAST_IDLE;
	f->latched = f->fast_half = f->fast_full = false;
	if (op == FLASH_IDLE)
		return;
	f->stats.aborted++;
	if (op == FLASH_PROGRAM || op == FLASH_FAST)
		tear_program(f);
	else if (op == FLASH_PAGE_ERASE)
		tear_range(f, f->op_phys, f->family->page_bytes);
	else if (op == FLASH_OPTIONS)
		stm32l4_options_torn(f);
	for (unsigned bank = 0; bank < 2 && op == FLASH_MASS_ERASE; bank++) {
		if (f->op_banks & BIT(bank))
			tear_range(f, bank * bank_bytes, bank_bytes);
	}
}

/* Control register */

static bool is_debugger(struct stm32l4_flash *f)
{
	return f->access != NULL && stm32l4_array_is_shut(f, f->access);
}

/* RM0351 3.3.5, 3.3.6. The order: sequence errors first, protection after. */
static void start_erase(struct stm32l4_flash *f, uint32_t cr)
{
	bool dual = stm32l4_array_is_dual(f), mass = cr & (CR_MER1 | CR_MER2);
	unsigned banks = (cr & CR_MER1 ? 1u : 0) | (cr & CR_MER2 && dual ? 2u : 0);
	unsigned bank = dual && (cr & CR_BKER) ? 1 : 0;
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);
	uint32_t pages = bank_bytes / f->family->page_bytes;
	uint32_t page = bits_get(cr, 10, 3) & (pages - 1);
	bool locked;

	if ((*stm32l4_flash_reg(f, FLASH_SR) & SR_BLOCKING) || (cr & (CR_PG | CR_FSTPG)) ||
	    (mass && (cr & CR_PER)) || !stm32_env_can_program_flash(f->env)) {
		stm32l4_flash_flag(f, SR_PGSERR);
		return;
	}
	if (mass ? banks == 0 : !(cr & CR_PER))
		return;		/* no operation is defined: none happens */
	f->op_phys = bank * bank_bytes + page * f->family->page_bytes;
	if (mass)
		locked = ((banks & 1) && stm32l4_options_bank_locked(f, 0)) ||
			 ((banks & 2) && stm32l4_options_bank_locked(f, 1));
	else
		locked = stm32l4_options_page_locked(f, f->op_phys);
	if (locked || is_debugger(f)) {
		stm32l4_flash_flag(f, SR_WRPERR);
		return;
	}
	*stm32l4_flash_reg(f, FLASH_CR) |= CR_STRT;
	if (mass)
		stm32l4_flash_begin(f, FLASH_MASS_ERASE, banks, f->family->mass_erase_ns);
	else
		stm32l4_flash_begin(f, FLASH_PAGE_ERASE, BIT(bank), f->family->page_erase_ns);
}

static enum vb_result cr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_flash *f = flash_of(regs);
	uint32_t *cr = stm32l4_flash_reg(f, FLASH_CR);

	*cr = old;
	if (old & CR_LOCK)
		return VB_OK;		/* dropped without a sign */
	*cr = (value & CR_PLAIN) | ((old | value) & CR_OPTLOCK);
	if (value & CR_LOCK) {		/* locks are set-only; LOCK takes OPTLOCK with it */
		*cr |= CR_LOCK | CR_OPTLOCK;
		f->keyr = f->keyr == KEY_LOCKED_OUT ? KEY_LOCKED_OUT : KEY_CLOSED;
	}
	if ((*cr & CR_OPTLOCK) && f->optkeyr == KEY_OPEN)
		f->optkeyr = KEY_CLOSED;
	if ((old & CR_FSTPG) && !(value & CR_FSTPG))
		stm32l4_program_mode_left(f);
	if (value & CR_STRT)
		start_erase(f, value);
	if (!(old & CR_OPTLOCK) && (value & CR_OPTSTRT) && f->op == FLASH_IDLE)
		stm32l4_options_start(f);
	if (!(old & CR_OPTLOCK) && (value & CR_OBL_LAUNCH))
		stm32_env_request_reset(f->env, VB_RESET_OPTION_LOAD);
	stm32l4_array_guard(f);
	stm32l4_flash_irq(f);
	return VB_OK;
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

static enum vb_result keyr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	static const uint32_t keys[2] = { 0x45670123, 0xcdef89ab };
	struct stm32l4_flash *f = flash_of(regs);
	uint32_t *cr = stm32l4_flash_reg(f, FLASH_CR);
	enum vb_result rc = key_written(f, &f->keyr, keys, true, value);

	(void)old;
	if (f->keyr == KEY_OPEN)
		*cr &= ~CR_LOCK;
	else if (f->keyr == KEY_LOCKED_OUT)
		*cr |= CR_LOCK | CR_OPTLOCK;
	stm32l4_array_guard(f);
	return rc;
}

static enum vb_result optkeyr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	static const uint32_t keys[2] = { 0x08192a3b, 0x4c5d6e7f };
	struct stm32l4_flash *f = flash_of(regs);
	uint32_t *cr = stm32l4_flash_reg(f, FLASH_CR);
	enum vb_result rc = key_written(f, &f->optkeyr, keys, !(*cr & CR_LOCK), value);

	(void)old;
	if (f->optkeyr == KEY_OPEN)
		*cr &= ~CR_OPTLOCK;
	else if (f->optkeyr == KEY_LOCKED_OUT)
		*cr |= CR_OPTLOCK;
	return rc;
}

static enum vb_result pdkeyr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	static const uint32_t keys[2] = { 0x04152637, 0xfafbfcfd };
	struct stm32l4_flash *f = flash_of(regs);

	(void)old;
	return key_written(f, &f->pdkeyr, keys, true, value);
}

static enum vb_result acr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_flash *f = flash_of(regs);
	uint32_t *acr = stm32l4_flash_reg(f, FLASH_ACR);

	(void)value;
	if ((*acr ^ old) & ACR_RUN_PD) {
		if (f->pdkeyr == KEY_OPEN)
			f->pdkeyr = KEY_CLOSED;		/* one write per unlock */
		else
			*acr ^= ACR_RUN_PD;
	}
	stm32l4_array_acr(f, old);
	stm32l4_array_guard(f);
	return VB_OK;
}

static enum vb_result pcrop1er_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	*stm32l4_flash_reg(flash_of(regs), FLASH_PCROP1ER) |= old & PCROP_RDP;	/* set-only */
	return VB_OK;
}

static enum vb_result flags_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	(void)old;
	stm32l4_flash_irq(flash_of(regs));
	return VB_OK;
}

static void sr_reading(struct vb_regs *regs, uint32_t *sr)
{
	*sr = (*sr & ~SR_BSY) | (stm32l4_flash_is_busy(flash_of(regs)) ? SR_BSY : 0);
}

/* RM0351 3.7. Offsets 0x1c, 0x34..0x40 are reserved. */
static const struct vb_reg flash_regs[] = {
	{ "ACR", FLASH_ACR, 0x600, 0x7f07, 0, acr_written, NULL },
	{ "PDKEYR", FLASH_PDKEYR, 0, 0, 0, pdkeyr_written, NULL },
	{ "KEYR", FLASH_KEYR, 0, 0, 0, keyr_written, NULL },
	{ "OPTKEYR", FLASH_OPTKEYR, 0, 0, 0, optkeyr_written, NULL },
	{ "SR", FLASH_SR, 0, 0, 0xc3fb, flags_written, sr_reading },
	{ "CR", FLASH_CR, 0xc0000000, 0, 0, cr_written, NULL },
	{ "ECCR", FLASH_ECCR, 0, ECCR_ECCIE, ECCR_ECCC | ECCR_ECCD, flags_written, NULL },
	{ "OPTR", 0x20, 0, 0x03bf77ff, 0, NULL, NULL },
	{ "PCROP1SR", 0x24, 0, 0x0000ffff, 0, NULL, NULL },
	{ "PCROP1ER", FLASH_PCROP1ER, 0, 0x8000ffff, 0, pcrop1er_written, NULL },
	{ "WRP1AR", 0x2c, 0, 0x00ff00ff, 0, NULL, NULL },
	{ "WRP1BR", 0x30, 0, 0x00ff00ff, 0, NULL, NULL },
	{ "PCROP2SR", 0x44, 0, 0x0000ffff, 0, NULL, NULL },
	{ "PCROP2ER", 0x48, 0, 0x0000ffff, 0, NULL, NULL },
	{ "WRP2AR", 0x4c, 0, 0x00ff00ff, 0, NULL, NULL },
	{ "WRP2BR", 0x50, 0, 0x00ff00ff, 0, NULL, NULL },
	{ .name = NULL }
};

static enum vb_result flash_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32l4_flash *f = dev;

	return vb_regs_ops.read(&f->regs, a, offset, value);
}

static enum vb_result flash_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32l4_flash *f = dev;
	enum vb_result rc;

	/* A write to CR waits for BSY (RM0351 3.3.5); SR and the options answer at once. */
	if ((offset & ~3u) == FLASH_CR && stm32l4_flash_is_busy(f)) {
		a->stall_until_ns = stm32l4_flash_busy_until(f);
		return VB_STALL;
	}
	if (offset >= FLASH_OPTR && (*stm32l4_flash_reg(f, FLASH_CR) & CR_OPTLOCK))
		return VB_OK;
	f->access = a;
	rc = vb_regs_ops.write(&f->regs, a, offset, value);
	f->access = NULL;
	return rc;
}

const struct vb_device_ops stm32l4_flash_ops = { .read = flash_read, .write = flash_write };

uint64_t stm32l4_flash_busy_until(const struct stm32l4_flash *f)
{
	return f->stuck_bsy ? stm32_env_now(f->env) + STUCK_RETRY_NS : f->op_until_ns;
}

void stm32l4_flash_init(struct stm32l4_flash *f, struct stm32_env *env,
			const struct stm32l4_flash_family *family)
{
	uint32_t bytes = family->max_kb * 1024u;

	_Static_assert(ARRAY_SIZE(flash_regs) - 1 <= FLASH_REGS, "value[] is too small");
	f->env = env;
	f->family = family;
	f->regs = (struct vb_regs){ .name = "FLASH", .table = flash_regs, .value = f->value,
				    .dev = f };
	f->size_kb = family->max_kb;
	f->size_register = (uint16_t)family->max_kb;
	f->cells = xcalloc(1, bytes);
	f->view = xcalloc(1, bytes);
	f->state = xcalloc(1, bytes / 8);
	memset(f->cells, 0xff, bytes);
	memset(f->view, 0xff, bytes);
	for (unsigned bank = 0; bank < 2; bank++) {
		f->info[bank] = (struct flash_info){ .f = f, .bank = bank };
		f->info[bank].bytes = xcalloc(1, FLASH_INFO_BYTES);
		memset(f->info[bank].bytes, 0xff, FLASH_INFO_BYTES);
	}
	vb_regs_reset(&f->regs);
	stm32l4_options_factory(f);
}

void stm32l4_flash_free(struct stm32l4_flash *f)
{
	free(f->cells);
	free(f->view);
	free(f->state);
	free(f->info[0].bytes);
	free(f->info[1].bytes);
}

void stm32l4_flash_reset(struct stm32l4_flash *f, enum vb_reset kind)
{
	stm32l4_flash_abort(f);
	vb_regs_reset(&f->regs);
	f->keyr = f->optkeyr = f->pdkeyr = KEY_CLOSED;
	memset(f->line, 0, sizeof(f->line));
	stm32l4_array_show(f, 0, f->size_kb * 1024u);
	if (kind == VB_RESET_POWER_ON)
		f->intruded = false;
	if (kind == VB_RESET_POWER_ON || kind == VB_RESET_OPTION_LOAD)
		stm32l4_options_load(f);
	else
		stm32l4_options_restore(f);
	*stm32l4_flash_reg(f, FLASH_SR) = f->sticky_sr | (f->optverr ? SR_OPTVERR : 0);
	stm32l4_array_guard(f);
	stm32l4_flash_irq(f);
}
