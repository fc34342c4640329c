# SPDX-License-Identifier: GPL-2.0-or-later
dist_check_SCRIPTS += testing/check-layers testing/check-style
EXTRA_DIST += testing/run testing/system/conftest.py testing/system/kit.py testing/system/imxrt.py testing/system/test_imxrt_power_cuts.py testing/system/test_imxrt_probes.py testing/system/test_compat.py testing/system/test_faults.py testing/bench/run testing/bench/probes \
	testing/system/test_end_states.py testing/system/test_target.py testing/system/test_core_dump.py testing/system/test_gdb_stops.py \
	testing/system/stories.py testing/system/test_stm32_doctor.py testing/system/test_stm32_stories.py \
	testing/system/test_stm32_configs.py testing/system/test_stm32_guard.py \
	testing/system/test_stm32_options.py \
	testing/system/test_stm32_otp.py testing/system/test_stm32_plan.py \
	testing/system/ide.py testing/system/mi.py testing/system/test_ide_uploads.py
