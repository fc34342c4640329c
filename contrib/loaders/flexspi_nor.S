/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erases and programs a serial flash through the IP path of a FlexSPI controller (IMXRT1064RM
 * "FlexSPI Controller"). The host has set up clock, pads, controller and LUT.
 *
 * The host feeds a ring with units of 8 bytes: a header, then the data it announces.
 *   { IPCR1 value, address }	sequence number and n bytes; n (a multiple of 8, 0: an erase) bytes follow
 *   { 0xffffffff, 0 }		the end
 * Each header is one command: wait until the flash is ready, write enable, the command. It begins only
 * when all its data is in the ring, for chip select stays low meanwhile. ARMv7-M code; position
 * independent; no stack. Interrupts are masked by the debugger.
 *
 * in:  r0 = the block below, r1 = end of the ring
 * out: r0 = 0: all done; 1: the host set wp to 0; 2: the controller reports an error
 *      r1 = INTR, r2 = STS1, r3 = address of the command that was being carried out
 */
	.syntax unified
	.cpu cortex-m7
	.thumb
	.text

	.equ REGS, 0			/* the controller */
	.equ WRITE_ENABLE, 4		/* IPCR1 value */
	.equ READ_STATUS, 8		/* IPCR1 value, one byte */
	.equ RX_CONTROL, 12		/* IPRXFCR with CLRIPRXF */
	.equ TX_CONTROL, 16		/* IPTXFCR with CLRIPTXF, watermark 64 bytes */
	.equ BUSY, 20			/* mask in the status byte */
	.equ WP, 24			/* write pointer: the host's; 0: stop */
	.equ RP, 28			/* read pointer: ours; 0: gave up */
	.equ DATA, 32

	.equ INTR, 0x14
	.equ INTR_DONE, 0x01
	.equ INTR_FAILED, 0x0a		/* IPCMDGE, IPCMDERR */
	.equ INTR_STALE, 0x81f
	.equ INTR_TX, 0x40		/* room for a watermark; writing it pushes one */
	.equ IPCR0, 0xa0
	.equ IPCR1, 0xa4
	.equ IPCMD, 0xb0
	.equ IPRXFCR, 0xb8
	.equ IPTXFCR, 0xbc
	.equ STS1, 0xe4
	.equ RFDR, 0x100
	.equ TFDR, 0x180
	.equ CHUNK, 64			/* half of the FIFO */

/*
 * r0 block, r1 controller, r6 bytes of the command still in the ring, r7 FIFO register
 * r8 end of the ring, r9 its start, r10 header, r11 address, r12 size of the ring
 */
	.global entry
entry:
	mov	r8, r1
	add	r9, r0, #DATA
	sub	r12, r8, r9
	ldr	r1, [r0, #REGS]
	mov	r11, #0

next_header:
	bl	take_unit
	cmn	r4, #1
	beq	all_done
	mov	r10, r4
	mov	r11, r5
	uxth	r6, r4
whole_page:
	ldr	r3, [r0, #RP]
	ldr	r2, [r0, #WP]
	cmp	r2, #0
	beq	stopped
	subs	r2, r2, r3
	it	mi
	addmi	r2, r2, r12
	cmp	r2, r6
	blo	whole_page

	str	r11, [r1, #IPCR0]
	bl	wait_ready
	ldr	r2, [r0, #WRITE_ENABLE]
	bl	execute

	ldr	r2, [r0, #TX_CONTROL]
	str	r2, [r1, #IPTXFCR]
	movw	r2, #INTR_STALE
	str	r2, [r1, #INTR]
	cbz	r6, 1f
	bl	push_chunk
	cbz	r6, 1f
	bl	push_chunk
1:	str	r10, [r1, #IPCR1]
	movs	r2, #1
	str	r2, [r1, #IPCMD]
2:	ldr	r2, [r1, #INTR]
	tst	r2, #INTR_FAILED
	bne	failed
	cbz	r6, 3f
	tst	r2, #INTR_TX
	beq	2b
	bl	push_chunk
	b	2b
3:	tst	r2, #INTR_DONE
	beq	2b
	b	next_header

/* Up to a watermark of the ring's data into the FIFO. Uses r2 to r5, r7. */
push_chunk:
	add	r7, r1, #TFDR
	movs	r2, #CHUNK
	cmp	r6, r2
	it	lo
	movlo	r2, r6
	subs	r6, r6, r2
	adds	r2, r2, r7
	ldr	r3, [r0, #RP]
1:	ldmia	r3!, {r4, r5}
	cmp	r3, r8
	it	hs
	movhs	r3, r9
	stmia	r7!, {r4, r5}
	cmp	r7, r2
	blo	1b
	str	r3, [r0, #RP]
	movs	r2, #INTR_TX
	str	r2, [r1, #INTR]
	bx	lr

/* r4, r5 = the next unit. Uses r2, r3. */
take_unit:
	ldr	r3, [r0, #RP]
	ldr	r2, [r0, #WP]
	cmp	r2, #0
	beq	stopped
	cmp	r2, r3
	beq	take_unit
	ldmia	r3!, {r4, r5}
	cmp	r3, r8
	it	hs
	movhs	r3, r9
	str	r3, [r0, #RP]
	bx	lr

/* Polls the status register, the more slowly the longer it takes: an erase takes a hundred times as
 * long as a page. Uses r2 to r5, r7. */
wait_ready:
	mov	r4, lr
	ldr	r5, [r0, #BUSY]
	movs	r7, #0
1:	ldr	r2, [r0, #RX_CONTROL]
	str	r2, [r1, #IPRXFCR]
	ldr	r2, [r0, #READ_STATUS]
	bl	execute
	ldr	r2, [r1, #RFDR]
	tst	r2, r5
	it	eq
	bxeq	r4
	adds	r7, r7, #1
	lsrs	r2, r7, #3
	beq	1b
2:	subs	r2, r2, #1
	bne	2b
	b	1b

/* A command without data to send; r2 = IPCR1 value. Uses r2, r3. */
execute:
	movw	r3, #INTR_STALE
	str	r3, [r1, #INTR]
	str	r2, [r1, #IPCR1]
	movs	r2, #1
	str	r2, [r1, #IPCMD]
1:	ldr	r2, [r1, #INTR]
	tst	r2, #INTR_DONE
	beq	1b
	tst	r2, #INTR_FAILED
	bne	failed
	bx	lr

stopped:
	bl	wait_ready		/* a page in progress ends well */
	movs	r4, #1
	b	leave
failed:
	movs	r4, #2
	b	leave
all_done:
	bl	wait_ready
	movs	r4, #0
leave:
	movs	r5, #0
	str	r5, [r0, #RP]
	movs	r0, r4
	mov	r3, r11
	ldr	r2, [r1, #STS1]
	ldr	r1, [r1, #INTR]
	.global exit
exit:
	bkpt	#0
	.align	2
