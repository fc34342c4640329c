# SPDX-License-Identifier: GPL-2.0-or-later
# Procs around targets. Configurations may redefine or rename any of them.

# A handler for an event of a target that has none yet.
proc set_default_target_event {t e s} {
	if {[$t cget -event $e] eq ""} {
		$t configure -event $e $s
	}
}

# What GDB expects if the configuration says nothing else: a halted core on attach, a fresh one to
# program, and the program at its start after `load`.
proc init_target_events {} {
	foreach t [target names] {
		set_default_target_event $t gdb-flash-erase-start "reset init"
		set_default_target_event $t gdb-flash-write-end "reset halt"
		set_default_target_event $t gdb-attach "halt 1000"
	}
}

proc ocd_process_reset {MODE} {
	ocd_process_reset_inner $MODE
}

# GDB's R packet.
proc ocd_gdb_restart {target_id} {
	reset halt
}

# One word of memory as a number.
proc mrw {address} {
	return [expr {[read_memory $address 32 1] + 0}]
}
proc mrh {address} {
	return [expr {[read_memory $address 16 1] + 0}]
}
proc mrb {address} {
	return [expr {[read_memory $address 8 1] + 0}]
}
add_usage_text mrw "address"
add_help_text mrw "Returns the 32-bit word at an address."
add_usage_text mrh "address"
add_help_text mrh "Returns the 16-bit halfword at an address."
add_usage_text mrb "address"
add_help_text mrb "Returns the byte at an address."

# Sets and clears bits of a word; a bit in both is set.
proc mmw {address setbits clearbits} {
	mww $address [expr {([mrw $address] & ~$clearbits) | $setbits}]
}
add_usage_text mmw "address setbits clearbits"
add_help_text mmw "Modifies a 32-bit word: clears bits, then sets bits."

proc debug_reason {} {
	[target current] debug_reason
}
add_usage_text debug_reason ""
add_help_text debug_reason "Why the current target is halted."

# Old names.
proc new_target_name {} {
	return [lindex [target names] end]
}
proc cortex_m3 {args} {
	compat old_name cortex_m3 cortex_m
	uplevel 1 [list cortex_m {*}$args]
}

# Before 0.11 these were verbs of the group, for the debug port of the current target.
foreach verb {apsel apid apreg dpreg apcsw baseaddr memaccess} {
	proc "dap $verb" args "
		compat old_name {dap $verb} {NAME.dap $verb}
		uplevel 1 \[list \[\[target current\] cget -dap\] $verb {*}\$args\]
	"
	add_usage_text "dap $verb" "?argument ...?"
	add_help_text "dap $verb" "Old form of \"NAME $verb\", NAME one of \"dap names\"; for the current target's."
}
unset verb

# There is nothing to keep ready: fast_load_image has written at once.
proc fast_load {} {
}
add_usage_text fast_load ""
add_help_text fast_load "Does nothing: fast_load_image has written already."

# Writes and reads back `bytes` of the work area with accesses of each size.
proc test_mem_access {bytes} {
	set t [target current]
	set base [$t cget -work-area-phys]
	if {$bytes <= 0 || $bytes > [$t cget -work-area-size]} {
		return -code error "the work area of $t has [$t cget -work-area-size] bytes"
	}
	set saved [$t read_memory $base 8 $bytes]
	foreach width {8 16 32} {
		set values {}
		for {set i 0} {$i < $bytes * 8 / $width} {incr i} {
			lappend values [format 0x%x [expr {($i * 2654435761 + $width) & ((1 << $width) - 1)}]]
		}
		$t write_memory $base $width $values
		if {[$t read_memory $base $width [llength $values]] ne $values} {
			return -code error "$width-bit accesses do not read back what was written"
		}
	}
	$t write_memory $base 8 $saved
	return "$bytes bytes read back as written with 8, 16 and 32 bits"
}
add_usage_text test_mem_access "bytes"
add_help_text test_mem_access "Writes and reads back part of the work area with each access size."
