# SPDX-License-Identifier: GPL-2.0-or-later
# Procs around the probe. Configurations may redefine or rename any of them.

# What `init` does to the scan chain: if it does not answer, once more after a reset.
proc jtag_init {} {
	if {[catch {jtag arp_init}]} {
		init_reset startup
	}
}

# JTAG only: `reset` looks at the chain again, the lines pulsed.
proc init_reset {mode} {
	if {[using_jtag]} {
		jtag arp_init-reset
	}
}

# A probe that senses the target tells of these.
proc power_dropout {} {
	echo "Sensed power dropout."
}
proc power_restore {} {
	echo "Sensed power restore."
}
proc srst_asserted {} {
	echo "Sensed nSRST asserted."
}
proc srst_deasserted {} {
	echo "Sensed nSRST deasserted."
}

proc measure_clk {} {
	set start [ms]
	runtest 10000
	echo "Running at more than [expr {10000.0 / ([ms] - $start + 1)}] kHz"
}
add_help_text measure_clk "Clocks 10000 times and tells how fast that was (JTAG)."
