# SPDX-License-Identifier: GPL-2.0-or-later
# swj_newdap CHIP TAG -irlen N ...: declares the debug port on whichever transport is in use.
# Without an "adapter driver" so far this chooses the one probe that is plugged in.
catch {transport select}

proc swj_newdap {chip tag args} {
	if {[using_jtag]} {
		eval jtag newtap $chip $tag $args
	} else {
		eval swd newdap $chip $tag $args
	}
}
