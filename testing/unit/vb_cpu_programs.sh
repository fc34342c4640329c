#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rebuilds vb_cpu_programs.h from vb_cpu_programs.s and vb_cpu_soak.c. Needs arm-none-eabi-gcc.
set -e
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bytes() {	# NAME: the bytes of NAME.bin
	echo "static const uint8_t program_$1[] __attribute__((unused)) = {"
	od -An -v -tx1 -w12 "$tmp/$1.bin" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1, /g; s/ $//; s/^/\t/'
	echo "};"
}
arm-none-eabi-as -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -o "$tmp/p.o" vb_cpu_programs.s
{
	echo "/* SPDX-License-Identifier: GPL-2.0-or-later */"
	echo "/* Made by vb_cpu_programs.sh from vb_cpu_programs.s and vb_cpu_soak.c. */"
	echo "#ifndef VB_CPU_PROGRAMS_H"
	echo "#define VB_CPU_PROGRAMS_H"
	echo
	echo "#include <stdint.h>"
	for s in $(sed -n 's/^\tprogram \([a-z0-9]*\),.*/\1/p' vb_cpu_programs.s); do
		arm-none-eabi-objcopy -O binary -j ".$s" "$tmp/p.o" "$tmp/$s.bin"
		echo
		echo "enum {"
		arm-none-eabi-nm "$tmp/p.o" | sort |
			sed -n "s/^0000\([0-9a-f]*\) t \(${s}_[a-z0-9_]*\)\$/\t\2 = 0x0800\1,/p"
		echo "};"
		bytes "$s"
	done
	arm-none-eabi-gcc -O2 -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard -mthumb -nostdlib \
		-ffreestanding -Wl,--section-start=.vectors=0x08000000 -Wl,-Ttext=0x08000040 \
		-Wl,-Tbss=0x20000000 -Wl,-e,soak_reset -o "$tmp/soak.elf" vb_cpu_soak.c -lgcc
	arm-none-eabi-objcopy -O binary -j .vectors -j .text -j .rodata "$tmp/soak.elf" \
		"$tmp/soak.bin"
	echo
	echo "enum {"
	arm-none-eabi-nm "$tmp/soak.elf" |
		sed -n 's/^\([0-9a-f]*\) [A-Z] \(soak_[a-z]*\)$/\t\2 = 0x\1,/p'
	echo "};"
	bytes soak
	echo
	echo "#endif"
} >vb_cpu_programs.h
