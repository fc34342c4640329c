# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the scripts of the STM32 lines with the flash controller of the STM32L4 share. Such a script sets
# the dict _STM32 to the facts of its line, then sources this file. Keys and what stands without them:
#
#   chip          name of the chip
#   core          name of its core's TAP and target: cpu
#   swd_id jtag_id  DPIDR, and IDCODE of the core's TAP; jtag_id "": SWD only
#   ap            access port of the core; "": found
#   ram ram_size  RAM for helper code that every part of the line has
#   banks         name, base, ...; names are put behind the chip's
#   speed         kHz for SWD if no script has chosen one: 2000
#   debug         address, bits, words, ...: what keeps the debug port alive in low-power modes and stops the
#                 watchdogs while the core is halted
#   debug_clock   address and bit of the clock those registers need; "": none
#   optr          FLASH_OPTR
#   trace         address, bits to set, bits to clear: what gives the SWO pin to the trace (DBGMCU_CR);
#                 none: it needs nothing; {}: the core has no trace
#   clock         address, bits to set, bits to clear, ...: `reset init` raises the core's clock
#
# Variables a board or the command line may set before:
#   CHIPNAME      name of the chip
#   WORKAREASIZE  size of the RAM for helper code
#   CPUTAPID      id to expect instead of the known one
#   CLOCK_FREQ    adapter speed in kHz once `reset init` has raised the clock

source [find target/swj-dp.tcl]

proc stm32_setting {name default} {
	upvar 1 $name value
	if {[info exists value]} {
		return $value
	}
	return $default
}

proc stm32_raise_clock {steps khz} {
	foreach {address set clear} $steps {
		mmw $address $set $clear
	}
	if {$khz != 0} {
		adapter speed $khz
	}
}

set _STM32 [dict merge {core cpu trace {} optr 0x40022020 jtag_id "" ap "" speed 2000 debug {} debug_clock "" clock {}} $_STM32]
set _CHIPNAME [stm32_setting CHIPNAME [dict get $_STM32 chip]]
set _WORKAREASIZE [stm32_setting WORKAREASIZE [dict get $_STM32 ram_size]]
if {[using_jtag]} {
	if {[dict get $_STM32 jtag_id] eq ""} {
		error "$_CHIPNAME has no JTAG: use \"transport select swd\""
	}
	set _CPUTAPID [stm32_setting CPUTAPID [dict get $_STM32 jtag_id]]
	set _CLOCK_FREQ [stm32_setting CLOCK_FREQ [expr {[dict get $_STM32 clock] ne "" ? 4000 : 0}]]
} else {
	set _CPUTAPID [stm32_setting CPUTAPID [dict get $_STM32 swd_id]]
	set _CLOCK_FREQ [stm32_setting CLOCK_FREQ 0]
}

swj_newdap $_CHIPNAME [dict get $_STM32 core] -irlen 4 -ircapture 0x1 -irmask 0xf -expected-id $_CPUTAPID
dap create $_CHIPNAME.dap -chain-position $_CHIPNAME.[dict get $_STM32 core]

# The boundary scan TAP stands between TDI and the core's TAP (RM0351 48.6.1).
if {[using_jtag]} {
	jtag newtap $_CHIPNAME bs -irlen 5
}

set _TARGETNAME $_CHIPNAME.[dict get $_STM32 core]
target create $_TARGETNAME cortex_m -endian little -dap $_CHIPNAME.dap
if {[dict get $_STM32 ap] ne ""} {
	$_TARGETNAME configure -ap-num [dict get $_STM32 ap]
}
$_TARGETNAME configure -work-area-phys [dict get $_STM32 ram] -work-area-size $_WORKAREASIZE -work-area-backup 1

foreach {_FLASHNAME _FLASHBASE} [dict get $_STM32 banks] {
	flash bank $_CHIPNAME.$_FLASHNAME stm32l4x $_FLASHBASE 0 0 0 $_TARGETNAME
}
set _FLASHNAME $_CHIPNAME.[lindex [dict get $_STM32 banks] 0]

# A JTAG clock should stay below a sixth of the core's; SWD has no such limit. A speed that was chosen
# before stays.
if {[using_jtag]} {
	adapter speed 500
	jtag_ntrst_delay 100
} elseif {[lindex [adapter speed] 2] == 0} {
	adapter speed [dict get $_STM32 speed]
}
adapter srst delay 100
# Debug works while nRST is low (RM0351 48.7).
reset_config srst_nogate
$_TARGETNAME cortex_m reset_config sysresetreq

foreach {_ADDRESS _BITS _WORDS} [dict get $_STM32 debug] {
	if {[dict get $_STM32 debug_clock] eq ""} {
		$_TARGETNAME debug_bits add $_ADDRESS $_BITS $_WORDS
	} else {
		$_TARGETNAME debug_bits add $_ADDRESS $_BITS -enable {*}[dict get $_STM32 debug_clock] $_WORDS
	}
}
# FLASH_OPTR, the same bits on all lines (RM0351 3.7.8, RM0444 3.7.8, RM0438 6.9.13).
$_TARGETNAME debug_bits note [dict get $_STM32 optr] 0x10000 0 "the independent watchdog starts with every reset (option IWDG_SW = 0): what runs must refresh it; it stands still only while the core is halted"
$_TARGETNAME debug_bits note [dict get $_STM32 optr] 0x80000 0 "the window watchdog starts with every reset (option WWDG_SW = 0): it stands still only while the core is halted"

# After reset the core is back at its slow clock.
if {[using_jtag]} {
	$_TARGETNAME configure -event reset-start {
		adapter speed 500
	}
}
$_TARGETNAME configure -event reset-init [list stm32_raise_clock [dict get $_STM32 clock] $_CLOCK_FREQ]

if {[dict get $_STM32 trace] ne ""} {
	tpiu create $_CHIPNAME.tpiu -dap $_CHIPNAME.dap -ap-num [expr {[dict get $_STM32 ap] eq "" ? 0 : [dict get $_STM32 ap]}] -baseaddr 0xe0040000
	# Asynchronous trace (TRACE_MODE 0): TRACESWO is the only pin that is taken.
	if {[dict get $_STM32 trace] ne "none"} {
		$_CHIPNAME.tpiu configure -event pre-enable [concat mmw [dict get $_STM32 trace]]
	}
}
