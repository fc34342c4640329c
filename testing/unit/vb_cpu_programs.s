/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs for the CPU's unit tests. Each section is one flash image for 0x08000000, vector table
 * first. vb_cpu_programs.h holds the bytes and the offsets of the labels; rebuild it with
 *   testing/unit/vb_cpu_programs.sh
 */
	.syntax unified
	.cpu cortex-m4
	.fpu fpv4-sp-d16
	.thumb

	.macro program name, reset, nmi=none, hard=none, mm=none, bus=none, usage=none, svc=none, mon=none, pendsv=none, systick=none, irq0=none, irq1=none
	.section .\name, "ax"
base_\@:
	.word	0x20008000
	at	\reset, base_\@
	at	\nmi, base_\@
	at	\hard, base_\@
	at	\mm, base_\@
	at	\bus, base_\@
	at	\usage, base_\@
	.word	0, 0, 0, 0
	at	\svc, base_\@
	at	\mon, base_\@
	.word	0
	at	\pendsv, base_\@
	at	\systick, base_\@
	at	\irq0, base_\@
	at	\irq1, base_\@
	b	.			/* 0x48: where unused vectors point */
	nop
	.endm

	.macro at label, base
	.ifc	\label, none
	.word	0x08000049
	.else
	.word	0x08000000 + (\label - \base) + 1
	.endif
	.endm

/* Sums 1..10 into r0, keeps r4 = 0x12345678. */
	program arithmetic, arithmetic_start
arithmetic_start:
	movs	r0, #0
	movs	r1, #10
arithmetic_loop:
	adds	r0, r1
	subs	r1, #1
	bne	arithmetic_loop
	movw	r4, #0x5678
	movt	r4, #0x1234
	umull	r2, r3, r4, r4
	sdiv	r5, r4, r0
arithmetic_end:
	b	arithmetic_end

/* A block of four, a false one, one that loads and stores, one that branches. */
	program itblocks, itblocks_start
itblocks_start:
	ldr	r6, =0x20000100
	movs	r0, #1
	cmp	r0, #1
itblocks_it:
	itete	eq
	addeq	r1, #1
	addne	r2, #1
	addeq	r3, #1
	addne	r4, #1
itblocks_after:
	ittt	eq
	streq	r3, [r6]
	ldreq	r5, [r6]
	addeq	r5, #1
itblocks_ne:
	it	ne
	movne	r5, #99
itblocks_jump:
	it	eq
	beq	itblocks_end
	nop
itblocks_end:
	b	itblocks_end
	.pool

/* SVC number into r7, from the stacked PC. */
	program svcall, svcall_start, svc=svcall_handler
svcall_start:
	movs	r0, #11
	movs	r1, #22
	svc	#5
svcall_back:
	adds	r2, r0, r1
svcall_end:
	b	svcall_end
svcall_handler:
	mrs	r6, ipsr
	ldr	r7, [sp, #24]
	ldrb	r7, [r7, #-2]
	movs	r0, #33
	str	r0, [sp]
svcall_return:
	bx	lr

/* Counts SysTick interrupts in 0x20000000 while the main loop counts in r4. */
	program systick, systick_start, systick=systick_handler
systick_start:
	ldr	r0, =0xe000e010
	movw	r1, #999
	str	r1, [r0, #4]
	str	r1, [r0, #8]
	movs	r1, #7
	str	r1, [r0]
systick_loop:
	adds	r4, #1
	b	systick_loop
systick_handler:
	ldr	r0, =0x20000000
	ldr	r1, [r0]
	adds	r1, #1
	str	r1, [r0]
	bx	lr
	.pool

/* IRQ1 (more urgent) preempts IRQ0; PendSV comes last by tail-chaining. Each logs to 0x20000010. */
	program nesting, nesting_start, pendsv=nesting_pendsv, irq0=nesting_irq0, irq1=nesting_irq1
nesting_start:
	ldr	r6, =0x20000010
	ldr	r0, =0xe000e100
	movs	r1, #3
	str	r1, [r0]
	ldr	r0, =0xe000e400
	movw	r1, #0x4080
	strh	r1, [r0]
	ldr	r0, =0xe000ed20
	ldr	r1, =0x00ff0000
	str	r1, [r0]
	ldr	r5, =0xe000ef00
	movs	r0, #0
	str	r0, [r5]
	movs	r0, #'m'
	strb	r0, [r6], #1
nesting_end:
	b	nesting_end
nesting_irq0:
	movs	r0, #'a'
	strb	r0, [r6], #1
	ldr	r1, =0xe000ed04
	ldr	r2, =0x10000000
	str	r2, [r1]
	movs	r0, #1
	str	r0, [r5]
	movs	r0, #'b'
	strb	r0, [r6], #1
	bx	lr
nesting_irq1:
	movs	r0, #'1'
	strb	r0, [r6], #1
	push	{r4, lr}
	mrs	r4, ipsr
	pop	{r4, pc}
nesting_pendsv:
	movs	r0, #'p'
	strb	r0, [r6], #1
	bx	lr
	.pool

/* Thread mode on PSP, unprivileged; SVC shows both stack pointers and gives privilege back. */
	program stacks, stacks_start, svc=stacks_svc, hard=stacks_hard
stacks_start:
	ldr	r0, =0x20004000
	msr	psp, r0
	movs	r0, #3
	msr	control, r0
	isb
	mov	r4, sp
	cpsid	i
	mrs	r5, primask
	push	{r4, r5}
	svc	#0
	mov	r6, sp
	mrs	r7, control
stacks_end:
	b	stacks_end
stacks_svc:
	mov	r8, sp
	mrs	r9, psp
	mov	r10, lr
	movs	r0, #2
	msr	control, r0
	bx	lr
stacks_hard:
	b	stacks_hard
	.pool

/* FP registers live across an interrupt whose handler uses the FPU, too. */
	program floating, floating_start, usage=floating_usage, irq0=floating_irq
floating_start:
	ldr	r6, =0x20000200
floating_nofpu:
	vmov	s0, r6
	ldr	r0, =0xe000ed88
	ldr	r1, =0x00f00000
	str	r1, [r0]
	dsb
	ldr	r0, =0xe000e100
	movs	r1, #1
	str	r1, [r0]
	vmov.f32 s0, #1.5
	vmov.f32 s15, #2.5
	vmov.f32 s16, #3.0
	mrs	r7, control
	ldr	r5, =0xe000ef00
	movs	r0, #0
floating_pend:
	str	r0, [r5]
	nop
	vadd.f32 s1, s0, s15
	vmov	r4, s1
floating_end:
	b	floating_end
floating_irq:
	mov	r8, lr
	mrs	r9, control
	ldr	r0, =0xe000ef34
	ldr	r10, [r0]
	ldr	r11, [r0, #4]
floating_use:
	vmov.f32 s0, #8.0
	vmov.f32 s15, #8.0
	ldr	r12, [r0]
	mrs	r3, control
	str	r3, [r6]
	bx	lr
floating_usage:
	ldr	r0, =0xe000ed28
	ldr	r1, [r0]
	str	r1, [r6, #4]
	str	r1, [r0]
	ldr	r0, [sp, #24]
	adds	r0, #4
	str	r0, [sp, #24]
	bx	lr
	.pool

/* r0 chooses a fault (the test sets it); SHCSR as the test left it. */
	program faults, faults_start, hard=faults_hard, mm=faults_mm, bus=faults_bus, usage=faults_usage
faults_start:
	nop
faults_pick:
	tbb	[pc, r0]
faults_table:
	.byte	(faults_read - faults_table) / 2
	.byte	(faults_write - faults_table) / 2
	.byte	(faults_undefined - faults_table) / 2
	.byte	(faults_even - faults_table) / 2
	.byte	(faults_divide - faults_table) / 2
	.byte	(faults_unaligned - faults_table) / 2
	.byte	(faults_xn - faults_table) / 2
	.byte	(faults_fetch - faults_table) / 2
	.byte	(faults_ldm - faults_table) / 2
	.byte	(faults_stack - faults_table) / 2
	.byte	(faults_itload - faults_table) / 2
	.byte	(faults_excret - faults_table) / 2
	.byte	(faults_device - faults_table) / 2
	.byte	(faults_rom - faults_table) / 2
faults_read:
	ldr	r1, =0x60000010
	ldr	r2, [r1, #4]
faults_write:
	ldr	r1, =0x60000020
	str	r2, [r1]
faults_undefined:
	udf	#1
	nop
faults_even:
	ldr	r1, =0x08000100
	bx	r1
faults_divide:
	movs	r1, #0
	udiv	r2, r1, r1
	b	faults_out
faults_unaligned:
	ldr	r1, =0x20000101
	ldr	r2, [r1]
	b	faults_out
faults_xn:
	ldr	r1, =0x40000001
	bx	r1
faults_fetch:
	ldr	r1, =0x10000001
	bx	r1
faults_ldm:
	ldr	r1, =0x20000102
	ldm	r1, {r2, r3}
	b	faults_out
faults_stack:
	ldr	r1, =0x60000000
	mov	sp, r1
	udf	#1
faults_itload:
	ldr	r1, =0x60000010
	movs	r2, #0
	itt	eq
	ldreq	r2, [r1]
	moveq	r3, #1
faults_excret:
	ldr	r1, =0xfffffff9
	bx	r1
faults_device:
	ldr	r1, =0x40000100
	ldr	r2, [r1]
faults_rom:
	ldr	r1, =0x08000000
	str	r2, [r1]
faults_out:
	b	faults_out
faults_hard:
	movs	r4, #3
	b	faults_report
faults_mm:
	movs	r4, #4
	b	faults_report
faults_bus:
	movs	r4, #5
	b	faults_report
faults_usage:
	movs	r4, #6
faults_report:
	ldr	r5, [sp, #24]
	ldr	r6, [sp, #28]
faults_stop:
	b	faults_stop
	.pool

/* Faults in its HardFault handler: lockup. */
	program lockup, lockup_start, hard=lockup_hard, nmi=lockup_nmi
lockup_start:
	udf	#1
lockup_hard:
	movs	r4, #1
	udf	#2
lockup_nmi:
	movs	r5, #1
lockup_end:
	b	lockup_end

/* WFI until IRQ0, with PRIMASK set; then WFE and SEV. */
	program sleep, sleep_start, irq0=sleep_irq
sleep_start:
	ldr	r0, =0xe000e100
	movs	r1, #1
	str	r1, [r0]
	cpsid	i
sleep_wfi:
	wfi
sleep_woken:
	movs	r4, #1
	cpsie	i
	movs	r4, #2
	sev
	wfe
	movs	r4, #3
sleep_wfe:
	wfe
	movs	r4, #4
sleep_end:
	b	sleep_end
sleep_irq:
	adds	r5, #1
	mov	r6, r4
	bx	lr
	.pool

/* A loop over memory for watchpoints, and a store of each width. */
	program watch, watch_start
watch_start:
	ldr	r0, =0x20000300
	movs	r1, #0
watch_loop:
	adds	r1, #1
watch_store:
	str	r1, [r0]
watch_load:
	ldr	r2, [r0]
watch_byte:
	strb	r1, [r0, #5]
watch_half:
	strh	r1, [r0, #8]
	b	watch_loop
	.pool

/* BKPT in a straight line, with a DebugMonitor that counts and steps over it. */
	program bkpt, bkpt_start, hard=bkpt_hard, mon=bkpt_monitor
bkpt_start:
	movs	r0, #1
bkpt_here:
	bkpt	#0xab
bkpt_after:
	movs	r0, #2
bkpt_end:
	b	bkpt_end
bkpt_hard:
	movs	r4, #3
	b	bkpt_hard
bkpt_monitor:
	adds	r4, #1
	ldr	r0, [sp, #24]
	adds	r0, #2
	str	r0, [sp, #24]
	bx	lr

/* LDREX/STREX, with an exception in between that loses the monitor. */
	program exclusive, exclusive_start, svc=exclusive_svc
exclusive_start:
	ldr	r0, =0x20000400
	ldrex	r1, [r0]
	adds	r1, #1
	strex	r2, r1, [r0]
	ldrex	r1, [r0]
	svc	#0
	adds	r1, #1
	strex	r3, r1, [r0]
	ldrexb	r4, [r0]
	strexb	r5, r1, [r0]
	strex	r6, r1, [r0]
exclusive_end:
	b	exclusive_end
exclusive_svc:
	bx	lr
	.pool

/* Copies a routine to RAM, runs it, patches it, runs it again. */
	program selfcopy, selfcopy_start
selfcopy_start:
	ldr	r0, =0x20001000
	ldr	r1, =0x477020aa		/* movs r0, #0xaa; bx lr */
	str	r1, [r0]
	adds	r6, r0, #1
	blx	r6
	mov	r4, r0
	ldr	r0, =0x20001000
	movs	r1, #0x55
	strb	r1, [r0]
	dsb
	isb
	blx	r6
	mov	r5, r0
selfcopy_end:
	b	selfcopy_end
	.pool

/* The MPU: region 0 covers all, region 1 makes 0x20000500..0x200005ff read only. */
	program mpu, mpu_start, mm=mpu_fault
mpu_start:
	ldr	r0, =0xe000ed90
	ldr	r1, =0x00000010
	ldr	r2, =0x0300003f
	strd	r1, r2, [r0, #12]
	ldr	r1, =0x20000511
	ldr	r2, =0x0700000f
	strd	r1, r2, [r0, #12]
	movs	r1, #1
	str	r1, [r0, #4]
	ldr	r2, =0x00010000
	ldr	r3, =0xe000ed24
	str	r2, [r3]
	dsb
	isb
	ldr	r3, =0x20000504
	movs	r4, #7
	ldr	r5, [r3]
mpu_store:
	str	r4, [r3]
	movs	r6, #1
mpu_end:
	b	mpu_end
mpu_fault:
	ldr	r7, [sp, #24]
	mov	r8, r7
	adds	r7, #2
	str	r7, [sp, #24]
	bx	lr
	.pool

/* Writes the device at 0x40000000: [0] plain, [4] pends IRQ0, [8] asks for a reset. */
	program device, device_start, irq0=device_irq
device_start:
	ldr	r0, =0xe000e100
	movs	r1, #1
	str	r1, [r0]
	ldr	r0, =0x40000000
	movs	r1, #0x5a
	str	r1, [r0]
	ldr	r2, [r0]
	str	r1, [r0, #4]
	movs	r3, #1
	movs	r4, #1
device_loop:
	adds	r6, #1
	b	device_loop
device_irq:
	mov	r5, r3
	ldr	r0, =0x40000000
	movs	r1, #0
	str	r1, [r0, #4]
	bx	lr
	.pool

/* The same for every core, in v6-M instructions: SVC, then PendSV from an interrupt. */
	program common, common_start, svc=common_svc, pendsv=common_pendsv, irq0=common_irq
	.cpu	cortex-m0
common_start:
	ldr	r0, =0x20004000
	msr	psp, r0
	movs	r0, #2
	msr	control, r0
	isb
	movs	r4, #0
	svc	#1
	ldr	r0, =0xe000e100
	movs	r1, #1
	str	r1, [r0]
	movs	r1, #1
	lsls	r1, r1, #8
	adds	r0, r0, r1
	str	r1, [r0]		/* not bit 0: nothing yet */
	movs	r1, #1
	str	r1, [r0]
	isb
	movs	r5, #9
	mov	r6, sp
common_end:
	b	common_end
common_svc:
	adds	r4, #1
	mov	r7, lr
	bx	lr
common_irq:
	push	{r4, lr}
	ldr	r0, =0xe000ed04
	movs	r1, #1
	lsls	r1, r1, #28
	str	r1, [r0]
	pop	{r4, pc}
common_pendsv:
	adds	r4, #0x10
	bx	lr
	.pool
