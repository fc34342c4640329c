/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32 of any range of memory: polynomial 0x04c11db7, most significant bit first, no final
 * inversion, as GDB's qCRC. ARMv6-M code; position independent; no stack. Word loads in the middle,
 * some 8 cycles a byte.
 *
 * in:  r0 = first byte, r1 = bytes, r2 = start value, r4 = 1 KiB of RAM for the table
 * out: r0 = CRC
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb
	.text

	.equ POLYNOMIAL, 0x04c11db7

	.macro	next_byte		/* r2 = CRC, r6 = scratch */
	lsrs	r6, r2, #24
	lsls	r6, r6, #2
	ldr	r6, [r4, r6]
	lsls	r2, r2, #8
	eors	r2, r2, r6
	.endm

	.macro	one_byte		/* the byte at r0 */
	ldrb	r6, [r0]
	adds	r0, r0, #1
	lsls	r6, r6, #24
	eors	r2, r2, r6
	next_byte
	.endm

	.global entry
entry:
	movs	r3, #0			/* table[r3] = CRC of the byte r3 */
	ldr	r5, =POLYNOMIAL
table:
	lsls	r6, r3, #24
	movs	r7, #8
1:	lsls	r6, r6, #1
	bcc	2f
	eors	r6, r6, r5
2:	subs	r7, r7, #1
	bne	1b
	lsls	r7, r3, #2
	str	r6, [r4, r7]
	adds	r3, r3, #1
	lsrs	r7, r3, #8
	beq	table

	adds	r1, r1, r0		/* end */
	movs	r3, #3
head:
	cmp	r0, r1
	beq	done
	tst	r0, r3
	beq	aligned
	one_byte
	b	head
aligned:
	mov	r5, r1			/* end of the whole words */
	bics	r5, r5, r3
words:
	cmp	r0, r5
	beq	tail
	ldmia	r0!, {r6}
	rev	r6, r6
	eors	r2, r2, r6
	next_byte
	next_byte
	next_byte
	next_byte
	b	words
tail:
	cmp	r0, r1
	beq	done
	one_byte
	b	tail
done:
	mov	r0, r2
	.global exit
exit:
	bkpt	#0
	.pool
