/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_regs: registers of the i.MX RT10xx outside the FlexSPI controller, and what the files
 * imxrt*.c and flexspi*.c share. IMXRT1064RM, IMXRT1024RM, IMXRT1050RM by chapter; DDI 0489 for the
 * core.
 */
#ifndef FLASH_IMXRT_REGS_H
#define FLASH_IMXRT_REGS_H

#include "flash/imxrt.h"

/* Clock Controller Module */
#define CCM_CCSR	0x400fc00cu
#define CCM_CACRR	0x400fc010u
#define CCM_CBCDR	0x400fc014u
#define CCM_CBCMR	0x400fc018u
#define CCM_CSCMR1	0x400fc01cu
#define CCM_CLPCR	0x400fc054u
#define CCM_CCGR(n)	(0x400fc068u + 4u * (n))
/* Each register of CCM_ANALOG has SET, CLR and TOG at +4, +8, +c. */
#define PLL_ARM		0x400d8000u
#define PLL_USB1	0x400d8010u
#define   PLL_USB1_POWER  BIT(12)
#define PLL_SYS		0x400d8030u
#define   PLL_SYS_POWERDOWN BIT(12)
#define   PLL_ENABLE	  BIT(13)
#define   PLL_BYPASS_SOURCE (3u << 14)	/* 0: the crystal */
#define   PLL_BYPASS	  BIT(16)
#define   PLL_LOCK	  BIT(31)
#define PFD_480		0x400d80f0u
#define PFD_528		0x400d8100u
#define DIGPROG		0x400d8260u
#define REG_SET		4u
#define REG_CLR		8u

/* System Reset Controller */
#define SRC_SCR		0x400f8000u
#define   SCR_MASK_WDOG	  (0xfu << 7)
#define   SCR_WDOG_MASKED (0x5u << 7)
#define   SCR_MASK_WDOG3  (0xfu << 28)
#define   SCR_WDOG3_MASKED (0x5u << 28)
#define SRC_SBMR1	0x400f8004u
#define SRC_SRSR	0x400f8008u
#define   SRSR_WDOG	  BIT(4)
#define   SRSR_WDOG3	  BIT(7)
#define SRC_SBMR2	0x400f801cu

/* IOMUXC_GPR */
#define GPR14		0x400ac038u
#define GPR16		0x400ac040u
#define   GPR16_BANK_CFG_SEL BIT(2)
#define GPR17		0x400ac044u
#define GPR30		0x400ac078u
#define GPR32		0x400ac080u

#define OCOTP_SHADOW(word)                                                                         \
	(0x401f4400u + 0x10u * (word) + ((word) >= 0x30u ? 0x100u : 0u))
#define BEE_CTRL	0x403ec000u

/* Watchdogs: WDOG1 and 2 are 16 bits wide, the RTWDOG (WDOG3) 32. */
#define WDOG1		0x400b8000u
#define WDOG2		0x400d0000u
#define WDOG_WCR	0u
#define   WCR_WDBG	  BIT(1)
#define   WCR_WDE	  BIT(2)
#define WDOG_WSR	2u
#define WDOG_WMCR	8u
#define RTWDOG_CS	0x400bc000u
#define   CS_DBG	  BIT(2)
#define   CS_UPDATE	  BIT(5)
#define   CS_EN		  BIT(7)
#define   CS_CMD32EN	  BIT(13)
#define RTWDOG_CNT	0x400bc004u
#define RTWDOG_TOVAL	0x400bc008u

/* Core (DDI 0489F 5, DDI 0403 B3). */
#define SYST_CSR	0xe000e010u
#define NVIC_ISER(n)	(0xe000e100u + 4u * (n))
#define NVIC_ICER(n)	(0xe000e180u + 4u * (n))
#define NVIC_ICPR(n)	(0xe000e280u + 4u * (n))
#define SCB_CPUID	0xe000ed00u
#define SCB_VTOR	0xe000ed08u
#define SCB_AIRCR	0xe000ed0cu
#define   AIRCR_REQUEST	  0x05fa0004u
#define   AIRCR_VECTRESET_REQUEST 0x05fa0001u
#define SCB_CCR		0xe000ed14u
#define   CCR_D_CACHE	  BIT(16)
#define   CCR_I_CACHE	  BIT(17)
#define SCB_SHCSR	0xe000ed24u
#define SCB_CFSR	0xe000ed28u
#define SCB_HFSR	0xe000ed2cu
#define SCB_DFSR	0xe000ed30u
#define SCB_CCSIDR	0xe000ed80u
#define SCB_CSSELR	0xe000ed84u
#define SCB_CPACR	0xe000ed88u
#define MPU_CTRL	0xe000ed94u
#define SCB_DHCSR	0xe000edf0u
#define   DHCSR_WRITE	  0xa05f0000u
#define   DHCSR_DEBUGEN	  BIT(0)
#define   DHCSR_C_HALT	  BIT(1)
#define   DHCSR_S_HALT	  BIT(17)
#define   DHCSR_S_SLEEP	  BIT(18)
#define   DHCSR_S_LOCKUP  BIT(19)
#define   DHCSR_S_RESET	  BIT(25)
#define   DHCSR_S_REGRDY  BIT(16)
#define SCB_DCRSR	0xe000edf4u
#define   DCRSR_PC	  15u
#define SCB_DCRDR	0xe000edf8u
#define SCB_DEMCR	0xe000edfcu
#define   DEMCR_CORERESET BIT(0)
#define   DEMCR_HARDERR	  BIT(10)
#define   DEMCR_TRC	  BIT(24)
#define SCB_ICIALLU	0xe000ef50u
#define SCB_DCISW	0xe000ef60u
#define SCB_DCCISW	0xe000ef74u
#define DWT_COMP0	0xe0001020u
#define DWT_MASK0	0xe0001024u
#define DWT_FUNCTION0	0xe0001028u

#define IMXRT_ROM	0x00200000u

/* The target's access port; ERR_NOT_EXAMINED if there is none yet. */
enum err imxrt_ap(struct target *t, struct mem_ap **ap);
/* Cleans (or, where the memory below was changed, drops) the whole data cache by set and way. */
enum err imxrt_drop_d_cache(struct mem_ap *ap, bool clean);

#endif
