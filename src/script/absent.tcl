# SPDX-License-Identifier: GPL-2.0-or-later
# What chips' configurations declare and this build has no driver for: cross triggers,
# NAND, FPGAs. The declarations load and are remembered; whoever uses one is told that nothing is
# behind it. A room that brings the real thing registers its verbs over these.

proc _absent_object {kind name what options} {
	if {[info commands $name] ne ""} {
		return -code error "$name is already the name of a command"
	}
	lappend ::_absent_names($kind) $name
	proc $name {verb args} {kind name what options} {
		switch $verb {
			configure {
				foreach {option value} $args {
					dict set options $option $value
				}
				return
			}
			cget {
				set option [lindex $args 0]
				return [expr {[dict exists $options $option] ? [dict get $options $option] : ""}]
			}
			eventlist - disable {
				return
			}
			enable {
				echo "$name: this build cannot drive a $what, nothing is switched on"
				return
			}
		}
		return -code error "$name: this build cannot drive a $what"
	}
	return
}

proc _absent_names {kind} {
	if {[info exists ::_absent_names($kind)]} {
		return $::_absent_names($kind)
	}
}

# GROUP create NAME -option value ..., GROUP names, GROUP init.
proc _absent_group {kind what words} {
	set rest [lassign $words verb name]
	switch $verb {
		create {
			if {$name eq "" || [llength $rest] % 2} {
				return -code error "usage: $kind create name ?-option value?..."
			}
			return [_absent_object $kind $name $what $rest]
		}
		names {
			return [_absent_names $kind]
		}
		init {
			return
		}
	}
	return -code error "$kind: this build cannot drive a $what"
}

proc cti {args} {
	_absent_group cti "cross trigger interface" $args
}

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
	cti "create name ?-option value?... | names" "Remembers cross triggers; none is driven."
	nand "init | drivers | list" "There are no NAND drivers."
	pld "init | drivers | devices" "There are no FPGA drivers."
} {
	add_usage_text $name $usage
	add_help_text $name $text
}
unset name usage text
