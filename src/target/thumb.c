/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of {mask, value, text}; the first match wins. In the text an escape prints a field:
 *
 *   both    %C condition suffix   %L register list   %B branch target
 *   16 bit  %0 %3 %6 %8 register at that bit   %D high Rd   %M register at bits 6:3
 *           %5 imm5   %z imm5, 0 is 32   %h imm5 * 2   %w imm5 * 4   %7 imm3   %b imm8
 *           %W imm8 * 4   %S imm7 * 4   %P literal   %Z CBZ target   %I IT's blocks   %u LDM's "!"
 *   32 bit  %n Rn   %d Rd   %t Rt   %T Rt2   %m Rm   %a Ra   %f S suffix   %s shift of Rm
 *           %k modified constant   %i imm12   %c imm12 of ADDW   %j imm16   %o option
 *           %x imm8 with sign and writeback   %y the same * 4   %e imm8 * 4   %p literal
 *           %R Rm shifted by bits 5:4   %l lsb   %v width   %V lsb and width of BFI
 *           %F %G single and double register at Vd   %q imm8 * 4 of VLDR
 */
#include "target/thumb.h"

#include <stdio.h>
#include <string.h>

struct row {
	uint32_t mask, value;
	const char *text;
};

static const char *const registers[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9",
					 "r10", "r11", "r12", "sp", "lr", "pc" };
static const char *const conditions[] = { "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls",
					  "ge", "lt", "gt", "le", "", "" };

static const struct row rows16[] = {
	{ 0xffc0, 0x0000, "movs\t%0, %3" },
	{ 0xf800, 0x0000, "lsls\t%0, %3, #%5" },
	{ 0xf800, 0x0800, "lsrs\t%0, %3, #%z" },
	{ 0xf800, 0x1000, "asrs\t%0, %3, #%z" },
	{ 0xfe00, 0x1800, "adds\t%0, %3, %6" },
	{ 0xfe00, 0x1a00, "subs\t%0, %3, %6" },
	{ 0xfe00, 0x1c00, "adds\t%0, %3, #%7" },
	{ 0xfe00, 0x1e00, "subs\t%0, %3, #%7" },
	{ 0xf800, 0x2000, "movs\t%8, #%b" },
	{ 0xf800, 0x2800, "cmp\t%8, #%b" },
	{ 0xf800, 0x3000, "adds\t%8, #%b" },
	{ 0xf800, 0x3800, "subs\t%8, #%b" },
	{ 0xffc0, 0x4000, "ands\t%0, %3" },
	{ 0xffc0, 0x4040, "eors\t%0, %3" },
	{ 0xffc0, 0x4080, "lsls\t%0, %3" },
	{ 0xffc0, 0x40c0, "lsrs\t%0, %3" },
	{ 0xffc0, 0x4100, "asrs\t%0, %3" },
	{ 0xffc0, 0x4140, "adcs\t%0, %3" },
	{ 0xffc0, 0x4180, "sbcs\t%0, %3" },
	{ 0xffc0, 0x41c0, "rors\t%0, %3" },
	{ 0xffc0, 0x4200, "tst\t%0, %3" },
	{ 0xffc0, 0x4240, "negs\t%0, %3" },
	{ 0xffc0, 0x4280, "cmp\t%0, %3" },
	{ 0xffc0, 0x42c0, "cmn\t%0, %3" },
	{ 0xffc0, 0x4300, "orrs\t%0, %3" },
	{ 0xffc0, 0x4340, "muls\t%0, %3" },
	{ 0xffc0, 0x4380, "bics\t%0, %3" },
	{ 0xffc0, 0x43c0, "mvns\t%0, %3" },
	{ 0xff00, 0x4400, "add\t%D, %M" },
	{ 0xff00, 0x4500, "cmp\t%D, %M" },
	{ 0xff00, 0x4600, "mov\t%D, %M" },
	{ 0xff87, 0x4700, "bx\t%M" },
	{ 0xff87, 0x4780, "blx\t%M" },
	{ 0xf800, 0x4800, "ldr\t%8, %P" },
	{ 0xfe00, 0x5000, "str\t%0, [%3, %6]" },
	{ 0xfe00, 0x5200, "strh\t%0, [%3, %6]" },
	{ 0xfe00, 0x5400, "strb\t%0, [%3, %6]" },
	{ 0xfe00, 0x5600, "ldrsb\t%0, [%3, %6]" },
	{ 0xfe00, 0x5800, "ldr\t%0, [%3, %6]" },
	{ 0xfe00, 0x5a00, "ldrh\t%0, [%3, %6]" },
	{ 0xfe00, 0x5c00, "ldrb\t%0, [%3, %6]" },
	{ 0xfe00, 0x5e00, "ldrsh\t%0, [%3, %6]" },
	{ 0xf800, 0x6000, "str\t%0, [%3, #%w]" },
	{ 0xf800, 0x6800, "ldr\t%0, [%3, #%w]" },
	{ 0xf800, 0x7000, "strb\t%0, [%3, #%5]" },
	{ 0xf800, 0x7800, "ldrb\t%0, [%3, #%5]" },
	{ 0xf800, 0x8000, "strh\t%0, [%3, #%h]" },
	{ 0xf800, 0x8800, "ldrh\t%0, [%3, #%h]" },
	{ 0xf800, 0x9000, "str\t%8, [sp, #%W]" },
	{ 0xf800, 0x9800, "ldr\t%8, [sp, #%W]" },
	{ 0xf800, 0xa000, "add\t%8, pc, #%W" },
	{ 0xf800, 0xa800, "add\t%8, sp, #%W" },
	{ 0xff80, 0xb000, "add\tsp, #%S" },
	{ 0xff80, 0xb080, "sub\tsp, #%S" },
	{ 0xffc0, 0xb200, "sxth\t%0, %3" },
	{ 0xffc0, 0xb240, "sxtb\t%0, %3" },
	{ 0xffc0, 0xb280, "uxth\t%0, %3" },
	{ 0xffc0, 0xb2c0, "uxtb\t%0, %3" },
	{ 0xfd00, 0xb100, "cbz\t%0, %Z" },
	{ 0xfd00, 0xb900, "cbnz\t%0, %Z" },
	{ 0xfe00, 0xb400, "push\t{%L}" },
	{ 0xfe00, 0xbc00, "pop\t{%L}" },
	{ 0xffff, 0xb662, "cpsie\ti" },
	{ 0xffff, 0xb661, "cpsie\tf" },
	{ 0xffff, 0xb672, "cpsid\ti" },
	{ 0xffff, 0xb671, "cpsid\tf" },
	{ 0xffc0, 0xba00, "rev\t%0, %3" },
	{ 0xffc0, 0xba40, "rev16\t%0, %3" },
	{ 0xffc0, 0xbac0, "revsh\t%0, %3" },
	{ 0xff00, 0xbe00, "bkpt\t0x%b" },
	{ 0xffff, 0xbf00, "nop" },
	{ 0xffff, 0xbf10, "yield" },
	{ 0xffff, 0xbf20, "wfe" },
	{ 0xffff, 0xbf30, "wfi" },
	{ 0xffff, 0xbf40, "sev" },
	{ 0xff00, 0xbf00, "it%I" },
	{ 0xf800, 0xc000, "stmia\t%8!, {%L}" },
	{ 0xf800, 0xc800, "ldmia\t%8%u, {%L}" },
	{ 0xff00, 0xde00, "udf\t#%b" },
	{ 0xff00, 0xdf00, "svc\t%b" },
	{ 0xf000, 0xd000, "b%C.n\t%B" },
	{ 0xf800, 0xe000, "b.n\t%B" },
	{ 0, 0, NULL }
};

static const struct row rows32[] = {
	/* Branches and control, A5.3.4 */
	{ 0xffffffff, 0xf3af8000, "nop.w" },
	{ 0xfffffff0, 0xf3bf8f40, "dsb\t%o" },
	{ 0xfffffff0, 0xf3bf8f50, "dmb\t%o" },
	{ 0xfffffff0, 0xf3bf8f60, "isb\t%o" },
	{ 0xffe0f000, 0xf3e08000, "mrs\t%d, %o" },
	{ 0xffe0f000, 0xf3808000, "msr\t%o, %n" },
	{ 0xf800d000, 0xf000d000, "bl\t%B" },
	{ 0xf800d000, 0xf0009000, "b.w\t%B" },
	{ 0xf800d000, 0xf0008000, "b%C.w\t%B" },
	/* Modified immediate, A5.3.1: [25] = 0, hi[15] = 0 */
	{ 0xfbf08f00, 0xf0100f00, "tst.w\t%n, #%k" },
	{ 0xfbf08f00, 0xf1b00f00, "cmp.w\t%n, #%k" },
	{ 0xfbf08f00, 0xf1100f00, "cmn.w\t%n, #%k" },
	{ 0xfbf08f00, 0xf0900f00, "teq\t%n, #%k" },
	{ 0xfbef8000, 0xf04f0000, "mov%f.w\t%d, #%k" },
	{ 0xfbef8000, 0xf06f0000, "mvn%f\t%d, #%k" },
	{ 0xfbe08000, 0xf0000000, "and%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf0200000, "bic%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf0400000, "orr%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf0600000, "orn%f\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf0800000, "eor%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf1000000, "add%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf1400000, "adc%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf1600000, "sbc%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf1a00000, "sub%f.w\t%d, %n, #%k" },
	{ 0xfbe08000, 0xf1c00000, "rsb%f\t%d, %n, #%k" },
	/* Plain immediate, A5.3.3 */
	{ 0xfbf08000, 0xf2000000, "addw\t%d, %n, #%c" },
	{ 0xfbf08000, 0xf2400000, "movw\t%d, #%j" },
	{ 0xfbf08000, 0xf2a00000, "subw\t%d, %n, #%c" },
	{ 0xfbf08000, 0xf2c00000, "movt\t%d, #%j" },
	{ 0xfff08020, 0xf3400000, "sbfx\t%d, %n, #%l, #%v" },
	{ 0xfff08020, 0xf3c00000, "ubfx\t%d, %n, #%l, #%v" },
	{ 0xffff8020, 0xf36f0000, "bfc\t%d, #%V" },
	{ 0xfff08020, 0xf3600000, "bfi\t%d, %n, #%V" },
	/* Shifted register, A5.3.11 */
	{ 0xfff08f00, 0xea100f00, "tst.w\t%n, %m%s" },
	{ 0xfff08f00, 0xebb00f00, "cmp.w\t%n, %m%s" },
	{ 0xfff08f00, 0xeb100f00, "cmn.w\t%n, %m%s" },
	{ 0xfff08f00, 0xea900f00, "teq\t%n, %m%s" },
	{ 0xffeff0f0, 0xea4f0000, "mov%f.w\t%d, %m" },
	{ 0xffef8030, 0xea4f0000, "lsl%f.w\t%d, %m, #%l" },
	{ 0xffef8030, 0xea4f0010, "lsr%f.w\t%d, %m, #%l" },
	{ 0xffef8030, 0xea4f0020, "asr%f.w\t%d, %m, #%l" },
	{ 0xffef8030, 0xea4f0030, "ror%f.w\t%d, %m, #%l" },
	{ 0xffef8000, 0xea6f0000, "mvn%f.w\t%d, %m%s" },
	{ 0xffe08000, 0xea000000, "and%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xea200000, "bic%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xea400000, "orr%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xea600000, "orn%f\t%d, %n, %m%s" },
	{ 0xffe08000, 0xea800000, "eor%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xeb000000, "add%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xeb400000, "adc%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xeb600000, "sbc%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xeba00000, "sub%f.w\t%d, %n, %m%s" },
	{ 0xffe08000, 0xebc00000, "rsb%f\t%d, %n, %m%s" },
	/* Load and store multiple, dual, exclusive, A5.3.5, A5.3.6 */
	{ 0xffff0000, 0xe92d0000, "stmdb\tsp!, {%L}" },
	{ 0xffff0000, 0xe8bd0000, "ldmia.w\tsp!, {%L}" },
	{ 0xfff00000, 0xe8a00000, "stmia.w\t%n!, {%L}" },
	{ 0xfff00000, 0xe8800000, "stmia.w\t%n, {%L}" },
	{ 0xfff00000, 0xe8b00000, "ldmia.w\t%n!, {%L}" },
	{ 0xfff00000, 0xe8900000, "ldmia.w\t%n, {%L}" },
	{ 0xfff00000, 0xe9200000, "stmdb\t%n!, {%L}" },
	{ 0xfff00000, 0xe9000000, "stmdb\t%n, {%L}" },
	{ 0xfff00000, 0xe9300000, "ldmdb\t%n!, {%L}" },
	{ 0xfff00000, 0xe9100000, "ldmdb\t%n, {%L}" },
	{ 0xfff0fff0, 0xe8d0f000, "tbb\t[%n, %m]" },
	{ 0xfff0fff0, 0xe8d0f010, "tbh\t[%n, %m, lsl #1]" },
	{ 0xfff00f00, 0xe8500f00, "ldrex\t%t, [%n%e" },
	{ 0xfff00000, 0xe8400000, "strex\t%d, %t, [%n%e" },
	{ 0xfe500000, 0xe8500000, "ldrd\t%t, %T, [%n%y" },
	{ 0xfe500000, 0xe9500000, "ldrd\t%t, %T, [%n%y" },
	{ 0xfe500000, 0xe8400000, "strd\t%t, %T, [%n%y" },
	{ 0xfe500000, 0xe9400000, "strd\t%t, %T, [%n%y" },
	/* Single loads and stores, A5.3.7 to A5.3.10 */
	{ 0xff7f0000, 0xf85f0000, "ldr.w\t%t, %p" },
	{ 0xff7f0000, 0xf83f0000, "ldrh.w\t%t, %p" },
	{ 0xff7f0000, 0xf81f0000, "ldrb.w\t%t, %p" },
	{ 0xff7f0000, 0xf93f0000, "ldrsh.w\t%t, %p" },
	{ 0xff7f0000, 0xf91f0000, "ldrsb.w\t%t, %p" },
	{ 0xfff00000, 0xf8800000, "strb.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf8a00000, "strh.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf8c00000, "str.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf8900000, "ldrb.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf8b00000, "ldrh.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf8d00000, "ldr.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf9900000, "ldrsb.w\t%t, [%n, #%i]" },
	{ 0xfff00000, 0xf9b00000, "ldrsh.w\t%t, [%n, #%i]" },
	{ 0xfff00fc0, 0xf8000000, "strb.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf8200000, "strh.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf8400000, "str.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf8100000, "ldrb.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf8300000, "ldrh.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf8500000, "ldr.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf9100000, "ldrsb.w\t%t, [%n, %R]" },
	{ 0xfff00fc0, 0xf9300000, "ldrsh.w\t%t, [%n, %R]" },
	{ 0xfff00800, 0xf8000800, "strb.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf8200800, "strh.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf8400800, "str.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf8100800, "ldrb.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf8300800, "ldrh.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf8500800, "ldr.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf9100800, "ldrsb.w\t%t, [%n%x" },
	{ 0xfff00800, 0xf9300800, "ldrsh.w\t%t, [%n%x" },
	/* Register shifts and extensions, multiplication, A5.3.12, A5.3.16 */
	{ 0xffe0f0f0, 0xfa00f000, "lsl%f.w\t%d, %n, %m" },
	{ 0xffe0f0f0, 0xfa20f000, "lsr%f.w\t%d, %n, %m" },
	{ 0xffe0f0f0, 0xfa40f000, "asr%f.w\t%d, %n, %m" },
	{ 0xffe0f0f0, 0xfa60f000, "ror%f.w\t%d, %n, %m" },
	{ 0xfffff0c0, 0xfa0ff080, "sxth.w\t%d, %m" },
	{ 0xfffff0c0, 0xfa1ff080, "uxth.w\t%d, %m" },
	{ 0xfffff0c0, 0xfa4ff080, "sxtb.w\t%d, %m" },
	{ 0xfffff0c0, 0xfa5ff080, "uxtb.w\t%d, %m" },
	{ 0xfff0f0f0, 0xfa90f080, "rev.w\t%d, %m" },
	{ 0xfff0f0f0, 0xfa90f0a0, "rbit\t%d, %m" },
	{ 0xfff0f0f0, 0xfab0f080, "clz\t%d, %m" },
	{ 0xfff0f0f0, 0xfb00f000, "mul.w\t%d, %n, %m" },
	{ 0xfff000f0, 0xfb000000, "mla\t%d, %n, %m, %a" },
	{ 0xfff000f0, 0xfb000010, "mls\t%d, %n, %m, %a" },
	{ 0xfff000f0, 0xfb800000, "smull\t%t, %d, %n, %m" },
	{ 0xfff0f0f0, 0xfb90f0f0, "sdiv\t%d, %n, %m" },
	{ 0xfff000f0, 0xfba00000, "umull\t%t, %d, %n, %m" },
	{ 0xfff0f0f0, 0xfbb0f0f0, "udiv\t%d, %n, %m" },
	{ 0xfff000f0, 0xfbc00000, "smlal\t%t, %d, %n, %m" },
	{ 0xfff000f0, 0xfbe00000, "umlal\t%t, %d, %n, %m" },
	/* FPU loads, stores and moves, A6.4 to A6.7 */
	{ 0xff300f00, 0xed000a00, "vstr\t%F, [%n, #%q]" },
	{ 0xff300f00, 0xed100a00, "vldr\t%F, [%n, #%q]" },
	{ 0xff300f00, 0xed000b00, "vstr\t%G, [%n, #%q]" },
	{ 0xff300f00, 0xed100b00, "vldr\t%G, [%n, #%q]" },
	{ 0xffffffff, 0xeef1fa10, "vmrs\tAPSR_nzcv, fpscr" },
	{ 0, 0, NULL }
};

static void put_list(struct buf *out, uint32_t list)
{
	const char *glue = "";

	for (unsigned i = 0; i < 16; i++) {
		if (!(list & BIT(i)))
			continue;
		buf_printf(out, "%s%s", glue, registers[i]);
		glue = ", ";
	}
}

static uint32_t sign_extend(uint32_t v, unsigned bits)
{
	return (v ^ BIT(bits - 1)) - BIT(bits - 1);
}

/* IT's pattern of then and else (DDI 0403 A7.7.38). */
static void put_it(struct buf *out, uint32_t op)
{
	unsigned mask = op & 15, first = bits_get(op, 4, 4);

	for (unsigned bit = 3; mask & ((1u << bit) - 1); bit--)
		buf_putc(out, bits_get(mask, bit, bit) == first ? 't' : 'e');
	buf_printf(out, "\t%s", conditions[bits_get(op, 7, 4)]);
}

static void put_list16(struct buf *out, uint32_t op)
{
	uint32_t list = op & 0xff;

	if ((op & 0xf600) == 0xb400 && (op & 0x100))
		list |= op & 0x800 ? 0x8000 : 0x4000;	/* POP takes PC, PUSH LR */
	put_list(out, list);
}

static void put_number16(struct buf *out, char escape, uint32_t op)
{
	switch (escape) {
	case '5': buf_printf(out, "%u", bits_get(op, 10, 6)); break;
	case 'z': buf_printf(out, "%u", (op & 0x7c0) == 0 ? 32 : bits_get(op, 10, 6)); break;
	case 'h': buf_printf(out, "%u", 2 * bits_get(op, 10, 6)); break;
	case 'w': buf_printf(out, "%u", 4 * bits_get(op, 10, 6)); break;
	case '7': buf_printf(out, "%u", bits_get(op, 8, 6)); break;
	case 'W': buf_printf(out, "%u", 4 * (op & 0xff)); break;
	case 'S': buf_printf(out, "%u", 4 * (op & 0x7f)); break;
	default:  buf_printf(out, (op & 0xff00) == 0xbe00 ? "%04x" : "%u", op & 0xff); break;
	}
}

static void put16(struct buf *out, char escape, uint32_t addr, uint32_t op)
{
	bool is_cond = (op & 0xf000) == 0xd000;

	switch (escape) {
	case '0':
	case '3':
	case '6':
	case '8': buf_printf(out, "%s", registers[op >> (escape - '0') & 7]); break;
	case 'D': buf_printf(out, "%s", registers[bits_get(op, 7, 7) << 3 | (op & 7)]); break;
	case 'M': buf_printf(out, "%s", registers[bits_get(op, 6, 3)]); break;
	case 'C': buf_printf(out, "%s", conditions[bits_get(op, 11, 8)]); break;
	case 'L': put_list16(out, op); break;
	case 'I': put_it(out, op); break;
	case 'u': buf_printf(out, "%s", op & BIT(bits_get(op, 10, 8)) ? "" : "!"); break;
	case 'P':
		buf_printf(out, "[pc, #%u] ; 0x%08x", 4 * (op & 0xff),
			   ((addr + 4) & ~3u) + 4 * (op & 0xff));
		break;
	case 'Z':
		buf_printf(out, "0x%08x",
			   addr + 4 + (bits_get(op, 9, 9) << 6 | bits_get(op, 7, 3) << 1));
		break;
	case 'B':
		buf_printf(out, "0x%08x", addr + 4 + (is_cond ? sign_extend((op & 0xff) << 1, 9)
							      : sign_extend((op & 0x7ff) << 1, 12)));
		break;
	default: put_number16(out, escape, op); break;
	}
}

/* ThumbExpandImm (DDI 0403 A5.3.2). */
static uint32_t expand_constant(uint32_t op)
{
	uint32_t imm12 = bits_get(op, 26, 26) << 11 | bits_get(op, 14, 12) << 8 | (op & 0xff);
	uint32_t byte = imm12 & 0xff, turn = imm12 >> 7;

	switch (imm12 >> 8) {
	case 0: return byte;
	case 1: return byte << 16 | byte;
	case 2: return byte << 24 | byte << 8;
	case 3: return byte * 0x01010101u;
	default:
		byte = (imm12 & 0x7f) | 0x80;
		return byte >> turn | byte << (32 - turn);
	}
}

static void put_shift(struct buf *out, uint32_t op)
{
	static const char *const names[] = { "lsl", "lsr", "asr", "ror" };
	unsigned n = bits_get(op, 14, 12) << 2 | bits_get(op, 7, 6), type = bits_get(op, 5, 4);

	if (type == 0 && n == 0)
		return;
	if (type == 3 && n == 0)
		buf_printf(out, ", rrx");
	else
		buf_printf(out, ", %s #%u", names[type], n == 0 ? 32 : n);
}

static uint32_t branch_target(uint32_t addr, uint32_t op)
{
	uint32_t s = bits_get(op, 26, 26), j1 = bits_get(op, 13, 13), j2 = bits_get(op, 11, 11);

	if (!(op & 0x1000))	/* B<c>.W: DDI 0403 A7.7.12, encoding T3 */
		return addr + 4 + sign_extend(s << 20 | j2 << 19 | j1 << 18 | bits_get(op, 21, 16) << 12 |
					      (op & 0x7ff) << 1, 21);
	return addr + 4 + sign_extend(s << 24 | !(j1 ^ s) << 23 | !(j2 ^ s) << 22 |
				      bits_get(op, 25, 16) << 12 | (op & 0x7ff) << 1, 25);
}

/* "], #4" or ", #-4]!" behind the base register. */
static void put_index(struct buf *out, bool index, bool add, bool writeback, uint32_t n)
{
	if (index && n == 0 && !writeback)
		buf_printf(out, "]");
	else
		buf_printf(out, index ? ", #%s%u]%s" : "], #%s%u%s", add ? "" : "-", n,
			   index && writeback ? "!" : "");
}

static void put_option(struct buf *out, uint32_t op)
{
	static const struct { uint8_t n; const char *name; } special[] = {
		{ 0, "apsr" }, { 3, "xpsr" }, { 5, "ipsr" }, { 6, "epsr" }, { 8, "msp" }, { 9, "psp" },
		{ 10, "msplim" }, { 11, "psplim" }, { 16, "primask" }, { 17, "basepri" },
		{ 18, "basepri_max" }, { 19, "faultmask" }, { 20, "control" },
	};

	if ((op & 0xfff00000) == 0xf3b00000) {	/* barrier */
		buf_printf(out, (op & 15) == 15 ? "sy" : "#%u", op & 15);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		if (special[i].n == (op & 0xff)) {
			buf_printf(out, "%s", special[i].name);
			return;
		}
	}
	buf_printf(out, "special%u", op & 0xff);
}

static void put_number32(struct buf *out, char escape, uint32_t addr, uint32_t op)
{
	uint32_t imm12 = bits_get(op, 26, 26) << 11 | bits_get(op, 14, 12) << 8 | (op & 0xff);
	unsigned lsb = bits_get(op, 14, 12) << 2 | bits_get(op, 7, 6), low5 = op & 31;

	switch (escape) {
	case 'k': buf_printf(out, "%u", expand_constant(op)); break;
	case 'i': buf_printf(out, "%u", op & 0xfff); break;
	case 'j': buf_printf(out, "%u", bits_get(op, 19, 16) << 12 | imm12); break;
	case 'c': buf_printf(out, "%u", imm12); break;
	case 'l': buf_printf(out, "%u", lsb); break;
	case 'v': buf_printf(out, "%u", low5 + 1); break;
	case 'V': buf_printf(out, "%u, #%u", lsb, low5 - lsb + 1); break;
	case 'q': buf_printf(out, "%s%u", op & 0x00800000 ? "" : "-", 4 * (op & 0xff)); break;
	case 'x':
		put_index(out, op & 0x400, op & 0x200, op & 0x100, op & 0xff);
		break;
	case 'e': put_index(out, true, true, false, 4 * (op & 0xff)); break;
	case 'y':
		put_index(out, op & 0x01000000, op & 0x00800000, op & 0x00200000, 4 * (op & 0xff));
		break;
	case 'p':
		buf_printf(out, "[pc, #%s%u] ; 0x%08x", op & 0x00800000 ? "" : "-", op & 0xfff,
			   ((addr + 4) & ~3u) + (op & 0x00800000 ? op & 0xfff : 0u - (op & 0xfff)));
		break;
	default: break;
	}
}

static void put32(struct buf *out, char escape, uint32_t addr, uint32_t op)
{
	switch (escape) {
	case 'n': buf_printf(out, "%s", registers[bits_get(op, 19, 16)]); break;
	case 'd':
	case 'T': buf_printf(out, "%s", registers[bits_get(op, 11, 8)]); break;
	case 't':
	case 'a': buf_printf(out, "%s", registers[bits_get(op, 15, 12)]); break;
	case 'm': buf_printf(out, "%s", registers[op & 15]); break;
	case 'f': buf_printf(out, "%s", op & 0x00100000 ? "s" : ""); break;
	case 's': put_shift(out, op); break;
	case 'L': put_list(out, op & 0xffff); break;
	case 'C': buf_printf(out, "%s", conditions[bits_get(op, 25, 22)]); break;
	case 'B': buf_printf(out, "0x%08x", branch_target(addr, op)); break;
	case 'o': put_option(out, op); break;
	case 'F': buf_printf(out, "s%u", bits_get(op, 15, 12) << 1 | bits_get(op, 22, 22)); break;
	case 'G': buf_printf(out, "d%u", bits_get(op, 22, 22) << 4 | bits_get(op, 15, 12)); break;
	case 'R':
		buf_printf(out, "%s", registers[op & 15]);
		if (bits_get(op, 5, 4) != 0)
			buf_printf(out, ", lsl #%u", bits_get(op, 5, 4));
		break;
	default: put_number32(out, escape, addr, op); break;
	}
}

static bool print(struct buf *out, const struct row *row, uint32_t addr, uint32_t op,
		  void (*put)(struct buf *out, char escape, uint32_t addr, uint32_t op))
{
	while (row->text != NULL && (op & row->mask) != row->value)
		row++;
	if (row->text == NULL)
		return false;
	for (const char *c = row->text; *c != '\0'; c++) {
		if (*c == '%')
			put(out, *++c, addr, op);
		else
			buf_putc(out, *c);
	}
	return true;
}

unsigned thumb_disassemble(uint32_t addr, uint16_t lo, uint16_t hi, struct buf *out)
{
	uint32_t wide = (uint32_t)lo << 16 | hi;

	if (lo < 0xe800) {
		if (!print(out, rows16, addr, lo, put16))
			buf_printf(out, ".short\t0x%04x", lo);
		return 2;
	}
	if (!print(out, rows32, addr, wide, put32))
		buf_printf(out, ".inst.w\t0x%08x", wide);
	return 4;
}
