/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial_nor: what is known of a serial flash: from its SFDP tables (JESD216), from a `const` table of
 * parts for what SFDP does not say or says wrong, and from its status registers. Pure functions over
 * bytes and tables first; serial_nor_probe() and the rest talk to a flash through flexspi.h.
 */
#ifndef FLASH_SERIAL_NOR_H
#define FLASH_SERIAL_NOR_H

#include "flash/flexspi.h"

enum nor_vendor { NOR_WINBOND, NOR_ISSI, NOR_ADESTO, NOR_MACRONIX, NOR_GIGADEVICE, NOR_OTHER };
/* JESD216 BFPT DW15 [22:20]. */
enum nor_quad_enable { QER_NONE, QER_SR2_BIT1_CLEARS, QER_SR1_BIT6, QER_SR2_BIT7, QER_SR2_BIT1,
		       QER_SR2_BIT1_35H, QER_SR2_BIT1_31H };

struct nor_erase {
	uint32_t bytes;			/* 0: no such */
	uint8_t opcode;
	uint32_t typical_us, max_us;
};
struct nor_read {
	uint8_t opcode, mode_clocks, dummy_clocks;	/* opcode 0: no such */
};

struct serial_nor {
	uint8_t id[3];
	const char *name;		/* "W25Q32JV"; NULL: only SFDP knows it */
	enum nor_vendor vendor;
	uint32_t bytes, page_bytes;
	struct nor_erase erase[4];	/* ascending */
	uint8_t chip_erase;
	uint32_t chip_typical_us, chip_max_us, page_typical_us, page_max_us, status_max_us;
	struct nor_read read_1_1_4, read_1_4_4;
	enum nor_quad_enable quad_enable;
	bool has_4_byte, needs_4_byte, has_sfdp, has_reset;
	bool is_hyperflash;
	uint32_t max_hz;
	uint8_t bfpt_dwords;		/* of the table that was used; 9: says nothing of quad enable */
};

/* `sfdp` holds n bytes from address 0. ERR_FORMAT with what is wrong. */
enum err serial_nor_parse_sfdp(const uint8_t *sfdp, size_t n, struct serial_nor *nor);
/* Known part by JEDEC id: fills or corrects. false: not in the table. */
bool serial_nor_apply_table(const uint8_t id[3], struct serial_nor *nor);
/* FF FF FF, 00 00 00, a repeated byte: nobody answers. Says in words what that looks like. */
const char *serial_nor_bad_id(const uint8_t id[3]);
/* What neither SFDP nor the table said: page size, quad enable by maker, times that are never too
 * short. Call last. */
void serial_nor_fill_defaults(struct serial_nor *nor);
const char *serial_nor_vendor_name(const uint8_t id[3]);
/* The largest unit that starts at `offset` and fits into `bytes`; NULL if none does. */
const struct nor_erase *serial_nor_erase_unit(const struct serial_nor *nor, uint32_t offset,
					      uint32_t bytes);

struct nor_status {
	uint8_t sr[3];			/* 05h, 35h, 15h (Winbond); ISSI: SR, function register, 0;
					 * Macronix: SR, configuration, security register */
	bool is_busy, is_write_enabled, is_quad, is_suspended, is_locked_until_power_cycle,
		is_locked_by_pin, needs_block_unlock;
	uint32_t protected_first, protected_bytes;	/* bytes 0: nothing */
};
/* Whether it has a second status register that 35h reads. */
bool serial_nor_has_sr2(const struct serial_nor *nor);
void serial_nor_decode_status(const struct serial_nor *nor, struct nor_status *status);
/* One line a register, every bit that is set named. */
void serial_nor_describe_status(const struct serial_nor *nor, const struct nor_status *status,
				struct buf *out);

/* Status bits that protect exactly [first, first + bytes); false: no setting of BP, TB, SEC and CMP
 * does. */
bool serial_nor_protection_for(const struct serial_nor *nor, const struct nor_status *now,
			       uint32_t first, uint32_t bytes, uint8_t sr[3]);

/* Through an open controller. Wakes the flash if it does not answer. ERR_FLASH_PROBE: cause and next
 * step (pads, voltage, power cycle). */
enum err serial_nor_probe(struct flexspi *fs, struct serial_nor *nor);
enum err serial_nor_read_status(struct flexspi *fs, const struct serial_nor *nor,
				struct nor_status *status);
/* A suspended erase or program goes on to its end: until then the flash ignores others without a sign.
 * `now` as last read; what it is afterwards. */
enum err serial_nor_end_suspend(struct flexspi *fs, const struct serial_nor *nor,
				struct nor_status *now);
/* Clears block protection (non-volatile), keeps quad enable. Says why it cannot. */
enum err serial_nor_unprotect(struct flexspi *fs, const struct serial_nor *nor);
enum err serial_nor_enable_quad(struct flexspi *fs, const struct serial_nor *nor);
/* Polls busy. (services) */
enum err serial_nor_wait(struct flexspi *fs, const struct serial_nor *nor, unsigned timeout_ms);
enum err serial_nor_erase(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset,
			  const struct nor_erase *unit);
/* By the controller's IP path, at the safe one-bit speed; any alignment. */
enum err serial_nor_read(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset, uint8_t *dst,
			 size_t n);
enum err serial_nor_program(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset,
			    const uint8_t *src, size_t n);

extern const struct command flexspi_commands[];	/* `flexspi ...` */

#endif
