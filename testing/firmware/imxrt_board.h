/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the test firmware needs of an i.MX RT EVK. IMXRT: 1064, 1060, 1024, 1050, 10500 (HyperFlash). */
#ifndef FIRMWARE_IMXRT_BOARD_H
#define FIRMWARE_IMXRT_BOARD_H

#define HCLK_HZ	  396000000	/* as the boot ROM leaves it */
#define NO_MEMORY 0x90000000	/* SEMC without SDRAM set up */

#define WDOG1_WMCR    (*(volatile uint16_t *)0x400b8008)
#define RTWDOG_CS     REG(0x400bc000)
#define RTWDOG_CNT    REG(0x400bc004)
#define RTWDOG_TOVAL  REG(0x400bc008)
#define CSCDR1	      REG(0x400fc024)
#define LPUART1_BAUD  REG(0x40184010)
#define LPUART1_STAT  REG(0x40184014)
#define LPUART1_CTRL  REG(0x40184018)
#define LPUART1_DATA  REG(0x4018401c)
#define GPIO1_DR      REG(0x401b8000)
#define GPIO1_GDIR    REG(0x401b8004)
#define IOMUXC(n)     REG(0x401f8000 + (n))
#define NVIC_ISPR(n)  REG(0xe000e200 + 4 * (n))

#if IMXRT == 1024
#define LED_MUX 0x0d0		/* GPIO_AD_B0_05: GPIO1_IO05 */
#define LED_BIT 5
#define TX_MUX	0x0d4		/* GPIO_AD_B0_06, _07: LPUART1 */
#define RX_MUX	0x0d8
#else
#define LED_MUX 0x0e0		/* GPIO_AD_B0_09: GPIO1_IO09 */
#define LED_BIT 9
#define TX_MUX	0x0ec		/* GPIO_AD_B0_12, _13: LPUART1 */
#define RX_MUX	0x0f0
#endif

#endif
