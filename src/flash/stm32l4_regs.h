/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers around the flash of STM32L4 and its relatives: RM0351 3.7, 6.4, 9.2, 48.6. */
#ifndef FLASH_STM32L4_REGS_H
#define FLASH_STM32L4_REGS_H

#include "base/bytes.h"

#define MAIN_BASE	0x08000000u
#define SECURE_BASE	0x0c000000u

/* Register offsets differ between the generations; the bits do not. */
#define   SR_EOP	  BIT(0)
#define   SR_OPERR	  BIT(1)
#define   SR_PROGERR	  BIT(3)
#define   SR_WRPERR	  BIT(4)
#define   SR_PGAERR	  BIT(5)
#define   SR_SIZERR	  BIT(6)
#define   SR_PGSERR	  BIT(7)
#define   SR_MISERR	  BIT(8)
#define   SR_FASTERR	  BIT(9)
#define   SR_OPTWERR	  BIT(13)		/* L5, U5 */
#define   SR_RDERR	  BIT(14)
#define   SR_OPTVERR	  BIT(15)
#define   SR_BSY	  BIT(16)
#define   SR_BSY2	  BIT(17)		/* STM32G0B only */
#define   SR_CFGBSY	  BIT(18)	/* G0, C0, U0, WB, WL: half a double word is pending */
#define   SR_PESD	  BIT(19)	/* WB, WL: the other core suspended erase and program */
#define   SR_PEMPTY	  BIT(17)		/* L41..L46, L4+: the first word was blank at load */
#define   SR_CLEAR	  0x0000c3fbu	/* write 1 to clear: all errors and EOP */
/* OPTVERR tells of the last option load, not of an operation. */
#define   SR_FAILED	  0x000043fau
#define   CR_PG		  BIT(0)
#define   CR_PER	  BIT(1)
#define   CR_MER1	  BIT(2)
#define   CR_PNB(n)	  ((n) << 3)
#define   CR_BWR	  BIT(14)	/* U5: burst of eight units */
#define   CR_MER2	  BIT(15)
#define   CR_STRT	  BIT(16)
#define   CR_OPTSTRT	  BIT(17)
#define   CR_FSTPG	  BIT(18)
#define   CR_OBL_LAUNCH	  BIT(27)
#define   CR_OPTLOCK	  BIT(30)
#define   CR_LOCK	  BIT(31)
#define   ACR_ICEN	  BIT(9)
#define   ACR_DCEN	  BIT(10)
#define   ACR_ICRST	  BIT(11)
#define   ACR_DCRST	  BIT(12)
#define   ACR_RUN_PD	  BIT(13)
#define   ACR_EMPTY	  BIT(16)		/* G0, C0, U0, WB, WL: the same */
#define   OPTR_RDP(v)	  ((v) & 0xffu)
#define   PCROP_RDP	  BIT(31)
#define   WRP_UNLOCK	  BIT(31)	/* lines with has_wrp_unlock: 0 locks the area for ever */

enum { RDP_LEVEL_0 = 0xaa, RDP_LEVEL_0_5 = 0x55, RDP_LEVEL_2 = 0xcc, RDP_LEVEL_1_BY_LOCK = 0x00 };

#define MAX_AREAS 4u

#define KEY1		0x45670123u
#define KEY2		0xcdef89abu
#define OPTKEY1		0x08192a3bu
#define OPTKEY2		0x4c5d6e7fu
#define PDKEYR		0x04u
#define PDKEY1		0x04152637u
#define PDKEY2		0xfafbfcfdu
#define ECCR		0x18u
#define   ECCR_ADDR(v)	  ((v) & 0x7ffffu)
#define   ECCR_BK	  BIT(19)
#define   ECCR_SYSF	  BIT(20)
#define   ECCR_ECCC	  BIT(30)
#define   ECCR_ECCD	  BIT(31)

/* WRP areas 1A, 1B, 2A, 2B, and as many for PCROP. */
#define MAX_AREAS	4u

/* Surroundings, at these addresses on the lines with has_l4_rcc. */
#define RCC_AHB1ENR	0x40021048u
#define   AHB1ENR_FLASHEN BIT(8)
#define RCC_APB1ENR1	0x40021058u
#define   APB1ENR1_PWREN  BIT(28)
#define RCC_APB2ENR	0x40021060u
#define   APB2ENR_SYSCFGEN BIT(0)
#define RCC_CSR		0x40021094u
#define SYSCFG_MEMRMP	0x40010000u
#define   MEMRMP_FB_MODE  BIT(8)
#define PWR_CR1		0x40007000u
#define   PWR_CR1_LPR	  BIT(14)
#define PWR_SR2		0x40007014u
#define   PWR_SR2_REGLPF  BIT(9)
#define   PWR_SR2_VOSF	  BIT(10)
#define   PWR_CR1_VOS	  0x600u
#define   PWR_CR1_VOS_1	  0x200u
#define   PWR_CR1_VOS_2	  0x400u
#define IWDG_KR		0x40003000u
#define   IWDG_KEY_ACCESS 0x5555u
#define IWDG_SR		0x4000300cu
#define   IWDG_SR_WVU	  BIT(2)
#define IWDG_WINR	0x40003010u
#define   IWDG_WINR_NONE  0xfffu

/* DBGMCU, from its IDCODE on. */
#define DBGMCU_L4	0xe0042000u
#define DBGMCU_L5	0xe0044000u
#define DBGMCU_G0	0x40015800u
#define DBGMCU_APB1FZR1	0x08u
#define   FREEZE_WWDG	  BIT(11)
#define   FREEZE_IWDG	  BIT(12)

/* WL5x seen from its second core: no IDCODE there, but a fixed UID64 word (RM0453 39.1). */
#define UID64_HIGH	0x1fff7584u
#define UID64_WL	0x0080e115u

/* Block-based security, one bit a page (RM0438 6.9.24). */
#define SECURE_ALIAS	0x10000000u
#define SECBB1R1	0x80u
#define SECBB2R1	0xa0u

#define ICSR_ADDR	0xe000ed04u
#define   ICSR_NMIPENDSET BIT(31)
#define DEMCR		0xe000edfcu
#define   DEMCR_VC_CORERESET BIT(0)

#endif
