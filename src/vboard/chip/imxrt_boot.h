/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot ROM stand-in of the virtual i.MX RT boards, and the images of their start states.
 *
 * The ROM is real Thumb code (chip/imxrt_rom/, cross-compiled, bytes checked in) at 0x00200000: it
 * runs from reset with only the hardware's help, as the vendor's does: samples SRC_SBMR1/2 and the
 * fuses' shadow registers, reads FCB and IVT through FlexSPI, sets MPU and clocks, starts the image or
 * falls through to the serial downloader. It is ours, written from the documented behaviour; nothing
 * of the vendor's code or ROM API is in it (0x0020001C reads 0).
 */
#ifndef VB_CHIP_IMXRT_BOOT_H
#define VB_CHIP_IMXRT_BOOT_H

#include <stddef.h>
#include <stdint.h>

enum imxrt_rom_family { ROM_RT1020, ROM_RT1050, ROM_RT1060 };

struct imxrt_rom {
	const uint8_t *bytes;
	size_t size;		/* the rest of the region up to its size reads 0 */
	/* Where the parts' ROMs can be told apart: words the chip patches in, as the vendor's hold
	 * them at these addresses (identification of the family by debuggers). */
	struct { uint32_t addr, value; } marks[3];
};
const struct imxrt_rom *imxrt_rom(enum imxrt_rom_family family);

/*
 * Flash images by name. Each but crashed's counts in the word at 0x20000100 (IMXRT_IMAGE_COUNTER).
 *   good, handler, copied, dcd	FCB, IVT and a program that blinks; the IVT names the vector table, the
 *			handler; the ROM copies it into OCRAM; a DCD writes CCM_CCOSR
 *   raw-bin		the program alone at offset 0
 *   steals-swd, watchdog-sleep, flexram, mpu-ocram, crashed, stuck, continuous-read, qpi
 *			valid images that do what their names say; each reset starts them again
 *   wrong, nocfg, misplaced	images that the ROM refuses: entry outside, no FCB, IVT.self not its address
 * "hyper:NAME" has the FCB of a HyperFlash.
 * flash_base: the address of the window (IVT pointers are absolute). NULL: none such.
 * The result is malloc'ed: offset 0 of the flash first.
 */
#define IMXRT_IMAGE_COUNTER 0x20000100u
uint8_t *imxrt_image(const char *name, uint32_t flash_base, enum imxrt_rom_family family,
		     size_t *bytes);

#endif
