/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the virtual board has in the place of ST's boot loader, linked at 0x1fff6144. It does the one
 * thing firmware and debuggers depend on (AN2606, dual bank boot): with BFB2 set, start bank 2 if
 * its stack pointer lies in SRAM1, else bank 1, else stay. Without BFB2 it stays.
 *
 * Rebuild stm32_chip_boot.h with:
 *   arm-none-eabi-gcc -mcpu=cortex-m4 -nostdlib -Wl,-Ttext=0x1fff6144 -o boot.elf stm32_chip_boot.S
 *   arm-none-eabi-objcopy -O binary boot.elf boot.bin
 *   od -An -v -tx2 -w16 boot.bin | sed 's/ \(....\)/0x\1, /g; s/^/\t/; s/ $//'
 */
	.syntax unified
	.thumb
	.global _start
	.thumb_func
_start:
	ldr	r0, =0x40022020		@ FLASH_OPTR
	ldr	r1, [r0]
	lsls	r1, r1, #11		@ BFB2 into N
	bpl	stay
	ldr	r0, =0x40022010		@ FLASH_SR: with OPTVERR nothing can be trusted
	ldr	r1, [r0]
	lsls	r1, r1, #16
	bmi	stay
	ldr	r0, =0x40021060		@ RCC_APB2ENR: SYSCFGEN
	ldr	r1, [r0]
	orr	r1, r1, #1
	str	r1, [r0]
	ldr	r1, [r0]
	ldr	r5, =0x40010000		@ SYSCFG_MEMRMP
	ldr	r2, =0x08000000
	ldr	r0, =0x1fff75e0		@ flash size in KiB: bank 2 is half of it further
	ldrh	r0, [r0]
	add	r3, r2, r0, lsl #9
	mov	r4, #0x100		@ FB_MODE, MEM_MODE 0
	ldr	r6, =0x20000000
	ldr	r7, =0x18000
	ldr	r0, [r3]
	subs	r1, r0, r6
	cmp	r1, r7
	blo	start
	movs	r4, #0
	ldr	r0, [r2]
	subs	r1, r0, r6
	cmp	r1, r7
	bhs	stay
start:
	str	r4, [r5]
	ldr	r1, [r5]		@ the map has changed once this is back
	ldr	r0, [r2]
	msr	msp, r0
	ldr	r0, [r2, #4]
	bx	r0
stay:
	wfi
	b	stay
	.ltorg
