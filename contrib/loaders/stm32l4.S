/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erases and programs the flash of STM32L4 and of the lines that share its controller.
 *
 * The host feeds a ring with units of 8 bytes, on lines that program 16 bytes at once of 16: a header
 * (of 16 bytes its second half), then the data it announces.
 *   { address, n }                n pairs of words to program from address on
 *   { address, 0x40000000 | n }   n rows to program fast, each ascending and back to back
 *   { CR value, 0 }               erase: CR value is PER, PNB and BKER, or MER1 and MER2
 *   { 0, 0xffffffff }             the end
 * While the controller works on one double word the next one is fetched, so that only the poll of
 * SR and the two stores stand between two operations. A row is started when all of it is in the ring.
 * Nothing here reads the flash: it would break off a row without a sign. ARMv6-M code; position
 * independent; no stack but an exception's. Interrupts are masked by the debugger; the first two
 * instructions are the handlers of NMI and of faults.
 *
 * in:  r0 = the block below, r1 = end of the ring
 * out: r0 = error bits of SR; 0: all done; 1: the host set wp to 0
 *      r1 = address behind the last double word that was started, 0 if none in this run
 *      r2 = first word of the header that was being carried out
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb
	.text

	.equ SR_ADDR, 0
	.equ CR_ADDR, 4
	.equ SR_BUSY, 8			/* mask */
	.equ SR_ERRORS, 12		/* mask */
	.equ CR_PROGRAM, 16		/* CR value that enables programming */
	.equ WATCHDOG, 20		/* IWDG_KR, or any word that may be written */
	.equ CR_FAST, 24		/* CR value of fast rows */
	.equ ROW, 28			/* pairs of words in a row */
	.equ HALF, 32			/* 8: the unit is 16 bytes; else 0 */
	.equ ECCR, 36			/* address, or any word that may be written */
	.equ WP, 40			/* write pointer: the host's; 0: stop */
	.equ RP, 44			/* read pointer: ours; 0: gave up */
	.equ DATA, 48

	.equ CR_STRT, 0x10000
	.equ IWDG_REFRESH, 0xaaaa
	.equ ERASE_PAUSE, 64		/* 3 cycles each: 50 us of 22 ms at 4 MHz */

	b	nmi
	bkpt	#1

/*
 * r0 block, r1 SR_BUSY, r6 next address, r7 pairs of words or rows left in the run
 * r8 end of the ring, r9 its start, r10 SR_ERRORS, r11 header
 */
	.global entry
entry:
	mov	r8, r1
	movs	r2, #DATA
	adds	r2, r2, r0
	mov	r9, r2
	ldr	r1, [r0, #SR_BUSY]
	ldr	r2, [r0, #SR_ERRORS]
	mov	r10, r2
	movs	r6, #0
	mov	r11, r6

next_header:
	ldr	r2, [r0, #HALF]
	cmp	r2, #0
	beq	1f
	bl	take_unit		/* the half of a header that says nothing */
1:	bl	take_unit
	bl	wait_ready
	adds	r2, r5, #1
	beq	all_done
	mov	r11, r4
	ldr	r3, [r0, #CR_ADDR]
	cmp	r5, #0
	beq	erase
	movs	r6, r4
	lsls	r7, r5, #2
	lsrs	r7, r7, #2
	lsls	r2, r5, #1
	bmi	fast
	ldr	r2, [r0, #CR_PROGRAM]
	str	r2, [r3]

program:
	bl	take_unit
	ldr	r2, [r0, #SR_ADDR]
1:	ldr	r3, [r2]
	tst	r3, r1
	bne	1b
	mov	r2, r10
	ands	r3, r3, r2
	bne	failed
2:	stmia	r6!, {r4, r5}
	ldr	r2, [r0, #HALF]
	subs	r7, r7, #1
	tst	r6, r2
	bne	second_half
	cmp	r7, #0
	bne	program
	b	next_header

/* The ring holds whole units: it is there, and wp does not count before it is written. */
second_half:
	ldr	r3, [r0, #RP]
	ldmia	r3!, {r4, r5}
	cmp	r3, r8
	blo	1f
	mov	r3, r9
1:	str	r3, [r0, #RP]
	b	2b

fast:
	ldr	r2, [r0, #CR_FAST]
	str	r2, [r3]
row:
	bl	refresh_watchdog
	ldr	r3, [r0, #RP]
	ldr	r2, [r0, #WP]
	cmp	r2, #0
	beq	stopped
	subs	r2, r2, r3
	bcs	1f
	mov	r4, r8
	mov	r5, r9
	subs	r4, r4, r5
	adds	r2, r2, r4
1:	ldr	r5, [r0, #ROW]
	lsls	r4, r5, #3
	cmp	r2, r4
	blo	row
2:	ldmia	r3!, {r2, r4}
	stmia	r6!, {r2, r4}
	cmp	r3, r8
	blo	3f
	mov	r3, r9
3:	subs	r5, r5, #1
	bne	2b
	str	r3, [r0, #RP]
	bl	wait_ready
	subs	r7, r7, #1
	bne	row
	ldr	r3, [r0, #CR_ADDR]
	movs	r2, #0
	str	r2, [r3]
	b	next_header

erase:
	movs	r6, #0
	str	r4, [r3]
	ldr	r2, =CR_STRT
	orrs	r2, r2, r4
	str	r2, [r3]
1:	bl	refresh_watchdog
	movs	r2, #ERASE_PAUSE	/* leaves the bus to the host */
2:	subs	r2, r2, #1
	bne	2b
	ldr	r2, [r0, #SR_ADDR]
	ldr	r3, [r2]
	tst	r3, r1
	bne	1b
	mov	r2, r10
	ands	r3, r3, r2
	bne	failed
	ldr	r2, [r0, #CR_ADDR]
	str	r3, [r2]
	b	next_header

/* r4, r5 = the next 8 bytes. Uses r2, r3. */
take_unit:
	ldr	r2, [r0, #WATCHDOG]
	ldr	r3, =IWDG_REFRESH
	str	r3, [r2]
	ldr	r3, [r0, #RP]
	ldr	r2, [r0, #WP]
	cmp	r2, #0
	beq	stopped
	cmp	r2, r3
	beq	take_unit
	ldmia	r3!, {r4, r5}
	cmp	r3, r8
	blo	1f
	mov	r3, r9
1:	str	r3, [r0, #RP]
	bx	lr

/* Uses r2, r3. */
wait_ready:
	ldr	r2, [r0, #SR_ADDR]
1:	ldr	r3, [r2]
	tst	r3, r1
	bne	1b
	mov	r2, r10
	ands	r3, r3, r2
	bne	failed
	bx	lr

/* Uses r2, r3. */
refresh_watchdog:
	ldr	r2, [r0, #WATCHDOG]
	ldr	r3, =IWDG_REFRESH
	str	r3, [r2]
	bx	lr

stopped:
	bl	wait_ready		/* a double word in progress ends well */
	movs	r3, #1
failed:
	movs	r4, #0
	str	r4, [r0, #RP]
	b	leave
all_done:
	movs	r3, #0
leave:
	movs	r4, #0
	ldr	r2, [r0, #CR_ADDR]
	str	r4, [r2]
	movs	r0, r3
	movs	r1, r6
	mov	r2, r11
	.global exit
exit:
	bkpt	#0

/* An ECC error found before: the host has dealt with it, here it is only acknowledged. */
nmi:
	ldr	r1, [r0, #ECCR]
	ldr	r2, [r1]
	str	r2, [r1]
	bx	lr
	.pool
