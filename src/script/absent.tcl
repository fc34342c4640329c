# SPDX-License-Identifier: GPL-2.0-or-later
# What chips' configurations declare and this build has no driver for: NAND, FPGAs. Whoever uses one is
# told that nothing is behind it. A room that brings the real thing registers its verbs over these.

proc nand {args} {
	if {[lindex $args 0] ni {init drivers list}} {
		return -code error "nand: this build cannot drive NAND flash"
	}
}
proc pld {args} {
	if {[lindex $args 0] ni {init drivers devices}} {
		return -code error "pld: this build cannot load FPGAs"
	}
}

foreach {name usage text} {
	nand "init | drivers | list" "There are no NAND drivers."
	pld "init | drivers | devices" "There are no FPGA drivers."
} {
	add_usage_text $name $usage
	add_help_text $name $text
}
unset name usage text
