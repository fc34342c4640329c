# SPDX-License-Identifier: GPL-2.0-or-later
# swj_newdap CHIP TAG -irlen N ...: declares the debug port on whichever transport is in use.
if {[catch {transport select}]} {
	echo "Info : no transport was selected yet: the adapter's own default is used"
}

proc swj_newdap {chip tag args} {
	if {[using_jtag]} {
		eval jtag newtap $chip $tag $args
	} else {
		eval swd newdap $chip $tag $args
	}
}
