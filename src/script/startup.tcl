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

# What a browser sends when a web page talks to a local port: hang up.
proc POST args {
	exit
}
proc Host: args {
	exit
}
