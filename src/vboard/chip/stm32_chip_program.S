/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware of the presets: a start-up program that works off a table of register accesses, as
 * vendors' start-up code does. Any Armv6-M or later core runs it, from any address. The table follows
 * the code: three words a row, {operation, address, value}.
 *
 * Rebuild stm32_chip_program.h with `make stm32-program`.
 */
	.syntax unified
	.cpu cortex-m0
	.thumb
	.global _start
	.thumb_func
_start:
	mov	r7, pc			@ _start + 4
	subs	r7, r7, #4
	ldr	r4, at_table
	adds	r4, r4, r7
next:
	ldmia	r4!, {r0, r1, r2}
	cmp	r0, #9
	bhi	stop
	lsls	r0, r0, #1
	add	pc, r0			@ pc reads 4 further: row 0 is two instructions on
	nop
	b	stop			@ 0: go round and round
	b	write			@ 1: [address] = value
	b	set			@ 2: [address] |= value
	b	clear			@ 3: [address] &= ~value
	b	toggle			@ 4: [address] ^= value
	b	until			@ 5: until [address] has one of the bits
	b	delay			@ 6: `value` rounds
	b	back			@ 7: `value` bytes back in the table
	b	sleep			@ 8: WFI, for ever
					@ 9: go on in RAM at `address`, `value` bytes of it
	mov	r3, r7
	mov	r5, r1
copy:
	ldmia	r3!, {r6}
	stmia	r5!, {r6}
	subs	r2, r2, #4
	bhi	copy
	subs	r4, r4, r7
	adds	r4, r4, r1
	mov	r7, r1
	ldr	r6, at_next
	adds	r6, r6, r7
	bx	r6
write:
	str	r2, [r1]
	b	next
set:
	ldr	r3, [r1]
	orrs	r3, r2
	str	r3, [r1]
	b	next
clear:
	ldr	r3, [r1]
	bics	r3, r2
	str	r3, [r1]
	b	next
toggle:
	ldr	r3, [r1]
	eors	r3, r2
	str	r3, [r1]
	b	next
until:
	ldr	r3, [r1]
	tst	r3, r2
	beq	until
	b	next
delay:
	subs	r2, r2, #1
	bne	delay
	b	next
back:
	subs	r4, r4, r2
	b	next
sleep:
	wfi
	b	sleep
stop:
	b	stop
	.balign	4
at_table:
	.word	table - _start
at_next:
	.word	next - _start + 1
table:
