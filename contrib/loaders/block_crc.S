/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32 of several blocks of memory in one run: polynomial 0x04c11db7, most significant bit first,
 * start value ~0, no final inversion, as GDB's qCRC. ARMv6-M code; position independent; no stack.
 *
 * in:  r0 = first block, r1 = bytes of a block (a multiple of 4), r2 = how many blocks,
 *      r3 = where the results go, r4 = 1 KiB of RAM for the table,
 *      r5 = a word to write 0xaaaa to before each block (IWDG_KR), or any that may be written
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb
	.text

	.equ POLYNOMIAL, 0x04c11db7

	.macro	next_byte		/* r7 = CRC, r6 = scratch */
	lsrs	r6, r7, #24
	lsls	r6, r6, #2
	ldr	r6, [r4, r6]
	lsls	r7, r7, #8
	eors	r7, r7, r6
	.endm

	.global entry
entry:
	mov	r8, r1
	mov	r9, r2
	mov	r10, r3
	mov	r11, r5

	movs	r1, #0			/* table[r1] = CRC of the byte r1 */
	ldr	r2, =POLYNOMIAL
table:
	lsls	r6, r1, #24
	movs	r7, #8
1:	lsls	r6, r6, #1
	bcc	2f
	eors	r6, r6, r2
2:	subs	r7, r7, #1
	bne	1b
	lsls	r7, r1, #2
	str	r6, [r4, r7]
	adds	r1, r1, #1
	lsrs	r7, r1, #8
	beq	table

block:
	mov	r2, r11
	ldr	r3, =0xaaaa
	str	r3, [r2]
	movs	r7, #0
	mvns	r7, r7
	mov	r1, r8
	adds	r1, r1, r0		/* end of the block */
word:
	ldmia	r0!, {r6}
	rev	r6, r6
	eors	r7, r7, r6
	next_byte
	next_byte
	next_byte
	next_byte
	cmp	r0, r1
	bne	word
	mov	r3, r10
	stmia	r3!, {r7}
	mov	r10, r3
	mov	r2, r9
	subs	r2, r2, #1
	mov	r9, r2
	bne	block
	.global exit
exit:
	bkpt	#0
	.pool
