/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the FlexSPI controller: IMXRT1064RM "FlexSPI register descriptions". */
#ifndef VB_DEVICE_IMXRT_FLEXSPI_REGS_H
#define VB_DEVICE_IMXRT_FLEXSPI_REGS_H

#include "base/bytes.h"

#define FLEXSPI_MCR0	   0x000u
#define   MCR0_SWRESET	     BIT(0)
#define   MCR0_MDIS	     BIT(1)
#define   MCR0_ARDFEN	     BIT(6)
#define   MCR0_ATDFEN	     BIT(7)
#define   MCR0_HSEN	     BIT(11)
#define   MCR0_COMBINATIONEN BIT(13)
#define FLEXSPI_MCR1	   0x004u
#define FLEXSPI_MCR2	   0x008u
#define   MCR2_SAMEDEVICEEN  BIT(15)
#define FLEXSPI_AHBCR	   0x00cu
#define   AHBCR_CLRAHBRXBUF  BIT(1)
#define   AHBCR_CLRAHBTXBUF  BIT(2)
#define   AHBCR_PREFETCHEN   BIT(5)
#define   AHBCR_READADDROPT  BIT(6)
#define FLEXSPI_INTEN	   0x010u
#define FLEXSPI_INTR	   0x014u
#define   INTR_IPCMDDONE     BIT(0)
#define   INTR_IPCMDGE	     BIT(1)
#define   INTR_AHBCMDGE	     BIT(2)
#define   INTR_IPCMDERR	     BIT(3)
#define   INTR_AHBCMDERR     BIT(4)
#define   INTR_IPRXWA	     BIT(5)
#define   INTR_IPTXWE	     BIT(6)
#define   INTR_SCKSTOPBYRD   BIT(8)
#define   INTR_SCKSTOPBYWR   BIT(9)
#define   INTR_AHBBUSTIMEOUT BIT(10)
#define   INTR_SEQTIMEOUT    BIT(11)
#define FLEXSPI_LUTKEY	   0x018u
#define   LUT_KEY	     0x5af05af0u
#define FLEXSPI_LUTCR	   0x01cu
#define   LUTCR_LOCK	     BIT(0)
#define   LUTCR_UNLOCK	     BIT(1)
#define FLEXSPI_AHBRXBUF0CR0 0x020u
#define   AHBRXBUF_PREFETCHEN BIT(31)
#define FLEXSPI_FLSHA1CR0  0x060u
#define FLEXSPI_FLSHA1CR1  0x070u
#define   CR1_WA	     BIT(10)
#define   CR1_CSINTERVALUNIT BIT(15)
#define FLEXSPI_FLSHA1CR2  0x080u
#define   CR2_CLRINSTRPTR    BIT(31)
#define FLEXSPI_FLSHCR4	   0x094u
#define   FLSHCR4_WMENA	     BIT(2)
#define   FLSHCR4_WMENB	     BIT(3)
#define FLEXSPI_IPCR0	   0x0a0u
#define FLEXSPI_IPCR1	   0x0a4u
#define FLEXSPI_IPCMD	   0x0b0u
#define   IPCMD_TRG	     BIT(0)
#define FLEXSPI_IPRXFCR	   0x0b8u
#define FLEXSPI_IPTXFCR	   0x0bcu
#define   FCR_CLR	     BIT(0)
#define FLEXSPI_DLLACR	   0x0c0u
#define FLEXSPI_DLLBCR	   0x0c4u
#define   DLL_DLLEN	     BIT(0)
#define   DLL_DLLRESET	     BIT(1)
#define   DLL_OVRDEN	     BIT(8)
#define FLEXSPI_STS0	   0x0e0u
#define FLEXSPI_STS1	   0x0e4u
#define FLEXSPI_STS2	   0x0e8u
#define FLEXSPI_AHBSPNDSTS 0x0ecu
#define FLEXSPI_IPRXFSTS   0x0f0u
#define FLEXSPI_IPTXFSTS   0x0f4u
#define FLEXSPI_RFDR0	   0x100u
#define FLEXSPI_TFDR0	   0x180u
#define FLEXSPI_LUT	   0x200u
#define FLEXSPI_END	   0x300u

/* An instruction of the LUT: OPERAND 7:0, PADS 9:8, OPCODE 15:10. Bit 5 of the opcode: DDR. */
#define OP_STOP	      0x00u
#define OP_CMD	      0x01u
#define OP_RADDR      0x02u
#define OP_CADDR      0x03u
#define OP_MODE1      0x04u
#define OP_MODE8      0x07u
#define OP_WRITE      0x08u
#define OP_READ	      0x09u
#define OP_LEARN      0x0au	/* not on the RT10xx */
#define OP_DATSZ      0x0bu
#define OP_DUMMY      0x0cu
#define OP_DUMMY_RWDS 0x0du
#define OP_JMP_ON_CS  0x1fu
#define OP_DDR	      0x20u

#endif
