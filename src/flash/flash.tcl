# SPDX-License-Identifier: GPL-2.0-or-later
# program: write a file, check it, start it. The marker lines are read by other programs.

proc program_error {message exit} {
	if {$exit} {
		echo $message
		shutdown error
	}
	error $message
}

# Runs one step of `program`; on failure says why, then gives up with the marker.
proc program_step {script marker exit} {
	if {[catch {uplevel 1 $script} why]} {
		if {$why ne ""} {
			echo "Error: $why"
		}
		program_error $marker $exit
	}
}

# A name that was braced once more than needed.
proc program_file {filename} {
	if {[string match "{*}" $filename] && ![file exists $filename]} {
		return [string range $filename 1 end-1]
	}
	return $filename
}

proc program {filename args} {
	set exit 0
	set words {preverify 0 verify 0 reset 0 exit 0 --dry-run 0}
	set address ""
	foreach word $args {
		if {[dict exists $words $word]} {
			dict set words $word 1
		} else {
			set address $word
		}
	}
	set exit [dict get $words exit]
	set filename [program_file $filename]

	program_step {init} "** OpenOCD init failed **" 1
	if {[dict get $words --dry-run]} {
		program_step {echo [flash plan $filename {*}[program_address $filename $address]]} \
			"** Plan Failed **" $exit
		if {$exit} {
			shutdown
		}
		return
	}
	program_step {reset init} "** Unable to reset target **" $exit

	set needs_flash 1
	if {[dict get $words preverify]} {
		echo "**pre-verifying**"
		if {![catch {flash verify_image $filename {*}[program_address $filename $address]}]} {
			echo "**Verified OK - No flashing**"
			set needs_flash 0
		}
	}
	if {$needs_flash} {
		echo "** Programming Started **"
		program_step {flash write_image erase $filename {*}[program_address $filename $address]} \
			"** Programming Failed **" $exit
		echo "** Programming Finished **"
		if {[dict get $words verify]} {
			echo "** Verify Started **"
			program_step {flash verify_image $filename {*}[program_address $filename $address]} \
				"** Verify Failed **" $exit
			echo "** Verified OK **"
		}
	}
	if {[dict get $words reset]} {
		if {$exit} {
			poll off
		}
		echo "** Resetting Target **"
		program_step {reset run} "** Unable to reset target **" $exit
	}
	if {$exit} {
		shutdown
	}
	return
}
add_usage_text program "file ?address? ?preverify? ?verify? ?reset? ?exit? ?--dry-run?"
add_help_text program "Programs a file into flash after \"reset init\". preverify: only if it differs. verify: compare afterwards. reset: start it. exit: end the daemon. --dry-run: only show the plan (see \"flash plan\"), reset nothing. The address is added to the file's own addresses; a binary file without one goes to the start of the flash."

# As a list, empty when none was given: the flash verbs know what to do then.
proc program_address {filename address} {
	if {$address eq ""} {
		return {}
	}
	return [list $address]
}

# Other names of the stm32l4x verbs.
foreach name {stm32l4 stm32l4plus stm32c0x stm32g0x stm32g4x stm32l5x stm32u0x stm32u3x stm32u5x stm32wbx stm32wbax stm32wlx} {
	proc $name args {
		tailcall stm32l4x {*}$args
	}
	add_usage_text $name "verb ?argument ...?"
	add_help_text $name "The same as stm32l4x."
}

# `kinetis create_banks` stands in configurations themselves, outside any proc.
proc _absent_driver {name words} {
	set why "flash driver '$name' is not available"
	if {$words eq "create_banks"} {
		echo "$why: no banks made"
		return
	}
	error "$why: run \"flash drivers\" for those that are"
}

# Verbs of flash drivers that this program does not have: configurations load, use says why it fails.
foreach name {
	aduc702x ambiqmicro at91sam3 at91sam4 at91sam4l at91sam7 at91samd ath79 atsame5 atsamv avr cc26xx cc3220sf cfi
	dsp5680xx efm32 em357 esirisc faux fm3 fm4 gd32e23x jtagspi kinetis kinetis_ke lpc2000 lpc288x lpc2900
	lpcspifi max32xxx mdr mrvlqspi msp432 niietcm4 npcx nrf5 nrf51 numicro pic32mx psoc4 psoc5lp psoc6 renesas_rpchf
	rp2040_flash rsl10 sim3x stellaris stm32f0x stm32f1x stm32f2x stm32f3x stm32f4x stm32f7x stm32h7x stm32l0
	stm32l0x stm32l1x stm32lx stm32x stmqspi stmsmi str7x str9x str9xpec swm050 tms470 w600 xcf xmc1xxx xmc4xxx
} {
	proc $name args "_absent_driver $name \$args"
	add_usage_text $name "?argument ...?"
	add_help_text $name "A flash driver that this program does not have."
}
unset name
