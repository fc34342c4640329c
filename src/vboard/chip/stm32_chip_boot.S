/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the virtual boards have in the place of ST's boot loader, wherever their system memory is. It
 * does the one thing firmware and debuggers depend on (AN2606, dual bank boot): with BFB2 set, start
 * bank 2 if its stack pointer lies in the RAM it accepts, else bank 1, else stay. Without BFB2 it
 * stays. Any Armv6-M or later core runs it, from any word address. The board's words follow the code
 * (struct loader_words in stm32_chip_boot.c).
 *
 * Rebuild stm32_chip_boot.h with:
 *   arm-none-eabi-gcc -mcpu=cortex-m0 -nostdlib -Wl,-Ttext=0 -o boot.elf stm32_chip_boot.S
 *   arm-none-eabi-objcopy -O binary boot.elf boot.bin
 *   od -An -v -tx2 -w16 boot.bin | sed 's/ \(....\)/0x\1, /g; s/^/\t/; s/ $//'
 */
	.syntax unified
	.cpu cortex-m0
	.thumb
	.global _start
	.thumb_func
	.balign	4
_start:
	adr	r7, words
	ldr	r0, [r7, #0]		@ FLASH_OPTR
	ldr	r1, [r0]
	ldr	r2, [r7, #4]		@ BFB2, 0: this line has none
	tst	r1, r2
	beq	stay
	ldr	r0, [r7, #8]		@ FLASH_SR: with OPTVERR nothing can be trusted
	ldr	r1, [r0]
	lsls	r1, r1, #16
	bmi	stay
	ldr	r0, [r7, #12]		@ RCC_APB2ENR: SYSCFGEN
	ldr	r1, [r0]
	movs	r2, #1
	orrs	r1, r2
	str	r1, [r0]
	ldr	r1, [r0]
	ldr	r5, [r7, #16]		@ SYSCFG_MEMRMP
	ldr	r0, [r7, #20]		@ flash size in KiB: bank 2 is half of it further
	ldrh	r0, [r0]
	lsls	r0, r0, #9
	ldr	r1, [r7, #24]		@ or where trimmed parts have it too
	cmp	r1, #0
	beq	half
	mov	r0, r1
half:
	movs	r2, #8			@ main flash
	lsls	r2, r2, #24
	adds	r3, r2, r0
	movs	r4, #1			@ FB_MODE, MEM_MODE 0
	lsls	r4, r4, #8
	movs	r6, #32			@ RAM
	lsls	r6, r6, #24
	ldr	r7, [r7, #28]		@ so much of it may hold a stack
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
	.balign	4
words:
