# SPDX-License-Identifier: GPL-2.0-or-later
monitor reset halt
load
break main
continue
next
next
step
backtrace
delete
watch counter
continue
continue
print counter
print origin
info registers pc sp lr
detach
