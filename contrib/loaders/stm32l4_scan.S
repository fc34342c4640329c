/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks through blocks of STM32L4 flash: CRC-32 of each as target_crc32(), or if it is blank. A double
 * word with two wrong bits (an operation that lost power) raises an NMI when it is read: the block is
 * marked, and the walk goes on. ARMv6-M code; position independent; no stack but an exception's. The
 * first two instructions are the handlers of NMI and of faults.
 *
 * in:  r0 = the block below
 * out: RESULTS filled: { CRC, or all words of the block ANDed; 0 or a mark of bad ECC } each
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb
	.text

	.equ ECCR, 0			/* addresses, or any words that may be written */
	.equ ECCR2, 4
	.equ WATCHDOG, 8		/* IWDG_KR, or any word that may be written */
	.equ RESULTS, 12
	.equ ADDR, 16
	.equ BLOCK, 20			/* bytes, a multiple of 16 if TABLE is 0, else of 4 */
	.equ COUNT, 24
	.equ TABLE, 28			/* 1 KiB for the CRC; 0: blank check */

	.equ POLYNOMIAL, 0x04c11db7
	.equ IWDG_REFRESH, 0xaaaa

	.macro	next_byte		/* r7 = CRC, r6 = scratch */
	lsrs	r6, r7, #24
	lsls	r6, r6, #2
	ldr	r6, [r4, r6]
	lsls	r7, r7, #8
	eors	r7, r7, r6
	.endm

	b	nmi
	bkpt	#1

	.global entry
entry:
	ldr	r4, [r0, #TABLE]
	ldr	r1, [r0, #ADDR]
	cmp	r4, #0
	beq	block
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
	ldr	r1, [r0, #ADDR]

/* r1 next address, r5 end of the block, r7 result, r8 mark */
block:
	ldr	r2, [r0, #WATCHDOG]
	ldr	r3, =IWDG_REFRESH
	str	r3, [r2]
	ldr	r5, [r0, #BLOCK]
	adds	r5, r5, r1
	movs	r7, #0
	mov	r8, r7
	mvns	r7, r7
	cmp	r4, #0
	bne	word
blank:
	ldmia	r1!, {r2, r3, r4, r6}
	ands	r7, r7, r2
	ands	r7, r7, r3
	ands	r7, r7, r4
	ands	r7, r7, r6
	cmp	r1, r5
	bne	blank
	movs	r4, #0
	b	1f
word:
	ldmia	r1!, {r6}
	rev	r6, r6
	eors	r7, r7, r6
	next_byte
	next_byte
	next_byte
	next_byte
	cmp	r1, r5
	bne	word

/* The NMI does not come while the core is in one already: look here too. */
1:	ldr	r2, [r0, #ECCR]
	bl	acknowledge
	ldr	r2, [r0, #ECCR2]
	bl	acknowledge
	mov	r6, r8
	ldr	r3, [r0, #RESULTS]
	stmia	r3!, {r7}
	stmia	r3!, {r6}
	str	r3, [r0, #RESULTS]
	ldr	r2, [r0, #COUNT]
	subs	r2, r2, #1
	str	r2, [r0, #COUNT]
	bne	block
	.global exit
exit:
	bkpt	#0

/* ECCD is bit 31; bit 29 for the upper half of 128 bits. Uses r3, r6. */
acknowledge:
	ldr	r3, [r2]
	lsrs	r6, r3, #29
	str	r3, [r2]
	movs	r3, #5
	ands	r6, r6, r3
	beq	1f
	mov	r8, r6
1:	bx	lr

nmi:
	movs	r1, #1
	mov	r8, r1
	ldr	r1, [r0, #ECCR]
	ldr	r2, [r1]
	str	r2, [r1]
	ldr	r1, [r0, #ECCR2]
	ldr	r2, [r1]
	str	r2, [r1]
	bx	lr
	.pool
