/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the STM32L4 flash: register bits (RM0351 3.7) and each other's steps. */
#ifndef VB_DEVICE_STM32L4_FLASH_PARTS_H
#define VB_DEVICE_STM32L4_FLASH_PARTS_H

#include "vboard/device/stm32l4_flash.h"

/* Offsets of STM32L4; other families have theirs in their table. */
#define FLASH_ACR     0x00u
#define   ACR_ICEN	BIT(9)
#define   ACR_DCEN	BIT(10)
#define   ACR_ICRST	BIT(11)
#define   ACR_DCRST	BIT(12)
#define   ACR_RUN_PD	BIT(13)
#define   ACR_EMPTY	BIT(16)
#define FLASH_PDKEYR  0x04u
#define FLASH_KEYR    0x08u
#define FLASH_OPTKEYR 0x0cu
#define FLASH_SR      0x10u
#define   SR_EOP	BIT(0)
#define   SR_OPERR	BIT(1)
#define   SR_PROGERR	BIT(3)
#define   SR_WRPERR	BIT(4)
#define   SR_PGAERR	BIT(5)
#define   SR_SIZERR	BIT(6)
#define   SR_PGSERR	BIT(7)
#define   SR_MISERR	BIT(8)
#define   SR_FASTERR	BIT(9)
#define   SR_OPTWERR	BIT(13)
#define   SR_RDERR	BIT(14)
#define   SR_OPTVERR	BIT(15)
#define   SR_BSY	BIT(16)
#define   SR_PEMPTY	BIT(17)
/* While one of these is pending every new operation fails with PGSERR. */
#define   SR_BLOCKING	0x000003f8u
#define FLASH_CR      0x14u
#define   CR_PG		BIT(0)
#define   CR_PER	BIT(1)
#define   CR_MER1	BIT(2)
#define   CR_BKER	BIT(11)
#define   CR_BWR	BIT(14)
#define   CR_MER2	BIT(15)
#define   CR_STRT	BIT(16)
#define   CR_OPTSTRT	BIT(17)
#define   CR_FSTPG	BIT(18)
#define   CR_EOPIE	BIT(24)
#define   CR_ERRIE	BIT(25)
#define   CR_RDERRIE	BIT(26)
#define   CR_OBL_LAUNCH	BIT(27)
#define   CR_OPTLOCK	BIT(30)
#define   CR_LOCK	BIT(31)
#define FLASH_ECCR    0x18u
#define   ECCR_ADDR	0x0007ffffu
#define   ECCR_BK	BIT(19)
#define   ECCR_SYSF	BIT(20)
#define   ECCR_ECCIE	BIT(24)
#define   ECCR_ECCC	BIT(30)
#define   ECCR_ECCD	BIT(31)
#define FLASH_OPTR    0x20u
#define   OPTR_BFB2	BIT(20)
#define   OPTR_DUALBANK	BIT(21)
#define FLASH_PCROP1ER 0x28u
#define   PCROP_RDP	BIT(31)
#define SECBB1R1      0x80u
#define SECBB2R1      0xa0u

/* _flash.c */
void stm32l4_flash_irq(struct stm32l4_flash *f);
void stm32l4_flash_flag_on(struct stm32l4_flash *f, unsigned side, uint32_t error_bits);
/* 1 if the access belongs to the secure half of the controller. */
unsigned stm32l4_flash_side(const struct stm32l4_flash *f, const struct vb_access *a);
bool stm32l4_flash_is_down(const struct stm32l4_flash *f, unsigned bank);	/* RUN_PD */
bool stm32l4_flash_may_write(const struct stm32l4_flash *f);	/* supply and power-down */

/* _erase.c */
void stm32l4_flash_start_erase(struct stm32l4_flash *f, unsigned side, uint32_t cr);
void stm32l4_flash_resume(struct stm32l4_flash *f);	/* if nobody suspends it any more */
bool stm32l4_flash_is_held(const struct stm32l4_flash *f);	/* PES of either core */
void stm32l4_flash_begin(struct stm32l4_flash *f, enum flash_op op, unsigned banks, uint64_t ns);
/* Reset or power loss in the middle of an operation: leaves what it would leave on silicon. */
void stm32l4_flash_abort(struct stm32l4_flash *f);

/* _cells.c */
void stm32l4_cells_check_ecc(struct stm32l4_flash *f, uint32_t phys, unsigned size);
void stm32l4_array_show(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes);
void stm32l4_array_store(struct stm32l4_flash *f, uint32_t phys, const uint32_t data[2],
			 enum flash_cell state);
void stm32l4_array_erase(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes);
void stm32l4_cells_spoil(struct stm32l4_flash *f);	/* the ECC no longer fits: bank mode */
void stm32l4_cells_acr(struct stm32l4_flash *f, uint32_t old);	/* cache bits changed */
void stm32l4_cells_read(struct stm32l4_flash *f, uint32_t phys);	/* fills a cache line */
void stm32l4_cells_forget(struct stm32l4_flash *f);	/* the caches are empty */

/* _icache.c */
void stm32l4_icache_fetch(struct stm32l4_flash *f, uint32_t phys);
/* What the core gets in place of the cells; NULL: they are not in the cache. */
const uint8_t *stm32l4_icache_at(const struct stm32l4_flash *f, uint32_t phys);
void stm32l4_icache_changed(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes);
void stm32l4_icache_forget(struct stm32l4_flash *f);
void stm32l4_icache_acr(struct stm32l4_flash *f);
void stm32l4_icache_unlocked(struct stm32l4_flash *f);

/* _program.c */
enum vb_result stm32l4_program_write(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				     bool otp, uint32_t value);
void stm32l4_program_done(struct stm32l4_flash *f, enum flash_op op);
enum vb_result stm32l4_program_reject(struct stm32l4_flash *f, unsigned side, uint32_t flags);
bool stm32l4_program_is_erased(const struct stm32l4_flash *f, uint32_t phys, bool otp);

/* _fast.c */
enum vb_result stm32l4_fast_write(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				  bool otp, uint32_t value);
void stm32l4_fast_done(struct stm32l4_flash *f);
void stm32l4_fast_left(struct stm32l4_flash *f);	/* FSTPG was cleared */
void stm32l4_fast_row_read(struct stm32l4_flash *f);	/* a read broke the row */

/* _options.c */
void stm32l4_options_restore(struct stm32l4_flash *f);	/* a system reset: loaded -> registers */
void stm32l4_options_start(struct stm32l4_flash *f);
void stm32l4_options_done(struct stm32l4_flash *f);
void stm32l4_options_reread(struct stm32l4_flash *f);	/* information block -> stored words */

/* _protect.c */
struct flash_pcrop { enum flash_option start, end; unsigned bank; };
extern const struct flash_pcrop stm32l4_pcrops[];	/* ends with start = OPT_USER */
/* [*first, *end) in physical bytes; false: the area is off, or this family has none. */
bool stm32l4_protect_pcrop(const struct stm32l4_flash *f, const struct flash_pcrop *area,
			   uint32_t *first, uint32_t *end);
bool stm32l4_protect_page(const struct stm32l4_flash *f, uint32_t phys, unsigned side);
bool stm32l4_protect_bank(const struct stm32l4_flash *f, unsigned bank, unsigned side);
bool stm32l4_protect_in_pcrop(const struct stm32l4_flash *f, uint32_t phys, unsigned bytes);
bool stm32l4_protect_has_pcrop(const struct stm32l4_flash *f);
bool stm32l4_protect_is_secure(const struct stm32l4_flash *f, uint32_t phys);	/* TrustZone */
bool stm32l4_protect_is_sealed(const struct stm32l4_flash *f, uint32_t phys);	/* SEC_PROT */
bool stm32l4_protect_is_cpu2(const struct stm32l4_flash *f, uint32_t phys);	/* SFR.SFSA */

#endif
