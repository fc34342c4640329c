/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vector table at 0x00200000, the way in, the way back after a fault, the way out. */
	.syntax unified
	.thumb
	.section .vectors, "a"
	.word	0x20208000		@ top of the OCRAM that the ROM keeps for itself
	.word	reset + 1
	.word	stay + 1		@ NMI
	.word	fault + 1
	.word	fault + 1
	.word	fault + 1
	.word	fault + 1
	.word	0			@ 0x0020001c: the vendor's API tree would be here
	.word	0, 0, 0
	.word	stay + 1, stay + 1, 0, stay + 1, stay + 1
	.rept	160
	.word	stay + 1
	.endr

	.text
	.thumb_func
	.type	reset, %function
reset:
	cpsid	i
	ldr	r0, =0x20200000
	ldr	r1, =0x20208000
	msr	msp, r1			@ also for whoever sent the PC here without a reset
	bl	rom_main

	.thumb_func
	.type	stay, %function
stay:
	b	stay

/* A fault while an image is looked for (an AHB read of a flash that does not answer, say) is a boot that
 * failed: thread mode again, at rom_next, with an empty stack. Any other one is not ours to mend. */
	.thumb_func
	.type	fault, %function
fault:
	ldr	r1, =0x20208000 - 32
	mov	sp, r1
	ldr	r0, =0x20200000
	ldrb	r2, [r0, #4]		@ rom->probing
	cmp	r2, #0
	beq	stay
	movs	r2, #0
	str	r0, [r1, #0]		@ r0: struct rom
	str	r2, [r1, #4]
	str	r2, [r1, #8]
	str	r2, [r1, #12]
	str	r2, [r1, #16]
	ldr	r3, =stay + 1
	str	r3, [r1, #20]		@ lr
	ldr	r3, =rom_next
	bic	r3, r3, #1
	str	r3, [r1, #24]
	mov	r3, #0x01000000
	str	r3, [r1, #28]
	ldr	r3, =0xe000ed28		@ CFSR, HFSR: write one to clear
	mvns	r2, r2
	str	r2, [r3, #0]
	str	r2, [r3, #4]
	ldr	r0, =0xfffffff9
	bx	r0

/* void jump(uint32_t entry, uint32_t sp, uint32_t vtor) */
	.global	jump
	.thumb_func
	.type	jump, %function
jump:
	ldr	r3, =0xe000ed08
	str	r2, [r3]
	msr	msp, r1
	dsb
	isb
	cpsie	i
	orr	r0, r0, #1
	bx	r0
	.ltorg
