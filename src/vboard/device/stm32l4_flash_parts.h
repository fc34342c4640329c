/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the four files of the STM32L4 flash: register bits (RM0351 3.7) and each other's steps. */
#ifndef VB_DEVICE_STM32L4_FLASH_PARTS_H
#define VB_DEVICE_STM32L4_FLASH_PARTS_H

#include "vboard/device/stm32l4_flash.h"

#define FLASH_ACR     0x00u
#define   ACR_ICEN	BIT(9)
#define   ACR_DCEN	BIT(10)
#define   ACR_DCRST	BIT(12)
#define   ACR_RUN_PD	BIT(13)
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
#define   SR_RDERR	BIT(14)
#define   SR_OPTVERR	BIT(15)
#define   SR_BSY	BIT(16)
/* While one of these is pending every new operation fails with PGSERR. */
#define   SR_BLOCKING	0x000003f8u
#define FLASH_CR      0x14u
#define   CR_PG		BIT(0)
#define   CR_PER	BIT(1)
#define   CR_MER1	BIT(2)
#define   CR_BKER	BIT(11)
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

/* _flash.c */
void stm32l4_flash_irq(struct stm32l4_flash *f);
void stm32l4_flash_begin(struct stm32l4_flash *f, enum flash_op op, unsigned banks, uint64_t ns);
void stm32l4_flash_end(struct stm32l4_flash *f);
/* Reset or power loss in the middle of an operation: leaves what it would leave on silicon. */
void stm32l4_flash_abort(struct stm32l4_flash *f);

/* _array.c */
void stm32l4_array_guard(struct stm32l4_flash *f);	/* call when a reason to refuse reads changed */
void stm32l4_array_show(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes);
void stm32l4_array_store(struct stm32l4_flash *f, uint32_t phys, const uint32_t data[2],
			 enum flash_cell state);
void stm32l4_array_erase(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes);
void stm32l4_array_acr(struct stm32l4_flash *f, uint32_t old);	/* cache bits changed */
unsigned stm32l4_array_bank_of(const struct stm32l4_flash *f, uint32_t phys);	/* 0 or 1 */

/* _program.c */
enum vb_result stm32l4_program_write(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys,
				     bool otp, uint32_t value);
void stm32l4_program_done(struct stm32l4_flash *f, enum flash_op op);
void stm32l4_program_mode_left(struct stm32l4_flash *f);	/* FSTPG was cleared */
void stm32l4_program_row_read(struct stm32l4_flash *f);		/* a read broke the row */

/* _options.c */
void stm32l4_options_restore(struct stm32l4_flash *f);	/* a system reset: loaded -> registers */
void stm32l4_options_start(struct stm32l4_flash *f);
void stm32l4_options_done(struct stm32l4_flash *f);
void stm32l4_options_torn(struct stm32l4_flash *f);	/* power loss while they were written */
void stm32l4_options_show(struct stm32l4_flash *f);	/* stored words -> information block */
void stm32l4_options_reread(struct stm32l4_flash *f);	/* the other way round */
bool stm32l4_options_page_locked(const struct stm32l4_flash *f, uint32_t phys);
bool stm32l4_options_bank_locked(const struct stm32l4_flash *f, unsigned bank);
bool stm32l4_options_in_pcrop(const struct stm32l4_flash *f, uint32_t phys, unsigned bytes);
bool stm32l4_options_has_pcrop(const struct stm32l4_flash *f);

#endif
