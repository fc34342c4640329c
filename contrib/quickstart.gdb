# SPDX-License-Identifier: GPL-2.0-or-later
echo \n-- the board is new, its flash empty: the core stands in lockup until it has a program\n
monitor reset halt
echo \n-- erase, program and verify\n
load
compare-sections
echo \n-- run to main, then step\n
break main
continue
next
next
step
backtrace
delete
echo \n-- stop when a variable changes\n
watch counter
continue
continue
print counter
print origin
info registers pc sp lr
detach
