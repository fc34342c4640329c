#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rebuilds vb_cpu_programs.h from vb_cpu_programs.s. Needs arm-none-eabi binutils.
set -e
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
arm-none-eabi-as -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -o "$tmp/p.o" vb_cpu_programs.s
{
	echo "/* SPDX-License-Identifier: GPL-2.0-or-later */"
	echo "/* Made by vb_cpu_programs.sh from vb_cpu_programs.s. */"
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
		echo "static const uint8_t program_$s[] __attribute__((unused)) = {"
		od -An -v -tx1 "$tmp/$s.bin" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1, /g; s/ $//; s/^/\t/'
		echo "};"
	done
	echo
	echo "#endif"
} >vb_cpu_programs.h
