/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erases and programs the flash of STM32L4 and of the lines that share its controller.
 *
 * The host feeds a ring with units of 8 bytes: a header, then the data it announces.
 *   { address, n }          n double words to program from address on
 *   { CR value, 0 }         erase: CR value is PER, PNB and BKER, or MER1 and MER2
 *   { 0, 0xffffffff }       the end
 * While the controller works on one double word the next one is fetched, so that only the poll of
 * SR and the two stores stand between two operations. ARMv6-M code; position independent; no stack.
 * Interrupts are masked by the debugger.
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
	.equ WP, 24			/* write pointer: the host's; 0: stop */
	.equ RP, 28			/* read pointer: ours; 0: gave up */
	.equ DATA, 32

	.equ CR_STRT, 0x10000
	.equ IWDG_REFRESH, 0xaaaa
	.equ ERASE_PAUSE, 64		/* 3 cycles each: 50 us of 22 ms at 4 MHz */

/*
 * r0 block, r1 SR_BUSY, r6 next address, r7 double words left in the run
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
	bl	take_unit
	bl	wait_ready
	adds	r2, r5, #1
	beq	all_done
	mov	r11, r4
	ldr	r3, [r0, #CR_ADDR]
	cmp	r5, #0
	beq	erase
	movs	r6, r4
	movs	r7, r5
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
	stmia	r6!, {r4, r5}
	subs	r7, r7, #1
	bne	program
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

/* r4, r5 = the next unit. Uses r2, r3. */
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
	.pool
