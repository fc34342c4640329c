# SPDX-License-Identifier: GPL-2.0-or-later
nobase_dist_pkgdata_DATA += \
	tcl/board/st_nucleo_l4.cfg \
	tcl/board/virtual-nucleo-l476rg.cfg \
	tcl/target/cortex_m.cfg \
	tcl/target/stm32l4x.cfg \
	tcl/target/swj-dp.tcl
nobase_dist_pkgdata_DATA += \
	tcl/interface/cmsis-dap.cfg \
	tcl/interface/cmsis-dap-tcp.cfg \
	tcl/interface/jlink.cfg \
	tcl/interface/remote_bitbang.cfg \
	tcl/interface/stlink.cfg \
	tcl/interface/stlink-dap.cfg \
	tcl/interface/stlink-v2.cfg \
	tcl/interface/stlink-v2-1.cfg \
	tcl/interface/virtual.cfg
