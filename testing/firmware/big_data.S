/* SPDX-License-Identifier: GPL-2.0-or-later */
	.section .rodata.big_data, "a"
	.global big_data
	.type big_data, %object
	.balign 8
big_data:
	.set	i, 0
	.rept	255 * 1024 / 4
	.set	x, (i * 2654435761 + 12345) & 0xffffffff
	.word	(x ^ (x >> 16)) & 0xffffffff
	.set	i, i + 1
	.endr
	.size	big_data, . - big_data
