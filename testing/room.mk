# SPDX-License-Identifier: GPL-2.0-or-later
dist_check_SCRIPTS += testing/check-layers testing/check-style testing/check-links
EXTRA_DIST += testing/run testing/system/conftest.py testing/system/kit.py testing/system/imxrt.py testing/system/test_imxrt_power_cuts.py testing/system/test_imxrt_probes.py testing/system/test_compat.py testing/system/test_faults.py testing/bench/run testing/bench/probes \
	testing/system/test_end_states.py testing/system/test_target.py testing/system/test_core_dump.py testing/system/test_gdb_stops.py testing/system/test_gdb_depth.py \
	testing/system/stories.py testing/system/test_stm32_doctor.py testing/system/test_stm32_stories.py \
	testing/system/test_stm32_configs.py testing/system/test_stm32_guard.py \
	testing/system/test_stm32_options.py \
	testing/system/test_stm32_otp.py testing/system/test_stm32_plan.py \
	testing/system/ide.py testing/system/mi.py testing/system/test_ide_uploads.py testing/system/test_ide_cortex_debug.py testing/system/test_ide_servers.py \
	testing/system/dap_client.py testing/system/test_ide_dap.py testing/npm-tools testing/record-session \
	testing/system/session_tape.py testing/system/session_flows.py testing/system/test_ide_sessions.py testing/system/test_ide_doc.py testing/system/test_ide_transcripts.py \
	testing/sessions/cortex-debug-launch.txt \
	testing/sessions/cortex-debug-attach.txt \
	testing/sessions/cppdbg.txt \
	testing/sessions/eclipse.txt \
	testing/sessions/cdt-gdb-adapter.txt \
	testing/sessions/platformio.txt \
	testing/sessions/zephyr-west.txt \
	testing/sessions/clion.txt \
	testing/sessions/rust-embedded.txt \
	testing/sessions/esp-idf.txt \
	testing/sessions/watchpoint.txt
dist_check_SCRIPTS += testing/check-from-openocd
EXTRA_DIST += testing/system/test_from_openocd.py testing/system/test_scripts_stock.py \
	testing/configs/arrays.cfg testing/configs/cubeide.cfg testing/configs/daplink-2016.cfg \
	testing/configs/gdb-options.cfg testing/configs/gone.cfg testing/configs/guards.cfg \
	testing/configs/helpers.cfg testing/configs/hla-2012.cfg testing/configs/hla-by-hand.cfg \
	testing/configs/jlink-2013.cfg testing/configs/jtag-jlink.cfg testing/configs/ktlink-2013.cfg \
	testing/configs/nucleo-2015.cfg testing/configs/order.cfg testing/configs/poll.cfg \
	testing/configs/procs.cfg testing/configs/program-braces.cfg testing/configs/reset-init.cfg \
	testing/configs/rtos.cfg testing/configs/runs-itself.cfg testing/configs/semihosting.cfg \
	testing/configs/several-targets.cfg testing/configs/tcl-idioms.cfg testing/configs/trace.cfg \
	testing/configs/unknown-flash.cfg testing/configs/unknown-word.cfg
