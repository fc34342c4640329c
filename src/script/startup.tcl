# SPDX-License-Identifier: GPL-2.0-or-later
# Procs of the daemon itself. Configurations may redefine or rename any of them.

proc script {filename} {
	uplevel #0 [list source [find $filename]]
}
add_usage_text script "file"
add_help_text script "Runs a file of the search path at global level."

# Chip families create their targets here, boards do what must wait for all of them.
proc init_targets {} {
}
proc init_target_events {} {
}
proc init_board {} {
}

# What the server runs by itself, for configurations that call it by hand.
proc _find_internal {filename} {
	return [find $filename]
}
proc _run_post_init_commands {} {
	if {[info exists ::post_init_commands]} {
		foreach command $::post_init_commands {
			eval $command
		}
	}
}
proc _run_pre_shutdown_commands {} {
	if {[info exists ::pre_shutdown_commands]} {
		foreach command $::pre_shutdown_commands {
			eval $command
		}
	}
}
proc _telnet_autocomplete_helper {pattern} {
	return [lsort [info commands $pattern]]
}

# What a browser sends when a web page talks to a local port: hang up.
proc prevent_cps {} {
	exit
}
proc POST args {
	prevent_cps
}
proc Host: args {
	prevent_cps
}
